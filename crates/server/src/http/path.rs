//! One spelling of every path, decided before anything else looks at it.
//!
//! A proxy in front may read a path differently than we do, and protect less than it thinks. So what has several
//! readings has none here: empty and dot segments, backslashes, semicolons, encoded separators, and bytes that are
//! not UTF-8.

use axum::http::Uri;
use axum::http::uri::PathAndQuery;

/// The path with its one trailing slash: below `/auth/` always there, elsewhere never. `None` if it is ambiguous.
pub(super) fn normalize(uri: &Uri) -> Option<Uri> {
    let path = uri.path();
    if path == "/" {
        return Some(uri.clone());
    }
    let segments = path.strip_prefix('/')?;
    let segments = segments.strip_suffix('/').unwrap_or(segments);
    if !segments.split('/').all(is_plain) {
        return None;
    }
    let slash = if segments.starts_with("auth/") { "/" } else { "" };
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let path: PathAndQuery = format!("/{segments}{slash}{query}").parse().ok()?;
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(path);
    Uri::from_parts(parts).ok()
}

fn is_plain(segment: &str) -> bool {
    let Some(decoded) = decode(segment) else { return false };
    // "%25" would be read once more by somebody; "%2e" is a dot to us and perhaps not to the proxy.
    let encoded = segment.contains('%');
    !decoded.is_empty()
        && decoded != "."
        && decoded != ".."
        && !decoded.chars().any(|c| c.is_control() || matches!(c, '/' | '\\' | ';'))
        && !(encoded && decoded.contains(['.', '%']))
}

/// Percent-decoding; `None` for half an escape or bytes that are not UTF-8.
fn decode(segment: &str) -> Option<String> {
    let mut bytes = segment.bytes();
    let mut decoded = Vec::with_capacity(segment.len());
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let high = char::from(bytes.next()?).to_digit(16)?;
            let low = char::from(bytes.next()?).to_digit(16)?;
            decoded.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            decoded.push(byte);
        }
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normal(path: &str) -> Option<String> {
        normalize(&path.parse().unwrap()).map(|uri| uri.to_string())
    }

    #[test]
    fn both_spellings_of_the_last_slash_mean_the_same() {
        for (path, expected) in [
            ("/auth/login", "/auth/login/"),
            ("/auth/login/", "/auth/login/"),
            ("/auth/2fa/recovery-codes/download?format=txt", "/auth/2fa/recovery-codes/download/?format=txt"),
            ("/healthz/", "/healthz"),
            ("/.well-known/jwks.json", "/.well-known/jwks.json"),
            ("/.well-known/jwks.json/", "/.well-known/jwks.json"),
            ("/auth", "/auth"),
            ("/", "/"),
            ("/?x", "/?x"),
            ("/v1/users/a%40b", "/v1/users/a%40b"),
            ("http://example.com/auth/login", "http://example.com/auth/login/"),
        ] {
            assert_eq!(normal(path).as_deref(), Some(expected), "{path}");
        }
    }

    #[test]
    fn a_path_that_could_be_read_in_two_ways_is_none() {
        for path in [
            "//auth/login",
            "/auth//login/",
            "/auth/login//",
            "//",
            "/auth/../auth/login",
            "/auth/./login",
            "/auth/..",
            "/auth/%2e%2e/x",
            "/auth/%2E/x",
            "/a%2ejson",
            "/auth%2flogin",
            "/auth/%5Clogin",
            "/auth/..;/login",
            "/auth/login;x=1",
            "/auth/login%3bx",
            "/auth/%252e%252e/x",
            "/auth/%",
            "/auth/%zz",
            "/auth/%ff",
            "/auth/%c0%af",
            "/auth/login%00",
            "/auth/login%0a",
            "*",
        ] {
            assert_eq!(normal(path), None, "{path}");
        }
    }
}
