//! What admins keep, through its pages: the same limits as the JSON calls, the same lines in the audit, and files with
//! faults of which the good lines are brought in.

use super::super::{api, pages};
use crate::accounts::Person;
use crate::accounts::staff::{self, StaffFields, StaffRole};
use crate::db::testing::both_engines;
use crate::db::{Database, Error, Lane, Tx};
use crate::dispatch::world::{World, id};
use crate::http::testing::{Client, Heard, site};
use crate::workforce::store;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::sync::Arc;
use tokio::sync::Semaphore;

struct Office {
    world: World,
    ada: Client,
}

async fn office(db: &Database) -> Office {
    let world = World::new(db).await;
    let fields = StaffFields {
        name: "Ada Okafor".parse().unwrap(),
        email: "ada@example.com".parse().unwrap(),
        phone: None,
        role: StaffRole::Admin,
        locale: "en".into(),
        zone: "America/New_York".parse().unwrap(),
    };
    db.write(Lane::Desk, async move |tx| {
        let now = tx.real_now();
        staff::create(tx, id(52), &fields, None, now).await?.unwrap();
        Ok::<_, Error>(())
    })
    .await
    .unwrap();
    let routes = api::routes().merge(pages::routes()).merge(crate::workforce::api::routes());
    let ada = Client::new(site(db), routes).checked().signed_in(Person::Admin(id(52))).await;
    Office { world, ada }
}

fn leads_to(heard: &Heard) -> String {
    assert_eq!(heard.status, StatusCode::SEE_OTHER, "{}", heard.text());
    heard.header("location").to_owned()
}

fn hidden(page: &str, name: &str) -> String {
    let after = page.split(&format!("name=\"{name}\" value=\"")).nth(1).expect("the field is there");
    after.split('"').next().unwrap().to_owned()
}

async fn changed(db: &Database) -> Vec<String> {
    let lines = db.read(async |conn| crate::audit::list(conn, None, None, 100).await).await.unwrap();
    lines.into_iter().map(|line| line.what).collect()
}

