//! Read connections: each `query_only`, each answer one snapshot.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::session::{Session, failure};
use super::{BEGIN_READ, END_READ, open_patiently};
use crate::error::StoreError;
use crate::statement::{Statement, Texts};
use crate::value::Row;

/// A few read connections, opened when first needed.
pub(super) struct Readers {
    path: PathBuf,
    texts: Arc<Texts>,
    idle: Arc<Mutex<Vec<Connection>>>,
    permits: Arc<Semaphore>,
    size: u32,
    acquire_timeout: Duration,
}

impl Readers {
    pub(super) fn new(path: PathBuf, texts: Arc<Texts>, size: usize, acquire_timeout: Duration) -> Self {
        let size = u32::try_from(size.clamp(1, 64)).unwrap_or(1);
        let permits = Arc::new(Semaphore::new(size as usize));
        Self { path, texts, idle: Arc::default(), permits, size, acquire_timeout }
    }

    pub(super) async fn read(&self, reads: Vec<Statement>) -> Result<Vec<Vec<Row>>, StoreError> {
        let permit = timeout(self.acquire_timeout, Arc::clone(&self.permits).acquire_owned())
            .await
            .map_err(|_| StoreError::unavailable("no read connection became free in time"))?
            .map_err(|_| StoreError::unavailable("the database is closed"))?;
        let (idle, texts, path) = (Arc::clone(&self.idle), Arc::clone(&self.texts), self.path.clone());
        let patience = self.acquire_timeout;
        // The permit travels with the connection: a caller who goes away does not free its place early.
        let answer = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let known = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let connection = match known {
                Some(connection) => connection,
                None => open_reader(&path, patience)?,
            };
            let answer = snapshot(&connection, &texts, &reads);
            if connection.is_autocommit() {
                idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            }
            answer
        });
        answer.await.unwrap_or(Err(StoreError::Panicked))
    }

    /// Waits for the reads under way and closes the connections.
    pub(super) async fn close(&self) {
        let _all = self.permits.acquire_many(self.size).await;
        self.permits.close();
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

fn snapshot(connection: &Connection, texts: &Texts, reads: &[Statement]) -> Result<Vec<Vec<Row>>, StoreError> {
    let session = Session { connection, texts };
    session.control(BEGIN_READ).map_err(|error| failure(&error, BEGIN_READ))?;
    let answer = session.read_all(reads);
    let ended = session.control(END_READ).map_err(|error| failure(&error, END_READ));
    answer.and_then(|rows| ended.map(|()| rows))
}

fn open_reader(path: &Path, patience: Duration) -> Result<Connection, StoreError> {
    let connection = open_patiently(path, patience)?;
    let set_up = || {
        connection.busy_timeout(patience)?;
        // Pages are shared through the memory map; the private cache can stay small.
        connection.execute_batch("PRAGMA cache_size = -8000; PRAGMA query_only = ON;")
    };
    set_up().map_err(|error| failure(&error, "open"))?;
    Ok(connection)
}
