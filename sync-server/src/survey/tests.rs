//! Surveys on both engines, and their page as a browser meets it.

use super::{Survey, SurveyState, jobs, pages, store};
use crate::customers::NotifyBy;
use crate::db::Database;
use crate::db::testing::both_engines;
use crate::http::testing::{Client, site};
use crate::jobs::Registry;
use crate::notify::Outside;
use crate::notify::plan::Channel;
use crate::notify::samples::*;
use crate::notify::store as notices;
use crate::tickets::samples::id;
use shared::ids::TicketId;
use shared::ticket::{Move, Outcome};

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
async fn an_answer_counts_once_and_no_makes_a_call_for_the_desk() {
    both_engines(async |db| {
        people(&db, NotifyBy::Sms, Some("mia@example.com")).await;
        let ticket = complete(&db, 1).await;
        let site = site(&db);
        let mut outside = outside(&db);
        outside.pages.links = site.links.clone();
        jump_hours(&db, 5);
        drain(&db, asking(&outside)).await;
        let survey = surveys(&db).await.remove(0).id;
        let path = format!("/survey/{}", site.links.survey(survey));
        let client = Client::new(site, pages::routes());

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
        assert!(thanks.text().contains("Somebody will ring you."));
        let again = client.form(&path, &[("working", "yes")]).await;
        assert!(again.text().contains("You already answered"), "{}", again.text());
        assert!(client.get(&path).await.text().contains("You already answered"));
        let answered = surveys(&db).await.remove(0);
        assert_eq!((answered.working, answered.rating), (Some(false), Some(2)));

        let now = db.clock().business_now();
        let calls = db.read(async move |conn| notices::calls(conn, now, 10).await).await.unwrap();
        assert_eq!(
            calls.iter().map(|call| (call.ticket, call.matter.word())).collect::<Vec<_>>(),
            [(Some(ticket), "not_working")]
        );
        assert!(calls[0].body.contains("Still dark — né?"));
        jump_hours(&db, 24 * 5);
        drain(&db, asking(&outside)).await;
        assert_eq!(asked(&db).await.len(), 1, "no reminder after an answer");
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
