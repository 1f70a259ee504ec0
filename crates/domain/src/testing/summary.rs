//! A decision in a few lines, for snapshots: what it says and does, without ids and moments that differ from test to test.

use std::fmt::Write;

use crate::administrator::Role;
use crate::decision::{Change, Decision};
use crate::message::Channel;
use crate::throttle::GuessBudget;

/// One line for the answer, one for each change, audit entry and message.
pub fn summary<R>(decision: &Decision<R>) -> String {
    let mut lines = match &decision.reply {
        Ok(_) => "yes".to_owned(),
        Err(refusal) => format!("no: {refusal:?}"),
    };
    for change in &decision.changes {
        lines.push_str("\nchange ");
        lines.push_str(&change_line(change));
    }
    for entry in &decision.audit {
        let chain = if entry.person.is_some() { "" } else { ", unchained" };
        let outcome = if entry.success { "done" } else { "failed" };
        let method = entry.method.map_or("", crate::factor::Method::as_str);
        let detail = entry.detail.to_text();
        let detail = detail.split(':').next().unwrap_or_default();
        let words = [entry.action.as_str(), outcome, method, detail];
        let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
        // Writing to a string does not fail.
        let _ = write!(lines, "\naudit {}{chain}", words.join(" "));
    }
    for message in &decision.outbox {
        let way = if message.channel == Channel::Sms { "sms" } else { "mail" };
        let _ = write!(lines, "\n{way} {}", message.kind.as_str());
    }
    lines
}

