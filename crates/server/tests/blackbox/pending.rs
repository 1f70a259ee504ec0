//! A set-up that waits changes nothing that works, whatever is done with it and in whatever order.

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Answer, Browser};
use crate::database::Database;
use crate::harness::World;
use crate::people::{Person, Session, login, verify};
use crate::sent_codes::begin;
use crate::totp::code;

const DAY: i64 = 86_400;
const NUMBER: &str = "+12025550120";

/// What is done with what waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// An authenticator is begun.
    Authenticator,
    /// A number or an address is begun.
    Destination,
    /// Whatever waits is confirmed with a wrong code, and with the code of the other.
    WrongProofs,
    /// Whatever waits is used as if it were enrolled.
    Pretense,
}

/// Every order of the four.
fn orders() -> Vec<Vec<Step>> {
    let steps = [Step::Authenticator, Step::Destination, Step::WrongProofs, Step::Pretense];
    let mut orders = vec![Vec::new()];
    for _ in steps {
        let longer = |order: &Vec<Step>| {
            let rest = steps.iter().filter(|step| !order.contains(step));
            rest.map(|step| [&order[..], &[*step]].concat()).collect::<Vec<_>>()
        };
        orders = orders.iter().flat_map(longer).collect();
    }
    orders
}

/// A set-up that waits: the id its factor will have, and what proves it now.
struct Waiting {
    id: String,
    proof: String,
}

/// Somebody who signs in by a number, in the middle of it all.
struct Scene<'a> {
    world: &'a World,
    browser: Browser,
    session: Session,
    /// A sign-in on its way, and the code that was sent for it.
    token: String,
    code: String,
    waiting: Vec<Waiting>,
}

impl Scene<'_> {
    async fn confirm(&self, body: Value) -> Answer {
        self.browser.post_as(&self.session.access, "/auth/2fa/verify-setup/", body).await
    }

    async fn take(&mut self, step: Step, turn: usize) {
        let (world, browser) = (self.world, self.browser.clone());
        match step {
            Step::Authenticator => {
                let begun = crate::setup::begin(&browser, &self.session).await.expect(201);
                let proof = code(&begun.text_at("/secret"), world.now().await);
                self.waiting.push(Waiting { id: begun.text_at("/factor_id"), proof });
            }
            Step::Destination => {
                let (method, to) = match turn % 2 {
                    0 => ("sms", format!("+1202555013{}", turn % 10)),
                    _ => ("email", format!("new{turn}@backup.example")),
                };
                let before = world.codes_to(&to).await;
                let begun = begin(&browser, &self.session, method, &to).await.expect(201);
                let proof = world.code_to(&to, "setup_code", before + 1).await;
                self.waiting.push(Waiting { id: begun.text_at("/factor_id"), proof });
            }
            Step::WrongProofs => {
                if self.waiting.is_empty() {
                    self.confirm(json!({ "code": self.code })).await.refused(409, "no_pending_setup");
                }
                for Waiting { id, proof } in &self.waiting {
                    let others = self.waiting.iter().map(|other| &other.proof).chain([&self.code]);
                    for wrong in others.filter(|other| *other != proof) {
                        let body = json!({ "code": wrong, "factor_id": id });
                        self.confirm(body).await.refused(422, "code_incorrect");
                    }
                }
            }
            Step::Pretense => {
                for Waiting { id, .. } in &self.waiting {
                    let path = format!("/auth/2fa/factors/{id}/");
                    let rename = browser.call(Method::PATCH, &path).json(&json!({ "label": "mine" }));
                    let as_owner = |call: crate::client::Call| call.bearer(&self.session.access).send();
                    as_owner(rename).await.refused(404, "not_found");
                    as_owner(browser.call(Method::DELETE, &path)).await.refused(404, "not_found");
                    let body = json!({ "factor_id": id });
                    browser
                        .post_as(&self.session.access, "/auth/2fa/preferred-method/", body)
                        .await
                        .refused(404, "not_found");
                    for body in [
                        json!({ "partial_token": self.token, "factor_id": id }),
                        json!({ "purpose": "step_up", "factor_id": id }),
                    ] {
                        let call = browser.submit("/auth/2fa/send-code/").json(&body);
                        as_owner(call).await.refused(404, "not_found");
                    }
                }
            }
        }
    }

    /// What the person has, as the session and the sign-in are told.
    async fn shown(&self) -> (Value, Value) {
        let mut status = crate::setup::status(&self.browser, &self.session).await.json;
        status["fresh_until"] = Value::Null;
        let body = json!({ "partial_token": self.token });
        let challenge = self.browser.post("/auth/2fa/challenge/", body).await.expect(200);
        assert_eq!(challenge.json["methods"].as_array().unwrap().len(), 1, "{}", challenge.text);
        (status, challenge.json["methods"].clone())
    }
}

/// Signs in by the number, and begins to once more.
async fn begin_scene<'a>(world: &'a World, person: &Person) -> Scene<'a> {
    let browser = world.browser();
    let mut tokens = Vec::new();
    for _ in 0..2 {
        world.advance(31).await;
        let before = world.codes_to(NUMBER).await;
        let token = login(&browser, person).await.expect(200).text_at("/partial_token");
        tokens.push((token, world.code_to(NUMBER, "login_code", before + 1).await));
    }
    let (token, code) = tokens.remove(0);
    let session = Session::of(&verify(&browser, &token, &code).await.expect(200));
    let (token, code) = tokens.remove(0);
    Scene { world, browser, session, token, code, waiting: Vec::new() }
}

/// nothing of it signs in, is offered, sends a code or can be managed; the live factor does all
/// of that as before.
async fn no_order_of_calls_lets_it_out(database: Database) {
    let world = World::on(database).start().await;
    let (person, _) = world.person_with("sms", NUMBER).await;
    for (turn, order) in orders().into_iter().enumerate() {
        world.advance(DAY).await;
        let mut scene = begin_scene(&world, &person).await;
        let (before, sent) = (scene.shown().await, world.codes_to(NUMBER).await);
        for step in &order {
            scene.take(*step, turn).await;
            assert_eq!(scene.shown().await, before, "{order:?}, after {step:?}");
        }
        for Waiting { proof, .. } in scene.waiting.iter().filter(|waiting| waiting.proof != scene.code) {
            verify(&scene.browser, &scene.token, proof).await.refused(422, "code_incorrect");
        }
        verify(&scene.browser, &scene.token, &scene.code).await.expect(200);
        assert_eq!(world.codes_to(NUMBER).await, sent, "{order:?}");
        if turn + 1 == orders().len() {
            // And it is as good as before, for what it is.
            let Waiting { id, proof } = &scene.waiting[0];
            scene.confirm(json!({ "code": proof, "factor_id": id })).await.expect(200);
        }
    }
}

on_both_databases![no_order_of_calls_lets_it_out];
