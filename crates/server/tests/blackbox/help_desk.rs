//! The help desk: what administrators do for people, what it takes, and that nobody gets past a second factor by it.

use messaging::testing::{Dialect, FakeProvider, Mood};

use crate::administrators::addresses;
use crate::audit::{break_the_log, mend_the_log};
use crate::chromium::without_tags;
use crate::client::Browser;
use crate::database::Database;
use crate::delivery::{carried_by, taken, until};
use crate::evidence::Entry;
use crate::harness::World;
use crate::page_sign_in::type_password;
use crate::people::{PASSWORD, Person, login, partial_token, verify};
use crate::totp;

/// Every act, and whether it wants a fresh proof.
const ACTS: [(&str, bool); 8] = [
    ("unlock", true),
    ("send-now", false),
    ("cancel-number", true),
    ("withdraw-bypass-code", false),
    ("end-sessions", false),
    ("forget-devices", false),
    ("bypass-code", true),
    ("start-over", true),
];
/// Why, as the desk says it.
const REASON: &str = "called back at the number we know";
const WHY: &[(&str, &str)] = &[("reason", REASON)];

/// Somebody who has used up their tries.
async fn locked_out(world: &World) -> Person {
    let person = world.add_person_with_totp();
    let browser = world.browser();
    for _ in 0..2 {
        let token = partial_token(&browser, &person).await;
        for _ in 0..5 {
            verify(&browser, &token, "not a code").await.expect(422);
        }
    }
    let token = login(&browser, &person).await;
    token.refused(429, "account_locked");
    person
}

async fn entries(world: &World, person: &Person, action: &str) -> Vec<Entry> {
    world.audit_of(person).await.into_iter().filter(|entry| entry.action == action).collect()
}

/// Whether an entry names the administrator who acted.
async fn names(world: &World, entry: &Entry, administrator: &Person) -> bool {
    let id = entry.id.strip_prefix("\\x").map_or_else(|| format!("'{}'", entry.id), |hex| format!("x'{hex}'"));
    let sql = format!("SELECT actor_id FROM two_factor_audit_log WHERE id = {id}");
    let actor = world.look.value(&sql).await.unwrap_or_default();
    let pseudonym = world.audit_of(administrator).await[0].person.clone().unwrap();
    let bare = |text: &str| text.trim_start_matches("\\x").replace('-', "").to_lowercase();
    actor.strip_prefix("admin:").is_some_and(|actor| bare(actor) == bare(&pseudonym))
}

