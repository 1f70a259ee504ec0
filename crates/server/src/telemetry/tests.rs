//! Whatever users put into a field, an event stays one line, and that line stays harmless.

use std::sync::{Arc, Mutex};

use super::*;

/// A log that can be read back.
#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn logged(filter: &str, format: LogFormat, events: impl FnOnce()) -> String {
    let captured = Captured::default();
    let writer = captured.clone();
    let subscriber = subscriber(filter, format, move || writer.clone()).unwrap();
    tracing::subscriber::with_default(subscriber, events);
    let bytes = captured.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

const HOSTILE: &str =
    "x\r\n{\"level\":\"INFO\",\"forged\":true}\u{1b}]0;owned\u{7}\u{2028}\u{2029}\u{202e}\u{85}\u{9b}31m\u{0}\u{7f}end";

fn hostile_event() {
    let span = tracing::info_span!("request", user_agent = %HOSTILE);
    span.in_scope(|| tracing::info!(display = %HOSTILE, debug = ?HOSTILE, plain = HOSTILE, "said {HOSTILE}"));
}

fn assert_one_harmless_line(log: &str) {
    let line = log.strip_suffix('\n').expect("a line ends");
    assert!(!line.chars().any(is_unsafe), "{line:?}");
    assert!(line.contains("end"), "the value is still there: {line:?}");
}

#[test]
fn a_json_event_is_one_line_of_valid_json_whatever_it_holds() {
    let log = logged("info", LogFormat::Json, hostile_event);
    assert_one_harmless_line(&log);
    let event: serde_json::Value = serde_json::from_str(&log).unwrap();
    assert_eq!(event.get("forged"), None);
    assert_eq!(event["plain"], HOSTILE, "escaped, not changed");
    assert_eq!(event["span"]["user_agent"], HOSTILE);
}

#[test]
fn a_pretty_event_is_one_line_whatever_it_holds() {
    assert_one_harmless_line(&logged("info", LogFormat::Pretty, hostile_event));
}

#[test]
fn notices_of_postgresql_are_left_out_unless_asked_for() {
    let notice = || tracing::info!(target: "tokio_postgres::connection", "NOTICE: relation already exists");
    assert_eq!(logged("info", LogFormat::Pretty, notice), "");
    assert_eq!(logged("debug", LogFormat::Pretty, notice), "");
    assert!(logged("info,tokio_postgres=info", LogFormat::Pretty, notice).contains("NOTICE"));
    let warning = || tracing::warn!(target: "tokio_postgres", "lost");
    assert!(logged("info", LogFormat::Pretty, warning).contains("lost"));
}

#[test]
fn a_bare_level_opens_our_own_events_and_no_library() {
    let ours = || tracing::trace!(target: "twinlock_store::db", "ours");
    let theirs = || tracing::debug!(target: "h2::frame", "theirs");
    assert!(logged("trace", LogFormat::Pretty, ours).contains("ours"));
    assert_eq!(logged("trace", LogFormat::Pretty, theirs), "");
    assert!(logged("info,h2=debug", LogFormat::Pretty, theirs).contains("theirs"));
    assert_eq!(logged("debug", LogFormat::Pretty, ours), "");
}

#[test]
fn durations_are_counted_in_buckets() {
    let recorder = recorder().unwrap();
    let handle = recorder.handle();
    metrics::with_local_recorder(&recorder, || {
        metrics::histogram!("http_request_duration_seconds").record(Duration::from_millis(3));
    });
    handle.run_upkeep();
    let text = handle.render();
    assert!(text.contains("http_request_duration_seconds_bucket{le=\"0.005\"} 1"), "{text}");
    assert!(text.contains("http_request_duration_seconds_bucket{le=\"0.002\"} 0"), "{text}");
}
