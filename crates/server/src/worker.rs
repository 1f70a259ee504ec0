//! The worker: sends what the outbox holds, outside any transaction, and tidies up now and then.
//!
//! It wakes at once when a command of this process leaves a message, and by a timer for what others left. Any number of
//! workers may run: a message is leased to one of them at a time. Each channel has a queue of its own.

mod deliver;
mod queue;
mod transport;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use domain::message::Channel;
use domain::time::{Duration as Span, Timestamp};
use store::Surroundings as _;
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::app::App;

pub use transport::{REPORTS, Transports};

/// How often the work that is not sending is looked at.
const TICK: Duration = Duration::from_secs(1);
/// How often the database is tidied.
const SWEEP: Duration = Duration::from_mins(10);
/// How often recovery codes are looked for that were kept long enough.
const WIPE: Duration = Duration::from_secs(15);
/// How often the backlog is measured.
const MEASURE: Duration = Duration::from_secs(15);
/// How far the clock may stray between two sweeps from the time that has really passed.
const STRAY: Span = Span::from_hours(1);
/// No message waits longer than this for its next try, unless a wrong clock put it off.
const LONGEST_WAIT: Span = Span::from_hours(1);

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

/// What a worker works with.
pub struct Worker {
    app: App,
    transports: Transports,
    /// Whether others may have been told that text messages do not go out. A worker that was here before may have.
    outage_told: AtomicBool,
}

impl Worker {
    /// A worker of this application.
    pub fn new(app: App, transports: Transports) -> Arc<Self> {
        Arc::new(Self { app, transports, outage_told: AtomicBool::new(true) })
    }

    /// A message went out: so does the next.
    async fn goes_out(&self, channel: Channel, now: Timestamp) {
        if channel == Channel::Sms && self.transports.sms_wait(now).is_none() {
            self.app.world.sms_is_away(None);
            if self.outage_told.swap(false, Ordering::SeqCst) {
                self.tell_outage(None, now).await;
            }
        }
    }

    /// A message did not go out. When no provider can even be tried, whoever asks for a code is told so at once.
    async fn does_not_go_out(&self, channel: Channel, now: Timestamp) {
        if channel == Channel::Sms
            && let Some(wait) = self.transports.sms_wait(now)
        {
            tracing::error!(seconds = wait.as_secs_ceil(), "no provider of text messages can be reached");
            self.app.world.sms_is_away(Some(now + wait));
            self.outage_told.store(true, Ordering::SeqCst);
            self.tell_outage(Some(wait), now).await;
        }
    }

    /// For nodes that send nothing themselves.
    async fn tell_outage(&self, wait: Option<Span>, now: Timestamp) {
        if let Err(error) = self.app.db.report_outage(Channel::Sms, wait, now).await {
            tracing::warn!(%error, "other nodes could not be told how sending goes");
        }
    }

    /// What operators watch: how much waits, how long it has, and who is left alone.
    async fn measure(&self, now: Timestamp) {
        for (provider, left_alone) in self.transports.providers() {
            metrics::gauge!("sms_provider_left_alone", "provider" => provider).set(if left_alone { 1.0 } else { 0.0 });
        }
        match self.app.db.recall_messages(now, LONGEST_WAIT).await {
            Ok(0) => {}
            Ok(recalled) => tracing::warn!(recalled, "messages that a wrong clock had put off were brought back"),
            Err(error) => tracing::warn!(%error, "messages could not be looked through"),
        }
        let backlog = match self.app.db.backlog().await {
            Ok(backlog) => backlog,
            Err(error) => return tracing::warn!(%error, "the backlog could not be measured"),
        };
        for channel in [Channel::Email, Channel::Sms] {
            let of = backlog.iter().find(|backlog| backlog.channel == channel);
            let oldest = of.map_or(0.0, |of| transport::seconds(now.since(of.oldest)));
            let depth = of.map_or(0, |of| of.depth);
            metrics::gauge!("outbox_depth", "channel" => channel.as_str()).set(f64::from(depth));
            metrics::gauge!("outbox_oldest_seconds", "channel" => channel.as_str()).set(oldest);
        }
    }
}

/// Works until `shutdown`, and finishes what it began.
pub async fn work(worker: Arc<Worker>, shutdown: CancellationToken) {
    let drain = |channel| tokio::spawn(queue::drain(Arc::clone(&worker), channel, shutdown.clone()));
    let queues = [drain(Channel::Email), drain(Channel::Sms)];
    keep_house(&worker, &shutdown).await;
    for queue in queues {
        if let Err(error) = queue.await {
            tracing::error!(%error, "a queue did not come to its end");
        }
    }
}

async fn keep_house(worker: &Worker, shutdown: &CancellationToken) {
    let app = &worker.app;
    let mut tick = interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut swept = Instant::now();
    let mut wiped = swept;
    let mut measured = None;
    let mut watch = Watch { at: swept, clock: app.world.now() };
    while shutdown.run_until_cancelled(tick.tick()).await.is_some() {
        if measured.is_none_or(|at: Instant| at.elapsed() > MEASURE) {
            measured = Some(Instant::now());
            worker.measure(app.world.now()).await;
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
