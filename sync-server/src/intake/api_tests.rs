//! Filing as its callers meet it: the JSON call and the pages, through all layers, on both engines.

use super::{api, pages};
use crate::accounts::Person;
use crate::db::testing::both_engines;
use crate::db::{Database, Error, Lane};
use crate::dispatch::world::{World, id};
use crate::http::testing::{Client, Heard, site};
use crate::tickets::check;
use crate::workforce;
use crate::workforce::store::{NewNeed, put_category, put_need, put_symptom};
use crate::workforce::{Category, Symptom};
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::{Value, json};
use shared::event::Fact;
use shared::ids::{CustomerId, TicketId};
use shared::place::Place;
use shared::problem::ProblemCode;
use shared::skills::Skills;
use shared::sync::Location;
use shared::ticket::{Move, Outcome, State};

pub(super) async fn client(db: &Database) -> (World, Client) {
    let world = World::new(db).await;
    let now = world.now();
    db.write(Lane::Desk, async move |tx| {
        let tv = Category { slug: "tv".parse().unwrap(), label: "Television".parse().unwrap(), symptoms: Vec::new() };
        put_category(tx, &tv, 1, true).await?;
        let smoke = Symptom { slug: "smoke".parse().unwrap(), label: "Smoke".parse().unwrap(), danger: true };
        put_symptom(tx, &tv.slug, &smoke, 1, true).await?;
        for symptom in [None, Some(smoke.slug)] {
            let category = tv.slug.clone();
            let urgent = symptom.is_some();
            let need = NewNeed { category, symptom, skills: Skills::default(), work_minutes: 45, urgent };
            put_need(tx, &need, now).await?;
        }
        Ok::<_, Error>(())
    })
    .await
    .unwrap();
    let client = Client::new(site(db), api::routes().merge(pages::routes()));
    let mia = client.signed_in(Person::Customer(world.customer)).await;
    (world, mia)
}

pub(super) async fn send(client: &Client, key: &str, body: &Value) -> Heard {
    let request = Request::post("/api/v1/tickets").header(header::CONTENT_TYPE, "application/json");
    client.send(request.header("idempotency-key", key).body(Body::from(body.to_string())).unwrap()).await
}

pub(super) fn plain() -> Value {
    json!({"category": "tv", "product": {"make": "Łumen", "model": "X-55"}, "title": "No picture", "description": "Since the storm."})
}

#[tokio::test]
async fn a_repeat_gets_the_same_ticket_and_another_body_is_refused() {
    both_engines(async |db| {
        let (world, mia) = client(&db).await;
        let first = send(&mia, "k1", &plain()).await;
        assert_eq!(first.status, StatusCode::CREATED, "{}", first.text());
        assert_eq!(first.value()["state"], "waiting");
        let again = send(&mia, "k1", &plain()).await;
        assert_eq!((again.status, again.value()), (first.status, first.value()));
        let mut other = plain();
        other["title"] = "No sound".into();
        assert_eq!(send(&mia, "k1", &other).await.problem().code, ProblemCode::IdempotencyMismatch);
        assert_ne!(send(&mia, "k2", &other).await.value()["number"], first.value()["number"]);
        let now = world.now();
        let ledger = db.read(async move |conn| check::ledger(conn, now).await).await.unwrap();
        assert_eq!((ledger.receipts, ledger.open), (2, 2));
    })
    .await;
}

#[tokio::test]
async fn the_plans_hours_count_only_in_service_hours_at_the_site() {
    both_engines(async |db| {
        let (world, mia) = client(&db).await;
        // Monday, 04:00 in New York; the plan promises eight hours.
        let sent = send(&mia, "k1", &plain()).await;
        let ticket: TicketId = sent.value()["id"].as_str().unwrap().parse().unwrap();
        assert_eq!(world.read(ticket).await.due_at.to_string(), "2026-03-02T21:00:00Z");
        let other = json!({"category": "tv", "title": "No sound"});
        world.minutes_pass(14 * 60 + 30);
        let sent = send(&mia, "k2", &other).await;
        let ticket: TicketId = sent.value()["id"].as_str().unwrap().parse().unwrap();
        assert_eq!(world.read(ticket).await.due_at.to_string(), "2026-03-03T21:00:00Z", "after hours is tomorrow");
    })
    .await;
}

