//! What holds over any sequence of commands and clocks: one person, two sign-in tokens in every hand, and somebody who tries
//! everything.

use proptest::collection::vec;
use proptest::prelude::*;

use super::{Entered, Lab, Person, World, bearer};
use crate::audit::AuditAction;
use crate::code::TypedCode;
use crate::decision::Refusal;
use crate::destination::{Destination, PhoneNumber};
use crate::factor::Method;
use crate::ids::{FactorId, SentCodeId};
use crate::secret::TokenHash;
use crate::sent_code::{Scope, SendFor, SessionPurpose, Which};
use crate::session::{Bearer, Grant, RefreshHolder};
use crate::time::{Duration, Timestamp};
use crate::totp::TotpSecret;

/// A clock, wherever it goes, that stays within the day the marks of people are believed for.
const DAY: i64 = 24 * 3600;

#[derive(Clone, Debug)]
enum Code {
    /// Of an authenticator, so many steps from now.
    Totp(usize, i64),
    /// One typed before.
    Again(usize),
    Recovery(usize),
    /// One that was sent: the newest but so many.
    Sent(usize),
    Nonsense,
}

#[derive(Clone, Debug)]
enum Move {
    /// The clock moves, forward or back.
    Pass(i64),
    LogIn(bool),
    Verify(usize, Code),
    /// Answers the newest challenge rightly, and asks to be remembered.
    Remember,
    /// The browser shows this cookie from now on: the newest but so many; beyond three none.
    Show(usize),
    Read(usize),
    Refresh(usize),
    SignOut(usize),
    Status(usize),
    Begin(usize),
    Confirm(usize, Code),
    /// Begins a set-up and confirms it at once.
    Enroll(usize),
    /// Sets up one of a few numbers and confirms it at once, or leaves it.
    EnrollNumber(usize, usize, bool),
    /// Has a code sent for a challenge.
    Send(usize, bool),
    /// Has one sent and answers with it: a challenge, or something within a session.
    Text(usize, bool),
    /// Has a code sent within a session.
    SendWithin(usize, bool),
    StepUp(usize, Code),
    Disable(usize, Code),
    /// Removes one of the factors there are.
    Remove(usize, usize),
    /// Makes new recovery codes.
    Regenerate(usize),
}

fn code() -> impl Strategy<Value = Code> {
    prop_oneof![
        4 => (0..3_usize, -3..=3_i64).prop_map(|(which, steps)| Code::Totp(which, steps)),
        2 => (0..40_usize).prop_map(Code::Again),
        1 => (0..12_usize).prop_map(Code::Recovery),
        3 => (0..4_usize).prop_map(Code::Sent),
        5 => Just(Code::Nonsense),
    ]
}

fn a_move(pass: impl Strategy<Value = i64> + 'static) -> impl Strategy<Value = Move> {
    prop_oneof![
        4 => pass.prop_map(Move::Pass),
        5 => prop::bool::weighted(0.9).prop_map(Move::LogIn),
        12 => (0..4_usize, code()).prop_map(|(which, code)| Move::Verify(which, code)),
        2 => Just(Move::Remember),
        4 => (0..8_usize).prop_map(Move::Show),
        1 => (0..4_usize).prop_map(Move::Read),
        2 => (0..4_usize).prop_map(Move::Refresh),
        1 => (0..4_usize).prop_map(Move::SignOut),
        1 => (0..4_usize).prop_map(Move::Status),
        1 => (0..4_usize).prop_map(Move::Begin),
        2 => (0..4_usize, code()).prop_map(|(which, code)| Move::Confirm(which, code)),
        1 => (0..2_usize).prop_map(Move::Enroll),
        2 => (0..2_usize, 0..3_usize, prop::bool::weighted(0.8)).prop_map(|(a, b, c)| Move::EnrollNumber(a, b, c)),
        3 => (0..3_usize, prop::bool::ANY).prop_map(|(which, sms)| Move::Send(which, sms)),
        4 => (0..2_usize, prop::bool::weighted(0.7)).prop_map(|(which, login)| Move::Text(which, login)),
        1 => (0..3_usize, prop::bool::ANY).prop_map(|(which, disable)| Move::SendWithin(which, disable)),
        2 => (0..3_usize, code()).prop_map(|(which, code)| Move::StepUp(which, code)),
        1 => (0..3_usize, code()).prop_map(|(which, code)| Move::Disable(which, code)),
        1 => (0..3_usize, 0..4_usize).prop_map(|(which, factor)| Move::Remove(which, factor)),
        1 => (0..2_usize).prop_map(Move::Regenerate),
    ]
}

