//! What the commands of and about administrators read.

use domain::administrator::bypass::GiveBypassCode;
use domain::administrator::grant::{GrantRole, GrantView, RevokeRole};
use domain::administrator::help::{Help, HelpByKey, HelpByKeyView, HelpView};
use domain::administrator::key::{AddAdminKey, AdminKey, RevokeAdminKey};
use domain::administrator::look::{Look, LookByKey, LookByKeyView, LookView, Sight};
use domain::administrator::person::{LookedAt, PersonByKeyView, PersonView, ReadPerson, ReadPersonByKey};
use domain::administrator::reset_request::{AskReset, ResetView, StepReset, StopReset, StopView};
use domain::administrator::{Enter, EnterView};
use domain::ids::{ApplicationId, PersonId, UserId};
use domain::session::Bearer;
use domain::user::Account;

use crate::load::{Assemble, Handle, Load, Reads, optional};
use crate::user::{Whose, locked, locked_by_reset_request, locked_by_stop_link, unlocked};
use crate::{admin_key, factor, outbox, params, recovery_code, reset_request, session, trusted_device};

impl Load for Enter {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<EnterView> {
        let account = unlocked(reads, &Whose::Id(self.bearer.user));
        let session = session::by_id(reads, self.bearer.session);
        let factors = factor::of_user(reads, self.bearer.user);
        Box::new(move |answers| {
            Ok(EnterView {
                account: answers.get(&account)?,
                session: answers.get(&session)?,
                factors: answers.get(&factors)?,
            })
        })
    }
}

impl Load for Look {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<LookView> {
        let account = locked(reads, &Whose::Id(self.bearer.user));
        let session = session::by_id(reads, self.bearer.session);
        let person = seen(reads, self.at);
        Box::new(move |answers| {
            Ok(LookView {
                account: answers.get(&account)?,
                session: answers.get(&session)?,
                person: person.as_ref().map_or(Ok(None), |person| answers.get(person))?,
            })
        })
    }
}

impl Load for LookByKey {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<LookByKeyView> {
        let key = admin_key::by_id(reads, self.key);
        let person = seen(reads, self.at);
        Box::new(move |answers| {
            Ok(LookByKeyView {
                key: answers.get(&key)?,
                person: person.as_ref().map_or(Ok(None), |person| answers.get(person))?,
            })
        })
    }
}

/// The pseudonym of the person looked at, where it is one.
fn seen(reads: &mut Reads<'_>, at: Sight) -> Option<Handle<Option<PersonId>>> {
    match at {
        Sight::Search | Sight::List(_) => None,
        Sight::Person(user) => {
            Some(reads.read("SELECT person_id FROM users WHERE id = $1", params![user.uuid()], |rows| {
                optional(rows, |row| Ok(PersonId::from_uuid(row.get(0)?)))
            }))
        }
    }
}

impl Load for ReadPerson {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<PersonView> {
        let account = unlocked(reads, &Whose::Id(self.bearer.user));
        let session = session::by_id(reads, self.bearer.session);
        let looked_at = looked_at(reads, self.user);
        Box::new(move |answers| {
            Ok(PersonView {
                account: answers.get(&account)?,
                session: answers.get(&session)?,
                looked_at: looked_at(answers)?,
            })
        })
    }
}

impl Load for ReadPersonByKey {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<PersonByKeyView> {
        let key = admin_key::by_id(reads, self.key);
        let looked_at = looked_at(reads, self.user);
        Box::new(move |answers| Ok(PersonByKeyView { key: answers.get(&key)?, looked_at: looked_at(answers)? }))
    }
}

/// A person, and what is theirs.
fn looked_at(reads: &mut Reads<'_>, user: UserId) -> Assemble<LookedAt> {
    let person = unlocked(reads, &Whose::Id(user));
    let application = reads.read(
        "SELECT p.name FROM applications p JOIN users u ON u.application_id = p.id WHERE u.id = $1",
        params![user.uuid()],
        |rows| optional(rows, |row| row.get(0)),
    );
    let factors = factor::of_user(reads, user);
    let recovery_codes = recovery_code::count_unused(reads, user);
    let bypass = recovery_code::bypass_of(reads, user);
    let devices = trusted_device::of_user(reads, user);
    let sessions = session::live_page(reads, user, None);
    let waiting = outbox::waiting_for(reads, user);
    Box::new(move |answers| {
        Ok(LookedAt {
            person: answers.get(&person)?,
            application: answers.get(&application)?,
            factors: answers.get(&factors)?,
            recovery_codes: answers.get(&recovery_codes)?,
            bypass: answers.get(&bypass)?,
            devices: answers.get(&devices)?,
            sessions: answers.get(&sessions)?,
            waiting: answers.get(&waiting)?,
        })
    })
}

