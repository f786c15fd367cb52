//! The reports as an admin meets them, on both engines: from visits and declines to figures, and from a figure to the row.

use super::{api, pages};
use crate::accounts::Person;
use crate::db::testing::both_engines;
use crate::db::{Database, Error, Lane};
use crate::dispatch::world::{World, id};
use crate::http::testing::{Client, site};
use crate::tickets::{Book, Earlier};
use crate::workforce::store::{NewNeed, create_skill, need, put_category, put_need, samples::a_skill};
use crate::workforce::{Category, store};
use axum::http::StatusCode;
use serde_json::json;
use shared::event::Actor;
use shared::ids::{ExpertId, TicketId};
use shared::offer::DeclineReason;
use shared::skills::{Level, Skills};
use shared::ticket::{CannotFix, HoldReason, Move, Outcome, VisitPlan};
use shared::time::Timestamp;

async fn admin(db: &Database) -> (World, Client) {
    let world = World::new(db).await;
    let now = world.now();
    let written = db.write(Lane::Desk, async move |tx| {
        let tv = Category { slug: "tv".parse().unwrap(), label: "Television".parse().unwrap(), symptoms: Vec::new() };
        put_category(tx, &tv, 1, true).await?;
        let skills = Skills([(id(5), Level::LEARNED)].into());
        put_need(tx, &NewNeed { category: tv.slug, symptom: None, skills, work_minutes: 45, urgent: false }, now)
            .await?;
        create_skill(tx, &a_skill(77, "gas")).await?;
        Ok::<_, Error>(())
    });
    written.await.unwrap();
    let client = Client::new(site(db), api::routes().merge(pages::routes()));
    (world, client.signed_in(Person::Admin(id(3))).await)
}

async fn complete(world: &World, ticket: TicketId, expert: ExpertId, outcome: Outcome) {
    while world.holder(ticket).await != Some(expert) {
        assert!(world.round().await > 0, "nobody is asked");
    }
    let summary = "New fuse.".parse().unwrap();
    world.act(ticket, Move::Complete { expert, outcome, summary }).await.unwrap();
}

#[tokio::test]
async fn a_visit_whose_trouble_came_back_does_not_count_as_fixed_at_first_visit() {
    both_engines(async |db| {
        let (world, ada) = admin(&db).await;
        let ana = world.expert("Ana", "10001").await;
        let plain = async || world.file(|filing| filing.symptom = None).await;
        let (good, back) = (plain().await, plain().await);
        complete(&world, good, ana, Outcome::Fixed).await;
        complete(&world, back, ana, Outcome::Fixed).await;
        let solved = plain().await;
        world.act(solved, Move::Solve).await.unwrap();
        let path = "/api/v1/admin/reports/first-visit-fix";
        let report = |heard: serde_json::Value| heard["report"]["by_expert"].clone();
        let before = report(ada.get(path).await.value());
        assert_eq!((&before[0]["n"], &before[0]["fixed"]), (&json!(2), &json!(2)), "{before}");
        let earlier = world.read(back).await;
        let follow_up = world.file(|filing| filing.follows = Some(Earlier::of(&earlier))).await;
        let after = report(ada.get(path).await.value());
        assert_eq!((&after[0]["fixed"], &after[0]["came_back"]), (&json!(1), &json!(1)), "{after}");
        complete(&world, follow_up, ana, Outcome::Fixed).await;
        assert_eq!(report(ada.get(path).await.value()), after, "the second visit is no first one");
        let page = ada.get("/admin/reports/first-visit-fix").await.text();
        assert!(page.contains("50.0 %") && page.contains("Ana") && page.contains("Television"), "{page}");
        world.minutes_pass(8 * 1_440);
        assert_eq!(report(ada.get(&format!("{path}?days=7")).await.value()), json!([]));
        assert!(ada.get("/admin/reports/first-visit-fix?days=7").await.text().contains("No visit ended a ticket"));
    })
    .await;
}

