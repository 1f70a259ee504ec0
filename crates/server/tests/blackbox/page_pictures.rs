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
}
