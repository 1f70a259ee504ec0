//! `/v1/users/{id}/factors`: set up, brought, called otherwise, offered first, removed. The commands are those of the login API;
//! the key of the application stands for the fresh proof that a person would give there.

use std::net::IpAddr;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::application::contact::Mention;
use domain::application::factor::{ImportFactor, Imported};
use domain::application::{ExternalId, KeyScope};
use domain::code::TypedCode;
use domain::command::Origin;
use domain::decision::Refusal;
use domain::destination::Destination;
use domain::enrollment::{
    BeginEnrollment, BeginSentEnrollment, Begun, ConfirmEnrollment, Confirmed, SentEnrollmentBegun,
};
use domain::factor::Method;
use domain::factor::manage::{PreferFactor, RemoveFactor, Removed, RenameFactor};
use domain::ids::FactorId;
use domain::session::Bearer;
use domain::status::{FactorStatus, Status};
use domain::time::Timestamp;
use domain::totp::TotpSecret;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::call::{Called, Caller, Nothing, words};
use super::users::{found, named};
use super::view::{FactorView, UserBody};
use crate::app::App;
use crate::credentials::address;
use crate::http::{Fields, ReadBody};
use crate::problem::{Problem, ProblemCode};
use crate::qr;

/// What adding one may refuse.
pub(super) const ADD_REFUSALS: &[ProblemCode] = &[
    ProblemCode::AlreadyEnabled,
    ProblemCode::EmailRejected,
    ProblemCode::PhoneRejected,
    ProblemCode::SendCooldown,
    ProblemCode::SendLimit,
    ProblemCode::DeliveryUnavailable,
];

/// What activating one may refuse.
pub(super) const ACTIVATE_REFUSALS: &[ProblemCode] = &[
    ProblemCode::NoPendingSetup,
    ProblemCode::CodeIncorrect,
    ProblemCode::PhoneRejected,
    ProblemCode::TooManyAttempts,
    ProblemCode::AccountLocked,
];

/// What removing one may refuse.
pub(super) const REMOVE_REFUSALS: &[ProblemCode] = &[ProblemCode::LastFactor];

/// What is to be added. An authenticator with a `secret` is one that the user has already, and works at once; anything else
/// waits for its first code.
#[derive(ToSchema)]
#[schema(as = V1AddFactor, example = json!({"method": "totp", "label": "Phone"}))]
pub(super) struct Add {
    /// `totp`, `sms` or `email`.
    #[schema(value_type = String, example = "totp")]
    method: Method,
    /// Of an authenticator that the user has already: base32, 128 bits at least.
    #[schema(value_type = String, required = false, nullable = false, max_length = 256)]
    secret: Option<TotpSecret>,
    /// With `sms`: where codes go; the number you told of the user, unless given.
    #[schema(required = false, nullable = false, max_length = 64)]
    phone_number: Option<String>,
    /// With `email`: where codes go; the address you told of the user, unless given.
    #[schema(required = false, nullable = false, max_length = 320)]
    email: Option<String>,
    /// What the user calls it.
    #[schema(required = false, nullable = false, min_length = 1, max_length = 64)]
    label: Option<String>,
    /// Where the person's request came from. Text messages are counted by it.
    #[schema(value_type = String, required = false, nullable = false, example = "203.0.113.7")]
    ip: Option<IpAddr>,
}

impl ReadBody for Add {
    fn read(fields: &mut Fields) -> Self {
        let methods = [Method::Totp, Method::Sms, Method::Email].map(|method| (method.as_str(), method));
        let base32 = |text: &str| TotpSecret::from_base32(text);
        let add = Self {
            method: fields.choice("method", &methods, Method::Totp),
            secret: fields.optional_parsed("secret", "base32 of at least 128 bits", base32),
            phone_number: fields.optional_text("phone_number", 1..=64),
            email: fields.optional_text("email", 1..=320),
            label: fields.optional_text("label", 1..=64),
            ip: fields.optional_parsed("ip", "an IP address", |text| text.parse().ok()),
        };
        for (name, given, of) in [
            ("secret", add.secret.is_some(), Method::Totp),
            ("phone_number", add.phone_number.is_some(), Method::Sms),
            ("email", add.email.is_some(), Method::Email),
        ] {
            if given && add.method != of {
                fields.refuse(name, format!("belongs to the method {of} only"));
            }
        }
        add
    }
}

/// A factor that was added.
#[derive(Serialize, ToSchema)]
#[schema(as = V1AddedFactor)]
pub(super) struct Added {
    id: Uuid,
    #[schema(example = "totp")]
    method: String,
    /// `pending` until its first code is given, or `active`.
    #[schema(example = "pending")]
    status: String,
    /// What the user calls it, where it is active.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    /// Of a new authenticator: in base32, for typing. Shown this once.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    /// The same as an `otpauth` URI.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    qr_code: Option<String>,
    /// The URI as a QR code: a PNG in a `data:` URI.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    qr_code_image: Option<String>,
    /// Where the code went, masked.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    destination: Option<String>,
    /// When a pending one ends unless activated.
    #[schema(value_type = String, format = DateTime, nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
    /// Ten, with the first factor that works; shown this once.
    recovery_codes: Vec<String>,
}

