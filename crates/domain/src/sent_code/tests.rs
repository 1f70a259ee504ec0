//! Codes that are sent: drawn evenly, bound to one thing, limited.

use super::*;
use crate::code::TypedCode;
use crate::decision::{CodeHint, Refusal};
use crate::destination::PhoneNumber;
use crate::ids::{ChallengeId, EnrollmentId};
use crate::message::Channel;
use crate::secret::TokenHash;
use crate::session::{Bearer, RefreshHolder};
use crate::testing::{Entered, Lab, Person, World, bearer, rng};
use crate::user::Email;

fn phone(text: &str) -> Destination {
    Destination::Phone(PhoneNumber::from_e164(text).unwrap())
}

fn email(text: &str) -> Destination {
    Destination::Email(Email::parse(text).unwrap())
}

/// A person whose one factor is this number or address, and the session that set it up.
fn enrolled(to: Destination) -> (World, Bearer) {
    let mut lab = Lab::new();
    let person = Person::of(lab.account());
    let mut world = World::of(lab, &person);
    let bearer = sign_in(&mut world);
    world.begin_sent(bearer, to).unwrap();
    let code = world.newest_code();
    world.confirm(bearer, code).unwrap();
    world.lab.pass(Duration::from_mins(1));
    (world, bearer)
}

fn sign_in(world: &mut World) -> Bearer {
    match world.log_in("ada@example.org", true, RefreshHolder::Body) {
        Ok(Entered::Session(grant)) => bearer(&grant),
        Ok(Entered::Challenge(_) | Entered::Trusted(_)) => panic!("not by the password alone"),
        Err(refusal) => panic!("{refusal:?}"),
    }
}

fn again(world: &mut World, token: &str) -> Result<CodeSent, Refusal> {
    world.send_code(SendFor::Challenge(TokenHash::of(token), Which::Method(Method::Sms)))
}

/// Sends as soon as it may be, `times` times.
fn flood(world: &mut World, token: &str, times: usize) {
    for _ in 0..times {
        let sent = again(world, token).unwrap();
        let wait = sent.next_send_at.since(world.lab.clock);
        world.lab.pass(wait);
    }
}

fn incorrect(hint: Option<CodeHint>, attempts_left: u32) -> Refusal {
    Refusal::CodeIncorrect { attempts_left, hint }
}

#[test]
fn every_digit_of_a_code_is_drawn_evenly_and_the_leading_zero_is_kept() {
    let mut rng = rng(11);
    let mut counts = [[0_u32; 10]; 6];
    for _ in 0..60_000 {
        let code = text(draw(&mut rng));
        assert_eq!(code.expose().len(), 6);
        for (place, digit) in counts.iter_mut().zip(code.expose().bytes()) {
            place[usize::from(digit - b'0')] += 1;
        }
    }
    // 60,000 draws over 10 digits: chi-square with 9 degrees of freedom stays below 27.9 with p = 0.999.
    for (place, counts) in counts.iter().enumerate() {
        let chi: f64 = counts.iter().map(|count| (f64::from(*count) - 6000.0).powi(2) / 6000.0).sum();
        assert!(chi < 27.9, "digit {place}: chi-square {chi}");
    }
}

#[test]
fn a_new_number_is_proven_by_the_code_it_is_sent_and_by_no_other() {
    let mut lab = Lab::new();
    let person = Person::of(lab.account());
    let mut world = World::of(lab, &person);
    let bearer = sign_in(&mut world);
    let begun = world.begin_sent(bearer, phone("+12025550167")).unwrap();
    assert_eq!((begun.method, begun.destination.as_str()), (Method::Sms, "+1*** ***67"));
    assert_eq!(begun.next_send_at, world.lab.clock + Duration::from_secs(30));
    let message = world.newest_message();
    assert_eq!((message.kind, message.channel), (MessageKind::SetupCode, Channel::Sms));
    assert_eq!((message.to.as_str(), world.factors.len()), ("+12025550167", 0));
    let TypedCode::Digits(right) = world.newest_code() else { panic!("six digits") };
    let wrong = TypedCode::Digits((right + 1) % 1_000_000);
    assert_eq!(world.confirm(bearer, wrong).unwrap_err(), incorrect(None, 4));
    let confirmed = world.confirm(bearer, TypedCode::Digits(right)).unwrap();
    assert_eq!((confirmed.method, confirmed.recovery_codes.len()), (Method::Sms, 10));
    assert_eq!(world.factors[&confirmed.factor].secret, None);
}