/// The world and everything its clients were ever given, newest last.
struct Play {
    world: World,
    person: Person,
    partial: Vec<String>,
    grants: Vec<Grant>,
    typed: Vec<TypedCode>,
    secrets: Vec<TotpSecret>,
    /// Partial tokens that were answered.
    answered: Vec<String>,
    /// Wrong codes that were judged since the account was last locked.
    judged: Vec<Timestamp>,
    /// Every cookie of a trusted device.
    cookies: Vec<String>,
    /// When a factor last began trust, unless something ended it since.
    remembered_at: Option<Timestamp>,
    /// How often a device stood for the factor.
    trusted: usize,
    /// The codes that were sent.
    sent: Vec<TypedCode>,
    /// How many of them were accepted at sign-in, step-up and disabling.
    by_sent_code: usize,
    /// How often the second factor was turned off.
    disabled: usize,
}

impl Play {
    fn new(seed: u64) -> Self {
        let mut lab = Lab::seeded(seed);
        let mut person = lab.enrolled();
        lab.add_authenticator(&mut person);
        let secrets = person.secrets.iter().map(|secret| TotpSecret::from_base32(secret.to_base32().expose()).unwrap());
        let secrets = secrets.collect();
        let (session, grant) = lab.session(&person.account, Some(Method::Totp), RefreshHolder::Body);
        let mut world = World::of(lab, &person);
        world.sessions.insert(session.id, session);
        let mut play = Self {
            world,
            person,
            partial: vec!["no such token".to_owned()],
            grants: Vec::new(),
            typed: Vec::new(),
            secrets,
            answered: Vec::new(),
            judged: Vec::new(),
            cookies: Vec::new(),
            remembered_at: None,
            trusted: 0,
            sent: Vec::new(),
            by_sent_code: 0,
            disabled: 0,
        };
        play.grants.push(grant);
        play.step(&Move::EnrollNumber(0, 0, true));
        assert_eq!(play.world.factors.len(), 3);
        play
    }

    /// The newest but `back`, or the oldest there is.
    fn pick<T: Clone>(from: &[T], back: usize) -> Option<T> {
        from.get(from.len().saturating_sub(back + 1)).cloned()
    }

    fn code(&mut self, code: &Code) -> TypedCode {
        let typed = match code {
            Code::Totp(which, steps) => self.world.lab.code(&self.secrets[which % self.secrets.len()], *steps),
            Code::Again(back) => Self::pick(&self.typed, *back).unwrap_or(TypedCode::Other),
            Code::Recovery(which) => {
                let codes = &self.person.recovery_codes;
                TypedCode::parse(codes[which % codes.len()].expose())
            }
            Code::Sent(back) => Self::pick(&self.sent, *back).unwrap_or(TypedCode::Other),
            Code::Nonsense => TypedCode::Other,
        };
        self.typed.push(typed.clone());
        typed
    }

    /// The person's time: what decisions are made by.
    fn now(&self) -> Timestamp {
        let account = &self.world.users[&self.person.account.user.id];
        account.moment(self.world.lab.clock, &self.world.lab.policy).now
    }

    /// An access token the edge would let through, however old.
    fn bearer(&self, back: usize) -> Option<Bearer> {
        let grant = Self::pick(&self.grants, back)?;
        Some(Bearer { expires_at: self.now() + Duration::from_hours(1), ..bearer(&grant) })
    }

