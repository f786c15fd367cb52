//! One attempt at one job, from the handler to what becomes of the row; and the book of what this server holds.

use super::backoff;
use super::handler::{Context, Handler, Outcome};
use super::job::{Job, Lease};
use super::kind::WorkLane;
use super::store;
use crate::db::{Error, Lane, panic_text};
use futures_util::FutureExt;
use shared::ids::JobId;
use shared::time::Timestamp;
use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// An attempt that takes longer has failed, so that a lane's slots come back.
const ATTEMPT_MAX: Duration = Duration::from_mins(2);
/// How often the end of an attempt is written before it is left to the lease.
const SETTLE_TRIES_MAX: u32 = 5;

/// What becomes of a job's row.
#[derive(Clone, Debug, PartialEq, Eq)]
enum End {
    Finished,
    PutBack { retry_at: Timestamp, why: String },
    Dead { why: String },
}

/// What the handler answers: a panic and too long a run are failures too.
pub(super) async fn answer(handler: Option<Arc<dyn Handler>>, job: &Job, context: &Context) -> Outcome {
    let Some(handler) = handler else { return Outcome::give_up("this sweep no longer exists") };
    // In a block of its own, so that a panic before the first await is caught too.
    let running = async { handler.run(job.clone(), context.clone()).await };
    let running = AssertUnwindSafe(running).catch_unwind();
    match tokio::time::timeout(ATTEMPT_MAX, running).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(panic)) => Outcome::retry(format!("the handler panicked: {}", panic_text(&*panic))),
        Err(_) => Outcome::retry(format!("the handler took longer than {} s", ATTEMPT_MAX.as_secs())),
    }
}

/// Runs the handler and writes the end. Nothing is written when the lease is lost.
pub(super) async fn run(handler: Option<Arc<dyn Handler>>, job: &Job, context: &Context, lost: &CancellationToken) {
    let outcome = tokio::select! {
        biased;
        () = lost.cancelled() => {
            tracing::info!(job = %job.lease.job, kind = job.kind.word(), "another worker has this job by now");
            return;
        }
        outcome = answer(handler, job, context) => outcome,
    };
    let now = context.db.clock().real_now();
    let wait_ms = backoff::wait_ms(job.n_attempts, &*context.db.chance());
    let end = judge(job, outcome, now, wait_ms);
    match &end {
        End::Finished => {}
        End::PutBack { why, .. } => {
            tracing::warn!(job = %job.lease.job, kind = job.kind.word(), subject = job.subject, why, "a job failed");
        }
        End::Dead { why } => {
            tracing::error!(job = %job.lease.job, kind = job.kind.word(), subject = job.subject, why, "a job is dead");
        }
    }
    settle(job, context, end).await;
}

/// What an outcome means for a job of this age.
fn judge(job: &Job, outcome: Outcome, now: Timestamp, wait_ms: u64) -> End {
    match outcome {
        Outcome::Done => End::Finished,
        Outcome::GiveUp { why } => End::Dead { why },
        Outcome::RetryWithin { after, within, why } => match judge(job, Outcome::Retry { after, why }, now, wait_ms) {
            End::PutBack { retry_at, why } => {
                let latest = now.plus_millis(i64::try_from(within.as_millis()).unwrap_or(i64::MAX));
                End::PutBack { retry_at: retry_at.min(latest), why }
            }
            end @ (End::Finished | End::Dead { .. }) => end,
        },
        Outcome::Retry { after, why } => {
            let tried_for = now.minutes_since(job.started_at);
            if tried_for >= job.kind.tried_for_minutes() {
                return End::Dead { why: format!("given up after {} attempts: {why}", job.n_attempts) };
            }
            let asked_ms = after.map(|after| u64::try_from(after.as_millis()).unwrap_or(u64::MAX));
            // A later instant of the other side is honoured; an earlier one does not shorten our wait to nothing.
            let wait_ms = asked_ms.map_or(wait_ms, |asked| asked.saturating_add(wait_ms / 4));
            End::PutBack { retry_at: now.plus_millis(i64::try_from(wait_ms).unwrap_or(i64::MAX)), why }
        }
    }
}

