//! Where a request comes from: the peer, or what a trusted proxy says, and nothing a client says.

use serde_json::json;

use crate::database::Database;
use crate::harness::World;
use crate::passwords::login_from;

/// with no proxy configured, no header moves anybody; with one, only its own word counts.
async fn a_forwarded_address_is_believed_from_the_proxy_only(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person(None);
    let browser = world.browser();
    for turn in 0..11_u8 {
        let mut call = browser.submit("/auth/login/");
        for name in ["x-forwarded-for", "x-real-ip", "true-client-ip", "cf-connecting-ip", "x-client-ip"] {
            call = call.header(name, format!("203.0.113.{turn}"));
        }
        call = call.header("forwarded", format!("for=203.0.113.{turn}"));
        let answer = call.json(&json!({ "email": person.email, "password": "wrong" })).send().await;
        if turn < 10 {
            answer.refused(401, "credentials_invalid");
        } else {
            answer.refused(429, "too_many_attempts");
        }
    }
    let addresses = world.audit_addresses().await;
    assert!(!addresses.is_empty() && addresses.iter().all(|address| address == "127.0.0.1"), "{addresses:?}");
}

/// behind a trusted proxy the right-most address is the client; what a client puts before it is nothing.
async fn only_the_last_untrusted_hop_counts(database: Database) {
    let world = World::on(database).with("TWINLOCK_TRUSTED_PROXIES", "127.0.0.1/32,10.0.0.0/8").start().await;
    let person = world.add_person(None);
    let browser = world.browser();
    for turn in 0..11 {
        let chain = format!("192.0.2.{turn}, 203.0.113.50, 10.1.2.3");
        let answer = login_from(&browser, &chain, &person.email, "wrong").await;
        if turn < 10 {
            answer.refused(401, "credentials_invalid");
        } else {
            answer.refused(429, "too_many_attempts");
        }
    }
    let addresses = world.audit_addresses().await;
    assert!(addresses.iter().any(|address| address == "203.0.113.50"), "{addresses:?}");
    assert!(!addresses.iter().any(|address| address.starts_with("192.0.2.")), "{addresses:?}");
    for nonsense in ["", ",", "not an address", "203.0.113.999", "[::1", "unknown, 127.0.0.1", "::ffff:203.0.113.51"] {
        let answer = login_from(&browser, nonsense, &person.email, "wrong").await;
        assert!(answer.status < 500, "{nonsense}: {}", answer.text);
    }
}

/// a thousand addresses of one /64 are one.
async fn one_ipv6_network_is_one_guesser(database: Database) {
    let world = World::on(database).with("TWINLOCK_TRUSTED_PROXIES", "127.0.0.1/32").start().await;
    let person = world.add_person(None);
    let browser = world.browser();
    for turn in 0..11_u32 {
        let from = format!("2001:db8:7:7:{turn:x}:{turn:x}::{turn:x}");
        let answer = login_from(&browser, &from, &person.email, "wrong").await;
        if turn < 10 {
            answer.refused(401, "credentials_invalid");
        } else {
            answer.refused(429, "too_many_attempts");
        }
    }
    login_from(&browser, "2001:db8:7:8::1", &person.email, &person.password).await.expect(200);

    // An IPv4 address is the same one in the clothes of IPv6.
    for turn in 0..11_u32 {
        let from = if turn % 2 == 0 { "203.0.113.70" } else { "::ffff:203.0.113.70" };
        let answer = login_from(&browser, from, &person.email, "wrong").await;
        if turn < 10 {
            answer.refused(401, "credentials_invalid");
        } else {
            answer.refused(429, "too_many_attempts");
        }
    }
}

/// Product.md section 5: a hundred wrong passwords an hour from one block, whoever they were for.
async fn a_hundred_wrong_passwords_from_one_block_are_enough(database: Database) {
    let world = World::on(database).with("TWINLOCK_TRUSTED_PROXIES", "127.0.0.1/32").start().await;
    let person = world.add_person(None);
    let browser = world.browser();
    let from = "203.0.113.60";
    for turn in 0..100 {
        let email = format!("guess{turn}@example.com");
        login_from(&browser, from, &email, "wrong").await.refused(401, "credentials_invalid");
    }
    login_from(&browser, from, "guess100@example.com", "wrong").await.refused(429, "too_many_attempts");
    login_from(&browser, "203.0.113.61", &person.email, &person.password).await.expect(200);
}

/// a proxy that adds a header line of its own is believed by that line, not by the one the client sent before it.
async fn the_last_of_two_header_lines_counts(database: Database) {
    let world = World::on(database).with("TWINLOCK_TRUSTED_PROXIES", "127.0.0.1/32").start().await;
    let person = world.add_person(None);
    let browser = world.browser();
    for turn in 0..11 {
        let answer = browser
            .submit("/auth/login/")
            .header("x-forwarded-for", format!("192.0.2.{turn}"))
            .header("x-forwarded-for", "203.0.113.55")
            .json(&json!({ "email": person.email, "password": "wrong" }))
            .send()
            .await;
        if turn < 10 {
            answer.refused(401, "credentials_invalid");
        } else {
            answer.refused(429, "too_many_attempts");
        }
    }
    let addresses = world.audit_addresses().await;
    assert!(addresses.iter().any(|address| address == "203.0.113.55"), "{addresses:?}");
    assert!(!addresses.iter().any(|address| address.starts_with("192.0.2.")), "{addresses:?}");
}

/// bytes beyond ASCII in a header are nobody's address, token or browser, and no fault of the server.
async fn bytes_beyond_ascii_in_a_header_are_no_fault(database: Database) {
    let world = World::on(database).with("TWINLOCK_TRUSTED_PROXIES", "127.0.0.1/32").start().await;
    let person = world.add_person(None);
    let browser = world.browser();
    let body = json!({ "email": person.email, "password": "wrong" });
    for name in
        ["user-agent", "x-forwarded-for", "cookie", "authorization", "origin", "x-request-id", "accept-language"]
    {
        for bytes in [&b"\xff\xfe\xe9"[..], b"\xc3\xa9", b"a\xf0\x9f\x8c\x8a", b"\xe2\x80\xae"] {
            let answer = browser.submit("/auth/login/").header(name, bytes).json(&body).send().await;
            assert!(matches!(answer.status, 401 | 429), "{name}: {} {}", answer.status, answer.text);
            for path in ["/auth/logout/", "/auth/token/refresh/", "/auth/2fa/setup/"] {
                let answer = browser.submit(path).header(name, bytes).json(&json!({})).send().await;
                assert!(
                    matches!(answer.status, 400 | 401 | 403),
                    "{name} on {path}: {} {}",
                    answer.status,
                    answer.text
                );
            }
        }
    }
}

on_both_databases![
    a_forwarded_address_is_believed_from_the_proxy_only,
    only_the_last_untrusted_hop_counts,
    the_last_of_two_header_lines_counts,
    bytes_beyond_ascii_in_a_header_are_no_fault,
    one_ipv6_network_is_one_guesser,
    a_hundred_wrong_passwords_from_one_block_are_enough,
];
