//! The first factor of an application's user: chosen, proved by a code, and the recovery codes that come with it.

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use domain::application::hosted::{AtHosted, ConfirmHosted, HostedChallenge, Means, Phase, Standing};
use domain::code::TypedCode;
use domain::command::Origin;
use domain::decision::Refusal;
use domain::enrollment::{BeginEnrollment, BeginSentEnrollment, ConfirmEnrollment, ReadPending};
use domain::factor::Method;
use domain::ids::FactorId;
use domain::recovery_code::set::{DownloadRecoveryCodes, ShowRecoveryCodes};
use domain::sent_code::{SendCode, SendFor};
use uuid::Uuid;

use super::super::enroll::{ConfirmBody, SetUpView, is_over, method};
use super::super::frame::Frame;
use super::super::recovery::{Next, sheet};
use super::super::second_factor::STAYS;
use super::super::see;
use super::{KnownAs, Ours, gone, path};
use crate::app::App;
use crate::http::auth::recovery_code;
use crate::http::caller::Anyone;
use crate::http::{Fields, Form, ReadBody};
use crate::problem::{Problem, ProblemCode};
use crate::run::{ask, run};

/// What can be set up.
#[derive(Template)]
#[template(path = "pages/hosted_enroll.html")]
pub(super) struct Choice<'a> {
    pub(super) page: &'a Frame,
    /// Where the form is.
    pub(super) action: String,
    pub(super) means: Vec<Means>,
    /// The way back without.
    pub(super) back: String,
}

impl Choice<'_> {
    #[expect(clippy::unused_self, clippy::ref_option, reason = "templates call it so")]
    fn masked(&self, destination: &Option<domain::destination::Destination>) -> Option<String> {
        destination.as_ref().map(domain::destination::Destination::masked)
    }
}

impl Ours {
    /// A command of this challenge.
    fn at<C>(&self, phase: Phase, command: C) -> AtHosted<C> {
        AtHosted { id: self.id, browser: self.browser, phase, command }
    }

    /// How the challenge stands, on whatever page is asked for; and the page in the application's name.
    async fn standing(
        id: &str,
        known: KnownAs,
        app: &App,
        page: &mut Frame,
    ) -> Result<(Self, HostedChallenge), Problem> {
        let ours = Self::of(id, known)?;
        let challenge = ours.read(app).await?;
        page.door = Some((challenge.name.clone(), challenge.return_url.origin().to_owned()));
        Ok((ours, challenge))
    }
}

/// Which kind is chosen.
pub(in crate::http::pages) struct Body {
    method: String,
}

impl ReadBody for Body {
    fn read(fields: &mut Fields) -> Self {
        Self { method: fields.optional_text("method", 0..=16).unwrap_or_default() }
    }
}

/// Begins the set-up.
pub(in crate::http::pages) async fn begin(
    State(app): State<App>,
    Path(id): Path<String>,
    known: KnownAs,
    Anyone(origin): Anyone,
    mut page: Frame,
    Form(body): Form<Body>,
) -> Result<Response, Problem> {
    let (ours, challenge) = match Ours::standing(&id, known, &app, &mut page).await {
        Ok(found) => found,
        Err(problem) => return gone(&page, problem),
    };
    let method = method(&body.method)?;
    let label = Some(page.name(&format!("method-{method}"))?);
    let bearer = challenge.bearer();
    let begun = async {
        let Standing::Enroll(means) = challenge.standing else { return Err(Refusal::AlreadyEnabled.into()) };
        match means.into_iter().find(|(offered, _)| *offered == method) {
            None => Err(Refusal::FeatureDisabled.into()),
            Some((_, None)) => {
                let command = BeginEnrollment { bearer, label, origin };
                run(&app, ours.at(Phase::Enrolling, command)).await.map(|begun| begun.factor)
            }
            Some((_, Some(destination))) => {
                let command = BeginSentEnrollment { bearer, destination, label, origin };
                run(&app, ours.at(Phase::Enrolling, command)).await.map(|begun| begun.factor)
            }
        }
    };
    match begun.await {
        Ok(factor) => Ok(see(&format!("{}/set-up/{}", path(ours.id), factor.uuid()))),
        Err(problem) if problem.code() == ProblemCode::InternalError => Err(problem),
        Err(problem) => {
            // How it stands now says what comes next, where it is no longer to be set up.
            let said = Some(problem).filter(|problem| problem.code() != ProblemCode::AlreadyEnabled);
            ours.answer(&app, page, said, false).await
        }
    }
}

fn factor(id: &str) -> Result<FactorId, Problem> {
    Uuid::parse_str(id).map(FactorId::from_uuid).map_err(|_| Problem::new(ProblemCode::NotFound))
}

