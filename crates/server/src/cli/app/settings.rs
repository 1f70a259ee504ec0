//! `twinlock app return-url` and `twinlock app set`

use std::sync::Arc;

use anyhow::bail;
use clap::Subcommand;
use domain::application::Application;
use domain::application::return_url::{ChangeReturnUrl, MOST, NameApplication, ReturnUrl};
use domain::command::Origin;
use domain::decision::Refusal;
use store::{Load, Surroundings};

use crate::app::App;
use crate::cli::say;

/// What can be done with the addresses that people may be sent back to.
#[derive(Subcommand)]
pub(in crate::cli) enum ReturnUrls {
    /// Let people be sent back to an address: an application has to name it character by character.
    Add(OneUrl),
    /// Let people be sent back to it no longer.
    Remove(OneUrl),
    /// List them.
    List {
        /// Of which application.
        name: String,
        /// Of its test world.
        #[arg(long)]
        test: bool,
    },
}

/// An address of an application.
#[derive(clap::Args)]
pub(in crate::cli) struct OneUrl {
    /// Of which application.
    name: String,
    /// Of https, or of http on this machine; without a fragment.
    url: String,
    /// Of its test world.
    #[arg(long)]
    test: bool,
}

fn world(name: String, test: bool) -> String {
    if test { Application::test_name(&name) } else { name }
}

/// Runs a command on addresses.
pub(super) async fn return_urls(app: &App, command: ReturnUrls) -> anyhow::Result<()> {
    match command {
        ReturnUrls::Add(one) => change(app, one, true).await,
        ReturnUrls::Remove(one) => change(app, one, false).await,
        ReturnUrls::List { name, test } => {
            for url in app.db.return_urls(&world(name, test)).await? {
                say(url.as_str())?;
            }
            Ok(())
        }
    }
}

/// An address as browsers write it: what they would write otherwise would never be equal to where they go.
fn read(text: &str) -> anyhow::Result<ReturnUrl> {
    let written = url::Url::parse(text).map(String::from).ok();
    match (ReturnUrl::parse(text), written) {
        (Some(url), Some(written)) if written == text => Ok(url),
        (_, Some(written)) if ReturnUrl::parse(&written).is_some() => bail!("browsers write this {written}"),
        _ => bail!(
            "this is no address to go back to: https (http on this machine only), with a path, without user, fragment and \
             parameters that begin with tfa, at most 1000 characters"
        ),
    }
}

async fn change(app: &App, one: OneUrl, add: bool) -> anyhow::Result<()> {
    let OneUrl { name, url, test } = one;
    let command = ChangeReturnUrl { application: world(name, test), url: read(&url)?, add, origin: origin() };
    match act(app, command).await? {
        Some(true) => say(&url),
        Some(false) if add => bail!("people may go back there already"),
        Some(false) => bail!("there is no such address: see `twinlock app return-url list`"),
        None => bail!("an application has {MOST} of them at most"),
    }
}

/// Has people see an application under another name.
pub(super) async fn rename(app: &App, name: String, display_name: String, test: bool) -> anyhow::Result<()> {
    let display_name = Some(display_name).filter(|name| !name.is_empty());
    anyhow::ensure!(
        display_name.as_deref().is_none_or(NameApplication::fits),
        "what people see takes 1 to 64 characters without colons"
    );
    act(app, NameApplication { application: world(name, test), display_name, origin: origin() }).await
}

fn origin() -> Origin {
    Origin { actor: Some("cli".to_owned()), ..Origin::default() }
}

async fn act<C: Load>(app: &App, command: C) -> anyhow::Result<C::Reply> {
    let world: Arc<dyn Surroundings> = Arc::clone(&app.world) as _;
    match app.db.run(Arc::new(command), world).await? {
        Ok(reply) => Ok(reply),
        Err(Refusal::NotFound) => bail!("there is no such application: add it with `twinlock app add`"),
        Err(refusal) => bail!("nothing was done: {refusal:?}"),
    }
}
