//! The table `job`.

use super::job::{Job, Lease, NewJob, Rank};
use super::kind::{Kind, WorkLane};
use crate::db::{Conn, Error, Tx, Wake, values};
use serde::de::DeserializeOwned;
use shared::ids::{Id, JobId};
use shared::time::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;

pub(super) mod pace;

/// How long a worker may be silent before its job is stranded.
pub(super) const LEASE_MS: i64 = 30_000;
/// Rows in one statement.
const ROWS_MAX: usize = 500;
/// What is kept of an error's text.
const WHY_CHARS_MAX: usize = 500;

/// Enqueues jobs in the caller's transaction, and wakes the runners after it. A key that is live keeps its job, which
/// comes forward if this one is due earlier; one that is running right now runs once more.
pub async fn enqueue(tx: &mut Tx, jobs: &[NewJob]) -> Result<(), Error> {
    // Sorted, so that two transactions meet the same keys in the same order; once each, because a statement may not
    // meet a row twice.
    let mut by_key: BTreeMap<&str, &NewJob> = BTreeMap::new();
    for job in jobs {
        let first = by_key.entry(&job.key).or_insert(job);
        if job.due_at < first.due_at {
            *first = job;
        }
    }
    let jobs: Vec<&NewJob> = by_key.into_values().collect();
    let now = tx.real_now().as_millis();
    for jobs in jobs.chunks(ROWS_MAX) {
        let sql = format!(
            "insert into job (id, kind, lane, subject, key, body, state, due_at, retry_at, created_at, rank) values {}
             on conflict (key) where state <> 'dead' do update set
               due_at = case when job.state = 'ready' and excluded.due_at < job.due_at then excluded.due_at
                 else job.due_at end,
               again_due_at = case when job.state <> 'leased' then job.again_due_at
                 when job.again_due_at < excluded.due_at then job.again_due_at else excluded.due_at end",
            values(jobs.len(), 11)
        );
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for job in jobs {
            let id: JobId = tx.new_id();
            query = query.bind(id.to_string()).bind(job.kind.word().to_string());
            query = query.bind(job.kind.lane().word().to_string()).bind(job.subject.clone());
            query = query.bind(job.key.clone()).bind(job.body.clone()).bind("ready".to_string());
            query = query.bind(job.due_at.as_millis()).bind(0_i64).bind(now).bind(job.rank.number());
        }
        query.execute(tx.sql()).await?;
    }
    if !jobs.is_empty() {
        tx.wake(Wake::Jobs);
    }
    Ok(())
}

/// Takes back what waits about these subjects: a world that is made with its past has had all of it done.
pub async fn forget<Of>(tx: &mut Tx, subjects: &[Id<Of>]) -> Result<(), Error> {
    for subjects in subjects.chunks(ROWS_MAX) {
        let binds: Vec<String> = (1..=subjects.len()).map(|at| format!("${at}")).collect();
        let sql = format!("delete from job where state = 'ready' and subject in ({})", binds.join(", "));
        let query = sqlx::query(AssertSqlSafe(sql));
        let query = subjects.iter().fold(query, |query, subject| query.bind(subject.to_string()));
        query.execute(tx.sql()).await?;
    }
    Ok(())
}

/// The two instants by which a job is due.
#[derive(Clone, Copy, Debug)]
pub(super) struct Now {
    pub(super) business: Timestamp,
    pub(super) real: Timestamp,
}

fn kind_list(kinds: &[Kind]) -> String {
    // Our own words: no quoting needed.
    kinds.iter().map(|kind| format!("'{}'", kind.word())).collect::<Vec<_>>().join(", ")
}

