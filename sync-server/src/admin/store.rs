//! The table `inbox_task`: who takes care of what.

use super::Item;
use crate::db::{Conn, Error, Tx};
use shared::ids::StaffId;
use shared::time::Timestamp;
use sqlx::Row;
use std::collections::BTreeMap;

/// Tasks that are read for one inbox.
const TASKS_MAX: i64 = 5_000;
/// Tasks removed in one transaction.
const TRIM_MAX: i64 = 500;

/// Who takes care of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Task {
    /// Since when the question stood that was taken.
    pub(super) since: Timestamp,
    /// Who.
    pub(super) staff: StaffId,
    /// When it was taken.
    pub(super) taken_at: Timestamp,
}

/// Everything that somebody takes care of. A task counts while its question is the one that stands.
pub(super) async fn tasks(conn: &mut Conn) -> Result<BTreeMap<String, Task>, Error> {
    let sql = "select item, since, staff, taken_at from inbox_task order by taken_at desc limit $1";
    let rows = sqlx::query(sql).bind(TASKS_MAX).fetch_all(conn.sql()).await?;
    rows.iter().map(|row| Ok((row.try_get("item")?, read(row)?))).collect()
}

fn read(row: &sqlx::any::AnyRow) -> Result<Task, Error> {
    let staff: String = row.try_get("staff")?;
    Ok(Task {
        since: Timestamp::from_millis(row.try_get("since")?),
        staff: staff.parse().map_err(|why| Error::Bug(format!("inbox_task.staff: {why}")))?,
        taken_at: Timestamp::from_millis(row.try_get("taken_at")?),
    })
}

/// Takes a question, unless a colleague has it; gives back who has it then. `over` takes it from them.
pub(super) async fn take(
    tx: &mut Tx,
    item: Item,
    since: Timestamp,
    staff: StaffId,
    over: bool,
    now: Timestamp,
) -> Result<Task, Error> {
    let sql = "insert into inbox_task (item, since, staff, taken_at) values ($1, $2, $3, $4)
        on conflict (item) do update set since = excluded.since, staff = excluded.staff, taken_at = excluded.taken_at
        where inbox_task.since <> excluded.since or $5 = 1";
    sqlx::query(sql)
        .bind(item.to_string())
        .bind(since.as_millis())
        .bind(staff.to_string())
        .bind(now.as_millis())
        .bind(i64::from(over))
        .execute(tx.sql())
        .await?;
    let sql = "select since, staff, taken_at from inbox_task where item = $1";
    read(&sqlx::query(sql).bind(item.to_string()).fetch_one(tx.sql()).await?)
}

/// Who takes care of it now.
pub(super) async fn task(conn: &mut Conn, item: Item, since: Timestamp) -> Result<Option<Task>, Error> {
    let sql = "select since, staff, taken_at from inbox_task where item = $1 and since = $2";
    let query = sqlx::query(sql).bind(item.to_string()).bind(since.as_millis());
    query.fetch_optional(conn.sql()).await?.as_ref().map(read).transpose()
}

/// Leaves it to others. Says whether this one had it.
pub(super) async fn give_back(tx: &mut Tx, item: Item, staff: StaffId) -> Result<bool, Error> {
    let sql = "delete from inbox_task where item = $1 and staff = $2";
    let gone = sqlx::query(sql).bind(item.to_string()).bind(staff.to_string()).execute(tx.sql()).await?;
    Ok(gone.rows_affected() == 1)
}

/// Forgets a task whose question is answered, and a few that are long gone.
pub(super) async fn forget(tx: &mut Tx, item: Item, before: Timestamp) -> Result<(), Error> {
    let sql = "delete from inbox_task where item = $1
        or item in (select item from inbox_task where taken_at < $2 order by taken_at limit $3)";
    let query = sqlx::query(sql).bind(item.to_string()).bind(before.as_millis()).bind(TRIM_MAX);
    query.execute(tx.sql()).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::testing::{START_MS, both_engines};
    use crate::db::{Database, Lane};
    use crate::tickets::samples::id;

    async fn takes(db: &Database, who: u64, since: i64, over: bool) -> StaffId {
        let at = Timestamp::from_millis(START_MS);
        let since = at.plus_minutes(since);
        let taken = db.write(Lane::Desk, async move |tx| take(tx, Item::Ticket(id(1)), since, id(who), over, at).await);
        taken.await.unwrap().staff
    }

    #[tokio::test]
    async fn a_question_has_one_owner_and_a_new_question_is_nobodys() {
        both_engines(async |db| {
            assert_eq!(takes(&db, 11, 0, false).await, id(11));
            assert_eq!(takes(&db, 12, 0, false).await, id(11), "a colleague was faster");
            assert_eq!(takes(&db, 12, 0, true).await, id(12), "taken over");
            let gone = db.write(Lane::Desk, async |tx| give_back(tx, Item::Ticket(id(1)), id(11)).await).await.unwrap();
            assert!(!gone, "only its owner gives it back");
            assert_eq!(takes(&db, 11, 30, false).await, id(11), "another question");
            let since = Timestamp::from_millis(START_MS);
            let old = db.read(async move |conn| task(conn, Item::Ticket(id(1)), since).await).await.unwrap();
            assert_eq!(old, None);
        })
        .await;
    }
}
