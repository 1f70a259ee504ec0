//! Another address.

use insta::assert_snapshot;

use super::*;
use crate::session::{Grant, RefreshHolder};
use crate::testing::{Lab, Person, World, bearer, origin, summary};
use crate::time::Duration;

fn new_address() -> Email {
    Email::stored("ada@new.example".to_owned())
}

fn signed_in() -> (World, Person, Grant) {
    let mut lab = Lab::new();
    let person = Person::of(lab.account());
    let (session, grant) = lab.session(&person.account, None, RefreshHolder::Cookie);
    let mut world = World::of(lab, &person);
    world.sessions.insert(session.id, session);
    (world, person, grant)
}

fn begin(world: &mut World, grant: &Grant, owner: Option<Account>, mails: i64) -> Decision<()> {
    let (keys, policy) = (&world.lab.keys, &world.lab.policy);
    let charged = Charged { count: mails, since: world.lab.clock };
    let mails = Counter::mails_to(&new_address().key(), policy, keys).map(|counter| (counter, charged)).into();
    let view = BeginEmailChangeView {
        account: world.users.get(&grant.user).cloned(),
        session: world.sessions.get(&grant.session).cloned(),
        owner,
        mails,
    };
    let command = BeginEmailChange { bearer: bearer(grant), email: new_address(), origin: origin() };
    world.lab.decide(&command, view).unwrap()
}

/// The token of the newest message, which goes to the new address.
fn token(world: &World) -> String {
    let message = world.lab.read(world.outbox.last().unwrap()).unwrap();
    assert_eq!(message.to, new_address().as_str());
    message.link.as_ref().unwrap().split_once("/change-email#token=").unwrap().1.to_owned()
}

fn confirm(world: &mut World, grant: &Grant, token: &str, owner: Option<Account>) -> Decision<()> {
    let session = world.sessions.get(&grant.session).cloned();
    let view = ConfirmEmailChangeView { link: world.link_view(token), session, owner };
    let wanted = WantedAddress { session: grant.session, email: new_address() };
    let command = ConfirmEmailChange { token: TokenHash::of(token), wanted, origin: origin() };
    world.lab.decide(&command, view).unwrap()
}

#[test]
fn the_new_address_gets_a_link_and_the_old_one_is_told() {
    let (mut world, person, grant) = signed_in();
    let decision = begin(&mut world, &grant, None, 1);
    assert_snapshot!(summary(&decision), @r"
    yes
    change SaveSettings, 0 wrong, 0 in a row
    change PutLinkToken email_change
    audit email_change_requested done
    mail email_change_requested
    mail email_change
    ");
    world.commit(decision).unwrap();
    let told = world.lab.read(&world.outbox[0]).unwrap();
    assert_eq!((told.to.as_str(), told.link.clone()), (person.account.user.email.as_str(), None));
    assert_eq!(world.users[&grant.user].user.email, person.account.user.email);
}

#[test]
fn a_taken_address_gets_the_same_answer_and_no_link() {
    let (mut world, _, grant) = signed_in();
    let mut owner = world.lab.account();
    owner.user.email = new_address();
    assert_snapshot!(summary(&begin(&mut world, &grant, Some(owner), 1)), @r"
    yes
    change SaveSettings, 0 wrong, 0 in a row
    audit email_change_requested done address_taken
    mail email_change_requested
    mail email_change_taken
    ");
    assert_snapshot!(summary(&begin(&mut world, &grant, None, 6)), @r"
    yes
    change SaveSettings, 0 wrong, 0 in a row
    audit email_change_requested done send_limit
    ");
    world.lab.pass(Duration::from_mins(5));
    assert_eq!(begin(&mut world, &grant, None, 1).reply.unwrap_err(), Refusal::StepUpRequired);
}

#[test]
fn the_link_moves_the_account_once_and_tells_the_old_address() {
    let (mut world, person, grant) = signed_in();
    let decision = begin(&mut world, &grant, None, 1);
    world.commit(decision).unwrap();
    let token = token(&world);
    let found = {
        let view = world.link_view(&token);
        world.lab.decide(&ReadEmailChange { token: TokenHash::of(&token) }, view).unwrap().reply.unwrap()
    };
    assert_eq!(found, WantedAddress { session: grant.session, email: new_address() });
    let decision = confirm(&mut world, &grant, &token, None);
    assert_snapshot!(summary(&decision), @r"
    yes
    change ConsumeLinkToken
    change SetEmail
    change EndOtherSessions
    change EndChallengesOf
    change AbandonAllEnrollmentsOf
    change EndLinkTokens password_reset, unlock, email_change, backup_email, settings
    change DropMessagesOf
    change RevokeTrust
    change SaveSettings, 0 wrong, 0 in a row
    audit email_changed done
    audit sessions_ended done email_changed
    audit trust_revoked done email_changed
    mail email_changed
    ");
    world.commit(decision).unwrap();
    assert_eq!(world.users[&grant.user].user.email, new_address());
    assert!(world.sessions[&grant.session].ended_at.is_none());
    let told = world.lab.read(world.outbox.last().unwrap()).unwrap();
    assert_eq!(told.to, person.account.user.email.as_str());
    assert_eq!(confirm(&mut world, &grant, &token, None).reply.unwrap_err(), Refusal::TokenInvalid);
    let view = world.link_view(&token);
    let again = world.lab.decide(&ReadEmailChange { token: TokenHash::of(&token) }, view).unwrap();
    assert_eq!(again.reply.unwrap_err(), Refusal::TokenInvalid);
}

#[test]
fn the_link_ends_with_the_session_that_asked() {
    let (mut world, _, grant) = signed_in();
    let decision = begin(&mut world, &grant, None, 1);
    world.commit(decision).unwrap();
    let token = token(&world);
    let ended_at = world.lab.clock;
    world.sessions.get_mut(&grant.session).unwrap().ended_at = Some(ended_at);
    let decision = confirm(&mut world, &grant, &token, None);
    assert_snapshot!(summary(&decision), @r"
    no: TokenInvalid
    change SaveSettings, 0 wrong, 0 in a row
    audit email_changed failed session_ended
    ");
    assert_eq!(decision.reply.unwrap_err(), Refusal::TokenInvalid);
    world.sessions.remove(&grant.session);
    assert_eq!(confirm(&mut world, &grant, &token, None).reply.unwrap_err(), Refusal::TokenInvalid);
}

#[test]
fn an_address_taken_meanwhile_stays_with_its_owner() {
    let (mut world, _, grant) = signed_in();
    let decision = begin(&mut world, &grant, None, 1);
    world.commit(decision).unwrap();
    let token = token(&world);
    let mut owner = world.lab.account();
    owner.user.email = new_address();
    let decision = confirm(&mut world, &grant, &token, Some(owner));
    assert_eq!(decision.changes.len(), 1, "{decision:?}");
    assert_eq!(decision.reply.unwrap_err(), Refusal::TokenInvalid);
    world.lab.pass(Duration::from_hours(24));
    assert_eq!(confirm(&mut world, &grant, &token, None).reply.unwrap_err(), Refusal::TokenInvalid);
}
