//! `/v1/challenges`

use std::net::IpAddr;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::application::KeyScope;
use domain::application::challenge::{
    AnswerAsked, Approved, AskedChallenge, CancelAsked, ReadAsked, Reason, RequestChallenge,
};
use domain::application::hosted::{HostedWish, RedeemHosted};
use domain::application::idempotency::Words;
use domain::application::return_url::ReturnUrl;
use domain::code::TypedCode;
use domain::command::Origin;
use domain::decision::Refusal;
use domain::factor::Method;
use domain::ids::{ChallengeId, FactorId};
use domain::locale::Locale;
use domain::secret::TokenHash;
use domain::sent_code::{CodeSent, SendCode, SendFor, Which};
use domain::time::{Duration, Timestamp};
use domain::trusted_device::DeviceToken;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::call::{Called, Caller, Nothing, no_content, words};
use super::view::{self, ChallengeView, ResultView, UserBody};
use crate::app::App;
use crate::http::{Fields, Json, ReadBody};
use crate::problem::{Problem, ProblemCode};

/// What asking for a challenge may refuse.
pub(super) const REQUEST_REFUSALS: &[ProblemCode] = &[ProblemCode::EmailRejected, ProblemCode::PhoneRejected];

/// What reading and canceling may refuse: what any call may.
pub(super) const REFUSALS: &[ProblemCode] = &[];

/// What sending a code may refuse.
pub(super) const SEND_REFUSALS: &[ProblemCode] = &[
    ProblemCode::AlreadyCompleted,
    ProblemCode::ChallengeExpired,
    ProblemCode::TooManyAttempts,
    ProblemCode::AccountLocked,
    ProblemCode::SendCooldown,
    ProblemCode::SendLimit,
    ProblemCode::DeliveryUnavailable,
];

/// What exchanging what came back may refuse.
pub(super) const REDEEM_REFUSALS: &[ProblemCode] = &[ProblemCode::AlreadyCompleted, ProblemCode::ChallengeExpired];

/// What answering may refuse.
pub(super) const VERIFY_REFUSALS: &[ProblemCode] = &[
    ProblemCode::AlreadyCompleted,
    ProblemCode::NoPendingSetup,
    ProblemCode::ChallengeExpired,
    ProblemCode::CodeIncorrect,
    ProblemCode::TooManyAttempts,
    ProblemCode::AccountLocked,
];

/// Who is to prove what, and where they are.
#[derive(ToSchema)]
#[schema(as = V1RequestChallenge)]
pub(super) struct Request {
    #[schema(value_type = UserBody)]
    user: Option<UserBody>,
    /// The token of a trusted device, as you kept it.
    #[schema(value_type = String, required = false, nullable = false, max_length = 512)]
    device_token: Option<DeviceToken>,
    /// Where the person's request came from.
    #[schema(value_type = String, example = "203.0.113.7")]
    ip: Option<IpAddr>,
    /// What the person's client calls itself.
    #[schema(max_length = 2000)]
    user_agent: String,
    /// The language of the person's client.
    #[schema(value_type = String, required = false, nullable = false, max_length = 35, example = "de")]
    locale: Option<Locale>,
    /// `login`, `step_up` or `enroll`.
    #[schema(value_type = String, example = "login")]
    reason: Reason,
    /// How many seconds old the proof behind a trusted device may be. Without it any will do for a sign-in, and none for a
    /// step-up; for a step-up with a `text` none will do either way.
    #[schema(value_type = i64, required = false, nullable = false, minimum = 0, maximum = 31_536_000)]
    max_age: Option<Duration>,
    /// What the person is about to do: shown at our pages, and yours to show in your own form. The receipt of a step-up holds its
    /// hash.
    #[schema(required = false, nullable = false, min_length = 1, max_length = 200)]
    text: Option<String>,
    /// Where our pages send the person back to: exactly one of the return URLs of your application. Without it there is no `url`.
    #[schema(value_type = String, required = false, nullable = false, max_length = 1000, example = "https://shop.example.com/second-factor")]
    return_url: Option<ReturnUrl>,
    /// With `return_url`: what you know the person's browser by, a secret of its session with you. The result is given to
    /// nobody who does not say the same, and the pages open in a browser with this `user_agent` only.
    #[schema(value_type = String, required = false, nullable = false, min_length = 16, max_length = 256)]
    browser_binding: Option<TokenHash>,
}

