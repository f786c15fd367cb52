//! A ticket that is solved without a visit: its expert is released and told, once; its customer, whose word it was, is told
//! nothing twice and asked nothing.

use super::tests::{Desk, desk};
use crate::db::testing::both_engines;
use crate::dispatch::world::World;
use crate::events;
use crate::notify::plan::{Audience, Channel};
use crate::notify::samples::{outside, registry, told};
use crate::notify::{self, NoticeState};
use crate::survey;
use shared::event::Fact;
use shared::ids::TicketId;
use shared::ticket::{Move, Outcome, State};

/// Runs what the events asked for: notices, and the survey where there is one.
async fn follow(world: &World) {
    let outside = outside(&world.db);
    let registry = survey::jobs::register(registry(&outside), outside.pages.clone());
    notify::samples::drain(&world.db, registry).await;
}

/// What these people were told about the ticket, and by which way, sorted.
async fn heard(world: &World, ticket: TicketId, audience: Audience) -> Vec<(&'static str, Channel)> {
    let all = told(&world.db, ticket).await;
    let theirs = all.iter().filter(|one| one.audience == audience && one.state != NoticeState::Dropped);
    let mut heard: Vec<_> = theirs.map(|one| (one.matter.word(), one.channel)).collect();
    heard.sort_unstable();
    heard
}

#[tokio::test]
async fn a_ticket_solved_without_a_visit_releases_its_expert_who_is_told_once_and_asks_its_customer_nothing() {
    both_engines(async |db| {
        let Desk { world, emile, .. } = desk(&db).await;
        let ana = world.expert("Ana", "10003").await;
        for accepted in [true, false] {
            let ticket = world.ticket().await;
            world.round().await;
            assert_eq!(world.holder(ticket).await, Some(ana));
            if accepted {
                world.act(ticket, Move::Accept { expert: ana, late: None }).await.unwrap();
            }
            follow(&world).await;
            let before = heard(&world, ticket, Audience::Customer).await;
            // A second click, and a second run of what the first caused.
            for _ in 0..2 {
                let back = emile.form(&format!("/desk/tickets/{ticket}/end"), &[("how", "solved")]).await;
                assert_eq!(back.status, 303, "{}", back.text());
                follow(&world).await;
            }
            let state = world.read(ticket).await.life.state;
            assert!(matches!(state, State::Completed { expert: None, outcome: Outcome::SolvedWithoutVisit, .. }));
            let lines = db.read(async move |conn| events::history(conn, ticket, 0, 50).await).await.unwrap();
            let solved = lines.iter().filter(|line| matches!(line.event.fact, Fact::SolvedWithoutVisit { .. }));
            let released: Vec<_> = solved.map(|line| line.event.fact.clone()).collect();
            assert_eq!(released, [Fact::SolvedWithoutVisit { released: Some(ana) }]);
            let mut lost = heard(&world, ticket, Audience::Expert).await;
            lost.retain(|(word, _)| *word == "lost");
            // Who was only asked need not be rung: the app shows that it is gone.
            let ways: &[Channel] = if accepted { &[Channel::Push, Channel::Sms] } else { &[Channel::Push] };
            assert_eq!(lost.into_iter().map(|(_, channel)| channel).collect::<Vec<_>>(), ways);
            world.minutes_pass(24 * 60);
            follow(&world).await;
            assert_eq!(heard(&world, ticket, Audience::Customer).await, before, "it was their own word");
            let asked = db.read(async move |conn| survey::store::of_ticket(conn, ticket).await).await.unwrap();
            assert_eq!(asked, None, "nobody was there");
        }
    })
    .await;
}
