//! What each command reads: its view, as one batch.

mod administrator;
mod application;

use domain::account_admin::{ActOnUser, AddUser, ImportUser};
use domain::backup_email::{
    BeginBackupEmail, BeginBackupEmailView, ConfirmBackupEmail, ConfirmBackupEmailView, RemoveBackupEmail,
};
use domain::challenge::{ChallengeView, ReadChallenge};
use domain::delivery::EndMessage;
use domain::disable::Disable;
use domain::email_change::{
    BeginEmailChange, BeginEmailChangeView, ConfirmEmailChange, ConfirmEmailChangeView, ReadEmailChange,
};
use domain::enrollment::{BeginEnrollment, BeginSentEnrollment, ConfirmEnrollment, EnrollmentView, ReadPending};
use domain::event::{EventsView, ReadEvents};
use domain::factor::manage::{FactorsView, PreferFactor, RemoveFactor, RenameFactor};
use domain::ids::{ApplicationId, UserId};
use domain::link_token::LinkView;
use domain::login::{AbandonLogin, BeginLogin, BeginLoginView, FinishLogin, FinishLoginView};
use domain::password::{
    BeginPasswordChange, BeginPasswordChangeView, BeginPasswordReset, FinishPasswordChange, FinishPasswordReset,
    RequestPasswordReset, RequestPasswordResetView,
};
use domain::recovery_code::set::{DownloadRecoveryCodes, DownloadView, MakeRecoveryCodes, ShowRecoveryCodes};
use domain::secret::TokenHash;
use domain::sent_code::{Scope, SendCode, SendCodeView, SendFor, Sends};
use domain::session::listing::{EndOneSession, EndOneSessionView, EndOtherSessions, ReadSessions, SessionsView};
use domain::session::visit::{ProlongSession, RecognizeVisitor};
use domain::session::{Bearer, Refresh, SessionView, SignOut, SignOutBy};
use domain::signup::{BeginSignUp, ResendVerification, ResendView, SignUp, SignUpView, VerifyEmail, VerifyEmailView};
use domain::status::{ReadStatus, StatusView};
use domain::step_up::{BeginStepUp, BeginStepUpView, ProofView, ReadAddress, StepUp};
use domain::throttle::{Charged, Counter};
use domain::trusted_device::{ListTrustedDevices, RevokeTrustedDevices, TrustDevice, TrustedDevicesView};
use domain::unlock::UnlockAccount;
use domain::user::Account;
use domain::verification::{Verify, VerifyView};

use crate::load::{Answers, Assemble, Handle, Load, Reads};
use crate::user::{Whose, locked, taken, unlocked};
use crate::{
    StoreError, audit_log, challenge, counter, enrollment, factor, known_browser, link_token, recovery_code, sent_code,
    session, signup, sms_fraud, trusted_device,
};

fn charged(counters: &[(Counter, Handle<Charged>)], answers: &Answers) -> Result<Vec<(Counter, Charged)>, StoreError> {
    counters.iter().map(|(counter, handle)| Ok((counter.clone(), answers.get(handle)?))).collect()
}

impl Load for BeginSignUp {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<Vec<(Counter, Charged)>> {
        let counters = self.origin.ip.map(|ip| Counter::signups_from_block(ip, reads.policy, reads.keys));
        let counters = counter::charge(reads, counters.into_iter().collect());
        Box::new(move |answers| charged(&counters, answers))
    }
}

impl Load for SignUp {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<SignUpView> {
        let key = self.email.key();
        let owner = unlocked(reads, &Whose::Email(self.application, &key));
        let mails = Counter::mails_to(&key, reads.policy, reads.keys);
        let mails = counter::charge(reads, mails.into());
        Box::new(move |answers| Ok(SignUpView { owner: answers.get(&owner)?, mails: charged(&mails, answers)? }))
    }
}

impl Load for ResendVerification {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<ResendView> {
        let key = self.email.key();
        let pending = signup::newest(reads, self.application, &key);
        let mails = Counter::mails_to(&key, reads.policy, reads.keys);
        let mails = counter::charge(reads, mails.into());
        Box::new(move |answers| Ok(ResendView { pending: answers.get(&pending)?, mails: charged(&mails, answers)? }))
    }
}

