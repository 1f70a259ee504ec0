//! The words of the pages, in the reader's language.

use std::sync::LazyLock;

use domain::locale::Locale;
use fluent_bundle::{FluentArgs, FluentValue};
use messaging::{LanguageError, Languages, Reader};

/// Tag, own name and texts of every language; the first is what the others fall back to.
pub(super) const LANGUAGES: &[(&str, &str, &str)] = &[
    ("en", "English", include_str!("../../../locales/en.ftl")),
    ("de", "Deutsch", include_str!("../../../locales/de.ftl")),
    ("fr", "Français", include_str!("../../../locales/fr.ftl")),
    ("es", "Español", include_str!("../../../locales/es.ftl")),
    ("ar", "العربية", include_str!("../../../locales/ar.ftl")),
];

static TEXTS: LazyLock<Result<Languages, LanguageError>> = LazyLock::new(|| {
    let sources: Vec<(&str, &str)> = LANGUAGES.iter().map(|(tag, _, source)| (*tag, *source)).collect();
    Languages::load(&sources)
});

/// The words for one reader.
pub(super) struct Words(Reader<'static>);

impl Words {
    /// In a language; in the first where there are no words in it.
    pub(super) fn of(locale: Locale) -> Result<Self, LanguageError> {
        let texts = TEXTS.as_ref().map_err(Clone::clone)?;
        Ok(Self(texts.reader(locale.as_str())))
    }

    /// The text of this name.
    pub(super) fn say(
        &self,
        key: &str,
        arguments: &[(&'static str, FluentValue<'_>)],
    ) -> Result<String, LanguageError> {
        let arguments: FluentArgs<'_> = arguments.iter().cloned().collect();
        self.0.text(key, None, &arguments)
    }

    /// The language, for `lang=`.
    pub(super) fn tag(&self) -> String {
        self.0.tag()
    }

    /// Its direction, for `dir=`.
    pub(super) fn direction(&self) -> &'static str {
        self.0.direction()
    }
}

#[cfg(test)]
mod tests;
