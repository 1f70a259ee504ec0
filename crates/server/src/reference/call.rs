//! One call: who may make it, what it takes, what comes back, and how it is tried from a terminal.

use std::fmt::Write as _;

use serde_json::Value;

use super::field::{Field, Schemas, Shape};
use super::prose::{self, Prose, Targets};
use super::text;
use crate::openapi;
use crate::problem::ProblemCode;

/// A call on the page.
pub(super) struct Call {
    /// Its place on the page.
    pub(super) id: String,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) tag: String,
    pub(super) about: Prose,
    pub(super) callers: Prose,
    pub(super) parameters: Vec<Parameter>,
    pub(super) body: Option<Body>,
    pub(super) answers: Vec<Answer>,
    /// What this call refuses.
    pub(super) refusals: Vec<&'static ProblemCode>,
    /// What every call of its kind may refuse.
    pub(super) common: Vec<&'static ProblemCode>,
    pub(super) curl: String,
}

/// A parameter in the path or the query.
pub(super) struct Parameter {
    pub(super) place: String,
    pub(super) field: Field,
}

/// What is sent.
pub(super) struct Body {
    pub(super) about: Prose,
    pub(super) fields: Vec<Field>,
}

/// An answer that is no refusal.
pub(super) struct Answer {
    pub(super) status: String,
    pub(super) about: Prose,
    /// The media types, where it has a body.
    pub(super) kinds: Vec<String>,
    pub(super) shapes: Vec<Shape>,
    pub(super) example: Option<String>,
}

/// Every call of a document.
pub(super) fn all(document: &Value, base_url: &str, targets: &Targets) -> Vec<Call> {
    let schemas = Schemas { document, targets };
    let items = document["paths"].as_object().into_iter().flatten();
    items
        .flat_map(|(path, item)| {
            let operations = item.as_object().into_iter().flatten();
            operations.map(|(method, operation)| call(method, path, operation, base_url, &schemas)).collect::<Vec<_>>()
        })
        .collect()
}

fn call(method: &str, path: &str, operation: &Value, base_url: &str, schemas: &Schemas<'_>) -> Call {
    let targets = schemas.targets;
    let sent = &operation["requestBody"]["content"]["application/json"]["schema"];
    let sent = Some(sent).filter(|schema| schema.is_object());
    let about = [&operation["summary"], &operation["description"]].map(text).join(" ");
    let names: Vec<String> =
        sent.map(|schema| schemas.fields(schema)).into_iter().flatten().map(|field| field.name).collect();
    let (refusals, common) = refusals(operation).into_iter().partition(|code| !openapi::is_common(**code));
    Call {
        id: prose::place(method, path),
        method: method.to_uppercase(),
        path: path.to_owned(),
        tag: text(&operation["tags"][0]),
        about: targets.prose(&about),
        callers: targets.prose(callers(&operation["security"], &names)),
        parameters: parameters(operation, schemas),
        body: sent.map(|schema| Body { about: schemas.about(schema), fields: schemas.fields(schema) }),
        answers: answers(operation, schemas),
        refusals,
        common,
        curl: curl(method, path, operation, base_url, schemas),
    }
}

/// Who may make a call: what its security says, and whose token its body holds.
fn callers(security: &Value, fields: &[String]) -> &'static str {
    let has = |name: &str| fields.iter().any(|field| field == name);
    let schemes = security.as_array().map(Vec::as_slice).unwrap_or_default();
    if schemes.iter().any(|scheme| scheme.get("api_key").is_some()) {
        return "The server of an application, with its API key.";
    }
    let signed_in = schemes.iter().any(|scheme| scheme.get("access_token").is_some());
    let anybody =
        schemes.is_empty() || schemes.iter().any(|scheme| scheme.as_object().is_some_and(serde_json::Map::is_empty));
    match (signed_in, anybody) {
        (true, true) if has("partial_token") => {
            "Whoever holds the partial token of a sign-in, or somebody signed in, with an access token."
        }
        (true, true) => "Anybody; somebody signed in sends the access token along.",
        (true, false) => "Somebody signed in, with an access token.",
        (false, _) if has("partial_token") => "Whoever holds the partial token of a sign-in.",
        (false, _) if has("refresh") => "Whoever holds the refresh token, in the body or in the cookie.",
        (false, _) if has("token") => "Whoever holds the token of the link in the mail.",
        (false, _) => "Anybody.",
    }
}

