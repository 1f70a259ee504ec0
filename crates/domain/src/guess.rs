//! One guess, at whichever door: charged to the account's one budget, then judged against everything the person has.
//!
//! A right answer takes its own charge back and names what it used up, to be committed with whatever it was for. Whether a
//! guess may be made at all (the challenge lives, the account is open) is asked before.

use crate::audit::AuditAction;
use crate::code::TypedCode;
use crate::command::{Context, Origin};
use crate::decision::{Change, CodeHint, Decision, Refusal, SkewHint};
use crate::factor::{Factor, Judgement, Method};
use crate::ids::{FactorId, RecoveryCodeId, SentCodeId};
use crate::link_token::{LinkPurpose, LinkToken};
use crate::message::MessageKind;
use crate::notice;
use crate::recovery_code::{self, StoredRecoveryCode};
use crate::secret::Broken;
use crate::sent_code::{self, Found, Scope, SentCode};
use crate::throttle::Outcome;
use crate::time::Timestamp;
use crate::totp::{STEP_SECS, Step};
use crate::trusted_device::revoke_trust;
use crate::user::Account;

/// Wrong codes within the window at which the person is told, whatever doors they were tried at.
const WRONG_CODES_TOLD: usize = 3;
/// Wrong codes in a row of which each so many tell the person again: those who guess slowly stay below the other.
const WRONG_CODES_IN_A_ROW_TOLD: u32 = 10;
/// Recovery codes left at which the person is warned.
const FEW_RECOVERY_CODES: usize = 3;

/// What a code may turn out to be one of.
pub(crate) struct Proofs<'a> {
    /// The person's factors.
    pub(crate) factors: &'a [Factor],
    /// Their set of recovery codes, and a bypass code.
    pub(crate) recovery_codes: &'a [StoredRecoveryCode],
    /// What the guess is for: codes sent for anything else are no proof of it.
    pub(crate) scope: Scope,
    /// Whether a bypass code will do: for a sign-in, and for nothing else.
    pub(crate) bypass: bool,
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
        Answer::BypassCode(id) => (Method::RecoveryCode, Change::UseBypassCode(id)),
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
    /// A live bypass code.
    BypassCode(RecoveryCodeId),
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
            Ok(match found {
                None => Answer::Wrong(None),
                Some(code) if code.expires_at.is_some() && !proofs.bypass => Answer::Wrong(None),
                Some(code) if code.used => Answer::Wrong(Some(Judgement::AlreadyUsed)),
                Some(code) => match code.expires_at {
                    None => Answer::RecoveryCode(code.id),
                    Some(end) if now < end => Answer::BypassCode(code.id),
                    Some(_) => Answer::Wrong(Some(Judgement::Expired)),
                },
            })
        }
        TypedCode::Digits(code) => {
            let mut answer = Answer::Wrong(None);
            let usable = proofs.factors.iter().filter(|factor| context.policy.allows(factor.method));
            for factor in usable {
                let found = match factor.destination(context.keys)? {
                    None => authenticator(*code, factor, account.settings.steps_used_to, now, context)?,
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

fn authenticator(
    code: u32,
    factor: &Factor,
    floor: Option<Step>,
    now: Timestamp,
    context: &Context<'_>,
) -> Result<Answer, Broken> {
    Ok(match factor.judge(code, floor, now, context)? {
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

/// Adds what a wrong code for a factor brings with it. The third of a window, and every tenth in a row, tells the person:
/// whoever is at a door has the password or a session.
pub(crate) fn tell_wrong<R>(
    decision: Decision<R>,
    outcome: Outcome,
    account: &Account,
    origin: &Origin,
    now: Timestamp,
    context: &mut Context<'_>,
) -> Decision<R> {
    let budget = &account.settings.guesses;
    let tell = budget.recent.len() == WRONG_CODES_TOLD || budget.in_a_row.is_multiple_of(WRONG_CODES_IN_A_ROW_TOLD);
    if tell && matches!(outcome, Outcome::Open(_)) {
        return decision.send(notice::notice(MessageKind::WrongCodes, account, origin, now, context, |_| {}));
    }
    tell_locked(decision, outcome, account, origin, now, context)
}

/// Adds what a lock brings with it, where a wrong code led to one: the entry, and the notice with the link out of it. Guesses
/// that a link gave bring no further link.
pub(crate) fn tell_locked<R>(
    decision: Decision<R>,
    outcome: Outcome,
    account: &Account,
    origin: &Origin,
    now: Timestamp,
    context: &mut Context<'_>,
) -> Decision<R> {
    let Outcome::Locked(locked) = outcome else { return decision };
    let why = if locked.until.is_some() { "wrong_codes" } else { "wrong_codes_in_a_row" };
    let decision = decision.audit(account.entry(AuditAction::AccountLocked, true, origin).because(why));
    if account.settings.guesses.unlock.is_some() {
        return decision.send(notice::locked(account, locked.until, None, origin, now, context));
    }
    let life = context.policy.unlock_life;
    let (token, link) = LinkToken::new(account, LinkPurpose::Unlock, None, life, now, context);
    let shown = notice::Link { path: "unlock", token: &token, expires_at: link.expires_at };
    let message = notice::locked(account, locked.until, Some(&shown), origin, now, context);
    decision.change(Change::PutLinkToken(link)).send(message)
}

/// A wrong code at a door that has no challenge: the account's budget alone counts it.
pub(crate) fn wrong_without_challenge<R>(
    action: AuditAction,
    account: &Account,
    (near, outcome): (Option<Judgement>, Outcome),
    origin: &Origin,
    now: Timestamp,
    context: &mut Context<'_>,
) -> Decision<R> {
    let (hint, _) = explain(near, None, now);
    let attempts_left = match outcome {
        Outcome::Open(left) => left,
        Outcome::Locked(_) => 0,
    };
    let decision = Decision::refused(account, Refusal::CodeIncorrect { attempts_left, hint }, now)
        .audit(account.entry(action, false, origin).because(reason(near)));
    tell_wrong(decision, outcome, account, origin, now, context)
}

/// What the use of a bypass code brings with it: trust ends and the person is told.
pub(crate) fn bypass_code_used<R>(
    decision: Decision<R>,
    account: &Account,
    origin: &Origin,
    now: Timestamp,
    context: &mut Context<'_>,
) -> Decision<R> {
    let (untrusted, entry) = revoke_trust(account, "bypass_code_used", origin);
    decision
        .audit(account.entry(AuditAction::BypassCodeUsed, true, origin))
        .send(notice::notice(MessageKind::BypassCodeUsed, account, origin, now, context, |_| {}))
        .change(untrusted)
        .audit(entry)
}

/// What the use of a recovery code brings with it, whatever it was used for: trust ends and the person is told.
pub(crate) fn recovery_code_used<R>(
    decision: Decision<R>,
    account: &Account,
    remaining: usize,
    origin: &Origin,
    now: Timestamp,
    context: &mut Context<'_>,
) -> Decision<R> {
    let left = u32::try_from(remaining).unwrap_or(u32::MAX);
    let mut tell = |kind| notice::notice(kind, account, origin, now, context, |event| event.remaining = Some(left));
    let (untrusted, entry) = revoke_trust(account, "recovery_code_used", origin);
    let decision = decision
        .audit(account.entry(AuditAction::RecoveryCodeUsed, true, origin))
        .send(tell(MessageKind::RecoveryCodeUsed))
        .change(untrusted)
        .audit(entry);
    if remaining == FEW_RECOVERY_CODES { decision.send(tell(MessageKind::RecoveryCodesLow)) } else { decision }
}
