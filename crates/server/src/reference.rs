//! The reference page of the API, drawn from the OpenAPI document: each call with who may make it, what it takes, what it
//! answers and refuses, and an example. It needs neither scripts nor anything from elsewhere, so it works offline.
//!
//! What a call is comes from the document, and what a refusal means from `docs/errors.md`: nothing is said here a second
//! time. A call whose document says too little has a poor entry; mend the document.

mod call;
mod field;
mod prose;
mod refusal;

use std::collections::BTreeMap;

use askama::Template;
use serde_json::Value;

use crate::fault::Fault;
use crate::openapi;
use call::Call;
use prose::{Prose, Targets};
use refusal::Explained;

/// The style sheet of the page.
pub(crate) const STYLE: &str = include_str!("../assets/reference.css");

/// The methods in the order in which they make sense.
const METHODS: [&str; 4] = ["GET", "POST", "PATCH", "DELETE"];

/// The whole page.
#[derive(Template)]
#[template(path = "reference.html")]
struct Page {
    version: String,
    /// What the document says about the API, a paragraph each.
    about: Vec<Prose>,
    groups: Vec<Group>,
    refusals: Vec<Explained>,
}

/// The page of one refusal: where `type` of its problem document leads.
#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage {
    refusal: Explained,
}

/// Calls that belong together.
struct Group {
    id: String,
    name: String,
    about: Prose,
    calls: Vec<Call>,
}

/// Draws the page, its examples with the address people see.
pub(crate) fn page(base_url: &str) -> Result<String, Fault> {
    let document = serde_json::to_value(openapi::document())
        .map_err(|error| Fault::new("the OpenAPI document could not be read", error))?;
    let page = Page::of(&document, base_url);
    page.render().map_err(|error| Fault::new("the reference page could not be written", error))
}

/// Draws a page for each refusal, by its code.
pub(crate) fn problems() -> Result<BTreeMap<String, String>, Fault> {
    let rows = refusal::rows();
    let targets = Targets::of_problems(rows.iter().map(|row| row.code.as_str()));
    let drawn = rows.into_iter().map(|row| {
        let page = ProblemPage { refusal: row.explain(&targets) };
        let html = page.render().map_err(|error| Fault::new("the page of a refusal could not be written", error))?;
        Ok((page.refusal.code, html))
    });
    drawn.collect()
}

impl Page {
    fn of(document: &Value, base_url: &str) -> Self {
        let explained = refusal::rows();
        let targets = Targets::of(document, explained.iter().map(|row| row.code.as_str()));
        let mut calls = call::all(document, base_url, &targets);
        // A document has no order; the table of refusals has the one in which people meet the calls.
        calls.sort_by_key(|call| {
            let place = openapi::refusals().position(|(path, _)| *path == call.path);
            (place, METHODS.iter().position(|method| *method == call.method))
        });
        let tags = document["tags"].as_array().map(Vec::as_slice).unwrap_or_default();
        let mut groups: Vec<Group> = tags
            .iter()
            .map(|tag| {
                let name = text(&tag["name"]);
                let own = calls.extract_if(.., |call| call.tag == name).collect();
                Group::of(&name, targets.prose(&text(&tag["description"])), own)
            })
            .collect();
        if !calls.is_empty() {
            groups.push(Group::of("further", targets.prose("What belongs to no group."), calls));
        }
        Self {
            version: text(&document["info"]["version"]),
            about: targets.paragraphs(&text(&document["info"]["description"])),
            groups,
            refusals: explained.into_iter().map(|row| row.explain(&targets)).collect(),
        }
    }
}

impl Group {
    fn of(name: &str, about: Prose, calls: Vec<Call>) -> Self {
        let mut letters = name.chars();
        let first = letters.next().map(|first| first.to_ascii_uppercase());
        let shown = first.into_iter().chain(letters).collect();
        Self { id: prose::anchor(name), name: shown, about, calls }
    }
}

/// The text of a member, or nothing.
fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests;