impl Added {
    fn pending(id: FactorId, method: Method, expires_at: Timestamp) -> Self {
        Self {
            id: id.uuid(),
            method: method.as_str().to_owned(),
            status: "pending".to_owned(),
            label: None,
            secret: None,
            qr_code: None,
            qr_code_image: None,
            destination: None,
            expires_at: Some(expires_at),
            recovery_codes: Vec::new(),
        }
    }

    fn active(id: FactorId, method: Method, label: Option<String>, codes: &[domain::secret::SecretText]) -> Self {
        let recovery_codes = codes.iter().map(|code| code.expose().to_owned()).collect();
        let (status, expires_at) = ("active".to_owned(), None);
        Self { status, label, expires_at, recovery_codes, ..Self::pending(id, method, Timestamp::EPOCH) }
    }
}

fn imported(answer: Result<&Imported, &Refusal>) -> Option<domain::application::idempotency::Words> {
    words(answer, StatusCode::CREATED, |new| {
        let codes = &new.recovery_codes;
        (Added::active(new.factor, Method::Totp, Some(new.label.clone()), codes), !codes.is_empty())
    })
}

fn begun(answer: Result<&Begun, &Refusal>) -> Option<domain::application::idempotency::Words> {
    words(answer, StatusCode::CREATED, |new| {
        let pending = Added {
            secret: Some(new.secret.expose().to_owned()),
            qr_code: Some(new.uri.expose().to_owned()),
            qr_code_image: qr::png_data_uri(new.uri.expose()).ok(),
            ..Added::pending(new.factor, Method::Totp, new.expires_at)
        };
        (pending, true)
    })
}

fn sent(answer: Result<&SentEnrollmentBegun, &Refusal>) -> Option<domain::application::idempotency::Words> {
    words(answer, StatusCode::CREATED, |new| {
        let destination = Some(new.destination.clone());
        (Added { destination, ..Added::pending(new.factor, new.method, new.expires_at) }, false)
    })
}

/// Add a factor. The user comes to be at the first mention.
#[utoipa::path(post, path = "/v1/users/{id}/factors", tag = "users", request_body = Add,
    params(("id" = String, Path, description = "What you call the user")), security(("api_key" = [])),
    responses((status = 201, description = "The factor waits for its first code, or works.", body = Added)))]
pub(super) async fn add(
    State(app): State<App>,
    Path(id): Path<String>,
    Called(caller, body): Called<Add>,
) -> Result<Response, Problem> {
    let id = named(&id)?;
    let origin = Origin { ip: body.ip, ..caller.acts() };
    if let Some(secret) = body.secret {
        let user = UserBody::named(id).mentioned(&app, caller.holder.application).await?;
        let command = ImportFactor { user, secret, label: body.label, listed: false, origin };
        return caller.run(&app, KeyScope::Users, command, imported).await;
    }
    let (bearer, phone, email) = met(&app, &caller, id).await?;
    let label = body.label;
    let destination = match (body.method, body.phone_number, body.email) {
        (Method::Sms, Some(number), _) => {
            Destination::Phone(app.phones.read(number).await?.map_err(Refusal::PhoneRejected)?)
        }
        (Method::Sms, None, _) => Destination::Phone(phone.ok_or_else(|| missing("/phone_number"))?),
        (Method::Email, _, Some(email)) => Destination::Email(address(&email)?),
        (Method::Email, _, None) => Destination::Email(email.ok_or_else(|| missing("/email"))?),
        (Method::Totp | Method::RecoveryCode, ..) => {
            return caller.run(&app, KeyScope::Users, BeginEnrollment { bearer, label, origin }, begun).await;
        }
    };
    let command = BeginSentEnrollment { bearer, destination, label, origin };
    caller.run(&app, KeyScope::Users, command, sent).await
}

fn missing(pointer: &str) -> Problem {
    Problem::invalid_at(pointer, "is missing, and you told none of the user")
}

/// Whoever is called so, new or known, with number and address.
async fn met(
    app: &App,
    caller: &Caller,
    id: ExternalId,
) -> Result<(Bearer, Option<domain::destination::PhoneNumber>, Option<domain::user::Email>), Problem> {
    match found(app, caller, &id).await {
        Ok((bearer, user)) => Ok((bearer, user.phone, user.email)),
        Err(problem) if problem.code() == ProblemCode::NotFound => {
            let application = caller.holder.application;
            let user = UserBody::named(id).mentioned(app, application).await?;
            let user = caller.act(app, KeyScope::Users, Mention { user, origin: caller.acts() }).await?;
            Ok((Bearer::of_application(application, user), None, None))
        }
        Err(problem) => Err(problem),
    }
}

