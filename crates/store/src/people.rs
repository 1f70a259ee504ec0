//! People as administrators find them, and the story of one. Reads that decide nothing: they take the read connections.

use domain::administrator::Role;
use domain::audit::AuditAction;
use domain::ids::UserId;
use domain::time::Timestamp;
use uuid::Uuid;

use crate::delivery::TimelineEntry;
use crate::load::{every, only};
use crate::{Db, Row, Statement, StoreError, administrator, params};

/// What people are looked for by.
#[derive(Clone, PartialEq, Eq)]
pub enum Wanted {
    /// The beginning of an address, in any case.
    Address(String),
    /// The beginning of what an application calls its user.
    External(String),
    /// An id: the user's own, or the pseudonym in the audit log.
    Id(Uuid),
}

impl Wanted {
    /// Reads what somebody typed: an id, `id:` and the beginning of one, or the beginning of an address.
    pub fn parse(text: &str) -> Self {
        let text = text.trim();
        if let Ok(id) = Uuid::parse_str(text) {
            return Self::Id(id);
        }
        match text.strip_prefix("id:") {
            Some(_) => Self::External(text.to_owned()),
            None => Self::Address(text.to_lowercase()),
        }
    }
}

/// What somebody is called in a list: the address, or what the application calls its user.
pub(crate) fn called<'a>(email: &'a str, key: &'a str) -> &'a str {
    if email.is_empty() { key.strip_prefix("id:").unwrap_or(key) } else { email }
}

/// One line of a list of people.
#[derive(Clone, Debug)]
pub struct PersonLine {
    /// Who.
    pub user: UserId,
    /// Their address; empty where an application told none.
    pub email: String,
    /// What their application calls them, behind `id:`; for users of our own sign-in their address.
    pub key: String,
    /// What their application is called.
    pub application: String,
    /// What they may do in the administration.
    pub role: Option<Role>,
    /// Since when a second factor is asked.
    pub two_factor_enabled_at: Option<Timestamp>,
    /// Locked until then.
    pub locked_until: Option<Timestamp>,
    /// Stopped until a stronger proof.
    pub stopped_at: Option<Timestamp>,
    /// Since when they may not sign in.
    pub disabled_at: Option<Timestamp>,
}

impl PersonLine {
    /// What they are called: the address, or what the application calls its user.
    pub fn called(&self) -> &str {
        called(&self.email, &self.key)
    }
}

/// After whom a list goes on: what the list is ordered by, and the id.
pub type Place = (String, UserId);

macro_rules! people {
    ($condition:literal, $order:literal) => {
        concat!(
            "SELECT u.id, u.email, u.email_key, p.name, a.role, s.enabled_at, s.locked_until, s.stopped_at, u.disabled_at \
             FROM users u JOIN applications p ON p.id = u.application_id \
             JOIN two_factor_settings s ON s.user_id = u.id LEFT JOIN administrators a ON a.user_id = u.id WHERE ",
            $condition,
            " ORDER BY ",
            $order,
            ", u.id LIMIT $1"
        )
    };
}

/// Every text that begins with `start` comes before this one.
fn end_of(start: &str) -> String {
    format!("{start}\u{10ffff}")
}

impl Db {
    /// People who are looked for, `limit` of them behind a place.
    pub async fn find_people(
        &self,
        wanted: &Wanted,
        after: Option<&Place>,
        limit: u32,
    ) -> Result<Vec<PersonLine>, StoreError> {
        let (text, id) = after.map_or((String::new(), Uuid::nil()), |(text, id)| (text.clone(), id.uuid()));
        // SQLite seeks by the first bound alone, PostgreSQL by the place alone: whichever lags behind would have a list read from
        // its beginning again for every page.
        let from = |start: &str| text.as_str().max(start).to_owned();
        let read = match wanted {
            Wanted::Address(start) => Statement::new(
                people!(
                    "lower(u.email) COLLATE \"C\" >= $2 AND lower(u.email) COLLATE \"C\" < $3 \
                     AND (lower(u.email) COLLATE \"C\", u.id) > ($4, $5)",
                    "lower(u.email) COLLATE \"C\""
                ),
                params![limit, from(start), end_of(start), from(start), id],
            ),
            Wanted::External(start) => Statement::new(
                people!(
                    "u.email_key COLLATE \"C\" >= $2 AND u.email_key COLLATE \"C\" < $3 \
                     AND (u.email_key COLLATE \"C\", u.id) > ($4, $5)",
                    "u.email_key COLLATE \"C\""
                ),
                params![limit, from(start), end_of(start), from(start), id],
            ),
            Wanted::Id(wanted) => Statement::new(
                people!("(u.id = $2 OR u.person_id = $2) AND u.id > $3", "u.created_at"),
                params![limit, *wanted, id],
            ),
        };
        every(&only(self.read(vec![read]).await?), person)
    }
}

impl PersonLine {
    /// Where a list of those looked for goes on after this one.
    pub fn place(&self, wanted: &Wanted) -> Place {
        let text = match wanted {
            Wanted::Address(_) => self.email.to_lowercase(),
            Wanted::External(_) | Wanted::Id(_) => self.key.clone(),
        };
        (text, self.user)
    }
}

