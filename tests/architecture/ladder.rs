//! The server's capabilities form a ladder, listed in `sync-server/src/lib.rs`: a lower one never imports a higher one.
//!
//! The list is read from lib.rs, where people see it, so the two cannot drift apart:
//! ```text
//! //! bottom: clock db feed          importable by all, and by each other
//! //! rung: customers workforce      lowest rung first; in a rung, a later one may import an earlier one
//! //! top: app cli                   importable by nobody below
//! ```

use std::collections::BTreeMap;

use crate::source::Source;
use crate::tree::{Tree, Verdict};
use crate::{catches, holds, lets_pass};

const LIB: &str = "sync-server/src/lib.rs";
const SRC: &str = "sync-server/src/";

/// Height of each module: 0 for the bottom layer, then one up for each capability, [`TOP`] for what builds everything.
pub(crate) struct Ladder(BTreeMap<String, usize>);

const TOP: usize = usize::MAX;

impl Ladder {
    pub(crate) fn of(tree: &Tree) -> Self {
        let mut heights = BTreeMap::new();
        let mut next = 1;
        for line in tree.text(LIB).lines().filter_map(|line| line.strip_prefix("//!")) {
            let Some((kind, modules)) = line.trim().split_once(": ") else { continue };
            for module in modules.split_whitespace() {
                let height = match kind {
                    "bottom" => 0,
                    "rung" => next,
                    "top" => TOP,
                    _ => break,
                };
                next += usize::from(kind == "rung");
                heights.insert(module.to_owned(), height);
            }
        }
        Self(heights)
    }

    /// `None` for a module that is not listed.
    pub(crate) fn height(&self, module: &str) -> Option<usize> {
        self.0.get(module).copied()
    }

    /// Whether code in `module` may use `other`.
    pub(crate) fn may_use(&self, module: &str, other: &str) -> bool {
        match (self.height(module), self.height(other)) {
            (Some(own), Some(other)) => other <= own,
            _ => false,
        }
    }
}

/// The module at the top of the crate that a file of the server belongs to: `tickets` of `…/tickets/store.rs`.
pub(crate) fn module_of(path: &str) -> &str {
    let rest = path.strip_prefix(SRC).unwrap_or(path);
    rest.split('/').next().unwrap_or(rest).trim_end_matches(".rs").trim_end_matches("_tests")
}

/// The modules that code reaches through `crate::`, `crate::{a, b::c}` and macros' `$crate::` included.
fn imports<'a>(words: &[&'a str]) -> Vec<&'a str> {
    let mut out = Vec::new();
    for (at, pair) in words.windows(2).enumerate() {
        if pair != ["crate", "::"] {
            continue;
        }
        match words.get(at + 2) {
            Some(&"{") => {
                let mut depth = 0;
                let mut begins = false;
                for word in &words[at + 2..] {
                    match *word {
                        "{" => depth += 1,
                        "}" => depth -= 1,
                        "," => begins = depth == 1,
                        name if begins || depth == 1 && out.is_empty() => {
                            out.push(name);
                            begins = false;
                        }
                        _ => {}
                    }
                    begins |= *word == "{" && depth == 1;
                    if depth == 0 {
                        break;
                    }
                }
            }
            Some(name) => out.push(name),
            None => {}
        }
    }
    out
}

fn lower_never_imports_higher(tree: &Tree) -> Verdict {
    let mut verdict = Verdict::default();
    let ladder = Ladder::of(tree);
    for (path, text) in tree.below(SRC, ".rs") {
        let own = module_of(path);
        if matches!(own, "lib" | "main") {
            continue;
        }
        if ladder.height(own).is_none() {
            verdict.find(path, format!("`{own}` is not on the ladder in {LIB}"));
            continue;
        }
        let source = Source::of(text);
        for other in imports(&source.words()) {
            verdict.seen += 1;
            let Some(_) = ladder.height(other) else { continue }; // a macro or a re-export at the crate's root
            if other != own && !ladder.may_use(own, other) {
                verdict.find(
                    path,
                    format!("`{own}` uses `{other}`, which stands higher; go through events and reactions"),
                );
            }
        }
    }
    verdict
}

#[test]
fn a_lower_capability_never_imports_a_higher_one() {
    holds(lower_never_imports_higher);
    let rule = lower_never_imports_higher;
    catches(rule, "sync-server/src/tickets/planted.rs", "use crate::dispatch::Offer;");
    catches(rule, "sync-server/src/tickets/planted.rs", "use crate::{clock::Clock, notify};");
    catches(rule, "sync-server/src/tickets/planted.rs", "fn f() { crate::sync::push(); }");
    catches(rule, "sync-server/src/customers/planted.rs", "use crate::plans::Plan;");
    catches(rule, "sync-server/src/db/planted.rs", "use crate::tickets::Ticket;");
    catches(rule, "sync-server/src/admin/planted.rs", "use crate::app::App;");
    catches(rule, "sync-server/src/secrets/planted.rs", "//! Not on the ladder.");
    lets_pass(rule, "sync-server/src/dispatch/planted.rs", "use crate::{clock::Clock, tickets::{Ticket, sync}};");
    lets_pass(
        rule,
        "sync-server/src/tickets/planted.rs",
        "// crate::dispatch is above us\nuse crate::tickets::Ticket;",
    );
}

#[test]
fn grouped_imports_are_taken_apart() {
    let source = Source::of("use crate::{a::{b, c}, d, e::f}; use crate::g; use crate::{h};");
    assert_eq!(imports(&source.words()), ["a", "d", "e", "g", "h"]);
}
