//! A database of maps: loads views, applies decisions, and holds every decision to the guards that SQL would hold it to.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Debug;

use super::{Lab, Person, origin};
use crate::audit::{self, AuditHead, ChainedEntry};
use crate::challenge::{Challenge, ChallengeState, ChallengeView, ReadChallenge};
use crate::code::TypedCode;
use crate::decision::{Change, Decision, OutboxMessage, Refusal};
use crate::destination::Destination;
use crate::enrollment::{
    BeginEnrollment, BeginSentEnrollment, Begun, ConfirmEnrollment, Confirmed, Enrollment, EnrollmentView,
    SentEnrollmentBegun,
};
use crate::factor::Factor;
use crate::ids::{
    ApplicationId, AuditId, ChallengeId, EnrollmentId, FactorId, PersonId, RecoveryCodeId, SessionId, UserId,
};
use crate::login::{BeginLogin, BeginLoginView, FinishLogin, FinishLoginView, LoggedIn};
use crate::message::MessageContent;
use crate::recovery_code::StoredRecoveryCode;
use crate::secret::TokenHash;
use crate::sent_code::{CodeSent, SendCode, SendCodeView, SendFor, Sends, SentCode};
use crate::session::{Bearer, Grant, Refresh, RefreshHolder, RefreshToken, Session, SessionView, SignOut, SignOutBy};
use crate::status::{ReadStatus, Status, StatusView};
use crate::throttle::{Charged, Counter};
use crate::time::Timestamp;
use crate::user::{Account, Email, PasswordProof};
use crate::verification::{Verified, Verify, VerifyView};

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
    pub(crate) sessions: BTreeMap<SessionId, Session>,
    counters: HashMap<[u8; 32], Charged>,
    pub(crate) log: Vec<ChainedEntry>,
    pub(crate) outbox: Vec<OutboxMessage>,
    /// Steps and recovery codes used so far: what is put in here twice was accepted twice.
    spent_steps: HashSet<(FactorId, i64)>,
    spent_codes: HashSet<RecoveryCodeId>,
    /// What was given to clients: the `Debug` of no decision may show it.
    given: Vec<String>,
}

