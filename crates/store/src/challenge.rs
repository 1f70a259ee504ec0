//! Challenges.

use domain::application::challenge::{Asked, Reason, Status};
use domain::challenge::{Challenge, Purpose};
use domain::command::Origin;
use domain::decision::SkewHint;
use domain::ids::{ChallengeId, UserId};
use domain::secret::TokenHash;
use domain::time::Timestamp;
use domain::totp::Step;

use crate::load::{Handle, Reads, every, optional};
use crate::session::{holder, origin};
use crate::{Row, Statement, StoreError, params};

macro_rules! challenges_where {
    ($condition:literal) => {
        concat!(
            "SELECT c.id, c.user_id, c.token_hash, c.purpose, c.refresh_holder, c.attempts, c.skew_step, c.skew_offset, \
             c.created_at, c.expires_at, c.completed_at, c.ended_at, c.ip_address, c.user_agent, a.reason, a.status, a.why, \
             a.action_text FROM challenges c LEFT JOIN application_challenges a ON a.challenge_id = c.id WHERE ",
            $condition
        )
    };
}

/// The challenge of a partial token.
pub(crate) fn by_token(reads: &mut Reads<'_>, token: &TokenHash) -> Handle<Option<Challenge>> {
    reads.read(challenges_where!("c.token_hash = $1"), params![&token.0], |rows| optional(rows, challenge))
}

/// A challenge.
pub(crate) fn by_id(reads: &mut Reads<'_>, id: ChallengeId) -> Handle<Option<Challenge>> {
    reads.read(challenges_where!("c.id = $1"), params![id.uuid()], |rows| optional(rows, challenge))
}

/// The newest challenges of an address's owner that are neither answered nor ended.
pub(crate) fn open_of_email(
    reads: &mut Reads<'_>,
    application: domain::ids::ApplicationId,
    email_key: &str,
) -> Handle<Vec<(ChallengeId, Timestamp)>> {
    reads.read(
        "SELECT id, expires_at FROM challenges \
         WHERE user_id = (SELECT id FROM users WHERE application_id = $1 AND email_key = $2) \
         AND completed_at IS NULL AND ended_at IS NULL ORDER BY created_at DESC, id DESC LIMIT 32",
        params![application.uuid(), email_key],
        |rows| every(rows, |row| Ok((ChallengeId::from_uuid(row.get(0)?), row.get(1)?))),
    )
}

/// What a wrong code said about a clock; two columns that are filled together.
pub(crate) fn skew(step: Option<i64>, offset: Option<i64>) -> Option<SkewHint> {
    step.zip(offset).map(|(step, offset)| SkewHint { step: Step(step), offset })
}

fn challenge(row: &Row) -> Result<Challenge, StoreError> {
    let purpose: String = row.get(3)?;
    Ok(Challenge {
        id: ChallengeId::from_uuid(row.get(0)?),
        user: UserId::from_uuid(row.get(1)?),
        token: TokenHash(row.get(2)?),
        purpose: Purpose::parse(&purpose).ok_or_else(|| corrupt("purpose"))?,
        holder: holder(&row.get::<String>(4)?).ok_or_else(|| corrupt("refresh_holder"))?,
        attempts: row.get(5)?,
        skew: skew(row.get(6)?, row.get(7)?),
        created_at: row.get(8)?,
        expires_at: row.get(9)?,
        completed_at: row.get(10)?,
        ended_at: row.get(11)?,
        origin: origin(row.get(12)?, row.get(13)?),
        asked: asked(row)?,
    })
}

fn asked(row: &Row) -> Result<Option<Asked>, StoreError> {
    let Some(reason) = row.get::<Option<String>>(14)? else { return Ok(None) };
    let corrupt = |column: &str| StoreError::Corrupt {
        table: "application_challenges".into(),
        column: column.into(),
        reason: "unknown word".into(),
    };
    Ok(Some(Asked {
        reason: Reason::parse(&reason).ok_or_else(|| corrupt("reason"))?,
        status: Status::parse(&row.get::<String>(15)?).ok_or_else(|| corrupt("status"))?,
        why: row.get(16)?,
        text: row.get(17)?,
    }))
}

fn corrupt(column: &str) -> StoreError {
    StoreError::Corrupt { table: "challenges".into(), column: column.into(), reason: "unknown word".into() }
}

/// A new challenge. One that an application asked for may be over already.
pub(crate) fn insert(challenge: &Challenge) -> Vec<Statement> {
    let Origin { ip, user_agent, .. } = &challenge.origin;
    let new = Statement::new(
        "INSERT INTO challenges (id, user_id, token_hash, purpose, refresh_holder, attempts, created_at, expires_at, \
         ip_address, user_agent, completed_at, ended_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        params![
            challenge.id.uuid(),
            challenge.user.uuid(),
            &challenge.token.0,
            challenge.purpose.as_str(),
            challenge.holder.as_str(),
            challenge.attempts,
            challenge.created_at,
            challenge.expires_at,
            ip.map(|ip| ip.to_string()),
            user_agent.clone(),
            challenge.completed_at,
            challenge.ended_at,
        ],
    );
    let asked = challenge.asked.as_ref().map(|asked| {
        Statement::new(
            "INSERT INTO application_challenges (challenge_id, reason, status, why, action_text) \
             VALUES ($1, $2, $3, $4, $5)",
            params![
                challenge.id.uuid(),
                asked.reason.as_str(),
                asked.status.as_str(),
                asked.why.as_str(),
                asked.text.clone(),
            ],
        )
    });
    std::iter::once(new).chain(asked).collect()
}

/// Saves wrong codes; guarded by the challenge still being open.
pub(crate) fn save_attempts(id: ChallengeId, attempts: u32, skew: Option<SkewHint>) -> Statement {
    Statement::guarded(
        "UPDATE challenges SET attempts = $2, skew_step = $3, skew_offset = $4 \
         WHERE id = $1 AND attempts < $2 AND completed_at IS NULL AND ended_at IS NULL",
        params![id.uuid(), attempts, skew.map(|skew| skew.step.0), skew.map(|skew| skew.offset)],
    )
}

/// Answers a challenge; guarded by nobody having answered it before.
pub(crate) fn complete(id: ChallengeId, at: Timestamp) -> Statement {
    Statement::guarded(
        "UPDATE challenges SET completed_at = $2 WHERE id = $1 AND completed_at IS NULL AND ended_at IS NULL",
        params![id.uuid(), at],
    )
}

/// Ends a challenge unanswered.
pub(crate) fn end(id: ChallengeId, at: Timestamp) -> Statement {
    Statement::new(
        "UPDATE challenges SET ended_at = $2 WHERE id = $1 AND completed_at IS NULL AND ended_at IS NULL",
        params![id.uuid(), at],
    )
}

/// Ends every open challenge of a person.
pub(crate) fn end_of(user: UserId, at: Timestamp) -> Statement {
    Statement::new(
        "UPDATE challenges SET ended_at = $2 WHERE user_id = $1 AND completed_at IS NULL AND ended_at IS NULL",
        params![user.uuid(), at],
    )
}
