//! Signing in at the pages, by plain forms: what a browser without scripts does.

use serde_json::json;

use crate::client::{Answer, Browser};
use crate::database::Database;
use crate::harness::World;
use crate::people::{PASSWORD, Person, Session, login};
use crate::totp;

/// The first step.
pub(crate) async fn type_password(browser: &Browser, person: &Person) -> Answer {
    browser.form("/sign-in", &[("email", &person.email), ("password", &person.password)]).await
}

impl World {
    /// Signs in at the pages with password and authenticator.
    pub(crate) async fn visit(&self, browser: &Browser, person: &Person) {
        type_password(browser, person).await.leads_to("/sign-in/code");
        let code = totp::code(&person.secret, self.fresh_step().await);
        browser.form("/sign-in/code", &[("code", &code)]).await.leads_to("/security");
    }
}

/// From the first click to the last: sign-up, the link of the mail, sign-in, the security page, sign-out.
async fn somebody_new_gets_in_with_forms_alone(database: Database) {
    let world = World::start(database).await;
    let browser = world.browser();
    let email = world.new_address();
    browser.get("/").await.leads_to("/security");
    browser.get("/security").await.leads_to("/sign-in");
    browser.get("/sign-in").await.says(200, "Create an account");
    let too_short = browser.form("/sign-up", &[("email", &email), ("new_password", "short")]).await;
    too_short.says(422, "at least 8 characters");
    let no_address = browser.form("/sign-up", &[("email", "nobody"), ("new_password", PASSWORD)]).await;
    no_address.says(422, "That is not an e-mail address");
    browser.form("/sign-up", &[("email", &email), ("new_password", PASSWORD)]).await.leads_to("/sign-up/sent");
    browser.get("/sign-up/sent").await.says(200, "We sent you a link");
    let person = Person { email, password: PASSWORD.to_owned(), secret: String::new(), recovery_codes: vec![] };
    type_password(&browser, &person).await.says(403, "Confirm your address first");
    browser.form("/sign-up/again", &[("email", &person.email)]).await.leads_to("/sign-up/sent");
    let token = world.verification_token(&person.email).await;
    browser.form("/verify-email", &[("link", "no such token")]).await.says(401, "This link does not work any more");
    // Pasted as a whole, as somebody without scripts does it.
    let link = format!("{}/verify-email#token={token}", world.base());
    browser.form("/verify-email", &[("link", &link)]).await.leads_to("/sign-in?said=verified");
    browser.get("/sign-in?said=verified").await.says(200, "Your address is confirmed");
    let wrong = browser.form("/sign-in", &[("email", &person.email), ("password", "not it")]).await;
    wrong.says(401, "E-mail address or password is not right").holds_no_session();
    type_password(&browser, &person).await.leads_to("/security");
    browser.get("/security").await.says(200, "Two-step sign-in is off");
    browser.get("/sign-in").await.leads_to("/security");
    let shown = browser.cookie("twinlock_session").unwrap();
    browser.form("/sign-out", &[]).await.leads_to("/sign-in?said=signed-out");
    assert_eq!(browser.cookie("twinlock_session"), None);
    browser.set_cookie("twinlock_session", &shown);
    browser.get("/security").await.leads_to("/sign-in?said=session-over");
    browser.form("/sign-out", &[]).await.leads_to("/sign-in?said=signed-out");
}

/// a password alone gives no session; a code does, once; and each way of being wrong has its sentence.
async fn a_second_step_is_asked(database: Database) {
    let world = World::start(database).await;
    let (person, _) = world.person_with_totp().await;
    let browser = world.browser();
    type_password(&browser, &person).await.leads_to("/sign-in/code");
    assert_eq!(browser.cookie("twinlock_session"), None);
    browser.get("/security").await.leads_to("/sign-in");
    let page = browser.get("/sign-in/code").await.says(200, "Open your authenticator app");
    assert!(page.text.contains("autocomplete=\"one-time-code\""), "{}", page.text);
    let partial = browser.cookie("twinlock_challenge").unwrap();
    assert!(!page.text.contains(&partial), "the partial token is in the cookie only");

    browser.form("/sign-in/code", &[("code", " ")]).await.says(400, "Type the code first");
    browser.form("/sign-in/code", &[("code", "000000")]).await.says(422, "That code is not right. 4 tries are left.");
    let used = totp::code(&person.secret, world.fresh_step().await);
    let spaced = format!("{} {}", &used[..3], &used[3..]);
    let right = browser.form("/sign-in/code", &[("code", &spaced)]).await.leads_to("/security");
    assert_eq!(right.cookies().len(), 2, "the session comes, the challenge goes");
    browser.get("/security").await.says(200, "Two-step sign-in is on");
    browser.get("/sign-in/code").await.leads_to("/sign-in");

    let other = world.browser();
    type_password(&other, &person).await.leads_to("/sign-in/code");
    other.form("/sign-in/code", &[("code", &used)]).await.says(422, "That code was used already");
    // a partial token is no session, and a session no refresh token.
    let partial = other.cookie("twinlock_challenge").unwrap();
    let thief = world.browser();
    thief.set_cookie("twinlock_session", &partial);
    thief.get("/security").await.leads_to("/sign-in?said=session-over");
    let session = browser.cookie("twinlock_session").unwrap();
    for token in [session.as_str(), session.trim_start_matches("page.")] {
        thief.post("/auth/token/refresh/", json!({ "refresh": token })).await.refused(401, "token_invalid");
        thief.get_as(token, "/auth/2fa/status/").await.refused(401, "token_invalid");
    }
    thief.set_cookie("twinlock_session", session.trim_start_matches("page."));
    thief.get("/security").await.leads_to("/sign-in?said=session-over");
    let of_api = Session::of(&login(&world.browser(), &world.add_person(None)).await.expect(200));
    thief.set_cookie("twinlock_session", &format!("page.{}", of_api.refresh));
    thief.get("/security").await.leads_to("/sign-in?said=session-over");
    // Another browser has nothing to go on with.
    world.browser().form("/sign-in/code", &[("code", "000000")]).await.leads_to("/sign-in?said=challenge-over");
}

