//! Forgets where experts were: positions are kept 30 days.

use super::store;
use crate::db::{Lane, Tx};
use crate::jobs::{Context, Job, Outcome, Registry};
use std::time::Duration;

const FORGET_EVERY: Duration = Duration::from_hours(1);
const KEPT_MINUTES: i64 = 30 * 24 * 60;
/// Positions of one transaction, and transactions of one sweep; what is left waits for the next.
const ROWS_MAX: i64 = 500;
const ROUNDS_MAX: usize = 20;

/// Adds the sweep.
#[must_use]
pub fn register(registry: Registry) -> Registry {
    registry.sweep("positions_forget", FORGET_EVERY, forget)
}

async fn forget(_job: Job, context: Context) -> Outcome {
    let before = context.db.clock().business_now().plus_minutes(-KEPT_MINUTES);
    for _ in 0..ROUNDS_MAX {
        let forgotten = async move |tx: &mut Tx| store::forget_positions(tx, before, ROWS_MAX).await;
        match context.db.write(Lane::Bulk, forgotten).await {
            Ok(0) => return Outcome::Done,
            Ok(_) => {}
            Err(error) => return Outcome::retry(error),
        }
    }
    Outcome::Done
}
