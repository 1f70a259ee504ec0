//! No text is missing, and none is left over.

use super::*;

/// Every name that stands in quotes somewhere in templates and code.
fn named() -> std::collections::BTreeSet<String> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("templates/pages"), root.join("src/http/pages")];
    let mut found = std::collections::BTreeSet::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            found.extend(text.split('"').skip(1).step_by(2).map(str::to_owned));
            // A quote within an attribute moves the pairs by one.
            found.extend(text.split('"').step_by(2).map(str::to_owned));
        }
    }
    found
}

/// The names of a language's texts.
fn texts(source: &str) -> std::collections::BTreeSet<&str> {
    let starts = |line: &&str| line.starts_with(|c: char| c.is_ascii_lowercase());
    source.lines().filter(starts).filter_map(|line| Some(line.split_once('=')?.0.trim())).collect()
}

/// Whether a text has this name, or one that begins or ends so where the rest is put in later.
fn is_used(key: &str, named: &std::collections::BTreeSet<String>) -> bool {
    named.contains(key)
        || named.iter().any(|name| match name.split_once("{}").or_else(|| name.split_once("{reason}")) {
            Some((start, end)) if start.len() >= 5 => {
                key.len() > start.len() + end.len() && key.starts_with(start) && key.ends_with(end)
            }
            _ => false,
        })
        || key.strip_prefix("event-").is_some_and(|event| {
            let event = event.strip_suffix("-failed").unwrap_or(event).replace('-', "_");
            domain::audit::AuditAction::parse(&event).is_some()
        })
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
    let missing: Vec<&&String> = missing.iter().filter(|name| !first.contains(name.as_str())).collect();
    assert!(missing.is_empty(), "no text says {missing:?}");
    for said in super::super::frame::SAID {
        assert!(first.contains(format!("said-{said}").as_str()), "said-{said} is missing");
    }
    for action in domain::audit::AuditAction::ALL {
        for success in [true, false] {
            let key = super::super::security::key(action, success);
            let told = domain::event::is_told(action, success);
            assert!(!told || first.contains(key.as_str()), "{key} is missing");
        }
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
