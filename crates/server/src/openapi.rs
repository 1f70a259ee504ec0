//! The OpenAPI 3.1 document: generated from the handlers, completed with what every call shares.

use std::collections::BTreeMap;

use utoipa::OpenApi as _;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, Schema, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, RefOr, Required, ResponseBuilder};

use crate::http::{admin_api, auth, v1};
use crate::problem::{MEDIA_TYPE, ProblemCode, ProblemDocument};
use crate::recovery_sheet::Format;

/// What any call may answer, whoever calls it.
const COMMON: &[ProblemCode] = &[
    ProblemCode::NotFound,
    ProblemCode::MethodNotAllowed,
    ProblemCode::MisdirectedRequest,
    ProblemCode::HeadersTooLarge,
    ProblemCode::InternalError,
    ProblemCode::Unavailable,
];

/// What any call with a body may answer.
const WITH_BODY: &[ProblemCode] = &[
    ProblemCode::InvalidRequest,
    ProblemCode::RequestTimeout,
    ProblemCode::BodyTooLarge,
    ProblemCode::UnsupportedMediaType,
];

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Twinlock",
        description = "A self-hosted second-factor server: the second lock for the login you already have.\n\n\
            Every refusal is a problem document (RFC 9457): decide by its `code`. Every path answers with and without its \
            trailing slash.",
        license(name = "MIT OR Apache-2.0"),
    ),
    tags(
        (name = "sign-up", description = "From an address to an account."),
        (name = "sign-in", description = "Password, then second factor."),
        (name = "password", description = "Another one, known or forgotten."),
        (name = "session", description = "Tokens and their end."),
        (name = "factors", description = "Setting up the second factor."),
        (name = "challenges", description = "For applications with their own login: is a second factor due, and is this code right?"),
        (name = "users", description = "For applications with their own login: the second factor of their users."),
        (name = "administration", description = "For programs of those who run the server: the help desk, with a key of its own."),
        (name = "trusted devices", description = "Browsers that are spared the second factor for a while."),
    ),
    components(schemas(ProblemDocument, Format))
)]
struct Document;

/// Whether any call of its kind may refuse with this code, whatever it is for.
pub(crate) fn is_common(code: ProblemCode) -> bool {
    COMMON.contains(&code) || WITH_BODY.contains(&code)
}

/// The document of the whole API.
pub fn document() -> OpenApi {
    let (_, paths) = auth::routes().merge(v1::routes()).merge(admin_api::routes()).split_for_parts();
    let mut document = Document::openapi();
    document.merge(paths);
    if let Some(components) = &mut document.components {
        if let Some(RefOr::T(Schema::Object(codes))) = components.schemas.get_mut("ProblemCode") {
            // The derive sees the names of the variants; what is sent is the codes.
            codes.enum_values = Some(ProblemCode::ALL.iter().map(|code| code.as_str().into()).collect());
        }
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
        components.add_security_scheme("access_token", SecurityScheme::Http(bearer));
        let key = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("tl_live_… or tl_test_…").build();
        components.add_security_scheme("api_key", SecurityScheme::Http(key));
        let key = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("tl_admin_…").build();
        components.add_security_scheme("admin_key", SecurityScheme::Http(key));
    }
    let mut bodies = Vec::new();
    for (path, item) in &mut document.paths.paths {
        let (keyed, of_administration) = (path.starts_with("/v1/"), path.starts_with("/admin/v1/"));
        let own = refusals().find(|(known, _)| known == path).map_or(&[][..], |(_, refusals)| refusals);
        let operations = [
            ("get", &mut item.get),
            ("post", &mut item.post),
            ("patch", &mut item.patch),
            ("delete", &mut item.delete),
        ];
        for (method, operation) in operations {
            let Some(operation) = operation else { continue };
            operation.operation_id = Some(operation_id(method, path));
            if let Some(RefOr::T(body)) = &operation.request_body {
                bodies.extend(body.content.values().filter_map(schema_name));
            }
            let once = keyed && method != "get";
            let by_key = if of_administration {
                admin_api::KEYED
            } else if keyed {
                v1::KEYED
            } else {
                &[]
            };
            let by_key = [by_key, if once { v1::ONCE } else { &[] }].concat();
            let of_one = v1::REFUSALS_OF_ONE.iter().find(|(of, known, _)| (*of, *known) == (method, path));
            let of_one = of_one.map_or(&[][..], |(_, _, refusals)| refusals);
            // A body is read wherever a key may stand for it, though it need not be there.
            let reads_body = once || operation.request_body.is_some();
            let asked = if (keyed || of_administration) && takes_query(operation) {
                &[ProblemCode::InvalidRequest][..]
            } else {
                &[]
            };
            let with_body = if reads_body { WITH_BODY } else { &[] };
            if once {
                operation.parameters.get_or_insert_default().push(RefOr::T(idempotency_key()));
            }
            refuse(operation, &[own, of_one, &by_key, asked, with_body].concat());
        }
    }
    if let Some(components) = &mut document.components {
        for name in bodies {
            if let Some(RefOr::T(Schema::Object(object))) = components.schemas.get_mut(&name) {
                object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
            }
        }
    }
    document
}

