//! A call with an API key: who calls, whether it is to be answered once, and the answer, new or given before.

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::application::KeyScope;
use domain::application::audit::actor;
use domain::application::idempotency::{Once, Words};
use domain::application::keyed::{ByKey, KeyHolder, Told, Wording};
use domain::command::{Decide, Origin};
use domain::decision::Refusal;
use domain::secret::{SecretText, TokenHash};
use serde::Serialize;
use sha2::{Digest, Sha256};
use store::Load;

use crate::app::App;
use crate::fault::Fault;
use crate::http::body::strict_body;
use crate::http::caller::Keyed;
use crate::http::{Fields, Json, ReadBody, RequestId};
use crate::problem::{MEDIA_TYPE, Problem};
use crate::run::{ask, run};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Says of an answer that it was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// Who calls.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    /// The key and its application.
    pub(super) holder: KeyHolder,
    once: Option<Once>,
    request_id: RequestId,
}

/// A call that changes something, with its body.
pub(super) struct Called<T>(pub(super) Caller, pub(super) T);

/// No body at all, or an empty object.
pub(super) struct Nothing;

impl ReadBody for Nothing {
    fn read(_: &mut Fields) -> Self {
        Self
    }
}

impl FromRequestParts<App> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut axum::http::request::Parts, app: &App) -> Result<Self, Problem> {
        let Keyed(holder) = Keyed::from_request_parts(parts, app).await?;
        let Some(request_id) = parts.extensions.get::<RequestId>().cloned() else {
            return Err(Fault::plain("the request has no id").into());
        };
        Ok(Self { holder, once: None, request_id })
    }
}

impl<T: ReadBody> FromRequest<App> for Called<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let mut caller = Caller::from_request_parts(&mut parts, app).await?;
        let key = idempotency_key(&parts.headers)?;
        let mut call = Sha256::new();
        for part in [parts.method.as_str(), parts.uri.path()] {
            call.update(part.as_bytes());
            call.update([0]);
        }
        let (body, call) =
            strict_body(Request::from_parts(parts, body), |bytes| call.chain_update(bytes).finalize().into()).await?;
        caller.once = key.map(|key| Once { key, call });
        Ok(Self(caller, body))
    }
}

/// The key of a call that is to be answered once: 1 to 255 visible characters of ASCII, chosen by the caller.
fn idempotency_key(headers: &HeaderMap) -> Result<Option<TokenHash>, Problem> {
    let mut sent = headers.get_all(IDEMPOTENCY_KEY).iter();
    let (Some(key), another) = (sent.next(), sent.next()) else { return Ok(None) };
    let text = key.to_str().ok().filter(|text| another.is_none() && (1..=255).contains(&text.len()));
    let text = text.filter(|text| text.bytes().all(|byte| byte.is_ascii_graphic()));
    let refused = || Problem::invalid_at("", "Idempotency-Key takes 1 to 255 visible characters of ASCII, once");
    text.map(|text| Some(TokenHash::of(text))).ok_or_else(refused)
}

impl Caller {
    /// The application acts, not the person.
    pub(super) fn acts(&self) -> Origin {
        let actor = Some(actor(self.holder.key));
        Origin { actor, request_id: Some(self.request_id()), ..Origin::default() }
    }

    /// The request's id.
    pub(super) fn request_id(&self) -> String {
        self.request_id.as_str().to_owned()
    }

    /// Runs a command and answers, or gives the answer that the same call had before.
    pub(super) async fn run<C: Load>(
        self,
        app: &App,
        scope: KeyScope,
        command: C,
        wording: Wording<C::Reply>,
    ) -> Result<Response, Problem> {
        let (words, again) = self.tell(app, scope, self.once.clone(), command, wording).await?;
        Ok(self.answer(&words, again))
    }

    /// Opens a call that is several commands, and says whether it was opened before: see [`Once::part`].
    pub(super) async fn open<C: Load<Reply = ()>>(
        &self,
        app: &App,
        scope: KeyScope,
        command: C,
    ) -> Result<bool, Problem> {
        self.tell(app, scope, self.once.clone(), command, no_content).await.map(|(_, again)| again)
    }

