//! Delivering one message: check, open, hand over, settle. Nothing of it happens inside a transaction but the settling.
//!
//! While a transport takes its time the lease is extended; a worker that dies stops extending, and soon another one takes
//! over. What came of a try is written down even when the database is away for a moment: forgetting it would send twice.

use std::sync::Arc;
use std::time::Duration as Time;

use domain::application::webhook::{Announcement, EventKind};
use domain::command::Origin;
use domain::delivery::{EndMessage, Next, Tried, Trouble, Unsent};
use domain::ids::{ApplicationId, WebhookId};
use domain::message::{Channel, MessageContent, MessageKind};
use domain::notice;
use domain::secret::Fault;
use domain::time::{Duration, Timestamp};
use store::delivery::{Event, Happened};
use store::{Claimed, Ending, MailboxMessage, Settled, StoreError, Surroundings};
use tokio::time::{Instant, interval_at};
use tracing::Instrument as _;
use zeroize::Zeroizing;

use super::Worker;
use super::transport::{Handed, seconds};
use super::webhook;

/// How long a claim holds unless it is extended: after a crash, so long nobody looks at the message.
pub(super) const LEASE: Duration = Duration::from_secs(20);
/// How often it is extended.
const HEARTBEAT: Time = Time::from_secs(5);
/// As good as without an end.
const FOREVER: Time = Time::from_hours(24);
/// How long a message waits that would be written off by a clock that jumped.
const DOUBT: Duration = Duration::from_mins(1);
/// How often it is tried to write down what came of a try, and how long after the first failure to do so again; each
/// further wait is twice as long.
const INSISTENCE: (u32, Time) = (6, Time::from_millis(250));

/// Why a message cannot be opened.
enum Unopened {
    /// Another program, or this one with another key ring, may be able to.
    Now(String),
    /// Nobody ever will.
    Ever(String),
}

/// Sends a message that was claimed, and writes down what came of it.
pub(super) async fn deliver(worker: &Worker, message: Claimed) {
    let known = message.kind.map(MessageKind::as_str).or_else(|| message.event.map(EventKind::as_str));
    let kind = known.unwrap_or(if message.called.is_some() { Announcement::KIND } else { "unknown" });
    let request_id = message.request_id.as_deref().unwrap_or_default();
    let channel = message.channel.as_str();
    let span = tracing::info_span!("deliver", request_id, message = %message.id, kind, channel);
    let delivery = Delivery { worker, message: &message, kind };
    async {
        match delivery.run().await {
            Ok(()) => {}
            Err(StoreError::Conflict { .. }) => {
                tracing::warn!("somebody else took the message over, or it was dropped, while it was being sent");
            }
            Err(error) => tracing::error!(%error, "it could not be written down what came of a message"),
        }
    }
    .instrument(span)
    .await;
}

struct Delivery<'a> {
    worker: &'a Worker,
    message: &'a Claimed,
    kind: &'static str,
}

