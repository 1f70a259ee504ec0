//! Sentences with words in backticks, as documents have them. A word that names a call or a refusal leads there; but a code
//! that is a plain word (`unavailable`) may mean something else in a sentence, and leads nowhere.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::problem::kind;

/// A sentence in pieces. The template escapes them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Prose(pub(super) Vec<Piece>);

/// A piece of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) text: String,
    /// A word to be typed or compared as it stands.
    pub(super) code: bool,
    /// Where on the page it is explained.
    pub(super) target: Option<String>,
}

/// What can be pointed at: the word in backticks, and its place on the page.
#[derive(Debug, Default)]
pub(super) struct Targets(BTreeMap<String, String>);

impl Targets {
    /// The calls of a document, and refusals by their codes.
    pub(super) fn of<'a>(document: &Value, codes: impl Iterator<Item = &'a str>) -> Self {
        let mut targets: BTreeMap<String, String> =
            codes.filter(|code| code.contains('_')).map(|code| (code.to_owned(), format!("refusal-{code}"))).collect();
        for (path, item) in document["paths"].as_object().into_iter().flatten() {
            for method in item.as_object().into_iter().flatten().map(|(method, _)| method) {
                let place = place(method, path);
                targets.insert(format!("{} {path}", method.to_uppercase()), place.clone());
                targets.entry(path.clone()).or_insert(place);
            }
        }
        Self(targets)
    }

    /// Refusals by their codes, each on a page of its own.
    pub(super) fn of_problems<'a>(codes: impl Iterator<Item = &'a str>) -> Self {
        Self(codes.filter(|code| code.contains('_')).map(|code| (code.to_owned(), kind(code))).collect())
    }

    /// The sentence with its words told apart.
    pub(super) fn prose(&self, text: &str) -> Prose {
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let pieces = line.split('`').enumerate().filter(|(_, piece)| !piece.is_empty());
        let pieces = pieces.map(|(number, piece)| {
            let code = number % 2 == 1;
            let target = self.0.get(piece).filter(|_| code).cloned();
            Piece { text: piece.to_owned(), code, target }
        });
        Prose(pieces.collect())
    }

    /// Sentences with an empty line between paragraphs.
    pub(super) fn paragraphs(&self, text: &str) -> Vec<Prose> {
        text.split("\n\n").map(|paragraph| self.prose(paragraph)).collect()
    }
}

impl Prose {
    /// Whether it says nothing.
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Where a call stands on the page.
pub(super) fn place(method: &str, path: &str) -> String {
    format!("{method}-{}", anchor(path))
}

/// A text as an anchor: its letters and digits, the rest as single dashes.
pub(super) fn anchor(text: &str) -> String {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-").to_ascii_lowercase()
}
