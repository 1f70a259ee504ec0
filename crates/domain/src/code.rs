//! A code as a person typed it, before anyone knows what kind it is.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::recovery_code::{self, RecoveryCode};

/// What was typed: one endpoint takes every kind, and the shape says which it can be.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub enum TypedCode {
    /// Six ASCII digits, as authenticators, SMS and e-mail give them.
    Digits(u32),
    /// Twelve symbols of a recovery code.
    Recovery(RecoveryCode),
    /// Anything else: a wrong guess like any other.
    Other,
}

impl fmt::Debug for TypedCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TypedCode")
    }
}

impl TypedCode {
    /// Reads a code. Spaces (U+0020) are forgiven, and dashes between the symbols; no other spelling of a digit is.
    pub fn parse(text: &str) -> Self {
        let dash_outside = text.trim_matches(' ').starts_with('-') || text.trim_matches(' ').ends_with('-');
        let mut plain: String = text.chars().filter(|c| *c != ' ' && *c != '-').collect();
        let typed = if !dash_outside && plain.len() == 6 && plain.bytes().all(|byte| byte.is_ascii_digit()) {
            plain.parse().map_or(Self::Other, Self::Digits)
        } else {
            recovery_code::RecoveryCode::parse(&plain).map_or(Self::Other, Self::Recovery)
        };
        plain.zeroize();
        typed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_digits_are_read_with_their_leading_zero() {
        for text in ["012345", " 012 345 ", "012-345"] {
            assert!(matches!(TypedCode::parse(text), TypedCode::Digits(12345)), "{text:?}");
        }
    }

    #[test]
    fn other_spellings_are_not_digits() {
        for text in [
            "12345",
            "-123456",
            "123456-",
            "1234567",
            "+12345",
            "1.23e5",
            "0x1E24",
            "１２３４５６",
            "١٢٣٤٥٦",
            "12345\u{200b}6",
            "\u{feff}123456",
            "123456\n",
            "123456\0",
            "null",
            "",
        ] {
            assert!(matches!(TypedCode::parse(text), TypedCode::Other), "{text:?}");
        }
    }

    #[test]
    fn recovery_codes_are_told_apart_by_shape() {
        assert!(matches!(TypedCode::parse("abcd-efgh-jkmn"), TypedCode::Recovery(_)));
    }
}
