//! How many statements each call sends, reads and writes, for they are what a database costs: none is added unnoticed. One person goes through
//! everything, on both databases, which must send the same but for the lock of PostgreSQL.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails here")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use domain::account_admin::AddUser;
use domain::application::challenge::{AnswerAsked, ReadAsked, Reason, RequestChallenge};
use domain::application::contact::Mentioned;
use domain::application::factor::{ImportFactor, OpenImport};
use domain::application::idempotency::{Once, Words};
use domain::application::keyed::{ByKey, KeyHolder, Told, Wording};
use domain::application::{AddApiKey, AddApplication, ExternalId, KeyScope};
use domain::challenge::ReadChallenge;
use domain::code::TypedCode;
use domain::destination::{Destination, PhoneNumber};
use domain::disable::Disable;
use domain::enrollment::{BeginEnrollment, ConfirmEnrollment};
use domain::factor::manage::{RemoveFactor, RenameFactor};
use domain::factor::{Factor, Method};
use domain::ids::{ApplicationId, FactorId, MessageId, SentCodeId};
use domain::login::{BeginLogin, FinishLogin, LoggedIn};
use domain::message::MessageContent;
use domain::notice;
use domain::password::{BeginPasswordChange, FinishPasswordChange};
use domain::policy::Policy;
use domain::recovery_code::set::{DownloadRecoveryCodes, MakeRecoveryCodes};
use domain::secret::{KeyRing, Sealed, SecretText, TokenHash};
use domain::sent_code::{Scope, SendCode, SendFor, Which};
use domain::session::listing::ReadSessions;
use domain::session::{Bearer, Refresh, RefreshHolder, RefreshToken, SignOut, SignOutBy};
use domain::signup::{BeginSignUp, SignUp};
use domain::status::ReadStatus;
use domain::step_up::{Proof, StepUp};
use domain::testing::{self, Lab, bearer, origin, rng};
use domain::time::{Duration, Timestamp};
use domain::totp::{Step, TotpSecret};
use domain::trusted_device::{DeviceToken, ListTrustedDevices};
use domain::user::{Email, PasswordHash, PasswordProof};
use domain::verification::{Verified, Verify};
use rand::CryptoRng;
use store::testing::{Belongings, Person, RecordedUnit, TestDatabase, databases};
use store::{Db, Load, Statement, Surroundings, params};

/// A lab whose clock moves on.
struct World {
    lab: Lab,
    seconds: AtomicI64,
    drawn: AtomicU64,
}

impl Surroundings for World {
    fn now(&self) -> Timestamp {
        self.lab.clock + Duration::from_secs(self.seconds.load(Ordering::Relaxed))
    }

    fn rng(&self) -> Box<dyn CryptoRng + Send> {
        Box::new(rng(self.drawn.fetch_add(1, Ordering::Relaxed)))
    }

    fn keys(&self) -> &KeyRing {
        &self.lab.keys
    }

    fn policy(&self) -> &Policy {
        &self.lab.policy
    }
}

/// One person with an authenticator, a phone and recovery codes, and what was counted of their calls.
struct House {
    db: Db,
    world: Arc<World>,
    secret: TotpSecret,
    recovery_codes: Vec<TypedCode>,
    phone: FactorId,
    counts: Vec<String>,
    /// The texts of all writes: of those that put the person there, and of the calls'.
    seeded: BTreeSet<String>,
    written: BTreeSet<String>,
    _database: TestDatabase,
}

