//! `twinlock keys rotate`: everything sealed comes under the new key, while people sign in and the command is killed.

use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::database::Database;
use crate::harness::World;
use crate::people::{Person, Session, login, partial_token, refresh, verify};
use crate::totp::code;

/// Factors sealed with another key than the one of this id.
async fn left(world: &World, active: &str) -> i64 {
    let id = if world.database.is_postgres() { format!("'\\x{active}'::bytea") } else { format!("x'{active}'") };
    world.look.count(&format!("SELECT count(*) FROM factors WHERE substr(secret, 2, 4) <> {id}")).await
}

/// Everybody signs in at a step of their own making; nobody is refused.
async fn all_sign_in(world: &World, people: &[Person]) {
    let now = world.fresh_step().await;
    let each = people.iter().map(|person| async {
        let browser = world.browser();
        let token = partial_token(&browser, person).await;
        verify(&browser, &token, &code(&person.secret, now)).await.expect(200);
    });
    futures_util::future::join_all(each).await;
}

/// a killed rotation is taken up again, and ends with no row under the old key; eight people sign in all the
/// while. The old key can go then, and not before.
async fn a_killed_rotation_goes_on_under_load(database: Database) {
    let mut world = World::on(database).build().await;
    let old = world.generate_keys();
    world.set("TWINLOCK_KEYS", &old);
    world.add_node().await;
    let people: Vec<Person> = (0..8).map(|_| world.add_person_with_totp()).collect();
    let mut lines = String::new();
    for number in 0..3_000 {
        let secret = data_encoding::BASE32_NOPAD.encode(format!("{number:020}").as_bytes());
        let line = json!({ "email": format!("many{number}@example.com"), "totp_secret": secret });
        lines.extend([line.to_string().as_str(), "\n"]);
    }
    let output = world.cli(&["user", "import", "-"], &lines);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    let new = world.generate_keys();
    world.set("TWINLOCK_KEYS", &format!("{new},{old}"));
    world.restart(0).await;
    let status = world.cli(&["keys", "status"], "");
    let status = String::from_utf8(status.stdout).unwrap();
    let active = status.lines().find(|line| line.contains("active")).unwrap()[..8].to_owned();
    let total = left(&world, &active).await;
    assert!(total >= 3_008, "{status}");

    let rotate = |world: &World| {
        let mut command = world.command(8080, world.base());
        command.args(["keys", "rotate"]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    };
    let mut child = rotate(&world);
    let patience = Instant::now() + Duration::from_mins(1);
    while left(&world, &active).await == total {
        assert!(Instant::now() < patience, "nothing was sealed anew");
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let rest = left(&world, &active).await;
    assert!(0 < rest && rest < total, "killed too late: {rest} of {total} left");
    world.set("TWINLOCK_KEYS", &new);
    assert!(!world.cli(&["keys", "rotate"], "").status.success(), "a ring without the old key");
    world.set("TWINLOCK_KEYS", &format!("{new},{old}"));

    let mut child = rotate(&world);
    while child.try_wait().unwrap().is_none() {
        all_sign_in(&world, &people).await;
    }
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(left(&world, &active).await, 0);
    let again = world.cli(&["keys", "rotate"], "");
    assert!(again.status.success() && String::from_utf8_lossy(&again.stdout).starts_with("0 values"), "{again:?}");

    world.set("TWINLOCK_KEYS", &new);
    assert!(world.cli(&["keys", "status"], "").status.success());
    world.restart(0).await;
    all_sign_in(&world, &people).await;
}

/// whatever else is sealed comes along: numbers with what is counted for them, pending set-ups, kept recovery codes,
/// links under way, backup addresses. Under the new key alone all of it still works.
async fn all_that_is_sealed_comes_along(database: Database) {
    let mut world = World::on(database).build().await;
    let old = world.generate_keys();
    world.set("TWINLOCK_KEYS", &old);
    world.add_node().await;
    let number = "+12025550143";
    let (person, _) = world.person_with("sms", number).await;
    let browser = world.browser();
    let token = partial_token(&browser, &person).await;
    let typed = world.code_to(number, "login_code", 2).await;
    let session = Session::of(&verify(&browser, &token, &typed).await.expect(200));
    let set = browser.post_as(&session.access, "/auth/2fa/recovery-codes/generate/", json!({})).await.expect(200);
    let body = json!({ "method": "totp" });
    let pending = browser.post_as(&session.access, "/auth/2fa/setup/", body).await.expect(201).text_at("/secret");
    let new_address = world.new_address();
    let change = json!({ "new_email": new_address });
    browser.post_as(&session.access, "/auth/email/change/", change).await.expect(202);
    let link = world.message(&new_address, "email_change").await["link"].as_str().unwrap().to_owned();

    let backup = world.new_address();
    browser.post_as(&session.access, "/auth/2fa/backup-email/", json!({ "email": backup })).await.expect(202);
    let proof = world.message(&backup, "backup_email").await["link"].as_str().unwrap().to_owned();
    let proof = json!({ "token": proof.split_once("#token=").unwrap().1 });
    browser.post("/auth/2fa/backup-email/confirm/", proof).await.expect(200);

    let new = world.generate_keys();
    world.set("TWINLOCK_KEYS", &format!("{new},{old}"));
    world.restart(0).await;
    let rotated = world.cli(&["keys", "rotate"], "");
    assert!(rotated.status.success(), "{rotated:?}");
    let status = String::from_utf8(world.cli(&["keys", "status"], "").stdout).unwrap();
    let kept: Vec<&str> = status.lines().filter(|line| line.contains("  kept  ") && !line.contains("hashed")).collect();
    assert!(kept.is_empty(), "{status}");
    // The unused recovery codes are hashed with the old key and still need it; everything sealed does without.
    world.look.execute("DELETE FROM recovery_codes").await;
    world.set("TWINLOCK_KEYS", &new);
    world.restart(0).await;

    let session =
        Session { access: refresh(&browser, &session.refresh).await.expect(200).text_at("/tokens/access"), ..session };
    let status = browser.get_as(&session.access, "/auth/2fa/status/").await.expect(200);
    assert_eq!(status.text_at("/backup_email"), "p***@e***.com");
    let path = "/auth/2fa/recovery-codes/download/?format=txt";
    let text = browser.get_as(&session.access, path).await.expect(200).text;
    assert!(set.json["recovery_codes"].as_array().unwrap().iter().all(|code| text.contains(code.as_str().unwrap())));
    let body = json!({ "code": code(&pending, world.fresh_step().await) });
    browser.post_as(&session.access, "/auth/2fa/verify-setup/", body).await.expect(200);
    world.advance(60).await;
    let answer = login(&browser, &person).await.expect(200);
    let typed = world.code_to(number, "login_code", 3).await;
    verify(&browser, &answer.text_at("/partial_token"), &typed).await.expect(200);
    let token = link.split_once("#token=").unwrap().1;
    browser.post("/auth/email/change/confirm/", json!({ "token": token })).await.expect(200);
}

on_both_databases![a_killed_rotation_goes_on_under_load, all_that_is_sealed_comes_along];
