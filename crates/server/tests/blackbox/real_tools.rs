//! Other people's programs: an authenticator that is not ours, a camera that is not ours.

use std::process::Command;

use serde_json::json;

use crate::database::Database;
use crate::harness::World;
use crate::people::{Session, login, partial_token, verify};
use crate::setup::parameter;
use crate::totp::code;

/// The QR picture, read by `zbarimg`, says what the URI says; its secret, given to `oathtool`, signs in.
async fn a_camera_and_another_authenticator_can_enroll(database: Database) {
    let world = World::on(database).with("TWOFA_ISSUER_NAME", "Zoë & Söhne").start().await;
    let mut person = world.sign_up().await;
    let browser = world.browser();
    let session = Session::of(&login(&browser, &person).await.expect(200));
    let setup = browser.post_as(&session.access, "/auth/2fa/setup/", json!({ "method": "totp" })).await.expect(201);
    let image = setup.text_at("/qr_code_image");
    let base64 = image.strip_prefix("data:image/png;base64,").expect("a PNG data URI");
    let picture = world.path().join("qr.png");
    std::fs::write(&picture, data_encoding::BASE64.decode(base64.as_bytes()).unwrap()).unwrap();
    let output = Command::new("zbarimg")
        .args(["--quiet", "--raw", "-Sdisable", "-Sqrcode.enable"])
        .arg(&picture)
        .output()
        .expect("zbarimg is needed for this test: apt-get install zbar-tools");
    let read = String::from_utf8(output.stdout).unwrap();
    let read = read.trim_end_matches('\n');
    assert_eq!(read, setup.text_at("/qr_code"), "{}", String::from_utf8_lossy(&output.stderr));
    person.secret = parameter(read, "secret");
    assert_eq!(person.secret, setup.text_at("/secret"));
    assert_eq!(parameter(read, "issuer"), "Zoë & Söhne");

    let body = json!({ "code": code(&person.secret, world.fresh_step().await) });
    browser.post_as(&session.access, "/auth/2fa/verify-setup/", body).await.expect(200);
    for _ in 0..3 {
        let token = partial_token(&browser, &person).await;
        let answer = verify(&browser, &token, &code(&person.secret, world.fresh_step().await)).await.expect(200);
        assert_eq!(answer.json["method"], "totp");
    }
}

/// The people's mailbox of a developer's machine shows what was sent, as text, to this machine only.
async fn the_mailbox_page_shows_what_was_sent(database: Database) {
    let world = World::start(database).await;
    let browser = world.browser();
    let person = world.sign_up().await;
    let page = browser.get("/dev/mailbox").await.expect(200);
    assert!(page.header("content-type").unwrap_or_default().starts_with("text/html"));
    assert!(page.text.contains(&person.email), "{}", page.text);
    let hostile = "\"><img src=x onerror=alert(1)>@example.com";
    let _ = browser.post("/auth/signup/", json!({ "email": hostile, "password": person.password })).await;
    let agent = browser
        .submit("/auth/signup/")
        .header("user-agent", "\"><svg/onload=alert(1)>{{7*7}}")
        .json(&json!({ "email": person.email, "password": person.password }));
    agent.send().await.expect(201);
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    let page = browser.get("/dev/mailbox").await.expect(200);
    assert!(!page.text.contains("<img src=x") && !page.text.contains("<svg/onload"), "{}", page.text);
    for message in world.messages(&person.email).await {
        let html = message["html"].as_str().unwrap_or_default();
        assert!(!html.contains("<svg/onload") && !html.contains(">49<"), "{html}");
        for field in ["id", "channel", "to", "kind", "locale", "subject", "text", "html", "state", "at"] {
            assert!(message[field].is_string(), "{field}: {message}");
        }
    }
}

on_both_databases![a_camera_and_another_authenticator_can_enroll];
on_sqlite![the_mailbox_page_shows_what_was_sent];
