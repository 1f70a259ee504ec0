//! Making and showing recovery codes.

use domain::factor::manage::FactorsView;
use domain::recovery_code::set::{DownloadRecoveryCodes, DownloadView, MakeRecoveryCodes, ShowRecoveryCodes};

use super::factor::factors_view;
use crate::load::{Assemble, Load, Reads};
use crate::user::{Whose, locked, unlocked};
use crate::{recovery_code, session};

impl Load for MakeRecoveryCodes {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<FactorsView> {
        factors_view(&self.bearer, reads)
    }
}

impl Load for DownloadRecoveryCodes {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<DownloadView> {
        let account = locked(reads, &Whose::Id(self.bearer.user));
        let session = session::by_id(reads, self.bearer.session);
        let kept = recovery_code::kept_of(reads, self.bearer.user);
        Box::new(move |answers| {
            Ok(DownloadView {
                account: answers.get(&account)?,
                session: answers.get(&session)?,
                kept: answers.get(&kept)?,
            })
        })
    }
}

impl Load for ShowRecoveryCodes {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<DownloadView> {
        let account = unlocked(reads, &Whose::Id(self.bearer.user));
        let session = session::by_id(reads, self.bearer.session);
        let kept = recovery_code::kept_of(reads, self.bearer.user);
        Box::new(move |answers| {
            Ok(DownloadView {
                account: answers.get(&account)?,
                session: answers.get(&session)?,
                kept: answers.get(&kept)?,
            })
        })
    }
}
