//! What every page has around it, and how a page becomes an answer.

use std::sync::Arc;

use askama::Template;
use axum::extract::FromRequestParts;
use axum::http::header::{
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, REFERRER_POLICY, SET_COOKIE, VARY,
};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use domain::time::Timestamp;
use fluent_bundle::FluentValue;
use messaging::LanguageError;
use store::Surroundings;

use super::look::Look;
use super::target::Target;
use super::trouble::Trouble;
use super::words::{LANGUAGES, Words};
use crate::app::App;
use crate::fault::Fault;
use crate::http::Client;
use crate::problem::{Problem, ProblemCode};

/// The pages of somebody signed in here.
const SECURITY: &str = "/security";
/// The same of somebody that an application has sent.
pub(super) const SETTINGS: &str = "/settings";

/// What [`Frame::said`] may name: said once, after a redirect.
pub(super) const SAID: [&str; 41] = [
    "welcome",
    "signed-out",
    "session-over",
    "verified",
    "password-reset",
    "password-changed",
    "unlocked",
    "email-changed",
    "email-change-sent",
    "notices-copied",
    "backup-email-sent",
    "notices-ended",
    "challenge-over",
    "start-again",
    "too-many",
    "set-up-over",
    "added",
    "renamed",
    "preferred",
    "removed",
    "off",
    "codes-saved",
    "codes-gone",
    "forgotten",
    "all-forgotten",
    "ended",
    "others-ended",
    "remembered",
    "helped-unlock",
    "helped-end-sessions",
    "helped-forget-devices",
    "helped-withdraw-bypass-code",
    "helped-send-now",
    "helped-cancel-number",
    "helped-start-over",
    "nothing-to-do",
    "reset-asked",
    "reset-asked-already",
    "request-approved",
    "request-closed",
    "reset-stopped",
];
/// Those of them that say that something did not go as wished.
const SAID_SADLY: [&str; 6] =
    ["session-over", "challenge-over", "start-again", "too-many", "set-up-over", "codes-gone"];

/// What surrounds a page: language, name, and what the address asked for.
pub(super) struct Frame {
    words: Words,
    /// Name, style and picture of the service.
    pub(super) look: Arc<Look>,
    /// The application it is shown for, where it is for one: what people call it, and where its forms may lead.
    pub(super) door: Option<(String, String)>,
    /// Where the pages of whoever is signed in are.
    pub(super) desk: &'static str,
    /// Where they go back to, where an application has sent them.
    pub(super) back: Option<String>,
    /// Its time.
    pub(super) now: Timestamp,
    /// Where this page is.
    pub(super) path: String,
    /// Where the person wanted to go.
    pub(super) next: Target,
    /// Which factor they want to use, or `recovery`.
    pub(super) by: Option<String>,
    /// What is to be done once the person has proved who they are, as [`super::devices::Forget`] writes it.
    pub(super) then: Option<String>,
    /// What happened just before.
    pub(super) said: Option<&'static str>,
    /// What went wrong.
    pub(super) trouble: Option<Trouble>,
    /// Whether to offer the way to the administration.
    pub(super) administers: bool,
    /// Whether to offer signing out.
    pub(super) signed_in: bool,
}

impl FromRequestParts<App> for Frame {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let site = app.http.site();
        let locale = Client::from_request_parts(parts, app).await?.locale.unwrap_or_default();
        let words = Words::of(locale).map_err(unwritten)?;
        let mut frame = Self {
            words,
            look: Arc::clone(app.http.pages()),
            door: None,
            desk: desk_of(parts.uri.path()),
            back: None,
            now: app.world.now(),
            path: parts.uri.path().to_owned(),
            next: Target::home(),
            by: None,
            then: None,
            said: None,
            trouble: None,
            administers: false,
            signed_in: false,
        };
        // What an address asks for beyond that is nobody's business here.
        for (name, value) in url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()) {
            match &*name {
                "next" => frame.next = Target::parse(&value, site).unwrap_or_else(Target::home),
                "by" => frame.by = Some(value.chars().take(64).collect()),
                "then" => frame.then = Some(value.chars().take(64).collect()),
                "said" => frame.said = SAID.into_iter().find(|said| *said == value),
                _ => {}
            }
        }
        Ok(frame)
    }
}

/// Where the desk is that a page belongs to.
fn desk_of(path: &str) -> &'static str {
    if is_of_settings(path) { SETTINGS } else { SECURITY }
}

/// Whether a page is of somebody that an application has sent.
pub(super) fn is_of_settings(path: &str) -> bool {
    path.strip_prefix(SETTINGS).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
}

impl Frame {
    /// A page of whoever is signed in.
    pub(super) fn at(&self, rest: &str) -> String {
        format!("{}{rest}", self.desk)
    }

    /// Whose page it is.
    pub(super) fn brand(&self) -> &str {
        self.door.as_ref().map_or(&self.look.name, |(name, _)| name)
    }

