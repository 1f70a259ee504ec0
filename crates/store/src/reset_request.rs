//! Resets of somebody's second factor that were asked for.

use domain::administrator::reset_request::{ResetOutcome, ResetRequest};
use domain::ids::{ChallengeId, PersonId, ResetRequestId, UserId};
use domain::secret::TokenHash;
use domain::time::Timestamp;

use crate::load::{Handle, Reads, every, only, optional};
use crate::people::called;
use crate::{Db, Row, Statement, StoreError, params};

macro_rules! requests_where {
    ($condition:literal) => {
        concat!(
            "SELECT id, user_id, asked_by, reason, stop_hash, asked_at, due_at, expires_at, approved_by, ended_at \
             FROM reset_requests WHERE ",
            $condition
        )
    };
}

/// The request of an id.
pub(crate) fn by_id(reads: &mut Reads<'_>, id: ResetRequestId) -> Handle<Option<ResetRequest>> {
    reads.read(requests_where!("id = $1"), params![id.uuid()], |rows| optional(rows, request))
}

/// A person's request that has not ended, if its life has.
pub(crate) fn of_user(reads: &mut Reads<'_>, user: UserId) -> Handle<Option<ResetRequest>> {
    reads.read(requests_where!("user_id = $1 AND ended_at IS NULL"), params![user.uuid()], |rows| {
        optional(rows, request)
    })
}

/// The request that a link stops.
pub(crate) fn by_token(reads: &mut Reads<'_>, token: &TokenHash) -> Handle<Option<ResetRequest>> {
    reads.read(requests_where!("stop_hash = $1"), params![&token.0], |rows| optional(rows, request))
}

/// What is open for the person of a challenge.
pub(crate) fn of_challenge(reads: &mut Reads<'_>, token: &TokenHash) -> Handle<Option<ResetRequestId>> {
    reads.read(
        "SELECT id FROM reset_requests WHERE ended_at IS NULL AND expires_at > $2 \
         AND user_id = (SELECT user_id FROM challenges WHERE token_hash = $1)",
        params![&token.0, reads.clock],
        |rows| optional(rows, id),
    )
}

/// The same, by the challenge's id.
pub(crate) fn of_asked(reads: &mut Reads<'_>, challenge: ChallengeId) -> Handle<Option<ResetRequestId>> {
    reads.read(
        "SELECT id FROM reset_requests WHERE ended_at IS NULL AND expires_at > $2 \
         AND user_id = (SELECT user_id FROM challenges WHERE id = $1)",
        params![challenge.uuid(), reads.clock],
        |rows| optional(rows, id),
    )
}

fn id(row: &Row) -> Result<ResetRequestId, StoreError> {
    Ok(ResetRequestId::from_uuid(row.get(0)?))
}

fn request(row: &Row) -> Result<ResetRequest, StoreError> {
    Ok(ResetRequest {
        id: id(row)?,
        user: UserId::from_uuid(row.get(1)?),
        asked_by: PersonId::from_uuid(row.get(2)?),
        reason: row.get(3)?,
        stop: TokenHash(row.get(4)?),
        asked_at: row.get(5)?,
        due_at: row.get(6)?,
        expires_at: row.get(7)?,
        approved_by: row.get::<Option<_>>(8)?.map(PersonId::from_uuid),
        ended_at: row.get(9)?,
    })
}

/// Adds a request, in the place of one whose life is over; guarded by no other of the person's being open.
pub(crate) fn insert(new: &ResetRequest) -> [Statement; 2] {
    [
        Statement::new(
            "UPDATE reset_requests SET ended_at = $2, outcome = 'expired' \
             WHERE user_id = $1 AND ended_at IS NULL AND expires_at <= $2",
            params![new.user.uuid(), new.asked_at],
        ),
        Statement::guarded(
            "INSERT INTO reset_requests (id, user_id, asked_by, reason, stop_hash, asked_at, due_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
            params![
                new.id.uuid(),
                new.user.uuid(),
                new.asked_by.uuid(),
                new.reason.as_str(),
                &new.stop.0,
                new.asked_at,
                new.due_at,
                new.expires_at,
            ],
        ),
    ]
}

