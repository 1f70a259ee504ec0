//! Raw twins: the statements of a real command, replayed by nothing but the database's own tools.
//!
//! A template is learned from two recorded runs of the same command for two people. A parameter that is a known property of
//! the person (an id, the partial token) becomes that property of whoever is next; one that was drawn anew becomes
//! something new; all else (times, texts, numbers) stays what it was, for it costs the database the same.

use anyhow::{Result, ensure};
use domain::secret::TokenHash;
use sha2::{Digest, Sha256};
use store::Value;
use store::testing::{Recorded, RecordedUnit};

use crate::population::{Kind, Pads, TOKENS, id};

pub(crate) mod pgbench;
pub(crate) mod sqlite;

const KNOWN: [Kind; 9] = [
    Kind::User,
    Kind::Person,
    Kind::Factor,
    Kind::Challenge,
    Kind::Phone,
    Kind::SecondChallenge,
    Kind::SentCode,
    Kind::TrustedDevice,
    Kind::RecoveryCode,
];

/// What stands in a parameter's place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Slot {
    /// The same for everybody.
    Constant(Value),
    /// The id of a row of the person, or of the first of them.
    Id(Kind),
    /// What the person is found by, where an application has a name for them.
    ExternalKey,
    /// The hash of one of the person's tokens.
    Token(Pads),
    /// An id drawn anew: the so-manieth one of the run.
    FreshId(u16),
    /// 32 bytes drawn anew.
    FreshHash(u16),
}

/// A statement with places for its parameters.
pub(crate) struct Template {
    pub(crate) sql: String,
    pub(crate) guarded: bool,
    pub(crate) slots: Vec<Slot>,
}

/// The statements of one command.
pub(crate) struct Script {
    pub(crate) opening: String,
    pub(crate) reads: Vec<Template>,
    pub(crate) writes: Vec<Template>,
    pub(crate) closing: String,
}

impl Script {
    /// Learns the transactions of a call from its runs for two people. What was drawn in one of them may stand in the next.
    pub(crate) fn learn(first: (u64, &[RecordedUnit]), second: (u64, &[RecordedUnit])) -> Result<Vec<Self>> {
        ensure!(first.1.len() == second.1.len(), "two runs of one call took different numbers of transactions");
        let mut fresh = Vec::new();
        let mut templates = |ones: &[Recorded], others: &[Recorded]| -> Result<Vec<Template>> {
            ensure!(ones.len() == others.len(), "two runs of one command sent different numbers of statements");
            ones.iter()
                .zip(others)
                .map(|(one, other)| template((first.0, one), (second.0, other), &mut fresh))
                .collect()
        };
        first
            .1
            .iter()
            .zip(second.1)
            .map(|(one, other)| {
                Ok(Self {
                    opening: one.opening.clone(),
                    reads: templates(&one.reads, &other.reads)?,
                    writes: templates(&one.writes, &other.writes)?,
                    closing: one.closing.clone(),
                })
            })
            .collect()
    }

    /// A script that does exactly what was recorded.
    pub(crate) fn literal(unit: &RecordedUnit) -> Self {
        let literal = |statements: &[Recorded]| {
            let one = |it: &Recorded| Template {
                sql: it.sql.clone(),
                guarded: it.guarded,
                slots: it.params.iter().cloned().map(Slot::Constant).collect(),
            };
            statements.iter().map(one).collect()
        };
        Self {
            opening: unit.opening.clone(),
            reads: literal(&unit.reads),
            writes: literal(&unit.writes),
            closing: unit.closing.clone(),
        }
    }

    /// Statements between the opening and the end.
    pub(crate) fn statements(&self) -> impl Iterator<Item = &Template> {
        self.reads.iter().chain(&self.writes)
    }
}

fn template(one: (u64, &Recorded), other: (u64, &Recorded), fresh: &mut Vec<Value>) -> Result<Template> {
    ensure!(one.1.sql == other.1.sql, "two runs of one command sent {} and {}", one.1.sql, other.1.sql);
    let slots = one.1.params.iter().zip(&other.1.params).map(|(a, b)| slot((one.0, a), (other.0, b), fresh)).collect();
    Ok(Template { sql: one.1.sql.clone(), guarded: one.1.guarded, slots })
}

