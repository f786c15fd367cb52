//! Sign-in and staff as a caller meets them, through all layers, on both engines.

use super::*;
use crate::accounts::{NewLogin, Profile, Role, codes};
use crate::db::Database;
use crate::db::testing::both_engines;
use crate::http::testing::{Client, site};
use axum::body::Body;
use axum::http::Request;
use serde_json::Value;
use shared::chance::Seeded;
use shared::ids::Id;
use shared::time::Timestamp;

const PASSWORD: &str = "maple-tin-rain";

fn person(role: Role) -> Person {
    Person::of(role, &Id::<()>::new(Timestamp::from_millis(1), &Seeded::new(role as u64)).to_string()).unwrap()
}

/// Nobody, on a site where Ana, an expert, has a login.
async fn client(db: &Database) -> Client {
    let client = Client::new(site(db), routes());
    let hash = client.site.passwords.hash(&PASSWORD.parse().unwrap()).await.unwrap();
    let new = NewLogin {
        id: client.site.new_id(),
        person: person(Role::Expert),
        profile: Profile { name: "Ana".parse().unwrap(), locale: "en".into(), zone: "America/Denver".parse().unwrap() },
        email: Some("ana@example.com".parse().unwrap()),
        phone: Some("+12125550100".parse().unwrap()),
        password: Some(hash),
        now: client.site.real_now(),
    };
    db.write(Lane::Desk, async move |tx| store::create_login(tx, new.clone()).await).await.unwrap().unwrap();
    client
}

async fn sign_in_with(client: &Client, body: Value) -> (StatusCode, Value) {
    let heard = client.json("POST", "/api/v1/sign-in", &body).await;
    (heard.status, heard.value())
}

#[tokio::test]
async fn a_password_in_any_spelling_of_the_login_signs_in() {
    both_engines(async |db| {
        let client = client(&db).await;
        for login in ["ANA@example.com", "(212) 555-0100"] {
            let (status, body) = sign_in_with(&client, json!({ "login": login, "password": PASSWORD })).await;
            assert_eq!((status, &body["role"], &body["name"]), (StatusCode::OK, &json!("expert"), &json!("Ana")));
            let ana = client.with_bearer(body["token"].as_str().unwrap());
            assert_eq!(ana.get("/api/v1/me").await.value()["email"], "ana@example.com");
            assert_eq!(ana.json("POST", "/api/v1/sign-out", &json!({})).await.status, StatusCode::NO_CONTENT);
            assert_eq!(ana.get("/api/v1/me").await.problem().code, ProblemCode::Unauthenticated);
        }
    })
    .await;
}

