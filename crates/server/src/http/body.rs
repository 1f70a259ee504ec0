//! Strict JSON bodies.
//!
//! One parser, one reading: an object without duplicate keys, without fields nobody asked for, shallow, small, and
//! there in time. A body type reads its own fields through [`Fields`], which gathers every fault before it refuses. The
//! faults name the place and what belongs there; they never repeat what was sent.

mod fields;
mod form;
mod strict;

use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, EXPECT, HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt as _;
use serde::Serialize;
use tokio::sync::{Semaphore, SemaphorePermit};

pub use fields::Fields;
pub use form::Form;

use super::Limits;
use crate::fault::Fault;
use crate::problem::{Problem, ProblemCode};

/// How much of a body that is too large is read and thrown away, so that its sender gets to read the refusal: closing a
/// connection with unread data resets it.
const DISCARDED_BYTES: usize = 16 * 1024 * 1024;

/// How long that may take.
const DISCARD_TIME: Duration = Duration::from_secs(2);

/// Room for the bodies of all connections together, in bytes: what a stranger begins to send is held until its end comes.
static ROOM: Semaphore = Semaphore::const_new(16 * 1024 * 1024);

/// What each body may hold without taking up room. Nearly all are smaller, so big ones are never in their way.
const SMALL: usize = 2 * 1024;

/// A body type that knows its fields.
pub trait ReadBody: Sized {
    /// Takes its fields. After a fault the value is thrown away, so placeholders do no harm.
    fn read(fields: &mut Fields) -> Self;
}

/// A strict JSON body, or a JSON answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Json<T>(pub T);

impl<S: Sync, T: ReadBody> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        strict_body(request, |_| ()).await.map(|(value, ())| Self(value))
    }
}

/// Reads a strict body, and hands its bytes to `also` as they came.
pub(super) async fn strict_body<T: ReadBody, A>(
    request: Request,
    also: impl FnOnce(&[u8]) -> A,
) -> Result<(T, A), Problem> {
    if request.uri().query().is_some_and(|query| !query.is_empty()) {
        // What is secret in a body would be logged by every proxy if it were accepted in the address.
        return Err(Problem::invalid_at("", "this call takes no query string"));
    }
    let limits = request.extensions().get::<Limits>().copied().unwrap_or_default();
    let (parts, body) = request.into_parts();
    let Whole { bytes, room: _room } = read(&parts.headers, body, &limits, &ROOM).await?;
    check_type(&parts.headers, bytes.is_empty())?;
    let mut fields = Fields::new(strict::parse_object(&bytes)?);
    let value = T::read(&mut fields);
    fields.finish()?;
    Ok((value, also(&bytes)))
}

/// A body as it came, for those who check a signature over it.
pub struct Raw(pub Bytes);

impl<S: Sync> FromRequest<S> for Raw {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let limits = request.extensions().get::<Limits>().copied().unwrap_or_default();
        let (parts, body) = request.into_parts();
        Ok(Self(read(&parts.headers, body, &limits, &ROOM).await?.bytes))
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(body) => ([(CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response(),
            Err(error) => Fault::new("the answer could not be written as JSON", error).into_response(),
        }
    }
}

/// An empty body needs no type: it stands for `{}`. Everything else must say `application/json`, which no form of
/// another site can.
fn check_type(headers: &HeaderMap, empty: bool) -> Result<(), Problem> {
    let refused = || Problem::new(ProblemCode::UnsupportedMediaType);
    if headers.get(CONTENT_ENCODING).is_some_and(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(refused().detail("Compressed bodies are not accepted."));
    }
    let mut kinds = headers.get_all(CONTENT_TYPE).iter();
    match (kinds.next(), kinds.next()) {
        (None, _) if empty => Ok(()),
        (Some(kind), None) if is_json(kind) => Ok(()),
        _ => Err(refused()),
    }
}

/// `application/json`, optionally with `charset=utf-8`.
fn is_json(kind: &HeaderValue) -> bool {
    let Ok(kind) = kind.to_str() else { return false };
    let mut parts = kind.split(';').map(str::trim);
    parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case("application/json"))
        && parts.all(|parameter| {
            matches!(parameter.to_ascii_lowercase().as_str(), "" | "charset=utf-8" | "charset=\"utf-8\"")
        })
}

/// A whole body, and the room it takes up until this is dropped.
struct Whole<'a> {
    bytes: Bytes,
    room: Option<SemaphorePermit<'a>>,
}

/// Reads a whole body within its limits of size and time, where there is room for it.
async fn read<'a>(headers: &HeaderMap, body: Body, limits: &Limits, room: &'a Semaphore) -> Result<Whole<'a>, Problem> {
    let announced = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    let announced_too_large = announced.is_some_and(|length| length > limits.body_bytes as u64);
    let mut stream = body.into_data_stream();
    if !announced_too_large {
        match tokio::time::timeout(limits.body_time, collect(&mut stream, limits.body_bytes, room)).await {
            Err(_) => return Err(Problem::new(ProblemCode::RequestTimeout)),
            Ok(Err(problem)) => return Err(problem),
            Ok(Ok(Some(whole))) => return Ok(whole),
            Ok(Ok(None)) => {}
        }
    }
    // A sender that waits for "100 Continue" has sent nothing yet, and reading would ask it to.
    if !(announced_too_large && headers.contains_key(EXPECT)) {
        // Whether it came to its end in time makes no difference to the answer.
        let _ = tokio::time::timeout(DISCARD_TIME, discard(&mut stream)).await;
    }
    Err(Problem::new(ProblemCode::BodyTooLarge))
}

/// The whole body, or `None` as soon as it is larger than `limit`. Room is taken as the bytes come: an announced length
/// costs its sender nothing.
async fn collect<'a>(
    stream: &mut BodyDataStream,
    limit: usize,
    room: &'a Semaphore,
) -> Result<Option<Whole<'a>>, Problem> {
    let mut collected = Vec::new();
    let mut taken: Option<SemaphorePermit<'a>> = None;
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|_| Problem::invalid_at("", "the body could not be read to its end"))?;
        if collected.len() + chunk.len() > limit {
            return Ok(None);
        }
        let has = taken.as_ref().map_or(0, SemaphorePermit::num_permits);
        let needed = (collected.len() + chunk.len()).saturating_sub(SMALL + has);
        if needed > 0 {
            let full = |_| Problem::new(ProblemCode::Unavailable);
            let more = room.try_acquire_many(u32::try_from(needed).unwrap_or(u32::MAX)).map_err(full)?;
            match &mut taken {
                Some(taken) => taken.merge(more),
                None => taken = Some(more),
            }
        }
        collected.extend_from_slice(&chunk);
    }
    Ok(Some(Whole { bytes: collected.into(), room: taken }))
}

async fn discard(stream: &mut BodyDataStream) {
    let mut discarded = 0;
    while let Some(Ok(chunk)) = stream.next().await {
        discarded += chunk.len();
        if discarded > DISCARDED_BYTES {
            break;
        }
    }
}

#[cfg(test)]
mod tests;
