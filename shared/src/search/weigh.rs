//! How much a word says about an article. Whole numbers only: the logarithm of a phone and of a server may differ in its
//! last bit, and then two lists would.

use super::words::stems;
use std::collections::BTreeMap;

/// A text of an article and how much a word in it counts: a title more than a body.
#[derive(Clone, Copy, Debug)]
pub struct Field<'a> {
    /// What it says.
    pub text: &'a str,
    /// 1 for the body.
    pub weight: i64,
}

/// The length of an article, in words, at which length neither helps nor hurts.
const WORDS_USUAL: i64 = 90;
/// How many different words of an article are kept; those that come first.
const TERMS_MAX: usize = 1_500;

/// The stems of an article with what each says about it, in thousandths: more for each time, but ever less (BM25 with
/// k1 = 1.2 and b = 0.5).
pub fn terms_of(fields: &[Field<'_>]) -> BTreeMap<String, i64> {
    let mut times: BTreeMap<String, i64> = BTreeMap::new();
    let mut n_words = 0;
    for field in fields {
        for stem in stems(field.text) {
            n_words += 1;
            if times.len() < TERMS_MAX || times.contains_key(&stem) {
                *times.entry(stem).or_default() += field.weight;
            }
        }
    }
    // norm in thousandths: 1 - b + b * length / usual
    let norm = 500 + 500 * n_words / WORDS_USUAL;
    times.into_iter().map(|(stem, n)| (stem, 1_000 * n * 2_200 / (n * 1_000 + 12 * norm / 10))).collect()
}

/// How rare a word is, in 1/256: the binary logarithm of articles for each article that holds it.
pub fn idf(n_articles: i64, n_holding: i64) -> i64 {
    let ratio = (n_articles.max(0) + 1).saturating_mul(65_536) / (n_holding.max(0) + 1);
    log2_256(u64::try_from(ratio.max(65_536)).unwrap_or(65_536)) - 16 * 256 + 32
}

/// 256 times the binary logarithm, rounded down.
fn log2_256(value: u64) -> i64 {
    let whole = 63 - i64::from(value.max(1).leading_zeros());
    // The fraction bit by bit: squaring doubles a logarithm.
    let mut rest = if whole >= 31 { value >> (whole - 31) } else { value << (31 - whole) };
    let mut fraction = 0;
    for _ in 0..8 {
        let square = rest * rest;
        let carries = square >> 63 == 1;
        rest = if carries { square >> 32 } else { square >> 31 };
        fraction = fraction * 2 + i64::from(carries);
    }
    whole * 256 + fraction
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_word_in_the_title_says_more_and_a_third_time_says_little_more() {
        fn terms(text: &str, weight: i64) -> BTreeMap<String, i64> {
            terms_of(&[Field { text, weight }, Field { text: "other words stand here", weight: 1 }])
        }
        let of = |text: &str, weight| terms(text, weight)["screen"];
        assert!(of("screen", 3) > of("screen", 1));
        let (one, two, three) = (of("screen", 1), of("screen screen", 1), of("screen screen screen", 1));
        assert!(one < two && two < three && three - two < two - one);
        let long = "word ".repeat(500);
        assert!(terms(&format!("screen {long}"), 1)["screen"] < one);
    }

    #[test]
    fn a_rare_word_weighs_more_than_a_common_one() {
        assert!(idf(1_000, 1) > idf(1_000, 10));
        assert!(idf(1_000, 10) > idf(1_000, 900));
        assert!(idf(1_000, 1_000) > 0 && idf(0, 0) > 0 && idf(10, 20) > 0);
    }

    proptest! {
        #[test]
        fn the_logarithm_is_right_to_its_last_place(value in 1u64..u64::MAX) {
            #[expect(clippy::cast_precision_loss, reason = "the oracle may be a little off")]
            let expected = (value as f64).log2() * 256.0;
            #[expect(clippy::cast_precision_loss, reason = "small")]
            let found = log2_256(value) as f64;
            prop_assert!((found - expected).abs() <= 1.01, "{} {}", found, expected);
        }
    }
}
