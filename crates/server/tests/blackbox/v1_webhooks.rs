//! Webhooks: an application is told what happens to its users, signed, once the change is committed; and nobody is called who
//! is not to be reached.

use std::process::{Command, Stdio};

use serde_json::{Value, json};
use standardwebhooks::Webhook;

use crate::client::Answer;
use crate::clients::fetched;
use crate::database::Database;
use crate::harness::World;
use crate::plan::Plan;
use crate::receiver::{Heard, Receiver};
use crate::totp;
use crate::v1::Shop;

/// A world in which applications may listen on this machine.
fn listening(database: Database) -> Plan {
    World::on(database).with("TWINLOCK_WEBHOOK_LOOPBACK", "true")
}

impl Shop {
    /// Is called at this address from now on; gives the answer.
    async fn hook(&self, url: &str, more: Value) -> Answer {
        let mut body = json!({ "url": url });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.post("/v1/webhooks", body).await
    }
}

fn kinds(heard: &[Heard]) -> Vec<&str> {
    let mut kinds: Vec<&str> = heard.iter().map(Heard::kind).collect();
    kinds.sort_unstable();
    kinds
}

/// A-73: the published library verifies what comes, and no secret is in it. Everything of the list is told.
async fn what_happens_to_its_users_is_told_to_an_application_signed(database: Database) {
    let world = listening(database).start().await;
    let (shop, bank, ours, theirs) =
        (world.shop("shop"), world.shop("bank"), Receiver::start().await, Receiver::start().await);
    let added = shop.hook(&ours.url, json!({})).await.expect(201);
    bank.hook(&theirs.url, json!({})).await.expect(201);
    let secret = added.text_at("/secret");
    let (seed, recovery_codes) = shop.enroll("ada@shop.example").await;
    let first = ours.wait_for_kind("factor.activated").await;
    let signed = Webhook::new(&secret).unwrap();
    signed.verify(&first.body, &first.headers).expect("the signature of the first");
    assert!(signed.verify(b"{}", &first.headers).is_err(), "it signs the body");
    assert_eq!(first.json["data"]["user_id"], "ada@shop.example");

    let challenge = async || shop.challenge("ada@shop.example").await.expect(201).text_at("/id");
    let id = challenge().await;
    let code = totp::code(&seed, world.fresh_step().await);
    let answer = json!({ "code": code, "trust_device": true });
    let approved = shop.post(&format!("/v1/challenges/{id}/verify"), answer).await.expect(200);
    let token = approved.text_at("/result/device_token");
    let told = ours.wait_for_kind("challenge.approved").await;
    assert_eq!(told.json["data"], json!({ "user_id": "ada@shop.example", "challenge_id": id, "method": "totp" }));
    ours.wait_for_kind("device.trusted").await;

    // The token is used, its successor too; then the first comes again: somebody copied it.
    let shown =
        async |token: &str| shop.challenge_with("ada@shop.example", json!({ "device_token": token })).await.expect(201);
    let second = shown(&token).await.text_at("/device_token");
    world.advance(70).await;
    shown(&second).await;
    shown(&token).await;
    let stolen = ours.wait_for_kind("device.stolen").await;
    assert!(stolen.json["data"]["device_id"].is_string(), "{}", stolen.json);

    shop.verify(&challenge().await, &recovery_codes[0]).await.expect(200);
    ours.wait_for_kind("recovery_code.used").await;
    let id = challenge().await;
    for _ in 0..5 {
        shop.verify(&id, "XXXX-XXXX-XXXX").await.refused(422, "code_incorrect");
    }
    let denied = ours.wait_for_kind("challenge.denied").await;
    assert_eq!(denied.json["data"]["challenge_id"], json!(id));
    let id = challenge().await;
    for _ in 0..5 {
        shop.verify(&id, "XXXX-XXXX-XXXX").await.refused(422, "code_incorrect");
    }
    ours.wait_for_kind("account.locked").await;
    let reset = json!({ "reason": "lost everything, seen in person" });
    shop.post("/v1/users/ada@shop.example/reset", reset).await.expect(204);
    let reset = ours.wait_for_kind("user.reset").await;
    assert_eq!(reset.json["data"], json!({ "user_id": "ada@shop.example" }), "the reason is the operator's");

    for heard in ours.heard() {
        let text = String::from_utf8(heard.body).unwrap();
        for told in [&seed, &token, &second, &code, &recovery_codes[0], &secret] {
            assert!(!text.contains(told.as_str()), "{text}");
        }
    }
    assert!(theirs.heard().is_empty(), "another application was told: {:?}", theirs.heard());
    let (dump, logs) = (world.look.dump_without(&[]).await, world.logs());
    for hidden in [secret.as_str(), "0paque"] {
        assert!(!dump.contains(hidden) && !logs.contains(hidden), "{hidden} is readable");
    }
}

