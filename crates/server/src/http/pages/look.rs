//! How the pages of this installation look: ours, with the operator's name, picture and color.
//!
//! Put together once, at the start. A color given for light pages is mixed with white until it can be read on dark ones.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::http::HeaderValue;
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::assets::{ADMIN_STYLE, ICON, SCRIPT, STYLE};
use crate::config::Config;
use crate::config::brand::{Color, Logo, TINT};
use crate::http::PAGE_CSP;

/// The ground of cards on dark pages, as the style sheet has it.
const DARK_CARD: &str = "#1a201e";

/// What the pages have to know of the configuration.
#[derive(Debug)]
pub(in crate::http) struct Look {
    /// What the service is called.
    pub(super) name: String,
    /// The content policy of every page.
    pub(super) policy: HeaderValue,
    /// Changes whenever style, script or a picture does.
    pub(super) version: String,
    /// The style sheet.
    pub(super) style: String,
    /// Where the administration is, where a page of ours can lead there.
    pub(super) administration: Option<String>,
    /// The operator's picture.
    pub(super) logo: Option<Logo>,
}

impl Look {
    /// As configured.
    pub(in crate::http) fn of(config: &Config) -> Arc<Self> {
        let brand = &config.brand;
        let style = brand.accent.map_or_else(|| STYLE.to_owned(), |accent| format!("{STYLE}\n{}", colors(accent)));
        let logo: &[u8] = brand.logo.as_ref().map_or(&[], |logo| &logo.bytes);
        let parts = [style.as_bytes(), ADMIN_STYLE.as_bytes(), SCRIPT.as_bytes(), ICON.as_bytes(), logo];
        let digest = parts.iter().fold(Sha256::new(), Digest::chain_update).finalize();
        Arc::new(Self {
            name: brand.name.clone(),
            policy: policy(&config.return_origins),
            version: HEXLOWER.encode(digest.get(..6).unwrap_or_default()),
            style,
            administration: administration(config),
            logo: brand.logo.clone(),
        })
    }
}

impl Look {
    /// The content policy of a page whose forms lead to one more origin in the end.
    pub(super) fn policy_with(&self, origin: Option<&str>) -> HeaderValue {
        let Some(origin) = origin else { return self.policy.clone() };
        let wider = format!("form-action 'self' {origin}");
        let policy = self.policy.to_str().unwrap_or_default().replace("form-action 'self'", &wider);
        HeaderValue::from_str(&policy).unwrap_or_else(|_| self.policy.clone())
    }
}

/// Beside the other pages, or where the operator says that it is. An address of its own may be out of everybody else's reach.
fn administration(config: &Config) -> Option<String> {
    match (config.admin_bind, &config.admin_url) {
        (None, _) => Some("/admin".to_owned()),
        (Some(_), url) => url.as_ref().map(|url| format!("{}/admin", url.origin())),
    }
}

/// Forms may lead away to the named origins only: after a sign-in the browser goes on to one of them.
fn policy(returns: &[String]) -> HeaderValue {
    if returns.is_empty() {
        return PAGE_CSP;
    }
    let ours = PAGE_CSP;
    let wider = format!("form-action 'self' {}", returns.join(" "));
    let policy = ours.to_str().unwrap_or_default().replace("form-action 'self'", &wider);
    HeaderValue::from_str(&policy).unwrap_or(PAGE_CSP)
}

/// The accent and what is made of it, for light pages and dark ones.
fn colors(accent: Color) -> String {
    let card = Color::parse(DARK_CARD).unwrap_or(Color::BLACK);
    let tint_of = |bright: Color| card.mixed(bright, TINT);
    let mut bright = accent;
    for _ in 0..30 {
        if bright.is_legible_on(tint_of(bright)) {
            break;
        }
        bright = bright.mixed(Color::WHITE, 10);
    }
    let mut css = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(
        css,
        ":root {{ --accent: {accent}; --accent-strong: {}; --on-accent: #ffffff; --tint: {}; }}",
        accent.mixed(Color::BLACK, 20),
        Color::WHITE.mixed(accent, TINT)
    );
    let _ = writeln!(
        css,
        "@media (prefers-color-scheme: dark) {{ :root {{ --accent: {bright}; --accent-strong: {}; --on-accent: {}; --tint: {}; }} }}",
        bright.mixed(Color::WHITE, 30),
        bright.mixed(Color::BLACK, 85),
        tint_of(bright)
    );
    css
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ground_of_dark_cards_is_that_of_the_style_sheet() {
        assert!(STYLE.contains(&format!("--card: {DARK_CARD};")));
    }

    #[test]
    fn every_accent_can_be_read_on_dark_pages_too() {
        let card = Color::parse(DARK_CARD).unwrap();
        for accent in ["#000000", "#1e5e52", "#7a0019", "#00008b", "#4b0082", "#595959", "#8a3b00"] {
            let css = colors(Color::parse(accent).unwrap());
            let dark = css.lines().nth(1).unwrap();
            let value = |name: &str| {
                let rest = dark.split(&format!("{name}: ")).nth(1).unwrap();
                Color::parse(&rest[..7]).unwrap()
            };
            let (bright, tint) = (value("--accent"), value("--tint"));
            assert!(bright.is_legible_on(card) && bright.is_legible_on(tint), "{accent}: {css}");
            assert!(value("--on-accent").is_legible_on(bright), "{accent}: {css}");
            assert!(value("--accent-strong").is_legible_on(card), "{accent}: {css}");
        }
    }
}
