//! `twinlock user import`: people bring their passwords and authenticators along, and a file at fault changes nothing.

use serde_json::json;

use crate::database::Database;
use crate::harness::World;
use crate::people::{Person, login_with, partial_token, verify};
use crate::totp::code;

const PASSWORD: &str = "correct horse ünd 🔑";
/// Made by Django 5.2.19.
const PBKDF2: &str = "pbkdf2_sha256$1000$seasalt2seasalt2seasalt2$yrLOsR1rKMloOPPmWy4rVo7Q0RDEuiHDqsFvCLcfkog=";
const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

/// What the server's own jobs write while a test looks on.
const OF_JOBS: [&str; 5] = ["jobs", "audit_positions", "audit_checkpoints", "summed_hours", "hourly_figures"];

fn said(output: &std::process::Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// an imported person signs in with the old password and authenticator; right logins at the same moment all
/// succeed, and leave a hash of ours.
async fn imported_people_sign_in(database: Database) {
    let world = World::start(database).await;
    let lines = [
        json!({ "email": "both@example.com", "password_hash": PBKDF2, "totp_secret": SECRET, "label": "Phone",
            "created_at": "2020-01-31T00:00:00Z" }),
        json!({ "email": "plain@example.com", "password_hash": PBKDF2, "email_verified": false }),
        json!({ "email": "none@example.com", "totp_secret": SECRET }),
    ];
    let file = lines.map(|line| line.to_string()).join("\n");
    let before = world.look.dump_without(&OF_JOBS).await;
    let output = world.cli(&["user", "import", "-", "--dry-run"], &file);
    assert!(output.status.success() && said(&output).contains("3 would be imported, 0 skipped"), "{}", said(&output));
    assert_eq!(world.look.dump_without(&OF_JOBS).await, before);
    let path = world.path().join("people.jsonl");
    std::fs::write(&path, &file).unwrap();
    let output = world.cli(&["user", "import", path.to_str().unwrap()], "");
    assert!(output.status.success() && said(&output).contains("3 imported, 0 skipped"), "{}", said(&output));
    let output = world.cli(&["user", "import", "-"], &file);
    assert!(output.status.success() && said(&output).contains("0 imported, 3 skipped"), "{}", said(&output));

    let browser = world.browser();
    login_with(&browser, "plain@example.com", "wrong").await.refused(401, "credentials_invalid");
    for password in [PASSWORD, "!", "x"] {
        login_with(&browser, "none@example.com", password).await.refused(401, "credentials_invalid");
    }
    let at_once = (0..4).map(|_| async { login_with(&world.browser(), "plain@example.com", PASSWORD).await });
    for answer in futures_util::future::join_all(at_once).await {
        assert_eq!(answer.expect(200).json["user"]["email_verified"], false);
    }
    let hash = world.look.value("SELECT password_hash FROM users WHERE email = 'plain@example.com'").await.unwrap();
    assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
    let person = Person {
        email: "both@example.com".to_owned(),
        password: PASSWORD.to_owned(),
        secret: SECRET.to_owned(),
        recovery_codes: vec![],
    };
    let token = partial_token(&browser, &person).await;
    verify(&browser, &token, &code(SECRET, world.fresh_step().await)).await.expect(200);
    assert_eq!(world.audit_count(&person, "user_imported", true).await, 1);
    assert!(world.cli(&["audit", "verify"], "").status.success());
}

/// A file at fault is refused as a whole: each fault with its line, and nothing of what the line holds.
async fn a_file_at_fault_changes_nothing(database: Database) {
    let world = World::start(database).await;
    let good = json!({ "email": "good@example.com", "password_hash": PBKDF2 }).to_string();
    let bomb = PBKDF2.replace("$1000$", "$4000000000$");
    let lines = [
        (good.clone(), ""),
        (good.replace("good@", "GOOD@"), "line 2: email: stands on line 1"),
        ("nonsense hunter2".to_owned(), "line 3: is no JSON object"),
        (json!({ "email": "hunter2" }).to_string(), "line 4: email:"),
        (json!({ "email": "a@example.com", "password_hash": "md5$x$hunter2" }).to_string(), "line 5: password_hash:"),
        (json!({ "email": "b@example.com", "password_hash": bomb }).to_string(), "line 6: password_hash:"),
        (json!({ "email": "c@example.com", "totp_secret": "hunter2" }).to_string(), "line 7: totp_secret:"),
        (json!({ "email": "d@example.com", "hunter2": 1 }).to_string(), "line 8: a field is unknown"),
        ("{\"email\":\"e@example.com\",\"email\":\"f@example.com\"}".to_owned(), "line 9: email: is there twice"),
        (json!({ "email": "g@example.com", "created_at": "2999-01-01T00:00:00Z" }).to_string(), "line 10: created_at:"),
        (json!({ "email": "h@example.com", "email_verified": "yes" }).to_string(), "line 11: email_verified:"),
        (json!({ "password_hash": PBKDF2 }).to_string(), "line 12: email: is missing"),
    ];
    let file: Vec<String> = lines.iter().map(|(line, _)| line.clone()).collect();
    let before = world.look.dump_without(&OF_JOBS).await;
    for arguments in [&["user", "import", "-"][..], &["user", "import", "-", "--dry-run"]] {
        let output = world.cli(arguments, &file.join("\n"));
        let text = said(&output);
        assert!(!output.status.success(), "{text}");
        for (_, fault) in &lines {
            assert!(text.contains(fault), "{fault}: {text}");
        }
        assert!(!text.contains("hunter2") && text.contains("11 lines are at fault"), "{text}");
        assert_eq!(world.look.dump_without(&OF_JOBS).await, before);
    }
}

on_both_databases![imported_people_sign_in, a_file_at_fault_changes_nothing];
