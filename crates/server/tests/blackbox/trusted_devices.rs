//! Trusted devices: how trust begins, what a cookie is good for, and everything that ends it.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Answer, Browser};
use crate::database::Database;
use crate::harness::World;
use crate::people::{PASSWORD, Person, Session, login, partial_token, verification, verify};
use crate::tokens::claims;
use crate::totp::{code, wrong_codes};

pub(crate) const COOKIE: &str = "twinlock_device";
const DEVICES: &str = "/auth/2fa/trusted-devices/";
const DAY: i64 = 86_400;
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

pub(crate) fn shown(browser: &Browser) -> String {
    browser.cookie(COOKIE).expect("a device cookie")
}

/// A browser that shows this cookie and no other.
pub(crate) fn showing(world: &World, cookie: &str) -> Browser {
    let browser = world.browser();
    browser.set_cookie(COOKIE, cookie);
    browser
}

/// Signs in with the factor and asks to be remembered.
pub(crate) async fn remember(world: &World, browser: &Browser, person: &Person) -> Answer {
    let token = partial_token(browser, person).await;
    let mut body = verification(&token, &code(&person.secret, world.fresh_step().await));
    body["remember_me"] = json!(true);
    let call = browser.submit("/auth/2fa/verify/").header("user-agent", FIREFOX).json(&body);
    call.send().await.expect(200)
}

/// A person with an authenticator, and the browser they trust.
async fn with_trusted_browser(world: &World) -> (Person, Browser) {
    let person = world.add_person_with_totp();
    let browser = world.browser();
    remember(world, &browser, &person).await;
    (person, browser)
}

/// Gives the right password; says whether the factor was spared.
#[track_caller]
pub(crate) fn is_trusted(answer: &Answer) -> bool {
    if answer.json["requires_2fa"] == true {
        assert!(answer.cookies().is_empty(), "a challenge set a cookie");
        answer.clone().expect(200).holds_no_session();
        return false;
    }
    assert_eq!((answer.status, &answer.json["reason"]), (200, &json!("trusted_device")), "{}", answer.text);
    true
}

async fn signs_in_at_once(browser: &Browser, person: &Person) -> bool {
    is_trusted(&login(browser, person).await)
}

async fn delete(browser: &Browser, access: &str, path: &str) -> Answer {
    browser.call(Method::DELETE, path).bearer(access).send().await
}

async fn list(browser: &Browser, access: &str) -> Vec<Value> {
    let answer = browser.get_as(access, DEVICES).await.expect(200);
    assert!(answer.json["next"].is_null());
    answer.json["items"].as_array().unwrap().clone()
}

/// What the audit log says about devices, oldest first, with the device each entry names.
async fn audit(world: &World, person: &Person) -> Vec<(String, bool, Option<String>)> {
    let sql = format!(
        "SELECT action, CASE WHEN success THEN 'yes' ELSE 'no' END, device_id FROM two_factor_audit_log WHERE person_id = \
         (SELECT person_id FROM users WHERE email = '{}') AND action LIKE 'trust%' ORDER BY seq",
        person.email
    );
    let rows = world.look.rows(&sql).await;
    rows.into_iter().map(|row| (row[0].clone().unwrap(), row[1].as_deref() == Some("yes"), row[2].clone())).collect()
}

async fn actions(world: &World, person: &Person) -> Vec<String> {
    audit(world, person).await.into_iter().map(|(action, ..)| action).collect()
}

async fn mails(world: &World, person: &Person, kind: &str) -> usize {
    world.messages(&person.email).await.iter().filter(|message| message["kind"] == kind).count()
}

