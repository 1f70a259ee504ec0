//! An application's second factor in a real browser: from the application to our page and back to it.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use serde_json::json;

use crate::chromium::{Chromium, Tab, View};
use crate::database::Database;
use crate::harness::World;
use crate::totp;
use crate::v1::Shop;

/// An application of its own origin: whatever it is asked for, it shows the address it was called with.
struct Application {
    shop: Shop,
    back: String,
}

impl Application {
    fn start(world: &World, name: &str, display_name: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let back = format!("http://127.0.0.1:{}/back", listener.local_addr().unwrap().port());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                let mut bytes = [0; 8_192];
                let read = stream.read(&mut bytes).unwrap_or(0);
                let request = String::from_utf8_lossy(&bytes[..read]).into_owned();
                let path = request.split_whitespace().nth(1).unwrap_or_default().replace('<', "");
                let body = format!("<!doctype html><title>shop</title><main><p id=at>{path}</p></main>");
                let length = body.len();
                let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length:";
                let _ = write!(stream, "{head} {length}\r\n\r\n{body}");
            }
        });
        let shop = world.shop(name);
        world.must(&["app", "set", name, "--display-name", display_name]);
        world.must(&["app", "return-url", "add", name, &back]);
        Self { shop, back }
    }

    /// Where the browser is to go.
    async fn url(&self, more: serde_json::Value) -> String {
        let mut body = json!({ "return_url": self.back });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.shop.challenge_with("ada", body).await.expect(201).text_at("/url")
    }

    /// What came back with the browser.
    #[track_caller]
    fn came(&self, tab: &Tab, parameter: &str) -> String {
        let start = format!("{}?{parameter}=", self.back);
        let address = tab.address();
        address.strip_prefix(&start).unwrap_or_else(|| panic!("{address} does not begin with {start}")).to_owned()
    }
}

/// The pages of it in every state.
pub(crate) async fn scenes(world: &World, tab: &Tab, mut show: impl FnMut(&Tab, &str)) {
    let application = Application::start(world, "gallery", "Ada's Gallery");
    let (secret, _) = application.shop.enroll("ada").await;
    let pay =
        json!({ "reason": "step_up", "text": "Transfer 500 € to Bob’s Bicycles, IBAN DE02 1203 0000 0000 2020 51" });
    tab.go(&application.url(pay).await);
    show(tab, "hosted-confirm");
    tab.fill("#code", "000000");
    tab.click("button.main");
    show(tab, "hosted-wrong");
    let here = tab.address();
    tab.fill("#code", &totp::code(&secret, world.fresh_step().await));
    tab.click("button.main");
    tab.go(&here);
    show(tab, "hosted-approved");
    tab.go(&application.url(json!({})).await);
    world.advance(601).await;
    tab.go(&tab.address());
    show(tab, "hosted-over");
    tab.call("Network.clearBrowserCookies", json!({}));
    tab.go(&tab.address());
    show(tab, "hosted-gone");
    for name in ["hosted-failed", "hosted-locked"] {
        tab.go(&application.url(json!({})).await);
        while tab.has("#code") {
            tab.fill("#code", "000000");
            tab.click("button.main");
        }
        show(tab, name);
    }
    let grace = json!({ "user": { "id": "grace", "email": "grace@example.org" }, "reason": "enroll" });
    tab.go(&application.url(grace).await);
    show(tab, "hosted-enroll");
    tab.click("button[value='totp']");
    show(tab, "hosted-set-up");
    tab.tick("summary");
    let secret = tab.text("#key").replace(' ', "");
    tab.fill("#code", &totp::code(&secret, world.fresh_step().await));
    tab.click("button.main");
    show(tab, "hosted-recovery-codes");
    let (secret, _) = application.shop.enroll("hedy").await;
    let link = application.shop.session_link("hedy", &application.back).await.expect(201).text_at("/url");
    tab.go(&link);
    show(tab, "settings");
    tab.click("a[href^='/settings/factors/']");
    show(tab, "settings-prove");
    tab.fill("#code", &totp::code(&secret, world.fresh_step().await));
    tab.click("button.main");
    show(tab, "settings-factor");
    tab.go(&link);
    show(tab, "settings-gone");
}

