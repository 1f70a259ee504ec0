//! What several calls read, and what several answers share.

use std::net::IpAddr;

use domain::application::ExternalId;
use domain::application::challenge::{AskedChallenge, Proof, ProvedBy};
use domain::application::contact::{FoundUser, Mentioned};
use domain::decision::Refusal;
use domain::ids::ApplicationId;
use domain::status::{FactorStatus, Status};
use domain::time::Timestamp;
use domain::trusted_device::ListedDevice;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::credentials::address;
use crate::http::Fields;
use crate::http::auth::view::MethodView;
use crate::problem::{Problem, ProblemCode};
use crate::token::amr;

/// A user, as the application tells of them. They come to be at the first mention; what is not told stays as it was.
#[derive(ToSchema)]
#[schema(as = V1User)]
pub(super) struct UserBody {
    /// What the application calls them.
    #[schema(value_type = String, min_length = 1, max_length = 128, example = "user-4711")]
    pub(super) id: Option<ExternalId>,
    /// Where notices go. The application vouches for it.
    #[schema(required = false, nullable = false, max_length = 320)]
    pub(super) email: Option<String>,
    /// Their number. Nothing is sent there before it is a factor.
    #[schema(required = false, nullable = false, max_length = 64)]
    pub(super) phone: Option<String>,
    #[schema(required = false, nullable = false, max_length = 128)]
    pub(super) name: Option<String>,
}

impl UserBody {
    pub(super) fn read(fields: &mut Fields) -> Self {
        Self {
            id: fields.parsed("id", "1 to 128 characters without control characters", ExternalId::parse),
            email: fields.optional_text("email", 1..=320),
            phone: fields.optional_text("phone", 1..=64),
            name: fields.optional_text("name", 1..=128),
        }
    }

    /// A user of whom nothing but the id is told.
    pub(super) const fn named(id: ExternalId) -> Self {
        Self { id: Some(id), email: None, phone: None, name: None }
    }

    /// The user, once the address and the number are found to be what they should.
    pub(super) async fn mentioned(self, app: &App, application: ApplicationId) -> Result<Mentioned, Problem> {
        let id = self.id.ok_or_else(|| Problem::new(ProblemCode::NotFound))?;
        let email = self.email.as_deref().map(address).transpose()?;
        let phone = match self.phone {
            Some(number) => Some(app.phones.read(number).await?.map_err(Refusal::PhoneRejected)?),
            None => None,
        };
        Ok(Mentioned { application, id, email, phone, name: self.name })
    }
}

/// The address a person's request came from, as the application saw it.
pub(super) fn ip(fields: &mut Fields) -> Option<IpAddr> {
    fields.parsed("ip", "an IP address", |text| text.parse().ok())
}

/// What the person's client calls itself, cut to what is kept.
pub(super) fn user_agent(fields: &mut Fields) -> String {
    fields.text("user_agent", 0..=2_000).chars().take(256).collect()
}

/// What an application is told of its user.
#[derive(Serialize, ToSchema)]
#[schema(as = V1Result)]
pub(super) struct ResultView {
    /// Whom it is about: check that it is who you expect.
    #[schema(example = "user-4711")]
    user_id: String,
    /// What stood for the factor: `totp`, `sms`, `email`, `recovery_code`, `trusted_device`, or null when none is due.
    #[schema(example = "totp")]
    method: Option<String>,
    /// In the words of RFC 8176, the password that you checked included.
    #[schema(example = json!(["pwd", "otp", "mfa"]))]
    amr: Vec<String>,
    /// `2` when a factor was proved now, else `1`.
    #[schema(example = "2")]
    acr: String,
    #[schema(value_type = String, format = DateTime)]
    auth_time: Timestamp,
    /// What to keep in a cookie of yours and send as `device_token` next time. Replaces the one before.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) device_token: Option<String>,
    /// When trust in the device ends.
    #[schema(value_type = String, format = DateTime, nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    device_expires_at: Option<Timestamp>,
    recovery_codes_remaining: usize,
    /// Of a step-up that was answered with a code: who confirmed which text, with what and when, signed. Anybody can check it
    /// with the keys at `/.well-known/jwks.json`.
    #[schema(nullable = false, example = "eyJhbGciOiJFZERTQSIsInR5cCI6InJlY2VpcHQrand0Ii…")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) receipt: Option<String>,
}

