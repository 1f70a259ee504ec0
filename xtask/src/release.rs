//! `cargo xtask release`: what is handed to operators.
//!
//! One folder, `target/dist`, with the stripped program, its OpenAPI document, the licenses, a file to build a container
//! image from, and the SHA-256 of each. `sha256sum --check` says whether a copy is whole.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::command::{build, output, root, run as run_step};

const CONTAINER: &str = include_str!("release/Containerfile");
const SUMS: &str = "SHA256SUMS";
/// What the folder holds beside the sums.
const FILES: [&str; 5] = ["Containerfile", "LICENSE-APACHE", "LICENSE-MIT", "openapi.json", "twinlock"];

/// Builds the program and fills the folder anew.
pub(crate) fn run() -> Result<String> {
    let program = build("twinlock", false)?;
    let folder = root().join("target/dist");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    fs::copy(&program, folder.join("twinlock")).context("the program cannot be copied")?;
    for license in ["LICENSE-APACHE", "LICENSE-MIT"] {
        fs::copy(root().join(license), folder.join(license))?;
    }
    fs::write(folder.join("Containerfile"), CONTAINER)?;
    fs::write(folder.join("openapi.json"), output(Command::new(&program).arg("openapi"))?)?;
    fs::write(folder.join(SUMS), output(in_folder(&folder, "sha256sum").args(FILES))?)?;

    run_step(in_folder(&folder, "sha256sum").args(["--check", "--strict", SUMS]))?;
    let version = output(in_folder(&folder, "./twinlock").arg("--version"))?;
    let size = fs::metadata(folder.join("twinlock"))?.len();
    Ok(format!("released: {}, {} kB, in {}", version.trim(), size / 1000, folder.display()))
}

fn in_folder(folder: &Path, program: &str) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder);
    command
}
