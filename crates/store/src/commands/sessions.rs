//! Sessions, their end, and what happened in them.

use domain::event::{EventsView, ReadEvents};
use domain::session::listing::{EndOneSession, EndOneSessionView, EndOtherSessions, ReadSessions, SessionsView};
use domain::session::visit::{ProlongSession, RecognizeVisitor};
use domain::session::{Refresh, SessionView, SignOut, SignOutBy};

use super::caller;
use crate::load::{Assemble, Load, Reads};
use crate::user::{Whose, locked, unlocked};
use crate::{audit_log, session};

impl Load for Refresh {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<SessionView> {
        let family = self.token.family();
        let account = locked(reads, &Whose::Family(family));
        let session = session::by_family(reads, &family);
        Box::new(move |answers| Ok(SessionView { account: answers.get(&account)?, session: answers.get(&session)? }))
    }
}

impl Load for RecognizeVisitor {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<SessionView> {
        let family = self.token.family();
        let account = unlocked(reads, &Whose::Family(family));
        let session = session::by_family(reads, &family);
        Box::new(move |answers| Ok(SessionView { account: answers.get(&account)?, session: answers.get(&session)? }))
    }
}

impl Load for ProlongSession {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<SessionView> {
        caller(&self.bearer, reads)
    }
}

impl Load for ReadEvents {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<EventsView> {
        let account = unlocked(reads, &Whose::Id(self.bearer.user));
        let session = session::by_id(reads, self.bearer.session);
        let entries = audit_log::newest_of(reads, self.bearer.user);
        Box::new(move |answers| {
            Ok(EventsView {
                account: answers.get(&account)?,
                session: answers.get(&session)?,
                entries: answers.get(&entries)?,
            })
        })
    }
}

impl Load for SignOut {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<SessionView> {
        let (account, session) = match &self.by {
            SignOutBy::Refresh(token) => {
                let account = locked(reads, &Whose::Family(token.family()));
                (account, session::by_family(reads, &token.family()))
            }
            SignOutBy::Bearer(bearer) => {
                let account = locked(reads, &Whose::Id(bearer.user));
                (account, session::by_id(reads, bearer.session))
            }
        };
        Box::new(move |answers| Ok(SessionView { account: answers.get(&account)?, session: answers.get(&session)? }))
    }
}

impl Load for ReadSessions {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<SessionsView> {
        let account = unlocked(reads, &Whose::Id(self.bearer.user));
        let session = session::by_id(reads, self.bearer.session);
        let sessions = session::live_page(reads, self.bearer.user, self.after);
        Box::new(move |answers| {
            Ok(SessionsView {
                account: answers.get(&account)?,
                session: answers.get(&session)?,
                sessions: answers.get(&sessions)?,
            })
        })
    }
}

impl Load for EndOneSession {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<EndOneSessionView> {
        let account = locked(reads, &Whose::Id(self.bearer.user));
        let session = session::by_id(reads, self.bearer.session);
        let target = session::by_id(reads, self.session);
        Box::new(move |answers| {
            Ok(EndOneSessionView {
                account: answers.get(&account)?,
                session: answers.get(&session)?,
                target: answers.get(&target)?,
            })
        })
    }
}

impl Load for EndOtherSessions {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<SessionView> {
        caller(&self.bearer, reads)
    }
}
