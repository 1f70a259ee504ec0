//! The pages in a real browser: by hand and by keyboard, with scripts and without.

use crate::chromium::{Chromium, Tab, View};
use crate::database::Database;
use crate::harness::World;
use crate::people::PASSWORD;
use crate::totp;

impl Tab {
    /// Nothing was asked for elsewhere, and no page complained.
    #[track_caller]
    pub(crate) fn kept_to_itself(&self, world: &World) {
        for address in self.requests() {
            let ours = address.starts_with(&format!("{}/", world.base())) || address == "about:blank";
            assert!(ours || address.starts_with("data:"), "{address}");
        }
        // A browser notes every refused form as an error of the network; those are meant.
        let complaints = self.complaints().into_iter().filter(|text| !text.contains("Failed to load resource"));
        assert_eq!(complaints.collect::<Vec<_>>(), Vec::<String>::new());
    }
}

/// Sign-up, the mail's link, sign-in with a remembered code, and sign-out.
async fn sign_up_and_in(world: &World, chromium: &std::sync::Arc<Chromium>, view: View) {
    let tab = chromium.open(view);
    let email = world.new_address();
    tab.go(&format!("{}/", world.base()));
    assert_eq!(tab.path(), "/sign-in");
    tab.click("a[href='/sign-up']");
    tab.fill("#email", &email);
    tab.fill("#new_password", PASSWORD);
    tab.click("button.main");
    assert_eq!(tab.path(), "/sign-up/sent");
    let token = world.verification_token(&email).await;
    let link = format!("{}/verify-email#token={token}", world.base());
    tab.go(&link);
    if view.scripts {
        assert!(!tab.address().contains(&token), "the token stays in the address bar: {}", tab.address());
        assert_eq!(tab.attribute("#link", "type").as_deref(), Some("hidden"));
    } else {
        tab.fill("#link", &link);
    }
    tab.click("button.main");
    assert_eq!(tab.path(), "/sign-in");
    assert_eq!(tab.text(".note.good"), "Your address is confirmed. You can sign in now.");
    tab.fill("#email", &email);
    tab.fill("#password", "wrong wrong wrong");
    tab.enter();
    assert_eq!(tab.text("#trouble"), "E-mail address or password is not right.");
    tab.fill("#password", PASSWORD);
    tab.enter();
    assert_eq!(tab.path(), "/security");
    assert_eq!(tab.text(".glance h2"), "Two-step sign-in is off");
    tab.click(".top button");
    assert_eq!(tab.text(".note.good"), "You are signed out.");

    let person = world.add_person_with_totp();
    tab.fill("#email", &person.email);
    tab.fill("#password", &person.password);
    tab.enter();
    assert_eq!(tab.path(), "/sign-in/code");
    assert!(tab.has("input[autocomplete='one-time-code']:focus"), "typing can begin at once");
    tab.fill("#code", "000000");
    tab.enter();
    assert!(tab.text("#trouble").contains("4 tries are left"));
    tab.tick("#remember");
    tab.fill("#code", &totp::code(&person.secret, world.fresh_step().await));
    tab.click("button.main");
    assert_eq!(tab.text(".glance h2"), "Two-step sign-in is on");
    assert!(tab.text("main").contains("This device"));
    tab.kept_to_itself(world);
}

async fn a_person_signs_up_and_in(database: Database) {
    let Some(chromium) = Chromium::start() else { return };
    let world = World::start(database).await;
    sign_up_and_in(&world, &chromium, View::PHONE).await;
    sign_up_and_in(&world, &chromium, View { scripts: false, ..View::DESKTOP }).await;
}

/// a page shows itself in no frame.
async fn no_page_stands_in_a_frame(database: Database) {
    let Some(chromium) = Chromium::start() else { return };
    let world = World::start(database).await;
    let tab = chromium.open(View::DESKTOP);
    tab.go(&format!("{}/dev/mailbox", world.base()));
    tab.evaluate(
        "new Promise((done) => { const frame = document.createElement('iframe'); frame.onload = () => done(1); \
         frame.src = '/sign-in'; document.body.append(frame); })",
    );
    let readable = tab.evaluate("(() => { try { return !!document.querySelector('iframe').contentDocument.querySelector('#email'); } catch { return false; } })()");
    assert_eq!(readable, false);
}

on_both_databases![a_person_signs_up_and_in];
on_sqlite![no_page_stands_in_a_frame];
