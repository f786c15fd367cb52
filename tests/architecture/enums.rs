//! No `_` arm on our own enums: a new state must make the compiler point at every place that decides on it.
//!
//! Clippy's `wildcard_enum_match_arm` speaks of other people's enums too, where `_` is the right answer, so the rule is
//! ours. A match is about our enum when a pattern in it names one (`TicketState::Offered`, or `Self::` in its `impl`).

use std::collections::BTreeSet;

use crate::source::Source;
use crate::tree::{Tree, Verdict};
use crate::{catches, holds, lets_pass};

const OURS: [&str; 4] = ["shared/src/", "sync-server/src/", "mobile/src/", "assets/src/"];

/// The enums that our members declare.
fn own_enums(tree: &Tree) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    for (_, text) in OURS.iter().flat_map(|folder| tree.below(folder, ".rs")) {
        let source = Source::of(text);
        out.extend(source.words().windows(2).filter(|two| two[0] == "enum").map(|two| two[1].to_owned()));
    }
    out
}

/// The patterns of a match whose body opens at `open`, each as its words without the guard.
fn patterns<'a>(words: &[&'a str], open: usize) -> Vec<Vec<&'a str>> {
    let mut out = Vec::new();
    let (mut at, mut pattern, mut in_body) = (open + 1, Vec::new(), false);
    while at < words.len() {
        let word = words[at];
        if matches!(word, "{" | "(" | "[") {
            let end = closing(words, at);
            if in_body {
                // A block body needs no comma after it.
                if word == "{"
                    && words.get(end + 1) != Some(&".")
                    && words.get(end + 1) != Some(&"?")
                    && words[at - 1] == "=>"
                {
                    in_body = false;
                }
            } else {
                pattern.extend_from_slice(&words[at..=end.min(words.len() - 1)]);
            }
            at = end + 1;
            continue;
        }
        match word {
            "}" => break,
            "=>" if !in_body => {
                let guard = pattern.iter().position(|word| *word == "if").unwrap_or(pattern.len());
                pattern.truncate(guard);
                out.push(std::mem::take(&mut pattern));
                in_body = true;
            }
            "," => {
                in_body = false;
                pattern.clear();
            }
            _ if !in_body => pattern.push(word),
            _ => {}
        }
        at += 1;
    }
    out
}

/// Where the bracket that opens at `at` closes.
fn closing(words: &[&str], at: usize) -> usize {
    let mut depth = 0;
    for (offset, word) in words[at..].iter().enumerate() {
        match *word {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at + offset;
        }
    }
    words.len()
}

/// Where the body of the `match` at `at` opens; brackets of the scrutinee are stepped over.
fn body_of_match(words: &[&str], at: usize) -> Option<usize> {
    let mut at = at + 1;
    while at < words.len() {
        match words[at] {
            "{" => return Some(at),
            "(" | "[" => at = closing(words, at),
            ";" | "}" => return None,
            _ => {}
        }
        at += 1;
    }
    None
}

/// The type whose `impl` surrounds each word, if it is one of ours.
fn names_own_enum(pattern: &[&str], own: &BTreeSet<String>, within: Option<&str>) -> bool {
    pattern.windows(2).any(|two| {
        two[1] == "::" && (own.contains(two[0]) || two[0] == "Self" && within.is_some_and(|name| own.contains(name)))
    })
}

/// For every word, the type of the innermost `impl` around it.
fn impls<'a>(words: &[&'a str]) -> Vec<Option<&'a str>> {
    let mut out = vec![None; words.len()];
    for at in 0..words.len() {
        if words[at] != "impl" || at > 0 && !matches!(words[at - 1], "}" | ";" | "]" | "unsafe") {
            continue;
        }
        let Some(open) = words[at..].iter().position(|word| *word == "{").map(|offset| at + offset) else { continue };
        let head = &words[at..open];
        let from = head.iter().rposition(|word| *word == "for").unwrap_or(0) + 1;
        let name = head[from..].iter().find(|word| word.chars().next().is_some_and(char::is_uppercase)).copied();
        let end = closing(words, open).min(words.len() - 1);
        out[open..=end].fill(name);
    }
    out
}

fn no_wildcard_on_our_enums(tree: &Tree) -> Verdict {
    let mut verdict = Verdict::default();
    let own = own_enums(tree);
    for (path, text) in OURS.iter().flat_map(|folder| tree.below(folder, ".rs")) {
        if path.ends_with("tests.rs") {
            continue; // a test asks about one case and says so
        }
        let source = Source::of(text);
        let words = source.words();
        let words = &words
            [..words.windows(7).position(|w| w == ["#", "[", "cfg", "(", "test", ")", "]"]).unwrap_or(words.len())];
        let within = impls(words);
        for at in 0..words.len() {
            if words[at] != "match" {
                continue;
            }
            let Some(open) = body_of_match(words, at) else { continue };
            let patterns = patterns(words, open);
            if !patterns.iter().any(|pattern| names_own_enum(pattern, &own, within[at])) {
                continue;
            }
            verdict.seen += 1;
            if patterns.iter().any(|pattern| pattern[..] == ["_"]) {
                let on = words[at + 1..open].join("");
                verdict.find(path, format!("`match {on}` ends in `_` on an enum of ours; name the variants"));
            }
        }
    }
    verdict
}

#[test]
fn no_match_on_our_enums_ends_in_a_wildcard() {
    holds(no_wildcard_on_our_enums);
    let rule = no_wildcard_on_our_enums;
    let own = "pub enum Door { Open, Shut, Ajar }\n";
    for planted in [
        "fn f(d: Door) -> u8 { match d { Door::Open => 1, _ => 2 } }",
        "fn f(d: Door) -> u8 { match g(d) { Door::Open | Door::Shut => { 1 } _ => 2 } }",
        "fn f(d: Option<Door>) -> u8 { match d { Some(Door::Open) => g(1, 2), None => { 3 } _ => 2, } }",
        "impl Door { fn f(self) -> u8 { match self { Self::Open => 1, _ => 2 } } }",
        "impl fmt::Display for Door { fn f(self) -> u8 { match self { Self::Open if x => 1, _ => 2 } } }",
        "fn f(d: u8) -> u8 { match d { 1 => match e { Door::Open => 1, _ => 3 }, 2 => 1 } }",
    ] {
        catches(rule, "shared/src/planted.rs", &format!("{own}{planted}"));
    }
    for fine in [
        "fn f(d: u8) -> Door { match d { 1 => Door::Open, _ => Door::Shut } }",
        "fn f(d: Door) -> u8 { match d { Door::Open => match 3 { 1 => 2, _ => 3 }, Door::Shut | Door::Ajar => 1 } }",
        "fn f(d: io::ErrorKind) -> u8 { match d { io::ErrorKind::NotFound => 1, _ => 2 } }",
        "struct Other; impl Other { fn f(d: u8) -> u8 { match d { Self::ONE => 1, _ => 2 } } }",
    ] {
        lets_pass(rule, "shared/src/planted.rs", &format!("{own}{fine}"));
    }
}