/// Verifies a call with the published package for Python: as it came, and neither altered nor with another secret.
const IN_PYTHON: &str = r#"
import base64, json, sys
from standardwebhooks import Webhook, WebhookVerificationError
secret, headers, body = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3]
print(Webhook(secret).verify(body, headers)["data"]["user_id"])
other = "whsec_" + base64.b64encode(bytes(32)).decode()
for key, altered in [(secret, body.replace("ada", "eve")), (other, body)]:
    try:
        Webhook(key).verify(altered, headers)
    except WebhookVerificationError:
        continue
    raise SystemExit("a forged call passed")
"#;

/// The same for Node.
const IN_NODE: &str = r#"
import { Webhook, WebhookVerificationError } from "standardwebhooks";
const [secret, headers, body] = process.argv.slice(2);
console.log(new Webhook(secret).verify(body, JSON.parse(headers)).data.user_id);
const other = "whsec_" + Buffer.alloc(32).toString("base64");
for (const [key, altered] of [[secret, body.replace("ada", "eve")], [other, body]]) {
  try {
    new Webhook(key).verify(altered, JSON.parse(headers));
  } catch (error) {
    if (error instanceof WebhookVerificationError) continue;
    throw error;
  }
  throw new Error("a forged call passed");
}
"#;

/// Runs a program over a secret and a call that came from the server.
async fn verified_by(world: &World, command: &mut Command) {
    let (shop, receiver) = (world.shop("shop"), Receiver::start().await);
    let secret = shop.hook(&receiver.url, json!({})).await.expect(201).text_at("/secret");
    shop.enroll("ada").await;
    let heard = receiver.wait_for_kind("factor.activated").await;
    let headers = heard.headers.iter().map(|(name, value)| (name.to_string(), json!(value.to_str().unwrap())));
    let headers = Value::Object(headers.collect()).to_string();
    let body = std::str::from_utf8(&heard.body).unwrap();
    let output = command.args([&secret, &headers, body]).stdin(Stdio::null()).output().unwrap();
    let (said, wrong) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && said.trim() == "ada", "{}\n{said}\n{wrong}", output.status);
}

async fn python_verifies_a_webhook(database: Database) {
    let Some(python) = fetched("TWINLOCK_TEST_PYTHON") else { return };
    let world = listening(database).start().await;
    verified_by(&world, Command::new(python).args(["-c", IN_PYTHON])).await;
}

async fn node_verifies_a_webhook(database: Database) {
    let Some(packages) = fetched("TWINLOCK_TEST_NODE") else { return };
    let world = listening(database).start().await;
    std::os::unix::fs::symlink(packages, world.path().join("node_modules")).unwrap();
    let script = world.path().join("webhook.mjs");
    std::fs::write(&script, IN_NODE).unwrap();
    verified_by(&world, Command::new("node").arg(script)).await;
}

/// A message that was not taken comes again with the same id; what is given up can be sent again by hand.
async fn what_was_not_taken_comes_again_and_a_dead_letter_is_replayed(database: Database) {
    let world = listening(database).start().await;
    let (shop, receiver) = (world.shop("shop"), Receiver::start().await);
    let added = shop.hook(&receiver.url, json!({ "events": ["factor.activated"] })).await.expect(201);
    receiver.answer(&[500, 302]);
    shop.enroll("ada").await;
    receiver.wait_for(1).await;
    world.advance(60).await;
    receiver.wait_for(2).await;
    world.advance(60).await;
    let heard = receiver.wait_for(3).await;
    assert!(heard.iter().all(|call| call.id() == heard[0].id() && call.body == heard[0].body), "{heard:?}");
    let signed = Webhook::new(&added.text_at("/secret")).unwrap();
    assert_eq!(kinds(&heard), ["factor.activated"; 3], "nothing else was asked for");
    signed.verify(&heard[2].body, &heard[2].headers).expect("each try is signed anew");

    receiver.answer(&[410]);
    shop.enroll("bob").await;
    let gone = receiver.wait_for(4).await.pop().unwrap();
    let failed = world.until(&["outbox", "list", "--failed"], &gone.id()).await;
    assert!(failed.contains("webhook") && failed.contains("127.0.0.1"), "{failed}");
    world.must(&["outbox", "retry", &gone.id()]);
    let again = receiver.wait_for(5).await.pop().unwrap();
    assert_eq!((again.id(), &again.body), (gone.id(), &gone.body));
    world.until(&["outbox", "show", &gone.id()], "accepted").await;
    assert!(!world.cli(&["outbox", "retry", &gone.id()], "").status.success(), "it is delivered");
}

