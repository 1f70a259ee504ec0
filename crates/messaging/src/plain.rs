//! The text part of a mail: paragraphs wrapped for a terminal, links alone on their line and never broken.
//!
//! Lines end in LF; the transport makes CRLF of it. There is no CR here, and no line that user text began.

use askama::Template;

use crate::words::Mail;

/// The widest line of running text, in characters.
const WIDTH: usize = 72;

/// The text part, from its own template.
#[derive(Template)]
#[template(path = "mail.txt")]
struct Text<'a> {
    mail: &'a Mail,
}

/// The whole text part.
pub(crate) fn text(mail: &Mail) -> Result<String, askama::Error> {
    Ok(Text { mail }.render()? + "\n")
}

/// A paragraph in lines. It is broken at blanks only: a no-break space, as French has before a colon, holds together.
pub(crate) fn wrap(paragraph: &str) -> String {
    let mut wrapped = String::with_capacity(paragraph.len());
    let mut width = 0;
    for word in paragraph.split([' ', '\n']).filter(|word| !word.is_empty()) {
        let length = word.chars().count();
        if width > 0 && width + 1 + length > WIDTH {
            wrapped.push('\n');
            width = 0;
        } else if width > 0 {
            wrapped.push(' ');
            width += 1;
        }
        wrapped.push_str(word);
        width += length;
    }
    wrapped
}
