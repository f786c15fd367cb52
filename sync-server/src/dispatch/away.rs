//! An expert who will not come: he is away, or was switched off. Open offers and accepted visits of that time go back to
//! matching as one batch; a visit that he has set out for stays his, and so does one outside the time.

use crate::db::{Database, Error, Lane};
use crate::jobs::{Job, Outcome};
use crate::tickets::{self, Book};
use crate::workforce::{self, Roster};
use shared::event::Actor;
use shared::ids::{ExpertId, TicketId};
use shared::ticket::{Life, Move, ReleaseReason, State, Timing, VisitPlan, WithdrawReason};

/// Tickets that one expert can hold.
const HELD_MAX: i64 = 500;

/// The handler of `Kind::ExpertAway`: the subject is the expert.
pub(super) async fn release(job: Job, db: &Database, timing: &Timing) -> Outcome {
    let Ok(expert) = job.subject.parse::<ExpertId>() else {
        return Outcome::GiveUp { why: format!("{:?} is no expert's id", job.subject) };
    };
    match release_visits(db, expert, timing).await {
        Ok(_) => Outcome::Done,
        Err(error) => Outcome::retry(error),
    }
}

/// Takes from an expert what he will not do, and gives back how many tickets that were.
async fn release_visits(db: &Database, expert: ExpertId, timing: &Timing) -> Result<usize, Error> {
    let (timing, now) = (timing.clone(), db.clock().business_now());
    let released = async move |tx: &mut crate::db::Tx| {
        // His day first, then the tickets: the order of all locks.
        workforce::lock(tx, expert).await?;
        let Some(roster) = workforce::store::roster(tx, expert).await? else { return Ok(0) };
        let held = tickets::store::held_by(tx, &[expert], HELD_MAX).await?;
        let held: Vec<TicketId> = held.iter().map(|ticket| ticket.id).collect();
        let mut book = Book::open(tx, &held, timing.clone()).await?;
        let mut n_released = 0;
        for id in held {
            let to_do = book.ticket(id).and_then(|ticket| move_of(&ticket.life, &roster));
            if let Some(to_do) = to_do
                && book.make(id, to_do, Actor::Server, now).is_ok()
            {
                n_released += 1;
            }
        }
        book.save(tx).await?;
        Ok::<_, Error>(n_released)
    };
    db.write(Lane::Work, released).await
}

/// What must become of a ticket that this expert holds; nothing if he can keep it.
fn move_of(life: &Life, roster: &Roster) -> Option<Move> {
    let me = roster.expert.id;
    match &life.state {
        State::Offered { expert, visit, .. } if *expert == me && !comes(roster, visit) => {
            Some(Move::Withdraw { why: WithdrawReason::Absent })
        }
        State::Accepted { expert, visit, .. } if *expert == me && !comes(roster, visit) => {
            Some(Move::Release { why: ReleaseReason::Absent })
        }
        State::Waiting
        | State::Offered { .. }
        | State::Accepted { .. }
        | State::EnRoute { .. }
        | State::OnSite { .. }
        | State::OnHold { .. }
        | State::Completed { .. }
        | State::Cancelled { .. } => None,
    }
}

/// Whether he is active and not away from when he should leave until the work is done.
fn comes(roster: &Roster, visit: &VisitPlan) -> bool {
    let (from, until) = (visit.leave_at(), visit.start_at.plus_minutes(i64::from(visit.work_minutes)));
    roster.expert.active && !roster.absences.iter().any(|(away, back)| *away < until && from < *back)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::testing::both_engines;
    use crate::dispatch::world::World;
    use crate::workforce::{Absence, store};

    /// Minutes from now: away between them.
    async fn away(world: &World, expert: ExpertId, from: i64, until: i64) {
        let now = world.now();
        let id = crate::dispatch::world::id(u64::try_from(990_000 + from).unwrap());
        let absence = Absence { id, from: now.plus_minutes(from), until: now.plus_minutes(until), reason: None };
        let write = world.db.write(Lane::Desk, async move |tx| store::add_absence(tx, expert, &absence, now).await);
        write.await.unwrap();
    }

    async fn release(world: &World, expert: ExpertId) -> usize {
        release_visits(&world.db, expert, &world.bounds.timing).await.unwrap()
    }

    #[tokio::test]
    async fn who_is_away_loses_what_falls_into_that_time_and_nothing_else() {
        both_engines(async |db| {
            let world = World::new(&db).await;
            let ana = world.expert("Ana", "10003").await;
            let ticket = world.ticket().await;
            world.round().await;
            away(&world, ana, 40_000, 41_000).await;
            assert_eq!(release(&world, ana).await, 0, "the visit is long over by then");
            world.act(ticket, Move::Accept { expert: ana, late: None }).await.unwrap();
            away(&world, ana, 0, 600).await;
            let ben = world.expert("Ben", "10463").await;
            assert_eq!(release(&world, ana).await, 1);
            assert_eq!(release(&world, ana).await, 0, "once is enough");
            assert_eq!(world.holder(ticket).await, None);
            world.round().await;
            assert_eq!(world.holder(ticket).await, Some(ben), "somebody else is asked at once");
        })
        .await;
    }

    #[tokio::test]
    async fn an_absence_asks_for_this_by_itself_and_a_visit_under_way_stays() {
        both_engines(async |db| {
            let world = World::new(&db).await;
            let ana = world.expert("Ana", "10003").await;
            let ticket = world.ticket().await;
            world.round().await;
            world.act(ticket, Move::Accept { expert: ana, late: None }).await.unwrap();
            world.act(ticket, Move::Depart { expert: ana }).await.unwrap();
            let off = world.db.write(Lane::Desk, async move |tx| {
                let now = tx.real_now();
                store::set_active(tx, ana, false, now).await
            });
            assert!(off.await.unwrap());
            let backlog = db.read(async |conn| crate::jobs::backlog(conn).await).await.unwrap();
            assert!(backlog.iter().any(|row| row.kind == "expert_away"), "{backlog:?}");
            assert_eq!(release(&world, ana).await, 0);
            assert_eq!(world.holder(ticket).await, Some(ana));
        })
        .await;
    }
}
