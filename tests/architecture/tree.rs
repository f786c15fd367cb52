//! The workspace as data: every text file by its path from the root, and the entries at the top.
//!
//! Reading is all this does. A rule never touches the disk itself, so a test can hand it a tree that does not exist.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

/// What a rule saw and what breaks it, one sentence a finding, each opening with the path.
#[derive(Default)]
pub(crate) struct Verdict {
    /// How many things the rule looked at; nought means that it looked in the wrong place.
    pub(crate) seen: usize,
    pub(crate) findings: Vec<String>,
}

impl Verdict {
    pub(crate) fn find(&mut self, path: &str, what: impl AsRef<str>) {
        self.findings.push(format!("{path}: {}", what.as_ref()));
    }
}

/// The files of the workspace, or of one that a test made up.
#[derive(Clone, Default)]
pub(crate) struct Tree {
    /// Names at the top that are not hidden.
    pub(crate) entries: BTreeSet<String>,
    files: BTreeMap<String, String>,
}

/// What a build or a run leaves at the top; `.gitignore` names the same.
const LEFT_BY_RUNS: [&str; 2] = ["target", "demo-data"];

/// Endings of the files that rules read.
const TEXT: [&str; 8] = ["rs", "toml", "lock", "sql", "md", "html", "ftl", "css"];

impl Tree {
    /// The workspace this test was compiled in, read once.
    pub(crate) fn workspace() -> Self {
        static READ: LazyLock<Tree> = LazyLock::new(Tree::from_disk);
        READ.clone()
    }

    fn from_disk() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the workspace");
        let mut tree = Self::default();
        for entry in fs::read_dir(root).expect("the workspace can be listed") {
            let entry = entry.expect("an entry can be read");
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with('.') || LEFT_BY_RUNS.contains(&name.as_str()) {
                continue;
            }
            tree.entries.insert(name.clone());
            tree.read(&entry.path(), &name);
        }
        tree
    }

    fn read(&mut self, at: &Path, name: &str) {
        if at.is_dir() {
            for entry in fs::read_dir(at).expect("a folder of the workspace can be listed") {
                let entry = entry.expect("an entry can be read");
                let inner = entry.file_name().to_string_lossy().into_owned();
                if !inner.starts_with('.') && inner != "target" {
                    self.read(&entry.path(), &format!("{name}/{inner}"));
                }
            }
        } else if TEXT.iter().any(|ending| name.ends_with(&format!(".{ending}"))) {
            self.files.insert(name.to_owned(), fs::read_to_string(at).expect("a text file is UTF-8"));
        }
    }

    /// The same tree with `path` holding `text`, in place of what it held.
    pub(crate) fn with(mut self, path: &str, text: &str) -> Self {
        let top = path.split('/').next().expect("split gives at least one part");
        if !top.starts_with('.') {
            self.entries.insert(top.to_owned());
        }
        self.files.insert(path.to_owned(), text.to_owned());
        self
    }

    /// The text at `path`, empty where there is no such file.
    pub(crate) fn text(&self, path: &str) -> &str {
        self.files.get(path).map_or("", String::as_str)
    }

    /// Files below `folder` whose name ends with `ending`, in order.
    pub(crate) fn below<'a>(&'a self, folder: &'a str, ending: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.files
            .iter()
            .filter(move |(path, _)| path.starts_with(folder) && path.ends_with(ending))
            .map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// Every Rust file of the workspace.
    pub(crate) fn rust(&self) -> impl Iterator<Item = (&str, &str)> {
        self.below("", ".rs")
    }
}
