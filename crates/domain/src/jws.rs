//! Signing for others to check: a JWS in its compact form (RFC 7515) with `EdDSA` over Ed25519 (RFC 8037).

use data_encoding::BASE64URL_NOPAD;
use ed25519_dalek::{Signer, SigningKey};
use serde::Serialize;

#[derive(Serialize)]
struct Header<'a> {
    alg: &'static str,
    typ: &'a str,
    kid: &'a str,
}

/// Signs claims of strings, numbers and ids. `kind` is what the header says it is (`typ`), `name` that of the key (`kid`).
pub fn sign(kind: &str, name: &str, key: &SigningKey, claims: &impl Serialize) -> String {
    let header = Header { alg: "EdDSA", typ: kind, kid: name };
    // Strings, numbers and ids always serialize.
    let part = |bytes: Result<Vec<u8>, _>| BASE64URL_NOPAD.encode(&bytes.unwrap_or_default());
    let signed = format!("{}.{}", part(serde_json::to_vec(&header)), part(serde_json::to_vec(claims)));
    let signature = key.sign(signed.as_bytes());
    format!("{signed}.{}", BASE64URL_NOPAD.encode(&signature.to_bytes()))
}
