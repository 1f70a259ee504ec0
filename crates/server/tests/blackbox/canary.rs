//! One long life with everything logged, and then a search for every secret of it: in the logs, the metrics, the refusals, the
//! exports of the audit log, the tables, the files of SQLite and a dump of PostgreSQL.
//!
//! Three tables are excepted, and say so in docs/schema.md: `users` and `pending_signups` hold the address people sign in
//! with, and `mailbox` is the development mailbox, which shows what was sent. A number or address that codes go to is in no
//! table in a form that can be read.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::client::{Answer, Browser};
use crate::database::{Database, Look};
use crate::harness::World;
use crate::leaks::forms;
use crate::people::{Session, strings};
use crate::totp::{code, wrong_codes};

const ADDRESS: &str = "canary.account@example.com";
const NEW_ADDRESS: &str = "canary.moved@example.com";
const CODES_ADDRESS: &str = "canary.codes@backup.example";
const NUMBER: &str = "+12025550188";
const OLD_PASSWORD: &str = "canary-Lantern 77 over moss";
const PASSWORD: &str = "canary-Heron 31 under glass";

/// A life, and what of it is nobody's business.
struct Life<'a> {
    world: &'a World,
    browser: Browser,
    /// Found wherever they stand, in any of their forms.
    secrets: BTreeSet<String>,
    /// Six digits: found where they stand alone.
    codes: BTreeSet<String>,
    /// The text of every refusal.
    refusals: String,
}

