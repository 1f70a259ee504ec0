//! The audit log: appended to, never changed.

use std::sync::LazyLock;

use domain::application::ExternalId;
use domain::application::audit as theirs;
use domain::audit::checkpoint::Recorded;
use domain::audit::verify::{Placed, Stored};
use domain::audit::{AuditAction, AuditEntry, AuditHead, ChainedEntry, Words};
use domain::event::{Event, READ};
use domain::factor::Method;
use domain::ids::{AuditId, PersonId, UserId};
use domain::time::Timestamp;
use uuid::Uuid;

use crate::load::{Assemble, Handle, Load, Reads, every, only};
use crate::{Db, Row, Statement, StoreError, Value, params};

/// How many entries one statement appends at most.
const TOGETHER: usize = 8;
const COLUMNS: usize = 16;
/// The statements that append one entry, two, and so on.
static APPEND: LazyLock<[String; TOGETHER]> = LazyLock::new(|| {
    std::array::from_fn(|more| {
        let row = |row: usize| {
            let places: Vec<String> = (1..=COLUMNS).map(|column| format!("${}", row * COLUMNS + column)).collect();
            format!("({})", places.join(", "))
        };
        let rows: Vec<String> = (0..=more).map(row).collect();
        format!(
            "INSERT INTO two_factor_audit_log (id, person_id, application_id, seq, action, success, method, ip_address, \
             user_agent, device_id, actor_id, request_id, detail, created_at, previous_hash, hash) VALUES {}",
            rows.join(", ")
        )
    })
});

/// Appends entries, several by each statement: a sign-in writes up to five.
pub(crate) fn append(entries: &[ChainedEntry]) -> impl Iterator<Item = Statement> {
    let text: &'static [String; TOGETHER] = &APPEND;
    let rows = entries.chunks(TOGETHER);
    rows.map(|rows| Statement::new(&text[rows.len() - 1], rows.iter().flat_map(row).collect::<Vec<_>>()))
}

fn row(chained: &ChainedEntry) -> [Value; COLUMNS] {
    let entry = &chained.entry;
    [
        chained.id.uuid().into(),
        entry.person.map(PersonId::uuid).into(),
        entry.application.uuid().into(),
        chained.link.map(|link| link.seq).into(),
        entry.action.as_str().into(),
        entry.success.into(),
        entry.method.map(Method::as_str).into(),
        entry.origin.ip.map(|ip| ip.to_string()).into(),
        entry.origin.user_agent.clone().into(),
        entry.device.into(),
        entry.origin.actor.clone().into(),
        entry.origin.request_id.clone().into(),
        entry.detail.to_text().into(),
        chained.at.into(),
        chained.link.map(|link| link.previous).into(),
        chained.link.map(|link| link.hash).into(),
    ]
}

/// An entry without a person, of something no command decided: to be committed with what it tells of.
pub fn unchained(id: AuditId, at: Timestamp, entry: AuditEntry) -> Statement {
    let entry = ChainedEntry { id, at, entry: AuditEntry { person: None, ..entry }, link: None };
    Statement::new(&APPEND[0], row(&entry))
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
        "SELECT action, success, ip_address, user_agent, created_at, actor_id FROM two_factor_audit_log \
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
        actor: row.get(5)?,
    })
}

/// Entries of a page: what a pass over the whole log holds at a time.
const PAGE: u32 = 1_000;

/// The columns of an entry, in the order [`recorded`] reads them.
macro_rules! columns {
    () => {
        "e.id, e.created_at, e.person_id, e.application_id, e.action, e.success, e.method, e.ip_address, e.user_agent, \
         e.device_id, e.actor_id, e.request_id, e.detail, e.seq, e.previous_hash, e.hash"
    };
}
pub(crate) use columns;

/// Entries with the ends of their chains, in the order [`placed`] reads them.
macro_rules! placed_where {
    ($condition:literal) => {
        concat!(
            "SELECT ",
            columns!(),
            ", h.seq, h.hash, s.seq, s.hash FROM two_factor_audit_log e \
             LEFT JOIN audit_heads h ON h.person_id = e.person_id \
             LEFT JOIN audit_starts s ON s.person_id = e.person_id WHERE ",
            $condition
        )
    };
}

/// The columns of a part, with what the application calls the user.
macro_rules! theirs {
    ($whose:literal) => {
        concat!(
            "SELECT ",
            columns!(),
            ", u.email_key FROM two_factor_audit_log e LEFT JOIN users u ON u.person_id = e.person_id \
             WHERE e.application_id = $1 AND e.id >= $2 AND e.id < $3 AND e.created_at >= $4 AND e.created_at < $5 \
             AND ($6 = '' OR e.action = $6)",
            $whose,
            " ORDER BY e.id DESC LIMIT $7"
        )
    };
}

impl Load for theirs::ReadAudit {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<Vec<theirs::Stored>> {
        let (first, end) = self.bounds();
        let (from, to) = (self.from.unwrap_or(Timestamp::EPOCH), self.to.unwrap_or(Timestamp::LAST));
        let action = self.action.map_or("", AuditAction::as_str);
        let mut values = params![self.application.uuid(), first, end, from, to, action, self.wanted()];
        let found = if let Some(user) = &self.user {
            values.extend(params![user.key()]);
            let of_one = theirs!(
                " AND e.person_id = (SELECT person_id FROM users WHERE application_id = $1 AND email_key = $8)"
            );
            reads.read(of_one, values, |rows| every(rows, their_entry))
        } else {
            reads.read(theirs!(""), values, |rows| every(rows, their_entry))
        };
        Box::new(move |answers| answers.get(&found))
    }
}

