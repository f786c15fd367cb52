//! An expert who is behind: he said so, or his work takes a quarter of an hour longer than planned. Visits that he
//! promised for afterwards move, each customer hears of it by the event's own notice, and what no longer fits his day goes
//! to a person. It takes no promised visit away from him.

use super::facts;
use super::under_way::under_way;
use crate::db::{Database, Error, Lane, Tx};
use crate::jobs::{Job, Outcome};
use crate::matching::candidate::{Availability, of_roster};
use crate::matching::chain::{Fate, Link, UnderWay, follow};
use crate::matching::need::Need;
use crate::tickets::{self, Book, Ticket};
use crate::workforce;
use shared::event::Actor;
use shared::ids::{ExpertId, TicketId};
use shared::ticket::{HumanReason, Move, State, Timing, WithdrawReason};
use shared::time::Timestamp;
use std::collections::BTreeMap;

/// Tickets that one expert can hold.
const HELD_MAX: i64 = 500;
/// Visits under way that one look reads.
const UNDER_WAY_MAX: i64 = 20_000;
/// Work that is over its estimate by so much counts as late by as much.
const OVER_MINUTES: u32 = 15;

/// The handler of `Kind::ExpertLate`: the subject is the ticket that takes longer.
pub(super) async fn move_later_visits(job: Job, db: &Database, bounds: &facts::Bounds) -> Outcome {
    let Ok(late) = job.subject.parse::<TicketId>() else {
        return Outcome::give_up(format!("{:?} is no ticket's id", job.subject));
    };
    let bounds = bounds.clone();
    let now = db.clock().business_now();
    db.write(Lane::Work, async move |tx| settle(tx, late, &bounds, now).await).await.into()
}

async fn settle(tx: &mut Tx, late: TicketId, bounds: &facts::Bounds, now: Timestamp) -> Result<(), Error> {
    // Ended or given back by now: then nobody waits for it.
    let holder = tickets::store::get(tx, late).await?.and_then(|ticket| ticket.life.state.holder());
    let Some(expert) = holder else { return Ok(()) };
    // His day first, then the tickets: the order of all locks.
    workforce::lock(tx, expert).await?;
    let Some(roster) = workforce::store::roster(tx, expert).await? else { return Ok(()) };
    let held = tickets::store::held_by(tx, &[expert], HELD_MAX).await?;
    let held: Vec<TicketId> = held.iter().map(|ticket| ticket.id).collect();
    let mut book = Book::open(tx, &held, bounds.timing.clone()).await?;
    let mine: Vec<Ticket> =
        book.tickets().filter(|ticket| ticket.life.state.holder() == Some(expert)).cloned().collect();
    let needs: BTreeMap<TicketId, Need> =
        facts::needs(tx, &mine).await?.into_iter().map(|need| (need.ticket, need)).collect();
    let settings = &bounds.settings;
    let free = Availability::of(&of_roster(roster, Vec::new()), now, settings).free;
    let fates = follow(head(&mine, &needs), &links(&mine, &needs, late), &free, now, settings);
    for (id, fate) in fates {
        let promised = book.ticket(id).is_some_and(|ticket| matches!(ticket.life.state, State::Accepted { .. }));
        let to_do = match (fate, promised) {
            (Fate::Keeps, _) => continue,
            (Fate::Moves(visit), true) => Move::Shift { visit },
            (Fate::NoLongerFits, true) => Move::AskHuman { reason: HumanReason::RunningLate },
            (Fate::Moves(_) | Fate::NoLongerFits, false) => Move::Withdraw { why: WithdrawReason::RunningLate },
        };
        // Refused: a person is asked already.
        let _ = book.make(id, to_do, Actor::Server, now);
    }
    book.save(tx).await
}

/// The work that ends last of what is under way.
fn head(mine: &[Ticket], needs: &BTreeMap<TicketId, Need>) -> Option<UnderWay> {
    let works = mine.iter().filter_map(|ticket| {
        let (start_at, visit) = under_way(&ticket.life.state)?;
        let end_at = start_at.plus_minutes(i64::from(visit.work_minutes));
        Some(UnderWay { place: needs.get(&ticket.id)?.place, end_at })
    });
    works.max_by_key(|work| work.end_at)
}

