//! Packages that the clients are tested with: from `PyPI` and npm, at test time, into the build folder. Their versions stand in
//! files beside the tests.
//!
//! Where they cannot be had, the tests of the clients are skipped loudly; in CI they fail.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::command::{root, run};

/// A Python with what the tests of the Python client import; gives the interpreter.
pub(crate) fn python() -> Option<PathBuf> {
    let folder = root().join("target/clients/python");
    provided(&folder, &root().join("clients/python/tests/requirements.txt"), |list| {
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))
            .context("a virtual environment needs python3 (Debian: python3-venv)")?;
        run(Command::new(folder.join("bin/pip")).args(["install", "--quiet", "--no-deps", "--requirement"]).arg(list))
    })?;
    Some(folder.join("bin/python"))
}

/// The folder of what the tests of the TypeScript client import, its compiler included.
pub(crate) fn node() -> Option<PathBuf> {
    let folder = root().join("target/clients/node");
    provided(&folder, &root().join("clients/typescript/package.json"), |list| {
        fs::create_dir_all(&folder)?;
        fs::copy(list, folder.join("package.json"))?;
        let quiet = ["install", "--ignore-scripts", "--no-package-lock", "--no-audit", "--no-fund"];
        run(Command::new("npm").args(quiet).current_dir(&folder))
    })?;
    Some(folder.join("node_modules"))
}

/// Fills a folder after a list, unless it was filled after the same list before. A fill that was interrupted starts afresh.
fn provided(folder: &Path, list: &Path, fill: impl FnOnce(&Path) -> Result<()>) -> Option<()> {
    let mark = folder.join("complete");
    let provide = || {
        let wanted = fs::read(list)?;
        if fs::read(&mark).is_ok_and(|had| had == wanted) {
            return Ok(());
        }
        let _ = fs::remove_file(&mark);
        fill(list)?;
        fs::write(&mark, wanted)?;
        anyhow::Ok(())
    };
    provide().inspect_err(|error| eprintln!("cannot provide {}: {error:#}", list.display())).ok()
}
