//! `/v1/users/{id}`: how a user's second factor stands, and what the application does to it.

use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::account_admin::{Act, ActOnUser};
use domain::application::contact::{FindUser, FoundUser};
use domain::application::return_url::ReturnUrl;
use domain::application::visit::{AskVisit, VisitLink};
use domain::application::{ExternalId, KeyScope};
use domain::decision::Refusal;
use domain::ids::TrustedDeviceId;
use domain::recovery_code::set::{DownloadRecoveryCodes, MakeRecoveryCodes};
use domain::secret::SecretText;
use domain::session::Bearer;
use domain::status::ReadStatus;
use domain::time::Timestamp;
use domain::trusted_device::{ListTrustedDevices, RevokeTrustedDevices};
use domain::user::EmailKey;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::call::{Called, Caller, Nothing, no_content, words};
use super::view::{DeviceView, UserView};
use crate::app::App;
use crate::http::auth::recovery_code::{read_format, written};
use crate::http::auth::view::Page;
use crate::http::{Fields, Json, ReadBody};
use crate::problem::{Problem, ProblemCode};
use crate::recovery_sheet::Format;

/// What making recovery codes may refuse.
pub(super) const MAKE_CODES_REFUSALS: &[ProblemCode] = &[ProblemCode::NoPendingSetup];

/// What having them as a file may refuse.
pub(super) const CODES_FILE_REFUSALS: &[ProblemCode] = &[ProblemCode::RecoveryCodesGone];

/// What an application calls a user; what cannot be one is nobody's.
pub(super) fn named(id: &str) -> Result<ExternalId, Problem> {
    ExternalId::parse(id).ok_or_else(|| Problem::new(ProblemCode::NotFound))
}

/// The user of that name, for whom the application may act.
pub(super) async fn found(app: &App, caller: &Caller, id: &ExternalId) -> Result<(Bearer, FoundUser), Problem> {
    let application = caller.holder.application;
    let question = FindUser { application, id: id.clone() };
    let user = caller.clone().ask(app, KeyScope::Users, question).await?;
    Ok((Bearer::of_application(application, user.user), user))
}

/// How a user's second factor stands.
#[utoipa::path(get, path = "/v1/users/{id}", tag = "users", params(("id" = String, Path, description = "What you call the user")),
    security(("api_key" = [])), responses((status = 200, description = "The user.", body = UserView)))]
pub(super) async fn read(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<UserView>, Problem> {
    let (bearer, user) = found(&app, &caller, &named(&id)?).await?;
    let status = caller.ask(&app, KeyScope::Users, ReadStatus { bearer }).await?;
    Ok(Json(UserView::of(id, user, &status)))
}

/// A new set of recovery codes.
#[derive(Serialize, ToSchema)]
#[schema(as = V1RecoveryCodes)]
pub(super) struct Codes {
    /// Ten. For ten minutes you can have them as a file, and never again.
    recovery_codes: Vec<String>,
}

/// Make new recovery codes; the old ones are dead.
#[utoipa::path(post, path = "/v1/users/{id}/recovery-codes", tag = "users",
    params(("id" = String, Path, description = "What you call the user")), security(("api_key" = [])),
    responses((status = 200, description = "The new set.", body = Codes)))]
pub(super) async fn recovery_codes(
    State(app): State<App>,
    Path(id): Path<String>,
    Called(caller, Nothing): Called<Nothing>,
) -> Result<Response, Problem> {
    let (bearer, _) = found(&app, &caller, &named(&id)?).await?;
    let command = MakeRecoveryCodes { bearer, origin: caller.acts() };
    let wording = |answer: Result<&Vec<SecretText>, &Refusal>| {
        words(answer, StatusCode::OK, |codes| {
            (Codes { recovery_codes: codes.iter().map(|code| code.expose().to_owned()).collect() }, true)
        })
    };
    caller.run(&app, KeyScope::Users, command, wording).await
}

/// The newest set as a file to hand on, for ten minutes after its making.
#[utoipa::path(get, path = "/v1/users/{id}/recovery-codes", tag = "users",
    params(("id" = String, Path, description = "What you call the user"),
        ("format" = Format, Query, description = "Plain text, or a PDF to print.")), security(("api_key" = [])),
    responses((status = 200, description = "The codes, one per line.",
        content((String = "text/plain"), (Vec<u8> = "application/pdf")))))]
