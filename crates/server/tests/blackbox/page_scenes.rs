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
    getting_an_account(world, &chromium.open(view), &mut show).await;
    giving_a_code(world, &chromium.open(view), &mut show).await;
    let mut person = world.add_person(None);
    let tab = chromium.open(view);
    turning_it_on(world, &tab, &mut person, &mut show).await;
    changing_things(world, &tab, &mut show).await;
    being_locked_out(world, &tab, &person, &mut show);
}

async fn getting_an_account(world: &World, tab: &Tab, mut show: impl FnMut(&Tab, &str)) {
    let at = |path: &str| format!("{}{path}", world.base());
    tab.go(&at("/sign-in"));
    show(tab, "sign-in");
    tab.fill("#email", "ada@example.com");
    tab.fill("#password", "not my password");
    tab.click(".main");
    show(tab, "sign-in-wrong");
    tab.go(&at("/sign-up"));
    show(tab, "sign-up");
    tab.fill("#email", "ada@example.com");
    tab.fill("#new_password", "password1");
    tab.click(".main");
    show(tab, "sign-up-weak");
    tab.go(&at("/sign-up"));
    tab.fill("#email", "ada@example.com");
    tab.fill("#new_password", PASSWORD);
    tab.click(".main");
    show(tab, "sign-up-sent");
    tab.go(&at("/sign-up/again"));
    show(tab, "sign-up-again");
    tab.go(&at("/sign-in"));
    tab.fill("#email", "ada@example.com");
    tab.fill("#password", PASSWORD);
    tab.click(".main");
    show(tab, "sign-in-unverified");
    let token = world.verification_token("ada@example.com").await;
    tab.go(&at("/verify-email"));
    show(tab, "verify-pasted");
    tab.go(&at(&format!("/verify-email#token={token}")));
    show(tab, "verify");
    tab.click(".main");
    show(tab, "verified");
    tab.go(&at("/forgot-password"));
    show(tab, "forgot");
    tab.fill("#email", "ada@example.com");
    tab.click(".main");
    show(tab, "forgot-sent");
    tab.go(&at("/reset-password#token=x"));
    show(tab, "reset");
    tab.fill("#new_password", PASSWORD);
    tab.click(".main");
    show(tab, "link-dead");
    for (path, name) in [("unlock", "unlock"), ("change-email", "change-email"), ("backup-email", "backup-email")] {
        tab.go(&at(&format!("/{path}#token=x")));
        show(tab, name);
    }
    tab.go(&at("/nothing"));
    show(tab, "missing");
}

async fn giving_a_code(world: &World, tab: &Tab, mut show: impl FnMut(&Tab, &str)) {
    let person = world.add_person_with_totp();
    world.type_password(tab, &person);
    show(tab, "code");
    tab.fill("#code", "000000");
    tab.click(".main");
    show(tab, "code-wrong");
    tab.go(&format!("{}/sign-in/code?by=recovery", world.base()));
    show(tab, "code-recovery");
    world.type_password(tab, &person);
    tab.tick("#remember");
    let code = totp::code(&person.secret, world.fresh_step().await);
    tab.fill("#code", &code);
    tab.click(".main");
    show(tab, "security");
    tab.click(".top button");
    show(tab, "signed-out");
    tab.go(&format!("{}/sign-in", world.base()));
    tab.call("Network.clearBrowserCookies", serde_json::json!({}));
    world.type_password(tab, &person);
    tab.fill("#code", &code);
    tab.click(".main");
    show(tab, "code-used");
}

/// Somebody turns it on, and adds a number and an address.
async fn turning_it_on(world: &World, tab: &Tab, person: &mut Person, mut show: impl FnMut(&Tab, &str)) {
    let at = |path: &str| format!("{}{path}", world.base());
    world.type_password(tab, person);
    show(tab, "security-off");
    tab.go(&at("/security/add"));
    show(tab, "add");
    tab.go(&at("/security/add/totp"));
    show(tab, "add-totp");
    tab.click("button.main");
    show(tab, "set-up-totp");
    tab.tick("summary");
    show(tab, "set-up-totp-key");
    person.secret = tab.text("#key").replace(' ', "");
    tab.fill("#code", "000000");
    tab.click("button.main");
    show(tab, "set-up-totp-wrong");
    tab.fill("#code", &totp::code(&person.secret, world.fresh_step().await));
    tab.click("button.main");
    show(tab, "recovery-new");
    tab.click("a.main");
    show(tab, "remember");
    tab.fill("#code", &totp::code(&person.secret, world.fresh_step().await));
    tab.click("button.main");
    show(tab, "remembered");
    for (kind, field, to) in [("sms", "#phone_number", "+12025550167"), ("email", "#email", "codes@example.org")] {
        tab.go(&at(&format!("/security/add/{kind}")));
        show(tab, &format!("add-{kind}"));
        tab.fill(field, to);
        tab.click("button.main");
        show(tab, &format!("set-up-{kind}"));
        tab.fill("#code", &world.code_to(to, "setup_code", 1).await);
        tab.click("button.main");
        world.advance(60).await;
    }
    show(tab, "security-full");
}

async fn changing_things(world: &World, tab: &Tab, mut show: impl FnMut(&Tab, &str)) {
    let at = |path: &str| format!("{}{path}", world.base());
    tab.click(".item a.button");
    show(tab, "factor");
    for (path, name) in [
        ("/security/password", "password"),
        ("/security/email", "email"),
        ("/security/backup-email", "backup"),
        ("/security/off", "off"),
        ("/security/recovery-codes", "recovery"),
    ] {
        tab.go(&at(path));
        show(tab, name);
    }
    world.advance(600).await;
    tab.go(&at("/security/password"));
    show(tab, "prove");
    tab.go(&at("/security"));
    tab.click(".top button");
}

fn being_locked_out(world: &World, tab: &Tab, person: &Person, mut show: impl FnMut(&Tab, &str)) {
    world.type_password(tab, person);
    show(tab, "code-three-ways");
    tab.click(".others button.row");
    show(tab, "code-sms");
    world.type_password(tab, person);
    for _ in 0..20 {
        match tab.path().as_str() {
            // Five wrong codes end one sign-in; the next one is begun.
            "/sign-in" => world.type_password(tab, person),
            _ if tab.has("#code") => {
                tab.fill("#code", "000000");
                tab.click("button.main");
            }
            _ => break,
        }
    }
    show(tab, "locked");
}
