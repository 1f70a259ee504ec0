//! A database of maps: loads views, applies decisions, and holds every decision to the guards that SQL would hold it to.

mod acts;
mod guards;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Debug;

use super::{Lab, Person, origin};
use crate::audit::{self, AuditHead, ChainedEntry};
use crate::challenge::{Challenge, ChallengeState, ChallengeView, ReadChallenge};
use crate::code::TypedCode;
use crate::decision::{Change, Decision, OutboxMessage, Refusal};
use crate::destination::Destination;
use crate::disable::{Disable, Disabled};
use crate::enrollment::{
    BeginEnrollment, BeginSentEnrollment, Begun, ConfirmEnrollment, Confirmed, Enrollment, EnrollmentView,
    SentEnrollmentBegun,
};
use crate::factor::Factor;
use crate::factor::manage::{FactorsView, PreferFactor, RemoveFactor, Removed, RenameFactor};
use crate::ids::{
    ApplicationId, AuditId, ChallengeId, EnrollmentId, FactorId, LinkTokenId, PersonId, RecoveryCodeId, SessionId,
    TrustedDeviceId, UserId,
};
use crate::known_browser::KnownBrowser;
use crate::link_token::{LinkToken, LinkView};
use crate::login::{BeginLogin, BeginLoginView, FinishLogin, FinishLoginView, LoggedIn};
use crate::message::MessageContent;
use crate::recovery_code::StoredRecoveryCode;
use crate::recovery_code::set::{
    DownloadRecoveryCodes, DownloadView, KeptRecoveryCodes, MakeRecoveryCodes, RecoverySheet,
};
use crate::secret::SecretText;
use crate::secret::TokenHash;
use crate::sent_code::{CodeSent, SendCode, SendCodeView, SendFor, Sends, SentCode};
use crate::session::{Bearer, Grant, Refresh, RefreshHolder, RefreshToken, Session, SessionView, SignOut, SignOutBy};
use crate::status::{FactorStatus, ReadStatus, Status, StatusView};
use crate::step_up::{BeginStepUp, BeginStepUpView, Proof, ProofView, StepUp, SteppedUp};
use crate::throttle::{Charged, Counter};
use crate::time::Timestamp;
use crate::trusted_device::{
    DeviceCookie, DeviceToken, ListTrustedDevices, NewDevice, RevokeTrustedDevices, TrustDevice, TrustedDevice,
    TrustedDevicePage, TrustedDevicesView,
};
use crate::user::{Account, Email, PasswordProof};
use crate::verification::{Verified, Verify, VerifyView};

pub(crate) use self::guards::Used;

/// The world as it is stored.
pub(crate) struct World {
    pub(crate) lab: Lab,
    pub(crate) users: BTreeMap<UserId, Account>,
    pub(crate) challenges: BTreeMap<ChallengeId, Challenge>,
    pub(crate) enrollments: BTreeMap<EnrollmentId, Enrollment>,
    pub(crate) factors: BTreeMap<FactorId, Factor>,
    pub(crate) sent_codes: Vec<SentCode>,
    /// Unused recovery codes.
    pub(crate) recovery_codes: Vec<(UserId, StoredRecoveryCode)>,
    pub(crate) kept: BTreeMap<UserId, KeptRecoveryCodes>,
    pub(crate) sessions: BTreeMap<SessionId, Session>,
    pub(crate) devices: BTreeMap<TrustedDeviceId, TrustedDevice>,
    /// The cookie the browser shows at sign-in.
    pub(crate) cookie: Option<String>,
    pub(crate) links: BTreeMap<LinkTokenId, LinkToken>,
    counters: HashMap<[u8; 32], Charged>,
    browsers: Vec<KnownBrowser>,
    pub(crate) log: Vec<ChainedEntry>,
    pub(crate) outbox: Vec<OutboxMessage>,
    /// Steps and recovery codes used so far: what is put in here twice was accepted twice.
    spent_steps: HashSet<(FactorId, i64)>,
    spent_codes: HashSet<RecoveryCodeId>,
    /// What stood for somebody, in order.
    pub(crate) used: Vec<Used>,
    /// Codes that were sent or typed: no decision may show one.
    codes: HashSet<u32>,
    /// What the messages of the outbox say, in its order.
    pub(crate) contents: Vec<MessageContent>,
    /// What was given to clients: the `Debug` of no decision may show it.
    given: Vec<String>,
}

/// Where a right password led.
pub(crate) enum Entered {
    /// A session.
    Session(Box<Grant>),
    /// A session, by a trusted device.
    Trusted(Box<Grant>),
    /// A challenge, by its partial token.
    Challenge(String),
}

