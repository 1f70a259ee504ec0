//! A database with one person in it, and ways to do things sixteen times at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use domain::audit::{AuditAction, AuditHead};
use domain::code::TypedCode;
use domain::command::{Context, Decide};
use domain::decision::{Chain, Change, Decision, OutboxMessage, Refusal};
use domain::destination::{Destination, PhoneNumber};
use domain::factor::{Factor, Method};
use domain::ids::{FactorId, MessageId, UserId};
use domain::message::{Channel, MessageContent, MessageKind};
use domain::notice;
use domain::policy::Policy;
use domain::secret::{Broken, KeyRing, Sealed};
use domain::session::{Bearer, Grant, RefreshHolder, Session};
use domain::testing::{Lab, START, bearer, origin, rng};
use domain::time::{Duration, Timestamp};
use domain::user::Account;
use rand::CryptoRng;
use store::testing::{Person, TestDatabase};
use store::{Assemble, Db, Load, Reads, Statement, StoreError, Surroundings};

/// How many try at once.
pub(crate) const RACERS: usize = 16;

/// A still world.
pub(crate) struct World {
    pub(crate) keys: KeyRing,
    pub(crate) policy: Policy,
    drawn: AtomicU64,
}

impl Surroundings for World {
    fn now(&self) -> Timestamp {
        START
    }

    fn rng(&self) -> Box<dyn CryptoRng + Send> {
        Box::new(rng(self.drawn.fetch_add(1, Ordering::Relaxed)))
    }

    fn keys(&self) -> &KeyRing {
        &self.keys
    }

    fn policy(&self) -> &Policy {
        &self.policy
    }
}

/// What a decision comes to that looks at nothing.
type Makes = Box<dyn Fn(&mut Context<'_>) -> Vec<Change> + Send + Sync>;

/// A command that knows nothing: it makes its changes whatever is there. With them, and before them, it begins a session; it
/// writes down an entry and sends a message.
pub(crate) struct Make {
    account: Account,
    changes: Makes,
    /// Where the chain ended that the entry goes on; without it the entry is on none.
    chain: Option<AuditHead>,
    /// Only the changes: no session, entry or message.
    bare: bool,
    reply: Result<(), Refusal>,
}

impl Decide for Make {
    type View = ();
    type Reply = ();

    fn decide(&self, (): (), context: &mut Context<'_>) -> Result<Decision<()>, Broken> {
        let mut decision = Decision::new(self.reply.clone(), context.clock);
        if !self.bare {
            let holder = RefreshHolder::Body;
            let (session, _) = Session::start(&self.account, None, holder, &origin(), context.clock, context);
            decision = decision.change(Change::AddSession(session));
            let mut entry = self.account.entry(AuditAction::SignedIn, true, &origin());
            match self.chain {
                Some(head) => decision.chain = Some(Chain { person: self.account.user.person, head }),
                None => entry.person = None,
            }
            decision = decision.audit(entry).send(OutboxMessage {
                id: MessageId::new(context.clock, context.rng),
                user: Some(self.account.user.id),
                kind: MessageKind::PasswordChanged,
                channel: Channel::Email,
                payload: Sealed::from_bytes(vec![1]),
                destination: "p***@example.com".to_owned(),
                expires_at: None,
            });
        }
        decision.changes.extend((self.changes)(context));
        Ok(decision)
    }
}

impl Load for Make {
    fn load(&self, _: &mut Reads<'_>) -> Assemble<()> {
        Box::new(|_| Ok(()))
    }
}

/// Rows that a unit that failed must not leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Traces {
    pub(crate) sessions: i64,
    pub(crate) entries: i64,
    pub(crate) messages: i64,
}

impl Traces {
    /// With so many more of each.
    pub(crate) const fn plus(self, more: i64) -> Self {
        Self { sessions: self.sessions + more, entries: self.entries + more, messages: self.messages + more }
    }
}

/// A database with one person: two authenticators, a number, ten recovery codes, one session.
pub(crate) struct Desk {
    pub(crate) name: &'static str,
    pub(crate) db: Db,
    pub(crate) world: Arc<World>,
    pub(crate) person: domain::testing::Person,
    pub(crate) grant: Grant,
    pub(crate) session: Session,
    _database: TestDatabase,
}

impl Desk {
    pub(crate) async fn on(database: TestDatabase) -> Self {
        Self::with(database, |_, _| {}).await
    }

    /// With more made of the person before they are stored.
    pub(crate) async fn with(
        database: TestDatabase,
        more: impl FnOnce(&mut Lab, &mut domain::testing::Person) + Send,
    ) -> Self {
        let db = database.connect().await;
        db.migrate().await.unwrap();
        let mut lab = Lab::new();
        // Sixteen wrong answers are not to lock anybody here, nor a tenth challenge to end the first.
        (lab.policy.guesses, lab.policy.challenge_attempts) = (1000, 1000);
        let mut person = lab.enrolled();
        lab.add_authenticator(&mut person);
        person.factors.push(number(&mut lab, person.account.user.id));
        more(&mut lab, &mut person);
        let (session, grant) = lab.session(&person.account, Some(Method::Totp), RefreshHolder::Body);
        let row = Person {
            user: person.account.user.clone(),
            settings: person.account.settings.clone(),
            factors: person.factors.clone(),
            recovery_codes: person.stored_codes.clone(),
            challenges: vec![],
        };
        db.seed(&[row]).await.unwrap();
        let world = Arc::new(World { keys: lab.keys, policy: lab.policy, drawn: AtomicU64::new(100) });
        let added = session.clone();
        let desk = Self { name: database.name, db, world, person, grant, session, _database: database };
        desk.put(move |_| vec![Change::AddSession(added.clone())]).await;
        desk
    }

