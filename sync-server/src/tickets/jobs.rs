//! What time does to tickets. A sweep answers every deadline that has passed; another finds tickets that break the
//! ledger and gives them to a person.

use super::{Book, store};
use crate::db::{Database, Error, Lane};
use crate::jobs::{Context, Job, Registry};
use shared::event::Actor;
use shared::ids::TicketId;
use shared::ticket::{HumanReason, Move, Timing};
use std::time::Duration;

/// Deadlines answered in one transaction.
const DEADLINES_MAX: i64 = 100;
/// Rounds of one sweep: the rest waits for the next, two seconds later.
const ROUNDS_MAX: usize = 50;

/// Who answers deadlines and mends the ledger.
pub fn register(registry: Registry, timing: &Timing) -> Registry {
    let (deadlines, ledger) = (timing.clone(), timing.clone());
    registry
        .sweep("deadlines", Duration::from_secs(2), move |_: Job, context: Context| {
            let timing = deadlines.clone();
            async move { answer_deadlines(&context.db, &timing).await.into() }
        })
        .sweep("ledger", Duration::from_secs(30), move |_: Job, context: Context| {
            let timing = ledger.clone();
            async move { mend_ledger(&context.db, &timing).await.into() }
        })
}

/// Answers every deadline that has passed, a hundred tickets a transaction.
pub async fn answer_deadlines(db: &Database, timing: &Timing) -> Result<(), Error> {
    for _ in 0..ROUNDS_MAX {
        let now = db.clock().business_now();
        let due = db.read(async move |conn| store::overdue(conn, now, DEADLINES_MAX).await).await?;
        if due.is_empty() {
            break;
        }
        let timing = timing.clone();
        db.write(Lane::Work, async move |tx| {
            let mut book = Book::open(tx, &due, timing.clone()).await?;
            for id in &due {
                // Refused: somebody acted between the look and the lock.
                let _ = book.overdue(*id, now);
            }
            book.save(tx).await
        })
        .await?;
    }
    Ok(())
}

/// Finds tickets that nobody owns and gives them to a person. There should never be one: each is an error in the log.
pub async fn mend_ledger(db: &Database, timing: &Timing) -> Result<(), Error> {
    let broken = db.read(async |conn| store::unsound(conn, DEADLINES_MAX).await).await?;
    if broken.is_empty() {
        return Ok(());
    }
    tracing::error!(tickets = ?broken, "tickets without an owner were found and are given to a person");
    let (timing, now) = (timing.clone(), db.clock().business_now());
    db.write(Lane::Work, async move |tx| rescue(tx, &broken, &timing, now).await).await
}

async fn rescue(
    tx: &mut crate::db::Tx,
    broken: &[TicketId],
    timing: &Timing,
    now: shared::time::Timestamp,
) -> Result<(), Error> {
    let mut book = Book::open(tx, broken, timing.clone()).await?;
    for id in broken {
        let asked = book.make(*id, Move::AskHuman { reason: HumanReason::NoCandidate }, Actor::Server, now);
        if asked.is_err() {
            // The life itself is sound and only its columns are not: writing it again mends them.
            book.rewrite(*id);
        }
    }
    book.save(tx).await
}
