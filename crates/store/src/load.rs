//! Loading: what a command reads, as one batch. The first statement only locks; everything else is read by later ones, so
//! that it is seen as it is once the lock is held.

use domain::command::Decide;
use domain::policy::Policy;
use domain::secret::KeyRing;
use domain::time::Timestamp;

use crate::{Dialect, Row, Statement, StoreError, Value};

/// A command that knows what it reads.
pub trait Load: Decide<View: Send, Reply: Send> + Send + Sync + 'static {
    /// Names the reads, and how their rows become the view.
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<Self::View>;
}

/// Makes a view of the rows; called again when the unit is run again.
pub type Assemble<View> = Box<dyn Fn(&Answers) -> Result<View, StoreError> + Send>;

/// The reads of one command.
pub struct Reads<'a> {
    /// Which database: only the lock differs.
    pub dialect: Dialect,
    /// The clock, for windows of shared counters only.
    pub clock: Timestamp,
    /// Keys, for blind indexes.
    pub keys: &'a KeyRing,
    /// Settings.
    pub policy: &'a Policy,
    statements: Vec<Statement>,
}

/// One read: its place in the batch, and what its rows mean.
pub struct Handle<T> {
    index: usize,
    map: fn(&[Row]) -> Result<T, StoreError>,
}

/// The rows of a batch.
pub struct Answers(Vec<Vec<Row>>);

impl<'a> Reads<'a> {
    pub(crate) fn new(dialect: Dialect, clock: Timestamp, keys: &'a KeyRing, policy: &'a Policy) -> Self {
        Self { dialect, clock, keys, policy, statements: Vec::new() }
    }

    pub(crate) fn into_statements(self) -> Vec<Statement> {
        self.statements
    }

    /// Locks a row, before anything is read. The one writer of SQLite holds the lock already.
    pub fn lock(&mut self, sql: &'static str, params: Vec<Value>) {
        debug_assert!(self.statements.is_empty(), "the lock comes first");
        if self.dialect == Dialect::Postgres {
            self.statements.push(Statement::new(sql, params));
        }
    }

    /// Adds a read.
    pub fn read<T>(
        &mut self,
        sql: &'static str,
        params: Vec<Value>,
        map: fn(&[Row]) -> Result<T, StoreError>,
    ) -> Handle<T> {
        self.statements.push(Statement::new(sql, params));
        Handle { index: self.statements.len() - 1, map }
    }
}

impl Answers {
    pub(crate) const fn new(rows: Vec<Vec<Row>>) -> Self {
        Self(rows)
    }

    /// What a read found.
    pub fn get<T>(&self, handle: &Handle<T>) -> Result<T, StoreError> {
        (handle.map)(self.0.get(handle.index).map(Vec::as_slice).unwrap_or_default())
    }
}

/// At most one row.
pub(crate) fn optional<T>(rows: &[Row], map: fn(&Row) -> Result<T, StoreError>) -> Result<Option<T>, StoreError> {
    rows.first().map(map).transpose()
}

/// Every row.
pub(crate) fn every<T>(rows: &[Row], map: fn(&Row) -> Result<T, StoreError>) -> Result<Vec<T>, StoreError> {
    rows.iter().map(map).collect()
}

/// The rows of the one statement that was asked.
pub(crate) fn only(answers: Vec<Vec<Row>>) -> Vec<Row> {
    answers.into_iter().next().unwrap_or_default()
}

/// The one number a `count(*)` gives.
pub(crate) fn count(rows: &[Row]) -> Result<usize, StoreError> {
    let count: i64 = rows.first().map_or(Ok(0), |row| row.get(0))?;
    Ok(usize::try_from(count).unwrap_or(0))
}
