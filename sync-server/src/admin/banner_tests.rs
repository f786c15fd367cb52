//! Banners as the desk sets them and customers see them, on both engines: who lives there, until the instant, and not after.

use crate::accounts::Person;
use crate::banners::{RUNNING_MAX, api, pages};
use crate::db::testing::both_engines;
use crate::dispatch::world::{World, id};
use crate::http::testing::{Client, site};
use crate::intake;
use serde_json::{Value, json};
use shared::ids::CustomerId;

const WORDS: &str = "The storm took down lines – visits may take a day longer.";

fn nobody(world: &World) -> Client {
    let routes = api::routes().merge(pages::routes()).merge(intake::pages::routes());
    let routes = routes.merge(crate::admin::callers::pages::routes());
    Client::new(site(&world.db), routes)
}

async fn desk(world: &World) -> Client {
    nobody(world).signed_in(Person::Agent(id(3))).await
}

/// The ids of an area that holds the world's customer, and of one that does not.
async fn areas(world: &World) -> (String, String) {
    let far = crate::workforce::Area {
        id: id(990),
        slug: "far".parse().unwrap(),
        name: "Far away".parse().unwrap(),
        active: true,
        ver: 1,
        postal: vec![crate::workforce::PostalPrefix { country: "US".into(), prefix: "99".into() }],
        drawing: None,
    };
    let made =
        world.db.write(crate::db::Lane::Desk, async move |tx| crate::workforce::store::create_area(tx, &far).await);
    assert!(made.await.unwrap());
    let customer: CustomerId = world.customer;
    let near = world.db.read(async move |conn| {
        let place = crate::customers::store::sites_of(conn, customer).await?.remove(0);
        let mut coverage = crate::workforce::store::Coverage::default();
        coverage.of(conn, &place.country, &place.postal_code, place.at()).await
    });
    let near = near.await.unwrap().into_iter().next().expect("somebody works there");
    (near.to_string(), id::<shared::ids::of::Area>(990).to_string())
}

fn body(world: &World, areas: &[&str], minutes: i64) -> Value {
    json!({ "areas": areas, "text": WORDS, "until": world.now().plus_minutes(minutes) })
}

#[tokio::test]
async fn who_has_an_address_in_the_area_reads_a_banner_until_its_instant_and_nobody_else_does() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let emile = desk(&world).await;
        let (near, far) = areas(&world).await;
        let mia = emile.signed_in(Person::Customer(world.customer)).await;
        let elsewhere = emile.json("POST", "/api/v1/desk/banners", &body(&world, &[&far], 60)).await;
        assert_eq!(elsewhere.status, 201, "{}", elsewhere.text());
        assert_eq!(mia.get("/api/v1/me/banners").await.value()["items"], json!([]), "it is another area's");
        let set = emile.json("POST", "/api/v1/desk/banners", &body(&world, &[&near, &far], 60)).await;
        assert_eq!(set.status, 201);
        let seen = mia.get("/api/v1/me/banners").await.value();
        assert_eq!(seen["items"][0]["text"], json!(WORDS));
        assert_eq!(seen["items"][0]["areas"].as_array().map(Vec::len), Some(1), "only theirs is named: {seen}");
        let ticket = world.ticket().await;
        let caller = emile.get(&format!("/desk/callers/{}", world.customer)).await.text();
        assert!(caller.contains(WORDS), "who takes the call reads what the caller reads");
        let nobody = nobody(&world);
        let track = format!("/track/{}", emile.site.links.track(ticket));
        for page in ["/", "/tickets", "/tickets/new", "/tickets/new?category=tv&symptom=none"] {
            let page_text = mia.get(page).await.text();
            assert!(page_text.contains(WORDS), "{page} shows it");
        }
        assert!(mia.get(&format!("/tickets/{ticket}")).await.text().contains(WORDS));
        assert!(nobody.get(&track).await.text().contains(WORDS), "who has the link reads it too");
        assert!(!nobody.get("/").await.text().contains(WORDS), "of nobody no address is known");
        world.minutes_pass(60);
        assert_eq!(mia.get("/api/v1/me/banners").await.value()["items"], json!([]), "at its instant it is over");
        assert!(!mia.get("/tickets").await.text().contains(WORDS));
        assert!(!nobody.get(&track).await.text().contains(WORDS));
    })
    .await;
}

