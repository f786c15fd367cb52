//! What the members' manifests may say: versions once, `shared` pure, the two halves apart, the screens optional.

use crate::manifest::{dependencies, entries};
use crate::source::Source;
use crate::tree::{Tree, Verdict};
use crate::{catches, holds, lets_pass};

const MEMBERS: [&str; 5] = ["shared", "sync-server", "mobile", "assets", "tests"];

/// What `shared` may depend on. None of these opens a file or a socket, reads a clock or draws a random number by itself.
const PURE: [&str; 12] = [
    "base64",
    "fluent-bundle",
    "jiff",
    "rlibphonenumber",
    "rust-stemmers",
    "serde",
    "serde_json",
    "sha2",
    "thiserror",
    "unic-langid",
    "unicode-normalization",
    "uuid",
];

/// What `shared` must not name of the standard library either.
const IMPURE_STD: [&str; 5] = ["env", "fs", "net", "process", "thread"];

fn shared_is_pure(tree: &Tree) -> Verdict {
    let mut verdict = Verdict::default();
    let path = "shared/Cargo.toml";
    for entry in dependencies(tree.text(path)) {
        verdict.seen += 1;
        if entry.section != "dev-dependencies" && !PURE.contains(&entry.name()) {
            verdict.find(path, format!("names `{}`; if it does no I/O, add it to PURE in this rule", entry.name()));
        }
    }
    for (path, text) in tree.below("shared/src/", ".rs") {
        verdict.seen += 1;
        for pair in Source::of(text).words().windows(3) {
            if let ["std", "::", module] = pair
                && IMPURE_STD.contains(module)
            {
                verdict.find(path, format!("names std::{module}; the domain reads nothing by itself"));
            }
        }
    }
    verdict
}

#[test]
fn shared_names_no_crate_that_does_io() {
    holds(shared_is_pure);
    let manifest = Tree::workspace().text("shared/Cargo.toml").to_owned();
    let planted = manifest.replace("[dependencies]\n", "[dependencies]\ntokio.workspace = true\n");
    catches(shared_is_pure, "shared/Cargo.toml", &planted);
    let target = format!("{manifest}\n[target.'cfg(unix)'.dependencies]\nreqwest.workspace = true\n");
    catches(shared_is_pure, "shared/Cargo.toml", &target);
    catches(shared_is_pure, "shared/src/planted.rs", "fn f() { std::fs::read(\"a\"); }");
    lets_pass(shared_is_pure, "shared/src/planted.rs", "// std::fs is not for us\nuse std::fmt;");
}

/// Who may depend on which member of ours.
fn halves_stay_apart(tree: &Tree) -> Verdict {
    let mut verdict = Verdict::default();
    for member in MEMBERS {
        let path = format!("{member}/Cargo.toml");
        let may: &[&str] = match member {
            "tests" => &MEMBERS,
            "sync-server" => &["shared", "assets", "sync-server"], // itself: its tests switch its feature `testing` on
            "mobile" => &["shared", "assets"],
            _ => &[],
        };
        for entry in dependencies(tree.text(&path)) {
            verdict.seen += 1;
            if MEMBERS.contains(&entry.name()) && !may.contains(&entry.name()) {
                verdict.find(&path, format!("depends on `{}`; only tests may join the halves", entry.name()));
            }
        }
    }
    verdict
}

#[test]
fn only_tests_depends_on_both_halves() {
    holds(halves_stay_apart);
    catches(halves_stay_apart, "mobile/Cargo.toml", "[dev-dependencies]\nsync-server.workspace = true\n");
    catches(halves_stay_apart, "sync-server/Cargo.toml", "[dependencies]\nmobile = { workspace = true }\n");
    catches(halves_stay_apart, "assets/Cargo.toml", "[dependencies]\nshared.workspace = true\n");
}

/// Planted bugs come into a build by a feature that the end-to-end tests alone switch on.
fn planted_bugs_stay_with_the_tests(tree: &Tree) -> Verdict {
    let mut verdict = Verdict::default();
    for member in MEMBERS.into_iter().filter(|member| *member != "tests") {
        let path = format!("{member}/Cargo.toml");
        for entry in entries(tree.text(&path)) {
            verdict.seen += 1;
            if entry.value.contains("planted") {
                verdict.find(&path, format!("`{}` switches planted bugs on; only tests may", entry.key));
            }
        }
    }
    verdict
}

