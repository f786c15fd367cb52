//! Finds the tables that SQL text reads and writes, by its words.
//!
//! Table names stand literally in our SQL (a name put in by `format!` is a finding of its own), so words are enough.

use crate::source::words;

/// A table that a statement touches.
#[derive(Debug, PartialEq)]
pub(crate) enum Touch {
    Reads(String),
    Writes(String),
    /// A write whose table is put in at run time, which no rule can see through.
    WritesUnknown,
}

/// The tables that `text` touches, where it is SQL at all.
pub(crate) fn touches(text: &str) -> Vec<Touch> {
    let text = text.replace('\\', " ").to_lowercase();
    let words = words(&text);
    let mut out = Vec::new();
    let at = |n: usize| words.get(n).copied().unwrap_or("");
    for n in 0..words.len() {
        match (at(n), at(n + 1)) {
            ("insert", "into") | ("delete", "from") => out.push(write(at(n + 2))),
            ("update", table) if is_update(&words[n..]) && at(n.wrapping_sub(1)) != "do" => out.push(write(table)),
            ("from" | "join", table) if at(n.wrapping_sub(1)) != "delete" => out.push(Touch::Reads(table.to_owned())),
            _ => {}
        }
    }
    out
}

/// `update t set`, `update t x set`, `update t as x set`; not `on conflict do update set` and not prose.
fn is_update(words: &[&str]) -> bool {
    let at = |n: usize| words.get(n).copied().unwrap_or("");
    at(1) != "set" && (at(2) == "set" || at(3) == "set" || at(2) == "as" && at(4) == "set")
}

fn write(table: &str) -> Touch {
    if table == "{" { Touch::WritesUnknown } else { Touch::Writes(table.to_owned()) }
}

/// The tables that a migration creates, with the words of each `create table`.
pub(crate) fn created(migration: &str) -> Vec<String> {
    let code: String =
        migration.lines().map(|line| line.split("--").next().unwrap_or("")).collect::<Vec<_>>().join("\n");
    let words = words(&code);
    words.windows(3).filter(|three| three[..2] == ["create", "table"]).map(|three| three[2].to_owned()).collect()
}

#[test]
fn statements_tell_their_tables() {
    use Touch::{Reads, Writes, WritesUnknown};
    let touched = |text| touches(text);
    assert_eq!(
        touched("insert into ticket (id) values ($1) on conflict (id) do update set a = 1"),
        [Writes("ticket".into())]
    );
    assert_eq!(touched("update ticket set a = 1"), [Writes("ticket".into())]);
    assert_eq!(touched("update ticket as t set a = 1"), [Writes("ticket".into())]);
    assert_eq!(touched("delete from \\\n  job where id = $1"), [Writes("job".into())]);
    assert_eq!(
        touched("select a from job join event on 1 = 1 for update"),
        [Reads("job".into()), Reads("event".into())]
    );
    assert_eq!(touched("insert into {table} (a)"), [WritesUnknown]);
    assert_eq!(touched("please update the app"), []);
}

#[test]
fn migrations_tell_what_they_create() {
    assert_eq!(
        created("-- create table not_this\ncreate table a (\n id text\n);\ncreate table b (x text);"),
        ["a", "b"]
    );
}
