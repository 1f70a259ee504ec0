//! The audit log: appended to, never changed.

use domain::audit::verify::{Placed, Stored};
use domain::audit::{AuditAction, AuditEntry, AuditHead, ChainedEntry, Words};
use domain::event::{Event, READ};
use domain::factor::Method;
use domain::ids::{AuditId, PersonId, UserId};
use domain::time::Timestamp;
use uuid::Uuid;

use crate::load::{Handle, Reads, every};
use crate::{Db, Row, Statement, StoreError, params};

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

/// The newest entries about a person, as far as they see them.
pub(crate) fn newest_of(reads: &mut Reads<'_>, user: UserId) -> Handle<Vec<Event>> {
    let limit = i64::try_from(READ).unwrap_or(i64::MAX);
    reads.read(
        "SELECT action, success, ip_address, user_agent, created_at FROM two_factor_audit_log \
         WHERE person_id = (SELECT person_id FROM users WHERE id = $1) ORDER BY seq DESC LIMIT $2",
        params![user.uuid(), limit],
        |rows| every(rows, event),
    )
}

fn event(row: &Row) -> Result<Event, StoreError> {
    let action = row.get::<String>(0)?;
    let unknown = || StoreError::Corrupt {
        table: "two_factor_audit_log".into(),
        column: "action".into(),
        reason: "unknown word".into(),
    };
    Ok(Event {
        action: AuditAction::parse(&action).ok_or_else(unknown)?,
        success: row.get(1)?,
        ip: row.get::<Option<String>>(2)?.and_then(|ip| ip.parse().ok()),
        user_agent: row.get(3)?,
        at: row.get(4)?,
    })
}

/// Entries of a page: what a pass over the whole log holds at a time.
const PAGE: u32 = 1_000;

/// The columns of an entry's words, in the order [`words`] reads them.
macro_rules! words {
    () => {
        "e.id, e.created_at, e.person_id, e.application_id, e.action, e.success, e.method, e.ip_address, e.user_agent, \
         e.device_id, e.actor_id, e.request_id, e.detail, e.seq, e.previous_hash, e.hash"
    };
}

/// An entry as it is exported: its words, and its place in the chain if it has one.
#[derive(Clone, Debug)]
pub struct ExportedEntry {
    /// What it says.
    pub words: Words,
    /// Its number in the person's chain.
    pub seq: Option<i64>,
    /// Hash of the entry before.
    pub previous: Option<Vec<u8>>,
    /// Its own hash.
    pub hash: Option<Vec<u8>>,
}

/// A row that stands outside every chain as no row of this log does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StrayEntry {
    /// Its row.
    pub id: Uuid,
}

impl Db {
    /// The chained entries behind a place, in order of person and number; each page is of one moment.
    pub async fn chained_entries(&self, after: Option<(Uuid, i64)>) -> Result<Vec<Placed>, StoreError> {
        let (person, seq) = after.unwrap_or((Uuid::nil(), i64::MIN));
        let page = Statement::new(
            concat!(
                "SELECT ",
                words!(),
                ", h.seq, h.hash FROM two_factor_audit_log e LEFT JOIN audit_heads h ON h.person_id = e.person_id \
                 WHERE (e.person_id, e.seq) > ($1, $2) ORDER BY e.person_id, e.seq LIMIT $3"
            ),
            params![person, seq, PAGE],
        );
        self.read(vec![page]).await?.first().map(Vec::as_slice).unwrap_or_default().iter().map(placed).collect()
    }

    /// Counts the entries that are rightly in no chain, and finds those that wrongly are; a page of rows behind `after`.
    /// Gives the last row's id, to go on from.
    pub async fn unchained_entries(
        &self,
        after: Option<Uuid>,
    ) -> Result<(u64, Vec<StrayEntry>, Option<Uuid>), StoreError> {
        let page = Statement::new(
            "SELECT id, person_id, seq, previous_hash, hash FROM two_factor_audit_log WHERE id > $1 ORDER BY id LIMIT $2",
            params![after.unwrap_or(Uuid::nil()), PAGE],
        );
        let answers = self.read(vec![page]).await?;
        let (mut count, mut strays, mut last) = (0, Vec::new(), None);
        for row in answers.first().map(Vec::as_slice).unwrap_or_default() {
            let id = row.get(0)?;
            last = Some(id);
            let person: Option<Uuid> = row.get(1)?;
            let seq: Option<i64> = row.get(2)?;
            let hashes = [row.get::<Option<Vec<u8>>>(3)?, row.get(4)?];
            match (person, seq) {
                // Its chain tells whether it is whole.
                (Some(_), Some(_)) => {}
                (None, None) if hashes == [None, None] => count += 1,
                _ => strays.push(StrayEntry { id }),
            }
        }
        Ok((count, strays, last))
    }

