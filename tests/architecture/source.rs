//! Just enough of Rust's grammar to look past comments and strings.
//!
//! A rule that greps raw text is fooled by prose ("never name sqlx here") and by strings; one that parses in full needs a
//! parser as a dependency. This stands between: it tells code, comments and string contents apart and splits code
//! into words. It refuses nothing: on text that does not compile it answers something, and the compiler speaks up.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

/// A Rust file, taken apart.
pub(crate) struct Source {
    /// The code with comments and the insides of strings turned to spaces; line breaks stay.
    pub(crate) code: String,
    /// The insides of all string literals, in order.
    pub(crate) strings: Vec<String>,
    words: Vec<(usize, usize)>,
}

/// Every rule reads every file, and again for each violation planted elsewhere: a text is taken apart once.
static KNOWN: LazyLock<Mutex<HashMap<String, Arc<Source>>>> = LazyLock::new(Mutex::default);

impl Source {
    pub(crate) fn of(text: &str) -> Arc<Self> {
        if let Some(known) = KNOWN.lock().expect("no test fails while it holds this").get(text) {
            return known.clone();
        }
        let source = Arc::new(Self::take_apart(text));
        KNOWN.lock().expect("no test fails while it holds this").insert(text.to_owned(), source.clone());
        source
    }

    fn take_apart(text: &str) -> Self {
        let chars: Vec<char> = text.chars().collect();
        let mut source = Self { code: String::with_capacity(text.len()), strings: Vec::new(), words: Vec::new() };
        let mut at = 0;
        while at < chars.len() {
            at = source.step(&chars, at);
        }
        let start = source.code.as_ptr() as usize;
        source.words = words(&source.code).iter().map(|word| (word.as_ptr() as usize - start, word.len())).collect();
        source
    }

    /// Takes what begins at `at`, answers where the next thing begins.
    fn step(&mut self, chars: &[char], at: usize) -> usize {
        let rest = &chars[at..];
        let word_before = at > 0 && is_word(chars[at - 1]);
        if rest.starts_with(&['/', '/']) {
            let end = at + rest.iter().position(|c| *c == '\n').unwrap_or(rest.len());
            return self.blank(chars, at, end);
        }
        if rest.starts_with(&['/', '*']) {
            return self.blank(chars, at, end_of_block_comment(chars, at));
        }
        if !word_before && let Some((open, hashes)) = raw_string(rest) {
            let end = end_of_raw_string(chars, at + open, hashes);
            return self.string(chars, at + open, end, 1 + hashes);
        }
        if rest[0] == '"' {
            return self.string(chars, at + 1, end_of_string(chars, at + 1), 1);
        }
        if rest[0] == '\'' {
            // A char literal closes after one char or an escape; anything else is a lifetime.
            if rest.get(1) == Some(&'\\') {
                let close = rest.iter().skip(3).position(|c| *c == '\'').map_or(rest.len(), |p| p + 4);
                return self.blank(chars, at, at + close);
            }
            if rest.get(2) == Some(&'\'') {
                return self.blank(chars, at, at + 3);
            }
        }
        self.code.push(rest[0]);
        at + 1
    }

    fn blank(&mut self, chars: &[char], from: usize, to: usize) -> usize {
        let to = to.min(chars.len());
        self.code.extend(chars[from..to].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
        to
    }

    fn string(&mut self, chars: &[char], from: usize, to: usize, close: usize) -> usize {
        let to = to.min(chars.len());
        self.strings.push(chars[from..to].iter().collect());
        self.code.push('"');
        let end = self.blank(chars, from, to);
        self.code.push('"');
        end + close
    }

    /// The words of the code: names and numbers, `::`, `=>`, and every other sign alone.
    pub(crate) fn words(&self) -> Vec<&str> {
        self.words.iter().map(|(at, len)| &self.code[*at..*at + *len]).collect()
    }
}

/// Splits text without comments into names, `::`, `=>` and single signs.
pub(crate) fn words(code: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut rest = code.trim_start();
    while let Some(first) = rest.chars().next() {
        let len = if is_word(first) {
            rest.find(|c| !is_word(c)).unwrap_or(rest.len())
        } else if rest.starts_with("::") || rest.starts_with("=>") {
            2
        } else {
            first.len_utf8()
        };
        out.push(&rest[..len]);
        rest = rest[len..].trim_start();
    }
    out
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn end_of_block_comment(chars: &[char], at: usize) -> usize {
    let (mut depth, mut at) = (0, at);
    while at < chars.len() {
        if chars[at..].starts_with(&['/', '*']) {
            depth += 1;
            at += 2;
        } else if chars[at..].starts_with(&['*', '/']) {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    at
}

/// For `r"`, `r#"`, `br"`: the length of the opening and the number of hashes.
fn raw_string(rest: &[char]) -> Option<(usize, usize)> {
    let prefix = match rest {
        ['b' | 'c', 'r', ..] => 2,
        ['r', ..] => 1,
        _ => return None,
    };
    let hashes = rest[prefix..].iter().take_while(|c| **c == '#').count();
    (rest.get(prefix + hashes) == Some(&'"')).then_some((prefix + hashes + 1, hashes))
}

fn end_of_raw_string(chars: &[char], mut at: usize, hashes: usize) -> usize {
    while at < chars.len() {
        if chars[at] == '"' && chars[at + 1..].iter().take_while(|c| **c == '#').count() >= hashes {
            return at;
        }
        at += 1;
    }
    at
}

fn end_of_string(chars: &[char], mut at: usize) -> usize {
    while at < chars.len() && chars[at] != '"' {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    at
}

#[test]
fn comments_and_strings_are_told_from_code() {
    let source = Source::of(
        "// use sqlx;\nfn a<'a>() { let x = '\"'; /* /* axum */ */ let y = \"re\\\"qwest\"; let z = r#\"a \"raw\" one\"#; }",
    );
    assert!(!source.code.contains("sqlx") && !source.code.contains("axum") && !source.code.contains("qwest"));
    assert!(source.code.contains("fn a<'a>()") && source.code.contains("let z ="));
    assert_eq!(source.strings, ["re\\\"qwest", "a \"raw\" one"]);
    assert_eq!(source.code.lines().count(), 2, "line breaks stay");
}

#[test]
fn words_keep_paths_and_arrows_whole() {
    assert_eq!(words("a::b => c{d}"), ["a", "::", "b", "=>", "c", "{", "d", "}"]);
}
