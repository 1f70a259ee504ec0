//! What operators do to accounts, and unlocking one.

use domain::account_admin::{ActOnUser, AddUser, ImportUser};
use domain::delivery::EndMessage;
use domain::link_token::LinkView;
use domain::unlock::UnlockAccount;
use domain::user::Account;

use super::link_view;
use crate::load::{Assemble, Load, Reads};
use crate::user::{Whose, locked, taken};

impl Load for AddUser {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<bool> {
        let taken = taken(reads, self.application, &self.email.key());
        Box::new(move |answers| answers.get(&taken))
    }
}

impl Load for ImportUser {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<bool> {
        let taken = taken(reads, self.application, &self.email.key());
        Box::new(move |answers| answers.get(&taken))
    }
}

impl Load for UnlockAccount {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<LinkView> {
        link_view(&self.token, reads)
    }
}

impl Load for ActOnUser {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<Option<Account>> {
        let account = locked(reads, &Whose::Email(self.application, &self.whose));
        Box::new(move |answers| answers.get(&account))
    }
}

impl Load for EndMessage {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<Option<Account>> {
        let account = self.user.map(|user| locked(reads, &Whose::Id(user)));
        Box::new(move |answers| account.as_ref().map_or(Ok(None), |account| answers.get(account)))
    }
}
