//! A customer with several sites, through all layers, on both engines: what a plan covers, and addresses that change or go
//! out of use.

use super::tests::{client, plain, send};
use crate::accounts::Person;
use crate::db::testing::both_engines;
use crate::db::{Database, Lane};
use crate::dispatch::world::{World, id};
use crate::http::testing::Client;
use crate::plans::{self, NewEntitlement};
use serde_json::{Value, json};
use shared::ids::TicketId;
use shared::ticket::Move;

async fn mia(db: &Database) -> (World, Client) {
    let (world, mia) = client(db).await;
    let routes = super::api::routes().merge(super::pages::routes()).merge(crate::customers::api::routes());
    let client = Client::new(mia.site.clone(), routes);
    let mia = client.signed_in(Person::Customer(world.customer)).await;
    (world, mia)
}

fn workshop(postal_code: &str) -> Value {
    json!({
        "address": { "line1": "1 Workshop Way", "postal_code": postal_code },
        "contact_name": "Bo", "contact_phone": "212 555 0177", "access_note": "Ring at the gate"
    })
}

async fn filed_at(mia: &Client, key: &str, site: &str) -> Value {
    let mut body = plain();
    body["site"] = site.into();
    send(mia, key, &body).await.value()
}

fn ticket_of(filed: &Value) -> TicketId {
    filed["id"].as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_ticket_beyond_the_sites_of_the_plan_waits_says_so_and_starts_when_one_covers_it() {
    both_engines(async |db| {
        let (world, mia) = mia(&db).await;
        let added = mia.json("POST", "/api/v1/me/sites", &workshop("10002")).await;
        assert_eq!(added.status.as_u16(), 201, "{}", added.text());
        let second = added.value()["id"].as_str().unwrap().to_owned();
        let first = filed_at(&mia, "k1", &world.site.to_string()).await;
        assert_eq!(first["needs_human"], json!(null));
        let beyond = filed_at(&mia, "k2", &second).await;
        assert_eq!(beyond["needs_human"], "no_plan", "{beyond}");
        let page = format!("/tickets/{}", beyond["id"].as_str().unwrap());
        let says = mia.get(&page).await.text();
        assert!(says.contains("Your plan covers one address, and this ticket is for another one"), "{says}");
        // A wider plan that covers from tomorrow on: until then the page says when.
        let (customer, now) = (world.customer, world.now());
        let from_at = now.plus_minutes(24 * 60);
        let wide = db.write(Lane::Desk, async move |tx| {
            let mut plan = plans::store::plan_by_slug(tx, &"home".parse().unwrap()).await?.unwrap();
            (plan.id, plan.slug, plan.sites) = (id(902), "wide".parse().unwrap(), 3);
            plans::store::create_plan(tx, &plan).await?;
            let until_at = from_at.plus_minutes(365 * 24 * 60);
            let bought = NewEntitlement {
                id: id(903),
                customer,
                plan: plan.id,
                from_at,
                until_at,
                reason: None,
                grace_until_at: None,
            };
            plans::store::grant(tx, bought, now).await
        });
        assert!(wide.await.unwrap().is_some());
        let says = mia.get(&page).await.text();
        assert!(says.contains("Your plan covers from Tue 3 Mar, 04:00 on"), "{says}");
        world.minutes_pass(24 * 60);
        let registry = crate::tickets::jobs::register(
            crate::jobs::Registry::new(),
            &world.bounds.timing,
            &crate::blobs::Blobs::in_memory(),
        );
        crate::jobs::Runner::new(db.clone(), registry).drain().await.unwrap();
        let ticket = world.read(ticket_of(&beyond)).await;
        assert!(ticket.life.is_matchable() && ticket.entitlement == Some(id(903)), "{ticket:?}");
    })
    .await;
}

#[tokio::test]
async fn a_site_that_moves_is_judged_again_for_its_tickets_and_one_in_use_is_not_retired() {
    both_engines(async |db| {
        let (world, mia) = mia(&db).await;
        let ana = world.expert("Ana", "10003").await;
        let only = format!("/api/v1/me/sites/{}", world.site);
        let refused = mia.json("DELETE", &only, &json!({})).await.problem();
        assert!(refused.detail.unwrap().starts_with("This is the only address"));
        let added = mia.json("POST", "/api/v1/me/sites", &workshop("10002")).await.value();
        let second = added["id"].as_str().unwrap().to_owned();
        let ticket = ticket_of(&filed_at(&mia, "k1", &world.site.to_string()).await);
        world.round().await;
        world.act(ticket, Move::Accept { expert: ana, late: None }).await.unwrap();
        let open = mia.json("DELETE", &only, &json!({})).await.problem();
        assert!(open.detail.unwrap().starts_with("A ticket is open at this address"));
        let stranger = mia.signed_in(Person::Customer(id(701))).await;
        assert_eq!(stranger.json("PUT", &only, &workshop("10001")).await.status.as_u16(), 404);
        let near = mia.json("PUT", &only, &workshop("10001")).await;
        assert_eq!((near.status.as_u16(), &near.value()["contact_name"]), (200, &json!("Bo")), "{}", near.text());
        let kept = world.read(ticket).await;
        assert_eq!((kept.life.state.holder(), kept.corrected_ver), (Some(ana), Some(kept.ver)));
        let again = mia.json("PUT", &only, &workshop("10001")).await;
        assert_eq!((again.status.as_u16(), again.value()["ver"].clone()), (200, near.value()["ver"].clone()));
        let agent = mia.signed_in(Person::Agent(id(60))).await;
        let far = format!("/api/v1/customers/{}/sites/{}", world.customer, world.site);
        assert_eq!(agent.json("PUT", &far, &workshop("10463")).await.status.as_u16(), 200);
        assert_eq!(world.holder(ticket).await, None, "nobody serves that area");
        let retired = mia.json("DELETE", &format!("/api/v1/me/sites/{second}"), &json!({})).await;
        assert_eq!(retired.status.as_u16(), 204);
        let left = mia.get("/api/v1/me/sites").await.value();
        assert_eq!(left["items"].as_array().unwrap().len(), 1);
        let mut body = plain();
        body["site"] = second.as_str().into();
        assert_eq!(send(&mia, "k2", &body).await.problem().errors[0].field, "site");
    })
    .await;
}
