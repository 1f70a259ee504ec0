//! Taking typed fields out of a body, one line per field.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::strict::step;
use crate::problem::{FieldError, Problem};

/// Faults that are listed; a body with more of them is not a mistake.
const MOST_ERRORS: usize = 16;

/// The members of a body that nobody has taken yet, and the faults found so far.
///
/// A reader that finds a fault notes it and returns a placeholder; the body is refused as a whole at the end, with all
/// its faults at once. What is left over when the body type has read its fields is unknown, and therefore a fault.
/// Without `Debug`: it holds passwords and codes.
pub struct Fields {
    members: Map<String, Value>,
    errors: Vec<FieldError>,
}

impl Fields {
    pub(super) fn new(members: Map<String, Value>) -> Self {
        Self { members, errors: Vec::new() }
    }

    /// Text that may be stored: without control characters, of a length in characters.
    pub fn text(&mut self, name: &str, length: RangeInclusive<usize>) -> String {
        self.required(name, |fields| fields.optional_text(name, length)).unwrap_or_default()
    }

    /// Like [`Fields::text`], or null; but not absent.
    pub fn text_or_null(&mut self, name: &str, length: RangeInclusive<usize>) -> Option<String> {
        if self.null(name) {
            return None;
        }
        self.required(name, |fields| fields.optional_text(name, length))
    }

    /// Whether a field is null; then it is taken.
    pub fn null(&mut self, name: &str) -> bool {
        let null = self.members.get(name).is_some_and(Value::is_null);
        if null {
            self.members.remove(name);
        }
        null
    }

    /// Like [`Fields::text`], or absent.
    pub fn optional_text(&mut self, name: &str, length: RangeInclusive<usize>) -> Option<String> {
        let text = self.string(name, length)?;
        if text.chars().any(char::is_control) {
            self.refuse(name, "must not contain control characters");
            return None;
        }
        Some(text)
    }

    /// A password, code or token: any characters, because only its hash is ever stored or compared.
    pub fn secret(&mut self, name: &str, length: RangeInclusive<usize>) -> Zeroizing<String> {
        self.required(name, |fields| fields.optional_secret(name, length)).unwrap_or_default()
    }

    /// Like [`Fields::secret`], or absent.
    pub fn optional_secret(&mut self, name: &str, length: RangeInclusive<usize>) -> Option<Zeroizing<String>> {
        self.string(name, length).map(Zeroizing::new)
    }

    /// `true` or `false`, or absent.
    pub fn optional_flag(&mut self, name: &str) -> Option<bool> {
        let flag = self.members.remove(name)?.as_bool();
        if flag.is_none() {
            self.refuse(name, "must be true or false");
        }
        flag
    }

    /// A whole number, or absent.
    pub fn optional_integer(&mut self, name: &str) -> Option<i64> {
        let number = self.members.remove(name)?.as_i64();
        if number.is_none() {
            self.refuse(name, "must be a whole number");
        }
        number
    }

    /// One of some words; `placeholder` stands in after a fault.
    pub fn choice<T: Copy>(&mut self, name: &str, choices: &[(&str, T)], placeholder: T) -> T {
        self.required(name, |fields| fields.optional_choice(name, choices)).unwrap_or(placeholder)
    }

    /// Like [`Fields::choice`], or absent.
    pub fn optional_choice<T: Copy>(&mut self, name: &str, choices: &[(&str, T)]) -> Option<T> {
        let word = self.string(name, 0..=usize::MAX)?;
        let found = choices.iter().find(|(choice, _)| *choice == word).map(|(_, value)| *value);
        if found.is_none() {
            let words: Vec<&str> = choices.iter().map(|(choice, _)| *choice).collect();
            self.refuse(name, format!("must be one of: {}", words.join(", ")));
        }
        found
    }

    /// Some words of a list of them, each once and at least one; or absent.
    pub fn optional_choices<T: Copy>(&mut self, name: &str, choices: &[(&str, T)]) -> Option<Vec<T>> {
        let member = self.members.remove(name)?;
        let words: Vec<&str> = member.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let known = |word: &&str| choices.iter().find(|(choice, _)| choice == word).map(|(_, value)| *value);
        let found: Option<Vec<T>> = words.iter().map(known).collect();
        let all = member.as_array().is_some_and(|list| list.len() == words.len());
        let once = words.iter().enumerate().all(|(at, word)| !words[..at].contains(word));
        let found = found.filter(|found| all && once && !found.is_empty());
        if found.is_none() {
            let words: Vec<&str> = choices.iter().map(|(choice, _)| *choice).collect();
            self.refuse(name, format!("must be a list of some of these, each once: {}", words.join(", ")));
        }
        found
    }