/// Three days of silence make a dead letter, which keeps its content for a month.
async fn after_three_days_a_message_is_given_up_and_can_still_be_replayed(database: Database) {
    let world = listening(database).start().await;
    let (shop, receiver) = (world.shop("shop"), Receiver::start().await);
    shop.hook(&receiver.url, json!({ "events": ["factor.activated"] })).await.expect(201);
    receiver.answer(&[503]);
    shop.enroll("ada").await;
    let first = receiver.wait_for(1).await.pop().unwrap();
    let id = first.id();
    world.until(&["outbox", "show", &id], "delayed").await;
    // A clock that jumps by three days is not believed, so the message is made older instead.
    let older = "UPDATE outbox SET expires_at = created_at, available_at = created_at WHERE webhook_id IS NOT NULL";
    world.look.execute(older).await;
    world.until(&["outbox", "show", &id], "expired").await;
    assert_eq!(receiver.heard().len(), 1, "it is not sent after its time");
    world.must(&["outbox", "retry", &id]);
    let replayed = receiver.wait_for(2).await.pop().unwrap();
    assert_eq!((replayed.id(), &replayed.body), (id.clone(), &first.body));
    world.until(&["outbox", "show", &id], "accepted").await;
}

/// R-10, A-89: what was committed is told, although the server died before it could.
async fn what_was_committed_before_a_crash_is_told_after_it(database: Database) {
    let mut world = listening(database).build().await;
    world.arguments.push("--without-worker".to_owned());
    world.add_node().await;
    let (shop, receiver) = (world.shop("shop"), Receiver::start().await);
    shop.hook(&receiver.url, json!({})).await.expect(201);
    shop.enroll("ada").await;
    assert!(receiver.heard().is_empty(), "nobody sends");
    world.nodes[0].kill();
    world.arguments.retain(|argument| argument != "--without-worker");
    world.start_again(0).await;
    assert_eq!(receiver.wait_for_kind("factor.activated").await.json["data"]["user_id"], "ada");
}

/// R-71, A-85: no address that is not public is called, however it is spelled.
async fn nobody_is_called_who_is_not_public(database: Database) {
    let world = World::start(database).await;
    let (shop, receiver) = (world.shop("shop"), Receiver::start().await);
    for url in [
        receiver.url.as_str(),
        "http://shop.example/hook",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://0x7f.1/",
        "https://2130706433/",
        "https://169.254.169.254/latest/meta-data",
        "https://100.64.0.1/",
        "https://shop.example:22/",
        "https://me@shop.example/",
        "gopher://shop.example/",
        "file:///etc/passwd",
        "nonsense",
    ] {
        let answer = shop.hook(url, json!({})).await.refused(400, "invalid_request");
        assert_eq!(answer.json["errors"][0]["pointer"], "/url", "{url}: {}", answer.text);
        assert!(!world.cli(&["app", "webhook", "add", "--app", "shop", url], "").status.success(), "{url}");
    }
    // What a name leads to is seen when it is called, and then it is not.
    let url = receiver.url.replace("http://127.0.0.1", "https://localhost");
    shop.hook(&url, json!({ "events": ["factor.activated"] })).await.expect(201);
    shop.enroll("ada").await;
    world.until(&["outbox", "list"], "delayed").await;
    let listed = world.must(&["outbox", "list"]);
    let id =
        listed.lines().find(|line| line.contains("factor.activated")).and_then(|line| line.split_whitespace().next());
    let shown = world.must(&["outbox", "show", id.expect("the message")]);
    assert!(shown.contains("leads to an address that is not public"), "{shown}");
    assert!(receiver.heard().is_empty());
    let production = World::on(Database::Sqlite)
        .with("TWINLOCK_ENV", "production")
        .with("TWINLOCK_WEBHOOK_LOOPBACK", "true")
        .build()
        .await;
    let refused = production.cli(&["app", "list"], "");
    assert!(!refused.status.success());
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("TWINLOCK_WEBHOOK_LOOPBACK"), "{said}");
}

