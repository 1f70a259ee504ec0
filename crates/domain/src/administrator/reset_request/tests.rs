//! Who may ask for a reset, approve it and carry it out, and when.

use super::*;
use crate::factor::Method;
use crate::session::RefreshHolder;
use crate::testing::{Lab, Person, bearer, origin, summary};

/// Two administrators and somebody who is locked out.
struct World {
    lab: Lab,
    asker: Person,
    other: Person,
    person: Person,
    request: Option<ResetRequest>,
}

/// Who does something.
#[derive(Clone, Copy)]
enum Who {
    Asker,
    Other,
}

impl World {
    fn new(approval: bool, cooling_off: Duration) -> Self {
        let mut lab = Lab::new();
        lab.policy.resets.second_approval = approval;
        lab.policy.resets.cooling_off = cooling_off;
        let (mut asker, mut other, person) = (lab.enrolled(), lab.enrolled(), lab.enrolled());
        (asker.account.role, other.account.role) = (Some(Role::Support), Some(Role::Support));
        Self { lab, asker, other, person, request: None }
    }

    fn view(&mut self, who: Who) -> (Bearer, ResetView) {
        let account = match who {
            Who::Asker => self.asker.account.clone(),
            Who::Other => self.other.account.clone(),
        };
        let (session, grant) = self.lab.session(&account, Some(Method::Totp), RefreshHolder::Pages);
        let bearer = Bearer { expires_at: session.expires_at, ..bearer(&grant) };
        let view = ResetView {
            account: Some(account),
            session: Some(session),
            person: Some(self.person.account.clone()),
            factors: self.person.factors.clone(),
            request: self.request.clone(),
        };
        (bearer, view)
    }

    fn ask(&mut self) -> Decision<bool> {
        let (bearer, view) = self.view(Who::Asker);
        let user = self.person.account.user.id;
        let command = AskReset { bearer, user, reason: "called back".to_owned(), origin: origin() };
        let decision = self.lab.decide(&command, view).unwrap();
        for change in &decision.changes {
            if let Change::AddResetRequest(new) = change {
                self.request = Some((**new).clone());
            }
        }
        decision
    }

    fn step(&mut self, who: Who, step: ResetStep) -> Decision<bool> {
        let (bearer, view) = self.view(who);
        let request = self.request.as_ref().unwrap().id;
        let command = StepReset { bearer, request, step, reason: "agreed".to_owned(), origin: origin() };
        let decision = self.lab.decide(&command, view).unwrap();
        if let (Ok(true), ResetStep::Approve, Some(request)) = (&decision.reply, step, &mut self.request) {
            request.approved_by = Some(self.other.account.user.person);
        }
        decision
    }

    /// The last word of the log about a step.
    fn refused(&mut self, who: Who, step: ResetStep) -> (Refusal, String) {
        let decision = self.step(who, step);
        assert!(decision.outbox.is_empty());
        let kept = |change: &Change| matches!(change, Change::SaveSettings(..));
        assert!(decision.changes.iter().all(kept), "{:?}", decision.changes);
        let entry = decision.audit.last().unwrap();
        assert!(!entry.success && entry.person == Some(self.person.account.user.person));
        (decision.reply.unwrap_err(), entry.detail.to_text())
    }
}

