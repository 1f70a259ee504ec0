//! Every kind with samples, and what strangers may put into them.

mod languages;
mod pictures;
mod samples;

use domain::message::{Channel, EventDetails, MessageContent, MessageKind};

use self::samples::{BASE, CODES, MOMENT, renderer, sample, samples, text_message};
use crate::language::LANGUAGES;
use crate::{BaseUrlError, LanguageError, RenderError, Rendered, Renderer, SetupError};

#[test]
fn a_text_message_needs_its_code() {
    for kind in CODES {
        let mut content = text_message(kind);
        content.code = None;
        assert!(matches!(renderer().render(&content), Err(RenderError::Incomplete { field: "code", .. })));
    }
}

#[test]
fn a_mailed_code_stands_alone_on_its_line_and_tells_its_end() {
    for kind in CODES {
        let mail = renderer().render(&sample(kind)).unwrap();
        assert!(
            mail.text.contains("\n\n012345\n\nThe code works once, until 6 March 2026, 14:07 UTC.\n"),
            "{}",
            mail.text
        );
        assert!(mail.html.contains(">012345</p>") && !mail.subject.contains("012345"));
    }
}

/// The message of the kind after a stranger chose browser, address and label.
fn from_stranger(kind: MessageKind, text: &str) -> Rendered {
    let mut content = sample(kind);
    let event = content.event.as_mut().unwrap();
    event.browser = Some(text.to_owned());
    event.ip = Some(text.to_owned());
    event.factor_label = Some(text.to_owned());
    renderer().render(&content).unwrap()
}

fn assert_links_stay_home(mail: &Rendered) {
    for target in mail.html.split("href=\"").skip(1) {
        assert!(target.starts_with(BASE), "{}", target.split('"').next().unwrap());
    }
    for marker in ["src=", "url(", "@import", "<script", "<img", "<form"] {
        assert!(!mail.html.contains(marker), "{marker}");
    }
    for word in mail.text.split_whitespace().filter(|word| word.contains("://")) {
        assert!(word == BASE || word.starts_with(&format!("{BASE}/")), "{word}");
    }
}

#[test]
fn every_kind_says_when_whence_and_what_to_do() {
    for content in samples() {
        let mail = renderer().render(&content).unwrap();
        assert!(mail.subject.contains("Tinybeans") && mail.subject.len() < 78, "{}", mail.subject);
        for part in [&mail.text, &mail.html] {
            for words in ["5 March 2026, 14:07 UTC", "Browser", "IP address", "If this was not you"] {
                assert!(part.contains(words), "{words} in {part}");
            }
        }
        assert!(mail.html.starts_with("<!doctype html>\n<html lang=\"en\" dir=\"ltr\">"));
        assert_links_stay_home(&mail);
    }
}

#[test]
fn every_mail_can_be_heard_and_found_one_s_way_in() {
    for content in samples() {
        let html = renderer().render(&content).unwrap().html;
        let shown: String =
            html.split("<!--").map(|part| part.split_once("-->").map_or(part, |(_, rest)| rest)).collect();
        let count = |what: &str| shown.matches(what).count();
        assert_eq!((count("<h1 "), count("<h2 "), count("<table"), count("<img"), count("<script")), (1, 2, 0, 0, 0));
        assert!(shown.find("<h1 ") < shown.find("<h2 ") && count("<dt ") == count("<dd ") && count("<dt ") >= 3);
        assert_eq!((count(" lang=\"en\""), count(" dir=\"ltr\"") >= 2), (2, true), "document and outer box");
        assert_eq!(
            count("role=\"group\" aria-label=\"Code: 0 1 2 3 4 5\""),
            usize::from(CODES.contains(&content.kind))
        );
        assert!(
            shown.contains("name=\"color-scheme\" content=\"light dark\"")
                && shown.contains("prefers-color-scheme: dark")
        );
        for line in html.lines() {
            assert!(line.len() < 998, "too long a line for SMTP: {line}");
        }
    }
}