    pub(crate) fn user(&self) -> UserId {
        self.person.account.user.id
    }

    /// The access token of the session.
    pub(crate) fn bearer(&self) -> Bearer {
        bearer(&self.grant)
    }

    /// A command that makes these changes, and leaves traces of itself.
    pub(crate) fn make(&self, changes: impl Fn(&mut Context<'_>) -> Vec<Change> + Send + Sync + 'static) -> Make {
        let account = self.person.account.clone();
        Make { account, changes: Box::new(changes), chain: None, bare: false, reply: Ok(()) }
    }

    /// The same as a refusal.
    pub(crate) fn refuse(&self, changes: impl Fn(&mut Context<'_>) -> Vec<Change> + Send + Sync + 'static) -> Make {
        Make { reply: Err(Refusal::TokenInvalid), ..self.make(changes) }
    }

    /// One whose entry goes on the person's chain, read as ending there.
    pub(crate) fn chained(&self, head: AuditHead) -> Make {
        Make { chain: Some(head), ..self.make(|_| Vec::new()) }
    }

    /// Makes changes, with no trace of its own.
    pub(crate) async fn put(&self, changes: impl Fn(&mut Context<'_>) -> Vec<Change> + Send + Sync + 'static) {
        let make = Make { bare: true, ..self.make(changes) };
        self.run(make).await.unwrap().unwrap();
    }

    pub(crate) async fn run<C: Load>(&self, command: C) -> Result<Result<C::Reply, Refusal>, StoreError> {
        self.db.run(Arc::new(command), Arc::clone(&self.world) as Arc<dyn Surroundings>).await
    }

    /// Runs commands at once, each in a task of its own.
    pub(crate) async fn race<C: Load>(
        &self,
        commands: impl IntoIterator<Item = C>,
    ) -> Vec<Result<Result<C::Reply, Refusal>, StoreError>> {
        let tasks: Vec<_> = commands
            .into_iter()
            .map(|command| {
                let (db, world) = (self.db.clone(), Arc::clone(&self.world) as Arc<dyn Surroundings>);
                tokio::spawn(async move { db.run(Arc::new(command), world).await })
            })
            .collect();
        let mut outcomes = Vec::new();
        for task in tasks {
            outcomes.push(task.await.unwrap());
        }
        outcomes
    }

    pub(crate) async fn count(&self, sql: &'static str) -> i64 {
        let rows = self.db.read(vec![Statement::new(sql, [])]).await.unwrap();
        rows[0][0].get(0).unwrap()
    }

    pub(crate) async fn traces(&self) -> Traces {
        Traces {
            sessions: self.count("SELECT count(*) FROM sessions").await,
            entries: self.count("SELECT count(*) FROM two_factor_audit_log").await,
            messages: self.count("SELECT count(*) FROM outbox").await,
        }
    }

    /// What the messages say that wait to be sent.
    pub(crate) async fn messages(&self) -> Vec<MessageContent> {
        let mut claimed = Vec::new();
        for channel in [Channel::Email, Channel::Sms] {
            claimed.extend(self.db.claim_messages(channel, START, Duration::from_mins(1), 100).await.unwrap());
        }
        let open = |message: &store::Claimed| {
            let payload = message.payload.as_ref().unwrap();
            let plain = self.world.keys.open(&notice::place(message.id), payload).unwrap();
            MessageContent::from_bytes(&plain).unwrap()
        };
        claimed.iter().map(open).collect()
    }

    /// The code of an authenticator, now.
    pub(crate) fn code(&self, which: usize) -> TypedCode {
        TypedCode::Digits(self.person.secrets[which].code(domain::totp::Step::at(START)))
    }

    /// A recovery code.
    pub(crate) fn recovery_code(&self, which: usize) -> TypedCode {
        TypedCode::parse(self.person.recovery_codes[which].expose())
    }
}

/// An enrolled number.
fn number(lab: &mut Lab, user: UserId) -> Factor {
    let id = FactorId::new(lab.clock, &mut lab.rng);
    let to = Destination::Phone(PhoneNumber::from_e164("+12025550101").unwrap());
    Factor {
        id,
        user,
        method: Method::Sms,
        label: "Number".to_owned(),
        secret: None,
        destination: Some(to.seal(&Factor::destination_place(id, user), &lab.keys, &mut lab.rng)),
        last_used_step: None,
        last_used_at: None,
        created_at: lab.clock,
    }
}