impl World {
    /// A world of one person.
    pub(crate) fn of(lab: Lab, person: &Person) -> Self {
        let user = person.account.user.id;
        let mut given = vec![person.account.user.email.as_str().to_owned(), person.account.user.email.key()];
        given.extend(person.recovery_codes.iter().map(|code| code.expose().to_owned()));
        given.extend(person.secrets.iter().map(|secret| secret.to_base32().expose().to_owned()));
        Self {
            lab,
            users: BTreeMap::from([(user, person.account.clone())]),
            challenges: BTreeMap::new(),
            enrollments: BTreeMap::new(),
            factors: person.factors.iter().map(|factor| (factor.id, factor.clone())).collect(),
            recovery_codes: person.stored_codes.iter().map(|code| (user, code.clone())).collect(),
            kept: BTreeMap::new(),
            sessions: BTreeMap::new(),
            devices: BTreeMap::new(),
            cookie: None,
            links: BTreeMap::new(),
            sent_codes: Vec::new(),
            counters: HashMap::new(),
            browsers: Vec::new(),
            log: Vec::new(),
            outbox: Vec::new(),
            spent_steps: HashSet::new(),
            spent_codes: HashSet::new(),
            used: Vec::new(),
            codes: HashSet::new(),
            contents: Vec::new(),
            given,
        }
    }

    /// Signs in with a password, right or wrong.
    pub(crate) fn log_in(&mut self, email: &str, right: bool, holder: RefreshHolder) -> Result<Entered, Refusal> {
        let (application, email) = (ApplicationId::DEFAULT, Email::parse(email).unwrap());
        let account = self.users.values().find(|account| account.user.email.key() == email.key()).cloned();
        let begin = BeginLogin { application, email: email.clone(), origin: origin() };
        let counters = begin.counters(&self.lab.policy, &self.lab.keys);
        let passwords = counters.into_iter().map(|counter| (counter.clone(), self.charge(&counter))).collect();
        let view = BeginLoginView { account: account.clone(), pending: None, passwords };
        let decision = self.lab.decide(&begin, view).unwrap();
        let check = self.commit(decision)?;
        let proof = check.user.filter(|_| right).map_or(PasswordProof::Wrong, PasswordProof::Right);
        let finish = FinishLogin {
            application,
            email,
            proof,
            rehashed: None,
            repeated: true,
            holder,
            device: self.cookie(),
            origin: origin(),
        };
        let device = finish.device.as_ref().and_then(|token| self.device_of(token));
        let mut challenges: Vec<&Challenge> = self.challenges.values().filter(|c| is_open(c)).collect();
        challenges.sort_by_key(|challenge| std::cmp::Reverse((challenge.created_at, challenge.id)));
        let challenges = challenges.into_iter().map(|challenge| (challenge.id, challenge.expires_at)).collect();
        let factors = account.as_ref().map_or(Vec::new(), |account| self.factors_of(account.user.id));
        let sends = self.sends();
        let browsers = self.browsers.clone();
        let view = FinishLoginView { account, factors, challenges, device, sends, browsers };
        let decision = self.lab.decide(&finish, view).unwrap();
        let entered = match self.commit(decision)? {
            LoggedIn::NoFactor(grant, _) => Entered::Session(grant),
            LoggedIn::HashChanged => unreachable!("the check was repeated"),
            LoggedIn::TrustedDevice { grant, cookie, .. } => {
                self.keep(cookie.as_ref());
                Entered::Trusted(grant)
            }
            LoggedIn::FactorDue { partial_token, .. } => Entered::Challenge(partial_token.expose().to_owned()),
        };
        self.given.push(match &entered {
            Entered::Session(grant) | Entered::Trusted(grant) => grant.refresh.expose().to_owned(),
            Entered::Challenge(token) => token.clone(),
        });
        Ok(entered)
    }

    /// Signs in with the right password of somebody who has a second factor.
    pub(crate) fn challenge(&mut self) -> String {
        match self.log_in("ada@example.org", true, RefreshHolder::Body) {
            Ok(Entered::Challenge(token)) => token,
            Ok(Entered::Session(_) | Entered::Trusted(_)) => panic!("no factor was asked"),
            Err(refusal) => panic!("{refusal:?}"),
        }
    }

    /// Decides on a code, and leaves the world as it is.
    pub(crate) fn judge(&mut self, token: &str, code: TypedCode) -> Decision<Verified> {
        self.judge_from(token, code, false)
    }

    fn judge_from(&mut self, token: &str, code: TypedCode, remember: bool) -> Decision<Verified> {
        let (token_hash, device) = (TokenHash::of(token), self.cookie());
        let command = Verify { token: token_hash, code, holder: None, remember, device, origin: origin() };
        let challenge = self.challenge_of(token);
        let user = challenge.as_ref().map(|challenge| challenge.user);
        let view = VerifyView {
            reset_request: None,
            browsers: self.browsers.clone(),
            account: user.map(|user| self.users[&user].clone()),
            challenge,
            factors: user.map_or(Vec::new(), |user| self.factors_of(user)),
            recovery_codes: user.map_or(Vec::new(), |user| self.codes_of(user)),
            devices: user.map_or(Vec::new(), |user| self.devices_of(user)),
            sent_codes: self.sent_codes.clone(),
        };
        self.lab.decide(&command, view).unwrap()
    }

