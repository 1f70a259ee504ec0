//! Breakers with given results at given times.

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
