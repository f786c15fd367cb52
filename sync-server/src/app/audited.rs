//! No change by an admin without its line in the audit: every call that changes something is made, and the audit must have
//! grown. A route that stands neither among the steps nor among those that are proven elsewhere fails the test.

use super::access::in_sources;
use super::routes;
use crate::accounts::Person;
use crate::accounts::devices::{self, NewDevice, Platform};
use crate::accounts::staff::{self, StaffFields, StaffRole};
use crate::db::testing::on;
use crate::db::{Database, Engine, Lane};
use crate::dispatch::world::{World, id};
use crate::http::testing::{Client, site};
use axum::body::Body;
use axum::http::{Request, header};
use serde_json::{Value, json};
use shared::ids::ExpertId;
use std::collections::BTreeSet;

/// What is proven by another test, and which.
const ELSEWHERE: &[(&str, &str, &str)] = &[
    ("POST", "/api/v1/admin/tickets/{id}/offer", "the ticket's history and the report of overrides hold it"),
    (
        "POST",
        "/api/v1/admin/needs/review",
        "wrong_visits_stand_apart_from_avoided_ones_and_lead_to_the_row_that_an_admin_corrects",
    ),
    ("DELETE", "/api/v1/admin/articles/misses", "the articles' own tests: it needs a search that found nothing"),
    ("POST", "/api/v1/admin/charges/{id}/refund", "the ledger of charges holds who gave it back"),
];

/// A step: method, the route, the address below `/api/v1/admin/` (`{last}` is the id of the answer before), and the body.
type Step = (&'static str, &'static str, String, Value);

fn steps(expert: ExpertId, device: String, customer: String, weights: Value) -> Vec<Step> {
    let step = |method, route, address: &str, body| (method, route, address.to_owned(), body);
    let zoe = json!({ "name": "Zoë", "email": "zoe@example.com", "phone": "212 555 0177", "address": { "postal_code": "10025" } });
    let plan = json!({ "slug": "net", "name": "Net", "price": { "minor_units": 100, "currency": "USD" }, "period_months": 12,
        "sites": 1, "promise_hours": 8 });
    let mut plan_again = plan.clone();
    plan_again.as_object_mut().expect("it is a document").remove("slug");
    let bo = json!({ "name": "Bo", "email": "bo@example.com", "role": "agent", "time_zone": "America/Chicago" });
    let mut bo_again = bo.clone();
    bo_again["ver"] = json!(1);
    let area = json!({ "slug": "queens", "name": "Queens", "postal": [{ "country": "US", "prefix": "113" }] });
    let area_again = json!({ "name": "Queens", "postal": [{ "country": "US", "prefix": "114" }] });
    let need = json!({ "category": "net", "skills": { "tv": 1 }, "work_minutes": 45 });
    let text = json!({ "title": "Router blinks", "problem": "It blinks.", "steps": "Restart it." });
    let again = json!({ "title": "Router blinks red", "problem": "It blinks.", "steps": "Restart it." });
    let away = json!({ "from": "2026-03-10T00:00:00Z", "until": "2026-03-12T00:00:00Z" });
    let day = json!({ "on": "2026-07-04", "country": "US", "name": "Independence Day" });
    let own = format!("experts/{expert}");
    let bought = format!("customers/{customer}/entitlements");
    vec![
        step("PUT", "experts/{id}/skills", &format!("{own}/skills"), json!({ "skills": { "tv": 2 } })),
        step("PUT", "experts/{id}/areas", &format!("{own}/areas"), json!({ "areas": ["manhattan"] })),
        step("PUT", "experts/{id}/shifts", &format!("{own}/shifts"), json!({ "shifts": "Mon-Fri 08:00-16:00" })),
        step("PUT", "experts/{id}/on-call", &format!("{own}/on-call"), json!({ "on_call": "Sat-Sun 00:00-24:00" })),
        step("POST", "experts/{id}/absences", &format!("{own}/absences"), away),
        step("DELETE", "experts/{id}/absences/{absence}", &format!("{own}/absences/{{last}}"), Value::Null),
        step("POST", "experts/{id}/devices/{device}/revoke", &format!("{own}/devices/{device}/revoke"), Value::Null),
        step("POST", "experts", "experts", zoe.clone()),
        step("PUT", "experts/{id}", "experts/{last}", zoe),
        step("POST", "experts/{id}/code", "experts/{last}/code", Value::Null),
        step("POST", "experts/{id}/deactivate", "experts/{last}/deactivate", Value::Null),
        step("POST", "experts/{id}/activate", "experts/{last}/activate", Value::Null),
        step("POST", "skills", "skills", json!({ "slug": "router", "name": "Routers" })),
        step("PUT", "skills/{id}", "skills/{last}", json!({ "name": "Routers and more" })),
        step("POST", "areas", "areas", area),
        step("PUT", "areas/{id}", "areas/{last}", area_again),
        step("PUT", "holidays", "holidays", day),
        step("DELETE", "holidays", "holidays?on=2026-07-04&country=US", Value::Null),
        step("PUT", "needs/{category}", "needs/net", json!({ "label": "Network" })),
        step("PUT", "needs/{category}/{symptom}", "needs/net/slow", json!({ "label": "Slow" })),
        step("PUT", "needs", "needs", need),
        step("PUT", "weights", "weights", weights),
        step("POST", "plans", "plans", plan),
        step("PUT", "plans/{id}", "plans/{last}", plan_again),
        step("POST", "customers/{id}/entitlements", &bought, json!({ "plan": "home", "reason": "A gift" })),
        step(
            "POST",
            "customers/{id}/entitlements/{entitlement}/cancel",
            &format!("{bought}/{{last}}/cancel"),
            Value::Null,
        ),
        step("POST", "customers/{id}/deactivate", &format!("customers/{customer}/deactivate"), Value::Null),
        step("POST", "customers/{id}/activate", &format!("customers/{customer}/activate"), Value::Null),
        step("POST", "staff", "staff", bo),
        step("PUT", "staff/{id}", "staff/{last}", bo_again),
        step("POST", "staff/{id}/deactivate", "staff/{last}/deactivate", Value::Null),
        step("POST", "staff/{id}/activate", "staff/{last}/activate", Value::Null),
        step(
            "POST",
            "import/experts",
            "import/experts",
            json!("name,email,phone,postal_code,skills,areas,shifts\nAnn,ann@example.com,212 555 0101,10025,,,\n"),
        ),
        step(
            "POST",
            "import/customers",
            "import/customers",
            json!("name,phone,line1,postal_code\nCy,212 555 0102,1 Main St,10025\n"),
        ),
        step(
            "POST",
            "import/sites",
            "import/sites",
            json!("customer,line1,postal_code\n212 555 0102,9 Side St,10025\n"),
        ),
        step("POST", "articles", "articles", json!({ "text": text })),
        step("PUT", "articles/{id}", "articles/{last}", json!({ "text": again, "ver": 1 })),
        step("POST", "articles/{id}/{deed}", "articles/{last}/publish", json!({})),
        step("PUT", "articles/synonyms", "articles/synonyms", json!({ "ver": 0, "body": "tv = television" })),
    ]
}

