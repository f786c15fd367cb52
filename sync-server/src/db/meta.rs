//! Facts about the database itself. `epoch` names its history: a phone that meets another epoch knows that the server
//! went back in time and offers its journal again. It is replaced after each restore that may have lost commits.

use super::conn::{Conn, Tx};
use super::error::Error;
use shared::chance::Chance;
use sqlx::Row;
use std::fmt::Write;

/// A name for a new history.
pub fn new_epoch(chance: &dyn Chance) -> String {
    let mut bytes = [0; 8];
    chance.fill(&mut bytes);
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string works");
        text
    })
}

/// The name of this database's history.
pub async fn epoch(conn: &mut Conn) -> Result<String, Error> {
    get(conn, "epoch").await?.ok_or_else(|| Error::Bug("the database has no epoch: run sync-server migrate".into()))
}

/// Begins a new history, after a restore.
pub async fn replace_epoch(tx: &mut Tx, epoch: &str) -> Result<(), Error> {
    set(tx, "epoch", epoch).await
}

pub(super) async fn keep_first_epoch(tx: &mut Tx, epoch: &str) -> Result<(), Error> {
    let sql = "insert into server_meta (k, v) values ('epoch', $1) on conflict (k) do nothing";
    sqlx::query(sql).bind(epoch.to_string()).execute(tx.sql()).await?;
    Ok(())
}

/// A fact by its key.
pub async fn get(conn: &mut Conn, key: &str) -> Result<Option<String>, Error> {
    let sql = "select v from server_meta where k = $1";
    let row = sqlx::query(sql).bind(key.to_string()).fetch_optional(conn.sql()).await?;
    Ok(row.map(|row| row.try_get("v")).transpose()?)
}

/// Sets a fact.
pub async fn set(tx: &mut Tx, key: &str, value: &str) -> Result<(), Error> {
    let sql = "insert into server_meta (k, v) values ($1, $2) on conflict (k) do update set v = excluded.v";
    sqlx::query(sql).bind(key.to_string()).bind(value.to_string()).execute(tx.sql()).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Lane;
    use crate::db::testing::both_engines;
    use shared::chance::Seeded;

    #[tokio::test]
    async fn a_history_keeps_its_name_until_it_is_replaced() {
        both_engines(async |db| {
            let first = db.read(async |conn| epoch(conn).await).await.unwrap();
            db.migrate(&Seeded::new(99)).await.unwrap();
            assert_eq!(db.read(async |conn| epoch(conn).await).await.unwrap(), first);
            db.write(Lane::Desk, async |tx| replace_epoch(tx, "other").await).await.unwrap();
            assert_eq!(db.read(async |conn| epoch(conn).await).await.unwrap(), "other");
        })
        .await;
    }
}
