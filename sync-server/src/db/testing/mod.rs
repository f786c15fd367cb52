//! A fresh, migrated database for a test, on each engine. A story runs once per engine and neither run sees another
//! test's rows.
//!
//! PostgreSQL is the one that `SYSOPS_TEST_POSTGRES` names (a URL whose role may create databases), else a cluster
//! that this process starts and that ends with it ([`cluster`]). Where there is none, tests fail: they never skip.

mod cluster;
mod postgres;

use super::{Database, Engine, Settings};
use crate::clock::Clock;
use futures_util::FutureExt;
use shared::chance::Seeded;
use shared::time::Timestamp;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::OnceCell;

/// When the frozen clock of a test stands, a Monday: 2026-03-02T09:00:00Z.
pub const START_MS: i64 = 1_772_442_000_000;

/// Runs the story on `SQLite`, then on PostgreSQL, each time with an empty database and a clock frozen at
/// [`START_MS`] (`db.clock()` moves it).
pub async fn both_engines<F>(story: F)
where
    F: AsyncFn(Database),
{
    for engine in [Engine::Sqlite, Engine::Postgres] {
        on(engine, &story).await;
    }
}

/// Runs the story on one engine.
pub async fn on<F>(engine: Engine, story: F)
where
    F: AsyncFn(Database),
{
    let fresh = Fresh::new(engine).await;
    let db = fresh.open(frozen_clock()).await;
    let told = AssertUnwindSafe(story(db.clone())).catch_unwind().await;
    if told.is_err() {
        cluster::say(&format!("the story failed on {engine:?}"));
    }
    db.close().await;
    fresh.remove().await;
    if let Err(panic) = told {
        std::panic::resume_unwind(panic);
    }
}

/// A clock that stands at [`START_MS`].
pub fn frozen_clock() -> Clock {
    Clock::frozen(Timestamp::from_millis(START_MS))
}

/// A migrated, empty database that a test opens itself, or gives to a server process by its URL.
pub struct Fresh {
    /// Where it is.
    pub url: String,
    folder: Option<TempDir>,
}

impl Fresh {
    /// Makes one.
    pub async fn new(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => {
                let folder = tempfile::tempdir().expect("the temporary folder can be written");
                let file = folder.path().join("test.db");
                let template = sqlite_template().await;
                std::fs::copy(template, &file).expect("the temporary folder can be written");
                Self { url: format!("sqlite:{}", file.display()), folder: Some(folder) }
            }
            Engine::Postgres => Self { url: postgres::create().await, folder: None },
        }
    }

    /// Makes one that has what is in this one, to which nobody may be connected.
    pub async fn copy(&self) -> Self {
        match &self.folder {
            Some(_) => {
                let folder = tempfile::tempdir().expect("the temporary folder can be written");
                let file = folder.path().join("test.db");
                std::fs::copy(self.url.trim_start_matches("sqlite:"), &file)
                    .expect("the temporary folder can be written");
                Self { url: format!("sqlite:{}", file.display()), folder: Some(folder) }
            }
            None => Self { url: postgres::create_copy(&self.url).await, folder: None },
        }
    }

    /// Makes one that was never migrated.
    pub async fn empty(engine: Engine) -> Self {
        sqlx::any::install_default_drivers();
        match engine {
            Engine::Sqlite => {
                let folder = tempfile::tempdir().expect("the temporary folder can be written");
                Self {
                    url: format!("sqlite:{}?mode=rwc", folder.path().join("test.db").display()),
                    folder: Some(folder),
                }
            }
            Engine::Postgres => Self { url: postgres::create_empty().await, folder: None },
        }
    }

    /// Settings for it with the patience that a busy test machine needs.
    pub fn settings(&self, clock: Clock) -> Settings {
        let mut settings = Settings::new(&self.url, clock).expect("the URL is ours");
        settings.write_limit = Duration::from_secs(20);
        settings.read_limit = Duration::from_secs(20);
        settings.shares_wakes = false;
        settings
    }

    /// Opens it.
    pub async fn open(&self, clock: Clock) -> Database {
        Database::open(self.settings(clock)).await.expect("a fresh database opens")
    }

    /// Removes it, once it is closed. A `SQLite` file also goes when this is dropped.
    pub async fn remove(self) {
        if self.folder.is_none() {
            postgres::remove(&self.url).await;
        }
    }
}

/// A migrated file that each test copies, once per process.
async fn sqlite_template() -> PathBuf {
    static TEMPLATE: OnceCell<(PathBuf, TempDir)> = OnceCell::const_new();
    let make = async || {
        let folder = tempfile::tempdir().expect("the temporary folder can be written");
        let file = folder.path().join("template.db");
        migrate(&format!("sqlite:{}", file.display())).await;
        (file, folder)
    };
    TEMPLATE.get_or_init(make).await.0.clone()
}

/// Migrates an empty database and leaves nobody connected to it.
async fn migrate(url: &str) {
    let mut settings = Settings::new(url, frozen_clock()).expect("the URL is ours");
    settings.shares_wakes = false;
    settings.write_limit = Duration::from_secs(20);
    let db = Database::open(settings).await.expect("an empty database opens");
    db.migrate(&Seeded::new(1)).await.expect("an empty database can be migrated");
    db.close().await;
}
