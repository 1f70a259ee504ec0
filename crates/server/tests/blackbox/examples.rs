//! The examples: apps with a login of their own, started by their one command, in a real browser.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
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
    async fn start(world: &World, folder: &Path, told: Option<(&str, PathBuf)>) -> Self {
        let shop = world.shop("shop");
        world.must(&["app", "set", "shop", "--second-factor", "required"]);
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
            .envs(told)
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

/// A program of the workspace, which a run of all tests has built; `None` where a part of it alone was, which in CI is a failure.
#[expect(clippy::disallowed_methods, reason = "a test is configured by its environment")]
fn built(name: &str) -> Option<PathBuf> {
    let program = Path::new(env!("CARGO_BIN_EXE_twinlock")).with_file_name(name);
    if !program.exists() {
        assert!(std::env::var_os("CI").is_none(), "CI is set and {name} is not built: run cargo xtask test");
        eprintln!("SKIPPED: {name} is not built, so this was not tested: run cargo xtask test");
    }
    program.exists().then_some(program)
}

/// How an example is made ready: with what was fetched for it, where its `start` stands, and what that is told.
type Ready = fn(&World, PathBuf, PathBuf) -> (PathBuf, Option<(&'static str, PathBuf)>);

fn at_the_page(world: &World, tab: &Tab) {
    assert!(tab.address().starts_with(&format!("{}/second-factor/", world.base())), "{}", tab.address());
}

/// The first sign-in: everybody has to have a second factor, and whoever has none sets one up on the way. Gives the secret of
/// the authenticator, and the recovery codes.
async fn enrolls(world: &World, example: &Example, tab: &Tab) -> (String, Vec<String>) {
    example.log_in(tab);
    at_the_page(world, tab);
    let page = tab.address();
    assert!(!example.is_in(tab), "the password alone is enough");
    tab.go(&page);
    tab.click("button[value=totp]");
    let secret = tab.attribute("[data-copy]", "data-copy").unwrap();
    tab.fill("#code", &totp::code(&secret, world.fresh_step().await));
    tab.click("button.main");
    let page = tab.address();
    assert!(page.ends_with("/recovery-codes"), "{page}");
    let list = tab.html();
    let codes = list.split("<ol class=\"codes\"").nth(1).unwrap().split("<li>").skip(1);
    let codes: Vec<_> = codes.map(|code| code.split('<').next().unwrap().to_owned()).collect();
    assert_eq!(codes.len(), 10, "{codes:?}");
    assert!(!example.is_in(tab), "in before the browser came back");
    tab.go(&page);
    tab.click("button.main");
    signed_in(example, tab);
    (secret, codes)
}

#[track_caller]
fn signed_in(example: &Example, tab: &Tab) {
    assert_eq!((tab.path().as_str(), tab.text("h1").as_str()), ("/", "Hello ada"));
    assert!(tab.address().starts_with(&example.url) && !tab.address().contains("tfa"), "{}", tab.address());
}

/// Password, hosted second factor, app: an authenticator is set up at the first sign-in, the device remembered at the second,
/// a recovery code typed at the third.
async fn signs_people_in(world: &World, example: &Example, chromium: &Arc<Chromium>) -> String {
    let tab = chromium.open(View::DESKTOP);
    let (secret, codes) = enrolls(world, example, &tab).await;
    let log_out = |tab: &Tab| {
        tab.click("button");
        assert!(!example.is_in(tab), "logged out");
    };

    log_out(&tab);
    example.log_in(&tab);
    at_the_page(world, &tab);
    tab.tick("#remember");
    tab.fill("#code", &totp::code(&secret, world.fresh_step().await));
    tab.click("button.main");
    signed_in(example, &tab);
    log_out(&tab);
    example.log_in(&tab);
    assert_eq!(tab.text("h1"), "Hello ada", "the device was remembered, yet we are at {}", tab.address());

    let another = chromium.open(View::PHONE);
    example.log_in(&another);
    at_the_page(world, &another);
    another.click("a[href$='by=recovery']");
    another.fill("#code", &codes[0]);
    another.click("button.main");
    signed_in(example, &another);

    log_out(&tab);
    example.log_in(&tab);
    at_the_page(world, &tab); // A recovery code ends the trust.
    secret
}

/// A-05, A-06, A-30: a result that is stolen, about somebody else, of another application or spent signs nobody in, whoever has
/// the password.
async fn signs_nobody_else_in(world: &World, example: &Example, chromium: &Arc<Chromium>, secret: &str) {
    let (victim, thief) = (chromium.open(View::DESKTOP), chromium.open(View::DESKTOP));
    let bank = world.shop("bank");
    world.must(&["app", "return-url", "add", "bank", &format!("{}{BACK}", example.url)]);
    for (application, user) in [(&bank, "1"), (&example.shop, "2")] {
        let (theirs, _) = application.enroll(user).await;
        let asked = json!({ "return_url": format!("{}{BACK}", example.url) });
        let visitor = chromium.open(View::DESKTOP);
        visitor.go(&application.challenge_with(user, asked).await.expect(201).text_at("/url"));
        let foreign = example.kept_back(&visitor, &totp::code(&theirs, world.fresh_step().await));
        example.log_in(&thief);
        thief.go(&foreign);
        assert!(!example.is_in(&thief), "a result about another signs in: {user}");
    }

    example.log_in(&victim);
    let stolen = example.kept_back(&victim, &totp::code(secret, world.fresh_step().await));
    thief.go(&stolen);
    assert!(!example.is_in(&thief), "a stolen result signs in");
    example.log_in(&thief);
    thief.go(&stolen);
    assert!(!example.is_in(&thief), "a stolen result signs in who has the password");

    victim.go(&stolen);
    assert_eq!(victim.text("h1"), "Hello ada", "what a thief tried took nothing away");
    victim.click("button");
    for tab in [&victim, &thief] {
        example.log_in(tab);
        tab.go(&stolen);
        assert!(!example.is_in(tab), "a spent result signs in");
    }
}

/// One example, in a world where everybody has to have a second factor: what `twinlock.sh` sets as well.
async fn does_as_it_says(database: Database, name: &str, needed: impl Fn() -> Option<PathBuf>, ready: Ready) {
    let Some(fetched) = needed() else { return };
    let Some(chromium) = Chromium::start() else { return };
    let world = World::start(database).await;
    let (folder, told) = ready(&world, fetched, folder(name));
    let example = Example::start(&world, &folder, told).await;
    let secret = signs_people_in(&world, &example, &chromium).await;
    signs_nobody_else_in(&world, &example, &chromium, &secret).await;
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
    assert_eq!(answer.json["status"], "enrollment_required");
    assert!(answer.json["url"].is_string(), "{}", answer.text);
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
    for example in EXAMPLES {
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

/// A row for each example: the name of its test, its folder, what it needs, and how it is made ready.
macro_rules! examples {
    ($($test:ident: $folder:literal, $needed:expr, $ready:expr;)*) => {
        const EXAMPLES: &[&str] = &[$($folder),*];

        $(async fn $test(database: Database) {
            does_as_it_says(database, $folder, $needed, $ready).await;
        })*

        on_sqlite![$($test,)* one_command_starts_all_of_it];
    };
}

examples! {
    a_django_app_signs_people_in: "examples/django", || fetched("TWINLOCK_TEST_PYTHON"),
        |_, python, folder| (folder, Some(("PYTHON", python)));
    an_express_app_signs_people_in: "examples/express", || fetched("TWINLOCK_TEST_NODE"), |world, packages, _| {
        compiled(world, &packages, Some("examples/express"));
        (world.path().join("app"), None)
    };
    an_axum_app_signs_people_in: "examples/axum", || built("twinlock-example-axum"),
        |_, shop, folder| (folder, Some(("SHOP", shop)));
}
