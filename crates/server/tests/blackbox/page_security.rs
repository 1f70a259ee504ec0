//! The security page and what can be changed from it, by plain forms.

use crate::client::{Answer, Browser};
use crate::database::Database;
use crate::harness::World;
use crate::page_sign_in::type_password;
use crate::people::{PASSWORD, Person};
use crate::totp;

/// The key that a set-up page shows.
fn key(page: &Answer) -> String {
    let start = page.text.split("data-copy=\"").nth(1).expect("a key to copy");
    start.split('"').next().unwrap().to_owned()
}

impl World {
    /// Turns two-step sign-in on at the pages, for somebody signed in there.
    async fn turn_on(&self, browser: &Browser, person: &mut Person) {
        let begun = browser.form("/security/add/totp", &[("label", "My phone")]).await.expect(303);
        let path = begun.header("location").unwrap().to_owned();
        person.secret = key(&browser.get(&path).await.says(200, "Scan this picture"));
        let code = totp::code(&person.secret, self.fresh_step().await);
        browser.form(&path, &[("code", &code)]).await.leads_to("/security/recovery-codes/new");
        let page = browser.get("/security/recovery-codes/new").await.says(200, "Save your recovery codes");
        let items = page.text.split("<li>").skip(1).filter_map(|rest| rest.split("</li>").next());
        person.recovery_codes = items.map(str::to_owned).collect();
        assert_eq!(person.recovery_codes.len(), 10);
    }
}

/// the wizard from its first page to its last; the cookie changes with the proof, and all other sessions end.
async fn two_step_sign_in_is_turned_on_and_off(database: Database) {
    let world = World::start(database).await;
    let mut person = world.add_person(None);
    let (browser, other) = (world.browser(), world.browser());
    for browser in [&browser, &other] {
        type_password(browser, &person).await.leads_to("/security");
    }
    browser.get("/security").await.says(200, "Turn it on");
    browser.get("/security/add").await.says(200, "How do you want to get your codes?");
    let before = browser.cookie("twinlock_session").unwrap();
    world.turn_on(&browser, &mut person).await;
    let after = browser.cookie("twinlock_session").unwrap();
    assert_ne!(before, after);
    let old = world.browser();
    old.set_cookie("twinlock_session", &before);
    old.get("/security").await.leads_to("/sign-in?said=session-over");
    other.get("/security").await.leads_to("/sign-in?said=session-over");
    // Shown again while they are kept, to this session only.
    let shown = browser.get("/security/recovery-codes/new").await.says(200, &person.recovery_codes[9]);
    assert_eq!(shown.header("cache-control"), Some("no-store"));
    let text = browser.get("/security/recovery-codes/file?format=txt").await.expect(200);
    assert!(text.header("content-disposition").unwrap().contains("recovery-codes.txt"));
    assert!(person.recovery_codes.iter().all(|code| text.text.contains(code.as_str())));
    let pdf = browser.get("/security/recovery-codes/file?format=pdf").await.expect(200);
    assert!(pdf.bytes.starts_with(b"%PDF-"));
    world.visit(&other, &person).await;
    other.get("/security/recovery-codes/new").await.leads_to("/security?said=codes-gone");
    world.advance(600).await;
    browser.get("/security/recovery-codes/new").await.leads_to("/security?said=codes-gone");
    browser.get("/security/recovery-codes/file?format=txt").await.leads_to("/security?said=codes-gone");

    browser.get("/security/off").await.says(200, "Only your password will guard your account");
    browser.form("/security/off", &[("code", "000000")]).await.says(422, "That code is not right");
    browser.form("/security/off", &[]).await.says(400, "Type the code first");
    let code = totp::code(&person.secret, world.fresh_step().await);
    browser.form("/security/off", &[("code", &code)]).await.leads_to("/security?said=off");
    browser.get("/security?said=off").await.says(200, "Two-step sign-in is off.");
    browser.get("/security/off").await.leads_to("/security");
    type_password(&world.browser(), &person).await.leads_to("/security");
}

