//! Pictures of every page in every state, for the documents and for the eyes of whoever changes a page.
//!
//! Run by `cargo xtask screenshots`, which says where they go. The scenes are made the way people make them.

use std::path::PathBuf;

use crate::chromium::{Chromium, Tab, View};
use crate::database::Database;
use crate::harness::World;
use crate::people::{PASSWORD, Person};
use crate::totp;

/// Takes each picture in every look.
struct Camera<'a> {
    tab: &'a Tab,
    folder: PathBuf,
}

impl Camera<'_> {
    fn take(&self, name: &str) {
        for (look, view) in [
            ("phone", View::PHONE),
            ("phone-dark", View { dark: true, ..View::PHONE }),
            ("desktop", View::DESKTOP),
            ("desktop-dark", View { dark: true, ..View::DESKTOP }),
        ] {
            self.tab.look(view);
            std::fs::write(self.folder.join(format!("{name}-{look}.png")), self.tab.picture()).unwrap();
        }
        self.tab.look(View::PHONE);
    }
}

impl World {
    /// Types address and password into the sign-in page.
    pub(crate) fn type_password(&self, tab: &Tab, person: &Person) {
        tab.go(&format!("{}/sign-in", self.base()));
        tab.fill("#email", &person.email);
        tab.fill("#password", &person.password);
        tab.click(".main");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "makes pictures; run by cargo xtask screenshots"]
async fn every_page_has_its_picture_taken() {
    #[expect(clippy::disallowed_methods, reason = "a test is configured by its environment")]
    let folder = std::env::var("TWINLOCK_PICTURES").expect("TWINLOCK_PICTURES says where the pictures go");
    let folder = PathBuf::from(folder);
    std::fs::create_dir_all(&folder).unwrap();
    let world = World::start(Database::Sqlite).await;
    let Some(chromium) = Chromium::start() else { panic!("there is nothing to take pictures with") };
    let tab = chromium.open(View::PHONE);
    let camera = Camera { tab: &tab, folder };
    let at = |path: &str| format!("{}{path}", world.base());

    tab.go(&at("/sign-in"));
    camera.take("sign-in");
    tab.fill("#email", "ada@example.com");
    tab.fill("#password", "not my password");
    tab.click(".main");
    camera.take("sign-in-wrong");
    tab.go(&at("/sign-up"));
    camera.take("sign-up");
    tab.fill("#email", "ada@example.com");
    tab.fill("#new_password", "password1");
    tab.click(".main");
    camera.take("sign-up-weak");
    tab.go(&at("/sign-up"));
    tab.fill("#email", "ada@example.com");
    tab.fill("#new_password", PASSWORD);
    tab.click(".main");
    camera.take("sign-up-sent");
    let token = world.verification_token("ada@example.com").await;
    tab.go(&at("/verify-email"));
    camera.take("verify-pasted");
    tab.go(&at(&format!("/verify-email#token={token}")));
    camera.take("verify");
    tab.click(".main");
    camera.take("verified");
    tab.go(&at("/forgot-password"));
    camera.take("forgot");
    tab.go(&at("/reset-password#token=x"));
    camera.take("reset");
    tab.fill("#new_password", PASSWORD);
    tab.click(".main");
    camera.take("link-dead");
    tab.go(&at("/unlock#token=x"));
    camera.take("unlock");

    let person = world.add_person_with_totp();
    world.type_password(&tab, &person);
    camera.take("code");
    tab.fill("#code", "000000");
    tab.click(".main");
    camera.take("code-wrong");
    tab.go(&at("/sign-in/code?by=recovery"));
    camera.take("code-recovery");
    world.type_password(&tab, &person);
    tab.tick("#remember");
    tab.fill("#code", &totp::code(&person.secret, world.fresh_step().await));
    tab.click(".main");
    camera.take("security");

    // Somebody new turns it on, and adds a number and an address.
    let mut person = world.add_person(None);
    let tab = chromium.open(View::PHONE);
    let camera = Camera { tab: &tab, ..camera };
    world.type_password(&tab, &person);
    camera.take("security-off");
    tab.go(&at("/security/add"));
    camera.take("add");
    tab.go(&at("/security/add/totp"));
    camera.take("add-totp");
    tab.click("button.main");
    camera.take("set-up-totp");
    tab.tick("summary");
    camera.take("set-up-totp-key");
    person.secret = tab.text("#key").replace(' ', "");
    tab.fill("#code", &totp::code(&person.secret, world.fresh_step().await));
    tab.click("button.main");
    camera.take("recovery-new");
    tab.click("a.main");
    camera.take("remember");
    tab.fill("#code", &totp::code(&person.secret, world.fresh_step().await));
    tab.click("button.main");
    camera.take("remembered");
    for (kind, field, to) in [("sms", "#phone_number", "+12025550167"), ("email", "#email", "codes@example.org")] {
        tab.go(&at(&format!("/security/add/{kind}")));
        camera.take(&format!("add-{kind}"));
        tab.fill(field, to);
        tab.click("button.main");
        camera.take(&format!("set-up-{kind}"));
        tab.fill("#code", &world.code_to(to, "setup_code", 1).await);
        tab.click("button.main");
        world.advance(60).await;
    }
    camera.take("security-full");
    tab.click(".item a.button");
    camera.take("factor");
    for (path, name) in [
        ("/security/password", "password"),
        ("/security/email", "email"),
        ("/security/off", "off"),
        ("/security/recovery-codes", "recovery"),
    ] {
        tab.go(&at(path));
        camera.take(name);
    }
    world.advance(600).await;
    tab.go(&at("/security/password"));
    camera.take("prove");
    tab.go(&at("/security"));
    tab.click(".top button");
    world.type_password(&tab, &person);
    camera.take("code-three-ways");
    tab.click(".others button.row");
    camera.take("code-sms");
    for _ in 0..10 {
        world.type_password(&tab, &person);
        if tab.path() == "/sign-in" {
            break;
        }
        for _ in 0..5 {
            tab.fill("#code", "000000");
            tab.click("button.main");
            if tab.path() != "/sign-in/code" {
                break;
            }
        }
    }
    camera.take("locked");
    tab.go(&at("/security/factors/nothing"));
    camera.take("missing");
}
