//! All routes together.

use axum::Router;
use axum::http::HeaderName;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use store::Surroundings;

use super::health::Readiness;
use super::{admin_api, auth, dev_mailbox, health, hooks, layers, pages, reference, test_mode, v1};
use crate::app::App;
use crate::config::{Config, Environment};
use crate::fault::Fault;
use crate::openapi;

/// The whole server: API, documents, health, and what only development and test mode have.
pub fn router(app: &App, config: &Config, metrics: Option<PrometheusHandle>, test_mode: bool) -> Result<Router, Fault> {
    let (api, _) = auth::routes().split_for_parts();
    let mut router = api.merge(v1::router(app)).merge(pages::routes(app)).merge(hooks::routes()).merge(document()?);
    router = router.merge(reference::problems()?);
    if config.admin_bind.is_none() {
        router = router.merge(pages::administration(app)).merge(admin_api::router(app));
    }
    let development = config.environment == Environment::Development;
    if development {
        router = router.merge(dev_mailbox::routes()).merge(reference::routes(&app.world.policy().base_url)?);
    }
    if test_mode {
        router = router.merge(test_mode::routes());
    }
    let metrics = metrics.filter(|_| development && config.metrics_bind.is_none());
    let mut router =
        router.fallback(pages::nothing).with_state(app.clone()).merge(health::routes(readiness(app), None));
    if let Some(metrics) = metrics {
        router = router.merge(health::local_metrics(metrics));
    }
    Ok(layers(router, &app.http))
}

/// What the administration's own address serves: its pages and calls, the pages for signing in and proving, and health.
pub fn administration(app: &App) -> Router {
    let router = pages::routes(app).merge(pages::administration(app)).merge(admin_api::router(app));
    let router = router.fallback(pages::nothing);
    layers(router.with_state(app.clone()).merge(health::routes(readiness(app), None)), &app.http)
}

/// What the operators' own address serves: health, metrics, and the reference page with its document.
pub fn operators(app: &App, metrics: PrometheusHandle) -> Result<Router, Fault> {
    let router = health::routes(readiness(app), Some(metrics))
        .merge(document()?)
        .merge(reference::routes(&app.world.policy().base_url)?);
    Ok(layers(router, &app.http))
}

/// Ready when the database answers.
fn readiness(app: &App) -> Readiness {
    let db = app.db.clone();
    Readiness::new(move || {
        let db = db.clone();
        async move { db.ping().await.map_err(Fault::from) }
    })
}

/// `GET /openapi.json`, written once.
fn document<S: Clone + Send + Sync + 'static>() -> Result<Router<S>, Fault> {
    const HEADERS: [(HeaderName, &str); 2] =
        [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "public, max-age=300")];
    let document = openapi::document()
        .to_json()
        .map_err(|error| Fault::new("the OpenAPI document could not be written", error))?;
    Ok(Router::new().route("/openapi.json", get(async move || (HEADERS, document.clone()))))
}
