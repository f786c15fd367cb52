//! The day as a program of the desk reads it: what waits and is at risk first, then every expert with what they do until
//! about when, and their chain of today.

use super::tests::{Desk, desk};
use crate::db::testing::both_engines;
use crate::dispatch::world::{World, id};
use crate::http::testing::Client;
use serde_json::{Value, json};
use shared::ids::{ExpertId, TicketId};
use shared::ticket::{HumanReason, Move, VisitPlan};

/// A visit of an hour that this expert said yes to, in so many minutes, ten minutes away.
async fn promised(world: &World, number: u64, expert: ExpertId, minutes: i64) -> TicketId {
    let ticket = world.ticket().await;
    let visit = VisitPlan { start_at: world.now().plus_minutes(minutes), travel_minutes: 10, work_minutes: 60 };
    world.act(ticket, Move::Offer { offer: id(number), expert, visit, decision: None }).await.unwrap();
    world.act(ticket, Move::Accept { expert, late: None }).await.unwrap();
    ticket
}

async fn day(desk: &Client) -> Value {
    let heard = desk.get("/api/v1/desk/day").await;
    assert_eq!(heard.status, 200, "{}", heard.text());
    heard.value()
}

/// The tickets of the day in their order, each with its risk.
fn pressing(day: &Value) -> Vec<(Value, Value)> {
    let tickets = day["tickets"].as_array().unwrap();
    tickets.iter().map(|ticket| (ticket["id"].clone(), ticket["at_risk"]["risk"].clone())).collect()
}

/// What is said of the expert with this name.
fn of(day: &Value, name: &str) -> Value {
    let experts = day["experts"].as_array().unwrap();
    experts.iter().find(|expert| expert["name"] == name).cloned().unwrap_or_else(|| panic!("{name}: {day}"))
}

#[tokio::test]
async fn what_waits_and_is_at_risk_stands_first_by_how_pressing_it_is_and_what_goes_well_is_not_there() {
    both_engines(async |db| {
        let Desk { world, emile, .. } = desk(&db).await;
        assert_eq!(pressing(&day(&emile).await), []);
        let (ana, ben) = (world.expert("Ana", "10003").await, world.expert("Ben", "10003").await);
        let job = promised(&world, 77_001, ana, 20).await;
        world.act(job, Move::Arrive { expert: ana }).await.unwrap();
        let _goes_well = promised(&world, 77_002, ana, 200).await;
        // He should have left five minutes ago.
        let late = promised(&world, 77_003, ben, 5).await;
        let waiting = world.ticket().await;
        let asked = world.ticket().await;
        world.act(asked, Move::AskHuman { reason: HumanReason::NoCandidate }).await.unwrap();
        let urgent = world.file(|filing| filing.urgent = true).await;
        let line = |ticket: TicketId, risk: &str| (json!(ticket), json!(risk));
        let today = day(&emile).await;
        let (first, last) = (line(urgent, "waiting"), line(waiting, "waiting"));
        let expected = [first.clone(), line(asked, "asked"), line(late, "not_left"), last.clone()];
        assert_eq!(pressing(&today), expected);
        assert_eq!((&today["n_tickets"], &today["now"]), (&json!(4), &json!(world.now())));
        let risk = &today["tickets"][2]["at_risk"];
        assert_eq!(risk, &json!({ "risk": "not_left", "since": world.now().plus_minutes(-5) }));
        assert!(today["tickets"].as_array().unwrap().iter().all(|ticket| ticket["areas"] == "manhattan"), "{today}");
        world.minutes_pass(61);
        let longer = line(job, "longer");
        assert_eq!(pressing(&day(&emile).await), [first, line(asked, "asked"), longer, line(late, "not_left"), last]);
    })
    .await;
}

#[tokio::test]
async fn each_expert_is_free_or_on_a_job_until_about_then_and_shows_the_chain_of_today() {
    both_engines(async |db| {
        let Desk { world, emile, .. } = desk(&db).await;
        let (ana, ben) = (world.expert("Ana", "10003").await, world.expert("Ben", "10003").await);
        let (cleo, dan) = (world.expert("Cleo", "10003").await, world.expert("Dan", "10003").await);
        let job = promised(&world, 77_001, ana, 20).await;
        world.act(job, Move::Arrive { expert: ana }).await.unwrap();
        let later = promised(&world, 77_002, ana, 200).await;
        let her_next = promised(&world, 77_003, cleo, 300).await;
        let late = promised(&world, 77_004, dan, 5).await;
        let from_now = |minutes: i64| json!(world.now().plus_minutes(minutes));
        let today = day(&emile).await;
        assert_eq!(today["n_experts"], 4);
        let names: Vec<&str> =
            today["experts"].as_array().unwrap().iter().filter_map(|expert| expert["name"].as_str()).collect();
        assert_eq!(names, ["Dan", "Ana", "Cleo", "Ben"], "who should have left, who is on a job, who is free");
        let should_have_left = json!({ "is": "should_have_left", "ticket": late, "since": from_now(-5) });
        assert_eq!(of(&today, "Dan")["doing"], should_have_left);
        let on_a_job = json!({ "is": "on_a_job", "ticket": job, "until": from_now(60), "on_the_way": false });
        assert_eq!(of(&today, "Ana")["doing"], on_a_job);
        let until_she_leaves = json!({ "is": "free", "until": from_now(290) });
        assert_eq!(of(&today, "Cleo")["doing"], until_she_leaves);
        let free = of(&today, "Ben");
        assert_eq!((&free["doing"]["is"], &free["chain"], &free["id"]), (&json!("free"), &json!([]), &json!(ben)));
        let hers = of(&today, "Ana");
        let chain = hers["chain"].as_array().unwrap();
        let tickets: Vec<Value> = chain.iter().map(|stop| stop["ticket"].clone()).collect();
        assert_eq!(tickets, [json!(job), json!(later)], "by time");
        let (now, next) = (&chain[0], &chain[1]);
        assert_eq!((&now["state"], &now["start_at"], &now["end_at"]), (&json!("on_site"), &from_now(0), &from_now(60)));
        assert_eq!((&next["state"], &next["leave_at"]), (&json!("accepted"), &from_now(190)));
        assert_eq!((&next["gap_minutes"], &next["is_tight"]), (&json!(130), &json!(false)));
        assert_eq!(of(&today, "Cleo")["chain"][0]["ticket"], json!(her_next));
        // The same in words, on the page.
        let page = emile.get("/desk/day").await.text();
        assert!(page.contains("On a job until about 05:00") && page.contains("Free until 08:50"), "{page}");
        assert!(page.contains("Should have left at 03:55, nothing heard"), "{page}");
    })
    .await;
}
