//! Every language says everything, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use domain::locale::Locale;
use domain::message::MessageKind;
use domain::time::Timestamp;

use super::samples::{BASE, CODES, all_samples, in_language, renderer, sample, text_message};
use crate::language::LANGUAGES;
use crate::{LanguageError, RenderError, Renderer, segments};

#[test]
fn every_language_is_complete() {
    for language in LANGUAGES {
        let alone = Renderer::speaking(&[*language], "Tinybeans", BASE).unwrap();
        for content in all_samples() {
            alone.render(&content).unwrap_or_else(|fault| panic!("{}: {fault}", language.0));
        }
    }
}

#[test]
fn every_text_is_used() {
    for (tag, source) in LANGUAGES {
        let texts = texts_of(source);
        assert!(texts.len() > 130);
        for (name, lines) in texts {
            let without: Vec<&str> =
                source.lines().enumerate().filter(|(at, _)| !lines.contains(at)).map(|(_, line)| line).collect();
            let renderer = Renderer::speaking(&[(tag, &without.join("\n"))], "Tinybeans", BASE).unwrap();
            // A text of one kind is missed by that kind, if by any.
            let kind = name.split_once('.').map(|(kind, _)| MessageKind::parse(kind).unwrap());
            let missed =
                all_samples().iter().filter(|content| kind.is_none_or(|kind| content.kind == kind)).any(|content| {
                    matches!(renderer.render(content), Err(RenderError::Language(LanguageError::Missing { .. })))
                });
            assert!(missed, "{tag}: nothing uses {name}");
        }
    }
}

/// Each text of a Fluent file by its full name (`kind.attribute`), with the lines it stands on.
fn texts_of(source: &str) -> Vec<(String, Range<usize>)> {
    let begins = |line: &str| line.starts_with(|c: char| c.is_ascii_lowercase()) || line.starts_with("    .");
    let lines: Vec<&str> = source.lines().collect();
    let mut message = "";
    let mut texts = Vec::new();
    for (start, line) in lines.iter().enumerate().filter(|(_, line)| begins(line)) {
        let (name, words) = line.split_once('=').unwrap();
        let name = name.trim();
        if !name.starts_with('.') {
            message = name;
        }
        if words.is_empty() {
            continue;
        }
        let ends = |line: &&str| begins(line) || line.is_empty() || line.starts_with('#');
        let end = lines[start + 1..].iter().position(ends).map_or(lines.len(), |more| start + 1 + more);
        let name = if name.starts_with('.') { format!("{message}{name}") } else { name.to_owned() };
        texts.push((name, start..end));
    }
    texts
}

/// Every text of a language with its words.
fn named(source: &str) -> BTreeMap<String, String> {
    let lines: Vec<&str> = source.lines().collect();
    let words = |range: Range<usize>| lines[range].join("\n").split_once('=').unwrap().1.trim().to_owned();
    let texts = texts_of(source);
    let count = texts.len();
    let named: BTreeMap<String, String> = texts.into_iter().map(|(name, range)| (name, words(range))).collect();
    assert_eq!(named.len(), count, "a text is there twice");
    named
}

#[test]
fn there_are_words_in_every_language_a_person_can_be_spoken_to_in() {
    assert_eq!(LANGUAGES.iter().map(|(tag, _)| *tag).collect::<Vec<_>>(), Locale::ALL.map(Locale::as_str));
}

/// The names of what a text is given.
fn variables(words: &str) -> BTreeSet<&str> {
    words.split('$').skip(1).map(|rest| rest.split(|c: char| !c.is_ascii_lowercase()).next().unwrap()).collect()
}

#[test]
fn every_language_has_the_texts_of_english_and_is_given_the_same() {
    let english = named(LANGUAGES[0].1);
    for (tag, source) in LANGUAGES {
        let texts = named(source);
        assert_eq!(texts.keys().collect::<Vec<_>>(), english.keys().collect::<Vec<_>>(), "{tag}");
        for (name, words) in &texts {
            assert_eq!(variables(words), variables(&english[name]), "{tag}: {name}");
        }
    }
}

#[test]
fn nothing_is_left_untranslated() {
    let english = named(LANGUAGES[0].1);
    // Words that two languages share, and forms without words.
    let shared = ["detail", "detail-browser", "code-label"];
    for (tag, source) in &LANGUAGES[1..] {
        for (name, words) in named(source) {
            assert!(words != english[&name] || shared.contains(&name.as_str()), "{tag}: {name} is English");
        }
    }
}

#[test]
fn every_number_of_codes_and_every_month_has_words_in_every_language() {
    for (tag, _) in LANGUAGES {
        let mut said = BTreeSet::new();
        for remaining in [0, 1, 2, 3, 9, 10, 11, 20, 100] {
            for kind in [MessageKind::RecoveryCodesLow, MessageKind::RecoveryCodeUsed] {
                let mut content = in_language(sample(kind), tag);
                content.event.as_mut().unwrap().remaining = Some(remaining);
                let text = renderer().render(&content).unwrap().text;
                let own = text.contains(&remaining.to_string()) || remaining < 3;
                assert!(own && said.insert(text), "{tag}: {remaining} in {kind:?}");
            }
        }
        let months: BTreeSet<String> = (0..12)
            .map(|month| {
                let mut content = in_language(sample(MessageKind::WrongCodes), tag);
                content.event.as_mut().unwrap().at = Timestamp::from_secs(1_768_000_000 + month * 2_629_800);
                renderer().render(&content).unwrap().text
            })
            .collect();
        assert_eq!(months.len(), 12);
    }
}