impl House {
    async fn on(database: TestDatabase) -> Self {
        let db = database.connect().await;
        db.migrate().await.unwrap();
        let mut lab = Lab::new();
        let mut person = lab.enrolled();
        let (user, phone) = (person.account.user.id, FactorId::new(lab.clock, &mut lab.rng));
        let number = Destination::Phone(PhoneNumber::from_e164("+12025550143").unwrap());
        let factor = Factor {
            id: phone,
            user,
            method: Method::Sms,
            label: "Phone".to_owned(),
            secret: None,
            destination: Some(number.seal(&Factor::destination_place(phone, user), &lab.keys, &mut lab.rng)),
            last_used_step: None,
            last_used_at: None,
            created_at: lab.clock,
        };
        let (challenge, _) = lab.challenge(&person.account);
        let (device, _) = lab.trusted_device(&person.account);
        let recovery_codes = person.recovery_codes.iter().map(|code| TypedCode::parse(code.expose())).collect();
        let (user, settings, factors) = (person.account.user, person.account.settings, person.factors);
        let people = [Person { user, settings, factors, recovery_codes: person.stored_codes, challenges: vec![] }];
        let (before, later) = (lab.clock - Duration::from_hours(2), lab.clock + Duration::from_hours(2));
        let scope = Scope::Login(challenge.id);
        let id = SentCodeId::new(before, &mut lab.rng);
        let sent = testing::sent_code(id, 123_456, &factor, scope, before, later, &lab.keys).unwrap().unwrap();
        let belongings = Belongings {
            factors: vec![factor],
            challenges: vec![challenge],
            sent_codes: vec![sent],
            trusted_devices: vec![device],
            ..Belongings::default()
        };
        db.start_recording();
        db.seed(&people).await.unwrap();
        db.seed_belongings(&[belongings]).await.unwrap();
        let seeded = db.stop_recording().iter().flat_map(texts).collect();
        let secret = person.secrets.remove(0);
        let world = Arc::new(World { lab, seconds: AtomicI64::new(0), drawn: AtomicU64::new(100) });
        Self {
            db,
            world,
            secret,
            recovery_codes,
            phone,
            counts: Vec::new(),
            seeded,
            written: BTreeSet::new(),
            _database: database,
        }
    }

    /// Notes what was sent, without the lock. What is called again and again is noted once.
    fn count(&mut self, call: &str, units: &[RecordedUnit]) {
        let [unit] = units else { panic!("{call} took {} transactions", units.len()) };
        let locks = unit.reads.iter().filter(|read| read.sql.ends_with("FOR UPDATE")).count();
        assert!(locks <= 1, "{call} locks more than its person");
        self.written.extend(texts(unit));
        let (reads, writes) = (unit.reads.len() - locks, unit.writes.len());
        let line = format!("{call:<38}{reads:>3}{writes:>3}");
        if !self.counts.contains(&line) {
            self.counts.push(line);
        }
    }

    async fn run<C: Load>(&mut self, call: &str, command: C) -> C::Reply {
        let world = Arc::clone(&self.world) as Arc<dyn Surroundings>;
        self.db.start_recording();
        let reply = self.db.run(Arc::new(command), world).await.unwrap();
        let units = self.db.stop_recording();
        self.count(call, &units);
        reply.unwrap_or_else(|refusal| panic!("{call}: {refusal:?}"))
    }

    async fn ask<C: Load>(&mut self, call: &str, question: C) -> C::Reply {
        self.db.start_recording();
        let reply = self.db.ask(&question, self.world.as_ref()).await.unwrap();
        let units = self.db.stop_recording();
        self.count(call, &units);
        reply.unwrap_or_else(|refusal| panic!("{call}: {refusal:?}"))
    }

    /// Two minutes later nothing has to wait, and an authenticator shows another code.
    fn code(&self, secret: &TotpSecret) -> TypedCode {
        self.world.seconds.fetch_add(120, Ordering::Relaxed);
        TypedCode::Digits(secret.code(Step::at(self.world.now())))
    }