pub(super) async fn recovery_codes_file(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let format = read_format(&query.unwrap_or_default())?;
    let (bearer, _) = found(&app, &caller, &named(&id)?).await?;
    let command = DownloadRecoveryCodes { bearer, origin: caller.acts() };
    let codes = caller.act(&app, KeyScope::Users, command).await?;
    written(format, codes).await
}

/// A part of a user's trusted devices.
#[derive(Serialize, ToSchema)]
#[schema(as = V1Devices)]
pub(super) struct Devices {
    /// The newest first.
    items: Vec<DeviceView>,
    /// Where the next part begins; null with the last part.
    next: Option<Uuid>,
}

/// A user's trusted devices.
#[utoipa::path(get, path = "/v1/users/{id}/devices", tag = "users",
    params(("id" = String, Path, description = "What you call the user"), Page),
    security(("api_key" = [])), responses((status = 200, description = "The devices.", body = Devices)))]
pub(super) async fn devices(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    page: Page,
) -> Result<Json<Devices>, Problem> {
    let (bearer, _) = found(&app, &caller, &named(&id)?).await?;
    let after = page.after.map(TrustedDeviceId::from_uuid);
    let question = ListTrustedDevices { bearer, device: None, after, limit: page.limit() };
    let page = caller.ask(&app, KeyScope::Users, question).await?;
    let next = page.next.map(TrustedDeviceId::uuid);
    Ok(Json(Devices { items: page.items.into_iter().map(DeviceView::from).collect(), next }))
}

/// End the trust in all of a user's devices.
#[utoipa::path(delete, path = "/v1/users/{id}/devices", tag = "users",
    params(("id" = String, Path, description = "What you call the user")), security(("api_key" = [])),
    responses((status = 204, description = "No device is trusted.")))]
pub(super) async fn revoke_all(
    State(app): State<App>,
    Path(id): Path<String>,
    Called(caller, Nothing): Called<Nothing>,
) -> Result<Response, Problem> {
    revoke(&app, caller, &id, None).await
}

/// End the trust in one of a user's devices.
#[utoipa::path(delete, path = "/v1/users/{id}/devices/{did}", tag = "users",
    params(("id" = String, Path, description = "What you call the user"), ("did" = Uuid, Path, description = "The device")),
    security(("api_key" = [])), responses((status = 204, description = "The device is not trusted any more.")))]
pub(super) async fn revoke_one(
    State(app): State<App>,
    Path((id, device)): Path<(String, String)>,
    Called(caller, Nothing): Called<Nothing>,
) -> Result<Response, Problem> {
    // What is no id is the id of nothing.
    let device = Uuid::parse_str(&device).map_err(|_| Problem::new(ProblemCode::NotFound))?;
    revoke(&app, caller, &id, Some(TrustedDeviceId::from_uuid(device))).await
}

async fn revoke(app: &App, caller: Caller, id: &str, which: Option<TrustedDeviceId>) -> Result<Response, Problem> {
    let (bearer, _) = found(app, &caller, &named(id)?).await?;
    let command = RevokeTrustedDevices { bearer, which, device: None, origin: caller.acts() };
    caller.run(app, KeyScope::Users, command, no_content).await
}

/// What happened to a user where they sign in.
#[derive(ToSchema)]
#[schema(as = V1Event, example = json!({"type": "password_changed"}))]
pub(super) struct Event {
    /// `password_changed`, `account_recovered` or `deleted`.
    #[schema(rename = "type", value_type = String, example = "password_changed")]
    kind: Option<Act>,
}

impl ReadBody for Event {
    fn read(fields: &mut Fields) -> Self {
        let kind = |text: &str| match text {
            "password_changed" => Some(Act::EndTrust("password_changed")),
            "account_recovered" => Some(Act::EndTrust("account_recovered")),
            "deleted" => Some(Act::Delete),
            _ => None,
        };
        Self { kind: fields.parsed("type", "one of: password_changed, account_recovered, deleted", kind) }
    }
}

/// Tell what happened to a user at your side. The trust in their devices ends; a deleted user is gone here too, but for the
/// audit log.
#[utoipa::path(post, path = "/v1/users/{id}/events", tag = "users", request_body = Event,
    params(("id" = String, Path, description = "What you call the user")), security(("api_key" = [])),
    responses((status = 204, description = "Taken to heart.")))]
