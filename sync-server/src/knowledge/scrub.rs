//! Takes a customer's data out of what an expert wrote: the names, streets and numbers that the ticket knows, and whatever
//! looks like an address or a telephone. Rather a word too many than one too few.

use shared::text::fold_key;

/// Shorter words of a name are left: "an" and "de" are also words.
const NAME_CHARS_MIN: usize = 3;
/// From so many digits on, a number may be somebody's.
const DIGITS_MIN: usize = 5;
/// What stands in place of what was taken out.
const TAKEN_OUT: &str = "…";

/// The text without the words of these names and addresses.
pub fn scrub(text: &str, names: &[&str]) -> String {
    let taken: Vec<String> = names
        .iter()
        .flat_map(|name| {
            fold_key(name).split(|char: char| !char.is_alphanumeric()).map(str::to_owned).collect::<Vec<_>>()
        })
        .filter(|word| word.chars().count() >= NAME_CHARS_MIN)
        .collect();
    let is_theirs = |word: &str| {
        let n_digits = word.chars().filter(char::is_ascii_digit).count();
        let folded = fold_key(word);
        let mut parts = folded.split(|char: char| !char.is_alphanumeric());
        word.contains('@') || n_digits >= DIGITS_MIN || parts.any(|part| taken.iter().any(|name| name == part))
    };
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        if !out.is_empty() {
            out.push('\n');
        }
        let mut was_taken = false;
        for (at, word) in line.split(' ').enumerate() {
            let takes = is_theirs(word) || was_taken && is_rest_of_number(word);
            if at > 0 && !(takes && was_taken) {
                out.push(' ');
            }
            if !takes {
                out.push_str(word);
            } else if !was_taken {
                out.push_str(TAKEN_OUT);
            }
            was_taken = takes;
        }
    }
    join_numbers(&out)
}

/// `0100` after a part of a number that was taken out.
fn is_rest_of_number(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|char| char.is_ascii_digit() || "+-()./".contains(char))
}

/// Numbers that were written in groups: three groups in a row, or two that make seven digits, are a telephone.
fn join_numbers(text: &str) -> String {
    let mut lines = Vec::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let mut kept: Vec<&str> = Vec::new();
        let mut at = 0;
        while at < words.len() {
            let run =
                words[at..].iter().take_while(|word| is_rest_of_number(word.trim_end_matches(['.', ',']))).count();
            let n_digits: usize =
                words[at..at + run].iter().map(|word| word.chars().filter(char::is_ascii_digit).count()).sum();
            if run >= 2 && n_digits >= 7 {
                kept.push(TAKEN_OUT);
                at += run;
            } else {
                kept.extend(&words[at..at + run.max(1)]);
                at += run.max(1);
            }
        }
        lines.push(kept.join(" "));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_loses_the_customer_and_keeps_the_work() {
        let names = ["Zoë Núñez", "12 Harbour Street", "Ed O'Neill"];
        let cases = [
            ("Mrs Nunez's TV: changed the backlight strip.", "Mrs … TV: changed the backlight strip."),
            ("Rang +1 212 555 0100 first. HDMI 2 was dead.", "Rang … first. HDMI 2 was dead."),
            ("Mailed zoe@example.com the manual", "Mailed … the manual"),
            ("12 harbour street, second floor", "12 … second floor"),
            ("Key 4711 under mat", "Key 4711 under mat"),
            ("Call 2125550100", "Call …"),
            ("Set 2.4 GHz to channel 6,\nreset 3 times", "Set 2.4 GHz to channel 6,\nreset 3 times"),
            ("O’Neill was there", "… was there"),
        ];
        for (text, expected) in cases {
            assert_eq!(scrub(text, &names), expected);
        }
    }
}