fn their_entry(row: &Row) -> Result<theirs::Stored, StoreError> {
    let key = row.get::<Option<String>>(16)?;
    // Pages of an application are small: a copy of a row costs nothing beside reading it.
    let words = words(&mut row.clone())?;
    Ok(theirs::Stored { words, seq: row.get(13)?, user: key.and_then(|key| ExternalId::of_key(&key)) })
}

impl Db {
    /// The chained entries behind a place, in order of person and number; each page is of one moment.
    pub async fn chained_entries(&self, after: Option<(Uuid, i64)>) -> Result<Vec<Placed>, StoreError> {
        let (person, seq) = after.unwrap_or((Uuid::nil(), i64::MIN));
        let page = Statement::new(
            placed_where!("(e.person_id, e.seq) > ($1, $2) ORDER BY e.person_id, e.seq LIMIT $3"),
            params![person, seq, PAGE],
        );
        only(self.read(vec![page]).await?).into_iter().map(placed).collect()
    }

    /// The entries of one chain behind a number, in order; a page of them, of one moment.
    pub async fn chain_of(&self, person: Uuid, after: i64) -> Result<Vec<Placed>, StoreError> {
        let page = Statement::new(
            placed_where!("e.person_id = $1 AND e.seq > $2 ORDER BY e.seq LIMIT $3"),
            params![person, after, PAGE],
        );
        only(self.read(vec![page]).await?).into_iter().map(placed).collect()
    }

    /// Chains without a single entry whose head says otherwise, and people without a head, behind `after`: person and the
    /// number the head holds.
    pub async fn emptied_chains(&self, after: Option<Uuid>) -> Result<Vec<(Uuid, Option<i64>)>, StoreError> {
        let page = Statement::new(
            "SELECT person_id, seq FROM (SELECT h.person_id, h.seq FROM audit_heads h WHERE h.person_id > $1 \
             AND h.seq <> 0 AND NOT EXISTS (SELECT 1 FROM two_factor_audit_log e WHERE e.person_id = h.person_id \
             AND e.seq IS NOT NULL) AND NOT EXISTS (SELECT 1 FROM audit_starts s WHERE s.person_id = h.person_id \
             AND s.seq = h.seq AND s.hash = h.hash) UNION ALL SELECT u.person_id, NULL FROM users u WHERE u.person_id > $1 \
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
        Ok(crate::load::count(&only(
            self.read(vec![Statement::new("SELECT count(*) FROM two_factor_audit_log", params![])]).await?,
        ))? as u64)
    }

    /// Every entry of a span of time, chained or not, by time, behind `after`. `until` itself is not in it.
    pub async fn exported_entries(
        &self,
        since: Timestamp,
        until: Timestamp,
        after: Option<(Timestamp, Uuid)>,
    ) -> Result<Vec<Recorded>, StoreError> {
        let (at, id) = after.unwrap_or((since, Uuid::nil()));
        let page = Statement::new(
            concat!(
                "SELECT ",
                columns!(),
                " FROM two_factor_audit_log e WHERE e.created_at >= $1 AND e.created_at < $2 \
                 AND (e.created_at > $1 OR e.id > $3) ORDER BY e.created_at, e.id LIMIT $4"
            ),
            params![at, until, id, PAGE],
        );
        only(self.read(vec![page]).await?).iter_mut().map(recorded).collect()
    }
}

fn words(row: &mut Row) -> Result<Words, StoreError> {
    Ok(Words {
        id: row.take(0)?,
        at: row.take(1)?,
        person: row.take(2)?,
        application: row.take(3)?,
        action: row.take(4)?,
        success: row.take(5)?,
        method: row.take(6)?,
        ip: row.take(7)?,
        user_agent: row.take(8)?,
        device: row.take(9)?,
        actor: row.take(10)?,
        request_id: row.take(11)?,
        detail: row.take(12)?,
    })
}

/// A column that does not read is the entry's flaw, and no reason to stop.
fn placed(mut row: Row) -> Result<Placed, StoreError> {
    let person = row.get(2)?;
    let stored = |row: &mut Row| Ok(Stored { words: words(row)?, previous: row.get(14)?, hash: row.get(15)? });
    let stored = match stored(&mut row) {
        Ok(stored) => Ok(stored),
        Err(StoreError::Corrupt { column, .. }) => Err(column),
        Err(error) => return Err(error),
    };
    // A hash that does not read is no entry's.
    let head = |seq, hash| -> Result<_, StoreError> {
        Ok(row.get::<Option<i64>>(seq)?.map(|seq| AuditHead { seq, hash: row.get(hash).unwrap_or_default() }))
    };
    Ok(Placed { person, seq: row.get(13)?, head: head(16, 17)?, start: head(18, 19)?, stored })
}

/// An entry with its place on a chain.
pub(crate) fn recorded(row: &mut Row) -> Result<Recorded, StoreError> {
    Ok(Recorded { words: words(row)?, seq: row.get(13)?, previous: row.take(14)?, hash: row.take(15)? })
}
