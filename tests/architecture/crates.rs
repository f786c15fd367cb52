//! Which file may name which crate: SQL, HTTP and the outside each stay at their door.

use crate::source::Source;
use crate::tree::{Tree, Verdict};
use crate::{catches, holds, lets_pass};

/// Crates of one kind and the roles (file names, folder names) that may name them.
struct Door {
    below: &'static str,
    crates: &'static [&'static str],
    roles: &'static [&'static str],
}

const DOORS: [Door; 6] = [
    Door { below: "sync-server/src/", crates: &["sqlx"], roles: &["store", "feed", "events", "db"] },
    Door {
        below: "sync-server/src/",
        crates: &["axum", "axum_extra"],
        roles: &["app", "api", "pages", "webhook", "http", "web"],
    },
    Door { below: "sync-server/src/", crates: &["reqwest", "lettre", "object_store", "gcp_auth"], roles: &["gateway"] },
    Door { below: "sync-server/src/", crates: &["rusqlite", "dioxus"], roles: &[] },
    Door { below: "mobile/src/", crates: &["rusqlite"], roles: &["store"] },
    Door { below: "mobile/src/", crates: &["dioxus", "dioxus_ssr"], roles: &["ui", "main"] },
];

/// The roles of a file are its name and the folders it lies in: `tickets/store/claim.rs` is part of a store.
fn has_role(path: &str, below: &str, roles: &[&str]) -> bool {
    path[below.len()..].trim_end_matches(".rs").split('/').any(|part| {
        // `feed_tests.rs` and `store_tests.rs` are the tests of their neighbour.
        let part = part.strip_suffix("_tests").unwrap_or(part);
        roles.contains(&part)
    })
}

/// Whether code names a crate in a path (`sqlx::Row`) or an import (`use sqlx;`).
pub(crate) fn names(words: &[&str], name: &str) -> bool {
    words.iter().enumerate().any(|(at, word)| {
        let before = at.checked_sub(1).map_or("", |at| words[at]);
        let after = words.get(at + 1).copied().unwrap_or("");
        *word == name && (after == "::" && before != "::" || before == "use" || before == "crate" && after == ";")
    })
}

fn crates_stay_at_their_door(tree: &Tree) -> Verdict {
    let mut verdict = Verdict::default();
    for door in &DOORS {
        for (path, text) in tree.below(door.below, ".rs") {
            let source = Source::of(text);
            let words = source.words();
            for name in door.crates {
                if !names(&words, name) {
                    continue;
                }
                verdict.seen += 1;
                if !has_role(path, door.below, door.roles) {
                    verdict.find(path, format!("names `{name}`; only these may: {}", door.roles.join(", ")));
                }
            }
        }
    }
    verdict
}

#[test]
fn each_outside_crate_is_named_at_its_door_only() {
    holds(crates_stay_at_their_door);
    let rule = crates_stay_at_their_door;
    catches(rule, "sync-server/src/tickets/planted.rs", "use sqlx::Row;");
    catches(rule, "sync-server/src/tickets/store.rs", "use axum::Json;");
    catches(rule, "sync-server/src/matching/planted.rs", "use {axum::Json, std::fmt};");
    catches(rule, "sync-server/src/notify/jobs.rs", "async fn f() { reqwest::get(\"\").await; }");
    catches(rule, "sync-server/src/billing/store.rs", "use lettre;");
    catches(rule, "sync-server/src/sync/store.rs", "use rusqlite::Connection;");
    catches(rule, "mobile/src/sync/planted.rs", "use rusqlite::Connection;");
    catches(rule, "mobile/src/store/planted.rs", "use dioxus::prelude::*;");
    lets_pass(rule, "sync-server/src/tickets/store.rs", "use sqlx::Row;");
    lets_pass(rule, "sync-server/src/jobs/store/claim.rs", "use sqlx::Row;");
    lets_pass(rule, "sync-server/src/tickets/planted.rs", "//! Does not name sqlx::Any.\nlet sqlx = \"sqlx::\";");
    lets_pass(rule, "mobile/src/ui/planted.rs", "use dioxus::prelude::*;");
}

/// Who may set aside clippy's ban on the ambient clock, chance and HTTP client (`.clippy.toml`): the edges.
const EDGES: [&str; 5] = ["clock", "app", "gateway", "main", "platform"];

fn clock_and_chance_are_arguments(tree: &Tree) -> Verdict {
    let mut verdict = Verdict::default();
    for (path, text) in tree.rust().filter(|(path, _)| !path.starts_with("tests/")) {
        let source = Source::of(text);
        verdict.seen += 1;
        let below = path.find("/src/").map_or(0, |at| at + "/src/".len());
        let waives = source.words().windows(3).any(|three| three == ["clippy", "::", "disallowed_methods"]);
        if waives && !has_role(path, &path[..below], &EDGES) {
            verdict.find(
                path,
                format!("sets aside the ban on ambient clock and chance; only these may: {}", EDGES.join(", ")),
            );
        }
    }
    verdict
}

#[test]
fn only_the_edges_read_the_machines_clock_and_chance() {
    holds(clock_and_chance_are_arguments);
    let waived = "#[expect(clippy::disallowed_methods, reason = \"because\")]\nfn f() {}";
    catches(clock_and_chance_are_arguments, "sync-server/src/matching/planted.rs", waived);
    catches(clock_and_chance_are_arguments, "shared/src/planted.rs", waived);
    lets_pass(clock_and_chance_are_arguments, "sync-server/src/clock.rs", waived);
}