impl Load for VerifyEmail {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<VerifyEmailView> {
        let pending = signup::by_token(reads, &self.token);
        let taken = signup::address_taken(reads, &self.token);
        Box::new(move |answers| Ok(VerifyEmailView { pending: answers.get(&pending)?, taken: answers.get(&taken)? }))
    }
}

impl Load for BeginLogin {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<BeginLoginView> {
        let key = self.email.key();
        let account = locked(reads, &Whose::Email(self.application, &key));
        let pending = signup::newest(reads, self.application, &key);
        let mut counters = self.counters(reads.policy, reads.keys).into_iter();
        let passwords = match (counters.next(), counters.next()) {
            (Some(block), Some(account)) => counter::charge_within(reads, block, account),
            _ => Vec::new(),
        };
        Box::new(move |answers| {
            Ok(BeginLoginView {
                account: answers.get(&account)?,
                pending: answers.get(&pending)?,
                passwords: charged(&passwords, answers)?,
            })
        })
    }
}

impl Load for AbandonLogin {
    fn load(&self, _: &mut Reads<'_>) -> Assemble<()> {
        Box::new(|_| Ok(()))
    }
}

impl Load for FinishLogin {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<FinishLoginView> {
        let key = self.email.key();
        let owner = Whose::Email(self.application, &key);
        let account = locked(reads, &owner);
        let factors = factor::of_email(reads, self.application, &key);
        let challenges = challenge::open_of_email(reads, self.application, &key);
        let device = self.device.as_ref().map(|token| trusted_device::by_family(reads, &token.family()));
        let codes = sent_code::recent(reads, &owner);
        let days = sent_code::days_of_email(reads, self.application, &key);
        let sms = sms_fraud::usage_for_email(reads, self.application, &key, &self.origin);
        let browsers = known_browser::of_email(reads, self.application, &key);
        Box::new(move |answers| {
            Ok(FinishLoginView {
                browsers: answers.get(&browsers)?,
                account: answers.get(&account)?,
                factors: answers.get(&factors)?,
                challenges: answers.get(&challenges)?,
                device: device.as_ref().map_or(Ok(None), |device| answers.get(device))?,
                sends: Sends { codes: answers.get(&codes)?, days: answers.get(&days)?, sms: answers.get(&sms)? },
            })
        })
    }
}

impl Load for ReadChallenge {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<ChallengeView> {
        let person = Whose::Challenge(self.token);
        let account = unlocked(reads, &person);
        let challenge = challenge::by_token(reads, &self.token);
        let factors = factor::of_challenge(reads, &self.token);
        let codes = sent_code::recent(reads, &person);
        let days = sent_code::days_of_challenge(reads, &self.token);
        Box::new(move |answers| {
            Ok(ChallengeView {
                account: answers.get(&account)?,
                challenge: answers.get(&challenge)?,
                factors: answers.get(&factors)?,
                sends: Sends { codes: answers.get(&codes)?, days: answers.get(&days)?, sms: Vec::new() },
            })
        })
    }
}

impl Load for Verify {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<VerifyView> {
        let account = locked(reads, &Whose::Challenge(self.token));
        let challenge = challenge::by_token(reads, &self.token);
        let factors = factor::of_challenge(reads, &self.token);
        let recovery_codes = recovery_code::of_challenge(reads, &self.token);
        let devices = self.remember.then(|| trusted_device::of_challenge(reads, &self.token));
        let sent_codes = sent_code::of_challenge(reads, &self.token);
        let browsers = known_browser::of_challenge(reads, &self.token);
        Box::new(move |answers| {
            Ok(VerifyView {
                browsers: answers.get(&browsers)?,
                account: answers.get(&account)?,
                challenge: answers.get(&challenge)?,
                factors: answers.get(&factors)?,
                recovery_codes: answers.get(&recovery_codes)?,
                devices: devices.as_ref().map_or(Ok(Vec::new()), |devices| answers.get(devices))?,
                sent_codes: answers.get(&sent_codes)?,
            })
        })
    }
}