fn parameters(operation: &Value, schemas: &Schemas<'_>) -> Vec<Parameter> {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    parameters
        .map(|parameter| Parameter {
            place: text(&parameter["in"]),
            field: Field {
                name: text(&parameter["name"]),
                kind: schemas.kind(&parameter["schema"]),
                required: parameter["required"] == true,
                about: schemas.targets.prose(&text(&parameter["description"])),
            },
        })
        .collect()
}

fn answers(operation: &Value, schemas: &Schemas<'_>) -> Vec<Answer> {
    let responses = operation["responses"].as_object().into_iter().flatten();
    let fine = responses.filter(|(status, _)| status.starts_with('2'));
    fine.map(|(status, response)| {
        let content: Vec<(&String, &Value)> = response["content"].as_object().into_iter().flatten().collect();
        let json = content.iter().find(|(kind, _)| *kind == "application/json").map(|(_, content)| &content["schema"]);
        Answer {
            status: status.clone(),
            about: schemas.targets.prose(&text(&response["description"])),
            kinds: content.iter().map(|(kind, _)| (*kind).clone()).collect(),
            shapes: json.map(|schema| schemas.shapes(schema)).unwrap_or_default(),
            example: json.map(|schema| format!("{:#}", schemas.example(schema, true))),
        }
    })
    .collect()
}

/// The codes a call may refuse with, as its answers name them.
fn refusals(operation: &Value) -> Vec<&'static ProblemCode> {
    let responses = operation["responses"].as_object().into_iter().flatten();
    let refused = responses.filter(|(status, _)| !status.starts_with('2'));
    refused
        .flat_map(|(_, response)| {
            let words = text(&response["description"]);
            let named: Vec<String> = words.split('`').skip(1).step_by(2).map(str::to_owned).collect();
            named.into_iter().filter_map(|name| ProblemCode::ALL.iter().find(|code| code.as_str() == name))
        })
        .collect()
}

/// The call from a terminal.
fn curl(method: &str, path: &str, operation: &Value, base_url: &str, schemas: &Schemas<'_>) -> String {
    let mut query = String::new();
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        if parameter["in"] == "query" && parameter["required"] == true {
            let value = schemas.example(&parameter["schema"], false);
            let joint = if query.is_empty() { '?' } else { '&' };
            let _ = write!(query, "{joint}{}={}", text(&parameter["name"]), text(&value));
        }
    }
    let verb = match method {
        "get" | "post" => String::new(),
        other => format!("-X {} ", other.to_uppercase()),
    };
    // In double quotes, so that the shell fills in what stands for an id.
    let mut lines = vec![format!("curl {verb}\"{base_url}{}{query}\"", path.replace("{id}", "$ID"))];
    let security = operation["security"].as_array().map(Vec::as_slice).unwrap_or_default();
    if security.len() == 1 && security[0].get("access_token").is_some() {
        lines.push("-H \"Authorization: Bearer $ACCESS\"".to_owned());
    }
    if security.len() == 1 && security[0].get("api_key").is_some() {
        lines.push("-H \"Authorization: Bearer $API_KEY\"".to_owned());
    }
    let sent = &operation["requestBody"]["content"]["application/json"]["schema"];
    if sent.is_object() {
        let body = schemas.example(sent, false).to_string().replace('\'', "'\\''");
        lines.push("-H 'Content-Type: application/json'".to_owned());
        lines.push(format!("-d '{body}'"));
    }
    lines.join(" \\\n  ")
}
