//! The configuration: environment first, then `twinlock.toml`, then the defaults.
//!
//! The settings stand in one table ([`settings`]); this file reads them in order and checks what only several of
//! them together can tell. A wrong value is exactly one line that names the setting, the fault and an example.
//! Unknown settings are refused, because a setting with a typing error is a setting that silently does nothing.
//!
//! Values are plain: what a limit *means* is the domain's business.

mod base_url;
pub mod brand;
mod database;
mod error;
mod keys;
mod network;
mod parse;
pub mod settings;
pub mod sms;
mod sms_limits;
mod source;

use domain::sms_fraud::Limits;
use std::net::SocketAddr;
use std::time::Duration;

pub use base_url::BaseUrl;
pub use brand::Brand;
pub use database::DatabaseUrl;
pub use error::ConfigError;
pub use keys::KeySource;
use messaging::webhook::reach::Reach;
use messaging::{Sender, SmtpServer};
pub use network::Network;
pub use source::Sources;

/// What kind of installation this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    /// One developer's machine: works without any setting.
    Development,
    /// Real people: refuses everything that is only convenient.
    Production,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One readable line per event.
    Pretty,
    /// One JSON object per line.
    Json,
}

/// A kind of second factor that people may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Time-based codes of an authenticator.
    Totp,
    /// Codes by text message.
    Sms,
    /// Codes by e-mail.
    Email,
}

/// How mail leaves, and who it is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The server it is handed to.
    pub server: SmtpServer,
    /// Who it is from.
    pub sender: Sender,
}

/// The settings of the second factor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecondFactor {
    /// Whether anybody is asked for a second factor at all.
    pub enabled: bool,
    /// The name an authenticator shows beside the code.
    pub issuer_name: String,
    /// The methods people may use, never empty.
    pub methods: Vec<Method>,
    /// Wrong codes that end one challenge.
    pub max_attempts: u32,
    /// The span over which an account's wrong codes are counted.
    pub rate_limit_window: Duration,
    /// Wrong codes per account and span before the account is locked.
    pub rate_limit_max: u32,
    /// Wrong codes in a row that lock an account until somebody unlocks it.
    pub lockout_threshold: u32,
    /// How long the first lock lasts.
    pub lockout_duration: Duration,
    /// How long a sent code lives.
    pub code_expiry: Duration,
    /// How many recovery codes a set has.
    pub recovery_code_count: u8,
    /// Whether a browser may be trusted for a while.
    pub trusted_device_enabled: bool,
    /// How long after the last second factor a browser is trusted at most.
    pub trusted_device_max_age: Duration,
    /// How many browsers one person may trust.
    pub trusted_device_max_count: u8,
    /// How old a trusted browser's secret gets before its use replaces it.
    pub trusted_device_rotation: Duration,
}

/// What it takes for an administrator to take away somebody's second factor.
#[derive(Clone, Copy, Debug)]
pub struct Resets {
    /// Whether it takes a second administrator.
    pub second_approval: bool,
    /// How long it takes from asking to taking it away.
    pub cooling_off: Duration,
}

/// Everything an operator can set. `Debug` shows no password and no key.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of its own")]
pub struct Config {
    /// Development or production.
    pub environment: Environment,
    /// Where the server listens.
    pub bind: SocketAddr,
    /// Where people reach it: the only source of links, cookie rules and origins.
    pub base_url: BaseUrl,
    /// The database.
    pub database: DatabaseUrl,
    /// Whether a standby that takes over has everything that was answered.
    pub synchronous_standby: bool,
    /// Whether `serve` migrates the database by itself.
    pub migrate: bool,
    /// A separate listener for metrics and health.
    pub metrics_bind: Option<SocketAddr>,
    /// A separate listener for the administration.
    pub admin_bind: Option<SocketAddr>,
    /// Where administrators reach it, if not by the base URL.
    pub admin_url: Option<BaseUrl>,
    /// How long a session of an administrator lasts without being used.
    pub admin_idle: Duration,
    /// How long it lasts in all.
    pub admin_session: Duration,
    /// How long a bypass code works.
    pub bypass_code: Duration,
    /// What it takes for an administrator to take away somebody's second factor.
    pub resets: Resets,
    /// How the hosted pages look.
    pub brand: Brand,
    /// Origins that people may go on to after signing in at our pages.
    pub return_origins: Vec<String>,
    /// Calls of an API key in a minute, on each node.
    pub api_rate_limit: u32,
    /// Where applications may be called.
    pub webhook_reach: Reach,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// The log filter.
    pub log: String,
    /// The log format.
    pub log_format: LogFormat,
    /// How mail leaves; `None` keeps it in the development mailbox.
    pub mail: Option<Mail>,
    /// When trusted devices are cleaned up: so long after midnight, UTC.
    pub cleanup_at: domain::time::Duration,
    /// Whether strangers may sign up.
    pub signup_enabled: bool,
    /// How long entries of the audit log are kept; forever, unless said.
    pub audit_retention: Option<Duration>,
    /// The limits of text messages.
    pub sms_limits: Limits,
    /// The second factor.
    pub second_factor: SecondFactor,
    /// Who carries text messages.
    pub sms: sms::SmsSettings,
    keys: KeySource,
    base_url_is_default: bool,
    warnings: Vec<String>,
}

