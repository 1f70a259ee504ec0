//! One stage: so many connections, every errand, and the twins beside them.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anyhow::Result;
use tokio::task::block_in_place;

use super::{Effort, PGBENCH, PLAIN_LOOP, RECORDED, Subject, TARGET_CONNECTIONS};
use crate::databases::SEEDED;
use crate::http::{Connection, field};
use crate::load::{self, Errand, Numbers, Sample};
use crate::population::partial_token;
use crate::process::{Meter, Server};
use crate::report::{Figure, Report, Target, Throughput, Twin};
use crate::stats::Run;
use crate::twin::Script;
use crate::twin::pgbench::{self, Pgbench, Sending, Share};
use crate::{bare, stats};

/// How long a started server is left alone before its memory is read.
const SETTLE: Duration = Duration::from_millis(500);

/// A stage under way.
pub(super) struct Stage<'a> {
    subject: &'a Subject,
    server: Server,
    connections: usize,
}

/// A call to measure, and what its statements are replayed for.
pub(super) struct Row<'a> {
    pub(super) what: &'static str,
    pub(super) errand: Errand,
    pub(super) scripts: &'a [Script],
    /// The people of the database who can make the call.
    pub(super) people: Range<u64>,
    /// Of the ratio.
    pub(super) target: Option<Target>,
}

impl Subject {
    pub(super) async fn stage(&self, connections: usize, report: &mut Report) -> Result<()> {
        let stage = self.begin(SEEDED, connections).await?;
        thread::sleep(SETTLE);
        let (resident, private) = (stage.server.resident_mib()?, stage.server.private_mib()?);
        stage.verify(report).await?;
        stage.status(report).await?;
        stage.login(report).await?;
        if connections == TARGET_CONNECTIONS {
            let server = &stage.server;
            let figures = [
                ("memory after start", resident, Some(Target::AtMost(40.0))),
                ("memory after start, without mapped files", private, None),
                ("memory after load", server.resident_mib()?, None),
                ("memory after load, without mapped files", server.private_mib()?, None),
            ];
            report.figures.extend(figures.map(|(what, value, target)| Figure {
                what: format!("{}: {what}", self.place.name()),
                value,
                unit: "MiB",
                target,
            }));
        }
        Ok(())
    }

    /// Copies a database twice, and starts a server on the one copy.
    pub(super) async fn begin(&self, database: &str, connections: usize) -> Result<Stage<'_>> {
        self.place.copy(database, "ours").await?;
        self.place.copy(database, "twin").await?;
        let server = block_in_place(|| Server::start(&self.installation, &self.place.url("ours")))?;
        Ok(Stage { subject: self, server, connections })
    }

    /// Access tokens of the people kept for it.
    pub(super) async fn sign_in(&self, server: &Server) -> Result<Vec<String>> {
        let mut connection = Connection::open(server.port).await?;
        let mut access = Vec::new();
        for number in self.effort.people - Effort::SIGNED_IN..self.effort.people {
            let answer = load::verify(&mut connection, &partial_token(number), number).await?;
            access.push(field(answer, "access")?.to_owned());
        }
        Ok(access)
    }

    /// Writes a pgbench script.
    fn script(&self, name: &str, scripts: &[Script], sending: Sending) -> Result<PathBuf> {
        let file = self.installation.folder.join(format!("{name}.pgbench"));
        std::fs::write(&file, pgbench::script(scripts, sending))?;
        Ok(file)
    }
}

