//! Customers as the public and the desk meet them.

use super::routes;
use crate::accounts::Person;
use crate::db::testing::both_engines;
use crate::http::testing::{Client, site};
use serde_json::{Value, json};
use shared::problem::ProblemCode;

fn mia() -> Value {
    json!({
        "name": "Mia Núñez-O'Brien",
        "email": "mia@example.com",
        "phone": "(212) 555-0150",
        "password": "quiet maple harbour",
        "notify_by": "email",
        "address": { "line1": "215 W 100th St", "line2": "Apt 4B", "postal_code": "10025" },
    })
}

#[tokio::test]
async fn anybody_registers_once() {
    both_engines(async |db| {
        let site = site(&db);
        let public = Client::new(site.clone(), routes());
        let heard = public.json("POST", "/api/v1/customers", &mia()).await;
        assert_eq!(heard.status, 201, "{}", heard.text());
        let customer = heard.value();
        assert_eq!((&customer["phone"], &customer["time_zone"]), (&json!("+12125550150"), &json!("America/New_York")));
        assert_eq!(customer["sites"][0]["address"]["city"], "New York");
        let again = public.json("POST", "/api/v1/customers", &mia()).await.problem();
        assert_eq!((again.errors[0].field.as_str(), again.errors[0].code.as_str()), ("email", "taken"));
        // The same phone, as in a family.
        let mut son = mia();
        son["email"] = json!("leo@example.com");
        assert_eq!(public.json("POST", "/api/v1/customers", &son).await.status, 201);
        let logins = db.read(async |conn| {
            let handle = |text: &str| crate::accounts::handle::Handle::read(text).unwrap();
            let by_phone = crate::accounts::store::by_handle(conn, &handle("+12125550150")).await?;
            let leo = crate::accounts::store::by_handle(conn, &handle("leo@example.com")).await?;
            Ok::<_, crate::db::Error>((by_phone.unwrap(), leo.unwrap()))
        });
        let (first, leo) = logins.await.unwrap();
        assert_eq!(first.person.id_text(), customer["id"].as_str().unwrap());
        assert!(first.password.is_some() && leo.phone.is_none());
    })
    .await;
}

#[tokio::test]
async fn a_registration_tells_every_fault_and_the_password_too() {
    both_engines(async |db| {
        let public = Client::new(site(&db), routes());
        let heard = public.json("POST", "/api/v1/customers", &json!({ "name": "Mia", "password": "short" })).await;
        let problem = heard.problem();
        assert_eq!(problem.code, ProblemCode::InvalidFields);
        let fields: Vec<_> = problem.errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["email", "phone", "address.line1", "address.postal_code", "password"]);
        let unknown = public.json("POST", "/api/v1/customers", &json!({ "nmae": "Mia" })).await.problem();
        assert_eq!(unknown.errors[0].code, "unknown_field");
    })
    .await;
}

#[tokio::test]
async fn the_desk_registers_callers_finds_them_and_adds_sites() {
    both_engines(async |db| {
        let site = site(&db);
        let public = Client::new(site.clone(), routes());
        let agent = public.signed_in(Person::Agent(site.new_id())).await;
        let mut caller = mia();
        caller["email"] = json!("");
        caller["password"] = json!("");
        caller["notify_by"] = json!("call");
        let heard = agent.json("POST", "/api/v1/customers", &caller).await;
        assert_eq!(heard.status, 201, "{}", heard.text());
        let id = heard.value()["id"].as_str().unwrap().to_owned();
        assert_eq!(agent.get(&format!("/api/v1/customers/{id}")).await.value()["id"], json!(id));
        let path = format!("/api/v1/customers/{id}/sites");
        let workshop =
            json!({ "address": { "line1": "88 Berry St", "postal_code": "11249" }, "contact_phone": "718 555 0151" });
        let added = agent.json("POST", &path, &workshop).await;
        assert_eq!((added.status.as_u16(), &added.value()["contact_name"]), (201, &json!("Mia Núñez-O'Brien")));
        let wrong = agent.json("POST", &path, &json!({ "address": { "line1": "x", "postal_code": "1" } })).await;
        assert_eq!(wrong.problem().errors[0].field, "address.postal_code");
        assert_eq!(agent.get(&path).await.value()["items"].as_array().unwrap().len(), 2);
        assert_eq!(public.get(&path).await.status, 401);
        let customer = public.signed_in(Person::Customer(id.parse().unwrap())).await;
        assert_eq!(customer.get(&path).await.status, 403);
        assert_eq!(customer.get("/api/v1/me/sites").await.value()["items"].as_array().unwrap().len(), 2);
        assert_eq!(customer.json("POST", "/api/v1/customers", &mia()).await.status, 403);
        let lines = db.read(async |conn| crate::audit::list(conn, None, None, 10).await).await.unwrap();
        // Time stands still here, so the lines have no order.
        let mut what: Vec<_> = lines.iter().map(|line| (line.what.as_str(), line.actor_role.as_str())).collect();
        what.sort_unstable();
        assert_eq!(what, [("customer.create", "agent"), ("site.create", "agent")]);
        assert_eq!(agent.get("/api/v1/customers/0199a3f0-7c1e-7d2a-8b11-5f6e7a8b9c0d").await.status, 404);
    })
    .await;
}
