//! Messages per second: a real worker that drains the outbox into the mailbox, beside the bare statements that claim and
//! finish.
//!
//! Ours opens, renders and keeps a copy of every message, which is one write more. The twin replays what the store sent for one
//! message: on PostgreSQL by pgbench, one claim and one finish each; on SQLite by a plain loop that claims sixteen at a time
//! as a worker does.

use std::fs::File;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use domain::command::{Context, Decide};
use domain::decision::{Decision, OutboxMessage};
use domain::message::{Channel, MessageKind};
use domain::notice;
use domain::secret::Broken;
use domain::testing::Lab;
use domain::time::Duration as Span;
use domain::user::Account;
use rusqlite::params_from_iter;
use store::delivery::{Event, Happened};
use store::testing::{Recorded, RecordedUnit};
use store::{Assemble, Db, Ending, Load, Reads, Surroundings, Value};
use tokio::time::sleep;

use crate::databases::{Place, SEEDED};
use crate::population::{World, now, origin};
use crate::process::{Cpu, Installation, Meter, spent_by_all, worker_command};
use crate::report::{Throughput, Twin};
use crate::stats::{self, Run};
use crate::twin::Script;
use crate::twin::pgbench::{self, Pgbench, Sending, Share};

/// Messages queued by one command.
const AT_ONCE: usize = 100;
/// Clients of the twin, as many as a worker has messages under way.
const CLIENTS: usize = 32;

/// A command that does nothing but leave notices for somebody.
struct Queue(Account);

impl Decide for Queue {
    type View = ();
    type Reply = ();

    fn decide(&self, (): (), context: &mut Context<'_>) -> Result<Decision<()>, Broken> {
        let mut decision = Decision::new(Ok(()), context.clock);
        for _ in 0..AT_ONCE {
            let kind = MessageKind::FactorRemoved;
            let notice = notice::notice(kind, &self.0, &origin(), context.clock, context, |_| {});
            // Nobody in the database: like a message to a stranger.
            decision.outbox.extend(notice.into_iter().map(|message| OutboxMessage { user: None, ..message }));
        }
        Ok(decision)
    }
}

impl Load for Queue {
    fn load(&self, _: &mut Reads<'_>) -> Assemble<()> {
        Box::new(|_| Ok(()))
    }
}

/// What is measured, and where.
pub(crate) struct Outbox<'a> {
    pub(crate) place: &'a Place,
    pub(crate) world: &'a Arc<World>,
    pub(crate) installation: &'a Installation,
    pub(crate) pgbench: Option<Pgbench>,
    pub(crate) samples: u64,
    pub(crate) time: Duration,
    /// Of one sample, and those that the twin may use up.
    pub(crate) messages: (usize, usize),
}

/// What the store sends for one message.
struct Way {
    claim: RecordedUnit,
    finish: RecordedUnit,
    id: Value,
}

impl Outbox<'_> {
    /// One row for a worker and, on PostgreSQL, one for two of them.
    pub(crate) async fn measure(&self) -> Result<Vec<Throughput>> {
        let mut rows = vec![];
        let workers: &[(usize, &'static str)] = match self.place {
            Place::Sqlite(_) => &[(1, "messages, one worker")],
            Place::Postgres(_) => &[(1, "messages, one worker"), (2, "messages, two workers")],
        };
        for (count, what) in workers {
            let (mut ours, mut twins) = (Vec::new(), Vec::new());
            for _ in 0..self.samples {
                ours.push(self.drain(*count).await?);
                twins.push(self.twin().await?);
            }
            let name =
                if self.pgbench.is_some() { "pgbench, bare claim and finish" } else { "plain loop, claim and finish" };
            rows.push(Throughput {
                database: self.place.name(),
                what,
                connections: *count,
                rate: stats::median(&ours.iter().map(|run| run.rate).collect::<Vec<f64>>()),
                samples: ours.iter().map(|run| run.rate).collect(),
                twin: Twin::of(name, &twins),
                target: None,
                cpu: Some(vec![stats::median(&ours.iter().map(|run| run.cpu).collect::<Vec<f64>>())]),
            });
        }
        Ok(rows)
    }

    async fn queued(&self, name: &str, count: usize) -> Result<Db> {
        self.place.copy(SEEDED, name).await?;
        let options = store::Options { url: self.place.url(name), ..store::Options::default() };
        let db = Db::connect(&options).await?;
        let somebody = Lab::new().account();
        let queue = Arc::new(Queue(somebody));
        for _ in 0..count.div_ceil(AT_ONCE) {
            let world = Arc::clone(self.world) as Arc<dyn Surroundings>;
            let queued = db.run(Arc::clone(&queue), world).await?;
            ensure!(queued.is_ok(), "messages were refused");
        }
        Ok(db)
    }

    /// Drains the outbox by so many workers.
    async fn drain(&self, workers: usize) -> Result<Run> {
        let db = self.queued("ours", self.messages.0).await?;
        let url = self.place.url("ours");
        let mut processes = Vec::new();
        for _ in 0..workers {
            processes.push(Worker::start(self.installation, &url)?);
        }
        let database = self.place.process().await?;
        let spent = |workers: &[Worker]| {
            let each = |worker: &Worker| Meter { server: worker.0.id(), database: None }.read();
            let all = workers
                .iter()
                .map(each)
                .fold(Cpu::default(), |sum, cpu| Cpu { server: sum.server + cpu.server, ..sum });
            all.server + spent_by_all(database)
        };
        // The clock starts with the first message that is out: starting a process is no part of it.
        while db.messages_under_way().await? == self.messages.0 {
            ensure!(processes.iter_mut().all(Worker::lives), "a worker ended");
            sleep(Duration::from_millis(2)).await;
        }
        let (begun, first, before) = (Instant::now(), db.messages_under_way().await?, spent(&processes));
        while db.messages_under_way().await? > 0 {
            ensure!(begun.elapsed() < Duration::from_mins(3), "the outbox was not drained within three minutes");
            sleep(Duration::from_millis(10)).await;
        }
        let run = Run::new(u64::try_from(first)?, begun.elapsed(), spent(&processes).saturating_sub(before));
        drop(processes);
        db.close().await;
        Ok(run)
    }

    /// The bare statements, on messages of their own.
    async fn twin(&self) -> Result<Run> {
        let db = self.queued("twin", self.messages.1).await?;
        let way = record(&db).await?;
        db.close().await;
        match &self.pgbench {
            Some(pgbench) => {
                let file = self.installation.folder.join("outbox.pgbench");
                std::fs::write(&file, claim_and_finish(&way))?;
                pgbench.run(&[&file], CLIENTS, Share { base: 0, span: 0 }, self.time).await
            }
            None => tokio::task::block_in_place(|| plain_loop(&self.place.file("twin"), &way, self.time)),
        }
    }
}

