use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

#[test]
fn an_address_is_taken_only_if_it_is_a_public_https_one() {
    let faults = [
        ("ftp://shop.example/x", "must begin with https://"),
        ("gopher://shop.example/x", "must begin with https://"),
        ("http://shop.example/x", "must begin with https://"),
        ("http://127.0.0.1:8000/x", "must begin with https://"),
        ("https://me:secret@shop.example/", "must not carry a user name"),
        ("https://shop.example/#x", "must not have a fragment"),
        ("https://shop.example:22/", "must have the port 443, or one from 1024 on"),
        ("https://127.0.0.1/", "must lead to a public address"),
        ("https://[::1]/", "must lead to a public address"),
        ("https://[::ffff:127.0.0.1]/", "must lead to a public address"),
        ("https://0x7f.1/", "must lead to a public address"),
        ("https://2130706433/", "must lead to a public address"),
        ("https://169.254.169.254/latest/meta-data", "must lead to a public address"),
        ("https://10.0.0.1/", "must lead to a public address"),
        ("file:///etc/passwd", "must begin with https://"),
        ("shop.example", "is not an address"),
    ];
    for (text, fault) in faults {
        assert_eq!(Hooks::address(text, Reach::Public), Err(fault), "{text}");
    }
    for text in ["https://shop.example/hook", "https://shop.example:8443/", "https://1.1.1.1/"] {
        assert!(Hooks::address(text, Reach::Public).is_ok(), "{text}");
    }
    for text in ["http://127.0.0.1:80/x", "http://localhost:9000/", "https://[::1]:22/"] {
        assert!(Hooks::address(text, Reach::PublicAndThisMachine).is_ok(), "{text}");
    }
    assert!(Hooks::address("http://10.0.0.1/", Reach::PublicAndThisMachine).is_err());
    assert!(Hooks::address(&format!("https://shop.example/{}", "x".repeat(2_000)), Reach::Public).is_err());
}

/// Answers one call with these bytes; what was asked comes back.
async fn answer(bytes: &'static str) -> (SecretText, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = SecretText::new(format!("http://{}/hook", listener.local_addr().unwrap()));
    let asked = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut text = Vec::new();
        while !text.ends_with(b"{}") {
            let mut part = [0; 1024];
            let length = stream.read(&mut part).await.unwrap();
            text.extend_from_slice(&part[..length]);
        }
        stream.write_all(bytes.as_bytes()).await.unwrap();
        String::from_utf8(text).unwrap()
    });
    (url, asked)
}

async fn call(url: &SecretText, reach: Reach) -> Result<(), SendFailure> {
    let (secret, id) = (SecretText::new(SECRET), Uuid::from_u128(7));
    Hooks::new(reach).unwrap().call(url, &secret, id, b"{}", Timestamp::from_secs(1_614_265_330)).await
}

#[tokio::test]
async fn a_call_is_signed_and_its_status_alone_is_told() {
    let (url, asked) = answer("HTTP/1.1 204 No Content\r\n\r\n").await;
    assert_eq!(call(&url, Reach::PublicAndThisMachine).await, Ok(()));
    let asked = asked.await.unwrap();
    let signed = WebhookSecret::parse(SECRET).unwrap().sign(&Uuid::from_u128(7).to_string(), 1_614_265_330, b"{}");
    assert!(asked.starts_with("POST /hook ") && asked.contains(&format!("webhook-signature: {signed}\r\n")), "{asked}");
    assert!(asked.contains("webhook-timestamp: 1614265330\r\n"), "{asked}");
    for (bytes, failure) in [
        (
            "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 6\r\n\r\nsecret",
            "not taken (status 302)",
        ),
        ("HTTP/1.1 500 Oops\r\ncontent-length: 6\r\n\r\nsecret", "not taken (status 500)"),
        ("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n", "not taken (status 404)"),
        ("", "connection lost before the answer"),
    ] {
        let (url, _) = answer(bytes).await;
        assert_eq!(call(&url, Reach::PublicAndThisMachine).await, Err(SendFailure::passing(failure)), "{bytes}");
    }
    let (url, _) = answer("HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n").await;
    assert_eq!(call(&url, Reach::PublicAndThisMachine).await, Err(SendFailure::permanent("gone (status 410)")));
}

#[tokio::test]
async fn a_name_that_leads_to_this_machine_is_not_called() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = SecretText::new(format!("https://localhost:{}/", listener.local_addr().unwrap().port()));
    let failure = call(&url, Reach::Public).await.unwrap_err();
    assert_eq!(failure.reason(), "leads to an address that is not public");
    let knocked = tokio::time::timeout(Duration::from_millis(200), listener.accept()).await;
    assert!(knocked.is_err(), "nobody knocked");
}
