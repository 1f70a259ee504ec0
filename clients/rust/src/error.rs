//! What can go wrong. Whatever it is, nobody is signed in by it.

use serde::Deserialize;

/// The factor was not proved.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Twinlock said no: decide by `problem.code` (docs/errors.md).
    #[error("refused with {status}: {problem}")]
    Refused {
        /// The status of HTTP.
        status: u16,
        /// The refusal as it came.
        problem: Box<Problem>,
    },
    /// There was no answer, however often it was tried.
    #[error("Twinlock did not answer: {0}")]
    Unreachable(String),
    /// Something answered, but not as Twinlock does: is the URL right?
    #[error("this is no answer of Twinlock: {0}")]
    BadAnswer(String),
    /// The result is about somebody else than the one who is signing in.
    #[error("the result is about {found}, not about {expected}")]
    WrongUser {
        /// Who is signing in.
        expected: String,
        /// Whom the result is about.
        found: String,
    },
    /// A browser came back that was not sent, or whose sign-in is over.
    #[error("no sign-in waits in this browser")]
    NotStarted,
}

impl Error {
    /// Why in one word, for deciding what to show: the code of a refusal, `unreachable`, `wrong_user` or `not_started`.
    pub fn word(&self) -> &str {
        match self {
            Self::Refused { problem, .. } => &problem.code,
            Self::Unreachable(_) | Self::BadAnswer(_) => "unreachable",
            Self::WrongUser { .. } => "wrong_user",
            Self::NotStarted => "not_started",
        }
    }

    /// The refusal, where it is one.
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Refused { problem, .. } => Some(problem),
            Self::Unreachable(_) | Self::BadAnswer(_) | Self::WrongUser { .. } | Self::NotStarted => None,
        }
    }
}

/// A refusal as it came (RFC 9457).
#[derive(Clone, Debug, Deserialize)]
pub struct Problem {
    /// Which: decide by it.
    pub code: String,
    /// What happened, in a sentence.
    #[serde(default)]
    pub detail: String,
    /// Where to find it in the log of Twinlock.
    pub request_id: Option<String>,
    /// Seconds to wait.
    pub retry_after: Option<u64>,
    /// Guesses that are left.
    pub attempts_left: Option<u32>,
    /// Why a code was not taken: `already_used`, `expired` or `clock_skew`.
    pub hint: Option<String>,
    /// Which fields are wrong, and why.
    #[serde(default)]
    pub errors: Vec<FieldFault>,
}

/// One field that is wrong.
#[derive(Clone, Debug, Deserialize)]
pub struct FieldFault {
    /// Which, as a JSON pointer (RFC 6901).
    pub pointer: String,
    /// Why.
    pub detail: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.detail, self.code)?;
        for FieldFault { pointer, detail } in &self.errors {
            write!(f, "; {pointer} {detail}")?;
        }
        self.request_id.iter().try_for_each(|id| write!(f, "; request {id}"))
    }
}
