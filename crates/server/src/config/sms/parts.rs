//! The settings of each provider as they are given, and what they make when they are complete.

use domain::secret::SecretText;
use messaging::sms::aws_sns::{self, sigv4::Credentials};
use messaging::sms::standard_webhook::WebhookSecret;
use messaging::sms::{twilio, vonage, webhook};
use url::Url;

use super::{lacking, needed};
use crate::config::source::Layers;
use crate::config::{ConfigError, settings};

#[derive(Clone)]
pub(in crate::config) struct Twilio {
    account_sid: Option<String>,
    auth_token: Option<SecretText>,
    key_sid: Option<String>,
    key_secret: Option<SecretText>,
    number: Option<String>,
    service: Option<String>,
    base_url: Url,
}

impl Twilio {
    pub(super) fn read(layers: &Layers) -> Result<Self, ConfigError> {
        Ok(Self {
            account_sid: layers.optional(&settings::TWILIO_ACCOUNT_SID)?,
            auth_token: layers.optional(&settings::TWILIO_AUTH_TOKEN)?,
            key_sid: layers.optional(&settings::TWILIO_API_KEY_SID)?,
            key_secret: layers.optional(&settings::TWILIO_API_KEY_SECRET)?,
            number: layers.optional(&settings::TWILIO_PHONE_NUMBER)?,
            service: layers.optional(&settings::TWILIO_MESSAGING_SERVICE_SID)?,
            base_url: layers.required(&settings::TWILIO_API_BASE_URL)?,
        })
    }

    pub(super) fn complete(self) -> Result<twilio::Settings, ConfigError> {
        let account_sid = needed(self.account_sid, &settings::TWILIO_ACCOUNT_SID, twilio::NAME)?;
        let api_key = match (self.key_sid, self.key_secret) {
            (Some(sid), Some(secret)) => Some((sid, secret)),
            (None, None) => None,
            (Some(_), None) => return Err(alone(&settings::TWILIO_API_KEY_SECRET, settings::TWILIO_API_KEY_SID.name)),
            (None, Some(_)) => return Err(alone(&settings::TWILIO_API_KEY_SID, settings::TWILIO_API_KEY_SECRET.name)),
        };
        if api_key.is_none() && self.auth_token.is_none() {
            let setting = &settings::TWILIO_AUTH_TOKEN;
            return Err(lacking(setting.name, twilio::NAME, setting.example));
        }
        let sender = match (self.number, self.service) {
            (Some(number), None) => twilio::Sender::From(number),
            (None, Some(service)) => twilio::Sender::MessagingService(service),
            (None, None) => {
                let setting = &settings::TWILIO_PHONE_NUMBER;
                return Err(lacking(setting.name, twilio::NAME, setting.example));
            }
            (Some(_), Some(_)) => {
                return Err(ConfigError::together(
                    settings::TWILIO_PHONE_NUMBER.name,
                    "is set beside TWILIO_MESSAGING_SERVICE_SID",
                    "set one of the two",
                ));
            }
        };
        Ok(twilio::Settings { account_sid, auth_token: self.auth_token, api_key, sender, base_url: self.base_url })
    }
}

/// A setting whose other half is set.
fn alone<T>(lacking: &settings::Setting<T>, set: &str) -> ConfigError {
    let remedy = format!("example: {}={}", lacking.name, lacking.example);
    ConfigError::together(lacking.name, &format!("is not set, and {set} is"), &remedy)
}

#[derive(Clone)]
pub(in crate::config) struct Vonage {
    api_key: Option<String>,
    api_secret: Option<SecretText>,
    signature_secret: Option<SecretText>,
    from: Option<String>,
    base_url: Url,
}

impl Vonage {
    pub(super) fn read(layers: &Layers) -> Result<Self, ConfigError> {
        Ok(Self {
            api_key: layers.optional(&settings::VONAGE_API_KEY)?,
            api_secret: layers.optional(&settings::VONAGE_API_SECRET)?,
            signature_secret: layers.optional(&settings::VONAGE_SIGNATURE_SECRET)?,
            from: layers.optional(&settings::VONAGE_FROM)?,
            base_url: layers.required(&settings::VONAGE_API_BASE_URL)?,
        })
    }

    pub(super) fn complete(self) -> Result<vonage::Settings, ConfigError> {
        Ok(vonage::Settings {
            api_key: needed(self.api_key, &settings::VONAGE_API_KEY, vonage::NAME)?,
            api_secret: needed(self.api_secret, &settings::VONAGE_API_SECRET, vonage::NAME)?,
            signature_secret: self.signature_secret,
            from: needed(self.from, &settings::VONAGE_FROM, vonage::NAME)?,
            base_url: self.base_url,
        })
    }
}

#[derive(Clone)]
pub(in crate::config) struct Sns {
    access_key_id: Option<String>,
    secret_access_key: Option<SecretText>,
    session_token: Option<SecretText>,
    region: Option<String>,
    sender_id: Option<String>,
    base_url: Option<Url>,
}

impl Sns {
    pub(super) fn read(layers: &Layers) -> Result<Self, ConfigError> {
        Ok(Self {
            access_key_id: layers.optional(&settings::AWS_ACCESS_KEY_ID)?,
            secret_access_key: layers.optional(&settings::AWS_SECRET_ACCESS_KEY)?,
            session_token: layers.optional(&settings::AWS_SESSION_TOKEN)?,
            region: layers.optional(&settings::AWS_REGION)?,
            sender_id: layers.optional(&settings::AWS_SNS_SENDER_ID)?,
            base_url: layers.optional(&settings::AWS_SNS_API_BASE_URL)?,
        })
    }

    pub(super) fn complete(self) -> Result<aws_sns::Settings, ConfigError> {
        let credentials = Credentials {
            access_key_id: needed(self.access_key_id, &settings::AWS_ACCESS_KEY_ID, aws_sns::NAME)?,
            secret_access_key: needed(self.secret_access_key, &settings::AWS_SECRET_ACCESS_KEY, aws_sns::NAME)?,
        };
        let region = needed(self.region, &settings::AWS_REGION, aws_sns::NAME)?;
        let base_url = match self.base_url {
            Some(url) => url,
            None => Url::parse(&format!("https://sns.{region}.amazonaws.com")).map_err(|_| {
                ConfigError::together(settings::AWS_REGION.name, "is not a region", "example: AWS_REGION=eu-central-1")
            })?,
        };
        let (session_token, sender_id) = (self.session_token, self.sender_id);
        Ok(aws_sns::Settings { credentials, session_token, region, sender_id, base_url })
    }
}

#[derive(Clone)]
pub(in crate::config) struct Webhook {
    url: Option<Url>,
    secret: Option<WebhookSecret>,
}

impl Webhook {
    pub(super) fn read(layers: &Layers) -> Result<Self, ConfigError> {
        Ok(Self {
            url: layers.optional(&settings::SMS_WEBHOOK_URL)?,
            secret: layers.optional(&settings::SMS_WEBHOOK_SECRET)?,
        })
    }

    pub(super) fn complete(self) -> Result<webhook::Settings, ConfigError> {
        Ok(webhook::Settings {
            url: needed(self.url, &settings::SMS_WEBHOOK_URL, webhook::NAME)?,
            secret: needed(self.secret, &settings::SMS_WEBHOOK_SECRET, webhook::NAME)?,
        })
    }
}