    /// Answers a challenge, and asks that the browser be remembered.
    pub(crate) fn verify_and_remember(&mut self, token: &str, code: TypedCode) -> Result<Verified, Refusal> {
        let decision = self.judge_from(token, code, true);
        let verified = self.commit(decision)?;
        self.given.push(verified.grant.refresh.expose().to_owned());
        self.keep(verified.trusted_device.as_ref().map(|device| &device.cookie));
        Ok(verified)
    }

    /// Trusts the browser of a session.
    pub(crate) fn trust_device(&mut self, bearer: Bearer) -> Result<NewDevice, Refusal> {
        let view = self.devices_view(&bearer);
        let command = TrustDevice { bearer, device: self.cookie(), origin: origin() };
        let decision = self.lab.decide(&command, view).unwrap();
        let device = self.commit(decision)?;
        self.keep(Some(&device.cookie));
        Ok(device)
    }

    /// Ends trust.
    pub(crate) fn revoke(&mut self, bearer: Bearer, which: Option<TrustedDeviceId>) -> Result<bool, Refusal> {
        let view = self.devices_view(&bearer);
        let command = RevokeTrustedDevices { bearer, which, device: self.cookie(), origin: origin() };
        let decision = self.lab.decide(&command, view).unwrap();
        self.commit(decision)
    }

    /// Lists trusted devices.
    pub(crate) fn list_devices(
        &mut self,
        bearer: Bearer,
        after: Option<TrustedDeviceId>,
        limit: usize,
    ) -> Result<TrustedDevicePage, Refusal> {
        let view = self.devices_view(&bearer);
        let command = ListTrustedDevices { bearer, device: self.cookie(), after, limit };
        let decision = self.lab.decide(&command, view).unwrap();
        self.commit(decision)
    }

    fn cookie(&self) -> Option<DeviceToken> {
        self.cookie.as_deref().and_then(DeviceToken::parse)
    }

    fn keep(&mut self, cookie: Option<&DeviceCookie>) {
        if let Some(cookie) = cookie {
            self.given.push(cookie.token.expose().to_owned());
            self.cookie = Some(cookie.token.expose().to_owned());
        }
    }

    fn device_of(&self, token: &DeviceToken) -> Option<TrustedDevice> {
        self.devices.values().find(|device| device.family == token.family()).cloned()
    }

    fn devices_of(&self, user: UserId) -> Vec<TrustedDevice> {
        let own = self.devices.values().filter(|device| device.user == user && device.revoked_at.is_none());
        own.cloned().collect()
    }

    fn devices_view(&self, bearer: &Bearer) -> TrustedDevicesView {
        TrustedDevicesView {
            account: self.users.get(&bearer.user).cloned(),
            session: self.sessions.get(&bearer.session).cloned(),
            devices: self.devices_of(bearer.user),
        }
    }

    /// Answers a challenge.
    pub(crate) fn verify(&mut self, token: &str, code: TypedCode) -> Result<Verified, Refusal> {
        let decision = self.judge(token, code);
        let verified = self.commit(decision)?;
        self.given.push(verified.grant.refresh.expose().to_owned());
        Ok(verified)
    }

    /// Asks how a challenge stands.
    pub(crate) fn read_challenge(&mut self, token: &str) -> Result<ChallengeState, Refusal> {
        let challenge = self.challenge_of(token);
        let account = challenge.as_ref().map(|challenge| self.users[&challenge.user].clone());
        let factors = challenge.as_ref().map_or(Vec::new(), |challenge| self.factors_of(challenge.user));
        let command = ReadChallenge { token: TokenHash::of(token) };
        let view = ChallengeView { account, challenge, factors, sends: self.sends() };
        let decision = self.lab.decide(&command, view).unwrap();
        self.commit(decision)
    }

    /// Renews a session.
    pub(crate) fn refresh(&mut self, token: &str) -> Result<Grant, Refusal> {
        let token = RefreshToken::parse(token).unwrap();
        let view = self.session_view(|session| session.family == token.family());
        let decision = self.lab.decide(&Refresh { token, origin: origin() }, view).unwrap();
        let grant = self.commit(decision)?;
        self.given.push(grant.refresh.expose().to_owned());
        Ok(grant)
    }

