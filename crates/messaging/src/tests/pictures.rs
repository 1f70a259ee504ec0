//! Every mail as it is written, and a way to look at it.

use std::fmt::Write as _;
use std::fs;

use domain::message::MessageKind;

use super::samples::{CODES, in_language, renderer, sample, text_message};
use crate::Rendered;
use crate::language::LANGUAGES;

fn rendered(kind: MessageKind, tag: &str) -> Rendered {
    renderer().render(&in_language(sample(kind), tag)).unwrap()
}

/// What a person can see of invisible characters.
fn visible(text: &str) -> String {
    text.replace('\u{2068}', "⟦").replace('\u{2069}', "⟧").replace('\u{a0}', "⍽")
}

#[test]
fn every_english_mail_is_written_like_this() {
    let (head, _) = parts(&rendered(MessageKind::WrongCodes, "en"));
    insta::assert_snapshot!("head", head);
    for kind in MessageKind::ALL {
        let mail = rendered(kind, "en");
        let (_, body) = parts(&mail);
        let whole = format!("Subject: {}\n\n{}\n{body}", mail.subject, mail.text);
        insta::assert_snapshot!(kind.as_str(), visible(&whole));
    }
}

/// The document up to its body, and the body.
fn parts(mail: &Rendered) -> (String, String) {
    let at = mail.html.find("<body").unwrap();
    let (head, body) = mail.html.split_at(at);
    (head.replace(&mail.subject, "SUBJECT"), body.to_owned())
}

#[test]
fn every_translated_mail_is_written_like_this() {
    for (tag, _) in &LANGUAGES[1..] {
        let mut all = String::new();
        for kind in MessageKind::ALL {
            let mail = rendered(kind, tag);
            writeln!(all, "#### {}\nSubject: {}\n\n{}", kind.as_str(), mail.subject, mail.text).unwrap();
        }
        insta::assert_snapshot!(format!("text_{tag}"), visible(&all));
    }
}

#[test]
fn every_text_message_is_written_like_this() {
    let mut all = String::new();
    for (tag, _) in LANGUAGES {
        for kind in CODES {
            let said = renderer().render(&in_language(text_message(kind), tag)).unwrap().text;
            writeln!(all, "{tag} {}: {said:?}", kind.as_str()).unwrap();
        }
    }
    insta::assert_snapshot!("text_messages", all);
}

/// For the eye: `cargo test -p twinlock-messaging -- --ignored mails_to_look_at`, then open the folder it names.
#[test]
#[ignore = "writes files for a person to look at"]
#[expect(clippy::print_stdout, reason = "says where the files are")]
fn mails_to_look_at() {
    let folder = std::env::temp_dir().join("twinlock-mails");
    fs::create_dir_all(&folder).unwrap();
    for (tag, _) in LANGUAGES {
        for kind in MessageKind::ALL {
            fs::write(folder.join(format!("{tag}-{}.html", kind.as_str())), rendered(kind, tag).html).unwrap();
        }
    }
    println!("{}", folder.display());
}
