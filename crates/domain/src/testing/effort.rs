//! How much the tests try: a little at every run, and all of it when that is asked for.
//!
//! `TWINLOCK_TEST_FULL` is read here and nowhere else; `cargo xtask test --full` sets it.

/// The variable that asks for every round of every race, crash and random sequence.
pub const FULL_VARIABLE: &str = "TWINLOCK_TEST_FULL";

/// Rounds of something that is tried again and again: `usual` ones, or `full` where all are asked for.
pub fn rounds(usual: u32, full: u32) -> u32 {
    if everything() { full } else { usual }
}

/// Whether every round is asked for. A variable that is empty, `0` or `false` asks for nothing.
#[expect(clippy::disallowed_methods, reason = "how much the tests try is no setting of the program")]
pub fn everything() -> bool {
    std::env::var_os(FULL_VARIABLE).is_some_and(|value| !["", "0", "false"].iter().any(|no| value == *no))
}
