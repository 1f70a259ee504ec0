//! The previous program, which the trial of an upgrade runs beside this one (docs/decisions/0017): that of the newest release
//! or, before there is one, of the last commit before the newest migration.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use anyhow::{Context, Result, bail};

use crate::command::{cargo, root, run};

/// Where it is built, and kept for the next time.
const FOLDER: &str = "target/previous";
const MIGRATIONS: &str = "crates/store/migrations/postgres";

/// Builds it; `None` where the environment names one.
pub(crate) fn program() -> Result<Option<PathBuf>> {
    if env::var_os("TWINLOCK_TEST_PREVIOUS").is_some() {
        return Ok(None);
    }
    let commit = commit().context("which program is the previous one: this needs the history of the repository")?;
    let folder = root().join(FOLDER);
    let tree = folder.join("tree");
    if tree.exists() {
        fs::remove_dir_all(&tree)?;
    }
    fs::create_dir_all(&tree)?;
    println!("previous program: {commit}");
    let archive = folder.join("tree.tar");
    run(Command::new("git").current_dir(root()).args(["archive", "--output"]).arg(&archive).arg(&commit))?;
    run(Command::new("tar").arg("-xf").arg(&archive).arg("-C").arg(&tree))?;
    build(&tree, &folder.join("build")).map(Some)
}

fn build(tree: &Path, target: &Path) -> Result<PathBuf> {
    run(cargo(&["build", "--package", "twinlock", "--manifest-path"])
        .arg(tree.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(target))?;
    Ok(target.join("debug/twinlock"))
}

fn commit() -> Result<String> {
    if let Ok(tag) = git(&["describe", "--tags", "--abbrev=0", "--match", "v[0-9]*"]) {
        return Ok(tag);
    }
    // Along the trunk: what stands in the middle of a branch need not be whole.
    let newest = git(&["log", "-1", "--first-parent", "--format=%H", "--diff-filter=A", "--", MIGRATIONS])?;
    git(&["rev-parse", "--verify", &format!("{newest}^")])
}

/// What git says, which is to be one line.
fn git(arguments: &[&str]) -> Result<String> {
    let output = Command::new("git").current_dir(root()).args(arguments).output().context("git could not be run")?;
    let line = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if !output.status.success() || line.is_empty() {
        bail!("git {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(line)
}
