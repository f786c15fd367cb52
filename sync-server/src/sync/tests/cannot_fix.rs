//! What happens when a visit cannot be finished, by the business's own words, from the tap on.

use super::Phone;
use crate::db::testing::both_engines;
use crate::db::{Error, Lane};
use crate::dispatch::world::{World, id};
use crate::events;
use crate::http::testing::{Client, site};
use crate::notify::{Notice, NoticeState, samples};
use crate::tickets::{api, store};
use crate::workforce::{self, store::samples::a_skill};
use shared::event::Fact;
use shared::ids::{ExpertId, TicketId};
use shared::intent::Intent;
use shared::offer::DeclineReason;
use shared::skills::{Level, Skills};
use shared::sync::MutationResult;
use shared::ticket::{CannotFix, HoldReason, HumanReason, Move, Owner, State};
use shared::time::Timestamp;

fn cannot_fix(why: CannotFix, skills: &[&str], until: Option<Timestamp>) -> Intent {
    let skills = skills.iter().map(|slug| slug.parse().unwrap()).collect();
    let part = (why == CannotFix::Part).then(|| "T-con board".parse().unwrap());
    Intent::TicketCannotFix { why, skills, part, until, called: None }
}

/// Ana is asked, says yes and arrives.
async fn on_site(world: &World, ana: ExpertId, ticket: TicketId) -> Phone<'_> {
    world.round().await;
    let mut phone = Phone::of(world, ana).await;
    assert_eq!(phone.taps(Intent::TicketArrive {}, ticket).await, MutationResult::Applied);
    phone
}

async fn flag(world: &World, ticket: TicketId) -> Option<HumanReason> {
    world.read(ticket).await.life.needs_human.map(|flag| flag.reason)
}

/// A second skill; who learns it, has both.
async fn gas(world: &World) {
    let made = world.db.write(Lane::Desk, async |tx| workforce::store::create_skill(tx, &a_skill(77, "gas")).await);
    assert!(made.await.unwrap());
}

async fn learns_gas(world: &World, expert: ExpertId) {
    let both = Skills([(id(5), Level::LEARNED), (id(77), Level::LEARNED)].into());
    let learn = world.db.write(Lane::Desk, async move |tx| {
        let now = tx.real_now();
        workforce::store::replace_skills(tx, expert, &both, now).await?;
        Ok::<_, Error>(())
    });
    learn.await.unwrap();
}

#[tokio::test]
async fn another_skill_re_dispatches_at_once_with_the_corrected_need_and_never_asks_that_expert_again() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        gas(&world).await;
        let ana = world.expert("Ana", "10003").await;
        let (ben, cleo) = (world.expert("Ben", "10463").await, world.expert("Cleo", "10463").await);
        learns_gas(&world, cleo).await;
        let ticket = world.ticket().await;
        let mut phone = on_site(&world, ana, ticket).await;
        phone.taps(cannot_fix(CannotFix::Skill, &["gas", "unheard-of"], None), ticket).await;
        assert_eq!(flag(&world, ticket).await, None, "no person has to look first");
        let needed = world.read(ticket).await.skills;
        assert!(needed.0.contains_key(&id(77)) && needed.0.len() == 2, "{needed:?}");
        world.round().await;
        assert_eq!(world.holder(ticket).await, Some(cleo), "Ben is as near and lacks it");
        // She learns it, everybody else is gone, and is still not asked.
        learns_gas(&world, ana).await;
        for gone in [ben, cleo] {
            let off = db.write(Lane::Desk, async move |tx| {
                let now = tx.real_now();
                workforce::store::set_active(tx, gone, false, now).await
            });
            off.await.unwrap();
        }
        world.minutes_pass(6);
        world.round().await;
        assert_eq!(world.holder(ticket).await, None);
        assert_eq!(flag(&world, ticket).await, Some(HumanReason::NoCandidate));
        let lines = db.read(async move |conn| events::history(conn, ticket, 0, 50).await).await.unwrap();
        let corrected = |fact: &Fact| matches!(fact, Fact::NeedCorrected { skills } if skills.len() == 1);
        assert!(lines.iter().any(|line| corrected(&line.event.fact)), "the history says so");
    })
    .await;
}

