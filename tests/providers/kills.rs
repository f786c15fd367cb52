//! The fifth, sixth and seventh promise: every notice ends in sent, failed for good, or a dead job, whatever the provider
//! does and however often workers are killed between sending and writing that it was sent; what a worker leaves behind is
//! done by another; and several workers never do one job twice. Twilio's list can be asked, so nothing is sent twice.

use crate::notices::{comes_to, number, queue};
use std::time::Duration;
use sync_server::clock::Clock;
use sync_server::db::Engine;
use sync_server::db::testing::Fresh;
use sync_server::notify::NoticeState;
use sync_server::notify::plan::Audience;
use tests::notices::{Plan, run};
use tests::twilio::Twilio;
use tests::wait::{LATER, eventually};
use tests::worker::Worker;

async fn held(plan: Plan) {
    let report = run(plan).await;
    assert!(report.held(), "{plan:?}: {report:?}");
    assert!(plan.n_kills == 0 || report.looked_up > 0, "nobody looked before sending again: {report:?}");
}

#[tokio::test]
async fn a_thousand_notices_survive_twenty_kills_and_each_is_sent_once() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        held(Plan { engine, n_notices: 1_000, n_kills: 20, n_workers: 1 }).await;
    }
}

#[tokio::test]
async fn four_workers_share_five_thousand_jobs_under_kills_and_none_is_done_twice() {
    held(Plan { engine: Engine::Postgres, n_notices: 5_000, n_kills: 8, n_workers: 4 }).await;
}

#[tokio::test]
async fn a_worker_that_slept_past_its_lease_writes_nothing_and_another_has_done_its_job() {
    let twilio = Twilio::start();
    let fresh = Fresh::new(Engine::Postgres).await;
    let to = number(1);
    let queued = queue(&fresh, std::slice::from_ref(&to), Audience::Expert).await;
    twilio.hangs_at(1);
    let mut sleeper = Worker::start(&fresh.url, &[&twilio.env()[..], &[("SYSOPS_SMS_SECONDS", "90")]].concat());
    eventually(
        "the message is taken",
        LATER,
        async || {
            if twilio.n_taken() == 1 { Ok(()) } else { Err("not yet".to_owned()) }
        },
    )
    .await;
    sleeper.process().signal("STOP");
    let other = Worker::start(&fresh.url, &twilio.env());
    let db = fresh.open(Clock::machine()).await;
    // A lease of thirty seconds, looked after every five; the rest is the machine's.
    comes_to(&db, queued[&to], NoticeState::Sent, Duration::from_mins(1)).await;
    assert_eq!((twilio.n_taken(), twilio.n_lists()), (1, 1), "it looked, and sent nothing again");
    twilio.goes_on();
    sleeper.process().signal("CONT");
    let knows = |line: &str| (line.contains("lease") || line.contains("another worker has this job")).then_some(());
    sleeper.process().line("that its job is another's", LATER, knows).await;
    assert_eq!(twilio.n_taken(), 1);
    drop((sleeper, other));
    db.close().await;
    fresh.remove().await;
}