impl Life<'_> {
    fn keep(&mut self, secret: &str) -> String {
        self.secrets.insert(secret.to_owned());
        secret.to_owned()
    }

    fn typed(&mut self, code: String) -> String {
        self.codes.insert(code.clone());
        code
    }

    fn heard(&mut self, answer: Answer) -> Answer {
        if answer.status >= 400 {
            self.refusals.extend([format!("{:?}", answer.headers), answer.text.clone()]);
        }
        for pointer in ["/partial_token", "/tokens/access", "/tokens/refresh", "/secret", "/qr_code"] {
            if let Some(secret) = answer.json.pointer(pointer).and_then(Value::as_str) {
                self.keep(secret);
            }
        }
        for cookie in answer.cookies().into_iter().filter(|cookie| !cookie.value.is_empty()) {
            self.keep(&cookie.value);
        }
        answer
    }

    async fn post(&mut self, path: &str, body: Value) -> Answer {
        let answer = self.browser.post(path, body).await;
        self.heard(answer)
    }

    async fn post_as(&mut self, session: &Session, path: &str, body: Value) -> Answer {
        let answer = self.browser.post_as(&session.access, path, body).await;
        self.heard(answer)
    }

    /// The code of the newest message to somebody, of which there are `count` with codes.
    async fn sent(&mut self, to: &str, kind: &str, count: usize) -> String {
        let code = self.world.code_to(to, kind, count).await;
        self.typed(code)
    }

    async fn link(&mut self, to: &str, kind: &str) -> String {
        let link = self.world.message(to, kind).await["link"].as_str().expect("a link").to_owned();
        self.keep(link.split_once("#token=").expect("a token").1)
    }

    async fn login(&mut self, email: &str, password: &str) -> Answer {
        let body = json!({ "email": email, "password": password, "refresh_in_body": true });
        self.post("/auth/login/", body).await
    }

    async fn verify(&mut self, token: &str, code: &str, remember: bool) -> Answer {
        let body = json!({ "partial_token": token, "code": code, "remember_me": remember, "refresh_in_body": true });
        self.post("/auth/2fa/verify/", body).await
    }

    /// Waits until everything is delivered, and the queue has forgotten it.
    async fn all_delivered(&self) {
        let patience = Instant::now() + Duration::from_secs(20);
        while self.world.look.count("SELECT count(*) FROM outbox WHERE payload IS NOT NULL").await > 0 {
            assert!(Instant::now() < patience, "something was not delivered");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// Sign-up, every kind of factor, and what follows from them.
async fn grow_up(life: &mut Life<'_>) -> (Session, String) {
    for password in [PASSWORD, OLD_PASSWORD, ADDRESS, NEW_ADDRESS, CODES_ADDRESS, "canary.codes"] {
        life.keep(password);
    }
    for number in [NUMBER, &NUMBER[1..], &NUMBER[2..]] {
        life.keep(number);
    }
    life.post("/auth/signup/", json!({ "email": ADDRESS, "password": OLD_PASSWORD })).await.expect(201);
    life.login(ADDRESS, OLD_PASSWORD).await.refused(403, "email_unverified");
    let token = life.link(ADDRESS, "email_verification").await;
    life.post("/auth/verify-email/", json!({ "token": token })).await.expect(200);
    life.post("/auth/verify-email/", json!({ "token": token })).await.refused(401, "token_invalid");
    let wrong = life.keep("canary wrong 4471 password");
    life.login(ADDRESS, &wrong).await.refused(401, "credentials_invalid");
    let session = Session::of(&life.login(ADDRESS, OLD_PASSWORD).await.expect(200));

    let begun = life.post_as(&session, "/auth/2fa/setup/", json!({ "method": "totp" })).await.expect(201);
    let secret = begun.text_at("/secret");
    let now = life.world.fresh_step().await;
    let [wrong, right] = [life.typed(wrong_codes(&secret, now, 1).remove(0)), life.typed(code(&secret, now))];
    let confirm = "/auth/2fa/verify-setup/";
    life.post_as(&session, confirm, json!({ "code": wrong })).await.refused(422, "code_incorrect");
    let confirmed = life.post_as(&session, confirm, json!({ "code": right })).await.expect(200);
    for code in strings(&confirmed.json["recovery_codes"]) {
        life.keep(&code);
        life.keep(&code.replace('-', ""));
    }
    for (body, to) in [
        (json!({ "method": "sms", "phone_number": "+1 202-555-0188" }), NUMBER),
        (json!({ "method": "email", "email": CODES_ADDRESS }), CODES_ADDRESS),
    ] {
        life.post_as(&session, "/auth/2fa/setup/", body.clone()).await.expect(201);
        let sent = life.sent(to, "setup_code", 1).await;
        life.post_as(&session, confirm, json!({ "code": sent })).await.expect(200);
        life.post_as(&session, "/auth/2fa/setup/", body).await.refused(409, "already_enabled");
    }
    for number in ["911", "tel:+12025550188", "+1202555018"] {
        let body = json!({ "method": "sms", "phone_number": number });
        life.post_as(&session, "/auth/2fa/setup/", body).await.refused(422, "phone_rejected");
    }
    (session, secret)
}

/// Signing in by every way, proving, and everything that changes an account.
async fn live(life: &mut Life<'_>, first: Session, secret: &str) {
    let made = life.post_as(&first, "/auth/2fa/recovery-codes/generate/", json!({})).await.expect(200);
    let recovery_codes = strings(&made.json["recovery_codes"]);
    for code in &recovery_codes {
        life.keep(code);
        life.keep(&code.replace('-', ""));
    }
    for format in ["txt", "pdf"] {
        let path = format!("/auth/2fa/recovery-codes/download/?format={format}");
        life.browser.get_as(&first.access, &path).await.expect(200);
    }
    life.world.advance(61).await;
    let token = life.login(ADDRESS, OLD_PASSWORD).await.expect(200).text_at("/partial_token");
    life.post("/auth/2fa/send-code/", json!({ "partial_token": token, "method": "sms" })).await.expect(200);
    life.post("/auth/2fa/send-code/", json!({ "partial_token": token, "method": "sms" }))
        .await
        .refused(429, "send_cooldown");
    let sent = life.sent(NUMBER, "login_code", 2).await;
    life.verify(&token, "CANARY-CODE-0000-7788", false).await.refused(422, "code_incorrect");
    life.keep("CANARY-CODE-0000-7788");
    let session = Session::of(&life.verify(&token, &sent, true).await.expect(200));
    life.verify(&token, &sent, false).await.refused(409, "already_completed");
    life.login(ADDRESS, OLD_PASSWORD).await.expect(200);
    life.browser = life.browser.stranger();

    let body = json!({ "purpose": "step_up", "method": "email" });
    life.post_as(&session, "/auth/2fa/send-code/", body).await.expect(200);
    let sent = life.sent(CODES_ADDRESS, "step_up_code", 2).await;
    let raised = life.post_as(&session, "/auth/2fa/step-up/", json!({ "code": sent })).await.expect(200);
    life.post_as(&session, "/auth/2fa/disable/", json!({ "code": sent })).await.refused(422, "code_incorrect");
    let session = Session::of(&raised);
    let old = session.refresh.clone();
    let session = Session::of(&life.post("/auth/token/refresh/", json!({ "refresh": old })).await.expect(200));
    let body = json!({ "current_password": OLD_PASSWORD, "new_password": PASSWORD });
    life.post_as(&session, "/auth/password/change/", body.clone()).await.expect(204);
    life.post_as(&session, "/auth/password/change/", body).await.refused(401, "credentials_invalid");
    life.post_as(&session, "/auth/email/change/", json!({ "new_email": NEW_ADDRESS })).await.expect(202);
    let link = life.link(NEW_ADDRESS, "email_change").await;
    life.post("/auth/email/change/confirm/", json!({ "token": link })).await.expect(200);
    life.post("/auth/password/reset/request/", json!({ "email": NEW_ADDRESS })).await.expect(202);
    let link = life.link(NEW_ADDRESS, "password_reset").await;
    let body = json!({ "token": link, "new_password": PASSWORD });
    life.post("/auth/password/reset/confirm/", body.clone()).await.expect(204);
    life.post("/auth/password/reset/confirm/", body).await.refused(401, "token_invalid");

    loop {
        let answer = life.login(NEW_ADDRESS, PASSWORD).await;
        if answer.status == 429 {
            answer.refused(429, "account_locked");
            break;
        }
        let token = answer.expect(200).text_at("/partial_token");
        for wrong in wrong_codes(secret, life.world.now().await, 3) {
            let wrong = life.typed(wrong);
            life.verify(&token, &wrong, false).await.expect_problem();
        }
        life.verify(&token, "AAAA-BBBB-CCCC", false).await.expect_problem();
    }
    let link = life.link(NEW_ADDRESS, "account_locked").await;
    life.post("/auth/2fa/unlock/", json!({ "token": link })).await.expect(200);
    let token = life.login(NEW_ADDRESS, PASSWORD).await.expect(200).text_at("/partial_token");
    let session = Session::of(&life.verify(&token, &recovery_codes[0].to_lowercase(), false).await.expect(200));
    // What waits when the search begins: a set-up, a sign-in, a kept set, a link.
    life.post_as(&session, "/auth/2fa/setup/", json!({ "method": "totp" })).await.expect(201);
    life.post_as(&session, "/auth/2fa/recovery-codes/generate/", json!({})).await.expect(200);
    life.login(NEW_ADDRESS, PASSWORD).await.expect(200);
    life.post_as(&session, "/auth/email/change/", json!({ "new_email": ADDRESS })).await.expect(202);
    life.link(ADDRESS, "email_change").await;
}

/// Sends secrets to where they do not belong.
async fn be_careless(life: &mut Life<'_>) {
    let lost = life.keep("CanaryInTheWrongPlace55");
    let browser = life.browser.clone();
    let email = |value: String| json!({ "email": value, "password": "x" });
    for call in [
        browser.request(&format!("/auth/2fa/status/?access_token={lost}")),
        browser.request(&format!("/{lost}/{NUMBER}/")),
        browser.request("/auth/2fa/status/").bearer(&lost).header("cookie", format!("twinlock_refresh={lost}")),
        browser.submit("/auth/login/").raw_json(format!("{{\"email\":\"{lost}\",\"password\":{{\"{lost}\":1")),
        browser.submit("/auth/login/").json(&email(lost.clone())),
        browser
            .submit("/auth/login/")
            .json(&json!({ "email": ADDRESS, "password": "x", "phone": NUMBER, "code": lost })),
        browser.submit("/auth/2fa/verify/").json(&json!({ "partial_token": lost, "code": lost })),
        browser.submit("/auth/2fa/unlock/").json(&json!({ "token": lost })),
        browser.submit("/auth/logout/").json(&json!({ "refresh": lost })),
        browser
            .submit("/auth/login/")
            .header("x-request-id", format!("{lost} {lost}"))
            .json(&email(ADDRESS.to_owned())),
    ] {
        let answer = call.send().await.expect_problem();
        life.heard(answer);
    }
}

/// Whether six digits stand in a text by themselves: not as a part of another number or word, nor behind a decimal point.
fn stands_alone(text: &str, code: &str) -> bool {
    text.match_indices(code).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + code.len()..].chars().next();
        !before.is_some_and(|c| c.is_ascii_alphanumeric() || c == '.')
            && !after.is_some_and(|c| c.is_ascii_alphanumeric())
    })
}

