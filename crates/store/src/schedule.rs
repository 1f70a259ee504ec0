//! Which job ran when, and who holds it: of several nodes one runs it.

use domain::schedule::Job;
use domain::time::{Duration, Timestamp};

use crate::load::{every, only};
use crate::{Db, Plan, Statement, StoreError, params};

/// What is written down of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobRecord {
    /// Its name.
    pub name: String,
    /// When it began last.
    pub started_at: Option<Timestamp>,
    /// When it came to its end last.
    pub finished_at: Option<Timestamp>,
    /// How often it began.
    pub runs: u32,
    /// Why it did not come to a good end last.
    pub failure: Option<String>,
}

impl Db {
    /// Begins a job, unless somebody else is at it or `is_due` says no to when it began last. Whether it was begun.
    pub async fn begin_job(
        &self,
        job: Job,
        now: Timestamp,
        lease: Duration,
        is_due: impl Fn(Option<Timestamp>) -> bool + Send + 'static,
    ) -> Result<bool, StoreError> {
        let there = Statement::new(
            "INSERT INTO jobs (name, runs) VALUES ($1, 0) ON CONFLICT (name) DO NOTHING",
            params![job.as_str()],
        );
        let held = Statement::new(
            "SELECT started_at, lease_until FROM jobs WHERE name = $1 FOR UPDATE",
            params![job.as_str()],
        );
        self.transact(vec![there, held], move |answers| {
            let row = answers.get(1).and_then(|rows| rows.first());
            let (last, lease_until) = match row {
                Some(row) => (row.get::<Option<Timestamp>>(0)?, row.get::<Option<Timestamp>>(1)?),
                None => (None, None),
            };
            // A lease that ends later than one that is taken now was taken by a wrong clock.
            let held = lease_until.is_some_and(|until| until > now && until <= now + lease);
            if held || !is_due(last) {
                return Ok(Plan { writes: vec![], reply: false });
            }
            let begin = Statement::guarded(
                "UPDATE jobs SET started_at = $2, lease_until = $3, finished_at = NULL, failure = NULL, runs = runs + 1 \
                 WHERE name = $1",
                params![job.as_str(), now, now + lease],
            );
            Ok(Plan { writes: vec![begin], reply: true })
        })
        .await
    }

    /// Ends a job that was begun at `started`, unless somebody else has begun it anew since.
    pub async fn finish_job(
        &self,
        job: Job,
        started: Timestamp,
        now: Timestamp,
        failure: Option<String>,
    ) -> Result<(), StoreError> {
        let finish = Statement::new(
            "UPDATE jobs SET finished_at = $3, lease_until = NULL, failure = $4 WHERE name = $1 AND started_at = $2",
            params![job.as_str(), started, now, failure],
        );
        self.transact(vec![], move |_| Ok(Plan { writes: vec![finish.clone()], reply: () })).await
    }

    /// What is written down of the jobs that ever began.
    pub async fn jobs(&self) -> Result<Vec<JobRecord>, StoreError> {
        let read =
            Statement::new("SELECT name, started_at, finished_at, runs, failure FROM jobs ORDER BY name", params![]);
        every(&only(self.read(vec![read]).await?), |row| {
            Ok(JobRecord {
                name: row.get(0)?,
                started_at: row.get(1)?,
                finished_at: row.get(2)?,
                runs: row.get(3)?,
                failure: row.get(4)?,
            })
        })
    }
}
