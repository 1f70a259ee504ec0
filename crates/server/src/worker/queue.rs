//! The queue of one channel: as many messages are claimed as can be sent at once, and each is sent by a task of its own.
//!
//! The channels know nothing of each other: a provider that hangs fills its own slots and keeps no mail waiting.

use std::sync::Arc;
use std::time::Duration;

use domain::message::Channel;
use store::Surroundings as _;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Worker;
use super::deliver::{LEASE, deliver};

/// How often messages of other nodes, of lost leases, and at the end of their waiting are looked for.
const TICK: Duration = Duration::from_secs(1);
/// How long a stop waits for what is being sent.
const FAREWELL: Duration = Duration::from_secs(20);
/// Messages claimed at a time.
const CLAIM: u32 = 16;

/// Sends what comes by a channel until `shutdown`, and finishes what it began.
pub(super) async fn drain(worker: Arc<Worker>, channel: Channel, shutdown: CancellationToken) {
    let slots = Arc::new(Semaphore::new(worker.transports.slots(channel)));
    let finished = Arc::new(Notify::new());
    let under_way = TaskTracker::new();
    let mut messages = worker.app.db.messages();
    let mut tick = interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while !shutdown.is_cancelled() {
        tokio::select! {
            () = shutdown.cancelled() => break,
            _ = tick.tick() => {}
            Ok(()) = messages.changed() => {}
            () = finished.notified() => {}
        }
        messages.mark_unchanged();
        while !shutdown.is_cancelled() && claim(&worker, channel, &slots, &finished, &under_way, &shutdown).await {}
    }
    under_way.close();
    if tokio::time::timeout(FAREWELL, under_way.wait()).await.is_err() {
        tracing::warn!(channel = channel.as_str(), "what was still being sent is left to the next worker");
    }
}

/// Claims what there is room for. Whether there may be more.
async fn claim(
    worker: &Arc<Worker>,
    channel: Channel,
    slots: &Arc<Semaphore>,
    finished: &Arc<Notify>,
    under_way: &TaskTracker,
    shutdown: &CancellationToken,
) -> bool {
    // Nothing is claimed that would wait here: its lease would run while nobody sends it.
    let Some(mut free) = room(slots, shutdown).await else { return false };
    let asked = u32::try_from(free.len()).unwrap_or(CLAIM);
    let claimed = worker.app.db.claim_messages(channel, worker.app.world.now(), LEASE, asked).await;
    let messages = match claimed {
        Ok(messages) => messages,
        Err(error) => {
            tracing::warn!(%error, channel = channel.as_str(), "no messages could be claimed");
            return false;
        }
    };
    let full = messages.len() == free.len();
    for message in messages {
        let (worker, slot, finished) = (Arc::clone(worker), free.pop(), Arc::clone(finished));
        under_way.spawn(async move {
            deliver(&worker, message).await;
            drop(slot);
            // An application that had its share has room again, whatever slots are free.
            if channel == Channel::Webhook {
                finished.notify_one();
            }
        });
    }
    full
}

/// Free slots, at least one and as many as are claimed at a time; `None` when it is time to stop.
async fn room(slots: &Arc<Semaphore>, shutdown: &CancellationToken) -> Option<Vec<OwnedSemaphorePermit>> {
    let first = tokio::select! {
        () = shutdown.cancelled() => return None,
        slot = Arc::clone(slots).acquire_owned() => slot.ok()?,
    };
    let mut free = vec![first];
    while free.len() < CLAIM as usize
        && let Ok(slot) = Arc::clone(slots).try_acquire_owned()
    {
        free.push(slot);
    }
    Some(free)
}
