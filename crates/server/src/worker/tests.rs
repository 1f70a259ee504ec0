//! Workers on a database, with transports that count.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use domain::command::{Context, Decide};
use domain::decision::{Decision, OutboxMessage};
use domain::destination::{Destination, PhoneNumber};
use domain::ids::MessageId;
use domain::message::MessageKind;
use domain::notice;
use domain::secret::{Broken, KeyRing, SecretText};
use domain::testing::{Lab, origin, rng, rounds};
use domain::user::Account;
use messaging::sms::breaker::Rules;
use messaging::sms::{Carrier, Sms, SmsProvider};
use messaging::{Mailer, Receipt, RenderedMail, Renderer};
use store::testing::{Person, TestDatabase, databases};
use store::{Assemble, Db, Load, Plan, Reads, Statement, StoreError, Surroundings, params};

use super::*;
use crate::config::{Config, Sources};

/// Counts what it takes, as long as it is not told to keep everybody waiting.
#[derive(Debug, Default)]
struct Counting {
    taken: Mutex<BTreeMap<MessageId, u32>>,
    pause: Duration,
}

impl Counting {
    fn slow(pause: Duration) -> Arc<Self> {
        Arc::new(Self { pause, ..Self::default() })
    }

    fn taken(&self) -> BTreeMap<MessageId, u32> {
        self.taken.lock().unwrap().clone()
    }
}

/// The hand of a worker that reaches it.
struct Hand(Arc<Counting>);

impl Mailer for Hand {
    fn send<'a>(&'a self, _: &'a RenderedMail, id: MessageId) -> messaging::Sending<'a> {
        Box::pin(async move {
            tokio::time::sleep(self.0.pause).await;
            *self.0.taken.lock().unwrap().entry(id).or_default() += 1;
            Ok(Receipt::default())
        })
    }
}

/// Never answers; counts who waits.
#[derive(Debug, Default)]
struct Silent(Arc<AtomicUsize>);

impl SmsProvider for Silent {
    fn name(&self) -> &'static str {
        "silent"
    }

    fn send<'a>(&'a self, _: &'a Sms, _: Timestamp) -> messaging::sms::Sending<'a> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Box::pin(std::future::pending())
    }
}

/// A command that only sends.
struct SendAll {
    account: Account,
    kinds: Vec<(MessageKind, Option<Destination>)>,
}

impl Decide for SendAll {
    type View = ();
    type Reply = Vec<MessageId>;

    fn decide(&self, (): (), context: &mut Context<'_>) -> Result<Decision<Vec<MessageId>>, Broken> {
        let now = context.clock;
        let message = |(kind, to): &(MessageKind, Option<Destination>), context: &mut Context<'_>| match to {
            None => notice::notice(*kind, &self.account, &origin(), now, context, |_| {}),
            Some(to) => {
                let (code, end) = (SecretText::new("314159"), now + Span::from_mins(5));
                notice::code(*kind, to, &code, end, &self.account, &origin(), now, context).into()
            }
        };
        let outbox: Vec<OutboxMessage> = self.kinds.iter().flat_map(|kind| message(kind, context)).collect();
        let mut decision = Decision::new(Ok(outbox.iter().map(|message| message.id).collect()), now);
        decision.outbox = outbox;
        Ok(decision)
    }
}

impl Load for SendAll {
    fn load(&self, _: &mut Reads<'_>) -> Assemble<()> {
        Box::new(|_| Ok(()))
    }
}

/// A database, its keys, and somebody to send to.
struct Desk {
    database: TestDatabase,
    ring: String,
    account: Account,
}

impl Desk {
    async fn on(database: TestDatabase) -> Self {
        let db = database.connect().await;
        db.migrate().await.unwrap();
        let mut lab = Lab::new();
        lab.clock = crate::app::system_time();
        let account = lab.account();
        let (user, settings) = (account.user.clone(), account.settings.clone());
        db.seed(&[Person { user, settings, factors: vec![], recovery_codes: vec![], challenges: vec![] }])
            .await
            .unwrap();
        Self { database, ring: KeyRing::generate(&mut rng(5)).to_text().expose().to_owned(), account }
    }

