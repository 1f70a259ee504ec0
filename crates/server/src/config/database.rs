//! The address of the database.

use std::fmt;
use std::path::PathBuf;

use url::Url;

/// Which database, and where. `Debug` and `Display` leave the password out.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A file of this machine.
    Sqlite(PathBuf),
    /// The whole connection address, with its password.
    Postgres(String),
}

impl DatabaseUrl {
    /// Parses `sqlite:file` or `postgres://user:password@host/name`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() || path.starts_with(':') {
                return Err("does not name a file".into());
            }
            return Ok(Self::Sqlite(path.into()));
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return match Url::parse(text) {
                Ok(_) => Ok(Self::Postgres(text.into())),
                Err(_) => Err("is not an address".into()),
            };
        }
        Err("begins neither with sqlite: nor with postgres://".into())
    }

    /// The `sslmode` by which passwords and secrets may cross a network in plain text, where this URL asks for one.
    pub(crate) fn plain_over_network(&self) -> Option<String> {
        let Self::Postgres(text) = self else { return None };
        let url = Url::parse(text).ok()?;
        let named = |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        let mode = named("sslmode").filter(|mode| matches!(mode.as_str(), "prefer" | "allow" | "disable"))?;
        let hosts = match named("hostaddr").or_else(|| named("host")) {
            Some(hosts) => hosts,
            None => url.host_str().unwrap_or_default().to_owned(),
        };
        let stays = |host: &str| {
            let host = host.trim_start_matches('[').trim_end_matches(']');
            let loopback = host.parse::<std::net::IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback());
            host.is_empty() || host == "localhost" || host.starts_with('/') || host.starts_with("%2F") || loopback
        };
        (!hosts.split(',').all(stays)).then_some(mode)
    }

    /// Whether several nodes may share this database.
    pub fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            // The query may carry a password as well (`?password=`), so only host and name are shown.
            Self::Postgres(text) => match Url::parse(text) {
                Ok(url) => write!(f, "postgres://{}{}", url.host_str().unwrap_or_default(), url.path()),
                Err(_) => f.write_str("postgres://"),
            },
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
