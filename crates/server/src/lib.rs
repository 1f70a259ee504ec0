//! Twinlock's server: configuration, the HTTP edge, and what runs behind it.

pub mod api_keys;
pub mod app;
mod audit_proof;
mod audit_table;
pub mod cli;
pub mod config;
mod credentials;
pub mod django_hash;
pub mod fault;
pub mod http;
pub mod keys;
pub mod mail;
pub mod openapi;
pub mod password;
pub mod phone;
pub mod problem;
mod qr;
mod recovery_sheet;
mod reference;
pub mod restoration;
pub mod run;
pub mod serve;
pub mod telemetry;
pub mod token;
pub mod worker;
