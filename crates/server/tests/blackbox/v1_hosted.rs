//! The second factor of an application at the hosted pages: there, answered, and back with a token.

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Answer, Browser};
use crate::database::Database;
use crate::harness::World;
use crate::totp;
use crate::v1::Shop;

pub(crate) const BACK: &str = "https://shop.example.com/back?lang=en";
const AGENT: &str = "Firefox/140.0";
const BINDING: &str = "the-session-of-this-browser";

impl World {
    /// An application that people may go back to.
    pub(crate) fn shop_with_pages(&self) -> Shop {
        let shop = self.shop("shop");
        self.must(&["app", "return-url", "add", "shop", BACK]);
        shop
    }

    /// The path of one of our addresses.
    #[track_caller]
    pub(crate) fn path_of<'a>(&self, url: &'a str) -> &'a str {
        url.strip_prefix(self.base()).unwrap_or_else(|| panic!("{url} is none of ours"))
    }
}

impl Shop {
    pub(crate) async fn hosted(&self, user: &str, more: Value) -> Answer {
        let mut body = json!({ "return_url": BACK });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.challenge_with(user, body).await
    }

    async fn redeem(&self, token: &str) -> Answer {
        self.post("/v1/challenges/redeem", json!({ "token": token })).await
    }

    async fn redeem_from(&self, binding: &str, token: &str) -> Answer {
        self.post("/v1/challenges/redeem", json!({ "token": token, "browser_binding": binding })).await
    }
}

/// Opens the link of a challenge, and gives the address of its page.
pub(crate) async fn opened(world: &World, browser: &Browser, challenge: &Answer) -> String {
    let url = challenge.text_at("/url");
    let answer = browser.request(world.path_of(&url)).header("user-agent", AGENT).send().await.expect(303);
    let page = answer.header("location").unwrap().to_owned();
    assert_eq!(page, format!("/second-factor/{}", challenge.text_at("/id")));
    page
}

/// Where an answer sends the browser back to, as the value of one parameter.
#[track_caller]
pub(crate) fn back(answer: Answer, parameter: &str) -> String {
    let answer = answer.expect(303);
    let address = answer.header("location").unwrap();
    let value = address.strip_prefix(&format!("{BACK}&{parameter}="));
    value.unwrap_or_else(|| panic!("no {parameter} in {address}")).to_owned()
}

/// the pages show nothing but the way, sign nobody in, and give the browser nothing but a token.
async fn the_second_factor_is_answered_at_our_pages(database: Database) {
    let world = World::start(database).await;
    let shop = world.shop_with_pages();
    world.must(&["app", "set", "shop", "--display-name", "Ada's Bücher"]);
    assert!(shop.hosted("ada", json!({})).await.expect(201).json.get("url").is_none(), "there is nothing to do");
    let (secret, _) = shop.enroll("ada").await;
    assert!(shop.challenge("ada").await.expect(201).json.get("url").is_none(), "nobody said where to go back to");
    let challenge = shop.hosted("ada", json!({})).await.expect(201);
    let again = shop.get(&format!("/v1/challenges/{}", challenge.text_at("/id"))).await.expect(200);
    assert!(again.json.get("url").is_none(), "the link is told again");

    let browser = world.browser();
    let page = opened(&world, &browser, &challenge).await;
    assert!(browser.cookie("twinlock_hosted").is_some());
    let shown = browser.get(&page).await.says(200, "Ada's Bücher").says(200, "Enter your code");
    let policy = shown.header("content-security-policy").unwrap();
    assert!(policy.contains("form-action 'self' https://shop.example.com;"), "{policy}");
    assert!(!shown.text.contains("user-") && !shown.text.contains(">ada<"), "the page names the person");
    assert_eq!(opened(&world, &browser, &challenge).await, page, "a lost tab is opened again");

    let wrong = totp::wrong_code(&secret, world.now().await);
    browser.form(&page, &[("code", &wrong), ("approved", "true")]).await.expect(400);
    browser.form(&page, &[("code", "")]).await.says(400, "Type the code first");
    browser.form(&page, &[("code", &wrong)]).await.says(422, "4");
    let code = totp::code(&secret, world.fresh_step().await);
    let answered = browser.form(&page, &[("code", &code), ("remember", "on")]).await;
    assert!(answered.cookies().is_empty(), "the browser gets a cookie");
    let token = back(answered, "tfa");
    assert!(browser.cookie("twinlock_session").is_none() && browser.cookie("twinlock_device").is_none());
    browser.get("/security").await.leads_to("/sign-in").holds_no_session();
    browser.get(&page).await.says(200, "Continue to");

    let read = shop.get(&format!("/v1/challenges/{}", challenge.text_at("/id"))).await.expect(200);
    assert_eq!((&read.json["status"], read.json.get("result")), (&json!("approved"), None));
    let devices = shop.get("/v1/users/ada/devices").await.expect(200);
    assert_eq!(devices.json["items"], json!([]), "trusted before anybody holds the token");
    let result = shop.redeem(&token).await.expect(200);
    assert_eq!((&result.json["id"], &result.json["status"]), (&challenge.json["id"], &json!("approved")));
    assert_eq!((&result.json["result"]["user_id"], &result.json["result"]["method"]), (&json!("ada"), &json!("totp")));
    let device = json!({ "device_token": result.text_at("/result/device_token") });
    assert_eq!(shop.challenge_with("ada", device).await.expect(201).json["status"], "not_required");
    shop.redeem(&token).await.refused(409, "already_completed");
    browser.form(&page, &[("code", &code)]).await.says(200, "This step is over");
    assert_eq!(world.look.count("SELECT count(*) FROM sessions").await, 0);
}