#[test]
fn the_set_up_code_does_not_sign_in_and_neither_does_the_code_of_another_challenge() {
    let mut lab = Lab::new();
    let person = Person::of(lab.account());
    let mut world = World::of(lab, &person);
    let session = sign_in(&mut world);
    world.begin_sent(session, phone("+12025550167")).unwrap();
    let set_up = world.newest_code();
    world.confirm(session, set_up.clone()).unwrap();
    world.lab.pass(Duration::from_secs(31));
    let first = world.challenge();
    let first_code = world.newest_code();
    world.lab.pass(Duration::from_secs(61));
    let second = world.challenge();
    let second_code = world.newest_code();
    assert_eq!(world.verify(&first, set_up).unwrap_err(), incorrect(None, 4));
    assert_eq!(world.verify(&first, second_code.clone()).unwrap_err(), incorrect(None, 3));
    assert_eq!(world.verify(&second, second_code).unwrap().method, Method::Sms);
    assert_eq!(world.verify(&first, first_code).unwrap().method, Method::Sms);
}

#[test]
fn a_code_lives_five_minutes_to_the_second_and_is_used_once() {
    for (age, right) in [(299, true), (300, false)] {
        let (mut world, _) = enrolled(phone("+12025550167"));
        let token = world.challenge();
        let code = world.newest_code();
        world.lab.pass(Duration::from_secs(age));
        match world.verify(&token, code) {
            Ok(verified) => assert!(right && verified.method == Method::Sms),
            Err(refusal) => assert_eq!((right, refusal), (false, incorrect(Some(CodeHint::Expired), 4))),
        }
    }
}

#[test]
fn a_new_code_kills_the_one_before() {
    let (mut world, _) = enrolled(phone("+12025550167"));
    let token = world.challenge();
    let old = world.newest_code();
    world.lab.pass(Duration::from_secs(60));
    again(&mut world, &token).unwrap();
    let new = world.newest_code();
    assert_eq!(world.sent_codes.iter().filter(|code| code.is_live(world.lab.clock)).count(), 1);
    assert_eq!(world.verify(&token, old).unwrap_err(), incorrect(Some(CodeHint::Expired), 4));
    world.verify(&token, new).unwrap();
}

#[test]
fn codes_cool_down_longer_each_time_and_five_fill_the_hour_over_every_door() {
    let (mut world, session) = enrolled(phone("+12025550167"));
    world.lab.pass(Duration::from_hours(1));
    let began = world.lab.clock;
    let token = world.challenge();
    let mut waits = Vec::new();
    for _ in 0..3 {
        let Refusal::SendCooldown { retry_after } = again(&mut world, &token).unwrap_err() else {
            panic!("no cool-down")
        };
        waits.push(retry_after.as_secs());
        world.lab.pass(retry_after);
        if waits.len() < 3 {
            again(&mut world, &token).unwrap();
        }
    }
    assert_eq!(waits, [30, 60, 300]);
    let step_up = |world: &mut World| {
        let session = Bearer { expires_at: world.lab.clock + Duration::from_mins(1), ..session };
        world.send_code(SendFor::Session(session, SessionPurpose::StepUp, Which::Method(Method::Sms)))
    };
    let sent = step_up(&mut world).unwrap();
    assert_eq!((sent.sends_left, world.newest_message().kind), (1, MessageKind::StepUpCode));
    world.lab.pass(Duration::from_mins(5));
    let last = step_up(&mut world).unwrap();
    assert_eq!((last.sends_left, last.next_send_at), (0, began + Duration::from_hours(1)));
    world.lab.pass(Duration::from_mins(5));
    assert!(matches!(step_up(&mut world).unwrap_err(), Refusal::SendLimit { .. }));
    // A sign-in goes on without a code, and says when there may be one.
    let state = world.challenge();
    let state = world.read_challenge(&state).unwrap();
    assert_eq!((state.code_sent, state.delivery), (false, None));
    assert_eq!(state.next_send_at, Some(began + Duration::from_hours(1)));
}