/// nothing that guards the account changes without a fresh proof, and the proof leads on to the change.
async fn a_change_asks_for_a_proof_first(database: Database) {
    let world = World::start(database).await;
    let (person, _) = world.person_with_totp().await;
    let browser = world.browser();
    world.visit(&browser, &person).await;
    world.advance(301).await;
    let status = world.look.dump_without(&["mailbox", "outbox", "two_factor_audit_log", "audit_heads"]).await;
    let factor = button_link(&browser.get("/security").await, "/security/factors/");
    for path in [
        "/security/add",
        "/security/add/totp",
        "/security/add/sms",
        &format!("/security/factors/{factor}"),
        "/security/recovery-codes",
        "/security/password",
        "/security/email",
        "/security/backup-email",
    ] {
        browser.get(path).await.says(200, "Confirm that it is you");
    }
    let mut refused = Vec::new();
    for (path, fields) in [
        ("/security/add/totp".to_owned(), &[("label", "x")][..]),
        ("/security/add/sms".to_owned(), &[("phone_number", "+12025550167")]),
        ("/security/add/email".to_owned(), &[("email", "x@example.com")]),
        (format!("/security/factors/{factor}"), &[("action", "rename"), ("label", "Mine")]),
        (format!("/security/factors/{factor}"), &[("action", "prefer")]),
        (format!("/security/factors/{factor}"), &[("action", "remove")]),
        ("/security/recovery-codes".to_owned(), &[]),
        ("/security/password".to_owned(), &[("password", PASSWORD), ("new_password", "quiet harbor 41 lanterns")]),
        ("/security/email".to_owned(), &[("email", "new@example.com")]),
        ("/security/backup-email".to_owned(), &[("email", "new@example.com")]),
        ("/security/devices/forget".to_owned(), &[]),
    ] {
        let answer = browser.form(&path, fields).await;
        let location = answer.header("location").unwrap_or_default().to_owned();
        if !location.starts_with("/security/prove?") {
            refused.push((path, answer.status, location));
        }
    }
    assert_eq!(refused, vec![], "these changes asked for no proof");
    let after = world.look.dump_without(&["mailbox", "outbox", "two_factor_audit_log", "audit_heads"]).await;
    assert_eq!(lines_of(&status, "factors"), lines_of(&after, "factors"));

    let question = browser.get("/security/prove?next=%2Fsecurity%2Fpassword").await.says(200, "Confirm that it is you");
    assert!(question.text.contains("name=\"next\" value=\"/security/password\""), "{}", question.text);
    browser.form("/security/prove", &[("code", "000000"), ("next", "/security/password")]).await.says(422, "not right");
    let evil = browser.get("/security/prove?next=https%3A%2F%2Fevil.example").await.expect(200);
    assert!(evil.text.contains("name=\"next\" value=\"/security\""), "{}", evil.text);
    let before = browser.cookie("twinlock_session").unwrap();
    let code = totp::code(&person.secret, world.fresh_step().await);
    let right = browser.form("/security/prove", &[("code", &code), ("next", "/security/password")]).await;
    right.leads_to("/security/password");
    assert_ne!(browser.cookie("twinlock_session").unwrap(), before, "a proof changes the cookie");
    browser.get("/security/password").await.says(200, "Change your password");
}

/// The rest of the first address that begins so.
fn button_link(page: &Answer, start: &str) -> String {
    let rest =
        page.text.split(&format!("href=\"{start}")).nth(1).unwrap_or_else(|| panic!("no {start}: {}", page.text));
    rest.split('"').next().unwrap().to_owned()
}

fn lines_of(dump: &str, table: &str) -> Vec<String> {
    dump.lines().filter(|line| line.starts_with(table)).map(str::to_owned).collect()
}

/// Factors: several with names, called otherwise, asked first, removed, the last one not; and none of somebody else's.
async fn factors_are_managed(database: Database) {
    let world = World::start(database).await;
    let mut person = world.add_person(None);
    let browser = world.browser();
    type_password(&browser, &person).await.leads_to("/security");
    world.turn_on(&browser, &mut person).await;
    let wrong = browser.form("/security/add/sms", &[("phone_number", "my number")]).await;
    wrong.says(422, "That is not a phone number").holds_no_session();
    let number = world.new_number();
    let begun = browser.form("/security/add/sms", &[("phone_number", &number), ("label", "<b>Work</b>")]).await;
    let path = begun.expect(303).header("location").unwrap().to_owned();
    browser.get(&path).await.says(200, "We sent a text message with a code to +1***");
    browser.form(&path, &[("send", "again")]).await.says(429, "You can get another one in");
    world.advance(31).await;
    browser.form(&path, &[("send", "again")]).await.leads_to(&path);
    let code = world.code_to(&number, "setup_code", 2).await;
    browser.form(&path, &[("code", "000000")]).await.says(422, "4 tries are left");
    browser.form(&path, &[("code", &code)]).await.leads_to("/security?said=added");
    browser.get(&path).await.leads_to("/security/add?said=set-up-over");
    let page = browser.get("/security").await.says(200, "My phone Asked first");
    assert!(page.text.contains("&#60;b&#62;Work") && !page.text.contains("<b>Work"), "{}", page.text);

    let ids: Vec<String> = page
        .text
        .split("href=\"/security/factors/")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap().to_owned())
        .collect();
    let (first, second) = (format!("/security/factors/{}", ids[0]), format!("/security/factors/{}", ids[1]));
    browser.get(&second).await.says(200, "Ask for this first");
    browser.form(&second, &[("action", "rename"), ("label", " ")]).await.says(400, "Give it a name first");
    browser.form(&second, &[("action", "rename"), ("label", "Work")]).await.leads_to("/security?said=renamed");
    browser.form(&second, &[("action", "prefer")]).await.leads_to("/security?said=preferred");
    let page = browser.get("/security").await.says(200, "Work Asked first");
    for event in ["Signed in", "A way to get a code was added", "Two-step sign-in was turned on"] {
        let page = page.clone().says(200, event);
        assert!(page.text.contains("127.0.0.1"));
    }

    let stranger = world.browser();
    let (theirs, _) = world.person_with_totp().await;
    world.visit(&stranger, &theirs).await;
    stranger.get(&second).await.says(404, "There is nothing here");
    for action in ["rename", "prefer", "remove"] {
        stranger.form(&second, &[("action", action), ("label", "x")]).await.says(404, "There is nothing here");
    }
    browser.form(&first, &[("action", "remove")]).await.leads_to("/security?said=removed");
    browser.get(&second).await.says(200, "This is your only way to get a code");
    browser.form(&second, &[("action", "remove")]).await.says(409, "This is your only way to get a code");
    browser.get("/security/factors/nothing").await.says(404, "There is nothing here");
}

