//! The reference page of the API: whole, offline, and as strict as any page.

use std::collections::BTreeSet;

use crate::database::Database;
use crate::harness::World;

/// What stands between `start` and `end`, each time.
fn between<'a>(text: &'a str, start: &'a str, end: char) -> impl Iterator<Item = &'a str> {
    text.split(start).skip(1).filter_map(move |rest| rest.split(end).next())
}

/// nothing inline, nothing foreign, no script at all; and nothing that leads nowhere.
async fn the_reference_stands_alone(database: Database) {
    let world = World::on(database).without_test_mode().start().await;
    let browser = world.browser();
    let page = browser.get("/docs").await.expect(200);
    assert_eq!(page.text, browser.get("/docs/").await.expect(200).text);
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    let policy = page.header("content-security-policy").unwrap_or_default();
    let directives: BTreeSet<&str> = policy.split(';').map(str::trim).collect();
    let strict =
        ["default-src 'none'", "style-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"];
    assert_eq!(directives, BTreeSet::from(strict));
    for (name, value) in
        [("x-content-type-options", "nosniff"), ("x-frame-options", "DENY"), ("referrer-policy", "no-referrer")]
    {
        assert_eq!(page.header(name), Some(value), "{name}");
    }
    assert!(page.cookies().is_empty());

    let html = page.text.to_lowercase();
    for inline in ["<script", "<style", " style=", " onclick", " onload", "javascript:", "<form", "<iframe", "<img"] {
        assert!(!html.contains(inline), "{inline}");
    }
    let origins: BTreeSet<&str> = between(&page.text, "http", '/').collect();
    assert!(origins.iter().all(|rest| matches!(*rest, ":" | "s:")), "{origins:?}");
    let mut hosts: BTreeSet<&str> = between(&page.text, "://", '/').collect();
    hosts.remove(world.host());
    // Examples show addresses of an application; RFC 2606 section 3 keeps these names for that.
    hosts.retain(|host| !host.ends_with(".example.com"));
    assert_eq!(hosts, BTreeSet::new(), "an origin that is not ours");

    let ids: Vec<&str> = between(&page.text, " id=\"", '"').collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "an id twice");
    for target in between(&page.text, " href=\"", '"') {
        if let Some(place) = target.strip_prefix('#') {
            assert!(ids.contains(&place), "nothing at {target}");
        } else {
            assert!(target.starts_with('/') && !target.starts_with("//"), "{target}");
            browser.get(target).await.expect(200);
        }
    }
    let style = browser.get("/docs/reference.css").await.expect(200);
    assert_eq!(style.header("content-type"), Some("text/css; charset=utf-8"));
    assert!(!style.text.contains("url(") && !style.text.contains("@import"), "{}", style.text);
}

/// Issue 3: every call of the OpenAPI document is there, with each of its fields and refusals.
async fn every_call_is_in_the_reference(database: Database) {
    let world = World::start(database).await;
    let browser = world.browser();
    let document = browser.get("/openapi.json").await.expect(200).json;
    let page = browser.get("/docs").await.expect(200).text;
    let mut calls = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            calls += 1;
            let heading = format!(
                "<span class=\"method\">{}</span> <span class=\"path\">{path}</span></h3>",
                method.to_uppercase()
            );
            let article = page.split(&heading).nth(1).and_then(|rest| rest.split("</article>").next());
            let article = article.unwrap_or_else(|| panic!("{method} {path} is not there"));
            for part in ["<h4>Who may call</h4>", "<h4>Answer</h4>", "<h4>Refusals</h4>", "<h4>Example</h4>", "curl "] {
                assert!(article.contains(part), "{method} {path} lacks {part}");
            }
            let body = operation.pointer("/requestBody/content/application~1json/schema/$ref");
            if let Some(name) = body.and_then(|place| place.as_str()?.rsplit('/').next()) {
                let schema = &document["components"]["schemas"][name]["properties"];
                for field in schema.as_object().into_iter().flatten().map(|(field, _)| field) {
                    assert!(article.contains(&format!("<dt><code>{field}</code>")), "{method} {path}: {field}");
                }
            }
            for (status, response) in operation["responses"].as_object().unwrap() {
                let words = response["description"].as_str().unwrap();
                if status.starts_with('2') {
                    assert!(article.contains(&format!("<strong>{status}</strong>")), "{method} {path}: {status}");
                    continue;
                }
                for code in words.split('`').skip(1).step_by(2) {
                    assert!(article.contains(&format!("href=\"#refusal-{code}\"")), "{method} {path}: {code}");
                }
            }
        }
    }
    assert!(calls > 30, "{calls}");
}

/// Issue 7: where `type` of a problem leads, it is explained what happened and what to do; for each code, and by nothing else.
async fn every_refusal_has_its_page(database: Database) {
    let world = World::on(database).without_test_mode().start().await;
    let browser = world.browser();
    let document = browser.get("/openapi.json").await.expect(200).json;
    let codes = document["components"]["schemas"]["ProblemCode"]["enum"].as_array().unwrap();
    assert!(codes.len() > 30, "{codes:?}");
    for code in codes.iter().map(|code| code.as_str().unwrap()) {
        let page = browser.get(&format!("/problems/{code}")).await.expect(200);
        assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"), "{code}");
        assert!(page.header("content-security-policy").unwrap_or_default().starts_with("default-src 'none';"));
        assert!(page.cookies().is_empty() && page.text.contains(&format!("<h1><code>{code}</code>")), "{}", page.text);
        let told = page.text.split("<h2>What happened</h2>").nth(1).unwrap();
        assert!(told.split("</p>").next().unwrap().len() > 20, "{code}: {told}");
        if !["internal_error", "not_found"].contains(&code) {
            assert!(told.contains("<h2>What to do</h2>") || code == "already_enabled", "{code}: {told}");
        }
        for target in between(&page.text, " href=\"", '"') {
            assert!(target.starts_with("/problems/"), "{code}: {target}");
            browser.get(target).await.expect(200);
        }
    }
    let refused = browser.get("/v1/challenges/none").await.refused(401, "api_key_invalid");
    assert!(browser.get(&refused.text_at("/type")).await.expect(200).text.contains("API key"));
    for nothing in ["/problems/nonsense", "/problems/", "/problems/..%2fopenapi.json"] {
        browser.get(nothing).await.refused(404, "not_found");
    }
}

on_sqlite![the_reference_stands_alone, every_call_is_in_the_reference, every_refusal_has_its_page];
