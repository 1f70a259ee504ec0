//! Re-sealing: every sealed value under the active key, a few rows at a time, beside a server at work.
//!
//! What is done is read off the rows themselves: whoever is killed half-way begins again and finds what is left. A row
//! that was changed since it was read is left as it is, for its writer sealed it anew or blanked it.

use domain::secret::{Broken, KeyId, KeyRing, Place, Sealed};
use rand::CryptoRng;
use uuid::Uuid;

use crate::{Db, Plan, Statement, StoreError, params};

/// A column of sealed values.
#[derive(Clone, Copy, Debug)]
pub struct SealedColumn {
    /// Its table.
    pub table: &'static str,
    /// Its name.
    pub column: &'static str,
    pub(crate) by_key: &'static str,
    page: &'static str,
    write: &'static str,
}

/// A column whose values are sealed into the row `id` of the owner `$owner`.
macro_rules! sealed {
    ($table:literal, $column:literal, $owner:literal) => {
        SealedColumn {
            table: $table,
            column: $column,
            by_key: concat!(
                "SELECT substr(",
                $column,
                ", 2, 4), count(*) FROM ",
                $table,
                " WHERE ",
                $column,
                " IS NOT NULL GROUP BY 1"
            ),
            page: concat!(
                "SELECT id, ",
                $owner,
                ", ",
                $column,
                " FROM ",
                $table,
                " WHERE ",
                $column,
                " IS NOT NULL AND substr(",
                $column,
                ", 2, 4) <> $1 AND id > $2 ORDER BY id LIMIT $3"
            ),
            write: concat!("UPDATE ", $table, " SET ", $column, " = $2 WHERE id = $1 AND ", $column, " = $3"),
        }
    };
}

/// Every column that holds sealed values. What is missing here keeps its old key for good.
pub const SEALED_COLUMNS: [SealedColumn; 3] = [
    sealed!("factors", "secret", "user_id"),
    sealed!("enrollments", "secret", "user_id"),
    sealed!("outbox", "payload", "NULL"),
];

/// A value under another key than the active one.
#[derive(Debug)]
pub struct OldSeal {
    /// Its row.
    pub row: Uuid,
    owner: Uuid,
    sealed: Sealed,
}

impl Db {
    /// Values of a column that are not under the key `active`, behind the row `after`.
    pub async fn old_seals(
        &self,
        column: SealedColumn,
        active: KeyId,
        after: Uuid,
        limit: u32,
    ) -> Result<Vec<OldSeal>, StoreError> {
        let page = Statement::new(column.page, params![active.as_bytes(), after, limit]);
        let answers = self.read(vec![page]).await?;
        let rows = answers.first().map(Vec::as_slice).unwrap_or_default();
        rows.iter()
            .map(|row| {
                Ok(OldSeal {
                    row: row.get(0)?,
                    owner: row.get::<Option<Uuid>>(1)?.unwrap_or(Uuid::nil()),
                    sealed: Sealed::from_bytes(row.get(2)?),
                })
            })
            .collect()
    }

    /// Seals values anew in one short transaction. Those that do not open are given back untouched.
    pub async fn reseal(
        &self,
        column: SealedColumn,
        values: &[OldSeal],
        keys: &KeyRing,
        rng: &mut (dyn CryptoRng + Send),
    ) -> Result<Vec<(Uuid, Broken)>, StoreError> {
        let mut broken = Vec::new();
        let mut writes = Vec::new();
        for value in values {
            let place = Place { table: column.table, column: column.column, row: value.row, owner: value.owner };
            match keys.open(&place, &value.sealed) {
                Ok(plain) => {
                    let anew = keys.seal(&place, &plain, rng);
                    writes.push(Statement::new(
                        column.write,
                        params![value.row, anew.as_bytes(), value.sealed.as_bytes()],
                    ));
                }
                Err(why) => broken.push((value.row, why)),
            }
        }
        if !writes.is_empty() {
            self.transact(vec![], move |_| Ok(Plan { writes: writes.clone(), reply: () })).await?;
        }
        Ok(broken)
    }
}