/// S27: a remembered browser signs in with the password, at once, as weakly as a password does; A-63: nobody else does.
async fn a_remembered_browser_is_spared_the_factor(database: Database) {
    let world = World::on(database).in_cluster().start().await;
    let person = world.add_person_with_totp();
    let browser = world.browser();
    let remembered = remember(&world, &browser, &person).await;
    assert_eq!(remembered.text_at("/trusted_device/name"), "Firefox on Linux");
    let first = shown(&browser);
    assert!(first.len() >= 86 && !remembered.text.contains(&first));

    let other = world.browser_at(1);
    other.set_cookie(COOKIE, &first);
    let answer = login(&other, &person).await;
    assert!(is_trusted(&answer));
    let second = shown(&other);
    assert_ne!(second, first, "the secret changes as it is used");
    let access = answer.text_at("/tokens/access");
    assert_eq!((&claims(&access)["acr"], &claims(&access)["amr"]), (&json!("1"), &json!(["pwd"])));
    let status = browser.get_as(&access, "/auth/2fa/status/").await.expect(200);
    assert_eq!((&status.json["fresh_until"], &status.json["trusted_devices"]), (&Value::Null, &json!(1)));
    let body = json!({ "method": "totp" });
    browser.post_as(&access, "/auth/2fa/setup/", body).await.refused(403, "step_up_required");

    // the same browser and address, but not the cookie.
    let twin = world.browser();
    let call = twin.submit("/auth/login/").header("user-agent", FIREFOX);
    let answer = call.json(&json!({ "email": person.email, "password": person.password })).send().await;
    assert!(!is_trusted(&answer));
    remember(&world, &twin, &person).await;
    assert!(![&first, &second].contains(&&shown(&twin)), "a secret was given out again");
    assert!(signs_in_at_once(&showing(&world, &second), &person).await && signs_in_at_once(&twin, &person).await);

    let mail = world.message(&person.email, "trusted_device_added").await;
    assert!(mail["text"].as_str().unwrap().contains("Firefox on Linux"), "{mail}");
    let entries = audit(&world, &person).await;
    assert!(entries.iter().all(|(_, success, device)| *success && device.is_some()), "{entries:?}");
    let begin: Vec<&str> = entries.iter().map(|(action, ..)| action.as_str()).take(3).collect();
    assert_eq!(begin, ["trusted_device_added", "trusted_device_recognized", "trusted_device_rotated"]);
}

/// behind TLS the cookie is locked to the host; one planted from a sibling domain makes two, and two are none.
async fn the_cookie_is_bound_to_the_host_and_two_are_none(database: Database) {
    let world = World::on(database).with("TWINLOCK_BASE_URL", "https://localhost:8443").start().await;
    let person = world.add_person_with_totp();
    let browser = world.browser();
    let answer = remember(&world, &browser, &person).await;
    let cookies = answer.cookies();
    let cookie = cookies.iter().find(|cookie| cookie.name == "__Host-twinlock_device").expect("the cookie");
    assert!(cookie.attribute("secure").is_some() && cookie.attribute("httponly").is_some(), "{cookie:?}");
    assert_eq!((cookie.attribute("path"), cookie.attribute("domain")), (Some("/"), None));
    assert_eq!(cookie.attribute("samesite").map(str::to_lowercase).as_deref(), Some("lax"));
    assert_eq!(cookie.attribute("max-age"), Some("2592000"));

    let own = format!("__Host-{COOKIE}={}", cookie.value);
    let body = json!({ "email": person.email, "password": person.password });
    for sent in [
        format!("{own}; {own}"),
        format!("{own}; __Host-{COOKIE}=planted"),
        format!("__Host-{COOKIE}=; {own}"),
        format!("{COOKIE}={}", cookie.value),
    ] {
        let call = world.browser().submit("/auth/login/").header("cookie", &sent).json(&body);
        assert!(!is_trusted(&call.send().await), "{sent}");
    }
    let call = world.browser().submit("/auth/login/").header("cookie", format!("{COOKIE}=planted; {own}")).json(&body);
    assert!(is_trusted(&call.send().await), "a cookie of another name does not matter");
}

/// the cookie of somebody else spares nobody the factor, and loses nothing by having been shown.
async fn the_cookie_of_somebody_else_is_nothing(database: Database) {
    let world = World::start(database).await;
    let (person, browser) = with_trusted_browser(&world).await;
    let victim = world.add_person_with_totp();
    assert!(!signs_in_at_once(&browser, &victim).await);
    assert_eq!(audit(&world, &victim).await, [("trusted_device_recognized".to_owned(), false, None)]);
    assert!(signs_in_at_once(&browser, &person).await);
}

