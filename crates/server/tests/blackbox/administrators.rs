//! Who gets into the administration, what it shows, and that every look is written down.

use crate::client::{Answer, Browser};
use crate::database::Database;
use crate::desk_lists::LISTS;
use crate::harness::World;
use crate::page_sign_in::type_password;
use crate::people::{PASSWORD, Person, login};
use crate::totp;

/// Every page of the administration that an address leads to, with somebody in it.
pub(crate) fn addresses(person: &str) -> Vec<String> {
    let lists = LISTS.iter().flat_map(|list| {
        let of_all = format!("/admin/lists/{list}");
        [format!("{of_all}?person={person}"), of_all]
    });
    let fixed = ["/admin", "/admin/overview", "/admin/audit", "/admin/requests"].map(str::to_owned);
    fixed.into_iter().chain(lists).chain([format!("/admin/people/{person}")]).collect()
}

/// Those, and what forms lead to.
fn pages(person: &str) -> Vec<(&'static str, String)> {
    let opened = addresses(person).into_iter().map(|path| ("GET", path));
    opened.chain([("POST", "/admin/people".to_owned())]).collect()
}

impl World {
    /// Runs `twinlock admin`, and gives what it says.
    pub(crate) fn admin(&self, arguments: &[&str]) -> String {
        let output = self.cli(&[&["admin"], arguments].concat(), "");
        assert!(output.status.success(), "admin: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Somebody with an authenticator and a role.
    pub(crate) fn add_administrator(&self, role: &str) -> Person {
        let person = self.add_person_with_totp();
        let said = self.admin(&["add", &person.email, "--role", role, "--reason", "new at the desk"]);
        assert!(!said.contains("#token="), "who has a factor needs no link: {said}");
        person
    }

    /// A browser in which an administrator has come in.
    pub(crate) async fn at_the_desk(&self, administrator: &Person) -> Browser {
        let browser = self.browser();
        self.visit(&browser, administrator).await;
        browser.get("/admin").await.says(200, "People");
        browser
    }

    /// A user's id as addresses have it.
    pub(crate) async fn uuid_of(&self, person: &Person) -> String {
        let sql = if self.database.is_postgres() { "id" } else { "lower(hex(id))" };
        let id = self.look.value(&format!("SELECT {sql} FROM users WHERE email = '{}'", person.email)).await.unwrap();
        uuid::Uuid::parse_str(&id).unwrap().to_string()
    }
}

async fn ask(browser: &Browser, method: &str, path: &str) -> Answer {
    if method == "GET" { browser.get(path).await } else { browser.form(path, &[("wanted", "person")]).await }
}

/// The first administrator comes in over a link that dies with its use, and not without a second factor.
async fn the_first_administrator_comes_in_over_a_link_and_with_a_factor(database: Database) {
    let world = World::start(database).await;
    let email = world.new_address();
    let said = world.admin(&["add", &email, "--role", "administrator"]);
    let link =
        said.lines().find(|line| line.contains("#token=")).unwrap_or_else(|| panic!("no link: {said}")).to_owned();
    assert!(link.starts_with(&format!("{}/welcome#token=", world.base())), "{link}");
    let person = Person { email, password: PASSWORD.to_owned(), secret: String::new(), recovery_codes: vec![] };

    // Until then no password fits, and the mailbox alone opens nothing.
    login(&world.browser(), &person).await.refused(401, "credentials_invalid");
    world.browser().form("/forgot-password", &[("email", &person.email)]).await.leads_to("/forgot-password/sent");
    let entries = world.audit_of(&person).await;
    assert!(entries.iter().any(|entry| entry.action == "password_reset_requested" && entry.detail == "administrator"));

    let browser = world.browser();
    browser.get("/welcome").await.says(200, "Welcome");
    let weak = browser.form("/welcome", &[("link", &link), ("new_password", "short")]).await;
    weak.says(422, "at least 8 characters");
    let fields = [("link", link.as_str()), ("new_password", PASSWORD)];
    browser.form("/welcome", &fields).await.leads_to("/sign-in?said=welcome&next=%2Fsecurity%2Fadd");
    let again = [("link", link.as_str()), ("new_password", "quiet harbor 41 lanterns")];
    world.browser().form("/welcome", &again).await.says(401, "This link does not work any more");
    world.browser().form("/reset-password", &again).await.says(401, "This link does not work any more");

    let browser = world.browser();
    type_password(&browser, &person).await.leads_to("/security");
    let refused = browser.get("/admin").await.says(403, "First a second step");
    assert!(refused.text.contains("href=\"/security/add\""), "it leads on: {}", refused.text);
    let mut person = person;
    let setup = browser.form("/security/add/totp", &[]).await.expect(303);
    let set_up = setup.header("location").unwrap().to_owned();
    let page = browser.get(&set_up).await.expect(200);
    let key = page.text.split("id=\"key\"").nth(1).unwrap().split('>').nth(1).unwrap();
    person.secret = key.split('<').next().unwrap().replace(' ', "");
    if person.secret.is_empty() {
        let key =
            crate::chromium::without_tags(page.text.split("id=\"key\"").nth(1).unwrap().split("</p>").next().unwrap());
        person.secret = key.trim_start_matches('>').split_whitespace().collect();
    }
    let code = totp::code(&person.secret, world.fresh_step().await);
    browser.form(&set_up, &[("code", &code)]).await.expect(303);

    // A fresh sign-in with both comes in; what enrolled just now proves itself once more.
    let browser = world.at_the_desk(&person).await;
    browser.get("/security").await.says(200, "Administration");
    assert!(world.admin(&["list"]).contains("administrator"));
}

/// Each page, for everybody there is: only who has a role and proved a factor in this session sees it.
async fn every_page_opens_to_those_who_may_and_to_nobody_else(database: Database) {
    let world = World::start(database).await;
    let someone = world.add_person_with_totp();
    let id = world.uuid_of(&someone).await;
    let nobody = world.browser();
    let user = world.browser();
    world.visit(&user, &someone).await;
    let unproved = world.browser();
    let trusting = world.add_administrator("administrator");
    type_password(&unproved, &trusting).await.leads_to("/sign-in/code");
    let code = totp::code(&trusting.secret, world.fresh_step().await);
    unproved.form("/sign-in/code", &[("code", &code), ("remember", "on")]).await.leads_to("/security");
    unproved.get("/admin").await.says(200, "People");
    unproved.form("/sign-out", &[]).await.expect(303);
    type_password(&unproved, &trusting).await.leads_to("/security");

    for (method, path) in pages(&id) {
        let turned_away = ask(&nobody, method, &path).await.expect(303);
        assert!(turned_away.header("location").unwrap().starts_with("/sign-in"), "{path}");
        ask(&user, method, &path).await.says(404, "There is nothing here");
        let led = ask(&unproved, method, &path).await.expect(303);
        assert!(led.header("location").unwrap().starts_with("/security/prove?next="), "{path}: {led:?}");
    }
    for role in ["viewer", "support", "administrator"] {
        let browser = world.at_the_desk(&world.add_administrator(role)).await;
        for (method, path) in pages(&id) {
            ask(&browser, method, &path).await.expect(200);
        }
        browser.form_call("/admin/people", &[("wanted", "a")]).send().await.says(403, "That came from another site");
        for unknown in ["00000000-0000-7000-8000-000000000009", "*", "1", "session"] {
            browser.get(&format!("/admin/people/{unknown}")).await.says(404, "There is nothing here");
        }
    }
    // A proof brings the one with the remembered browser in; a recovery code or nothing does not.
    let code = totp::code(&trusting.secret, world.fresh_step().await);
    unproved.form("/security/prove", &[("code", &code), ("next", "/admin")]).await.leads_to("/admin");
    unproved.get("/admin").await.says(200, "People");
}

/// The session of an administrator is short; a role that comes or goes ends what was open.
async fn a_session_of_an_administrator_is_short_and_ends_with_the_role(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person_with_totp();
    let before = world.browser();
    world.visit(&before, &person).await;
    world.admin(&["add", &person.email, "--role", "viewer"]);
    before.get("/security").await.leads_to("/sign-in?said=session-over");

    let browser = world.at_the_desk(&person).await;
    for _ in 0..10 {
        world.advance(25 * 60).await;
        browser.get("/admin").await.expect(200);
    }
    world.advance(31 * 60).await;
    browser.get("/admin").await.expect(303);
    let browser = world.at_the_desk(&person).await;
    for _ in 0..19 {
        world.advance(25 * 60).await;
        browser.get("/admin").await.expect(200);
    }
    world.advance(25 * 60).await;
    browser.get("/admin").await.expect(303);

    let browser = world.at_the_desk(&person).await;
    world.admin(&["role", &person.email, "--role", "support", "--reason", "promoted"]);
    browser.get("/admin").await.expect(303);
    let browser = world.at_the_desk(&person).await;
    world.admin(&["remove", &person.email, "--yes"]);
    browser.get("/admin").await.expect(303);
    let browser = world.browser();
    world.visit(&browser, &person).await;
    browser.get("/admin").await.says(404, "There is nothing here");
    let roles: Vec<(String, String)> = (world.audit_of(&person).await.into_iter())
        .filter(|entry| entry.action.starts_with("role_"))
        .map(|entry| (entry.action, entry.detail))
        .collect();
    let entry = |action: &str, detail: &str| (action.to_owned(), detail.to_owned());
    assert_eq!(
        roles,
        [
            entry("role_granted", "role:viewer"),
            entry("role_granted", "role:support; stated:promoted"),
            entry("role_revoked", "role:support"),
        ]
    );
}

/// What a mailbox is enough for is no way in: no code by e-mail, and a known password dies with the invitation.
async fn a_mailbox_is_no_way_into_the_administration(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person(None);
    let said = world.admin(&["add", &person.email, "--role", "support"]);
    assert!(said.contains("/welcome#token="), "{said}");
    login(&world.browser(), &person).await.refused(401, "credentials_invalid");

    let (mut strong, session) = world.person_with_totp().await;
    let browser = world.browser();
    let address = world.new_address();
    let body = serde_json::json!({ "method": "email", "email": address });
    let pending = browser.post_as(&session.access, "/auth/2fa/setup/", body.clone()).await.expect(201);
    let code = world.message(&address, "setup_code").await["code"].as_str().unwrap().to_owned();
    let proof = serde_json::json!({ "code": code, "factor_id": pending.text_at("/factor_id") });
    browser.post_as(&session.access, "/auth/2fa/verify-setup/", proof).await.expect(200);
    world.admin(&["add", &strong.email, "--role", "support"]);
    strong.recovery_codes.clear();
    let id = world.id_of(&strong).await;
    let left = world.look.rows(&format!("SELECT method FROM factors WHERE user_id = {id}")).await;
    assert_eq!(left, [vec![Some("totp".to_owned())]], "the factor by e-mail is gone");
    let session = world.sign_in(&browser, &strong).await;
    browser.post_as(&session.access, "/auth/2fa/setup/", body).await.refused(403, "feature_disabled");
}

/// An administrator does not turn the second factor off, and a reset of it leaves no password behind that would
/// let somebody else add the next one.
async fn no_administrator_is_left_with_a_password_alone(database: Database) {
    let world = World::start(database).await;
    let administrator = world.add_administrator("administrator");
    let browser = world.browser();
    let session = world.sign_in(&browser, &administrator).await;
    let code = serde_json::json!({ "code": totp::code(&administrator.secret, world.fresh_step().await) });
    browser.post_as(&session.access, "/auth/2fa/disable/", code).await.refused(403, "feature_disabled");
    world.at_the_desk(&administrator).await;

    let reset = ["user", "reset-2fa", &administrator.email, "--reason", "says the phone is lost", "--yes"];
    let said = String::from_utf8(world.cli(&reset, "").stdout).unwrap();
    assert!(said.contains(&format!("twinlock admin role {} --role administrator", administrator.email)), "{said}");
    login(&world.browser(), &administrator).await.refused(401, "credentials_invalid");
    let invited = world.admin(&["role", &administrator.email, "--role", "administrator"]);
    assert!(invited.contains("/welcome#token="), "{invited}");
}

/// People are found by the beginning of an address, by ids, and by nothing else; each look is written down.
async fn people_are_found_and_every_look_is_written_down(database: Database) {
    let world = World::start(database).await;
    let administrator = world.add_administrator("viewer");
    let (person, id) = {
        let person = world.add_person_with_totp();
        let id = world.uuid_of(&person).await;
        (person, id)
    };
    let browser = world.at_the_desk(&administrator).await;
    let find = async |wanted: &str| browser.form("/admin/people", &[("wanted", wanted)]).await.expect(200);
    let local = person.email.split('@').next().unwrap();
    for wanted in [local, &person.email, &person.email.to_uppercase(), &id, &format!("  {local}  ")] {
        let found = find(wanted).await;
        assert!(found.text.contains(&format!("/admin/people/{id}")), "{wanted:?}: {}", found.text);
    }
    for wanted in ["%", "_erson", "' or 1=1--", "\\", "id:%", "nobody@", "00000000-0000-7000-8000-000000000009"] {
        find(wanted).await.says(200, "Nobody is found by that");
    }
    browser.form("/admin/people", &[("wanted", &"a".repeat(400))]).await.expect(400);
    browser.form("/admin/people", &[("wanted", "a"), ("role", "administrator")]).await.expect(400);
    browser.get("/admin/people?wanted=person").await.leads_to("/admin");

    let shown = browser.get(&format!("/admin/people/{id}")).await.says(200, "What happened");
    assert!(!shown.text.contains(&person.secret), "a secret is shown");
    let looks: Vec<String> = (world.audit_of(&administrator).await.into_iter())
        .filter(|entry| entry.action == "looked")
        .map(|entry| entry.detail.split(':').next().unwrap().to_owned())
        .collect();
    assert_eq!(looks.iter().filter(|look| *look == "search").count(), 12, "{looks:?}");
    assert_eq!(looks.iter().filter(|look| *look == "person").count(), 1, "{looks:?}");
    let detail = world.audit_of(&administrator).await.into_iter().rev().find(|entry| entry.action == "looked").unwrap();
    let pseudonym = world.audit_of(&person).await[0].person.clone().unwrap();
    let bare = |text: &str| text.trim_start_matches("\\x").replace('-', "").to_lowercase();
    assert_eq!(bare(detail.detail.trim_start_matches("person:")), bare(&pseudonym), "by pseudonym");
    assert!(world.audit_of(&person).await.iter().all(|entry| entry.action != "looked"));
    let written = world.audit().await;
    assert!(written.iter().all(|entry| !entry.detail.contains('@')), "what was searched for is nowhere written down");
    // A page of fifty, and the rest behind it.
    let lines: Vec<String> = (0..60).map(|n| format!("{{\"email\":\"crowd{n:02}@example.com\"}}")).collect();
    std::fs::write(world.path().join("crowd.jsonl"), lines.join("\n")).unwrap();
    assert!(world.cli(&["user", "import", "crowd.jsonl"], "").status.success());
    let first = find("crowd").await;
    assert!(first.text.contains("crowd49@") && !first.text.contains("crowd50@"), "{}", first.text);
    let value = |name: &str| {
        let rest = first.text.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap();
        rest.split('"').next().unwrap().to_owned()
    };
    let (after, after_id) = (value("after"), value("after_id"));
    let rest = [("wanted", "crowd"), ("after", after.as_str()), ("after_id", after_id.as_str())];
    let rest = browser.form("/admin/people", &rest).await.expect(200);
    assert!(rest.text.contains("crowd50@") && rest.text.contains("crowd59@") && !rest.text.contains("crowd49@"));
    assert!(!rest.text.contains("name=\"after\""), "there is no more");
}

/// The story of one person tells what happened and why; what strangers wrote in it stays text.
async fn the_story_of_a_person_tells_why(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person_with_totp();
    let agent = "\"><img src=x onerror=fetch('//evil')>{{7*7}}";
    let browser = world.browser();
    let send = async |path: &str, fields: &[(&str, &str)]| {
        let call = browser.form_call(path, fields).header("origin", world.base());
        call.header("user-agent", agent).send().await
    };
    for turn in 0..10 {
        if turn % 5 == 0 {
            send("/sign-in", &[("email", &person.email), ("password", PASSWORD)]).await.expect(303);
        }
        send("/sign-in/code", &[("code", "000000")]).await;
    }
    let administrator = world.add_administrator("viewer");
    let desk = world.at_the_desk(&administrator).await;
    let id = world.uuid_of(&person).await;
    let page = desk.get(&format!("/admin/people/{id}")).await.says(200, "Locked");
    let text = crate::chromium::without_tags(&page.text);
    for told in [
        "The password was right",
        "Wrong code at sign-in",
        "wrong_code",
        "Locked after too many wrong codes",
        "p***@e***.com",
        "A message was put on its way",
        "account_locked",
    ] {
        assert!(text.contains(told), "no {told:?} in {text}");
    }
    assert!(page.text.contains("&#60;img src=x onerror"), "what the browser calls itself is shown as text");
    assert!(!page.text.contains("<img") && page.text.contains("{{7*7}}"), "{}", page.text);
    // Newest first.
    let (locked, first) = (text.find("Locked after too many").unwrap(), text.find("The password was right").unwrap());
    assert!(locked < first, "{text}");
    let guards = page.header("content-security-policy").unwrap_or_default();
    assert!(guards.starts_with("default-src 'none'"), "{guards}");
    assert_eq!(page.header("cache-control"), Some("no-store"));
}

/// The administration can have an address of its own, and is then nowhere else.
async fn the_administration_can_have_an_address_of_its_own(database: Database) {
    let port = crate::harness::free_port();
    let world = World::on(database).with("TWINLOCK_ADMIN_BIND", format!("127.0.0.1:{port}")).start().await;
    let administrator = world.add_administrator("support");
    let outside = world.browser();
    world.visit(&outside, &administrator).await;
    outside.get("/admin").await.expect(404);
    outside.form("/admin/people", &[("wanted", "")]).await.expect(404);
    assert!(!outside.get("/security").await.expect(200).text.contains("/admin"), "nothing leads there");
    let inside = Browser::new(&format!("http://127.0.0.1:{port}"), &format!("127.0.0.1:{port}"));
    world.visit(&inside, &administrator).await;
    inside.get("/admin").await.says(200, "People");
    inside.get("/auth/2fa/status/").await.expect(404);
    inside.get("/healthz").await.expect(200);
}

on_both_databases![
    the_first_administrator_comes_in_over_a_link_and_with_a_factor,
    every_page_opens_to_those_who_may_and_to_nobody_else,
    a_mailbox_is_no_way_into_the_administration,
    no_administrator_is_left_with_a_password_alone,
    people_are_found_and_every_look_is_written_down,
    the_story_of_a_person_tells_why,
];
on_sqlite![
    a_session_of_an_administrator_is_short_and_ends_with_the_role,
    the_administration_can_have_an_address_of_its_own,
];
