//! The worker: sends what the outbox holds, outside any transaction, and tidies up now and then.
//!
//! It wakes at once when a command of this process leaves a message, and by a timer for what others left. Any number of
//! workers may run: a message is leased to one of them at a time.

mod deliver;

use std::time::Duration;

use messaging::Renderer;
use store::Surroundings;
use tokio::time::{Instant, interval};
use tokio_util::sync::CancellationToken;

use crate::app::App;

/// How often messages of other nodes and of lost leases are looked for.
const TICK: Duration = Duration::from_secs(1);
/// How often the database is tidied.
const SWEEP: Duration = Duration::from_mins(10);

/// How often recovery codes are looked for that were kept long enough.
const WIPE: Duration = Duration::from_secs(15);

/// Where messages go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Into the development mailbox.
    Mailbox,
    /// Nowhere: this version has no mail transport for production. Messages wait for their end.
    None,
}

/// Works until `shutdown`, and finishes what it began.
pub async fn work(app: App, renderer: Renderer, transport: Transport, shutdown: CancellationToken) {
    let mut messages = app.db.messages();
    let mut tick = interval(TICK);
    let mut swept = Instant::now();
    let mut wiped = Instant::now();
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            _ = tick.tick() => {}
            Ok(()) = messages.changed() => {}
        }
        messages.mark_unchanged();
        if transport == Transport::Mailbox {
            while deliver::deliver_some(&app, &renderer).await && !shutdown.is_cancelled() {}
        }
        if wiped.elapsed() > WIPE {
            wiped = Instant::now();
            if let Err(error) = app.db.wipe_kept_recovery_codes(app.world.now()).await {
                tracing::warn!(%error, "recovery codes that were kept could not be wiped");
            }
        }
        if swept.elapsed() > SWEEP {
            swept = Instant::now();
            if let Err(error) = app.db.sweep(app.world.now()).await {
                tracing::warn!(%error, "the database could not be tidied");
            }
        }
    }
}
