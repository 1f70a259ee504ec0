//! Reading the whole audit log quickly, for whoever verifies it: in ranges of ids, which several connections read at the same
//! time, each entry together with its position; and what the entries are compared with, by itself.

use domain::audit::AuditHead;
use domain::audit::checkpoint::Recorded;
use uuid::Uuid;

use crate::audit_checkpoint::readable;
use crate::audit_log::columns;
use crate::load::{count, only};
use crate::{Db, Row, Statement, StoreError, params};

/// Entries in a range, and rows in a page, as long as nobody adds some meanwhile.
const RANGE: i64 = 4_096;

/// An entry, with the position it was given and what is kept of it there.
#[derive(Clone, Debug)]
pub struct Logged {
    /// The entry; `Err` names a column that cannot be read.
    pub entry: Result<Recorded, String>,
    /// Its position.
    pub place: Option<(i64, Vec<u8>)>,
}

impl Db {
    /// The id that ends the range behind an id; `None` where the rest is one range.
    pub async fn end_of_range(&self, after: Uuid) -> Result<Option<Uuid>, StoreError> {
        let read = Statement::new(
            "SELECT id FROM two_factor_audit_log WHERE id > $1 ORDER BY id LIMIT 1 OFFSET $2",
            params![after, RANGE - 1],
        );
        only(self.read(vec![read]).await?).first().map(|row| row.get(0)).transpose()
    }

    /// The entries behind an id, up to another one.
    pub async fn entries_between(&self, after: Uuid, until: Uuid) -> Result<Vec<Logged>, StoreError> {
        // The range is told to both tables, so that PostgreSQL merges two short scans and does not begin at the first row.
        let read = Statement::new(
            concat!(
                "SELECT ",
                columns!(),
                ", p.position, p.hash FROM two_factor_audit_log e LEFT JOIN audit_positions p \
                 ON p.entry_id = e.id AND p.entry_id > $1 AND p.entry_id <= $2 \
                 WHERE e.id > $1 AND e.id <= $2 ORDER BY e.id"
            ),
            params![after, until],
        );
        let logged = |row: &mut Row| {
            let place = match row.get(16)? {
                Some(position) => Some((position, row.take(17)?)),
                None => None,
            };
            Ok(Logged { entry: readable(row)?, place })
        };
        only(self.read(vec![read]).await?).iter_mut().map(logged).collect()
    }

    /// How many entries have ids that no range holds: none that this log wrote.
    pub async fn entries_out_of_range(&self) -> Result<usize, StoreError> {
        let read = Statement::new(
            "SELECT count(*) FROM two_factor_audit_log WHERE id <= $1 OR id > $2",
            params![Uuid::nil(), Uuid::max()],
        );
        count(&only(self.read(vec![read]).await?))
    }

    /// The heads of chains behind a person, in order; a page of them.
    pub async fn chain_heads(&self, after: Uuid) -> Result<Vec<(Uuid, AuditHead)>, StoreError> {
        let read = Statement::new(
            "SELECT person_id, seq, hash FROM audit_heads WHERE person_id > $1 ORDER BY person_id LIMIT $2",
            params![after, RANGE],
        );
        only(self.read(vec![read]).await?).iter().map(end_of_chain).collect()
    }

    /// Where chains go on whose beginnings were deleted, behind a person, in order; a page of them.
    pub async fn chain_starts(&self, after: Uuid) -> Result<Vec<(Uuid, AuditHead)>, StoreError> {
        let read = Statement::new(
            "SELECT person_id, seq, hash FROM audit_starts WHERE person_id > $1 ORDER BY person_id LIMIT $2",
            params![after, RANGE],
        );
        only(self.read(vec![read]).await?).iter().map(end_of_chain).collect()
    }

    /// What is kept at a span of positions, in order.
    pub async fn positions(&self, first: i64, last: i64) -> Result<Vec<(i64, Vec<u8>)>, StoreError> {
        let read = Statement::new(
            "SELECT position, hash FROM audit_positions WHERE position >= $1 AND position <= $2 ORDER BY position",
            params![first, last],
        );
        let position = |row: &mut Row| Ok((row.get(0)?, row.take(1)?));
        only(self.read(vec![read]).await?).iter_mut().map(position).collect()
    }
}

/// A hash that does not read is no entry's.
fn end_of_chain(row: &Row) -> Result<(Uuid, AuditHead), StoreError> {
    Ok((row.get(0)?, AuditHead { seq: row.get(1)?, hash: row.get(2).unwrap_or_default() }))
}
