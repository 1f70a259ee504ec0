//! Pending sign-ups.

use domain::ids::{ApplicationId, PendingSignupId};
use domain::secret::TokenHash;
use domain::signup::PendingSignup;
use domain::time::Timestamp;
use domain::user::{Email, PasswordHash};

use crate::load::{Handle, Reads, optional};
use crate::session::origin;
use crate::{Row, Statement, StoreError, params};

macro_rules! pending_where {
    ($condition:literal) => {
        concat!(
            "SELECT id, application_id, email, password_hash, token_hash, created_at, expires_at, ip_address, \
             user_agent FROM pending_signups WHERE ",
            $condition
        )
    };
}

/// The newest sign-up for an address.
pub(crate) fn newest(
    reads: &mut Reads<'_>,
    application: ApplicationId,
    email_key: &str,
) -> Handle<Option<PendingSignup>> {
    reads.read(
        pending_where!("application_id = $1 AND email_key = $2 ORDER BY created_at DESC, id DESC LIMIT 1"),
        params![application.uuid(), email_key],
        |rows| optional(rows, pending),
    )
}

/// Locks all sign-ups for the address of a link's token, and reads the token's own. Using one link up deletes the others:
/// with only its own row locked, two links opened at once would wait for each other.
pub(crate) fn by_token(reads: &mut Reads<'_>, token: &TokenHash) -> Handle<Option<PendingSignup>> {
    reads.lock(
        "SELECT p.id FROM pending_signups p JOIN pending_signups t \
         ON t.application_id = p.application_id AND t.email_key = p.email_key \
         WHERE t.token_hash = $1 ORDER BY p.id FOR UPDATE OF p",
        params![&token.0],
    );
    reads.read(pending_where!("token_hash = $1"), params![&token.0], |rows| optional(rows, pending))
}

/// Whether the address of a link's sign-up became somebody's.
pub(crate) fn address_taken(reads: &mut Reads<'_>, token: &TokenHash) -> Handle<bool> {
    reads.read(
        "SELECT u.id FROM pending_signups p \
         JOIN users u ON u.application_id = p.application_id AND u.email_key = p.email_key WHERE p.token_hash = $1",
        params![&token.0],
        |rows| Ok(!rows.is_empty()),
    )
}

fn pending(row: &Row) -> Result<PendingSignup, StoreError> {
    Ok(PendingSignup {
        id: PendingSignupId::from_uuid(row.get(0)?),
        application: ApplicationId::from_uuid(row.get(1)?),
        email: Email::stored(row.get(2)?),
        password: PasswordHash::new(row.get(3)?),
        token: row.get::<Option<_>>(4)?.map(TokenHash),
        created_at: row.get(5)?,
        expires_at: row.get(6)?,
        origin: origin(row.get(7)?, row.get(8)?),
    })
}

/// A new sign-up.
pub(crate) fn insert(pending: &PendingSignup) -> Statement {
    Statement::new(
        "INSERT INTO pending_signups (id, application_id, email, email_key, password_hash, token_hash, created_at, \
         expires_at, ip_address, user_agent) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        params![
            pending.id.uuid(),
            pending.application.uuid(),
            pending.email.as_str(),
            pending.email.key(),
            pending.password.as_str(),
            pending.token.map(|token| token.0),
            pending.created_at,
            pending.expires_at,
            pending.origin.ip.map(|ip| ip.to_string()),
            pending.origin.user_agent.clone(),
        ],
    )
}

/// Replaces the link.
pub(crate) fn renew(id: PendingSignupId, token: &TokenHash, expires_at: Timestamp) -> Statement {
    Statement::guarded(
        "UPDATE pending_signups SET token_hash = $2, expires_at = $3 WHERE id = $1",
        params![id.uuid(), &token.0, expires_at],
    )
}

/// Uses up the link; guarded by it still waiting. All other sign-ups for the address go with it.
pub(crate) fn consume(id: PendingSignupId, application: ApplicationId, email_key: &str) -> Vec<Statement> {
    vec![
        Statement::guarded("DELETE FROM pending_signups WHERE id = $1", params![id.uuid()]),
        Statement::new(
            "DELETE FROM pending_signups WHERE application_id = $1 AND email_key = $2",
            params![application.uuid(), email_key],
        ),
    ]
}