impl From<&Proof> for ResultView {
    fn from(proof: &Proof) -> Self {
        let (method, code) = match proof.by {
            ProvedBy::Code(method) => (Some(method.as_str()), Some(method)),
            ProvedBy::TrustedDevice => (Some("trusted_device"), None),
            ProvedBy::Nothing => (None, None),
        };
        Self {
            user_id: proof.user.as_str().to_owned(),
            method: method.map(str::to_owned),
            amr: amr(code).iter().map(ToString::to_string).collect(),
            acr: if code.is_some() { "2" } else { "1" }.to_owned(),
            auth_time: proof.at,
            device_token: proof.device.as_ref().map(|(token, _)| token.expose().to_owned()),
            device_expires_at: proof.device.as_ref().map(|(_, end)| *end),
            recovery_codes_remaining: proof.recovery_codes_remaining,
            receipt: None,
        }
    }
}

/// Where to go on from a challenge.
#[derive(Serialize, ToSchema)]
#[schema(as = V1Links)]
pub(super) struct Links {
    #[serde(rename = "self")]
    this: String,
    send: String,
    verify: String,
}

/// A challenge. Decide by `status`.
#[derive(Serialize, ToSchema)]
#[schema(as = V1Challenge)]
pub(super) struct ChallengeView {
    id: Uuid,
    /// `not_required`, `pending`, `enrollment_required` or `locked`; later also `approved`, `failed`, `canceled` or `expired`.
    #[schema(example = "pending")]
    status: String,
    /// In a word, why so: `factor_due`, `no_factor`, `grace`, `trusted_device`, `two_factor_off`, `enroll`, `wrong_codes` or
    /// `wrong_codes_in_a_row`.
    #[schema(example = "factor_due")]
    why: String,
    /// Where to send the person's browser to have it answered at our pages: there where you gave a `return_url` and there is
    /// something to do. Told this once.
    #[schema(nullable = false, example = "https://login.example.com/second-factor/open/4xJ…")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) url: Option<String>,
    /// What it can be answered with, the preferred one first.
    methods: Vec<MethodView>,
    /// The method offered first; null when there is nothing to answer.
    #[schema(example = "totp")]
    preferred: Option<String>,
    /// Whether a code was sent.
    code_sent: bool,
    /// How the sending of the last code stands: `queued`, `unavailable`, or null when none was sent.
    delivery: Option<String>,
    /// When the next code may be asked for; null when there is nothing to send.
    #[schema(value_type = Option<String>, format = DateTime)]
    next_send_at: Option<Timestamp>,
    /// Tries left.
    attempts_left: u32,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    /// What the person is about to do, as you told it.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    links: Links,
    /// With `grace`: from when on the person will have to have a factor. Have them set one up before.
    #[schema(value_type = String, format = DateTime, nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    grace_until: Option<Timestamp>,
    /// There at once when no factor is due.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<ResultView>,
    /// The device's next token, if it got one: the same as in the result.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) device_token: Option<String>,
    /// When trust in the device ends.
    #[schema(value_type = String, format = DateTime, nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    device_expires_at: Option<Timestamp>,
}

