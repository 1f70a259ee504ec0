//! Who may enter, and what a role brings with it.

use super::grant::{GrantRole, GrantView, RevokeRole};
use super::look::{Look, LookView, Sight};
use super::*;
use crate::decision::Change;
use crate::ids::UserId;
use crate::session::RefreshHolder;

use crate::testing::{Lab, Person, bearer, origin, summary};
use crate::time::Duration;
use crate::user::Email;

fn enter(lab: &mut Lab, person: &Person, method: Option<Method>, later: Duration) -> Result<&'static str, Refusal> {
    let (session, grant) = lab.session(&person.account, method, RefreshHolder::Pages);
    lab.pass(later);
    let bearer = Bearer { expires_at: session.expires_at, ..bearer(&grant) };
    let view =
        EnterView { account: Some(person.account.clone()), session: Some(session), factors: person.factors.clone() };
    lab.decide(&Enter { bearer }, view).unwrap().reply.map(|entrance| match entrance {
        Entrance::Open(standing) => standing.role.as_str(),
        Entrance::NoFactor => "no factor",
        Entrance::Unproved => "unproved",
    })
}

#[test]
fn only_a_role_with_a_factor_proved_in_this_session_opens_the_door() {
    let mut lab = Lab::new();
    let mut person = lab.enrolled();
    let soon = Duration::from_mins(5);
    assert_eq!(enter(&mut lab, &person, Some(Method::Totp), soon), Err(Refusal::NotFound));
    person.account.role = Some(Role::Support);
    for (method, told) in [
        (None, "unproved"),
        (Some(Method::Email), "unproved"),
        (Some(Method::RecoveryCode), "unproved"),
        (Some(Method::Sms), "support"),
        (Some(Method::Totp), "support"),
    ] {
        assert_eq!(enter(&mut lab, &person, method, soon), Ok(told), "{method:?}");
    }
    let late = lab.policy.admin_session_idle;
    assert_eq!(enter(&mut lab, &person, Some(Method::Totp), late), Err(Refusal::TokenInvalid), "the session is over");
    person.factors.clear();
    person.account.settings.enabled_at = None;
    assert_eq!(enter(&mut lab, &person, Some(Method::Totp), soon), Ok("no factor"));
}

#[test]
fn a_proof_opens_the_door_no_longer_than_a_session_of_an_administrator_may_last() {
    let mut lab = Lab::new();
    lab.policy.admin_session_idle = Duration::from_hours(24);
    let mut person = lab.enrolled();
    person.account.role = Some(Role::Viewer);
    let (mut session, _) = lab.session(&person.account, Some(Method::Totp), RefreshHolder::Pages);
    assert_eq!(session.expires_at, lab.clock + lab.policy.admin_session_life, "less than that of others");
    session.authenticated_at = lab.clock - lab.policy.admin_session_life;
    assert!(!is_proved(&session, lab.clock, &lab.policy));
    session.authenticated_at = lab.clock + Duration::from_secs(1);
    assert!(!is_proved(&session, lab.clock, &lab.policy), "a proof of the future is none");
}

fn grant(email: &Email, role: Role) -> GrantRole {
    GrantRole { email: email.clone(), role, reason: None, origin: origin() }
}

