//! The database: one SQL text on two engines, one way to write and one way to read.
//!
//! `write` runs a closure in a transaction and answers after the commit. On `SQLite` a thread of its own runs what is
//! queued in one transaction with a savepoint each and one commit; on PostgreSQL each closure has a pooled
//! transaction. Either way **the closure may run twice**, so it only reads and writes through `tx`: it holds no
//! `Database` and no gateway, and what must follow the commit is given to `tx.wake`, because the caller may be gone.
//! `read` is one snapshot.
//!
//! This folder is the only one that knows which engine runs. It refuses to be opened on a database that could lose an
//! acknowledged commit ([`checks`]). When it cannot take more work it says [`Error::Busy`] at once.

pub mod checks;
pub(crate) mod columns;
mod conn;
pub mod constraints;
pub mod dump;
mod error;
mod lane;
pub mod meta;
mod migrations;
mod notify;
pub(crate) mod planted;
mod postgres;
mod queue;
mod settings;
mod sqlite;
mod stats;
#[cfg(feature = "testing")]
pub mod testing;
mod values;
mod wake;
mod work;

pub use conn::{Conn, Tx};
pub use constraints::Constraint;
pub use error::{Collision, Error, OpenError};
pub use lane::Lane;
pub use migrations::Migrated;
#[cfg(feature = "planted")]
pub use planted::{Crash, Planted};
pub use settings::{Engine, Settings};
pub use stats::Stats;
pub use values::values;
pub use wake::{Listener, Wake};
pub(crate) use work::panic_text;

use crate::clock::Clock;
use shared::chance::Chance;
use sqlx::AnyPool;
use std::sync::Arc;
use tokio::sync::{Semaphore, oneshot};
use work::{Item, Work};

/// How many reads may wait for a connection; more are told [`Error::Busy`].
const READS_WAITING_MAX: usize = 512;

/// The open database. Clones share it.
#[derive(Clone)]
pub struct Database(Arc<Inner>);

struct Inner {
    settings: Settings,
    reads: AnyPool,
    readers: Semaphore,
    writer: Writer,
    bus: wake::Bus,
    stats: Arc<Stats>,
}

enum Writer {
    Sqlite(sqlite::Handle),
    Postgres(postgres::Handle),
}

impl Database {
    /// Connects, and refuses a database that could lose what it acknowledged. Does not migrate.
    pub async fn open(settings: Settings) -> Result<Self, OpenError> {
        sqlx::any::install_default_drivers();
        let engine = settings.engine();
        let stats = Arc::new(Stats::default());
        let writes = settings.pool(engine.write_connections(), false).await?;
        checks::run(&writes, engine, &settings.clock).await?;
        // PostgreSQL looks after its own files.
        if engine == Engine::Sqlite {
            sqlite::keep_name(&writes).await?;
        }
        // Behind the checks, which would refuse it.
        #[cfg(feature = "planted")]
        settings.probe.loosen(&writes).await?;
        let reads = settings.pool(engine.read_connections(), true).await?;
        let bus = match engine {
            Engine::Postgres if settings.shares_wakes => notify::start(&settings.url).await?,
            Engine::Postgres | Engine::Sqlite => wake::Bus::local(),
        };
        let context = work::Context {
            engine,
            clock: settings.clock.clone(),
            chance: settings.chance.clone(),
            limit: settings.write_limit,
            bus: bus.clone(),
            stats: stats.clone(),
            probe: settings.probe.clone(),
        };
        let writer = match engine {
            Engine::Sqlite => Writer::Sqlite(sqlite::Handle::start(writes, context)?),
            Engine::Postgres => Writer::Postgres(postgres::Handle::start(writes, context)),
        };
        let readers = Semaphore::new(READS_WAITING_MAX);
        Ok(Self(Arc::new(Inner { settings, reads, readers, writer, bus, stats })))
    }

