//! How much the tests try: a little at every run, and every round of every race, crash and random sequence where all of it is
//! asked for. No rule reads any of this.
//!
//! `TWINLOCK_TEST_FULL` is read here and nowhere else; `cargo xtask test --full` sets it. A path in it names a file to which
//! each test adds a line with what it tried and how often.

use std::fs::OpenOptions;
use std::io::Write as _;

/// Asks for all of it.
const FULL_VARIABLE: &str = "TWINLOCK_TEST_FULL";

/// How often something is tried: `usual` times, or `full` times where all of it is asked for.
pub fn rounds(what: &str, usual: u32, full: u32) -> u32 {
    let Some(asked) = asked() else { return usual };
    if asked.contains(['/', '\\'])
        && let Ok(mut figures) = OpenOptions::new().append(true).open(asked)
    {
        // One write a line, so that those of several tests do not mix. A figure that is lost fails nothing.
        let _ = figures.write_all(format!("{full} {what}\n").as_bytes());
    }
    full
}

/// Whether all of it is asked for.
pub fn everything() -> bool {
    asked().is_some()
}

/// What the variable says, unless that is nothing, `0` or `false`.
#[expect(clippy::disallowed_methods, reason = "how much the tests try is no setting of the program")]
fn asked() -> Option<String> {
    std::env::var(FULL_VARIABLE).ok().filter(|value| !["", "0", "false"].contains(&value.as_str()))
}
