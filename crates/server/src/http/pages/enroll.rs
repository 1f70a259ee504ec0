//! Adding a factor: choose a kind, tell where codes go or scan the picture, prove it with a first code.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::application::hosted::Means;
use domain::code::TypedCode;
use domain::decision::Refusal;
use domain::destination::Destination;
use domain::enrollment::{BeginEnrollment, BeginSentEnrollment, ConfirmEnrollment, Pending, ReadPending};
use domain::factor::Method;
use domain::ids::FactorId;
use domain::sent_code::{Delivery, SendCode, SendFor};
use store::Surroundings;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::desk::Desk;
use super::frame::Frame;
use super::see;
use crate::app::App;
use crate::credentials::address;
use crate::http::{Fields, Form, ReadBody};
use crate::problem::{Problem, ProblemCode};
use crate::qr::{self, Drawing};

/// What can be set up, the safest first.
pub(super) const KINDS: [Method; 3] = [Method::Totp, Method::Sms, Method::Email];

#[derive(Template)]
#[template(path = "pages/add.html")]
struct View<'a> {
    page: &'a Frame,
    methods: Vec<Method>,
    first: bool,
}

/// The kinds that somebody can add.
pub(super) fn kinds(app: &App, desk: &Desk) -> Vec<Method> {
    let policy = app.world.policy();
    match &desk.visit {
        None => KINDS.into_iter().filter(|method| policy.offers(*method)).collect(),
        Some(visit) => visit.means.iter().map(|(method, _)| *method).collect(),
    }
}

/// Which kind?
pub(super) async fn choose(State(app): State<App>, desk: Desk) -> Result<Response, Problem> {
    if let Some(question) = desk.unproved(&app).await? {
        return Ok(question);
    }
    let status = desk.status(&app).await?;
    desk.page.answer(&View { page: &desk.page, methods: kinds(&app, &desk), first: status.factors.is_empty() })
}

#[derive(Template)]
#[template(path = "pages/add_one.html")]
struct OneView<'a> {
    page: &'a Frame,
    method: &'static str,
    /// Where codes go, masked, where that is not the person's to say.
    known: Option<String>,
    to: &'a str,
    label: &'a str,
}

impl<'a> OneView<'a> {
    fn answer(desk: &'a Desk, method: Method, to: &'a str, label: &'a str) -> Result<Response, Problem> {
        let known = told(desk, method)?.and_then(|(_, to)| to.as_ref()).map(Destination::masked);
        desk.page.answer(&OneView { page: &desk.page, method: method.as_str(), known, to, label })
    }
}

/// Where codes of a kind go, where an application has sent the person: nowhere but where it said they are reached.
fn told(desk: &Desk, method: Method) -> Result<Option<&Means>, Problem> {
    let Some(visit) = &desk.visit else { return Ok(None) };
    let found = visit.means.iter().find(|(offered, _)| *offered == method);
    found.map(Some).ok_or_else(|| Refusal::FeatureDisabled.into())
}

pub(super) fn method(name: &str) -> Result<Method, Problem> {
    let known = KINDS.into_iter().find(|method| method.as_str() == name);
    known.ok_or_else(|| Problem::new(ProblemCode::NotFound))
}

/// The form for one kind.
pub(super) async fn show(State(app): State<App>, desk: Desk, Path(kind): Path<String>) -> Result<Response, Problem> {
    let method = method(&kind)?;
    if let Some(question) = desk.unproved(&app).await? {
        return Ok(question);
    }
    OneView::answer(&desk, method, "", "")
}

/// Where codes go, and what the person calls it.
pub(super) struct Body {
    phone_number: Option<String>,
    email: Option<String>,
    label: String,
}

impl ReadBody for Body {
    fn read(fields: &mut Fields) -> Self {
        Self {
            phone_number: fields.optional_text("phone_number", 0..=64),
            email: fields.optional_text("email", 0..=320),
            label: fields.optional_text("label", 0..=64).unwrap_or_default(),
        }
    }
}

/// Where codes go, as the person says.
async fn typed(app: &App, method: Method, body: &Body) -> Result<Option<Destination>, Problem> {
    if !app.world.policy().allows(method) {
        return Err(Refusal::FeatureDisabled.into());
    }
    Ok(match method {
        Method::Sms => {
            let number = app.phones.read(body.phone_number.clone().unwrap_or_default()).await?;
            Some(Destination::Phone(number.map_err(Refusal::PhoneRejected)?))
        }
        Method::Email => Some(Destination::Email(address(body.email.as_deref().unwrap_or_default())?)),
        Method::Totp | Method::RecoveryCode => None,
    })
}

/// Begins the set-up.
pub(super) async fn begin(
    State(app): State<App>,
    desk: Desk,
    Path(kind): Path<String>,
    Form(body): Form<Body>,
) -> Result<Response, Problem> {
    let method = method(&kind)?;
    let label = Some(body.label.trim()).filter(|label| !label.is_empty()).map(str::to_owned);
    let label = Some(match label {
        Some(label) => label,
        None => desk.page.name(&format!("method-{kind}"))?,
    });
    let (bearer, origin) = (desk.bearer, desk.origin.clone());
    let begun = async {
        let destination = match told(&desk, method)? {
            Some((_, told)) => told.clone(),
            None => typed(&app, method, &body).await?,
        };
        match destination {
            None => desk.run(&app, BeginEnrollment { bearer, label, origin }).await.map(|begun| begun.factor),
            Some(destination) => {
                let command = BeginSentEnrollment { bearer, destination, label, origin };
                desk.run(&app, command).await.map(|begun| begun.factor)
            }
        }
    };
    let here = desk.page.at(&format!("/add/{kind}"));
    let refused = match begun.await {
        Ok(factor) => return Ok(see(&desk.page.at(&format!("/set-up/{}", factor.uuid())))),
        Err(problem) => desk.refused(problem),
    };
    match refused.on(&here)? {
        Ok(desk) => {
            let to = body.phone_number.or(body.email).unwrap_or_default();
            OneView::answer(&desk, method, &to, &body.label)
        }
        Err(response) => Ok(response),
    }
}

