//! Test mode: a clock that can be moved and an outbox that can be read, for whoever tests an integration. Loopback only.

use std::net::IpAddr;

use axum::extract::{Query, Request, State};
use axum::http::header::HOST;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use domain::message::Channel;
use domain::time::{Duration, Timestamp};
use serde::{Deserialize, Serialize};
use store::{MailboxMessage, Surroundings};
use tokio::time::{Instant, sleep};
use url::{Host, Url};
use uuid::Uuid;

use super::{Client, Fields, Json, Peer, ReadBody};
use crate::app::App;
use crate::problem::{Problem, ProblemCode};

/// How long a reader waits for messages still under way.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(2);

/// The routes.
pub(super) fn routes() -> axum::Router<App> {
    axum::Router::new()
        .route("/v1/test/clock", get(read_clock).post(set_clock))
        .route("/v1/test/outbox", get(outbox))
        .layer(from_fn(loopback_only))
}

/// Lets in callers of this machine only. Behind a proxy on this machine every connection comes from it, so the connection
/// is not enough: nothing may speak of a proxy, and the caller must have asked for this machine by name.
pub(super) async fn loopback_only(request: Request, next: Next) -> Response {
    if is_local(&request) { next.run(request).await } else { Problem::new(ProblemCode::NotFound).into_response() }
}

fn is_local(request: &Request) -> bool {
    let loopback = |address: IpAddr| address.to_canonical().is_loopback();
    let extensions = request.extensions();
    let connected = extensions.get::<Peer>().is_some_and(|peer| loopback(peer.0.ip()));
    let called = extensions.get::<Client>().is_some_and(|client| loopback(client.address));
    let proxied = request.headers().keys().any(|name| {
        let name = name.as_str();
        matches!(name, "forwarded" | "via" | "x-real-ip") || name.starts_with("x-forwarded-")
    });
    let mut named = request.headers().get_all(HOST).iter().map(|host| host.to_str().ok());
    let named_here = named.all(|host| host.is_some_and(is_local_host));
    let target_here = request.uri().authority().is_none_or(|authority| is_local_host(authority.as_str()));
    connected && called && !proxied && named_here && target_here
}

/// Whether a `Host`, with or without a port, is a name of this machine.
fn is_local_host(host: &str) -> bool {
    let Ok(url) = Url::parse(&format!("http://{host}/")) else { return false };
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.to_canonical().is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

#[derive(Serialize)]
struct Clock {
    now: Timestamp,
}

async fn read_clock(State(app): State<App>) -> Json<Clock> {
    Json(Clock { now: app.world.now() })
}

enum SetClock {
    To(Timestamp),
    By(Duration),
    Neither,
}

impl ReadBody for SetClock {
    fn read(fields: &mut Fields) -> Self {
        let to = fields.optional_parsed("now", "a moment in RFC 3339", Timestamp::parse);
        let by = fields.optional_integer("advance_seconds");
        match (to, by) {
            (Some(to), None) => Self::To(to),
            (None, Some(by)) => Self::By(Duration::from_secs(by)),
            (None, None) | (Some(_), Some(_)) => {
                fields.refuse("now", "exactly one of now and advance_seconds is needed");
                Self::Neither
            }
        }
    }
}

async fn set_clock(State(app): State<App>, Json(set): Json<SetClock>) -> Json<Clock> {
    match set {
        SetClock::To(to) => app.world.shift(to.since(app.world.now())),
        SetClock::By(by) => app.world.shift(by),
        SetClock::Neither => {}
    }
    read_clock(State(app)).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Filter {
    to: Option<String>,
    channel: Option<String>,
}

#[derive(Serialize)]
struct Outbox {
    messages: Vec<Message>,
}

#[derive(Serialize)]
struct Message {
    id: Uuid,
    channel: &'static str,
    to: String,
    kind: &'static str,
    locale: String,
    subject: String,
    text: String,
    html: String,
    code: Option<String>,
    link: Option<String>,
    state: String,
    at: Timestamp,
}

impl From<MailboxMessage> for Message {
    fn from(message: MailboxMessage) -> Self {
        Self {
            id: message.id,
            channel: message.channel.as_str(),
            to: message.to,
            kind: message.kind.as_str(),
            locale: message.locale,
            subject: message.subject,
            text: message.text,
            html: message.html,
            code: message.code,
            link: message.link,
            state: message.state,
            at: message.at,
        }
    }
}

/// Messages as they were sent, newest first. A `+` in a number or address may be sent as it is or encoded.
async fn outbox(
    State(app): State<App>,
    filter: Result<Query<Filter>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<Outbox>, Problem> {
    let Query(filter) = filter.map_err(|_| Problem::invalid_at("", "the query takes to and channel"))?;
    let channel = match filter.channel.as_deref() {
        None => None,
        Some(name) => Some(Channel::parse(name).ok_or_else(|| Problem::invalid_at("", "channel is email or sms"))?),
    };
    let deadline = Instant::now() + PATIENCE;
    while app.db.messages_under_way().await? > 0 && Instant::now() < deadline {
        sleep(std::time::Duration::from_millis(5)).await;
    }
    // Neither an address nor a number holds a space: where one stands, a raw plus was decoded.
    let to = filter.to.map(|to| to.replace(' ', "+"));
    let messages = app.db.mailbox(to.as_deref()).await?;
    let wanted = |message: &MailboxMessage| channel.is_none_or(|channel| message.channel == channel);
    Ok(Json(Outbox { messages: messages.into_iter().filter(wanted).map(Message::from).collect() }))
}
