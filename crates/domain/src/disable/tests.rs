//! Turning the second factor off.

use insta::assert_snapshot;

use super::*;
use crate::session::RefreshHolder;
use crate::testing::{Entered, Lab, Person, World, bearer, origin, summary};
use crate::time::Duration;

/// A world with one enrolled person and a session of theirs that is not fresh any more.
fn enrolled() -> (World, Person, Bearer) {
    let mut lab = Lab::new();
    let person = lab.enrolled();
    let (session, grant) = lab.session(&person.account, Some(Method::Totp), RefreshHolder::Body);
    let mut world = World::of(lab, &person);
    world.sessions.insert(session.id, session);
    world.lab.pass(Duration::from_mins(6));
    (world, person, bearer(&grant))
}

#[test]
fn a_code_alone_turns_it_off_and_everything_of_it_goes_at_once() {
    let (mut world, person, bearer) = enrolled();
    let view = ProofView {
        account: Some(person.account.clone()),
        session: world.sessions.get(&bearer.session).cloned(),
        factors: person.factors.clone(),
        recovery_codes: person.stored_codes.clone(),
        sent_codes: vec![],
    };
    let code = world.lab.code(&person.secrets[0], 0);
    let decision = world.lab.decide(&Disable { bearer, code, refresh: None, origin: origin() }, view).unwrap();
    assert_snapshot!(summary(&decision), @r"
    yes
    change UseStep
    change RemoveFactorsOf
    change ReplaceRecoveryCodes, 0
    change WipeKeptRecoveryCodes
    change AbandonAllEnrollmentsOf
    change EndChallengesOf
    change EndOtherSessions
    change RevokeTrust
    change SaveSettings, 0 wrong, 0 in a row
    audit two_factor_disabled done totp
    audit sessions_ended done two_factor_disabled
    audit trust_revoked done two_factor_disabled
    mail two_factor_disabled
    ");
}

#[test]
fn afterwards_the_password_is_enough_and_a_new_set_up_starts_from_nothing() {
    let (mut world, person, bearer) = enrolled();
    let waiting = world.challenge();
    let used = TypedCode::parse(person.recovery_codes[3].expose());
    world.disable(bearer, used).unwrap();
    assert!(world.factors.is_empty() && world.recovery_codes.is_empty() && world.kept.is_empty());
    let status = world.status(bearer).unwrap();
    assert!(!status.is_enabled && status.preferred_method.is_none());
    let code = world.lab.code(&person.secrets[0], 0);
    assert_eq!(world.verify(&waiting, code).unwrap_err(), Refusal::ChallengeExpired);
    let entered = world.log_in("ada@example.org", true, RefreshHolder::Body).unwrap();
    assert!(matches!(entered, Entered::Session(_)));
    world.assert_chain_holds(person.account.user.person);
}

#[test]
fn without_a_factor_there_is_nothing_to_turn_off() {
    let (mut world, person, bearer) = enrolled();
    let code = world.lab.code(&person.secrets[0], 0);
    world.disable(bearer, code).unwrap();
    for code in [TypedCode::Other, TypedCode::parse(person.recovery_codes[0].expose())] {
        assert_eq!(world.disable(bearer, code).unwrap_err(), Refusal::NotEnabled);
    }
}

#[test]
fn a_set_up_that_waits_dies_with_it() {
    let (mut world, person, bearer) = enrolled();
    let code = world.lab.code(&person.secrets[0], 0);
    world.step_up(bearer, code).unwrap();
    world.begin_enrollment(bearer).unwrap();
    world.lab.pass(Duration::from_secs(30));
    let code = world.lab.code(&person.secrets[0], 0);
    world.disable(bearer, code.clone()).unwrap();
    assert_eq!(world.confirm(bearer, code).map(drop).unwrap_err(), Refusal::NoPendingSetup);
}

#[test]
fn settings_that_ask_for_a_factor_that_is_lost_are_broken_and_not_off() {
    let (mut world, person, bearer) = enrolled();
    let view = ProofView {
        account: Some(person.account.clone()),
        session: world.sessions.get(&bearer.session).cloned(),
        factors: vec![],
        recovery_codes: vec![],
        sent_codes: vec![],
    };
    let command = Disable { bearer, code: TypedCode::Other, refresh: None, origin: origin() };
    assert_eq!(world.lab.decide(&command, view).unwrap_err().table, "factors");
}