impl Load for SendCode {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<SendCodeView> {
        match &self.wanted {
            SendFor::Asked(_, id, _) => {
                let person = Whose::Asked(*id);
                let account = locked(reads, &person);
                let challenge = challenge::by_id(reads, *id);
                let factors = factor::of_asked(reads, *id);
                let codes = sent_code::recent(reads, &person);
                let days = sent_code::days_of_asked(reads, *id);
                let sms = sms_fraud::usage(reads, None, &self.origin);
                Box::new(move |answers| {
                    Ok(SendCodeView {
                        account: answers.get(&account)?,
                        challenge: answers.get(&challenge)?,
                        session: None,
                        factors: answers.get(&factors)?,
                        enrollments: Vec::new(),
                        sends: Sends {
                            codes: answers.get(&codes)?,
                            days: answers.get(&days)?,
                            sms: answers.get(&sms)?,
                        },
                    })
                })
            }
            SendFor::Challenge(token, _) => {
                let person = Whose::Challenge(*token);
                let account = locked(reads, &person);
                let challenge = challenge::by_token(reads, token);
                let factors = factor::of_challenge(reads, token);
                let codes = sent_code::recent(reads, &person);
                let days = sent_code::days_of_challenge(reads, token);
                let sms = sms_fraud::usage(reads, None, &self.origin);
                Box::new(move |answers| {
                    Ok(SendCodeView {
                        account: answers.get(&account)?,
                        challenge: answers.get(&challenge)?,
                        session: None,
                        factors: answers.get(&factors)?,
                        enrollments: Vec::new(),
                        sends: Sends {
                            codes: answers.get(&codes)?,
                            days: answers.get(&days)?,
                            sms: answers.get(&sms)?,
                        },
                    })
                })
            }
            SendFor::Enrollment(bearer, _) | SendFor::Session(bearer, ..) => {
                let person = Whose::Id(bearer.user);
                let account = locked(reads, &person);
                let session = session::by_id(reads, bearer.session);
                let factors = factor::of_user(reads, bearer.user);
                let enrollments = enrollment::of_user(reads, bearer.user);
                let codes = sent_code::recent(reads, &person);
                let days = sent_code::days_of_user(reads, bearer.user);
                let sms = sms_fraud::usage(reads, None, &self.origin);
                Box::new(move |answers| {
                    Ok(SendCodeView {
                        account: answers.get(&account)?,
                        challenge: None,
                        session: answers.get(&session)?,
                        factors: answers.get(&factors)?,
                        enrollments: answers.get(&enrollments)?,
                        sends: Sends {
                            codes: answers.get(&codes)?,
                            days: answers.get(&days)?,
                            sms: answers.get(&sms)?,
                        },
                    })
                })
            }
        }
    }
}

/// Account, session, factors and set-ups; what was sent is added by those who need it.
fn enrollment_view(bearer: &Bearer, reads: &mut Reads<'_>) -> Assemble<EnrollmentView> {
    let account = locked(reads, &Whose::Id(bearer.user));
    let session = session::by_id(reads, bearer.session);
    let factors = factor::of_user(reads, bearer.user);
    let enrollments = enrollment::of_user(reads, bearer.user);
    Box::new(move |answers| {
        Ok(EnrollmentView {
            account: answers.get(&account)?,
            session: answers.get(&session)?,
            factors: answers.get(&factors)?,
            enrollments: answers.get(&enrollments)?,
            sends: Sends::default(),
        })
    })
}

impl Load for BeginEnrollment {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<EnrollmentView> {
        enrollment_view(&self.bearer, reads)
    }
}

impl Load for BeginSentEnrollment {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<EnrollmentView> {
        let view = enrollment_view(&self.bearer, reads);
        let codes = sent_code::recent(reads, &Whose::Id(self.bearer.user));
        let days = sent_code::day_of(reads, self.destination.key(reads.keys));
        let sms = sms_fraud::usage(reads, Some(&self.destination), &self.origin);
        Box::new(move |answers| {
            let sends = Sends { codes: answers.get(&codes)?, days: answers.get(&days)?, sms: answers.get(&sms)? };
            Ok(EnrollmentView { sends, ..view(answers)? })
        })
    }
}

