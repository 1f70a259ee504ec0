//! `/v1/webhooks`: where an application is called, and what it is told of.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::application::KeyScope;
use domain::application::webhook::{AddWebhook, EventKind, ListWebhooks, RemoveWebhook, ShownWebhook};
use domain::decision::Refusal;
use domain::ids::WebhookId;
use domain::secret::SecretText;
use domain::time::Timestamp;
use messaging::webhook::Hooks;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::call::{Called, Caller, Nothing, no_content, words};
use crate::app::App;
use crate::http::{Fields, Json, ReadBody};
use crate::problem::{Problem, ProblemCode};

/// What adding one may refuse.
pub(super) const ADD_REFUSALS: &[ProblemCode] = &[ProblemCode::AlreadyEnabled];

/// What the calls on one may refuse: what any call may.
pub(super) const REFUSALS: &[ProblemCode] = &[];

/// Where you want to be called.
#[derive(ToSchema)]
#[schema(as = V1AddWebhook)]
pub(super) struct Add {
    /// A public address, called over TLS: no name that leads to a private one is called.
    #[schema(max_length = 2000, example = "https://shop.example.com/hooks/twinlock")]
    url: String,
    /// What you want to be told of; everything, unless said.
    #[schema(value_type = Vec<String>, required = false, nullable = false, min_items = 1, example = json!(["device.stolen", "account.locked"]))]
    events: Option<Vec<EventKind>>,
}

impl ReadBody for Add {
    fn read(fields: &mut Fields) -> Self {
        let kinds = EventKind::ALL.map(|kind| (kind.as_str(), kind));
        Self { url: fields.text("url", 1..=2_000), events: fields.optional_choices("events", &kinds) }
    }
}

/// An address you are called at.
#[derive(Serialize, ToSchema)]
#[schema(as = V1Webhook)]
pub(super) struct WebhookView {
    id: Uuid,
    url: String,
    /// What you are told of; null for everything.
    events: Option<Vec<&'static str>>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// What calls are signed with, after standardwebhooks.com. Shown this once.
    #[schema(nullable = false, example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

impl From<&ShownWebhook> for WebhookView {
    fn from(webhook: &ShownWebhook) -> Self {
        Self {
            id: webhook.id.uuid(),
            url: webhook.url.expose().to_owned(),
            events: webhook.events.as_ref().map(|events| events.iter().map(|kind| kind.as_str()).collect()),
            created_at: webhook.created_at,
            secret: None,
        }
    }
}

/// The addresses you are called at.
#[derive(Serialize, ToSchema)]
#[schema(as = V1Webhooks)]
pub(super) struct Webhooks {
    /// The oldest first; ten at most.
    items: Vec<WebhookView>,
    /// Always null: there is one part.
    next: Option<Uuid>,
}

fn added(answer: Result<&(ShownWebhook, SecretText), &Refusal>) -> Option<domain::application::idempotency::Words> {
    words(answer, StatusCode::CREATED, |(webhook, secret)| {
        (WebhookView { secret: Some(secret.expose().to_owned()), ..WebhookView::from(webhook) }, true)
    })
}

/// Be called at one more address. Everything that happens to your users from now on is told there, signed.
#[utoipa::path(post, path = "/v1/webhooks", tag = "application", request_body = Add, security(("api_key" = [])),
    responses((status = 201, description = "The address, with its secret.", body = WebhookView)))]
pub(super) async fn add(State(app): State<App>, Called(caller, body): Called<Add>) -> Result<Response, Problem> {
    let url = Hooks::address(&body.url, app.webhooks.reach()).map_err(|why| Problem::invalid_at("/url", why))?;
    let host = url.host_str().unwrap_or_default().to_owned();
    let (application, origin) = (caller.holder.application, caller.acts());
    let command = AddWebhook { application, url: SecretText::new(url), host, events: body.events, origin };
    caller.run(&app, KeyScope::Application, command, added).await
}

/// The addresses you are called at.
#[utoipa::path(get, path = "/v1/webhooks", tag = "application", security(("api_key" = [])),
    responses((status = 200, description = "The addresses.", body = Webhooks)))]
pub(super) async fn list(State(app): State<App>, caller: Caller) -> Result<Json<Webhooks>, Problem> {
    let question = ListWebhooks { application: caller.holder.application };
    let found = caller.ask(&app, KeyScope::Application, question).await?;
    Ok(Json(Webhooks { items: found.iter().map(WebhookView::from).collect(), next: None }))
}

/// Be called at an address no more. What waits to be told there is not.
#[utoipa::path(delete, path = "/v1/webhooks/{wid}", tag = "application",
    params(("wid" = Uuid, Path, description = "The address")), security(("api_key" = [])),
    responses((status = 204, description = "The address is gone.")))]
pub(super) async fn remove(
    State(app): State<App>,
    Path(id): Path<String>,
    Called(caller, Nothing): Called<Nothing>,
) -> Result<Response, Problem> {
    // What is no id is the id of nothing.
    let id = Uuid::parse_str(&id).map_err(|_| Problem::new(ProblemCode::NotFound))?;
    let (application, origin) = (caller.holder.application, caller.acts());
    let command = RemoveWebhook { application, id: WebhookId::from_uuid(id), origin };
    caller.run(&app, KeyScope::Application, command, no_content).await
}
