//! The desk acts for an expert on his word, and his phone's own report joins later.

use super::{Phone, complete};
use crate::accounts::Person;
use crate::audit;
use crate::db::testing::both_engines;
use crate::dispatch::world::{World, id};
use crate::events::{self, Line};
use crate::http::testing::{Client, Heard, site};
use crate::sync::api;
use crate::tickets::store;
use serde_json::{Value, json};
use shared::event::{Actor, Fact};
use shared::ids::{ExpertId, TicketId};
use shared::intent::Intent;
use shared::sync::{MutationResult, Unused};
use shared::ticket::{CannotFix, State};

async fn desk(world: &World) -> Client {
    Client::new(site(&world.db), api::routes()).signed_in(Person::Agent(id(3))).await
}

async fn says(desk: &Client, expert: ExpertId, ticket: TicketId, kind: &str, args: Value) -> Heard {
    let body = json!({ "kind": kind, "ticket": ticket, "args": args });
    desk.json("POST", &format!("/api/v1/experts/{expert}/acts"), &body).await
}

async fn history(world: &World, ticket: TicketId) -> Vec<Line> {
    world.db.read(async move |conn| events::history(conn, ticket, 0, 100).await).await.unwrap()
}

fn words(lines: &[Line]) -> Vec<(&'static str, bool)> {
    let by_us = |line: &Line| matches!(line.actor, Actor::Agent(_) | Actor::Admin(_));
    lines.iter().map(|line| (line.event.fact.word(), by_us(line))).collect()
}

/// Ana has said yes to a ticket.
async fn accepted(world: &World) -> (ExpertId, TicketId, Phone<'_>) {
    let ana = world.expert("Ana", "10003").await;
    let ticket = world.ticket().await;
    world.round().await;
    let mut phone = Phone::of(world, ana).await;
    assert_eq!(phone.taps(Intent::OfferAccept {}, ticket).await, MutationResult::Applied);
    (ana, ticket, phone)
}

#[tokio::test]
async fn a_day_is_recorded_on_his_word_and_his_phones_report_joins_with_both_times_and_nothing_doubled() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let (ana, ticket, mut phone) = accepted(&world).await;
        // Her phone is offline from here on: what she taps waits on it.
        let offline = [Intent::TicketDepart {}, Intent::TicketArrive {}, complete()];
        let tapped_at = world.now();
        let tapped: Vec<_> = offline.iter().map(|intent| phone.mutation(intent, Some(ticket))).collect();
        world.minutes_pass(20);
        let desk = desk(&world).await;
        for (kind, args) in [
            ("ticket.depart", json!({})),
            ("ticket.arrive", json!({})),
            ("ticket.complete", json!({ "outcome": "fixed", "summary": "She says: the fuse." })),
        ] {
            let reply = says(&desk, ana, ticket, kind, args).await;
            assert_eq!((reply.status.as_u16(), &reply.value()["code"]), (200, &json!("applied")), "{}", reply.text());
        }
        let recorded_at = world.now();
        let again = says(&desk, ana, ticket, "ticket.arrive", json!({})).await;
        assert_eq!(again.value(), json!({ "code": "noop" }), "a second click");
        let before = history(&world, ticket).await;
        let done: Vec<_> = words(&before).into_iter().filter(|(_, by_us)| *by_us).map(|(word, _)| word).collect();
        assert_eq!(done, ["departed", "arrived", "completed"], "the history says who recorded them");
        world.minutes_pass(60);
        let reply = phone.send(tapped.clone()).await.unwrap();
        assert!(reply.acks.iter().all(|ack| ack.result == MutationResult::Noop), "{:?}", reply.acks);
        let joined = history(&world, ticket).await.split_off(before.len());
        let times: Vec<_> = joined
            .iter()
            .filter_map(|line| {
                let Fact::Confirmed { intent, recorded_at, phone_at, .. } = &line.event.fact else { return None };
                Some((intent.as_str(), *recorded_at, *phone_at))
            })
            .collect();
        let both = |intent| (intent, recorded_at, tapped_at);
        assert_eq!(times, [both("ticket.depart"), both("ticket.arrive"), both("ticket.complete")]);
        let notes = db.read(async move |conn| store::notes(conn, &[ticket], 10).await).await.unwrap();
        assert_eq!(notes.iter().map(|note| note.text.as_str()).collect::<Vec<_>>(), ["Changed the fuse."]);
        assert_eq!((notes[0].author_name.as_str(), notes[0].author), ("Ana", Actor::Expert(ana)));
        let ticket_now = world.read(ticket).await;
        assert!(matches!(ticket_now.life.state, State::Completed { expert: Some(by), .. } if by == ana));
        assert_eq!(ticket_now.life.needs_human, None, "nobody is asked about it");
        // A lost reply: the same bytes once more.
        let n = history(&world, ticket).await.len();
        phone.send(tapped).await.unwrap();
        let mut other = Phone::of(&world, ana).await;
        assert_eq!(other.taps(Intent::TicketArrive {}, ticket).await, MutationResult::Noop);
        assert_eq!(history(&world, ticket).await.len(), n, "her second phone adds nothing either");
    })
    .await;
}

