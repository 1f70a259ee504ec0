//! Who may help whom, and what comes of it.

use super::*;
use crate::decision::Change;
use crate::factor::Method;
use crate::ids::ApplicationId;
use crate::message::MessageKind;
use crate::session::RefreshHolder;
use crate::testing::{Lab, Person, bearer, origin, summary};
use crate::time::Duration;

/// An administrator with a role at a desk, and somebody with an authenticator and a number who is locked out.
struct Desk {
    lab: Lab,
    helper: Person,
    person: Person,
}

impl Desk {
    fn new(role: Role) -> Self {
        let mut lab = Lab::new();
        let (mut helper, mut person) = (lab.enrolled(), lab.enrolled());
        helper.account.role = Some(role);
        person.account.settings.guesses.stopped_at = Some(lab.clock);
        lab.add_authenticator(&mut person);
        person.factors[1].method = Method::Sms;
        Self { lab, helper, person }
    }

    fn help_after(&mut self, act: HelpAct, pause: Duration) -> Decision<bool> {
        let (session, grant) = self.lab.session(&self.helper.account, Some(Method::Totp), RefreshHolder::Pages);
        self.lab.pass(pause);
        let bearer = Bearer { expires_at: session.expires_at, ..bearer(&grant) };
        let reason = "called back".to_owned();
        let command = Help { bearer, user: self.person.account.user.id, act, reason, origin: origin() };
        let view = HelpView {
            account: Some(self.helper.account.clone()),
            session: Some(session),
            person: Some(self.person.account.clone()),
            factors: self.person.factors.clone(),
        };
        self.lab.decide(&command, view).unwrap()
    }

    fn help(&mut self, act: HelpAct) -> Decision<bool> {
        self.help_after(act, Duration::from_secs(5))
    }

    fn refused(&mut self, act: HelpAct) -> (Refusal, String) {
        let decision = self.help(act);
        assert!(decision.outbox.is_empty());
        let changes: Vec<String> = decision.changes.iter().map(|change| format!("{change:?}")).collect();
        assert!(changes.iter().all(|change| change.starts_with("SaveSettings")), "{changes:?}");
        let entry = decision.audit.last().unwrap();
        assert!(!entry.success && entry.person == Some(self.person.account.user.person));
        (decision.reply.unwrap_err(), entry.detail.to_text())
    }
}

#[test]
fn support_helps_people_and_administrators_help_administrators_and_nobody_helps_themselves() {
    for (helper, helped, least) in [
        (Role::Viewer, None, Some(Role::Support)),
        (Role::Support, None, None),
        (Role::Administrator, None, None),
        (Role::Viewer, Some(Role::Viewer), Some(Role::Administrator)),
        (Role::Support, Some(Role::Viewer), Some(Role::Administrator)),
        (Role::Support, Some(Role::Support), Some(Role::Administrator)),
        (Role::Support, Some(Role::Administrator), Some(Role::Administrator)),
        (Role::Administrator, Some(Role::Viewer), None),
        (Role::Administrator, Some(Role::Administrator), None),
    ] {
        for act in HelpAct::ALL {
            let mut desk = Desk::new(helper);
            desk.person.account.role = helped;
            match least {
                None => assert_eq!(desk.help(act).reply, Ok(true), "{helper:?} {helped:?} {act:?}"),
                Some(least) => {
                    let refused = (Refusal::RoleRequired(least), "role_required".to_owned());
                    assert_eq!(desk.refused(act), refused, "{helper:?} {helped:?} {act:?}");
                }
            }
        }
    }
    for act in HelpAct::ALL {
        let mut desk = Desk::new(Role::Administrator);
        desk.person.account = desk.helper.account.clone();
        assert_eq!(desk.refused(act).1, "own_account");
    }
}

#[test]
fn what_takes_a_guard_away_wants_a_fresh_proof() {
    for act in HelpAct::ALL {
        let mut desk = Desk::new(Role::Support);
        let late = desk.lab.policy.freshness;
        let decision = desk.help_after(act, late);
        if act.is_dangerous() {
            assert_eq!(decision.reply.unwrap_err(), Refusal::StepUpRequired, "{act:?}");
        } else {
            assert_eq!(decision.reply, Ok(true), "{act:?}");
        }
    }
}

