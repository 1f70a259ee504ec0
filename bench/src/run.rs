//! The order of a run.
//!
//! Each stage has its own fresh copies of the seeded database and its own server. Samples of a figure and of its twin take
//! turns, so that a slow moment of the machine meets both.

mod hanging;
mod stage;
mod ways;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use domain::application::keyed::KeyHolder;
use domain::ids::ApplicationId;
use store::testing::CountingProxy;
use store::{Db, Surroundings as _};
use tokio::task::block_in_place;

use crate::calls::{Call, Desk, Noted, Starts};
use crate::databases::{Place, SEEDED};
use crate::load::{Errand, Numbers};
use crate::outbox::Outbox;
use crate::population::{self, World, now};
use crate::process::{Installation, Meter, Server};
use crate::report::{Figure, Latency, Report, Target, Throughput, Twin};
use crate::stats::Run;
use crate::twin::Script;
use crate::twin::pgbench::Pgbench;
use crate::{Options, Part, bare, load, stats};

/// How much is measured.
#[derive(Clone, Copy)]
struct Effort {
    samples: u64,
    warm_up: Duration,
    time: Duration,
    /// Of the open loop.
    open_time: Duration,
    /// People in each database.
    people: u64,
    /// The first of them have a phone, in the databases that are copies of [`PHONES`].
    phones: u64,
    /// People of an application, numbered after all others.
    theirs: u64,
    /// Messages that workers send in one sample, and those that the twin may use up.
    messages: (usize, usize),
}

impl Effort {
    const FULL: Self = Self {
        samples: 3,
        warm_up: Duration::from_millis(500),
        time: Duration::from_secs(4),
        open_time: Duration::from_secs(10),
        people: 160_000,
        phones: 60_000,
        theirs: 60_000,
        messages: (10_000, 60_000),
    };
    const QUICK: Self = Self {
        samples: 1,
        warm_up: Duration::from_millis(300),
        time: Duration::from_secs(2),
        open_time: Duration::from_secs(3),
        people: 40_000,
        phones: 8_000,
        theirs: 12_000,
        messages: (1_000, 15_000),
    };

    const fn of(options: &Options) -> Self {
        let effort = if options.quick { Self::QUICK } else { Self::FULL };
        // Sending needs no more people than sign in meanwhile.
        if matches!(options.part, Some(Part::Delivery)) {
            Self { people: 12_000, phones: 6_000, ..effort }
        } else {
            effort
        }
    }

    /// The first of the people who are kept for signing in with a password, on a device they trust or not, and for asking
    /// for their status.
    const fn kept(&self) -> u64 {
        self.people - Self::KEPT
    }

    /// The people of the application.
    const fn of_application(&self) -> std::ops::Range<u64> {
        self.people..self.people + self.theirs
    }

    /// Those of them who sign in with a password.
    const fn with_password(&self) -> std::ops::Range<u64> {
        self.kept()..self.people - Self::SIGNED_IN
    }

    const KEPT: u64 = 4000;
    /// Of those, the last ones: they have a session.
    const SIGNED_IN: u64 = 64;
}

const CONNECTIONS: [usize; 4] = [1, 8, 32, 64];
/// Where the targets hold.
const TARGET_CONNECTIONS: usize = 32;
/// The page where people sign in, among the figures.
const PAGE: &str = "sign-in page";
/// The database in which people have phones.
const PHONES: &str = "phones";
/// The database in which every call was made once.
const RECORDED: &str = "recorded";
const PLAIN_LOOP: &str = "plain loop, same statements";
const PGBENCH: &str = "pgbench, same statements";

/// A database under measurement and what belongs to it.
struct Subject {
    place: Place,
    world: Arc<World>,
    installation: Installation,
    pgbench: Option<std::path::PathBuf>,
    effort: Effort,
    noted: Vec<Noted>,
    verification: Vec<Script>,
    statuses: Vec<Script>,
    /// The key of the application.
    api_key: String,
}

