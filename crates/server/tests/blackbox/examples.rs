//! The examples: apps with a login of their own, started by their one command, in a real browser.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::chromium::{Chromium, Tab, View};
use crate::client::Browser;
use crate::clients::{compiled, fetched, folder};
use crate::database::Database;
use crate::harness::{World, free_port};
use crate::totp;
use crate::v1::Shop;

const PASSWORD: &str = "ada loves engines";
const BACK: &str = "/second-factor";

/// A running example. Dropping it ends it.
struct Example {
    child: Child,
    url: String,
    shop: Shop,
}

impl Example {
    /// Starts it with an application of its own, and waits until it answers.
    async fn start(world: &World, folder: &Path, surroundings: &[(&str, PathBuf)]) -> Self {
        let shop = world.shop("shop");
        let port = free_port();
        let url = format!("http://127.0.0.1:{port}");
        world.must(&["app", "return-url", "add", "shop", &format!("{url}{BACK}")]);
        let log = std::fs::File::create(world.path().join("example.log")).unwrap();
        let child = Command::new(folder.join("start"))
            .env("PORT", port.to_string())
            .env("TWINLOCK_URL", world.base())
            .env("TWINLOCK_API_KEY", &shop.key)
            .env("EXAMPLE_DATA", world.path())
            .env("EXAMPLE_PASSWORD", PASSWORD)
            .envs(surroundings.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut example = Self { child, url, shop };
        let patience = Instant::now() + Duration::from_mins(2);
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            let ended = example.child.try_wait().unwrap();
            let said = || std::fs::read_to_string(world.path().join("example.log")).unwrap_or_default();
            assert!(ended.is_none() && Instant::now() < patience, "it did not start: {ended:?}\n{}", said());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        example
    }

    /// Name and password, as a person types them.
    fn log_in(&self, tab: &Tab) {
        tab.go(&self.url);
        assert_eq!(tab.text("h1"), "Log in", "at {}", tab.address());
        tab.fill("[name=name]", "ada");
        tab.fill("[name=password]", PASSWORD);
        tab.click("button");
    }

    /// Whether the app knows who this is.
    fn is_in(&self, tab: &Tab) -> bool {
        tab.go(&self.url);
        tab.text("h1") == "Hello ada"
    }

    /// Answers the hosted page, and gives the address that the browser was sent back to; it never gets there.
    fn kept_back(&self, tab: &Tab, code: &str) -> String {
        let start = format!("{}{BACK}?tfa=", self.url);
        tab.fill("#code", code);
        tab.kept_from(&format!("{start}*"), "button.main")
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

/// Password, hosted second factor, app; a remembered device at the second sign-in, a recovery code at the third. A-05, A-06,
/// A-30: a password alone opens nothing, and a result that is stolen, foreign or spent signs nobody in.
async fn signs_people_in(world: &World, example: &Example) {
    let Some(chromium) = Chromium::start() else { return };
    let (secret, codes) = example.shop.enroll("1").await;
    let tab = chromium.open(View::DESKTOP);
    let at_the_page = |tab: &Tab| assert!(tab.address().starts_with(world.base()), "{}", tab.address());

    example.log_in(&tab);
    at_the_page(&tab);
    let page = tab.address();
    assert!(!example.is_in(&tab), "the password alone is enough");
    tab.go(&page);
    tab.tick("#remember");
    tab.fill("#code", &totp::code(&secret, world.fresh_step().await));
    tab.click("button.main");
    assert_eq!((tab.path().as_str(), tab.text("h1").as_str()), ("/", "Hello ada"));
    assert!(tab.address().starts_with(&example.url) && !tab.address().contains("tfa"), "{}", tab.address());

    tab.click("button");
    assert!(!example.is_in(&tab), "logged out");
    example.log_in(&tab);
    assert_eq!(tab.text("h1"), "Hello ada", "the device was remembered, yet we are at {}", tab.address());

    let another = chromium.open(View::PHONE);
    example.log_in(&another);
    at_the_page(&another);
    another.click("a[href$='by=recovery']");
    another.fill("#code", &codes[0]);
    another.click("button.main");
    assert_eq!(another.text("h1"), "Hello ada");

    // A recovery code ends the trust. What somebody else is sent back with is of no use here, whoever it is about.
    let (victim, thief) = (chromium.open(View::DESKTOP), chromium.open(View::DESKTOP));
    example.log_in(&victim);
    let stolen = example.kept_back(&victim, &totp::code(&secret, world.fresh_step().await));
    thief.go(&stolen);
    assert!(!example.is_in(&thief), "a stolen result signs in");
    example.log_in(&thief);
    thief.go(&stolen);
    assert!(!example.is_in(&thief), "a stolen result signs in who has the password");
    let bank = world.shop("bank");
    world.must(&["app", "return-url", "add", "bank", &format!("{}{BACK}", example.url)]);
    let (theirs, _) = bank.enroll("1").await;
    let asked = json!({ "return_url": format!("{}{BACK}", example.url) });
    victim.go(&bank.challenge_with("1", asked).await.expect(201).text_at("/url"));
    let foreign = example.kept_back(&victim, &totp::code(&theirs, world.fresh_step().await));
    thief.go(&foreign);
    assert!(!example.is_in(&thief), "a result of another application signs in");

    victim.go(&stolen);
    assert_eq!(victim.text("h1"), "Hello ada", "what a thief tried took nothing away");
    example.log_in(&thief);
    thief.go(&stolen);
    assert!(!example.is_in(&thief), "a spent result signs in");
}

async fn a_django_app_signs_people_in(database: Database) {
    let Some(python) = fetched("TWINLOCK_TEST_PYTHON") else { return };
    let world = World::start(database).await;
    let example = Example::start(&world, &folder("examples/django"), &[("PYTHON", python)]).await;
    signs_people_in(&world, &example).await;
}

async fn an_express_app_signs_people_in(database: Database) {
    let Some(packages) = fetched("TWINLOCK_TEST_NODE") else { return };
    let world = World::start(database).await;
    compiled(&world, &packages, Some("examples/express"));
    let example = Example::start(&world, &world.path().join("app"), &[]).await;
    signs_people_in(&world, &example).await;
}

/// Without anything given it starts a Twinlock of its own, and takes it along when it ends.
async fn one_command_starts_all_of_it(_: Database) {
    let Some(python) = fetched("TWINLOCK_TEST_PYTHON") else { return };
    let data = tempfile::tempdir().unwrap();
    let (port, twinlock) = (free_port(), free_port());
    let log = std::fs::File::create(data.path().join("out")).unwrap();
    let mut child = Command::new(folder("examples/django").join("start"))
        .env("PORT", port.to_string())
        .env("EXAMPLE_TWINLOCK_PORT", twinlock.to_string())
        .env("TWINLOCK", env!("CARGO_BIN_EXE_twinlock"))
        .env("EXAMPLE_DATA", data.path())
        .env("PYTHON", python)
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap();
    let listens = |port: u16| std::net::TcpStream::connect(("127.0.0.1", port)).is_ok();
    let said = || std::fs::read_to_string(data.path().join("out")).unwrap();
    let patience = Instant::now() + Duration::from_mins(2);
    while !listens(port) {
        assert!(Instant::now() < patience && child.try_wait().unwrap().is_none(), "{}", said());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let told = said();
    let key = told.split("api_key=").nth(1).and_then(|rest| rest.lines().next()).unwrap();
    let asked = json!({ "user": { "id": "1" }, "ip": "203.0.113.7", "user_agent": "x", "reason": "login",
        "return_url": format!("http://127.0.0.1:{port}{BACK}") });
    let at = Browser::new(&format!("http://127.0.0.1:{twinlock}"), &format!("127.0.0.1:{twinlock}"));
    let answer = at.post_as(key, "/v1/challenges", asked).await.expect(201);
    assert_eq!(answer.json["status"], "not_required");
    let _ = Command::new("kill").arg(child.id().to_string()).status();
    let _ = child.wait();
    while listens(port) || listens(twinlock) {
        assert!(Instant::now() < patience, "something was left behind");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// What the README shows as the change is what stands in the files, and short.
#[test]
fn the_change_is_as_short_as_shown() {
    for example in ["examples/django", "examples/express"] {
        let readme = std::fs::read_to_string(folder(example).join("README.md")).unwrap();
        let diff = readme.split("```diff\n").nth(1).unwrap().split("```").next().unwrap();
        let added = diff.lines().filter(|line| line.starts_with('+') && !line.starts_with("+++")).count();
        assert!((1..=8).contains(&added), "{example}: {added} lines");
        for file in diff.split("--- a/").skip(1) {
            let mut hunks = file.split("@@\n");
            let name = hunks.next().unwrap().split('\n').next().unwrap();
            let text = std::fs::read_to_string(folder(example).join(name)).unwrap();
            for hunk in hunks {
                let kept = hunk.lines().filter(|line| !line.starts_with('-'));
                let after = kept.map(|line| &line[1..]).collect::<Vec<_>>().join("\n") + "\n";
                assert!(text.contains(&after), "{name} has not:\n{after}");
            }
        }
    }
}

on_sqlite![a_django_app_signs_people_in, an_express_app_signs_people_in, one_command_starts_all_of_it];
