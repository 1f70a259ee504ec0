//! Adding an authenticator.

mod confirm;

use insta::assert_snapshot;

use super::*;
use crate::session::RefreshHolder;
use crate::testing::{Entered, Lab, Person, World, bearer, entries_of, origin, summary};
use crate::time::Duration;

/// A world with one person without a factor, just signed in.
fn signed_in() -> (World, Person, Grant) {
    let mut lab = Lab::new();
    let person = Person::of(lab.account());
    let mut world = World::of(lab, &person);
    let grant = sign_in(&mut world);
    (world, person, grant)
}

fn sign_in(world: &mut World) -> Grant {
    match world.log_in("ada@example.org", true, RefreshHolder::Cookie) {
        Ok(Entered::Session(grant)) => *grant,
        Ok(Entered::Challenge(_) | Entered::Trusted(_)) => panic!("a factor was asked"),
        Err(refusal) => panic!("{refusal:?}"),
    }
}

fn begin(
    world: &mut World,
    person: &Person,
    grant: &Grant,
    label: Option<&str>,
    factors: Vec<Factor>,
) -> Decision<Begun> {
    let command = BeginEnrollment { bearer: bearer(grant), label: label.map(str::to_owned), origin: origin() };
    let view = EnrollmentView {
        account: Some(person.account.clone()),
        session: world.sessions.get(&grant.session).cloned(),
        factors,
        enrollments: vec![],
        sends: Sends::default(),
        holders: Vec::new(),
    };
    world.lab.decide(&command, view).unwrap()
}

#[test]
fn a_set_up_waits_apart_from_everything_that_works() {
    let (mut world, person, grant) = signed_in();
    assert_snapshot!(summary(&begin(&mut world, &person, &grant, None, vec![])), @r"
    yes
    change PutEnrollment
    change SaveSettings, 0 wrong, 0 in a row
    audit enrollment_started done totp factor
    ");
    let begun = world.begin_enrollment(bearer(&grant)).unwrap();
    assert!(world.factors.is_empty());
    assert_eq!(world.users[&person.account.user.id].settings.enabled_at, None);
    assert_eq!(begun.expires_at, world.lab.clock + Duration::from_mins(10));
    assert_eq!(world.enrollments[&begun.enrollment].factor, begun.factor);
}

#[test]
fn the_secret_is_given_once_in_two_forms() {
    let (mut world, _, grant) = signed_in();
    let begun = world.begin_enrollment(bearer(&grant)).unwrap();
    assert_eq!(begun.secret.expose().len(), 32);
    let start = format!("otpauth://totp/Twinlock:Ada%40example.org?secret={}&issuer=Twinlock", begun.secret.expose());
    assert!(begun.uri.expose().starts_with(&start));
}

#[test]
fn a_second_set_up_replaces_the_first_with_a_secret_of_its_own() {
    let (mut world, _, grant) = signed_in();
    let first = world.begin_enrollment(bearer(&grant)).unwrap();
    let second = world.begin_enrollment(bearer(&grant)).unwrap();
    assert_ne!(first.secret, second.secret);
    assert_eq!(world.enrollments.keys().collect::<Vec<_>>(), [&second.enrollment]);
    let stale = TotpSecret::from_base32(first.secret.expose()).unwrap();
    let code = world.lab.code(&stale, 0);
    assert!(matches!(world.confirm(bearer(&grant), code), Err(Refusal::CodeIncorrect { .. })));
}

#[test]
fn a_factor_is_called_what_its_owner_calls_it_or_numbered() {
    let (mut world, person, grant) = signed_in();
    let other = world.lab.enrolled();
    for (label, factors, expected) in [
        (Some("Blue phone"), vec![], "Blue phone"),
        (None, vec![], "Authenticator"),
        (None, other.factors.clone(), "Authenticator 2"),
    ] {
        let decision = begin(&mut world, &person, &grant, label, factors);
        let Some(Change::PutEnrollment(put)) = decision.changes.first() else { panic!("{decision:?}") };
        assert_eq!(put.label, expected);
    }
}

#[test]
fn without_a_live_session_nothing_is_begun() {
    let (mut world, person, grant) = signed_in();
    let stranger = Grant { session: crate::ids::SessionId::from_uuid(uuid::Uuid::nil()), ..grant };
    assert_snapshot!(summary(&begin(&mut world, &person, &stranger, None, vec![])), @"no: TokenInvalid");
}

#[test]
fn switched_off_means_no_set_up() {
    let (mut world, person, grant) = signed_in();
    world.lab.policy.two_factor_enabled = false;
    assert_snapshot!(summary(&begin(&mut world, &person, &grant, None, vec![])), @r"
    no: FeatureDisabled
    change SaveSettings, 0 wrong, 0 in a row
    audit enrollment_started failed totp feature_disabled
    ");
}

#[test]
fn a_session_that_is_not_fresh_begins_nothing() {
    let (mut world, person, grant) = signed_in();
    world.lab.pass(Duration::from_mins(5));
    assert_snapshot!(summary(&begin(&mut world, &person, &grant, None, vec![])), @r"
    no: StepUpRequired
    change SaveSettings, 0 wrong, 0 in a row
    audit enrollment_started failed totp step_up_required
    ");
}

#[test]
fn nobody_has_more_than_twenty_authenticators() {
    let (mut world, person, grant) = signed_in();
    let one = world.lab.enrolled().factors.remove(0);
    assert!(begin(&mut world, &person, &grant, None, vec![one.clone(); 19]).reply.is_ok());
    assert_snapshot!(summary(&begin(&mut world, &person, &grant, None, vec![one; 20])), @r"
    no: AlreadyEnabled
    change SaveSettings, 0 wrong, 0 in a row
    audit enrollment_started failed totp too_many_factors
    ");
}

#[test]
fn no_decision_shows_the_secret() {
    let (mut world, person, grant) = signed_in();
    let decision = begin(&mut world, &person, &grant, None, vec![]);
    let shown = format!("{decision:?}");
    let begun = decision.reply.unwrap();
    for secret in [begun.secret.expose(), "otpauth", "Ada"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}
