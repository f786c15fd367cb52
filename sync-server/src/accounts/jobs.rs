//! Forgets what has ended: expired tokens and codes.

use super::{codes, store};
use crate::db::{Error, Lane};
use crate::jobs::{Context, Job, Outcome, Registry};
use std::time::Duration;

const TRIM_EVERY: Duration = Duration::from_mins(10);
/// Transactions of one sweep; what is left waits for the next.
const ROUNDS_MAX: usize = 50;

/// Adds the sweep.
#[must_use]
pub fn register(registry: Registry) -> Registry {
    registry.sweep("accounts_trim", TRIM_EVERY, trim)
}

async fn trim(_job: Job, context: Context) -> Outcome {
    for _ in 0..ROUNDS_MAX {
        let trimmed: Result<u64, Error> = context
            .db
            .write(Lane::Bulk, async |tx| {
                let now = tx.real_now();
                Ok(store::trim_tokens(tx, now).await? + codes::trim(tx, now).await?)
            })
            .await;
        match trimmed {
            Ok(0) => return Outcome::Done,
            Ok(_) => {}
            Err(error) => return Outcome::retry(error),
        }
    }
    Outcome::Done
}
