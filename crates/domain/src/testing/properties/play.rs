//! Somebody makes moves in a world of one person, with everything in hand that was ever given out; the ledger looks on.

mod deeds;
mod entering;

use super::ledger::{Ledger, Proved};
use super::moves::{By, Code, Deed, Move};
use super::{Lab, Person, Used, World, bearer};
use crate::audit::AuditAction;
use crate::code::TypedCode;
use crate::decision::Refusal;
use crate::destination::{Destination, PhoneNumber};
use crate::factor::{Factor, Method};
use crate::ids::{FactorId, SessionId};
use crate::message::{Channel, MessageKind};
use crate::secret::TokenHash;
use crate::sent_code::{Scope, SendFor, Which};
use crate::session::{Bearer, Grant, RefreshHolder, Session};
use crate::time::{Duration, Timestamp};
use crate::totp::{Step, TotpSecret};
use crate::trusted_device::TrustedDevice;
use crate::user::{Account, Email, PasswordHash};

/// Numbers and addresses somebody may enroll.
const DESTINATIONS: [&str; 4] = ["+12025550101", "ada@one.example", "+12025550102", "ada@two.example"];
/// The world and everything its clients were ever given, newest last.
pub(super) struct Play {
    pub(super) world: World,
    pub(super) ledger: Ledger,
    person: Person,
    partial: Vec<String>,
    grants: Vec<Grant>,
    typed: Vec<TypedCode>,
    /// Every cookie of a trusted device.
    cookies: Vec<String>,
    /// Every link's token, with the session whose request brought it.
    links: Vec<(String, Option<SessionId>)>,
    /// How much of the outbox was read.
    read: usize,
    passwords: u32,
}

/// What works, as far as a set-up that is not confirmed could touch it.
#[derive(PartialEq)]
struct Works {
    password: PasswordHash,
    email: Email,
    enabled_at: Option<Timestamp>,
    preferred: Option<FactorId>,
    factors: Vec<(FactorId, String, Option<Step>)>,
    recovery_codes: usize,
    downloads: bool,
    devices: Vec<TrustedDevice>,
    sessions: Vec<Session>,
    open_challenges: usize,
    /// Codes sent for anything but a set-up, that nothing has ended.
    codes: usize,
}

/// A number that was enrolled long ago.
fn enrolled_number(lab: &mut Lab, account: &Account) -> Factor {
    let (id, user) = (FactorId::new(lab.clock, &mut lab.rng), account.user.id);
    let number = Destination::Phone(PhoneNumber::from_e164(DESTINATIONS[0]).unwrap());
    let destination = number.seal(&Factor::destination_place(id, user), &lab.keys, &mut lab.rng);
    Factor {
        id,
        user,
        method: Method::Sms,
        label: "Number".to_owned(),
        secret: None,
        destination: Some(destination),
        last_used_step: None,
        last_used_at: None,
        created_at: lab.clock,
    }
}

impl Play {
    pub(super) fn new(seed: u64) -> Self {
        let mut lab = Lab::seeded(seed);
        let mut person = lab.enrolled();
        lab.add_authenticator(&mut person);
        let mut ledger = Ledger::default();
        for (factor, secret) in person.factors.iter().zip(&person.secrets) {
            ledger.secrets.insert(factor.id, TotpSecret::from_base32(secret.to_base32().expose()).unwrap());
        }
        person.factors.push(enrolled_number(&mut lab, &person.account));
        let (session, grant) = lab.session(&person.account, Some(Method::Totp), RefreshHolder::Body);
        let codes = person.recovery_codes.iter().map(|code| code.expose().to_owned()).collect();
        ledger.signed_in(session.id, Proved::Factor, lab.clock);
        ledger.recovery_codes_given(codes, session.id, lab.clock);
        let mut world = World::of(lab, &person);
        world.sessions.insert(session.id, session);
        Self {
            world,
            ledger,
            person,
            partial: vec!["no such token".to_owned()],
            grants: vec![grant],
            typed: Vec::new(),
            cookies: Vec::new(),
            links: vec![("no such link".to_owned(), None)],
            read: 0,
            passwords: 0,
        }
    }

    /// The newest but `back`, or the oldest there is.
    fn pick<T: Clone>(from: &[T], back: usize) -> Option<T> {
        from.get(from.len().saturating_sub(back + 1)).cloned()
    }