/// The refusals of all calls, in the order in which people meet the calls.
pub(crate) fn refusals() -> impl Iterator<Item = &'static (&'static str, &'static [ProblemCode])> {
    auth::REFUSALS.iter().chain(v1::REFUSALS).chain(admin_api::REFUSALS)
}

/// The header that has a call answered once, however often it comes.
fn idempotency_key() -> Parameter {
    ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some("The same call with the same key is answered once, and the answer given again."))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(255))))
        .build()
}

/// A name for an operation that no other has, for clients that are generated: `post_auth_2fa_verify`.
fn operation_id(method: &str, path: &str) -> String {
    let words = path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    std::iter::once(method).chain(words).collect::<Vec<_>>().join("_")
}

fn schema_name(content: &RefOr<utoipa::openapi::Content>) -> Option<String> {
    let RefOr::T(content) = content else { return None };
    match content.schema.as_ref()? {
        RefOr::Ref(reference) => reference.ref_location.rsplit('/').next().map(str::to_owned),
        RefOr::T(_) => None,
    }
}

fn takes_query(operation: &Operation) -> bool {
    let mut parameters = operation.parameters.iter().flatten();
    parameters.any(|it| matches!(it, RefOr::T(parameter) if parameter.parameter_in == ParameterIn::Query))
}

/// Adds the refusals of a call: one response per status, naming its codes.
fn refuse(operation: &mut Operation, beyond: &[ProblemCode]) {
    let mut by_status: BTreeMap<u16, Vec<&'static str>> = BTreeMap::new();
    for code in beyond.iter().chain(COMMON) {
        let codes = by_status.entry(code.status().as_u16()).or_default();
        if !codes.contains(&code.as_str()) {
            codes.push(code.as_str());
        }
    }
    for (status, codes) in by_status {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("ProblemDocument"))).build();
        let description = codes.iter().map(|code| format!("`{code}`")).collect::<Vec<_>>().join(" · ");
        let response = ResponseBuilder::new().description(description).content(MEDIA_TYPE, content).build();
        operation.responses.responses.insert(status.to_string(), RefOr::T(response));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_are_those_that_are_sent() {
        let document = serde_json::to_value(document()).unwrap();
        let codes = document["components"]["schemas"]["ProblemCode"]["enum"].as_array().unwrap().clone();
        let sent: Vec<_> = ProblemCode::ALL.iter().map(|code| serde_json::to_value(code).unwrap()).collect();
        assert_eq!(codes, sent);
    }

    #[test]
    fn no_two_calls_share_a_name_and_no_parameter_stands_in_a_path_that_does_not_hold_it() {
        let document = serde_json::to_value(document()).unwrap();
        let mut names = std::collections::BTreeSet::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for operation in item.as_object().unwrap().values() {
                let name = operation["operationId"].as_str().unwrap().to_owned();
                assert!(names.insert(name.clone()), "{name} twice");
                for parameter in operation["parameters"].as_array().into_iter().flatten() {
                    let held = path.contains(&format!("{{{}}}", parameter["name"].as_str().unwrap()));
                    assert_eq!(held, parameter["in"] == "path", "{path}: {parameter}");
                }
            }
        }
        assert!(names.contains("post_auth_2fa_verify"), "{names:?}");
    }

    #[test]
    fn every_call_has_its_refusals_in_the_table() {
        let paths: Vec<String> = document().paths.paths.keys().cloned().collect();
        let mut known: Vec<&str> = refusals().map(|(path, _)| *path).collect();
        known.sort_unstable();
        assert_eq!(paths, known);
    }
}