fn change_line(change: &Change) -> String {
    match change {
        Change::AddPendingSignup(pending) => format!("AddPendingSignup, link {}", pending.token.is_some()),
        Change::RenewPendingSignup { .. } => "RenewPendingSignup".to_owned(),
        Change::ConsumePendingSignup { .. } => "ConsumePendingSignup".to_owned(),
        Change::AddUser(..) => "AddUser".to_owned(),
        Change::SetPassword(..) => "SetPassword".to_owned(),
        Change::SetLocale(_, locale) => format!("SetLocale {}", locale.as_str()),
        Change::SaveSettings(_, settings) => settings_line(&settings.guesses),
        Change::AddChallenge(_) => "AddChallenge".to_owned(),
        Change::SaveAttempts { attempts, skew, .. } => {
            format!("SaveAttempts {attempts}, offset {:?}", skew.map(|skew| skew.offset))
        }
        Change::CompleteChallenge(_) => "CompleteChallenge".to_owned(),
        Change::EndChallenge(_) => "EndChallenge".to_owned(),
        Change::EndChallengesOf(_) => "EndChallengesOf".to_owned(),
        Change::PutEnrollment(_) => "PutEnrollment".to_owned(),
        Change::SaveEnrollmentAttempts { attempts, skew, .. } => {
            format!("SaveEnrollmentAttempts {attempts}, offset {:?}", skew.map(|skew| skew.offset))
        }
        Change::ConsumeEnrollment(_) => "ConsumeEnrollment".to_owned(),
        Change::AbandonEnrollmentsOf(_) => "AbandonEnrollmentsOf".to_owned(),
        Change::AbandonAllEnrollmentsOf(_) => "AbandonAllEnrollmentsOf".to_owned(),
        Change::RenameFactor(_, label) => format!("RenameFactor {label:?}"),
        Change::RemoveFactor(_) => "RemoveFactor".to_owned(),
        Change::RemoveFactorsOf(_) => "RemoveFactorsOf".to_owned(),
        Change::KeepRecoveryCodes(_) => "KeepRecoveryCodes".to_owned(),
        Change::WipeKeptRecoveryCodes(_) => "WipeKeptRecoveryCodes".to_owned(),
        Change::ProlongSession { .. } => "ProlongSession".to_owned(),
        Change::RaiseSession { method, .. } => {
            format!("RaiseSession by {}", method.map_or("password", crate::factor::Method::as_str))
        }
        Change::AddFactor(factor) => format!("AddFactor, used {}", factor.last_used_step.is_some()),
        Change::UseStep { .. } => "UseStep".to_owned(),
        Change::ReplaceRecoveryCodes(_, codes) => format!("ReplaceRecoveryCodes, {}", codes.len()),
        Change::GiveBypassCode(..) => "GiveBypassCode".to_owned(),
        Change::UseBypassCode(_) => "UseBypassCode".to_owned(),
        Change::WithdrawBypassCode(_) => "WithdrawBypassCode".to_owned(),
        Change::UseRecoveryCode(_) => "UseRecoveryCode".to_owned(),
        Change::MarkSmsAlarm(..) => "MarkSmsAlarm".to_owned(),
        Change::AddSentCode(code, ..) => format!("AddSentCode {} {}", code.scope.purpose(), code.method),
        Change::UseSentCode { .. } => "UseSentCode".to_owned(),
        Change::AddSession(session) => format!("AddSession, fresh {}", session.fresh_at.is_some()),
        Change::RotateSession { .. } => "RotateSession".to_owned(),
        Change::EndSession(_, reason) => format!("EndSession {}", reason.as_str()),
        Change::EndOtherSessions { .. } => "EndOtherSessions".to_owned(),
        Change::RevokeTrust(_) => "RevokeTrust".to_owned(),
        Change::AddTrustedDevice(_) => "AddTrustedDevice".to_owned(),
        Change::SaveTrustedDevice { was, device } => {
            format!("SaveTrustedDevice, new secret {}", *was != device.secret)
        }
        Change::RevokeTrustedDevice(_) => "RevokeTrustedDevice".to_owned(),
        Change::ReturnCharge(_) => "ReturnCharge".to_owned(),
        Change::EndSessionsOf(_, reason) => format!("EndSessionsOf {}", reason.as_str()),
        Change::PutLinkToken(link) => format!("PutLinkToken {}", link.purpose.as_str()),
        Change::ConsumeLinkToken(_) => "ConsumeLinkToken".to_owned(),
        Change::EndLinkTokens(_, purposes) => {
            let purposes: Vec<&str> = purposes.iter().map(|purpose| purpose.as_str()).collect();
            format!("EndLinkTokens {}", purposes.join(", "))
        }
        Change::HurryMessagesOf(_) => "HurryMessagesOf".to_owned(),
        Change::DropMessagesOf(_) => "DropMessagesOf".to_owned(),
        Change::SeeBrowser(_, name) => format!("SeeBrowser {name}"),
        Change::EndMessage(_, how) => format!("EndMessage {how:?}"),
        Change::SetEmail(..) => "SetEmail".to_owned(),
        Change::SetBackupEmail(_, to) => format!("SetBackupEmail {}", to.is_some()),
        Change::SetDisabled(_, at) => format!("SetDisabled {}", at.is_some()),
        Change::SetRole(_, role) => format!("SetRole {}", role.map_or("none", Role::as_str)),
        Change::AddResetRequest(_) => "AddResetRequest".to_owned(),
        Change::ApproveResetRequest(..) => "ApproveResetRequest".to_owned(),
        Change::EndResetRequest { outcome, approved, .. } => {
            format!("EndResetRequest {}, approved {approved}", outcome.as_str())
        }
        Change::EndResetRequestsOf(_) => "EndResetRequestsOf".to_owned(),
        Change::DeleteUser(_) => "DeleteUser".to_owned(),
        Change::SetContact(..) => "SetContact".to_owned(),
        Change::AddApplication(new) => format!("AddApplication {:?}, {}", new.name, new.rules.second_factor.as_str()),
        Change::AddApiKey(new) => format!("AddApiKey, scopes {:?}", new.scopes),
        Change::UseApiKey(_) => "UseApiKey".to_owned(),
        Change::RevokeApiKey(_) => "RevokeApiKey".to_owned(),
        Change::AddAdminKey(new) => format!("AddAdminKey, scope {}", new.scope.as_str()),
        Change::UseAdminKey(_) => "UseAdminKey".to_owned(),
        Change::RevokeAdminKey(_) => "RevokeAdminKey".to_owned(),
        Change::KeepAnswer(_) => "KeepAnswer".to_owned(),
        Change::AddWebhook(new) => format!("AddWebhook {}", new.host),
        Change::RemoveWebhook(_) => "RemoveWebhook".to_owned(),
        Change::Announce(_) => "Announce".to_owned(),
        Change::AddReturnUrl(..) => "AddReturnUrl".to_owned(),
        Change::RemoveReturnUrl(..) => "RemoveReturnUrl".to_owned(),
        Change::SetApplication(_) => "SetApplication".to_owned(),
        Change::AddHosted(_) => "AddHosted".to_owned(),
        Change::OpenHosted(..) => "OpenHosted".to_owned(),
        Change::ApproveHosted { trust, .. } => format!("ApproveHosted, trust {trust}"),
        Change::RenewHostedResult(..) => "RenewHostedResult".to_owned(),
        Change::RedeemHosted(_) => "RedeemHosted".to_owned(),
    }
}

fn settings_line(guesses: &GuessBudget) -> String {
    let mut line = format!("SaveSettings, {} wrong, {} in a row", guesses.recent.len(), guesses.in_a_row);
    if guesses.locked_until.is_some() {
        line.push_str(", locked");
    }
    if guesses.stopped_at.is_some() {
        line.push_str(", stopped");
    }
    line
}
