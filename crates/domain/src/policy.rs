//! The numbers of the house: each a setting with a default (product terms, section "Defaults"), none read from anywhere here.

use crate::factor::Method;
use crate::message::Channel;
use crate::sms_fraud::Limits;
use crate::time::Duration;

/// What the rules may differ in from one installation to the next.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Where people reach this server, without a trailing slash; every link in a message starts with it.
    pub base_url: String,
    /// The name an authenticator shows.
    pub issuer: String,
    /// Off: nobody is asked for a second factor and set-up is refused. Nothing is deleted.
    pub two_factor_enabled: bool,
    /// Whether strangers may sign up.
    pub signup_enabled: bool,
    /// How long a challenge, and with it a partial token, lives.
    pub challenge_life: Duration,
    /// Wrong codes that kill a challenge or a pending set-up.
    pub challenge_attempts: u32,
    /// Live challenges a user may have; the oldest dies.
    pub live_challenges: usize,
    /// Wrong codes per account, over every door, within [`Policy::guess_window`] that lock it.
    pub guesses: u32,
    /// The span in which wrong codes add up.
    pub guess_window: Duration,
    /// Wrong codes in a row, however far apart, that stop an account until a stronger proof.
    pub guesses_in_a_row: u32,
    /// The first lock; each further one doubles.
    pub lockout: Duration,
    /// The longest lock. The ladder starts again when this long has passed since the last one ended.
    pub lockout_max: Duration,
    /// Wrong passwords per account and address block within [`Policy::password_window`].
    pub passwords_per_account: u32,
    /// The span of the above.
    pub password_window: Duration,
    /// Wrong passwords per address block within [`Policy::password_block_window`], whoever they were for.
    pub passwords_per_block: u32,
    /// The span of the above.
    pub password_block_window: Duration,
    /// Sign-ups per address block and hour. Generous, for many people may share one address.
    pub signups_per_block: u32,
    /// Verification mails to one address per hour; codes of one person to one destination likewise.
    pub sends_per_hour: u32,
    /// Verification mails to one address per day; codes to one destination likewise, whoever sends them.
    pub sends_per_day: u32,
    /// Further codes per day to one destination, for those who have proved that it is theirs: others who set it up cannot
    /// use these up. Nobody sends more than `sends_per_day` to it.
    pub sends_reserved: u32,
    /// Mails per day that one person has sent to addresses they have not proved.
    pub address_mails_per_day: u32,
    /// The kinds of factor people may use.
    pub methods: Vec<Method>,
    /// The ways by which messages can be handed over.
    pub channels: Vec<Channel>,
    /// How long a sent code lives.
    pub code_life: Duration,
    /// How long to wait after the first, the second and each further code to a destination within an hour.
    pub send_cooldowns: [Duration; 3],
    /// The limits of text messages.
    pub sms: Limits,
    /// Destinations a person may send set-up codes to within a day.
    pub new_destinations_per_day: usize,
    /// How long an unconfirmed set-up waits.
    pub enrollment_life: Duration,
    /// Authenticators one person may have.
    pub factors_max: usize,
    /// Recovery codes in a set.
    pub recovery_codes: usize,
    /// How long a new set of recovery codes can be downloaded.
    pub recovery_codes_kept: Duration,
    /// How long an unverified sign-up waits, and its link with it.
    pub signup_life: Duration,
    /// How long an access token lives.
    pub access_life: Duration,
    /// How long a session lives without a refresh.
    pub session_idle: Duration,
    /// How long a session lives at most.
    pub session_life: Duration,
    /// How long a proof counts as fresh for changes.
    pub freshness: Duration,
    /// Off: no browser is trusted, whatever cookie it shows. Nothing is deleted.
    pub trusted_devices: bool,
    /// How long after the last factor a browser is trusted at most.
    pub trust_life: Duration,
    /// How long it stays trusted without being used.
    pub trust_idle: Duration,
    /// How long entries of the audit log are kept; `None` is forever.
    pub audit_retention: Option<Duration>,
    /// How old a device's secret gets before its use replaces it; zero replaces it with each use.
    pub trust_rotation: Duration,
    /// How long the secret before is still taken, for requests that crossed.
    pub trust_grace: Duration,
    /// Browsers one person may trust; the oldest goes.
    pub trusted_devices_max: usize,
    /// How long a link to set a new password works.
    pub password_reset_life: Duration,
    /// How long the link of a mail about a lock works, and how long the guesses it gives wait.
    pub unlock_life: Duration,
    /// Guesses such a link gives.
    pub unlock_guesses: u32,
    /// How long a session of an administrator lives without being used.
    pub admin_session_idle: Duration,
    /// How long a session of an administrator lives, and how long the proof of their factor opens the administration.
    pub admin_session_life: Duration,
    /// What it takes for an administrator to take away somebody's second factor.
    pub resets: Resets,
    /// How long the link works over which an administrator gets in.
    pub invitation_life: Duration,
    /// How long a bypass code works.
    pub bypass_life: Duration,
    /// How far a person's last seen time may lie ahead of the clock and still be believed.
    pub clock_trust: Duration,
}

