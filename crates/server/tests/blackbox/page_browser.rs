//! The pages in a real browser: by hand and by keyboard, with scripts and without.

use std::process::Command;

use crate::chromium::{Chromium, Tab, View};
use crate::database::Database;
use crate::harness::World;
use crate::people::{PASSWORD, Person};
use crate::setup::parameter;
use crate::totp;

impl Tab {
    /// Nothing was asked for elsewhere, no page complained, and none had a window of its own to show.
    #[track_caller]
    pub(crate) fn kept_to_itself(&self, world: &World) {
        for address in self.requests() {
            let ours = address.starts_with(&format!("{}/", world.base())) || address == "about:blank";
            assert!(ours || address.starts_with("data:"), "{address}");
        }
        // A browser notes every refused form as an error of the network; those are meant.
        let complaints = self.complaints().into_iter().filter(|text| !text.contains("Failed to load resource"));
        assert_eq!(complaints.collect::<Vec<_>>(), Vec::<String>::new());
        assert_eq!(self.dialogs(), 0);
    }
}

/// What a camera reads off the screen.
fn scanned(world: &World, tab: &Tab) -> String {
    let picture = world.path().join("screen.png");
    std::fs::write(&picture, tab.picture()).unwrap();
    let mut camera = Command::new("zbarimg");
    camera.args(["--quiet", "--raw", "-Sdisable", "-Sqrcode.enable"]).arg(&picture);
    let read = camera.output().expect("zbarimg is needed for this test: apt-get install zbar-tools");
    String::from_utf8(read.stdout).unwrap().trim_end().to_owned()
}

/// Types address and password where the sign-in page is open.
fn sign_in(tab: &Tab, person: &Person) {
    tab.fill("#email", &person.email);
    tab.fill("#password", &person.password);
    tab.enter();
}

/// What the page says happened.
pub(crate) fn said(tab: &Tab) -> String {
    tab.attribute(".note[data-said]", "data-said").unwrap()
}

/// Why the page says no.
pub(crate) fn refused(tab: &Tab) -> String {
    tab.attribute("#trouble", "data-code").unwrap()
}

pub(crate) fn sign_out(tab: &Tab) {
    tab.click(".top button");
    assert_eq!((tab.path(), said(tab)), ("/sign-in".to_owned(), "signed-out".to_owned()));
}

/// A code of the person's authenticator, of a step of its own.
pub(crate) async fn type_code(world: &World, tab: &Tab, person: &Person) {
    tab.fill("#code", &totp::code(&person.secret, world.fresh_step().await));
    tab.click("button.main");
}

/// The whole life of a second factor, from the empty security page and back to it.
async fn a_life_with_a_second_factor(world: &World, tab: &Tab, person: &mut Person) {
    sign_in(tab, person);
    tab.click(".glance a");
    assert_eq!(tab.path(), "/security/add");
    tab.click("a[href='/security/add/totp']");
    tab.click("button.main");
    assert!(tab.path().starts_with("/security/set-up/"));
    let uri = scanned(world, tab);
    person.secret = parameter(&uri, "secret");
    tab.tick("summary");
    assert_eq!(tab.text("#key").replace(' ', ""), person.secret);
    tab.fill("#code", "000000");
    tab.enter();
    assert_eq!(refused(tab), "code_incorrect");
    assert_eq!(scanned(world, tab), uri, "a wrong code keeps the set-up");
    type_code(world, tab, person).await;
    assert_eq!(tab.path(), "/security/recovery-codes/new");
    let shown: Vec<String> = tab.text(".codes").split_whitespace().map(str::to_owned).collect();
    assert_eq!(shown.len(), 10);
    let text = String::from_utf8(tab.save("a[href$='format=txt']", "recovery-codes.txt")).unwrap();
    assert!(shown.iter().all(|code| text.contains(code.as_str())), "{text}");
    let pdf = tab.save("a[href$='format=pdf']", "recovery-codes.pdf");
    assert!(pdf.starts_with(b"%PDF-") && pdf.len() > 5_000);
    person.recovery_codes = shown;
    tab.click("a.main");
    assert_eq!(tab.path(), "/security/remember");
    tab.click(".ways a");
    assert!(tab.has(".glance.on"));
    sign_out(tab);

    sign_in(tab, person);
    tab.tick("#remember");
    type_code(world, tab, person).await;
    assert!(tab.has("form[action$='/forget']"));
    sign_out(tab);
    sign_in(tab, person);
    assert_eq!(tab.path(), "/security", "a remembered device is not asked");

    // A remembered device proves nothing, so the change asks for a code in place.
    tab.click("form[action$='/forget'] button");
    assert_eq!(tab.path(), "/security/prove");
    type_code(world, tab, person).await;
    assert_eq!((tab.path(), said(tab)), ("/security".to_owned(), "forgotten".to_owned()), "it is done after the proof");
    sign_out(tab);
    sign_in(tab, person);
    assert_eq!(tab.path(), "/sign-in/code", "a forgotten device is asked");
    tab.click("a[href='/sign-in/code?by=recovery']");
    tab.fill("#code", &person.recovery_codes[0]);
    tab.enter();
    assert!(tab.text("#recovery + .beside").contains('9'));

    tab.click("a.quiet[href='/security/add']");
    tab.click("a[href='/security/add/sms']");
    assert!(tab.has(".note.sad.tail a[href='/security/add/totp']"), "the risk is told, and a safer way");
    tab.fill("#phone_number", "12345");
    tab.click("button.main");
    assert!(tab.has("#phone_number[aria-invalid='true']"));
    let number = world.new_number();
    tab.fill("#phone_number", &number);
    tab.fill("#label", "My phone");
    tab.click("button.main");
    assert!(tab.path().starts_with("/security/set-up/"));
    tab.fill("#code", &world.code_to(&number, "setup_code", 1).await);
    tab.enter();
    assert_eq!(said(tab), "added");
    sign_out(tab);

    world.advance(60).await;
    sign_in(tab, person);
    tab.click(".others button.row");
    assert!(tab.text("main bdi.where").starts_with("+1***"));
    tab.fill("#code", &world.code_to(&number, "login_code", 2).await);
    tab.enter();
    assert_eq!(tab.path(), "/security");
    tab.click("a[href='/security/off']");
    tab.fill("#code", &totp::code(&person.secret, world.fresh_step().await));
    tab.click("button.danger");
    assert_eq!(said(tab), "off");
    assert!(tab.has(".glance.off"));
    sign_out(tab);
    sign_in(tab, person);
    assert_eq!(tab.path(), "/security", "nothing but the password is asked");
    sign_out(tab);
}

