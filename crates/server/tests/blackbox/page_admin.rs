//! The administration in a real browser: every page of it in every state, and the stories it was made for.

use std::sync::Arc;

use serde_json::json;

use crate::administrators::addresses;
use crate::chromium::{Chromium, Tab, View};
use crate::database::Database;
use crate::desk_lists::LISTS;
use crate::harness::World;
use crate::page_browser::{refused, said, sign_out, type_code};
use crate::people::{PASSWORD, Person};
use crate::totp;

/// Every act of the help desk.
const ACTS: [&str; 6] = ["unlock", "send-now", "withdraw-bypass-code", "end-sessions", "forget-devices", "start-over"];
/// Why, as the desk says it.
const REASON: &str = "Called back at the number we know";

impl World {
    /// The address of a path.
    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.base())
    }
}

/// Opens the link of an invitation and chooses a password there.
fn accept(tab: &Tab, link: &str, email: &str) -> Person {
    tab.go(link);
    tab.fill("#new_password", PASSWORD);
    tab.click("button.main");
    let (email, password) = (email.to_owned(), PASSWORD.to_owned());
    Person { email, password, secret: String::new(), recovery_codes: Vec::new() }
}

/// Sets up an authenticator at the pages.
async fn set_up(world: &World, tab: &Tab, person: &mut Person) {
    tab.go(&world.at("/security/add/totp"));
    tab.click("button.main");
    tab.tick("summary");
    person.secret = tab.text("#key").replace(' ', "");
    type_code(world, tab, person).await;
}

/// Looks for somebody and opens their page.
fn find(world: &World, tab: &Tab, wanted: &str) {
    tab.go(&world.at("/admin"));
    tab.fill("#wanted", wanted);
    tab.click("button.main");
    tab.click(".found a.row");
}

/// Says why, and does it.
fn act(tab: &Tab, reason: &str) {
    tab.fill("#reason", reason);
    tab.click(".help button");
}

/// Every page of the administration in every state, around somebody who is locked out.
pub(crate) async fn scenes(
    world: &World,
    chromium: &Arc<Chromium>,
    view: View,
    locked: &Person,
    mut show: impl FnMut(&Tab, &str),
) {
    let tab = chromium.open(view);
    let support = coming_in(world, &tab, &mut show).await;
    finding(world, &tab, locked, &mut show);
    helping(world, &tab, locked, &support, &mut show).await;
    leafing(world, &tab, locked, &support, &mut show).await;
    auditing(world, &tab, &mut show).await;
    counting(world, &tab, &mut show).await;
    sign_out(&tab);
    looking_only(world, &tab, locked, &mut show).await;
    sign_out(&tab);
    asking(chromium, view, &mut show).await;
}

/// Somebody is invited, and needs a second factor before anything is shown.
async fn coming_in(world: &World, tab: &Tab, mut show: impl FnMut(&Tab, &str)) -> Person {
    tab.go(&world.at("/welcome"));
    show(tab, "admin-welcome");
    let said = world.admin(&["add", "grace@example.com", "--role", "support"]);
    let link = said.lines().find(|line| line.contains("#token=")).unwrap();
    tab.go(link);
    show(tab, "admin-invited");
    tab.fill("#new_password", "password1");
    tab.click("button.main");
    show(tab, "admin-invited-weak");
    assert_eq!(
        tab.evaluate("document.querySelector('.paste').hidden"),
        true,
        "the link is in the form, and not on the screen"
    );
    let mut person = accept(tab, link, "grace@example.com");
    show(tab, "admin-welcomed");
    world.type_password(tab, &person);
    tab.go(&world.at("/admin"));
    show(tab, "admin-factor-missing");
    set_up(world, tab, &mut person).await;
    tab.go(&world.at("/admin"));
    show(tab, "admin-prove");
    type_code(world, tab, &person).await;
    assert_eq!(tab.path(), "/admin");
    person
}

