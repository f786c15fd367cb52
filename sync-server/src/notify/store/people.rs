//! What one customer was told: for their own export, and to be forgotten with them.

use super::{COLUMNS, read};
use crate::db::{Conn, Error, Tx};
use crate::notify::notice::Notice;
use shared::ids::{CustomerId, NoticeId};
use shared::time::Timestamp;
use sqlx::{AssertSqlSafe, Row};

/// What a customer was told, the newest first; `before` is the last one of the page before.
pub async fn of_customer(
    conn: &mut Conn,
    customer: CustomerId,
    before: Option<NoticeId>,
    limit: i64,
) -> Result<Vec<Notice>, Error> {
    let sql = format!(
        "select {COLUMNS} from notice where person = $1 and audience = 'customer' and ($2 = '' or id < $2)
         order by id desc limit $3"
    );
    let before = before.map(|id| id.to_string()).unwrap_or_default();
    let query = sqlx::query(AssertSqlSafe(sql)).bind(customer.to_string()).bind(before).bind(limit);
    query.fetch_all(conn.sql()).await?.iter().map(read).collect()
}

/// How often a customer was written to about the account since an instant of the business clock.
pub async fn n_about_account(conn: &mut Conn, customer: CustomerId, since: Timestamp) -> Result<i64, Error> {
    let sql = "select cast(count(*) as bigint) as n from notice
        where person = $1 and kind = 'account' and created_at > $2";
    let query = sqlx::query(sql).bind(customer.to_string()).bind(since.as_millis());
    Ok(query.fetch_one(conn.sql()).await?.try_get("n")?)
}

/// Takes words and addresses out of everything that a customer was told, and that others were told about their tickets;
/// what has not left is not sent. `addresses` are those that codes went to: their notices name nobody else.
pub async fn forget(tx: &mut Tx, customer: CustomerId, addresses: &[String], now: Timestamp) -> Result<(), Error> {
    let mut these = vec![customer.to_string()];
    these.extend(addresses.iter().cloned());
    for one in these {
        let sql = "update captured_message set to_address = '', subject = null, body = '(deleted)', link = null
            where notice in (select n.id from notice n left join ticket t on t.id = n.ticket
                             where n.person = $1 or n.to_address = $1 or t.customer = $1)";
        sqlx::query(sql).bind(one.clone()).execute(tx.sql()).await?;
        let sql = "update delivery set error = null
            where notice in (select n.id from notice n left join ticket t on t.id = n.ticket
                             where n.person = $1 or n.to_address = $1 or t.customer = $1)";
        sqlx::query(sql).bind(one.clone()).execute(tx.sql()).await?;
        let sql = "update notice set to_address = '', subject = null, body = '(deleted)', link = null,
              why = case when state = 'queued' then 'the customer left' else null end,
              ended_at = case when state = 'queued' then $2 else ended_at end,
              state = case when state = 'queued' then 'dropped' else state end
            where person = $1 or to_address = $1
              or ticket in (select t.id from ticket t where t.customer = $1)";
        sqlx::query(sql).bind(one.clone()).bind(now.as_millis()).execute(tx.sql()).await?;
        if one != customer.to_string() {
            // The notice of a code is to an address; its key names that too.
            let sql = "update notice set person = 'deleted', dedupe_key = id where person = $1";
            sqlx::query(sql).bind(one).execute(tx.sql()).await?;
        }
    }
    Ok(())
}
