//! What a caller is told when the answer is no: RFC 9457 problem documents.
//!
//! This is the only file that names the HTTP status of a refusal. Every code the API knows stands in one table, with
//! its status, title and a plain sentence. The framework's own refusals (an unknown path, a wrong method, a panic) are
//! turned into the same documents by [`adopt`], so a client reads one shape only.

mod refusal;

use std::borrow::Cow;

use axum::body::Body;
use axum::http::StatusCode;
use axum::http::header::{self, HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// The media type of every refusal.
pub const MEDIA_TYPE: &str = "application/problem+json";

macro_rules! codes {
    ($($variant:ident = $status:literal, $code:literal, $title:literal, $sentence:literal;)*) => {
        /// Why a request was refused. Clients decide by this, never by the sentence beside it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, ToSchema)]
        pub enum ProblemCode {
            $(#[doc = $sentence] #[serde(rename = $code)] $variant,)*
        }

        impl ProblemCode {
            /// Every code, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            fn row(self) -> (u16, &'static str, &'static str, &'static str) {
                match self { $(Self::$variant => ($status, $code, $title, $sentence),)* }
            }
        }
    };
}

codes! {
    InvalidRequest = 400, "invalid_request", "Invalid request", "The request does not have the documented shape.";
    CredentialsInvalid = 401, "credentials_invalid", "Credentials invalid", "The e-mail address or the password is wrong.";
    TokenInvalid = 401, "token_invalid", "Token invalid", "The token is unknown, expired or already used.";
    ApiKeyInvalid = 401, "api_key_invalid", "API key invalid", "The API key is missing, unknown or revoked.";
    PartialTokenInvalid = 401, "partial_token_invalid", "Partial token invalid", "The partial token is unknown; sign in again.";
    EmailUnverified = 403, "email_unverified", "E-mail address not verified", "The e-mail address has to be verified first.";
    StepUpRequired = 403, "step_up_required", "Step-up required", "This change needs a fresh proof: call /auth/2fa/step-up/ first.";
    FeatureDisabled = 403, "feature_disabled", "Feature disabled", "The operator has switched this off.";
    RoleRequired = 403, "role_required", "Role required", "This takes another role in the administration.";
    SecondAdministratorRequired = 403, "second_administrator_required", "Second administrator required", "This takes another administrator than the one who asks.";
    CsrfRefused = 403, "csrf_refused", "Cross-site request refused", "This request came from another site.";
    ReportRefused = 403, "report_refused", "Report refused", "This report is not signed, too old, or about no message of ours.";
    NotFound = 404, "not_found", "Not found", "There is nothing here.";
    MethodNotAllowed = 405, "method_not_allowed", "Method not allowed", "This path does not take this method.";
    RequestTimeout = 408, "request_timeout", "Request timeout", "The body did not arrive in time.";
    AlreadyCompleted = 409, "already_completed", "Already completed", "This challenge has been answered already.";
    NoPendingSetup = 409, "no_pending_setup", "No pending set-up", "There is no set-up to confirm; begin one first.";
    LastFactor = 409, "last_factor", "Last factor", "The last factor cannot be removed; disable the second factor instead.";
    AlreadyEnabled = 409, "already_enabled", "Already enabled", "This is enabled already.";
    CoolingOff = 409, "cooling_off", "Cooling off", "This is done when some time has passed since it was asked for.";
    ReplayExpired = 409, "replay_expired", "Replay expired", "This call was answered before, and its answer is not kept any more.";
    ChallengeExpired = 410, "challenge_expired", "Challenge expired", "The time for this challenge is over; sign in again.";
    RecoveryCodesGone = 410, "recovery_codes_gone", "Recovery codes gone", "The recovery codes can no longer be shown; make new ones.";
    BodyTooLarge = 413, "body_too_large", "Body too large", "The body is larger than this server accepts.";
    UnsupportedMediaType = 415, "unsupported_media_type", "Unsupported media type", "The body has to be application/json.";
    MisdirectedRequest = 421, "misdirected_request", "Misdirected request", "This server does not answer for that host.";
    CodeIncorrect = 422, "code_incorrect", "Code incorrect", "The code is not right.";
    PasswordRejected = 422, "password_rejected", "Password rejected", "This password cannot be used.";
    PhoneRejected = 422, "phone_rejected", "Phone number rejected", "This phone number cannot be used.";
    EmailRejected = 422, "email_rejected", "E-mail address rejected", "This e-mail address cannot be used.";
    IdempotencyKeyReused = 422, "idempotency_key_reused", "Idempotency key reused", "Another call was made with this idempotency key.";
    TooManyAttempts = 429, "too_many_attempts", "Too many attempts", "There were too many wrong tries.";
    AccountLocked = 429, "account_locked", "Account locked", "The account is locked after too many wrong codes.";
    SendCooldown = 429, "send_cooldown", "Wait before sending again", "A code was sent a moment ago.";
    SendLimit = 429, "send_limit", "Send limit reached", "No more codes are sent for now.";
    HeadersTooLarge = 431, "headers_too_large", "Header fields too large", "The header fields are larger than this server accepts.";
    InternalError = 500, "internal_error", "Internal error", "Something went wrong on our side.";
    Unavailable = 503, "unavailable", "Unavailable", "The service cannot answer right now; try again soon.";
    DeliveryUnavailable = 503, "delivery_unavailable", "Delivery unavailable", "The code cannot be sent right now.";
}

impl ProblemCode {
    /// The status of an answer with this code.
    pub fn status(self) -> StatusCode {
        StatusCode::from_u16(self.row().0).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The code as it stands in the document.
    pub fn as_str(self) -> &'static str {
        self.row().1
    }

    /// A heading that never changes.
    pub fn title(self) -> &'static str {
        self.row().2
    }

    /// What it means, for people; used where the refusal has nothing more exact to say.
    pub fn sentence(self) -> &'static str {
        self.row().3
    }

    /// The code for a status the framework chose by itself.
    fn of_status(status: StatusCode) -> Self {
        match Self::ALL.iter().copied().find(|code| code.status() == status) {
            // The first row of a status is its general one; only 401, 403, 409, 410, 422 and 429 have no such row.
            Some(code) if !matches!(status.as_u16(), 401 | 403 | 409 | 410 | 422 | 429) => code,
            _ if status.is_server_error() => Self::InternalError,
            _ => Self::InvalidRequest,
        }
    }
}

