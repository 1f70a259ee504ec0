//! Who carries text messages: what each provider needs, and what is said when it lacks it.

use domain::destination::PhoneNumber;
use domain::secret::SecretText;
use domain::time::Timestamp;
use messaging::sms::Sms;
use messaging::testing::{Dialect, FakeProvider};
use uuid::Uuid;

use super::{FROM, HTTPS, KEYS, PRODUCTION, SMTP, check, line, load, with_file};
use crate::config::sms::SmsProviderSettings;
use crate::config::{Config, ConfigError};

const SECRET: &str = "whsec_Y2FuYXJ5IG9mIHRoZSB3ZWJob29rIDAx";

const TWILIO: [(&str, &str); 3] = [
    ("TWILIO_ACCOUNT_SID", "ACcanary1"),
    ("TWILIO_AUTH_TOKEN", "canary-token"),
    ("TWILIO_PHONE_NUMBER", "+15005550006"),
];
const VONAGE: [(&str, &str); 4] = [
    ("VONAGE_API_KEY", "a1b2c3d4"),
    ("VONAGE_API_SECRET", "canary-secret"),
    ("VONAGE_SIGNATURE_SECRET", "canary-signature"),
    ("VONAGE_FROM", "Example"),
];
const SNS: [(&str, &str); 3] =
    [("AWS_ACCESS_KEY_ID", "AKIAcanary"), ("AWS_SECRET_ACCESS_KEY", "canary/secret+"), ("AWS_REGION", "eu-central-1")];
const WEBHOOK: [(&str, &str); 2] =
    [("SMS_WEBHOOK_URL", "https://sms.example.com/send?token=canary"), ("SMS_WEBHOOK_SECRET", SECRET)];

/// The settings of a provider, and its name.
fn with<'a>(provider: &'a str, settings: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    [("SMS_PROVIDER", provider)].into_iter().chain(settings.iter().copied()).collect()
}

fn without<'a>(name: &str, pairs: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    pairs.iter().copied().filter(|(known, _)| *known != name).collect()
}

fn names(result: Result<Config, ConfigError>) -> Vec<&'static str> {
    let carrier = result.unwrap().sms.carrier().unwrap();
    carrier.map(|carrier| carrier.providers().to_vec()).unwrap_or_default()
}

#[test]
fn a_developer_has_the_mailbox_and_production_has_nobody() {
    assert_eq!(names(load(&[])), ["mailbox"]);
    assert!(names(load(&[PRODUCTION, HTTPS, KEYS])).is_empty());
}

#[test]
fn the_list_keeps_its_order_and_each_provider_is_built() {
    let all: Vec<_> = [&TWILIO[..], &VONAGE, &SNS, &WEBHOOK].concat();
    let list = with("sns, webhook,vonage,twilio,mailbox", &all);
    assert_eq!(names(load(&list)), ["sns", "webhook", "vonage", "twilio", "mailbox"]);
    assert_eq!(names(with_file("sms_provider = ['vonage', 'twilio']", &all)), ["vonage", "twilio"]);
}

#[test]
fn a_list_names_known_providers_once_and_the_mailbox_last() {
    let fault = |list: &str| line(load(&[("SMS_PROVIDER", list)]));
    assert_eq!(
        fault("twillio"),
        "SMS_PROVIDER: \"twillio\" is not a list of mailbox, twilio, webhook, vonage and sns; \
         example: SMS_PROVIDER=twilio,vonage"
    );
    assert!(fault("twilio,twilio").contains("names twilio twice"));
    assert!(fault("mailbox,twilio").contains("names twilio after mailbox, which takes every message"));
    assert!(fault(",").contains("names no provider"));
}

#[test]
fn a_named_provider_that_lacks_a_setting_stops_the_start_with_its_name() {
    for (provider, settings) in [("twilio", &TWILIO[..]), ("vonage", &VONAGE), ("sns", &SNS), ("webhook", &WEBHOOK)] {
        let whole = with(provider, settings);
        assert_eq!(names(load(&whole)), [provider]);
        for (name, _) in settings.iter().filter(|(name, _)| *name != "VONAGE_SIGNATURE_SECRET") {
            let line = line(load(&without(name, &whole)));
            let expected = format!("{name}: is not set, and SMS_PROVIDER names {provider}; example: {name}=");
            assert!(line.starts_with(&expected), "{line}");
        }
        load(settings).unwrap();
    }
}

