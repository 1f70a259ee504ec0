//! Who may see a pending set-up again, and for how long.

use super::*;
use crate::enrollment::Enrollment;
use crate::sent_code::Sends;
use crate::session::{Grant, RefreshHolder, Session};
use crate::testing::{Lab, bearer};
use crate::time::Duration;
use crate::totp::TotpSecret;
use crate::user::Account;

struct Desk {
    lab: Lab,
    account: Account,
    session: Session,
    grant: Grant,
    enrollment: Enrollment,
    secret: TotpSecret,
}

fn desk() -> Desk {
    let mut lab = Lab::new();
    let account = lab.account();
    let (session, grant) = lab.session(&account, None, RefreshHolder::Pages);
    let (enrollment, secret) = lab.enrollment(&account, &session);
    Desk { lab, account, session, grant, enrollment, secret }
}

fn ask(desk: &mut Desk, session: &Session, grant: &Grant) -> Result<Pending, Refusal> {
    let view = EnrollmentView {
        account: Some(desk.account.clone()),
        session: Some(session.clone()),
        factors: Vec::new(),
        enrollments: vec![desk.enrollment.clone()],
        sends: Sends::default(),
        holders: Vec::new(),
    };
    let command = ReadPending { bearer: bearer(grant), factor: desk.enrollment.factor };
    let decision = desk.lab.decide(&command, view).unwrap();
    assert!(decision.changes.is_empty() && decision.audit.is_empty() && decision.outbox.is_empty());
    decision.reply
}

#[test]
fn the_session_that_began_it_sees_the_same_secret_again() {
    let mut desk = desk();
    let (session, grant) = (desk.session.clone(), desk.grant.clone());
    let pending = ask(&mut desk, &session, &grant).unwrap();
    let (secret, uri) = pending.secret.unwrap();
    assert_eq!(secret, desk.secret.to_base32());
    assert!(uri.expose().contains(secret.expose()));
    assert_eq!((pending.destination, pending.next_send_at), (None, None));
    assert_eq!(pending.label, "New phone");
}

#[test]
fn another_session_of_the_same_person_sees_nothing() {
    let mut desk = desk();
    let account = desk.account.clone();
    let (session, grant) = desk.lab.session(&account, None, RefreshHolder::Pages);
    assert_eq!(ask(&mut desk, &session, &grant).unwrap_err(), Refusal::NoPendingSetup);
}

#[test]
fn after_its_time_there_is_nothing() {
    let mut desk = desk();
    let (session, grant) = (desk.session.clone(), desk.grant.clone());
    desk.enrollment.expires_at = desk.lab.clock + Duration::from_secs(1);
    ask(&mut desk, &session, &grant).unwrap();
    desk.lab.pass(Duration::from_secs(1));
    assert_eq!(ask(&mut desk, &session, &grant).unwrap_err(), Refusal::NoPendingSetup);
}
