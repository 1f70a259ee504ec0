//! The words of the pages, in the reader's language.

use std::sync::LazyLock;

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;
use fluent_bundle::{FluentArgs, FluentValue};
use messaging::{LanguageError, Languages, Reader};

/// Tag and texts of every language; the first is what the others fall back to.
const LANGUAGES: &[(&str, &str)] = &[("en", include_str!("../../../locales/en.ftl"))];

static TEXTS: LazyLock<Result<Languages, LanguageError>> = LazyLock::new(|| Languages::load(LANGUAGES));

/// The words for one reader.
pub(super) struct Words(Reader<'static>);

impl Words {
    /// In the language the reader chose, or else in the one their browser likes best of those there are.
    pub(super) fn choose(chosen: Option<&str>, headers: &HeaderMap) -> Result<Self, LanguageError> {
        let texts = TEXTS.as_ref().map_err(Clone::clone)?;
        let accepted = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let best = chosen.into_iter().chain(by_liking(accepted)).map(|tag| texts.reader(tag)).find(Reader::is_known);
        Ok(Self(best.unwrap_or_else(|| texts.reader(LANGUAGES[0].0))))
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

/// The languages of an `Accept-Language`, best first. Those with `q=0` are not wanted.
fn by_liking(header: &str) -> impl Iterator<Item = &str> {
    let quality = |parameters: &str| {
        let value = parameters.split(';').find_map(|parameter| parameter.trim().strip_prefix("q="));
        value.map_or(1.0, |value| value.trim().parse::<f32>().unwrap_or(0.0))
    };
    let mut liked: Vec<(&str, f32)> = header
        .split(',')
        .take(20)
        .map(|item| {
            let (tag, parameters) = item.split_once(';').unwrap_or((item, ""));
            (tag.trim(), quality(parameters))
        })
        .filter(|(tag, quality)| !tag.is_empty() && *quality > 0.0)
        .collect();
    liked.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    liked.into_iter().map(|(tag, _)| tag)
}

#[cfg(test)]
mod tests;