fn finding(world: &World, tab: &Tab, locked: &Person, mut show: impl FnMut(&Tab, &str)) {
    show(tab, "admin");
    for (wanted, name) in [("", "admin-nothing-wanted"), ("nobody", "admin-nobody"), ("person", "admin-people")] {
        tab.go(&world.at("/admin"));
        tab.fill("#wanted", wanted);
        tab.click("button.main");
        show(tab, name);
    }
    find(world, tab, &locked.email);
    show(tab, "admin-person");
}

/// Each act: its question, a reason that is none, and what comes of it; for somebody of ours and of an application.
async fn helping(world: &World, tab: &Tab, locked: &Person, support: &Person, mut show: impl FnMut(&Tab, &str)) {
    let person = world.at(&format!("/admin/people/{}", world.uuid_of(locked).await));
    tab.go(&format!("{person}/cancel-number"));
    show(tab, "admin-cancel-number");
    tab.go(&format!("{person}/bypass-code"));
    show(tab, "admin-bypass-code");
    act(tab, REASON);
    show(tab, "admin-bypass-code-given");
    for act_name in ACTS {
        let question = format!("{person}/{act_name}");
        tab.go(&question);
        if tab.path() == "/security/prove" {
            type_code(world, tab, support).await;
        }
        show(tab, &format!("admin-{act_name}"));
        if act_name == "unlock" {
            act(tab, " ");
            show(tab, "admin-no-reason");
        }
        act(tab, REASON);
        assert_eq!(said(tab), format!("helped-{act_name}"));
        show(tab, &format!("admin-{act_name}-done"));
    }
    tab.go(&format!("{person}/unlock"));
    act(tab, REASON);
    assert_eq!(said(tab), "nothing-to-do");
    show(tab, "admin-nothing-to-do");

    let market = world.shop("market");
    market.enroll("bob").await;
    find(world, tab, "id:bob");
    show(tab, "admin-person-of-application");
    tab.click("a[href$='/start-over']");
    show(tab, "admin-start-over-of-application");
    world.advance(301).await;
    tab.go(&tab.address());
    assert_eq!(tab.path(), "/security/prove");
    show(tab, "admin-prove-again");
    let own = world.uuid_of(support).await;
    tab.go(&world.at(&format!("/admin/people/{own}")));
    show(tab, "admin-person-oneself");
    tab.go(&world.at(&format!("/admin/people/{own}/end-sessions")));
    show(tab, "admin-not-your-role");
    tab.go(&world.at("/admin/people/00000000-0000-7000-8000-000000000009"));
    show(tab, "admin-no-such-person");
}

async fn leafing(world: &World, tab: &Tab, locked: &Person, support: &Person, mut show: impl FnMut(&Tab, &str)) {
    for list in LISTS {
        tab.go(&world.at(&format!("/admin/lists/{list}")));
        show(tab, &format!("admin-list-{list}"));
    }
    tab.go(&world.at("/admin/requests"));
    show(tab, "admin-requests-none");
    let (one, other) = (world.uuid_of(locked).await, world.uuid_of(support).await);
    tab.go(&world.at(&format!("/admin/lists/outbox?person={one}")));
    show(tab, "admin-list-of-one");
    tab.go(&world.at("/admin/lists/outbox?state=waiting&from=2001-01-01&to=2001-12-31"));
    show(tab, "admin-list-narrowed");
    tab.go(&world.at(&format!("/admin/lists/trusted-devices?person={other}")));
    show(tab, "admin-list-empty");
}

async fn auditing(world: &World, tab: &Tab, mut show: impl FnMut(&Tab, &str)) {
    tab.go(&world.at("/admin/audit"));
    show(tab, "admin-audit");
    world.sign_audit_log().await;
    for (query, name) in [
        ("action=code_verified&success=no&method=totp", "admin-audit-narrowed"),
        ("from=2001-01-01&to=2001-12-31", "admin-audit-none"),
    ] {
        tab.go(&world.at(&format!("/admin/audit?{query}")));
        show(tab, name);
    }
    tab.go(&world.at("/admin/audit"));
    tab.click(".days.down li:last-child a");
    show(tab, "admin-audit-year");
    tab.click(".days.down li:last-child a");
    tab.click(".days.down li:last-child a");
    show(tab, "admin-audit-day");
}