#[test]
fn a_start_from_new_takes_factors_and_password_and_mails_one_link() {
    let mut desk = Desk::new(Role::Support);
    let decision = desk.help(HelpAct::StartOver);
    insta::assert_snapshot!(summary(&decision), @r"
    yes
    change EndSessionsOf two_factor_reset
    change EndChallengesOf
    change WithdrawBypassCode
    change AbandonAllEnrollmentsOf
    change EndLinkTokens password_reset, unlock, email_change, backup_email, settings
    change DropMessagesOf
    change RevokeTrust
    change EndResetRequestsOf
    change RemoveFactorsOf
    change ReplaceRecoveryCodes, 0
    change WipeKeptRecoveryCodes
    change SetPassword
    change PutLinkToken password_reset
    change SaveSettings, 0 wrong, 0 in a row
    audit sessions_ended done two_factor_reset
    audit trust_revoked done two_factor_reset
    audit two_factor_reset done stated
    mail started_over
    ");
    let stated: Vec<String> = decision.audit.iter().map(|entry| entry.detail.to_text()).collect();
    assert!(stated.contains(&"stated:called back".to_owned()), "{stated:?}");
    let who = Some(actor(desk.helper.account.user.person));
    assert!(decision.audit.iter().all(|entry| entry.origin.actor == who), "whoever acts is named");
    let mail = desk.lab.read(&decision.outbox[0]).unwrap();
    let link = mail.link.clone().unwrap();
    assert!(link.contains("/start-over#token="), "{link}");
    let event = mail.event.clone().unwrap();
    assert_eq!((event.ip, event.browser), (None, None), "where the desk is stands in no mail");
}

#[test]
fn users_of_an_application_keep_a_password_that_is_not_ours_and_get_no_link() {
    let mut desk = Desk::new(Role::Support);
    desk.person.account.user.application = ApplicationId::new(desk.lab.clock, &mut desk.lab.rng);
    desk.person.account.user.external = crate::application::ExternalId::parse("customer-7");
    let decision = desk.help(HelpAct::StartOver);
    let changes = summary(&decision);
    assert!(!changes.contains("SetPassword") && !changes.contains("PutLinkToken"), "{changes}");
    assert!(desk.lab.read(&decision.outbox[0]).unwrap().link.is_none());
}

#[test]
fn each_act_says_what_it_is_and_the_person_is_told() {
    for (act, kind) in [
        (HelpAct::Unlock, MessageKind::AccountUnlocked),
        (HelpAct::EndSessions, MessageKind::SignedOutEverywhere),
        (HelpAct::ForgetDevices, MessageKind::TrustRevoked),
        (HelpAct::CancelNumber, MessageKind::FactorRemoved),
        (HelpAct::StartOver, MessageKind::StartedOver),
    ] {
        let decision = Desk::new(Role::Support).help(act);
        assert_eq!(decision.outbox.iter().map(|message| message.kind).collect::<Vec<_>>(), [kind]);
        let action = act.act("", &[], &Policy::default()).action();
        let entry = decision.audit.iter().find(|entry| entry.action == action).unwrap();
        assert_eq!(entry.detail.to_text(), "stated:called back");
    }
    let mut desk = Desk::new(Role::Support);
    desk.person.account.settings.guesses = crate::throttle::GuessBudget::default();
    let idle = desk.help(HelpAct::Unlock);
    assert!(idle.reply == Ok(false) && idle.changes.is_empty() && idle.outbox.is_empty());
}

#[test]
fn a_number_goes_and_what_is_left_comes_first() {
    let mut desk = Desk::new(Role::Support);
    let (left, gone) = (desk.person.factors[0].id, desk.person.factors[1].id);
    desk.person.account.settings.preferred_factor = Some(gone);
    let decision = desk.help(HelpAct::CancelNumber);
    insta::assert_snapshot!(summary(&decision), @r"
    yes
    change EndSessionsOf ended_for_them
    change EndChallengesOf
    change WithdrawBypassCode
    change AbandonAllEnrollmentsOf
    change EndLinkTokens password_reset, unlock, email_change, backup_email, settings
    change DropMessagesOf
    change RevokeTrust
    change RemoveFactor
    change SaveSettings, 0 wrong, 0 in a row, stopped
    audit sessions_ended done ended_for_them
    audit trust_revoked done ended_for_them
    audit factor_removed done sms stated
    mail factor_removed
    ");
    let removed = |change: &Change| matches!(change, Change::RemoveFactor(id) if *id == gone);
    assert!(decision.changes.iter().any(removed));
    let prefers = |change: &Change| matches!(change, Change::SaveSettings(_, settings) if settings.preferred_factor == Some(left));
    assert!(decision.changes.iter().any(prefers));
}

#[test]
fn the_only_factor_is_not_cancelled() {
    let mut desk = Desk::new(Role::Support);
    let number = desk.person.factors.remove(1);
    assert_eq!(desk.help(HelpAct::CancelNumber).reply, Ok(false), "there is no number");
    desk.person.factors = vec![number];
    assert_eq!(desk.refused(HelpAct::CancelNumber), (Refusal::LastFactor, "last_factor".to_owned()));
    // One that is switched off is no factor to be left with.
    let mut desk = Desk::new(Role::Support);
    desk.lab.policy.methods = vec![Method::Sms];
    assert_eq!(desk.refused(HelpAct::CancelNumber).1, "last_factor");
}
