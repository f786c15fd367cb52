//! Surveys on both engines, and their page as a browser meets it.

use super::{Survey, SurveyState, jobs, pages, store};
use crate::customers::NotifyBy;
use crate::db::testing::both_engines;
use crate::db::{Database, Lane};
use crate::http::testing::{Client, site};
use crate::jobs::Registry;
use crate::notify::Outside;
use crate::notify::plan::Channel;
use crate::notify::samples::*;
use crate::notify::store as notices;
use crate::tickets::samples::{filing, id};
use crate::tickets::{self, Ticket, begin};
use shared::ids::TicketId;
use shared::ticket::{CancelReason, Move, Outcome, Timing};

/// Who tells, sends and asks.
fn asking(outside: &Outside) -> Registry {
    jobs::register(registry(outside), outside.pages.clone())
}

async fn complete(db: &Database, number: u64) -> TicketId {
    let ticket = file(db, number, true, false).await;
    let summary = "New fuse.".parse().unwrap();
    let done = Move::Complete { expert: id(11), outcome: Outcome::Fixed, summary };
    moved(db, ticket, vec![offer(db, 20 + number, id(11), 60), done]).await;
    ticket
}

/// A completed ticket whose customer has been asked, with the address of the survey.
async fn asked_about(db: &Database) -> (Client, TicketId, String) {
    let n = surveys(db).await.len() as u64;
    if n == 0 {
        people(db, NotifyBy::Sms, Some("mia@example.com")).await;
    }
    let ticket = complete(db, n + 1).await;
    jump_hours(db, 5);
    drain(db, asking(&outside(db))).await;
    let survey = db.read(async move |conn| store::of_ticket(conn, ticket).await).await.unwrap().expect("it was begun");
    let site = site(db);
    let path = format!("/survey/{}", site.links.survey(survey.id));
    (Client::new(site, pages::routes()), ticket, path)
}

async fn read(db: &Database, ticket: TicketId) -> Ticket {
    db.read(async move |conn| tickets::store::get(conn, ticket).await).await.unwrap().expect("it was filed")
}

async fn follow_up(db: &Database, ticket: TicketId) -> Option<Ticket> {
    db.read(async move |conn| tickets::store::follow_up_of(conn, ticket).await).await.unwrap()
}

/// What somebody has to ring about.
async fn calls(db: &Database) -> Vec<(Option<TicketId>, String)> {
    let now = db.clock().business_now();
    let calls = db.read(async move |conn| notices::calls(conn, now, 10).await).await.unwrap();
    calls.into_iter().map(|call| (call.ticket, call.matter.word().to_owned())).collect()
}

async fn surveys(db: &Database) -> Vec<Survey> {
    db.read(async |conn| store::list(conn, None, 10).await).await.unwrap()
}

fn jump_hours(db: &Database, hours: u64) {
    db.clock().jump(hours * 60 * 60_000);
}

/// Whom survey messages went to, by subject.
async fn asked(db: &Database) -> Vec<(Channel, String)> {
    let sent =
        sent(db).await.into_iter().filter(|sent| sent.link.as_ref().is_some_and(|link| link.contains("/survey/")));
    sent.map(|sent| (sent.channel, sent.subject.unwrap_or_default())).collect()
}

#[tokio::test]
async fn a_customer_is_asked_in_the_morning_and_reminded_once() {
    both_engines(async |db| {
        people(&db, NotifyBy::Sms, Some("mia@example.com")).await;
        let outside = outside(&db);
        complete(&db, 1).await;
        drain(&db, asking(&outside)).await;
        assert_eq!(asked(&db).await, [], "it is four in the morning");
        jump_hours(&db, 4);
        drain(&db, asking(&outside)).await;
        let asked_once = asked(&db).await;
        assert_eq!(asked_once.len(), 1);
        assert!(asked_once[0].0 == Channel::Email && asked_once[0].1.starts_with("Is it working?"));
        for _ in 0..10 {
            jump_hours(&db, 24);
            drain(&db, asking(&outside)).await;
        }
        let all = asked(&db).await;
        assert_eq!(all.len(), 2, "one reminder: {all:?}");
        assert!(all[1].1.starts_with("One question"));
    })
    .await;
}