/// Support unlocks and signs out; each act has its reason, its name and its notice.
async fn support_unlocks_and_signs_out_and_the_person_is_told(database: Database) {
    let world = World::start(database).await;
    let support = world.add_administrator("support");
    let person = locked_out(&world).await;
    let id = world.uuid_of(&person).await;
    let desk = world.at_the_desk(&support).await;
    let page = desk.get(&format!("/admin/people/{id}")).await.says(200, "What you can do");
    assert!(page.text.contains(&format!("href=\"/admin/people/{id}/unlock\"")), "{}", page.text);
    let unlock = format!("/admin/people/{id}/unlock");
    desk.get(&unlock).await.says(200, "Reason");
    desk.form(&unlock, &[("reason", "  ")]).await.says(400, "Say why.");
    desk.form(&unlock, &[]).await.says(400, "Say why.");
    desk.form(&unlock, &[("reason", &"x".repeat(201))]).await.expect(400);
    desk.form(&unlock, &[("reason", "two\nlines")]).await.expect(400);
    assert!(entries(&world, &person, "account_unlocked").await.is_empty(), "nothing is done without a reason");

    desk.form(&unlock, WHY).await.leads_to(&format!("/admin/people/{id}?said=helped-unlock"));
    let page = desk.get(&format!("/admin/people/{id}?said=helped-unlock")).await.says(200, "The lock is lifted.");
    let told = without_tags(&page.text);
    assert!(told.contains(REASON) && told.contains("admin:"), "the story has who and why: {told}");
    let done = entries(&world, &person, "account_unlocked").await;
    assert_eq!(done.iter().map(|entry| entry.detail.as_str()).collect::<Vec<_>>(), [format!("stated:{REASON}")]);
    assert!(names(&world, &done[0], &support).await && done[0].ip_address.is_some() && done[0].request_id.is_some());
    let mail = world.message(&person.email, "account_unlocked").await;
    let written = mail.to_string().replace(world.base().trim_start_matches("http://"), "");
    assert!(!written.contains(REASON) && !written.contains("127.0.0.1"), "{written}");
    let session = world.sign_in(&world.browser(), &person).await;
    desk.form(&unlock, WHY).await.leads_to(&format!("/admin/people/{id}?said=nothing-to-do"));
    assert_eq!(entries(&world, &person, "account_unlocked").await.len(), 1);

    // Where the desk is stands in the log, and is nobody's business else.
    let own = world.browser();
    world.visit(&own, &person).await;
    own.get("/security").await.says(200, "Unlocked");

    let trusting = world.browser();
    type_password(&trusting, &person).await.leads_to("/sign-in/code");
    let code = totp::code(&person.secret, world.fresh_step().await);
    trusting.form("/sign-in/code", &[("code", &code), ("remember", "on")]).await.leads_to("/security");
    let forget = format!("/admin/people/{id}/forget-devices");
    desk.form(&forget, WHY).await.leads_to(&format!("/admin/people/{id}?said=helped-forget-devices"));
    world.message(&person.email, "trust_revoked").await;
    trusting.get("/security").await.expect(200);
    trusting.form("/sign-out", &[]).await.expect(303);
    type_password(&trusting, &person).await.leads_to("/sign-in/code");
    let end = format!("/admin/people/{id}/end-sessions");
    desk.form(&end, WHY).await.leads_to(&format!("/admin/people/{id}?said=helped-end-sessions"));
    world.message(&person.email, "signed_out_everywhere").await;
    own.get("/security").await.expect(303);
    own.get_as(&session.access, "/auth/2fa/status/").await.refused(401, "token_invalid");
    for action in ["trust_revoked", "sessions_ended"] {
        let told = entries(&world, &person, action).await;
        assert!(told.iter().any(|entry| entry.detail == format!("stated:{REASON}")), "{action}: {told:?}");
    }
}

/// A reset shows nothing, and leads over one mailed link to a new password and a new factor; the old password
/// is dead, also for whoever is faster.
async fn who_starts_over_comes_in_by_one_mailed_link(database: Database) {
    let world = World::start(database).await;
    let support = world.add_administrator("support");
    let person = world.add_person_with_totp();
    let own = world.browser();
    world.visit(&own, &person).await;
    let id = world.uuid_of(&person).await;
    let desk = world.at_the_desk(&support).await;
    let reset = format!("/admin/people/{id}/start-over");
    let mut shown = desk.get(&reset).await.expect(200).text;
    shown += &desk.form(&reset, WHY).await.leads_to(&format!("/admin/people/{id}?said=helped-start-over")).text;
    shown += &desk.get(&format!("/admin/people/{id}?said=helped-start-over")).await.says(200, "taken away").text;
    let first = world.message(&person.email, "started_over").await["link"].as_str().unwrap().to_owned();
    let token = first.split_once("#token=").unwrap().1.to_owned();
    assert!(first.starts_with(&format!("{}/start-over#token=", world.base())), "{first}");
    assert!(!shown.contains(&token) && !shown.contains("#token="), "nobody at the desk sees the link");

    own.get("/security").await.expect(303);
    login(&world.browser(), &person).await.refused(401, "credentials_invalid");
    // Once more: the link of before is dead.
    desk.form(&reset, WHY).await.expect(303);
    let link = loop {
        let mails = world.messages(&person.email).await;
        let links: Vec<String> = mails.iter().filter_map(|mail| mail["link"].as_str().map(str::to_owned)).collect();
        match links.into_iter().find(|link| *link != first) {
            Some(link) => break link,
            None => tokio::time::sleep(std::time::Duration::from_millis(30)).await,
        }
    };
    let new = "quiet harbor 41 lanterns";
    let set = async |link: &str| world.browser().form("/start-over", &[("link", link), ("new_password", new)]).await;
    set(&first).await.says(401, "This link does not work any more");
    set(&link).await.leads_to("/sign-in?said=welcome&next=%2Fsecurity%2Fadd");
    set(&link).await.says(401, "This link does not work any more");
    login(&world.browser(), &person).await.refused(401, "credentials_invalid");
    let person = Person { password: new.to_owned(), secret: String::new(), ..person };
    let browser = world.browser();
    let fields = [("email", person.email.as_str()), ("password", new), ("next", "/security/add")];
    browser.form("/sign-in", &fields).await.leads_to("/security/add");
    browser.get("/security").await.says(200, "Two-step sign-in is off");

    let done = entries(&world, &person, "two_factor_reset").await;
    assert!(done.iter().all(|entry| entry.success && entry.detail == format!("stated:{REASON}")));
    assert!(names(&world, &done[0], &support).await);
    // An hour later a link is worth nothing, whoever has it.
    desk.form(&reset, WHY).await.expect(303);
    let late = loop {
        let mails = world.messages(&person.email).await;
        let links = mails.iter().filter_map(|mail| mail["link"].as_str().map(str::to_owned));
        match links.into_iter().find(|found| *found != first && *found != link) {
            Some(link) => break link,
            None => tokio::time::sleep(std::time::Duration::from_millis(30)).await,
        }
    };
    world.advance(60 * 60).await;
    set(&late).await.says(401, "This link does not work any more");
}

