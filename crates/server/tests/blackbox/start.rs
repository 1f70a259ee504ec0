//! The start: what a fresh machine gets, what production refuses, and what a release does not have.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::json;

use crate::database::Database;
use crate::harness::{World, free_port};
use crate::people::{Person, is_signed_in, login_with, verify};
use crate::totp::code;

/// The word after `name=` in a line.
fn word(line: &str, name: &str) -> String {
    let from = line.find(&format!("{name}=")).unwrap_or_else(|| panic!("no {name} in {line}")) + name.len() + 1;
    line[from..].split_whitespace().next().unwrap_or_default().to_owned()
}

/// a demo account comes with an empty development database, once, and works.
async fn the_demo_account_comes_once(database: Database) {
    let mut world = World::start(database).await;
    let logs = world.logs();
    let line = logs.lines().find(|line| line.contains("demo email=")).unwrap_or_else(|| panic!("no demo in {logs}"));
    let demo = Person {
        email: word(line, "email"),
        password: word(line, "password"),
        secret: word(line, "totp_secret"),
        recovery_codes: vec![],
    };
    let session = world.sign_in(&world.browser(), &demo).await;
    assert!(is_signed_in(&world.browser(), &session.access).await);
    assert_eq!(world.look.count("SELECT count(*) FROM users").await, 1);
    world.restart(0).await;
    assert_eq!(world.logs().matches("demo email=").count(), 1);
    world.sign_in(&world.browser(), &demo).await;

    // With somebody there already, there is none.
    let other = World::on(Database::Sqlite).build().await;
    assert!(other.cli(&["migrate"], "").status.success());
    let person = other.add_person(None);
    let mut other = other;
    other.add_node().await;
    assert!(!other.logs().contains("demo email="));
    assert_eq!(other.look.count("SELECT count(*) FROM users").await, 1);
    login_with(&other.browser(), &person.email, &person.password).await.expect(200);
    // And each installation has its own.
    let third = World::start(Database::Sqlite).await;
    assert!(!third.logs().contains(&demo.secret) && !third.logs().contains(&demo.password));
}

/// what holds secrets is for its owner's eyes only.
async fn files_with_secrets_are_private(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person_with_totp();
    world.sign_in(&world.browser(), &person).await;
    let mut seen = 0;
    for entry in std::fs::read_dir(world.path()).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if name.starts_with("twinlock.") {
            let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, 0o600, "{name} is {mode:o}");
            seen += 1;
        }
    }
    assert!(seen >= 2, "database and keys");
}

/// without the test mode there is no clock and no outbox to reach.
async fn without_the_test_mode_its_calls_do_not_exist(database: Database) {
    let world = World::on(database).without_test_mode().start().await;
    let browser = world.browser();
    for path in ["/v1/test/clock", "/v1/test/outbox?to=a@example.com&channel=email", "/v1/test/", "/v1/test/clock/"] {
        browser.get(path).await.refused(404, "not_found");
        browser.post(path, json!({ "advance_seconds": 60 })).await.refused(404, "not_found");
    }
}

/// R-68, product.md section 6: production refuses what is only convenient, in one line that names the setting.
async fn production_refuses_what_is_only_convenient(database: Database) {
    let world = World::on(database)
        .with("TWINLOCK_ENV", "production")
        .with("TWINLOCK_BASE_URL", "https://login.example.com")
        .with("SMTP_URL", "smtp://127.0.0.1:1")
        .with("EMAIL_FROM", "Example <no-reply@example.com>")
        .build()
        .await;
    let keys = world.generate_keys();
    let started = |keys: Option<&str>, base: &str, mail: Option<&str>, arguments: &[&str]| {
        let mut command = world.command(free_port(), base);
        command.env("TWINLOCK_BASE_URL", base);
        if let Some(mail) = mail {
            command.env("SMTP_URL", mail);
        }
        if let Some(keys) = keys {
            command.env("TWINLOCK_KEYS", keys);
        }
        let output = command.args(arguments).output().unwrap();
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(!output.status.success(), "it started: {said}");
        assert!(!said.contains("panicked"), "{said}");
        said
    };
    let refused = |keys: Option<&str>, base: &str, arguments: &[&str]| started(keys, base, None, arguments);
    let https = "https://login.example.com";
    for mail in ["", "smtp://mail.example.com?tls=none"] {
        let said = started(Some(&keys), https, Some(mail), &["serve", "--migrate"]);
        assert!(said.contains("SMTP_URL"), "{said}");
    }
    let said = refused(Some(&keys), "http://login.example.com", &["serve", "--migrate"]);
    assert!(said.contains("TWINLOCK_BASE_URL"), "{said}");
    let said = refused(None, https, &["serve", "--migrate"]);
    assert!(said.contains("TWINLOCK_KEYS"), "{said}");
    let said = refused(Some(&keys), https, &["serve", "--migrate", "--test-mode"]);
    assert!(said.contains("test"), "{said}");
    let said = refused(Some("default"), https, &["serve", "--migrate"]);
    assert!(said.contains("TWINLOCK_KEYS"), "{said}");
}

