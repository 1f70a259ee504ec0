//! `POST /auth/2fa/recovery-codes/generate/` and `GET /auth/2fa/recovery-codes/download/`

use axum::extract::{RawQuery, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use domain::recovery_code::set::{DownloadRecoveryCodes, MakeRecoveryCodes, RecoverySheet};
use serde::Serialize;
use store::Load;
use utoipa::ToSchema;

use crate::app::App;
use crate::http::caller::{Anyone, SignedIn};
use crate::http::{Fields, Json, ReadBody};
use crate::problem::{Problem, ProblemCode};
use crate::recovery_sheet::{Format, Sheet};
use crate::run::run;

/// What making a set may refuse. Without a factor there is nothing to recover: `no_pending_setup`.
pub(super) const REFUSALS: &[ProblemCode] =
    &[ProblemCode::TokenInvalid, ProblemCode::StepUpRequired, ProblemCode::NoPendingSetup];
/// What a download may refuse.
pub(super) const DOWNLOAD_REFUSALS: &[ProblemCode] =
    &[ProblemCode::InvalidRequest, ProblemCode::TokenInvalid, ProblemCode::RecoveryCodesGone];

/// Nothing.
#[derive(ToSchema)]
#[schema(as = Nothing)]
pub(super) struct Body {}

impl ReadBody for Body {
    fn read(_: &mut Fields) -> Self {
        Self {}
    }
}

/// A new set.
#[derive(Serialize, ToSchema)]
#[schema(as = RecoveryCodes)]
pub(super) struct Answer {
    /// Shown this once; for ten minutes this session can download them.
    #[schema(example = json!(["0123-4567-89AB"]))]
    recovery_codes: Vec<String>,
}

/// Make new recovery codes; the old ones are dead. Needs a fresh proof.
#[utoipa::path(post, path = "/auth/2fa/recovery-codes/generate/", tag = "factors", request_body = Body,
    security(("access_token" = [])), responses((status = 200, description = "The new set.", body = Answer)))]
pub(super) async fn generate(
    State(app): State<App>,
    Anyone(origin): Anyone,
    SignedIn(bearer): SignedIn,
    Json(Body {}): Json<Body>,
) -> Result<Json<Answer>, Problem> {
    let codes = run(&app, MakeRecoveryCodes { bearer, origin }).await?;
    Ok(Json(Answer { recovery_codes: codes.iter().map(|code| code.expose().to_owned()).collect() }))
}

/// Download the newest set as a file, for ten minutes after its making and in the session that made it.
#[utoipa::path(get, path = "/auth/2fa/recovery-codes/download/", tag = "factors",
    params(("format" = Format, Query, description = "Plain text, or a PDF to print.")), security(("access_token" = [])),
    responses((status = 200, description = "The codes, one per line.",
        content((String = "text/plain"), (Vec<u8> = "application/pdf")))))]
pub(super) async fn download(
    State(app): State<App>,
    Anyone(origin): Anyone,
    SignedIn(bearer): SignedIn,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    file(&app, &query.unwrap_or_default(), DownloadRecoveryCodes { bearer, origin }).await
}

/// The newest set as a file of the format that a query names.
pub(in crate::http) async fn file<C: Load<Reply = RecoverySheet>>(
    app: &App,
    query: &str,
    command: C,
) -> Result<Response, Problem> {
    let format = read_format(query)?;
    let codes = run(app, command).await?;
    written(format, codes).await
}

/// A set as a file.
pub(in crate::http) async fn written(format: Format, codes: RecoverySheet) -> Result<Response, Problem> {
    let name = format!("attachment; filename=\"recovery-codes.{}\"", format.as_str());
    let headers =
        [(CONTENT_TYPE, format.media_type()), (CONTENT_DISPOSITION, name.as_str()), (CACHE_CONTROL, "no-store")];
    Ok((headers, Sheet { codes }.write(format).await?).into_response())
}

/// Exactly one parameter, `format`. What else stands there is refused unread, as in a body.
pub(in crate::http) fn read_format(query: &str) -> Result<Format, Problem> {
    let mut parameters = url::form_urlencoded::parse(query.as_bytes());
    match (parameters.next(), parameters.next()) {
        (Some((name, format)), None) if name == "format" => Format::parse(&format),
        _ => None,
    }
    .ok_or_else(|| Problem::invalid_at("", "the query must be format=txt or format=pdf, and nothing else"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_known_format_and_nothing_else_is_asked_for() {
        assert!(matches!(read_format("format=txt"), Ok(Format::Txt)));
        assert!(matches!(read_format("format=pdf"), Ok(Format::Pdf)));
        for query in
            ["", "format", "format=", "format=PDF", "format=pdf&format=txt", "format=pdf&x=1", "x=1&format=pdf"]
        {
            let problem = read_format(query).unwrap_err();
            assert_eq!(problem.code(), ProblemCode::InvalidRequest, "{query}");
        }
    }
}