#[tokio::test]
async fn nobody_is_asked_without_a_visit_and_who_cannot_be_asked_is_no_fault() {
    both_engines(async |db| {
        people(&db, NotifyBy::Call, None).await;
        let outside = outside(&db);
        complete(&db, 1).await;
        let solved = file(&db, 2, true, false).await;
        moved(&db, solved, vec![Move::Solve]).await;
        drain(&db, asking(&outside)).await;
        let surveys = surveys(&db).await;
        assert_eq!(surveys.len(), 1);
        assert_eq!(surveys[0].state, SurveyState::NotReachable);
        let backlog = db.read(async |conn| crate::jobs::backlog(conn).await).await.unwrap();
        assert!(backlog.iter().all(|row| row.state != "dead"), "{backlog:?}");
    })
    .await;
}

#[tokio::test]
async fn no_it_is_not_working_opens_one_follow_up_ahead_in_the_queue_and_the_answer_counts_once() {
    both_engines(async |db| {
        let (client, ticket, path) = asked_about(&db).await;
        let page = client.get(&path).await;
        assert_eq!(page.status, 200);
        assert!(page.text().contains("Is it working now?") && page.text().contains("No picture since the storm"));
        assert_eq!(surveys(&db).await[0].state, SurveyState::Invited, "looking records nothing");

        let unanswered = client.form(&path, &[("comment", "Still <dark> — né?")]).await;
        assert_eq!(unanswered.status, 422);
        assert!(unanswered.text().contains("Please choose yes or no."));
        assert!(unanswered.text().contains("Still &#60;dark&#62; — né?"), "what was typed is kept");

        let no = [("working", "no"), ("rating", "2"), ("comment", "Still dark — né?")];
        let thanks = client.form(&path, &no).await;
        assert_eq!(thanks.status, 200);
        let follow_up = follow_up(&db, ticket).await.expect("it was opened");
        assert!(thanks.text().contains(&format!("the new ticket is {}", follow_up.number)), "{}", thanks.text());
        assert!(thanks.text().contains("/track/"));
        assert_eq!(follow_up.last_expert, Some(id(11)), "who was there is preferred");
        assert!(follow_up.description.as_str().starts_with("Still dark — né?\n\n"));
        assert!(follow_up.life.is_matchable() && follow_up.entitlement.is_some());

        assert!(client.form(&path, &no).await.text().contains(&follow_up.number.to_string()), "a second click");
        jump_hours(&db, 24);
        let again = client.form(&path, &[("working", "yes")]).await;
        assert!(again.text().contains("You already answered"), "{}", again.text());
        assert!(again.text().contains("No, it is not"), "the answer that counts is shown");
        assert!(again.text().contains(&follow_up.number.to_string()), "and where it goes on");
        let answered = surveys(&db).await.remove(0);
        assert_eq!((answered.working, answered.rating), (Some(false), Some(2)));
        let waiting = db.read(async |conn| tickets::store::waiting(conn, 10).await).await.unwrap();
        assert_eq!(waiting.iter().map(|ticket| ticket.id).collect::<Vec<_>>(), [follow_up.id], "one, and no second");
        assert_eq!(calls(&db).await, [], "nobody has to ring for it");
        jump_hours(&db, 24 * 5);
        drain(&db, asking(&outside(&db))).await;
        assert_eq!(asked(&db).await.len(), 1, "no reminder after an answer");
    })
    .await;
}

