//! One guess, at whichever door: charged to the account's one budget, then judged against everything the person has.
//!
//! A right answer takes its own charge back and names what it used up, to be committed with whatever it was for. Whether a
//! guess may be made at all (the challenge lives, the account is open) is asked before.

use crate::audit::{AuditAction, AuditEntry};
use crate::code::TypedCode;
use crate::command::{Context, Origin};
use crate::decision::{Change, CodeHint, OutboxMessage, SkewHint};
use crate::factor::{Factor, Judgement, Method};
use crate::ids::{FactorId, RecoveryCodeId, SentCodeId};
use crate::message::MessageKind;
use crate::notice;
use crate::recovery_code::{self, StoredRecoveryCode};
use crate::secret::Broken;
use crate::sent_code::{self, Found, Scope, SentCode};
use crate::throttle::Outcome;
use crate::time::Timestamp;
use crate::totp::{STEP_SECS, Step};
use crate::user::Account;

/// What a code may turn out to be one of.
pub(crate) struct Proofs<'a> {
    /// The person's factors.
    pub(crate) factors: &'a [Factor],
    /// Their unused recovery codes.
    pub(crate) recovery_codes: &'a [StoredRecoveryCode],
    /// What the guess is for: codes sent for anything else are no proof of it.
    pub(crate) scope: Scope,
    /// Codes sent to the person.
    pub(crate) sent_codes: &'a [SentCode],
}

/// How a guess came out.
pub(crate) enum Guess {
    /// Right: with which kind of code, and what it uses up.
    Right {
        /// The kind.
        method: Method,
        /// The step or code used up.
        used: Box<Change>,
    },
    /// Wrong, and paid for.
    Wrong {
        /// What can be said about it.
        near: Option<Judgement>,
        /// What it led to.
        outcome: Outcome,
    },
}

/// Charges a guess, then judges it.
pub(crate) fn guess(
    typed: &TypedCode,
    account: &mut Account,
    proofs: &Proofs<'_>,
    now: Timestamp,
    context: &Context<'_>,
) -> Result<Guess, Broken> {
    let policy = context.policy;
    let charge = account.settings.guesses.charge(now, policy);
    let (method, used) = match judge(typed, account, proofs, now, context)? {
        Answer::Factor(factor, step) => {
            let trusted = Step::at(now + policy.clock_trust);
            (Method::Totp, Change::UseStep { factor, step, trusted })
        }
        Answer::SentCode(method, factor, id) => (method, Change::UseSentCode { id, factor }),
        Answer::RecoveryCode(id) => (Method::RecoveryCode, Change::UseRecoveryCode(id)),
        Answer::Wrong(near) => {
            let outcome = account.settings.guesses.kept(charge, policy);
            return Ok(Guess::Wrong { near, outcome });
        }
    };
    account.settings.guesses.returned(charge);
    Ok(Guess::Right { method, used: Box::new(used) })
}

/// What a typed code turned out to be.
enum Answer {
    /// A live code of a factor.
    Factor(FactorId, Step),
    /// A live code that was sent.
    SentCode(Method, FactorId, SentCodeId),
    /// An unused recovery code.
    RecoveryCode(RecoveryCodeId),
    /// Wrong, with what can be said about it.
    Wrong(Option<Judgement>),
}

/// Every factor of a kind that may be used, every code sent for this, and every recovery code is looked at.
fn judge(
    typed: &TypedCode,
    account: &Account,
    proofs: &Proofs<'_>,
    now: Timestamp,
    context: &Context<'_>,
) -> Result<Answer, Broken> {
    match typed {
        TypedCode::Other => Ok(Answer::Wrong(None)),
        TypedCode::Recovery(code) => {
            let found = recovery_code::find(code, account.user.id, proofs.recovery_codes, context.keys)?;
            Ok(found.map_or(Answer::Wrong(None), Answer::RecoveryCode))
        }
        TypedCode::Digits(code) => {
            let mut answer = Answer::Wrong(None);
            let usable = proofs.factors.iter().filter(|factor| context.policy.allows(factor.method));
            for factor in usable {
                let found = match factor.destination(context.keys)? {
                    None => authenticator(*code, factor, now, context)?,
                    Some(destination) => {
                        let whose = (account.user.id, proofs.scope, factor.id);
                        match sent_code::find(*code, whose, &destination, proofs.sent_codes, now, context.keys)? {
                            Some(Found::Live(id)) => Answer::SentCode(factor.method, factor.id, id),
                            Some(Found::Used) => Answer::Wrong(Some(Judgement::AlreadyUsed)),
                            Some(Found::Over) => Answer::Wrong(Some(Judgement::Expired)),
                            None => Answer::Wrong(None),
                        }
                    }
                };
                // What is right stands; what is near is better than nothing.
                if matches!(answer, Answer::Wrong(None)) || !matches!(found, Answer::Wrong(_)) {
                    answer = found;
                }
            }
            Ok(answer)
        }
    }
}

fn authenticator(code: u32, factor: &Factor, now: Timestamp, context: &Context<'_>) -> Result<Answer, Broken> {
    Ok(match factor.judge(code, now, context.keys, context.policy)? {
        Judgement::Right(step) => Answer::Factor(factor.id, step),
        Judgement::Wrong => Answer::Wrong(None),
        near @ (Judgement::AlreadyUsed | Judgement::Expired | Judgement::OtherStep(_)) => Answer::Wrong(Some(near)),
    })
}

/// What may be said about a wrong code, and what is remembered of it.
///
/// A code of a past step is dead: its offset is said at once. A code of a future step will live: its offset is said only
/// when two different codes in a row agree on it, so that nobody learns from one guess that it will be right.
pub(crate) fn explain(
    near: Option<Judgement>,
    last: Option<SkewHint>,
    now: Timestamp,
) -> (Option<CodeHint>, Option<SkewHint>) {
    match near {
        Some(Judgement::AlreadyUsed) => (Some(CodeHint::AlreadyUsed), None),
        Some(Judgement::Expired) => (Some(CodeHint::Expired), None),
        Some(Judgement::OtherStep(step)) => {
            let seen = SkewHint { step, offset: step.0 - Step::at(now).0 };
            let agreed = last.is_some_and(|last| last.offset == seen.offset && last.step != seen.step);
            let said = seen.offset < 0 || agreed;
            (said.then_some(CodeHint::ClockSkew(seen.offset * STEP_SECS)), Some(seen))
        }
        Some(Judgement::Right(_) | Judgement::Wrong) | None => (None, None),
    }
}

/// The audit log's word for a wrong code.
pub(crate) const fn reason(near: Option<Judgement>) -> &'static str {
    match near {
        Some(Judgement::AlreadyUsed) => "replayed",
        Some(Judgement::Expired) => "expired",
        Some(Judgement::OtherStep(_)) => "clock_skew",
        Some(Judgement::Right(_) | Judgement::Wrong) | None => "wrong_code",
    }
}

/// The entry and the notice of a lock that a wrong code led to.
pub(crate) fn locked_notice(
    outcome: Outcome,
    account: &Account,
    origin: &Origin,
    now: Timestamp,
    context: &mut Context<'_>,
) -> Option<(AuditEntry, OutboxMessage)> {
    let Outcome::Locked(locked) = outcome else { return None };
    let why = if locked.until.is_some() { "wrong_codes" } else { "wrong_codes_in_a_row" };
    let entry = account.entry(AuditAction::AccountLocked, true, origin).because(why);
    let message = notice::notice(MessageKind::AccountLocked, account, origin, now, context, |event| {
        event.locked_until = locked.until;
    });
    Some((entry, message))
}
