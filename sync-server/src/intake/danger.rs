//! Words that speak of danger: smoke, a burning smell, a shock, sparks, a swollen battery. Whoever writes them may not have
//! found the right line of the list, so a ticket with such words counts as dangerous whatever was chosen. One call too many
//! is better than one too few; what only sounds like it ("the smoke detector beeps") is left out. Pure.

use shared::text::fold_key;

/// Single words, folded.
const WORDS: &[&str] = &[
    "smoke",
    "smokes",
    "smoking",
    "smoked",
    "smoky",
    "burning",
    "burnt",
    "scorched",
    "flame",
    "flames",
    "sparks",
    "sparking",
    "spark",
    "shock",
    "shocks",
    "electrocuted",
    "swollen",
    "bulging",
    "bloated",
    "melted",
    "melting",
    "rauch",
    "raucht",
    "qualm",
    "qualmt",
    "brennt",
    "brandgeruch",
    "verbrannt",
    "verschmort",
    "funken",
    "stromschlag",
    "aufgeblaht",
];
/// Two words in a row that mean danger together.
const PAIRS: &[(&str, &str)] =
    &[("on", "fire"), ("caught", "fire"), ("catches", "fire"), ("catching", "fire"), ("burned", "through")];
/// A word that means no danger when this one follows.
const HARMLESS: &[(&str, &str)] = &[
    ("smoke", "detector"),
    ("smoke", "detectors"),
    ("smoke", "alarm"),
    ("smoke", "alarms"),
    ("smoke", "sensor"),
    ("smoke", "sensors"),
    ("burning", "cd"),
    ("burning", "cds"),
    ("burning", "dvd"),
    ("burning", "dvds"),
    ("burning", "discs"),
    ("shock", "sensor"),
    ("shock", "resistant"),
    ("shock", "absorber"),
];

/// Whether somebody writes of danger.
pub(crate) fn speaks_of_danger(text: &str) -> bool {
    let key = fold_key(text);
    let words: Vec<&str> = key.split(|char: char| !char.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.iter().enumerate().any(|(at, word)| {
        let next = words.get(at + 1).copied().unwrap_or_default();
        (WORDS.contains(word) && !HARMLESS.contains(&(word, next))) || PAIRS.contains(&(word, next))
    })
}

/// The words that a page may look for while somebody types.
pub(crate) fn words_to_watch() -> String {
    WORDS.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn danger_is_heard_in_any_form_and_what_only_sounds_like_it_is_not() {
        for text in [
            "There is SMOKE coming out",
            "a burning smell since the storm",
            "it gave me a shock",
            "the battery is swollen.",
            "plug caught fire",
            "Der Akku ist aufgebläht",
            "no smoke now, but smoked before",
        ] {
            assert!(speaks_of_danger(text), "{text}");
        }
        for text in [
            "the smoke detector beeps",
            "Fire TV does not start",
            "burning DVDs fails",
            "no picture",
            "a shocking price",
            "shock-resistant phone does not charge",
            "",
        ] {
            assert!(!speaks_of_danger(text), "{text}");
        }
    }
}