/// R-07…R-09: five wrong codes end a sign-in, ten lock the account, the mail's link allows one more.
async fn too_many_wrong_codes_are_told_and_mended(database: Database) {
    let world = World::start(database).await;
    let (person, _) = world.person_with_totp().await;
    let browser = world.browser();
    type_password(&browser, &person).await.leads_to("/sign-in/code");
    for left in [4, 3, 2] {
        let sentence = format!("{left} tries are left");
        browser.form("/sign-in/code", &[("code", "000000")]).await.says(422, &sentence);
    }
    browser.form("/sign-in/code", &[("code", "000000")]).await.says(422, "One try is left");
    browser.form("/sign-in/code", &[("code", "000000")]).await.leads_to("/sign-in?said=too-many");
    browser.get("/sign-in?said=too-many").await.says(200, "Too many wrong codes");
    type_password(&browser, &person).await.leads_to("/sign-in/code");
    for _ in 0..4 {
        browser.form("/sign-in/code", &[("code", "000000")]).await.says(422, "left");
    }
    browser.form("/sign-in/code", &[("code", "000000")]).await.leads_to("/sign-in?said=too-many");
    let locked = type_password(&browser, &person).await.says(429, "Try again in 15 minutes");
    locked.holds_no_session();
    let message = world.message(&person.email, "account_locked").await;
    let link = message["link"].as_str().unwrap();
    assert!(link.contains("/unlock#token="), "{link}");
    browser.form("/unlock", &[("link", link)]).await.leads_to("/sign-in?said=unlocked");
    world.visit(&browser, &person).await;
    browser.form("/unlock", &[("link", link)]).await.says(401, "This link does not work any more");
}

/// Codes by SMS and e-mail: where they went, when the next may go, another way, and a recovery code.
async fn another_way_is_a_click_away(database: Database) {
    let world = World::start(database).await;
    let (person, api) = world.person_with_totp().await;
    for (body, to) in [
        (json!({ "method": "sms", "phone_number": "+12025550167" }), "+12025550167"),
        (json!({ "method": "email", "email": "codes@backup.example" }), "codes@backup.example"),
    ] {
        world.browser().post_as(&api.access, "/auth/2fa/setup/", body).await.expect(201);
        let code = world.code_to(to, "setup_code", 1).await;
        let confirmed = world.browser().post_as(&api.access, "/auth/2fa/verify-setup/", json!({ "code": code })).await;
        confirmed.expect(200);
        world.advance(60).await;
    }
    let browser = world.browser();
    type_password(&browser, &person).await.leads_to("/sign-in/code");
    let page = browser.get("/sign-in/code").await.says(200, "Get a text message to +1*** ***67");
    assert!(!page.text.contains("12025550167") && !page.text.contains("codes@backup"), "{}", page.text);
    let factor = button(&page, "send", "+1*** ***67");
    let sent = browser.form("/sign-in/code", &[("send", &factor), ("next", "")]).await;
    let sent = sent.leads_to(&format!("/sign-in/code?by={factor}"));
    let page = browser.get(sent.header("location").unwrap()).await;
    let page = page.says(200, "We sent a text message with a code to +1*** ***67");
    assert!(page.text.contains("data-wait="), "the button counts down: {}", page.text);
    browser.form("/sign-in/code", &[("send", &factor)]).await.says(429, "You can get another one in");
    let code = world.code_to("+12025550167", "login_code", 2).await;
    browser.form("/sign-in/code", &[("code", &code), ("by", &factor)]).await.leads_to("/security");

    let browser = world.browser();
    type_password(&browser, &person).await.leads_to("/sign-in/code");
    browser.get("/sign-in/code?by=recovery").await.says(200, "Use a recovery code");
    let typed = person.recovery_codes[0].to_lowercase().replace('-', " ");
    browser.form("/sign-in/code", &[("code", &typed), ("by", "recovery")]).await.leads_to("/security");
    browser.get("/security").await.says(200, "9 recovery codes are left");
    let again = world.browser();
    type_password(&again, &person).await.leads_to("/sign-in/code");
    again.form("/sign-in/code", &[("code", &typed), ("by", "recovery")]).await.says(422, "Take another one");
}

