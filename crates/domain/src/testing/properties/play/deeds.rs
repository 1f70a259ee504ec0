//! What somebody does within a session.

use super::{DESTINATIONS, Play};
use crate::code::TypedCode;
use crate::decision::Refusal;
use crate::destination::{Destination, PhoneNumber};
use crate::ids::{EnrollmentId, FactorId, SessionId, TrustedDeviceId};
use crate::sent_code::{Scope, SendFor, SessionPurpose, Which};
use crate::session::{Bearer, Grant};
use crate::testing::properties::ledger::{Ending, Proved};
use crate::testing::properties::moves::{Code, Deed};
use crate::testing::{Used, World};
use crate::totp::{Step, TotpSecret};
use crate::user::Email;

/// Addresses somebody may change theirs to.
const ADDRESSES: [&str; 3] = ["ada@example.org", "ada@new.example", "countess@example.net"];

impl Play {
    #[expect(clippy::too_many_lines, reason = "one arm for each deed")]
    pub(super) fn deed(&mut self, bearer: Bearer, deed: &Deed) {
        let session = bearer.session;
        match deed {
            Deed::Send(disable, factor) => {
                let Some(factor) = self.factor(*factor) else { return };
                let (purpose, scope) = if *disable {
                    (SessionPurpose::Disable, Scope::Disable(session))
                } else {
                    (SessionPurpose::StepUp, Scope::StepUp(session))
                };
                self.send(SendFor::Session(bearer, purpose, Which::Factor(factor)), scope);
            }
            Deed::SendAgain(which) => {
                let pending: Vec<EnrollmentId> = self.world.enrollments.keys().copied().collect();
                let Some(id) = Self::pick(&pending, *which) else { return };
                let before = self.works();
                self.send(SendFor::Enrollment(bearer, id), Scope::Setup(id));
                self.still_works(&before);
            }
            Deed::Begin(to) => {
                self.begin(bearer, *to);
            }
            Deed::Confirm(code) => {
                let newest = self.world.enrollments.keys().next_back().map(|id| Scope::Setup(*id));
                let typed = self.code(code, newest);
                self.confirm(bearer, &typed);
            }
            Deed::Enroll(to) => {
                if let Some((_, factor, scope)) = self.begin(bearer, *to) {
                    let typed = match self.ledger.secrets.get(&factor) {
                        Some(secret) => TypedCode::Digits(secret.code(Step::at(self.now()))),
                        None => self.code(&Code::Fitting, Some(scope)),
                    };
                    self.world.hide(&typed);
                    self.confirm(bearer, &typed);
                }
            }
            Deed::StepUp(code) => {
                let typed = self.code(code, Some(Scope::StepUp(session)));
                self.step_up(bearer, &typed);
            }
            Deed::Raise(by) => {
                let ask = |which| SendFor::Session(bearer, SessionPurpose::StepUp, which);
                if let Some(typed) = self.right(*by, Scope::StepUp(session), ask) {
                    self.step_up(bearer, &typed);
                }
            }
            Deed::StepUpByPassword(right) => {
                if let Ok(raised) = self.simply(|world| world.step_up_by_password(bearer, *right)) {
                    assert!(right & self.world.factors.is_empty(), "a password stood for a factor");
                    self.raised(session, Proved::Other, raised.rotated.then_some(raised.grant));
                }
            }
            Deed::Disable(code) => {
                let typed = self.code(code, Some(Scope::Disable(session)));
                self.disable(bearer, &typed);
            }
            Deed::TurnOff(by) => {
                let ask = |which| SendFor::Session(bearer, SessionPurpose::Disable, which);
                if let Some(typed) = self.right(*by, Scope::Disable(session), ask) {
                    self.disable(bearer, &typed);
                }
            }
            Deed::MakeRecoveryCodes => {
                if let Ok(codes) = self.simply(|world| world.make_recovery_codes(bearer)) {
                    self.ledger.changed(session, self.now());
                    let codes = codes.iter().map(|code| code.expose().to_owned()).collect();
                    self.ledger.recovery_codes_given(codes, session, self.now());
                }
            }
            Deed::Download => {
                if let Ok(sheet) = self.simply(|world| world.download(bearer)) {
                    let codes: Vec<String> = sheet.codes.iter().map(|code| code.expose().to_owned()).collect();
                    self.ledger.downloaded(&codes, session, self.now());
                }
            }
            Deed::Prefer(factor) => {
                let Some(factor) = self.factor(*factor) else { return };
                if self.simply(|world| world.prefer(bearer, factor)).is_ok() {
                    self.ledger.changed(session, self.now());
                }
            }
            Deed::Rename(factor) => {
                let Some(factor) = self.factor(*factor) else { return };
                if self.simply(|world| world.rename(bearer, factor, "Another name")).is_ok() {
                    self.ledger.changed(session, self.now());
                }
            }
            Deed::Remove(factor) => {
                let Some(factor) = self.factor(*factor) else { return };
                if self.simply(|world| world.remove(bearer, factor)).is_ok() {
                    assert!(!self.world.factors.is_empty(), "the last factor was removed");
                    self.ledger.changed(session, self.now());
                    self.ledger.ended(Ending::FactorRemoved, Some(session));
                }
            }
            Deed::Trust => {
                if let Ok(device) = self.simply(|world| world.trust_device(bearer)) {
                    self.ledger.remembered(&device, session, self.now());
                }
            }
            Deed::Revoke(which) => {
                let ids: Vec<TrustedDeviceId> = self.world.devices.keys().copied().collect();
                let which = which.and_then(|which| Self::pick(&ids, which));
                if self.simply(|world| world.revoke(bearer, which)).is_ok() {
                    self.ledger.changed(session, self.now());
                    match which {
                        Some(device) => self.ledger.forgotten(device),
                        None => self.ledger.ended(Ending::TrustRevoked, Some(session)),
                    }
                }
            }
            Deed::ChangePassword(right) => {
                let new = self.new_password();
                if self.simply(|world| world.change_password(bearer, *right, new)).is_ok() {
                    assert!(*right, "a wrong password was changed");
                    self.ledger.changed(session, self.now());
                    self.ledger.ended(Ending::PasswordChanged, Some(session));
                }
            }
            Deed::AskEmail(which) => {
                let email = Email::parse(ADDRESSES[which % ADDRESSES.len()]).unwrap();
                let (asked, _) = self.call(|world| world.begin_email_change(bearer, email));
                self.collect(None, Some(session));
                if asked.is_ok() {
                    self.ledger.changed(session, self.now());
                }
            }
            Deed::EndSession(other) => {
                let Some(target) = Self::pick(&self.grants, *other) else { return };
                if self.simply(|world| world.end_session(bearer, target.session)).is_ok() {
                    self.ledger.served(session);
                    self.ledger.session_over(target.session);
                }
            }
            Deed::EndOthers => {
                if self.simply(|world| world.end_other_sessions(bearer)).is_ok() {
                    self.ledger.served(session);
                    self.ledger.ended(Ending::SessionsEnded, Some(session));
                }
            }
            Deed::Status => self.read_as(bearer, |world| world.status(bearer)),
            Deed::ListDevices => self.read_as(bearer, |world| world.list_devices(bearer, None, 50)),
            Deed::ListSessions => self.read_as(bearer, |world| world.list_sessions(bearer)),
        }
    }

