//! What somebody wrote, as far as it is an answer. Pure.
//!
//! Only a message that is nothing but an answer is taken for one: "No problem, I am coming" is no no.

use shared::number::TicketNumber;
use shared::text::fold_key;

/// Characters of a short number at least: one alone is mistyped too easily.
const SHORT_MIN: usize = 2;

/// What somebody wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// No more messages.
    Stop,
    /// Messages again.
    Start,
    /// Yes, to the ticket whose number begins so, or to what was asked.
    Yes(Option<String>),
    /// No, likewise.
    No(Option<String>),
    /// Anything else.
    Words,
}

/// The words that Twilio itself obeys, and those of our languages.
const STOP: [&str; 11] =
    ["stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "stopp", "abmelden", "arret"];
const START: [&str; 3] = ["start", "unstop", "anmelden"];
const YES: [&str; 12] = ["yes", "y", "yep", "ok", "okay", "accept", "ja", "j", "si", "oui", "tak", "sim"];
const NO: [&str; 9] = ["no", "n", "nope", "decline", "nein", "non", "nie", "nao", "nej"];
/// What polite people add.
const POLITE: [&str; 9] = ["please", "thanks", "thank", "you", "bitte", "danke", "gern", "merci", "gracias"];

/// Reads a message.
pub(super) fn read(body: &str) -> Said {
    let folded = fold_key(body);
    let words: Vec<&str> = folded
        .split(|char: char| !char.is_alphanumeric() && char != '-')
        .map(|word| word.trim_matches('-'))
        .filter(|word| !word.is_empty())
        .collect();
    let Some((first, rest)) = words.split_first() else { return Said::Words };
    if rest.is_empty() && STOP.contains(first) {
        return Said::Stop;
    }
    if rest.is_empty() && START.contains(first) {
        return Said::Start;
    }
    let rest: Vec<&str> = rest.iter().copied().filter(|word| !POLITE.contains(word)).collect();
    let hint = match rest.as_slice() {
        [] => None,
        // A number may come in groups: 7KM Q2D 9XA.
        groups if groups.iter().all(|group| is_short_number(group)) => Some(tidy(&groups.concat())),
        _ => return Said::Words,
    };
    if YES.contains(first) {
        Said::Yes(hint)
    } else if NO.contains(first) {
        Said::No(hint)
    } else {
        Said::Words
    }
}

/// Whether a word can be a ticket's number or its beginning.
fn is_short_number(word: &str) -> bool {
    let n_chars = word.chars().filter(char::is_ascii_alphanumeric).count();
    let has_digit = word.chars().any(|char| char.is_ascii_digit());
    // The first group of a number may be letters alone.
    (SHORT_MIN..=9).contains(&n_chars) && word.is_ascii() && (has_digit || n_chars <= 3)
}

/// As numbers are kept: without dashes, with the digits that people mistake for letters.
fn tidy(word: &str) -> String {
    let char = |char: char| match char.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    word.chars().filter(char::is_ascii_alphanumeric).map(char).collect()
}

/// Whether a ticket's number begins as somebody wrote it.
pub(super) fn is_meant(number: TicketNumber, hint: Option<&str>) -> bool {
    hint.is_none_or(|hint| number.compact().starts_with(hint))
}

/// The ticket's number that stands somewhere in a message.
pub(super) fn number_in(body: &str) -> Option<TicketNumber> {
    body.split(|char: char| !char.is_ascii_alphanumeric() && char != '-').find_map(|word| word.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn yes(hint: &str) -> Said {
        Said::Yes(Some(hint.to_owned()))
    }

    #[test]
    fn an_answer_is_understood_in_several_languages_and_nothing_else_is_taken_for_one() {
        for (body, expected) in [
            ("YES", Said::Yes(None)),
            (" yes! ", Said::Yes(None)),
            ("Ja, gern", Said::Yes(None)),
            ("Sí", Said::Yes(None)),
            ("Yes, thank you.", Said::Yes(None)),
            ("no", Said::No(None)),
            ("NEIN", Said::No(None)),
            ("yes 7km", yes("7KM")),
            ("YES 7KM-Q2D-9XA", yes("7KMQ2D9XA")),
            ("ja 7km q2d 9xa", yes("7KMQ2D9XA")),
            ("yes o1l", yes("011")),
            ("No 7KM please", Said::No(Some("7KM".to_owned()))),
            ("No problem, I am coming", Said::Words),
            ("No picture", Said::Words),
            ("yes but later", Said::Words),
            ("nobody is home", Said::Words),
            ("", Said::Words),
            ("…", Said::Words),
            ("Stop", Said::Stop),
            ("STOP.", Said::Stop),
            ("stop by at noon", Said::Words),
            ("Start", Said::Start),
            ("start again", Said::Words),
            ("Nie", Said::No(None)),
        ] {
            assert_eq!(read(body), expected, "{body}");
        }
    }

    #[test]
    fn a_number_is_found_in_a_sentence() {
        let number = TicketNumber::from_hash([7; 5]);
        assert_eq!(number_in(&format!("About {number}: it smells.")), Some(number));
        assert_eq!(number_in("About nothing"), None);
        assert!(is_meant(number, Some(&number.compact()[..3])) && is_meant(number, None));
        assert!(!is_meant(number, Some("ZZZ")));
    }

    proptest! {
        #[test]
        fn any_text_is_read(text: String) {
            let _ = (read(&text), number_in(&text));
        }
    }
}
