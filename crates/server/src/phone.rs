//! Phone numbers: whatever spelling was typed becomes the one of E.164, or is refused before anything is sent.
//!
//! Only the plainest spelling is read: `+`, ASCII digits and the usual separators. Whatever could be read in two ways (other
//! digits, hidden characters, extensions, a number without its country) is refused. Of the numbers, only mobile phones of a
//! country are taken: what costs extra, or belongs to no country, is how text messages are turned into somebody's money.

use std::sync::Arc;

use domain::destination::{PhoneFault, PhoneNumber};
use domain::sms_fraud::Country;
use phonenumber::Type;
use phonenumber::metadata::DATABASE;
use tokio::sync::Semaphore;

use crate::fault::Fault;

/// Codes that E.164 assigns to no country: international freephone, shared cost and premium rate, satellites, networks.
const OF_NO_COUNTRY: [u16; 9] = [800, 808, 870, 878, 881, 882, 883, 888, 979];
/// The longest number dialed within a country that has no subscriber: emergency calls and short codes.
const SHORT: usize = 6;

/// Reads numbers. The tables of all countries are built with the first one, off the threads that serve.
#[derive(Clone)]
pub struct Phones(Arc<Semaphore>);

impl Phones {
    /// Reads two numbers at a time; others wait their turn.
    pub fn new() -> Self {
        Self(Arc::new(Semaphore::new(2)))
    }

    /// Reads a number.
    pub async fn read(&self, text: String) -> Result<Result<PhoneNumber, PhoneFault>, Fault> {
        let _turn = self.0.acquire().await.map_err(|_| Fault::plain("the reader of numbers is gone"))?;
        tokio::task::spawn_blocking(move || e164(&text))
            .await
            .map_err(|error| Fault::new("reading a number did not come to its end", error))
    }
}

impl Default for Phones {
    fn default() -> Self {
        Self::new()
    }
}

fn e164(text: &str) -> Result<PhoneNumber, PhoneFault> {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || b" -.()/+".contains(&byte));
    if plain && (1..=SHORT).contains(&digits) {
        return Err(PhoneFault::Short);
    }
    if !plain || !text.starts_with('+') || text.matches('+').count() != 1 {
        return Err(PhoneFault::Malformed);
    }
    let number = phonenumber::parse(None, text).map_err(|_| PhoneFault::Invalid)?;
    if OF_NO_COUNTRY.contains(&number.code().value()) {
        return Err(PhoneFault::NotOfACountry);
    }
    match number.number_type(&DATABASE) {
        Type::Mobile | Type::FixedLineOrMobile if number.is_valid() => {}
        Type::Mobile | Type::FixedLineOrMobile | Type::Unknown => return Err(PhoneFault::Invalid),
        Type::PremiumRate | Type::SharedCost => return Err(PhoneFault::Premium),
        Type::PersonalNumber => return Err(PhoneFault::Personal),
        Type::ShortCode | Type::Emergency => return Err(PhoneFault::Short),
        Type::FixedLine
        | Type::TollFree
        | Type::Voip
        | Type::Pager
        | Type::Uan
        | Type::Voicemail
        | Type::StandardRate
        | Type::Carrier
        | Type::NoInternational => return Err(PhoneFault::NotMobile),
    }
    let country = number.country().id().and_then(|id| Country::parse(id.as_ref())).unwrap_or(Country::UNKNOWN);
    let e164 = number.format().mode(phonenumber::Mode::E164).to_string();
    PhoneNumber::from_e164(&e164).map(|number| number.of(country)).ok_or(PhoneFault::Invalid)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, &'static str> {
        e164(text).map(|number| number.as_str().to_owned()).map_err(PhoneFault::as_str)
    }

    #[test]
    fn the_usual_spellings_of_a_number_are_one() {
        for text in ["+12025550167", "+1 (202) 555-0167", "+1.202.555.0167", "+1 202/555 0167"] {
            assert_eq!(read(text), Ok("+12025550167".to_owned()), "{text}");
        }
        for text in ["+447400123456", "+44 (0)7400 123456", "+4407400123456"] {
            let number = read(text);
            assert!(number == Ok("+447400123456".to_owned()) || number == Err("invalid"), "{text}: {number:?}");
        }
        for text in ["+436641234567", "+33612345678", "+4915112345678", "+919812345678", "+5511961234567"] {
            assert_eq!(read(text), Ok(text.to_owned()), "{text}");
        }
    }

    #[test]
    fn a_number_tells_its_country_also_where_several_share_a_code() {
        for (text, country) in [
            ("+12025550167", "US"),
            ("+14165550134", "CA"),
            ("+18765550134", "JM"),
            ("+447400123456", "GB"),
            ("+4915112345678", "DE"),
            ("+77011234567", "KZ"),
        ] {
            match e164(text) {
                Ok(number) => assert_eq!(number.country().as_str(), country, "{text}"),
                Err(fault) => assert_eq!(fault, PhoneFault::Invalid, "{text}"),
            }
        }
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_refused() {
        for text in [
            "12025550167",
            "0012025550167",
            "+0012025550167",
            "+1+2025550167",
            "2025550167",
            "＋12025550167",
            "+１２０２５５５０１６７",
            "+١٢٠٢٥٥٥٠١٦٧",
            "+1202\u{200b}5550167",
            "tel:+12025550167",
            "+12025550167;ext=5",
            "+12025550167 x5",
            "+12025550167,,1",
            "+12025550167#5",
            "+1202555016O",
            "",
            "+",
        ] {
            assert!(read(text).is_err(), "{text:?}: {:?}", read(text));
        }
    }

    #[test]
    fn numbers_that_cost_or_answer_no_text_are_refused_by_name() {
        for (text, fault) in [
            ("911", "short_number"),
            ("112", "short_number"),
            ("+911", "short_number"),
            ("12345", "short_number"),
            ("+19002345678", "premium_rate"),
            ("+979123456789", "not_of_a_country"),
            ("+870773111632", "not_of_a_country"),
            ("+881612345678", "not_of_a_country"),
            ("+8823421234", "not_of_a_country"),
            ("+883510012345", "not_of_a_country"),
            ("+447012345678", "personal_number"),
            ("+442079460123", "not_mobile"),
            ("+493012345678", "not_mobile"),
            ("+18002345678", "not_mobile"),
        ] {
            assert!(
                matches!(read(text), Err(found) if found == fault || found == "invalid"),
                "{text}: {:?}",
                read(text)
            );
        }
    }
}
