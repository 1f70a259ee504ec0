//! The server's own failure to answer.
//!
//! Two audiences: the operator reads the sentence of context and every source below it in the log; the caller gets
//! `unavailable` and a request id, and nothing of what went wrong inside.

use std::borrow::Cow;
use std::error::Error;

use axum::response::{IntoResponse, Response};

use store::StoreError;

use crate::problem::{Problem, ProblemCode};

/// What failed while we tried to answer, and why.
#[derive(Debug, thiserror::Error)]
#[error("{context}")]
pub struct Fault {
    context: Cow<'static, str>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl Fault {
    /// A failure with its cause. `context` says what was being done, in one sentence without user data.
    pub fn new(context: impl Into<Cow<'static, str>>, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { context: context.into(), source: Some(source.into()) }
    }

    /// A failure without a further cause.
    pub fn plain(context: impl Into<Cow<'static, str>>) -> Self {
        Self { context: context.into(), source: None }
    }

    /// The causes below this one, outermost first, in one line.
    pub fn causes(&self) -> String {
        let mut causes = Vec::new();
        let mut next = self.source();
        while let Some(cause) = next {
            causes.push(cause.to_string());
            next = cause.source();
        }
        causes.join(": ")
    }
}

impl From<Fault> for Problem {
    /// The one place where a fault is logged: on its way out of the request it broke.
    fn from(fault: Fault) -> Self {
        tracing::error!(context = %fault, causes = %fault.causes(), "the request could not be answered");
        Problem::new(ProblemCode::Unavailable)
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        Problem::from(self).into_response()
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::new("the store did not do what was asked", error)
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Fault::from(error).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_tells_the_operator_everything_and_the_caller_nothing() {
        let error =
            StoreError::Corrupt { table: "factors".into(), column: "secret".into(), reason: "too short".into() };
        let fault = Fault::from(error);
        assert_eq!(fault.to_string(), "the store did not do what was asked");
        assert_eq!(fault.causes(), "unreadable value in factors.secret: too short");

        let problem = Problem::from(fault);
        assert_eq!(problem.code(), ProblemCode::Unavailable);
        let shown = serde_json::to_string(problem.document()).unwrap();
        assert!(!shown.contains("factors") && !shown.contains("store"), "{shown}");
    }
}
