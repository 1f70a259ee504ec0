//! Attacks on the pages in a real browser: what a browser makes of hostile names, addresses and forms is what counts.

use crate::chromium::{Chromium, Tab, View};
use crate::database::Database;
use crate::harness::World;
use crate::page_sign_in::type_password;
use crate::people::{PASSWORD, Person};
use crate::totp;

impl World {
    /// Signs in at the pages, in a browser.
    pub(crate) async fn visit_in(&self, tab: &Tab, person: &Person) {
        self.type_password(tab, person);
        tab.fill("#code", &totp::code(&person.secret, self.fresh_step().await));
        tab.enter();
        assert_eq!(tab.path(), "/security");
    }
}

/// names of browsers and factors that are markup are shown as text, run nothing, and ask for nothing elsewhere.
async fn markup_in_names_runs_nothing(database: Database) {
    let Some(chromium) = Chromium::start() else { return };
    let world = World::start(database).await;
    let person = world.add_person_with_totp();
    let hostile = ["\"><img src=x onerror=fetch('//evil.example')>", "<svg/onload=document.title=1>", "{{7*7}}"];
    for agent in hostile {
        let browser = world.browser();
        let fields = [("email", person.email.as_str()), ("password", PASSWORD)];
        let first = browser.form_call("/sign-in", &fields).header("origin", world.base()).header("user-agent", agent);
        first.send().await.expect(303);
        let code = totp::code(&person.secret, world.fresh_step().await);
        let second = browser.form_call("/sign-in/code", &[("code", &code), ("remember", "on")]);
        second.header("origin", world.base()).header("user-agent", agent).send().await.leads_to("/security");
    }
    let browser = world.browser();
    world.visit(&browser, &person).await;
    let page = browser.get("/security").await.expect(200);
    let factor = page.text.split("/security/factors/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let path = format!("/security/factors/{factor}");
    let label = "<img src=//evil.example onerror=document.title=1>";
    browser.form(&path, &[("action", "rename"), ("label", label)]).await.leads_to("/security?said=renamed");

    let tab = chromium.open(View::DESKTOP);
    world.visit_in(&tab, &person).await;
    for path in ["/security", path.as_str(), "/security/add"] {
        tab.go(&format!("{}{path}", world.base()));
        let strange =
            tab.evaluate("document.querySelectorAll('main img, main script, main [onerror], main [onload]').length");
        assert_eq!(strange, 0, "{path}: {}", tab.html());
        assert!(!tab.evaluate("document.title").as_str().unwrap().starts_with('1'));
    }
    tab.go(&format!("{}{path}", world.base()));
    assert_eq!(tab.evaluate("document.querySelector('h1').innerText"), label);
    tab.kept_to_itself(&world);
}

/// what a request says of its host goes into no link and no redirect of the pages; a foreign host gets no page.
async fn a_foreign_host_gets_into_no_page_and_no_mail(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person(None);
    let lies = [
        ("x-forwarded-host", "evil.example"),
        ("x-original-host", "evil.example"),
        ("x-forwarded-proto", "https"),
        ("forwarded", "host=evil.example;proto=https"),
    ];
    let mut seen = Vec::new();
    let (fresh, email) = (world.new_address(), person.email.as_str());
    for (path, fields) in [
        ("/forgot-password", &[("email", email)][..]),
        ("/sign-up", &[("email", &fresh), ("new_password", PASSWORD)]),
        ("/sign-in", &[("email", email), ("password", PASSWORD)]),
    ] {
        let browser = world.browser();
        let mut call = browser.form_call(path, fields).header("origin", world.base());
        for (name, value) in lies {
            call = call.header(name, value);
        }
        let answer = call.send().await.expect(303);
        seen.push(format!("{:?} {}", answer.header("location"), answer.text));
        let mut call = browser.request(path);
        for (name, value) in lies {
            call = call.header(name, value);
        }
        seen.push(call.send().await.text);
    }
    for (to, kind) in [(email, "password_reset"), (fresh.as_str(), "email_verification")] {
        let message = world.message(to, kind).await;
        assert!(message["link"].as_str().unwrap().starts_with(&format!("{}/", world.base())), "{message}");
        seen.push(message.to_string());
    }
    assert!(seen.iter().all(|text| !text.contains("evil.example")), "{seen:?}");
    for path in ["/sign-in", "/sign-up", "/security", "/assets/page.css"] {
        let answer = world.browser().request(path).header("host", "evil.example").send().await;
        assert!([400, 421].contains(&answer.status) && !answer.text.contains("<form"), "{path}: {}", answer.text);
    }
}

/// wherever an address says to go on to, the browser stays here.
async fn no_address_leads_a_browser_elsewhere(database: Database) {
    let Some(chromium) = Chromium::start() else { return };
    let world = World::start(database).await;
    let person = world.add_person(None);
    let tab = chromium.open(View::DESKTOP);
    for next in [
        "//evil.example",
        "https:evil.example",
        "/\\evil.example",
        "\\/evil.example",
        "%2f%2fevil.example",
        "/%2f%2fevil.example",
        "/\t/evil.example",
        "\t//evil.example",
        "/.//evil.example",
        "javascript:document.title=1",
        "java\nscript:document.title=1",
        "data:text/html,x",
        "https://127.0.0.1@evil.example",
        "https://127.0.0.1.evil.example",
        "///evil.example",
    ] {
        let query: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
        tab.go(&format!("{}/sign-in?next={query}", world.base()));
        tab.fill("#email", &person.email);
        tab.fill("#password", PASSWORD);
        tab.enter();
        assert!(tab.address().starts_with(&format!("{}/", world.base())), "{next:?} leads to {}", tab.address());
        // Who is signed in already is sent on at once.
        tab.go(&format!("{}/sign-in?next={query}", world.base()));
        assert!(tab.address().starts_with(&format!("{}/", world.base())), "{next:?} leads to {}", tab.address());
        tab.call("Network.clearBrowserCookies", serde_json::json!({}));
    }
    tab.kept_to_itself(&world);
}

/// a form of another site, sent by the browser of somebody signed in, is refused, in whichever encoding; so is one that
/// would sign them in as somebody else.
async fn a_form_of_another_site_does_nothing_in_a_browser(database: Database) {
    let Some(chromium) = Chromium::start() else { return };
    let world = World::start(database).await;
    let (person, evil) = (world.add_person_with_totp(), world.add_person(None));
    let tab = chromium.open(View::DESKTOP);
    world.visit_in(&tab, &person).await;
    let login = format!("<input name=email value='{}'><input name=password value='{PASSWORD}'>", evil.email);
    for (path, fields) in [
        ("/security/off", "<input name=code value=000000>"),
        ("/security/devices/forget", ""),
        ("/security/sessions/end", "<input name=_method value=DELETE>"),
        ("/security/add/totp", "<input name=label value=theirs>"),
        ("/sign-out", ""),
        ("/sign-in", login.as_str()),
    ] {
        for encoding in ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"] {
            let page = format!(
                "<form method=post enctype='{encoding}' action='{}{path}'>{fields}<button>Win a prize</button></form>",
                world.base()
            );
            tab.go(&format!("data:text/html;base64,{}", data_encoding::BASE64.encode(page.as_bytes())));
            tab.click("button");
            // The cookie does not come along, or the form is refused.
            assert!(["/security", path].contains(&tab.path().as_str()), "{path} leads to {}", tab.address());
            assert!(!tab.has("[data-said]"), "{path} {encoding} was done: {}", tab.html());
        }
    }
    // Asking in the background, with the cookies if the browser gives them.
    tab.go("data:text/html,<h1>Kittens</h1>");
    let calls = format!(
        "Promise.allSettled([['POST', '/sign-out'], ['POST', '/security/sessions/end'], ['GET', '/sign-out']].map( \
         ([method, path]) => fetch('{}' + path, {{ method, mode: 'no-cors', credentials: 'include' }}))).then(() => 1)",
        world.base()
    );
    tab.evaluate(&calls);
    tab.go(&format!("{}/security", world.base()));
    assert!(tab.has(".glance.on"), "{}", tab.html());
    assert!(tab.text(".heading").contains(&person.email), "somebody else is signed in");
}

/// one browser that was sent to a sign-in of somebody else's finishes nothing of it here.
async fn a_partial_sign_in_is_of_one_browser(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person_with_totp();
    let (one, other) = (world.browser(), world.browser());
    type_password(&one, &person).await.leads_to("/sign-in/code");
    let code = totp::code(&person.secret, world.fresh_step().await);
    other.form("/sign-in/code", &[("code", &code)]).await.leads_to("/sign-in?said=challenge-over").holds_no_session();
    one.form("/sign-in/code", &[("code", &code)]).await.leads_to("/security");
}

on_both_databases![a_partial_sign_in_is_of_one_browser];
on_sqlite![
    markup_in_names_runs_nothing,
    a_foreign_host_gets_into_no_page_and_no_mail,
    no_address_leads_a_browser_elsewhere,
    a_form_of_another_site_does_nothing_in_a_browser,
];