#[tokio::test]
async fn who_came_first_and_could_not_fix_it_has_the_visit_and_not_who_came_second() {
    both_engines(async |db| {
        let (world, ada) = admin(&db).await;
        let ana = world.expert("Ana", "10001").await;
        let ticket = world.file(|filing| filing.symptom = None).await;
        world.round().await;
        world.act(ticket, Move::Arrive { expert: ana }).await.unwrap();
        let cannot = Move::CannotFix { expert: ana, why: CannotFix::Skill, part: None, until: None };
        world.act(ticket, cannot).await.unwrap();
        let ben = world.expert("Ben", "10463").await;
        complete(&world, ticket, ben, Outcome::Fixed).await;
        let report = ada.get("/api/v1/admin/reports/first-visit-fix").await.value();
        let lines = report["report"]["by_expert"].as_array().unwrap().clone();
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert_eq!((&lines[0]["name"], &lines[0]["more_visits"]), (&json!("Ana"), &json!(1)));
    })
    .await;
}

/// An expert says that a ticket needs gas.
async fn lacks(world: &World, ticket: TicketId, expert: ExpertId, visited: bool) {
    let (now, timing) = (world.now(), world.bounds.timing.clone());
    let written = world.db.write(Lane::Work, async move |tx| {
        let mut book = Book::open(tx, &[ticket], timing.clone()).await?;
        book.record(ticket, shared::event::Fact::Resumed, Actor::Server, now);
        book.lacks(ticket, expert, &[("gas".parse().unwrap(), id(77))].into(), visited, now);
        book.save(tx).await
    });
    written.await.unwrap();
}

