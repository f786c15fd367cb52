//! Reads our own manifests, which are written plainly: one entry a line, comments at the end.
//!
//! Not a TOML parser. An entry over several lines would be read wrong, so a manifest of ours does not have one
//! where a rule looks.

/// One line `key = value` of a manifest, with the section it stands in.
#[derive(Debug, PartialEq)]
pub(crate) struct Entry<'a> {
    pub(crate) section: &'a str,
    pub(crate) key: &'a str,
    pub(crate) value: &'a str,
    pub(crate) comment: &'a str,
}

impl Entry<'_> {
    /// Whether it names a dependency, of any kind and for any target.
    pub(crate) fn is_dependency(&self) -> bool {
        self.section.ends_with("dependencies")
    }

    /// The crate a dependency names: `tokio` of `tokio.workspace = true`.
    pub(crate) fn name(&self) -> &str {
        self.key.split('.').next().expect("split gives at least one part")
    }

    /// Whether its version comes from the workspace's table.
    pub(crate) fn is_workspaces(&self) -> bool {
        self.key.ends_with(".workspace") && self.value == "true" || self.value.contains("workspace = true")
    }
}

/// All entries of a manifest, in order.
pub(crate) fn entries(text: &str) -> Vec<Entry<'_>> {
    let mut section = "";
    let mut out = Vec::new();
    for line in text.lines() {
        let (line, comment) = without_comment(line);
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_start_matches('[').trim_end_matches(']');
        } else if let Some((key, value)) = line.split_once('=') {
            out.push(Entry { section, key: key.trim(), value: value.trim(), comment });
        }
    }
    out
}

/// The crates that a manifest depends on, in every section.
pub(crate) fn dependencies(text: &str) -> Vec<Entry<'_>> {
    entries(text).into_iter().filter(Entry::is_dependency).collect()
}

fn without_comment(line: &str) -> (&str, &str) {
    let mut quoted = false;
    for (at, c) in line.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '#' if !quoted => return (line[..at].trim(), line[at + 1..].trim()),
            _ => {}
        }
    }
    (line.trim(), "")
}

#[test]
fn entries_know_their_section_and_their_comment() {
    let text = "[package]\nname = \"a\"\n[target.'cfg(unix)'.dependencies]\njni.workspace = true # why\n";
    let read = entries(text);
    assert_eq!(read[0], Entry { section: "package", key: "name", value: "\"a\"", comment: "" });
    assert!(read[1].is_dependency() && read[1].is_workspaces());
    assert_eq!((read[1].name(), read[1].comment), ("jni", "why"));
}
