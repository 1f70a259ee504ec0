//! Twinlock's server: configuration, the HTTP edge, and what runs behind it.

pub mod config;
pub mod fault;
pub mod http;
pub mod problem;
pub mod telemetry;
