//! The inbox of a storm: what has one cause in one area is one group, and one action is for all of it. What nobody owns is
//! in it too.

use super::super::tests::{Desk, desk, items};
use crate::customers::{self, Address, NewSite};
use crate::db::testing::both_engines;
use crate::db::{Database, Lane};
use crate::dispatch::world::{World, id};
use crate::http::testing::Client;
use crate::tickets::store::faults;
use crate::workforce::store as workforce;
use crate::workforce::store::samples::{an_area, home};
use serde_json::{Value, json};
use shared::ids::{SiteId, TicketId};
use shared::ticket::{HumanReason, Move};

/// One more address of the customer, at this postal code.
async fn site_at(world: &World, number: u64, postal_code: &str) -> SiteId {
    let (site, customer, now, found) = (id(number), world.customer, world.now(), home(postal_code));
    let address = Address {
        line1: "2900 Broadway".parse().unwrap(),
        line2: None,
        city: found.city,
        postal_code: found.postal_code,
        country: found.country,
        place: found.place,
        zone: found.zone,
    };
    let (contact_name, contact_phone) = ("Nora Ægir".parse().unwrap(), "+12125550198".parse().unwrap());
    let new = NewSite { address, contact_name, contact_phone, access_note: None };
    let write =
        world.db.write(Lane::Desk, async move |tx| customers::store::add_site(tx, site, customer, &new, now).await);
    write.await.unwrap();
    site
}

/// A second area beside Manhattan.
async fn bronx(world: &World) {
    let made = world.db.write(Lane::Desk, async |tx| workforce::create_area(tx, &an_area(77, "bronx", &["104"])).await);
    assert!(made.await.unwrap());
}

/// A fault of ours, as no move makes it: an open ticket without a deadline.
async fn loses_its_owner(db: &Database, ticket: TicketId) {
    let write = db.write(Lane::Work, async move |tx| faults::loses_its_owner(tx, ticket).await);
    write.await.unwrap();
}

/// The groups as cause, area and number, sorted.
async fn groups(client: &Client) -> Vec<(String, String, i64)> {
    let inbox = client.get("/api/v1/desk/inbox").await.value();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let group = |group: &Value| {
        let n = group["n"].as_i64().unwrap();
        assert_eq!(i64::try_from(group["items"].as_array().unwrap().len()), Ok(n));
        (text(&group["cause"]), text(&group["area"]), n)
    };
    let mut groups: Vec<_> = inbox["groups"].as_array().unwrap().iter().map(group).collect();
    groups.sort_unstable();
    groups
}

/// What stands in the group of this cause and area.
async fn of_group(client: &Client, cause: &str, area: &str) -> Vec<Value> {
    let inbox = client.get("/api/v1/desk/inbox").await.value();
    let group = inbox["groups"].as_array().unwrap().iter().find(|one| one["cause"] == cause && one["area"] == area);
    let items = group.unwrap_or_else(|| panic!("{cause} in {area}: {inbox}"))["items"].as_array().unwrap();
    items.iter().map(|item| item["item"].clone()).collect()
}

fn group(cause: &str, area: &str, n: i64) -> (String, String, i64) {
    (cause.to_owned(), area.to_owned(), n)
}

#[tokio::test]
async fn the_inbox_is_grouped_by_cause_and_area_and_one_action_is_for_all_of_a_group_and_nothing_else() {
    both_engines(async |db| {
        let Desk { world, emile, .. } = desk(&db).await;
        bronx(&world).await;
        let uptown = site_at(&world, 88_001, "10463").await;
        let (first, second, danger) = (world.ticket().await, world.ticket().await, world.ticket().await);
        let elsewhere = world.file(|filing| filing.site = uptown).await;
        world.act(danger, Move::AskHuman { reason: HumanReason::Danger }).await.unwrap();
        world.round().await;
        let others = [group("danger", "manhattan", 1), group("no_candidate", "bronx", 1)];
        let [one, other] = others.clone();
        assert_eq!(groups(&emile).await, [one, other, group("no_candidate", "manhattan", 2)]);
        let all = of_group(&emile, "no_candidate", "manhattan").await;
        let mut expected = [first, second].map(|ticket| json!(format!("ticket:{ticket}")));
        expected.sort_unstable_by_key(ToString::to_string);
        let mut found = all.clone();
        found.sort_unstable_by_key(ToString::to_string);
        assert_eq!(found, expected);
        let cancel = json!({ "items": all, "deed": "cancel", "note": "The power is out in the whole area." });
        let came = emile.json("POST", "/api/v1/desk/inbox/act", &cancel).await.value();
        let done = came["results"].as_array().unwrap().iter().filter(|one| one["done"] == true).count();
        assert_eq!(done, 2, "{came}");
        for ticket in [first, second] {
            assert_eq!(world.read(ticket).await.life.state.word(), "cancelled");
        }
        for ticket in [danger, elsewhere] {
            assert_eq!(world.read(ticket).await.life.state.word(), "waiting");
        }
        assert_eq!(groups(&emile).await, others, "nobody touched the rest");
    })
    .await;
}

#[tokio::test]
async fn a_ticket_that_nobody_owns_is_in_the_inbox_as_our_fault_and_can_be_called_off() {
    both_engines(async |db| {
        let Desk { world, emile, .. } = desk(&db).await;
        let (lost, sound) = (world.ticket().await, world.ticket().await);
        assert_eq!(groups(&emile).await, [], "the server looks for experts");
        loses_its_owner(&db, lost).await;
        assert_eq!(groups(&emile).await, [group("unowned", "manhattan", 1)]);
        let found = items(&emile).await;
        let item = json!(format!("ticket:{lost}"));
        assert_eq!((&found[0]["item"], &found[0]["deeds"]), (&item, &json!(["cancel"])), "no click mends it");
        let page = emile.get("/desk/inbox").await.text();
        assert!(page.contains("Without an owner"), "{page}");
        let act = json!({ "items": [item], "deed": "cancel", "note": "Rang Mia." });
        let came = emile.json("POST", "/api/v1/desk/inbox/act", &act).await.value();
        assert_eq!(came["results"][0]["done"], true, "{came}");
        assert_eq!(groups(&emile).await, []);
        assert_eq!(world.read(lost).await.life.state.word(), "cancelled");
        assert_eq!(world.read(sound).await.life.state.word(), "waiting");
    })
    .await;
}
