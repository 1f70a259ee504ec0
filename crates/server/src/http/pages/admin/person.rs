//! One person: what they can use now, and what happened to them.

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use domain::administrator::Standing;
use domain::administrator::help::HelpAct;
use domain::administrator::look::Sight;
use domain::administrator::person::{PersonSheet, ReadPerson, WayIn};
use domain::administrator::reset_request::held_up;
use domain::factor::Method;
use domain::ids::UserId;
use domain::status::FactorStatus;
use domain::time::Timestamp;
use store::Surroundings;
use store::desk_list::List;
use store::people::Before;
use store::reset_request::RequestLine;
use uuid::Uuid;

use super::Admin;
use super::story::{Line, tell};
use crate::app::App;
use crate::http::pages::frame::Frame;
use crate::problem::{Problem, ProblemCode};
use crate::run::ask;

#[derive(Template)]
#[template(path = "pages/admin/person.html")]
struct View<'a> {
    page: &'a Frame,
    standing: &'a Standing,
    sheet: &'a PersonSheet,
    /// The reset that is asked for.
    request: Option<RequestLine>,
    /// Whether taking the second factor away takes more than one decision.
    held_up: bool,
    lines: Vec<Line>,
    /// Where the story goes on.
    next: Option<String>,
    /// Whether this is not its beginning.
    further: bool,
}

impl View<'_> {
    /// Until when the person is locked.
    fn locked_until(&self) -> Option<Timestamp> {
        match self.sheet.way_in {
            WayIn::Locked(until) => Some(until),
            WayIn::Disabled | WayIn::Stopped | WayIn::Unguarded | WayIn::Invited | WayIn::Guarded => None,
        }
    }

    /// Whether whoever looks may help this person.
    fn may_help(&self) -> bool {
        self.standing.may_help(self.sheet.person, self.sheet.role).is_ok()
    }

    /// The acts that make sense now, the next sensible one first.
    fn acts(&self) -> Vec<HelpAct> {
        let locked = self.sheet.wrong_codes > 0 || self.is_shut();
        let open = !self.sheet.sessions.is_empty();
        let trusted = !self.sheet.devices.is_empty();
        HelpAct::ALL
            .into_iter()
            .filter(|act| match act {
                HelpAct::Unlock => locked,
                HelpAct::EndSessions => open,
                HelpAct::ForgetDevices => trusted,
                HelpAct::WithdrawBypassCode => self.sheet.bypass.is_some(),
                HelpAct::SendNow => self.sheet.waiting > 0,
                // The only factor is not cancelled: without one they start over.
                HelpAct::CancelNumber => {
                    let numbers = self.sheet.factors.iter().filter(|factor| factor.offer.method == Method::Sms).count();
                    numbers > 0 && numbers < self.sheet.factors.len()
                }
                HelpAct::StartOver => true,
            })
            .collect()
    }

    /// Whether a bypass code would let them in: there is a second factor to get past, codes are taken, and one
    /// administrator may decide it.
    fn may_be_let_past(&self) -> bool {
        self.sheet.way_in == WayIn::Guarded && !self.held_up
    }

    /// How an act looks: what opens the way in again comes first, what takes a factor away warns.
    fn weight(&self, act: HelpAct) -> &'static str {
        match act {
            HelpAct::StartOver | HelpAct::CancelNumber => "danger",
            HelpAct::Unlock if self.is_shut() => "main",
            HelpAct::Unlock
            | HelpAct::SendNow
            | HelpAct::EndSessions
            | HelpAct::ForgetDevices
            | HelpAct::WithdrawBypassCode => "quiet",
        }
    }

    /// Whether codes are refused now.
    fn is_shut(&self) -> bool {
        matches!(self.sheet.way_in, WayIn::Locked(_) | WayIn::Stopped)
    }

    /// Whether a factor has a name that does not say its kind already.
    fn is_called_otherwise(&self, factor: &FactorStatus) -> Result<bool, askama::Error> {
        Ok(self.page.say(format!("method-{}", factor.offer.method.as_str()))? != factor.offer.label)
    }

    /// Whether the way in stands as it should.
    fn is_well(&self) -> bool {
        self.sheet.way_in == WayIn::Guarded
    }
}

/// Reads where a story goes on: number and time of an entry.
fn before(query: Option<&str>) -> Option<Before> {
    let pairs = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    let text = pairs.into_iter().find(|(name, _)| name == "before")?.1;
    let (seq, at) = text.split_once('.')?;
    Some(Before { seq: seq.parse().ok()?, at: Timestamp::from_micros(at.parse().ok()?) })
}

/// Shows one.
pub(super) async fn show(
    State(app): State<App>,
    admin: Admin,
    Path(user): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let user = Uuid::parse_str(&user).map_err(|_| Problem::new(ProblemCode::NotFound))?;
    let user = UserId::from_uuid(user);
    admin.looks(&app, Sight::Person(user)).await?;
    let sheet = ask(&app, &ReadPerson { bearer: admin.bearer, user }).await?;
    let before = before(query.as_deref());
    let story = app.db.story(user, before).await?;
    let next = story.next.map(|next| format!("{}.{}", next.seq, next.at.as_micros()));
    let Admin { page, standing, .. } = &admin;
    let request = app.db.reset_request_of(user, page.now).await?;
    let lines = tell(story.lines);
    let held_up = held_up(app.world.policy()).is_some();
    page.answer(&View { page, standing, sheet: &sheet, request, held_up, lines, next, further: before.is_some() })
}
