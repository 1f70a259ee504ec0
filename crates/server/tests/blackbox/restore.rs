//! A copy of the database that is older than what was answered: it is not served before an operator has said so, and then
//! nothing that was used up, ended or revoked lives in it.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Output;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use crate::client::Browser;
use crate::database::{Database, Look};
use crate::harness::World;
use crate::people::{Person, Session, is_signed_in, login, partial_token, refresh, verification, verify};
use crate::totp::code;
use crate::trusted_devices::{is_trusted, showing, shown};

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

impl World {
    fn stop(&mut self) {
        for node in &mut self.nodes {
            node.kill();
        }
    }

    fn file(&self) -> std::path::PathBuf {
        self.path().join("twinlock.db")
    }

    /// Copies the database as an operator would; the server may run on SQLite, and not on PostgreSQL.
    async fn copied(&mut self) -> String {
        match &self.database {
            Database::Sqlite => {
                let output = self.cli(&["backup", "copy.db"], "");
                assert!(output.status.success(), "{}", said(&output));
                "copy.db".to_owned()
            }
            Database::Postgres { name, .. } => {
                let copy = format!("{name}_copy");
                let template = name.clone();
                self.stop();
                self.administer(&format!("CREATE DATABASE {copy} TEMPLATE {template}")).await;
                self.start_again(0).await;
                copy
            }
        }
    }

    /// Puts the copy where the database was, without a word to anybody.
    async fn put_back(&mut self, copy: &str) {
        self.stop();
        match &self.database {
            Database::Sqlite => {
                for suffix in ["-wal", "-shm"] {
                    let _ = std::fs::remove_file(self.path().join(format!("twinlock.db{suffix}")));
                }
                std::fs::copy(self.path().join(copy), self.file()).unwrap();
            }
            Database::Postgres { name, .. } => {
                let name = name.clone();
                self.administer(&format!("DROP DATABASE {name} WITH (FORCE)")).await;
                self.administer(&format!("ALTER DATABASE {copy} RENAME TO {name}")).await;
            }
        }
    }

    async fn administer(&self, sql: &str) {
        let Database::Postgres { admin, .. } = &self.database else { return };
        // A server that was killed is still connected for a moment.
        for _ in 0..100 {
            match Look::Postgres(admin.clone()).try_execute(sql).await {
                Ok(()) => return,
                Err(error) if error.contains("55006") => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
                Err(error) => panic!("{sql}: {error}"),
            }
        }
        panic!("{sql}: somebody stays connected");
    }

    async fn does_not_start(&mut self) -> String {
        let port = self.nodes[0].port;
        match self.try_start(port).await {
            Ok(_) => panic!("it started"),
            Err(log) => log.lines().filter(|line| line.contains("not served")).collect(),
        }
    }
}

/// What somebody holds when the copy is made.
struct Hand {
    person: Person,
    session: Session,
    device: String,
    /// A sign-in that waits for its code.
    waiting: String,
}

async fn hand(world: &World) -> Hand {
    // The command line has the real clock, and what is typed below is to be older than that.
    world.advance(-600).await;
    let (person, _) = world.person_with_totp().await;
    let browser = world.browser();
    let token = partial_token(&browser, &person).await;
    let mut body = verification(&token, &code(&person.secret, world.fresh_step().await));
    body["remember_me"] = json!(true);
    let session = Session::of(&browser.post("/auth/2fa/verify/", body).await.expect(200));
    // The codes typed so far are used: what follows is within the next steps.
    world.fresh_step().await;
    let waiting = partial_token(&world.browser(), &person).await;
    Hand { person, session, device: shown(&browser), waiting }
}

/// Uses up and ends all of it, and gives the code that was used.
async fn use_up(world: &World, hand: &Hand) -> String {
    let browser = world.browser();
    let typed = code(&hand.person.secret, world.now().await);
    verify(&browser, &hand.waiting, &typed).await.expect(200);
    let token = partial_token(&browser, &hand.person).await;
    let session = Session::of(&verify(&browser, &token, &hand.person.recovery_codes[1]).await.expect(200));
    let call = browser.call(reqwest::Method::DELETE, "/auth/sessions/").bearer(&session.access);
    call.json(&json!({})).send().await.expect(204);
    assert!(!is_trusted(&login(&showing(world, &hand.device), &hand.person).await));
    assert!(!is_signed_in(&browser, &hand.session.access).await);
    typed
}

