//! Trust: how it begins, what a shown cookie comes to, how it ends.

mod manage;

use insta::assert_snapshot;

use super::*;
use crate::decision::{Decision, Refusal};
use crate::ids::ApplicationId;
use crate::login::{FinishLogin, FinishLoginView, LoggedIn};
use crate::sent_code::Sends;
use crate::session::RefreshHolder;
use crate::testing::{Entered, Lab, Person, World, entries_of, origin, summary};
use crate::user::{Email, PasswordProof};

/// A world with one enrolled person whose browser was just remembered.
fn remembered() -> (World, Person) {
    let mut lab = Lab::new();
    let person = lab.enrolled();
    let mut world = World::of(lab, &person);
    remember(&mut world, &person);
    (world, person)
}

/// Answers a challenge and asks to be remembered, a step later than anything before.
fn remember(world: &mut World, person: &Person) -> NewDevice {
    world.cookie = None;
    world.lab.pass(Duration::from_secs(60));
    let token = world.challenge();
    let code = world.lab.code(&person.secrets[0], 0);
    world.verify_and_remember(&token, code).unwrap().trusted_device.unwrap()
}

/// Signs in with the right password and the browser's cookie; says whether the factor was spared.
fn is_trusted(world: &mut World) -> bool {
    match world.log_in("ada@example.org", true, RefreshHolder::Cookie) {
        Ok(Entered::Trusted(_)) => true,
        Ok(Entered::Challenge(_)) => false,
        Ok(Entered::Session(_)) => panic!("a password alone signed in"),
        Err(refusal) => panic!("{refusal:?}"),
    }
}

fn is_trusted_with(world: &mut World, cookie: &str) -> bool {
    world.cookie = Some(cookie.to_owned());
    is_trusted(world)
}

/// A moment less.
fn short_of(time: Duration) -> Duration {
    Duration::from_micros(time.as_micros() - 1)
}

fn shown(world: &World) -> String {
    world.cookie.clone().unwrap()
}

fn told(world: &World) -> Vec<MessageKind> {
    world.outbox.iter().map(|message| message.kind).collect()
}

/// Decides on a right password with a cookie and the device it leads to.
fn finish(lab: &mut Lab, person: &Person, cookie: &SecretText, device: &TrustedDevice) -> Decision<LoggedIn> {
    let command = FinishLogin {
        application: ApplicationId::DEFAULT,
        email: Email::parse("ada@example.org").unwrap(),
        proof: PasswordProof::Right(person.account.user.password.clone()),
        rehashed: None,
        repeated: true,
        holder: RefreshHolder::Cookie,
        device: DeviceToken::parse(cookie.expose()),
        origin: origin(),
    };
    let view = FinishLoginView {
        browsers: vec![],
        account: Some(person.account.clone()),
        factors: person.factors.clone(),
        challenges: vec![],
        device: Some(device.clone()),
        sends: Sends::default(),
    };
    lab.decide(&command, view).unwrap()
}

