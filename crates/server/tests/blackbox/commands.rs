//! The command line, as an operator uses it: it says what it did, refuses in one line, and shows no secret.

use crate::database::Database;
use crate::harness::World;
use crate::people::{PASSWORD, login, login_with};

fn text(output: &std::process::Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// `user add` reads the password with or without the line's end, adds a person once, and refuses what is no secret.
async fn an_operator_adds_people(database: Database) {
    let world = World::start(database).await;
    let add = |email: &str, password: &str, more: &[&str]| {
        let mut arguments = vec!["user", "add", "--email", email, "--password-stdin"];
        arguments.extend(more);
        world.cli(&arguments, password)
    };
    for (email, typed) in [("lf@example.com", "\n"), ("crlf@example.com", "\r\n"), ("none@example.com", "")] {
        let output = add(email, &format!("{PASSWORD}{typed}"), &[]);
        assert!(output.status.success(), "{email}: {}", text(&output));
        let id = String::from_utf8(output.stdout).unwrap();
        assert!(uuid::Uuid::parse_str(id.trim()).is_ok(), "{id}");
        login_with(&world.browser(), email, PASSWORD).await.expect(200);
    }
    for (email, password, more) in [
        ("lf@example.com", PASSWORD, &[][..]),
        ("LF@example.com", PASSWORD, &[]),
        ("no address", PASSWORD, &[]),
        ("weak@example.com", "password", &[]),
        ("empty@example.com", "", &[]),
        ("short@example.com", PASSWORD, &["--totp-secret", "GEZDGNBVGY3TQOJQ"]),
        ("junk@example.com", PASSWORD, &["--totp-secret", "not base32 at all 18"]),
    ] {
        let output = add(email, password, more);
        let said = text(&output);
        assert!(!output.status.success(), "{email} was added");
        assert_eq!(said.trim().lines().count(), 1, "{said}");
        assert!(!said.contains(PASSWORD) && !said.contains("panicked"), "{said}");
    }
    assert_eq!(world.look.count("SELECT count(*) FROM users WHERE email LIKE '%@example.com'").await, 4);
}

/// no command shows a password's hash, a secret, a key, or the database's password.
async fn no_command_shows_a_secret(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person_with_totp();
    login(&world.browser(), &person).await.expect(200);
    let mut keys = Vec::new();
    if let Some(ring) = world.setting("TWINLOCK_KEYS") {
        keys.push(ring.to_owned());
    } else {
        let file = std::fs::read_to_string(world.path().join("twinlock.keys")).unwrap();
        keys.extend(file.lines().map(str::trim).filter(|line| line.len() > 20).map(str::to_owned));
    }
    assert!(!keys.is_empty());
    for arguments in [
        &["user", "list"][..],
        &["user", "show", &person.email],
        &["user", "show", "nobody@example.com"],
        &["keys", "status"],
        &["doctor"],
        &["openapi"],
        &["--help"],
        &["serve", "--help"],
        &["--version"],
    ] {
        let said = text(&world.cli(arguments, ""));
        assert!(!said.trim().is_empty() && !said.contains("panicked"), "{arguments:?}: {said}");
        for secret in keys.iter().chain([&person.secret, &person.password]) {
            assert!(!said.contains(secret.as_str()), "{arguments:?} shows {secret}");
        }
        assert!(!said.contains("$argon2"), "{arguments:?}: {said}");
    }
    let listed = text(&world.cli(&["user", "list"], ""));
    assert!(listed.contains(&person.email), "{listed}");
    assert!(!world.cli(&["user", "show", "nobody@example.com"], "").status.success());
}

/// a command beside a busy server does its work, and neither loses a request.
async fn a_command_works_beside_a_busy_server(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person(None);
    let browser = world.browser();
    let busy = async {
        for _ in 0..6 {
            let calls = (0..8)
                .map(|_| {
                    let body = serde_json::json!({ "email": person.email, "password": person.password });
                    browser.stranger().submit("/auth/login/").json(&body)
                })
                .collect();
            for answer in world.burst(calls).await {
                answer.expect(200);
            }
        }
    };
    let commands = async {
        for _ in 0..4 {
            tokio::task::block_in_place(|| world.add_person_with_totp());
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::join!(busy, commands);
}

on_both_databases![an_operator_adds_people, no_command_shows_a_secret, a_command_works_beside_a_busy_server];
