//! The language of the pages: chosen by the person, kept by their browser.

use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use domain::locale::Locale;

use super::frame::with_cookie;
use super::see;
use super::target::Target;
use crate::app::App;
use crate::http::cookies::Cookie;
use crate::http::{Fields, Form, ReadBody};

/// A year.
const KEPT: Duration = Duration::from_hours(24 * 365);

/// Which language, and where to go back to.
pub(super) struct Body {
    language: Locale,
    back: String,
}

impl ReadBody for Body {
    fn read(fields: &mut Fields) -> Self {
        Self {
            language: fields.parsed("language", "a language there are words in", Locale::of).unwrap_or_default(),
            back: fields.text("back", 0..=2_000),
        }
    }
}

/// Keeps the choice, and goes back.
pub(super) async fn choose(State(app): State<App>, Form(body): Form<Body>) -> Response {
    let site = app.http.site();
    let back = Target::parse(&body.back, site).unwrap_or_else(Target::home);
    with_cookie(see(back.as_str()), site.cookies().set(Cookie::Language, body.language.as_str(), KEPT))
}
