//! Jobs that come round: of all nodes one begins each, when it is due, and catches up what was missed.

use std::time::Duration;

use domain::schedule::{Job, Schedule};
use domain::time::{Duration as Span, Timestamp};
use store::{StoreError, Surroundings as _, Swept};
use tokio::time::Instant;

use super::Worker;
use crate::app::App;

/// How often it is looked whether a job is due.
const LOOK: Duration = Duration::from_secs(30);
/// How often the database is tidied.
const SWEEP: Span = Span::from_mins(10);
/// How often what was added to the audit log is signed.
const SIGN: Span = Span::from_mins(10);
/// How often hours that are over are looked for, to be summed.
const SUM: Span = Span::from_mins(10);
/// How long a job is one node's. No job takes half as long.
const LEASE: Span = Span::from_mins(2);
/// How far the clock may stray between two looks from the time that has really passed.
const STRAY: Span = Span::from_hours(1);

/// When a job comes round; trusted devices are cleaned up so long after midnight.
pub const fn schedule(job: Job, cleanup_at: Span) -> Schedule {
    match job {
        Job::CleanupExpiredTrustedDevices | Job::CutAuditLog => Schedule::Daily(cleanup_at),
        Job::Sweep => Schedule::Every(SWEEP),
        Job::SignAuditLog => Schedule::Every(SIGN),
        Job::SumFigures => Schedule::Every(SUM),
    }
}

/// What whoever runs a job says beside its name.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked {
    /// A clock that nobody can vouch for is to be believed.
    pub clock_is_right: bool,
    /// Entries of the audit log are to be looked for however old they say that they are.
    pub everything: bool,
}

/// Does a job, once, whatever the schedule says.
async fn perform(app: &App, job: Job, now: Timestamp, asked: Asked) -> Result<Swept, StoreError> {
    let Asked { clock_is_right, everything } = asked;
    match job {
        Job::CleanupExpiredTrustedDevices => app.db.cleanup_expired_trusted_devices(now, clock_is_right).await,
        Job::Sweep => app.db.sweep(now, clock_is_right).await,
        Job::SignAuditLog => app.db.make_checkpoints(now, app.world.keys(), everything).await.map(Swept::Rows),
        Job::SumFigures => app.db.sum_figures(now).await.map(Swept::Rows),
        Job::CutAuditLog => match app.world.policy().audit_retention {
            None => Ok(Swept::Rows(0)),
            Some(kept) => app.db.cut_audit_log(now - kept, now, app.world.keys(), clock_is_right).await,
        },
    }
}

/// Begins a job unless somebody else is at it, does it, and writes down how it ended; `None` if it was not begun.
pub async fn run(
    app: &App,
    job: Job,
    asked: Asked,
    is_due: impl Fn(Option<Timestamp>) -> bool + Send + 'static,
) -> Result<Option<Swept>, StoreError> {
    let started = app.world.now();
    if !app.db.begin_job(job, started, LEASE, is_due).await? {
        return Ok(None);
    }
    let done = perform(app, job, started, asked).await;
    let (outcome, failure) = match &done {
        Ok(Swept::Rows(_)) => ("done", None),
        Ok(Swept::ClockDoubted) => {
            ("clock_doubted", Some("the clock is not believed: nobody did anything within a day".into()))
        }
        Err(error) => ("failed", Some(error.to_string())),
    };
    metrics::counter!("job_runs_total", "job" => job.as_str(), "outcome" => outcome).increment(1);
    app.db.finish_job(job, started, app.world.now(), failure).await?;
    done.map(Some)
}

/// The rounds of one process.
#[derive(Default)]
pub(super) struct Rounds {
    looked: Option<Instant>,
}

impl Rounds {
    /// Begins what is due.
    pub(super) async fn go(&mut self, worker: &Worker) {
        if self.looked.is_some_and(|at| at.elapsed() < LOOK) {
            return;
        }
        self.looked = Some(Instant::now());
        let (app, now) = (&worker.app, worker.app.world.now());
        if !worker.believes(now) {
            tracing::error!(
                clock = %now,
                "the clock jumped: nothing is deleted until it is right again, or until a restart says that it is right"
            );
            return;
        }
        for job in Job::ALL {
            let schedule = schedule(job, worker.cleanup_at);
            match run(app, job, Asked::default(), move |last| schedule.is_due(last, now)).await {
                Ok(None) => {}
                Ok(Some(Swept::Rows(rows))) => tracing::debug!(job = job.as_str(), rows, "a job is done"),
                Ok(Some(Swept::ClockDoubted)) => {
                    tracing::debug!(job = job.as_str(), "nobody did anything within a day: nothing was deleted");
                }
                Err(error) => tracing::warn!(job = job.as_str(), %error, "a job did not come to a good end"),
            }
        }
    }
}

/// Watches the clock by one that nobody sets. A sweep deletes by the clock: once it jumped, rows that live would look dead.
pub(super) struct Watch {
    at: Instant,
    clock: Timestamp,
}

impl Watch {
    /// Begins by believing the clock.
    pub(super) fn new(clock: Timestamp) -> Self {
        Self { at: Instant::now(), clock }
    }

    /// Whether the clock moved as far as time has passed since it was last believed. Then it is believed anew; else not
    /// until it comes back.
    pub(super) fn believes(&mut self, at: Instant, clock: Timestamp) -> bool {
        let passed = i64::try_from(at.duration_since(self.at).as_micros()).unwrap_or(i64::MAX);
        let strayed = clock.since(self.clock).as_micros().saturating_sub(passed);
        let believed = strayed.unsigned_abs() <= STRAY.as_micros().unsigned_abs();
        if believed {
            *self = Self { at, clock };
        }
        believed
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