    fn account(&self) -> &Account {
        &self.world.users[&self.person.account.user.id]
    }

    fn email(&self) -> Email {
        self.account().user.email.clone()
    }

    /// The person's time: what decisions are made by.
    fn now(&self) -> Timestamp {
        self.account().moment(self.world.lab.clock, &self.world.lab.policy).now
    }

    /// Whether the account takes codes.
    fn is_open(&self) -> bool {
        self.account().settings.guesses.check(self.now()).is_ok()
    }

    fn token(&self, back: usize) -> String {
        Self::pick(&self.partial, back).unwrap()
    }

    fn scope_of(&self, token: &str) -> Option<Scope> {
        self.world.challenge_of(token).map(|challenge| Scope::Login(challenge.id))
    }

    fn factor(&self, which: usize) -> Option<FactorId> {
        let factors: Vec<FactorId> = self.world.factors.keys().copied().collect();
        factors.get(which % factors.len().max(1)).copied()
    }

    /// An access token the edge would let through, however old.
    fn bearer(&self, back: usize) -> Option<Bearer> {
        let grant = Self::pick(&self.grants, back)?;
        Some(Bearer { expires_at: self.now() + Duration::from_hours(1), ..bearer(&grant) })
    }

    /// Runs a command; gives what it answered, and what was used up by it.
    fn call<R>(&mut self, command: impl FnOnce(&mut World) -> Result<R, Refusal>) -> (Result<R, Refusal>, Vec<Used>) {
        self.ledger.next();
        let (used, entries) = (self.world.used.len(), self.world.log.len());
        let outcome = command(&mut self.world);
        if self.world.log[entries..].iter().any(|stored| stored.entry.action == AuditAction::ClockSkew) {
            self.ledger.rewind(self.now());
        }
        let used = self.world.used[used..].to_vec();
        assert!(outcome.is_ok() || used.is_empty(), "something was used up by a refusal");
        (outcome, used)
    }

    /// As [`Play::call`], for what uses nothing up.
    fn simply<R>(&mut self, command: impl FnOnce(&mut World) -> Result<R, Refusal>) -> Result<R, Refusal> {
        let (outcome, used) = self.call(command);
        assert!(used.is_empty(), "{used:?} was used up");
        self.collect(None, None);
        outcome
    }

    /// Reads the messages that came. A code comes for what was asked, and by no other request; a link by anybody's.
    fn collect(&mut self, scope: Option<Scope>, session: Option<SessionId>) {
        let (now, links) = (self.now(), self.links.len());
        let new = self.world.outbox[self.read..].iter().zip(&self.world.contents[self.read..]);
        for (message, content) in new {
            if let Some(code) = &content.code {
                let scope = scope.expect("a code came that nobody asked for");
                let sent = (crate::ids::SentCodeId::from_uuid(message.id.uuid()), code.parse().unwrap());
                self.ledger.code_sent(sent, (content.channel, content.to.clone()), scope, now);
            }
            if let Some((_, token)) = content.link.as_deref().and_then(|link| link.split_once("#token=")) {
                self.ledger.link_sent(token, content.kind, now);
                self.links.push((token.to_owned(), session));
            }
        }
        self.links[links..].iter().for_each(|(token, _)| self.world.give(token));
        self.read = self.world.outbox.len();
    }

    fn code(&mut self, code: &Code, door: Option<Scope>) -> TypedCode {
        let typed = match code {
            Code::Totp(which, steps) => {
                let secrets: Vec<&TotpSecret> = self.ledger.secrets.values().collect();
                let step = Step(Step::at(self.now()).0 + steps);
                TypedCode::Digits(secrets[which % secrets.len()].code(step))
            }
            Code::Again(back) => Self::pick(&self.typed, *back).unwrap_or(TypedCode::Other),
            Code::Recovery(back) => {
                Self::pick(&self.ledger.recovery_codes, *back).map_or(TypedCode::Other, |code| TypedCode::parse(&code))
            }
            Code::Sent(back) => {
                let codes: Vec<u32> = self.ledger.sent.iter().map(|sent| sent.code).collect();
                Self::pick(&codes, *back).map_or(TypedCode::Other, TypedCode::Digits)
            }
            Code::Fitting => {
                let sent = door.and_then(|door| self.ledger.newest_for(door));
                sent.map_or(TypedCode::Other, |sent| TypedCode::Digits(sent.code))
            }
            Code::Nonsense => TypedCode::Other,
        };
        self.typed.push(typed.clone());
        self.world.hide(&typed);
        typed
    }

