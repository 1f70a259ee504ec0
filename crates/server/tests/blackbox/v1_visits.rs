//! An application's users at their own security page: sent there by a link, proved there before anything changes, and sent back.

use serde_json::{Value, json};

use crate::client::{Answer, Browser};
use crate::database::Database;
use crate::harness::World;
use crate::totp;
use crate::v1::Shop;
use crate::v1_hosted::BACK;

const GONE: &str = "cannot be opened here";

impl Shop {
    pub(crate) async fn session_link(&self, user: &str, return_url: &str) -> Answer {
        self.post(&format!("/v1/users/{user}/session-link"), json!({ "return_url": return_url })).await
    }
}

/// Opens a link, which answers with the visit.
async fn visits(world: &World, browser: &Browser, link: &Answer) {
    browser.get(world.path_of(&link.text_at("/url"))).await.leads_to("/settings");
}

/// A browser at the page of somebody, who is to be known already.
async fn visitor(world: &World, shop: &Shop, user: &str) -> Browser {
    let browser = world.browser().stranger();
    visits(world, &browser, &shop.session_link(user, BACK).await.expect(201)).await;
    browser
}

/// Answers the question for a proof.
async fn prove(world: &World, browser: &Browser, secret: &str) {
    let code = totp::code(secret, world.fresh_step().await);
    browser.form("/settings/prove", &[("code", &code)]).await.leads_to("/settings");
}

async fn methods(shop: &Shop) -> Vec<Value> {
    let user = shop.get("/v1/users/ada").await.expect(200);
    user.json["factors"].as_array().unwrap().iter().map(|factor| factor["label"].clone()).collect()
}

/// a link is of one user and application, leads back to where the operator has said, works once, for
/// two minutes, and until the next one.
async fn a_link_opens_the_security_page_once(database: Database) {
    let world = World::start(database).await;
    let shop = world.shop_with_pages();
    world.must(&["app", "set", "shop", "--display-name", "Ada's Bücher"]);
    shop.session_link("ada", BACK).await.refused(404, "not_found");
    shop.enroll("ada").await;
    let body = json!({ "return_url": BACK });
    let link = shop.post_once("once", "/v1/users/ada/session-link", &body).await.expect(201);
    let again = shop.post_once("once", "/v1/users/ada/session-link", &body).await.expect(201);
    assert_eq!(again.json, link.json, "the same call made another link");
    let url = link.text_at("/url");
    let path = world.path_of(&url);
    let token = path.strip_prefix("/settings/open/").unwrap();
    assert!(token.len() >= 43, "{token}");
    assert_eq!(world.look.count("SELECT count(*) FROM sessions").await, 0);

    let (browser, thief) = (world.browser(), world.browser().stranger());
    let opened = browser.get(path).await.leads_to("/settings");
    let cookies = opened.cookies();
    assert_eq!(cookies.iter().map(|cookie| cookie.name.as_str()).collect::<Vec<_>>(), ["twinlock_settings"]);
    let shown = browser.get("/settings").await.says(200, "Ada's Bücher").says(200, "Back to Ada's Bücher");
    let policy = shown.header("content-security-policy").unwrap();
    assert!(policy.contains("form-action 'self' https://shop.example.com;"), "{policy}");
    for foreign in ["/security", "/sign-out", "/settings/password", "/settings/email"] {
        assert!(!shown.text.contains(foreign), "the page leads to {foreign}");
    }
    for who in [&browser, &thief] {
        who.get(path).await.says(404, GONE);
    }
    browser.get("/settings").await.expect(200);
    thief.get("/settings").await.says(404, GONE);
    thief.form("/settings/recovery-codes", &[]).await.says(404, GONE);
    let foreign = browser.form_call("/settings/leave", &[]).header("origin", "https://evil.example").send().await;
    assert_eq!(foreign.status, 403);

    // It is no sign-in of ours, whatever cookie it is put into.
    let visit = browser.cookie("twinlock_settings").unwrap();
    for cookie in ["twinlock_session", "twinlock_refresh"] {
        thief.set_cookie(cookie, &visit);
    }
    thief.get("/security").await.leads_to("/sign-in?said=session-over");
    thief.post("/auth/token/refresh/", json!({})).await.refused(401, "token_invalid");
    browser.form("/settings/leave", &[]).await.leads_to(BACK);
    browser.set_cookie("twinlock_settings", &visit);
    browser.get("/settings").await.says(404, GONE);

    let first = shop.session_link("ada", BACK).await.expect(201);
    let second = shop.session_link("ada", BACK).await.expect(201);
    browser.get(world.path_of(&first.text_at("/url"))).await.says(404, GONE);
    world.advance(121).await;
    browser.get(world.path_of(&second.text_at("/url"))).await.says(404, GONE);
    let raced = shop.session_link("ada", BACK).await.expect(201).text_at("/url");
    let tries = (0..8).map(|_| {
        let (browser, path) = (world.browser().stranger(), world.path_of(&raced).to_owned());
        tokio::spawn(async move { browser.get(&path).await.status })
    });
    let mut won = 0;
    for one in tries.collect::<Vec<_>>() {
        won += u32::from(one.await.unwrap() == 303);
    }
    assert_eq!(won, 1, "a link opened {won} times");

    let (bank, test) = (world.shop("bank"), world.key(&["--app", "shop", "--test"]));
    for stranger in [&bank, &test] {
        let refused = stranger.session_link("ada", BACK).await.refused(400, "invalid_request");
        assert_eq!(refused.json["errors"][0]["pointer"], "/return_url");
    }
    world.must(&["app", "return-url", "add", "bank", BACK]);
    bank.session_link("ada", BACK).await.refused(404, "not_found");
    let asks = world.key(&["--app", "shop", "--scope", "challenges"]);
    asks.session_link("ada", BACK).await.refused(403, "feature_disabled");
    for elsewhere in ["https://shop.example.com/back", "https://evil.example/", "javascript:alert(1)", ""] {
        let refused = shop.session_link("ada", elsewhere).await.refused(400, "invalid_request");
        assert_eq!(refused.json["errors"][0]["pointer"], "/return_url", "{elsewhere}");
    }
    shop.post("/v1/users/ada/session-link", json!({})).await.refused(400, "invalid_request");
}

