//! The runner's promises, on both engines.

use super::*;
use crate::db::Engine;
use crate::db::testing::{Fresh, both_engines, frozen_clock};
use crate::jobs::handler::{Handler, Outcome};
use crate::jobs::job::NewJob;
use crate::jobs::store::{backlog, dead, enqueue, finish};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Notify;

async fn put(db: &Database, kind: Kind, subject: &str) {
    let job = NewJob::new(kind, subject, db.clock().business_now());
    db.write(Lane::Desk, async move |tx| enqueue(tx, std::slice::from_ref(&job)).await).await.unwrap();
}

async fn states(db: &Database) -> Vec<(String, String)> {
    let rows = db.read(async |conn| backlog(conn).await).await.unwrap();
    rows.into_iter().map(|row| (row.kind, row.state)).collect()
}

/// A handler that answers by a closure and counts.
fn answering(
    n_runs: &Arc<AtomicUsize>,
    answer: impl Fn(usize) -> Outcome + Send + Sync + 'static,
) -> impl Handler + 'static {
    let n_runs = n_runs.clone();
    move |_: Job, _: Context| {
        let outcome = answer(n_runs.fetch_add(1, Ordering::SeqCst));
        async move { outcome }
    }
}

#[tokio::test]
async fn a_job_runs_until_it_is_done() {
    both_engines(async |db| {
        let n_runs = Arc::new(AtomicUsize::new(0));
        let handler = answering(&n_runs, |n| match n {
            0 => Outcome::retry("busy"),
            1 => panic!("planted"),
            _ => Outcome::Done,
        });
        let runner = Runner::new(db.clone(), Registry::new().on(Kind::MatchTicket, handler));
        put(&db, Kind::MatchTicket, "t").await;
        for expected in 1..=3 {
            runner.drain().await.unwrap();
            assert_eq!(n_runs.load(Ordering::SeqCst), expected);
            db.clock().advance(900_000);
        }
        assert_eq!(states(&db).await, []);
    })
    .await;
}

#[tokio::test]
async fn a_job_that_gives_up_is_dead_and_a_kind_without_a_handler_waits() {
    both_engines(async |db| {
        let n_runs = Arc::new(AtomicUsize::new(0));
        let handler = answering(&n_runs, |_| Outcome::give_up("no such number"));
        let runner = Runner::new(db.clone(), Registry::new().on(Kind::SendSms, handler));
        put(&db, Kind::SendSms, "d").await;
        put(&db, Kind::SendMail, "d").await;
        assert_eq!(runner.drain().await, Ok(1));
        let words = |kind: Kind, state: &str| (kind.word().to_string(), state.to_string());
        assert_eq!(states(&db).await, [words(Kind::SendMail, "ready"), words(Kind::SendSms, "dead")]);
        assert_eq!(db.read(async |conn| dead(conn, 9).await).await.unwrap()[0].why, "no such number");
    })
    .await;
}

#[tokio::test]
async fn a_handler_finishes_its_job_in_its_own_transaction() {
    both_engines(async |db| {
        let handler = async |job: Job, context: Context| {
            let done = context.db.write(Lane::Work, async move |tx| {
                crate::db::meta::set(tx, "done", "yes").await?;
                finish(tx, &job.lease).await
            });
            Outcome::from(done.await)
        };
        let runner = Runner::new(db.clone(), Registry::new().on(Kind::MatchTicket, handler));
        put(&db, Kind::MatchTicket, "t").await;
        let before = db.stats().writes();
        assert_eq!(runner.drain().await, Ok(1));
        assert_eq!(db.stats().writes() - before, 3, "rescue, claim and the handler's own; the end is no write more");
        assert_eq!(states(&db).await, []);
    })
    .await;
}

