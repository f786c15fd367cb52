//! The tables `blob` and `upload`.

use super::{Kept, Part};
use crate::db::{Conn, Error, Tx};
use shared::blob::Sha;
use shared::time::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};
use std::collections::BTreeSet;

/// Names in one statement.
const ROWS_MAX: usize = 200;

fn parsed<T: std::str::FromStr>(row: &AnyRow, column: &str) -> Result<T, Error> {
    let text: String = row.try_get(column)?;
    text.parse().map_err(|_| Error::Bug(format!("column {column} cannot be read: {text}")))
}

fn number<T: TryFrom<i64>>(row: &AnyRow, column: &str) -> Result<T, Error> {
    let number: i64 = row.try_get(column)?;
    T::try_from(number).map_err(|_| Error::Bug(format!("column {column} cannot be {number}")))
}

/// What is kept of a file.
pub async fn kept(conn: &mut Conn, sha: Sha) -> Result<Option<Kept>, Error> {
    let sql = "select sha, object, small, n_bytes, width, height from blob where sha = $1";
    let row = sqlx::query(sql).bind(sha.to_string()).fetch_optional(conn.sql()).await?;
    row.map(|row| {
        Ok(Kept {
            sha: parsed(&row, "sha")?,
            object: parsed(&row, "object")?,
            small: parsed(&row, "small")?,
            n_bytes: number(&row, "n_bytes")?,
            width: number(&row, "width")?,
            height: number(&row, "height")?,
        })
    })
    .transpose()
}

/// Which of these files are here, whole.
pub async fn here(conn: &mut Conn, all: &[Sha]) -> Result<BTreeSet<Sha>, Error> {
    let mut here = BTreeSet::new();
    for all in all.chunks(ROWS_MAX) {
        let binds: Vec<String> = (1..=all.len()).map(|at| format!("${at}")).collect();
        let sql = format!("select sha from blob where sha in ({})", binds.join(", "));
        let query = all.iter().fold(sqlx::query(AssertSqlSafe(sql)), |query, sha| query.bind(sha.to_string()));
        for row in query.fetch_all(conn.sql()).await? {
            here.insert(parsed(&row, "sha")?);
        }
    }
    Ok(here)
}

/// Keeps that a file is here. Once more only makes it young again, so that no sweep takes it from under a new photo.
pub(super) async fn keep(tx: &mut Tx, kept: &Kept) -> Result<(), Error> {
    let now = tx.real_now().as_millis();
    let sql = "insert into blob (sha, object, small, n_bytes, width, height, at) values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (sha) do update set at = excluded.at";
    let query = sqlx::query(sql).bind(kept.sha.to_string()).bind(kept.object.to_string());
    let query = query.bind(kept.small.to_string()).bind(i64::try_from(kept.n_bytes).unwrap_or(i64::MAX));
    query.bind(i64::from(kept.width)).bind(i64::from(kept.height)).bind(now).execute(tx.sql()).await?;
    Ok(())
}

/// Forgets a file. Gives back what nobody needs any more in the store of files.
pub(super) async fn forget(tx: &mut Tx, kept: &Kept) -> Result<Vec<Sha>, Error> {
    sqlx::query("delete from blob where sha = $1").bind(kept.sha.to_string()).execute(tx.sql()).await?;
    let mut free = Vec::new();
    for object in [kept.object, kept.small] {
        let sql = "select count(*) as n from blob where object = $1 or small = $1";
        let row = sqlx::query(sql).bind(object.to_string()).fetch_one(tx.sql()).await?;
        if row.try_get::<i64, _>("n")? == 0 {
            free.push(object);
        }
    }
    Ok(free)
}

/// How far an upload is.
pub(super) async fn upload(conn: &mut Conn, sha: Sha, who: &str) -> Result<Option<Part>, Error> {
    let sql = "select n_bytes, n_received, n_parts from upload where sha = $1 and who = $2";
    let row = sqlx::query(sql).bind(sha.to_string()).bind(who.to_owned()).fetch_optional(conn.sql()).await?;
    row.map(|row| {
        Ok(Part {
            n_bytes: number(&row, "n_bytes")?,
            n_received: number(&row, "n_received")?,
            n_parts: number(&row, "n_parts")?,
        })
    })
    .transpose()
}

/// How many uploads of somebody are under way.
pub(super) async fn n_open(conn: &mut Conn, who: &str) -> Result<i64, Error> {
    let sql = "select count(*) as n from upload where who = $1";
    Ok(sqlx::query(sql).bind(who.to_owned()).fetch_one(conn.sql()).await?.try_get("n")?)
}

/// Notes that one more part has come. False if somebody else moved it in between.
pub(super) async fn advance(tx: &mut Tx, sha: Sha, who: &str, was: Option<Part>, is: Part) -> Result<bool, Error> {
    let now = tx.real_now().as_millis();
    let of = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
    let done = match was {
        None => {
            let sql = "insert into upload (sha, who, n_bytes, n_received, n_parts, changed_at)
                values ($1, $2, $3, $4, $5, $6) on conflict (sha, who) do nothing";
            let query = sqlx::query(sql).bind(sha.to_string()).bind(who.to_owned()).bind(of(is.n_bytes));
            query.bind(of(is.n_received)).bind(i64::from(is.n_parts)).bind(now).execute(tx.sql()).await?
        }
        Some(was) => {
            let sql = "update upload set n_received = $3, n_parts = $4, changed_at = $5
                where sha = $1 and who = $2 and n_received = $6 and n_parts = $7";
            let query = sqlx::query(sql).bind(sha.to_string()).bind(who.to_owned()).bind(of(is.n_received));
            let query = query.bind(i64::from(is.n_parts)).bind(now).bind(of(was.n_received));
            query.bind(i64::from(was.n_parts)).execute(tx.sql()).await?
        }
    };
    Ok(done.rows_affected() == 1)
}

/// Ends an upload: it is whole, or begins anew.
pub(super) async fn end(tx: &mut Tx, sha: Sha, who: &str) -> Result<(), Error> {
    let sql = "delete from upload where sha = $1 and who = $2";
    sqlx::query(sql).bind(sha.to_string()).bind(who.to_owned()).execute(tx.sql()).await?;
    Ok(())
}

/// Uploads that nobody went on with since then.
pub(super) async fn stale(conn: &mut Conn, before: Timestamp, limit: i64) -> Result<Vec<(Sha, String)>, Error> {
    let sql = "select sha, who from upload where changed_at < $1 order by changed_at limit $2";
    let rows = sqlx::query(sql).bind(before.as_millis()).bind(limit).fetch_all(conn.sql()).await?;
    rows.iter().map(|row| Ok((parsed(row, "sha")?, row.try_get("who")?))).collect()
}
