//! The workforce as admins meet it.

use super::routes;
use crate::accounts::Person;
use crate::accounts::store as accounts;
use crate::db::testing::both_engines;
use crate::db::{Database, Error};
use crate::http::testing::{Client, Heard, site};
use axum::body::Body;
use axum::http::{Request, header};
use serde_json::{Value, json};
use shared::ids::ExpertId;
use shared::problem::ProblemCode;

const EXPERTS: &str = "/api/v1/admin/experts";
const HOLIDAYS: &str = "/api/v1/admin/holidays";

/// An admin of a business with two skills and an area.
async fn admin(db: &Database) -> Client {
    let site = site(db);
    let public = Client::new(site.clone(), routes().merge(crate::customers::api::routes()));
    let admin = public.signed_in(Person::Admin(site.new_id())).await;
    for slug in ["tv", "router"] {
        let made = admin.json("POST", "/api/v1/admin/skills", &json!({ "slug": slug, "name": slug })).await;
        assert_eq!(made.status, 201, "{}", made.text());
    }
    let area = json!({ "slug": "manhattan", "name": "Manhattan", "postal": [{ "country": "us", "prefix": "100" }] });
    let made = admin.json("POST", "/api/v1/admin/areas", &area).await;
    assert_eq!(made.status, 201, "{}", made.text());
    admin
}

fn ana() -> Value {
    json!({
        "name": "Ana Núñez",
        "email": "ana@example.com",
        "phone": "(212) 555-0101",
        "address": { "postal_code": "10025" },
        "languages": ["en", "es"],
        "skills": { "tv": 2 },
        "areas": ["manhattan"],
        "shifts": "Mon-Tue 08:00-16:00",
    })
}

async fn csv(client: &Client, path: &str, text: &str) -> Heard {
    let request = Request::post(path).header(header::CONTENT_TYPE, "text/csv; charset=utf-8");
    client.send(request.body(Body::from(text.to_owned())).unwrap()).await
}

/// What was audited of experts, sorted: time stands still here, so the lines have no order.
async fn what_was_audited(db: &Database) -> Vec<String> {
    let lines = db.read(async |conn| crate::audit::list(conn, None, None, 50).await).await.unwrap();
    let mut what: Vec<String> = lines.into_iter().map(|line| line.what).collect();
    what.retain(|what| what.starts_with("expert."));
    what.sort_unstable();
    what
}

#[tokio::test]
async fn an_expert_is_hired_edited_and_switched_off_with_the_login() {
    both_engines(async |db| {
        let admin = admin(&db).await;
        let made = admin.json("POST", EXPERTS, &ana()).await;
        assert_eq!(made.status, 201, "{}", made.text());
        let made = made.value();
        let path = format!("{EXPERTS}/{}", made["id"].as_str().unwrap());
        assert_eq!((&made["ver"], &made["shifts"]), (&json!(1), &json!("Mon 08:00-16:00; Tue 08:00-16:00")));
        assert_eq!((&made["skills"], &made["areas"]), (&json!({ "tv": 2 }), &json!(["manhattan"])));
        let twice = admin.json("POST", EXPERTS, &ana()).await.problem();
        assert_eq!((twice.errors[0].field.as_str(), twice.errors[0].code.as_str()), ("email", "taken"));
        let edit = json!({ "name": "Ana Núñez-O'Brien", "email": "ana.o@example.com", "phone": "+1 212 555 0102",
            "address": { "postal_code": "60614" }, "ver": 1 });
        let edited = admin.json("PUT", &path, &edit).await;
        assert_eq!((&edited.value()["ver"], &edited.value()["time_zone"]), (&json!(2), &json!("America/Chicago")));
        assert_eq!(admin.json("PUT", &path, &edit).await.problem().code, ProblemCode::Stale);
        assert_eq!(admin.json("POST", &format!("{path}/deactivate"), &json!({})).await.value()["active"], false);
        let id: ExpertId = made["id"].as_str().unwrap().parse().unwrap();
        let login = db.read(async move |conn| accounts::by_person(conn, Person::Expert(id)).await).await;
        let login = login.unwrap().unwrap();
        assert!(!login.active && login.password.is_none());
        assert_eq!(login.email.unwrap().as_str(), "ana.o@example.com");
        assert_eq!(login.profile.name.as_str(), "Ana Núñez-O'Brien");
        admin.json("POST", &format!("{path}/activate"), &json!({})).await;
        let what = what_was_audited(&db).await;
        assert_eq!(what, ["expert.activate", "expert.create", "expert.deactivate", "expert.replace"]);
        let agent = admin.signed_in(Person::Agent(admin.site.new_id())).await;
        assert_eq!(agent.get(EXPERTS).await.status, 403);
    })
    .await;
}

