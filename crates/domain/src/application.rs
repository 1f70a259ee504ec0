//! Applications that keep their own users and passwords and ask for a second factor, and the keys they ask with.
//!
//! An application sees its own users only. Its *test world* is an application of its own that points at it, so that a user, a
//! challenge or an answer of one cannot be met in the other, whatever is asked.

pub mod audit;
pub mod challenge;
pub mod contact;
pub mod factor;
pub mod hosted;
pub mod idempotency;
pub mod keyed;
pub mod receipt;
pub mod return_url;
pub mod rules;
pub mod visit;
pub mod webhook;

use std::fmt;

use self::rules::{Rules, SecondFactor};
use crate::audit::{AuditAction, AuditEntry, Detail};
use crate::command::{Context, Decide, Origin};
use crate::decision::{Change, Decision, Refusal};
use crate::ids::{ApiKeyId, ApplicationId};
use crate::secret::{Broken, SecretText, TokenHash, new_token};
use crate::time::Timestamp;

/// A relying application, or its test world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// Which.
    pub id: ApplicationId,
    /// What its operator calls it.
    pub name: String,
    /// What people see instead.
    pub display_name: Option<String>,
    /// Whose test world it is.
    pub test_of: Option<ApplicationId>,
    /// What it wants of its users' second factor.
    pub rules: Rules,
    /// When it was added.
    pub created_at: Timestamp,
}

impl Application {
    /// What people see.
    pub fn shown(&self) -> &str {
        self.display_name.as_deref().unwrap_or(&self.name)
    }

    /// What the test world of an application is called: no application can be called so.
    pub fn test_name(name: &str) -> String {
        format!("{name} (test)")
    }

    /// Whether an application may be called so: 1 to 64 letters, digits, dots, dashes and underscores of ASCII.
    pub fn name_fits(name: &str) -> bool {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        (1..=64).contains(&name.len()) && name.bytes().all(fits)
    }
}

/// What an application calls one of its users. It may be an address, and stays out of logs.
#[derive(Clone, PartialEq, Eq)]
pub struct ExternalId(String);

impl ExternalId {
    /// What stands before it where users are found: no address begins so, for none has a colon outside quotes.
    const PREFIX: &'static str = "id:";

    /// 1 to 128 characters, none of them a control character.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=128).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        fits.then(|| Self(text.to_owned()))
    }

    /// As the application said it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What the user is found by within the application.
    pub fn key(&self) -> String {
        format!("{}{}", Self::PREFIX, self.0)
    }

    /// From what a user is found by; `None` for users of our own sign-in.
    pub fn of_key(key: &str) -> Option<Self> {
        key.strip_prefix(Self::PREFIX).map(|id| Self(id.to_owned()))
    }
}

impl fmt::Debug for ExternalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ExternalId")
    }
}

/// What a key lets its application do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyScope {
    /// Ask for challenges, and have them answered.
    Challenges,
    /// Manage the second factor of its users.
    Users,
    /// Manage the application itself: where it is called, and what it is told.
    Application,
}

impl KeyScope {
    /// All of them: what a key may do unless said otherwise.
    pub const ALL: [Self; 3] = [Self::Challenges, Self::Users, Self::Application];

    /// Its name on the command line and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Challenges => "challenges",
            Self::Users => "users",
            Self::Application => "application",
        }
    }

    /// Reads the name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text)
    }
}

/// A key of an application as stored: never the key itself.
#[derive(Clone, Debug)]
pub struct ApiKey {
    /// Which.
    pub id: ApiKeyId,
    /// Whose.
    pub application: ApplicationId,
    /// What it is found by.
    pub hash: TokenHash,
    /// What it is good for.
    pub scopes: Vec<KeyScope>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used, give or take ten minutes.
    pub last_used_at: Option<Timestamp>,
    /// Since when it is good no more.
    pub revoked_at: Option<Timestamp>,
}

/// What a key begins with: in the test world, and out of it.
const PREFIXES: [&str; 2] = ["tl_live_", "tl_test_"];

impl ApiKey {
    /// What to look a key up by; `None` when the text has not the form of one.
    pub fn parse(text: &str) -> Option<TokenHash> {
        let token = PREFIXES.iter().find_map(|prefix| text.strip_prefix(prefix))?;
        let fits = token.len() == 43 && token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        fits.then(|| TokenHash::of(text))
    }
}

