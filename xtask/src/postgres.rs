//! One private PostgreSQL cluster for a test run or a benchmark: its own temporary folder, its own free port on the loopback interface,
//! gone afterwards.
//!
//! Trust authentication, so only 127.0.0.1 and a socket in a folder of mode 0700 are open. Tests run with `fsync=off`: the
//! data need not outlive the machine; that PostgreSQL's own commits are durable is not ours to test. What they cost is ours
//! to measure: a benchmark gets them as they are.

use std::fs::{self, File, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use crate::command::{check_interrupt, end, find_program, output, send, succeeds};

const TIME_TO_START: Duration = Duration::from_mins(1);

/// What a commit is worth.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Durability {
    /// As PostgreSQL comes: on the disk before it is answered.
    Full,
    /// Gone with the machine, and faster.
    None,
}

/// A running cluster. Dropping it stops the server and removes the folder.
pub(crate) struct Cluster {
    server: Child,
    port: u16,
    /// Last, so that it is removed after the server has stopped.
    _folder: TempDir,
}

impl Cluster {
    /// Makes and starts a cluster with the programs in `programs`, and waits until it answers. It lies in a temporary
    /// folder inside `parent`, or where temporary folders are.
    pub(crate) fn start(programs: &Path, durability: Durability, parent: Option<&Path>) -> Result<Self> {
        let mut folder = tempfile::Builder::new();
        folder.prefix("twinlock-postgres-").permissions(Permissions::from_mode(0o700));
        let folder = match parent {
            Some(parent) => folder.tempdir_in(parent)?,
            None => folder.tempdir()?,
        };
        let owner = Owner::find()?;
        if let Some(owner) = &owner {
            chown(folder.path(), Some(owner.user), Some(owner.group))?;
        }
        let data = folder.path().join("data");
        let log = folder.path().join("log");

        let mut initdb = command(programs, "initdb", owner.as_ref());
        initdb.args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync", "--pgdata"]);
        initdb.arg(&data).current_dir(folder.path());
        logged(&mut initdb, &log)?;
        let status = initdb.status().context("cannot start initdb")?;
        if !status.success() {
            bail!("initdb ended with {status}:\n{}", fs::read_to_string(&log).unwrap_or_default());
        }

        let port = free_port()?;
        let mut postgres = command(programs, "postgres", owner.as_ref());
        postgres.arg("-D").arg(&data).current_dir(folder.path());
        // A group of its own: a ctrl-c in the terminal ends the tests first, then we end the server.
        postgres.process_group(0);
        let mut settings = vec![
            format!("port={port}"),
            "listen_addresses=127.0.0.1".to_owned(),
            format!("unix_socket_directories={}", folder.path().display()),
            "max_connections=300".to_owned(),
        ];
        if durability == Durability::None {
            settings.extend(["fsync=off".to_owned(), "full_page_writes=off".to_owned()]);
        }
        for setting in settings {
            postgres.args(["-c", &setting]);
        }
        logged(&mut postgres, &log)?;
        let server = postgres.spawn().context("cannot start postgres")?;
        let mut cluster = Self { server, port, _folder: folder };
        cluster.wait_until_ready(programs, &log)?;
        Ok(cluster)
    }

    /// Where the tests connect to.
    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    fn wait_until_ready(&mut self, programs: &Path, log: &Path) -> Result<()> {
        let port = self.port.to_string();
        let deadline = Instant::now() + TIME_TO_START;
        loop {
            check_interrupt()?;
            if succeeds(Command::new(programs.join("pg_isready")).args(["-q", "-h", "127.0.0.1", "-p", &port])) {
                return Ok(());
            }
            let ended = self.server.try_wait()?;
            if ended.is_some() || Instant::now() > deadline {
                bail!("postgres did not start:\n{}", fs::read_to_string(log).unwrap_or_default());
            }
            thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // An immediate shutdown: nobody needs the data, and a test may have left connections open.
        send("QUIT", self.server.id());
        end(&mut self.server, Duration::from_secs(10));
    }
}

/// Whom the cluster belongs to when we are root, whom PostgreSQL refuses to serve.
struct Owner {
    user: u32,
    group: u32,
}

impl Owner {
    fn find() -> Result<Option<Self>> {
        if id(&["-u"])? != 0 {
            return Ok(None);
        }
        for name in ["postgres", "nobody"] {
            if succeeds(Command::new("id").arg(name)) {
                return Ok(Some(Self { user: id(&["-u", name])?, group: id(&["-g", name])? }));
            }
        }
        bail!("PostgreSQL does not run as root, and there is neither a user `postgres` nor `nobody`");
    }
}

fn id(arguments: &[&str]) -> Result<u32> {
    output(Command::new("id").args(arguments))?.parse().context("id did not answer with a number")
}

/// A program of the cluster, as its owner, and ended by the kernel when we are killed without a chance to clean up.
fn command(programs: &Path, name: &str, owner: Option<&Owner>) -> Command {
    let program = programs.join(name);
    let mut command = match find_program("setpriv") {
        Some(setpriv) => {
            let mut command = Command::new(setpriv);
            command.args(["--pdeathsig", "QUIT", "--"]).arg(program);
            command
        }
        None => Command::new(program),
    };
    if let Some(owner) = owner {
        command.uid(owner.user).gid(owner.group);
    }
    command
}

fn logged(command: &mut Command, log: &Path) -> Result<()> {
    let file = File::options().create(true).append(true).open(log)?;
    command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
    Ok(())
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
