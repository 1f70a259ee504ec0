//! Values on PostgreSQL's wire.

use std::error::Error;

use bytes::BytesMut;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use super::Prepared;
use crate::db::Dialect;
use crate::error::StoreError;
use crate::statement::{Statement, Texts};
use crate::value::{Row, Value};
use domain::time::Timestamp;

/// Microseconds from 1970 to 2000, where PostgreSQL begins to count.
const POSTGRES_EPOCH: i64 = 946_684_800_000_000;
/// The year 294277, the first moment `timestamptz` cannot hold.
const END_OF_TIME: i64 = 9_223_371_331_200_000_000;
/// 4714-11-24 BC, the first moment it can.
const BEGIN_OF_TIME: i64 = -211_813_488_000_000_000;

/// Whether `statement` fits what the server prepared for it, so that nothing can fail once the pipeline is under way.
pub(super) fn check(statement: &Statement, prepared: &Prepared) -> Result<(), StoreError> {
    statement.check()?;
    let (given, wanted) = (statement.params(), prepared.params());
    if given.len() != wanted.len() {
        return Err(StoreError::Rejected {
            statement: statement.label(),
            reason: format!("{} parameters for {} placeholders", given.len(), wanted.len()),
        });
    }
    match given.iter().zip(wanted).position(|(value, wanted)| !fits(value, wanted)) {
        None => Ok(()),
        Some(index) => Err(StoreError::Corrupt {
            table: statement.table().to_owned(),
            column: format!("${}", index + 1),
            reason: format!("{:?} does not fit {}", given[index], wanted[index].name()),
        }),
    }
}

fn fits(value: &Value, wanted: &Type) -> bool {
    match value {
        Value::Null => true,
        Value::Int(number) => match *wanted {
            Type::INT8 => true,
            Type::INT4 => i32::try_from(*number).is_ok(),
            Type::INT2 => i16::try_from(*number).is_ok(),
            _ => false,
        },
        Value::Bool(_) => *wanted == Type::BOOL,
        Value::Text(_) => [Type::TEXT, Type::VARCHAR, Type::BPCHAR, Type::NAME].contains(wanted),
        Value::Bytes(_) => *wanted == Type::BYTEA,
        Value::Uuid(_) => *wanted == Type::UUID,
        Value::Time(moment) => *wanted == Type::TIMESTAMPTZ && on_wire(*moment).is_some(),
        Value::Json(_) => [Type::JSON, Type::JSONB].contains(wanted),
    }
}

/// Microseconds since 2000, or `None` for what `timestamptz` cannot hold.
fn on_wire(moment: Timestamp) -> Option<i64> {
    let micros = moment.as_micros().checked_sub(POSTGRES_EPOCH)?;
    (BEGIN_OF_TIME..END_OF_TIME).contains(&micros).then_some(micros)
}

impl ToSql for Value {
    fn to_sql(&self, wanted: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(number) => match *wanted {
                Type::INT4 => i32::try_from(*number)?.to_sql(wanted, out),
                Type::INT2 => i16::try_from(*number)?.to_sql(wanted, out),
                _ => number.to_sql(wanted, out),
            },
            Self::Bool(it) => it.to_sql(wanted, out),
            Self::Text(text) => text.to_sql(wanted, out),
            Self::Bytes(bytes) => bytes.to_sql(wanted, out),
            Self::Uuid(id) => id.to_sql(wanted, out),
            Self::Time(moment) => on_wire(*moment).ok_or("time out of range")?.to_sql(wanted, out),
            Self::Json(json) => json.to_sql(wanted, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// A column of a type this program uses.
struct Column(Value);

impl<'a> FromSql<'a> for Column {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(match *ty {
            Type::INT8 => Value::Int(i64::from_sql(ty, raw)?),
            Type::INT4 => Value::Int(i32::from_sql(ty, raw)?.into()),
            Type::INT2 => Value::Int(i16::from_sql(ty, raw)?.into()),
            Type::BOOL => Value::Bool(bool::from_sql(ty, raw)?),
            Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME => Value::Text(String::from_sql(ty, raw)?),
            Type::BYTEA => Value::Bytes(Vec::from_sql(ty, raw)?),
            Type::UUID => Value::Uuid(uuid::Uuid::from_sql(ty, raw)?),
            Type::JSON | Type::JSONB => Value::Json(serde_json::Value::from_sql(ty, raw)?),
            Type::VOID => Value::Null,
            Type::TIMESTAMPTZ => match i64::from_be_bytes(raw.try_into()?) {
                micros if (BEGIN_OF_TIME..END_OF_TIME).contains(&micros) => {
                    Value::Time(Timestamp::from_micros(micros.checked_add(POSTGRES_EPOCH).ok_or("out of range")?))
                }
                _ => return Err("an infinite time".into()),
            },
            _ => return Err(format!("type {} is not read here; cast it", ty.name()).into()),
        }))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(Value::Null))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// The rows of one answer.
pub(super) fn decode(
    texts: &Texts,
    statement: &Statement,
    answer: Vec<tokio_postgres::Row>,
) -> Result<Vec<Row>, StoreError> {
    let Some(first) = answer.first() else { return Ok(Vec::new()) };
    let header = texts.of(statement).header(statement, Dialect::Postgres, || {
        first.columns().iter().map(|column| column.name().to_owned()).collect()
    });
    let decoded = |row: tokio_postgres::Row| {
        let value = |index| match row.try_get::<_, Column>(index) {
            Ok(Column(value)) => Ok(value),
            Err(error) => {
                Err(header.corrupt(index, error.source().map_or_else(|| error.to_string(), ToString::to_string)))
            }
        };
        Ok(Row::new(header.clone(), (0..row.len()).map(value).collect::<Result<_, _>>()?))
    };
    answer.into_iter().map(decoded).collect()
}
