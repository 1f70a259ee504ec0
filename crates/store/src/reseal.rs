//! Re-sealing: every sealed value under the active key, a few rows at a time, beside a server at work.
//!
//! What is done is read off the rows themselves: whoever is killed half-way begins again and finds what is left. A row
//! that was changed since it was read is left as it is, for its writer sealed it anew or blanked it.

use domain::destination::SealedDestination;
use domain::factor::Method;
use domain::secret::{Broken, KeyId, KeyRing, Place, Sealed};
use rand::CryptoRng;
use uuid::Uuid;

use crate::factor::method;
use crate::key_use::{KeyedColumn, keyed};
use crate::value::Value;
use crate::{Db, Plan, Statement, StoreError, params};

/// A column of sealed values.
#[derive(Clone, Copy, Debug)]
pub struct SealedColumn {
    /// Its table.
    pub table: &'static str,
    /// Its name.
    pub column: &'static str,
    pub(crate) keyed: KeyedColumn,
    page: &'static str,
    write: &'static str,
}

/// A column whose values are sealed into the row `$id` of the owner `$owner`. `$method` says what kind of destination the
/// value is, where it is one: its blind index is made anew with it.
macro_rules! sealed {
    ($table:literal, $column:literal, $id:literal, $owner:literal, $method:literal, $index:literal) => {
        SealedColumn {
            table: $table,
            column: $column,
            keyed: keyed!(
                $table,
                sealed: true,
                ids: ("substr(", $column, ", 2, 4)"),
                rows: ($column, " IS NOT NULL")
            ),
            page: concat!(
                "SELECT ",
                $id,
                ", ",
                $owner,
                ", ",
                $column,
                ", ",
                $method,
                " FROM ",
                $table,
                " WHERE ",
                $column,
                " IS NOT NULL AND substr(",
                $column,
                ", 2, 4) <> $1 AND ",
                $id,
                " > $2 ORDER BY ",
                $id,
                " LIMIT $3"
            ),
            write: concat!(
                "UPDATE ",
                $table,
                " SET ",
                $column,
                " = $2",
                $index,
                " WHERE ",
                $id,
                " = $1 AND ",
                $column,
                " = $3"
            ),
        }
    };
    ($table:literal, $column:literal, $id:literal, $owner:literal) => {
        sealed!($table, $column, $id, $owner, "NULL", "")
    };
}

/// Every column that holds sealed values, each with an index on its key ids. What is missing here keeps its old key for good.
pub const SEALED_COLUMNS: [SealedColumn; 11] = [
    sealed!("factors", "secret", "id", "user_id"),
    sealed!("factors", "destination", "id", "user_id", "method", ", destination_key = $4"),
    sealed!("enrollments", "secret", "id", "user_id"),
    sealed!("enrollments", "destination", "id", "user_id", "method", ", destination_key = $4"),
    sealed!("kept_recovery_codes", "codes", "user_id", "user_id"),
    sealed!("link_tokens", "payload", "id", "user_id"),
    sealed!("outbox", "payload", "id", "NULL"),
    sealed!("two_factor_settings", "backup_email", "user_id", "user_id"),
    sealed!("users", "phone", "id", "id"),
    sealed!("kept_answers", "answer", "id", "application_id"),
    sealed!("webhooks", "target", "id", "application_id"),
];

/// A value under another key than the active one.
#[derive(Debug)]
pub struct OldSeal {
    /// Its row.
    pub row: Uuid,
    owner: Uuid,
    sealed: Sealed,
    method: Option<Method>,
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
                    method: row.get::<Option<String>>(3)?.map(|word| method(column.table, &word)).transpose()?,
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
            match anew(value, &place, keys, rng) {
                Ok((sealed, index)) => {
                    let mut params = params![value.row, sealed.as_bytes(), value.sealed.as_bytes()];
                    params.extend(index.map(Value::from));
                    writes.push(Statement::new(column.write, params));
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

/// The value under the active key, with the blind index of a destination.
fn anew(
    value: &OldSeal,
    place: &Place,
    keys: &KeyRing,
    rng: &mut (dyn CryptoRng + Send),
) -> Result<(Sealed, Option<[u8; 32]>), Broken> {
    let Some(method) = value.method else {
        return Ok((keys.seal(place, &keys.open(place, &value.sealed)?, rng), None));
    };
    let destination = SealedDestination { sealed: value.sealed.clone(), key: [0; 32] }.open(method, place, keys)?;
    let sealed = destination.seal(place, keys, rng);
    Ok((sealed.sealed, Some(sealed.key)))
}
