//! where a browser would go is what counts, not how the address looks.

use super::*;
use crate::config::{Config, Sources};

fn site() -> Site {
    let settings = [
        ("TWINLOCK_ENV", "production"),
        ("TWINLOCK_BASE_URL", "https://id.example.com"),
        ("TWINLOCK_RETURN_ORIGINS", "https://app.example.com, https://shop.example.com:8443"),
    ];
    Site::of(&Config::load(&Sources::of_pairs(settings, None)).unwrap())
}

fn parsed(text: &str) -> Option<String> {
    Target::parse(text, &site()).map(|target| target.as_str().to_owned())
}

#[test]
fn our_own_pages_and_named_origins_are_gone_to() {
    for (text, expected) in [
        ("/security", "/security"),
        ("/security?said=verified", "/security?said=verified"),
        ("/a/../security", "/security"),
        ("https://app.example.com", "https://app.example.com/"),
        ("https://app.example.com/in?a=b#c", "https://app.example.com/in?a=b#c"),
        ("https://shop.example.com:8443/", "https://shop.example.com:8443/"),
    ] {
        assert_eq!(parsed(text).as_deref(), Some(expected), "{text}");
    }
}

#[test]
fn nothing_else_is() {
    for text in [
        "",
        "security",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https:evil.example",
        "https:/evil.example",
        "https://evil.example",
        "https:app.example.com",
        "http://app.example.com/",
        "https://app.example.com:444/",
        "https://app.example.com@evil.example/",
        "https://app.example.com.evil.example/",
        "https://user@app.example.com/",
        "https://shop.example.com/",
        "https://id.example.com/security",
        "javascript:alert(1)",
        "data:text/html,x",
        "%2f%2fevil.example",
        "/\t/evil.example",
        "\t//evil.example",
        "/\n/evil.example",
        " /security",
        "/.//evil.example",
        "/security\u{202e}",
        "ht\ttps://evil.example",
    ] {
        let text = text.replace("\\t", "\t").replace("\\n", "\n");
        assert_eq!(parsed(&text), None, "{text:?}");
    }
    assert_eq!(parsed(&format!("/{}", "a".repeat(2_000))), None);
}

#[test]
fn an_encoded_address_is_a_name_of_a_page_of_ours() {
    assert_eq!(parsed("/%2f%2fevil.example").as_deref(), Some("/%2f%2fevil.example"));
}

#[test]
fn it_is_handed_on_encoded() {
    let target = Target::parse("/security?a=b&c", &site()).unwrap();
    assert_eq!(target.behind("/sign-in"), "/sign-in?next=%2Fsecurity%3Fa%3Db%26c");
    assert_eq!(Target::home().behind("/sign-in"), "/sign-in");
}