#[test]
fn no_release_has_a_trace_of_a_planted_bug() {
    holds(planted_bugs_stay_with_the_tests);
    catches(planted_bugs_stay_with_the_tests, "mobile/Cargo.toml", "[features]\ndefault = [\"planted\"]\n");
    let other = "[dependencies]\nsync-server = { workspace = true, features = [\"planted\"] }\n";
    catches(planted_bugs_stay_with_the_tests, "mobile/Cargo.toml", other);
    lets_pass(planted_bugs_stay_with_the_tests, "mobile/Cargo.toml", "[features]\nplanted = []\n");
}

/// Package fields that the workspace states once for everyone; without `publish` cargo-deny calls a member unlicensed.
const SHARED_FIELDS: [&str; 5] = ["edition", "version", "publish", "rust-version", "license"];

fn versions_stand_once(tree: &Tree) -> Verdict {
    let mut verdict = Verdict::default();
    for member in MEMBERS {
        let path = format!("{member}/Cargo.toml");
        let read = entries(tree.text(&path));
        for entry in &read {
            verdict.seen += 1;
            if entry.is_dependency() && !entry.is_workspaces() {
                verdict.find(&path, format!("`{}` has a version of its own; say `workspace = true`", entry.name()));
            }
        }
        let has =
            |section, key: &str| read.iter().any(|e| e.section == section && e.name() == key && e.is_workspaces());
        for field in SHARED_FIELDS {
            if !has("package", field) {
                verdict.find(&path, format!("does not say `{field}.workspace = true`"));
            }
        }
        if !read.iter().any(|e| e.section == "lints" && e.key == "workspace" && e.value == "true") {
            verdict.find(&path, "does not take the workspace's lints");
        }
    }
    verdict
}

#[test]
fn members_take_versions_and_lints_from_the_workspace() {
    holds(versions_stand_once);
    let manifest = Tree::workspace().text("mobile/Cargo.toml").to_owned();
    for (was, planted) in [
        ("serde.workspace = true", "serde = \"1\""),
        ("publish.workspace = true\n", ""),
        ("[lints]\nworkspace = true\n", ""),
    ] {
        assert!(manifest.contains(was), "the plant has its place");
        catches(versions_stand_once, "mobile/Cargo.toml", &manifest.replacen(was, planted, 1));
    }
}

fn pins_say_why(tree: &Tree) -> Verdict {
    let mut verdict = Verdict::default();
    let path = "Cargo.toml";
    for entry in entries(tree.text(path)) {
        if entry.section == "workspace.dependencies" && entry.value.contains("\"=") {
            verdict.seen += 1;
            // `dioxus-ssr` is released with `dioxus` and follows its pin.
            if entry.comment.is_empty() && entry.key != "dioxus-ssr" {
                verdict.find(path, format!("`{}` is pinned without a reason beside it", entry.key));
            }
        }
    }
    verdict
}

#[test]
fn every_pin_carries_its_reason() {
    holds(pins_say_why);
    catches(pins_say_why, "Cargo.toml", "[workspace.dependencies]\nsqlx = \"=0.9.0\"\n");
}

fn screens_are_optional(tree: &Tree) -> Verdict {
    let mut verdict = Verdict::default();
    let path = "mobile/Cargo.toml";
    for entry in entries(tree.text(path)) {
        if entry.section == "features" && entry.key == "default" {
            verdict.seen += 1;
            if entry.value != "[]" {
                verdict.find(path, "a default feature is on; tests of the store and the sync need no webview");
            }
        }
        if entry.section == "dependencies" && entry.name() == "dioxus" {
            verdict.seen += 1;
            if !entry.value.contains("optional = true") {
                verdict.find(path, "dioxus is not optional");
            }
        }
    }
    let path = "mobile/src/lib.rs";
    let text = tree.text(path);
    if let Some((before, _)) = text.split_once("pub mod ui;") {
        verdict.seen += 1;
        if !before.trim_end().ends_with("#[cfg(feature = \"ui\")]") {
            verdict.find(path, "`ui` is compiled without its feature");
        }
    }
    verdict
}

#[test]
fn the_screens_stand_behind_their_feature() {
    holds(screens_are_optional);
    let manifest = Tree::workspace().text("mobile/Cargo.toml").to_owned();
    catches(screens_are_optional, "mobile/Cargo.toml", &manifest.replace("default = []", "default = [\"ui\"]"));
    catches(screens_are_optional, "mobile/Cargo.toml", "[dependencies]\ndioxus.workspace = true\n");
    catches(screens_are_optional, "mobile/src/lib.rs", "pub mod store;\npub mod ui;\n");
}
