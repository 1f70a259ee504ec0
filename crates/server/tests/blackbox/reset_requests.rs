//! Resets that take more than one decision: another administrator, time in which the person can stop them, or both.

use crate::client::Browser;
use crate::database::Database;
use crate::evidence::Entry;
use crate::harness::World;
use crate::people::{Person, login};
use crate::plan::Plan;
use crate::totp;

const REASON: &str = "lost the phone, called back";
const WHY: &[(&str, &str)] = &[("reason", REASON)];
const AGREED: &[(&str, &str)] = &[("reason", "know their voice")];

fn approved(plan: Plan) -> Plan {
    plan.with("TWINLOCK_ADMIN_SECOND_APPROVAL", "true")
}

fn cooled(plan: Plan) -> Plan {
    plan.with("TWINLOCK_ADMIN_COOLING_OFF_MINUTES", "60")
}

impl World {
    /// Asks for a reset, and gives where the request is.
    async fn ask_for_reset(&self, desk: &Browser, person: &Person) -> String {
        let id = self.uuid_of(person).await;
        let start_over = format!("/admin/people/{id}/start-over");
        desk.get(&start_over).await.says(200, "Ask for it");
        desk.form(&start_over, WHY).await.leads_to(&format!("/admin/people/{id}?said=reset-asked"));
        desk.get(&format!("/admin/people/{id}?said=reset-asked")).await.says(200, "A reset is asked for");
        let list = desk.get("/admin/requests").await.says(200, &person.email).text;
        let row = list.split(&format!("/admin/people/{id}\"")).nth(1).unwrap();
        let request = row.split("/admin/requests/").nth(1).unwrap().split('/').next().unwrap();
        format!("/admin/requests/{request}")
    }

    /// What the log says of a person's reset: action, whether it came out, and why.
    async fn resets(&self, person: &Person) -> Vec<(String, bool, String)> {
        let told = |entry: &Entry| entry.action.starts_with("reset_") || entry.action == "two_factor_reset";
        let entries = self.audit_of(person).await.into_iter().filter(told);
        entries.map(|entry| (entry.action, entry.success, entry.detail)).collect()
    }

    /// Whether nothing was taken away.
    async fn is_untouched(&self, person: &Person) -> bool {
        login(&self.browser(), person).await.status == 200
    }
}

fn entry(action: &str, success: bool, detail: &str) -> (String, bool, String) {
    (action.to_owned(), success, detail.to_owned())
}

/// Nobody approves what they asked for, and nothing happens until another has; then it is done once.
async fn another_administrator_has_to_approve(database: Database) {
    let world = approved(World::on(database)).start().await;
    let [asker, other] = ["support", "support"].map(|role| world.add_administrator(role));
    let person = world.add_person_with_totp();
    let (desk, second) = (world.at_the_desk(&asker).await, world.at_the_desk(&other).await);
    let request = world.ask_for_reset(&desk, &person).await;
    let step = |name: &str| format!("{request}/{name}");
    let mail = world.message(&person.email, "reset_requested").await;
    assert!(mail["link"].as_str().unwrap().starts_with(&format!("{}/stop-reset#token=", world.base())), "{mail}");
    assert!(!mail.to_string().contains(REASON), "{mail}");
    assert!(world.is_untouched(&person).await, "asking takes nothing away");

    // Nor does one alone let anybody past it.
    let id = world.uuid_of(&person).await;
    let bypass = format!("/admin/people/{id}/bypass-code");
    for answer in [desk.get(&bypass).await, desk.form(&bypass, WHY).await] {
        answer.says(403, "Not available");
    }
    assert!(!desk.get(&format!("/admin/people/{id}")).await.text.contains(&bypass));

    // Once more is nothing more.
    let again = desk.form(&format!("/admin/people/{id}/start-over"), WHY).await;
    again.leads_to(&format!("/admin/people/{id}?said=reset-asked-already"));

    desk.get(&step("approve")).await.says(403, "Another administrator is needed");
    desk.form(&step("approve"), AGREED).await.says(403, "Another administrator is needed");
    for desk in [&desk, &second] {
        desk.form(&step("carry-out"), AGREED).await.says(403, "Another administrator is needed");
    }
    assert!(world.is_untouched(&person).await);

    second.get(&step("approve")).await.says(200, REASON);
    second.form(&step("approve"), &[("reason", " ")]).await.says(400, "Say why.");
    second.form(&step("approve"), AGREED).await.leads_to("/admin/requests?said=request-approved");
    second.form(&step("approve"), AGREED).await.leads_to("/admin/requests?said=nothing-to-do");
    second.get("/admin/requests").await.says(200, "Can be carried out now");
    assert!(world.is_untouched(&person).await, "approving takes nothing away");

    let press = |desk: &Browser| desk.form_call(&step("carry-out"), AGREED).header("origin", world.base());
    let pressed = world.burst((0..4).flat_map(|_| [press(&desk), press(&second)]).collect()).await;
    let done = pressed.iter().filter(|answer| answer.status == 303).count();
    assert_eq!(done, 1, "{:?}", pressed.iter().map(|answer| answer.status).collect::<Vec<_>>());
    login(&world.browser(), &person).await.refused(401, "credentials_invalid");
    let mails = world.messages(&person.email).await;
    assert_eq!(mails.iter().filter(|mail| mail["kind"] == "started_over").count(), 1);
    desk.get("/admin/requests").await.says(200, "Nothing waits.");
    let told: Vec<_> = world.resets(&person).await.into_iter().filter(|(_, _, why)| why != "request_over").collect();
    assert_eq!(
        told,
        [
            entry("reset_requested", true, &format!("stated:{REASON}")),
            entry("reset_approved", false, "own_request"),
            entry("two_factor_reset", false, "not_approved"),
            entry("two_factor_reset", false, "not_approved"),
            entry("reset_approved", true, "stated:know their voice"),
            entry("two_factor_reset", true, "stated:know their voice"),
        ]
    );
    // The link of the first mail is dead.
    let link = mail["link"].as_str().unwrap();
    world.browser().form("/stop-reset", &[("link", link)]).await.says(401, "This link does not work any more");
}

