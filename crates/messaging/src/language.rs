//! The one loader of Fluent texts: which languages there are, and how a reader's language finds its words.
//!
//! A text is looked up in the reader's language, then in that language without region and script, then in the first
//! of [`LANGUAGES`]. A text that is missing everywhere is an error, never an empty line.
//!
//! Fluent's own isolation of arguments is off: it would put invisible characters into subjects, numbers and times.
//! What needs it is isolated by [`crate::untrusted`] before it comes here.

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use unic_langid::{CharacterDirection, LanguageIdentifier};

/// Tag and texts of every language; the first is what the others fall back to.
pub(crate) const LANGUAGES: &[(&str, &str)] = &[
    ("en", include_str!("../locales/en.ftl")),
    ("de", include_str!("../locales/de.ftl")),
    ("fr", include_str!("../locales/fr.ftl")),
    ("es", include_str!("../locales/es.ftl")),
    ("ar", include_str!("../locales/ar.ftl")),
];

/// The texts of a language cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LanguageError {
    /// The list of languages is empty, a tag is no language, or a file is no Fluent.
    #[error("the texts of language {tag:?} cannot be read")]
    Unreadable {
        /// Which language.
        tag: String,
    },
    /// No language has the text.
    #[error("the text {key} is missing")]
    Missing {
        /// The name of the text.
        key: String,
    },
    /// The text names something it is not given.
    #[error("the text {key} cannot be formatted")]
    Unformattable {
        /// The name of the text.
        key: String,
    },
}

/// Every language of one set of texts, parsed.
pub struct Languages {
    fallback: Texts,
    others: Vec<Texts>,
}

struct Texts {
    tag: LanguageIdentifier,
    bundle: FluentBundle<FluentResource>,
}

/// The words for one reader: their own languages, the best first, then the fallback.
pub struct Reader<'a> {
    own: Vec<&'a Texts>,
    fallback: &'a Texts,
}

impl Languages {
    /// Parses languages given as tag and Fluent source.
    pub fn load(languages: &[(&str, &str)]) -> Result<Self, LanguageError> {
        let (&(tag, source), others) =
            languages.split_first().ok_or_else(|| LanguageError::Unreadable { tag: String::new() })?;
        let others = others.iter().map(|&(tag, source)| Texts::load(tag, source)).collect::<Result<_, _>>()?;
        Ok(Self { fallback: Texts::load(tag, source)?, others })
    }

    /// The words for a reader who prefers `locale`; an unknown or unreadable one gets the fallback alone.
    pub fn reader(&self, locale: &str) -> Reader<'_> {
        let mut wanted = Vec::new();
        if let Ok(mut tag) = locale.parse::<LanguageIdentifier>() {
            wanted.push(tag.clone());
            tag.clear_variants();
            wanted.push(tag.clone());
            tag.region = None;
            wanted.push(tag.clone());
            tag.script = None;
            wanted.push(tag);
        }
        let known = || std::iter::once(&self.fallback).chain(&self.others);
        let own = wanted.iter().filter_map(|tag| known().find(|texts| &texts.tag == tag)).collect();
        Reader { own, fallback: &self.fallback }
    }
}

impl Reader<'_> {
    /// The language most of the words will be in, for `lang=`.
    pub fn tag(&self) -> String {
        self.best().tag.to_string()
    }

    /// Its direction, for `dir=`.
    pub fn direction(&self) -> &'static str {
        match self.best().tag.character_direction() {
            CharacterDirection::RTL => "rtl",
            CharacterDirection::LTR | CharacterDirection::TTB => "ltr",
        }
    }

    /// The text called `message`, or its `attribute` where one is named.
    pub fn text(&self, message: &str, attribute: Option<&str>, args: &FluentArgs<'_>) -> Result<String, LanguageError> {
        let key = || attribute.map_or_else(|| message.to_owned(), |attribute| format!("{message}.{attribute}"));
        for texts in self.own.iter().chain([&self.fallback]) {
            let Some(found) = texts.bundle.get_message(message) else { continue };
            let pattern = match attribute {
                Some(attribute) => found.get_attribute(attribute).map(|attribute| attribute.value()),
                None => found.value(),
            };
            let Some(pattern) = pattern else { continue };
            let mut faults = Vec::new();
            let text = texts.bundle.format_pattern(pattern, Some(args), &mut faults).into_owned();
            return if faults.is_empty() { Ok(text) } else { Err(LanguageError::Unformattable { key: key() }) };
        }
        Err(LanguageError::Missing { key: key() })
    }

    fn best(&self) -> &Texts {
        self.own.first().unwrap_or(&self.fallback)
    }
}

impl Texts {
    fn load(tag: &str, source: &str) -> Result<Self, LanguageError> {
        let unreadable = || LanguageError::Unreadable { tag: tag.to_owned() };
        let parsed: LanguageIdentifier = tag.parse().map_err(|_| unreadable())?;
        let resource = FluentResource::try_new(source.to_owned()).map_err(|_| unreadable())?;
        let mut bundle = FluentBundle::new_concurrent(vec![parsed.clone()]);
        bundle.set_use_isolating(false);
        bundle.add_resource(resource).map_err(|_| unreadable())?;
        Ok(Self { tag: parsed, bundle })
    }
}
