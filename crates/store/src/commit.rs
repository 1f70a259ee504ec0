//! Committing: every change a decision can come to, as the statements that make it so. One batch, with audit and outbox.

use domain::audit;
use domain::decision::{Change, Decision};
use domain::ids::AuditId;
use domain::message::MessageKind;
use rand::CryptoRng;

use crate::{
    Statement, admin_key, administrator, application, audit_log, challenge, counter, enrollment, factor, hosted,
    kept_answer, known_browser, link_token, outbox, recovery_code, reset_request, sent_code, session, signup,
    sms_fraud, trusted_device, user, webhook,
};

/// The statements of a decision: changes, then what is written down, then what is sent.
pub(crate) fn statements<R>(decision: &mut Decision<R>, rng: &mut dyn CryptoRng) -> Vec<Statement> {
    let at = decision.at;
    let request = decision.audit.iter().find_map(|entry| entry.origin.request_id.clone());
    let mut statements: Vec<_> =
        decision.changes.iter().flat_map(|change| change_statements(change, request.as_deref(), at)).collect();
    let mut chain = decision.chain;
    let mut unchained = audit::AuditHead::START;
    let head = chain.as_mut().map_or(&mut unchained, |chain| &mut chain.head);
    let from = *head;
    let entries = audit::chain(head, at, std::mem::take(&mut decision.audit), || AuditId::new(at, rng));
    let to = *head;
    statements.extend(audit_log::append(&entries));
    if let Some(chain) = chain.filter(|_| to != from) {
        statements.push(audit_log::move_head(chain.person, from, to));
    }
    statements.extend(decision.outbox.iter().map(|message| outbox::insert(message, request.as_deref(), at)));
    statements
}

/// The changes alone: what a refused guess costs, when nothing else could be written.
pub(crate) fn changes<R>(decision: &Decision<R>) -> Vec<Statement> {
    let at = decision.at;
    decision.changes.iter().flat_map(|change| change_statements(change, None, at)).collect()
}

