//! What a program does to a folder, as the system saw it: `strace` writes down each call that names, writes or waits for
//! a file, with all its bytes, and this reads it. What the program prints stands in the same record, so that it is known
//! what had been waited for when something was called done.
//!
//! Calls that a program of ours does not make on its files (`writev`, a write at the end of a file that somebody else
//! writes too) are not understood and end the test; nor is what it writes through memory, of which SQLite's `-shm` is the
//! one case: it is made anew at each start.

use super::disk::{Disk, During, Naming, Node, Writing};
use crate::process::run;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::Command;

/// A question mark: not every machine has the call.
const CALLS: &str = "?open,openat,?creat,write,pwrite64,writev,pwritev,fsync,fdatasync,?truncate,ftruncate,?unlink,\
     unlinkat,?rename,?renameat,renameat2,?mkdir,mkdirat,close";
/// Bytes of one call that are written down; none of ours is longer.
const BYTES_MAX: &str = "1048576";

/// A run of a program.
#[derive(Debug)]
pub struct Record {
    /// What it did to its folder.
    pub disk: Disk,
    /// The lines that it printed, and when.
    pub said: Vec<(usize, String)>,
    /// The moment after its end. Moments are counted by calls.
    pub end: usize,
}

/// Runs a program to its end and keeps what it does in this folder, which is empty and has no symbolic link on its way.
///
/// # Panics
/// If it fails, or does something that this does not understand.
pub fn record(program: &Command, folder: &Path) -> Record {
    let kept = tempfile::NamedTempFile::new().expect("the temporary folder can be written");
    let mut strace = Command::new("strace");
    strace.args(["-f", "-y", "-xx", "-s", BYTES_MAX, "-e", &format!("trace={CALLS}"), "-o"]).arg(kept.path());
    strace.arg(program.get_program()).args(program.get_args());
    let ran = run(strace);
    assert!(ran.success, "the program failed under strace: {}{}", ran.stdout, ran.stderr);
    let mut reader = Reader::new(folder);
    for line in BufReader::new(File::open(kept.path()).expect("strace wrote it")).lines() {
        reader.line(&line.expect("strace writes letters only"));
    }
    Record { disk: reader.disk, said: reader.said, end: reader.now + 1 }
}

/// An open file.
struct Open {
    node: Node,
    /// Where its next plain write goes.
    at: usize,
}

struct Reader {
    disk: Disk,
    said: Vec<(usize, String)>,
    now: usize,
    /// Every path that is there.
    paths: BTreeMap<String, Node>,
    /// What is open, by its number. The programs are one process each, so their threads share the numbers.
    open: BTreeMap<String, Open>,
    /// Calls that began and did not end, by thread.
    begun: BTreeMap<String, (usize, String)>,
}

/// A call that did something.
struct Call<'a> {
    name: &'a str,
    arguments: Vec<&'a str>,
    result: usize,
    /// The path behind a number that it gave back.
    opened: Option<String>,
    during: During,
}

impl Reader {
    fn new(folder: &Path) -> Self {
        let root = folder.to_str().expect("the folder's name is text").to_owned();
        Self {
            disk: Disk::new(),
            said: Vec::new(),
            now: 0,
            paths: BTreeMap::from([(root, Disk::ROOT)]),
            open: BTreeMap::new(),
            begun: BTreeMap::new(),
        }
    }

    fn line(&mut self, line: &str) {
        self.now += 1;
        let Some((thread, text)) = line.split_once(' ') else { return };
        let text = text.trim_start();
        if let Some(begun) = text.strip_suffix("<unfinished ...>") {
            self.begun.insert(thread.to_owned(), (self.now, begun.trim_end().to_owned()));
        } else if let Some(resumed) = text.strip_prefix("<... ") {
            let (began, begun) = self.begun.remove(thread).expect("what is resumed was begun");
            let (_, rest) = resumed.split_once(" resumed>").expect("strace says so");
            self.text(&format!("{begun}{rest}"), began);
        } else {
            self.text(text, self.now);
        }
    }

    fn text(&mut self, text: &str, began: usize) {
        if let Some(call) = parse(text, During { began, ended: self.now }) {
            self.call(&call);
        }
    }

    fn call(&mut self, call: &Call<'_>) {
        let number = call.arguments.first().map_or("", |first| digits(first));
        match call.name {
            "open" | "openat" | "creat" => self.opens(call),
            "close" => {
                self.open.remove(number);
            }
            "fsync" | "fdatasync" => {
                if let Some(open) = self.open.get(number) {
                    self.disk.waited(open.node, call.during);
                }
            }
            "write" if number == "1" => {
                let text = String::from_utf8(bytes(call.arguments[1])).expect("it prints text");
                self.said.extend(text.lines().map(|line| (call.during.began, line.to_owned())));
            }
            "write" | "pwrite64" => self.writes(call, number),
            "ftruncate" => {
                if let Some(open) = self.open.get(number) {
                    self.disk.written(open.node, call.during, Writing::Resized(count(call.arguments[1])));
                }
            }
            "mkdir" | "mkdirat" => {
                let path = paths(call).remove(0);
                if self.folder_of(&path).is_some() {
                    let folder = self.disk.folder();
                    self.adds(&path, folder, call.during);
                }
            }
            "unlink" | "unlinkat" => {
                let path = paths(call).remove(0);
                if self.paths.remove(&path).is_some() {
                    let (folder, name) = self.folder_of(&path).expect("a file lies in a folder");
                    self.disk.named(folder, call.during, Naming::Removed(name));
                }
            }
            "rename" | "renameat" | "renameat2" => self.renames(call),
            other => {
                let ours = self.open.contains_key(number) || call.arguments.iter().any(|one| self.is_ours(one));
                assert!(!ours, "`{other}` on a file is not understood here");
            }
        }
    }

