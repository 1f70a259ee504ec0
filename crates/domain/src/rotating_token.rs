//! A token that is replaced as it is used: `family ‖ secret`. The family stays, the secret changes.
//!
//! Whoever shows the family with another secret held an older token of that very family, however old it is. Whoever does
//! not know the family cannot make anything of a guess.

use data_encoding::BASE64URL_NOPAD;
use rand::CryptoRng;

use crate::secret::{SecretText, TokenHash, new_token};

/// What a token of the hosted pages begins with. It is hashed with the rest: a token of theirs is none of the API's, and
/// the other way round.
const OF_PAGES: &str = "page.";

/// Such a token as it was received, taken apart.
#[derive(Clone, Debug)]
pub struct RotatingToken {
    /// With its prefix, if it has one.
    family: SecretText,
    whole: TokenHash,
}

impl RotatingToken {
    /// Draws the first token of a new family.
    pub(crate) fn draw(rng: &mut dyn CryptoRng) -> (Self, SecretText) {
        Self::draw_in(new_token(rng), rng)
    }

    /// Draws the first token of a new family for the hosted pages.
    pub(crate) fn draw_for_pages(rng: &mut dyn CryptoRng) -> (Self, SecretText) {
        Self::draw_in(SecretText::new(format!("{OF_PAGES}{}", new_token(rng).expose())), rng)
    }

    fn draw_in(family: SecretText, rng: &mut dyn CryptoRng) -> (Self, SecretText) {
        let token = join(&family, rng);
        let whole = TokenHash::of(token.expose());
        (Self { family, whole }, token)
    }

    /// Takes a received token apart; `None` when it has not the form of one.
    pub fn parse(token: &str) -> Option<Self> {
        let family = token.get(..43)?;
        if token.len() != 86 || BASE64URL_NOPAD.decode(family.as_bytes()).is_err() {
            return None;
        }
        Some(Self { family: SecretText::new(family), whole: TokenHash::of(token) })
    }

    /// As [`RotatingToken::parse`], for a token of the hosted pages.
    pub fn parse_of_pages(token: &str) -> Option<Self> {
        Self::parse(token.strip_prefix(OF_PAGES)?)?;
        let family = token.get(..OF_PAGES.len() + 43)?;
        Some(Self { family: SecretText::new(family), whole: TokenHash::of(token) })
    }

    /// What its owner is found by.
    pub fn family(&self) -> TokenHash {
        TokenHash::of(self.family.expose())
    }

    /// What is stored of this very token.
    pub(crate) const fn whole(&self) -> TokenHash {
        self.whole
    }

    /// Whether it is the one whose hash is stored.
    pub(crate) fn is(&self, stored: &TokenHash) -> bool {
        self.whole.matches(stored)
    }

    /// Draws the next token of this family.
    pub(crate) fn next(&self, rng: &mut dyn CryptoRng) -> (TokenHash, SecretText) {
        let token = join(&self.family, rng);
        (TokenHash::of(token.expose()), token)
    }
}

fn join(family: &SecretText, rng: &mut dyn CryptoRng) -> SecretText {
    SecretText::new(format!("{}{}", family.expose(), new_token(rng).expose()))
}
