//! Where codes go: a phone number or an e-mail address.
//!
//! A destination has one spelling, by which it is compared and counted; stored, it is sealed into its row, with a blind index
//! beside it that names it to the counters and to nobody else.

use std::fmt;

use rand::CryptoRng;

use crate::factor::Method;
use crate::secret::{Broken, Fault, KeyRing, Place, Sealed};
use crate::sms_fraud::Country;
use crate::user::Email;

/// A phone number in E.164: `+`, country code, subscriber. Which numbers are taken is judged where they are read.
#[derive(Clone, PartialEq, Eq)]
pub struct PhoneNumber {
    e164: String,
    country: Country,
}

/// Why a text is no number this server sends to; `reason` in the refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhoneFault {
    /// Not `+`, digits and the usual separators.
    Malformed,
    /// No number of its country.
    Invalid,
    /// A short code or an emergency number.
    Short,
    /// Its calls and messages cost extra.
    Premium,
    /// A satellite phone or another number of no country.
    NotOfACountry,
    /// Of a country that codes are not sent to.
    Country,
    /// A number that follows its holder, at the caller's cost.
    Personal,
    /// A landline, pager or anything else that is no mobile phone.
    NotMobile,
    /// As many accounts as may share a number have it already.
    Shared,
}

impl PhoneFault {
    /// Every one of them.
    pub const ALL: [Self; 9] = [
        Self::Malformed,
        Self::Invalid,
        Self::Short,
        Self::Premium,
        Self::NotOfACountry,
        Self::Country,
        Self::Personal,
        Self::NotMobile,
        Self::Shared,
    ];

    /// Its name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Invalid => "invalid",
            Self::Short => "short_number",
            Self::Premium => "premium_rate",
            Self::NotOfACountry => "not_of_a_country",
            Self::Country => "country_not_served",
            Self::Personal => "personal_number",
            Self::NotMobile => "not_mobile",
            Self::Shared => "shared_number",
        }
    }
}

impl PhoneNumber {
    /// A number in E.164 (ITU-T E.164 section 6): `+` and 7 to 15 digits, the first no zero.
    pub fn from_e164(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('+')?;
        let fits = (7..=15).contains(&digits.len()) && !digits.starts_with('0');
        let known = fits && digits.bytes().all(|byte| byte.is_ascii_digit());
        known.then(|| Self { e164: text.to_owned(), country: Country::UNKNOWN })
    }

    /// The same number, of this country.
    #[must_use]
    pub fn of(self, country: Country) -> Self {
        Self { country, ..self }
    }

    /// The country it was found to belong to.
    pub const fn country(&self) -> Country {
        self.country
    }

    /// As it is sealed: the number and its country.
    fn to_stored(&self) -> String {
        format!("{} {}", self.e164, self.country.as_str())
    }

    fn from_stored(text: &str) -> Option<Self> {
        match text.split_once(' ') {
            Some((number, country)) => Some(Self::from_e164(number)?.of(Country::parse(country)?)),
            None => Self::from_e164(text),
        }
    }

    /// As it is dialed.
    pub fn as_str(&self) -> &str {
        &self.e164
    }

    /// As shown to somebody who has only proved the password: `+1*** ***67`.
    pub fn masked(&self) -> String {
        let (country, _) = self.e164.split_at(1 + country_digits(&self.e164));
        format!("{country}*** ***{}", &self.e164[self.e164.len() - 2..])
    }
}

/// How many digits the country code has: the zones of ITU-T E.164 assign codes of one, two or three digits by their first.
fn country_digits(e164: &str) -> usize {
    let two = e164.get(1..3).unwrap_or_default();
    match two.as_bytes() {
        [b'1' | b'7', _] => 1,
        b"20"
        | b"27"
        | b"30"
        | b"31"
        | b"32"
        | b"33"
        | b"34"
        | b"36"
        | b"39"
        | b"40"
        | b"41"
        | b"81"
        | b"82"
        | b"84"
        | b"86"
        | b"98"
        | [b'4', b'3'..=b'9']
        | [b'5', b'1'..=b'8']
        | [b'6', b'0'..=b'6']
        | [b'9', b'0'..=b'5'] => 2,
        _ => 3,
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PhoneNumber")
    }
}

