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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::testing::both_engines;
    use crate::jobs::Runner;
    use crate::workforce::store::samples::{details, id};
    use shared::ids::ExpertId;
    use shared::place::Place;
    use shared::sync::Location;

    #[tokio::test]
    async fn where_an_expert_was_is_forgotten_after_thirty_days_and_what_is_newer_stays() {
        both_engines(async |db| {
            let (ana, ben): (ExpertId, ExpertId) = (id(1), id(2));
            let (begin, place) = (db.clock().business_now(), Place::from_degrees(40.7, -74.0).unwrap());
            let write = db.write(Lane::Sync, async move |tx| {
                let seen = |minutes| Location { place, accuracy_m: 10, at: begin.plus_minutes(minutes) };
                store::create(tx, ana, &details("Ana", 100), begin).await?;
                store::create(tx, ben, &details("Ben", 101), begin).await?;
                store::set_position(tx, ana, &seen(0)).await?;
                store::set_position(tx, ben, &seen(60)).await
            });
            write.await.unwrap();
            let sweep = async || Runner::new(db.clone(), register(Registry::new())).drain().await.unwrap();
            let is_known = async |expert: ExpertId| {
                let found = db.read(async move |conn| store::expert(conn, expert).await).await.unwrap();
                found.unwrap().position.is_some()
            };
            for (minutes, known) in [(0, (true, true)), (KEPT_MINUTES, (true, true)), (60, (false, true))] {
                db.clock().advance(u64::try_from(minutes).unwrap() * 60_000);
                assert_eq!(sweep().await, 1, "each hour");
                assert_eq!((is_known(ana).await, is_known(ben).await), known, "{minutes} minutes later");
            }
            db.clock().advance(60 * 60_000);
            sweep().await;
            assert!(!is_known(ben).await, "an hour later his turn has come");
        })
        .await;
    }
}
