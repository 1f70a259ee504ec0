//! Beginning the set-up of a number or address. The set-up is refused as a whole when its code cannot be sent: what waits
//! without a code is of no use, and an earlier set-up keeps its own.

use super::{Enrollment, EnrollmentView};
use crate::administrator::lets_in;
use crate::audit::AuditAction;
use crate::command::{Context, Decide, Origin};
use crate::decision::{Change, Decision, Refusal};
use crate::destination::{Destination, PhoneFault};
use crate::factor::Method;
use crate::ids::{EnrollmentId, FactorId};
use crate::secret::Broken;
use crate::sent_code::{Delivery, Scope, dispatch};
use crate::session::{Admitted, Bearer};
use crate::time::Timestamp;

/// Begins the set-up of a number or address that codes are sent to.
#[derive(Debug)]
pub struct BeginSentEnrollment {
    /// Who asks.
    pub bearer: Bearer,
    /// Where codes are to go.
    pub destination: Destination,
    /// What the person calls it.
    pub label: Option<String>,
    /// Where from.
    pub origin: Origin,
}

/// A set-up whose code is on its way.
#[derive(Debug)]
pub struct SentEnrollmentBegun {
    /// The set-up.
    pub enrollment: EnrollmentId,
    /// The factor it will be.
    pub factor: FactorId,
    /// By which way codes go.
    pub method: Method,
    /// Where to, masked.
    pub destination: String,
    /// How the first one stands.
    pub delivery: Delivery,
    /// When the next one may be asked for.
    pub next_send_at: Timestamp,
    /// When the set-up ends.
    pub expires_at: Timestamp,
}

impl BeginSentEnrollment {
    fn label(&self, of_kind: usize) -> String {
        self.label.clone().unwrap_or_else(|| {
            let kind = match &self.destination {
                Destination::Phone(_) => "Phone",
                Destination::Email(_) => "E-mail",
            };
            if of_kind == 0 { kind.to_owned() } else { format!("{kind} {}", of_kind + 1) }
        })
    }
}

impl Decide for BeginSentEnrollment {
    type View = EnrollmentView;
    type Reply = SentEnrollmentBegun;

    fn decide(&self, view: EnrollmentView, context: &mut Context<'_>) -> Result<Decision<SentEnrollmentBegun>, Broken> {
        let policy = context.policy;
        let admitted = match self.bearer.admit(view.account, view.session, context.clock, policy) {
            Ok(admitted) => admitted,
            Err(refusal) => return Ok(Decision::new(Err(refusal), context.clock)),
        };
        let Admitted { mut account, session, moment } = admitted;
        let (now, method) = (moment.now, self.destination.method());
        let alarms = account.seen(moment, &self.origin, policy);
        let entry = |success| account.entry(AuditAction::EnrollmentStarted, success, &self.origin).method(method);
        let refused = |refusal, why| {
            Ok(Decision::new(Err(refusal), now)
                .on_chain_of(&account)
                .audit_all(alarms.clone())
                .audit(entry(false).because(why))
                .change(Change::SaveSettings(account.user.id, account.settings.clone())))
        };
        if !policy.two_factor_enabled || !policy.allows(method) {
            return refused(Refusal::FeatureDisabled, "feature_disabled");
        }
        if account.role.is_some() && !lets_in(method) {
            return refused(Refusal::FeatureDisabled, "administrator");
        }
        if session.fresh_until(now, policy).is_none() {
            return refused(Refusal::StepUpRequired, "step_up_required");
        }
        if let Destination::Phone(number) = &self.destination
            && !policy.sms.serves(number.country())
        {
            return refused(Refusal::PhoneRejected(PhoneFault::Country), "country_not_served");
        }
        if view.factors.len() >= policy.factors_max {
            return refused(Refusal::AlreadyEnabled, "too_many_factors");
        }
        let mut of_kind = 0;
        for factor in view.factors.iter().filter(|factor| factor.method == method) {
            of_kind += 1;
            let known = factor.destination(context.keys)?;
            if known.is_some_and(|known| known.canonical() == self.destination.canonical()) {
                return refused(Refusal::DestinationEnrolled, "destination_enrolled");
            }
        }
        let key = self.destination.key(context.keys);
        if let Some(until) = view.sends.too_many_destinations(&key, now, policy) {
            return refused(Refusal::SendLimit { retry_after: until.since(now) }, "too_many_destinations");
        }
        let id = EnrollmentId::new(now, context.rng);
        let factor = FactorId::new(now, context.rng);
        let (scope, user) = (Scope::Setup(id), account.user.id);
        let sent =
            dispatch(&account, (scope, factor), (&self.destination, key), &view.sends, &self.origin, now, context);
        let sent = match sent {
            Ok(sent) => sent,
            Err(unsent) => {
                let refusal = unsent.refusal(now, policy.methods.iter().copied(), policy);
                return Ok(unsent.alarm(refused(refusal, unsent.why())?, &self.origin, context));
            }
        };
        let place = Enrollment::destination_place(id, user);
        let enrollment = Enrollment {
            id,
            factor,
            user,
            session: session.id,
            method,
            label: self.label(of_kind),
            secret: None,
            destination: Some(self.destination.seal(&place, context.keys, context.rng)),
            attempts: 0,
            skew: None,
            created_at: now,
            expires_at: now + policy.enrollment_life,
        };
        let begun = SentEnrollmentBegun {
            enrollment: id,
            factor,
            method,
            destination: self.destination.masked(),
            delivery: Delivery::Queued,
            next_send_at: sent.next_send_at,
            expires_at: enrollment.expires_at,
        };
        let started = entry(true).about("factor", factor.uuid());
        let code = account.entry(AuditAction::CodeSent, true, &self.origin).method(method);
        let code = code.about(scope.purpose(), scope.id());
        Ok(Decision::new(Ok(begun), now)
            .on_chain_of(&account)
            .audit_all(alarms)
            .audit(started)
            .audit(code)
            .change(Change::PutEnrollment(enrollment))
            .change(sent.change)
            .send(sent.message)
            .change(Change::SaveSettings(user, account.settings)))
    }
}
