//! The page, against documents small enough to be read.

use serde_json::json;

use super::field::Schemas;
use super::*;

/// A document of one call.
fn document() -> Value {
    json!({
        "info": {"version": "1.2.3", "description": "One `code`.\n\nTwo <b>."},
        "tags": [{"name": "sign-in", "description": "Password first."}],
        "paths": {"/auth/x/{id}/": {"post": {
            "tags": ["sign-in"],
            "summary": "Does it; see `POST /auth/x/{id}/` and `step_up_required`, `unavailable`.",
            "security": [{"access_token": []}],
            "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string", "format": "uuid"}}],
            "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Body"}}}},
            "responses": {
                "200": {"description": "Done.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Answer"}}}},
                "401": {"description": "`token_invalid`"},
                "500": {"description": "`internal_error`"},
            },
        }}},
        "components": {"schemas": {
            "Body": {"type": "object", "required": ["word"], "properties": {
                "many": {"type": "array", "items": {"type": "string"}},
                "word": {"type": "string", "minLength": 1, "maxLength": 64, "example": "it's"},
            }},
            "Answer": {"oneOf": [
                {"description": "Short.", "allOf": [
                    {"$ref": "#/components/schemas/Inner"},
                    {"type": "object", "required": ["ok"], "properties": {"ok": {"type": "boolean", "example": false}}},
                ]},
                {"description": "Long.", "type": "object", "properties": {
                    "at": {"type": ["string", "null"], "format": "date-time"},
                    "inner": {"oneOf": [{"$ref": "#/components/schemas/Inner", "description": "Perhaps."}, {"type": "null"}]},
                    "list": {"type": "array", "items": {"$ref": "#/components/schemas/Inner"}},
                }},
            ]},
            "Inner": {"type": "object", "required": ["id"], "properties": {"id": {"type": "string", "format": "uuid"}}},
        }},
    })
}

fn drawn() -> String {
    Page::of(&document(), "https://id.example.com").render().unwrap()
}

#[test]
fn a_call_says_who_may_make_it_and_how_it_is_tried() {
    let page = drawn();
    assert!(page.contains("Somebody signed in, with an access token."));
    let example = "curl &#34;https://id.example.com/auth/x/$ID/&#34; \\\n  \
                   -H &#34;Authorization: Bearer $ACCESS&#34; \\\n  -H &#39;Content-Type: application/json&#39; \\\n  \
                   -d &#39;{&#34;word&#34;:&#34;it&#39;\\&#39;&#39;s&#34;}&#39;";
    assert!(page.contains(example), "{page}");
    assert!(page.contains("<code>word</code> <span>string, 1 to 64 characters</span>"));
    assert!(page.contains("<code>many</code> <span>list of strings, optional</span>"));
}

#[test]
fn words_lead_to_calls_and_refusals_and_plain_ones_nowhere() {
    let page = drawn();
    assert!(page.contains(r##"see <a href="#post-auth-x-id"><code>POST /auth/x/{id}/</code></a> and "##), "{page}");
    assert!(page.contains(
        r##"<a href="#refusal-step_up_required"><code>step_up_required</code></a>, <code>unavailable</code>."##
    ));
    let ids: Vec<&str> = page.split("id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    for target in page.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
        // What the page says about every call names one that this document lacks.
        assert!(ids.contains(&target) || target == "get-well-known-jwks-json", "{target} is nowhere");
    }
}

#[test]
fn what_every_call_refuses_is_said_apart() {
    let page = drawn();
    let list = page.split("<ul class=\"refusals\">").nth(1).and_then(|rest| rest.split("</ul>").next()).unwrap();
    assert!(list.contains("token_invalid") && !list.contains("internal_error"), "{list}");
    let common = page.split("As every such call: ").nth(1).and_then(|rest| rest.split("</p>").next()).unwrap();
    assert!(common.contains("#refusal-internal_error"), "{common}");
}

#[test]
fn shapes_are_told_apart_and_what_stands_in_others_has_its_whole_name() {
    let document = document();
    let targets = Targets::default();
    let schemas = Schemas { document: &document, targets: &targets };
    let answer = &document["components"]["schemas"]["Answer"];
    let shapes = schemas.shapes(answer);
    let told: Vec<Vec<String>> = shapes
        .iter()
        .map(|shape| {
            let field = |field: &field::Field| format!("{} {} {}", field.name, field.kind, field.required);
            shape.fields.iter().map(field).collect()
        })
        .collect();
    assert_eq!(told[0], ["id UUID true", "ok boolean true"]);
    let long = [
        "at time (RFC 3339) or null true",
        "inner object or null true",
        "inner.id UUID true",
        "list list of objects false",
        "list[].id UUID true",
    ];
    assert_eq!(told[1], long);
    let id = "01890a5d-ac96-774b-bcce-b302099a8057";
    assert_eq!(schemas.example(answer, true), json!({"id": id, "ok": false}));
}

#[test]
fn what_the_document_says_is_escaped() {
    let page = drawn();
    assert!(page.contains("<p>Two &#60;b&#62;.</p>") && page.contains("<p>One <code>code</code>.</p>"), "{page}");
}

#[test]
fn every_refusal_is_explained_in_the_words_of_its_document() {
    let page = super::page("http://127.0.0.1:8080").unwrap();
    for code in crate::problem::ProblemCode::ALL {
        let start = format!("id=\"refusal-{}\"", code.as_str());
        let article = page.split(&start).nth(1).and_then(|rest| rest.split("</article>").next()).unwrap();
        assert!(article.contains("What to do:") || code.as_str() == "already_enabled", "{article}");
        assert!(article.contains(&format!("<span class=\"status\">{}</span>", code.status().as_u16())), "{article}");
    }
    assert!(page.contains("<strong>With it:</strong> <code>errors</code>: a list of"), "no members");
}