/// The pending set-up, as often as it is looked at.
pub(in crate::http::pages) async fn set_up(
    State(app): State<App>,
    Path((id, pending)): Path<(String, String)>,
    known: KnownAs,
    mut page: Frame,
) -> Result<Response, Problem> {
    match Ours::standing(&id, known, &app, &mut page).await {
        Ok((ours, challenge)) => ours.pending(&app, page, &challenge, factor(&pending)?).await,
        Err(problem) => gone(&page, problem),
    }
}

impl Ours {
    async fn pending(
        &self,
        app: &App,
        page: Frame,
        challenge: &HostedChallenge,
        factor: FactorId,
    ) -> Result<Response, Problem> {
        let question = ReadPending { bearer: challenge.bearer(), factor };
        match ask(app, &self.at(Phase::Enrolling, question)).await {
            Ok(pending) => {
                let choice = path(self.id);
                SetUpView::answer(&page, pending, &format!("{choice}/set-up/{}", factor.uuid()), &choice)
            }
            Err(problem) if problem.code() == ProblemCode::InternalError => Err(problem),
            Err(_) => Ok(see(&path(self.id))),
        }
    }

    /// One more code for a set-up.
    async fn send_again(
        &self,
        app: &App,
        challenge: &HostedChallenge,
        factor: FactorId,
        origin: Origin,
    ) -> Result<(), Problem> {
        let bearer = challenge.bearer();
        let pending = ask(app, &self.at(Phase::Enrolling, ReadPending { bearer, factor })).await?;
        let wanted = SendFor::Enrollment(bearer, pending.enrollment);
        run(app, self.at(Phase::Enrolling, SendCode { wanted, origin })).await.map(drop)
    }
}

/// The first code, or the wish for another.
pub(in crate::http::pages) async fn confirm(
    State(app): State<App>,
    Path((id, pending)): Path<(String, String)>,
    known: KnownAs,
    Anyone(origin): Anyone,
    mut page: Frame,
    Form(body): Form<ConfirmBody>,
) -> Result<Response, Problem> {
    let (ours, challenge) = match Ours::standing(&id, known, &app, &mut page).await {
        Ok(found) => found,
        Err(problem) => return gone(&page, problem),
    };
    let factor = factor(&pending)?;
    let here = path(ours.id);
    let came = if body.send {
        ours.send_again(&app, &challenge, factor, origin).await.map(|()| format!("{here}/set-up/{}", factor.uuid()))
    } else if body.code.trim().is_empty() {
        let page = page.missing("code", "trouble-code-missing")?;
        return ours.pending(&app, page, &challenge, factor).await;
    } else {
        let (bearer, code) = (challenge.bearer(), TypedCode::parse(&body.code));
        let command = ConfirmEnrollment { bearer, code, factor: Some(factor), refresh: None, origin };
        let confirmed = run(&app, ConfirmHosted(ours.at(Phase::Enrolling, command))).await;
        confirmed.map(|_: Method| format!("{here}/recovery-codes"))
    };
    match came {
        Ok(url) => Ok(see(&url)),
        Err(problem) if problem.code() == ProblemCode::InternalError => Err(problem),
        // Nothing is left to be confirmed: how the challenge stands says what comes next.
        Err(problem) if is_over(&problem) || !STAYS.contains(&problem.code()) => Ok(see(&here)),
        Err(problem) => ours.pending(&app, page.trouble(problem)?, &challenge, factor).await,
    }
}

/// The recovery codes that came with the factor, for as long as they are kept; from there it goes back to the application.
pub(in crate::http::pages) async fn codes(
    State(app): State<App>,
    Path(id): Path<String>,
    known: KnownAs,
    mut page: Frame,
) -> Result<Response, Problem> {
    let (ours, challenge) = match Ours::standing(&id, known, &app, &mut page).await {
        Ok(found) => found,
        Err(problem) => return gone(&page, problem),
    };
    let question = ours.at(Phase::Enrolled, ShowRecoveryCodes { bearer: challenge.bearer() });
    let here = path(ours.id);
    match ask(&app, &question).await {
        Ok(codes) => sheet(&page, &codes, format!("{here}/recovery-codes/file"), Next::Form(format!("{here}/return"))),
        Err(problem) if problem.code() == ProblemCode::RecoveryCodesGone => Ok(see(&here)),
        Err(problem) => Err(problem),
    }
}

/// The same as a file.
pub(in crate::http::pages) async fn file(
    State(app): State<App>,
    Path(id): Path<String>,
    known: KnownAs,
    Anyone(origin): Anyone,
    mut page: Frame,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let (ours, challenge) = match Ours::standing(&id, known, &app, &mut page).await {
        Ok(found) => found,
        Err(problem) => return gone(&page, problem),
    };
    let command = ours.at(Phase::Enrolled, DownloadRecoveryCodes { bearer: challenge.bearer(), origin });
    match recovery_code::file(&app, &query.unwrap_or_default(), command).await {
        Err(problem) if problem.code() == ProblemCode::RecoveryCodesGone => Ok(see(&path(ours.id))),
        came => came,
    }
}
