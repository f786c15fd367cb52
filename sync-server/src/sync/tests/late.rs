//! Being late, by the business's own words, from the tap on.

use super::Phone;
use crate::db::testing::both_engines;
use crate::db::{Lane, Tx};
use crate::dispatch::world::World;
use shared::ids::{ExpertId, TicketId};
use shared::intent::Intent;
use shared::sync::{MutationResult, Unused};
use shared::ticket::State;

fn late(minutes: u32) -> Intent {
    Intent::TicketLate { minutes: minutes.try_into().unwrap() }
}

/// Asked by the server, and accepted.
async fn accepted(world: &World, phone: &mut Phone<'_>) -> TicketId {
    let ticket = world.ticket().await;
    world.round().await;
    assert_eq!(phone.taps(Intent::OfferAccept {}, ticket).await, MutationResult::Applied);
    ticket
}

async fn starts_in(world: &World, ticket: TicketId) -> i64 {
    world.read(ticket).await.life.state.visit().unwrap().start_at.minutes_since(world.now())
}

async fn customer_heard(world: &World, expert: ExpertId, ticket: TicketId) -> usize {
    let registry =
        crate::dispatch::jobs::register(crate::jobs::Registry::new(), &world.bounds, &crate::notify::samples::pages());
    let registry = crate::notify::samples::register(registry, &world.db);
    crate::jobs::Runner::new(world.db.clone(), registry).drain().await.unwrap();
    let told = world.db.read(async move |conn| crate::notify::store::of_ticket(conn, ticket, 50).await).await.unwrap();
    assert_eq!(world.holder(ticket).await, Some(expert), "being late takes nothing away");
    told.iter().filter(|notice| notice.matter.word() == "later").count()
}

#[tokio::test]
async fn late_by_fifteen_moves_later_visits_and_each_customer_is_told_once_and_again_only_past_twenty_minutes() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ana = world.expert("Ana", "10003").await;
        let mut phone = Phone::of(&world, ana).await;
        let first = accepted(&world, &mut phone).await;
        let second = accepted(&world, &mut phone).await;
        let (was_first, was_second) = (starts_in(&world, first).await, starts_in(&world, second).await);
        assert!(was_first < was_second);
        assert_eq!(phone.taps(late(15), first).await, MutationResult::Applied);
        assert_eq!(customer_heard(&world, ana, first).await, 1);
        assert_eq!(customer_heard(&world, ana, second).await, 1);
        assert_eq!(starts_in(&world, first).await, was_first + 15);
        assert_eq!(starts_in(&world, second).await, was_second + 15);
        // Both hear at the second tap that it is thirty, not fifteen: that is fifteen more, and no news.
        assert_eq!(phone.taps(late(15), first).await, MutationResult::Applied);
        assert_eq!((customer_heard(&world, ana, first).await, customer_heard(&world, ana, second).await), (1, 1));
        assert_eq!(phone.taps(late(15), first).await, MutationResult::Applied);
        assert_eq!((customer_heard(&world, ana, first).await, customer_heard(&world, ana, second).await), (2, 2));
        // Whoever is there needs no telling; who waits for what comes after does.
        phone.taps(Intent::TicketArrive {}, first).await;
        assert_eq!(phone.taps(late(120), first).await, MutationResult::Applied);
        assert_eq!((customer_heard(&world, ana, first).await, customer_heard(&world, ana, second).await), (2, 3));
    })
    .await;
}

#[tokio::test]
async fn late_said_twice_by_a_phone_counts_once_and_by_who_has_lost_the_visit_changes_nothing() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ana = world.expert("Ana", "10003").await;
        let mut phone = Phone::of(&world, ana).await;
        let ticket = accepted(&world, &mut phone).await;
        let was = starts_in(&world, ticket).await;
        let mutation = phone.mutation(&late(30), Some(ticket));
        for _ in 0..2 {
            phone.send(vec![mutation.clone()]).await.unwrap();
        }
        assert_eq!(starts_in(&world, ticket).await, was + 30);
        world.act(ticket, shared::ticket::Move::Release { why: shared::ticket::ReleaseReason::Staff }).await.unwrap();
        assert_eq!(phone.taps(late(30), ticket).await, MutationResult::Recorded(Unused::Reassigned));
        assert_eq!(world.read(ticket).await.life.state, State::Waiting);
    })
    .await;
}

#[tokio::test]
async fn a_yes_is_judged_by_what_the_office_changed_though_the_change_was_not_carried_through_yet() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ana = world.expert("Ana", "10003").await;
        let ticket = world.ticket().await;
        world.round().await;
        assert_eq!(world.holder(ticket).await, Some(ana));
        let mut phone = Phone::of(&world, ana).await;
        let now = world.now();
        let none = shared::skills::Skills::default();
        let change = async move |tx: &mut Tx| crate::workforce::store::replace_skills(tx, ana, &none, now).await;
        db.write(Lane::Desk, change).await.unwrap();
        let answer = phone.taps(Intent::OfferAccept {}, ticket).await;
        assert!(matches!(answer, MutationResult::Recorded(_)), "{answer:?}");
        assert_eq!(world.holder(ticket).await, None);
    })
    .await;
}