/// Who may not reset somebody asks for nothing, approves nothing and carries nothing out.
async fn nobody_has_a_say_above_their_role(database: Database) {
    let world = approved(World::on(database)).start().await;
    let [viewer, support, first, reset] =
        ["viewer", "support", "administrator", "administrator"].map(|role| world.add_administrator(role));
    let desk = world.at_the_desk(&first).await;
    let request = world.ask_for_reset(&desk, &reset).await;
    for who in [&viewer, &support] {
        let desk = world.at_the_desk(who).await;
        for step in ["approve", "carry-out", "close"] {
            let path = format!("{request}/{step}");
            desk.get(&path).await.says(403, "Not for your role");
            desk.form(&path, AGREED).await.says(403, "Not for your role");
        }
        let id = world.uuid_of(&reset).await;
        desk.form(&format!("/admin/people/{id}/start-over"), WHY).await.says(403, "Not for your role");
    }
    // Nor whom it is about, nor whoever has no role.
    let own = world.at_the_desk(&reset).await;
    own.form(&format!("{request}/close"), AGREED).await.says(403, "Not for your role");
    let stranger = world.browser();
    world.visit(&stranger, &world.add_person_with_totp()).await;
    stranger.get("/admin/requests").await.expect(404);
    stranger.form(&format!("{request}/approve"), AGREED).await.expect(404);
    desk.form_call(&format!("{request}/close"), AGREED).send().await.says(403, "That came from another site");
    for path in ["/admin/requests/00000000-0000-7000-8000-000000000009/approve", &format!("{request}/delete")] {
        desk.get(path).await.expect(404);
        desk.form(path, AGREED).await.expect(404);
    }
    let done: Vec<_> = world.resets(&reset).await.into_iter().filter(|(_, success, _)| *success).collect();
    assert_eq!(done.len(), 2, "asked, and stopped by the sign-in of whom it is about: {done:?}");
    assert_eq!(done[1], entry("reset_stopped", true, "signed_in"));
}

/// Before the time has passed nobody carries it out; after it whoever does proves who they are.
async fn time_has_to_pass(database: Database) {
    let world = cooled(World::on(database)).start().await;
    let support = world.add_administrator("support");
    let person = world.add_person_with_totp();
    let desk = world.at_the_desk(&support).await;
    let request = world.ask_for_reset(&desk, &person).await;
    let carry_out = format!("{request}/carry-out");
    desk.get("/admin/requests").await.says(200, "Can be carried out from");
    desk.form(&carry_out, AGREED).await.says(409, "Not yet");
    world.advance(58 * 60).await;
    let desk = world.at_the_desk(&support).await;
    desk.form(&carry_out, AGREED).await.says(409, "Not yet");
    assert!(world.is_untouched(&person).await);
    world.advance(6 * 60).await;
    let prove = format!("/security/prove?next={}", carry_out.replace('/', "%2F"));
    desk.form(&carry_out, AGREED).await.leads_to(&prove);
    assert!(world.is_untouched(&person).await);
    let code = totp::code(&support.secret, world.fresh_step().await);
    desk.form("/security/prove", &[("code", &code), ("next", &carry_out)]).await.leads_to(&carry_out);
    desk.form(&carry_out, AGREED).await.leads_to("/admin/requests?said=helped-start-over");
    login(&world.browser(), &person).await.refused(401, "credentials_invalid");
    let told = world.resets(&person).await;
    let early = entry("two_factor_reset", false, "cooling_off");
    assert_eq!(told.iter().filter(|told| **told == early).count(), 2, "{told:?}");
    assert_eq!(told.last(), Some(&entry("two_factor_reset", true, "stated:know their voice")));
}

