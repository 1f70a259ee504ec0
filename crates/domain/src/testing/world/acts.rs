//! What people do besides proving a factor: passwords, addresses, links, sessions; and what operators do to them.

use super::{World, is_open};
use crate::account_admin::{Act, ActOnUser};
use crate::command::Origin;
use crate::decision::Refusal;
use crate::email_change::{
    BeginEmailChange, BeginEmailChangeView, ConfirmEmailChange, ConfirmEmailChangeView, ReadEmailChange,
};
use crate::ids::{ApplicationId, SessionId};
use crate::password::{
    BeginPasswordChange, BeginPasswordChangeView, BeginPasswordReset, FinishPasswordChange, FinishPasswordReset,
    RequestPasswordReset, RequestPasswordResetView,
};
use crate::secret::TokenHash;
use crate::session::listing::{
    EndOneSession, EndOneSessionView, EndOtherSessions, ReadSessions, SessionPage, SessionsView,
};
use crate::session::{Bearer, SessionView, SignOut, SignOutBy};
use crate::testing::origin;
use crate::throttle::{Charged, Counter};
use crate::unlock::UnlockAccount;
use crate::user::{Email, PasswordHash, PasswordProof};

impl World {
    fn charged(&mut self, counters: impl IntoIterator<Item = Counter>) -> Vec<(Counter, Charged)> {
        counters.into_iter().map(|counter| (counter.clone(), self.charge(&counter))).collect()
    }

    fn caller(&self, bearer: &Bearer) -> SessionView {
        SessionView {
            account: self.users.get(&bearer.user).cloned(),
            session: self.sessions.get(&bearer.session).cloned(),
        }
    }

    /// Replaces a password; the old one is right or wrong.
    pub(crate) fn change_password(&mut self, bearer: Bearer, right: bool, new: PasswordHash) -> Result<(), Refusal> {
        let email = self.users[&bearer.user].user.email.clone();
        let begin = BeginPasswordChange { bearer, email: email.clone(), origin: origin() };
        let passwords = self.charged(begin.counters(&self.lab.policy, &self.lab.keys));
        let SessionView { account, session } = self.caller(&bearer);
        let decision = self.lab.decide(&begin, BeginPasswordChangeView { account, session, passwords }).unwrap();
        let check = self.commit(decision)?;
        let proof = check.user.filter(|_| right).map_or(PasswordProof::Wrong, PasswordProof::Right);
        let finish =
            FinishPasswordChange { bearer, email, proof, password: Some(new), refresh: None, origin: origin() };
        let view = self.caller(&bearer);
        let decision = self.lab.decide(&finish, view).unwrap();
        self.commit(decision).map(|_| ())
    }

    /// Asks for a link to set a new password.
    pub(crate) fn request_reset(&mut self, email: &Email) -> Result<(), Refusal> {
        let account = self.users.values().find(|account| account.user.email.key() == email.key()).cloned();
        let mails = self.charged(Counter::mails_to(&email.key(), &self.lab.policy, &self.lab.keys));
        let command =
            RequestPasswordReset { application: ApplicationId::DEFAULT, email: email.clone(), origin: origin() };
        let decision = self.lab.decide(&command, RequestPasswordResetView { account, mails }).unwrap();
        self.commit(decision)
    }

    /// Sets a new password with a link's token.
    pub(crate) fn reset_password(&mut self, token: &str, password: PasswordHash) -> Result<(), Refusal> {
        let (hash, view) = (TokenHash::of(token), self.link_view(token));
        let decision = self.lab.decide(&BeginPasswordReset { token: hash, origin: origin() }, view).unwrap();
        self.commit(decision)?;
        let view = self.link_view(token);
        let finish = FinishPasswordReset { token: hash, password, origin: origin() };
        let decision = self.lab.decide(&finish, view).unwrap();
        self.commit(decision)
    }

