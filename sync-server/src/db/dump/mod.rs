//! The whole database as one file that either engine reads: `backup` and `restore`, and the way from `SQLite` to
//! PostgreSQL.
//!
//! A backup is one snapshot, taken while the server runs. It holds personal data and the hashes of passwords; the keys
//! of links (`SYSOPS_SECRET`) are not in it. A restore is all or nothing and goes into an empty database only; it begins
//! a new history (epoch), so that phones offer again what the backup did not have. A file that is damaged or cut short
//! is refused before anything is written. What can be derived, like the search index, is not in the file.

mod lines;
mod tables;

use super::settings::Settings;
use super::{Error, OpenError, meta, migrations, values};
use lines::{Cell, Header, Line, Reader, Writer};
use shared::chance::Chance;
use shared::time::Timestamp;
use sqlx::{AnyConnection, AssertSqlSafe, Connection, Row};
use std::collections::BTreeSet;
use std::io::{Read, Write};
use tables::{Column, Kind};

use futures_util::TryStreamExt;

/// Binds in one insert; both engines take 32,000.
const BINDS_MAX: usize = 8_000;
/// A database with rows in one of these is somebody's.
const WITNESSES: [&str; 5] = ["login", "customer", "expert", "ticket", "event"];

/// Why there is no backup, or nothing was restored. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum DumpError {
    /// The file cannot be written or read.
    #[error("the file cannot be used: {0}")]
    File(#[from] std::io::Error),
    /// The file is none of ours, was damaged or cut short. Nothing was restored.
    #[error("this is not a whole backup ({0}): nothing was restored")]
    Damaged(String),
    /// The program is older than the file.
    #[error("a newer program made this backup: restore it with that one")]
    Newer,
    /// The tables are newer than the file.
    #[error(
        "this backup is older than the tables: name a database that was never migrated; restore brings it up to date"
    )]
    Older,
    /// There is something in it.
    #[error("the database is not empty ({0} has rows): name a new one, so that nothing is overwritten")]
    NotEmpty(&'static str),
    /// The database.
    #[error(transparent)]
    Open(#[from] OpenError),
}

impl From<sqlx::Error> for DumpError {
    fn from(error: sqlx::Error) -> Self {
        Self::Open(error.into())
    }
}

impl From<Error> for DumpError {
    fn from(error: Error) -> Self {
        Self::Open(error.into())
    }
}

/// Writes everything, as it is at one instant. Gives back how many rows that were.
pub async fn backup(settings: &Settings, out: impl Write, now: Timestamp) -> Result<u64, DumpError> {
    let engine = settings.engine();
    let mut connection = AnyConnection::connect(&settings.url).await?;
    let mut snapshot = connection.begin_with(engine.begin_read()).await?;
    let versions = migrations::versions(engine, &mut snapshot).await?;
    if !versions.is_subset(&migrations::known()) {
        return Err(DumpError::Newer);
    }
    let mut writer = Writer::begin(out, &Header { versions, made_at: now })?;
    for table in tables::all() {
        let columns = tables::columns(engine, &mut snapshot, table).await?;
        if columns.is_empty() {
            continue; // of a later version than this database
        }
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        writer.table(table, &names)?;
        let sql = format!("select {} from {table}", names.join(", "));
        let mut rows = sqlx::query(AssertSqlSafe(sql)).fetch(&mut *snapshot);
        while let Some(row) = rows.try_next().await? {
            let cells: Result<Vec<Cell>, sqlx::Error> = columns.iter().map(|column| cell(&row, column)).collect();
            writer.row(&cells?)?;
        }
    }
    let n_rows = writer.end()?;
    snapshot.rollback().await?;
    connection.close().await?;
    Ok(n_rows)
}

fn cell(row: &sqlx::any::AnyRow, column: &Column) -> Result<Cell, sqlx::Error> {
    Ok(match column.kind {
        Kind::Text => row.try_get::<Option<String>, _>(column.name.as_str())?.map_or(Cell::Null, Cell::Text),
        Kind::Integer => row.try_get::<Option<i64>, _>(column.name.as_str())?.map_or(Cell::Null, Cell::Integer),
    })
}

/// Fills an empty database from a backup and brings it to this program's version. `open` gives the file from its
/// beginning; it is read twice. Gives back how many rows were restored.
pub async fn restore<R: Read>(
    settings: &Settings,
    mut open: impl FnMut() -> std::io::Result<R>,
    chance: &dyn Chance,
) -> Result<u64, DumpError> {
    let header = check(open()?)?;
    let known = migrations::known();
    if !header.versions.is_subset(&known) {
        return Err(DumpError::Newer);
    }
    let engine = settings.engine();
    let mut connection = AnyConnection::connect(&settings.url).await?;
    let there = migrations::versions(engine, &mut connection).await?;
    if !there.is_empty() {
        if there != header.versions {
            return Err(DumpError::Older);
        }
        refuse_unless_empty(&mut connection).await?;
    }
    migrations::run_to(settings, &header.versions).await?;
    let n_rows = fill(settings, &mut connection, Reader::begin(open()?)?.1, chance).await?;
    connection.close().await?;
    migrations::run_to(settings, &known).await?;
    Ok(n_rows)
}

/// Reads the file to its end.
fn check(file: impl Read) -> Result<Header, DumpError> {
    let (header, mut reader) = Reader::begin(file)?;
    let known: BTreeSet<&str> = tables::all().collect();
    while let Some(line) = reader.next()? {
        match line {
            Line::Table { name, .. } if header.versions.is_subset(&migrations::known()) && !known.contains(&*name) => {
                return Err(DumpError::Damaged(format!("there is no table {name}")));
            }
            Line::Table { .. } | Line::Row(_) => {}
        }
    }
    Ok(header)
}

async fn refuse_unless_empty(connection: &mut AnyConnection) -> Result<(), DumpError> {
    for table in WITNESSES {
        let sql = format!("select 1 from {table} limit 1");
        if sqlx::query(AssertSqlSafe(sql)).fetch_optional(&mut *connection).await?.is_some() {
            return Err(DumpError::NotEmpty(table));
        }
    }
    Ok(())
}

/// One transaction: what migrations put there goes, the file's rows come, and a new history begins.
async fn fill<R: Read>(
    settings: &Settings,
    connection: &mut AnyConnection,
    mut reader: Reader<R>,
    chance: &dyn Chance,
) -> Result<u64, DumpError> {
    let engine = settings.engine();
    let mut transaction = connection.begin_with(engine.begin_write()).await?;
    let order: Vec<&str> = tables::all().collect();
    for table in order.iter().rev() {
        if !tables::columns(engine, &mut transaction, table).await?.is_empty() {
            sqlx::query(AssertSqlSafe(format!("delete from {table}"))).execute(&mut *transaction).await?;
        }
    }
    let mut batch = Batch::default();
    let mut n_rows = 0;
    while let Some(line) = reader.next()? {
        match line {
            Line::Table { name, columns } => {
                batch.write(&mut transaction).await?;
                let there = tables::columns(engine, &mut transaction, &name).await?;
                batch = Batch::of(&name, &columns, &there)?;
            }
            Line::Row(cells) => {
                n_rows += 1;
                batch.rows.push(cells);
                if batch.is_full() {
                    batch.write(&mut transaction).await?;
                }
            }
        }
    }
    batch.write(&mut transaction).await?;
    let sql = "update server_meta set v = $1 where k = 'epoch'";
    sqlx::query(sql).bind(meta::new_epoch(chance)).execute(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(n_rows)
}

/// Rows of one table on their way in.
#[derive(Default)]
struct Batch {
    table: String,
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
}

impl Batch {
    /// The file's columns, with the kinds that the table has.
    fn of(table: &str, names: &[String], there: &[Column]) -> Result<Self, DumpError> {
        let column = |name: &String| {
            let found = there.iter().find(|column| column.name == *name).cloned();
            found.ok_or_else(|| DumpError::Damaged(format!("the table {table} has no column {name}")))
        };
        let columns: Result<Vec<Column>, DumpError> = names.iter().map(column).collect();
        Ok(Self { table: table.to_owned(), columns: columns?, rows: Vec::new() })
    }

    fn is_full(&self) -> bool {
        (self.rows.len() + 1) * self.columns.len() > BINDS_MAX
    }

    async fn write(&mut self, connection: &mut AnyConnection) -> Result<(), DumpError> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let names: Vec<&str> = self.columns.iter().map(|column| column.name.as_str()).collect();
        let places = values(self.rows.len(), names.len());
        let sql = format!("insert into {} ({}) values {places}", self.table, names.join(", "));
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for row in self.rows.drain(..) {
            for (cell, column) in row.into_iter().zip(&self.columns) {
                query = match (column.kind, cell) {
                    (Kind::Text, Cell::Text(text)) => query.bind(Some(text)),
                    (Kind::Text, Cell::Null) => query.bind(None::<String>),
                    (Kind::Integer, Cell::Integer(number)) => query.bind(Some(number)),
                    (Kind::Integer, Cell::Null) => query.bind(None::<i64>),
                    (Kind::Text, Cell::Integer(_)) | (Kind::Integer, Cell::Text(_)) => {
                        let what = format!("{}.{} holds something else", self.table, column.name);
                        return Err(DumpError::Damaged(what));
                    }
                };
            }
        }
        query.execute(connection).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