#[tokio::test]
async fn every_edit_of_an_experts_day_is_kept_audited_and_reaches_the_phone() {
    both_engines(async |db| {
        let admin = admin(&db).await;
        let id = admin.json("POST", EXPERTS, &ana()).await.value()["id"].as_str().unwrap().to_owned();
        let path = |part: &str| format!("{EXPERTS}/{id}/{part}");
        let skills = admin.json("PUT", &path("skills"), &json!({ "skills": { "router": 3 }, "ver": 1 })).await;
        assert_eq!(skills.value(), json!({ "skills": { "router": 3 }, "ver": 2 }));
        let stale = admin.json("PUT", &path("areas"), &json!({ "areas": [], "ver": 1 })).await.problem();
        assert_eq!(stale.code, ProblemCode::Stale);
        let wrong = admin.json("PUT", &path("skills"), &json!({ "skills": { "oven": 1, "tv": 9 } })).await.problem();
        assert_eq!(wrong.errors.len(), 2, "{wrong:?}");
        let shifts = json!({ "shifts": "Mon 08:00-16:00", "on_call": "Sun 00:00-24:00", "ver": 2 });
        assert_eq!(admin.json("PUT", &path("shifts"), &shifts).await.value()["on_call"], "Sun 00:00-24:00");
        let wrong = admin.json("PUT", &path("shifts"), &json!({ "shifts": "Mon" })).await.problem();
        assert_eq!(wrong.errors[0].field, "shifts");
        let away = json!({ "from": "2026-03-03T00:00:00Z", "until": "2026-03-04T00:00:00Z", "reason": "dentist" });
        let absence = admin.json("POST", &path("absences"), &away).await;
        assert_eq!(absence.status, 201, "{}", absence.text());
        let backwards = json!({ "from": "2026-03-03T00:00:00Z", "until": "2026-03-03T00:00:00Z" });
        assert_eq!(admin.json("POST", &path("absences"), &backwards).await.problem().errors[0].field, "until");
        let one = format!("{}/{}", path("absences"), absence.value()["id"].as_str().unwrap());
        let bare = || Request::delete(&one).body(Body::empty()).unwrap();
        assert_eq!(admin.send(bare()).await.status, 204);
        assert_eq!(admin.send(bare()).await.status, 404);
        assert_eq!(admin.get(&path("absences")).await.value()["absences"], json!([]));
        let stream = crate::feed::Stream::of_expert(id.parse().unwrap());
        let position = db.read(async move |conn| crate::feed::position(conn, &stream).await).await.unwrap();
        assert_eq!(position.seq, 5, "hired, skills, shifts, absence, absence ended");
        let what = what_was_audited(&db).await;
        let expected = ["expert.absence", "expert.absence_end", "expert.create", "expert.shifts", "expert.skills"];
        assert_eq!(what, expected);
    })
    .await;
}

#[tokio::test]
async fn on_call_times_are_kept_beside_the_shifts_and_each_is_replaced_alone() {
    both_engines(async |db| {
        let admin = admin(&db).await;
        let id = admin.json("POST", EXPERTS, &ana()).await.value()["id"].as_str().unwrap().to_owned();
        let path = |part: &str| format!("{EXPERTS}/{id}/{part}");
        admin.json("PUT", &path("shifts"), &json!({ "shifts": "Mon 08:00-16:00" })).await;
        let put = admin.json("PUT", &path("on-call"), &json!({ "on_call": "Sat-Sun 00:00-24:00", "ver": 2 })).await;
        assert_eq!(put.value(), json!({ "on_call": "Sat 00:00-24:00; Sun 00:00-24:00", "ver": 3 }));
        let shifts = admin.get(&path("shifts")).await.value();
        assert_eq!(shifts["shifts"], "Mon 08:00-16:00");
        let stale = json!({ "on_call": "", "ver": 2 });
        assert_eq!(admin.json("PUT", &path("on-call"), &stale).await.problem().code, ProblemCode::Stale);
        let wrong = admin.json("PUT", &path("on-call"), &json!({ "on_call": "Sat" })).await.problem();
        assert_eq!(wrong.errors[0].field, "on_call");
        admin.json("PUT", &path("on-call"), &json!({ "on_call": "" })).await;
        let none = admin.get(&path("on-call")).await.value();
        assert_eq!((&none["on_call"], &none["ver"]), (&json!(""), &json!(4)));
    })
    .await;
}

