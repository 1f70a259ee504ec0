//! A set of recovery codes on paper: a text file, or a PDF to print. One code per line, in the order they were first shown,
//! with whose they are, for what and of when.
//!
//! Nothing here is markup: names are drawn letter by letter as they stand.

mod pdf;

use domain::recovery_code::set::RecoverySheet;
use domain::time::Timestamp;
use utoipa::ToSchema;

use crate::fault::Fault;

/// What stands below the heading, in both forms.
const ADVICE: &str = "Each code works once, instead of a code from your phone. \
    Keep this page where nobody else will find it, and tick off each code you have used.";
/// What stands below the codes.
const FAREWELL: &str = "When you are running out, make new codes in your settings. The old ones stop working then.";
/// The widest line of the text file.
const COLUMNS: usize = 72;

/// The form of a sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(rename_all = "lowercase")]
pub(crate) enum Format {
    /// Plain text.
    Txt,
    /// A page to print.
    Pdf,
}

impl Format {
    /// Reads its name.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::Txt, Self::Pdf].into_iter().find(|format| format.as_str() == text)
    }

    /// Its name, which is also how its files end.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Txt => "txt",
            Self::Pdf => "pdf",
        }
    }

    /// Its media type.
    pub(crate) const fn media_type(self) -> &'static str {
        match self {
            Self::Txt => "text/plain; charset=utf-8",
            Self::Pdf => "application/pdf",
        }
    }
}

/// Everything on the sheet.
pub(crate) struct Sheet {
    /// The codes, whose they are and of when.
    pub(crate) codes: RecoverySheet,
}

impl Sheet {
    /// The file. A PDF is drawn off the runtime, for it takes some milliseconds.
    pub(crate) async fn write(self, format: Format) -> Result<Vec<u8>, Fault> {
        match format {
            Format::Txt => Ok(self.text().into_bytes()),
            Format::Pdf => tokio::task::spawn_blocking(move || pdf::draw(&self))
                .await
                .map_err(|error| Fault::new("drawing a PDF did not come to its end", error))?,
        }
    }

    fn text(&self) -> String {
        let mut lines = vec![
            format!("Recovery codes for {}", one_line(&self.codes.service)),
            String::new(),
            format!("Account: {}", one_line(&self.codes.account)),
            format!("Made:    {}", moment(self.codes.made_at)),
            String::new(),
        ];
        lines.extend(wrap(ADVICE, |line| line.chars().count() <= COLUMNS));
        lines.push(String::new());
        lines.extend(self.codes.codes.iter().map(|code| code.expose().to_owned()));
        lines.push(String::new());
        lines.extend(wrap(FAREWELL, |line| line.chars().count() <= COLUMNS));
        lines.push(String::new());
        lines.join("\n")
    }
}

/// A name on one line, without what cannot be seen.
fn one_line(text: &str) -> String {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).filter(|c| !hidden(*c)).collect()
}

/// Date and time to the minute.
fn moment(at: Timestamp) -> String {
    let at = at.to_datetime();
    format!("{} {} {}, {:02}:{:02} UTC", at.day(), at.month(), at.year(), at.hour(), at.minute())
}

/// Breaks a text into lines that fit: between words, and within a word where one alone is too long.
fn wrap(text: &str, fits: impl Fn(&str) -> bool) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if fits(&longer) {
            line = longer;
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        for letter in word.chars() {
            line.push(letter);
            if !fits(&line) && line.chars().count() > 1 {
                line.pop();
                lines.push(std::mem::replace(&mut line, letter.to_string()));
            }
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests;
