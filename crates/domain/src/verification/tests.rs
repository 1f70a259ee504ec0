//! Answering a challenge, branch by branch.

mod guesses;
mod refusals;
mod replay;

use insta::assert_snapshot;

use super::*;
use crate::code::TypedCode;
use crate::decision::CodeHint;
use crate::message::MessageKind;
use crate::testing::{Lab, Person, World, entries_of, summary};
use crate::time::Duration;

/// A world with one enrolled person who has just given the right password.
fn challenged() -> (World, Person, String) {
    let mut lab = Lab::new();
    let person = lab.enrolled();
    let mut world = World::of(lab, &person);
    let token = world.challenge();
    (world, person, token)
}

fn recovery(person: &Person, number: usize) -> TypedCode {
    TypedCode::parse(person.recovery_codes[number].expose())
}

fn mails(world: &World) -> Vec<MessageKind> {
    world.outbox.iter().map(|message| message.kind).collect()
}

#[test]
fn a_right_code_completes_the_challenge_uses_its_step_and_starts_a_fresh_session() {
    let (mut world, person, token) = challenged();
    let code = world.lab.code(&person.secrets[0], 0);
    assert_snapshot!(summary(&world.judge(&token, code)), @r"
    yes
    change CompleteChallenge
    change UseStep
    change AddSession, fresh true
    change SeeBrowser Unknown browser
    change SaveSettings, 0 wrong, 0 in a row
    audit code_verified done totp challenge
    ");
}

#[test]
fn a_right_code_says_who_is_in_and_with_what() {
    let (mut world, person, token) = challenged();
    let code = world.lab.code(&person.secrets[0], -1);
    let verified = world.verify(&token, code).unwrap();
    assert_eq!(verified.method, Method::Totp);
    assert_eq!(verified.user.id, person.account.user.id);
    assert_eq!(verified.recovery_codes_remaining, 10);
    assert_eq!(verified.grant.method, Some(Method::Totp));
    assert_eq!(verified.grant.holder, RefreshHolder::Body, "as the sign-in said");
}

#[test]
fn where_the_refresh_token_goes_may_be_said_with_the_code() {
    let (mut world, person, token) = challenged();
    let challenge = world.challenge_of(&token);
    let code = world.lab.code(&person.secrets[0], 0);
    let holder = Some(RefreshHolder::Cookie);
    let command = Verify {
        token: TokenHash::of(&token),
        code,
        holder,
        remember: false,
        device: None,
        origin: crate::testing::origin(),
    };
    let account = Some(person.account.clone());
    let view = VerifyView {
        reset_request: None,
        browsers: vec![],
        account,
        challenge,
        factors: person.factors.clone(),
        recovery_codes: vec![],
        devices: vec![],
        sent_codes: vec![],
    };
    let decision = world.lab.decide(&command, view).unwrap();
    assert_eq!(decision.reply.unwrap().grant.holder, RefreshHolder::Cookie);
}

#[test]
fn exactly_the_steps_before_now_and_after_are_right() {
    for steps in -3..=3 {
        let (mut world, person, token) = challenged();
        let code = world.lab.code(&person.secrets[0], steps);
        assert_eq!(world.verify(&token, code).is_ok(), (-1..=1).contains(&steps), "{steps:+}");
    }
}

#[test]
fn any_authenticator_of_the_person_will_do_and_only_its_own_step_is_used() {
    let (mut world, mut person, _) = challenged();
    world.lab.add_authenticator(&mut person);
    let mut world = World::of(world.lab, &person);
    for number in [1, 0] {
        let token = world.challenge();
        let code = world.lab.code(&person.secrets[number], 0);
        world.verify(&token, code).unwrap();
        assert!(world.factors[&person.factors[number].id].last_used_step.is_some());
    }
}

#[test]
fn the_code_of_somebody_else_is_wrong() {
    let (mut world, _, token) = challenged();
    let other = world.lab.enrolled();
    let code = world.lab.code(&other.secrets[0], 0);
    assert!(matches!(world.verify(&token, code), Err(Refusal::CodeIncorrect { hint: None, .. })));
    assert!(matches!(world.verify(&token, recovery(&other, 0)), Err(Refusal::CodeIncorrect { hint: None, .. })));
}

#[test]
fn a_wrong_code_is_charged_to_the_challenge_and_to_the_account() {
    let (mut world, _, token) = challenged();
    assert_snapshot!(summary(&world.judge(&token, TypedCode::Other)), @r"
    no: CodeIncorrect { attempts_left: 4, hint: None }
    change SaveAttempts 1, offset None
    change SaveSettings, 1 wrong, 1 in a row
    audit code_verified failed wrong_code
    ");
}

#[test]
fn a_recovery_code_signs_in_and_its_owner_is_told() {
    let (mut world, person, token) = challenged();
    assert_snapshot!(summary(&world.judge(&token, recovery(&person, 3))), @r"
    yes
    change CompleteChallenge
    change UseRecoveryCode
    change AddSession, fresh true
    change SeeBrowser Unknown browser
    change RevokeTrust
    change SaveSettings, 0 wrong, 0 in a row
    audit code_verified done recovery_code challenge
    audit recovery_code_used done
    audit trust_revoked done recovery_code_used
    mail recovery_code_used
    ");
    let verified = world.verify(&token, recovery(&person, 3)).unwrap();
    assert_eq!((verified.method, verified.recovery_codes_remaining), (Method::RecoveryCode, 9));
    let told = world.lab.read(&world.outbox[0]).unwrap();
    assert_eq!((told.to.as_str(), told.event.as_ref().unwrap().remaining), ("Ada@example.org", Some(9)));
    assert_eq!(told.event.as_ref().unwrap().ip.as_deref(), Some("192.0.2.7"));
}

#[test]
fn when_three_recovery_codes_are_left_their_owner_is_warned_once() {
    let (mut world, person, _) = challenged();
    for number in 0..10 {
        let token = world.challenge();
        world.verify(&token, recovery(&person, number)).unwrap();
        let warned = mails(&world).iter().filter(|kind| **kind == MessageKind::RecoveryCodesLow).count();
        assert_eq!(warned, usize::from(number >= 6), "after code number {}", number + 1);
    }
    assert!(world.recovery_codes.is_empty());
}

#[test]
fn each_try_is_one_entry_on_the_chain_of_the_person() {
    let (mut world, person, token) = challenged();
    let right = world.lab.code(&person.secrets[0], 0);
    for (code, success) in [(TypedCode::Other, false), (recovery(&person, 0), true), (right, true)] {
        let decision = world.judge(&token, code);
        assert_eq!(entries_of(&decision, AuditAction::CodeVerified), [success]);
        assert_eq!(decision.chain.unwrap().person, person.account.user.person);
    }
}

#[test]
fn no_decision_shows_the_code_the_tokens_or_the_address() {
    let (mut world, person, token) = challenged();
    let TypedCode::Digits(digits) = world.lab.code(&person.secrets[0], 0) else { unreachable!() };
    let code = digits.to_string();
    let command = Verify {
        token: TokenHash::of(&token),
        code: TypedCode::Digits(digits),
        holder: None,
        remember: false,
        device: None,
        origin: crate::testing::origin(),
    };
    let decision = world.judge(&token, TypedCode::Digits(digits));
    let refresh = decision.reply.as_ref().unwrap().grant.refresh.expose().to_owned();
    let shown = format!("{command:?} {decision:?}");
    for secret in [&code, &token, &refresh, "Ada@", "ada@", "$argon2id$"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}

#[test]
fn a_secret_that_does_not_open_is_a_fault_and_never_a_wrong_code() {
    let (mut world, person, token) = challenged();
    let right = world.lab.code(&person.secrets[0], 0);
    let (own, other) = (person.factors[0].clone(), world.lab.enrolled());
    let moved = Factor { secret: other.factors[0].secret.clone(), ..own };
    let command = Verify {
        token: TokenHash::of(&token),
        code: right,
        holder: None,
        remember: false,
        device: None,
        origin: crate::testing::origin(),
    };
    let view = VerifyView {
        reset_request: None,
        browsers: vec![],
        account: Some(person.account.clone()),
        challenge: world.challenge_of(&token),
        factors: vec![moved],
        recovery_codes: person.stored_codes.clone(),
        devices: vec![],
        sent_codes: vec![],
    };
    assert_eq!(
        world.lab.decide(&command, view).unwrap_err().to_string(),
        "factors.secret: does not open: altered, or moved from another row"
    );
}

#[test]
fn recovery_codes_hashed_with_a_lost_pepper_are_a_fault_and_never_a_wrong_code() {
    let (mut world, person, token) = challenged();
    world.lab.keys = crate::secret::KeyRing::generate(&mut crate::testing::rng(9));
    let command = Verify {
        token: TokenHash::of(&token),
        code: recovery(&person, 0),
        holder: None,
        remember: false,
        device: None,
        origin: crate::testing::origin(),
    };
    let view = VerifyView {
        reset_request: None,
        browsers: vec![],
        account: Some(person.account.clone()),
        challenge: world.challenge_of(&token),
        factors: person.factors.clone(),
        recovery_codes: person.stored_codes.clone(),
        devices: vec![],
        sent_codes: vec![],
    };
    let broken = world.lab.decide(&command, view).unwrap_err();
    assert!(matches!(broken, Broken { table: "recovery_codes", fault: crate::secret::Fault::MissingKey(_), .. }));
}
