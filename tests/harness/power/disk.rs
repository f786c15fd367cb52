//! A folder as its disk may have it after a power cut: the history of every file and name in it, each change with the
//! moment at which it began and ended, and what was waited for.
//!
//! What was waited for (`fsync`) is there. Of what came later each thing may be there or not, in any mixture, and the last
//! write to a file may have got only as far as some sector. A file's name belongs to its folder: until that was waited
//! for, a new file may be missing with all its bytes, and a removed one may be back. Real disks are kinder; code that is
//! right under this is right on them.

use shared::chance::{Chance, Seeded};
use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

/// Writes are torn at multiples of this.
const SECTOR: usize = 512;

/// A file or a folder, by its number.
pub type Node = usize;

/// When a call to the system began and ended, counted by anything that only grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct During {
    /// From here on its effect may be on the disk.
    pub began: usize,
    /// From here on its caller goes on.
    pub ended: usize,
}

/// A change of a folder.
#[derive(Clone, Debug)]
pub enum Naming {
    /// A new name for a file or folder.
    Added(String, Node),
    /// One less.
    Removed(String),
    /// The first name went and the second came (in the place of what had it), at once.
    Renamed(String, String, Node),
}

/// A change of a file.
#[derive(Clone, Debug)]
pub enum Writing {
    /// Bytes from this place on.
    Wrote(usize, Vec<u8>),
    /// Another length; what is new is zeros.
    Resized(usize),
}

impl Writing {
    fn end(&self) -> usize {
        match self {
            Self::Wrote(at, bytes) => at + bytes.len(),
            Self::Resized(length) => *length,
        }
    }
}

/// What happened to one of them, in order.
#[derive(Debug)]
struct Log<T> {
    changes: Vec<(During, T)>,
    waits: Vec<During>,
}

#[derive(Debug)]
enum History {
    Folder(Log<Naming>),
    File(Log<Writing>),
}

/// The histories of a folder and all that was ever in it.
#[derive(Debug)]
pub struct Disk {
    nodes: Vec<History>,
}

/// What becomes of changes that nobody waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The power went before any got to the disk.
    AllLost,
    /// All got there in time.
    AllKept,
    /// Each by chance.
    Mixed,
}

/// One cut of the power.
#[derive(Debug)]
pub struct Cut {
    /// Before what began at this moment.
    pub at: usize,
    /// What becomes of what was not waited for.
    pub fate: Fate,
    /// Decides where the fate does not.
    pub chance: Seeded,
}

impl<T> Log<T> {
    fn new() -> Self {
        Self { changes: Vec::new(), waits: Vec::new() }
    }

    /// What is there after a cut, in order, and whether each was waited for.
    fn after(&self, cut: &Cut) -> Vec<(&T, bool)> {
        // A wait covers what had ended before it began, and counts once it has ended.
        let covered = self.waits.iter().filter(|wait| wait.ended < cut.at).map(|wait| wait.began).max().unwrap_or(0);
        let odds = 1 + cut.chance.below(9);
        let begun = self.changes.iter().filter(|(during, _)| during.began < cut.at);
        begun
            .map(|(during, change)| (change, during.ended < covered))
            .filter(|(_, is_sure)| {
                *is_sure
                    || match cut.fate {
                        Fate::AllLost => false,
                        Fate::AllKept => true,
                        Fate::Mixed => cut.chance.below(10) < odds,
                    }
            })
            .collect()
    }
}

impl Disk {
    /// The folder itself.
    pub const ROOT: Node = 0;

    /// An empty folder.
    pub fn new() -> Self {
        Self { nodes: vec![History::Folder(Log::new())] }
    }

    /// An empty file that has no name yet.
    pub fn file(&mut self) -> Node {
        self.nodes.push(History::File(Log::new()));
        self.nodes.len() - 1
    }

    /// The same for a folder.
    pub fn folder(&mut self) -> Node {
        self.nodes.push(History::Folder(Log::new()));
        self.nodes.len() - 1
    }

    /// A folder changed.
    ///
    /// # Panics
    /// If it is none.
    pub fn named(&mut self, folder: Node, during: During, change: Naming) {
        match &mut self.nodes[folder] {
            History::Folder(log) => log.changes.push((during, change)),
            History::File(_) => panic!("a file holds no names"),
        }
    }

    /// A file changed.
    ///
    /// # Panics
    /// If it is none.
    pub fn written(&mut self, file: Node, during: During, change: Writing) {
        match &mut self.nodes[file] {
            History::File(log) => log.changes.push((during, change)),
            History::Folder(_) => panic!("nobody writes into a folder"),
        }
    }

    /// Somebody waited until the disk had a file or the names of a folder.
    pub fn waited(&mut self, node: Node, during: During) {
        match &mut self.nodes[node] {
            History::File(log) => log.waits.push(during),
            History::Folder(log) => log.waits.push(during),
        }
    }

    /// Builds what is there after a cut, in a folder that is not there yet.
    pub fn rebuild(&self, cut: &Cut, to: &Path) -> io::Result<()> {
        self.put(Self::ROOT, cut, to)
    }

    fn put(&self, node: Node, cut: &Cut, to: &Path) -> io::Result<()> {
        match &self.nodes[node] {
            History::File(log) => fs::write(to, bytes(log, cut)),
            History::Folder(log) => {
                fs::create_dir(to)?;
                for (name, node) in names(log, cut) {
                    self.put(node, cut, &to.join(name))?;
                }
                Ok(())
            }
        }
    }
}

impl Default for Disk {
    fn default() -> Self {
        Self::new()
    }
}

fn names<'a>(log: &'a Log<Naming>, cut: &Cut) -> BTreeMap<&'a str, Node> {
    let mut names = BTreeMap::new();
    for (change, _) in log.after(cut) {
        match change {
            Naming::Added(name, node) => {
                names.insert(name.as_str(), *node);
            }
            Naming::Removed(name) => {
                names.remove(name.as_str());
            }
            Naming::Renamed(from, to, node) => {
                names.remove(from.as_str());
                names.insert(to.as_str(), *node);
            }
        }
    }
    names
}

fn bytes(log: &Log<Writing>, cut: &Cut) -> Vec<u8> {
    let kept = log.after(cut);
    let most = kept.iter().map(|(change, _)| change.end()).max().unwrap_or(0);
    let (mut bytes, mut length) = (vec![0; most], 0);
    for (place, (change, is_sure)) in kept.iter().enumerate() {
        match change {
            Writing::Resized(new) => {
                bytes[*new..].fill(0);
                length = *new;
            }
            Writing::Wrote(at, new) => {
                let may_tear = !is_sure && cut.fate == Fate::Mixed && place + 1 == kept.len();
                let end = if may_tear { torn(&cut.chance, *at, new.len()) } else { change.end() };
                if end > *at {
                    bytes[*at..end].copy_from_slice(&new[..end - at]);
                    length = length.max(end);
                }
            }
        }
    }
    bytes.truncate(length);
    bytes
}

/// How far a write got: whole, or as far as a sector of the file that it touches. Never before its own place.
fn torn(chance: &Seeded, at: usize, length: usize) -> usize {
    if chance.below(4) == 0 {
        return at + length;
    }
    let reached = at + below(chance, length + 1);
    (reached / SECTOR * SECTOR).max(at)
}

/// A number below the bound, or 0.
pub(super) fn below(chance: &Seeded, bound: usize) -> usize {
    usize::try_from(chance.below(bound as u64)).unwrap_or(0)
}
