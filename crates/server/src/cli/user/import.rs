//! `twinlock user import`: people of another system, one JSON object a line.
//!
//! Everything is checked before anything is written, and every fault is said with its line. Each person is a short
//! transaction of their own, so a server beside it goes on; whoever is killed half-way runs it again, and those who are
//! there already are passed over. What a line holds is never repeated: it may be a secret.

use std::collections::HashMap;
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use domain::account_admin::{ImportUser, explain_email};
use domain::command::Origin;
use domain::enrollment::Proved;
use domain::ids::ApplicationId;
use domain::time::Timestamp;
use domain::totp::TotpSecret;
use domain::user::{Email, PasswordHash};
use serde::Deserialize;
use serde::de::{MapAccess, Visitor};
use serde_json::Value;
use store::Surroundings;
use tokio::task::JoinSet;
use zeroize::Zeroizing;

use crate::app::App;
use crate::cli::progress::bar;
use crate::cli::say;
use crate::django_hash::is_known;

/// How many people are written at a time: enough that they share commits, few enough that nobody waits for them.
const AT_A_TIME: usize = 16;
/// Characters of a factor's name.
const LONGEST_LABEL: usize = 64;

/// Imports a file, or only checks it.
pub(super) async fn run(app: &App, file: &Path, dry_run: bool) -> anyhow::Result<()> {
    let now = app.world.now();
    let people = if file == Path::new("-") {
        read(io::stdin().lock(), now)
    } else {
        let opened = File::open(file).with_context(|| format!("{} cannot be read", file.display()))?;
        read(BufReader::new(opened), now)
    }?;
    let people = people.into_iter().map(|(line, person)| (format!("line {line}"), person)).collect();
    let (mut imported, mut skipped) = (0_u64, 0_u64);
    bring_all(app, people, dry_run, |line, new| {
        if new {
            imported += 1;
            return Ok(());
        }
        skipped += 1;
        say(&format!("{line}: skipped, the address has an account"))
    })
    .await?;
    let did = if dry_run { "would be imported" } else { "imported" };
    say(&format!("{imported} {did}, {skipped} skipped"))
}

/// Brings people, several at a time, and tells of each by the name of its place whether the person was not there yet.
pub(in crate::cli) async fn bring_all(
    app: &App,
    people: Vec<(String, ImportUser)>,
    dry_run: bool,
    mut told: impl FnMut(&str, bool) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let progress = bar(people.len() as u64);
    let mut tasks: JoinSet<anyhow::Result<(String, bool)>> = JoinSet::new();
    let mut people = people.into_iter();
    loop {
        while tasks.len() < AT_A_TIME
            && let Some((place, person)) = people.next()
        {
            let app = app.clone();
            tasks.spawn(async move {
                let new = bring(&app, person, dry_run).await.with_context(|| place.clone())?;
                Ok((place, new))
            });
        }
        let Some(done) = tasks.join_next().await else { break };
        let (place, new) = done.context("an import did not come to its end")??;
        progress.inc(1);
        progress.suspend(|| told(&place, new))?;
    }
    progress.finish_and_clear();
    Ok(())
}

/// Whether the person was not there yet.
async fn bring(app: &App, person: ImportUser, dry_run: bool) -> anyhow::Result<bool> {
    if dry_run {
        return Ok(app.db.user_by_email(app.world.now(), &person.email.key()).await?.is_none());
    }
    let world: Arc<dyn Surroundings> = Arc::clone(&app.world) as _;
    match app.db.run(Arc::new(person), world).await? {
        Ok(id) => Ok(id.is_some()),
        Err(refusal) => anyhow::bail!("the user was not made: {refusal:?}"),
    }
}

/// Reads and checks every line. Says each fault, and gives nobody when there is one.
fn read(lines: impl BufRead, now: Timestamp) -> anyhow::Result<Vec<(usize, ImportUser)>> {
    let mut people = Vec::new();
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut faults = 0_u64;
    for (number, line) in (1..).zip(lines.split(b'\n')) {
        let line = Zeroizing::new(line.with_context(|| format!("line {number} cannot be read"))?);
        if line.trim_ascii().is_empty() {
            continue;
        }
        let person = person(&line, now).and_then(|person| match seen.insert(person.email.key(), number) {
            None => Ok(person),
            Some(before) => Err(format!("email: stands on line {before} already")),
        });
        match person {
            Ok(person) => people.push((number, person)),
            Err(fault) => {
                faults += 1;
                say(&format!("line {number}: {fault}"))?;
            }
        }
    }
    anyhow::ensure!(faults == 0, "{faults} lines are at fault; nobody was imported");
    Ok(people)
}

/// A JSON object whose names are each there once.
struct Object(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Object;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Object(fields))
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

fn person(line: &[u8], now: Timestamp) -> Result<ImportUser, String> {
    let Object(fields) = serde_json::from_slice(line).map_err(|_| "is no JSON object".to_owned())?;
    let (mut email, mut password, mut secret, mut label, mut verified, mut created) =
        (None, None, None, None, None, None);
    for (name, value) in fields {
        let place = match name.as_str() {
            "email" => &mut email,
            "password_hash" => &mut password,
            "totp_secret" => &mut secret,
            "label" => &mut label,
            "email_verified" => &mut verified,
            "created_at" => &mut created,
            _ => return Err(
                "a field is unknown; known are email, password_hash, totp_secret, label, email_verified, created_at"
                    .to_owned(),
            ),
        };
        if place.replace(value).is_some() {
            return Err(format!("{name}: is there twice"));
        }
    }
    let text = |name: &str, value: Option<Value>| match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if !text.contains('\0') => Ok(Some(text)),
        Some(_) => Err(format!("{name}: is no text")),
    };
    let email = text("email", email)?.ok_or("email: is missing")?;
    let email = Email::parse(&email).map_err(|fault| format!("email: {}", explain_email(fault)))?;
    let password = text("password_hash", password)?;
    if password.as_deref().is_some_and(|hash| !is_known(hash)) {
        return Err("password_hash: of no known form, or at costs this server does not bear".to_owned());
    }
    let label = text("label", label)?;
    if label.as_ref().is_some_and(|label| {
        label.trim().is_empty() || label.chars().count() > LONGEST_LABEL || label.chars().any(char::is_control)
    }) {
        return Err(format!("label: is not 1 to {LONGEST_LABEL} printable characters"));
    }
    let secret = match text("totp_secret", secret)?.map(Zeroizing::new) {
        None if label.is_some() => return Err("label: names an authenticator, and totp_secret is missing".to_owned()),
        None => None,
        Some(text) => Some(TotpSecret::from_base32(&text).ok_or("totp_secret: is not base32 of at least 128 bits")?),
    };
    let email_verified = match verified {
        None => true,
        Some(Value::Bool(verified)) => verified,
        Some(_) => return Err("email_verified: is neither true nor false".to_owned()),
    };
    let created_at = match text("created_at", created)? {
        None => None,
        Some(text) => Some(Timestamp::parse(&text).ok_or("created_at: is no time; example: 2026-01-31T00:00:00Z")?),
    };
    if created_at.is_some_and(|at| at > now) {
        return Err("created_at: lies in the future".to_owned());
    }
    Ok(ImportUser {
        application: ApplicationId::DEFAULT,
        email,
        email_verified,
        password: password.map(PasswordHash::new),
        factor: secret.map(|secret| (Proved::Totp(secret), label.unwrap_or_else(|| "Authenticator".to_owned()))),
        disabled: false,
        created_at,
        origin: Origin { actor: Some("cli".to_owned()), ..Origin::default() },
    })
}
