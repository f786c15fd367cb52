//! Cuts text into words and words down to their stems.
//!
//! `Wi-Fi` is one word and also its parts; an apostrophe is nothing; a point stays inside a number. Words that stand in
//! every sentence are left out. A word of any script is kept, only English is stemmed.

use crate::text::fold_key;
use rust_stemmers::{Algorithm, Stemmer};

/// Longer words are cut: nobody types them, and each is a key in a table.
const WORD_CHARS_MAX: usize = 40;

/// What says nothing about a trouble. Sorted.
const EMPTY_WORDS: [&str; 97] = [
    "a", "about", "after", "all", "also", "am", "an", "and", "any", "anything", "are", "as", "at", "be", "because",
    "been", "but", "by", "can", "cannot", "cant", "could", "did", "didnt", "do", "does", "doesnt", "doing", "dont",
    "for", "from", "get", "gets", "had", "has", "hasnt", "have", "havent", "he", "help", "her", "his", "how", "i",
    "if", "im", "in", "into", "is", "isnt", "it", "its", "ive", "just", "like", "me", "my", "of", "on", "or", "our",
    "please", "s", "she", "should", "so", "some", "t", "than", "that", "the", "their", "them", "then", "there",
    "these", "they", "this", "to", "too", "us", "very", "was", "wasnt", "we", "were", "what", "when", "which", "who",
    "why", "will", "with", "wont", "would", "you", "your",
];

/// A word as it stands in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Folded, whole: `wifi` of `Wi-Fi`.
    pub whole: String,
    /// The parts of a word with hyphens; none of a plain one.
    pub parts: Vec<String>,
}

/// The words of a text in order, folded; the empty ones are left out.
pub fn tokens(text: &str) -> Vec<Token> {
    let folded = fold_key(text);
    let chars: Vec<char> = folded.chars().collect();
    let mut found = Vec::new();
    let mut parts: Vec<String> = vec![String::new()];
    for at in 0..=chars.len() {
        let before = at.checked_sub(1).map(|at| chars[at]);
        let after = chars.get(at + 1).copied();
        let is_between = |test: fn(char) -> bool| before.is_some_and(test) && after.is_some_and(test);
        match chars.get(at).copied() {
            Some(char) if char.is_alphanumeric() => parts.last_mut().expect("never empty").push(char),
            Some('\'' | '’' | '`' | '´') if is_between(char::is_alphanumeric) => {}
            Some('.' | ',') if is_between(|char| char.is_ascii_digit()) => {
                parts.last_mut().expect("never empty").push('.');
            }
            Some('-' | '‐' | '‑') if is_between(char::is_alphanumeric) => parts.push(String::new()),
            Some(_) | None => {
                let token = token(std::mem::replace(&mut parts, vec![String::new()]));
                found.extend(token);
            }
        }
    }
    found
}

fn token(parts: Vec<String>) -> Option<Token> {
    let parts: Vec<String> = parts.into_iter().map(|part| part.chars().take(WORD_CHARS_MAX).collect()).collect();
    let whole: String = parts.concat().chars().take(WORD_CHARS_MAX).collect();
    let is_plain = parts.len() == 1;
    if whole.is_empty() || is_plain && is_empty_word(&whole) {
        return None;
    }
    let parts = parts.into_iter().filter(|part| !is_plain && !part.is_empty() && !is_empty_word(part)).collect();
    Some(Token { whole, parts })
}

fn is_empty_word(word: &str) -> bool {
    EMPTY_WORDS.binary_search(&word).is_ok()
}

/// A folded word without its ending.
pub(super) fn stem(word: &str) -> String {
    // Words with a digit are models and sizes, and other scripts have other endings.
    if word.bytes().all(|byte| byte.is_ascii_lowercase()) {
        Stemmer::create(Algorithm::English).stem(word).into_owned()
    } else {
        word.to_owned()
    }
}

/// The stems of a text in order, those of a hyphened word's parts after it.
pub fn stems(text: &str) -> Vec<String> {
    tokens(text)
        .iter()
        .flat_map(|token| std::iter::once(&token.whole).chain(&token.parts))
        .map(|word| stem(word))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_empty_words_are_sorted_so_that_they_are_found() {
        assert!(EMPTY_WORDS.is_sorted());
    }

    #[test]
    fn texts_are_cut_as_people_mean_them() {
        let cases: [(&str, &[&str]); 9] = [
            ("My TV won't turn on!", &["tv", "turn"]),
            ("Wi-Fi drops", &["wifi", "wi", "fi", "drop"]),
            ("2.4 GHz, not 5 GHz.", &["2.4", "ghz", "not", "5", "ghz"]),
            ("Fernseher größer/kleiner", &["fernseh", "grosser", "kleiner"]),
            ("charging charged charger", &["charg", "charg", "charger"]),
            ("Q60-B", &["q60b", "q60", "b"]),
            ("- ' . --", &[]),
            ("the it is", &[]),
            ("电视 没有", &["电视", "没有"]),
        ];
        for (text, expected) in cases {
            assert_eq!(stems(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_cut_into_bounded_folded_words(text: String) {
            for token in tokens(&text) {
                prop_assert!(!token.whole.is_empty());
                prop_assert!(token.whole.chars().count() <= WORD_CHARS_MAX);
                prop_assert!(!token.whole.contains(char::is_whitespace));
            }
        }
    }
}
