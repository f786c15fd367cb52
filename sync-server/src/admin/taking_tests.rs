//! A completion reported by an expert who had lost the ticket, in the business's own words.

use super::{api, pages};
use crate::accounts::Person;
use crate::accounts::devices::{self, NewDevice, Platform};
use crate::db::testing::both_engines;
use crate::db::{Database, Lane};
use crate::dispatch::world::{World, id};
use crate::events;
use crate::http::testing::{Client, site};
use crate::notify::plan::Channel;
use crate::notify::{self, Notice};
use crate::survey::{self, SurveyState};
use crate::sync::exchange;
use serde_json::json;
use shared::event::Fact;
use shared::ids::{ExpertId, MutationId, TicketId};
use shared::intent::{Intent, VERSION};
use shared::sync::{Have, MadeAt, Mutation, MutationResult, SyncRequest};
use shared::ticket::{HumanReason, Move, Outcome, ReleaseReason, State};

const MID: u64 = 4_242;

/// Ana had the ticket, it went to Ben, who said yes, and now Ana's phone reports that she finished it.
async fn reported(world: &World) -> (ExpertId, ExpertId, TicketId) {
    let (ana, ticket) = (world.expert("Ana", "10003").await, world.ticket().await);
    world.round().await;
    world.act(ticket, Move::Accept { expert: ana, late: None }).await.unwrap();
    world.act(ticket, Move::Release { why: ReleaseReason::Staff }).await.unwrap();
    let ben = world.expert("Ben", "10003").await;
    let visit =
        shared::ticket::VisitPlan { start_at: world.now().plus_minutes(60), travel_minutes: 10, work_minutes: 60 };
    world.act(ticket, Move::Offer { offer: id(88_000), expert: ben, visit, decision: None }).await.unwrap();
    world.act(ticket, Move::Accept { expert: ben, late: None }).await.unwrap();
    assert!(matches!(report(world, ana, ticket).await, MutationResult::Recorded(_)));
    (ana, ben, ticket)
}

async fn report(world: &World, ana: ExpertId, ticket: TicketId) -> MutationResult {
    let new = NewDevice {
        device: None,
        expert: ana,
        name: "Phone".parse().unwrap(),
        platform: Platform::Desktop,
        push_token: None,
        now: world.db.clock().real_now(),
    };
    let device = world.db.write(Lane::Desk, async move |tx| devices::register(tx, &new).await).await.unwrap();
    let done = Intent::TicketComplete { outcome: Outcome::Fixed, summary: "Changed the fuse.".parse().unwrap() };
    let mid: MutationId = id(MID);
    let mutation = Mutation {
        n: 1,
        mid: mid.to_string(),
        v: VERSION,
        kind: done.kind().to_owned(),
        ticket: Some(ticket.to_string()),
        t: MadeAt { wall: world.now(), mono_ms: 0, boot: String::new() },
        args: done.args(),
    };
    let request = SyncRequest {
        proto: 1,
        app: "1.0.0".into(),
        device: device.device,
        inc: device.inc,
        req: "r".into(),
        cursors: [].into(),
        limit_bytes: None,
        have: Have::default(),
        mutations: vec![mutation],
        location: None,
        push_token: None,
    };
    exchange(&world.db, &world.bounds, ana, request).await.unwrap().acks[0].result.clone()
}

/// Runs what the events asked for, and gives back how often an expert was told this.
async fn told(world: &World, ticket: TicketId, expert: ExpertId, word: &str) -> Vec<Channel> {
    let outside = notify::samples::outside(&world.db);
    notify::samples::drain(&world.db, notify::samples::registry(&outside)).await;
    let told = notify::samples::told(&world.db, ticket).await;
    let his = |notice: &&Notice| notice.matter.word() == word && notice.person == expert.to_string();
    let mut ways: Vec<Channel> = told.iter().filter(his).map(|notice| notice.channel).collect();
    ways.sort_unstable();
    ways
}

async fn desk(db: &Database) -> Client {
    let client = Client::new(site(db), api::routes().merge(pages::routes()));
    client.signed_in(Person::Agent(id(51))).await
}

