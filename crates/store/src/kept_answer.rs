//! Answers kept to be given again.

use domain::application::idempotency::KeptAnswer;
use domain::ids::{ApplicationId, KeptAnswerId};
use domain::secret::{Sealed, TokenHash};
use domain::time::Timestamp;

use crate::load::{Handle, Reads, optional};
use crate::{Db, Plan, Statement, StoreError, params};

/// The answer kept under an idempotency key of an application.
pub(crate) fn by_key(reads: &mut Reads<'_>, application: ApplicationId, key: &TokenHash) -> Handle<Option<KeptAnswer>> {
    reads.read(
        "SELECT id, application_id, key_hash, answer, created_at, given_until, expires_at FROM kept_answers \
         WHERE application_id = $1 AND key_hash = $2",
        params![application.uuid(), &key.0],
        |rows| {
            optional(rows, |row| {
                Ok(KeptAnswer {
                    id: KeptAnswerId::from_uuid(row.get(0)?),
                    application: ApplicationId::from_uuid(row.get(1)?),
                    key: TokenHash(row.get(2)?),
                    answer: row.get::<Option<_>>(3)?.map(Sealed::from_bytes),
                    created_at: row.get(4)?,
                    given_until: row.get(5)?,
                    expires_at: row.get(6)?,
                })
            })
        },
    )
}

/// Keeps an answer; guarded by no other being remembered under its key. One that is over, or that a wrong clock kept in the
/// future, makes room.
pub(crate) fn keep(kept: &KeptAnswer) -> Statement {
    Statement::guarded(
        "INSERT INTO kept_answers (id, application_id, key_hash, answer, created_at, given_until, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (application_id, key_hash) DO UPDATE SET id = excluded.id, \
         answer = excluded.answer, created_at = excluded.created_at, given_until = excluded.given_until, \
         expires_at = excluded.expires_at WHERE kept_answers.expires_at <= $5 OR kept_answers.created_at > $5",
        params![
            kept.id.uuid(),
            kept.application.uuid(),
            &kept.key.0,
            kept.answer.as_ref().map(Sealed::as_bytes),
            kept.created_at,
            kept.given_until,
            kept.expires_at,
        ],
    )
}

impl Db {
    /// Blanks the answers that are given no more: what is readable with our key gets no grace. That they were given is
    /// remembered for the rest of the day.
    pub async fn blank_kept_answers(&self, now: Timestamp) -> Result<(), StoreError> {
        let over = Statement::new(
            "SELECT id FROM kept_answers WHERE given_until <= $1 AND answer IS NOT NULL LIMIT 1",
            params![now],
        );
        if self.read(vec![over]).await?.first().is_none_or(Vec::is_empty) {
            return Ok(());
        }
        let blank = Statement::new(
            "UPDATE kept_answers SET answer = NULL WHERE given_until <= $1 AND answer IS NOT NULL",
            params![now],
        );
        self.transact(vec![], move |_| Ok(Plan { writes: vec![blank.clone()], reply: () })).await
    }
}
