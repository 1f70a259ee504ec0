//! `cargo xtask screenshots`: pictures of the hosted pages for `docs/`, taken by the test that walks through all of them.
//!
//! Everything is taken, in every look; the documents show a few of them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::command::{cargo, run as run_step};

/// Where the documents have them.
const KEPT: &str = "docs/screenshots";
/// What they show: every page as a phone shows it, and some in other looks.
const SHOWN: [&str; 45] = [
    "sign-in",
    "sign-up",
    "sign-up-sent",
    "sign-up-again",
    "verify",
    "forgot",
    "reset",
    "unlock",
    "code-three-ways",
    "locked",
    "signed-out",
    "security-off",
    "security-full",
    "add",
    "add-totp",
    "set-up-totp",
    "add-sms",
    "set-up-sms",
    "add-email",
    "set-up-email",
    "recovery-new",
    "recovery",
    "remember",
    "factor",
    "password",
    "email",
    "change-email",
    "backup",
    "backup-email",
    "off",
    "prove",
    "offline",
    "sign-in-dark",
    "code-three-ways-dark",
    "set-up-totp-dark",
    "code-three-ways-ar",
    "security-full-ar",
    "code-three-ways-forced",
    "sign-in-desktop",
    "security-full-desktop",
    "admin-people",
    "admin-person-of-application",
    "admin-start-over",
    "admin-list-outbox-desktop",
    "admin-overview-month-desktop",
];

/// Takes them.
pub(crate) fn run() -> Result<String> {
    let taken = std::env::current_dir()?.join("target/screenshots");
    let _ = fs::remove_dir_all(&taken);
    let mut test = cargo(&["test", "--package", "twinlock", "--test", "blackbox", "--"]);
    test.args(["--ignored", "--exact", "page_pictures::every_page_has_its_picture_taken"]);
    run_step(test.env("TWINLOCK_PICTURES", &taken))?;
    let _ = fs::remove_dir_all(KEPT);
    fs::create_dir_all(KEPT)?;
    let mut kept = 0;
    for picture in pictures(&taken)? {
        let name = picture.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
        if SHOWN.contains(&name) {
            let file = picture.file_name().context("a picture without a name")?;
            fs::copy(&picture, Path::new(KEPT).join(file))?;
            kept += 1;
        }
    }
    ensure!(kept == SHOWN.len(), "{kept} of {} pictures were taken", SHOWN.len());
    Ok(format!("{kept} pictures in {KEPT}, all of them in {}", taken.display()))
}

fn pictures(folder: &Path) -> Result<Vec<PathBuf>> {
    let files = fs::read_dir(folder).with_context(|| format!("no pictures in {}", folder.display()))?;
    Ok(files
        .filter_map(|file| Some(file.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|e| e == "png"))
        .collect())
}
