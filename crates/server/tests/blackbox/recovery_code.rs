//! Sets of recovery codes: made anew, had as a file for ten minutes, and never shown again.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::json;

use crate::client::{Answer, Browser};
use crate::database::Database;
use crate::harness::World;
use crate::people::{Session, partial_token, refresh, strings, verify};
use crate::setup::status;
use crate::step_up::step_up;
use crate::totp::code;

async fn generate(browser: &Browser, session: &Session) -> Answer {
    browser.post_as(&session.access, "/auth/2fa/recovery-codes/generate/", json!({})).await
}

async fn download(browser: &Browser, session: &Session, format: &str) -> Answer {
    browser.get_as(&session.access, &format!("/auth/2fa/recovery-codes/download/?format={format}")).await
}

/// The lines of a text that are recovery codes, in their order.
pub(crate) fn codes_in(text: &str) -> Vec<String> {
    let is_code = |line: &&str| {
        let groups: Vec<&str> = line.split('-').collect();
        groups.len() == 3 && groups.iter().all(|g| g.len() == 4 && g.bytes().all(|b| b.is_ascii_alphanumeric()))
    };
    text.lines().map(str::trim).filter(is_code).map(str::to_owned).collect()
}

/// What `pdftotext` reads in a PDF.
pub(crate) fn pdf_text(pdf: &[u8]) -> String {
    let mut child = Command::new("pdftotext")
        .args(["-layout", "-", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("pdftotext is needed for these tests: apt-get install poppler-utils");
    child.stdin.take().unwrap().write_all(pdf).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "pdftotext refused the PDF");
    String::from_utf8(output.stdout).unwrap()
}

/// a new set needs a fresh factor, kills the old one, is told by mail and written down.
async fn a_new_set_takes_the_place_of_the_old_one(database: Database) {
    let world = World::start(database).await;
    let (person, session) = world.person_with_totp().await;
    let browser = world.browser();
    world.advance(301).await;
    generate(&browser, &session).await.refused(403, "step_up_required");
    let proof = json!({ "code": code(&person.secret, world.fresh_step().await) });
    let session = Session::of(&step_up(&browser, &session, proof).await.expect(200));
    let answer = generate(&browser, &session).await.expect(200);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let new = strings(&answer.json["recovery_codes"]);
    assert_eq!(new.iter().collect::<BTreeSet<_>>().len(), 10);
    assert_eq!(codes_in(&new.join("\n")), new);
    let letters =
        |code: &String| code.replace('-', "").bytes().all(|b| b"0123456789ABCDEFGHJKMNPQRSTVWXYZ".contains(&b));
    assert!(new.iter().all(letters), "{new:?}");
    assert_eq!(status(&browser, &session).await.json["recovery_codes_remaining"], 10);
    for old in person.recovery_codes.chunks(5) {
        let token = partial_token(&browser, &person).await;
        for old in &old[..4] {
            verify(&browser, &token, old).await.refused(422, "code_incorrect");
        }
        verify(&browser, &token, &new[usize::from(old == &person.recovery_codes[5..])]).await.expect(200);
    }
    world.message(&person.email, "recovery_codes_made").await;
    assert_eq!(world.audit_count(&person, "recovery_codes_made", true).await, 2);

    let plain = world.add_person(None);
    let session = Session::of(&crate::people::login(&browser, &plain).await.expect(200));
    generate(&browser, &session).await.refused(409, "no_pending_setup");
    let body = json!({ "count": 3 });
    let answer = browser.post_as(&session.access, "/auth/2fa/recovery-codes/generate/", body).await;
    answer.refused(400, "invalid_request");
}

/// S13, S24: the newest set, in either form, in order, as often as wanted; markup in a name is text.
async fn the_set_can_be_had_as_text_and_as_a_page(database: Database) {
    let world = World::on(database).with("TWOFA_ISSUER_NAME", "Tea & <b>Toast</b> 🫖").start().await;
    let (person, session) = world.person_with_totp().await;
    let browser = world.browser();
    let mut newest = person.recovery_codes.clone();
    for made in 0..2 {
        if made == 1 {
            newest = strings(&generate(&browser, &session).await.expect(200).json["recovery_codes"]);
        }
        for _ in 0..2 {
            let text = download(&browser, &session, "txt").await.expect(200);
            assert_eq!(codes_in(&text.text), newest);
            assert!(text.text.contains("Tea & <b>Toast</b> 🫖") && text.text.contains(&person.email), "{}", text.text);
            assert_eq!(text.header("content-type"), Some("text/plain; charset=utf-8"));
            let pdf = download(&browser, &session, "pdf").await.expect(200);
            assert_eq!(pdf.header("content-type"), Some("application/pdf"));
            let read = pdf_text(&pdf.bytes);
            assert_eq!(codes_in(&read), newest, "{read}");
            assert!(read.contains("Tea & <b>Toast</b> ?") && read.contains(&person.email), "{read}");
            for (answer, name) in [(text, "recovery-codes.txt"), (pdf, "recovery-codes.pdf")] {
                assert_eq!(answer.header("cache-control"), Some("no-store"));
                let disposition = format!("attachment; filename=\"{name}\"");
                assert_eq!(answer.header("content-disposition"), Some(disposition.as_str()));
            }
        }
    }
    assert_eq!(world.audit_count(&person, "recovery_codes_downloaded", true).await, 8);
    let path = "/auth/2fa/recovery-codes/download/";
    for query in ["", "?format=", "?format=html", "?format=PDF", "?format=txt&format=pdf", "?format=txt&codes=A"] {
        browser.get_as(&session.access, &format!("{path}{query}")).await.refused(400, "invalid_request");
    }
}

/// only the session that made the set, only for ten minutes, to the second; then it is wiped.
async fn the_set_is_gone_after_ten_minutes_and_for_everybody_else(database: Database) {
    let world = World::start(database).await;
    let (person, _) = world.person_with_totp().await;
    let browser = world.browser();
    let other = world.sign_in(&browser, &person).await;
    let session = world.sign_in(&browser, &person).await;
    download(&browser, &session, "txt").await.refused(410, "recovery_codes_gone");
    let codes = strings(&generate(&browser, &session).await.expect(200).json["recovery_codes"]);
    download(&browser, &other, "txt").await.refused(410, "recovery_codes_gone");
    world.advance(590).await;
    let session = Session::of(&refresh(&browser, &session.refresh).await.expect(200));
    assert_eq!(codes_in(&download(&browser, &session, "txt").await.expect(200).text), codes);
    world.advance(11).await;
    for format in ["txt", "pdf"] {
        download(&browser, &session, format).await.refused(410, "recovery_codes_gone");
    }
    let patience = std::time::Instant::now() + std::time::Duration::from_mins(1);
    while world.look.count("SELECT count(*) FROM kept_recovery_codes").await > 0 {
        assert!(std::time::Instant::now() < patience, "the kept set was not wiped");
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
}

/// a kept set is of no use to whoever reads the database, or copies it to somebody else.
async fn a_kept_set_is_sealed_into_its_row(database: Database) {
    let world = World::start(database).await;
    let (person, session) = world.person_with_totp().await;
    let (thief, theirs) = world.person_with_totp().await;
    let codes = "SELECT codes FROM kept_recovery_codes ORDER BY created_at";
    for row in world.look.rows(codes).await {
        let shown = row[0].clone().unwrap();
        let bytes = data_encoding::HEXLOWER.decode(shown.trim_start_matches("\\x").as_bytes()).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        for code in person.recovery_codes.iter().chain(&thief.recovery_codes) {
            assert!(!text.contains(code.as_str()) && !text.contains(&code.replace('-', "")));
        }
    }
    let (from, to) = (world.id_of(&person).await, world.id_of(&thief).await);
    let copy = format!(
        "UPDATE kept_recovery_codes SET codes = (SELECT k.codes FROM kept_recovery_codes k WHERE k.user_id = {from}) \
         WHERE user_id = {to}"
    );
    world.look.execute(&copy).await;
    let browser = world.browser();
    download(&browser, &theirs, "txt").await.refused(503, "unavailable");
    download(&browser, &session, "txt").await.expect(200);
}

on_both_databases![
    a_new_set_takes_the_place_of_the_old_one,
    the_set_can_be_had_as_text_and_as_a_page,
    the_set_is_gone_after_ten_minutes_and_for_everybody_else,
    a_kept_set_is_sealed_into_its_row,
];