fn person(row: &Row) -> Result<PersonLine, StoreError> {
    Ok(PersonLine {
        user: UserId::from_uuid(row.get(0)?),
        email: row.get(1)?,
        key: row.get(2)?,
        application: row.get(3)?,
        role: row.get::<Option<String>>(4)?.map(|name| administrator::role(&name)).transpose()?,
        two_factor_enabled_at: row.get(5)?,
        locked_until: row.get(6)?,
        stopped_at: row.get(7)?,
        disabled_at: row.get(8)?,
    })
}

/// Entries of the audit log in one part of a story.
const PART: u32 = 60;
/// Events of deliveries in one part at most.
const EVENTS: u32 = 500;

/// One thing that happened.
#[derive(Clone, Debug)]
pub struct StoryLine {
    /// When.
    pub at: Timestamp,
    /// What.
    pub event: StoryEvent,
}

/// What happened to a person, or to a message to them.
#[derive(Clone, Debug)]
pub enum StoryEvent {
    /// An entry of the audit log.
    Entry(Box<StoryEntry>),
    /// What became of a message.
    Message(Box<TimelineEntry>),
}

/// An entry of the audit log, as a story tells it.
#[derive(Clone, Debug)]
pub struct StoryEntry {
    /// What; `None` for a word this version does not know.
    pub action: Option<AuditAction>,
    /// Its name in the log.
    pub name: String,
    /// Whether it came out as the actor wanted.
    pub success: bool,
    /// With which kind of factor.
    pub method: Option<String>,
    /// From which address.
    pub ip: Option<String>,
    /// What the client called itself.
    pub user_agent: Option<String>,
    /// Who acted, when it was not the person.
    pub actor: Option<String>,
    /// What else was said.
    pub detail: String,
    seq: i64,
}

/// Where a story goes on: before the entry of this number and time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Before {
    /// Its number on the person's chain.
    pub seq: i64,
    /// Its time.
    pub at: Timestamp,
}

/// A part of a story, newest first.
#[derive(Clone, Debug)]
pub struct Story {
    /// What happened.
    pub lines: Vec<StoryLine>,
    /// Where it goes on.
    pub next: Option<Before>,
}

impl Db {
    /// What happened to a person, newest first: entries of the audit log, and what became of messages in between.
    pub async fn story(&self, user: UserId, before: Option<Before>) -> Result<Story, StoreError> {
        let seq = before.map_or(i64::MAX, |before| before.seq);
        let entries = Statement::new(
            "SELECT action, success, method, ip_address, user_agent, actor_id, detail, created_at, seq \
             FROM two_factor_audit_log WHERE person_id = (SELECT person_id FROM users WHERE id = $1) AND seq < $2 \
             ORDER BY seq DESC LIMIT $3",
            params![user.uuid(), seq, PART],
        );
        let answers = self.read(vec![entries]).await?;
        let mut lines = every(answers.first().map(Vec::as_slice).unwrap_or_default(), entry)?;
        let full = lines.len() == PART as usize;
        let next = lines.last().filter(|_| full).and_then(|line| match &line.event {
            StoryEvent::Entry(entry) => Some(Before { seq: entry.seq, at: line.at }),
            StoryEvent::Message(_) => None,
        });
        let since = next.map_or(Timestamp::EPOCH, |next| next.at);
        let until = before.map_or(Timestamp::LAST, |before| before.at);
        let messages = self.deliveries(user, since, until, EVENTS).await?;
        lines.extend(
            messages.into_iter().map(|entry| StoryLine { at: entry.at, event: StoryEvent::Message(Box::new(entry)) }),
        );
        // Stable: what happened in one moment stays in the order of its chain.
        lines.sort_by_key(|line| std::cmp::Reverse(line.at));
        Ok(Story { lines, next })
    }
}

fn entry(row: &Row) -> Result<StoryLine, StoreError> {
    let name: String = row.get(0)?;
    let entry = StoryEntry {
        action: AuditAction::parse(&name),
        name,
        success: row.get(1)?,
        method: row.get(2)?,
        ip: row.get(3)?,
        user_agent: row.get(4)?,
        actor: row.get(5)?,
        detail: row.get(6)?,
        seq: row.get(8)?,
    };
    Ok(StoryLine { at: row.get(7)?, event: StoryEvent::Entry(Box::new(entry)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_an_id_the_beginning_of_one_or_of_an_address() {
        let id = "01890a5d-ac96-774b-bcce-b302099a8057";
        assert!(Wanted::parse(&format!(" {id} ")) == Wanted::Id(Uuid::parse_str(id).unwrap()));
        assert!(Wanted::parse("id:Customer-7") == Wanted::External("id:Customer-7".to_owned()));
        assert!(Wanted::parse(" Ada@Ex") == Wanted::Address("ada@ex".to_owned()));
        assert!(Wanted::parse("%_' or 1=1--") == Wanted::Address("%_' or 1=1--".to_owned()));
    }
}
