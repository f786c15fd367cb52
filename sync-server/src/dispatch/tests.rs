//! Stories of dispatch, on both engines.

use super::run_round;
use super::world::World;
use crate::accounts::Person;
use crate::db::testing::both_engines;
use crate::db::{Error, Lane};
use crate::http::testing::{Client, site};
use crate::matching;
use crate::matching::need::Priority;
use crate::tickets::{self, check, jobs};
use serde_json::json;
use shared::event::Actor;
use shared::offer::DeclineReason;
use shared::problem::ProblemCode;
use shared::ticket::{HoldReason, HumanReason, Move, Outcome, State};

#[tokio::test]
async fn the_nearest_expert_with_the_skill_is_asked_and_the_choice_is_kept() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let _far = world.expert("Ben", "10463").await;
        let _unskilled = world.expert_on("Cleo", "10001", "Mon-Sun 00:00-00:00", 0).await;
        let near = world.expert("Ana", "10003").await;
        let ticket = world.ticket().await;
        assert_eq!(world.round().await, 1);
        assert_eq!(world.holder(ticket).await, Some(near));
        let kept = db.read(async move |conn| matching::store::latest(conn, ticket).await).await.unwrap().unwrap();
        assert_eq!(kept.decision.winner.map(|winner| winner.expert), Some(near));
        assert_eq!(kept.decision.considered.len(), 3, "everybody's verdict is kept");
        assert_eq!(matching::decide::replay(&kept.decision), Some(near));
    })
    .await;
}

#[tokio::test]
async fn a_decline_and_a_lapse_lead_to_the_next_expert() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let (ana, ben) = (world.expert("Ana", "10003").await, world.expert("Ben", "10463").await);
        let ticket = world.ticket().await;
        world.round().await;
        assert_eq!(world.holder(ticket).await, Some(ana));
        world.minutes_pass(6);
        world.round().await;
        assert_eq!(world.holder(ticket).await, Some(ben), "she let it run out, though she is nearer");
        world.minutes_pass(6);
        world.round().await;
        assert_eq!(world.holder(ticket).await, Some(ana), "everybody let it run out: the nearest is asked again");
        world.act(ticket, Move::Decline { expert: ana, reason: DeclineReason::Busy }).await.unwrap();
        world.round().await;
        assert_eq!(world.holder(ticket).await, Some(ben));
        world.act(ticket, Move::Decline { expert: ben, reason: DeclineReason::TooFar }).await.unwrap();
        world.round().await;
        let life = world.read(ticket).await.life;
        assert_eq!(life.needs_human.map(|flag| flag.reason), Some(HumanReason::NoCandidate));
    })
    .await;
}

#[tokio::test]
async fn nobody_with_the_skill_means_a_person_at_once_and_nobody_awake_means_the_next_shift() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let _unskilled = world.expert_on("Cleo", "10001", "Mon-Sun 00:00-00:00", 0).await;
        let hopeless = world.ticket().await;
        world.round().await;
        let flag = world.read(hopeless).await.life.needs_human.map(|flag| flag.reason);
        assert_eq!(flag, Some(HumanReason::NoCandidate));
        // It is 04:00 in New York.
        let early = world.expert_on("Ana", "10003", "Mon-Fri 08:00-16:00", 1).await;
        let ticket = world.ticket().await;
        assert_eq!(world.round().await, 0);
        let waiting = world.read(ticket).await.life;
        assert_eq!(waiting.needs_human, None);
        assert_eq!(waiting.deadline_at, Some(world.now().plus_minutes(4 * 60 + 10)));
        world.minutes_pass(4 * 60);
        assert!(world.round().await >= 1);
        // Each is looked at again; the older one gets her.
        assert_eq!((world.holder(hopeless).await, world.holder(ticket).await), (Some(early), None));
    })
    .await;
}

#[tokio::test]
async fn an_urgent_ticket_at_night_goes_to_a_person_after_ten_minutes_and_another_waits_for_the_shift() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        // It is 04:00 in New York.
        let _asleep = world.expert_on("Ana", "10003", "Mon-Fri 08:00-16:00", 1).await;
        let urgent = world.file(|filing| filing.urgent = true).await;
        let usual = world.ticket().await;
        world.round().await;
        world.minutes_pass(10);
        crate::tickets::jobs::answer_deadlines(&db, &world.bounds.timing).await.unwrap();
        let asked = async |ticket| world.read(ticket).await.life.needs_human.map(|flag| flag.reason);
        assert_eq!(asked(urgent).await, Some(HumanReason::NoCandidate));
        assert_eq!(asked(usual).await, None);
    })
    .await;
}

