//! What was measured, as a table for people and as JSON for programs.

use std::fmt::{self, Display, Write as _};
use std::time::Duration;

use serde_json::{Value, json};

use crate::stats::{self, Run};

/// A goal that a figure is held against.
#[derive(Clone, Copy)]
pub(crate) enum Target {
    AtLeast(f64),
    AtMost(f64),
}

impl Target {
    const fn is_met(self, figure: f64) -> bool {
        match self {
            Self::AtLeast(least) => figure >= least,
            Self::AtMost(most) => figure <= most,
        }
    }
}

impl Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(least) => write!(f, "≥ {least}"),
            Self::AtMost(most) => write!(f, "≤ {most}"),
        }
    }
}

/// The raw twin of a rate.
#[derive(Clone, Copy)]
pub(crate) struct Twin {
    pub(crate) name: &'static str,
    /// Median, per second.
    pub(crate) rate: f64,
    /// Processor time for one in microseconds, of all that take part in it.
    pub(crate) cpu: f64,
}

impl Twin {
    /// The medians of some runs; none of none.
    pub(crate) fn of(name: &'static str, runs: &[Run]) -> Option<Self> {
        let median = |number: fn(&Run) -> f64| stats::median(&runs.iter().map(number).collect::<Vec<f64>>());
        (!runs.is_empty()).then(|| Self { name, rate: median(|run| run.rate), cpu: median(|run| run.cpu) })
    }
}

/// A rate, and what stands beside it.
pub(crate) struct Throughput {
    pub(crate) database: &'static str,
    pub(crate) what: &'static str,
    pub(crate) connections: usize,
    /// Median, per second.
    pub(crate) rate: f64,
    /// The samples it is the median of.
    pub(crate) samples: Vec<f64>,
    pub(crate) twin: Option<Twin>,
    /// For the ratio of the two.
    pub(crate) target: Option<Target>,
    /// Processor time for one, in microseconds: of server, database and client, or of all together.
    pub(crate) cpu: Option<Vec<f64>>,
}

impl Throughput {
    fn ratio(&self) -> Option<f64> {
        self.twin.map(|twin| self.rate / twin.rate)
    }
}

/// Latencies at a fixed rate.
pub(crate) struct Latency {
    pub(crate) database: &'static str,
    pub(crate) what: &'static str,
    pub(crate) connections: usize,
    /// Per second.
    pub(crate) rate: f64,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
    pub(crate) p999: Duration,
}

/// A single number.
pub(crate) struct Figure {
    pub(crate) what: String,
    pub(crate) value: f64,
    pub(crate) unit: &'static str,
    pub(crate) target: Option<Target>,
}

/// What one call costs the database.
pub(crate) struct Cost {
    pub(crate) database: &'static str,
    pub(crate) call: &'static str,
    pub(crate) transactions: usize,
    /// Statements between the beginning and the end of its transactions.
    pub(crate) reads: usize,
    pub(crate) writes: usize,
    /// Where there is a wire to count them on.
    pub(crate) round_trips: Option<usize>,
}

/// Everything of one run.
#[derive(Default)]
pub(crate) struct Report {
    /// How it was measured, in a sentence.
    pub(crate) conditions: String,
    pub(crate) throughput: Vec<Throughput>,
    pub(crate) latency: Vec<Latency>,
    pub(crate) costs: Vec<Cost>,
    pub(crate) figures: Vec<Figure>,
}

fn verdict(target: Option<Target>, figure: Option<f64>) -> (String, &'static str) {
    match (target, figure) {
        (Some(target), Some(figure)) => (target.to_string(), if target.is_met(figure) { "pass" } else { "**MISS**" }),
        _ => (String::new(), ""),
    }
}

impl Report {
    /// The twin of a rate.
    pub(crate) fn twin_of(&self, database: &str, what: &str, connections: usize) -> Option<Twin> {
        let is_it = |row: &&Throughput| row.database == database && row.what == what && row.connections == connections;
        self.throughput.iter().find(is_it)?.twin
    }

    /// Targets met, and targets there are.
    pub(crate) fn score(&self) -> (usize, usize) {
        let ratios = self.throughput.iter().filter_map(|row| Some(row.target?.is_met(row.ratio()?)));
        let figures = self.figures.iter().filter_map(|figure| Some(figure.target?.is_met(figure.value)));
        let met: Vec<bool> = ratios.chain(figures).collect();
        (met.iter().filter(|met| **met).count(), met.len())
    }