/// The overview: before anything is counted, and of a month.
async fn counting(world: &World, tab: &Tab, mut show: impl FnMut(&Tab, &str)) {
    tab.go(&world.at("/admin/overview"));
    show(tab, "admin-overview-empty");
    world.write_a_month().await;
    for span in ["day", "week", "month"] {
        tab.go(&world.at(&format!("/admin/overview?span={span}")));
        show(tab, &format!("admin-overview-{span}"));
    }
    tab.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true; })");
    show(tab, "admin-overview-tables");
}

/// A reset that takes another administrator, and time.
async fn asking(chromium: &Arc<Chromium>, view: View, mut show: impl FnMut(&Tab, &str)) {
    let plan = World::on(Database::Sqlite).with("TWINLOCK_ADMIN_SECOND_APPROVAL", "true");
    let world = plan.with("TWINLOCK_ADMIN_COOLING_OFF_MINUTES", "60").start().await;
    let [asker, other] = ["support", "support"].map(|role| world.add_administrator(role));
    let person = world.at(&format!("/admin/people/{}", world.uuid_of(&world.add_person_with_totp()).await));
    let tab = &chromium.open(view);
    world.visit_in(tab, &asker).await;
    tab.go(&format!("{person}/start-over"));
    show(tab, "admin-request-ask");
    act(tab, REASON);
    assert_eq!(said(tab), "reset-asked");
    show(tab, "admin-request-asked");
    tab.go(&world.at("/admin/requests"));
    show(tab, "admin-requests");
    tab.click(".request .acts a[href$='/close']");
    show(tab, "admin-request-withdraw");
    let approve = tab.address().replace("/close", "/approve");
    tab.go(&approve);
    show(tab, "admin-request-own");
    tab.go(&world.at("/admin/requests"));
    sign_out(tab);
    world.visit_in(tab, &other).await;
    tab.go(&world.at("/admin/requests"));
    show(tab, "admin-requests-of-others");
    tab.click(".request .acts a[href$='/approve']");
    show(tab, "admin-request-approve");
    act(tab, REASON);
    assert_eq!(said(tab), "request-approved");
    show(tab, "admin-request-approved");
    tab.go(&approve.replace("/approve", "/carry-out"));
    show(tab, "admin-request-carry-out");
    act(tab, REASON);
    show(tab, "admin-request-not-yet");
    tab.go(&world.at("/stop-reset"));
    show(tab, "stop-reset");
}

/// Who may only look.
async fn looking_only(world: &World, tab: &Tab, locked: &Person, mut show: impl FnMut(&Tab, &str)) {
    let viewer = world.add_administrator("viewer");
    world.visit_in(tab, &viewer).await;
    show(tab, "admin-security");
    tab.click(".ends a");
    find(world, tab, &locked.email);
    show(tab, "admin-person-for-viewers");
    tab.go(&format!("{}/start-over", tab.address()));
    show(tab, "admin-not-for-viewers");
    tab.go(&world.at("/admin"));
}

