//! Seeing and ending one's own sessions.

use insta::assert_snapshot;

use super::*;
use crate::session::{Grant, RefreshHolder};
use crate::testing::{Lab, bearer, origin, summary};
use crate::time::Duration;

struct Desk {
    lab: Lab,
    account: Account,
    session: Session,
    grant: Grant,
}

fn desk() -> Desk {
    let mut lab = Lab::new();
    let account = lab.account();
    let (session, grant) = lab.session(&account, None, RefreshHolder::Cookie);
    Desk { lab, account, session, grant }
}

impl Desk {
    fn other(&mut self) -> Session {
        self.lab.session(&self.account, None, RefreshHolder::Cookie).0
    }

    fn list(&mut self, sessions: Vec<Session>) -> SessionPage {
        let view = SessionsView {
            account: Some(self.account.clone()),
            session: Some(self.session.clone()),
            sessions: sessions.into_iter().map(|session| (session.clone(), session.created_at)).collect(),
        };
        self.lab.decide(&ReadSessions { bearer: bearer(&self.grant), after: None }, view).unwrap().reply.unwrap()
    }

    fn end(&mut self, target: Option<Session>) -> Decision<()> {
        let session = target.as_ref().map_or(self.session.id, |target| target.id);
        let view =
            EndOneSessionView { account: Some(self.account.clone()), session: Some(self.session.clone()), target };
        self.lab.decide(&EndOneSession { bearer: bearer(&self.grant), session, origin: origin() }, view).unwrap()
    }
}

#[test]
fn a_page_marks_the_one_that_asks_and_names_the_next() {
    let mut desk = desk();
    let sessions: Vec<Session> = std::iter::once(desk.session.clone()).chain((0..PAGE).map(|_| desk.other())).collect();
    let page = desk.list(sessions.clone());
    assert_eq!((page.items.len(), page.next), (PAGE, Some(sessions[PAGE - 1].id)));
    let current: Vec<bool> = page.items.iter().map(|item| item.current).collect();
    assert!(current[0] && current[1..].iter().all(|current| !current));
    assert_eq!(page.items[0].expires_at, desk.lab.clock + Duration::from_days(7));
    let page = desk.list(sessions[..PAGE].to_vec());
    assert_eq!((page.items.len(), page.next), (PAGE, None));
    let mut over = sessions[1].clone();
    over.idle_expires_at = desk.lab.clock;
    assert!(desk.list(vec![over]).items.is_empty());
}

#[test]
fn one_session_ends_and_what_it_began_with_it() {
    let mut desk = desk();
    let other = desk.other();
    assert_snapshot!(summary(&desk.end(Some(other))), @r"
    yes
    change EndSession revoked
    change AbandonEnrollmentsOf
    change SaveSettings, 0 wrong, 0 in a row
    audit session_ended done session
    ");
}

#[test]
fn unknown_over_and_somebody_elses_are_one_refusal() {
    let mut desk = desk();
    assert_snapshot!(summary(&desk.end(None)), @r"
    no: NotFound
    change SaveSettings, 0 wrong, 0 in a row
    audit session_ended failed not_found
    ");
    let mut over = desk.other();
    over.ended_at = Some(desk.lab.clock);
    let stranger = desk.lab.account();
    let (theirs, _) = desk.lab.session(&stranger, None, RefreshHolder::Cookie);
    for target in [over, theirs] {
        let decision = desk.end(Some(target));
        assert_eq!(decision.changes.len(), 1, "{decision:?}");
        assert_eq!(decision.reply.unwrap_err(), Refusal::NotFound);
    }
}

#[test]
fn ending_all_others_ends_trust_and_needs_no_fresh_proof() {
    let mut desk = desk();
    desk.lab.pass(Duration::from_mins(6));
    let view = SessionView { account: Some(desk.account.clone()), session: Some(desk.session.clone()) };
    let command = EndOtherSessions { bearer: bearer(&desk.grant), origin: origin() };
    assert_snapshot!(summary(&desk.lab.decide(&command, view).unwrap()), @r"
    yes
    change EndOtherSessions
    change EndChallengesOf
    change EndLinkTokens email_change, backup_email, settings
    change RevokeTrust
    change SaveSettings, 0 wrong, 0 in a row
    audit sessions_ended done by_owner
    audit trust_revoked done all_sessions_ended
    mail sessions_ended
    ");
}
