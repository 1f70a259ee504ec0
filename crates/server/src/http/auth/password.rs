//! `POST /auth/password/change/`, `POST /auth/password/reset/request/` and `POST /auth/password/reset/confirm/`

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use domain::decision::Refusal;
use domain::ids::ApplicationId;
use domain::login::{AbandonLogin, BeginLogin};
use domain::password::{
    BeginPasswordChange, BeginPasswordReset, FinishPasswordChange, FinishPasswordReset, RequestPasswordReset,
};
use domain::secret::TokenHash;
use domain::step_up::ReadAddress;
use domain::user::{Email, PasswordProof};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::view;
use crate::app::App;
use crate::http::caller::{Anyone, CookieRefresh, SignedIn};
use crate::http::{Fields, Json, ReadBody};
use crate::problem::{Problem, ProblemCode};
use crate::run::{ask, run, run_on_the_beat, salt};

/// What changing may refuse.
pub(super) const CHANGE_REFUSALS: &[ProblemCode] = &[
    ProblemCode::TokenInvalid,
    ProblemCode::CredentialsInvalid,
    ProblemCode::StepUpRequired,
    ProblemCode::PasswordRejected,
    ProblemCode::TooManyAttempts,
];
/// What asking for a link may refuse.
pub(super) const REQUEST_REFUSALS: &[ProblemCode] = &[ProblemCode::EmailRejected];
/// What using the link may refuse.
pub(super) const CONFIRM_REFUSALS: &[ProblemCode] = &[ProblemCode::TokenInvalid, ProblemCode::PasswordRejected];

/// The password there is, and the one to come.
#[derive(ToSchema)]
#[schema(as = PasswordChange)]
pub(super) struct ChangeBody {
    #[schema(value_type = String, min_length = 1, max_length = 1024)]
    current_password: Zeroizing<String>,
    /// 8 to 1,024 characters.
    #[schema(value_type = String, min_length = 1, max_length = 4096, example = "a long sentence is good")]
    new_password: Zeroizing<String>,
}

impl ReadBody for ChangeBody {
    fn read(fields: &mut Fields) -> Self {
        Self {
            current_password: fields.secret("current_password", 1..=60_000),
            new_password: fields.secret("new_password", 1..=60_000),
        }
    }
}

/// Change the password. It needs the one there is, and a fresh proof. All other sessions end, with remembered browsers,
/// challenges and set-ups on their way.
#[utoipa::path(post, path = "/auth/password/change/", tag = "password", request_body = ChangeBody,
    security(("access_token" = [])), responses((status = 204, description = "The new password is the one.")))]
pub(super) async fn change(
    State(app): State<App>,
    Anyone(origin): Anyone,
    SignedIn(bearer): SignedIn,
    cookie: CookieRefresh,
    Json(body): Json<ChangeBody>,
) -> Result<(StatusCode, HeaderMap), Problem> {
    let email = ask(&app, &ReadAddress { bearer }).await?;
    judge(&app, &body.new_password, &email).await?;
    let begin = BeginPasswordChange { bearer, email: email.clone(), origin: origin.clone() };
    let against = run(&app, begin).await?;
    // What nobody's password can be is wrong without being hashed; the try is paid for all the same.
    let proof = if crate::password::is_too_long(&body.current_password) {
        PasswordProof::Wrong
    } else {
        match app.hasher.check(body.current_password, against, salt(&app)).await {
            Ok(checked) => checked.proof,
            Err(fault) => {
                let application = ApplicationId::DEFAULT;
                run(&app, AbandonLogin(BeginLogin { application, email, origin })).await?;
                return Err(fault.into());
            }
        }
    };
    let password = match &proof {
        PasswordProof::Right(_) => Some(app.hasher.hash(body.new_password, salt(&app)).await?),
        PasswordProof::Pending | PasswordProof::Wrong => None,
    };
    let finish = FinishPasswordChange { bearer, email, proof, password, refresh: cookie.beside_bearer(), origin };
    let grant = run(&app, finish).await?;
    let headers = grant.map(|grant| view::refresh_cookie(&app, &grant)).unwrap_or_default();
    Ok((StatusCode::NO_CONTENT, headers))
}

async fn judge(app: &App, password: &Zeroizing<String>, email: &Email) -> Result<(), Problem> {
    let judged = match crate::password::check_length(password) {
        Ok(()) => app.hasher.judge(password.clone(), email).await?,
        short_or_long => short_or_long,
    };
    judged.map_err(|fault| Refusal::PasswordRejected(fault).into())
}

/// An address.
#[derive(ToSchema)]
#[schema(as = PasswordResetRequest)]
pub(super) struct RequestBody {
    #[schema(example = "person@example.org", min_length = 1, max_length = 320)]
    email: String,
}

impl ReadBody for RequestBody {
    fn read(fields: &mut Fields) -> Self {
        Self { email: fields.text("email", 1..=320) }
    }
}

/// Ask for a link to set a new password. The answer is the same whoever's address it is, or nobody's.
#[utoipa::path(post, path = "/auth/password/reset/request/", tag = "password", request_body = RequestBody,
    responses((status = 202, description = "If the address has an account, a link is on its way.")))]
pub(super) async fn request(
    State(app): State<App>,
    Anyone(origin): Anyone,
    Json(body): Json<RequestBody>,
) -> Result<StatusCode, Problem> {
    let email = view::email(&body.email)?;
    run_on_the_beat(&app, RequestPasswordReset { application: ApplicationId::DEFAULT, email, origin }).await?;
    Ok(StatusCode::ACCEPTED)
}

/// The token of the link, and the password to come.
#[derive(ToSchema)]
#[schema(as = PasswordReset)]
pub(super) struct ConfirmBody {
    /// As it stands behind `#token=` in the link.
    #[schema(value_type = String, min_length = 1, max_length = 512)]
    token: TokenHash,
    /// 8 to 1,024 characters.
    #[schema(value_type = String, min_length = 1, max_length = 4096, example = "a long sentence is good")]
    new_password: Zeroizing<String>,
}

impl ReadBody for ConfirmBody {
    fn read(fields: &mut Fields) -> Self {
        Self { token: view::link_token(fields), new_password: fields.secret("new_password", 1..=60_000) }
    }
}

/// Set a new password with the token of the link. Signs nobody in and leaves the second factor as it is; every session ends.
#[utoipa::path(post, path = "/auth/password/reset/confirm/", tag = "password", request_body = ConfirmBody,
    responses((status = 204, description = "The new password is the one. Sign in with it.")))]
pub(super) async fn confirm(
    State(app): State<App>,
    Anyone(origin): Anyone,
    Json(body): Json<ConfirmBody>,
) -> Result<StatusCode, Problem> {
    let email = run(&app, BeginPasswordReset { token: body.token, origin: origin.clone() }).await?;
    judge(&app, &body.new_password, &email).await?;
    let password = app.hasher.hash(body.new_password, salt(&app)).await?;
    run(&app, FinishPasswordReset { token: body.token, password, origin }).await?;
    Ok(StatusCode::NO_CONTENT)
}
