//! Ways in and out: passwords and codes, refresh tokens, links, and what operators do.

use super::Play;
use crate::account_admin::Act;
use crate::audit::AuditAction;
use crate::code::TypedCode;
use crate::factor::Method;
use crate::message::MessageKind;
use crate::session::{Grant, RefreshHolder};
use crate::testing::Entered;
use crate::testing::properties::ledger::{Ending, Proved};
use crate::testing::properties::moves::Operation;
use crate::time::Duration;

impl Play {
    /// Gives a password, right or wrong; gives the partial token, if that is what came of it.
    pub(super) fn log_in(&mut self, right: bool) -> Option<String> {
        let (email, shown) = (self.email(), self.world.cookie.clone());
        let (entered, used) = self.call(|world| world.log_in(email.as_str(), right, RefreshHolder::Body));
        let now = self.now();
        match entered {
            Ok(Entered::Challenge(token)) => {
                assert!(right && used.is_empty());
                self.collect(self.scope_of(&token), None);
                self.ledger.challenged(&token, now);
                self.partial.push(token.clone());
                return Some(token);
            }
            Ok(Entered::Trusted(grant)) => {
                assert!(right);
                let given = self.world.cookie.clone().unwrap();
                self.ledger.recognized(&used, (&shown.unwrap(), &given), now);
                assert_eq!((grant.method, self.world.sessions[&grant.session].fresh_at), (None, None));
                self.signed_in(*grant, Proved::Nothing);
            }
            Ok(Entered::Session(grant)) => {
                assert!(right && used.is_empty());
                assert!(self.world.factors.is_empty(), "a password alone signed in");
                self.signed_in(*grant, Proved::Other);
            }
            Err(_) => {}
        }
        self.collect(None, None);
        None
    }

    pub(super) fn signed_in(&mut self, grant: Grant, proved: Proved) {
        self.ledger.signed_in(grant.session, proved, self.now());
        self.grants.push(grant);
    }

    pub(super) fn verify(&mut self, token: &str, typed: &TypedCode, remember: bool) {
        let known = self.scope_of(token);
        let (open, factors) = (self.is_open(), self.world.factors.clone());
        let (entries, sessions) = (self.world.log.len(), self.world.sessions.len());
        let (verified, used) = self.call(|world| {
            if remember { world.verify_and_remember(token, typed.clone()) } else { world.verify(token, typed.clone()) }
        });
        self.collect(None, None);
        let written = &self.world.log[entries..];
        let written = written.iter().filter(|stored| stored.entry.action == AuditAction::CodeVerified).count();
        assert_eq!(written, usize::from(known.is_some()), "each try is one entry");
        assert_eq!(self.world.sessions.len() - sessions, usize::from(verified.is_ok()), "one right code, one session");
        let now = self.now();
        match verified {
            Ok(verified) => {
                assert!(open, "a code was accepted while the account is locked");
                let proved = self.accepted(&used, typed, known.unwrap(), &factors);
                self.ledger.answered(token, now);
                if verified.method == Method::RecoveryCode {
                    self.ledger.ended(Ending::RecoveryCodeUsed, None);
                }
                let session = verified.grant.session;
                self.signed_in(verified.grant, proved);
                if let Some(device) = verified.trusted_device {
                    self.ledger.remembered(&device, session, now);
                }
            }
            Err(refusal) => self.refused(&refusal, Some(token)),
        }
    }

    /// Uses a link: as one of a kind, whatever it is, or as what it is.
    pub(super) fn follow(&mut self, which: usize, kind: Option<MessageKind>) {
        let (token, asked_by) = Self::pick(&self.links, which).unwrap();
        let kind = kind.or(self.ledger.kind_of_link(&token));
        let (used, life, ending) = match kind {
            Some(MessageKind::PasswordReset) => {
                let password = self.new_password();
                let used = self.simply(|world| world.reset_password(&token, password));
                (used, Duration::from_hours(1), Some((Ending::PasswordReset, None)))
            }
            Some(MessageKind::EmailChange) => {
                let used = self.simply(|world| world.confirm_email_change(&token));
                (used, Duration::from_hours(24), Some((Ending::EmailChanged, asked_by)))
            }
            Some(MessageKind::AccountLocked) => {
                (self.simply(|world| world.unlock(&token)), Duration::from_mins(15), None)
            }
            _ => return,
        };
        if let (Ok(()), Some(kind)) = (used, kind) {
            self.ledger.link_used(&token, kind, life, self.now());
            if let Some(session) = asked_by {
                self.ledger.served(session);
            }
            if let Some((ending, stays)) = ending {
                self.ledger.ended(ending, stays);
            }
        }
    }

    pub(super) fn operate(&mut self, operation: Operation) {
        let email = self.email();
        let act = match operation {
            Operation::Disable => Act::Disable,
            Operation::Enable => Act::Enable,
            Operation::Unlock => Act::Unlock,
            Operation::Reset => Act::ResetTwoFactor("by phone".to_owned()),
        };
        assert_eq!(self.simply(|world| world.act(&email, act)), Ok(()));
        match operation {
            Operation::Disable => {
                self.ledger.ended(Ending::UserDisabled, None);
                self.ledger.shut_out(true);
            }
            Operation::Enable => self.ledger.shut_out(false),
            Operation::Unlock => self.ledger.forgiven(),
            Operation::Reset => {
                self.ledger.ended(Ending::TwoFactorReset, None);
                self.ledger.forgiven();
                assert!(self.world.factors.is_empty() && self.world.recovery_codes.is_empty());
            }
        }
    }

    pub(super) fn sign_out(&mut self, which: usize, by_bearer: bool) {
        let (Some(grant), Some(bearer)) = (Self::pick(&self.grants, which), self.bearer(which)) else { return };
        if by_bearer {
            assert_eq!(self.simply(|world| world.sign_out_by(bearer)), Ok(()));
        } else if self.is_newest(&grant) {
            assert_eq!(self.simply(|world| world.sign_out(grant.refresh.expose())), Ok(()));
        } else {
            return;
        }
        assert!(self.world.sessions[&grant.session].ended_at.is_some());
        self.ledger.session_over(grant.session);
    }

    pub(super) fn refresh(&mut self, which: usize) {
        let Some(grant) = Self::pick(&self.grants, which) else { return };
        let newest = self.is_newest(&grant);
        if let Ok(renewed) = self.simply(|world| world.refresh(grant.refresh.expose())) {
            assert!(newest, "an old token renewed a session");
            self.ledger.served(renewed.session);
            self.within_its_end(renewed.session);
            let end = self.world.sessions[&renewed.session].expires_at;
            assert!(renewed.access_expires_at <= end && renewed.refresh_expires_at <= end);
            assert_eq!(renewed.authenticated_at, self.world.sessions[&renewed.session].authenticated_at);
            assert_eq!(renewed.authenticated_at, grant.authenticated_at, "a refresh passed for a proof");
            self.grants.push(renewed);
        } else {
            // After a step-up, the token before it finds nothing.
            let over = self.world.sessions[&grant.session].ended_at.is_some();
            let shut_out = self.account().user.disabled_at.is_some();
            assert!(over || shut_out || !newest, "refused, but still alive");
        }
    }
}