    /// The tables.
    pub(crate) fn markdown(&self) -> String {
        let mut text = format!("{}\n\n", self.conditions);
        text.push_str(
            "| database | what | connections | 1/s | beside it | 1/s | ratio | target | | CPU of one, µs: server + database + client | beside it |\n\
             |---|---|--:|--:|---|--:|--:|---|---|---|--:|\n",
        );
        for row in &self.throughput {
            let beside = row.twin.map(|twin| twin.name).unwrap_or_default();
            let [twin, twins_cpu] = [|twin: Twin| twin.rate, |twin: Twin| twin.cpu]
                .map(|number| row.twin.map(|twin| format!("{:.0}", number(twin))).unwrap_or_default());
            let ratio = row.ratio().map(|ratio| format!("{ratio:.2}")).unwrap_or_default();
            let (target, verdict) = verdict(row.target, row.ratio());
            let cpu = row
                .cpu
                .as_ref()
                .map(|parts| parts.iter().map(|part| format!("{part:.0}")).collect::<Vec<String>>().join(" + "));
            let _ = writeln!(
                text,
                "| {} | {} | {} | {:.0} | {beside} | {twin} | {ratio} | {target} | {verdict} | {} | {twins_cpu} |",
                row.database,
                row.what,
                row.connections,
                row.rate,
                cpu.unwrap_or_default()
            );
        }
        text.push_str(
            "\n| database | what | at 1/s | connections | p50, ms | p99, ms | p99.9, ms |\n|---|---|--:|--:|--:|--:|--:|\n",
        );
        for row in &self.latency {
            let [p50, p99, p999] = [row.p50, row.p99, row.p999].map(|latency| latency.as_secs_f64() * 1000.0);
            let _ = writeln!(
                text,
                "| {} | {} | {:.0} | {} | {p50:.2} | {p99:.2} | {p999:.2} |",
                row.database, row.what, row.rate, row.connections
            );
        }
        text.push_str(
            "\n| database | call | transactions | statements that read | that write | round trips |\n|---|---|--:|--:|--:|--:|\n",
        );
        for row in &self.costs {
            let Cost { database, call, transactions, reads, writes, round_trips } = row;
            let round_trips = round_trips.map(|count| count.to_string()).unwrap_or_default();
            let _ = writeln!(text, "| {database} | {call} | {transactions} | {reads} | {writes} | {round_trips} |");
        }
        text.push_str("\n| figure | | target | |\n|---|--:|---|---|\n");
        for figure in &self.figures {
            let (target, verdict) = verdict(figure.target, Some(figure.value));
            let value =
                if figure.value.fract() == 0.0 { format!("{}", figure.value) } else { format!("{:.1}", figure.value) };
            let _ = writeln!(text, "| {} | {value} {} | {target} | {verdict} |", figure.what, figure.unit);
        }
        text
    }

    /// The same for programs: rates per second, latencies in milliseconds, processor time in microseconds.
    pub(crate) fn json(&self) -> Value {
        let target = |target: Option<Target>, figure: Option<f64>| {
            target.zip(figure).map(|(target, figure)| json!({"is": target.to_string(), "met": target.is_met(figure)}))
        };
        let throughput = self.throughput.iter().map(|row| {
            json!({
                "database": row.database, "what": row.what, "connections": row.connections, "rate": row.rate,
                "samples": row.samples, "twin": row.twin.map(|it| json!({"what": it.name, "rate": it.rate, "cpu": it.cpu})),
                "ratio": row.ratio(), "target": target(row.target, row.ratio()),
                "cpu": row.cpu,
            })
        });
        let latency = self.latency.iter().map(|row| {
            let ms = |latency: Duration| latency.as_secs_f64() * 1000.0;
            json!({
                "database": row.database, "what": row.what, "connections": row.connections, "rate": row.rate,
                "p50": ms(row.p50), "p99": ms(row.p99), "p99_9": ms(row.p999),
            })
        });
        let costs = self.costs.iter().map(|row| {
            json!({
                "database": row.database, "call": row.call, "transactions": row.transactions, "reads": row.reads,
                "writes": row.writes, "round_trips": row.round_trips,
            })
        });
        let figures = self.figures.iter().map(|figure| {
            json!({
                "what": figure.what, "value": figure.value, "unit": figure.unit,
                "target": target(figure.target, Some(figure.value)),
            })
        });
        json!({
            "conditions": self.conditions,
            "throughput": throughput.collect::<Vec<_>>(),
            "latency": latency.collect::<Vec<_>>(),
            "calls": costs.collect::<Vec<_>>(),
            "figures": figures.collect::<Vec<_>>(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(rate: f64, twin: f64) -> Throughput {
        Throughput {
            database: "SQLite",
            what: "verify",
            connections: 32,
            rate,
            samples: vec![rate],
            twin: Some(Twin { name: "plain loop", rate: twin, cpu: 1.0 }),
            target: Some(Target::AtLeast(0.8)),
            cpu: None,
        }
    }

    #[test]
    fn a_missed_target_is_said_in_the_table_and_counted() {
        let small = |value| Figure { what: "size".into(), value, unit: "MB", target: Some(Target::AtMost(25.0)) };
        let report = Report {
            throughput: vec![row(800.0, 1000.0), row(799.0, 1000.0)],
            figures: vec![small(25.0), small(25.1)],
            ..Report::default()
        };
        assert_eq!(report.score(), (2, 4));
        let text = report.markdown();
        assert!(text.contains("| 800 | plain loop | 1000 | 0.80 | ≥ 0.8 | pass |"), "{text}");
        assert!(text.contains("| 799 | plain loop | 1000 | 0.80 | ≥ 0.8 | **MISS** |"), "{text}");
        assert!(text.contains("| size | 25.1 MB | ≤ 25 | **MISS** |"), "{text}");
        assert_eq!(report.json()["throughput"][1]["target"]["met"], false);
    }

    #[test]
    fn what_a_call_costs_is_printed_with_its_round_trips_where_there_are_any() {
        let cost = |database, round_trips| Cost {
            database,
            call: "send-code",
            transactions: 1,
            reads: 6,
            writes: 7,
            round_trips,
        };
        let report = Report { costs: vec![cost("SQLite", None), cost("PostgreSQL", Some(2))], ..Report::default() };
        let text = report.markdown();
        assert!(text.contains("| SQLite | send-code | 1 | 6 | 7 |  |\n"), "{text}");
        assert!(text.contains("| PostgreSQL | send-code | 1 | 6 | 7 | 2 |\n"), "{text}");
        assert_eq!(report.json()["calls"][1]["round_trips"], 2);
    }
}
