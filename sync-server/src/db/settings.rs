//! Which database, and the bounds of its use. The differences in connecting to the two engines.

use super::error::OpenError;
use super::planted::Probe;
use crate::clock::{Clock, SystemChance};
use shared::chance::Chance;
use sqlx::any::AnyPoolOptions;
use sqlx::{AnyPool, Executor};
use std::sync::Arc;
use std::time::Duration;

/// How often a start waits for its first connection, three seconds each time.
const STARTS_MAX: u32 = 5;

/// The two engines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Engine {
    /// Embedded, the default; one writer.
    Sqlite,
    /// Many server processes on one database.
    Postgres,
}

/// How to open a [`super::Database`].
#[derive(Clone)]
pub struct Settings {
    pub(super) url: String,
    engine: Engine,
    /// The clock that stamps feed rows.
    pub clock: Clock,
    /// Where ids that the bottom layer makes come from.
    pub chance: Arc<dyn Chance>,
    /// A write that takes longer is undone, so that it does not hold up its neighbours.
    pub write_limit: Duration,
    /// A read that takes longer is ended.
    pub read_limit: Duration,
    /// Whether wakes go to the other servers on the same PostgreSQL, and theirs come here.
    pub shares_wakes: bool,
    /// What a test plants; empty in a release.
    pub probe: Probe,
}

impl Settings {
    /// The settings for a URL: `sqlite:path/to/file.db` or `postgres://user@host/database`.
    pub fn new(url: &str, clock: Clock) -> Result<Self, OpenError> {
        let (engine, url) = if url.starts_with("sqlite:") {
            // Without a mode sqlx refuses to make a new file.
            let mode = if url.contains('?') { "" } else { "?mode=rwc" };
            (Engine::Sqlite, format!("{url}{mode}"))
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            (Engine::Postgres, url.to_string())
        } else {
            return Err(OpenError::Url);
        };
        Ok(Self {
            url,
            engine,
            clock,
            chance: Arc::new(SystemChance),
            write_limit: Duration::from_millis(500),
            read_limit: Duration::from_secs(5),
            shares_wakes: true,
            probe: Probe::default(),
        })
    }

    /// The engine that the URL names.
    pub fn engine(&self) -> Engine {
        self.engine
    }

    pub(super) async fn pool(&self, connections: u32, read_only: bool) -> Result<AnyPool, OpenError> {
        let limit = if read_only { self.read_limit } else { self.write_limit };
        let session = self.engine.session(limit, read_only);
        let options = AnyPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(Duration::from_secs(3))
            .test_before_acquire(self.engine.connections_may_break())
            .after_connect(move |connection, _| {
                let session = session.clone();
                Box::pin(async move {
                    for statement in session {
                        connection.execute(sqlx::AssertSqlSafe(statement)).await?;
                    }
                    Ok(())
                })
            });
        // A request does not wait longer for a connection; a start on a machine that is very busy does.
        let mut n_left = STARTS_MAX;
        loop {
            match options.clone().connect(&self.url).await {
                Err(sqlx::Error::PoolTimedOut) if n_left > 1 => n_left -= 1,
                connected => return Ok(connected?),
            }
        }
    }
}

impl Engine {
    pub(super) fn write_connections(self) -> u32 {
        match self {
            Self::Sqlite => 1,
            Self::Postgres => 16,
        }
    }

    #[expect(clippy::unused_self, reason = "the engines may come to differ; callers ask the engine")]
    pub(super) fn read_connections(self) -> u32 {
        8
    }

    /// Whether an idle connection may be gone by the time it is used: a file's cannot, so it need not be asked.
    fn connections_may_break(self) -> bool {
        match self {
            Self::Sqlite => false,
            Self::Postgres => true,
        }
    }

    pub(super) fn begin_write(self) -> &'static str {
        match self {
            Self::Sqlite => "begin immediate",
            Self::Postgres => "begin isolation level read committed",
        }
    }

    pub(super) fn begin_read(self) -> &'static str {
        match self {
            Self::Sqlite => "begin",
            Self::Postgres => "begin isolation level repeatable read read only",
        }
    }

    /// What each new connection is told. The engine's own limits are a second above ours: they only free the locks of
    /// a statement that nobody waits for any more.
    fn session(self, limit: Duration, read_only: bool) -> Vec<String> {
        match self {
            Self::Sqlite if read_only => vec!["pragma query_only = on".into()],
            Self::Sqlite => vec!["pragma journal_mode = wal".into(), "pragma synchronous = full".into()],
            Self::Postgres => {
                let limit = limit.as_millis();
                vec![
                    // PostgreSQL looks for deadlocks after a second, which is longer than a write may take.
                    format!("set lock_timeout = {}", limit / 2),
                    format!("set statement_timeout = {}", limit + 1_000),
                    format!("set idle_in_transaction_session_timeout = {}", limit * 2 + 1_000),
                ]
            }
        }
    }

    /// Names this table in the engine's catalogue, with `$1` for the table.
    pub(super) fn table_exists(self) -> &'static str {
        match self {
            Self::Sqlite => "select count(*) as n from sqlite_master where type = 'table' and name = $1",
            Self::Postgres => {
                "select cast(count(*) as bigint) as n from pg_catalog.pg_tables
                 where schemaname = current_schema() and tablename = $1"
            }
        }
    }

    /// The columns of a table with their declared types, with `$1` for the table.
    pub(super) fn columns_of(self) -> &'static str {
        match self {
            Self::Sqlite => "select name, type as kind from pragma_table_info($1) order by cid",
            Self::Postgres => {
                "select cast(column_name as text) as name, cast(data_type as text) as kind
                 from information_schema.columns where table_schema = current_schema() and table_name = $1
                 order by ordinal_position"
            }
        }
    }

    pub(super) fn for_update(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => " for update",
        }
    }

    pub(super) fn for_update_skip_locked(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => " for update skip locked",
        }
    }
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The URL may carry a password.
        f.debug_struct("Settings").field("engine", &self.engine).finish_non_exhaustive()
    }
}
