//! Remembered devices and sessions: begun, ended one by one or all at once.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::ids::{SessionId, TrustedDeviceId};
use domain::sent_code::SessionPurpose;
use domain::session::listing::{EndOneSession, EndOtherSessions};
use domain::trusted_device::{RevokeTrustedDevices, TrustDevice};
use store::Surroundings;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::desk::{self, CodeQuestion, Desk};
use super::frame::{Frame, with_cookie};
use super::see;
use super::sign_in::Empty;
use super::visitor::session_cookie;
use crate::app::App;
use crate::http::auth::view;
use crate::http::caller::CookieDevice;
use crate::http::{Fields, Form, ReadBody};
use crate::problem::{Problem, ProblemCode};
use crate::run::run;

/// Which devices are to be forgotten.
#[derive(Clone, Copy)]
pub(super) enum Forget {
    /// One of them.
    One(TrustedDeviceId),
    /// Each.
    All,
}

impl Forget {
    /// What an address or a form says.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text == "all" {
            return Some(Self::All);
        }
        Uuid::parse_str(text).ok().map(|id| Self::One(TrustedDeviceId::from_uuid(id)))
    }

    /// As [`Self::parse`] reads it.
    pub(super) fn write(self) -> String {
        match self {
            Self::One(id) => id.uuid().to_string(),
            Self::All => "all".to_owned(),
        }
    }

    /// The name of the sentence that says what comes after the proof.
    pub(super) const fn announced(&self) -> &'static str {
        match self {
            Self::One(_) => "prove-then-forget",
            Self::All => "prove-then-forget-all",
        }
    }

    /// Forgets them, this browser's secret too where it is among them.
    pub(super) async fn run(self, app: &App, desk: &Desk, device: CookieDevice) -> Result<Response, Problem> {
        let (which, said) = match self {
            Self::One(id) => (Some(id), "?said=forgotten"),
            Self::All => (None, "?said=all-forgotten"),
        };
        let origin = desk.origin.clone();
        let command = RevokeTrustedDevices { bearer: desk.bearer, which, device: device.0, origin };
        let current = desk.run(app, command).await?;
        let mut response = see(&desk.page.at(said));
        if current {
            response.headers_mut().extend(view::no_device_cookie(app));
        }
        Ok(response)
    }
}

fn uuid(id: &str) -> Result<Uuid, Problem> {
    Uuid::parse_str(id).map_err(|_| Problem::new(ProblemCode::NotFound))
}

/// Forgets one device.
pub(super) async fn forget(
    State(app): State<App>,
    desk: Desk,
    device: CookieDevice,
    Path(id): Path<String>,
    Form(Empty): Form<Empty>,
) -> Result<Response, Problem> {
    revoke(&app, desk, device, Forget::One(TrustedDeviceId::from_uuid(uuid(&id)?))).await
}

/// Forgets all of them.
pub(super) async fn forget_all(
    State(app): State<App>,
    desk: Desk,
    device: CookieDevice,
    Form(Empty): Form<Empty>,
) -> Result<Response, Problem> {
    revoke(&app, desk, device, Forget::All).await
}

/// Forgets, or asks for the proof that is wanted first; after that it is done.
async fn revoke(app: &App, desk: Desk, device: CookieDevice, wish: Forget) -> Result<Response, Problem> {
    match wish.run(app, &desk, device).await {
        Err(problem) if problem.code() == ProblemCode::StepUpRequired => {
            Ok(see(&desk.page.at(&format!("/prove?then={}", wish.write()))))
        }
        came => came,
    }
}

/// Ends one session; it may be this one.
pub(super) async fn end(
    State(app): State<App>,
    desk: Desk,
    Path(id): Path<String>,
    Form(Empty): Form<Empty>,
) -> Result<Response, Problem> {
    let session = SessionId::from_uuid(uuid(&id)?);
    run(&app, EndOneSession { bearer: desk.bearer, session, origin: desk.origin }).await?;
    Ok(see("/security?said=ended"))
}

/// Ends all others.
pub(super) async fn end_others(
    State(app): State<App>,
    desk: Desk,
    Form(Empty): Form<Empty>,
) -> Result<Response, Problem> {
    run(&app, EndOtherSessions { bearer: desk.bearer, origin: desk.origin }).await?;
    Ok(see("/security?said=others-ended"))
}

#[derive(Template)]
#[template(path = "pages/remember.html")]
struct View<'a> {
    page: &'a Frame,
    days: i64,
    code: CodeQuestion,
}

/// Remember this device?
pub(super) async fn ask(State(app): State<App>, desk: Desk) -> Result<Response, Problem> {
    answer(&app, &desk).await
}

async fn answer(app: &App, desk: &Desk) -> Result<Response, Problem> {
    let policy = app.world.policy();
    let status = desk.status(app).await?;
    if !policy.trusted_devices || !status.is_enabled {
        return Ok(see("/security"));
    }
    let days = policy.trust_life.as_secs() / 86_400;
    desk.page.answer(&View { page: &desk.page, days, code: CodeQuestion::of(&desk.page, &status).by_factor() })
}

/// A code, or the wish that one be sent.
pub(super) struct Body {
    pub(super) code: Zeroizing<String>,
    pub(super) send: Option<Uuid>,
}

impl ReadBody for Body {
    fn read(fields: &mut Fields) -> Self {
        Self {
            code: fields.optional_secret("code", 0..=64).unwrap_or_default(),
            send: fields.optional_parsed("send", "a UUID", |text| Uuid::parse_str(text).ok()),
        }
    }
}

/// Remembers it: trust begins with a factor proved just now.
pub(super) async fn remember(
    State(app): State<App>,
    mut desk: Desk,
    CookieDevice(device): CookieDevice,
    Form(body): Form<Body>,
) -> Result<Response, Problem> {
    let came = if let Some(factor) = body.send {
        match desk::send(&app, &desk, SessionPurpose::StepUp, factor).await {
            Ok(()) => return Ok(see(&format!("/security/remember?by={factor}"))),
            Err(problem) => Err(problem),
        }
    } else if body.code.trim().is_empty() {
        desk.page = desk.page.missing("code", "trouble-code-missing")?;
        return answer(&app, &desk).await;
    } else {
        desk::prove_by_code(&app, &mut desk, &body.code).await
    };
    let grant = match came {
        Ok(grant) => grant,
        Err(problem) => return refused(&app, desk, problem).await,
    };
    let cookie = grant.and_then(|grant| session_cookie(&app, &grant));
    let command = TrustDevice { bearer: desk.bearer, device, origin: desk.origin.clone() };
    match run(&app, command).await {
        Ok(device) => {
            let mut response = with_cookie(see("/security?said=remembered"), cookie);
            view::device_cookie(&app, Some(&device.cookie), response.headers_mut());
            Ok(response)
        }
        Err(problem) => refused(&app, desk, problem).await.map(|response| with_cookie(response, cookie)),
    }
}

async fn refused(app: &App, mut desk: Desk, problem: Problem) -> Result<Response, Problem> {
    desk.page = desk.page.trouble(problem)?;
    answer(app, &desk).await
}
