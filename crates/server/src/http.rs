//! The HTTP edge: what every request and every answer has in common.
//!
//! [`layers`] wraps a router of endpoints. From the outside in: request id, log line, security headers and the shape
//! of refusals ([`manners`]); panics; then the gate ([`gate`]) that refuses what no endpoint should see and resolves
//! who is calling; then the router. There is no CORS on purpose: no other site has any business here.

pub mod admin_api;
pub mod auth;
pub mod body;
pub mod caller;
pub mod client;
pub mod cookies;
pub mod csrf;
mod dev_mailbox;
mod gate;
mod headers;
pub mod health;
mod hooks;
mod key_limit;
pub mod limits;
pub mod listen;
mod manners;
mod pages;
mod path;
mod reference;
mod request_id;
pub mod routes;
pub mod site;
mod test_mode;
pub mod v1;

use std::any::Any;
use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;

pub use body::{Fields, Form, Json, ReadBody};
pub use client::{Client, Peer};
pub use headers::PAGE_CSP;
pub use limits::Limits;
pub use request_id::RequestId;
pub use site::Site;

use crate::config::{Config, Network};
use crate::problem::{Problem, ProblemCode};

/// What the edge has to know, shared by every request.
#[derive(Clone)]
pub struct HttpContext(Arc<Context>);

struct Context {
    site: Site,
    pages: Arc<pages::Look>,
    trusted_proxies: Vec<Network>,
    limits: Limits,
    request_ids: request_id::Source,
}

impl HttpContext {
    /// The edge of this installation. Read the configuration after the listener is bound: its port names a host.
    pub fn new(config: &Config, limits: Limits) -> Self {
        Self(Arc::new(Context {
            site: Site::of(config),
            pages: pages::Look::of(config),
            trusted_proxies: config.trusted_proxies.clone(),
            limits,
            request_ids: request_id::Source::new(),
        }))
    }

    /// Origin, hosts and cookies of this installation.
    pub fn site(&self) -> &Site {
        &self.0.site
    }

    /// How the pages of this installation look.
    fn pages(&self) -> &Arc<pages::Look> {
        &self.0.pages
    }

    /// The limits of requests and connections.
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }
}

/// Puts the edge around `router`. Routes below `/auth/` are written with their trailing slash, all others without.
pub fn layers(router: Router, context: &HttpContext) -> Router {
    let stack = ServiceBuilder::new()
        .layer(from_fn_with_state(context.clone(), manners::apply))
        .layer(CatchPanicLayer::custom(after_panic as fn(Box<dyn Any + Send>) -> Response))
        .layer(from_fn_with_state(context.clone(), gate::apply))
        .service(router.layer(from_fn(manners::note_route)));
    // Middleware of a router runs after routing; as the fallback of an empty one, ours runs before it.
    Router::new().fallback_service(stack)
}

/// The panic's own text is neither logged (the hook names the place) nor shown.
fn after_panic(_: Box<dyn Any + Send>) -> Response {
    Problem::new(ProblemCode::InternalError).into_response()
}

#[cfg(test)]
mod tests;
