//! JSON without its ambiguities: no key twice, no depth, one object.

use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::problem::{FieldError, Problem};

/// Levels of nesting; the API itself needs one.
const DEPTH: usize = 8;

/// Parses one object; nothing at all stands for an empty one.
pub(super) fn parse_object(bytes: &[u8]) -> Result<Map<String, Value>, Problem> {
    if bytes.is_empty() {
        return Ok(Map::new());
    }
    let fault = RefCell::new(None);
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let seed = Strict { pointer: String::new(), depth: 0, fault: &fault };
    let parsed = seed.deserialize(&mut deserializer).and_then(|value| deserializer.end().map(|()| value));
    match (parsed, fault.into_inner()) {
        (Ok(Value::Object(members)), _) => Ok(members),
        (Ok(_), _) => Err(Problem::invalid_at("", "must be a JSON object")),
        (Err(_), Some(fault)) => Err(Problem::invalid(vec![fault])),
        // The parser's own message may quote the text; its position does not.
        (Err(error), None) => Err(Problem::invalid_at(
            "",
            format!("is not valid JSON (line {}, column {})", error.line(), error.column()),
        )),
    }
}

/// A member's name as one step of a JSON pointer (RFC 6901), cut where it gets long.
pub(super) fn step(name: &str) -> String {
    let name: String = name.chars().take(64).collect();
    format!("/{}", name.replace('~', "~0").replace('/', "~1"))
}

struct Strict<'a> {
    pointer: String,
    depth: usize,
    fault: &'a RefCell<Option<FieldError>>,
}

impl<'a> Strict<'a> {
    fn below(&self, step: &str) -> Strict<'a> {
        Strict { pointer: format!("{}{step}", self.pointer), depth: self.depth + 1, fault: self.fault }
    }

    fn refuse<E: serde::de::Error>(&self, pointer: String, detail: &'static str) -> E {
        *self.fault.borrow_mut() = Some(FieldError { pointer, detail: detail.into() });
        E::custom(detail)
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        if self.depth > DEPTH {
            // The pointer would be as long as the nesting is deep.
            return Err(self.refuse(String::new(), "is nested too deeply"));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("not a number"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = items.next_element_seed(self.below(&format!("/{}", values.len())))? {
            values.push(value);
        }
        Ok(values.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let step = step(&name);
            if map.contains_key(&name) {
                return Err(self.refuse(format!("{}{step}", self.pointer), "stands here twice"));
            }
            let value = members.next_value_seed(self.below(&step))?;
            map.insert(name, value);
        }
        Ok(map.into())
    }
}
