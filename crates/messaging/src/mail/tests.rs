//! Mail against a server that writes down every byte, refuses, falls silent and lies.

use std::time::Duration;

use domain::ids::MessageId;
use domain::time::Timestamp;
use rustls::RootCertStore;
use uuid::Uuid;

use super::compose::{is_well_formed, letter, with_crlf};
use super::sink::{Act, Behavior, Sink, Tls};
use super::smtp::Patience;
use super::{Mailer as _, RenderedMail, Sender, SmtpMailer, SmtpServer};
use crate::receipt::{Receipt, SendFailure};

/// Patience for a server that never answers.
const SHORT: Patience = Patience {
    turn: Duration::from_secs(5),
    connect: Duration::from_millis(400),
    transfer: Duration::from_millis(400),
    conclude: Duration::from_millis(400),
};

fn id() -> MessageId {
    MessageId::from_uuid(Uuid::from_u128(0x0197_0000_0000_7000_8000_0000_0000_0001))
}

fn sender() -> Sender {
    Sender::parse("Müller & Söhne <no-reply@example.com>").unwrap()
}

fn mail() -> RenderedMail {
    RenderedMail {
        to: "ada@example.org".to_owned(),
        subject: "رمز الدخول إلى Tinybeans".to_owned(),
        text: "Grüße,\n\n.\nMAIL FROM:<e@example.com>\n..\n.end\n".to_owned(),
        html: "<!doctype html>\n<p>.</p>\n.\n".to_owned(),
        language: "ar".to_owned(),
        at: Timestamp::from_secs(1_772_719_620),
    }
}

/// A mailer for a sink, which trusts the sink's certificate.
fn mailer(sink: &Sink, address: &str) -> SmtpMailer {
    let server = SmtpServer::parse(&address.replace("PORT", &sink.port.to_string())).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(sink.certificate.clone()).unwrap();
    SmtpMailer::trusting(server, sender(), roots).unwrap().with_patience(SHORT)
}

