//! An expert who will not come, or no longer may: he is away, was switched off, or his skills, areas or hours were
//! changed. Open offers and accepted visits that this undoes go back to matching as one batch, and the desk gets one
//! list of them; a visit that he has set out for stays his, and so does one that the change does not touch.
//!
//! A change undoes what it breaks and nothing else: a rule that was broken before it, by somebody's word, stays so.

use super::{facts, recheck};
use crate::audit;
use crate::customers::{self, Site};
use crate::db::{Database, Error, Lane, Tx};
use crate::jobs::{self, Job, Kind, Outcome};
use crate::matching::calendar::Period;
use crate::matching::candidate::of_roster;
use crate::matching::judge::{Rule, judge_promised};
use crate::matching::need::Need;
use crate::tickets::{self, Book, Ticket};
use crate::workforce::{self, Before, Changed, Roster};
use serde_json::{Value, json};
use shared::event::Actor;
use shared::ids::{ExpertId, TicketId};
use shared::ticket::{Move, ReleaseReason, State, Timing, VisitPlan, WithdrawReason};
use shared::time::Timestamp;

/// Changes of shared rules that a yes does not wait for its jobs to carry through; of more, the jobs take back what does not
/// hold. An office makes one at a time.
const CHANGES_MAX: i64 = 20;
/// Tickets that one expert can hold.
const HELD_MAX: i64 = 500;

/// What the audit calls the list of visits that left an expert.
pub(super) const VISITS_BACK: &str = "expert.visits_back";

/// The handler of `Kind::ExpertAway`: the subject is the expert, the body what he could be asked before.
pub(super) async fn release(job: Job, db: &Database, timing: &Timing) -> Outcome {
    let (Ok(expert), Ok(before)) = (job.subject.parse::<ExpertId>(), job.body::<Before>()) else {
        return Outcome::GiveUp { why: format!("{:?} is no expert's id, or the change cannot be read", job.subject) };
    };
    match release_visits(db, expert, &before, timing).await {
        Ok(_) => Outcome::Done,
        Err(error) => Outcome::retry(error),
    }
}

/// Takes from an expert what he will not do, and gives back how many tickets that were.
pub(super) async fn release_visits(
    db: &Database,
    expert: ExpertId,
    before: &Before,
    timing: &Timing,
) -> Result<usize, Error> {
    let (before, timing, now) = (before.clone(), timing.clone(), db.clock().business_now());
    db.write(Lane::Work, async move |tx: &mut Tx| release_in(tx, expert, &before, &timing, now).await).await
}

pub(super) async fn release_in(
    tx: &mut Tx,
    expert: ExpertId,
    before: &Before,
    timing: &Timing,
    now: Timestamp,
) -> Result<usize, Error> {
    // His day first, then the tickets: the order of all locks.
    workforce::lock(tx, expert).await?;
    let Some(roster) = workforce::store::roster(tx, expert).await? else { return Ok(0) };
    let was = as_before(tx, &roster, before).await?;
    let held = tickets::store::held_by(tx, &[expert], HELD_MAX).await?;
    let held: Vec<TicketId> = held.iter().map(|ticket| ticket.id).collect();
    let mut book = Book::open(tx, &held, timing.clone()).await?;
    let locked: Vec<Ticket> = book.tickets().cloned().collect();
    let mut gone = Vec::new();
    for need in facts::needs(tx, &locked).await? {
        let Some(ticket) = book.ticket(need.ticket).cloned() else { continue };
        let site = match before.area {
            Some(_) => customers::store::site(tx, ticket.site).await?,
            None => None,
        };
        if let Some(to_do) = move_of(&ticket, &need, (&roster, &was), before, site.as_ref())
            && book.make(ticket.id, to_do, Actor::Server, now).is_ok()
        {
            gone.push(line(&ticket));
        }
    }
    book.save(tx).await?;
    let n_gone = gone.len();
    if n_gone > 0 {
        list(tx, expert, gone, now).await?;
    }
    Ok(n_gone)
}