#[test]
fn asking_tells_the_person_how_to_stop_it_and_takes_nothing_away() {
    let mut world = World::new(true, Duration::ZERO);
    let decision = world.ask();
    insta::assert_snapshot!(summary(&decision), @r"
    yes
    change AddResetRequest
    change SaveSettings, 0 wrong, 0 in a row
    audit reset_requested done stated
    mail reset_requested
    ");
    let mail = world.lab.read(&decision.outbox[0]).unwrap();
    let link = mail.link.clone().unwrap();
    let token = link.split_once("/stop-reset#token=").unwrap().1;
    assert!(world.request.as_ref().unwrap().stop == TokenHash::of(token));
    let event = mail.event.clone().unwrap();
    assert_eq!((event.ip, event.browser), (None, None), "where the desk is stands in no mail");
    let again = world.ask();
    assert!(again.reply == Ok(false) && again.changes.is_empty() && again.outbox.is_empty());
}

#[test]
fn nothing_is_asked_for_where_it_is_done_at_once() {
    let mut world = World::new(false, Duration::ZERO);
    assert_eq!(held_up(&world.lab.policy), None);
    assert_eq!(world.ask().reply, Err(Refusal::FeatureDisabled));
}

#[test]
fn whoever_asked_does_not_approve_and_without_an_approval_nothing_is_done() {
    let mut world = World::new(true, Duration::ZERO);
    world.ask();
    let second = Refusal::SecondAdministratorRequired;
    assert_eq!(world.refused(Who::Asker, ResetStep::Approve), (second.clone(), "own_request".to_owned()));
    assert_eq!(world.refused(Who::Other, ResetStep::CarryOut), (second.clone(), "not_approved".to_owned()));
    assert_eq!(world.step(Who::Other, ResetStep::Approve).reply, Ok(true));
    let again = world.step(Who::Other, ResetStep::Approve);
    assert!(again.reply == Ok(false) && again.changes.is_empty());
    let done = summary(&world.step(Who::Asker, ResetStep::CarryOut));
    assert!(done.starts_with("yes\nchange EndResetRequest carried_out, approved true\nchange EndSessionsOf"), "{done}");
    assert!(done.contains("SetPassword") && done.contains("mail started_over"), "{done}");
}

#[test]
fn it_waits_as_long_as_was_promised_and_as_the_setting_says_now() {
    let hour = Duration::from_hours(1);
    let mut world = World::new(false, hour);
    world.ask();
    world.lab.pass(Duration::from_mins(59));
    let early = world.refused(Who::Asker, ResetStep::CarryOut);
    assert_eq!(early, (Refusal::CoolingOff { retry_after: Duration::from_mins(1) }, "cooling_off".to_owned()));
    world.lab.policy.resets.cooling_off = Duration::ZERO;
    assert_eq!(world.refused(Who::Asker, ResetStep::CarryOut).1, "cooling_off", "what was promised is kept");
    world.lab.pass(Duration::from_mins(1));
    world.lab.policy.resets.cooling_off = Duration::from_hours(2);
    assert_eq!(world.refused(Who::Asker, ResetStep::CarryOut).1, "cooling_off", "what is stricter now holds");
    world.lab.policy.resets.cooling_off = hour;
    assert_eq!(world.step(Who::Asker, ResetStep::CarryOut).reply, Ok(true));
}

#[test]
fn what_is_over_is_over() {
    let mut world = World::new(true, Duration::ZERO);
    world.ask();
    world.lab.pass(Duration::from_days(7));
    for step in ResetStep::ALL {
        assert_eq!(world.refused(Who::Other, step), (Refusal::NotFound, "request_over".to_owned()));
    }
    assert_eq!(world.ask().reply, Ok(true), "it is asked for anew");
    let mut week = World::new(false, Duration::from_days(7));
    week.ask();
    week.lab.pass(Duration::from_days(7));
    assert_eq!(week.step(Who::Asker, ResetStep::CarryOut).reply, Ok(true), "there is a day to carry it out");
}

#[test]
fn support_has_no_say_over_somebody_with_a_role_and_nobody_over_themselves() {
    let mut world = World::new(true, Duration::ZERO);
    world.ask();
    world.person.account.role = Some(Role::Viewer);
    let least = Refusal::RoleRequired(Role::Administrator);
    for step in ResetStep::ALL {
        assert_eq!(world.refused(Who::Other, step), (least.clone(), "role_required".to_owned()));
    }
    assert_eq!(world.ask().reply, Err(least.clone()));
    world.other.account.role = Some(Role::Administrator);
    world.person.account = world.other.account.clone();
    for step in ResetStep::ALL {
        assert_eq!(world.refused(Who::Other, step), (least.clone(), "own_account".to_owned()));
    }
}

#[test]
fn what_takes_a_guard_away_wants_a_fresh_proof() {
    let mut world = World::new(true, Duration::ZERO);
    world.ask();
    for step in ResetStep::ALL {
        let (bearer, view) = world.view(Who::Other);
        let request = world.request.as_ref().unwrap().id;
        world.lab.pass(world.lab.policy.freshness);
        let command = StepReset { bearer, request, step, reason: "agreed".to_owned(), origin: origin() };
        let reply = world.lab.decide(&command, view).unwrap().reply;
        assert_eq!(reply.err() == Some(Refusal::StepUpRequired), step.is_dangerous(), "{step:?}");
    }
}

#[test]
fn the_link_stops_it_once() {
    let mut world = World::new(true, Duration::ZERO);
    world.ask();
    let request = world.request.clone().unwrap();
    let stop = StopReset { token: request.stop, origin: origin() };
    let view = |request: &ResetRequest| StopView {
        account: Some(world.person.account.clone()),
        request: Some(request.clone()),
    };
    let (open, over) = (view(&request), view(&ResetRequest { ended_at: Some(request.asked_at), ..request.clone() }));
    insta::assert_snapshot!(summary(&world.lab.decide(&stop, open).unwrap()), @r"
    yes
    change EndResetRequest stopped, approved false
    change SaveSettings, 0 wrong, 0 in a row
    audit reset_stopped done link
    ");
    assert_eq!(world.lab.decide(&stop, over).unwrap().reply, Err(Refusal::TokenInvalid));
    let unknown = StopView { account: None, request: None };
    assert_eq!(world.lab.decide(&stop, unknown).unwrap().reply, Err(Refusal::TokenInvalid));
}