    /// A text by its name.
    pub(super) fn say(&self, key: impl AsRef<str>) -> Result<String, askama::Error> {
        self.words.say(key.as_ref(), &[]).map_err(askama::Error::custom)
    }

    /// A text with a number or a name in it.
    pub(super) fn with<'a>(
        &self,
        key: impl AsRef<str>,
        name: &'static str,
        value: impl Into<FluentValue<'a>>,
    ) -> Result<String, askama::Error> {
        self.words.say(key.as_ref(), &[(name, value.into())]).map_err(askama::Error::custom)
    }

    /// A text with several.
    pub(super) fn with_all(
        &self,
        key: &str,
        arguments: &[(&'static str, FluentValue<'_>)],
    ) -> Result<String, askama::Error> {
        self.words.say(key, arguments).map_err(askama::Error::custom)
    }

    /// A field was left empty: nothing was tried.
    pub(super) fn missing(mut self, field: &'static str, key: &str) -> Result<Self, Problem> {
        let text = self.say(key).map_err(|error| Fault::new("a sentence is missing", error))?;
        self.trouble = Some(Trouble { code: ProblemCode::InvalidRequest, text, field });
        Ok(self)
    }

    /// A text that becomes the name of something.
    pub(super) fn name(&self, key: &str) -> Result<String, Problem> {
        self.say(key).map_err(|error| Fault::new("a name is missing", error).into())
    }

    /// The language, for `lang=`.
    pub(super) fn lang(&self) -> String {
        self.words.tag()
    }

    /// Its direction, for `dir=`.
    pub(super) fn dir(&self) -> &'static str {
        self.words.direction()
    }

    /// Tag and own name of every language, and whether it is this one.
    pub(super) fn languages(&self) -> Vec<(&'static str, &'static str, bool)> {
        let own = self.lang();
        LANGUAGES.iter().map(|(tag, name, _)| (*tag, *name, own == *tag)).collect()
    }

    /// This page's address, to come back to in another language.
    pub(super) fn again(&self) -> String {
        self.next.behind(&self.path)
    }

    /// Whether what was said is sad.
    pub(super) fn is_sad(&self) -> bool {
        self.said.is_some_and(|said| SAID_SADLY.contains(&said))
    }

    /// Whether a field is the one in trouble.
    pub(super) fn in_trouble(&self, field: &str) -> bool {
        self.trouble.as_ref().is_some_and(|trouble| trouble.field == field)
    }

    /// Seconds from now to a moment, none when it is over.
    pub(super) fn seconds_to(&self, moment: Timestamp) -> i64 {
        moment.since(self.now).as_secs_ceil().max(0)
    }

    /// About how long that is.
    pub(super) fn how_long(&self, seconds: i64) -> Result<String, askama::Error> {
        match seconds {
            ..=90 => self.with("wait-seconds", "n", seconds.max(1)),
            91..=5_400 => self.with("wait-minutes", "n", (seconds + 59) / 60),
            _ => self.with("wait-hours", "n", (seconds + 3_599) / 3_600),
        }
    }

    /// A moment as `datetime=` has it.
    #[expect(clippy::unused_self, clippy::trivially_copy_pass_by_ref, reason = "templates call it so")]
    pub(super) fn machine_time(&self, moment: &Timestamp) -> String {
        moment.to_string()
    }

    /// A moment for people, in universal time; the script puts it into their own.
    #[expect(clippy::unused_self, clippy::trivially_copy_pass_by_ref, reason = "templates call it so")]
    pub(super) fn time(&self, moment: &Timestamp) -> String {
        let at = moment.to_datetime();
        format!("{}-{:02}-{:02} {:02}:{:02} UTC", at.year(), u8::from(at.month()), at.day(), at.hour(), at.minute())
    }

    /// The page as it is to be answered.
    pub(super) fn answer(&self, page: &impl Template) -> Result<Response, Problem> {
        let html = page.render().map_err(|error| Fault::new("a page could not be written", error))?;
        let headers: [(HeaderName, HeaderValue); 4] = [
            (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
            (CONTENT_SECURITY_POLICY, self.look.policy_with(self.door.as_ref().map(|(_, origin)| origin.as_str()))),
            // Forms have to say which origin they come from, which "no-referrer" would keep from us.
            (REFERRER_POLICY, HeaderValue::from_static("same-origin")),
            (VARY, HeaderValue::from_static("Accept-Language, Cookie")),
        ];
        let mut response = (headers, html).into_response();
        if let Some(trouble) = &self.trouble {
            *response.status_mut() = trouble.code.status();
        }
        Ok(response)
    }
}

/// Adds a cookie to an answer.
pub(super) fn with_cookie(mut response: Response, cookie: Option<HeaderValue>) -> Response {
    if let Some(cookie) = cookie {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

fn unwritten(error: LanguageError) -> Problem {
    Fault::new("the words of the pages are missing", error).into()
}
