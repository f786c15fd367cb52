//! Stories of offers by hand, on both engines.

use super::*;
use crate::db::Lane;
use crate::db::testing::both_engines;
use crate::dispatch::world::{World, id};
use crate::matching::decide::{Judged, Outcome, best_by_terms, replay};
use shared::ids::Id;

async fn wish(world: &World, ticket: TicketId, expert: ExpertId, reason: Option<&str>) -> Came {
    let offer = Id::new(world.db.clock().real_now(), &*world.db.chance());
    wish_by(world, ticket, expert, reason, offer).await
}

async fn wish_by(world: &World, ticket: TicketId, expert: ExpertId, reason: Option<&str>, offer: OfferId) -> Came {
    let reason = reason.map(|reason| reason.parse().unwrap());
    let wish = Wish { ticket, expert, offer, reason, staff: id(51), actor: Actor::Agent(id(51)) };
    let (bounds, now) = (world.bounds.clone(), world.now());
    let (before, batch) = (bounds.clone(), Id::new(world.db.clock().real_now(), &*world.db.chance()));
    let beside = world.db.read(async move |conn| beside(conn, ticket, batch, &before, now).await).await.unwrap();
    let write = async move |tx: &mut Tx| super::offer(tx, &wish, beside.as_ref(), &bounds, now).await;
    world.db.write(Lane::Desk, write).await.unwrap()
}

async fn taken_back(world: &World, ticket: TicketId, offer: OfferId) -> Undone {
    let (timing, now, by) = (world.bounds.timing.clone(), world.now(), Actor::Agent(id(51)));
    let write = world.db.write(Lane::Desk, async move |tx| undo(tx, ticket, offer, by, &timing, now).await);
    write.await.unwrap()
}

fn is_offered(came: &Came) -> bool {
    matches!(came, Came::Offered { .. })
}

#[tokio::test]
async fn a_person_asks_whom_the_rules_allow_without_a_reason_and_once() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ana = world.expert("Ana", "10001").await;
        let ticket = world.ticket().await;
        let offer = Id::new(world.db.clock().real_now(), &*world.db.chance());
        let Came::Offered { visit, against, from, .. } = wish_by(&world, ticket, ana, None, offer).await else {
            panic!("offered")
        };
        assert_eq!((against, from), (Against::default(), None));
        assert_eq!(world.holder(ticket).await, Some(ana));
        let again = wish_by(&world, ticket, ana, None, offer).await;
        assert_eq!(again, Came::Already { offer, visit }, "a second click");
        let overrides = db.read(async move |conn| store::list(conn, None, None, 10).await).await.unwrap();
        assert_eq!(overrides, [], "nothing stood against it");
    })
    .await;
}

#[tokio::test]
async fn against_a_rule_it_needs_a_reason_which_is_kept() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ulf = world.expert_on("Ulf", "10001", "Mon-Sun 00:00-00:00", 0).await;
        let ticket = world.ticket().await;
        let Came::NeedsReason(against) = wish(&world, ticket, ulf, None).await else { panic!("a rule is broken") };
        assert_eq!(against.broken.iter().map(Rule::word).collect::<Vec<_>>(), ["lacks_skills"]);
        assert_eq!(world.holder(ticket).await, None, "nothing happened");
        assert!(is_offered(&wish(&world, ticket, ulf, Some("He repaired this one before.")).await));
        assert_eq!(world.holder(ticket).await, Some(ulf));
        let kept = db.read(async move |conn| store::list(conn, Some(ticket), None, 10).await).await.unwrap();
        assert_eq!(kept.len(), 1);
        assert_eq!((kept[0].expert, kept[0].reason.to_string()), (ulf, "He repaired this one before.".to_owned()));
        assert_eq!(kept[0].against, against);
        let before = Some(kept[0].offer);
        let rest = db.read(async move |conn| store::list(conn, None, before, 10).await).await.unwrap();
        assert_eq!(rest, []);
    })
    .await;
}

