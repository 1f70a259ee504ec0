//! The figures of a full run: what was tried how often, and how many seconds each part took.
//!
//! The tests write what they try into a file that `TWINLOCK_TEST_FULL` names; the seconds are those nextest tells.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use tempfile::NamedTempFile;

/// Parts that took less are told together.
const WORTH_TELLING: f64 = 2.0;

/// Where a full run collects its figures.
pub(crate) struct Figures(NamedTempFile);

impl Figures {
    pub(crate) fn new() -> Result<Self> {
        Ok(Self(NamedTempFile::new().context("a file for the figures")?))
    }

    /// What `TWINLOCK_TEST_FULL` is to be.
    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// What there is to tell; `lines` are those that [`is_timing`] chose.
    pub(crate) fn report(&self, lines: &[String]) -> Result<String> {
        let tried = fs::read_to_string(self.path()).context("the file of the figures")?;
        Ok(format!("tried:\n{}seconds:\n{}", rounds(&tried), seconds(lines)))
    }
}

/// A line of nextest that says how long a test took.
pub(crate) fn is_timing(line: &str) -> bool {
    timing(line).is_some()
}

/// The part a test belongs to, its name, and its seconds: `PASS [   1.250s] ( 7/13) package::binary module::test`.
fn timing(line: &str) -> Option<(String, &str, f64)> {
    let (outcome, rest) = line.trim_start().split_once(" [")?;
    let (time, rest) = rest.split_once(']')?;
    if !["PASS", "FAIL"].contains(&outcome) {
        return None;
    }
    let seconds = time.trim().strip_suffix('s')?.parse().ok()?;
    let mut words = rest.split_whitespace().rev();
    let (test, binary) = (words.next()?, words.next()?);
    let module = test.split_once("::").map_or("", |(module, _)| module);
    Some((format!("{binary} {module}"), test, seconds))
}

/// One line for each thing that was tried: on how many rounds, in how many tests.
fn rounds(tried: &str) -> String {
    let mut all: BTreeMap<&str, (u64, usize)> = BTreeMap::new();
    for (count, what) in tried.lines().filter_map(|line| line.split_once(' ')) {
        let (rounds, tests) = all.entry(what).or_default();
        *rounds += count.parse::<u64>().unwrap_or(0);
        *tests += 1;
    }
    all.iter().fold(String::new(), |mut text, (what, (rounds, tests))| {
        let _ = writeln!(text, "{rounds:>10}  {what} ({tests} {})", if *tests == 1 { "test" } else { "tests" });
        text
    })
}

/// The longest part first. A test that failed is told twice, and counted once.
fn seconds(lines: &[String]) -> String {
    let tests: BTreeMap<(String, &str), f64> =
        lines.iter().filter_map(|line| timing(line)).map(|(part, test, seconds)| ((part, test), seconds)).collect();
    let mut parts: BTreeMap<&str, (f64, usize)> = BTreeMap::new();
    for ((part, _), seconds) in &tests {
        let (sum, count) = parts.entry(part).or_default();
        (*sum, *count) = (*sum + seconds, *count + 1);
    }
    let (mut long, short): (Vec<_>, Vec<_>) = parts.into_iter().partition(|(_, (sum, _))| *sum >= WORTH_TELLING);
    long.sort_by(|(_, (one, _)), (_, (other, _))| other.total_cmp(one));
    let others = short.iter().fold((0.0, 0), |(sum, count), (_, (seconds, tests))| (sum + seconds, count + tests));
    long.push(("everything else", others));
    long.iter().fold(String::new(), |mut text, (part, (sum, count))| {
        let _ = writeln!(text, "{sum:>10.1}  {part} ({count} tests)");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_summed_by_part_and_a_failed_test_counts_once() {
        let lines = [
            "        PASS [   3.500s] ( 1/13) twinlock::blackbox races::one_code::on_sqlite",
            "        FAIL [   1.500s] ( 2/13) twinlock::blackbox races::one_code::on_postgresql",
            "        PASS [   0.250s] (10/13) twinlock-store statement::tests::labels",
            "        FAIL [   1.500s] ( 2/13) twinlock::blackbox races::one_code::on_postgresql",
        ]
        .map(str::to_owned);
        assert!(lines.iter().all(|line| is_timing(line)));
        assert!(!is_timing("        SLOW [> 60.000s] ( 3/13) twinlock::blackbox races::one_code::on_sqlite"));
        assert!(!is_timing("     Summary [   0.022s] 3 tests run: 3 passed, 0 skipped"));
        let text = "       5.0  twinlock::blackbox races (2 tests)\n       0.2  everything else (1 tests)\n";
        assert_eq!(seconds(&lines), text);
    }

    #[test]
    fn what_two_tests_try_is_one_line() {
        let text = "        50  A race (2 tests)\n      5000  sequences (1 test)\n";
        assert_eq!(rounds("25 A race\n5000 sequences\n25 A race\n"), text);
    }
}
