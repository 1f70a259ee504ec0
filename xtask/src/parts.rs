//! What the tests need from the machine besides cargo: a real PostgreSQL and independent tools that check our work.
//!
//! A part that is missing is installed from Debian where that is allowed (root, apt). Where it is not, its tests are skipped,
//! loudly, and in CI the whole run fails: a skipped test proves nothing.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use anyhow::{Result, ensure};

use crate::command::{find_program, in_ci, output, run, succeeds};

/// One part, its Debian package, and what is not tested without it.
pub(crate) struct Part {
    /// What the tests call it in `TWINLOCK_TEST_MISSING`.
    pub(crate) name: &'static str,
    package: &'static str,
    purpose: &'static str,
    is_there: fn() -> bool,
}

const PARTS: &[Part] = &[
    Part {
        name: "postgres",
        package: "postgresql",
        purpose: "every store and server test on PostgreSQL",
        is_there: || has_test_database() || postgres_programs().is_some(),
    },
    Part {
        name: "oathtool",
        package: "oathtool",
        purpose: "codes made by an independent authenticator",
        is_there: || find_program("oathtool").is_some(),
    },
    Part {
        name: "zbarimg",
        package: "zbar-tools",
        purpose: "reading our QR code with another program's eyes",
        is_there: || find_program("zbarimg").is_some(),
    },
    Part {
        name: "pdftotext",
        package: "poppler-utils",
        purpose: "reading our PDF with another program's eyes",
        is_there: || find_program("pdftotext").is_some(),
    },
    Part {
        name: "npm",
        package: "npm",
        purpose: "axe-core, which checks the pages for everybody; the TypeScript client, and the example for Express",
        is_there: || find_program("npm").is_some(),
    },
    Part {
        name: "python",
        package: "python3-venv",
        purpose: "the Python client, and the example for Django",
        is_there: || succeeds(Command::new("python3").args(["-c", "import ensurepip, venv"])),
    },
    Part {
        name: "chromium",
        package: "chromium",
        purpose: "the pages in a real browser",
        is_there: || ["chromium", "chromium-browser", "google-chrome"].iter().any(|name| find_program(name).is_some()),
    },
];

/// The version of axe-core that the pages are checked with.
const AXE: &str = "axe-core@4.10.3";

/// Fetches axe-core from npm into the build folder, once; gives its file. Where it cannot be had, its tests are skipped loudly.
pub(crate) fn axe() -> Option<PathBuf> {
    let folder = PathBuf::from("target/axe").join(AXE);
    let file = folder.join("package/axe.min.js");
    if !file.is_file() {
        let fetched = fs::create_dir_all(&folder).map_err(anyhow::Error::from).and_then(|()| {
            let name = output(Command::new("npm").args(["pack", "--silent", AXE]).current_dir(&folder))?;
            run(Command::new("tar").args(["-xzf", name.trim()]).current_dir(&folder))
        });
        if let Err(error) = fetched {
            eprintln!("cannot fetch {AXE} from npm: {error:#}");
        }
    }
    file.canonicalize().ok()
}

/// Installs what is missing and may be installed; names and returns what is missing still. In CI that is an error.
pub(crate) fn provide() -> Result<Vec<&'static Part>> {
    let missing = missing();
    if !missing.is_empty() && may_install() {
        install(&missing);
    }
    let missing = self::missing();
    for part in &missing {
        eprintln!("missing: {} (apt-get install {}): not tested: {}", part.name, part.package, part.purpose);
    }
    ensure!(missing.is_empty() || !in_ci(), "{} parts missing, and CI skips nothing", missing.len());
    Ok(missing)
}

fn missing() -> Vec<&'static Part> {
    PARTS.iter().filter(|part| !(part.is_there)()).collect()
}

fn may_install() -> bool {
    find_program("apt-get").is_some() && output(Command::new("id").arg("-u")).is_ok_and(|uid| uid == "0")
}

/// A package that cannot be had leaves its part missing; that is reported by the caller.
fn install(missing: &[&Part]) {
    let apt = || {
        let mut command = Command::new("apt-get");
        command.args(["-qq", "-o", "Dpkg::Use-Pty=0"]).env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    let packages = missing.iter().map(|part| part.package);
    let result = run(apt().arg("update"))
        .and_then(|()| run(apt().args(["install", "--yes", "--no-install-recommends"]).args(packages)));
    if let Err(error) = result {
        eprintln!("cannot install: {error:#}");
    }
}

/// Whether the caller has brought a database for the tests.
pub(crate) fn has_test_database() -> bool {
    env::var_os("TWINLOCK_TEST_POSTGRES").is_some_and(|url| !url.is_empty())
}

/// The folder of `initdb` and `postgres`: on the PATH, else the newest that Debian keeps off it.
pub(crate) fn postgres_programs() -> Option<PathBuf> {
    if let Some(initdb) = find_program("initdb") {
        return initdb.canonicalize().ok()?.parent().map(Path::to_owned);
    }
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let version = entry.file_name().to_str()?.parse().ok()?;
            let programs = entry.path().join("bin");
            programs.join("initdb").is_file().then_some((version, programs))
        })
        .collect();
    versions.sort();
    versions.pop().map(|(_, programs)| programs)
}
