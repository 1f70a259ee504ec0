//! The statement log of a handle: what a command really sends, as text and parameters, for tools that send the same.

use std::sync::{Arc, Mutex, PoisonError};

use crate::db::Writes;
use crate::statement::{Statement, Texts};
use crate::{Db, Dialect, Value};

/// A statement as the database got it.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Its text in that database's own words, guards included.
    pub sql: String,
    /// Its parameters.
    pub params: Vec<Value>,
    /// Whether it must touch a row. On PostgreSQL its text already says so.
    pub guarded: bool,
}

/// One transaction as the database got it.
#[derive(Clone, Debug, Default)]
pub struct RecordedUnit {
    /// What began it.
    pub opening: String,
    /// Sent with the opening.
    pub reads: Vec<Recorded>,
    /// Sent once the reads were answered.
    pub writes: Vec<Recorded>,
    /// What ended it.
    pub closing: String,
}

/// Listens to one handle and its clones once it is told to.
#[derive(Clone, Default)]
pub(crate) struct Recorder(Arc<Mutex<Option<Vec<RecordedUnit>>>>);

impl Recorder {
    /// Notes the reads at once and the writes when `plan` has named them; a unit that is planned again replaces them.
    pub(crate) fn unit(&self, dialect: Dialect, opening: &str, reads: &[Statement], mut plan: Writes) -> Writes {
        let place = self.note(dialect, opening, reads, "COMMIT");
        let recorder = place.map(|place| (self.clone(), place));
        Box::new(move |rows| {
            let writes = plan(rows)?;
            if let Some((recorder, place)) = &recorder
                && let Some(unit) = recorder.lock().as_mut().and_then(|units| units.get_mut(*place))
            {
                unit.writes = texts(dialect, &writes);
            }
            Ok(writes)
        })
    }

    /// Notes reads that decide nothing.
    pub(crate) fn reads(&self, dialect: Dialect, opening: &str, reads: &[Statement], closing: &str) {
        self.note(dialect, opening, reads, closing);
    }

    fn note(&self, dialect: Dialect, opening: &str, reads: &[Statement], closing: &str) -> Option<usize> {
        let mut listening = self.lock();
        let units = listening.as_mut()?;
        let (opening, closing) = (opening.to_owned(), closing.to_owned());
        units.push(RecordedUnit { opening, reads: texts(dialect, reads), writes: Vec::new(), closing });
        Some(units.len() - 1)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Vec<RecordedUnit>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn texts(dialect: Dialect, statements: &[Statement]) -> Vec<Recorded> {
    let texts = Texts::new(dialect);
    let recorded = |statement: &Statement| Recorded {
        sql: texts.of(statement).sql.clone(),
        params: statement.params().to_vec(),
        guarded: statement.is_guarded(),
    };
    statements.iter().map(recorded).collect()
}

impl Db {
    /// From now on, keeps the statements of everything that runs on this handle and its clones.
    pub fn start_recording(&self) {
        *self.recorder.lock() = Some(Vec::new());
    }

    /// Ends the recording and gives what it kept, in the order of beginning.
    pub fn stop_recording(&self) -> Vec<RecordedUnit> {
        self.recorder.lock().take().unwrap_or_default()
    }
}
