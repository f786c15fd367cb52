//! `site.pin`: at arrival one tap corrects where a site is, offline too.

use super::{Phone, complete};
use crate::customers;
use crate::db::testing::both_engines;
use crate::dispatch::{candidates, world::World};
use crate::events;
use shared::event::Fact;
use shared::ids::TicketId;
use shared::intent::Intent;
use shared::place::Place;
use shared::sync::{MutationResult, Unused};
use shared::ticket::Move;

/// A few streets from the middle of 10001.
fn door() -> Place {
    Place::from_degrees(40.7484, -73.9857).unwrap()
}

/// A ticket at the customer's own address.
async fn at_the_site(world: &World) -> TicketId {
    world.file(|filing| filing.site = world.site).await
}

async fn pinned(world: &World) -> Option<Place> {
    let site = world.site;
    world.db.read(async move |conn| customers::store::site(conn, site).await).await.unwrap().unwrap().pin
}

async fn pins_in_history(world: &World, ticket: TicketId) -> Vec<(Place, Place)> {
    let lines = world.db.read(async move |conn| events::history(conn, ticket, 0, 50).await).await.unwrap();
    let pin = |fact: &Fact| if let Fact::SitePinned { pin, was, .. } = fact { Some((*pin, *was)) } else { None };
    lines.iter().filter_map(|line| pin(&line.event.fact)).collect()
}

#[tokio::test]
async fn one_tap_at_the_door_corrects_the_pin_for_everybody_who_comes_there_and_the_address_stays_as_written() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ana = world.expert("Ana", "10003").await;
        let ticket = at_the_site(&world).await;
        world.round().await;
        let ben = world.expert("Ben", "10003").await;
        let second = at_the_site(&world).await;
        let offer = crate::dispatch::world::id(77_000);
        let visit =
            shared::ticket::VisitPlan { start_at: world.now().plus_minutes(600), travel_minutes: 10, work_minutes: 60 };
        world.act(second, Move::Offer { offer, expert: ben, visit, decision: None }).await.unwrap();
        world.act(second, Move::Accept { expert: ben, late: None }).await.unwrap();
        let mut his = Phone::of(&world, ben).await;
        his.send(vec![]).await.unwrap();
        let mut hers = Phone::of(&world, ana).await;
        // In a cellar: arrival and pin come together, later.
        let taps = [Intent::OfferAccept {}, Intent::TicketArrive {}, Intent::SitePin(door())];
        let taps = taps.map(|intent| hers.mutation(&intent, Some(ticket)));
        let reply = hers.send(taps.to_vec()).await.unwrap();
        assert!(reply.acks.iter().all(|ack| ack.result == MutationResult::Applied), "{:?}", reply.acks);
        let again = hers.send(taps.to_vec()).await.unwrap();
        assert!(again.acks.iter().all(|ack| ack.dup));
        assert_eq!(pinned(&world).await, Some(door()));
        his.send(vec![]).await.unwrap();
        for (phone, id) in [(&hers, ticket), (&his, second)] {
            let site = &phone.tickets[&id.to_string()].site;
            assert_eq!((site.place, site.pinned), (Some(door()), true), "both phones have it");
            assert_eq!(site.address, ["350 5th Ave", "New York, NY 10001"]);
        }
        let was = pins_in_history(&world, ticket).await;
        assert_eq!(was.len(), 1, "a repeat adds no line");
        assert_eq!(was[0].0, door());
        let known = db.read(async |conn| candidates(conn, None).await).await.unwrap();
        let one = known.iter().find(|one| one.expert == ana).unwrap();
        assert_eq!(one.arrival.map(|seen| seen.place), Some(door()), "matching knows where she is");
        assert_eq!(one.visits[0].place, door(), "and where her visit is");
        assert_eq!(hers.taps(Intent::SitePin(door()), ticket).await, MutationResult::Noop, "the same once more");
    })
    .await;
}

#[tokio::test]
async fn a_pin_is_taken_from_whoever_is_there_and_near_and_from_nobody_else() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ana = world.expert("Ana", "10003").await;
        let ticket = at_the_site(&world).await;
        world.round().await;
        let mut phone = Phone::of(&world, ana).await;
        phone.taps(Intent::OfferAccept {}, ticket).await;
        let pin = Intent::SitePin(door());
        let early = phone.taps(pin.clone(), ticket).await;
        assert_eq!(early, MutationResult::Recorded(Unused::IllegalTransition), "she has not arrived");
        phone.taps(Intent::TicketArrive {}, ticket).await;
        let paris = Intent::SitePin(Place::from_degrees(48.85, 2.35).unwrap());
        let MutationResult::Rejected(why) = phone.taps(paris, ticket).await else { panic!("Paris is no pin") };
        assert!(why.contains("km from postal code 10001"), "{why}");
        let ben = world.expert("Ben", "10003").await;
        let mut other = Phone::of(&world, ben).await;
        assert_eq!(other.taps(pin.clone(), ticket).await, MutationResult::Recorded(Unused::Reassigned));
        assert_eq!(pinned(&world).await, None);
        // Noticed on the way out: she was there.
        phone.taps(complete(), ticket).await;
        assert_eq!(phone.taps(pin, ticket).await, MutationResult::Applied);
        assert_eq!(pinned(&world).await, Some(door()));
    })
    .await;
}