impl ReadBody for Request {
    fn read(fields: &mut Fields) -> Self {
        let user = fields.object("user", UserBody::read);
        let token = fields.optional_secret("device_token", 1..=512);
        let locale = fields.optional_text("locale", 1..=35).and_then(|tag| Locale::of(&tag));
        let reasons = Reason::ALL.map(|reason| (reason.as_str(), reason));
        let max_age = fields.optional_integer("max_age");
        if max_age.is_some_and(|seconds| !(0..=31_536_000).contains(&seconds)) {
            fields.refuse("max_age", "must be 0 to 31536000 seconds");
        }
        let return_url =
            fields.optional_parsed("return_url", "an https address as a browser writes it", ReturnUrl::parse);
        let browser_binding = binding(fields);
        if browser_binding.is_some() && return_url.is_none() {
            fields.refuse("browser_binding", "belongs to a return_url");
        }
        Self {
            user,
            device_token: token.and_then(|token| DeviceToken::parse(&token)),
            ip: view::ip(fields),
            user_agent: view::user_agent(fields),
            locale,
            reason: fields.choice("reason", &reasons, Reason::Login),
            max_age: max_age.map(Duration::from_secs),
            text: fields.optional_text("text", 1..=200),
            return_url,
            browser_binding,
        }
    }
}

/// What an application knows a browser by.
fn binding(fields: &mut Fields) -> Option<TokenHash> {
    fields.optional_secret("browser_binding", 16..=256).map(|text| TokenHash::of(&text))
}

/// Ask for a challenge, after you have checked the password. `status` says what comes next; when no factor is due, the result
/// is there at once. A user comes to be at the first mention.
#[utoipa::path(post, path = "/v1/challenges", tag = "challenges", request_body = Request, security(("api_key" = [])),
    responses((status = 201, description = "The challenge. `status` says what comes next.", body = ChallengeView)))]
pub(super) async fn request(
    State(app): State<App>,
    Called(caller, body): Called<Request>,
) -> Result<Response, Problem> {
    let user = body.user.ok_or_else(|| Problem::new(ProblemCode::InvalidRequest))?;
    let user = user.mentioned(&app, caller.holder.application).await?;
    let user_agent = Some(body.user_agent).filter(|agent| !agent.is_empty());
    let (actor, request_id) = (None, Some(caller.request_id()));
    let origin = Origin { ip: body.ip, user_agent, actor, request_id, locale: body.locale };
    let (reason, max_age, text, device) = (body.reason, body.max_age, body.text, body.device_token);
    let binding = body.browser_binding;
    let hosted = body.return_url.map(|return_url| HostedWish { return_url, binding });
    let command = RequestChallenge { user, reason, max_age, text, device, hosted, origin };
    let wording = |answer: Result<&AskedChallenge, &Refusal>| {
        words(answer, StatusCode::CREATED, |challenge| {
            let view = ChallengeView::from(challenge);
            let secret = view.device_token.is_some() || view.url.is_some();
            (view, secret)
        })
    };
    caller.run(&app, KeyScope::Challenges, command, wording).await
}

/// What is no id is the id of nothing.
fn id(text: &str) -> Result<ChallengeId, Problem> {
    let id = Uuid::parse_str(text).map_err(|_| Problem::new(ProblemCode::NotFound))?;
    Ok(ChallengeId::from_uuid(id))
}

/// How a challenge stands.
#[utoipa::path(get, path = "/v1/challenges/{id}", tag = "challenges", params(("id" = Uuid, Path, description = "The challenge")),
    security(("api_key" = [])), responses((status = 200, description = "The challenge.", body = ChallengeView)))]
