//! Sessions: renewed, reused, run out, ended.

use insta::assert_snapshot;

use super::*;
use crate::testing::{Lab, Person, World, bearer, origin, summary};
use crate::user::Account;

/// A world with one person who is signed in with a factor, and their first grant.
fn signed_in() -> (World, Person, Grant) {
    let mut lab = Lab::new();
    let person = lab.enrolled();
    let mut world = World::of(lab, &person);
    let token = world.challenge();
    let code = world.lab.code(&person.secrets[0], 0);
    let grant = world.verify(&token, code).unwrap().grant;
    (world, person, grant)
}

fn refreshed(account: Account, session: Session, shown: &str, lab: &mut Lab) -> Decision<Grant> {
    let command = Refresh { token: RefreshToken::parse(shown).unwrap(), origin: origin() };
    lab.decide(&command, SessionView { account: Some(account), session: Some(session) }).unwrap()
}

#[test]
fn a_refresh_replaces_the_token_and_keeps_session_and_proof() {
    let (mut world, _, first) = signed_in();
    world.lab.pass(Duration::from_hours(1));
    let second = world.refresh(first.refresh.expose()).unwrap();
    assert_eq!((second.session, second.method), (first.session, first.method));
    assert_eq!(second.authenticated_at, first.authenticated_at, "a refresh proves nothing");
    assert_eq!(second.access_expires_at, world.lab.clock + Duration::from_mins(10));
    assert_ne!(second.refresh, first.refresh);
    assert_eq!(world.status(bearer(&second)).unwrap().fresh_until, None);
}

