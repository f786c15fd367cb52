//! A rule that many share was changed: an area was redrawn, a skill switched off, or what a kind of trouble needs was
//! edited. Whatever is promised against it goes back to matching, as it does when one expert changes (`away.rs`), each
//! customer is told once, and the desk gets a list for each expert.
//!
//! A changed need reaches every open ticket of its row that nobody has set out for. What an expert or an agent had
//! corrected about a ticket stays corrected.

use super::away::{self, line, release_visits, undone_for};
use super::facts;
use crate::db::{Conn, Database, Error, Lane, Tx};
use crate::jobs::{Job, Outcome};
use crate::tickets::{self, Book, Ticket};
use crate::workforce::{self, Before, Changed};
use serde_json::Value;
use shared::event::Actor;
use shared::ids::{ExpertId, SkillId, TicketId};
use shared::skills::{Level, Skills};
use shared::text::Slug;
use shared::ticket::{State, Timing};
use shared::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Tickets in one transaction.
const TICKETS_MAX: i64 = 50;
/// Tickets that one expert can hold.
const HELD_MAX: i64 = 500;

/// The handler of `Kind::RuleChanged`: the body says what was before. Twice is as good as once.
pub(super) async fn recheck(job: Job, db: &Database, timing: &Timing) -> Outcome {
    let Ok(changed) = job.body::<Changed>() else {
        return Outcome::GiveUp { why: format!("the change of {:?} cannot be read", job.subject) };
    };
    match follow(db, changed, timing).await {
        Ok(()) => Outcome::Done,
        Err(error) => Outcome::retry(error),
    }
}

/// A change carried through for one expert alone, before its job comes to him; his day is locked.
pub(super) async fn carry_through(
    tx: &mut Tx,
    expert: ExpertId,
    changed: Changed,
    timing: &Timing,
    now: Timestamp,
) -> Result<(), Error> {
    match changed {
        Changed::Area { before } => {
            // Whoever never served it, and was sent there by somebody's word, is not touched by it.
            if !workforce::store::experts_in(tx, before.id).await?.contains(&expert) {
                return Ok(());
            }
            let before = Before { area: Some(before), ..Before::default() };
            away::release_in(tx, expert, &before, timing, now).await?;
        }
        Changed::Skill { skill } => {
            let known = workforce::store::experts_with(tx, skill).await?;
            if let Some((_, level)) = known.into_iter().find(|(known, _)| *known == expert)
                && let Some(before) = before_without(tx, expert, skill, level).await?
            {
                away::release_in(tx, expert, &before, timing, now).await?;
            }
        }
        Changed::Need { category, symptom, skills, work_minutes } => {
            let was = Was { category, symptom, skills, work_minutes };
            let held = tickets::store::held_by(tx, &[expert], HELD_MAX).await?;
            let of_category = held.into_iter().filter(|ticket| ticket.category == was.category);
            let found: Vec<_> = of_category.map(|ticket| (ticket.id, ticket.symptom)).collect();
            if !found.is_empty() {
                correct(tx, &was, &found, timing, now).await?;
            }
        }
    }
    Ok(())
}

/// Who an expert was while a skill that is switched off still counted.
async fn before_without(
    conn: &mut Conn,
    expert: ExpertId,
    skill: SkillId,
    level: Level,
) -> Result<Option<Before>, Error> {
    let Some(roster) = workforce::store::roster(conn, expert).await? else { return Ok(None) };
    let mut skills = roster.skills;
    skills.0.insert(skill, level);
    Ok(Some(Before { skills: Some(skills), ..Before::default() }))
}

async fn follow(db: &Database, changed: Changed, timing: &Timing) -> Result<(), Error> {
    match changed {
        Changed::Area { before } => {
            let area = before.id;
            for expert in db.read(async move |conn| workforce::store::experts_in(conn, area).await).await? {
                let before = Before { area: Some(before.clone()), ..Before::default() };
                release_visits(db, expert, &before, timing).await?;
            }
            Ok(())
        }
        Changed::Skill { skill } => {
            for (expert, level) in db.read(async move |conn| workforce::store::experts_with(conn, skill).await).await? {
                let before = db.read(async move |conn| before_without(conn, expert, skill, level).await).await?;
                let Some(before) = before else { continue };
                release_visits(db, expert, &before, timing).await?;
            }
            Ok(())
        }
        Changed::Need { category, symptom, skills, work_minutes } => {
            let was = Was { category, symptom, skills, work_minutes };
            let (mut after, now): (Option<TicketId>, _) = (None, db.clock().business_now());
            loop {
                let (was, timing) = (was.clone(), timing.clone());
                let done = db.write(Lane::Work, async move |tx| correct_some(tx, &was, after, &timing, now).await);
                match done.await? {
                    Some(last) => after = Some(last),
                    None => return Ok(()),
                }
            }
        }
    }
}

