//! The top of the workspace: its visible entries are exactly these, tool settings are dotfiles.

use crate::tree::{Tree, Verdict};
use crate::{catches, holds};

const VISIBLE: [&str; 9] =
    ["Cargo.lock", "Cargo.toml", "README.md", "assets", "migrations", "mobile", "shared", "sync-server", "tests"];

fn the_top_is_the_map(tree: &Tree) -> Verdict {
    let mut verdict = Verdict::default();
    for entry in &tree.entries {
        verdict.seen += 1;
        if !VISIBLE.contains(&entry.as_str()) {
            verdict.find(entry, "is not on README's map; settings of a tool are dotfiles, code lives in a member");
        }
    }
    for entry in VISIBLE {
        if !tree.entries.contains(entry) {
            verdict.find(entry, "is missing");
        }
    }
    verdict
}

#[test]
fn the_visible_entries_are_exactly_those_of_the_map() {
    holds(the_top_is_the_map);
    catches(the_top_is_the_map, "notes.md", "");
    catches(the_top_is_the_map, "scripts", "");
    let mut without = Tree::workspace();
    without.entries.remove("migrations");
    assert_eq!(the_top_is_the_map(&without).findings, ["migrations: is missing"]);
}