impl Load for AddAdminKey {
    fn load(&self, _: &mut Reads<'_>) -> Assemble<()> {
        Box::new(|_| Ok(()))
    }
}

impl Load for RevokeAdminKey {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<Option<AdminKey>> {
        let key = admin_key::locked(reads, self.key);
        Box::new(move |answers| answers.get(&key))
    }
}

impl Load for Help {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<HelpView> {
        help(reads, self.user, &self.bearer)
    }
}

impl Load for HelpByKey {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<HelpByKeyView> {
        let person = locked(reads, &Whose::Id(self.user));
        let key = admin_key::by_id(reads, self.key);
        let factors = factor::of_user(reads, self.user);
        Box::new(move |answers| {
            Ok(HelpByKeyView {
                key: answers.get(&key)?,
                person: answers.get(&person)?,
                factors: answers.get(&factors)?,
            })
        })
    }
}

impl Load for GiveBypassCode {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<HelpView> {
        help(reads, self.user, &self.bearer)
    }
}

fn help(reads: &mut Reads<'_>, user: UserId, bearer: &Bearer) -> Assemble<HelpView> {
    // The person's row is locked, since the act is theirs; that of the administrator is only read.
    let person = locked(reads, &Whose::Id(user));
    let account = unlocked(reads, &Whose::Id(bearer.user));
    let session = session::by_id(reads, bearer.session);
    let factors = factor::of_user(reads, user);
    Box::new(move |answers| {
        Ok(HelpView {
            account: answers.get(&account)?,
            session: answers.get(&session)?,
            person: answers.get(&person)?,
            factors: answers.get(&factors)?,
        })
    })
}

impl Load for AskReset {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<ResetView> {
        let person = locked(reads, &Whose::Id(self.user));
        let account = unlocked(reads, &Whose::Id(self.bearer.user));
        let session = session::by_id(reads, self.bearer.session);
        let factors = factor::of_user(reads, self.user);
        let request = reset_request::of_user(reads, self.user);
        Box::new(move |answers| {
            Ok(ResetView {
                account: answers.get(&account)?,
                session: answers.get(&session)?,
                person: answers.get(&person)?,
                factors: answers.get(&factors)?,
                request: answers.get(&request)?,
            })
        })
    }
}

impl Load for StepReset {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<ResetView> {
        let person = locked_by_reset_request(reads, self.request);
        let account = unlocked(reads, &Whose::Id(self.bearer.user));
        let session = session::by_id(reads, self.bearer.session);
        let factors = factor::of_reset_request(reads, self.request);
        let request = reset_request::by_id(reads, self.request);
        Box::new(move |answers| {
            Ok(ResetView {
                account: answers.get(&account)?,
                session: answers.get(&session)?,
                person: answers.get(&person)?,
                factors: answers.get(&factors)?,
                request: answers.get(&request)?,
            })
        })
    }
}

impl Load for StopReset {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<StopView> {
        let account = locked_by_stop_link(reads, &self.token);
        let request = reset_request::by_token(reads, &self.token);
        Box::new(move |answers| Ok(StopView { account: answers.get(&account)?, request: answers.get(&request)? }))
    }
}

impl Load for GrantRole {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<GrantView> {
        let key = self.email.key();
        let account = locked(reads, &Whose::Email(ApplicationId::DEFAULT, &key));
        let factors = factor::of_email(reads, ApplicationId::DEFAULT, &key);
        Box::new(move |answers| Ok(GrantView { account: answers.get(&account)?, factors: answers.get(&factors)? }))
    }
}

impl Load for RevokeRole {
    fn load(&self, reads: &mut Reads<'_>) -> Assemble<Option<Account>> {
        let account = locked(reads, &Whose::Email(ApplicationId::DEFAULT, &self.email.key()));
        Box::new(move |answers| answers.get(&account))
    }
}
