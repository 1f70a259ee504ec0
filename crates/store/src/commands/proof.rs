//! Proving once more who is there, and turning the second factor off.

use domain::disable::Disable;
use domain::sent_code::Scope;
use domain::session::{Bearer, SessionView};
use domain::step_up::{BeginStepUp, BeginStepUpView, ProofView, ReadAddress, StepUp};

use super::charged;
use crate::load::{Assemble, Load, Reads};
use crate::user::{Whose, locked, unlocked};
use crate::{counter, factor, recovery_code, sent_code, session};

impl Load for ReadAddress {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<SessionView> {
        let account = unlocked(reads, &Whose::Id(self.bearer.user));
        let session = session::by_id(reads, self.bearer.session);
        Box::new(move |answers| Ok(SessionView { account: answers.get(&account)?, session: answers.get(&session)? }))
    }
}

impl Load for BeginStepUp {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<BeginStepUpView> {
        let account = locked(reads, &Whose::Id(self.bearer.user));
        let session = session::by_id(reads, self.bearer.session);
        let factors = factor::of_user(reads, self.bearer.user);
        let passwords = counter::charge(reads, self.counters(reads.policy, reads.keys));
        Box::new(move |answers| {
            Ok(BeginStepUpView {
                account: answers.get(&account)?,
                session: answers.get(&session)?,
                factors: answers.get(&factors)?,
                passwords: charged(&passwords, answers)?,
            })
        })
    }
}

fn proof_view(bearer: &Bearer, scope: Scope, reads: &mut Reads<'_>) -> Assemble<ProofView> {
    let account = locked(reads, &Whose::Id(bearer.user));
    let session = session::by_id(reads, bearer.session);
    let factors = factor::of_user(reads, bearer.user);
    let recovery_codes = recovery_code::of_user(reads, bearer.user);
    let sent_codes = sent_code::of_scope(reads, scope);
    Box::new(move |answers| {
        Ok(ProofView {
            account: answers.get(&account)?,
            session: answers.get(&session)?,
            factors: answers.get(&factors)?,
            recovery_codes: answers.get(&recovery_codes)?,
            sent_codes: answers.get(&sent_codes)?,
        })
    })
}

impl Load for StepUp {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<ProofView> {
        proof_view(&self.bearer, Scope::StepUp(self.bearer.session), reads)
    }
}

impl Load for Disable {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<ProofView> {
        proof_view(&self.bearer, Scope::Disable(self.bearer.session), reads)
    }
}
