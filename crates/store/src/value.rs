//! Values on their way into a statement and rows on their way out, the same for both databases.
//!
//! | here | PostgreSQL | SQLite |
//! |---|---|---|
//! | `Int` | `integer`, `bigint` | `INTEGER` |
//! | `Bool` | `boolean` | `INTEGER` 0 or 1 |
//! | `Text` | `text` | `TEXT` |
//! | `Bytes` | `bytea` | `BLOB` |
//! | `Uuid` | `uuid` | `BLOB` of 16 bytes |
//! | `Time` | `timestamptz` | `INTEGER`, microseconds since 1970 |
//! | `Json` | `jsonb` | `TEXT` |
//!
//! Nothing here panics: what does not fit is [`StoreError::Corrupt`], because a row that reads wrongly must never read as
//! "no second factor".

use std::fmt;
use std::sync::Arc;

use domain::time::Timestamp;
use uuid::Uuid;

use crate::db::Dialect;
use crate::error::StoreError;

/// One parameter or one column.
#[derive(Clone, PartialEq)]
pub enum Value {
    /// SQL `NULL`.
    Null,
    /// A whole number.
    Int(i64),
    /// True or false.
    Bool(bool),
    /// Text without NUL characters, which PostgreSQL cannot hold.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// An id.
    Uuid(Uuid),
    /// A moment, exact to the microsecond.
    Time(Timestamp),
    /// A document, written and read whole.
    Json(serde_json::Value),
}

/// The kind and the length, never the content: parameters end up in logs through `Debug`.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Int(_) => f.write_str("int"),
            Self::Bool(_) => f.write_str("bool"),
            Self::Text(text) => write!(f, "text({})", text.len()),
            Self::Bytes(bytes) => write!(f, "bytes({})", bytes.len()),
            Self::Uuid(_) => f.write_str("uuid"),
            Self::Time(_) => f.write_str("time"),
            Self::Json(_) => f.write_str("json"),
        }
    }
}

impl Value {
    /// Whether text in it contains NUL, which SQLite would store and PostgreSQL refuse.
    pub(crate) fn has_nul(&self) -> bool {
        match self {
            Self::Text(text) => text.contains('\0'),
            Self::Json(json) => json_has_nul(json),
            Self::Null | Self::Int(_) | Self::Bool(_) | Self::Bytes(_) | Self::Uuid(_) | Self::Time(_) => false,
        }
    }
}

fn json_has_nul(json: &serde_json::Value) -> bool {
    match json {
        serde_json::Value::String(text) => text.contains('\0'),
        serde_json::Value::Array(items) => items.iter().any(json_has_nul),
        serde_json::Value::Object(fields) => {
            fields.iter().any(|(name, item)| name.contains('\0') || json_has_nul(item))
        }
        serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_) => false,
    }
}

macro_rules! value_from {
    ($($from:ty => |$it:ident| $value:expr;)*) => {
        $(impl From<$from> for Value {
            fn from($it: $from) -> Self {
                $value
            }
        })*
    };
}

value_from! {
    i64 => |it| Self::Int(it);
    i32 => |it| Self::Int(it.into());
    i16 => |it| Self::Int(it.into());
    u32 => |it| Self::Int(it.into());
    u16 => |it| Self::Int(it.into());
    u8 => |it| Self::Int(it.into());
    bool => |it| Self::Bool(it);
    String => |it| Self::Text(it);
    &String => |it| Self::Text(it.clone());
    &str => |it| Self::Text(it.to_owned());
    Vec<u8> => |it| Self::Bytes(it);
    &Vec<u8> => |it| Self::Bytes(it.clone());
    &[u8] => |it| Self::Bytes(it.to_vec());
    Uuid => |it| Self::Uuid(it);
    Timestamp => |it| Self::Time(it);
    serde_json::Value => |it| Self::Json(it);
}

