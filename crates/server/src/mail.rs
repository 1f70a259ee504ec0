//! The mail server of the configuration, as the worker and `twinlock doctor` use it.

use anyhow::Context as _;
use messaging::SmtpMailer;

use crate::config::{Config, settings};

/// What sends mail; `None` where the configuration names no server. Connects to nothing yet.
pub fn mailer(config: &Config) -> anyhow::Result<Option<SmtpMailer>> {
    let Some(mail) = &config.mail else { return Ok(None) };
    let mailer = SmtpMailer::new(mail.server.clone(), mail.sender.clone()).context(settings::SMTP_URL.name)?;
    Ok(Some(mailer))
}