/// what is not the cookie itself is nothing, the row behind it included.
async fn a_forged_cookie_is_nothing(database: Database) {
    let world = World::start(database).await;
    let (person, browser) = with_trusted_browser(&world).await;
    let real = shown(&browser);
    let dump = world.look.dump_without(&["mailbox"]).await.to_lowercase();
    for part in [&real[..], &real[..43], &real[43..]] {
        for form in crate::leaks::forms(part) {
            assert!(!dump.contains(&form), "the cookie stands in the database");
        }
    }
    let row = world.look.rows("SELECT id, family_hash, secret_hash FROM trusted_devices").await.remove(0);
    let row: Vec<String> = row.into_iter().map(|value| value.unwrap().trim_start_matches("\\x").to_owned()).collect();
    let bytes = |hex: &str| data_encoding::HEXLOWER.decode(hex.as_bytes()).unwrap();
    let base64 = |hex: &str| data_encoding::BASE64URL_NOPAD.encode(&bytes(hex));
    let mut forged = vec![
        row[0].clone(),
        row[1].clone(),
        row[2].clone(),
        format!("{}{}", base64(&row[1]), base64(&row[2])),
        format!("{}{}", base64(&row[1]), &real[43..]),
        format!("{}{}", &real[43..], &real[..43]),
        real[..85].to_owned(),
        real[..43].to_owned(),
        format!("{real}A"),
        format!("{real}{real}"),
        real.to_lowercase(),
        "A".repeat(86),
        "eyJhbGciOiJub25lIn0.e30.".to_owned(),
        "..".to_owned(),
    ];
    for at in (0..43).step_by(6) {
        let mut altered = real.clone().into_bytes();
        altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
        forged.push(String::from_utf8(altered).unwrap());
    }
    for cookie in &forged {
        assert!(!signs_in_at_once(&showing(&world, cookie), &person).await, "{cookie}");
    }
    assert!(signs_in_at_once(&browser, &person).await, "the real one is as good as before");
    // Whoever knows the family held a cookie of this device: an altered secret is a stale one.
    let mut altered = shown(&browser).into_bytes();
    altered[60] = if altered[60] == b'A' { b'B' } else { b'A' };
    assert!(!signs_in_at_once(&showing(&world, &String::from_utf8(altered).unwrap()), &person).await);
    assert!(!signs_in_at_once(&browser, &person).await);
}

/// a cookie is a cookie. In a header, in a field or in the address it is nothing, or not even a request.
async fn only_a_cookie_is_a_cookie(database: Database) {
    let world = World::start(database).await;
    let (person, browser) = with_trusted_browser(&world).await;
    let cookie = shown(&browser);
    let body = json!({ "email": person.email, "password": person.password });
    for header in ["x-device-id", "device-id", "x-twinlock-device", "twinlock_device", "x-cookie", "authorization"] {
        let call = world.browser().submit("/auth/login/").header(header, &cookie).json(&body);
        assert!(!is_trusted(&call.send().await), "{header}");
    }
    for field in ["device_id", "device_token", "twinlock_device", "trusted_device"] {
        let mut body = body.clone();
        body[field] = json!(cookie);
        world.browser().post("/auth/login/", body).await.refused(400, "invalid_request");
    }
    let path = format!("/auth/login/?twinlock_device={cookie}");
    world.browser().post(&path, body).await.refused(400, "invalid_request");
    assert!(signs_in_at_once(&browser, &person).await);
}

/// nothing is remembered before the factor, whatever the first step is asked for.
async fn nothing_is_remembered_before_the_factor(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person_with_totp();
    let browser = world.browser();
    let body = json!({ "email": person.email, "password": person.password, "remember_me": true });
    browser.post("/auth/login/", body).await.refused(400, "invalid_request");
    let token = partial_token(&browser, &person).await;
    let now = world.fresh_step().await;
    let mut body = verification(&token, &wrong_codes(&person.secret, now, 1)[0]);
    body["remember_me"] = json!(true);
    browser.post("/auth/2fa/verify/", body).await.refused(422, "code_incorrect");
    assert_eq!(browser.cookie(COOKIE), None);
    assert_eq!(world.look.count("SELECT count(*) FROM trusted_devices").await, 0);
    assert!(!signs_in_at_once(&browser, &person).await);
    // Unasked, nothing is remembered either.
    let answer = verify(&browser, &token, &code(&person.secret, now)).await.expect(200);
    assert!(answer.json["trusted_device"].is_null() && browser.cookie(COOKIE).is_none());
}