    /// Asks something that changes nothing.
    fn read_as<R>(&mut self, bearer: Bearer, question: impl FnOnce(&mut World) -> Result<R, Refusal>) {
        let entries = self.world.log.len();
        let answered = self.simply(question).is_ok();
        assert_eq!(self.world.log.len(), entries, "reading left a trace");
        if answered {
            self.ledger.served(bearer.session);
            self.within_its_end(bearer.session);
        }
    }

    /// Begins a set-up, of an authenticator where `to` names no destination.
    fn begin(&mut self, bearer: Bearer, to: Option<usize>) -> Option<(EnrollmentId, FactorId, Scope)> {
        let before = self.works();
        let begun = match to.map(|which| DESTINATIONS[which % DESTINATIONS.len()]) {
            None => self.simply(|world| world.begin_enrollment(bearer)).ok().map(|begun| {
                let secret = TotpSecret::from_base32(begun.secret.expose()).unwrap();
                self.ledger.secrets.insert(begun.factor, secret);
                (begun.enrollment, begun.factor, Scope::Setup(begun.enrollment))
            }),
            Some(text) => {
                let to = match PhoneNumber::from_e164(text) {
                    Some(number) => Destination::Phone(number),
                    None => Destination::Email(Email::parse(text).unwrap()),
                };
                let (begun, used) = self.call(|world| world.begin_sent(bearer, to));
                assert!(used.is_empty());
                let scope = begun.as_ref().ok().map(|begun| Scope::Setup(begun.enrollment));
                self.collect(scope, None);
                begun.ok().map(|begun| (begun.enrollment, begun.factor, Scope::Setup(begun.enrollment)))
            }
        };
        self.still_works(&before);
        if begun.is_some() {
            self.ledger.changed(bearer.session, self.now());
        }
        begun
    }