#[tokio::test]
async fn the_row_of_the_needs_table_is_listed_for_review_with_wrong_visits_apart_from_avoided_ones() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        gas(&world).await;
        let ana = world.expert("Ana", "10003").await;
        let (visited, avoided) = (world.ticket().await, world.ticket().await);
        let mut phone = on_site(&world, ana, visited).await;
        phone.taps(cannot_fix(CannotFix::Skill, &["gas"], None), visited).await;
        world.round().await;
        assert_eq!(world.holder(avoided).await, Some(ana));
        let decline = Intent::OfferDecline { reason: DeclineReason::Skill, skills: vec!["gas".parse().unwrap()] };
        phone.taps(decline, avoided).await;
        let reviews = db.read(async |conn| store::open_reviews(conn).await).await.unwrap();
        assert_eq!(reviews.len(), 1, "{reviews:?}");
        assert_eq!((reviews[0].n_wrong_visits, reviews[0].n_avoided, reviews[0].skills.values().sum()), (1, 1, 2_u32));
        let site = site(&db);
        let admin = Client::new(site, api::routes()).signed_in(crate::accounts::Person::Admin(id(3))).await;
        let listed = admin.get("/api/v1/admin/needs/review").await.value();
        assert_eq!(listed["items"][0]["n_wrong_visits"], 1, "{listed}");
        let row = &listed["items"][0];
        let looked =
            serde_json::json!({ "category": row["category"], "symptom": row["symptom"], "last_at": row["last_at"] });
        let done = admin.json("POST", "/api/v1/admin/needs/review", &looked).await;
        assert_eq!(done.value()["reviewed"], 2);
        assert_eq!(
            admin.json("POST", "/api/v1/admin/needs/review", &looked).await.value()["reviewed"],
            0,
            "a second click"
        );
        assert_eq!(admin.get("/api/v1/admin/needs/review").await.value()["items"], serde_json::json!([]));
    })
    .await;
}

#[tokio::test]
async fn a_missing_part_means_no_offer_before_the_date_and_the_same_expert_first_then() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ana = world.expert("Ana", "10027").await;
        let ticket = world.ticket().await;
        let mut phone = on_site(&world, ana, ticket).await;
        let date = world.now().plus_minutes(2 * 1_440);
        phone.taps(cannot_fix(CannotFix::Part, &[], Some(date)), ticket).await;
        let held = world.read(ticket).await.life;
        assert!(matches!(&held.state, State::OnHold { why: HoldReason::Part, until, part: Some(part), .. }
            if *until == date && part.as_str() == "T-con board"));
        assert!(phone.tickets.is_empty(), "it left her phone");
        let _near = world.expert("Ben", "10001").await;
        world.minutes_pass(2 * 1_440 - 1);
        world.round().await;
        assert_eq!((world.holder(ticket).await, flag(&world, ticket).await), (None, None), "no offer before the date");
        world.minutes_pass(1);
        world.round().await;
        assert_eq!(world.holder(ticket).await, Some(ana), "Ben is nearer");
    })
    .await;
}

#[tokio::test]
async fn whoever_has_the_part_is_waited_for_until_the_shift_begins_and_not_for_ever() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        // Monday, 04:00 in New York; she begins at nine.
        let ana = world.expert_on("Ana", "10027", "Mon-Fri 09:00-17:00", 1).await;
        let ticket = world.ticket().await;
        world.minutes_pass(6 * 60);
        let mut phone = on_site(&world, ana, ticket).await;
        let eight = world.now().plus_minutes(22 * 60);
        phone.taps(cannot_fix(CannotFix::Part, &[], Some(eight)), ticket).await;
        let ben = world.expert("Ben", "10001").await;
        world.minutes_pass(22 * 60);
        world.round().await;
        assert_eq!(world.holder(ticket).await, None, "Ben could come now, without the part");
        world.minutes_pass(60);
        world.round().await;
        assert_eq!(world.holder(ticket).await, Some(ana));
        world.minutes_pass(6);
        crate::tickets::jobs::answer_deadlines(&db, &world.bounds.timing).await.unwrap();
        world.round().await;
        assert_eq!(world.holder(ticket).await, Some(ben), "she let it run out");
    })
    .await;
}

#[tokio::test]
async fn a_part_without_a_date_is_a_persons_at_once() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ana = world.expert("Ana", "10003").await;
        let ticket = world.ticket().await;
        on_site(&world, ana, ticket).await.taps(cannot_fix(CannotFix::Part, &[], None), ticket).await;
        assert_eq!(flag(&world, ticket).await, Some(HumanReason::CannotFix { why: CannotFix::Part }));
        assert_eq!(world.read(ticket).await.life.state.word(), "on_hold");
    })
    .await;
}

#[tokio::test]
async fn a_closed_door_holds_for_the_customer_and_a_person_looks_after_a_day() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ana = world.expert("Ana", "10003").await;
        let ticket = world.ticket().await;
        on_site(&world, ana, ticket).await.taps(cannot_fix(CannotFix::NoAccess, &[], None), ticket).await;
        world.minutes_pass(24 * 60 - 1);
        world.round().await;
        assert_eq!((world.holder(ticket).await, flag(&world, ticket).await), (None, None));
        world.minutes_pass(1);
        world.round().await;
        assert_eq!(flag(&world, ticket).await, Some(HumanReason::HoldEnded));
        let jobs = db.read(async |conn| crate::jobs::backlog(conn).await).await.unwrap();
        assert!(jobs.iter().any(|job| job.kind == "notify_customer"), "{jobs:?}");
    })
    .await;
}

