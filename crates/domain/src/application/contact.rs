//! What an application tells of its users: how they can be reached, and what they are called. A user comes to be at the first
//! mention.

use super::ExternalId;
use crate::audit::AuditAction;
use crate::command::{Context, Decide, Origin};
use crate::decision::{Change, Decision, Refusal};
use crate::destination::{Destination, PhoneNumber};
use crate::ids::{ApplicationId, UserId};
use crate::message::MessageKind;
use crate::notice;
use crate::secret::{Broken, KeyRing, Sealed};
use crate::signup::NewUser;
use crate::time::Timestamp;
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
            // The account still has the old address: that is where this goes.
            let told = notice::notice(MessageKind::EmailChanged, &account, origin, moment.now, context, |_| {});
            decision = decision.change(Change::SetEmail(user.id, email.clone())).change(untrusted);
            decision = decision.audit(changed).audit(entry).send(told);
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

/// Makes a user known, or tells of one who is.
#[derive(Debug)]
pub struct Mention {
    /// Who.
    pub user: Mentioned,
    /// Who acts.
    pub origin: Origin,
}

impl Decide for Mention {
    /// The person, if they were mentioned before.
    type View = Option<Account>;
    type Reply = UserId;

    fn decide(&self, known: Option<Account>, context: &mut Context<'_>) -> Result<Decision<UserId>, Broken> {
        let (account, decision) = self.user.meet(known, &self.origin, context)?;
        let user = account.user.id;
        Ok(decision.change(Change::SaveSettings(user, account.settings)).map(|()| user))
    }
}

/// Asks for a user by what the application calls them. Changes nothing.
#[derive(Debug)]
pub struct FindUser {
    /// Of which application.
    pub application: ApplicationId,
    /// What it calls them.
    pub id: ExternalId,
}

/// A user who was found.
#[derive(Debug)]
pub struct FoundUser {
    /// Who.
    pub user: UserId,
    /// Their address.
    pub email: Option<Email>,
    /// Their number.
    pub phone: Option<PhoneNumber>,
    /// Their name.
    pub name: Option<String>,
    /// When they were first mentioned.
    pub created_at: Timestamp,
}

impl Decide for FindUser {
    /// The person, if they were mentioned before.
    type View = Option<Account>;
    type Reply = FoundUser;

    fn decide(&self, account: Option<Account>, context: &mut Context<'_>) -> Result<Decision<FoundUser>, Broken> {
        let found = account.filter(|account| account.user.disabled_at.is_none());
        let Some(Account { user, .. }) = found else {
            return Ok(Decision::new(Err(Refusal::NotFound), context.clock));
        };
        let phone = user.phone(context.keys)?;
        let email = Some(user.email).filter(|email| !email.is_none());
        let reply = FoundUser { user: user.id, email, phone, name: user.name, created_at: user.created_at };
        Ok(Decision::new(Ok(reply), context.clock))
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