/// Where a right password led.
pub(crate) enum Entered {
    /// A session.
    Session(Box<Grant>),
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
            sessions: BTreeMap::new(),
            sent_codes: Vec::new(),
            counters: HashMap::new(),
            log: Vec::new(),
            outbox: Vec::new(),
            spent_steps: HashSet::new(),
            spent_codes: HashSet::new(),
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
        let finish = FinishLogin { application, email, proof, rehashed: None, holder, origin: origin() };
        let mut challenges: Vec<&Challenge> = self.challenges.values().filter(|c| is_open(c)).collect();
        challenges.sort_by_key(|challenge| std::cmp::Reverse((challenge.created_at, challenge.id)));
        let challenges = challenges.into_iter().map(|challenge| (challenge.id, challenge.expires_at)).collect();
        let factors = account.as_ref().map_or(Vec::new(), |account| self.factors_of(account.user.id));
        let sends = self.sends();
        let decision = self.lab.decide(&finish, FinishLoginView { account, factors, challenges, sends }).unwrap();
        let entered = match self.commit(decision)? {
            LoggedIn::NoFactor(grant, _) => Entered::Session(grant),
            LoggedIn::FactorDue { partial_token, .. } => Entered::Challenge(partial_token.expose().to_owned()),
        };
        self.given.push(match &entered {
            Entered::Session(grant) => grant.refresh.expose().to_owned(),
            Entered::Challenge(token) => token.clone(),
        });
        Ok(entered)
    }

    /// Signs in with the right password of somebody who has a second factor.
    pub(crate) fn challenge(&mut self) -> String {
        match self.log_in("ada@example.org", true, RefreshHolder::Body) {
            Ok(Entered::Challenge(token)) => token,
            Ok(Entered::Session(_)) => panic!("no factor was asked"),
            Err(refusal) => panic!("{refusal:?}"),
        }
    }

    /// Decides on a code, and leaves the world as it is.
    pub(crate) fn judge(&mut self, token: &str, code: TypedCode) -> Decision<Verified> {
        let command = Verify { token: TokenHash::of(token), code, holder: None, origin: origin() };
        let challenge = self.challenge_of(token);
        let user = challenge.as_ref().map(|challenge| challenge.user);
        let view = VerifyView {
            account: user.map(|user| self.users[&user].clone()),
            challenge,
            factors: user.map_or(Vec::new(), |user| self.factors_of(user)),
            recovery_codes: user.map_or(Vec::new(), |user| self.codes_of(user)),
            sent_codes: self.sent_codes.clone(),
        };
        self.lab.decide(&command, view).unwrap()
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
        Sends { codes: self.sent_codes.clone(), days }
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
        let view = StatusView {
            account: self.users.get(&bearer.user).cloned(),
            session: self.sessions.get(&bearer.session).cloned(),
            factors: self.factors_of(bearer.user),
            recovery_codes: self.codes_of(bearer.user).len(),
            trusted_devices: 0,
        };
        let decision = self.lab.decide(&ReadStatus { bearer }, view).unwrap();
        self.commit(decision)
    }

    /// Applies a decision whole, and checks what every decision must keep.
    pub(crate) fn commit<R: Debug>(&mut self, decision: Decision<R>) -> Result<R, Refusal> {
        let shown = format!("{decision:?}");
        for secret in &self.given {
            assert!(!shown.contains(secret.as_str()), "{secret} in {shown}");
        }
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
        let codes = decision.outbox.iter().filter_map(|message| self.lab.read(message)?.code.clone());
        for code in codes {
            assert!(!shown.contains(&format!("\"{code}\"")), "a code in {shown}");
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

    fn session_view(&self, wanted: impl Fn(&Session) -> bool) -> SessionView {
        let session = self.sessions.values().find(|session| wanted(session)).cloned();
        SessionView { account: session.as_ref().map(|session| self.users[&session.user].clone()), session }
    }

    fn enrollment_view(&self, bearer: &Bearer) -> EnrollmentView {
        EnrollmentView {
            account: self.users.get(&bearer.user).cloned(),
            session: self.sessions.get(&bearer.session).cloned(),
            factors: self.factors_of(bearer.user),
            enrollments: self.enrollments.values().filter(|waiting| waiting.user == bearer.user).cloned().collect(),
            sends: self.sends(),
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

    fn apply(&mut self, change: Change, at: Timestamp) {
        match change {
            Change::AddPendingSignup(_) | Change::RenewPendingSignup { .. } | Change::ConsumePendingSignup { .. } => {
                panic!("nobody signs up in this world")
            }
            Change::AddUser(user, settings) => {
                let account = Account { user: *user, settings, head: AuditHead::START };
                assert!(self.users.insert(account.user.id, account).is_none());
            }
            Change::SetPassword(user, hash) => self.account_mut(user).user.password = hash,
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
            Change::SaveEnrollmentAttempts(id, attempts) => {
                let enrollment = self.enrollments.get_mut(&id).unwrap();
                assert!(enrollment.attempts < attempts, "attempts grew back");
                enrollment.attempts = attempts;
            }
            Change::ConsumeEnrollment(id) => assert!(self.enrollments.remove(&id).is_some()),
            Change::AbandonEnrollmentsOf(session) => self.enrollments.retain(|_, waiting| waiting.session != session),
            Change::AddFactor(factor) => {
                if let Some(step) = factor.last_used_step {
                    assert!(self.spent_steps.insert((factor.id, step.0)));
                }
                assert!(self.factors.insert(factor.id, factor).is_none());
            }
            Change::UseStep { factor, step, trusted } => {
                assert!(self.spent_steps.insert((factor, step.0)), "a step was accepted twice");
                let factor = self.factors.get_mut(&factor).unwrap();
                assert!(factor.last_used_step.is_none_or(|last| last < step || last > trusted), "a step went back");
                (factor.last_used_step, factor.last_used_at) = (Some(step), Some(at));
            }
            Change::ReplaceRecoveryCodes(user, codes) => {
                self.recovery_codes.retain(|(owner, _)| *owner != user);
                self.recovery_codes.extend(codes.into_iter().map(|code| (user, code)));
            }
            Change::UseRecoveryCode(id) => {
                assert!(self.spent_codes.insert(id), "a recovery code was accepted twice");
                let before = self.recovery_codes.len();
                self.recovery_codes.retain(|(_, code)| code.id != id);
                assert_eq!(self.recovery_codes.len(), before - 1);
            }
            Change::AddSentCode(code, counter) => {
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
                self.factors.get_mut(&factor).unwrap().last_used_at = Some(at);
            }
            Change::AddSession(session) => assert!(self.sessions.insert(session.id, session).is_none()),
            Change::RotateSession { id, old, new, idle_expires_at } => {
                let session = self.sessions.get_mut(&id).unwrap();
                assert!(session.refresh == old && session.ended_at.is_none(), "a session that is not as it was read");
                (session.refresh, session.idle_expires_at) = (new, idle_expires_at);
            }
            Change::EndSession(id, _) => {
                self.sessions.get_mut(&id).unwrap().ended_at.get_or_insert(at);
            }
            Change::EndOtherSessions { user, keep } => {
                let others = self.sessions.values_mut().filter(|session| session.user == user && session.id != keep);
                others.for_each(|session| {
                    session.ended_at.get_or_insert(at);
                });
            }
            Change::RevokeTrust(_) => {}
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