/// a production server shows no mailbox, no metrics, no test calls and no version on its public address.
async fn production_shows_nothing_of_its_inside(database: Database) {
    let mut plan = World::on(database)
        .without_test_mode()
        .with("TWINLOCK_ENV", "production")
        .with("TWINLOCK_BASE_URL", "https://login.example.com")
        .with("SMTP_URL", "smtp://127.0.0.1:1")
        .with("EMAIL_FROM", "Example <no-reply@example.com>")
        .with("TWOFA_SIGNUP_ENABLED", "false");
    let inside = format!("127.0.0.1:{}", free_port());
    plan = plan.with("TWINLOCK_METRICS_BIND", &inside);
    let keys = World::on(Database::Sqlite).build().await.generate_keys();
    plan = plan.with("TWINLOCK_KEYS", keys);
    let world = plan.start().await;
    assert!(!world.logs().contains("demo email="));
    let browser = world.browser();
    for path in ["/dev/mailbox", "/dev/", "/metrics", "/docs", "/v1/test/clock", "/v1/test/outbox", "/debug", "/.env"] {
        browser.get(path).await.refused(404, "not_found");
    }
    let signup = json!({ "email": "a@example.com", "password": "tidal-Lantern 77 over moss" });
    browser.post("/auth/signup/", signup).await.refused(403, "feature_disabled");
    let explained = browser.get("/problems/not_found").await.expect(200);
    for answer in [explained, browser.get("/healthz").await.expect(200), browser.get("/nowhere").await] {
        let said = format!("{:?}{}", answer.headers, answer.text);
        assert!(!said.contains(env!("CARGO_PKG_VERSION")), "{said}");
    }
    let person = world.add_person(None);
    login_with(&browser, &person.email, &person.password).await.expect(200);
    for path in ["/metrics", "/healthz", "/docs", "/docs/reference.css", "/openapi.json"] {
        let answer = reqwest::get(format!("http://{inside}{path}")).await.unwrap();
        assert_eq!(answer.status(), 200, "{path} on the operators' address");
    }
}

/// Product.md section 6: a wrong setting stops the start with one line that names it.
async fn a_wrong_setting_stops_the_start_in_one_line(database: Database) {
    let world = World::on(database).build().await;
    for (name, value) in [
        ("TWINLOCK_BIND", "here"),
        ("TWINLOCK_BASE_URL", "ftp://example.com"),
        ("TWINLOCK_ENV", "staging"),
        ("TWINLOCK_TRUSTED_PROXIES", "everyone"),
        ("TWOFA_MAX_ATTEMPTS", "0"),
        ("TWOFA_RATE_LIMIT_MAX", "-1"),
        ("TWOFA_LOCKOUT_DURATION_MINUTES", "soon"),
        ("TWOFA_RECOVERY_CODE_COUNT", "1"),
        ("DATABASE_URL", "mysql://localhost/x"),
        ("TWINLOCK_KEYS", "not a ring"),
    ] {
        let mut command = world.command(free_port(), "http://127.0.0.1:8080");
        let output = command.env(name, value).arg("serve").output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "{name}={value} was taken");
        assert!(said.contains(name), "{name}={value}: {said}");
        assert_eq!(said.trim().lines().count(), 1, "{name}={value}: {said}");
    }
}

/// Product.md section 6: the test mode listens on loopback only.
async fn the_test_mode_stays_at_home(database: Database) {
    let world = World::on(database).build().await;
    let mut command = world.command(0, "http://127.0.0.1:8080");
    command.env("TWINLOCK_BIND", format!("0.0.0.0:{}", free_port()));
    let mut child = command
        .args(["serve", "--test-mode", "--migrate"])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    for _ in 0..100 {
        if let Some(status) = child.try_wait().unwrap() {
            assert!(!status.success());
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    child.kill().unwrap();
    child.wait().unwrap();
    panic!("it served in test mode on every address");
}

/// Product.md section 6: a ring generated on one node is refused where nodes share a database.
async fn a_generated_ring_is_refused_on_postgresql(database: Database) {
    let mut world = World::on(database).build().await;
    world.unset("TWINLOCK_KEYS");
    let log = world.try_start(free_port()).await.err().expect("it is refused");
    assert!(log.contains("TWINLOCK_KEYS"), "{log}");
    assert!(!world.path().join("twinlock.keys").exists());
}

/// The demo account's secret is a working one: `oathtool` says the same.
async fn the_second_step_takes_the_demo_code(database: Database) {
    let world = World::start(database).await;
    let logs = world.logs();
    let line = logs.lines().find(|line| line.contains("demo email=")).expect("a demo account");
    let answer = login_with(&world.browser(), &word(line, "email"), &word(line, "password")).await.expect(200);
    let code = code(&word(line, "totp_secret"), world.fresh_step().await);
    verify(&world.browser(), &answer.text_at("/partial_token"), &code).await.expect(200);
}

on_sqlite![
    the_demo_account_comes_once,
    files_with_secrets_are_private,
    without_the_test_mode_its_calls_do_not_exist,
    production_refuses_what_is_only_convenient,
    production_shows_nothing_of_its_inside,
    a_wrong_setting_stops_the_start_in_one_line,
    the_test_mode_stays_at_home,
];
on_both_databases![the_second_step_takes_the_demo_code];
on_postgresql![a_generated_ring_is_refused_on_postgresql];