/// Runs everything.
pub(crate) async fn run(options: Options) -> Result<Report> {
    let mut report = Report {
        conditions: conditions(&options),
        figures: vec![Figure {
            what: "size of the program".to_owned(),
            value: megabytes(&options.server)?,
            unit: "MB",
            target: Some(Target::AtMost(25.0)),
        }],
        ..Report::default()
    };
    let mut places = Vec::new();
    if !options.no_sqlite {
        places.push(Place::Sqlite(options.folder.clone()));
    }
    places.extend(options.postgres.clone().map(Place::Postgres));
    for place in places {
        let subject = prepare(place, &options, Effort::of(&options)).await?;
        match options.part {
            Some(Part::Delivery) => subject.delivery(&mut report).await?,
            Some(Part::Logins) => subject.logins(&mut report).await?,
            Some(Part::Application) => subject.two_calls(&mut report).await?,
            // Measured before this is called: it has people of its own.
            Some(Part::Admin) => {}
            None => subject.measure(&mut report).await?,
        }
        for name in [SEEDED, PHONES, RECORDED] {
            subject.place.drop(name).await?;
        }
    }
    Ok(report)
}

fn conditions(options: &Options) -> String {
    let processors = std::thread::available_parallelism().map_or(0, usize::from);
    let date = now().to_datetime().date();
    let effort = if options.quick { ", briefly" } else { "" };
    format!("Measured on {date}{effort}: server, database and client on the same {processors} processors.")
}

#[expect(clippy::cast_precision_loss, reason = "no program has 2^52 bytes")]
fn megabytes(file: &Path) -> Result<f64> {
    Ok(std::fs::metadata(file).with_context(|| file.display().to_string())?.len() as f64 / 1e6)
}

/// Tells what is being done.
fn say(place: &Place, what: &str) {
    println!("{}: {what}", place.name());
}

async fn connect(place: &Place, name: &str) -> Result<Db> {
    let options = store::Options { url: place.url(name), ..store::Options::default() };
    Ok(Db::connect(&options).await?)
}

/// Seeds, and learns what each call sends.
async fn prepare(place: Place, options: &Options, effort: Effort) -> Result<Subject> {
    say(&place, &format!("seeding {} people", effort.people));
    let (world, password) = (Arc::new(World::new()), bare::password_hash()?);
    place.create(SEEDED).await?;
    let db = connect(&place, SEEDED).await?;
    db.migrate().await?;
    let (holder, api_key) = crate::calls::application(&db, &world).await?;
    population::seed(&db, &world, &password, ApplicationId::DEFAULT, 0..effort.people).await?;
    population::seed(&db, &world, &password, holder.application, effort.of_application()).await?;
    population::trust_devices(&db, effort.with_password()).await?;
    db.close().await;
    place.tidy(SEEDED).await?;
    place.copy(SEEDED, PHONES).await?;
    let db = connect(&place, PHONES).await?;
    population::give_phones(&db, &world, 0..effort.phones).await?;
    db.close().await;
    place.tidy(PHONES).await?;

    place.copy(PHONES, RECORDED).await?;
    let (noted, statuses) = note(&place, &world, (&password, holder), effort).await?;
    let verification = Noted::scripts(&noted, Call::Verify)?;
    let installation = Installation {
        program: options.server.canonicalize()?,
        folder: options.folder.clone(),
        keys: world.keys().to_text().expose().replace('\n', ","),
    };
    let pgbench = options.pgbench.clone();
    Ok(Subject { place, world, installation, pgbench, effort, noted, verification, statuses, api_key })
}

/// The statements of every call, and of some people's questions for their status.
async fn note(
    place: &Place,
    world: &Arc<World>,
    (password, holder): (&str, KeyHolder),
    effort: Effort,
) -> Result<(Vec<Noted>, Vec<Script>)> {
    const PEOPLE: u64 = 8;
    let proxy = match place {
        Place::Sqlite(_) => None,
        Place::Postgres(_) => Some(CountingProxy::in_front_of(&place.url(RECORDED)).await),
    };
    let url = proxy.as_ref().map_or_else(|| place.url(RECORDED), CountingProxy::url);
    let db = Db::connect(&store::Options { url, ..store::Options::default() }).await?;
    let desk = Desk { db: &db, world, password, proxy: proxy.as_ref(), holder };
    let starts = Starts { phones: 0, plain: effort.phones, devices: effort.kept(), theirs: effort.people };
    let noted = Noted::all(&desk, starts).await?;

    let mut bearers = Vec::new();
    for number in effort.phones + 100..effort.phones + 100 + PEOPLE {
        bearers.push(desk.sign_in(number).await?);
    }
    db.start_recording();
    for bearer in bearers {
        desk.ask_status(bearer).await?;
    }
    let statuses = db.stop_recording().iter().map(Script::literal).collect();
    db.close().await;
    Ok((noted, statuses))
}