/// What the customer was told of the hold.
async fn held_notices(world: &World, ticket: TicketId) -> Vec<Notice> {
    let told = samples::told(&world.db, ticket).await;
    told.into_iter().filter(|notice| notice.matter.word() == "held").collect()
}

#[tokio::test]
async fn at_the_first_closed_door_or_wrong_address_the_customer_gets_a_link_and_a_person_looks_only_after_a_day() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ana = world.expert("Ana", "10003").await;
        for (why, hold, asks) in [
            (CannotFix::NoAccess, HoldReason::NoAccess, "Please choose a time"),
            (CannotFix::WrongAddress, HoldReason::WrongAddress, "Please correct the address"),
        ] {
            let ticket = world.ticket().await;
            on_site(&world, ana, ticket).await.taps(cannot_fix(why, &[], None), ticket).await;
            let life = world.read(ticket).await.life;
            assert!(matches!(life.state, State::OnHold { why, .. } if why == hold), "{life:?}");
            assert_eq!(life.owner(), Owner::Customer);
            // It is four in the morning: they hear of it at eight.
            for (minutes, state) in [(0, NoticeState::Queued), (4 * 60, NoticeState::Sent)] {
                world.minutes_pass(minutes);
                samples::drain(&db, samples::registry(&samples::outside(&db))).await;
                let states: Vec<_> = held_notices(&world, ticket).await.iter().map(|notice| notice.state).collect();
                assert_eq!(states, [state]);
            }
            let held = held_notices(&world, ticket).await;
            assert!(held[0].body.contains(asks), "{held:?}");
            assert!(held[0].link.as_ref().is_some_and(|link| link.contains("/track/")), "{held:?}");
            world.minutes_pass(20 * 60 - 1);
            world.round().await;
            assert_eq!((world.holder(ticket).await, flag(&world, ticket).await), (None, None));
            world.minutes_pass(1);
            world.round().await;
            assert_eq!(flag(&world, ticket).await, Some(HumanReason::HoldEnded));
        }
    })
    .await;
}

#[tokio::test]
async fn the_second_closed_door_or_wrong_address_of_a_ticket_is_a_persons_at_once() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ana = world.expert("Ana", "10003").await;
        for (first, second) in [
            (CannotFix::NoAccess, CannotFix::NoAccess),
            (CannotFix::WrongAddress, CannotFix::WrongAddress),
            (CannotFix::WrongAddress, CannotFix::NoAccess),
        ] {
            let ticket = world.ticket().await;
            on_site(&world, ana, ticket).await.taps(cannot_fix(first, &[], None), ticket).await;
            assert_eq!(flag(&world, ticket).await, None, "the first is the customer's");
            // The customer chose a time, or mended the address.
            world.act(ticket, Move::Resume).await.unwrap();
            on_site(&world, ana, ticket).await.taps(cannot_fix(second, &[], None), ticket).await;
            assert_eq!(flag(&world, ticket).await, Some(HumanReason::CannotFix { why: second }), "after {first:?}");
            let life = world.read(ticket).await.life;
            assert_eq!((life.state.word(), life.owner()), ("on_hold", Owner::Desk));
            world.round().await;
            assert_eq!(world.holder(ticket).await, None, "nobody drives there a third time by himself");
        }
    })
    .await;
}

#[tokio::test]
async fn before_a_closed_door_it_is_written_down_whether_the_contact_was_rung() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ana = world.expert("Ana", "10003").await;
        for (called, words) in [
            (Some(true), Some("Rang the contact, and nobody answered.")),
            (Some(false), Some("Did not ring the contact.")),
            (None, None),
        ] {
            let ticket = world.ticket().await;
            let shut = Intent::TicketCannotFix {
                why: CannotFix::NoAccess,
                skills: Vec::new(),
                part: None,
                until: None,
                called,
            };
            on_site(&world, ana, ticket).await.taps(shut, ticket).await;
            let notes = db.read(async move |conn| store::notes(conn, &[ticket], 10).await).await.unwrap();
            assert_eq!(notes.first().map(|note| note.text.as_str()), words);
            if let Some(note) = notes.first() {
                assert_eq!((note.author_name.as_str(), note.at), ("Ana", world.db.clock().business_now()));
            }
        }
    })
    .await;
}

#[tokio::test]
async fn danger_on_site_tells_the_admins_at_once() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ana = world.expert("Ana", "10003").await;
        let ticket = world.ticket().await;
        on_site(&world, ana, ticket).await.taps(cannot_fix(CannotFix::Unsafe, &[], None), ticket).await;
        assert_eq!(flag(&world, ticket).await, Some(HumanReason::CannotFix { why: CannotFix::Unsafe }));
        let jobs = db.read(async |conn| crate::jobs::backlog(conn).await).await.unwrap();
        assert!(jobs.iter().any(|job| job.kind == "notify_admins"), "{jobs:?}");
        world.round().await;
        assert_eq!(world.holder(ticket).await, None, "nobody else is sent there");
    })
    .await;
}
