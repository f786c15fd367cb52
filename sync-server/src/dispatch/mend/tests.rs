//! Corrections of a ticket with its visit, on both engines, in the business's own words.

use super::*;
use crate::db::Lane;
use crate::db::testing::both_engines;
use crate::dispatch::world::{World, id};
use crate::workforce::store::samples::home;
use shared::skills::Level;
use shared::ticket::{CannotFix, HumanReason};

fn address(line1: &str, postal_code: &str) -> Address {
    let found = home(postal_code);
    Address {
        line1: line1.parse().unwrap(),
        line2: None,
        city: found.city,
        postal_code: found.postal_code,
        country: found.country,
        place: found.place,
        zone: found.zone,
    }
}

fn moved_to(postal_code: &str) -> Correction {
    Correction { address: Some(address("1 New Street", postal_code)), ..Correction::default() }
}

async fn mend(world: &World, ticket: TicketId, correction: Correction) -> Result<Ticket, Refusal> {
    let (bounds, now, actor) = (world.bounds.clone(), world.now(), Actor::Customer(world.customer));
    let done = world.db.write(Lane::Desk, async move |tx| correct(tx, ticket, &correction, actor, &bounds, now).await);
    done.await.unwrap().expect("the ticket is there")
}

async fn accepted(world: &World, expert: ExpertId) -> (TicketId, VisitPlan) {
    let ticket = world.ticket().await;
    world.round().await;
    world.act(ticket, Move::Accept { expert, late: None }).await.unwrap();
    (ticket, world.read(ticket).await.life.state.visit().unwrap())
}

#[tokio::test]
async fn a_corrected_address_that_still_fits_keeps_its_expert_and_hour_and_gets_the_new_way() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ana = world.expert("Ana", "10003").await;
        // In the afternoon, so that there is time for a longer way.
        let later = world.now().plus_minutes(600);
        let windows = vec![shared::ticket::Window { from: later, until: later.plus_minutes(60) }];
        let ticket = world.file(|filing| filing.windows = windows).await;
        world.round().await;
        world.act(ticket, Move::Accept { expert: ana, late: None }).await.unwrap();
        let was = world.read(ticket).await.life.state.visit().unwrap();
        let mended = mend(&world, ticket, moved_to("10040")).await.unwrap();
        assert_eq!(mended.life.state.holder(), Some(ana));
        let visit = mended.life.state.visit().unwrap();
        assert_eq!((visit.start_at, visit.work_minutes), (was.start_at, was.work_minutes));
        assert!(visit.travel_minutes > was.travel_minutes, "{visit:?} after {was:?}");
        assert_eq!(mended.life.deadline_at, Some(visit.leave_at()), "he is reminded in time");
        assert_eq!(mended.corrected_ver, Some(mended.ver), "marked until he has seen it");
        assert_eq!(mend(&world, ticket, moved_to("10040")).await, Err(Refusal::Already), "a second click");
    })
    .await;
}

#[tokio::test]
async fn what_no_longer_fits_goes_back_to_matching_and_so_does_an_open_offer() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ana = world.expert("Ana", "10003").await;
        let (promised, _) = accepted(&world, ana).await;
        let _ben = world.expert("Ben", "10001").await;
        let site = world.read(promised).await.site;
        let offered = world.file(|filing| filing.site = site).await;
        world.round().await;
        assert!(matches!(world.read(offered).await.life.state, State::Offered { .. }));
        // Outside of every area that anybody serves.
        let mended = mend(&world, promised, moved_to("10463")).await.unwrap();
        assert_eq!(mended.life.state, State::Waiting);
        assert_eq!(mended.corrected_ver, None);
        assert_eq!(world.read(offered).await.life.state, State::Waiting, "it is at the same site");
        world.round().await;
        let flag = world.read(promised).await.life.needs_human.map(|flag| flag.reason);
        assert_eq!(flag, Some(HumanReason::NoCandidate));
        mend(&world, promised, moved_to("10001")).await.unwrap();
        world.round().await;
        assert!(world.holder(promised).await.is_some(), "the search began anew");
    })
    .await;
}