/// What changes of this expert, and of rules that many share, undo and their jobs have not undone yet, undone now for
/// him: a yes must be judged by what holds. The jobs find nothing left to do.
pub async fn catch_up(tx: &mut Tx, expert: ExpertId, timing: &Timing, now: Timestamp) -> Result<(), Error> {
    for before in jobs::pending::<Before>(tx, Kind::ExpertAway, &expert.to_string()).await? {
        release_in(tx, expert, &before, timing, now).await?;
    }
    for changed in jobs::pending_of::<Changed>(tx, Kind::RuleChanged, CHANGES_MAX).await? {
        recheck::carry_through(tx, expert, changed, timing, now).await?;
    }
    Ok(())
}

/// Gives the desk the list of what left an expert.
pub(super) async fn list(tx: &mut Tx, expert: ExpertId, gone: Vec<Value>, now: Timestamp) -> Result<(), Error> {
    let (after, subject) = (json!({ "tickets": gone }), format!("expert:{expert}"));
    audit::record(tx, Actor::Server, VISITS_BACK, &subject, None, Some(after), now).await
}

/// A ticket on the desk's list, as it was until now.
pub(super) fn line(ticket: &Ticket) -> Value {
    let start_at = ticket.life.state.visit().map(|visit| visit.start_at);
    json!({
        "ticket": ticket.id,
        "number": ticket.number,
        "was": ticket.life.state.word(),
        "start_at": start_at,
    })
}

/// What must become of a ticket that this expert holds; nothing if he can keep it.
fn move_of(
    ticket: &Ticket,
    need: &Need,
    rosters: (&Roster, &Roster),
    before: &Before,
    site: Option<&Site>,
) -> Option<Move> {
    back(ticket, rosters.0.expert.id, |visit| undone(need, rosters, before, site, visit))
}

/// An expert as he was before a change; what the change says of areas themselves is looked at for each site.
async fn as_before(tx: &mut Tx, roster: &Roster, before: &Before) -> Result<Roster, Error> {
    let mut was = roster.clone();
    was.skills = before.skills.clone().unwrap_or(was.skills);
    was.shifts = before.shifts.clone().unwrap_or(was.shifts);
    was.expert.zone = before.zone.clone().unwrap_or(was.expert.zone);
    if let Some(areas) = &before.areas {
        // Each area brings its own holidays.
        was.holidays = workforce::store::holidays_in(tx, &was.expert.home_country, areas).await?;
        was.areas.clone_from(areas);
    }
    if let Some(date) = &before.holiday {
        was.holidays.remove(date);
    }
    Ok(was)
}

/// The same for a change that is known by what is needed, or who can come, now and before.
pub(super) fn undone_for(ticket: &Ticket, now: (&Need, &Roster), was: (&Need, &Roster)) -> Option<Move> {
    let (need, roster) = now;
    back(ticket, roster.expert.id, |visit| {
        let was_broken = judged(was.0, was.1.clone(), visit);
        let broken = judged(need, roster.clone(), visit);
        broken.iter().any(|rule| !was_broken.contains(rule)).then_some(Undone::Changed)
    })
}

