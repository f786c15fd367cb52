//! What is somebody else's opens to nobody: every route that takes an id of a customer's is asked by another customer, with
//! an id that is there, of the kind that belongs there, and Mia's. A route with a place for an id of which nothing is known
//! here fails the test.

use super::access::{in_sources, row_of};
use super::routes;
use crate::accounts::{Person, Role};
use crate::billing::samples::charge;
use crate::billing::store::{Checkout, CheckoutState};
use crate::billing::{self, Charge, ChargeState, Failure};
use crate::blobs::samples::plain_jpeg;
use crate::customers::store as customers;
use crate::db::testing::on;
use crate::db::{Engine, Lane};
use crate::dispatch::world::World;
use crate::http::testing::{Client, site};
use crate::plans;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use shared::ids::{ChargeId, CheckoutId, CustomerId, EntitlementId, PhotoId, SiteId, TicketId};

/// What is Mia's, for the places in paths.
struct OfMia {
    ticket: TicketId,
    photo: PhotoId,
    site: SiteId,
    entitlement: EntitlementId,
    charge: ChargeId,
    checkout: CheckoutId,
}

impl OfMia {
    /// A path with what is hers in each place. What belongs in a place is told by what stands before it; where that is not
    /// known, the place is given back.
    fn filled(&self, path: &str) -> Result<String, String> {
        let mut filled: Vec<String> = Vec::new();
        let mut before = "";
        for part in path.split('/') {
            filled.push(match (before, part) {
                ("tickets", "{id}") => self.ticket.to_string(),
                ("photos", "{id}") => self.photo.to_string(),
                ("sites", "{id}" | "{site}") => self.site.to_string(),
                ("plan" | "entitlements", "{id}") => self.entitlement.to_string(),
                ("charges", "{id}") => self.charge.to_string(),
                ("done", "{checkout}") => self.checkout.to_string(),
                (_, place) if place.starts_with('{') => return Err(format!("{before}/{place}")),
                (_, word) => word.to_owned(),
            });
            before = part;
        }
        Ok(filled.join("/"))
    }
}

/// A charge of Mia's plan that was declined and is open.
async fn owes(world: &World, entitlement: EntitlementId) -> ChargeId {
    let (now, customer) = (world.now(), world.customer);
    let charge = Charge {
        customer,
        entitlement,
        state: ChargeState::Open {
            first_at: now,
            next_at: now.plus_minutes(1_440),
            gives_up_at: now.plus_minutes(20_000),
            failure: Failure::Declined,
        },
        ..charge(now, now.plus_minutes(500_000))
    };
    let id = charge.id;
    let begun = world.db.write(Lane::Desk, async move |tx| billing::store::begin_charge(tx, &charge).await);
    assert!(begun.await.unwrap(), "there is a charge");
    id
}

/// A visit of Mia's to the page of the provider of payments that she left.
async fn visits(world: &World, id: CheckoutId) {
    let (now, customer) = (world.now(), world.customer);
    let checkout = Checkout {
        id,
        customer,
        buys: None,
        state: CheckoutState::Left,
        session: None,
        url: None,
        created_at: now,
        expires_at: now.plus_minutes(60),
    };
    let begun = world.db.write(Lane::Desk, async move |tx| billing::store::begin(tx, &checkout).await);
    begun.await.unwrap();
}

/// Mia adds a picture to her ticket.
async fn shows(mia: &Client, ticket: TicketId) -> PhotoId {
    let path = format!("/api/v1/tickets/{ticket}/files");
    let mut body = b"--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.jpg\"\r\n\r\n".to_vec();
    body.extend(plain_jpeg(40, 30));
    body.extend(b"\r\n--b--\r\n");
    let request = Request::post(&path).header(header::CONTENT_TYPE, "multipart/form-data; boundary=b");
    let sent = mia.send(request.body(Body::from(body)).unwrap()).await;
    assert_eq!(sent.status, StatusCode::CREATED, "{}", sent.text());
    let listed = mia.get(&path).await.value();
    listed["files"][0]["id"].as_str().unwrap().parse().unwrap()
}