/// Claims one message and finishes it, and notes what that sends.
async fn record(db: &Db) -> Result<Way> {
    db.start_recording();
    let mut claimed = db.claim_messages(Channel::Email, now(), Span::from_mins(60), 1).await?;
    let message = claimed.pop().context("nothing was queued")?;
    let ending = Ending::Accepted { provider: "mailbox".to_owned(), provider_id: None };
    let told = [Happened::new(Event::Accepted, now()).by("mailbox")];
    db.settle_message(&message, &ending, now(), &told, vec![]).await?;
    let mut units = db.stop_recording();
    ensure!(units.len() == 2, "a message took {} transactions", units.len());
    let (finish, claim) = (units.pop().context("no finish")?, units.pop().context("no claim")?);
    Ok(Way { claim, finish, id: Value::Uuid(message.id.uuid()) })
}

/// The statements in pgbench's language: what the claim gives is a variable of what follows.
fn claim_and_finish(way: &Way) -> String {
    let text = |unit: &RecordedUnit| pgbench::script([&Script::literal(unit)], Sending::OneByOne);
    let Value::Uuid(id) = &way.id else { return String::new() };
    let claim = text(&way.claim).replace(";\nCOMMIT;", " \\gset m_\nCOMMIT;");
    format!("{claim}{}", text(&way.finish).replace(&format!("'{id}'::uuid"), ":m_id::uuid"))
}

/// One thread, one connection, one commit for each claim and each finish.
fn plain_loop(file: &Path, way: &Way, time: Duration) -> Result<Run> {
    let connection = store::testing::sqlite_connection(file)?;
    let (begun, before) = (Instant::now(), spent_by_all(None));
    let mut count = 0;
    while begun.elapsed() < time {
        let ids = within(&connection, &way.claim, |statement| {
            let mut params = statement.params.clone();
            // As many as a worker claims at a time.
            if let Some(limit) = params.get_mut(2) {
                *limit = Value::Int(16);
            }
            let mut prepared = connection.prepare_cached(&statement.sql)?;
            let ids = prepared.query_map(params_from_iter(params), |row| row.get::<_, Vec<u8>>(0))?;
            Ok(ids.collect::<rusqlite::Result<Vec<_>>>()?)
        })?;
        ensure!(!ids.is_empty(), "nothing was left: queue more messages");
        for id in ids {
            within(&connection, &way.finish, |statement| {
                let own = |value: &Value| if *value == way.id { Value::Bytes(id.clone()) } else { value.clone() };
                let touched = connection
                    .prepare_cached(&statement.sql)?
                    .execute(params_from_iter(statement.params.iter().map(own)))?;
                ensure!(touched == 1, "a message was not as it was claimed");
                Ok(Vec::new())
            })?;
            count += 1;
        }
    }
    Ok(Run::new(count, begun.elapsed(), spent_by_all(None).saturating_sub(before)))
}

fn within(
    connection: &rusqlite::Connection,
    unit: &RecordedUnit,
    mut each: impl FnMut(&Recorded) -> Result<Vec<Vec<u8>>>,
) -> Result<Vec<Vec<u8>>> {
    connection.prepare_cached(&unit.opening)?.execute([])?;
    let mut ids = Vec::new();
    for statement in unit.reads.iter().chain(&unit.writes) {
        ids.extend(each(statement)?);
    }
    connection.prepare_cached(&unit.closing)?.execute([])?;
    Ok(ids)
}

/// A running worker. Dropping it ends it.
struct Worker(Child);

impl Worker {
    fn start(installation: &Installation, database: &str) -> Result<Self> {
        let log = File::create(installation.folder.join("worker.log"))?;
        let mut command = worker_command(installation, database);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        match command.spawn() {
            Ok(process) => Ok(Self(process)),
            Err(error) => bail!("cannot start a worker: {error}"),
        }
    }

    fn lives(&mut self) -> bool {
        matches!(self.0.try_wait(), Ok(None))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