/// Devices and sessions are forgotten and ended, one or all; what is somebody else's is not found.
async fn devices_and_sessions_are_ended(database: Database) {
    let world = World::start(database).await;
    let (person, _) = world.person_with_totp().await;
    let browsers = [world.browser(), world.browser(), world.browser()];
    for browser in &browsers {
        type_password(browser, &person).await.leads_to("/sign-in/code");
        let code = totp::code(&person.secret, world.fresh_step().await);
        browser.form("/sign-in/code", &[("code", &code), ("remember", "on")]).await.leads_to("/security");
    }
    let [first, second, third] = &browsers;
    let page = first.get("/security").await.says(200, "Forget all of them");
    assert_eq!(page.text.matches("/forget\"").count(), 4, "three, and all of them");
    let (stranger, theirs) = (world.browser(), world.person_with_totp().await.0);
    world.visit(&stranger, &theirs).await;
    let code = totp::code(&person.secret, world.fresh_step().await);
    first.form("/security/prove", &[("code", &code), ("next", "/security")]).await.leads_to("/security");
    let device = form_id(&first.get("/security").await, "/security/devices/", "/forget");
    stranger.form(&format!("/security/devices/{device}/forget"), &[]).await.says(404, "There is nothing here");
    first.form(&format!("/security/devices/{device}/forget"), &[]).await.leads_to("/security?said=forgotten");
    first.form("/security/devices/forget", &[]).await.leads_to("/security?said=all-forgotten");
    assert_eq!(first.cookie("twinlock_device"), None, "this browser forgets its secret, too");
    for browser in [second, third] {
        browser.form("/sign-out", &[]).await.expect(303);
        type_password(browser, &person).await.leads_to("/sign-in/code");
    }
    // Remembering again, from the security page: by a factor, not by a recovery code.
    let code = person.recovery_codes[0].as_str();
    first.form("/security/remember", &[("code", code)]).await.says(403, "Prove that it is you first");
    let code = totp::code(&person.secret, world.fresh_step().await);
    first.form("/security/remember", &[("code", &code)]).await.leads_to("/security?said=remembered");
    assert!(first.cookie("twinlock_device").is_some());

    world.visit(second, &person).await;
    world.visit(third, &person).await;
    let session = form_id(&second.get("/security").await, "/security/sessions/", "/end");
    stranger.form(&format!("/security/sessions/{session}/end"), &[]).await.says(404, "There is nothing here");
    third.form("/security/sessions/end", &[]).await.leads_to("/security?said=others-ended");
    second.get("/security").await.leads_to("/sign-in?said=session-over");
    third.get("/security").await.says(200, "Two-step sign-in is on");
    second.form(&format!("/security/sessions/{session}/end"), &[]).await.leads_to("/sign-in");
}

