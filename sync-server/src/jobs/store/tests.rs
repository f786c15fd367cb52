//! The table's promises, on both engines.

use super::*;
use crate::db::testing::both_engines;
use crate::db::{Database, Lane, meta};
use std::collections::BTreeSet;

const KINDS: [Kind; 2] = [Kind::MatchTicket, Kind::PlanFound];

fn now(db: &Database) -> Now {
    Now { business: db.clock().business_now(), real: db.clock().real_now() }
}

fn match_job(db: &Database, subject: &str) -> NewJob {
    NewJob::new(Kind::MatchTicket, subject, db.clock().business_now())
}

async fn put(db: &Database, jobs: Vec<NewJob>) {
    db.write(Lane::Desk, async move |tx| enqueue(tx, &jobs).await).await.unwrap();
}

async fn claimed(db: &Database, limit: usize) -> Vec<Job> {
    let now = now(db);
    let claim =
        db.write(Lane::Work, async move |tx| claim(tx, WorkLane::Matching, Rank::Next, &KINDS, limit, now).await);
    claim.await.unwrap()
}

async fn finished(db: &Database, job: &Job) -> Result<(), Error> {
    let lease = job.lease.clone();
    db.write(Lane::Work, async move |tx| finish(tx, &lease).await).await
}

async fn in_table(db: &Database) -> Vec<(String, i64)> {
    let backlog = db.read(async |conn| backlog(conn).await).await.unwrap();
    backlog.into_iter().map(|row| (row.state, row.n_jobs)).collect()
}

#[tokio::test]
async fn a_job_commits_or_vanishes_with_its_fact() {
    both_engines(async |db| {
        let job = match_job(&db, "t");
        let failed = db.write(Lane::Desk, async move |tx| {
            enqueue(tx, std::slice::from_ref(&job)).await?;
            Err::<(), _>(Error::Bug("planted".into()))
        });
        assert!(failed.await.is_err());
        assert_eq!(in_table(&db).await, []);
    })
    .await;
}

#[tokio::test]
async fn enqueueing_a_live_key_is_a_no_op_that_may_bring_it_forward() {
    both_engines(async |db| {
        let at = db.clock().business_now();
        let job = |minutes: i64| NewJob::new(Kind::MatchTicket, "t", at.plus_minutes(minutes));
        put(&db, vec![job(10), job(5), job(20)]).await;
        put(&db, vec![job(30)]).await;
        assert_eq!(in_table(&db).await, [("ready".to_string(), 1)]);
        db.clock().jump(5 * 60_000 - 1);
        assert!(claimed(&db, 9).await.is_empty(), "not due a millisecond before");
        db.clock().jump(1);
        let jobs = claimed(&db, 9).await;
        assert_eq!((jobs.len(), jobs[0].due_at), (1, at.plus_minutes(5)));
        finished(&db, &jobs[0]).await.unwrap();
        assert_eq!(in_table(&db).await, []);
    })
    .await;
}