/// used every day, trust still ends thirty days after the factor; unused, after fourteen.
async fn trust_has_an_end(database: Database) {
    let world = World::start(database).await;
    let (person, browser) = with_trusted_browser(&world).await;
    let end = world.look.value("SELECT expires_at FROM trusted_devices").await;
    for day in 1..=60 {
        world.advance(DAY).await;
        assert_eq!(signs_in_at_once(&browser, &person).await, day < 30, "day {day}");
    }
    assert_eq!(world.look.value("SELECT expires_at FROM trusted_devices").await, end);

    remember(&world, &browser, &person).await;
    world.advance(14 * DAY - 60).await;
    assert!(signs_in_at_once(&browser, &person).await);
    world.advance(14 * DAY).await;
    assert!(!signs_in_at_once(&browser, &person).await);
}

/// an old value after the grace is theft: the device ends for everybody, its owner is alarmed.
async fn a_stolen_cookie_ends_the_device_and_alarms(database: Database) {
    let world = World::on(database).in_cluster().start().await;
    let (person, browser) = with_trusted_browser(&world).await;
    let first = shown(&browser);
    assert!(signs_in_at_once(&browser, &person).await);
    world.advance(3600).await;
    assert!(signs_in_at_once(&browser, &person).await);
    world.advance(61).await;
    let thief = world.browser_at(1);
    thief.set_cookie(COOKIE, &first);
    assert!(!signs_in_at_once(&thief, &person).await);
    assert!(!signs_in_at_once(&browser, &person).await, "the newest value is dead, too");
    let mail = world.message(&person.email, "trusted_device_stolen").await;
    assert!(mail["text"].as_str().unwrap().contains("Firefox on Linux"), "{mail}");
    assert_eq!(mails(&world, &person, "trusted_device_stolen").await, 1);
    let entries = audit(&world, &person).await;
    let [.., stolen, revoked, after] = &entries[..] else { panic!("{entries:?}") };
    assert_eq!((stolen.0.as_str(), revoked.0.as_str()), ("trusted_device_stolen", "trusted_device_revoked"));
    assert!(stolen.2.is_some() && stolen.2 == revoked.2 && stolen.2 == after.2);
    assert_eq!((after.0.as_str(), after.1), ("trusted_device_recognized", false));
}

/// an answer that never arrived is no theft: within a minute the old value is taken, later the factor is asked.
async fn a_lost_answer_is_no_alarm(database: Database) {
    let world = World::start(database).await;
    let (person, browser) = with_trusted_browser(&world).await;
    let first = shown(&browser);
    assert!(signs_in_at_once(&showing(&world, &first), &person).await, "this answer is lost");
    world.advance(50).await;
    let answer = login(&browser, &person).await;
    assert!(is_trusted(&answer));
    assert_eq!(shown(&browser), first, "within the grace there is no new cookie");
    world.advance(15).await;
    assert!(!signs_in_at_once(&browser, &person).await);
    assert_eq!(mails(&world, &person, "trusted_device_stolen").await, 0);
    assert!(!actions(&world, &person).await.contains(&"trusted_device_stolen".to_owned()));
    remember(&world, &browser, &person).await;
    assert!(signs_in_at_once(&browser, &person).await);
}

/// A secret is replaced at most once per rotation period; when its successor is at work, the old one is theft.
async fn the_secret_changes_once_per_period(database: Database) {
    let world = World::on(database).with("TWOFA_TRUSTED_DEVICE_ROTATION_DAYS", "2").start().await;
    let (person, browser) = with_trusted_browser(&world).await;
    let mut values = vec![shown(&browser)];
    for _ in 0..5 {
        world.advance(DAY).await;
        let answer = login(&browser, &person).await;
        assert!(is_trusted(&answer));
        values.push(shown(&browser));
    }
    values.dedup();
    assert_eq!(values.len(), 3, "in five days it changed twice");
    assert!(!signs_in_at_once(&showing(&world, &values[1]), &person).await);
    world.message(&person.email, "trusted_device_stolen").await;
}