    /// A node of its own.
    async fn node(&self) -> App {
        let pairs = [("DATABASE_URL", self.database.url.as_str()), ("TWINLOCK_KEYS", self.ring.as_str())];
        let config = Config::load(&Sources::of_pairs(pairs, None)).unwrap();
        let ring = KeyRing::parse(&self.ring).unwrap();
        crate::serve::assemble(&config, self.database.connect().await, ring).unwrap()
    }

    async fn send(&self, app: &App, kinds: Vec<(MessageKind, Option<Destination>)>) -> Vec<MessageId> {
        let command = Arc::new(SendAll { account: self.account.clone(), kinds });
        app.db.run(command, Arc::clone(&app.world) as Arc<dyn Surroundings>).await.unwrap().unwrap()
    }

    async fn notices(&self, app: &App, count: usize) {
        for _ in 0..count.div_ceil(100) {
            self.send(app, vec![(MessageKind::FactorRemoved, None); count.min(100)]).await;
        }
    }
}

fn works(
    app: &App,
    mailer: &Arc<Counting>,
    sms: Option<Arc<Carrier>>,
    stop: &CancellationToken,
) -> tokio::task::JoinHandle<()> {
    let renderer = Renderer::new("Example", "https://id.example.com").unwrap();
    let transports = Transports::of(renderer, Box::new(Hand(Arc::clone(mailer))), sms);
    tokio::spawn(work(Worker::new(app.clone(), transports, Span::ZERO), stop.clone()))
}

