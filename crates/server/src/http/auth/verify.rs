//! `POST /auth/2fa/verify/`

use axum::extract::State;
use axum::http::HeaderMap;
use domain::code::TypedCode;
use domain::secret::TokenHash;
use domain::verification::Verify;
use serde::Serialize;
use utoipa::ToSchema;

use super::view::{self, Tokens, TrustedDevice, UserView};
use crate::app::App;
use crate::http::caller::{Anyone, CookieDevice};
use crate::http::{Fields, Json, ReadBody};
use crate::problem::{Problem, ProblemCode};
use crate::run::run;

/// What this call may refuse.
pub(super) const REFUSALS: &[ProblemCode] = &[
    ProblemCode::PartialTokenInvalid,
    ProblemCode::AlreadyCompleted,
    ProblemCode::ChallengeExpired,
    ProblemCode::CodeIncorrect,
    ProblemCode::TooManyAttempts,
    ProblemCode::AccountLocked,
];

/// A code for a challenge.
#[derive(ToSchema)]
#[schema(as = Verification)]
#[expect(clippy::struct_field_names, reason = "the names of the wire")]
pub(super) struct Body {
    #[schema(value_type = String, min_length = 1, max_length = 512)]
    partial_token: TokenHash,
    /// Any kind of code: six digits, or a recovery code. Spaces and dashes are ignored.
    #[schema(value_type = String, min_length = 1, max_length = 64, example = "123456")]
    code: TypedCode,
    /// Trust this browser from now on: its next sign-ins need no factor for a while. A recovery code begins no trust.
    #[schema(required = false, nullable = false)]
    remember_me: Option<bool>,
    /// Give the refresh token in the body instead of a cookie; what the sign-in said, unless given.
    #[schema(required = false, nullable = false)]
    refresh_in_body: Option<bool>,
}

impl ReadBody for Body {
    fn read(fields: &mut Fields) -> Self {
        Self {
            partial_token: view::partial_token(fields),
            code: view::code(fields),
            remember_me: fields.optional_flag("remember_me"),
            refresh_in_body: fields.optional_flag("refresh_in_body"),
        }
    }
}

/// Signed in.
#[derive(Serialize, ToSchema)]
#[schema(as = Verified)]
pub(super) struct Answer {
    tokens: Tokens,
    user: UserView,
    /// Which kind of code it was: `totp`, `sms`, `email` or `recovery_code`.
    #[schema(example = "totp")]
    method: String,
    /// How the sign-in was done, in the words of RFC 8176.
    #[schema(example = json!(["pwd", "otp", "mfa"]))]
    amr: Vec<String>,
    recovery_codes_remaining: usize,
    /// The browser, if it is trusted from now on; its cookie is `twinlock_device`.
    trusted_device: Option<TrustedDevice>,
}

/// Answer a challenge. Every try is charged before it is judged; a right one takes its charge back.
#[utoipa::path(post, path = "/auth/2fa/verify/", tag = "sign-in", request_body = Body,
    responses((status = 200, description = "The code is right: signed in.", body = Answer)))]
pub(super) async fn verify(
    State(app): State<App>,
    Anyone(origin): Anyone,
    CookieDevice(device): CookieDevice,
    Json(body): Json<Body>,
) -> Result<(HeaderMap, Json<Answer>), Problem> {
    let holder = view::holder(body.refresh_in_body);
    let remember = body.remember_me.unwrap_or(false);
    let command = Verify { token: body.partial_token, code: body.code, holder, remember, device, origin };
    let verified = run(&app, command).await?;
    let (tokens, mut headers) = Tokens::of(&app, &verified.grant);
    let trusted_device = verified.trusted_device;
    view::device_cookie(&app, trusted_device.as_ref().map(|device| &device.cookie), &mut headers);
    let answer = Answer {
        tokens,
        user: verified.user.into(),
        method: verified.method.as_str().to_owned(),
        amr: verified.method.amr().iter().map(ToString::to_string).collect(),
        recovery_codes_remaining: verified.recovery_codes_remaining,
        trusted_device: trusted_device.map(TrustedDevice::from),
    };
    Ok((headers, Json(answer)))
}