/// adding a factor and using a recovery code end all trust; a recovery code begins none.
async fn what_changes_the_factors_ends_trust(database: Database) {
    let world = World::on(database).in_cluster().start().await;
    let (person, session) = world.person_with_totp().await;
    let browser = world.browser();
    let strong = Session::of(&remember(&world, &browser, &person).await);
    let elsewhere = world.browser_at(1);
    remember(&world, &elsewhere, &person).await;
    assert!(signs_in_at_once(&browser, &person).await && signs_in_at_once(&elsewhere, &person).await);
    drop(session);
    let setup = browser.post_as(&strong.access, "/auth/2fa/setup/", json!({ "method": "totp" })).await.expect(201);
    let body = json!({ "code": code(&setup.text_at("/secret"), world.fresh_step().await) });
    browser.post_as(&strong.access, "/auth/2fa/verify-setup/", body).await.expect(200);
    assert!(!signs_in_at_once(&browser, &person).await && !signs_in_at_once(&elsewhere, &person).await);

    remember(&world, &browser, &person).await;
    assert!(signs_in_at_once(&browser, &person).await);
    let stranger = world.browser_at(1);
    let mut body = verification(&partial_token(&stranger, &person).await, &person.recovery_codes[0]);
    body["remember_me"] = json!(true);
    let answer = stranger.post("/auth/2fa/verify/", body).await.expect(200);
    assert!(answer.json["trusted_device"].is_null() && stranger.cookie(COOKIE).is_none());
    assert!(!signs_in_at_once(&browser, &person).await && !signs_in_at_once(&stranger, &person).await);
}

/// only a fresh factor begins trust: not an old proof, not a password, not a recovery code, not a trust.
async fn only_a_fresh_factor_begins_trust(database: Database) {
    let world = World::start(database).await;
    let (person, weak) = world.person_with_totp().await;
    let browser = world.browser();
    // This session set the factor up, but began with a password.
    browser.post_as(&weak.access, DEVICES, json!({})).await.refused(403, "step_up_required");
    let answer = verify(&browser, &partial_token(&browser, &person).await, &person.recovery_codes[0]).await.expect(200);
    let recovered = Session::of(&answer);
    browser.post_as(&recovered.access, DEVICES, json!({})).await.refused(403, "step_up_required");
    assert_eq!(browser.cookie(COOKIE), None);

    let strong = world.sign_in(&browser, &person).await;
    let trusted = browser.post_as(&strong.access, DEVICES, json!({})).await.expect(201);
    let members: BTreeSet<&str> = trusted.json.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, BTreeSet::from(["expires_at", "id", "name"]));
    assert!(trusted.cookies().iter().any(|cookie| cookie.name == COOKIE));
    world.message(&person.email, "trusted_device_added").await;
    let answer = login(&browser, &person).await;
    assert!(is_trusted(&answer));
    let by_trust = answer.text_at("/tokens/access");
    browser.post_as(&by_trust, DEVICES, json!({})).await.refused(403, "step_up_required");
    delete(&browser, &by_trust, DEVICES).await.refused(403, "step_up_required");
    browser.stranger().post(DEVICES, json!({})).await.refused(401, "token_invalid");
    browser.post_as(&strong.access, DEVICES, json!({ "device_id": "x" })).await.refused(400, "invalid_request");

    world.advance(301).await;
    for path in [DEVICES.to_owned(), format!("{DEVICES}{}/", trusted.text_at("/id"))] {
        delete(&browser, &strong.access, &path).await.refused(403, "step_up_required");
    }
    browser.post_as(&strong.access, DEVICES, json!({})).await.refused(403, "step_up_required");
    assert!(signs_in_at_once(&browser, &person).await);
}