#[tokio::test]
async fn the_desk_sets_changes_and_takes_back_a_banner_once_each_with_a_line_in_the_audit() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let emile = desk(&world).await;
        let (near, _) = areas(&world).await;
        let page = emile.get("/desk/banners").await.text();
        assert!(page.contains("No banner was set so far"), "{page}");
        let key = page.split("name=\"key\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let area = format!("area-{near}");
        let refused = emile.form("/desk/banners", &[("key", &key), ("text", ""), ("hours", "4")]).await;
        assert_eq!(refused.status, 422);
        assert!(refused.text().contains("Choose at least one area") && refused.text().contains(&key));
        let typed = [("key", key.as_str()), ("text", WORDS), ("hours", "4"), (area.as_str(), "1")];
        for _ in 0..2 {
            let set = emile.form("/desk/banners", &typed).await;
            assert_eq!(set.status, 303, "{}", set.text());
        }
        let list = emile.get("/api/v1/desk/banners").await.value();
        assert_eq!(list["items"].as_array().map(Vec::len), Some(1), "a second click sets no second one");
        let (banner, ver) = (list["items"][0]["id"].as_str().unwrap().to_owned(), &list["items"][0]["ver"]);
        let path = format!("/api/v1/desk/banners/{banner}");
        let mut changed = body(&world, &[&near], 120);
        changed["ver"] = ver.clone();
        assert_eq!(emile.json("PUT", &path, &changed).await.status, 200);
        assert_eq!(emile.json("PUT", &path, &changed).await.status, 409, "it was seen before");
        let edit = emile.get(&format!("/desk/banners/{banner}")).await.text();
        assert!(edit.contains("checked") && edit.contains("It stands until"), "{edit}");
        for _ in 0..2 {
            let end = emile.form(&format!("/desk/banners/{banner}/end"), &[]).await;
            assert_eq!(end.status, 303);
        }
        let mia = emile.signed_in(Person::Customer(world.customer)).await;
        assert_eq!(mia.get("/api/v1/me/banners").await.value()["items"], json!([]));
        assert!(emile.get("/desk/banners").await.text().contains("taken back"));
        let lines = db.read(async |conn| crate::audit::list(conn, None, None, 100).await).await.unwrap();
        // The clock stands still, so the lines have no order among themselves.
        let mut what: Vec<&str> = lines.iter().map(|line| line.what.as_str()).collect();
        what.sort_unstable();
        assert_eq!(what, ["banner.change", "banner.set", "banner.take_back"]);
    })
    .await;
}

#[tokio::test]
async fn a_banner_without_an_area_an_end_in_time_or_words_is_refused_in_words() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let emile = desk(&world).await;
        let (near, _) = areas(&world).await;
        let unknown = id::<shared::ids::of::Area>(404).to_string();
        for (wrong, field) in [
            (body(&world, &[], 60), "areas"),
            (body(&world, &[&unknown], 60), "areas"),
            (body(&world, &[&near], 0), "until"),
            (body(&world, &[&near], 14 * 1_440 + 1), "until"),
        ] {
            let refused = emile.json("POST", "/api/v1/desk/banners", &wrong).await;
            assert_eq!(refused.status, 422, "{wrong}");
            assert_eq!(refused.value()["errors"][0]["field"], json!(field), "{wrong}");
        }
        for _ in 0..RUNNING_MAX {
            let set = emile.json("POST", "/api/v1/desk/banners", &body(&world, &[&near], 60)).await;
            assert_eq!(set.status, 201);
        }
        let one_more = emile.json("POST", "/api/v1/desk/banners", &body(&world, &[&near], 60)).await;
        assert_eq!(one_more.status, 409, "{}", one_more.text());
    })
    .await;
}