/// Approves a request; guarded by its being open, unapproved, and somebody else's.
pub(crate) fn approve(id: ResetRequestId, by: PersonId, at: Timestamp) -> Statement {
    Statement::guarded(
        "UPDATE reset_requests SET approved_by = $2, approved_at = $3 \
         WHERE id = $1 AND asked_by <> $2 AND approved_at IS NULL AND ended_at IS NULL AND expires_at > $3",
        params![id.uuid(), by.uuid(), at],
    )
}

/// Ends a request; guarded by its being open, and where it is carried out by its being due, and approved if it has to be.
pub(crate) fn end(id: ResetRequestId, outcome: ResetOutcome, approved: bool, at: Timestamp) -> Statement {
    let params = params![id.uuid(), outcome.as_str(), at];
    match outcome {
        ResetOutcome::CarriedOut if approved => Statement::guarded(
            "UPDATE reset_requests SET outcome = $2, ended_at = $3 WHERE id = $1 AND ended_at IS NULL \
             AND due_at <= $3 AND expires_at > $3 AND approved_at IS NOT NULL",
            params,
        ),
        ResetOutcome::CarriedOut => Statement::guarded(
            "UPDATE reset_requests SET outcome = $2, ended_at = $3 WHERE id = $1 AND ended_at IS NULL \
             AND due_at <= $3 AND expires_at > $3",
            params,
        ),
        ResetOutcome::Declined | ResetOutcome::Withdrawn | ResetOutcome::Stopped => Statement::guarded(
            "UPDATE reset_requests SET outcome = $2, ended_at = $3 WHERE id = $1 AND ended_at IS NULL",
            params,
        ),
    }
}

/// Ends what is open for a person, because something else has happened.
pub(crate) fn overtake(user: UserId, at: Timestamp) -> Statement {
    Statement::new(
        "UPDATE reset_requests SET ended_at = $2, outcome = 'overtaken' WHERE user_id = $1 AND ended_at IS NULL",
        params![user.uuid(), at],
    )
}

/// A request as administrators see it.
#[derive(Clone, Debug)]
pub struct RequestLine {
    /// What was asked for.
    pub request: ResetRequest,
    /// What the person is called.
    pub called: String,
    /// What their application is called.
    pub application: String,
    /// Whoever asked; nothing where they are gone.
    pub asked_by: Option<String>,
    /// Whoever approved it; nothing where nobody did, or they are gone.
    pub approved_by: Option<String>,
}

macro_rules! lines_where {
    ($condition:literal) => {
        concat!(
            "SELECT r.id, r.user_id, r.asked_by, r.reason, r.stop_hash, r.asked_at, r.due_at, r.expires_at, \
             r.approved_by, r.ended_at, u.email, u.email_key, p.name, a.email, b.email FROM reset_requests r \
             JOIN users u ON u.id = r.user_id JOIN applications p ON p.id = u.application_id \
             LEFT JOIN users a ON a.person_id = r.asked_by LEFT JOIN users b ON b.person_id = r.approved_by \
             WHERE r.ended_at IS NULL AND r.expires_at > $1",
            $condition,
            " ORDER BY r.asked_at, r.id LIMIT 200"
        )
    };
}

impl Db {
    /// What is open, the oldest first: the first 200.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn reset_requests(&self, now: Timestamp) -> Result<Vec<RequestLine>, StoreError> {
        let read = Statement::new(lines_where!(""), params![now]);
        every(&only(self.read(vec![read]).await?), line)
    }

    /// What is open for a person.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn reset_request_of(&self, user: UserId, now: Timestamp) -> Result<Option<RequestLine>, StoreError> {
        let read = Statement::new(lines_where!(" AND r.user_id = $2"), params![now, user.uuid()]);
        optional(&only(self.read(vec![read]).await?), line)
    }

    /// The one of an id, while it is open.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn reset_request(&self, id: ResetRequestId, now: Timestamp) -> Result<Option<RequestLine>, StoreError> {
        let read = Statement::new(lines_where!(" AND r.id = $2"), params![now, id.uuid()]);
        optional(&only(self.read(vec![read]).await?), line)
    }
}

fn line(row: &Row) -> Result<RequestLine, StoreError> {
    let (email, key): (String, String) = (row.get(10)?, row.get(11)?);
    Ok(RequestLine {
        request: request(row)?,
        called: called(&email, &key).to_owned(),
        application: row.get(12)?,
        asked_by: row.get(13)?,
        approved_by: row.get(14)?,
    })
}
