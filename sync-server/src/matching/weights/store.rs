//! The versions of the weights.

use crate::db::columns::json;
use crate::db::{Conn, Error, Tx};
use crate::matching::settings::Weights;
use shared::time::Timestamp;

/// The weights that count, where somebody has set some.
pub async fn current(conn: &mut Conn) -> Result<Option<Weights>, Error> {
    Ok(versions(conn, 1).await?.pop())
}

/// The last versions, the newest first.
pub async fn versions(conn: &mut Conn, limit: i64) -> Result<Vec<Weights>, Error> {
    let sql = "select body from weights order by version desc limit $1";
    sqlx::query(sql).bind(limit).fetch_all(conn.sql()).await?.iter().map(|row| json(row, "body")).collect()
}

/// Adds a version. False if somebody else was faster.
pub async fn add(tx: &mut Tx, weights: &Weights, now: Timestamp) -> Result<bool, Error> {
    let body = serde_json::to_string(weights).map_err(|error| Error::Bug(format!("weights: {error}")))?;
    let sql = "insert into weights (version, body, made_at) values ($1, $2, $3) on conflict do nothing";
    let query = sqlx::query(sql).bind(weights.version).bind(body).bind(now.as_millis());
    Ok(query.execute(tx.sql()).await?.rows_affected() == 1)
}
