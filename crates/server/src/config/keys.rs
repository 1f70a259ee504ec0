//! Where the key ring comes from. Reading it is the business of whoever needs keys.

use std::fmt;
use std::path::PathBuf;

use zeroize::Zeroizing;

use super::{ConfigError, settings};

/// The file a development machine keeps its own keys in.
const GENERATED: &str = "twinlock.keys";

/// The place of the key ring. `Debug` never shows a key.
#[derive(Clone, PartialEq, Eq)]
pub enum KeySource {
    /// The ring itself, from `TWINLOCK_KEYS`.
    Environment(Zeroizing<String>),
    /// A file the operator made, from `TWINLOCK_KEYS_FILE`.
    File(PathBuf),
    /// A file this machine makes for itself when it is missing; refused wherever nodes share anything.
    Generated(PathBuf),
}

impl KeySource {
    pub(super) fn choose(keys: Option<Zeroizing<String>>, file: Option<PathBuf>) -> Result<Self, ConfigError> {
        match (keys, file) {
            (Some(_), Some(_)) => Err(ConfigError::together(
                settings::KEYS.name,
                "is set beside TWINLOCK_KEYS_FILE",
                "set one of the two",
            )),
            (Some(keys), None) => Ok(Self::Environment(keys)),
            (None, Some(file)) => Ok(Self::File(file)),
            (None, None) => Ok(Self::Generated(GENERATED.into())),
        }
    }
}

impl fmt::Debug for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(_) => f.write_str("Environment([redacted])"),
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Generated(path) => f.debug_tuple("Generated").field(path).finish(),
        }
    }
}
