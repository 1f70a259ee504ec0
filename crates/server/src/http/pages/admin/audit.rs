//! The audit log: searched by time, action, outcome, kind and application; and taken away as a table or with its proof.

use askama::Template;
use axum::body::{Body as AnswerBody, Bytes};
use axum::extract::{RawQuery, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use domain::administrator::Standing;
use domain::administrator::look::Sight;
use domain::audit::AuditAction;
use domain::audit::checkpoint::Recorded;
use domain::time::Timestamp;
use domain::trusted_device::device_name;
use futures_util::stream;
use store::StoreError;
use store::audit_search::{AuditFilter, AuditPlace};
use uuid::Uuid;

use super::Admin;
use super::days::{Days, Span};
use super::narrow::{Narrow, applications};
use crate::app::App;
use crate::audit_proof::{Proof, lines};
use crate::audit_table;
use crate::http::pages::frame::Frame;
use crate::http::pages::hosted::Nothing;
use crate::http::{Fields, Form, ReadBody};
use crate::problem::{Problem, ProblemCode};

/// Entries on one page.
const PAGE: u32 = 50;
/// What is looked for, as addresses and forms have it.
#[derive(Clone, Default)]
struct Wanted {
    action: String,
    success: String,
    narrow: Narrow,
}

impl Wanted {
    fn parse(query: Option<&str>) -> (Self, Option<AuditPlace>) {
        let (mut wanted, mut before) = (Self::default(), None);
        for (name, value) in url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            let value: String = value.chars().take(64).collect();
            match &*name {
                "action" => wanted.action = value,
                "success" => wanted.success = value,
                "before" => before = place(&value),
                name => wanted.narrow.take(name, value),
            }
        }
        (wanted, before)
    }

    fn filter(&self) -> AuditFilter {
        let Span { since, until } = self.narrow.span();
        AuditFilter {
            since,
            until,
            action: AuditAction::parse(&self.action).map(|action| action.as_str().to_owned()),
            success: match self.success.as_str() {
                "yes" => Some(true),
                "no" => Some(false),
                _ => None,
            },
            method: self.narrow.method().map(|method| method.as_str().to_owned()),
            application: self.narrow.application(),
        }
    }

    /// The address of the same search of other days, or from another place on.
    fn address(&self, from: &str, to: &str, before: Option<AuditPlace>) -> String {
        let mut address = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in [("action", &self.action), ("success", &self.success)] {
            if !value.is_empty() {
                address.append_pair(name, value);
            }
        }
        self.narrow.write(&mut address, from, to);
        if let Some((at, id)) = before {
            address.append_pair("before", &format!("{}.{id}", at.as_micros()));
        }
        format!("/admin/audit?{}", address.finish())
    }
}

/// Reads where a search goes on: time and id of an entry.
fn place(text: &str) -> Option<AuditPlace> {
    let (at, id) = text.split_once('.')?;
    Some((Timestamp::from_micros(at.parse().ok()?), Uuid::parse_str(id).ok()?))
}

#[derive(Template)]
#[template(path = "pages/admin/audit.html")]
struct View<'a> {
    page: &'a Frame,
    standing: &'a Standing,
    wanted: &'a Wanted,
    narrow: &'a Narrow,
    /// Id and name of each application.
    applications: Vec<(String, String)>,
    /// Years, months or days to go down to, and the way back up.
    days: Days,
    entries: Vec<Recorded>,
    next: Option<AuditPlace>,
    /// Whether this is not its beginning.
    further: bool,
    /// Until when the log is signed, and the key that it is signed with.
    signed: Option<(Timestamp, String)>,
}

/// A browser by its name; one that is not known as it names itself.
fn browser(agent: &str) -> String {
    let name = device_name(Some(agent));
    if name == device_name(None) { agent.to_owned() } else { name }
}

impl View<'_> {
    /// Whether anything is looked for.
    fn is_narrowed(&self) -> bool {
        !self.wanted.action.is_empty() || !self.wanted.success.is_empty() || self.narrow.is_chosen()
    }

    fn go_on(&self, before: Option<AuditPlace>) -> String {
        self.wanted.address(&self.narrow.from, &self.narrow.to, before)
    }

    fn of_days(&self, span: &(String, String, String)) -> String {
        self.wanted.address(&span.1, &span.2, None)
    }
}

/// Shows what is found.
pub(super) async fn show(State(app): State<App>, admin: Admin, RawQuery(query): RawQuery) -> Result<Response, Problem> {
    admin.looks(&app, Sight::List("audit")).await?;
    let (wanted, before) = Wanted::parse(query.as_deref());
    let found = app.db.search_audit(&wanted.filter(), before, PAGE).await?;
    let days = Days::within(&wanted.narrow.from, &wanted.narrow.to, app.db.audit_span().await?);
    let applications = applications(&app, admin.page.now).await?;
    let signed = app.db.last_checkpoint().await?.map(|last| (last.checkpoint.at, lines::key(&last.public_key)));
    let Admin { page, standing, .. } = &admin;
    let (entries, next, further) = (found.entries, found.next, before.is_some());
    let narrow = &wanted.narrow;
    page.answer(&View { page, standing, wanted: &wanted, narrow, applications, days, entries, next, further, signed })
}

/// Of which days.
pub(super) struct Body {
    from: String,
    to: String,
}

impl ReadBody for Body {
    fn read(fields: &mut Fields) -> Self {
        let mut day = |name: &str| fields.optional_text(name, 0..=10).unwrap_or_default();
        Self { from: day("from"), to: day("to") }
    }
}

/// Everything of those days as a table, written while it is read: of any size.
pub(super) async fn export(State(app): State<App>, admin: Admin, Form(body): Form<Body>) -> Result<Response, Problem> {
    admin.looks(&app, Sight::List("audit_export")).await?;
    let Span { since, until } = Span::between(&body.from, &body.to);
    let (since, until) = (since.unwrap_or(Timestamp::EPOCH), until.unwrap_or(Timestamp::LAST));
    let table = stream::try_unfold((app, None, true), move |(app, after, first)| async move {
        let page = app.db.exported_entries(since, until, after).await?;
        let mut text = if first { audit_table::heading() } else { String::new() };
        for entry in &page {
            text.push_str(&audit_table::entry(entry));
        }
        let after = page.last().map(|entry| (entry.words.at, entry.words.id));
        let more = (!text.is_empty()).then(|| (Bytes::from(text), (app, after, false)));
        Ok::<_, StoreError>(more)
    });
    Ok(file("text/csv; charset=utf-8", "audit.csv", AnswerBody::from_stream(table)))
}

/// All that is signed, with its proof, written while it is read: of any size.
pub(super) async fn prove(
    State(app): State<App>,
    admin: Admin,
    Form(Nothing): Form<Nothing>,
) -> Result<Response, Problem> {
    admin.looks(&app, Sight::List("audit_proof")).await?;
    // Nobody is offered it before.
    let proof = Proof::of(app.db.clone()).await?.ok_or_else(|| Problem::new(ProblemCode::NotFound))?;
    let pieces = stream::try_unfold(proof, |mut proof| async move {
        let piece = proof.next().await?;
        Ok::<_, StoreError>(piece.map(|piece| (Bytes::from(piece.text), proof)))
    });
    Ok(file("application/jsonl", "audit-proof.jsonl", AnswerBody::from_stream(pieces)))
}

/// A file to be saved.
fn file(kind: &'static str, name: &str, body: AnswerBody) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    ([(CONTENT_TYPE, kind.to_owned()), (CONTENT_DISPOSITION, disposition)], body).into_response()
}