/// R-52, A-64, A-72: addresses are listed without their secrets, are their application's own, and are gone when removed.
async fn addresses_are_their_applications_own(database: Database) {
    let world = listening(database).start().await;
    let (shop, bank, receiver) = (world.shop("shop"), world.shop("bank"), Receiver::start().await);
    let test = world.key(&["--app", "shop", "--test"]);
    let added = shop.hook(&receiver.url, json!({ "events": ["user.reset", "device.stolen"] })).await.expect(201);
    let (id, secret) = (added.text_at("/id"), added.text_at("/secret"));
    let listed = shop.get("/v1/webhooks").await.expect(200);
    assert_eq!(listed.json["items"][0]["events"], json!(["user.reset", "device.stolen"]));
    assert!(!listed.text.contains(&secret) && listed.json["items"][0]["url"] == json!(receiver.url));
    for stranger in [&bank, &test] {
        assert_eq!(stranger.get("/v1/webhooks").await.expect(200).json["items"], json!([]));
        stranger.delete(&format!("/v1/webhooks/{id}")).await.refused(404, "not_found");
    }
    shop.delete("/v1/webhooks/nonsense").await.refused(404, "not_found");
    for (body, pointer) in [
        (json!({}), "/url"),
        (json!({ "url": receiver.url, "events": [] }), "/events"),
        (json!({ "url": receiver.url, "events": ["user.reset", "user.reset"] }), "/events"),
        (json!({ "url": receiver.url, "events": ["everything"] }), "/events"),
        (json!({ "url": receiver.url, "events": "user.reset" }), "/events"),
        (json!({ "url": receiver.url, "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" }), "/secret"),
    ] {
        let answer = shop.post("/v1/webhooks", body).await.refused(400, "invalid_request");
        assert_eq!(answer.json["errors"][0]["pointer"], pointer, "{}", answer.text);
    }
    for _ in 1..10 {
        shop.hook(&receiver.url, json!({})).await.expect(201);
    }
    shop.hook(&receiver.url, json!({})).await.refused(409, "already_enabled");
    let once = json!({ "url": receiver.url });
    let (first, second) = (
        bank.post_once("one", "/v1/webhooks", &once).await.expect(201),
        bank.post_once("one", "/v1/webhooks", &once).await.expect(201),
    );
    assert_eq!(first.text, second.text, "it was added twice");
    let by_hand = world.must(&["app", "webhook", "add", "--app", "bank", "--event", "user.reset", &receiver.url]);
    assert!(by_hand.starts_with("whsec_"), "{by_hand}");
    let listed = world.must(&["app", "webhook", "list", "--app", "bank"]);
    assert!(listed.lines().count() == 2 && listed.contains("user.reset") && !listed.contains("0paque"), "{listed}");
    let line = listed.lines().find(|line| line.contains("user.reset")).unwrap();
    world.must(&["app", "webhook", "remove", line.split_whitespace().next().unwrap()]);
    assert_eq!(world.must(&["app", "webhook", "list"]).lines().count(), 11);
    shop.delete(&format!("/v1/webhooks/{id}")).await.expect(204);
    shop.delete(&format!("/v1/webhooks/{id}")).await.refused(404, "not_found");

    let limited = world.key(&["--app", "shop", "--scope", "users", "--scope", "challenges"]);
    limited.get("/v1/webhooks").await.refused(403, "feature_disabled");
    limited.hook(&receiver.url, json!({})).await.refused(403, "feature_disabled");
    limited.delete(&format!("/v1/webhooks/{id}")).await.refused(403, "feature_disabled");
    let actions = world.look.rows("SELECT action FROM two_factor_audit_log WHERE action LIKE 'webhook%'").await;
    assert_eq!(actions.len(), 14, "{actions:?}");
}

/// What waits for an address that is taken away is not sent any more, and nothing of it is kept.
async fn what_waits_for_an_address_that_is_removed_is_dropped(database: Database) {
    let world = listening(database).start().await;
    let (shop, receiver) = (world.shop("shop"), Receiver::start().await);
    let id = shop.hook(&receiver.url, json!({})).await.expect(201).text_at("/id");
    receiver.answer(&[503; 20]);
    shop.enroll("ada").await;
    receiver.wait_for(2).await;
    world.until(&["outbox", "list"], "delayed").await;
    shop.delete(&format!("/v1/webhooks/{id}")).await.expect(204);
    let kept = "SELECT id FROM outbox WHERE channel = 'webhook' AND payload IS NOT NULL";
    let patience = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while !world.look.rows(kept).await.is_empty() {
        assert!(std::time::Instant::now() < patience, "content is kept");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let before = receiver.heard().len();
    world.advance(3_600).await;
    shop.enroll("bob").await;
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    assert_eq!(receiver.heard().len(), before, "nobody listens there");
}

impl World {
    /// Runs a command again and again until what it says has this in it.
    async fn until(&self, arguments: &[&str], wanted: &str) -> String {
        let patience = std::time::Instant::now() + std::time::Duration::from_secs(20);
        loop {
            let said = self.must(arguments);
            if said.contains(wanted) {
                return said;
            }
            assert!(std::time::Instant::now() < patience, "{arguments:?} never said {wanted}: {said}");
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    }
}

on_both_databases!(
    what_happens_to_its_users_is_told_to_an_application_signed,
    what_was_not_taken_comes_again_and_a_dead_letter_is_replayed,
    after_three_days_a_message_is_given_up_and_can_still_be_replayed,
    what_was_committed_before_a_crash_is_told_after_it,
    nobody_is_called_who_is_not_public,
    addresses_are_their_applications_own,
    what_waits_for_an_address_that_is_removed_is_dropped,
);
on_sqlite![python_verifies_a_webhook, node_verifies_a_webhook];