fn back(ticket: &Ticket, me: ExpertId, undone: impl Fn(&VisitPlan) -> Option<Undone>) -> Option<Move> {
    match &ticket.life.state {
        State::Offered { expert, visit, .. } if *expert == me => Some(match undone(visit)? {
            Undone::Away => Move::Withdraw { why: WithdrawReason::Absent },
            Undone::Changed => Move::Withdraw { why: WithdrawReason::Changed },
        }),
        State::Accepted { expert, visit, .. } if *expert == me => Some(match undone(visit)? {
            Undone::Away => Move::Release { why: ReleaseReason::Absent },
            Undone::Changed => Move::Release { why: ReleaseReason::Changed },
        }),
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

/// Why a promised visit cannot be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Undone {
    /// He is away then, or does not work here any more.
    Away,
    /// The change took from him what the visit needs.
    Changed,
}

/// Whether the change undoes this visit, and how.
fn undone(
    need: &Need,
    (roster, was): (&Roster, &Roster),
    before: &Before,
    site: Option<&Site>,
    visit: &VisitPlan,
) -> Option<Undone> {
    let broken = judged(need, roster.clone(), visit);
    if *before == Before::default() {
        return broken.iter().any(|rule| matches!(rule, Rule::Deactivated | Rule::AwayThen)).then_some(Undone::Away);
    }
    let (mut was_need, mut was) = (need.clone(), was.clone());
    if let Some(area) = &before.area {
        let covered = site.is_some_and(|site| area.covers(&site.country, &site.postal_code, site.at()));
        if area.active {
            was.areas.insert(area.id);
        }
        if covered {
            was_need.areas.insert(area.id);
        } else {
            was_need.areas.remove(&area.id);
        }
    }
    if before.customer == Some(need.customer) {
        was_need.blocked.remove(&was.expert.id);
    }
    let was_broken = judged(&was_need, was, visit);
    broken.iter().any(|rule| !was_broken.contains(rule)).then_some(Undone::Changed)
}

/// What stands against a promised visit.
fn judged(need: &Need, roster: Roster, visit: &VisitPlan) -> Vec<Rule> {
    let work = Period { from: visit.start_at, until: visit.end_at() };
    judge_promised(need, &of_roster(roster, Vec::new()), visit.leave_at(), work)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::testing::both_engines;
    use crate::dispatch::world::World;
    use crate::workforce::{Absence, store};
    use shared::skills::Skills;

    /// Minutes from now: away between them.
    async fn away(world: &World, expert: ExpertId, from: i64, until: i64) {
        let now = world.now();
        let id = crate::dispatch::world::id(u64::try_from(990_000 + from).unwrap());
        let absence = Absence { id, from: now.plus_minutes(from), until: now.plus_minutes(until), reason: None };
        let write = world.db.write(Lane::Desk, async move |tx| store::add_absence(tx, expert, &absence, now).await);
        write.await.unwrap();
    }

    async fn release(world: &World, expert: ExpertId) -> usize {
        release_visits(&world.db, expert, &Before::default(), &world.bounds.timing).await.unwrap()
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

    /// Runs whatever the change asked for.
    async fn follow(world: &World) {
        let registry = crate::jobs::Registry::new();
        let registry = crate::dispatch::jobs::register(registry, &world.bounds, &crate::notify::samples::pages());
        crate::jobs::Runner::new(world.db.clone(), registry).drain().await.unwrap();
    }

    /// The numbers of tickets on the newest list of what left an expert.
    async fn listed(world: &World, expert: ExpertId) -> Vec<Value> {
        let subject = format!("expert:{expert}");
        let lines =
            world.db.read(async move |conn| audit::store::list(conn, Some(&subject), None, 10).await).await.unwrap();
        let newest = lines.into_iter().find(|line| line.what == VISITS_BACK).and_then(|line| line.after);
        let tickets = newest.and_then(|after| after["tickets"].as_array().cloned()).unwrap_or_default();
        tickets.into_iter().map(|line| line["ticket"].clone()).collect()
    }

    #[tokio::test]
    async fn who_loses_the_skill_the_area_or_the_hours_loses_what_was_promised_with_them() {
        both_engines(async |db| {
            let world = World::new(&db).await;
            for what in 0..3 {
                let ana = world.expert("Ana", "10003").await;
                let ticket = world.ticket().await;
                world.round().await;
                world.act(ticket, Move::Accept { expert: ana, late: None }).await.unwrap();
                let ben = world.expert("Ben", "10463").await;
                let now = world.now();
                let changed = world.db.write(Lane::Desk, async move |tx| match what {
                    0 => store::replace_skills(tx, ana, &Skills::default(), now).await,
                    1 => store::replace_areas(tx, ana, &[].into(), now).await,
                    _ => store::replace_shifts(tx, ana, &[], now).await,
                });
                changed.await.unwrap();
                follow(&world).await;
                assert_eq!(world.holder(ticket).await, Some(ben), "change {what}: asked at once");
                assert_eq!(listed(&world, ana).await, [json!(ticket)], "change {what}: the desk has one list");
                world.act(ticket, Move::Accept { expert: ben, late: None }).await.unwrap();
                world.act(ticket, Move::Depart { expert: ben }).await.unwrap();
                let gone = world.db.write(Lane::Desk, async move |tx| store::set_active(tx, ben, false, now).await);
                gone.await.unwrap();
            }
        })
        .await;
    }

    #[tokio::test]
    async fn who_moves_to_other_clocks_loses_what_no_longer_falls_into_the_shift() {
        both_engines(async |db| {
            let world = World::new(&db).await;
            // It is 04:00 in New York, and 03:00 in Chicago.
            let ana = world.expert_on("Ana", "10003", "Mon-Fri 04:00-08:00", 1).await;
            let ticket = world.ticket().await;
            world.round().await;
            world.act(ticket, Move::Accept { expert: ana, late: None }).await.unwrap();
            let now = world.now();
            let moves = |zone: &'static str| {
                world.db.write(Lane::Desk, async move |tx| {
                    let mut details = store::expert(tx, ana).await?.expect("she works here").details();
                    details.home.zone = zone.parse().unwrap();
                    store::replace(tx, ana, &details, now).await
                })
            };
            moves("America/Toronto").await.unwrap();
            follow(&world).await;
            assert_eq!(world.holder(ticket).await, Some(ana), "the same hours by another name");
            moves("America/Chicago").await.unwrap();
            follow(&world).await;
            assert_eq!(world.holder(ticket).await, None);
        })
        .await;
    }

    #[tokio::test]
    async fn a_change_undoes_what_it_breaks_and_not_what_a_person_had_decided() {
        both_engines(async |db| {
            let world = World::new(&db).await;
            let ana = world.expert("Ana", "10003").await;
            let kept = world.ticket().await;
            world.round().await;
            world.act(kept, Move::Accept { expert: ana, late: None }).await.unwrap();
            // Somebody at the desk gave Cleo a ticket whose skill she lacks.
            let cleo = world.expert_on("Cleo", "10001", "Mon-Sun 00:00-00:00", 0).await;
            let given = world.ticket().await;
            let visit = VisitPlan { start_at: world.now().plus_minutes(60), travel_minutes: 10, work_minutes: 60 };
            let offer = crate::dispatch::world::id(77_000);
            world.act(given, Move::Offer { offer, expert: cleo, visit, decision: None }).await.unwrap();
            world.act(given, Move::Accept { expert: cleo, late: None }).await.unwrap();
            let now = world.now();
            let changed = world.db.write(Lane::Desk, async move |tx| {
                let more = |number| tx_shifts(number, "Mon-Sun 00:00-00:00; 2027-01-01 08:00-09:00");
                store::replace_shifts(tx, ana, &more(88_000), now).await?;
                store::replace_shifts(tx, cleo, &tx_shifts(89_000, "Mon-Fri 00:00-00:00"), now).await
            });
            changed.await.unwrap();
            follow(&world).await;
            assert_eq!(world.holder(kept).await, Some(ana));
            assert_eq!(
                world.holder(given).await,
                Some(cleo),
                "the hour of the visit is still hers, and the skill never was"
            );
            assert_eq!(listed(&world, cleo).await, [json!(null); 0]);
        })
        .await;
    }

    #[tokio::test]
    async fn whoever_is_blocked_for_a_customer_is_never_sent_there_and_gives_back_what_was_promised() {
        both_engines(async |db| {
            let world = World::new(&db).await;
            let ana = world.expert("Ana", "10003").await;
            let ticket = world.ticket().await;
            world.round().await;
            world.act(ticket, Move::Accept { expert: ana, late: None }).await.unwrap();
            let (ben, customer, now) = (world.expert("Ben", "10463").await, world.customer, world.now());
            let reason: shared::text::Reason = "The customer asked for it".parse().unwrap();
            let block = world.db.write(Lane::Desk, async move |tx| store::block(tx, customer, ana, &reason, now).await);
            block.await.unwrap();
            follow(&world).await;
            assert_eq!(world.holder(ticket).await, Some(ben));
            world.act(ticket, Move::Decline { expert: ben, reason: shared::offer::DeclineReason::Busy }).await.unwrap();
            assert_eq!(world.round().await, 0, "Ana is near and free, and still not asked");
            let unblock = world.db.write(Lane::Desk, async move |tx| store::unblock(tx, customer, ana).await);
            assert!(unblock.await.unwrap());
            world.round().await;
            assert_eq!(world.holder(ticket).await, Some(ana));
        })
        .await;
    }

    #[tokio::test]
    async fn a_holiday_frees_everyone_but_those_on_call_and_their_visits_of_that_day_go_back() {
        both_engines(async |db| {
            let world = World::new(&db).await;
            let ana = world.expert("Ana", "10003").await;
            let ticket = world.ticket().await;
            world.round().await;
            world.act(ticket, Move::Accept { expert: ana, late: None }).await.unwrap();
            let cleo = world.expert_on("Cleo", "10463", "2026-03-02 00:00-24:00", 1).await;
            let now = world.now();
            let on = "America/New_York".parse::<shared::time::Zone>().unwrap().local(now).date;
            let holiday = crate::workforce::Holiday {
                on,
                country: "US".into(),
                area: None,
                name: "Founders' day".parse().unwrap(),
            };
            world.db.write(Lane::Desk, async move |tx| store::put_holiday(tx, &holiday, now).await).await.unwrap();
            follow(&world).await;
            assert_eq!(world.holder(ticket).await, Some(cleo), "she said that she works on this very day");
            assert_eq!(listed(&world, ana).await, [json!(ticket)]);
            let other = world.db.write(Lane::Desk, async move |tx| {
                assert!(store::remove_holiday(tx, on, "US", None).await?);
                Ok::<_, Error>(())
            });
            other.await.unwrap();
            world
                .act(ticket, Move::Decline { expert: cleo, reason: shared::offer::DeclineReason::Busy })
                .await
                .unwrap();
            world.round().await;
            assert_eq!(world.holder(ticket).await, Some(ana));
        })
        .await;
    }

    #[tokio::test]
    async fn who_is_given_an_area_on_its_holiday_loses_the_visits_of_that_day() {
        both_engines(async |db| {
            let world = World::new(&db).await;
            let ana = world.expert("Ana", "10003").await;
            let ticket = world.ticket().await;
            world.round().await;
            world.act(ticket, Move::Accept { expert: ana, late: None }).await.unwrap();
            let now = world.now();
            let on = "America/New_York".parse::<shared::time::Zone>().unwrap().local(now).date;
            let (served, harbour) =
                (crate::dispatch::world::id(crate::dispatch::world::AREA), crate::dispatch::world::id(66));
            let given = world.db.write(Lane::Desk, async move |tx| {
                store::create_area(tx, &store::samples::an_area(66, "harbour", &["200"])).await?;
                let holiday = crate::workforce::Holiday {
                    on,
                    country: "US".into(),
                    area: Some(harbour),
                    name: "Harbour day".parse().unwrap(),
                };
                store::put_holiday(tx, &holiday, now).await?;
                store::replace_areas(tx, ana, &[served, harbour].into(), now).await
            });
            given.await.unwrap();
            follow(&world).await;
            assert_eq!(world.holder(ticket).await, None, "nobody who serves the harbour works today");
            assert_eq!(listed(&world, ana).await, [json!(ticket)]);
        })
        .await;
    }

    fn tx_shifts(number: u64, hours: &str) -> Vec<crate::workforce::ShiftRow> {
        crate::workforce::store::samples::shifts(number, hours, false)
    }
}
