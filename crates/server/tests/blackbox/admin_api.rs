//! The administration for programs: what a key of it shows and does, and what no key does.

use reqwest::Method;
use serde_json::{Value, json};

use crate::audit::{break_the_log, mend_the_log};
use crate::client::{Answer, Browser};
use crate::database::Database;
use crate::evidence::Entry;
use crate::harness::World;
use crate::people::{Person, login, partial_token, verify};
use crate::v1::request;

const REASON: &str = "called back at the number we know";
/// Every act, and whether the scope `support` is enough for it.
const ACTS: [(&str, bool); 7] = [
    ("unlock", false),
    ("send-now", true),
    ("withdraw-bypass-code", true),
    ("end-sessions", true),
    ("forget-devices", true),
    ("cancel-number", false),
    ("start-over", false),
];

/// A program with a key of the administration.
struct Program {
    browser: Browser,
    key: String,
    /// What stands in the audit log for it.
    actor: String,
}

impl World {
    fn program(&self, scope: &str) -> Program {
        let key = self.must(&["admin", "key", "add", "--name", &format!("runbook {scope}"), "--scope", scope]);
        let listed = self.must(&["admin", "key", "list"]);
        let id = listed.lines().last().unwrap().split_whitespace().next().unwrap();
        Program { browser: self.browser(), key: key.trim().to_owned(), actor: format!("admin_key:{id}") }
    }

    /// Who stands in the log as having acted.
    async fn actor_of(&self, entry: &Entry) -> String {
        let id = entry.id.strip_prefix("\\x").map_or_else(|| format!("'{}'", entry.id), |hex| format!("x'{hex}'"));
        let sql = format!("SELECT actor_id FROM two_factor_audit_log WHERE id = {id}");
        self.look.value(&sql).await.unwrap_or_default()
    }

    /// Somebody who has used up their tries.
    async fn locked_out_of_codes(&self) -> Person {
        let person = self.add_person_with_totp();
        let browser = self.browser();
        for _ in 0..2 {
            let token = partial_token(&browser, &person).await;
            for _ in 0..5 {
                verify(&browser, &token, "not a code").await.expect(422);
            }
        }
        login(&browser, &person).await.refused(429, "account_locked");
        person
    }
}

impl Program {
    async fn find(&self, wanted: &str) -> Answer {
        self.browser.post_as(&self.key, "/admin/v1/people", json!({ "wanted": wanted })).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.browser.get_as(&self.key, path).await
    }

    async fn act(&self, user: &str, act: &str) -> Answer {
        let body = json!({ "act": act, "reason": REASON });
        self.browser.post_as(&self.key, &format!("/admin/v1/people/{user}/acts"), body).await
    }
}

/// Somebody locked out is found, understood and unlocked; each look and act has the key's name on it.
async fn a_program_finds_understands_and_helps(database: Database) {
    let world = World::start(database).await;
    let person = world.locked_out_of_codes().await;
    let program = world.program("administer");
    let found = program.find(&person.email[..7]).await.expect(200);
    let items = found.json["items"].as_array().unwrap();
    let it = items.iter().find(|it| it["called"] == person.email.as_str()).expect("the person");
    assert!(it["locked_until"].is_string() && it["role"].is_null(), "{it}");
    let user = it["id"].as_str().unwrap();
    assert_eq!(program.find(user).await.expect(200).json["items"].as_array().unwrap().len(), 1);
    assert_eq!(program.find("nobody@").await.expect(200).json, json!({ "items": [], "next": null }));

    let sheet = program.get(&format!("/admin/v1/people/{user}")).await.expect(200).json;
    assert_eq!((&sheet["way_in"], &sheet["email"]), (&json!("locked"), &json!(person.email)));
    assert_eq!((&sheet["locked_until"], &sheet["factors"][0]["method"]), (&it["locked_until"], &json!("totp")));
    let story = program.get(&format!("/admin/v1/people/{user}/story")).await.expect(200).json;
    let told: Vec<&str> = story["items"].as_array().unwrap().iter().map(|it| it["event"].as_str().unwrap()).collect();
    assert!(told.contains(&"account_locked") && told.contains(&"code_verified"), "{told:?}");
    assert!(!story.to_string().contains(&person.secret) && story["next"].is_null(), "{story}");

    assert_eq!(program.act(user, "unlock").await.expect(200).json, json!({ "done": true }));
    assert_eq!(program.act(user, "unlock").await.expect(200).json, json!({ "done": false }));
    let mut unlocked = world.audit_of(&person).await;
    unlocked.retain(|entry| entry.action == "account_unlocked");
    assert_eq!(unlocked.iter().map(|entry| entry.detail.clone()).collect::<Vec<_>>(), [format!("stated:{REASON}")]);
    assert_eq!(world.actor_of(&unlocked[0]).await, program.actor);
    let mail = world.message(&person.email, "account_unlocked").await;
    assert!(!mail.to_string().contains(REASON) && mail["ip"].is_null(), "{mail}");
    let session = world.sign_in(&world.browser(), &person).await;
    program.act(user, "end-sessions").await.expect(200);
    world.browser().get_as(&session.access, "/auth/2fa/status/").await.refused(401, "token_invalid");
    program.act(user, "start-over").await.expect(200);
    world.message(&person.email, "started_over").await;
    login(&world.browser(), &person).await.refused(401, "credentials_invalid");

    // Three searches, the sheet, the story.
    let looks = "SELECT count(*) FROM two_factor_audit_log WHERE action = 'looked'";
    let by = format!("{looks} AND actor_id = '{}'", program.actor);
    assert_eq!((world.look.count(looks).await, world.look.count(&by).await), (5, 5));
    let listed = world.must(&["admin", "key", "list"]);
    assert!(!listed.contains("last used never") && !listed.contains(&program.key), "{listed}");
    let dump = world.look.dump_without(&[]).await;
    assert!(!dump.contains(&program.key[9..]), "the key is in the database");
    assert!(!world.logs().contains(&program.key[9..]), "the key is in the log");
}