#[test]
fn who_has_no_factor_is_invited_by_one_link_and_everything_before_is_dead() {
    let mut lab = Lab::new();
    let email = Email::parse("new@example.org").unwrap();
    let view = GrantView { account: None, factors: vec![] };
    let decision = lab.decide(&grant(&email, Role::Administrator), view).unwrap();
    insta::assert_snapshot!(summary(&decision), @r"
    yes
    change AddUser
    change SetRole administrator
    change PutLinkToken password_reset
    audit user_created done user
    audit role_granted done role
    ");
    let until = decision.reply.unwrap().link.unwrap().1;
    assert_eq!(until, lab.clock + lab.policy.invitation_life);

    let account = lab.account();
    let view = GrantView { account: Some(account.clone()), factors: vec![] };
    let decision = lab.decide(&grant(&account.user.email, Role::Viewer), view).unwrap();
    insta::assert_snapshot!(summary(&decision), @r"
    yes
    change EndSessionsOf role_changed
    change EndChallengesOf
    change WithdrawBypassCode
    change AbandonAllEnrollmentsOf
    change EndLinkTokens password_reset, unlock, email_change, backup_email, settings
    change DropMessagesOf
    change RevokeTrust
    change SetRole viewer
    change EndResetRequestsOf
    change RemoveFactorsOf
    change ReplaceRecoveryCodes, 0
    change WipeKeptRecoveryCodes
    change SetPassword
    change SaveSettings, 0 wrong, 0 in a row
    change PutLinkToken password_reset
    audit role_granted done role
    audit sessions_ended done role_changed
    audit trust_revoked done role_changed
    mail password_changed
    ");
    assert!(decision.reply.unwrap().link.is_some());
}

#[test]
fn who_has_a_factor_keeps_it_and_codes_by_e_mail_go() {
    let mut lab = Lab::new();
    let mut person = lab.enrolled();
    let mut mailed = person.factors[0].clone();
    (mailed.id, mailed.method) = (crate::ids::FactorId::new(lab.clock, &mut lab.rng), Method::Email);
    person.factors.push(mailed.clone());
    let view = || GrantView { account: Some(person.account.clone()), factors: person.factors.clone() };
    let command = grant(&person.account.user.email, Role::Support);
    let decision = lab.decide(&command, view()).unwrap();
    insta::assert_snapshot!(summary(&decision), @r"
    yes
    change EndSessionsOf role_changed
    change EndChallengesOf
    change WithdrawBypassCode
    change AbandonAllEnrollmentsOf
    change EndLinkTokens password_reset, unlock, email_change, backup_email, settings
    change DropMessagesOf
    change RevokeTrust
    change SetRole support
    change EndResetRequestsOf
    change RemoveFactor
    change SaveSettings, 0 wrong, 0 in a row
    audit role_granted done role
    audit sessions_ended done role_changed
    audit trust_revoked done role_changed
    audit factor_removed done email factor
    mail factor_removed
    ");
    assert!(decision.changes.iter().any(|change| matches!(change, Change::RemoveFactor(id) if *id == mailed.id)));
    assert!(decision.reply.unwrap().link.is_none());

    let mut account = person.account.clone();
    account.role = Some(Role::Support);
    let again = GrantView { account: Some(account.clone()), factors: person.factors.clone() };
    let decision = lab.decide(&command, again).unwrap();
    assert!(!decision.reply.unwrap().changed && decision.changes.is_empty());
    let revoke = RevokeRole { email: account.user.email.clone(), reason: Some("left".to_owned()), origin: origin() };
    insta::assert_snapshot!(summary(&lab.decide(&revoke, Some(account)).unwrap()), @r"
    yes
    change EndSessionsOf role_changed
    change EndChallengesOf
    change WithdrawBypassCode
    change AbandonAllEnrollmentsOf
    change EndLinkTokens password_reset, unlock, email_change, backup_email, settings
    change DropMessagesOf
    change RevokeTrust
    change SetRole none
    change SaveSettings, 0 wrong, 0 in a row
    audit role_revoked done role
    audit sessions_ended done role_changed
    audit trust_revoked done role_changed
    ");
    let nobody = lab.decide(&revoke, Some(person.account.clone())).unwrap();
    assert_eq!(nobody.reply.unwrap_err(), Refusal::NotFound);
}

#[test]
fn a_look_is_written_down_on_the_chain_of_whoever_looks() {
    let mut lab = Lab::new();
    let mut person = lab.enrolled();
    person.account.role = Some(Role::Viewer);
    let (session, grant) = lab.session(&person.account, Some(Method::Totp), RefreshHolder::Pages);
    let other = PersonId::new(lab.clock, &mut lab.rng);
    let user = UserId::new(lab.clock, &mut lab.rng);
    let look = |lab: &mut Lab, at, person_looked_at, session: &Session| {
        let view = LookView {
            account: Some(person.account.clone()),
            session: Some(session.clone()),
            person: person_looked_at,
        };
        lab.decide(&Look { bearer: bearer(&grant), at, origin: origin() }, view).unwrap()
    };
    let decision = look(&mut lab, Sight::Person(user), Some(other), &session);
    assert_eq!(decision.audit[0].detail.to_text(), format!("person:{other}"));
    assert_eq!(decision.audit[0].person, Some(person.account.user.person));
    assert_eq!(look(&mut lab, Sight::Search, None, &session).audit[0].detail.to_text(), "search");
    let missing = look(&mut lab, Sight::Person(user), None, &session);
    assert_eq!((missing.reply.unwrap_err(), missing.audit[0].success), (Refusal::NotFound, false));
    let unproved = Session { method: None, ..session };
    let refused = look(&mut lab, Sight::Search, None, &unproved);
    assert_eq!(refused.reply.unwrap_err(), Refusal::StepUpRequired);
}

#[test]
fn roles_are_ordered_and_have_names_of_their_own() {
    assert!(Role::Viewer < Role::Support && Role::Support < Role::Administrator);
    assert!(Role::ALL.into_iter().all(|role| Role::parse(role.as_str()) == Some(role)));
    assert_eq!(Role::parse("root"), None);
}
