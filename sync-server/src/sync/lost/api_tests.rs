//! Outboxes of phones that were switched off, orphans, and the desk's page of them, on both engines.

use super::super::tests::Phone;
use super::{What, file_rescues, listed, note_orphans};
use crate::accounts::Person;
use crate::db::testing::both_engines;
use crate::db::{Database, Lane};
use crate::dispatch::world::{World, id};
use crate::events;
use crate::http::testing::{Client, site};
use crate::sync::{rescue, store};
use crate::tickets::store as tickets;
use axum::http::StatusCode;
use serde_json::json;
use shared::blob::Sha;
use shared::event::Fact;
use shared::intent::Intent;
use shared::sync::{Change, MutationResult, Patch, StreamName};
use shared::ticket::{HumanReason, Outcome, Phase};
use shared::ticket::{Move, ReleaseReason, VisitPlan};

async fn open(db: &Database, what: What) -> Vec<super::Item> {
    db.read(async move |conn| listed(conn, what, false, 100).await).await.unwrap()
}

#[tokio::test]
async fn a_phone_that_takes_anothers_ticket_for_unknown_hears_who_has_it_if_it_was_asked_about_it_before() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let (ana, ticket) = (world.expert("Ana", "10003").await, world.ticket().await);
        world.round().await;
        world.act(ticket, Move::Accept { expert: ana, late: None }).await.unwrap();
        world.act(ticket, Move::Release { why: ReleaseReason::Staff }).await.unwrap();
        let ben = world.expert("Ben Okafor", "10003").await;
        let start_at = world.now().plus_minutes(60);
        let visit = VisitPlan { start_at, travel_minutes: 10, work_minutes: 60 };
        world.act(ticket, Move::Offer { offer: id(88_000), expert: ben, visit, decision: None }).await.unwrap();
        let cleo = world.expert("Cleo", "10003").await;
        let unknown = id::<shared::ids::of::Ticket>(4_711);
        let gone = |to: Option<&str>| Patch {
            s: StreamName::U,
            kind: "ticket".into(),
            id: ticket.to_string(),
            change: Change::Del { why: Some("reassigned".into()), to: to.map(str::to_owned) },
        };
        for (expert, to) in [(ana, Some("Ben Okafor")), (cleo, None)] {
            let mut phone = Phone::of(&world, expert).await;
            phone.send(vec![]).await.unwrap();
            phone.orphans = [ticket, unknown].map(|id| id.to_string()).into();
            for _ in 0..2 {
                let reply = phone.send(vec![]).await.unwrap();
                assert_eq!(reply.patch, [gone(to)], "as often as it asks, and nothing of what is unknown");
            }
        }
        let mut his = Phone::of(&world, ben).await;
        his.send(vec![]).await.unwrap();
        his.orphans = vec![ticket.to_string()];
        assert_eq!(his.send(vec![]).await.unwrap().patch, [], "his own is not gone");
    })
    .await;
}

#[tokio::test]
async fn unsent_work_of_a_switched_off_phone_is_laid_on_its_tickets_and_moves_nothing() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ana = world.expert("Ana", "10003").await;
        let mut phone = Phone::of(&world, ana).await;
        let ticket = world.ticket().await;
        world.round().await;
        assert_eq!(phone.taps(Intent::OfferAccept {}, ticket).await, MutationResult::Applied);
        let note = Intent::NoteAdd { note: id(77), text: "The bell is weak.".parse().unwrap() };
        let photo = Intent::PhotoAdd { photo: id(78), sha: Sha::of(b"x"), caption: None, place: None };
        let done = Intent::TicketComplete { outcome: Outcome::Fixed, summary: "Changed the fuse.".parse().unwrap() };
        let mutations: Vec<_> = [&note, &photo, &done].map(|intent| phone.mutation(intent, Some(ticket))).into();
        let outbox = json!({ "device": phone.device(), "inc": 0, "mutations": mutations }).to_string();
        // The reply was lost, so the phone hands the same in twice.
        for _ in 0..2 {
            rescue(&db, ana, Some(phone.device()), outbox.clone()).await.unwrap();
        }
        rescue(&db, ana, None, "torn in the mid".into()).await.unwrap();
        file_rescues(&db, &world.bounds).await.unwrap();
        let (after, notes, photos) = db
            .read(async move |conn| {
                let ticket_now = tickets::get(conn, ticket).await?.unwrap();
                Ok::<_, crate::db::Error>((
                    ticket_now,
                    tickets::notes(conn, &[ticket], 10).await?,
                    tickets::photos(conn, &[ticket], 10).await?,
                ))
            })
            .await
            .unwrap();
        assert_eq!((notes.len(), photos.len()), (1, 1), "once, although it came twice");
        assert_eq!(
            after.life.state.phase(),
            Some(Phase::Accepted),
            "a report of a phone that may not act moves nothing"
        );
        assert_eq!(after.life.needs_human.unwrap().reason, HumanReason::DoneByOther, "and a person looks at it");
        let lines = db.read(async move |conn| events::history(conn, ticket, 0, 100).await).await.unwrap();
        let recorded = lines.iter().filter(|line| matches!(line.event.fact, Fact::WorkRecorded { .. }));
        assert_eq!(recorded.count(), 1);
        let all = open(&db, What::Rescue).await;
        assert_eq!(all.len(), 3);
        assert!(
            all.iter().any(|item| item.why.contains("laid on their tickets: 2. Reports kept as evidence: 1.")),
            "{all:?}"
        );
        assert!(all.iter().any(|item| item.why.contains("no outbox of our app")), "{all:?}");
        // The account comes back, and the phone pushes the same: the answers stand.
        let reply = phone.send(mutations).await.unwrap();
        assert!(reply.acks.iter().all(|ack| ack.dup), "{:?}", reply.acks);
        let letters = db.read(async |conn| store::dead_letters(conn, 10).await).await.unwrap();
        assert!(letters.is_empty());
    })
    .await;
}