impl Config {
    /// Reads and checks every setting. The first fault found is the one reported.
    pub fn load(sources: &Sources) -> Result<Self, ConfigError> {
        let layers = source::Layers::read(sources)?;
        let environment = layers.required(&settings::ENVIRONMENT)?;
        let bind = layers.required(&settings::BIND)?;
        let base_url = layers.optional(&settings::BASE_URL)?;
        let base_url_is_default = base_url.is_none();
        let database: DatabaseUrl = layers.required(&settings::DATABASE_URL)?;
        let trusted_proxies: Vec<Network> = layers.required(&settings::TRUSTED_PROXIES)?;
        let mut warnings = Vec::new();
        if let Some(mode) = database.plain_over_network() {
            if environment == Environment::Production {
                return Err(ConfigError::together(
                    settings::DATABASE_URL.name,
                    &format!("has sslmode={mode}, and production sends nothing over a network unencrypted"),
                    "leave sslmode out, or example: sslmode=verify-full",
                ));
            }
            warnings.push(format!("DATABASE_URL has sslmode={mode}: everything may cross the network unencrypted"));
        }
        if trusted_proxies.iter().any(|network| network.is_everything()) {
            warnings.push(
                "TWINLOCK_TRUSTED_PROXIES trusts every address there is: every visitor can choose the address that limits \
                 and the audit log see"
                    .to_owned(),
            );
        }
        let sms = sms::SmsSettings::read(&layers, environment)?;
        warnings.extend(sms.warnings(&layers));
        let mail = mail(&layers, environment, &mut warnings)?;
        Ok(Self {
            environment,
            bind,
            sms,
            base_url: base_url.unwrap_or_else(|| BaseUrl::of_address(bind)),
            base_url_is_default,
            database,
            synchronous_standby: layers.required(&settings::SYNCHRONOUS_STANDBY)?,
            migrate: layers.optional(&settings::MIGRATE)?.unwrap_or(environment == Environment::Development),
            brand: Brand {
                name: match layers.optional(&settings::BRAND_NAME)? {
                    Some(name) => name,
                    None => layers.required(&settings::ISSUER_NAME)?,
                },
                logo: layers.optional(&settings::BRAND_LOGO)?.map(|path| brand::Logo::read(&path)).transpose()?,
                accent: layers.optional(&settings::BRAND_ACCENT)?,
            },
            return_origins: layers.required(&settings::RETURN_ORIGINS)?,
            api_rate_limit: layers.required(&settings::API_RATE_LIMIT)?,
            webhook_reach: webhook_reach(&layers, environment)?,
            metrics_bind: layers.optional(&settings::METRICS_BIND)?,
            admin_bind: layers.optional(&settings::ADMIN_BIND)?,
            admin_url: admin_url(&layers, environment)?,
            admin_idle: layers.required(&settings::ADMIN_IDLE_MINUTES)?,
            admin_session: layers.required(&settings::ADMIN_SESSION_MINUTES)?,
            bypass_code: layers.required(&settings::BYPASS_CODE_MINUTES)?,
            resets: Resets {
                second_approval: layers.required(&settings::ADMIN_SECOND_APPROVAL)?,
                cooling_off: layers.required(&settings::ADMIN_COOLING_OFF_MINUTES)?,
            },
            trusted_proxies,
            log: layers.required(&settings::LOG)?,
            log_format: layers.required(&settings::LOG_FORMAT)?,
            mail,
            cleanup_at: layers.required(&settings::CLEANUP_AT)?,
            signup_enabled: layers.required(&settings::SIGNUP_ENABLED)?,
            audit_retention: layers.optional(&settings::AUDIT_RETENTION_DAYS)?,
            sms_limits: sms_limits::load(&layers)?,
            second_factor: SecondFactor {
                enabled: layers.required(&settings::ENABLED)?,
                issuer_name: layers.required(&settings::ISSUER_NAME)?,
                methods: layers.required(&settings::METHODS)?,
                max_attempts: layers.required(&settings::MAX_ATTEMPTS)?,
                rate_limit_window: layers.required(&settings::RATE_LIMIT_WINDOW)?,
                rate_limit_max: layers.required(&settings::RATE_LIMIT_MAX)?,
                lockout_threshold: layers.required(&settings::LOCKOUT_THRESHOLD)?,
                lockout_duration: layers.required(&settings::LOCKOUT_DURATION_MINUTES)?,
                code_expiry: layers.required(&settings::CODE_EXPIRY_MINUTES)?,
                recovery_code_count: layers.required(&settings::RECOVERY_CODE_COUNT)?,
                trusted_device_enabled: layers.required(&settings::TRUSTED_DEVICE_ENABLED)?,
                trusted_device_max_age: layers.required(&settings::TRUSTED_DEVICE_MAX_AGE_DAYS)?,
                trusted_device_max_count: layers.required(&settings::TRUSTED_DEVICE_MAX_COUNT)?,
                trusted_device_rotation: layers.required(&settings::TRUSTED_DEVICE_ROTATION_DAYS)?,
            },
            keys: KeySource::choose(layers.optional(&settings::KEYS)?, layers.optional(&settings::KEYS_FILE)?)?,
            warnings,
        })
    }

