//! Every code that is sent, tried at every door it was not sent to: eight codes of one person live at once, for two sign-ins,
//! two set-ups, and a step-up and a turning off in each of two sessions. Each opens its own door and no other.

use serde_json::{Value, json};

use crate::client::{Answer, Browser};
use crate::database::Database;
use crate::harness::World;
use crate::people::{Person, Session, partial_token, verify};
use crate::sent_codes::begin;

const SEND: &str = "/auth/2fa/send-code/";
const DAY: i64 = 86_400;

/// Where a code may be typed.
#[derive(Clone, Debug)]
enum Door {
    /// The sign-in that waits for this partial token.
    SignIn(String),
    /// A set-up, by the session that began it and the id its factor will have.
    SetUp(Session, String),
    /// A step-up of a session.
    StepUp(Session),
    /// Turning the second factor off, in a session.
    Disable(Session),
}

impl Door {
    async fn tried(&self, browser: &Browser, code: &str) -> Answer {
        let post = |session: &Session, path: &str, body: Value| {
            let (browser, session, path) = (browser.clone(), session.clone(), path.to_owned());
            async move { browser.post_as(&session.access, &path, body).await }
        };
        match self {
            Self::SignIn(token) => verify(browser, token, code).await,
            Self::SetUp(session, factor) => {
                let body = json!({ "code": code, "factor_id": factor });
                post(session, "/auth/2fa/verify-setup/", body).await
            }
            Self::StepUp(session) => post(session, "/auth/2fa/step-up/", json!({ "code": code })).await,
            Self::Disable(session) => post(session, "/auth/2fa/disable/", json!({ "code": code })).await,
        }
    }

    /// The body that has a code sent for it, by a factor of this kind.
    fn wanted(&self, method: &str) -> Value {
        match self {
            Self::SignIn(token) => json!({ "partial_token": token, "method": method }),
            Self::StepUp(_) => json!({ "purpose": "step_up", "method": method }),
            Self::Disable(_) => json!({ "purpose": "disable", "method": method }),
            Self::SetUp(..) => unreachable!("its code goes out when it begins"),
        }
    }

    async fn send(&self, browser: &Browser, method: &str) {
        let call = browser.submit(SEND).json(&self.wanted(method));
        let call = match self {
            Self::SignIn(_) => call,
            Self::SetUp(session, _) | Self::StepUp(session) | Self::Disable(session) => call.bearer(&session.access),
        };
        call.send().await.expect(200);
    }
}

/// A person with eight doors open, each with the code that was sent for it.
async fn eight_doors(world: &World, turn: usize) -> (Person, Vec<(Door, String)>) {
    let browser = world.browser();
    let person = world.add_person_with_totp();
    let (number, new_number) = (format!("+1202555010{turn}"), format!("+1202555011{turn}"));
    let (address, new_address) = (format!("own{turn}@backup.example"), format!("new{turn}@backup.example"));
    for (method, to) in [("sms", &number), ("email", &address)] {
        let session = world.sign_in(&browser, &person).await;
        world.enroll_at(&browser, &session, method, to).await.expect(200);
    }
    world.advance(DAY + 60).await;

    let (one, other) = (world.sign_in(&browser, &person).await, world.sign_in(&browser, &person).await);
    let mut doors = Vec::new();
    let waits = [0, 31, 61];
    let tokens = [partial_token(&browser, &person).await, partial_token(&browser, &person).await];
    let by_number = [Door::SignIn(tokens[0].clone()), Door::SignIn(tokens[1].clone()), Door::StepUp(other.clone())];
    let by_address = [Door::StepUp(one.clone()), Door::Disable(one.clone()), Door::Disable(other)];
    for (sent, (wait, (phoned, mailed))) in waits.into_iter().zip(by_number.into_iter().zip(by_address)).enumerate() {
        world.advance(wait).await;
        phoned.send(&browser, "sms").await;
        mailed.send(&browser, "email").await;
        let kind = if matches!(phoned, Door::SignIn(_)) { "login_code" } else { "step_up_code" };
        let code = world.code_to(&number, kind, sent + 2).await;
        doors.push((phoned, code));
        let code = world.code_to(&address, "step_up_code", sent + 2).await;
        doors.push((mailed, code));
    }
    for (method, to) in [("sms", &new_number), ("email", &new_address)] {
        let begun = begin(&browser, &one, method, to).await.expect(201);
        let code = world.code_to(to, "setup_code", 1).await;
        doors.push((Door::SetUp(one.clone(), begun.text_at("/factor_id")), code));
    }
    (person, doors)
}

/// Lifts what the wrong codes so far have led to.
fn forgive(world: &World, person: &Person) {
    let output = world.cli(&["user", "unlock", &person.email, "--yes"], "");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// refused at the seven other doors and at somebody else's, and as good as before at its own.
async fn a_code_opens_its_own_door_alone(database: Database) {
    let world = World::on(database).in_cluster().start().await;
    // What opens a door may shut others: each turn ends with another of them.
    for turn in 0..4 {
        let (person, doors) = eight_doors(&world, turn).await;
        let elsewhere = world.browser_at(1);
        let stranger = world.add_person_with_totp();
        let theirs = Door::SignIn(partial_token(&elsewhere, &stranger).await);
        for tried in [turn, turn + 4] {
            let code = &doors[tried].1;
            let others = doors.iter().enumerate().filter(|(at, (_, own))| *at != tried && own != code);
            for door in others.map(|(_, (door, _))| door).chain([&theirs]) {
                let answer = door.tried(&elsewhere, code).await.refused(422, "code_incorrect");
                assert!(answer.json["hint"].is_null(), "the code of {:?} at {door:?}: {}", doors[tried].0, answer.text);
                answer.holds_no_session();
            }
            forgive(&world, &person);
        }
        let shuts = |door: &Door| matches!(door, Door::SetUp(..) | Door::Disable(_));
        for (door, code) in doors.iter().filter(|(door, _)| !shuts(door)) {
            door.tried(&elsewhere, code).await.expect(200);
        }
        let (door, code) = doors.iter().filter(|(door, _)| shuts(door)).nth(turn).unwrap();
        door.tried(&elsewhere, code).await.expect(200);
        for (door, code) in doors.iter().filter(|(door, _)| !matches!(door, Door::SignIn(_))) {
            let late = door.tried(&elsewhere, code).await;
            assert!(matches!(late.status, 401 | 409 | 422), "{door:?} {} {}", late.status, late.text);
        }
    }
}

on_both_databases![a_code_opens_its_own_door_alone];
