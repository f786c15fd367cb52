//! README's numbered invariants each name a test that exists, so that the list cannot promise what nobody checks.

use std::collections::BTreeSet;

use crate::source::Source;
use crate::tree::{Tree, Verdict};
use crate::{catches, holds, lets_pass};

const README: &str = "README.md";
const SECTION: &str = "## Invariants";

/// The names of all functions that are tests.
pub(crate) fn tests(tree: &Tree) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    for (_, text) in tree.rust() {
        let source = Source::of(text);
        let words = source.words();
        let is_test = |at: usize| words[at] == "test" && matches!(words.get(at + 1), Some(&"]" | &"("));
        let in_brackets = |at: usize| words[..at].iter().rev().take(4).any(|word| *word == "[");
        for at in (0..words.len()).filter(|at| is_test(*at) && in_brackets(*at)) {
            // Other attributes, `async` and the like may stand between; a body may not.
            let after = &words[at + 2..];
            let head = &after[..after.iter().position(|word| *word == "{").unwrap_or(after.len())];
            if let Some(name) = head.windows(2).find(|two| two[0] == "fn") {
                out.insert(name[1].to_owned());
            }
        }
    }
    out
}

fn invariants_name_tests(tree: &Tree) -> Verdict {
    let mut verdict = Verdict::default();
    let tests = tests(tree);
    let section = tree.text(README).split_once(SECTION).map_or("", |(_, after)| after);
    let section = section.split("\n## ").next().unwrap_or("");
    let mut items: Vec<String> = Vec::new();
    for line in section.lines() {
        let numbered =
            line.split_once(". ").is_some_and(|(n, _)| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
        match items.last_mut() {
            _ if numbered => items.push(line.to_owned()),
            Some(item) => item.push_str(line),
            None => {}
        }
    }
    for (at, item) in items.iter().enumerate() {
        verdict.seen += 1;
        if !item.starts_with(&format!("{}. ", at + 1)) {
            verdict.find(README, format!("invariant {} is numbered otherwise: {item}", at + 1));
        }
        let named: Vec<&str> = item.split('`').skip(1).step_by(2).filter(|name| is_test_name(name)).collect();
        if named.is_empty() {
            verdict.find(README, format!("names no test: {item}"));
        }
        for name in named.into_iter().filter(|name| !tests.contains(*name)) {
            verdict.find(README, format!("names `{name}`, which is no test"));
        }
    }
    verdict
}

/// A test's name is a fact in words; `Ticket`, `store.rs` and `db::read` in backticks are something else.
fn is_test_name(name: &str) -> bool {
    name.matches('_').count() >= 2 && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

#[test]
fn every_invariant_of_the_readme_names_its_test() {
    holds(invariants_name_tests);
    let rule = invariants_name_tests;
    catches(rule, README, "## Invariants\n1. Nothing is lost.\n");
    catches(rule, README, "## Invariants\n1. Nothing is lost (`nothing_at_all_is_lost`).\n");
    catches(rule, README, "## Invariants\n2. No ignoring (`no_test_is_ignored`).\n");
    lets_pass(rule, README, "## Invariants\n1. No ignoring\n   (`no_test_is_ignored`).\n\n## Next\n1. Free.\n");
}
