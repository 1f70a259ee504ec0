//! What every answer has: a request id, security headers, one shape of refusal, a line in the log, a measurement.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument as _;

use super::{HttpContext, headers, request_id};
use crate::problem;

/// The route a request took, for labels: the pattern, never the path, which has ids in it.
#[derive(Clone)]
struct Route(MatchedPath);

/// Wraps the whole of a request.
pub(super) async fn apply(State(context): State<HttpContext>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = context.0.request_ids.id(request.headers());
    let method = method_label(request.method());
    let span = tracing::info_span!("request", request_id = id.as_str(), method);
    request.extensions_mut().insert(id.clone());
    let mut response = next.run(request).instrument(span.clone()).await;

    let route = response.extensions_mut().remove::<Route>();
    let mut response = problem::adopt(response, id.as_str());
    headers::add(response.headers_mut(), context.site().is_https());
    response.headers_mut().insert(request_id::NAME, id.header());
    let status = response.status().as_u16();
    let route = route.as_ref().map_or("none", |Route(path)| path.as_str());
    let took = started.elapsed();
    span.in_scope(|| tracing::debug!(route, status, took_us = took.as_micros(), "answered"));
    metrics::counter!("http_requests_total", "method" => method, "route" => route.to_owned(), "status" => status.to_string()).increment(1);
    metrics::histogram!("http_request_duration_seconds", "method" => method, "route" => route.to_owned()).record(took);
    response
}

/// Notes the route in the answer, where [`apply`] finds it: routing happens further in.
pub(super) async fn note_route(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let mut response = next.run(request).await;
    if let Some(route) = route {
        response.extensions_mut().insert(Route(route));
    }
    response
}

/// A fixed set of labels, whatever callers invent.
fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
