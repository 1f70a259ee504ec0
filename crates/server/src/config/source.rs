//! The layers settings come from, and the refusal of names nobody knows.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use config::{Environment as EnvironmentSource, File, FileFormat, Source as _, Value, ValueKind};

use super::ConfigError;
use super::settings::{self, Setting};

/// The file read when nothing else is said and it exists.
const DEFAULT_FILE: &str = "twinlock.toml";

/// Where settings are looked for.
#[derive(Clone, Default)]
pub struct Sources {
    environment: Vec<(OsString, OsString)>,
    file: Option<PathBuf>,
}

impl Sources {
    /// The environment of this process and the file of the command line, if it named one.
    pub fn of_process(file: Option<PathBuf>) -> Self {
        #[expect(clippy::disallowed_methods, reason = "this is the one reader of settings")]
        let environment = std::env::vars_os().collect();
        Self { environment, file }
    }

    /// Settings given outright, for tests and tools; no file but the one named is read.
    pub fn of_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>, file: Option<PathBuf>) -> Self {
        Self { environment: pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect(), file }
    }

    /// The file to read: named ones must exist, the default one may.
    fn file(&self, named: Option<&String>) -> Option<PathBuf> {
        self.file
            .clone()
            .or_else(|| named.map(PathBuf::from))
            .or_else(|| Path::new(DEFAULT_FILE).exists().then(|| DEFAULT_FILE.into()))
    }
}

/// The settings that are set, by lower-case name.
pub(super) struct Layers {
    merged: config::Config,
    environment: HashMap<String, String>,
    file: Option<PathBuf>,
}

impl Layers {
    pub(super) fn read(sources: &Sources) -> Result<Self, ConfigError> {
        let environment = known_variables(&sources.environment)?;
        let file = sources.file(environment.get(settings::CONFIG_FILE));
        let mut builder = config::Config::builder();
        if let Some(path) = &file {
            builder = builder.add_source(known_keys(path)?);
        }
        let merged = builder
            .add_source(EnvironmentSource::default().source(Some(environment.clone())).ignore_empty(true))
            .build()
            .map_err(|_| {
                ConfigError::value(
                    &shown(file.as_deref()),
                    None,
                    "cannot be put together",
                    "the documented names and values",
                )
            })?;
        Ok(Self { merged, environment, file })
    }

    /// A setting that has a default.
    pub(super) fn required<T>(&self, setting: &Setting<T>) -> Result<T, ConfigError> {
        match self.optional(setting)? {
            Some(value) => Ok(value),
            None => self.parse(setting, setting.default.unwrap_or_default()),
        }
    }

    /// A setting that may be absent. Set to nothing counts as not set, because compose files can say it no other way.
    pub(super) fn optional<T>(&self, setting: &Setting<T>) -> Result<Option<T>, ConfigError> {
        match self.merged.get::<Value>(&setting.name.to_lowercase()) {
            Err(_) => Ok(None),
            Ok(value) => match text(value) {
                Some(text) if text.is_empty() => Ok(None),
                Some(text) => self.parse(setting, &text).map(Some),
                None => Err(self.wrong(setting, None, "is neither a single value nor a list of them")),
            },
        }
    }

    /// Whether a setting is given a value, whatever it is.
    pub(super) fn is_set<T>(&self, setting: &Setting<T>) -> bool {
        let value = self.merged.get::<Value>(&setting.name.to_lowercase()).ok().and_then(text);
        value.is_some_and(|text| !text.is_empty())
    }

    fn parse<T>(&self, setting: &Setting<T>, text: &str) -> Result<T, ConfigError> {
        (setting.parse)(text.trim()).map_err(|fault| self.wrong(setting, Some(text), &fault))
    }

    fn wrong<T>(&self, setting: &Setting<T>, value: Option<&str>, fault: &str) -> ConfigError {
        let value = value.filter(|_| !setting.secret);
        let Setting { name, example, .. } = setting;
        if self.file.is_none() || self.environment.get(*name).is_some_and(|value| !value.is_empty()) {
            return ConfigError::value(name, value, fault, &format!("{name}={example}"));
        }
        let key = name.to_lowercase();
        let place = format!("{key} in {}", shown(self.file.as_deref()));
        ConfigError::value(&place, value, fault, &format!("{key} = {example:?}"))
    }
}