    /// Chains without a single entry whose head says otherwise, and people without a head, behind `after`: person and the
    /// number the head holds.
    pub async fn emptied_chains(&self, after: Option<Uuid>) -> Result<Vec<(Uuid, Option<i64>)>, StoreError> {
        let page = Statement::new(
            "SELECT person_id, seq FROM (SELECT h.person_id, h.seq FROM audit_heads h WHERE h.person_id > $1 \
             AND h.seq <> 0 AND NOT EXISTS (SELECT 1 FROM two_factor_audit_log e WHERE e.person_id = h.person_id \
             AND e.seq IS NOT NULL) UNION ALL SELECT u.person_id, NULL FROM users u WHERE u.person_id > $1 \
             AND NOT EXISTS (SELECT 1 FROM audit_heads h WHERE h.person_id = u.person_id) \
             AND NOT EXISTS (SELECT 1 FROM two_factor_audit_log e WHERE e.person_id = u.person_id \
             AND e.seq IS NOT NULL)) c ORDER BY person_id LIMIT $2",
            params![after.unwrap_or(Uuid::nil()), PAGE],
        );
        let answers = self.read(vec![page]).await?;
        let rows = answers.first().map(Vec::as_slice).unwrap_or_default();
        rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
    }

    /// How many entries there are, for whoever shows how far a pass has come.
    pub async fn count_entries(&self) -> Result<u64, StoreError> {
        let answers = self.read(vec![Statement::new("SELECT count(*) FROM two_factor_audit_log", params![])]).await?;
        Ok(crate::load::count(answers.first().map(Vec::as_slice).unwrap_or_default())? as u64)
    }

    /// Every entry of a span of time, chained or not, by time, behind `after`. `until` itself is not in it.
    pub async fn exported_entries(
        &self,
        since: Timestamp,
        until: Timestamp,
        after: Option<(Timestamp, Uuid)>,
    ) -> Result<Vec<ExportedEntry>, StoreError> {
        let (at, id) = after.unwrap_or((since, Uuid::nil()));
        let page = Statement::new(
            concat!(
                "SELECT ",
                words!(),
                " FROM two_factor_audit_log e WHERE e.created_at >= $1 AND e.created_at < $2 \
                 AND (e.created_at > $1 OR e.id > $3) ORDER BY e.created_at, e.id LIMIT $4"
            ),
            params![at, until, id, PAGE],
        );
        self.read(vec![page]).await?.first().map(Vec::as_slice).unwrap_or_default().iter().map(exported).collect()
    }
}

fn words(row: &Row) -> Result<Words, StoreError> {
    Ok(Words {
        id: row.get(0)?,
        at: row.get(1)?,
        person: row.get(2)?,
        application: row.get(3)?,
        action: row.get(4)?,
        success: row.get(5)?,
        method: row.get(6)?,
        ip: row.get(7)?,
        user_agent: row.get(8)?,
        device: row.get(9)?,
        actor: row.get(10)?,
        request_id: row.get(11)?,
        detail: row.get(12)?,
    })
}

/// A column that does not read is the entry's flaw, and no reason to stop.
fn placed(row: &Row) -> Result<Placed, StoreError> {
    let stored = || Ok(Stored { words: words(row)?, previous: row.get(14)?, hash: row.get(15)? });
    let stored = match stored() {
        Ok(stored) => Ok(stored),
        Err(StoreError::Corrupt { column, .. }) => Err(column),
        Err(error) => return Err(error),
    };
    // A hash that does not read is no entry's.
    let head = row.get::<Option<i64>>(16)?.map(|seq| AuditHead { seq, hash: row.get(17).unwrap_or_default() });
    Ok(Placed { person: row.get(2)?, seq: row.get(13)?, head, stored })
}

fn exported(row: &Row) -> Result<ExportedEntry, StoreError> {
    Ok(ExportedEntry { words: words(row)?, seq: row.get(13)?, previous: row.get(14)?, hash: row.get(15)? })
}
