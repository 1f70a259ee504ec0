//! The second step of a sign-in: one field for any kind of code.

use askama::Template;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::response::Response;
use domain::challenge::{ChallengeState, Offer, ReadChallenge};
use domain::code::TypedCode;
use domain::delivery::Stage;
use domain::factor::Method;
use domain::ids::FactorId;
use domain::secret::TokenHash;
use domain::sent_code::{Delivery, SendCode, SendFor, Which};
use domain::session::RefreshHolder;
use domain::verification::Verify;
use store::Surroundings;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::frame::{Frame, with_cookie};
use super::see;
use super::target::Target;
use super::visitor::session_cookie;
use crate::app::App;
use crate::http::auth::view;
use crate::http::caller::{Anyone, CookieDevice};
use crate::http::cookies::Cookie;
use crate::http::{Fields, Form, ReadBody};
use crate::problem::{Problem, ProblemCode};
use crate::run::{ask, run};

/// The partial token of this browser's sign-in.
pub(super) struct CookieChallenge(Option<TokenHash>);

impl FromRequestParts<App> for CookieChallenge {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let cookie = app.http.site().cookies().read(Cookie::Challenge, &parts.headers);
        Ok(Self(cookie.map(|token| TokenHash::of(&token))))
    }
}

/// Where the form of our own sign-in is.
const PATH: &str = "/sign-in/code";

/// What is typed, or which code is to be sent.
pub(super) struct Body {
    pub(super) code: Zeroizing<String>,
    pub(super) remember: bool,
    /// The factor in use, or `recovery`.
    pub(super) by: String,
    next: String,
    /// Send a code by this factor.
    pub(super) send: Option<Uuid>,
}

impl ReadBody for Body {
    fn read(fields: &mut Fields) -> Self {
        Self {
            code: fields.optional_secret("code", 0..=64).unwrap_or_default(),
            remember: fields.optional_text("remember", 1..=8).is_some(),
            by: fields.optional_text("by", 0..=64).unwrap_or_default(),
            next: fields.optional_text("next", 0..=2_000).unwrap_or_default(),
            send: fields.optional_parsed("send", "a UUID", |text| Uuid::parse_str(text).ok()),
        }
    }
}

#[derive(Template)]
#[template(path = "pages/second_factor.html")]
struct View<'a> {
    page: &'a Frame,
    /// Where the form is.
    path: &'a str,
    /// What an application says the person is about to do.
    text: Option<&'a str>,
    /// How the challenge stands; nothing while codes are refused.
    state: &'a ChallengeState,
    /// The factor in use; none for a recovery code.
    by: Option<&'a Offer>,
    /// The other factors.
    others: Vec<&'a Offer>,
    /// Seconds until the next code may be asked for.
    wait: i64,
    remember_days: Option<i64>,
    remembered: bool,
}

impl View<'_> {
    /// Whether the last code went to the factor in use.
    fn is_sent(&self) -> bool {
        self.by.is_some_and(|by| self.state.sent_by == Some(by.id))
    }

    /// How far the code of the factor in use has come.
    fn stage(&self) -> Option<Stage> {
        self.state.stage.filter(|_| self.is_sent())
    }

    /// The name of the sentence about that.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates call it so")]
    fn stage_text(&self, stage: &Stage) -> String {
        let method = self.by.map_or("", |by| by.method.as_str());
        match stage {
            Stage::Accepted => format!("code-stage-accepted-{method}"),
            Stage::Queued | Stage::Delayed(_) | Stage::Delivered | Stage::Failed(_) => {
                format!("code-stage-{}", stage.as_str())
            }
        }
    }

    /// Whether it may come further, so that looking again is worth while.
    fn may_change(&self) -> bool {
        self.stage().is_some_and(|stage| stage != Stage::Delivered)
    }

    /// This page, asked for again.
    fn here(&self) -> String {
        let by = self.by.map_or_else(|| "recovery".to_owned(), |by| by.id.uuid().to_string());
        self.page.next.behind(format!("{}?by={by}", self.path))
    }

    /// Whether no code can be sent by the factor in use, whatever was tried.
    fn is_undeliverable(&self) -> bool {
        self.is_troubled() && !self.is_sent()
    }

    /// Whether the code of the factor in use does not arrive, or could not even be sent.
    fn is_troubled(&self) -> bool {
        is_troubled(self.state, self.by)
    }

    /// Whether there are several authenticators, to be told apart by their names.
    fn is_one_of_several(&self) -> bool {
        self.state.methods.iter().filter(|offer| offer.method == Method::Totp).count() > 1
    }

    fn is_totp(&self) -> bool {
        self.by.is_some_and(|by| by.method == Method::Totp)
    }
}

fn is_troubled(state: &ChallengeState, by: Option<&Offer>) -> bool {
    let told_of = state.sent_by.or_else(|| state.methods.first().map(|offer| offer.id));
    state.delivery == Some(Delivery::Unavailable) && by.map(|by| by.id) == told_of
}

/// A page for a sign-in that is stopped for now.
#[derive(Template)]
#[template(path = "pages/locked.html")]
struct LockedPage<'a> {
    page: &'a Frame,
}

/// What the challenge asks.
pub(super) async fn show(
    State(app): State<App>,
    CookieChallenge(token): CookieChallenge,
    frame: Frame,
) -> Result<Response, Problem> {
    answer(&app, token, frame, false).await
}

