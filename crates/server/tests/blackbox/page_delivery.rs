//! How far a code has come, told at the second step while the page is open, and what works when none arrives.

use std::time::{Duration, Instant};

use messaging::testing::{Dialect, FakeProvider, Mood, Seen, twilio_report};

use crate::chromium::{Chromium, Tab, View};
use crate::database::Database;
use crate::delivery::{carried_by, code_in, taken};
use crate::harness::World;
use crate::people::Person;

/// Somebody whose codes come by a real provider's dialect, and by mail if they like.
pub(crate) struct Carried {
    pub(crate) world: World,
    pub(crate) twilio: FakeProvider,
    pub(crate) person: Person,
}

impl Carried {
    pub(crate) async fn start(database: Database) -> Self {
        let twilio = FakeProvider::start(Dialect::Twilio).await;
        let world = carried_by(database, "twilio", &[&twilio]).await;
        let (person, session) = world.person_with("sms", "+12025550143").await;
        world.enroll_at(&world.browser(), &session, "email", "codes@example.org").await.expect(200);
        world.advance(600).await;
        Self { world, twilio, person }
    }

    /// What the provider reports of a message.
    pub(crate) async fn report(&self, sent: &Seen, status: &str, code: &str) {
        let id = sent.id.clone().unwrap();
        let report = twilio_report(sent.callback.as_deref().unwrap(), &id, status, code);
        let mut call =
            self.world.browser().submit("/hooks/sms/twilio").raw("application/x-www-form-urlencoded", report.body);
        for (name, value) in report.headers.iter().filter(|(name, _)| *name != "content-type") {
            call = call.header(name, value);
        }
        call.send().await.expect(204);
    }
}

/// Waits for the page to say it: by itself where scripts run, else each time it is asked for anew.
pub(crate) async fn comes_to(tab: &Tab, view: View, stage: &str) {
    let patience = Instant::now() + Duration::from_secs(30);
    while tab.attribute("#delivery", "data-stage").as_deref() != Some(stage) {
        assert!(Instant::now() < patience, "never {stage}: {}", tab.html());
        tokio::time::sleep(Duration::from_millis(200)).await;
        if !view.scripts {
            tab.click("a.again");
        }
    }
}

async fn told_of(carried: &Carried, chromium: &std::sync::Arc<Chromium>, view: View, sent_so_far: usize) {
    let Carried { world, twilio, person } = carried;
    let tab = chromium.open(view);
    world.type_password(&tab, person);
    let sent = taken(twilio, sent_so_far + 1).await;
    comes_to(&tab, view, "accepted").await;
    assert!(tab.text("#delivery").contains("Handed over to the phone network"), "{}", tab.text("#delivery"));
    assert_eq!(tab.text("#others"), "Other ways");
    assert_eq!(tab.has("a.again:not([hidden])"), !view.scripts);
    if view.scripts {
        // What is being typed stays, and no page is loaded anew.
        tab.fill("#code", "12");
        tab.evaluate("window.sameAsBefore = true");
    }
    carried.report(&sent, "undelivered", "30003").await;
    comes_to(&tab, view, "failed").await;
    let said = tab.text("#delivery");
    assert!(said.contains("could not be delivered") && said.contains("+1*** ***43"), "{said}");
    assert_eq!(tab.text("#others"), "These ways work now");
    let ways = tab.text("#ways");
    assert!(ways.contains("e-mail") && ways.contains("recovery code"), "{ways}");
    carried.report(&sent, "delivered", "").await;
    comes_to(&tab, view, "delivered").await;
    assert!(tab.text("#delivery").contains("It has arrived"), "{}", tab.text("#delivery"));
    if view.scripts {
        assert_eq!(tab.evaluate("window.sameAsBefore"), true);
        assert_eq!(tab.evaluate("document.querySelector('#code').value"), "12");
        assert_eq!(tab.evaluate("document.querySelectorAll('[data-live]').length"), 0, "there is nothing to wait for");
    }
    tab.fill("#code", &code_in(&sent));
    tab.enter();
    assert_eq!(tab.path(), "/security");
    tab.kept_to_itself(world);
}

/// Queued, accepted, failed, delivered: told while the page is open, and without scripts at each look.
async fn the_page_says_how_far_a_code_has_come(database: Database) {
    let Some(chromium) = Chromium::start() else { return };
    let carried = Carried::start(database).await;
    told_of(&carried, &chromium, View::PHONE, 1).await;
    carried.world.advance(600).await;
    told_of(&carried, &chromium, View { scripts: false, ..View::PHONE }, 2).await;
}

/// A provider that does not serve: the page says that it takes longer, offers what works, and that works.
async fn who_waits_in_vain_is_offered_what_works(database: Database) {
    let Some(chromium) = Chromium::start() else { return };
    let carried = Carried::start(database).await;
    let (world, view) = (&carried.world, View::PHONE);
    carried.twilio.be(Mood::Silent);
    let tab = chromium.open(view);
    world.type_password(&tab, &carried.person);
    comes_to(&tab, view, "delayed").await;
    assert!(tab.text("#delivery").contains("We keep trying"), "{}", tab.text("#delivery"));
    assert_eq!(tab.text("#others"), "These ways work now");
    tab.click("#ways button.row");
    tab.fill("#code", &world.code_to("codes@example.org", "login_code", 2).await);
    tab.enter();
    assert_eq!(tab.path(), "/security");
}

on_both_databases![the_page_says_how_far_a_code_has_come];
on_sqlite![who_waits_in_vain_is_offered_what_works];
