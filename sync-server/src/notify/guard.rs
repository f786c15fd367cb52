//! A gateway behind its breaker.

use super::breaker::Breaker;
use super::outside::{Gateway, Message, Unsent};
use crate::db::Database;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Asks the gateway only while its provider is worth asking.
pub(super) struct Guarded<G> {
    gateway: G,
    breaker: Mutex<Breaker>,
    /// For its clock.
    db: Database,
}

impl<G: Gateway> Guarded<G> {
    /// Guards this gateway.
    pub(super) fn new(gateway: G, db: Database) -> Self {
        Self { gateway, breaker: Mutex::default(), db }
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn hear<T>(&self, asked: BoxFuture<'_, Result<T, Unsent>>) -> Result<T, Unsent> {
        let ended = asked.await;
        let now = self.db.clock().real_now();
        self.breaker().heard(ended.as_ref(), now);
        ended
    }
}

impl<G: Gateway> Gateway for Guarded<G> {
    fn send(&self, message: Message) -> BoxFuture<'_, Result<String, Unsent>> {
        self.hear(self.gateway.send(message)).boxed()
    }

    fn look_up(&self, message: Message) -> BoxFuture<'_, Result<Option<String>, Unsent>> {
        self.hear(self.gateway.look_up(message)).boxed()
    }

    fn wait(&self) -> Option<Duration> {
        let now = self.db.clock().real_now();
        self.breaker().wait(now)
    }
}