#[tokio::test]
async fn a_follow_up_of_a_visit_that_no_plan_covered_is_covered_by_a_plan_that_was_bought_since() {
    both_engines(async |db| {
        people(&db, NotifyBy::Sms, Some("mia@example.com")).await;
        let ticket = file(&db, 1, false, false).await;
        // Somebody of ours sent an expert all the same.
        let (expert, visit) = (id(11), visit(&db, 60));
        let asked = Move::Offer { offer: id(21), expert, visit, decision: None };
        let (yes, there) = (Move::Accept { expert, late: None }, Move::Arrive { expert });
        let summary = "New fuse.".parse().unwrap();
        let done = Move::Complete { expert, outcome: Outcome::Fixed, summary };
        moved(&db, ticket, vec![asked, yes, there, done]).await;
        drain(&db, asking(&outside(&db))).await;
        let now = now(&db);
        let bought = db.write(Lane::Desk, async move |tx| {
            let plan = crate::plans::Plan {
                id: id(990),
                slug: "home".parse().unwrap(),
                name: "Home".parse().unwrap(),
                price: crate::billing::samples::usd(9_900),
                period_months: 12,
                categories: Vec::new(),
                sites: 1,
                promise_hours: 8,
                waiting_days: 0,
                active: true,
                ver: 1,
            };
            crate::plans::store::create_plan(tx, &plan).await?;
            let until_at = now.plus_minutes(365 * 1_440);
            let (id, customer, plan) = (id(991), id(700), plan.id);
            let new = crate::plans::NewEntitlement {
                id,
                customer,
                plan,
                from_at: now,
                until_at,
                reason: None,
                grace_until_at: None,
            };
            crate::plans::store::grant(tx, new, now).await.map(|_| ())
        });
        bought.await.unwrap();
        let survey =
            db.read(async move |conn| store::of_ticket(conn, ticket).await).await.unwrap().expect("it was begun");
        let site = site(&db);
        let path = format!("/survey/{}", site.links.survey(survey.id));
        Client::new(site, pages::routes()).form(&path, &[("working", "no")]).await;
        let opened = follow_up(&db, ticket).await.expect("it was opened");
        assert_eq!(opened.entitlement, Some(id(991)));
        assert!(opened.life.is_matchable() && opened.due_at > now);
    })
    .await;
}

