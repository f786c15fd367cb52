//! Marks entitlements whose time is over as lapsed. What covers what is decided by the instants alone, so a late sweep
//! covers nobody for longer.

use super::store;
use crate::db::{Lane, Tx};
use crate::jobs::{Context, Job, Outcome, Registry};
use std::time::Duration;

const LAPSE_EVERY: Duration = Duration::from_mins(10);
/// Entitlements of one transaction, and transactions of one sweep; what is left waits for the next.
const ROWS_MAX: i64 = 500;
const ROUNDS_MAX: usize = 20;

/// Adds the sweep.
#[must_use]
pub fn register(registry: Registry) -> Registry {
    registry.sweep("entitlements_lapse", LAPSE_EVERY, lapse)
}

async fn lapse(_job: Job, context: Context) -> Outcome {
    let now = context.db.clock().business_now();
    for _ in 0..ROUNDS_MAX {
        match context.db.write(Lane::Bulk, async move |tx: &mut Tx| store::lapse(tx, now, ROWS_MAX).await).await {
            Ok(0) => return Outcome::Done,
            Ok(_) => {}
            Err(error) => return Outcome::retry(error),
        }
    }
    Outcome::Done
}