#[test]
fn twilio_is_authorized_by_a_token_or_by_both_halves_of_a_key() {
    let key = [("TWILIO_API_KEY_SID", "SKcanary"), ("TWILIO_API_KEY_SECRET", "canary-key")];
    let both = with("twilio", &[&TWILIO[..], &key].concat());
    load(&both).unwrap();
    let config = load(&without("TWILIO_AUTH_TOKEN", &both)).unwrap();
    assert_eq!(
        config.warnings(),
        ["TWILIO_AUTH_TOKEN is not set: delivery reports could not be checked, so none are asked for"]
    );
    for (left, other) in
        [("TWILIO_API_KEY_SID", "TWILIO_API_KEY_SECRET"), ("TWILIO_API_KEY_SECRET", "TWILIO_API_KEY_SID")]
    {
        let line = line(load(&without(left, &both)));
        assert!(line.starts_with(&format!("{left}: is not set, and {other} is; example: {left}=")), "{line}");
    }
}

#[test]
fn twilio_sends_from_a_number_or_by_a_service() {
    let service = [("TWILIO_MESSAGING_SERVICE_SID", "MGcanary")];
    let both = with("twilio", &[&TWILIO[..], &service].concat());
    assert_eq!(
        line(load(&both)),
        "TWILIO_PHONE_NUMBER: is set beside TWILIO_MESSAGING_SERVICE_SID; set one of the two"
    );
    load(&without("TWILIO_PHONE_NUMBER", &both)).unwrap();
}

#[test]
fn what_is_set_for_a_provider_that_is_not_named_is_said() {
    let all: Vec<_> = [&TWILIO[..], &VONAGE, &SNS, &WEBHOOK].concat();
    assert_eq!(
        load(&all).unwrap().warnings(),
        [
            "TWILIO_ACCOUNT_SID has no effect: SMS_PROVIDER does not name twilio",
            "VONAGE_API_KEY has no effect: SMS_PROVIDER does not name vonage",
            "SMS_WEBHOOK_URL has no effect: SMS_PROVIDER does not name webhook",
        ]
    );
    assert!(load(&with("twilio,vonage,webhook", &all)).unwrap().warnings().is_empty());
}

#[test]
fn production_refuses_the_mailbox_even_as_the_last_of_the_list() {
    let base = [PRODUCTION, HTTPS, KEYS, SMTP, FROM];
    for list in ["mailbox", "twilio,mailbox"] {
        let pairs = [&base[..], &with(list, &TWILIO)].concat();
        let line = check(&pairs, false).unwrap_err();
        assert!(line.starts_with("SMS_PROVIDER: names mailbox"), "{line}");
    }
    let twilio = [&base[..], &with("twilio", &TWILIO)].concat();
    assert_eq!(check(&[&twilio[..], &[("TWINLOCK_SMS_COUNTRIES", "DE,AT")]].concat(), false), Ok(()));
}

#[test]
fn production_with_a_provider_needs_a_list_of_countries() {
    let base = [PRODUCTION, HTTPS, KEYS, SMTP, FROM];
    assert_eq!(check(&base, false), Ok(()));
    let line = check(&[&base[..], &with("twilio", &TWILIO)].concat(), false).unwrap_err();
    assert!(line.starts_with("TWINLOCK_SMS_COUNTRIES: names no countries"), "{line}");
    assert_eq!(check(&with("twilio", &TWILIO), false), Ok(()));
}