/// Shows how the challenge stands now. Where it is over, the sign-in begins anew.
async fn answer(app: &App, token: Option<TokenHash>, page: Frame, remembered: bool) -> Result<Response, Problem> {
    let Some(token) = token else { return Ok(see(&page.next.behind("/sign-in"))) };
    let state = match ask(app, &ReadChallenge { token }).await {
        Ok(state) => state,
        Err(problem) => return over(app, page, problem),
    };
    question(app, &page, (PATH, None), &state, remembered)
}

/// The form for a code, at whichever door.
pub(super) fn question(
    app: &App,
    page: &Frame,
    (path, text): (&str, Option<&str>),
    state: &ChallengeState,
    remembered: bool,
) -> Result<Response, Problem> {
    let wanted = page.by.as_deref();
    let offer = |text: &str| state.methods.iter().find(|offer| offer.id.uuid().to_string() == text);
    let by = match wanted {
        Some("recovery") => None,
        Some(id) => offer(id).or_else(|| state.methods.first()),
        None => state.methods.iter().find(|offer| Some(offer.id) == state.sent_by).or_else(|| state.methods.first()),
    };
    let others = state.methods.iter().filter(|offer| by.is_none_or(|by| by.id != offer.id));
    // Who waits for a code that does not come is shown what does.
    let works = |offer: &&Offer| !is_troubled(state, by) || state.alternatives.contains(&offer.method);
    let others = others.filter(works).collect();
    let policy = app.world.policy();
    page.answer(&View {
        page,
        path,
        text,
        state,
        by,
        others,
        wait: state.next_send_at.map_or(0, |at| page.seconds_to(at)),
        remember_days: policy.trusted_devices.then(|| policy.trust_life.as_secs() / 86_400),
        remembered,
    })
}

/// A sign-in that cannot go on.
fn over(app: &App, page: Frame, problem: Problem) -> Result<Response, Problem> {
    let begin_again = |said: &str| {
        let response = see(&page.next.behind(format!("/sign-in?said={said}")));
        Ok(with_cookie(response, app.http.site().cookies().clear(Cookie::Challenge)))
    };
    let code = problem.code();
    if matches!(code, ProblemCode::ChallengeExpired | ProblemCode::PartialTokenInvalid) {
        begin_again("challenge-over")
    } else if code == ProblemCode::TooManyAttempts {
        begin_again("too-many")
    } else if code == ProblemCode::AlreadyCompleted {
        begin_again("start-again")
    } else if code == ProblemCode::AccountLocked {
        let page = page.trouble(problem)?;
        page.answer(&LockedPage { page: &page })
    } else {
        Err(problem)
    }
}

/// The second step, or the wish for another code.
pub(super) async fn submit(
    State(app): State<App>,
    Anyone(origin): Anyone,
    CookieChallenge(token): CookieChallenge,
    CookieDevice(device): CookieDevice,
    mut frame: Frame,
    Form(body): Form<Body>,
) -> Result<Response, Problem> {
    frame.next = Target::parse(&body.next, app.http.site()).unwrap_or_else(Target::home);
    frame.by = Some(body.by.clone()).filter(|by| !by.is_empty());
    let Some(token) = token else { return Ok(see(&frame.next.behind("/sign-in?said=challenge-over"))) };
    if let Some(factor) = body.send {
        let wanted = SendFor::Challenge(token, Which::Factor(FactorId::from_uuid(factor)));
        frame.by = Some(factor.to_string());
        return match run(&app, SendCode { wanted, origin }).await {
            Ok(_) => Ok(see(&frame.next.behind(format!("/sign-in/code?by={factor}")))),
            Err(problem) => refused(&app, token, frame, problem, body.remember).await,
        };
    }
    if body.code.trim().is_empty() {
        let frame = frame.missing("code", "trouble-code-missing")?;
        return answer(&app, Some(token), frame, body.remember).await;
    }
    let (code, holder) = (TypedCode::parse(&body.code), Some(RefreshHolder::Pages));
    let command = Verify { token, code, holder, remember: body.remember, device, origin };
    match run(&app, command).await {
        Ok(verified) => {
            let mut response = with_cookie(see(frame.next.as_str()), session_cookie(&app, &verified.grant));
            view::device_cookie(
                &app,
                verified.trusted_device.as_ref().map(|device| &device.cookie),
                response.headers_mut(),
            );
            Ok(with_cookie(response, app.http.site().cookies().clear(Cookie::Challenge)))
        }
        Err(problem) => refused(&app, token, frame, problem, body.remember).await,
    }
}

/// What leaves the form as it is.
pub(super) const STAYS: [ProblemCode; 5] = [
    ProblemCode::CodeIncorrect,
    ProblemCode::SendCooldown,
    ProblemCode::SendLimit,
    ProblemCode::DeliveryUnavailable,
    ProblemCode::Unavailable,
];

/// Says why, above the form where there is one still.
async fn refused(
    app: &App,
    token: TokenHash,
    frame: Frame,
    problem: Problem,
    remember: bool,
) -> Result<Response, Problem> {
    let code = problem.code();
    if code == ProblemCode::CodeIncorrect && problem.document().attempts_left == Some(0) {
        // The last try was used up: how it stands now says what comes next.
        return answer(app, Some(token), frame, remember).await;
    }
    if !STAYS.contains(&code) {
        return over(app, frame, problem);
    }
    answer(app, Some(token), frame.trouble(problem)?, remember).await
}