#[test]
fn the_text_part_reads_well_in_a_terminal() {
    let mail = renderer().render(&sample(MessageKind::EmailVerification)).unwrap();
    assert_eq!(mail.subject, "Confirm your e-mail address for Tinybeans");
    assert_eq!(
        mail.text.replace(['\u{2068}', '\u{2069}'], ""),
        "\
Confirm your e-mail address

Somebody, we hope you, signed up for Tinybeans with this address.

If it was you, confirm that the address is yours, and your account is
ready.

https://id.example.com/verify-email#token=Qm9hdCBkcmlua3MgdGVh

The link works once, until 6 March 2026, 14:07 UTC.

What we know about it

Time: 5 March 2026, 14:07 UTC
Browser: Firefox on Linux
IP address: 2001:db8::7

If this was not you

If you did not sign up, ignore this message. Nobody can use the account
until the link is opened, so leave it alone.

--\x20
Tinybeans sent this message by itself. Nobody from Tinybeans will ever
ask you for a code or a password.
UTC is Coordinated Universal Time.
https://id.example.com
"
    );
}

#[test]
fn text_lines_are_short_and_end_in_line_feeds_only() {
    for content in samples() {
        let mail = renderer().render(&content).unwrap();
        assert!(!mail.text.contains('\r') && !mail.html.contains('\r') && mail.text.ends_with('\n'));
        for line in mail.text.lines() {
            assert!(line.chars().count() <= 72 || line.starts_with(BASE), "{line}");
        }
    }
}

#[test]
fn counted_codes_are_counted_in_words() {
    let said = |remaining| {
        let mut content = sample(MessageKind::RecoveryCodesLow);
        content.event.as_mut().unwrap().remaining = Some(remaining);
        renderer().render(&content).unwrap().text
    };
    assert!(said(0).contains("You have no recovery code left for your"));
    assert!(said(1).contains("You have one recovery code left for your"));
    assert!(said(3).contains("You have 3 recovery codes left for your"));
}

#[test]
fn a_lock_tells_its_end_or_that_it_has_none() {
    let mut content = sample(MessageKind::AccountLocked);
    assert!(renderer().render(&content).unwrap().text.contains("Locked until: 5 March 2026, 14:22 UTC"));
    content.event.as_mut().unwrap().locked_until = None;
    assert!(renderer().render(&content).unwrap().text.contains("Locked until: you or an administrator unlocks it"));
}

#[test]
fn a_copy_says_whose_backup_address_it_came_to() {
    let mut content = sample(MessageKind::WrongCodes);
    let mail = renderer().render(&content).unwrap();
    assert!(mail.text.contains("\nBackup address of: \u{2068}a***@e***.com\u{2069}\n"), "{}", mail.text);
    assert!(mail.html.contains("a***@e***.com"));
    content.event.as_mut().unwrap().copy_for = None;
    assert!(!renderer().render(&content).unwrap().text.contains("Backup"));
}

#[test]
fn what_is_unknown_is_said_to_be_unknown() {
    let mail = from_stranger(MessageKind::FactorAdded, "\u{202e}\r\n \u{200b}");
    assert!(mail.text.contains("\nBrowser: not known\nIP address: not known\n"));
    assert!(!mail.text.contains("Method"));
}

#[test]
fn markup_and_template_syntax_of_strangers_stay_letters() {
    let hostile = r#"</td></table><script>alert(1)</script><a href="https://evil.example">{{7*7}}{ $app }"#;
    for kind in MessageKind::ALL {
        let mail = from_stranger(kind, hostile);
        assert_links_stay_home(&mail);
        assert!(mail.html.contains("&#60;script&#62;alert(1)&#60;/script&#62;"));
        assert!(mail.html.contains("{{7*7}}{ $app }") && mail.text.contains("{{7*7}}{ $app }"));
        let harmless = from_stranger(kind, "Firefox");
        assert_eq!(mail.html.matches('<').count(), harmless.html.matches('<').count());
    }
}