pub(super) async fn read(
    State(app): State<App>,
    caller: Caller,
    Path(text): Path<String>,
) -> Result<Json<ChallengeView>, Problem> {
    let question = ReadAsked { application: caller.holder.application, id: id(&text)? };
    let challenge = caller.ask(&app, KeyScope::Challenges, question).await?;
    Ok(Json(ChallengeView::from(&challenge)))
}

/// Give a challenge up. One that is over already stays as it is.
#[utoipa::path(delete, path = "/v1/challenges/{id}", tag = "challenges", params(("id" = Uuid, Path, description = "The challenge")),
    security(("api_key" = [])), responses((status = 204, description = "It can be answered no more.")))]
pub(super) async fn cancel(
    State(app): State<App>,
    Path(text): Path<String>,
    Called(caller, Nothing): Called<Nothing>,
) -> Result<Response, Problem> {
    let command = CancelAsked { application: caller.holder.application, id: id(&text)?, origin: caller.acts() };
    caller.run(&app, KeyScope::Challenges, command, no_content).await
}

/// By which factor: exactly one of `method` and `factor_id`.
#[derive(ToSchema)]
#[schema(as = V1SendCode, example = json!({"method": "sms"}))]
pub(super) struct Send {
    /// `sms` or `email`.
    #[schema(value_type = String, required = false, nullable = false, example = "sms")]
    method: Option<Method>,
    #[schema(value_type = Uuid, required = false, nullable = false)]
    factor_id: Option<Uuid>,
}

impl ReadBody for Send {
    fn read(fields: &mut Fields) -> Self {
        let methods = [Method::Sms, Method::Email].map(|method| (method.as_str(), method));
        let method = fields.optional_choice("method", &methods);
        let factor_id = fields.optional_parsed("factor_id", "a UUID", |text| Uuid::parse_str(text).ok());
        if method.is_some() == factor_id.is_some() {
            fields.refuse("method", "exactly one of method and factor_id is needed");
        }
        Self { method, factor_id }
    }
}

/// A code on its way.
#[derive(Serialize, ToSchema)]
#[schema(as = V1CodeSent)]
pub(super) struct Sent {
    #[schema(example = "sms")]
    method: String,
    /// Where it goes, masked.
    #[schema(example = "+1*** ***67")]
    destination: String,
    #[schema(example = "queued")]
    delivery: String,
    #[schema(value_type = String, format = DateTime)]
    next_send_at: Timestamp,
    sends_left: u32,
}

/// Send a code for a challenge. It kills the one before it.
#[utoipa::path(post, path = "/v1/challenges/{id}/send", tag = "challenges", request_body = Send,
    params(("id" = Uuid, Path, description = "The challenge")), security(("api_key" = [])),
    responses((status = 200, description = "A code is on its way.", body = Sent)))]
pub(super) async fn send(
    State(app): State<App>,
    Path(text): Path<String>,
    Called(caller, body): Called<Send>,
) -> Result<Response, Problem> {
    let which = match (body.method, body.factor_id) {
        (_, Some(id)) => Which::Factor(FactorId::from_uuid(id)),
        (Some(method), None) => Which::Method(method),
        (None, None) => return Err(Problem::new(ProblemCode::InvalidRequest)),
    };
    let (application, id) = (caller.holder.application, id(&text)?);
    // Text messages are counted by where people are, and that was said when the challenge was asked for.
    let asked = caller.clone().ask(&app, KeyScope::Challenges, ReadAsked { application, id }).await?;
    let origin = Origin { ip: asked.ip, ..caller.acts() };
    let command = SendCode { wanted: SendFor::Asked(application, id, which), origin };
    let wording = |answer: Result<&CodeSent, &Refusal>| {
        words(answer, StatusCode::OK, |sent| {
            let sent = Sent {
                method: sent.method.as_str().to_owned(),
                destination: sent.destination.clone(),
                delivery: sent.delivery.as_str().to_owned(),
                next_send_at: sent.next_send_at,
                sends_left: sent.sends_left,
            };
            (sent, false)
        })
    };
    caller.run(&app, KeyScope::Challenges, command, wording).await
}

