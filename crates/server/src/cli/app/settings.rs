//! `twinlock app return-url` and `twinlock app set`

use std::sync::Arc;

use anyhow::bail;
use clap::Subcommand;
use domain::application::Application;
use domain::application::return_url::{ChangeReturnUrl, MOST, ReturnUrl};
use domain::application::rules::outlook::TryApplication;
use domain::application::rules::{ChangeApplication, Difference, MOST_TRUST_DAYS, Named, Rules, SecondFactor};
use domain::command::Origin;
use domain::decision::Refusal;
use domain::factor::Method;
use domain::time::Timestamp;
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

/// What is to be different of an application. What is not said stays.
#[derive(clap::Args)]
pub(in crate::cli) struct Set {
    /// Which application.
    name: String,
    #[command(flatten)]
    wanted: Wanted,
    /// Of its test world.
    #[arg(long)]
    test: bool,
    /// Say who would be locked out or have to enroll a factor, and change nothing.
    #[arg(long)]
    dry_run: bool,
}

/// The settings, at least one of them.
#[derive(clap::Args)]
#[group(required = true, multiple = true)]
struct Wanted {
    /// What people see on the hosted pages and in their authenticators; its own name when empty.
    #[arg(long, value_name = "TEXT")]
    display_name: Option<String>,
    /// What authenticators call it; what people see when empty.
    #[arg(long, value_name = "TEXT")]
    issuer: Option<String>,
    /// `optional`, `required` of every user, or required from a day on, such as 2027-01-01 (UTC).
    #[arg(long, value_name = "RULE", value_parser = second_factor)]
    second_factor: Option<SecondFactor>,
    /// The kinds people may use, such as totp,email; those of the server when empty.
    #[arg(long, value_name = "LIST", value_parser = methods)]
    methods: Option<Methods>,
    /// How many days a device is trusted, 0 for none; as the server says when empty.
    #[arg(long, value_name = "DAYS", value_parser = trust_days)]
    trust_days: Option<TrustDays>,
}

/// A list of kinds, or none. A name of its own keeps the command line from reading it as an optional argument.
type Methods = Box<Option<Vec<Method>>>;
type TrustDays = Box<Option<u32>>;

fn second_factor(text: &str) -> Result<SecondFactor, String> {
    let day = || Timestamp::parse(&format!("{text}T00:00:00Z")).or_else(|| Timestamp::parse(text));
    match text {
        "optional" => Ok(SecondFactor::Optional),
        "required" => Ok(SecondFactor::Required { from: None }),
        _ => day()
            .map(|from| SecondFactor::Required { from: Some(from) })
            .ok_or_else(|| "say optional, required, or a day such as 2027-01-01".to_owned()),
    }
}

fn methods(text: &str) -> Result<Methods, String> {
    if text.is_empty() {
        return Ok(Box::new(None));
    }
    let kind = |name: &str| Method::parse(name).filter(|method| *method != Method::RecoveryCode);
    let listed: Option<Vec<Method>> = text.split(',').map(kind).collect();
    listed.map(|listed| Box::new(Some(listed))).ok_or_else(|| "say some of totp, sms and email".to_owned())
}

fn trust_days(text: &str) -> Result<TrustDays, String> {
    if text.is_empty() {
        return Ok(Box::new(None));
    }
    let days = text.parse().ok().filter(|days| *days <= MOST_TRUST_DAYS);
    days.map(|days| Box::new(Some(days))).ok_or_else(|| format!("say 0 to {MOST_TRUST_DAYS} days"))
}

/// What an empty text stands for, and a name that fits.
#[expect(clippy::option_option, reason = "not said, empty and a name are three things")]
fn shown(text: Option<String>) -> anyhow::Result<Option<Option<String>>> {
    let text = text.map(|text| Some(text).filter(|text| !text.is_empty()));
    let fits = text.iter().flatten().all(|text| Difference::name_fits(text));
    anyhow::ensure!(fits, "what people see takes 1 to 64 characters without colons");
    Ok(text)
}

/// Changes an application.
pub(super) async fn set(app: &App, Set { name, wanted, test, dry_run }: Set) -> anyhow::Result<()> {
    let difference = Difference {
        display_name: shown(wanted.display_name)?,
        second_factor: wanted.second_factor,
        methods: wanted.methods.map(|methods| *methods),
        trust_days: wanted.trust_days.map(|days| *days),
        issuer: shown(wanted.issuer)?,
    };
    let application = Named::Name(world(name, test));
    if dry_run {
        return super::dry_run::run(app, TryApplication { application, difference }).await;
    }
    let told = act(app, ChangeApplication { application, difference, origin: origin() }).await?;
    say(&rule(&told.application))
}

/// What an application wants, in a few words.
pub(super) fn rule(application: &Application) -> String {
    let rules = &application.rules;
    let mut words = format!("second factor {}", second_factor_of(rules));
    if let Some(methods) = &rules.methods {
        words = format!("{words}, by {}", names(methods));
    }
    if let Some(days) = rules.trust_days {
        words = format!("{words}, devices trusted {days} days");
    }
    words
}

/// Whether a factor is wanted, and from when on.
pub(super) fn second_factor_of(rules: &Rules) -> String {
    let rule = rules.second_factor.as_str();
    rules.second_factor.from().map_or(rule.to_owned(), |from| format!("{rule} from {from}"))
}

/// Kinds of factors, as they are written in a setting.
pub(super) fn names(methods: &[Method]) -> String {
    methods.iter().map(|method| method.as_str()).collect::<Vec<_>>().join(",")
}

fn origin() -> Origin {
    Origin { actor: Some("cli".to_owned()), ..Origin::default() }
}

/// Runs a command; only an application that is not there has words of its own.
pub(super) async fn act<C: Load>(app: &App, command: C) -> anyhow::Result<C::Reply> {
    let world: Arc<dyn Surroundings> = Arc::clone(&app.world) as _;
    match app.db.run(Arc::new(command), world).await? {
        Ok(reply) => Ok(reply),
        Err(Refusal::NotFound) => bail!("there is no such application: add it with `twinlock app add`"),
        Err(refusal) => bail!("nothing was done: {refusal:?}"),
    }
}
