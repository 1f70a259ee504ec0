//! Pending set-ups.

use domain::decision::SkewHint;
use domain::enrollment::Enrollment;
use domain::ids::{EnrollmentId, FactorId, SessionId, UserId};
use domain::secret::Sealed;

use crate::load::{Handle, Reads, every};
use crate::{Row, Statement, StoreError, params};

/// The pending set-ups of a user.
pub(crate) fn of_user(reads: &mut Reads<'_>, user: UserId) -> Handle<Vec<Enrollment>> {
    reads.read(
        "SELECT id, factor_id, user_id, session_id, method, label, secret, destination, destination_key, attempts, \
         skew_step, skew_offset, created_at, expires_at FROM enrollments WHERE user_id = $1",
        params![user.uuid()],
        |rows| every(rows, enrollment),
    )
}

/// How many other accounts of the application have the number or address that a user sets up, by its blind index. A row
/// written under an earlier key counts under that key's index.
pub(crate) fn holders(reads: &mut Reads<'_>, user: UserId) -> Handle<Vec<([u8; 32], u32)>> {
    reads.read(
        "SELECT f.destination_key, count(DISTINCT f.user_id) FROM factors f JOIN users u ON u.id = f.user_id \
         WHERE f.destination_key IN (SELECT destination_key FROM enrollments WHERE user_id = $1) AND f.user_id <> $1 \
         AND u.application_id = (SELECT application_id FROM users WHERE id = $1) GROUP BY f.destination_key",
        params![user.uuid()],
        |rows| every(rows, |row| Ok((row.get(0)?, row.get(1)?))),
    )
}

fn enrollment(row: &Row) -> Result<Enrollment, StoreError> {
    Ok(Enrollment {
        id: EnrollmentId::from_uuid(row.get(0)?),
        factor: FactorId::from_uuid(row.get(1)?),
        user: UserId::from_uuid(row.get(2)?),
        session: SessionId::from_uuid(row.get(3)?),
        method: crate::factor::method("enrollments", &row.get::<String>(4)?)?,
        label: row.get(5)?,
        secret: row.get::<Option<_>>(6)?.map(Sealed::from_bytes),
        destination: crate::factor::destination(row.get(7)?, row.get(8)?),
        attempts: row.get(9)?,
        skew: crate::challenge::skew(row.get(10)?, row.get(11)?),
        created_at: row.get(12)?,
        expires_at: row.get(13)?,
    })
}

/// Puts a set-up in the place of any other of the same person and method.
pub(crate) fn put(enrollment: &Enrollment) -> Statement {
    Statement::new(
        "INSERT INTO enrollments (id, factor_id, user_id, session_id, method, label, secret, destination, \
         destination_key, attempts, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
         ON CONFLICT (user_id, method) DO UPDATE SET id = excluded.id, factor_id = excluded.factor_id, \
         session_id = excluded.session_id, label = excluded.label, secret = excluded.secret, \
         destination = excluded.destination, destination_key = excluded.destination_key, attempts = excluded.attempts, \
         skew_step = NULL, skew_offset = NULL, created_at = excluded.created_at, expires_at = excluded.expires_at",
        params![
            enrollment.id.uuid(),
            enrollment.factor.uuid(),
            enrollment.user.uuid(),
            enrollment.session.uuid(),
            enrollment.method.as_str(),
            enrollment.label.as_str(),
            enrollment.secret.as_ref().map(Sealed::as_bytes),
            enrollment.destination.as_ref().map(|destination| destination.sealed.as_bytes()),
            enrollment.destination.as_ref().map(|destination| destination.key.as_slice()),
            enrollment.attempts,
            enrollment.created_at,
            enrollment.expires_at,
        ],
    )
}

/// Saves wrong codes.
pub(crate) fn save_attempts(id: EnrollmentId, attempts: u32, skew: Option<SkewHint>) -> Statement {
    Statement::guarded(
        "UPDATE enrollments SET attempts = $2, skew_step = $3, skew_offset = $4 WHERE id = $1 AND attempts < $2",
        params![id.uuid(), attempts, skew.map(|skew| skew.step.0), skew.map(|skew| skew.offset)],
    )
}

/// Confirms a set-up; guarded by it still waiting.
pub(crate) fn consume(id: EnrollmentId) -> Statement {
    Statement::guarded("DELETE FROM enrollments WHERE id = $1", params![id.uuid()])
}

/// Drops every set-up of a person.
pub(crate) fn abandon_all_of(user: UserId) -> Statement {
    Statement::new("DELETE FROM enrollments WHERE user_id = $1", params![user.uuid()])
}

/// Drops what a person's sessions began, but one.
pub(crate) fn abandon_others(user: UserId, keep: SessionId) -> Statement {
    Statement::new("DELETE FROM enrollments WHERE user_id = $1 AND session_id <> $2", params![user.uuid(), keep.uuid()])
}

/// Drops what a session began.
pub(crate) fn abandon_of(session: SessionId) -> Statement {
    Statement::new("DELETE FROM enrollments WHERE session_id = $1", params![session.uuid()])
}
