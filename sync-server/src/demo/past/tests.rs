//! The month is there once, the same for the same seed, its ledger balances, and every state can be seen.

use super::super::{articles, world};
use crate::db::testing::{both_engines, on};
use crate::db::{Conn, Database, Engine, Error};
use crate::http::testing::site;
use crate::tickets::{check, store};
use crate::{jobs, survey};
use shared::ticket::State;
use std::collections::BTreeSet;

const DAYS: u32 = 30;

async fn made(db: &Database) {
    let site = site(db);
    world::make(&site, 7).await.unwrap();
    articles::make(&site).await.unwrap();
    world::make_past(&site, 7, DAYS).await.unwrap();
}

async fn all(conn: &mut Conn) -> Result<Vec<crate::tickets::Ticket>, Error> {
    store::after(conn, None, None, 2_000).await
}

#[tokio::test]
async fn the_past_is_made_once_balances_and_shows_every_state() {
    on(Engine::Sqlite, async |db| {
        made(&db).await;
        let tickets = db.read(async |conn| all(conn).await).await.unwrap();
        made(&db).await;
        let again = db.read(async |conn| all(conn).await).await.unwrap();
        assert_eq!(tickets.len(), again.len(), "a second start makes nothing");
        let words: BTreeSet<&str> = tickets.iter().map(|ticket| ticket.life.state.word()).collect();
        let expected = ["accepted", "cancelled", "completed", "en_route", "offered", "on_hold", "on_site", "waiting"];
        assert!(expected.iter().all(|word| words.contains(word)), "{words:?}");
        let n_open = tickets.iter().filter(|ticket| !ticket.life.state.is_ended()).count();
        assert!((10..60).contains(&n_open), "{n_open} open of {}", tickets.len());
        let now = db.clock().business_now();
        assert!(tickets.iter().all(|ticket| ticket.filed_at <= now && ticket.changed_at <= now));
        let unsound = db.read(async |conn| store::unsound(conn, 10).await).await.unwrap();
        assert_eq!(unsound, []);
        let ledger = db.read(async move |conn| check::ledger(conn, now).await).await.unwrap();
        assert!(ledger.balances(), "{ledger:?}");
        let surveys = db.read(async |conn| survey::store::list(conn, None, 500).await).await.unwrap();
        let answered = surveys.iter().filter(|survey| survey.working.is_some()).count();
        assert!(answered * 100 > surveys.len() * 30, "{answered} of {}", surveys.len());
        let follow_ups = tickets.iter().filter(|ticket| ticket.follows.is_some()).count();
        let not_working = surveys.iter().filter(|survey| survey.working == Some(false)).count();
        assert_eq!(follow_ups, not_working, "what did not stay fixed comes back");
        // Nothing of the past is told or asked again; what waits is matched.
        let backlog = db.read(async |conn| jobs::backlog(conn).await).await.unwrap();
        let is_told = |kind: &str| kind.starts_with("notify") || kind.starts_with("send") || kind.starts_with("survey");
        assert!(backlog.iter().all(|job| !is_told(&job.kind)), "{backlog:?}");
        let mut decided = tickets.iter().filter(|one| matches!(one.life.state, State::Completed { .. }));
        let one = decided.next_back().unwrap().id;
        let decisions = db.read(async move |conn| crate::matching::store::of_ticket(conn, one, 9).await).await.unwrap();
        assert!(!decisions.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_past_that_was_interrupted_goes_on_where_it_stopped() {
    both_engines(async |db| {
        let site = site(&db);
        world::make(&site, 7).await.unwrap();
        articles::make(&site).await.unwrap();
        let first = db.clock().business_now();
        let noted = format!("0 {}", first.as_millis());
        db.write(crate::db::Lane::Desk, async move |tx| crate::db::meta::set(tx, super::DONE, &noted).await)
            .await
            .unwrap();
        db.clock().jump(3_600_000);
        world::make_past(&site, 7, 2).await.unwrap();
        let tickets = db.read(async |conn| all(conn).await).await.unwrap();
        assert!(!tickets.is_empty() && tickets.iter().all(|ticket| ticket.filed_at <= first), "the instant is kept");
    })
    .await;
}