#[tokio::test]
async fn rounds_at_the_same_time_never_book_an_expert_twice() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ana = world.expert("Ana", "10003").await;
        let mut tickets = Vec::new();
        for _ in 0..3 {
            tickets.push(world.ticket().await);
        }
        let round = || run_round(&db, &world.bounds);
        let (one, two, three) = tokio::join!(round(), round(), round());
        assert!(one.unwrap() + two.unwrap() + three.unwrap() >= 1);
        let mut visits = Vec::new();
        for ticket in tickets {
            let life = world.read(ticket).await.life;
            if let State::Offered { expert, visit, .. } = life.state {
                assert_eq!(expert, ana);
                visits.push(visit);
            }
        }
        visits.sort_by_key(|visit| visit.start_at);
        for pair in visits.windows(2) {
            assert!(pair[0].end_at() < pair[1].start_at, "{pair:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn time_alone_brings_every_ticket_to_a_person_and_the_ledger_balances() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let _silent = world.expert("Ana", "10003").await;
        let ticket = world.ticket().await;
        for _ in 0..12 {
            world.round().await;
            world.minutes_pass(6);
        }
        jobs::answer_deadlines(&db, &world.bounds.timing).await.unwrap();
        let life = world.read(ticket).await.life;
        assert_eq!(life.needs_human.map(|flag| flag.reason), Some(HumanReason::OffersExhausted));
        let now = world.now();
        let ledger = db.read(async move |conn| check::ledger(conn, now).await).await.unwrap();
        assert!(ledger.balances(), "{ledger}");
    })
    .await;
}

#[tokio::test]
async fn a_plan_that_is_granted_starts_the_ticket_that_waited_for_it() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ana = world.expert("Ana", "10003").await;
        let site = world.site;
        let bend = |filing: &mut crate::tickets::Filing| (filing.entitlement, filing.site) = (None, site);
        let ticket = world.file(bend).await;
        assert_eq!(world.round().await, 0, "without a plan nobody is asked");
        let registry = crate::jobs::Registry::new();
        let registry =
            crate::tickets::jobs::register(registry, &world.bounds.timing, &crate::blobs::Blobs::in_memory());
        let registry = super::jobs::register(registry, &world.bounds, &crate::notify::samples::pages());
        // The grant of the world's plan asked for this already.
        crate::jobs::Runner::new(db.clone(), registry).drain().await.unwrap();
        assert_eq!(world.holder(ticket).await, Some(ana));
        assert!(world.read(ticket).await.entitlement.is_some());
    })
    .await;
}

