//! How often a key may call: counted before anything else is done for it, and told with every answer (`RateLimit` fields, as in
//! the IETF's draft-ietf-httpapi-ratelimit-headers).

use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::caller::{AdminKeyed, Keyed, admin_key, api_key};
use crate::api_keys::Quota;
use crate::app::App;
use crate::problem::{Problem, ProblemCode};

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const STATE: HeaderName = HeaderName::from_static("ratelimit");

/// Counts a call with the key of an application.
pub(super) async fn of_applications(State(app): State<App>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    // Nobody's key is counted for nobody: the call is refused further in.
    let known = Keyed::from_request_parts(&mut parts, &app).await.is_ok();
    let quota = api_key(&parts).filter(|_| known).and_then(|key| app.api_keys.count(&key));
    counted(quota, Request::from_parts(parts, body), next).await
}

/// Counts a call with a key of the administration.
pub(super) async fn of_the_administration(State(app): State<App>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let known = AdminKeyed::from_request_parts(&mut parts, &app).await.is_ok();
    let quota = admin_key(&parts).filter(|_| known).and_then(|key| app.admin_keys.count(&key));
    counted(quota, Request::from_parts(parts, body), next).await
}

async fn counted(quota: Option<Quota>, request: Request, next: Next) -> Response {
    let Some(quota) = quota else { return next.run(request).await };
    let mut answer = if quota.spent {
        Problem::retry_after(ProblemCode::TooManyAttempts, quota.seconds.max(1))
            .detail("This API key has made too many calls within a minute.")
            .into_response()
    } else {
        next.run(request).await
    };
    for (name, value) in fields(quota) {
        // A refusal is written anew further out, with the fields it knows of.
        if let Some(problem) = answer.extensions_mut().remove::<Problem>() {
            answer.extensions_mut().insert(problem.header(name.clone(), value.clone()));
        }
        answer.headers_mut().insert(name, value);
    }
    answer
}

fn fields(quota: Quota) -> [(HeaderName, HeaderValue); 2] {
    let text = |text: String| HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""));
    let policy = text(format!("\"key\";q={};w=60", quota.limit));
    [(POLICY, policy), (STATE, text(format!("\"key\";r={};t={}", quota.left, quota.seconds)))]
}