/// Where codes of a factor go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// By SMS.
    Phone(PhoneNumber),
    /// By e-mail.
    Email(Email),
}

/// A destination as stored: of no use without the ring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedDestination {
    /// The text, sealed into its row.
    pub sealed: Sealed,
    /// The blind index it is counted by.
    pub key: [u8; 32],
}

impl Destination {
    /// The kind of factor that sends here.
    pub const fn method(&self) -> Method {
        match self {
            Self::Phone(_) => Method::Sms,
            Self::Email(_) => Method::Email,
        }
    }

    /// As messages are addressed.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Phone(number) => number.as_str(),
            Self::Email(email) => email.as_str(),
        }
    }

    /// The one spelling it is compared and counted by.
    pub fn canonical(&self) -> String {
        match self {
            Self::Phone(number) => number.as_str().to_owned(),
            Self::Email(email) => email.key(),
        }
    }

    /// As shown to somebody who has only proved the password.
    pub fn masked(&self) -> String {
        match self {
            Self::Phone(number) => number.masked(),
            Self::Email(email) => email.masked(),
        }
    }

    /// The blind index it is counted by, whoever sends.
    pub fn key(&self, keys: &KeyRing) -> [u8; 32] {
        keys.blind_index("destination", &[self.method().as_str().as_bytes(), self.canonical().as_bytes()])
    }

    /// Seals it for its row.
    pub fn seal(&self, place: &Place, keys: &KeyRing, rng: &mut dyn CryptoRng) -> SealedDestination {
        let text = match self {
            Self::Phone(number) => number.to_stored(),
            Self::Email(email) => email.as_str().to_owned(),
        };
        SealedDestination { sealed: keys.seal(place, text.as_bytes(), rng), key: self.key(keys) }
    }
}

impl SealedDestination {
    /// Opens what was sealed for this place. Without a text of the method's form the row is broken.
    pub fn open(&self, method: Method, place: &Place, keys: &KeyRing) -> Result<Destination, Broken> {
        let plain = keys.open(place, &self.sealed)?;
        let text = std::str::from_utf8(&plain).ok();
        let destination = match method {
            Method::Sms => text.and_then(PhoneNumber::from_stored).map(Destination::Phone),
            Method::Email => text.map(|text| Destination::Email(Email::stored(text.to_owned()))),
            Method::Totp | Method::RecoveryCode => None,
        };
        destination.ok_or_else(|| place.broken(Fault::Altered))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::rng;

    fn phone(text: &str) -> PhoneNumber {
        PhoneNumber::from_e164(text).unwrap()
    }

    #[test]
    fn a_masked_number_shows_its_country_and_two_digits() {
        for (number, masked) in [
            ("+12025550167", "+1*** ***67"),
            ("+447400123456", "+44*** ***56"),
            ("+436641234567", "+43*** ***67"),
            ("+35312345678", "+353*** ***78"),
            ("+79161234567", "+7*** ***67"),
            ("+9715012345", "+971*** ***45"),
        ] {
            assert_eq!(phone(number).masked(), masked);
        }
    }

    #[test]
    fn only_plain_e164_is_a_number() {
        for text in
            ["", "+", "12025550167", "+02025550167", "+1 2025550167", "+1202555016a", "+123456", "+1234567890123456"]
        {
            assert!(PhoneNumber::from_e164(text).is_none(), "{text:?}");
        }
    }

    #[test]
    fn two_spellings_of_one_address_are_one_destination_and_a_number_is_none_of_them() {
        let keys = KeyRing::generate(&mut rng(1));
        let email = |text: &str| Destination::Email(Email::parse(text).unwrap());
        assert_eq!(email("Ada@Example.org").key(&keys), email("ada@example.org").key(&keys));
        assert_ne!(email("ada@example.org").key(&keys), email("eve@example.org").key(&keys));
        assert_ne!(email("ada@example.org").key(&keys), Destination::Phone(phone("+12025550167")).key(&keys));
    }

    #[test]
    fn nothing_shows_a_destination() {
        let shown = format!("{:?}", Destination::Phone(phone("+12025550167")));
        assert!(!shown.contains("2025550167"), "{shown}");
    }
}