    async fn log_in(&mut self, call: &str, device: Option<DeviceToken>) -> LoggedIn {
        let (application, email) = (ApplicationId::DEFAULT, email());
        let begin = BeginLogin { application, email: email.clone(), origin: origin() };
        let password = self.run("login: before the password is checked", begin).await.user.unwrap();
        let finish = FinishLogin {
            application,
            email,
            proof: PasswordProof::Right(password),
            rehashed: None,
            repeated: false,
            holder: RefreshHolder::Cookie,
            device,
            origin: origin(),
        };
        self.run(call, finish).await
    }

    /// A challenge to answer, by its token.
    async fn challenge(&mut self) -> TokenHash {
        let counts = self.counts.clone();
        let LoggedIn::FactorDue { partial_token, .. } = self.log_in("", None).await else { panic!("no factor is due") };
        self.counts = counts;
        TokenHash::of(partial_token.expose())
    }

    async fn verify(&mut self, call: &str, token: TokenHash, code: TypedCode, remember: bool) -> Verified {
        self.run(call, Verify { token, code, holder: None, remember, device: None, origin: origin() }).await
    }

    /// The one code that was sent.
    async fn sent_code(&self) -> TypedCode {
        let sent = Statement::new("SELECT id, payload FROM outbox WHERE kind = 'login_code'", params![]);
        let row = self.db.read(vec![sent]).await.unwrap().remove(0).remove(0);
        let place = notice::place(MessageId::from_uuid(row.get(0).unwrap()));
        let plain = self.world.keys().open(&place, &Sealed::from_bytes(row.get(1).unwrap())).unwrap();
        TypedCode::parse(MessageContent::from_bytes(&plain).unwrap().code.as_ref().unwrap())
    }

    async fn sign_in_every_way(&mut self) -> Verified {
        let LoggedIn::FactorDue { partial_token, .. } = self.log_in("login: a factor is due", None).await else {
            panic!("no factor is due")
        };
        let token = TokenHash::of(partial_token.expose());
        self.ask("challenge", ReadChallenge { token }).await;
        let wrong =
            Verify { token, code: TypedCode::Other, holder: None, remember: false, device: None, origin: origin() };
        let world = Arc::clone(&self.world) as Arc<dyn Surroundings>;
        self.db.start_recording();
        self.db.run(Arc::new(wrong), world).await.unwrap().unwrap_err();
        let units = self.db.stop_recording();
        self.count("verify: a wrong code", &units);
        let code = self.code(&self.secret);
        let verified = self.verify("verify: authenticator, remembered", token, code, true).await;
        let cookie = verified.trusted_device.unwrap().cookie.token;
        self.log_in("login: on a trusted device", DeviceToken::parse(cookie.expose())).await;

        let token = self.challenge().await;
        let wanted = SendFor::Challenge(token, Which::Factor(self.phone));
        self.run("send-code", SendCode { wanted, origin: origin() }).await;
        let code = self.sent_code().await;
        self.verify("verify: sent code", token, code, false).await;

        let token = self.challenge().await;
        let code = self.recovery_codes.remove(0);
        self.verify("verify: recovery code", token, code, false).await;

        let (token, code) = (self.challenge().await, self.code(&self.secret));
        self.verify("verify: authenticator", token, code, false).await
    }

    async fn look_around(&mut self, bearer: Bearer) {
        self.ask("status", ReadStatus { bearer }).await;
        self.ask("sessions", ReadSessions { bearer, after: None }).await;
        self.ask("trusted devices", ListTrustedDevices { bearer, device: None, after: None, limit: 20 }).await;
    }

