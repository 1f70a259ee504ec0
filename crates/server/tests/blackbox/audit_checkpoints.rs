//! Signed checkpoints: whoever has the whole database, but not the key, changes nothing that is signed without being found;
//! and where the database has privileges, the server's own role cannot even try.

use std::fs;
use std::path::PathBuf;
use std::process::Output;

use crate::database::{Database, Look};
use crate::harness::World;
use crate::people::{login_with, partial_token, verification};

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Runs `twinlock audit …`, which has to succeed, and gives what it printed.
fn audit(world: &World, arguments: &[&str]) -> String {
    let output = world.cli(&[&["audit"], arguments].concat(), "");
    assert!(output.status.success(), "{arguments:?}: {}", said(&output));
    String::from_utf8(output.stdout).unwrap()
}

impl World {
    /// Signs what is not signed yet, once the worker is through with its own round; gives what was said.
    pub(crate) async fn sign_audit_log(&self) -> String {
        for _ in 0..100 {
            let output = self.cli(&["audit", "checkpoint"], "");
            if output.status.success() {
                return said(&output);
            }
            assert!(said(&output).contains("a worker is at it"), "{}", said(&output));
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("the worker never came to its end");
    }
}

fn keep(world: &World, name: &str, content: &str) -> PathBuf {
    let path = world.path().join(name);
    fs::write(&path, content).unwrap();
    path
}

const TABLES: [&str; 5] =
    ["two_factor_audit_log", "audit_heads", "audit_positions", "audit_checkpoints", "audit_starts"];

async fn save(world: &World) {
    for table in TABLES {
        world.look.execute(&format!("CREATE TABLE saved_{table} AS SELECT * FROM {table}")).await;
    }
}

async fn bring_back(world: &World) {
    for table in TABLES {
        world.look.execute(&format!("DELETE FROM {table}; INSERT INTO {table} SELECT * FROM saved_{table}")).await;
    }
}

/// A log of people and of nobody, with two checkpoints.
async fn signed_log(database: Database) -> (World, String) {
    let world = World::start(database).await;
    let person = world.add_person_with_totp();
    let browser = world.browser();
    world.sign_in(&browser, &person).await;
    login_with(&browser, "nobody@example.com", "wrong").await.refused(401, "credentials_invalid");
    login_with(&browser, "nobody@example.com", "wrong").await.refused(401, "credentials_invalid");
    assert!(world.sign_audit_log().await.contains("entries were signed"));
    let token = partial_token(&browser, &person).await;
    let wrong = browser.submit("/auth/2fa/verify/").json(&verification(&token, "ABCD-EFGH-JKMN")).send().await;
    wrong.refused(422, "code_incorrect");
    login_with(&browser, "nobody@example.com", "wrong").await.refused(401, "credentials_invalid");
    assert!(world.sign_audit_log().await.contains("entries were signed"));
    (world, person.email)
}

/// R-44: each way of changing signed entries, chained or not, or what is kept about them, is found and named.
async fn nothing_signed_can_be_changed(database: Database) {
    let (world, email) = signed_log(database).await;
    let published = keep(&world, "published", &audit(&world, &["checkpoints", "--export", "--last"]));
    let published = published.to_str().unwrap();
    let key = audit(&world, &["keys"]);
    let key = key.split_whitespace().next().unwrap();
    let whole = audit(&world, &["verify", "--published", published, "--key", key]);
    assert!(whole.contains("is whole") && whole.contains(" 0 entries not signed yet"), "{whole}");
    save(&world).await;

    let (log, positions, checkpoints) = ("two_factor_audit_log", "audit_positions", "audit_checkpoints");
    let mine = format!("person_id = (SELECT person_id FROM users WHERE email = '{email}')");
    let nobody = format!("(SELECT id FROM {log} WHERE person_id IS NULL ORDER BY id LIMIT 1)");
    let newest = format!("(SELECT max(number) FROM {checkpoints})");
    let tail = format!("(SELECT first_position FROM {checkpoints} WHERE number = {newest})");
    let (long_ago, flip) = match world.database {
        Database::Sqlite => ("1000000", "randomblob(16)"),
        Database::Postgres { .. } => ("'1970-01-01T00:00:01Z'", "gen_random_uuid()"),
    };
    let columns = "application_id, action, success, detail";
    for (what, sql, found) in [
        (
            "altered",
            format!("UPDATE {log} SET detail = 'x' WHERE id = {nobody}"),
            "something else than when it was signed",
        ),
        ("of a person", format!("UPDATE {log} SET detail = 'x' WHERE {mine} AND seq = 2"), "something else than"),
        ("deleted", format!("DELETE FROM {log} WHERE id = {nobody}"), "it was signed, and is gone"),
        (
            "deleted with its place",
            format!("DELETE FROM {positions} WHERE entry_id = {nobody}; DELETE FROM {log} WHERE id = {nobody}"),
            "what was signed here is gone",
        ),
        (
            "inserted, dated back",
            format!(
                "INSERT INTO {log} (id, {columns}, created_at) SELECT {flip}, {columns}, {long_ago} FROM {log} WHERE id = {nobody}"
            ),
            "an earlier checkpoint would hold it",
        ),
        (
            "inserted, with a place",
            format!(
                "INSERT INTO {log} (id, {columns}, created_at) SELECT {flip}, {columns}, {long_ago} FROM {log} WHERE id = {nobody}; \
                 INSERT INTO {positions} SELECT 100000, id, (SELECT hash FROM {positions} WHERE position = 1) FROM {log} \
                 WHERE created_at = {long_ago}; UPDATE {checkpoints} SET last_position = 100000 WHERE number = {newest}"
            ),
            "is not what was hashed",
        ),
        (
            "reordered",
            format!(
                "UPDATE {positions} SET position = -1 WHERE position = 1; UPDATE {positions} SET position = 1 WHERE position = 2; \
                 UPDATE {positions} SET position = 2 WHERE position = -1"
            ),
            "or their order",
        ),
        ("date moved", format!("UPDATE {log} SET created_at = {long_ago} WHERE id = {nobody}"), "something else than"),
        (
            "checkpoint deleted",
            format!("DELETE FROM {checkpoints} WHERE number = 1"),
            "the checkpoint before it is gone",
        ),
        (
            "checkpoint altered",
            format!("UPDATE {checkpoints} SET begins_at = first_position WHERE number = {newest}"),
            "is not what was hashed",
        ),
        (
            "signature of another",
            format!(
                "UPDATE {checkpoints} SET signature = (SELECT signature FROM {checkpoints} WHERE number = 1) \
                 WHERE number = {newest}"
            ),
            "not of the key it names",
        ),
        (
            "tail cut off",
            format!(
                "DELETE FROM {log} WHERE id IN (SELECT entry_id FROM {positions} WHERE position >= {tail}); \
                 UPDATE audit_heads SET seq = (SELECT max(seq) FROM {log} e WHERE e.person_id = audit_heads.person_id), \
                 hash = (SELECT hash FROM {log} e WHERE e.person_id = audit_heads.person_id ORDER BY seq DESC LIMIT 1)"
            ),
            "it was signed, and is gone",
        ),
    ] {
        world.look.execute(&sql).await;
        let output = world.cli(&["audit", "verify"], "");
        let text = said(&output);
        assert_eq!(output.status.code(), Some(1), "{what}: {text}");
        assert!(text.contains("BROKEN") && text.contains(found), "{what}: {text}");
        bring_back(&world).await;
        assert!(world.cli(&["audit", "verify"], "").status.success(), "after {what}");
    }
}

/// R-44: a database that is put back to an earlier state, with all that tells of it, is as whole as it was then. What was
/// published shows it.
async fn a_log_that_was_rolled_back_is_not_the_published_one(database: Database) {
    let (world, _) = signed_log(database).await;
    let published = keep(&world, "published", &audit(&world, &["checkpoints", "--export", "--last"]));
    let published = published.to_str().unwrap();
    let (log, positions, checkpoints) = ("two_factor_audit_log", "audit_positions", "audit_checkpoints");
    let newest = format!("(SELECT max(number) FROM {checkpoints})");
    let tail = format!("(SELECT first_position FROM {checkpoints} WHERE number = {newest})");
    world
        .look
        .execute(&format!(
            "DELETE FROM {log} WHERE id IN (SELECT entry_id FROM {positions} WHERE position >= {tail}); \
             DELETE FROM {positions} WHERE position >= {tail}; DELETE FROM {checkpoints} WHERE number = {newest}; \
             UPDATE audit_heads SET seq = (SELECT max(seq) FROM {log} e WHERE e.person_id = audit_heads.person_id), \
             hash = (SELECT hash FROM {log} e WHERE e.person_id = audit_heads.person_id ORDER BY seq DESC LIMIT 1)"
        ))
        .await;
    assert!(world.cli(&["audit", "verify"], "").status.success());
    let text = said(&world.cli(&["audit", "verify", "--published", published], ""));
    assert!(text.contains("BROKEN") && text.contains("rolled back: checkpoint"), "{text}");
    // And a log that went on another way from there is not the published one.
    login_with(&world.browser(), "nobody@example.com", "wrong").await.refused(401, "credentials_invalid");
    world.sign_audit_log().await;
    assert!(world.cli(&["audit", "verify"], "").status.success());
    let text = said(&world.cli(&["audit", "verify", "--published", published], ""));
    assert!(text.contains("another checkpoint of this number was published"), "{text}");
}

/// R-44: an export proves itself without the database, to whoever knows the key, and none of its lines can be changed,
/// taken out, added or moved.
async fn an_export_proves_itself_anywhere(database: Database) {
    let (world, _) = signed_log(database).await;
    let file = world.path().join("proof.jsonl");
    audit(&world, &["export", "--format", "proof", "--output", file.to_str().unwrap()]);
    let text = fs::read_to_string(&file).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let key = audit(&world, &["keys"]);
    let key = key.split_whitespace().next().unwrap();
    let published = keep(&world, "published", &audit(&world, &["checkpoints", "--export"]));

    // A machine that has neither the database nor the keys.
    let elsewhere = tempfile::tempdir().unwrap();
    let verify = |text: &str, arguments: &[&str]| {
        let path = elsewhere.path().join("log");
        fs::write(&path, text).unwrap();
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_twinlock"))
            .current_dir(elsewhere.path())
            .env_clear()
            .args(["audit", "verify", "--from", path.to_str().unwrap()])
            .args(arguments)
            .output()
            .unwrap();
        (output.status.code(), said(&output))
    };
    let (code, whole) = verify(&text, &["--key", key, "--published", published.to_str().unwrap()]);
    assert!(code == Some(0) && whole.contains("is whole"), "{whole}");
    assert!(!elsewhere.path().join("twinlock.keys").exists() && !elsewhere.path().join("twinlock.db").exists());
    let (code, unknown) = verify(&text, &[]);
    assert!(code == Some(0) && unknown.contains("nobody vouches for"), "{unknown}");
    let (code, foreign) = verify(&text, &["--key", &"A".repeat(43)]);
    assert!(code == Some(1) && foreign.contains("a key that is not known here"), "{foreign}");

    let is_entry = |line: &&str| line.contains("\"fingerprint\"");
    let entries = lines.iter().filter(|line| is_entry(line)).count();
    let checkpoints = lines.iter().filter(|line| line.starts_with("{\"checkpoint\":")).count();
    assert!(entries > 8 && checkpoints >= 2 && 1 + entries + checkpoints == lines.len(), "{text}");
    for (index, line) in lines.iter().enumerate() {
        let with = |change: &dyn Fn(&mut Vec<String>)| {
            let mut changed: Vec<String> = lines.iter().map(ToString::to_string).collect();
            change(&mut changed);
            verify(&format!("{}\n", changed.join("\n")), &["--key", key, "--published", published.to_str().unwrap()])
        };
        let found = |what: &str, (code, text): (Option<i32>, String)| {
            assert!(code == Some(1) && text.contains("BROKEN"), "{what} line {index} ({line}): {text}");
        };
        if index > 0 {
            found("deleted", with(&|all| drop(all.remove(index))));
        }
        if is_entry(line) {
            found("altered", with(&|all| all[index] = line.replace("\"detail\":\"", "\"detail\":\"x")));
            found("inserted", with(&|all| all.insert(index, (*line).to_owned())));
            if is_entry(&lines[index + 1]) {
                found("moved", with(&|all| all.swap(index, index + 1)));
            }
        } else if index > 0 {
            found("altered", with(&|all| all[index] = line.replace("\"last_position\":", "\"last_position\":1")));
        }
    }
    let (code, cut) = verify(&format!("{}\n", lines[..lines.len() - 1].join("\n")), &[]);
    assert!(code == Some(1) && cut.contains("no checkpoint covers it"), "{cut}");
}

/// R-44: what the worker signs by itself, on two nodes where the database allows it, is whole while the log grows.
async fn a_growing_log_is_signed_and_verifies(database: Database) {
    let mut world = World::start(database).await;
    if world.database.is_postgres() {
        world.add_node().await;
    }
    let writing = async {
        for _ in 0..40 {
            // A connection of its own: one that was kept may be closed while a command runs.
            login_with(&world.browser(), "nobody@example.com", "wrong").await;
        }
    };
    let signing = async {
        for _ in 0..6 {
            tokio::task::block_in_place(|| {
                let _ = world.cli(&["jobs", "run", "sign_audit_log"], "");
                let output = world.cli(&["audit", "verify"], "");
                assert!(output.status.success(), "{}", said(&output));
            });
            tokio::task::yield_now().await;
        }
    };
    tokio::join!(writing, signing);
    world.sign_audit_log().await;
    let listed = audit(&world, &["checkpoints"]);
    assert!(listed.lines().count() >= 2 && listed.starts_with("checkpoint 1 "), "{listed}");
    let jobs = said(&world.cli(&["jobs", "list"], ""));
    assert!(jobs.contains("sign_audit_log") && jobs.contains("cut_audit_log"), "{jobs}");
    world.set("TWINLOCK_AUDIT_RETENTION_DAYS", "1");
    let cut = said(&world.cli(&["jobs", "run", "cut_audit_log"], ""));
    assert!(cut.contains("0 rows"), "nothing is a day old: {cut}");
    assert!(world.cli(&["audit", "verify"], "").status.success());
}

on_both_databases![
    nothing_signed_can_be_changed,
    a_log_that_was_rolled_back_is_not_the_published_one,
    an_export_proves_itself_anywhere,
    a_growing_log_is_signed_and_verifies
];

/// The SQL that docs/operations.md gives, for a role of this test's own.
fn documented(role: &str) -> String {
    let manual = include_str!("../../../../docs/operations.md");
    let block = manual.split("```sql").find(|block| block.contains("REVOKE")).expect("a block of SQL");
    block.split("```").next().unwrap().replace("twinlock_app", role)
}

/// R-44: with the privileges of the manual the server works, and its role can change nothing that was logged.
async fn the_servers_role_can_only_append(database: Database) {
    let mut world = World::start(database).await;
    let person = world.add_person_with_totp();
    let Look::Postgres(owner) = &world.look else { panic!("PostgreSQL") };
    let mut url = url::Url::parse(owner).unwrap();
    let role = format!("role_{}", url.path().trim_start_matches('/'));
    world.look.execute(&documented(&role)).await;
    url.set_username(&role).unwrap();
    url.set_password(Some("a long password")).unwrap();
    world.database_url = url.to_string();
    world.restart(0).await;

    let browser = world.browser();
    world.sign_in(&browser, &person).await;
    login_with(&browser, "nobody@example.com", "wrong").await.refused(401, "credentials_invalid");
    world.sign_audit_log().await;
    assert!(audit(&world, &["verify"]).contains("is whole"));
    let swept = world.cli(&["jobs", "run", "sweep"], "");
    assert!(swept.status.success(), "{}", said(&swept));
    let cut = world.cli(&["jobs", "run", "cut_audit_log"], "");
    assert!(cut.status.success(), "{}", said(&cut));

    let server = Look::Postgres(world.database_url.clone());
    let before = world.look.count("SELECT count(*) FROM two_factor_audit_log").await;
    for table in ["two_factor_audit_log", "audit_positions", "audit_checkpoints", "audit_starts"] {
        for sql in [
            format!("DELETE FROM {table}"),
            format!("TRUNCATE {table}"),
            format!("UPDATE {table} SET hash = NULL"),
            format!("ALTER TABLE {table} DISABLE TRIGGER ALL"),
            format!("DROP TABLE {table}"),
        ] {
            let refused = server.try_execute(&sql).await.expect_err(&sql);
            assert!(refused.contains("42501"), "{sql}: {refused}");
        }
    }
    assert_eq!(world.look.count("SELECT count(*) FROM two_factor_audit_log").await, before);
    world.nodes[0].kill();
    world.look.execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).await;
}

on_postgresql![the_servers_role_can_only_append];