#[test]
fn numbers_and_codes_are_not_sent_in_plain_text_to_another_machine() {
    for name in ["TWILIO_API_BASE_URL", "VONAGE_API_BASE_URL", "AWS_SNS_API_BASE_URL", "SMS_WEBHOOK_URL"] {
        for right in
            ["https://proxy.example.com/twilio/", "http://127.0.0.1:8081", "http://[::1]:8081/", "http://localhost"]
        {
            load(&[(name, right)]).unwrap();
        }
        for wrong in [
            "http://sms.example.com",
            "http://10.0.0.1/",
            "ftp://127.0.0.1",
            "https://u:p@a.example",
            "https://a/#x",
            "x",
        ] {
            assert!(line(load(&[(name, wrong)])).starts_with(&format!("{name}: ")), "{wrong}");
        }
    }
    assert!(line(load(&[("TWILIO_API_BASE_URL", "https://a.example/?x")])).contains("has a query"));
}

#[test]
fn the_region_decides_where_sns_is_unless_it_is_said() {
    let url = |pairs: &[(&str, &str)]| {
        let SmsProviderSettings::Sns(settings) = load(pairs).unwrap().sms.providers.remove(0) else {
            panic!("not SNS")
        };
        settings.base_url.to_string()
    };
    let sns = with("sns", &SNS);
    assert_eq!(url(&sns), "https://sns.eu-central-1.amazonaws.com/");
    let elsewhere = ("AWS_SNS_API_BASE_URL", "http://127.0.0.1:4566");
    assert_eq!(url(&[&sns[..], &[elsewhere]].concat()), "http://127.0.0.1:4566/");
}

#[test]
fn a_sender_is_a_number_a_short_code_or_a_short_name() {
    for right in ["+15005550006", "12345", "Example", "My Bank 24"] {
        load(&[("TWILIO_PHONE_NUMBER", right), ("VONAGE_FROM", right)]).unwrap();
    }
    for wrong in ["15005550006", "+1500", "A name too long", "Exämple", "a@b", "12"] {
        assert!(line(load(&[("VONAGE_FROM", wrong)])).contains("is neither a number"), "{wrong}");
    }
}

#[test]
fn no_secret_is_shown_and_none_is_repeated_when_it_is_wrong() {
    let all: Vec<_> = [&TWILIO[..], &VONAGE, &SNS, &WEBHOOK].concat();
    let key = [("TWILIO_API_KEY_SID", "SKcanary1"), ("TWILIO_API_KEY_SECRET", "canary-key")];
    let config = load(&with("twilio,vonage,sns,webhook", &[&all[..], &key].concat())).unwrap();
    let shown = format!("{config:?} {:?}", config.sms.carrier().unwrap());
    for secret in ["canary-", "canary/", "=canary", "Y2FuYXJ5"] {
        assert!(!shown.contains(secret), "{secret}: {shown}");
    }
    for name in [
        "TWILIO_AUTH_TOKEN",
        "TWILIO_API_KEY_SECRET",
        "VONAGE_API_SECRET",
        "VONAGE_SIGNATURE_SECRET",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "SMS_WEBHOOK_SECRET",
        "SMS_WEBHOOK_URL",
    ] {
        let line = line(load(&[(name, "canary hunter2")]));
        assert!(line.starts_with(&format!("{name}: the value ")) && !line.contains("hunter2"), "{line}");
    }
}

#[tokio::test]
async fn the_settings_of_each_provider_lead_a_message_to_it() {
    for (name, dialect) in
        [("twilio", Dialect::Twilio), ("vonage", Dialect::Vonage), ("webhook", Dialect::Webhook), ("sns", Dialect::Sns)]
    {
        let fake = FakeProvider::start(dialect).await;
        let settings = fake.settings();
        let pairs: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let carrier = load(&with(name, &pairs)).unwrap().sms.carrier().unwrap().unwrap();
        let sms = Sms {
            to: PhoneNumber::from_e164("+12025550167").unwrap(),
            body: SecretText::new("314159 is your code"),
            id: Uuid::from_u128(7),
            status_callback: None,
        };
        let outcome = carrier.send(&sms, &|| Timestamp::from_secs(1_801_000_000)).await;
        assert_eq!(outcome.result.unwrap().provider, name);
        assert_eq!(fake.taken()[0].text, "314159 is your code");
    }
}