#[tokio::test]
async fn an_open_offer_is_taken_back_for_it_and_who_accepted_may_already_be_there() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let (ana, ben) = (world.expert("Ana", "10001").await, world.expert("Ben", "10463").await);
        let ticket = world.ticket().await;
        assert!(is_offered(&wish(&world, ticket, ana, None).await));
        assert!(is_offered(&wish(&world, ticket, ben, None).await), "an open offer needs no reason");
        assert_eq!(world.holder(ticket).await, Some(ben));
        world.act(ticket, Move::Accept { expert: ben, late: None }).await.unwrap();
        assert_eq!(wish(&world, ticket, ben, None).await, Came::Refused(No::HasIt));
        let Came::NeedsReason(against) = wish(&world, ticket, ana, None).await else { panic!("Ben may be there") };
        assert_eq!(against.cautions, [Caution::MayBeThere { expert: ben, departed: false }]);
        let came = wish(&world, ticket, ana, Some("Ben rang: his car broke down.")).await;
        assert!(matches!(came, Came::Offered { from: Some(from), .. } if from == ben), "{came:?}");
        world.act(ticket, Move::Accept { expert: ana, late: None }).await.unwrap();
        world.act(ticket, Move::Arrive { expert: ana }).await.unwrap();
        assert_eq!(wish(&world, ticket, ben, Some("Now!")).await, Came::Refused(No::AtWork(ana)));
        let words: Vec<_> = db
            .read(async move |conn| crate::events::history(conn, ticket, 0, 50).await)
            .await
            .unwrap()
            .iter()
            .map(|line| line.event.fact.word())
            .collect();
        let expected = ["received", "offered", "withdrawn", "offered", "accepted", "released", "offered", "accepted"];
        assert_eq!(words[..8], expected);
    })
    .await;
}

#[tokio::test]
async fn a_ticket_on_hold_goes_on_for_it_and_an_ended_one_does_not() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ana = world.expert("Ana", "10001").await;
        let ticket = world.ticket().await;
        let until = world.now().plus_minutes(600);
        world.act(ticket, Move::Hold { why: HoldReason::Part, until }).await.unwrap();
        let Came::NeedsReason(against) = wish(&world, ticket, ana, None).await else { panic!("on hold") };
        assert_eq!(against.cautions, [Caution::OnHold { why: HoldReason::Part, until }]);
        assert!(is_offered(&wish(&world, ticket, ana, Some("The part came early.")).await));
        world.act(ticket, Move::Cancel { why: shared::ticket::CancelReason::Staff }).await.unwrap();
        assert_eq!(wish(&world, ticket, ana, Some("All the same.")).await, Came::Refused(No::Ended));
        assert_eq!(wish(&world, id(1), ana, None).await, Came::Refused(No::NoTicket));
        assert_eq!(wish(&world, ticket, id(1), None).await, Came::Refused(No::NoExpert));
    })
    .await;
}

#[tokio::test]
async fn the_choice_shows_who_keeps_every_rule_first_and_what_stands_against_the_others() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let far = world.expert("Far", "10463").await;
        let near = world.expert("Near", "10001").await;
        let ulf = world.expert_on("Ulf", "10001", "Mon-Sun 00:00-00:00", 0).await;
        let id_of = world.ticket().await;
        let (ticket, bounds, now) = (world.read(id_of).await, world.bounds.clone(), world.now());
        let read = db.read(async move |conn| choices(conn, &ticket, &bounds, now).await);
        let found = read.await.unwrap();
        assert_eq!(found.iter().map(|one| one.expert).collect::<Vec<_>>(), [near, far, ulf]);
        assert!(found[0].cost < found[1].cost && found[2].cost.is_none());
        assert_eq!(found[2].broken.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn two_people_who_want_one_expert_for_two_tickets_do_not_book_him_twice() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ana = world.expert("Ana", "10001").await;
        let (first, second) = (world.ticket().await, world.ticket().await);
        let (a, b) = tokio::join!(wish(&world, first, ana, None), wish(&world, second, ana, None));
        let (Came::Offered { visit: one, .. }, Came::Offered { visit: other, .. }) = (&a, &b) else {
            panic!("{a:?} {b:?}")
        };
        let (early, late) = if one.start_at < other.start_at { (one, other) } else { (other, one) };
        assert!(early.end_at() <= late.leave_at(), "{early:?} {late:?}");
    })
    .await;
}

#[tokio::test]
async fn an_offer_is_taken_back_until_the_expert_has_seen_it() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ana = world.expert("Ana", "10001").await;
        let ticket = world.ticket().await;
        let back = async |offer: OfferId| {
            let (timing, now) = (world.bounds.timing.clone(), world.now());
            let by = Actor::Agent(id(51));
            let write = world.db.write(Lane::Desk, async move |tx| undo(tx, ticket, offer, by, &timing, now).await);
            write.await.unwrap()
        };
        let Came::Offered { offer, .. } = wish(&world, ticket, ana, None).await else { panic!("offered") };
        assert_eq!(back(offer).await, Undone::Back);
        assert_eq!((back(offer).await, world.holder(ticket).await), (Undone::Gone, None), "a second click");
        let Came::Offered { offer, .. } = wish(&world, ticket, ana, None).await else { panic!("offered again") };
        let (timing, now) = (world.bounds.timing.clone(), world.now());
        let seen = world.db.write(Lane::Sync, async move |tx| {
            let mut book = Book::open(tx, &[ticket], timing.clone()).await?;
            book.seen(ticket, offer, now);
            book.save(tx).await
        });
        seen.await.unwrap();
        assert_eq!((back(offer).await, world.holder(ticket).await), (Undone::Seen(now), Some(ana)));
    })
    .await;
}

