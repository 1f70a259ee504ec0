//! What holds over any sequence of commands and clocks: one person, everything that was ever given out in every hand, and
//! somebody who tries everything.
//!
//! The moves are in `moves`, `play` makes them, and two look on: the guards of the world, which hold each decision to what SQL
//! would and search it for codes, and the `ledger`, which knows only what was answered and sent. They hold that
//!
//! - a code is accepted at most once, whatever its kind, and a sent one for the one thing it was sent for, from where it went;
//! - tries that were charged do not grow back;
//! - trust begins with a factor, ends 30 days after it or unused for 14, and with each event that ends it;
//! - no decision shows a code, a token, a secret or an address outside the outbox, nor is one readable there;
//! - a set-up that is not confirmed changes nothing that works;
//! - nothing changes without a fresh proof, and nothing that ended serves anybody again.

mod ledger;
mod moves;
mod play;

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use self::ledger::Ending;
use self::play::Play;
use super::{Lab, Person, Used, World, bearer, everything, rounds};

/// Sequences for one kind of clock, so many.
fn cases(what: &str) -> ProptestConfig {
    let cases = rounds(&format!("random sequences of commands, {what}"), 500, 5_000);
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// The longest sequence.
fn longest() -> usize {
    if everything() { 60 } else { 12 }
}

proptest! {
    #![proptest_config(cases("time goes forward"))]
    #[test]
    fn the_rules_hold_while_time_goes_forward(moves in moves::forward(longest()), seed: u64) {
        Play::run(&moves, seed);
    }
}

proptest! {
    #![proptest_config(cases("the clock jumps within a day"))]
    #[test]
    fn the_rules_hold_while_the_clock_jumps_back_and_forth_within_a_day(moves in moves::jumping(longest()), seed: u64) {
        Play::run(&moves, seed);
    }
}

proptest! {
    #![proptest_config(cases("the clock jumps by weeks"))]
    #[test]
    fn the_rules_hold_while_the_clock_jumps_by_weeks(moves in moves::anywhere(longest()), seed: u64) {
        Play::run(&moves, seed);
    }
}

#[test]
fn the_moves_reach_what_they_are_to_try() {
    let mut runner = TestRunner::deterministic();
    let clocks = [moves::forward(60).boxed(), moves::jumping(60).boxed(), moves::anywhere(60).boxed()];
    let (mut log, mut endings) = (BTreeSet::new(), BTreeSet::new());
    let (mut accepted, mut trusted) = ([0; 3], 0);
    for (seed, clock) in (0..120).zip(clocks.iter().cycle()) {
        let moves = clock.new_tree(&mut runner).unwrap().current();
        let play = Play::run(&moves, seed);
        log.extend(play.world.log.iter().map(|stored| stored.entry.action.as_str().to_owned()));
        log.extend(play.world.log.iter().map(|stored| stored.entry.detail.to_text()));
        endings.extend(play.ledger.endings);
        accepted.iter_mut().zip(play.ledger.accepted).for_each(|(sum, count)| *sum += count);
        trusted += play.ledger.trusted;
    }
    assert!(accepted.iter().all(|count| *count > 9), "{accepted:?} by authenticator, sent code and recovery code");
    assert!(trusted > 9, "a device stood for a factor {trusted} times");
    assert_eq!(endings.len(), Ending::COUNT, "{endings:?}");
    let rare = ["account_locked", "account_unlocked", "refresh_token_reused", "trusted_device_stolen", "clock_skew"];
    let reasons = ["replayed", "expired", "idle", "answer_lost", "send_cooldown", "step_up_required"];
    let missing: Vec<&str> = rare.into_iter().chain(reasons).filter(|word| !log.contains(*word)).collect();
    assert!(missing.is_empty(), "never seen: {missing:?}, only {log:?}");
}
