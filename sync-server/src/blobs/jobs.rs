//! Uploads that nobody goes on with are forgotten after a week: the phone that comes back later begins again.

use super::{Blobs, store, upload};
use crate::jobs::{Context, Job, Outcome, Registry};
use std::time::Duration;

const STALE_DAYS: i64 = 7;
/// Uploads in one sweep.
const ROWS_MAX: i64 = 200;

/// Who forgets.
pub fn register(registry: Registry, blobs: &Blobs) -> Registry {
    let blobs = blobs.clone();
    registry.sweep("stale_uploads", Duration::from_hours(1), move |_: Job, context: Context| {
        let blobs = blobs.clone();
        async move { forget_stale(&blobs, context).await }
    })
}

async fn forget_stale(blobs: &Blobs, context: Context) -> Outcome {
    let before = context.db.clock().real_now().plus_minutes(-STALE_DAYS * 24 * 60);
    let stale = match context.db.read(async move |conn| store::stale(conn, before, ROWS_MAX).await).await {
        Ok(stale) => stale,
        Err(error) => return Err(error).into(),
    };
    for (sha, who) in stale {
        if let Err(why) = upload::clear(blobs, &context.db, sha, &who).await {
            // The next sweep tries again; nothing is lost by a part that lies there.
            tracing::warn!(%why, "an old upload could not be forgotten");
        }
    }
    Ok(()).into()
}