/// A code that the person typed into your form.
#[derive(ToSchema)]
#[schema(as = V1Verification)]
pub(super) struct Verification {
    /// Any kind of code: six digits, or a recovery code. Spaces and dashes are ignored.
    #[schema(value_type = String, min_length = 1, max_length = 64, example = "123456")]
    code: TypedCode,
    /// Trust the person's device from now on. A recovery code begins no trust.
    #[schema(required = false, nullable = false)]
    trust_device: Option<bool>,
}

impl ReadBody for Verification {
    fn read(fields: &mut Fields) -> Self {
        Self { code: crate::http::auth::view::code(fields), trust_device: fields.optional_flag("trust_device") }
    }
}

/// A challenge that was answered.
#[derive(Serialize, ToSchema)]
#[schema(as = V1Approved)]
pub(super) struct ApprovedView {
    id: Uuid,
    /// `approved`.
    #[schema(example = "approved")]
    status: String,
    result: ResultView,
}

/// Answer a challenge. Every try is charged before it is judged; a right one takes its charge back. A wrong code is never a 2xx.
#[utoipa::path(post, path = "/v1/challenges/{id}/verify", tag = "challenges", request_body = Verification,
    params(("id" = Uuid, Path, description = "The challenge")), security(("api_key" = [])),
    responses((status = 200, description = "The code is right.", body = ApprovedView)))]
pub(super) async fn verify(
    State(app): State<App>,
    Path(text): Path<String>,
    Called(caller, body): Called<Verification>,
) -> Result<Response, Problem> {
    let (application, request_id) = (caller.holder.application, Some(caller.request_id()));
    let trust = body.trust_device.unwrap_or(false);
    let command = AnswerAsked { application, id: id(&text)?, code: body.code, trust, request_id };
    caller.run(&app, KeyScope::Challenges, command, approved).await
}

fn approved(answer: Result<&Approved, &Refusal>) -> Option<Words> {
    words(answer, StatusCode::OK, |approved| {
        let mut result = ResultView::from(&approved.proof);
        result.receipt.clone_from(&approved.receipt);
        let secret = result.device_token.is_some();
        (ApprovedView { id: approved.id.uuid(), status: "approved".to_owned(), result }, secret)
    })
}

/// What came back with the browser.
#[derive(ToSchema)]
#[schema(as = V1Redeem)]
pub(super) struct Redeem {
    /// `tfa` of the address your return URL was called with.
    #[schema(value_type = String, min_length = 1, max_length = 128)]
    token: TokenHash,
    /// What you know the browser by that brought it, where you said so when you asked for the challenge.
    #[schema(value_type = String, required = false, nullable = false, min_length = 16, max_length = 256)]
    browser_binding: Option<TokenHash>,
}

impl ReadBody for Redeem {
    fn read(fields: &mut Fields) -> Self {
        Self { token: TokenHash::of(&fields.secret("token", 1..=128)), browser_binding: binding(fields) }
    }
}

/// Exchange what came back from our pages for the result: once, within two minutes. Check that `user_id` is who you expect.
#[utoipa::path(post, path = "/v1/challenges/redeem", tag = "challenges", request_body = Redeem, security(("api_key" = [])),
    responses((status = 200, description = "The challenge was answered.", body = ApprovedView)))]
pub(super) async fn redeem(State(app): State<App>, Called(caller, body): Called<Redeem>) -> Result<Response, Problem> {
    let (application, request_id) = (caller.holder.application, Some(caller.request_id()));
    let command = RedeemHosted { application, token: body.token, binding: body.browser_binding, request_id };
    caller.run(&app, KeyScope::Challenges, command, approved).await
}