/// One fault of a body, and where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// Where in the body, as a JSON pointer (RFC 6901); empty for the whole body.
    #[schema(example = "/code")]
    pub pointer: String,
    /// What is wrong there.
    pub detail: Cow<'static, str>,
}

/// Why a code is dead, where that may be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Hint {
    /// The code was right once and has been used.
    AlreadyUsed,
    /// The code was right and its time is over.
    Expired,
    /// The clock of the authenticator is off.
    ClockSkew,
}

/// The document itself. Members that do not belong to a code are absent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(title = "Problem")]
pub struct ProblemDocument {
    /// Where this server explains the kind of problem to people: `/problems/` and the code.
    #[serde(rename = "type")]
    #[schema(example = "/problems/code_incorrect")]
    pub kind: String,
    /// A heading that never changes.
    #[schema(value_type = String)]
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// What to decide by.
    pub code: ProblemCode,
    /// A sentence for people.
    #[schema(value_type = String)]
    pub detail: Cow<'static, str>,
    /// The request in our logs.
    pub request_id: String,
    /// With `invalid_request`: every fault found.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub errors: Vec<FieldError>,
    /// With `code_incorrect`: how many tries this challenge has left.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub attempts_left: Option<u32>,
    /// With `code_incorrect`: why the code is dead, or null.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Hint>, required = false)]
    pub hint: Option<Option<Hint>>,
    /// With the hint `clock_skew`: how many seconds the authenticator is ahead, negative when it is behind.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub skew_seconds: Option<i64>,
    /// How many seconds to wait; also in `Retry-After`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub retry_after: Option<u64>,
    /// With `password_rejected`, `phone_rejected` and `email_rejected`: why.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<String>)]
    pub reason: Option<Cow<'static, str>>,
    /// With `delivery_unavailable`: the methods that work.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub alternatives: Option<Vec<String>>,
}

/// What `type` says of a code: the page that explains it. The whole path, as RFC 9457 asks of a reference that is relative; so
/// it holds by whatever name the server is called.
pub(crate) fn kind(code: &str) -> String {
    format!("/problems/{code}")
}

/// A refusal on its way out. Boxed, because it travels in the error half of almost every result.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem(Box<Parts>);

#[derive(Debug, Clone, PartialEq)]
struct Parts {
    document: ProblemDocument,
    headers: HeaderMap,
}