/// a token of one application is nothing to another, works once, and for two minutes.
async fn what_comes_back_is_good_once_for_its_application(database: Database) {
    let world = World::start(database).await;
    let shop = world.shop_with_pages();
    let (bank, test) = (world.shop("bank"), world.key(&["--app", "shop", "--test"]));
    let (secret, codes) = shop.enroll("ada").await;
    let browser = world.browser();
    let challenge = shop.hosted("ada", json!({})).await.expect(201);
    let page = opened(&world, &browser, &challenge).await;
    let token = back(browser.form(&page, &[("code", &codes[0]), ("remember", "on")]).await, "tfa");
    assert!(token.len() >= 43 && !token.contains(challenge.text_at("/id").as_str()));
    let link = challenge.text_at("/url").rsplit('/').next().unwrap().to_owned();
    for other in ["x", &link, &challenge.text_at("/id"), &codes[0], &browser.cookie("twinlock_hosted").unwrap()] {
        shop.redeem(other).await.refused(404, "not_found");
    }
    for stranger in [&bank, &test] {
        stranger.redeem(&token).await.refused(404, "not_found");
    }
    let body = json!({ "token": token });
    let first = shop.post_once("once", "/v1/challenges/redeem", &body).await.expect(200);
    assert!(first.json["result"].get("device_token").is_none(), "a recovery code begins no trust");
    assert_eq!(first.json["result"]["recovery_codes_remaining"], 9);
    let replay = shop.post_once("once", "/v1/challenges/redeem", &body).await.expect(200);
    assert_eq!((&replay.json, replay.header("idempotency-replayed")), (&first.json, Some("true")));
    shop.redeem(&token).await.refused(409, "already_completed");

    let challenge = shop.hosted("ada", json!({})).await.expect(201);
    let page = opened(&world, &browser, &challenge).await;
    let code = totp::code(&secret, world.fresh_step().await);
    let token = back(browser.form(&page, &[("code", &code)]).await, "tfa");
    world.advance(121).await;
    shop.redeem(&token).await.refused(410, "challenge_expired");
    let second = back(browser.form(&format!("{page}/return"), &[]).await, "tfa");
    shop.redeem(&token).await.refused(404, "not_found");
    shop.redeem(&second).await.expect(200);
    browser.form(&format!("{page}/return"), &[]).await.says(200, "This step is over");
    let stored = world.look.count("SELECT count(*) FROM hosted_challenges WHERE redeemed_at IS NOT NULL").await;
    assert_eq!(stored, 2);
}