impl Load for ConfirmEnrollment {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<EnrollmentView> {
        let view = enrollment_view(&self.bearer, reads);
        let codes = sent_code::recent(reads, &Whose::Id(self.bearer.user));
        Box::new(move |answers| {
            let sends = Sends { codes: answers.get(&codes)?, days: Vec::new(), sms: Vec::new() };
            Ok(EnrollmentView { sends, ..view(answers)? })
        })
    }
}

impl Load for ReadPending {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<EnrollmentView> {
        let person = Whose::Id(self.bearer.user);
        let account = unlocked(reads, &person);
        let session = session::by_id(reads, self.bearer.session);
        let enrollments = enrollment::of_user(reads, self.bearer.user);
        let codes = sent_code::recent(reads, &person);
        let days = sent_code::days_of_user(reads, self.bearer.user);
        Box::new(move |answers| {
            Ok(EnrollmentView {
                account: answers.get(&account)?,
                session: answers.get(&session)?,
                factors: Vec::new(),
                enrollments: answers.get(&enrollments)?,
                sends: Sends { codes: answers.get(&codes)?, days: answers.get(&days)?, sms: Vec::new() },
            })
        })
    }
}

/// Reads what the status tells; `account` names the caller, locked or not.
fn status_view(account: Handle<Option<Account>>, bearer: &Bearer, reads: &mut Reads<'_>) -> Assemble<StatusView> {
    let session = session::by_id(reads, bearer.session);
    let factors = factor::of_user(reads, bearer.user);
    let recovery_codes = recovery_code::count_unused(reads, bearer.user);
    let trusted_devices = trusted_device::of_user(reads, bearer.user);
    Box::new(move |answers| {
        Ok(StatusView {
            account: answers.get(&account)?,
            session: answers.get(&session)?,
            factors: answers.get(&factors)?,
            recovery_codes: answers.get(&recovery_codes)?,
            trusted_devices: answers.get(&trusted_devices)?,
        })
    })
}

impl Load for ReadStatus {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<StatusView> {
        let account = unlocked(reads, &Whose::Id(self.bearer.user));
        status_view(account, &self.bearer, reads)
    }
}

impl Load for PreferFactor {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<StatusView> {
        let account = locked(reads, &Whose::Id(self.bearer.user));
        status_view(account, &self.bearer, reads)
    }
}

fn factors_view(bearer: &Bearer, reads: &mut Reads<'_>) -> Assemble<FactorsView> {
    let account = locked(reads, &Whose::Id(bearer.user));
    let session = session::by_id(reads, bearer.session);
    let factors = factor::of_user(reads, bearer.user);
    Box::new(move |answers| {
        Ok(FactorsView {
            account: answers.get(&account)?,
            session: answers.get(&session)?,
            factors: answers.get(&factors)?,
        })
    })
}

impl Load for RenameFactor {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<FactorsView> {
        factors_view(&self.bearer, reads)
    }
}

impl Load for RemoveFactor {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<FactorsView> {
        factors_view(&self.bearer, reads)
    }
}

impl Load for MakeRecoveryCodes {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<FactorsView> {
        factors_view(&self.bearer, reads)
    }
}

impl Load for DownloadRecoveryCodes {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<DownloadView> {
        let account = locked(reads, &Whose::Id(self.bearer.user));
        let session = session::by_id(reads, self.bearer.session);
        let kept = recovery_code::kept_of(reads, self.bearer.user);
        Box::new(move |answers| {
            Ok(DownloadView {
                account: answers.get(&account)?,
                session: answers.get(&session)?,
                kept: answers.get(&kept)?,
            })
        })
    }
}

impl Load for ShowRecoveryCodes {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<DownloadView> {
        let account = unlocked(reads, &Whose::Id(self.bearer.user));
        let session = session::by_id(reads, self.bearer.session);
        let kept = recovery_code::kept_of(reads, self.bearer.user);
        Box::new(move |answers| {
            Ok(DownloadView {
                account: answers.get(&account)?,
                session: answers.get(&session)?,
                kept: answers.get(&kept)?,
            })
        })
    }
}

