//! `twinlock app show`

use domain::application::Application;

use super::{named, settings};
use crate::app::App;
use crate::cli::say;

/// Everything that is set of an application, and what it is called at and by.
pub(super) async fn show(app: &App, name: String, test: bool) -> anyhow::Result<()> {
    let name = if test { Application::test_name(&name) } else { name };
    let application = named(app, &name).await?;
    let rules = &application.rules;
    say(&format!("id             {}", application.id))?;
    say(&format!("name           {}", application.name))?;
    say(&format!("shown as       {}", application.shown()))?;
    say(&format!("issuer         {}", rules.issuer.as_deref().unwrap_or(application.shown())))?;
    say(&format!("second factor  {}", settings::second_factor_of(rules)))?;
    say(&format!("methods        {}", rules.methods.as_deref().map_or(HOUSE.to_owned(), settings::names)))?;
    say(&format!("trust          {}", rules.trust_days.map_or(HOUSE.to_owned(), |days| format!("{days} days"))))?;
    say(&format!("made           {}", application.created_at))?;
    for url in app.db.return_urls(&application.name).await? {
        say(&format!("return URL     {}", url.as_str()))?;
    }
    for webhook in app.db.webhooks_of(application.id).await? {
        say(&format!("webhook        {}  {}", webhook.id, webhook.host))?;
    }
    let live = |key: &domain::application::ApiKey| key.application == application.id && key.revoked_at.is_none();
    for key in app.db.api_keys().await?.iter().filter(|key| live(key)) {
        let used = key.last_used_at.map_or("never".to_owned(), |at| at.to_string());
        let scopes: Vec<&str> = key.scopes.iter().map(|scope| scope.as_str()).collect();
        say(&format!("API key        {}  {}  last used {used}", key.id, scopes.join(",")))?;
    }
    Ok(())
}

/// What holds where an application wants nothing of its own.
const HOUSE: &str = "as the server says";
