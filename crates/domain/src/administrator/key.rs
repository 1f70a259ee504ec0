//! Keys of the administration: for programs that do what administrators do at the pages.
//!
//! A key stands for a role, and is none: it signs in nowhere, and what it did is written down under its own id. Keys of
//! applications open nothing here, and these open nothing of theirs: neither has the form of the other.

use super::Role;
use crate::audit::{AuditAction, AuditEntry, Detail};
use crate::command::{Context, Decide, Origin};
use crate::decision::{Change, Decision, Refusal};
use crate::ids::{AdminKeyId, ApplicationId};
use crate::secret::{Broken, SecretText, TokenHash, new_token};
use crate::time::{Duration, Timestamp};

/// How exactly the last use of a key is known: more would be one write with every call.
const USE_NOTED: Duration = Duration::from_mins(10);

/// What a key lets its holder do. Each may do what those before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AdminScope {
    /// Look, and change nothing.
    Read,
    /// Do for people what only closes doors, or has waiting messages tried.
    Support,
    /// Take away what guards somebody, too: their lock, their number, their second factor.
    Administer,
}

impl AdminScope {
    /// All of them, the least first.
    pub const ALL: [Self; 3] = [Self::Read, Self::Support, Self::Administer];

    /// Its name on the command line and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Support => "support",
            Self::Administer => "administer",
        }
    }

    /// Reads the name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text)
    }

    /// Whose rules hold for it.
    pub const fn role(self) -> Role {
        match self {
            Self::Read => Role::Viewer,
            Self::Support => Role::Support,
            Self::Administer => Role::Administrator,
        }
    }
}

/// A key as stored: never the key itself.
#[derive(Clone, Debug)]
pub struct AdminKey {
    /// Which.
    pub id: AdminKeyId,
    /// What its operator calls it.
    pub name: String,
    /// What it is found by.
    pub hash: TokenHash,
    /// What it is good for.
    pub scope: AdminScope,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends; never where nobody said.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, give or take ten minutes.
    pub last_used_at: Option<Timestamp>,
    /// Since when it is good no more.
    pub revoked_at: Option<Timestamp>,
}

/// What a key begins with.
const PREFIX: &str = "tl_admin_";

/// What stands before the id of a key, where one acted.
pub(super) const ACTOR: &str = "admin_key:";

/// What stands for a key in the audit log.
pub fn actor(key: AdminKeyId) -> String {
    format!("{ACTOR}{key}")
}

impl AdminKey {
    /// What to look a key up by; `None` when the text has not the form of one.
    pub fn parse(text: &str) -> Option<TokenHash> {
        let token = text.strip_prefix(PREFIX)?;
        let fits = token.len() == 43 && token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        fits.then(|| TokenHash::of(text))
    }

    /// Whether a key may be called so: 1 to 64 characters, none of them a control character.
    pub fn name_fits(name: &str) -> bool {
        (1..=64).contains(&name.chars().count()) && !name.chars().any(char::is_control)
    }

    /// Whether it is good at `now`.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }

    /// Finds the key that commands, or refuses.
    ///
    /// # Errors
    /// Where there is none, it is good no more, or not for this.
    pub(super) fn admit(key: Option<Self>, least: AdminScope, now: Timestamp) -> Result<Self, Refusal> {
        let key = key.filter(|key| key.is_live(now)).ok_or(Refusal::ApiKeyInvalid)?;
        if key.scope < least { Err(Refusal::RoleRequired(least.role())) } else { Ok(key) }
    }

    /// What notes that it was used, where that is not known well enough.
    pub(super) fn used(&self, now: Timestamp) -> Option<Change> {
        let noted = self.last_used_at.is_some_and(|last| now.since(last) < USE_NOTED);
        (!noted).then_some(Change::UseAdminKey(self.id))
    }
}

/// An entry on nobody's chain.
pub(super) fn entry(action: AuditAction, success: bool, origin: &Origin) -> AuditEntry {
    AuditEntry {
        person: None,
        user: None,
        application: ApplicationId::DEFAULT,
        action,
        success,
        method: None,
        device: None,
        detail: Detail::None,
        origin: origin.clone(),
    }
}

/// Makes a key.
#[derive(Debug)]
pub struct AddAdminKey {
    /// What it is to be called.
    pub name: String,
    /// What it is to be good for.
    pub scope: AdminScope,
    /// When it is to end.
    pub expires_at: Option<Timestamp>,
    /// Who acts.
    pub origin: Origin,
}

impl Decide for AddAdminKey {
    /// Nothing is read.
    type View = ();
    /// The key, shown this once; `None` where it would be over already.
    type Reply = Option<SecretText>;

    fn decide(&self, (): (), context: &mut Context<'_>) -> Result<Decision<Option<SecretText>>, Broken> {
        let now = context.clock;
        if self.expires_at.is_some_and(|end| end <= now) {
            return Ok(Decision::new(Ok(None), now));
        }
        let text = SecretText::new(format!("{PREFIX}{}", new_token(context.rng).expose()));
        let key = AdminKey {
            id: AdminKeyId::new(now, context.rng),
            name: self.name.clone(),
            hash: TokenHash::of(text.expose()),
            scope: self.scope,
            created_at: now,
            expires_at: self.expires_at,
            last_used_at: None,
            revoked_at: None,
        };
        let entry = entry(AuditAction::AdminKeyAdded, true, &self.origin).about("admin_key", key.id.uuid());
        Ok(Decision::new(Ok(Some(text)), now).audit(entry).change(Change::AddAdminKey(key)))
    }
}

