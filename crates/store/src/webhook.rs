//! Addresses applications are called at, and what is on its way there.
//!
//! ```text
//!   announcement ──the worker──▶ one message for each event and address ──▶ delivered | dead letter ──replayed──▶ …
//! ```
//!
//! A dead letter keeps its content, so that it can be sent once more when its receiver is mended.

use domain::application::webhook::{
    AddWebhook, Announcement, Delivery, EventKind, ListWebhooks, RemoveWebhook, Webhook,
};
use domain::ids::{ApplicationId, WebhookId};
use domain::secret::Sealed;
use domain::time::Timestamp;
use serde_json::json;

use crate::load::{Assemble, Handle, Load, Reads, every, only, optional};
use crate::{Db, Row, Statement, StoreError, params};

macro_rules! webhooks_where {
    ($condition:literal) => {
        concat!("SELECT id, application_id, host, target, events, created_at FROM webhooks WHERE ", $condition)
    };
}

impl Load for AddWebhook {
    /// Applications are locked, so that several calls at once do not add more than one may have.
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<usize> {
        let id = self.application.uuid();
        reads.lock("SELECT id FROM applications WHERE id = $1 FOR UPDATE", params![id]);
        let has =
            reads.read("SELECT count(*) FROM webhooks WHERE application_id = $1", params![id], crate::load::count);
        Box::new(move |answers| answers.get(&has))
    }
}

impl Load for ListWebhooks {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<Vec<Webhook>> {
        let all =
            reads.read(webhooks_where!("application_id = $1 ORDER BY id"), params![self.application.uuid()], |rows| {
                every(rows, webhook)
            });
        Box::new(move |answers| answers.get(&all))
    }
}

impl Load for RemoveWebhook {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<Option<Webhook>> {
        reads.lock("SELECT id FROM webhooks WHERE id = $1 FOR UPDATE", params![self.id.uuid()]);
        let found: Handle<Option<Webhook>> =
            reads.read(webhooks_where!("id = $1"), params![self.id.uuid()], |rows| optional(rows, webhook));
        Box::new(move |answers| answers.get(&found))
    }
}

impl Db {
    /// The addresses of an application.
    pub async fn webhooks_of(&self, application: ApplicationId) -> Result<Vec<Webhook>, StoreError> {
        let all = Statement::new(webhooks_where!("application_id = $1 ORDER BY id"), params![application.uuid()]);
        every(&only(self.read(vec![all]).await?), webhook)
    }

    /// All addresses, in the order of their making.
    pub async fn webhooks(&self) -> Result<Vec<Webhook>, StoreError> {
        let all = Statement::new(webhooks_where!("TRUE ORDER BY id"), params![]);
        every(&only(self.read(vec![all]).await?), webhook)
    }

    /// One address, if it is still there.
    pub async fn webhook(&self, id: WebhookId) -> Result<Option<Webhook>, StoreError> {
        let found = Statement::new(webhooks_where!("id = $1"), params![id.uuid()]);
        optional(&only(self.read(vec![found]).await?), webhook)
    }
}

fn webhook(row: &Row) -> Result<Webhook, StoreError> {
    let corrupt = || StoreError::Corrupt {
        table: "webhooks".into(),
        column: "events".into(),
        reason: "not a list of events".into(),
    };
    let events: Option<serde_json::Value> = row.get(4)?;
    let events = events.map(|events| {
        let names = events.as_array().ok_or_else(corrupt)?.iter();
        names.map(|name| EventKind::parse(name.as_str()?)).collect::<Option<Vec<_>>>().ok_or_else(corrupt)
    });
    Ok(Webhook {
        id: WebhookId::from_uuid(row.get(0)?),
        application: ApplicationId::from_uuid(row.get(1)?),
        host: row.get(2)?,
        target: Sealed::from_bytes(row.get(3)?),
        events: events.transpose()?,
        created_at: row.get(5)?,
    })
}

/// A new address.
pub(crate) fn insert(new: &Webhook) -> Statement {
    let events = new.events.as_ref().map(|events| json!(events.iter().map(|kind| kind.as_str()).collect::<Vec<_>>()));
    Statement::new(
        "INSERT INTO webhooks (id, application_id, host, target, events, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
        params![
            new.id.uuid(),
            new.application.uuid(),
            new.host.as_str(),
            new.target.as_bytes(),
            events,
            new.created_at
        ],
    )
}

/// Takes an address away, once, and drops what waits to be sent there, dead letters included.
pub(crate) fn remove(id: WebhookId, at: Timestamp) -> Vec<Statement> {
    vec![
        Statement::guarded("DELETE FROM webhooks WHERE id = $1", params![id.uuid()]),
        Statement::new(
            "UPDATE outbox SET state = CASE WHEN settled_at IS NULL THEN 'dead' ELSE state END, \
             trouble = CASE WHEN settled_at IS NULL THEN 'dropped' ELSE trouble END, \
             settled_at = coalesce(settled_at, $2), payload = NULL, lease_until = NULL \
             WHERE webhook_id = $1 AND payload IS NOT NULL",
            params![id.uuid(), at],
        ),
    ]
}

/// Tells an application what happened, where it has an address.
pub(crate) fn announce(new: &Announcement, request_id: Option<&str>, at: Timestamp) -> Statement {
    Statement::new(
        "INSERT INTO outbox (id, kind, channel, payload, state, attempts, available_at, expires_at, created_at, \
         destination, request_id, application_id) SELECT $1, $2, 'webhook', $3, 'queued', 0, $4, $5, $4, '', $6, $7 \
         WHERE EXISTS (SELECT 1 FROM webhooks WHERE application_id = $7)",
        params![
            new.id.uuid(),
            Announcement::KIND,
            new.payload.as_bytes(),
            at,
            new.expires_at,
            request_id,
            new.application.uuid()
        ],
    )
}

/// One event on its way to one address.
pub fn deliver(new: &Delivery, request_id: Option<&str>, at: Timestamp) -> Statement {
    Statement::new(
        "INSERT INTO outbox (id, kind, channel, payload, state, attempts, available_at, expires_at, created_at, \
         destination, request_id, application_id, webhook_id) \
         VALUES ($1, $2, 'webhook', $3, 'queued', 0, $4, $5, $4, $6, $7, $8, $9)",
        params![
            new.id.uuid(),
            new.kind.as_str(),
            new.payload.as_bytes(),
            at,
            new.expires_at,
            new.host.as_str(),
            request_id,
            new.application.uuid(),
            new.webhook.uuid()
        ],
    )
}
