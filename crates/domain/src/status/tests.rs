//! What a person is told about their second factor.

use super::*;
use crate::decision::Refusal;
use crate::session::RefreshHolder;
use crate::testing::{Lab, Person, bearer};
use crate::time::Duration;

fn status(lab: &mut Lab, person: &Person, session: Option<Session>) -> Result<Status, Refusal> {
    let devices = (0..3).map(|_| lab.trusted_device(&person.account).0).collect();
    let (own, grant) = lab.session(&person.account, Some(Method::Totp), RefreshHolder::Cookie);
    let view = StatusView {
        account: Some(person.account.clone()),
        session: Some(session.unwrap_or(own)),
        factors: person.factors.clone(),
        recovery_codes: 7,
        trusted_devices: devices,
    };
    let decision = lab.decide(&ReadStatus { bearer: bearer(&grant) }, view).unwrap();
    assert!(decision.changes.is_empty() && decision.audit.is_empty() && decision.outbox.is_empty());
    decision.reply
}

#[test]
fn without_a_session_there_is_no_status() {
    let mut lab = Lab::new();
    let account = lab.account();
    let (session, grant) = lab.session(&account, None, RefreshHolder::Cookie);
    let command = ReadStatus { bearer: bearer(&grant) };
    for (account, session) in [(None, None), (Some(account), None), (None, Some(session))] {
        let view = StatusView { account, session, factors: vec![], recovery_codes: 0, trusted_devices: vec![] };
        assert_eq!(lab.decide(&command, view).unwrap().reply.unwrap_err(), Refusal::TokenInvalid);
    }
}

#[test]
fn a_session_that_ended_has_no_status() {
    let mut lab = Lab::new();
    let person = lab.enrolled();
    let (mut session, _) = lab.session(&person.account, None, RefreshHolder::Cookie);
    session.ended_at = Some(lab.clock);
    assert_eq!(status(&mut lab, &person, Some(session)).unwrap_err(), Refusal::TokenInvalid);
}

#[test]
fn factors_are_told_the_preferred_one_first() {
    let mut lab = Lab::new();
    let mut person = lab.enrolled();
    lab.add_authenticator(&mut person);
    person.account.settings.preferred_factor = Some(person.factors[1].id);
    let status = status(&mut lab, &person, None).unwrap();
    let told: Vec<_> = status.factors.iter().map(|factor| (factor.offer.id, factor.preferred)).collect();
    assert_eq!(told, [(person.factors[1].id, true), (person.factors[0].id, false)]);
    assert_eq!((status.is_enabled, status.preferred_method), (true, Some(Method::Totp)));
    assert_eq!((status.recovery_codes_remaining, status.trusted_devices), (7, 3));
    assert_eq!(status.fresh_until, Some(lab.clock + Duration::from_mins(5)));
}

#[test]
fn a_lock_is_told_until_it_ends() {
    let mut lab = Lab::new();
    let mut person = lab.enrolled();
    let until = lab.clock + Duration::from_micros(1);
    person.account.settings.guesses.locked_until = Some(until);
    assert_eq!(status(&mut lab, &person, None).unwrap().locked_until, Some(until));
    lab.clock = until;
    assert_eq!(status(&mut lab, &person, None).unwrap().locked_until, None);
}

#[test]
fn without_factors_nothing_is_enabled() {
    let mut lab = Lab::new();
    let person = Person::of(lab.account());
    let status = status(&mut lab, &person, None).unwrap();
    assert_eq!((status.is_enabled, status.preferred_method, status.factors.len()), (false, None, 0));
}

#[test]
fn factors_that_are_gone_are_a_fault_and_never_told_as_none() {
    let mut lab = Lab::new();
    let mut person = lab.enrolled();
    person.factors.clear();
    let (session, grant) = lab.session(&person.account, None, RefreshHolder::Cookie);
    let view = StatusView {
        account: Some(person.account),
        session: Some(session),
        factors: person.factors,
        recovery_codes: 0,
        trusted_devices: vec![],
    };
    assert!(lab.decide(&ReadStatus { bearer: bearer(&grant) }, view).is_err());
}
