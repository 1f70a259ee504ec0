//! The table of settings: name, example, default, meaning and parser, each once.
//!
//! The names are those of the environment; `twinlock.toml` has the same names in lower case. A setting stands here
//! only if it does something.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use domain::secret::SecretText;
use domain::sms_fraud::Country;
use domain::time::Duration as Span;
use domain::user::Email;
use messaging::sms::standard_webhook::WebhookSecret;
use messaging::{Sender, SmtpServer};
use url::Url;
use zeroize::Zeroizing;

use super::brand::{self, Color};
use super::parse::{self, Parsed};
use super::sms::{self, SmsProviderName};
use super::sms_limits;
use super::{BaseUrl, DatabaseUrl, Environment, LogFormat, Method, Network};

/// One setting with the type of its value.
pub struct Setting<T> {
    /// Its name in the environment.
    pub name: &'static str,
    /// A value that works.
    pub example: &'static str,
    /// The value when it is not set; `None` where it is computed or there is none.
    pub default: Option<&'static str>,
    /// What it does, in one sentence.
    pub about: &'static str,
    /// Whether its value must not be shown.
    pub secret: bool,
    pub(super) parse: fn(&str) -> Parsed<T>,
}

/// A setting without its type, for documents and checks over the whole table.
pub trait Described: Sync {
    /// Its name in the environment.
    fn name(&self) -> &'static str;
    /// A value that works.
    fn example(&self) -> &'static str;
    /// The value when it is not set.
    fn default(&self) -> Option<&'static str>;
    /// What it does.
    fn about(&self) -> &'static str;
    /// What is wrong with `value`, if anything is.
    fn fault(&self, value: &str) -> Option<String>;
}

impl<T> Described for Setting<T> {
    fn name(&self) -> &'static str {
        self.name
    }
    fn example(&self) -> &'static str {
        self.example
    }
    fn default(&self) -> Option<&'static str> {
        self.default
    }
    fn about(&self) -> &'static str {
        self.about
    }
    fn fault(&self, value: &str) -> Option<String> {
        (self.parse)(value).err()
    }
}

macro_rules! settings {
    ($($constant:ident: $type:ty = $name:literal, $example:literal, $default:expr, $parse:expr, $about:literal $(, $secret:ident)?;)*) => {
        $(
            #[doc = $about]
            pub const $constant: Setting<$type> = Setting {
                name: $name, example: $example, default: $default, about: $about, parse: $parse,
                secret: settings!(@secret $($secret)?),
            };
        )*
        /// Every setting that does something.
        pub const ALL: &[&dyn Described] = &[$(&$constant),*];
    };
    (@secret secret) => { true };
    (@secret) => { false };
}