    async fn change_everything(&mut self, bearer: Bearer) {
        let (refresh, origin) = (None::<RefreshToken>, origin());
        let code = self.code(&self.secret);
        let step_up = StepUp { bearer, proof: Proof::Code(code), refresh: None, origin: origin.clone() };
        self.run("step-up", step_up).await;
        let begun = self.run("setup", BeginEnrollment { bearer, label: None, origin: origin.clone() }).await;
        let secret = TotpSecret::from_base32(begun.secret.expose()).unwrap();
        let code = self.code(&secret);
        let confirm = ConfirmEnrollment { bearer, code, factor: None, refresh: None, origin: origin.clone() };
        self.run("verify-setup: one more", confirm).await;
        let factor = begun.factor;
        let rename = RenameFactor { bearer, factor, label: "Tablet".to_owned(), origin: origin.clone() };
        self.run("factor: renamed", rename).await;
        self.run("factor: removed", RemoveFactor { bearer, factor, refresh: None, origin: origin.clone() }).await;
        self.run("recovery codes: made", MakeRecoveryCodes { bearer, origin: origin.clone() }).await;
        self.run("recovery codes: downloaded", DownloadRecoveryCodes { bearer, origin: origin.clone() }).await;
        let ask = BeginPasswordChange { bearer, email: email(), origin: origin.clone() };
        let password = self.run("password: before it is checked", ask).await.user.unwrap();
        let change = FinishPasswordChange {
            bearer,
            email: email(),
            proof: PasswordProof::Right(password),
            password: Some(PasswordHash::new("$argon2id$new".to_owned())),
            refresh: refresh.clone(),
            origin: origin.clone(),
        };
        self.run("password: changed", change).await;
        let code = self.code(&self.secret);
        self.run("disable", Disable { bearer, code, refresh, origin }).await;
    }
}

impl House {
    /// What an application's server calls: two calls for a sign-in.
    async fn serve_an_application(&mut self) {
        let name = "shop".to_owned();
        self.run("app add", AddApplication { name: name.clone(), required: false, origin: origin() }).await;
        let add = AddApiKey { application: name, scopes: KeyScope::ALL.to_vec(), origin: origin() };
        let (_, text) = self.run("key add", add).await;
        let key = self.db.api_key(&TokenHash::of(text.expose())).await.unwrap().unwrap();
        let (holder, application) = (KeyHolder { key: key.id, application: key.application }, key.application);
        let ada =
            || Mentioned { application, id: ExternalId::parse("ada").unwrap(), email: None, phone: None, name: None };
        let ask = |text| RequestChallenge {
            user: ada(),
            reason: Reason::Login,
            max_age: None,
            text,
            hosted: None,
            device: None,
            origin: origin(),
        };
        self.run("/v1 challenge: first mention", once(holder, 1, ask(None))).await;
        let (secret, origin) = (TotpSecret::generate(&mut rng(7)), origin());
        let same = TotpSecret::from_base32(secret.to_base32().expose()).unwrap();
        let import = ImportFactor { user: ada(), secret: same, label: None, listed: false, origin };
        self.run("/v1 factor: brought", once(holder, 2, import)).await;
        let Told::Now(asked) = self.run("/v1 challenge: a factor is due", once(holder, 3, ask(None))).await else {
            panic!("it was asked before")
        };
        self.ask("/v1 challenge: read", by_key(holder, ReadAsked { application, id: asked.id })).await;
        let (code, id) = (self.code(&secret), asked.id);
        let answer = |code| AnswerAsked { application, id, code, trust: false, request_id: None };
        self.run("/v1 verify", once(holder, 4, answer(code.clone()))).await;
        self.run("/v1 verify: again", once(holder, 4, answer(code))).await;
        self.run("/v1 import: opened", once(holder, 5, OpenImport)).await;
        let bob = Mentioned { id: ExternalId::parse("bob").unwrap(), ..ada() };
        let (secret, origin) = (TotpSecret::generate(&mut rng(8)), domain::testing::origin());
        let listed = ImportFactor { user: bob, secret, label: None, listed: true, origin };
        self.run("/v1 import: one of the list", once(holder, 6, listed)).await;
    }
}

/// Asked for with a key, without an idempotency key.
fn by_key<C: Load>(holder: KeyHolder, command: C) -> ByKey<C> {
    ByKey { holder, scope: KeyScope::Challenges, once: None, question: true, command }
}

