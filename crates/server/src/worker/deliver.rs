//! Delivering: claim, open, render, hand over, settle.

use domain::audit::{AuditAction, AuditEntry, Detail};
use domain::command::Origin;
use domain::ids::{ApplicationId, AuditId};
use domain::message::MessageContent;
use domain::notice;
use domain::time::{Duration, Timestamp};
use messaging::Renderer;
use store::{Claimed, MailboxMessage, Settled, StoreError, Surroundings};

use crate::app::App;

/// Messages claimed at a time.
const CLAIM: u32 = 16;
/// How long a claim holds.
const LEASE: Duration = Duration::from_secs(60);
/// Tries before a message is given up.
const MOST_TRIES: u32 = 8;
/// The wait after the first failed try; each further one doubles.
const BACK_OFF: Duration = Duration::from_secs(5);

/// Delivers what is due. Whether there may be more.
pub(super) async fn deliver_some(app: &App, renderer: &Renderer) -> bool {
    let claimed = match app.db.claim_messages(app.world.now(), LEASE, CLAIM).await {
        Ok(claimed) => claimed,
        Err(error) => {
            tracing::warn!(%error, "no messages could be claimed");
            return false;
        }
    };
    let full = claimed.len() == CLAIM as usize;
    let mut all_done = true;
    for message in &claimed {
        if let Err(error) = deliver(app, renderer, message).await {
            // Its lease runs out, and it is tried again.
            tracing::warn!(message = %message.id, %error, "a message could not be settled");
            all_done = false;
        }
    }
    full && all_done
}

async fn deliver(app: &App, renderer: &Renderer, message: &Claimed) -> Result<(), StoreError> {
    let now = app.world.now();
    let (kind, id) = (message.kind.as_str(), message.id);
    if message.expires_at.is_some_and(|end| end <= now) {
        tracing::warn!(message = %id, kind, "a message was too old to be sent");
        return expire(app, message, now).await;
    }
    match prepare(app, renderer, message, now) {
        Ok(mail) => settle(app, message, Settled::Delivered, now, Some(mail)).await,
        Err(error) if message.attempts >= MOST_TRIES => {
            tracing::error!(message = %id, kind, %error, "a message was given up");
            settle(app, message, Settled::Dead, now, None).await
        }
        Err(error) => {
            tracing::warn!(message = %id, kind, %error, tries = message.attempts, "a message will be tried again");
            let wait = BACK_OFF.times(1 << message.attempts.saturating_sub(1).min(12));
            app.db.back_off_message(message, now + wait).await
        }
    }
}

/// A message past its life is never sent; that it was not is written down.
async fn expire(app: &App, message: &Claimed, now: Timestamp) -> Result<(), StoreError> {
    let state = Settled::Expired;
    metrics::counter!("outbox_settled_total", "kind" => message.kind.as_str(), "state" => state.as_str()).increment(1);
    let entry = AuditEntry {
        person: None,
        application: ApplicationId::DEFAULT,
        action: AuditAction::DeliveryExpired,
        success: false,
        method: None,
        device: None,
        detail: Detail::Subject("message", message.id.uuid()),
        origin: Origin { actor: Some("job".to_owned()), ..Origin::default() },
    };
    let id = AuditId::new(now, app.world.rng().as_mut());
    app.db.settle_message(message, state, now, vec![store::unchained(id, now, entry)]).await
}

async fn settle(
    app: &App,
    message: &Claimed,
    how: Settled,
    now: Timestamp,
    mail: Option<MailboxMessage>,
) -> Result<(), StoreError> {
    metrics::counter!("outbox_settled_total", "kind" => message.kind.as_str(), "state" => how.as_str()).increment(1);
    app.db.settle_message(message, how, now, mail.iter().map(MailboxMessage::insert).collect()).await
}

/// Opens and renders a message. The reason of a failure names no content.
fn prepare(app: &App, renderer: &Renderer, message: &Claimed, now: Timestamp) -> Result<MailboxMessage, String> {
    let plain =
        app.world.keys().open(&notice::place(message.id), &message.payload).map_err(|error| error.to_string())?;
    let content = MessageContent::from_bytes(&plain).map_err(|error| error.to_string())?;
    let mail = renderer.render(&content).map_err(|error| error.to_string())?;
    Ok(MailboxMessage {
        id: message.id.uuid(),
        channel: content.channel,
        to: content.to.clone(),
        kind: content.kind,
        locale: content.locale.clone(),
        subject: mail.subject,
        text: mail.text,
        html: mail.html,
        code: content.code.clone(),
        link: content.link.clone(),
        state: Settled::Delivered.as_str().to_owned(),
        at: now,
    })
}
