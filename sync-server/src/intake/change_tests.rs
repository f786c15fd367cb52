//! A ticket that its customer changes, through all layers, on both engines: when somebody may come.

use super::tests::{client, plain, send};
use crate::db::testing::both_engines;
use crate::dispatch::world::World;
use crate::http::testing::Client;
use serde_json::{Value, json};
use shared::ids::TicketId;
use shared::ticket::{CannotFix, Move};
use shared::time::Timestamp;

/// It is 04:00 on Monday 2 March in New York, where the ticket is.
fn morning_of(day: &str) -> Value {
    json!({ "windows": [{ "date": day, "part": "morning" }] })
}

async fn filed(mia: &Client, body: &Value) -> (TicketId, String) {
    let filed = send(mia, "k1", body).await.value();
    let token = filed["track_url"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    (filed["id"].as_str().unwrap().parse().unwrap(), token)
}

async fn start_of(world: &World, ticket: TicketId) -> Option<Timestamp> {
    world.read(ticket).await.life.state.visit().map(|visit| visit.start_at)
}

fn within(start: Option<Timestamp>, from: &str, until: &str) -> bool {
    start.is_some_and(|start| from.parse::<Timestamp>().unwrap() <= start && start < until.parse().unwrap())
}

#[tokio::test]
async fn a_ticket_is_offered_for_the_time_that_its_customer_chose() {
    both_engines(async |db| {
        let (world, mia) = client(&db).await;
        world.expert("Ana", "10003").await;
        let mut body = plain();
        body["windows"] = morning_of("2026-03-03")["windows"].clone();
        let (ticket, token) = filed(&mia, &body).await;
        world.round().await;
        let start = start_of(&world, ticket).await;
        assert!(within(start, "2026-03-03T13:00:00Z", "2026-03-03T17:00:00Z"), "{start:?}");
        let page = mia.get(&format!("/track/{token}")).await.text();
        assert!(page.contains("Tue 3 Mar, 08:00 to 12:00"), "{page}");
        let shown = mia.get(&format!("/api/v1/track/{token}")).await.value();
        assert_eq!(shown["windows"][0]["from"], "2026-03-03T13:00:00Z");
        assert!(shown["site"].is_null() && shown["description"].is_null(), "the link alone tells no address");
    })
    .await;
}

#[tokio::test]
async fn a_time_that_cannot_be_kept_is_named_and_nothing_is_filed() {
    both_engines(async |db| {
        let (_world, mia) = client(&db).await;
        let refused = async |windows: Value| {
            let mut body = plain();
            body["windows"] = windows;
            let problem = send(&mia, "k1", &body).await.problem();
            let fault = problem.errors.into_iter().next().unwrap();
            (fault.field, fault.code)
        };
        let of = |field: &str, code: &str| (field.to_owned(), code.to_owned());
        assert_eq!(refused(json!([{"date": "2026-03-01", "part": "evening"}])).await, of("windows", "over"));
        assert_eq!(refused(json!([{"date": "2026-03-20", "part": "evening"}])).await, of("windows", "too_far"));
        let short = json!([{"date": "2026-03-02", "from": "10:00", "until": "10:20"}]);
        assert_eq!(refused(short).await, of("windows", "too_short"));
        assert_eq!(refused(json!([{"date": "2026-03-02", "part": "noon"}])).await, of("windows[0].part", "invalid"));
        assert_eq!(mia.get("/api/v1/tickets").await.value()["items"], json!([]));
        let form = [("key", "k2"), ("category", "tv"), ("title", "No picture"), ("window.2026-03-01.morning", "1")];
        let again = mia.form("/tickets/new", &form).await;
        assert_eq!(again.status.as_u16(), 422);
        assert!(again.text().contains("This time is over"), "{}", again.text());
    })
    .await;
}

#[tokio::test]
async fn another_time_takes_back_the_visit_that_does_not_fit_and_asks_the_same_expert_first() {
    both_engines(async |db| {
        let (world, mia) = client(&db).await;
        let ben = world.expert("Ben", "10463").await;
        let (ticket, token) = filed(&mia, &plain()).await;
        world.round().await;
        world.act(ticket, Move::Accept { expert: ben, late: None }).await.unwrap();
        // She is nearer, and only here since he was promised.
        let ana = world.expert("Ana", "10003").await;
        let page = format!("/track/{token}");
        assert!(mia.get(&page).await.text().contains("Choose another time"));
        let nothing = mia.form(&format!("{page}/reschedule"), &[]).await;
        assert_eq!(nothing.status.as_u16(), 422);
        assert!(nothing.text().contains("Please tick when we may come"));
        let box_of = [("window.2026-03-03.afternoon", "1")];
        for click in 0..2 {
            let sent = mia.form(&format!("{page}/reschedule"), &box_of).await;
            assert_eq!((sent.status.as_u16(), sent.header("location")), (303, page.as_str()), "click {click}");
        }
        let lines = mia.get(&page).await.text();
        assert_eq!(lines.matches("You chose when we may come: Tue 3 Mar, 12:00 to 17:00").count(), 1, "{lines}");
        assert_eq!(world.holder(ticket).await, None);
        world.round().await;
        assert_eq!(world.holder(ticket).await, Some(ben), "and not {ana}");
        let start = start_of(&world, ticket).await;
        assert!(within(start, "2026-03-03T17:00:00Z", "2026-03-03T22:00:00Z"), "{start:?}");
        // As soon as possible fits what was found.
        let soon = mia.form(&format!("{page}/reschedule"), &[("soon", "1")]).await;
        assert_eq!(soon.status.as_u16(), 303);
        assert_eq!(start_of(&world, ticket).await, start);
    })
    .await;
}

#[tokio::test]
async fn whoever_did_not_open_chooses_a_time_and_whoever_is_on_the_way_is_not_turned_round() {
    both_engines(async |db| {
        let (world, mia) = client(&db).await;
        let ana = world.expert("Ana", "10003").await;
        let (ticket, token) = filed(&mia, &plain()).await;
        world.round().await;
        let path = format!("/api/v1/tickets/{ticket}/reschedule");
        world.act(ticket, Move::Depart { expert: ana }).await.unwrap();
        let refused = mia.json("POST", &path, &morning_of("2026-03-03")).await.problem();
        assert!(refused.detail.unwrap().contains("on the way already"));
        assert!(!mia.get(&format!("/track/{token}")).await.text().contains("Choose another time"));
        let shut = Move::CannotFix { expert: ana, why: CannotFix::NoAccess, part: None, until: None };
        world.act(ticket, shut).await.unwrap();
        assert!(mia.get(&format!("/track/{token}")).await.text().contains("id=\"another-time\" open"));
        let by_link = format!("/api/v1/track/{token}/reschedule");
        let resumed = mia.json("POST", &by_link, &morning_of("2026-03-03")).await;
        assert_eq!((resumed.status.as_u16(), &resumed.value()["state"]), (200, &json!("waiting")));
        world.round().await;
        assert_eq!(world.holder(ticket).await, Some(ana));
        world.act(ticket, Move::Cancel { why: shared::ticket::CancelReason::Customer }).await.unwrap();
        let ended = mia.json("POST", &path, &morning_of("2026-03-03")).await.problem();
        assert!(ended.detail.unwrap().contains("This ticket has ended"));
    })
    .await;
}

#[tokio::test]
async fn a_wrong_address_is_mended_by_the_link_without_showing_the_one_we_have() {
    both_engines(async |db| {
        let (world, mia) = client(&db).await;
        let ana = world.expert("Ana", "10003").await;
        let (ticket, token) = filed(&mia, &plain()).await;
        world.round().await;
        let wrong = Move::CannotFix { expert: ana, why: CannotFix::WrongAddress, part: None, until: None };
        world.act(ticket, Move::Accept { expert: ana, late: None }).await.unwrap();
        world.act(ticket, wrong).await.unwrap();
        let nobody = Client::new(mia.site.clone(), super::api::routes().merge(super::pages::routes()));
        let page = format!("/track/{token}");
        let shown = nobody.get(&page).await.text();
        assert!(shown.contains("id=\"mend\" open"), "{shown}");
        assert!(!shown.contains("350 5th Ave"));
        assert!(mia.get(&format!("/tickets/{ticket}")).await.text().contains("value=\"350 5th Ave\""));
        let unknown = [("line1", "1 Main St"), ("postal_code", "00000")];
        let refused = nobody.form(&format!("{page}/address"), &unknown).await;
        assert_eq!(refused.status.as_u16(), 422);
        assert!(refused.text().contains("We do not know this postal code"), "{}", refused.text());
        let right = [("line1", "20 W 34th St"), ("postal_code", "10001"), ("access_note", "Ring at Miller")];
        for click in 0..2 {
            let sent = nobody.form(&format!("{page}/address"), &right).await;
            assert_eq!((sent.status.as_u16(), sent.header("location")), (303, page.as_str()), "click {click}");
        }
        let mended = mia.get(&format!("/tickets/{ticket}")).await.text();
        assert_eq!(mended.matches("Corrected: the address").count(), 1, "{mended}");
        assert!(mended.contains("20 W 34th St"));
        world.round().await;
        assert_eq!(world.holder(ticket).await, Some(ana), "the same expert first");
    })
    .await;
}

#[tokio::test]
async fn an_agent_corrects_what_a_ticket_needs_and_a_customer_does_not() {
    both_engines(async |db| {
        let (world, mia) = client(&db).await;
        let ana = world.expert("Ana", "10003").await;
        let (ticket, token) = filed(&mia, &plain()).await;
        world.round().await;
        world.act(ticket, Move::Accept { expert: ana, late: None }).await.unwrap();
        let path = format!("/api/v1/tickets/{ticket}");
        let need = json!({ "need": { "skills": { "tv": 3 }, "work_minutes": 90 }, "contact": { "name": "Bo" } });
        let refused = mia.json("PATCH", &path, &need).await.problem();
        assert_eq!(refused.errors[0].field, "need");
        let agent = mia.signed_in(crate::accounts::Person::Agent(crate::dispatch::world::id(60))).await;
        let unknown = json!({ "need": { "skills": { "toasters": 1 } } });
        assert_eq!(agent.json("PATCH", &path, &unknown).await.problem().errors[0].code, "unknown");
        let done = agent.json("PATCH", &path, &need).await;
        assert_eq!((done.status.as_u16(), &done.value()["state"]), (200, &json!("waiting")), "{}", done.text());
        assert_eq!(world.read(ticket).await.work_minutes, 90);
        let again = agent.json("PATCH", &path, &need).await.problem();
        assert_eq!(again.detail.as_deref(), Some("This is what we have already."));
        let lines = db.read(async |conn| crate::audit::of_kind(conn, "ticket.correct", None, 10).await).await.unwrap();
        assert_eq!((lines.len(), lines[0].actor_role.as_str()), (1, "agent"), "{lines:?}");
        let minutes = |body: &Option<Value>| body.as_ref().map(|body| body["work_minutes"].clone());
        assert_eq!((minutes(&lines[0].before), minutes(&lines[0].after)), (Some(json!(45)), Some(json!(90))));
        let door = json!({ "access_note": "Round the back" });
        let by_link = mia.json("POST", &format!("/api/v1/track/{token}/address"), &door).await;
        assert_eq!(by_link.status.as_u16(), 200, "{}", by_link.text());
    })
    .await;
}

#[tokio::test]
async fn a_note_by_the_link_is_there_once_and_there_is_an_end_to_them() {
    both_engines(async |db| {
        let (world, mia) = client(&db).await;
        let (ticket, token) = filed(&mia, &plain()).await;
        let path = format!("/track/{token}/note");
        let note = crate::dispatch::world::id::<shared::ids::of::Note>(88_000).to_string();
        let first = [("key", note.as_str()), ("text", "The dog is friendly.")];
        for click in 0..2 {
            assert_eq!(mia.form(&path, &first).await.status.as_u16(), 303, "click {click}");
        }
        let kept = async || {
            let notes = db.read(async move |conn| crate::tickets::store::notes(conn, &[ticket], 500).await);
            notes.await.unwrap().len()
        };
        assert_eq!(kept().await, 1);
        for _ in 1..100 {
            let sent = mia.json("POST", &format!("/api/v1{path}"), &json!({ "text": "And another thing." })).await;
            assert_eq!(sent.status.as_u16(), 201);
        }
        let full = mia.json("POST", &format!("/api/v1{path}"), &json!({ "text": "One more." })).await.problem();
        assert!(full.detail.unwrap().contains("please ring us"));
        assert_eq!(mia.form(&path, &first).await.status.as_u16(), 303, "what is there already is no new one");
        assert_eq!((kept().await, world.read(ticket).await.life.state.word()), (100, "waiting"));
    })
    .await;
}
