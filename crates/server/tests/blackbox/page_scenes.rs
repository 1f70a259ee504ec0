//! Every page in every state, made the way people make them: what pictures are taken of and what is tested for everybody.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::chromium::{Chromium, Tab, View};
use crate::database::Database;
use crate::delivery::taken;
use crate::harness::World;
use crate::page_delivery::{Carried, comes_to};
use crate::people::{PASSWORD, Person};
use crate::totp;
use crate::{page_admin, page_hosted};

impl World {
    /// Types address and password into the sign-in page.
    pub(crate) fn type_password(&self, tab: &Tab, person: &Person) {
        tab.go(&format!("{}/sign-in", self.base()));
        tab.fill("#email", &person.email);
        tab.fill("#password", &person.password);
        tab.click(".main");
    }

    /// Signs in with wrong codes until there is no try left.
    pub(crate) fn use_up_tries(&self, tab: &Tab, person: &Person) {
        self.type_password(tab, person);
        for _ in 0..20 {
            match tab.path().as_str() {
                _ if tab.has("#trouble[data-code='account_locked']") => return,
                // Five wrong codes end one sign-in; the next one is begun.
                "/sign-in" => self.type_password(tab, person),
                _ if tab.has("#code") => {
                    tab.fill("#code", "000000");
                    tab.click("button.main");
                }
                _ => break,
            }
        }
        panic!("never locked: {}", tab.html());
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
    page_admin::scenes(world, chromium, view, &person, &mut show).await;
    having_bad_luck(world, &chromium.open(view), &mut show).await;
    page_hosted::scenes(world, &chromium.open(view), &mut show).await;
    waiting_in_vain(chromium, view, &mut show).await;
    being_switched_off(&chromium.open(view), &mut show).await;
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
    world.use_up_tries(tab, person);
    show(tab, "locked");
}

/// A phone whose clock is wrong, a network that is gone, a row that is missing.
async fn having_bad_luck(world: &World, tab: &Tab, mut show: impl FnMut(&Tab, &str)) {
    let person = world.add_person_with_totp();
    world.type_password(tab, &person);
    let now = world.fresh_step().await;
    tab.fill("#code", &totp::code_at(&person.secret, now, -5));
    tab.click("button.main");
    assert!(tab.text("#trouble").contains('3'), "{}", tab.text("#trouble"));
    show(tab, "code-clock");
    tab.fill("#code", &totp::code(&person.secret, world.fresh_step().await));
    tab.click("button.main");
    assert_eq!(tab.path(), "/security");
    let network = |offline: bool| {
        let params = json!({ "offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1 });
        tab.call("Network.emulateNetworkConditions", params);
    };
    tab.go(&format!("{}/security/password", world.base()));
    network(true);
    let patience = Instant::now() + Duration::from_secs(10);
    while tab.has("#offline[hidden]") {
        assert!(Instant::now() < patience, "nothing says that the network is gone");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    show(tab, "offline");
    network(false);
    let id = world.id_of(&person).await;
    world.look.execute(&format!("DELETE FROM two_factor_settings WHERE user_id = {id}")).await;
    tab.go(&format!("{}/security", world.base()));
    assert!(!tab.text("main code").is_empty(), "there is no reference to ask for help with");
    show(tab, "fault");
}

/// A provider reports what becomes of a code; too many are asked for.
async fn waiting_in_vain(chromium: &Arc<Chromium>, view: View, mut show: impl FnMut(&Tab, &str)) {
    let carried = Carried::start(Database::Sqlite).await;
    let (world, tab) = (&carried.world, chromium.open(view));
    world.type_password(&tab, &carried.person);
    let sent = taken(&carried.twilio, 2).await;
    comes_to(&tab, view, "accepted").await;
    show(&tab, "code-accepted");
    carried.report(&sent, "undelivered", "30003").await;
    comes_to(&tab, view, "failed").await;
    show(&tab, "code-failed");
    carried.report(&sent, "delivered", "").await;
    comes_to(&tab, view, "delivered").await;
    show(&tab, "code-delivered");
    // The script keeps the button from being pressed too early; without it the page says so afterwards.
    let send_one_more = || {
        let here = tab.address();
        tab.look(View { scripts: false, ..view });
        tab.go(&here);
        tab.click("button[name='send'].quiet");
        tab.look(view);
        tab.attribute("#trouble", "data-code").unwrap_or_default()
    };
    assert_eq!(send_one_more(), "send_cooldown");
    show(&tab, "code-cooldown");
    for sent in 0.. {
        assert!(sent < 6, "there is no end to sending");
        world.advance(301).await;
        world.type_password(&tab, &carried.person);
        if send_one_more() == "send_limit" {
            break;
        }
    }
    show(&tab, "code-send-limit");
}

/// Nobody is asked for a second factor, and nothing is set up.
async fn being_switched_off(tab: &Tab, mut show: impl FnMut(&Tab, &str)) {
    let world = World::on(Database::Sqlite).with("TWOFA_ENABLED", "false").start().await;
    let person = world.add_person_with_totp();
    world.type_password(tab, &person);
    assert_eq!(tab.path(), "/security");
    show(tab, "switched-off");
    tab.go(&format!("{}/security/add", world.base()));
    show(tab, "switched-off-add");
}
