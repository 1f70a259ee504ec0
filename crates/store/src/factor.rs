//! Confirmed factors.

use domain::destination::SealedDestination;
use domain::factor::{Factor, Method};
use domain::ids::{ApplicationId, ChallengeId, FactorId, ResetRequestId, UserId};
use domain::secret::{Sealed, TokenHash};
use domain::time::Timestamp;
use domain::totp::Step;

use crate::load::{Handle, Reads, every};
use crate::{Row, Statement, StoreError, params};

macro_rules! factors_where {
    ($condition:literal) => {
        concat!(
            "SELECT id, user_id, method, label, secret, destination, destination_key, last_used_step, last_used_at, \
             created_at FROM factors WHERE ",
            $condition,
            " ORDER BY created_at, id"
        )
    };
}

/// The factors of a user.
pub(crate) fn of_user(reads: &mut Reads<'_>, user: UserId) -> Handle<Vec<Factor>> {
    reads.read(factors_where!("user_id = $1"), params![user.uuid()], |rows| every(rows, factor))
}

/// The factors of a challenge's person.
pub(crate) fn of_challenge(reads: &mut Reads<'_>, token: &TokenHash) -> Handle<Vec<Factor>> {
    reads.read(
        factors_where!("user_id = (SELECT user_id FROM challenges WHERE token_hash = $1)"),
        params![&token.0],
        |rows| every(rows, factor),
    )
}

/// The factors of the person of an application's challenge.
pub(crate) fn of_asked(reads: &mut Reads<'_>, id: ChallengeId) -> Handle<Vec<Factor>> {
    reads.read(factors_where!("user_id = (SELECT user_id FROM challenges WHERE id = $1)"), params![id.uuid()], |rows| {
        every(rows, factor)
    })
}

/// The factors of the person whose reset was asked for.
pub(crate) fn of_reset_request(reads: &mut Reads<'_>, id: ResetRequestId) -> Handle<Vec<Factor>> {
    reads.read(
        factors_where!("user_id = (SELECT user_id FROM reset_requests WHERE id = $1)"),
        params![id.uuid()],
        |rows| every(rows, factor),
    )
}

/// The factors of the person whom a link is for.
pub(crate) fn of_link(reads: &mut Reads<'_>, token: &TokenHash) -> Handle<Vec<Factor>> {
    reads.read(
        factors_where!("user_id = (SELECT user_id FROM link_tokens WHERE token_hash = $1)"),
        params![&token.0],
        |rows| every(rows, factor),
    )
}

/// The factors of an address's owner.
pub(crate) fn of_email(reads: &mut Reads<'_>, application: ApplicationId, email_key: &str) -> Handle<Vec<Factor>> {
    reads.read(
        factors_where!("user_id = (SELECT id FROM users WHERE application_id = $1 AND email_key = $2)"),
        params![application.uuid(), email_key],
        |rows| every(rows, factor),
    )
}

fn factor(row: &Row) -> Result<Factor, StoreError> {
    Ok(Factor {
        id: FactorId::from_uuid(row.get(0)?),
        user: UserId::from_uuid(row.get(1)?),
        method: method("factors", &row.get::<String>(2)?)?,
        label: row.get(3)?,
        secret: row.get::<Option<_>>(4)?.map(Sealed::from_bytes),
        destination: destination(row.get(5)?, row.get(6)?),
        last_used_step: row.get::<Option<i64>>(7)?.map(Step),
        last_used_at: row.get(8)?,
        created_at: row.get(9)?,
    })
}

/// Half a destination is none: the rules then find it broken.
pub(crate) fn destination(sealed: Option<Vec<u8>>, key: Option<[u8; 32]>) -> Option<SealedDestination> {
    sealed.zip(key).map(|(sealed, key)| SealedDestination { sealed: Sealed::from_bytes(sealed), key })
}

pub(crate) fn method(table: &str, text: &str) -> Result<Method, StoreError> {
    Method::parse(text).ok_or_else(|| StoreError::Corrupt {
        table: table.into(),
        column: "method".into(),
        reason: "unknown word".into(),
    })
}

/// A new factor.
pub(crate) fn insert(factor: &Factor) -> Statement {
    Statement::new(
        "INSERT INTO factors (id, user_id, method, label, secret, destination, destination_key, last_used_step, \
         last_used_at, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        params![
            factor.id.uuid(),
            factor.user.uuid(),
            factor.method.as_str(),
            factor.label.as_str(),
            factor.secret.as_ref().map(Sealed::as_bytes),
            factor.destination.as_ref().map(|destination| destination.sealed.as_bytes()),
            factor.destination.as_ref().map(|destination| destination.key.as_slice()),
            factor.last_used_step.map(|step| step.0),
            factor.last_used_at,
            factor.created_at,
        ],
    )
}

/// Uses up a step; guarded by the memory only moving forward, unless what it holds came from a wrong clock.
pub(crate) fn use_step(id: FactorId, step: Step, trusted: Step, at: Timestamp) -> Statement {
    Statement::guarded(
        "UPDATE factors SET last_used_step = $2, last_used_at = $4 \
         WHERE id = $1 AND (last_used_step IS NULL OR last_used_step < $2 OR last_used_step > $3)",
        params![id.uuid(), step.0, trusted.0, at],
    )
}

/// Calls a factor otherwise; guarded by it still being there.
pub(crate) fn rename(id: FactorId, label: &str) -> Statement {
    Statement::guarded("UPDATE factors SET label = $2 WHERE id = $1", params![id.uuid(), label])
}

/// Removes a factor; guarded by nobody having removed it before.
pub(crate) fn remove(id: FactorId) -> Statement {
    Statement::guarded("DELETE FROM factors WHERE id = $1", params![id.uuid()])
}

/// Removes every factor of a user.
pub(crate) fn remove_all_of(user: UserId) -> Statement {
    Statement::new("DELETE FROM factors WHERE user_id = $1", params![user.uuid()])
}

/// Notes that a code sent by a factor was used.
pub(crate) fn used(id: FactorId, at: Timestamp) -> Statement {
    Statement::new("UPDATE factors SET last_used_at = $2 WHERE id = $1", params![id.uuid(), at])
}
