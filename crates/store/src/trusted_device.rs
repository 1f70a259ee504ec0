//! Trusted devices.

use domain::command::Origin;
use domain::ids::{ChallengeId, TrustedDeviceId, UserId};
use domain::secret::TokenHash;
use domain::time::Timestamp;
use domain::trusted_device::TrustedDevice;

use crate::load::{Handle, Reads, every, optional};
use crate::session::origin;
use crate::{Row, Statement, StoreError, params};

macro_rules! devices_where {
    ($condition:literal) => {
        concat!(
            "SELECT id, user_id, name, family_hash, secret_hash, previous_hash, rotated_at, shown_at, ip_address, user_agent, \
             created_at, last_used_at, expires_at, revoked_at, proved_at FROM trusted_devices WHERE ",
            $condition
        )
    };
}

/// The device of a cookie's family, whosever it is and however it stands.
pub(crate) fn by_family(reads: &mut Reads<'_>, family: &TokenHash) -> Handle<Option<TrustedDevice>> {
    reads.read(devices_where!("family_hash = $1"), params![&family.0], |rows| optional(rows, device))
}

/// The devices of a user that nobody revoked.
pub(crate) fn of_user(reads: &mut Reads<'_>, user: UserId) -> Handle<Vec<TrustedDevice>> {
    reads.read(devices_where!("user_id = $1 AND revoked_at IS NULL"), params![user.uuid()], |rows| every(rows, device))
}

/// The devices of a challenge's person that nobody revoked.
pub(crate) fn of_challenge(reads: &mut Reads<'_>, token: &TokenHash) -> Handle<Vec<TrustedDevice>> {
    reads.read(
        devices_where!("user_id = (SELECT user_id FROM challenges WHERE token_hash = $1) AND revoked_at IS NULL"),
        params![&token.0],
        |rows| every(rows, device),
    )
}

/// The devices of the person of an application's challenge that nobody revoked.
pub(crate) fn of_asked(reads: &mut Reads<'_>, id: ChallengeId) -> Handle<Vec<TrustedDevice>> {
    reads.read(
        devices_where!("user_id = (SELECT user_id FROM challenges WHERE id = $1) AND revoked_at IS NULL"),
        params![id.uuid()],
        |rows| every(rows, device),
    )
}

/// The devices of the person of a hosted result that nobody revoked.
pub(crate) fn of_hosted_result(reads: &mut Reads<'_>, token: &TokenHash) -> Handle<Vec<TrustedDevice>> {
    reads.read(
        devices_where!(
            "user_id = (SELECT c.user_id FROM hosted_challenges h JOIN challenges c ON c.id = h.challenge_id \
             WHERE h.result_hash = $1) AND revoked_at IS NULL"
        ),
        params![&token.0],
        |rows| every(rows, device),
    )
}

fn device(row: &Row) -> Result<TrustedDevice, StoreError> {
    Ok(TrustedDevice {
        id: TrustedDeviceId::from_uuid(row.get(0)?),
        user: UserId::from_uuid(row.get(1)?),
        name: row.get(2)?,
        family: TokenHash(row.get(3)?),
        secret: TokenHash(row.get(4)?),
        previous: row.get::<Option<_>>(5)?.map(TokenHash),
        rotated_at: row.get(6)?,
        shown_at: row.get(7)?,
        origin: origin(row.get(8)?, row.get(9)?),
        created_at: row.get(10)?,
        last_used_at: row.get(11)?,
        expires_at: row.get(12)?,
        revoked_at: row.get(13)?,
        proved_at: row.get(14)?,
    })
}

/// A new device.
pub(crate) fn insert(device: &TrustedDevice) -> Statement {
    let Origin { ip, user_agent, .. } = &device.origin;
    Statement::new(
        "INSERT INTO trusted_devices (id, user_id, name, family_hash, secret_hash, rotated_at, ip_address, user_agent, \
         created_at, last_used_at, expires_at, proved_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        params![
            device.id.uuid(),
            device.user.uuid(),
            device.name.as_str(),
            &device.family.0,
            &device.secret.0,
            device.rotated_at,
            ip.map(|ip| ip.to_string()),
            user_agent.clone(),
            device.created_at,
            device.last_used_at,
            device.expires_at,
            device.proved_at,
        ],
    )
}

/// Saves a device that was used; guarded by its secret still being `was`, and by its trust. Its end never moves.
pub(crate) fn save(was: &TokenHash, device: &TrustedDevice) -> Statement {
    let Origin { ip, user_agent, .. } = &device.origin;
    Statement::guarded(
        "UPDATE trusted_devices SET secret_hash = $3, previous_hash = $4, rotated_at = $5, shown_at = $6, ip_address = $7, \
         user_agent = $8, last_used_at = $9 WHERE id = $1 AND secret_hash = $2 AND revoked_at IS NULL",
        params![
            device.id.uuid(),
            &was.0,
            &device.secret.0,
            device.previous.map(|previous| previous.0),
            device.rotated_at,
            device.shown_at,
            ip.map(|ip| ip.to_string()),
            user_agent.clone(),
            device.last_used_at,
        ],
    )
}

/// Ends the trust in one device.
pub(crate) fn revoke(id: TrustedDeviceId, at: Timestamp) -> Statement {
    Statement::new(
        "UPDATE trusted_devices SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL",
        params![id.uuid(), at],
    )
}

/// Ends the trust in every device of a user.
pub(crate) fn revoke_all(user: UserId, at: Timestamp) -> Statement {
    Statement::new(
        "UPDATE trusted_devices SET revoked_at = $2 WHERE user_id = $1 AND revoked_at IS NULL",
        params![user.uuid(), at],
    )
}
