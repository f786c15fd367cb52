//! One table has one owner: the folder whose store (or `feed.rs`, `events.rs`, `db/`) writes it. Others read at most
//! upwards: a store may join tables of its own and of lower capabilities.

use std::collections::BTreeMap;

use crate::ladder::{Ladder, module_of};
use crate::source::Source;
use crate::sql::{Touch, created, touches};
use crate::tree::{Tree, Verdict};
use crate::{catches, holds, lets_pass};

const MIGRATIONS: &str = "migrations/server/";
const SERVER: &str = "sync-server/src/";

/// Files that hold SQL that writes.
const WRITERS: [&str; 4] = ["store", "feed", "events", "db"];

/// Every statement of the server: the file it stands in and what it touches.
fn statements(tree: &Tree) -> Vec<(&str, Touch)> {
    // Tests plant rows where no store would write them.
    let rust = tree.below(SERVER, ".rs").filter(|(path, _)| !path.ends_with("/tests.rs")).flat_map(|(path, text)| {
        let source = Source::of(text);
        source.strings.iter().flat_map(|text| touches(text)).map(|touch| (path, touch)).collect::<Vec<_>>()
    });
    let sql = tree.below(SERVER, ".sql").flat_map(|(path, text)| touches(text).into_iter().map(move |t| (path, t)));
    rust.chain(sql).collect()
}

/// The tables that the migrations create, each with the migration.
fn tables(tree: &Tree) -> BTreeMap<String, &str> {
    tree.below(MIGRATIONS, ".sql")
        .flat_map(|(path, text)| created(text).into_iter().map(move |table| (table, path)))
        .collect()
}

/// Who writes each table: the modules, with a file of each.
fn owners<'a>(tree: &'a Tree, tables: &BTreeMap<String, &str>) -> BTreeMap<String, BTreeMap<&'a str, &'a str>> {
    let mut owners: BTreeMap<String, BTreeMap<&str, &str>> = BTreeMap::new();
    for (path, touch) in statements(tree) {
        if let Touch::Writes(table) = touch
            && tables.contains_key(&table)
        {
            owners.entry(table).or_default().entry(module_of(path)).or_insert(path);
        }
    }
    owners
}

fn one_table_one_owner(tree: &Tree) -> Verdict {
    let mut verdict = Verdict::default();
    let tables = tables(tree);
    let owners = owners(tree, &tables);
    for (table, path) in &tables {
        verdict.seen += 1;
        match owners.get(table) {
            None => verdict.find(path, format!("nobody writes `{table}`; a table without an owner is dead")),
            Some(by) if by.len() > 1 => {
                for path in by.values() {
                    let names: Vec<_> = by.keys().copied().collect();
                    verdict.find(path, format!("writes `{table}`, which has several owners: {}", names.join(", ")));
                }
            }
            Some(_) => {}
        }
    }
    for (path, touch) in statements(tree) {
        let (Touch::Writes(_) | Touch::WritesUnknown) = touch else { continue };
        let role = path[SERVER.len()..]
            .trim_end_matches(".rs")
            .split('/')
            .any(|part| WRITERS.contains(&part.strip_suffix("_tests").unwrap_or(part)));
        match &touch {
            Touch::Writes(table) if tables.contains_key(table) && !role => {
                verdict.find(path, format!("writes `{table}`; SQL that writes lives in store.rs"));
            }
            // A restore fills every table; it runs against an empty database and never beside a server.
            Touch::WritesUnknown if path.starts_with("sync-server/src/db/dump/") => {}
            Touch::WritesUnknown => verdict.find(path, "writes a table whose name is put in at run time"),
            _ => {}
        }
    }
    verdict
}

fn reads_go_down_the_ladder(tree: &Tree) -> Verdict {
    let mut verdict = Verdict::default();
    let ladder = Ladder::of(tree);
    let tables = tables(tree);
    let owners = owners(tree, &tables);
    for (path, touch) in statements(tree) {
        let Touch::Reads(table) = touch else { continue };
        let Some(owner) = owners.get(&table).and_then(|by| by.keys().next()) else { continue };
        verdict.seen += 1;
        let own = module_of(path);
        if own != *owner && !ladder.may_use(own, owner) {
            verdict.find(path, format!("reads `{table}` of `{owner}`, which stands higher than `{own}`"));
        }
    }
    verdict
}

#[test]
fn each_table_is_written_by_one_owner() {
    holds(one_table_one_owner);
    let rule = one_table_one_owner;
    catches(rule, "migrations/server/9999_planted.sql", "create table planted (id text);");
    catches(rule, "sync-server/src/admin/store.rs", "//! x\nconst A: &str = \"delete from stream where id = $1\";");
    catches(rule, "sync-server/src/jobs/planted.rs", "//! x\nconst A: &str = \"insert into stream (id) values ($1)\";");
    catches(rule, "sync-server/src/jobs/store.rs", "//! x\nfn f() { format!(\"insert into {table} (id)\"); }");
    lets_pass(
        rule,
        "sync-server/src/admin/planted.rs",
        "//! Never `delete from stream`.\nconst A: &str = \"update the app\";",
    );
}

#[test]
fn a_store_reads_its_own_tables_and_lower_ones() {
    holds(reads_go_down_the_ladder);
    let high = Tree::workspace()
        .with("migrations/server/9999_planted.sql", "create table planted (id text);")
        .with("sync-server/src/admin/store.rs", "const A: &str = \"insert into planted (id) values ($1)\";");
    let planted = high.clone().with("sync-server/src/tickets/store.rs", "const A: &str = \"select id from planted\";");
    assert!(
        reads_go_down_the_ladder(&planted).findings.iter().any(|f| f.starts_with("sync-server/src/tickets/store.rs"))
    );
    assert!(reads_go_down_the_ladder(&high).findings.is_empty());
}
