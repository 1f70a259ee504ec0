//! Handing a message over: to the mail server, to whoever carries text messages, or to the development mailbox.
//!
//! What comes back is told in the words of the rules: what the try came to, and what happened on the way. No reason in it
//! names a destination, a code or a credential.

use std::sync::Arc;

use anyhow::Context as _;
use domain::delivery::Tried;
use domain::destination::PhoneNumber;
use domain::ids::MessageId;
use domain::message::{Channel, MessageContent};
use domain::secret::SecretText;
use domain::time::{Duration, Timestamp};
use messaging::sms::breaker::Phase;
use messaging::sms::failover::{Outcome, TryResult};
use messaging::sms::{Carrier, Sms, TryFailure};
use messaging::{Mailer, RenderedMail, Renderer, SendFailure};
use store::MailboxMessage;
use store::delivery::{Event, Happened};
use url::Url;

use crate::config::{Config, Environment};
use crate::mail::mailer;

/// How mail is named where providers are.
const MAIL: &str = "smtp";
/// How the development mailbox is.
const MAILBOX: &str = "mailbox";
/// The path reports come to, before the provider's name.
pub const REPORTS: &str = "/hooks/sms";

/// Messages under way at a time, by mail: as many as the server gives us connections.
const MAIL_SLOTS: usize = 4;
/// Messages under way at a time, otherwise.
const SLOTS: usize = 32;

/// What messages go out by.
pub struct Transports {
    renderer: Renderer,
    mail: Mail,
    sms: Option<Arc<Carrier>>,
    keeps_copies: bool,
    reports: Option<Url>,
}

/// What mail goes out by.
enum Mail {
    Mailbox,
    Server(Box<dyn Mailer>),
    Nothing,
}

/// What a try came to.
pub(super) struct Handed {
    pub(super) tried: Tried,
    /// Who took it, and what they call it.
    pub(super) taken_by: Option<(String, Option<String>)>,
    /// What happened on the way.
    pub(super) happened: Vec<Happened>,
    /// Why it was not taken.
    pub(super) reason: String,
    /// A copy for the mailbox, where one is kept.
    pub(super) copy: Option<MailboxMessage>,
}

impl Transports {
    /// The transports of this configuration. In test mode a copy of everything is kept.
    pub fn new(config: &Config, sms: Option<Arc<Carrier>>, test_mode: bool) -> anyhow::Result<Self> {
        let renderer = Renderer::new(&config.second_factor.issuer_name, &config.base_url.origin())?;
        let mail = match (mailer(config)?, config.environment) {
            (Some(mailer), _) => Mail::Server(Box::new(mailer)),
            (None, Environment::Development) => Mail::Mailbox,
            (None, Environment::Production) => Mail::Nothing,
        };
        let reports = Url::parse(&format!("{}{REPORTS}", config.base_url.origin())).context("the base URL")?;
        // A provider calls from outside: it would never find a machine that only speaks to itself.
        let reports = (config.base_url.is_https() || test_mode).then_some(reports);
        Ok(Self { renderer, mail, sms, keeps_copies: test_mode, reports })
    }

    /// Transports of a test's own making.
    #[cfg(test)]
    pub(super) const fn of(renderer: Renderer, mailer: Box<dyn Mailer>, sms: Option<Arc<Carrier>>) -> Self {
        Self { renderer, mail: Mail::Server(mailer), sms, keeps_copies: false, reports: None }
    }

    /// How many messages of a channel may be under way at a time.
    pub(super) fn slots(&self, channel: Channel) -> usize {
        match (channel, &self.mail) {
            (Channel::Email, Mail::Server(_)) => MAIL_SLOTS,
            (Channel::Email, Mail::Mailbox | Mail::Nothing) | (Channel::Sms | Channel::Webhook, _) => SLOTS,
        }
    }

    /// How long no text message can be tried; nothing when one can.
    pub(super) fn sms_wait(&self, now: Timestamp) -> Option<Duration> {
        self.sms.as_ref().and_then(|carrier| carrier.wait(now)).filter(|wait| *wait > Duration::ZERO)
    }

    /// Each provider of text messages, and whether it is left alone now.
    pub(super) fn providers(&self) -> Vec<(&'static str, bool)> {
        let Some(carrier) = &self.sms else { return Vec::new() };
        carrier.phases().into_iter().map(|(name, phase)| (name, phase != Phase::Closed)).collect()
    }

    /// Puts a message into words and hands it over, once. `Err` when there are no words for it.
    pub(super) async fn hand_over(
        &self,
        id: MessageId,
        content: &MessageContent,
        clock: &(dyn Fn() -> Timestamp + Sync),
    ) -> Result<Handed, String> {
        let words = self.renderer.render(content).map_err(|error| error.to_string())?;
        let mail = RenderedMail::new(content, words, clock());
        let mut handed = match content.channel {
            Channel::Email => self.by_mail(id, &mail, clock).await,
            Channel::Sms => self.by_sms(id, content, &mail, clock).await?,
            Channel::Webhook => return Err("applications are not told in words".to_owned()),
        };
        let by_mailbox = handed.taken_by.as_ref().is_some_and(|(provider, _)| provider == MAILBOX);
        if handed.tried == Tried::Taken && (by_mailbox || self.keeps_copies) {
            handed.copy = Some(copy(id, content, mail, clock()));
        }
        Ok(handed)
    }

