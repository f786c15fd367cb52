//! The table `pace`: what was handed out of a lane lately, by all servers together.

use crate::db::{Error, Tx};
use crate::jobs::kind::WorkLane;
use crate::jobs::pace::Pace;
use sqlx::{AssertSqlSafe, Row};

/// How many jobs of this lane may begin now; the row is held until the commit, so that two servers do not give the same
/// room away.
pub(in crate::jobs) async fn room(tx: &mut Tx, lane: WorkLane, pace: Pace) -> Result<(usize, i64), Error> {
    let sql = "insert into pace (lane, interval_us, spent_until_us) values ($1, $2, 0)
        on conflict (lane) do update set interval_us = excluded.interval_us where pace.interval_us <> excluded.interval_us";
    sqlx::query(sql).bind(lane.word().to_string()).bind(pace.interval_us()).execute(tx.sql()).await?;
    let sql = format!("select spent_until_us from pace where lane = $1{}", tx.for_update());
    let row = sqlx::query(AssertSqlSafe(sql)).bind(lane.word().to_string()).fetch_one(tx.sql()).await?;
    let spent: i64 = row.try_get("spent_until_us")?;
    Ok((pace.room(spent, now_us(tx)), spent))
}

/// Notes that so many began.
pub(in crate::jobs) async fn spend(
    tx: &mut Tx,
    lane: WorkLane,
    pace: Pace,
    spent: i64,
    n_jobs: usize,
) -> Result<(), Error> {
    let until = pace.spend(spent, now_us(tx), n_jobs);
    let sql = "update pace set spent_until_us = $2 where lane = $1";
    sqlx::query(sql).bind(lane.word().to_string()).bind(until).execute(tx.sql()).await?;
    Ok(())
}

/// A job of this lane asked nothing of its provider after all: another may go in its place.
pub async fn unspent(tx: &mut Tx, lane: WorkLane) -> Result<(), Error> {
    let sql = "update pace set spent_until_us = spent_until_us - interval_us where lane = $1";
    sqlx::query(sql).bind(lane.word().to_string()).execute(tx.sql()).await?;
    Ok(())
}

fn now_us(tx: &Tx) -> i64 {
    tx.real_now().as_millis().saturating_mul(1_000)
}