#[tokio::test]
async fn a_wrong_address_that_is_mended_goes_on_and_the_same_expert_is_asked_first() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ben = world.expert("Ben", "10040").await;
        let (ticket, _) = accepted(&world, ben).await;
        let lost = Move::CannotFix { expert: ben, why: CannotFix::WrongAddress, part: None, until: None };
        world.act(ticket, lost).await.unwrap();
        let _nearer = world.expert("Ana", "10001").await;
        let only_the_door = Correction { access_note: Some("Ring twice".parse().unwrap()), ..Correction::default() };
        assert_eq!(mend(&world, ticket, only_the_door).await.unwrap().life.state.word(), "on_hold");
        assert_eq!(mend(&world, ticket, moved_to("10003")).await.unwrap().life.state, State::Waiting);
        world.round().await;
        assert_eq!(world.holder(ticket).await, Some(ben));
    })
    .await;
}

#[tokio::test]
async fn a_corrected_need_is_judged_the_same_way_and_what_a_person_decided_against_a_rule_stays() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ana = world.expert("Ana", "10003").await;
        let (ticket, was) = accepted(&world, ana).await;
        let longer = Correction { work_minutes: Some(was.work_minutes + 30), ..Correction::default() };
        let mended = mend(&world, ticket, longer).await.unwrap();
        assert_eq!(mended.life.state.visit().unwrap().work_minutes, was.work_minutes + 30);
        let skills = Skills([(id(5), Level::try_from(3).unwrap())].into());
        let harder = Correction { skills: Some(skills), ..Correction::default() };
        let released = mend(&world, ticket, harder).await.unwrap();
        assert_eq!(released.life.state, State::Waiting);
        // Somebody at the desk sends her all the same; another correction does not take that back.
        let visit = VisitPlan { start_at: world.now().plus_minutes(120), travel_minutes: 30, work_minutes: 60 };
        world.act(ticket, Move::Offer { offer: id(77_000), expert: ana, visit, decision: None }).await.unwrap();
        world.act(ticket, Move::Accept { expert: ana, late: None }).await.unwrap();
        let contact = Correction { contact_name: Some("Bo".parse().unwrap()), ..moved_to("10003") };
        assert_eq!(mend(&world, ticket, contact).await.unwrap().life.state.holder(), Some(ana));
    })
    .await;
}

#[tokio::test]
async fn a_correction_books_nobody_twice_who_should_have_left_already() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ana = world.expert("Ana", "10003").await;
        let (first, was) = accepted(&world, ana).await;
        // At the same site, as soon as she is done with the first.
        let second = world.ticket().await;
        let visit = VisitPlan { start_at: was.end_at().plus_minutes(10), travel_minutes: 10, work_minutes: 60 };
        world.act(second, Move::Offer { offer: id(77_000), expert: ana, visit, decision: None }).await.unwrap();
        world.act(second, Move::Accept { expert: ana, late: None }).await.unwrap();
        // She cannot be there at the hour any more: that stood against the visit before, and takes nothing from her.
        world.minutes_pass(3);
        let note = Correction { contact_name: Some("Bo".parse().unwrap()), ..Correction::default() };
        assert_eq!(mend(&world, first, note).await.unwrap().life.state.visit(), Some(was));
        let longer = Correction { work_minutes: Some(was.work_minutes + 30), ..Correction::default() };
        assert_eq!(mend(&world, first, longer).await.unwrap().life.state, State::Waiting);
        assert_eq!(world.holder(second).await, Some(ana));
    })
    .await;
}

#[tokio::test]
async fn whoever_is_on_the_way_is_not_turned_round_and_who_is_there_needs_no_address() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ana = world.expert("Ana", "10003").await;
        let (ticket, _) = accepted(&world, ana).await;
        world.act(ticket, Move::Depart { expert: ana }).await.unwrap();
        let mended = mend(&world, ticket, moved_to("10463")).await.unwrap();
        assert_eq!(mended.life.state.word(), "en_route");
        assert_eq!(mended.corrected_ver, Some(mended.ver));
        world.act(ticket, Move::Arrive { expert: ana }).await.unwrap();
        assert_eq!(mend(&world, ticket, moved_to("10001")).await, Err(Refusal::Illegal));
    })
    .await;
}
