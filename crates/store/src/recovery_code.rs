//! Recovery codes.

use domain::ids::{ApplicationId, ChallengeId, RecoveryCodeId, SessionId, UserId};
use domain::recovery_code::StoredRecoveryCode;
use domain::recovery_code::set::KeptRecoveryCodes;
use domain::secret::{KeyId, PepperedHash, Sealed, TokenHash};
use domain::time::Timestamp;

use crate::load::{Handle, Reads, count, every, optional};
use crate::{Db, Plan, Row, Statement, StoreError, params};

/// The codes of a challenge's person.
pub(crate) fn of_challenge(reads: &mut Reads<'_>, token: &TokenHash) -> Handle<Vec<StoredRecoveryCode>> {
    reads.read(
        "SELECT id, pepper_id, code_hash, used_at IS NOT NULL, expires_at FROM recovery_codes \
         WHERE user_id = (SELECT user_id FROM challenges WHERE token_hash = $1)",
        params![&token.0],
        |rows| every(rows, stored),
    )
}

/// The codes of the person of an application's challenge.
pub(crate) fn of_asked(reads: &mut Reads<'_>, id: ChallengeId) -> Handle<Vec<StoredRecoveryCode>> {
    reads.read(
        "SELECT id, pepper_id, code_hash, used_at IS NOT NULL, expires_at FROM recovery_codes \
         WHERE user_id = (SELECT user_id FROM challenges WHERE id = $1)",
        params![id.uuid()],
        |rows| every(rows, stored),
    )
}

/// The codes of a user.
pub(crate) fn of_user(reads: &mut Reads<'_>, user: UserId) -> Handle<Vec<StoredRecoveryCode>> {
    reads.read(
        "SELECT id, pepper_id, code_hash, used_at IS NOT NULL, expires_at FROM recovery_codes WHERE user_id = $1",
        params![user.uuid()],
        |rows| every(rows, stored),
    )
}

/// How many unused codes a user has.
pub(crate) fn count_unused(reads: &mut Reads<'_>, user: UserId) -> Handle<usize> {
    reads.read(
        "SELECT count(*) FROM recovery_codes WHERE user_id = $1 AND used_at IS NULL AND expires_at IS NULL",
        params![user.uuid()],
        count,
    )
}

/// How many unused codes the person of a key has.
pub(crate) fn count_unused_of_key(reads: &mut Reads<'_>, application: ApplicationId, key: &str) -> Handle<usize> {
    reads.read(
        "SELECT count(*) FROM recovery_codes \
         WHERE user_id = (SELECT id FROM users WHERE application_id = $1 AND email_key = $2) \
         AND used_at IS NULL AND expires_at IS NULL",
        params![application.uuid(), key],
        count,
    )
}

/// How many unused codes the person of a hosted result has.
pub(crate) fn count_unused_of_hosted_result(reads: &mut Reads<'_>, token: &TokenHash) -> Handle<usize> {
    reads.read(
        "SELECT count(*) FROM recovery_codes WHERE user_id = (SELECT c.user_id FROM hosted_challenges h \
         JOIN challenges c ON c.id = h.challenge_id WHERE h.result_hash = $1) \
         AND used_at IS NULL AND expires_at IS NULL",
        params![&token.0],
        count,
    )
}

fn stored(row: &Row) -> Result<StoredRecoveryCode, StoreError> {
    let pepper = KeyId::parse(&row.get::<String>(1)?).ok_or_else(|| StoreError::Corrupt {
        table: "recovery_codes".into(),
        column: "pepper_id".into(),
        reason: "not a key id".into(),
    })?;
    Ok(StoredRecoveryCode {
        id: RecoveryCodeId::from_uuid(row.get(0)?),
        hash: PepperedHash { pepper, hash: row.get(2)? },
        used: row.get(3)?,
        expires_at: row.get(4)?,
    })
}

/// Replaces the set.
pub(crate) fn replace(user: UserId, codes: &[StoredRecoveryCode], at: Timestamp) -> Vec<Statement> {
    let mut statements = vec![Statement::new("DELETE FROM recovery_codes WHERE user_id = $1", params![user.uuid()])];
    statements.extend(codes.iter().map(|code| {
        Statement::new(
            "INSERT INTO recovery_codes (id, user_id, pepper_id, code_hash, created_at) VALUES ($1, $2, $3, $4, $5)",
            params![code.id.uuid(), user.uuid(), code.hash.pepper.to_string(), code.hash.hash, at],
        )
    }));
    statements
}