/// A row of the needs table as it was.
#[derive(Clone, Debug)]
struct Was {
    category: Slug,
    symptom: Option<Slug>,
    skills: Skills,
    work_minutes: u32,
}

/// Corrects some tickets of the row, in the order of their ids, and takes from their experts what no longer fits. Gives
/// back the last one looked at; none after all.
async fn correct_some(
    tx: &mut Tx,
    was: &Was,
    after: Option<TicketId>,
    timing: &Timing,
    now: Timestamp,
) -> Result<Option<TicketId>, Error> {
    let found = tickets::store::open_of_category(tx, &was.category, after, TICKETS_MAX).await?;
    let Some(last) = found.last().map(|(ticket, _)| *ticket) else { return Ok(None) };
    correct(tx, was, &found, timing, now).await?;
    Ok(Some(last))
}

/// Corrects those of these tickets of the category that are of the row and that nobody has set out for.
async fn correct(
    tx: &mut Tx,
    was: &Was,
    found: &[(TicketId, Option<Slug>)],
    timing: &Timing,
    now: Timestamp,
) -> Result<(), Error> {
    let own_rows: BTreeSet<Slug> = workforce::store::needs(tx)
        .await?
        .into_iter()
        .filter(|(need, _)| need.category == was.category)
        .filter_map(|(need, _)| need.symptom)
        .collect();
    let is_of_row = |symptom: &Option<Slug>| match &was.symptom {
        Some(row) => symptom.as_ref() == Some(row),
        None => symptom.as_ref().is_none_or(|symptom| !own_rows.contains(symptom)),
    };
    let of_row: Vec<TicketId> = found.iter().filter(|(_, symptom)| is_of_row(symptom)).map(|(id, _)| *id).collect();
    let Some(row) = workforce::store::need(tx, &was.category, was.symptom.as_ref()).await? else {
        return Ok(());
    };
    let words: BTreeMap<SkillId, Slug> =
        workforce::store::skills(tx).await?.into_iter().map(|skill| (skill.id, skill.slug)).collect();
    let mut book = Book::open(tx, &of_row, timing.clone()).await?;
    let locked: Vec<Ticket> = book.tickets().filter(|ticket| !is_begun(ticket)).cloned().collect();
    let mut gone: BTreeMap<ExpertId, Vec<Value>> = BTreeMap::new();
    for ticket in locked {
        let skills = rebased(&was.skills, &ticket.skills, &row.skills);
        let minutes = if ticket.work_minutes == was.work_minutes { row.work_minutes } else { ticket.work_minutes };
        if skills == ticket.skills && minutes == ticket.work_minutes {
            continue;
        }
        let (needed, new_skills) = (ticket.skills.clone(), skills.clone());
        let added = skills.0.keys().filter(|skill| !needed.0.contains_key(skill));
        let added = added.filter_map(|skill| words.get(skill).cloned()).collect();
        book.correct(ticket.id, skills, minutes, added, Actor::Server, now);
        let Some(expert) = ticket.life.state.holder() else { continue };
        let Some(roster) = workforce::store::roster(tx, expert).await? else { continue };
        let Some(mut need) = facts::needs(tx, std::slice::from_ref(&ticket)).await?.pop() else { continue };
        let was_need = need.clone();
        need.skills = new_skills;
        if let Some(to_do) = undone_for(&ticket, (&need, &roster), (&was_need, &roster))
            && book.make(ticket.id, to_do, Actor::Server, now).is_ok()
        {
            gone.entry(expert).or_default().push(line(&ticket));
        }
    }
    book.save(tx).await?;
    for (expert, tickets) in gone {
        away::list(tx, expert, tickets, now).await?;
    }
    Ok(())
}

