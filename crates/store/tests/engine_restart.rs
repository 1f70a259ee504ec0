//! A PostgreSQL server of the test's own, stopped and started under a handle that stays open.

#![expect(clippy::expect_used, reason = "the steps of a test may fail it")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use store::{Db, Options, Plan, Statement, StoreError, params};

/// A cluster that only a unix socket leads to; stopped when dropped.
struct Cluster {
    programs: PathBuf,
    folder: tempfile::TempDir,
}

impl Cluster {
    fn new() -> Option<Self> {
        let Some(programs) = programs() else {
            eprintln!("SKIPPED: restarting PostgreSQL, for initdb is not to be found.");
            return None;
        };
        let folder = tempfile::tempdir().expect("a folder");
        let cluster = Self { programs, folder };
        if is_root() {
            let chown = Command::new("chown").arg("postgres").arg(cluster.folder.path()).status();
            assert!(chown.expect("chown").success());
        }
        cluster.run("initdb", &["--username=postgres", "--auth=trust", "--no-sync"]);
        Some(cluster)
    }

    fn start(&self) {
        let settings = format!("-c listen_addresses= -c unix_socket_directories={}", self.folder.path().display());
        let log = self.folder.path().join("log").display().to_string();
        self.run("pg_ctl", &["start", "--wait", "--silent", "--log", &log, "--options", &settings]);
    }

    fn stop(&self, mode: &str) {
        self.run("pg_ctl", &["stop", "--wait", "--silent", "--mode", mode]);
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let program = self.programs.join(program);
        // PostgreSQL refuses to run as root.
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.current_dir(self.folder.path()).env("PGDATA", self.folder.path().join("data"));
        let status = command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).status();
        assert!(status.expect("a program of PostgreSQL").success(), "{arguments:?}");
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if self.folder.path().join("data/postmaster.pid").exists() {
            self.stop("immediate");
        }
    }
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

#[expect(clippy::disallowed_methods, reason = "where the test's server is installed is no setting of the program")]
fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let debian = Path::new("/usr/lib/postgresql").read_dir().into_iter().flatten().flatten();
    std::env::split_paths(&path)
        .chain(debian.map(|version| version.path().join("bin")))
        .find(|folder| folder.join("initdb").exists() && folder.join("pg_ctl").exists())
}

async fn put(db: &Db, id: i64) -> Result<(), StoreError> {
    let put = Statement::new("INSERT INTO item VALUES ($1)", params![id]);
    db.transact(vec![], move |_| Ok(Plan { writes: vec![put.clone()], reply: () })).await
}

#[tokio::test]
async fn a_restarted_server_is_found_again_and_nothing_committed_is_lost() {
    let Some(cluster) = Cluster::new() else { return };
    cluster.start();
    let patience = Duration::from_secs(2);
    let url = format!("host={} user=postgres dbname=postgres", cluster.folder.path().display());
    let options = Options { url, acquire_timeout: patience, unit_timeout: patience, ..Options::default() };
    let db = Db::connect(&options).await.unwrap();
    db.execute_batch("CREATE TABLE item (id BIGINT PRIMARY KEY)").await.unwrap();
    for (id, mode) in [(1, "fast"), (2, "immediate")] {
        put(&db, id).await.unwrap();
        cluster.stop(mode);
        let begun = Instant::now();
        let refused = put(&db, 99).await;
        assert!(matches!(refused, Err(StoreError::Unavailable { .. })), "{refused:?}");
        assert!(begun.elapsed() < 2 * patience, "{:?}", begun.elapsed());
        cluster.start();
    }
    put(&db, 3).await.unwrap();
    let rows = db.read(vec![Statement::new("SELECT id FROM item ORDER BY id", [])]).await.unwrap();
    let ids: Vec<i64> = rows[0].iter().map(|row| row.get(0).unwrap()).collect();
    assert_eq!(ids, [1, 2, 3]);
}
