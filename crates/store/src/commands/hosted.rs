//! What the commands of the hosted pages read, for challenges of applications.

use domain::application::hosted::{
    AnswerHosted, AnswerHostedView, AtHosted, AtHostedView, ConfirmHosted, HostedView, OpenHosted, ReadHosted,
    ReadHostedView, RedeemHosted, RedeemView, ReturnHosted,
};
use domain::application::return_url::{ChangeReturnUrl, ReturnUrlsView};
use domain::challenge::ChallengeView;
use domain::sent_code::{Scope, Sends};
use domain::verification::VerifyView;

use crate::load::{Assemble, Load, Reads};
use crate::user::{Whose, locked, unlocked};
use crate::{application, challenge, factor, hosted, recovery_code, reset_request, sent_code, trusted_device};

impl Load for ChangeReturnUrl {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<ReturnUrlsView> {
        let application = application::locked_by_name(reads, &self.application);
        let urls = hosted::return_urls(reads, &self.application);
        Box::new(move |answers| {
            Ok(ReturnUrlsView { application: answers.get(&application)?, urls: answers.get(&urls)? })
        })
    }
}

impl Load for OpenHosted {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<HostedView> {
        hosted::view_of_link(reads, &self.link)
    }
}

impl Load for ReadHosted {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<ReadHostedView> {
        let person = Whose::Asked(self.id);
        let account = unlocked(reads, &person);
        let challenge = challenge::by_id(reads, self.id);
        let hosted = hosted::by_id(reads, self.id);
        let application = application::of_asked(reads, self.id);
        let factors = factor::of_asked(reads, self.id);
        let codes = sent_code::recent(reads, &person);
        let days = sent_code::days_of_asked(reads, self.id);
        Box::new(move |answers| {
            let asked = ChallengeView {
                account: answers.get(&account)?,
                challenge: answers.get(&challenge)?,
                factors: answers.get(&factors)?,
                sends: Sends { codes: answers.get(&codes)?, days: answers.get(&days)?, sms: Vec::new() },
            };
            Ok(ReadHostedView { asked, hosted: answers.get(&hosted)?, application: answers.get(&application)? })
        })
    }
}

impl Load for AnswerHosted {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<AnswerHostedView> {
        let account = locked(reads, &Whose::Asked(self.id));
        let challenge = challenge::by_id(reads, self.id);
        let hosted = hosted::by_id(reads, self.id);
        let factors = factor::of_asked(reads, self.id);
        let recovery_codes = recovery_code::of_asked(reads, self.id);
        let sent_codes = sent_code::of_scope(reads, Scope::Login(self.id));
        let application = application::of_asked(reads, self.id);
        let reset_request = reset_request::of_asked(reads, self.id);
        Box::new(move |answers| {
            let verify = VerifyView {
                reset_request: answers.get(&reset_request)?,
                account: answers.get(&account)?,
                challenge: answers.get(&challenge)?,
                factors: answers.get(&factors)?,
                recovery_codes: answers.get(&recovery_codes)?,
                devices: vec![],
                sent_codes: answers.get(&sent_codes)?,
                browsers: vec![],
            };
            Ok(AnswerHostedView { verify, hosted: answers.get(&hosted)?, application: answers.get(&application)? })
        })
    }
}

impl Load for ReturnHosted {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<HostedView> {
        let account = locked(reads, &Whose::Asked(self.id));
        let challenge = challenge::by_id(reads, self.id);
        let hosted = hosted::by_id(reads, self.id);
        Box::new(move |answers| {
            Ok(HostedView {
                account: answers.get(&account)?,
                challenge: answers.get(&challenge)?,
                hosted: answers.get(&hosted)?,
            })
        })
    }
}

impl Load for RedeemHosted {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<RedeemView> {
        let hosted = hosted::view_of_result(reads, &self.token);
        let devices = trusted_device::of_hosted_result(reads, &self.token);
        let recovery_codes = recovery_code::count_unused_of_hosted_result(reads, &self.token);
        let application = application::by_id(reads, self.application);
        Box::new(move |answers| {
            Ok(RedeemView {
                hosted: hosted(answers)?,
                devices: answers.get(&devices)?,
                recovery_codes: answers.get(&recovery_codes)?,
                application: answers.get(&application)?,
            })
        })
    }
}

/// The command's own reads come first, for its lock does.
impl<C: Load> Load for AtHosted<C> {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<AtHostedView<C::View>> {
        let view = self.command.load(reads);
        let account = unlocked(reads, &Whose::Asked(self.id));
        let challenge = challenge::by_id(reads, self.id);
        let hosted = hosted::by_id(reads, self.id);
        let application = application::of_asked(reads, self.id);
        let factors = factor::of_asked(reads, self.id);
        Box::new(move |answers| {
            Ok(AtHostedView {
                hosted: HostedView {
                    account: answers.get(&account)?,
                    challenge: answers.get(&challenge)?,
                    hosted: answers.get(&hosted)?,
                },
                application: answers.get(&application)?,
                factors: answers.get(&factors)?,
                view: view(answers)?,
            })
        })
    }
}

impl Load for ConfirmHosted {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<<Self as domain::command::Decide>::View> {
        self.0.load(reads)
    }
}
