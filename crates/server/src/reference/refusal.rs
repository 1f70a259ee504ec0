//! Refusals, explained in the words of `docs/errors.md`, which a test holds against the codes.

use super::prose::{Prose, Targets};
use crate::problem::ProblemCode;

const DOCUMENT: &str = include_str!("../../../../docs/errors.md");

/// A row of the table, as it stands there.
pub(super) struct Row {
    pub(super) code: String,
    status: u16,
    title: &'static str,
    happened: String,
    remedy: String,
    members: String,
}

/// A refusal on the page.
pub(super) struct Explained {
    pub(super) code: String,
    pub(super) status: u16,
    pub(super) title: &'static str,
    pub(super) happened: Prose,
    pub(super) remedy: Prose,
    pub(super) members: Prose,
}

/// Every code, in the order of the code; with nothing but its sentence where the document has no row.
pub(super) fn rows() -> Vec<Row> {
    ProblemCode::ALL
        .iter()
        .map(|code| {
            let name = format!("`{}`", code.as_str());
            let cells = DOCUMENT
                .lines()
                .filter_map(|line| line.strip_prefix('|')?.strip_suffix('|'))
                .map(|line| line.split('|').map(str::trim).collect::<Vec<_>>())
                .find(|cells| cells.get(1).is_some_and(|cell| *cell == name));
            let cell = |at: usize| {
                let cell = cells.as_ref().and_then(|cells| cells.get(at)).copied().unwrap_or_default();
                sentence(cell)
            };
            let happened = Some(cell(2)).filter(|text| !text.is_empty()).unwrap_or_else(|| code.sentence().to_owned());
            Row {
                code: code.as_str().to_owned(),
                status: code.status().as_u16(),
                title: code.title(),
                happened,
                remedy: cell(3),
                members: cell(4),
            }
        })
        .collect()
}

/// A cell as a sentence of its own.
fn sentence(cell: &str) -> String {
    let mut letters = cell.chars();
    let Some(first) = letters.next() else { return String::new() };
    let end = if cell.ends_with(['.', '`', ')']) { "" } else { "." };
    format!("{}{}{end}", first.to_uppercase(), letters.as_str())
}

impl Row {
    /// With its words leading to what they name.
    pub(super) fn explain(self, targets: &Targets) -> Explained {
        Explained {
            happened: targets.prose(&self.happened),
            remedy: targets.prose(&self.remedy),
            members: targets.prose(&self.members),
            code: self.code,
            status: self.status,
            title: self.title,
        }
    }
}
