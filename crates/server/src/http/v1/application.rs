//! `/v1/application`: what an application wants of its users' second factor.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::application::KeyScope;
use domain::application::idempotency::Words;
use domain::application::rules::{
    ChangeApplication, Difference, MOST_TRUST_DAYS, Named, ReadApplication, SecondFactor, ToldApplication,
};
use domain::decision::Refusal;
use domain::factor::Method;
use domain::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::call::{Called, Caller, words};
use crate::app::App;
use crate::http::{Fields, Json, ReadBody};
use crate::problem::Problem;

/// What is to be different. What is not named stays; null is what the server's settings say.
#[derive(ToSchema)]
#[schema(as = V1ChangeApplication, example = json!({"second_factor": "required", "required_from": "2027-01-01T00:00:00Z"}))]
#[expect(dead_code, reason = "its fields are the documentation of what is read into a difference")]
pub(super) struct Change {
    /// What people see on the hosted pages; null for its own name.
    #[schema(required = false, min_length = 1, max_length = 64)]
    display_name: Option<String>,
    /// `optional`, or `required` of every user.
    #[schema(value_type = String, required = false, nullable = false, example = "required")]
    second_factor: Option<SecondFactor>,
    /// With `second_factor`: from when on it is required; until then there is grace.
    #[schema(value_type = Option<String>, format = DateTime, required = false)]
    required_from: Option<Timestamp>,
    /// The kinds people may use: `totp`, `sms`, `email`.
    #[schema(value_type = Option<Vec<String>>, required = false, min_items = 1, example = json!(["totp"]))]
    methods: Option<Vec<Method>>,
    /// How many days a device is trusted at most; 0 for none.
    #[schema(required = false, minimum = 0, maximum = 365)]
    trust_days: Option<u32>,
    /// What authenticators call the application; null for what people see.
    #[schema(required = false, min_length = 1, max_length = 64)]
    issuer: Option<String>,
}

/// A difference, as a body says it.
pub(super) struct Wanted(Difference);

impl ReadBody for Wanted {
    fn read(fields: &mut Fields) -> Self {
        let rules = ["optional", "required"].map(|word| (word, word == "required"));
        let required = fields.optional_choice("second_factor", &rules);
        let from = match (fields.null("required_from"), required) {
            (true, _) => None,
            (false, wanted) => {
                let from = fields.optional_parsed("required_from", "a moment of RFC 3339", Timestamp::parse);
                if from.is_some() && wanted != Some(true) {
                    fields.refuse("required_from", "belongs to the second_factor required");
                }
                from
            }
        };
        let second_factor =
            required.map(|wanted| if wanted { SecondFactor::Required { from } } else { SecondFactor::Optional });
        let kinds = [Method::Totp, Method::Sms, Method::Email].map(|method| (method.as_str(), method));
        let methods = or_null(fields, "methods", |fields| fields.optional_choices("methods", &kinds));
        let trust_days = or_null(fields, "trust_days", |fields| {
            let days = fields.optional_integer("trust_days")?;
            let days = u32::try_from(days).ok().filter(|days| *days <= MOST_TRUST_DAYS);
            if days.is_none() {
                fields.refuse("trust_days", format!("must be 0 to {MOST_TRUST_DAYS} days"));
            }
            days
        });
        let [display_name, issuer] = ["display_name", "issuer"].map(|name| {
            or_null(fields, name, |fields| {
                let fits = |text: &str| Difference::name_fits(text).then(|| text.to_owned());
                fields.optional_parsed(name, "1 to 64 characters without colons", fits)
            })
        });
        Self(Difference { display_name, second_factor, methods, trust_days, issuer })
    }
}

/// What is said of a field, null included; `None` where nothing is.
#[expect(clippy::option_option, reason = "not said, null and a value are three things")]
fn or_null<T>(fields: &mut Fields, name: &str, read: impl FnOnce(&mut Fields) -> Option<T>) -> Option<Option<T>> {
    if fields.null(name) { Some(None) } else { read(fields).map(Some) }
}

/// An application. What is null is as the server's settings have it.
#[derive(Serialize, ToSchema)]
#[schema(as = V1Application)]
pub(super) struct ApplicationView {
    id: Uuid,
    #[schema(example = "shop")]
    name: String,
    /// Whether it is a test world.
    test: bool,
    /// What people see; null for the name.
    display_name: Option<String>,
    /// `optional`, or `required` of every user.
    #[schema(example = "optional")]
    second_factor: String,
    /// From when on it is required; until then there is grace.
    #[schema(value_type = Option<String>, format = DateTime)]
    required_from: Option<Timestamp>,
    /// The kinds people may use, as far as the server allows them.
    #[schema(example = json!(["totp"]))]
    methods: Option<Vec<&'static str>>,
    /// How many days a device is trusted, unless the server's settings say fewer.
    trust_days: Option<u32>,
    /// What authenticators call it.
    issuer: Option<String>,
    /// Where people may be sent back to. The operator of the server adds them.
    return_urls: Vec<String>,
}

impl From<&ToldApplication> for ApplicationView {
    fn from(told: &ToldApplication) -> Self {
        let (application, rules) = (&told.application, &told.application.rules);
        let methods = rules.methods.as_ref();
        Self {
            id: application.id.uuid(),
            name: application.name.clone(),
            test: application.test_of.is_some(),
            display_name: application.display_name.clone(),
            second_factor: rules.second_factor.as_str().to_owned(),
            required_from: rules.second_factor.from(),
            methods: methods.map(|methods| methods.iter().map(|method| method.as_str()).collect()),
            trust_days: rules.trust_days,
            issuer: rules.issuer.clone(),
            return_urls: told.return_urls.iter().map(|url| url.as_str().to_owned()).collect(),
        }
    }
}

/// What is set of your application.
#[utoipa::path(get, path = "/v1/application", tag = "application", security(("api_key" = [])),
    responses((status = 200, description = "The application.", body = ApplicationView)))]
pub(super) async fn read(State(app): State<App>, caller: Caller) -> Result<Json<ApplicationView>, Problem> {
    let question = ReadApplication { id: caller.holder.application };
    let told = caller.ask(&app, KeyScope::Application, question).await?;
    Ok(Json(ApplicationView::from(&told)))
}

/// Change what your application wants of its users' second factor. It can only be stricter than the server's settings.
#[utoipa::path(patch, path = "/v1/application", tag = "application", request_body = Change, security(("api_key" = [])),
    responses((status = 200, description = "The application.", body = ApplicationView)))]
pub(super) async fn change(
    State(app): State<App>,
    Called(caller, Wanted(difference)): Called<Wanted>,
) -> Result<Response, Problem> {
    let (application, origin) = (Named::Id(caller.holder.application), caller.acts());
    let command = ChangeApplication { application, difference, origin };
    caller.run(&app, KeyScope::Application, command, changed).await
}

fn changed(answer: Result<&ToldApplication, &Refusal>) -> Option<Words> {
    words(answer, StatusCode::OK, |told| (ApplicationView::from(told), false))
}