    /// Signs out.
    pub(crate) fn sign_out(&mut self, token: &str) -> Result<(), Refusal> {
        let token = RefreshToken::parse(token).unwrap();
        let view = self.session_view(|session| session.family == token.family());
        let decision = self.lab.decide(&SignOut { by: SignOutBy::Refresh(token), origin: origin() }, view).unwrap();
        self.commit(decision)
    }

    /// Begins the set-up of an authenticator.
    pub(crate) fn begin_enrollment(&mut self, bearer: Bearer) -> Result<Begun, Refusal> {
        let view = self.enrollment_view(&bearer);
        let decision = self.lab.decide(&BeginEnrollment { bearer, label: None, origin: origin() }, view).unwrap();
        let begun = self.commit(decision)?;
        self.given.extend([begun.secret.expose().to_owned(), begun.uri.expose().to_owned()]);
        Ok(begun)
    }

    /// Begins the set-up of a number or address.
    pub(crate) fn begin_sent(&mut self, bearer: Bearer, to: Destination) -> Result<SentEnrollmentBegun, Refusal> {
        let view = self.enrollment_view(&bearer);
        self.given.push(to.canonical());
        let command = BeginSentEnrollment { bearer, destination: to, label: None, origin: origin() };
        let decision = self.lab.decide(&command, view).unwrap();
        self.commit(decision)
    }

    /// Asks for a code.
    pub(crate) fn send_code(&mut self, wanted: SendFor) -> Result<CodeSent, Refusal> {
        let (challenge, user, session) = match &wanted {
            SendFor::Asked(_, id, _) => {
                let challenge = self.challenges.get(id).cloned();
                let user = challenge.as_ref().map(|challenge| challenge.user);
                (challenge, user, None)
            }
            SendFor::Challenge(token, _) => {
                let challenge = self.challenges.values().find(|challenge| challenge.token == *token).cloned();
                let user = challenge.as_ref().map(|challenge| challenge.user);
                (challenge, user, None)
            }
            SendFor::Enrollment(bearer, _) | SendFor::Session(bearer, ..) => {
                (None, Some(bearer.user), self.sessions.get(&bearer.session).cloned())
            }
        };
        let view = SendCodeView {
            account: user.and_then(|user| self.users.get(&user).cloned()),
            challenge,
            session,
            factors: user.map_or(Vec::new(), |user| self.factors_of(user)),
            enrollments: self.enrollments.values().cloned().collect(),
            sends: self.sends(),
        };
        let decision = self.lab.decide(&SendCode { wanted, origin: origin() }, view).unwrap();
        self.commit(decision)
    }

    /// What the newest message says.
    pub(crate) fn newest_message(&self) -> MessageContent {
        self.outbox.last().and_then(|message| self.lab.read(message)).unwrap()
    }

    /// The code in the newest message.
    pub(crate) fn newest_code(&self) -> TypedCode {
        TypedCode::parse(self.newest_message().code.as_deref().unwrap())
    }

    fn sends(&self) -> Sends {
        let days = self.counters.iter().map(|(key, charged)| (*key, *charged)).collect();
        Sends { codes: self.sent_codes.clone(), days, sms: Vec::new() }
    }

    /// Confirms a set-up.
    pub(crate) fn confirm(&mut self, bearer: Bearer, code: TypedCode) -> Result<Confirmed, Refusal> {
        let view = self.enrollment_view(&bearer);
        let command = ConfirmEnrollment { bearer, code, factor: None, refresh: None, origin: origin() };
        let decision = self.lab.decide(&command, view).unwrap();
        let confirmed = self.commit(decision)?;
        self.given.extend(confirmed.recovery_codes.iter().map(|code| code.expose().to_owned()));
        Ok(confirmed)
    }

    /// Asks how the second factor stands.
    pub(crate) fn status(&mut self, bearer: Bearer) -> Result<Status, Refusal> {
        let view = self.status_view(&bearer);
        let decision = self.lab.decide(&ReadStatus { bearer }, view).unwrap();
        self.commit(decision)
    }

    /// Raises a session by a code.
    pub(crate) fn step_up(&mut self, bearer: Bearer, code: TypedCode) -> Result<SteppedUp, Refusal> {
        self.prove(&StepUp { bearer, proof: Proof::Code(code), refresh: None, origin: origin() })
    }

    /// Raises a session by a password, right or wrong.
    pub(crate) fn step_up_by_password(&mut self, bearer: Bearer, right: bool) -> Result<SteppedUp, Refusal> {
        let email = self.users[&bearer.user].user.email.clone();
        let begin = BeginStepUp { bearer, email: email.clone(), origin: origin() };
        let counters = begin.counters(&self.lab.policy, &self.lab.keys);
        let passwords = counters.into_iter().map(|counter| (counter.clone(), self.charge(&counter))).collect();
        let FactorsView { account, session, factors } = self.factors_view(&bearer);
        let decision = self.lab.decide(&begin, BeginStepUpView { account, session, factors, passwords }).unwrap();
        let check = self.commit(decision)?;
        let proof = check.user.filter(|_| right).map_or(PasswordProof::Wrong, PasswordProof::Right);
        let proof = Proof::Password { email, proof, rehashed: None };
        self.prove(&StepUp { bearer, proof, refresh: None, origin: origin() })
    }

