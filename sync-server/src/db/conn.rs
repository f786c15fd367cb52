//! The two hands a store is given: a connection to read with, and a transaction to write with.

use super::error::Error;
use super::planted::Probe;
use super::settings::Engine;
use super::wake::Wake;
use crate::clock::Clock;
use crate::feed::{self, Entity, Op, Stream};
use shared::chance::Chance;
use shared::ids::Id;
use shared::time::Timestamp;
use sqlx::{Any, AnyConnection, Executor, Transaction};
use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

/// What reads need. Stores open it with [`Conn::sql`]; everyone else passes it on.
pub struct Conn {
    transaction: Transaction<'static, Any>,
    engine: Engine,
    #[cfg(feature = "planted")]
    probe: Probe,
}

impl Conn {
    #[cfg_attr(not(feature = "planted"), expect(unused_variables, reason = "asked with the feature only"))]
    pub(super) fn new(transaction: Transaction<'static, Any>, engine: Engine, probe: Probe) -> Self {
        Self {
            transaction,
            engine,
            #[cfg(feature = "planted")]
            probe,
        }
    }

    #[cfg(feature = "planted")]
    pub(crate) fn probe(&self) -> &Probe {
        &self.probe
    }

    /// The connection, for `sqlx::query(..).execute(conn.sql())`.
    pub fn sql(&mut self) -> &mut AnyConnection {
        &mut self.transaction
    }

    /// Ends a `select` that must hold its rows until the commit. Empty where one writer makes it needless.
    pub fn for_update(&self) -> &'static str {
        self.engine.for_update()
    }

    /// Ends a `select` that takes rows which no other transaction holds.
    pub fn for_update_skip_locked(&self) -> &'static str {
        self.engine.for_update_skip_locked()
    }

    pub(super) fn engine(&self) -> Engine {
        self.engine
    }

    /// Ends a snapshot. A failure only costs the pooled connection.
    pub(super) async fn end(self) {
        let _ = self.transaction.rollback().await;
    }
}

/// A write transaction: a [`Conn`] that also collects what must come last, feed rows, and what must wait for the
/// commit, wakes. It cannot commit: the writer does.
pub struct Tx {
    conn: Conn,
    clock: Clock,
    chance: Arc<dyn Chance>,
    touched: BTreeMap<(Stream, Entity), Op>,
    wakes: Vec<Wake>,
}

impl Tx {
    pub(super) fn new(conn: Conn, clock: Clock, chance: Arc<dyn Chance>) -> Self {
        Self { conn, clock, chance, touched: BTreeMap::new(), wakes: Vec::new() }
    }

    /// Says that this entity changed for the readers of this stream. The rows are written last, sorted, so that
    /// counters of streams are held for a moment only and in one order. A second touch replaces the first.
    pub fn touch(&mut self, stream: Stream, entity: Entity, op: Op) {
        self.touched.insert((stream, entity), op);
    }

    /// Wakes someone after the commit, and only then.
    pub fn wake(&mut self, wake: Wake) {
        if !self.wakes.contains(&wake) {
            self.wakes.push(wake);
        }
    }

    /// The real instant, for rows of the bottom layer.
    pub(crate) fn real_now(&self) -> Timestamp {
        self.clock.real_now()
    }

    /// A new id, for rows of the bottom layer.
    pub(crate) fn new_id<Of>(&self) -> Id<Of> {
        Id::new(self.clock.real_now(), &*self.chance)
    }

    /// Begins a closure's run: nothing of an earlier one is left.
    pub(super) fn begin_run(&mut self) {
        self.touched.clear();
        self.wakes.clear();
    }

    /// Writes what was touched; the last statements of a closure's run.
    pub(super) async fn flush(&mut self) -> Result<(), Error> {
        if self.touched.is_empty() {
            return Ok(());
        }
        let touched = std::mem::take(&mut self.touched);
        let now = self.clock.real_now();
        for stream in feed::flush(&mut self.conn, touched, now).await? {
            self.wake(Wake::Dirty(stream));
        }
        Ok(())
    }

    /// Writes what was touched before the closure's end, to see what becomes of it in a test.
    #[cfg(test)]
    pub(crate) async fn flush_now(&mut self) -> Result<(), Error> {
        self.flush().await
    }

    pub(super) fn take_wakes(&mut self) -> Vec<Wake> {
        std::mem::take(&mut self.wakes)
    }

    pub(super) async fn command(&mut self, sql: &'static str) -> Result<(), Error> {
        self.conn.transaction.execute(sql).await?;
        Ok(())
    }

    pub(super) async fn commit(self) -> Result<(), Error> {
        Ok(self.conn.transaction.commit().await?)
    }

    pub(super) async fn roll_back(self) {
        self.conn.end().await;
    }
}

impl Deref for Tx {
    type Target = Conn;
    fn deref(&self) -> &Conn {
        &self.conn
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.conn
    }
}
