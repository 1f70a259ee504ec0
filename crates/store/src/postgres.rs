//! PostgreSQL: pipelined units over a pool of connections.
//!
//! A unit is two round trips: BEGIN and all reads are sent before the first answer is awaited, and so are all writes and
//! COMMIT. That has a price, and these are the rules that pay it:
//! - A statement that fails does not stop the ones behind it, COMMIT included. The server answers those with "transaction
//!   is aborted" and turns COMMIT into ROLLBACK; a unit counts as committed only when *every* answer is good.
//! - Nothing may fail on the way out, between statements that were sent: parameters are checked against the prepared
//!   statement beforehand.
//! - A connection goes back to the pool only when the server has answered the end of its transaction. One that is dropped
//!   anywhere before (cancelled caller, panic, timeout) is closed instead.

mod failure;
mod foreign;
mod pool;
mod wire;

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::task::Poll;

use futures_util::future::try_join_all;
use tokio::time::{Duration, sleep, timeout};
use tokio_postgres::types::ToSql;

use self::failure::Failure;
pub use self::foreign::{ForeignDatabase, ForeignTable};
use self::pool::Checkout;
pub(crate) use self::pool::Postgres;
use crate::db::Writes;
use crate::error::StoreError;
use crate::statement::Statement;
use crate::value::Row;

/// What those get that a unit gave way to: asked again at once, it may take a row from them before they wake.
const HEAD_START: Duration = Duration::from_millis(20);

type PgError = tokio_postgres::Error;
type Prepared = tokio_postgres::Statement;

/// Begins a snapshot.
pub(crate) const BEGIN_READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

impl Postgres {
    /// Whether something was written.
    pub(crate) async fn transact(&self, reads: Vec<Statement>, mut plan: Writes) -> Result<bool, StoreError> {
        let first = self.within_time(self.attempt(&reads, &mut plan)).await;
        self.once_more(first, || self.attempt(&reads, &mut plan)).await
    }

    /// One snapshot, one round trip.
    pub(crate) async fn read(&self, reads: &[Statement]) -> Result<Vec<Vec<Row>>, StoreError> {
        let first = self.within_time(self.snapshot(reads)).await;
        self.once_more(first, || self.snapshot(reads)).await
    }

    /// Whether a connection is to be had and answers.
    pub(crate) async fn ping(&self) -> Result<(), StoreError> {
        self.read(&[Statement::new("SELECT 1", [])]).await.map(drop)
    }

    #[cfg(feature = "testing")]
    pub(crate) async fn execute_batch(&self, sql: &str) -> Result<(), StoreError> {
        let connection = self.for_unit().await.map_err(Failure::into_error)?;
        connection.batch_execute(sql).await.map_err(|error| Failure::of(&error, "script").into_error())?;
        connection.release();
        Ok(())
    }

    async fn within_time<T>(&self, attempt: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        timeout(self.unit_timeout(), attempt).await.unwrap_or_else(|_| Err(Failure::silent()))
    }

