//! Logs and metrics.
//!
//! One event is one line, whatever users put into it: the writer escapes every control character, line separators and
//! direction marks included, after the line has been formatted. So no field can end a line, forge another one, or talk
//! to the terminal of whoever reads the log. For the same reason there are no colors.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::time::Duration;

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use tokio_util::sync::CancellationToken;
use tracing::Subscriber;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, Registry};

use crate::config::LogFormat;

/// How often the recorder folds its samples; without it histograms grow without bound.
const UPKEEP: Duration = Duration::from_secs(5);

/// Upper bounds of the duration buckets, in seconds: from a database round trip to a password hash in a queue.
const BUCKETS: [f64; 14] = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Those of the way of a message: from a provider that answers at once to the end of a code's life.
const DELIVERY_BUCKETS: [f64; 10] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0, 300.0];

/// What can go wrong while telemetry starts.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter was not checked by the configuration.
    #[error("the log filter is not valid")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// Something else took the logs first.
    #[error("logging is already set up")]
    Subscriber(#[from] tracing::subscriber::SetGlobalDefaultError),
    /// The recorder refused its settings.
    #[error("metrics could not be set up")]
    Metrics(#[from] BuildError),
    /// Something else took the metrics first.
    #[error("metrics are already set up")]
    Recorder(#[from] metrics::SetRecorderError<PrometheusRecorder>),
}

/// Sends the logs of this process to standard error, and panics with them.
pub fn start_logs(filter: &str, format: LogFormat) -> Result<(), TelemetryError> {
    tracing::subscriber::set_global_default(subscriber(filter, format, io::stderr)?)?;
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        // The message of a panic may hold what the code was working on; the place is enough to find it.
        tracing::error!(place, "panicked");
    }));
    Ok(())
}

/// A subscriber that writes to `writer`.
pub fn subscriber<W>(
    filter: &str,
    format: LogFormat,
    writer: W,
) -> Result<impl Subscriber + Send + Sync, TelemetryError>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let filter = EnvFilter::builder().parse(directives(filter))?;
    let layer = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(OneLine(writer));
    let layer = match format {
        LogFormat::Json => layer.json().flatten_event(true).with_current_span(true).with_span_list(false).boxed(),
        LogFormat::Pretty => layer.boxed(),
    };
    Ok(Registry::default().with(layer).with(filter))
}

/// The operator's filter, with a bare level meant for our own events.
///
/// Below info the libraries underneath write down what passes through them: statements with their parameters, frames
/// with their headers. That is every secret there is, so it takes naming the target. PostgreSQL's notices ("relation
/// already exists") come at info and say nothing worth reading.
fn directives(filter: &str) -> String {
    let mut directives = vec![String::from("tokio_postgres=warn")];
    for directive in filter.split(',').map(str::trim) {
        match directive {
            level @ ("debug" | "trace") => directives.extend([String::from("info"), format!("twinlock={level}")]),
            other => directives.push(other.to_owned()),
        }
    }
    directives.join(",")
}

/// Starts the metrics of this process and the task that keeps them small.
pub fn start_metrics(shutdown: CancellationToken) -> Result<PrometheusHandle, TelemetryError> {
    let recorder = recorder()?;
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder)?;
    let upkeep = handle.clone();
    tokio::spawn(async move {
        while shutdown.run_until_cancelled(tokio::time::sleep(UPKEEP)).await.is_some() {
            upkeep.run_upkeep();
        }
    });
    Ok(handle)
}

/// A recorder with our buckets, for this process or for one test.
pub fn recorder() -> Result<PrometheusRecorder, TelemetryError> {
    let delivery = Matcher::Full("delivery_duration_seconds".to_owned());
    let builder = PrometheusBuilder::new().set_buckets(&BUCKETS)?;
    Ok(builder.set_buckets_for_metric(delivery, &DELIVERY_BUCKETS)?.build_recorder())
}

/// Makes writers that keep every event on one line.
struct OneLine<M>(M);

impl<'a, M: MakeWriter<'a>> MakeWriter<'a> for OneLine<M> {
    type Writer = OneLineWriter<M::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        OneLineWriter(self.0.make_writer())
    }

    fn make_writer_for(&'a self, meta: &tracing::Metadata<'_>) -> Self::Writer {
        OneLineWriter(self.0.make_writer_for(meta))
    }
}

/// Receives one finished event per call, which is how the formatter writes.
struct OneLineWriter<W>(W);

impl<W: Write> Write for OneLineWriter<W> {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let line = text.strip_suffix('\n').unwrap_or(&text);
        let mut escaped = String::with_capacity(line.len() + 1);
        for character in line.chars() {
            if is_unsafe(character) {
                // The form JSON knows too: such characters stand only inside its strings.
                // Writing to a String cannot fail.
                let _ = write!(escaped, "\\u{:04x}", u32::from(character));
            } else {
                escaped.push(character);
            }
        }
        escaped.push('\n');
        self.0.write_all(escaped.as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Control characters, line and paragraph separators, and marks that change the direction of what follows.
fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests;