fn entry(application: ApplicationId, action: AuditAction, origin: &Origin) -> AuditEntry {
    AuditEntry {
        person: None,
        user: None,
        application,
        action,
        success: true,
        method: None,
        device: None,
        detail: Detail::None,
        origin: origin.clone(),
    }
}

/// Adds an application, and its test world.
#[derive(Debug)]
pub struct AddApplication {
    /// What it is called.
    pub name: String,
    /// Whether every user has to have a second factor.
    pub required: bool,
    /// Who acts.
    pub origin: Origin,
}

impl Decide for AddApplication {
    /// Whether another one is called so.
    type View = bool;
    /// The application; `None` when the name is taken.
    type Reply = Option<ApplicationId>;

    fn decide(&self, taken: bool, context: &mut Context<'_>) -> Result<Decision<Option<ApplicationId>>, Broken> {
        let now = context.clock;
        if taken {
            return Ok(Decision::new(Ok(None), now));
        }
        let mut add = |name: String, test_of| {
            let id = ApplicationId::new(now, context.rng);
            let second_factor =
                if self.required { SecondFactor::Required { from: None } } else { SecondFactor::Optional };
            let rules = Rules { second_factor, ..Rules::default() };
            Application { id, name, display_name: None, test_of, rules, created_at: now }
        };
        let live = add(self.name.clone(), None);
        let test = add(Application::test_name(&self.name), Some(live.id));
        let entry = |id: ApplicationId| entry(id, AuditAction::ApplicationAdded, &self.origin);
        Ok(Decision::new(Ok(Some(live.id)), now)
            .audit(entry(live.id))
            .audit(entry(test.id))
            .change(Change::AddApplication(live))
            .change(Change::AddApplication(test)))
    }
}

/// Makes a key for an application.
#[derive(Debug)]
pub struct AddApiKey {
    /// For which: by its name, or that of its test world.
    pub application: String,
    /// What it is to be good for.
    pub scopes: Vec<KeyScope>,
    /// Who acts.
    pub origin: Origin,
}

impl Decide for AddApiKey {
    /// The application.
    type View = Option<Application>;
    /// The key's id, and the key: shown this once.
    type Reply = (ApiKeyId, SecretText);

    fn decide(
        &self,
        application: Option<Application>,
        context: &mut Context<'_>,
    ) -> Result<Decision<(ApiKeyId, SecretText)>, Broken> {
        let now = context.clock;
        // Our own users are not an application's to manage.
        let Some(application) = application.filter(|found| found.id != ApplicationId::DEFAULT) else {
            return Ok(Decision::new(Err(Refusal::NotFound), now));
        };
        let prefix = PREFIXES[usize::from(application.test_of.is_some())];
        let text = SecretText::new(format!("{prefix}{}", new_token(context.rng).expose()));
        let key = ApiKey {
            id: ApiKeyId::new(now, context.rng),
            application: application.id,
            hash: TokenHash::of(text.expose()),
            scopes: self.scopes.clone(),
            created_at: now,
            last_used_at: None,
            revoked_at: None,
        };
        let entry = entry(application.id, AuditAction::ApiKeyAdded, &self.origin).about("api_key", key.id.uuid());
        Ok(Decision::new(Ok((key.id, text)), now).audit(entry).change(Change::AddApiKey(key)))
    }
}

/// Revokes a key, at once and for good.
#[derive(Debug)]
pub struct RevokeApiKey {
    /// Which.
    pub key: ApiKeyId,
    /// Who acts.
    pub origin: Origin,
}

impl Decide for RevokeApiKey {
    /// The key.
    type View = Option<ApiKey>;
    type Reply = ();

    fn decide(&self, key: Option<ApiKey>, context: &mut Context<'_>) -> Result<Decision<()>, Broken> {
        let now = context.clock;
        let Some(key) = key else { return Ok(Decision::new(Err(Refusal::NotFound), now)) };
        if key.revoked_at.is_some() {
            return Ok(Decision::new(Ok(()), now));
        }
        let entry = entry(key.application, AuditAction::ApiKeyRevoked, &self.origin).about("api_key", key.id.uuid());
        Ok(Decision::new(Ok(()), now).audit(entry).change(Change::RevokeApiKey(key.id)))
    }
}

#[cfg(test)]
mod tests;
