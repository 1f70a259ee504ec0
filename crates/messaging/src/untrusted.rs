//! Text of strangers, made fit to be shown: what a browser calls itself, the label of a factor, an address.
//!
//! Whoever guesses at an account chooses the words of a mail its owner trusts. So such text becomes one line of bounded
//! length, without characters that are invisible or turn the direction of writing, without anything a mail client would
//! make clickable, and stands between FSI and PDI (Unicode UAX #9), so that it cannot reorder its surroundings.
//! Escaping for HTML is the template's part.

/// The longest text shown, in characters.
const LONGEST: usize = 120;
const FIRST_STRONG_ISOLATE: char = '\u{2068}';
const POP_ISOLATE: char = '\u{2069}';

/// The text, fit to be shown; `None` when nothing visible is left.
pub(crate) fn fit(text: &str) -> Option<String> {
    let visible: String =
        text.chars().filter(|&c| !is_hidden(c)).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let line = visible.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.is_empty() {
        return None;
    }
    let mut shown = String::new();
    let mut rest = line.chars().peekable();
    for _ in 0..LONGEST {
        let Some(c) = rest.next() else { break };
        push_unlinked(&mut shown, c, rest.peek().copied());
    }
    if rest.peek().is_some() {
        shown.push('…');
    }
    Some(isolate(&shown))
}

/// The text between FSI and PDI: it has a direction of its own, and none of its surroundings changes with it.
pub(crate) fn isolate(text: &str) -> String {
    format!("{FIRST_STRONG_ISOLATE}{text}{POP_ISOLATE}")
}

/// `evil.example` and `https://…` are written `evil[.]example` and `https[:]//…`, which a person can read and no mail
/// client takes for a link. Numbers such as `128.0` stay as they are.
fn push_unlinked(shown: &mut String, c: char, next: Option<char>) {
    let links = match c {
        '.' | '\u{3002}' | '\u{ff0e}' | '\u{ff61}' => next.is_some_and(char::is_alphabetic),
        ':' => next == Some('/'),
        _ => false,
    };
    if links {
        shown.extend(['[', c, ']']);
    } else {
        shown.push(c);
    }
}

/// Direction marks, joiners that only hide, tags, and other characters without a shape. The two joiners that Persian,
/// Indic scripts and emoji need (U+200C, U+200D) stay.
fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// Whether the text is one line without hidden characters: what a configured name must be.
pub(crate) fn is_one_visible_line(text: &str) -> bool {
    !text.trim().is_empty()
        && !text.chars().any(|c| c.is_control() || is_hidden(c) || matches!(c, '\u{2028}' | '\u{2029}'))
}
