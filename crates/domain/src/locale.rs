//! The languages people are spoken to in, and how a browser says which one its person reads.
//!
//! A person's language is that of the browser that last signed them in; until then, of the one that verified their
//! address. It is no secret and proves nothing. It follows a finished sign-in only, so that whoever has no more than the
//! password cannot choose the language in which its owner is warned.

/// A language there are words in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Locale {
    /// English: what everybody is spoken to in who prefers no other.
    #[default]
    English,
    /// German.
    German,
    /// French.
    French,
    /// Spanish.
    Spanish,
    /// Arabic.
    Arabic,
}

/// Ranges of a header that are looked at.
const MOST_RANGES: usize = 32;

impl Locale {
    /// Every language, the fallback first.
    pub const ALL: [Self; 5] = [Self::English, Self::German, Self::French, Self::Spanish, Self::Arabic];

    /// Its BCP 47 tag.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
            Self::French => "fr",
            Self::Spanish => "es",
            Self::Arabic => "ar",
        }
    }

    /// The language of a tag, whatever its region and script: `de-AT` is German.
    pub fn of(tag: &str) -> Option<Self> {
        let language = tag.split(['-', '_']).next().unwrap_or_default();
        Self::ALL.into_iter().find(|locale| language.eq_ignore_ascii_case(locale.as_str()))
    }

    /// The language that an `Accept-Language` (RFC 9110, section 12.5.4) likes best of those there are; `None` if it
    /// likes none of them. Of equals the first.
    pub fn preferred(accepted: &str) -> Option<Self> {
        let ranges = accepted.split(',').take(MOST_RANGES);
        let liked = ranges.filter_map(|range| {
            let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
            Some((Self::of(tag.trim())?, weight(parameters.trim())?))
        });
        let best = liked.fold(None, |best: Option<(Self, u16)>, (locale, weight)| match best {
            Some((_, most)) if most >= weight => best,
            Some(_) | None => Some((locale, weight)),
        });
        best.map(|(locale, _)| locale)
    }
}

/// A weight in thousandths; `None` for "not at all" and for what is no weight.
fn weight(parameters: &str) -> Option<u16> {
    if parameters.is_empty() {
        return Some(1_000);
    }
    let (name, value) = parameters.split_once('=')?;
    if !name.trim().eq_ignore_ascii_case("q") {
        return None;
    }
    let (whole, part) = value.trim().split_once('.').unwrap_or((value.trim(), ""));
    let digits = part.len() <= 3 && part.bytes().all(|byte| byte.is_ascii_digit());
    match (whole, digits) {
        ("0", true) => format!("{part:0<3}").parse().ok().filter(|weight| *weight > 0),
        ("1", true) if part.bytes().all(|byte| byte == b'0') => Some(1_000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_liked_best_of_those_there_are_is_taken() {
        for (accepted, expected) in [
            ("de", Some(Locale::German)),
            ("de-AT, en;q=0.5", Some(Locale::German)),
            ("en;q=0.5, FR-ca;q=0.8", Some(Locale::French)),
            ("pt-BR, pt;q=0.9, es;q=0.2, en;q=0.1", Some(Locale::Spanish)),
            ("ar-EG,ar;q=0.9,en-US;q=0.8,en;q=0.7", Some(Locale::Arabic)),
            ("en, de", Some(Locale::English)),
            ("de;q=0.001, en;q=0", Some(Locale::German)),
            ("de;q=1.000", Some(Locale::German)),
            ("zh, ja;q=0.9", None),
            ("*", None),
            ("", None),
            ("de;q=0", None),
            ("de;q=1.5", None),
            ("de;q=-1", None),
            ("de;level=1", None),
            ("deutsch", None),
            (",,;;==de", None),
            (&format!("{}de", "xx,".repeat(32)), None),
        ] {
            assert_eq!(Locale::preferred(accepted), expected, "{accepted}");
        }
    }

    #[test]
    fn a_tag_leads_to_its_language_and_every_language_back_to_itself() {
        for locale in Locale::ALL {
            assert_eq!(Locale::of(locale.as_str()), Some(locale));
        }
        assert_eq!(Locale::of("DE_ch"), Some(Locale::German));
        assert_eq!((Locale::of("den"), Locale::of("")), (None, None));
    }
}