/// The same with an idempotency key.
fn once<C: Load>(holder: KeyHolder, number: u8, command: C) -> ByKey<C> {
    let once = Once { key: TokenHash([number; 32]), call: [number; 32] };
    let words: Wording<C::Reply> =
        |answer| answer.is_ok().then(|| Words { status: 200, body: SecretText::new("{}"), secret: false });
    ByKey { once: Some((once, words)), question: false, ..by_key(holder, command) }
}

fn texts(unit: &RecordedUnit) -> impl Iterator<Item = String> {
    unit.writes.iter().map(|write| write.sql.clone())
}

fn email() -> Email {
    Email::parse("ada@example.org").unwrap()
}

/// Makes every call.
async fn lived_in(database: TestDatabase) -> House {
    let mut house = House::on(database).await;
    let verified = house.sign_in_every_way().await;
    let token = RefreshToken::parse(verified.grant.refresh.expose()).unwrap();
    let grant = house.run("refresh", Refresh { token, origin: origin() }).await;
    let bearer = bearer(&grant);
    house.look_around(bearer).await;
    house.change_everything(bearer).await;
    house.run("logout", SignOut { by: SignOutBy::Bearer(bearer), origin: origin() }).await;
    house.log_in("login: no factor", None).await;
    house.run("signup: before the password is hashed", BeginSignUp { origin: origin() }).await;
    let sign_up = SignUp {
        application: ApplicationId::DEFAULT,
        email: Email::parse("new@example.org").unwrap(),
        password: PasswordHash::new("$argon2id$new".to_owned()),
        origin: origin(),
    };
    house.run("signup", sign_up).await;
    let add = AddUser {
        application: ApplicationId::DEFAULT,
        email: Email::parse("added@example.org").unwrap(),
        password: PasswordHash::new("$argon2id$added".to_owned()),
        totp: Some(TotpSecret::generate(&mut rng(1))),
        origin: origin(),
    };
    house.run("user add, with an authenticator", add).await;
    house.serve_an_application().await;
    house
}

#[tokio::test]
async fn no_call_sends_more_statements_than_it_did() {
    for database in databases().await {
        let name = database.name;
        let house = lived_in(database).await;
        let counts = house.counts.join("\n");
        insta::allow_duplicates! {
            insta::assert_snapshot!(counts, name, @r"
            login: before the password is checked   4  0
            login: a factor is due                  7  6
            challenge                               5  0
            verify: a wrong code                    7  4
            verify: authenticator, remembered       8  9
            login: on a trusted device              8  7
            send-code                               6  9
            verify: sent code                       7  8
            verify: recovery code                   7  9
            verify: authenticator                   7  6
            refresh                                 2  4
            status                                  5  0
            sessions                                3  0
            trusted devices                         3  0
            step-up                                 5  5
            setup                                   4  4
            verify-setup: one more                  6 13
            factor: renamed                         3  4
            factor: removed                         3 12
            recovery codes: made                    3 16
            recovery codes: downloaded              3  3
            password: before it is checked          4  0
            password: changed                       2 18
            disable                                 5 16
            logout                                  2  5
            login: no factor                        7  6
            signup: before the password is hashed   1  0
            signup                                  3  3
            user add, with an authenticator         1  7
            app add                                 1  3
            key add                                 1  2
            /v1 challenge: first mention           11 10
            /v1 factor: brought                     5 23
            /v1 challenge: a factor is due         11  6
            /v1 challenge: read                     7  0
            /v1 verify                             10  7
            /v1 verify: again                      10  0
            /v1 import: opened                      3  1
            /v1 import: one of the list             5 14
            ");
        }
        // A benchmark's people are put there by the statements of commands, but for the whole set of recovery codes.
        let own: Vec<&String> = house.seeded.difference(&house.written).collect();
        assert!(matches!(own[..], [set] if set.contains("INSERT INTO recovery_codes")), "{name}: {own:#?}");
    }
}
