//! Plans and grants as admins and customers meet them.

use super::routes;
use crate::accounts::Person;
use crate::customers::{register, signup};
use crate::db::testing::both_engines;
use crate::http::testing::{Client, site};
use serde_json::{Value, json};
use shared::problem::ProblemCode;

fn home() -> Value {
    json!({
        "slug": "home",
        "name": "Home",
        "price": { "minor_units": 11_900, "currency": "USD" },
        "period_months": 12,
        "sites": 1,
        "promise_hours": 48,
    })
}

#[tokio::test]
async fn an_admin_keeps_plans_and_a_stale_edit_is_refused() {
    both_engines(async |db| {
        let site = site(&db);
        let public = Client::new(site.clone(), routes());
        let admin = public.signed_in(Person::Admin(site.new_id())).await;
        let made = admin.json("POST", "/api/v1/admin/plans", &home()).await;
        assert_eq!(made.status, 201, "{}", made.text());
        assert_eq!(admin.json("POST", "/api/v1/admin/plans", &home()).await.problem().code, ProblemCode::Conflict);
        let path = format!("/api/v1/admin/plans/{}", made.value()["id"].as_str().unwrap());
        let mut edit = home();
        (edit["ver"], edit["active"]) = (json!(1), json!(false));
        assert_eq!(admin.json("PUT", &path, &edit).await.value()["ver"], 2);
        assert_eq!(admin.json("PUT", &path, &edit).await.problem().code, ProblemCode::Stale);
        (edit["ver"], edit["sites"]) = (json!(2), json!(0));
        assert_eq!(admin.json("PUT", &path, &edit).await.problem().errors[0].field, "sites");
        assert_eq!(public.get("/api/v1/plans").await.value()["items"], json!([]), "it is no longer sold");
        assert_eq!(admin.get("/api/v1/admin/plans").await.value()["items"][0]["slug"], "home");
        assert_eq!(public.json("POST", "/api/v1/admin/plans", &home()).await.status, 401);
    })
    .await;
}

#[tokio::test]
async fn a_grant_has_a_reason_runs_a_period_and_is_audited() {
    both_engines(async |db| {
        let site = site(&db);
        let public = Client::new(site.clone(), routes());
        let admin = public.signed_in(Person::Admin(site.new_id())).await;
        admin.json("POST", "/api/v1/admin/plans", &home()).await;
        let typed = register::tests::typed();
        let mia = signup::register(&site, &typed, register::By::Agent, None).await.unwrap().customer;
        let path = format!("/api/v1/admin/customers/{mia}/entitlements");
        let bare = admin.json("POST", &path, &json!({ "plan": "home" })).await.problem();
        assert_eq!((bare.errors[0].field.as_str(), bare.errors[0].code.as_str()), ("reason", "required"));
        let unknown = admin.json("POST", &path, &json!({ "plan": "gold", "reason": "moved" })).await.problem();
        assert_eq!(unknown.errors[0].field, "plan");
        let granted = admin.json("POST", &path, &json!({ "plan": "home", "reason": "A gift for the wait" })).await;
        assert_eq!(granted.status, 201, "{}", granted.text());
        let granted = granted.value();
        assert_eq!(
            (&granted["from_at"], &granted["until_at"]),
            (&json!("2026-03-02T09:00:00Z"), &json!("2027-03-02T09:00:00Z"))
        );
        let customer = public.signed_in(Person::Customer(mia)).await;
        assert_eq!(customer.get("/api/v1/me/entitlements").await.value()["items"][0]["id"], granted["id"]);
        let cancel = format!("{path}/{}/cancel", granted["id"].as_str().unwrap());
        assert_eq!(admin.json("POST", &cancel, &json!({})).await.value()["state"], "cancelled");
        assert_eq!(admin.json("POST", &cancel, &json!({})).await.problem().code, ProblemCode::AlreadySettled);
        let lines = db.read(async |conn| crate::audit::list(conn, None, None, 10).await).await.unwrap();
        // Time stands still here, so the lines have no order.
        let mut what: Vec<_> = lines.iter().map(|line| line.what.as_str()).collect();
        what.sort_unstable();
        assert_eq!(what, ["customer.create", "entitlement.cancel", "entitlement.grant", "plan.create"]);
        let nobody = "/api/v1/admin/customers/0199a3f0-7c1e-7d2a-8b11-5f6e7a8b9c0d/entitlements";
        assert_eq!(admin.json("POST", nobody, &json!({ "plan": "home", "reason": "x" })).await.status, 404);
    })
    .await;
}