#[tokio::test]
async fn a_visit_given_back_on_his_word_is_not_given_back_twice_and_what_he_wrote_is_kept() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let (ana, ticket, mut phone) = accepted(&world).await;
        let part = Intent::TicketCannotFix {
            why: CannotFix::Part,
            skills: vec![],
            part: Some("T-con board".parse().unwrap()),
            until: None,
            called: None,
        };
        let tapped = phone.mutation(&part, Some(ticket));
        let desk = desk(&world).await;
        says(&desk, ana, ticket, "ticket.arrive", json!({})).await;
        let reply = says(&desk, ana, ticket, "ticket.cannot_fix", json!({ "why": "part" })).await;
        assert_eq!(reply.value()["code"], "applied", "{}", reply.text());
        let held = world.read(ticket).await.life;
        assert!(matches!(held.state, State::OnHold { .. }), "{held:?}");
        let acks = phone.send(vec![tapped]).await.unwrap().acks;
        assert_eq!(acks[0].result, MutationResult::Noop, "it is no stray report of somebody who lost the ticket");
        let lines = history(&world, ticket).await;
        assert_eq!(words(&lines).iter().filter(|(word, _)| *word == "cannot_fix").count(), 1);
        assert!(words(&lines).contains(&("confirmed", false)));
        let notes = db.read(async move |conn| store::notes(conn, &[ticket], 10).await).await.unwrap();
        assert_eq!(notes[0].text, "Missing part: T-con board");
        assert_eq!(world.read(ticket).await.life, held, "nothing moved");
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_is_refused_in_words_and_leaves_nothing_behind() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let (ana, ticket, _phone) = accepted(&world).await;
        let ben = world.expert("Ben", "10003").await;
        let desk = desk(&world).await;
        let n = history(&world, ticket).await.len();
        let not_his = says(&desk, ben, ticket, "ticket.depart", json!({})).await;
        assert_eq!(not_his.status, 409);
        assert!(not_his.problem().detail.unwrap().contains("not with this expert"));
        let stranger = says(&desk, id(99_999), ticket, "ticket.depart", json!({})).await;
        assert_eq!(stranger.status, 404);
        for (kind, args) in [
            ("ticket.explode", json!({})),
            ("ticket.complete", json!({ "outcome": "fixed" })),
            ("ticket.seen", json!({ "ver": 1 })),
            ("note.add", json!({ "note": id::<shared::ids::of::Note>(5), "text": "Hi" })),
        ] {
            assert_eq!(says(&desk, ana, ticket, kind, args).await.status, 422, "{kind}");
        }
        let path = format!("/api/v1/experts/{ana}/acts");
        assert_eq!(desk.json("POST", &path, &json!({ "kind": "ticket.depart" })).await.status, 422);
        assert_eq!(history(&world, ticket).await.len(), n);
        let signed_in = desk.signed_in(Person::Expert(ana)).await;
        assert_eq!(says(&signed_in, ana, ticket, "ticket.depart", json!({})).await.status, 403);
    })
    .await;
}

