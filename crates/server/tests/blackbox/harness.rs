//! Real server processes on a database of their own, in a directory of their own, with nothing in their environment but
//! what the test put there.
//!
//! A [`World`] holds all of it. Dropping it kills the processes and removes the database; when the test has failed, the
//! last lines each process wrote are printed first.

use std::fs::File;
use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::client::{Answer, Browser};
use crate::database::{Database, Look};
use crate::proxy::Proxy;

/// Real seconds since 1970, for the few places that need them.
#[expect(clippy::disallowed_methods, reason = "the tests stand outside: they read the wall clock to move the server's")]
pub(crate) fn wall_clock() -> i64 {
    OffsetDateTime::now_utc().unix_timestamp()
}

/// One running server process.
pub(crate) struct Node {
    child: Child,
    pub(crate) port: u16,
    log: PathBuf,
}

impl Node {
    /// `http://127.0.0.1:port`
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether the process still runs.
    pub(crate) fn is_alive(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// SIGKILL: no farewell, no flush.
    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A database, a directory, and the servers running on them.
pub(crate) struct World {
    pub(crate) directory: tempfile::TempDir,
    /// What is run from now on: the program under test, unless a test says otherwise.
    pub(crate) program: PathBuf,
    pub(crate) look: Look,
    pub(crate) database: Database,
    pub(crate) database_url: String,
    pub(crate) settings: Vec<(String, String)>,
    pub(crate) arguments: Vec<String>,
    pub(crate) wanted: usize,
    pub(crate) base: Option<String>,
    pub(crate) nodes: Vec<Node>,
    pub(crate) offset: AtomicI64,
    pub(crate) people: AtomicU32,
    pub(crate) proxy: Option<Proxy>,
}

impl World {
    /// The directory the processes run in.
    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// The value of a setting given by the test.
    pub(crate) fn setting(&self, name: &str) -> Option<&str> {
        self.settings.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Changes a setting for processes started from now on.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.settings.retain(|(known, _)| known != name);
        self.settings.push((name.to_owned(), value.to_owned()));
    }

    /// Takes a setting away for processes started from now on.
    pub(crate) fn unset(&mut self, name: &str) {
        self.settings.retain(|(known, _)| known != name);
    }

    /// The base URL that links are made of.
    pub(crate) fn base(&self) -> &str {
        self.base.as_deref().expect("a node was started")
    }

    /// The host that requests name.
    pub(crate) fn host(&self) -> &str {
        self.base().split_once("://").unwrap().1
    }

    /// A new browser at the first node.
    pub(crate) fn browser(&self) -> Browser {
        self.browser_at(0)
    }

    /// A new browser at a node; counts round, so that index 1 is the only node where there is but one.
    pub(crate) fn browser_at(&self, index: usize) -> Browser {
        Browser::new(&self.nodes[index % self.nodes.len()].url(), self.host())
    }

    /// Runs `twinlock` with the settings of this world.
    pub(crate) fn command(&self, port: u16, base: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.current_dir(self.path()).env_clear();
        #[expect(clippy::disallowed_methods, reason = "the search path is all a server inherits here")]
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        command
            .env("DATABASE_URL", &self.database_url)
            .env("TWINLOCK_BIND", format!("127.0.0.1:{port}"))
            .env("TWINLOCK_BASE_URL", base)
            .envs(self.settings.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs a command of the CLI to its end.
    pub(crate) fn cli(&self, arguments: &[&str], stdin: &str) -> Output {
        let base = self.base.clone().unwrap_or_else(|| "http://127.0.0.1:8080".to_owned());
        let mut child = self
            .command(8080, &base)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that refuses at once closes its end; that is not this writer's failure.
        let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
        child.wait_with_output().unwrap()
    }

    /// A key ring, as an operator makes it.
    pub(crate) fn generate_keys(&self) -> String {
        let output = self.cli(&["keys", "generate"], "");
        let keys = String::from_utf8(output.stdout).unwrap().trim().to_owned();
        assert!(output.status.success() && !keys.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        keys
    }

    /// Starts one more node and waits until it is ready; gives its index.
    pub(crate) async fn add_node(&mut self) -> usize {
        for _ in 0..10 {
            let port = free_port();
            match self.try_start(port).await {
                Ok(node) => {
                    self.nodes.push(node);
                    return self.nodes.len() - 1;
                }
                Err(log) if log.to_lowercase().contains("in use") => {}
                Err(log) => panic!("the server did not start:\n{log}"),
            }
        }
        panic!("no free port in ten tries");
    }

    /// Starts a server on a port; gives the log of one that would not become ready.
    pub(crate) async fn try_start(&mut self, port: u16) -> Result<Node, String> {
        let node = self.spawn_at(port).await?;
        self.base = Some(self.base_for(port));
        Ok(node)
    }

    /// The base URL a node on this port is told: that of the others, that of the test, or its own.
    fn base_for(&self, port: u16) -> String {
        let given = self.base.as_deref().or_else(|| self.setting("TWINLOCK_BASE_URL"));
        given.map_or_else(|| format!("http://127.0.0.1:{port}"), str::to_owned)
    }

    /// As [`World::try_start`], for several nodes at the same moment.
    pub(crate) async fn spawn_at(&self, port: u16) -> Result<Node, String> {
        let base = self.base_for(port);
        let log = self.path().join(format!("node-{port}.log"));
        let file = File::options().create(true).append(true).open(&log).unwrap();
        let child = self
            .command(port, &base)
            .args(&self.arguments)
            .stdin(Stdio::null())
            .stdout(file.try_clone().unwrap())
            .stderr(file)
            .spawn()
            .unwrap();
        let mut node = Node { child, port, log };
        let probe = Browser::new(&node.url(), base.split_once("://").unwrap().1);
        let patience = Instant::now() + Duration::from_mins(1);
        loop {
            if !node.is_alive() {
                return Err(std::fs::read_to_string(&node.log).unwrap_or_default());
            }
            if let Ok(answer) = probe.request("/readyz").try_send().await
                && answer.status == 200
            {
                break;
            }
            if Instant::now() > patience {
                node.kill();
                return Err(format!("never ready\n{}", std::fs::read_to_string(&node.log).unwrap_or_default()));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let offset = self.offset.load(Ordering::SeqCst);
        if offset != 0 {
            probe.post("/v1/test/clock", json!({ "advance_seconds": offset })).await.expect(200);
        }
        Ok(node)
    }

    /// Kills a node where it stands and starts it again on the same port, with the clock where it was.
    pub(crate) async fn restart(&mut self, index: usize) {
        self.nodes[index].kill();
        self.start_again(index).await;
    }

    /// Starts a killed node again.
    pub(crate) async fn start_again(&mut self, index: usize) {
        let port = self.nodes[index].port;
        self.nodes[index] = self.try_start(port).await.unwrap_or_else(|log| panic!("it did not start again:\n{log}"));
    }

    /// Everything the nodes have written to standard output and standard error.
    pub(crate) fn logs(&self) -> String {
        self.nodes.iter().map(|node| std::fs::read_to_string(&node.log).unwrap_or_default()).collect()
    }

    /// The server's time in seconds since 1970.
    pub(crate) async fn now(&self) -> i64 {
        let answer = self.browser().get("/v1/test/clock").await.expect(200);
        OffsetDateTime::parse(&answer.text_at("/now"), &Rfc3339).unwrap().unix_timestamp()
    }

    /// Sets the clock of every node.
    pub(crate) async fn set_clock(&self, unix: i64) {
        self.offset.store(unix - wall_clock(), Ordering::SeqCst);
        let now = OffsetDateTime::from_unix_timestamp(unix).unwrap().format(&Rfc3339).unwrap();
        self.each_clock(json!({ "now": now })).await;
    }

    /// Moves the clock of every node; backwards when negative.
    pub(crate) async fn advance(&self, seconds: i64) {
        self.offset.fetch_add(seconds, Ordering::SeqCst);
        self.each_clock(json!({ "advance_seconds": seconds })).await;
    }

    async fn each_clock(&self, body: Value) {
        for index in 0..self.nodes.len() {
            self.browser_at(index).post("/v1/test/clock", body.clone()).await.expect(200);
        }
    }

    /// Moves the clocks to the first second of a time step that nobody has used, nor either of its neighbors, and gives
    /// that time: 29 seconds follow in which "the code of now" means one thing.
    pub(crate) async fn fresh_step(&self) -> i64 {
        let unix = (self.now().await / 30 + 3) * 30;
        self.set_clock(unix).await;
        unix
    }

    /// The newest message to an address, of a kind, once it has been sent.
    pub(crate) async fn message(&self, to: &str, kind: &str) -> Value {
        let patience = Instant::now() + Duration::from_secs(20);
        loop {
            let messages = self.messages(to).await;
            if let Some(found) = messages.into_iter().find(|message| message["kind"] == kind) {
                return found;
            }
            assert!(Instant::now() < patience, "no {kind} came for {to}: {:?}", self.messages(to).await);
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }

    /// All messages to an address, newest first.
    pub(crate) async fn messages(&self, to: &str) -> Vec<Value> {
        let query: String = url::form_urlencoded::byte_serialize(to.as_bytes()).collect();
        let path = format!("/v1/test/outbox?to={query}&channel=email");
        let answer = self.browser().get(&path).await.expect(200);
        answer.json["messages"].as_array().expect("messages").clone()
    }

    /// All answers of a burst, sent at once, spread over the nodes.
    pub(crate) async fn burst(&self, calls: Vec<crate::client::Call>) -> Vec<Answer> {
        futures_util::future::join_all(calls.into_iter().map(crate::client::Call::send)).await
    }
}

impl Drop for World {
    fn drop(&mut self) {
        for node in &mut self.nodes {
            node.kill();
            if std::thread::panicking() {
                let log = std::fs::read_to_string(&node.log).unwrap_or_default();
                let tail: Vec<&str> = log.lines().rev().take(40).collect();
                eprintln!("--- the last lines of the server on port {}", node.port);
                for line in tail.into_iter().rev() {
                    eprintln!("{line}");
                }
            }
        }
        self.database.remove();
    }
}

/// A port nobody listens on. It lies below the range from which the system takes the ports of outgoing connections.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    loop {
        let turn = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = 20_000 + (std::process::id() * 37 + turn * 11) % 12_000;
        let port = u16::try_from(port).unwrap();
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
