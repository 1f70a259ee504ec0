//! Each provider alone: what it sends, and what it makes of every answer.

use std::time::Duration;

use domain::secret::SecretText;
use messaging::sms::twilio::{Sender, Twilio};
use messaging::sms::{SmsProvider as _, TryFailure};
use messaging::testing::{API_SECRET, Dialect, FakeProvider, Mood};
use messaging::{Receipt, SendFailure};

use crate::support::{ALL, NUMBER, SHORT, at, http, provider, sms, text, twilio_settings};

async fn send(dialect: Dialect, fake: &FakeProvider) -> Result<Receipt, TryFailure> {
    provider(dialect, fake, SHORT).send(&sms(), at(0)).await
}

async fn failure(dialect: Dialect, mood: Mood) -> TryFailure {
    let fake = FakeProvider::start(dialect).await;
    fake.be(mood);
    send(dialect, &fake).await.unwrap_err()
}

/// What a refusal with this status and code means, by name; its reason is checked for what it must not hold.
async fn meaning(dialect: Dialect, status: u16, code: &'static str) -> &'static str {
    let failure = failure(dialect, Mood::refusing(status, code)).await;
    assert!(!failure.reason().contains("2025550167") && failure.reason().len() < 80, "{}", failure.reason());
    failure.kind()
}

#[tokio::test]
async fn each_provider_hands_over_number_text_and_sender_and_keeps_the_id() {
    for dialect in ALL {
        let fake = FakeProvider::start(dialect).await;
        let receipt = send(dialect, &fake).await.unwrap();
        let taken = fake.taken();
        assert_eq!(taken.len(), 1, "{dialect:?}");
        assert_eq!((taken[0].to.as_str(), &taken[0].text), (NUMBER, &text()), "{dialect:?}");
        assert_eq!(receipt.provider_id, taken[0].id, "{dialect:?}");
        let sender = match dialect {
            Dialect::Twilio => "+15005550006",
            Dialect::Vonage | Dialect::Sns => "Example",
            Dialect::Webhook => "",
        };
        assert_eq!(taken[0].from, sender);
        let callback = (dialect != Dialect::Sns).then_some("https://id.example.com/sms/status/canary-callback-token");
        assert_eq!(taken[0].callback.as_deref(), callback, "{dialect:?}");
        let key = matches!(dialect, Dialect::Vonage | Dialect::Webhook).then(|| sms().id.to_string());
        assert_eq!(taken[0].idempotency_key, key, "{dialect:?}");
    }
}

#[tokio::test]
async fn twilio_takes_an_api_key_and_a_messaging_service_too() {
    let fake = FakeProvider::start(Dialect::Twilio).await;
    let mut settings = twilio_settings(&fake);
    settings.api_key = Some(("SKcanary".to_owned(), SecretText::new(API_SECRET)));
    settings.auth_token = None;
    settings.sender = Sender::MessagingService("MG0123".to_owned());
    Twilio::new(settings, http(SHORT)).send(&sms(), at(0)).await.unwrap();
    let taken = &fake.taken()[0];
    assert_eq!(taken.from, "MG0123");
    assert_eq!(taken.callback, None, "without the token its reports could not be checked");
}

#[tokio::test]
async fn a_base_url_may_have_a_path_of_its_own() {
    let fake = FakeProvider::start(Dialect::Twilio).await;
    let mut settings = twilio_settings(&fake);
    settings.base_url = settings.base_url.join("/prefix/").unwrap();
    // The fake knows no such path; that it was asked for is what matters.
    let failure = Twilio::new(settings, http(SHORT)).send(&sms(), at(0)).await.unwrap_err();
    assert_eq!(failure.kind(), "route_refused");
    assert!(fake.taken().is_empty());
}

#[tokio::test]
async fn a_session_token_is_sent_and_signed() {
    let fake = FakeProvider::start(Dialect::Sns).await;
    send(Dialect::Sns, &fake).await.unwrap();
    let head = &fake.taken()[0].head;
    assert!(head.contains("SignedHeaders=content-type;host;x-amz-date;x-amz-security-token"), "{head}");
    assert!(head.contains("20270126T"), "{head}");
}

#[tokio::test]
async fn each_code_of_twilio_means_the_number_the_way_or_the_account() {
    for code in ["21211", "21214", "21217", "21610", "21614", "21635", "21265", "30004", "30005", "30006", "30450"] {
        assert_eq!(meaning(Dialect::Twilio, 400, code).await, "number_refused", "{code}");
    }
    for code in ["21219", "21608", "21408", "21612", "30003", "30007", "30008", "30034", "99999"] {
        assert_eq!(meaning(Dialect::Twilio, 400, code).await, "route_refused", "{code}");
    }
    for code in ["20429", "21606", "21212", "21659", "21703", "30001", "30002", "63038"] {
        assert_eq!(meaning(Dialect::Twilio, 400, code).await, "provider_failed", "{code}");
    }
    for (status, code) in [(401, "20003"), (404, "20404"), (429, "20429"), (500, "20500"), (503, "")] {
        assert_eq!(meaning(Dialect::Twilio, status, code).await, "provider_failed", "{status}");
    }
}

#[tokio::test]
async fn each_code_of_vonage_means_the_number_the_way_or_the_account() {
    for code in ["1050", "1170", "1190", "1240"] {
        assert_eq!(meaning(Dialect::Vonage, 422, code).await, "number_refused", "{code}");
    }
    for code in ["1020", "1040", "1150", "1160", "1180", "1210", "1250", "1260"] {
        assert_eq!(meaning(Dialect::Vonage, 422, code).await, "route_refused", "{code}");
    }
    for (status, code) in
        [(422, "1120"), (402, "1070"), (403, "1060"), (429, "1000"), (500, "1030"), (401, "unauthorized"), (502, "")]
    {
        assert_eq!(meaning(Dialect::Vonage, status, code).await, "provider_failed", "{status} {code}");
    }
}

#[tokio::test]
async fn each_code_of_sns_means_the_number_the_way_or_the_account() {
    assert_eq!(meaning(Dialect::Sns, 400, "OptedOut").await, "number_refused");
    assert_eq!(meaning(Dialect::Sns, 400, "InvalidParameter").await, "number_refused");
    assert_eq!(meaning(Dialect::Sns, 400, "InvalidParameterValue").await, "route_refused", "of something else");
    assert_eq!(meaning(Dialect::Sns, 400, "Odd").await, "route_refused");
    for (status, code) in [
        (400, "Throttling"),
        (429, "Throttled"),
        (403, "AuthorizationError"),
        (403, "SignatureDoesNotMatch"),
        (400, "ExpiredToken"),
        (500, "InternalError"),
        (503, ""),
    ] {
        assert_eq!(meaning(Dialect::Sns, status, code).await, "provider_failed", "{code}");
    }
}

#[tokio::test]
async fn each_status_of_the_gateway_means_the_number_or_the_gateway() {
    for status in [400, 409, 422, 451] {
        assert_eq!(meaning(Dialect::Webhook, status, "").await, "number_refused", "{status}");
    }
    for status in [401, 403, 404, 405, 408, 410, 425, 429, 500, 502, 503, 504] {
        assert_eq!(meaning(Dialect::Webhook, status, "").await, "provider_failed", "{status}");
    }
}

#[tokio::test]
async fn how_long_to_wait_is_handed_on() {
    for (dialect, code) in
        [(Dialect::Twilio, "20429"), (Dialect::Vonage, "1000"), (Dialect::Webhook, ""), (Dialect::Sns, "Throttled")]
    {
        let busy = Mood::Refusing { status: 429, code, retry_after: Some(7) };
        let SendFailure::Passing { retry_after, .. } = failure(dialect, busy).await.into() else {
            panic!("{dialect:?} is not passing")
        };
        assert_eq!(retry_after, Some(Duration::from_secs(7)), "{dialect:?}");
    }
}

#[tokio::test]
async fn wrong_credentials_are_the_account_s_fault() {
    let fake = FakeProvider::start(Dialect::Twilio).await;
    let mut settings = twilio_settings(&fake);
    settings.auth_token = Some(SecretText::new("wrong"));
    let failure = Twilio::new(settings, http(SHORT)).send(&sms(), at(0)).await.unwrap_err();
    assert_eq!(failure, TryFailure::provider("credentials refused (twilio 20003)"));
}

#[tokio::test]
async fn a_lost_answer_leaves_it_open_whatever_became_of_the_message() {
    for dialect in ALL {
        for (mood, taken) in [(Mood::Silent, 1), (Mood::HangingUpAfter, 1), (Mood::HangingUpBefore, 0)] {
            let fake = FakeProvider::start(dialect).await;
            fake.be(mood.clone());
            let failure = send(dialect, &fake).await.unwrap_err();
            assert_eq!(failure.kind(), "answer_lost", "{dialect:?} {mood:?}");
            assert_eq!(fake.taken().len(), taken, "sent once: {dialect:?} {mood:?}");
        }
    }
}

#[tokio::test]
async fn a_refused_connection_is_a_sure_failure_and_a_slow_answer_is_none() {
    for dialect in ALL {
        let mut fake = FakeProvider::start(dialect).await;
        fake.be(Mood::Slow(Duration::from_millis(150)));
        send(dialect, &fake).await.unwrap();
        fake.close().await;
        assert_eq!(send(dialect, &fake).await.unwrap_err(), TryFailure::provider("no connection"), "{dialect:?}");
    }
}

#[tokio::test]
async fn somebody_else_s_page_is_no_receipt() {
    for (dialect, taken) in [(Dialect::Twilio, 201), (Dialect::Vonage, 202)] {
        assert_eq!(failure(dialect, Mood::refusing(200, "")).await.kind(), "provider_failed", "{dialect:?}");
        let fake = FakeProvider::start(dialect).await;
        fake.be(Mood::refusing(taken, ""));
        assert_eq!(send(dialect, &fake).await, Ok(Receipt::default()), "{dialect:?}");
    }
    assert_eq!(failure(Dialect::Sns, Mood::refusing(200, "")).await.kind(), "provider_failed");
}
