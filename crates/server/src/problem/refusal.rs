//! How each refusal of the rules is told to a caller.

use domain::decision::{CodeHint, Refusal};
use domain::time::Duration;

use super::{Hint, Problem, ProblemCode};

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::CredentialsInvalid => Self::new(ProblemCode::CredentialsInvalid),
            Refusal::TokenInvalid => Self::new(ProblemCode::TokenInvalid),
            Refusal::PartialTokenInvalid => Self::new(ProblemCode::PartialTokenInvalid),
            Refusal::ApiKeyInvalid => Self::new(ProblemCode::ApiKeyInvalid),
            Refusal::ScopeMissing(scope) => Self::new(ProblemCode::FeatureDisabled)
                .detail(format!("This API key does not have the scope {}.", scope.as_str())),
            Refusal::RoleRequired(role) => {
                Self::new(ProblemCode::RoleRequired).detail(format!("This takes the role {}.", role.as_str()))
            }
            Refusal::SecondAdministratorRequired => Self::new(ProblemCode::SecondAdministratorRequired),
            Refusal::CoolingOff { retry_after } => wait(ProblemCode::CoolingOff, retry_after),
            Refusal::ReplayExpired => Self::new(ProblemCode::ReplayExpired),
            Refusal::IdempotencyKeyReused => Self::new(ProblemCode::IdempotencyKeyReused),
            Refusal::ReturnUrlUnknown => {
                Self::invalid_at("/return_url", "is not among the return URLs of this application")
            }
            Refusal::EmailUnverified => Self::new(ProblemCode::EmailUnverified),
            Refusal::StepUpRequired => Self::new(ProblemCode::StepUpRequired),
            Refusal::FeatureDisabled => Self::new(ProblemCode::FeatureDisabled),
            Refusal::AlreadyCompleted => Self::new(ProblemCode::AlreadyCompleted),
            Refusal::NoPendingSetup => Self::new(ProblemCode::NoPendingSetup),
            Refusal::FactorIdNeeded => {
                Self::invalid_at("/factor_id", "several set-ups are pending; name the one to confirm")
            }
            Refusal::AlreadyEnabled => {
                Self::new(ProblemCode::AlreadyEnabled).detail("There are as many factors as one person may have.")
            }
            Refusal::NotEnabled => {
                Self::new(ProblemCode::NoPendingSetup).detail("There is no second factor yet; begin a set-up first.")
            }
            Refusal::WebhooksFull => {
                Self::new(ProblemCode::AlreadyEnabled).detail("There are as many webhooks as one application may have.")
            }
            Refusal::LastFactor => Self::new(ProblemCode::LastFactor),
            Refusal::NotFound => Self::new(ProblemCode::NotFound),
            Refusal::RecoveryCodesGone => Self::new(ProblemCode::RecoveryCodesGone),
            Refusal::DestinationEnrolled => {
                Self::new(ProblemCode::AlreadyEnabled).detail("Codes are sent to this number or address already.")
            }
            Refusal::ChallengeExpired => Self::new(ProblemCode::ChallengeExpired),
            Refusal::CodeIncorrect { attempts_left, hint } => code_incorrect(attempts_left, hint),
            Refusal::PasswordRejected(fault) => Self::new(ProblemCode::PasswordRejected).reason(fault.as_str()),
            Refusal::EmailRejected(fault) => Self::new(ProblemCode::EmailRejected).reason(fault.as_str()),
            Refusal::PhoneRejected(fault) => Self::new(ProblemCode::PhoneRejected).reason(fault.as_str()),
            // A spent challenge is not waited for: signing in again works at once.
            Refusal::TooManyAttempts { retry_after: None } => Self::retry_after(ProblemCode::TooManyAttempts, 0)
                .detail("There were too many wrong codes. Start again."),
            Refusal::TooManyAttempts { retry_after: Some(time) } => wait(ProblemCode::TooManyAttempts, time),
            Refusal::AccountLocked { retry_after: Some(time) } => wait(ProblemCode::AccountLocked, time),
            Refusal::AccountLocked { retry_after: None } => Self::new(ProblemCode::AccountLocked)
                .detail("The account is locked until its owner or an administrator unlocks it."),
            Refusal::SendCooldown { retry_after } => wait(ProblemCode::SendCooldown, retry_after),
            Refusal::SendLimit { retry_after } => wait(ProblemCode::SendLimit, retry_after),
            Refusal::DeliveryUnavailable { alternatives } => {
                let names = alternatives.iter().map(|method| method.as_str().to_owned()).collect();
                Self::new(ProblemCode::DeliveryUnavailable).alternatives(names)
            }
        }
    }
}

fn code_incorrect(attempts_left: u32, hint: Option<CodeHint>) -> Problem {
    match hint {
        None => Problem::code_incorrect(attempts_left, None),
        Some(CodeHint::AlreadyUsed) => Problem::code_incorrect(attempts_left, Some(Hint::AlreadyUsed))
            .detail("This code was used already. Wait for the next one, or ask for another."),
        Some(CodeHint::Expired) => Problem::code_incorrect(attempts_left, Some(Hint::Expired))
            .detail("This code is too old, or a newer one took its place. Use the newest, or ask for another."),
        Some(CodeHint::ClockSkew(seconds)) => {
            let direction = if seconds < 0 { "behind" } else { "ahead" };
            Problem::code_incorrect(attempts_left, Some(Hint::ClockSkew)).skew_seconds(seconds).detail(format!(
                "This code is of another time: the authenticator's clock seems to be {} s {direction}.",
                seconds.abs()
            ))
        }
    }
}

fn wait(code: ProblemCode, time: Duration) -> Problem {
    Problem::retry_after(code, u64::try_from(time.as_secs_ceil()).unwrap_or(1).max(1))
}
