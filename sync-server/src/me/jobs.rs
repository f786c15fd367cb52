//! Deletes the customers whose time has come.

use super::leave;
use crate::customers::store::due_to_leave;
use crate::jobs::{Context, Job, Outcome, Registry};
use std::time::Duration;

const FORGET_EVERY: Duration = Duration::from_mins(10);
/// Customers of one page, and pages of one sweep; what is left waits for the next.
const ROWS_MAX: i64 = 50;
const ROUNDS_MAX: usize = 20;

/// Adds the sweep.
#[must_use]
pub fn register(registry: Registry) -> Registry {
    registry.sweep("customers_forget", FORGET_EVERY, forget)
}

async fn forget(_job: Job, context: Context) -> Outcome {
    let (now, mut after) = (context.now(), None);
    for _ in 0..ROUNDS_MAX {
        let page = context.db.read(async move |conn| due_to_leave(conn, now, after, ROWS_MAX).await).await;
        let page = match page {
            Ok(page) => page,
            Err(error) => return Outcome::retry(error),
        };
        let Some(last) = page.last() else { return Outcome::Done };
        after = Some(*last);
        for customer in page {
            if let Err(error) = leave::finish(&context.db, customer, now).await {
                return Outcome::retry(error);
            }
        }
    }
    Outcome::Done
}
