//! `twinlock doctor`: looks at everything a start depends on, and says what to do.

use anyhow::Context as _;
use domain::account_admin::explain_email;
use domain::destination::PhoneNumber;
use domain::ids::MessageId;
use domain::restoration::Standing;
use domain::secret::SecretText;
use domain::user::Email;
use messaging::sms::Sms;
use messaging::{Mailer as _, RenderedMail};
use store::Db;

use super::say;
use crate::app::{system_rng, system_time};
use crate::config::Config;
use crate::config::sms::SmsSettings;
use crate::mail::mailer;
use crate::restoration::Sight;
use crate::{keys, restoration, serve};

/// Examines an installation. Fails when something would keep it from serving.
pub(super) async fn examine(config: anyhow::Result<Config>, send_test_to: Option<&str>) -> anyhow::Result<()> {
    let mut ailing = 0_u32;
    let mut report = |what: &str, found: anyhow::Result<String>| -> anyhow::Result<()> {
        match found {
            Ok(fine) => say(&format!("ok    {what}: {fine}")),
            Err(error) => {
                ailing += 1;
                say(&format!("FAIL  {what}: {error:#}"))
            }
        }
    };
    match config {
        Err(error) => report("configuration", Err(error))?,
        Ok(config) => {
            let settings = config.check_serve(false).map(|()| format!("serves {}", config.base_url.origin()));
            report("configuration", settings.map_err(anyhow::Error::from))?;
            for warning in config.warnings() {
                say(&format!("note  {warning}"))?;
            }
            if let Some(mail) = &config.mail {
                let takes = match mailer(&config) {
                    Ok(Some(mailer)) => mailer.check().await.map_err(anyhow::Error::from),
                    Ok(None) => Ok(()),
                    Err(error) => Err(error),
                };
                report("mail", takes.map(|()| mail.server.to_string()).context(mail.server.to_string()))?;
            }
            if let Some(to) = send_test_to {
                for (transport, sent) in test_messages(&config, to).await? {
                    report(&transport, sent)?;
                }
            }
            match serve::connect(&config).await {
                Err(error) => report("database", Err(error))?,
                Ok(db) => {
                    report(
                        "database",
                        db.ping().await.map(|()| config.database.to_string()).map_err(anyhow::Error::from),
                    )?;
                    let pending = db.pending_migrations().await;
                    let schema = match &pending {
                        Ok(pending) if pending.is_empty() => Ok("up to date".to_owned()),
                        Ok(pending) => Err(anyhow::anyhow!("{} pending: run `twinlock migrate`", pending.len())),
                        Err(error) => Err(anyhow::Error::from(error.clone())),
                    };
                    let migrated = schema.is_ok();
                    report("schema", schema)?;
                    if migrated {
                        report("copy", served_before(&config, &db).await)?;
                    }
                    let ring = if migrated {
                        serve::keys_for(&config, &db).await
                    } else {
                        config.keys().map_err(anyhow::Error::from).and_then(|source| Ok(keys::load(source)?))
                    };
                    report("keys", ring.map(|ring| format!("{} in the ring", ring.ids().count())))?;
                    db.close().await;
                }
            }
        }
    }
    anyhow::ensure!(ailing == 0, "{ailing} to mend");
    Ok(())
}

/// Whether the database is the one that was served.
async fn served_before(config: &Config, db: &Db) -> anyhow::Result<String> {
    match Sight::of(config, db).await?.standing() {
        Standing::Known => Ok("the database is no older copy".to_owned()),
        Standing::Suspect(suspicion) => Err(anyhow::anyhow!(restoration::explain(suspicion))),
    }
}

/// What came of a test message: through which transport, and who took it or why nobody did.
type Tested = (String, anyhow::Result<String>);

/// Sends a test message through each transport that reaches such a destination, none standing in for another.
async fn test_messages(config: &Config, to: &str) -> anyhow::Result<Vec<Tested>> {
    let now = system_time();
    let id = MessageId::new(now, &mut system_rng());
    let issuer = &config.second_factor.issuer_name;
    let words = format!("{issuer}: this is a test of delivery. There is no code in it, and nothing to do.");
    if to.contains('@') {
        let Some(mailer) = mailer(config)? else {
            return Ok(vec![(
                "test mail".to_owned(),
                Err(anyhow::anyhow!("SMTP_URL names no mail server: mail stays in the mailbox of development")),
            )]);
        };
        Email::parse(to).map_err(|fault| anyhow::anyhow!("--send-test-to {}", explain_email(fault)))?;
        let mail = RenderedMail {
            to: to.to_owned(),
            subject: format!("{issuer}: test of delivery"),
            html: format!("<p>{}</p>", escaped(&words)),
            text: words,
            language: "en".to_owned(),
            at: now,
        };
        let sent = mailer.send(&mail, id).await.map(|receipt| taken(receipt.provider_id));
        return Ok(vec![("test mail".to_owned(), sent.map_err(anyhow::Error::from))]);
    }
    let to =
        PhoneNumber::from_e164(to).context("--send-test-to is neither an address nor a number like +12025550167")?;
    let sms = Sms { to, body: SecretText::new(words), id: id.uuid(), status_callback: None };
    let mut tested = Vec::new();
    for provider in &config.sms.providers {
        let alone = SmsSettings { providers: vec![provider.clone()] };
        let Some(carrier) = alone.carrier()? else { continue };
        let name = format!("test text message by {}", carrier.providers().join(", "));
        let sent = carrier.send(&sms, &system_time).await.result;
        tested.push((name, sent.map(|accepted| taken(accepted.receipt.provider_id)).map_err(anyhow::Error::from)));
    }
    if tested.is_empty() {
        tested.push(("test text message".to_owned(), Err(anyhow::anyhow!("SMS_PROVIDER names nobody"))));
    }
    Ok(tested)
}

fn taken(provider_id: Option<String>) -> String {
    provider_id.map_or("taken".to_owned(), |id| format!("taken as {id}"))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
