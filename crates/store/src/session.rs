//! Sessions.

use std::net::IpAddr;

use domain::application::return_url::ReturnUrl;
use domain::command::Origin;
use domain::decision::EndReason;
use domain::factor::Method;
use domain::ids::{SessionId, UserId};
use domain::secret::TokenHash;
use domain::session::listing::PAGE;
use domain::session::{RefreshHolder, Session};
use domain::time::Timestamp;
use uuid::Uuid;

use crate::load::{Handle, Reads, every, optional};
use crate::{Row, Statement, StoreError, params};

macro_rules! session_where {
    ($condition:literal) => {
        concat!(
            "SELECT id, user_id, family_hash, refresh_hash, refresh_holder, method, authenticated_at, fresh_at, created_at, \
             idle_expires_at, expires_at, ended_at, ip_address, user_agent, return_url FROM sessions WHERE ",
            $condition
        )
    };
}

/// A session by its id.
pub(crate) fn by_id(reads: &mut Reads<'_>, id: SessionId) -> Handle<Option<Session>> {
    reads.read(session_where!("id = $1"), params![id.uuid()], |rows| optional(rows, session))
}

/// A session by the family of its refresh tokens.
pub(crate) fn by_family(reads: &mut Reads<'_>, family: &TokenHash) -> Handle<Option<Session>> {
    reads.read(session_where!("family_hash = $1"), params![&family.0], |rows| optional(rows, session))
}

/// The sessions that have not ended of the person whom a link was sent for.
pub(crate) fn open_of_link(reads: &mut Reads<'_>, token: &TokenHash) -> Handle<Vec<SessionId>> {
    reads.read(
        "SELECT id FROM sessions WHERE user_id = (SELECT user_id FROM link_tokens WHERE token_hash = $1) \
         AND ended_at IS NULL",
        params![&token.0],
        |rows| every(rows, |row| Ok(SessionId::from_uuid(row.get(0)?))),
    )
}

/// One page of a person's live sessions and one more, newest first, each with when it was last used.
pub(crate) fn live_page(
    reads: &mut Reads<'_>,
    user: UserId,
    after: Option<SessionId>,
) -> Handle<Vec<(Session, Timestamp)>> {
    let after = after.map_or(Uuid::max(), SessionId::uuid);
    let (now, limit) = (reads.clock, i64::try_from(PAGE + 1).unwrap_or(i64::MAX));
    reads.read(
        "SELECT id, user_id, family_hash, refresh_hash, refresh_holder, method, authenticated_at, fresh_at, created_at, \
         idle_expires_at, expires_at, ended_at, ip_address, user_agent, return_url, last_used_at FROM sessions \
         WHERE user_id = $1 AND id < $2 AND ended_at IS NULL AND idle_expires_at > $3 AND expires_at > $3 \
         ORDER BY id DESC LIMIT $4",
        params![user.uuid(), after, now, limit],
        |rows| every(rows, |row| Ok((session(row)?, row.get(15)?))),
    )
}

fn session(row: &Row) -> Result<Session, StoreError> {
    let corrupt = |column: &str| StoreError::Corrupt {
        table: "sessions".into(),
        column: column.into(),
        reason: "unknown word".into(),
    };
    let method = match row.get::<Option<String>>(5)? {
        None => None,
        Some(text) => Some(Method::parse(&text).ok_or_else(|| corrupt("method"))?),
    };
    Ok(Session {
        id: SessionId::from_uuid(row.get(0)?),
        user: UserId::from_uuid(row.get(1)?),
        family: TokenHash(row.get(2)?),
        refresh: TokenHash(row.get(3)?),
        holder: holder(&row.get::<String>(4)?).ok_or_else(|| corrupt("refresh_holder"))?,
        method,
        authenticated_at: row.get(6)?,
        fresh_at: row.get(7)?,
        created_at: row.get(8)?,
        idle_expires_at: row.get(9)?,
        expires_at: row.get(10)?,
        ended_at: row.get(11)?,
        origin: origin(row.get(12)?, row.get(13)?),
        return_url: row.get::<Option<String>>(14)?.map(ReturnUrl::stored),
    })
}