#[test]
fn strangers_neither_begin_a_line_nor_reach_the_subject() {
    for kind in MessageKind::ALL {
        let ending = ["\r\n", "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}", "\u{b}", "\0"].map(|end| {
            from_stranger(
                kind,
                &format!("Firefox{end}{end}Bcc: victim@example.com{end}.{end}MAIL FROM:<e@example.com>"),
            )
        });
        for mail in ending {
            assert_eq!(mail.subject, renderer().render(&sample(kind)).unwrap().subject);
            assert!(
                mail.text.contains("Browser: \u{2068}Firefox Bcc: victim@example[.]com . MAIL FROM:<e@example[.]com>")
            );
            assert!(!mail.text.lines().any(|line| line.starts_with("Bcc") || line.starts_with("MAIL") || line == "."));
            assert!(!mail.text.chars().any(|c| c.is_control() && c != '\n'));
        }
    }
}

#[test]
fn the_direction_of_writing_cannot_be_turned() {
    let turning = "\u{202e}\u{2069}\u{2066}moc.live\u{200f}\u{e0041}\u{feff}";
    for kind in MessageKind::ALL {
        let mail = from_stranger(kind, turning);
        for part in [&mail.text, &mail.html] {
            assert!(part.contains("\u{2068}moc[.]live\u{2069}"));
            assert_eq!(part.matches('\u{2068}').count(), part.matches('\u{2069}').count());
            assert!(!part.contains(['\u{202e}', '\u{2066}', '\u{200f}', '\u{e0041}', '\u{feff}']));
        }
    }
}

#[test]
fn nothing_a_stranger_writes_becomes_a_link() {
    for text in ["call https://evil.example/x now", "www.evil.example", "evil。example", "HTTP://10.0.0.1/"] {
        let mail = from_stranger(MessageKind::WrongCodes, text);
        assert_links_stay_home(&mail);
        assert!(!mail.text.contains("evil.") && !mail.text.contains("evil。"), "{}", mail.text);
    }
    let version = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    assert!(from_stranger(MessageKind::WrongCodes, version).text.contains(version));
}

#[test]
fn long_text_is_cut_and_shown_to_be_cut() {
    let mail = from_stranger(MessageKind::WrongCodes, &"ü".repeat(100_000));
    assert!(mail.text.contains(&format!("Browser: \u{2068}{}…\u{2069}\n", "ü".repeat(120))));
}

#[test]
fn a_link_outside_the_base_url_is_no_link() {
    let renderer = Renderer::new("Tinybeans", "https://id.example.com/lock").unwrap();
    let mut content = sample(MessageKind::EmailVerification);
    for link in [
        "https://evil.example/lock/x",
        "https://id.example.com.evil.example/lock/x",
        "https://id.example.com@evil.example/lock/x",
        "https://ada@id.example.com/lock/x",
        "https://id.example.com:8443/lock/x",
        "http://id.example.com/lock/x",
        "https://id.example.com/locker",
        "https://id.example.com/lock",
        "https://id.example.com/lock/../x",
        "https://id.example.com/lock/%2e%2e/x",
        "https://id.example.com/lock\\..\\..\\x",
        "//id.example.com/lock/x",
        "/lock/x",
        "javascript:alert(1)//https://id.example.com/lock/x",
        "",
    ] {
        content.link = Some(link.to_owned());
        let refusal = renderer.render(&content).unwrap_err();
        assert!(matches!(refusal, RenderError::ForeignLink { kind: "email_verification" }), "{link}");
        assert!(link.is_empty() || !format!("{refusal} {refusal:?}").contains(link));
    }
    content.link = Some("https://ID.example.com:443/lock/verify-email?a=1&b=\"><script>#token=a-b_C".to_owned());
    let mail = renderer.render(&content).unwrap();
    let link = "https://id.example.com/lock/verify-email?a=1&b=%22%3E%3Cscript%3E#token=a-b_C";
    assert!(mail.text.contains(&format!("\n{link}\n")));
    assert_eq!(mail.html.matches(&link.replace('&', "&#38;")).count(), 3);
}

