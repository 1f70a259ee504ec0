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
mod tests {
    use super::*;

    const FAILS: Health = Health::Fails { retry_after: None };

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_secs(1_800_000_000 + secs)
    }

    fn breaker() -> Breaker {
        Breaker::new(Rules::DEFAULT)
    }

    fn result(breaker: &mut Breaker, health: Health, now: Timestamp) {
        let pass = breaker.admit(now).unwrap();
        breaker.record(pass, health, now);
    }

    fn opened_at(now: Timestamp) -> Breaker {
        let mut breaker = breaker();
        for _ in 0..5 {
            result(&mut breaker, FAILS, now);
        }
        assert_eq!(breaker.phase(), Phase::Open);
        breaker
    }

    #[test]
    fn five_failures_in_a_row_open_it_and_four_do_not() {
        let mut breaker = breaker();
        for turn in 0..40 {
            // Four of five: below the share too, for each fifth comes a minute later.
            let health = if turn % 5 == 4 { Health::Serves } else { FAILS };
            result(&mut breaker, health, at(turn * 13));
        }
        assert_eq!(breaker.phase(), Phase::Closed);
        for second in 0..5 {
            result(&mut breaker, FAILS, at(1000 + second));
        }
        assert_eq!(breaker.admit(at(1004)), Err(Duration::from_secs(20)));
    }

    #[test]
    fn half_of_twenty_within_a_minute_open_it_though_none_come_in_a_row() {
        let mut breaker = breaker();
        for turn in 0..19 {
            result(&mut breaker, if turn % 2 == 0 { Health::Serves } else { FAILS }, at(turn));
        }
        assert_eq!(breaker.phase(), Phase::Closed, "nineteen results say nothing");
        result(&mut breaker, FAILS, at(20));
        assert_eq!(breaker.phase(), Phase::Open);

        let mut slow = self::breaker();
        for turn in 0..200 {
            result(&mut slow, if turn % 2 == 0 { Health::Serves } else { FAILS }, at(turn * 4));
        }
        assert_eq!(slow.phase(), Phase::Closed, "fewer than twenty in any minute");
    }

    #[test]
    fn after_the_hold_one_probe_is_let_through_and_closes_it() {
        let mut breaker = opened_at(at(0));
        assert_eq!(breaker.admit(at(19)), Err(Duration::from_secs(1)));
        let probe = breaker.admit(at(20)).unwrap();
        assert_eq!(breaker.phase(), Phase::HalfOpen);
        assert_eq!(breaker.admit(at(20)), Err(Duration::from_secs(1)), "one probe at a time");
        breaker.record(probe, Health::Serves, at(21));
        assert_eq!(breaker.phase(), Phase::Closed);
        result(&mut breaker, FAILS, at(22));
        assert_eq!(breaker.phase(), Phase::Closed, "it begins anew");
    }

    #[test]
    fn each_probe_that_fails_doubles_the_hold_up_to_five_minutes() {
        let mut breaker = opened_at(at(0));
        let mut now = at(20);
        for hold in [40, 80, 160, 300, 300] {
            result(&mut breaker, FAILS, now);
            assert_eq!(breaker.admit(now), Err(Duration::from_secs(hold)));
            now = now + Duration::from_secs(hold);
        }
        result(&mut breaker, Health::Serves, now);
        for _ in 0..5 {
            result(&mut breaker, FAILS, now);
        }
        assert_eq!(breaker.admit(now), Err(Duration::from_secs(20)), "and after recovery it is short again");
    }

    #[test]
    fn a_provider_that_asks_to_be_left_alone_is_but_not_for_longer_than_five_minutes() {
        for (asked, held) in [(60, 60), (1, 1), (3600, 300)] {
            let mut breaker = breaker();
            result(&mut breaker, Health::Fails { retry_after: Some(Duration::from_secs(asked)) }, at(0));
            assert_eq!(breaker.admit(at(0)), Err(Duration::from_secs(held)));
        }
    }

    #[test]
    fn a_probe_that_never_came_back_is_followed_by_another_and_counts_no_more() {
        let mut breaker = opened_at(at(0));
        let lost = breaker.admit(at(20)).unwrap();
        assert!(breaker.admit(at(34)).is_err());
        let second = breaker.admit(at(35)).unwrap();
        breaker.record(lost, FAILS, at(36));
        assert_eq!(breaker.phase(), Phase::HalfOpen, "the late result of the first says nothing");
        breaker.record(second, Health::Serves, at(36));
        assert_eq!(breaker.phase(), Phase::Closed);
    }

    #[test]
    fn results_of_tries_from_before_it_opened_neither_close_nor_extend_it() {
        let mut breaker = breaker();
        let passes: Vec<_> = (0..7).map(|_| breaker.admit(at(0)).unwrap()).collect();
        for pass in &passes[..5] {
            breaker.record(*pass, FAILS, at(4));
        }
        breaker.record(passes[5], Health::Serves, at(5));
        breaker.record(passes[6], FAILS, at(10));
        assert_eq!(breaker.admit(at(10)), Err(Duration::from_secs(14)));
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_hold_it_longer() {
        let mut breaker = opened_at(at(0));
        assert_eq!(breaker.admit(at(-86_400)), Err(Duration::from_secs(20)));
        assert!(breaker.admit(at(-86_400 + 20)).is_ok());
    }
}
