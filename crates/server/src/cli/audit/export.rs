//! `twinlock audit export`: the log as a table, as JSON lines, or as a file that can be verified without the database.

use std::fs::{self, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::{Context as _, bail};
use domain::audit::checkpoint::Recorded;
use domain::time::Timestamp;
use serde_json::json;
use store::Db;

use super::super::progress::bar;
use super::{Format, lines};

/// Beyond every entry.
pub(super) const END: Timestamp = Timestamp::from_secs(253_402_300_799);

pub(super) type Span = (Timestamp, Timestamp);

/// A reader that has read enough, such as `head`, is no reason to fail.
pub(super) fn unless_reader_left(error: anyhow::Error) -> anyhow::Result<()> {
    match error.downcast_ref::<io::Error>() {
        Some(cause) if cause.kind() == ErrorKind::BrokenPipe => Ok(()),
        Some(_) | None => Err(error),
    }
}

/// Writes a file of its own. One that could not be written to its end does not stay.
pub(super) async fn export_to(db: &Db, format: Format, span: Span, path: &Path) -> anyhow::Result<()> {
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

pub(super) async fn export(db: &Db, format: Format, (since, until): Span, mut out: impl Write) -> anyhow::Result<()> {
    if format == Format::Proof {
        return proof(db, out).await;
    }
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
                Format::Jsonl | Format::Proof => json_line(entry),
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

fn columns(entry: &Recorded) -> [Option<String>; 16] {
    let Recorded { words, seq, previous, hash } = entry;
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

/// Everything that checkpoints cover, in order of position, each checkpoint behind its entries.
async fn proof(db: &Db, mut out: impl Write) -> anyhow::Result<()> {
    let Some(last) = db.last_checkpoint().await? else {
        bail!("nothing is signed yet: run `twinlock audit checkpoint`")
    };
    let last = last.checkpoint;
    let progress = bar(db.count_covered().await?);
    writeln!(out, "{}", lines::beginning(last.begins))?;
    let mut number = 0;
    while number < last.number {
        let page = db.checkpoints(number).await?;
        anyhow::ensure!(!page.is_empty(), "checkpoints are gone: see `twinlock audit verify`");
        for signed in page.into_iter().filter(|signed| signed.checkpoint.number <= last.number) {
            let stated = &signed.checkpoint;
            number = stated.number;
            let entries = if stated.first < last.begins {
                Vec::new()
            } else {
                db.covered_entries(stated.first, stated.last).await?
            };
            for covered in &entries {
                // What is gone, or cannot be read, is found to be missing by whoever verifies this.
                if let Some(Ok(entry)) = &covered.entry {
                    out.write_all(lines::covered(covered, object(entry)).as_bytes())?;
                }
            }
            progress.inc(entries.len() as u64);
            writeln!(out, "{}", lines::checkpoint(&signed))?;
        }
    }
    out.flush()?;
    progress.finish_and_clear();
    Ok(())
}

fn json_line(entry: &Recorded) -> String {
    format!("{}\n", serde_json::Value::Object(object(entry)))
}

fn object(entry: &Recorded) -> serde_json::Map<String, serde_json::Value> {
    let mut object: serde_json::Map<String, serde_json::Value> =
        COLUMNS.iter().zip(columns(entry)).map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    object.insert("seq".to_owned(), json!(entry.seq));
    object.insert("success".to_owned(), json!(entry.words.success));
    object
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
