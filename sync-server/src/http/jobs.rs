//! Forgets answers that nobody repeats any more.

use super::store;
use crate::db::Lane;
use crate::jobs::{Context, Job, Outcome, Registry};
use std::time::Duration;

const TRIM_EVERY: Duration = Duration::from_mins(10);
/// Transactions of one sweep; what is left waits for the next.
const ROUNDS_MAX: usize = 100;

/// Adds the sweep.
#[must_use]
pub fn register(registry: Registry) -> Registry {
    registry.sweep("idempotency_trim", TRIM_EVERY, trim)
}

async fn trim(_job: Job, context: Context) -> Outcome {
    for _ in 0..ROUNDS_MAX {
        let trim = async |tx: &mut crate::db::Tx| {
            let now = tx.real_now();
            store::trim(tx, now).await
        };
        match context.db.write(Lane::Bulk, trim).await {
            Ok(0) => return Outcome::Done,
            Ok(_) => {}
            Err(error) => return Outcome::retry(error),
        }
    }
    Outcome::Done
}