    fn opens(&mut self, call: &Call<'_>) {
        let number = call.result.to_string();
        self.open.remove(&number);
        let Some(path) = call.opened.clone() else { return };
        let flags = match call.name {
            "creat" => "O_CREAT|O_TRUNC",
            _ => call.arguments.iter().find(|one| one.contains("O_")).copied().unwrap_or(""),
        };
        if !self.paths.contains_key(&path) && self.folder_of(&path).is_some() {
            assert!(flags.contains("O_CREAT"), "{path} is opened and nobody made it");
            let file = self.disk.file();
            self.adds(&path, file, call.during);
        }
        let Some(node) = self.paths.get(&path).copied() else { return };
        assert!(!flags.contains("O_APPEND"), "{path} is written at its end, which is not understood here");
        if flags.contains("O_TRUNC") {
            self.disk.written(node, call.during, Writing::Resized(0));
        }
        self.open.insert(number, Open { node, at: 0 });
    }

    fn writes(&mut self, call: &Call<'_>, number: &str) {
        let Some(open) = self.open.get_mut(number) else { return };
        let mut bytes = bytes(call.arguments[1]);
        assert!(bytes.len() >= call.result, "strace left bytes out");
        bytes.truncate(call.result);
        let at = if call.name == "write" { open.at } else { count(call.arguments[3]) };
        if call.name == "write" {
            open.at += bytes.len();
        }
        self.disk.written(open.node, call.during, Writing::Wrote(at, bytes));
    }

    fn renames(&mut self, call: &Call<'_>) {
        let both = paths(call);
        let [from, to] = &both[..] else { panic!("a file has one name and gets another") };
        let Some(node) = self.paths.remove(from) else { return };
        let (before, old) = self.folder_of(from).expect("a file lies in a folder");
        let (after, new) = self.folder_of(to).expect("it stays in the program's folder");
        assert_eq!(before, after, "a file that goes to another folder is not understood here: {from}, {to}");
        self.disk.named(before, call.during, Naming::Renamed(old, new, node));
        self.paths.insert(to.clone(), node);
    }

    fn adds(&mut self, path: &str, node: Node, during: During) {
        let (folder, name) = self.folder_of(path).expect("the caller asked");
        self.disk.named(folder, during, Naming::Added(name, node));
        self.paths.insert(path.to_owned(), node);
    }

    /// The folder that a path lies in, if that is ours, and its name there.
    fn folder_of(&self, path: &str) -> Option<(Node, String)> {
        let (folder, name) = path.rsplit_once('/')?;
        Some((*self.paths.get(folder)?, name.to_owned()))
    }

    fn is_ours(&self, argument: &str) -> bool {
        self.paths.contains_key(&text_of(argument.trim_matches('"')))
    }
}

/// Takes a call apart; nothing if it failed or is something else.
fn parse(text: &str, during: During) -> Option<Call<'_>> {
    let (name, rest) = text.split_once('(')?;
    let (arguments, result) = rest.rsplit_once(" = ")?;
    let arguments = arguments.trim_end().strip_suffix(')')?;
    let opened = between(result, '<', '>').map(text_of);
    Some(Call {
        name,
        arguments: arguments.split(", ").collect(),
        result: digits(result).parse().ok()?,
        opened,
        during,
    })
}

/// The paths that a call names, in full: one of the `…at` kind may name it from a folder that is open.
fn paths(call: &Call<'_>) -> Vec<String> {
    let mut from = String::new();
    let mut paths = Vec::new();
    for argument in &call.arguments {
        if let Some(name) = argument.strip_prefix('"') {
            let name = text_of(name.trim_end_matches('"'));
            paths.push(if name.starts_with('/') { name } else { format!("{from}/{name}") });
        } else if let Some(folder) = between(argument, '<', '>') {
            from = text_of(folder);
        }
    }
    paths
}

fn between(text: &str, open: char, close: char) -> Option<&str> {
    let (_, rest) = text.split_once(open)?;
    Some(rest.split_once(close)?.0)
}

fn digits(text: &str) -> &str {
    let end = text.find(|char: char| !char.is_ascii_digit()).unwrap_or(text.len());
    &text[..end]
}

fn count(argument: &str) -> usize {
    argument.parse().expect("strace writes numbers")
}

fn text_of(escaped: &str) -> String {
    String::from_utf8_lossy(&bytes(escaped)).into_owned()
}

/// `"\x61\x63"`, with or without its quotes, as bytes; what is not written so is nothing.
fn bytes(escaped: &str) -> Vec<u8> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => byte - b'0',
        b'a'..=b'f' => byte - b'a' + 10,
        _ => 0,
    };
    let escaped = escaped.trim_matches('"').as_bytes();
    escaped
        .chunks_exact(4)
        .filter(|four| four[..2] == *b"\\x")
        .map(|four| (digit(four[2]) << 4) | digit(four[3]))
        .collect()
}
