//! Trusted devices.

use domain::session::Bearer;
use domain::trusted_device::{ListTrustedDevices, RevokeTrustedDevices, TrustDevice, TrustedDevicesView};
use domain::user::Account;

use crate::load::{Assemble, Handle, Load, Reads};
use crate::user::{Whose, locked, unlocked};
use crate::{session, trusted_device};

fn devices_view(
    bearer: &Bearer,
    account: Handle<Option<Account>>,
    reads: &mut Reads<'_>,
) -> Assemble<TrustedDevicesView> {
    let session = session::by_id(reads, bearer.session);
    let devices = trusted_device::of_user(reads, bearer.user);
    Box::new(move |answers| {
        Ok(TrustedDevicesView {
            account: answers.get(&account)?,
            session: answers.get(&session)?,
            devices: answers.get(&devices)?,
        })
    })
}

impl Load for ListTrustedDevices {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<TrustedDevicesView> {
        let account = unlocked(reads, &Whose::Id(self.bearer.user));
        devices_view(&self.bearer, account, reads)
    }
}

impl Load for TrustDevice {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<TrustedDevicesView> {
        let account = locked(reads, &Whose::Id(self.bearer.user));
        devices_view(&self.bearer, account, reads)
    }
}

impl Load for RevokeTrustedDevices {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<TrustedDevicesView> {
        let account = locked(reads, &Whose::Id(self.bearer.user));
        devices_view(&self.bearer, account, reads)
    }
}
