//! `/v1/import`: authenticators that an application's users have already, many at a time. Each user is a command of their own,
//! that of `/v1/users/{id}/factors`: one at fault costs the others nothing, and a call that broke off is made again.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::application::factor::{ImportFactor, Imported, OpenImport};
use domain::application::idempotency::Words;
use domain::application::{ExternalId, KeyScope};
use domain::command::Origin;
use domain::decision::Refusal;
use domain::factor::Method;
use domain::locale::Locale;
use domain::totp::TotpSecret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::call::{Called, Caller, words};
use super::view::UserBody;
use crate::app::App;
use crate::fault::Fault;
use crate::http::{Fields, ReadBody};
use crate::problem::{FieldError, Problem, ProblemCode, ProblemDocument};

/// Users of one call.
const MOST: usize = 100;

/// Who is brought.
#[derive(ToSchema)]
#[schema(as = V1Import, example = json!({"users": [
    {"id": "user-4711", "email": "ada@example.com", "factor": {"method": "totp", "secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"}}]}))]
pub(super) struct Import {
    /// One to a hundred.
    #[schema(value_type = Vec<ImportUser>, min_items = 1, max_items = 100)]
    users: Vec<(Option<ImportUser>, Vec<FieldError>)>,
}

/// A user with their authenticator. They come to be at the first mention; what is not told stays as it was.
#[derive(ToSchema)]
#[schema(as = V1ImportUser)]
pub(super) struct ImportUser {
    /// What you call them.
    #[schema(value_type = String, min_length = 1, max_length = 128, example = "user-4711")]
    id: Option<ExternalId>,
    /// Where notices go. You vouch for it.
    #[schema(required = false, nullable = false, max_length = 320)]
    email: Option<String>,
    /// Their number. Nothing is sent there before it is a factor.
    #[schema(required = false, nullable = false, max_length = 64)]
    phone: Option<String>,
    #[schema(required = false, nullable = false, max_length = 128)]
    name: Option<String>,
    /// The language they are spoken to in.
    #[schema(value_type = String, required = false, nullable = false, max_length = 35, example = "de")]
    locale: Option<Locale>,
    #[schema(value_type = ImportedFactor)]
    factor: Option<ImportedFactor>,
}

/// An authenticator that the user has already.
#[derive(ToSchema)]
#[schema(as = V1ImportFactor)]
pub(super) struct ImportedFactor {
    /// `totp`.
    #[schema(value_type = String, example = "totp")]
    #[expect(dead_code, reason = "there is but one, which the body has to name")]
    method: Method,
    /// Base32, 128 bits at least.
    #[schema(value_type = String, max_length = 256)]
    secret: Option<TotpSecret>,
    /// What the user calls it.
    #[schema(required = false, nullable = false, min_length = 1, max_length = 64)]
    label: Option<String>,
}

impl ReadBody for Import {
    fn read(fields: &mut Fields) -> Self {
        Self { users: fields.objects("users", 1..=MOST, ImportUser::read) }
    }
}

impl ImportUser {
    fn read(fields: &mut Fields) -> Self {
        let UserBody { id, email, phone, name } = UserBody::read(fields);
        let locale = fields.optional_text("locale", 1..=35).and_then(|tag| Locale::of(&tag));
        Self { id, email, phone, name, locale, factor: fields.object("factor", ImportedFactor::read) }
    }

    async fn command(self, app: &App, caller: &Caller) -> Result<ImportFactor, Problem> {
        let Self { id, email, phone, name, locale, factor } = self;
        let missing = || Problem::new(ProblemCode::InvalidRequest);
        let ImportedFactor { secret, label, .. } = factor.ok_or_else(missing)?;
        let user = UserBody { id, email, phone, name }.mentioned(app, caller.holder.application).await?;
        let origin = Origin { locale, ..caller.acts() };
        Ok(ImportFactor { user, secret: secret.ok_or_else(missing)?, label, listed: true, origin })
    }
}

impl ImportedFactor {
    fn read(fields: &mut Fields) -> Self {
        let base32 = |text: &str| TotpSecret::from_base32(text);
        Self {
            method: fields.choice("method", &[(Method::Totp.as_str(), Method::Totp)], Method::Totp),
            secret: fields.parsed("secret", "base32 of at least 128 bits", base32),
            label: fields.optional_text("label", 1..=64),
        }
    }
}

