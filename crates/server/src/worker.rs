//! The worker: sends what the outbox holds, outside any transaction, and tidies up now and then.
//!
//! It wakes at once when a command of this process leaves a message, and by a timer for what others left. Any number of
//! workers may run: a message is leased to one of them at a time.

mod deliver;

use std::time::Duration;

use domain::time::{Duration as Span, Timestamp};
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
/// How far the clock may stray between two sweeps from the time that has really passed.
const STRAY: Span = Span::from_hours(1);

/// Watches the clock by one that nobody sets. A sweep deletes by the clock: once it jumped, rows that live would look dead.
struct Watch {
    at: Instant,
    clock: Timestamp,
}

impl Watch {
    /// Whether the clock moved as far as time has passed since it was last believed. Then it is believed anew; else not
    /// until it comes back.
    fn believes(&mut self, at: Instant, clock: Timestamp) -> bool {
        let passed = i64::try_from(at.duration_since(self.at).as_micros()).unwrap_or(i64::MAX);
        let strayed = clock.since(self.clock).as_micros().saturating_sub(passed);
        let believed = strayed.unsigned_abs() <= STRAY.as_micros().unsigned_abs();
        if believed {
            *self = Self { at, clock };
        }
        believed
    }
}

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
    let mut watch = Watch { at: swept, clock: app.world.now() };
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
            let now = app.world.now();
            if !watch.believes(swept, now) {
                tracing::error!(
                    clock = %now,
                    "the clock jumped: nothing is deleted until it is right again, or until a restart says that it is right"
                );
            } else if let Err(error) = app.db.sweep(now).await {
                tracing::warn!(%error, "the database could not be tidied");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_jumps_is_not_believed_until_it_comes_back() {
        let (at, clock) = (Instant::now(), Timestamp::from_secs(1_800_000_000));
        let mut watch = Watch { at, clock };
        let mut after = |minutes: u64, clock_moved: i64| {
            watch.believes(at + Duration::from_mins(minutes), clock + Span::from_mins(clock_moved))
        };
        assert!(after(10, 10));
        assert!(after(20, 25), "a little is no jump");
        assert!(!after(30, 60 * 24 * 3650));
        assert!(!after(40, 60 * 24 * 3650 + 10), "not even when it goes on evenly from there");
        assert!(after(50, 50), "it came back");
        assert!(!after(60, -120), "nor back");
        assert!(after(70, 69));
    }
}
