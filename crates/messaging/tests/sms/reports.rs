//! Reports on their way back, from the fakes' pen to the carrier that reads them.

use messaging::sms::breaker::Rules;
use messaging::sms::{Callback, CallbackFault, Carrier, ReceiptState, ReceiptUpdate};
use messaging::testing::{Dialect, FakeProvider, SignedReport, twilio_report, vonage_report, webhook_report};

use crate::support::{ALL, NOW, SHORT, at, provider};

const URL: &str = "https://id.example.com/sms/status/canary-callback-token";

async fn carrier() -> Carrier {
    let mut list = Vec::new();
    for dialect in ALL {
        // It is never asked to send, so it need not listen for longer.
        let fake = FakeProvider::start(dialect).await;
        list.push(provider(dialect, &fake, SHORT));
    }
    Carrier::new(list, Rules::DEFAULT)
}

async fn read(name: &str, url: &str, report: &SignedReport, seconds: i64) -> Result<ReceiptUpdate, CallbackFault> {
    let header = |wanted: &str| report.header(wanted);
    let callback = Callback { url, header: &header, body: report.body.as_bytes() };
    carrier().await.read_callback(name, &callback, at(seconds))
}

fn update(state: ReceiptState, reason: Option<&str>, number_is_dead: bool) -> ReceiptUpdate {
    ReceiptUpdate { provider_id: "SM7".to_owned(), state, reason: reason.map(str::to_owned), number_is_dead }
}

#[tokio::test]
async fn each_provider_s_own_report_is_read() {
    let twilio = twilio_report(&format!("{URL}/twilio"), "SM7", "undelivered", "30005");
    let expected = Ok(update(ReceiptState::Undelivered, Some("twilio_30005"), true));
    assert_eq!(read("twilio", &format!("{URL}/twilio"), &twilio, 0).await, expected);
    let vonage = vonage_report("SM7", "delivered", "", NOW);
    assert_eq!(read("vonage", URL, &vonage, 60).await, Ok(update(ReceiptState::Delivered, None, false)));
    let webhook = webhook_report("SM7", "failed", "no_route", NOW);
    assert_eq!(
        read("webhook", URL, &webhook, 60).await,
        Ok(update(ReceiptState::Failed, Some("webhook_no_route"), false))
    );
}

#[tokio::test]
async fn another_address_another_provider_and_another_body_are_forged() {
    let twilio = twilio_report(&format!("{URL}/twilio"), "SM7", "delivered", "");
    assert_eq!(read("twilio", &format!("{URL}-2/twilio"), &twilio, 0).await, Err(CallbackFault::Forged));
    let webhook = webhook_report("SM7", "delivered", "", NOW);
    for name in ["twilio", "vonage"] {
        assert_eq!(read(name, URL, &webhook, 0).await, Err(CallbackFault::Forged), "{name}");
    }
    for (name, mut report) in
        [("twilio", twilio), ("vonage", vonage_report("SM7", "delivered", "", NOW)), ("webhook", webhook)]
    {
        report.body = report.body.replace("SM7", "SM8");
        assert_eq!(read(name, &format!("{URL}/twilio"), &report, 0).await, Err(CallbackFault::Forged), "{name}");
    }
}

#[tokio::test]
async fn an_old_report_is_stale_where_the_provider_signs_a_time() {
    let old = |name, report| async move { read(name, URL, &report, 301).await };
    assert_eq!(old("vonage", vonage_report("SM7", "delivered", "", NOW)).await, Err(CallbackFault::Stale));
    assert_eq!(old("webhook", webhook_report("SM7", "delivered", "", NOW)).await, Err(CallbackFault::Stale));
}

#[tokio::test]
async fn nobody_reports_for_sns_or_for_a_provider_that_is_not_there() {
    let report = webhook_report("SM7", "delivered", "", NOW);
    for name in ["sns", "mailbox", "../twilio", ""] {
        assert_eq!(read(name, URL, &report, 0).await, Err(CallbackFault::NoReports), "{name}");
    }
    assert_eq!(ALL.len(), carrier().await.providers().len(), "{:?} is in no test", Dialect::Sns);
}
