//! The alphabet of SMS. A message of it has room for 160 characters; one character outside leaves room for 70, so
//! what can be written with near letters is.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// GSM 03.38, basic table. The letters a-z, A-Z and digits are tested apart.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà";
/// These take two places.
const EXTENDED: &str = "^{}\\[~]|€";

/// How much room a text takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// All its characters are of the GSM alphabet.
    pub is_gsm: bool,
    /// Septets in the GSM alphabet, else UTF-16 units.
    pub n_units: usize,
    /// Messages that it is sent as.
    pub n_parts: usize,
}

fn units(char: char) -> Option<usize> {
    if char.is_ascii_alphanumeric() || BASIC.contains(char) { Some(1) } else { EXTENDED.contains(char).then_some(2) }
}

/// Measures a text.
pub fn measure(text: &str) -> Size {
    let gsm_units: Option<usize> = text.chars().map(units).sum();
    let (is_gsm, n_units, alone, chained) = match gsm_units {
        Some(n_units) => (true, n_units, 160, 153),
        None => (false, text.encode_utf16().count(), 70, 67),
    };
    let n_parts = if n_units <= alone { 1 } else { n_units.div_ceil(chained) };
    Size { is_gsm, n_units, n_parts }
}

/// The text with near letters for what the GSM alphabet lacks (ł, ő, “, …). What has none stays as it is.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for char in text.nfc() {
        if units(char).is_some() {
            folded.push(char);
            continue;
        }
        let near = match char {
            '‘' | '’' | '´' | '`' => "'",
            '“' | '”' | '„' | '«' | '»' => "\"",
            '–' | '—' | '−' => "-",
            '…' => "...",
            '\t' | '\u{a0}' | '\u{202f}' => " ",
            'ł' => "l",
            'Ł' => "L",
            'đ' => "d",
            'Đ' => "D",
            _ => "",
        };
        if near.is_empty() {
            let bare: String = [char].into_iter().nfkd().filter(|char| !is_combining_mark(*char)).collect();
            let has_near = !bare.is_empty() && bare.chars().all(|char| units(char).is_some());
            if has_near { folded.push_str(&bare) } else { folded.push(char) }
        } else {
            folded.push_str(near);
        }
    }
    folded
}

/// The text in at most `max` characters, cut after a word where one ends near, with dots.
pub fn shorten(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let kept: String = text.chars().take(max.saturating_sub(3)).collect();
    let ends_a_word = text[kept.len()..].starts_with(' ');
    let at_word = kept.rfind(' ').filter(|at| !ends_a_word && *at * 2 > kept.len()).unwrap_or(kept.len());
    format!("{}...", kept[..at_word].trim_end_matches([' ', ',', '.', ';', ':']))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn room_is_counted_as_a_network_counts_it() {
        let size = |is_gsm, n_units, n_parts| Size { is_gsm, n_units, n_parts };
        assert_eq!(measure(&"a".repeat(160)), size(true, 160, 1));
        assert_eq!(measure(&"a".repeat(161)), size(true, 161, 2));
        assert_eq!(measure("10 €"), size(true, 5, 1));
        assert_eq!(measure("Łukasz"), size(false, 6, 1));
        assert_eq!(measure(&"ж".repeat(71)), size(false, 71, 2));
    }

    #[test]
    fn near_letters_stand_for_what_is_missing() {
        assert_eq!(fold("Łukasz “Zoë” Núñez – ok…"), "Lukasz \"Zoe\" Nuñez - ok...");
        assert_eq!(fold("Жанна"), "Жанна");
    }

    #[test]
    fn a_long_text_ends_after_a_word() {
        assert_eq!(shorten("short", 10), "short");
        assert_eq!(shorten("No picture on the big television", 20), "No picture on the...");
        assert_eq!(shorten(&"x".repeat(30), 10), "xxxxxxx...");
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing_and_shortening_keeps_its_bound(text: String, max in 3_usize..50) {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
            prop_assert!(shorten(&text, max).chars().count() <= max);
        }
    }
}
