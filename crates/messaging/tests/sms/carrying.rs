//! Several providers: who is asked, with what, how fast, and how one that failed comes back.

use std::sync::Arc;
use std::time::{Duration, Instant};

use messaging::SendFailure;
use messaging::sms::Carrier;
use messaging::sms::breaker::{Phase, Rules};
use messaging::sms::failover::Outcome;
use messaging::sms::http::Patience;
use messaging::testing::{Dialect, FakeProvider, Mood};
use tokio::task::JoinSet;

use crate::support::{Clock, NUMBER, SHORT, at, provider, sms, text};

struct Pair {
    twilio: FakeProvider,
    vonage: FakeProvider,
    carrier: Carrier,
    clock: Clock,
}

impl Pair {
    async fn with(patience: Patience) -> Self {
        let twilio = FakeProvider::start(Dialect::Twilio).await;
        let vonage = FakeProvider::start(Dialect::Vonage).await;
        let list = vec![provider(Dialect::Twilio, &twilio, patience), provider(Dialect::Vonage, &vonage, patience)];
        Self { twilio, vonage, carrier: Carrier::new(list, Rules::DEFAULT), clock: Clock::default() }
    }

    async fn send(&self) -> Outcome {
        self.carrier.send(&sms(), &|| self.clock.now()).await
    }

    async fn told(&self) -> String {
        let outcome = self.send().await;
        outcome.tries.iter().map(|one| format!("{} {}", one.provider, one.outcome())).collect::<Vec<_>>().join(", ")
    }
}

#[tokio::test]
async fn the_first_provider_carries_as_long_as_it_serves() {
    let pair = Pair::with(SHORT).await;
    assert_eq!(pair.carrier.providers(), ["twilio", "vonage"]);
    let accepted = pair.send().await.result.unwrap();
    assert_eq!(accepted.provider, "twilio");
    assert_eq!(accepted.receipt.provider_id, pair.twilio.taken()[0].id);
    assert!(pair.vonage.seen().is_empty());
}

#[tokio::test]
async fn when_the_first_refuses_connections_the_second_carries_at_once() {
    let mut pair = Pair::with(Patience::default()).await;
    pair.twilio.close().await;
    let start = Instant::now();
    assert_eq!(pair.send().await.result.unwrap().provider, "vonage");
    assert!(start.elapsed() < Duration::from_millis(500), "{:?}", start.elapsed());
    assert_eq!(pair.vonage.taken()[0].text, text());
}

#[tokio::test]
async fn when_the_first_hangs_the_second_carries_the_same_text_within_five_seconds() {
    let pair = Pair::with(Patience::default()).await;
    pair.twilio.be(Mood::Silent);
    let start = Instant::now();
    let outcome = pair.send().await;
    let took = start.elapsed();
    assert_eq!(outcome.result.unwrap().provider, "vonage");
    assert!((Duration::from_millis(3_900)..Duration::from_secs(5)).contains(&took), "{took:?}");
    let (first, second) = (&pair.twilio.taken()[0], &pair.vonage.taken()[0]);
    assert_eq!((&first.text, &first.to), (&second.text, &second.to));
    assert_eq!((first.text.as_str(), first.to.as_str()), (text().as_str(), NUMBER));
    assert_eq!((pair.twilio.seen().len(), pair.vonage.seen().len()), (1, 1), "one duplicate and no more");
}

#[tokio::test]
async fn too_many_requests_and_failing_servers_lead_to_the_second_at_once() {
    for mood in [
        Mood::refusing(429, "20429"),
        Mood::refusing(503, ""),
        Mood::refusing(401, "20003"),
        Mood::refusing(400, "21408"),
    ] {
        let pair = Pair::with(SHORT).await;
        pair.twilio.be(mood.clone());
        assert_eq!(pair.send().await.result.unwrap().provider, "vonage", "{mood:?}");
        assert!(pair.twilio.taken().is_empty());
        assert_eq!(pair.vonage.taken()[0].text, text());
    }
}

