//! Looks: what administrators see of others is written down before they see it, on their own chain.

use super::{Role, admit};
use crate::audit::{AuditAction, AuditEntry, Detail};
use crate::command::{Context, Decide, Origin};
use crate::decision::{Change, Decision, Refusal};
use crate::ids::{PersonId, UserId};
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
        let entry = |success| account.entry(AuditAction::Looked, success, &self.origin);
        let (reply, entry) = match (self.at, view.person) {
            (Sight::Search, _) => (Ok(()), entry(true).because("search")),
            (Sight::List(name), _) => (Ok(()), entry(true).because(name)),
            (Sight::Person(_), Some(person)) => {
                (Ok(()), AuditEntry { detail: Detail::Subject("person", person.uuid()), ..entry(true) })
            }
            (Sight::Person(_), None) => (Err(Refusal::NotFound), entry(false).because("no_such_person")),
        };
        Ok(Decision::new(reply, now)
            .on_chain_of(&account)
            .audit_all(alarms)
            .audit(entry)
            .change(Change::SaveSettings(account.user.id, account.settings)))
    }
}