fn is_begun(ticket: &Ticket) -> bool {
    match &ticket.life.state {
        State::Waiting | State::Offered { .. } | State::Accepted { .. } | State::OnHold { .. } => false,
        State::EnRoute { .. } | State::OnSite { .. } | State::Completed { .. } | State::Cancelled { .. } => true,
    }
}

/// What a ticket needs when its row changed: where it was as the row, it follows it; where somebody had corrected it,
/// their word stays.
fn rebased(base: &Skills, own: &Skills, row: &Skills) -> Skills {
    let all: BTreeSet<&SkillId> = base.0.keys().chain(own.0.keys()).chain(row.0.keys()).collect();
    let needed = all.into_iter().filter_map(|skill| {
        let (was, is) = (base.0.get(skill), own.0.get(skill));
        let level = if was == is { row.0.get(skill) } else { is };
        level.map(|level| (*skill, *level))
    });
    Skills(needed.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit;
    use crate::db::testing::both_engines;
    use crate::dispatch::away::VISITS_BACK;
    use crate::dispatch::world::{AREA, SKILL, World, id};
    use crate::workforce::store::NewNeed;
    use crate::workforce::store::samples::{a_skill, an_area};
    use serde_json::json;
    use shared::ticket::{HumanReason, Move};

    async fn follow_up(world: &World) {
        let registry = crate::dispatch::jobs::register(
            crate::jobs::Registry::new(),
            &world.bounds,
            &crate::notify::samples::pages(),
        );
        crate::jobs::Runner::new(world.db.clone(), registry).drain().await.unwrap();
    }

    async fn listed(world: &World, expert: ExpertId) -> Vec<Value> {
        let subject = format!("expert:{expert}");
        let lines =
            world.db.read(async move |conn| audit::store::list(conn, Some(&subject), None, 10).await).await.unwrap();
        let lists = lines.into_iter().filter(|line| line.what == VISITS_BACK).filter_map(|line| line.after);
        let tickets = lists.flat_map(|after| after["tickets"].as_array().cloned().unwrap_or_default());
        tickets.map(|line| line["ticket"].clone()).collect()
    }

    /// Releases of a ticket, each of which tells its customer.
    async fn n_released(world: &World, ticket: TicketId) -> usize {
        let lines = world.db.read(async move |conn| crate::events::history(conn, ticket, 0, 100).await).await.unwrap();
        lines.iter().filter(|line| line.event.fact.word() == "released").count()
    }

    #[tokio::test]
    async fn a_redrawn_area_gives_back_what_it_no_longer_covers_and_nothing_else() {
        both_engines(async |db| {
            let world = World::new(&db).await;
            let ana = world.expert("Ana", "10003").await;
            let now = world.now();
            let other = id(66);
            db.write(Lane::Desk, async move |tx| {
                workforce::store::create_area(tx, &an_area(66, "midtown", &["10001"])).await
            })
            .await
            .unwrap();
            let (first, second) = (world.ticket().await, world.ticket().await);
            world.round().await;
            world.act(first, Move::Accept { expert: ana, late: None }).await.unwrap();
            world.round().await;
            assert_eq!(world.holder(second).await, Some(ana), "offered, not yet accepted");
            let ben = world.expert("Ben", "10463").await;
            db.write(Lane::Desk, async move |tx| {
                workforce::store::replace_areas(tx, ben, &[id(AREA), other].into(), now).await?;
                let redrawn = an_area(AREA, "manhattan", &["100", "101", "102"]);
                assert!(workforce::store::put_area(tx, &redrawn, now).await?);
                Ok::<_, Error>(())
            })
            .await
            .unwrap();
            follow_up(&world).await;
            assert_eq!((world.holder(first).await, world.holder(second).await), (Some(ana), Some(ana)));
            db.write(Lane::Desk, async move |tx| {
                let redrawn = workforce::Area { ver: 2, ..an_area(AREA, "manhattan", &["102"]) };
                assert!(workforce::store::put_area(tx, &redrawn, now).await?);
                Ok::<_, Error>(())
            })
            .await
            .unwrap();
            follow_up(&world).await;
            world.round().await;
            let holders = [world.holder(first).await, world.holder(second).await];
            assert!(holders.contains(&Some(ben)) && !holders.contains(&Some(ana)), "{holders:?}");
            let mut back = listed(&world, ana).await;
            back.sort_by_key(Value::to_string);
            assert_eq!(back, [json!(first), json!(second)]);
            assert_eq!((n_released(&world, first).await, n_released(&world, second).await), (1, 0));
        })
        .await;
    }

    #[tokio::test]
    async fn a_skill_that_is_switched_off_gives_back_what_was_promised_with_it() {
        both_engines(async |db| {
            let world = World::new(&db).await;
            let ana = world.expert("Ana", "10003").await;
            let ticket = world.ticket().await;
            world.round().await;
            world.act(ticket, Move::Accept { expert: ana, late: None }).await.unwrap();
            let now = world.now();
            db.write(Lane::Desk, async move |tx| {
                let off = workforce::Skill { active: false, ..a_skill(SKILL, "tv") };
                assert!(workforce::store::put_skill(tx, &off, now).await?);
                Ok::<_, Error>(())
            })
            .await
            .unwrap();
            follow_up(&world).await;
            world.round().await;
            let life = world.read(ticket).await.life;
            assert_eq!(life.state.holder(), None);
            assert_eq!(life.needs_human.map(|flag| flag.reason), Some(HumanReason::NoCandidate), "nobody has it now");
            assert_eq!(listed(&world, ana).await, [json!(ticket)]);
            assert_eq!(n_released(&world, ticket).await, 1);
        })
        .await;
    }

    #[tokio::test]
    async fn a_changed_need_reaches_open_tickets_but_not_what_was_corrected_or_is_under_way() {
        both_engines(async |db| {
            let world = World::new(&db).await;
            let now = world.now();
            let row = |skills: &[u64]| NewNeed {
                category: "tv".parse().unwrap(),
                symptom: None,
                skills: Skills(skills.iter().map(|skill| (id(*skill), Level::LEARNED)).collect()),
                work_minutes: 60,
                urgent: false,
            };
            let first = row(&[SKILL]);
            db.write(Lane::Desk, async move |tx| {
                workforce::store::create_skill(tx, &a_skill(77, "oled")).await?;
                let tv = workforce::Category {
                    slug: "tv".parse().unwrap(),
                    label: "Television".parse().unwrap(),
                    symptoms: Vec::new(),
                };
                workforce::store::put_category(tx, &tv, 1, true).await?;
                workforce::store::put_need(tx, &first, now).await
            })
            .await
            .unwrap();
            let ana = world.expert("Ana", "10003").await;
            let (promised, other) =
                (world.ticket().await, world.file(|filing| filing.category = "oven".parse().unwrap()).await);
            let corrected = world.file(|filing| filing.work_minutes = 90).await;
            world.round().await;
            world.act(promised, Move::Accept { expert: ana, late: None }).await.unwrap();
            let ben = world.expert("Ben", "10463").await;
            let second = row(&[SKILL, 77]);
            db.write(Lane::Desk, async move |tx| {
                let both = Skills([(id(SKILL), Level::LEARNED), (id(77), Level::LEARNED)].into());
                workforce::store::replace_skills(tx, ben, &both, now).await?;
                workforce::store::put_need(tx, &NewNeed { work_minutes: 75, ..second.clone() }, now).await
            })
            .await
            .unwrap();
            follow_up(&world).await;
            let after = world.read(promised).await;
            assert_eq!((after.life.state.holder(), after.skills.0.len(), after.work_minutes), (Some(ben), 2, 75));
            assert_eq!(listed(&world, ana).await, [json!(promised)]);
            assert_eq!(world.read(other).await.skills.0.len(), 1, "another category");
            assert_eq!(world.read(corrected).await.work_minutes, 90, "somebody had said so");
        })
        .await;
    }

    #[test]
    fn what_somebody_corrected_stays_and_the_rest_follows_the_row() {
        let skills = |all: &[(u64, i64)]| {
            Skills(all.iter().map(|(skill, level)| (id(*skill), Level::try_from(*level).unwrap())).collect())
        };
        let base = skills(&[(1, 1), (2, 1)]);
        let row = skills(&[(2, 2), (3, 1)]);
        assert_eq!(rebased(&base, &base, &row), row);
        assert_eq!(rebased(&base, &skills(&[(1, 1), (2, 1), (9, 1)]), &row), skills(&[(2, 2), (3, 1), (9, 1)]));
        assert_eq!(rebased(&base, &skills(&[(1, 3)]), &row), skills(&[(1, 3), (3, 1)]), "one raised, one taken away");
    }
}