/// Every byte as the character of its number, so that binary files can be searched like texts.
fn latin(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

/// The forms of a secret in a text of lower case, and, apart, its bytes in a file.
#[track_caller]
fn is_clean(place: &str, text: &str, life: &Life<'_>, excepted: &[&str]) {
    assert!(text.len() > 200, "{place} is empty: {text:?}");
    let lower = text.to_ascii_lowercase();
    for secret in life.secrets.iter().filter(|secret| !excepted.contains(&secret.as_str())) {
        for form in forms(secret) {
            assert!(!lower.contains(&form), "{place} holds {secret} as {form}");
        }
        for bytes in [
            data_encoding::BASE64URL_NOPAD.decode(secret.as_bytes()),
            data_encoding::BASE32_NOPAD.decode(secret.as_bytes()),
        ] {
            let bytes = bytes.unwrap_or_default();
            assert!(bytes.len() < 16 || !text.contains(&latin(&bytes)), "{place} holds {secret} as bytes");
        }
    }
    for code in &life.codes {
        assert!(!stands_alone(text, code), "{place} holds the code {code}");
    }
}

/// The pages of a SQLite file and its log, but for those of the development mailbox.
fn sqlite_files(path: &Path) -> String {
    let connection = rusqlite::Connection::open(path).unwrap();
    let sql = "SELECT pageno FROM dbstat WHERE name IN (SELECT name FROM sqlite_master WHERE tbl_name = 'mailbox')";
    let mut statement = connection.prepare(sql).unwrap();
    let shown: BTreeSet<u32> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    assert!(!shown.is_empty(), "the mailbox has no pages");
    let file = std::fs::read(path).unwrap();
    let size = usize::from(u16::from_be_bytes([file[16], file[17]]));
    let size = if size == 1 { 65_536 } else { size };
    let mut text = String::new();
    for (number, page) in (1_u32..).zip(file.chunks(size)) {
        if !shown.contains(&number) {
            text.push_str(&latin(page));
        }
    }
    let log = std::fs::read(path.with_extension("db-wal")).unwrap_or_default();
    for frame in log.get(32..).unwrap_or_default().chunks_exact(24 + size) {
        let number = u32::from_be_bytes([frame[0], frame[1], frame[2], frame[3]]);
        if !shown.contains(&number) {
            text.push_str(&latin(&frame[24..]));
        }
    }
    text
}

/// What `pg_dump` writes, but for the development mailbox.
fn postgres_dump(url: &str) -> String {
    let output = Command::new("pg_dump")
        .args(["--exclude-table-data=mailbox", url])
        .output()
        .expect("pg_dump is needed for these tests: apt-get install postgresql-client");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    latin(&output.stdout)
}

/// of passwords, tokens, secrets, codes, numbers and addresses nothing is found where it does not belong.
async fn no_secret_of_a_long_life_is_found_anywhere(database: Database) {
    let plan = World::on(database).in_cluster().with("TWINLOCK_LOG", "trace");
    let world = plan.with("TWOFA_ISSUER_NAME", "Canary Cage").start().await;
    let mut life = Life {
        world: &world,
        browser: world.browser_at(1),
        secrets: BTreeSet::new(),
        codes: BTreeSet::new(),
        refusals: String::new(),
    };
    let (session, secret) = grow_up(&mut life).await;
    live(&mut life, session, &secret).await;
    be_careless(&mut life).await;
    life.all_delivered().await;
    assert!(life.secrets.len() > 60 && life.codes.len() >= 8, "{} {}", life.secrets.len(), life.codes.len());
    // What is shown on purpose is found: the search can see.
    let shown = format!("{:?}", world.look.rows("SELECT * FROM mailbox").await);
    let found = |text: &&String| shown.contains(text.as_str());
    assert!(life.codes.iter().filter(|code| stands_alone(&shown, code)).count() >= 4);
    assert!(life.secrets.iter().filter(found).count() >= 6, "addresses, a number and the tokens of links");

    let logs = world.logs();
    assert!(logs.lines().count() > 50 && logs.contains("DEBUG"), "the log is on: {} lines", logs.lines().count());
    is_clean("the log", &logs, &life, &[]);
    is_clean("a refusal", &life.refusals, &life, &[]);
    for node in 0..world.nodes.len() {
        is_clean("the metrics", &world.browser_at(node).get("/metrics").await.text, &life, &[]);
    }
    let ran = |arguments: &[&str]| {
        let output = world.cli(arguments, "");
        format!("{}{}", latin(&output.stdout), latin(&output.stderr))
    };
    for format in ["csv", "jsonl"] {
        is_clean("the audit log", &ran(&["audit", "export", "--format", format]), &life, &[]);
    }
    is_clean("`keys status`", &ran(&["keys", "status"]), &life, &[]);
    let accounts = [ADDRESS, NEW_ADDRESS];
    is_clean("`user show`", &ran(&["user", "show", NEW_ADDRESS]), &life, &accounts);
    let excepted = ["mailbox", "users", "pending_signups"];
    is_clean("a table", &world.look.dump_without(&excepted).await, &life, &[]);
    let stored = match &world.look {
        Look::Sqlite(path) => sqlite_files(path),
        Look::Postgres(url) => postgres_dump(url),
    };
    assert!(stored.contains(NEW_ADDRESS), "what is stored can be searched");
    is_clean("what is stored", &stored, &life, &accounts);
}

on_both_databases![no_secret_of_a_long_life_is_found_anywhere];
