//! Identifiers: one type per noun, so that a session's id never stands where a user's is wanted.
//!
//! All are UUID version 7 (RFC 9562 section 5.7): ordered by time, made from the command's clock and randomness. An id is
//! public; nothing secret derives from one.

use std::fmt;

use rand::CryptoRng;
use uuid::Uuid;

use crate::time::Timestamp;

/// Draws a version 7 UUID for `now`.
pub fn new_uuid(now: Timestamp, rng: &mut dyn CryptoRng) -> Uuid {
    let mut random = [0; 10];
    rng.fill_bytes(&mut random);
    let millis = u64::try_from(now.as_micros().div_euclid(1000)).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}

/// What no id drawn at `at` or later is below, and every one drawn in an earlier millisecond is.
pub fn earliest(at: Timestamp) -> Uuid {
    let millis = u128::try_from(at.as_micros().div_euclid(1000)).unwrap_or(0);
    Uuid::from_u128(millis << 80)
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Draws a new id.
            pub fn new(now: Timestamp, rng: &mut dyn CryptoRng) -> Self {
                Self(new_uuid(now, rng))
            }

            /// Wraps an id that was stored or received.
            pub const fn from_uuid(id: Uuid) -> Self {
                Self(id)
            }

            /// The bare UUID.
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

ids! {
    /// A relying application. Every user belongs to one.
    ApplicationId;
    /// A person who signs in.
    UserId;
    /// The pseudonym under which a person stands in the audit log; it outlives the user.
    PersonId;
    /// A factor: pending or enrolled, it keeps its id.
    FactorId;
    /// The adding of a factor, until it is confirmed.
    EnrollmentId;
    /// One request to prove presence.
    ChallengeId;
    /// A signed-in session: the `sid` of its tokens.
    SessionId;
    /// A sign-up whose address is not verified yet.
    PendingSignupId;
    /// One recovery code.
    RecoveryCodeId;
    /// One code sent by SMS or e-mail; it shares its id with its message.
    SentCodeId;
    /// One message on its way.
    MessageId;
    /// One entry of the audit log.
    AuditId;
    /// A browser trusted for a while.
    TrustedDeviceId;
    /// One link sent by mail.
    LinkTokenId;
    /// A key of an application.
    ApiKeyId;
    /// A key of the administration.
    AdminKeyId;
    /// One answer kept to be given again.
    KeptAnswerId;
    /// An address an application is called at.
    WebhookId;
    /// A reset of somebody's second factor that was asked for.
    ResetRequestId;
}

impl ApplicationId {
    /// The application that exists from the first migration on, for Twinlock's own login.
    pub const DEFAULT: Self = Self(Uuid::from_u128(0x0000_0000_0000_7000_8000_0000_0000_0001));
}
