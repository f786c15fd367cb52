//! A corrected address on a phone: marked until it was on the screen.

use super::{Phone, id};
use crate::customers::Address;
use crate::db::Lane;
use crate::db::testing::both_engines;
use crate::dispatch::mend::{Correction, correct};
use crate::dispatch::world::World;
use crate::workforce::store::samples::home;
use shared::event::Actor;
use shared::intent::Intent;

#[tokio::test]
async fn a_corrected_address_is_marked_on_the_phone_until_it_was_seen() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ana = world.expert("Ana", "10003").await;
        let mut phone = Phone::of(&world, ana).await;
        let ticket = world.ticket().await;
        world.round().await;
        phone.taps(Intent::OfferAccept {}, ticket).await;
        let key = ticket.to_string();
        let before = phone.tickets[&key].clone();
        assert!(!before.site.corrected);
        let found = home("10001");
        let address = Address {
            line1: "20 W 34th St".parse().unwrap(),
            line2: None,
            city: found.city,
            postal_code: found.postal_code,
            country: found.country,
            place: found.place,
            zone: found.zone,
        };
        let correction = Correction { address: Some(address), ..Correction::default() };
        let (bounds, now, staff) = (world.bounds.clone(), world.now(), Actor::Agent(id(60)));
        let mended = db.write(Lane::Desk, async move |tx| correct(tx, ticket, &correction, staff, &bounds, now).await);
        assert!(mended.await.unwrap().unwrap().is_ok());
        // What he saw before says nothing of what came after.
        phone.taps(Intent::TicketSeen { ver: before.ver }, ticket).await;
        let marked = phone.tickets[&key].clone();
        assert!(marked.site.corrected && marked.site.address[0] == "20 W 34th St", "{marked:?}");
        phone.taps(Intent::TicketSeen { ver: marked.ver }, ticket).await;
        let seen = phone.tickets[&key].clone();
        assert!(!seen.site.corrected && seen.ver > marked.ver, "{seen:?}");
    })
    .await;
}
