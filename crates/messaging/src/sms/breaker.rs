//! When a provider is left alone: a pure state machine that is told the time.
//!
//! ```text
//!            too many failures                 the hold is over
//!   closed ───────────────────────▶ open ───────────────────────▶ half-open (one probe)
//!      ▲                             ▲                                 │       │
//!      │                             └──── the probe failed: held ─────┘       │
//!      │                                   twice as long                       │
//!      └──────────────────────────────────────────── the probe was answered ───┘
//! ```
//!
//! What counts is only whether the provider serves at all. A refusal of one number is a sign of health; else whoever asks
//! for codes to odd numbers could shut a provider for everybody.
//!
//! It lives in the memory of one process, and is closed when that starts: each node learns for itself, at the price of a
//! few slow messages, and no node can shut a provider for the others.

use domain::time::{Duration, Timestamp};

/// When a breaker opens, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Failures one after the other that open it.
    pub in_a_row: u32,
    /// The span over which the share of failures is looked at.
    pub span: Duration,
    /// Results within the span below which the share says nothing.
    pub least: u32,
    /// The share of failures within the span that opens it, in percent.
    pub share: u32,
    /// How long it stays open the first time; each probe that fails doubles it.
    pub hold: Duration,
    /// How long it stays open at most, whatever the provider asks for.
    pub longest_hold: Duration,
    /// How long a probe may be under way before another may start: it may have died with its task.
    pub probe: Duration,
}

impl Rules {
    /// What the server uses.
    pub const DEFAULT: Self = Self {
        in_a_row: 5,
        span: Duration::from_mins(1),
        least: 20,
        share: 50,
        hold: Duration::from_secs(20),
        longest_hold: Duration::from_mins(5),
        probe: Duration::from_secs(15),
    };
}

/// How long to wait for somebody else's probe before asking again.
const AFTER_PROBE: Duration = Duration::from_secs(1);

/// How a provider did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// It answered, be it with a refusal.
    Serves,
    /// It does not serve; perhaps it said for how long.
    Fails {
        /// How long it asks to be left alone.
        retry_after: Option<Duration>,
    },
}

/// Leave to try a provider once. A result that comes after the breaker has moved on is not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pass(u64);

/// The state by name, for metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Tries are let through.
    Closed,
    /// None is.
    Open,
    /// One is, to see.
    HalfOpen,
}

/// The breaker of one provider.
#[derive(Clone, Debug)]
pub struct Breaker {
    rules: Rules,
    state: State,
    /// Counts the changes of state, so that late results are known.
    turn: u64,
    hold: Duration,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Closed { since: Timestamp, fine: u32, failed: u32, in_a_row: u32 },
    Open { since: Timestamp, hold: Duration },
    Probing { since: Timestamp },
}

impl Breaker {
    /// A closed one.
    pub const fn new(rules: Rules) -> Self {
        Self { rules, state: fresh(Timestamp::EPOCH), turn: 0, hold: rules.hold }
    }

    /// Leave to try, or how long there is none.
    pub fn admit(&mut self, now: Timestamp) -> Result<Pass, Duration> {
        let wait = self.wait(now);
        if wait > Duration::ZERO {
            return Err(wait);
        }
        match self.state {
            State::Closed { .. } => {}
            State::Open { .. } | State::Probing { .. } => self.become_now(State::Probing { since: now }),
        }
        Ok(Pass(self.turn))
    }

    /// How long [`admit`](Self::admit) will say no; zero if it would say yes.
    pub fn wait(&mut self, now: Timestamp) -> Duration {
        let (since, hold) = match &mut self.state {
            State::Closed { .. } => return Duration::ZERO,
            State::Open { since, hold } => (since, *hold),
            State::Probing { since } => (since, self.rules.probe),
        };
        // A clock that was set back must not hold it longer than it would have been held.
        *since = (*since).min(now);
        let left = Duration::from_micros((hold.as_micros() - now.since(*since).as_micros()).max(0));
        // A probe is answered long before it is given up.
        if matches!(self.state, State::Probing { .. }) { left.min(AFTER_PROBE) } else { left }
    }

    /// Takes a result in.
    pub fn record(&mut self, pass: Pass, health: Health, now: Timestamp) {
        if pass.0 != self.turn {
            return;
        }
        match (self.state, health) {
            (State::Closed { .. }, Health::Serves) => self.count(true, now),
            (State::Closed { .. }, Health::Fails { retry_after: None }) => self.count(false, now),
            // Being told to wait is as good as five failures, for as long as was said.
            (State::Closed { .. }, Health::Fails { retry_after: Some(wait) }) => self.open(wait, now),
            (State::Probing { .. }, Health::Serves) => {
                self.hold = self.rules.hold;
                self.become_now(fresh(now));
            }
            (State::Probing { .. }, Health::Fails { retry_after }) => {
                self.hold = self.hold.times(2).min(self.rules.longest_hold);
                self.open(retry_after.unwrap_or(self.hold).max(self.hold), now);
            }
            // No pass is given out while it is open.
            (State::Open { .. }, _) => {}
        }
    }

    /// Its state, for metrics.
    pub const fn phase(&self) -> Phase {
        match self.state {
            State::Closed { .. } => Phase::Closed,
            State::Open { .. } => Phase::Open,
            State::Probing { .. } => Phase::HalfOpen,
        }
    }

    fn count(&mut self, serves: bool, now: Timestamp) {
        let State::Closed { since, fine, failed, in_a_row } = self.state else { return };
        let age = now.since(since);
        let over = age < Duration::ZERO || age >= self.rules.span;
        let (since, fine, failed) = if over { (now, 0, 0) } else { (since, fine, failed) };
        let (fine, failed, in_a_row) = if serves { (fine + 1, failed, 0) } else { (fine, failed + 1, in_a_row + 1) };
        let all = fine + failed;
        let mostly_fails = all >= self.rules.least && failed * 100 >= all * self.rules.share;
        if !serves && (in_a_row >= self.rules.in_a_row || mostly_fails) {
            self.open(self.hold, now);
        } else {
            self.state = State::Closed { since, fine, failed, in_a_row };
        }
    }

    fn open(&mut self, hold: Duration, now: Timestamp) {
        self.become_now(State::Open { since: now, hold: hold.min(self.rules.longest_hold) });
    }

    fn become_now(&mut self, state: State) {
        self.turn += 1;
        self.state = state;
    }
}

const fn fresh(now: Timestamp) -> State {
    State::Closed { since: now, fine: 0, failed: 0, in_a_row: 0 }
}

#[cfg(test)]
mod tests;