/// what changes something is done after a proof by a factor, and by nobody's word.
async fn what_changes_something_is_proved_first(database: Database) {
    let world = World::start(database).await;
    let shop = world.shop_with_pages();
    let (secret, codes) = shop.enroll("ada").await;
    let device = shop.challenge("ada").await.expect(201).text_at("/id");
    let code = totp::code(&secret, world.fresh_step().await);
    let body = json!({ "code": code, "trust_device": true });
    shop.post(&format!("/v1/challenges/{device}/verify"), body).await.expect(200);
    let browser = visitor(&world, &shop, "ada").await;
    let factors = shop.get("/v1/users/ada").await.expect(200);
    let factor = format!("/settings/factors/{}", factors.text_at("/factors/0/id"));
    browser.get("/settings").await.says(200, "Authenticator");
    for page in ["/settings/add", "/settings/add/totp", "/settings/recovery-codes", factor.as_str()] {
        browser.get(page).await.says(200, "Confirm that it is you");
    }
    let asked = |path: &str| format!("/settings/prove?next={}", path.replace('/', "%2F"));
    browser.form("/settings/recovery-codes", &[]).await.leads_to(&asked("/settings/recovery-codes"));
    browser.form("/settings/add/totp", &[]).await.leads_to(&asked("/settings/add/totp"));
    let rename = [("action", "rename"), ("label", "Stolen")];
    browser.form(&factor, &rename).await.leads_to(&asked(&factor));
    browser.form("/settings/devices/forget", &[]).await.leads_to("/settings/prove?then=all");
    browser.form("/settings/prove", &[("password", "")]).await.says(400, "Type the code first");
    browser.form("/settings/prove", &[("password", "anything")]).await.says(400, "Type the code first");
    browser.form("/settings/prove", &[("code", "000000")]).await.expect(422);
    assert_eq!(methods(&shop).await, [json!("Authenticator")]);

    let code = totp::code(&secret, world.fresh_step().await);
    let elsewhere = [("code", code.as_str()), ("next", "/security")];
    browser.form("/settings/prove", &elsewhere).await.leads_to("/settings");
    browser.form(&factor, &[("action", "rename"), ("label", "Phone")]).await.leads_to("/settings?said=renamed");
    browser.form(&factor, &[("action", "remove")]).await.expect(409);
    browser.form("/settings/recovery-codes", &[]).await.leads_to("/settings/recovery-codes/new");
    let sheet = browser.get("/settings/recovery-codes/new").await.expect(200);
    assert!(sheet.text.contains("/settings/recovery-codes/file?format=txt") && !sheet.text.contains("/security"));
    let file = browser.get("/settings/recovery-codes/file?format=txt").await.expect(200);
    assert!(!file.text.contains(&codes[0]), "the old codes are told");
    let begun = browser.form("/settings/add/totp", &[("label", "Tablet")]).await.expect(303);
    let set_up = begun.header("location").unwrap().to_owned();
    let shown = browser.get(&set_up).await.says(200, "Scan this picture");
    let new = shown.text.split("data-copy=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    // The application was not shown the secret, and does not confirm it.
    let pending = set_up.rsplit('/').next().unwrap();
    let code = totp::code(&new, world.fresh_step().await);
    let activate = format!("/v1/users/ada/factors/{pending}/activate");
    shop.post(&activate, json!({ "code": code })).await.refused(409, "no_pending_setup");
    browser.form(&set_up, &[("code", &code)]).await.leads_to("/settings?said=added");
    assert_eq!(methods(&shop).await, [json!("Phone"), json!("Tablet")]);
    browser.form(&factor, &[("action", "remove")]).await.leads_to("/settings?said=removed");
    assert_eq!(methods(&shop).await, [json!("Tablet")]);
    shop.verify(&shop.challenge("ada").await.expect(201).text_at("/id"), &codes[1])
        .await
        .refused(422, "code_incorrect");
    let told = "SELECT count(*) FROM two_factor_audit_log WHERE action = 'settings_opened' AND success";
    assert_eq!(world.look.count(told).await, 1);
}

/// The last factor goes where the application leaves that to its users, by a code; and stays where everybody has to have one.
async fn the_last_factor_stays_where_one_is_required(database: Database) {
    let world = World::start(database).await;
    let shop = world.shop_with_pages();
    let (secret, _) = shop.enroll("ada").await;
    world.must(&["app", "set", "shop", "--second-factor", "required"]);
    let browser = visitor(&world, &shop, "ada").await;
    prove(&world, &browser, &secret).await;
    let factor = shop.get("/v1/users/ada").await.expect(200).text_at("/factors/0/id");
    let page = browser.get(&format!("/settings/factors/{factor}")).await.expect(200);
    assert!(!page.text.contains("/settings/off"), "{}", page.text);
    browser.get("/settings/off").await.leads_to("/settings");
    let code = totp::code(&secret, world.fresh_step().await);
    let refused = browser.form("/settings/off", &[("code", &code)]).await;
    assert_ne!(refused.header("location"), Some("/settings?said=off"), "{}", refused.text);
    browser.form(&format!("/settings/factors/{factor}"), &[("action", "remove")]).await.expect(409);
    assert_eq!(methods(&shop).await.len(), 1);

    world.must(&["app", "set", "shop", "--second-factor", "optional"]);
    browser.form("/settings/off", &[("code", "000000")]).await.expect(422);
    let code = totp::code(&secret, world.fresh_step().await);
    browser.form("/settings/off", &[("code", &code)]).await.leads_to("/settings?said=off");
    assert!(methods(&shop).await.is_empty());
    browser.get("/settings?said=off").await.expect(200);
}

/// Who has no factor sets up the first, of a kind and to a place that the application has told, and while that is fresh.
async fn the_first_factor_is_set_up_while_the_sign_in_is_fresh(database: Database) {
    let world = World::start(database).await;
    let shop = world.shop_with_pages();
    let ada = json!({ "user": { "id": "ada", "email": "ada@example.com" } });
    shop.challenge_with("ada", ada).await.expect(201);
    let browser = visitor(&world, &shop, "ada").await;
    let choice = browser.get("/settings/add").await.says(200, "Authenticator app");
    assert!(!choice.text.contains("/settings/add/sms"), "nobody told a number");
    browser.form("/settings/add/sms", &[("phone_number", "+447700900123")]).await.expect(403);
    browser.get("/settings/add/email").await.says(200, "a***@e***.com");
    browser.form("/settings/add/email", &[("email", "eve@example.com")]).await.expect(303);
    world.message("ada@example.com", "setup_code").await;
    let begun = browser.form("/settings/add/totp", &[]).await.expect(303);
    let set_up = begun.header("location").unwrap();
    let shown = browser.get(set_up).await.says(200, "Scan this picture");
    let secret = shown.text.split("data-copy=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    world.advance(301).await;
    browser.get("/settings/add").await.says(200, "This step is over").says(200, "Back to shop");
    let late = browser.form("/settings/add/totp", &[]).await.expect(303);
    browser.get(late.header("location").unwrap()).await.says(200, "This step is over");
    assert!(methods(&shop).await.is_empty());

    // What was begun in time needs no new proof.
    let code = totp::code(&secret, world.fresh_step().await);
    browser.form(set_up, &[("code", &code)]).await.leads_to("/settings/recovery-codes/new");
    assert_eq!(methods(&shop).await, [json!("Authenticator app")]);
}

/// a visit ends with what ends trust where the person signs in, with a reset, and by itself.
async fn a_visit_ends_with_what_it_stands_on(database: Database) {
    let world = World::start(database).await;
    let shop = world.shop_with_pages();
    shop.enroll("ada").await;
    for (path, body) in [
        ("/v1/users/ada/events", json!({ "type": "password_changed" })),
        ("/v1/users/ada/events", json!({ "type": "account_recovered" })),
        ("/v1/users/ada/reset", json!({ "reason": "lost the phone" })),
    ] {
        let browser = visitor(&world, &shop, "ada").await;
        let unopened = shop.session_link("ada", BACK).await.expect(201).text_at("/url");
        browser.get("/settings").await.expect(200);
        shop.post(path, body.clone()).await.expect(204);
        browser.get("/settings").await.says(404, GONE);
        browser.get(world.path_of(&unopened)).await.says(404, GONE);
    }
    let browser = visitor(&world, &shop, "ada").await;
    world.advance(1_799).await;
    browser.get("/settings").await.expect(200);
    world.advance(2).await;
    browser.get("/settings").await.says(404, GONE);
}

on_both_databases![
    a_link_opens_the_security_page_once,
    what_changes_something_is_proved_first,
    the_last_factor_stays_where_one_is_required,
    the_first_factor_is_set_up_while_the_sign_in_is_fresh,
    a_visit_ends_with_what_it_stands_on,
];
