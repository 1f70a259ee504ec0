//! Recovery codes.

use domain::ids::{RecoveryCodeId, UserId};
use domain::recovery_code::StoredRecoveryCode;
use domain::secret::{KeyId, PepperedHash, TokenHash};
use domain::time::Timestamp;

use crate::load::{Handle, Reads, count, every};
use crate::{Row, Statement, StoreError, params};

/// The unused codes of a challenge's person.
pub(crate) fn unused_of_challenge(reads: &mut Reads<'_>, token: &TokenHash) -> Handle<Vec<StoredRecoveryCode>> {
    reads.read(
        "SELECT id, pepper_id, code_hash FROM recovery_codes \
         WHERE user_id = (SELECT user_id FROM challenges WHERE token_hash = $1) AND used_at IS NULL",
        params![&token.0],
        |rows| every(rows, stored),
    )
}

/// How many unused codes a user has.
pub(crate) fn count_unused(reads: &mut Reads<'_>, user: UserId) -> Handle<usize> {
    reads.read(
        "SELECT count(*) FROM recovery_codes WHERE user_id = $1 AND used_at IS NULL",
        params![user.uuid()],
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

/// Uses up a code; guarded by nobody having used it before.
pub(crate) fn redeem(id: RecoveryCodeId, at: Timestamp) -> Statement {
    Statement::guarded(
        "UPDATE recovery_codes SET used_at = $2 WHERE id = $1 AND used_at IS NULL",
        params![id.uuid(), at],
    )
}
