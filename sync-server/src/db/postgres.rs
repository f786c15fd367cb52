//! PostgreSQL's writers: a pooled transaction for each closure, run again when it collided. Two bounds for each lane:
//! how many may wait, and how many run, so that bulk work never holds all connections.

use super::error::{Collision, Error};
use super::lane::{self, Lane};
use super::queue::AGE_MAX;
use super::work::{Context, Work};
use sqlx::AnyPool;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// How often a closure that collides is run.
const RUNS_MAX: u32 = 6;

pub(super) struct Handle {
    pool: AnyPool,
    context: Context,
    waiting: [Arc<Semaphore>; lane::N],
    running: [Arc<Semaphore>; lane::N],
}

impl Handle {
    pub(super) fn start(pool: AnyPool, context: Context) -> Self {
        let waiting = Lane::ALL.map(|lane| Arc::new(Semaphore::new(lane.waiting_max())));
        let running = Lane::ALL.map(|lane| Arc::new(Semaphore::new(lane.running_max())));
        Self { pool, context, waiting, running }
    }

    /// Waits for a turn and hands the work to a thread that runs it to its end, whatever becomes of the caller.
    pub(super) async fn submit(&self, lane: Lane, mut work: Box<dyn Work>) -> Result<(), Error> {
        let waiting = self.waiting[lane.index()].clone().try_acquire_owned().map_err(|_| Error::Busy)?;
        let turn = self.running[lane.index()].clone().acquire_owned();
        let turn = match tokio::time::timeout(AGE_MAX, turn).await {
            Ok(Ok(turn)) => turn,
            Ok(Err(_)) => return Err(Error::Unavailable("the server is stopping".into())),
            Err(_) => return Err(Error::Busy),
        };
        let (pool, context, runtime) = (self.pool.clone(), self.context.clone(), tokio::runtime::Handle::current());
        // The closure's future may stay on one thread only, so it gets one.
        tokio::task::spawn_blocking(move || {
            let end = runtime.block_on(run(&pool, &context, &mut *work));
            work.settle(end);
            drop((turn, waiting));
        });
        Ok(())
    }

    pub(super) async fn close(&self) {
        for (semaphore, lane) in self.running.iter().zip(Lane::ALL) {
            let n = u32::try_from(lane.running_max()).expect("a few");
            // All permits back means that nothing runs any more.
            if let Ok(permits) = semaphore.acquire_many(n).await {
                permits.forget();
            }
            semaphore.close();
        }
        self.pool.close().await;
    }
}

async fn run(pool: &AnyPool, context: &Context, work: &mut dyn Work) -> Result<(), Error> {
    for n_runs in 0..RUNS_MAX {
        if n_runs > 0 {
            context.stats.reran();
            tokio::time::sleep(Duration::from_millis(1 << n_runs)).await;
        }
        match context.alone(pool, work).await {
            Err(Error::Again(_)) => {}
            end => return end,
        }
    }
    Err(Error::Again(Collision))
}
