//! What guards the pages: where a form comes from, where a person goes on to, headers, cookies, and text of strangers.

use crate::client::{Answer, Browser};
use crate::database::Database;
use crate::harness::World;
use crate::page_sign_in::type_password;
use crate::people::PASSWORD;

/// Every form of the pages, with fields that would do something.
const FORMS: &[(&str, &[(&str, &str)])] = &[
    ("/sign-in", &[("email", "a@example.com"), ("password", PASSWORD)]),
    ("/sign-in/code", &[("code", "000000")]),
    ("/sign-out", &[]),
    ("/language", &[("language", "de"), ("back", "/sign-in")]),
    ("/sign-up", &[("email", "new@example.com"), ("new_password", PASSWORD)]),
    ("/sign-up/again", &[("email", "new@example.com")]),
    ("/forgot-password", &[("email", "a@example.com")]),
    ("/reset-password", &[("link", "x"), ("new_password", PASSWORD)]),
    ("/welcome", &[("link", "x"), ("new_password", PASSWORD)]),
    ("/start-over", &[("link", "x"), ("new_password", PASSWORD)]),
    ("/stop-reset", &[("link", "x")]),
    ("/verify-email", &[("link", "x")]),
    ("/unlock", &[("link", "x")]),
    ("/change-email", &[("link", "x")]),
    ("/security/prove", &[("code", "000000")]),
    ("/security/add/totp", &[("label", "x")]),
    ("/security/add/sms", &[("phone_number", "+12025550167")]),
    ("/security/set-up/00000000-0000-7000-8000-000000000000", &[("code", "000000")]),
    ("/security/factors/00000000-0000-7000-8000-000000000000", &[("action", "remove")]),
    ("/security/recovery-codes", &[]),
    ("/security/remember", &[("code", "000000")]),
    ("/security/devices/forget", &[]),
    ("/security/devices/00000000-0000-7000-8000-000000000000/forget", &[]),
    ("/security/sessions/end", &[]),
    ("/security/sessions/00000000-0000-7000-8000-000000000000/end", &[]),
    ("/security/password", &[("password", PASSWORD), ("new_password", "quiet harbor 41 lanterns")]),
    ("/security/email", &[("email", "new@example.com")]),
    ("/security/backup-email", &[("email", "new@example.com")]),
    ("/security/off", &[("code", "000000")]),
    ("/backup-email", &[("link", "x")]),
];
/// Every page that anybody may open.
const OPEN: [&str; 15] = [
    "/welcome",
    "/start-over",
    "/stop-reset",
    "/sign-in",
    "/sign-up",
    "/sign-up/sent",
    "/sign-up/again",
    "/forgot-password",
    "/forgot-password/sent",
    "/reset-password",
    "/verify-email",
    "/unlock",
    "/change-email",
    "/backup-email",
    "/sign-in?said=signed-out",
];

/// Pages of somebody signed in.
const SIGNED_IN: [&str; 11] = [
    "/security",
    "/security/prove",
    "/security/add",
    "/security/add/totp",
    "/security/add/sms",
    "/security/add/email",
    "/security/recovery-codes",
    "/security/remember",
    "/security/password",
    "/security/email",
    "/security/off",
];

/// forms of other sites, and of nobody, are refused and change nothing; so are other ways to write a body.
async fn a_form_of_another_site_is_refused(database: Database) {
    let world = World::start(database).await;
    let (person, _) = world.person_with_totp().await;
    let browser = world.browser();
    world.visit(&browser, &person).await;
    for (path, fields) in FORMS {
        for headers in [
            &[][..],
            &[("origin", "https://evil.example")],
            &[("origin", "null")],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site")],
            &[("origin", "OURS"), ("sec-fetch-site", "cross-site")],
        ] {
            let mut call = browser.form_call(path, fields);
            for (name, value) in headers {
                call = call.header(name, value.replace("OURS", world.base()));
            }
            let refused = call.send().await.says(403, "That came from another site");
            assert!(refused.cookies().is_empty(), "{path} set a cookie");
        }
        for kind in ["text/plain", "multipart/form-data; boundary=x", "application/json"] {
            let call = browser.submit(path).raw(kind, "email=a").header("origin", world.base());
            call.send().await.expect(415);
        }
        let twice: Vec<(&str, &str)> = [("x", "1"), ("x", "2")].into();
        browser.form(path, &twice).await.expect(400);
        let unknown: Vec<(&str, &str)> = fields.iter().copied().chain([("_method", "DELETE")]).collect();
        browser.form(path, &unknown).await.expect(400);
    }
    browser.get("/security").await.says(200, "Two-step sign-in is on");
    assert_eq!(world.look.count("SELECT count(*) FROM pending_signups").await, 0);
    // Asking for a page changes nothing, whatever its address says.
    browser.get("/sign-out").await.expect(405);
    browser.get("/security").await.says(200, "Two-step sign-in is on");
}

