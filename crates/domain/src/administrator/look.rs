//! Looks: what administrators see of others is written down before they see it, on their own chain. A key has none: its looks
//! stand unchained, under its id.

use super::key::{self, AdminKey, AdminScope};
use super::{Role, admit};
use crate::audit::{AuditAction, AuditEntry};
use crate::command::{Context, Decide, Origin};
use crate::decision::{Change, Decision, Refusal};
use crate::ids::{AdminKeyId, PersonId, UserId};
use crate::secret::Broken;
use crate::session::{Admitted, Bearer, Session};
use crate::user::Account;

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// People whose address or id begins so. What was searched for is not written down: it names somebody.
    Search,
    /// One person.
    Person(UserId),
    /// A list over many people, by its name.
    List(&'static str),
}

impl Sight {
    /// Whether there is anything to see, and the entry about it.
    fn told(self, person: Option<PersonId>, entry: impl Fn(bool) -> AuditEntry) -> (Result<(), Refusal>, AuditEntry) {
        match (self, person) {
            (Self::Search, _) => (Ok(()), entry(true).because("search")),
            (Self::List(name), _) => (Ok(()), entry(true).because(name)),
            (Self::Person(_), Some(person)) => (Ok(()), entry(true).about("person", person.uuid())),
            (Self::Person(_), None) => (Err(Refusal::NotFound), entry(false).because("no_such_person")),
        }
    }
}

/// Asks to look.
#[derive(Debug)]
pub struct Look {
    /// Who.
    pub bearer: Bearer,
    /// At what.
    pub at: Sight,
    /// Where from.
    pub origin: Origin,
}

/// What is read.
#[derive(Debug)]
pub struct LookView {
    /// The administrator.
    pub account: Option<Account>,
    /// The administrator's session.
    pub session: Option<Session>,
    /// The pseudonym of the person looked at, where it is one and there is such a person.
    pub person: Option<PersonId>,
}

impl Decide for Look {
    type View = LookView;
    type Reply = ();

    fn decide(&self, view: LookView, context: &mut Context<'_>) -> Result<Decision<()>, Broken> {
        let admitted = admit(&self.bearer, view.account, view.session, Role::Viewer, context);
        let (Admitted { mut account, moment, .. }, _) = match admitted {
            Ok(admitted) => admitted,
            Err(refusal) => return Ok(Decision::new(Err(refusal), context.clock)),
        };
        let now = moment.now;
        let alarms = account.seen(moment, &self.origin, context.policy);
        let (reply, entry) =
            self.at.told(view.person, |success| account.entry(AuditAction::Looked, success, &self.origin));
        Ok(Decision::new(reply, now)
            .on_chain_of(&account)
            .audit_all(alarms)
            .audit(entry)
            .change(Change::SaveSettings(account.user.id, account.settings)))
    }
}

/// Asks to look, with a key.
#[derive(Debug)]
pub struct LookByKey {
    /// Which.
    pub key: AdminKeyId,
    /// At what.
    pub at: Sight,
    /// Where from.
    pub origin: Origin,
}

/// What is read.
#[derive(Debug)]
pub struct LookByKeyView {
    /// The key.
    pub key: Option<AdminKey>,
    /// The pseudonym of the person looked at, where it is one and there is such a person.
    pub person: Option<PersonId>,
}

impl Decide for LookByKey {
    type View = LookByKeyView;
    type Reply = ();

    fn decide(&self, view: LookByKeyView, context: &mut Context<'_>) -> Result<Decision<()>, Broken> {
        let now = context.clock;
        let key = match AdminKey::admit(view.key, AdminScope::Read, now) {
            Ok(key) => key,
            Err(refusal) => return Ok(Decision::new(Err(refusal), now)),
        };
        let origin = Origin { actor: Some(key::actor(key.id)), ..self.origin.clone() };
        let (reply, entry) = self.at.told(view.person, |success| key::entry(AuditAction::Looked, success, &origin));
        let mut decision = Decision::new(reply, now).audit(entry);
        decision.changes.extend(key.used(now));
        Ok(decision)
    }
}
