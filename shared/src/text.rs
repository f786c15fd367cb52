//! Text that people typed, parsed at the door: bounded, trimmed, free of U+0000 and other control characters
//! (PostgreSQL refuses NUL, so one such note would wedge an outbox for ever).

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Why a text was refused. The sentence can stand beside the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadText {
    /// Nothing but space.
    #[error("please fill this in")]
    Empty,
    /// More characters than fit.
    #[error("this is too long: at most {max} characters")]
    TooLong {
        /// The most that fit.
        max: usize,
    },
    /// A control character or U+0000.
    #[error("this holds a character that cannot be kept; please type it again")]
    Control,
    /// Right characters, wrong shape.
    #[error("{expected}")]
    Shape {
        /// What a right one looks like.
        expected: &'static str,
    },
}

/// One line of text with at most `MAX` characters, never empty.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Line<const MAX: usize>(String);

/// Text of several lines with at most `MAX` characters, never empty. Line ends are `\n`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Prose<const MAX: usize>(String);

/// A word of a closed or admin-kept list: lower-case letters, digits, `_` and `-`, at most 40.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slug(String);

/// An e-mail address: something, one `@`, a domain. Only a sent message proves more.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Email(String);

/// A phone number in E.164: `+` and 7 to 15 digits. The door reads other spellings into it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Phone(String);

/// A person's or a company's name.
pub type Name = Line<100>;
/// One line of an address, a product's make or model.
pub type ShortLine = Line<120>;
/// What is wrong, in one line.
pub type Title = Line<140>;
/// What is wrong, at length; also an access note.
pub type Description = Prose<4000>;
/// What an expert did.
pub type Summary = Prose<2000>;
/// A note on a ticket.
pub type NoteText = Prose<4000>;
/// Why a person did something.
pub type Reason = Line<300>;

fn bounded(text: &str, max: usize) -> Result<(), BadText> {
    if text.is_empty() {
        Err(BadText::Empty)
    } else if text.chars().count() > max {
        Err(BadText::TooLong { max })
    } else {
        Ok(())
    }
}

impl<const MAX: usize> FromStr for Line<MAX> {
    type Err = BadText;
    fn from_str(text: &str) -> Result<Self, BadText> {
        let text: String = text.trim().nfc().map(|char| if char == '\t' { ' ' } else { char }).collect();
        bounded(&text, MAX)?;
        if text.chars().any(|char| char.is_control() || matches!(char, '\u{2028}' | '\u{2029}')) {
            return Err(BadText::Control);
        }
        Ok(Self(text))
    }
}

impl<const MAX: usize> FromStr for Prose<MAX> {
    type Err = BadText;
    fn from_str(text: &str) -> Result<Self, BadText> {
        let text: String = text.replace("\r\n", "\n").replace('\r', "\n").trim().nfc().collect();
        bounded(&text, MAX)?;
        if text.chars().any(|char| char.is_control() && !matches!(char, '\n' | '\t')) {
            return Err(BadText::Control);
        }
        Ok(Self(text))
    }
}

impl FromStr for Slug {
    type Err = BadText;
    fn from_str(text: &str) -> Result<Self, BadText> {
        bounded(text, 40)?;
        let right =
            text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte));
        if right {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadText::Shape { expected: "only lower-case letters, digits, - and _ can stand here" })
        }
    }
}

impl FromStr for Email {
    type Err = BadText;
    fn from_str(text: &str) -> Result<Self, BadText> {
        const SHAPE: BadText = BadText::Shape { expected: "an e-mail address looks like mia@example.com" };
        let text = text.trim();
        bounded(text, 254)?;
        let (local, domain) = text.rsplit_once('@').ok_or(SHAPE)?;
        let label = |label: &str| {
            (1..=63).contains(&label.len()) && label.chars().all(|char| char.is_alphanumeric() || char == '-')
        };
        let local_ok = (1..=64).contains(&local.len())
            && local
                .chars()
                .all(|char| !char.is_whitespace() && !char.is_control() && !r#"@<>(),;:\"[]"#.contains(char));
        let domain_ok = domain.contains('.') && domain.split('.').all(label);
        if local_ok && domain_ok { Ok(Self(format!("{local}@{}", domain.to_lowercase()))) } else { Err(SHAPE) }
    }
}

impl FromStr for Phone {
    type Err = BadText;
    fn from_str(text: &str) -> Result<Self, BadText> {
        bounded(text, 16)?;
        let digits = text.strip_prefix('+').unwrap_or_default();
        if (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadText::Shape { expected: "a phone number looks like +1 212 555 0100" })
        }
    }
}