async fn until(what: &str, patience: Duration, mut is_so: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !is_so().await {
        assert!(began.elapsed() < patience, "never: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// How many messages two workers share.
fn messages() -> usize {
    rounds("messages shared by two workers", 400, 10_000) as usize
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_workers_drain_the_outbox_and_nothing_is_sent_twice() {
    for database in databases().await {
        let desk = Desk::on(database).await;
        let (one, other) = (desk.node().await, desk.node().await);
        let messages = messages();
        desk.notices(&one, messages).await;
        let (mine, theirs, stop) = (Arc::default(), Arc::default(), CancellationToken::new());
        let workers = [works(&one, &mine, None, &stop), works(&other, &theirs, None, &stop)];
        let drained = async || one.db.messages_under_way().await.unwrap() == 0;
        until("drained", Duration::from_mins(5), drained).await;
        stop.cancel();
        for worker in workers {
            worker.await.unwrap();
        }
        let (mine, theirs) = (mine.taken(), theirs.taken());
        let twice = mine.iter().chain(&theirs).filter(|(_, count)| **count > 1).count();
        let by_both = mine.keys().filter(|id| theirs.contains_key(id)).count();
        assert_eq!((twice, by_both, mine.len() + theirs.len()), (0, 0, messages), "{}", desk.database.name);
    }
}

/// a provider that hangs fills its own slots, and keeps neither mails nor the end of the process waiting for long.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_provider_that_hangs_keeps_no_mail_waiting() {
    for database in databases().await {
        let desk = Desk::on(database).await;
        let app = desk.node().await;
        let to = Destination::Phone(PhoneNumber::from_e164("+12025550167").unwrap());
        let codes = desk.send(&app, vec![(MessageKind::LoginCode, Some(to)); 40]).await;
        live_codes(&app.db, &desk.account, &codes).await.unwrap();
        let waiting = Arc::new(AtomicUsize::new(0));
        let carrier = Carrier::new(vec![Box::new(Silent(Arc::clone(&waiting)))], Rules::DEFAULT);
        let (mailer, stop) = (Arc::<Counting>::default(), CancellationToken::new());
        let worker = works(&app, &mailer, Some(Arc::new(carrier)), &stop);
        until("the slots are full", Duration::from_secs(20), async || waiting.load(Ordering::SeqCst) == 32).await;
        desk.notices(&app, 5).await;
        until("the mails are out", Duration::from_secs(10), async || mailer.taken().len() == 5).await;
        assert_eq!(waiting.load(Ordering::SeqCst), 32, "{}", desk.database.name);
        worker.abort();
    }
}

/// Issue 4: a limit of text messages that an operator was told of is a figure too, for a day.
#[tokio::test]
async fn alarms_of_the_last_day_are_a_metric() {
    for database in databases().await {
        let desk = Desk::on(database).await;
        let app = desk.node().await;
        let now = app.world.now();
        for (kind, name, age) in [("block", "one", 0), ("block", "other", 20), ("country", "US", 23), ("all", "", 25)] {
            alarmed(&app.db, kind, name, now - Span::from_hours(age)).await.unwrap();
        }
        let transports = Transports::of(
            Renderer::new("Example", "https://id.example.com").unwrap(),
            Box::new(Hand(Arc::default())),
            None,
        );
        let recorder = crate::telemetry::recorder().unwrap();
        let figures = recorder.handle();
        let recording = metrics::set_default_local_recorder(&recorder);
        Worker::new(app, transports, Span::ZERO).measure(now).await;
        drop(recording);
        let figures = figures.render();
        for (kind, count) in [("all", 0), ("block", 2), ("country", 1), ("prefix", 0)] {
            let line = format!("sms_limits_reached{{kind=\"{kind}\"}} {count}");
            assert!(figures.lines().any(|it| it == line), "{}: no {line} in\n{figures}", desk.database.name);
        }
    }
}

/// A limit was reached, and the operator told.
async fn alarmed(db: &Db, kind: &str, name: &str, at: Timestamp) -> Result<(), StoreError> {
    let slice = domain::sms_fraud::slice(at);
    let row = Statement::new(
        "INSERT INTO sms_usage (kind, name, since, shard, sent, verified, cost, alarmed_at, expires_at) \
         VALUES ($1, $2, $3, 0, 0, 0, 0, $4, $5)",
        params![kind, name, slice, at, slice + domain::sms_fraud::KEPT],
    );
    db.transact(vec![], move |_| Ok(Plan { writes: vec![row.clone()], reply: () })).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_worker_that_is_told_to_stop_finishes_what_it_began_and_begins_nothing() {
    for database in databases().await {
        let desk = Desk::on(database).await;
        let app = desk.node().await;
        let (mailer, stop) = (Counting::slow(Duration::from_millis(700)), CancellationToken::new());
        desk.notices(&app, 20).await;
        let worker = works(&app, &mailer, None, &stop);
        let held = "SELECT count(*) FROM outbox WHERE state = 'leased'";
        until("some are held", Duration::from_secs(20), async || count(&app.db, held).await > 0).await;
        stop.cancel();
        worker.await.unwrap();
        let (sent, open) = (mailer.taken(), app.db.messages_under_way().await.unwrap());
        assert!(!sent.is_empty() && sent.len() < 20, "{}: {} sent", desk.database.name, sent.len());
        assert_eq!((count(&app.db, held).await, sent.len() + open), (0, 20), "{}", desk.database.name);
    }
}

async fn count(db: &Db, sql: &'static str) -> i64 {
    db.read(vec![Statement::new(sql, params![])]).await.unwrap()[0][0].get(0).unwrap()
}

/// The rows that say that these codes are alive.
async fn live_codes(db: &Db, account: &Account, codes: &[MessageId]) -> Result<(), StoreError> {
    let sql = "INSERT INTO two_factor_codes (id, user_id, challenge_id, factor_id, method, purpose, destination_key, \
               pepper_id, code_hash, created_at, expires_at) VALUES ($1, $2, $1, $1, 'sms', 'login', $3, 'x', $3, $4, $4)";
    let now = account.user.created_at;
    let row = |id: &MessageId| Statement::new(sql, params![id.uuid(), account.user.id.uuid(), [7_u8; 32], now]);
    let writes: Vec<Statement> = codes.iter().map(row).collect();
    db.transact(vec![], move |_| Ok(Plan { writes: writes.clone(), reply: () })).await
}
