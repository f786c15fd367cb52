//! What a database must promise before we acknowledge a ticket in it. The verdict is pure; reading the facts is not.

use super::error::{Error, OpenError};
use super::settings::Engine;
use crate::clock::Clock;
use sqlx::{AnyPool, Row};

/// How far the database's clock may be from the machine's. Leases and lapses of several servers depend on it.
const SKEW_MAX_MS: i64 = 2_000;

/// What the engine says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Facts {
    /// `pragma journal_mode` and `pragma synchronous`.
    Sqlite {
        /// `wal`, `delete` …
        journal_mode: String,
        /// 0 off, 1 normal, 2 full, 3 extra.
        synchronous: i64,
    },
    /// Settings by the names that PostgreSQL gives them.
    Postgres {
        /// The database's encoding.
        server_encoding: String,
        /// `on` or `off`.
        fsync: String,
        /// `on`, `off`, `local` …
        synchronous_commit: String,
        /// `on` or `off`.
        full_page_writes: String,
        /// How far its clock is ahead of the machine's; none where time is frozen.
        skew_ms: Option<i64>,
    },
}

/// Why a database is refused. Each says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Readers would block the writer.
    #[error(
        "SQLite uses journal mode {0}, not WAL. Put the database on a local disk (network folders cannot do WAL) and \
         start again"
    )]
    NotWal(String),
    /// A power cut would lose acknowledged tickets.
    #[error(
        "SQLite would not wait for the disk (synchronous = {0}), so a power cut could lose tickets. Remove the pragma \
         that sets it and start again"
    )]
    SqliteNotDurable(i64),
    /// A crash of the machine would lose acknowledged tickets.
    #[error(
        "PostgreSQL has {setting} = off, so a crash could lose tickets. Set {setting} = on in postgresql.conf, for this \
         role and for this database, reload it and start again"
    )]
    PostgresNotDurable {
        /// The setting that is off.
        setting: &'static str,
    },
    /// Names of people could not be kept.
    #[error(
        "the PostgreSQL database is encoded in {0}. Make one with UTF8, like: create database sysops encoding 'UTF8' \
         template template0"
    )]
    NotUtf8(String),
    /// Leases and deadlines of several servers would disagree.
    #[error(
        "the clock of the PostgreSQL machine is {0} ms ahead of this machine's (negative: behind). Let both follow a \
         time server and start again"
    )]
    ClockSkew(i64),
}

/// Whether these facts will do.
pub fn verdict(facts: &Facts) -> Result<(), Refusal> {
    match facts {
        Facts::Sqlite { journal_mode, synchronous } => {
            if !journal_mode.eq_ignore_ascii_case("wal") {
                return Err(Refusal::NotWal(journal_mode.clone()));
            }
            if *synchronous < 2 {
                return Err(Refusal::SqliteNotDurable(*synchronous));
            }
            Ok(())
        }
        Facts::Postgres { server_encoding, fsync, synchronous_commit, full_page_writes, skew_ms } => {
            if server_encoding != "UTF8" {
                return Err(Refusal::NotUtf8(server_encoding.clone()));
            }
            let settings =
                [("fsync", fsync), ("synchronous_commit", synchronous_commit), ("full_page_writes", full_page_writes)];
            if let Some((setting, _)) = settings.into_iter().find(|(_, value)| *value == "off") {
                return Err(Refusal::PostgresNotDurable { setting });
            }
            match skew_ms {
                Some(skew) if skew.abs() > SKEW_MAX_MS => Err(Refusal::ClockSkew(*skew)),
                Some(_) | None => Ok(()),
            }
        }
    }
}

/// Reads the facts on a connection of this pool and judges them.
pub(super) async fn run(pool: &AnyPool, engine: Engine, clock: &Clock) -> Result<(), OpenError> {
    let facts = read(pool, engine, clock).await?;
    Ok(verdict(&facts)?)
}

async fn read(pool: &AnyPool, engine: Engine, clock: &Clock) -> Result<Facts, Error> {
    let mut connection = pool.acquire().await?;
    match engine {
        Engine::Sqlite => {
            let mode = sqlx::query("pragma journal_mode").fetch_one(&mut *connection).await?;
            let synchronous = sqlx::query("pragma synchronous").fetch_one(&mut *connection).await?;
            Ok(Facts::Sqlite { journal_mode: mode.try_get(0)?, synchronous: synchronous.try_get(0)? })
        }
        Engine::Postgres => {
            let before = clock.for_skew();
            let sql = "select cast(extract(epoch from clock_timestamp()) * 1000 as bigint) as now,
                current_setting('server_encoding') as server_encoding, current_setting('fsync') as fsync,
                current_setting('synchronous_commit') as synchronous_commit,
                current_setting('full_page_writes') as full_page_writes";
            let row = sqlx::query(sql).fetch_one(&mut *connection).await?;
            let theirs: i64 = row.try_get("now")?;
            let after = clock.for_skew();
            let skew_ms = before.zip(after).map(|(before, after)| {
                // Somewhere between the two it looked at its clock: only what is outside of them is skew.
                if theirs < before.as_millis() {
                    theirs - before.as_millis()
                } else {
                    (theirs - after.as_millis()).max(0)
                }
            });
            Ok(Facts::Postgres {
                server_encoding: row.try_get("server_encoding")?,
                fsync: row.try_get("fsync")?,
                synchronous_commit: row.try_get("synchronous_commit")?,
                full_page_writes: row.try_get("full_page_writes")?,
                skew_ms,
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn postgres(change: fn(&mut [&str; 4]), skew_ms: i64) -> Facts {
        let mut words = ["UTF8", "on", "on", "on"];
        change(&mut words);
        let [server_encoding, fsync, synchronous_commit, full_page_writes] = words.map(String::from);
        Facts::Postgres { server_encoding, fsync, synchronous_commit, full_page_writes, skew_ms: Some(skew_ms) }
    }

    #[test]
    fn a_database_that_could_lose_a_commit_is_refused() {
        let sqlite = |mode: &str, synchronous| Facts::Sqlite { journal_mode: mode.into(), synchronous };
        let off = |setting| Err(Refusal::PostgresNotDurable { setting });
        let cases = [
            (sqlite("wal", 2), Ok(())),
            (sqlite("WAL", 3), Ok(())),
            (sqlite("wal", 1), Err(Refusal::SqliteNotDurable(1))),
            (sqlite("delete", 2), Err(Refusal::NotWal("delete".into()))),
            (postgres(|_| {}, 2_000), Ok(())),
            (postgres(|_| {}, -2_001), Err(Refusal::ClockSkew(-2_001))),
            (postgres(|words| words[0] = "SQL_ASCII", 0), Err(Refusal::NotUtf8("SQL_ASCII".into()))),
            (postgres(|words| words[1] = "off", 0), off("fsync")),
            (postgres(|words| words[2] = "off", 0), off("synchronous_commit")),
            (postgres(|words| words[2] = "remote_apply", 0), Ok(())),
            (postgres(|words| words[3] = "off", 0), off("full_page_writes")),
        ];
        for (facts, expected) in cases {
            assert_eq!(verdict(&facts), expected, "{facts:?}");
        }
    }
}