/// a sign-in goes on to pages of ours and to named origins only, on every road.
async fn a_sign_in_goes_on_to_known_places_only(database: Database) {
    let world = World::on(database).with("TWINLOCK_RETURN_ORIGINS", "https://app.example.com").start().await;
    let person = world.add_person(None);
    let after = async |next: &str| {
        let browser = world.browser();
        let fields = [("email", person.email.as_str()), ("password", PASSWORD), ("next", next)];
        let answer = browser.form("/sign-in", &fields).await.expect(303);
        answer.header("location").unwrap().to_owned()
    };
    assert_eq!(after("/security?said=verified").await, "/security?said=verified");
    assert_eq!(after("https://app.example.com/in?a=b").await, "https://app.example.com/in?a=b");
    for next in [
        "//evil.example",
        "https:evil.example",
        "/\\evil.example",
        "%2f%2fevil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "https://app.example.com@evil.example",
        "https://app.example.com.evil.example",
    ] {
        assert_eq!(after(next).await, "/security", "{next:?}");
        let query: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
        let page = world.browser().get(&format!("/sign-in?next={query}")).await.expect(200);
        assert!(page.text.contains("name=\"next\" value=\"/security\""), "{next:?}: {}", page.text);
        let browser = world.browser();
        type_password(&browser, &person).await.leads_to("/security");
        browser.get(&format!("/sign-in?next={query}")).await.leads_to("/security");
    }
    let with_factor = world.add_person_with_totp();
    let browser = world.browser();
    let next = "https://app.example.com/in";
    let fields = [("email", with_factor.email.as_str()), ("password", PASSWORD), ("next", next)];
    let step =
        browser.form("/sign-in", &fields).await.leads_to("/sign-in/code?next=https%3A%2F%2Fapp.example.com%2Fin");
    let page = browser.get(step.header("location").unwrap()).await.expect(200);
    assert!(page.text.contains("name=\"next\" value=\"https://app.example.com/in\""), "{}", page.text);
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("form-action 'self' https://app.example.com"), "{policy}");
    let code = crate::totp::code(&with_factor.secret, world.fresh_step().await);
    browser.form("/sign-in/code", &[("code", &code), ("next", next)]).await.leads_to(next);
}

/// every page, and every page that says no.
async fn every_page_has_its_guards(database: Database) {
    let world = World::start(database).await;
    let (person, _) = world.person_with_totp().await;
    let browser = world.browser();
    world.visit(&browser, &person).await;
    let asking = world.browser();
    let mut answers: Vec<Answer> = Vec::new();
    for path in OPEN {
        answers.push(asking.get(path).await.expect(200));
    }
    for path in SIGNED_IN {
        answers.push(browser.get(path).await.expect(200));
    }
    answers.push(asking.request("/nothing").header("accept", "text/html").send().await.expect(404));
    answers.push(asking.form("/sign-in", &[("email", "x"), ("password", "x")]).await.expect(422));
    answers.push(asking.form_call("/sign-in", &[]).send().await.expect(403));
    answers.push(asking.form("/sign-in", &[("what", "x")]).await.expect(400));
    type_password(&asking, &person).await.leads_to("/sign-in/code");
    answers.push(asking.get("/sign-in/code").await.expect(200));
    for page in answers {
        let header = |name: &str| page.header(name).unwrap_or_default().to_owned();
        let policy = header("content-security-policy");
        assert_eq!(
            policy,
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
             object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
            "{}",
            page.what
        );
        assert_eq!(header("cache-control"), "no-store", "{}", page.what);
        assert_eq!(header("x-frame-options"), "DENY");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("referrer-policy"), "same-origin");
        assert_eq!(header("cross-origin-opener-policy"), "same-origin");
        let html = page.text.to_lowercase();
        for inline in ["<style", "style=\"", "\"javascript:", " onclick", " onload", "<script>", "http://", "https://"]
        {
            assert!(!html.contains(inline), "{}: {inline} in {html}", page.what);
        }
        for wanted in ["<html lang=\"en\" dir=\"ltr\">", "<title>", "name=\"viewport\"", "<h1>", "id=\"main\""] {
            assert!(html.contains(wanted), "{}: no {wanted}", page.what);
        }
    }
}

/// with an https base URL every cookie of the pages is bound to this host.
async fn the_cookies_of_the_pages_are_bound_to_this_host(database: Database) {
    let world =
        World::on(database).with("TWINLOCK_BASE_URL", "https://id.example.com").without_test_mode().start().await;
    let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    let person = world.add_person(Some(secret));
    let browser = world.browser();
    let send = async |path: &str, fields: &[(&str, &str)]| {
        browser.form_call(path, fields).header("origin", "https://id.example.com").send().await.expect(303)
    };
    let first = send("/sign-in", &[("email", &person.email), ("password", PASSWORD)]).await;
    let code = crate::totp::code(secret, crate::harness::wall_clock());
    let second = send("/sign-in/code", &[("code", &code), ("remember", "on")]).await;
    let mut names = Vec::new();
    for cookie in [first.cookies(), second.cookies()].concat() {
        assert!(cookie.name.starts_with("__Host-twinlock_"), "{}", cookie.name);
        for flag in ["secure", "httponly"] {
            assert_eq!(cookie.attribute(flag), Some(""), "{} is not {flag}", cookie.name);
        }
        assert_eq!(cookie.attribute("path"), Some("/"));
        assert_eq!(cookie.attribute("domain"), None);
        let strict = cookie.name.ends_with("_challenge");
        assert_eq!(cookie.attribute("samesite"), Some(if strict { "Strict" } else { "Lax" }), "{}", cookie.name);
        names.push(cookie.name.trim_start_matches("__Host-twinlock_").to_owned());
    }
    assert_eq!(names, ["challenge", "session", "device", "challenge"]);
    let page = browser.get("/security").await.says(200, "Two-step sign-in is on");
    assert!(page.header("strict-transport-security").is_some());
    // Two cookies of one name: somebody planted one, and neither is believed.
    let session = browser.cookie("twinlock_session").unwrap();
    let pair = format!("__Host-twinlock_session={session}; __Host-twinlock_session={session}");
    world.browser().request("/security").header("cookie", pair).send().await.expect(303);
}