/// a person sees and ends their own devices, and learns nothing of anybody else's.
async fn devices_are_listed_and_ended_by_their_owner(database: Database) {
    let world = World::on(database).in_cluster().start().await;
    let (person, browser) = with_trusted_browser(&world).await;
    let (other, elsewhere) = with_trusted_browser(&world).await;
    let second = world.browser_at(1);
    let access = Session::of(&remember(&world, &second, &person).await).access;

    let items = list(&second, &access).await;
    let current: Vec<bool> = items.iter().map(|item| item["current"].as_bool().unwrap()).collect();
    assert_eq!(current, [true, false], "the newest first");
    let members: BTreeSet<&str> = items[0].as_object().unwrap().keys().map(String::as_str).collect();
    let contract = ["created_at", "current", "expires_at", "id", "ip_address", "last_used_at", "name"];
    assert_eq!(members, BTreeSet::from(contract));
    assert_eq!((&items[0]["name"], &items[0]["ip_address"]), (&json!("Firefox on Linux"), &json!("127.0.0.1")));
    let part = second.get_as(&access, &format!("{DEVICES}?limit=1")).await.expect(200);
    let rest = format!("{DEVICES}?limit=1&after={}", part.text_at("/next"));
    let rest = second.get_as(&access, &rest).await.expect(200);
    assert_eq!((&part.json["items"][0], &rest.json["items"][0]), (&items[0], &items[1]));
    assert!(rest.json["next"].is_null());
    for query in ["limit=0", "limit=101", "limit=x", "after=x", "page=2", "limit=1&limit=2", "user_id=1"] {
        second.get_as(&access, &format!("{DEVICES}?{query}")).await.refused(400, "invalid_request");
    }
    second.get(DEVICES).await.refused(401, "token_invalid");

    let sql = format!("SELECT id FROM trusted_devices WHERE user_id = {}", world.id_of(&other).await);
    let theirs = world.look.value(&sql).await.unwrap();
    let theirs = theirs.trim_start_matches("\\x");
    for id in [theirs, "00000000-0000-7000-8000-000000000000", "x", "*", "%25", "1"] {
        let answer = delete(&second, &access, &format!("{DEVICES}{id}/")).await;
        answer.refused(404, "not_found");
    }
    assert!(signs_in_at_once(&elsewhere, &other).await);

    let first = format!("{DEVICES}{}/", items[1]["id"].as_str().unwrap());
    delete(&second, &access, &first).await.expect(204);
    assert!(!signs_in_at_once(&browser, &person).await);
    assert!(signs_in_at_once(&second, &person).await);
    delete(&second, &access, &first).await.refused(404, "not_found");
    world.message(&person.email, "trust_revoked").await;
    let answer = delete(&second, &access, DEVICES).await.expect(204);
    assert!(answer.cookies().iter().any(|cookie| cookie.name == COOKIE && cookie.value.is_empty()));
    assert!(!signs_in_at_once(&second, &person).await && list(&second, &access).await.is_empty());
    assert!(signs_in_at_once(&elsewhere, &other).await);
}

/// Of six devices the oldest goes, by either way of trusting; the same browser is one device, however often it is trusted.
async fn a_person_trusts_at_most_five_devices(database: Database) {
    let world = World::start(database).await;
    let (person, oldest) = with_trusted_browser(&world).await;
    let mut newer = Vec::new();
    for _ in 0..4 {
        let browser = world.browser();
        remember(&world, &browser, &person).await;
        newer.push(browser);
    }
    let last = world.browser();
    let access = world.sign_in(&last, &person).await.access;
    for _ in 0..3 {
        last.post_as(&access, DEVICES, json!({})).await.expect(201);
    }
    assert_eq!(list(&last, &access).await.len(), 5);
    assert!(!signs_in_at_once(&oldest, &person).await);
    for browser in newer.iter().chain([&last]) {
        assert!(signs_in_at_once(browser, &person).await);
    }
}

