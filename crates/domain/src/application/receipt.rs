//! Receipts of step-ups: what an application can show later, and anybody can check without asking, of what was confirmed by
//! whom, with what and when. A JWS (RFC 7515) with `EdDSA` (RFC 8037), whose claims are those of a JWT (RFC 7519).
//!
//! Only a code given for this very challenge makes one: somebody who was spared the factor has confirmed nothing. A challenge
//! is answered once, so its id is what a receipt is told from all others by.

use data_encoding::HEXLOWER;
use serde::Serialize;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::Application;
use super::challenge::{Asked, Proof, ProvedBy, Reason};
use crate::command::Context;
use crate::factor::Method;
use crate::ids::ChallengeId;
use crate::jws;
use crate::time::Timestamp;

/// What the header says it is: nothing that is taken for a receipt is an access token, and the other way round.
pub const TYPE: &str = "receipt+jwt";

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: &'a str,
    jti: Uuid,
    iat: i64,
    auth_time: i64,
    method: &'static str,
    amr: &'static [&'static str],
    acr: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    text_sha256: Option<String>,
}

/// The receipt of a challenge that was answered with a code; none where it was no step-up.
pub(crate) fn receipt(
    application: &Application,
    (id, asked): (ChallengeId, &Asked),
    proof: &Proof,
    now: Timestamp,
    context: &Context<'_>,
) -> Option<String> {
    let (Reason::StepUp, ProvedBy::Code(method)) = (asked.reason, proof.by) else { return None };
    let claims = Claims {
        iss: &context.policy.base_url,
        aud: &application.name,
        sub: proof.user.as_str(),
        jti: id.uuid(),
        iat: now.as_secs(),
        auth_time: proof.at.as_secs(),
        method: method.as_str(),
        amr: Method::amr(method),
        acr: "2",
        text_sha256: asked.text.as_ref().map(|text| HEXLOWER.encode(&Sha256::digest(text.as_bytes()))),
    };
    let (name, key) = context.keys.receipt_key();
    Some(jws::sign(TYPE, &name, key, &claims))
}
