//! A code is right once, whatever the clock does.

use super::*;
use crate::totp::Step;

fn refused(world: &mut World, person: &Person, steps: i64) -> Option<CodeHint> {
    let token = world.challenge();
    let code = world.lab.code(&person.secrets[0], steps);
    match world.verify(&token, code) {
        Err(Refusal::CodeIncorrect { hint, .. }) => hint,
        other => panic!("step {steps:+}: {other:?}"),
    }
}

fn accepted(world: &mut World, person: &Person, steps: i64) {
    let token = world.challenge();
    let code = world.lab.code(&person.secrets[0], steps);
    world.verify(&token, code).unwrap();
}

#[test]
fn a_used_code_is_refused_and_says_so() {
    let (mut world, person, _) = challenged();
    accepted(&mut world, &person, 0);
    assert_eq!(refused(&mut world, &person, 0), Some(CodeHint::AlreadyUsed));
    let replayed = world.log.last().unwrap();
    assert_eq!(replayed.entry.detail.to_text(), "replayed");
}

#[test]
fn steps_only_move_forward() {
    let (mut world, person, _) = challenged();
    accepted(&mut world, &person, 1);
    for earlier in [1, 0, -1] {
        assert_eq!(refused(&mut world, &person, earlier), Some(CodeHint::AlreadyUsed), "{earlier:+}");
    }
    world.lab.pass(Duration::from_secs(30));
    assert_eq!(refused(&mut world, &person, 0), Some(CodeHint::AlreadyUsed), "the same code one step later");
    accepted(&mut world, &person, 1);
}

#[test]
fn a_used_code_is_known_as_used_when_its_step_is_long_past() {
    let (mut world, person, _) = challenged();
    accepted(&mut world, &person, 0);
    world.lab.pass(Duration::from_mins(5));
    assert_eq!(refused(&mut world, &person, -10), Some(CodeHint::AlreadyUsed));
}

#[test]
fn a_used_recovery_code_is_wrong() {
    let (mut world, person, token) = challenged();
    world.verify(&token, recovery(&person, 0)).unwrap();
    let token = world.challenge();
    let again = world.verify(&token, recovery(&person, 0)).unwrap_err();
    assert_eq!(again, Refusal::CodeIncorrect { attempts_left: 4, hint: None });
}

#[test]
fn an_answered_challenge_takes_no_second_code() {
    let (mut world, person, token) = challenged();
    world.verify(&token, recovery(&person, 0)).unwrap();
    assert_eq!(world.verify(&token, recovery(&person, 1)).unwrap_err(), Refusal::AlreadyCompleted);
}

#[test]
fn a_clock_that_goes_back_brings_no_code_back() {
    let (mut world, person, _) = challenged();
    accepted(&mut world, &person, 0);
    for back in [-60, -3600, -20 * 3600] {
        world.lab.clock = crate::testing::START + Duration::from_secs(back);
        let code = world.lab.code(&person.secrets[0], 0);
        let token = world.challenge();
        assert!(world.verify(&token, code).is_err(), "{back} seconds");
        world.users.get_mut(&person.account.user.id).unwrap().settings.guesses =
            crate::throttle::GuessBudget::default();
    }
}

#[test]
fn a_mark_more_than_a_day_ahead_is_ignored_with_an_alarm() {
    let (mut world, person, _) = challenged();
    world.lab.pass(Duration::from_days(3650));
    accepted(&mut world, &person, 0);
    world.lab.pass(Duration::from_days(-3650));
    let token = world.challenge();
    let alarms = world.log.iter().filter(|stored| stored.entry.action == AuditAction::ClockSkew).count();
    assert_eq!(alarms, 1, "the sign-in found it and set the mark right");
    let code = world.lab.code(&person.secrets[0], 0);
    let refusal = world.verify(&token, code).unwrap_err();
    let dead = matches!(refusal, Refusal::CodeIncorrect { hint: Some(CodeHint::AlreadyUsed), .. });
    assert!(dead, "what was live when the clock was found wrong may have been used before: {refusal:?}");
    world.lab.pass(Duration::from_secs(60));
    let code = world.lab.code(&person.secrets[0], 0);
    world.verify(&token, code).unwrap();
    let used = world.factors[&person.factors[0].id].last_used_step;
    assert_eq!(used, Some(Step::at(world.lab.clock)), "the memory of a wrong clock shuts nobody out for ten years");
    assert_eq!(refused(&mut world, &person, 0), Some(CodeHint::AlreadyUsed));
}

#[test]
fn the_lock_of_a_clock_ten_years_ahead_lasts_a_day_at_most() {
    let (mut world, person, _) = challenged();
    world.lab.pass(Duration::from_days(3650));
    for _ in 0..2 {
        let token = world.challenge();
        for _ in 0..5 {
            assert!(world.verify(&token, TypedCode::Other).is_err());
        }
    }
    world.lab.pass(Duration::from_days(-3650));
    let mut enter = |hours| {
        world.lab.pass(Duration::from_hours(hours));
        world.log_in("ada@example.org", true, RefreshHolder::Body).err()
    };
    assert_eq!(enter(0), Some(Refusal::AccountLocked { retry_after: Some(Duration::from_hours(24)) }));
    assert_eq!(enter(23), Some(Refusal::AccountLocked { retry_after: Some(Duration::from_hours(1)) }));
    assert_eq!(enter(1), None);
    accepted(&mut world, &person, 0);
}

#[test]
fn the_wrong_codes_of_a_clock_ten_years_ahead_count_for_an_hour_at_most() {
    let (mut world, person, _) = challenged();
    let user = person.account.user.id;
    world.lab.pass(Duration::from_days(3650));
    let token = world.challenge();
    assert!(world.verify(&token, TypedCode::Other).is_err());
    world.lab.pass(Duration::from_days(-3650));
    let token = world.challenge();
    assert_eq!(world.read_challenge(&token).unwrap().attempts_left, 5);
    world.lab.pass(Duration::from_hours(1));
    assert_eq!(world.users[&user].settings.guesses.left(world.lab.clock, &world.lab.policy), 10);
}

#[test]
fn a_mark_of_exactly_a_day_ahead_is_believed() {
    let (mut world, person, _) = challenged();
    world.lab.pass(Duration::from_days(1));
    accepted(&mut world, &person, 0);
    world.lab.pass(Duration::from_days(-1));
    assert_eq!(refused(&mut world, &person, 2880), Some(CodeHint::AlreadyUsed));
    assert!(!world.log.iter().any(|stored| stored.entry.action == AuditAction::ClockSkew));
}
