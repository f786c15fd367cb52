//! Ticket numbers: short, speakable, with a check character that catches every single wrong character and every swap
//! of two. A caller reads one over a bad line; the agent must not open somebody else's ticket.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// Crockford's base 32: no I, L, O or U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Characters before the check character.
const DIGITS: usize = 8;

/// A ticket's number: 8 characters and one check character, written in threes: `7KM-Q2D-9XA`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TicketNumber([u8; DIGITS]);

/// Why a text is not a ticket number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotATicketNumber {
    /// Wrong number of characters, or one that is never used.
    #[error("a ticket number has nine letters and digits, like 7KM-Q2D-9XA")]
    Shape,
    /// Right shape, but it cannot be right: something was misheard or mistyped.
    #[error("one character of this ticket number is wrong; please check it")]
    Check,
}

impl TicketNumber {
    /// The number that these 40 bits name. The server takes them from a keyed hash (reliability.md), so that every
    /// server gives a retry the same number.
    pub fn from_hash(hash: [u8; 5]) -> Self {
        let bits = hash.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        let mut digits = [0; DIGITS];
        for (place, digit) in digits.iter_mut().enumerate() {
            *digit = u8::try_from(bits >> (35 - 5 * place) & 31).expect("five bits fit a byte");
        }
        Self(digits)
    }

    /// The nine characters without dashes, as tables keep them.
    pub fn compact(self) -> String {
        self.0.iter().chain([&check(self.0)]).map(|digit| char::from(ALPHABET[usize::from(*digit)])).collect()
    }
}

/// Σ xⁱ·dᵢ in GF(32), x⁵ = x² + 1. x has order 31, so all places weigh differently and any one change or swap shows.
fn check(digits: [u8; DIGITS]) -> u8 {
    digits.iter().fold(0, |sum: u8, digit| {
        let mixed = sum ^ digit;
        let doubled = mixed << 1;
        if doubled & 32 == 0 { doubled } else { (doubled ^ 0b10_0101) & 31 }
    })
}

impl fmt::Display for TicketNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.compact();
        write!(f, "{}-{}-{}", &text[..3], &text[3..6], &text[6..])
    }
}

impl fmt::Debug for TicketNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for TicketNumber {
    type Err = NotATicketNumber;

    /// Reads what people type: any case, with or without dashes, dots and spaces, O for 0, I and L for 1.
    fn from_str(text: &str) -> Result<Self, NotATicketNumber> {
        let mut read = [0; DIGITS + 1];
        let mut n_read = 0;
        for char in text.chars().filter(|char| !matches!(char, '-' | ' ' | '.' | '\u{a0}')) {
            let char = match char.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            };
            let digit = ALPHABET.iter().position(|known| char::from(*known) == char).ok_or(NotATicketNumber::Shape)?;
            *read.get_mut(n_read).ok_or(NotATicketNumber::Shape)? = u8::try_from(digit).expect("below 32");
            n_read += 1;
        }
        let [digits @ .., last] = read;
        if n_read != DIGITS + 1 {
            Err(NotATicketNumber::Shape)
        } else if check(digits) == last {
            Ok(Self(digits))
        } else {
            Err(NotATicketNumber::Check)
        }
    }
}

impl Serialize for TicketNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TicketNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn people_may_type_it_their_way() {
        let number = TicketNumber::from_hash([1, 2, 3, 4, 5]);
        let text = number.to_string();
        assert_eq!(text.len(), 11);
        for way in
            [text.to_lowercase(), text.replace('-', " "), number.compact(), text.replace('0', "o").replace('1', "l")]
        {
            assert_eq!(way.parse(), Ok(number), "{way}");
        }
        assert_eq!("".parse::<TicketNumber>(), Err(NotATicketNumber::Shape));
        assert_eq!("7KM-Q2D-9XAA".parse::<TicketNumber>(), Err(NotATicketNumber::Shape));
        assert_eq!("7KM-Q2D-9X!".parse::<TicketNumber>(), Err(NotATicketNumber::Shape));
    }

    proptest! {
        #[test]
        fn one_wrong_character_never_opens_another_ticket(hash: [u8; 5], place in 0_usize..9, other in 0_usize..32) {
            let mut text = TicketNumber::from_hash(hash).compact().into_bytes();
            let was = text[place];
            text[place] = ALPHABET[other];
            let read = String::from_utf8(text).unwrap().parse::<TicketNumber>();
            prop_assert_eq!(read.is_ok(), was == ALPHABET[other]);
        }

        #[test]
        fn two_swapped_characters_never_open_another_ticket(hash: [u8; 5], a in 0_usize..9, b in 0_usize..9) {
            let mut text = TicketNumber::from_hash(hash).compact().into_bytes();
            let same = text[a] == text[b];
            text.swap(a, b);
            prop_assert_eq!(String::from_utf8(text).unwrap().parse::<TicketNumber>().is_ok(), same);
        }
    }
}
