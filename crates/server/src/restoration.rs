//! At a start: is this the database that was served, or an older copy of it? While serving: marking it.
//!
//! The rules are in `domain::restoration`. Here are the note beside an SQLite file and the moments at which a database is
//! looked at: `serve` and `worker` refuse one that an operator has not acknowledged.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use domain::audit::{AuditAction, AuditEntry, Detail};
use domain::command::Origin;
use domain::ids::{ApplicationId, AuditId};
use domain::restoration::{self, Around, Beat, Mark, Place, Standing, Suspicion};
use domain::time::Timestamp;
use domain::totp::Step;
use store::restoration::Ended;
use store::{Db, backup};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::app::{system_rng, system_time};
use crate::config::{Config, DatabaseUrl};

/// How long after a commit a copy that lacks it may pass unnoticed.
const BEAT: Duration = Duration::from_secs(15);

/// The note beside a file: how far the database was known to have come.
#[derive(Clone)]
pub struct Note(PathBuf);

impl Note {
    /// The note beside this database.
    pub fn beside(database: &Path) -> Self {
        Self(backup::beside(database, "-mark"))
    }

    /// What it says, if it is there.
    pub fn read(&self) -> anyhow::Result<Option<Beat>> {
        match fs::read_to_string(&self.0) {
            Ok(text) => match Beat::parse(&text) {
                Some(beat) => Ok(Some(beat)),
                None => bail!("{} says nothing that twinlock wrote", self.0.display()),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("{} cannot be read", self.0.display())),
        }
    }

    /// Writes it, unless it says more already.
    pub fn write(&self, beat: Beat) -> anyhow::Result<()> {
        if self.read().is_ok_and(|known| known.is_some_and(|it| it.lineage == beat.lineage && it.number >= beat.number))
        {
            return Ok(());
        }
        // Of two processes each has a file of its own to write.
        let part = backup::beside(&self.0, &format!("-{}", std::process::id()));
        let written = || -> io::Result<()> {
            let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part)?;
            writeln!(file, "{beat}")?;
            file.sync_all()?;
            fs::rename(&part, &self.0)
        };
        written().with_context(|| format!("{} cannot be written", self.0.display()))?;
        Ok(backup::sync_folder(&self.0)?)
    }
}

/// What is known of a database and of what is around it.
pub struct Sight {
    mark: Option<Mark>,
    around: Around,
    note: Option<Note>,
    is_empty: bool,
    lossless: bool,
}

impl Sight {
    /// Looks at a database that is up to date.
    pub async fn of(config: &Config, db: &Db) -> anyhow::Result<Self> {
        let note = match &config.database {
            DatabaseUrl::Sqlite(path) => Some(Note::beside(path)),
            DatabaseUrl::Postgres(_) => None,
        };
        // The note first: another process that serves the file counts up in the file before it does in the note.
        let around = match (&note, db.place().await?) {
            (Some(note), _) => Around::File(note.read()?),
            (None, place) => Around::Cluster(place.context("the database does not say where it lies")?),
        };
        let (mark, is_empty) = (db.mark().await?, db.is_empty().await?);
        Ok(Self { mark, around, note, is_empty, lossless: config.synchronous_standby })
    }

    /// Whether it is to be served.
    pub fn standing(&self) -> Standing {
        restoration::judge(self.mark.as_ref(), &self.around, self.is_empty, self.lossless)
    }

    fn place(&self) -> Place {
        match &self.around {
            Around::File(_) => Place::default(),
            Around::Cluster(place) => place.clone(),
        }
    }

    /// Marks the database anew and, unless `nothing_is_lost`, ends all of it that can be used once. Written down with why. The
    /// note follows by [`Sight::note`], once the database is in its place.
    pub async fn acknowledge(&self, db: &Db, nothing_is_lost: bool) -> anyhow::Result<(Beat, Ended)> {
        let now = system_time();
        let beat = restoration::next(self.mark.as_ref(), &self.around, fresh(now));
        let why = if nothing_is_lost { "nothing_is_lost" } else { "all_ended" };
        let entry = store::unchained(AuditId::new(now, &mut system_rng()), now, acknowledged(why));
        // The code of the next step may have been typed already.
        let end = (!nothing_is_lost).then(|| Step(Step::at(now).0 + 1));
        let ended = db.acknowledge(beat, &self.place(), (now, end), vec![entry]).await?;
        Ok((beat, ended))
    }

    /// Notes beside a file how far it has come.
    pub fn note(&self, beat: Beat) -> anyhow::Result<()> {
        self.note.as_ref().map_or(Ok(()), |note| note.write(beat))
    }
}

fn acknowledged(why: &'static str) -> AuditEntry {
    AuditEntry {
        user: None,
        person: None,
        application: ApplicationId::DEFAULT,
        action: AuditAction::DatabaseAcknowledged,
        success: true,
        method: None,
        device: None,
        detail: Detail::Reason(why),
        origin: Origin { actor: Some("cli".to_owned()), ..Origin::default() },
    }
}

/// An id of a new line.
fn fresh(now: Timestamp) -> Uuid {
    AuditId::new(now, &mut system_rng()).uuid()
}

/// What an operator is told of a database that is not served.
pub fn explain(suspicion: Suspicion) -> String {
    format!(
        "the database is not served: {suspicion}. What was answered since is not in it, so used codes, ended sessions and \
         revoked trust would live again. `twinlock restore acknowledge` ends all of them, once no server runs; \
         docs/operations.md, Backup and restore"
    )
}

/// Refuses a database that nobody has acknowledged, and marks any other.
pub async fn admit(config: &Config, db: &Db) -> anyhow::Result<()> {
    let sight = Sight::of(config, db).await?;
    if let Standing::Suspect(suspicion) = sight.standing() {
        bail!("{}", explain(suspicion));
    }
    let now = system_time();
    let beat = db.mark_served(fresh(now), &sight.place(), now).await?;
    sight.note(beat)
}

/// Beats for a file while it is served, so that copies of it grow old. Until `shutdown`, and once more then.
pub async fn beat(config: Config, db: Db, shutdown: CancellationToken) {
    let DatabaseUrl::Sqlite(path) = &config.database else { return };
    let note = Note::beside(path);
    let mut commits = db.commits();
    let mut tick = interval(BEAT);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    tick.tick().await;
    loop {
        let goes_on = shutdown.run_until_cancelled(tick.tick()).await.is_some();
        if commits.has_changed().unwrap_or(false)
            && let Err(error) = once(&db, &note).await
        {
            tracing::warn!(%error, "the database could not be marked: an older copy of it might not be noticed");
        }
        commits.mark_unchanged();
        if !goes_on {
            return;
        }
    }
}

/// One beat, of a file that has a mark.
pub async fn once(db: &Db, note: &Note) -> anyhow::Result<()> {
    match db.beat(system_time()).await? {
        Some(beat) => note.write(beat),
        None => Ok(()),
    }
}
