//! What an application wants, and how far it may go.

use super::super::challenge::Status;
use super::super::tests::{SHOP, ask, customer, request, shop, view};
use super::outlook::{Outlook, TryApplication};
use super::*;
use crate::testing::{Lab, START, origin};

fn change(difference: Difference) -> ChangeApplication {
    ChangeApplication { application: Named::Id(SHOP), difference, origin: origin() }
}

fn of(application: Application) -> ApplicationView {
    ApplicationView { application: Some(application), return_urls: vec![] }
}

#[test]
fn a_policy_is_only_ever_stricter_than_that_of_the_house() {
    let house = Policy { methods: vec![Method::Totp, Method::Email], ..Policy::default() };
    assert!(matches!(shop(true).policy(&house), Cow::Borrowed(_)));
    let mut one = shop(false);
    one.rules.methods = Some(vec![Method::Sms, Method::Totp]);
    one.rules.trust_days = Some(MOST_TRUST_DAYS);
    let policy = one.policy(&house).into_owned();
    assert_eq!((policy.methods, policy.trust_life), (vec![Method::Totp], house.trust_life));
    assert!(policy.trusted_devices);
    one.rules.trust_days = Some(3);
    assert_eq!(one.policy(&house).trust_life, Duration::from_days(3));
    one.rules.trust_days = Some(0);
    assert!(!one.policy(&house).trusted_devices);
    let off = Policy { trusted_devices: false, ..Policy::default() };
    one.rules.trust_days = Some(3);
    assert!(!one.policy(&off).trusted_devices);
}

#[test]
fn authenticators_call_an_application_as_it_wants() {
    let house = Policy::default();
    let mut one = shop(false);
    assert_eq!(one.policy(&house).issuer, "Twinlock");
    one.display_name = Some("Ada's Books".into());
    assert_eq!(one.policy(&house).issuer, "Ada's Books");
    one.rules.issuer = Some("Books".into());
    assert_eq!(one.policy(&house).issuer, "Books");
}

#[test]
fn grace_ends_at_its_moment() {
    let mut lab = Lab::new();
    let from = START + Duration::from_days(7);
    let wanted = SecondFactor::Required { from: Some(from) };
    let mut within = view(None, None, true);
    within.application.as_mut().unwrap().rules.second_factor = wanted;
    let (free, _) = ask(&mut lab, &request(SHOP), within);
    assert_eq!((free.status, free.why.as_str(), free.grace_until), (Status::NotRequired, "grace", Some(from)));
    lab.clock = from;
    let mut after = view(None, None, true);
    after.application.as_mut().unwrap().rules.second_factor = wanted;
    let (enroll, _) = ask(&mut lab, &request(SHOP), after);
    assert_eq!((enroll.status, enroll.grace_until, enroll.proof.is_some()), (Status::EnrollmentRequired, None, false));
    // Who has a factor is asked for it, grace or not.
    lab.clock = START;
    let person = customer(&mut lab);
    let mut theirs = view(Some(person.account.clone()), Some(&person), true);
    theirs.application.as_mut().unwrap().rules.second_factor = wanted;
    let (due, _) = ask(&mut lab, &request(SHOP), theirs);
    assert_eq!((due.status, due.grace_until), (Status::Pending, None));
}

#[test]
fn what_changes_is_written_down_and_what_does_not_is_not() {
    let mut lab = Lab::new();
    let difference = Difference {
        second_factor: Some(SecondFactor::Required { from: None }),
        trust_days: Some(Some(7)),
        issuer: Some(None),
        ..Difference::default()
    };
    let decision = lab.decide(&change(difference.clone()), of(shop(false))).unwrap();
    assert_eq!((decision.audit.len(), decision.changes.len()), (2, 1));
    let changed = decision.reply.unwrap().application;
    assert_eq!(changed.rules.trust_days, Some(7));
    let again = lab.decide(&change(difference), of(changed)).unwrap();
    assert!(again.audit.is_empty() && again.changes.is_empty());
}

#[test]
fn our_own_sign_in_is_set_by_the_house_only() {
    let mut lab = Lab::new();
    let ours = Application { id: ApplicationId::DEFAULT, ..shop(false) };
    let decision = lab.decide(&change(Difference::default()), of(ours)).unwrap();
    assert_eq!(decision.reply.unwrap_err(), Refusal::NotFound);
    assert!(decision.changes.is_empty());
}

#[test]
fn a_name_people_see_cannot_be_read_as_something_else_by_an_authenticator() {
    assert!(Difference::name_fits("Ada's Books & Töne"));
    for name in ["", " x", "x ", "a:b", "a\nb", &"x".repeat(65)] {
        assert!(!Difference::name_fits(name), "{name:?}");
    }
}

#[test]
fn a_try_tells_who_would_be_asked_who_would_enroll_and_who_would_be_locked_out() {
    let mut lab = Lab::new();
    let now = lab.clock;
    let from = now + Duration::from_days(7);
    let difference = Difference {
        second_factor: Some(SecondFactor::Required { from: Some(from) }),
        methods: Some(Some(vec![Method::Totp])),
        ..Difference::default()
    };
    let command = TryApplication { application: Named::Id(SHOP), difference };
    let decision = lab.decide(&command, of(shop(false))).unwrap();
    assert!(decision.changes.is_empty() && decision.audit.is_empty());
    let tried = decision.reply.unwrap().application;
    let house = Policy::default();
    assert_eq!(tried.outlook(&house, &[Method::Sms, Method::Totp], now), Outlook::Asked);
    assert_eq!(tried.outlook(&house, &[Method::Sms], now), Outlook::LockedOut);
    assert_eq!(tried.outlook(&house, &[], now), Outlook::Enrolls(Some(from)));
    assert_eq!(tried.outlook(&house, &[], from), Outlook::Enrolls(None));
    assert_eq!(shop(false).outlook(&house, &[], now), Outlook::Passes);
    let off = Policy { two_factor_enabled: false, ..Policy::default() };
    assert_eq!(tried.outlook(&off, &[Method::Sms], now), Outlook::Passes);
}
