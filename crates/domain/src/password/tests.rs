//! A new password, by its owner and by a link.

use insta::assert_snapshot;

use super::*;
use crate::factor::Method;
use crate::secret::new_token;
use crate::session::RefreshHolder;
use crate::testing::{Lab, Person, World, bearer, origin, summary};
use crate::time::Duration;

/// Somebody with a second factor, signed in a moment ago.
fn signed_in() -> (World, Person, Grant) {
    let mut lab = Lab::new();
    let person = lab.enrolled();
    let (session, grant) = lab.session(&person.account, Some(Method::Totp), RefreshHolder::Cookie);
    let mut world = World::of(lab, &person);
    world.sessions.insert(session.id, session);
    (world, person, grant)
}

fn new_password() -> PasswordHash {
    PasswordHash::new("$argon2id$new".to_owned())
}

fn finish(world: &mut World, person: &Person, grant: &Grant, proof: PasswordProof) -> Decision<Option<Grant>> {
    let command = FinishPasswordChange {
        bearer: bearer(grant),
        email: person.account.user.email.clone(),
        proof,
        password: Some(new_password()),
        refresh: RefreshToken::parse(grant.refresh.expose()),
        origin: origin(),
    };
    let view = world.session_view(|session| session.id == grant.session);
    world.lab.decide(&command, view).unwrap()
}

fn begin(world: &mut World, person: &Person, grant: &Grant, tries: i64) -> Decision<PasswordCheck> {
    let email = person.account.user.email.clone();
    let command = BeginPasswordChange { bearer: bearer(grant), email, origin: origin() };
    let since = world.lab.clock;
    let passwords = command.counters(&world.lab.policy, &world.lab.keys);
    let passwords = passwords.into_iter().map(|counter| (counter, Charged { count: tries, since })).collect();
    let SessionView { account, session } = world.session_view(|session| session.id == grant.session);
    world.lab.decide(&command, BeginPasswordChangeView { account, session, passwords }).unwrap()
}

