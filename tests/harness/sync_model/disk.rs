//! Where the database of a run lies, on either engine: what a kill leaves of it, and its copy.
//!
//! On `SQLite` a kill is the files as they are at that moment, opened by somebody else. On PostgreSQL the server that dies
//! is one of its clients: what it had committed is there.

use super::server::{copy_database, remove_database};
use super::world;
use std::fs::File;
use std::path::{Path, PathBuf};
use sync_server::clock::Clock;
use sync_server::db::testing::Fresh;
use sync_server::db::{Database, Engine, Settings};

/// The place.
pub(super) enum Disk {
    Files {
        folder: PathBuf,
        n_lives: u32,
        /// Files of the open database that were read beside it.
        held: Vec<File>,
        has_copy: bool,
    },
    Postgres {
        now: Fresh,
        copy: Option<Fresh>,
    },
}

impl Disk {
    /// A copy of the world in which every run begins.
    pub(super) async fn new(engine: Engine, folder: &Path) -> Self {
        match engine {
            Engine::Sqlite => {
                let disk = Self::Files { folder: folder.to_owned(), n_lives: 0, held: Vec::new(), has_copy: false };
                std::fs::copy(world::template().await, disk.file(0)).expect("the folder can be written");
                disk
            }
            Engine::Postgres => Self::Postgres { now: world::template_on_postgres().await.0.copy().await, copy: None },
        }
    }

    fn file(&self, life: u32) -> PathBuf {
        match self {
            Self::Files { folder, .. } => folder.join(format!("server-{life}.db")),
            Self::Postgres { .. } => PathBuf::new(),
        }
    }

    /// Settings that open it.
    pub(super) fn settings(&self, clock: &Clock) -> Settings {
        let url = match self {
            Self::Files { n_lives, .. } => format!("sqlite:{}", self.file(*n_lives).display()),
            Self::Postgres { now, .. } => now.url.clone(),
        };
        let mut settings = Settings::new(&url, clock.clone()).expect("the URL is ours");
        settings.write_limit = std::time::Duration::from_secs(20);
        settings.read_limit = std::time::Duration::from_secs(20);
        settings.shares_wakes = false;
        settings
    }

    /// The server that has it open has died.
    pub(super) async fn survives(
        &mut self,
        old: Database,
        settings: impl Fn(&Self) -> Settings,
    ) -> (Database, Settings) {
        match self {
            Self::Files { n_lives, .. } => {
                let from = *n_lives;
                let from = self.file(from);
                self.opens_files(&from, old, settings).await
            }
            Self::Postgres { .. } => {
                old.close().await;
                open(settings(self)).await
            }
        }
    }

    async fn opens_files(
        &mut self,
        from: &Path,
        old: Database,
        settings: impl Fn(&Self) -> Settings,
    ) -> (Database, Settings) {
        let Self::Files { n_lives, .. } = self else { panic!("it lies in files") };
        let before = *n_lives;
        *n_lives += 1;
        let (old_file, file) = (self.file(before), self.file(before + 1));
        let now_held = copy_database(from, &file);
        let opened = open(settings(self)).await;
        old.close().await;
        if let Self::Files { held, .. } = self {
            drop((std::mem::take(held), now_held));
        }
        remove_database(&old_file);
        opened
    }

    /// Makes the copy, in place of an older one.
    pub(super) async fn copies(&mut self, db: Database, settings: impl Fn(&Self) -> Settings) -> (Database, Settings) {
        match self {
            Self::Files { folder, n_lives, held, has_copy } => {
                let (from, to) = (folder.join(format!("server-{n_lives}.db")), folder.join("backup.db"));
                remove_database(&to);
                held.extend(copy_database(&from, &to));
                *has_copy = true;
                (db, settings(self))
            }
            Self::Postgres { now, copy } => {
                db.close().await;
                if let Some(old) = copy.replace(now.copy().await) {
                    old.remove().await;
                }
                open(settings(self)).await
            }
        }
    }

    /// Whether there is a copy.
    pub(super) fn has_copy(&self) -> bool {
        match self {
            Self::Files { has_copy, .. } => *has_copy,
            Self::Postgres { copy, .. } => copy.is_some(),
        }
    }

    /// The copy is thrown away.
    pub(super) async fn forgets_copy(&mut self) {
        match self {
            Self::Files { has_copy, .. } => *has_copy = false,
            Self::Postgres { copy, .. } => {
                if let Some(copy) = copy.take() {
                    copy.remove().await;
                }
            }
        }
    }

    /// The copy, of which there is one, takes its place.
    pub(super) async fn goes_back(
        &mut self,
        old: Database,
        settings: impl Fn(&Self) -> Settings,
    ) -> (Database, Settings) {
        match self {
            Self::Files { folder, .. } => {
                let from = folder.join("backup.db");
                self.opens_files(&from, old, settings).await
            }
            Self::Postgres { now, copy } => {
                old.close().await;
                let again = copy.as_ref().expect("there is a copy").copy().await;
                std::mem::replace(now, again).remove().await;
                open(settings(self)).await
            }
        }
    }

    /// Nobody needs it any more.
    pub(super) async fn ends(self) {
        match self {
            Self::Files { .. } => {}
            Self::Postgres { now, copy } => {
                now.remove().await;
                if let Some(copy) = copy {
                    copy.remove().await;
                }
            }
        }
    }
}

async fn open(settings: Settings) -> (Database, Settings) {
    (Database::open(settings.clone()).await.expect("a database of ours opens"), settings)
}
