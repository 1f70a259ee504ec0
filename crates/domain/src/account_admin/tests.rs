//! Users made by an operator.

use insta::assert_snapshot;

use super::*;
use crate::administrator::Role;
use crate::destination::{Destination, PhoneNumber};
use crate::factor::Method;
use crate::testing::{Lab, rng, summary};

fn add(totp: Option<TotpSecret>) -> AddUser {
    AddUser {
        application: ApplicationId::DEFAULT,
        email: Email::stored("ada@example.org".to_owned()),
        password: PasswordHash::new("$argon2id$".to_owned()),
        totp,
        origin: Origin { actor: Some("cli".to_owned()), ..Origin::default() },
    }
}

#[test]
fn a_user_is_made_with_a_verified_address_and_no_factor() {
    let mut lab = Lab::new();
    let decision = lab.decide(&add(None), false).unwrap();
    assert_snapshot!(summary(&decision), @r"
    yes
    change AddUser
    audit user_created done user
    ");
    let Some(Change::AddUser(user, _)) = decision.changes.first() else { panic!("{decision:?}") };
    assert_eq!((user.email_verified_at, decision.reply.unwrap()), (Some(lab.clock), Some(user.id)));
}

#[test]
fn with_an_authenticator_the_second_factor_is_on_from_the_start() {
    let mut lab = Lab::new();
    let secret = TotpSecret::generate(&mut rng(5));
    let shown = secret.to_base32();
    let decision = lab.decide(&add(Some(secret)), false).unwrap();
    assert_snapshot!(summary(&decision), @r"
    yes
    change AddUser
    change AddFactor, used false
    change SaveSettings, 0 wrong, 0 in a row
    audit user_created done user
    audit two_factor_enabled done imported
    ");
    let Some(Change::SaveSettings(_, settings)) = decision.changes.last() else { panic!("{decision:?}") };
    assert!(settings.enabled_at.is_some() && settings.preferred_factor.is_some());
    assert!(!format!("{:?} {decision:?}", add(TotpSecret::from_base32(shown.expose()))).contains(shown.expose()));
}

#[test]
fn a_taken_address_is_said_and_nothing_is_done() {
    assert_snapshot!(summary(&Lab::new().decide(&add(None), true).unwrap()), @"yes");
    assert_eq!(Lab::new().decide(&add(None), true).unwrap().reply, Ok(None));
}

#[test]
fn an_imported_user_keeps_what_they_had_and_has_no_password_without_a_hash() {
    let mut lab = Lab::new();
    let since = lab.clock + crate::time::Duration::from_days(-400);
    let import = ImportUser {
        application: ApplicationId::DEFAULT,
        email: Email::stored("ada@example.org".to_owned()),
        email_verified: false,
        password: None,
        factor: Some((Proved::Totp(TotpSecret::generate(&mut rng(5))), "Phone".to_owned())),
        disabled: false,
        created_at: Some(since),
        origin: Origin { actor: Some("cli".to_owned()), ..Origin::default() },
    };
    let decision = lab.decide(&import, false).unwrap();
    assert_snapshot!(summary(&decision), @r"
    yes
    change AddUser
    change AddFactor, used false
    change SaveSettings, 0 wrong, 0 in a row
    audit user_imported done user
    audit two_factor_enabled done imported
    ");
    let Some(Change::AddUser(user, _)) = decision.changes.first() else { panic!("{decision:?}") };
    assert_eq!((user.email_verified_at, user.created_at, user.password.as_str()), (None, since, "!"));
    assert_eq!(lab.decide(&import, true).unwrap().reply, Ok(None));
}

#[test]
fn an_imported_user_who_may_not_sign_in_stays_out_and_a_number_is_sealed() {
    let mut lab = Lab::new();
    let number = PhoneNumber::from_e164("+12025550167").unwrap();
    let import = ImportUser {
        application: ApplicationId::DEFAULT,
        email: Email::stored("ada@example.org".to_owned()),
        email_verified: true,
        password: None,
        factor: Some((Proved::Sent(Destination::Phone(number.clone())), "Phone".to_owned())),
        disabled: true,
        created_at: None,
        origin: Origin { actor: Some("cli".to_owned()), ..Origin::default() },
    };
    let decision = lab.decide(&import, false).unwrap();
    assert_snapshot!(summary(&decision), @r"
    yes
    change AddUser
    change AddFactor, used false
    change SaveSettings, 0 wrong, 0 in a row
    audit user_imported done user
    audit user_disabled done imported
    audit two_factor_enabled done imported
    ");
    let [Change::AddUser(user, _), Change::AddFactor(factor), Change::SaveSettings(_, settings)] =
        &decision.changes[..]
    else {
        panic!("{decision:?}")
    };
    assert_eq!(user.disabled_at, Some(decision.at));
    assert_eq!((factor.method, settings.preferred_factor), (Method::Sms, Some(factor.id)));
    assert_eq!(factor.destination(&lab.keys).unwrap(), Some(Destination::Phone(number)));
}

fn act(act: Act) -> Decision<bool> {
    let mut lab = Lab::new();
    let mut account = lab.enrolled().account;
    account.settings.guesses.stopped_at = Some(lab.clock);
    account.user.disabled_at = matches!(act, Act::Enable).then_some(lab.clock);
    let origin = Origin { actor: Some("cli".to_owned()), ..Origin::default() };
    let email = account.user.email.clone();
    let command = ActOnUser { application: ApplicationId::DEFAULT, whose: EmailKey::of(&email), act, origin };
    assert_eq!(lab.decide(&command, None).unwrap().reply.unwrap_err(), Refusal::NotFound);
    lab.decide(&command, Some(account)).unwrap()
}

#[test]
fn disabling_closes_everything_at_once() {
    assert_snapshot!(summary(&act(Act::Disable)), @r"
    yes
    change EndSessionsOf disabled
    change EndChallengesOf
    change WithdrawBypassCode
    change AbandonAllEnrollmentsOf
    change EndLinkTokens password_reset, unlock, email_change, backup_email, settings
    change DropMessagesOf
    change RevokeTrust
    change SetDisabled true
    change SaveSettings, 0 wrong, 0 in a row, stopped
    audit sessions_ended done disabled
    audit trust_revoked done disabled
    audit user_disabled done
    mail account_disabled
    ");
    assert_snapshot!(summary(&act(Act::Enable)), @r"
    yes
    change SetDisabled false
    change SaveSettings, 0 wrong, 0 in a row, stopped
    audit user_enabled done
    mail account_enabled
    ");
}

#[test]
fn unlocking_lifts_lock_and_stop() {
    assert_snapshot!(summary(&act(Act::Unlock)), @r"
    yes
    change EndLinkTokens unlock
    change SaveSettings, 0 wrong, 0 in a row
    audit account_unlocked done
    mail account_unlocked
    ");
}

#[test]
fn a_reset_takes_the_whole_second_factor_and_keeps_its_reason() {
    let decision = act(Act::ResetTwoFactor("lost phone, seen in person".to_owned()));
    assert_snapshot!(summary(&decision), @r"
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
    change SaveSettings, 0 wrong, 0 in a row
    audit sessions_ended done two_factor_reset
    audit trust_revoked done two_factor_reset
    audit two_factor_reset done stated
    mail two_factor_reset
    ");
    let reasons: Vec<String> = decision.audit.iter().map(|entry| entry.detail.to_text()).collect();
    assert!(reasons.contains(&"stated:lost phone, seen in person".to_owned()), "{reasons:?}");
}

#[test]
fn a_reset_leaves_an_administrator_no_password_to_come_in_by() {
    let mut lab = Lab::new();
    let mut account = lab.enrolled().account;
    account.role = Some(Role::Viewer);
    let act = Act::ResetTwoFactor("lost phone".to_owned());
    let whose = EmailKey::of(&account.user.email);
    let command = ActOnUser { application: ApplicationId::DEFAULT, whose, act, origin: Origin::default() };
    let decision = lab.decide(&command, Some(account)).unwrap();
    let dead = |change: &Change| matches!(change, Change::SetPassword(_, hash) if *hash == PasswordHash::none());
    assert!(decision.changes.iter().any(dead), "{}", summary(&decision));
}

#[test]
fn an_act_that_has_nothing_to_do_writes_nothing_and_tells_nobody() {
    for act in [Act::Disable, Act::Enable, Act::Unlock] {
        let mut lab = Lab::new();
        let mut account = lab.account();
        account.user.disabled_at = matches!(act, Act::Disable).then_some(lab.clock);
        let whose = EmailKey::of(&account.user.email);
        let command = ActOnUser { application: ApplicationId::DEFAULT, whose, act, origin: Origin::default() };
        let decision = lab.decide(&command, Some(account)).unwrap();
        assert_eq!(decision.reply, Ok(false));
        assert!(decision.changes.is_empty() && decision.audit.is_empty() && decision.outbox.is_empty());
    }
}

#[test]
fn deleting_leaves_a_mail_that_belongs_to_nobody() {
    let decision = act(Act::Delete);
    assert_snapshot!(summary(&decision), @r"
    yes
    change DropMessagesOf
    change DeleteUser
    audit user_deleted done
    mail account_deleted
    ");
    assert_eq!(decision.outbox[0].user, None);
}

#[test]
fn a_backup_address_hears_of_every_act_and_its_mail_outlives_the_user_too() {
    for act in [Act::Disable, Act::Enable, Act::Unlock, Act::ResetTwoFactor("lost".to_owned()), Act::Delete] {
        let mut lab = Lab::new();
        let mut account = lab.enrolled().account;
        account.settings.guesses.stopped_at = Some(lab.clock);
        account.user.disabled_at = matches!(act, Act::Enable).then_some(lab.clock);
        let place = Account::backup_email_place(account.user.id);
        account.backup_email = Some(lab.keys.seal(&place, b"ada@backup.example", &mut lab.rng));
        let origin = Origin { actor: Some("cli".to_owned()), ..Origin::default() };
        let (application, email) = (ApplicationId::DEFAULT, account.user.email.clone());
        let command = ActOnUser { application, whose: EmailKey::of(&email), act: act.clone(), origin };
        let decision = lab.decide(&command, Some(account.clone())).unwrap();
        let to: Vec<String> = decision.outbox.iter().map(|message| lab.read(message).unwrap().to.clone()).collect();
        assert_eq!(to, [account.user.email.as_str(), "ada@backup.example"], "{act:?}");
        let whose = (act != Act::Delete).then_some(account.user.id);
        assert!(decision.outbox.iter().all(|message| message.user == whose), "{act:?}");
    }
}
