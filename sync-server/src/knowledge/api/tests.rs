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

#[tokio::test]
async fn an_admin_keeps_the_words_that_mean_the_same_and_reads_what_was_looked_for_in_vain() {
    on(Engine::Sqlite, async |db| {
        let both = routes_here().merge(super::super::pages::routes());
        let nobody = Client::new(site(&db), both);
        let admin = nobody.signed_in(Person::Admin(nobody.site.new_id())).await;
        let agent = nobody.signed_in(Person::Agent(nobody.site.new_id())).await;
        assert!(agent.get("/knowledge/misses").await.text().contains("Every search has found something"));
        agent.get("/knowledge?q=toaster%20oven").await;
        let misses = admin.get("/knowledge/misses").await.text();
        assert!(misses.contains("toaster oven") && misses.contains("title=toaster%20oven"), "{misses}");
        assert_eq!(admin.form("/knowledge/misses/forget", &[("words", "toaster oven")]).await.status, 303);
        let again = admin.form("/knowledge/misses/forget", &[("words", "toaster oven")]).await;
        assert_eq!(again.status, 303, "a second click is as good");
        assert!(!admin.get("/knowledge/misses").await.text().contains("toaster"));
        assert!(admin.get("/knowledge/new?title=Toaster").await.text().contains("value=\"Toaster\""));

        let bad = admin.form("/knowledge/words", &[("ver", "0"), ("body", "tv =")]).await;
        assert_eq!(bad.status, 422);
        assert!(bad.text().contains("ine 1: write words on both sides of each"), "{}", bad.text());
        let put =
            async |ver: &str, body: &str| admin.form("/knowledge/words", &[("ver", ver), ("body", body)]).await.status;
        assert_eq!(put("0", "tv = telly").await, 303);
        assert_eq!(put("0", "tv = tube").await, 422, "somebody has changed it since");
        assert_eq!(put("1", "tv = telly").await, 303, "nothing new is no change");
        assert!(admin.get("/knowledge/words").await.text().contains("tv = telly"));
        assert_eq!(agent.get("/knowledge/words").await.status, StatusCode::FORBIDDEN);
    })
    .await;
}

#[tokio::test]
async fn a_reviewer_sees_what_changed_between_two_versions() {
    on(Engine::Sqlite, async |db| {
        let both = routes_here().merge(super::super::pages::routes());
        let nobody = Client::new(site(&db), both);
        let admin = nobody.signed_in(Person::Admin(nobody.site.new_id())).await;
        let id: ArticleId = nobody.site.new_id();
        let text = |steps: &str| json!({ "title": "Router blinks", "problem": "It blinks.", "steps": steps });
        let begin = json!({ "id": id, "text": text("Restart it.\nCall us.") });
        assert_eq!(admin.json("POST", "/api/v1/admin/articles", &begin).await.status, StatusCode::CREATED);
        let edit = json!({ "ver": 1, "text": text("Pull the plug.\nRestart it.") });
        assert_eq!(admin.json("PUT", &format!("/api/v1/admin/articles/{id}"), &edit).await.status, StatusCode::OK);
        let page = admin.get(&format!("/knowledge/{id}/versions/2")).await.text();
        assert!(
            page.contains("<p class=\"diff came\"><span class=\"diff-mark\">New:</span> Pull the plug.</p>"),
            "{page}"
        );
        assert!(page.contains("<p class=\"diff gone\"><span class=\"diff-mark\">Taken out:</span> Call us.</p>"));
        assert!(page.contains("<p class=\"diff \">Restart it.</p>") && !page.contains("What somebody sees"));
        assert_eq!(admin.get(&format!("/knowledge/{id}/versions/1")).await.status, StatusCode::NOT_FOUND);
        assert!(admin.get(&format!("/knowledge/{id}")).await.text().contains("See what changed in this version"));
    })
    .await;
}
