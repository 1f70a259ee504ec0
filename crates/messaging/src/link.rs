//! The only place a mail may link to: below the configured base URL.
//!
//! The base URL comes from the configuration, never from a request, so a forged `Host` header cannot move a link. What
//! is checked is what is written: the link leaves here in the form the parser understood, so a mail client cannot read
//! it otherwise.

use url::Url;

/// Where Twinlock lives, and what every link must lie below.
pub(crate) struct BaseUrl(Url);

/// The base URL is unusable for links.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BaseUrlError {
    /// It cannot be parsed, or is neither https nor http, or has no host.
    #[error("is not an http or https address")]
    NotHttp,
    /// It carries a user name, a password, a query or a fragment.
    #[error("has more than scheme, host, port and path")]
    TooMuch,
}

impl BaseUrl {
    /// Takes scheme, host, port and path; a path ends in a slash from here on.
    pub(crate) fn parse(text: &str) -> Result<Self, BaseUrlError> {
        let mut url = Url::parse(text).map_err(|_| BaseUrlError::NotHttp)?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(BaseUrlError::NotHttp);
        }
        if has_user(&url) || url.query().is_some() || url.fragment().is_some() {
            return Err(BaseUrlError::TooMuch);
        }
        if !url.path().ends_with('/') {
            url.set_path(&format!("{}/", url.path()));
        }
        Ok(Self(url))
    }

    /// The link as it may be written, or `None` when it leads anywhere else. Dots that climb out of the path, other
    /// ports, user names before the host and look-alike hosts are all somewhere else.
    pub(crate) fn below(&self, link: &str) -> Option<String> {
        let link = Url::parse(link).ok()?;
        let inside = link.origin() == self.0.origin() && !has_user(&link) && link.path().starts_with(self.0.path());
        inside.then(|| link.into())
    }

    /// The host alone, as the origin-bound line of a text message names it.
    pub(crate) fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// As a person reads it, without the closing slash.
    pub(crate) fn shown(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }
}

fn has_user(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}