/// Revokes a key, at once and for good.
#[derive(Debug)]
pub struct RevokeAdminKey {
    /// Which.
    pub key: AdminKeyId,
    /// Who acts.
    pub origin: Origin,
}

impl Decide for RevokeAdminKey {
    /// The key.
    type View = Option<AdminKey>;
    type Reply = ();

    fn decide(&self, key: Option<AdminKey>, context: &mut Context<'_>) -> Result<Decision<()>, Broken> {
        let now = context.clock;
        let Some(key) = key else { return Ok(Decision::new(Err(Refusal::NotFound), now)) };
        if key.revoked_at.is_some() {
            return Ok(Decision::new(Ok(()), now));
        }
        let entry = entry(AuditAction::AdminKeyRevoked, true, &self.origin).about("admin_key", key.id.uuid());
        Ok(Decision::new(Ok(()), now).audit(entry).change(Change::RevokeAdminKey(key.id)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Lab, origin, summary};

    fn add(expires_at: Option<Timestamp>) -> AddAdminKey {
        AddAdminKey { name: "runbook".to_owned(), scope: AdminScope::Support, expires_at, origin: origin() }
    }

    #[test]
    fn a_key_is_told_once_and_has_a_form_of_its_own() {
        let mut lab = Lab::new();
        let decision = lab.decide(&add(None), ()).unwrap();
        insta::assert_snapshot!(summary(&decision), @r"
        yes
        change AddAdminKey, scope support
        audit admin_key_added done admin_key, unchained
        ");
        let [Change::AddAdminKey(key)] = &decision.changes[..] else { panic!("{decision:?}") };
        let (stored, text) = (key.hash, format!("{decision:?}"));
        let made = decision.reply.unwrap().unwrap();
        assert_eq!(AdminKey::parse(made.expose()).map(|hash| hash.0), Some(stored.0));
        assert!(crate::application::ApiKey::parse(made.expose()).is_none(), "no application has such a key");
        assert!(!text.contains(made.expose()));
        let theirs = made.expose().replace(PREFIX, "tl_live_");
        assert!(AdminKey::parse(&theirs).is_none() && AdminKey::parse(&format!("{}A", made.expose())).is_none());
    }

    #[test]
    fn a_key_ends_when_it_was_said_to_and_is_not_made_for_the_past() {
        let mut lab = Lab::new();
        let end = lab.clock + Duration::from_days(1);
        let decision = lab.decide(&add(Some(end)), ()).unwrap();
        let [Change::AddAdminKey(key)] = &decision.changes[..] else { panic!("{decision:?}") };
        let admit = |at| AdminKey::admit(Some(key.clone()), AdminScope::Read, at).map(|_| ());
        assert_eq!(admit(end + Duration::from_micros(-1)), Ok(()));
        assert_eq!(admit(end), Err(Refusal::ApiKeyInvalid));
        let past = lab.decide(&add(Some(lab.clock)), ()).unwrap();
        assert!(past.reply.unwrap().is_none() && past.changes.is_empty() && past.audit.is_empty());
    }

    #[test]
    fn a_key_is_revoked_once_and_does_no_more_than_its_scope() {
        let mut lab = Lab::new();
        let decision = lab.decide(&add(None), ()).unwrap();
        let [Change::AddAdminKey(key)] = &decision.changes[..] else { panic!("{decision:?}") };
        let admit = |key: &AdminKey, least| AdminKey::admit(Some(key.clone()), least, lab.clock).map(|_| ());
        assert_eq!(admit(key, AdminScope::Read), Ok(()));
        assert_eq!(admit(key, AdminScope::Support), Ok(()));
        assert_eq!(admit(key, AdminScope::Administer), Err(Refusal::RoleRequired(Role::Administrator)));
        let dead = AdminKey { revoked_at: Some(lab.clock), ..key.clone() };
        assert_eq!(admit(&dead, AdminScope::Read), Err(Refusal::ApiKeyInvalid));
        let revoke = RevokeAdminKey { key: key.id, origin: origin() };
        insta::assert_snapshot!(summary(&lab.decide(&revoke, Some(key.clone())).unwrap()), @r"
        yes
        change RevokeAdminKey
        audit admin_key_revoked done admin_key, unchained
        ");
        assert!(lab.decide(&revoke, Some(dead)).unwrap().changes.is_empty());
        assert_eq!(lab.decide(&revoke, None).unwrap().reply.unwrap_err(), Refusal::NotFound);
    }

    #[test]
    fn each_scope_has_the_rules_of_one_role() {
        let pairs = AdminScope::ALL.map(|scope| (AdminScope::parse(scope.as_str()), scope.role()));
        let roles = Role::ALL.into_iter().zip(AdminScope::ALL).map(|(role, scope)| (Some(scope), role));
        assert!(pairs.into_iter().eq(roles));
    }
}
