//! What an application wants of its users' second factor, within what the house allows: whether they have to have one and from
//! when on, by which kinds, how long a device is trusted, and what authenticators call the application.
//!
//! It can only be stricter than the house. Every command about its users is decided by [`Application::policy`].

pub mod outlook;

use std::borrow::Cow;

use super::Application;
use super::return_url::ReturnUrl;
use crate::audit::AuditAction;
use crate::command::{Context, Decide, Origin};
use crate::decision::{Change, Decision, Refusal};
use crate::factor::Method;
use crate::ids::ApplicationId;
use crate::policy::Policy;
use crate::secret::Broken;
use crate::time::{Duration, Timestamp};

/// As many days an application may say that devices are trusted.
pub const MOST_TRUST_DAYS: u32 = 365;

/// Whether every user has to have a second factor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SecondFactor {
    /// Who wants.
    #[default]
    Optional,
    /// Everybody, from a moment on or at once.
    Required {
        /// Until then there is grace.
        from: Option<Timestamp>,
    },
}

impl SecondFactor {
    /// Its name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Optional => "optional",
            Self::Required { .. } => "required",
        }
    }

    /// From when on it is required, where that is said.
    pub const fn from(self) -> Option<Timestamp> {
        match self {
            Self::Optional => None,
            Self::Required { from } => from,
        }
    }

    /// Whether somebody without a factor may pass at `now`, and until when.
    pub(crate) fn grace(self, now: Timestamp) -> Grace {
        match self {
            Self::Optional => Grace::Endless,
            Self::Required { from: Some(from) } if now < from => Grace::Until(from),
            Self::Required { .. } => Grace::Over,
        }
    }
}

/// How long somebody without a factor may pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Grace {
    /// Always.
    Endless,
    /// Before this moment.
    Until(Timestamp),
    /// No longer.
    Over,
}

/// What an application wants; what it does not say is as the house has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// Whether every user has to have a second factor.
    pub second_factor: SecondFactor,
    /// The kinds people may use, as far as the house allows them: it may be asked again to allow one.
    pub methods: Option<Vec<Method>>,
    /// How many days a device is trusted at most; none of them when zero.
    pub trust_days: Option<u32>,
    /// What authenticators call the application; what people see of it, unless said.
    pub issuer: Option<String>,
}

impl Application {
    /// The policy of the house, as strict as this application wants it.
    pub fn policy<'a>(&self, house: &'a Policy) -> Cow<'a, Policy> {
        let Rules { methods, trust_days, issuer, .. } = &self.rules;
        let issuer = issuer.as_ref().or(self.display_name.as_ref());
        if methods.is_none() && trust_days.is_none() && issuer.is_none() {
            return Cow::Borrowed(house);
        }
        let mut policy = house.clone();
        if let Some(issuer) = issuer {
            policy.issuer.clone_from(issuer);
        }
        if let Some(wanted) = methods {
            policy.methods.retain(|method| wanted.contains(method));
        }
        if let Some(days) = *trust_days {
            policy.trust_life = policy.trust_life.min(Duration::from_days(days.into()));
            policy.trusted_devices &= days > 0;
        }
        Cow::Owned(policy)
    }
}

/// Which application.
#[derive(Clone, Debug)]
pub enum Named {
    /// By its id.
    Id(ApplicationId),
    /// By its name, or that of its test world.
    Name(String),
}

/// What is to be different of an application; what is not said stays.
#[derive(Clone, Debug, Default)]
pub struct Difference {
    /// What people see; its own name when there is none.
    pub display_name: Option<Option<String>>,
    /// Whether every user has to have a second factor.
    pub second_factor: Option<SecondFactor>,
    /// The kinds people may use.
    pub methods: Option<Option<Vec<Method>>>,
    /// How many days a device is trusted at most.
    pub trust_days: Option<Option<u32>>,
    /// What authenticators call it.
    pub issuer: Option<Option<String>>,
}

impl Difference {
    /// Whether people may see this: 1 to 64 characters without control characters and colons, which authenticators read.
    pub fn name_fits(name: &str) -> bool {
        let fits = |c: char| !c.is_control() && c != ':';
        (1..=64).contains(&name.chars().count()) && name.chars().all(fits) && name.trim() == name
    }

    /// Makes it, and says of what.
    fn make(&self, application: &mut Application) -> Vec<&'static str> {
        let Self { display_name, second_factor, methods, trust_days, issuer } = self;
        let rules = &mut application.rules;
        [
            set(&mut application.display_name, display_name.as_ref()).then_some("display_name"),
            set(&mut rules.second_factor, second_factor.as_ref()).then_some("second_factor"),
            set(&mut rules.methods, methods.as_ref()).then_some("methods"),
            set(&mut rules.trust_days, trust_days.as_ref()).then_some("trust_days"),
            set(&mut rules.issuer, issuer.as_ref()).then_some("issuer"),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// Whether the value is another one now.
fn set<T: Clone + PartialEq>(value: &mut T, wanted: Option<&T>) -> bool {
    match wanted {
        Some(wanted) if wanted != value => {
            value.clone_from(wanted);
            true
        }
        Some(_) | None => false,
    }
}

/// Changes what people see of an application, and what it wants of their second factor.
#[derive(Debug)]
pub struct ChangeApplication {
    /// Which.
    pub application: Named,
    /// What of it.
    pub difference: Difference,
    /// Who acts.
    pub origin: Origin,
}

/// An application, as it is told to itself.
#[derive(Clone, Debug)]
pub struct ToldApplication {
    /// The application.
    pub application: Application,
    /// Where people may be sent back to.
    pub return_urls: Vec<ReturnUrl>,
}

/// What [`ChangeApplication`] and [`ReadApplication`] read.
#[derive(Debug)]
pub struct ApplicationView {
    /// The application.
    pub application: Option<Application>,
    /// Where people may be sent back to.
    pub return_urls: Vec<ReturnUrl>,
}

impl ApplicationView {
    fn found(self) -> Result<ToldApplication, Refusal> {
        // Our own sign-in is set by the settings of the house.
        let found = self.application.filter(|found| found.id != ApplicationId::DEFAULT);
        let return_urls = self.return_urls;
        found.map(|application| ToldApplication { application, return_urls }).ok_or(Refusal::NotFound)
    }
}

impl Decide for ChangeApplication {
    type View = ApplicationView;
    type Reply = ToldApplication;

    fn decide(&self, view: ApplicationView, context: &mut Context<'_>) -> Result<Decision<ToldApplication>, Broken> {
        let now = context.clock;
        let mut found = match view.found() {
            Ok(found) => found,
            Err(refusal) => return Ok(Decision::new(Err(refusal), now)),
        };
        let changed = self.difference.make(&mut found.application);
        let id = found.application.id;
        let entries =
            changed.iter().map(|field| super::entry(id, AuditAction::ApplicationChanged, &self.origin).because(field));
        let mut decision = Decision::new(Ok(()), now).audit_all(entries);
        if !changed.is_empty() {
            decision = decision.change(Change::SetApplication(Box::new(found.application.clone())));
        }
        Ok(decision.map(|()| found))
    }
}

/// Asks what is set of an application. Changes nothing.
#[derive(Debug)]
pub struct ReadApplication {
    /// Which.
    pub id: ApplicationId,
}

impl Decide for ReadApplication {
    type View = ApplicationView;
    type Reply = ToldApplication;

    fn decide(&self, view: ApplicationView, context: &mut Context<'_>) -> Result<Decision<ToldApplication>, Broken> {
        Ok(Decision::new(view.found(), context.clock))
    }
}

#[cfg(test)]
mod tests;