    #[expect(clippy::too_many_lines, reason = "one arm per move")]
    fn step(&mut self, next: &Move) {
        let entries = self.world.log.len();
        match next {
            Move::Pass(secs) => self.world.lab.pass(Duration::from_secs(*secs)),
            Move::LogIn(right) => match self.world.log_in("ada@example.org", *right, RefreshHolder::Body) {
                Ok(Entered::Challenge(token)) => self.partial.push(token),
                Ok(Entered::Trusted(grant)) => self.trusted(*grant),
                Ok(Entered::Session(grant)) => {
                    assert!(self.world.factors.is_empty(), "a password alone signed in");
                    self.grants.push(*grant);
                }
                Err(_) => {}
            },
            Move::Verify(which, code) => {
                let token = Self::pick(&self.partial, *which).unwrap();
                let typed = self.code(code);
                self.verify(token, typed);
            }
            Move::Remember => {
                let (token, right) = (Self::pick(&self.partial, 0).unwrap(), self.code(&Code::Totp(0, 0)));
                if let Ok(verified) = self.world.verify_and_remember(&token, right) {
                    assert!(verified.trusted_device.is_some());
                    self.answered.push(token);
                    self.grants.push(verified.grant);
                    self.remembered_at = Some(self.now());
                }
            }
            Move::Show(which) => self.world.cookie = Self::pick(&self.cookies, *which).filter(|_| *which < 4),
            Move::Read(which) => {
                let token = Self::pick(&self.partial, *which).unwrap();
                let _ = self.world.read_challenge(&token);
                assert_eq!(self.world.log.len(), entries, "reading left a trace");
            }
            Move::Refresh(which) => self.refresh(*which),
            Move::SignOut(which) => {
                if let Some(grant) = Self::pick(&self.grants, *which).filter(|grant| self.is_newest(grant)) {
                    assert_eq!(self.world.sign_out(grant.refresh.expose()), Ok(()));
                    assert!(self.world.sessions[&grant.session].ended_at.is_some());
                }
            }
            Move::Status(which) => {
                if let Some(bearer) = self.bearer(*which) {
                    let alive = self.world.status(bearer).is_ok();
                    assert!(!alive || self.within_its_end(bearer), "a session outlived its end");
                }
            }
            Move::Begin(which) => {
                if let Some(begun) = self.bearer(*which).and_then(|bearer| self.world.begin_enrollment(bearer).ok()) {
                    self.secrets.push(TotpSecret::from_base32(begun.secret.expose()).unwrap());
                }
            }
            Move::Confirm(which, code) => {
                let typed = self.code(code);
                self.confirm(*which, typed);
            }
            Move::EnrollNumber(which, number, confirm) => {
                let number = ["+12025550101", "+12025550102", "+12025550103"][number % 3];
                let to = Destination::Phone(PhoneNumber::from_e164(number).unwrap());
                let begun = self.bearer(*which).and_then(|bearer| self.world.begin_sent(bearer, to).ok());
                if begun.is_some() {
                    let typed = self.mailed();
                    if *confirm {
                        self.confirm(*which, typed);
                    }
                }
            }
            Move::Send(which, sms) => {
                let token = TokenHash::of(&Self::pick(&self.partial, *which).unwrap());
                let method = if *sms { Method::Sms } else { Method::Totp };
                if self.world.send_code(SendFor::Challenge(token, Which::Method(method))).is_ok() {
                    self.mailed();
                }
            }
            Move::Text(which, login) => {
                self.step(&if *login { Move::Send(*which, true) } else { Move::SendWithin(*which, false) });
                let token = Self::pick(&self.partial, *which).unwrap();
                match self.sent.last().cloned() {
                    Some(typed) if *login => self.verify(token, typed),
                    Some(_) => self.step(&Move::StepUp(*which, Code::Sent(0))),
                    None => {}
                }
            }
            Move::SendWithin(which, disable) => {
                let purpose = if *disable { SessionPurpose::Disable } else { SessionPurpose::StepUp };
                let wanted =
                    self.bearer(*which).map(|bearer| SendFor::Session(bearer, purpose, Which::Method(Method::Sms)));
                if wanted.is_some_and(|wanted| self.world.send_code(wanted).is_ok()) {
                    self.mailed();
                }
            }
            Move::StepUp(which, code) => {
                let (typed, used) = (self.code(code), self.used_codes());
                let Some(bearer) = self.bearer(*which) else { return };
                match self.world.step_up(bearer, typed) {
                    Ok(raised) => {
                        self.accepted(&used, Scope::StepUp(bearer.session));
                        if raised.rotated {
                            self.grants.push(raised.grant);
                        }
                    }
                    Err(refusal) => self.count(&refusal),
                }
            }
            Move::Disable(which, code) => {
                let (typed, used) = (self.code(code), self.used_codes());
                let Some(bearer) = self.bearer(*which) else { return };
                match self.world.disable(bearer, typed) {
                    Ok(_) => {
                        self.accepted(&used, Scope::Disable(bearer.session));
                        assert!(self.world.factors.is_empty() && self.world.recovery_codes.is_empty());
                        (self.remembered_at, self.disabled) = (None, self.disabled + 1);
                    }
                    Err(refusal) => self.count(&refusal),
                }
            }
            Move::Remove(which, factor) => {
                let factors: Vec<FactorId> = self.world.factors.keys().copied().collect();
                let Some(factor) = Self::pick(&factors, *factor) else { return };
                if self.bearer(*which).is_some_and(|bearer| self.world.remove(bearer, factor).is_ok()) {
                    assert!(!self.world.factors.is_empty(), "the last factor was removed");
                    self.remembered_at = None;
                }
            }
            Move::Regenerate(which) => {
                if let Some(bearer) = self.bearer(*which)
                    && let Ok(codes) = self.world.make_recovery_codes(bearer)
                {
                    self.person.recovery_codes.extend(codes);
                }
            }
            Move::Enroll(which) => {
                self.step(&Move::Begin(*which));
                let typed = self.world.lab.code(&self.secrets[self.secrets.len() - 1], 0);
                self.confirm(*which, typed);
            }
        }
        if let Some(cookie) = self.world.cookie.clone().filter(|cookie| !self.cookies.contains(cookie)) {
            self.cookies.push(cookie);
        }
        let live = self.world.devices.values().filter(|device| device.is_live(self.now(), &self.world.lab.policy));
        assert!(live.count() <= 5, "more than five trusted devices");
    }

