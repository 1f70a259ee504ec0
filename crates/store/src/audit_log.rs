//! The audit log: appended to, never changed.

use domain::audit::{AuditEntry, AuditHead, ChainedEntry};
use domain::factor::Method;
use domain::ids::{AuditId, PersonId};
use domain::time::Timestamp;

use crate::{Statement, params};

/// Appends an entry.
pub(crate) fn append(chained: &ChainedEntry) -> Statement {
    let entry = &chained.entry;
    Statement::new(
        "INSERT INTO two_factor_audit_log (id, person_id, application_id, seq, action, success, method, ip_address, \
         user_agent, device_id, actor_id, request_id, detail, created_at, previous_hash, hash) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
        params![
            chained.id.uuid(),
            entry.person.map(PersonId::uuid),
            entry.application.uuid(),
            chained.link.map(|link| link.seq),
            entry.action.as_str(),
            entry.success,
            entry.method.map(Method::as_str),
            entry.origin.ip.map(|ip| ip.to_string()),
            entry.origin.user_agent.clone(),
            entry.device,
            entry.origin.actor.clone(),
            entry.origin.request_id.clone(),
            entry.detail.to_text(),
            chained.at,
            chained.link.map(|link| link.previous),
            chained.link.map(|link| link.hash),
        ],
    )
}

/// An entry without a person, of something no command decided: to be committed with what it tells of.
pub fn unchained(id: AuditId, at: Timestamp, entry: AuditEntry) -> Statement {
    append(&ChainedEntry { id, at, entry: AuditEntry { person: None, ..entry }, link: None })
}

/// Moves the head of a chain; guarded by nobody having moved it since it was read.
pub(crate) fn move_head(person: PersonId, from: AuditHead, to: AuditHead) -> Statement {
    Statement::guarded(
        "UPDATE audit_heads SET seq = $3, hash = $4 WHERE person_id = $1 AND seq = $2",
        params![person.uuid(), from.seq, to.seq, to.hash],
    )
}