#[derive(Template)]
#[template(path = "pages/set_up.html")]
pub(super) struct SetUpView<'a> {
    page: &'a Frame,
    /// Where the form is.
    action: &'a str,
    /// Where another kind can be chosen.
    choice: &'a str,
    pending: Pending,
    /// The picture to scan, the key in groups of four, and the address behind both.
    scan: Option<(Drawing, Vec<String>, String)>,
    /// Seconds until the next code may be asked for.
    wait: i64,
}

impl<'a> SetUpView<'a> {
    /// The page, at whichever door.
    pub(super) fn answer(
        page: &'a Frame,
        pending: Pending,
        action: &'a str,
        choice: &'a str,
    ) -> Result<Response, Problem> {
        let scan = match &pending.secret {
            Some((secret, uri)) => {
                let letters: Vec<char> = secret.expose().chars().collect();
                let groups = letters.chunks(4).map(|group| group.iter().collect()).collect();
                Some((qr::draw(uri.expose())?, groups, uri.expose().to_owned()))
            }
            None => None,
        };
        let wait = pending.next_send_at.map_or(0, |at| page.seconds_to(at));
        page.answer(&SetUpView { page, action, choice, pending, scan, wait })
    }

    fn is_undeliverable(&self) -> bool {
        self.pending.delivery == Some(Delivery::Unavailable)
    }
}

fn factor(id: &str) -> Result<FactorId, Problem> {
    Uuid::parse_str(id).map(FactorId::from_uuid).map_err(|_| Problem::new(ProblemCode::NotFound))
}

/// The pending set-up, as often as it is looked at.
pub(super) async fn set_up(State(app): State<App>, desk: Desk, Path(id): Path<String>) -> Result<Response, Problem> {
    let factor = factor(&id)?;
    answer(&app, &desk, factor).await
}

async fn answer(app: &App, desk: &Desk, factor: FactorId) -> Result<Response, Problem> {
    let pending = match desk.ask(app, ReadPending { bearer: desk.bearer, factor }).await {
        Ok(pending) => pending,
        Err(problem) if problem.code() == ProblemCode::NoPendingSetup => return Ok(over(desk)),
        Err(problem) => return Err(problem),
    };
    let here = desk.page.at(&format!("/set-up/{}", factor.uuid()));
    SetUpView::answer(&desk.page, pending, &here, &desk.page.at("/add"))
}

fn over(desk: &Desk) -> Response {
    see(&desk.page.at("/add?said=set-up-over"))
}

/// The first code, or the wish for another.
pub(super) struct ConfirmBody {
    pub(super) code: Zeroizing<String>,
    pub(super) send: bool,
}

impl ReadBody for ConfirmBody {
    fn read(fields: &mut Fields) -> Self {
        Self {
            code: fields.optional_secret("code", 0..=64).unwrap_or_default(),
            send: fields.optional_text("send", 1..=8).is_some(),
        }
    }
}

/// Confirms the set-up.
pub(super) async fn confirm(
    State(app): State<App>,
    mut desk: Desk,
    Path(id): Path<String>,
    Form(body): Form<ConfirmBody>,
) -> Result<Response, Problem> {
    let factor = factor(&id)?;
    let here = desk.page.at(&format!("/set-up/{id}"));
    let came = if body.send {
        send_again(&app, &desk, factor).await.map(|()| None)
    } else if body.code.trim().is_empty() {
        desk.page = desk.page.missing("code", "trouble-code-missing")?;
        return answer(&app, &desk, factor).await;
    } else {
        let (bearer, refresh, origin) = (desk.bearer, Some(desk.token.clone()), desk.origin.clone());
        let code = TypedCode::parse(&body.code);
        desk.run(&app, ConfirmEnrollment { bearer, code, factor: Some(factor), refresh, origin }).await.map(Some)
    };
    let (came, path) = match came {
        Ok(None) => (Ok(None), here.clone()),
        Ok(Some(confirmed)) if confirmed.recovery_codes.is_empty() => {
            (Ok(confirmed.grant), desk.page.at("?said=added"))
        }
        Ok(Some(confirmed)) => (Ok(confirmed.grant), desk.page.at("/recovery-codes/new")),
        Err(problem) if is_over(&problem) => return Ok(over(&desk)),
        Err(problem) => (Err(problem), here.clone()),
    };
    let refused = match desk.came(&app, came, &path) {
        Ok(response) => return Ok(response),
        Err(refused) => refused,
    };
    match refused.on(&here)? {
        Ok(desk) => answer(&app, &desk, factor).await,
        Err(response) => Ok(response),
    }
}

/// Whether nothing is left to be confirmed: no set-up, or no try.
pub(super) fn is_over(problem: &Problem) -> bool {
    let spent = problem.code() == ProblemCode::TooManyAttempts || problem.document().attempts_left == Some(0);
    problem.code() == ProblemCode::NoPendingSetup || spent
}

async fn send_again(app: &App, desk: &Desk, factor: FactorId) -> Result<(), Problem> {
    let pending = desk.ask(app, ReadPending { bearer: desk.bearer, factor }).await?;
    let wanted = SendFor::Enrollment(desk.bearer, pending.enrollment);
    desk.run(app, SendCode { wanted, origin: desk.origin.clone() }).await.map(drop)
}
