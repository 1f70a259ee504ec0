//! Proving oneself anew.

use insta::assert_snapshot;

use super::*;
use crate::decision::CodeHint;
use crate::message::MessageKind;
use crate::session::RefreshHolder;
use crate::testing::{Lab, Person, World, bearer, entries_of, origin, summary};
use crate::time::Duration;

/// A world with one person whose session, begun by `method`, is six minutes old.
fn stale(
    person: impl FnOnce(&mut Lab) -> Person,
    method: Option<Method>,
    holder: RefreshHolder,
) -> (World, Person, Grant) {
    let mut lab = Lab::new();
    let person = person(&mut lab);
    let (session, grant) = lab.session(&person.account, method, holder);
    let mut world = World::of(lab, &person);
    world.sessions.insert(session.id, session);
    world.lab.pass(Duration::from_mins(6));
    (world, person, grant)
}

fn enrolled() -> (World, Person, Grant) {
    stale(Lab::enrolled, Some(Method::Totp), RefreshHolder::Body)
}

fn plain() -> (World, Person, Grant) {
    stale(|lab| Person::of(lab.account()), None, RefreshHolder::Body)
}

#[test]
fn a_code_makes_the_session_fresh_and_raises_it_to_what_was_proved() {
    let (mut world, person, grant) = stale(Lab::enrolled, None, RefreshHolder::Body);
    let bearer = bearer(&grant);
    assert_eq!(world.status(bearer).unwrap().fresh_until, None);
    let code = world.lab.code(&person.secrets[0], 0);
    let raised = world.step_up(bearer, code).unwrap();
    let now = world.lab.clock;
    assert_eq!(raised.fresh_until, now + world.lab.policy.freshness);
    assert_eq!((raised.grant.method, raised.grant.authenticated_at), (Some(Method::Totp), now));
    assert_eq!(raised.grant.session, grant.session, "the session keeps its id");
    assert_eq!(world.status(bearer).unwrap().fresh_until, Some(raised.fresh_until));
}

