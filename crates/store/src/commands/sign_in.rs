//! Password, then second factor.

use domain::challenge::{ChallengeView, ReadChallenge};
use domain::login::{AbandonLogin, BeginLogin, BeginLoginView, FinishLogin, FinishLoginView};
use domain::sent_code::Sends;
use domain::verification::{Verify, VerifyView};

use super::charged;
use crate::load::{Assemble, Load, Reads};
use crate::user::{Whose, locked, unlocked};
use crate::{
    challenge, counter, factor, known_browser, recovery_code, reset_request, sent_code, signup, sms_fraud,
    trusted_device,
};

impl Load for BeginLogin {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<BeginLoginView> {
        let key = self.email.key();
        let account = locked(reads, &Whose::Email(self.application, &key));
        let pending = signup::newest(reads, self.application, &key);
        let mut counters = self.counters(reads.policy, reads.keys).into_iter();
        let passwords = match (counters.next(), counters.next()) {
            (Some(block), Some(account)) => counter::charge_within(reads, block, account),
            _ => Vec::new(),
        };
        Box::new(move |answers| {
            Ok(BeginLoginView {
                account: answers.get(&account)?,
                pending: answers.get(&pending)?,
                passwords: charged(&passwords, answers)?,
            })
        })
    }
}

impl Load for AbandonLogin {
    fn load(&self, _: &mut Reads<'_>) -> Assemble<()> {
        Box::new(|_| Ok(()))
    }
}

impl Load for FinishLogin {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<FinishLoginView> {
        let key = self.email.key();
        let owner = Whose::Email(self.application, &key);
        let account = locked(reads, &owner);
        let factors = factor::of_email(reads, self.application, &key);
        let challenges = challenge::open_of_email(reads, self.application, &key);
        let device = self.device.as_ref().map(|token| trusted_device::by_family(reads, &token.family()));
        let codes = sent_code::recent(reads, &owner);
        let days = sent_code::days_of_email(reads, self.application, &key);
        let sms = sms_fraud::usage_for_email(reads, self.application, &key, &self.origin);
        let browsers = known_browser::of_email(reads, self.application, &key);
        Box::new(move |answers| {
            Ok(FinishLoginView {
                browsers: answers.get(&browsers)?,
                account: answers.get(&account)?,
                factors: answers.get(&factors)?,
                challenges: answers.get(&challenges)?,
                device: device.as_ref().map_or(Ok(None), |device| answers.get(device))?,
                sends: Sends { codes: answers.get(&codes)?, days: answers.get(&days)?, sms: answers.get(&sms)? },
            })
        })
    }
}

impl Load for ReadChallenge {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<ChallengeView> {
        let person = Whose::Challenge(self.token);
        let account = unlocked(reads, &person);
        let challenge = challenge::by_token(reads, &self.token);
        let factors = factor::of_challenge(reads, &self.token);
        let codes = sent_code::recent(reads, &person);
        let days = sent_code::days_of_challenge(reads, &self.token);
        Box::new(move |answers| {
            Ok(ChallengeView {
                account: answers.get(&account)?,
                challenge: answers.get(&challenge)?,
                factors: answers.get(&factors)?,
                sends: Sends { codes: answers.get(&codes)?, days: answers.get(&days)?, sms: Vec::new() },
            })
        })
    }
}

impl Load for Verify {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<VerifyView> {
        let account = locked(reads, &Whose::Challenge(self.token));
        let challenge = challenge::by_token(reads, &self.token);
        let factors = factor::of_challenge(reads, &self.token);
        let recovery_codes = recovery_code::of_challenge(reads, &self.token);
        let devices = self.remember.then(|| trusted_device::of_challenge(reads, &self.token));
        let sent_codes = sent_code::of_challenge(reads, &self.token);
        let browsers = known_browser::of_challenge(reads, &self.token);
        let reset_request = reset_request::of_challenge(reads, &self.token);
        Box::new(move |answers| {
            Ok(VerifyView {
                reset_request: answers.get(&reset_request)?,
                browsers: answers.get(&browsers)?,
                account: answers.get(&account)?,
                challenge: answers.get(&challenge)?,
                factors: answers.get(&factors)?,
                recovery_codes: answers.get(&recovery_codes)?,
                devices: devices.as_ref().map_or(Ok(Vec::new()), |devices| answers.get(devices))?,
                sent_codes: answers.get(&sent_codes)?,
            })
        })
    }
}
