//! How fast the audit log is signed and verified: a log of the asked length, seeded, then the program's own commands.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use domain::audit::{AuditAction, AuditEntry, AuditHead, Detail, chain};
use domain::command::Origin;
use domain::factor::Method;
use domain::ids::{ApplicationId, AuditId, PersonId};
use domain::secret::KeyRing;
use domain::time::Duration;
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;
use store::testing::append_entries;
use store::{Db, Options};

use crate::databases::Place;
use crate::population::now;

/// The database of this measurement.
const NAME: &str = "audit";
/// Entries of one person: eight signed in, two of nobody beside them.
const OF_ONE: u64 = 8;
/// Entries in a transaction of the seeding.
const CHUNK: u64 = 1_000;
/// Entries that are to be verified in the database in a second, as the median of three times.
const TARGET: f64 = 200_000.0;

/// Seeds a log, signs it, verifies it in the database and from an export, and prints entries per second.
pub(crate) async fn measure(server: &Path, folder: &Path, place: &Place, entries: u64) -> Result<()> {
    place.create(NAME).await?;
    let db = Db::connect(&Options { url: place.url(NAME), ..Options::default() }).await?;
    db.migrate().await?;
    for first in (0..entries).step_by(1_000) {
        seed(&db, first, CHUNK.min(entries - first), entries).await?;
    }
    db.close().await;
    place.tidy(NAME).await?;
    let ring = KeyRing::generate(&mut UnwrapErr(SysRng)).to_text();
    let proof = folder.join(format!("{}.jsonl", place.name()));
    let file = proof.to_str().context("the folder's name is no text")?;
    let from = ["verify", "--from", file];
    let mut verified = Vec::new();
    for (what, arguments) in [
        ("checkpoint", &["checkpoint"][..]),
        ("verify", &["verify"]),
        ("verify", &["verify"]),
        ("verify", &["verify"]),
        ("export proof", &["export", "--format", "proof", "--output", file]),
        ("verify --from", &from),
    ] {
        let mut command = Command::new(server);
        command.arg("audit").args(arguments).env_clear().stdin(Stdio::null()).current_dir(folder);
        command.env("DATABASE_URL", place.url(NAME)).env("TWINLOCK_KEYS", ring.expose());
        let begun = Instant::now();
        let output = command.output().context("the server's program cannot be run")?;
        let took = begun.elapsed().as_secs_f64();
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "audit {what}: {said}{}", String::from_utf8_lossy(&output.stdout));
        #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
        let speed = entries as f64 / took;
        println!("{:<10}  audit {what:<14}  {entries} entries in {took:.2} s: {speed:.0} entries/s", place.name());
        verified.extend((what == "verify").then_some(speed));
    }
    verified.sort_by(f64::total_cmp);
    let median = verified[verified.len() / 2];
    let outcome = if median >= TARGET { "pass" } else { "MISS" };
    println!("{:<10}  audit verify, median  {median:.0} entries/s, target {TARGET:.0}: {outcome}", place.name());
    std::fs::remove_file(&proof)?;
    place.drop(NAME).await
}

async fn seed(db: &Db, first: u64, count: u64, all: u64) -> Result<()> {
    let mut rng = UnwrapErr(SysRng);
    let at = now() - Duration::from_secs(i64::try_from(all - first)?);
    let entry = |person| AuditEntry {
        person,
        user: None,
        application: ApplicationId::DEFAULT,
        action: AuditAction::CodeVerified,
        success: true,
        method: Some(Method::Totp),
        device: None,
        detail: Detail::Subject("challenge", uuid::Uuid::now_v7()),
        origin: Origin {
            ip: "192.0.2.17".parse().ok(),
            user_agent: Some("Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0".to_owned()),
            request_id: Some("01990c4e-7a5c-7c3e-9d52-0f6f2f1c8a11".to_owned()),
            ..Origin::default()
        },
    };
    let (mut entries, mut heads) = (Vec::new(), Vec::new());
    while (entries.len() as u64) < count {
        let at = at + Duration::from_secs(i64::try_from(entries.len())?);
        let (person, mut head) = (PersonId::new(at, &mut rng), AuditHead::START);
        let mut of_one: Vec<AuditEntry> = (0..OF_ONE).map(|_| entry(Some(person))).collect();
        of_one.extend([entry(None), entry(None)]);
        entries.extend(chain(&mut head, at, of_one, || AuditId::new(at, &mut rng)));
        heads.push((person, head));
    }
    append_entries(db, &entries, &heads).await?;
    Ok(())
}
