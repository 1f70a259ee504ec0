//! The name of one request, in our logs, in refusals and in the header of the answer.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::{HeaderMap, HeaderName, HeaderValue};

/// The header that carries it, both ways.
pub(super) const NAME: HeaderName = HeaderName::from_static("x-request-id");

/// The id of this request, as an extension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// The id as text: letters, digits and dashes.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn header(&self) -> HeaderValue {
        HeaderValue::from_str(&self.0).unwrap_or(HeaderValue::from_static(""))
    }
}

/// Makes ids: a number of this process and a count. Unique is all they have to be; nobody gains by guessing one.
pub(super) struct Source {
    process: u64,
    count: AtomicU64,
}

impl Source {
    pub(super) fn new() -> Self {
        Self { process: RandomState::new().build_hasher().finish(), count: AtomicU64::new(0) }
    }

    /// The caller's own id if it is harmless, otherwise a new one.
    pub(super) fn id(&self, headers: &HeaderMap) -> RequestId {
        let theirs = headers.get(NAME).and_then(|value| value.to_str().ok()).filter(|id| is_harmless(id));
        RequestId(match theirs {
            Some(id) => id.into(),
            None => format!("{:016x}{:016x}", self.process, self.count.fetch_add(1, Ordering::Relaxed)).into(),
        })
    }
}

/// `[A-Za-z0-9-]{8,64}`: nothing that could forge a log line.
fn is_harmless(id: &str) -> bool {
    (8..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}