/// What one browser has opened is nothing in another: the link, the page, its forms and the token.
async fn a_challenge_is_of_one_browser(database: Database) {
    let world = World::start(database).await;
    let shop = world.shop_with_pages();
    let (secret, _) = shop.enroll("ada").await;
    let binding = json!({ "browser_binding": BINDING });
    let challenge = shop.hosted("ada", binding.clone()).await.expect(201);
    let (browser, thief) = (world.browser(), world.browser().stranger());
    let link = challenge.text_at("/url");
    let path = world.path_of(&link);
    thief.request(path).header("user-agent", "Thief/1.0").send().await.says(404, "cannot be opened here");
    let page = opened(&world, &browser, &challenge).await;
    thief.request(path).header("user-agent", AGENT).send().await.says(404, "cannot be opened here");
    let code = totp::code(&secret, world.fresh_step().await);
    thief.get(&page).await.says(404, "cannot be opened here");
    for form in ["", "/cancel", "/return"] {
        let fields: &[(&str, &str)] = if form.is_empty() { &[("code", &code)] } else { &[] };
        thief.form(&format!("{page}{form}"), fields).await.says(404, "cannot be opened here");
    }
    let foreign = browser.form_call(&page, &[("code", &code)]).header("origin", "https://evil.example").send().await;
    assert_eq!(foreign.status, 403);
    let token = back(browser.form(&page, &[("code", &code)]).await, "tfa");
    shop.redeem(&token).await.refused(404, "not_found");
    shop.redeem_from("the-session-of-the-thief", &token).await.refused(404, "not_found");
    shop.redeem_from(BINDING, &token).await.expect(200);
    let told = "SELECT count(*) FROM two_factor_audit_log WHERE detail = 'other_browser'";
    assert_eq!(world.look.count(told).await, 4);
    for answer in
        [shop.challenge_with("ada", binding).await, shop.hosted("ada", json!({ "browser_binding": "short" })).await]
    {
        let answer = answer.refused(400, "invalid_request");
        assert_eq!(answer.json["errors"][0]["pointer"], "/browser_binding", "{}", answer.text);
    }
}

/// nobody is sent anywhere but to where the operator has said, character by character.
async fn nobody_is_sent_elsewhere(database: Database) {
    let world = World::start(database).await;
    let shop = world.shop_with_pages();
    let (bank, test) = (world.shop("bank"), world.key(&["--app", "shop", "--test"]));
    shop.enroll("ada").await;
    for address in [
        "https://shop.example.com/back",
        "https://shop.example.com/back?lang=en&",
        "https://shop.example.com/BACK?lang=en",
        "https://shop.example.com/x/../back?lang=en",
        "https://shop.example.com/%62ack?lang=en",
        "https://shop.example.com:443/back?lang=en",
        "http://shop.example.com/back?lang=en",
        "https://shop.example.com.evil.example/back?lang=en",
        "https://evil.example/back?lang=en",
        "https://good@evil.example/",
        "https:evil.example",
        "//evil.example/",
        "/\\evil.example/",
        "/%2f%2fevil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "https://shop.example.com/\tback?lang=en",
        "",
    ] {
        let answer = shop.challenge_with("ada", json!({ "return_url": address })).await;
        let answer = answer.refused(400, "invalid_request");
        assert_eq!(answer.json["errors"][0]["pointer"], "/return_url", "{address}");
    }
    bank.enroll("ada").await;
    test.enroll("ada").await;
    for stranger in [&bank, &test] {
        stranger.hosted("ada", json!({})).await.refused(400, "invalid_request");
    }
    assert_eq!(world.must(&["app", "return-url", "list", "shop"]).trim(), BACK);
    for arguments in [
        &["app", "return-url", "add", "shop", BACK][..],
        &["app", "return-url", "add", "shop", "https://evil.example"],
        &["app", "return-url", "add", "shop", "https://shop.example.com:443/"],
        &["app", "return-url", "add", "shop", "https://shop.example.com/a/../b"],
        &["app", "return-url", "add", "shop", "http://shop.example.com/"],
        &["app", "return-url", "add", "nobody", BACK],
        &["app", "return-url", "add", "default", BACK],
        &["app", "return-url", "remove", "shop", "https://shop.example.com/"],
        &["app", "set", "nobody", "--display-name", "x"],
        &["app", "set", "shop", "--display-name", "a:b"],
    ] {
        assert!(!world.cli(arguments, "").status.success(), "{arguments:?}");
    }
    world.must(&["app", "return-url", "add", "shop", "--test", BACK]);
    test.hosted("ada", json!({})).await.expect(201).text_at("/url");
    world.must(&["app", "return-url", "remove", "shop", BACK]);
    shop.hosted("ada", json!({})).await.refused(400, "invalid_request");
    let changes = "SELECT count(*) FROM two_factor_audit_log WHERE action = 'application_changed' AND actor_id = 'cli'";
    assert_eq!(world.look.count(changes).await, 3);
}

