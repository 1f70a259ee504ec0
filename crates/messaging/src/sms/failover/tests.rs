//! Courses with given answers and given times.

use std::time::Duration as Wait;

use super::*;
use crate::sms::breaker::{Phase, Rules};

type Answers = [Result<Receipt, TryFailure>; 3];

const NAMES: [&str; 3] = ["one", "two", "three"];

fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(1_800_000_000 + secs)
}

#[expect(clippy::unnecessary_wraps, reason = "it stands in lists beside failures")]
fn taken() -> Result<Receipt, TryFailure> {
    Ok(Receipt { provider_id: Some("SM1".to_owned()) })
}

fn fresh() -> Vec<Breaker> {
    NAMES.iter().map(|_| Breaker::new(Rules::DEFAULT)).collect()
}

/// Goes the whole course; each provider asked takes a second and gives the answer of its place.
fn run(breakers: &mut [Breaker], answers: &Answers, start: Timestamp) -> Outcome {
    let mut course = Course::new();
    let mut now = start;
    while let Step::Ask(place, pass) = course.step(&NAMES, |place| breakers[place].admit(now), now) {
        let (asked, done) = (now, now + Duration::from_secs(1));
        course.take(NAMES[place], answers[place].clone(), asked, done, (&mut breakers[place], pass));
        now = done;
    }
    course.end()
}

/// `one provider_failed, two accepted`
fn told(outcome: &Outcome) -> String {
    outcome.tries.iter().map(|one| format!("{} {}", one.provider, one.outcome())).collect::<Vec<_>>().join(", ")
}

#[test]
fn the_first_that_takes_it_ends_the_course_and_is_named() {
    let outcome = run(&mut fresh(), &[taken(), taken(), taken()], at(0));
    assert_eq!(told(&outcome), "one accepted");
    let accepted = outcome.result.unwrap();
    assert_eq!((accepted.provider, accepted.receipt.provider_id.as_deref()), ("one", Some("SM1")));
}

#[test]
fn a_sure_failure_leads_to_the_next_provider() {
    let list = [Err(TryFailure::provider("failing (status 503)")), Err(TryFailure::route("country")), taken()];
    let outcome = run(&mut fresh(), &list, at(0));
    assert_eq!(told(&outcome), "one provider_failed, two route_refused, three accepted");
    assert_eq!(outcome.result.unwrap().provider, "three");
    assert_eq!(outcome.tries[1].at, at(1));
    assert_eq!(outcome.tries[1].took, Duration::from_secs(1));
    assert_eq!(outcome.tries[0].to_string(), "one provider_failed (failing (status 503))");
    assert_eq!(outcome.tries[2].to_string(), "three accepted");
}

#[test]
fn a_refused_number_is_not_offered_to_anybody_else() {
    let list = [Err(TryFailure::number("unsubscribed (twilio 21610)")), taken(), taken()];
    let outcome = run(&mut fresh(), &list, at(0));
    assert_eq!(told(&outcome), "one number_refused");
    assert_eq!(outcome.result, Err(SendFailure::permanent("one: unsubscribed (twilio 21610)")));
}

#[test]
fn after_two_lost_answers_nobody_else_is_asked() {
    let lost = || Err(TryFailure::lost("no answer in time"));
    let outcome = run(&mut fresh(), &[lost(), lost(), taken()], at(0));
    assert_eq!(told(&outcome), "one answer_lost, two answer_lost");
    assert_eq!(outcome.result, Err(SendFailure::unknown("two: no answer in time")));
    let once = run(&mut fresh(), &[lost(), Err(TryFailure::provider("down")), taken()], at(0));
    assert_eq!(told(&once), "one answer_lost, two provider_failed, three accepted");
}

#[test]
fn what_all_refusals_together_mean() {
    let (number, route, lost) =
        (|| Err(TryFailure::number("n")), || Err(TryFailure::route("r")), || Err(TryFailure::lost("l")));
    let down = |secs| Err(TryFailure::Provider { reason: "p".into(), retry_after: Some(Wait::from_secs(secs)) });
    let result = |list: Answers| run(&mut fresh(), &list, at(0)).result.unwrap_err();
    assert_eq!(result([route(), route(), route()]), SendFailure::permanent("three: r"), "nobody goes there");
    let passing =
        |wait, reason: &str| SendFailure::Passing { reason: reason.into(), retry_after: Some(Wait::from_secs(wait)) };
    assert_eq!(result([down(30), route(), down(7)]), passing(7, "three: p"), "the soonest counts");
    assert_eq!(result([down(30), route(), route()]), passing(30, "one: p"));
    assert_eq!(result([lost(), down(7), route()]), SendFailure::unknown("one: l"));
    assert_eq!(result([lost(), number(), taken()]), SendFailure::permanent("two: n"));
}

#[test]
fn a_provider_that_fails_is_left_out_until_it_serves_again() {
    let mut breakers = fresh();
    let down = [Err(TryFailure::provider("down")), taken(), taken()];
    for turn in 0..5 {
        assert_eq!(told(&run(&mut breakers, &down, at(turn * 2))), "one provider_failed, two accepted");
    }
    let left_out = run(&mut breakers, &down, at(12));
    assert_eq!(told(&left_out), "one skipped, two accepted");
    assert_eq!(left_out.tries[0].reason(), "left alone after failures");
    // The hold of 20 seconds began with the fifth failure, at second 9.
    assert_eq!(told(&run(&mut breakers, &down, at(28))), "one skipped, two accepted");
    let well = [taken(), taken(), taken()];
    assert_eq!(told(&run(&mut breakers, &well, at(29))), "one accepted", "the probe");
    assert_eq!(told(&run(&mut breakers, &well, at(31))), "one accepted");
}

#[test]
fn a_provider_that_hangs_is_left_out_like_one_that_fails() {
    let mut breakers = fresh();
    let hanging = [Err(TryFailure::lost("no answer in time")), taken(), taken()];
    for turn in 0..5 {
        run(&mut breakers, &hanging, at(turn));
    }
    assert_eq!(told(&run(&mut breakers, &hanging, at(6))), "one skipped, two accepted");
}

#[test]
fn refused_numbers_and_countries_never_shut_a_provider() {
    let mut breakers = fresh();
    for refusal in [TryFailure::number("n"), TryFailure::route("r")] {
        let list = [Err(refusal.clone()), Err(refusal.clone()), Err(refusal)];
        for turn in 0..100 {
            run(&mut breakers, &list, at(turn));
        }
    }
    assert!(breakers.iter().all(|breaker| breaker.phase() == Phase::Closed));
}

#[test]
fn with_all_left_out_nobody_is_asked_and_the_wait_is_told() {
    let mut breakers = fresh();
    let lists = [60, 30, 90].map(|secs| {
        Err(TryFailure::Provider { reason: "too many requests".into(), retry_after: Some(Wait::from_secs(secs)) })
    });
    run(&mut breakers, &lists, at(0));
    let outcome = run(&mut breakers, &[taken(), taken(), taken()], at(3));
    assert_eq!(told(&outcome), "one skipped, two skipped, three skipped");
    let expected = SendFailure::Passing {
        reason: "three: left alone after failures".into(),
        retry_after: Some(Wait::from_secs(29)),
    };
    assert_eq!(outcome.result, Err(expected), "two was told at second 2 to wait until 32");
}

#[test]
fn an_empty_list_is_passing() {
    let mut course = Course::new();
    assert_eq!(course.step(&[], |_| Err(Duration::ZERO), at(0)), Step::Done);
    assert!(matches!(course.end().result, Err(SendFailure::Passing { .. })));
}
