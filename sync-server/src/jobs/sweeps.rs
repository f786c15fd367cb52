//! What runs by the clock and not by an event: periodic reconcilers, enqueued once in each period whichever server
//! looks first, and the rescue of stranded jobs.

use super::backoff;
use super::handler::{Registry, sweep_job};
use super::store;
use crate::db::{Database, Error, Lane};

/// Stranded jobs put back in one transaction.
const RESCUE_MAX: i64 = 100;
/// A job that stranded oftener may be what kills its workers: it waits longer each time.
const RESCUED_AT_ONCE_MAX: i64 = 3;

/// Enqueues each sweep whose period has come.
pub(super) async fn enqueue_due(db: &Database, registry: &Registry) -> Result<(), Error> {
    let now = db.clock().real_now().as_millis();
    let due_at = db.clock().business_now();
    let periods: Vec<(&'static str, i64)> =
        registry.sweeps().map(|(name, sweep)| (name, now / sweep.every_ms)).collect();
    if periods.is_empty() {
        return Ok(());
    }
    db.write(Lane::Work, async move |tx| {
        for (name, period) in &periods {
            if store::take_period(tx, name, *period).await? {
                store::enqueue(tx, &[sweep_job(name, due_at)]).await?;
            }
        }
        Ok(())
    })
    .await
}

/// Puts stranded jobs back; gives back how many there were.
pub(super) async fn rescue(db: &Database) -> Result<usize, Error> {
    let chance = db.chance();
    db.write(Lane::Work, async move |tx| {
        let stranded = store::stranded(tx, RESCUE_MAX).await?;
        let now = tx.real_now();
        for job in &stranded {
            let wait =
                if job.n_attempts <= RESCUED_AT_ONCE_MAX { 0 } else { backoff::wait_ms(job.n_attempts, &*chance) };
            let retry_at = now.plus_millis(i64::try_from(wait).unwrap_or(i64::MAX));
            store::rescue(tx, job.job, retry_at).await?;
        }
        Ok(stranded.len())
    })
    .await
}