/// there is no way past the question. Giving up, locks, and time come back as what they are.
async fn the_other_ways_out_approve_nothing(database: Database) {
    let world = World::start(database).await;
    let shop = world.shop_with_pages();
    let (secret, _) = shop.enroll("ada").await;
    let browser = world.browser();
    let challenge =
        shop.hosted("ada", json!({ "reason": "step_up", "text": "Pay <b>500 €</b> to Bob" })).await.expect(201);
    let page = opened(&world, &browser, &challenge).await;
    browser.get(&page).await.says(200, "asks you to confirm").says(200, "Pay &#60;b&#62;500 €&#60;/b&#62; to Bob");
    for path in ["skip", "approve", "return"] {
        let answer = browser.form(&format!("{page}/{path}"), &[]).await;
        assert!(answer.status == 404 || answer.text.contains("Enter your code"), "{path}: {}", answer.text);
    }
    browser.call(Method::DELETE, &page).header("origin", world.base()).send().await.expect(405);
    assert_eq!(back(browser.form(&format!("{page}/cancel"), &[]).await, "tfa_denied"), "canceled");
    let read = shop.get(&format!("/v1/challenges/{}", challenge.text_at("/id"))).await.expect(200);
    assert_eq!(read.json["status"], "canceled");
    browser.get(&page).await.says(200, "This step is over");
    let code = totp::code(&secret, world.fresh_step().await);
    browser.form(&page, &[("code", &code)]).await.says(200, "This step is over");

    let late = shop.hosted("ada", json!({})).await.expect(201);
    let page = opened(&world, &browser, &late).await;
    world.advance(601).await;
    let over = browser.get(&page).await.says(200, "This step is over");
    assert!(over.text.contains("tfa_denied=expired"), "{}", over.text);
    let mut page = String::new();
    for turn in 0..2 {
        let challenge = shop.hosted("ada", json!({})).await.expect(201);
        page = opened(&world, &browser, &challenge).await;
        for _ in 0..5 {
            let wrong = totp::wrong_code(&secret, world.now().await);
            browser.form(&page, &[("code", &wrong)]).await;
        }
        if turn == 0 {
            let failed = browser.get(&page).await.says(200, "too many wrong codes were typed");
            assert!(failed.text.contains("tfa_denied=failed"), "{}", failed.text);
        }
    }
    let code = totp::code(&secret, world.fresh_step().await);
    let answer = browser.form(&page, &[("code", &code)]).await;
    assert!(!answer.text.contains("tfa=") && answer.header("location").is_none(), "{}", answer.text);
    assert_eq!(shop.hosted("ada", json!({})).await.expect(201).json["status"], "locked");
    assert_eq!(world.look.count("SELECT count(*) FROM hosted_challenges WHERE method IS NOT NULL").await, 0);
}

/// a trusted device is as old as the code that was typed, not as its trust, which begins when the result is taken.
async fn a_device_is_as_old_as_its_proof(database: Database) {
    let world = World::start(database).await;
    let shop = world.shop_with_pages();
    let (secret, _) = shop.enroll("ada").await;
    let browser = world.browser();
    let challenge = shop.hosted("ada", json!({})).await.expect(201);
    let page = opened(&world, &browser, &challenge).await;
    let code = totp::code(&secret, world.fresh_step().await);
    back(browser.form(&page, &[("code", &code), ("remember", "on")]).await, "tfa");
    world.advance(400).await;
    let token = back(browser.form(&format!("{page}/return"), &[]).await, "tfa");
    let result = shop.redeem(&token).await.expect(200);
    let device = result.text_at("/result/device_token");
    for (age, status) in [(300, "pending"), (500, "not_required")] {
        let asked = json!({ "reason": "step_up", "device_token": device, "max_age": age });
        let asked = shop.challenge_with("ada", asked).await.expect(201);
        assert_eq!(asked.json["status"], status, "{age}: {}", asked.text);
    }
}

