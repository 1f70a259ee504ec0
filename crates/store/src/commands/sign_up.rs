//! Making an account.

use domain::signup::{BeginSignUp, ResendVerification, ResendView, SignUp, SignUpView, VerifyEmail, VerifyEmailView};
use domain::throttle::{Charged, Counter};

use super::charged;
use crate::load::{Assemble, Load, Reads};
use crate::user::{Whose, unlocked};
use crate::{counter, signup};

impl Load for BeginSignUp {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<Vec<(Counter, Charged)>> {
        let counters = self.origin.ip.map(|ip| Counter::signups_from_block(ip, reads.policy, reads.keys));
        let counters = counter::charge(reads, counters.into_iter().collect());
        Box::new(move |answers| charged(&counters, answers))
    }
}

impl Load for SignUp {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<SignUpView> {
        let key = self.email.key();
        let owner = unlocked(reads, &Whose::Email(self.application, &key));
        let mails = Counter::mails_to(&key, reads.policy, reads.keys);
        let mails = counter::charge(reads, mails.into());
        Box::new(move |answers| Ok(SignUpView { owner: answers.get(&owner)?, mails: charged(&mails, answers)? }))
    }
}

impl Load for ResendVerification {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<ResendView> {
        let key = self.email.key();
        let pending = signup::newest(reads, self.application, &key);
        let mails = Counter::mails_to(&key, reads.policy, reads.keys);
        let mails = counter::charge(reads, mails.into());
        Box::new(move |answers| Ok(ResendView { pending: answers.get(&pending)?, mails: charged(&mails, answers)? }))
    }
}

impl Load for VerifyEmail {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<VerifyEmailView> {
        let pending = signup::by_token(reads, &self.token);
        let taken = signup::address_taken(reads, &self.token);
        Box::new(move |answers| Ok(VerifyEmailView { pending: answers.get(&pending)?, taken: answers.get(&taken)? }))
    }
}
