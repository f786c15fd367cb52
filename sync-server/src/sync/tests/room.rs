//! An offer that nobody has seen makes room for a ticket that needs its expert more; one that was seen does not.

use super::Phone;
use crate::db::testing::both_engines;
use crate::db::{Error, Lane};
use crate::dispatch::world::{World, id};
use crate::events;
use crate::workforce::{self, store::samples::a_skill};
use shared::event::Fact;
use shared::ids::{ExpertId, TicketId};
use shared::intent::Intent;
use shared::skills::{Level, Skills};
use shared::sync::MutationResult;
use shared::ticket::{State, WithdrawReason};

/// Ana alone knows gas. A television was offered to her, and Ben could do it as well.
async fn asked(world: &World) -> (ExpertId, ExpertId, TicketId) {
    let (ana, ben) = (world.expert("Ana", "10003").await, world.expert("Ben", "10003").await);
    let both = Skills([(id(5), Level::LEARNED), (id(77), Level::LEARNED)].into());
    let learn = world.db.write(Lane::Desk, async move |tx| {
        let now = tx.real_now();
        workforce::store::create_skill(tx, &a_skill(77, "gas")).await?;
        workforce::store::replace_skills(tx, ana, &both, now).await?;
        // Ben is away while the television is offered.
        workforce::store::set_active(tx, ben, false, now).await?;
        Ok::<_, Error>(())
    });
    learn.await.unwrap();
    let television = world.ticket().await;
    world.round().await;
    assert_eq!(world.holder(television).await, Some(ana));
    let back = world.db.write(Lane::Desk, async move |tx| {
        let now = tx.real_now();
        workforce::store::set_active(tx, ben, true, now).await?;
        Ok::<_, Error>(())
    });
    back.await.unwrap();
    world.round().await;
    assert_eq!(world.holder(television).await, Some(ana), "nobody needs her more");
    (ana, ben, television)
}

async fn leak(world: &World) -> TicketId {
    let due_at = world.now().plus_minutes(30);
    let leak = world.file(|filing| {
        filing.skills = Skills([(id(77), Level::LEARNED)].into());
        (filing.urgent, filing.due_at) = (true, due_at);
    });
    leak.await
}

#[tokio::test]
async fn an_offer_that_nobody_has_seen_makes_room_where_its_expert_is_needed_more() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let (ana, ben, television) = asked(&world).await;
        let leak = leak(&world).await;
        world.round().await;
        assert_eq!(world.holder(leak).await, Some(ana), "she alone can do it");
        assert_eq!(world.holder(television).await, Some(ben), "and it has somebody else at once");
        let life = world.read(television).await.life;
        assert_eq!(life.n_offers, 1, "it does not count as an offer in vain");
        let lines = db.read(async move |conn| events::history(conn, television, 0, 50).await).await.unwrap();
        let needed = |fact: &Fact| {
            matches!(fact, Fact::Withdrawn { expert, why: WithdrawReason::NeededElsewhere, .. } if *expert == ana)
        };
        assert_eq!(lines.iter().filter(|line| needed(&line.event.fact)).count(), 1, "the history says why");
    })
    .await;
}

#[tokio::test]
async fn an_offer_that_was_seen_stays() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let (ana, ben, television) = asked(&world).await;
        let State::Offered { offer, .. } = world.read(television).await.life.state else { panic!("it is offered") };
        let mut phone = Phone::of(&world, ana).await;
        assert_eq!(phone.taps(Intent::OfferSeen { offer }, television).await, MutationResult::Applied);
        let leak = leak(&world).await;
        world.round().await;
        assert_eq!(world.holder(television).await, Some(ana));
        assert_ne!(world.holder(leak).await, Some(ben), "he does not know it");
    })
    .await;
}
