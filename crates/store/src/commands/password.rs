//! Changing and resetting passwords.

use domain::link_token::LinkView;
use domain::password::{
    BeginPasswordChange, BeginPasswordChangeView, BeginPasswordReset, FinishPasswordChange, FinishPasswordReset,
    RequestPasswordReset, RequestPasswordResetView,
};
use domain::session::SessionView;
use domain::throttle::Counter;

use super::{caller, charged, link_view};
use crate::load::{Assemble, Load, Reads};
use crate::user::{Whose, locked};
use crate::{counter, session};

impl Load for BeginPasswordChange {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<BeginPasswordChangeView> {
        let account = locked(reads, &Whose::Id(self.bearer.user));
        let session = session::by_id(reads, self.bearer.session);
        let passwords = counter::charge(reads, self.counters(reads.policy, reads.keys));
        Box::new(move |answers| {
            Ok(BeginPasswordChangeView {
                account: answers.get(&account)?,
                session: answers.get(&session)?,
                passwords: charged(&passwords, answers)?,
            })
        })
    }
}

impl Load for FinishPasswordChange {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<SessionView> {
        caller(&self.bearer, reads)
    }
}

impl Load for RequestPasswordReset {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<RequestPasswordResetView> {
        let key = self.email.key();
        let account = locked(reads, &Whose::Email(self.application, &key));
        let mails = Counter::mails_to(&key, reads.policy, reads.keys);
        let mails = counter::charge(reads, mails.into());
        Box::new(move |answers| {
            Ok(RequestPasswordResetView { account: answers.get(&account)?, mails: charged(&mails, answers)? })
        })
    }
}

impl Load for BeginPasswordReset {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<LinkView> {
        link_view(&self.token, reads)
    }
}

impl Load for FinishPasswordReset {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<LinkView> {
        link_view(&self.token, reads)
    }
}
