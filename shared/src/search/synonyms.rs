//! Words that mean the same, kept by an admin: a line for each group, `tv = television = telly`. Phrases may have several
//! words. A search for one finds the others too, for a little less.

use super::words::stems;
use std::collections::BTreeMap;

/// How many groups a list has at most.
const GROUPS_MAX: usize = 500;
/// How many phrases a group has at most.
const PHRASES_MAX: usize = 12;
/// How many words a phrase has at most.
pub(super) const PHRASE_WORDS_MAX: usize = 3;

/// A list of words that mean the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Synonyms {
    groups: Vec<Vec<Vec<String>>>,
    of: BTreeMap<Vec<String>, Vec<usize>>,
}

/// Why a list cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct Unreadable {
    /// Which line, from 1.
    pub line: usize,
    /// What to do about it.
    pub why: &'static str,
}

impl Synonyms {
    /// Reads a list. Empty lines and lines that begin with `#` are left out.
    pub fn read(text: &str) -> Result<Self, Unreadable> {
        let mut read = Self::default();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let wrong = |why| Unreadable { line: number + 1, why };
            let mut group: Vec<Vec<String>> = Vec::new();
            for phrase in line.split('=') {
                let words: Vec<String> =
                    phrase.split_whitespace().flat_map(|word| stems(word).into_iter().take(1)).collect();
                match words.len() {
                    0 => return Err(wrong("write words on both sides of each =")),
                    1..=PHRASE_WORDS_MAX => {}
                    _ => return Err(wrong("a phrase has at most three words")),
                }
                if !group.contains(&words) {
                    group.push(words);
                }
            }
            if line.split('=').count() < 2 {
                return Err(wrong("write at least two, like: tv = television"));
            }
            if group.len() > PHRASES_MAX {
                return Err(wrong("at most twelve in one line; make it two lines"));
            }
            if read.groups.len() == GROUPS_MAX {
                return Err(wrong("the list is full: at most 500 lines"));
            }
            for phrase in &group {
                read.of.entry(phrase.clone()).or_default().push(read.groups.len());
            }
            read.groups.push(group);
        }
        Ok(read)
    }

    /// The other phrases of every group that holds this one.
    pub(super) fn others(&self, phrase: &[String]) -> Vec<&Vec<String>> {
        let groups = self.of.get(phrase).into_iter().flatten();
        groups.flat_map(|group| &self.groups[*group]).filter(|other| other.as_slice() != phrase).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_by_lines_and_says_which_line_is_wrong() {
        let list = Synonyms::read("# screens\ntv = television = telly\n\nno signal = no picture\n").unwrap();
        let stem = |text: &str| stems(text);
        assert_eq!(list.others(&stem("telly")), [&stem("tv"), &stem("television")]);
        assert_eq!(list.others(&stem("no signal")), [&stem("no picture")]);
        assert!(list.others(&stem("radio")).is_empty());
        let why = |text: &str| Synonyms::read(text).unwrap_err().to_string();
        assert_eq!(why("tv = \n"), "line 1: write words on both sides of each =");
        assert_eq!(why("a b = x\n\ntv"), "line 3: write at least two, like: tv = television");
        assert_eq!(why("tv = one two three four"), "line 1: a phrase has at most three words");
    }
}