    /// A device stood for the factor.
    fn trusted(&mut self, grant: Grant) {
        let age = self.now().since(self.remembered_at.expect("nobody was remembered"));
        assert!(age < Duration::from_days(30), "trust outlived its end");
        assert_eq!((grant.method, self.world.sessions[&grant.session].fresh_at), (None, None));
        let began = self.world.trust_device(bearer(&grant)).is_ok();
        assert!(!began, "a trust began a trust");
        self.trusted += 1;
        self.grants.push(grant);
    }

    fn confirm(&mut self, which: usize, typed: TypedCode) {
        let Some(bearer) = self.bearer(which) else { return };
        match self.world.confirm(bearer, typed) {
            Ok(confirmed) => {
                self.person.recovery_codes.extend(confirmed.recovery_codes);
                self.remembered_at = None;
            }
            Err(refusal) => self.count(&refusal),
        }
    }

    fn verify(&mut self, token: String, typed: TypedCode) {
        let known = self.world.challenge_of(&token).is_some();
        let (entries, sessions, used) = (self.world.log.len(), self.world.sessions.len(), self.used_codes());
        let verified = self.world.verify(&token, typed);
        let written =
            self.world.log[entries..].iter().filter(|stored| stored.entry.action == AuditAction::CodeVerified);
        assert_eq!(written.count(), usize::from(known), "each try is one entry");
        assert_eq!(self.world.sessions.len() - sessions, usize::from(verified.is_ok()), "one right code, one session");
        match verified {
            Ok(verified) => {
                assert!(!self.answered.contains(&token), "a partial token was answered twice");
                self.accepted(&used, Scope::Login(self.world.challenge_of(&token).unwrap().id));
                if verified.method == Method::RecoveryCode {
                    self.remembered_at = None;
                }
                self.answered.push(token);
                self.grants.push(verified.grant);
            }
            Err(refusal) => self.count(&refusal),
        }
    }

    /// The code in the newest message, for typing it later.
    fn mailed(&mut self) -> TypedCode {
        let code = self.world.newest_code();
        self.sent.push(code.clone());
        code
    }

    /// The sent codes that were accepted so far.
    fn used_codes(&self) -> Vec<SentCodeId> {
        self.world.sent_codes.iter().filter(|code| code.used_at.is_some()).map(|code| code.id).collect()
    }

    /// Something was accepted for `scope`; if it was a sent code, then one that was sent for that and nothing else.
    fn accepted(&mut self, before: &[SentCodeId], scope: Scope) {
        let used = self.world.sent_codes.iter().filter(|code| code.used_at.is_some() && !before.contains(&code.id));
        let scopes: Vec<Scope> = used.map(|code| code.scope).collect();
        assert!(scopes.len() <= 1 && scopes.iter().all(|of| *of == scope), "{scopes:?} for {scope:?}");
        self.by_sent_code += scopes.len();
    }

    fn refresh(&mut self, which: usize) {
        let Some(grant) = Self::pick(&self.grants, which) else { return };
        if let Ok(renewed) = self.world.refresh(grant.refresh.expose()) {
            assert!(self.is_newest(&grant), "an old token renewed a session");
            assert!(self.within_its_end(bearer(&renewed)), "a session outlived its end");
            let end = self.world.sessions[&renewed.session].expires_at;
            assert!(renewed.access_expires_at <= end && renewed.refresh_expires_at <= end);
            assert_eq!(renewed.authenticated_at, grant.authenticated_at);
            self.grants.push(renewed);
        } else {
            // After a step-up, the token before it finds nothing.
            let over = self.world.sessions[&grant.session].ended_at.is_some();
            assert!(over || !self.is_newest(&grant), "refused, but still alive");
        }
    }