const HEADER: &str = "name;email;phone;postal_code;languages;skills;areas;shifts;on_call;active";

#[tokio::test]
async fn an_import_keeps_all_or_nothing_and_a_preview_nothing() {
    both_engines(async |db| {
        let admin = admin(&db).await;
        let fine = format!(
            "\u{feff}{HEADER};sms;locale\r\nŁukasz Żak;lukasz@example.com;212 555 0103;10003;en;\"tv:2;router:1\";manhattan;\"Mon-Fri 08:00-16:00\";;yes;if_unheard;de\r\n\
             \"Downs, Robert Jr.\";robert@example.com;212 555 0104;10011;;tv:1;manhattan;Sat 10:00-14:00;;no;;\r\n"
        );
        let n_experts = async || {
            let wanted = admin.get(EXPERTS).await.value();
            wanted["items"].as_array().unwrap().len()
        };
        let preview = csv(&admin, "/api/v1/admin/import/experts?preview=true", &fine).await;
        assert_eq!((preview.status.as_u16(), &preview.value()["would_create"]), (200, &json!(2)), "{}", preview.text());
        assert_eq!(n_experts().await, 0);
        let n_codes = async || {
            let backlog = db.read(async |conn| crate::jobs::backlog(conn).await).await.unwrap();
            backlog.iter().filter(|row| row.kind == "sign_in_code").map(|row| row.n_jobs).sum::<i64>()
        };
        assert_eq!(n_codes().await, 0);
        let made = csv(&admin, "/api/v1/admin/import/experts", &fine).await;
        assert_eq!((made.status.as_u16(), &made.value()["created"]), (201, &json!(2)), "{}", made.text());
        assert_eq!(n_experts().await, 2);
        assert_eq!(n_codes().await, 1, "who works here from now on is told how to sign in");
        let half = format!(
            "{HEADER}\nZoë;zoe@example.com;212 555 0105;10011;;tv:1;manhattan;;;\n\
             Lu;LUKASZ@example.com;212 555 0106;10011;;tv:1;manhattan;;;\n"
        );
        for path in ["/api/v1/admin/import/experts", "/api/v1/admin/import/experts?preview=true"] {
            let taken = csv(&admin, path, &half).await.problem();
            assert_eq!(taken.errors[0].field, "line 3, column email", "{taken:?}");
        }
        let wrong = csv(&admin, "/api/v1/admin/import/experts", &half.replace("10011", "00000")).await.problem();
        assert_eq!(wrong.errors[0].field, "line 2, column postal_code");
        assert_eq!(n_experts().await, 2);
        let as_json = admin.json("POST", "/api/v1/admin/import/experts", &json!({})).await;
        assert_eq!(as_json.problem().code, ProblemCode::UnsupportedMediaType);
        assert_eq!(csv(&admin, "/api/v1/admin/import/cats", &fine).await.status, 404);
        // Who was imported inactive does not sign in.
        let robert = admin.get(&format!("{EXPERTS}?active=false")).await.value();
        let id: ExpertId = robert["items"][0]["id"].as_str().unwrap().parse().unwrap();
        let login = db.read(async move |conn| accounts::by_person(conn, Person::Expert(id)).await).await;
        assert!(!login.unwrap().unwrap().active);
        // What is exported can be imported elsewhere, and says all that the import reads.
        let text = admin.get("/api/v1/admin/export/experts").await.text();
        let known = db.read(async |conn| {
            let (skills, areas) = (super::store::skills(conn).await?, super::store::areas(conn).await?);
            Ok::<_, Error>(crate::workforce::import::Known::of(&skills, &areas))
        });
        let again = crate::workforce::import::experts(text.as_bytes(), &known.await.unwrap()).unwrap();
        assert_eq!(again[0].details.name.as_str(), "Łukasz Żak");
        assert_eq!((again[0].shifts.len(), again[0].skills.0.len()), (5, 2));
        let (sms, locale) = (again[0].details.sms, again[0].details.locale.as_str());
        assert_eq!((sms, locale), (crate::workforce::SmsRule::IfUnheard, "de"));
    })
    .await;
}

