//! `POST /auth/login/`

use axum::extract::State;
use axum::http::HeaderMap;
use domain::login::LoggedIn;
use domain::session::RefreshHolder;
use serde::Serialize;
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::view::{self, ChallengeBody, Tokens, UserView};
use crate::app::App;
use crate::credentials::{Credentials, log_in};
use crate::http::caller::{Anyone, CookieDevice};
use crate::http::{Fields, Json, ReadBody};
use crate::problem::{Problem, ProblemCode};

/// What this call may refuse.
pub(super) const REFUSALS: &[ProblemCode] = &[
    ProblemCode::CredentialsInvalid,
    ProblemCode::EmailUnverified,
    ProblemCode::FeatureDisabled,
    ProblemCode::EmailRejected,
    ProblemCode::PasswordRejected,
    ProblemCode::TooManyAttempts,
    ProblemCode::AccountLocked,
];

/// An address and its password.
#[derive(ToSchema)]
#[schema(as = Login)]
#[expect(clippy::struct_field_names, reason = "the names of the wire")]
pub(super) struct Body {
    #[schema(example = "person@example.org", min_length = 1, max_length = 320)]
    email: String,
    #[schema(value_type = String, min_length = 1, max_length = 1024)]
    password: Zeroizing<String>,
    /// Give the refresh token in the body instead of a cookie, now and with the second factor.
    #[schema(required = false, nullable = false)]
    refresh_in_body: Option<bool>,
}

impl ReadBody for Body {
    fn read(fields: &mut Fields) -> Self {
        Self {
            email: fields.text("email", 1..=320),
            password: fields.secret("password", 1..=60_000),
            refresh_in_body: fields.optional_flag("refresh_in_body"),
        }
    }
}

/// Where a right password leads. Decide by `requires_2fa`.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = LoginAnswer)]
pub(super) enum Answer {
    /// A second factor is due: answer the challenge.
    FactorDue {
        /// True.
        requires_2fa: bool,
        /// Good for answering this challenge, and nothing else.
        partial_token: String,
        /// What it asks.
        #[serde(flatten)]
        challenge: ChallengeBody,
    },
    /// Signed in.
    SignedIn {
        /// False.
        requires_2fa: bool,
        /// `no_factor`: this person has none. `trusted_device`: this browser is trusted.
        #[schema(example = "no_factor")]
        reason: String,
        /// The session's tokens.
        tokens: Tokens,
        /// The person.
        user: UserView,
    },
}

/// Sign in with a password. With a factor due the answer is a challenge and holds no token.
#[utoipa::path(post, path = "/auth/login/", tag = "sign-in", request_body = Body,
    responses((status = 200, description = "The password is right. `requires_2fa` says what comes next.", body = Answer)))]
pub(super) async fn login(
    State(app): State<App>,
    Anyone(origin): Anyone,
    CookieDevice(device): CookieDevice,
    Json(body): Json<Body>,
) -> Result<(HeaderMap, Json<Answer>), Problem> {
    let holder = view::holder(body.refresh_in_body).unwrap_or(RefreshHolder::Cookie);
    let credentials = Credentials { email: body.email, password: body.password, holder, device, origin };
    Ok(match log_in(&app, &credentials).await? {
        LoggedIn::HashChanged => return Err(Problem::new(ProblemCode::CredentialsInvalid)),
        LoggedIn::FactorDue { partial_token, challenge } => {
            let partial_token = partial_token.expose().to_owned();
            let answer = Answer::FactorDue { requires_2fa: true, partial_token, challenge: challenge.into() };
            (HeaderMap::new(), Json(answer))
        }
        LoggedIn::NoFactor(grant, user) => {
            let (tokens, cookie) = Tokens::of(&app, &grant);
            let reason = "no_factor".to_owned();
            (cookie, Json(Answer::SignedIn { requires_2fa: false, reason, tokens, user: (*user).into() }))
        }
        LoggedIn::TrustedDevice { grant, user, cookie } => {
            let (tokens, mut headers) = Tokens::of(&app, &grant);
            view::device_cookie(&app, cookie.as_ref(), &mut headers);
            let reason = "trusted_device".to_owned();
            (headers, Json(Answer::SignedIn { requires_2fa: false, reason, tokens, user: (*user).into() }))
        }
    })
}
