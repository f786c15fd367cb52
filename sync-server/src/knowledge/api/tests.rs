//! Who reads what over HTTP, and what a second click does.

use super::*;
use crate::db::Engine;
use crate::db::testing::on;
use crate::http::testing::{Client, site};

fn routes_here() -> Router<Site> {
    routes()
}

#[tokio::test]
async fn a_draft_is_for_ours_and_anybody_reads_what_was_published() {
    on(Engine::Sqlite, async |db| {
        let nobody = Client::new(site(&db), routes_here());
        let as_ = async |person| nobody.signed_in(person).await;
        let (expert, admin) =
            (as_(Person::Expert(nobody.site.new_id())).await, as_(Person::Admin(nobody.site.new_id())).await);
        let customer = as_(Person::Customer(nobody.site.new_id())).await;
        let id: ArticleId = nobody.site.new_id();
        let text = json!({ "title": "Router blinks red", "problem": "It blinks.", "steps": "Restart it." });
        let body = json!({ "id": id, "text": text });
        let begun = expert.json("POST", "/api/v1/knowledge", &body).await;
        assert_eq!((begun.status, begun.value()["state"].clone()), (StatusCode::CREATED, json!("draft")));
        let again = expert.json("POST", "/api/v1/knowledge", &body).await;
        assert_eq!(again.value()["ver"], 1, "a second click begins nothing");
        let n = |heard: crate::http::testing::Heard| heard.value()["items"].as_array().unwrap().len();
        assert_eq!(n(expert.get("/api/v1/knowledge?q=rooter").await), 1);
        assert_eq!(n(nobody.get("/api/v1/knowledge/public?q=router").await), 0);
        assert_eq!(customer.get("/api/v1/knowledge?q=router").await.status, StatusCode::FORBIDDEN);
        assert_eq!(nobody.get(&format!("/api/v1/knowledge/public/{id}")).await.status, StatusCode::NOT_FOUND);

        let retire = format!("/api/v1/admin/articles/{id}/retire");
        let why = admin.json("POST", &retire, &json!({})).await.problem();
        assert_eq!(why.errors[0].field, "note");
        let publish = format!("/api/v1/admin/articles/{id}/publish");
        assert_eq!(admin.json("POST", &publish, &json!({ "ver": 7 })).await.problem().code, ProblemCode::Stale);
        assert_eq!(admin.json("POST", &publish, &json!({ "ver": 1 })).await.value()["public_ver"], 1);
        assert_eq!(admin.json("POST", &publish, &json!({})).await.problem().code, ProblemCode::Conflict);
        let found = nobody.get("/api/v1/knowledge/public?q=router").await.value();
        assert_eq!(found["items"][0]["text"]["title"], "Router blinks red");
        assert!(found["items"][0].get("author_name").is_none(), "customers see nobody's name");
        let misses = admin.get("/api/v1/admin/articles/misses").await.value();
        assert_eq!(misses["items"][0]["words"], "router", "what customers looked for before it was there");
        let versions = admin.get(&format!("/api/v1/admin/articles/{id}/versions")).await.value();
        assert_eq!(versions["items"].as_array().unwrap().len(), 1);
        let ticket: TicketId = nobody.site.new_id();
        let helped = format!("/api/v1/knowledge/{id}/helped");
        let voted = expert.json("POST", &helped, &json!({ "ticket": ticket, "fixed": true })).await;
        assert_eq!(voted.problem().errors[0].field, "ticket");
    })
    .await;
}
