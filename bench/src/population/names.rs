//! What follows from a person's number: ids, tokens, codes, addresses.

use domain::totp::{Step, TotpSecret};
use sha2::{Digest, Sha256};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::now;

/// Recovery codes of one person, as a real set-up gives them.
pub(super) const RECOVERY_CODES: u64 = 10;

/// What an id is of. The ids of one kind lie side by side in the order of their numbers, as version 7 UUIDs do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    User = 1,
    Person = 2,
    Factor = 3,
    Challenge = 4,
    /// The factor that codes are sent by.
    Phone = 5,
    /// The challenge that a code was sent for already.
    SecondChallenge = 6,
    SentCode = 7,
    TrustedDevice = 8,
    /// A row that a twin adds; up to 256 of them per person.
    Fresh = 0x100,
    RecoveryCode = 0x200,
}

impl Kind {
    /// Rows of the kind that each person has.
    pub(crate) const fn each(self) -> u64 {
        match self {
            Self::RecoveryCode => RECOVERY_CODES,
            Self::User
            | Self::Person
            | Self::Factor
            | Self::Challenge
            | Self::Phone
            | Self::SecondChallenge
            | Self::SentCode
            | Self::TrustedDevice
            | Self::Fresh => 1,
        }
    }

    /// The id of a person's row of this kind, or of the first of them.
    pub(crate) fn id(self, number: u64) -> Uuid {
        id(self as u16, number * self.each())
    }
}

/// Everything before the three digits of the kind and the twelve of the number.
pub(crate) const ID_HEAD: &str = "01990000-0000-7";
/// What stands between the two.
pub(crate) const ID_MIDDLE: &str = "-8000-";

/// The id of a person's row.
pub(crate) fn id(kind: u16, number: u64) -> Uuid {
    let (head, version, variant) = (0x0199_u128 << 112, 7_u128 << 76, 8_u128 << 60);
    Uuid::from_u128(head | version | (u128::from(kind) << 64) | variant | u128::from(number))
}

/// What stands behind the number in each part of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pads(pub(crate) &'static str);

/// Of the partial token of a person's challenge.
const PARTIAL: Pads = Pads("A");
/// Of the partial token of a person's second challenge.
const SECOND: Pads = Pads("B");
/// Of the cookie of a person's trusted device. Its first part, the family, looks like a partial token.
const COOKIE: Pads = Pads("AB");

/// Of every token a person has.
pub(crate) const TOKENS: [Pads; 3] = [PARTIAL, SECOND, COOKIE];

impl Pads {
    /// A person's token: parts of 43 characters, as real ones have.
    pub(crate) fn token(self, number: u64) -> String {
        let digits = number.to_string();
        let part = |pad: char| digits.chars().chain(std::iter::repeat(pad)).take(43).collect::<String>();
        self.0.chars().map(part).collect()
    }
}

/// The partial token of a person's challenge.
pub(crate) fn partial_token(number: u64) -> String {
    PARTIAL.token(number)
}

/// The partial token of a person's second challenge.
pub(crate) fn second_token(number: u64) -> String {
    SECOND.token(number)
}

/// The cookie of a person's trusted device.
pub(crate) fn cookie(number: u64) -> String {
    COOKIE.token(number)
}

/// The first recovery code of a person.
pub(crate) fn recovery_code(number: u64) -> String {
    recovery_code_text(number * RECOVERY_CODES)
}

pub(super) fn recovery_code_text(row: u64) -> String {
    format!("{row:012}")
}

/// The code that was sent for a person's second challenge.
pub(crate) fn sent_code(number: u64) -> u32 {
    u32::try_from(number % 1_000_000).unwrap_or_default()
}

/// The address a person signs in with.
pub(crate) fn email(number: u64) -> String {
    format!("person{number}@bench.example")
}

/// What an application calls a person of its own.
pub(crate) fn external(number: u64) -> String {
    format!("person{number}")
}

/// The secret of a person's authenticator.
pub(crate) fn secret(number: u64) -> TotpSecret {
    let digest = Sha256::digest(format!("secret {number}").as_bytes());
    TotpSecret::from_bytes(Zeroizing::new(digest[..20].to_vec()))
}

/// The code a person's authenticator shows now.
pub(crate) fn code(number: u64) -> u32 {
    secret(number).code(Step::at(now()))
}