#[tokio::test]
async fn what_stood_beside_a_persons_choice_is_kept_and_the_choice_replays() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let near = world.expert("Near", "10001").await;
        let ulf = world.expert_on("Ulf", "10001", "Mon-Sun 00:00-00:00", 0).await;
        let ticket = world.ticket().await;
        assert!(is_offered(&wish(&world, ticket, ulf, Some("He repaired this one before.")).await));
        let kept = db.read(async move |conn| decisions::latest(conn, ticket).await).await.unwrap().unwrap().decision;
        assert_eq!((kept.winner.map(|winner| winner.expert), kept.outcome), (Some(ulf), Outcome::ByPerson));
        assert_eq!((replay(&kept), best_by_terms(&kept)), (Some(ulf), Some(near)));
        let judged: Vec<_> = kept.considered.iter().map(|one| (one.expert, &one.judged)).collect();
        assert!(matches!(judged[0], (expert, Judged::Ranked { .. }) if expert == near), "{judged:?}");
        assert!(matches!(judged[1], (expert, Judged::Excluded { .. }) if expert == ulf), "{judged:?}");
    })
    .await;
}

#[tokio::test]
async fn whoever_was_replaced_is_not_asked_again_by_the_server_and_a_person_may_with_a_reason() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ana = world.expert("Ana", "10001").await;
        let ticket = world.ticket().await;
        world.round().await;
        world.act(ticket, Move::Accept { expert: ana, late: None }).await.unwrap();
        world.act(ticket, Move::Release { why: ReleaseReason::Staff }).await.unwrap();
        world.round().await;
        let life = world.read(ticket).await.life;
        assert_eq!(life.state.holder(), None, "one of us wanted somebody else");
        assert_eq!(life.needs_human.map(|flag| flag.reason), Some(HumanReason::NoCandidate));
        let Came::NeedsReason(against) = wish(&world, ticket, ana, None).await else { panic!("she was replaced") };
        assert_eq!(against.broken, [Rule::Replaced]);
        let ben = world.expert("Ben", "10463").await;
        world.round().await;
        assert_eq!(world.holder(ticket).await, Some(ben));
    })
    .await;
}

#[tokio::test]
async fn no_round_takes_back_what_a_person_offered_though_its_expert_were_worth_more_elsewhere() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ana = world.expert("Ana", "10001").await;
        let first = world.ticket().await;
        assert!(is_offered(&wish(&world, first, ana, None).await));
        let _urgent = world.file(|filing| filing.urgent = true).await;
        world.round().await;
        assert_eq!(world.holder(first).await, Some(ana), "she has not seen it, and it stays hers");
    })
    .await;
}

#[tokio::test]
async fn whoever_made_way_for_an_offer_that_was_taken_back_may_be_asked_again_and_so_may_whom_a_person_asked_since() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let (ana, ben) = (world.expert("Ana", "10001").await, world.expert("Ben", "10463").await);
        let ticket = world.ticket().await;
        let replaced = async || {
            let read = db.read(async move |conn| tickets::replaced(conn, &[ticket]).await).await.unwrap();
            read.get(&ticket).cloned().unwrap_or_default()
        };
        assert!(is_offered(&wish(&world, ticket, ana, None).await));
        world.act(ticket, Move::Accept { expert: ana, late: None }).await.unwrap();
        world.minutes_pass(1);
        let Came::Offered { offer, .. } = wish(&world, ticket, ben, Some("A slip.")).await else { panic!("offered") };
        assert_eq!(replaced().await, [ana].into());
        assert_eq!(taken_back(&world, ticket, offer).await, Undone::Back);
        assert_eq!(replaced().await, [].into(), "nobody was to be replaced");

        assert!(is_offered(&wish(&world, ticket, ana, None).await));
        world.act(ticket, Move::Accept { expert: ana, late: None }).await.unwrap();
        world.act(ticket, Move::Release { why: ReleaseReason::Staff }).await.unwrap();
        assert_eq!(replaced().await, [ana].into());
        world.minutes_pass(1);
        assert!(is_offered(&wish(&world, ticket, ana, Some("She can come after all.")).await));
        assert_eq!(replaced().await, [].into(), "a person's newer word counts");

        world.act(ticket, Move::Accept { expert: ana, late: None }).await.unwrap();
        world.act(ticket, Move::Release { why: ReleaseReason::Staff }).await.unwrap();
        world.minutes_pass(1);
        let Came::Offered { offer, .. } = wish(&world, ticket, ben, None).await else { panic!("offered") };
        assert_eq!(taken_back(&world, ticket, offer).await, Undone::Back);
        assert_eq!(replaced().await, [ana].into(), "she did not make way for Ben, but was to go");
    })
    .await;
}