    /// Asks to have another address, which is nobody's.
    pub(crate) fn begin_email_change(&mut self, bearer: Bearer, email: Email) -> Result<(), Refusal> {
        let mails = self.charged(Counter::mails_to(&email.key(), &self.lab.policy, &self.lab.keys));
        let SessionView { account, session } = self.caller(&bearer);
        let view = BeginEmailChangeView { account, session, owner: None, mails };
        let decision = self.lab.decide(&BeginEmailChange { bearer, email, origin: origin() }, view).unwrap();
        self.commit(decision)
    }

    /// Proves another address with a link's token.
    pub(crate) fn confirm_email_change(&mut self, token: &str) -> Result<(), Refusal> {
        let (hash, view) = (TokenHash::of(token), self.link_view(token));
        let decision = self.lab.decide(&ReadEmailChange { token: hash }, view).unwrap();
        let wanted = self.commit(decision)?;
        let session = self.sessions.get(&wanted.session).cloned();
        let view = ConfirmEmailChangeView { link: self.link_view(token), session, owner: None };
        let command = ConfirmEmailChange { token: hash, wanted, origin: origin() };
        let decision = self.lab.decide(&command, view).unwrap();
        self.commit(decision)
    }

    /// Opens the link of a mail about a lock.
    pub(crate) fn unlock(&mut self, token: &str) -> Result<(), Refusal> {
        let view = self.link_view(token);
        let command = UnlockAccount { token: TokenHash::of(token), origin: origin() };
        let decision = self.lab.decide(&command, view).unwrap();
        self.commit(decision)
    }

    /// Signs out by an access token.
    pub(crate) fn sign_out_by(&mut self, bearer: Bearer) -> Result<(), Refusal> {
        let view = self.caller(&bearer);
        let decision = self.lab.decide(&SignOut { by: SignOutBy::Bearer(bearer), origin: origin() }, view).unwrap();
        self.commit(decision)
    }

    /// Lists sessions.
    pub(crate) fn list_sessions(&mut self, bearer: Bearer) -> Result<SessionPage, Refusal> {
        let SessionView { account, session } = self.caller(&bearer);
        let own = self.sessions.values().filter(|session| session.user == bearer.user && session.ended_at.is_none());
        let sessions = own.map(|session| (session.clone(), session.created_at)).collect();
        let view = SessionsView { account, session, sessions };
        let decision = self.lab.decide(&ReadSessions { bearer, after: None }, view).unwrap();
        self.commit(decision)
    }

    /// Ends one session.
    pub(crate) fn end_session(&mut self, bearer: Bearer, which: SessionId) -> Result<(), Refusal> {
        let SessionView { account, session } = self.caller(&bearer);
        let view = EndOneSessionView { account, session, target: self.sessions.get(&which).cloned() };
        let command = EndOneSession { bearer, session: which, origin: origin() };
        let decision = self.lab.decide(&command, view).unwrap();
        self.commit(decision)
    }

    /// Ends all sessions but the caller's.
    pub(crate) fn end_other_sessions(&mut self, bearer: Bearer) -> Result<(), Refusal> {
        let view = self.caller(&bearer);
        let decision = self.lab.decide(&EndOtherSessions { bearer, origin: origin() }, view).unwrap();
        self.commit(decision)
    }

    /// Does what an operator does.
    pub(crate) fn act(&mut self, email: &Email, act: Act) -> Result<(), Refusal> {
        let account = self.users.values().find(|account| account.user.email.key() == email.key()).cloned();
        let origin = Origin { actor: Some("cli".to_owned()), ..Origin::default() };
        let command = ActOnUser { application: ApplicationId::DEFAULT, email: email.clone(), act, origin };
        let decision = self.lab.decide(&command, account).unwrap();
        self.commit(decision).map(drop)
    }

    /// Challenges that are neither answered nor ended.
    pub(crate) fn open_challenges(&self) -> usize {
        self.challenges.values().filter(|challenge| is_open(challenge)).count()
    }
}
