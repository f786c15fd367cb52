//! The phone's layers: screens read through their hooks, the store and the sync know nothing of screens.

use crate::source::Source;
use crate::tree::{Tree, Verdict};
use crate::{catches, holds, lets_pass};

const UI: &str = "mobile/src/ui/";

/// Layers that a component must not reach into; a hook does that for it.
const BEHIND_HOOKS: [&str; 4] = ["store", "sync", "platform", "gateway"];

fn screens_read_through_hooks(tree: &Tree) -> Verdict {
    let mut verdict = Verdict::default();
    for (path, text) in tree.below(UI, ".rs") {
        verdict.seen += 1;
        let hook = path[UI.len()..].trim_end_matches(".rs").split('/').any(|part| part == "hooks");
        let source = Source::of(text);
        for three in source.words().windows(3) {
            if let ["crate", "::", layer] = three
                && BEHIND_HOOKS.contains(layer)
                && !hook
            {
                verdict.find(path, format!("reaches into `{layer}`; a screen reads and acts through ui/hooks"));
            }
            if let ["crate", "::", "{"] = three {
                verdict
                    .find(path, "imports a group from the crate's root; name each path, so that this rule can read it");
            }
        }
    }
    verdict
}

fn lower_layers_know_no_screen(tree: &Tree) -> Verdict {
    let mut verdict = Verdict::default();
    for (path, text) in tree.below("mobile/src/", ".rs") {
        if path.starts_with(UI) || path == "mobile/src/main.rs" || path == "mobile/src/lib.rs" {
            continue;
        }
        verdict.seen += 1;
        let source = Source::of(text);
        if source.words().windows(3).any(|three| three == ["crate", "::", "ui"]) {
            verdict.find(path, "knows a screen; the screens stand above the store and the sync");
        }
    }
    verdict
}

#[test]
fn screens_reach_the_store_only_through_hooks() {
    let rule = screens_read_through_hooks;
    holds_once_there_is(rule, UI);
    catches(rule, "mobile/src/ui/planted.rs", "use crate::store::Store;");
    catches(rule, "mobile/src/ui/planted.rs", "use crate::{store::Store};");
    lets_pass(rule, "mobile/src/ui/hooks.rs", "use crate::store::Store;");
    lets_pass(rule, "mobile/src/ui/planted.rs", "use crate::ui::hooks::use_tickets;");
}

#[test]
fn the_store_and_the_sync_know_no_screen() {
    let rule = lower_layers_know_no_screen;
    holds_once_there_is(rule, "mobile/src/store");
    catches(rule, "mobile/src/store/planted.rs", "use crate::ui::App;");
    catches(rule, "mobile/src/sync/planted.rs", "fn f() { crate::ui::refresh(); }");
}

/// The app is being written: until a layer exists there is nothing to see in it.
#[track_caller]
fn holds_once_there_is(rule: crate::Rule, folder: &str) {
    if Tree::workspace().below(folder, ".rs").next().is_some() {
        holds(rule);
    }
}
