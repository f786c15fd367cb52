//! What does the work of a kind, what it is given, and what it may answer.

use super::job::{Job, NewJob};
use super::kind::{Kind, WorkLane};
use super::pace::Pace;
use crate::db::{Database, Error};
use futures_util::future::BoxFuture;
use shared::time::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// How an attempt at a job ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is done. The handler may have finished it in its own transaction ([`super::finish`]); else the runner does.
    Done,
    /// It may succeed later.
    Retry {
        /// When the other side said to come back; else the usual waits.
        after: Option<Duration>,
        /// What failed, for the list of dead jobs.
        why: String,
    },
    /// It may succeed later, and something else begins if it has not by then.
    RetryWithin {
        /// When the other side said to come back; else the usual waits.
        after: Option<Duration>,
        /// The longest wait.
        within: Duration,
        /// What failed.
        why: String,
    },
    /// It will never succeed.
    GiveUp {
        /// Why, for the list of dead jobs.
        why: String,
    },
}

impl Outcome {
    /// A retry after the usual wait.
    pub fn retry(why: impl ToString) -> Self {
        Self::Retry { after: None, why: why.to_string() }
    }

    /// The end of all attempts.
    pub fn give_up(why: impl ToString) -> Self {
        Self::GiveUp { why: why.to_string() }
    }
}

/// Database work in a handler: whatever failed may go better later, and if not it becomes a dead job by its age.
impl From<Result<(), Error>> for Outcome {
    fn from(result: Result<(), Error>) -> Self {
        match result {
            Ok(()) => Self::Done,
            Err(error) => Self::retry(error),
        }
    }
}

/// What every handler is given besides the job. Gateways are the handler's own.
#[derive(Clone, Debug)]
pub struct Context {
    /// The database, with the clock in it.
    pub db: Database,
}

impl Context {
    /// The business instant.
    pub fn now(&self) -> Timestamp {
        self.db.clock().business_now()
    }
}

/// Does the work of a kind. It may run twice for one job, and is dropped where it stands when its lease is lost. An
/// `async fn(Job, Context) -> Outcome` is one; what needs a gateway is a struct.
pub trait Handler: Send + Sync {
    /// One attempt.
    fn run(&self, job: Job, context: Context) -> BoxFuture<'_, Outcome>;
}

impl<F, Running> Handler for F
where
    F: Fn(Job, Context) -> Running + Send + Sync,
    Running: Future<Output = Outcome> + Send + 'static,
{
    fn run(&self, job: Job, context: Context) -> BoxFuture<'_, Outcome> {
        Box::pin(self(job, context))
    }
}

/// Who does what; `app.rs` fills it. A kind without a handler is left in the table for a server that has one.
#[derive(Clone, Default)]
pub struct Registry {
    handlers: BTreeMap<Kind, Arc<dyn Handler>>,
    sweeps: BTreeMap<&'static str, Sweep>,
    paces: BTreeMap<WorkLane, Pace>,
    at_once: BTreeMap<WorkLane, usize>,
}

/// A periodic reconciler.
#[derive(Clone)]
pub(super) struct Sweep {
    pub(super) every_ms: i64,
    handler: Arc<dyn Handler>,
}

impl Registry {
    /// Nobody does anything yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// This handler does the work of this kind.
    #[must_use]
    pub fn on(mut self, kind: Kind, handler: impl Handler + 'static) -> Self {
        self.handlers.insert(kind, Arc::new(handler));
        self
    }

    /// So many jobs of this lane begin in a second, on all servers together.
    #[must_use]
    pub fn paced(mut self, lane: WorkLane, pace: Option<Pace>) -> Self {
        if let Some(pace) = pace {
            self.paces.insert(lane, pace);
        }
        self
    }

    /// So many jobs of this lane run on one server at once.
    #[must_use]
    pub fn at_once(mut self, lane: WorkLane, n_jobs: usize) -> Self {
        self.at_once.insert(lane, n_jobs.max(1));
        self
    }

    pub(super) fn pace(&self, lane: WorkLane) -> Option<Pace> {
        self.paces.get(&lane).copied()
    }

    /// How many jobs of a lane this server runs at once.
    pub(super) fn running_max(&self, lane: WorkLane) -> usize {
        self.at_once.get(&lane).copied().unwrap_or_else(|| lane.running_max())
    }

    /// This reconciler runs once in each period by the real clock, on one of the servers. It takes no input: it looks
    /// at the tables and mends what an event missed.
    #[must_use]
    pub fn sweep(mut self, name: &'static str, every: Duration, handler: impl Handler + 'static) -> Self {
        let every_ms = i64::try_from(every.as_millis()).unwrap_or(i64::MAX).max(1);
        self.sweeps.insert(name, Sweep { every_ms, handler: Arc::new(handler) });
        self
    }

    /// Only this kind of what is registered, for a test that stops half-way.
    #[cfg(test)]
    #[must_use]
    pub(crate) fn only(mut self, kind: Kind) -> Self {
        self.handlers.retain(|known, _| *known == kind);
        self
    }

    pub(super) fn kinds(&self) -> Vec<Kind> {
        let sweep = (!self.sweeps.is_empty()).then_some(Kind::Sweep);
        self.handlers.keys().copied().chain(sweep).collect()
    }

    pub(super) fn sweeps(&self) -> impl Iterator<Item = (&'static str, &Sweep)> {
        self.sweeps.iter().map(|(name, sweep)| (*name, sweep))
    }

    pub(super) fn handler(&self, job: &Job) -> Option<Arc<dyn Handler>> {
        match job.kind {
            Kind::Sweep => self.sweeps.get(job.subject.as_str()).map(|sweep| sweep.handler.clone()),
            kind => self.handlers.get(&kind).cloned(),
        }
    }
}

/// The job of one sweep: the same key in each period, so that a slow one is not overtaken by itself.
pub(super) fn sweep_job(name: &str, now: Timestamp) -> NewJob {
    NewJob::new(Kind::Sweep, name, now)
}
