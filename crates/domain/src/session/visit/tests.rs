//! Visits to the pages: recognized by the newest token alone, and ended by what ends any session.

use super::*;
use crate::factor::Method;
use crate::session::{Grant, Refresh, RefreshHolder, Session};
use crate::testing::{Lab, Person, World, bearer, origin};
use crate::time::Duration;

/// A world with somebody signed in at the pages, and their grant.
fn visiting() -> (World, Grant) {
    let mut lab = Lab::new();
    let person: Person = lab.enrolled();
    let (session, grant) = lab.session(&person.account, Some(Method::Totp), RefreshHolder::Pages);
    let mut world = World::of(lab, &person);
    // As it comes back from the database, which tells cookies from bodies only.
    world.sessions.insert(session.id, Session { holder: RefreshHolder::Cookie, ..session });
    (world, grant)
}

fn visit(world: &mut World, token: &str) -> Result<Visitor, Refusal> {
    let command = RecognizeVisitor { token: RefreshToken::parse_of_pages(token).ok_or(Refusal::TokenInvalid)? };
    let view = world.session_view(|session| session.family == command.token.family());
    world.lab.decide(&command, view).unwrap().reply
}

fn prolong(world: &mut World, bearer: Bearer) -> Result<(), Refusal> {
    let view = world.session_view(|session| session.id == bearer.session);
    let decision = world.lab.decide(&ProlongSession { bearer, origin: origin() }, view).unwrap();
    world.commit(decision)
}

#[test]
fn the_cookie_says_who_it_is_as_often_as_it_is_shown() {
    let (mut world, grant) = visiting();
    for _ in 0..3 {
        let visitor = visit(&mut world, grant.refresh.expose()).unwrap();
        assert_eq!(visitor.bearer.session, grant.session);
        assert_eq!(visitor.email.as_str(), "Ada@example.org");
        assert!(!visitor.idle, "it was used this minute");
    }
}

#[test]
fn a_token_of_the_pages_is_none_of_the_apis_and_the_other_way_round() {
    let (mut world, grant) = visiting();
    let token = grant.refresh.expose().to_owned();
    assert!(token.starts_with("page."), "{token:?}");
    assert!(RefreshToken::parse(&token).is_none());
    let bare = token.strip_prefix("page.").unwrap();
    let command = Refresh { token: RefreshToken::parse(bare).unwrap(), origin: origin() };
    let view = world.session_view(|session| session.family == command.token.family());
    assert!(view.session.is_none(), "without its prefix it finds nothing");
    let person = world.users.values().next().unwrap().clone();
    let (session, of_api) = world.lab.session(&person, None, RefreshHolder::Cookie);
    world.sessions.insert(session.id, session);
    assert_eq!(visit(&mut world, &format!("page.{}", of_api.refresh.expose())).unwrap_err(), Refusal::TokenInvalid);
    assert_eq!(visit(&mut world, of_api.refresh.expose()).unwrap_err(), Refusal::TokenInvalid);
}

#[test]
fn after_a_new_proof_only_the_new_token_is_known() {
    let (mut world, grant) = visiting();
    let shown = RefreshToken::parse_of_pages(grant.refresh.expose()).unwrap();
    let account = world.users.values().next().unwrap().clone();
    let mut session = world.sessions[&grant.session].clone();
    let now = world.lab.clock;
    let (_, next) = session.rotate_cookie(Some(&shown), &account, now, &mut world.lab.context()).unwrap();
    assert!(next.refresh.expose().starts_with("page."), "it stays a token of the pages");
    world.sessions.insert(session.id, session);
    assert_eq!(visit(&mut world, grant.refresh.expose()).unwrap_err(), Refusal::TokenInvalid);
    visit(&mut world, next.refresh.expose()).unwrap();
    assert!(world.sessions[&grant.session].ended_at.is_none(), "another tab may have sent the old one");
}

#[test]
fn use_puts_off_the_idle_end_and_not_the_last_one() {
    let (mut world, grant) = visiting();
    let token = grant.refresh.expose();
    for _ in 0..5 {
        world.lab.pass(Duration::from_mins(6 * 24 * 60 - 1));
        let visitor = visit(&mut world, token).unwrap();
        assert!(visitor.idle);
        prolong(&mut world, visitor.bearer).unwrap();
        assert!(!visit(&mut world, token).unwrap().idle);
    }
    world.lab.pass(Duration::from_mins(5));
    assert_eq!(visit(&mut world, token).unwrap_err(), Refusal::TokenInvalid, "thirty days are over");
}

#[test]
fn an_idle_session_is_over() {
    let (mut world, grant) = visiting();
    world.lab.pass(Duration::from_days(7));
    assert_eq!(visit(&mut world, grant.refresh.expose()).unwrap_err(), Refusal::TokenInvalid);
    assert_eq!(prolong(&mut world, bearer(&grant)).unwrap_err(), Refusal::TokenInvalid);
}

#[test]
fn a_visit_ends_with_its_session() {
    let (mut world, grant) = visiting();
    let now = world.lab.clock;
    world.sessions.get_mut(&grant.session).unwrap().ended_at = Some(now);
    assert_eq!(visit(&mut world, grant.refresh.expose()).unwrap_err(), Refusal::TokenInvalid);
}

#[test]
fn a_disabled_person_visits_nothing() {
    let (mut world, grant) = visiting();
    let now = world.lab.clock;
    world.users.values_mut().next().unwrap().user.disabled_at = Some(now);
    assert_eq!(visit(&mut world, grant.refresh.expose()).unwrap_err(), Refusal::TokenInvalid);
}
