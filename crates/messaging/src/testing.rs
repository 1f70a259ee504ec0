//! For tests, of this and other crates: providers of text messages on loopback, speaking their real HTTP, in any mood; and
//! the reports they would send later, signed as they sign them.
//!
//! Nothing here is compiled into the program, and nothing here uses the code it is to test: what a provider accepts and how
//! it signs is written down a second time.

mod dialect;
mod fake;
mod reports;

pub use dialect::{API_KEY, API_SECRET, Dialect, SIGNATURE_SECRET, TOKEN, WEBHOOK_SECRET};
pub use fake::{FakeProvider, Mood, Seen};
pub use reports::{SignedReport, twilio_report, vonage_report, webhook_report};
