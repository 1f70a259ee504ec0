//! `twinlock keys rotate`: everything sealed comes under the new key, while people sign in and the command is killed.

use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::database::Database;
use crate::harness::World;
use crate::people::{Person, partial_token, verify};
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

on_both_databases![a_killed_rotation_goes_on_under_load];
