//! What no endpoint should have to think about: size, method, host and path are settled here, before routing.

use axum::extract::{Request, State};
use axum::http::header::{self, HeaderValue};
use axum::http::{HeaderMap, Method, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::locale::Locale;

use super::client::{Client, Peer};
use super::cookies::Cookie;
use super::{HttpContext, path};
use crate::fault::Fault;
use crate::problem::{Problem, ProblemCode};

/// Refuses the request, or lets it in with its path normalized and its [`Client`] known.
pub(super) async fn apply(State(context): State<HttpContext>, mut request: Request, next: Next) -> Response {
    match admit(&context, &mut request) {
        Ok(()) => {}
        Err(problem) => return problem.into_response(),
    }
    let limit = context.limits().request_time;
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Fault::plain("no answer was ready in time").into_response(),
    }
}

fn admit(context: &HttpContext, request: &mut Request) -> Result<(), Problem> {
    let limits = *context.limits();
    check_size(request.headers(), &limits)?;
    check_method(request.method())?;
    let uri = path::normalize(request.uri()).ok_or_else(|| Problem::new(ProblemCode::NotFound))?;
    if !is_the_same_for_every_host(uri.path()) {
        check_host(context, &uri, request.headers())?;
    }
    let Some(Peer(peer)) = request.extensions().get::<Peer>().copied() else {
        return Err(Fault::plain("the listener did not name the other end of the connection").into());
    };
    let mut client = Client::of(peer.ip(), request.headers(), &context.0.trusted_proxies);
    let chosen = context.site().cookies().read(Cookie::Language, request.headers());
    client.locale = chosen.and_then(|tag| Locale::of(&tag)).or(client.locale);
    *request.uri_mut() = uri;
    request.extensions_mut().insert(client);
    request.extensions_mut().insert(limits);
    Ok(())
}

/// What knows no visitor and no link to this server, and is asked for by address inside a network (a probe, an operator).
fn is_the_same_for_every_host(path: &str) -> bool {
    matches!(path, "/healthz" | "/readyz" | "/metrics" | "/docs" | "/docs/reference.css" | "/openapi.json")
}

fn check_size(headers: &HeaderMap, limits: &super::Limits) -> Result<(), Problem> {
    let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if headers.len() > limits.header_fields || bytes > limits.header_bytes {
        return Err(Problem::new(ProblemCode::HeadersTooLarge));
    }
    Ok(())
}

/// Methods that would reach no handler but must not depend on the router either.
fn check_method(method: &Method) -> Result<(), Problem> {
    if *method == Method::TRACE || *method == Method::CONNECT {
        let allow = HeaderValue::from_static("GET, HEAD, POST, PATCH, DELETE");
        return Err(Problem::new(ProblemCode::MethodNotAllowed).header(header::ALLOW, allow));
    }
    Ok(())
}

/// Every name the request gives us must be ours: the target's own (HTTP/2, absolute form) and the `Host` header.
fn check_host(context: &HttpContext, uri: &Uri, headers: &HeaderMap) -> Result<(), Problem> {
    let refused = || Problem::new(ProblemCode::MisdirectedRequest);
    let mut named = headers.get_all(header::HOST).iter();
    let header = named.next();
    if named.next().is_some() {
        return Err(refused());
    }
    let header = header.map(|value| value.to_str().map_err(|_| refused())).transpose()?;
    let target = uri.authority().map(axum::http::uri::Authority::as_str);
    if header.is_none() && target.is_none() {
        return Err(refused());
    }
    let ours = |host: Option<&str>| host.is_none_or(|host| context.site().is_host(host));
    if ours(header) && ours(target) { Ok(()) } else { Err(refused()) }
}