/// Where both are asked for, an approval does not shorten the time.
async fn an_approval_does_not_shorten_the_time(database: Database) {
    let world = cooled(approved(World::on(database))).start().await;
    let [asker, other] = ["support", "administrator"].map(|role| world.add_administrator(role));
    let person = world.add_person_with_totp();
    let desk = world.at_the_desk(&asker).await;
    let request = world.ask_for_reset(&desk, &person).await;
    let carry_out = format!("{request}/carry-out");
    let second = world.at_the_desk(&other).await;
    second.form(&format!("{request}/approve"), AGREED).await.leads_to("/admin/requests?said=request-approved");
    second.form(&carry_out, AGREED).await.says(409, "Not yet");
    world.advance(61 * 60).await;
    let desk = world.at_the_desk(&asker).await;
    desk.form(&carry_out, AGREED).await.leads_to("/admin/requests?said=helped-start-over");
    login(&world.browser(), &person).await.refused(401, "credentials_invalid");
}

/// The person stops it by the link of the mail or by signing in; administrators by taking it back or saying no.
async fn whoever_stops_it_stops_it(database: Database) {
    let world = approved(World::on(database)).start().await;
    let [asker, other] = ["support", "support"].map(|role| world.add_administrator(role));
    let (desk, second) = (world.at_the_desk(&asker).await, world.at_the_desk(&other).await);
    let over = async |request: &str, person: &Person, last: (String, bool, String)| {
        assert_eq!(world.resets(person).await.last(), Some(&last));
        second.form(&format!("{request}/approve"), AGREED).await.expect(404);
        second.form(&format!("{request}/carry-out"), AGREED).await.expect(404);
        assert!(world.is_untouched(person).await);
        desk.get("/admin/requests").await.says(200, "Nothing waits.");
    };

    let person = world.add_person_with_totp();
    let request = world.ask_for_reset(&desk, &person).await;
    second.form(&format!("{request}/approve"), AGREED).await.expect(303);
    let link = world.message(&person.email, "reset_requested").await["link"].as_str().unwrap().to_owned();
    let browser = world.browser();
    browser.get("/stop-reset").await.says(200, "Stop the reset");
    browser.form("/stop-reset", &[("link", "x")]).await.says(401, "This link does not work any more");
    browser.form("/stop-reset", &[("link", &link)]).await.leads_to("/sign-in?said=reset-stopped");
    browser.get("/sign-in?said=reset-stopped").await.says(200, "The reset is stopped.");
    over(&request, &person, entry("reset_stopped", true, "link")).await;
    browser.form("/stop-reset", &[("link", &link)]).await.says(401, "This link does not work any more");

    let person = world.add_person_with_totp();
    let request = world.ask_for_reset(&desk, &person).await;
    second.form(&format!("{request}/approve"), AGREED).await.expect(303);
    world.sign_in(&world.browser(), &person).await;
    over(&request, &person, entry("reset_stopped", true, "signed_in")).await;

    for (closing, action) in [(&desk, "reset_withdrawn"), (&second, "reset_declined")] {
        let person = world.add_person_with_totp();
        let request = world.ask_for_reset(&desk, &person).await;
        closing.form(&format!("{request}/close"), AGREED).await.leads_to("/admin/requests?said=request-closed");
        over(&request, &person, entry(action, true, "stated:know their voice")).await;
        // It can be asked for anew.
        world.ask_for_reset(closing, &person).await;
        world.sign_in(&world.browser(), &person).await;
    }
}

/// Seven days later it is over, and can be asked for anew; an operator's reset overtakes what waits.
async fn what_nobody_carries_out_is_over(database: Database) {
    let world = approved(World::on(database)).start().await;
    let [asker, other] = ["support", "support"].map(|role| world.add_administrator(role));
    let person = world.add_person_with_totp();
    let desk = world.at_the_desk(&asker).await;
    let first = world.ask_for_reset(&desk, &person).await;
    let link = world.message(&person.email, "reset_requested").await["link"].as_str().unwrap().to_owned();
    let second = world.at_the_desk(&other).await;
    second.form(&format!("{first}/approve"), AGREED).await.expect(303);
    world.advance(7 * 24 * 60 * 60).await;
    let (desk, second) = (world.at_the_desk(&asker).await, world.at_the_desk(&other).await);
    desk.get("/admin/requests").await.says(200, "Nothing waits.");
    desk.form(&format!("{first}/carry-out"), AGREED).await.expect(404);
    world.browser().form("/stop-reset", &[("link", &link)]).await.says(401, "This link does not work any more");
    let request = world.ask_for_reset(&desk, &person).await;
    assert_ne!(request, first);
    second.form(&format!("{request}/carry-out"), AGREED).await.says(403, "Another administrator is needed");
    assert!(world.is_untouched(&person).await);

    let output = world.cli(&["user", "reset-2fa", &person.email, "--reason", "asked in person"], "yes\n");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    desk.get("/admin/requests").await.says(200, "Nothing waits.");
    second.form(&format!("{request}/approve"), AGREED).await.expect(404);
}

on_both_databases![
    another_administrator_has_to_approve,
    nobody_has_a_say_above_their_role,
    time_has_to_pass,
    an_approval_does_not_shorten_the_time,
    whoever_stops_it_stops_it,
    what_nobody_carries_out_is_over,
];
