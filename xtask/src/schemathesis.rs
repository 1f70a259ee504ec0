//! `cargo xtask schemathesis`: does the server answer as its OpenAPI document says, whatever it is sent?
//!
//! A server in test mode on a temporary SQLite file and a free port; schemathesis (from `PyPI`, in a virtual environment
//! under `target/`) sends generated requests, signed in and not, with an API key and without, for a bounded time. A 5xx or
//! an undocumented status, content type, header or body is a finding, and a finding fails the task.

use std::fs::{self, File};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, thread};

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::command::{cargo, check_interrupt, end, output, root, run as run_step, send};
use crate::postgres::free_port;

const VERSION: &str = "4.32.5";
/// Where the applications of the search have people sent back to: nobody listens there, what counts is the address.
const BACK: &str = "http://127.0.0.1:9/second-factor";
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_headers_conformance,response_schema_conformance";

/// How long to search.
#[derive(Args)]
pub(crate) struct Options {
    /// Upper bound of the search in seconds.
    #[arg(long, default_value_t = 150)]
    seconds: u32,
    /// Generated requests per operation and phase.
    #[arg(long, default_value_t = 50)]
    examples: u32,
    /// Repeats an earlier run, which prints its seed.
    #[arg(long)]
    seed: Option<u64>,
}

/// Searches, and fails on a finding.
pub(crate) fn run(options: &Options) -> Result<String> {
    let environment = python_environment()?;
    run_step(&mut cargo(&["build", "--package", "twinlock"]))?;
    let server = Server::start()?;
    let keys = [server.application("shop")?, server.application("other")?];

    let mut search = Command::new(environment.join("bin/schemathesis"));
    search
        .current_dir(server.folder.path())
        .env("SCHEMATHESIS_HOOKS", root().join("xtask/schemathesis_hooks.py"))
        .env("TWINLOCK_TESTED_URL", server.url())
        .env("TWINLOCK_TESTED_KEYS", keys.join(" "))
        .env("TWINLOCK_TESTED_RETURN_URL", BACK)
        .args(["run", &format!("{}/openapi.json", server.url()), "--url", &server.url()])
        .args(["--checks", CHECKS, "--continue-on-failure"])
        .args(["--max-examples", &options.examples.to_string(), "--max-time", &options.seconds.to_string()])
        .args(["--request-timeout", "10", "--generation-database", "none", "--no-color"]);
    if let Some(seed) = options.seed {
        search.args(["--seed", &seed.to_string()]);
    }
    run_step(&mut search).context("the OpenAPI document and the server disagree")?;
    Ok("passed: no 5xx and no undocumented answer".to_owned())
}

/// The virtual environment of this version; made once.
fn python_environment() -> Result<PathBuf> {
    let environment = root().join("target").join(format!("schemathesis-{VERSION}"));
    // Installed last: a run that was interrupted half-way starts afresh.
    if !environment.join("complete").exists() {
        run_step(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&environment))
            .context("a virtual environment needs python3 (Debian: python3-venv)")?;
        let package = format!("schemathesis=={VERSION}");
        run_step(Command::new(environment.join("bin/pip")).args(["install", "--quiet", &package]))?;
        File::create(environment.join("complete"))?;
    }
    Ok(environment)
}

/// The program, with the settings of the server in this folder.
fn program(folder: &Path, port: u16) -> Result<Command> {
    // Cargo puts it beside this very program, wherever the target folder is.
    let mut program = Command::new(env::current_exe()?.with_file_name("twinlock"));
    program
        .current_dir(folder)
        .env("TWINLOCK_BIND", format!("127.0.0.1:{port}"))
        .env("TWINLOCK_BASE_URL", format!("http://127.0.0.1:{port}"))
        .env("DATABASE_URL", "sqlite:twinlock.db")
        .env("TWINLOCK_TRUSTED_PROXIES", "127.0.0.1")
        .env("TWINLOCK_API_RATE_LIMIT", "1000000");
    Ok(program)
}

/// A server in test mode. Dropping it stops it and removes its files.
struct Server {
    process: Child,
    port: u16,
    folder: tempfile::TempDir,
}

impl Server {
    fn start() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("twinlock-schemathesis-").tempdir()?;
        let port = free_port()?;
        let log = folder.path().join("log");
        let file = File::create(&log)?;
        let process = program(folder.path(), port)?
            .args(["serve", "--test-mode"])
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()
            .context("cannot start the server")?;
        let mut server = Self { process, port, folder };
        server.wait_until_ready(&log)?;
        Ok(server)
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Adds an application; gives a key of its test world, with all scopes.
    fn application(&self, name: &str) -> Result<String> {
        let say = |arguments: &[&str]| output(program(self.folder.path(), self.port)?.args(arguments));
        say(&["app", "add", name])?;
        let key = say(&["key", "add", "--app", name, "--test"])?;
        say(&["app", "return-url", "add", name, "--test", BACK])?;
        Ok(key.trim().to_owned())
    }

    fn wait_until_ready(&mut self, log: &Path) -> Result<()> {
        let deadline = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            check_interrupt()?;
            if self.process.try_wait()?.is_some() || Instant::now() > deadline {
                bail!("the server did not start:\n{}", fs::read_to_string(log).unwrap_or_default());
            }
            thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        send("TERM", self.process.id());
        end(&mut self.process, Duration::from_secs(10));
    }
}