#[tokio::test]
async fn a_job_that_fails_for_too_long_is_dead() {
    both_engines(async |db| {
        let n_runs = Arc::new(AtomicUsize::new(0));
        let handler = answering(&n_runs, |_| Outcome::retry("down"));
        let runner = Runner::new(db.clone(), Registry::new().on(Kind::SendSms, handler));
        put(&db, Kind::SendSms, "d").await;
        // Each step is longer than the longest wait.
        let n_steps = 24 * 60 / 15 + 1;
        for _ in 0..n_steps {
            runner.drain().await.unwrap();
            db.clock().advance(900_000);
        }
        assert_eq!(n_runs.load(Ordering::SeqCst), n_steps);
        assert_eq!(states(&db).await, [(Kind::SendSms.word().to_string(), "dead".to_string())]);
    })
    .await;
}

/// A runner in the background, and how to stop it.
fn start(db: &Database, registry: Registry) -> (CancellationToken, tokio::task::JoinHandle<()>) {
    let stop = CancellationToken::new();
    let runner = Runner::new(db.clone(), registry);
    let running = tokio::spawn({
        let stop = stop.clone();
        async move { runner.run(stop).await }
    });
    (stop, running)
}

/// A handler that says when it began and waits to be let go.
fn waiting(began: &Arc<Notify>, go_on: &Arc<Notify>) -> impl Handler + 'static {
    let (began, go_on) = (began.clone(), go_on.clone());
    move |_: Job, _: Context| {
        let (began, go_on) = (began.clone(), go_on.clone());
        async move {
            began.notify_one();
            go_on.notified().await;
            Outcome::Done
        }
    }
}

async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), what).await.expect("it happens soon")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hanging_provider_holds_only_its_own_lane() {
    both_engines(async |db| {
        let (began, go_on, quick) = (Arc::new(Notify::new()), Arc::new(Notify::new()), Arc::new(Notify::new()));
        let let_go = Arc::new(Notify::new());
        let_go.notify_one();
        let registry =
            Registry::new().on(Kind::SendSms, waiting(&began, &go_on)).on(Kind::MatchTicket, waiting(&quick, &let_go));
        let (stop, running) = start(&db, registry);
        for n in 0..100 {
            put(&db, Kind::SendSms, &format!("d{n}")).await;
        }
        soon(began.notified()).await;
        put(&db, Kind::MatchTicket, "t").await;
        soon(quick.notified()).await;
        stop.cancel();
        go_on.notify_waiters();
        running.abort();
    })
    .await;
}