impl Delivery<'_> {
    async fn run(&self) -> Result<(), StoreError> {
        match self.message.course.check(self.now()) {
            Ok(()) => {}
            Err(Trouble::Expired) => return self.expire().await,
            Err(trouble) => return self.give_up(trouble, explain(trouble), vec![]).await,
        }
        let plain = match self.open() {
            Ok(plain) => plain,
            Err(Unopened::Ever(why)) => return self.give_up(Trouble::Unreadable, &why, vec![]).await,
            Err(Unopened::Now(why)) => {
                let handed = Handed::nothing(Tried::Failed { retry_after: None }, why);
                return self.conclude(handed).await;
            }
        };
        let handed = match (self.message.channel, self.message.called) {
            (Channel::Webhook, Some((application, None))) => return self.spread(application, &plain).await,
            (Channel::Webhook, Some((_, Some(address)))) => self.call(address, &plain).await,
            (Channel::Webhook, None) => Err((Trouble::Unreadable, "of no application".to_owned())),
            (Channel::Email | Channel::Sms, _) => self.say(&plain).await.map_err(|why| (Trouble::Unreadable, why)),
        };
        match handed {
            Ok(handed) => self.conclude(handed).await,
            Err((trouble, why)) => self.give_up(trouble, &why, vec![]).await,
        }
    }

    /// Makes messages of an announcement, in the transaction that settles it.
    async fn spread(&self, application: ApplicationId, announced: &[u8]) -> Result<(), StoreError> {
        let messages = webhook::spread(self.worker, self.message, application, announced).await?;
        let Some(messages) = messages else {
            return self.give_up(Trouble::Unreadable, "of another version", vec![]).await;
        };
        let (db, now) = (&self.worker.app.db, self.now());
        let ending = Ending::Accepted { provider: webhook::NAME.to_owned(), provider_id: None };
        insist(|| db.settle_message(self.message, &ending, now, &[], messages.clone())).await?;
        db.messages_were_left();
        self.count(Settled::Delivered);
        Ok(())
    }

    async fn call(&self, address: WebhookId, body: &[u8]) -> Result<Handed, (Trouble, String)> {
        // An HTTP client at work is large, and every message has its room.
        self.holding(Box::pin(webhook::call(self.worker, self.message, address, body))).await
    }

    fn now(&self) -> Timestamp {
        self.worker.app.world.now()
    }

    /// The reason of a failure names no content.
    fn open(&self) -> Result<Zeroizing<Vec<u8>>, Unopened> {
        let (app, message) = (&self.worker.app, self.message);
        if message.kind.is_none() && message.channel != Channel::Webhook {
            return Err(Unopened::Now("this version does not know the kind".to_owned()));
        }
        let payload = message.payload.as_ref().ok_or_else(|| Unopened::Ever("there is no content".to_owned()))?;
        app.world.keys().open(&notice::place(message.id), payload).map_err(|broken| match broken.fault {
            Fault::MissingKey(_) => Unopened::Now(broken.to_string()),
            Fault::Altered | Fault::Missing => Unopened::Ever(broken.to_string()),
        })
    }

    /// Says it to a person. `Err` when there is nothing to say, or no words for it.
    async fn say(&self, plain: &[u8]) -> Result<Handed, String> {
        let content = MessageContent::from_bytes(plain).map_err(|error| error.to_string())?;
        if content.channel != self.message.channel {
            return Err("of another channel".to_owned());
        }
        let clock = || self.now();
        self.holding(self.worker.transports.hand_over(self.message.id, &content, &clock)).await
    }

    /// Holds the message as long as its handing over takes.
    async fn holding<E>(&self, handing: impl Future<Output = Result<Handed, E>>) -> Result<Handed, E> {
        let life = self.message.course.expires_at.map_or(FOREVER, |end| length(end.since(self.now())));
        let life = tokio::time::sleep(life);
        tokio::pin!(handing, life);
        let mut heartbeat = interval_at(Instant::now() + HEARTBEAT, HEARTBEAT);
        loop {
            tokio::select! {
                handed = &mut handing => return handed,
                // It may have been handed over in this very moment, or not at all: nothing is sent any more.
                () = &mut life => {
                    let why = "its life ended while it was being sent".to_owned();
                    return Ok(Handed::nothing(Tried::Lost { answers: 1 }, why));
                }
                _ = heartbeat.tick() => {
                    if let Err(error) = self.worker.app.db.hold_message(self.message, self.now() + LEASE).await {
                        tracing::warn!(%error, "a message that is being sent could not be held");
                    }
                }
            }
        }
    }

    /// Writes down what a try came to.
    async fn conclude(&self, handed: Handed) -> Result<(), StoreError> {
        let Handed { tried, taken_by, mut happened, reason, copy } = handed;
        let now = self.now();
        let next = self.message.course.after(tried, now, self.worker.app.world.rng().as_mut());
        match (next, taken_by) {
            (Next::Accepted, Some((provider, provider_id))) => {
                tracing::debug!(provider, "a message was handed over");
                let took = seconds(now.since(self.message.created_at));
                metrics::histogram!("delivery_duration_seconds", "channel" => self.message.channel.as_str())
                    .record(took);
                self.settle(&Ending::Accepted { provider, provider_id }, Settled::Delivered, &happened, copy).await?;
                self.worker.goes_out(self.message.channel, now).await;
                Ok(())
            }
            (Next::Accepted, None) => self.give_up(Trouble::Unreadable, "nobody took it", happened).await,
            (Next::GiveUp(trouble), _) => self.give_up(trouble, &reason, happened).await,
            (Next::Again(at, trouble), _) => {
                let tries = self.message.course.tries;
                tracing::warn!(reason, tries, again_at = %at, "a message was not sent, and will be tried again");
                happened.push(Happened::new(Event::PutOff, now).trouble(trouble).because(reason.as_str()));
                let lost = if let Tried::Lost { answers } = tried { answers } else { 0 };
                let (db, happened) = (&self.worker.app.db, &happened);
                insist(|| db.back_off_message(self.message, at, (lost, trouble, &reason), happened)).await?;
                self.worker.does_not_go_out(self.message.channel, now).await;
                Ok(())
            }
        }
    }

    async fn give_up(&self, trouble: Trouble, reason: &str, mut happened: Vec<Happened>) -> Result<(), StoreError> {
        tracing::error!(trouble = trouble.as_str(), reason, "a message was given up");
        happened.push(Happened::new(Event::Failed, self.now()).trouble(trouble).because(reason));
        self.settle(&Ending::GivenUp(trouble, reason.to_owned()), Settled::Dead, &happened, None).await
    }

    async fn settle(
        &self,
        ending: &Ending,
        state: Settled,
        happened: &[Happened],
        copy: Option<MailboxMessage>,
    ) -> Result<(), StoreError> {
        let (db, now) = (&self.worker.app.db, self.now());
        insist(|| {
            let copy = copy.iter().map(MailboxMessage::insert).collect();
            db.settle_message(self.message, ending, now, happened, copy)
        })
        .await?;
        self.count(state);
        Ok(())
    }

    /// A message past its life is never sent; that it was not is written down where its person has their entries.
    async fn expire(&self) -> Result<(), StoreError> {
        let (message, app, now) = (self.message, &self.worker.app, self.now());
        if !self.worker.believes(now) {
            // Its end may not have come at all: nothing is thrown away until the clock is right again.
            let why = "the clock jumped";
            tracing::error!(clock = %now, "{why}: a message is neither sent nor written off");
            let told = [Happened::new(Event::PutOff, now).trouble(Trouble::Unavailable).because(why)];
            return app.db.back_off_message(message, now + DOUBT, (0, Trouble::Unavailable, why), &told).await;
        }
        tracing::warn!("a message was too old to be sent");
        let origin =
            Origin { actor: Some("job".to_owned()), request_id: message.request_id.clone(), ..Origin::default() };
        let how = Unsent::Expired { tries: message.course.tries };
        let command = Arc::new(EndMessage { message: message.id, user: message.user, how, origin });
        insist(|| app.db.run(Arc::clone(&command), Arc::clone(&app.world) as Arc<dyn Surroundings>)).await.map(drop)?;
        self.count(Settled::Expired);
        Ok(())
    }

    fn count(&self, state: Settled) {
        metrics::counter!("outbox_settled_total", "kind" => self.kind, "state" => state.as_str()).increment(1);
    }
}