#[test]
fn a_changed_password_ends_whatever_the_old_one_may_have_opened() {
    let (mut world, person, grant) = signed_in();
    let proof = PasswordProof::Right(person.account.user.password.clone());
    let decision = finish(&mut world, &person, &grant, proof);
    assert_snapshot!(summary(&decision), @r"
    yes
    change SetPassword
    change EndChallengesOf
    change AbandonAllEnrollmentsOf
    change EndLinkTokens password_reset, email_change, backup_email
    change RevokeTrust
    change EndOtherSessions
    change ReturnCharge
    change ReturnCharge
    change RotateSession
    change SaveSettings, 0 wrong, 0 in a row
    audit password_changed done
    audit sessions_ended done password_changed
    audit trust_revoked done password_changed
    mail password_changed
    ");
    let rotated = world.commit(decision).unwrap().expect("a new refresh token for the cookie");
    assert_ne!(rotated.refresh.expose(), grant.refresh.expose());
    assert_eq!(rotated.session, grant.session);
    assert_eq!(world.users[&person.account.user.id].user.password, new_password());
}

#[test]
fn a_wrong_password_changes_nothing_and_keeps_its_charge() {
    let (mut world, person, grant) = signed_in();
    assert_snapshot!(summary(&finish(&mut world, &person, &grant, PasswordProof::Wrong)), @r"
    no: CredentialsInvalid
    change SaveSettings, 0 wrong, 0 in a row
    audit password_changed failed wrong_password
    ");
    let stale = PasswordProof::Right(PasswordHash::new("$argon2id$older".to_owned()));
    let decision = finish(&mut world, &person, &grant, stale);
    assert_eq!(decision.reply.unwrap_err(), Refusal::CredentialsInvalid);
}

#[test]
fn a_try_is_counted_and_needs_a_fresh_proof() {
    let (mut world, person, grant) = signed_in();
    assert!(begin(&mut world, &person, &grant, 10).reply.is_ok());
    let refusal = begin(&mut world, &person, &grant, 11).reply.unwrap_err();
    assert!(matches!(refusal, Refusal::TooManyAttempts { retry_after: Some(_) }), "{refusal:?}");
    world.lab.pass(Duration::from_mins(5));
    assert_snapshot!(summary(&begin(&mut world, &person, &grant, 1)), @r"
    no: StepUpRequired
    change ReturnCharge
    change ReturnCharge
    audit password_changed failed step_up_required
    ");
    let proof = PasswordProof::Right(person.account.user.password.clone());
    assert_eq!(finish(&mut world, &person, &grant, proof).reply.unwrap_err(), Refusal::StepUpRequired);
}

fn request(world: &mut World, account: Option<&Account>, mails: i64) -> Decision<()> {
    let email = Email::stored("ada@example.org".to_owned());
    let (keys, policy) = (&world.lab.keys, &world.lab.policy);
    let charged = Charged { count: mails, since: world.lab.clock };
    let mails = Counter::mails_to(&email.key(), policy, keys).map(|counter| (counter, charged)).into();
    let view = RequestPasswordResetView { account: account.cloned(), mails };
    let command = RequestPasswordReset { application: ApplicationId::DEFAULT, email, origin: origin() };
    world.lab.decide(&command, view).unwrap()
}

/// The token of the newest link sent.
fn token(world: &World) -> String {
    let link = world.lab.read(world.outbox.last().unwrap()).unwrap().link.clone().unwrap();
    link.split_once("/reset-password#token=").unwrap().1.to_owned()
}

fn reset(world: &mut World, token: &str) -> Result<(), Refusal> {
    let view = world.link_view(token);
    let command = FinishPasswordReset { token: TokenHash::of(token), password: new_password(), origin: origin() };
    let decision = world.lab.decide(&command, view).unwrap();
    world.commit(decision)
}

#[test]
fn a_link_is_sent_to_whoever_may_use_it_and_the_answer_is_the_same() {
    let (mut world, person, _) = signed_in();
    assert_snapshot!(summary(&request(&mut world, Some(&person.account), 1)), @r"
    yes
    change SaveSettings, 0 wrong, 0 in a row
    change PutLinkToken password_reset
    audit password_reset_requested done
    mail password_reset
    ");
    assert_snapshot!(summary(&request(&mut world, None, 1)), @r"
    yes
    audit password_reset_requested done unknown_address, unchained
    ");
    assert_snapshot!(summary(&request(&mut world, Some(&person.account), 6)), @r"
    yes
    change SaveSettings, 0 wrong, 0 in a row
    audit password_reset_requested done send_limit
    ");
    let mut disabled = person.account.clone();
    disabled.user.disabled_at = Some(world.lab.clock);
    assert_snapshot!(summary(&request(&mut world, Some(&disabled), 1)), @r"
    yes
    change SaveSettings, 0 wrong, 0 in a row
    audit password_reset_requested done disabled
    ");
}

#[test]
fn a_reset_ends_every_session_and_leaves_the_second_factor() {
    let (mut world, person, grant) = signed_in();
    let decision = request(&mut world, Some(&person.account), 1);
    world.commit(decision).unwrap();
    let token = token(&world);
    let view = world.link_view(&token);
    let command = FinishPasswordReset { token: TokenHash::of(&token), password: new_password(), origin: origin() };
    assert_snapshot!(summary(&world.lab.decide(&command, view).unwrap()), @r"
    yes
    change ConsumeLinkToken
    change SetPassword
    change EndChallengesOf
    change AbandonAllEnrollmentsOf
    change EndLinkTokens password_reset, email_change, backup_email
    change RevokeTrust
    change EndSessionsOf password_reset
    change SaveSettings, 0 wrong, 0 in a row
    audit password_reset done
    audit sessions_ended done password_changed
    audit trust_revoked done password_changed
    mail password_changed
    ");
    reset(&mut world, &token).unwrap();
    assert!(world.sessions[&grant.session].ended_at.is_some());
    assert_eq!((world.factors.len(), world.recovery_codes.len()), (1, 10));
    assert_eq!(reset(&mut world, &token), Err(Refusal::TokenInvalid), "once");
}

#[test]
fn a_link_is_good_for_an_hour_for_its_purpose_and_until_a_newer_one() {
    let (mut world, person, grant) = signed_in();
    let fresh = |world: &mut World| {
        let account = world.users[&person.account.user.id].clone();
        let decision = request(world, Some(&account), 1);
        world.commit(decision).unwrap();
        token(world)
    };
    let old = fresh(&mut world);
    let newer = fresh(&mut world);
    assert_eq!(reset(&mut world, &old), Err(Refusal::TokenInvalid));
    world.lab.pass(Duration::from_hours(1));
    assert_eq!(reset(&mut world, &newer), Err(Refusal::TokenInvalid));

    let other = fresh(&mut world);
    world.links.values_mut().for_each(|link| link.purpose = LinkPurpose::EmailChange);
    assert_eq!(reset(&mut world, &other), Err(Refusal::TokenInvalid));
    let made_up = new_token(&mut world.lab.rng);
    assert_eq!(reset(&mut world, made_up.expose()), Err(Refusal::TokenInvalid));

    // A change of the password ends it too.
    let (session, grant) = {
        let account = world.users[&grant.user].clone();
        world.lab.session(&account, Some(Method::Totp), RefreshHolder::Cookie)
    };
    world.sessions.insert(session.id, session);
    let last = fresh(&mut world);
    let proof = PasswordProof::Right(person.account.user.password.clone());
    let decision = finish(&mut world, &person, &grant, proof);
    world.commit(decision).unwrap();
    assert_eq!(reset(&mut world, &last), Err(Refusal::TokenInvalid));
    world.assert_chain_holds(person.account.user.person);
}
