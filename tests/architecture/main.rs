//! The architecture's rules, as tests: which crate may be named where, who may import whom, who owns which table.
//!
//! A rule is a function over a [`Tree`] (paths and texts), so the same function that judges the workspace is fed planted
//! violations by its own test. A rule that saw nothing has proved nothing, so a [`Verdict`] counts what it looked at.
//! What is refused here: rules that need a person to look, and rules that clippy already holds.

mod crates;
mod entries;
mod enums;
mod files;
mod ladder;
mod licences;
mod manifest;
mod manifests;
mod phone;
mod readme;
mod scenarios;
mod source;
mod sql;
mod tables;
mod tree;

use tree::{Tree, Verdict};

/// A rule: looks at a tree, tells what breaks it.
type Rule = fn(&Tree) -> Verdict;

/// The workspace as it stands obeys `rule`, and the rule had something to look at.
#[track_caller]
fn holds(rule: Rule) {
    let verdict = rule(&Tree::workspace());
    assert!(verdict.seen > 0, "the rule saw nothing, so it proves nothing");
    assert!(verdict.findings.is_empty(), "\n  {}\n", verdict.findings.join("\n  "));
}

/// `rule` finds the violation once `path` holds `text`, and says where it is.
#[track_caller]
fn catches(rule: Rule, path: &str, text: &str) {
    let verdict = rule(&Tree::workspace().with(path, text));
    assert!(
        verdict.findings.iter().any(|finding| finding.contains(path)),
        "the violation planted in {path} was not found; found instead: {:?}",
        verdict.findings
    );
}

/// `rule` says nothing about `path` when it holds `text`: the control beside a planted violation.
#[track_caller]
fn lets_pass(rule: Rule, path: &str, text: &str) {
    let verdict = rule(&Tree::workspace().with(path, text));
    let about: Vec<_> = verdict.findings.iter().filter(|finding| finding.contains(path)).collect();
    assert!(about.is_empty(), "{path} is fine, but: {about:?}");
}
