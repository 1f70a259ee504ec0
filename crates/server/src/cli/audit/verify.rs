//! `twinlock audit verify`: what it is told and what it says; and how it verifies an export, without the database. Nothing is
//! written.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use domain::audit::checkpoint::{CheckpointFlaw, Covered, EntryFlaw, Sequence, SignedCheckpoint, check_entries};
use domain::audit::proof::Chains;
use domain::audit::verify::Finding;
use domain::time::Timestamp;
use indicatif::ProgressBar;
use uuid::Uuid;

use super::super::progress::bar;
use super::super::say;
use crate::app::system_time;
use crate::audit_proof::lines::{self, Line};
use crate::config::{Config, KeySource};
use crate::keys;

/// What `audit verify` is told.
#[derive(Args)]
pub(in crate::cli) struct Arguments {
    /// Verify this export (`--format proof`) instead of the database.
    #[arg(long, value_name = "FILE")]
    pub(super) from: Option<PathBuf>,
    #[command(flatten)]
    pub(super) trusted: Trusted,
}

/// What is known from elsewhere.
#[derive(Args)]
pub(in crate::cli) struct Trusted {
    /// A public key the log may be signed with, beside those of the key ring, as `audit keys` prints it.
    #[arg(long = "key", value_name = "KEY", value_parser = lines::parse_key, allow_hyphen_values = true)]
    keys: Vec<[u8; 32]>,
    /// Checkpoints that were published, as `audit checkpoints --export` prints them: the log must still hold them.
    #[arg(long, value_name = "FILE")]
    published: Option<PathBuf>,
    /// Report entries that are dated before the checkpoint that should hold them, but do not fail for them: a clock was wrong.
    #[arg(long)]
    allow_late: bool,
}

/// What was found, said as it is found.
pub(super) struct Report {
    pub(super) progress: ProgressBar,
    allow_late: bool,
    broken: u64,
}

impl Report {
    pub(super) fn new(total: u64, known: &Known) -> Self {
        Self { progress: bar(total), allow_late: known.allow_late, broken: 0 }
    }

    pub(super) fn say(&self, line: &str) -> anyhow::Result<()> {
        self.progress.suspend(|| say(line))
    }

    pub(super) fn broken(&mut self, what: &str) -> anyhow::Result<()> {
        self.broken += 1;
        self.say(&format!("BROKEN  {what}"))
    }

    pub(super) fn chain(&mut self, finding: &Finding) -> anyhow::Result<()> {
        let row = finding.id.map(|id| format!(" ({id})")).unwrap_or_default();
        self.broken(&format!("person {}, entry {}{row}: {}", finding.person, finding.seq, finding.flaw))
    }

    pub(super) fn checkpoint(&mut self, number: i64, flaw: &CheckpointFlaw) -> anyhow::Result<()> {
        self.broken(&format!("checkpoint {number}: {flaw}"))
    }

    pub(super) fn entry(&mut self, place: &str, id: Option<Uuid>, flaw: &EntryFlaw) -> anyhow::Result<()> {
        let row = id.map(|id| format!(" ({id})")).unwrap_or_default();
        if *flaw == EntryFlaw::Late && self.allow_late {
            return self.say(&format!("LATE    {place}{row}: {flaw}"));
        }
        self.broken(&format!("{place}{row}: {flaw}"))
    }

    /// The first flaw among the entries of a checkpoint.
    pub(super) fn entries(&mut self, found: Option<(i64, Option<Uuid>, EntryFlaw)>, number: i64) -> anyhow::Result<()> {
        found.map_or(Ok(()), |(position, id, flaw)| {
            self.entry(&format!("checkpoint {number}, position {position}"), id, &flaw)
        })
    }

    pub(super) fn end(self) -> anyhow::Result<()> {
        self.progress.finish_and_clear();
        anyhow::ensure!(self.broken == 0, "the audit log was altered: {} places are broken", self.broken);
        say("The audit log is whole.")
    }
}

/// What checkpoints are checked against.
pub(super) struct Known {
    pub(super) keys: Vec<[u8; 32]>,
    pub(super) published: Vec<SignedCheckpoint>,
    pub(super) allow_late: bool,
    /// A checkpoint may be dated ahead; now is now.
    pub(super) now: Timestamp,
}

