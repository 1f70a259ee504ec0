//! Wrong codes: what they cost, what is said about them, and when it ends.

use super::*;

fn left(result: Result<Verified, Refusal>) -> u32 {
    match result {
        Err(Refusal::CodeIncorrect { attempts_left, .. }) => attempts_left,
        other => panic!("{other:?}"),
    }
}

fn hint(world: &mut World, token: &str, code: TypedCode) -> Option<CodeHint> {
    match world.verify(token, code) {
        Err(Refusal::CodeIncorrect { hint, .. }) => hint,
        other => panic!("{other:?}"),
    }
}

#[test]
fn five_wrong_codes_kill_a_challenge_and_the_sixth_is_not_judged() {
    let (mut world, person, token) = challenged();
    for expected in [4, 3, 2, 1, 0] {
        assert_eq!(left(world.verify(&token, TypedCode::Other)), expected);
    }
    let right = world.lab.code(&person.secrets[0], 0);
    assert_eq!(world.verify(&token, right).unwrap_err(), Refusal::TooManyAttempts { retry_after: None });
    let token = world.challenge();
    let right = world.lab.code(&person.secrets[0], 0);
    assert!(world.verify(&token, right).is_ok(), "a new challenge works");
}

#[test]
fn the_tenth_wrong_code_within_an_hour_locks_the_account_and_its_owner_is_told() {
    let (mut world, _, _) = challenged();
    let first = world.challenge();
    for _ in 0..5 {
        let _ = world.verify(&first, TypedCode::Other);
    }
    let second = world.challenge();
    for expected in [4, 3, 2, 1] {
        assert_eq!(left(world.verify(&second, TypedCode::Other)), expected);
    }
    assert_snapshot!(summary(&world.judge(&second, TypedCode::Other)), @r"
    no: CodeIncorrect { attempts_left: 0, hint: None }
    change SaveAttempts 5, offset None
    change SaveSettings, 0 wrong, 10 in a row, locked
    change PutLinkToken unlock
    audit code_verified failed wrong_code
    audit account_locked done wrong_codes
    mail account_locked
    ");
    assert_eq!(left(world.verify(&second, TypedCode::Other)), 0);
    let locked = Refusal::AccountLocked { retry_after: Some(Duration::from_mins(15)) };
    assert_eq!(world.log_in("ada@example.org", true, RefreshHolder::Body).err(), Some(locked));
}

#[test]
fn tries_left_are_those_of_the_account_where_it_has_fewer() {
    let (mut world, person, _) = challenged();
    for _ in 0..4 {
        let token = world.challenge();
        let _ = (world.verify(&token, TypedCode::Other), world.verify(&token, TypedCode::Other));
    }
    let token = world.challenge();
    assert_eq!(world.read_challenge(&token).unwrap().attempts_left, 2);
    assert_eq!(left(world.verify(&token, TypedCode::Other)), 1);
    let right = world.lab.code(&person.secrets[0], 0);
    assert!(world.verify(&token, right).is_ok());
    let token = world.challenge();
    assert_eq!(world.read_challenge(&token).unwrap().attempts_left, 1, "a right code gives back its own charge only");
}

#[test]
fn the_hundredth_wrong_code_in_a_row_stops_the_account() {
    let (mut world, person, _) = challenged();
    for number in 1..=100_u32 {
        world.lab.pass(Duration::from_mins(7));
        let token = world.challenge();
        let left = left(world.verify(&token, TypedCode::Other));
        assert_eq!(left, 4.min(10 - number.min(9)).min(100 - number), "{number}");
    }
    world.lab.pass(Duration::from_days(400));
    let refused = world.log_in("ada@example.org", true, RefreshHolder::Body).err();
    assert_eq!(refused, Some(Refusal::AccountLocked { retry_after: None }));
    assert_eq!(world.outbox.last().map(|message| message.kind), Some(MessageKind::AccountLocked));
    let told = world.lab.read(world.outbox.last().unwrap()).unwrap();
    assert_eq!(told.event.as_ref().unwrap().locked_until, None);
    assert!(person.account.settings.guesses.stopped_at.is_none());
}

#[test]
fn a_right_code_ends_the_row_of_wrong_ones() {
    let (mut world, person, token) = challenged();
    let _ = world.verify(&token, TypedCode::Other);
    let right = world.lab.code(&person.secrets[0], 0);
    world.verify(&token, right).unwrap();
    let guesses = &world.users[&person.account.user.id].settings.guesses;
    assert_eq!((guesses.in_a_row, guesses.recent.len()), (0, 1));
}

#[test]
fn the_third_wrong_code_of_a_challenge_is_told_by_mail_once() {
    let (mut world, _, token) = challenged();
    for told in [0, 0, 1, 1, 1] {
        let _ = world.verify(&token, TypedCode::Other);
        assert_eq!(mails(&world), vec![MessageKind::WrongCodes; told]);
    }
}

/// R-24: nobody stays unheard by trying a few codes of each challenge, or a few an hour.
#[test]
fn wrong_codes_are_told_whatever_challenge_and_hour_they_are_tried_in() {
    let (mut world, _, _) = challenged();
    for told in [0, 1, 1, 1] {
        let token = world.challenge();
        for _ in 0..2 {
            let _ = world.verify(&token, TypedCode::Other);
        }
        assert_eq!(mails(&world).len(), told);
    }
    let mut told = Vec::new();
    let (mut world, _, _) = challenged();
    for _ in 0..12 {
        world.lab.pass(Duration::from_mins(31));
        let token = world.challenge();
        let _ = world.verify(&token, TypedCode::Other);
        told.push(mails(&world).len());
    }
    assert_eq!(told, [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1]);
}

#[test]
fn a_code_of_the_past_is_explained_at_once() {
    let (mut world, person, token) = challenged();
    let code = world.lab.code(&person.secrets[0], -4);
    assert_eq!(hint(&mut world, &token, code), Some(CodeHint::ClockSkew(-120)));
}

#[test]
fn a_code_of_the_future_is_explained_only_after_two_that_agree() {
    let (mut world, person, token) = challenged();
    let secret = &person.secrets[0];
    let early = world.lab.code(secret, 4);
    assert_eq!(hint(&mut world, &token, early.clone()), None);
    assert_eq!(hint(&mut world, &token, early), None, "the same code again");
    let other = world.lab.code(secret, 5);
    assert_eq!(hint(&mut world, &token, other), None, "another offset");
    world.lab.pass(Duration::from_secs(30));
    let agreeing = world.lab.code(secret, 5);
    assert_eq!(hint(&mut world, &token, agreeing), Some(CodeHint::ClockSkew(150)));
}

#[test]
fn a_wrong_code_between_them_makes_two_future_codes_disagree() {
    let (mut world, person, token) = challenged();
    let secret = &person.secrets[0];
    for code in [world.lab.code(secret, 4), TypedCode::Other] {
        assert_eq!(hint(&mut world, &token, code), None);
    }
    world.lab.pass(Duration::from_secs(30));
    let code = world.lab.code(secret, 4);
    assert_eq!(hint(&mut world, &token, code), None);
}

#[test]
fn two_future_codes_agree_only_within_one_challenge() {
    let (mut world, person, token) = challenged();
    let code = world.lab.code(&person.secrets[0], 4);
    assert_eq!(hint(&mut world, &token, code), None);
    world.lab.pass(Duration::from_secs(30));
    let token = world.challenge();
    let code = world.lab.code(&person.secrets[0], 4);
    assert_eq!(hint(&mut world, &token, code), None);
}

#[test]
fn the_lock_is_written_down_after_the_code_that_led_to_it() {
    let (mut world, person, token) = challenged();
    let now = world.lab.clock;
    world.users.get_mut(&person.account.user.id).unwrap().settings.guesses.recent = vec![now; 9];
    let decision = world.judge(&token, TypedCode::Other);
    let actions: Vec<AuditAction> = decision.audit.iter().map(|entry| entry.action).collect();
    assert_eq!(actions, [AuditAction::CodeVerified, AuditAction::AccountLocked]);
}
