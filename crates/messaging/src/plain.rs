//! The text part of a mail: paragraphs wrapped for a terminal, links alone on their line and never broken.
//!
//! Lines end in LF; the transport makes CRLF of it. There is no CR here, and no line that user text began.

use crate::render::Mail;

/// The widest line of running text, in characters.
const WIDTH: usize = 72;

/// The whole text part.
pub(crate) fn text(mail: &Mail) -> String {
    let mut blocks = vec![wrap(&mail.heading), wrap(&mail.intro)];
    if let Some(code) = &mail.code {
        blocks.extend([code.digits.clone(), wrap(&code.expires)]);
    }
    if let Some(action) = &mail.action {
        blocks.push(wrap(&action.words));
        blocks.push(action.link.clone());
        blocks.extend(action.expires.as_deref().map(wrap));
    }
    let details: Vec<&str> = mail.details.iter().map(|detail| detail.line.as_str()).collect();
    blocks.push(format!("{}\n\n{}", wrap(&mail.details_heading), details.join("\n")));
    blocks.push(format!("{}\n\n{}", wrap(&mail.advice_heading), wrap(&mail.advice)));
    blocks.push(format!("-- \n{}\n{}\n{}", wrap(&mail.footer), wrap(&mail.zone_note), mail.base_url));
    blocks.join("\n\n") + "\n"
}

fn wrap(paragraph: &str) -> String {
    let mut wrapped = String::with_capacity(paragraph.len());
    let mut width = 0;
    for word in paragraph.split_whitespace() {
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
