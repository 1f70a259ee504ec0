//! What comes back when a message is handed to a transport: a [`Receipt`], or a [`SendFailure`].
//!
//! The three failures differ in what the caller may do next. After [`Permanent`](SendFailure::Permanent) a further try
//! to the same destination is wasted; after [`Passing`](SendFailure::Passing) nothing was sent and any transport may
//! try again; after [`Unknown`](SendFailure::Unknown) the message may have been sent, so a further try may be a
//! duplicate and must carry the same code.
//!
//! Invariant: a reason is short, names what went wrong and never an address, a number, a code or a credential, so it
//! may be logged and stored. What a foreign server said comes into it through [`sanitized`] only.

use std::time::Duration;

/// A transport took the message over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    /// What the provider calls the message, where it names it: the key its later reports carry.
    pub provider_id: Option<String>,
}

/// A transport did not take the message over, or nobody knows whether it did.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendFailure {
    /// This destination, or this message, will never be taken.
    #[error("{reason}")]
    Permanent {
        /// Why.
        reason: String,
    },
    /// Certainly not sent, and later or elsewhere it may be.
    #[error("{reason}")]
    Passing {
        /// Why.
        reason: String,
        /// How long the provider asks to be left alone, where it says so.
        retry_after: Option<Duration>,
    },
    /// The answer was lost: it may have been sent.
    #[error("{reason}")]
    Unknown {
        /// Why.
        reason: String,
    },
}

impl SendFailure {
    /// Never to be taken, because of `reason`.
    pub fn permanent(reason: impl Into<String>) -> Self {
        Self::Permanent { reason: reason.into() }
    }

    /// Not sent, because of `reason`; nobody said how long to wait.
    pub fn passing(reason: impl Into<String>) -> Self {
        Self::Passing { reason: reason.into(), retry_after: None }
    }

    /// Perhaps sent: the answer was lost, because of `reason`.
    pub fn unknown(reason: impl Into<String>) -> Self {
        Self::Unknown { reason: reason.into() }
    }

    /// Why, in words that may be logged and stored.
    pub fn reason(&self) -> &str {
        match self {
            Self::Permanent { reason } | Self::Passing { reason, .. } | Self::Unknown { reason } => reason,
        }
    }
}

/// The longest part of a foreign server's words that is kept, in characters.
const LONGEST_WORDS: usize = 120;

/// What a foreign server said, fit for logs: one line, short, and without anything that may be an address, a number,
/// a code or a token. Words with an `@` or with four or more digits in a row go whole.
pub(crate) fn sanitized(words: &str) -> String {
    let mut kept = String::new();
    for word in words.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        let shown = if tells_too_much(word) { "…" } else { word };
        if kept.chars().count() + shown.chars().count() + 1 > LONGEST_WORDS {
            break;
        }
        if !kept.is_empty() {
            kept.push(' ');
        }
        kept.extend(shown.chars().filter(|c| c.is_ascii_graphic() || *c == '…'));
    }
    kept
}

fn tells_too_much(word: &str) -> bool {
    let mut digits = 0;
    word.chars().any(|c| {
        digits = if c.is_numeric() { digits + 1 } else { 0 };
        c == '@' || digits >= 4
    }) || word.chars().count() > 40
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_server_lose_addresses_numbers_and_control_characters() {
        assert_eq!(sanitized("5.1.1 <ada@example.com>: no such\r\nuser"), "5.1.1 … no such user");
        assert_eq!(sanitized("code 314159 to +447700900123 \u{1b}[31mred"), "code … to … [31mred");
        assert_eq!(sanitized(&"word ".repeat(90)).chars().count(), 119);
        assert_eq!(sanitized(&"A".repeat(90)), "…");
    }

    #[test]
    fn every_failure_tells_its_reason() {
        for failure in [SendFailure::permanent("no"), SendFailure::passing("no"), SendFailure::unknown("no")] {
            assert_eq!((failure.reason(), failure.to_string().as_str()), ("no", "no"));
        }
    }
}