async fn n_lines(db: &Database) -> usize {
    db.read(async |conn| crate::audit::list(conn, None, None, 1_000).await).await.unwrap().len()
}

/// Makes a dead job, and lets it run again by the call.
async fn retries(db: &Database, ada: &Client, world: &World) {
    world.ticket().await;
    db.write(Lane::Work, async |tx| crate::jobs::bury_all(tx).await).await.unwrap();
    let dead = ada.get("/api/v1/admin/jobs?state=dead").await.value();
    let job = dead["items"][0]["id"].as_str().expect("there is a dead job").to_owned();
    let before = n_lines(db).await;
    let path = format!("/api/v1/admin/jobs/{job}/retry");
    assert_eq!(ada.json("POST", &path, &json!({})).await.status, 204);
    assert_eq!(n_lines(db).await, before + 1);
    assert_eq!(ada.json("POST", &path, &json!({})).await.status, 404, "it runs already");
    assert_eq!(n_lines(db).await, before + 1);
}

#[tokio::test]
async fn every_change_by_an_admin_writes_a_line_of_the_audit() {
    on(Engine::Sqlite, async |db| {
        let world = World::new(&db).await;
        let expert = world.expert("Ana", "10001").await;
        let fields = StaffFields {
            name: "Ada Okafor".parse().unwrap(),
            email: "ada@example.com".parse().unwrap(),
            phone: None,
            role: StaffRole::Admin,
            locale: "en".into(),
            zone: "America/New_York".parse().unwrap(),
        };
        let registered = db.write(Lane::Desk, async move |tx| {
            let now = tx.real_now();
            staff::create(tx, id(52), &fields, None, now).await?.unwrap();
            let (name, platform) = ("Ana's phone".parse().expect("it is a line"), Platform::Android);
            devices::register(tx, &NewDevice { device: None, expert, name, platform, push_token: None, now }).await
        });
        let device = registered.await.unwrap().device.to_string();
        let ada = Client::new(site(&db), routes()).checked().signed_in(Person::Admin(id(52))).await;
        let weights = ada.get("/api/v1/admin/weights").await.value()["current"].clone();
        let steps = steps(expert, device, world.customer.to_string(), weights);

        let mut last = String::new();
        for (method, route, address, body) in &steps {
            let path = format!("/api/v1/admin/{}", address.replace("{last}", &last));
            let before = n_lines(&db).await;
            let heard = match body {
                Value::String(csv) => {
                    let request =
                        Request::builder().method(*method).uri(&path).header(header::CONTENT_TYPE, "text/csv");
                    ada.send(request.body(Body::from(csv.clone())).unwrap()).await
                }
                Value::Null => {
                    let request = Request::builder().method(*method).uri(&path);
                    ada.send(request.body(Body::empty()).unwrap()).await
                }
                document => ada.json(method, &path, document).await,
            };
            assert!(heard.status.is_success(), "{method} {path}: {}", heard.text());
            assert!(n_lines(&db).await > before, "{method} {route} writes no line of the audit");
            let answered: Value = serde_json::from_slice(&heard.body).unwrap_or_default();
            if let Some(id) = answered["id"].as_str() {
                last = id.to_owned();
            }
        }
        retries(&db, &ada, &world).await;

        let known: BTreeSet<(String, String)> = in_sources()
            .into_iter()
            .filter(|(method, path)| method != "GET" && path.starts_with("/api/v1/admin/"))
            .collect();
        let mut done: BTreeSet<(String, String)> =
            steps.iter().map(|(method, route, ..)| ((*method).into(), format!("/api/v1/admin/{route}"))).collect();
        done.insert(("POST".into(), "/api/v1/admin/jobs/{id}/retry".into()));
        done.extend(ELSEWHERE.iter().map(|(method, path, _)| ((*method).into(), (*path).into())));
        let missing: Vec<_> = known.difference(&done).collect();
        assert!(missing.is_empty(), "make each of these calls here: {missing:?}");
    })
    .await;
}
