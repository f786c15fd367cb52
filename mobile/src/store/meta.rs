//! Small facts about a phone's database, one row each. Written in the transaction of what they describe: a cursor that
//! is saved apart from its rows would run ahead of them after a power cut.

use super::Error;
use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The device's id.
pub(super) const DEVICE: &str = "device";
/// Its incarnation.
pub(super) const INC: &str = "inc";
/// Present while the server has not given this incarnation: nothing may be sent under it.
pub(super) const UNREGISTERED: &str = "unregistered";
/// The last number given to a mutation. Kept apart from the journal, whose old rows are pruned.
pub(super) const LAST_N: &str = "last_n";
/// Which history of the server was seen last.
pub(super) const EPOCH: &str = "epoch";
/// Where the phone is in its own stream.
pub(super) const CURSOR: &str = "cursor";
/// The generation that marks rows of the base.
pub(super) const GEN: &str = "gen";
/// The full pass under way.
pub(super) const SWEEP: &str = "sweep";
/// The first full pass has come in.
pub(super) const BOOTED: &str = "booted";
/// By the phone's wall clock, the last reply that was taken.
pub(super) const LAST_SYNC: &str = "last_sync";
/// What the server's clock said, and when by the phone's.
pub(super) const SERVER_CLOCK: &str = "server_clock";
/// Why the last try gave nothing.
pub(super) const PROBLEM: &str = "problem";
/// The server no longer sends changes to this release.
pub(super) const UPGRADE: &str = "upgrade";
/// The account was switched off; the newest journal row that `rescue` took.
pub(super) const RESCUED: &str = "rescued";
/// A report of being late that no request carried yet: it can be taken back.
pub(super) const UNTOLD: &str = "untold";
/// Which process syncs.
pub(super) const LEASE: &str = "lease";
/// By the server's clock, when the phone last compared itself with a digest.
pub(super) const DIGEST_AT: &str = "digest_at";
/// A digest that did not agree already caused one full pass.
pub(super) const DIGEST_RETRIED: &str = "digest_retried";

pub(super) fn text(conn: &Connection, key: &str) -> Result<Option<String>, Error> {
    let mut query = conn.prepare_cached("select v from meta where k = ?1")?;
    Ok(query.query_row([key], |row| row.get("v")).optional()?)
}

/// A value that cannot be read counts as absent: each of these facts can be found anew, none is worth a stuck phone.
pub(super) fn get<T: DeserializeOwned>(conn: &Connection, key: &str) -> Result<Option<T>, Error> {
    let Some(text) = text(conn, key)? else { return Ok(None) };
    let read = serde_json::from_str(&text);
    if let Err(error) = &read {
        tracing::error!(key, %error, "a stored fact cannot be read");
    }
    Ok(read.ok())
}

pub(super) fn put<T: Serialize + ?Sized>(conn: &Connection, key: &str, value: &T) -> Result<(), Error> {
    let text = serde_json::to_string(value).expect("facts have only text keys");
    let sql = "insert into meta (k, v) values (?1, ?2) on conflict (k) do update set v = excluded.v";
    conn.prepare_cached(sql)?.execute(params![key, text])?;
    Ok(())
}

pub(super) fn delete(conn: &Connection, key: &str) -> Result<(), Error> {
    conn.prepare_cached("delete from meta where k = ?1")?.execute([key])?;
    Ok(())
}

/// Puts a value, or deletes the row for none.
pub(super) fn set<T: Serialize>(conn: &Connection, key: &str, value: Option<&T>) -> Result<(), Error> {
    match value {
        Some(value) => put(conn, key, value),
        None => delete(conn, key),
    }
}