    fn prove(&mut self, command: &StepUp) -> Result<SteppedUp, Refusal> {
        let view = self.proof_view(&command.bearer);
        let decision = self.lab.decide(command, view).unwrap();
        let raised = self.commit(decision)?;
        if raised.rotated {
            self.given.push(raised.grant.refresh.expose().to_owned());
        }
        Ok(raised)
    }

    /// Turns the second factor off.
    pub(crate) fn disable(&mut self, bearer: Bearer, code: TypedCode) -> Result<Disabled, Refusal> {
        let view = self.proof_view(&bearer);
        let decision = self.lab.decide(&Disable { bearer, code, refresh: None, origin: origin() }, view).unwrap();
        self.commit(decision)
    }

    /// Offers a factor first.
    pub(crate) fn prefer(&mut self, bearer: Bearer, factor: FactorId) -> Result<Status, Refusal> {
        let view = self.status_view(&bearer);
        let decision = self.lab.decide(&PreferFactor { bearer, factor, origin: origin() }, view).unwrap();
        self.commit(decision)
    }

    /// Calls a factor otherwise.
    pub(crate) fn rename(&mut self, bearer: Bearer, factor: FactorId, label: &str) -> Result<FactorStatus, Refusal> {
        let view = self.factors_view(&bearer);
        let command = RenameFactor { bearer, factor, label: label.to_owned(), origin: origin() };
        let decision = self.lab.decide(&command, view).unwrap();
        self.commit(decision)
    }

    /// Removes a factor.
    pub(crate) fn remove(&mut self, bearer: Bearer, factor: FactorId) -> Result<Removed, Refusal> {
        let view = self.factors_view(&bearer);
        let command = RemoveFactor { bearer, factor, refresh: None, origin: origin() };
        let decision = self.lab.decide(&command, view).unwrap();
        self.commit(decision)
    }

    /// Makes recovery codes.
    pub(crate) fn make_recovery_codes(&mut self, bearer: Bearer) -> Result<Vec<SecretText>, Refusal> {
        let view = self.factors_view(&bearer);
        let decision = self.lab.decide(&MakeRecoveryCodes { bearer, origin: origin() }, view).unwrap();
        let codes = self.commit(decision)?;
        self.given.extend(codes.iter().map(|code| code.expose().to_owned()));
        Ok(codes)
    }

    /// Downloads recovery codes.
    pub(crate) fn download(&mut self, bearer: Bearer) -> Result<RecoverySheet, Refusal> {
        let FactorsView { account, session, .. } = self.factors_view(&bearer);
        let view = DownloadView { account, session, kept: self.kept.get(&bearer.user).cloned() };
        let decision = self.lab.decide(&DownloadRecoveryCodes { bearer, origin: origin() }, view).unwrap();
        self.commit(decision)
    }

    /// Applies a decision whole, and checks what every decision must keep.
    pub(crate) fn commit<R: Debug>(&mut self, decision: Decision<R>) -> Result<R, Refusal> {
        let shown = format!("{decision:?}");
        for secret in &self.given {
            assert!(!shown.contains(secret.as_str()), "{secret} in {shown}");
        }
        self.assert_no_code_is_readable(&decision, &shown);
        self.assert_tries_do_not_grow_back(&decision);
        self.forget_steps_of_a_wrong_clock(&decision);
        let at = decision.at;
        for change in decision.changes {
            self.apply(change, at);
        }
        if let Some(mut chain) = decision.chain {
            let rng = &mut self.lab.rng;
            let entries = audit::chain(&mut chain.head, at, decision.audit, || AuditId::new(at, rng));
            self.log.extend(entries);
            let account = self.users.values_mut().find(|account| account.user.person == chain.person).unwrap();
            account.head = chain.head;
        }
        self.outbox.extend(decision.outbox);
        decision.reply
    }

    /// Follows a person's chain from its start to its head.
    pub(crate) fn assert_chain_holds(&self, person: PersonId) {
        let mut head = AuditHead::START;
        for stored in self.log.iter().filter(|stored| stored.entry.person == Some(person)) {
            let link = stored.link.unwrap();
            assert_eq!((link.seq, link.previous), (head.seq + 1, head.hash));
            assert_eq!(link.hash, audit::entry_hash(link.seq, &link.previous, stored.id, stored.at, &stored.entry));
            head = AuditHead { seq: link.seq, hash: link.hash };
        }
        let account = self.users.values().find(|account| account.user.person == person).unwrap();
        assert_eq!(account.head, head);
    }