/// The first administrator comes in over a link that dies with its use, and sees nothing without a second factor.
async fn the_first_administrator_comes_in(database: Database) {
    let Some(chromium) = Chromium::start() else { return };
    let world = World::start(database).await;
    let someone = world.add_person_with_totp();
    let pages =
        ["/admin", "/admin/audit", "/admin/lists/factors", &format!("/admin/people/{}", world.uuid_of(&someone).await)];
    for view in [View::PHONE, View { scripts: false, ..View::DESKTOP }] {
        let tab = chromium.open(view);
        let email = world.new_address();
        let invited = world.admin(&["add", &email, "--role", "administrator"]);
        let link = invited.lines().find(|line| line.contains("#token=")).unwrap();
        tab.go(link);
        if view.scripts {
            assert!(!tab.address().contains("token"), "the token stays in the address bar: {}", tab.address());
        } else {
            tab.fill("#link", link);
        }
        tab.fill("#new_password", PASSWORD);
        tab.click("button.main");
        assert_eq!((tab.path(), said(&tab)), ("/sign-in".to_owned(), "welcome".to_owned()));
        let mut person = Person { email, password: PASSWORD.into(), secret: String::new(), recovery_codes: vec![] };
        tab.fill("#email", &person.email);
        tab.fill("#password", PASSWORD);
        tab.enter();
        assert_eq!(tab.path(), "/security/add", "the sign-in leads to setting up a second factor");
        for page in pages {
            tab.go(&world.at(page));
            assert_eq!(tab.attribute("a.main", "href").as_deref(), Some("/security/add"), "{page}: {}", tab.html());
            assert!(!tab.has("nav.sections") && !tab.text("main").contains(&someone.email), "{page}: {}", tab.html());
        }
        set_up(&world, &tab, &mut person).await;
        assert_eq!(tab.path(), "/security/recovery-codes/new");
        tab.go(&world.at("/admin"));
        assert_eq!(tab.path(), "/security/prove");
        type_code(&world, &tab, &person).await;
        assert_eq!(tab.path(), "/admin");
        for page in pages {
            tab.go(&world.at(page));
            assert!(tab.has("nav.sections"), "{page}: {}", tab.html());
        }
        tab.kept_to_itself(&world);

        let late = chromium.open(View::PHONE);
        late.go(link);
        late.fill("#new_password", "quiet harbor 41 lanterns");
        late.click("button.main");
        assert_eq!(refused(&late), "token_invalid", "the link is dead after its use");
        late.go(&world.at("/admin"));
        assert_eq!(late.path(), "/sign-in");
    }
}

/// From the first wrong code to the new authenticator: found by search, understood by the story, helped with a
/// reason and a fresh proof, and back in by a link that nobody at the desk ever saw.
async fn somebody_locked_out_is_understood_and_gets_back_in(database: Database) {
    let Some(chromium) = Chromium::start() else { return };
    let world = World::start(database).await;
    let mut person = world.add_person_with_totp();
    let own = chromium.open(View::PHONE);
    world.use_up_tries(&own, &person);
    assert_eq!(refused(&own), "account_locked");

    let support = world.add_administrator("support");
    let desk = chromium.open(View::DESKTOP);
    world.visit_in(&desk, &support).await;
    desk.click(".ends a");
    assert_eq!(desk.path(), "/admin");
    desk.fill("#wanted", person.email.split('@').next().unwrap());
    desk.enter();
    desk.click(".found a.row");
    assert!(desk.text("#way-in").starts_with("Locked until"), "{}", desk.text("main"));
    let story = desk.text(".story");
    let told = ["Locked after too many wrong codes", "Wrong code at sign-in", "The password was right"];
    let places = told.map(|told| story.rfind(told).unwrap_or_else(|| panic!("no {told:?} in {story}")));
    assert!(places.is_sorted(), "newest first: {story}");
    let wrong = desk.evaluate(
        "[...document.querySelectorAll('.story li.bad')].reduce((sum, line) => \
         sum + Number(line.querySelector('.times')?.textContent.slice(1) ?? 1), 0)",
    );
    assert_eq!(wrong, 10, "{story}");
    assert!(desk.has(".acts .main[href$='/unlock']"), "what opens the way again comes first");

    world.advance(301).await;
    let page = desk.address();
    desk.click("a[href$='/start-over']");
    assert_eq!(desk.path(), "/security/prove", "what was proved at the sign-in is too long ago");
    type_code(&world, &desk, &support).await;
    assert!(desk.path().ends_with("/start-over"));
    act(&desk, REASON);
    assert_eq!(said(&desk), "helped-start-over");
    assert_eq!(desk.text(".stated"), REASON);
    let link = world.message(&person.email, "started_over").await["link"].as_str().unwrap().to_owned();
    let token = link.split_once("#token=").unwrap().1;
    for path in addresses(&world.uuid_of(&person).await) {
        assert!(!desk.html().contains(token), "the desk sees the link at {}", desk.address());
        desk.go(&world.at(&path));
    }
    assert!(desk.requests().iter().all(|request| !request.contains(token)));

    world.type_password(&own, &person);
    assert_eq!(refused(&own), "credentials_invalid", "the old password is dead");
    own.go(&link);
    own.fill("#new_password", "quiet harbor 41 lanterns");
    own.click("button.main");
    assert_eq!((own.path(), said(&own)), ("/sign-in".to_owned(), "welcome".to_owned()));
    "quiet harbor 41 lanterns".clone_into(&mut person.password);
    own.fill("#email", &person.email);
    own.fill("#password", &person.password);
    own.click("button.main");
    assert_eq!(own.path(), "/security/add");
    let before = std::mem::take(&mut person.secret);
    set_up(&world, &own, &mut person).await;
    assert_ne!(person.secret, before, "the secret is a new one");
    assert_eq!(own.path(), "/security/recovery-codes/new");
    own.go(&world.at("/security"));
    sign_out(&own);
    world.visit_in(&own, &person).await;
    own.kept_to_itself(&world);
    desk.go(&page);
    assert!(desk.has(".glance.on"), "{}", desk.text("main"));
    desk.kept_to_itself(&world);
}

