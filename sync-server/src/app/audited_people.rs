//! No change about a person or a ticket by the desk or by a customer without a trace: every call that changes something is
//! made, and then the audit has a line of its own with who, what, before and after, or the ticket's history has one with
//! who and what. A route that stands neither among the steps nor among those that another test proves fails the test.

use super::access::{in_sources, row_of};
use super::routes;
use crate::accounts::staff::{self, StaffFields, StaffRole};
use crate::accounts::{Person, Role};
use crate::audit;
use crate::db::testing::on;
use crate::db::{Database, Engine, Lane};
use crate::dispatch::world::{World, id};
use crate::events;
use crate::http::testing::{Client, site};
use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use shared::event::Actor;
use shared::ids::{CustomerId, ExpertId, StaffId, TicketId};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// What holds a route that is no step here.
enum Held {
    /// The test with this name.
    By(&'static str),
    /// Nothing is changed that anybody knows of a person or a ticket, and why.
    Nothing(&'static str),
}

const ELSEWHERE: &[(&str, &str, Held)] = &[
    ("POST", "sign-in", Held::Nothing("a session")),
    ("POST", "sign-in/code", Held::Nothing("a code")),
    ("POST", "sign-out", Held::Nothing("a session")),
    ("POST", "password/reset", Held::By("a_code_signs_in_and_sets_a_forgotten_password")),
    ("POST", "me/confirm", Held::Nothing("a mail")),
    (
        "POST",
        "confirm/{token}",
        Held::By("another_address_counts_once_its_owner_says_so_and_opening_the_link_says_nothing"),
    ),
    ("POST", "me/card", Held::By("a_new_card_during_the_retries_pays_at_once_and_once")),
    ("POST", "me/charges/{id}/pay", Held::By("a_bank_that_wants_a_confirmation_is_asked_with_its_customer_there")),
    ("POST", "me/entitlements", Held::By("a_plan_begins_with_the_confirmed_payment_and_starts_the_ticket_that_waited")),
    ("POST", "me/entitlements/{id}/cancel", Held::By("a_plan_that_is_ended_runs_out_and_ending_it_can_be_taken_back")),
    ("POST", "me/entitlements/{id}/keep", Held::By("a_plan_that_is_ended_runs_out_and_ending_it_can_be_taken_back")),
    (
        "POST",
        "desk/banners",
        Held::By("the_desk_sets_changes_and_takes_back_a_banner_once_each_with_a_line_in_the_audit"),
    ),
    (
        "PUT",
        "desk/banners/{id}",
        Held::By("the_desk_sets_changes_and_takes_back_a_banner_once_each_with_a_line_in_the_audit"),
    ),
    (
        "DELETE",
        "desk/banners/{id}",
        Held::By("the_desk_sets_changes_and_takes_back_a_banner_once_each_with_a_line_in_the_audit"),
    ),
    ("POST", "desk/inbox/act", Held::By("or_the_visit_goes_on_and_its_expert_hears_that_too")),
    ("POST", "desk/lost/{what}/{id}", Held::By("the_desk_looks_at_what_was_handed_in_and_may_take_that_back")),
    ("POST", "tickets", Held::By("a_repeat_gets_the_same_ticket_and_another_body_is_refused")),
    (
        "POST",
        "tickets/{id}/files",
        Held::By("a_form_with_pictures_adds_them_once_and_says_in_words_what_it_cannot_use"),
    ),
    (
        "POST",
        "tickets/{id}/take",
        Held::By("the_present_expert_is_told_at_once_and_the_desk_takes_it_by_one_button_that_names_who_did_it"),
    ),
    ("POST", "survey/{token}", Held::By("an_answer_is_changed_within_a_day_and_what_followed_from_it_too")),
    ("POST", "knowledge", Held::Nothing("an article, which keeps its own versions")),
    ("POST", "knowledge/{id}/helped", Held::Nothing("a count of an article")),
];

/// Who asks.
#[derive(Clone, Copy)]
enum Who {
    Bo,
    Mia,
    /// Whoever has the link to her ticket: nobody is signed in, and it counts as hers.
    Link,
}

/// Where a trace must be.
#[derive(Clone, Copy)]
enum Trace {
    /// A line of the audit with this word.
    Line { what: &'static str, has_before: bool, has_after: bool },
    /// A line of this ticket's history.
    History(TicketId),
}

struct Step {
    who: Who,
    method: &'static str,
    /// As it stands in the sources, below `/api/v1/`.
    route: &'static str,
    /// `{last}` is the id of the answer before.
    address: String,
    body: Value,
    trace: Trace,
}

fn step(who: Who, call: (&'static str, &'static str), address: String, body: Value, trace: Trace) -> Step {
    Step { who, method: call.0, route: call.1, address, body, trace }
}

const fn new(what: &'static str) -> Trace {
    Trace::Line { what, has_before: false, has_after: true }
}

const fn changed(what: &'static str) -> Trace {
    Trace::Line { what, has_before: true, has_after: true }
}

const fn gone(what: &'static str) -> Trace {
    Trace::Line { what, has_before: true, has_after: false }
}

/// What is about a person.
fn about_people(mia: CustomerId, ana: ExpertId) -> Vec<Step> {
    let (one, two) = (
        json!({ "address": { "line1": "1 Main St", "postal_code": "10025" } }),
        json!({ "address": { "line1": "2 Main St", "postal_code": "10025" } }),
    );
    let zoe =
        json!({ "name": "Zoë", "phone": "212 555 0177", "address": { "line1": "9 Main St", "postal_code": "10025" } });
    let (hers, block) = (format!("customers/{mia}"), format!("customers/{mia}/blocked-experts/{ana}"));
    let (site, own) = ("customers/{id}/sites/{site}", "me/sites/{site}");
    let stays = Trace::Line { what: "customer.stay", has_before: false, has_after: false };
    let off = json!({ "kind": "duty.set", "args": { "on": false } });
    let why = json!({ "reason": "They quarrelled." });
    let (bo, me) = (Who::Bo, Who::Mia);
    let (block_route, last) = ("customers/{id}/blocked-experts/{expert}", "me/sites/{last}".to_owned());
    vec![
        step(bo, ("POST", "customers"), "customers".into(), zoe, new("customer.create")),
        step(bo, ("PATCH", "customers/{id}"), hers.clone(), json!({ "name": "Mia Nowak" }), changed("customer.change")),
        step(bo, ("POST", "customers/{id}/sites"), format!("{hers}/sites"), one.clone(), new("site.create")),
        step(bo, ("PUT", site), format!("{hers}/sites/{{last}}"), two.clone(), changed("site.correct")),
        step(bo, ("DELETE", site), format!("{hers}/sites/{{last}}"), Value::Null, gone("site.retire")),
        step(bo, ("PUT", block_route), block.clone(), why, new("customer.block")),
        step(bo, ("DELETE", block_route), block, Value::Null, gone("customer.unblock")),
        step(bo, ("POST", "experts/{id}/acts"), format!("experts/{ana}/acts"), off, new("expert.act")),
        step(me, ("PATCH", "me"), "me".into(), json!({ "name": "Mia Chén" }), changed("customer.change")),
        step(me, ("POST", "me/sites"), "me/sites".into(), one, new("site.create")),
        step(me, ("PUT", own), last.clone(), two, changed("site.correct")),
        step(me, ("DELETE", own), last, Value::Null, gone("site.retire")),
        step(me, ("DELETE", "me"), "me".into(), json!({}), new("customer.leave")),
        step(me, ("POST", "me/stay"), "me/stay".into(), json!({}), stays),
    ]
}

/// What is about a ticket; `link` opens the first of them, and each of the others is ended once.
fn about_tickets([first, second, third]: [TicketId; 3], link: &str, link_of_third: &str) -> Vec<Step> {
    let day = |day: &str, part: &str| json!({ "windows": [{ "date": day, "part": part }] });
    let at = |ticket: TicketId, what: &str| format!("tickets/{ticket}/{what}");
    let door = |text: &str| json!({ "access_note": text });
    let note = || json!({ "text": "The dog is friendly." });
    let until = json!({ "until": "2026-03-05T13:00:00Z" });
    let (bo, me, by_link) = (Who::Bo, Who::Mia, Who::Link);
    let (correct, reschedule) = (changed("ticket.correct"), changed("ticket.reschedule"));
    let history = Trace::History;
    let tomorrow = day("2026-03-03", "morning");
    let later = day("2026-03-03", "afternoon");
    vec![
        step(bo, ("PATCH", "tickets/{id}"), format!("tickets/{first}"), door("Round the back"), correct),
        step(me, ("POST", "tickets/{id}/note"), at(first, "note"), note(), history(first)),
        step(me, ("POST", "tickets/{id}/reschedule"), at(first, "reschedule"), tomorrow, reschedule),
        step(by_link, ("POST", "track/{token}/address"), format!("track/{link}/address"), door("Ring twice"), correct),
        step(by_link, ("POST", "track/{token}/note"), format!("track/{link}/note"), note(), history(first)),
        step(by_link, ("POST", "track/{token}/reschedule"), format!("track/{link}/reschedule"), later, reschedule),
        step(bo, ("POST", "tickets/{id}/hold"), at(first, "hold"), until, history(first)),
        step(bo, ("POST", "tickets/{id}/resume"), at(first, "resume"), Value::Null, history(first)),
        step(me, ("POST", "tickets/{id}/cancel"), at(first, "cancel"), json!({}), history(first)),
        step(bo, ("POST", "tickets/{id}/solved"), at(second, "solved"), json!({}), history(second)),
        step(
            by_link,
            ("POST", "track/{token}/cancel"),
            format!("track/{link_of_third}/cancel"),
            json!({}),
            history(third),
        ),
    ]
}

async fn lines(db: &Database) -> Vec<audit::Line> {
    db.read(async |conn| audit::list(conn, None, None, 1_000).await).await.unwrap()
}

async fn history(db: &Database, ticket: TicketId) -> Vec<events::Line> {
    db.read(async move |conn| events::history(conn, ticket, 0, 1_000).await).await.unwrap()
}

/// An agent of the desk.
async fn bo(db: &Database) -> StaffId {
    let fields = StaffFields {
        name: "Bo".parse().unwrap(),
        email: "bo@example.com".parse().unwrap(),
        phone: None,
        role: StaffRole::Agent,
        locale: "en".into(),
        zone: "America/New_York".parse().unwrap(),
    };
    db.write(Lane::Desk, async move |tx| {
        let now = tx.real_now();
        staff::create(tx, id(60), &fields, None, now).await?.unwrap();
        Ok::<_, crate::db::Error>(())
    })
    .await
    .unwrap();
    id(60)
}

/// The routes that the desk or customers may ask, or nobody in particular, and that may change something.
fn known() -> BTreeSet<(String, String)> {
    let is_theirs = |method: &str, path: &str| {
        let row = row_of(method, path).expect("every route has a row");
        row.is_public || row.who.contains(&Role::Customer) || row.who.contains(&Role::Agent)
    };
    let below =
        |path: &str| path.strip_prefix("/api/v1/").filter(|rest| !rest.starts_with("admin/")).map(str::to_owned);
    in_sources()
        .into_iter()
        .filter(|(method, path)| method != "GET" && is_theirs(method, path))
        .filter_map(|(method, path)| Some((method, below(&path)?)))
        .collect()
}

/// Makes a call, and gives back the id that it answers, if any.
async fn made(client: &Client, step: &Step, last: &str) -> Option<String> {
    let path = format!("/api/v1/{}", step.address.replace("{last}", last));
    let heard = match &step.body {
        Value::Null => {
            let request = Request::builder().method(step.method).uri(&path);
            client.send(request.body(Body::empty()).unwrap()).await
        }
        document => client.json(step.method, &path, document).await,
    };
    assert!(heard.status.is_success(), "{} {path}: {}", step.method, heard.text());
    let answered: Value = serde_json::from_slice(&heard.body).unwrap_or_default();
    answered["id"].as_str().map(str::to_owned)
}

/// Makes a call and looks for its trace.
async fn leaves_a_trace(db: &Database, client: &Client, step: &Step, actor: Actor, last: &str) -> Option<String> {
    let route = format!("{} {}", step.method, step.route);
    match step.trace {
        Trace::Line { what, has_before, has_after } => {
            let before: BTreeSet<String> = lines(db).await.into_iter().map(|line| line.id).collect();
            let answered = made(client, step, last).await;
            let who = match actor {
                Actor::Agent(id) => id.to_string(),
                Actor::Customer(id) => id.to_string(),
                Actor::Admin(_) | Actor::Expert(_) | Actor::Server => String::new(),
            };
            let new = lines(db).await.into_iter().filter(|line| !before.contains(&line.id));
            let new: Vec<_> = new.filter(|line| line.what == what).collect();
            assert_eq!(new.len(), 1, "{route} writes no line {what} of the audit");
            assert_eq!(new[0].actor, Some(who), "{route}: who did it");
            let parts = (new[0].before.is_some(), new[0].after.is_some());
            assert_eq!(parts, (has_before, has_after), "{route}: before and after");
            answered
        }
        Trace::History(ticket) => {
            let n_before = history(db, ticket).await.len();
            let answered = made(client, step, last).await;
            let new = history(db, ticket).await.split_off(n_before);
            assert!(new.iter().any(|line| line.actor == actor), "{route} is not in the ticket's history: {new:?}");
            answered
        }
    }
}

#[tokio::test]
async fn every_change_about_a_person_or_a_ticket_leaves_a_trace() {
    on(Engine::Sqlite, async |db| {
        let world = World::new(&db).await;
        let ana = world.expert("Ana", "10001").await;
        let tickets = [world.ticket().await, world.ticket().await, world.ticket().await];
        let (staff, mia) = (bo(&db).await, world.customer);
        let nobody = Client::new(site(&db), routes());
        let desk = nobody.signed_in(Person::Agent(staff)).await;
        let customer = nobody.signed_in(Person::Customer(mia)).await;
        let links = [tickets[0], tickets[2]].map(|ticket| nobody.site.links.track(ticket));
        let mut steps = about_people(mia, ana);
        steps.extend(about_tickets(tickets, &links[0], &links[1]));
        let mut last = String::new();
        for step in &steps {
            let (client, actor) = match step.who {
                Who::Bo => (&desk, Actor::Agent(staff)),
                Who::Mia => (&customer, Actor::Customer(mia)),
                Who::Link => (&nobody, Actor::Customer(mia)),
            };
            if let Some(id) = leaves_a_trace(&db, client, step, actor, &last).await {
                last = id;
            }
        }
        let mut done: BTreeSet<(String, String)> =
            steps.iter().map(|step| (step.method.to_owned(), step.route.to_owned())).collect();
        done.extend(ELSEWHERE.iter().map(|(method, route, _)| ((*method).to_owned(), (*route).to_owned())));
        let known = known();
        let missing: Vec<_> = known.difference(&done).collect();
        assert!(missing.is_empty(), "make each of these calls here: {missing:?}");
        let none: Vec<_> = done.difference(&known).collect();
        assert!(none.is_empty(), "there are no such routes: {none:?}");
    })
    .await;
}

#[test]
fn what_is_proven_by_another_test_names_one_that_is_there() {
    let mut sources = String::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                sources.push_str(&fs::read_to_string(path).unwrap());
            }
        }
    }
    for (method, route, held) in ELSEWHERE {
        match held {
            Held::By(test) => assert!(sources.contains(&format!("async fn {test}()")), "{method} {route}: {test}"),
            Held::Nothing(why) => assert!(!why.is_empty(), "{method} {route}"),
        }
    }
}
