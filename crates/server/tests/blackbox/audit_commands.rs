//! `twinlock audit`: a log that somebody changed is found out, and an export says all of it and harms no spreadsheet.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use crate::database::Database;
use crate::harness::World;
use crate::people::{login, verification};

fn said(output: &std::process::Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// each way of changing the log is found, and named with the chain and the entry it begins at.
async fn a_changed_log_is_found_out(database: Database) {
    let world = World::start(database).await;
    let (person, other) = (world.add_person_with_totp(), world.add_person_with_totp());
    let browser = world.browser();
    for somebody in [&person, &other, &person] {
        world.sign_in(&browser, somebody).await;
    }
    crate::people::login_with(&browser, "nobody@example.com", "wrong").await.refused(401, "credentials_invalid");
    let whole = world.cli(&["audit", "verify"], "");
    assert!(whole.status.success() && said(&whole).contains("is whole"), "{}", said(&whole));

    let backup = "CREATE TABLE saved_log AS SELECT * FROM two_factor_audit_log; \
                  CREATE TABLE saved_heads AS SELECT * FROM audit_heads";
    world.look.execute(backup).await;
    let chain = |email: &str| format!("person_id = (SELECT person_id FROM users WHERE email = '{email}')");
    let (mine, theirs) = (chain(&person.email), chain(&other.email));
    let log = "two_factor_audit_log";
    let last = world.audit_of(&person).await.len();
    let flipped = if world.database.is_postgres() { "NOT success" } else { "1 - success" };
    for (what, sql, found, broken) in [
        ("altered agent", format!("UPDATE {log} SET user_agent = 'x' WHERE {mine} AND seq = 2"), "entry 2 (", 1),
        ("altered outcome", format!("UPDATE {log} SET success = {flipped} WHERE {mine} AND seq = 1"), "altered", 1),
        ("altered word", format!("UPDATE {log} SET action = 'nothing' WHERE {mine} AND seq = 3"), "entry 3 (", 1),
        ("deleted", format!("DELETE FROM {log} WHERE {mine} AND seq = 3"), "deleted", 1),
        ("first deleted", format!("DELETE FROM {log} WHERE {mine} AND seq = 1"), "entry 2 (", 1),
        (
            "swapped",
            format!(
                "UPDATE {log} SET seq = -1 WHERE {mine} AND seq = 3; UPDATE {log} SET seq = 3 WHERE {mine} AND seq = 4; \
                 UPDATE {log} SET seq = 4 WHERE {mine} AND seq = -1"
            ),
            "written as number 4",
            1,
        ),
        ("truncated", format!("DELETE FROM {log} WHERE {mine} AND seq = {last}"), "truncated", 1),
        ("emptied", format!("DELETE FROM {log} WHERE {mine}"), "truncated", 1),
        ("head lost", format!("DELETE FROM audit_heads WHERE {mine}"), "head of the chain is gone", 1),
        ("all lost", format!("DELETE FROM {log} WHERE {mine}; DELETE FROM audit_heads WHERE {mine}"), "is gone", 1),
        ("head set back", format!("UPDATE audit_heads SET seq = seq - 1 WHERE {mine}"), "chain ended with", 1),
        (
            "moved to another's chain",
            format!(
                "UPDATE {log} SET person_id = (SELECT person_id FROM users WHERE email = '{}'), seq = {} \
                 WHERE {theirs} AND seq = 2",
                person.email,
                last + 1
            ),
            "altered",
            2,
        ),
        ("taken out of a chain", format!("UPDATE {log} SET person_id = NULL WHERE {mine} AND seq = 2"), "taken out", 2),
    ] {
        world.look.execute(&sql).await;
        let output = world.cli(&["audit", "verify"], "");
        let text = said(&output);
        assert_eq!(output.status.code(), Some(1), "{what}: {text}");
        assert!(text.contains(found), "{what}: {text}");
        assert_eq!(text.matches("BROKEN").count(), broken, "{what}: {text}");
        assert!(text.contains("the audit log was altered"), "{what}: {text}");
        let restore = format!(
            "DELETE FROM {log}; INSERT INTO {log} SELECT * FROM saved_log; \
             DELETE FROM audit_heads; INSERT INTO audit_heads SELECT * FROM saved_heads"
        );
        world.look.execute(&restore).await;
    }
    assert!(world.cli(&["audit", "verify"], "").status.success());
    world.sign_in(&browser, &person).await;
    assert!(world.cli(&["audit", "verify"], "").status.success());
}

/// the log is whole while it grows.
async fn a_growing_log_verifies(database: Database) {
    let world = World::start(database).await;
    let people = [world.add_person_with_totp(), world.add_person_with_totp()];
    let browser = world.browser();
    let writing = async {
        for _ in 0..20 {
            for person in &people {
                login(&browser, person).await.expect(200);
            }
        }
    };
    let verifying = async {
        for _ in 0..6 {
            let output = tokio::task::block_in_place(|| world.cli(&["audit", "verify"], ""));
            assert!(output.status.success(), "{}", said(&output));
            tokio::task::yield_now().await;
        }
    };
    tokio::join!(writing, verifying);
}

/// an export holds every entry, of people and of nobody; what a client calls itself is never a formula.
async fn an_export_is_whole_and_harmless(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person_with_totp();
    let browser = world.browser();
    let agents = ["=cmd|'/C calc'!A0", "+1", "-1", "@x", "plain, with \"quotes\""];
    for agent in agents {
        let token = crate::people::partial_token(&browser, &person).await;
        let call = browser.submit("/auth/2fa/verify/").header("user-agent", agent);
        call.json(&verification(&token, "ABCD-EFGH-JKMN")).send().await.refused(422, "code_incorrect");
    }
    crate::people::login_with(&browser, "nobody@example.com", "wrong").await.refused(401, "credentials_invalid");
    let entries = world.audit().await;
    assert!(entries.iter().any(|entry| entry.person.is_none()));

    let output = world.cli(&["audit", "export", "--format", "csv"], "");
    assert!(output.status.success(), "{}", said(&output));
    let csv = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = csv.split_terminator("\r\n").collect();
    assert!(lines[0].starts_with("created_at,id,person_id,"), "{}", lines[0]);
    assert_eq!(lines.len(), entries.len() + 1);
    for agent in &agents[..4] {
        assert!(csv.contains(&format!(",'{agent},")) && !csv.contains(&format!(",{agent},")), "{agent}: {csv}");
    }
    assert!(csv.contains(",\"plain, with \"\"quotes\"\"\","), "{csv}");

    let path = world.path().join("log.jsonl");
    let file = path.to_str().unwrap();
    let output = world.cli(&["audit", "export", "--format", "jsonl", "--output", file], "");
    assert!(output.status.success() && output.stdout.is_empty(), "{}", said(&output));
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let text = std::fs::read_to_string(&path).unwrap();
    let exported: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(exported.len(), entries.len());
    let times: Vec<&str> = exported.iter().map(|entry| entry["created_at"].as_str().unwrap()).collect();
    assert!(times.is_sorted(), "{times:?}");
    for agent in agents {
        assert!(exported.iter().any(|entry| entry["user_agent"] == agent), "{agent}");
    }
    assert!(exported.iter().any(|entry| entry["person_id"].is_null() && entry["seq"].is_null()));
    assert!(!world.cli(&["audit", "export", "--format", "csv", "--output", file], "").status.success());
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text, "a file that is there stays as it is");

    let middle = times[times.len() / 2];
    let count = |filter: &[&str]| {
        let output = world.cli(&[&["audit", "export", "--format", "jsonl"], filter].concat(), "");
        assert!(output.status.success(), "{}", said(&output));
        String::from_utf8(output.stdout).unwrap().lines().count()
    };
    let later = times.iter().filter(|time| **time >= middle).count();
    assert_eq!(count(&["--since", middle]), later);
    assert_eq!(count(&["--until", middle]), times.len() - later);
    assert_eq!(count(&["--since", middle, "--until", middle]), 0);
    assert!(!world.cli(&["audit", "export", "--format", "csv", "--since", "yesterday"], "").status.success());
}

on_both_databases![a_changed_log_is_found_out, a_growing_log_verifies, an_export_is_whole_and_harmless];