/// what was answered before the person's password changed, or before their factors went, is exchanged for nothing
/// after it, not even when a new token is drawn.
async fn a_result_that_nobody_took_ends_with_what_ends_challenges(database: Database) {
    let world = World::start(database).await;
    let shop = world.shop_with_pages();
    let (secret, _) = shop.enroll("ada").await;
    let ends = [
        ("events", json!({ "type": "password_changed" })),
        ("events", json!({ "type": "account_recovered" })),
        ("reset", json!({ "reason": "lost the phone" })),
    ];
    for (path, body) in ends {
        let browser = world.browser();
        let challenge = shop.hosted("ada", json!({})).await.expect(201);
        let page = opened(&world, &browser, &challenge).await;
        let code = totp::code(&secret, world.fresh_step().await);
        let token = back(browser.form(&page, &[("code", &code), ("remember", "on")]).await, "tfa");
        shop.post(&format!("/v1/users/ada/{path}"), body.clone()).await.expect(204);
        shop.redeem(&token).await.refused(404, "not_found");
        world.advance(300).await;
        let again = browser.form(&format!("{page}/return"), &[]).await;
        assert!(again.header("location").is_none(), "after {body} the result lives on: {}", again.text);
    }

    let (secret, _) = shop.enroll("bob").await;
    let browser = world.browser();
    let challenge = shop.hosted("bob", json!({})).await.expect(201);
    let page = opened(&world, &browser, &challenge).await;
    let code = totp::code(&secret, world.fresh_step().await);
    let token = back(browser.form(&page, &[("code", &code), ("remember", "on")]).await, "tfa");
    let moved = json!({ "user": { "id": "bob", "email": "bob@example.org" } });
    shop.challenge_with("bob", moved).await.expect(201);
    let result = shop.redeem(&token).await.expect(200);
    assert!(result.json["result"].get("device_token").is_none(), "trust began after all trust was ended");
}