#[tokio::test]
async fn his_day_is_kept_on_his_word_too_and_everything_is_audited() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ana = world.expert("Ana", "10003").await;
        let desk = desk(&world).await;
        let path = format!("/api/v1/experts/{ana}/acts");
        let off = json!({ "kind": "duty.set", "args": { "on": false }, "mid": id::<shared::ids::of::Mutation>(77) });
        assert_eq!(desk.json("POST", &path, &off).await.value()["code"], "applied");
        assert_eq!(desk.json("POST", &path, &off).await.value()["code"], "noop", "the same call again");
        let until = world.now().plus_minutes(600);
        let sick = json!({ "kind": "expert.sick", "args": { "until": until } });
        assert_eq!(desk.json("POST", &path, &sick).await.value()["code"], "applied");
        let far = json!({ "kind": "expert.sick", "args": { "until": until.plus_minutes(60 * 1_440) } });
        assert_eq!(desk.json("POST", &path, &far).await.status, 422);
        let now = world.now();
        let away =
            db.read(async move |conn| crate::workforce::store::absences(conn, ana, now, 10).await).await.unwrap();
        assert_eq!(away.len(), 1);
        let subject = format!("expert:{ana}");
        let lines = db.read(async move |conn| audit::list(conn, Some(&subject), None, 20).await).await.unwrap();
        let recorded = lines.iter().filter(|line| line.what == "expert.act").count();
        assert_eq!(recorded, 2, "{lines:?}");
    })
    .await;
}

#[tokio::test]
async fn a_report_of_work_that_nobody_recorded_for_him_is_still_evidence_and_no_confirmation() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let (ana, ticket, mut phone) = accepted(&world).await;
        let desk = desk(&world).await;
        let ill = says(&desk, ana, ticket, "offer.decline", json!({ "reason": "ill" })).await;
        assert_eq!(ill.value()["code"], "applied");
        let done = phone.taps(complete(), ticket).await;
        assert!(matches!(done, MutationResult::Recorded(Unused::Lapsed | Unused::Reassigned)), "{done:?}");
        let lines = history(&world, ticket).await;
        assert!(!words(&lines).iter().any(|(word, _)| *word == "confirmed"));
    })
    .await;
}

#[tokio::test]
async fn a_delay_that_he_taps_and_rings_about_counts_once_and_the_next_tap_counts_again() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let (ana, ticket, mut phone) = accepted(&world).await;
        let late = || Intent::TicketLate { minutes: 30.try_into().unwrap() };
        let start = async || world.read(ticket).await.life.state.visit().unwrap().start_at;
        let promised = start().await;
        // Without a network she taps it, rings as well, and taps it once more when she is later still.
        let tapped = phone.mutation(&late(), Some(ticket));
        world.minutes_pass(5);
        let desk = desk(&world).await;
        let reply = says(&desk, ana, ticket, "ticket.late", json!({ "minutes": 30 })).await;
        assert_eq!(reply.value()["code"], "applied", "{}", reply.text());
        assert_eq!(start().await, promised.plus_minutes(30));
        let later = phone.mutation(&late(), Some(ticket));
        let acks = phone.send(vec![tapped, later]).await.unwrap().acks;
        assert_eq!([&acks[0].result, &acks[1].result], [&MutationResult::Noop, &MutationResult::Applied]);
        assert_eq!(start().await, promised.plus_minutes(60), "one call takes one tap");
        let joined = words(&history(&world, ticket).await).into_iter().filter(|(word, _)| *word == "confirmed").count();
        assert_eq!(joined, 1);
    })
    .await;
}

#[tokio::test]
async fn a_delay_of_another_length_or_much_later_is_one_more() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let (ana, ticket, mut phone) = accepted(&world).await;
        let start = async || world.read(ticket).await.life.state.visit().unwrap().start_at;
        let promised = start().await;
        let desk = desk(&world).await;
        says(&desk, ana, ticket, "ticket.late", json!({ "minutes": 15 })).await;
        let other = Intent::TicketLate { minutes: 30.try_into().unwrap() };
        assert_eq!(phone.taps(other, ticket).await, MutationResult::Applied);
        world.minutes_pass(16);
        let same = Intent::TicketLate { minutes: 15.try_into().unwrap() };
        assert_eq!(phone.taps(same, ticket).await, MutationResult::Applied);
        assert_eq!(start().await, promised.plus_minutes(60));
    })
    .await;
}