    /// A code that is right at a door, if there is one; one that has to be sent is sent.
    fn right(&mut self, by: By, door: Scope, ask: impl FnOnce(Which) -> SendFor) -> Option<TypedCode> {
        let typed = match by {
            By::Totp => {
                let own = self.world.factors.values().find(|factor| factor.method == Method::Totp)?;
                let (id, used) = (own.id, own.last_used_step);
                let mut step = Step::at(self.now());
                if used.is_some_and(|used| used >= step) {
                    self.world.lab.pass(Duration::from_secs(30));
                    step = Step::at(self.now());
                }
                TypedCode::Digits(self.ledger.secrets[&id].code(step))
            }
            By::Sent => {
                let own = self.world.factors.values().find(|factor| factor.destination.is_some())?;
                let which = Which::Factor(own.id);
                self.send(ask(which), door);
                TypedCode::Digits(self.ledger.newest_for(door)?.code)
            }
            By::Recovery => TypedCode::parse(self.ledger.good_recovery_code()?),
        };
        self.typed.push(typed.clone());
        self.world.hide(&typed);
        Some(typed)
    }

    fn send(&mut self, wanted: SendFor, scope: Scope) {
        let session = match &wanted {
            SendFor::Challenge(..) | SendFor::Asked(..) => None,
            SendFor::Enrollment(bearer, _) | SendFor::Session(bearer, ..) => Some(bearer.session),
        };
        let (sent, used) = self.call(|world| world.send_code(wanted));
        assert!(used.is_empty());
        self.collect(sent.is_ok().then_some(scope), None);
        if let (Ok(_), Some(session)) = (sent, session) {
            self.ledger.served(session);
        }
    }

    fn works(&self) -> Works {
        let Account { user, settings, .. } = self.account();
        let factors = self.world.factors.values();
        let codes = self.world.sent_codes.iter().filter(|code| code.used_at.is_none() && code.ended_at.is_none());
        Works {
            password: user.password.clone(),
            email: user.email.clone(),
            enabled_at: settings.enabled_at,
            preferred: settings.preferred_factor,
            factors: factors.map(|factor| (factor.id, factor.label.clone(), factor.last_used_step)).collect(),
            recovery_codes: self.world.recovery_codes.len(),
            downloads: self.world.kept.contains_key(&user.id),
            devices: self.world.devices.values().cloned().collect(),
            sessions: self.world.sessions.values().cloned().collect(),
            open_challenges: self.world.open_challenges(),
            codes: codes.filter(|code| !matches!(code.scope, Scope::Setup(_))).count(),
        }
    }

    /// A set-up that is not confirmed has changed nothing that works.
    fn still_works(&self, before: &Works) {
        assert!(self.works() == *before, "a pending set-up changed what works");
    }

