//! Text being typed. Saved at each edit, so that neither a kill nor a call in between loses a word.

use super::Error;
use rusqlite::{Connection, OptionalExtension, params};
use shared::time::Timestamp;
use std::collections::BTreeMap;

/// Saves a draft under its key; an empty one is forgotten.
///
/// This commit does not wait for the flash, as a tap does: at each key that would be felt, and it still survives every
/// kill of the app. Only a power cut may cost the last words.
pub(super) fn save(conn: &Connection, key: &str, text: &str, now: Timestamp) -> Result<(), Error> {
    conn.pragma_update(None, "synchronous", "normal")?;
    let saved = if text.is_empty() { remove(conn, key) } else { write(conn, key, text, now) };
    conn.pragma_update(None, "synchronous", "full")?;
    saved
}

fn write(conn: &Connection, key: &str, text: &str, now: Timestamp) -> Result<(), Error> {
    let sql = "insert into draft (k, text, at) values (?1, ?2, ?3)
        on conflict (k) do update set text = excluded.text, at = excluded.at";
    conn.prepare_cached(sql)?.execute(params![key, text, now.as_millis()])?;
    Ok(())
}

pub(super) fn remove(conn: &Connection, key: &str) -> Result<(), Error> {
    conn.prepare_cached("delete from draft where k = ?1")?.execute([key])?;
    Ok(())
}

/// Everything that is being typed. There are a few per open ticket.
pub(super) fn all(conn: &Connection) -> Result<BTreeMap<String, String>, Error> {
    const DRAFTS_MAX: i64 = 2_000;
    let mut query = conn.prepare_cached("select k, text from draft order by at desc limit ?1")?;
    let rows = query.query_map([DRAFTS_MAX], |row| Ok((row.get("k")?, row.get("text")?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn load(conn: &Connection, key: &str) -> Result<Option<String>, Error> {
    let mut query = conn.prepare_cached("select text from draft where k = ?1")?;
    Ok(query.query_row([key], |row| row.get("text")).optional()?)
}