#[tokio::test]
async fn an_expert_is_hired_changed_and_switched_off_by_pages() {
    both_engines(async |db| {
        let Office { world: _world, ada } = office(&db).await;
        let typed = [
            ("name", "Zoë Núñez"),
            ("email", "zoe@example.com"),
            ("phone", "212 555 0177"),
            ("postal_code", "10025"),
            ("languages", "en; es"),
            ("sms", "always"),
            ("skills", "tv:2"),
            ("areas", "manhattan"),
            ("shifts", "Mon-Fri 08:00-16:00"),
        ];
        assert_eq!(leads_to(&ada.form("/admin/experts", &typed).await), "/admin/experts?done=made");
        let twice = ada.form("/admin/experts", &typed).await;
        assert_eq!(twice.status, StatusCode::UNPROCESSABLE_ENTITY, "somebody signs in with this already");
        assert!(twice.text().contains("value=\"Zoë Núñez\""), "what was typed stays");
        let list = ada.get("/admin/experts?q=nunez").await.text();
        let path = list.split("href=\"/admin/experts/").nth(2).unwrap().split('"').next().unwrap();
        let path = format!("/admin/experts/{path}");
        let page = ada.get(&path).await.text();
        assert!(page.contains("tv:2") && page.contains("manhattan") && page.contains("Mon-Fri 08:00-16:00"), "{page}");
        let ver = hidden(&page, "ver");
        let wrong = ada.form(&format!("{path}/skills"), &[("skills", "tv:9; oven:1"), ("ver", &ver)]).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(
            wrong.text().contains("href=\"#f-skills\"") && wrong.text().contains("zoe@example.com"),
            "{}",
            wrong.text()
        );
        leads_to(&ada.form(&format!("{path}/skills"), &[("skills", "tv:3"), ("ver", &ver)]).await);
        let stale = ada.form(&format!("{path}/areas"), &[("areas", ""), ("ver", &ver)]).await;
        assert!(stale.text().contains("You saw version"), "{}", stale.text());
        let away = [("from_date", "2026-03-10"), ("until_date", "2026-03-12"), ("reason", "Wedding")];
        leads_to(&ada.form(&format!("{path}/absences"), &away).await);
        let page = ada.get(&path).await.text();
        assert!(page.contains("Wedding"), "{page}");
        leads_to(&ada.form(&format!("{path}/code"), &[]).await);
        leads_to(&ada.form(&format!("{path}/active"), &[("active", "no")]).await);
        let off = ada.form(&format!("{path}/code"), &[]).await;
        assert!(off.text().contains("Switch the expert on first"), "{}", off.text());
        let what = changed(&db).await;
        for word in ["expert.create", "expert.skills", "expert.absence", "expert.code", "expert.deactivate"] {
            assert!(what.iter().any(|line| line == word), "{word}: {what:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_lists_that_experts_refer_to_are_kept_by_pages() {
    both_engines(async |db| {
        let Office { world: _world, ada } = office(&db).await;
        leads_to(&ada.form("/admin/skills", &[("slug", "router"), ("name", "Routers")]).await);
        let taken = ada.form("/admin/skills", &[("slug", "router"), ("name", "Routers")]).await;
        assert!(taken.text().contains("is taken"), "{}", taken.text());
        let wrong = ada.form("/admin/skills", &[("slug", "No Word"), ("name", "")]).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        leads_to(&ada.form("/admin/areas", &[("slug", "queens"), ("name", "Queens"), ("postal", "113; 114")]).await);
        let none = ada.form("/admin/areas", &[("slug", "x"), ("name", "X"), ("postal", "")]).await;
        assert!(none.text().contains("#f-postal"), "{}", none.text());
        let category = [("slug", "net"), ("label", "Network"), ("place_in_list", "1"), ("active", "1")];
        leads_to(&ada.form("/admin/needs/category", &category).await);
        let symptom =
            [("category", "net"), ("slug", "slow"), ("label", "Slow"), ("place_in_list", "1"), ("active", "1")];
        leads_to(&ada.form("/admin/needs/symptom", &symptom).await);
        let page = ada.get("/admin/needs").await.text();
        assert!(page.contains("nobody can be sent: set this row"), "{page}");
        let row = [("category", "net"), ("symptom", ""), ("skills", "router:2"), ("work_minutes", "45"), ("ver", "0")];
        leads_to(&ada.form("/admin/needs/row", &row).await);
        let again = ada.form("/admin/needs/row", &row).await;
        assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "somebody set it in the meantime");
        let page = ada.get("/admin/needs/row?category=net&symptom=slow").await.text();
        assert!(page.contains("router:2"), "the category's default is where one begins: {page}");
        let plan = [
            ("slug", "net_only"),
            ("name", "Net only"),
            ("price", "49,50"),
            ("currency", "EUR"),
            ("period_months", "12"),
            ("sites", "1"),
            ("promise_hours", "24"),
            ("categories", "net"),
            ("active", "1"),
        ];
        leads_to(&ada.form("/admin/plans", &plan).await);
        assert!(ada.get("/admin/plans").await.text().contains("49.50 EUR"));
        let staff = [("name", "Bo"), ("email", "bo@example.com"), ("role", "agent"), ("time_zone", "America/Chicago")];
        leads_to(&ada.form("/admin/staff", &staff).await);
        let me = format!("/admin/staff/{}", id::<shared::ids::of::Staff>(52));
        let last = ada.form(&format!("{me}/active"), &[("active", "no")]).await;
        assert!(last.text().contains("last active admin"), "{}", last.text());
        let audit = ada.get("/admin/audit?what=plan").await.text();
        assert!(audit.contains("plan.create") && audit.contains("Ada Okafor (admin)"), "{audit}");
        let line = audit.split("href=\"/admin/audit/").nth(1).unwrap().split('"').next().unwrap();
        assert!(ada.get(&format!("/admin/audit/{line}")).await.text().contains("net_only"));
        for path in ["/admin", "/admin/jobs", "/admin/notices", "/admin/notices?state=failed", "/admin/customers"] {
            let page = ada.get(path).await;
            assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.text());
            assert!(page.text().len() < 60 * 1024);
        }
    })
    .await;
}

/// A file of so many experts; the lines in `wrong` have a fault each.
fn file(n: usize, wrong: &[usize]) -> String {
    let mut text = String::from("name,email,phone,postal_code,skills,areas,shifts\n");
    for at in 0..n {
        let code = if wrong.contains(&at) { "00000" } else { "10025" };
        let rest = "tv:1,manhattan,Mon-Fri 08:00-16:00";
        writeln!(text, "Žofie {at},e{at}@example.com,+1212555{at:04},{code},{rest}").unwrap();
    }
    text
}

async fn upload(client: &Client, path: &str, text: &str) -> Heard {
    let body = format!(
        "--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\ncontent-type: text/csv\r\n\r\n{text}\r\n--x--\r\n"
    );
    let request = Request::post(path).header(header::CONTENT_TYPE, "multipart/form-data; boundary=x");
    client.send(request.body(Body::from(body)).unwrap()).await
}

#[tokio::test]
async fn of_five_hundred_lines_with_seven_bad_ones_the_good_are_brought_in_once() {
    both_engines(async |db| {
        let Office { world: _world, ada } = office(&db).await;
        let text = file(500, &[3, 50, 51, 99, 250, 400, 499]);
        let to = leads_to(&upload(&ada, "/admin/import/experts", &text).await);
        let page = ada.get(&to).await.text();
        assert!(page.contains("493 lines are good. 7 lines have something wrong"), "{page}");
        assert!(page.contains("line 5, column postal_code") && page.contains("Add the 493 good lines"), "{page}");
        let n = async || db.read(async |conn| Ok::<_, Error>(store::rosters(conn).await?.len())).await.unwrap();
        assert_eq!(n().await, 0, "looking adds nobody");
        assert_eq!(leads_to(&ada.form(&format!("{to}/keep"), &[]).await), to);
        assert_eq!(n().await, 493);
        assert_eq!(leads_to(&ada.form(&format!("{to}/keep"), &[]).await), to, "a second click");
        assert_eq!(n().await, 493);
        assert!(ada.get(&to).await.text().contains("493 experts were added."));
        let unread = upload(&ada, "/admin/import/experts", "name;tel\na;1\n").await;
        let page = ada.get(&leads_to(&unread)).await.text();
        assert!(page.contains("0 lines are good") && page.contains("is not known"), "{page}");
        assert_eq!(upload(&ada, "/admin/import/cats", "a").await.status, StatusCode::NOT_FOUND);
    })
    .await;
}

/// What a look at a file says and then the import itself: how many lines are good, and what is wrong with the others.
async fn looked_and_kept(ada: &Client, subject: &str, text: &str) -> (Value, Value) {
    let send = async |how: &str| {
        let path = format!("/api/v1/admin/import/{subject}?good_only=true{how}");
        let request = Request::post(path).header(header::CONTENT_TYPE, "text/csv");
        ada.send(request.body(Body::from(text.to_owned())).unwrap()).await.value()
    };
    let (look, kept) = (send("&preview=true").await, send("").await);
    (json!([look["would_create"], look["left_out"]]), json!([kept["created"], kept["left_out"]]))
}

#[tokio::test]
async fn a_look_at_a_file_says_what_the_import_says() {
    both_engines(async |db| {
        let Office { world: _world, ada } = office(&db).await;
        let both = async |subject: &str, text: &str| {
            let (look, kept) = looked_and_kept(&ada, subject, text).await;
            assert_eq!(look, kept, "{subject}");
            let faults = kept[1].as_array().unwrap().iter().map(|fault| fault["field"].as_str().unwrap().to_owned());
            (kept[0].as_i64().unwrap(), faults.collect::<Vec<_>>())
        };
        assert_eq!(both("experts", &file(2, &[])).await, (2, Vec::new()));
        let (n, faults) = both("experts", &file(4, &[3])).await;
        assert_eq!(n, 1);
        assert_eq!(faults, ["line 5, column postal_code", "line 2, column email", "line 3, column email"]);
        let zoe = "name,email,phone,line1,postal_code\nZoë,zoe@example.com,212 555 0101,1 Main St,10025\n";
        assert_eq!(both("customers", zoe).await, (1, Vec::new()));
        let beside = format!("{zoe}Ben,ben@example.com,212 555 0101,3 Main St,10025\n");
        assert_eq!(both("customers", &beside).await, (1, vec!["line 2, column email".to_owned()]));
        // With her first address she has one more than we keep, and then two.
        let mut text = String::from("customer,line1,postal_code\n");
        for at in 1..=501 {
            writeln!(text, "zoe@example.com,{at} Main St,10025").unwrap();
        }
        let (n, faults) = both("sites", &text).await;
        assert_eq!(n, 499);
        assert_eq!(faults, ["line 501, column customer", "line 502, column customer"]);
    })
    .await;
}

#[tokio::test]
async fn a_look_at_a_file_waits_for_nobody_who_writes() {
    both_engines(async |db| {
        let Office { world: _world, ada } = office(&db).await;
        let to = leads_to(&upload(&ada, "/admin/import/experts", &file(3, &[1])).await);
        let (begun, go) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
        let held = tokio::spawn({
            let (db, begun, go) = (db.clone(), begun.clone(), go.clone());
            async move {
                let hold = async move |_: &mut Tx| {
                    begun.add_permits(1);
                    go.acquire().await.map_err(|_| Error::Lost)?.forget();
                    Ok::<_, Error>(())
                };
                db.write(Lane::Desk, hold).await
            }
        });
        begun.acquire().await.unwrap().forget();
        let page = ada.get(&to).await.text();
        go.add_permits(1);
        held.await.unwrap().unwrap();
        assert!(page.contains("2 lines are good. 1 line has something wrong"), "{page}");
    })
    .await;
}

#[tokio::test]
async fn that_a_file_was_kept_is_one_write_with_its_lines() {
    both_engines(async |db| {
        let Office { world: _world, ada } = office(&db).await;
        let zoe = "name,email,phone,line1,postal_code\nZoë,zoe@example.com,212 555 0101,1 Main St,10025\n";
        let sites = "customer,line1,postal_code\nzoe@example.com,2 Main St,10025\n";
        for (subject, text) in [("experts", file(2, &[]).as_str()), ("customers", zoe), ("sites", sites)] {
            let to = leads_to(&upload(&ada, &format!("/admin/import/{subject}"), text).await);
            let keep = format!("{to}/keep");
            // Between two writes the process could be killed: there is one, or none.
            let before = db.stats().writes();
            let (one, other) = tokio::join!(ada.form(&keep, &[]), ada.form(&keep, &[]));
            assert_eq!((leads_to(&one), leads_to(&other)), (to.clone(), to.clone()), "{subject}");
            assert_eq!(db.stats().writes() - before, 1, "{subject}: two clicks are one write");
            let n = text.lines().count() - 1;
            let page = ada.get(&to).await.text();
            assert!(page.contains(&format!("{n} {subject} were added.")), "{page}");
        }
        let lines = changed(&db).await;
        for what in ["experts.import", "customers.import", "sites.import"] {
            assert_eq!(lines.iter().filter(|line| *line == what).count(), 1, "{what}: {lines:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_file_of_which_nothing_could_be_kept_is_not_said_to_be_kept() {
    both_engines(async |db| {
        let Office { world: _world, ada } = office(&db).await;
        let to = leads_to(&upload(&ada, "/admin/import/experts", &file(2, &[])).await);
        // Meanwhile another file brings the same people in.
        let other = leads_to(&upload(&ada, "/admin/import/experts", &file(2, &[])).await);
        leads_to(&ada.form(&format!("{other}/keep"), &[]).await);
        let refused = ada.form(&format!("{to}/keep"), &[]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text());
        let page = ada.get(&to).await.text();
        assert!(!page.contains("were added") && page.contains("0 lines are good"), "{page}");
    })
    .await;
}

#[tokio::test]
async fn customers_come_and_go_as_files() {
    both_engines(async |db| {
        let Office { world, ada } = office(&db).await;
        let text = "name,email,phone,line1,postal_code,plan\n\
            Zoë,zoe@example.com,212 555 0101,1 Main St,10025,home\n\
            Ann,zoe@example.com,212 555 0102,2 Main St,10025,\n\
            Ben,ben@example.com,212 555 0103,3 Main St,10025,\n\
            Cy,,212 555 0104,4 Main St,10025,none_such\n";
        let send = async |path: &str| {
            let request = Request::post(path).header(header::CONTENT_TYPE, "text/csv");
            ada.send(request.body(Body::from(text)).unwrap()).await
        };
        let all = send("/api/v1/admin/import/customers").await;
        let fields: Vec<_> = all.problem().errors.into_iter().map(|error| error.field).collect();
        assert_eq!(fields, ["line 3, column email", "line 5, column plan"]);
        let preview = send("/api/v1/admin/import/customers?good_only=true&preview=true").await.value();
        let zoe = preview["items"].as_array().unwrap().iter().any(|item| item["name"] == "Zoë");
        assert!(zoe, "{preview}");
        let kept = send("/api/v1/admin/import/customers?good_only=true").await;
        assert_eq!(kept.status, StatusCode::CREATED, "{}", kept.text());
        let listed = ada.get("/api/v1/admin/customers?limit=1").await.value();
        let next = listed["next_cursor"].as_str().unwrap().to_owned();
        let rest = ada.get(&format!("/api/v1/admin/customers?cursor={next}")).await.value();
        let names: Vec<_> = rest["items"].as_array().unwrap().iter().map(|item| item["name"].clone()).collect();
        assert!(names.contains(&json!("Zoë")), "{names:?}");
        let csv = ada.get("/api/v1/admin/export/customers").await;
        assert!(csv.text().contains("Zoë,zoe@example.com,+12125550101,sms,1 Main St"), "{}", csv.text());
        let again = crate::customers::import::customers(csv.text().as_bytes()).unwrap();
        assert!(again.len() >= 2, "what is saved can be read");
        let path = format!("/admin/customers/{}", world.customer);
        leads_to(&ada.form(&format!("{path}/grant"), &[("plan", "home"), ("reason", "A gift")]).await);
        assert!(ada.get(&path).await.text().contains("A gift"));
        let refused = ada.form(&format!("{path}/grant"), &[("plan", "home"), ("reason", "")]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    })
    .await;
}