/// In which of these lanes something of these kinds is due, and of which ranks, the first before the rest.
pub(super) async fn due_lanes(
    conn: &mut Conn,
    lanes: &[WorkLane],
    kinds: &[Kind],
    now: Now,
) -> Result<BTreeMap<WorkLane, Vec<Rank>>, Error> {
    let kinds = kind_list(kinds);
    let one = |(lane, rank): (&WorkLane, Rank)| {
        format!(
            "select '{0}' as lane, cast({1} as bigint) as rank where exists (select 1 from job where state = 'ready' and lane = '{0}'
             and rank = {1} and due_at <= $1 and retry_at <= $2 and kind in ({kinds}))",
            lane.word(),
            rank.number()
        )
    };
    let parts = lanes.iter().flat_map(|lane| Rank::ALL.map(|rank| one((lane, rank))));
    let sql = parts.collect::<Vec<_>>().join(" union all ");
    let mut due: BTreeMap<WorkLane, Vec<Rank>> = BTreeMap::new();
    if sql.is_empty() {
        return Ok(due);
    }
    let query = sqlx::query(AssertSqlSafe(sql)).bind(now.business.as_millis()).bind(now.real.as_millis());
    for row in query.fetch_all(conn.sql()).await? {
        let (word, number): (String, i64) = (row.try_get("lane")?, row.try_get("rank")?);
        let lane = lanes.iter().find(|lane| lane.word() == word);
        let rank = Rank::ALL.into_iter().find(|rank| rank.number() == number);
        if let (Some(lane), Some(rank)) = (lane, rank) {
            due.entry(*lane).or_default().push(rank);
        }
    }
    for ranks in due.values_mut() {
        ranks.sort_unstable();
    }
    Ok(due)
}

/// Claims up to `limit` due jobs of these kinds and this rank in a lane, the longest due first.
pub(super) async fn claim(
    tx: &mut Tx,
    lane: WorkLane,
    rank: Rank,
    kinds: &[Kind],
    limit: usize,
    now: Now,
) -> Result<Vec<Job>, Error> {
    let sql = format!(
        "with due as materialized (
           select id from job where state = 'ready' and lane = $1 and rank = {} and due_at <= $2 and retry_at <= $3
             and kind in ({}) order by due_at, id limit $4{})
         update job set state = 'leased', attempts = attempts + 1, fence = fence + 1, lease_expires_at = $5,
           started_at = coalesce(started_at, $3)
         where id in (select id from due)
         returning id, kind, subject, key, body, attempts, fence, due_at, started_at",
        rank.number(),
        kind_list(kinds),
        tx.for_update_skip_locked()
    );
    let query = sqlx::query(AssertSqlSafe(sql)).bind(lane.word().to_string());
    let query = query.bind(now.business.as_millis()).bind(now.real.as_millis());
    let query = query.bind(i64::try_from(limit).unwrap_or(i64::MAX)).bind(now.real.as_millis() + LEASE_MS);
    let rows = query.fetch_all(tx.sql()).await?;
    let mut jobs = rows.iter().map(read_job).collect::<Result<Vec<_>, _>>()?;
    jobs.sort_by_key(|job| (job.due_at, job.lease.job));
    Ok(jobs)
}

fn read_job(row: &AnyRow) -> Result<Job, Error> {
    let word: String = row.try_get("kind")?;
    let kind = Kind::from_word(&word).ok_or_else(|| Error::Bug(format!("claimed a job of unknown kind {word:?}")))?;
    Ok(Job {
        lease: Lease { job: read_id(row)?, fence: row.try_get("fence")?, finished: Arc::default() },
        kind,
        subject: row.try_get("subject")?,
        key: row.try_get("key")?,
        due_at: Timestamp::from_millis(row.try_get("due_at")?),
        n_attempts: row.try_get("attempts")?,
        started_at: Timestamp::from_millis(row.try_get("started_at")?),
        body: row.try_get("body")?,
    })
}

fn read_id(row: &AnyRow) -> Result<JobId, Error> {
    let id: String = row.try_get("id")?;
    id.parse().map_err(|_| Error::Bug(format!("the table job has an id {id:?}")))
}