impl Known {
    pub(super) fn of(config: &Config, trusted: &Trusted) -> anyhow::Result<Self> {
        let mut keys = trusted.keys.clone();
        keys.extend(ring(config)?);
        let text = match &trusted.published {
            None => String::new(),
            Some(path) => fs::read_to_string(path).with_context(|| path.display().to_string())?,
        };
        let published = (1..).zip(text.lines()).map(|(number, line)| {
            let named = |why| anyhow::anyhow!("published checkpoints, line {number}: {why}");
            let signed = lines::published(line).map_err(named)?;
            match signed.flaw() {
                None => Ok(signed),
                Some(flaw) => bail!("published checkpoints, line {number}: {flaw}"),
            }
        });
        let published = published.collect::<anyhow::Result<_>>()?;
        Ok(Self { keys, published, allow_late: trusted.allow_late, now: system_time() })
    }

    pub(super) fn differs(&self, signed: &SignedCheckpoint) -> bool {
        let same_number = |it: &&SignedCheckpoint| it.checkpoint.number == signed.checkpoint.number;
        self.published.iter().filter(same_number).any(|it| it.hash != signed.hash)
    }

    pub(super) fn end(&self, sequence: &Sequence, report: &mut Report) -> anyhow::Result<()> {
        for (number, flaw) in sequence.end(&self.keys, &self.published) {
            report.checkpoint(number, &flaw)?;
        }
        let Some(last) = sequence.last() else {
            return report.say("nothing is signed yet: run `twinlock audit checkpoint`");
        };
        let stated = &last.checkpoint;
        report.say(&format!(
            "{} checkpoints, signed up to position {} at {}",
            sequence.checkpoints, stated.last, stated.at
        ))?;
        if stated.begins > 1 {
            report.say(&format!(
                "the log begins at position {}: older entries were deleted for their age",
                stated.begins
            ))?;
        }
        if self.keys.is_empty() {
            let key = lines::key(&last.public_key);
            report.say(&format!("signed with {key}, which nobody vouches for here: give the key you know by --key"))?;
        }
        Ok(())
    }
}

/// The public keys of the configured ring. None is made for this, and a machine without one can verify too.
fn ring(config: &Config) -> anyhow::Result<Vec<[u8; 32]>> {
    let Ok(source) = config.keys() else { return Ok(Vec::new()) };
    if let KeySource::Generated(path) = source
        && !path.exists()
    {
        return Ok(Vec::new());
    }
    Ok(keys::load(source)?.checkpoint_public_keys().collect())
}

/// Verifies an export, line by line.
pub(super) fn offline(path: &Path, known: &Known) -> anyhow::Result<()> {
    let file = File::open(path).with_context(|| path.display().to_string())?;
    let mut report = Report::new(file.metadata()?.len(), known);
    let (mut begins, mut sequence, mut chains) = (1, Sequence::default(), Chains::default());
    let (mut entries, mut count): (Vec<Covered>, u64) = (Vec::new(), 0);
    for (number, line) in (1..).zip(BufReader::with_capacity(1 << 20, file).lines()) {
        let line = line.with_context(|| path.display().to_string())?;
        report.progress.inc(line.len() as u64 + 1);
        let line = match lines::parse(&line) {
            Ok(line) => line,
            Err(why) => {
                report.broken(&format!("line {number}: {why}"))?;
                continue;
            }
        };
        match line {
            Line::Beginning(position) => {
                begins = position;
                chains = Chains::new(begins > 1);
            }
            Line::Covered(covered) => {
                count += 1;
                if let Some(Ok(entry)) = &covered.entry
                    && let Some(flaw) = chains.follow(entry)
                {
                    let (person, seq) = (entry.words.person.unwrap_or_default(), entry.seq.unwrap_or_default());
                    report.chain(&Finding { person, seq, id: Some(covered.id), flaw })?;
                }
                entries.push(*covered);
            }
            Line::Checkpoint(signed) => {
                if let Some(flaw) = sequence.follow(&signed) {
                    report.checkpoint(signed.checkpoint.number, &flaw)?;
                }
                if known.differs(&signed) {
                    report.checkpoint(signed.checkpoint.number, &CheckpointFlaw::NotThePublished)?;
                }
                let entries = std::mem::take(&mut entries);
                if signed.checkpoint.first >= begins || !entries.is_empty() {
                    let found = check_entries(&signed.checkpoint, sequence.late_before(), &entries);
                    report.entries(found, signed.checkpoint.number)?;
                }
            }
        }
    }
    for (person, seq, flaw) in chains.end() {
        report.chain(&Finding { person, seq, id: None, flaw })?;
    }
    if let Some(stray) = entries.first() {
        let found = format!("position {}: no checkpoint covers it and what follows it", stray.position);
        report.broken(&found)?;
    }
    if sequence.last().map_or(1, |last| last.checkpoint.begins) != begins {
        report.broken("line 1: the log does not begin where its last checkpoint says")?;
    }
    known.end(&sequence, &mut report)?;
    report.say(&format!("{} chains, {count} entries", chains.len()))?;
    report.end()
}
