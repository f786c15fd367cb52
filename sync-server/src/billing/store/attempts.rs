//! The table `payment_attempt`.

use super::word;
use crate::billing::attempt::{AskedBy, Attempt, AttemptState};
use crate::db::columns::{instant, parsed};
use crate::db::{Conn, Error, Tx};
use shared::ids::ChargeId;
use sqlx::Row;
use sqlx::any::AnyRow;

/// Attempts of one charge that are shown.
const SHOWN_MAX: i64 = 100;

fn read(row: &AnyRow) -> Result<Attempt, Error> {
    Ok(Attempt {
        charge: parsed(row, "charge")?,
        n: row.try_get("n")?,
        asked_by: word(row, "asked_by", AskedBy::from_word)?,
        method: row.try_get("method")?,
        intent: row.try_get("intent")?,
        state: word(row, "state", AttemptState::from_word)?,
        code: row.try_get("code")?,
        url: row.try_get("url")?,
        begun_at: instant(row, "begun_at")?,
    })
}

/// Attempts of a charge, in order.
pub async fn attempts(conn: &mut Conn, charge: ChargeId) -> Result<Vec<Attempt>, Error> {
    let sql = "select charge, n, asked_by, method, intent, state, code, url, begun_at from payment_attempt
        where charge = $1 order by n limit $2";
    let rows = sqlx::query(sql).bind(charge.to_string()).bind(SHOWN_MAX).fetch_all(conn.sql()).await?;
    rows.iter().map(read).collect()
}

/// The last attempt of a charge.
pub async fn last_attempt(conn: &mut Conn, charge: ChargeId) -> Result<Option<Attempt>, Error> {
    let sql = "select charge, n, asked_by, method, intent, state, code, url, begun_at from payment_attempt
        where charge = $1 order by n desc limit 1";
    let row = sqlx::query(sql).bind(charge.to_string()).fetch_optional(conn.sql()).await?;
    row.as_ref().map(read).transpose()
}

/// Writes that an attempt begins, before it is made.
pub async fn begin_attempt(tx: &mut Tx, attempt: &Attempt) -> Result<(), Error> {
    let sql = "insert into payment_attempt (charge, n, asked_by, method, intent, state, begun_at)
        values ($1, $2, $3, $4, $5, $6, $7)";
    sqlx::query(sql)
        .bind(attempt.charge.to_string())
        .bind(attempt.n)
        .bind(attempt.asked_by.word().to_string())
        .bind(attempt.method.clone())
        .bind(attempt.intent.clone())
        .bind(attempt.state.word().to_string())
        .bind(attempt.begun_at.as_millis())
        .execute(tx.sql())
        .await?;
    Ok(())
}

/// Writes how an attempt stands. One whose end is known stays as it is.
pub async fn end_attempt(
    tx: &mut Tx,
    charge: ChargeId,
    n: i64,
    state: AttemptState,
    code: Option<&str>,
    url: Option<&str>,
) -> Result<(), Error> {
    let sql = "update payment_attempt set state = $3, code = $4, url = $5, ended_at = $6
        where charge = $1 and n = $2 and state in ('begun', 'unknown', 'needs_action', 'processing')";
    let at = tx.real_now().as_millis();
    sqlx::query(sql)
        .bind(charge.to_string())
        .bind(n)
        .bind(state.word().to_string())
        .bind(code.map(str::to_owned))
        .bind(url.map(str::to_owned))
        .bind(at)
        .execute(tx.sql())
        .await?;
    Ok(())
}

/// Keeps which payment at the provider an attempt made.
pub async fn set_intent(tx: &mut Tx, charge: ChargeId, n: i64, intent: &str) -> Result<(), Error> {
    let sql = "update payment_attempt set intent = coalesce(intent, $3) where charge = $1 and n = $2";
    let query = sqlx::query(sql).bind(charge.to_string()).bind(n).bind(intent.to_string());
    query.execute(tx.sql()).await?;
    Ok(())
}