/// Support finds an administrator, and can do nothing to them: no act is offered, and none is done.
async fn support_cannot_start_an_administrator_over(database: Database) {
    let Some(chromium) = Chromium::start() else { return };
    let world = World::start(database).await;
    let (support, administrator) = (world.add_administrator("support"), world.add_administrator("administrator"));
    let desk = chromium.open(View::DESKTOP);
    world.visit_in(&desk, &support).await;
    find(&world, &desk, &administrator.email);
    assert!(desk.has(".story") && !desk.has(".acts"), "{}", desk.text("main"));
    let page = desk.address();
    for name in ACTS {
        desk.go(&format!("{page}/{name}"));
        assert!(!desk.has("#reason") && desk.text("h1") == "Not for your role", "{}", desk.html());
    }
    world.visit_in(&chromium.open(View::PHONE), &administrator).await;
}

/// An auditor takes the log away from the page, and proves it where there is neither the database nor the keys.
async fn an_auditor_takes_the_log_away_and_proves_it(database: Database) {
    let Some(chromium) = Chromium::start() else { return };
    let world = World::start(database).await;
    let person = world.add_person_with_totp();
    world.use_up_tries(&chromium.open(View::PHONE), &person);
    let auditor = world.add_administrator("viewer");
    let desk = chromium.open(View::DESKTOP);
    world.visit_in(&desk, &auditor).await;
    desk.go(&world.at("/admin/audit"));
    let table = String::from_utf8(desk.save("form[action='/admin/audit/export'] button", "audit.csv")).unwrap();
    assert!(table.contains("account_locked"), "{table}");

    world.sign_audit_log().await;
    desk.go(&world.at("/admin/audit"));
    let key = desk.text("#audit-key");
    assert_eq!(world.must(&["audit", "keys"]).split_whitespace().next(), Some(key.as_str()));
    let proof = desk.save("form[action='/admin/audit/proof'] button", "audit-proof.jsonl");
    let proof = String::from_utf8(proof).unwrap();
    assert!(proof.contains("account_locked"), "{proof}");

    let elsewhere = tempfile::tempdir().unwrap();
    let file = elsewhere.path().join("audit-proof.jsonl");
    let verify = |text: &str| {
        std::fs::write(&file, text).unwrap();
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_twinlock"));
        command.current_dir(elsewhere.path()).env_clear().args(["audit", "verify", "--from"]).arg(&file);
        let output = command.args(["--key", &key]).output().unwrap();
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        (output.status.code(), said)
    };
    let (code, whole) = verify(&proof);
    assert!(code == Some(0) && whole.contains("is whole"), "{whole}");
    let (code, altered) = verify(&proof.replacen("\"account_locked\"", "\"account_unlocked\"", 1));
    assert!(code == Some(1) && altered.contains("BROKEN"), "{altered}");
    let looks = world.audit_of(&auditor).await.into_iter().filter(|entry| entry.action == "looked");
    let looks: Vec<String> = looks.map(|entry| entry.detail).collect();
    assert!(["audit", "audit_export", "audit_proof"].iter().all(|name| looks.iter().any(|look| look == name)));
    desk.kept_to_itself(&world);
}