#[tokio::test]
async fn the_present_expert_is_told_at_once_and_the_desk_takes_it_by_one_button_that_names_who_did_it() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let (ana, ben, ticket) = reported(&world).await;
        assert_eq!(told(&world, ticket, ben, "stopped").await, [Channel::Push, Channel::Sms]);
        let life = world.read(ticket).await.life;
        assert_eq!(life.needs_human.map(|flag| flag.reason), Some(HumanReason::DoneByOther));
        assert_eq!(life.state.holder(), Some(ben), "it is a person who takes it from him");
        let desk = desk(&db).await;
        let page = desk.get(&format!("/desk/tickets/{ticket}")).await.text();
        assert!(page.contains("Take it: Ana did it") && page.contains("fixed: Changed the fuse."), "{page}");
        assert!(page.contains("Let the visit go on"), "{page}");
        let path = format!("/api/v1/tickets/{ticket}/take");
        let unknown = desk.json("POST", &path, &json!({ "mutation": id::<shared::ids::of::Mutation>(1) })).await;
        assert_eq!(unknown.status, 404, "only what was reported can be taken");
        let mutation = json!({ "mutation": id::<shared::ids::of::Mutation>(MID) });
        assert_eq!(desk.json("POST", &path, &mutation).await.value()["code"], "applied");
        assert_eq!(desk.json("POST", &path, &mutation).await.value()["code"], "noop", "a second click");
        let reports = db.read(async |conn| crate::audit::of_kind(conn, "ticket.take_report", None, 10).await);
        assert_eq!(reports.await.unwrap().len(), 1, "once, and by whom");
        let taken = world.read(ticket).await;
        assert!(matches!(taken.life.state, State::Completed { expert: Some(by), .. } if by == ana), "{taken:?}");
        assert_eq!((taken.last_expert, taken.stream_of), (Some(ana), Some(ana)));
        assert_eq!(taken.summary.unwrap().as_str(), "Changed the fuse.");
        assert_eq!(told(&world, ticket, ben, "lost").await, [Channel::Push, Channel::Sms]);
        let lines = db.read(async move |conn| events::history(conn, ticket, 0, 50).await).await.unwrap();
        let by = lines.iter().find_map(|line| {
            let Fact::Completed { expert, .. } = &line.event.fact else { return None };
            Some((*expert, line.actor))
        });
        assert_eq!(by, Some((ana, shared::event::Actor::Agent(id(51)))));
        let all = notify::samples::told(&db, ticket).await;
        assert!(!all.iter().any(|notice| notice.matter.word() == "looking_again"), "the customer has what she wanted");
    })
    .await;
}

#[tokio::test]
async fn or_the_visit_goes_on_and_its_expert_hears_that_too() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let (_, ben, ticket) = reported(&world).await;
        assert_eq!(told(&world, ticket, ben, "go_on").await, []);
        let desk = desk(&db).await;
        let body = json!({ "items": [format!("ticket:{ticket}")], "deed": "settle", "note": "Mia says no." });
        assert_eq!(desk.json("POST", "/api/v1/desk/inbox/act", &body).await.status, 200);
        assert_eq!(told(&world, ticket, ben, "go_on").await, [Channel::Push, Channel::Sms]);
        let acts = db.read(async |conn| crate::audit::of_kind(conn, "inbox.act", None, 10).await).await.unwrap();
        assert!(acts.len() == 1 && acts[0].actor.is_some() && acts[0].after.is_some(), "{acts:?}");
        assert_eq!(world.holder(ticket).await, Some(ben));
        world.act(ticket, Move::Depart { expert: ben }).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn nobody_is_asked_for_what_may_be_done_and_going_on_searches_again() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let (ana, ticket) = (world.expert("Ana", "10003").await, world.ticket().await);
        world.round().await;
        world.act(ticket, Move::Accept { expert: ana, late: None }).await.unwrap();
        world.act(ticket, Move::Release { why: ReleaseReason::Staff }).await.unwrap();
        let ben = world.expert("Ben", "10003").await;
        let visit =
            shared::ticket::VisitPlan { start_at: world.now().plus_minutes(60), travel_minutes: 10, work_minutes: 60 };
        world.act(ticket, Move::Offer { offer: id(88_000), expert: ben, visit, decision: None }).await.unwrap();
        report(&world, ana, ticket).await;
        assert_eq!(world.holder(ticket).await, None, "his offer is taken back");
        world.round().await;
        assert_eq!(world.holder(ticket).await, None, "and nobody else is asked");
        world.act(ticket, Move::Settle { note: None }).await.unwrap();
        world.round().await;
        assert!(world.holder(ticket).await.is_some());
    })
    .await;
}

#[tokio::test]
async fn the_survey_after_a_report_that_was_taken_asks_about_the_expert_who_did_it_and_counts_for_her() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let (ana, _, ticket) = reported(&world).await;
        let desk = desk(&db).await;
        let mutation = json!({ "mutation": id::<shared::ids::of::Mutation>(MID) });
        let taken = desk.json("POST", &format!("/api/v1/tickets/{ticket}/take"), &mutation).await;
        assert_eq!(taken.value()["code"], "applied");
        let outside = notify::samples::outside(&db);
        let asking = survey::jobs::register(notify::samples::registry(&outside), outside.pages.clone());
        notify::samples::drain(&db, asking).await;
        let begun = db.read(async move |conn| survey::store::of_ticket(conn, ticket).await).await.unwrap();
        let begun = begun.expect("somebody was there");
        assert_eq!((begun.expert, begun.state), (Some(ana), SurveyState::Invited), "not Ben, who had the ticket last");
        let site = site(&db);
        let path = format!("/survey/{}", site.links.survey(begun.id));
        let public = Client::new(site, survey::pages::routes().merge(survey::api::routes()));
        let thanks = public.form(&path, &[("working", "yes"), ("rating", "5")]).await;
        assert_eq!(thanks.status, 200, "{}", thanks.text());
        let ada = public.signed_in(Person::Admin(id(52))).await;
        let results = ada.get("/api/v1/admin/surveys/results?days=30").await.value();
        let counted = results["by_expert"].as_array().unwrap();
        let credit: Vec<_> = counted.iter().map(|line| (&line["name"], &line["n_answered"])).collect();
        assert_eq!(credit, [(&json!("Ana"), &json!(1))], "{results}");
    })
    .await;
}
