//! Answers kept under the caller's key. The table `idempotency` is written here only.

use super::idempotency::{Claim, IdempotencyKey, StoredAnswer};
use crate::db::{Conn, Error, Tx};
use shared::time::Timestamp;
use sqlx::Row;

/// Minutes that an answer is kept: thirty days.
pub(super) const KEPT_MINUTES: i64 = 30 * 24 * 60;
/// Answers removed in one transaction.
const TRIM_MAX: i64 = 500;

/// Claims a key and keeps the answer that this transaction will give, or finds what was answered before. A concurrent
/// claim of the same key is waited for.
pub async fn claim(
    tx: &mut Tx,
    caller: &str,
    key: &IdempotencyKey,
    body_hash: &str,
    answer: &StoredAnswer,
    now_real: Timestamp,
) -> Result<Claim, Error> {
    let sql = "insert into idempotency (caller, key, body_hash, status, body, created_at)
        values ($1, $2, $3, $4, $5, $6) on conflict (caller, key) do nothing";
    let done = sqlx::query(sql)
        .bind(caller.to_string())
        .bind(key.as_str().to_string())
        .bind(body_hash.to_string())
        .bind(i64::from(answer.status))
        .bind(answer.body.clone())
        .bind(now_real.as_millis())
        .execute(tx.sql())
        .await?;
    if done.rows_affected() == 1 {
        return Ok(Claim::New);
    }
    let sql = "select body_hash, status, body from idempotency where caller = $1 and key = $2";
    let query = sqlx::query(sql).bind(caller.to_string()).bind(key.as_str().to_string());
    let row = query.fetch_one(tx.sql()).await?;
    if row.try_get::<String, _>("body_hash")? != body_hash {
        return Ok(Claim::Mismatch);
    }
    let (status, body) = (row.try_get::<Option<i64>, _>("status")?, row.try_get::<Option<String>, _>("body")?);
    match (status.and_then(|status| u16::try_from(status).ok()), body) {
        (Some(status), Some(body)) => Ok(Claim::Replay(StoredAnswer { status, body })),
        _ => Err(Error::Bug("a claim was committed without its answer".into())),
    }
}

/// Whether a key was used before.
pub async fn is_claimed(conn: &mut Conn, caller: &str, key: &IdempotencyKey) -> Result<bool, Error> {
    let sql = "select 1 as one from idempotency where caller = $1 and key = $2";
    let query = sqlx::query(sql).bind(caller.to_string()).bind(key.as_str().to_string());
    Ok(query.fetch_optional(conn.sql()).await?.is_some())
}

/// Keeps another answer for a key that this transaction claimed.
pub async fn answer_otherwise(
    tx: &mut Tx,
    caller: &str,
    key: &IdempotencyKey,
    answer: &StoredAnswer,
) -> Result<(), Error> {
    let sql = "update idempotency set status = $1, body = $2 where caller = $3 and key = $4";
    sqlx::query(sql)
        .bind(i64::from(answer.status))
        .bind(answer.body.clone())
        .bind(caller.to_string())
        .bind(key.as_str().to_string())
        .execute(tx.sql())
        .await?;
    Ok(())
}

/// Removes the answers that were given to one caller.
pub async fn forget(tx: &mut Tx, caller: &str) -> Result<(), Error> {
    sqlx::query("delete from idempotency where caller = $1").bind(caller.to_string()).execute(tx.sql()).await?;
    Ok(())
}

/// Removes answers that are old enough; gives back how many.
pub(super) async fn trim(tx: &mut Tx, now_real: Timestamp) -> Result<u64, Error> {
    let sql = "delete from idempotency where created_at <= $1 and (caller, key) in
        (select caller, key from idempotency where created_at <= $1 order by created_at limit $2)";
    let before = now_real.plus_minutes(-KEPT_MINUTES).as_millis();
    let done = sqlx::query(sql).bind(before).bind(TRIM_MAX).execute(tx.sql()).await?;
    Ok(done.rows_affected())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::testing::both_engines;
    use crate::db::{Database, Lane};

    fn answer(status: u16) -> StoredAnswer {
        StoredAnswer { status, body: "{}".into() }
    }

    async fn call(db: &Database, caller: &'static str, body: &'static str, status: u16) -> Claim {
        let key = IdempotencyKey::parse("k1").unwrap();
        let claimed = db.write(Lane::Intake, async move |tx| {
            let now = tx.real_now();
            claim(tx, caller, &key, body, &answer(status), now).await
        });
        claimed.await.unwrap()
    }

    #[tokio::test]
    async fn an_answer_may_change_until_the_commit() {
        both_engines(async |db| {
            let changed = db.write(Lane::Intake, async |tx| {
                let (key, now) = (IdempotencyKey::parse("k1").unwrap(), tx.real_now());
                claim(tx, "mia", &key, "a", &answer(201), now).await?;
                answer_otherwise(tx, "mia", &key, &answer(202)).await
            });
            changed.await.unwrap();
            assert_eq!(call(&db, "mia", "a", 201).await, Claim::Replay(answer(202)));
        })
        .await;
    }

    #[tokio::test]
    async fn a_repeat_gets_the_first_answer_until_it_is_forgotten() {
        both_engines(async |db| {
            assert_eq!(call(&db, "mia", "a", 201).await, Claim::New);
            let first = Claim::Replay(answer(201));
            assert_eq!(call(&db, "mia", "a", 200).await, first);
            assert_eq!(call(&db, "mia", "b", 200).await, Claim::Mismatch);
            assert_eq!(call(&db, "ben", "b", 200).await, Claim::New, "keys are each caller's own");
            let trimmed = async |minutes| {
                let now = db.clock().real_now().plus_minutes(minutes);
                db.write(Lane::Bulk, async move |tx| trim(tx, now).await).await.unwrap()
            };
            assert_eq!(trimmed(KEPT_MINUTES - 1).await, 0);
            assert_eq!(trimmed(KEPT_MINUTES).await, 2);
        })
        .await;
    }

    #[tokio::test]
    async fn of_calls_at_once_with_one_key_exactly_one_is_new() {
        both_engines(async |db| {
            let calls = (0..8).map(|_| {
                let db = db.clone();
                tokio::spawn(async move { call(&db, "mia", "a", 201).await })
            });
            let mut n_new = 0;
            for call in calls.collect::<Vec<_>>() {
                n_new += usize::from(call.await.unwrap() == Claim::New);
            }
            assert_eq!(n_new, 1);
        })
        .await;
    }
}