impl Problem {
    /// A refusal with the code's own sentence.
    pub fn new(code: ProblemCode) -> Self {
        let mut headers = HeaderMap::new();
        if code.status() == StatusCode::UNAUTHORIZED {
            // RFC 9110 section 15.5.2 asks for a challenge with every 401.
            let challenge = if code == ProblemCode::TokenInvalid { "Bearer error=\"invalid_token\"" } else { "Bearer" };
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        let document = ProblemDocument {
            kind: kind(code.as_str()),
            title: code.title(),
            status: code.status().as_u16(),
            code,
            detail: code.sentence().into(),
            request_id: String::new(),
            errors: Vec::new(),
            attempts_left: None,
            hint: None,
            skew_seconds: None,
            retry_after: None,
            reason: None,
            alternatives: None,
        };
        Self(Box::new(Parts { document, headers }))
    }

    /// `invalid_request` with everything that is wrong.
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let mut problem = Self::new(ProblemCode::InvalidRequest);
        problem.0.document.errors = errors;
        problem
    }

    /// `invalid_request` with one fault; the pointer is empty for the request as a whole.
    pub fn invalid_at(pointer: impl Into<String>, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::invalid(vec![FieldError { pointer: pointer.into(), detail: detail.into() }])
    }

    /// `code_incorrect` with the tries left and, if it may be said, why the code is dead.
    pub fn code_incorrect(attempts_left: u32, hint: Option<Hint>) -> Self {
        let mut problem = Self::new(ProblemCode::CodeIncorrect);
        problem.0.document.attempts_left = Some(attempts_left);
        problem.0.document.hint = Some(hint);
        problem
    }

    /// A refusal that ends after some seconds.
    pub fn retry_after(code: ProblemCode, seconds: u64) -> Self {
        let mut problem = Self::new(code);
        problem.0.document.retry_after = Some(seconds);
        problem.0.headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        problem
    }

    /// A more exact sentence than the code's own.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.0.document.detail = detail.into();
        self
    }

    /// By how many seconds the authenticator is off.
    #[must_use]
    pub fn skew_seconds(mut self, seconds: i64) -> Self {
        self.0.document.skew_seconds = Some(seconds);
        self
    }

    /// Why a password, number or address was rejected, as a stable word.
    #[must_use]
    pub fn reason(mut self, reason: impl Into<Cow<'static, str>>) -> Self {
        self.0.document.reason = Some(reason.into());
        self
    }

    /// The methods that work instead.
    #[must_use]
    pub fn alternatives(mut self, methods: Vec<String>) -> Self {
        self.0.document.alternatives = Some(methods);
        self
    }

    /// A further header, such as `Allow`.
    #[must_use]
    pub fn header(mut self, name: header::HeaderName, value: HeaderValue) -> Self {
        self.0.headers.insert(name, value);
        self
    }

    /// Why this request is refused.
    pub fn code(&self) -> ProblemCode {
        self.0.document.code
    }

    /// The document as it will be sent.
    pub fn document(&self) -> &ProblemDocument {
        &self.0.document
    }
}

impl IntoResponse for Problem {
    /// The finished answer. The problem rides along in the extensions, so that [`adopt`] can add the request id.
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self.0.document).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.code().status();
        response.headers_mut().extend(self.0.headers.clone());
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response.extensions_mut().insert(self);
        response
    }
}

/// Gives a refusal its request id, and a refusal of the framework the shape of ours.
///
/// Pages answer refusals as HTML of their own; they are left alone.
pub fn adopt(mut response: Response, request_id: &str) -> Response {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let mut problem = match response.extensions_mut().remove::<Problem>() {
        Some(problem) => problem,
        None if speaks_for_itself(response.headers()) => return response,
        None => {
            let mut problem = Problem::new(ProblemCode::of_status(status));
            if let Some(allow) = response.headers().get(header::ALLOW) {
                problem = problem.header(header::ALLOW, allow.clone());
            }
            problem
        }
    };
    request_id.clone_into(&mut problem.0.document.request_id);
    let mut finished = problem.into_response();
    for (name, value) in response.headers() {
        // What a handler set beside the refusal stays, such as a cookie that has to go.
        if name == header::SET_COOKIE {
            finished.headers_mut().append(name, value.clone());
        }
    }
    finished
}

/// Whether a handler wrote this refusal itself; the framework's own are plain text or empty.
fn speaks_for_itself(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|kind| !kind.as_bytes().starts_with(b"text/plain"))
}

#[cfg(test)]
mod tests;
