//! Small numbers out of many.

use std::time::Duration;

/// So many in this time.
#[expect(clippy::cast_precision_loss, reason = "a count of a few seconds is far below 2^52")]
pub(crate) fn per_second(count: u64, elapsed: Duration) -> f64 {
    count as f64 / elapsed.as_secs_f64()
}

/// One measurement of something without a server.
#[derive(Clone, Copy)]
pub(crate) struct Run {
    /// Per second.
    pub(crate) rate: f64,
    /// Processor time for one, in microseconds.
    pub(crate) cpu: f64,
}

impl Run {
    /// So many in this time, for so much processor time.
    pub(crate) fn new(count: u64, elapsed: Duration, cpu: Duration) -> Self {
        Self { rate: per_second(count, elapsed), cpu: 1e6 / per_second(count, cpu) }
    }
}

/// The median; of an even number the mean of the middle two.
pub(crate) fn median(samples: &[f64]) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    match (sorted.get(sorted.len() / 2), sorted.len() % 2) {
        (None, _) => f64::NAN,
        (Some(middle), 1) => *middle,
        (Some(upper), _) => f64::midpoint(*upper, sorted[sorted.len() / 2 - 1]),
    }
}

/// The smallest latency that at least this share of all did not exceed.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rank between zero and a count of a few seconds"
)]
pub(crate) fn percentile(sorted: &[Duration], share: f64) -> Duration {
    let rank = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(rank.clamp(1, sorted.len().max(1)) - 1).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert!((median(&[3.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
        assert!((median(&[4.0, 1.0]) - 2.5).abs() < f64::EPSILON);
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn a_percentile_is_a_latency_that_was_measured() {
        let latencies: Vec<Duration> = (1..=1000).map(Duration::from_millis).collect();
        assert_eq!(percentile(&latencies, 0.5), Duration::from_millis(500));
        assert_eq!(percentile(&latencies, 0.99), Duration::from_millis(990));
        assert_eq!(percentile(&latencies, 0.999), Duration::from_millis(999));
        assert_eq!(percentile(&latencies, 1.0), Duration::from_secs(1));
        assert_eq!(percentile(&[], 0.5), Duration::ZERO);
    }
}