/// What is no id is the id of nothing.
fn factor_id(text: &str) -> Result<FactorId, Problem> {
    let id = Uuid::parse_str(text).map_err(|_| Problem::new(ProblemCode::NotFound))?;
    Ok(FactorId::from_uuid(id))
}

/// The first code of a pending factor.
#[derive(ToSchema)]
#[schema(as = V1ActivateFactor)]
pub(super) struct Activate {
    #[schema(value_type = String, min_length = 1, max_length = 64, example = "123456")]
    code: TypedCode,
}

impl ReadBody for Activate {
    fn read(fields: &mut Fields) -> Self {
        Self { code: crate::http::auth::view::code(fields) }
    }
}

/// Activate a pending factor by its first code.
#[utoipa::path(post, path = "/v1/users/{id}/factors/{fid}/activate", tag = "users", request_body = Activate,
    params(("id" = String, Path, description = "What you call the user"), ("fid" = Uuid, Path, description = "The factor")),
    security(("api_key" = [])), responses((status = 200, description = "The factor works.", body = Added)))]
pub(super) async fn activate(
    State(app): State<App>,
    Path((id, factor)): Path<(String, String)>,
    Called(caller, body): Called<Activate>,
) -> Result<Response, Problem> {
    let (factor, (bearer, _)) = (factor_id(&factor)?, found(&app, &caller, &named(&id)?).await?);
    let (code, origin) = (body.code, caller.acts());
    let command = ConfirmEnrollment { bearer, code, factor: Some(factor), refresh: None, origin };
    let wording = |answer: Result<&Confirmed, &Refusal>| {
        words(answer, StatusCode::OK, |new| {
            let codes = &new.recovery_codes;
            (Added::active(new.factor, new.method, None, codes), !codes.is_empty())
        })
    };
    caller.run(&app, KeyScope::Users, command, wording).await
}

/// Exactly one of them.
#[derive(ToSchema)]
#[schema(as = V1ChangeFactor, example = json!({"label": "Old phone"}))]
pub(super) struct Change {
    /// What the user calls it from now on.
    #[schema(required = false, nullable = false, min_length = 1, max_length = 64)]
    label: Option<String>,
    /// True: offer it first.
    #[schema(required = false, nullable = false)]
    preferred: Option<bool>,
}

impl ReadBody for Change {
    fn read(fields: &mut Fields) -> Self {
        let label = fields.optional_text("label", 1..=64);
        let preferred = fields.optional_flag("preferred");
        if preferred == Some(false) {
            fields.refuse("preferred", "can only be true: prefer another one instead");
        }
        if label.is_some() == preferred.is_some() {
            fields.refuse("label", "exactly one of label and preferred is needed");
        }
        Self { label, preferred }
    }
}

/// Call a factor otherwise, or offer it first.
#[utoipa::path(patch, path = "/v1/users/{id}/factors/{fid}", tag = "users", request_body = Change,
    params(("id" = String, Path, description = "What you call the user"), ("fid" = Uuid, Path, description = "The factor")),
    security(("api_key" = [])), responses((status = 200, description = "The factor.", body = FactorView)))]
pub(super) async fn change(
    State(app): State<App>,
    Path((id, factor)): Path<(String, String)>,
    Called(caller, body): Called<Change>,
) -> Result<Response, Problem> {
    let (factor, (bearer, _)) = (factor_id(&factor)?, found(&app, &caller, &named(&id)?).await?);
    let origin = caller.acts();
    let first = |answer: Result<&Status, &Refusal>| {
        words(answer, StatusCode::OK, |status| (status.factors.first().map(FactorView::from), false))
    };
    let renamed = |answer: Result<&FactorStatus, &Refusal>| {
        words(answer, StatusCode::OK, |factor| (FactorView::from(factor), false))
    };
    match (body.label, body.preferred) {
        (Some(label), _) => {
            caller.run(&app, KeyScope::Users, RenameFactor { bearer, factor, label, origin }, renamed).await
        }
        (None, Some(_)) => caller.run(&app, KeyScope::Users, PreferFactor { bearer, factor, origin }, first).await,
        (None, None) => Err(Problem::new(ProblemCode::InvalidRequest)),
    }
}

/// Remove a factor, but never the last one that works: `reset` does that.
#[utoipa::path(delete, path = "/v1/users/{id}/factors/{fid}", tag = "users",
    params(("id" = String, Path, description = "What you call the user"), ("fid" = Uuid, Path, description = "The factor")),
    security(("api_key" = [])), responses((status = 204, description = "The factor is gone.")))]
pub(super) async fn remove(
    State(app): State<App>,
    Path((id, factor)): Path<(String, String)>,
    Called(caller, Nothing): Called<Nothing>,
) -> Result<Response, Problem> {
    let (factor, (bearer, _)) = (factor_id(&factor)?, found(&app, &caller, &named(&id)?).await?);
    let command = RemoveFactor { bearer, factor, refresh: None, origin: caller.acts() };
    caller.run(&app, KeyScope::Users, command, super::call::no_content::<Removed>).await
}
