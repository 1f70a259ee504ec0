//! `POST /auth/2fa/send-code/`

use axum::extract::State;
use domain::factor::Method;
use domain::ids::{EnrollmentId, FactorId};
use domain::secret::TokenHash;
use domain::sent_code::{CodeSent, SendCode, SendFor, SessionPurpose, Which};
use domain::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::http::caller::{Anyone, SignedIn};
use crate::http::{Fields, Json, ReadBody};
use crate::problem::{Problem, ProblemCode};
use crate::run::run;

/// What this call may refuse.
pub(super) const REFUSALS: &[ProblemCode] = &[
    ProblemCode::TokenInvalid,
    ProblemCode::PartialTokenInvalid,
    ProblemCode::StepUpRequired,
    ProblemCode::FeatureDisabled,
    ProblemCode::NotFound,
    ProblemCode::AlreadyCompleted,
    ProblemCode::NoPendingSetup,
    ProblemCode::ChallengeExpired,
    ProblemCode::TooManyAttempts,
    ProblemCode::AccountLocked,
    ProblemCode::SendCooldown,
    ProblemCode::SendLimit,
    ProblemCode::DeliveryUnavailable,
];

/// What the code is for: exactly one of a challenge (`partial_token`), a set-up (`enrollment_id`, with an access token) or a
/// change (`purpose`, with an access token). A challenge and a change name the factor, by `method` or by `factor_id`.
#[derive(ToSchema)]
#[schema(as = SendCode, example = json!({"partial_token": "…", "method": "sms"}))]
pub(super) struct Body {
    #[schema(value_type = String, required = false, nullable = false, min_length = 1, max_length = 512)]
    partial_token: Option<TokenHash>,
    #[schema(required = false, nullable = false)]
    enrollment_id: Option<Uuid>,
    /// `step_up` or `disable`.
    #[schema(value_type = String, required = false, nullable = false, example = "step_up")]
    purpose: Option<SessionPurpose>,
    /// `sms` or `email`.
    #[schema(value_type = String, required = false, nullable = false, example = "sms")]
    method: Option<Method>,
    #[schema(required = false, nullable = false)]
    factor_id: Option<Uuid>,
}

impl ReadBody for Body {
    fn read(fields: &mut Fields) -> Self {
        let uuid = |text: &str| Uuid::parse_str(text).ok();
        let methods = [Method::Sms, Method::Email].map(|method| (method.as_str(), method));
        let purposes = [("step_up", SessionPurpose::StepUp), ("disable", SessionPurpose::Disable)];
        Self {
            partial_token: fields.optional_secret("partial_token", 1..=512).map(|token| TokenHash::of(&token)),
            enrollment_id: fields.optional_parsed("enrollment_id", "a UUID", uuid),
            purpose: fields.optional_choice("purpose", &purposes),
            method: fields.optional_choice("method", &methods),
            factor_id: fields.optional_parsed("factor_id", "a UUID", uuid),
        }
    }
}

impl Body {
    /// What the fields say together.
    fn wanted(self, bearer: Result<SignedIn, Problem>) -> Result<SendFor, Problem> {
        let which = match (self.method, self.factor_id) {
            (Some(method), None) => Ok(Some(Which::Method(method))),
            (None, Some(id)) => Ok(Some(Which::Factor(FactorId::from_uuid(id)))),
            (None, None) => Ok(None),
            (Some(_), Some(_)) => Err(()),
        };
        match (self.partial_token, self.enrollment_id, self.purpose, which) {
            (Some(token), None, None, Ok(Some(which))) => Ok(SendFor::Challenge(token, which)),
            (None, Some(id), None, Ok(None)) => Ok(SendFor::Enrollment(bearer?.0, EnrollmentId::from_uuid(id))),
            (None, None, Some(purpose), Ok(Some(which))) => Ok(SendFor::Session(bearer?.0, purpose, which)),
            _ => Err(Problem::invalid_at(
                "",
                "exactly one of partial_token, enrollment_id and purpose is needed; partial_token and purpose with exactly \
                 one of method and factor_id, enrollment_id with neither",
            )),
        }
    }
}

/// A code is on its way.
#[derive(Serialize, ToSchema)]
#[schema(as = CodeSent)]
pub(super) struct Answer {
    /// `sms` or `email`. A code by e-mail is the weaker proof: whoever reads the mail can also reset the password.
    #[schema(example = "sms")]
    method: String,
    /// Where it goes, masked.
    #[schema(example = "+1*** ***67")]
    destination: String,
    #[schema(example = "queued")]
    delivery: String,
    /// When the next one may be asked for.
    #[schema(value_type = String, format = DateTime)]
    next_send_at: Timestamp,
    /// How many more may be asked for.
    sends_left: u32,
}

impl From<CodeSent> for Answer {
    fn from(sent: CodeSent) -> Self {
        Self {
            method: sent.method.as_str().to_owned(),
            destination: sent.destination,
            delivery: sent.delivery.as_str().to_owned(),
            next_send_at: sent.next_send_at,
            sends_left: sent.sends_left,
        }
    }
}

/// Send a code. It kills the one before it for the same thing. A code is good for one purpose, one challenge, set-up or
/// session, and one destination.
#[utoipa::path(post, path = "/auth/2fa/send-code/", tag = "sign-in", request_body = Body,
    security((), ("access_token" = [])),
    responses((status = 200, description = "A code is on its way.", body = Answer)))]
pub(super) async fn send_code(
    State(app): State<App>,
    Anyone(origin): Anyone,
    bearer: Result<SignedIn, Problem>,
    Json(body): Json<Body>,
) -> Result<Json<Answer>, Problem> {
    let wanted = body.wanted(bearer)?;
    Ok(Json(run(&app, SendCode { wanted, origin }).await?.into()))
}
