//! Trusted devices.

use domain::ids::UserId;
use domain::time::Timestamp;

use crate::load::{Handle, Reads, count};
use crate::{Statement, params};

/// How many live trusted devices a user has.
pub(crate) fn count_live(reads: &mut Reads<'_>, user: UserId) -> Handle<usize> {
    let now = reads.clock;
    reads.read(
        "SELECT count(*) FROM trusted_devices WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2",
        params![user.uuid(), now],
        count,
    )
}

/// Ends the trust in every device of a user.
pub(crate) fn revoke_all(user: UserId, at: Timestamp) -> Statement {
    Statement::new(
        "UPDATE trusted_devices SET revoked_at = $2 WHERE user_id = $1 AND revoked_at IS NULL",
        params![user.uuid(), at],
    )
}
