//! What time does to tickets. A sweep answers every deadline that has passed; another finds tickets that break the
//! ledger and gives them to a person; a plan that was paid or granted starts what waited for it.

use super::{Book, store};
use crate::blobs::{self, Blobs};
use crate::db::{Database, Error, Lane};
use crate::jobs::{Context, Job, Kind, Outcome, Registry};
use crate::{customers, plans};
use shared::event::Actor;
use shared::ids::{CustomerId, TicketId};
use shared::ticket::{HumanReason, Move, Timing};
use std::time::Duration;

/// Deadlines answered in one transaction.
const DEADLINES_MAX: i64 = 100;
/// Tickets of one customer that a plan starts at once.
const PLAN_TICKETS_MAX: i64 = 100;
/// Days after its end for which a ticket stays on its expert's phone.
pub const ARCHIVE_DAYS: i64 = 90;
/// Days after which a picture that no photo names is forgotten.
const UNNAMED_DAYS: i64 = 7;
/// Pictures forgotten in one sweep.
const UNNAMED_MAX: i64 = 200;
/// Rounds of one sweep: the rest waits for the next, two seconds later.
const ROUNDS_MAX: usize = 50;

/// Who answers deadlines, mends the ledger, and starts tickets when a plan is found.
pub fn register(registry: Registry, timing: &Timing, blobs: &Blobs) -> Registry {
    let blobs = blobs.clone();
    let (deadlines, ledger, plan) = (timing.clone(), timing.clone(), timing.clone());
    let archive = timing.clone();
    registry
        .sweep("deadlines", Duration::from_secs(2), move |_: Job, context: Context| {
            let timing = deadlines.clone();
            async move { answer_deadlines(&context.db, &timing).await.into() }
        })
        .sweep("ledger", Duration::from_secs(30), move |_: Job, context: Context| {
            let timing = ledger.clone();
            async move { mend_ledger(&context.db, &timing).await.into() }
        })
        .sweep("unnamed_pictures", Duration::from_hours(1), move |_: Job, context: Context| {
            let blobs = blobs.clone();
            async move { forget_unnamed(&blobs, &context.db).await.into() }
        })
        .sweep("archive", Duration::from_hours(1), move |_: Job, context: Context| {
            let timing = archive.clone();
            async move { archive_ended(&context.db, &timing).await.into() }
        })
        .on(Kind::PlanFound, move |job: Job, context: Context| {
            let timing = plan.clone();
            async move { start_covered(job, context, timing).await }
        })
}

/// Takes tickets off their experts' phones 90 days after their end. They stay here, and are found online.
pub async fn archive_ended(db: &Database, timing: &Timing) -> Result<(), Error> {
    for _ in 0..ROUNDS_MAX {
        let before = db.clock().business_now().plus_minutes(-ARCHIVE_DAYS * 24 * 60);
        let ended = db.read(async move |conn| store::to_archive(conn, before, DEADLINES_MAX).await).await?;
        if ended.is_empty() {
            break;
        }
        let timing = timing.clone();
        db.write(Lane::Bulk, async move |tx| {
            let mut book = Book::open(tx, &ended, timing.clone()).await?;
            for id in &ended {
                book.archive(*id);
            }
            book.save(tx).await
        })
        .await?;
    }
    Ok(())
}

/// Forgets pictures that no photo names a week after they came: sent and never said where, or their ticket was scrubbed.
pub async fn forget_unnamed(blobs: &Blobs, db: &Database) -> Result<(), Error> {
    let before = db.clock().real_now().plus_minutes(-UNNAMED_DAYS * 24 * 60);
    let unnamed = db.read(async move |conn| store::unnamed(conn, before, UNNAMED_MAX).await).await?;
    for sha in unnamed {
        if let Err(why) = blobs::forget(blobs, db, sha).await {
            // The next sweep finds what still has a row; bytes without one cost a little room.
            tracing::warn!(%why, %sha, "a picture could not be forgotten");
        }
    }
    Ok(())
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

async fn start_covered(job: Job, context: Context, timing: Timing) -> Outcome {
    let Ok(customer) = job.subject.parse::<CustomerId>() else {
        return Outcome::give_up("its subject is no customer's id");
    };
    let now = context.now();
    let started = context.db.write(Lane::Work, async move |tx| {
        let waiting = store::waiting_for_plan(tx, customer, PLAN_TICKETS_MAX).await?;
        let ids: Vec<TicketId> = waiting.iter().map(|ticket| ticket.id).collect();
        let mut book = Book::open(tx, &ids, timing.clone()).await?;
        for ticket in &waiting {
            // The plan must hold now: it was bought after the ticket was filed.
            let rank = customers::store::rank_of_site(tx, customer, ticket.site).await?;
            if let Some(plan) = plans::store::covering(tx, customer, &ticket.category, rank, now).await? {
                let _ = book.cover(ticket.id, &plan, Actor::Server, now);
            }
        }
        book.save(tx).await?;
        crate::jobs::finish(tx, &job.lease).await
    });
    started.await.into()
}
