//! Every Rust file: opens by saying why it exists, stays short, and its tests run.

use crate::source::Source;
use crate::tree::{Tree, Verdict};
use crate::{catches, holds, lets_pass};

/// Past this a file is split by idea.
const MOST_LINES: usize = 500;

fn files_are_short(tree: &Tree) -> Verdict {
    let mut verdict = Verdict::default();
    for (path, text) in tree.rust() {
        verdict.seen += 1;
        let lines = text.lines().count();
        if lines > MOST_LINES {
            verdict.find(path, format!("{lines} lines; split it by idea, {MOST_LINES} are the most"));
        }
    }
    verdict
}

fn files_say_why(tree: &Tree) -> Verdict {
    let mut verdict = Verdict::default();
    for (path, text) in tree.rust() {
        verdict.seen += 1;
        let first = text.lines().find(|line| !line.trim().is_empty() && !line.starts_with("#!["));
        if !first.is_some_and(|line| line.starts_with("//!")) {
            verdict.find(path, "does not open with `//!`: what it is for, what it refuses, how it fails");
        }
    }
    verdict
}

/// No test is set aside: `#[ignore]` turns a red test into a green run.
fn tests_run(tree: &Tree) -> Verdict {
    let mut verdict = Verdict::default();
    for (path, text) in tree.rust() {
        let source = Source::of(text);
        let words = source.words();
        verdict.seen += words.windows(2).filter(|two| *two == ["#", "["]).count();
        if words.windows(3).any(|three| three == ["#", "[", "ignore"]) {
            verdict.find(path, "ignores a test");
        }
    }
    verdict
}

#[test]
fn files_stay_short_and_say_why_they_exist() {
    holds(files_are_short);
    holds(files_say_why);
    catches(files_are_short, "mobile/src/planted.rs", &"\n".repeat(MOST_LINES + 1));
    catches(files_say_why, "mobile/src/planted.rs", "use std::fmt;\n//! Late.\n");
    lets_pass(files_say_why, "mobile/src/planted.rs", "#![cfg(unix)]\n//! Why.\n");
}

#[test]
fn no_test_is_ignored() {
    holds(tests_run);
    catches(tests_run, "mobile/src/planted.rs", "#[test]\n#[ignore = \"flaky\"]\nfn a() {}");
}
