//! Making and downloading sets.

use insta::assert_snapshot;

use super::*;
use crate::code::TypedCode;
use crate::factor::Method;
use crate::session::RefreshHolder;
use crate::testing::{Lab, Person, World, bearer, origin, summary};
use crate::time::Duration;

/// A world with one enrolled person and two fresh sessions.
fn enrolled() -> (World, Person, [Bearer; 2]) {
    let mut lab = Lab::new();
    let person = lab.enrolled();
    let [first, second] = [(); 2].map(|()| lab.session(&person.account, Some(Method::Totp), RefreshHolder::Body));
    let mut world = World::of(lab, &person);
    let bearers = [bearer(&first.1), bearer(&second.1)];
    world.sessions.extend([first.0, second.0].map(|session| (session.id, session)));
    (world, person, bearers)
}

fn texts(codes: &[SecretText]) -> Vec<&str> {
    codes.iter().map(SecretText::expose).collect()
}

/// R-21
#[test]
fn a_new_set_kills_the_old_one_and_the_person_is_told() {
    let (mut world, person, [bearer, _]) = enrolled();
    let view = FactorsView {
        account: Some(person.account.clone()),
        session: world.sessions.get(&bearer.session).cloned(),
        factors: person.factors.clone(),
    };
    let decision = world.lab.decide(&MakeRecoveryCodes { bearer, origin: origin() }, view).unwrap();
    assert_snapshot!(summary(&decision), @r"
    yes
    change ReplaceRecoveryCodes, 10
    change KeepRecoveryCodes
    change SaveSettings, 0 wrong, 0 in a row
    audit recovery_codes_made done
    mail recovery_codes_made
    ");
    let new = world.commit(decision).unwrap();
    let token = world.challenge();
    let old = TypedCode::parse(person.recovery_codes[0].expose());
    assert!(matches!(world.verify(&token, old), Err(Refusal::CodeIncorrect { .. })));
    assert_eq!(world.verify(&token, TypedCode::parse(new[0].expose())).unwrap().recovery_codes_remaining, 9);
}

#[test]
fn a_new_set_needs_a_fresh_proof_and_a_factor() {
    let (mut world, person, [bearer, _]) = enrolled();
    world.lab.pass(Duration::from_mins(5));
    assert_eq!(world.make_recovery_codes(bearer).map(drop).unwrap_err(), Refusal::StepUpRequired);
    let code = world.lab.code(&person.secrets[0], 0);
    world.disable(bearer, code).unwrap();
    world.step_up_by_password(bearer, true).unwrap();
    assert_eq!(world.make_recovery_codes(bearer).map(drop).unwrap_err(), Refusal::NotEnabled);
}

#[test]
fn the_newest_set_is_had_for_ten_minutes_by_the_session_that_made_it() {
    let (mut world, _, [bearer, other]) = enrolled();
    assert_eq!(world.download(bearer).map(drop).unwrap_err(), Refusal::RecoveryCodesGone);
    world.make_recovery_codes(bearer).unwrap();
    let made_at = world.lab.clock;
    let codes = world.make_recovery_codes(bearer).unwrap();
    for _ in 0..3 {
        let sheet = world.download(bearer).unwrap();
        assert_eq!(texts(&sheet.codes), texts(&codes));
        assert_eq!((sheet.account.as_str(), sheet.made_at), ("Ada@example.org", made_at));
        assert_eq!(world.download(other).map(drop).unwrap_err(), Refusal::RecoveryCodesGone);
    }
    let renewed =
        |world: &mut World, bearer: Bearer| Bearer { expires_at: world.lab.clock + Duration::from_mins(1), ..bearer };
    world.lab.pass(Duration::from_micros(Duration::from_mins(10).as_micros() - 1));
    let late = renewed(&mut world, bearer);
    world.download(late).unwrap();
    world.lab.pass(Duration::from_micros(1));
    assert_eq!(world.download(late).map(drop).unwrap_err(), Refusal::RecoveryCodesGone);
}

#[test]
fn the_set_of_the_first_factor_is_kept_too() {
    let mut lab = Lab::new();
    let person = Person::of(lab.account());
    let (session, grant) = lab.session(&person.account, None, RefreshHolder::Body);
    let (enrollment, secret) = lab.enrollment(&person.account, &session);
    let mut world = World::of(lab, &person);
    world.sessions.insert(session.id, session);
    world.enrollments.insert(enrollment.id, enrollment);
    let code = world.lab.code(&secret, 0);
    let confirmed = world.confirm(bearer(&grant), code).unwrap();
    let sheet = world.download(bearer(&grant)).unwrap();
    assert_eq!(texts(&sheet.codes), texts(&confirmed.recovery_codes));
}

#[test]
fn a_kept_set_of_another_row_does_not_open() {
    let (mut world, person, [bearer, _]) = enrolled();
    world.make_recovery_codes(bearer).unwrap();
    let mut kept = world.kept[&person.account.user.id].clone();
    kept.user = UserId::from_uuid(uuid::Uuid::from_u128(1));
    let view = DownloadView {
        account: Some(person.account.clone()),
        session: world.sessions.get(&bearer.session).cloned(),
        kept: Some(kept),
    };
    let broken = world.lab.decide(&DownloadRecoveryCodes { bearer, origin: origin() }, view).unwrap_err();
    assert_eq!((broken.table, broken.column), ("kept_recovery_codes", "codes"));
}

#[test]
fn a_kept_set_is_shown_again_to_the_session_that_made_it() {
    let (mut world, person, [bearer, other]) = enrolled();
    let made = world.make_recovery_codes(bearer).unwrap();
    let show = |world: &mut World, bearer: Bearer| {
        let view = DownloadView {
            account: Some(person.account.clone()),
            session: world.sessions.get(&bearer.session).cloned(),
            kept: world.kept.get(&bearer.user).cloned(),
        };
        let decision = world.lab.decide(&ShowRecoveryCodes { bearer }, view).unwrap();
        assert!(decision.changes.is_empty() && decision.audit.is_empty() && decision.outbox.is_empty());
        decision.reply
    };
    for _ in 0..2 {
        assert_eq!(texts(&show(&mut world, bearer).unwrap().codes), texts(&made));
    }
    assert_eq!(show(&mut world, other).map(drop).unwrap_err(), Refusal::RecoveryCodesGone);
    world.lab.pass(Duration::from_mins(10));
    assert_eq!(show(&mut world, bearer).map(drop).unwrap_err(), Refusal::TokenInvalid, "the bearer is over");
    let later = Bearer { expires_at: world.lab.clock + Duration::from_hours(1), ..bearer };
    assert_eq!(show(&mut world, later).map(drop).unwrap_err(), Refusal::RecoveryCodesGone);
}