#[tokio::test]
async fn a_refused_number_is_not_offered_to_the_second() {
    let pair = Pair::with(SHORT).await;
    pair.twilio.be(Mood::refusing(400, "21610"));
    let outcome = pair.send().await;
    assert_eq!(outcome.result, Err(SendFailure::permanent("twilio: unsubscribed (twilio 21610)")));
    assert!(pair.vonage.seen().is_empty());
}

#[tokio::test]
async fn each_provider_is_told_a_callback_of_its_own() {
    let pair = Pair::with(SHORT).await;
    pair.twilio.be(Mood::refusing(500, ""));
    pair.send().await.result.unwrap();
    let base = "https://id.example.com/sms/status/canary-callback-token";
    assert_eq!(pair.twilio.seen()[0].callback, Some(format!("{base}/twilio")));
    assert_eq!(pair.vonage.seen()[0].callback, Some(format!("{base}/vonage")));
}

#[tokio::test]
async fn a_provider_that_fails_is_left_alone_and_comes_back() {
    let mut pair = Pair::with(SHORT).await;
    pair.twilio.close().await;
    for _ in 0..5 {
        assert_eq!(pair.told().await, "twilio provider_failed, vonage accepted");
    }
    assert_eq!(pair.carrier.phases(), [("twilio", Phase::Open), ("vonage", Phase::Closed)]);
    pair.twilio.open().await;
    assert_eq!(pair.told().await, "twilio skipped, vonage accepted", "not asked though it would serve");
    pair.clock.advance(20);
    assert_eq!(pair.told().await, "twilio accepted", "the probe");
    assert_eq!(pair.told().await, "twilio accepted");
    assert_eq!(pair.carrier.phases()[0].1, Phase::Closed);
}

#[tokio::test]
async fn with_both_down_the_wait_is_known_before_anything_is_sent() {
    let mut pair = Pair::with(SHORT).await;
    assert_eq!(pair.carrier.wait(pair.clock.now()).unwrap().as_secs(), 0);
    pair.twilio.close().await;
    pair.vonage.close().await;
    for _ in 0..5 {
        let SendFailure::Passing { reason, .. } = pair.send().await.result.unwrap_err() else { panic!("not passing") };
        assert_eq!(reason, "vonage: no connection");
    }
    assert_eq!(pair.carrier.wait(pair.clock.now()).unwrap().as_secs(), 20);
    let start = Instant::now();
    assert_eq!(pair.told().await, "twilio skipped, vonage skipped");
    assert!(start.elapsed() < Duration::from_millis(100), "{:?}", start.elapsed());
    assert_eq!(pair.carrier.wait(at(20)).unwrap().as_secs(), 0, "then one may be tried again");
}

#[tokio::test]
async fn a_message_whose_sender_gives_up_leaves_no_provider_shut() {
    let mut pair = Pair::with(SHORT).await;
    pair.twilio.close().await;
    for _ in 0..5 {
        pair.send().await.result.unwrap();
    }
    pair.twilio.open().await;
    pair.twilio.be(Mood::Slow(Duration::from_secs(5)));
    pair.clock.advance(20);
    let given_up = tokio::time::timeout(Duration::from_millis(100), pair.send()).await;
    assert!(given_up.is_err(), "the probe was under way");
    pair.twilio.be(Mood::Well);
    assert_eq!(pair.told().await, "twilio skipped, vonage accepted");
    pair.clock.advance(15);
    assert_eq!(pair.told().await, "twilio accepted");
}

#[tokio::test]
async fn thirty_messages_at_once_all_arrive_though_the_first_provider_hangs() {
    let pair = Pair::with(SHORT).await;
    pair.twilio.be(Mood::Silent);
    let pair = Arc::new(pair);
    let mut tasks = JoinSet::new();
    for _ in 0..30 {
        let pair = Arc::clone(&pair);
        tasks.spawn(async move { pair.send().await });
    }
    let outcomes = tasks.join_all().await;
    let accepted = outcomes
        .into_iter()
        .filter_map(|outcome| outcome.result.ok())
        .filter(|taken| taken.provider == "vonage")
        .count();
    assert_eq!((accepted, pair.vonage.taken().len()), (30, 30));
    assert_eq!(pair.carrier.phases()[0].1, Phase::Open);
}