#[tokio::test]
async fn a_change_of_the_weights_is_a_new_version_that_the_next_decision_carries() {
    const WEIGHTS: &str = "/api/v1/admin/weights";
    both_engines(async |db| {
        let site = site(&db);
        let public = Client::new(site.clone(), matching::weights::api::routes());
        let admin = public.signed_in(Person::Admin(site.new_id())).await;
        let mut weights = admin.get(WEIGHTS).await.value()["current"].clone();
        let built_in = weights["version"].as_i64().unwrap();
        weights["travel_minute"] = json!(0);
        assert_eq!(admin.json("PUT", WEIGHTS, &weights).await.problem().errors[0].field, "travel_minute");
        weights["travel_minute"] = json!(15);
        let put = admin.json("PUT", WEIGHTS, &weights).await;
        assert_eq!(put.value()["version"], built_in + 1, "{}", put.text());
        assert_eq!(admin.json("PUT", WEIGHTS, &weights).await.problem().code, ProblemCode::Stale);
        let world = World::new(&db).await;
        world.expert("Ana", "10003").await;
        let ticket = world.ticket().await;
        assert_eq!(world.round().await, 1);
        let kept = db.read(async move |conn| matching::store::latest(conn, ticket).await).await.unwrap().unwrap();
        let used = kept.decision.weights;
        assert_eq!((used.version, used.travel_minute), (built_in + 1, 15));
        let audited = db.read(async |conn| crate::audit::list(conn, Some("weights"), None, 5).await).await.unwrap();
        assert_eq!(audited.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn the_desk_reads_one_list_of_what_left_an_expert_and_where_each_ticket_is_now() {
    both_engines(async |db| {
        let site = site(&db);
        let public = Client::new(site.clone(), super::api::routes());
        let agent = public.signed_in(Person::Agent(site.new_id())).await;
        let empty = agent.get("/api/v1/desk/visits-back").await.value();
        assert_eq!(empty, json!({ "items": [], "next_cursor": null }));
        let world = World::new(&db).await;
        let ana = world.expert("Ana", "10003").await;
        let ticket = world.ticket().await;
        world.round().await;
        world.act(ticket, Move::Accept { expert: ana, late: None }).await.unwrap();
        world.expert("Ben", "10463").await;
        let now = world.now();
        let off = db.write(crate::db::Lane::Desk, async move |tx| {
            crate::workforce::store::set_active(tx, ana, false, now).await
        });
        assert!(off.await.unwrap());
        let registry =
            super::jobs::register(crate::jobs::Registry::new(), &world.bounds, &crate::notify::samples::pages());
        crate::jobs::Runner::new(db.clone(), registry).drain().await.unwrap();
        let list = agent.get("/api/v1/desk/visits-back").await.value();
        let item = &list["items"][0];
        assert_eq!((&item["expert_name"], item["tickets"].as_array().map(Vec::len)), (&json!("Ana"), Some(1)));
        let row = &item["tickets"][0];
        assert_eq!((&row["was"], &row["now"]["state"]), (&json!("accepted"), &json!("offered")));
        assert_eq!(row["now"]["expert_name"], "Ben");
    })
    .await;
}

#[tokio::test]
async fn a_follow_up_goes_ahead_of_older_tickets_and_to_the_expert_who_was_there() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let (near, was_there) = (world.expert("Ana", "10003").await, world.expert("Ben", "10463").await);
        let earlier = world.ticket().await;
        let summary = "New fuse.".parse().unwrap();
        world.round().await;
        world.act(earlier, Move::Decline { expert: near, reason: DeclineReason::Busy }).await.unwrap();
        world.round().await;
        let done = Move::Complete { expert: was_there, outcome: Outcome::Fixed, summary };
        world.act(earlier, done).await.unwrap();
        let earlier = world.read(earlier).await;
        let older = world.ticket().await;
        world.minutes_pass(5);
        let follow_up = world.file(|filing| filing.follows = Some(tickets::Earlier::of(&earlier))).await;
        let waiting = db.read(async |conn| tickets::store::waiting(conn, 10).await).await.unwrap();
        assert_eq!(waiting.iter().map(|ticket| ticket.id).collect::<Vec<_>>(), [follow_up, older]);
        world.round().await;
        assert_eq!(world.holder(follow_up).await, Some(was_there), "though another is nearer");
        let kept = db.read(async move |conn| matching::store::latest(conn, follow_up).await).await.unwrap().unwrap();
        let high = kept.decision.weights.unassigned_price(Priority::High, 0);
        assert_eq!(kept.decision.unassigned_price, high, "to let it wait costs more than of others");
    })
    .await;
}

#[tokio::test]
async fn a_round_without_time_still_keeps_every_rule_and_is_reported() {
    both_engines(async |db| {
        let mut world = World::new(&db).await;
        world.bounds.budget = std::time::Duration::ZERO;
        let _unskilled = world.expert_on("Cleo", "10001", "Mon-Sun 00:00-00:00", 0).await;
        let (near, far) = (world.expert("Ana", "10003").await, world.expert("Ben", "10463").await);
        let (first, second, third) = (world.ticket().await, world.ticket().await, world.ticket().await);
        assert_eq!(world.round().await, 2);
        assert_eq!(world.holder(first).await, Some(near));
        assert_eq!(world.holder(second).await, Some(far));
        assert_eq!(world.holder(third).await, None, "the unskilled one is never asked");
        let kept = db.read(async move |conn| matching::store::latest(conn, second).await).await.unwrap().unwrap();
        assert_eq!(kept.decision.settled, matching::decide::Settled::Greedy);
        assert_eq!(matching::decide::replay(&kept.decision), Some(far));
        let round = db.read(async move |conn| matching::store::of_round(conn, kept.decision.batch, 10).await);
        let round: Vec<_> = round.await.unwrap().into_iter().map(|stored| stored.decision).collect();
        let again = matching::decide::replay_round(&round);
        assert_eq!((again[&first], again[&second], again[&third]), (Some(near), Some(far), None));
        let now = world.now();
        let greedy = db.read(async move |conn| matching::store::last_greedy(conn, now).await).await.unwrap();
        assert_eq!(greedy, Some(now));
    })
    .await;
}

#[tokio::test]
async fn a_promise_stands_still_while_the_ticket_is_on_hold() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        // Monday, 04:00 in New York: the promise begins at 08:00.
        let ticket = world.file(|filing| filing.due_at = "2026-03-02T18:00:00Z".parse().unwrap()).await;
        world.minutes_pass(6 * 60);
        let until = world.now().plus_minutes(10_000);
        world.act(ticket, Move::Hold { why: HoldReason::Part, until }).await.unwrap();
        let held = world.read(ticket).await;
        assert_eq!((held.held_at, held.due_at.to_string()), (Some(world.now()), "2026-03-02T18:00:00Z".to_owned()));
        world.minutes_pass(24 * 60);
        world.act(ticket, Move::Resume).await.unwrap();
        let resumed = world.read(ticket).await;
        assert_eq!(resumed.held_at, None);
        assert_eq!(resumed.due_at.to_string(), "2026-03-03T18:00:00Z", "three hours were left on Tuesday at 10:00");
    })
    .await;
}