#[test]
fn all_of_it_is_one_commit() {
    let (mut world, person, grant) = enrolled();
    let proof = Proof::Code(world.lab.code(&person.secrets[0], 0));
    let view = ProofView {
        account: Some(person.account.clone()),
        session: world.sessions.get(&grant.session).cloned(),
        factors: person.factors.clone(),
        recovery_codes: vec![],
        sent_codes: vec![],
    };
    let command = StepUp { bearer: bearer(&grant), proof, refresh: None, origin: origin() };
    assert_snapshot!(summary(&world.lab.decide(&command, view).unwrap()), @r"
    yes
    change UseStep
    change RaiseSession by totp
    change RotateSession
    change SaveSettings, 0 wrong, 0 in a row
    audit stepped_up done totp session
    ");
}

/// A-105
#[test]
fn a_refresh_moves_neither_the_time_of_the_proof_nor_its_freshness() {
    let (mut world, person, grant) = enrolled();
    let code = world.lab.code(&person.secrets[0], 0);
    let raised = world.step_up(bearer(&grant), code).unwrap();
    let proved = world.lab.clock;
    let mut token = raised.grant.refresh.expose().to_owned();
    for _ in 0..7 {
        world.lab.pass(Duration::from_mins(9));
        let renewed = world.refresh(&token).unwrap();
        assert_eq!(renewed.authenticated_at, proved);
        assert_eq!(world.status(bearer(&renewed)).unwrap().fresh_until, None);
        token = renewed.refresh.expose().to_owned();
    }
}

#[test]
fn a_refresh_token_kept_by_the_client_is_replaced_and_the_old_one_is_dead() {
    let (mut world, person, grant) = enrolled();
    let code = world.lab.code(&person.secrets[0], 0);
    let raised = world.step_up(bearer(&grant), code).unwrap();
    assert!(raised.rotated);
    assert_eq!(world.refresh(grant.refresh.expose()).unwrap_err(), Refusal::TokenInvalid);
    world.refresh(raised.grant.refresh.expose()).unwrap();
}

#[test]
fn a_refresh_token_in_a_cookie_is_replaced_only_when_it_is_shown() {
    let (mut world, person, grant) = stale(Lab::enrolled, Some(Method::Totp), RefreshHolder::Cookie);
    let code = world.lab.code(&person.secrets[0], 0);
    let raised = world.step_up(bearer(&grant), code).unwrap();
    assert!(!raised.rotated && raised.grant.refresh.expose().is_empty());
    world.refresh(grant.refresh.expose()).unwrap();
}

#[test]
fn a_recovery_code_will_do_and_costs_what_it_costs_elsewhere() {
    let (mut world, person, grant) = enrolled();
    let code = TypedCode::parse(person.recovery_codes[0].expose());
    let raised = world.step_up(bearer(&grant), code.clone()).unwrap();
    assert_eq!(raised.grant.method, Some(Method::RecoveryCode));
    assert_eq!(world.outbox.iter().map(|mail| mail.kind).collect::<Vec<_>>(), [MessageKind::RecoveryCodeUsed]);
    assert!(matches!(world.step_up(bearer(&grant), code), Err(Refusal::CodeIncorrect { .. })));
}

/// A-03
#[test]
fn a_code_that_signed_in_proves_nothing_more() {
    let (mut world, person, grant) = enrolled();
    let token = world.challenge();
    let code = world.lab.code(&person.secrets[0], 0);
    world.verify(&token, code.clone()).unwrap();
    let refusal = world.step_up(bearer(&grant), code).unwrap_err();
    assert!(matches!(refusal, Refusal::CodeIncorrect { hint: Some(CodeHint::AlreadyUsed), .. }), "{refusal:?}");
}

/// A-39
#[test]
fn wrong_codes_come_off_the_one_budget() {
    let (mut world, person, grant) = enrolled();
    for left in (1..=9).rev() {
        let refusal = world.step_up(bearer(&grant), TypedCode::Other).unwrap_err();
        assert_eq!(refusal, Refusal::CodeIncorrect { attempts_left: left, hint: None });
    }
    let refusal = world.disable(bearer(&grant), TypedCode::Other).unwrap_err();
    assert_eq!(refusal, Refusal::CodeIncorrect { attempts_left: 0, hint: None });
    let code = world.lab.code(&person.secrets[0], 0);
    assert!(matches!(world.step_up(bearer(&grant), code), Err(Refusal::AccountLocked { .. })));
    let told: Vec<_> = world.outbox.iter().map(|mail| mail.kind).collect();
    assert_eq!(told, [MessageKind::WrongCodes, MessageKind::AccountLocked]);
    world.assert_chain_holds(person.account.user.person);
}

#[test]
fn without_a_factor_the_password_is_the_proof() {
    let (mut world, _, grant) = plain();
    let raised = world.step_up_by_password(bearer(&grant), true).unwrap();
    assert_eq!((raised.grant.method, raised.grant.authenticated_at), (None, world.lab.clock));
    assert!(world.status(bearer(&grant)).unwrap().fresh_until.is_some());
}

/// A-25
#[test]
fn with_a_factor_the_password_is_no_proof_right_or_wrong() {
    let (mut world, _, grant) = enrolled();
    for right in [true, false] {
        for _ in 0..20 {
            assert_eq!(world.step_up_by_password(bearer(&grant), right).unwrap_err(), Refusal::StepUpRequired);
        }
    }
    world.log_in("ada@example.org", true, RefreshHolder::Body).map(drop).unwrap();
}

/// A password signs in alone while the second factor is switched off; it is no proof for changing what waits.
#[test]
fn while_the_second_factor_is_switched_off_the_password_is_no_proof_for_changing_it() {
    let (mut world, _, grant) = enrolled();
    world.lab.policy.two_factor_enabled = false;
    for right in [true, false] {
        assert_eq!(world.step_up_by_password(bearer(&grant), right).unwrap_err(), Refusal::StepUpRequired);
    }
    let (mut world, _, grant) = plain();
    world.lab.policy.two_factor_enabled = false;
    world.step_up_by_password(bearer(&grant), true).unwrap();
}

#[test]
fn wrong_passwords_share_the_counters_of_the_sign_in_and_right_ones_cost_nothing() {
    let (mut world, _, grant) = plain();
    for _ in 0..15 {
        world.step_up_by_password(bearer(&grant), true).unwrap();
    }
    for _ in 0..5 {
        assert_eq!(world.step_up_by_password(bearer(&grant), false).unwrap_err(), Refusal::CredentialsInvalid);
        world.log_in("ada@example.org", false, RefreshHolder::Body).map(drop).unwrap_err();
    }
    let refusal = world.step_up_by_password(bearer(&grant), true).unwrap_err();
    assert!(matches!(refusal, Refusal::TooManyAttempts { retry_after: Some(_) }), "{refusal:?}");
}

#[test]
fn a_password_changed_during_its_check_proves_nothing() {
    let (mut world, person, grant) = plain();
    let email = person.account.user.email.clone();
    for proof in [PasswordProof::Right(PasswordHash::new("another".to_owned())), PasswordProof::Pending] {
        let proof = Proof::Password { email: email.clone(), proof, rehashed: None };
        let view = ProofView {
            account: Some(person.account.clone()),
            session: world.sessions.get(&grant.session).cloned(),
            factors: vec![],
            recovery_codes: vec![],
            sent_codes: vec![],
        };
        let command = StepUp { bearer: bearer(&grant), proof, refresh: None, origin: origin() };
        let decision = world.lab.decide(&command, view).unwrap();
        assert_eq!(entries_of(&decision, AuditAction::SteppedUp), [false]);
        assert_eq!(decision.reply.unwrap_err(), Refusal::CredentialsInvalid);
    }
}

#[test]
fn nobody_steps_up_without_a_live_session() {
    let (mut world, person, grant) = enrolled();
    world.sign_out(grant.refresh.expose()).unwrap();
    let code = world.lab.code(&person.secrets[0], 0);
    assert_eq!(world.step_up(bearer(&grant), code).unwrap_err(), Refusal::TokenInvalid);
    assert_eq!(world.step_up_by_password(bearer(&grant), true).unwrap_err(), Refusal::TokenInvalid);
}
