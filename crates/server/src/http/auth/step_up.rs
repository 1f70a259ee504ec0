//! `POST /auth/2fa/step-up/`

use axum::extract::State;
use axum::http::HeaderMap;
use domain::code::TypedCode;
use domain::step_up::{Proof, StepUp};
use domain::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::view::Tokens;
use crate::app::App;
use crate::credentials::prove;
use crate::http::caller::{Anyone, CookieRefresh, SignedIn};
use crate::http::{Fields, Json, ReadBody};
use crate::problem::{Problem, ProblemCode};
use crate::run::run;

/// What this call may refuse.
pub(super) const REFUSALS: &[ProblemCode] = &[
    ProblemCode::TokenInvalid,
    ProblemCode::CredentialsInvalid,
    ProblemCode::StepUpRequired,
    ProblemCode::CodeIncorrect,
    ProblemCode::TooManyAttempts,
    ProblemCode::AccountLocked,
];

/// A proof: exactly one of the two.
#[derive(ToSchema)]
#[schema(as = StepUp)]
pub(super) struct Body {
    /// Any kind of code: six digits, or a recovery code.
    #[schema(value_type = String, required = false, nullable = false, min_length = 1, max_length = 64, example = "123456")]
    code: Option<TypedCode>,
    /// The password, for a person without a factor; with one it is refused as `step_up_required`.
    #[schema(value_type = String, required = false, nullable = false, min_length = 1, max_length = 1024)]
    password: Option<Zeroizing<String>>,
}

impl ReadBody for Body {
    fn read(fields: &mut Fields) -> Self {
        let code = fields.optional_secret("code", 1..=64).map(|code| TypedCode::parse(&code));
        let password = fields.optional_secret("password", 1..=1024);
        if code.is_some() == password.is_some() {
            fields.refuse("code", "exactly one of code and password is needed");
        }
        Self { code, password }
    }
}

/// The session is fresh.
#[derive(Serialize, ToSchema)]
#[schema(as = SteppedUp)]
pub(super) struct Answer {
    /// Until when changes need no further proof.
    #[schema(value_type = String, format = DateTime)]
    fresh_until: Timestamp,
    /// The session's new tokens. A refresh token that is held in the body or shown in the cookie is replaced: the old one is
    /// dead.
    tokens: Tokens,
}

/// A password that is no proof: the answer must not send its caller back here.
fn ask_for_code(problem: Problem) -> Problem {
    if problem.code() == ProblemCode::StepUpRequired {
        return problem.detail("The password is not enough for somebody with a second factor: a code is needed.");
    }
    problem
}

/// Prove anew who you are, for changes that need it: with any code; without a factor, with the password. The access token
/// then says what was proved, and when.
#[utoipa::path(post, path = "/auth/2fa/step-up/", tag = "session", request_body = Body, security(("access_token" = [])),
    responses((status = 200, description = "The session is fresh.", body = Answer)))]
pub(super) async fn step_up(
    State(app): State<App>,
    Anyone(origin): Anyone,
    SignedIn(bearer): SignedIn,
    cookie: CookieRefresh,
    Json(body): Json<Body>,
) -> Result<(HeaderMap, Json<Answer>), Problem> {
    let proof = match (body.code, body.password) {
        (Some(code), _) => Proof::Code(code),
        (None, password) => prove(&app, bearer, password.unwrap_or_default(), &origin).await.map_err(ask_for_code)?,
    };
    let raised = run(&app, StepUp { bearer, proof, refresh: cookie.beside_bearer(), origin }).await?;
    let (tokens, headers) = if raised.rotated {
        Tokens::of(&app, &raised.grant)
    } else {
        (Tokens::access_only(&app, &raised.grant), HeaderMap::new())
    };
    Ok((headers, Json(Answer { fresh_until: raised.fresh_until, tokens })))
}
