//! `GET`, `POST` and `DELETE /auth/2fa/trusted-devices/`, `DELETE /auth/2fa/trusted-devices/{id}/`

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use domain::ids::TrustedDeviceId;
use domain::time::Timestamp;
use domain::trusted_device::{ListTrustedDevices, ListedDevice, RevokeTrustedDevices, TrustDevice};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::view::{self, Page, TrustedDevice};
use crate::app::App;
use crate::http::caller::{Anyone, CookieDevice, SignedIn};
use crate::http::{Fields, Json, ReadBody};
use crate::problem::{Problem, ProblemCode};
use crate::run::{ask, run};

/// What the calls on the list may refuse.
pub(super) const REFUSALS: &[ProblemCode] = &[
    ProblemCode::InvalidRequest,
    ProblemCode::TokenInvalid,
    ProblemCode::StepUpRequired,
    ProblemCode::FeatureDisabled,
];

/// What the call on one device may refuse.
pub(super) const ONE_REFUSALS: &[ProblemCode] = &[ProblemCode::TokenInvalid, ProblemCode::StepUpRequired];

/// Nothing: what is trusted is the browser that asks.
#[derive(ToSchema)]
#[schema(as = TrustDevice)]
pub(super) struct Body {}

impl ReadBody for Body {
    fn read(_: &mut Fields) -> Self {
        Self {}
    }
}

/// A part of the caller's trusted devices.
#[derive(Serialize, ToSchema)]
#[schema(as = TrustedDevices)]
pub(super) struct Answer {
    /// The newest first.
    items: Vec<Item>,
    /// Where the next part begins; null with the last part.
    next: Option<Uuid>,
}

/// A trusted device.
#[derive(Serialize, ToSchema)]
#[schema(as = ListedDevice)]
pub(super) struct Item {
    id: Uuid,
    /// What it is called, after its user agent.
    #[schema(example = "Firefox on Linux")]
    name: String,
    /// Where it was last used.
    #[schema(value_type = Option<String>)]
    ip_address: Option<std::net::IpAddr>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it last stood for the factor.
    #[schema(value_type = String, format = DateTime)]
    last_used_at: Timestamp,
    /// When trust ends, however much it is used.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    /// Whether it is the browser that asks.
    current: bool,
}

impl From<ListedDevice> for Item {
    fn from(device: ListedDevice) -> Self {
        Self {
            id: device.id.uuid(),
            name: device.name,
            ip_address: device.ip_address,
            created_at: device.created_at,
            last_used_at: device.last_used_at,
            expires_at: device.expires_at,
            current: device.current,
        }
    }
}

/// The caller's trusted devices.
#[utoipa::path(get, path = "/auth/2fa/trusted-devices/", tag = "trusted devices", params(Page),
    security(("access_token" = [])), responses((status = 200, description = "The devices.", body = Answer)))]
pub(super) async fn list(
    State(app): State<App>,
    SignedIn(bearer): SignedIn,
    CookieDevice(device): CookieDevice,
    page: Page,
) -> Result<Json<Answer>, Problem> {
    let after = page.after.map(TrustedDeviceId::from_uuid);
    let page = ask(&app, &ListTrustedDevices { bearer, device, after, limit: page.limit() }).await?;
    let next = page.next.map(TrustedDeviceId::uuid);
    Ok(Json(Answer { items: page.items.into_iter().map(Item::from).collect(), next }))
}

/// Trust the browser that asks: it gets the cookie `twinlock_device`. Needs a fresh proof by a factor; a password, a recovery
/// code or a trusted device will not do. Of too many devices the oldest goes.
#[utoipa::path(post, path = "/auth/2fa/trusted-devices/", tag = "trusted devices", request_body = Body,
    security(("access_token" = [])),
    responses((status = 201, description = "The browser is trusted.", body = TrustedDevice)))]
pub(super) async fn trust(
    State(app): State<App>,
    Anyone(origin): Anyone,
    SignedIn(bearer): SignedIn,
    CookieDevice(device): CookieDevice,
    Json(Body {}): Json<Body>,
) -> Result<(StatusCode, HeaderMap, Json<TrustedDevice>), Problem> {
    let device = run(&app, TrustDevice { bearer, device, origin }).await?;
    let mut headers = HeaderMap::new();
    view::device_cookie(&app, Some(&device.cookie), &mut headers);
    Ok((StatusCode::CREATED, headers, Json(device.into())))
}

/// End the trust in all of the caller's devices. Needs a fresh proof.
#[utoipa::path(delete, path = "/auth/2fa/trusted-devices/", tag = "trusted devices", security(("access_token" = [])),
    responses((status = 204, description = "No device is trusted.")))]
pub(super) async fn revoke_all(
    State(app): State<App>,
    Anyone(origin): Anyone,
    SignedIn(bearer): SignedIn,
    CookieDevice(device): CookieDevice,
) -> Result<(StatusCode, HeaderMap), Problem> {
    revoked(&app, RevokeTrustedDevices { bearer, which: None, device, origin }).await
}

/// End the trust in one of the caller's devices. Needs a fresh proof.
#[utoipa::path(delete, path = "/auth/2fa/trusted-devices/{id}/", tag = "trusted devices",
    params(("id" = Uuid, Path, description = "The device")), security(("access_token" = [])),
    responses((status = 204, description = "The device is not trusted any more.")))]
pub(super) async fn revoke(
    State(app): State<App>,
    Anyone(origin): Anyone,
    SignedIn(bearer): SignedIn,
    CookieDevice(device): CookieDevice,
    Path(id): Path<String>,
) -> Result<(StatusCode, HeaderMap), Problem> {
    // What is no id is the id of nothing.
    let id = Uuid::parse_str(&id).map_err(|_| Problem::new(ProblemCode::NotFound))?;
    let which = Some(TrustedDeviceId::from_uuid(id));
    revoked(&app, RevokeTrustedDevices { bearer, which, device, origin }).await
}

async fn revoked(app: &App, command: RevokeTrustedDevices) -> Result<(StatusCode, HeaderMap), Problem> {
    let current = run(app, command).await?;
    let headers = if current { view::no_device_cookie(app) } else { HeaderMap::new() };
    Ok((StatusCode::NO_CONTENT, headers))
}