async fn an_application_sends_somebody_and_gets_them_back(database: Database) {
    let Some(chromium) = Chromium::start() else { return };
    let world = World::start(database).await;
    let application = Application::start(&world, "shop", "The Shop");
    let (secret, codes) = application.shop.enroll("ada").await;
    for view in [View::PHONE, View { scripts: false, ..View::DESKTOP }] {
        let tab = chromium.open(view);
        let url = application.url(json!({})).await;
        tab.go(&url);
        assert!(!tab.address().contains(url.rsplit('/').next().unwrap()), "the link stays in the address bar");
        assert!(tab.text(".top .brand").contains("The Shop"));
        tab.tick("#remember");
        tab.go(&url);
        tab.tick("#remember");
        tab.fill("#code", &totp::code(&secret, world.fresh_step().await));
        tab.click("button.main");
        let token = application.came(&tab, "tfa");
        let redeem = json!({ "token": token });
        let result = application.shop.post("/v1/challenges/redeem", redeem.clone()).await.expect(200);
        assert_eq!((&result.json["result"]["user_id"], &result.json["status"]), (&json!("ada"), &json!("approved")));
        let device = result.text_at("/result/device_token");
        application.shop.post("/v1/challenges/redeem", redeem).await.refused(409, "already_completed");
        let spared = application.shop.challenge_with("ada", json!({ "device_token": device })).await.expect(201);
        assert_eq!(spared.json["status"], "not_required");

        tab.go(&application.url(json!({})).await);
        tab.click("a[href$='by=recovery']");
        tab.fill("#code", &codes[usize::from(view.scripts)]);
        tab.enter();
        application.came(&tab, "tfa");
        tab.go(&application.url(json!({ "reason": "step_up", "text": "Pay 5 €" })).await);
        assert_eq!(tab.text(".confirm p"), "Pay 5 €");
        tab.click("form[action$='/cancel'] button");
        assert_eq!(application.came(&tab, "tfa_denied"), "canceled");
        let link = application.url(json!({})).await;
        tab.go(&link);
        let other = chromium.open(view);
        other.go(&link);
        assert!(!other.has("#code") && !other.text("h1").is_empty(), "{}", other.text("main"));
    }
}

/// The security page of an application's user, there and back, with scripts and without.
async fn an_application_sends_somebody_to_their_settings(database: Database) {
    let Some(chromium) = Chromium::start() else { return };
    let world = World::start(database).await;
    let application = Application::start(&world, "shop", "The Shop");
    let (mut secret, _) = application.shop.enroll("ada").await;
    for view in [View::PHONE, View { scripts: false, ..View::DESKTOP }] {
        let tab = chromium.open(view);
        let link = application.shop.session_link("ada", &application.back).await.expect(201).text_at("/url");
        tab.go(&link);
        assert!(tab.address().ends_with("/settings"), "the link stays in the address bar: {}", tab.address());
        assert!(tab.text(".top .brand").contains("The Shop"));
        tab.click("a[href='/settings/add']");
        tab.fill("#code", &totp::code(&secret, world.fresh_step().await));
        tab.enter();
        tab.click("a[href='/settings/add/totp']");
        tab.fill("#label", "Tablet");
        tab.click("button.main");
        let new = tab.attribute("[data-copy]", "data-copy").unwrap();
        tab.fill("#code", &totp::code(&new, world.fresh_step().await));
        tab.click("button.main");
        assert!(tab.has("[data-said=added]"), "{}", tab.text("main"));
        let factors = application.shop.get("/v1/users/ada").await.expect(200);
        let factors = factors.json["factors"].as_array().unwrap().clone();
        let old = factors.iter().find(|factor| factor["preferred"] == true).unwrap()["id"].as_str().unwrap().to_owned();
        tab.click(&format!("a[href='/settings/factors/{old}']"));
        tab.click("button[value=remove]");
        assert!(tab.has("[data-said=removed]"), "{}", tab.text("main"));
        secret = new;
        tab.click("form[action='/settings/leave'] button");
        assert_eq!(tab.address(), application.back);
    }
}

on_both_databases![an_application_sends_somebody_to_their_settings, an_application_sends_somebody_and_gets_them_back,];