#[tokio::test]
async fn a_key_enqueued_while_its_job_runs_runs_once_more() {
    both_engines(async |db| {
        put(&db, vec![match_job(&db, "t")]).await;
        let first = claimed(&db, 9).await.remove(0);
        let later = db.clock().business_now().plus_minutes(1);
        put(&db, vec![NewJob::new(Kind::MatchTicket, "t", later.plus_minutes(5))]).await;
        put(&db, vec![NewJob::new(Kind::MatchTicket, "t", later)]).await;
        finished(&db, &first).await.unwrap();
        assert!(claimed(&db, 9).await.is_empty());
        db.clock().jump(60_000);
        let second = claimed(&db, 9).await.remove(0);
        assert_eq!((second.lease.job, second.n_attempts, second.due_at), (first.lease.job, 1, later));
        // A job that gives up does not take the asked-for run with it either.
        put(&db, vec![match_job(&db, "t")]).await;
        let lease = second.lease.clone();
        db.write(Lane::Work, async move |tx| bury(tx, &lease, "no").await).await.unwrap();
        assert_eq!(in_table(&db).await, [("ready".to_string(), 1)]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_claimers_never_claim_one_job_twice() {
    both_engines(async |db| {
        const JOBS: usize = 300;
        put(&db, (0..JOBS).map(|n| match_job(&db, &format!("t{n}"))).collect()).await;
        let mut claimers = Vec::new();
        for _ in 0..16 {
            let db = db.clone();
            claimers.push(tokio::spawn(async move {
                let mut mine = Vec::new();
                loop {
                    let jobs = claimed(&db, 7).await;
                    if jobs.is_empty() {
                        return mine;
                    }
                    assert!(jobs.len() <= 7, "a claim keeps its limit");
                    mine.extend(jobs.into_iter().map(|job| (job.lease.job, job.lease.fence)));
                }
            }));
        }
        let mut all = Vec::new();
        for claimer in claimers {
            all.extend(claimer.await.unwrap());
        }
        // A claimer may find nothing only because the others hold the rest, so what is left is nobody's.
        all.extend(claimed(&db, JOBS).await.into_iter().map(|job| (job.lease.job, job.lease.fence)));
        let distinct: BTreeSet<JobId> = all.iter().map(|(job, _)| *job).collect();
        assert_eq!((all.len(), distinct.len()), (JOBS, JOBS));
        assert!(all.iter().all(|(_, fence)| *fence == 1));
    })
    .await;
}

#[tokio::test]
async fn a_stranded_job_runs_again_and_its_old_worker_can_write_nothing() {
    both_engines(async |db| {
        put(&db, vec![match_job(&db, "t")]).await;
        let old = claimed(&db, 9).await.remove(0);
        let rescue_all = async || crate::jobs::sweeps::rescue(&db).await.unwrap();
        db.clock().advance(u64::try_from(LEASE_MS).unwrap());
        assert_eq!(rescue_all().await, 0, "the lease holds to its last millisecond");
        db.clock().advance(1);
        assert_eq!(rescue_all().await, 1);
        let new = claimed(&db, 9).await.remove(0);
        assert_eq!((new.lease.job, new.n_attempts), (old.lease.job, 2));
        let lease = old.lease.clone();
        let stale = db.write(Lane::Work, async move |tx| {
            meta::set(tx, "written by", "the old worker").await?;
            finish(tx, &lease).await
        });
        assert_eq!(stale.await, Err(Error::StaleLease));
        assert_eq!(db.read(async |conn| meta::get(conn, "written by").await).await, Ok(None));
        for lost in [old.lease.clone()] {
            let back = db.write(Lane::Work, async move |tx| put_back(tx, &lost, tx.real_now(), "slow").await);
            assert_eq!(back.await, Err(Error::StaleLease));
        }
        finished(&db, &new).await.unwrap();
        assert_eq!(in_table(&db).await, []);
    })
    .await;
}

#[tokio::test]
async fn a_heartbeat_keeps_a_lease_and_tells_which_are_lost() {
    both_engines(async |db| {
        put(&db, vec![match_job(&db, "a"), match_job(&db, "b")]).await;
        let jobs = claimed(&db, 9).await;
        finished(&db, &jobs[1]).await.unwrap();
        db.clock().advance(20_000);
        let leases: Vec<Lease> = jobs.iter().map(|job| job.lease.clone()).collect();
        let ours = db.write(Lane::Work, async move |tx| extend(tx, &leases).await).await.unwrap();
        assert_eq!(ours, [jobs[0].lease.job]);
        db.clock().advance(20_000);
        assert_eq!(crate::jobs::sweeps::rescue(&db).await, Ok(0));
        db.clock().advance(10_001);
        assert_eq!(crate::jobs::sweeps::rescue(&db).await, Ok(1));
    })
    .await;
}

#[tokio::test]
async fn a_job_that_strands_again_and_again_waits_longer() {
    both_engines(async |db| {
        put(&db, vec![match_job(&db, "t")]).await;
        let mut n_immediate = 0;
        for _ in 0..8 {
            n_immediate += claimed(&db, 9).await.len();
            db.clock().advance(u64::try_from(LEASE_MS).unwrap() + 1);
            crate::jobs::sweeps::rescue(&db).await.unwrap();
        }
        assert!((3..8).contains(&n_immediate), "{n_immediate}");
    })
    .await;
}

#[tokio::test]
async fn a_failed_job_waits_by_the_real_clock_and_a_released_one_does_not() {
    both_engines(async |db| {
        put(&db, vec![match_job(&db, "t")]).await;
        let job = claimed(&db, 9).await.remove(0);
        let retry_at = db.clock().real_now().plus_seconds(5);
        let lease = job.lease.clone();
        db.write(Lane::Work, async move |tx| put_back(tx, &lease, retry_at, "a\0b").await).await.unwrap();
        db.clock().jump(60_000);
        assert!(claimed(&db, 9).await.is_empty(), "the business clock does not shorten a wait");
        db.clock().advance(5_000);
        let job = claimed(&db, 9).await.remove(0);
        assert_eq!(job.n_attempts, 2);
        let leases = [job.lease.clone()];
        db.write(Lane::Work, async move |tx| release(tx, &leases).await).await.unwrap();
        let job = claimed(&db, 9).await.remove(0);
        assert_eq!((job.n_attempts, job.lease.fence), (2, 3));
    })
    .await;
}

#[tokio::test]
async fn a_dead_job_is_listed_and_can_be_retried() {
    both_engines(async |db| {
        put(&db, vec![match_job(&db, "t")]).await;
        let job = claimed(&db, 9).await.remove(0);
        let lease = job.lease.clone();
        db.write(Lane::Work, async move |tx| bury(tx, &lease, "no such number").await).await.unwrap();
        let listed = db.read(async |conn| dead(conn, 10).await).await.unwrap();
        assert_eq!((listed.len(), listed[0].why.as_str(), listed[0].id), (1, "no such number", job.lease.job));
        let id = job.lease.job;
        assert_eq!(db.write(Lane::Desk, async move |tx| retry_dead(tx, id).await).await, Ok(true));
        assert_eq!(db.write(Lane::Desk, async move |tx| retry_dead(tx, id).await).await, Ok(false));
        let job = claimed(&db, 9).await.remove(0);
        assert_eq!(job.n_attempts, 1);
        // Dead again, and its key live again: the live one does the work.
        let lease = job.lease.clone();
        db.write(Lane::Work, async move |tx| bury(tx, &lease, "no").await).await.unwrap();
        put(&db, vec![match_job(&db, "t")]).await;
        assert_eq!(in_table(&db).await, [("dead".to_string(), 1), ("ready".to_string(), 1)]);
        assert_eq!(db.write(Lane::Desk, async move |tx| retry_dead(tx, id).await).await, Ok(true));
        assert_eq!(in_table(&db).await, [("ready".to_string(), 1)]);
    })
    .await;
}

#[tokio::test]
async fn only_lanes_and_kinds_with_something_due_are_looked_at() {
    both_engines(async |db| {
        let at = db.clock().business_now();
        let later = NewJob::new(Kind::PlanFound, "t", at.plus_minutes(1));
        put(&db, vec![match_job(&db, "t"), later, NewJob::new(Kind::SendSms, "d", at)]).await;
        let due = async || {
            let now = now(&db);
            db.read(async move |conn| due_lanes(conn, &WorkLane::ALL, &KINDS, now).await).await.unwrap()
        };
        assert_eq!(due().await, [(WorkLane::Matching, vec![Rank::Next])].into());
        db.clock().jump(60_000);
        let lanes: Vec<WorkLane> = due().await.into_keys().collect();
        assert_eq!(lanes, [WorkLane::Matching, WorkLane::Deadlines]);
    })
    .await;
}

#[tokio::test]
async fn a_postponed_job_waits_for_its_hour_and_begins_as_if_for_the_first_time() {
    both_engines(async |db| {
        put(&db, vec![match_job(&db, "t")]).await;
        let job = claimed(&db, 9).await.remove(0);
        let later = db.clock().business_now().plus_minutes(60);
        let lease = job.lease.clone();
        db.write(Lane::Work, async move |tx| postpone(tx, &lease, later).await).await.unwrap();
        db.clock().advance(60 * 60_000 - 1);
        assert!(claimed(&db, 9).await.is_empty());
        db.clock().advance(1);
        let again = claimed(&db, 9).await.remove(0);
        assert_eq!((again.n_attempts, again.due_at), (1, later));
        assert!(again.started_at > job.started_at, "its patience begins anew");
        let lease = job.lease.clone();
        let stale = db.write(Lane::Work, async move |tx| postpone(tx, &lease, later).await);
        assert_eq!(stale.await, Err(Error::StaleLease));
    })
    .await;
}

#[tokio::test]
async fn a_body_is_read_back_and_many_jobs_fit_one_call() {
    both_engines(async |db| {
        put(&db, (0..1_100).map(|n| match_job(&db, &format!("t{n}")).with_body(&n)).collect()).await;
        let jobs = claimed(&db, 2_000).await;
        let mut bodies: Vec<i32> = jobs.iter().map(|job| job.body().unwrap()).collect();
        bodies.sort_unstable();
        assert_eq!(bodies, (0..1_100).collect::<Vec<_>>());
    })
    .await;
}
