//! Reading a challenge, with nothing but its partial token.

use super::*;
use crate::testing::{Lab, Person, World};
use crate::time::Duration;

fn read(lab: &mut Lab, person: &Person, challenge: &Challenge) -> Result<ChallengeState, Refusal> {
    let view = ChallengeView {
        account: Some(person.account.clone()),
        challenge: Some(challenge.clone()),
        factors: person.factors.clone(),
        sends: Sends::default(),
    };
    let decision = lab.decide(&ReadChallenge { token: challenge.token }, view).unwrap();
    assert!(decision.changes.is_empty() && decision.audit.is_empty() && decision.outbox.is_empty());
    decision.reply
}

#[test]
fn a_live_challenge_tells_its_methods_the_preferred_one_first_and_its_end() {
    let mut lab = Lab::new();
    let mut person = lab.enrolled();
    lab.add_authenticator(&mut person);
    person.account.settings.preferred_factor = Some(person.factors[1].id);
    let (challenge, _) = lab.challenge(&person.account);
    let state = read(&mut lab, &person, &challenge).unwrap();
    let ids: Vec<FactorId> = state.methods.iter().map(|offer| offer.id).collect();
    assert_eq!(ids, [person.factors[1].id, person.factors[0].id]);
    assert_eq!((state.method, state.attempts_left), (Method::Totp, 5));
    assert_eq!(state.expires_at, lab.clock + Duration::from_mins(10));
}

#[test]
fn what_cannot_be_answered_is_not_told_either() {
    let mut lab = Lab::new();
    let person = lab.enrolled();
    let (live, _) = lab.challenge(&person.account);
    let now = lab.clock;
    for (challenge, refusal) in [
        (Challenge { completed_at: Some(now), ..live.clone() }, Refusal::AlreadyCompleted),
        (Challenge { ended_at: Some(now), ..live.clone() }, Refusal::ChallengeExpired),
        (Challenge { expires_at: now, ..live.clone() }, Refusal::ChallengeExpired),
        (Challenge { attempts: 5, ..live.clone() }, Refusal::TooManyAttempts { retry_after: None }),
    ] {
        assert_eq!(read(&mut lab, &person, &challenge).unwrap_err(), refusal);
    }
}

#[test]
fn the_order_of_refusals_is_that_of_an_answer() {
    let mut lab = Lab::new();
    let mut person = lab.enrolled();
    let (live, _) = lab.challenge(&person.account);
    person.account.settings.guesses.locked_until = Some(lab.clock + Duration::from_mins(1));
    let locked = Refusal::AccountLocked { retry_after: Some(Duration::from_mins(1)) };
    assert_eq!(read(&mut lab, &person, &live).unwrap_err(), locked);
    let over = Challenge { completed_at: Some(lab.clock), ..live.clone() };
    assert_eq!(read(&mut lab, &person, &over).unwrap_err(), Refusal::AlreadyCompleted);
    person.account.user.disabled_at = Some(lab.clock);
    assert_eq!(read(&mut lab, &person, &over).unwrap_err(), Refusal::PartialTokenInvalid);
}

#[test]
fn a_challenge_is_over_where_the_second_factor_was_switched_off() {
    let mut lab = Lab::new();
    let person = lab.enrolled();
    let (live, _) = lab.challenge(&person.account);
    lab.policy.two_factor_enabled = false;
    assert_eq!(read(&mut lab, &person, &live).unwrap_err(), Refusal::ChallengeExpired);
}

#[test]
fn an_unknown_token_reads_nothing() {
    let mut lab = Lab::new();
    let person = lab.enrolled();
    let mut world = World::of(lab, &person);
    assert_eq!(world.read_challenge("unknown").unwrap_err(), Refusal::PartialTokenInvalid);
}

#[test]
fn factors_that_are_gone_are_a_fault() {
    let mut lab = Lab::new();
    let person = lab.enrolled();
    let (challenge, _) = lab.challenge(&person.account);
    let view = ChallengeView {
        account: Some(person.account),
        challenge: Some(challenge.clone()),
        factors: vec![],
        sends: Sends::default(),
    };
    assert_eq!(lab.decide(&ReadChallenge { token: challenge.token }, view).unwrap_err().fault, Fault::Missing);
}
