//! What is refused before a code is even charged, in the order of the rule.

use super::*;
use crate::challenge::Challenge;
use crate::user::Account;

/// Decides on a right code for a challenge and an account that were changed first.
fn judged(change: impl FnOnce(&mut Account, &mut Challenge, &mut Lab)) -> Decision<Verified> {
    let (mut world, person, token) = challenged();
    let mut account = person.account.clone();
    let mut challenge = world.challenge_of(&token).unwrap();
    change(&mut account, &mut challenge, &mut world.lab);
    let code = world.lab.code(&person.secrets[0], 0);
    let command = Verify {
        token: TokenHash::of(&token),
        code,
        holder: None,
        remember: false,
        device: None,
        origin: crate::testing::origin(),
    };
    let view = VerifyView {
        reset_request: None,
        browsers: vec![],
        account: Some(account),
        challenge: Some(challenge),
        factors: person.factors.clone(),
        recovery_codes: person.stored_codes.clone(),
        devices: vec![],
        sent_codes: vec![],
    };
    world.lab.decide(&command, view).unwrap()
}

fn lock(account: &mut Account, lab: &Lab) {
    account.settings.guesses.locked_until = Some(lab.clock + Duration::from_mins(15));
}

#[test]
fn an_unknown_partial_token_is_refused_without_a_trace() {
    let (mut world, person, _) = challenged();
    let code = world.lab.code(&person.secrets[0], 0);
    assert_snapshot!(summary(&world.judge("unknown", code)), @"no: PartialTokenInvalid");
}

#[test]
fn a_disabled_user_has_no_partial_token() {
    let decision = judged(|account, challenge, lab| {
        account.user.disabled_at = Some(lab.clock);
        challenge.completed_at = Some(lab.clock);
        lock(account, lab);
    });
    assert_snapshot!(summary(&decision), @r"
    no: PartialTokenInvalid
    change SaveSettings, 0 wrong, 0 in a row, locked
    audit code_verified failed disabled
    ");
}

#[test]
fn an_answered_challenge_is_over_even_when_the_account_is_locked() {
    let decision = judged(|account, challenge, lab| {
        challenge.completed_at = Some(lab.clock);
        challenge.ended_at = Some(lab.clock);
        lock(account, lab);
    });
    assert_snapshot!(summary(&decision), @r"
    no: AlreadyCompleted
    change SaveSettings, 0 wrong, 0 in a row, locked
    audit code_verified failed challenge_over
    ");
}

#[test]
fn a_challenge_that_was_ended_is_over() {
    let decision = judged(|_, challenge, lab| challenge.ended_at = Some(lab.clock));
    assert_eq!(decision.reply.unwrap_err(), Refusal::ChallengeExpired);
}

#[test]
fn a_challenge_is_over_at_exactly_its_end() {
    for (micros, over) in [(-1, false), (0, true), (1, true)] {
        let decision = judged(|_, challenge, lab| challenge.expires_at = lab.clock + Duration::from_micros(-micros));
        assert_eq!(decision.reply.err(), over.then_some(Refusal::ChallengeExpired), "{micros} after its end");
    }
}

#[test]
fn a_spent_challenge_takes_no_sixth_code() {
    let decision = judged(|account, challenge, lab| {
        challenge.attempts = 5;
        lock(account, lab);
    });
    assert_eq!(decision.reply.unwrap_err(), Refusal::TooManyAttempts { retry_after: None });
}

#[test]
fn a_locked_account_takes_not_even_a_right_code() {
    assert_snapshot!(summary(&judged(|account, _, lab| lock(account, lab))), @r"
    no: AccountLocked { retry_after: Some(Duration(900000000)) }
    change SaveSettings, 0 wrong, 0 in a row, locked
    audit code_verified failed account_locked
    ");
}

#[test]
fn a_lock_is_over_at_exactly_its_end() {
    for (micros, open) in [(-1, false), (0, true)] {
        let decision = judged(|account, _, lab| {
            account.settings.guesses.locked_until = Some(lab.clock + Duration::from_micros(-micros));
        });
        assert_eq!(decision.reply.is_ok(), open, "{micros} after its end");
    }
}

#[test]
fn a_stopped_account_waits_for_no_clock() {
    let decision = judged(|account, _, lab| {
        account.settings.guesses.stopped_at = Some(lab.clock + Duration::from_days(-365));
    });
    assert_eq!(decision.reply.unwrap_err(), Refusal::AccountLocked { retry_after: None });
}

#[test]
fn a_challenge_is_over_where_the_second_factor_was_switched_off() {
    let decision = judged(|_, _, lab| lab.policy.two_factor_enabled = false);
    assert_eq!(entries_of(&decision, AuditAction::CodeVerified), [false]);
    assert_eq!(decision.reply.unwrap_err(), Refusal::ChallengeExpired);
}

#[test]
fn what_was_refused_as_over_does_not_live_again_when_the_clock_goes_back() {
    let (mut world, person, token) = challenged();
    world.lab.pass(Duration::from_mins(10));
    let late = world.lab.code(&person.secrets[0], 0);
    assert_eq!(world.verify(&token, late).unwrap_err(), Refusal::ChallengeExpired);
    world.lab.pass(Duration::from_mins(-10));
    let code = world.lab.code(&person.secrets[0], 0);
    assert_eq!(world.verify(&token, code).unwrap_err(), Refusal::ChallengeExpired);
}
