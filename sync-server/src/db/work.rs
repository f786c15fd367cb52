//! One caller's closure on its way through the writer, with its type forgotten.

use super::conn::{Conn, Tx};
use super::error::{self, Error};
use super::planted::Probe;
use super::settings::Engine;
use super::stats::Stats;
use super::wake::{Bus, Wake};
use crate::clock::Clock;
use futures_util::FutureExt;
use shared::chance::Chance;
use sqlx::AnyPool;
use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

/// A future that never leaves the thread that polls it, so it need not be `Send`.
type Local<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// How a run of a closure ended.
pub(super) enum Ran {
    /// It wants to be committed; the wakes are for after that.
    Kept(Vec<Wake>),
    /// It must be undone, and run again if it collided.
    Undone { collided: bool },
}

pub(super) trait Work: Send {
    /// Whether the caller is still there.
    fn is_waited_for(&self) -> bool;
    /// Runs the closure; may be called again.
    fn run<'a>(&'a mut self, tx: &'a mut Tx, limit: Duration) -> Local<'a, Ran>;
    /// Tells the caller: the closure's own answer, or why it does not count.
    fn settle(self: Box<Self>, end: Result<(), Error>);
}

pub(super) struct Item<F, T, E> {
    f: F,
    answer: Option<Result<T, E>>,
    /// How many times the usual limit it may take.
    patience: u32,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<F, T, E> Item<F, T, E> {
    pub(super) fn new(f: F, patience: u32, reply: oneshot::Sender<Result<T, E>>) -> Self {
        Self { f, answer: None, patience, reply }
    }
}

impl<F, T, E> Work for Item<F, T, E>
where
    F: AsyncFn(&mut Tx) -> Result<T, E> + Send,
    T: Send,
    E: std::error::Error + From<Error> + Send + 'static,
{
    fn is_waited_for(&self) -> bool {
        !self.reply.is_closed()
    }

    fn run<'a>(&'a mut self, tx: &'a mut Tx, limit: Duration) -> Local<'a, Ran> {
        let limit = limit * self.patience;
        Box::pin(async move {
            tx.begin_run();
            let body = async {
                let value = (self.f)(tx).await?;
                tx.flush().await?;
                Ok::<T, E>(value)
            };
            let answer = match tokio::time::timeout(limit, AssertUnwindSafe(body).catch_unwind()).await {
                Ok(Ok(answer)) => answer,
                Ok(Err(panic)) => Err(Error::Panicked(panic_text(&*panic)).into()),
                Err(_) => Err(Error::TooSlow.into()),
            };
            let ran = match &answer {
                Ok(_) => Ran::Kept(tx.take_wakes()),
                Err(error) => Ran::Undone { collided: error::is_collision(error) },
            };
            self.answer = Some(answer);
            ran
        })
    }

    fn settle(self: Box<Self>, end: Result<(), Error>) {
        let answer = match (end, self.answer) {
            (Ok(()), Some(answer)) => answer,
            (Ok(()), None) => Err(Error::Lost.into()),
            (Err(error), _) => Err(error.into()),
        };
        // A caller that is gone does not need its answer.
        let _ = self.reply.send(answer);
    }
}

/// What a panic said.
pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".into())
}

/// What both writers share.
#[derive(Clone)]
pub(super) struct Context {
    pub(super) engine: Engine,
    pub(super) clock: Clock,
    pub(super) chance: Arc<dyn Chance>,
    pub(super) limit: Duration,
    pub(super) bus: Bus,
    pub(super) stats: Arc<Stats>,
    pub(super) probe: Probe,
}

impl Context {
    pub(super) async fn begin(&self, pool: &AnyPool) -> Result<Tx, Error> {
        self.probe.alive()?;
        let transaction = pool.begin_with(self.engine.begin_write()).await?;
        let conn = Conn::new(transaction, self.engine, self.probe.clone());
        Ok(Tx::new(conn, self.clock.clone(), self.chance.clone()))
    }

    /// Runs one closure in a transaction of its own. `Ok` means that the closure's answer counts.
    pub(super) async fn alone(&self, pool: &AnyPool, work: &mut dyn Work) -> Result<(), Error> {
        let mut tx = self.begin(pool).await?;
        match work.run(&mut tx, self.limit).await {
            Ran::Kept(wakes) => {
                self.probe.before_commit()?;
                tx.commit().await.map_err(Error::at_commit)?;
                self.probe.after_commit().map_err(Error::at_commit)?;
                self.committed(1, wakes);
                Ok(())
            }
            Ran::Undone { collided } => {
                tx.roll_back().await;
                if collided { Err(Error::Again(error::Collision)) } else { Ok(()) }
            }
        }
    }

    pub(super) fn committed(&self, n_writes: usize, wakes: Vec<Wake>) {
        self.stats.committed(n_writes);
        for wake in wakes {
            self.bus.send(wake);
        }
    }
}