#[tokio::test]
async fn tickets_that_only_a_phone_knows_are_reported_once() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ana = world.expert("Ana", "10003").await;
        let phone = Phone::of(&world, ana).await;
        let known = world.ticket().await;
        let named = [known.to_string(), id::<shared::ids::of::Ticket>(4_711).to_string(), "nonsense".to_owned()];
        let before = db.stats().commits();
        note_orphans(&db, ana, phone.device(), &named).await.unwrap();
        let after_first = db.stats().commits();
        note_orphans(&db, ana, phone.device(), &named).await.unwrap();
        assert!(after_first > before && db.stats().commits() == after_first, "said again, it costs no write");
        let all = open(&db, What::Orphan).await;
        assert_eq!(all.len(), 1, "{all:?}");
        assert_eq!(all[0].ticket.as_deref(), Some(named[1].as_str()));
        assert_eq!(all[0].expert_name.as_deref(), Some("Ana"));
    })
    .await;
}

#[tokio::test]
async fn the_desk_looks_at_what_was_handed_in_and_may_take_that_back() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ana = world.expert("Ana Núñez", "10003").await;
        let mut phone = Phone::of(&world, ana).await;
        let mut mutation = phone.mutation(&Intent::OfferAccept {}, Some(id(9)));
        (mutation.kind, mutation.args) = ("ticket.explode".into(), json!({ "text": "<b>Boom</b>" }));
        phone.send(vec![mutation]).await.unwrap();
        let routes = super::pages::routes().merge(super::api::routes());
        let nobody = Client::new(site(&db), routes);
        let desk = nobody.signed_in(Person::Agent(id(31))).await;
        let page = desk.get("/desk/lost").await.text();
        assert!(page.contains("Ana Núñez") && page.contains("ticket.explode: &#60;b&#62;Boom"), "{page}");
        let list = desk.get("/api/v1/desk/lost?what=dead_letter").await.value();
        let letter = list["items"][0]["id"].as_str().unwrap().to_owned();
        let to = format!("/desk/lost/dead_letter/{letter}");
        for (handled, n_open) in [("yes", 0), ("yes", 0), ("no", 1)] {
            assert_eq!(desk.form(&to, &[("handled", handled)]).await.status, StatusCode::SEE_OTHER);
            assert_eq!(open(&db, What::DeadLetter).await.len(), n_open, "{handled}");
        }
        let audited = db.read(async |conn| crate::audit::of_kind(conn, "lost.handled", None, 10).await).await.unwrap();
        assert_eq!(audited.len(), 2, "a second click changes nothing and is no line");
        let api = format!("/api/v1/desk/lost/dead_letter/{letter}");
        assert_eq!(desk.json("POST", &api, &json!({ "handled": true })).await.value()["changed"], true);
        let page = desk.get("/desk/lost").await.text();
        assert!(page.contains("All of these were looked at.") && page.contains("Take it back"), "{page}");
        assert_eq!(desk.get("/api/v1/desk/lost?what=nothing").await.status, StatusCode::NOT_FOUND);
        let expert = nobody.signed_in(Person::Expert(ana)).await;
        assert_eq!(expert.get("/desk/lost").await.status, StatusCode::FORBIDDEN);
    })
    .await;
}

#[tokio::test]
async fn a_phone_that_was_switched_off_is_told_to_keep_nothing() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ana = world.expert("Ana", "10003").await;
        let phone = Phone::of(&world, ana).await;
        let device = phone.device();
        let client = Client::new(site(&db), crate::sync::api::routes());
        let own = client.signed_in_on(Person::Expert(ana), device).await;
        let request = json!({ "proto": 1, "app": "1", "device": device, "inc": 0, "req": "r1" });
        let before = own.json("POST", "/api/v1/sync", &request).await.value();
        assert_eq!(before["drop_streams"], json!([]));
        db.write(Lane::Desk, async move |tx| crate::accounts::devices::revoke(tx, device, tx.real_now()).await)
            .await
            .unwrap();
        let after = own.json("POST", "/api/v1/sync", &request).await;
        let reply: shared::sync::SyncReply = serde_json::from_value(after.value()).unwrap();
        assert_eq!(reply.drop_streams, [StreamName::U, StreamName::Kb]);
        assert_eq!((reply.req.as_str(), reply.patch.len()), ("r1", 0));
    })
    .await;
}