    /// Text with a form of its own, such as an id: `what` completes "must be". `None` after a fault.
    pub fn parsed<T>(&mut self, name: &str, what: &str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        self.required(name, |fields| fields.optional_parsed(name, what, parse))
    }

    /// Like [`Fields::parsed`], or absent.
    pub fn optional_parsed<T>(&mut self, name: &str, what: &str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let text = self.string(name, 0..=usize::MAX)?;
        let value = parse(&text);
        if value.is_none() {
            self.refuse(name, format!("must be {what}"));
        }
        value
    }

    /// An object with fields of its own. Its faults are named with their way to it.
    pub fn object<T>(&mut self, name: &str, read: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.required(name, |fields| fields.optional_object(name, read))
    }

    /// Like [`Fields::object`], or absent.
    pub fn optional_object<T>(&mut self, name: &str, read: impl FnOnce(&mut Self) -> T) -> Option<T> {
        let Value::Object(members) = self.members.remove(name)? else {
            self.refuse(name, "must be an object");
            return None;
        };
        let (value, errors) = Self::read_below(&step(name), members, read);
        self.errors.extend(errors);
        self.errors.truncate(MOST_ERRORS);
        Some(value)
    }

    /// A list of objects with fields of their own, of a length. Each has its own faults, named with their way to it, which cost
    /// the others and the body nothing; what is no object has no value either.
    pub fn objects<T>(
        &mut self,
        name: &str,
        length: RangeInclusive<usize>,
        read: impl Fn(&mut Self) -> T,
    ) -> Vec<(Option<T>, Vec<FieldError>)> {
        let list = match self.members.remove(name) {
            Some(Value::Array(list)) if length.contains(&list.len()) => list,
            None => {
                self.refuse(name, "is missing");
                return Vec::new();
            }
            Some(_) => {
                self.refuse(name, format!("must be a list of {} to {} objects", length.start(), length.end()));
                return Vec::new();
            }
        };
        let each = list.into_iter().enumerate().map(|(number, member)| {
            let pointer = format!("{}/{number}", step(name));
            let Value::Object(members) = member else {
                return (None, vec![FieldError { pointer, detail: "must be an object".into() }]);
            };
            let (value, errors) = Self::read_below(&pointer, members, &read);
            (Some(value), errors)
        });
        each.collect()
    }

    /// An object that stands at this pointer, with its faults.
    fn read_below<T>(
        pointer: &str,
        members: Map<String, Value>,
        read: impl FnOnce(&mut Self) -> T,
    ) -> (T, Vec<FieldError>) {
        let mut inner = Self::new(members);
        let value = read(&mut inner);
        inner.refuse_unknown();
        let below = |fault: FieldError| FieldError { pointer: format!("{pointer}{}", fault.pointer), ..fault };
        (value, inner.errors.into_iter().map(below).collect())
    }

    /// Notes a fault of a field, for rules over several of them.
    pub fn refuse(&mut self, name: &str, detail: impl Into<Cow<'static, str>>) {
        if self.errors.len() < MOST_ERRORS {
            self.errors.push(FieldError { pointer: step(name), detail: detail.into() });
        }
    }

    /// Refuses the body if anything was wrong or is left over.
    pub(super) fn finish(mut self) -> Result<(), Problem> {
        self.refuse_unknown();
        if self.errors.is_empty() { Ok(()) } else { Err(Problem::invalid(self.errors)) }
    }

    /// Whatever nobody has taken is no field.
    fn refuse_unknown(&mut self) {
        let unknown: Vec<String> = self.members.keys().take(MOST_ERRORS).cloned().collect();
        for name in unknown {
            self.refuse(&name, "is not a field of this call");
        }
    }

    fn required<T>(&mut self, name: &str, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        if !self.members.contains_key(name) {
            self.refuse(name, "is missing");
            return None;
        }
        read(self)
    }

    fn string(&mut self, name: &str, length: RangeInclusive<usize>) -> Option<String> {
        let Value::String(text) = self.members.remove(name)? else {
            self.refuse(name, "must be a string");
            return None;
        };
        if !length.contains(&text.chars().count()) {
            self.refuse(name, format!("must have {} to {} characters", length.start(), length.end()));
            return None;
        }
        Some(text)
    }
}
