//! The two minutes of a call: found by whatever is said, registered with three facts, helped with one line; and what the
//! caller was told, and is still to be told.

use super::super::{api, pages};
use crate::accounts::Person;
use crate::accounts::staff::{self, StaffFields, StaffRole};
use crate::db::testing::both_engines;
use crate::db::{Database, Error, Lane};
use crate::dispatch::world::{World, id};
use crate::http::testing::{Client, Heard, site};
use crate::tickets::{Ticket, store as tickets};
use crate::workforce::store::{NewNeed, put_category, put_need, put_symptom};
use crate::workforce::{Category, Symptom};
use axum::http::StatusCode;
use shared::ids::CustomerId;
use shared::number::TicketNumber;
use shared::skills::Skills;

struct Desk {
    world: World,
    emile: Client,
}

async fn desk(db: &Database) -> Desk {
    let world = World::new(db).await;
    let now = world.now();
    let fields = StaffFields {
        name: "Émile Roux".parse().unwrap(),
        email: "emile@example.com".parse().unwrap(),
        phone: None,
        role: StaffRole::Agent,
        locale: "en".into(),
        zone: "America/New_York".parse().unwrap(),
    };
    db.write(Lane::Desk, async move |tx| {
        staff::create(tx, id(51), &fields, None, now).await?.unwrap();
        for (place, slug, label) in [(1, "tv", "Television"), (2, "phone", "Phone")] {
            let category =
                Category { slug: slug.parse().unwrap(), label: label.parse().unwrap(), symptoms: Vec::new() };
            put_category(tx, &category, place, true).await?;
            let symptom =
                Symptom { slug: "dead".parse().unwrap(), label: "Does not start".parse().unwrap(), danger: false };
            put_symptom(tx, &category.slug, &symptom, 1, true).await?;
            let need = NewNeed {
                category: category.slug,
                symptom: None,
                skills: Skills::default(),
                work_minutes: 45,
                urgent: false,
            };
            put_need(tx, &need, now).await?;
        }
        Ok::<_, Error>(())
    })
    .await
    .unwrap();
    let routes = api::routes()
        .merge(pages::routes())
        .merge(crate::admin::api::routes())
        .merge(crate::admin::pages::routes())
        .merge(crate::customers::api::routes());
    let emile = Client::new(site(db), routes).checked().signed_in(Person::Agent(id(51))).await;
    Desk { world, emile }
}

async fn of(db: &Database, customer: CustomerId) -> Vec<Ticket> {
    db.read(async move |conn| tickets::of_customer(conn, customer, None, 50).await).await.unwrap()
}

fn leads_to(heard: &Heard) -> String {
    assert_eq!(heard.status, StatusCode::SEE_OTHER, "{}", heard.text());
    heard.header("location").to_owned()
}