#[test]
fn ten_codes_fill_the_day_of_a_destination() {
    let (mut world, _) = enrolled(phone("+12025550167"));
    let token = world.challenge();
    world.lab.pass(Duration::from_secs(60));
    flood(&mut world, &token, 1);
    for _ in 0..7 {
        world.lab.pass(Duration::from_mins(60));
        let _ = world.challenge();
    }
    world.lab.pass(Duration::from_hours(1));
    let token = world.challenge();
    assert!(!world.read_challenge(&token).unwrap().code_sent);
    assert!(matches!(again(&mut world, &token).unwrap_err(), Refusal::SendLimit { .. }));
    world.lab.pass(Duration::from_hours(24));
    let token = world.challenge();
    assert!(world.read_challenge(&token).unwrap().code_sent);
}

/// whoever sets up a number that is not theirs keeps nobody out, and nobody gets more than ten codes.
#[test]
fn set_ups_of_strangers_leave_codes_for_those_whose_number_it_is() {
    let (lab, key) = (Lab::new(), [7; 32]);
    let (now, policy) = (lab.clock, &lab.policy);
    let setup = Scope::Setup(EnrollmentId::from_uuid(uuid::Uuid::nil()));
    let login = Scope::Login(ChallengeId::from_uuid(uuid::Uuid::nil()));
    let after = |count| Sends { days: vec![(key, Charged { count, since: now })], ..Sends::default() };
    assert_eq!(after(9).allowance((&key, setup), 0, now, policy), Allowance::Open(1));
    assert_eq!(after(10).allowance((&key, setup), 0, now, policy), Allowance::Spent(now + DAY));
    assert_eq!(after(10).allowance((&key, login), 0, now, policy), Allowance::Open(5));
    assert_eq!(after(14).allowance((&key, login), 0, now, policy), Allowance::Open(1));
    assert_eq!(after(15).allowance((&key, login), 0, now, policy), Allowance::Spent(now + DAY));
}

#[test]
fn nobody_tries_one_number_after_the_other() {
    let mut lab = Lab::new();
    let person = Person::of(lab.account());
    let mut world = World::of(lab, &person);
    let session = sign_in(&mut world);
    for number in ["+12025550161", "+12025550162", "+12025550163"] {
        world.begin_sent(session, phone(number)).unwrap();
    }
    let refusal = world.begin_sent(session, phone("+12025550164")).unwrap_err();
    assert_eq!(refusal, Refusal::SendLimit { retry_after: Duration::from_days(1) });
    world.lab.pass(Duration::from_secs(30));
    world.begin_sent(session, phone("+12025550161")).unwrap();
}

#[test]
fn the_same_destination_is_enrolled_once_in_whatever_spelling() {
    let (mut world, session) = enrolled(email("Ada@Backup.example"));
    let refusal = world.begin_sent(session, email("ada@backup.EXAMPLE")).unwrap_err();
    assert_eq!(refusal, Refusal::DestinationEnrolled);
}

#[test]
fn a_pending_number_gets_its_set_up_code_and_nothing_else() {
    let (mut world, session) = enrolled(phone("+12025550167"));
    world.begin_sent(session, phone("+12025550168")).unwrap();
    assert_eq!(world.newest_message().to, "+12025550168");
    let pending = world.newest_code();
    let token = world.challenge();
    assert_eq!(world.newest_message().to, "+12025550167");
    assert_eq!(world.verify(&token, pending).unwrap_err(), incorrect(None, 4));
}

#[test]
fn a_change_of_factor_kills_every_open_code() {
    let (mut world, session) = enrolled(phone("+12025550167"));
    let token = world.challenge();
    world.begin_sent(session, email("ada@backup.example")).unwrap();
    let code = world.newest_code();
    world.confirm(session, code).unwrap();
    assert!(world.sent_codes.iter().all(|code| !code.is_live(world.lab.clock)));
    assert_eq!(world.read_challenge(&token).unwrap_err(), Refusal::ChallengeExpired);
}