impl Stage<'_> {
    fn is_target(&self) -> bool {
        self.connections == TARGET_CONNECTIONS
    }

    async fn meter(&self) -> Result<Meter> {
        Ok(Meter { server: self.server.pid(), database: self.subject.place.process().await? })
    }

    fn sample(&self, errand: &Arc<Errand>, meter: &Meter) -> Result<Sample> {
        let Effort { warm_up, time, .. } = self.subject.effort;
        let port = self.server.port;
        block_in_place(|| load::closed(port, errand, self.connections, warm_up, time, meter))
    }

    async fn verify(&self, report: &mut Report) -> Result<()> {
        let Effort { people, .. } = self.subject.effort;
        let pgbench = self.subject.pgbench("twin").await?;
        let least = if pgbench.is_some() { 0.6 } else { 0.8 };
        let row = Row {
            what: "verify",
            errand: Errand::Verify(Numbers::new(0..self.subject.effort.kept())),
            scripts: &self.subject.verification,
            people: 0..people,
            target: self.is_target().then_some(Target::AtLeast(least)),
        };
        let ours = self.row(row, report).await?;
        if let (true, Some(pgbench)) = (self.is_target(), pgbench) {
            self.pipelined(&pgbench, &ours, report).await?;
        }
        Ok(())
    }

    /// Measures a call and, in turn with it, a raw twin that replays its statements.
    pub(super) async fn row(&self, row: Row<'_>, report: &mut Report) -> Result<Vec<Sample>> {
        let Row { what, errand, scripts, people, target } = row;
        let errand = Arc::new(errand);
        let pgbench = self.subject.pgbench("twin").await?;
        let script = self.subject.script("twin", scripts, Sending::OneByOne)?;
        let (mut ours, mut twins) = (Vec::new(), Vec::new());
        let looped = Numbers::new(people.clone());
        for sample in 0..self.subject.effort.samples {
            ours.push(self.sample(&errand, &self.meter().await?)?);
            twins.push(match &pgbench {
                Some(pgbench) => self.replay(pgbench, &script, sample, &people).await?,
                None => self.subject.plain_loop(scripts, &looped)?,
            });
        }
        let name = if pgbench.is_some() { PGBENCH } else { PLAIN_LOOP };
        self.report(report, what, &ours, Twin::of(name, &twins), target);
        Ok(ours)
    }

    /// A call that is a password's check and little else, beside nothing but such checks.
    pub(super) async fn beside_argon2(&self, what: &'static str, errand: Errand, report: &mut Report) -> Result<()> {
        let Effort { samples, time, .. } = self.subject.effort;
        let errand = Arc::new(errand);
        let (mut ours, mut twins) = (Vec::new(), Vec::new());
        for _ in 0..samples {
            ours.push(self.sample(&errand, &self.meter().await?)?);
            twins.push(block_in_place(|| bare::argon2(2, time))?);
        }
        let twin = Twin::of("bare Argon2, 2 threads", &twins);
        self.report(report, what, &ours, twin, self.is_target().then_some(Target::AtLeast(0.9)));
        Ok(())
    }

    /// One sample of pgbench, on people who took part in none of the earlier ones.
    async fn replay(&self, pgbench: &Pgbench, script: &Path, sample: u64, people: &Range<u64>) -> Result<Run> {
        let Effort { samples, time, .. } = self.subject.effort;
        let of_sample = (people.end - people.start) / samples;
        let first = people.start + sample * of_sample;
        let share = share(self.connections, first..first + of_sample)?;
        pgbench.run(&[script], self.connections, share, time).await
    }

    /// What pgbench does when it sends as the store does. No target: nothing that decides in between could do as much.
    async fn pipelined(&self, pgbench: &Pgbench, ours: &[Sample], report: &mut Report) -> Result<()> {
        let Effort { samples, people, .. } = self.subject.effort;
        self.subject.place.copy(SEEDED, "twin").await?;
        let script = self.subject.script("pipelined", &self.subject.verification, Sending::Pipelined)?;
        let mut twins = Vec::new();
        for sample in 0..samples {
            twins.push(self.replay(pgbench, &script, sample, &(0..people)).await?);
        }
        let rates: Vec<f64> = ours.iter().map(Sample::per_second).collect();
        report.throughput.push(Throughput {
            database: self.subject.place.name(),
            what: "verify, the same samples",
            connections: self.connections,
            rate: stats::median(&rates),
            samples: rates,
            twin: Twin::of("pgbench, pipelined in two round trips", &twins),
            target: None,
            cpu: None,
        });
        Ok(())
    }

    async fn status(&self, report: &mut Report) -> Result<()> {
        let Effort { samples, warm_up, time, .. } = self.subject.effort;
        let access = self.subject.sign_in(&self.server).await?;
        let errand = Arc::new(Errand::Status { access, next: 0.into() });
        let questions: Vec<&[Script]> = self.subject.statuses.iter().map(std::slice::from_ref).collect();
        let pgbench = self.subject.pgbench(RECORDED).await?;
        let write = |(number, question): (usize, &&[Script])| {
            self.subject.script(&format!("status-{number}"), question, Sending::OneByOne)
        };
        let written = questions.iter().enumerate().map(write).collect::<Result<Vec<PathBuf>>>()?;
        let files: Vec<_> = written.iter().map(PathBuf::as_path).collect();
        let (mut ours, mut twins) = (Vec::new(), Vec::new());
        for _ in 0..samples {
            ours.push(self.sample(&errand, &self.meter().await?)?);
            match &pgbench {
                _ if !self.is_target() => {}
                Some(pgbench) => {
                    let share = Share { base: 0, span: 0 };
                    twins.push(pgbench.run(&files, self.connections, share, time).await?);
                }
                None => {
                    let (file, numbers) = (self.subject.place.file(RECORDED), Numbers::new(0..u64::MAX));
                    let run = || crate::twin::sqlite::run(&file, &questions, &numbers, warm_up, time);
                    twins.push(block_in_place(run)?);
                }
            }
        }
        let name = if pgbench.is_some() { PGBENCH } else { PLAIN_LOOP };
        let twin = Twin::of(name, &twins);
        self.report(report, "status", &ours, twin, None);
        Ok(())
    }

    pub(super) async fn login(&self, report: &mut Report) -> Result<()> {
        let errand = Errand::Login(Numbers::new(self.subject.effort.with_password()));
        self.beside_argon2("full login", errand, report).await
    }

    fn report(
        &self,
        report: &mut Report,
        what: &'static str,
        ours: &[Sample],
        twin: Option<Twin>,
        target: Option<Target>,
    ) {
        let samples: Vec<f64> = ours.iter().map(Sample::per_second).collect();
        let count: u64 = ours.iter().map(|sample| sample.count).sum();
        let of_one = |spent: fn(&Sample) -> Duration| {
            let total: Duration = ours.iter().map(spent).sum();
            1e6 / stats::per_second(count, total)
        };
        let cpu = vec![of_one(|it| it.cpu.server), of_one(|it| it.cpu.database), of_one(|it| it.cpu.client)];
        report.throughput.push(Throughput {
            database: self.subject.place.name(),
            what,
            connections: self.connections,
            rate: stats::median(&samples),
            samples,
            twin,
            target,
            cpu: Some(cpu),
        });
    }
}

/// Divides people among pgbench's clients.
fn share(clients: usize, numbers: Range<u64>) -> Result<Share> {
    Ok(Share { base: numbers.start, span: (numbers.end - numbers.start) / u64::try_from(clients)? })
}
