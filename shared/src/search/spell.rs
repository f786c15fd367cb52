//! What a word could have been meant to be: misspelt by one or two letters, depending on its length.
//!
//! A vocabulary is not walked. Each of its words is kept under a few keys (the word with one letter left out, and its
//! skeleton without vowels), a misspelt word is looked up under its own keys, and what is found is measured.

use std::collections::BTreeSet;

/// Words shorter than this must be right: one letter makes `tv` into `pv` and into `tx`.
const CHARS_MIN: usize = 4;
/// Words from this length on may have two mistakes.
const TWO_CHARS_MIN: usize = 7;

/// How many mistakes a word of this length may have.
pub(super) fn mistakes_max(word: &str) -> usize {
    match word.chars().count() {
        ..CHARS_MIN => 0,
        CHARS_MIN..TWO_CHARS_MIN => 1,
        TWO_CHARS_MIN.. => 2,
    }
}

/// The keys under which a stem is kept and looked up. None of a word that must be right.
pub fn keys(stem: &str) -> BTreeSet<String> {
    let chars: Vec<char> = stem.chars().collect();
    if chars.len() + 1 < CHARS_MIN || chars.iter().any(|char| !char.is_alphabetic()) {
        return BTreeSet::new();
    }
    let without = |left_out: usize| {
        let kept = chars.iter().enumerate().filter(|(at, _)| *at != left_out).map(|(_, char)| *char);
        kept.collect::<String>()
    };
    let mut keys: BTreeSet<String> = (0..chars.len()).map(without).collect();
    keys.insert(stem.to_owned());
    if chars.len() >= TWO_CHARS_MIN - 1 {
        keys.insert(skeleton(&chars));
    }
    keys
}

/// Consonants once each, in order and by sound: what people get right of a long word. The dot keeps it apart from words.
fn skeleton(chars: &[char]) -> String {
    let mut text = String::from(".");
    for (at, char) in chars.iter().enumerate() {
        let sound = match (char, chars.get(at + 1)) {
            ('a' | 'e' | 'i' | 'o' | 'u' | 'y' | 'h', _) => continue,
            ('p', Some('h')) => 'f',
            ('c' | 'q', _) => 'k',
            ('z', _) => 's',
            (other, _) => *other,
        };
        if !text.ends_with(sound) {
            text.push(sound);
        }
    }
    text
}

/// How many letters lie between two words: put in, left out, changed, or swapped with the next. None: more than `max`.
pub(super) fn distance(one: &str, other: &str, max: usize) -> Option<usize> {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    if one.len().abs_diff(other.len()) > max {
        return None;
    }
    let width = other.len() + 1;
    let mut before_last: Vec<usize> = vec![0; width];
    let mut last: Vec<usize> = (0..width).collect();
    for (row, char) in one.iter().enumerate() {
        let mut line = vec![row + 1; width];
        for column in 1..width {
            let differs = usize::from(*char != other[column - 1]);
            let mut best = (last[column] + 1).min(line[column - 1] + 1).min(last[column - 1] + differs);
            if row > 0 && column > 1 && *char == other[column - 2] && one[row - 1] == other[column - 1] {
                best = best.min(before_last[column - 2] + 1);
            }
            line[column] = best;
        }
        if line.iter().min().is_none_or(|least| *least > max) {
            return None;
        }
        before_last = std::mem::replace(&mut last, line);
    }
    last.last().copied().filter(|found| *found <= max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn letters_put_in_left_out_changed_and_swapped_count_one_each() {
        let cases = [
            ("printer", "printer", Some(0)),
            ("prnter", "printer", Some(1)),
            ("printter", "printer", Some(1)),
            ("ptinter", "printer", Some(1)),
            ("pritner", "printer", Some(1)),
            ("pirtner", "printer", Some(2)),
            ("scanner", "printer", None),
            ("a", "printer", None),
        ];
        for (one, other, expected) in cases {
            assert_eq!(distance(one, other, 2), expected, "{one} {other}");
        }
    }

    #[test]
    fn a_misspelt_word_shares_a_key_with_the_right_one() {
        let pairs = [
            ("televison", "television"),
            ("blutooth", "bluetooth"),
            ("bluetoth", "bluetooth"),
            ("scren", "screen"),
            ("rotuer", "router"),
            ("refrigirater", "refrigerator"),
            ("thermastat", "thermostat"),
            ("battrey", "battery"),
            ("headfone", "headphone"),
            ("skrean", "screen"),
        ];
        for (typed, right) in pairs {
            assert!(!keys(typed).is_disjoint(&keys(right)), "{typed}");
        }
        assert!(keys("tv").is_empty() && keys("q60b").is_empty());
    }

    proptest! {
        #[test]
        fn any_one_mistake_is_found_under_a_key(word in "[a-z]{5,12}", at in 0usize..4, letter in "[a-z]", kind in 0u8..4) {
            let mut chars: Vec<char> = word.chars().collect();
            let letter = letter.chars().next().unwrap();
            match kind {
                0 => { chars.remove(at); }
                1 => chars.insert(at, letter),
                2 => chars[at] = letter,
                _ => chars.swap(at, at + 1),
            }
            let typed: String = chars.into_iter().collect();
            prop_assert!(!keys(&typed).is_disjoint(&keys(&word)), "{} {}", typed, word);
            prop_assert!(distance(&typed, &word, 1).is_some());
            prop_assert_eq!(distance(&typed, &word, 2), distance(&word, &typed, 2));
        }
    }
}