#[test]
fn only_what_is_enrolled_sends() {
    let (mut world, _) = enrolled(phone("+12025550167"));
    let token = TokenHash::of(&world.challenge());
    for which in [
        Which::Method(Method::Email),
        Which::Method(Method::Totp),
        Which::Factor(FactorId::from_uuid(uuid::Uuid::nil())),
    ] {
        assert_eq!(world.send_code(SendFor::Challenge(token, which)).unwrap_err(), Refusal::NotFound);
    }
    let stranger = TokenHash::of("x");
    let sent = world.send_code(SendFor::Challenge(stranger, Which::Method(Method::Sms)));
    assert_eq!(sent.unwrap_err(), Refusal::PartialTokenInvalid);
}

#[test]
fn without_a_way_to_send_the_methods_that_work_are_named() {
    let (mut world, _) = enrolled(phone("+12025550167"));
    world.lab.policy.channels = vec![Channel::Email];
    let token = world.challenge();
    let state = world.read_challenge(&token).unwrap();
    assert_eq!((state.code_sent, state.delivery), (false, Some(Delivery::Unavailable)));
    let refusal = again(&mut world, &token).unwrap_err();
    assert_eq!(refusal, Refusal::DeliveryUnavailable { alternatives: vec![] });
}

#[test]
fn a_challenge_tells_how_far_its_code_has_come_and_what_works_when_it_does_not_come() {
    let (mut world, session) = enrolled(phone("+12025550167"));
    world.begin_sent(session, email("ada@example.net")).unwrap();
    let code = world.newest_code();
    world.confirm(session, code).unwrap();
    let token = world.challenge();
    let unavailable = (Some(Delivery::Unavailable), vec![Method::Email]);
    for (stage, told) in [
        (Stage::Queued, (Some(Delivery::Queued), vec![])),
        (Stage::Delayed(Trouble::Unavailable), unavailable.clone()),
        (Stage::Accepted, (Some(Delivery::Queued), vec![])),
        (Stage::Delivered, (Some(Delivery::Queued), vec![])),
        (Stage::Failed(Trouble::Undelivered), unavailable),
    ] {
        world.sent_codes.last_mut().unwrap().stage = stage;
        let state = world.read_challenge(&token).unwrap();
        assert_eq!((state.delivery, state.alternatives), told, "{stage:?}");
        assert_eq!(state.stage, Some(stage));
    }
}

#[test]
fn where_a_code_was_refused_for_good_no_further_one_is_sent_within_the_hour() {
    let (mut world, _) = enrolled(phone("+12025550167"));
    let token = world.challenge();
    world.sent_codes.last_mut().unwrap().stage = Stage::Failed(Trouble::Refused);
    world.lab.pass(Duration::from_mins(1));
    let sent = world.outbox.len();
    assert_eq!(again(&mut world, &token).unwrap_err(), Refusal::DeliveryUnavailable { alternatives: vec![] });
    assert!(matches!(world.log_in("ada@example.org", true, RefreshHolder::Body), Ok(Entered::Challenge(_))));
    assert_eq!(world.outbox.len(), sent, "nothing was sent");
    world.lab.pass(Duration::from_mins(59));
    let token = world.challenge();
    assert!(world.read_challenge(&token).unwrap().code_sent, "the number may be reached again");
}

#[test]
fn whose_only_kind_of_factor_is_switched_off_does_not_get_in() {
    let (mut world, session) = enrolled(phone("+12025550167"));
    let token = world.challenge();
    let code = world.newest_code();
    world.lab.policy.methods = vec![Method::Totp];
    let refused = world.log_in("ada@example.org", true, RefreshHolder::Body);
    assert!(matches!(refused, Err(Refusal::FeatureDisabled)));
    assert_eq!(world.read_challenge(&token).unwrap_err(), Refusal::FeatureDisabled);
    assert_eq!(world.verify(&token, code).unwrap_err(), incorrect(None, 4));
    assert_eq!(again(&mut world, &token).unwrap_err(), Refusal::FeatureDisabled);
    let refusal = world.begin_sent(session, phone("+12025550168")).unwrap_err();
    assert_eq!(refusal, Refusal::FeatureDisabled);
}

#[test]
fn a_code_from_the_future_came_from_a_wrong_clock_and_is_dead() {
    let (mut world, _) = enrolled(phone("+12025550167"));
    world.lab.pass(Duration::from_days(3));
    let token = world.challenge();
    let code = world.newest_code();
    world.lab.pass(Duration::from_days(-3));
    assert!(world.verify(&token, code).is_err());
}
