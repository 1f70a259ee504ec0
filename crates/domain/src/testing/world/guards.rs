//! What every decision is held to before it is applied: it shows no code, and it gives back no try that was charged.

use std::fmt::Debug;

use super::World;
use crate::audit::AuditAction;
use crate::code::TypedCode;
use crate::decision::{Change, Decision};
use crate::ids::{FactorId, RecoveryCodeId, SentCodeId, TrustedDeviceId};
use crate::throttle::GuessBudget;
use crate::time::Timestamp;
use crate::totp::Step;

/// Something that stood for a person, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Used {
    /// The code of a step.
    Step(FactorId, Step),
    /// A code that was sent, by the factor it was sent for.
    Sent(SentCodeId, FactorId),
    /// A recovery code.
    Recovery(RecoveryCodeId),
    /// A trusted device.
    Device(TrustedDeviceId),
}

impl World {
    /// What was given to somebody is not to be seen in any decision.
    pub(crate) fn give(&mut self, secret: &str) {
        self.given.push(secret.to_owned());
    }

    /// What somebody typed is not to be seen in any decision either.
    pub(crate) fn hide(&mut self, typed: &TypedCode) {
        if let TypedCode::Digits(code) = typed {
            self.codes.insert(*code);
        }
    }

    /// A code that was sent or typed stands nowhere: not as a word of what `Debug` shows, and not readable in what waits to
    /// be sent. A number of five or six digits stands by itself nowhere else.
    pub(super) fn assert_no_code_is_readable<R: Debug>(&mut self, decision: &Decision<R>, shown: &str) {
        for message in &decision.outbox {
            // The copy of a notice for an address that does not open is empty: its worker gives it up.
            let Some(content) = self.lab.read(message) else { continue };
            let payload = message.payload.as_bytes();
            let readable = |text: &str| payload.windows(text.len()).any(|bytes| bytes == text.as_bytes());
            assert!(!readable(&content.to), "a recipient in the payload of a message");
            if let Some(code) = &content.code {
                assert!(!readable(code), "a code in the payload of a message");
                self.codes.insert(code.parse().expect("six digits"));
            }
            self.contents.push(content);
        }
        let words = shown.as_bytes().split(|byte| !byte.is_ascii_alphanumeric());
        let numbers =
            words.filter(|word| (5..=6).contains(&word.len())).filter_map(|word| std::str::from_utf8(word).ok());
        for number in numbers.filter_map(|word| word.parse::<u32>().ok()) {
            assert!(!self.codes.contains(&number), "a code in {shown}");
        }
    }

    /// Tries that were charged stay charged: nothing but time, a right code, a link's guesses and an operator gives any back.
    pub(super) fn assert_tries_do_not_grow_back<R>(&self, decision: &Decision<R>) {
        let (at, policy) = (decision.at, &self.lab.policy);
        let operator = decision.audit.iter().any(|entry| {
            let unlocked = entry.action == AuditAction::AccountUnlocked && entry.detail.to_text() != "link";
            entry.action == AuditAction::TwoFactorReset || unlocked
        });
        if operator {
            return;
        }
        let right = decision.changes.iter().any(|change| {
            matches!(
                change,
                Change::UseStep { .. }
                    | Change::UseSentCode { .. }
                    | Change::UseRecoveryCode(_)
                    | Change::UseBypassCode(_)
                    | Change::ConsumeEnrollment(_)
            )
        });
        let link = decision.changes.iter().any(|change| matches!(change, Change::ConsumeLinkToken(_)));
        for change in &decision.changes {
            let Change::SaveSettings(user, settings) = change else { continue };
            let Some(account) = self.users.get(user) else { continue };
            let (old, new) = (&account.settings.guesses, &settings.guesses);
            let spent = |budget: &GuessBudget| {
                budget.recent.iter().filter(|charged| at.since(**charged) < policy.guess_window).count()
            };
            let locked = new.locked_until > old.locked_until || new.stopped_at.is_some() && old.stopped_at.is_none();
            assert!(spent(new) >= spent(old) || locked, "wrong codes were forgotten: {old:?}, then {new:?}");
            assert!(right || new.in_a_row >= old.in_a_row, "the row of wrong codes was cut: {old:?}, then {new:?}");
            assert!(right || new.stopped_at.is_some() || old.stopped_at.is_none(), "a stop ended: {new:?}");
            let end = old.locked_until.filter(|until| *until > at).map(|until| until.min(at + policy.lockout_max));
            assert!(right || new.locked_until >= end, "a lock ended early: {old:?}, then {new:?}");
            assert!(link || allowed(new, at) <= allowed(old, at), "guesses grew: {old:?}, then {new:?}");
        }
    }

    /// Forgets the steps that nobody can remember any more: what an authenticator used last lies so far ahead that a wrong
    /// clock must have written it, over what stood there before. Then everything up to a floor counts as used; a step beyond
    /// it may be used again when its time comes.
    pub(super) fn forget_steps_of_a_wrong_clock<R>(&mut self, decision: &Decision<R>) {
        if !decision.audit.iter().any(|entry| entry.action == AuditAction::ClockSkew) {
            return;
        }
        let trusted = Step::at(decision.at + self.lab.policy.clock_trust);
        let live = Step(Step::at(decision.at).0 + 1);
        for factor in self.factors.values().filter(|factor| factor.last_used_step.is_some_and(|last| last > trusted)) {
            let before = self.users[&factor.user].settings.steps_used_to.filter(|floor| *floor <= trusted);
            let floor = before.map_or(live, |before| before.max(live));
            self.spent_steps.retain(|(of, step)| *of != factor.id || *step <= floor.0);
        }
    }
}

/// Guesses a link allows.
fn allowed(budget: &GuessBudget, at: Timestamp) -> u32 {
    budget.unlock.filter(|unlock| at < unlock.until).map_or(0, |unlock| unlock.left)
}