    async fn once_more<T, F>(&self, first: Result<T, Failure>, again: impl FnOnce() -> F) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let failed = match first {
            Ok(done) => return Ok(done),
            Err(failed) => failed,
        };
        if failed.is_lost() {
            // The server went away; the other idle connections did not survive it either.
            self.forget_idle();
        }
        if !failed.may_retry() {
            return Err(failed.into_error());
        }
        tracing::debug!(reason = %failed, "running a unit again");
        if failed.gave_way() {
            sleep(HEAD_START).await;
        }
        self.within_time(again()).await.map_err(Failure::into_error)
    }

    async fn attempt(&self, reads: &[Statement], plan: &mut Writes) -> Result<bool, Failure> {
        let connection = self.for_unit().await?;
        let prepared = self.prepare(&connection, reads).await?;
        let rows = match self.pipeline(&connection, self.begin(), reads, &prepared, None).await {
            Ok(rows) => rows,
            Err(failed) => return Err(roll_back(connection, failed).await),
        };
        let wrote = reads.iter().zip(&rows).any(|(read, rows)| !read.is_select() && !rows.is_empty());
        let planned = catch_unwind(AssertUnwindSafe(|| plan(rows)))
            .map_err(|_| Failure::final_(StoreError::Panicked))?
            .map_err(Failure::final_);
        let writes = match planned {
            Ok(writes) => writes,
            Err(failed) => return Err(roll_back(connection, failed).await),
        };
        let prepared = match self.prepare(&connection, &writes).await {
            Ok(prepared) => prepared,
            Err(failed) => return Err(roll_back(connection, failed).await),
        };
        self.commit(connection, &writes, &prepared).await?;
        Ok(wrote || !writes.is_empty())
    }

    async fn snapshot(&self, reads: &[Statement]) -> Result<Vec<Vec<Row>>, Failure> {
        let connection = self.for_reads().await?;
        let prepared = self.prepare(&connection, reads).await?;
        match self.pipeline(&connection, BEGIN_READ, reads, &prepared, Some("COMMIT")).await {
            Ok(rows) => {
                connection.release();
                Ok(rows)
            }
            Err(failed) => Err(roll_back(connection, failed).await),
        }
    }

    /// The prepared statements, from the connection's cache after its first few units, their parameters checked.
    async fn prepare(&self, connection: &Checkout, statements: &[Statement]) -> Result<Vec<Prepared>, Failure> {
        let prepared = try_join_all(statements.iter().map(|statement| async {
            let text = self.texts().of(statement);
            let prepared = connection.prepare_cached(&text.sql).await;
            prepared.map_err(|error| Failure::of_statement(&error, statement))
        }))
        .await?;
        for (statement, prepared) in statements.iter().zip(&prepared) {
            wire::check(statement, prepared).map_err(Failure::final_)?;
        }
        Ok(prepared)
    }

    /// Sends `opening`, the reads and perhaps `closing` in one go, then takes the answers.
    async fn pipeline(
        &self,
        connection: &Checkout,
        opening: &str,
        reads: &[Statement],
        prepared: &[Prepared],
        closing: Option<&str>,
    ) -> Result<Vec<Vec<Row>>, Failure> {
        let params: Vec<_> = reads.iter().map(parameters).collect();
        let begun = InFlight::send(connection.batch_execute(opening)).await;
        let mut asked = Vec::with_capacity(reads.len());
        for (prepared, params) in prepared.iter().zip(&params) {
            asked.push(InFlight::send(connection.query(prepared, params)).await);
        }
        let ended = match closing {
            Some(closing) => Some(InFlight::send(connection.batch_execute(closing)).await),
            None => None,
        };
        let mut failed = Failure::first(None, begun.answer().await.map_err(|error| Failure::of(&error, "BEGIN")));
        let mut answers = Vec::with_capacity(reads.len());
        for (statement, asked) in reads.iter().zip(asked) {
            match asked.answer().await {
                Ok(rows) => answers.push(rows),
                Err(error) => failed = Failure::first(failed, Err(Failure::of_statement(&error, statement))),
            }
        }
        if let Some(ended) = ended {
            failed = Failure::first(failed, ended.answer().await.map_err(|error| Failure::of(&error, "COMMIT")));
        }
        if let Some(failed) = failed {
            return Err(failed);
        }
        let decode = |(statement, rows)| wire::decode(self.texts(), statement, rows).map_err(Failure::final_);
        reads.iter().zip(answers).map(decode).collect()
    }

    /// Sends the writes and COMMIT in one go; `Ok` only if every one of them was answered well.
    async fn commit(&self, connection: Checkout, writes: &[Statement], prepared: &[Prepared]) -> Result<(), Failure> {
        let params: Vec<_> = writes.iter().map(parameters).collect();
        let mut asked = Vec::with_capacity(writes.len());
        for ((statement, prepared), params) in writes.iter().zip(prepared).zip(&params) {
            let sent = InFlight::send(connection.execute(prepared, params)).await;
            if let InFlight::Answered(Err(error)) = sent {
                // It never left, or was refused at once. A COMMIT sent now would keep the others without it.
                return Err(Failure::of_statement(&error, statement));
            }
            asked.push(sent);
        }
        let committed = InFlight::send(connection.batch_execute("COMMIT")).await;
        let mut failed = None;
        for (statement, asked) in writes.iter().zip(asked) {
            let answer = asked.answer().await.map_err(|error| Failure::of_statement(&error, statement));
            failed = Failure::first(failed, answer.map(drop));
        }
        let ended = committed.answer().await.map_err(|error| Failure::of(&error, "COMMIT"));
        let over = ended.is_ok();
        match Failure::first(failed, ended) {
            None => {
                connection.release();
                Ok(())
            }
            Some(failed) if over => {
                // COMMIT was answered with ROLLBACK: the transaction is over and the connection as good as before.
                connection.release();
                Err(failed)
            }
            Some(failed) => Err(failed.after_commit_was_sent()),
        }
    }
}

/// Ends a transaction that will not be committed; the connection is kept only if the server says that it has ended.
async fn roll_back(connection: Checkout, failed: Failure) -> Failure {
    if !failed.is_lost() && connection.batch_execute("ROLLBACK").await.is_ok() {
        connection.release();
    }
    failed
}

fn parameters(statement: &Statement) -> Vec<&(dyn ToSql + Sync)> {
    statement.params().iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}

/// A request that has been sent and may have been answered.
enum InFlight<'a, T> {
    Answered(Result<T, PgError>),
    Waiting(Pin<Box<dyn Future<Output = Result<T, PgError>> + Send + 'a>>),
}

impl<'a, T> InFlight<'a, T> {
    /// Polls `request` once, which puts it on the connection's queue, in order.
    async fn send(request: impl Future<Output = Result<T, PgError>> + Send + 'a) -> Self {
        let mut request: Pin<Box<dyn Future<Output = Result<T, PgError>> + Send + 'a>> = Box::pin(request);
        let mut once = pin!(poll_fn(|context| Poll::Ready(request.as_mut().poll(context))));
        match once.as_mut().await {
            Poll::Ready(answer) => Self::Answered(answer),
            Poll::Pending => Self::Waiting(request),
        }
    }

    async fn answer(self) -> Result<T, PgError> {
        match self {
            Self::Answered(answer) => answer,
            Self::Waiting(request) => request.await,
        }
    }
}
