//! What happened to messages: the events of their tries, and what providers report. No content.

mod timeline;

use domain::application::webhook::LIFE;
use domain::delivery::{Reported, Trouble};
use domain::ids::MessageId;
use domain::message::Channel;
use domain::time::{Duration, Timestamp};

use crate::load::{every, only};
use crate::outbox::corrupt;
use crate::{Db, Plan, Statement, StoreError, params};

pub use timeline::{MessageSummary, TimelineEntry, Which};

/// What can happen to a message, as its timeline tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A transport was asked and did not take it.
    Tried,
    /// It will be tried again.
    PutOff,
    /// A transport took it.
    Accepted,
    /// It went to the network.
    Sent,
    /// It arrived.
    Delivered,
    /// It did not arrive, or will not be sent.
    Failed,
}

impl Event {
    /// Its name in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tried => "tried",
            Self::PutOff => "put_off",
            Self::Accepted => "accepted",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }
}

/// An event on its way into the database. A reason names no destination and no content.
#[derive(Clone, Debug)]
pub struct Happened {
    event: Event,
    at: Timestamp,
    provider: Option<String>,
    trouble: Option<Trouble>,
    reason: Option<String>,
}

impl Happened {
    /// Something that happened.
    pub const fn new(event: Event, at: Timestamp) -> Self {
        Self { event, at, provider: None, trouble: None, reason: None }
    }

    /// By the hand of a provider.
    #[must_use]
    pub fn by(mut self, provider: impl Into<String>) -> Self {
        self.provider = Some(provider.into());
        self
    }

    /// What is in the way.
    #[must_use]
    pub const fn trouble(mut self, trouble: Trouble) -> Self {
        self.trouble = Some(trouble);
        self
    }

    /// Why, in words for operators.
    #[must_use]
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into()).filter(|reason| !reason.is_empty());
        self
    }
}

/// Writes an event down. It follows a write to the message's own row, whose lock keeps the numbers apart.
pub(crate) fn happened(id: MessageId, happened: &Happened) -> Statement {
    Statement::new(
        "INSERT INTO delivery_events (message_id, number, user_id, kind, channel, destination, event, provider, trouble, \
         reason, created_at) SELECT o.id, \
         (SELECT coalesce(max(e.number), 0) + 1 FROM delivery_events e WHERE e.message_id = o.id), \
         o.user_id, o.kind, o.channel, o.destination, $2, $3, $4, $5, $6 FROM outbox o WHERE o.id = $1",
        params![
            id.uuid(),
            happened.event.as_str(),
            happened.provider.clone(),
            happened.trouble.map(Trouble::as_str),
            happened.reason.clone(),
            happened.at,
        ],
    )
}

/// What a provider said about a message it took.
#[derive(Clone, Debug)]
pub struct Report {
    /// Who says it.
    pub provider: String,
    /// Of which message, as its receipt named it.
    pub provider_id: String,
    /// How far it has come.
    pub reported: Reported,
    /// What is in the way, when it failed.
    pub trouble: Trouble,
    /// The provider's own code.
    pub reason: Option<String>,
}

/// What a report came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// It tells something new of this message.
    New(MessageId),
    /// It tells nothing that is not known.
    Known,
    /// No message of this provider has this name.
    Foreign,
}

/// How many messages of a channel wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backlog {
    /// Which channel.
    pub channel: Channel,
    /// Messages that wait or are under way.
    pub depth: u32,
    /// Since when the oldest of them does.
    pub oldest: Timestamp,
}

