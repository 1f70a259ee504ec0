//! Who carries text messages: the providers named in `SMS_PROVIDER`, each with what it needs.
//!
//! Every setting is read, also those of providers that are not named: a wrong value is found today and not on the day the
//! provider is needed. What a named provider lacks stops the start; what is set for one that is not named is said.

mod build;
pub(super) mod parse;

use messaging::sms::{aws_sns, twilio, vonage, webhook};

use super::settings::{self, Setting};
use super::source::Layers;
use super::{ConfigError, Environment};

/// A provider as `SMS_PROVIDER` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmsProviderName {
    /// The development mailbox.
    Mailbox,
    /// Twilio.
    Twilio,
    /// Any gateway, by a signed call.
    Webhook,
    /// Vonage.
    Vonage,
    /// AWS SNS.
    Sns,
}

/// A provider with everything it needs. `Debug` shows no secret.
#[derive(Debug, Clone)]
pub enum SmsProviderSettings {
    /// The development mailbox.
    Mailbox,
    /// Twilio.
    Twilio(twilio::Settings),
    /// Any gateway, by a signed call.
    Webhook(webhook::Settings),
    /// Vonage.
    Vonage(vonage::Settings),
    /// AWS SNS.
    Sns(aws_sns::Settings),
}

/// Who carries text messages, in order; nobody, if empty.
#[derive(Debug, Clone)]
pub struct SmsSettings {
    /// The providers.
    pub providers: Vec<SmsProviderSettings>,
}

impl SmsSettings {
    /// Whether messages may end in the development mailbox.
    pub fn uses_mailbox(&self) -> bool {
        self.providers.iter().any(|provider| matches!(provider, SmsProviderSettings::Mailbox))
    }

    pub(super) fn read(layers: &Layers, environment: Environment) -> Result<Self, ConfigError> {
        let names = layers.optional(&settings::SMS_PROVIDER)?.unwrap_or(match environment {
            Environment::Development => vec![SmsProviderName::Mailbox],
            Environment::Production => Vec::new(),
        });
        let (twilio, vonage) = (Twilio::read(layers)?, Vonage::read(layers)?);
        let (sns, webhook) = (Sns::read(layers)?, Webhook::read(layers)?);
        let of_name = |name: &SmsProviderName| {
            Ok(match name {
                SmsProviderName::Mailbox => SmsProviderSettings::Mailbox,
                SmsProviderName::Twilio => SmsProviderSettings::Twilio(twilio.clone().complete()?),
                SmsProviderName::Webhook => SmsProviderSettings::Webhook(webhook.clone().complete()?),
                SmsProviderName::Vonage => SmsProviderSettings::Vonage(vonage.clone().complete()?),
                SmsProviderName::Sns => SmsProviderSettings::Sns(sns.clone().complete()?),
            })
        };
        Ok(Self { providers: names.iter().map(of_name).collect::<Result<_, _>>()? })
    }

    /// What is set without effect, and what is not set that would have one. AWS's names are not ours alone, so nothing is
    /// said of them.
    pub(super) fn warnings(&self, layers: &Layers) -> Vec<String> {
        use SmsProviderSettings::{Twilio, Vonage, Webhook};
        let named = |wanted: fn(&SmsProviderSettings) -> bool| self.providers.iter().any(wanted);
        let idle = |name: &str, provider: &str| format!("{name} has no effect: SMS_PROVIDER does not name {provider}");
        let mut said = Vec::new();
        if layers.is_set(&settings::TWILIO_ACCOUNT_SID) && !named(|provider| matches!(provider, Twilio(_))) {
            said.push(idle(settings::TWILIO_ACCOUNT_SID.name, twilio::NAME));
        }
        if layers.is_set(&settings::VONAGE_API_KEY) && !named(|provider| matches!(provider, Vonage(_))) {
            said.push(idle(settings::VONAGE_API_KEY.name, vonage::NAME));
        }
        if layers.is_set(&settings::SMS_WEBHOOK_URL) && !named(|provider| matches!(provider, Webhook(_))) {
            said.push(idle(settings::SMS_WEBHOOK_URL.name, webhook::NAME));
        }
        let mute =
            |name: &str| format!("{name} is not set: delivery reports could not be checked, so none are asked for");
        if named(|provider| matches!(provider, Twilio(twilio::Settings { auth_token: None, .. }))) {
            said.push(mute(settings::TWILIO_AUTH_TOKEN.name));
        }
        if named(|provider| matches!(provider, Vonage(vonage::Settings { signature_secret: None, .. }))) {
            said.push(mute(settings::VONAGE_SIGNATURE_SECRET.name));
        }
        said
    }
}

pub(super) use parts::{Sns, Twilio, Vonage, Webhook};

mod parts;

/// A setting that a named provider cannot do without.
fn needed<T>(value: Option<T>, setting: &Setting<T>, provider: &str) -> Result<T, ConfigError> {
    value.ok_or_else(|| lacking(setting.name, provider, setting.example))
}

fn lacking(name: &str, provider: &str, example: &str) -> ConfigError {
    let fault = format!("is not set, and SMS_PROVIDER names {provider}");
    ConfigError::together(name, &fault, &format!("example: {name}={example}"))
}
