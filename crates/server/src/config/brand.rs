//! How the hosted pages look: a name, a picture, a color.

use std::fmt;
use std::path::{Path, PathBuf};

use super::ConfigError;
use super::settings;

/// The largest picture that is served with every page.
const MOST_BYTES: usize = 64 * 1024;
/// What WCAG 2.2 (success criterion 1.4.3) asks of text.
const CONTRAST: f64 = 4.5;

/// How the pages of this installation look.
#[derive(Debug, Clone)]
pub struct Brand {
    /// What the service is called on the pages.
    pub name: String,
    /// Its picture, instead of ours.
    pub logo: Option<Logo>,
    /// Its color, instead of ours.
    pub accent: Option<Color>,
}

/// A picture, as it is served.
#[derive(Clone)]
pub struct Logo {
    /// The file.
    pub bytes: Vec<u8>,
    /// What it is.
    pub media_type: &'static str,
}

impl fmt::Debug for Logo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} bytes", self.media_type, self.bytes.len())
    }
}

impl Logo {
    /// Reads the file of a picture.
    pub(super) fn read(path: &Path) -> Result<Self, ConfigError> {
        let refused = |why: String| {
            Err(ConfigError::together(
                settings::BRAND_LOGO.name,
                &why,
                "example: TWINLOCK_BRAND_LOGO=/etc/twinlock/logo.svg",
            ))
        };
        let Some(media_type) = media_type(path) else { return refused("is no picture".to_owned()) };
        match std::fs::read(path) {
            Ok(bytes) if bytes.len() > MOST_BYTES => refused(format!("has more than {} KiB", MOST_BYTES / 1_024)),
            Ok(bytes) => Ok(Self { bytes, media_type }),
            Err(error) => refused(format!("cannot be read: {error}")),
        }
    }
}

fn media_type(path: &Path) -> Option<&'static str> {
    match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
        "svg" => Some("image/svg+xml"),
        "png" => Some("image/png"),
        "webp" => Some("image/webp"),
        _ => None,
    }
}

/// The file of a picture, by its name.
pub(super) fn logo(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    if media_type(&path).is_some() { Ok(path) } else { Err("is not the name of an .svg, .png or .webp file".into()) }
}

/// A color.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Color([u8; 3]);

impl Color {
    /// White.
    pub const WHITE: Self = Self([255, 255, 255]);
    /// Black.
    pub const BLACK: Self = Self([0, 0, 0]);

    /// Reads `#rrggbb`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6)?;
        let part = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
        digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(())?;
        Some(Self([part(0)?, part(2)?, part(4)?]))
    }

    /// So many hundredths of another color in it.
    #[must_use]
    pub fn mixed(self, other: Self, hundredths: u16) -> Self {
        let mix = |own: u8, other: u8| {
            let sum = u16::from(own) * (100 - hundredths.min(100)) + u16::from(other) * hundredths.min(100);
            u8::try_from((sum + 50) / 100).unwrap_or(u8::MAX)
        };
        let mut mixed = self.0;
        for (own, other) in mixed.iter_mut().zip(other.0) {
            *own = mix(*own, other);
        }
        Self(mixed)
    }

    /// Contrast with another color, from 1 to 21 (WCAG 2.2, "contrast ratio").
    pub fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance() + 0.05, other.luminance() + 0.05);
        one.max(two) / one.min(two)
    }

    /// Whether text of one color can be read on the other.
    pub fn is_legible_on(self, ground: Self) -> bool {
        self.contrast(ground) >= CONTRAST
    }

    fn luminance(self) -> f64 {
        let [r, g, b] = self.0.map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [r, g, b] = self.0;
        write!(f, "#{r:02x}{g:02x}{b:02x}")
    }
}

/// How much of the accent is in the ground of notes and badges, in hundredths.
pub const TINT: u16 = 10;

/// An accent: a color that white text can be read on, and that can be read on white and on its own tint.
pub(super) fn accent(text: &str) -> Result<Color, String> {
    let color = Color::parse(text).ok_or("is not a color such as #1e5e52")?;
    let tint = Color::WHITE.mixed(color, TINT);
    if color.is_legible_on(tint) {
        return Ok(color);
    }
    Err(format!(
        "is too light: its contrast with a hint of itself on white is {:.1}, and {CONTRAST} is needed",
        color.contrast(tint)
    ))
}

/// A name of 1 to 64 characters.
pub(super) fn name(text: &str) -> Result<String, String> {
    let name = text.trim();
    if name.is_empty() || name.chars().count() > 64 || name.chars().any(char::is_control) {
        return Err("is not a name of 1 to 64 characters".into());
    }
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contrast_is_that_of_the_standard() {
        assert!((Color::BLACK.contrast(Color::WHITE) - 21.0).abs() < 1e-9);
        // The gray that is just dark enough, and its lighter neighbor.
        assert!(Color::parse("#767676").unwrap().is_legible_on(Color::WHITE));
        assert!(!Color::parse("#777777").unwrap().is_legible_on(Color::WHITE));
    }

    #[test]
    fn an_accent_has_to_be_dark_enough() {
        assert_eq!(accent("#1e5e52").unwrap().to_string(), "#1e5e52");
        assert_eq!(
            accent("#FFD700").unwrap_err(),
            "is too light: its contrast with a hint of itself on white is 1.3, and 4.5 is needed"
        );
        for text in ["", "1e5e52", "#1e5e5", "#1e5e522", "#+e5e52", "red", "#1e5e52;", "url(x)"] {
            assert_eq!(accent(text).unwrap_err(), "is not a color such as #1e5e52", "{text}");
        }
    }

    #[test]
    fn a_logo_is_a_small_picture() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, size: usize| {
            let path = folder.path().join(name);
            std::fs::write(&path, vec![b'x'; size]).unwrap();
            path
        };
        assert_eq!(Logo::read(&file("logo.svg", 10)).unwrap().media_type, "image/svg+xml");
        assert!(Logo::read(&file("big.png", MOST_BYTES + 1)).unwrap_err().to_string().contains("64 KiB"));
        assert!(Logo::read(&folder.path().join("none.svg")).unwrap_err().to_string().contains("cannot be read"));
        assert!(logo("logo.exe").is_err() && logo("logo").is_err() && logo("logo.SVG").is_ok());
    }
}
