//! The server as a process, and what processes cost: time until ready, memory, processor time.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

/// Longest a start may take before it is given up.
const TIME_TO_START: Duration = Duration::from_secs(20);
/// How often a starting server is asked whether it is ready.
const ASK_AGAIN: Duration = Duration::from_millis(1);

/// What every server is started with.
pub(crate) struct Installation {
    /// The program.
    pub(crate) program: PathBuf,
    /// A folder to run in.
    pub(crate) folder: PathBuf,
    /// `TWINLOCK_KEYS`.
    pub(crate) keys: String,
}

/// A running server. Dropping it stops it.
pub(crate) struct Server {
    process: Child,
    pub(crate) port: u16,
    /// From its start to its first `/readyz` of 200.
    pub(crate) ready_after: Duration,
}

impl Server {
    /// Starts a server as an operator would, with every setting at its default but where it listens, its database and keys, and
    /// the limits of text messages, of which a run asks for more from one address than honest people do.
    pub(crate) fn start(installation: &Installation, database: &str) -> Result<Self> {
        Self::start_with(installation, database, &[])
    }

    /// The same with further settings.
    pub(crate) fn start_with(
        installation: &Installation,
        database: &str,
        settings: &[(&'static str, String)],
    ) -> Result<Self> {
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let log = installation.folder.join(format!("server-{port}.log"));
        let output = File::create(&log)?;
        let mut command = ended_with_us(&installation.program);
        command
            .arg("serve")
            .current_dir(&installation.folder)
            .env("TWINLOCK_BIND", format!("127.0.0.1:{port}"))
            .env("TWINLOCK_KEYS", &installation.keys)
            .env("DATABASE_URL", database)
            .env("TWINLOCK_API_RATE_LIMIT", "1000000")
            .env("TWINLOCK_SMS_PER_DAY", "100000000")
            .env("TWINLOCK_SMS_PER_BLOCK", "1000000")
            .envs(settings.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output);
        let begun = Instant::now();
        let process = command.spawn().with_context(|| format!("cannot start {}", installation.program.display()))?;
        let mut server = Self { process, port, ready_after: Duration::ZERO };
        while !is_ready(port) {
            if server.process.try_wait()?.is_some() || begun.elapsed() > TIME_TO_START {
                bail!("the server did not become ready:\n{}", fs::read_to_string(&log).unwrap_or_default());
            }
            thread::sleep(ASK_AGAIN);
        }
        server.ready_after = begun.elapsed();
        Ok(server)
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Memory it holds now: all of it.
    pub(crate) fn resident_mib(&self) -> Result<f64> {
        self.memory("VmRSS:")
    }

    /// Memory it holds now without what mirrors files, which the system takes back when it needs it.
    pub(crate) fn private_mib(&self) -> Result<f64> {
        self.memory("RssAnon:")
    }

    fn memory(&self, kind: &'static str) -> Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid()))?;
        let line = status.lines().find_map(|line| line.strip_prefix(kind)).context(kind)?;
        let kib: f64 = line.trim().trim_end_matches(" kB").trim().parse()?;
        Ok(kib / 1024.0)
    }
}

/// A worker on a database, ready to be started: it sends, and serves nobody.
pub(crate) fn worker_command(installation: &Installation, database: &str) -> Command {
    let mut command = ended_with_us(&installation.program);
    command
        .arg("worker")
        .current_dir(&installation.folder)
        .env("TWINLOCK_KEYS", &installation.keys)
        .env("DATABASE_URL", database);
    command
}

impl Drop for Server {
    fn drop(&mut self) {
        let pid = self.pid().to_string();
        let _ = Command::new("kill").args(["-s", "TERM", &pid]).status();
        let deadline = Instant::now() + Duration::from_secs(15);
        while matches!(self.process.try_wait(), Ok(None)) {
            if Instant::now() > deadline {
                let _ = self.process.kill();
                let _ = self.process.wait();
                return;
            }
            thread::sleep(Duration::from_millis(5));
        }
    }
}

/// A command that the kernel ends when we are killed without a chance to.
fn ended_with_us(program: &Path) -> Command {
    let setpriv = Path::new("/usr/bin/setpriv");
    if !setpriv.is_file() {
        return Command::new(program);
    }
    let mut command = Command::new(setpriv);
    command.args(["--pdeathsig", "KILL", "--"]).arg(program);
    command
}

fn is_ready(port: u16) -> bool {
    let ask = || {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(1)))?;
        write!(stream, "GET /readyz HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n")?;
        let mut status = [0; 13];
        stream.read_exact(&mut status)?;
        std::io::Result::Ok(status.starts_with(b"HTTP/1.1 200 "))
    };
    ask().unwrap_or(false)
}

/// Processor time spent, by whom.
#[derive(Clone, Copy, Default)]
pub(crate) struct Cpu {
    /// The server.
    pub(crate) server: Duration,
    /// The database's own processes.
    pub(crate) database: Duration,
    /// The load client.
    pub(crate) client: Duration,
}

impl Cpu {
    pub(crate) fn since(self, earlier: &Self) -> Self {
        Self {
            server: self.server.saturating_sub(earlier.server),
            database: self.database.saturating_sub(earlier.database),
            client: self.client.saturating_sub(earlier.client),
        }
    }
}

/// Reads the processor time of a server and of a database's processes.
pub(crate) struct Meter {
    pub(crate) server: u32,
    /// PostgreSQL's first process, where it runs on this machine.
    pub(crate) database: Option<u32>,
}

/// What a database, we and the programs we ran have spent until now.
pub(crate) fn spent_by_all(database: Option<u32>) -> Duration {
    let ours = Stat::of(std::process::id()).map_or(Duration::ZERO, |stat| stat.spent + stat.of_ended_children);
    ours + database.map_or(Duration::ZERO, family)
}

impl Meter {
    pub(crate) fn read(&self) -> Cpu {
        Cpu {
            server: Stat::of(self.server).map_or(Duration::ZERO, |stat| stat.spent),
            database: self.database.map_or(Duration::ZERO, family),
            client: Stat::of(std::process::id()).map_or(Duration::ZERO, |stat| stat.spent),
        }
    }
}

/// A process and its children, those that have ended included.
fn family(parent: u32) -> Duration {
    let numbered = |entry: std::io::Result<fs::DirEntry>| entry.ok()?.file_name().to_str()?.parse().ok();
    let processes = fs::read_dir("/proc").into_iter().flatten().filter_map(numbered);
    let children = processes.filter_map(Stat::of).filter(|stat| stat.parent == parent).map(|stat| stat.spent).sum();
    Stat::of(parent).map_or(children, |stat| children + stat.spent + stat.of_ended_children)
}

/// What the kernel says of a process.
pub(crate) struct Stat {
    pub(crate) parent: u32,
    spent: Duration,
    of_ended_children: Duration,
}

impl Stat {
    pub(crate) fn of(pid: u32) -> Option<Self> {
        /// `_SC_CLK_TCK`, the same on every Linux of today.
        const TICKS_PER_SECOND: f64 = 100.0;
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name in parentheses may hold spaces; the fields behind it are numbered from 3 in proc(5).
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let field = |number: usize| fields.get(number - 3)?.parse::<u32>().ok();
        let ticks = |number| Some(Duration::from_secs_f64(f64::from(field(number)?) / TICKS_PER_SECOND));
        Some(Self { parent: field(4)?, spent: ticks(14)? + ticks(15)?, of_ended_children: ticks(16)? + ticks(17)? })
    }
}