/// Finishes the job in the handler's own transaction, as its last statement: what the handler did and the end of the
/// job are one. Fails when the lease is lost, and with it everything in the transaction.
pub async fn finish(tx: &mut Tx, lease: &Lease) -> Result<(), Error> {
    // Set before the commit is known: if it fails, the job only stays leased a while and then runs again.
    lease.finished.store(true, Ordering::SeqCst);
    let sql = "delete from job where id = $1 and fence = $2 and state = 'leased' and again_due_at is null";
    let gone = sqlx::query(sql).bind(lease.job.to_string()).bind(lease.fence).execute(tx.sql()).await?;
    if gone.rows_affected() == 1 || begin_again(tx, lease, None).await? { Ok(()) } else { Err(Error::StaleLease) }
}

/// Makes a job ready for the run that was asked for while it ran; false if none was.
async fn begin_again(tx: &mut Tx, lease: &Lease, last_error: Option<String>) -> Result<bool, Error> {
    let sql = "update job set state = 'ready', due_at = again_due_at, again_due_at = null, retry_at = 0, attempts = 0,
        started_at = null, lease_expires_at = null, last_error = $3
        where id = $1 and fence = $2 and state = 'leased' and again_due_at is not null";
    let query = sqlx::query(sql).bind(lease.job.to_string()).bind(lease.fence).bind(last_error);
    let begun = query.execute(tx.sql()).await?.rows_affected() == 1;
    if begun {
        tx.wake(Wake::Jobs);
    }
    Ok(begun)
}

/// Puts a failed job back for a later attempt.
pub(super) async fn put_back(tx: &mut Tx, lease: &Lease, retry_at: Timestamp, why: &str) -> Result<(), Error> {
    let sql = "update job set state = 'ready', retry_at = $3, lease_expires_at = null, last_error = $4
        where id = $1 and fence = $2 and state = 'leased'";
    let query = sqlx::query(sql).bind(lease.job.to_string()).bind(lease.fence);
    let query = query.bind(retry_at.as_millis()).bind(shortened(why));
    held(query.execute(tx.sql()).await?.rows_affected())
}

/// Leaves a job for later by the business clock, in the handler's own transaction, as its last statement: it is as if it
/// had not begun. Fails when the lease is lost.
pub async fn postpone(tx: &mut Tx, lease: &Lease, due_at: Timestamp) -> Result<(), Error> {
    lease.finished.store(true, Ordering::SeqCst);
    let sql = "update job set state = 'ready', due_at = $3, again_due_at = null, retry_at = 0, attempts = 0,
        started_at = null, lease_expires_at = null where id = $1 and fence = $2 and state = 'leased'";
    let query = sqlx::query(sql).bind(lease.job.to_string()).bind(lease.fence).bind(due_at.as_millis());
    held(query.execute(tx.sql()).await?.rows_affected())
}

/// Makes a job dead, unless another run of it was asked for meanwhile.
pub(super) async fn bury(tx: &mut Tx, lease: &Lease, why: &str) -> Result<(), Error> {
    if begin_again(tx, lease, Some(shortened(why))).await? {
        return Ok(());
    }
    let sql = "update job set state = 'dead', dead_at = $3, lease_expires_at = null, last_error = $4
        where id = $1 and fence = $2 and state = 'leased'";
    let now = tx.real_now().as_millis();
    let query = sqlx::query(sql).bind(lease.job.to_string()).bind(lease.fence).bind(now).bind(shortened(why));
    held(query.execute(tx.sql()).await?.rows_affected())
}

fn held(n_rows: u64) -> Result<(), Error> {
    if n_rows == 1 { Ok(()) } else { Err(Error::StaleLease) }
}

fn shortened(why: &str) -> String {
    // Errors quote what others sent; PostgreSQL refuses NUL.
    why.chars().filter(|c| *c != '\0').take(WHY_CHARS_MAX).collect()
}

