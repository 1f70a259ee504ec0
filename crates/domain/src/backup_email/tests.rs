//! The backup address, and the copies it gets.

use insta::assert_snapshot;

use super::*;
use crate::code::TypedCode;
use crate::message::MessageContent;
use crate::session::{Grant, RefreshHolder};
use crate::testing::{Lab, Person, World, bearer, origin, summary};
use crate::time::Duration;

const BACKUP: &str = "Ada@backup.example";

fn signed_in() -> (World, Person, Grant) {
    let mut lab = Lab::new();
    let person = lab.enrolled();
    let (session, grant) = lab.session(&person.account, Some(crate::factor::Method::Totp), RefreshHolder::Cookie);
    let mut world = World::of(lab, &person);
    world.sessions.insert(session.id, session);
    (world, person, grant)
}

fn begin(world: &mut World, grant: &Grant, email: &str, mails: i64) -> Decision<()> {
    let email = Email::stored(email.to_owned());
    let (keys, policy) = (&world.lab.keys, &world.lab.policy);
    let charged = Charged { count: mails, since: world.lab.clock };
    let mails = Counter::mails_to(&email.key(), policy, keys).map(|counter| (counter, charged)).into();
    let view = BeginBackupEmailView {
        account: world.users.get(&grant.user).cloned(),
        session: world.sessions.get(&grant.session).cloned(),
        mails,
    };
    world.lab.decide(&BeginBackupEmail { bearer: bearer(grant), email, origin: origin() }, view).unwrap()
}

/// The token of the newest message.
fn token(world: &World) -> String {
    let message = world.newest_message();
    message.link.as_ref().unwrap().split_once("/backup-email#token=").unwrap().1.to_owned()
}

fn confirm(world: &mut World, token: &str) -> Decision<()> {
    let open = world.sessions.values().filter(|session| session.ended_at.is_none());
    let view =
        ConfirmBackupEmailView { link: world.link_view(token), sessions: open.map(|session| session.id).collect() };
    let command = ConfirmBackupEmail { token: TokenHash::of(token), origin: origin() };
    world.lab.decide(&command, view).unwrap()
}

fn remove(world: &mut World, grant: &Grant) -> Decision<()> {
    let view = world.session_view(|session| session.id == grant.session);
    world.lab.decide(&RemoveBackupEmail { bearer: bearer(grant), origin: origin() }, view).unwrap()
}

/// Has copies sent to an address.
fn set(world: &mut World, grant: &Grant, email: &str) {
    let decision = begin(world, grant, email, 1);
    world.commit(decision).unwrap();
    let token = token(world);
    let decision = confirm(world, &token);
    world.commit(decision).unwrap();
}

/// What the messages from this one on say.
fn said(world: &World, from: usize) -> Vec<MessageContent> {
    world.outbox[from..].iter().map(|message| world.lab.read(message).unwrap()).collect()
}

fn recipients(messages: &[MessageContent]) -> Vec<&str> {
    messages.iter().map(|message| message.to.as_str()).collect()
}

