//! The sheet in both forms, whatever the names on it.

use std::io::Write as _;
use std::process::{Command, Stdio};

use domain::secret::SecretText;

use super::*;

fn sheet(service: &str, account: &str, count: usize) -> Sheet {
    let codes = (0..count).map(|n| SecretText::new(format!("{n:04}-ABCD-89XY"))).collect();
    let codes = RecoverySheet {
        service: service.to_owned(),
        account: account.to_owned(),
        made_at: Timestamp::from_secs(1_772_719_620),
        codes,
    };
    Sheet { codes }
}

/// What `pdftotext` reads in a PDF.
fn read(pdf: &[u8]) -> String {
    let mut child = Command::new("pdftotext")
        .args(["-layout", "-", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("pdftotext is needed for these tests: apt-get install poppler-utils");
    child.stdin.take().unwrap().write_all(pdf).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

fn codes_in(text: &str) -> Vec<&str> {
    text.lines().map(str::trim).filter(|line| line.ends_with("-ABCD-89XY")).collect()
}

fn codes_of(sheet: &Sheet) -> Vec<&str> {
    sheet.codes.codes.iter().map(SecretText::expose).collect()
}

#[test]
fn the_text_says_whose_what_for_and_of_when_and_every_code_on_its_own_line() {
    let text = sheet("Tinybeans", "ada@example.org", 3).text();
    assert_eq!(
        text,
        "\
Recovery codes for Tinybeans

Account: ada@example.org
Made:    5 March 2026, 14:07 UTC

Each code works once, instead of a code from your phone. Keep this page
where nobody else will find it, and tick off each code you have used.

0000-ABCD-89XY
0001-ABCD-89XY
0002-ABCD-89XY

When you are running out, make new codes in your settings. The old ones
stop working then.
"
    );
}

#[test]
fn the_pdf_passes_its_validator_and_reads_in_order() {
    let sheet = sheet("Tinybeans", "ada@example.org", 10);
    let pdf = pdf::draw(&sheet).unwrap();
    let text = read(&pdf);
    assert_eq!(codes_in(&text), codes_of(&sheet));
    for words in ["Tinybeans", "Recovery codes", "ada@example.org", "5 March 2026, 14:07 UTC", "works once"] {
        assert!(text.contains(words), "{words} in {text}");
    }
    let raw = String::from_utf8_lossy(&pdf);
    for mark in ["/MarkInfo", "/StructTreeRoot", "/Lang", "pdfuaid"] {
        assert!(raw.contains(mark), "{mark}");
    }
}

#[test]
fn names_are_drawn_as_they_stand_and_never_spoil_the_page() {
    let long = "W".repeat(64);
    let names = [
        "<font size=40>big</font>",
        "<a href=\"https://evil.example\">x</a></para>",
        "Tee & Töast – Ελλάς Привет",
        "日本語 العربية עברית 🔑👩‍👩‍👧",
        "\u{202e}reversed\u{0}\u{7}\n\r\t",
        "e\u{301}\u{323}\u{20dd} \u{fffe}\u{feff}\u{e000}\u{10ffff}",
        "",
        " ",
        &long,
    ];
    for name in names {
        let sheet = sheet(name, "a-very.long+address@example.org", 10);
        let text = read(&pdf::draw(&sheet).unwrap_or_else(|fault| panic!("{name:?}: {fault}")));
        assert_eq!(codes_in(&text), codes_of(&sheet), "{name:?}");
        assert_eq!(codes_in(&sheet.text()), codes_of(&sheet), "{name:?}");
    }
    let text = read(&pdf::draw(&sheet(names[0], "a@example.org", 1)).unwrap());
    assert!(text.contains(names[0]), "{text}");
    let text = read(&pdf::draw(&sheet("Key 🔑 日", "a@example.org", 1)).unwrap());
    assert!(text.contains("Key ? ?"), "{text}");
}

#[test]
fn the_longest_address_and_the_largest_set_stay_on_paper() {
    let account = format!("{}@{}.example.org", "a".repeat(64), "b".repeat(170));
    for count in [0, 1, 13, 14, 40, 100] {
        let sheet = sheet(&"Long name ".repeat(6), &account, count);
        let text = read(&pdf::draw(&sheet).unwrap());
        assert_eq!(codes_in(&text), codes_of(&sheet));
        assert_eq!(text.split_whitespace().collect::<String>().matches(&account).count(), 1, "{text}");
    }
}

#[test]
fn lines_break_between_words_and_within_one_too_long() {
    let fits = |line: &str| line.chars().count() <= 5;
    assert_eq!(wrap("ab cd efghijklm n", fits), ["ab cd", "efghi", "jklm", "n"].map(str::to_owned).to_vec());
    assert!(wrap("  ", fits).is_empty());
}
