//! Listing, trusting and ending trust from a session.

use super::*;
use crate::factor::Method;
use crate::session::{Bearer, Session};
use crate::testing::bearer;

/// A session that began now, with this proof.
fn session(world: &mut World, person: &Person, method: Option<Method>) -> Bearer {
    let (session, grant) = world.lab.session(&person.account, method, RefreshHolder::Cookie);
    world.sessions.insert(session.id, session);
    bearer(&grant)
}

fn session_mut(world: &mut World, bearer: Bearer) -> &mut Session {
    world.sessions.get_mut(&bearer.session).unwrap()
}

fn enrolled() -> (World, Person) {
    let mut lab = Lab::new();
    let person = lab.enrolled();
    (World::of(lab, &person), person)
}

#[test]
fn a_fresh_factor_trusts_the_browser_for_thirty_days_from_that_factor() {
    let (mut world, person) = enrolled();
    let bearer = session(&mut world, &person, Some(Method::Totp));
    let proved_at = world.lab.clock;
    world.lab.pass(Duration::from_mins(4));
    let device = world.trust_device(bearer).unwrap();
    assert_eq!(device.expires_at, proved_at + Duration::from_days(30));
    assert_eq!(device.cookie.life, device.expires_at.since(world.lab.clock));
    assert_eq!(told(&world), [MessageKind::TrustedDeviceAdded]);
    assert!(is_trusted(&mut world));
}

#[test]
fn nothing_less_than_a_fresh_factor_begins_trust() {
    for method in [None, Some(Method::RecoveryCode)] {
        let (mut world, person) = enrolled();
        let bearer = session(&mut world, &person, method);
        assert_eq!(world.trust_device(bearer).unwrap_err(), Refusal::StepUpRequired, "{method:?}");
        assert!(world.devices.is_empty());
    }
    let (mut world, person) = enrolled();
    let bearer = session(&mut world, &person, Some(Method::Totp));
    world.lab.pass(Duration::from_mins(5));
    assert_eq!(world.trust_device(bearer).unwrap_err(), Refusal::StepUpRequired);
    session_mut(&mut world, bearer).fresh_at = None;
    assert_eq!(world.trust_device(bearer).unwrap_err(), Refusal::StepUpRequired);
}

#[test]
fn a_trust_never_renews_a_trust() {
    let (mut world, _) = remembered();
    let Ok(Entered::Trusted(grant)) = world.log_in("ada@example.org", true, RefreshHolder::Cookie) else { panic!() };
    assert_eq!(world.trust_device(bearer(&grant)).unwrap_err(), Refusal::StepUpRequired);
}

#[test]
fn who_has_no_second_factor_has_nothing_to_be_spared() {
    let mut lab = Lab::new();
    let person = Person::of(lab.account());
    let mut world = World::of(lab, &person);
    let bearer = session(&mut world, &person, Some(Method::Totp));
    assert_eq!(world.trust_device(bearer).unwrap_err(), Refusal::StepUpRequired);
}

#[test]
fn the_list_has_the_newest_first_and_goes_on_where_it_stopped() {
    let (mut world, person) = remembered();
    let own = shown(&world);
    for _ in 0..4 {
        remember(&mut world, &person);
    }
    world.cookie = Some(own);
    let bearer = session(&mut world, &person, None);
    let first = world.list_devices(bearer, None, 3).unwrap();
    let second = world.list_devices(bearer, first.next, 3).unwrap();
    assert_eq!((first.items.len(), second.items.len(), second.next), (3, 2, None));
    let all: Vec<&ListedDevice> = first.items.iter().chain(&second.items).collect();
    assert!(all.is_sorted_by_key(|device| std::cmp::Reverse(device.created_at)));
    let current: Vec<bool> = all.iter().map(|device| device.current).collect();
    assert_eq!(current, [false, false, false, false, true]);
    assert_eq!(all[0].ip_address, origin().ip);
    assert_eq!(world.list_devices(bearer, None, 5).unwrap().next, None);
}

#[test]
fn the_list_and_the_status_leave_out_what_is_over() {
    let (mut world, person) = remembered();
    world.lab.pass(Duration::from_days(14));
    remember(&mut world, &person);
    let bearer = session(&mut world, &person, None);
    assert_eq!(world.list_devices(bearer, None, 9).unwrap().items.len(), 1);
    assert_eq!(world.status(bearer).unwrap().trusted_devices, 1);
}

#[test]
fn one_device_is_revoked_and_the_others_stay() {
    let (mut world, person) = remembered();
    let first = shown(&world);
    let second = remember(&mut world, &person).id;
    let gone = shown(&world);
    let bearer = session(&mut world, &person, Some(Method::Totp));
    assert_eq!(world.revoke(bearer, Some(second)), Ok(true), "it was this browser");
    assert!(told(&world).contains(&MessageKind::TrustRevoked));
    assert_eq!(world.revoke(bearer, Some(second)), Err(Refusal::NotFound), "gone is gone");
    assert!(!is_trusted_with(&mut world, &gone));
    assert!(is_trusted_with(&mut world, &first));
}

#[test]
fn all_devices_are_revoked_at_once() {
    let (mut world, person) = remembered();
    let first = shown(&world);
    remember(&mut world, &person);
    world.cookie = None;
    let bearer = session(&mut world, &person, Some(Method::Totp));
    assert_eq!(world.revoke(bearer, None), Ok(false));
    assert!(!is_trusted_with(&mut world, &first));
    let mails = world.outbox.len();
    assert_eq!(world.revoke(bearer, None), Ok(false));
    assert_eq!(world.outbox.len(), mails, "where nothing ended, nothing is told");
}

#[test]
fn ending_trust_needs_a_fresh_proof_of_any_kind() {
    let (mut world, person) = remembered();
    let id = *world.devices.keys().next().unwrap();
    let bearer = session(&mut world, &person, Some(Method::RecoveryCode));
    world.lab.pass(Duration::from_mins(5));
    for which in [None, Some(id)] {
        assert_eq!(world.revoke(bearer, which), Err(Refusal::StepUpRequired));
    }
    session_mut(&mut world, bearer).fresh_at = Some(world.lab.clock);
    assert_eq!(world.revoke(bearer, Some(id)), Ok(true));
}

#[test]
fn switched_off_means_that_nothing_but_ending_trust_is_left() {
    let (mut world, person) = remembered();
    let bearer = session(&mut world, &person, Some(Method::Totp));
    world.lab.policy.trusted_devices = false;
    assert_eq!(world.list_devices(bearer, None, 9).unwrap_err(), Refusal::FeatureDisabled);
    assert_eq!(world.trust_device(bearer).unwrap_err(), Refusal::FeatureDisabled);
    assert_eq!(world.status(bearer).unwrap().trusted_devices, 0);
    let id = *world.devices.keys().next().unwrap();
    assert_eq!(world.revoke(bearer, Some(id)), Ok(true));
    assert!(told(&world).contains(&MessageKind::TrustRevoked));
    assert_eq!(world.revoke(bearer, None), Ok(false));
    world.lab.policy.trusted_devices = true;
    assert!(!is_trusted(&mut world), "trust that was ended came back");
}
