//! `cargo xtask test`: the one command that says whether the tree is good, the same in CI, README and at the desk.
//!
//! Format, lints, then every test with one private PostgreSQL beside it. What the tests learn from here:
//! - `TWINLOCK_TEST_POSTGRES`: the URL of a server on which they may create databases;
//! - `TWINLOCK_TEST_FULL`: set when every round of everything is asked for (`--full`), to a file for what they tried;
//! - `TWINLOCK_TEST_PREVIOUS`: the previous program, for the trial of an upgrade, built by a full run;
//! - `TWINLOCK_TEST_AXE`: the file of axe-core, fetched from npm;
//! - `TWINLOCK_TEST_PYTHON`: a Python with the packages that the Python client is tested with;
//! - `TWINLOCK_TEST_NODE`: the folder of the packages that the TypeScript client is compiled and tested with;
//! - `TWINLOCK_TEST_MISSING`: the names, comma-separated, of the parts whose tests are to be skipped.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::command::{cargo, run as run_step, run_keeping, succeeds};
use crate::figures::{Figures, is_timing};
use crate::packages;
use crate::parts::{self, Part, has_test_database, postgres_programs};
use crate::postgres::{Cluster, Durability};
use crate::previous;

/// What to test.
#[derive(Args)]
pub(crate) struct Options {
    /// Leave out the format check and the lints.
    #[arg(long)]
    fast: bool,
    /// All rounds of the races, crashes and random sequences, with their figures at the end, and an upgrade from the
    /// previous program, which is built for it.
    #[arg(long)]
    full: bool,
    /// Only this package; may be repeated.
    #[arg(short, long)]
    package: Vec<String>,
    /// Handed on to the test runner: names of tests, or its own options after `--`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    filter: Vec<String>,
}

impl Options {
    /// A cargo command for the chosen packages; `all` is its way to say that none was chosen.
    fn cargo(&self, arguments: &[&str], all: &str) -> Command {
        let mut command = cargo(arguments);
        if self.package.is_empty() {
            command.arg(all);
        }
        for package in &self.package {
            command.args(["--package", package]);
        }
        command
    }
}

/// Runs everything; the answer is the line to end with.
pub(crate) fn run(options: &Options) -> Result<String> {
    let missing = parts::provide()?;
    if !options.fast {
        run_step(options.cargo(&["fmt"], "--all").arg("--check"))?;
        let lints = ["--all-targets", "--all-features", "--", "-D", "warnings"];
        run_step(options.cargo(&["clippy"], "--workspace").args(lints))?;
    }

    let cluster = match postgres_programs() {
        Some(programs) if !has_test_database() => Some(Cluster::start(&programs, Durability::None, None)?),
        _ => None,
    };
    let fetched = [
        ("TWINLOCK_TEST_AXE", parts::axe()),
        ("TWINLOCK_TEST_PYTHON", packages::python()),
        ("TWINLOCK_TEST_NODE", packages::node()),
    ];
    let figures = options.full.then(Figures::new).transpose()?;
    let previous = if options.full { previous::program()? } else { None };
    let with_surroundings = |mut command: Command| {
        for (name, path) in &fetched {
            if let Some(path) = path {
                command.env(name, path);
            }
        }
        if let Some(cluster) = &cluster {
            command.env("TWINLOCK_TEST_POSTGRES", cluster.url());
        }
        if let Some(figures) = &figures {
            command.env("TWINLOCK_TEST_FULL", figures.path());
        }
        if let Some(previous) = &previous {
            command.env("TWINLOCK_TEST_PREVIOUS", previous);
        }
        command.env("TWINLOCK_TEST_MISSING", missing.iter().map(|part| part.name).collect::<Vec<_>>().join(","));
        command
    };

    let has_nextest = succeeds(&mut cargo(&["nextest", "--version"]));
    let mut tests = options.cargo(if has_nextest { &["nextest", "run"] } else { &["test"] }, "--workspace");
    // One run tells of every failure, not of the first.
    tests.args(["--all-features", "--no-fail-fast"]).args(&options.filter);
    let (told, result) = run_keeping(with_surroundings(tests), |line| is_summary(line) || is_timing(line));
    let (mut summary, timings): (Vec<String>, Vec<String>) = told.into_iter().partition(|line| is_summary(line));
    let result = result.and_then(|()| {
        // nextest leaves the examples in the documentation to cargo; a choice of tests does not ask for them.
        if !has_nextest || !options.filter.is_empty() || !options.package.is_empty() {
            return Ok(());
        }
        let (lines, result) = run_keeping(
            with_surroundings(options.cargo(&["test", "--doc", "--all-features"], "--workspace")),
            is_summary,
        );
        summary.extend(lines);
        result
    });
    drop(cluster);
    if let Some(figures) = &figures {
        println!("{}", figures.report(&timings)?);
    }

    let outcome = format!("{}; {}", summed_up(&summary, has_nextest), counted(&missing));
    result.with_context(|| outcome.clone())?;
    ensure!(!summary.is_empty(), "{outcome}");
    Ok(format!("passed: {outcome}"))
}

fn counted(missing: &[&Part]) -> String {
    let names: Vec<&str> = missing.iter().map(|part| part.name).collect();
    if names.is_empty() {
        "0 parts missing".to_owned()
    } else {
        format!("{} parts MISSING: {}", names.len(), names.join(", "))
    }
}

/// The lines of nextest and of cargo's own runner that say how many passed, unless there was nothing to run.
fn is_summary(line: &str) -> bool {
    line.trim_start().starts_with("Summary [")
        || (line.starts_with("test result: ") && !line.contains(" 0 passed; 0 failed"))
}

fn summed_up(summary: &[String], has_nextest: bool) -> String {
    if summary.is_empty() {
        return "no test was run".to_owned();
    }
    let lines: Vec<&str> = summary.iter().map(|line| line.trim()).collect();
    let note = if has_nextest { "" } else { " (cargo test: nextest is not installed)" };
    format!("{}{note}", lines.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summaries_of_both_runners_are_recognized() {
        assert!(is_summary("     Summary [   0.022s] 3 tests run: 3 passed, 0 skipped"));
        assert!(is_summary("test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out"));
        assert!(!is_summary("test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 9 filtered out"));
        assert!(!is_summary("        PASS [   0.010s] xtask test::tests::summary"));
    }
}
