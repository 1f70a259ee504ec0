//! The calls of `/v1` as the OpenAPI document lists them, and what each of their parameters and fields means. A call, a parameter
//! or a field that is new to the document fails every test that goes through them, until it is told here what it is.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Answer, Call};
use crate::harness::World;
use crate::totp;
use crate::v1::Shop;
use crate::v1_hosted::BACK;

/// What names somebody or something in a call, by its kind: a user, a challenge, …
pub(crate) type Names = BTreeMap<&'static str, String>;

/// What a parameter or field is.
enum Meaning {
    /// It names something of this kind.
    Name(&'static str),
    /// The code that belongs to something of this kind.
    CodeOf(&'static str),
    /// It names nothing, and this would do.
    Said(Value),
    /// It names nothing, and the call does without.
    Unsaid,
}

/// A call, as the document describes it.
pub(crate) struct Operation {
    pub(crate) method: Method,
    pub(crate) path: String,
    /// Whether it takes a body with something in it.
    pub(crate) has_body: bool,
    /// Code and status of what it may refuse.
    pub(crate) refusals: BTreeMap<String, u16>,
    inputs: Vec<(String, String, Meaning)>,
}

/// What a parameter or field of a call means.
fn meaning(title: &str, place: &str, field: &str) -> Meaning {
    use Meaning::{CodeOf, Name, Said, Unsaid};
    match (place, field) {
        ("header", "Idempotency-Key") => Name("once"),
        ("path", "id") if title.contains(" /v1/challenges/") => Name("challenge"),
        ("path", "id") | ("query", "user") | ("body", "user.id" | "users.0.id") => Name("user"),
        ("path", "fid") if title.ends_with("/activate") => Name("pending"),
        ("path", "fid") => Name("factor"),
        ("path", "did") => Name("device"),
        ("path", "wid") => Name("webhook"),
        ("query", "after") if title.ends_with("/devices") => Name("device"),
        ("query", "after") if title.ends_with("/audit") => Name("entry"),
        ("body", "device_token") => Name("device_token"),
        ("body", "factor_id") => Name("address"),
        ("body", "token") => Name("result"),
        ("body", "code") if title.ends_with("/activate") => CodeOf("pending_secret"),
        ("body", "code") => Name("recovery_code"),
        ("query", "format") => Said(json!("txt")),
        ("body", "ip") if title.ends_with("/challenges") => Said(json!("203.0.113.7")),
        ("body", "user_agent") => Said(json!("Firefox/140.0")),
        ("body", "reason") if title.ends_with("/reset") => Said(json!("lost the phone")),
        ("body", "reason") => Said(json!("login")),
        ("body", "type") => Said(json!("deleted")),
        ("body", "label") if title.starts_with("PATCH") => Said(json!("Tablet")),
        ("body", "method") if title.ends_with("/factors") => Said(json!("totp")),
        ("body", "users.0.factor.method") => Said(json!("totp")),
        ("body", "users.0.factor.secret") => Said(json!("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")),
        ("body", "url") => Said(json!("https://hooks.example.com/")),
        ("body", "display_name") => Said(json!("The shop")),
        ("body", "return_url") if title.ends_with("/session-link") => Said(json!(BACK)),
        ("query", "action" | "from" | "to" | "limit")
        | (
            "body",
            "user.email"
            | "user.phone"
            | "user.name"
            | "locale"
            | "max_age"
            | "text"
            | "return_url"
            | "browser_binding"
            | "method"
            | "trust_device"
            | "secret"
            | "phone_number"
            | "email"
            | "label"
            | "ip"
            | "preferred"
            | "events"
            | "second_factor"
            | "required_from"
            | "methods"
            | "trust_days"
            | "issuer"
            | "users.0.email"
            | "users.0.phone"
            | "users.0.name"
            | "users.0.locale"
            | "users.0.factor.label",
        ) => Unsaid,
        _ => panic!("{title} takes {field} in its {place}: say here what it is, so that another application tries it"),
    }
}

/// Where a schema stands.
fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let pointer = schema["$ref"].as_str().map(|pointer| pointer.trim_start_matches('#'));
    pointer.map_or(schema, |pointer| document.pointer(pointer).unwrap())
}

/// Every field of a body, those of objects in it by their paths, and those of a list of objects by those of its first.
fn fields(document: &Value, schema: &Value, above: &str) -> Vec<String> {
    let schema = resolved(document, schema);
    if let Some(items) = schema.get("items") {
        return fields(document, items, &format!("{above}0."));
    }
    let properties = schema["properties"].as_object().into_iter().flatten();
    let each = properties.map(|(name, schema)| {
        let below = fields(document, schema, &format!("{above}{name}."));
        if below.is_empty() { vec![format!("{above}{name}")] } else { below }
    });
    each.flatten().collect()
}

/// Puts a value where its path leads, with the objects and lists on the way.
fn place(body: &mut Value, path: &str, value: Value) {
    let (name, below) = path.split_once('.').map_or((path, None), |(name, below)| (name, Some(below)));
    let member = if name == "0" {
        if body.is_null() {
            *body = json!([null]);
        }
        &mut body[0]
    } else {
        &mut body[name]
    };
    match below {
        Some(below) => place(member, below, value),
        None => *member = value,
    }
}

impl Operation {
    /// Every call of `/v1`.
    pub(crate) async fn all(world: &World) -> Vec<Self> {
        let document = world.browser().get("/openapi.json").await.expect(200).json;
        let paths = document["paths"].as_object().unwrap();
        let of_ours = paths.iter().filter(|(path, _)| path.starts_with("/v1/"));
        let calls = of_ours.flat_map(|(path, item)| item.as_object().unwrap().iter().map(move |call| (path, call)));
        let all: Vec<_> = calls.map(|(path, (method, call))| Self::read(&document, path, method, call)).collect();
        assert!(all.len() >= 25, "only {} calls are listed", all.len());
        all
    }