pub(crate) fn holder(text: &str) -> Option<RefreshHolder> {
    [RefreshHolder::Cookie, RefreshHolder::Body].into_iter().find(|holder| holder.as_str() == text)
}

pub(crate) fn origin(ip: Option<String>, user_agent: Option<String>) -> Origin {
    Origin { ip: ip.and_then(|ip| ip.parse::<IpAddr>().ok()), user_agent, ..Origin::default() }
}

/// A new session.
pub(crate) fn insert(session: &Session) -> Statement {
    Statement::new(
        "INSERT INTO sessions (id, user_id, family_hash, refresh_hash, refresh_holder, method, authenticated_at, fresh_at, \
         created_at, last_used_at, idle_expires_at, expires_at, ip_address, user_agent, return_url) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10, $11, $12, $13, $14)",
        params![
            session.id.uuid(),
            session.user.uuid(),
            &session.family.0,
            &session.refresh.0,
            session.holder.as_str(),
            session.method.map(Method::as_str),
            session.authenticated_at,
            session.fresh_at,
            session.created_at,
            session.idle_expires_at,
            session.expires_at,
            session.origin.ip.map(|ip| ip.to_string()),
            session.origin.user_agent.clone(),
            session.return_url.as_ref().map(ReturnUrl::as_str),
        ],
    )
}

/// Replaces a refresh token; guarded by the old one still being the good one.
pub(crate) fn rotate(
    id: SessionId,
    old: &TokenHash,
    family: &TokenHash,
    new: &TokenHash,
    idle_expires_at: Timestamp,
    at: Timestamp,
) -> Statement {
    Statement::guarded(
        "UPDATE sessions SET family_hash = $3, refresh_hash = $4, idle_expires_at = $5, last_used_at = $6 \
         WHERE id = $1 AND refresh_hash = $2 AND ended_at IS NULL",
        params![id.uuid(), &old.0, &family.0, &new.0, idle_expires_at, at],
    )
}

/// Raises a session to a new proof; guarded by it still living.
pub(crate) fn raise(id: SessionId, method: Option<Method>, at: Timestamp) -> Statement {
    Statement::guarded(
        "UPDATE sessions SET method = $2, authenticated_at = $3, fresh_at = $3 WHERE id = $1 AND ended_at IS NULL",
        params![id.uuid(), method.map(Method::as_str), at],
    )
}

/// Puts off the end of a session that is in use.
pub(crate) fn prolong(id: SessionId, idle_expires_at: Timestamp, at: Timestamp) -> Statement {
    Statement::new(
        "UPDATE sessions SET idle_expires_at = $2, last_used_at = $3 WHERE id = $1 AND ended_at IS NULL",
        params![id.uuid(), idle_expires_at, at],
    )
}

/// Ends a session.
pub(crate) fn end(id: SessionId, reason: EndReason, at: Timestamp) -> Statement {
    Statement::new(
        "UPDATE sessions SET ended_at = $2, end_reason = $3 WHERE id = $1 AND ended_at IS NULL",
        params![id.uuid(), at, reason.as_str()],
    )
}

/// Ends a person's sessions but one.
pub(crate) fn end_others(user: UserId, keep: SessionId, at: Timestamp) -> Statement {
    Statement::new(
        "UPDATE sessions SET ended_at = $3, end_reason = 'account_changed' \
         WHERE user_id = $1 AND id <> $2 AND ended_at IS NULL",
        params![user.uuid(), keep.uuid(), at],
    )
}

/// Ends every session of a person.
pub(crate) fn end_all(user: UserId, reason: EndReason, at: Timestamp) -> Statement {
    Statement::new(
        "UPDATE sessions SET ended_at = $2, end_reason = $3 WHERE user_id = $1 AND ended_at IS NULL",
        params![user.uuid(), at, reason.as_str()],
    )
}