#[tokio::test]
async fn a_no_joins_the_follow_up_that_the_customer_filed_before_it_and_rings_where_that_has_ended() {
    both_engines(async |db| {
        for ended in [false, true] {
            let (client, ticket, path) = asked_about(&db).await;
            let earlier = read(&db, ticket).await;
            let mut reported = filing(900 + u64::from(ended));
            reported.follows = Some(tickets::Earlier::of(&earlier));
            let (filed, begun) = (reported.id, vec![begin(reported, now(&db), &Timing::default())]);
            db.write(Lane::Intake, async move |tx| tickets::store::insert(tx, &begun).await).await.unwrap();
            if ended {
                moved(&db, filed, vec![Move::Cancel { why: CancelReason::Customer }]).await;
            }
            client.form(&path, &[("working", "no"), ("comment", "Dark again")]).await;
            let notes = db.read(async move |conn| tickets::store::notes(conn, &[filed], 10).await).await.unwrap();
            let said: Vec<_> = notes.iter().map(|note| (note.author_name.as_str(), note.text.as_str())).collect();
            let rung = calls(&db).await;
            if ended {
                assert_eq!((said, rung), (vec![], vec![(Some(ticket), "not_working".to_owned())]));
            } else {
                assert_eq!((said, rung), (vec![("Mia Chén", "Dark again")], vec![]));
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_link_that_is_wrong_or_old_says_so() {
    both_engines(async |db| {
        people(&db, NotifyBy::Sms, Some("mia@example.com")).await;
        complete(&db, 1).await;
        drain(&db, asking(&outside(&db))).await;
        let survey = surveys(&db).await.remove(0).id;
        let site = site(&db);
        let path = format!("/survey/{}", site.links.survey(survey));
        let client = Client::new(site, pages::routes());
        let wrong = client.get("/survey/nonsense").await;
        assert_eq!((wrong.status.as_u16(), wrong.text().contains("This link no longer works")), (404, true));
        jump_hours(&db, 24 * 30);
        let old = client.form(&path, &[("working", "yes")]).await;
        assert_eq!((old.status.as_u16(), old.text().contains("This link no longer works")), (404, true));
    })
    .await;
}

#[tokio::test]
async fn an_answer_is_changed_within_a_day_and_what_followed_from_it_too() {
    both_engines(async |db| {
        let (client, ticket, path) = asked_about(&db).await;
        client.form(&path, &[("working", "yes"), ("rating", "5")]).await;
        assert!(follow_up(&db, ticket).await.is_none());
        let page = client.get(&path).await.text();
        assert!(page.contains("You already answered") && page.contains("You can change it until Tue 3 Mar"), "{page}");
        assert!(page.contains("value=\"yes\" checked") && page.contains("value=\"5\" checked"), "{page}");
        // The wrong button: it is not working after all.
        client.form(&path, &[("working", "no"), ("rating", "2"), ("comment", "Dark again")]).await;
        let opened = follow_up(&db, ticket).await.expect("it was opened");
        assert!(opened.description.as_str().starts_with("Dark again"));
        // And the other way round: nobody has to come.
        let thanks = client.form(&path, &[("working", "yes"), ("rating", "4")]).await;
        assert!(thanks.text().contains("We are glad"), "{}", thanks.text());
        let solved = read(&db, opened.id).await;
        assert!(solved.life.state.is_ended() && surveys(&db).await.len() == 1);
        let answer = surveys(&db).await.remove(0);
        assert_eq!((answer.working, answer.rating, answer.comment), (Some(true), Some(4), None));
        assert!(answer.mended_at.is_some() && answer.answered_at.is_some());
        let audit = db.read(async |conn| crate::audit::list(conn, None, None, 10).await).await.unwrap();
        let mends: Vec<_> = audit.into_iter().filter(|line| line.what == "survey.mend").collect();
        let said = |body: &Option<serde_json::Value>| body.as_ref().map(|body| body["rating"].clone());
        let mut said: Vec<_> = mends.iter().map(|line| (said(&line.before), said(&line.after))).collect();
        said.sort_by_key(|(before, _)| before.as_ref().and_then(serde_json::Value::as_i64));
        assert_eq!(said, [(Some(2.into()), Some(4.into())), (Some(5.into()), Some(2.into()))], "each with what it was");
        // Once more "no": the follow-up has ended, so somebody rings.
        client.form(&path, &[("working", "no")]).await;
        assert_eq!(calls(&db).await, [(Some(ticket), "not_working".to_owned())]);
        jump_hours(&db, 24);
        assert!(!client.get(&path).await.text().contains("You can change it"), "after a day it stands");
    })
    .await;
}

#[tokio::test]
async fn admins_see_answers_counted_and_in_words_and_nobody_else_does() {
    both_engines(async |db| {
        let (client, _, path) = asked_about(&db).await;
        client.form(&path, &[("working", "no"), ("rating", "2"), ("comment", "Still <dark>")]).await;
        let client = Client::new(client.site.clone(), pages::routes().merge(super::api::routes()));
        let ada = client.signed_in(crate::accounts::Person::Admin(id(50))).await;
        let page = ada.get("/admin/surveys").await.text();
        for shown in ["Ana Ruíz", "Television · Łumen", "Still &#60;dark&#62;", "It is not working, 2 of 5"] {
            assert!(page.contains(shown), "{shown}: {page}");
        }
        let results = ada.get("/api/v1/admin/surveys/results?days=30").await.value();
        assert_eq!((&results["all"]["n_answered"], &results["by_expert"][0]["name"]), (&1.into(), &"Ana Ruíz".into()));
        let file = ada.get("/api/v1/admin/surveys/results?days=30&format=csv").await;
        assert!(file.header("content-type").starts_with("text/csv"), "{}", file.text());
        assert!(file.text().contains("expert,Ana Ruíz,1,0,1,0,1,2\n"), "{}", file.text());
        assert!(page.contains("/api/v1/admin/surveys/results?days=90&amp;format=csv"), "{page}");
        let list = ada.get("/api/v1/admin/surveys?limit=1").await.value();
        assert_eq!((&list["items"][0]["working"], &list["next_cursor"]), (&false.into(), &serde_json::Value::Null));
        let agent = client.signed_in(crate::accounts::Person::Agent(id(60))).await;
        assert_eq!(agent.get("/admin/surveys").await.status.as_u16(), 403);
    })
    .await;
}