impl Load for ReadAddress {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<SessionView> {
        let account = unlocked(reads, &Whose::Id(self.bearer.user));
        let session = session::by_id(reads, self.bearer.session);
        Box::new(move |answers| Ok(SessionView { account: answers.get(&account)?, session: answers.get(&session)? }))
    }
}

impl Load for BeginStepUp {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<BeginStepUpView> {
        let account = locked(reads, &Whose::Id(self.bearer.user));
        let session = session::by_id(reads, self.bearer.session);
        let factors = factor::of_user(reads, self.bearer.user);
        let passwords = counter::charge(reads, self.counters(reads.policy, reads.keys));
        Box::new(move |answers| {
            Ok(BeginStepUpView {
                account: answers.get(&account)?,
                session: answers.get(&session)?,
                factors: answers.get(&factors)?,
                passwords: charged(&passwords, answers)?,
            })
        })
    }
}

fn proof_view(bearer: &Bearer, scope: Scope, reads: &mut Reads<'_>) -> Assemble<ProofView> {
    let account = locked(reads, &Whose::Id(bearer.user));
    let session = session::by_id(reads, bearer.session);
    let factors = factor::of_user(reads, bearer.user);
    let recovery_codes = recovery_code::of_user(reads, bearer.user);
    let sent_codes = sent_code::of_scope(reads, scope);
    Box::new(move |answers| {
        Ok(ProofView {
            account: answers.get(&account)?,
            session: answers.get(&session)?,
            factors: answers.get(&factors)?,
            recovery_codes: answers.get(&recovery_codes)?,
            sent_codes: answers.get(&sent_codes)?,
        })
    })
}

impl Load for StepUp {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<ProofView> {
        proof_view(&self.bearer, Scope::StepUp(self.bearer.session), reads)
    }
}

impl Load for Disable {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<ProofView> {
        proof_view(&self.bearer, Scope::Disable(self.bearer.session), reads)
    }
}

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

fn devices_view(
    bearer: &Bearer,
    account: Handle<Option<Account>>,
    reads: &mut Reads<'_>,
) -> Assemble<TrustedDevicesView> {
    let session = session::by_id(reads, bearer.session);
    let devices = trusted_device::of_user(reads, bearer.user);
    Box::new(move |answers| {
        Ok(TrustedDevicesView {
            account: answers.get(&account)?,
            session: answers.get(&session)?,
            devices: answers.get(&devices)?,
        })
    })
}

impl Load for ListTrustedDevices {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<TrustedDevicesView> {
        let account = unlocked(reads, &Whose::Id(self.bearer.user));
        devices_view(&self.bearer, account, reads)
    }
}

impl Load for TrustDevice {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<TrustedDevicesView> {
        let account = locked(reads, &Whose::Id(self.bearer.user));
        devices_view(&self.bearer, account, reads)
    }
}

impl Load for RevokeTrustedDevices {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<TrustedDevicesView> {
        let account = locked(reads, &Whose::Id(self.bearer.user));
        devices_view(&self.bearer, account, reads)
    }
}

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

/// A caller and their session, locked.
fn caller(bearer: &Bearer, reads: &mut Reads<'_>) -> Assemble<SessionView> {
    let account = locked(reads, &Whose::Id(bearer.user));
    let session = session::by_id(reads, bearer.session);
    Box::new(move |answers| Ok(SessionView { account: answers.get(&account)?, session: answers.get(&session)? }))
}

/// A link and its person, locked.
fn link_view(token: &TokenHash, reads: &mut Reads<'_>) -> Assemble<LinkView> {
    let account = locked(reads, &Whose::Link(*token));
    let link = link_token::by_token(reads, token);
    Box::new(move |answers| Ok(LinkView { account: answers.get(&account)?, link: answers.get(&link)? }))
}

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

impl Load for EndMessage {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<Option<Account>> {
        let account = self.user.map(|user| locked(reads, &Whose::Id(user)));
        Box::new(move |answers| account.as_ref().map_or(Ok(None), |account| answers.get(account)))
    }
}
