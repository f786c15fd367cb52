//! What time does to a promised visit: its expert is reminded, and whoever has not left or arrived in time becomes a
//! person's task, once, with the words that say what to do.

use super::tests::{Desk, desk, items};
use crate::db::testing::both_engines;
use crate::dispatch::world::{World, id};
use crate::events;
use crate::notify::NoticeState;
use crate::notify::plan::Channel;
use crate::notify::samples::{drain, outside, registry, told};
use crate::tickets::jobs::answer_deadlines;
use serde_json::{Value, json};
use shared::event::Fact;
use shared::ids::{ExpertId, TicketId};
use shared::ticket::{HumanReason, Move, VisitPlan};

/// A ticket that this expert said yes to: in an hour, half an hour away.
async fn promised(world: &World, number: u64, expert: ExpertId) -> TicketId {
    let ticket = world.ticket().await;
    let visit = VisitPlan { start_at: world.now().plus_minutes(60), travel_minutes: 30, work_minutes: 60 };
    world.act(ticket, Move::Offer { offer: id(number), expert, visit, decision: None }).await.unwrap();
    world.act(ticket, Move::Accept { expert, late: None }).await.unwrap();
    ticket
}

/// Time passes; what is due by then is answered, and whoever is to hear of it is told.
async fn minutes_pass(world: &World, minutes: u64) {
    world.minutes_pass(minutes);
    answer_deadlines(&world.db, &world.bounds.timing).await.unwrap();
    drain(&world.db, registry(&outside(&world.db))).await;
}

/// By which ways a reminder went to this expert.
async fn reminders(world: &World, ticket: TicketId, expert: ExpertId) -> Vec<Channel> {
    let all = told(&world.db, ticket).await;
    let his = all.iter().filter(|one| one.matter.word() == "reminder" && one.person == expert.to_string());
    let mut ways: Vec<Channel> = his.filter(|one| one.state == NoticeState::Sent).map(|one| one.channel).collect();
    ways.sort_unstable();
    ways
}

/// How often a person was asked this about the ticket.
async fn n_asked(world: &World, ticket: TicketId, reason: HumanReason) -> usize {
    let lines = world.db.read(async move |conn| events::history(conn, ticket, 0, 100).await).await.unwrap();
    lines.iter().filter(|line| line.event.fact == Fact::NeedsHuman { reason }).count()
}

/// Ticket, cause and advice of each thing in the inbox.
fn shown(items: &[Value]) -> Vec<(&Value, &Value, &Value)> {
    items.iter().map(|item| (&item["item"], &item["cause"], &item["advice"])).collect()
}

#[tokio::test]
async fn the_reminder_goes_out_when_it_is_time_to_leave_and_a_quarter_of_an_hour_later_a_person_is_asked_once() {
    both_engines(async |db| {
        let Desk { world, emile, .. } = desk(&db).await;
        let ana = world.expert("Ana", "10003").await;
        let ticket = promised(&world, 77_001, ana).await;
        minutes_pass(&world, 29).await;
        assert_eq!(reminders(&world, ticket, ana).await, [], "there is a minute left");
        minutes_pass(&world, 1).await;
        assert_eq!(reminders(&world, ticket, ana).await, [Channel::Push, Channel::Sms], "start minus travel");
        minutes_pass(&world, 14).await;
        assert_eq!(items(&emile).await, Vec::<Value>::new(), "she has a quarter of an hour");
        minutes_pass(&world, 1).await;
        let item = json!(format!("ticket:{ticket}"));
        let cause = json!("not_departed");
        let advice = json!("The expert should have left and has not. Ring the expert, or send somebody else.");
        for minutes in [0, 10, 30, 30] {
            minutes_pass(&world, minutes).await;
            assert_eq!(shown(&items(&emile).await), [(&item, &cause, &advice)]);
        }
        assert_eq!(n_asked(&world, ticket, HumanReason::NotDeparted).await, 1, "one question, however long it stands");
        assert_eq!(reminders(&world, ticket, ana).await.len(), 2, "and one reminder");
        assert_eq!(world.holder(ticket).await, Some(ana), "a silent phone takes nothing from her");
        let page = emile.get("/desk/inbox").await.text();
        assert!(page.contains("Not left"), "{page}");
    })
    .await;
}

#[tokio::test]
async fn who_leaves_in_time_is_not_reminded_and_asked_about_nor_is_who_leaves_at_the_reminder() {
    both_engines(async |db| {
        let Desk { world, emile, .. } = desk(&db).await;
        let (ana, ben) = (world.expert("Ana", "10003").await, world.expert("Ben", "10003").await);
        let (early, reminded) = (promised(&world, 77_001, ana).await, promised(&world, 77_002, ben).await);
        minutes_pass(&world, 29).await;
        world.act(early, Move::Depart { expert: ana }).await.unwrap();
        minutes_pass(&world, 1).await;
        minutes_pass(&world, 14).await;
        assert_eq!(reminders(&world, early, ana).await, []);
        assert_eq!(reminders(&world, reminded, ben).await, [Channel::Push, Channel::Sms]);
        world.act(reminded, Move::Depart { expert: ben }).await.unwrap();
        minutes_pass(&world, 20).await;
        for (ticket, expert) in [(early, ana), (reminded, ben)] {
            world.act(ticket, Move::Arrive { expert }).await.unwrap();
        }
        // Past twice the way, and still within the work.
        minutes_pass(&world, 80).await;
        assert_eq!(items(&emile).await, Vec::<Value>::new());
        for ticket in [early, reminded] {
            assert_eq!(n_asked(&world, ticket, HumanReason::NotDeparted).await, 0);
            assert_eq!(n_asked(&world, ticket, HumanReason::NotArrived).await, 0);
        }
    })
    .await;
}

#[tokio::test]
async fn who_has_not_arrived_after_twice_the_way_is_a_persons_task_once_until_the_arrival() {
    both_engines(async |db| {
        let Desk { world, emile, .. } = desk(&db).await;
        let ana = world.expert("Ana", "10003").await;
        let ticket = promised(&world, 77_001, ana).await;
        world.act(ticket, Move::Depart { expert: ana }).await.unwrap();
        minutes_pass(&world, 59).await;
        assert_eq!(items(&emile).await, Vec::<Value>::new(), "twice the way of half an hour");
        minutes_pass(&world, 1).await;
        let item = json!(format!("ticket:{ticket}"));
        let cause = json!("not_arrived");
        let advice = json!("The expert should have arrived and has not. Ring the expert, then the customer.");
        for minutes in [0, 20, 40] {
            minutes_pass(&world, minutes).await;
            assert_eq!(shown(&items(&emile).await), [(&item, &cause, &advice)]);
        }
        assert_eq!(n_asked(&world, ticket, HumanReason::NotArrived).await, 1);
        assert_eq!(world.holder(ticket).await, Some(ana));
        world.act(ticket, Move::Arrive { expert: ana }).await.unwrap();
        assert_eq!(items(&emile).await, Vec::<Value>::new(), "the news answers the question");
    })
    .await;
}