impl<const N: usize> From<[u8; N]> for Value {
    fn from(bytes: [u8; N]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

impl<const N: usize> From<&[u8; N]> for Value {
    fn from(bytes: &[u8; N]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// What the rows of one statement have in common.
#[derive(Debug)]
pub(crate) struct Header {
    pub(crate) dialect: Dialect,
    pub(crate) table: &'static str,
    pub(crate) columns: Vec<String>,
}

impl Header {
    /// The error for column `index` of these rows.
    pub(crate) fn corrupt(&self, index: usize, reason: impl fmt::Display) -> StoreError {
        StoreError::Corrupt {
            table: self.table.to_owned(),
            column: self.columns.get(index).cloned().unwrap_or_else(|| format!("#{index}")),
            reason: reason.to_string(),
        }
    }
}

/// One row of an answer.
#[derive(Clone, Debug)]
pub struct Row {
    header: Arc<Header>,
    values: Vec<Value>,
}

impl Row {
    pub(crate) fn new(header: Arc<Header>, values: Vec<Value>) -> Self {
        Self { header, values }
    }

    /// The column at `index`, counted from zero; NULL or another type than `T` is [`StoreError::Corrupt`].
    pub fn get<T: FromColumn>(&self, index: usize) -> Result<T, StoreError> {
        let Some(value) = self.values.get(index) else {
            return Err(self.header.corrupt(index, "no such column in the answer"));
        };
        T::from_column(value, self.header.dialect)
            .ok_or_else(|| self.header.corrupt(index, format_args!("expected {}, found {value:?}", T::expected())))
    }

    /// As [`Row::get`], for a column that is not read again: text and bytes are moved instead of copied.
    pub fn take<T: FromColumn>(&mut self, index: usize) -> Result<T, StoreError> {
        let Some(value) = self.values.get_mut(index) else {
            return Err(self.header.corrupt(index, "no such column in the answer"));
        };
        T::from_owned(std::mem::replace(value, Value::Null), self.header.dialect)
            .map_err(|value| self.header.corrupt(index, format_args!("expected {}, found {value:?}", T::expected())))
    }
}

/// A type that a column can be read as.
pub trait FromColumn: Sized {
    /// What a column of this type holds, for the error.
    fn expected() -> &'static str;

    /// The value, or `None` where it is NULL, of another type or out of range.
    fn from_column(value: &Value, dialect: Dialect) -> Option<Self>;

    /// The same of a value that is not needed any more, which comes back where it does not read.
    fn from_owned(value: Value, dialect: Dialect) -> Result<Self, Value> {
        Self::from_column(&value, dialect).ok_or(value)
    }
}

macro_rules! integers {
    ($($integer:ty),*) => {
        $(impl FromColumn for $integer {
            fn expected() -> &'static str {
                stringify!($integer)
            }

            fn from_column(value: &Value, _: Dialect) -> Option<Self> {
                if let Value::Int(number) = value { Self::try_from(*number).ok() } else { None }
            }
        })*
    };
}

integers!(i64, i32, i16, u64, u32, u16, u8);

impl FromColumn for bool {
    fn expected() -> &'static str {
        "bool"
    }

    fn from_column(value: &Value, dialect: Dialect) -> Option<Self> {
        match (value, dialect) {
            (Value::Bool(it), _) => Some(*it),
            (Value::Int(0), Dialect::Sqlite) => Some(false),
            (Value::Int(1), Dialect::Sqlite) => Some(true),
            _ => None,
        }
    }
}

impl FromColumn for String {
    fn expected() -> &'static str {
        "text"
    }

    fn from_column(value: &Value, _: Dialect) -> Option<Self> {
        if let Value::Text(text) = value { Some(text.clone()) } else { None }
    }

    fn from_owned(value: Value, _: Dialect) -> Result<Self, Value> {
        if let Value::Text(text) = value { Ok(text) } else { Err(value) }
    }
}

impl FromColumn for Vec<u8> {
    fn expected() -> &'static str {
        "bytes"
    }

    fn from_column(value: &Value, _: Dialect) -> Option<Self> {
        if let Value::Bytes(bytes) = value { Some(bytes.clone()) } else { None }
    }

    fn from_owned(value: Value, _: Dialect) -> Result<Self, Value> {
        if let Value::Bytes(bytes) = value { Ok(bytes) } else { Err(value) }
    }
}

impl<const N: usize> FromColumn for [u8; N] {
    fn expected() -> &'static str {
        "bytes of fixed length"
    }

    fn from_column(value: &Value, _: Dialect) -> Option<Self> {
        if let Value::Bytes(bytes) = value { bytes.as_slice().try_into().ok() } else { None }
    }
}

impl FromColumn for Uuid {
    fn expected() -> &'static str {
        "uuid"
    }

    fn from_column(value: &Value, dialect: Dialect) -> Option<Self> {
        match (value, dialect) {
            (Value::Uuid(id), _) => Some(*id),
            (Value::Bytes(bytes), Dialect::Sqlite) => Self::from_slice(bytes).ok(),
            _ => None,
        }
    }
}

impl FromColumn for Timestamp {
    fn expected() -> &'static str {
        "time"
    }

    fn from_column(value: &Value, dialect: Dialect) -> Option<Self> {
        match (value, dialect) {
            (Value::Time(moment), _) => Some(*moment),
            (Value::Int(micros), Dialect::Sqlite) => Some(Self::from_micros(*micros)),
            _ => None,
        }
    }
}

impl FromColumn for serde_json::Value {
    fn expected() -> &'static str {
        "json"
    }

    fn from_column(value: &Value, dialect: Dialect) -> Option<Self> {
        match (value, dialect) {
            (Value::Json(json), _) => Some(json.clone()),
            (Value::Text(text), Dialect::Sqlite) => serde_json::from_str(text).ok(),
            _ => None,
        }
    }
}

impl<T: FromColumn> FromColumn for Option<T> {
    fn expected() -> &'static str {
        T::expected()
    }

    fn from_column(value: &Value, dialect: Dialect) -> Option<Self> {
        if matches!(value, Value::Null) { Some(None) } else { T::from_column(value, dialect).map(Some) }
    }

    fn from_owned(value: Value, dialect: Dialect) -> Result<Self, Value> {
        if matches!(value, Value::Null) { Ok(None) } else { T::from_owned(value, dialect).map(Some) }
    }
}