fn length(time: Duration) -> Time {
    Time::from_micros(u64::try_from(time.as_micros()).unwrap_or(0))
}

/// Why nothing was tried.
const fn explain(trouble: Trouble) -> &'static str {
    match trouble {
        Trouble::Superseded => "its code is dead",
        Trouble::Lost => "it may have been sent already",
        Trouble::Refused
        | Trouble::Unavailable
        | Trouble::Unreadable
        | Trouble::Expired
        | Trouble::Dropped
        | Trouble::Undelivered => "too many tries",
    }
}

/// Does it again when the database is away. What had committed after all is a conflict then.
async fn insist<T, F: Future<Output = Result<T, StoreError>>>(mut work: impl FnMut() -> F) -> Result<T, StoreError> {
    let (tries, mut wait) = INSISTENCE;
    for _ in 1..tries {
        match work().await {
            Err(error @ StoreError::Unavailable { .. }) => {
                tracing::warn!(%error, "the database is away: it is tried again to write down what came of a message");
                tokio::time::sleep(wait).await;
                wait *= 2;
            }
            done => return done,
        }
    }
    work().await
}

impl Handed {
    /// Nothing was handed over.
    pub(super) fn nothing(tried: Tried, reason: String) -> Self {
        Self { tried, taken_by: None, happened: vec![], reason, copy: None }
    }
}
