//! Background work that gave up, as the desk meets it.

use super::tests::{Desk, desk, items};
use crate::db::Lane;
use crate::db::testing::both_engines;
use crate::jobs;
use serde_json::json;

#[tokio::test]
async fn work_that_gave_up_comes_to_a_person_who_lets_it_run_again_once() {
    both_engines(async |db| {
        let Desk { world, emile, ada } = desk(&db).await;
        world.expert("Ana", "10001").await;
        let ticket = world.ticket().await;
        db.write(Lane::Work, async |tx| jobs::bury_all(tx).await).await.unwrap();
        let found = items(&emile).await;
        let search =
            found.iter().find(|one| one["say"].as_str().unwrap().starts_with("match_ticket")).cloned().unwrap();
        assert_eq!((&search["cause"], &search["deeds"]), (&json!("failed"), &json!(["run_again"])));
        assert_eq!(search["say"], "match_ticket: a test buried it");
        assert_eq!(search["ticket"]["id"], ticket.to_string(), "one can look at what it was about");
        let page = emile.get("/desk/inbox").await.text();
        assert!(page.contains("Background work that gave up") && page.contains("a test buried it"), "{page}");

        let all: Vec<_> = found.iter().map(|one| one["item"].clone()).collect();
        let act = async |client: &crate::http::testing::Client, deed: &str| {
            let body = json!({ "items": all, "deed": deed });
            let came = client.json("POST", "/api/v1/desk/inbox/act", &body).await.value();
            came["results"].as_array().unwrap().iter().filter(|one| one["done"] == true).count()
        };
        assert_eq!(act(&ada, "take").await, all.len(), "it has an owner like anything else");
        assert_eq!(act(&emile, "run_again").await, 0, "a colleague takes care of it");
        assert_eq!(act(&ada, "said").await, 0, "there is nothing to say to anybody");
        assert_eq!(act(&ada, "run_again").await, all.len(), "the whole group at once");
        assert_eq!(act(&ada, "run_again").await, 0, "a second click finds it running");
        assert!(items(&emile).await.is_empty());
        world.round().await;
        assert!(world.holder(ticket).await.is_some(), "what gave up is done now");
    })
    .await;
}
