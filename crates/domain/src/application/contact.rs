//! What an application tells of its users: how they can be reached, and what they are called. A user comes to be at the first
//! mention.

use super::ExternalId;
use crate::audit::AuditAction;
use crate::command::{Context, Origin};
use crate::decision::{Change, Decision};
use crate::destination::{Destination, PhoneNumber};
use crate::ids::{ApplicationId, UserId};
use crate::secret::{Broken, KeyRing, Sealed};
use crate::signup::NewUser;
use crate::trusted_device::revoke_trust;
use crate::user::{Account, Email, PasswordHash, User};

/// A user as an application tells of them. What it does not tell stays as it was.
#[derive(Clone, Debug)]
pub struct Mentioned {
    /// Of which application.
    pub application: ApplicationId,
    /// What the application calls them.
    pub id: ExternalId,
    /// Where notices go.
    pub email: Option<Email>,
    /// Their number.
    pub phone: Option<PhoneNumber>,
    /// Their name.
    pub name: Option<String>,
}

impl Mentioned {
    /// The person, as known or as they come to be, with what changes by that. Entries are on their chain already.
    pub(crate) fn meet(
        &self,
        known: Option<Account>,
        origin: &Origin,
        context: &mut Context<'_>,
    ) -> Result<(Account, Decision<()>), Broken> {
        let Some(mut account) = known else { return Ok(self.create(origin, context)) };
        let moment = account.moment(context.clock, context.policy);
        let alarms = account.seen(moment, origin, context.policy);
        let mut decision = Decision::new(Ok(()), moment.now).on_chain_of(&account).audit_all(alarms);
        let user = &account.user;
        if let Some(email) = self.email.clone().filter(|email| email.as_str() != user.email.as_str()) {
            // Whoever could change the address could have taken the trusted browser along.
            let (untrusted, entry) = revoke_trust(&account, "email_changed", origin);
            let changed = account.entry(AuditAction::EmailChanged, true, origin);
            decision = decision.change(Change::SetEmail(user.id, email.clone())).change(untrusted);
            decision = decision.audit(changed).audit(entry);
            account.user.email = email;
        }
        let phone = account.user.phone(context.keys)?;
        let other =
            self.phone.clone().filter(|other| phone.as_ref().is_none_or(|known| known.as_str() != other.as_str()));
        if other.is_some() || (self.name.is_some() && self.name != account.user.name) {
            let id = account.user.id;
            if let Some(phone) = other {
                account.user.phone = Some(seal(phone, id, context));
            }
            account.user.name = self.name.clone().or(account.user.name);
            let (name, phone) = (account.user.name.clone(), account.user.phone.clone());
            decision = decision.change(Change::SetContact(id, name, phone));
        }
        Ok((account, decision))
    }

    fn create(&self, origin: &Origin, context: &mut Context<'_>) -> (Account, Decision<()>) {
        let new = NewUser {
            application: self.application,
            email: self.email.clone().unwrap_or_else(Email::none),
            password: PasswordHash::none(),
            action: AuditAction::UserCreated,
        };
        let (mut account, mut decision) = new.decide((), origin, context);
        let user = &mut account.user;
        user.external = Some(self.id.clone());
        user.name.clone_from(&self.name);
        user.email_verified_at = user.email_verified_at.filter(|_| self.email.is_some());
        user.phone = self.phone.clone().map(|phone| seal(phone, user.id, context));
        for change in &mut decision.changes {
            if let Change::AddUser(added, _) = change {
                added.clone_from(&Box::new(user.clone()));
            }
        }
        (account, decision)
    }
}

fn seal(phone: PhoneNumber, user: UserId, context: &mut Context<'_>) -> Sealed {
    Destination::Phone(phone).seal(&User::phone_place(user), context.keys, context.rng).sealed
}

impl User {
    /// The opened number.
    pub(crate) fn phone(&self, keys: &KeyRing) -> Result<Option<PhoneNumber>, Broken> {
        let Some(sealed) = &self.phone else { return Ok(None) };
        let sealed = crate::destination::SealedDestination { sealed: sealed.clone(), key: [0; 32] };
        match sealed.open(crate::factor::Method::Sms, &Self::phone_place(self.id), keys)? {
            Destination::Phone(number) => Ok(Some(number)),
            Destination::Email(_) => Ok(None),
        }
    }
}
