//! The settings of SMS fraud control, from text to limits.

use std::collections::{BTreeMap, BTreeSet};

use domain::sms_fraud::{Country, Limits, MILLION};
use domain::user::Email;

use super::parse::Parsed;
use super::source::Layers;
use super::{ConfigError, settings};

/// All of them together.
pub(super) fn load(layers: &Layers) -> Result<Limits, ConfigError> {
    let (price, prices) = layers.required(&settings::SMS_PRICES)?;
    Ok(Limits {
        countries: layers.required(&settings::SMS_COUNTRIES)?,
        per_day: layers.required(&settings::SMS_PER_DAY)?,
        per_prefix: layers.required(&settings::SMS_PER_PREFIX)?,
        per_block: layers.required(&settings::SMS_PER_BLOCK)?,
        per_account: layers.required(&settings::SMS_PER_ACCOUNT)?,
        accounts: layers.required(&settings::SMS_ACCOUNTS_PER_NUMBER)?,
        budget: layers.optional(&settings::SMS_BUDGET)?,
        prices,
        price,
        ratio_from: layers.required(&settings::SMS_VERIFY_RATIO_FROM)?,
        ratio_percent: layers.required(&settings::SMS_VERIFY_RATIO)?,
        alarms_to: layers.optional(&settings::ALARM_EMAIL)?,
    })
}

/// A list of countries, or `all`.
pub(super) fn countries(text: &str) -> Parsed<Option<BTreeSet<Country>>> {
    if text.eq_ignore_ascii_case("all") {
        return Ok(None);
    }
    let countries: BTreeSet<Country> = text.split(',').map(|item| country(item.trim())).collect::<Parsed<_>>()?;
    Ok(Some(countries))
}

fn country(text: &str) -> Parsed<Country> {
    let known = |country: &Country| country.as_str().parse::<phonenumber::country::Id>().is_ok();
    Country::parse(text).filter(known).ok_or_else(|| {
        let hint = if text.eq_ignore_ascii_case("uk") { "; the United Kingdom is GB" } else { "" };
        format!("has {text:?} where two letters of a country belong, as ISO 3166 writes them{hint}")
    })
}

/// An amount in millionths, written with at most six decimals.
pub(super) fn money(text: &str) -> Parsed<u64> {
    let wrong = || "is no amount like 25 or 0.0075".to_owned();
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(decimals) || decimals.len() > 6 {
        return Err(wrong());
    }
    let whole: u64 = whole.parse().map_err(|_| wrong())?;
    let millionths: u64 = format!("{decimals:0<6}").parse().map_err(|_| wrong())?;
    whole.checked_mul(MILLION).and_then(|whole| whole.checked_add(millionths)).ok_or_else(wrong)
}

/// One price for all countries, and others by country.
pub(super) fn prices(text: &str) -> Parsed<(u64, BTreeMap<Country, u64>)> {
    let (mut elsewhere, mut by_country) = (0, BTreeMap::new());
    for item in text.split(',').map(str::trim) {
        match item.split_once('=') {
            None => elsewhere = money(item)?,
            Some((name, price)) => {
                by_country.insert(country(name.trim())?, money(price.trim())?);
            }
        }
    }
    Ok((elsewhere, by_country))
}

/// An address that mail goes to.
pub(super) fn address(text: &str) -> Parsed<Email> {
    Email::parse(text).map_err(|_| "is not an e-mail address".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_exactly() {
        for (text, millionths) in [("25", 25_000_000), ("0.0075", 7_500), ("1.5", 1_500_000), ("0", 0)] {
            assert_eq!(money(text), Ok(millionths), "{text}");
        }
        for text in ["", "-1", "1,5", "0.0000001", "1e3", ".5", "5.", "99999999999999999999"] {
            assert!(money(text).is_err(), "{text}");
        }
    }

    #[test]
    fn countries_and_prices_are_named_by_two_letters() {
        assert_eq!(countries("all"), Ok(None));
        let names: Vec<String> =
            countries("de, AT").unwrap().unwrap().iter().map(|country| country.as_str().to_owned()).collect();
        assert_eq!(names, ["AT", "DE"]);
        assert!(countries("DEU").is_err() && countries("").is_err());
        let (elsewhere, by_country) = prices("0.08,US=0.008").unwrap();
        assert_eq!((elsewhere, by_country[&Country::parse("US").unwrap()]), (80_000, 8_000));
        assert!(prices("US=cheap").is_err());
    }
}