/// Extends these leases; gives back the jobs that are still ours.
pub(super) async fn extend(tx: &mut Tx, leases: &[Lease]) -> Result<Vec<JobId>, Error> {
    let until = tx.real_now().as_millis() + LEASE_MS;
    let mut ours = Vec::with_capacity(leases.len());
    for leases in leases.chunks(ROWS_MAX) {
        let sql = format!(
            "update job set lease_expires_at = ${} where state = 'leased' and (id, fence) in (values {}) returning id",
            leases.len() * 2 + 1,
            values(leases.len(), 2)
        );
        let query = bind_leases(sqlx::query(AssertSqlSafe(sql)), leases).bind(until);
        for row in query.fetch_all(tx.sql()).await? {
            ours.push(read_id(&row)?);
        }
    }
    Ok(ours)
}

/// Gives jobs back that this server will not run; these were no attempts.
pub(super) async fn release(tx: &mut Tx, leases: &[Lease]) -> Result<(), Error> {
    for leases in leases.chunks(ROWS_MAX) {
        let sql = format!(
            "update job set state = 'ready', lease_expires_at = null, attempts = attempts - 1
             where state = 'leased' and (id, fence) in (values {})",
            values(leases.len(), 2)
        );
        bind_leases(sqlx::query(AssertSqlSafe(sql)), leases).execute(tx.sql()).await?;
    }
    if !leases.is_empty() {
        tx.wake(Wake::Jobs);
    }
    Ok(())
}

type Query<'a> = sqlx::query::Query<'a, sqlx::Any, sqlx::any::AnyArguments>;

fn bind_leases<'a>(query: Query<'a>, leases: &[Lease]) -> Query<'a> {
    leases.iter().fold(query, |query, lease| query.bind(lease.job.to_string()).bind(lease.fence))
}

/// A job whose worker went silent.
#[derive(Debug)]
pub(super) struct Stranded {
    pub(super) job: JobId,
    pub(super) n_attempts: i64,
}

/// Whether a lease ran out.
pub(super) async fn is_any_stranded(conn: &mut Conn, now: Timestamp) -> Result<bool, Error> {
    let sql = "select id from job where state = 'leased' and lease_expires_at < $1 limit 1";
    Ok(sqlx::query(sql).bind(now.as_millis()).fetch_optional(conn.sql()).await?.is_some())
}

/// Jobs whose lease ran out, held for this transaction.
pub(super) async fn stranded(tx: &mut Tx, limit: i64) -> Result<Vec<Stranded>, Error> {
    let sql = format!(
        "select id, attempts from job where state = 'leased' and lease_expires_at < $1
         order by lease_expires_at limit $2{}",
        tx.for_update_skip_locked()
    );
    let query = sqlx::query(AssertSqlSafe(sql)).bind(tx.real_now().as_millis()).bind(limit);
    let rows = query.fetch_all(tx.sql()).await?;
    let read = |row: &AnyRow| Ok(Stranded { job: read_id(row)?, n_attempts: row.try_get("attempts")? });
    rows.iter().map(read).collect()
}

/// Puts a stranded job back. Its old worker's fence stays behind at the next claim.
pub(super) async fn rescue(tx: &mut Tx, job: JobId, retry_at: Timestamp) -> Result<(), Error> {
    let sql = "update job set state = 'ready', retry_at = $2, lease_expires_at = null,
        last_error = 'its worker went silent' where id = $1 and state = 'leased'";
    sqlx::query(sql).bind(job.to_string()).bind(retry_at.as_millis()).execute(tx.sql()).await?;
    tx.wake(Wake::Jobs);
    Ok(())
}

/// A job that gave up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadJob {
    /// Its id.
    pub id: JobId,
    /// The word of its kind, which may be another version's.
    pub kind: String,
    /// What it was about.
    pub subject: String,
    /// Attempts until then.
    pub n_attempts: i64,
    /// Why it gave up.
    pub why: String,
    /// When, by the real clock.
    pub dead_at: Timestamp,
}