settings! {
    ENVIRONMENT: Environment = "TWINLOCK_ENV", "production", Some("development"), parse::environment,
        "Whether this is a developer's machine or serves real people.";
    BIND: SocketAddr = "TWINLOCK_BIND", "127.0.0.1:8080", Some("127.0.0.1:8080"), parse::address,
        "The address and port to listen on.";
    BASE_URL: BaseUrl = "TWINLOCK_BASE_URL", "https://login.example.com", None, parse::base_url,
        "Where people reach this installation; decides links, cookies and origins. Default: http and the bind address.";
    DATABASE_URL: DatabaseUrl = "DATABASE_URL", "postgres://twinlock:password@localhost/twinlock", Some("sqlite:twinlock.db"), parse::database,
        "The database: a SQLite file or a PostgreSQL address.", secret;
    SYNCHRONOUS_STANDBY: bool = "TWINLOCK_SYNCHRONOUS_STANDBY", "true", Some("false"), parse::boolean,
        "Whether a standby of PostgreSQL that takes over has all that was answered; else a start on it waits for an operator.";
    MIGRATE: bool = "TWINLOCK_MIGRATE", "true", None, parse::boolean,
        "Whether serve brings the database up to date by itself. Default: only in development.";
    KEYS: Zeroizing<String> = "TWINLOCK_KEYS", "the output of `twinlock keys generate`", None, |text| Ok(Zeroizing::new(text.into())),
        "The key ring itself.", secret;
    KEYS_FILE: PathBuf = "TWINLOCK_KEYS_FILE", "/etc/twinlock/keys", None, |text| Ok(text.into()),
        "A file with the key ring. Default: keys generated into twinlock.keys, in development on SQLite only.";
    TRUSTED_PROXIES: Vec<Network> = "TWINLOCK_TRUSTED_PROXIES", "10.0.0.0/8,fd00::/8", Some(""), parse::networks,
        "The proxies whose X-Forwarded-For is believed.";
    BRAND_NAME: String = "TWINLOCK_BRAND_NAME", "Example", None, brand::name,
        "What the service is called on its pages. Default: the name an authenticator shows.";
    BRAND_LOGO: PathBuf = "TWINLOCK_BRAND_LOGO", "/etc/twinlock/logo.svg", None, brand::logo,
        "A picture for the pages: an .svg, .png or .webp file of at most 64 KiB.";
    BRAND_ACCENT: Color = "TWINLOCK_BRAND_ACCENT", "#1e5e52", None, brand::accent,
        "The color of buttons and links on the pages; dark enough for white text on it.";
    RETURN_ORIGINS: Vec<String> = "TWINLOCK_RETURN_ORIGINS", "https://app.example.com", Some(""), parse::origins,
        "Where else than to our own pages people may go on to after signing in: a list of origins.";
    API_RATE_LIMIT: u32 = "TWINLOCK_API_RATE_LIMIT", "6000", Some("6000"), parse::number::<1, 1_000_000>,
        "Calls of an API key in a minute, on each node.";
    WEBHOOK_LOOPBACK: bool = "TWINLOCK_WEBHOOK_LOOPBACK", "true", Some("false"), parse::boolean,
        "Whether applications may be called on this machine, and by plain http there: for development and tests only.";
    LOG: String = "TWINLOCK_LOG", "info,twinlock=debug", Some("info"), parse::log_filter,
        "Which events are logged: a level for our own, target=level for any other.";
    LOG_FORMAT: LogFormat = "TWINLOCK_LOG_FORMAT", "json", Some("pretty"), parse::log_format,
        "One readable line per event, or one JSON object.";
    METRICS_BIND: SocketAddr = "TWINLOCK_METRICS_BIND", "127.0.0.1:9090", None, parse::address,
        "The operators' own address: metrics, health and the API reference; in production their only place.";
    ADMIN_BIND: SocketAddr = "TWINLOCK_ADMIN_BIND", "127.0.0.1:9443", None, parse::address,
        "An address of its own for the administration, which is then served nowhere else. Default: beside the other pages.";
    ADMIN_URL: BaseUrl = "TWINLOCK_ADMIN_URL", "https://admin.example.com", None, parse::base_url,
        "Where administrators reach that address, if not by the base URL.";
    ADMIN_IDLE_MINUTES: Duration = "TWINLOCK_ADMIN_IDLE_MINUTES", "30", Some("30"), parse::minutes::<5, 1_440>,
        "How many minutes a session of an administrator lasts without being used.";
    ADMIN_SESSION_MINUTES: Duration = "TWINLOCK_ADMIN_SESSION_MINUTES", "480", Some("480"), parse::minutes::<5, 1_440>,
        "How many minutes a session of an administrator lasts in all, and their second factor opens the administration.";
    BYPASS_CODE_MINUTES: Duration = "TWINLOCK_BYPASS_CODE_MINUTES", "60", Some("60"), parse::minutes::<5, 1_440>,
        "How many minutes a bypass code works, which the help desk gives somebody who has lost everything else.";
    ADMIN_SECOND_APPROVAL: bool = "TWINLOCK_ADMIN_SECOND_APPROVAL", "true", Some("false"), parse::boolean,
        "Whether an administrator takes away somebody's second factor only when another one has approved it.";
    ADMIN_COOLING_OFF_MINUTES: Duration = "TWINLOCK_ADMIN_COOLING_OFF_MINUTES", "60", Some("0"), parse::minutes::<0, 10_080>,
        "How many minutes have to pass from asking for that until it is done; 0 is none.";
    ENABLED: bool = "TWOFA_ENABLED", "true", Some("true"), parse::boolean,
        "Whether anybody is asked for a second factor; false deletes nothing.";
    ISSUER_NAME: String = "TWOFA_ISSUER_NAME", "Example", Some("Twinlock"), parse::issuer_name,
        "The name an authenticator shows beside the code.";
    METHODS: Vec<Method> = "TWOFA_METHODS", "totp,sms", Some("totp,sms,email"), parse::methods,
        "The kinds of second factor people may use; a code by e-mail is the weakest. Who has no other kind left is not let in.";
    CODE_EXPIRY_MINUTES: Duration = "TWOFA_CODE_EXPIRY_MINUTES", "5", Some("5"), parse::minutes::<1, 10>,
        "How many minutes a code sent by SMS or e-mail is accepted.";
    MAX_ATTEMPTS: u32 = "TWOFA_MAX_ATTEMPTS", "5", Some("5"), parse::number::<1, 20>,
        "Wrong codes that end one challenge.";
    RATE_LIMIT_WINDOW: Duration = "TWOFA_RATE_LIMIT_WINDOW", "3600", Some("3600"), parse::seconds::<60, 86_400>,
        "The seconds over which an account's wrong codes are counted.";
    RATE_LIMIT_MAX: u32 = "TWOFA_RATE_LIMIT_MAX", "10", Some("10"), parse::number::<1, 1_000>,
        "Wrong codes per account and window before the account is locked.";
    LOCKOUT_THRESHOLD: u32 = "TWOFA_LOCKOUT_THRESHOLD", "100", Some("100"), parse::number::<10, 10_000>,
        "Wrong codes in a row that lock an account until it is unlocked by mail or by an administrator.";
    LOCKOUT_DURATION_MINUTES: Duration = "TWOFA_LOCKOUT_DURATION_MINUTES", "15", Some("15"), parse::minutes::<1, 1_440>,
        "How many minutes the first lock lasts; each further one lasts twice as long.";
    RECOVERY_CODE_COUNT: u8 = "TWOFA_RECOVERY_CODE_COUNT", "10", Some("10"), parse::small_number::<8, 20>,
        "How many recovery codes a set has.";
    TRUSTED_DEVICE_ENABLED: bool = "TWOFA_TRUSTED_DEVICE_ENABLED", "true", Some("true"), parse::boolean,
        "Whether a browser may be trusted for a while; false deletes nothing.";
    TRUSTED_DEVICE_MAX_AGE_DAYS: Duration = "TWOFA_TRUSTED_DEVICE_MAX_AGE_DAYS", "30", Some("30"), parse::days::<1, 365>,
        "How many days after the last second factor a browser is trusted at most.";
    TRUSTED_DEVICE_MAX_COUNT: u8 = "TWOFA_TRUSTED_DEVICE_MAX_COUNT", "5", Some("5"), parse::small_number::<1, 50>,
        "How many browsers one person may trust; the oldest goes.";
    TRUSTED_DEVICE_ROTATION_DAYS: Duration = "TWOFA_TRUSTED_DEVICE_ROTATION_DAYS", "7", Some("0"), parse::days::<0, 365>,
        "How many days old a trusted browser's secret gets before its use replaces it; 0 replaces it with each use.";
    SMS_COUNTRIES: Option<BTreeSet<Country>> = "TWINLOCK_SMS_COUNTRIES", "DE,AT,CH", Some("all"), sms_limits::countries,
        "The countries text messages go to, by ISO 3166-1 code, or all; production with an SMS provider needs a list.";
    SMS_PER_DAY: u32 = "TWINLOCK_SMS_PER_DAY", "10000", Some("10000"), parse::number::<0, 100_000_000>,
        "Text messages in any 24 hours, from the whole installation.";
    SMS_PER_PREFIX: u32 = "TWINLOCK_SMS_PER_PREFIX", "50", Some("50"), parse::number::<1, 1_000_000>,
        "Text messages in any 24 hours that set up numbers differing in their last three digits only.";
    SMS_PER_BLOCK: u32 = "TWINLOCK_SMS_PER_BLOCK", "200", Some("200"), parse::number::<1, 1_000_000>,
        "Text messages in any 24 hours asked for from one IPv4 address or one /64 of IPv6.";
    SMS_PER_ACCOUNT: u32 = "TWINLOCK_SMS_PER_ACCOUNT", "20", Some("20"), parse::number::<1, 1_000>,
        "Text messages in any 24 hours for one person.";
    SMS_ACCOUNTS_PER_NUMBER: u32 = "TWINLOCK_SMS_ACCOUNTS_PER_NUMBER", "10", Some("10"), parse::number::<1, 1_000_000>,
        "Accounts of an application that may confirm the same phone number.";
    SMS_BUDGET: u64 = "TWINLOCK_SMS_BUDGET", "25.00", None, sms_limits::money,
        "What text messages may cost in any 24 hours, in the unit of the prices. Default: no limit.";
    SMS_PRICES: (u64, BTreeMap<Country, u64>) = "TWINLOCK_SMS_PRICES", "0.08,US=0.008,DE=0.075", Some("0"), sms_limits::prices,
        "What a text message costs, and what it costs by country.";
    SMS_VERIFY_RATIO: u32 = "TWINLOCK_SMS_VERIFY_RATIO", "10", Some("10"), parse::number::<0, 100>,
        "The percentage of codes to a country that must get typed within six hours; with less, text messages to it stop. 0 switches this off.";
    SMS_VERIFY_RATIO_FROM: u32 = "TWINLOCK_SMS_VERIFY_RATIO_FROM", "50", Some("50"), parse::number::<10, 1_000_000>,
        "How many codes to a country that percentage is judged from.";
    ALARM_EMAIL: Email = "TWINLOCK_ALARM_EMAIL", "ops@example.com", None, sms_limits::address,
        "Who gets a mail when a limit of text messages is reached.";
    SMTP_URL: SmtpServer = "SMTP_URL", "smtps://user:password@mail.example.com", None, parse::smtp,
        "The mail server: smtps://, or smtp:// with STARTTLS. Default: none, and in development mail goes to the mailbox page.", secret;
    EMAIL_FROM: Sender = "EMAIL_FROM", "Example <no-reply@example.com>", None, parse::sender,
        "Who mail is from.";
    CLEANUP_AT: Span = "TWINLOCK_CLEANUP_AT", "02:00", Some("02:00"), parse::time_of_day,
        "When trusted devices whose time is over are deleted, every day: a time of day, UTC.";
    AUDIT_RETENTION_DAYS: Duration = "TWINLOCK_AUDIT_RETENTION_DAYS", "400", None, parse::days::<1, 36_500>,
        "How many days entries of the audit log are kept after they were signed. Default: forever.";
    SIGNUP_ENABLED: bool = "TWOFA_SIGNUP_ENABLED", "false", Some("true"), parse::boolean,
        "Whether people may make an account themselves.";
    SMS_PROVIDER: Vec<SmsProviderName> = "SMS_PROVIDER", "twilio,vonage", None, sms::parse::providers,
        "Who carries text messages: one provider or several, each tried when those before it do not serve. Default: mailbox in development, none in production.";
    TWILIO_ACCOUNT_SID: String = "TWILIO_ACCOUNT_SID", "AC0123456789abcdef0123456789abcdef", None, |text| sms::parse::sid("AC", text),
        "The account at Twilio.";
    TWILIO_AUTH_TOKEN: SecretText = "TWILIO_AUTH_TOKEN", "your-auth-token", None, sms::parse::secret,
        "Its auth token: authorizes requests where there is no API key, and checks Twilio's delivery reports.", secret;
    TWILIO_API_KEY_SID: String = "TWILIO_API_KEY_SID", "SK0123456789abcdef0123456789abcdef", None, |text| sms::parse::sid("SK", text),
        "An API key of the account, to authorize requests with.";
    TWILIO_API_KEY_SECRET: SecretText = "TWILIO_API_KEY_SECRET", "your-api-key-secret", None, sms::parse::secret,
        "The secret of that API key.", secret;
    TWILIO_PHONE_NUMBER: String = "TWILIO_PHONE_NUMBER", "+15005550006", None, sms::parse::sender,
        "Whom Twilio's messages are from: a number, a short code or a name of the account.";
    TWILIO_MESSAGING_SERVICE_SID: String = "TWILIO_MESSAGING_SERVICE_SID", "MG0123456789abcdef0123456789abcdef", None, |text| sms::parse::sid("MG", text),
        "A messaging service that chooses the number; set it or the number.";
    TWILIO_API_BASE_URL: Url = "TWILIO_API_BASE_URL", "https://api.twilio.com", Some("https://api.twilio.com"), sms::parse::base_url,
        "Where Twilio is reached.";
    VONAGE_API_KEY: String = "VONAGE_API_KEY", "a1b2c3d4", None, sms::parse::name,
        "The API key of the account at Vonage.";
    VONAGE_API_SECRET: SecretText = "VONAGE_API_SECRET", "your-api-secret", None, sms::parse::secret,
        "Its secret.", secret;
    VONAGE_SIGNATURE_SECRET: SecretText = "VONAGE_SIGNATURE_SECRET", "your-signature-secret", None, sms::parse::secret,
        "The account's signature secret, which checks Vonage's delivery reports.", secret;
    VONAGE_FROM: String = "VONAGE_FROM", "+447700900001", None, sms::parse::sender,
        "Whom Vonage's messages are from: a number or a name.";
    VONAGE_API_BASE_URL: Url = "VONAGE_API_BASE_URL", "https://api.nexmo.com", Some("https://api.nexmo.com"), sms::parse::base_url,
        "Where Vonage is reached.";
    AWS_ACCESS_KEY_ID: String = "AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE", None, sms::parse::name,
        "The access key for AWS SNS.";
    AWS_SECRET_ACCESS_KEY: SecretText = "AWS_SECRET_ACCESS_KEY", "your-secret-access-key", None, sms::parse::secret,
        "Its secret.", secret;
    AWS_SESSION_TOKEN: SecretText = "AWS_SESSION_TOKEN", "your-session-token", None, sms::parse::secret,
        "The token that belongs to temporary credentials; it is read once, at the start.", secret;
    AWS_REGION: String = "AWS_REGION", "eu-central-1", None, sms::parse::name,
        "The region whose SNS sends.";
    AWS_SNS_SENDER_ID: String = "AWS_SNS_SENDER_ID", "Example", None, sms::parse::sender,
        "Whom messages by SNS are from, in countries that show a name.";
    AWS_SNS_API_BASE_URL: Url = "AWS_SNS_API_BASE_URL", "https://sns.eu-central-1.amazonaws.com", None, sms::parse::base_url,
        "Where SNS is reached. Default: made of the region.";
    SMS_WEBHOOK_URL: Url = "SMS_WEBHOOK_URL", "https://sms.example.com/send", None, sms::parse::webhook_url,
        "Where the gateway of the provider webhook is called.", secret;
    SMS_WEBHOOK_SECRET: WebhookSecret = "SMS_WEBHOOK_SECRET", "whsec_bWFrZSBvbmUgb2YgeW91ciBvd24sIG5vdCB0aGlz", None, sms::parse::webhook_secret,
        "What these calls and the gateway's reports are signed with: whsec_ and 24 to 64 bytes in base64.", secret;
}

/// The file to read, known by name because it decides where the other settings come from.
pub const CONFIG_FILE: &str = "TWINLOCK_CONFIG";