    /// Where the keys come from, unless this installation may not use keys from there.
    ///
    /// A generated ring is one node's own: a second node on the same PostgreSQL could not read what the first sealed.
    pub fn keys(&self) -> Result<&KeySource, ConfigError> {
        if !matches!(self.keys, KeySource::Generated(_)) {
            return Ok(&self.keys);
        }
        let why = if self.environment == Environment::Production {
            "is not set, and production does not start with generated keys"
        } else if self.database.is_postgres() {
            "is not set, and nodes on PostgreSQL have to share their keys"
        } else {
            return Ok(&self.keys);
        };
        Err(ConfigError::together(
            settings::KEYS.name,
            why,
            "run `twinlock keys generate` once and give every node the result as TWINLOCK_KEYS or TWINLOCK_KEYS_FILE",
        ))
    }

    /// Checks what only a serving node has to keep: links, messages, keys and test mode.
    pub fn check_serve(&self, test_mode: bool) -> Result<(), ConfigError> {
        let production = self.environment == Environment::Production;
        if test_mode && production {
            return Err(ConfigError::together(
                settings::ENVIRONMENT.name,
                "is production, where test mode is refused",
                "leave out --test-mode",
            ));
        }
        if test_mode && !self.bind.ip().is_loopback() {
            return Err(ConfigError::together(
                settings::BIND.name,
                "is not a loopback address, and test mode listens on nothing else",
                "example: TWINLOCK_BIND=127.0.0.1:8080",
            ));
        }
        if test_mode && self.admin_bind.is_some_and(|bind| !bind.ip().is_loopback()) {
            return Err(ConfigError::together(
                settings::ADMIN_BIND.name,
                "is not a loopback address, and test mode listens on nothing else",
                "example: TWINLOCK_ADMIN_BIND=127.0.0.1:9443",
            ));
        }
        if test_mode && !self.base_url.is_loopback() {
            return Err(ConfigError::together(
                settings::BASE_URL.name,
                "is not an address of this machine, and test mode is for this machine only",
                "leave out --test-mode, or example: TWINLOCK_BASE_URL=http://127.0.0.1:8080",
            ));
        }
        if !self.base_url.is_https() && production {
            return Err(ConfigError::together(
                settings::BASE_URL.name,
                "is not an https address, and production serves nothing else",
                "example: TWINLOCK_BASE_URL=https://login.example.com",
            ));
        }
        if !self.base_url.is_https() && !self.base_url.is_loopback() {
            return Err(ConfigError::together(
                settings::BASE_URL.name,
                "is plain http to a host that is not this machine",
                "example: TWINLOCK_BASE_URL=https://login.example.com",
            ));
        }
        self.keys()?;
        if production && self.sms.uses_mailbox() {
            return Err(ConfigError::together(
                settings::SMS_PROVIDER.name,
                "names mailbox, where messages go to nobody, and production refuses that",
                "example: SMS_PROVIDER=twilio",
            ));
        }
        if production && !self.sms.providers.is_empty() && self.sms_limits.countries.is_none() {
            return Err(ConfigError::together(
                settings::SMS_COUNTRIES.name,
                "names no countries, and production sends text messages to named ones only",
                "example: TWINLOCK_SMS_COUNTRIES=DE,AT,CH",
            ));
        }
        if production && self.mail.is_none() {
            return Err(ConfigError::together(
                settings::SMTP_URL.name,
                "is not set, and production reaches people by mail: to verify an address, to set a password, and to warn them",
                "example: SMTP_URL=smtps://user:password@mail.example.com and EMAIL_FROM=Example <no-reply@example.com>",
            ));
        }
        Ok(())
    }

