//! Preferring, renaming and removing.

use insta::assert_snapshot;

use super::*;
use crate::factor::Method;
use crate::session::RefreshHolder;
use crate::testing::{Lab, Person, World, bearer, origin, summary};
use crate::time::Duration;

/// A world with one person of two authenticators and a fresh session.
fn two_factors() -> (World, Person, Bearer) {
    let mut lab = Lab::new();
    let mut person = lab.enrolled();
    lab.add_authenticator(&mut person);
    let (session, grant) = lab.session(&person.account, Some(Method::Totp), RefreshHolder::Body);
    let mut world = World::of(lab, &person);
    world.sessions.insert(session.id, session);
    (world, person, bearer(&grant))
}

fn stranger() -> FactorId {
    FactorId::from_uuid(uuid::Uuid::from_u128(7))
}

#[test]
fn the_preferred_factor_comes_first() {
    let (mut world, person, bearer) = two_factors();
    let second = person.factors[1].id;
    let status = world.prefer(bearer, second).unwrap();
    assert_eq!((status.factors[0].offer.id, status.factors[0].preferred), (second, true));
    assert!(!status.factors[1].preferred);
    let token = world.challenge();
    assert_eq!(world.read_challenge(&token).unwrap().methods[0].id, second);
}

#[test]
fn a_renamed_factor_is_shown_as_in_the_status() {
    let (mut world, person, bearer) = two_factors();
    let first = person.factors[0].id;
    let renamed = world.rename(bearer, first, "Old phone").unwrap();
    assert_eq!((renamed.offer.label.as_str(), renamed.preferred), ("Old phone", true));
    assert_eq!(world.status(bearer).unwrap().factors[0].offer.label, "Old phone");
}

