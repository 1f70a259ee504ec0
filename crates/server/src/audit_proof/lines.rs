//! The lines of an export that can be verified, and of published checkpoints: one JSON object each.

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use domain::audit::Words;
use domain::audit::checkpoint::{Checkpoint, Covered, Recorded, SignedCheckpoint};
use domain::time::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// A public key as it is printed and given.
pub(crate) fn key(key: &[u8; 32]) -> String {
    BASE64URL_NOPAD.encode(key)
}

/// Reads a public key.
pub(crate) fn parse_key(text: &str) -> Result<[u8; 32], String> {
    let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).unwrap_or_default();
    bytes.try_into().map_err(|_| "not a key of 43 characters, as `twinlock audit keys` prints them".to_owned())
}

/// The first line: where the log begins. It is believed only if the last checkpoint says so too.
pub(crate) fn beginning(position: i64) -> String {
    json!({ "log": { "format": 1, "begins_at": position } }).to_string()
}

/// A checkpoint.
pub(crate) fn checkpoint(signed: &SignedCheckpoint) -> String {
    let SignedCheckpoint { checkpoint, public_key, hash, signature } = signed;
    let hex = |bytes: &[u8]| HEXLOWER.encode(bytes);
    json!({ "checkpoint": {
        "number": checkpoint.number,
        "first_position": checkpoint.first,
        "last_position": checkpoint.last,
        "begins_at": checkpoint.begins,
        "entries_hash": hex(&checkpoint.entries),
        "previous_hash": hex(&checkpoint.previous),
        "created_at": checkpoint.at,
        "public_key": key(public_key),
        "hash": hex(hash),
        "signature": hex(signature),
    } })
    .to_string()
}

/// An entry at its position.
pub(crate) fn covered(covered: &Covered, mut object: Map<String, Value>) -> String {
    object.insert("position".to_owned(), json!(covered.position));
    object.insert("fingerprint".to_owned(), json!(HEXLOWER.encode(&covered.fingerprint)));
    format!("{}\n", Value::Object(object))
}

/// A line, read.
pub(crate) enum Line {
    /// Where the log is said to begin.
    Beginning(i64),
    /// A checkpoint.
    Checkpoint(Box<SignedCheckpoint>),
    /// An entry.
    Covered(Box<Covered>),
}

#[derive(Deserialize)]
struct Beginning {
    log: Log,
}

#[derive(Deserialize)]
struct Log {
    format: u32,
    begins_at: i64,
}

#[derive(Deserialize)]
struct Published {
    checkpoint: Stated,
}

#[derive(Deserialize)]
struct Stated {
    number: i64,
    first_position: i64,
    last_position: i64,
    begins_at: i64,
    entries_hash: String,
    previous_hash: String,
    created_at: String,
    public_key: String,
    hash: String,
    signature: String,
}

#[derive(Deserialize)]
struct Entry {
    position: i64,
    fingerprint: String,
    id: Uuid,
    created_at: String,
    person_id: Option<Uuid>,
    application_id: Uuid,
    seq: Option<i64>,
    action: String,
    success: bool,
    method: Option<String>,
    ip_address: Option<String>,
    user_agent: Option<String>,
    device_id: Option<Uuid>,
    actor_id: Option<String>,
    request_id: Option<String>,
    detail: String,
    previous_hash: Option<String>,
    hash: Option<String>,
}

/// Reads a line; says what is wrong with one that is none of ours.
pub(crate) fn parse(line: &str) -> Result<Line, String> {
    let wrong = |error: serde_json::Error| error.to_string();
    if line.starts_with("{\"checkpoint\":") {
        let Published { checkpoint } = serde_json::from_str(line).map_err(wrong)?;
        return stated(&checkpoint).map(|signed| Line::Checkpoint(Box::new(signed)));
    }
    if line.starts_with("{\"log\":") {
        let Beginning { log } = serde_json::from_str(line).map_err(wrong)?;
        if log.format != 1 {
            return Err(format!("format {} is none this version knows", log.format));
        }
        return Ok(Line::Beginning(log.begins_at));
    }
    entry(serde_json::from_str(line).map_err(wrong)?).map(|covered| Line::Covered(Box::new(covered)))
}

/// A checkpoint that was published.
pub(crate) fn published(line: &str) -> Result<SignedCheckpoint, String> {
    match parse(line)? {
        Line::Checkpoint(signed) => Ok(*signed),
        Line::Beginning(_) | Line::Covered(_) => Err("not a checkpoint".to_owned()),
    }
}

fn bytes<const N: usize>(name: &str, text: &str) -> Result<[u8; N], String> {
    let bytes = HEXLOWER.decode(text.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or_else(|| format!("{name} is not {N} bytes in hexadecimal digits"))
}

fn time(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text).ok_or_else(|| "created_at is not a time".to_owned())
}

fn stated(stated: &Stated) -> Result<SignedCheckpoint, String> {
    let checkpoint = Checkpoint {
        number: stated.number,
        first: stated.first_position,
        last: stated.last_position,
        begins: stated.begins_at,
        entries: bytes("entries_hash", &stated.entries_hash)?,
        previous: bytes("previous_hash", &stated.previous_hash)?,
        at: time(&stated.created_at)?,
    };
    Ok(SignedCheckpoint {
        checkpoint,
        public_key: parse_key(&stated.public_key)?,
        hash: bytes("hash", &stated.hash)?,
        signature: bytes("signature", &stated.signature)?,
    })
}

fn entry(entry: Entry) -> Result<Covered, String> {
    let hash = |name: &str, hash: Option<String>| {
        hash.map(|hash| HEXLOWER.decode(hash.as_bytes()).map_err(|_| format!("{name} is not hexadecimal"))).transpose()
    };
    let words = Words {
        id: entry.id,
        at: time(&entry.created_at)?,
        person: entry.person_id,
        application: entry.application_id,
        action: entry.action,
        success: entry.success,
        method: entry.method,
        ip: entry.ip_address,
        user_agent: entry.user_agent,
        device: entry.device_id,
        actor: entry.actor_id,
        request_id: entry.request_id,
        detail: entry.detail,
    };
    let recorded = Recorded {
        words,
        seq: entry.seq,
        previous: hash("previous_hash", entry.previous_hash)?,
        hash: hash("hash", entry.hash)?,
    };
    let fingerprint = hash("fingerprint", Some(entry.fingerprint))?.unwrap_or_default();
    Ok(Covered { position: entry.position, id: entry.id, fingerprint, entry: Some(Ok(recorded)) })
}