    fn confirm(&mut self, bearer: Bearer, typed: &TypedCode) {
        let (before, open) = (self.works(), self.is_open());
        let (enrollments, factors) = (self.world.enrollments.clone(), self.world.factors.clone());
        let (confirmed, used) = self.call(|world| world.confirm(bearer, typed.clone()));
        self.collect(None, None);
        match confirmed {
            Ok(confirmed) => {
                assert!(open, "a code was accepted while the account is locked");
                let pending = enrollments.values().find(|pending| pending.factor == confirmed.factor).unwrap();
                self.accepted(&used, typed, Scope::Setup(pending.id), &factors);
                self.ledger.served(bearer.session);
                if pending.session != bearer.session {
                    self.ledger.changed(bearer.session, self.now());
                }
                self.ledger.ended(Ending::FactorAdded, Some(bearer.session));
                assert_eq!(confirmed.recovery_codes.is_empty(), !factors.is_empty());
                if factors.is_empty() {
                    let codes = confirmed.recovery_codes.iter().map(|code| code.expose().to_owned()).collect();
                    self.ledger.recovery_codes_given(codes, bearer.session, self.now());
                }
            }
            Err(refusal) => {
                self.still_works(&before);
                self.refused(&refusal, None);
            }
        }
    }

    fn step_up(&mut self, bearer: Bearer, typed: &TypedCode) {
        let (open, factors) = (self.is_open(), self.world.factors.clone());
        let (raised, used) = self.call(|world| world.step_up(bearer, typed.clone()));
        self.collect(None, None);
        match raised {
            Ok(raised) => {
                assert!(open, "a code was accepted while the account is locked");
                let proved = self.accepted(&used, typed, Scope::StepUp(bearer.session), &factors);
                if matches!(used[..], [Used::Recovery(_)]) {
                    self.ledger.ended(Ending::RecoveryCodeUsed, None);
                }
                self.raised(bearer.session, proved, raised.rotated.then_some(raised.grant));
            }
            Err(refusal) => self.refused(&refusal, None),
        }
    }

    fn raised(&mut self, session: SessionId, proved: Proved, grant: Option<Grant>) {
        self.ledger.served(session);
        self.ledger.proved(session, proved, self.now());
        self.grants.extend(grant);
    }

    fn disable(&mut self, bearer: Bearer, typed: &TypedCode) {
        let (open, factors) = (self.is_open(), self.world.factors.clone());
        let (disabled, used) = self.call(|world| world.disable(bearer, typed.clone()));
        self.collect(None, None);
        match disabled {
            Ok(_) => {
                assert!(open, "a code was accepted while the account is locked");
                self.accepted(&used, typed, Scope::Disable(bearer.session), &factors);
                self.ledger.served(bearer.session);
                self.ledger.ended(Ending::TwoFactorDisabled, Some(bearer.session));
                let world = &self.world;
                assert!(world.factors.is_empty() && world.recovery_codes.is_empty() && world.enrollments.is_empty());
            }
            Err(refusal) => self.refused(&refusal, None),
        }
    }
}
