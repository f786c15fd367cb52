//! What the sync tables forget: mutations after 400 days, which is longer than any phone keeps its journal, and
//! tombstones of streams after 90 days; a phone that was away longer starts anew.

use super::{lost, store};
use crate::db::Lane;
use crate::dispatch::Bounds;
use crate::feed;
use crate::jobs::{Context, Job, Outcome, Registry};
use std::time::Duration;

const MUTATION_DAYS: i64 = 400;
pub(super) const TOMBSTONE_DAYS: i64 = 90;
/// Rows in one sweep.
const ROWS_MAX: i64 = 1_000;

/// Who forgets.
pub fn register(registry: Registry, bounds: &Bounds) -> Registry {
    let bounds = bounds.clone();
    let registry = registry.sweep("rescues", Duration::from_secs(30), move |_: Job, context: Context| {
        let bounds = bounds.clone();
        async move { lost::file_rescues(&context.db, &bounds).await.into() }
    });
    registry.sweep("sync_trim", Duration::from_hours(1), trim)
}

async fn trim(_: Job, context: Context) -> Outcome {
    let now = context.db.clock().real_now();
    let day = 24 * 60;
    let trimmed = context.db.write(Lane::Bulk, async move |tx| {
        store::trim(tx, now.plus_minutes(-MUTATION_DAYS * day), ROWS_MAX).await?;
        feed::trim(tx, now.plus_minutes(-TOMBSTONE_DAYS * day), ROWS_MAX).await?;
        Ok(())
    });
    trimmed.await.into()
}
