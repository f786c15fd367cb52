//! The table `renewal`.

use super::word;
use crate::billing::renewal::{Renewal, RenewalState};
use crate::db::columns::{instant, number, parsed};
use crate::db::{Conn, Error, Tx};
use crate::jobs::{self, Kind, NewJob};
use crate::plans;
use shared::ids::{CustomerId, EntitlementId};
use shared::time::Timestamp;
use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

const COLUMNS: &str = "entitlement, customer, plan, state, anchor_at, months, zone, period, until_at";
/// Renewals of one customer.
const OF_CUSTOMER_MAX: i64 = 200;

fn read(row: &AnyRow) -> Result<Renewal, Error> {
    Ok(Renewal {
        entitlement: parsed(row, "entitlement")?,
        customer: parsed(row, "customer")?,
        plan: parsed(row, "plan")?,
        state: word(row, "state", RenewalState::from_word)?,
        anchor_at: instant(row, "anchor_at")?,
        months: number(row, "months")?,
        zone: parsed(row, "zone")?,
        period: number(row, "period")?,
        until_at: instant(row, "until_at")?,
    })
}

/// A new renewal; the same again is a no-op.
pub async fn begin_renewal(tx: &mut Tx, renewal: &Renewal) -> Result<(), Error> {
    let sql = "insert into renewal (entitlement, customer, plan, state, anchor_at, months, zone, period, until_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (entitlement) do nothing";
    sqlx::query(sql)
        .bind(renewal.entitlement.to_string())
        .bind(renewal.customer.to_string())
        .bind(renewal.plan.to_string())
        .bind(renewal.state.word().to_string())
        .bind(renewal.anchor_at.as_millis())
        .bind(i64::from(renewal.months))
        .bind(renewal.zone.name().to_string())
        .bind(i64::from(renewal.period))
        .bind(renewal.until_at.as_millis())
        .execute(tx.sql())
        .await?;
    Ok(())
}

/// Writes what can change of a renewal. The caller holds its row.
pub async fn put_renewal(tx: &mut Tx, renewal: &Renewal) -> Result<(), Error> {
    let sql = "update renewal set state = $2, period = $3, until_at = $4 where entitlement = $1";
    let query = sqlx::query(sql).bind(renewal.entitlement.to_string()).bind(renewal.state.word().to_string());
    query.bind(i64::from(renewal.period)).bind(renewal.until_at.as_millis()).execute(tx.sql()).await?;
    Ok(())
}

/// A renewal.
pub async fn renewal(conn: &mut Conn, id: EntitlementId) -> Result<Option<Renewal>, Error> {
    let sql = format!("select {COLUMNS} from renewal where entitlement = $1");
    let row = sqlx::query(AssertSqlSafe(sql)).bind(id.to_string()).fetch_optional(conn.sql()).await?;
    row.as_ref().map(read).transpose()
}

/// A renewal, held until the commit.
pub async fn lock_renewal(tx: &mut Tx, id: EntitlementId) -> Result<Option<Renewal>, Error> {
    let sql = format!("select {COLUMNS} from renewal where entitlement = $1{}", tx.for_update());
    let row = sqlx::query(AssertSqlSafe(sql)).bind(id.to_string()).fetch_optional(tx.sql()).await?;
    row.as_ref().map(read).transpose()
}

/// A customer's renewals, the one that ends last first.
pub async fn renewals_of(conn: &mut Conn, customer: CustomerId) -> Result<Vec<Renewal>, Error> {
    let sql = format!("select {COLUMNS} from renewal where customer = $1 order by until_at desc, entitlement limit $2");
    let query = sqlx::query(AssertSqlSafe(sql)).bind(customer.to_string()).bind(OF_CUSTOMER_MAX);
    query.fetch_all(conn.sql()).await?.iter().map(read).collect()
}

/// Renewals whose paid period ends before `before` and whose next one has no charge yet, the first to end first.
pub async fn to_schedule(conn: &mut Conn, before: Timestamp, limit: i64) -> Result<Vec<EntitlementId>, Error> {
    let sql = "select r.entitlement from renewal r where r.state = 'on' and r.until_at <= $1
          and not exists (select 1 from charge c where c.entitlement = r.entitlement and c.period = r.period + 1)
        order by r.until_at, r.entitlement limit $2";
    let rows = sqlx::query(sql).bind(before.as_millis()).bind(limit).fetch_all(conn.sql()).await?;
    rows.iter().map(|row| parsed(row, "entitlement")).collect()
}

/// Renewals that their customers ended and whose last period is over, and those of entitlements that a person cancelled.
pub async fn renewals_to_end(conn: &mut Conn, now: Timestamp, limit: i64) -> Result<Vec<EntitlementId>, Error> {
    let sql = "select r.entitlement from renewal r join entitlement e on e.id = r.entitlement
        where (r.state = 'ends' and r.until_at <= $1) or (r.state <> 'over' and e.state = 'cancelled')
        order by r.until_at, r.entitlement limit $2";
    let rows = sqlx::query(sql).bind(now.as_millis()).bind(limit).fetch_all(conn.sql()).await?;
    rows.iter().map(|row| parsed(row, "entitlement")).collect()
}

/// A customer leaves: nothing is charged any more, and the card is forgotten, at the provider too. What was paid stays in
/// the books. A charge that was decided is called off by its job.
pub async fn forget(tx: &mut Tx, customer: CustomerId, now: Timestamp) -> Result<(), Error> {
    for renewal in renewals_of(tx, customer).await? {
        if renewal.state != RenewalState::Over {
            plans::store::set_renews(tx, renewal.entitlement, None).await?;
        }
        if let Some(charge) = super::open_of_entitlement(tx, renewal.entitlement).await? {
            jobs::enqueue(tx, &[NewJob::new(Kind::Charge, charge.id, now)]).await?;
        }
    }
    let sql = "update renewal set state = 'over' where customer = $1";
    sqlx::query(sql).bind(customer.to_string()).execute(tx.sql()).await?;
    if super::payer(tx, customer).await?.is_some() {
        jobs::enqueue(tx, &[NewJob::new(Kind::ForgetPayer, customer, now)]).await?;
    }
    let sql = "update payer set method = null, brand = null, last4 = null, exp_year = null, exp_month = null,
          told_expiry = null where customer = $1";
    sqlx::query(sql).bind(customer.to_string()).execute(tx.sql()).await?;
    Ok(())
}
