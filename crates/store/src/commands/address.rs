//! Changing the address, and the backup address.

use domain::backup_email::{
    BeginBackupEmail, BeginBackupEmailView, ConfirmBackupEmail, ConfirmBackupEmailView, RemoveBackupEmail,
};
use domain::email_change::{
    BeginEmailChange, BeginEmailChangeView, ConfirmEmailChange, ConfirmEmailChangeView, ReadEmailChange,
};
use domain::ids::{ApplicationId, UserId};
use domain::link_token::LinkView;
use domain::session::SessionView;
use domain::throttle::{Charged, Counter};

use super::{caller, charged, link_view};
use crate::load::{Assemble, Handle, Load, Reads};
use crate::user::{Whose, locked, unlocked};
use crate::{counter, link_token, session};

/// Charges a mail that a person has sent to an address they have not proved.
fn mails_from(user: UserId, email_key: &str, reads: &mut Reads<'_>) -> Vec<(Counter, Handle<Charged>)> {
    let [hour, day] = Counter::mails_to(email_key, reads.policy, reads.keys);
    let by = Counter::mails_by(user, reads.policy, reads.keys);
    counter::charge(reads, vec![hour, day, by])
}

impl Load for BeginEmailChange {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<BeginEmailChangeView> {
        let key = self.email.key();
        let account = locked(reads, &Whose::Id(self.bearer.user));
        let session = session::by_id(reads, self.bearer.session);
        let owner = unlocked(reads, &Whose::Email(ApplicationId::DEFAULT, &key));
        let mails = mails_from(self.bearer.user, &key, reads);
        Box::new(move |answers| {
            Ok(BeginEmailChangeView {
                account: answers.get(&account)?,
                session: answers.get(&session)?,
                owner: answers.get(&owner)?,
                mails: charged(&mails, answers)?,
            })
        })
    }
}

impl Load for ReadEmailChange {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<LinkView> {
        let account = unlocked(reads, &Whose::Link(self.token));
        let link = link_token::by_token(reads, &self.token);
        Box::new(move |answers| Ok(LinkView { account: answers.get(&account)?, link: answers.get(&link)? }))
    }
}

impl Load for ConfirmEmailChange {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<ConfirmEmailChangeView> {
        let link = link_view(&self.token, reads);
        let session = session::by_id(reads, self.wanted.session);
        let owner = unlocked(reads, &Whose::Email(ApplicationId::DEFAULT, &self.wanted.email.key()));
        Box::new(move |answers| {
            let (session, owner) = (answers.get(&session)?, answers.get(&owner)?);
            Ok(ConfirmEmailChangeView { link: link(answers)?, session, owner })
        })
    }
}

impl Load for BeginBackupEmail {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<BeginBackupEmailView> {
        let caller = caller(&self.bearer, reads);
        let mails = mails_from(self.bearer.user, &self.email.key(), reads);
        Box::new(move |answers| {
            let SessionView { account, session } = caller(answers)?;
            Ok(BeginBackupEmailView { account, session, mails: charged(&mails, answers)? })
        })
    }
}

impl Load for ConfirmBackupEmail {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<ConfirmBackupEmailView> {
        let link = link_view(&self.token, reads);
        let sessions = session::open_of_link(reads, &self.token);
        Box::new(move |answers| {
            let sessions = answers.get(&sessions)?;
            Ok(ConfirmBackupEmailView { link: link(answers)?, sessions })
        })
    }
}

impl Load for RemoveBackupEmail {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<SessionView> {
        caller(&self.bearer, reads)
    }
}