/// What became of the users.
#[derive(Serialize, ToSchema)]
#[schema(as = V1Imported)]
pub(super) struct ImportedView {
    /// One for each, in the order of the list.
    results: Vec<ResultView>,
}

/// What became of one user.
#[derive(Serialize, ToSchema)]
#[schema(as = V1ImportResult)]
struct ResultView {
    /// What you call them; null where that is at fault.
    #[schema(example = "user-4711")]
    id: Option<String>,
    /// `imported`; `already_enabled`, who has a second factor and is left as they are; or `refused`.
    #[schema(example = "imported")]
    status: String,
    /// With `imported`: the factor.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    factor_id: Option<Uuid>,
    /// With `refused`: what the call for this one would have been answered with.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<ProblemDocument>,
}

/// What is kept of it.
#[derive(Serialize, Deserialize)]
struct Outcome {
    status: String,
    factor_id: Option<Uuid>,
}

impl Outcome {
    fn new(status: &str, factor_id: Option<Uuid>) -> Self {
        Self { status: status.to_owned(), factor_id }
    }
}

const ALREADY: &str = "already_enabled";

fn worded(answer: Result<&Imported, &Refusal>) -> Option<Words> {
    let outcome = match answer {
        Ok(new) => Outcome::new("imported", Some(new.factor.uuid())),
        Err(Refusal::AlreadyEnabled) => Outcome::new(ALREADY, None),
        Err(_) => return None,
    };
    words(Ok(&()), StatusCode::OK, |()| (outcome, false))
}

/// Bring authenticators that your users have already, a hundred at most at a time. Each user is brought or not by themselves, and
/// nobody who has a second factor is touched, so a list may be sent again. No recovery codes are made.
#[utoipa::path(post, path = "/v1/import", tag = "users", request_body = Import, security(("api_key" = [])),
    responses((status = 200, description = "What became of each of them.", body = ImportedView)))]
pub(super) async fn import(State(app): State<App>, Called(caller, body): Called<Import>) -> Result<Response, Problem> {
    let mut again = caller.open(&app, KeyScope::Users, OpenImport).await?;
    let mut results = Vec::with_capacity(body.users.len());
    for (number, (user, faults)) in (0..).zip(body.users) {
        let id = user.as_ref().and_then(|user| user.id.as_ref()).map(|id| id.as_str().to_owned());
        let (Outcome { status, factor_id }, problem) = match brought(&app, &caller, number, user, faults).await {
            Ok((outcome, before)) => {
                again &= before;
                (outcome, None)
            }
            Err(problem) if concerns_all(&problem) => return Err(problem),
            Err(problem) if problem.code() == ProblemCode::AlreadyEnabled => (Outcome::new(ALREADY, None), None),
            Err(problem) => {
                let document = ProblemDocument { request_id: caller.request_id(), ..problem.document().clone() };
                (Outcome::new("refused", None), Some(document))
            }
        };
        results.push(ResultView { id, status, factor_id, problem });
    }
    let all = words(Ok(&()), StatusCode::OK, |()| (ImportedView { results }, false));
    Ok(caller.answer(&all.ok_or_else(|| Fault::plain("an answer could not be put into words"))?, again))
}

/// What became of one user, and whether that was told before.
async fn brought(
    app: &App,
    caller: &Caller,
    number: u8,
    user: Option<ImportUser>,
    faults: Vec<FieldError>,
) -> Result<(Outcome, bool), Problem> {
    let Some(user) = user.filter(|_| faults.is_empty()) else { return Err(Problem::invalid(faults)) };
    let command = user.command(app, caller).await?;
    let (words, again) = caller.part(app, KeyScope::Users, number, command, worded).await?;
    let outcome = serde_json::from_str(words.body.expose());
    Ok((outcome.map_err(|error| Fault::new("a kept answer could not be read", error))?, again))
}

/// Whether the next would fare no better: then the call is refused, and made again later goes on where it stopped.
fn concerns_all(problem: &Problem) -> bool {
    problem.code() == ProblemCode::ApiKeyInvalid || problem.code().status().is_server_error()
}