#[test]
fn a_recognized_device_signs_in_at_once_with_a_new_secret_and_is_not_fresh() {
    let mut lab = Lab::new();
    let person = lab.enrolled();
    let (device, cookie) = lab.trusted_device(&person.account);
    let decision = finish(&mut lab, &person, &cookie, &device);
    assert_snapshot!(summary(&decision), @r"
    yes
    change AddSession, fresh false
    change SaveTrustedDevice, new secret true
    change ReturnCharge
    change ReturnCharge
    change SaveSettings, 0 wrong, 0 in a row
    audit password_checked done
    audit signed_in done session
    audit trusted_device_recognized done
    audit trusted_device_rotated done
    ");
    let Ok(LoggedIn::TrustedDevice { grant, cookie: Some(next), .. }) = decision.reply else { panic!() };
    assert_eq!((grant.method, grant.authenticated_at), (None, lab.clock));
    assert_ne!(next.token, cookie);
    assert_eq!(next.life, Duration::from_days(30));
}

#[test]
fn remembering_is_told_and_written_down_with_the_device() {
    let (world, person) = remembered();
    assert_eq!(told(&world), [MessageKind::TrustedDeviceAdded]);
    let content = world.lab.read(&world.outbox[0]).unwrap();
    assert_eq!(content.event.as_ref().unwrap().device.as_deref(), Some("Unknown browser"));
    let (id, device) = world.devices.first_key_value().unwrap();
    let entry = &world.log.iter().find(|stored| stored.entry.action == AuditAction::TrustedDeviceAdded).unwrap().entry;
    assert_eq!((entry.device, entry.person), (Some(id.uuid()), Some(person.account.user.person)));
    assert_eq!(device.expires_at, world.lab.clock + Duration::from_days(30));
}

#[test]
fn trust_ends_thirty_days_after_the_factor_however_much_it_is_used() {
    let (mut world, _) = remembered();
    let began = world.lab.clock;
    for _ in 0..59 {
        world.lab.pass(Duration::from_hours(12));
        assert!(is_trusted(&mut world));
    }
    world.lab.clock = began + Duration::from_days(30) + Duration::from_micros(-1);
    assert!(is_trusted(&mut world));
    world.lab.clock = began + Duration::from_days(30);
    assert!(!is_trusted(&mut world));
}

#[test]
fn trust_ends_after_fourteen_days_without_use() {
    let (mut world, _) = remembered();
    world.lab.pass(short_of(Duration::from_days(14)));
    assert!(is_trusted(&mut world));
    world.lab.pass(Duration::from_days(14));
    assert!(!is_trusted(&mut world));
}

#[test]
fn a_shorter_age_ends_trust_that_was_given_for_longer() {
    let (mut world, _) = remembered();
    world.lab.policy.trust_life = Duration::from_days(7);
    world.lab.pass(Duration::from_days(7));
    assert!(!is_trusted(&mut world));
}

#[test]
fn trust_that_began_by_a_wrong_clock_is_none() {
    let (mut world, _) = remembered();
    world.lab.pass(Duration::from_days(-3));
    assert!(!is_trusted(&mut world));
}

#[test]
fn the_secret_before_is_taken_for_a_minute_and_brings_no_new_one() {
    let (mut world, _) = remembered();
    let first = shown(&world);
    assert!(is_trusted(&mut world));
    let second = shown(&world);
    assert_ne!(first, second);
    world.lab.pass(short_of(Duration::from_secs(60)));
    assert!(is_trusted_with(&mut world, &first));
    assert_eq!(shown(&world), first, "no new cookie");
    assert!(is_trusted_with(&mut world, &second), "and the browser that has the new one goes on");
}

#[test]
fn an_answer_that_was_lost_ends_trust_quietly() {
    let (mut world, _) = remembered();
    let first = shown(&world);
    assert!(is_trusted(&mut world));
    let second = shown(&world);
    world.lab.pass(Duration::from_secs(60));
    assert!(!is_trusted_with(&mut world, &first));
    assert_eq!(told(&world), [MessageKind::TrustedDeviceAdded], "nobody is alarmed");
    let last = &world.log[world.log.len() - 2..];
    assert!(last.iter().any(|stored| stored.entry.detail.to_text() == "answer_lost" && stored.entry.device.is_some()));
    assert!(!is_trusted_with(&mut world, &second), "the device is no longer trusted");
}

#[test]
fn a_secret_whose_successor_was_shown_is_stolen() {
    let mut lab = Lab::new();
    let person = lab.enrolled();
    let (mut device, cookie) = lab.trusted_device(&person.account);
    // The next secret was drawn, and shown before it was due to change.
    let (next, _) = DeviceToken::parse(cookie.expose()).unwrap().next(&mut lab.rng);
    (device.previous, device.secret, device.shown_at) = (Some(device.secret), next, Some(lab.clock));
    lab.pass(Duration::from_secs(60));
    let decision = finish(&mut lab, &person, &cookie, &device);
    assert_snapshot!(summary(&decision), @r"
    yes
    change AddChallenge
    change RevokeTrustedDevice
    change ReturnCharge
    change ReturnCharge
    change SaveSettings, 0 wrong, 0 in a row
    audit password_checked done
    audit challenge_started done challenge
    audit trusted_device_stolen failed
    audit trusted_device_revoked done stolen
    mail trusted_device_stolen
    ");
    let told = lab.read(&decision.outbox[0]).unwrap();
    assert_eq!(told.event.as_ref().unwrap().device.as_deref(), Some("Firefox on Linux"));
}

#[test]
fn any_older_secret_of_the_family_is_stolen_even_within_the_minute() {
    let (mut world, _) = remembered();
    let first = shown(&world);
    assert!(is_trusted(&mut world) && is_trusted(&mut world));
    let third = shown(&world);
    assert!(!is_trusted_with(&mut world, &first));
    assert!(told(&world).contains(&MessageKind::TrustedDeviceStolen));
    assert!(!is_trusted_with(&mut world, &third), "its owner is asked, too");
    let stolen = told(&world).iter().filter(|kind| **kind == MessageKind::TrustedDeviceStolen).count();
    assert_eq!(stolen, 1, "one theft, one alarm");
}

#[test]
fn no_character_of_a_cookie_can_be_changed() {
    for at in 0..86 {
        let (mut world, _) = remembered();
        let mut cookie = shown(&world).into_bytes();
        cookie[at] = if cookie[at] == b'A' { b'B' } else { b'A' };
        assert!(!is_trusted_with(&mut world, &String::from_utf8(cookie).unwrap()), "character {at}");
    }
}

#[test]
fn what_has_not_the_form_of_a_cookie_is_none() {
    for text in ["", "a", &"A".repeat(85), &"A".repeat(87), &"é".repeat(43), &"=".repeat(86)] {
        assert!(DeviceToken::parse(text).is_none(), "{text}");
    }
}

#[test]
fn the_device_of_somebody_else_is_not_judged() {
    let mut lab = Lab::new();
    let (person, other) = (lab.enrolled(), lab.enrolled());
    let (device, cookie) = lab.trusted_device(&other.account);
    let decision = finish(&mut lab, &person, &cookie, &device);
    assert_snapshot!(summary(&decision), @r"
    yes
    change AddChallenge
    change ReturnCharge
    change ReturnCharge
    change SaveSettings, 0 wrong, 0 in a row
    audit password_checked done
    audit challenge_started done challenge
    audit trusted_device_recognized failed unknown
    ");
    assert!(decision.audit.iter().all(|entry| entry.device.is_none()), "nor named on this person's chain");
}

#[test]
fn a_secret_younger_than_the_rotation_period_stays() {
    let (mut world, _) = remembered();
    world.lab.policy.trust_rotation = Duration::from_days(7);
    let first = shown(&world);
    world.lab.pass(short_of(Duration::from_days(7)));
    assert!(is_trusted(&mut world));
    assert_eq!(shown(&world), first);
    world.lab.pass(Duration::from_micros(1));
    assert!(is_trusted(&mut world));
    let second = shown(&world);
    assert_ne!(second, first);
    world.lab.pass(Duration::from_mins(1));
    assert!(is_trusted(&mut world));
    assert_eq!(shown(&world), second);
    assert!(!is_trusted_with(&mut world, &first));
    assert!(told(&world).contains(&MessageKind::TrustedDeviceStolen), "its successor was shown");
}

#[test]
fn a_trusted_device_signs_in_while_codes_are_refused() {
    let (mut world, person) = remembered();
    let guesses = &mut world.users.get_mut(&person.account.user.id).unwrap().settings.guesses;
    guesses.locked_until = Some(world.lab.clock + Duration::from_mins(15));
    assert!(is_trusted(&mut world));
    world.users.get_mut(&person.account.user.id).unwrap().settings.guesses.stopped_at = Some(world.lab.clock);
    assert!(is_trusted(&mut world));
    world.cookie = None;
    let refused = world.log_in("ada@example.org", true, RefreshHolder::Cookie);
    assert!(matches!(refused, Err(Refusal::AccountLocked { .. })));
}

#[test]
fn a_wrong_password_is_not_helped_by_a_cookie_and_does_not_use_it() {
    let (mut world, _) = remembered();
    let before = world.devices.clone();
    let refused = world.log_in("ada@example.org", false, RefreshHolder::Cookie);
    assert!(matches!(refused, Err(Refusal::CredentialsInvalid)));
    assert_eq!(world.devices, before);
}

#[test]
fn switched_off_means_that_no_cookie_is_looked_at_and_none_is_given() {
    let (mut world, person) = remembered();
    world.lab.policy.trusted_devices = false;
    let before = world.devices.clone();
    assert!(!is_trusted(&mut world));
    assert_eq!(world.devices, before);
    world.lab.pass(Duration::from_secs(60));
    let (token, code) = (world.challenge(), world.lab.code(&person.secrets[0], 0));
    assert!(world.verify_and_remember(&token, code).unwrap().trusted_device.is_none());
    world.lab.policy.trusted_devices = true;
    assert!(is_trusted(&mut world), "nothing was deleted");
}

#[test]
fn the_sixth_device_ends_the_oldest_and_says_so() {
    let (mut world, person) = remembered();
    let mut cookies = vec![shown(&world)];
    for _ in 0..5 {
        remember(&mut world, &person);
        cookies.push(shown(&world));
    }
    for (number, cookie) in cookies.iter().enumerate() {
        assert_eq!(is_trusted_with(&mut world, cookie), number > 0, "device number {}", number + 1);
    }
    let gone: Vec<_> = world.log.iter().filter(|stored| stored.entry.detail.to_text() == "too_many").collect();
    assert_eq!(gone.len(), 1);
}

#[test]
fn a_browser_that_is_remembered_again_is_one_device() {
    let (mut world, person) = remembered();
    let first = shown(&world);
    world.lab.pass(Duration::from_secs(60));
    let before = world.cookie.take();
    let token = world.challenge();
    world.cookie = before;
    let code = world.lab.code(&person.secrets[0], 0);
    world.verify_and_remember(&token, code).unwrap();
    assert_eq!(world.devices.values().filter(|device| device.revoked_at.is_none()).count(), 1);
    assert!(is_trusted(&mut world));
    assert!(!is_trusted_with(&mut world, &first));
}

#[test]
fn a_recovery_code_ends_trust_and_begins_none() {
    let (mut world, person) = remembered();
    let cookie = world.cookie.take();
    let token = world.challenge();
    let code = crate::code::TypedCode::parse(person.recovery_codes[0].expose());
    assert!(world.verify_and_remember(&token, code).unwrap().trusted_device.is_none());
    world.cookie = cookie;
    assert!(!is_trusted(&mut world));
}

#[test]
fn a_cookie_that_is_not_accepted_leaves_an_entry_that_says_why() {
    let mut lab = Lab::new();
    let person = lab.enrolled();
    let (device, cookie) = lab.trusted_device(&person.account);
    let now = lab.clock;
    let earlier = now + Duration::from_days(-20);
    for (device, why) in [
        (TrustedDevice { revoked_at: Some(now), ..device.clone() }, "revoked"),
        (TrustedDevice { expires_at: now, ..device.clone() }, "expired"),
        (TrustedDevice { created_at: earlier, last_used_at: earlier, ..device.clone() }, "idle"),
        (TrustedDevice { last_used_at: now + Duration::from_days(2), ..device.clone() }, "clock_skew"),
    ] {
        let decision = finish(&mut lab, &person, &cookie, &device);
        assert!(matches!(decision.reply, Ok(LoggedIn::FactorDue { .. })), "{why}");
        assert_eq!(entries_of(&decision, AuditAction::TrustedDeviceRecognized), [false], "{why}");
        let entry = decision.audit.iter().find(|entry| entry.action == AuditAction::TrustedDeviceRecognized).unwrap();
        assert_eq!((entry.detail.to_text().as_str(), entry.device), (why, Some(device.id.uuid())));
    }
}

#[test]
fn browsers_are_called_by_words_of_a_list() {
    let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    let chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36";
    let edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0";
    let iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1";
    for (agent, name) in [
        (Some(firefox), "Firefox on Linux"),
        (Some(chrome), "Chrome on Windows 10"),
        (Some(edge), "Edge on Windows 10"),
        (Some(iphone), "Safari on iPhone"),
        (Some("<script>\u{202e}evil</script>"), "Unknown browser"),
        (None, "Unknown browser"),
    ] {
        assert_eq!(device_name(agent), name);
    }
}

proptest::proptest! {
    #[test]
    fn whatever_a_browser_calls_itself_its_name_here_is_short_and_visible(agent in "\\PC{0,40}(Firefox|Linux|Version/)?\\PC{0,200}") {
        let name = device_name(Some(&agent));
        proptest::prop_assert!(name.is_ascii() && name.len() <= 64 && !name.chars().any(char::is_control), "{}", name);
    }
}
