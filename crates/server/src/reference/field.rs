//! Schemas as a person reads them: a list of named fields, and one example.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::prose::{Prose, Targets};
use super::text;

/// How deep a schema is followed; ours are not half as deep, and none of them holds itself.
const DEPTH: usize = 6;

/// One field of a body or an answer.
pub(super) struct Field {
    /// Its name with those of what it stands in: `tokens.access`, `items[].id`.
    pub(super) name: String,
    /// Of which type, within which bounds.
    pub(super) kind: String,
    pub(super) required: bool,
    pub(super) about: Prose,
}

/// One of the shapes a schema allows.
pub(super) struct Shape {
    /// When it has this one; nothing where there is but one.
    pub(super) about: Prose,
    pub(super) fields: Vec<Field>,
}

/// Reads the schemas of a document.
pub(super) struct Schemas<'a> {
    pub(super) document: &'a Value,
    pub(super) targets: &'a Targets,
}

impl<'a> Schemas<'a> {
    /// The schema itself, where this one only names it.
    fn resolve(&self, schema: &'a Value) -> &'a Value {
        let name = schema["$ref"].as_str().and_then(|place| place.rsplit('/').next());
        name.map_or(schema, |name| &self.document["components"]["schemas"][name])
    }

    /// Its description, or that of what it names.
    pub(super) fn about(&self, schema: &'a Value) -> Prose {
        let own = schema["description"].as_str();
        let own = own.or_else(|| present(schema)["description"].as_str());
        let named = || self.resolve(present(schema))["description"].as_str();
        self.targets.prose(own.or_else(named).unwrap_or_default())
    }

    /// The shapes of an answer. What may be null is there all the same.
    pub(super) fn shapes(&self, schema: &'a Value) -> Vec<Shape> {
        let schema = self.resolve(schema);
        let answered = |schema| {
            let there = |field: Field| Field { required: field.required || field.kind.ends_with(" or null"), ..field };
            self.fields(schema).into_iter().map(there).collect()
        };
        match schema["oneOf"].as_array() {
            Some(choices) => {
                choices.iter().map(|choice| Shape { about: self.about(choice), fields: answered(choice) }).collect()
            }
            None => vec![Shape { about: Prose::default(), fields: answered(schema) }],
        }
    }

    /// Every field of an object, those within others included; what must be there first.
    pub(super) fn fields(&self, schema: &'a Value) -> Vec<Field> {
        let mut fields = Vec::new();
        self.collect(schema, "", DEPTH, &mut fields);
        fields
    }

    fn collect(&self, schema: &'a Value, within: &str, depth: usize, fields: &mut Vec<Field>) {
        if depth == 0 {
            return;
        }
        let mut members: Vec<(&'a String, &'a Value, bool)> = Vec::new();
        for part in self.parts(schema) {
            let required =
                |name: &str| part["required"].as_array().is_some_and(|names| names.iter().any(|it| it == name));
            let properties = part["properties"].as_object().into_iter().flatten();
            members.extend(properties.map(|(name, property)| (name, property, required(name))));
        }
        members.sort_by_key(|(.., required)| !required);
        for (name, property, required) in members {
            let name = format!("{within}{name}");
            let (inner, suffix) = self.inner(property);
            fields.push(Field { name: name.clone(), kind: self.kind(property), required, about: self.about(property) });
            self.collect(inner, &format!("{name}{suffix}."), depth - 1, fields);
        }
    }

    /// The objects a schema is made of.
    fn parts(&self, schema: &'a Value) -> Vec<&'a Value> {
        let schema = self.resolve(schema);
        match schema["allOf"].as_array() {
            Some(parts) => parts.iter().flat_map(|part| self.parts(part)).collect(),
            None => vec![schema],
        }
    }

    /// What a field holds: the items of a list, the object of one that may be null.
    fn inner(&self, property: &'a Value) -> (&'a Value, &'static str) {
        let schema = self.resolve(present(property));
        if schema["items"].is_object() { (&schema["items"], "[]") } else { (schema, "") }
    }

    /// Type and bounds in words.
    pub(super) fn kind(&self, property: &'a Value) -> String {
        let schema = self.resolve(present(property));
        let types = types(schema);
        let or_null = types.contains(&"null")
            || property["oneOf"].as_array().is_some_and(|choices| choices.iter().any(|it| it["type"] == "null"));
        let plain = types.iter().copied().find(|kind| *kind != "null").unwrap_or("object");
        let mut kind = match (plain, schema["format"].as_str()) {
            ("string", Some("uuid")) => "UUID".to_owned(),
            ("string", Some("date-time")) => "time (RFC 3339)".to_owned(),
            ("array", _) => format!("list of {}s", self.kind(&schema["items"])),
            ("", _) => "object".to_owned(),
            (other, _) => other.to_owned(),
        };
        let bounds = [("minLength", "maxLength", " characters"), ("minimum", "maximum", "")];
        for (least, most, unit) in bounds {
            if let (Some(least), Some(most)) = (schema[least].as_u64(), schema[most].as_u64()) {
                let _ = write!(kind, ", {least} to {most}{unit}");
            }
        }
        if let Some(words) = schema["enum"].as_array() {
            let words: Vec<String> = words.iter().map(text).collect();
            let _ = write!(kind, ": {}", words.join(", "));
        }
        if or_null {
            kind.push_str(" or null");
        }
        kind
    }

    /// A value of this schema, with what must be there; where nothing must, with the first that may be.
    pub(super) fn example(&self, schema: &'a Value, whole: bool) -> Value {
        self.example_within(schema, whole, DEPTH)
    }

    fn example_within(&self, schema: &'a Value, whole: bool, depth: usize) -> Value {
        if let Some(example) = schema.get("example") {
            return example.clone();
        }
        let schema = self.resolve(present(schema));
        if let Some(example) = schema.get("example") {
            return example.clone();
        }
        if let Some(first) = schema["oneOf"].as_array().and_then(|choices| choices.first()) {
            return self.example_within(first, whole, depth);
        }
        let parts = self.parts(schema);
        if depth > 0 && parts.iter().any(|part| part["properties"].is_object()) {
            return Value::Object(self.object(&parts, whole, depth));
        }
        let plain = types(schema).into_iter().find(|kind| *kind != "null").unwrap_or_default();
        match (plain, schema["format"].as_str(), schema["enum"].as_array()) {
            (_, _, Some(words)) => words.first().cloned().unwrap_or_default(),
            ("string", Some("uuid"), _) => json!("01890a5d-ac96-774b-bcce-b302099a8057"),
            ("string", Some("date-time"), _) => json!("2027-01-15T08:00:00Z"),
            ("string", ..) => json!("…"),
            ("boolean", ..) => json!(true),
            ("integer" | "number", ..) => {
                schema["minimum"].as_u64().filter(|least| *least > 0).map_or(json!(10), Value::from)
            }
            ("array", ..) if depth > 0 => json!([self.example_within(&schema["items"], whole, depth - 1)]),
            _ => json!({}),
        }
    }

    fn object(&self, parts: &[&'a Value], whole: bool, depth: usize) -> Map<String, Value> {
        let mut object = Map::new();
        let mut spare = None;
        for part in parts {
            let required = part["required"].as_array().map(Vec::as_slice).unwrap_or_default();
            for (name, property) in part["properties"].as_object().into_iter().flatten() {
                if whole || required.iter().any(|it| it == name) {
                    object.insert(name.clone(), self.example_within(property, whole, depth - 1));
                } else {
                    spare.get_or_insert((name, property));
                }
            }
        }
        if let (true, Some((name, property))) = (object.is_empty(), spare) {
            object.insert(name.clone(), self.example_within(property, whole, depth - 1));
        }
        object
    }
}

/// The types a value of the schema may have.
fn types(schema: &Value) -> Vec<&str> {
    let types = &schema["type"];
    types
        .as_array()
        .map_or_else(|| types.as_str().into_iter().collect(), |list| list.iter().filter_map(Value::as_str).collect())
}

/// The choice that is not null.
fn present(schema: &Value) -> &Value {
    let choices = schema["oneOf"].as_array();
    choices.and_then(|choices| choices.iter().find(|choice| choice["type"] != "null")).unwrap_or(schema)
}
