//! `twinlock audit export`: the log as a table, as JSON lines, or as a file that can be verified without the database.

use std::fs::{self, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::{Context as _, bail};
use domain::audit::checkpoint::Recorded;
use domain::time::Timestamp;
use store::Db;

use super::super::progress::bar;
use super::Format;
use crate::audit_proof::{Proof, object};
use crate::audit_table;

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
        out.write_all(audit_table::heading().as_bytes())?;
    }
    let mut after = None;
    loop {
        let page = db.exported_entries(since, until, after).await?;
        let Some(last) = page.last() else { break };
        after = Some((last.words.at, last.words.id));
        progress.inc(page.len() as u64);
        for entry in &page {
            let line = match format {
                Format::Csv => audit_table::entry(entry),
                Format::Jsonl | Format::Proof => json_line(entry),
            };
            out.write_all(line.as_bytes())?;
        }
    }
    out.flush()?;
    progress.finish_and_clear();
    Ok(())
}

/// Everything that is signed.
async fn proof(db: &Db, mut out: impl Write) -> anyhow::Result<()> {
    let Some(mut proof) = Proof::of(db.clone()).await? else {
        bail!("nothing is signed yet: run `twinlock audit checkpoint`")
    };
    let progress = bar(db.count_covered().await?);
    while let Some(piece) = proof.next().await? {
        out.write_all(piece.text.as_bytes())?;
        progress.inc(piece.entries as u64);
    }
    out.flush()?;
    progress.finish_and_clear();
    Ok(())
}

fn json_line(entry: &Recorded) -> String {
    format!("{}\n", serde_json::Value::Object(object(entry)))
}