/// Nothing that was used up or ended works again, nor what was still good when the copy was made.
async fn nothing_lives_again(world: &World, hand: &Hand, typed: &str) {
    let browser = world.browser();
    verify(&browser, &hand.waiting, typed).await.refused(401, "partial_token_invalid");
    let token = partial_token(&browser, &hand.person).await;
    for used in [typed, &hand.person.recovery_codes[1], &hand.person.recovery_codes[5]] {
        verify(&browser, &token, used).await.refused(422, "code_incorrect");
    }
    assert!(!is_trusted(&login(&showing(world, &hand.device), &hand.person).await));
    assert!(!is_signed_in(&browser, &hand.session.access).await);
    refresh(&browser, &hand.session.refresh).await.refused(401, "token_invalid");
    world.advance(800).await;
    let session = world.sign_in(&browser, &hand.person).await;
    let status = browser.get_as(&session.access, "/auth/2fa/status/").await.expect(200);
    assert_eq!(status.json["recovery_codes_remaining"], 0, "{}", status.text);
}

/// an older copy is noticed at the start, whoever put it there; once acknowledged, it revives nothing.
async fn an_older_copy_revives_nothing(database: Database) {
    let mut world = World::start(database).await;
    let hand = hand(&world).await;
    let copy = world.copied().await;
    let typed = use_up(&world, &hand).await;
    let counted = "SELECT count(*) FROM two_factor_audit_log WHERE action = 'recovery_code_used'";
    assert_eq!(world.look.count(counted).await, 1);

    world.put_back(&copy).await;
    assert_eq!(world.look.count(counted).await, 0, "it is the copy from before");
    let told = world.does_not_start().await;
    assert!(told.contains("restore acknowledge"), "{told}");
    let doctor = world.cli(&["doctor"], "");
    assert!(!doctor.status.success() && said(&doctor).contains("FAIL  copy"), "{}", said(&doctor));

    let output = world.cli(&["restore", "acknowledge"], "");
    assert!(output.status.success(), "{}", said(&output));
    assert!(said(&output).contains("10 unused recovery codes"), "{}", said(&output));
    world.start_again(0).await;
    nothing_lives_again(&world, &hand, &typed).await;
    let written =
        "SELECT count(*) FROM two_factor_audit_log WHERE action = 'database_acknowledged' AND actor_id = 'cli'";
    assert_eq!(world.look.count(written).await, 1);
    assert!(world.cli(&["audit", "verify"], "").status.success());
    let again = world.cli(&["restore", "acknowledge"], "");
    assert!(!again.status.success() && said(&again).contains("nothing to acknowledge"), "{}", said(&again));
}

/// A database that was moved while nobody was served loses nothing: an operator may say so.
async fn a_database_that_was_moved_keeps_everything_when_that_is_said(database: Database) {
    let mut world = World::start(database).await;
    let hand = hand(&world).await;
    let copy = world.copied().await;
    world.put_back(&copy).await;
    world.does_not_start().await;
    let output = world.cli(&["restore", "acknowledge", "--nothing-is-lost"], "");
    assert!(output.status.success(), "{}", said(&output));
    world.start_again(0).await;
    assert!(is_signed_in(&world.browser(), &hand.session.access).await);
    verify(&world.browser(), &hand.waiting, &hand.person.recovery_codes[1]).await.expect(200);
    // A snapshot of a disk leaves no trace: only the operator knows.
    world.stop();
    let output = world.cli(&["restore", "acknowledge", "--unnoticed"], "");
    assert!(output.status.success(), "{}", said(&output));
    world.start_again(0).await;
    refresh(&world.browser(), &hand.session.refresh).await.refused(401, "token_invalid");
}

/// Rows that were loaded into the same tables, and a cluster that changed its timeline, are noticed as well. A standby that is
/// said to have everything may take over.
async fn reloaded_rows_and_other_timelines_are_noticed(database: Database) {
    let mut world = World::start(database).await;
    world.sign_up().await;
    world.restart(0).await;
    world.stop();
    let load = "CREATE TABLE kept AS SELECT * FROM database_mark; DELETE FROM database_mark; \
                INSERT INTO database_mark SELECT * FROM kept; DROP TABLE kept";
    world.look.execute(load).await;
    let told = world.does_not_start().await;
    assert!(told.contains("loaded from a copy"), "{told}");
    assert!(world.cli(&["restore", "acknowledge"], "").status.success());
    world.start_again(0).await;
    world.stop();
    let promote = "UPDATE database_mark SET timeline = '0000FFFF', written_in = txid_current() % 4294967296";
    world.look.execute(promote).await;
    let told = world.does_not_start().await;
    assert!(told.contains("another timeline"), "{told}");
    world.set("TWINLOCK_SYNCHRONOUS_STANDBY", "true");
    world.start_again(0).await;
    world.unset("TWINLOCK_SYNCHRONOUS_STANDBY");
    world.restart(0).await;
}

