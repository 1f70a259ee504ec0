//! Where people go back to from the hosted pages: an address that the operator has named for the application, and no other.
//!
//! It is compared character by character, so it has to be written as a browser would write it: nothing is taken away, decoded
//! or completed, for each of these has let a foreign address pass as a known one.

use std::fmt::Write as _;

use crate::application::Application;
use crate::audit::AuditAction;
use crate::command::{Context, Decide, Origin};
use crate::decision::{Change, Decision, Refusal};
use crate::ids::ApplicationId;
use crate::secret::Broken;

/// Longer addresses are refused.
const LONGEST: usize = 1_000;
/// As many may an application have.
pub const MOST: usize = 32;
/// What is said in the address begins so, and an address must not say it by itself.
const SAYS: &str = "tfa";

/// An address to go back to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnUrl(String);

impl ReturnUrl {
    /// An address of https, or of http on this machine: visible ASCII, without user, fragment, backslash, and with a path.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = |c: char| c.is_ascii_graphic() && !"\\#\"<>^`{|}'".contains(c);
        if text.len() > LONGEST || !text.chars().all(plain) {
            return None;
        }
        let (scheme, rest) = text.split_once("://")?;
        let (authority, path) = rest.split_at(rest.find('/')?);
        let host = authority
            .strip_prefix('[')
            .and_then(|rest| rest.split_once(']'))
            .map_or_else(|| authority.split(':').next().unwrap_or_default(), |(inside, _)| inside);
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-:[]".contains(&byte);
        let here = ["localhost", "127.0.0.1", "::1"].contains(&host);
        let schemed = scheme == "https" || (scheme == "http" && here);
        let query = path.split_once('?').map_or("", |(_, query)| query);
        let says = query.split('&').any(|pair| pair.starts_with(SAYS) || pair.starts_with('%'));
        let ok = schemed && !host.is_empty() && authority.bytes().all(fits) && !path.starts_with("//") && !says;
        ok.then(|| Self(text.to_owned()))
    }

    /// One that was stored.
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Scheme, host and port: where a form of ours may lead.
    pub fn origin(&self) -> &str {
        let host = self.0.find("://").map_or(0, |at| at + 3);
        let end = self.0.get(host..).and_then(|rest| rest.find('/')).map_or(self.0.len(), |at| host + at);
        self.0.get(..end).unwrap_or_default()
    }

    /// The address with the result's token.
    pub fn approved(&self, token: &str) -> String {
        self.saying("", token)
    }

    /// The address with a word for why there is none. Nobody has signed it: it is for the person, and proves nothing.
    pub fn denied(&self, why: &str) -> String {
        self.saying("_denied", why)
    }

    fn saying(&self, what: &str, value: &str) -> String {
        let mut url = self.0.clone();
        // Writing to a String cannot fail.
        let _ = write!(url, "{}{SAYS}{what}={value}", if url.contains('?') { '&' } else { '?' });
        url
    }
}

/// Lets people go back to an address, or no longer.
#[derive(Debug)]
pub struct ChangeReturnUrl {
    /// Of which application: its name, or that of its test world.
    pub application: String,
    /// Which.
    pub url: ReturnUrl,
    /// Whether it is added; else it is taken away.
    pub add: bool,
    /// Who acts.
    pub origin: Origin,
}

/// What [`ChangeReturnUrl`] reads.
#[derive(Debug)]
pub struct ReturnUrlsView {
    /// The application.
    pub application: Option<Application>,
    /// Where people may go back to.
    pub urls: Vec<ReturnUrl>,
}

impl Decide for ChangeReturnUrl {
    type View = ReturnUrlsView;
    /// Whether anything changed; `None` when there are too many.
    type Reply = Option<bool>;

    fn decide(&self, view: ReturnUrlsView, context: &mut Context<'_>) -> Result<Decision<Option<bool>>, Broken> {
        let now = context.clock;
        let Some(application) = view.application.filter(|found| found.id != ApplicationId::DEFAULT) else {
            return Ok(Decision::new(Err(Refusal::NotFound), now));
        };
        if view.urls.contains(&self.url) == self.add {
            return Ok(Decision::new(Ok(Some(false)), now));
        }
        if self.add && view.urls.len() >= MOST {
            return Ok(Decision::new(Ok(None), now));
        }
        let why = if self.add { "return_url_added" } else { "return_url_removed" };
        let entry = super::entry(application.id, AuditAction::ApplicationChanged, &self.origin).because(why);
        let change = if self.add { Change::AddReturnUrl } else { Change::RemoveReturnUrl };
        Ok(Decision::new(Ok(Some(true)), now).audit(entry).change(change(application.id, self.url.clone())))
    }
}

#[cfg(test)]
mod tests;