/// When an unused bypass code of a user ends.
pub(crate) fn bypass_of(reads: &mut Reads<'_>, user: UserId) -> Handle<Option<Timestamp>> {
    reads.read(
        "SELECT expires_at FROM recovery_codes WHERE user_id = $1 AND used_at IS NULL AND expires_at IS NOT NULL",
        params![user.uuid()],
        |rows| optional(rows, |row| row.get(0)),
    )
}

/// Gives a bypass code, in the place of any other.
pub(crate) fn give_bypass(user: UserId, code: &StoredRecoveryCode, at: Timestamp) -> Vec<Statement> {
    let StoredRecoveryCode { id, hash, expires_at, .. } = code;
    vec![
        withdraw_bypass(user),
        Statement::new(
            "INSERT INTO recovery_codes (id, user_id, pepper_id, code_hash, created_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6)",
            params![id.uuid(), user.uuid(), hash.pepper.to_string(), hash.hash, at, *expires_at],
        ),
    ]
}

/// Takes back what was not used of bypass codes.
pub(crate) fn withdraw_bypass(user: UserId) -> Statement {
    Statement::new(
        "DELETE FROM recovery_codes WHERE user_id = $1 AND used_at IS NULL AND expires_at IS NOT NULL",
        params![user.uuid()],
    )
}

/// Uses up a bypass code; guarded by nobody having used it before, and by its end.
pub(crate) fn redeem_bypass(id: RecoveryCodeId, at: Timestamp) -> Statement {
    Statement::guarded(
        "UPDATE recovery_codes SET used_at = $2 WHERE id = $1 AND used_at IS NULL AND expires_at > $2",
        params![id.uuid(), at],
    )
}

/// Uses up a code; guarded by nobody having used it before.
pub(crate) fn redeem(id: RecoveryCodeId, at: Timestamp) -> Statement {
    Statement::guarded(
        "UPDATE recovery_codes SET used_at = $2 WHERE id = $1 AND used_at IS NULL",
        params![id.uuid(), at],
    )
}

/// The kept set of a user.
pub(crate) fn kept_of(reads: &mut Reads<'_>, user: UserId) -> Handle<Option<KeptRecoveryCodes>> {
    reads.read(
        "SELECT user_id, session_id, codes, created_at, expires_at FROM kept_recovery_codes WHERE user_id = $1",
        params![user.uuid()],
        |rows| optional(rows, kept),
    )
}

fn kept(row: &Row) -> Result<KeptRecoveryCodes, StoreError> {
    Ok(KeptRecoveryCodes {
        user: UserId::from_uuid(row.get(0)?),
        session: SessionId::from_uuid(row.get(1)?),
        codes: Sealed::from_bytes(row.get(2)?),
        created_at: row.get(3)?,
        expires_at: row.get(4)?,
    })
}

/// Keeps a set in the place of any other of the same person.
pub(crate) fn keep(kept: &KeptRecoveryCodes) -> Statement {
    Statement::new(
        "INSERT INTO kept_recovery_codes (user_id, session_id, codes, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (user_id) DO UPDATE SET session_id = excluded.session_id, codes = excluded.codes, \
         created_at = excluded.created_at, expires_at = excluded.expires_at",
        params![kept.user.uuid(), kept.session.uuid(), kept.codes.as_bytes(), kept.created_at, kept.expires_at],
    )
}

/// Wipes the kept set of a user.
pub(crate) fn wipe_kept_of(user: UserId) -> Statement {
    Statement::new("DELETE FROM kept_recovery_codes WHERE user_id = $1", params![user.uuid()])
}

impl Db {
    /// Wipes the kept sets whose time is over. Readable codes get no grace: should the clock be wrong, a set is lost that
    /// can be made anew.
    pub async fn wipe_kept_recovery_codes(&self, now: Timestamp) -> Result<(), StoreError> {
        let over =
            Statement::new("SELECT user_id FROM kept_recovery_codes WHERE expires_at <= $1 LIMIT 1", params![now]);
        if self.read(vec![over]).await?.first().is_none_or(Vec::is_empty) {
            return Ok(());
        }
        let wipe = Statement::new("DELETE FROM kept_recovery_codes WHERE expires_at <= $1", params![now]);
        self.transact(vec![], move |_| Ok(Plan { writes: vec![wipe.clone()], reply: () })).await
    }
}
