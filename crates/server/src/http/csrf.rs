//! Requests that a cookie authorizes have to come from our own pages.
//!
//! Browsers say where a request comes from, in `Sec-Fetch-Site` and `Origin`, and no page can forge either. Where both
//! are there, both have to agree.

use axum::http::HeaderMap;
use axum::http::header::{HOST, ORIGIN};

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
    let host = match single(headers, HOST.as_str()) {
        Sent::Once(host) => Some(host),
        Sent::Never | Sent::Often => None,
    };
    let origin_passes = matches!(origin, Sent::Once(value) if site.is_origin(value, host));
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

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;
    use crate::config::{Config, Sources};

    fn passes(silence: Silence, sent: &[(&'static str, &'static str)]) -> bool {
        passes_at(&[("TWINLOCK_ENV", "production"), ("TWINLOCK_BASE_URL", "https://login.example.com")], silence, sent)
    }

    fn passes_at(settings: &[(&str, &str)], silence: Silence, sent: &[(&'static str, &'static str)]) -> bool {
        let site = Site::of(&Config::load(&Sources::of_pairs(settings.iter().copied(), None)).unwrap());
        let mut headers = HeaderMap::new();
        for (name, value) in sent {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        require_same_origin(&headers, &site, silence).is_ok()
    }

    const OURS: (&str, &str) = ("origin", "https://login.example.com");
    const SAME: (&str, &str) = ("sec-fetch-site", "same-origin");

    #[test]
    fn our_own_pages_pass() {
        for sent in [&[OURS][..], &[SAME], &[OURS, SAME], &[("sec-fetch-site", "none")]] {
            assert!(passes(Silence::Refused, sent) && passes(Silence::Allowed, sent), "{sent:?}");
        }
    }

    #[test]
    fn other_sites_do_not() {
        for origin in [
            "https://evil.example",
            "null",
            "",
            "http://login.example.com",
            "https://login.example.com:8443",
            "https://login.example.com.evil.example",
            "https://LOGIN.example.com/",
            "http://localhost:8080",
        ] {
            assert!(!passes(Silence::Allowed, &[("origin", origin)]), "{origin}");
            assert!(!passes(Silence::Allowed, &[("origin", origin), SAME]), "{origin}: both have to agree");
        }
        for site in ["cross-site", "same-site", "", "SAME-ORIGIN"] {
            assert!(!passes(Silence::Allowed, &[("sec-fetch-site", site)]), "{site}");
            assert!(!passes(Silence::Allowed, &[OURS, ("sec-fetch-site", site)]), "{site}: both have to agree");
        }
        assert!(!passes(Silence::Allowed, &[OURS, OURS]), "a header that is there twice");
        assert!(!passes(Silence::Allowed, &[SAME, SAME, OURS]));
    }

    #[test]
    fn only_programs_may_say_nothing() {
        assert!(passes(Silence::Allowed, &[]));
        assert!(!passes(Silence::Refused, &[]));
    }

    #[test]
    fn a_developer_may_use_any_name_of_the_machine_but_only_one() {
        let local = |origin: &'static str, host: &'static str| {
            passes_at(&[], Silence::Refused, &[("origin", origin), ("host", host)])
        };
        assert!(local("http://127.0.0.1:8080", "127.0.0.1:8080"));
        assert!(local("http://localhost:8080", "localhost:8080"));
        assert!(!local("http://localhost:8080", "127.0.0.1:8080"), "another origin, though the same machine");
        assert!(!local("http://localhost:8081", "localhost:8081"), "another program of this machine");
        assert!(!local("http://evil.example", "evil.example"), "the host of an attacker's name for this machine");
        assert!(!local("https://localhost:8080", "localhost:8080"));
    }
}
