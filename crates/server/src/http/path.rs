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
