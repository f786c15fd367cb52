//! What a person decides in place of the server, or against its rules, leaves who decided it and why; what was refused
//! leaves nothing.

use super::tests::{Desk, desk};
use crate::audit::{self, Line};
use crate::db::Database;
use crate::db::testing::both_engines;
use crate::dispatch::by_hand;
use crate::dispatch::world::id;
use crate::http::testing::{Client, Heard};
use serde_json::{Value, json};
use shared::ids::{ExpertId, StaffId, TicketId};
use shared::ticket::{HumanReason, Move};

/// The lines of this word, the newest first, each by the agent Émile.
async fn lines(db: &Database, what: &'static str) -> Vec<Line> {
    let lines = db.read(async move |conn| audit::of_kind(conn, what, None, 50).await).await.unwrap();
    let emile: StaffId = id(51);
    for line in &lines {
        assert_eq!((line.actor_role.as_str(), line.actor.clone()), ("agent", Some(emile.to_string())), "{line:?}");
    }
    lines
}

async fn send(client: &Client, ticket: TicketId, expert: ExpertId, reason: Option<&str>) -> Heard {
    let body = json!({ "expert": expert, "override_reason": reason });
    client.json("POST", &format!("/api/v1/admin/tickets/{ticket}/offer"), &body).await
}

async fn act(client: &Client, deed: &str, ticket: TicketId, note: Option<&str>) -> Value {
    let body = json!({ "items": [format!("ticket:{ticket}")], "deed": deed, "note": note });
    client.json("POST", "/api/v1/desk/inbox/act", &body).await.value()["results"][0]["done"].clone()
}

/// The reasons of the offers against a rule or a warning, the newest first, each with how much stood against it.
async fn overrides(db: &Database, ticket: TicketId) -> Vec<(String, usize, usize)> {
    let read = db.read(async move |conn| by_hand::store::list(conn, Some(ticket), None, 10).await);
    let shown = |made: by_hand::store::Override| {
        assert_eq!(made.staff, id(51));
        (made.reason.to_string(), made.against.broken.len(), made.against.cautions.len())
    };
    read.await.unwrap().into_iter().map(shown).collect()
}

#[tokio::test]
async fn an_offer_against_a_rule_or_a_warning_is_kept_with_its_reason_and_audited_and_a_refused_one_is_not() {
    both_engines(async |db| {
        let Desk { world, emile, .. } = desk(&db).await;
        let (ana, ben) = (world.expert("Ana", "10001").await, world.expert("Ben", "10463").await);
        let ulf = world.expert_on("Ulf", "10001", "Mon-Sun 00:00-00:00", 0).await;
        let (skill, silent) = (world.ticket().await, world.ticket().await);
        assert_eq!(send(&emile, skill, ulf, None).await.status, 409);
        assert_eq!((overrides(&db, skill).await, lines(&db, "ticket.offer").await), (vec![], vec![]));
        let knows = "He knows this television.";
        assert_eq!(send(&emile, skill, ulf, Some(knows)).await.status, 201);
        assert_eq!(overrides(&db, skill).await, [(knows.to_owned(), 1, 0)]);
        let line = lines(&db, "ticket.offer").await.remove(0);
        assert_eq!(line.subject, format!("ticket:{skill}"));
        let after = line.after.unwrap();
        assert_eq!((&after["expert"], &after["reason"]), (&json!(ulf), &json!(knows)));
        // She said yes and is silent: she may already be there.
        assert_eq!(send(&emile, silent, ana, None).await.status, 201);
        world.act(silent, Move::Accept { expert: ana, late: None }).await.unwrap();
        assert_eq!(send(&emile, silent, ben, None).await.status, 409);
        assert_eq!(world.holder(silent).await, Some(ana));
        let rang = "Her husband says that she is ill.";
        db.clock().advance(1_000);
        assert_eq!(send(&emile, silent, ben, Some(rang)).await.status, 201);
        assert_eq!(world.holder(silent).await, Some(ben));
        assert_eq!(overrides(&db, silent).await, [(rang.to_owned(), 0, 1)]);
        let all = lines(&db, "ticket.offer").await;
        assert_eq!(all.len(), 3, "one for each that was made: {all:?}");
        let (before, after) = (all[0].before.clone().unwrap(), all[0].after.clone().unwrap());
        assert_eq!((&before["expert"], &after["expert"]), (&json!(ana), &json!(ben)), "from whom and to whom");
        assert_eq!(after["reason"], rang);
    })
    .await;
}

#[tokio::test]
async fn a_visit_that_a_person_takes_from_its_expert_is_audited_with_the_reason_that_was_given() {
    both_engines(async |db| {
        let Desk { world, emile, .. } = desk(&db).await;
        let (ana, ticket) = (world.expert("Ana", "10001").await, world.ticket().await);
        world.round().await;
        world.act(ticket, Move::Accept { expert: ana, late: None }).await.unwrap();
        world.act(ticket, Move::AskHuman { reason: HumanReason::NotDeparted }).await.unwrap();
        assert_eq!(act(&emile, "release", ticket, None).await, false);
        assert_eq!(lines(&db, "inbox.act").await, []);
        let rang = "He rang: his car is dead.";
        assert_eq!(act(&emile, "release", ticket, Some(rang)).await, true);
        assert_eq!(act(&emile, "release", ticket, Some(rang)).await, false, "a second click is no deed");
        let kept = lines(&db, "inbox.act").await;
        assert_eq!(kept.len(), 1, "{kept:?}");
        assert_eq!(kept[0].subject, format!("ticket:{ticket}"));
        let after = json!({ "deed": "release", "note": rang, "cause": "not_departed" });
        assert_eq!(kept[0].after, Some(after));
    })
    .await;
}

#[tokio::test]
async fn every_answer_that_a_person_gives_in_place_of_the_server_is_audited_with_its_note() {
    both_engines(async |db| {
        let Desk { world, emile, .. } = desk(&db).await;
        let (settled, cancelled, taken_back) = (world.ticket().await, world.ticket().await, world.ticket().await);
        world.round().await;
        for (deed, ticket, note) in
            [("settle", settled, "Ana is back tomorrow."), ("cancel", cancelled, "They bought a new one.")]
        {
            db.clock().advance(1_000);
            assert_eq!(act(&emile, deed, ticket, Some(note)).await, true, "{deed}");
            let line = lines(&db, "inbox.act").await.remove(0);
            assert_eq!(line.subject, format!("ticket:{ticket}"));
            let after = json!({ "deed": deed, "note": note, "cause": "no_candidate" });
            assert_eq!(line.after, Some(after));
        }
        let ana = world.expert("Ana", "10001").await;
        let made = send(&emile, taken_back, ana, None).await;
        assert_eq!(made.status, 201, "{}", made.text());
        let offer = made.value()["offer"].as_str().unwrap().to_owned();
        for _ in 0..2 {
            emile.form(&format!("/desk/tickets/{taken_back}/take-back"), &[("offer", &offer)]).await;
        }
        assert_eq!(world.holder(taken_back).await, None);
        let kept = lines(&db, "ticket.withdraw").await;
        assert_eq!(kept.len(), 1, "{kept:?}");
        assert_eq!(kept[0].before, Some(json!({ "offer": offer })));
    })
    .await;
}