fn links(mine: &[Ticket], needs: &BTreeMap<TicketId, Need>, late: TicketId) -> Vec<Link> {
    let link = |ticket: &Ticket| {
        let (plan, promised) = match &ticket.life.state {
            State::Accepted { visit, .. } => (*visit, true),
            State::Offered { visit, .. } => (*visit, false),
            State::Waiting
            | State::EnRoute { .. }
            | State::OnSite { .. }
            | State::OnHold { .. }
            | State::Completed { .. }
            | State::Cancelled { .. } => return None,
        };
        let need = needs.get(&ticket.id)?;
        let windows = need.windows.clone();
        Some(Link { ticket: ticket.id, place: need.place, plan, windows, promised, is_late: ticket.id == late })
    };
    let mut links: Vec<Link> = mine.iter().filter_map(link).collect();
    links.sort_by_key(|link| (link.plan.start_at, link.ticket));
    links
}

/// One look at all work under way: what is over its estimate by a quarter of an hour counts as late, as if its expert had
/// said so. A visit about which a person is asked is left to the person. Gives back how many there were.
pub(super) async fn look(db: &Database, timing: &Timing) -> Result<usize, Error> {
    let now = db.clock().business_now();
    let found = db.read(async |conn| tickets::store::on_site(conn, UNDER_WAY_MAX).await).await?;
    let over: Vec<(TicketId, ExpertId)> = found.iter().filter_map(|ticket| over_estimate(ticket, now)).collect();
    for (id, expert) in &over {
        let (id, expert, timing) = (*id, *expert, timing.clone());
        let to_do = Move::Late { expert, minutes: OVER_MINUTES, reported: false };
        db.write(Lane::Work, async move |tx| {
            let mut book = Book::open(tx, &[id], timing.clone()).await?;
            // Somebody may have acted between the look and the lock.
            if book.ticket(id).is_some_and(|ticket| over_estimate(ticket, now).is_some()) {
                let _ = book.make(id, to_do.clone(), Actor::Server, now);
            }
            book.save(tx).await
        })
        .await?;
    }
    Ok(over.len())
}

