//! The link out of a lock.

use insta::assert_snapshot;

use super::*;
use crate::code::TypedCode;
use crate::decision::Refusal;
use crate::testing::{Lab, Person, World, origin, summary};
use crate::time::Duration;

/// Somebody whose account was locked by wrong codes, and the token of the link they got.
fn locked() -> (World, Person, String) {
    let mut lab = Lab::new();
    let person = lab.enrolled();
    let mut world = World::of(lab, &person);
    for _ in 0..2 {
        let partial = world.challenge();
        for _ in 0..5 {
            assert!(world.verify(&partial, TypedCode::Other).is_err());
        }
    }
    let message = world.lab.read(world.outbox.last().unwrap()).unwrap();
    let token = message.link.as_ref().unwrap().split_once("/unlock#token=").unwrap().1.to_owned();
    (world, person, token)
}

fn unlock(world: &mut World, token: &str) -> Result<(), Refusal> {
    let view = world.link_view(token);
    let decision = world.lab.decide(&UnlockAccount { token: TokenHash::of(token), origin: origin() }, view).unwrap();
    world.commit(decision)
}

fn is_locked(world: &mut World) -> bool {
    let entered = world.log_in("ada@example.org", true, crate::session::RefreshHolder::Body);
    matches!(entered, Err(Refusal::AccountLocked { .. }))
}

#[test]
fn three_guesses_and_a_right_one_among_them_ends_the_lock() {
    let (mut world, person, token) = locked();
    assert!(is_locked(&mut world));
    let view = world.link_view(&token);
    let command = UnlockAccount { token: TokenHash::of(&token), origin: origin() };
    assert_snapshot!(summary(&world.lab.decide(&command, view).unwrap()), @r"
    yes
    change ConsumeLinkToken
    change SaveSettings, 0 wrong, 10 in a row, locked
    audit account_unlocked done link
    ");
    unlock(&mut world, &token).unwrap();
    assert_eq!(unlock(&mut world, &token), Err(Refusal::TokenInvalid), "once");
    let partial = world.challenge();
    let wrong = world.verify(&partial, TypedCode::Other).unwrap_err();
    assert_eq!(wrong, Refusal::CodeIncorrect { attempts_left: 2, hint: None });
    let code = world.lab.code(&person.secrets[0], 0);
    world.verify(&partial, code).unwrap();
    assert!(!is_locked(&mut world));
}

#[test]
fn three_wrong_guesses_lock_again_and_bring_no_further_link() {
    let (mut world, person, token) = locked();
    unlock(&mut world, &token).unwrap();
    let partial = world.challenge();
    for left in [2, 1, 0] {
        let wrong = world.verify(&partial, TypedCode::Other).unwrap_err();
        assert_eq!(wrong, Refusal::CodeIncorrect { attempts_left: left, hint: None });
    }
    assert!(is_locked(&mut world));
    let code = world.lab.code(&person.secrets[0], 0);
    assert!(matches!(world.verify(&partial, code), Err(Refusal::AccountLocked { .. })));
    let told = world.lab.read(world.outbox.last().unwrap()).unwrap();
    assert_eq!((told.kind.as_str(), told.link.clone()), ("account_locked", None));
}

#[test]
fn it_opens_the_hard_stop_and_a_right_code_clears_it() {
    let (mut world, person, token) = locked();
    let stopped_at = Some(world.lab.clock);
    let guesses = &mut world.users.get_mut(&person.account.user.id).unwrap().settings.guesses;
    (guesses.stopped_at, guesses.in_a_row) = (stopped_at, 100);
    unlock(&mut world, &token).unwrap();
    let partial = world.challenge();
    let code = world.lab.code(&person.secrets[0], 0);
    world.verify(&partial, code).unwrap();
    let guesses = &world.users[&person.account.user.id].settings.guesses;
    assert_eq!((guesses.stopped_at, guesses.in_a_row, guesses.unlock), (None, 0, None));
    assert!(guesses.check(world.lab.clock).is_ok());
}

#[test]
fn link_and_guesses_wait_fifteen_minutes() {
    let (mut world, person, token) = locked();
    let guesses = &mut world.users.get_mut(&person.account.user.id).unwrap().settings.guesses;
    guesses.stopped_at = Some(world.lab.clock);
    world.lab.pass(Duration::from_secs(15 * 60 - 1));
    unlock(&mut world, &token).unwrap();
    assert!(!is_locked(&mut world));
    world.lab.pass(Duration::from_mins(15));
    assert!(is_locked(&mut world));
    let (mut world, _, token) = locked();
    world.lab.pass(Duration::from_mins(15));
    assert_eq!(unlock(&mut world, &token), Err(Refusal::TokenInvalid));
}