    async fn by_mail(&self, id: MessageId, mail: &RenderedMail, clock: &(dyn Fn() -> Timestamp + Sync)) -> Handed {
        match &self.mail {
            Mail::Mailbox => Handed::taken(MAILBOX, None, clock()),
            Mail::Server(mailer) => {
                let sent = mailer.send(mail, id).await;
                count_try(Channel::Email, MAIL, outcome(sent.as_ref().err()));
                match sent {
                    Ok(receipt) => Handed::taken(MAIL, receipt.provider_id, clock()),
                    Err(failure) => {
                        let told = Happened::new(Event::Tried, clock()).by(MAIL).because(failure.reason());
                        Handed::failed(&failure, 1, vec![told])
                    }
                }
            }
            Mail::Nothing => Handed::failed(&SendFailure::passing("no mail server is configured"), 0, vec![]),
        }
    }

    async fn by_sms(
        &self,
        id: MessageId,
        content: &MessageContent,
        words: &RenderedMail,
        clock: &(dyn Fn() -> Timestamp + Sync),
    ) -> Result<Handed, String> {
        let Some(carrier) = &self.sms else {
            return Ok(Handed::failed(&SendFailure::passing("no provider is configured"), 0, vec![]));
        };
        let to = PhoneNumber::from_e164(&content.to).ok_or("the destination is no number")?;
        let body = SecretText::new(words.text.as_str());
        let sms = Sms { to, body, id: id.uuid(), status_callback: self.reports.clone() };
        Ok(Handed::by_carrier(carrier.send(&sms, clock).await, clock()))
    }
}

impl Handed {
    pub(super) fn taken(provider: &str, provider_id: Option<String>, at: Timestamp) -> Self {
        Self {
            tried: Tried::Taken,
            taken_by: Some((provider.to_owned(), provider_id)),
            happened: vec![Happened::new(Event::Accepted, at).by(provider)],
            reason: String::new(),
            copy: None,
        }
    }

    /// `lost` is how many transports may have sent it, should the answer have been lost.
    pub(super) fn failed(failure: &SendFailure, lost: u32, happened: Vec<Happened>) -> Self {
        let tried = match failure {
            SendFailure::Permanent { .. } => Tried::Refused,
            SendFailure::Passing { retry_after, .. } => Tried::Failed {
                retry_after: retry_after
                    .map(|wait| Duration::from_secs(i64::try_from(wait.as_secs()).unwrap_or(i64::MAX))),
            },
            SendFailure::Unknown { .. } => Tried::Lost { answers: lost.max(1) },
        };
        Self { tried, taken_by: None, happened, reason: failure.reason().to_owned(), copy: None }
    }

    /// The way of a text message along its providers.
    fn by_carrier(outcome: Outcome, at: Timestamp) -> Self {
        let (mut happened, mut lost) = (Vec::new(), 0);
        for one in &outcome.tries {
            count_try(Channel::Sms, one.provider, one.outcome());
            metrics::histogram!("delivery_try_duration_seconds", "channel" => "sms", "provider" => one.provider)
                .record(seconds(one.took));
            match &one.result {
                TryResult::Accepted { .. } => {}
                TryResult::Failed(failure) => {
                    lost += u32::from(matches!(failure, TryFailure::Lost { .. }));
                    let why = format!("{}: {}", one.outcome(), one.reason());
                    happened.push(Happened::new(Event::Tried, one.at).by(one.provider).because(why));
                }
                TryResult::Skipped { .. } => {
                    happened.push(Happened::new(Event::Tried, one.at).by(one.provider).because(one.reason()));
                }
            }
        }
        match outcome.result {
            Ok(accepted) => {
                let mut handed = Self::taken(accepted.provider, accepted.receipt.provider_id, at);
                happened.append(&mut handed.happened);
                Self { happened, ..handed }
            }
            Err(failure) => Self::failed(&failure, lost, happened),
        }
    }
}

/// The outcome of a try by name, as the providers of text messages name theirs.
const fn outcome(failure: Option<&SendFailure>) -> &'static str {
    match failure {
        None => "accepted",
        Some(SendFailure::Permanent { .. }) => "refused",
        Some(SendFailure::Passing { .. }) => "provider_failed",
        Some(SendFailure::Unknown { .. }) => "answer_lost",
    }
}

pub(super) fn count_try(channel: Channel, provider: &'static str, outcome: &'static str) {
    metrics::counter!("delivery_tries_total", "channel" => channel.as_str(), "provider" => provider, "outcome" => outcome)
        .increment(1);
}

#[expect(clippy::cast_precision_loss, reason = "a measurement")]
pub(super) fn seconds(time: Duration) -> f64 {
    time.as_micros().max(0) as f64 / 1_000_000.0
}

fn copy(id: MessageId, content: &MessageContent, mail: RenderedMail, at: Timestamp) -> MailboxMessage {
    MailboxMessage {
        id: id.uuid(),
        channel: content.channel,
        to: content.to.clone(),
        kind: content.kind,
        locale: content.locale.clone(),
        subject: mail.subject,
        text: mail.text,
        html: mail.html,
        code: content.code.clone(),
        link: content.link.clone(),
        state: store::Settled::Delivered.as_str().to_owned(),
        at,
    }
}