impl Subject {
    async fn measure(&self, report: &mut Report) -> Result<()> {
        self.count(report).await?;
        for connections in CONNECTIONS {
            say(&self.place, &format!("{connections} connections"));
            self.stage(connections, report).await?;
        }
        say(&self.place, "recovery codes, trusted devices, sent codes");
        self.ways(report).await?;
        say(&self.place, "latencies at half of the peak");
        self.latencies(report).await?;
        say(&self.place, "the store alone");
        self.alone(report).await?;
        self.delivery(report).await?;
        if let Place::Sqlite(_) = self.place {
            self.starts(report)?;
        }
        Ok(())
    }

    /// How many messages go out, and what a login costs while they do not.
    async fn delivery(&self, report: &mut Report) -> Result<()> {
        say(&self.place, "messages");
        let outbox = Outbox {
            place: &self.place,
            world: &self.world,
            installation: &self.installation,
            pgbench: self.pgbench("twin").await?,
            samples: self.effort.samples,
            time: self.effort.time,
            messages: self.effort.messages,
        };
        report.throughput.extend(outbox.measure().await?);
        say(&self.place, "logins with a provider that hangs");
        self.hanging(report).await
    }

    /// Statements and round trips.
    async fn count(&self, report: &mut Report) -> Result<()> {
        let name = self.place.name();
        report.costs.extend(self.noted.iter().map(|noted| noted.cost(name)));
        if let Place::Postgres(_) = self.place {
            let value = self.round_trips().await?;
            let what = format!("{name}: round trips of a verification, counted at a proxy");
            report.figures.push(Figure { what, value, unit: "", target: Some(Target::AtMost(2.0)) });
        }
        Ok(())
    }

    /// Counted between a real server and the database, once its statements are prepared: the median of some, for now and
    /// then a job of the server's falls in between.
    async fn round_trips(&self) -> Result<f64> {
        const WARM_UP: u64 = 20;
        const COUNTED: u64 = 21;
        let proxy = CountingProxy::in_front_of(&self.place.url(RECORDED)).await;
        let through = proxy.url();
        let part = |key: &str| through.split(' ').find_map(|part| part.strip_prefix(key)).unwrap_or_default();
        let url = format!("postgres://{}@127.0.0.1:{}/{}", part("user="), part("port="), part("dbname="));
        let server = block_in_place(|| Server::start(&self.installation, &url))?;
        let mut connection = crate::http::Connection::open(server.port).await?;
        let mut counted = Vec::new();
        let first = self.effort.phones + 1000;
        for number in first..first + WARM_UP + COUNTED {
            let before = proxy.round_trips();
            load::verify(&mut connection, &population::partial_token(number), number).await?;
            if number >= first + WARM_UP {
                counted.push(f64::from(u32::try_from(proxy.round_trips() - before)?));
            }
        }
        Ok(stats::median(&counted))
    }