#[tokio::test]
async fn a_refusal_does_not_tell_who_is_here() {
    both_engines(async |db| {
        let client = client(&db).await;
        let mut answers = Vec::new();
        for body in [
            json!({ "login": "ana@example.com", "password": "maple-tin-rainy" }),
            json!({ "login": "nobody@example.com", "password": PASSWORD }),
            json!({ "login": "what is this", "password": PASSWORD }),
            json!({ "login": "ana@example.com", "code": "123456" }),
            json!({ "login": "nobody@example.com", "code": "123456" }),
        ] {
            let (status, mut body) = sign_in_with(&client, body).await;
            body.as_object_mut().unwrap().remove("instance");
            answers.push((status, body));
        }
        assert_eq!(answers[0].1["code"], "sign_in_failed");
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
        let (status, body) = sign_in_with(&client, json!({ "login": "ana@example.com" })).await;
        assert_eq!((status, &body["errors"][0]["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("password")));
        for login in ["ana@example.com", "nobody@example.com"] {
            let heard = client.json("POST", "/api/v1/sign-in/code", &json!({ "login": login })).await;
            assert_eq!((heard.status, heard.text().as_str()), (StatusCode::ACCEPTED, ""));
        }
    })
    .await;
}

/// Asks for a code and does what the job does: makes the digits and sends them.
async fn code(client: &Client, digits: &str) {
    let login = store::by_person;
    let (person, channel, now) = (person(Role::Expert), codes::CodeChannel::Sms, client.site.now());
    let (links, digits) = (client.site.links.clone(), digits.to_owned());
    let sent = client.site.db.write(Lane::Work, async move |tx| {
        let login = login(tx, person).await?.expect("Ana has a login");
        let code = codes::request(tx, login.id, channel, now).await?;
        let real_now = tx.real_now();
        codes::issue(tx, code, &links.code_digest(code, &digits), real_now).await
    });
    assert!(sent.await.unwrap().is_some());
}

#[tokio::test]
async fn a_code_signs_in_and_sets_a_forgotten_password() {
    both_engines(async |db| {
        let client = client(&db).await;
        code(&client, "012345").await;
        let (status, body) = sign_in_with(&client, json!({ "login": "2125550100", "code": "012 345" })).await;
        assert_eq!(status, StatusCode::OK);
        let ana = client.with_bearer(body["token"].as_str().unwrap());
        code(&client, "678901").await;
        let reset = json!({ "login": "ana@example.com", "code": "678901", "password": "another tin roof" });
        let heard = client.json("POST", "/api/v1/password/reset", &reset).await;
        assert_eq!(heard.status, StatusCode::NO_CONTENT, "{}", heard.text());
        assert_eq!(client.json("POST", "/api/v1/password/reset", &reset).await.status, StatusCode::UNAUTHORIZED);
        let audit = db.read(async |conn| crate::audit::list(conn, None, None, 10).await).await.unwrap();
        let kept: Vec<_> = audit.iter().map(|line| (line.what.as_str(), line.after.clone())).collect();
        assert_eq!(
            kept,
            [("login.password", Some(serde_json::json!({ "by": "a code" })))],
            "once, and not the password"
        );
        assert_eq!(ana.get("/api/v1/me").await.status, StatusCode::UNAUTHORIZED, "other sessions ended");
        let again = json!({ "login": "ana@example.com", "password": "another tin roof" });
        assert_eq!(sign_in_with(&client, again).await.0, StatusCode::OK);
    })
    .await;
}

#[tokio::test]
async fn a_device_is_bound_to_its_token_and_revoked_by_name() {
    both_engines(async |db| {
        let client = client(&db).await;
        let phone = json!({ "name": "Ana's phone", "platform": "android", "push_token": "p" });
        let body = json!({ "login": "ana@example.com", "password": PASSWORD, "device": phone });
        let (_, body) = sign_in_with(&client, body).await;
        let ana = client.with_bearer(body["token"].as_str().unwrap());
        assert_eq!((&body["inc"], &ana.get("/api/v1/me").await.value()["device_id"]), (&json!(0), &body["device_id"]));
        // It outlives any session: a phone may lie in a drawer.
        db.clock().advance(90 * 24 * 3_600_000);
        let mut again = phone.clone();
        again["device_id"] = body["device_id"].clone();
        let heard = ana.json("POST", "/api/v1/device", &again).await;
        assert_eq!(heard.value(), json!({ "device_id": body["device_id"], "inc": 1 }));

        let admin = client.signed_in(person(Role::Admin)).await;
        let list = format!("/api/v1/admin/experts/{}/devices", person(Role::Expert).id_text());
        assert_eq!(admin.get(&list).await.value()["items"][0]["name"], "Ana's phone");
        let other = format!("/api/v1/admin/experts/{}/devices", client.site.new_id::<()>());
        let path = format!("/{}/revoke", body["device_id"].as_str().unwrap());
        let revoke = async |of: &str| admin.json("POST", &format!("{of}{path}"), &json!({})).await.status;
        assert_eq!(revoke(&other).await, StatusCode::NOT_FOUND);
        assert_eq!(revoke(&list).await, StatusCode::NO_CONTENT);
        assert_eq!(ana.get("/api/v1/me").await.problem().code, ProblemCode::DeviceRevoked);
        let wrong = json!({ "name": "x", "platform": "toaster" });
        assert_eq!(client.json("POST", "/api/v1/device", &wrong).await.status, StatusCode::UNAUTHORIZED);
    })
    .await;
}

#[tokio::test]
async fn admins_keep_staff_and_each_change_is_audited() {
    both_engines(async |db| {
        let client = client(&db).await;
        let admin = client.signed_in(person(Role::Admin)).await;
        let eve = json!({ "name": "Ève", "email": "eve@example.com", "role": "agent", "time_zone": "America/Chicago",
            "password": "several plain words" });
        let heard = admin.json("POST", "/api/v1/admin/staff", &eve).await;
        assert_eq!(heard.status, StatusCode::CREATED, "{}", heard.text());
        let id = heard.value()["id"].as_str().unwrap().to_owned();
        let heard = admin.json("POST", "/api/v1/admin/staff", &eve).await;
        assert_eq!((heard.problem().errors[0].field.as_str(), heard.status.as_u16()), ("email", 422));
        let path = format!("/api/v1/admin/staff/{id}");
        let mut changed = eve.clone();
        changed.as_object_mut().unwrap().remove("password");
        changed["phone"] = json!("+13125550100");
        assert_eq!(admin.json("PUT", &path, &changed).await.problem().errors[0].field, "ver");
        changed["ver"] = json!(9);
        assert_eq!(admin.json("PUT", &path, &changed).await.problem().code, ProblemCode::Stale);
        changed["ver"] = json!(1);
        assert_eq!(admin.json("PUT", &path, &changed).await.value()["phone"], "+13125550100");
        let (_, body) =
            sign_in_with(&client, json!({ "login": "312 555 0100", "password": "several plain words" })).await;
        let agent = client.with_bearer(body["token"].as_str().unwrap());
        assert_eq!(agent.get("/api/v1/admin/staff").await.status, StatusCode::FORBIDDEN);
        let off = admin.json("POST", &format!("{path}/deactivate"), &json!({})).await;
        assert_eq!(off.status, StatusCode::NO_CONTENT);
        assert_eq!(agent.get("/api/v1/me").await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(admin.get("/api/v1/admin/staff").await.value()["items"][0]["active"], false);
        let lines = db.read(async |conn| crate::audit::list(conn, None, None, 9).await).await.unwrap();
        let mut what: Vec<&str> = lines.iter().map(|line| line.what.as_str()).collect();
        what.sort_unstable();
        assert_eq!(what, ["staff.active", "staff.create", "staff.replace"]);
        assert!(!format!("{lines:?}").contains("plain words"));
    })
    .await;
}

#[tokio::test]
async fn attempts_are_counted_by_login_and_by_address() {
    both_engines(async |db| {
        let mut counting = site(&db);
        counting.sign_ins = std::sync::Arc::new(sign_in::SignIns::new(std::num::NonZeroU32::new(2)));
        let client = Client::new(counting, routes());
        let mut statuses = Vec::new();
        for n in 0..20 {
            let login = format!("guess{n}@example.com");
            let body = json!({ "login": login, "code": "1" }).to_string();
            let request = Request::post("/api/v1/sign-in").header("content-type", "application/json");
            statuses.push(client.send(request.body(Body::from(body)).unwrap()).await.status);
        }
        assert_eq!(statuses.iter().filter(|status| **status == StatusCode::UNAUTHORIZED).count(), 16);
        assert_eq!(statuses.last(), Some(&StatusCode::TOO_MANY_REQUESTS));
    })
    .await;
}
