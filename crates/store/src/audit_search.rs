//! The audit log as auditors search it: newest first, by time, action, outcome, kind and application.
//!
//! Time is served by an index. What else is looked for is looked for among so many entries at a time, and the search goes on
//! from there: so it never holds the database for long, whatever it looks for, and no index has to be kept up at every sign-in.

use domain::audit::checkpoint::Recorded;
use domain::time::Timestamp;
use uuid::Uuid;

use crate::audit_log::{columns, recorded};
use crate::load::only;
use crate::{Db, Statement, StoreError, params};

/// Entries that are looked through at a time.
const LOOKED_THROUGH: u32 = 5_000;

/// What is looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Of this moment and later.
    pub since: Option<Timestamp>,
    /// Before this moment.
    pub until: Option<Timestamp>,
    /// With this action.
    pub action: Option<String>,
    /// With this outcome.
    pub success: Option<bool>,
    /// With this kind of factor.
    pub method: Option<String>,
    /// Of this application.
    pub application: Option<Uuid>,
}

impl AuditFilter {
    /// Whether more than time is looked for.
    const fn is_picky(&self) -> bool {
        self.action.is_some() || self.success.is_some() || self.method.is_some() || self.application.is_some()
    }
}

/// Before which entry a search goes on: its time and id.
pub type AuditPlace = (Timestamp, Uuid);

/// Entries that were found, newest first.
#[derive(Clone, Debug)]
pub struct AuditPage {
    /// What was found.
    pub entries: Vec<Recorded>,
    /// Where the search goes on, where it is not at its end.
    pub next: Option<AuditPlace>,
}

/// Entries before a place, the newest first.
macro_rules! newest_before {
    () => {
        "FROM two_factor_audit_log WHERE created_at >= $1 AND created_at <= $2 AND (created_at < $2 OR id < $3) \
         ORDER BY created_at DESC, id DESC"
    };
}

impl Db {
    /// Entries that are looked for, before a place, `limit` of them at most.
    pub async fn search_audit(
        &self,
        filter: &AuditFilter,
        before: Option<AuditPlace>,
        limit: u32,
    ) -> Result<AuditPage, StoreError> {
        let end = filter.until.unwrap_or(Timestamp::LAST);
        let (until, id) = before.filter(|(at, _)| *at < end).unwrap_or((end, Uuid::nil()));
        let since = filter.since.unwrap_or(Timestamp::EPOCH);
        let through = if filter.is_picky() { LOOKED_THROUGH } else { limit + 1 };
        let words = |text: &Option<String>| text.clone().unwrap_or_default();
        let found = Statement::new(
            concat!(
                "SELECT ",
                columns!(),
                " FROM (SELECT * ",
                newest_before!(),
                " LIMIT $4) e WHERE (e.action = $6 OR $6 = '') AND (e.success = $7 OR e.success = $8) AND (e.method = $9 OR $9 = '') \
                 AND (e.application_id = $10 OR $11) ORDER BY e.created_at DESC, e.id DESC LIMIT $5"
            ),
            params![
                since,
                until,
                id,
                through,
                limit + 1,
                words(&filter.action),
                filter.success.unwrap_or(true),
                filter.success.unwrap_or(false),
                words(&filter.method),
                filter.application.unwrap_or(Uuid::nil()),
                filter.application.is_none()
            ],
        );
        let last = Statement::new(
            concat!("SELECT created_at, id ", newest_before!(), " LIMIT 1 OFFSET $4"),
            params![since, until, id, through - 1],
        );
        let mut answers = self.read(vec![found, last]).await?;
        let looked_to = answers.pop().unwrap_or_default();
        let looked_to = looked_to.first().map(|row| Ok::<_, StoreError>((row.get(0)?, row.get(1)?))).transpose()?;
        let mut entries = only(answers).iter_mut().map(recorded).collect::<Result<Vec<_>, _>>()?;
        let most = limit as usize;
        let next = if entries.len() > most {
            entries.truncate(most);
            entries.last().map(|entry| (entry.words.at, entry.words.id))
        } else {
            looked_to
        };
        Ok(AuditPage { entries, next })
    }

    /// When the first and the last entry was written.
    pub async fn audit_span(&self) -> Result<Option<(Timestamp, Timestamp)>, StoreError> {
        let end = |text| Statement::new(text, params![]);
        let answers = self
            .read(vec![
                end("SELECT created_at FROM two_factor_audit_log ORDER BY created_at LIMIT 1"),
                end("SELECT created_at FROM two_factor_audit_log ORDER BY created_at DESC LIMIT 1"),
            ])
            .await?;
        let moment = |at: usize| answers.get(at).and_then(|rows| rows.first()).map(|row| row.get(0)).transpose();
        Ok(moment(0)?.zip(moment(1)?))
    }
}