/// What strangers and applications call themselves, and what anybody types, stays text on every page of the
/// administration.
async fn markup_stays_text_in_the_administration(database: Database) {
    let Some(chromium) = Chromium::start() else { return };
    let world = World::start(database).await;
    let hostile = [
        "\"><img src=x onerror=alert(1)>",
        "<svg/onload=alert(2)>",
        "<script>alert(3)</script>",
        "</time></bdi><iframe srcdoc=x>",
        "javascript:alert(4)//{{7*7}}",
    ];
    let person = world.add_person_with_totp();
    for agent in hostile {
        let browser = world.browser();
        for password in ["wrong", PASSWORD] {
            let fields = [("email", person.email.as_str()), ("password", password)];
            let call = browser.form_call("/sign-in", &fields).header("origin", world.base());
            call.header("user-agent", agent).send().await;
        }
        let code = totp::code(&person.secret, world.fresh_step().await);
        let call = browser.form_call("/sign-in/code", &[("code", &code), ("remember", "on")]);
        call.header("origin", world.base()).header("user-agent", agent).send().await.leads_to("/security");
        let list = browser.get("/security").await.expect(200);
        let factor = list.text.split("/security/factors/").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let rename = [("action", "rename"), ("label", agent)];
        browser.form(&format!("/security/factors/{factor}"), &rename).await.expect(303);
    }
    let market = world.shop("market");
    world.must(&["app", "set", "market", "--display-name", hostile[0]]);
    for id in hostile {
        let user = json!({ "id": id, "name": id });
        let more = json!({ "user": user, "user_agent": id });
        market.challenge_with(id, more).await.expect(201);
    }

    let support = world.add_administrator("support");
    let desk = chromium.open(View::DESKTOP);
    world.visit_in(&desk, &support).await;
    let page = world.at(&format!("/admin/people/{}", world.uuid_of(&person).await));
    for name in ["forget-devices", "end-sessions"] {
        desk.go(&format!("{page}/{name}"));
        act(&desk, hostile[0]);
        assert_eq!(said(&desk), format!("helped-{name}"));
    }
    let mut shown = String::new();
    let mut check = |tab: &Tab| {
        let strange = "main :is(img, script, iframe, [srcdoc], [onerror], [onload], [href^='javascript:'])";
        let strange = tab.evaluate(&format!("document.querySelectorAll(\"{strange}\").length"));
        assert_eq!(strange, 0, "{}: {}", tab.address(), tab.html());
        assert_eq!(tab.dialogs(), 0, "{}", tab.address());
        shown.push_str(tab.evaluate("document.body.innerText").as_str().unwrap());
    };
    for path in addresses(&world.uuid_of(&person).await) {
        desk.go(&world.at(&path));
        check(&desk);
    }
    for name in ACTS {
        desk.go(&format!("{page}/{name}"));
        if desk.path() == "/security/prove" {
            type_code(&world, &desk, &support).await;
        }
        check(&desk);
    }
    for wanted in hostile {
        for start in ["", "id:"] {
            desk.go(&world.at("/admin"));
            desk.fill("#wanted", &format!("{start}{wanted}"));
            desk.click("button.main");
            check(&desk);
        }
        desk.click(".found a.row");
        check(&desk);
    }
    for text in hostile {
        assert!(shown.contains(text), "{text} is shown nowhere");
    }
    desk.kept_to_itself(&world);
}

on_both_databases![
    the_first_administrator_comes_in,
    somebody_locked_out_is_understood_and_gets_back_in,
    an_auditor_takes_the_log_away_and_proves_it,
];
on_sqlite![support_cannot_start_an_administrator_over, markup_stays_text_in_the_administration];