/// The value of the button with this name whose words hold `words`.
pub(crate) fn button(page: &Answer, name: &str, words: &str) -> String {
    let start = format!("name=\"{name}\" value=\"");
    let mut found = page.text.split(&start).skip(1).filter(|rest| {
        let text = rest.split("</button>").next().unwrap_or_default();
        crate::chromium::without_tags(text).contains(words)
    });
    let rest = found.next().unwrap_or_else(|| panic!("no button {name} {words} in {}", page.text));
    rest.split('"').next().unwrap().to_owned()
}

/// A browser that is remembered is not asked again, until its trust is taken back.
async fn a_remembered_browser_is_not_asked(database: Database) {
    let world = World::start(database).await;
    let (person, _) = world.person_with_totp().await;
    let browser = world.browser();
    type_password(&browser, &person).await.leads_to("/sign-in/code");
    let code = totp::code(&person.secret, world.fresh_step().await);
    browser.form("/sign-in/code", &[("code", &code), ("remember", "on")]).await.leads_to("/security");
    browser.get("/security").await.says(200, "Remembered devices");
    browser.form("/sign-out", &[]).await.leads_to("/sign-in?said=signed-out");
    type_password(&browser, &person).await.leads_to("/security");
    let stranger = world.browser();
    type_password(&stranger, &person).await.leads_to("/sign-in/code");
}

/// A forgotten password: the same answer for everybody, a link that works once, every session over, and the code still asked.
async fn a_forgotten_password_is_replaced(database: Database) {
    let world = World::start(database).await;
    let (mut person, _) = world.person_with_totp().await;
    let browser = world.browser();
    world.visit(&browser, &person).await;
    let asking = world.browser();
    for email in ["nobody@example.com", &person.email] {
        asking.form("/forgot-password", &[("email", email)]).await.leads_to("/forgot-password/sent");
    }
    asking.get("/forgot-password/sent").await.says(200, "If there is an account");
    asking.form("/forgot-password", &[("email", "x")]).await.says(422, "That is not an e-mail address");
    let message = world.message(&person.email, "password_reset").await;
    let link = message["link"].as_str().unwrap();
    let weak = asking.form("/reset-password", &[("link", link), ("new_password", "password")]).await;
    weak.says(422, "Too many people use this password");
    "quiet harbor 41 lanterns".clone_into(&mut person.password);
    let fields = [("link", link), ("new_password", person.password.as_str())];
    asking.form("/reset-password", &fields).await.leads_to("/sign-in?said=password-reset");
    asking.form("/reset-password", &fields).await.says(401, "This link does not work any more");
    browser.get("/security").await.leads_to("/sign-in?said=session-over");
    type_password(&asking, &person).await.leads_to("/sign-in/code");
}

/// R-28…R-30: what ends a session ends it at the pages, on every node; use keeps it alive, and no longer than it may live.
async fn a_session_at_the_pages_dies_like_any_other(database: Database) {
    let world = World::on(database).in_cluster().start().await;
    let (person, _) = world.person_with_totp().await;
    let (browser, elsewhere) = (world.browser(), world.browser_at(1));
    world.visit(&browser, &person).await;
    elsewhere.set_cookie("twinlock_session", &browser.cookie("twinlock_session").unwrap());
    elsewhere.get("/security").await.says(200, "Two-step sign-in is on");
    let api = world.sign_in(&world.browser(), &person).await;
    let end = world.browser().call(reqwest::Method::DELETE, "/auth/sessions/").bearer(&api.access).send().await;
    end.expect(204);
    elsewhere.get("/security").await.leads_to("/sign-in?said=session-over");

    world.visit(&browser, &person).await;
    for _ in 0..4 {
        world.advance(6 * 86_400).await;
        browser.get("/security").await.says(200, "Two-step sign-in is on");
    }
    world.advance(6 * 86_400 + 60).await;
    browser.get("/security").await.leads_to("/sign-in?said=session-over");
    world.visit(&browser, &person).await;
    world.advance(7 * 86_400).await;
    browser.get("/security").await.leads_to("/sign-in?said=session-over");
}

on_both_databases![
    somebody_new_gets_in_with_forms_alone,
    a_second_step_is_asked,
    too_many_wrong_codes_are_told_and_mended,
    another_way_is_a_click_away,
    a_remembered_browser_is_not_asked,
    a_forgotten_password_is_replaced,
    a_session_at_the_pages_dies_like_any_other,
];