    pub(super) fn step(&mut self, next: &Move) {
        match next {
            Move::Pass(secs) => self.world.lab.pass(Duration::from_secs(*secs)),
            Move::LogIn(right) => {
                self.log_in(*right);
            }
            Move::SignIn(by, remember) => {
                if let Some(token) = self.log_in(true) {
                    let hash = TokenHash::of(&token);
                    let door = self.scope_of(&token).unwrap();
                    if let Some(typed) = self.right(*by, door, |which| SendFor::Challenge(hash, which)) {
                        self.verify(&token, &typed, *remember);
                    }
                }
            }
            Move::Verify(which, code, remember) => {
                let token = self.token(*which);
                let typed = self.code(code, self.scope_of(&token));
                self.verify(&token, &typed, *remember);
            }
            Move::GuessWildly => {
                for _ in 0..2 {
                    self.log_in(true);
                    let token = self.token(0);
                    (0..5).for_each(|_| self.verify(&token, &TypedCode::Other, false));
                }
            }
            Move::Show(which) => self.world.cookie = Self::pick(&self.cookies, *which).filter(|_| *which < 4),
            Move::ComeBack(which) => {
                self.world.cookie = Self::pick(&self.cookies, *which);
                self.log_in(true);
            }
            Move::KeepComing(times, days) => {
                self.step(&Move::SignIn(By::Totp, true));
                for _ in 0..*times {
                    self.world.lab.pass(Duration::from_days(*days));
                    self.log_in(true);
                }
            }
            Move::ReadChallenge(which) => {
                let (token, entries) = (self.token(*which), self.world.log.len());
                let _ = self.simply(|world| world.read_challenge(&token));
                assert_eq!(self.world.log.len(), entries, "reading left a trace");
            }
            Move::Send(which, factor) => {
                let token = self.token(*which);
                if let (Some(factor), Some(scope)) = (self.factor(*factor), self.scope_of(&token)) {
                    self.send(SendFor::Challenge(TokenHash::of(&token), Which::Factor(factor)), scope);
                }
            }
            Move::Operate(operation) => self.operate(*operation),
            Move::AskReset => {
                let email = self.email();
                assert_eq!(self.simply(|world| world.request_reset(&email)), Ok(()));
            }
            Move::Reset(which) => self.follow(*which, Some(MessageKind::PasswordReset)),
            Move::ConfirmEmail(which) => self.follow(*which, Some(MessageKind::EmailChange)),
            Move::Unlock(which) => self.follow(*which, Some(MessageKind::AccountLocked)),
            Move::FollowLink(which) => self.follow(*which, None),
            Move::Refresh(which) => self.refresh(*which),
            Move::SignOut(which, by_bearer) => self.sign_out(*which, *by_bearer),
            Move::Within(which, deed) => {
                if let Some(bearer) = self.bearer(*which) {
                    self.deed(bearer, deed);
                }
            }
            Move::Freshly(deed) => {
                if let Some(bearer) = self.bearer(0) {
                    self.deed(bearer, &Deed::Raise(By::Totp));
                    self.deed(bearer, deed);
                }
            }
        }
        if let Some(cookie) = self.world.cookie.clone().filter(|cookie| !self.cookies.contains(cookie)) {
            self.cookies.push(cookie);
        }
        let live = self.world.devices.values().filter(|device| device.is_live(self.now(), &self.world.lab.policy));
        assert!(live.count() <= 5, "more than five trusted devices");
    }

    fn new_password(&mut self) -> PasswordHash {
        self.passwords += 1;
        PasswordHash::new(format!("$argon2id$number {}", self.passwords))
    }

    fn accepted(
        &mut self,
        used: &[Used],
        typed: &TypedCode,
        door: Scope,
        factors: &std::collections::BTreeMap<FactorId, Factor>,
    ) -> Proved {
        let (now, world) = (self.now(), &self.world);
        self.ledger.accepted(used, typed, door, now, |id| {
            let factor = factors.get(&id).or_else(|| world.factors.get(&id))?;
            let destination = factor.destination(&world.lab.keys).unwrap()?;
            let channel = match destination {
                Destination::Phone(_) => Channel::Sms,
                Destination::Email(_) => Channel::Email,
            };
            Some((channel, destination.as_str().to_owned()))
        })
    }

    /// Counts a wrong code that was judged.
    fn refused(&mut self, refusal: &Refusal, token: Option<&str>) {
        if matches!(refusal, Refusal::CodeIncorrect { .. }) {
            let (open, now) = (self.is_open(), self.now());
            self.ledger.judged(token, open, now);
        }
    }

    fn is_newest(&self, grant: &Grant) -> bool {
        let newest = self.grants.iter().rfind(|other| other.session == grant.session);
        newest.is_some_and(|newest| newest.refresh == grant.refresh)
    }

    fn within_its_end(&self, session: SessionId) {
        let session = &self.world.sessions[&session];
        let (now, life) = (self.now(), session.expires_at.since(session.created_at));
        assert!(now < session.expires_at && life == Duration::from_days(30), "a session outlived its end");
    }

    /// Plays a whole sequence.
    pub(super) fn run(moves: &[Move], seed: u64) -> Self {
        let mut play = Self::new(seed);
        for next in moves {
            play.step(next);
        }
        play.world.assert_chain_holds(play.person.account.user.person);
        play
    }
}