/// Sign-up, the mail's link, and everything after it.
async fn sign_up_and_live(world: &World, chromium: &std::sync::Arc<Chromium>, view: View) {
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
    assert_eq!(said(&tab), "verified");
    if view.language == "en" {
        assert_eq!(tab.text(".note.good"), "Your address is confirmed. You can sign in now.");
    }
    tab.fill("#email", &email);
    tab.fill("#password", "wrong wrong wrong");
    tab.enter();
    assert_eq!(refused(&tab), "credentials_invalid");
    let mut person = Person { email, password: PASSWORD.to_owned(), secret: String::new(), recovery_codes: vec![] };
    a_life_with_a_second_factor(world, &tab, &mut person).await;
    tab.kept_to_itself(world);
}

async fn a_person_signs_up_and_lives_with_a_second_factor(database: Database) {
    let Some(chromium) = Chromium::start() else { return };
    let world = World::start(database).await;
    sign_up_and_live(&world, &chromium, View::PHONE).await;
    sign_up_and_live(&world, &chromium, View { scripts: false, ..View::DESKTOP }).await;
}

async fn a_person_lives_with_it_in_arabic(database: Database) {
    let Some(chromium) = Chromium::start() else { return };
    let world = World::start(database).await;
    sign_up_and_live(&world, &chromium, View { language: "ar", ..View::PHONE }).await;
}

/// The language is the person's choice, then the browser's; the choice is kept, goes with the mails, and loses no link.
async fn a_person_chooses_the_language(database: Database) {
    let Some(chromium) = Chromium::start() else { return };
    let world = World::start(database).await;
    let tab = chromium.open(View { language: "fr-CA,fr;q=0.9", ..View::PHONE });
    tab.go(&format!("{}/sign-in?next=%2Fsecurity%2Fpassword", world.base()));
    assert_eq!((tab.attribute("html", "lang").as_deref(), tab.text("h1").as_str()), (Some("fr"), "Connexion"));
    tab.evaluate("document.querySelector('#language').value = 'ar'");
    tab.click(".foot button");
    assert_eq!(
        (tab.attribute("html", "lang").as_deref(), tab.attribute("html", "dir").as_deref()),
        (Some("ar"), Some("rtl"))
    );
    assert_eq!(tab.attribute("input[name='next']", "value").as_deref(), Some("/security/password"));
    let email = world.new_address();
    tab.go(&format!("{}/sign-up", world.base()));
    tab.fill("#email", &email);
    tab.fill("#new_password", PASSWORD);
    tab.click("button.main");
    let message = world.message(&email, "email_verification").await;
    assert_eq!(message["locale"], "ar", "{message}");
    tab.go(message["link"].as_str().unwrap());
    tab.evaluate("document.querySelector('#language').value = 'de'");
    tab.click(".foot button");
    assert_eq!(tab.attribute("html", "lang").as_deref(), Some("de"));
    tab.click("button.main");
    assert_eq!(said(&tab), "verified");
    tab.kept_to_itself(&world);
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

on_both_databases![a_person_signs_up_and_lives_with_a_second_factor];
on_sqlite![a_person_lives_with_it_in_arabic, a_person_chooses_the_language, no_page_stands_in_a_frame];