    /// The challenge of a partial token.
    pub(crate) fn challenge_of(&self, token: &str) -> Option<Challenge> {
        let hash = TokenHash::of(token);
        self.challenges.values().find(|challenge| challenge.token == hash).cloned()
    }

    fn factors_of(&self, user: UserId) -> Vec<Factor> {
        self.factors.values().filter(|factor| factor.user == user).cloned().collect()
    }

    fn codes_of(&self, user: UserId) -> Vec<StoredRecoveryCode> {
        self.recovery_codes.iter().filter(|(owner, _)| *owner == user).map(|(_, code)| code.clone()).collect()
    }

    pub(crate) fn session_view(&self, wanted: impl Fn(&Session) -> bool) -> SessionView {
        let session = self.sessions.values().find(|session| wanted(session)).cloned();
        SessionView { account: session.as_ref().map(|session| self.users[&session.user].clone()), session }
    }

    fn status_view(&self, bearer: &Bearer) -> StatusView {
        let FactorsView { account, session, factors } = self.factors_view(bearer);
        StatusView {
            account,
            session,
            factors,
            recovery_codes: self.codes_of(bearer.user).len(),
            trusted_devices: self.devices_of(bearer.user),
        }
    }

    fn factors_view(&self, bearer: &Bearer) -> FactorsView {
        FactorsView {
            account: self.users.get(&bearer.user).cloned(),
            session: self.sessions.get(&bearer.session).cloned(),
            factors: self.factors_of(bearer.user),
        }
    }

    fn proof_view(&self, bearer: &Bearer) -> ProofView {
        let FactorsView { account, session, factors } = self.factors_view(bearer);
        ProofView {
            account,
            session,
            factors,
            recovery_codes: self.codes_of(bearer.user),
            sent_codes: self.sent_codes.clone(),
        }
    }

    /// What a command with a link reads.
    pub(crate) fn link_view(&self, token: &str) -> LinkView {
        let hash = TokenHash::of(token);
        let link = self.links.values().find(|link| link.token == hash).cloned();
        LinkView { account: link.as_ref().map(|link| self.users[&link.user].clone()), link }
    }

    fn enrollment_view(&self, bearer: &Bearer) -> EnrollmentView {
        EnrollmentView {
            account: self.users.get(&bearer.user).cloned(),
            session: self.sessions.get(&bearer.session).cloned(),
            factors: self.factors_of(bearer.user),
            enrollments: self.enrollments.values().filter(|waiting| waiting.user == bearer.user).cloned().collect(),
            sends: self.sends(),
            holders: Vec::new(),
        }
    }

