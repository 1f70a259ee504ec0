//! What Twinlock answers. Times are RFC 3339, in universal time.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// A text that is not printed by mistake.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The text itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Makes a struct that is read from an answer; its fields are named in docs/api.md.
macro_rules! answers {
    ($($(#[$doc:meta])* $name:ident { $($(#[$about:meta])* $field:ident: $kind:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Deserialize)]
        pub struct $name {
            $($(#[$about])* pub $field: $kind,)*
        }
    )*};
}

answers! {
    /// What was proved, about whom.
    Approval {
        /// Your id of the user: whom to sign in.
        user_id: String,
        /// With what, or `trusted_device`; `None` where nothing was asked.
        method: Option<String>,
        /// Authentication methods (RFC 8176).
        amr: Vec<String>,
        /// "2" when a factor was proved now.
        acr: String,
        /// When.
        #[serde(with = "time::serde::rfc3339")]
        auth_time: OffsetDateTime,
        /// Unused recovery codes.
        recovery_codes_remaining: u32,
        /// For the cookie of a device that is trusted; replaces the one before.
        device_token: Option<Secret>,
        /// When that cookie ends.
        #[serde(default, with = "time::serde::rfc3339::option")]
        device_expires_at: Option<OffsetDateTime>,
        /// A signed receipt of a step-up.
        receipt: Option<String>,
    }
    /// A factor that a challenge can be answered with.
    Method {
        /// Its id.
        id: String,
        /// `totp`, `sms` or `email`.
        method: String,
        /// What the person called it.
        label: String,
        /// Where codes go, masked.
        destination: Option<String>,
    }
    /// What is asked of somebody.
    Challenge {
        /// Its id.
        id: String,
        /// `not_required` (`result` is there), `pending`, `enrollment_required` or `locked`.
        status: String,
        /// Why that.
        why: String,
        /// What it can be answered with.
        methods: Vec<Method>,
        /// Which of these first.
        preferred: Option<String>,
        /// Whether a code is on its way.
        code_sent: bool,
        /// Guesses that are left.
        attempts_left: u32,
        /// When it is over.
        #[serde(with = "time::serde::rfc3339")]
        expires_at: OffsetDateTime,
        /// What is confirmed.
        text: Option<String>,
        /// The hosted page: send the browser there.
        url: Option<String>,
        /// There at once, where nothing is asked.
        result: Option<Approval>,
    }
    /// A code that was sent.
    CodeSent {
        /// By what.
        method: String,
        /// Where to, masked.
        destination: String,
        /// `queued`, and what became of it.
        delivery: String,
        /// Codes that may still be sent.
        sends_left: u32,
    }
    /// A factor of a user.
    Factor {
        /// Its id.
        id: String,
        /// `totp`, `sms` or `email`.
        method: String,
        /// What the person called it.
        label: String,
        /// Where codes go, masked.
        destination: Option<String>,
        /// Whether it is asked for first.
        preferred: bool,
    }
    /// A factor that was added; secret and codes are to be shown once and kept nowhere.
    AddedFactor {
        /// Its id.
        id: String,
        /// `totp`, `sms` or `email`.
        method: String,
        /// `pending` until its first code, or `active`.
        status: String,
        /// Where codes go, masked.
        destination: Option<String>,
        /// For an authenticator, in base32.
        secret: Option<Secret>,
        /// The same as an `otpauth:` address.
        qr_code: Option<Secret>,
        /// The same as a picture, in a `data:` address.
        qr_code_image: Option<Secret>,
        /// With a first factor, ten.
        #[serde(default)]
        recovery_codes: Vec<Secret>,
    }
    /// A user.
    User {
        /// Your id.
        id: String,
        /// Their address.
        email: Option<String>,
        /// Whether a second factor is on.
        is_enabled: bool,
        /// What is asked for first.
        preferred_method: Option<String>,
        /// Their factors.
        factors: Vec<Factor>,
        /// Unused recovery codes.
        recovery_codes_remaining: u32,
        /// Devices that are trusted.
        trusted_devices: u32,
        /// Until when they are locked.
        #[serde(default, with = "time::serde::rfc3339::option")]
        locked_until: Option<OffsetDateTime>,
    }
    /// A trusted device.
    Device {
        /// Its id.
        id: String,
        /// Which browser.
        name: String,
        /// Where it was last.
        ip_address: Option<String>,
        /// When its trust ends.
        #[serde(with = "time::serde::rfc3339")]
        expires_at: OffsetDateTime,
    }
}

impl Challenge {
    /// Whether a code is wanted.
    pub fn is_pending(&self) -> bool {
        self.status == "pending"
    }
}
