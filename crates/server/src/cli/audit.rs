//! `twinlock audit`: proving that the log was not altered, and taking it elsewhere.
//!
//! Both read the database in pages and hold one page at a time. Neither needs the keys, and neither writes.

use std::fs::{self, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Subcommand, ValueEnum};
use domain::audit::verify::{Finding, Verifier};
use domain::time::Timestamp;
use serde_json::json;
use store::{Db, ExportedEntry};

use super::progress::bar;
use super::say;
use crate::config::Config;
use crate::serve;

/// What can be done with the audit log.
#[derive(Subcommand)]
pub(super) enum Command {
    /// Check every chain of the log, and name the first broken entry of each.
    Verify,
    /// Write the log out, oldest entry first.
    Export {
        /// As a table for spreadsheets, or as one JSON object a line.
        #[arg(long, value_enum)]
        format: Format,
        /// Only entries of this moment and later (RFC 3339).
        #[arg(long, value_name = "TIME", value_parser = moment)]
        since: Option<Timestamp>,
        /// Only entries before this moment (RFC 3339).
        #[arg(long, value_name = "TIME", value_parser = moment)]
        until: Option<Timestamp>,
        /// Into a new file, readable by its owner alone, instead of standard output.
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

/// How entries are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Comma-separated values, by RFC 4180.
    Csv,
    /// JSON lines.
    Jsonl,
}

fn moment(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text).ok_or_else(|| "not a time; example: 2026-01-31T00:00:00Z".to_owned())
}

/// Runs a command.
pub(super) async fn run(config: &Config, command: Command) -> anyhow::Result<()> {
    let db = serve::connect(config).await?;
    anyhow::ensure!(
        db.pending_migrations().await?.is_empty(),
        "the database is not up to date: run `twinlock migrate`"
    );
    let done = match command {
        Command::Verify => verify(&db).await,
        Command::Export { format, since, until, output } => {
            let span = (since.unwrap_or(Timestamp::EPOCH), until.unwrap_or(END));
            match output {
                None => export(&db, format, span, BufWriter::new(io::stdout())).await.or_else(unless_reader_left),
                Some(path) => export_to(&db, format, span, &path).await,
            }
        }
    };
    db.close().await;
    done
}

async fn verify(db: &Db) -> anyhow::Result<()> {
    let total = db.count_entries().await?;
    // Every row is seen twice: in its chain, and to see that it is in one.
    let progress = bar(total * 2);
    let report = |finding: &Finding| {
        let row = finding.id.map(|id| format!(" ({id})")).unwrap_or_default();
        progress.suspend(|| {
            say(&format!("BROKEN  person {}, entry {}{row}: {}", finding.person, finding.seq, finding.flaw))
        })
    };
    let mut verifier = Verifier::default();
    let mut after = None;
    loop {
        let page = db.chained_entries(after).await?;
        let Some(last) = page.last() else { break };
        after = Some((last.person, last.seq));
        progress.inc(page.len() as u64);
        for entry in &page {
            verifier.entry(entry).iter().try_for_each(report)?;
        }
    }
    verifier.end().iter().try_for_each(report)?;
    let mut after = None;
    loop {
        let page = db.emptied_chains(after).await?;
        let Some((last, _)) = page.last() else { break };
        after = Some(*last);
        for (person, head) in page {
            report(&verifier.emptied(person, head))?;
        }
    }
    let (mut after, mut unchained, mut strays) = (None, 0, 0_u64);
    loop {
        let (count, found, last) = db.unchained_entries(after).await?;
        for stray in found {
            strays += 1;
            progress.suspend(|| {
                say(&format!("BROKEN  entry {}: altered: it was taken out of a chain, or put in", stray.id))
            })?;
        }
        unchained += count;
        if last.is_none() {
            break;
        }
        after = last;
        progress.inc(1_000);
    }
    progress.finish_and_clear();
    let Verifier { chains, entries, broken, .. } = verifier;
    say(&format!("{chains} chains of {entries} entries, and {unchained} entries without a person"))?;
    anyhow::ensure!(
        broken == 0 && strays == 0,
        "the audit log was altered: {broken} of {chains} chains are broken, {strays} entries stand outside them"
    );
    say("The audit log is whole.")
}

/// Beyond every entry.
const END: Timestamp = Timestamp::from_secs(253_402_300_799);

type Span = (Timestamp, Timestamp);

