//! What the server is made of, put together once. The only place that builds a clock or a source of randomness.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use domain::message::Channel;
use domain::policy::Policy;
use domain::secret::KeyRing;
use domain::time::{Duration, Timestamp};
use messaging::sms::Carrier;
use messaging::webhook::Hooks;
use rand::CryptoRng;
use rand::rand_core::UnwrapErr;
use store::{Db, Surroundings};

use crate::api_keys::{AdminKeys, ApiKeys};
use crate::config::{Config, Environment, Method};
use crate::http::HttpContext;
use crate::password::Hasher;
use crate::phone::Phones;
use crate::token::AccessTokens;

/// Everything a handler or a worker needs. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// The parts of an [`App`].
pub struct Parts {
    /// The database.
    pub db: Db,
    /// Clock, randomness, keys and policy of every decision.
    pub world: Arc<World>,
    /// Checks and makes password hashes.
    pub hasher: Hasher,
    /// Reads phone numbers.
    pub phones: Phones,
    /// Signs and checks access tokens.
    pub tokens: AccessTokens,
    /// Whose API keys are.
    pub api_keys: ApiKeys,
    /// Keys of the administration seen so far, and their calls.
    pub admin_keys: AdminKeys,
    /// The edge: origin and cookies.
    pub http: HttpContext,
    /// Who carries text messages, and reads their reports; nobody, if no provider is configured.
    pub carrier: Option<Arc<Carrier>>,
    /// What applications are called by.
    pub webhooks: Hooks,
}

impl App {
    /// Puts an application together.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}

impl std::ops::Deref for App {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// Clock, randomness, keys and policy.
pub struct World {
    clock: Box<dyn Fn() -> Timestamp + Send + Sync>,
    offset: AtomicI64,
    randomness: Box<dyn Fn() -> Box<dyn CryptoRng + Send> + Send + Sync>,
    keys: KeyRing,
    policy: Policy,
    /// The same, while no text message can be sent.
    policy_without_sms: Policy,
    /// Until when none can, in microseconds since 1970.
    sms_away_until: AtomicI64,
}

/// No outage is believed to last longer than this: one that seems to was told by a wrong clock.
const LONGEST_OUTAGE: Duration = Duration::from_mins(10);

impl World {
    /// The real world: the system's clock and randomness.
    pub fn real(keys: KeyRing, policy: Policy) -> Self {
        Self::new(Box::new(system_time), Box::new(|| Box::new(system_rng())), keys, policy)
    }

    /// A world of a test's own making.
    pub fn new(
        clock: Box<dyn Fn() -> Timestamp + Send + Sync>,
        randomness: Box<dyn Fn() -> Box<dyn CryptoRng + Send> + Send + Sync>,
        keys: KeyRing,
        policy: Policy,
    ) -> Self {
        let mut policy_without_sms = policy.clone();
        policy_without_sms.channels.retain(|channel| *channel != Channel::Sms);
        let (offset, sms_away_until) = (AtomicI64::new(0), AtomicI64::new(i64::MIN));
        Self { clock, offset, randomness, keys, policy, policy_without_sms, sms_away_until }
    }

    /// Until when no text message can be sent: until then nobody is promised one.
    pub fn sms_is_away(&self, until: Option<Timestamp>) {
        self.sms_away_until.store(until.map_or(i64::MIN, Timestamp::as_micros), Ordering::SeqCst);
    }

    /// Moves this process's clock, for test mode: time goes on from there.
    pub fn shift(&self, by: Duration) {
        self.offset.fetch_add(by.as_micros(), Ordering::SeqCst);
    }
}

impl Surroundings for World {
    fn now(&self) -> Timestamp {
        (self.clock)() + Duration::from_micros(self.offset.load(Ordering::SeqCst))
    }

    fn rng(&self) -> Box<dyn CryptoRng + Send> {
        (self.randomness)()
    }

    fn keys(&self) -> &KeyRing {
        &self.keys
    }

    fn policy(&self) -> &Policy {
        let (now, away) = (self.now(), Timestamp::from_micros(self.sms_away_until.load(Ordering::SeqCst)));
        if now < away && away < now + LONGEST_OUTAGE { &self.policy_without_sms } else { &self.policy }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one clock of the server")]
pub(crate) fn system_time() -> Timestamp {
    Timestamp::from_datetime(time::OffsetDateTime::now_utc())
}

/// Randomness of the operating system. It panics when there is none: nothing is safe then.
pub(crate) fn system_rng() -> impl CryptoRng + Send {
    UnwrapErr(rand::rngs::SysRng)
}

/// The rules' numbers, as configured.
pub fn policy(config: &Config) -> Policy {
    let second = &config.second_factor;
    let span = |time: std::time::Duration| Duration::from_secs(i64::try_from(time.as_secs()).unwrap_or(i64::MAX));
    Policy {
        base_url: config.base_url.origin(),
        issuer: second.issuer_name.clone(),
        two_factor_enabled: second.enabled,
        signup_enabled: config.signup_enabled,
        challenge_attempts: second.max_attempts,
        guesses: second.rate_limit_max,
        guess_window: span(second.rate_limit_window),
        guesses_in_a_row: second.lockout_threshold,
        lockout: span(second.lockout_duration),
        recovery_codes: usize::from(second.recovery_code_count),
        trusted_devices: second.trusted_device_enabled,
        trust_life: span(second.trusted_device_max_age),
        trusted_devices_max: usize::from(second.trusted_device_max_count),
        trust_rotation: span(second.trusted_device_rotation),
        sms: config.sms_limits.clone(),
        audit_retention: config.audit_retention.map(span),
        admin_session_idle: span(config.admin_idle),
        admin_session_life: span(config.admin_session),
        bypass_life: span(config.bypass_code),
        resets: domain::policy::Resets {
            second_approval: config.resets.second_approval,
            cooling_off: span(config.resets.cooling_off),
            ..Policy::default().resets
        },
        code_life: span(second.code_expiry),
        methods: second
            .methods
            .iter()
            .map(|method| match method {
                Method::Totp => domain::factor::Method::Totp,
                Method::Sms => domain::factor::Method::Sms,
                Method::Email => domain::factor::Method::Email,
            })
            .collect(),
        channels: channels(config),
        ..Policy::default()
    }
}

/// The ways there are to reach people: in development the mailbox stands in for a mail server.
fn channels(config: &Config) -> Vec<Channel> {
    let mail = config.mail.is_some() || config.environment == Environment::Development;
    let sms = !config.sms.providers.is_empty();
    [(Channel::Email, mail), (Channel::Sms, sms)].into_iter().filter(|(_, there)| *there).map(|(way, _)| way).collect()
}
