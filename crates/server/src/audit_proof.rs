//! The audit log as it proves itself: all that is signed, in order of position, each checkpoint behind its entries. For the
//! command line and the pages; `twinlock audit verify --from` reads it where there is no database.

pub(crate) mod lines;

use std::collections::VecDeque;

use domain::audit::checkpoint::{Checkpoint, Recorded, SignedCheckpoint};
use serde_json::{Map, Value, json};
use store::{Db, StoreError};

use crate::audit_table;

/// A log on its way out. What is signed after it was begun is not in it.
pub(crate) struct Proof {
    db: Db,
    last: Checkpoint,
    /// The number of the checkpoint that was written last; nothing before the first line.
    written: Option<i64>,
    /// Checkpoints that come next.
    ready: VecDeque<SignedCheckpoint>,
}

/// Some lines of it.
pub(crate) struct Piece {
    /// The lines, each with its end.
    pub(crate) text: String,
    /// How many entries are among them.
    pub(crate) entries: usize,
}

impl Proof {
    /// Of all that is signed; nothing where nothing is.
    pub(crate) async fn of(db: Db) -> Result<Option<Self>, StoreError> {
        let last = db.last_checkpoint().await?;
        Ok(last.map(|last| Self { db, last: last.checkpoint, written: None, ready: VecDeque::new() }))
    }

    /// What comes next: the first line, then one checkpoint at a time.
    pub(crate) async fn next(&mut self) -> Result<Option<Piece>, StoreError> {
        let Some(written) = self.written else {
            self.written = Some(0);
            return Ok(Some(Piece { text: format!("{}\n", lines::beginning(self.last.begins)), entries: 0 }));
        };
        if written >= self.last.number {
            return Ok(None);
        }
        if self.ready.is_empty() {
            self.ready = self.db.checkpoints(written).await?.into();
        }
        let Some(signed) = self.ready.pop_front() else {
            // What is short of its end would look like a whole log.
            return Err(StoreError::Corrupt {
                table: "audit_checkpoints".to_owned(),
                column: "number".to_owned(),
                reason: "checkpoints are gone: see `twinlock audit verify`".to_owned(),
            });
        };
        let stated = &signed.checkpoint;
        self.written = Some(stated.number);
        let entries = if stated.first < self.last.begins {
            Vec::new()
        } else {
            self.db.covered_entries(stated.first, stated.last).await?
        };
        // What is gone, or cannot be read, is found to be missing by whoever verifies this.
        let readable = entries.iter().filter_map(|covered| Some((covered, covered.entry.as_ref()?.as_ref().ok()?)));
        let mut text: String = readable.map(|(covered, entry)| lines::covered(covered, object(entry))).collect();
        text.push_str(&lines::checkpoint(&signed));
        text.push('\n');
        Ok(Some(Piece { text, entries: entries.len() }))
    }
}

/// An entry under the names of its columns.
pub(crate) fn object(entry: &Recorded) -> Map<String, Value> {
    let columns = audit_table::COLUMNS.iter().zip(audit_table::columns(entry));
    let mut object: Map<String, Value> = columns.map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    object.insert("seq".to_owned(), json!(entry.seq));
    object.insert("success".to_owned(), json!(entry.words.success));
    object
}
