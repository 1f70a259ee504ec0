//! Which keys the database still needs.
//!
//! Every start asks, so an index answers (migration V3), however many people there are: the key ids of a column are few, and
//! each is looked up behind the one before. They are read off the rows themselves, never off a note about them, which could
//! be missing.

use domain::secret::KeyId;

use crate::reseal::SEALED_COLUMNS;
use crate::{Db, Row, Statement, StoreError, Value, params};

/// How many rows need a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyUse {
    /// The key's id, eight hexadecimal digits; empty where it is none.
    pub key: String,
    /// The table.
    pub table: &'static str,
    /// Rows sealed or hashed with it.
    pub rows: u64,
    /// Whether they are sealed, and can be sealed anew. What is hashed needs its key until it is used or replaced.
    pub sealed: bool,
}

/// A column whose values need keys of the ring.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeyedColumn {
    table: &'static str,
    sealed: bool,
    /// Each key id once, those of rows that need no key any more included.
    ids: &'static str,
    /// How many rows need the key `$1`.
    rows: &'static str,
    /// How many rows need which key.
    by_key: &'static str,
}

/// A column by its table and three texts: its key ids and the rows of the index on them, which must be those of the index or
/// it is not used, and the rows that need their key.
macro_rules! keyed {
    ($table:literal, sealed: true, ids: ($($id:tt)+), rows: ($($rows:tt)+)) => {
        // What is empty has no key id: SQLite says NULL, which no comparison finds.
        keyed!($table, true, ($($id)+), ($($rows)+), ($($rows)+), (
            " UNION ALL SELECT id FROM (SELECT ", $($id)+, " AS id FROM ", $table, " WHERE ", $($rows)+, " AND ", $($id)+,
            " IS NULL LIMIT 1) empty"
        ))
    };
    ($table:literal, sealed: false, ids: ($id:literal), indexed: ($indexed:literal), live: ($live:literal)) => {
        keyed!($table, false, ($id), ($indexed), ($live), (""))
    };
    ($table:literal, $sealed:literal, ($($id:tt)+), ($($indexed:tt)+), ($($live:tt)+), ($($empty:tt)+)) => {
        $crate::key_use::KeyedColumn::new(
            ($table, $sealed),
            concat!(
                "WITH RECURSIVE used (id) AS (SELECT (SELECT ", $($id)+, " FROM ", $table, " WHERE ", $($indexed)+, " AND ",
                $($id)+, " IS NOT NULL ORDER BY ", $($id)+, " LIMIT 1) UNION ALL SELECT (SELECT ", $($id)+, " FROM ", $table,
                " WHERE ", $($indexed)+, " AND ", $($id)+, " > used.id ORDER BY ", $($id)+, " LIMIT 1) FROM used \
                 WHERE used.id IS NOT NULL) SELECT id FROM used WHERE id IS NOT NULL", $($empty)+
            ),
            concat!("SELECT count(*) FROM ", $table, " WHERE ", $($live)+, " AND ", $($id)+, " = $1"),
            concat!("SELECT ", $($id)+, ", count(*) FROM ", $table, " WHERE ", $($live)+, " GROUP BY 1"),
        )
    };
}
pub(crate) use keyed;

/// Every column of hashes under a pepper.
const HASHED_COLUMNS: [KeyedColumn; 2] = [
    keyed!(
        "recovery_codes",
        sealed: false,
        ids: ("pepper_id"),
        // Used ones too: with a condition on it, the index would be written whenever a code is used.
        indexed: ("TRUE"),
        live: ("used_at IS NULL")
    ),
    keyed!(
        "two_factor_codes",
        sealed: false,
        ids: ("pepper_id"),
        indexed: ("used_at IS NULL AND ended_at IS NULL"),
        live: ("used_at IS NULL AND ended_at IS NULL")
    ),
];

fn columns() -> impl Iterator<Item = KeyedColumn> {
    SEALED_COLUMNS.into_iter().map(|column| column.keyed).chain(HASHED_COLUMNS)
}

impl KeyedColumn {
    pub(crate) const fn new(
        (table, sealed): (&'static str, bool),
        ids: &'static str,
        rows: &'static str,
        by_key: &'static str,
    ) -> Self {
        Self { table, sealed, ids, rows, by_key }
    }

    /// The key id at the head of a row, as it stands in the database and as a key's.
    fn id(&self, row: &Row) -> Result<(Value, Option<KeyId>), StoreError> {
        Ok(if self.sealed {
            let bytes: Vec<u8> = row.get(0)?;
            let key = KeyId::from_bytes(&bytes);
            (bytes.into(), key)
        } else {
            let text: String = row.get(0)?;
            let key = KeyId::parse(&text);
            (text.into(), key)
        })
    }

    /// Adds to what is known of the key; a table may have two such columns.
    fn add(&self, key: Option<KeyId>, rows: i64, uses: &mut Vec<KeyUse>) {
        let (key, rows) = (key.map(|key| key.to_string()).unwrap_or_default(), rows.unsigned_abs());
        match uses.iter_mut().find(|used| used.key == key && used.table == self.table) {
            Some(same) => same.rows += rows,
            None => uses.push(KeyUse { key, table: self.table, rows, sealed: self.sealed }),
        }
    }
}

impl Db {
    /// Which keys the database still needs, and for how many rows of which table. Every row is counted.
    pub async fn keys_in_use(&self) -> Result<Vec<KeyUse>, StoreError> {
        let answers = self.read(columns().map(|column| Statement::new(column.by_key, params![])).collect()).await?;
        let mut uses = Vec::new();
        for (column, rows) in columns().zip(&answers) {
            for row in rows {
                column.add(column.id(row)?.1, row.get(1)?, &mut uses);
            }
        }
        Ok(uses)
    }

    /// Which keys the database still needs that are not among `ring`. Rows are counted of those only, so where there are
    /// none it is soon said.
    pub async fn keys_beyond(&self, ring: &[KeyId]) -> Result<Vec<KeyUse>, StoreError> {
        let answers = self.read(columns().map(|column| Statement::new(column.ids, params![])).collect()).await?;
        let mut unknown = Vec::new();
        for (column, rows) in columns().zip(&answers) {
            for row in rows {
                let (id, key) = column.id(row)?;
                if !key.is_some_and(|key| ring.contains(&key)) {
                    unknown.push((column, id, key));
                }
            }
        }
        if unknown.is_empty() {
            return Ok(Vec::new());
        }
        let count = |(column, id, _): &(KeyedColumn, Value, _)| Statement::new(column.rows, vec![id.clone()]);
        let answers = self.read(unknown.iter().map(count).collect()).await?;
        let mut uses = Vec::new();
        for ((column, _, key), rows) in unknown.iter().zip(&answers) {
            match crate::load::count(rows)? {
                0 => {}
                rows => column.add(*key, i64::try_from(rows).unwrap_or(i64::MAX), &mut uses),
            }
        }
        Ok(uses)
    }
}
