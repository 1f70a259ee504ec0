//! Whether the process lives, whether it can work, and its measurements.
//!
//! Probes come by address, not by name, so these paths answer for any `Host`; they tell nothing about any person.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use serde::Serialize;

use super::Json;
use super::test_mode::loopback_only;
use crate::fault::Fault;
use crate::problem::Problem;

/// A probe that waits longer than this has given up.
const PATIENCE: Duration = Duration::from_secs(2);

type Checked = Pin<Box<dyn Future<Output = Result<(), Fault>> + Send>>;

/// The question whether this process can do its work right now.
#[derive(Clone)]
pub struct Readiness(Arc<dyn Fn() -> Checked + Send + Sync>);

impl Readiness {
    /// A check that is made anew for every probe.
    pub fn new<F, C>(check: F) -> Self
    where
        F: Fn() -> C + Send + Sync + 'static,
        C: Future<Output = Result<(), Fault>> + Send + 'static,
    {
        Self(Arc::new(move || Box::pin(check())))
    }

    async fn check(&self) -> Result<(), Fault> {
        match tokio::time::timeout(PATIENCE, (self.0)()).await {
            Ok(result) => result,
            Err(_) => Err(Fault::plain("the readiness check took too long")),
        }
    }
}

#[derive(Serialize)]
struct Health {
    status: &'static str,
}

/// `/metrics`, for callers of this machine only: on the address that everybody reaches.
pub(super) fn local_metrics(handle: PrometheusHandle) -> Router {
    Router::new().route("/metrics", get(async move || render(&handle))).layer(from_fn(loopback_only))
}

/// `/healthz`, `/readyz`, and `/metrics` where a handle is given.
pub fn routes(readiness: Readiness, metrics: Option<PrometheusHandle>) -> Router {
    let router = Router::new().route("/healthz", get(async || Json(Health { status: "ok" }))).route(
        "/readyz",
        get(async move || -> Result<Json<Health>, Problem> {
            readiness.check().await?;
            Ok(Json(Health { status: "ready" }))
        }),
    );
    match metrics {
        Some(handle) => router.route("/metrics", get(async move || render(&handle))),
        None => router,
    }
}

fn render(handle: &PrometheusHandle) -> Response {
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], handle.render()).into_response()
}