#[test]
fn a_removed_factor_takes_sessions_challenges_and_trust_with_it() {
    let (mut world, person, bearer) = two_factors();
    let FactorsView { account, session, factors } = FactorsView {
        account: Some(person.account.clone()),
        session: world.sessions.get(&bearer.session).cloned(),
        factors: person.factors.clone(),
    };
    let command = RemoveFactor { bearer, factor: factors[0].id, refresh: None, origin: origin() };
    let decision = world.lab.decide(&command, FactorsView { account, session, factors }).unwrap();
    assert_snapshot!(summary(&decision), @r"
    yes
    change RemoveFactor
    change EndChallengesOf
    change EndOtherSessions
    change RevokeTrust
    change SaveSettings, 0 wrong, 0 in a row
    audit factor_removed done totp factor
    audit sessions_ended done factor_removed
    audit trust_revoked done factor_removed
    mail factor_removed
    ");
    let told = world.lab.read(&decision.outbox[0]).unwrap();
    assert_eq!(told.event.as_ref().unwrap().factor_label.as_deref(), Some("Phone"));
}

#[test]
fn preference_moves_on_and_the_last_factor_stays() {
    let (mut world, person, bearer) = two_factors();
    world.remove(bearer, person.factors[0].id).unwrap();
    let status = world.status(bearer).unwrap();
    assert_eq!((status.factors.len(), status.factors[0].preferred), (1, true));
    assert_eq!(status.factors[0].offer.id, person.factors[1].id);
    assert_eq!(world.remove(bearer, person.factors[1].id).map(drop).unwrap_err(), Refusal::LastFactor);
    assert_eq!(world.remove(bearer, person.factors[0].id).map(drop).unwrap_err(), Refusal::NotFound);
}

#[test]
fn the_last_factor_of_a_kind_that_is_not_switched_off_stays_too() {
    let (mut world, person, bearer) = two_factors();
    let [works, off] = [person.factors[0].id, person.factors[1].id];
    world.factors.get_mut(&off).unwrap().method = Method::Sms;
    world.lab.policy.methods = vec![Method::Totp];
    assert_eq!(world.remove(bearer, works).map(drop).unwrap_err(), Refusal::LastFactor);
    world.remove(bearer, off).unwrap();
    world.lab.policy.methods = vec![Method::Sms];
    assert_eq!(world.remove(bearer, works).map(drop).unwrap_err(), Refusal::LastFactor);
}

#[test]
fn what_is_not_the_callers_is_not_there() {
    let (mut world, person, bearer) = two_factors();
    assert_eq!(world.prefer(bearer, stranger()).map(drop).unwrap_err(), Refusal::NotFound);
    assert_eq!(world.rename(bearer, stranger(), "x").map(drop).unwrap_err(), Refusal::NotFound);
    assert_eq!(world.remove(bearer, stranger()).map(drop).unwrap_err(), Refusal::NotFound);
    world.assert_chain_holds(person.account.user.person);
}

/// R-25
#[test]
fn every_one_of_them_needs_a_fresh_proof_before_it_says_anything() {
    let (mut world, person, bearer) = two_factors();
    world.lab.pass(Duration::from_mins(5));
    for factor in [person.factors[1].id, stranger()] {
        assert_eq!(world.prefer(bearer, factor).map(drop).unwrap_err(), Refusal::StepUpRequired);
        assert_eq!(world.rename(bearer, factor, "x").map(drop).unwrap_err(), Refusal::StepUpRequired);
        assert_eq!(world.remove(bearer, factor).map(drop).unwrap_err(), Refusal::StepUpRequired);
    }
    let code = world.lab.code(&person.secrets[1], 0);
    world.step_up(bearer, code).unwrap();
    world.remove(bearer, person.factors[1].id).unwrap();
}

/// A person with an authenticator and a number, and a fresh session; the number is of a kind that may be switched off.
fn with_a_number() -> (World, FactorId, FactorId, Bearer) {
    let (mut world, person, bearer) = two_factors();
    let (first, second) = (person.factors[0].id, person.factors[1].id);
    let place = Factor::destination_place(second, bearer.user);
    let number =
        crate::destination::PhoneNumber::from_e164("+12025550167").map(crate::destination::Destination::Phone).unwrap();
    let sealed = number.seal(&place, &world.lab.keys, &mut world.lab.rng);
    let factor = world.factors.get_mut(&second).unwrap();
    (factor.method, factor.secret, factor.destination) = (Method::Sms, None, Some(sealed));
    (world, first, second, bearer)
}

#[test]
fn the_last_factor_that_can_be_used_here_stays_whatever_else_there_is() {
    let (mut world, authenticator, number, bearer) = with_a_number();
    world.lab.policy.methods = vec![Method::Totp];
    assert_eq!(world.remove(bearer, authenticator).map(drop).unwrap_err(), Refusal::LastFactor);
    assert_eq!(world.prefer(bearer, number).map(drop).unwrap_err(), Refusal::FeatureDisabled);
    world.lab.policy.methods = vec![Method::Totp, Method::Sms];
    world.lab.policy.channels = vec![];
    assert_eq!(world.remove(bearer, authenticator).map(drop).unwrap_err(), Refusal::LastFactor);
    world.prefer(bearer, number).unwrap();
    world.remove(bearer, number).unwrap();
    assert_eq!(world.remove(bearer, authenticator).map(drop).unwrap_err(), Refusal::LastFactor);
}

#[test]
fn what_cannot_be_used_may_go_and_what_can_be_comes_first_after_it() {
    let (mut world, authenticator, number, bearer) = with_a_number();
    world.prefer(bearer, number).unwrap();
    world.lab.policy.methods = vec![Method::Totp];
    world.remove(bearer, number).unwrap();
    assert!(world.status(bearer).unwrap().factors[0].preferred);
    assert_eq!(world.status(bearer).unwrap().factors[0].offer.id, authenticator);

    let (mut world, authenticator, number, bearer) = with_a_number();
    world.lab.policy.methods = vec![];
    world.remove(bearer, number).unwrap();
    assert_eq!(world.remove(bearer, authenticator).map(drop).unwrap_err(), Refusal::LastFactor);
}
