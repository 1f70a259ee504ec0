//! With every library told to log all it can, no number, code, text, callback or credential is seen: not in a log, not in a
//! `Debug`, not in a reason.

use std::fmt::Write as _;
use std::io;
use std::sync::{Arc, Mutex};

use messaging::sms::Carrier;
use messaging::sms::breaker::Rules;
use messaging::testing::{API_SECRET, Dialect, FakeProvider, Mood, SIGNATURE_SECRET, TOKEN, WEBHOOK_SECRET};
use tracing_subscriber::fmt::MakeWriter;

use crate::support::{ALL, CODE, Clock, NUMBER, SHORT, provider, sms, twilio_settings};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;
    fn make_writer(&self) -> Self {
        self.clone()
    }
}

fn moods() -> Vec<Mood> {
    let refusals = [
        (400, "21211"),
        (400, "99999"),
        (401, "20003"),
        (422, "1240"),
        (400, "InvalidParameter"),
        (400, "314159"),
        (500, ""),
        (200, ""),
        (302, ""),
    ];
    let mut moods: Vec<Mood> = refusals.map(|(status, code)| Mood::refusing(status, code)).into();
    moods.extend([Mood::Well, Mood::Silent, Mood::HangingUpBefore, Mood::HangingUpAfter]);
    moods
}

#[tokio::test]
async fn nothing_that_is_logged_returned_or_debugged_tells_a_secret() {
    let log = Log::default();
    tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(log.clone())
        .init();
    let (clock, mut shown) = (Clock::default(), String::new());
    for dialect in ALL {
        let fake = FakeProvider::start(dialect).await;
        for mood in moods() {
            fake.be(mood);
            let carrier = Carrier::new(vec![provider(dialect, &fake, SHORT)], Rules::DEFAULT);
            let outcome = carrier.send(&sms(), &|| clock.now()).await;
            let tries: Vec<String> = outcome.tries.iter().map(ToString::to_string).collect();
            // What the fake made up for an id is the provider's word, and not looked at here.
            let failure = outcome.result.as_ref().err();
            writeln!(shown, "{carrier:?} {:?} {failure:?} {tries:?}", sms()).unwrap();
        }
        assert!(!fake.taken().is_empty());
        writeln!(shown, "{:?}", twilio_settings(&fake)).unwrap();
    }
    let logged = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    assert!(logged.contains("reqwest") || logged.contains("hyper"), "the libraries were heard: {logged}");
    let secrets =
        [&NUMBER[1..], CODE, "Grün", "canary-callback-token", TOKEN, API_SECRET, SIGNATURE_SECRET, WEBHOOK_SECRET];
    for secret in secrets.into_iter().chain(["canary-session-token", "canary"]) {
        assert!(!shown.contains(secret), "{secret} is shown:\n{shown}");
        let lines: Vec<&str> = logged.lines().filter(|line| line.contains(secret)).collect();
        assert!(lines.is_empty(), "{secret} is logged: {lines:?}");
    }
    assert_eq!(ALL[0], Dialect::Twilio);
}
