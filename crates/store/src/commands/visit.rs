//! What the commands of visits read.

use domain::application::visit::{
    AskVisit, AskVisitView, AtVisit, AtVisitView, OpenVisit, OpenVisitView, RecognizeVisit, RecognizeVisitView,
};
use domain::user::EmailKey;

use super::link_view;
use crate::load::{Assemble, Load, Reads};
use crate::user::{Whose, locked, unlocked};
use crate::{application, factor, hosted, session};

impl Load for AskVisit {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<AskVisitView> {
        let account = locked(reads, &Whose::Email(self.application, &EmailKey::of_id(&self.user)));
        let may_return = hosted::may_return(reads, self.application, &self.return_url);
        Box::new(move |answers| {
            Ok(AskVisitView { account: answers.get(&account)?, may_return: answers.get(&may_return)? })
        })
    }
}

impl Load for OpenVisit {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<OpenVisitView> {
        let link = link_view(&self.token, reads);
        let factors = factor::of_link(reads, &self.token);
        Box::new(move |answers| Ok(OpenVisitView { link: link(answers)?, factors: answers.get(&factors)? }))
    }
}

impl Load for RecognizeVisit {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<RecognizeVisitView> {
        let family = self.token.family();
        let account = unlocked(reads, &Whose::Family(family));
        let session = session::by_family(reads, &family);
        let application = application::of_session(reads, &family);
        Box::new(move |answers| {
            Ok(RecognizeVisitView {
                account: answers.get(&account)?,
                session: answers.get(&session)?,
                application: answers.get(&application)?,
            })
        })
    }
}

/// The command's own reads come first, for its lock does.
impl<C: Load> Load for AtVisit<C> {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<AtVisitView<C::View>> {
        let view = self.command.load(reads);
        let application = application::by_id(reads, self.application);
        Box::new(move |answers| Ok(AtVisitView { application: answers.get(&application)?, view: view(answers)? }))
    }
}