fn slot(one: (u64, &Value), other: (u64, &Value), fresh: &mut Vec<Value>) -> Slot {
    let both = |known: &dyn Fn(u64) -> Value| known(one.0) == *one.1 && known(other.0) == *other.1;
    if let Some(kind) = KNOWN.into_iter().find(|kind| both(&|number| Value::Uuid(kind.id(number)))) {
        return Slot::Id(kind);
    }
    if let Some(pads) = TOKENS.into_iter().find(|pads| both(&|number| token(number, *pads))) {
        return Slot::Token(pads);
    }
    if both(&external_key) {
        return Slot::ExternalKey;
    }
    if one.1 == other.1 {
        return Slot::Constant(one.1.clone());
    }
    let mut index = || {
        let known = fresh.iter().position(|value| value == one.1).unwrap_or_else(|| {
            fresh.push(one.1.clone());
            fresh.len() - 1
        });
        u16::try_from(known).unwrap_or(u16::MAX)
    };
    match one.1 {
        Value::Uuid(_) => Slot::FreshId(index()),
        Value::Bytes(bytes) if bytes.len() == 32 => Slot::FreshHash(index()),
        Value::Null
        | Value::Int(_)
        | Value::Bool(_)
        | Value::Text(_)
        | Value::Bytes(_)
        | Value::Time(_)
        | Value::Json(_) => Slot::Constant(one.1.clone()),
    }
}

/// Before what an application calls somebody, in the database.
pub(crate) const EXTERNAL: &str = "id:person";

fn external_key(number: u64) -> Value {
    Value::Text(format!("{EXTERNAL}{number}"))
}

fn token(number: u64, pads: Pads) -> Value {
    Value::from(TokenHash::of(&pads.token(number)).0)
}

impl Slot {
    /// The parameter for a person.
    pub(crate) fn value(&self, number: u64) -> Value {
        match self {
            Self::Constant(value) => value.clone(),
            Self::Id(kind) => Value::Uuid(kind.id(number)),
            Self::ExternalKey => external_key(number),
            Self::Token(pads) => token(number, *pads),
            Self::FreshId(index) => Value::Uuid(id(Kind::Fresh as u16 + index, number)),
            Self::FreshHash(index) => Value::from(<[u8; 32]>::from(Sha256::digest(format!("{index} {number}")))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn run(number: u64, drawn: u128, at: i64) -> RecordedUnit {
        let params = vec![
            Value::Uuid(Kind::User.id(number)),
            token(number, TOKENS[2]),
            Value::Uuid(Kind::RecoveryCode.id(number)),
            Value::Uuid(Uuid::from_u128(drawn)),
            Value::Uuid(Uuid::from_u128(drawn)),
            Value::Int(at),
            Value::from("same"),
        ];
        let write = Recorded { sql: "INSERT".into(), params, guarded: false };
        RecordedUnit { opening: "BEGIN".into(), reads: vec![], writes: vec![write], closing: "COMMIT".into() }
    }

    #[test]
    fn what_belongs_to_the_person_is_told_from_what_was_drawn_and_what_stays() {
        let scripts = Script::learn((1, &[run(1, 71, 100)]), (2, &[run(2, 72, 101)])).unwrap();
        let slots = &scripts[0].writes[0].slots;
        let expected = [
            Slot::Id(Kind::User),
            Slot::Token(TOKENS[2]),
            Slot::Id(Kind::RecoveryCode),
            Slot::FreshId(0),
            Slot::FreshId(0),
            Slot::Constant(Value::Int(100)),
            Slot::Constant(Value::from("same")),
        ];
        assert_eq!(slots, &expected);
        assert_eq!(slots[0].value(9), Value::Uuid(Kind::User.id(9)));
        assert_ne!(slots[3].value(9), slots[3].value(10));
    }

    #[test]
    fn what_one_transaction_drew_is_the_same_in_the_next() {
        let first = [run(1, 71, 100), run(1, 73, 100), run(1, 71, 100)];
        let second = [run(2, 72, 101), run(2, 74, 101), run(2, 72, 101)];
        let scripts = Script::learn((1, &first), (2, &second)).unwrap();
        let drawn: Vec<&Slot> = scripts.iter().map(|script| &script.writes[0].slots[3]).collect();
        assert_eq!(drawn, [&Slot::FreshId(0), &Slot::FreshId(1), &Slot::FreshId(0)]);
        assert!(Script::learn((1, &first), (2, &second[..2])).is_err());
    }

    #[test]
    fn runs_that_sent_different_statements_teach_nothing() {
        let mut other = run(2, 72, 101);
        other.writes[0].sql = "UPDATE".into();
        assert!(Script::learn((1, &[run(1, 71, 100)]), (2, &[other])).is_err());
    }
}
