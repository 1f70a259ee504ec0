//! Trusted devices.

use domain::ids::UserId;

use crate::load::{Handle, Reads, count};
use crate::params;

/// How many live trusted devices a user has.
pub(crate) fn count_live(reads: &mut Reads<'_>, user: UserId) -> Handle<usize> {
    let now = reads.clock;
    reads.read(
        "SELECT count(*) FROM trusted_devices WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2",
        params![user.uuid(), now],
        count,
    )
}