    /// Verifications, statuses and sign-in pages at half of the best rate, which is looked for just before: what the machine can do at the
    /// time is what counts.
    async fn latencies(&self, report: &mut Report) -> Result<()> {
        let Effort { warm_up, time, open_time, .. } = self.effort;
        self.place.copy(SEEDED, "ours").await?;
        let server = block_in_place(|| Server::start(&self.installation, &self.place.url("ours")))?;
        let meter = Meter { server: server.pid(), database: None };
        let access = self.sign_in(&server).await?;
        let verify = Errand::Verify(Numbers::new(0..self.effort.kept()));
        let status = Errand::Status { access, next: 0.into() };
        for (what, errand) in [("verify", verify), ("status", status), (PAGE, Errand::SignInPage)] {
            let errand = Arc::new(errand);
            let best =
                block_in_place(|| load::closed(server.port, &errand, TARGET_CONNECTIONS, warm_up, time, &meter))?;
            let rate = best.per_second() / 2.0;
            let mut latencies = block_in_place(|| {
                load::open(server.port, &errand, TARGET_CONNECTIONS, rate, Duration::from_secs(1), open_time)
            })?;
            latencies.sort();
            if what == PAGE {
                report.figures.push(Figure {
                    what: format!("{}: {PAGE}, median at half of the best rate", self.place.name()),
                    value: stats::percentile(&latencies, 0.5).as_secs_f64() * 1000.0,
                    unit: "ms",
                    target: Some(Target::AtMost(1.0)),
                });
            }
            report.latency.push(Latency {
                database: self.place.name(),
                what,
                connections: TARGET_CONNECTIONS,
                rate,
                p50: stats::percentile(&latencies, 0.5),
                p99: stats::percentile(&latencies, 0.99),
                p999: stats::percentile(&latencies, 0.999),
            });
        }
        Ok(())
    }

    /// The store without a server and, on SQLite, the plain loop.
    async fn alone(&self, report: &mut Report) -> Result<()> {
        let Effort { samples, warm_up, time, people, .. } = self.effort;
        let process = self.place.process().await?;
        let (mut ours, mut twins) = (Vec::new(), Vec::new());
        for _ in 0..samples {
            self.place.copy(SEEDED, "ours").await?;
            let db = connect(&self.place, "ours").await?;
            let numbers = Arc::new(Numbers::new(0..people));
            ours.push(bare::store(&db, &self.world, TARGET_CONNECTIONS, numbers, warm_up, time, process).await?);
            db.close().await;
            if let Place::Sqlite(_) = self.place {
                self.place.copy(SEEDED, "twin").await?;
                twins.push(self.plain_loop(&self.verification, &Numbers::new(0..people))?);
            }
        }
        let database = self.place.name();
        let alone = Twin::of("", &ours).context("nothing was measured")?;
        let target = (!twins.is_empty()).then_some(Target::AtLeast(1.3));
        report.throughput.push(Throughput {
            database,
            what: "the store alone, verify",
            connections: TARGET_CONNECTIONS,
            rate: alone.rate,
            samples: ours.iter().map(|run| run.rate).collect(),
            twin: Twin::of(PLAIN_LOOP, &twins).or_else(|| report.twin_of(database, "verify", TARGET_CONNECTIONS)),
            target,
            cpu: Some(vec![alone.cpu]),
        });
        Ok(())
    }

    /// One sample of the plain loop, for people who took part in none of the earlier ones.
    fn plain_loop(&self, call: &[Script], numbers: &Numbers) -> Result<Run> {
        let (file, Effort { warm_up, time, .. }) = (self.place.file("twin"), self.effort);
        block_in_place(|| crate::twin::sqlite::run(&file, &[call], numbers, warm_up, time))
    }

    /// Time to ready on a file that is already there.
    fn starts(&self, report: &mut Report) -> Result<()> {
        let url = self.place.url(RECORDED);
        let starts = (0..5).map(|_| Ok(Server::start(&self.installation, &url)?.ready_after.as_secs_f64() * 1000.0));
        let starts = block_in_place(|| starts.collect::<Result<Vec<f64>>>())?;
        report.figures.push(Figure {
            what: format!("{}: time to ready on an existing file, median of 5", self.place.name()),
            value: stats::median(&starts),
            unit: "ms",
            target: Some(Target::AtMost(200.0)),
        });
        Ok(())
    }

    async fn pgbench(&self, database: &str) -> Result<Option<Pgbench>> {
        let (Place::Postgres(_), Some(program)) = (&self.place, self.pgbench.clone()) else { return Ok(None) };
        Ok(Some(Pgbench { program, url: self.place.url(database), process: self.place.process().await? }))
    }
}
