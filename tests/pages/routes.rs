//! Which pages there are: every `GET` in the server's sources that answers with a page.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The patterns of all pages, like `/tickets/{id}`.
pub(crate) fn pages() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../sync-server/src"), &mut found);
    assert!(found.len() > 20, "the sources were not found: {found:?}");
    found
}

fn read(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("the sources are there") {
        let path = entry.expect("an entry can be read").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            read(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") && !name.contains("test") && name != "access.rs"
        {
            let text = fs::read_to_string(&path).expect("a source is text");
            collect(text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default(), found);
        }
    }
}

/// `.route("/path", get(..)…)`, without what is for programs, providers and machines.
fn collect(text: &str, found: &mut BTreeSet<String>) {
    for after in text.split(".route(").skip(1) {
        let Some(path) = after.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next()) else { continue };
        let mut depth = 1;
        let end = after.find(|char| {
            depth += i32::from(char == '(') - i32::from(char == ')');
            depth == 0
        });
        let call: String = after[..end.unwrap_or(after.len())].split_whitespace().collect();
        let is_get = [",get(", ".get(", "::get("].iter().any(|part| call.contains(part));
        let not_a_page =
            ["/api/", "/webhooks/", "/assets/", "/healthz", "/readyz", "/metrics", "/favicon", "/.well-known/"];
        // Pictures stand on pages; they are none.
        let is_picture = path.contains("/photos/");
        if is_get && !is_picture && !not_a_page.iter().any(|begin| path.starts_with(begin)) {
            found.insert(path.to_owned());
        }
    }
}

/// The pattern that an address fits best: the one with the fewest holes.
pub(crate) fn pattern_of<'a>(path: &str, patterns: &'a BTreeSet<String>) -> Option<&'a str> {
    let parts: Vec<&str> = path.split('/').collect();
    let fits = |pattern: &&String| {
        let holes: Vec<&str> = pattern.split('/').collect();
        holes.len() == parts.len() && holes.iter().zip(&parts).all(|(hole, part)| hole.starts_with('{') || hole == part)
    };
    patterns.iter().filter(fits).min_by_key(|pattern| pattern.matches('{').count()).map(String::as_str)
}

#[test]
fn an_address_is_of_the_pattern_with_the_fewest_holes() {
    let patterns: BTreeSet<String> = ["/tickets", "/tickets/new", "/tickets/{id}"].map(str::to_owned).into();
    assert_eq!(pattern_of("/tickets/new", &patterns), Some("/tickets/new"));
    assert_eq!(pattern_of("/tickets/0199", &patterns), Some("/tickets/{id}"));
    assert_eq!(pattern_of("/nowhere/at/all", &patterns), None);
}
