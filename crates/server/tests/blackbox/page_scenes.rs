//! Every page in every state, made the way people make them: what pictures are taken of and what is tested for everybody.

use std::sync::Arc;

use crate::chromium::{Chromium, Tab, View};
use crate::harness::World;
use crate::people::{PASSWORD, Person};
use crate::totp;

impl World {
    /// Types address and password into the sign-in page.
    pub(crate) fn type_password(&self, tab: &Tab, person: &Person) {
        tab.go(&format!("{}/sign-in", self.base()));
        tab.fill("#email", &person.email);
        tab.fill("#password", &person.password);
        tab.click(".main");
    }
}

/// Goes through all of them, and shows each with its name.
pub(crate) async fn scenes(world: &World, chromium: &Arc<Chromium>, view: View, mut show: impl FnMut(&Tab, &str)) {
    let tab = chromium.open(view);
    let at = |path: &str| format!("{}{path}", world.base());

    tab.go(&at("/sign-in"));
    show(&tab, "sign-in");
    tab.fill("#email", "ada@example.com");
    tab.fill("#password", "not my password");
    tab.click(".main");
    show(&tab, "sign-in-wrong");
    tab.go(&at("/sign-up"));
    show(&tab, "sign-up");
    tab.fill("#email", "ada@example.com");
    tab.fill("#new_password", "password1");
    tab.click(".main");
    show(&tab, "sign-up-weak");
    tab.go(&at("/sign-up"));
    tab.fill("#email", "ada@example.com");
    tab.fill("#new_password", PASSWORD);
    tab.click(".main");
    show(&tab, "sign-up-sent");
    let token = world.verification_token("ada@example.com").await;
    tab.go(&at("/verify-email"));
    show(&tab, "verify-pasted");
    tab.go(&at(&format!("/verify-email#token={token}")));
    show(&tab, "verify");
    tab.click(".main");
    show(&tab, "verified");
    tab.go(&at("/forgot-password"));
    show(&tab, "forgot");
    tab.go(&at("/reset-password#token=x"));
    show(&tab, "reset");
    tab.fill("#new_password", PASSWORD);
    tab.click(".main");
    show(&tab, "link-dead");
    tab.go(&at("/unlock#token=x"));
    show(&tab, "unlock");

    let person = world.add_person_with_totp();
    world.type_password(&tab, &person);
    show(&tab, "code");
    tab.fill("#code", "000000");
    tab.click(".main");
    show(&tab, "code-wrong");
    tab.go(&at("/sign-in/code?by=recovery"));
    show(&tab, "code-recovery");
    world.type_password(&tab, &person);
    tab.tick("#remember");
    tab.fill("#code", &totp::code(&person.secret, world.fresh_step().await));
    tab.click(".main");
    show(&tab, "security");

    // Somebody new turns it on, and adds a number and an address.
    let mut person = world.add_person(None);
    let tab = chromium.open(view);
    world.type_password(&tab, &person);
    show(&tab, "security-off");
    tab.go(&at("/security/add"));
    show(&tab, "add");
    tab.go(&at("/security/add/totp"));
    show(&tab, "add-totp");
    tab.click("button.main");
    show(&tab, "set-up-totp");
    tab.tick("summary");
    show(&tab, "set-up-totp-key");
    person.secret = tab.text("#key").replace(' ', "");
    tab.fill("#code", &totp::code(&person.secret, world.fresh_step().await));
    tab.click("button.main");
    show(&tab, "recovery-new");
    tab.click("a.main");
    show(&tab, "remember");
    tab.fill("#code", &totp::code(&person.secret, world.fresh_step().await));
    tab.click("button.main");
    show(&tab, "remembered");
    for (kind, field, to) in [("sms", "#phone_number", "+12025550167"), ("email", "#email", "codes@example.org")] {
        tab.go(&at(&format!("/security/add/{kind}")));
        show(&tab, &format!("add-{kind}"));
        tab.fill(field, to);
        tab.click("button.main");
        show(&tab, &format!("set-up-{kind}"));
        tab.fill("#code", &world.code_to(to, "setup_code", 1).await);
        tab.click("button.main");
        world.advance(60).await;
    }
    show(&tab, "security-full");
    tab.click(".item a.button");
    show(&tab, "factor");
    for (path, name) in [
        ("/security/password", "password"),
        ("/security/email", "email"),
        ("/security/off", "off"),
        ("/security/recovery-codes", "recovery"),
    ] {
        tab.go(&at(path));
        show(&tab, name);
    }
    world.advance(600).await;
    tab.go(&at("/security/password"));
    show(&tab, "prove");
    tab.go(&at("/security"));
    tab.click(".top button");
    world.type_password(&tab, &person);
    show(&tab, "code-three-ways");
    tab.click(".others button.row");
    show(&tab, "code-sms");
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
    show(&tab, "locked");
    tab.go(&at("/nothing"));
    show(&tab, "missing");
}
