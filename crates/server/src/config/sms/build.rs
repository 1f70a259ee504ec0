//! From the settings to the one who carries: the only place where providers are made.

use messaging::sms::aws_sns::AwsSns;
use messaging::sms::breaker::Rules;
use messaging::sms::http::{Http, HttpUnavailable, Patience};
use messaging::sms::mailbox::Mailbox;
use messaging::sms::twilio::Twilio;
use messaging::sms::vonage::Vonage;
use messaging::sms::webhook::Webhook;
use messaging::sms::{Carrier, SmsProvider};
use url::Url;

use super::{SmsProviderSettings, SmsSettings};

impl SmsSettings {
    /// Who carries text messages; nobody, if no provider is configured. On a machine without root certificates
    /// no provider can be reached by https.
    pub fn carrier(&self) -> Result<Option<Carrier>, HttpUnavailable> {
        if self.providers.is_empty() {
            return Ok(None);
        }
        let providers = self.providers.iter().map(provider).collect::<Result<_, _>>()?;
        Ok(Some(Carrier::new(providers, Rules::DEFAULT)))
    }
}

/// Each provider has a client of its own, so that one that hangs takes no connection from another.
fn provider(settings: &SmsProviderSettings) -> Result<Box<dyn SmsProvider>, HttpUnavailable> {
    let http = |url: &Url| Http::new(url, Patience::default());
    Ok(match settings.clone() {
        SmsProviderSettings::Mailbox => Box::new(Mailbox),
        SmsProviderSettings::Twilio(settings) => {
            let http = http(&settings.base_url)?;
            Box::new(Twilio::new(settings, http))
        }
        SmsProviderSettings::Webhook(settings) => {
            let http = http(&settings.url)?;
            Box::new(Webhook::new(settings, http))
        }
        SmsProviderSettings::Vonage(settings) => {
            let http = http(&settings.base_url)?;
            Box::new(Vonage::new(settings, http))
        }
        SmsProviderSettings::Sns(settings) => {
            let http = http(&settings.base_url)?;
            Box::new(AwsSns::new(settings, http))
        }
    })
}