#[test]
fn a_refresh_is_written_down() {
    let (mut world, person, grant) = signed_in();
    let session = world.sessions[&grant.session].clone();
    let decision = refreshed(person.account, session, grant.refresh.expose(), &mut world.lab);
    assert_snapshot!(summary(&decision), @r"
    yes
    change RotateSession
    change SaveSettings, 0 wrong, 0 in a row
    audit session_refreshed done session
    ");
}

#[test]
fn an_old_token_ends_the_session_however_old_it_is() {
    for renewals in [1, 2, 6] {
        let (mut world, _, first) = signed_in();
        let mut newest = first.clone();
        for _ in 0..renewals {
            world.lab.pass(Duration::from_days(1));
            newest = world.refresh(newest.refresh.expose()).unwrap();
        }
        assert_eq!(world.refresh(first.refresh.expose()).unwrap_err(), Refusal::TokenInvalid);
        assert_eq!(
            world.refresh(newest.refresh.expose()).unwrap_err(),
            Refusal::TokenInvalid,
            "the newest is dead too"
        );
        assert_eq!(world.status(bearer(&newest)).unwrap_err(), Refusal::TokenInvalid);
    }
}

#[test]
fn reuse_is_written_down_and_takes_the_set_ups_of_the_session_with_it() {
    let (mut world, person, grant) = signed_in();
    let session = world.sessions[&grant.session].clone();
    let reused = format!("{}{}", &grant.refresh.expose()[..43], "A".repeat(43));
    let decision = refreshed(person.account, session, &reused, &mut world.lab);
    assert_snapshot!(summary(&decision), @r"
    no: TokenInvalid
    change SaveSettings, 0 wrong, 0 in a row
    change EndSession token_reused
    change AbandonEnrollmentsOf
    audit refresh_token_reused failed session
    ");
}

#[test]
fn a_session_is_over_at_exactly_seven_idle_days() {
    for (micros, over) in [(-1, false), (0, true)] {
        let (mut world, _, grant) = signed_in();
        world.lab.pass(Duration::from_micros(Duration::from_days(7).as_micros() + micros));
        assert_eq!(world.refresh(grant.refresh.expose()).is_err(), over);
        assert_eq!(world.sessions[&grant.session].ended_at.is_some(), over);
    }
}

#[test]
fn a_session_that_is_refreshed_every_day_is_over_at_exactly_thirty_days() {
    let (mut world, _, mut grant) = signed_in();
    for _ in 1..30 {
        world.lab.pass(Duration::from_days(1));
        grant = world.refresh(grant.refresh.expose()).unwrap();
    }
    world.lab.pass(Duration::from_micros(Duration::from_days(1).as_micros() - 1));
    grant = world.refresh(grant.refresh.expose()).unwrap();
    let end = world.sessions[&grant.session].expires_at;
    assert_eq!((grant.access_expires_at, grant.refresh_expires_at), (end, end), "no token says it lives longer");
    assert_eq!(expires_in(&grant), 0);
    world.lab.pass(Duration::from_micros(1));
    assert_eq!(world.refresh(grant.refresh.expose()).unwrap_err(), Refusal::TokenInvalid);
}

#[test]
fn a_session_that_ran_out_is_ended_for_good_when_it_is_tried() {
    let (mut world, person, grant) = signed_in();
    let session = world.sessions[&grant.session].clone();
    world.lab.pass(Duration::from_days(7));
    let decision = refreshed(person.account, session, grant.refresh.expose(), &mut world.lab);
    assert_snapshot!(summary(&decision), @r"
    no: TokenInvalid
    change SaveSettings, 0 wrong, 0 in a row
    change EndSession expired
    change AbandonEnrollmentsOf
    audit session_refreshed failed session
    ");
}

#[test]
fn a_disabled_user_renews_nothing() {
    let (mut world, mut person, grant) = signed_in();
    person.account.user.disabled_at = Some(world.lab.clock);
    let session = world.sessions[&grant.session].clone();
    let decision = refreshed(person.account, session, grant.refresh.expose(), &mut world.lab);
    assert_snapshot!(summary(&decision), @r"
    no: TokenInvalid
    change SaveSettings, 0 wrong, 0 in a row
    audit session_refreshed failed session
    ");
}

#[test]
fn a_token_of_no_session_is_refused_without_a_trace() {
    let (mut world, _, _) = signed_in();
    let decision = world.lab.decide(
        &Refresh { token: RefreshToken::parse(&"A".repeat(86)).unwrap(), origin: origin() },
        SessionView { account: None, session: None },
    );
    assert_snapshot!(summary(&decision.unwrap()), @"no: TokenInvalid");
}

#[test]
fn whoever_does_not_know_the_family_does_not_find_the_session() {
    let (world, _, grant) = signed_in();
    let known = RefreshToken::parse(grant.refresh.expose()).unwrap();
    let mut guess = grant.refresh.expose().to_owned();
    guess.replace_range(0..1, if guess.starts_with('A') { "B" } else { "A" });
    assert_eq!(known.family(), world.sessions[&grant.session].family);
    assert_ne!(RefreshToken::parse(&guess).unwrap().family(), known.family());
}

#[test]
fn what_has_not_the_form_of_a_refresh_token_is_none() {
    let good = "A".repeat(86);
    assert!(RefreshToken::parse(&good).is_some());
    let odd = format!("{}é{}", "A".repeat(42), "A".repeat(42));
    for text in ["", "A", &good[..85], &format!("{good}A"), &good.replace('A', "!"), &odd] {
        assert!(RefreshToken::parse(text).is_none(), "{text:?}");
    }
}

#[test]
fn signing_out_ends_the_session_at_once() {
    let (mut world, _, grant) = signed_in();
    assert_eq!(world.sign_out(grant.refresh.expose()), Ok(()));
    assert_eq!(world.status(bearer(&grant)).unwrap_err(), Refusal::TokenInvalid);
    assert_eq!(world.refresh(grant.refresh.expose()).unwrap_err(), Refusal::TokenInvalid);
    let entries = world.log.len();
    assert_eq!(world.sign_out(grant.refresh.expose()), Ok(()), "twice is as good as once");
    assert_eq!(world.log.len(), entries);
}

#[test]
fn signing_out_is_written_down_and_drops_what_was_being_set_up() {
    let (mut world, person, grant) = signed_in();
    let view =
        || SessionView { account: Some(person.account.clone()), session: Some(world.sessions[&grant.session].clone()) };
    let (by_refresh, by_bearer) = (view(), view());
    let refresh = SignOutBy::Refresh(RefreshToken::parse(grant.refresh.expose()).unwrap());
    let first = world.lab.decide(&SignOut { by: refresh, origin: origin() }, by_refresh).unwrap();
    assert_snapshot!(summary(&first), @r"
    yes
    change EndSession signed_out
    change AbandonEnrollmentsOf
    change SaveSettings, 0 wrong, 0 in a row
    audit signed_out done session
    ");
    let by = SignOutBy::Bearer(bearer(&grant));
    let second = world.lab.decide(&SignOut { by, origin: origin() }, by_bearer).unwrap();
    assert_eq!(summary(&second), summary(&first));
}

#[test]
fn signing_out_of_nothing_is_refused() {
    let (mut world, _, grant) = signed_in();
    let command = SignOut { by: SignOutBy::Bearer(bearer(&grant)), origin: origin() };
    let decision = world.lab.decide(&command, SessionView { account: None, session: None }).unwrap();
    assert_eq!(decision.reply, Err(Refusal::TokenInvalid));
}

#[test]
fn a_bearer_is_admitted_until_exactly_the_end_of_token_and_session() {
    let (world, person, grant) = signed_in();
    let admit = |bearer: Bearer, account: &Account, session: &Session, clock| {
        bearer.admit(Some(account.clone()), Some(session.clone()), clock, &world.lab.policy).is_ok()
    };
    let (account, session, now) = (&person.account, &world.sessions[&grant.session], world.lab.clock);
    let good = bearer(&grant);
    let end = grant.access_expires_at;
    assert!(admit(good, account, session, end - Duration::from_micros(1)));
    assert!(!admit(good, account, session, end));
    assert!(!admit(good, account, &Session { ended_at: Some(now), ..session.clone() }, now));
    assert!(!admit(good, account, &Session { idle_expires_at: now, ..session.clone() }, now));
    assert!(!admit(good, account, &Session { expires_at: now, ..session.clone() }, now));
    let mut other = account.clone();
    other.user.id = UserId::from_uuid(uuid::Uuid::nil());
    assert!(!admit(good, &other, session, now), "somebody else's session");
    other = account.clone();
    other.user.disabled_at = Some(now);
    assert!(!admit(good, &other, session, now));
    assert!(good.admit(None, Some(session.clone()), now, &world.lab.policy).is_err());
    assert!(good.admit(Some(account.clone()), None, now, &world.lab.policy).is_err());
}

#[test]
fn a_proof_is_fresh_until_exactly_five_minutes_after_it() {
    let (world, _, grant) = signed_in();
    let session = &world.sessions[&grant.session];
    let until = world.lab.clock + Duration::from_mins(5);
    let policy = &world.lab.policy;
    assert_eq!(session.fresh_until(until - Duration::from_micros(1), policy), Some(until));
    assert_eq!(session.fresh_until(until, policy), None);
    assert_eq!(Session { fresh_at: None, ..session.clone() }.fresh_until(world.lab.clock, policy), None);
}

#[test]
fn what_a_clock_ten_years_ahead_began_is_over_when_the_clock_is_right_again() {
    let (mut world, person, _) = signed_in();
    let decade = Duration::from_days(3650);
    world.lab.pass(decade);
    let token = world.challenge();
    let code = world.lab.code(&person.secrets[0], 0);
    let grant = world.verify(&token, code).unwrap().grant;
    let open = world.challenge();
    world.lab.pass(decade.times(-1));
    let forged = Bearer { expires_at: world.lab.clock + Duration::from_mins(1), ..bearer(&grant) };
    assert_eq!(world.status(forged).unwrap_err(), Refusal::TokenInvalid);
    let session = world.sessions[&grant.session].clone();
    assert_eq!(session.fresh_until(world.lab.clock, &world.lab.policy), None, "a proof of the future is not fresh");
    assert_eq!(world.refresh(grant.refresh.expose()).unwrap_err(), Refusal::TokenInvalid);
    assert_eq!(world.read_challenge(&open).unwrap_err(), Refusal::ChallengeExpired);
}

#[test]
fn a_session_goes_on_when_the_clock_went_back_a_little() {
    let (mut world, _, grant) = signed_in();
    world.lab.pass(Duration::from_hours(-1));
    assert!(world.status(bearer(&grant)).is_ok());
    assert!(world.refresh(grant.refresh.expose()).is_ok());
}

#[test]
fn a_session_that_idled_out_does_not_live_again_when_the_clock_goes_back() {
    let (mut world, _, grant) = signed_in();
    world.lab.pass(Duration::from_days(7));
    assert!(world.refresh(grant.refresh.expose()).is_err());
    world.lab.pass(Duration::from_hours(-1));
    assert!(world.refresh(grant.refresh.expose()).is_err());
    world.lab.pass(Duration::from_days(-6));
    assert!(world.refresh(grant.refresh.expose()).is_err());
}

#[test]
fn no_command_and_no_decision_shows_a_refresh_token_or_half_of_one() {
    let (mut world, person, grant) = signed_in();
    let session = world.sessions[&grant.session].clone();
    let decision = refreshed(person.account, session, grant.refresh.expose(), &mut world.lab);
    let command = Refresh { token: RefreshToken::parse(grant.refresh.expose()).unwrap(), origin: origin() };
    let shown = format!("{command:?} {decision:?}");
    let new = decision.reply.unwrap().refresh;
    for secret in [grant.refresh.expose(), new.expose(), &new.expose()[..43], &new.expose()[43..]] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}
