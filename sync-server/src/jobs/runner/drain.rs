//! Everything that is due, done before it answers: for tests and simulations, where the clock stands still and nobody
//! waits in a loop.
//!
//! Sweeps run beside the first jobs, as they do on a server, but without a row in the table: a simulated day looks at its
//! sweeps hundreds of times, and making, claiming and ending their rows was most of its cost. One that fails gets its row.

use super::{Runner, report};
use crate::db::Error;
use crate::jobs::attempt;
use crate::jobs::handler::{Outcome, sweep_job};
use crate::jobs::job::Job;
use crate::jobs::kind::WorkLane;
use crate::jobs::sweeps;
use shared::ids::Id;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// More rounds than this in one drain mean that jobs make jobs without end.
const ROUNDS_MAX: usize = 10_000;

impl Runner {
    /// Runs everything that is due now, and what becomes due by that, and gives back the number of attempts.
    pub async fn drain(&self) -> Result<usize, Error> {
        let mut tasks = JoinSet::new();
        let mut n_attempts = self.sweep(&mut tasks).await?;
        for _ in 0..ROUNDS_MAX {
            let n_writes = self.db().stats().writes();
            let jobs = self.claim(&WorkLane::ALL).await?;
            // What is due may have to wait: a lane has a pace.
            if jobs.is_empty() && tasks.is_empty() {
                return Ok(n_attempts);
            }
            n_attempts += jobs.len();
            self.spawn(jobs, &CancellationToken::new(), &mut tasks);
            while let Some(ended) = tasks.join_next().await {
                report(ended);
            }
            // What is new was written by somebody.
            if self.db().stats().writes() == n_writes {
                return Ok(n_attempts);
            }
        }
        Err(Error::Bug("jobs make more jobs without end".into()))
    }

    /// Begins each sweep whose period has come, and gives back how many there are.
    async fn sweep(&self, tasks: &mut JoinSet<()>) -> Result<usize, Error> {
        let taken = sweeps::take_due(self.db(), &self.registry).await?;
        let (now, due_at) = (self.db().clock().real_now(), self.db().clock().business_now());
        let n_sweeps = taken.len();
        for name in taken {
            let job = Job::without_row(Id::new(now, &*self.db().chance()), sweep_job(name, due_at), now);
            let (handler, context) = (self.registry.handler(&job), self.context.clone());
            let slot = self.slots[&WorkLane::Sweeps].clone();
            tasks.spawn(async move {
                let _turn = slot.acquire().await;
                let why = match attempt::answer(handler, &job, &context).await {
                    Outcome::Done => return,
                    Outcome::Retry { why, .. } | Outcome::RetryWithin { why, .. } | Outcome::GiveUp { why } => why,
                };
                tracing::warn!(sweep = name, why, "a sweep failed");
                if let Err(error) = sweeps::enqueue_failed(&context.db, name).await {
                    tracing::warn!(%error, sweep = name, "a sweep that failed is not tried again in its period");
                }
            });
        }
        Ok(n_sweeps)
    }
}