    fn charge(&mut self, counter: &Counter) -> Charged {
        let now = self.lab.clock;
        let charged = self.counters.entry(counter.key).or_insert(Charged { count: 0, since: now });
        if charged.since + counter.window <= now || charged.since > now + counter.window {
            *charged = Charged { count: 0, since: now };
        }
        charged.count += 1;
        *charged
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each change")]
    fn apply(&mut self, change: Change, at: Timestamp) {
        match change {
            Change::AddPendingSignup(_) | Change::RenewPendingSignup { .. } | Change::ConsumePendingSignup { .. } => {
                panic!("nobody signs up in this world")
            }
            Change::AddUser(user, settings) => {
                let account = Account { user: *user, settings, head: AuditHead::START, backup_email: None, role: None };
                assert!(self.users.insert(account.user.id, account).is_none());
            }
            Change::SetPassword(user, hash) => self.account_mut(user).user.password = hash,
            Change::SetLocale(user, locale) => locale.as_str().clone_into(&mut self.account_mut(user).user.locale),
            Change::SaveSettings(user, settings) => self.account_mut(user).settings = settings,
            Change::AddChallenge(challenge) => assert!(self.challenges.insert(challenge.id, challenge).is_none()),
            Change::SaveAttempts { id, attempts, skew } => {
                let challenge = self.open_challenge(id);
                assert!(challenge.attempts < attempts, "attempts grew back");
                (challenge.attempts, challenge.skew) = (attempts, skew);
            }
            Change::CompleteChallenge(id) => self.open_challenge(id).completed_at = Some(at),
            Change::EndChallenge(id) => self.open_challenge(id).ended_at = Some(at),
            Change::EndChallengesOf(user) => {
                let open =
                    self.challenges.values_mut().filter(|challenge| challenge.user == user && is_open(challenge));
                open.for_each(|challenge| challenge.ended_at = Some(at));
                let open = self.sent_codes.iter_mut().filter(|code| code.user == user && code.used_at.is_none());
                open.for_each(|code| {
                    code.ended_at.get_or_insert(at);
                });
            }
            Change::PutEnrollment(new) => {
                self.enrollments.retain(|_, old| old.user != new.user || old.method != new.method);
                self.enrollments.insert(new.id, new);
            }
            Change::SaveEnrollmentAttempts { id, attempts, skew } => {
                let enrollment = self.enrollments.get_mut(&id).unwrap();
                assert!(enrollment.attempts < attempts, "attempts grew back");
                (enrollment.attempts, enrollment.skew) = (attempts, skew);
            }
            Change::ConsumeEnrollment(id) => assert!(self.enrollments.remove(&id).is_some()),
            Change::AbandonEnrollmentsOf(session) => self.enrollments.retain(|_, waiting| waiting.session != session),
            Change::AbandonAllEnrollmentsOf(user) => self.enrollments.retain(|_, waiting| waiting.user != user),
            Change::RenameFactor(id, label) => self.factors.get_mut(&id).unwrap().label = label,
            Change::RemoveFactor(id) => assert!(self.factors.remove(&id).is_some(), "a factor was removed twice"),
            Change::RemoveFactorsOf(user) => self.factors.retain(|_, factor| factor.user != user),
            Change::KeepRecoveryCodes(kept) => {
                self.kept.insert(kept.user, kept);
            }
            Change::WipeKeptRecoveryCodes(user) => {
                self.kept.remove(&user);
            }
            Change::AddFactor(factor) => {
                if let Some(step) = factor.last_used_step {
                    assert!(self.spent_steps.insert((factor.id, step.0)));
                    self.used.push(Used::Step(factor.id, step));
                }
                assert!(self.factors.insert(factor.id, factor).is_none());
            }
            Change::UseStep { factor, step, trusted } => {
                assert!(self.spent_steps.insert((factor, step.0)), "a step was accepted twice");
                self.used.push(Used::Step(factor, step));
                let factor = self.factors.get_mut(&factor).unwrap();
                assert!(factor.last_used_step.is_none_or(|last| last < step || last > trusted), "a step went back");
                (factor.last_used_step, factor.last_used_at) = (Some(step), Some(at));
            }
            Change::ReplaceRecoveryCodes(user, codes) => {
                self.recovery_codes.retain(|(owner, _)| *owner != user);
                self.recovery_codes.extend(codes.into_iter().map(|code| (user, code)));
            }
            Change::GiveBypassCode(user, code) => {
                self.recovery_codes.retain(|(owner, code)| *owner != user || code.expires_at.is_none());
                self.recovery_codes.push((user, code));
            }
            Change::WithdrawBypassCode(user) => {
                self.recovery_codes.retain(|(owner, code)| *owner != user || code.expires_at.is_none());
            }
            Change::UseRecoveryCode(id) | Change::UseBypassCode(id) => {
                assert!(self.spent_codes.insert(id), "a recovery code was accepted twice");
                self.used.push(Used::Recovery(id));
                let before = self.recovery_codes.len();
                self.recovery_codes.retain(|(_, code)| code.id != id);
                assert_eq!(self.recovery_codes.len(), before - 1);
            }
            Change::AddSentCode(code, counter, _) => {
                let older =
                    self.sent_codes.iter_mut().filter(|older| older.scope == code.scope && older.used_at.is_none());
                older.for_each(|older| {
                    older.ended_at.get_or_insert(at);
                });
                assert!(self.charge(&counter).count <= i64::from(counter.limit), "more codes than may be");
                self.sent_codes.push(*code);
            }
            Change::UseSentCode { id, factor } => {
                let code = self.sent_codes.iter_mut().find(|code| code.id == id).unwrap();
                assert!(code.used_at.is_none() && code.ended_at.is_none(), "a dead code was accepted");
                code.used_at = Some(at);
                self.used.push(Used::Sent(id, factor));
                self.factors.get_mut(&factor).unwrap().last_used_at = Some(at);
            }
            Change::AddSession(session) => assert!(self.sessions.insert(session.id, session).is_none()),
            Change::RotateSession { id, old, family, new, idle_expires_at } => {
                let session = self.sessions.get_mut(&id).unwrap();
                assert!(session.refresh == old && session.ended_at.is_none(), "a session that is not as it was read");
                (session.family, session.refresh, session.idle_expires_at) = (family, new, idle_expires_at);
            }
            Change::ProlongSession { id, idle_expires_at } => {
                if let Some(session) = self.sessions.get_mut(&id) {
                    session.idle_expires_at = idle_expires_at;
                }
            }
            Change::RaiseSession { id, method, at } => {
                let session = self.sessions.get_mut(&id).unwrap();
                assert!(session.ended_at.is_none(), "a session that is over was raised");
                (session.method, session.authenticated_at, session.fresh_at) = (method, at, Some(at));
            }
            Change::EndSession(id, _) => {
                self.sessions.get_mut(&id).unwrap().ended_at.get_or_insert(at);
            }
            Change::EndOtherSessions { user, keep } => {
                let others = self.sessions.values_mut().filter(|session| session.user == user && session.id != keep);
                others.for_each(|session| {
                    session.ended_at.get_or_insert(at);
                });
                self.enrollments.retain(|_, waiting| waiting.user != user || waiting.session == keep);
            }
            Change::RevokeTrust(user) => {
                let own = self.devices.values_mut().filter(|device| device.user == user);
                own.for_each(|device| {
                    device.revoked_at.get_or_insert(at);
                });
            }
            Change::AddTrustedDevice(device) => assert!(self.devices.insert(device.id, *device).is_none()),
            Change::SaveTrustedDevice { was, device } => {
                let stored = self.devices.get_mut(&device.id).unwrap();
                assert!(stored.secret == was && stored.revoked_at.is_none(), "a device that is not as it was read");
                assert_eq!((stored.created_at, stored.expires_at), (device.created_at, device.expires_at));
                self.used.push(Used::Device(device.id));
                *stored = *device;
            }
            Change::RevokeTrustedDevice(id) => {
                self.devices.get_mut(&id).unwrap().revoked_at.get_or_insert(at);
            }
            Change::SeeBrowser(_, name) => {
                self.browsers.retain(|browser| browser.name != name);
                self.browsers.push(KnownBrowser { name, seen_at: at });
            }
            Change::DropMessagesOf(_)
            | Change::HurryMessagesOf(_)
            | Change::MarkSmsAlarm(..)
            | Change::EndMessage(..)
            | Change::EndResetRequestsOf(_) => {}
            Change::EndSessionsOf(user, _) => {
                for session in self.sessions.values_mut().filter(|session| session.user == user) {
                    session.ended_at.get_or_insert(at);
                }
                self.enrollments.retain(|_, waiting| waiting.user != user);
            }
            Change::PutLinkToken(new) => {
                self.links.retain(|_, old| old.user != new.user || old.purpose != new.purpose);
                self.links.insert(new.id, new);
            }
            Change::ConsumeLinkToken(id) => {
                let link = self.links.get_mut(&id).unwrap();
                assert_eq!(link.used_at.replace(at), None, "a link was used twice");
                link.payload = None;
            }
            Change::EndLinkTokens(user, purposes) => {
                self.links
                    .retain(|_, link| link.user != user || link.used_at.is_some() || !purposes.contains(&link.purpose));
            }
            Change::SetEmail(user, email) => self.account_mut(user).user.email = email,
            Change::SetBackupEmail(user, to) => self.account_mut(user).backup_email = to,
            Change::SetDisabled(user, disabled_at) => self.account_mut(user).user.disabled_at = disabled_at,
            Change::SetRole(user, role) => self.account_mut(user).role = role,
            Change::AddResetRequest(_) | Change::ApproveResetRequest(..) | Change::EndResetRequest { .. } => {
                panic!("nobody asks for a reset in this world")
            }
            Change::DeleteUser(_) => panic!("nobody is deleted in this world"),
            Change::SetContact(..)
            | Change::AddApplication(_)
            | Change::AddApiKey(_)
            | Change::UseApiKey(_)
            | Change::RevokeApiKey(_)
            | Change::AddAdminKey(_)
            | Change::UseAdminKey(_)
            | Change::RevokeAdminKey(_)
            | Change::KeepAnswer(_)
            | Change::AddWebhook(_)
            | Change::RemoveWebhook(_)
            | Change::Announce(_)
            | Change::AddReturnUrl(..)
            | Change::RemoveReturnUrl(..)
            | Change::SetApplication(_)
            | Change::AddHosted(_)
            | Change::OpenHosted(..)
            | Change::ApproveHosted { .. }
            | Change::RenewHostedResult(..)
            | Change::RedeemHosted(_) => panic!("no application asks in this world"),
            Change::ReturnCharge(counter) => {
                if let Some(charged) = self.counters.get_mut(&counter.key) {
                    charged.count = (charged.count - 1).max(0);
                }
            }
        }
    }

    fn account_mut(&mut self, user: UserId) -> &mut Account {
        self.users.get_mut(&user).unwrap()
    }

    fn open_challenge(&mut self, id: ChallengeId) -> &mut Challenge {
        let challenge = self.challenges.get_mut(&id).unwrap();
        assert!(is_open(challenge), "a challenge that is over was changed");
        challenge
    }
}

/// What SQL guards: neither answered nor ended. Whether it ran out, the rules decide.
fn is_open(challenge: &Challenge) -> bool {
    challenge.completed_at.is_none() && challenge.ended_at.is_none()
}
