//! Where a person wanted to go before they were asked to sign in.
//!
//! Whoever writes a link to the sign-in page chooses it, so it is a page of ours or of an origin the operator has named, and
//! nothing else: judged by where a browser would go, and written anew from what was judged.

use url::Url;

use super::frame::{SETTINGS, is_of_settings};
use crate::http::Site;

/// Longer addresses are none of ours.
const LONGEST: usize = 2_000;
/// Where everybody may go.
const HOME: &str = "/security";

/// A place to go on to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target(String);

impl Target {
    /// Reads a place; `None` when it is not one of those allowed.
    pub(super) fn parse(text: &str, site: &Site) -> Option<Self> {
        let plain = text.len() <= LONGEST && text.chars().all(|c| c.is_ascii_graphic() && c != '\\');
        if !plain {
            return None;
        }
        let base = Url::parse(site.origin()).ok()?;
        let url = base.join(text).ok()?;
        if url.has_authority() && url.username().is_empty() && url.password().is_none() {
            if url.origin() == base.origin() && text.starts_with('/') {
                let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
                let path = format!("{}{query}", url.path());
                return (!path.starts_with("//")).then_some(Self(path));
            }
            let origin = url.origin().ascii_serialization();
            if site.returns().contains(&origin) && text.starts_with(&format!("{}://", url.scheme())) {
                return Some(Self(url.into()));
            }
        }
        None
    }

    /// The page of somebody that an application has sent; they may go nowhere but to their own.
    pub(super) fn of_settings(text: &str, site: &Site) -> Self {
        let theirs = Self::parse(text, site).filter(|target| is_of_settings(&target.0));
        theirs.unwrap_or_else(|| Self(SETTINGS.to_owned()))
    }

    /// The page that everybody may go to.
    pub(super) fn home() -> Self {
        Self(HOME.to_owned())
    }

    /// The address.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// `path`, with this place to go on to from there.
    pub(super) fn behind(&self, path: impl AsRef<str>) -> String {
        let path = path.as_ref();
        if self.0 == HOME {
            return path.to_owned();
        }
        let joint = if path.contains('?') { '&' } else { '?' };
        let next: String = url::form_urlencoded::byte_serialize(self.0.as_bytes()).collect();
        format!("{path}{joint}next={next}")
    }
}

#[cfg(test)]
mod tests;
