//! The bearer of a sign-in: 256 random bits, of which the server keeps the SHA-256. Whoever reads the table can sign in
//! as nobody. Pure.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use shared::chance::Chance;
use std::fmt::Write as _;

/// The plain token. It goes to its owner once and is nowhere kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

/// What the table keeps of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TokenHash(String);

impl Token {
    /// A new one.
    pub fn new(chance: &dyn Chance) -> Self {
        let mut bytes = [0; 32];
        chance.fill(&mut bytes);
        Self(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// The text, for its owner.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What the table keeps.
    pub fn hash(&self) -> TokenHash {
        TokenHash::of(&self.0)
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token")
    }
}

impl TokenHash {
    /// Of the text that a caller sent, whatever it is.
    pub fn of(text: &str) -> Self {
        let hash = Sha256::digest(text.as_bytes());
        Self(hash.iter().fold(String::with_capacity(64), |mut text, byte| {
            write!(text, "{byte:02x}").expect("writing to a string works");
            text
        }))
    }

    pub(super) fn from_row(text: String) -> Self {
        Self(text)
    }

    /// The column's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::chance::Seeded;

    #[test]
    fn a_token_is_found_by_its_hash_and_shows_nowhere() {
        let chance = Seeded::new(1);
        let (token, other) = (Token::new(&chance), Token::new(&chance));
        assert_eq!(TokenHash::of(token.expose()), token.hash());
        assert_ne!(token.hash(), other.hash());
        assert_eq!(token.expose().len(), 43);
        assert!(!format!("{token:?}").contains(token.expose()));
    }
}