/// Who may not help is refused, is written down, and changes nothing.
async fn nobody_helps_above_their_role_or_themselves(database: Database) {
    let world = World::start(database).await;
    let person = locked_out(&world).await;
    let [viewer, support, administrator, other] =
        ["viewer", "support", "administrator", "viewer"].map(|role| world.add_administrator(role));
    let refused = async |desk: &Browser, whom: &Person, why: Option<&str>| {
        let id = world.uuid_of(whom).await;
        let before = world.audit_of(whom).await.len();
        for (act, _) in ACTS {
            let path = format!("/admin/people/{id}/{act}");
            desk.get(&path).await.expect(if why.is_some() { 403 } else { 404 });
            desk.form(&path, WHY).await.expect(if why.is_some() { 403 } else { 404 });
        }
        let entries: Vec<Entry> = world.audit_of(whom).await.into_iter().skip(before).collect();
        let refusals = entries.iter().filter(|entry| entry.action != "looked");
        let told: Vec<(bool, &str)> = refusals.map(|entry| (entry.success, entry.detail.as_str())).collect();
        assert_eq!(told, why.map_or(vec![], |why| vec![(false, why); ACTS.len()]));
    };
    let desk = world.at_the_desk(&viewer).await;
    refused(&desk, &person, Some("role_required")).await;
    let page = desk.get(&format!("/admin/people/{}", world.uuid_of(&person).await)).await.expect(200);
    assert!(!page.text.contains("/start-over"), "a viewer is offered nothing");
    let desk = world.at_the_desk(&support).await;
    refused(&desk, &administrator, Some("role_required")).await;
    refused(&desk, &other, Some("role_required")).await;
    refused(&desk, &support, Some("role_required")).await;
    let desk = world.at_the_desk(&administrator).await;
    refused(&desk, &administrator, Some("own_account")).await;
    let user = world.browser();
    world.visit(&user, &world.add_person_with_totp()).await;
    refused(&user, &person, None).await;
    assert_eq!(world.audit_count(&person, "account_unlocked", true).await, 0);
    world.sign_in(&world.browser(), &support).await;

    // Nobody else's form, nothing but the reason, and nobody but whom the address names.
    let desk = world.at_the_desk(&support).await;
    let id = world.uuid_of(&person).await;
    for (act, _) in ACTS {
        let path = format!("/admin/people/{id}/{act}");
        desk.form_call(&path, WHY).send().await.says(403, "That came from another site");
        desk.form(&path, &[("reason", "x"), ("user_id", &id)]).await.expect(400);
        desk.form(&path, &[("reason", "x"), ("password", PASSWORD)]).await.expect(400);
        let foreign = format!("/admin/people/00000000-0000-7000-8000-000000000009/{act}");
        desk.get(&foreign).await.expect(404);
        desk.form(&foreign, WHY).await.expect(404);
    }
    for path in ["delete", "enable", "unlock%20", "Unlock", "*"] {
        desk.get(&format!("/admin/people/{id}/{path}")).await.expect(404);
    }
    // An administrator helps an administrator.
    let desk = world.at_the_desk(&administrator).await;
    let id = world.uuid_of(&support).await;
    desk.form(&format!("/admin/people/{id}/start-over"), WHY).await.expect(303);
    login(&world.browser(), &support).await.refused(401, "credentials_invalid");
    world.message(&support.email, "started_over").await;
}

