//! Addresses to go back to.

use super::*;

#[test]
fn an_address_is_one_of_https_or_of_this_machine_written_as_a_browser_writes_it() {
    for text in [
        "https://shop.example.com/",
        "https://shop.example.com:8443/second-factor?from=twinlock&lang=de",
        "http://localhost:3000/back",
        "http://127.0.0.1/back",
        "http://[::1]:3000/back",
    ] {
        assert_eq!(ReturnUrl::parse(text).expect(text).as_str(), text);
    }
    for text in [
        "",
        "/back",
        "//shop.example.com/",
        "https:shop.example.com/",
        "https://shop.example.com",
        "https://SHOP.example.com/",
        "http://shop.example.com/",
        "http://localhost.example.com/",
        "javascript:alert(1)",
        "data:text/html,x",
        "javascript://shop.example.com/%0aalert(1)",
        "https://good@evil.example/",
        "https://good:pw@evil.example/",
        "https://evil.example\\@shop.example.com/",
        "https://shop.example.com/#fragment",
        "https://shop.example.com/a b",
        "https://shop.example.com/\t",
        "https://shop.example.com//evil",
        "https:///evil",
        "https://shop.example.com/?tfa=forged",
        "https://shop.example.com/?a=b&tfa_denied=no",
        "https://shop.example.com/?%74fa=forged",
        "https://b\u{fc}cher.example/",
    ] {
        assert_eq!(ReturnUrl::parse(text), None, "{text:?}");
    }
    assert!(ReturnUrl::parse(&format!("https://a.example/{}", "x".repeat(LONGEST))).is_none());
}

#[test]
fn what_is_said_is_appended_and_the_origin_is_that_of_the_address() {
    for (text, origin, said) in [
        ("https://a.example/back", "https://a.example", "https://a.example/back?tfa=T"),
        ("http://[::1]:3000/?a=b", "http://[::1]:3000", "http://[::1]:3000/?a=b&tfa=T"),
    ] {
        let url = ReturnUrl::parse(text).unwrap();
        assert_eq!((url.origin(), url.approved("T").as_str()), (origin, said));
    }
    assert_eq!(
        ReturnUrl::parse("https://a.example/").unwrap().denied("canceled"),
        "https://a.example/?tfa_denied=canceled"
    );
}