#[tokio::test]
async fn a_jump_of_the_business_clock_makes_jobs_due_at_once() {
    both_engines(async |db| {
        let (began, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        go_on.notify_one();
        let (stop, running) = start(&db, Registry::new().on(Kind::PlanFound, waiting(&began, &go_on)));
        let tomorrow = NewJob::new(Kind::PlanFound, "t", db.clock().business_now().plus_minutes(24 * 60));
        db.write(Lane::Desk, async move |tx| enqueue(tx, std::slice::from_ref(&tomorrow)).await).await.unwrap();
        db.clock().jump(24 * 60 * 60_000);
        db.wake(Wake::Clock);
        soon(began.notified()).await;
        stop.cancel();
        soon(running).await.unwrap();
        assert_eq!(states(&db).await, []);
    })
    .await;
}

#[tokio::test]
async fn a_stop_lets_the_running_end_and_gives_the_waiting_back() {
    both_engines(async |db| {
        let (began, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        // One more than runs at once.
        let n_jobs = WorkLane::Matching.running_max() + 1;
        for n in 0..n_jobs {
            put(&db, Kind::MatchTicket, &format!("t{n}")).await;
        }
        let (stop, running) = start(&db, Registry::new().on(Kind::MatchTicket, waiting(&began, &go_on)));
        soon(began.notified()).await;
        stop.cancel();
        for _ in 1..n_jobs {
            go_on.notify_one();
            tokio::task::yield_now().await;
        }
        let release = async {
            loop {
                go_on.notify_waiters();
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            ended = soon(running) => ended.unwrap(),
            () = release => {}
        }
        let left = db.read(async |conn| backlog(conn).await).await.unwrap();
        assert!(left.iter().all(|row| row.state == "ready"), "{left:?}");
        assert_eq!(left.iter().map(|row| row.n_jobs).sum::<i64>(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_sweep_runs_once_in_each_period_however_many_servers_there_are() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let fresh = Fresh::new(engine).await;
        let clock = frozen_clock();
        let servers = [fresh.open(clock.clone()).await, fresh.open(clock.clone()).await];
        let ran = Arc::new(Mutex::new(Vec::new()));
        let runners = servers.each_ref().map(|db| {
            let ran = ran.clone();
            let handler = move |job: Job, context: Context| {
                ran.lock().unwrap().push((job.subject.clone(), context.now()));
                async { Outcome::Done }
            };
            Runner::new(db.clone(), Registry::new().sweep("ledger", Duration::from_secs(30), handler))
        });
        for _ in 0..3 {
            for runner in &runners {
                runner.drain().await.unwrap();
            }
            clock.advance(30_000);
        }
        assert_eq!(ran.lock().unwrap().len(), 3, "{engine:?}");
        drop(runners);
        for db in servers {
            db.close().await;
        }
        fresh.remove().await;
    }
}

#[tokio::test]
async fn a_job_whose_lease_is_lost_is_stopped_where_it_stands() {
    both_engines(async |db| {
        let held = Held::default();
        put(&db, Kind::MatchTicket, "t").await;
        let now = Now { business: db.clock().business_now(), real: db.clock().real_now() };
        let claim = db.write(Lane::Work, async move |tx| {
            store::claim(tx, WorkLane::Matching, Rank::Next, &[Kind::MatchTicket], 1, now).await
        });
        let job = claim.await.unwrap().remove(0);
        let lost = held.add(&job);
        let (began, never) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let handler: Arc<dyn Handler> = Arc::new(waiting(&began, &never));
        let context = Context { db: db.clone() };
        let attempt = attempt::run(Some(handler), &job, &context, &lost);
        let lose = async {
            began.notified().await;
            held.lose(&job.lease);
        };
        soon(futures_util::future::join(attempt, lose)).await;
        assert_eq!(states(&db).await, [(Kind::MatchTicket.word().to_string(), "leased".to_string())]);
    })
    .await;
}

#[tokio::test]
async fn a_paced_lane_begins_so_many_a_second_the_urgent_first_and_the_rest_last() {
    both_engines(async |db| {
        let began: Arc<std::sync::Mutex<Vec<String>>> = Arc::default();
        let seen = began.clone();
        let handler = move |job: Job, _: Context| {
            seen.lock().unwrap().push(job.subject);
            std::future::ready(Outcome::Done)
        };
        let pace = Some(Pace::new(std::num::NonZeroU32::new(3).unwrap()));
        let registry = Registry::new().on(Kind::SendSms, handler).paced(WorkLane::Sms, pace);
        // Two servers share one pace.
        let runners = [Runner::new(db.clone(), registry.clone()), Runner::new(db.clone(), registry)];
        let now = db.clock().business_now();
        let job = |(subject, rank): (&str, Rank)| NewJob::new(Kind::SendSms, subject, now).ranked(rank);
        let jobs =
            [("c1", Rank::Rest), ("b1", Rank::Next), ("c2", Rank::Rest), ("a1", Rank::First), ("b2", Rank::Next)];
        let jobs: Vec<NewJob> = jobs.into_iter().map(job).collect();
        db.write(Lane::Desk, async move |tx| store::enqueue(tx, &jobs).await).await.unwrap();
        for runner in &runners {
            runner.drain().await.unwrap();
        }
        let so_far = |began: &std::sync::Mutex<Vec<String>>| {
            let mut so_far = began.lock().unwrap().clone();
            so_far.sort();
            so_far
        };
        assert_eq!(so_far(&began), ["a1", "b1", "b2"], "three in this second, and the rest waits");
        db.clock().advance(334);
        runners[1].drain().await.unwrap();
        let four = so_far(&began);
        assert!(four.len() == 4 && four[3].starts_with('c'), "one more after an interval: {four:?}");
        db.clock().advance(60_000);
        runners[0].drain().await.unwrap();
        assert_eq!(so_far(&began).len(), 5);
    })
    .await;
}
