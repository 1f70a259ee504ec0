//! A second factor for an app that has its own login. What each call does, takes and refuses is in docs/api.md; the way there
//! is docs/integrate.md.
//!
//! ```no_run
//! # async fn sign_in(key: &str, ip: &str, agent: &str, typed: &str) -> Result<(), twinlock_client::Error> {
//! use twinlock_client::{Asked, Twinlock};
//!
//! let twinlock = Twinlock::new("https://2fa.example.com", key)?;
//! let challenge = twinlock.challenge("user-4711", &Asked::login(ip, agent)).await?;
//! if challenge.is_pending() {
//!     let result = twinlock.verify(&challenge.id, typed, "user-4711", false).await?;
//!     println!("{} is in", result.user_id);
//! }
//! # Ok(())
//! # }
//! ```

mod answers;
#[cfg(feature = "axum")]
pub mod axum;
mod client;
mod error;
mod sign_in;
mod transport;
mod webhook;

pub use answers::{AddedFactor, Approval, Challenge, CodeSent, Device, Factor, Method, Secret, User};
pub use client::{Asked, Event, NewFactor, Options, Reason, SendBy, Twinlock, WhenUnreachable};
pub use error::{Error, FieldFault, Problem};
pub use sign_in::{Begun, SignIn, Waiting};
pub use webhook::{BadSignature, WebhookEvent, verify_webhook};