/// Everything of Mia's that a path may name.
async fn of_mia(world: &World, client: &Client) -> OfMia {
    let mia = client.signed_in(Person::Customer(world.customer)).await;
    let ticket = world.ticket().await;
    let customer = world.customer;
    let bought = world.db.read(async move |conn| plans::store::entitlements_of(conn, customer).await).await.unwrap();
    let entitlement = bought[0].id;
    let checkout = client.site.new_id();
    visits(world, checkout).await;
    OfMia {
        ticket,
        photo: shows(&mia, ticket).await,
        site: world.another_site().await,
        entitlement,
        charge: owes(world, entitlement).await,
        checkout,
    }
}

/// The routes that customers may ask and that name something of somebody's. A plan on sale is nobody's.
fn of_customers() -> Vec<(String, String)> {
    let is_wanted = |method: &str, path: &str| {
        let row = row_of(method, path).expect("every route has a row");
        !row.is_public && row.who.contains(&Role::Customer) && path.contains('{') && path != "/plans/{slug}"
    };
    in_sources().into_iter().filter(|(method, path)| is_wanted(method, path)).collect()
}

/// Asks with a body that is right, so that nothing but whose it is can refuse.
async fn asked(client: &Client, method: &str, route: &str, path: &str) -> StatusCode {
    let bodies = [
        ("note", r#"{"text":"hello"}"#),
        ("reschedule", r#"{"windows":[]}"#),
        ("{site}", r#"{"address":{"line1":"1 Main St","postal_code":"10025"}}"#),
    ];
    let is_api = route.starts_with("/api/");
    let body = bodies.iter().find(|(end, _)| route.ends_with(end)).map_or("{}", |(_, body)| body);
    let kind = if is_api { "application/json" } else { "application/x-www-form-urlencoded" };
    let request = Request::builder().method(method).uri(path);
    let request = request.header(header::CONTENT_TYPE, kind).header("idempotency-key", "theirs");
    let body = Body::from(if is_api { body } else { "text=hello&how=solved&soon=1" });
    client.head_of(request.body(body).unwrap()).await.0
}

#[tokio::test]
async fn other_peoples_ids_open_nothing_and_change_nothing() {
    on(Engine::Sqlite, async |db| {
        let world = World::new(&db).await;
        let client = Client::new(site(&db), routes());
        let hers = of_mia(&world, &client).await;
        let (ticket, place, customer) = (hers.ticket, hers.site, world.customer);
        let bought =
            async || db.read(async move |conn| plans::store::entitlements_of(conn, customer).await).await.unwrap();
        let address = async || db.read(async move |conn| customers::site(conn, place).await).await.unwrap();
        let before = (world.read(ticket).await, address().await, bought().await);
        let somebody: CustomerId = client.site.new_id();
        let somebody = client.signed_in(Person::Customer(somebody)).await;
        let known = of_customers();
        let mut wrong = Vec::new();
        for (method, route) in &known {
            let path = match hers.filled(route) {
                Ok(path) => path,
                Err(place) => {
                    wrong
                        .push(format!("{method} {route}: what of Mia's belongs into {place}? Say it in OfMia::filled"));
                    continue;
                }
            };
            let status = asked(&somebody, method, route, &path).await;
            let is_hidden = status == StatusCode::NOT_FOUND || status == StatusCode::FORBIDDEN;
            if !is_hidden {
                wrong.push(format!("{method} {route}: {status} to somebody else"));
            }
        }
        assert!(known.len() >= 8, "only {} routes of customers take an id", known.len());
        assert!(wrong.is_empty(), "\n  {}\n", wrong.join("\n  "));
        let after = (world.read(ticket).await, address().await, bought().await);
        assert_eq!(after, before, "nothing of the ticket, the address or the plan changed");
        // And to her they open: it was whose they are that refused, not that there is no such thing.
        let mia = client.signed_in(Person::Customer(customer)).await;
        let mut n_hers = 0;
        for (method, route) in known.iter().filter(|(method, _)| method == "GET") {
            let path = hers.filled(route).expect("it was filled above");
            let status = asked(&mia, method, route, &path).await;
            assert!(!status.is_client_error() && !status.is_server_error(), "GET {path}: {status} to Mia herself");
            n_hers += 1;
        }
        assert!(n_hers >= 6, "only {n_hers} routes show her what is hers");
    })
    .await;
}
