//! Opens a phone's database. A damaged file is put aside, never deleted, and what can still be read of its journal
//! goes into the new one: the tickets come again from the server, the expert's unsent work would not.

use super::{Error, folders, journal, meta, migrations};
use rusqlite::{Connection, ErrorCode, OpenFlags, params};
use shared::time::Timestamp;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The database's file in an expert's folder.
pub(super) const FILE: &str = "core.db";
/// How long another process of this app may hold the file.
const BUSY_MAX: Duration = Duration::from_secs(5);

/// What was found damaged at start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Salvage {
    /// Where the damaged file is now. The office may ask for it.
    pub aside: PathBuf,
    /// Journal rows that could be read from it.
    pub n_recovered: usize,
}

pub(super) fn open(folder: &Path, now: Timestamp) -> Result<(Connection, Option<Salvage>), Error> {
    // SQLite waits for the file's bytes and name, not for the names of the folders above, without which both are gone.
    folders::make(folder)?;
    let path = folder.join(FILE);
    let opened = match connect(&path) {
        Ok(conn) if is_sound(&conn)? => (conn, None),
        Ok(conn) => {
            drop(conn);
            replace(&path, now)?
        }
        Err(Error::Storage(error)) if is_damage(&error) => replace(&path, now)?,
        Err(error) => return Err(error),
    };
    // Before the first tap is called done. That SQLite waits for the name when it begins a log is its habit, no promise.
    folders::keep(folder)?;
    Ok(opened)
}

fn connect(path: &Path) -> Result<Connection, Error> {
    let mut conn = Connection::open(path)?;
    conn.busy_timeout(BUSY_MAX)?;
    conn.set_prepared_statement_cache_capacity(64);
    conn.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
    // A tap is done when this returns, power cut or not. Apple's fsync only asks the drive; fullfsync waits for it.
    conn.pragma_update(None, "synchronous", "full")?;
    conn.pragma_update(None, "fullfsync", true)?;
    conn.pragma_update(None, "checkpoint_fullfsync", true)?;
    migrations::apply(&mut conn)?;
    Ok(conn)
}

fn is_sound(conn: &Connection) -> Result<bool, Error> {
    let found: Result<String, _> = conn.query_row("pragma quick_check(1)", [], |row| row.get(0));
    match found {
        Ok(word) => Ok(word == "ok"),
        Err(error) if is_damage(&error) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

pub(super) fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

fn replace(path: &Path, now: Timestamp) -> Result<(Connection, Option<Salvage>), Error> {
    let suffix = format!(".damaged-{}", now.as_millis());
    let beside = |tail: &str, suffix: &str| {
        let mut name = OsString::from(path);
        name.push(suffix);
        name.push(tail);
        PathBuf::from(name)
    };
    let aside = beside("", &suffix);
    for tail in ["", "-wal", "-shm"] {
        match fs::rename(beside(tail, ""), beside(tail, &suffix)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    let mut conn = connect(path)?;
    let tx = conn.transaction()?;
    let n_recovered = [recover(&tx, &aside, "asc"), recover(&tx, &aside, "desc")].into_iter().sum();
    journal::renumber(&tx)?;
    meta::put(&tx, meta::UNREGISTERED, &true)?;
    tx.commit()?;
    tracing::error!(?aside, n_recovered, "the phone's database was damaged and is replaced");
    Ok((conn, Some(Salvage { aside, n_recovered })))
}

/// Copies journal rows from a damaged file until it cannot be read further. From both ends: damage in the middle then
/// costs only the middle. Gives how many rows were new.
fn recover(conn: &Connection, damaged: &Path, order: &str) -> usize {
    let copy = || -> Result<usize, rusqlite::Error> {
        let from = Connection::open_with_flags(damaged, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let sql = format!(
            "select local, mid, v, kind, ticket, body, created, code, reason, ver, epoch, done_at, seen
             from journal order by local {order}"
        );
        let mut query = from.prepare(&sql)?;
        let mut rows = query.query([])?;
        let mut n = 0;
        while let Ok(Some(row)) = rows.next() {
            let value = |name: &str| row.get::<_, rusqlite::types::Value>(name);
            n += conn.execute(
                "insert or ignore into journal (local, mid, v, kind, ticket, body, created, code, reason, ver, epoch, done_at, seen)
                 values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
                params![
                    value("local")?, value("mid")?, value("v")?, value("kind")?, value("ticket")?, value("body")?,
                    value("created")?, value("code")?, value("reason")?, value("ver")?, value("epoch")?,
                    value("done_at")?, value("seen")?
                ],
            )?;
        }
        Ok(n)
    };
    copy().unwrap_or_else(|error| {
        tracing::warn!(%error, "a damaged journal could not be read");
        0
    })
}
