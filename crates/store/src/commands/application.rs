//! What the commands of applications read.

use domain::application::challenge::{
    AnswerAsked, AnswerView, CancelAsked, CancelView, ReadAsked, RequestChallenge, RequestView,
};
use domain::application::contact::{FindUser, Mention, Mentioned};
use domain::application::factor::{ImportFactor, ImportView, OpenImport};
use domain::application::keyed::{ByKey, ByKeyView};
use domain::application::return_url::ReturnUrl;
use domain::application::rules::outlook::TryApplication;
use domain::application::rules::{ApplicationView, ChangeApplication, Named, ReadApplication};
use domain::application::{AddApiKey, AddApplication, ApiKey, Application, RevokeApiKey};
use domain::challenge::ChallengeView;
use domain::sent_code::{Scope, Sends};
use domain::user::Account;
use domain::verification::VerifyView;

use crate::load::{Assemble, Handle, Load, Reads};
use crate::user::{Whose, locked, unlocked};
use crate::{
    application, challenge, factor, hosted, kept_answer, recovery_code, reset_request, sent_code, sms_fraud,
    trusted_device,
};

impl Load for AddApplication {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<bool> {
        let named = application::by_name(reads, &self.name);
        Box::new(move |answers| Ok(answers.get(&named)?.is_some()))
    }
}

impl Load for AddApiKey {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<Option<Application>> {
        let named = application::by_name(reads, &self.application);
        Box::new(move |answers| answers.get(&named))
    }
}

impl Load for ChangeApplication {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<ApplicationView> {
        let (application, return_urls) = match &self.application {
            Named::Id(id) => (application::locked(reads, *id), hosted::return_urls_of(reads, *id)),
            Named::Name(name) => (application::locked_by_name(reads, name), hosted::return_urls(reads, name)),
        };
        application_view(application, return_urls)
    }
}

impl Load for TryApplication {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<ApplicationView> {
        let (application, return_urls) = match &self.application {
            Named::Id(id) => (application::by_id(reads, *id), hosted::return_urls_of(reads, *id)),
            Named::Name(name) => (application::by_name(reads, name), hosted::return_urls(reads, name)),
        };
        application_view(application, return_urls)
    }
}

impl Load for ReadApplication {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<ApplicationView> {
        application_view(application::by_id(reads, self.id), hosted::return_urls_of(reads, self.id))
    }
}

fn application_view(
    application: Handle<Option<Application>>,
    return_urls: Handle<Vec<ReturnUrl>>,
) -> Assemble<ApplicationView> {
    Box::new(move |answers| {
        Ok(ApplicationView { application: answers.get(&application)?, return_urls: answers.get(&return_urls)? })
    })
}

impl Load for RevokeApiKey {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<Option<ApiKey>> {
        let key = application::locked_key(reads, self.key);
        Box::new(move |answers| answers.get(&key))
    }
}

/// The command's own reads come first, for its lock does: the key and the kept answer are seen as they are under it.
impl<C: Load> Load for ByKey<C> {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<ByKeyView<C::View>> {
        let view = self.command.load(reads);
        let key = application::key(reads, self.holder.key);
        let application = application::by_id(reads, self.holder.application);
        let once = self.once.as_ref();
        let kept = once.map(|(once, _)| kept_answer::by_key(reads, self.holder.application, &once.key));
        Box::new(move |answers| {
            Ok(ByKeyView {
                key: answers.get(&key)?,
                application: answers.get(&application)?,
                kept: kept.as_ref().map_or(Ok(None), |kept| answers.get(kept))?,
                view: view(answers)?,
            })
        })
    }
}

/// How a mentioned user is found.
fn key(user: &Mentioned) -> String {
    user.id.key()
}

