//! Who goes off duty, falls ill or is away, by the business's own words: what moves to others, what stays, and who hears of
//! it.

use super::Phone;
use crate::accounts::Person;
use crate::db::Lane;
use crate::db::testing::both_engines;
use crate::dispatch;
use crate::dispatch::world::{World, id};
use crate::events;
use crate::http::testing::{Client, site};
use crate::jobs::{Registry, Runner};
use crate::notify::plan::Audience;
use crate::notify::{NoticeState, samples};
use crate::workforce::{self, Absence};
use serde_json::json;
use shared::event::Fact;
use shared::ids::{ExpertId, TicketId};
use shared::intent::Intent;
use shared::sync::MutationResult;
use shared::ticket::{Move, VisitPlan};

#[tokio::test]
async fn off_duty_an_open_offer_moves_to_somebody_else_at_once_and_an_accepted_visit_stays() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ana = world.expert("Ana", "10003").await;
        let mut phone = Phone::of(&world, ana).await;
        let promised = world.ticket().await;
        world.round().await;
        assert_eq!(phone.taps(Intent::OfferAccept {}, promised).await, MutationResult::Applied);
        let offered = world.ticket().await;
        world.round().await;
        assert_eq!(world.holder(offered).await, Some(ana));
        // What runs by the clock has run for this instant: from here on only her tap causes anything.
        follow(&world).await;
        let ben = world.expert("Ben", "10463").await;
        let off = phone.mutation(&Intent::DutySet { on: false }, None);
        assert_eq!(phone.send(vec![off]).await.unwrap().acks[0].result, MutationResult::Applied);
        follow(&world).await;
        assert_eq!(world.holder(offered).await, Some(ben));
        let kept = world.read(promised).await.life;
        assert_eq!((kept.state.word(), kept.state.holder(), kept.needs_human), ("accepted", Some(ana), None));
        let lines = db.read(async move |conn| events::history(conn, promised, 0, 50).await).await.unwrap();
        assert!(!lines.iter().any(|line| matches!(line.event.fact, Fact::Released { .. })), "{lines:?}");
        // Whoever is off duty still goes where she promised to go.
        assert_eq!(phone.taps(Intent::TicketDepart {}, promised).await, MutationResult::Applied);
        let next = world.ticket().await;
        world.round().await;
        assert_ne!(world.holder(next).await, Some(ana), "and is asked nothing new");
    })
    .await;
}

/// A visit that this expert said yes to, in so many minutes.
async fn promised(world: &World, number: u64, expert: ExpertId, minutes: i64) -> TicketId {
    let ticket = world.ticket().await;
    let visit = VisitPlan { start_at: world.now().plus_minutes(minutes), travel_minutes: 10, work_minutes: 60 };
    world.act(ticket, Move::Offer { offer: id(number), expert, visit, decision: None }).await.unwrap();
    world.act(ticket, Move::Accept { expert, late: None }).await.unwrap();
    ticket
}

/// Runs whatever was asked for, and tells whoever is to hear of it.
async fn follow(world: &World) {
    let registry = dispatch::jobs::register(Registry::new(), &world.bounds, &samples::pages());
    Runner::new(world.db.clone(), samples::register(registry, &world.db)).drain().await.unwrap();
}

/// What the customer was told about the ticket, sorted.
async fn heard(world: &World, ticket: TicketId) -> Vec<(&'static str, NoticeState)> {
    let all = samples::told(&world.db, ticket).await;
    let theirs = all.iter().filter(|notice| notice.audience == Audience::Customer);
    let mut heard: Vec<_> = theirs.map(|notice| (notice.matter.word(), notice.state)).collect();
    heard.sort_unstable_by_key(|(word, _)| *word);
    heard
}

#[tokio::test]
async fn one_absence_with_several_visits_tells_each_customer_once_and_gives_the_desk_one_list() {
    for reports_ill in [true, false] {
        both_engines(async |db| {
            let world = World::new(&db).await;
            // Ten in the morning in New York.
            world.minutes_pass(6 * 60);
            let ana = world.expert("Ana", "10003").await;
            let mut phone = Phone::of(&world, ana).await;
            let gone = [promised(&world, 77_001, ana, 90).await, promised(&world, 77_002, ana, 240).await];
            let stays = promised(&world, 77_003, ana, 2 * 1_440).await;
            follow(&world).await;
            let (now, until) = (world.now(), world.now().plus_minutes(1_440));
            if reports_ill {
                let report = phone.mutation(&Intent::ExpertSick { until }, None);
                assert_eq!(phone.send(vec![report]).await.unwrap().acks[0].result, MutationResult::Applied);
            } else {
                let absence = Absence { id: id(990_001), from: now, until, reason: None };
                let write =
                    db.write(Lane::Desk, async move |tx| workforce::store::add_absence(tx, ana, &absence, now).await);
                write.await.unwrap();
            }
            follow(&world).await;
            // Nobody else is found in the minutes in which that would be told instead.
            world.minutes_pass(6);
            follow(&world).await;
            follow(&world).await;
            let (yes, sorry) = (("accepted", NoticeState::Sent), ("looking_again", NoticeState::Sent));
            for ticket in gone {
                assert_eq!(world.holder(ticket).await, None);
                assert_eq!(heard(&world, ticket).await, [yes, sorry], "once each, ill: {reports_ill}");
            }
            assert_eq!(world.holder(stays).await, Some(ana), "she is back by then");
            assert_eq!(heard(&world, stays).await, [yes]);
            let public = Client::new(site(&db), dispatch::api::routes());
            let agent = public.signed_in(Person::Agent(id(51))).await;
            let lists = agent.get("/api/v1/desk/visits-back").await.value();
            let lists = lists["items"].as_array().unwrap();
            assert_eq!(lists.len(), 1, "{lists:?}");
            assert_eq!(lists[0]["expert_name"], "Ana");
            let rows = lists[0]["tickets"].as_array().unwrap();
            let mut listed: Vec<_> = rows.iter().map(|row| (row["ticket"].clone(), row["was"].clone())).collect();
            listed.sort_unstable_by_key(|(ticket, _)| ticket.to_string());
            let mut expected = gone.map(|ticket| (json!(ticket), json!("accepted")));
            expected.sort_unstable_by_key(|(ticket, _)| ticket.to_string());
            assert_eq!(listed, expected);
        })
        .await;
    }
}