#[test]
fn the_address_gets_a_link_and_nothing_changes_before_it_is_used() {
    let (mut world, _, grant) = signed_in();
    let decision = begin(&mut world, &grant, BACKUP, 1);
    assert_snapshot!(summary(&decision), @r"
    yes
    change SaveSettings, 0 wrong, 0 in a row
    change PutLinkToken backup_email
    audit backup_email_requested done
    mail backup_email
    ");
    world.commit(decision).unwrap();
    assert_eq!(world.newest_message().to, BACKUP);
    assert_eq!(world.status(bearer(&grant)).unwrap().backup_email, None);
    let token = token(&world);
    let decision = confirm(&mut world, &token);
    assert_snapshot!(summary(&decision), @r"
    yes
    change ConsumeLinkToken
    change SetBackupEmail true
    change SaveSettings, 0 wrong, 0 in a row
    audit backup_email_changed done
    mail backup_email_changed
    ");
    world.commit(decision).unwrap();
    assert_eq!(world.status(bearer(&grant)).unwrap().backup_email.as_deref(), Some("A***@b***.example"));
    assert_eq!(confirm(&mut world, &token).reply.unwrap_err(), Refusal::TokenInvalid);
}

#[test]
fn asking_needs_a_fresh_proof_another_address_and_an_unspent_limit() {
    let (mut world, person, grant) = signed_in();
    let own = person.account.user.email.as_str().to_ascii_uppercase();
    assert_snapshot!(summary(&begin(&mut world, &grant, &own, 1)), @r"
    no: EmailRejected(SameAddress)
    change SaveSettings, 0 wrong, 0 in a row
    audit backup_email_requested failed same_address
    ");
    assert_snapshot!(summary(&begin(&mut world, &grant, BACKUP, 6)), @r"
    yes
    change SaveSettings, 0 wrong, 0 in a row
    audit backup_email_requested done send_limit
    ");
    world.lab.pass(Duration::from_mins(5));
    assert_snapshot!(summary(&begin(&mut world, &grant, BACKUP, 1)), @r"
    no: StepUpRequired
    change SaveSettings, 0 wrong, 0 in a row
    audit backup_email_requested failed step_up_required
    ");
    assert_snapshot!(summary(&remove(&mut world, &grant)), @r"
    no: StepUpRequired
    change SaveSettings, 0 wrong, 0 in a row
    audit backup_email_removed failed step_up_required
    ");
}

#[test]
fn a_link_that_is_over_replaced_or_for_something_else_is_refused() {
    let (mut world, person, grant) = signed_in();
    let decision = begin(&mut world, &grant, BACKUP, 1);
    world.commit(decision).unwrap();
    let replaced = token(&world);
    let decision = begin(&mut world, &grant, "other@backup.example", 1);
    world.commit(decision).unwrap();
    let newest = token(&world);
    let (account, now) = (&person.account, world.lab.clock);
    let (other, link) =
        LinkToken::new(account, LinkPurpose::Unlock, None, Duration::from_hours(1), now, &mut world.lab.context());
    world.links.insert(link.id, link);
    for token in [replaced.as_str(), other.expose(), "nobody's"] {
        assert_eq!(confirm(&mut world, token).reply.unwrap_err(), Refusal::TokenInvalid);
    }
    world.lab.pass(Duration::from_hours(24));
    assert_eq!(confirm(&mut world, &newest).reply.unwrap_err(), Refusal::TokenInvalid);
    assert_eq!(world.users[&grant.user].backup_email, None);
}

#[test]
fn the_link_ends_with_the_session_that_asked() {
    let (mut world, _, grant) = signed_in();
    let decision = begin(&mut world, &grant, BACKUP, 1);
    world.commit(decision).unwrap();
    let token = token(&world);
    world.sessions.get_mut(&grant.session).unwrap().ended_at = Some(world.lab.clock);
    let decision = confirm(&mut world, &token);
    assert_snapshot!(summary(&decision), @r"
    no: TokenInvalid
    change SaveSettings, 0 wrong, 0 in a row
    audit backup_email_changed failed session_ended
    ");
    world.commit(decision).unwrap_err();
    assert_eq!(world.users[&grant.user].backup_email, None);
}

#[test]
fn a_change_and_a_removal_are_told_to_the_address_there_was() {
    let (mut world, person, grant) = signed_in();
    let main = person.account.user.email.as_str();
    set(&mut world, &grant, BACKUP);
    assert_eq!(recipients(&said(&world, 1)), [main], "the first one is told to nobody but the person");
    let decision = begin(&mut world, &grant, "new@backup.example", 1);
    world.commit(decision).unwrap();
    let told = world.outbox.len();
    let token = token(&world);
    let decision = confirm(&mut world, &token);
    world.commit(decision).unwrap();
    assert_eq!(recipients(&said(&world, told)), [main, BACKUP]);

    let told = world.outbox.len();
    let decision = remove(&mut world, &grant);
    assert_snapshot!(summary(&decision), @r"
    yes
    change EndLinkTokens backup_email
    change SetBackupEmail false
    change SaveSettings, 0 wrong, 0 in a row
    audit backup_email_removed done
    mail backup_email_removed
    mail backup_email_removed
    ");
    world.commit(decision).unwrap();
    assert_eq!(recipients(&said(&world, told)), [main, "new@backup.example"]);
    assert_eq!(world.status(bearer(&grant)).unwrap().backup_email, None);
    assert_snapshot!(summary(&remove(&mut world, &grant)), @r"
    yes
    change EndLinkTokens backup_email
    change SaveSettings, 0 wrong, 0 in a row
    audit backup_email_removed done none
    ");
}

#[test]
fn a_removal_and_a_new_password_end_the_link_that_waits() {
    let (mut world, _, grant) = signed_in();
    let decision = begin(&mut world, &grant, BACKUP, 1);
    world.commit(decision).unwrap();
    let token = token(&world);
    let decision = remove(&mut world, &grant);
    world.commit(decision).unwrap();
    assert_eq!(confirm(&mut world, &token).reply.unwrap_err(), Refusal::TokenInvalid);
    assert!(LinkPurpose::ENDED_BY_PASSWORD.contains(&LinkPurpose::BackupEmail));
}

#[test]
fn a_copy_says_the_same_and_whose_it_is_but_never_acts() {
    let (mut world, person, grant) = signed_in();
    set(&mut world, &grant, BACKUP);
    let told = world.outbox.len();
    for _ in 0..2 {
        let token = world.challenge();
        for _ in 0..5 {
            let _ = world.verify(&token, TypedCode::Other);
        }
    }
    let messages = said(&world, told);
    let kinds: Vec<_> = messages.iter().map(|message| (message.kind, message.to == BACKUP)).collect();
    assert_eq!(
        kinds,
        [
            (MessageKind::WrongCodes, false),
            (MessageKind::WrongCodes, true),
            (MessageKind::AccountLocked, false),
            (MessageKind::AccountLocked, true),
        ]
    );
    for pair in messages.chunks(2) {
        let (main, copy) = (pair[0].event.clone().unwrap(), pair[1].event.clone().unwrap());
        assert_eq!((main.at, main.ip, main.locked_until), (copy.at, copy.ip, copy.locked_until));
        assert_eq!((main.copy_for, copy.copy_for.as_deref()), (None, Some("A***@e***.org")));
    }
    assert!(messages[2].link.is_some() && messages[3].link.is_none());
    assert!(messages.iter().all(|message| message.code.is_none()));
    assert!(world.outbox[told..].iter().all(|message| message.user == Some(person.account.user.id)));
}

#[test]
fn an_address_that_became_the_main_one_gets_no_second_mail() {
    let (mut world, _, grant) = signed_in();
    set(&mut world, &grant, BACKUP);
    world.users.get_mut(&grant.user).unwrap().user.email = Email::stored(BACKUP.to_ascii_lowercase());
    assert_eq!(remove(&mut world, &grant).outbox.len(), 1);
}

/// A value that cannot be opened is not "none", and stands in the way of nothing but itself.
#[test]
fn a_broken_address_is_a_fault_to_read_and_no_way_around_a_charge() {
    let (mut world, _, grant) = signed_in();
    set(&mut world, &grant, BACKUP);
    world.users.get_mut(&grant.user).unwrap().backup_email =
        Some(crate::secret::Sealed::from_bytes(b"not sealed at all".to_vec()));
    let account = world.users[&grant.user].clone();
    assert!(account.backup_email(&world.lab.keys).is_err());
    let told = world.outbox.len();
    let decision = remove(&mut world, &grant);
    world.commit(decision).unwrap();
    assert_eq!(world.outbox.len(), told + 2);
    assert!(world.lab.read(&world.outbox[told]).is_some());
    assert!(world.lab.read(&world.outbox[told + 1]).is_none(), "it is given up by the worker, who says so");
    assert_eq!(world.users[&grant.user].backup_email, None);
}