fn change_statements(change: &Change, request: Option<&str>, at: domain::time::Timestamp) -> Vec<Statement> {
    match change {
        Change::AddPendingSignup(pending) => vec![signup::insert(pending)],
        Change::RenewPendingSignup { id, token, expires_at } => vec![signup::renew(*id, token, *expires_at)],
        Change::ConsumePendingSignup { id, application, email_key } => signup::consume(*id, *application, email_key),
        Change::AddUser(new, settings) => user::insert(new, settings),
        Change::SetPassword(id, hash) => vec![user::set_password(*id, hash)],
        Change::SetLocale(id, locale) => vec![user::set_locale(*id, *locale)],
        Change::SaveSettings(id, settings) => vec![user::save_settings(*id, settings, at)],
        Change::AddChallenge(new) => challenge::insert(new),
        Change::SaveAttempts { id, attempts, skew } => vec![challenge::save_attempts(*id, *attempts, *skew)],
        Change::CompleteChallenge(id) => vec![challenge::complete(*id, at)],
        Change::EndChallenge(id) => vec![challenge::end(*id, at)],
        Change::EndChallengesOf(id) => {
            vec![challenge::end_of(*id, at), sent_code::end_of(*id, at), hosted::take_back_of(*id)]
        }
        Change::PutEnrollment(new) => vec![enrollment::put(new)],
        Change::SaveEnrollmentAttempts { id, attempts, skew } => {
            vec![enrollment::save_attempts(*id, *attempts, *skew)]
        }
        Change::ConsumeEnrollment(id) => vec![enrollment::consume(*id)],
        Change::AbandonEnrollmentsOf(session) => vec![enrollment::abandon_of(*session)],
        Change::AbandonAllEnrollmentsOf(id) => vec![enrollment::abandon_all_of(*id)],
        Change::AddFactor(new) => vec![factor::insert(new)],
        Change::UseStep { factor, step, trusted } => vec![factor::use_step(*factor, *step, *trusted, at)],
        Change::RenameFactor(id, label) => vec![factor::rename(*id, label)],
        Change::RemoveFactor(id) => vec![factor::remove(*id)],
        Change::RemoveFactorsOf(id) => vec![factor::remove_all_of(*id)],
        Change::ReplaceRecoveryCodes(id, codes) => recovery_code::replace(*id, codes, at),
        Change::UseRecoveryCode(id) => vec![recovery_code::redeem(*id, at)],
        Change::GiveBypassCode(id, code) => recovery_code::give_bypass(*id, code, at),
        Change::UseBypassCode(id) => vec![recovery_code::redeem_bypass(*id, at)],
        Change::WithdrawBypassCode(id) => vec![recovery_code::withdraw_bypass(*id)],
        Change::KeepRecoveryCodes(kept) => vec![recovery_code::keep(kept)],
        Change::WipeKeptRecoveryCodes(id) => vec![recovery_code::wipe_kept_of(*id)],
        Change::AddSentCode(new, day, count) => {
            let mut statements = sent_code::add(new, day, count.as_deref(), at);
            statements.extend(count.iter().flat_map(|count| sms_fraud::count(count)));
            statements
        }
        Change::MarkSmsAlarm(group, at) => vec![sms_fraud::mark_alarm(*group, *at)],
        Change::UseSentCode { id, factor } => {
            vec![sent_code::redeem(*id, at), factor::used(*factor, at), sms_fraud::verified(*id, at)]
        }
        Change::AddSession(new) => vec![session::insert(new)],
        Change::RotateSession { id, old, family, new, idle_expires_at } => {
            vec![session::rotate(*id, old, family, new, *idle_expires_at, at)]
        }
        Change::ProlongSession { id, idle_expires_at } => vec![session::prolong(*id, *idle_expires_at, at)],
        Change::RaiseSession { id, method, at } => vec![session::raise(*id, *method, *at)],
        Change::EndSession(id, reason) => vec![session::end(*id, *reason, at)],
        Change::EndOtherSessions { user, keep } => {
            vec![session::end_others(*user, *keep, at), enrollment::abandon_others(*user, *keep)]
        }
        Change::RevokeTrust(id) => vec![trusted_device::revoke_all(*id, at), hosted::distrust_of(*id)],
        Change::AddTrustedDevice(new) => vec![trusted_device::insert(new)],
        Change::SaveTrustedDevice { was, device } => vec![trusted_device::save(was, device)],
        Change::RevokeTrustedDevice(id) => vec![trusted_device::revoke(*id, at)],
        Change::ReturnCharge(shared) => vec![counter::give_back(shared)],
        Change::EndSessionsOf(id, reason) => {
            vec![session::end_all(*id, *reason, at), enrollment::abandon_all_of(*id)]
        }
        Change::PutLinkToken(link) => vec![link_token::put(link)],
        Change::ConsumeLinkToken(id) => vec![link_token::consume(*id, at)],
        Change::EndLinkTokens(id, purposes) => {
            purposes.iter().map(|purpose| link_token::end_of(*id, *purpose)).collect()
        }
        Change::HurryMessagesOf(id) => vec![outbox::hurry(*id, at)],
        Change::DropMessagesOf(id) => MessageKind::ACTING.iter().map(|kind| outbox::drop_of(*id, *kind, at)).collect(),
        Change::SeeBrowser(user, name) => vec![known_browser::see(*user, name, at)],
        Change::EndMessage(id, how) => outbox::end(*id, *how, at),
        Change::SetEmail(id, email) => vec![user::set_email(*id, email, at)],
        Change::SetBackupEmail(id, to) => vec![user::set_backup_email(*id, to.as_ref(), at)],
        Change::SetDisabled(id, disabled_at) => vec![user::set_disabled(*id, *disabled_at)],
        Change::SetRole(id, role) => vec![administrator::set_role(*id, *role, at)],
        Change::AddResetRequest(new) => reset_request::insert(new).into(),
        Change::ApproveResetRequest(id, by) => vec![reset_request::approve(*id, *by, at)],
        Change::EndResetRequest { id, outcome, approved } => vec![reset_request::end(*id, *outcome, *approved, at)],
        Change::EndResetRequestsOf(id) => vec![reset_request::overtake(*id, at)],
        Change::DeleteUser(id) => vec![user::delete(*id)],
        Change::SetContact(id, name, phone) => vec![user::set_contact(*id, name.as_deref(), phone.as_ref())],
        Change::AddApplication(new) => vec![application::insert(new)],
        Change::AddApiKey(new) => vec![application::insert_key(new)],
        Change::UseApiKey(id) => vec![application::use_key(*id, at)],
        Change::RevokeApiKey(id) => vec![application::revoke_key(*id, at)],
        Change::AddAdminKey(new) => vec![admin_key::insert(new)],
        Change::UseAdminKey(id) => vec![admin_key::note_use(*id, at)],
        Change::RevokeAdminKey(id) => vec![admin_key::revoke(*id, at)],
        Change::KeepAnswer(kept) => vec![kept_answer::keep(kept)],
        Change::AddWebhook(new) => vec![webhook::insert(new)],
        Change::RemoveWebhook(id) => webhook::remove(*id, at),
        Change::Announce(new) => vec![webhook::announce(new, request, at)],
        Change::AddReturnUrl(id, url) => vec![hosted::add_return_url(*id, url, at)],
        Change::RemoveReturnUrl(id, url) => vec![hosted::remove_return_url(*id, url)],
        Change::SetApplication(application) => vec![application::set(application)],
        Change::AddHosted(new) => vec![hosted::insert(new)],
        Change::OpenHosted(id, browser) => vec![hosted::open(*id, browser, at)],
        Change::ApproveHosted { id, method, trust, result } => vec![hosted::approve(*id, *method, *trust, result)],
        Change::RenewHostedResult(id, result) => vec![hosted::renew(*id, result)],
        Change::RedeemHosted(id) => vec![hosted::redeem(*id, at)],
    }
}
