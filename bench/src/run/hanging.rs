//! Logins with a code by text message, while the provider of these answers and while it hangs.

use std::sync::Arc;

use anyhow::Result;
use messaging::testing::{Dialect, FakeProvider, Mood};
use tokio::task::block_in_place;

use super::{Effort, PHONES, Subject};
use crate::load::{self, Errand, Numbers};
use crate::process::{Meter, Server};
use crate::report::{Figure, Report, Target};
use crate::stats;

/// Few, so that none is idle for as long as the server lets it be.
const CONNECTIONS: usize = 8;
/// Of the best rate of logins: far from where they wait for each other.
const SHARE: f64 = 0.3;

impl Subject {
    /// The slowest in a hundred logins with a provider that hangs, beside those with one that answers. Samples take turns.
    ///
    /// Of the time it hangs, the first part is that in which the provider is still believed in, and the rest that in which it is
    /// left alone.
    pub(super) async fn hanging(&self, report: &mut Report) -> Result<()> {
        let Effort { samples, warm_up, time, open_time, .. } = self.effort;
        let twilio = FakeProvider::start(Dialect::Twilio).await;
        let mut settings = twilio.settings();
        settings.push(("SMS_PROVIDER", "twilio".to_owned()));
        // Nobody types these codes.
        settings.push(("TWINLOCK_SMS_VERIFY_RATIO", "0".to_owned()));
        let best = {
            let server = self.with_phones(&settings).await?;
            let meter = Meter { server: server.pid(), database: None };
            let errand = Arc::new(Errand::TextedCode(Numbers::new(0..self.effort.phones)));
            block_in_place(|| load::closed(server.port, &errand, CONNECTIONS, warm_up, time, &meter))?
        };
        let rate = best.per_second() * SHARE;
        let mut p99 = [Vec::new(), Vec::new()];
        for _ in 0..samples {
            for (mood, p99) in [Mood::Well, Mood::Silent].into_iter().zip(&mut p99) {
                twilio.be(mood);
                let server = self.with_phones(&settings).await?;
                let errand = Arc::new(Errand::TextedCode(Numbers::new(0..self.effort.phones)));
                let mut latencies =
                    block_in_place(|| load::open(server.port, &errand, CONNECTIONS, rate, warm_up, open_time))?;
                latencies.sort();
                p99.push(stats::percentile(&latencies, 0.99).as_secs_f64() * 1000.0);
            }
        }
        let [well, silent] = p99.map(|p99| stats::median(&p99));
        let place = self.place.name();
        let figure = |what: &str, value, unit, target| Figure { what: format!("{place}: {what}"), value, unit, target };
        report.figures.extend([
            figure("login and code by SMS, p99", well, "ms", None),
            figure("the same while the provider hangs, p99", silent, "ms", None),
            figure("the second ÷ the first", silent / well, "", Some(Target::AtMost(1.2))),
        ]);
        Ok(())
    }

    async fn with_phones(&self, settings: &[(&'static str, String)]) -> Result<Server> {
        self.place.copy(PHONES, "ours").await?;
        self.place.prefer_phones("ours").await?;
        block_in_place(|| Server::start_with(&self.installation, &self.place.url("ours"), settings))
    }
}
