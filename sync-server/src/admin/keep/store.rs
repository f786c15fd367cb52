//! The table `import_draft`: files that were looked at and wait for a word, so that nobody chooses them a second time.

use crate::db::{Conn, Error, Tx};
use shared::ids::StaffId;
use shared::time::Timestamp;
use sqlx::Row;

/// Minutes for which a file is kept.
const KEPT_MINUTES: i64 = 24 * 60;

/// A file that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Draft {
    /// What it holds.
    pub(super) text: String,
    /// How many lines were kept of it; none while it waits.
    pub(super) n_kept: Option<i64>,
}

/// Keeps a file, and forgets old ones. `now` is the real clock.
pub(super) async fn put(
    tx: &mut Tx,
    id: &str,
    kind: &str,
    by: StaffId,
    text: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "delete from import_draft where created_at < $1";
    sqlx::query(sql).bind(now.plus_minutes(-KEPT_MINUTES).as_millis()).execute(tx.sql()).await?;
    let sql = "insert into import_draft (id, kind, staff, body, created_at) values ($1, $2, $3, $4, $5)";
    let query = sqlx::query(sql).bind(id.to_string()).bind(kind.to_string()).bind(by.to_string());
    query.bind(text.to_string()).bind(now.as_millis()).execute(tx.sql()).await?;
    Ok(())
}

/// A file of this kind that this member of staff chose.
pub(super) async fn get(conn: &mut Conn, id: &str, kind: &str, by: StaffId) -> Result<Option<Draft>, Error> {
    let sql = "select body, n_kept from import_draft where id = $1 and kind = $2 and staff = $3";
    let query = sqlx::query(sql).bind(id.to_string()).bind(kind.to_string()).bind(by.to_string());
    let row = query.fetch_optional(conn.sql()).await?;
    row.map(|row| Ok(Draft { text: row.try_get("body")?, n_kept: row.try_get("n_kept")? })).transpose()
}

/// Claims a file, so that a second click finds it taken. Says whether it waited.
pub(super) async fn claim(tx: &mut Tx, id: &str, n_kept: i64) -> Result<bool, Error> {
    let sql = "update import_draft set n_kept = $2 where id = $1 and n_kept is null";
    Ok(sqlx::query(sql).bind(id.to_string()).bind(n_kept).execute(tx.sql()).await?.rows_affected() == 1)
}

/// What came of it.
pub(super) async fn set_kept(tx: &mut Tx, id: &str, n_kept: Option<i64>) -> Result<(), Error> {
    let sql = "update import_draft set n_kept = $2 where id = $1";
    sqlx::query(sql).bind(id.to_string()).bind(n_kept).execute(tx.sql()).await?;
    Ok(())
}
