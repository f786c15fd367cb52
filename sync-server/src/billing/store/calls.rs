//! The table `card_call`: how requests to the card provider ended. Counts and codes; nobody is named.

use super::word;
use crate::billing::recorded::CallEnded;
use crate::db::columns::instant;
use crate::db::{Conn, Error, Tx};
use shared::time::Timestamp;
use sqlx::Row as _;
use sqlx::any::AnyRow;

/// Requests that are looked at.
pub const CALLS_MAX: i64 = 5_000;

/// One request to the card provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallMade {
    /// How it ended.
    pub ended: CallEnded,
    /// What the provider said: a code, a colon, words.
    pub error: Option<String>,
    /// When it ended, by the real clock.
    pub at: Timestamp,
}

/// Notes how a request ended.
pub async fn note_call(tx: &mut Tx, what: &str, ended: CallEnded, error: Option<&str>) -> Result<(), Error> {
    let sql = "insert into card_call (id, what, outcome, error, at) values ($1, $2, $3, $4, $5)";
    let (id, at) = (tx.new_id::<()>(), tx.real_now());
    sqlx::query(sql)
        .bind(id.to_string())
        .bind(what.to_string())
        .bind(ended.word().to_string())
        .bind(error.map(str::to_owned))
        .bind(at.as_millis())
        .execute(tx.sql())
        .await?;
    Ok(())
}

/// Requests since an instant of the real clock, the newest first; at most [`CALLS_MAX`].
pub async fn calls(conn: &mut Conn, since: Timestamp) -> Result<Vec<CallMade>, Error> {
    let sql = "select outcome, error, at from card_call where at >= $1 order by at desc, id desc limit $2";
    let rows = sqlx::query(sql).bind(since.as_millis()).bind(CALLS_MAX).fetch_all(conn.sql()).await?;
    let read = |row: &AnyRow| {
        Ok(CallMade {
            ended: word(row, "outcome", CallEnded::from_word)?,
            error: row.try_get("error")?,
            at: instant(row, "at")?,
        })
    };
    rows.iter().map(read).collect()
}

/// How often cards were declined since an instant of the real clock, by the bank's word, the most frequent first.
pub async fn declines(conn: &mut Conn, since: Timestamp, limit: i64) -> Result<Vec<(String, i64)>, Error> {
    let sql = "select coalesce(code, 'other') as code, cast(count(*) as bigint) as n from payment_attempt
        where state = 'declined' and begun_at >= $1 group by coalesce(code, 'other') order by n desc, code limit $2";
    let rows = sqlx::query(sql).bind(since.as_millis()).bind(limit).fetch_all(conn.sql()).await?;
    rows.iter().map(|row| Ok((row.try_get("code")?, row.try_get("n")?))).collect()
}

/// Forgets some of the requests that ended before then.
pub async fn forget_calls(tx: &mut Tx, before: Timestamp, limit: i64) -> Result<(), Error> {
    let sql = "delete from card_call where id in (select c.id from card_call c where c.at < $1 order by c.at limit $2)";
    sqlx::query(sql).bind(before.as_millis()).bind(limit).execute(tx.sql()).await?;
    Ok(())
}

/// Whether there are tellings of the provider or requests to it that are older than this.
pub async fn is_anything_old(
    conn: &mut Conn,
    events_before: Timestamp,
    calls_before: Timestamp,
) -> Result<bool, Error> {
    let sql = "select cast(1 as bigint) as old where exists (select 1 from provider_event where at < $1)
          or exists (select 1 from card_call where at < $2)";
    let query = sqlx::query(sql).bind(events_before.as_millis()).bind(calls_before.as_millis());
    Ok(query.fetch_optional(conn.sql()).await?.is_some())
}