/// What a hidden field of a page holds.
fn hidden(page: &str, name: &str) -> String {
    let after = page.split(&format!("name=\"{name}\" value=\"")).nth(1).expect("the field is there");
    after.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn whatever_a_caller_says_leads_to_them() {
    both_engines(async |db| {
        let Desk { world, emile } = desk(&db).await;
        let ticket = world.read(world.ticket().await).await;
        let mia = format!("/desk/callers/{}", world.customer);
        for said in ["lukaszewska", "MIA%20%C5%81uk", "(212) 555-0199", "2125550199", "%2B1 212 55", "mia@exam"] {
            let heard = emile.get(&format!("/desk?q={}", said.replace(' ', "+"))).await;
            assert_eq!(leads_to(&heard), mia, "{said}");
        }
        let number = ticket.number.to_string().to_lowercase();
        let heard = emile.get(&format!("/desk?q={number}")).await;
        assert_eq!(leads_to(&heard), format!("/desk/tickets/{}", ticket.id));
        let compact = ticket.number.compact();
        let other = if compact.starts_with('7') { "8" } else { "7" };
        let misheard = format!("{other}{}", &compact[1..]);
        assert!(misheard.parse::<TicketNumber>().is_err());
        let heard = emile.get(&format!("/desk?q={misheard}")).await;
        assert!(heard.text().contains("One character of this ticket number is wrong"), "{}", heard.text());
        let typing = emile.get("/desk?typing=1&q=luk").await;
        assert_eq!(typing.status, StatusCode::OK, "while one types the page stays");
        assert!(typing.text().contains("Mia Łukaszewska") && typing.text().contains("1 open"), "{}", typing.text());
        let nobody = emile.get("/desk?q=Zo%C3%AB+%3Cb%3E").await.text();
        assert!(nobody.contains("Nobody is known by this") && !nobody.contains("<b>"), "{nobody}");
        let found = emile.get(&format!("/api/v1/customers?q={number}")).await.value();
        assert_eq!(found["ticket"]["number"], ticket.number.to_string());
        assert_eq!(found["items"][0]["name"], "Mia Łukaszewska");
    })
    .await;
}

#[tokio::test]
async fn a_caller_is_seen_at_a_glance() {
    both_engines(async |db| {
        let Desk { world, emile } = desk(&db).await;
        world.expert("Ana", "10001").await;
        world.ticket().await;
        world.round().await;
        let page = emile.get(&format!("/desk/callers/{}", world.customer)).await;
        let text = page.text();
        for part in ["Mia Łukaszewska", "+1 212-555-0199", "Home", "valid", "350 5th Ave", "Offered to Ana"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(!text.contains("No valid plan"), "{text}");
        let seen = emile.get(&format!("/api/v1/desk/callers/{}", world.customer)).await.value();
        assert_eq!((&seen["plans"][0]["name"], seen["open"].as_array().unwrap().len()), (&"Home".into(), 1));
        let nobody = emile.get(&format!("/desk/callers/{}", id::<shared::ids::of::Customer>(9))).await;
        assert_eq!(nobody.status, StatusCode::NOT_FOUND);
    })
    .await;
}

#[tokio::test]
async fn a_caller_without_e_mail_is_registered_once_and_nobody_twice_by_mistake() {
    both_engines(async |db| {
        let Desk { world, emile } = desk(&db).await;
        let form = emile.get("/desk/callers/new?said=0212+555+0177").await.text();
        assert_eq!(hidden(&form, "notify_by"), "sms", "{form}");
        let key = hidden(&form, "key");
        let typed = [
            ("key", key.as_str()),
            ("name", "Zoë Núñez-O'Brien"),
            ("phone", "212 555 0177"),
            ("line1", "215 W 100th St"),
            ("postal_code", "10025"),
            ("notify_by", "call"),
            ("then", "ticket"),
        ];
        let first = leads_to(&emile.form("/desk/callers/new", &typed).await);
        assert!(first.ends_with("/ticket"), "{first}");
        let mut again = typed.to_vec();
        again.push(("anyway", "1"));
        assert_eq!(leads_to(&emile.form("/desk/callers/new", &again).await), first, "a second click");
        again[0].1 = "another-key";
        again.pop();
        let known = emile.form("/desk/callers/new", &again).await;
        assert_eq!(known.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(known.text().contains("Somebody is known by this phone") && known.text().contains("Zoë"));
        let wrong = emile.form("/desk/callers/new", &[("key", "k"), ("phone", "12"), ("postal_code", "99999")]).await;
        let text = wrong.text();
        assert!(text.contains("#f-name") && text.contains("#f-phone") && text.contains("#f-line1"), "{text}");
        let found = db.read(async |conn| crate::customers::store::search(conn, "zoe", 9).await).await.unwrap();
        assert_eq!((found.len(), found[0].email.clone()), (1, None));
        let _ = world;
    })
    .await;
}

#[tokio::test]
async fn one_line_is_enough_for_a_ticket_and_it_counts_once() {
    both_engines(async |db| {
        let Desk { world, emile } = desk(&db).await;
        let path = format!("/desk/callers/{}/ticket", world.customer);
        let page = emile.get(&path).await.text();
        let key = hidden(&page, "key");
        assert!(page.contains("<option value=\"Television: Does not start\">"), "{page}");
        let several = emile.form(&path, &[("key", &key), ("trouble", "does not start")]).await;
        assert_eq!(several.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(several.text().contains("Which of these?"), "{}", several.text());
        assert!(
            emile.form(&path, &[("key", &key), ("trouble", "oven")]).await.text().contains("Nothing in the list fits")
        );
        let sent = emile.form(&path, &[("key", &key), ("trouble", "tele sta"), ("make", "Łumen")]).await;
        let to = leads_to(&sent);
        let again = emile.form(&path, &[("key", &key), ("trouble", "tele sta"), ("make", "Łumen")]).await;
        assert_eq!(leads_to(&again), to, "a second click");
        let filed = of(&db, world.customer).await;
        assert_eq!((filed.len(), filed[0].title.as_str()), (1, "Television: Does not start"));
        assert!(emile.get(&path).await.text().contains("<option value=\"Łumen\">"), "what broke before is remembered");

        let twin = emile.form(&path, &[("key", "k2"), ("trouble", "television: does not start")]).await;
        assert_eq!(twin.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(twin.text().contains("There is an open ticket about this"), "{}", twin.text());
        let typed = [
            ("key", "k2"),
            ("trouble", "television: does not start"),
            ("anyway", "1"),
            ("description", "Smoke came out!"),
        ];
        leads_to(&emile.form(&path, &typed).await);
        let filed = of(&db, world.customer).await;
        assert_eq!(filed.len(), 2);
        let danger = filed.iter().find(|ticket| ticket.description.as_str().contains("Smoke")).unwrap();
        assert!(danger.urgent, "what they say is heard, whatever was chosen");
        assert_eq!(danger.life.needs_human.as_ref().map(|flag| flag.reason.word()), Some("danger"));
    })
    .await;
}

#[tokio::test]
async fn a_caller_changes_and_somebody_helps_them() {
    both_engines(async |db| {
        let Desk { world, emile } = desk(&db).await;
        let path = format!("/desk/callers/{}", world.customer);
        assert!(emile.get(&format!("{path}/edit")).await.text().contains("value=\"Mia Łukaszewska\""));
        let mut typed = vec![
            ("name", "Mia Núñez"),
            ("phone", "212 555 0144"),
            ("notify_by", "call"),
            ("helper_name", "Zoë"),
            ("helper_phone", "12"),
        ];
        let wrong = emile.form(&format!("{path}/edit"), &typed).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(wrong.text().contains("#f-helper_phone"), "{}", wrong.text());
        typed[4].1 = "212 555 0145";
        assert_eq!(leads_to(&emile.form(&format!("{path}/edit"), &typed).await), path);
        let page = emile.get(&path).await.text();
        for part in ["Mia Núñez", "+1 212-555-0144", "By a call", "Zoë helps them"] {
            assert!(page.contains(part), "{part}: {page}");
        }
    })
    .await;
}