impl From<&AskedChallenge> for ChallengeView {
    fn from(challenge: &AskedChallenge) -> Self {
        let (id, state) = (challenge.id.uuid(), challenge.state.as_ref());
        let this = format!("/v1/challenges/{id}");
        let result = challenge.proof.as_ref().map(ResultView::from);
        Self {
            id,
            status: challenge.status.as_str().to_owned(),
            why: challenge.why.clone(),
            url: challenge.link.as_ref().map(|link| link.expose().to_owned()),
            methods: state.map(|state| state.methods.iter().cloned().map(Into::into).collect()).unwrap_or_default(),
            preferred: state.map(|state| state.method.as_str().to_owned()),
            code_sent: state.is_some_and(|state| state.code_sent),
            delivery: state.and_then(|state| state.delivery).map(|delivery| delivery.as_str().to_owned()),
            next_send_at: state.and_then(|state| state.next_send_at),
            attempts_left: state.map_or(0, |state| state.attempts_left),
            expires_at: challenge.expires_at,
            text: challenge.text.clone(),
            grace_until: challenge.grace_until,
            links: Links { send: format!("{this}/send"), verify: format!("{this}/verify"), this },
            device_token: result.as_ref().and_then(|result| result.device_token.clone()),
            device_expires_at: result.as_ref().and_then(|result| result.device_expires_at),
            result,
        }
    }
}

/// A factor of a user.
#[derive(Serialize, ToSchema)]
#[schema(as = V1Factor)]
pub(super) struct FactorView {
    id: Uuid,
    #[schema(example = "totp")]
    method: String,
    #[schema(example = "Authenticator")]
    label: String,
    /// Where codes go, masked; null for an authenticator.
    destination: Option<String>,
    preferred: bool,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    last_used_at: Option<Timestamp>,
}

impl From<&FactorStatus> for FactorView {
    fn from(factor: &FactorStatus) -> Self {
        Self {
            id: factor.offer.id.uuid(),
            method: factor.offer.method.as_str().to_owned(),
            label: factor.offer.label.clone(),
            destination: factor.offer.destination.clone(),
            preferred: factor.preferred,
            created_at: factor.created_at,
            last_used_at: factor.last_used_at,
        }
    }
}

/// A user, and how their second factor stands.
#[derive(Serialize, ToSchema)]
#[schema(as = V1UserStatus)]
pub(super) struct UserView {
    #[schema(example = "user-4711")]
    id: String,
    /// As you told it.
    email: Option<String>,
    /// As you told it, masked.
    phone: Option<String>,
    name: Option<String>,
    is_enabled: bool,
    #[schema(example = "totp")]
    preferred_method: Option<String>,
    /// The preferred one first.
    factors: Vec<FactorView>,
    recovery_codes_remaining: usize,
    /// How many.
    trusted_devices: usize,
    #[schema(value_type = Option<String>, format = DateTime)]
    locked_until: Option<Timestamp>,
    /// When they were first mentioned.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl UserView {
    pub(super) fn of(id: String, user: FoundUser, status: &Status) -> Self {
        Self {
            id,
            email: user.email.map(|email| email.as_str().to_owned()),
            phone: user.phone.map(|phone| phone.masked()),
            name: user.name,
            is_enabled: status.is_enabled,
            preferred_method: status.preferred_method.map(|method| method.as_str().to_owned()),
            factors: status.factors.iter().map(FactorView::from).collect(),
            recovery_codes_remaining: status.recovery_codes_remaining,
            trusted_devices: status.trusted_devices,
            locked_until: status.locked_until,
            created_at: user.created_at,
        }
    }
}

/// A trusted device.
#[derive(Serialize, ToSchema)]
#[schema(as = V1Device)]
pub(super) struct DeviceView {
    id: Uuid,
    /// What it is called, after its user agent.
    #[schema(example = "Firefox on Linux")]
    name: String,
    /// Where it was last used.
    #[schema(value_type = Option<String>)]
    ip_address: Option<IpAddr>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    last_used_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

impl From<ListedDevice> for DeviceView {
    fn from(device: ListedDevice) -> Self {
        Self {
            id: device.id.uuid(),
            name: device.name,
            ip_address: device.ip_address,
            created_at: device.created_at,
            last_used_at: device.last_used_at,
            expires_at: device.expires_at,
        }
    }
}
