//! A message, the providers of the product pointed at fakes, and a clock that a test moves.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use domain::destination::PhoneNumber;
use domain::secret::SecretText;
use domain::time::Timestamp;
use messaging::sms::aws_sns::sigv4::Credentials;
use messaging::sms::http::{Http, Patience};
use messaging::sms::standard_webhook::WebhookSecret;
use messaging::sms::{Sms, SmsProvider, aws_sns, twilio, vonage, webhook};
use messaging::testing::{API_KEY, API_SECRET, Dialect, FakeProvider, SIGNATURE_SECRET, TOKEN, WEBHOOK_SECRET};
use url::Url;
use uuid::Uuid;

/// The number every message goes to.
pub(crate) const NUMBER: &str = "+12025550167";
/// The code every message carries.
pub(crate) const CODE: &str = "314159";
/// 26 January 2027.
pub(crate) const NOW: i64 = 1_801_000_000;

/// Every dialect there is.
pub(crate) const ALL: [Dialect; 4] = [Dialect::Twilio, Dialect::Vonage, Dialect::Webhook, Dialect::Sns];

/// Patience of a test that waits for its end.
pub(crate) const SHORT: Patience = Patience {
    connect: Duration::from_secs(2),
    silence: Duration::from_millis(400),
    whole: Duration::from_millis(800),
};

pub(crate) fn text() -> String {
    format!("{CODE} is your Grün & Co code.\n\n@id.example.com #{CODE}")
}

pub(crate) fn sms() -> Sms {
    Sms {
        to: PhoneNumber::from_e164(NUMBER).unwrap(),
        body: SecretText::new(text()),
        id: Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_00ff),
        status_callback: Some(Url::parse("https://id.example.com/sms/status/canary-callback-token").unwrap()),
    }
}

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_secs(NOW + seconds)
}

/// A clock that stands until it is moved.
#[derive(Default)]
pub(crate) struct Clock(AtomicI64);

impl Clock {
    pub(crate) fn now(&self) -> Timestamp {
        at(self.0.load(Ordering::SeqCst))
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

pub(crate) fn http(patience: Patience) -> Http {
    Http::trusting(rustls::RootCertStore::empty(), patience).unwrap()
}

pub(crate) fn twilio_settings(fake: &FakeProvider) -> twilio::Settings {
    twilio::Settings {
        account_sid: API_KEY.to_owned(),
        auth_token: Some(SecretText::new(TOKEN)),
        api_key: None,
        sender: twilio::Sender::From("+15005550006".to_owned()),
        base_url: Url::parse(&fake.url()).unwrap(),
    }
}

/// The provider of that dialect, as the product builds it.
pub(crate) fn provider(dialect: Dialect, fake: &FakeProvider, patience: Patience) -> Box<dyn SmsProvider> {
    let (http, base_url) = (http(patience), Url::parse(&fake.url()).unwrap());
    match dialect {
        Dialect::Twilio => Box::new(twilio::Twilio::new(twilio_settings(fake), http)),
        Dialect::Vonage => {
            let settings = vonage::Settings {
                api_key: API_KEY.to_owned(),
                api_secret: SecretText::new(API_SECRET),
                signature_secret: Some(SecretText::new(SIGNATURE_SECRET)),
                from: "Example".to_owned(),
                base_url,
            };
            Box::new(vonage::Vonage::new(settings, http))
        }
        Dialect::Webhook => {
            let secret = WebhookSecret::parse(WEBHOOK_SECRET).unwrap();
            Box::new(webhook::Webhook::new(webhook::Settings { url: base_url, secret }, http))
        }
        Dialect::Sns => {
            let credentials =
                Credentials { access_key_id: API_KEY.to_owned(), secret_access_key: SecretText::new(API_SECRET) };
            let settings = aws_sns::Settings {
                credentials,
                session_token: Some(SecretText::new("canary-session-token")),
                region: "eu-central-1".to_owned(),
                sender_id: Some("Example".to_owned()),
                base_url,
            };
            Box::new(aws_sns::AwsSns::new(settings, http))
        }
    }
}
