//! What administrators leaf through: the lists, and the audit log with its table.

use crate::chromium::without_tags;
use crate::client::Answer;
use crate::database::Database;
use crate::harness::World;
use crate::people::{partial_token, verify};

/// Every list.
pub(crate) const LISTS: [&str; 8] =
    ["settings", "factors", "sent-codes", "recovery-codes", "trusted-devices", "sessions", "outbox", "applications"];

/// Where a page leads to what was before it.
fn older(page: &Answer) -> Option<String> {
    let link = page.text.split("<a href=\"").skip(1).find(|link| link.contains(">What was before<"))?;
    Some(link.split('"').next()?.replace("&#38;", "&"))
}

/// Each list shows what is known and no secret; who has no role finds none; each look is written down.
async fn lists_show_what_is_known_and_no_secret(database: Database) {
    let world = World::start(database).await;
    let person = world.person_with_totp().await.0;
    let id = world.uuid_of(&person).await;
    let viewer = world.add_administrator("viewer");
    let desk = world.at_the_desk(&viewer).await;
    let user = world.browser();
    world.visit(&user, &person).await;
    for list in LISTS {
        let path = format!("/admin/lists/{list}");
        let page = desk.get(&path).await.expect(200);
        let mut shown = page.text.clone();
        if list != "applications" {
            let own = desk.get(&format!("{path}?person={id}")).await.expect(200);
            assert!(!own.text.contains(&viewer.email.replace('@', "&#64;")), "{list} of one person shows another");
            shown.push_str(&own.text);
        }
        assert!(!shown.contains(&person.secret), "{list} shows a secret");
        assert!(person.recovery_codes.iter().all(|code| !shown.contains(code.as_str())), "{list} shows a code");
        user.get(&path).await.expect(404);
        desk.get(&format!("{path}?before=%27%20or%201%3D1--")).await.expect(404);
    }
    for (list, told) in [
        ("settings", "totp"),
        ("factors", "totp"),
        ("recovery-codes", &*person.email),
        ("sessions", &*person.email),
        ("outbox", "two_factor_enabled"),
        ("applications", "default"),
    ] {
        let page = desk.get(&format!("/admin/lists/{list}")).await.expect(200);
        assert!(without_tags(&page.text).contains(told), "{list} does not say {told}: {}", page.text);
    }
    for path in ["/admin/lists/users", "/admin/lists/*", "/admin/lists/settings/1"] {
        desk.get(path).await.expect(404);
    }
    let looks = world.audit_of(&viewer).await.into_iter().filter(|entry| entry.action == "looked");
    let looks: Vec<String> = looks.map(|entry| entry.detail).collect();
    assert!(LISTS.iter().all(|list| looks.iter().any(|look| look == list)), "{looks:?}");

    // A page of fifty, and the rest behind it, each line once.
    let lines: Vec<String> = (0..60).map(|n| format!("{{\"email\":\"crowd{n:02}@example.com\"}}")).collect();
    std::fs::write(world.path().join("crowd.jsonl"), lines.join("\n")).unwrap();
    assert!(world.cli(&["user", "import", "crowd.jsonl"], "").status.success());
    let first = desk.get("/admin/lists/settings").await.expect(200);
    let rest = desk.get(&older(&first).expect("there is more")).await.expect(200);
    assert!(older(&rest).is_none(), "there is no more");
    let crowd = |page: &Answer| without_tags(&page.text).matches("crowd").count();
    assert_eq!((crowd(&first), crowd(&rest)), (50, 10));
}