pub(super) async fn events(
    State(app): State<App>,
    Path(id): Path<String>,
    Called(caller, body): Called<Event>,
) -> Result<Response, Problem> {
    let act = body.kind.ok_or_else(|| Problem::new(ProblemCode::InvalidRequest))?;
    acted(&app, caller, &id, act).await
}

/// Lift a lock after wrong codes.
#[utoipa::path(post, path = "/v1/users/{id}/unlock", tag = "users",
    params(("id" = String, Path, description = "What you call the user")), security(("api_key" = [])),
    responses((status = 204, description = "The account takes codes again.")))]
pub(super) async fn unlock(
    State(app): State<App>,
    Path(id): Path<String>,
    Called(caller, Nothing): Called<Nothing>,
) -> Result<Response, Problem> {
    acted(&app, caller, &id, Act::Unlock).await
}

/// Why a second factor is reset.
#[derive(ToSchema)]
#[schema(as = V1Reset)]
pub(super) struct Reset {
    /// For the audit log, and never empty.
    #[schema(min_length = 1, max_length = 200, example = "lost the phone, seen in person")]
    reason: String,
}

impl ReadBody for Reset {
    fn read(fields: &mut Fields) -> Self {
        let reason = fields.text("reason", 1..=200).trim().to_owned();
        if reason.is_empty() {
            fields.refuse("reason", "must not be empty");
        }
        Self { reason }
    }
}

/// Take away every factor, recovery code and trust of a user: your password alone signs them in again.
#[utoipa::path(post, path = "/v1/users/{id}/reset", tag = "users", request_body = Reset,
    params(("id" = String, Path, description = "What you call the user")), security(("api_key" = [])),
    responses((status = 204, description = "The user has no second factor.")))]
pub(super) async fn reset(
    State(app): State<App>,
    Path(id): Path<String>,
    Called(caller, body): Called<Reset>,
) -> Result<Response, Problem> {
    acted(&app, caller, &id, Act::ResetTwoFactor(body.reason)).await
}

/// Where a person comes back to.
#[derive(ToSchema)]
#[schema(as = V1SessionLinkRequest, example = json!({"return_url": "https://shop.example.com/account"}))]
pub(super) struct LinkRequest {
    /// Where our pages send the person back to: exactly one of the return URLs of your application.
    #[schema(value_type = String, max_length = 1000, example = "https://shop.example.com/account")]
    return_url: Option<ReturnUrl>,
}

impl ReadBody for LinkRequest {
    fn read(fields: &mut Fields) -> Self {
        let return_url = fields.parsed("return_url", "an https address as a browser writes it", ReturnUrl::parse);
        Self { return_url }
    }
}

/// A link to a user's security page.
#[derive(Serialize, ToSchema)]
#[schema(as = V1SessionLink)]
pub(super) struct SessionLink {
    /// Where to send the browser at once. It works once, and a newer one takes its place.
    #[schema(example = "https://2fa.example.com/settings/open/…")]
    url: String,
    /// When it ends.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

/// A link to the user's own security page, in your name: ways to get a code, recovery codes, trusted devices. Ask for it when
/// they are signed in with you; what changes something is asked for a code there. From there they come back to `return_url`.
#[utoipa::path(post, path = "/v1/users/{id}/session-link", tag = "users", request_body = LinkRequest,
    params(("id" = String, Path, description = "What you call the user")), security(("api_key" = [])),
    responses((status = 201, description = "The link, told this once.", body = SessionLink)))]
pub(super) async fn session_link(
    State(app): State<App>,
    Path(id): Path<String>,
    Called(caller, body): Called<LinkRequest>,
) -> Result<Response, Problem> {
    let return_url = body.return_url.ok_or_else(|| Problem::new(ProblemCode::InvalidRequest))?;
    let (application, origin) = (caller.holder.application, caller.acts());
    let command = AskVisit { application, user: named(&id)?, return_url, origin };
    let wording = |answer: Result<&VisitLink, &Refusal>| {
        words(answer, StatusCode::CREATED, |link| {
            (SessionLink { url: link.url.expose().to_owned(), expires_at: link.expires_at }, true)
        })
    };
    caller.run(&app, KeyScope::Users, command, wording).await
}

async fn acted(app: &App, caller: Caller, id: &str, act: Act) -> Result<Response, Problem> {
    let (whose, origin) = (EmailKey::of_id(&named(id)?), caller.acts());
    let command = ActOnUser { application: caller.holder.application, whose, act, origin };
    caller.run(app, KeyScope::Users, command, no_content).await
}