async fn settle(job: &Job, context: &Context, end: End) {
    if end == End::Finished && job.lease.finished.load(Ordering::SeqCst) {
        return;
    }
    for n_tries in 0..SETTLE_TRIES_MAX {
        let (lease, end) = (job.lease.clone(), end.clone());
        let settled = context.db.write(Lane::Work, async move |tx| match &end {
            End::Finished => store::finish(tx, &lease).await,
            End::PutBack { retry_at, why } => store::put_back(tx, &lease, *retry_at, why).await,
            End::Dead { why } => store::bury(tx, &lease, why).await,
        });
        match settled.await {
            Ok(()) => return,
            Err(Error::StaleLease) => {
                tracing::info!(job = %job.lease.job, kind = job.kind.word(), "another worker has this job by now");
                return;
            }
            Err(error) if error.is_passing() => {
                tracing::warn!(%error, job = %job.lease.job, "the end of a job was not written yet");
                tokio::time::sleep(Duration::from_millis(100 << n_tries)).await;
            }
            Err(error) => {
                tracing::error!(%error, job = %job.lease.job, "the end of a job cannot be written");
                return;
            }
        }
    }
}

/// The book of what this server holds.
#[derive(Clone, Default)]
pub(super) struct Held(Arc<Mutex<BTreeMap<JobId, Entry>>>);

struct Entry {
    lease: Lease,
    lane: WorkLane,
    lost: CancellationToken,
}

impl Held {
    /// Enters a claimed job; the token tells when its lease is lost.
    pub(super) fn add(&self, job: &Job) -> CancellationToken {
        let lost = CancellationToken::new();
        let entry = Entry { lease: job.lease.clone(), lane: job.kind.lane(), lost: lost.clone() };
        self.lock().insert(job.lease.job, entry);
        lost
    }

    /// Strikes a lease out, unless the job was claimed anew meanwhile.
    pub(super) fn remove(&self, lease: &Lease) {
        let mut book = self.lock();
        if book.get(&lease.job).is_some_and(|entry| entry.lease.fence == lease.fence) {
            book.remove(&lease.job);
        }
    }

    pub(super) fn lose(&self, lease: &Lease) {
        if let Some(entry) = self.lock().get(&lease.job)
            && entry.lease.fence == lease.fence
        {
            entry.lost.cancel();
        }
    }

    pub(super) fn leases(&self) -> Vec<Lease> {
        self.lock().values().map(|entry| entry.lease.clone()).collect()
    }

    pub(super) fn take_all(&self) -> Vec<Lease> {
        std::mem::take(&mut *self.lock()).into_values().map(|entry| entry.lease).collect()
    }

    pub(super) fn count(&self) -> usize {
        self.lock().len()
    }

    pub(super) fn count_in(&self, lane: WorkLane) -> usize {
        self.lock().values().filter(|entry| entry.lane == lane).count()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<JobId, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobs::kind::Kind;
    use shared::chance::Seeded;

    const MINUTE: i64 = 60_000;

    fn job(kind: Kind) -> Job {
        let id = JobId::new(Timestamp::from_millis(1), &Seeded::new(1));
        let lease = Lease { job: id, fence: 1, finished: Arc::default() };
        crate::jobs::job::sample(lease, kind, Timestamp::from_millis(1_000 * MINUTE))
    }

    #[test]
    fn a_retry_becomes_a_dead_job_by_its_age_and_not_before() {
        let job = job(Kind::SendSms);
        let last = Kind::SendSms.tried_for_minutes();
        for (minutes, dead) in [(0, false), (last - 1, false), (last, true)] {
            let now = job.started_at.plus_minutes(minutes);
            let end = judge(&job, Outcome::retry("busy"), now, 500);
            match end {
                End::PutBack { retry_at, why } => {
                    assert!(!dead && why == "busy" && retry_at == now.plus_millis(500), "{minutes}");
                }
                End::Dead { why } => assert!(dead && why.ends_with("busy"), "{minutes}"),
                End::Finished => panic!("a retry is not done"),
            }
        }
    }

    #[test]
    fn a_wait_that_the_other_side_asked_for_is_kept() {
        let job = job(Kind::SendMail);
        let outcome = Outcome::Retry { after: Some(Duration::from_mins(1)), why: "429".into() };
        let now = job.started_at;
        let End::PutBack { retry_at, .. } = judge(&job, outcome, now, 4_000) else { panic!("it is young") };
        assert_eq!(retry_at, now.plus_millis(61_000));
        let outcome = Outcome::RetryWithin {
            after: Some(Duration::from_mins(1)),
            within: Duration::from_secs(9),
            why: "429".into(),
        };
        let End::PutBack { retry_at, .. } = judge(&job, outcome, now, 4_000) else { panic!("it is young") };
        assert_eq!(retry_at, now.plus_millis(9_000), "another way begins then");
    }
}