/// The dead jobs, the latest first.
pub async fn dead(conn: &mut Conn, limit: i64) -> Result<Vec<DeadJob>, Error> {
    let sql = "select id, kind, subject, attempts, last_error, dead_at from job where state = 'dead'
        order by dead_at desc, id limit $1";
    let rows = sqlx::query(sql).bind(limit).fetch_all(conn.sql()).await?;
    rows.iter().map(read_dead).collect()
}

/// Dead jobs, those that were made last first; `before` is the last one of the page before.
pub async fn dead_before(conn: &mut Conn, before: Option<JobId>, limit: i64) -> Result<Vec<DeadJob>, Error> {
    let sql = "select id, kind, subject, attempts, last_error, dead_at from job
        where state = 'dead' and ($1 = '' or id < $1) order by id desc limit $2";
    let query = sqlx::query(sql).bind(before.map(|id| id.to_string()).unwrap_or_default()).bind(limit);
    query.fetch_all(conn.sql()).await?.iter().map(read_dead).collect()
}

/// One dead job.
pub async fn dead_job(conn: &mut Conn, id: JobId) -> Result<Option<DeadJob>, Error> {
    let sql = "select id, kind, subject, attempts, last_error, dead_at from job where state = 'dead' and id = $1";
    let row = sqlx::query(sql).bind(id.to_string()).fetch_optional(conn.sql()).await?;
    row.as_ref().map(read_dead).transpose()
}

fn read_dead(row: &AnyRow) -> Result<DeadJob, Error> {
    Ok(DeadJob {
        id: read_id(row)?,
        kind: row.try_get("kind")?,
        subject: row.try_get("subject")?,
        n_attempts: row.try_get("attempts")?,
        why: row.try_get::<Option<String>, _>("last_error")?.unwrap_or_default(),
        dead_at: Timestamp::from_millis(row.try_get::<Option<i64>, _>("dead_at")?.unwrap_or_default()),
    })
}

/// Makes every job dead, for tests of what is done about dead ones.
#[cfg(test)]
pub(crate) async fn bury_all(tx: &mut Tx) -> Result<(), Error> {
    let now = tx.real_now().as_millis();
    let sql = "update job set state = 'dead', dead_at = $1, last_error = 'a test buried it'";
    sqlx::query(sql).bind(now).execute(tx.sql()).await?;
    Ok(())
}

/// Brings a dead job back, as if it were new. If its key is live again, that job does the work and this one is only
/// forgotten. False if there is no such dead job.
pub async fn retry_dead(tx: &mut Tx, id: JobId) -> Result<bool, Error> {
    let sql = "update job set state = 'ready', attempts = 0, started_at = null, retry_at = 0, dead_at = null
        where id = $1 and state = 'dead'
          and not exists (select 1 from job other where other.key = job.key and other.state <> 'dead')";
    let back = sqlx::query(sql).bind(id.to_string()).execute(tx.sql()).await?.rows_affected();
    if back == 0 {
        let sql = "delete from job where id = $1 and state = 'dead'";
        let gone = sqlx::query(sql).bind(id.to_string()).execute(tx.sql()).await?.rows_affected();
        return Ok(gone == 1);
    }
    tx.wake(Wake::Jobs);
    Ok(true)
}

/// How much of one kind is in the table, in one state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backlog {
    /// The word of the kind.
    pub kind: String,
    /// `ready`, `leased` or `dead`.
    pub state: String,
    /// How many.
    pub n_jobs: i64,
    /// When the first was due, by the business clock.
    pub first_due_at: Timestamp,
}

