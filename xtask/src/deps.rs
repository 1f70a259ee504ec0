//! `cargo xtask deps`: may we ship what we depend on, and do we need it?
//!
//! Not part of `cargo xtask test`: it installs two tools, which takes minutes the first time, and it asks the network for
//! the advisories.

use std::process::Command;

use anyhow::{Context, Result};

use crate::command::{cargo, run as run_step, succeeds};

/// Name and version of the tools, so that the same tree gets the same verdict everywhere.
const DENY: (&str, &str) = ("cargo-deny", "0.20.2");
const MACHETE: (&str, &str) = ("cargo-machete", "0.9.2");

/// Licenses, bans and sources; advisories where their database can be had; unused dependencies.
pub(crate) fn run() -> Result<String> {
    let mut skipped = 0;
    let mut skip = |check: &str| {
        eprintln!("SKIPPED: {check}");
        skipped += 1;
    };

    install(DENY).context("licenses, bans and sources were not checked")?;
    run_step(&mut deny(&["licenses", "bans", "sources"]))?;
    if succeeds(&mut cargo(&["deny", "fetch", "db"])) {
        run_step(&mut deny(&["--disable-fetch", "advisories"]))?;
    } else {
        skip("advisories: their database cannot be fetched");
    }

    if install(MACHETE).is_ok() {
        run_step(&mut cargo(&["machete"]))?;
    } else {
        skip("unused dependencies: cargo-machete cannot be installed");
    }
    Ok(format!("passed: dependencies; {skipped} checks skipped"))
}

fn deny(checks: &[&str]) -> Command {
    let mut command = cargo(&["deny", "--all-features", "check", "--hide-inclusion-graph"]);
    command.args(checks);
    command
}

/// Cargo keeps what it installs, so this costs time once per machine.
fn install((name, version): (&str, &str)) -> Result<()> {
    let subcommand = name.trim_start_matches("cargo-");
    if succeeds(&mut cargo(&[subcommand, "--version"])) {
        return Ok(());
    }
    println!("{name} is not installed: cargo builds it now, once, which takes some minutes");
    run_step(&mut cargo(&["install", "--locked", "--version", version, name]))
}