    /// Sentences the operator should read at the start, for example about settings without effect.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Takes over the address the listener really has, for a bind to port 0. A base URL that was set stays.
    pub fn bound_to(&mut self, address: SocketAddr) {
        self.bind = address;
        if self.base_url_is_default {
            self.base_url = BaseUrl::of_address(address);
        }
    }
}

/// Whoever may name an address of this machine may call what listens there for nobody else.
fn webhook_reach(layers: &source::Layers, environment: Environment) -> Result<Reach, ConfigError> {
    match (layers.required(&settings::WEBHOOK_LOOPBACK)?, environment) {
        (false, _) => Ok(Reach::Public),
        (true, Environment::Development) => Ok(Reach::PublicAndThisMachine),
        (true, Environment::Production) => Err(ConfigError::together(
            settings::WEBHOOK_LOOPBACK.name,
            "is on, and production calls nothing on its own machine for others",
            "leave it out",
        )),
    }
}

/// An address of the administration needs a listener of its own, and in production TLS like every other.
fn admin_url(layers: &source::Layers, environment: Environment) -> Result<Option<BaseUrl>, ConfigError> {
    let Some(url) = layers.optional(&settings::ADMIN_URL)? else { return Ok(None) };
    if layers.optional(&settings::ADMIN_BIND)?.is_none() {
        return Err(ConfigError::together(
            settings::ADMIN_URL.name,
            "has no effect, for there is no listener of the administration's own",
            "example: TWINLOCK_ADMIN_BIND=127.0.0.1:9443",
        ));
    }
    if !url.is_https() && (environment == Environment::Production || !url.is_loopback()) {
        return Err(ConfigError::together(
            settings::ADMIN_URL.name,
            "is not an https address",
            "example: TWINLOCK_ADMIN_URL=https://admin.example.com",
        ));
    }
    Ok(Some(url))
}

/// Server and sender go together. What would cross a network readable is refused where real people's codes are in it.
fn mail(
    layers: &source::Layers,
    environment: Environment,
    warnings: &mut Vec<String>,
) -> Result<Option<Mail>, ConfigError> {
    let sender = layers.optional(&settings::EMAIL_FROM)?;
    let Some(server) = layers.optional(&settings::SMTP_URL)? else {
        if sender.is_some() {
            warnings.push("EMAIL_FROM has no effect without SMTP_URL".to_owned());
        }
        return Ok(None);
    };
    let Some(sender) = sender else {
        return Err(ConfigError::together(
            settings::EMAIL_FROM.name,
            "is not set, and mail that leaves by SMTP_URL has to be from somebody",
            "example: EMAIL_FROM=Example <no-reply@example.com>",
        ));
    };
    if server.is_plain_over_network() {
        if environment == Environment::Production {
            return Err(ConfigError::together(
                settings::SMTP_URL.name,
                "has tls=none, and production sends nothing over a network unencrypted",
                "leave tls out, or example: SMTP_URL=smtps://user:password@mail.example.com",
            ));
        }
        warnings.push("SMTP_URL has tls=none: codes and the password cross the network unencrypted".to_owned());
    }
    Ok(Some(Mail { server, sender }))
}

#[cfg(test)]
mod tests;
