//! The table `sandbox_object`.

use super::world::Doc;
use crate::db::{Conn, Error, Tx};
use serde_json::Value;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};
use std::collections::BTreeMap;

/// Documents of one customer of the sandbox.
const OF_PAYER_MAX: i64 = 5_000;

fn read(row: &AnyRow) -> Result<(String, Doc), Error> {
    let body: String = row.try_get("body")?;
    let body = serde_json::from_str(&body).map_err(|error| Error::Bug(format!("sandbox_object.body: {error}")))?;
    Ok((row.try_get("id")?, Doc { kind: row.try_get("kind")?, payer: row.try_get("payer")?, body }))
}

/// Whose a document is.
pub(super) async fn payer_of(conn: &mut Conn, id: &str) -> Result<Option<String>, Error> {
    let sql = "select payer from sandbox_object where id = $1";
    let row = sqlx::query(sql).bind(id.to_string()).fetch_optional(conn.sql()).await?;
    Ok(row.map(|row| row.try_get("payer")).transpose()?)
}

/// A customer's documents, held until the commit, and this one.
pub(super) async fn lock(tx: &mut Tx, payer: &str, also: &str) -> Result<BTreeMap<String, Doc>, Error> {
    let sql = format!(
        "select id, kind, payer, body from sandbox_object where (payer = $1 and $1 <> '') or id = $2
         order by id limit $3{}",
        tx.for_update()
    );
    let query = sqlx::query(AssertSqlSafe(sql)).bind(payer.to_string()).bind(also.to_string()).bind(OF_PAYER_MAX);
    query.fetch_all(tx.sql()).await?.iter().map(read).collect()
}

/// The payments that were asked for last, each with its customer's document.
pub(super) async fn payments(conn: &mut Conn, limit: i64) -> Result<Vec<(Value, Value)>, Error> {
    let sql = "select i.body, c.body as payer_body from sandbox_object i join sandbox_object c on c.id = i.payer
        where i.kind = 'intent' order by i.id desc limit $1";
    let rows = sqlx::query(sql).bind(limit).fetch_all(conn.sql()).await?;
    let read = |row: &AnyRow, column: &str| {
        let body: String = row.try_get(column)?;
        serde_json::from_str(&body).map_err(|error| Error::Bug(format!("sandbox_object.body: {error}")))
    };
    rows.iter().map(|row| Ok((read(row, "body")?, read(row, "payer_body")?))).collect()
}

/// Writes documents, and removes others.
pub(super) async fn save(tx: &mut Tx, written: &[(String, Doc)], gone: &[String]) -> Result<(), Error> {
    for (id, doc) in written {
        let sql = "insert into sandbox_object (id, kind, payer, body) values ($1, $2, $3, $4)
            on conflict (id) do update set body = excluded.body";
        let query = sqlx::query(sql).bind(id.clone()).bind(doc.kind.clone()).bind(doc.payer.clone());
        query.bind(doc.body.to_string()).execute(tx.sql()).await?;
    }
    for id in gone {
        let sql = "delete from sandbox_object where id = $1";
        sqlx::query(sql).bind(id.clone()).execute(tx.sql()).await?;
    }
    Ok(())
}
