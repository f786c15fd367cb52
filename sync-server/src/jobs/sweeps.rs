//! What runs by the clock and not by an event: periodic reconcilers, enqueued once in each period whichever server
//! looks first, and the rescue of stranded jobs.

use super::backoff;
use super::handler::{Registry, sweep_job};
use super::job::NewJob;
use super::store;
use crate::db::{Database, Error, Lane, Tx};
use shared::chance::Chance;

/// Stranded jobs put back in one transaction.
const RESCUE_MAX: i64 = 100;
/// A job that stranded oftener may be what kills its workers: it waits longer each time.
const RESCUED_AT_ONCE_MAX: i64 = 3;

/// The periods that it is now, for each sweep.
fn periods(db: &Database, registry: &Registry) -> Vec<(&'static str, i64)> {
    let now = db.clock().real_now().as_millis();
    registry.sweeps().map(|(name, sweep)| (name, now / sweep.every_ms)).collect()
}

/// Enqueues each sweep whose period has come.
pub(super) async fn enqueue_due(db: &Database, registry: &Registry) -> Result<(), Error> {
    let periods = periods(db, registry);
    if periods.is_empty() {
        return Ok(());
    }
    let due_at = db.clock().business_now();
    db.write(Lane::Work, async move |tx| {
        let taken = store::take_periods(tx, &periods).await?;
        let jobs: Vec<NewJob> = taken.into_iter().map(|name| sweep_job(name, due_at)).collect();
        store::enqueue(tx, &jobs).await
    })
    .await
}

/// Puts stranded jobs back, and takes each sweep whose period has come for the caller, who runs them here and now.
pub(super) async fn take_due(db: &Database, registry: &Registry) -> Result<Vec<&'static str>, Error> {
    let (periods, chance) = (periods(db, registry), db.chance());
    db.write(Lane::Work, async move |tx| {
        put_back(tx, &*chance).await?;
        store::take_periods(tx, &periods).await
    })
    .await
}

/// A sweep that failed where it was run becomes a job like any other, and is tried again like one.
pub(super) async fn enqueue_failed(db: &Database, name: &'static str) -> Result<(), Error> {
    let job = sweep_job(name, db.clock().business_now());
    db.write(Lane::Work, async move |tx| store::enqueue(tx, std::slice::from_ref(&job)).await).await
}

/// Puts stranded jobs back; gives back how many there were. Most of the time there is none, which costs no write.
pub(super) async fn rescue(db: &Database) -> Result<usize, Error> {
    let now = db.clock().real_now();
    if !db.read(async move |conn| store::is_any_stranded(conn, now).await).await? {
        return Ok(0);
    }
    let chance = db.chance();
    db.write(Lane::Work, async move |tx| put_back(tx, &*chance).await).await
}

async fn put_back(tx: &mut Tx, chance: &dyn Chance) -> Result<usize, Error> {
    let stranded = store::stranded(tx, RESCUE_MAX).await?;
    let now = tx.real_now();
    for job in &stranded {
        let wait = if job.n_attempts <= RESCUED_AT_ONCE_MAX { 0 } else { backoff::wait_ms(job.n_attempts, chance) };
        let retry_at = now.plus_millis(i64::try_from(wait).unwrap_or(i64::MAX));
        store::rescue(tx, job.job, retry_at).await?;
    }
    Ok(stranded.len())
}