    /// Runs `f` in one transaction and answers after the commit. `f` may run more than once; whatever it did in a run
    /// that failed is undone. Dropping the returned future before `f` began means that it never runs; after that it
    /// runs to its end.
    ///
    /// `E` is the caller's error. A collision with another transaction is recognised anywhere in its chain of sources
    /// and rerun, so an error enum wraps [`Error`] with `#[from]`.
    pub async fn write<T, E, F>(&self, lane: Lane, f: F) -> Result<T, E>
    where
        F: AsyncFn(&mut Tx) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: std::error::Error + From<Error> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let work: Box<dyn Work> = Box::new(Item::new(f, lane.patience(), reply));
        match &self.0.writer {
            Writer::Sqlite(handle) => handle.submit(lane, work)?,
            Writer::Postgres(handle) => handle.submit(lane, work).await?,
        }
        answer.await.unwrap_or_else(|_| Err(Error::Lost.into()))
    }

    /// Runs `f` on one snapshot: all it reads was true at one instant. It cannot write.
    pub async fn read<T, E, F>(&self, f: F) -> Result<T, E>
    where
        F: AsyncFnOnce(&mut Conn) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: std::error::Error + From<Error> + Send + 'static,
    {
        self.0.settings.probe.alive()?;
        let _turn = self.0.readers.try_acquire().map_err(|_| Error::Busy)?;
        let engine = self.engine();
        let transaction = self.0.reads.begin_with(engine.begin_read()).await.map_err(Error::from)?;
        let mut conn = Conn::new(transaction, engine, self.0.settings.probe.clone());
        let limit = self.0.settings.read_limit;
        let handle = tokio::runtime::Handle::current();
        // The closure's future may stay on one thread only, so it gets one.
        let running = tokio::task::spawn_blocking(move || {
            handle.block_on(async move {
                let answer = tokio::time::timeout(limit, f(&mut conn)).await;
                conn.end().await;
                answer.unwrap_or_else(|_| Err(Error::TooSlow.into()))
            })
        });
        match running.await {
            Ok(answer) => answer,
            Err(failed) if failed.is_panic() => std::panic::resume_unwind(failed.into_panic()),
            Err(_) => Err(Error::Lost.into()),
        }
    }

    /// Which engine this is. For start-up lines and tests; code that behaves differently by engine lives in `db`.
    pub fn engine(&self) -> Engine {
        self.0.settings.engine()
    }

    /// The clock that feed rows are stamped with.
    pub fn clock(&self) -> &Clock {
        &self.0.settings.clock
    }

    /// Where ids that the bottom layer makes come from.
    pub fn chance(&self) -> Arc<dyn Chance> {
        self.0.settings.chance.clone()
    }

    /// What the writer did so far.
    pub fn stats(&self) -> &Stats {
        &self.0.stats
    }

    /// Hears every wake of this process from now on, and on PostgreSQL those of the other servers.
    pub fn listen(&self) -> Listener {
        self.0.bus.listen()
    }

    /// Sends a wake that belongs to no transaction, like a jump of the business clock.
    pub fn wake(&self, wake: Wake) {
        self.0.bus.send(wake);
    }

    /// Brings the tables to this program's version, and names the history of a new database.
    pub async fn migrate(&self, chance: &dyn Chance) -> Result<(), OpenError> {
        migrations::run(&self.0.settings).await?;
        let epoch = meta::new_epoch(chance);
        self.write(Lane::Desk, async move |tx| meta::keep_first_epoch(tx, &epoch).await).await.map_err(OpenError::from)
    }

    /// Whether the tables are those of this program.
    pub async fn is_migrated(&self) -> Result<Migrated, Error> {
        self.read(async |conn| migrations::compare(conn).await).await
    }

    /// Finishes what is queued and closes every connection.
    pub async fn close(self) {
        match &self.0.writer {
            Writer::Sqlite(handle) => handle.close().await,
            Writer::Postgres(handle) => handle.close().await,
        }
        self.0.reads.close().await;
        self.0.bus.close().await;
    }
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Database").field("engine", &self.engine()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
