//! `POST /hooks/sms/{provider}`: what providers report of text messages they took.
//!
//! A report counts only with the provider's signature over this very request, and only for a message that this provider
//! took from us. It says how far a message has come, and never touches a code, a challenge or a person. Everything else
//! is refused alike, and changes nothing.

use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::routing::post;
use domain::delivery::{Reported, Trouble};
use messaging::sms::{Callback, CallbackFault, ReceiptState, ReceiptUpdate};
use store::Surroundings as _;
use store::delivery::{Recorded, Report};

use crate::app::App;
use crate::http::body::Raw;
use crate::problem::{Problem, ProblemCode};
use crate::worker::REPORTS;

/// A report may overtake the commit that names its message: so often, so far apart, the message is looked for.
const LOOKS: (u32, Duration) = (4, Duration::from_millis(500));

/// The routes.
pub(super) fn routes() -> Router<App> {
    Router::new().route(&format!("{REPORTS}/{{provider}}"), post(report))
}

async fn report(
    State(app): State<App>,
    Path(provider): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    Raw(body): Raw,
) -> Result<StatusCode, Problem> {
    let carrier = app.carrier.as_ref().ok_or_else(|| Problem::new(ProblemCode::NotFound))?;
    let known = carrier.providers().iter().find(|known| **known == provider);
    let provider = *known.ok_or_else(|| Problem::new(ProblemCode::NotFound))?;
    // What the provider signed is the address it was given, whatever host a forger names.
    let called = uri.path_and_query().map_or(uri.path(), axum::http::uri::PathAndQuery::as_str);
    let url = format!("{}{called}", app.world.policy().base_url);
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let read = carrier.read_callback(provider, &Callback { url: &url, header: &header, body: &body }, app.world.now());
    let outcome = match read {
        Ok(update) => record(&app, provider, update).await?,
        Err(CallbackFault::NoReports) => "not_expected",
        Err(CallbackFault::Forged) => "forged",
        Err(CallbackFault::Stale) => "stale",
        Err(CallbackFault::Malformed) => "malformed",
    };
    metrics::counter!("delivery_reports_total", "provider" => provider, "outcome" => outcome).increment(1);
    if matches!(outcome, "new" | "known") {
        return Ok(StatusCode::NO_CONTENT);
    }
    tracing::warn!(provider, outcome, "a delivery report was refused");
    Err(Problem::new(ProblemCode::ReportRefused))
}

/// Takes in what is certainly the provider's word. What came of it, by name.
async fn record(app: &App, provider: &'static str, update: ReceiptUpdate) -> Result<&'static str, Problem> {
    let report = Report {
        provider: provider.to_owned(),
        provider_id: update.provider_id,
        reported: reported(update.state),
        trouble: if update.number_is_dead { Trouble::Refused } else { Trouble::Undelivered },
        reason: update.reason,
    };
    let (looks, pause) = LOOKS;
    for look in 0..looks {
        if look > 0 {
            tokio::time::sleep(pause).await;
        }
        match app.db.record_report(report.clone(), app.world.now()).await? {
            Recorded::New(message) => {
                tracing::info!(%message, provider, state = report.reported.as_str(), "a delivery was reported");
                return Ok("new");
            }
            Recorded::Known => return Ok("known"),
            Recorded::Foreign => {}
        }
    }
    Ok("foreign")
}

const fn reported(state: ReceiptState) -> Reported {
    match state {
        ReceiptState::Accepted => Reported::Accepted,
        ReceiptState::Sent => Reported::Sent,
        ReceiptState::Delivered => Reported::Delivered,
        ReceiptState::Undelivered | ReceiptState::Failed => Reported::Failed,
    }
}