    fn read(document: &Value, path: &str, method: &str, call: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let title = format!("{} {path}", method.to_uppercase());
        let parameters = call["parameters"].as_array().into_iter().flatten();
        let mut inputs: Vec<_> = parameters.map(|it| (text(&it["in"]), text(&it["name"]))).collect();
        let body = &call["requestBody"]["content"]["application/json"]["schema"];
        inputs.extend(fields(document, body, "").into_iter().map(|field| ("body".to_owned(), field)));
        let inputs = inputs.into_iter().map(|(place, field)| {
            let meaning = meaning(&title, &place, &field);
            (place, field, meaning)
        });
        let refused = call["responses"].as_object().unwrap().iter().flat_map(|(status, response)| {
            let status: u16 = status.parse().unwrap();
            let codes = response["description"].as_str().unwrap().split('`').skip(1).step_by(2);
            codes.filter(move |_| status >= 400).map(move |code| (code.to_owned(), status))
        });
        Self {
            method: method.to_uppercase().parse().unwrap(),
            path: path.to_owned(),
            has_body: !body.is_null(),
            refusals: refused.collect(),
            inputs: inputs.collect(),
        }
    }

    pub(crate) fn title(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// The kinds of what it names.
    pub(crate) fn names(&self) -> BTreeSet<&'static str> {
        let named = |(_, _, meaning): &(_, _, Meaning)| match meaning {
            Meaning::Name(kind) | Meaning::CodeOf(kind) => Some(*kind),
            Meaning::Said(_) | Meaning::Unsaid => None,
        };
        self.inputs.iter().filter_map(named).collect()
    }

    /// The call with these names, and what would do for the rest. What is not named is left out.
    pub(crate) async fn call(&self, world: &World, shop: &Shop, names: &Names) -> Call {
        let (path, query, once, body) = self.parts(world, names).await;
        let query = if query.is_empty() { query } else { format!("?{query}") };
        let call = shop.call(self.method.clone(), &format!("{path}{query}"));
        let call = if self.has_body { call.json(&body) } else { call };
        if let Some(once) = once { call.header("idempotency-key", once) } else { call }
    }

    /// Whether its address says more than a path.
    pub(crate) fn takes_query(&self) -> bool {
        self.inputs.iter().any(|(place, ..)| place == "query")
    }

    /// Its path with these names.
    pub(crate) fn filled(&self, names: &Names) -> String {
        let in_path = self.inputs.iter().filter(|(place, ..)| place == "path");
        in_path.fold(self.path.clone(), |path, (_, field, meaning)| match meaning {
            Meaning::Name(kind) => path.replace(&format!("{{{field}}}"), &names[kind]),
            Meaning::CodeOf(_) | Meaning::Said(_) | Meaning::Unsaid => path,
        })
    }

    async fn parts(&self, world: &World, names: &Names) -> (String, String, Option<String>, Value) {
        let (mut query, mut once, mut body) = (String::new(), None, json!({}));
        for (within, field, meaning) in &self.inputs {
            let value = match meaning {
                Meaning::Name(kind) => names.get(kind).map(|name| json!(name)),
                Meaning::CodeOf(kind) => match names.get(kind) {
                    Some(secret) => Some(json!(totp::code(secret, world.now().await))),
                    None => None,
                },
                Meaning::Said(value) => Some(value.clone()),
                Meaning::Unsaid => None,
            };
            let Some(value) = value else { continue };
            let text = value.as_str().unwrap_or_default();
            match &**within {
                "path" => {}
                "query" => {
                    let mut pairs = url::form_urlencoded::Serializer::new(query);
                    query = pairs.append_pair(field, text).finish();
                }
                "header" => once = Some(text.to_owned()),
                _ => place(&mut body, field, value),
            }
        }
        (self.filled(names), query, once, body)
    }

    pub(crate) async fn ask(&self, world: &World, shop: &Shop, names: &Names) -> Answer {
        self.call(world, shop, names).await.send().await
    }
}