/// What takes a guard away wants a proof of just now; what only closes doors does not.
async fn dangerous_help_wants_a_fresh_proof(database: Database) {
    let world = World::start(database).await;
    let support = world.add_administrator("support");
    let person = locked_out(&world).await;
    let id = world.uuid_of(&person).await;
    let desk = world.at_the_desk(&support).await;
    world.advance(10 * 60).await;
    for (act, dangerous) in ACTS {
        let path = format!("/admin/people/{id}/{act}");
        let prove = format!("/security/prove?next=%2Fadmin%2Fpeople%2F{id}%2F{act}");
        if dangerous {
            desk.get(&path).await.leads_to(&prove);
            desk.form(&path, WHY).await.leads_to(&prove);
        } else {
            desk.get(&path).await.expect(200);
            desk.form(&path, WHY).await.leads_to(&format!("/admin/people/{id}?said=helped-{act}"));
        }
    }
    let code = totp::code(&support.secret, world.fresh_step().await);
    let unlock = format!("/admin/people/{id}/unlock");
    desk.form("/security/prove", &[("code", &code), ("next", &unlock)]).await.leads_to(&unlock);
    desk.form(&unlock, WHY).await.leads_to(&format!("/admin/people/{id}?said=helped-unlock"));
    assert_eq!(world.audit_count(&person, "account_unlocked", false).await, 1);
}

/// A number that is lost gets no code any more, whoever is in by it is out, and the only factor stays.
async fn a_number_is_cancelled(database: Database) {
    let world = World::start(database).await;
    let support = world.add_administrator("support");
    let (person, session) = world.person_with_totp().await;
    let browser = world.browser();
    world.enroll_at(&browser, &session, "sms", &world.new_number()).await.expect(200);
    let id = world.uuid_of(&person).await;
    let desk = world.at_the_desk(&support).await;
    let cancel = format!("/admin/people/{id}/cancel-number");
    let offered = format!("href=\"{cancel}\"");
    assert!(desk.get(&format!("/admin/people/{id}")).await.expect(200).text.contains(&offered));
    desk.get(&cancel).await.says(200, "No code goes to this person’s phone any more");
    let half = login(&browser, &person).await.expect(200);
    assert!(half.json["methods"].to_string().contains("sms"), "{}", half.text);

    break_the_log(&world).await;
    let answer = desk.form(&cancel, WHY).await;
    assert!(matches!(answer.status, 500 | 503), "{} {}", answer.status, answer.text);
    mend_the_log(&world).await;
    assert_eq!(world.look.count("SELECT count(*) FROM factors WHERE method = 'sms'").await, 1);

    desk.form(&cancel, WHY).await.leads_to(&format!("/admin/people/{id}?said=helped-cancel-number"));
    let page = desk.get(&format!("/admin/people/{id}?said=helped-cancel-number")).await;
    assert!(!page.says(200, "The phone number is cancelled.").text.contains(&offered));
    let told = entries(&world, &person, "factor_removed").await;
    assert_eq!(told.iter().map(|entry| entry.detail.as_str()).collect::<Vec<_>>(), [format!("stated:{REASON}")]);
    assert!(names(&world, &told[0], &support).await);
    world.message(&person.email, "factor_removed").await;
    browser.get_as(&session.access, "/auth/2fa/status/").await.refused(401, "token_invalid");
    let code = totp::code(&person.secret, world.fresh_step().await);
    verify(&browser, &half.text_at("/partial_token"), &code).await.refused(410, "challenge_expired");
    let again = login(&browser, &person).await.expect(200);
    assert!(!again.json["methods"].to_string().contains("sms"), "{}", again.text);
    world.sign_in(&browser, &person).await;
    desk.form(&cancel, WHY).await.leads_to(&format!("/admin/people/{id}?said=nothing-to-do"));

    let (only, _) = world.person_with("sms", &world.new_number()).await;
    let id = world.uuid_of(&only).await;
    let cancel = format!("/admin/people/{id}/cancel-number");
    assert!(!desk.get(&format!("/admin/people/{id}")).await.expect(200).text.contains(&cancel));
    desk.form(&cancel, WHY).await.expect(409);
    let told = entries(&world, &only, "factor_removed").await;
    assert!(told.len() == 1 && !told[0].success && told[0].detail == "last_factor", "{told:?}");
    assert_eq!(login(&browser, &only).await.expect(200).json["requires_2fa"], true);
}

