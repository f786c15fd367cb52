//! Reporting a problem step by step, and following it, as a browser meets the pages; on both engines.

use super::tests::{client, plain, send};
use crate::db::testing::both_engines;
use crate::db::{Database, Lane, Tx};
use crate::dispatch::world::id;
use crate::http::testing::Client;
use crate::http::undone::Undone;
use crate::knowledge::change::{self, By};
use crate::knowledge::store::NewArticle;
use crate::knowledge::{Deed, Text};
use crate::workforce::Symptom;
use crate::workforce::store::put_symptom;
use serde_json::json;
use shared::event::Actor;
use shared::ids::TicketId;
use shared::ticket::Move;

/// The symptom "No picture", and an article about it that customers may read, and one that nobody has reviewed.
async fn knows(db: &Database) {
    let written = async |tx: &mut Tx| {
        let slug = "no_picture".parse().unwrap();
        let dark = Symptom { slug, label: "No picture".parse().unwrap(), danger: false };
        put_symptom(tx, &"tv".parse().unwrap(), &dark, 2, true).await?;
        let now = tx.real_now();
        for (number, title) in [(501, "Restart a television without a picture"), (502, "Open the case of a television")]
        {
            let text = Text {
                title: title.parse().unwrap(),
                problem: "There is no picture, though the light is on.".parse().unwrap(),
                steps: "Pull the plug.\nWait a minute.".parse().unwrap(),
                stop: None,
                category: Some("tv".parse().unwrap()),
                symptom: Some("no_picture".parse().unwrap()),
                make: None,
                model: None,
            };
            let author_name = "Ana".parse().unwrap();
            let new = NewArticle { id: id(number), text, author: Actor::Server, author_name, ticket: None };
            change::begin(tx, &new, now).await?;
        }
        let by = By { actor: Actor::Server, name: "Ada".parse().unwrap() };
        for deed in [Deed::Submit, Deed::Publish] {
            change::act(tx, id(501), deed, None, None, &by, now).await?;
        }
        Ok::<_, Undone>(())
    };
    db.write(Lane::Desk, written).await.unwrap();
}

#[tokio::test]
async fn a_report_goes_from_the_product_over_the_symptom_and_what_may_help_to_the_form() {
    both_engines(async |db| {
        let (_world, mia) = client(&db).await;
        knows(&db).await;
        let first = mia.get("/tickets/new").await.text();
        assert!(first.contains("href=\"/tickets/new?category=tv\"") && !first.contains("id=\"known\""), "{first}");
        let second = mia.get("/tickets/new?category=tv").await.text();
        for shown in ["What is wrong with it?", "No picture", "Smoke", "Do not touch it", "not sure"] {
            assert!(second.contains(shown), "{shown}: {second}");
        }
        let nothing = mia.get("/tickets/new?category=tv&step=1").await;
        assert!(nothing.status == 422 && nothing.text().contains("href=\"#f-symptom\""));
        let third = mia.get("/tickets/new?category=tv&step=1&symptom=no_picture&make=%C5%81umen&model=").await.text();
        assert!(third.contains("Restart a television") && third.contains("<li>Pull the plug.</li>"), "{third}");
        assert!(!third.contains("Open the case"), "only what was reviewed is shown");
        assert!(third.contains("value=\"Łumen\"") && third.contains("name=\"symptom\" value=\"no_picture\""));
        let danger = mia.get("/tickets/new?category=tv&symptom=smoke").await.text();
        assert!(danger.contains("id=\"danger\"") && !danger.contains("This may help"), "nobody tries anything there");
        let unsure = mia.get("/tickets/new?category=tv&symptom=none").await.text();
        assert!(unsure.contains("Something else") && unsure.contains("id=\"send\""));
    })
    .await;
}

