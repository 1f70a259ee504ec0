//! No text is missing, and none is left over.

use std::collections::BTreeSet;

use domain::audit::AuditAction;
use domain::decision::PasswordFault;
use domain::destination::PhoneFault;
use domain::user::EmailFault;

use super::*;

/// The files of a folder and the folders in it.
fn files(folder: &str) -> Vec<String> {
    let mut folders = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    found
}

/// Every name that templates have said, and every string of the code: tables there name texts, too.
fn named() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for template in files("templates/pages") {
        for call in ["say(\"", "with(\"", "with_all(\""] {
            let rest = template.split(call).skip(1);
            found.extend(rest.filter_map(|rest| rest.split('"').next()).map(str::to_owned));
        }
    }
    for code in files("src/http/pages") {
        found.extend(code.split('"').map(str::to_owned));
    }
    found
}

/// The names of a language's texts.
fn texts(source: &str) -> BTreeSet<&str> {
    let starts = |line: &&str| line.starts_with(|c: char| c.is_ascii_lowercase());
    source.lines().filter(starts).filter_map(|line| Some(line.split_once('=')?.0.trim())).collect()
}

/// The texts of what happens: people are told of some of it, administrators of all.
fn told() -> impl Iterator<Item = String> {
    let outcomes = AuditAction::ALL.into_iter().flat_map(|action| [(action, true), (action, false)]);
    outcomes.map(|(action, success)| super::super::security::key(action, success))
}

/// Whether a text has this name, or one that begins or ends so where the rest is put in later.
fn is_used(key: &str, named: &BTreeSet<String>) -> bool {
    named.contains(key)
        || named.iter().any(|name| match name.split_once("{}").or_else(|| name.split_once("{reason}")) {
            Some((start, end)) if start.len() >= 4 => {
                key.len() > start.len() + end.len() && key.starts_with(start) && key.ends_with(end)
            }
            _ => false,
        })
        || told().any(|event| key == event)
        || super::super::frame::SAID.iter().any(|said| key == format!("said-{said}"))
}

#[test]
fn no_text_is_missing_and_none_is_left_over() {
    let named = named();
    let first = texts(LANGUAGES[0].2);
    let unused: Vec<&&str> = first.iter().filter(|key| !is_used(key, &named)).collect();
    assert!(unused.is_empty(), "nothing says {unused:?}");
    let plain =
        |name: &&String| name.contains('-') && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    let starts: Vec<&str> = first.iter().filter_map(|key| Some(key.split_once('-')?.0)).collect();
    let said =
        |name: &String| name.split_once('-').is_some_and(|(start, rest)| !rest.is_empty() && starts.contains(&start));
    let missing: Vec<&String> = named.iter().filter(plain).filter(|name| said(name)).collect();
    let known = |name: &str| first.contains(name) || super::super::frame::SAID.contains(&name);
    let missing: Vec<&&String> = missing.iter().filter(|name| !known(name)).collect();
    assert!(missing.is_empty(), "no text says {missing:?}");
    for said in super::super::frame::SAID {
        assert!(first.contains(format!("said-{said}").as_str()), "said-{said} is missing");
    }
    for key in told() {
        assert!(first.contains(key.as_str()), "{key} is missing");
    }
    let emails = EmailFault::ALL.map(|fault| format!("trouble-email-{}", fault.as_str()));
    let passwords = PasswordFault::ALL.map(|fault| format!("trouble-password-{}", fault.as_str()));
    let phones = PhoneFault::ALL.map(|fault| format!("trouble-phone-{}", fault.as_str()));
    for key in emails.iter().chain(&passwords).chain(&phones) {
        let key = key.replace('_', "-");
        assert!(first.contains(key.as_str()), "{key} is missing");
    }
    for (tag, _, source) in LANGUAGES {
        assert_eq!(texts(source), first, "{tag} has other texts than the first language");
    }
}

/// What a text is given, in every language, so that each can be written.
#[test]
fn every_text_can_be_written_in_every_language() {
    for (tag, _, source) in LANGUAGES {
        let words = Words::of(Locale::of(tag).unwrap()).unwrap();
        assert_eq!(words.tag(), *tag);
        assert_eq!(words.direction(), if *tag == "ar" { "rtl" } else { "ltr" });
        for key in texts(source) {
            for n in [0, 1, 2, 3, 11, 100] {
                let arguments = [
                    ("n", FluentValue::from(n)),
                    ("days", n.into()),
                    ("wait", "wait".into()),
                    ("skew", "skew".into()),
                    ("time", "time".into()),
                    ("label", "label".into()),
                    ("name", "name".into()),
                ];
                let text = words.say(key, &arguments).unwrap_or_else(|error| panic!("{tag} {key}: {error}"));
                assert!(!text.trim().is_empty() && !text.contains(['{', '}']), "{tag} {key}: {text}");
            }
        }
        for locale in Locale::ALL {
            assert!(LANGUAGES.iter().any(|(tag, ..)| *tag == locale.as_str()), "{locale:?} has no words");
        }
    }
}