/// Lists are narrowed by state, kind, application and days; what is not known narrows nothing, and is no way into the database.
async fn lists_are_narrowed(database: Database) {
    let world = World::start(database).await;
    let person = world.person_with_totp().await.0;
    let plain = world.add_person(None);
    let viewer = world.add_administrator("viewer");
    let desk = world.at_the_desk(&viewer).await;
    let browser = world.browser();
    let token = partial_token(&browser, &person).await;
    for _ in 0..5 {
        verify(&browser, &token, "000000").await.expect(422);
    }
    let shows = async |query: &str, person: &crate::people::Person| {
        let page = desk.get(&format!("/admin/lists/{query}")).await.expect(200);
        without_tags(&page.text).contains(&person.email)
    };
    let application = {
        let page = desk.get("/admin/lists/settings").await.expect(200);
        let options = page.text.split("name=\"application\"").nth(1).unwrap();
        options
            .split("<option value=\"")
            .find_map(|option| option.split('"').next().filter(|id| id.len() == 36))
            .unwrap()
            .to_owned()
    };
    for (query, with, without) in [
        ("settings?state=on", true, false),
        ("settings?state=off", false, true),
        ("settings?state=stopped", false, false),
        ("settings?method=totp", true, false),
        ("settings?method=sms", false, false),
        ("settings?from=2001-01-01&to=2001-01-02", false, false),
        ("settings?from=2001-01-01", true, true),
        ("settings?application=00000000-0000-7000-8000-000000000009", false, false),
        ("factors?method=totp&state=used", true, false),
        ("factors?state=unused", false, false),
        ("recovery-codes?state=unused", true, false),
        ("recovery-codes?state=used", false, false),
        ("sessions?state=expired", false, false),
        ("outbox?state=failed", false, false),
        ("settings?state=%27%20or%201%3D1--&method=x&application=y&from=z", true, true),
    ] {
        assert_eq!((shows(query, &person).await, shows(query, &plain).await), (with, without), "{query}");
    }
    assert!(shows(&format!("settings?application={application}&state=off"), &plain).await);
    assert!(desk.get("/admin/lists/applications?state=live").await.expect(200).text.contains("default"));
    assert!(
        !without_tags(&desk.get("/admin/lists/applications?state=test").await.expect(200).text).contains("default")
    );
    // What it is narrowed to stays chosen, and goes with the way to what was before.
    let page = desk.get("/admin/lists/settings?state=off&from=2001-01-01").await.expect(200);
    assert!(
        page.text.contains("<option value=\"off\" selected>") && page.text.contains("value=\"2001-01-01\""),
        "{}",
        page.text
    );
}

/// The audit log is narrowed by what was done, how it came out and when, and taken away as a table.
async fn the_audit_log_is_searched_and_taken_away(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person_with_totp();
    let browser = world.browser();
    for _ in 0..9 {
        let token = partial_token(&browser, &person).await;
        verify(&browser, &token, "000000").await.expect(422);
    }
    let viewer = world.add_administrator("viewer");
    let desk = world.at_the_desk(&viewer).await;
    let count = async |query: &str| {
        let page = desk.get(&format!("/admin/audit?{query}")).await.expect(200);
        page.text.matches("<tr ").count().saturating_sub(1)
    };
    assert_eq!(count("action=code_verified&success=no").await, 9);
    assert_eq!(count("action=code_verified&success=yes").await, 1, "the administrator's own");
    assert_eq!(count("action=account_locked").await, 0);
    assert_eq!(count("method=recovery_code").await, 0);
    assert_eq!(count("from=2001-01-01&to=2001-12-31").await, 0);
    assert!(count("application=00000000-0000-7000-8000-000000000009").await == 0);
    let all = count("").await;
    assert!(all > 20, "{all}");
    // What narrows nothing is no fault, and no way into the database.
    assert!(count("action=%27or%201%3D1&from=yesterday&success=maybe&before=x").await >= all);
    // Down to one day of it, and back.
    let page = desk.get("/admin/audit").await.expect(200);
    let year = page.text.split("from=").nth(1).unwrap().split('-').next().unwrap().to_owned();
    let inside = count(&format!("from={year}-01-01&to={year}-12-31")).await;
    assert!(inside >= all.min(50), "{inside} of {all}");

    let agent = "=HYPERLINK(\"//evil\",1)";
    let strange = browser.submit("/auth/login/").header("user-agent", agent);
    strange.json(&serde_json::json!({ "email": person.email, "password": "wrong" })).send().await.expect(401);
    let table = desk.form("/admin/audit/export", &[]).await.expect(200);
    assert_eq!(table.header("content-type"), Some("text/csv; charset=utf-8"));
    assert!(table.header("content-disposition").unwrap().contains("audit.csv"));
    assert!(table.text.starts_with("created_at,id,person_id,"), "{}", table.text);
    assert!(table.text.contains("\"'=HYPERLINK(\"\"//evil\"\",1)\""), "{}", table.text);
    assert_eq!(table.text.lines().count(), world.audit().await.len() + 1, "every entry once");
    let old = desk.form("/admin/audit/export", &[("from", "2001-01-01"), ("to", "2001-01-02")]).await.expect(200);
    assert_eq!(old.text.lines().count(), 1);
    desk.form_call("/admin/audit/export", &[]).send().await.says(403, "That came from another site");
    desk.form("/admin/audit/export", &[("action", "x")]).await.expect(400);
    desk.get("/admin/audit/export").await.expect(405);
    // Nothing that was logged is changed or taken out from here.
    for method in ["PUT", "PATCH", "DELETE", "POST"] {
        let method: reqwest::Method = method.parse().unwrap();
        desk.call(method, "/admin/audit").header("origin", world.base()).send().await.expect(405);
    }
    let looks = world.audit_of(&viewer).await.into_iter().filter(|entry| entry.detail == "audit_export");
    assert_eq!(looks.count(), 2);
}

on_both_databases![
    lists_show_what_is_known_and_no_secret,
    lists_are_narrowed,
    the_audit_log_is_searched_and_taken_away
];
