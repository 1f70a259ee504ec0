//! `twinlock sms`: what text messages were sent, what came of them, and what they cost.

use clap::Subcommand;
use domain::sms_fraud::{Group, Usage, money};
use domain::time::Duration;

use super::say;
use crate::config::Config;
use crate::{app, serve};

/// What can be asked about text messages.
#[derive(Subcommand)]
pub(super) enum Command {
    /// Messages of the last hours by country: sent, typed, cost; and the limits that were reached.
    Usage {
        /// How many hours to look back, up to 840.
        #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u16).range(1..=840))]
        hours: u16,
    },
}

/// Answers it.
pub(super) async fn run(config: &Config, command: Command) -> anyhow::Result<()> {
    let Command::Usage { hours } = command;
    let db = serve::connect(config).await?;
    let usage = db.sms_usage(app::system_time(), Duration::from_hours(i64::from(hours))).await;
    db.close().await;
    let usage = usage?;
    say(&format!("{:<8} {:>9} {:>9} {:>7} {:>12}", "country", "sent", "typed", "share", "cost"))?;
    for (country, of) in usage.iter().filter_map(|of| Some((country(of)?, of))) {
        let share = (of.verified * 100).checked_div(of.sent).map_or(String::new(), |share| format!("{share} %"));
        say(&format!("{country:<8} {:>9} {:>9} {share:>7} {:>12}", of.sent, of.verified, money(of.cost)))?;
    }
    let (sent, cost) = (usage.iter().filter(|of| country(of).is_some()), |of: &Usage| of.cost);
    let (messages, costs) = (sent.clone().map(|of| of.sent).sum::<u64>(), sent.map(cost).sum::<u64>());
    say(&format!("{:<8} {messages:>9} {:>9} {:>7} {:>12}", "all", "", "", money(costs)))?;
    for alarm in usage.iter().filter(|of| of.alarmed_at.is_some()) {
        let whose = match alarm.of {
            Group::All => "of the installation".to_owned(),
            Group::Block(_) => "of one address block".to_owned(),
            Group::Country(country) => format!("of {}", country.as_str()),
            Group::Prefix(_) => "of neighboring numbers".to_owned(),
            Group::SetUps(country) => format!("of set-ups in {}", country.as_str()),
        };
        let at = alarm.alarmed_at.map_or(String::new(), |at| at.to_string());
        say(&format!("a limit {whose} was reached, last told at {at}"))?;
    }
    Ok(())
}

fn country(of: &Usage) -> Option<&str> {
    match &of.of {
        Group::Country(country) => Some(country.as_str()),
        Group::All | Group::Block(_) | Group::Prefix(_) | Group::SetUps(_) => None,
    }
}
