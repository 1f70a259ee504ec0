//! `twinlock doctor`: looks at everything a start depends on, and says what to do.

use anyhow::Context as _;

use super::say;
use crate::config::Config;
use crate::mail::mailer;
use crate::{keys, serve};

/// Examines an installation. Fails when something would keep it from serving.
pub(super) async fn examine(config: anyhow::Result<Config>) -> anyhow::Result<()> {
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
