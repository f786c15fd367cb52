//! Which tables there are, in an order in which each stands after those it refers to, and their columns.

use super::super::migrations;
use super::super::settings::Engine;
use super::DumpError;
use sqlx::{AnyConnection, Row};

/// The two kinds of column that this project has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Integer,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: Kind,
}

/// Every table of the migrations, in the order in which they were made: a foreign key points backwards.
pub(super) fn all() -> impl Iterator<Item = &'static str> {
    migrations::texts().flat_map(|sql| {
        let code = sql.lines().filter(|line| !line.trim_start().starts_with("--"));
        code.filter_map(|line| line.trim_start().strip_prefix("create table ")?.split([' ', '(']).next())
    })
}

/// A table's columns as they are there; none if there is no such table.
pub(super) async fn columns(
    engine: Engine,
    connection: &mut AnyConnection,
    table: &str,
) -> Result<Vec<Column>, DumpError> {
    let rows = sqlx::query(engine.columns_of()).bind(table.to_owned()).fetch_all(connection).await?;
    let column = |row: &sqlx::any::AnyRow| {
        let kind: String = row.try_get("kind")?;
        let kind = if kind.eq_ignore_ascii_case("bigint") { Kind::Integer } else { Kind::Text };
        Ok(Column { name: row.try_get("name")?, kind })
    };
    rows.iter().map(column).collect()
}
