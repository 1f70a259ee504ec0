//! What the clock tells: the calls that give one answer to whoever asks about an address take one time, too.
//!
//! Medians of interleaved samples are compared. A machine that is busy with other things makes any one comparison fail now and
//! then, but not three in a row that all point the same way: what fails here is a difference that stays.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::client::{Answer, Call};
use crate::database::Database;
use crate::harness::World;
use crate::passwords::median;
use crate::people::{PASSWORD, login, partial_token, verify};

/// Samples of each kind in one comparison.
const SAMPLES: usize = 41;
/// As many are enough where the answer waits for a beat.
const FEW: usize = 11;
/// How far the medians may lie apart.
const APART: f64 = 1.25;
/// What an answer takes at least whose time must tell nothing.
const BEAT: Duration = Duration::from_millis(100);

/// One kind of address: what it is called, and the addresses of this kind.
struct Kind<'a> {
    name: &'a str,
    emails: Vec<String>,
}

/// Asks about each kind in turn, again and again, and compares how long it took. `ask` is one question about an address.
async fn take_one_time(
    what: &str,
    kinds: &[Kind<'_>],
    (count, ask): (usize, impl Fn(&str) -> Call),
    status: u16,
) -> Duration {
    let mut tried = Vec::new();
    for round in 0..3 {
        let mut samples = vec![Vec::new(); kinds.len()];
        for turn in 0..count {
            for step in 0..kinds.len() {
                let at = (step + turn) % kinds.len();
                let email = &kinds[at].emails[(turn + round * count) % kinds[at].emails.len()];
                // An address block of its own for each, so that no limit of blocks is met.
                let call = ask(email).header("x-forwarded-for", format!("10.{}.{turn}.{step}", round + 1));
                let began = Instant::now();
                let answer: Answer = call.send().await;
                samples[at].push(began.elapsed());
                answer.expect(status);
            }
        }
        let medians: Vec<Duration> = samples.into_iter().map(median).collect();
        let (least, most) = (medians.iter().min().unwrap(), medians.iter().max().unwrap());
        if most.as_secs_f64() < least.as_secs_f64() * APART {
            return *least;
        }
        tried.push(medians);
    }
    let names: Vec<&str> = kinds.iter().map(|kind| kind.name).collect();
    panic!("{what}: {names:?} take {tried:?}");
}

fn kind(name: &str, emails: Vec<String>) -> Kind<'_> {
    Kind { name, emails }
}

/// Addresses of nobody.
fn unknown(count: usize) -> Kind<'static> {
    kind("unknown", (0..count).map(|turn| format!("nobody{turn}@example.com")).collect())
}

/// who asks for a link does not learn from the time whether there is an account, or a sign-up that waits. It takes
/// the database longer to write a mail than none, so the answer waits for a beat.
async fn a_request_for_a_link_takes_one_time(database: Database) {
    let world = World::on(database).with("TWINLOCK_TRUSTED_PROXIES", "127.0.0.1/32").start().await;
    let (known, guarded) = (kind("known", add(&world, false)), kind("with a factor", add(&world, true)));
    let kinds = [known, guarded, unknown(10)];
    let browser = world.browser();
    let ask = |email: &str| browser.submit("/auth/password/reset/request/").json(&json!({ "email": email }));
    assert!(take_one_time("a reset", &kinds, (FEW, ask), 202).await >= BEAT);

    let mut waiting = Vec::new();
    for _ in 0..10 {
        let email = world.new_address();
        browser.post("/auth/signup/", json!({ "email": email, "password": PASSWORD })).await.expect(201);
        waiting.push(email);
    }
    let kinds = [kind("waiting", waiting), kind("known", add(&world, false)), unknown(10)];
    let ask = |email: &str| browser.submit("/auth/verify-email/resend/").json(&json!({ "email": email }));
    assert!(take_one_time("a resend", &kinds, (FEW, ask), 202).await >= BEAT);
}

fn add(world: &World, guarded: bool) -> Vec<String> {
    let one = || if guarded { world.add_person_with_totp() } else { world.add_person(None) };
    (0..10).map(|_| one().email).collect()
}

/// nor does a signed-in person who asks for an address that is somebody else's.
async fn another_address_takes_one_time_taken_or_free(database: Database) {
    let world = World::on(database).with("TWINLOCK_TRUSTED_PROXIES", "127.0.0.1/32").start().await;
    let browser = world.browser();
    let person = world.add_person(None);
    let session = crate::people::Session::of(&login(&browser, &person).await.expect(200));
    let kinds = [kind("taken", add(&world, false)), unknown(10)];
    let ask = |email: &str| {
        let call = browser.submit("/auth/email/change/").bearer(&session.access);
        call.json(&json!({ "new_email": email }))
    };
    assert!(take_one_time("a change of address", &kinds, (FEW, ask), 202).await >= BEAT);
}

/// a locked account with a wrong password takes as long as any other, and as one that does not exist.
async fn a_locked_account_takes_as_long_as_none(database: Database) {
    let world = World::on(database).with("TWINLOCK_TRUSTED_PROXIES", "127.0.0.1/32").start().await;
    let browser = world.browser();
    let (open, locked) = (world.add_person_with_totp(), world.add_person_with_totp());
    for _ in 0..2 {
        let token = partial_token(&browser, &locked).await;
        for _ in 0..5 {
            verify(&browser, &token, "not a code").await.refused(422, "code_incorrect");
        }
    }
    login(&browser, &locked).await.refused(429, "account_locked");
    let kinds = [kind("open", vec![open.email]), kind("locked", vec![locked.email]), unknown(1)];
    let ask = |email: &str| browser.submit("/auth/login/").json(&json!({ "email": email, "password": "wrong" }));
    take_one_time("a wrong password", &kinds, (SAMPLES, ask), 401).await;
}

on_both_databases![a_request_for_a_link_takes_one_time, a_locked_account_takes_as_long_as_none];
on_sqlite![another_address_takes_one_time_taken_or_free];