/// The id in the action of the first form of this kind.
fn form_id(page: &Answer, start: &str, end: &str) -> String {
    let actions = page.text.split("action=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let mut ids = actions.filter_map(|action| action.strip_prefix(start)?.strip_suffix(end));
    ids.next().unwrap_or_else(|| panic!("no {start}…{end}: {}", page.text)).to_owned()
}

/// Password and address, with the sentences for each way of being wrong.
async fn password_and_address_are_changed(database: Database) {
    let world = World::start(database).await;
    let mut person = world.add_person(None);
    let (browser, other) = (world.browser(), world.browser());
    for browser in [&browser, &other] {
        type_password(browser, &person).await.leads_to("/security");
    }
    let change = async |current: &str, new: &str| {
        browser.form("/security/password", &[("password", current), ("new_password", new)]).await
    };
    change("not it at all", "quiet harbor 41 lanterns").await.says(401, "is not right");
    change(PASSWORD, "12345678").await.says(422, "Too many people use this password");
    change(PASSWORD, "quiet harbor 41 lanterns").await.leads_to("/security?said=password-changed");
    "quiet harbor 41 lanterns".clone_into(&mut person.password);
    browser.get("/security").await.says(200, "Two-step sign-in is off");
    other.get("/security").await.leads_to("/sign-in?said=session-over");
    type_password(&other, &person).await.leads_to("/security");

    let new = world.new_address();
    browser.form("/security/email", &[("email", "nobody")]).await.says(422, "That is not an e-mail address");
    browser.form("/security/email", &[("email", &new)]).await.leads_to("/security?said=email-change-sent");
    let message = world.message(&new, "email_change").await;
    let link = message["link"].as_str().unwrap();
    world.browser().form("/change-email", &[("link", link)]).await.leads_to("/sign-in?said=email-changed");
    person.email = new;
    type_password(&world.browser(), &person).await.leads_to("/security");

    let backup = world.new_address();
    let own = browser.form("/security/backup-email", &[("email", &person.email)]).await;
    own.says(422, "That is the address you sign in with");
    let sent = browser.form("/security/backup-email", &[("email", &backup)]).await;
    sent.leads_to("/security?said=backup-email-sent");
    let message = world.message(&backup, "backup_email").await;
    let link = message["link"].as_str().unwrap();
    world.browser().form("/backup-email", &[("link", link)]).await.leads_to("/sign-in?said=notices-copied");
    browser.get("/security/backup-email").await.says(200, "Copies go to");
    browser.form("/security/backup-email", &[("remove", "yes")]).await.leads_to("/security?said=notices-ended");
    let page = browser.get("/security/backup-email").await.expect(200);
    assert!(!page.text.contains("Copies go to"), "{}", page.text);

    // Without a factor it is the password that proves.
    world.advance(301).await;
    type_password(&browser, &person).await.leads_to("/security");
    world.advance(301).await;
    browser.get("/security/add").await.says(200, "Type your password again");
    let wrong = browser.form("/security/prove", &[("password", "wrong"), ("next", "/security/add")]).await;
    wrong.says(401, "is not right");
    let right = browser.form("/security/prove", &[("password", &person.password), ("next", "/security/add")]).await;
    right.leads_to("/security/add");
    browser.get("/security/add").await.says(200, "How do you want to get your codes?");
}

/// What an operator has switched off is not offered, and not taken.
async fn what_is_switched_off_is_not_offered(database: Database) {
    let world = World::on(database)
        .with("TWOFA_METHODS", "totp")
        .with("TWOFA_SIGNUP_ENABLED", "false")
        .with("TWOFA_TRUSTED_DEVICE_ENABLED", "false")
        .start()
        .await;
    let mut person = world.add_person(None);
    let browser = world.browser();
    let page = browser.get("/sign-in").await.expect(200);
    assert!(!page.text.contains("/sign-up"), "{}", page.text);
    browser.get("/sign-up").await.says(403, "This is switched off here");
    let fields = [("email", "new@example.com"), ("new_password", PASSWORD)];
    browser.form("/sign-up", &fields).await.says(403, "This is switched off here");
    type_password(&browser, &person).await.leads_to("/security");
    let page = browser.get("/security/add").await.says(200, "Authenticator app");
    assert!(!page.text.contains("/security/add/sms") && !page.text.contains("/security/add/email"), "{}", page.text);
    let sms = browser.form("/security/add/sms", &[("phone_number", "+12025550167")]).await;
    sms.says(403, "This is switched off here");
    world.turn_on(&browser, &mut person).await;
    browser.get("/security/remember").await.leads_to("/security");
    let again = world.browser();
    type_password(&again, &person).await.leads_to("/sign-in/code");
    let page = again.get("/sign-in/code").await.expect(200);
    assert!(!page.text.contains("name=\"remember\""), "{}", page.text);
}

on_both_databases![
    two_step_sign_in_is_turned_on_and_off,
    a_change_asks_for_a_proof_first,
    factors_are_managed,
    devices_and_sessions_are_ended,
    password_and_address_are_changed,
];
on_sqlite![what_is_switched_off_is_not_offered];