/// Name, picture and color of the operator; a color that cannot be read stops the start, and so does what is no picture.
async fn an_operator_gives_the_pages_a_face(database: Database) {
    let mut world = World::on(database)
        .with("TWINLOCK_BRAND_NAME", "Tea & <Biscuits>")
        .with("TWINLOCK_BRAND_ACCENT", "#7a0019")
        .with("TWINLOCK_BRAND_LOGO", "logo.svg")
        .build()
        .await;
    let picture = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 1 1'><rect width='1' height='1'/></svg>";
    std::fs::write(world.path().join("logo.svg"), picture).unwrap();
    world.add_node().await;
    let browser = world.browser();
    let page = browser.get("/sign-in").await.says(200, "Sign in");
    assert!(page.text.contains("Tea &#38; &#60;Biscuits&#62;"), "{}", page.text);
    let reference = |start: &str| {
        let rest = page.text.split(start).nth(1).unwrap_or_else(|| panic!("no {start}: {}", page.text));
        format!("{start}{}", rest.split('"').next().unwrap()).trim_start_matches("src=\"").to_owned()
    };
    let logo = browser.get(&reference("/assets/logo")).await.expect(200);
    assert_eq!((logo.text.as_str(), logo.header("content-type")), (picture, Some("image/svg+xml")));
    assert!(logo.header("content-security-policy").unwrap().contains("sandbox"), "opened by itself it runs nothing");
    let style = browser.get(&reference("/assets/page.css")).await.expect(200);
    assert!(style.text.contains("--accent: #7a0019;"), "{}", style.text);
    for (name, value, fault) in [
        ("TWINLOCK_BRAND_ACCENT", "#ffd700", "too light"),
        ("TWINLOCK_BRAND_ACCENT", "red;}", "is not a color"),
        ("TWINLOCK_BRAND_LOGO", "logo.html", "is not the name of"),
        ("TWINLOCK_BRAND_LOGO", "none.svg", "cannot be read"),
        ("TWINLOCK_RETURN_ORIGINS", "http://app.example.com", "plain http"),
        ("TWINLOCK_RETURN_ORIGINS", "https://app.example.com/in", "has a path"),
    ] {
        let mut command = world.command(8080, "http://127.0.0.1:8080");
        let output = command.env(name, value).arg("doctor").output().unwrap();
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(!output.status.success() && said.contains(name) && said.contains(fault), "{name}={value}: {said}");
    }
}

/// what strangers write is shown as text.
async fn text_of_strangers_stays_text(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person_with_totp();
    for agent in ["\"><img src=x onerror=fetch('//evil')>", "<svg/onload=alert(1)>", "{{7*7}} ${7*7}"] {
        let browser: Browser = world.browser();
        let fields = [("email", person.email.as_str()), ("password", PASSWORD)];
        let first = browser.form_call("/sign-in", &fields).header("origin", world.base()).header("user-agent", agent);
        first.send().await.expect(303);
        let code = crate::totp::code(&person.secret, world.fresh_step().await);
        let second = browser.form_call("/sign-in/code", &[("code", &code), ("remember", "on")]);
        second.header("origin", world.base()).header("user-agent", agent).send().await.leads_to("/security");
        let page = browser.get("/security").await.expect(200);
        for mark in ["<img", "onerror", "<svg/", "49"] {
            let html = page.text.replace("svg class", "");
            assert!(mark == "49" || !html.contains(mark), "{mark}: {html}");
        }
    }
    let hostile = "\"><script>alert(1)</script>@example.com";
    let page = world.browser().form("/sign-in", &[("email", hostile), ("password", "x")]).await.expect(422);
    assert!(!page.text.contains("<script>alert"), "{}", page.text);
    let page =
        world.browser().get("/sign-in?next=/%22%3E%3Cscript%3E&said=%3Cscript%3E&by=%3Cscript%3E").await.expect(200);
    assert!(!page.text.contains("><script>"), "{}", page.text);
}

on_both_databases![a_form_of_another_site_is_refused];
on_sqlite![
    a_sign_in_goes_on_to_known_places_only,
    every_page_has_its_guards,
    an_operator_gives_the_pages_a_face,
    the_cookies_of_the_pages_are_bound_to_this_host,
    text_of_strangers_stays_text,
];
