//! Forms of our own pages: as strict as JSON bodies, and only from our own pages.
//!
//! What authorizes them is a cookie, or they begin what a cookie will stand for; so a form of another site is refused before
//! a field is read, and there is no way to take one without that.

use axum::extract::{FromRequest, Request};
use axum::http::header::{CONTENT_TYPE, HeaderMap};
use serde_json::{Map, Value};

use super::{Fields, ROOM, ReadBody, Whole, read};
use crate::app::App;
use crate::http::Limits;
use crate::http::csrf::{Silence, require_same_origin};
use crate::problem::{Problem, ProblemCode};

/// A form, as browsers send it: every field once, none that is unknown.
pub struct Form<T>(pub T);

impl<T: ReadBody> FromRequest<App> for Form<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        require_same_origin(request.headers(), app.http.site(), Silence::Refused)?;
        let limits = request.extensions().get::<Limits>().copied().unwrap_or_default();
        let (parts, body) = request.into_parts();
        let Whole { bytes, room: _room } = read(&parts.headers, body, &limits, &ROOM).await?;
        if !is_form(&parts.headers) {
            return Err(Problem::new(ProblemCode::UnsupportedMediaType).detail("The body has to be a form."));
        }
        let mut fields = Fields::new(members(&bytes)?);
        let value = T::read(&mut fields);
        fields.finish()?;
        Ok(Self(value))
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let mut kinds = headers.get_all(CONTENT_TYPE).iter();
    let (Some(kind), None) = (kinds.next(), kinds.next()) else { return false };
    let kind = kind.to_str().unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// The fields by name; a name that comes twice has two readings, so it has none.
fn members(bytes: &[u8]) -> Result<Map<String, Value>, Problem> {
    let mut members = Map::new();
    for (name, value) in url::form_urlencoded::parse(bytes) {
        if members.insert(name.into_owned(), Value::String(value.into_owned())).is_some() {
            return Err(Problem::invalid_at("", "a field is there twice"));
        }
    }
    Ok(members)
}