/// The variables that are ours. Unknown ones with our prefixes are refused.
fn known_variables(all: &[(OsString, OsString)]) -> Result<HashMap<String, String>, ConfigError> {
    let mut ours = HashMap::new();
    for (name, value) in all {
        let Some(name) = name.to_str() else { continue };
        if is_known(name) {
            let value =
                value.to_str().ok_or_else(|| ConfigError::together(name, "is not UTF-8", "write it in UTF-8"))?;
            ours.insert(name.to_owned(), value.to_owned());
        } else if (name.starts_with("TWINLOCK_") || name.starts_with("TWOFA_")) && !is_somebody_elses(name) {
            return Err(ConfigError::unknown(name, nearest(name)));
        }
    }
    Ok(ours)
}

/// Whether this variable belongs to our own tests (`TWINLOCK_TEST_…`), or was made by Kubernetes or Docker for a service
/// that happens to be called `twinlock…`.
fn is_somebody_elses(name: &str) -> bool {
    let protocol = |end: &str| ["_TCP", "_UDP", "_SCTP"].iter().any(|protocol| end.contains(protocol));
    name.starts_with("TWINLOCK_TEST_")
        || name.ends_with("_SERVICE_HOST")
        || name.contains("_SERVICE_PORT")
        || name.ends_with("_PORT")
        || name
            .split_once("_PORT_")
            .is_some_and(|(_, end)| end.starts_with(|c: char| c.is_ascii_digit()) && protocol(end))
}

/// The file as a layer, after a look at its keys.
fn known_keys(path: &Path) -> Result<File<config::FileSourceString, FileFormat>, ConfigError> {
    let place = shown(Some(path));
    let text = std::fs::read_to_string(path).map_err(|error| {
        let kind = error.kind();
        ConfigError::value(
            settings::CONFIG_FILE,
            Some(&place),
            &format!("cannot be read ({kind})"),
            "TWINLOCK_CONFIG=/etc/twinlock/twinlock.toml",
        )
    })?;
    let source = File::from_str(&text, FileFormat::Toml);
    let keys = source.collect().map_err(|error| {
        // Only the first line: the others show the text around the fault, and that may be a password.
        let line = error.to_string().lines().next().unwrap_or_default().to_owned();
        ConfigError::together(&place, &format!("is not TOML ({line})"), "example: twinlock_bind = \"127.0.0.1:8080\"")
    })?;
    let mut unknown: Vec<&String> =
        keys.keys().filter(|key| **key != key.to_lowercase() || !is_known(&key.to_uppercase())).collect();
    unknown.sort();
    match unknown.first() {
        None => Ok(source),
        Some(key) => {
            let nearest = nearest(&key.to_uppercase()).map(str::to_lowercase);
            Err(ConfigError::unknown(&format!("{:?} in {place}", key.as_str()), nearest.as_deref()))
        }
    }
}

fn is_known(name: &str) -> bool {
    name == settings::CONFIG_FILE || settings::ALL.iter().any(|setting| setting.name() == name)
}

/// A value as the text the environment would have held; lists become comma-separated.
fn text(value: Value) -> Option<String> {
    match value.kind {
        ValueKind::Table(_) => None,
        ValueKind::Array(items) => {
            let items: Option<Vec<String>> = items.into_iter().map(text).collect();
            items.map(|items| items.join(","))
        }
        ValueKind::Nil
        | ValueKind::Boolean(_)
        | ValueKind::I64(_)
        | ValueKind::I128(_)
        | ValueKind::U64(_)
        | ValueKind::U128(_)
        | ValueKind::Float(_)
        | ValueKind::String(_) => value.into_string().ok(),
    }
}

fn shown(path: Option<&Path>) -> String {
    path.map_or_else(|| String::from("environment"), |path| path.display().to_string())
}

/// The known name with the fewest changed letters, if it is near enough to be what was meant.
fn nearest(name: &str) -> Option<&'static str> {
    settings::ALL
        .iter()
        .map(|setting| setting.name())
        .chain([settings::CONFIG_FILE])
        .map(|known| (distance(name, known), known))
        .min()
        .filter(|(distance, known)| *distance <= known.len() / 2)
        .map(|(_, known)| known)
}

/// Levenshtein distance in bytes; names are ASCII.
fn distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.bytes().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, b) in right.bytes().enumerate() {
            let substituted = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[right.len()]
}
