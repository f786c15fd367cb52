//! Licences and bans of everything we link, held without a tool to install. `.deny.toml` says the same for cargo-deny.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::catches;
use crate::holds;
use crate::tree::{Tree, Verdict};

/// `.deny.toml` holds the same list (a test compares).
const ALLOWED: [&str; 15] = [
    "MIT",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "Unicode-3.0",
    "CC0-1.0",
    "0BSD",
    "MPL-2.0",
    "CDLA-Permissive-2.0",
    "NCSA",
    "BSL-1.0",
    "Unlicense",
];

/// A banned crate and the crates that may bring it all the same.
const BANNED: [(&str, &[&str]); 3] = [
    ("aws-lc-sys", &[]),
    ("aws-lc-rs", &[]),
    ("openssl-sys", &["native-tls", "openssl", "openssl-sys"]), // below the app's desktop window only
];

/// Whether an SPDX expression can be met with what we allow. `OR` binds looser than `AND`; `/` is the old `OR`.
fn is_allowed(expression: &str) -> bool {
    let expression = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = expression.split_whitespace().collect();
    let mut at = 0;
    let met = either(&words, &mut at);
    met && at == words.len()
}

fn either(words: &[&str], at: &mut usize) -> bool {
    let mut met = both(words, at);
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        met |= both(words, at);
    }
    met
}

fn both(words: &[&str], at: &mut usize) -> bool {
    let mut met = one(words, at);
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        met &= one(words, at);
    }
    met
}

fn one(words: &[&str], at: &mut usize) -> bool {
    if words.get(*at) == Some(&"(") {
        *at += 1;
        let met = either(words, at);
        *at += 1; // the closing bracket
        return met;
    }
    let Some(name) = words.get(*at) else { return false };
    *at += 1;
    let mut name = (*name).to_owned();
    if words.get(*at) == Some(&"WITH") {
        name = format!("{name} WITH {}", words.get(*at + 1).unwrap_or(&""));
        *at += 2;
    }
    ALLOWED.contains(&name.as_str())
}

/// Judges `cargo metadata`'s packages: each of the registry's has a licence we allow.
fn judge_licences(metadata: &Value) -> Verdict {
    let mut verdict = Verdict::default();
    for package in metadata["packages"].as_array().expect("cargo metadata lists packages") {
        if package["source"].is_null() {
            continue; // ours
        }
        verdict.seen += 1;
        let (name, licence) = (&package["name"], package["license"].as_str().unwrap_or("none stated"));
        if !is_allowed(licence) {
            verdict.find(name.as_str().unwrap_or_default(), format!("its licence is not allowed: {licence}"));
        }
    }
    verdict
}

fn metadata() -> Value {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the workspace");
    // Only what this machine links: the other targets' crates are not in a fresh clone's cache, and offline is the point.
    let host = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--offline",
            "--locked",
            "--format-version",
            "1",
            "--all-features",
            "--filter-platform",
            &host,
        ])
        .current_dir(root)
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON")
}

/// Bans are read from the lockfile, which knows every target and every feature.
fn nothing_banned_is_locked(tree: &Tree) -> Verdict {
    let mut verdict = Verdict::default();
    let path = "Cargo.lock";
    for package in tree.text(path).split("[[package]]").skip(1) {
        let quoted = |line: &str| line.split('"').nth(1).unwrap_or("").split(' ').next().unwrap_or("").to_owned();
        let name = package.lines().find(|line| line.starts_with("name = ")).map(quoted).unwrap_or_default();
        let dependencies: Vec<String> = package.lines().filter(|line| line.starts_with(" \"")).map(quoted).collect();
        verdict.seen += 1;
        for (banned, wrappers) in BANNED {
            if name == banned && wrappers.is_empty() {
                verdict.find(path, format!("holds {banned}: the one TLS provider is ring"));
            }
            if dependencies.iter().any(|dependency| dependency == banned) && !wrappers.contains(&name.as_str()) {
                verdict.find(path, format!("{name} brings {banned}"));
            }
        }
        if package.contains("source = ")
            && !package.contains("source = \"registry+https://github.com/rust-lang/crates.io-index\"")
        {
            verdict.find(path, format!("{name} comes from elsewhere than crates.io"));
        }
    }
    verdict
}

#[test]
fn every_licence_is_one_we_allow() {
    let mut metadata = metadata();
    let verdict = judge_licences(&metadata);
    assert!(verdict.seen > 300, "saw only {} packages", verdict.seen);
    assert!(verdict.findings.is_empty(), "\n  {}\n", verdict.findings.join("\n  "));
    let foreign = metadata["packages"].as_array_mut().expect("a list").iter_mut().find(|p| !p["source"].is_null());
    foreign.expect("one is not ours")["license"] = Value::from("GPL-3.0-only OR AGPL-3.0-only");
    assert_eq!(judge_licences(&metadata).findings.len(), 1);
}

#[test]
fn licence_expressions_are_read_as_spdx_means_them() {
    for fine in [
        "MIT",
        "MIT/Apache-2.0",
        "GPL-2.0 OR MIT",
        "(MIT OR GPL-2.0) AND Unicode-3.0",
        "Apache-2.0 WITH LLVM-exception OR GPL-2.0",
    ] {
        assert!(is_allowed(fine), "{fine}");
    }
    for refused in
        ["", "GPL-3.0", "MIT AND GPL-2.0", "GPL-2.0 OR (MIT AND GPL-2.0)", "GPL-2.0 WITH LLVM-exception", "none stated"]
    {
        assert!(!is_allowed(refused), "{refused}");
    }
}

#[test]
fn nothing_banned_is_in_the_lockfile() {
    holds(nothing_banned_is_locked);
    for planted in [
        "[[package]]\nname = \"aws-lc-sys\"\nversion = \"1\"\n",
        "[[package]]\nname = \"curl\"\ndependencies = [\n \"openssl-sys\",\n]\n",
        "[[package]]\nname = \"fork\"\nsource = \"git+https://example.org/fork\"\n",
    ] {
        catches(nothing_banned_is_locked, "Cargo.lock", planted);
    }
}

#[test]
fn cargo_deny_is_told_the_same() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the workspace");
    let settings = std::fs::read_to_string(root.join(".deny.toml")).expect("the settings are there");
    let list = settings.split_once("allow = [").and_then(|(_, rest)| rest.split_once(']')).expect("a list").0;
    let told: Vec<&str> = list.split('"').skip(1).step_by(2).collect();
    assert_eq!(told, ALLOWED);
}