/// What jobs of this kind about a subject carry that have not ended, the oldest first.
pub async fn pending<Body: DeserializeOwned>(conn: &mut Conn, kind: Kind, subject: &str) -> Result<Vec<Body>, Error> {
    let sql = format!(
        "select body from job where kind = '{}' and subject = $1 and state in ('ready', 'leased') order by id",
        kind.word() // written out: the index is of this kind alone
    );
    let query = sqlx::query(AssertSqlSafe(sql)).bind(subject.to_string());
    query.fetch_all(conn.sql()).await?.iter().map(body_of).collect()
}

/// What the oldest jobs of this kind carry that have not ended. One that cannot be read is passed over: its own run says
/// so, and nobody else may fail for it.
pub async fn pending_of<Body: DeserializeOwned>(conn: &mut Conn, kind: Kind, limit: i64) -> Result<Vec<Body>, Error> {
    let sql = format!(
        "select body from job where kind = '{}' and state in ('ready', 'leased') order by id limit $1",
        kind.word() // written out: the index is of this kind alone
    );
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(limit).fetch_all(conn.sql()).await?;
    Ok(rows.iter().filter_map(|row| body_of(row).inspect_err(|why| tracing::warn!(%why, "a job")).ok()).collect())
}

fn body_of<Body: DeserializeOwned>(row: &AnyRow) -> Result<Body, Error> {
    let body: String = row.try_get("body")?;
    serde_json::from_str(&body).map_err(|why| Error::Bug(format!("the body of a job: {why}")))
}

/// How much is in the table, for metrics and `check`.
pub async fn backlog(conn: &mut Conn) -> Result<Vec<Backlog>, Error> {
    let sql = "select kind, state, cast(count(*) as bigint) as n, cast(min(due_at) as bigint) as first
        from job group by kind, state order by kind, state";
    let read = |row: &AnyRow| {
        Ok(Backlog {
            kind: row.try_get("kind")?,
            state: row.try_get("state")?,
            n_jobs: row.try_get("n")?,
            first_due_at: Timestamp::from_millis(row.try_get("first")?),
        })
    };
    sqlx::query(sql).fetch_all(conn.sql()).await?.iter().map(read).collect()
}

/// How much of one kind is due and not done yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// The word of the kind.
    pub kind: String,
    /// How many.
    pub n_jobs: i64,
    /// When the first was due, by the business clock.
    pub first_due_at: Timestamp,
}

/// What is due now and waits for a worker, running jobs included, for people who look after the server.
pub async fn due(conn: &mut Conn, now: Timestamp) -> Result<Vec<Due>, Error> {
    let sql = "select kind, cast(count(*) as bigint) as n, cast(min(due_at) as bigint) as first
        from job where state <> 'dead' and due_at <= $1 group by kind order by kind";
    let read = |row: &AnyRow| {
        Ok(Due {
            kind: row.try_get("kind")?,
            n_jobs: row.try_get("n")?,
            first_due_at: Timestamp::from_millis(row.try_get("first")?),
        })
    };
    sqlx::query(sql).bind(now.as_millis()).fetch_all(conn.sql()).await?.iter().map(read).collect()
}

/// Takes the periods of these sweeps, in order of their names, and gives back those that no server took before.
pub(super) async fn take_periods(tx: &mut Tx, periods: &[(&'static str, i64)]) -> Result<Vec<&'static str>, Error> {
    if periods.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "insert into sweep (name, period) values {}
         on conflict (name) do update set period = excluded.period where sweep.period < excluded.period returning name",
        values(periods.len(), 2)
    );
    let query = sqlx::query(AssertSqlSafe(sql));
    let query = periods.iter().fold(query, |query, (name, period)| query.bind((*name).to_string()).bind(*period));
    let rows = query.fetch_all(tx.sql()).await?;
    let taken = rows.iter().map(|row| row.try_get("name")).collect::<Result<BTreeSet<String>, _>>()?;
    Ok(periods.iter().map(|(name, _)| *name).filter(|name| taken.contains(*name)).collect())
}

#[cfg(test)]
mod tests;