#[tokio::test]
async fn a_plan_found_later_promises_from_then_on_and_not_on_a_holiday() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ticket = world.file(|filing| filing.entitlement = None).await;
        let now = world.now();
        let holiday = crate::workforce::Holiday {
            on: "2026-03-02".parse().unwrap(),
            country: "US".into(),
            area: None,
            name: "Founders' day".parse().unwrap(),
        };
        let timing = world.bounds.timing.clone();
        db.write(Lane::Desk, async move |tx| {
            crate::workforce::store::put_holiday(tx, &holiday, now).await?;
            let customer = crate::tickets::store::get(tx, ticket).await?.unwrap().customer;
            let plan = crate::plans::store::covering(tx, customer, &"tv".parse().unwrap(), 0, now).await?.unwrap();
            let mut book = crate::tickets::Book::open(tx, &[ticket], timing.clone()).await?;
            book.cover(ticket, &plan, Actor::Server, now).unwrap();
            book.save(tx).await
        })
        .await
        .unwrap();
        let covered = world.read(ticket).await;
        assert_eq!(covered.due_at.to_string(), "2026-03-03T21:00:00Z", "eight hours of Tuesday, from 08:00 on");
    })
    .await;
}

#[tokio::test]
async fn open_tickets_of_one_site_are_offered_together_with_one_notice_and_the_record_replays() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let (near, far) = (world.expert("Ana", "10003").await, world.expert("Ben", "10463").await);
        let (first, second) = (world.file(|_| {}).await, world.file(|_| {}).await);
        let site = world.site;
        let (third, fourth) =
            (world.file(|filing| filing.site = site).await, world.file(|filing| filing.site = site).await);
        assert_eq!(world.round().await, 3, "one each, and what is at one address counts as one");
        let held = |ticket| world.holder(ticket);
        let together = held(third).await;
        assert!(together.is_some() && together == held(fourth).await);
        let others = [held(first).await, held(second).await];
        assert!(others.contains(&None) && !others.contains(&together), "{others:?}");
        assert!([near, far].contains(&together.unwrap()));
        let visit = async |ticket| world.read(ticket).await.life.state.visit().unwrap();
        let (one, other) = (visit(third).await, visit(fourth).await);
        assert_eq!((other.travel_minutes, other.start_at.minutes_since(one.end_at())), (0, 10), "one after the other");
        let outside = crate::notify::samples::outside(&db);
        let mut told = Vec::new();
        for ticket in [third, fourth] {
            let (now, seq, outside) = (world.now(), world.read(ticket).await.n_events, outside.clone());
            let composed = db.read(async move |conn| {
                let to = crate::notify::plan::Audience::Expert;
                Ok::<_, Error>(crate::notify::compose::of(conn, &outside, ticket, seq, to, now, now).await.unwrap())
            });
            told.push(composed.await.unwrap());
        }
        assert_eq!((told[0].len(), told[1].len()), (2, 0), "push and SMS, once for both");
        assert!(told[0][1].words.body.starts_with("2 new tickets at one address"), "{}", told[0][1].words.body);
        let mut round = Vec::new();
        for ticket in [first, second, third, fourth] {
            let kept = db.read(async move |conn| matching::store::latest(conn, ticket).await).await.unwrap();
            round.extend(kept.map(|stored| stored.decision));
        }
        let decision = round.iter().find(|decision| decision.ticket == fourth).unwrap();
        assert_eq!(decision.together, [third, fourth]);
        for decision in &round {
            let winner = decision.winner.map(|winner| winner.expert);
            assert_eq!(matching::decide::replay(decision), winner);
            assert_eq!(matching::decide::replay_round(&round)[&decision.ticket], winner);
        }
    })
    .await;
}
