//! Which provider is tried next, and what all tries together mean: pure, told the results and the time.
//!
//! A [`Course`] is the way of one message along the ordered list. Each provider is asked once at most. The course ends when one
//! has taken the message, when one says that nobody will reach the number, when two answers were lost (a third try could
//! make a second duplicate), or when the list is at its end.

use std::fmt;

use domain::time::{Duration, Timestamp};

use super::TryFailure;
use super::breaker::{Breaker, Health, Pass};
use crate::receipt::{Receipt, SendFailure};

/// Answers that may be lost before no further provider is asked: one more sending than was wanted, and no second one.
const MOST_LOST: usize = 2;

/// A provider took the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Which one.
    pub provider: &'static str,
    /// What it said.
    pub receipt: Receipt,
}

/// What came of one provider of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TryResult {
    /// It took the message.
    Accepted {
        /// What it calls it.
        provider_id: Option<String>,
    },
    /// It did not, or nobody knows.
    Failed(TryFailure),
    /// It was not asked, because its breaker is open.
    Skipped {
        /// How long it will not be asked.
        wait: Duration,
    },
}

/// One line of the timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Try {
    /// Which provider.
    pub provider: &'static str,
    /// When it was asked.
    pub at: Timestamp,
    /// How long it took, by the clock given.
    pub took: Duration,
    /// What came of it.
    pub result: TryResult,
}

impl Try {
    /// Its outcome by name, for metrics and timelines.
    pub const fn outcome(&self) -> &'static str {
        match &self.result {
            TryResult::Accepted { .. } => "accepted",
            TryResult::Failed(failure) => failure.kind(),
            TryResult::Skipped { .. } => "skipped",
        }
    }

    /// Why it was not taken; nothing where it was.
    pub fn reason(&self) -> &str {
        match &self.result {
            TryResult::Accepted { .. } => "",
            TryResult::Failed(failure) => failure.reason(),
            TryResult::Skipped { .. } => "left alone after failures",
        }
    }
}

/// What came of a message, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Who took it, or what the worker may do next.
    pub result: Result<Accepted, SendFailure>,
    /// Every provider of the list that was asked or left out, in order.
    pub tries: Vec<Try>,
}

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Ask the provider at this place of the list.
    Ask(usize, Pass),
    /// There is nothing more to do.
    Done,
}

/// The way of one message along the list.
#[derive(Debug, Default)]
pub struct Course {
    next: usize,
    tries: Vec<Try>,
}

impl Course {
    /// At the beginning of the list.
    pub const fn new() -> Self {
        Self { next: 0, tries: Vec::new() }
    }

    /// The next provider that may be asked. `names` is the list, `breaker` gives what belongs to a place of it.
    pub fn step(
        &mut self,
        names: &[&'static str],
        mut admit: impl FnMut(usize) -> Result<Pass, Duration>,
        now: Timestamp,
    ) -> Step {
        if self.is_over() {
            return Step::Done;
        }
        while let Some(provider) = names.get(self.next).copied() {
            let place = self.next;
            self.next += 1;
            match admit(place) {
                Ok(pass) => return Step::Ask(place, pass),
                Err(wait) => self.note(provider, now, now, TryResult::Skipped { wait }),
            }
        }
        Step::Done
    }

    /// Takes in what the provider said that was asked at `at`, and tells its breaker.
    pub fn take(
        &mut self,
        provider: &'static str,
        answer: Result<Receipt, TryFailure>,
        at: Timestamp,
        now: Timestamp,
        (breaker, pass): (&mut Breaker, Pass),
    ) {
        breaker.record(pass, health(&answer), now);
        let result = match answer {
            Ok(Receipt { provider_id }) => TryResult::Accepted { provider_id },
            Err(failure) => TryResult::Failed(failure),
        };
        self.note(provider, at, now, result);
    }

    /// What it all means.
    pub fn end(self) -> Outcome {
        Outcome { result: verdict(&self.tries), tries: self.tries }
    }

    fn note(&mut self, provider: &'static str, at: Timestamp, now: Timestamp, result: TryResult) {
        self.tries.push(Try { provider, at, took: now.since(at).max(Duration::ZERO), result });
    }

    fn is_over(&self) -> bool {
        let ends = |result: &TryResult| {
            matches!(result, TryResult::Accepted { .. } | TryResult::Failed(TryFailure::Number { .. }))
        };
        let lost = |result: &TryResult| matches!(result, TryResult::Failed(TryFailure::Lost { .. }));
        self.tries.last().is_some_and(|last| ends(&last.result))
            || self.tries.iter().filter(|one| lost(&one.result)).count() >= MOST_LOST
    }
}

/// Whether the provider serves, whatever it said about this number.
fn health(answer: &Result<Receipt, TryFailure>) -> Health {
    match answer {
        Ok(_) | Err(TryFailure::Number { .. } | TryFailure::Route { .. }) => Health::Serves,
        Err(TryFailure::Provider { retry_after, .. }) => {
            Health::Fails { retry_after: retry_after.map(|wait| Duration::from_micros(micros(wait))) }
        }
        Err(TryFailure::Lost { .. }) => Health::Fails { retry_after: None },
    }
}

/// Accepted, if anybody took it. Else final, if one said that nobody will reach the number, or all asked said that they do
/// not and none was left out or failing. Else unknown, if any answer was lost. Else passing.
fn verdict(tries: &[Try]) -> Result<Accepted, SendFailure> {
    let mut lost = None;
    let mut passing = None;
    let mut route = None;
    let mut wait: Option<std::time::Duration> = None;
    for one in tries {
        match &one.result {
            TryResult::Accepted { provider_id } => {
                let receipt = Receipt { provider_id: provider_id.clone() };
                return Ok(Accepted { provider: one.provider, receipt });
            }
            TryResult::Failed(TryFailure::Number { .. }) => return Err(SendFailure::permanent(said(one))),
            TryResult::Failed(TryFailure::Route { .. }) => route = Some(one),
            TryResult::Failed(TryFailure::Lost { .. }) => lost = Some(one),
            TryResult::Failed(TryFailure::Provider { retry_after, .. }) => {
                passing = Some(one);
                wait = sooner(wait, *retry_after);
            }
            TryResult::Skipped { wait: left } => {
                passing = Some(one);
                let left = u64::try_from(left.as_micros()).unwrap_or_default();
                wait = sooner(wait, Some(std::time::Duration::from_micros(left)));
            }
        }
    }
    Err(match (lost, passing, route) {
        (Some(one), _, _) => SendFailure::unknown(said(one)),
        (None, Some(one), _) => SendFailure::Passing { reason: said(one), retry_after: wait },
        (None, None, Some(one)) => SendFailure::permanent(said(one)),
        (None, None, None) => SendFailure::passing("no provider of text messages is configured"),
    })
}

fn said(one: &Try) -> String {
    format!("{}: {}", one.provider, one.reason())
}

fn sooner(one: Option<std::time::Duration>, other: Option<std::time::Duration>) -> Option<std::time::Duration> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

fn micros(wait: std::time::Duration) -> i64 {
    i64::try_from(wait.as_micros()).unwrap_or(i64::MAX)
}

impl fmt::Display for Try {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.provider, self.outcome())?;
        match self.reason() {
            "" => Ok(()),
            reason => write!(f, " ({reason})"),
        }
    }
}

#[cfg(test)]
mod tests;