/// What it takes for an administrator to take away somebody's second factor.
#[derive(Clone, Copy, Debug)]
pub struct Resets {
    /// Whether it takes a second administrator.
    pub second_approval: bool,
    /// How long it takes from asking to taking it away; zero is at once.
    pub cooling_off: Duration,
    /// How long what was asked for waits before it is over.
    pub request_life: Duration,
}

impl Policy {
    /// Whether people may use this kind of factor. Recovery codes go with every kind.
    pub fn allows(&self, method: Method) -> bool {
        method == Method::RecoveryCode || self.methods.contains(&method)
    }

    /// Whether a factor of this kind works now: nothing has to be sent, or there is something to send it with.
    pub fn delivers(&self, method: Method) -> bool {
        method.channel().is_none_or(|channel| self.channels.contains(&channel))
    }

    /// Whether a factor of this kind can be set up now.
    pub fn offers(&self, method: Method) -> bool {
        self.two_factor_enabled && self.allows(method) && self.delivers(method)
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            base_url: "http://127.0.0.1:8080".to_owned(),
            issuer: "Twinlock".to_owned(),
            two_factor_enabled: true,
            signup_enabled: true,
            challenge_life: Duration::from_mins(10),
            challenge_attempts: 5,
            live_challenges: 10,
            guesses: 10,
            guess_window: Duration::from_hours(1),
            guesses_in_a_row: 100,
            lockout: Duration::from_mins(15),
            lockout_max: Duration::from_hours(24),
            passwords_per_account: 10,
            password_window: Duration::from_mins(15),
            passwords_per_block: 100,
            password_block_window: Duration::from_hours(1),
            signups_per_block: 1000,
            sends_per_hour: 5,
            sends_per_day: 10,
            sends_reserved: 5,
            address_mails_per_day: 20,
            methods: vec![Method::Totp, Method::Sms, Method::Email],
            channels: vec![Channel::Email, Channel::Sms],
            code_life: Duration::from_mins(5),
            send_cooldowns: [Duration::from_secs(30), Duration::from_secs(60), Duration::from_mins(5)],
            sms: Limits::default(),
            new_destinations_per_day: 3,
            enrollment_life: Duration::from_mins(10),
            factors_max: 20,
            recovery_codes: 10,
            recovery_codes_kept: Duration::from_mins(10),
            signup_life: Duration::from_hours(24),
            access_life: Duration::from_mins(10),
            session_idle: Duration::from_days(7),
            session_life: Duration::from_days(30),
            freshness: Duration::from_mins(5),
            trusted_devices: true,
            trust_life: Duration::from_days(30),
            trust_idle: Duration::from_days(14),
            trust_rotation: Duration::ZERO,
            audit_retention: None,
            trust_grace: Duration::from_secs(60),
            trusted_devices_max: 5,
            password_reset_life: Duration::from_hours(1),
            unlock_life: Duration::from_mins(15),
            unlock_guesses: 3,
            admin_session_idle: Duration::from_mins(30),
            admin_session_life: Duration::from_hours(8),
            resets: Resets {
                second_approval: false,
                cooling_off: Duration::ZERO,
                request_life: Duration::from_days(7),
            },
            invitation_life: Duration::from_hours(24),
            bypass_life: Duration::from_hours(1),
            clock_trust: Duration::from_hours(24),
        }
    }
}
