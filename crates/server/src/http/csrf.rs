//! Requests that a cookie authorizes have to come from our own pages.
//!
//! Browsers say where a request comes from, in `Sec-Fetch-Site` and `Origin`, and no page can forge either. Where both
//! are there, both have to agree.

use axum::http::HeaderMap;
use axum::http::header::ORIGIN;

use super::site::Site;
use crate::problem::{Problem, ProblemCode};

/// Who may leave out both headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    /// Programs on `/auth/*` with a JSON body: a browser cannot send those across sites unasked.
    Allowed,
    /// Nobody: forms of the hosted pages are always sent by a browser.
    Refused,
}

/// Refuses a request of another site. Call it when, and only when, a cookie is what authorizes the request.
pub fn require_same_origin(headers: &HeaderMap, site: &Site, silence: Silence) -> Result<(), Problem> {
    let fetch_site = single(headers, "sec-fetch-site");
    let origin = single(headers, ORIGIN.as_str());
    let fetch_site_passes = matches!(fetch_site, Sent::Once(b"same-origin" | b"none"));
    let origin_passes = matches!(origin, Sent::Once(value) if site.is_origin(value));
    let passes = match (fetch_site, origin) {
        (Sent::Never, Sent::Never) => silence == Silence::Allowed,
        (_, Sent::Never) => fetch_site_passes,
        (Sent::Never, _) => origin_passes,
        _ => fetch_site_passes && origin_passes,
    };
    if passes { Ok(()) } else { Err(Problem::new(ProblemCode::CsrfRefused)) }
}

#[derive(Clone, Copy)]
enum Sent<'a> {
    Never,
    Once(&'a [u8]),
    Often,
}

fn single<'a>(headers: &'a HeaderMap, name: &str) -> Sent<'a> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Sent::Never,
        (Some(value), None) => Sent::Once(value.as_bytes()),
        (Some(_), Some(_)) => Sent::Often,
    }
}
