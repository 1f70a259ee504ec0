//! The rules of the second factor. Pure: no runtime, no SQL, no HTTP, no clock, no global randomness; `Cargo.toml` is the
//! proof.
//!
//! A command ([`command::Decide`]) gets a view of what it needs to know, the time and randomness, and comes to a
//! [`decision::Decision`]: a reply or a refusal, with every change, audit entry and message to be committed with it. The same
//! inputs give the same decision.

pub mod account_admin;
pub mod administrator;
pub mod application;
pub mod audit;
pub mod backup_email;
pub mod challenge;
pub mod code;
pub mod command;
pub mod decision;
pub mod delivery;
pub mod destination;
pub mod disable;
pub mod email_change;
pub mod enrollment;
pub mod event;
pub mod factor;
pub mod figures;
mod guess;
pub mod ids;
pub mod jws;
pub mod known_browser;
pub mod link_token;
pub mod locale;
pub mod login;
pub mod message;
pub mod notice;
pub mod password;
pub mod policy;
pub mod recovery_code;
pub mod restoration;
pub mod rotating_token;
pub mod schedule;
pub mod secret;
pub mod sent_code;
pub mod session;
pub mod signup;
pub mod sms_fraud;
pub mod status;
pub mod step_up;
pub mod testing;
pub mod throttle;
pub mod time;
pub mod totp;
pub mod trusted_device;
pub mod unlock;
pub mod user;
pub mod verification;
