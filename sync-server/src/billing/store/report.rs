//! What the ledger of money is checked by: every period that has begun, with its charge.

use crate::billing::charge::Failure;
use crate::db::columns::{instant, instant_opt, number, parsed, parsed_opt};
use crate::db::{Conn, Error};
use serde::Serialize;
use shared::ids::{ChargeId, CustomerId, EntitlementId};
use shared::time::Timestamp;
use sqlx::Row as _;
use sqlx::any::AnyRow;

/// A renewal as the check reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Of which entitlement.
    pub entitlement: EntitlementId,
    /// The state of the renewal, as the table says it.
    pub state: String,
    /// The period that is paid.
    pub period: u32,
    /// When that ends.
    pub until_at: Timestamp,
    /// Until when the entitlement itself says.
    pub entitled_until_at: Timestamp,
    /// The state of the entitlement, as its table says it.
    pub entitlement_state: String,
    /// Its charges that were paid.
    pub n_paid: i64,
    /// The last of them.
    pub last_paid: i64,
    /// The charge of the period after the paid one.
    pub next: Option<ChargeId>,
    /// Its state, as the table says it.
    pub next_state: Option<String>,
    /// When its next step is due.
    pub next_due_at: Option<Timestamp>,
}

fn read(row: &AnyRow) -> Result<Row, Error> {
    Ok(Row {
        entitlement: parsed(row, "entitlement")?,
        state: row.try_get("state")?,
        period: number(row, "period")?,
        until_at: instant(row, "until_at")?,
        entitled_until_at: instant(row, "entitled_until_at")?,
        entitlement_state: row.try_get("entitlement_state")?,
        n_paid: row.try_get("n_paid")?,
        last_paid: row.try_get("last_paid")?,
        next: parsed_opt(row, "next_id")?,
        next_state: row.try_get("next_state")?,
        next_due_at: instant_opt(row, "next_due_at")?,
    })
}

/// Renewals after one (empty: from the first), by id.
pub async fn ledger_rows(conn: &mut Conn, after: &str, limit: i64) -> Result<Vec<Row>, Error> {
    let sql = "select r.entitlement, r.state, r.period, r.until_at, e.until_at as entitled_until_at,
          e.state as entitlement_state,
          (select count(*) from charge p where p.entitlement = r.entitlement and p.state = 'paid') as n_paid,
          (select coalesce(max(p.period), -1) from charge p where p.entitlement = r.entitlement and p.state = 'paid')
            as last_paid,
          c.id as next_id, c.state as next_state,
          case when c.state = 'open' then c.next_at else c.due_at end as next_due_at
        from renewal r join entitlement e on e.id = r.entitlement
        left join charge c on c.entitlement = r.entitlement and c.period = r.period + 1
        where r.entitlement > $1 order by r.entitlement limit $2";
    let rows = sqlx::query(sql).bind(after.to_string()).bind(limit).fetch_all(conn.sql()).await?;
    rows.iter().map(read).collect()
}

/// Something about money that is not settled, and that somebody can name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Open {
    /// Which charge.
    pub charge: ChargeId,
    /// Whose.
    pub customer: CustomerId,
    /// What is open, in a word: `failing`, `given_up`, `missed`, `refund_failed`, `disputed`.
    pub what: String,
    /// Why the card was declined last.
    pub failure: Option<Failure>,
    /// Since when, by the business clock.
    pub since: Timestamp,
}

/// What is open, the longest first.
pub async fn open_items(conn: &mut Conn, limit: i64) -> Result<Vec<Open>, Error> {
    let sql = "select c.id, c.customer, 'failing' as what, c.failure, c.first_at as since from charge c where c.state = 'open'
        union all
        select c.id, c.customer, 'missed' as what, c.failure, c.ended_at as since from charge c where c.state = 'missed'
        union all
        select c.id, c.customer, 'refund_failed' as what, null as failure, f.asked_at as since
          from refund f join charge c on c.id = f.charge where f.state = 'failed'
        union all
        select c.id, c.customer, 'disputed' as what, null as failure, d.created_at as since
          from dispute d join charge c on c.id = d.charge where d.state not in ('won', 'lost', 'warning_closed', 'prevented')
        order by since, id limit $1";
    let rows = sqlx::query(sql).bind(limit).fetch_all(conn.sql()).await?;
    let read = |row: &AnyRow| {
        let failure: Option<String> = row.try_get("failure")?;
        Ok(Open {
            charge: parsed(row, "id")?,
            customer: parsed(row, "customer")?,
            what: row.try_get("what")?,
            failure: failure.as_deref().and_then(Failure::from_word),
            since: instant(row, "since")?,
        })
    };
    rows.iter().map(read).collect()
}

/// How many charges are in each state.
pub async fn counts(conn: &mut Conn) -> Result<Vec<(String, i64)>, Error> {
    let sql = "select state, count(*) as n from charge group by state order by state";
    let rows = sqlx::query(sql).fetch_all(conn.sql()).await?;
    rows.iter().map(|row| Ok((row.try_get("state")?, row.try_get("n")?))).collect()
}