    /// Runs one command of such a call; gives its words, and whether they were given before.
    pub(super) async fn part<C: Load>(
        &self,
        app: &App,
        scope: KeyScope,
        number: u8,
        command: C,
        wording: Wording<C::Reply>,
    ) -> Result<(Words, bool), Problem> {
        self.tell(app, scope, self.once.as_ref().map(|once| once.part(number)), command, wording).await
    }

    async fn tell<C: Load>(
        &self,
        app: &App,
        scope: KeyScope,
        once: Option<Once>,
        command: C,
        wording: Wording<C::Reply>,
    ) -> Result<(Words, bool), Problem> {
        let once = once.map(|once| (once, wording));
        match run(app, ByKey { holder: self.holder, scope, once, question: false, command }).await? {
            Told::Now(reply) => match wording(Ok(&reply)) {
                Some(words) => Ok((words, false)),
                None => Err(Fault::plain("an answer could not be put into words").into()),
            },
            Told::Again(words) => Ok((words, true)),
        }
    }

    /// The answer, and whether it was given before.
    pub(super) fn answer(&self, words: &Words, again: bool) -> Response {
        let mut answer = say(words, self.request_id.as_str());
        if again {
            answer.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
        }
        answer
    }

    /// Runs a command that comes before the one that answers.
    pub(super) async fn act<C: Load>(&self, app: &App, scope: KeyScope, command: C) -> Result<C::Reply, Problem> {
        match run(app, ByKey { holder: self.holder, scope, once: None, question: false, command }).await? {
            Told::Now(reply) => Ok(reply),
            Told::Again(_) => Err(Fault::plain("what was not to be kept was given again").into()),
        }
    }

    /// Asks a question, which changes nothing.
    pub(super) async fn ask<C: Load + Decide>(
        self,
        app: &App,
        scope: KeyScope,
        command: C,
    ) -> Result<C::Reply, Problem> {
        let question = ByKey { holder: self.holder, scope, once: None, question: true, command };
        match ask(app, &question).await? {
            Told::Now(reply) => Ok(reply),
            Told::Again(_) => Err(Fault::plain("a question was answered with what was kept").into()),
        }
    }
}

/// Puts an answer into words: a reply by its view, which says whether it holds a secret; and a wrong code, which was paid for.
/// Other refusals cost nothing, and are decided anew when the call comes again.
pub(super) fn words<R, V: Serialize>(
    answer: Result<&R, &Refusal>,
    status: StatusCode,
    view: impl FnOnce(&R) -> (V, bool),
) -> Option<Words> {
    let (status, body, secret) = match answer {
        Ok(reply) => {
            let (view, secret) = view(reply);
            (status, serde_json::to_string(&view).ok()?, secret)
        }
        Err(refusal @ Refusal::CodeIncorrect { .. }) => {
            let problem = Problem::from(refusal.clone());
            (problem.code().status(), serde_json::to_string(problem.document()).ok()?, false)
        }
        Err(_) => return None,
    };
    Some(Words { status: status.as_u16(), body: SecretText::new(body), secret })
}

/// The words for a reply without any.
pub(super) fn no_content<R>(answer: Result<&R, &Refusal>) -> Option<Words> {
    let done = answer.is_ok().then_some(StatusCode::NO_CONTENT)?;
    Some(Words { status: done.as_u16(), body: SecretText::new(""), secret: false })
}

/// The answer as it is sent. A refusal that was kept names the request it now answers.
fn say(words: &Words, request_id: &str) -> Response {
    let status = StatusCode::from_u16(words.status).unwrap_or(StatusCode::OK);
    let text = words.body.expose();
    if status.is_success() {
        let mut answer = text.to_owned().into_response();
        *answer.status_mut() = status;
        if text.is_empty() {
            answer.headers_mut().remove(CONTENT_TYPE);
        } else {
            answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        return answer;
    }
    let mut document: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
    if let Some(id) = document.get_mut("request_id") {
        *id = request_id.into();
    }
    let mut answer = Json(document).into_response();
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}