    fn is_newest(&self, grant: &Grant) -> bool {
        let newest = self.grants.iter().rfind(|other| other.session == grant.session);
        newest.is_some_and(|newest| newest.refresh == grant.refresh)
    }

    fn within_its_end(&self, bearer: Bearer) -> bool {
        let session = &self.world.sessions[&bearer.session];
        self.now() < session.expires_at && session.expires_at.since(session.created_at) == Duration::from_days(30)
    }

    /// Counts a wrong code that was judged, between locks.
    fn count(&mut self, refusal: &Refusal) {
        if let Refusal::CodeIncorrect { .. } = refusal {
            let now = self.now();
            self.judged.push(now);
            let hour = Duration::from_hours(1);
            let within = self.judged.iter().filter(|at| now.since(**at) < hour).count();
            assert!(within <= 10, "{within} wrong codes judged within an hour");
            let account = &self.world.users[&self.person.account.user.id];
            if account.settings.guesses.check(now).is_err() {
                self.judged.clear();
            } else {
                assert!(within < 10, "the tenth did not lock");
            }
        }
    }

    fn run(moves: &[Move], seed: u64) -> Self {
        let mut play = Self::new(seed);
        for next in moves {
            play.step(next);
        }
        play.world.assert_chain_holds(play.person.account.user.person);
        play
    }
}

/// A clock that jumps anywhere within a day, and back.
fn jumping() -> impl Strategy<Value = Vec<Move>> {
    vec(a_move(prop_oneof![3 => 1..90_i64, 2 => -90..90_i64, 1 => -DAY..DAY]), 1..70).prop_map(|mut moves| {
        let mut offset = 0;
        for next in &mut moves {
            if let Move::Pass(secs) = next {
                let to = (offset + *secs).clamp(0, DAY);
                (*secs, offset) = (to - offset, to);
            }
        }
        moves
    })
}

/// A clock that goes forward, at times by days.
fn forward() -> impl Strategy<Value = Vec<Move>> {
    vec(a_move(prop_oneof![4 => 0..60_i64, 2 => 60..4000_i64, 1 => 0..10 * DAY]), 1..60)
}

/// Sequences of each kind: a few, or all of them when every round of everything is asked for.
#[expect(clippy::disallowed_methods, reason = "a switch of the tests, not a setting")]
fn cases() -> u32 {
    if std::env::var_os("TWINLOCK_TEST_FULL").is_some() { 5_000 } else { 64 }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    // What is asserted is in the world's guards and in the moves: codes, steps and partial tokens are accepted once, attempts
    // never grow back, no more than ten guesses are judged an hour, an old refresh token ends its session, no session outlives
    // its end, trust begins with a factor and ends 30 days after it or with a change of factors, a sent code serves the one thing
    // it was sent for, the last factor is not removed, no decision shows what was given to a client, and the audit chain holds.

    #[test]
    fn the_rules_hold_while_time_goes_forward(moves in forward(), seed: u64) {
        Play::run(&moves, seed);
    }

    #[test]
    fn the_rules_hold_while_the_clock_jumps_back_and_forth_within_a_day(moves in jumping(), seed: u64) {
        Play::run(&moves, seed);
    }
}

#[test]
fn the_moves_reach_what_they_are_to_try() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let (mut accepted, mut locked, mut reused, mut replayed, mut added) = (0, 0, 0, 0, 0);
    let (mut trusted, mut stolen, mut by_sent_code, mut disabled) = (0, 0, 0, 0);
    for seed in 0..200 {
        let moves = jumping().new_tree(&mut runner).unwrap().current();
        let play = Play::run(&moves, seed);
        let count = |action| play.world.log.iter().filter(|stored| stored.entry.action == action).count();
        accepted += play.answered.len();
        locked += count(AuditAction::AccountLocked);
        reused += count(AuditAction::RefreshTokenReused);
        added += count(AuditAction::FactorAdded);
        trusted += play.trusted;
        by_sent_code += play.by_sent_code;
        disabled += play.disabled;
        stolen += count(AuditAction::TrustedDeviceStolen);
        replayed += play.world.log.iter().filter(|stored| stored.entry.detail.to_text() == "replayed").count();
    }
    let reached = [accepted, locked, reused, replayed, added, trusted, stolen, by_sent_code, disabled];
    assert!(
        reached.iter().all(|count| *count > 0),
        "{reached:?} of accepted, locked, reused, replayed, added, trusted, stolen, by_sent_code, disabled"
    );
}