/// Whoever has no factor sets one up at our pages and goes back with it; it waits apart until its first code, in one browser.
async fn the_first_factor_is_set_up_at_our_pages(database: Database) {
    let world = World::start(database).await;
    let shop = world.shop_with_pages();
    let live = "SELECT count(*) FROM factors WHERE user_id IN (SELECT id FROM users WHERE email_key LIKE 'id:%')";
    let challenge = shop.hosted("ada", json!({ "reason": "enroll" })).await.expect(201);
    assert_eq!(challenge.json["status"], "enrollment_required");
    let (browser, thief) = (world.browser(), world.browser().stranger());
    let page = opened(&world, &browser, &challenge).await;
    browser.get(&page).await.says(200, "A second step is needed").says(200, "Authenticator app");
    let enroll = format!("{page}/enroll");
    thief.form(&enroll, &[("method", "totp")]).await.says(404, "cannot be opened here");
    browser.form(&enroll, &[("method", "fax")]).await.expect(404);
    let begun = browser.form(&enroll, &[("method", "totp")]).await.expect(303);
    let set_up = begun.header("location").unwrap().to_owned();
    assert!(set_up.starts_with(&format!("{page}/set-up/")), "{set_up}");
    let shown = browser.get(&set_up).await.says(200, "Scan this picture");
    let secret = shown.text.split("data-copy=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    thief.get(&set_up).await.says(404, "cannot be opened here");
    let code = totp::code(&secret, world.fresh_step().await);
    thief.form(&set_up, &[("code", &code)]).await.says(404, "cannot be opened here");
    browser.get(&format!("{page}/recovery-codes")).await.leads_to(&page);
    let second = shop.hosted("ada", json!({ "reason": "enroll" })).await.expect(201);
    let other = opened(&world, &browser, &second).await;
    let pending = set_up.rsplit('/').next().unwrap();
    browser.get(&format!("{other}/set-up/{pending}")).await.leads_to(&other);
    browser.form(&format!("{other}/set-up/{pending}"), &[("code", &code)]).await.leads_to(&other);
    // The application was not shown the secret, and does not confirm it.
    let activate = format!("/v1/users/ada/factors/{pending}/activate");
    shop.post(&activate, json!({ "code": code })).await.refused(409, "no_pending_setup");
    let wrong = totp::wrong_code(&secret, world.now().await);
    browser.form(&set_up, &[("code", &wrong)]).await.says(422, "Scan this picture");
    browser.form(&set_up, &[("code", "")]).await.says(400, "Type the code first");
    browser.form(&format!("{page}/return"), &[]).await.says(200, "A second step is needed");
    assert_eq!(world.look.count(live).await, 0, "a factor lives before its proof");

    let code = totp::code(&secret, world.fresh_step().await);
    let codes = format!("{page}/recovery-codes");
    browser.form(&set_up, &[("code", &code)]).await.leads_to(&codes);
    assert_eq!(world.look.count(live).await, 1);
    let sheet = browser.get(&codes).await.expect(200);
    let first = sheet.text.split("<li>").nth(1).unwrap().split('<').next().unwrap().to_owned();
    assert_eq!(first.len(), 14, "{first}");
    let file = browser.get(&format!("{codes}/file?format=txt")).await.expect(200);
    assert!(file.text.contains(&first) && file.text.contains("Account: ada"), "{}", file.text);
    thief.get(&codes).await.says(404, "cannot be opened here");
    thief.get(&format!("{codes}/file?format=txt")).await.says(404, "cannot be opened here");
    browser.form(&set_up, &[("code", &code)]).await.leads_to(&page);
    browser.form(&format!("{other}/enroll"), &[("method", "totp")]).await.says(200, "This step is over");
    browser.get(&page).await.says(200, "Continue to");

    let token = back(browser.form(&format!("{page}/return"), &[]).await, "tfa");
    let result = shop.redeem(&token).await.expect(200);
    assert_eq!((&result.json["id"], &result.json["status"]), (&challenge.json["id"], &json!("approved")));
    let told = &result.json["result"];
    assert_eq!((&told["user_id"], &told["method"]), (&json!("ada"), &json!("totp")));
    assert_eq!(told["recovery_codes_remaining"], 10);
    shop.redeem(&token).await.refused(409, "already_completed");
    browser.get(&codes).await.leads_to(&page);
    browser.form(&enroll, &[("method", "totp")]).await.says(200, "This step is over");
    assert_eq!(shop.hosted("ada", json!({ "reason": "enroll" })).await.expect(201).json["status"], "pending");
    assert_eq!(world.look.count(live).await, 1);
    assert_eq!(world.look.count("SELECT count(*) FROM sessions").await, 0);
}

/// Codes go to where the application said the person is reached, by the kinds it allows, at whatever page.
async fn a_page_sends_codes_by_the_kinds_the_application_allows(database: Database) {
    let world = World::start(database).await;
    let shop = world.shop_with_pages();
    let ada = json!({ "user": { "id": "ada", "email": "ada@example.com" }, "reason": "enroll" });
    let browser = world.browser();
    let page = opened(&world, &browser, &shop.hosted("ada", ada.clone()).await.expect(201)).await;
    let enroll = format!("{page}/enroll");
    shop.set(&json!({ "methods": ["totp"] })).await.expect(200);
    let shown = browser.get(&page).await.says(200, "Authenticator app");
    assert!(!shown.text.contains("value=\"email\""), "a kind that is off is offered");
    let refused = browser.form(&enroll, &[("method", "email")]).await;
    assert_ne!(refused.status, 303, "a kind that is off is set up");
    shop.set(&json!({ "methods": null })).await.expect(200);
    browser.get(&page).await.says(200, "a***@e***.com");
    let set_up = browser.form(&enroll, &[("method", "email"), ("email", "eve@example.com")]).await;
    assert_eq!(set_up.status, 400, "an address of the person's own is taken");
    let begun = browser.form(&enroll, &[("method", "email")]).await.expect(303);
    let set_up = begun.header("location").unwrap().to_owned();
    let code = world.message("ada@example.com", "setup_code").await["code"].as_str().unwrap().to_owned();
    browser.form(&set_up, &[("code", &code)]).await.leads_to(&format!("{page}/recovery-codes"));
    let token = back(browser.form(&format!("{page}/return"), &[]).await, "tfa");
    assert_eq!(shop.redeem(&token).await.expect(200).json["result"]["method"], "email");

    world.advance(120).await;
    let page = opened(&world, &browser, &shop.hosted("ada", ada).await.expect(201)).await;
    let factor = set_up.rsplit('/').next().unwrap();
    let sent = "SELECT count(*) FROM two_factor_codes";
    world.advance(120).await;
    let before = world.look.count(sent).await;
    shop.set(&json!({ "methods": ["totp"] })).await.expect(200);
    let off = browser.form(&page, &[("send", factor)]).await;
    assert_eq!((off.status, world.look.count(sent).await), (200, before), "{}", off.text);
    shop.set(&json!({ "methods": null })).await.expect(200);
    browser.form(&page, &[("send", factor)]).await.leads_to(&format!("{page}?by={factor}"));
    assert_eq!(world.look.count(sent).await, before + 1);
}

/// Codes go to the number that the application told; five wrong ones end a set-up, and so does the end of its challenge.
async fn a_set_up_at_the_page_has_its_tries_and_its_time(database: Database) {
    let world = World::start(database).await;
    let shop = world.shop_with_pages();
    let ada = json!({ "user": { "id": "ada", "phone": "+12025550143" }, "reason": "enroll" });
    let browser = world.browser();
    let page = opened(&world, &browser, &shop.hosted("ada", ada.clone()).await.expect(201)).await;
    let enroll = format!("{page}/enroll");
    let begun = browser.form(&enroll, &[("method", "sms")]).await.expect(303);
    let set_up = begun.header("location").unwrap();
    world.code_to("+12025550143", "setup_code", 1).await;
    for left in (1..=4).rev() {
        browser.form(set_up, &[("code", "000000")]).await.says(422, &left.to_string());
    }
    browser.form(set_up, &[("code", "000000")]).await.leads_to(&page);
    let code = world.code_to("+12025550143", "setup_code", 1).await;
    browser.form(set_up, &[("code", &code)]).await.leads_to(&page);
    assert_eq!(world.look.count("SELECT count(*) FROM factors WHERE method = 'sms'").await, 0);

    world.advance(61).await;
    let begun = browser.form(&enroll, &[("method", "sms")]).await.expect(303);
    let set_up = begun.header("location").unwrap();
    let code = world.code_to("+12025550143", "setup_code", 2).await;
    browser.form(set_up, &[("code", &code)]).await.leads_to(&format!("{page}/recovery-codes"));
    let token = back(browser.form(&format!("{page}/return"), &[]).await, "tfa");
    assert_eq!(shop.redeem(&token).await.expect(200).json["result"]["method"], "sms");

    let page = opened(&world, &browser, &shop.hosted("bob", json!({ "reason": "enroll" })).await.expect(201)).await;
    world.advance(590).await;
    let begun = browser.form(&format!("{page}/enroll"), &[("method", "totp")]).await.expect(303);
    let set_up = begun.header("location").unwrap();
    let shown = browser.get(set_up).await.says(200, "Scan this picture");
    let secret = shown.text.split("data-copy=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    world.advance(11).await;
    let code = totp::code(&secret, world.fresh_step().await);
    browser.form(set_up, &[("code", &code)]).await.leads_to(&page);
    browser.get(&page).await.says(200, "This step is over");
    assert_eq!(world.look.count("SELECT count(*) FROM factors WHERE method = 'totp' AND user_id IN (SELECT id FROM users WHERE email_key LIKE 'id:%')").await, 0);
}

on_both_databases![
    a_set_up_at_the_page_has_its_tries_and_its_time,
    a_page_sends_codes_by_the_kinds_the_application_allows,
    the_first_factor_is_set_up_at_our_pages,
    the_second_factor_is_answered_at_our_pages,
    what_comes_back_is_good_once_for_its_application,
    a_challenge_is_of_one_browser,
    nobody_is_sent_elsewhere,
    the_other_ways_out_approve_nothing,
    a_device_is_as_old_as_its_proof,
    a_result_that_nobody_took_ends_with_what_ends_challenges,
];
