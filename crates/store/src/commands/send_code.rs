//! Sending a code.

use domain::sent_code::{SendCode, SendCodeView, SendFor, Sends};

use crate::load::{Assemble, Load, Reads};
use crate::user::{Whose, locked};
use crate::{challenge, enrollment, factor, sent_code, session, sms_fraud};

impl Load for SendCode {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<SendCodeView> {
        match &self.wanted {
            SendFor::Asked(_, id, _) => {
                let person = Whose::Asked(*id);
                let account = locked(reads, &person);
                let challenge = challenge::by_id(reads, *id);
                let factors = factor::of_asked(reads, *id);
                let codes = sent_code::recent(reads, &person);
                let days = sent_code::days_of_asked(reads, *id);
                let sms = sms_fraud::usage(reads, None, &self.origin);
                Box::new(move |answers| {
                    Ok(SendCodeView {
                        account: answers.get(&account)?,
                        challenge: answers.get(&challenge)?,
                        session: None,
                        factors: answers.get(&factors)?,
                        enrollments: Vec::new(),
                        sends: Sends {
                            codes: answers.get(&codes)?,
                            days: answers.get(&days)?,
                            sms: answers.get(&sms)?,
                        },
                    })
                })
            }
            SendFor::Challenge(token, _) => {
                let person = Whose::Challenge(*token);
                let account = locked(reads, &person);
                let challenge = challenge::by_token(reads, token);
                let factors = factor::of_challenge(reads, token);
                let codes = sent_code::recent(reads, &person);
                let days = sent_code::days_of_challenge(reads, token);
                let sms = sms_fraud::usage(reads, None, &self.origin);
                Box::new(move |answers| {
                    Ok(SendCodeView {
                        account: answers.get(&account)?,
                        challenge: answers.get(&challenge)?,
                        session: None,
                        factors: answers.get(&factors)?,
                        enrollments: Vec::new(),
                        sends: Sends {
                            codes: answers.get(&codes)?,
                            days: answers.get(&days)?,
                            sms: answers.get(&sms)?,
                        },
                    })
                })
            }
            SendFor::Enrollment(bearer, _) | SendFor::Session(bearer, ..) => {
                let person = Whose::Id(bearer.user);
                let account = locked(reads, &person);
                let session = session::by_id(reads, bearer.session);
                let factors = factor::of_user(reads, bearer.user);
                let enrollments = enrollment::of_user(reads, bearer.user);
                let codes = sent_code::recent(reads, &person);
                let days = sent_code::days_of_user(reads, bearer.user);
                let sms = sms_fraud::usage(reads, None, &self.origin);
                Box::new(move |answers| {
                    Ok(SendCodeView {
                        account: answers.get(&account)?,
                        challenge: None,
                        session: answers.get(&session)?,
                        factors: answers.get(&factors)?,
                        enrollments: answers.get(&enrollments)?,
                        sends: Sends {
                            codes: answers.get(&codes)?,
                            days: answers.get(&days)?,
                            sms: answers.get(&sms)?,
                        },
                    })
                })
            }
        }
    }
}
