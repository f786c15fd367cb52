//! The table `import_draft`: files that were looked at and wait for a word, so that nobody chooses them a second time. That
//! one was kept stands in the transaction that keeps its lines: neither is there without the other.

use crate::db::{Conn, Error, Tx};
use shared::ids::StaffId;
use shared::time::Timestamp;
use sqlx::Row;

/// Minutes for which a file is kept.
const KEPT_MINUTES: i64 = 24 * 60;

/// A file that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Draft {
    /// What it holds.
    pub(crate) text: String,
    /// How many lines were kept of it; none while it waits.
    pub(crate) n_kept: Option<i64>,
}

/// Keeps a file, and forgets old ones. `now` is the real clock.
pub(crate) async fn put(
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
pub(crate) async fn get(conn: &mut Conn, id: &str, kind: &str, by: StaffId) -> Result<Option<Draft>, Error> {
    let sql = "select body, n_kept from import_draft where id = $1 and kind = $2 and staff = $3";
    let query = sqlx::query(sql).bind(id.to_string()).bind(kind.to_string()).bind(by.to_string());
    let row = query.fetch_optional(conn.sql()).await?;
    row.map(|row| Ok(Draft { text: row.try_get("body")?, n_kept: row.try_get("n_kept")? })).transpose()
}

/// Says in the transaction that keeps a file's lines how many they are. A second click finds it said and is told so
/// by `false`: then the caller must undo the transaction. It waits for the first, or is told that we are busy.
pub(crate) async fn keep(tx: &mut Tx, id: &str, n_kept: usize) -> Result<bool, Error> {
    let sql = "update import_draft set n_kept = $2 where id = $1 and n_kept is null";
    let n_kept = i64::try_from(n_kept).unwrap_or(i64::MAX);
    Ok(sqlx::query(sql).bind(id.to_string()).bind(n_kept).execute(tx.sql()).await?.rows_affected() == 1)
}