#[tokio::test]
async fn wrong_visits_stand_apart_from_avoided_ones_and_lead_to_the_row_that_an_admin_corrects() {
    both_engines(async |db| {
        let (world, ada) = admin(&db).await;
        let ana = world.expert("Ana", "10001").await;
        let mut tickets = Vec::new();
        for _ in 0..3 {
            tickets.push(world.file(|filing| filing.symptom = None).await);
        }
        complete(&world, tickets[0], ana, Outcome::Fixed).await;
        lacks(&world, tickets[1], ana, true).await;
        lacks(&world, tickets[2], ana, false).await;
        let report = ada.get("/api/v1/admin/reports/wrong-expert").await.value();
        let line = &report["items"][0];
        assert_eq!((&line["n_visits"], &line["wrong_visits"], &line["avoided"]), (&json!(2), &json!(1), &json!(1)));
        assert_eq!((&line["wrong_thousandths"], &line["avoided_thousandths"]), (&json!(500), &json!(333)));
        let page = ada.get("/admin/reports/wrong-expert").await.text();
        assert!(page.contains("/admin/needs/review#row-tv-default"), "{page}");
        let page = ada.get("/admin/needs/review").await.text();
        assert!(page.contains("id=\"row-tv-default\"") && page.contains("1 wrong visit") && page.contains("1 avoided"));
        assert!(page.contains("name=\"add-gas\"") && page.contains("Named 2 times"), "{page}");
        let seen = page.split("name=\"seen_at\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let look = [("category", "tv"), ("symptom", ""), ("seen_at", &*seen), ("add-gas", "1")];
        for _ in 0..2 {
            let done = ada.form("/admin/needs/review", &look).await;
            assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
        }
        let tv = "tv".parse().unwrap();
        let row = db.read(async move |conn| need(conn, &tv, None).await).await.unwrap().unwrap();
        assert!(row.skills.0.contains_key(&id(77)) && row.skills.0.len() == 2);
        let rows = db.read(async |conn| store::needs(conn).await).await.unwrap();
        assert_eq!(rows.iter().map(|(_, ver)| *ver).collect::<Vec<_>>(), [2], "a second click makes no other version");
        assert!(ada.get("/admin/needs/review").await.text().contains("Nothing waits for a look"));
        let audit = db.read(async |conn| crate::audit::list(conn, None, None, 100).await).await.unwrap();
        assert_eq!(audit.iter().filter(|line| line.what == "need.review").count(), 1, "who looked is written down");
        let unclear = ada.form("/admin/needs/review", &[("category", "TV!")]).await;
        assert_eq!(unclear.status, StatusCode::UNPROCESSABLE_ENTITY);
    })
    .await;
}

/// A ticket from its report to its end: an expert says yes so many minutes after it, and arrives so many minutes, begun ones
/// counted as whole, after the hour that was promised.
async fn visited(world: &World, expert: ExpertId, yes_after: u64, late_by: i64) {
    let ticket = world.file(|filing| filing.symptom = None).await;
    world.minutes_pass(yes_after);
    while world.holder(ticket).await != Some(expert) {
        assert!(world.round().await > 0, "nobody is asked");
    }
    world.act(ticket, Move::Accept { expert, late: None }).await.unwrap();
    let start_at = world.read(ticket).await.life.state.visit().expect("it is promised").start_at;
    let until_start = (start_at.millis_since(world.now()) + 59_999) / 60_000;
    world.minutes_pass(u64::try_from(until_start + late_by).expect("the hour lies ahead"));
    world.act(ticket, Move::Arrive { expert }).await.unwrap();
    world.minutes_pass(30);
    let summary = "New fuse.".parse().unwrap();
    world.act(ticket, Move::Complete { expert, outcome: Outcome::Fixed, summary }).await.unwrap();
}

#[tokio::test]
async fn the_middle_of_the_minutes_to_a_yes_and_the_share_of_punctual_arrivals_are_exact() {
    both_engines(async |db| {
        let (world, ada) = admin(&db).await;
        let ana = world.expert("Ana", "10001").await;
        // By the clocks of UTC, for days are counted by them; no visit below reaches into the next.
        let monday = "2026-03-02T10:00:00Z".parse::<Timestamp>().unwrap();
        let tuesday = "2026-03-03T10:00:00Z".parse::<Timestamp>().unwrap();
        let until = |at: Timestamp| u64::try_from(at.minutes_since(world.now())).expect("it lies ahead");
        world.minutes_pass(until(monday));
        // A quarter of an hour is on time, a minute more is not.
        visited(&world, ana, 7, 15).await;
        visited(&world, ana, 43, 16).await;
        visited(&world, ana, 20, 0).await;
        world.minutes_pass(until(tuesday));
        visited(&world, ana, 2, 90).await;
        visited(&world, ana, 11, 0).await;
        visited(&world, ana, 5, 14).await;
        let report = async |name: &str, query: &str| {
            ada.get(&format!("/api/v1/admin/reports/{name}{query}")).await.value()["report"].clone()
        };
        let accepted = report("time-to-accept", "").await;
        // 2, 5, 7, 11, 20, 43: of an even number the later of the two in the middle.
        assert_eq!((&accepted["n"], &accepted["value"]), (&json!(6), &json!(11)), "{accepted}");
        let by_day = json!([{ "on": "2026-03-02", "n": 3, "value": 20 }, { "on": "2026-03-03", "n": 3, "value": 5 }]);
        assert_eq!(accepted["days"], by_day);
        let arrived = report("on-time-arrival", "").await;
        assert_eq!((&arrived["n"], &arrived["value"]), (&json!(6), &json!(667)), "{arrived}");
        let by_day =
            json!([{ "on": "2026-03-02", "n": 3, "value": 667 }, { "on": "2026-03-03", "n": 3, "value": 667 }]);
        assert_eq!(arrived["days"], by_day);
        for (name, value, line) in
            [("time-to-accept", "11 min", "2026-03-03,3,5"), ("on-time-arrival", "66.7 %", "2026-03-02,3,667")]
        {
            let page = ada.get(&format!("/admin/reports/{name}")).await.text();
            assert!(page.contains(value), "{name}: {page}");
            let file = ada.get(&format!("/api/v1/admin/reports/{name}?format=csv")).await.text();
            assert!(file.contains(line), "{name}: {file}");
        }
        // A week later there is nothing to add up, and nothing is not nought.
        world.minutes_pass(9 * 1_440);
        let none = report("on-time-arrival", "?days=7").await;
        assert_eq!((&none["n"], &none["value"], &none["days"]), (&json!(0), &json!(null), &json!([])), "{none}");
    })
    .await;
}

/// An expert says yes to a visit that begins in so many minutes.
async fn promised(world: &World, ticket: TicketId, expert: ExpertId, number: u64, in_minutes: i64) {
    let visit = VisitPlan { start_at: world.now().plus_minutes(in_minutes), travel_minutes: 10, work_minutes: 30 };
    world.act(ticket, Move::Offer { offer: id(number), expert, visit, decision: None }).await.unwrap();
    world.act(ticket, Move::Accept { expert, late: None }).await.unwrap();
}

#[tokio::test]
async fn an_arrival_counts_by_the_first_promise_unless_the_customer_a_hold_or_a_visit_made_it_void() {
    both_engines(async |db| {
        let (world, ada) = admin(&db).await;
        let (ana, ben) = (world.expert("Ana", "10001").await, world.expert("Ben", "10463").await);
        let plain = async || world.file(|filing| filing.symptom = None).await;
        let arrives = async |ticket: TicketId, expert: ExpertId, after: u64| {
            world.minutes_pass(after);
            world.act(ticket, Move::Arrive { expert }).await.unwrap();
            world.minutes_pass(1);
        };
        let report = async || {
            let report = ada.get("/api/v1/admin/reports/on-time-arrival").await.value()["report"].clone();
            (report["n"].as_i64(), report["value"].as_i64())
        };
        // Ana gives it back, and Ben keeps his own word an hour after hers.
        let ticket = plain().await;
        promised(&world, ticket, ana, 51, 60).await;
        world.act(ticket, Move::Decline { expert: ana, reason: DeclineReason::Busy }).await.unwrap();
        promised(&world, ticket, ben, 52, 120).await;
        arrives(ticket, ben, 120).await;
        assert_eq!(report().await, (Some(1), Some(0)), "the customer waited for an hour");
        // The customer wants another time.
        let ticket = plain().await;
        promised(&world, ticket, ana, 53, 60).await;
        let from = world.now().plus_minutes(120);
        let windows = vec![shared::ticket::Window { from, until: from.plus_minutes(60) }];
        world.act(ticket, Move::Reschedule { windows }).await.unwrap();
        promised(&world, ticket, ana, 54, 130).await;
        arrives(ticket, ana, 130).await;
        assert_eq!(report().await, (Some(2), Some(500)), "the earlier hour is forgotten");
        // A time that the visit fits makes it no later.
        let ticket = plain().await;
        promised(&world, ticket, ben, 55, 60).await;
        world.act(ticket, Move::Reschedule { windows: Vec::new() }).await.unwrap();
        arrives(ticket, ben, 90).await;
        assert_eq!(report().await, (Some(3), Some(333)), "half an hour late all the same");
        // On hold.
        let ticket = plain().await;
        promised(&world, ticket, ana, 56, 60).await;
        let until = world.now().plus_minutes(90);
        world.act(ticket, Move::Hold { why: HoldReason::Customer, until }).await.unwrap();
        world.act(ticket, Move::Resume).await.unwrap();
        promised(&world, ticket, ana, 57, 120).await;
        arrives(ticket, ana, 120).await;
        assert_eq!(report().await, (Some(4), Some(500)));
        // A visit that could not end it was on time, and so is the second one.
        let ticket = plain().await;
        promised(&world, ticket, ana, 58, 60).await;
        arrives(ticket, ana, 60).await;
        let cannot = Move::CannotFix { expert: ana, why: CannotFix::Skill, part: None, until: None };
        world.act(ticket, cannot).await.unwrap();
        promised(&world, ticket, ben, 59, 120).await;
        arrives(ticket, ben, 120).await;
        assert_eq!(report().await, (Some(6), Some(667)));
    })
    .await;
}

#[tokio::test]
async fn the_table_of_states_is_a_page_for_admins() {
    both_engines(async |db| {
        let (_world, ada) = admin(&db).await;
        let page = ada.get("/admin/states").await.text();
        assert!(page.contains("2 × travel → a person: not_arrived") && page.contains("on_hold"), "{page}");
        assert!(ada.get("/admin/reports").await.text().contains("/admin/states"));
    })
    .await;
}