impl Db {
    /// Takes a report in. One that is repeated or late changes nothing.
    pub async fn record_report(&self, report: Report, now: Timestamp) -> Result<Recorded, StoreError> {
        let find = Statement::new(
            "SELECT id, receipt FROM outbox WHERE provider_id = $2 AND provider = $1 AND settled_at IS NOT NULL FOR UPDATE",
            params![report.provider.as_str(), report.provider_id.as_str()],
        );
        self.transact(vec![find], move |rows| {
            let Some(row) = rows.first().and_then(|rows| rows.first()) else {
                return Ok(Plan { writes: vec![], reply: Recorded::Foreign });
            };
            let id = MessageId::from_uuid(row.get(0)?);
            let known: Option<String> = row.get(1)?;
            let known = known.map(|word| Reported::parse(&word).ok_or_else(|| corrupt("receipt"))).transpose()?;
            if !report.reported.advances(known) {
                return Ok(Plan { writes: vec![], reply: Recorded::Known });
            }
            let event = match report.reported {
                Reported::Accepted => Event::Accepted,
                Reported::Sent => Event::Sent,
                Reported::Delivered => Event::Delivered,
                Reported::Failed => Event::Failed,
            };
            let mut told = Happened::new(event, now).by(report.provider.as_str());
            told.reason.clone_from(&report.reason);
            told.trouble = (report.reported == Reported::Failed).then_some(report.trouble);
            let keep = Statement::guarded(
                "UPDATE outbox SET receipt = $2, receipt_at = $3, trouble = $4, reason = $5 WHERE id = $1",
                params![
                    id.uuid(),
                    report.reported.as_str(),
                    now,
                    told.trouble.map(Trouble::as_str),
                    report.reason.clone()
                ],
            );
            Ok(Plan { writes: vec![keep, happened(id, &told)], reply: Recorded::New(id) })
        })
        .await
    }

    /// Lets a message that waits be tried at once, or sends a dead letter to an application once more. Whether there was one.
    pub async fn retry_message(&self, id: MessageId, now: Timestamp) -> Result<bool, StoreError> {
        let retry = Statement::new(
            "UPDATE outbox SET available_at = $2 WHERE id = $1 AND state = 'queued' AND settled_at IS NULL RETURNING 1",
            params![id.uuid(), now],
        );
        let replay = Statement::new(
            "UPDATE outbox SET state = 'queued', settled_at = NULL, attempts = 0, lost = 0, available_at = $2, \
             expires_at = $3, trouble = NULL, reason = NULL \
             WHERE id = $1 AND channel = 'webhook' AND settled_at IS NOT NULL AND payload IS NOT NULL RETURNING 1",
            params![id.uuid(), now, now + LIFE],
        );
        self.transact(vec![retry, replay], |rows| {
            Ok(Plan { writes: vec![], reply: rows.iter().any(|rows| !rows.is_empty()) })
        })
        .await
    }

    /// How many messages wait, by channel; none where none do.
    pub async fn backlog(&self) -> Result<Vec<Backlog>, StoreError> {
        let count = Statement::new(
            "SELECT channel, count(*), min(created_at) FROM outbox WHERE settled_at IS NULL GROUP BY channel",
            params![],
        );
        every(&only(self.read(vec![count]).await?), |row| {
            Ok(Backlog {
                channel: Channel::parse(&row.get::<String>(0)?).ok_or_else(|| corrupt("channel"))?,
                depth: row.get(1)?,
                oldest: row.get(2)?,
            })
        })
    }

    /// Says that a channel cannot be used for some time, or, with `None`, that it can.
    pub async fn report_outage(
        &self,
        channel: Channel,
        wait: Option<Duration>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let write = match wait {
            Some(wait) => Statement::new(
                "INSERT INTO delivery_outages (channel, until, reported_at) VALUES ($1, $2, $3) \
                 ON CONFLICT (channel) DO UPDATE SET until = excluded.until, reported_at = excluded.reported_at",
                params![channel.as_str(), now + wait, now],
            ),
            None => Statement::new("DELETE FROM delivery_outages WHERE channel = $1", params![channel.as_str()]),
        };
        self.transact(vec![], move |_| Ok(Plan { writes: vec![write.clone()], reply: () })).await
    }

    /// Until when a worker said that a channel cannot be used. One that was reported in the future came of a wrong clock.
    pub async fn outage(&self, channel: Channel, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let read = Statement::new(
            "SELECT until FROM delivery_outages WHERE channel = $1 AND until > $2 AND reported_at <= $2",
            params![channel.as_str(), now],
        );
        let answers = self.read(vec![read]).await?;
        answers.first().and_then(|rows| rows.first()).map(|row| row.get(0)).transpose()
    }
}