/// A reader that has read enough, such as `head`, is no reason to fail.
fn unless_reader_left(error: anyhow::Error) -> anyhow::Result<()> {
    match error.downcast_ref::<io::Error>() {
        Some(cause) if cause.kind() == ErrorKind::BrokenPipe => Ok(()),
        Some(_) | None => Err(error),
    }
}

/// Writes a file of its own. One that could not be written to its end does not stay.
async fn export_to(db: &Db, format: Format, span: Span, path: &Path) -> anyhow::Result<()> {
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("{} cannot be made", path.display()))?;
    let written = match export(db, format, span, BufWriter::new(&file)).await {
        Ok(()) => file.sync_all().map_err(anyhow::Error::from),
        Err(error) => Err(error),
    };
    if written.is_err() {
        // What is left of it would look like an export.
        let _ = fs::remove_file(path);
    }
    written.with_context(|| format!("{} could not be written", path.display()))
}

async fn export(db: &Db, format: Format, (since, until): Span, mut out: impl Write) -> anyhow::Result<()> {
    let progress = bar(db.count_entries().await?);
    if format == Format::Csv {
        out.write_all(csv_line(&COLUMNS.map(str::to_owned)).as_bytes())?;
    }
    let mut after = None;
    loop {
        let page = db.exported_entries(since, until, after).await?;
        let Some(last) = page.last() else { break };
        after = Some((last.words.at, last.words.id));
        progress.inc(page.len() as u64);
        for entry in &page {
            let line = match format {
                Format::Csv => csv_line(&columns(entry).map(Option::unwrap_or_default)),
                Format::Jsonl => json_line(entry),
            };
            out.write_all(line.as_bytes())?;
        }
    }
    out.flush()?;
    progress.finish_and_clear();
    Ok(())
}

/// The columns of a table, under their names in the database.
const COLUMNS: [&str; 16] = [
    "created_at",
    "id",
    "person_id",
    "application_id",
    "seq",
    "action",
    "success",
    "method",
    "ip_address",
    "user_agent",
    "device_id",
    "actor_id",
    "request_id",
    "detail",
    "previous_hash",
    "hash",
];

fn columns(entry: &ExportedEntry) -> [Option<String>; 16] {
    let ExportedEntry { words, seq, previous, hash } = entry;
    let hex = |bytes: &Vec<u8>| data_encoding::HEXLOWER.encode(bytes);
    [
        Some(words.at.to_string()),
        Some(words.id.to_string()),
        words.person.map(|id| id.to_string()),
        Some(words.application.to_string()),
        seq.map(|seq| seq.to_string()),
        Some(words.action.clone()),
        Some(words.success.to_string()),
        words.method.clone(),
        words.ip.clone(),
        words.user_agent.clone(),
        words.device.map(|id| id.to_string()),
        words.actor.clone(),
        words.request_id.clone(),
        Some(words.detail.clone()),
        previous.as_ref().map(hex),
        hash.as_ref().map(hex),
    ]
}

fn json_line(entry: &ExportedEntry) -> String {
    let mut object: serde_json::Map<String, serde_json::Value> =
        COLUMNS.iter().zip(columns(entry)).map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    object.insert("seq".to_owned(), json!(entry.seq));
    object.insert("success".to_owned(), json!(entry.words.success));
    format!("{}\n", serde_json::Value::Object(object))
}

/// A record of RFC 4180. What a spreadsheet would take for a formula gets an apostrophe before it: clients choose their
/// own user agent.
fn csv_line(cells: &[String; 16]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| csv_cell(cell)).collect();
    format!("{}\r\n", cells.join(","))
}

fn csv_cell(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    if text.contains(['"', ',', '\r', '\n']) {
        format!("\"{guard}{}\"", text.replace('"', "\"\""))
    } else {
        format!("{guard}{text}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_never_formulas() {
        for (text, cell) in [
            ("", ""),
            ("plain text", "plain text"),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("two\r\nlines", "\"two\r\nlines\""),
            ("=cmd|'/C calc'!A0", "'=cmd|'/C calc'!A0"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@x", "'@x"),
            ("\tx", "'\tx"),
            ("\rx", "\"'\rx\""),
            ("=HYPERLINK(\"x\",1)", "\"'=HYPERLINK(\"\"x\"\",1)\""),
            ("a=b", "a=b"),
        ] {
            assert_eq!(csv_cell(text), cell, "{text:?}");
        }
    }
}