/// switched off, no cookie counts, none is given, and neither list nor trust is to be had; switched on again, nothing was
/// deleted.
async fn switched_off_nothing_is_trusted(database: Database) {
    let mut world = World::start(database).await;
    let (person, browser) = with_trusted_browser(&world).await;
    let cookie = shown(&browser);
    world.set("TWOFA_TRUSTED_DEVICE_ENABLED", "false");
    world.restart(0).await;
    let browser = showing(&world, &cookie);
    assert!(!signs_in_at_once(&browser, &person).await);
    let answer = remember(&world, &world.browser(), &person).await;
    assert!(answer.json["trusted_device"].is_null() && answer.cookies().iter().all(|cookie| cookie.name != COOKIE));
    let access = Session::of(&answer).access;
    browser.post_as(&access, DEVICES, json!({})).await.refused(403, "feature_disabled");
    browser.get_as(&access, DEVICES).await.refused(403, "feature_disabled");
    world.unset("TWOFA_TRUSTED_DEVICE_ENABLED");
    world.restart(0).await;
    assert!(signs_in_at_once(&showing(&world, &cookie), &person).await);
}

/// whoever spends the victim's guesses does not shut out the browser the victim trusts.
async fn a_locked_account_opens_to_a_trusted_device(database: Database) {
    let world = World::start(database).await;
    let (person, browser) = with_trusted_browser(&world).await;
    let attacker = world.browser();
    for _ in 0..2 {
        let token = partial_token(&attacker, &person).await;
        for wrong in wrong_codes(&person.secret, world.fresh_step().await, 5) {
            verify(&attacker, &token, &wrong).await;
        }
    }
    login(&attacker, &person).await.refused(429, "account_locked");
    assert!(signs_in_at_once(&browser, &person).await);
    // The password is asked for all the same.
    let body = json!({ "email": person.email, "password": "not the password" });
    browser.post("/auth/login/", body).await.refused(401, "credentials_invalid");
    assert!(signs_in_at_once(&browser, &person).await);
}

/// A-19b: ten sign-ins at once with one cookie: all pass, none fails, and one new value is good afterwards.
async fn ten_sign_ins_with_one_cookie_make_one_new_value(database: Database) {
    let world = World::on(database).in_cluster().start().await;
    let (person, browser) = with_trusted_browser(&world).await;
    let mut cookie = shown(&browser);
    for _ in 0..3 {
        let body = json!({ "email": person.email, "password": PASSWORD, "refresh_in_body": true });
        let calls = (0..10).map(|turn| {
            let browser = world.browser_at(turn);
            browser.set_cookie(COOKIE, &cookie);
            browser.submit("/auth/login/").json(&body)
        });
        let answers = world.burst(calls.collect()).await;
        assert!(answers.iter().all(is_trusted));
        let mut given = answers.iter().flat_map(Answer::cookies).filter(|cookie| cookie.name == COOKIE);
        let next = given.next().expect("a new cookie").value;
        assert_eq!(given.count(), 0, "two new cookies");
        world.advance(61).await;
        let goes_on = showing(&world, &next);
        assert!(signs_in_at_once(&goes_on, &person).await);
        cookie = shown(&goes_on);
    }
    assert_eq!(mails(&world, &person, "trusted_device_stolen").await, 0);
    assert_eq!(world.look.count("SELECT count(*) FROM trusted_devices WHERE revoked_at IS NULL").await, 1);
}

on_both_databases![
    a_remembered_browser_is_spared_the_factor,
    the_cookie_of_somebody_else_is_nothing,
    a_forged_cookie_is_nothing,
    trust_has_an_end,
    a_stolen_cookie_ends_the_device_and_alarms,
    a_lost_answer_is_no_alarm,
    the_secret_changes_once_per_period,
    what_changes_the_factors_ends_trust,
    only_a_fresh_factor_begins_trust,
    devices_are_listed_and_ended_by_their_owner,
    a_person_trusts_at_most_five_devices,
    switched_off_nothing_is_trusted,
    a_locked_account_opens_to_a_trusted_device,
    ten_sign_ins_with_one_cookie_make_one_new_value,
];
on_sqlite![
    the_cookie_is_bound_to_the_host_and_two_are_none,
    only_a_cookie_is_a_cookie,
    nothing_is_remembered_before_the_factor,
];