impl Load for RequestChallenge {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<RequestView> {
        let (id, key) = (self.user.application, key(&self.user));
        let person = Whose::Email(id, &key);
        let account = locked(reads, &person);
        let application = application::by_id(reads, id);
        let factors = factor::of_email(reads, id, &key);
        let challenges = challenge::open_of_email(reads, id, &key);
        let device = self.device.as_ref().map(|token| trusted_device::by_family(reads, &token.family()));
        let codes = sent_code::recent(reads, &person);
        let days = sent_code::days_of_email(reads, id, &key);
        let sms = sms_fraud::usage_for_email(reads, id, &key, &self.origin);
        let recovery_codes = recovery_code::count_unused_of_key(reads, id, &key);
        let may_return = self.hosted.as_ref().map(|wish| hosted::may_return(reads, id, &wish.return_url));
        Box::new(move |answers| {
            Ok(RequestView {
                application: answers.get(&application)?,
                account: answers.get(&account)?,
                factors: answers.get(&factors)?,
                challenges: answers.get(&challenges)?,
                device: device.as_ref().map_or(Ok(None), |device| answers.get(device))?,
                sends: Sends { codes: answers.get(&codes)?, days: answers.get(&days)?, sms: answers.get(&sms)? },
                recovery_codes: answers.get(&recovery_codes)?,
                may_return: may_return.as_ref().map_or(Ok(false), |may| answers.get(may))?,
            })
        })
    }
}

impl Load for ReadAsked {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<ChallengeView> {
        let person = Whose::Asked(self.id);
        let account = unlocked(reads, &person);
        let challenge = challenge::by_id(reads, self.id);
        let factors = factor::of_asked(reads, self.id);
        let codes = sent_code::recent(reads, &person);
        let days = sent_code::days_of_asked(reads, self.id);
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

impl Load for CancelAsked {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<CancelView> {
        let account = locked(reads, &Whose::Asked(self.id));
        let challenge = challenge::by_id(reads, self.id);
        Box::new(move |answers| Ok(CancelView { account: answers.get(&account)?, challenge: answers.get(&challenge)? }))
    }
}

impl Load for AnswerAsked {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<AnswerView> {
        let account = locked(reads, &Whose::Asked(self.id));
        let challenge = challenge::by_id(reads, self.id);
        let factors = factor::of_asked(reads, self.id);
        let recovery_codes = recovery_code::of_asked(reads, self.id);
        let devices = self.trust.then(|| trusted_device::of_asked(reads, self.id));
        let sent_codes = sent_code::of_scope(reads, Scope::Login(self.id));
        let application = application::by_id(reads, self.application);
        let reset_request = reset_request::of_asked(reads, self.id);
        Box::new(move |answers| {
            let verify = VerifyView {
                reset_request: answers.get(&reset_request)?,
                browsers: vec![],
                account: answers.get(&account)?,
                challenge: answers.get(&challenge)?,
                factors: answers.get(&factors)?,
                recovery_codes: answers.get(&recovery_codes)?,
                devices: devices.as_ref().map_or(Ok(Vec::new()), |devices| answers.get(devices))?,
                sent_codes: answers.get(&sent_codes)?,
            };
            Ok(AnswerView { verify, application: answers.get(&application)? })
        })
    }
}

impl Load for ImportFactor {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<ImportView> {
        let (id, key) = (self.user.application, key(&self.user));
        let account = locked(reads, &Whose::Email(id, &key));
        let factors = factor::of_email(reads, id, &key);
        Box::new(move |answers| Ok(ImportView { account: answers.get(&account)?, factors: answers.get(&factors)? }))
    }
}

impl Load for OpenImport {
    fn load(&self, _: &mut Reads<'_>) -> Assemble<()> {
        Box::new(|_| Ok(()))
    }
}

impl Load for Mention {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<Option<Account>> {
        let account = locked(reads, &Whose::Email(self.user.application, &key(&self.user)));
        Box::new(move |answers| answers.get(&account))
    }
}

impl Load for FindUser {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<Option<Account>> {
        let account = unlocked(reads, &Whose::Email(self.application, &self.id.key()));
        Box::new(move |answers| answers.get(&account))
    }
}
