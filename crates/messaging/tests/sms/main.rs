//! The providers of text messages against servers that speak their HTTP, alone and one after the other.
#![expect(clippy::unwrap_used, reason = "a test says what went wrong by panicking, its helpers included")]

mod carrying;
mod leaks;
mod providers;
mod reports;
mod support;