impl<const MAX: usize> Prose<MAX> {
    /// The most characters that fit.
    pub const MAX: usize = MAX;
}

macro_rules! plain_text {
    ($([$($generics:tt)*] $type:ty),* $(,)?) => {$(
        impl<$($generics)*> $type {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl<$($generics)*> fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl<$($generics)*> From<$type> for String {
            fn from(text: $type) -> Self {
                text.0
            }
        }
        impl<$($generics)*> Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }
        impl<'de, $($generics)*> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}
plain_text!([const MAX: usize] Line<MAX>, [const MAX: usize] Prose<MAX>, [] Slug, [] Email, [] Phone);

/// The key under which people's text is searched and sorted: no accents, lower case, single spaces. Both engines and
/// the phone compare these bytes, so all three agree.
pub fn fold_key(text: &str) -> String {
    let bare: String = text.nfkd().filter(|char| !is_combining_mark(*char)).flat_map(char::to_lowercase).collect();
    let plain = bare.replace('ß', "ss").replace('ø', "o").replace('ł', "l").replace('đ', "d").replace('æ', "ae");
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_a_database_cannot_keep_is_refused() {
        assert_eq!("a\0b".parse::<Name>(), Err(BadText::Control));
        assert_eq!("a\u{7}b".parse::<NoteText>(), Err(BadText::Control));
        assert_eq!("a\nb".parse::<Name>(), Err(BadText::Control));
        assert_eq!("  ".parse::<Name>(), Err(BadText::Empty));
        assert_eq!("é".repeat(101).parse::<Name>(), Err(BadText::TooLong { max: 100 }));
    }

    #[test]
    fn lines_and_accents_arrive_as_they_were_meant() {
        assert_eq!("a\r\nb\rc".parse::<NoteText>().unwrap().as_str(), "a\nb\nc");
        assert_eq!("e\u{301}".parse::<Name>().unwrap().as_str(), "é");
        assert_eq!(" Zoë  O'Brien-Núñez ".parse::<Name>().unwrap().as_str(), "Zoë  O'Brien-Núñez");
    }

    #[test]
    fn search_keys_forget_accents_case_and_spaces() {
        for (text, key) in [("Zoë  Núñez", "zoe nunez"), ("ŁUKASZ Straße", "lukasz strasse"), ("Søren", "soren")]
        {
            assert_eq!(fold_key(text), key);
        }
    }

    #[test]
    fn addresses_are_checked_by_shape_only() {
        for good in ["mia@example.com", "o'brien+tv@Sub.Example.org", "zoë@exämple.de"] {
            assert!(good.parse::<Email>().is_ok(), "{good}");
        }
        for bad in ["mia", "@example.com", "mia@", "mia@example", "m ia@example.com", "a@b@c.d", "mia@exa_mple.com"] {
            assert!(bad.parse::<Email>().is_err(), "{bad}");
        }
        assert!("+12125550100".parse::<Phone>().is_ok());
        assert!("2125550100".parse::<Phone>().is_err());
    }

    proptest! {
        #[test]
        fn parsing_twice_changes_nothing(text: String) {
            if let Ok(once) = text.parse::<NoteText>() {
                prop_assert_eq!(once.as_str().parse::<NoteText>(), Ok(once));
            }
            let key = fold_key(&text);
            prop_assert_eq!(fold_key(&key), key);
        }
    }
}