#[tokio::test]
async fn earlier_products_are_offered_again_and_what_is_open_is_shown_before_another_is_filed() {
    both_engines(async |db| {
        let (world, mia) = client(&db).await;
        let filed = send(&mia, "k1", &plain()).await.value();
        let first = mia.get("/tickets/new").await.text();
        assert!(first.contains("Łumen X-55 (Television)"), "{first}");
        assert!(first.contains("/tickets/new?category=tv&#38;make=%C5%81umen&#38;model=X-55"), "{first}");
        let form = mia.get("/tickets/new?category=tv&symptom=none").await.text();
        let number = filed["number"].as_str().unwrap();
        assert!(form.contains("This is open already") && form.contains(number), "{form}");
        let ticket: TicketId = filed["id"].as_str().unwrap().parse().unwrap();
        world.act(ticket, Move::Solve).await.unwrap();
        assert!(!mia.get("/tickets/new?category=tv&symptom=none").await.text().contains("This is open already"));
        assert!(!form.contains("id=\"far\""), "experts work there");
    })
    .await;
}

#[tokio::test]
async fn who_lives_where_nobody_works_is_told_before_sending_and_a_full_house_keeps_what_was_typed() {
    both_engines(async |db| {
        let (world, mia) = client(&db).await;
        let far = json!({ "address": { "line1": "1 Ice Road", "postal_code": "99501" } });
        let path = format!("/api/v1/me/sites/{}", world.site);
        assert_eq!(mia.json("PUT", &path, &far).await.status.as_u16(), 200);
        let form = mia.get("/tickets/new?category=tv&symptom=none").await.text();
        assert!(form.contains("None of our experts works near 1 Ice Road"), "{form}");
        let mut site = mia.site.clone();
        let one = std::num::NonZeroU32::MIN;
        site.filings = std::sync::Arc::new(crate::http::door::Door::per_second(Some(one), db.clock().real_now()));
        let client = Client::new(site, super::api::routes().merge(super::pages::routes()));
        let mia = client.signed_in(crate::accounts::Person::Customer(world.customer)).await;
        let mut full = None;
        for n in 0..20 {
            let key = format!("busy-{n}");
            let fields = [("key", &*key), ("category", "tv"), ("title", "Dark – né"), ("description", "Since <noon>")];
            let heard = mia.form("/tickets/new", &fields).await;
            if heard.status.as_u16() == 503 {
                full = Some((key, heard.text()));
                break;
            }
        }
        let (key, page) = full.expect("the door closes");
        assert!(page.contains("More reports are coming in") && page.contains("Since &#60;noon&#62;"), "{page}");
        assert!(page.contains(&format!("name=\"key\" value=\"{key}\"")), "sent again it is the same report");
    })
    .await;
}

#[tokio::test]
async fn the_page_says_who_comes_and_in_which_language_and_the_list_has_pages() {
    both_engines(async |db| {
        let (world, mia) = client(&db).await;
        let ana = world.expert("Ana Ruíz", "10003").await;
        let ticket: TicketId = send(&mia, "k1", &plain()).await.value()["id"].as_str().unwrap().parse().unwrap();
        let page = format!("/tickets/{ticket}");
        assert!(!mia.get(&page).await.text().contains("id=\"visitor\""));
        world.round().await;
        world.act(ticket, Move::Accept { expert: ana, late: None }).await.unwrap();
        let shown = mia.get(&page).await.text();
        for part in ["id=\"visitor\"", "Ana Ruíz", ">AR<", "Speaks English", "id=\"again\"", ".live.js"] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
        assert!(!shown.contains("id=\"seen\""), "where an expert is before the departure is nobody's business");
        for n in 0..21 {
            db.clock().advance(1_000);
            send(&mia, &format!("more-{n}"), &plain()).await;
        }
        let list = mia.get("/tickets").await.text();
        assert_eq!(list.matches("class=\"card row\"").count(), 20);
        let next = list.split("href=\"/tickets?before=").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let rest = mia.get(&format!("/tickets?before={next}")).await.text();
        assert_eq!(rest.matches("class=\"card row\"").count(), 2);
        assert!(rest.contains("Newest tickets") && !rest.contains("id=\"earlier\""));
    })
    .await;
}
