//! Adding, changing and removing factors.

use domain::enrollment::{BeginEnrollment, BeginSentEnrollment, ConfirmEnrollment, EnrollmentView, ReadPending};
use domain::factor::manage::{FactorsView, PreferFactor, RemoveFactor, RenameFactor};
use domain::sent_code::Sends;
use domain::session::Bearer;
use domain::status::{ReadStatus, StatusView};
use domain::user::Account;

use crate::load::{Assemble, Handle, Load, Reads};
use crate::user::{Whose, locked, unlocked};
use crate::{enrollment, factor, recovery_code, sent_code, session, sms_fraud, trusted_device};

/// Account, session, factors and set-ups; what was sent is added by those who need it.
fn enrollment_view(bearer: &Bearer, reads: &mut Reads<'_>) -> Assemble<EnrollmentView> {
    let account = locked(reads, &Whose::Id(bearer.user));
    let session = session::by_id(reads, bearer.session);
    let factors = factor::of_user(reads, bearer.user);
    let enrollments = enrollment::of_user(reads, bearer.user);
    Box::new(move |answers| {
        Ok(EnrollmentView {
            account: answers.get(&account)?,
            session: answers.get(&session)?,
            factors: answers.get(&factors)?,
            enrollments: answers.get(&enrollments)?,
            sends: Sends::default(),
            holders: Vec::new(),
        })
    })
}

impl Load for BeginEnrollment {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<EnrollmentView> {
        enrollment_view(&self.bearer, reads)
    }
}

impl Load for BeginSentEnrollment {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<EnrollmentView> {
        let view = enrollment_view(&self.bearer, reads);
        let codes = sent_code::recent(reads, &Whose::Id(self.bearer.user));
        let days = sent_code::day_of(reads, self.destination.key(reads.keys));
        let sms = sms_fraud::usage(reads, Some(&self.destination), &self.origin);
        Box::new(move |answers| {
            let sends = Sends { codes: answers.get(&codes)?, days: answers.get(&days)?, sms: answers.get(&sms)? };
            Ok(EnrollmentView { sends, ..view(answers)? })
        })
    }
}

impl Load for ConfirmEnrollment {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<EnrollmentView> {
        let view = enrollment_view(&self.bearer, reads);
        let codes = sent_code::recent(reads, &Whose::Id(self.bearer.user));
        let holders = enrollment::holders(reads, self.bearer.user);
        Box::new(move |answers| {
            let sends = Sends { codes: answers.get(&codes)?, days: Vec::new(), sms: Vec::new() };
            Ok(EnrollmentView { sends, holders: answers.get(&holders)?, ..view(answers)? })
        })
    }
}

impl Load for ReadPending {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<EnrollmentView> {
        let person = Whose::Id(self.bearer.user);
        let account = unlocked(reads, &person);
        let session = session::by_id(reads, self.bearer.session);
        let enrollments = enrollment::of_user(reads, self.bearer.user);
        let codes = sent_code::recent(reads, &person);
        let days = sent_code::days_of_user(reads, self.bearer.user);
        Box::new(move |answers| {
            Ok(EnrollmentView {
                account: answers.get(&account)?,
                session: answers.get(&session)?,
                factors: Vec::new(),
                enrollments: answers.get(&enrollments)?,
                sends: Sends { codes: answers.get(&codes)?, days: answers.get(&days)?, sms: Vec::new() },
                holders: Vec::new(),
            })
        })
    }
}

/// Reads what the status tells; `account` names the caller, locked or not.
fn status_view(account: Handle<Option<Account>>, bearer: &Bearer, reads: &mut Reads<'_>) -> Assemble<StatusView> {
    let session = session::by_id(reads, bearer.session);
    let factors = factor::of_user(reads, bearer.user);
    let recovery_codes = recovery_code::count_unused(reads, bearer.user);
    let trusted_devices = trusted_device::of_user(reads, bearer.user);
    Box::new(move |answers| {
        Ok(StatusView {
            account: answers.get(&account)?,
            session: answers.get(&session)?,
            factors: answers.get(&factors)?,
            recovery_codes: answers.get(&recovery_codes)?,
            trusted_devices: answers.get(&trusted_devices)?,
        })
    })
}

impl Load for ReadStatus {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<StatusView> {
        let account = unlocked(reads, &Whose::Id(self.bearer.user));
        status_view(account, &self.bearer, reads)
    }
}

impl Load for PreferFactor {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<StatusView> {
        let account = locked(reads, &Whose::Id(self.bearer.user));
        status_view(account, &self.bearer, reads)
    }
}

pub(super) fn factors_view(bearer: &Bearer, reads: &mut Reads<'_>) -> Assemble<FactorsView> {
    let account = locked(reads, &Whose::Id(bearer.user));
    let session = session::by_id(reads, bearer.session);
    let factors = factor::of_user(reads, bearer.user);
    Box::new(move |answers| {
        Ok(FactorsView {
            account: answers.get(&account)?,
            session: answers.get(&session)?,
            factors: answers.get(&factors)?,
        })
    })
}

impl Load for RenameFactor {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<FactorsView> {
        factors_view(&self.bearer, reads)
    }
}

impl Load for RemoveFactor {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<FactorsView> {
        factors_view(&self.bearer, reads)
    }
}