#[test]
fn what_a_kind_needs_is_demanded_and_what_it_cannot_say_is_refused() {
    let refusal = |change: fn(&mut MessageContent), kind| {
        let mut content = sample(kind);
        change(&mut content);
        renderer().render(&content).unwrap_err().to_string()
    };
    assert_eq!(refusal(|c| c.link = None, MessageKind::EmailVerification), "email_verification lacks link");
    for kind in MessageKind::ALL {
        assert_eq!(refusal(|c| c.event = None, kind), format!("{} lacks event", kind.as_str()));
        if CODES.contains(&kind) {
            continue;
        }
        let no_sms = format!("{} has no form for the channel sms", kind.as_str());
        assert_eq!(refusal(|c| c.channel = Channel::Sms, kind), no_sms);
    }
    let uncounted = |c: &mut MessageContent| c.event = Some(EventDetails::at(MOMENT));
    assert_eq!(refusal(uncounted, MessageKind::RecoveryCodeUsed), "recovery_code_used lacks remaining");
    let linked = |c: &mut MessageContent| c.link = Some(format!("{BASE}/x"));
    assert_eq!(refusal(linked, MessageKind::WrongCodes), "wrong_codes carries no link");
}

#[test]
fn a_text_that_names_what_it_is_not_given_is_an_error() {
    let broken = LANGUAGES[0].1.replace("zone-note = UTC", "zone-note = { $zone }");
    let renderer = Renderer::speaking(&[("en", &broken)], "Tinybeans", BASE).unwrap();
    let fault = renderer.render(&sample(MessageKind::WrongCodes)).unwrap_err();
    assert_eq!(fault.to_string(), "the text zone-note cannot be formatted");
    for languages in [&[][..], &[("en", "no fluent")], &[("not a tag", "")]] {
        let fault = Renderer::speaking(languages, "Tinybeans", BASE).err();
        assert!(matches!(fault, Some(SetupError::Language(LanguageError::Unreadable { .. }))));
    }
}

#[test]
fn settings_that_would_spoil_every_mail_are_refused() {
    for name in ["", "  ", "A\r\nBcc: x", "\u{202e}A", "A\u{2028}B", "A\u{200b}", &"A".repeat(65)] {
        assert!(matches!(Renderer::new(name, BASE).err(), Some(SetupError::AppName)), "{name:?}");
    }
    for (base, expected) in [
        ("id.example.com", BaseUrlError::NotHttp),
        ("ftp://id.example.com", BaseUrlError::NotHttp),
        ("https://", BaseUrlError::NotHttp),
        ("https://user@id.example.com", BaseUrlError::TooMuch),
        ("https://id.example.com/?x", BaseUrlError::TooMuch),
        ("https://id.example.com/#x", BaseUrlError::TooMuch),
    ] {
        let fault = Renderer::new("Tinybeans", base).err();
        assert!(matches!(fault, Some(SetupError::BaseUrl(found)) if found == expected), "{base}");
    }
    let odd = Renderer::new("Müller & <b>Söhne</b>", "http://127.0.0.1:8080/").unwrap();
    let mail = odd.render(&sample(MessageKind::WrongCodes)).unwrap();
    assert!(mail.subject.contains("Müller & <b>Söhne</b>") && mail.html.contains("Müller &#38; &#60;b&#62;"));
    assert!(mail.text.ends_with("\nhttp://127.0.0.1:8080\n"));
}

#[test]
fn debug_of_a_rendered_mail_shows_no_link_and_the_renderer_is_shared_between_threads() {
    fn shared<T: Send + Sync>(_: &T) {}
    let renderer = renderer();
    shared(&renderer);
    let mail = renderer.render(&sample(MessageKind::EmailVerification)).unwrap();
    assert!(mail.text.contains("token=") && !format!("{mail:?}").contains("token="));
}