/// Nothing but a live key of the administration opens it, and such a key opens nothing else.
async fn each_door_has_its_own_keys(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person_with_totp();
    let user = world.uuid_of(&person).await;
    let shop = world.shop("shop");
    let program = world.program("read");
    let administrator = world.add_administrator("administrator");
    let session = world.sign_in(&world.browser(), &administrator).await;
    let browser = world.browser();
    let nobody = format!("tl_admin_{}", "A".repeat(43));
    let cut = &program.key[..program.key.len() - 1];
    for key in [nobody.as_str(), cut, &shop.key, &session.access, "", "tl_admin_"] {
        for (method, path) in calls(&user) {
            let call = browser.call(method, &path).bearer(key).json(&json!({}));
            call.send().await.refused(401, "api_key_invalid");
        }
    }
    // A cookie is no key.
    let desk = world.at_the_desk(&administrator).await;
    desk.get(&format!("/admin/v1/people/{user}")).await.refused(401, "api_key_invalid");
    browser.post_as(&program.key, "/v1/challenges", request("ada")).await.refused(401, "api_key_invalid");
    browser.get_as(&program.key, "/auth/2fa/status/").await.refused(401, "token_invalid");
    browser.get_as(&program.key, "/admin").await.leads_to("/sign-in?next=%2Fadmin");

    program.get(&format!("/admin/v1/people/{user}")).await.expect(200);
    let id = program.actor.strip_prefix("admin_key:").unwrap();
    assert!(world.must(&["admin", "key", "revoke", id]).contains("revoked"));
    program.get(&format!("/admin/v1/people/{user}")).await.refused(401, "api_key_invalid");
    program.find("person").await.refused(401, "api_key_invalid");
    program.act(&user, "send-now").await.refused(401, "api_key_invalid");
    let short = ["admin", "key", "add", "--name", "short", "--scope", "read", "--days", "1"];
    let short = Program { key: world.must(&short).trim().to_owned(), ..program };
    short.find("person").await.expect(200);
    world.advance(24 * 60 * 60).await;
    short.find("person").await.refused(401, "api_key_invalid");
    let log = "SELECT count(*) FROM two_factor_audit_log WHERE action";
    assert_eq!(world.look.count(&format!("{log} = 'admin_key_added'")).await, 2);
    assert_eq!(world.look.count(&format!("{log} = 'admin_key_revoked'")).await, 1);
    for wrong in [
        &["--name", "x", "--scope", "everything"][..],
        &["--name", "", "--scope", "read"],
        &["--name", "two\nlines", "--scope", "read"],
        &["--name", "x", "--scope", "read", "--days", "0"],
    ] {
        assert!(!world.cli(&[&["admin", "key", "add"], wrong].concat(), "").status.success(), "{wrong:?}");
    }
    assert!(!world.cli(&["admin", "key", "revoke", &user], "").status.success());
}

/// Every call, about somebody.
fn calls(user: &str) -> [(Method, String); 4] {
    let person = format!("/admin/v1/people/{user}");
    [
        (Method::POST, "/admin/v1/people".to_owned()),
        (Method::GET, person.clone()),
        (Method::GET, format!("{person}/story")),
        (Method::POST, format!("{person}/acts")),
    ]
}