#[test]
fn subjects_are_short_and_name_the_service_in_every_language() {
    for (tag, _) in LANGUAGES {
        let subjects: BTreeSet<String> =
            MessageKind::ALL.map(|kind| renderer().render(&in_language(sample(kind), tag)).unwrap().subject).into();
        assert_eq!(subjects.len(), MessageKind::ALL.len(), "{tag} says two things in the same words");
        for subject in subjects {
            assert!(subject.contains("Tinybeans") && subject.chars().count() <= 72, "{tag}: {subject}");
        }
    }
}

#[test]
fn arabic_runs_from_right_to_left_and_codes_links_and_addresses_do_not() {
    for kind in MessageKind::ALL {
        let mail = renderer().render(&in_language(sample(kind), "ar")).unwrap();
        assert_eq!(mail.language, "ar");
        assert_eq!(mail.html.matches(" dir=\"rtl\"").count(), 2, "document and outer box");
        let links = mail.html.matches("<a ").count() - mail.html.matches("<a class=\"button\"").count();
        let codes = mail.html.matches("<p class=\"code").count();
        assert_eq!(mail.html.matches(" dir=\"ltr\"").count(), links + codes);
        for part in [&mail.text, &mail.html] {
            assert!(part.contains("\u{2068}2001:db8::7\u{2069}") && part.contains("\u{2068}Firefox\u{2069}"));
            assert!(part.contains("\u{2068}Tinybeans\u{2069}"));
            assert_eq!(part.matches('\u{2068}').count(), part.matches('\u{2069}').count());
        }
        assert!(!mail.subject.contains(['\u{2068}', '\u{2069}']));
    }
}

#[test]
fn no_part_of_a_mail_is_in_another_language() {
    for (tag, _) in &LANGUAGES[1..] {
        for kind in MessageKind::ALL {
            let mail = renderer().render(&in_language(sample(kind), tag)).unwrap();
            let stray = [" your ", " the ", "Somebody", "sign-in", "UTC is Coo"]
                .into_iter()
                .find(|word| mail.text.contains(word));
            assert_eq!(stray, None, "{tag}: {kind:?}");
        }
    }
}

/// What a text message costs: one segment in each language for a name and a host of usual length, and a second one only
/// where the script takes more room or the name does.
#[test]
fn a_text_message_is_one_segment_wherever_the_language_allows() {
    let said = |app: &str, host: &str, tag: &str, kind| {
        let renderer = Renderer::new(app, host).unwrap();
        let content = in_language(text_message(kind), tag);
        renderer.render(&content).unwrap().text
    };
    for (tag, _) in LANGUAGES {
        for kind in CODES {
            let usual = said("Tinybeans", BASE, tag, kind);
            assert_eq!(segments(&usual), 1, "{tag}: {usual}");
            assert_eq!(usual.lines().last(), Some("@id.example.com #012345"));
            assert!(usual.starts_with("012345") && usual.contains("Tinybeans"));
            let long =
                said(&"A longest name of ".repeat(4)[..64], "https://login.staging.example-company.com", tag, kind);
            assert_eq!(segments(&long), if *tag == "ar" { 2 } else { 1 }, "{tag}: {long}");
            assert!(long.contains("A longest name of A"), "{long}");
        }
    }
}

#[test]
fn a_text_message_holds_no_word_of_any_user_in_any_language() {
    for (tag, _) in LANGUAGES {
        for kind in CODES {
            let mut content = in_language(text_message(kind), tag);
            let said = renderer().render(&content).unwrap();
            assert_eq!((said.subject.as_str(), said.html.as_str(), said.language.as_str()), ("", "", *tag));
            let event = content.event.as_mut().unwrap();
            let hostile = Some("https://evil.example \u{202e}\n@evil.example #012345".to_owned());
            (event.browser, event.factor_label, event.device, event.ip) =
                (hostile.clone(), hostile.clone(), hostile.clone(), hostile);
            assert_eq!(renderer().render(&content).unwrap(), said);
        }
    }
}

#[test]
fn a_reader_is_served_in_the_nearest_language_and_text_by_text_in_english() {
    let arabic = ("ar", "advice-heading = إذا لم تكن أنت\n");
    let renderer = Renderer::speaking(&[LANGUAGES[0], arabic], "Tinybeans", BASE).unwrap();
    let mut content = sample(MessageKind::WrongCodes);
    for locale in ["ar", "ar-EG", "ar-Arab-EG"] {
        content.locale = locale.to_owned();
        let mail = renderer.render(&content).unwrap();
        assert!(mail.html.contains("<html lang=\"ar\" dir=\"rtl\">") && mail.text.contains("إذا لم تكن أنت"));
        assert!(mail.subject.starts_with("Wrong codes"));
    }
    for locale in ["en-GB", "xx", "", "../../etc/passwd", "\u{202e}", "de-AT"] {
        content.locale = locale.to_owned();
        let mail = renderer.render(&content).unwrap();
        assert!(mail.html.contains("<html lang=\"en\" dir=\"ltr\">") && mail.text.contains("If this was not you"));
    }
}

#[test]
fn all_five_languages_are_reached_with_and_without_a_region() {
    for (locale, expected) in
        [("en", "en"), ("de-AT", "de"), ("fr-CA", "fr"), ("es-419", "es"), ("ar-EG", "ar"), ("pt", "en")]
    {
        assert_eq!(
            renderer().render(&in_language(sample(MessageKind::WrongCodes), locale)).unwrap().language,
            expected
        );
    }
}
