//! Telling applications: an announcement becomes one message for each event and address, and each of those is a call.

use domain::application::webhook::deliveries;
use domain::delivery::{Tried, Trouble};
use domain::ids::{ApplicationId, WebhookId};
use messaging::SendFailure;
use store::delivery::{Event, Happened};
use store::{Claimed, Statement, StoreError, Surroundings as _};

use super::Worker;
use super::transport::{Handed, count_try};

/// How calls are named where providers are.
pub(super) const NAME: &str = "webhook";

/// The messages an announcement comes to, as statements; `None` when it is none of ours.
pub(super) async fn spread(
    worker: &Worker,
    message: &Claimed,
    application: ApplicationId,
    announced: &[u8],
) -> Result<Option<Vec<Statement>>, StoreError> {
    let world = &worker.app.world;
    let now = world.now();
    let webhooks = worker.app.db.webhooks_of(application).await?;
    let expires_at = message.course.expires_at.unwrap_or(now);
    let made = deliveries(announced, &webhooks, expires_at, now, world.keys(), world.rng().as_mut());
    let request = message.request_id.as_deref();
    Ok(made.map(|made| made.iter().map(|one| store::webhook::deliver(one, request, now)).collect()))
}

/// Calls an address. `Err` when it cannot be: it is gone, or cannot be read.
pub(super) async fn call(
    worker: &Worker,
    message: &Claimed,
    webhook: WebhookId,
    body: &[u8],
) -> Result<Handed, (Trouble, String)> {
    let app = &worker.app;
    let found = match app.db.webhook(webhook).await {
        Ok(found) => found.ok_or((Trouble::Dropped, "the address was taken away".to_owned()))?,
        Err(error) => return Ok(Handed::nothing(Tried::Failed { retry_after: None }, error.to_string())),
    };
    let target = match found.target(app.world.keys()) {
        Ok(target) => target,
        // A key may be missing on this node alone.
        Err(broken) => return Ok(Handed::nothing(Tried::Failed { retry_after: None }, broken.to_string())),
    };
    let told = app.webhooks.call(&target.url, &target.secret, message.id.uuid(), body, app.world.now()).await;
    let now = app.world.now();
    Ok(match told {
        Ok(()) => {
            count_try(message.channel, NAME, "accepted");
            Handed::taken(NAME, None, now)
        }
        Err(failure) => {
            let outcome = if matches!(failure, SendFailure::Permanent { .. }) { "refused" } else { "provider_failed" };
            count_try(message.channel, NAME, outcome);
            Handed::failed(&failure, 0, vec![Happened::new(Event::Tried, now).by(NAME).because(failure.reason())])
        }
    })
}
