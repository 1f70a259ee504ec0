//! The worker: sends what the outbox holds, outside any transaction, and tidies up now and then.
//!
//! It wakes at once when a command of this process leaves a message, and by a timer for what others left. Any number of
//! workers may run: a message is leased to one of them at a time. Each channel has a queue of its own.

mod deliver;
mod queue;
pub mod schedule;
mod transport;
mod webhook;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::message::Channel;
use domain::time::{Duration as Span, Timestamp};
use store::Surroundings as _;
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::app::App;

use schedule::{Rounds, Watch};
pub use transport::{REPORTS, Transports};

/// How often the work that is not sending is looked at.
const TICK: Duration = Duration::from_secs(1);
/// How often recovery codes are looked for that were kept long enough.
const WIPE: Duration = Duration::from_secs(15);
/// How often the backlog is measured.
const MEASURE: Duration = Duration::from_secs(15);
/// No message waits longer than this for its next try, unless a wrong clock put it off.
const LONGEST_WAIT: Span = Span::from_hours(1);

/// What a worker works with.
pub struct Worker {
    app: App,
    transports: Transports,
    /// When trusted devices are cleaned up: so long after midnight, UTC.
    cleanup_at: Span,
    watch: Mutex<Watch>,
    /// Whether others may have been told that text messages do not go out. A worker that was here before may have.
    outage_told: AtomicBool,
}

impl Worker {
    /// A worker of this application.
    pub fn new(app: App, transports: Transports, cleanup_at: Span) -> Arc<Self> {
        let watch = Mutex::new(Watch::new(app.world.now()));
        Arc::new(Self { app, transports, cleanup_at, watch, outage_told: AtomicBool::new(true) })
    }

    /// Whether the clock moved as far as time has passed; else nothing may be thrown away by it.
    fn believes(&self, now: Timestamp) -> bool {
        self.watch.lock().unwrap_or_else(PoisonError::into_inner).believes(Instant::now(), now)
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
        match self.app.db.sms_alarms(now).await {
            Ok(alarms) => {
                for (kind, count) in alarms {
                    metrics::gauge!("sms_limits_reached", "kind" => kind).set(f64::from(count));
                }
            }
            Err(error) => tracing::warn!(%error, "limits of text messages could not be looked through"),
        }
        let backlog = match self.app.db.backlog().await {
            Ok(backlog) => backlog,
            Err(error) => return tracing::warn!(%error, "the backlog could not be measured"),
        };
        for channel in [Channel::Email, Channel::Sms, Channel::Webhook] {
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
    let queues = [drain(Channel::Email), drain(Channel::Sms), drain(Channel::Webhook)];
    keep_house(&worker, &shutdown).await;
    for queue in queues {
        if let Err(error) = queue.await {
            tracing::error!(%error, "a queue did not come to its end");
        }
    }
}

/// Where this process sends nothing: learns from those that do whether text messages go out. Until `shutdown`.
pub async fn listen_for_outages(app: App, shutdown: CancellationToken) {
    let mut tick = interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while shutdown.run_until_cancelled(tick.tick()).await.is_some() {
        match app.db.outage(Channel::Sms, app.world.now()).await {
            Ok(until) => app.world.sms_is_away(until),
            Err(error) => tracing::debug!(%error, "it is not known whether text messages go out"),
        }
    }
}

async fn keep_house(worker: &Worker, shutdown: &CancellationToken) {
    let app = &worker.app;
    let mut tick = interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut wiped, mut measured) = (Instant::now(), None);
    let mut rounds = Rounds::default();
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
            if let Err(error) = app.db.blank_kept_answers(app.world.now()).await {
                tracing::warn!(%error, "answers that were kept could not be blanked");
            }
        }
        rounds.go(worker).await;
    }
}

#[cfg(test)]
mod tests;