async fn sink(on: &[(&'static str, Act)]) -> Sink {
    Sink::start(Behavior { on: on.to_vec(), ..Behavior::default() }).await
}

/// What comes of one mail to a server that does this.
async fn outcome(on: &[(&'static str, Act)]) -> Result<Receipt, SendFailure> {
    let sink = sink(on).await;
    mailer(&sink, "smtp://127.0.0.1:PORT").send(&mail(), id()).await
}

#[tokio::test]
async fn one_mail_is_one_envelope_two_parts_and_the_headers_of_a_program() {
    let sink = sink(&[]).await;
    let receipt = mailer(&sink, "smtp://127.0.0.1:PORT").send(&mail(), id()).await.unwrap();
    assert_eq!(receipt.provider_id.as_deref(), Some("4F1A2B3C"));
    assert_eq!(
        sink.commands(),
        ["EHLO example.com", "MAIL FROM:<no-reply@example.com>", "RCPT TO:<ada@example.org>", "DATA"]
    );
    let mails = sink.mails();
    let [mail] = mails.as_slice() else { panic!("{} mails", mails.len()) };
    insta::assert_snapshot!(String::from_utf8(mail.clone()).unwrap().replace("\r\n", "\n"), @r#"
    From: =?utf-8?b?TcO8bGxlciAmIFPDtmhuZQ==?= <no-reply@example.com>
    To: ada@example.org
    Subject: =?utf-8?b?2LHZhdiyINin2YTYr9iu2YjZhCDYpdmE2Yk=?= Tinybeans
    Date: Thu, 05 Mar 2026 14:07:00 +0000
    Message-ID: <01970000-0000-7000-8000-000000000001@example.com>
    Auto-Submitted: auto-generated
    X-Auto-Response-Suppress: All
    Content-Language: ar
    MIME-Version: 1.0
    Content-Type: multipart/alternative;
     boundary="part-01970000000070008000000000000001"

    --part-01970000000070008000000000000001
    Content-Type: text/plain; charset=utf-8
    Content-Transfer-Encoding: quoted-printable

    Gr=C3=BC=C3=9Fe,

    ..
    MAIL FROM:<e@example.com>
    ...
    ..end

    --part-01970000000070008000000000000001
    Content-Type: text/html; charset=utf-8
    Content-Transfer-Encoding: 7bit

    <!doctype html>
    <p>.</p>
    ..

    --part-01970000000070008000000000000001--
    .
    "#);
}

#[tokio::test]
async fn every_byte_of_a_mail_is_in_lines_that_end_in_crlf_and_no_dot_ends_it_early() {
    for ending in ["\r\n", "\n", "\r", "\n\r", "\r\r\n"] {
        let sink = sink(&[]).await;
        let mut mail = mail();
        for part in [&mut mail.text, &mut mail.html] {
            *part = format!("first{ending}.{ending}MAIL FROM:<e@example.com>{ending}.{ending}\0\u{1b}[31mlast");
        }
        mailer(&sink, "smtp://127.0.0.1:PORT").send(&mail, id()).await.unwrap();
        let mails = sink.mails();
        assert_eq!(mails.len(), 1, "{ending:?} made two mails of one");
        assert!(is_well_formed(&mails[0]), "{ending:?}");
        assert_eq!(sink.commands().len(), 4, "{ending:?} made commands of text");
        let raw = String::from_utf8(mails[0].clone()).unwrap();
        let dots: Vec<&str> = raw.lines().filter(|line| line.starts_with('.')).collect();
        assert_eq!(dots, ["..", "..", "..", "..", "."], "{raw}");
        assert!(!raw.contains(['\0', '\u{1b}']));
    }
}

#[test]
fn nothing_but_crlf_is_a_line_end() {
    assert_eq!(with_crlf("a\nb\rc\r\nd\r\r\ne\tf\u{85}\0g"), "a\r\nb\r\nc\r\nd\r\n\r\ne\tfg");
    assert!(is_well_formed(b"a\r\n.\r\n") && is_well_formed(&[b'a'; 998]));
    for spoilt in [&b"a\n.\r\n"[..], b"a\rb", b"a\0b", b"\xc3\xa4", &[b'a'; 999], b"a\r"] {
        assert!(!is_well_formed(spoilt), "{spoilt:?}");
    }
}

#[tokio::test]
async fn control_characters_in_address_name_and_subject_never_reach_the_server() {
    let sink = sink(&[]).await;
    let mailer = mailer(&sink, "smtp://127.0.0.1:PORT");
    for to in [
        "a@example.org\r\nBcc: e@example.com",
        "a@example.org\nRCPT TO:<e@example.com>",
        "\"a\r\nb\"@example.org",
        "a@example.org>\r\nRCPT TO:<e@example.com",
        "a@example.org, e@example.com",
        "a@example.org\0",
        "",
    ] {
        let failure = mailer.send(&RenderedMail { to: to.to_owned(), ..mail() }, id()).await.unwrap_err();
        assert_eq!(failure, SendFailure::permanent("the recipient is no address"), "{to:?}");
    }
    for subject in ["", "Hello\r\nBcc: e@example.com", "Hello\n", "a\rb", "a\0b", "a\u{85}b", "a\u{2028}b"] {
        let failure = mailer.send(&RenderedMail { subject: subject.to_owned(), ..mail() }, id()).await.unwrap_err();
        assert_eq!(failure, SendFailure::permanent("the subject is not one line"), "{subject:?}");
    }
    let language = RenderedMail { language: "en\r\nBcc: e@example.com".to_owned(), ..mail() };
    assert_eq!(mailer.send(&language, id()).await, Err(SendFailure::permanent("the language is no tag")));
    assert!(sink.seen().is_empty());
}

#[test]
fn a_sender_is_an_address_with_or_without_a_name() {
    let letter = |from: &str| {
        let sender = Sender::parse(from)?;
        let letter = letter(&mail(), &sender, id()).map_err(|failure| failure.to_string())?;
        let text = String::from_utf8(letter.bytes).unwrap();
        Ok::<_, String>(text.lines().next().unwrap().to_owned())
    };
    assert_eq!(letter("no-reply@example.com").unwrap(), "From: no-reply@example.com");
    assert_eq!(letter(" Example  <no-reply@example.com> ").unwrap(), "From: Example <no-reply@example.com>");
    // A comma would part two senders; encoded it is a letter of the name.
    assert_eq!(
        letter("\"Beans, Inc.\" <a@example.com>").unwrap(),
        "From: =?utf-8?b?QmVhbnMsIEluYy4=?= <a@example.com>"
    );
    assert_eq!(letter("Søren <a@example.com>").unwrap(), "From: =?utf-8?b?U8O4cmVu?= <a@example.com>");
    for wrong in [
        "",
        "Example",
        "Example <no-reply>",
        "Example no-reply@example.com>",
        "A\r\nBcc: e@example.com <a@example.com>",
        "A <a@example.com\r\n>",
        "A\u{202e} <a@example.com>",
        &format!("{} <a@example.com>", "A".repeat(65)),
    ] {
        assert!(Sender::parse(wrong).is_err(), "{wrong:?}");
    }
}

#[tokio::test]
async fn a_second_try_is_the_same_mail() {
    let sink = sink(&[]).await;
    let mailer = mailer(&sink, "smtp://127.0.0.1:PORT");
    mailer.send(&mail(), id()).await.unwrap();
    mailer.send(&mail(), id()).await.unwrap();
    let mails = sink.mails();
    assert_eq!(mails[0], mails[1]);
    assert_eq!(sink.seen().len(), 1, "the connection is used again");
}

#[tokio::test]
async fn what_the_server_says_of_a_mailbox_is_for_ever_and_what_it_says_of_us_is_not() {
    let permanent = |reason: &str| Err(SendFailure::permanent(reason));
    let passing = |reason: &str| Err(SendFailure::passing(reason));
    let said = [
        ("RCPT", "550 5.1.1 <ada@example.org>: unknown", permanent("the server answered 550 5.1.1 to RCPT")),
        ("RCPT", "550-no\r\n550 such user ada", permanent("the server answered 550 to RCPT")),
        ("RCPT", "554 5.7.1 relay access denied", passing("the server answered 554 5.7.1 to RCPT")),
        ("RCPT", "450 4.2.0 come back later", passing("the server answered 450 4.2.0 to RCPT")),
        ("RCPT", "552 5.2.2 mailbox full", passing("the server answered 552 5.2.2 to RCPT")),
        ("RCPT", "530 5.7.0 log in first", passing("the server answered 530 5.7.0 to RCPT")),
        ("MAIL", "550 5.1.8 not you", passing("the server answered 550 5.1.8 to MAIL")),
        ("DATA", "554 5.1.1 no valid recipients", permanent("the server answered 554 5.1.1 to DATA")),
        (".", "451 4.3.0 not now", passing("the server answered 451 4.3.0 to the mail")),
        (".", "554 5.6.0 I do not like it", permanent("the server answered 554 5.6.0 to the mail")),
        ("", "554 no", passing("the server answered 554 to greeting")),
        ("EHLO", "502 what?", passing("the server answered 502 to EHLO")),
        ("MAIL", "421 4.3.2 going down", passing("the server takes leave (421)")),
    ];
    for (at, words, expected) in said {
        assert_eq!(outcome(&[(at, Act::Say(words))]).await, expected, "{at} {words}");
    }
}

#[tokio::test]
async fn silence_before_the_end_of_a_mail_is_passing_and_after_it_unknown() {
    const NONSENSE: [Act; 6] =
        [Act::Hang, Act::Drop, Act::Say("nonsense"), Act::Say("25"), Act::Say("250-"), Act::Say("250_")];
    let before = ["", "EHLO", "MAIL", "RCPT", "DATA"].map(|at| NONSENSE.map(|act| [(at, act)]));
    let tries = before.as_flattened().iter().map(|on| outcome(on));
    for (failure, on) in futures_util::future::join_all(tries).await.iter().zip(before.as_flattened()) {
        assert!(matches!(failure, Err(SendFailure::Passing { .. })), "{}: {failure:?}", on[0].0);
    }
    let after = [Act::Hang, Act::Drop, Act::Say("nonsense"), Act::Say("354 more")].map(|act| [(".", act)]);
    for failure in futures_util::future::join_all(after.iter().map(|on| outcome(on))).await {
        assert!(matches!(failure, Err(SendFailure::Unknown { .. })), "{failure:?}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_passing() {
    let sink = sink(&[]).await;
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for address in [format!("smtp://127.0.0.1:{free}"), "smtp://no-such-host.invalid:25?tls=none".to_owned()] {
        let failure = mailer(&sink, &address).send(&mail(), id()).await.unwrap_err();
        assert!(matches!(failure, SendFailure::Passing { .. }), "{failure:?}");
    }
}

#[tokio::test]
async fn a_connection_that_died_while_it_was_kept_is_replaced_without_a_second_mail() {
    let sink = sink(&[(".", Act::Say("250 fine\r\n421 4.4.2 idle for too long"))]).await;
    let mailer = mailer(&sink, "smtp://127.0.0.1:PORT");
    for number in 1..=3 {
        assert_eq!(mailer.send(&mail(), id()).await, Ok(Receipt { provider_id: None }));
        assert_eq!((sink.seen().len(), sink.mails().len()), (number, number));
    }
}

#[tokio::test]
async fn a_login_goes_over_tls_only_and_its_refusal_is_not_the_recipients_fault() {
    let behavior = Behavior { tls: Tls::Start, offers: vec!["AUTH LOGIN PLAIN"], ..Behavior::default() };
    let sink = Sink::start(behavior.clone()).await;
    let address = "smtp://sender:p%25%3A%2F%40@localhost:PORT?tls=required";
    mailer(&sink, address).send(&mail(), id()).await.unwrap();
    // NUL sender NUL p%:/@
    assert_eq!(
        sink.commands()[..4],
        ["EHLO example.com", "STARTTLS", "tls EHLO example.com", "tls AUTH PLAIN AHNlbmRlcgBwJTovQA==",]
    );

    let old = Sink::start(Behavior { offers: vec!["auth login"], ..behavior.clone() }).await;
    mailer(&old, address).send(&mail(), id()).await.unwrap();
    assert_eq!(old.commands()[3..6], ["tls AUTH LOGIN", "tls c2VuZGVy", "tls cCU6L0A="]);

    let on = vec![("AUTH", Act::Say("535 5.7.8 wrong password p%:/@ for sender"))];
    let strict = Sink::start(Behavior { on, ..behavior.clone() }).await;
    let failure = mailer(&strict, address).send(&mail(), id()).await.unwrap_err();
    assert_eq!(failure, SendFailure::passing("the server answered 535 5.7.8 to AUTH"));

    let without = Sink::start(Behavior { offers: vec![], ..behavior }).await;
    let failure = mailer(&without, address).send(&mail(), id()).await.unwrap_err();
    assert_eq!(failure, SendFailure::passing("the server offers neither PLAIN nor LOGIN to log in"));
}

#[tokio::test]
async fn tls_from_the_first_byte_works_and_its_certificate_is_checked() {
    let sink = Sink::start(Behavior { tls: Tls::Implicit, ..Behavior::default() }).await;
    mailer(&sink, "smtps://localhost:PORT").send(&mail(), id()).await.unwrap();
    assert!(sink.commands().iter().all(|line| line.starts_with("tls ")));
}

/// R-74
#[tokio::test]
async fn a_certificate_that_is_not_trusted_or_not_of_this_host_gets_no_mail() {
    for (tls, scheme, query) in [(Tls::Implicit, "smtps", ""), (Tls::Start, "smtp", "?tls=required")] {
        let good = Sink::start(Behavior { tls, ..Behavior::default() }).await;
        let address = format!("{scheme}://localhost:{}{query}", good.port);
        // A stranger's certificate: the roots are those of another machine.
        let other = Sink::start(Behavior { tls, ..Behavior::default() }).await;
        let failure = mailer(&other, &address).send(&mail(), id()).await.unwrap_err();
        assert!(failure.reason().starts_with("the server's certificate is refused: "), "{failure}");
        // A trusted certificate of another host.
        let named = Sink::start(Behavior { tls, names: vec!["mail.example".into()], ..Behavior::default() }).await;
        let failure =
            mailer(&named, &format!("{scheme}://localhost:PORT{query}")).send(&mail(), id()).await.unwrap_err();
        assert!(failure.reason().starts_with("the server's certificate is refused: "), "{failure}");
        assert!(matches!(failure, SendFailure::Passing { .. }));
        for sink in [good, named] {
            assert!(sink.mails().is_empty() && !sink.commands().iter().any(|line| line.contains("MAIL")));
        }
    }
}

/// R-74: no fallback.
#[tokio::test]
async fn without_starttls_no_mail_and_no_password_leaves() {
    let address = "smtp://sender:secret@localhost:PORT?tls=required";
    let sink = Sink::start(Behavior { offers: vec!["AUTH PLAIN"], ..Behavior::default() }).await;
    let failure = mailer(&sink, address).send(&mail(), id()).await.unwrap_err();
    assert_eq!(failure, SendFailure::passing("the server does not offer STARTTLS"));
    assert_eq!(sink.commands(), ["EHLO example.com"]);

    let on = vec![("STARTTLS", Act::Say("454 4.7.0 not today"))];
    let sink = Sink::start(Behavior { tls: Tls::Start, on, ..Behavior::default() }).await;
    let failure = mailer(&sink, address).send(&mail(), id()).await.unwrap_err();
    assert_eq!(failure, SendFailure::passing("the server answered 454 4.7.0 to STARTTLS"));
    assert!(!sink.commands().iter().any(|line| line.contains("AUTH") || line.contains("MAIL")));
}

#[tokio::test]
async fn answers_slipped_in_before_the_connection_is_secured_are_not_believed() {
    let forged = "220 go ahead\r\n250-sink.example\r\n250 SIZE\r\n250 fine\r\n250 fine\r\n354 go\r\n250 taken";
    let on = vec![("STARTTLS", Act::Say(forged))];
    let sink = Sink::start(Behavior { tls: Tls::Start, on, ..Behavior::default() }).await;
    let failure = mailer(&sink, "smtp://localhost:PORT?tls=required").send(&mail(), id()).await.unwrap_err();
    assert_eq!(failure, SendFailure::passing("something spoke before the connection was secured"));
    assert!(sink.mails().is_empty());
}

#[tokio::test]
async fn endless_lines_and_endless_replies_end() {
    let long: &'static str = Box::leak("2".repeat(1_000_000).into_boxed_str());
    let many: &'static str = Box::leak("250-more\r\n".repeat(100_000).into_boxed_str());
    for words in [long, many] {
        let failure = outcome(&[("EHLO", Act::Say(words))]).await.unwrap_err();
        assert_eq!(failure, SendFailure::passing("the server's answer is no reply"));
    }
    assert!(outcome(&[("EHLO", Act::Say("250-sink.example\r\n250- \r\n250-\r\n250"))]).await.is_ok());
}

#[tokio::test]
async fn many_mails_at_once_share_a_few_connections() {
    let sink = sink(&[]).await;
    let mailer = mailer(&sink, "smtp://127.0.0.1:PORT");
    let mail = mail();
    let sends = (0..40_u128).map(|number| mailer.send(&mail, MessageId::from_uuid(Uuid::from_u128(number))));
    for sent in futures_util::future::join_all(sends).await {
        sent.unwrap();
    }
    assert_eq!(sink.mails().len(), 40);
    assert!(sink.seen().len() <= 4, "{} connections", sink.seen().len());
}

#[tokio::test]
async fn a_check_goes_as_far_as_the_login() {
    let sink = sink(&[]).await;
    mailer(&sink, "smtp://127.0.0.1:PORT").check().await.unwrap();
    assert!(!sink.commands().iter().any(|line| line.starts_with("MAIL")));
    assert!(mailer(&sink, "smtp://127.0.0.1:1").check().await.is_err());
}

#[test]
fn the_address_of_a_server_says_how_it_is_reached() {
    let shown = |text: &str| SmtpServer::parse(text).unwrap().to_string();
    assert_eq!(shown("smtp://mail.example.com"), "mail.example.com:587 (STARTTLS)");
    assert_eq!(shown("smtps://u:p@mail.example.com"), "mail.example.com:465 (TLS)");
    assert_eq!(shown("smtp://relay:2525?tls=none"), "relay:2525 (without TLS)");
    assert_eq!(shown("smtp://relay?tls=none"), "relay:25 (without TLS)");
    assert_eq!(shown("smtp://localhost:1025"), "localhost:1025 (without TLS)");
    assert_eq!(shown("smtp://[::1]/?tls=required"), "::1:587 (STARTTLS)");
    assert_eq!(shown("smtp://BÜCHER.example"), "xn--bcher-kva.example:587 (STARTTLS)");
    let plain = |text: &str| SmtpServer::parse(text).unwrap().is_plain_over_network();
    assert!(plain("smtp://192.0.2.1?tls=none") && plain("smtp://localhost.example.com?tls=none"));
    assert!(!plain("smtp://127.0.0.1") && !plain("smtp://[::1]") && !plain("smtp://mail.example.com"));
    for (wrong, fault) in [
        ("mail.example.com:587", "is neither smtp:// nor smtps://"),
        ("", "is not an address"),
        ("smtp://", "names no host"),
        ("http://mail.example.com", "is neither smtp:// nor smtps://"),
        ("smtp://mail.example.com/inbox", "has more than user, password, host, port and tls"),
        ("smtp://mail.example.com?tls=maybe", "has a tls that is neither none nor required"),
        ("smtp://mail.example.com?tls=none&tls=required", "has a tls that is neither none nor required"),
        ("smtp://mail.example.com?verify=no", "has more than user, password, host, port and tls"),
        ("smtps://mail.example.com?tls=none", "is smtps with tls=none"),
        ("smtp://user@mail.example.com", "has a user without a password"),
        ("smtp://:password@mail.example.com", "has a password without a user"),
        ("smtp://u:a%0Ab@mail.example.com", "has a control character in user or password"),
        ("smtp://u:a%zz@mail.example.com", "has a % that two hexadecimal digits do not follow"),
        ("smtp://mail.example.com:0", "has the port 0"),
        ("smtp://mail example.com", "is not an address"),
    ] {
        assert_eq!(SmtpServer::parse(wrong).unwrap_err(), fault, "{wrong}");
    }
}

#[test]
fn debug_shows_no_address_no_password_and_no_word_of_a_mail() {
    let server = SmtpServer::parse("smtps://sender:hunter2@mail.example.com").unwrap();
    let mailer = SmtpMailer::trusting(server.clone(), sender(), RootCertStore::empty()).unwrap();
    let shown = format!("{server:?} {server} {mailer:?} {:?} {:?}", mail(), sender());
    for secret in ["hunter2", "ada@", "no-reply", "Grüße", "رمز"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}
