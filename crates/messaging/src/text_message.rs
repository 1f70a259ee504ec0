//! Text messages: the words of the kind, and the line that binds the code to this host.
//!
//! A text message has a fixed form and no word of any user. Its last line is that of origin-bound one-time codes
//! (`@host #code`), so that phones fill the code in here and nowhere else.
//!
//! A message costs by the segment: 160 characters of the GSM alphabet, or 70 of any other as soon as one character is
//! outside it. The words of each language are chosen to fit into one; a long name of the service is cut where it would
//! take a second.

use domain::message::MessageContent;
use fluent_bundle::FluentArgs;

use crate::kind::shape;
use crate::language::{LanguageError, Reader};
use crate::link::BaseUrl;
use crate::render::RenderError;

/// To how many characters a name is cut that would not fit otherwise.
const SHORT_NAME: usize = 20;

/// Septets of one segment, and of each of several (GSM 03.38, 03.40).
const SEPTETS: (usize, usize) = (160, 153);
/// UTF-16 units of one segment, and of each of several.
const UNITS: (usize, usize) = (70, 67);

/// The characters of one septet. The escape to the second table is left out: it is no character.
const ALPHABET: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§\
                        ¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// Those of two.
const SECOND_TABLE: &str = "\u{c}^{}\\[~]|€";

/// Of how many segments a text message is, which is how it is charged.
pub fn segments(text: &str) -> usize {
    let count = |length: usize, (one, each): (usize, usize)| if length <= one { 1 } else { length.div_ceil(each) };
    septets(text).map_or_else(|| count(text.encode_utf16().count(), UNITS), |septets| count(septets, SEPTETS))
}

/// Its length in septets; `None` when a character is outside the GSM alphabet.
fn septets(text: &str) -> Option<usize> {
    let weight = |c| match c {
        _ if ALPHABET.contains(c) => Some(1),
        _ if SECOND_TABLE.contains(c) => Some(2),
        _ => None,
    };
    text.chars().map(weight).sum()
}

/// The whole text of a message that carries a code.
pub(crate) fn text(
    content: &MessageContent,
    app_name: &str,
    base_url: &BaseUrl,
    reader: &Reader<'_>,
) -> Result<String, RenderError> {
    let (kind, channel) = (content.kind.as_str(), content.channel.as_str());
    if !shape(content.kind).code {
        return Err(RenderError::Channel { kind, channel });
    }
    let code = content.code.as_deref().ok_or(RenderError::Incomplete { kind, field: "code" })?;
    let written = |name: &str| -> Result<String, LanguageError> {
        let mut args = FluentArgs::new();
        args.set("app", name);
        args.set("code", code);
        let words = reader.text(kind, Some("sms"), &args)?;
        Ok(format!("{words}\n\n@{} #{code}", base_url.host()))
    };
    let text = written(app_name)?;
    if segments(&text) == 1 {
        return Ok(text);
    }
    Ok(written(shortened(app_name))?)
}

/// The name, or as many of its whole words as are short, or the beginning of its first word.
fn shortened(name: &str) -> &str {
    let mut ends = name.char_indices().map(|(at, _)| at).skip(SHORT_NAME);
    let Some(end) = ends.next() else { return name };
    // A blank may be the first character too many.
    let head = name.get(..ends.next().unwrap_or(name.len())).unwrap_or(name);
    name.get(..head.rfind(' ').unwrap_or(end)).unwrap_or(name).trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_counted_as_they_are_charged() {
        for (text, expected) in [
            ("", 1),
            (&"a".repeat(160), 1),
            (&"a".repeat(161), 2),
            (&"a".repeat(306), 2),
            (&"a".repeat(307), 3),
            (&"€".repeat(80), 1),
            (&"€".repeat(81), 2),
            (&"é".repeat(160), 1),
            (&"ê".repeat(70), 1),
            (&"ê".repeat(71), 2),
            (&"ê".repeat(135), 3),
            (&format!("{}ê", "a".repeat(70)), 2),
            (&"🔒".repeat(35), 1),
            (&"🔒".repeat(36), 2),
        ] {
            assert_eq!(segments(text), expected, "{text}");
        }
        assert_eq!(ALPHABET.chars().count(), 127);
    }

    #[test]
    fn a_long_name_is_cut_between_words_where_it_can_be() {
        assert_eq!(shortened("Tinybeans"), "Tinybeans");
        assert_eq!(shortened("Exactly twenty chars"), "Exactly twenty chars");
        assert_eq!(shortened("Exactly twenty chars and more"), "Exactly twenty chars");
        assert_eq!(shortened("Stadtwerke Musterhausen am See"), "Stadtwerke");
        assert_eq!(shortened("Donaudampfschifffahrtsgesellschaft"), "Donaudampfschifffahr");
        assert_eq!(shortened("Ünïcödé ünïcödé ünïcödé"), "Ünïcödé ünïcödé");
    }
}