#[tokio::test]
async fn experts_are_listed_a_page_at_a_time_and_by_what_they_can() {
    both_engines(async |db| {
        let admin = admin(&db).await;
        for (number, name) in ["Zoë", "ana", "Łukasz"].iter().enumerate() {
            let mut new = ana();
            (new["name"], new["email"]) = (json!(name), json!(format!("e{number}@example.com")));
            (new["phone"], new["skills"]) = (json!(format!("+1 212 555 011{number}")), json!({ "router": 1 }));
            assert_eq!(admin.json("POST", EXPERTS, &new).await.status, 201);
        }
        let first = admin.get(&format!("{EXPERTS}?limit=2&skill=router")).await.value();
        let names = |page: &Value| -> Vec<String> {
            page["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(names(&first), ["ana", "Łukasz"]);
        let next = first["next_cursor"].as_str().unwrap();
        let second = admin.get(&format!("{EXPERTS}?limit=2&cursor={next}")).await.value();
        assert_eq!((names(&second), &second["next_cursor"]), (vec!["Zoë".to_owned()], &Value::Null));
        assert_eq!(names(&admin.get(&format!("{EXPERTS}?q=zoe")).await.value()), ["Zoë"]);
        assert_eq!(names(&admin.get(&format!("{EXPERTS}?skill=tv")).await.value()), [""; 0]);
        assert_eq!(admin.get(&format!("{EXPERTS}?area=moon")).await.problem().errors[0].field, "area");
    })
    .await;
}

#[tokio::test]
async fn the_table_of_needs_is_kept_by_version() {
    both_engines(async |db| {
        let admin = admin(&db).await;
        let need = json!({ "category": "tv", "skills": { "tv": 2 }, "work_minutes": 60, "ver": 0 });
        assert_eq!(admin.json("PUT", "/api/v1/admin/needs", &need).await.problem().errors[0].field, "category");
        let made = admin.json("PUT", "/api/v1/admin/needs/tv", &json!({ "label": "Television" })).await;
        assert_eq!(made.status, 200, "{}", made.text());
        let smoke = json!({ "label": "Smoke", "danger": true });
        assert_eq!(admin.json("PUT", "/api/v1/admin/needs/tv/smoke", &smoke).await.status, 200);
        assert_eq!(admin.json("PUT", "/api/v1/admin/needs/oven/smoke", &smoke).await.status, 404);
        assert_eq!(admin.json("PUT", "/api/v1/admin/needs", &need).await.value()["ver"], 1);
        assert_eq!(admin.json("PUT", "/api/v1/admin/needs", &need).await.problem().code, ProblemCode::Stale);
        let mut wrong = need.clone();
        (wrong["ver"], wrong["symptom"]) = (json!(1), json!("sparks"));
        assert_eq!(admin.json("PUT", "/api/v1/admin/needs", &wrong).await.problem().errors[0].field, "symptom");
        wrong["work_minutes"] = json!(0);
        assert_eq!(admin.json("PUT", "/api/v1/admin/needs", &wrong).await.problem().errors[0].field, "work_minutes");
        assert_eq!(admin.get("/api/v1/admin/needs").await.value()["items"][0]["skills"], json!({ "tv": 2 }));
        let public = Client::new(admin.site.clone(), routes());
        assert_eq!(public.get("/api/v1/categories").await.value()["items"][0]["symptoms"][0]["danger"], true);
    })
    .await;
}

#[tokio::test]
async fn holidays_are_kept_by_country_or_area_and_named_wrongly_they_say_so() {
    both_engines(async |db| {
        let admin = admin(&db).await;
        let all = json!({ "on": "2026-07-04", "country": "us", "name": "Independence Day" });
        let here = json!({ "on": "2026-03-17", "country": "US", "area": "manhattan", "name": "Parade" });
        for holiday in [&all, &here, &here] {
            let put = admin.json("PUT", HOLIDAYS, holiday).await;
            assert_eq!(put.status, 204, "{}", put.text());
        }
        let listed = admin.get(HOLIDAYS).await.value();
        let shown: Vec<_> = listed["items"].as_array().unwrap().iter().map(|row| (&row["on"], &row["area"])).collect();
        assert_eq!(shown, [(&json!("2026-07-04"), &Value::Null), (&json!("2026-03-17"), &json!("manhattan"))]);
        for (field, holiday) in [
            ("country", json!({ "on": "2026-07-04", "country": "America", "name": "x" })),
            ("area", json!({ "on": "2026-07-04", "country": "US", "area": "mars", "name": "x" })),
        ] {
            assert_eq!(admin.json("PUT", HOLIDAYS, &holiday).await.problem().errors[0].field, field);
        }
        let gone = format!("{HOLIDAYS}?on=2026-03-17&country=US&area=manhattan");
        assert_eq!(admin.json("DELETE", &gone, &json!({})).await.status, 204);
        assert_eq!(admin.json("DELETE", &gone, &json!({})).await.problem().code, ProblemCode::NotFound);
    })
    .await;
}

#[tokio::test]
async fn a_block_names_an_expert_and_a_customer_that_there_are() {
    both_engines(async |db| {
        let admin = admin(&db).await;
        let ana = admin.json("POST", EXPERTS, &ana()).await.value()["id"].as_str().unwrap().to_owned();
        let nobody = format!("/api/v1/customers/{ana}/blocked-experts");
        assert_eq!(admin.get(&nobody).await.problem().code, ProblemCode::NotFound);
        let block = json!({ "reason": "They quarrelled" });
        let put = admin.json("PUT", &format!("{nobody}/{ana}"), &block).await;
        assert_eq!(put.problem().code, ProblemCode::NotFound);
        let mia = json!({
            "name": "Mia",
            "phone": "(212) 555-0150",
            "notify_by": "call",
            "address": { "line1": "215 W 100th St", "postal_code": "10025" },
        });
        let made = admin.json("POST", "/api/v1/customers", &mia).await;
        assert_eq!(made.status, 201, "{}", made.text());
        let made = made.value();
        let customer = made["id"].as_str().unwrap();
        let path = format!("/api/v1/customers/{customer}/blocked-experts");
        assert_eq!(admin.json("PUT", &format!("{path}/{ana}"), &block).await.status, 204);
        let listed = admin.get(&path).await.value();
        assert_eq!(listed["items"][0]["name"], "Ana Núñez");
        assert_eq!(admin.json("DELETE", &format!("{path}/{ana}"), &json!({})).await.status, 204);
        assert_eq!(admin.get(&path).await.value()["items"], json!([]));
    })
    .await;
}

#[tokio::test]
async fn an_area_is_drawn_and_a_bad_drawing_says_where_it_is_bad() {
    both_engines(async |db| {
        let admin = admin(&db).await;
        let square =
            json!({ "type": "Polygon", "coordinates": [[[-74, 40], [-73, 40], [-73, 41], [-74, 41], [-74, 40]]] });
        let area = json!({ "slug": "harbour", "name": "Harbour", "drawing": square });
        let made = admin.json("POST", "/api/v1/admin/areas", &area).await;
        assert_eq!(made.status, 201, "{}", made.text());
        let made = made.value();
        assert_eq!(made["drawing"]["type"], "Polygon");
        let path = format!("/api/v1/admin/areas/{}", made["id"].as_str().unwrap());
        let open = json!({ "type": "Polygon", "coordinates": [[[-74, 40], [-73, 40], [-73, 41], [-74, 41]]] });
        let refused = admin.json("PUT", &path, &json!({ "name": "Harbour", "drawing": open })).await.problem();
        assert_eq!(refused.errors[0].field, "drawing");
        assert_eq!(
            refused.errors[0].message,
            "Polygon 1, ring 1: it is not closed: the last position is the first again."
        );
        let nothing = admin.json("PUT", &path, &json!({ "name": "Harbour" })).await.problem();
        assert_eq!((nothing.errors[0].field.as_str(), nothing.errors[0].code.as_str()), ("postal", "required"));
        // What was read can be sent back.
        let again = json!({ "name": "Harbour", "drawing": made["drawing"], "postal": made["postal"], "ver": 1 });
        assert_eq!(admin.json("PUT", &path, &again).await.value()["drawing"], made["drawing"]);
    })
    .await;
}