/// What a provider did not take is tried again when the desk says so, and stands in the log.
async fn what_waits_is_tried_at_once(database: Database) {
    let twilio = FakeProvider::start(Dialect::Twilio).await;
    let world = carried_by(database, "twilio", &[&twilio]).await;
    let support = world.add_administrator("support");
    let (person, _) = world.person_with("sms", "+12025550149").await;
    let id = world.uuid_of(&person).await;
    let desk = world.at_the_desk(&support).await;
    let (page, send) = (format!("/admin/people/{id}"), format!("/admin/people/{id}/send-now"));
    assert!(!desk.get(&page).await.expect(200).text.contains(&send), "nothing waits");
    let before = twilio.taken().len();
    twilio.be(Mood::refusing(503, ""));
    login(&world.browser(), &person).await.expect(200);
    let waits = "SELECT count(*) FROM outbox WHERE kind = 'login_code' AND state = 'queued' AND attempts > 0";
    until("the code waits", async || world.look.count(waits).await == 1).await;
    world.look.execute("UPDATE outbox SET available_at = expires_at WHERE settled_at IS NULL").await;
    twilio.be(Mood::Well);
    assert!(desk.get(&page).await.expect(200).text.contains(&send));
    desk.form(&send, WHY).await.leads_to(&format!("{page}?said=helped-send-now"));
    taken(&twilio, before + 1).await;
    assert_eq!(world.audit_count(&person, "delivery_hurried", true).await, 1);
}

/// Help that cannot be written down is not given, and what cannot be written down is not shown either.
async fn what_cannot_be_logged_is_neither_done_nor_shown(database: Database) {
    let world = World::start(database).await;
    let support = world.add_administrator("support");
    let person = locked_out(&world).await;
    let id = world.uuid_of(&person).await;
    let desk = world.at_the_desk(&support).await;
    let mails = world.messages(&person.email).await.len();
    // Rows that are written as they were may change their places.
    let state = async || {
        let dump = world.look.dump_without(&["counters", "mailbox", "outbox", "jobs"]).await;
        dump.lines().map(str::to_owned).collect::<std::collections::BTreeSet<_>>()
    };
    let before = state().await;
    break_the_log(&world).await;
    // Who has no number has nothing to cancel, and nothing is to be written down.
    for (act, _) in ACTS.into_iter().filter(|(act, _)| *act != "cancel-number") {
        let answer = desk.form(&format!("/admin/people/{id}/{act}"), WHY).await;
        assert!(matches!(answer.status, 500 | 503), "{act}: {} {}", answer.status, answer.text);
    }
    // What names nobody may still be shown: the empty search, and the counts.
    for path in addresses(&id).iter().filter(|path| !matches!(path.as_str(), "/admin" | "/admin/overview")) {
        let answer = desk.get(path).await;
        assert!(matches!(answer.status, 500 | 503), "{path}: {} {}", answer.status, answer.text);
        assert!(!answer.text.contains(&person.email) && !answer.text.contains("<table"), "{path}: {}", answer.text);
    }
    let found = desk.form("/admin/people", &[("wanted", &person.email)]).await;
    assert!(matches!(found.status, 500 | 503) && !found.text.contains(&id), "{}", found.text);
    for take in ["/admin/audit/export", "/admin/audit/proof"] {
        assert!(matches!(desk.form(take, &[]).await.status, 500 | 503), "{take}");
    }
    mend_the_log(&world).await;
    assert_eq!(state().await, before);
    assert_eq!(world.messages(&person.email).await.len(), mails, "nothing is told of what was not done");
    login(&world.browser(), &person).await.refused(429, "account_locked");
    let unlock = format!("/admin/people/{id}/unlock");
    desk.form(&unlock, WHY).await.leads_to(&format!("/admin/people/{id}?said=helped-unlock"));
}

on_both_databases![
    support_unlocks_and_signs_out_and_the_person_is_told,
    who_starts_over_comes_in_by_one_mailed_link,
    nobody_helps_above_their_role_or_themselves,
    dangerous_help_wants_a_fresh_proof,
    a_number_is_cancelled,
    what_waits_is_tried_at_once,
    what_cannot_be_logged_is_neither_done_nor_shown,
];
