//! The one line an operator sees when a setting is wrong.

use std::fmt::Write as _;

/// A setting the server does not start with. `Display` is exactly one line and never shows a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

impl ConfigError {
    /// A value that is wrong by itself; `value` is left out when it is a secret.
    pub(super) fn value(place: &str, value: Option<&str>, fault: &str, example: &str) -> Self {
        let shown = value.map_or_else(|| String::from("the value"), quoted);
        Self(format!("{place}: {shown} {fault}; example: {example}"))
    }

    /// A value that is wrong only beside another one, and what to do about it.
    pub(super) fn together(name: &str, fault: &str, remedy: &str) -> Self {
        Self(format!("{name}: {fault}; {remedy}"))
    }

    /// A setting nobody knows, with the nearest known name.
    pub(super) fn unknown(place: &str, nearest: Option<&str>) -> Self {
        let mut line = format!("{place}: there is no such setting");
        if let Some(name) = nearest {
            // Writing to a String cannot fail.
            let _ = write!(line, "; did you mean {name}?");
        }
        Self(line)
    }
}

/// The value between quotes on one line, with control characters escaped, cut where it gets long.
fn quoted(value: &str) -> String {
    const LONGEST: usize = 80;
    let mut short: String = value.chars().take(LONGEST).collect();
    if short.len() < value.len() {
        short.push('…');
    }
    format!("{short:?}")
}