/// A key does what its scope says, and nothing to anybody who has a role; each refusal is written down.
async fn a_key_does_no_more_than_its_scope(database: Database) {
    let world = World::start(database).await;
    let person = world.locked_out_of_codes().await;
    let user = world.uuid_of(&person).await;
    let viewer = world.add_administrator("viewer");
    let of_role = world.uuid_of(&viewer).await;
    let [read, support, administer] = ["read", "support", "administer"].map(|scope| world.program(scope));
    for (act, closes) in ACTS {
        read.act(&user, act).await.refused(403, "role_required");
        let answer = support.act(&user, act).await;
        if closes {
            answer.expect(200);
        } else {
            answer.refused(403, "role_required");
        }
        administer.act(&of_role, act).await.refused(403, "role_required");
    }
    let refused = |entries: Vec<Entry>, why: &str| entries.iter().filter(|entry| entry.detail == why).count();
    assert_eq!(refused(world.audit_of(&person).await, "role_required"), ACTS.len() + 3);
    assert_eq!(refused(world.audit_of(&viewer).await, "has_role"), ACTS.len());
    login(&world.browser(), &person).await.refused(429, "account_locked");
    let nobody = "00000000-0000-7000-8000-000000000009";
    for (method, path) in calls(nobody).into_iter().skip(1) {
        let call = administer.browser.call(method.clone(), &path).bearer(&administer.key);
        let call = if method == Method::POST { call.json(&json!({ "act": "unlock", "reason": "x" })) } else { call };
        call.send().await.refused(404, "not_found");
    }
    administer.get("/admin/v1/people/nonsense").await.refused(404, "not_found");
    for (body, field) in [
        (json!({ "act": "delete", "reason": "x" }), "/act"),
        (json!({ "act": "unlock" }), "/reason"),
        (json!({ "act": "unlock", "reason": " " }), "/reason"),
        (json!({ "act": "unlock", "reason": "x".repeat(201) }), "/reason"),
        (json!({ "act": "unlock", "reason": "x", "user": user }), "/user"),
    ] {
        let path = format!("/admin/v1/people/{user}/acts");
        let answer = administer.browser.post_as(&administer.key, &path, body).await.refused(400, "invalid_request");
        assert_eq!(answer.json["errors"][0]["pointer"], field, "{}", answer.text);
    }
    let (only, _) = world.person_with("sms", &world.new_number()).await;
    let only = world.uuid_of(&only).await;
    administer.act(&only, "cancel-number").await.refused(409, "last_factor");
    administer.get(&format!("/admin/v1/people/{user}/story?before=x")).await.refused(400, "invalid_request");
    administer.find("").await.refused(400, "invalid_request");
}

/// Where a reset takes more than one decision, or time, a program does not do it alone, or at once.
async fn a_reset_that_takes_two_is_no_programs(database: Database) {
    refused_where(database, "TWINLOCK_ADMIN_SECOND_APPROVAL", "true", (403, "second_administrator_required")).await;
}

/// As above, where it takes time.
async fn a_reset_that_takes_time_is_no_programs(database: Database) {
    refused_where(database, "TWINLOCK_ADMIN_COOLING_OFF_MINUTES", "60", (409, "cooling_off")).await;
}

async fn refused_where(database: Database, setting: &str, value: &str, (status, code): (u16, &str)) {
    let world = World::on(database).with(setting, value).start().await;
    let person = world.add_person_with_totp();
    let program = world.program("administer");
    program.act(&world.uuid_of(&person).await, "start-over").await.refused(status, code);
    world.sign_in(&world.browser(), &person).await;
}

/// What cannot be written down is neither done nor shown.
async fn what_cannot_be_logged_is_neither_told_nor_done(database: Database) {
    let world = World::start(database).await;
    let person = world.locked_out_of_codes().await;
    let user = world.uuid_of(&person).await;
    let program = world.program("administer");
    break_the_log(&world).await;
    for answer in [
        program.find("person").await,
        program.get(&format!("/admin/v1/people/{user}")).await,
        program.get(&format!("/admin/v1/people/{user}/story")).await,
        program.act(&user, "unlock").await,
        program.act(&user, "start-over").await,
    ] {
        assert!(matches!(answer.status, 500 | 503) && !answer.text.contains(&person.email), "{}", answer.text);
    }
    mend_the_log(&world).await;
    login(&world.browser(), &person).await.refused(429, "account_locked");
}

/// Calls are counted by key, and told.
async fn calls_are_counted_by_key(database: Database) {
    let world = World::on(database).with("TWINLOCK_API_RATE_LIMIT", "3").start().await;
    let (first, second) = (world.program("read"), world.program("read"));
    for left in ["2", "1", "0"] {
        let answer = first.find("person").await.expect(200);
        assert!(answer.header("ratelimit").is_some_and(|told| told.contains(&format!("r={left};"))), "{answer:?}");
    }
    first.find("person").await.refused(429, "too_many_attempts");
    second.find("person").await.expect(200);
}

/// The document has each call, its refusals and its key.
async fn the_document_has_every_call(database: Database) {
    let world = World::start(database).await;
    let document = world.browser().get("/openapi.json").await.expect(200).json;
    for (method, path) in calls("{user}") {
        let call = &document["paths"][&path][method.as_str().to_lowercase()];
        assert_eq!(call["security"], json!([{ "admin_key": [] }]), "{path}");
        for status in ["401", "404", "429", "503"] {
            assert_ne!(call["responses"][status], Value::Null, "{path} {status}");
        }
    }
    let refused = &document["paths"]["/admin/v1/people/{user}/acts"]["post"]["responses"]["403"]["description"];
    assert_eq!(refused, "`role_required` · `second_administrator_required`");
}

on_both_databases![
    a_program_finds_understands_and_helps,
    each_door_has_its_own_keys,
    a_key_does_no_more_than_its_scope,
    a_reset_that_takes_two_is_no_programs,
    a_reset_that_takes_time_is_no_programs,
    what_cannot_be_logged_is_neither_told_nor_done,
    calls_are_counted_by_key,
    the_document_has_every_call,
];