/// `twinlock restore FILE`: refused while a server runs; then the copy stands in the place of the file, which is kept, and is
/// served at once, for all of it has ended.
async fn a_copy_is_restored_by_one_command(database: Database) {
    let mut world = World::start(database).await;
    let hand = hand(&world).await;
    let copy = world.copied().await;
    let mode = std::fs::metadata(world.path().join(&copy)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let twice = world.cli(&["backup", "copy.db"], "");
    assert!(!twice.status.success() && said(&twice).contains("a file of this name"), "{}", said(&twice));
    let typed = use_up(&world, &hand).await;

    let refused = world.cli(&["restore", "copy.db"], "");
    assert!(!refused.status.success() && said(&refused).contains("stop the server"), "{}", said(&refused));
    assert!(!is_signed_in(&world.browser(), &hand.session.access).await, "the server goes on");
    world.stop();
    std::fs::write(world.path().join("other.db"), "something else").unwrap();
    let refused = world.cli(&["restore", "other.db"], "");
    assert!(!refused.status.success(), "{}", said(&refused));
    let output = world.cli(&["restore", "copy.db"], "");
    assert!(output.status.success(), "{}", said(&output));
    world.start_again(0).await;
    nothing_lives_again(&world, &hand, &typed).await;
    let mode = std::fs::metadata(world.file()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let kept = |entry: &std::fs::DirEntry| entry.file_name().to_string_lossy().contains("-replaced-");
    let files: Vec<_> = std::fs::read_dir(world.path()).unwrap().map(Result::unwrap).filter(kept).collect();
    assert_eq!(files.len(), 1);
    let replaced = Look::Sqlite(files[0].path());
    let counted = "SELECT count(*) FROM two_factor_audit_log WHERE action = 'recovery_code_used'";
    assert_eq!(replaced.count(counted).await, 1, "the old database is whole");
    // On another machine there is nothing yet.
    world.stop();
    for name in ["twinlock.db", "twinlock.db-wal", "twinlock.db-shm", "twinlock.db-mark"] {
        let _ = std::fs::remove_file(world.path().join(name));
    }
    let output = world.cli(&["restore", "copy.db"], "");
    assert!(output.status.success(), "{}", said(&output));
    world.start_again(0).await;
    world.sign_in(&world.browser(), &hand.person).await;
}

/// A copy that is made while people sign in holds each sign-in as a whole or not at all.
async fn a_copy_that_is_made_under_load_is_consistent(database: Database) {
    let world = World::start(database).await;
    let mut people = Vec::new();
    for _ in 0..4 {
        people.push(world.person_with_totp().await.0);
    }
    let stopped = Arc::new(AtomicBool::new(false));
    let spend = |browser: Browser, person: Person, stopped: Arc<AtomicBool>| async move {
        for used in &person.recovery_codes {
            if !stopped.load(Ordering::SeqCst) {
                verify(&browser, &partial_token(&browser, &person).await, used).await.expect(200);
            }
        }
    };
    let tasks: Vec<_> = people
        .iter()
        .map(|person| tokio::spawn(spend(world.browser(), person.clone(), Arc::clone(&stopped))))
        .collect();
    let mut seen = Vec::new();
    for number in 0..4 {
        let name = format!("load-{number}.db");
        let output = world.cli(&["backup", &name], "");
        assert!(output.status.success(), "{}", said(&output));
        let look = Look::Sqlite(world.path().join(&name));
        assert_eq!(look.value("PRAGMA integrity_check").await.as_deref(), Some("ok"));
        let used = look.count("SELECT count(*) FROM recovery_codes WHERE used_at IS NOT NULL").await;
        let written = "SELECT count(*) FROM two_factor_audit_log WHERE action = 'recovery_code_used'";
        assert_eq!(look.count(written).await, used);
        let completed = "SELECT count(*) FROM challenges WHERE completed_at IS NOT NULL";
        assert_eq!(look.count(completed).await, used);
        seen.push(used);
    }
    stopped.store(true, Ordering::SeqCst);
    for task in tasks {
        task.await.unwrap();
    }
    assert!(seen.is_sorted() && seen.last() > Some(&0), "{seen:?}");
    assert!(Path::new(&world.file()).exists());
}

/// A file that was thrown away to begin anew is no copy of anything.
async fn a_new_file_beside_an_old_note_is_served(database: Database) {
    let mut world = World::start(database).await;
    world.sign_up().await;
    world.stop();
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(world.path().join(format!("twinlock.db{suffix}")));
    }
    world.start_again(0).await;
    world.restart(0).await;
    world.sign_up().await;
}

on_both_databases![an_older_copy_revives_nothing, a_database_that_was_moved_keeps_everything_when_that_is_said];
on_sqlite![
    a_copy_is_restored_by_one_command,
    a_copy_that_is_made_under_load_is_consistent,
    a_new_file_beside_an_old_note_is_served,
];
on_postgresql![reloaded_rows_and_other_timelines_are_noticed];
