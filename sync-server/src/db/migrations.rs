//! The tables' versions. One set of files for both engines; the one rewrite is that PostgreSQL compares text byte by
//! byte, as `SQLite` does, whatever locale its cluster was made with.

use super::conn::Conn;
use super::error::{Error, OpenError};
use super::settings::{Engine, Settings};

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AnyConnection, AssertSqlSafe, Connection, Executor, Row, SqlSafeStr};
use std::collections::BTreeSet;

include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

/// How a database's tables compare with this program's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Migrated {
    /// They are this program's.
    Yes,
    /// So many migrations are missing: run `sync-server migrate`.
    Behind(usize),
    /// A newer program migrated it: run that one.
    Ahead,
}

pub(super) async fn run(settings: &Settings) -> Result<(), OpenError> {
    run_to(settings, &known()).await
}

/// Brings the tables to an earlier version of this program, or to its own.
pub(super) async fn run_to(settings: &Settings, versions: &BTreeSet<i64>) -> Result<(), OpenError> {
    // A connection of its own: a migration may take longer than a write may.
    let mut connection = AnyConnection::connect(&settings.url).await?;
    if settings.engine() == Engine::Sqlite {
        connection.execute("pragma synchronous = full").await?;
    }
    let mut list = list(settings.engine());
    list.retain(|migration| versions.contains(&migration.version));
    let migrator = Migrator::with_migrations(list);
    let done = migrator.run_direct(None, &mut connection, false).await;
    connection.close().await?;
    done.map_err(|error| OpenError::Migration(error.to_string()))
}

pub(super) async fn compare(conn: &mut Conn) -> Result<Migrated, Error> {
    let there = versions(conn.engine(), conn.sql()).await?;
    let ours = known();
    Ok(if there.difference(&ours).next().is_some() {
        Migrated::Ahead
    } else if there.len() < ours.len() {
        Migrated::Behind(ours.len() - there.len())
    } else {
        Migrated::Yes
    })
}

/// The migrations that were done in a database; none in an empty one.
pub(super) async fn versions(engine: Engine, connection: &mut AnyConnection) -> Result<BTreeSet<i64>, Error> {
    let exists = sqlx::query(engine.table_exists()).bind("_sqlx_migrations".to_string());
    let n_tables: i64 = exists.fetch_one(&mut *connection).await?.try_get("n")?;
    if n_tables == 0 {
        return Ok(BTreeSet::new());
    }
    let rows = sqlx::query("select version from _sqlx_migrations where success").fetch_all(connection).await?;
    let mut there = BTreeSet::new();
    for row in rows {
        there.insert(row.try_get::<i64, _>("version")?);
    }
    Ok(there)
}

/// The migrations of this program.
pub(super) fn known() -> BTreeSet<i64> {
    FILES.iter().map(|(version, _, _)| *version).collect()
}

/// What they say, in order.
pub(super) fn texts() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(_, _, sql)| *sql)
}

/// A short name for this set of migrations, to tell template databases of tests apart.
#[cfg(feature = "testing")]
pub(super) fn fingerprint() -> String {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in FILES.iter().flat_map(|(_, name, sql)| name.bytes().chain(sql.bytes())) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    format!("{hash:016x}")
}

fn list(engine: Engine) -> Vec<Migration> {
    let migration = |&(version, name, sql): &(i64, &'static str, &'static str)| {
        let sql = match engine {
            Engine::Sqlite => sql.into_sql_str(),
            Engine::Postgres => AssertSqlSafe(collate_c(sql)).into_sql_str(),
        };
        Migration::new(version, name.into(), MigrationType::Simple, sql, false)
    };
    FILES.iter().map(migration).collect()
}

/// Adds `collate "C"` to each column declared `text`. A word `text` is a type when it follows the name of a column;
/// in comments and quotes it is nothing of ours.
fn collate_c(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len() + sql.len() / 8);
    let mut before = ""; // the word or sign before
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("--") {
            rest.find('\n').unwrap_or(rest.len())
        } else if first == '\'' || first == '"' {
            rest[1..].find(first).map_or(rest.len(), |end| end + 2)
        } else if first.is_alphanumeric() || first == '_' {
            rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (token, after) = rest.split_at(length);
        out.push_str(token);
        if token == "text" && follows_a_name(before) {
            out.push_str(" collate \"C\"");
        }
        if !token.trim().is_empty() && !token.starts_with("--") {
            before = token;
        }
        rest = after;
    }
    out
}

fn follows_a_name(before: &str) -> bool {
    const NOT_NAMES: [&str; 12] =
        ["as", "select", "column", "add", "and", "or", "set", "by", "where", "on", "distinct", "when"];
    before.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '"') && !NOT_NAMES.contains(&before)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::testing::both_engines;

    #[test]
    fn text_columns_and_nothing_else_are_collated() {
        let cases = [
            ("create table a (b text not null, c bigint)", "create table a (b text collate \"C\" not null, c bigint)"),
            ("alter table a add column b text", "alter table a add column b text collate \"C\""),
            ("create table note (text text)", "create table note (text text collate \"C\")"),
            ("-- b text\nselect 'b text', cast(n as text)", "-- b text\nselect 'b text', cast(n as text)"),
            ("create index i on note (text)", "create index i on note (text)"),
            ("select text from a where text = 'it''s text'", "select text from a where text = 'it''s text'"),
            ("primary key (a, text)", "primary key (a, text)"),
        ];
        for (sql, expected) in cases {
            assert_eq!(collate_c(sql), expected);
        }
    }

    #[tokio::test]
    async fn tables_are_this_programs_and_text_sorts_by_bytes_on_both_engines() {
        both_engines(async |db| {
            assert_eq!(db.is_migrated().await, Ok(Migrated::Yes));
            let words = db.write(crate::db::Lane::Desk, async |tx| {
                let sql = "insert into server_meta (k, v) values ('b', ''), ('A', ''), ('a', ''), ('ä', ''), ('Z', '')";
                sqlx::query(sql).execute(tx.sql()).await?;
                let sql = "select k from server_meta where k <> 'epoch' order by k";
                let rows = sqlx::query(sql).fetch_all(tx.sql()).await?;
                Ok::<_, Error>(rows.iter().map(|row| row.try_get::<String, _>("k")).collect::<Result<Vec<_>, _>>()?)
            });
            assert_eq!(words.await.unwrap(), ["A", "Z", "a", "b", "ä"]);
        })
        .await;
    }
}