#[tokio::test]
async fn concurrent_repeats_make_one_ticket() {
    both_engines(async |db| {
        let (_world, mia) = client(&db).await;
        let (body, key) = (plain(), "once");
        let sent = (0..5).map(|_| send(&mia, key, &body));
        let heard = futures_util::future::join_all(sent).await;
        let answers: Vec<Value> = heard.iter().map(Heard::value).collect();
        assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
        let listed = mia.get("/api/v1/tickets").await.value();
        assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn what_is_wrong_is_named_and_nothing_is_filed() {
    both_engines(async |db| {
        let (_world, mia) = client(&db).await;
        let bad = json!({"category": "tv", "title": " ", "description": "a\u{0}b", "priority": "urgent"});
        let problem = send(&mia, "k1", &bad).await.problem();
        let fields: Vec<_> = problem.errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["title", "description", "priority"]);
        let unknown = send(&mia, "k1", &json!({"category": "toaster", "title": "x"})).await.problem();
        assert_eq!(unknown.errors[0].field, "category");
        let strange = send(&mia, "k1", &json!({"category": "tv", "title": "x", "colour": "red"})).await.problem();
        assert_eq!(strange.errors[0].code, "unknown_field");
        let no_key = mia.json("POST", "/api/v1/tickets", &plain()).await.problem();
        assert_eq!(no_key.code, ProblemCode::IdempotencyKeyMissing);
        assert_eq!(mia.get("/api/v1/tickets").await.value()["items"], json!([]));
        // The key is still free.
        assert_eq!(send(&mia, "k1", &plain()).await.status, StatusCode::CREATED);
    })
    .await;
}

#[tokio::test]
async fn other_peoples_tickets_are_not_there_and_nobody_files_for_others() {
    both_engines(async |db| {
        let (world, mia) = client(&db).await;
        let ticket = send(&mia, "k1", &plain()).await.value()["id"].as_str().unwrap().to_owned();
        let stranger = mia.signed_in(Person::Customer(id::<shared::ids::of::Customer>(701))).await;
        let expert = mia.signed_in(Person::Expert(id(702))).await;
        for path in [format!("/api/v1/tickets/{ticket}"), format!("/tickets/{ticket}")] {
            assert_eq!(stranger.get(&path).await.status, StatusCode::NOT_FOUND, "{path}");
            assert_eq!(expert.get(&path).await.status, StatusCode::FORBIDDEN, "{path}");
        }
        let cancel = format!("/api/v1/tickets/{ticket}/cancel");
        assert_eq!(stranger.json("POST", &cancel, &json!({})).await.status, StatusCode::NOT_FOUND);
        let mut named = plain();
        let other: CustomerId = id(701);
        named["customer"] = other.to_string().into();
        assert_eq!(send(&mia, "k2", &named).await.status, StatusCode::FORBIDDEN);
        let agent = mia.signed_in(Person::Agent(id(703))).await;
        named["customer"] = world.customer.to_string().into();
        named["priority"] = "urgent".into();
        let filed = send(&agent, "k1", &named).await;
        assert_eq!(filed.status, StatusCode::CREATED, "{}", filed.text());
        let seen = agent.get(&format!("/api/v1/tickets/{}", filed.value()["id"].as_str().unwrap())).await;
        assert_eq!(seen.value()["urgent"], true);
    })
    .await;
}

#[tokio::test]
async fn a_form_sent_twice_leads_to_one_receipt_and_a_wrong_one_keeps_what_was_typed() {
    both_engines(async |db| {
        let (_world, mia) = client(&db).await;
        let fields = [("key", "f1"), ("category", "tv"), ("symptom", "smoke"), ("title", "It smokes – brûlé")];
        let first = mia.form("/tickets/new", &fields).await;
        let again = mia.form("/tickets/new", &fields).await;
        assert_eq!((first.status, first.header("location")), (StatusCode::SEE_OTHER, again.header("location")));
        let receipt = mia.get(first.header("location")).await.text();
        assert!(receipt.contains("We have your report") && receipt.contains("It smokes – brûlé"), "{receipt}");
        assert!(receipt.contains("Keep away from the device"), "danger is named on the page");
        let wrong =
            mia.form("/tickets/new", &[("key", "f2"), ("category", "tv"), ("description", "<b>No title</b>")]).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        let page = wrong.text();
        assert!(page.contains("Please fill this in") && page.contains("&#60;b&#62;No title"), "{page}");
        let edited = mia.form("/tickets/new", &[("key", "f1"), ("category", "tv"), ("title", "Another")]).await;
        assert!(edited.text().contains("was sent before"), "the back button and an edit");
    })
    .await;
}

#[tokio::test]
async fn a_ticket_is_followed_by_its_link_cancelled_once_and_noted() {
    both_engines(async |db| {
        let (_world, mia) = client(&db).await;
        let filed = send(&mia, "k1", &plain()).await.value();
        let ticket = filed["id"].as_str().unwrap();
        let track = filed["track_url"].as_str().unwrap().rsplit_once("/track/").unwrap().1.to_owned();
        let nobody = Client::new(site(&db), pages::routes());
        let page = nobody.get(&format!("/track/{track}")).await.text();
        assert!(page.contains("Looking for the right expert"), "{page}");
        assert!(!page.contains("350 5th Ave") && !page.contains("Since the storm"), "the link shows the state alone");
        assert_eq!(nobody.get("/track/AAAA").await.status, StatusCode::NOT_FOUND);
        let note = [("key", "0199a3f0-7c1e-7d2a-8b11-5f6e7a8b9c0d"), ("text", "The dog is friendly")];
        for _ in 0..2 {
            mia.form(&format!("/tickets/{ticket}/note"), &note).await;
        }
        let page = mia.get(&format!("/tickets/{ticket}")).await.text();
        assert_eq!(page.matches("The dog is friendly").count(), 1);
        for _ in 0..2 {
            assert_eq!(mia.form(&format!("/tickets/{ticket}/cancel"), &[]).await.status, StatusCode::SEE_OTHER);
        }
        assert!(nobody.get(&format!("/track/{track}")).await.text().contains("Nobody will come"));
        // Old messages lie in many hands: the link ends with the ticket and some weeks.
        db.clock().jump(90 * 24 * 3_600_000 - 1);
        assert_eq!(nobody.get(&format!("/track/{track}")).await.status, StatusCode::OK);
        db.clock().jump(1);
        let over = nobody.get(&format!("/track/{track}")).await;
        assert!(over.status == StatusCode::GONE && over.text().contains("This link has ended"), "{}", over.text());
        assert_eq!(nobody.form(&format!("/track/{track}/cancel"), &[]).await.status, StatusCode::GONE);
        assert_eq!(mia.get(&format!("/tickets/{ticket}")).await.status, StatusCode::OK, "signed in it is there");
    })
    .await;
}

#[tokio::test]
async fn somebody_registers_once() {
    both_engines(async |db| {
        let (_world, mia) = client(&db).await;
        let nobody = Client::new(mia.site.clone(), pages::routes());
        let fields = [
            ("name", "Zoë O'Brien-Núñez"),
            ("email", "zoe@example.com"),
            ("phone", "(212) 555-0123"),
            ("notify_by", "sms"),
            ("line1", "1 Main St"),
            ("postal_code", "10001"),
            ("password", "correct horse battery"),
            ("locale", "de"),
        ];
        let far: Vec<_> =
            fields.iter().map(|(name, value)| (*name, if *name == "postal_code" { "99501" } else { value })).collect();
        let warned = nobody.form("/register", &far).await;
        assert!(warned.status == 422 && warned.text().contains("None of our experts works near"), "{}", warned.text());
        assert!(warned.text().contains("name=\"far\" value=\"99501\""), "the same once more is meant");
        let made = nobody.form("/register", &fields).await;
        assert_eq!((made.status, made.header("location")), (StatusCode::SEE_OTHER, "/sign-in?next=%2Ftickets%2Fnew"));
        let twice = nobody.form("/register", &fields).await;
        assert_eq!(twice.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(twice.text().contains("Someone is registered with this e-mail address"));
        assert!(twice.text().contains("Zoë O&#39;Brien-Núñez") && !twice.text().contains("horse"));
        let bad = nobody.form("/register", &[("name", ""), ("postal_code", "00000"), ("phone", "x")]).await.text();
        for name in ["name", "email", "phone", "postal_code", "line1", "password"] {
            assert!(bad.contains(&format!("href=\"#f-{name}\"")), "{name}: {bad}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_ticket_is_found_by_its_number_with_a_contact_and_acted_on_by_its_link() {
    both_engines(async |db| {
        let (world, mia) = client(&db).await;
        let number = send(&mia, "k1", &plain()).await.value()["number"].as_str().unwrap().to_owned();
        let customer = world.customer;
        let found = db.read(async move |conn| crate::customers::store::customer(conn, customer).await);
        let phone = found.await.unwrap().unwrap().phone.to_string();
        let nobody = Client::new(mia.site.clone(), pages::routes());
        for (number, contact) in [(number.as_str(), "+12125559999"), ("000-000-000", &phone), (&number, "")] {
            let refused = nobody.form("/track", &[("number", number), ("contact", contact)]).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{number} {contact}");
            assert!(refused.text().contains(number), "what was typed is kept");
        }
        let typed = [("number", number.to_lowercase()), ("contact", phone)];
        let typed: Vec<(&str, &str)> = typed.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let led = nobody.form("/track", &typed).await;
        assert_eq!(led.status, StatusCode::SEE_OTHER, "{}", led.text());
        let page = led.header("location").to_owned();
        let shown = nobody.get(&page).await.text();
        assert!(shown.contains(&number) && !shown.contains("Since the storm."), "the link shows no private words");

        let key = mia.site.new_id::<shared::ids::of::Note>().to_string();
        for _ in 0..2 {
            let noted = nobody.form(&format!("{page}/note"), &[("key", &key), ("text", "The bell is broken.")]).await;
            assert_eq!((noted.status, noted.header("location")), (StatusCode::SEE_OTHER, page.as_str()));
            let cancelled = nobody.form(&format!("{page}/cancel"), &[]).await;
            assert_eq!(cancelled.status, StatusCode::SEE_OTHER, "{}", cancelled.text());
        }
        assert!(nobody.get(&page).await.text().contains("data-state=\"cancelled\""));
        let ticket = mia.get("/api/v1/tickets").await.value()["items"][0]["id"].as_str().unwrap().to_owned();
        let own = mia.get(&format!("/tickets/{ticket}")).await.text();
        assert_eq!(own.matches("The bell is broken.").count(), 1, "{own}");
        let wrong = nobody.form("/track/nonsense/cancel", &[]).await;
        assert_eq!(wrong.status, StatusCode::NOT_FOUND);
    })
    .await;
}

/// Who was there and did it, today.
async fn complete(world: &World, ticket: TicketId) {
    let ana = world.expert("Ana", "10001").await;
    world.round().await;
    world.act(ticket, Move::Accept { expert: ana, late: None }).await.unwrap();
    let summary = "New fuse.".parse().unwrap();
    world.act(ticket, Move::Complete { expert: ana, outcome: Outcome::Fixed, summary }).await.unwrap();
}

async fn filed(client: &Client, key: &str, body: &Value) -> TicketId {
    send(client, key, body).await.value()["id"].as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_ticket_for_the_same_product_within_thirty_days_is_the_one_follow_up_with_the_history_on_it() {
    both_engines(async |db| {
        let (world, mia) = client(&db).await;
        let first = filed(&mia, "k1", &plain()).await;
        assert_eq!(world.read(filed(&mia, "k2", &plain()).await).await.follows, None, "nobody was there yet");
        complete(&world, first).await;
        let done = world.read(first).await;
        let mut other = plain();
        other["product"]["model"] = "Y-1".into();
        assert_eq!(world.read(filed(&mia, "k3", &other).await).await.follows, None, "another product");
        world.minutes_pass(30 * 1_440);
        let mut again = plain();
        again["product"]["make"] = "łumen".into();
        let second = filed(&mia, "k4", &again).await;
        let follow_up = world.read(second).await;
        assert_eq!((follow_up.follows, follow_up.last_expert), (Some(first), done.last_expert));
        assert_eq!(filed(&mia, "k4", &again).await, second, "sent again");
        assert_eq!(world.read(filed(&mia, "k5", &again).await).await.follows, None, "at most one");
        let page = mia.get(&format!("/tickets/{second}")).await.text();
        assert!(page.contains(&done.number.to_string()) && page.contains(&format!("/tickets/{first}")), "{page}");
        let page = mia.get(&format!("/tickets/{first}")).await.text();
        assert!(page.contains("It did not stay fixed") && page.contains(&format!("/tickets/{second}")), "{page}");
    })
    .await;
}

#[tokio::test]
async fn after_thirty_days_the_same_trouble_is_a_new_one() {
    both_engines(async |db| {
        let (world, mia) = client(&db).await;
        let first = filed(&mia, "k1", &plain()).await;
        complete(&world, first).await;
        world.minutes_pass(30 * 1_440 + 1);
        assert_eq!(world.read(filed(&mia, "k2", &plain()).await).await.follows, None);
    })
    .await;
}

#[tokio::test]
async fn two_reports_at_the_same_time_make_one_follow_up() {
    both_engines(async |db| {
        let (world, mia) = client(&db).await;
        let first = filed(&mia, "k1", &plain()).await;
        complete(&world, first).await;
        let body = plain();
        let sent = ["a", "b", "c"].map(|key| filed(&mia, key, &body));
        let mut n_following = 0;
        for ticket in futures_util::future::join_all(sent).await {
            n_following += usize::from(world.read(ticket).await.follows == Some(first));
        }
        assert_eq!(n_following, 1);
    })
    .await;
}

#[tokio::test]
async fn who_sees_that_it_works_again_closes_the_ticket_and_the_expert_is_released() {
    both_engines(async |db| {
        let (world, mia) = client(&db).await;
        let ana = world.expert("Ana", "10001").await;
        let ticket = filed(&mia, "k1", &plain()).await;
        world.round().await;
        world.act(ticket, Move::Accept { expert: ana, late: None }).await.unwrap();
        let page = mia.get(&format!("/tickets/{ticket}")).await.text();
        assert!(page.contains("Yes, it works again"), "{page}");
        let track =
            mia.get(&format!("/api/v1/tickets/{ticket}")).await.value()["track_url"].as_str().unwrap().to_owned();
        let token = track.rsplit('/').next().unwrap();
        let page = mia.get(&format!("/track/{token}")).await.text();
        assert!(!page.contains("Yes, it works again"), "a link may have been passed on");
        assert_eq!(mia.form(&format!("/track/{token}/solved"), &[]).await.status, StatusCode::NOT_FOUND);
        for _ in 0..2 {
            let back = mia.form(&format!("/tickets/{ticket}/solved"), &[]).await;
            assert_eq!(back.status, StatusCode::SEE_OTHER, "{}", back.text());
        }
        let state = world.read(ticket).await.life.state;
        assert!(matches!(state, State::Completed { expert: None, outcome: Outcome::SolvedWithoutVisit, .. }));
        let lines = db.read(async move |conn| crate::events::history(conn, ticket, 0, 50).await).await.unwrap();
        let last = &lines.last().unwrap().event.fact;
        assert_eq!(last, &Fact::SolvedWithoutVisit { released: Some(ana) }, "he is told by it");
        let again = mia.json("POST", &format!("/api/v1/tickets/{ticket}/solved"), &json!({})).await;
        assert_eq!(again.problem().code, ProblemCode::AlreadySettled);
    })
    .await;
}

#[tokio::test]
async fn the_customer_sees_where_the_expert_is_from_departure_to_arrival_only() {
    both_engines(async |db| {
        let (world, mia) = client(&db).await;
        let ana = world.expert("Ana", "10003").await;
        let ticket = world.ticket().await;
        world.round().await;
        world.act(ticket, Move::Accept { expert: ana, late: None }).await.unwrap();
        let here = async |minutes: i64| {
            let seen = Location {
                place: Place::from_degrees(40.7, -73.9).unwrap(),
                accuracy_m: 10,
                at: world.now().plus_minutes(minutes),
            };
            let write = db.write(Lane::Sync, async move |tx| workforce::store::set_position(tx, ana, &seen).await);
            write.await.unwrap();
            mia.get(&format!("/tickets/{ticket}")).await.text()
        };
        assert!(!here(0).await.contains("openstreetmap"), "she has not left");
        world.minutes_pass(1);
        world.act(ticket, Move::Depart { expert: ana }).await.unwrap();
        assert!(!here(-1).await.contains("openstreetmap"), "where she was before is no news");
        let page = here(1).await;
        assert!(["Last news", "mlat=40.70000", "mlon=-73.90000"].iter().all(|part| page.contains(part)), "{page}");
        world.minutes_pass(5);
        world.act(ticket, Move::Arrive { expert: ana }).await.unwrap();
        assert!(!here(0).await.contains("openstreetmap"), "she is there");
        let known = db.read(async move |conn| workforce::store::expert(conn, ana).await).await.unwrap().unwrap();
        assert_eq!(known.arrival.map(|(_, at)| at), Some(world.now()), "the next way begins where she arrived");
    })
    .await;
}

#[tokio::test]
async fn after_the_arrival_that_was_told_the_page_says_when_it_was_to_be_and_how_old_the_news_are() {
    both_engines(async |db| {
        let (world, mia) = client(&db).await;
        let ana = world.expert("Ana", "10003").await;
        let ticket = world.ticket().await;
        world.round().await;
        world.act(ticket, Move::Accept { expert: ana, late: None }).await.unwrap();
        world.minutes_pass(1);
        world.act(ticket, Move::Depart { expert: ana }).await.unwrap();
        let state = world.read(ticket).await.life.state;
        let State::EnRoute { visit, .. } = state else { panic!("it is {state:?}") };
        let travel = u64::from(visit.travel_minutes);
        let page = async || mia.get(&format!("/tickets/{ticket}")).await.text();
        world.minutes_pass(travel);
        let on_time = page().await;
        assert!(on_time.contains("Expected arrival") && !on_time.contains("was expected"), "{on_time}");
        world.minutes_pass(1);
        let late = page().await;
        let next = late.split("id=\"next\">").nth(1).and_then(|rest| rest.split('<').next()).unwrap().to_owned();
        assert!(next.starts_with("Ana was expected") && next.contains("Last news: "), "{next}");
        assert!(!next.contains("Expected arrival"), "no arrival is made up: {next}");
    })
    .await;
}
