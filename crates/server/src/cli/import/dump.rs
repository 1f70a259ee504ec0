//! A file of Django's `dumpdata`: a JSON list of `{"model": "app.name", "pk": …, "fields": {…}}`.
//!
//! Read row by row, and only the rows of known models are kept. What a field holds is never repeated: it may be a secret.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;

use serde::de::{Deserializer as _, SeqAccess, Visitor};
use serde_json::{Map, Value};
use uuid::Uuid;

/// What a row is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Model {
    User,
    Settings,
    RecoveryCode,
    TrustedDevice,
    Code,
    AuditLog,
}

impl Model {
    /// By the model's name, in whatever app: of users, any that ends in `user` and has a password.
    fn of(name: &str, fields: &Map<String, Value>) -> Option<Self> {
        let (_, name) = name.rsplit_once('.')?;
        Some(match name.to_ascii_lowercase().as_str() {
            "twofactorsettings" => Self::Settings,
            "recoverycode" => Self::RecoveryCode,
            "trusteddevice" => Self::TrustedDevice,
            "twofactorcode" => Self::Code,
            "twofactorauditlog" => Self::AuditLog,
            name if name.ends_with("user") && fields.contains_key("password") => Self::User,
            _ => return None,
        })
    }

    /// Whether only the number of its rows is told: an audit log may be long.
    pub(super) const fn is_counted(self) -> bool {
        matches!(self, Self::TrustedDevice | Self::Code | Self::AuditLog)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Settings => "TwoFactorSettings",
            Self::RecoveryCode => "RecoveryCode",
            Self::TrustedDevice => "TrustedDevice",
            Self::Code => "TwoFactorCode",
            Self::AuditLog => "TwoFactorAuditLog",
        }
    }
}

/// A row of a known model.
pub(super) struct Row {
    pub(super) model: Model,
    /// Where it stands in the list, from 1.
    pub(super) number: usize,
    pub(super) pk: Value,
    pub(super) fields: Map<String, Value>,
}

/// What a row is referred to by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Reference {
    /// Its primary key.
    Key(String),
    /// A name, in a file of `--natural-foreign`.
    Name(String),
}

impl Reference {
    fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Number(number) => Some(Self::Key(number.to_string())),
            Value::String(text) => Some(Self::Key(text.clone())),
            Value::Array(parts) => match parts.as_slice() {
                [Value::String(name)] => Some(Self::Name(name.clone())),
                _ => None,
            },
            Value::Null | Value::Bool(_) | Value::Object(_) => None,
        }
    }
}

impl Row {
    /// The row's own primary key; none in a file of `--natural-primary`.
    pub(super) fn key(&self) -> Option<Reference> {
        Reference::of(&self.pk)
    }

    /// What a user is called in a file of `--natural-foreign`: the name, or the address where users have no name.
    pub(super) fn name(&self) -> Option<Reference> {
        let name = self.fields.get("username").or_else(|| self.fields.get("email"))?;
        name.as_str().map(|name| Reference::Name(name.to_owned()))
    }

    /// Whose it is: a foreign key, or a plain column of ids.
    pub(super) fn owner(&self) -> Option<Reference> {
        self.fields.get("user").or_else(|| self.fields.get("user_id")).and_then(Reference::of)
    }

    /// A text; nothing where it is empty or null.
    pub(super) fn text(&self, name: &str) -> Result<Option<&str>, String> {
        match self.fields.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.contains('\0') => Err(format!("{name}: is no text")),
            Some(Value::String(text)) => Ok(Some(text.as_str()).filter(|text| !text.is_empty())),
            Some(_) => Err(format!("{name}: is no text")),
        }
    }

    /// True or false; nothing where it is not there.
    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, String> {
        match self.fields.get(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => Err(format!("{name}: is neither true nor false")),
        }
    }
}

/// Where it stands, for the operator. A key is shown only in a form that can hold nothing else.
impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.model.name())?;
        match &self.pk {
            Value::Number(number) => write!(f, "{number}"),
            Value::String(text) if Uuid::parse_str(text).is_ok() => f.write_str(text),
            Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
                write!(f, "(row {})", self.number)
            }
        }
    }
}

/// The users and their settings, how many rows there are of what is of no use here, and the faults of rows that are none.
#[derive(Default)]
pub(super) struct Dump {
    pub(super) rows: Vec<Row>,
    pub(super) unfit: BTreeMap<Model, u64>,
    pub(super) faults: Vec<String>,
}

impl Dump {
    /// Reads a file.
    pub(super) fn read(file: impl Read) -> anyhow::Result<Self> {
        let mut json = serde_json::Deserializer::from_reader(file);
        let mut dump = Self::default();
        json.deserialize_seq(Rows(&mut dump)).and_then(|()| json.end()).map_err(|error| {
            anyhow::anyhow!("line {}: is not the JSON list that `dumpdata` writes; nothing was imported", error.line())
        })?;
        Ok(dump)
    }

    fn take(&mut self, number: usize, row: Value) {
        let Value::Object(mut row) = row else {
            return self.faults.push(format!("row {number}: is no object"));
        };
        let (model, pk, fields) = (row.remove("model"), row.remove("pk"), row.remove("fields"));
        let (Some(Value::String(name)), Some(Value::Object(fields))) = (model, fields) else {
            return self.faults.push(format!("row {number}: has no model, or no fields"));
        };
        if let Some(model) = Model::of(&name, &fields) {
            self.keep(Row { model, number, pk: pk.unwrap_or_default(), fields });
        }
    }

    /// Takes a row of a known model.
    pub(super) fn keep(&mut self, row: Row) {
        match row.model {
            Model::User | Model::Settings => self.rows.push(row),
            Model::RecoveryCode if matches!(row.flag("is_used"), Ok(Some(true))) => {}
            Model::RecoveryCode | Model::TrustedDevice | Model::Code | Model::AuditLog => self.count(row.model, 1),
        }
    }

    /// Takes note of rows that are of no use here.
    pub(super) fn count(&mut self, model: Model, rows: u64) {
        *self.unfit.entry(model).or_default() += rows;
    }
}

struct Rows<'a>(&'a mut Dump);

impl<'de> Visitor<'de> for Rows<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let mut number = 0;
        while let Some(row) = list.next_element()? {
            number += 1;
            self.0.take(number, row);
        }
        Ok(())
    }
}