fn over_estimate(ticket: &Ticket, now: Timestamp) -> Option<(TicketId, ExpertId)> {
    let State::OnSite { expert, visit, arrived_at } = &ticket.life.state else { return None };
    let noticed_at = arrived_at.plus_minutes(i64::from(visit.work_minutes) + i64::from(OVER_MINUTES));
    (ticket.life.needs_human.is_none() && noticed_at <= now).then_some((ticket.id, *expert))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::testing::both_engines;
    use crate::dispatch::world::{World, id};
    use shared::ticket::VisitPlan;

    /// A ticket that this expert accepted, so many minutes from now.
    async fn promised(world: &World, number: u64, expert: ExpertId, minutes: i64) -> TicketId {
        let ticket = world.ticket().await;
        let visit = VisitPlan { start_at: world.now().plus_minutes(minutes), travel_minutes: 10, work_minutes: 60 };
        let offer = id(number);
        world.act(ticket, Move::Offer { offer, expert, visit, decision: None }).await.unwrap();
        world.act(ticket, Move::Accept { expert, late: None }).await.unwrap();
        ticket
    }

    /// Runs whatever was asked for.
    async fn follow(world: &World) {
        let registry = crate::dispatch::jobs::register(
            crate::jobs::Registry::new(),
            &world.bounds,
            &crate::notify::samples::pages(),
        );
        crate::jobs::Runner::new(world.db.clone(), registry).drain().await.unwrap();
    }

    async fn starts_in(world: &World, ticket: TicketId) -> Option<i64> {
        let ticket = world.read(ticket).await;
        ticket.life.state.visit().map(|visit| visit.start_at.minutes_since(world.now()))
    }

    #[tokio::test]
    async fn who_is_late_comes_later_to_everybody_after_it_and_keeps_every_visit() {
        both_engines(async |db| {
            let world = World::new(&db).await;
            let ana = world.expert("Ana", "10003").await;
            let first = promised(&world, 77_001, ana, 10).await;
            let second = promised(&world, 77_002, ana, 90).await;
            let third = promised(&world, 77_003, ana, 300).await;
            world.act(first, Move::Late { expert: ana, minutes: 15, reported: true }).await.unwrap();
            follow(&world).await;
            // Over after 85 minutes; ten of buffer, no way: one site.
            assert_eq!(starts_in(&world, first).await, Some(25));
            assert_eq!(starts_in(&world, second).await, Some(95));
            assert_eq!(starts_in(&world, third).await, Some(300), "a gap takes it up");
            world.act(first, Move::Arrive { expert: ana }).await.unwrap();
            world.act(first, Move::Late { expert: ana, minutes: 60, reported: true }).await.unwrap();
            follow(&world).await;
            assert_eq!(starts_in(&world, second).await, Some(130));
            for ticket in [first, second, third] {
                assert_eq!(world.holder(ticket).await, Some(ana));
            }
        })
        .await;
    }

    #[tokio::test]
    async fn fifteen_minutes_over_the_estimate_count_the_same_until_a_person_is_asked() {
        both_engines(async |db| {
            let world = World::new(&db).await;
            let ana = world.expert("Ana", "10003").await;
            let first = promised(&world, 77_001, ana, 10).await;
            let second = promised(&world, 77_002, ana, 90).await;
            world.act(first, Move::Arrive { expert: ana }).await.unwrap();
            world.minutes_pass(74);
            assert_eq!(look(&db, &world.bounds.timing).await.unwrap(), 0);
            world.minutes_pass(1);
            assert_eq!(look(&db, &world.bounds.timing).await.unwrap(), 1);
            assert_eq!(look(&db, &world.bounds.timing).await.unwrap(), 0, "once for each quarter of an hour");
            follow(&world).await;
            assert_eq!(
                starts_in(&world, second).await,
                Some(15),
                "now, ten minutes of buffer later, and five by the hour"
            );
            world.minutes_pass(15);
            tickets::jobs::answer_deadlines(&db, &world.bounds.timing).await.unwrap();
            let asked = world.read(first).await.life.needs_human.map(|flag| flag.reason);
            assert_eq!(asked, Some(HumanReason::OverEstimate), "the table's own clock was not moved");
            assert_eq!(look(&db, &world.bounds.timing).await.unwrap(), 0);
        })
        .await;
    }

    #[tokio::test]
    async fn what_did_not_fit_while_another_question_stood_is_asked_when_that_is_answered() {
        both_engines(async |db| {
            let world = World::new(&db).await;
            for (reason, number) in [(HumanReason::DoneByOther, 77_001), (HumanReason::Danger, 77_003)] {
                // It is 04:00 in New York.
                let ana = world.expert_on("Ana", "10003", "Mon-Fri 04:00-07:00", 1).await;
                let first = promised(&world, number, ana, 10).await;
                let second = promised(&world, number + 1, ana, 100).await;
                world.act(second, Move::AskHuman { reason }).await.unwrap();
                world.act(first, Move::Late { expert: ana, minutes: 60, reported: true }).await.unwrap();
                follow(&world).await;
                let asked = async || world.read(second).await.life.needs_human.map(|flag| flag.reason);
                assert_eq!(asked().await, Some(reason), "one question at a time");
                world.act(second, Move::Settle { note: None }).await.unwrap();
                follow(&world).await;
                assert_eq!(asked().await, Some(HumanReason::RunningLate), "after {reason:?}");
            }
        })
        .await;
    }

    #[tokio::test]
    async fn what_no_longer_fits_the_day_goes_to_a_person_and_an_open_offer_to_somebody_else() {
        both_engines(async |db| {
            let world = World::new(&db).await;
            // It is 04:00 in New York.
            let ana = world.expert_on("Ana", "10003", "Mon-Fri 04:00-07:00", 1).await;
            let first = promised(&world, 77_001, ana, 10).await;
            let second = promised(&world, 77_002, ana, 100).await;
            let asked = world.ticket().await;
            let visit = VisitPlan { start_at: world.now().plus_minutes(80), travel_minutes: 10, work_minutes: 5 };
            world.act(asked, Move::Offer { offer: id(77_009), expert: ana, visit, decision: None }).await.unwrap();
            let ben = world.expert("Ben", "10463").await;
            world.act(first, Move::Late { expert: ana, minutes: 60, reported: true }).await.unwrap();
            follow(&world).await;
            let flag = world.read(second).await.life.needs_human.map(|flag| flag.reason);
            assert_eq!(flag, Some(HumanReason::RunningLate));
            assert_eq!((world.holder(second).await, starts_in(&world, second).await), (Some(ana), Some(100)));
            assert_eq!(world.holder(asked).await, Some(ben));
        })
        .await;
    }
}
