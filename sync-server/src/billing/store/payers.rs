//! The table `payer`.

use crate::billing::card::Card;
use crate::db::columns::parsed;
use crate::db::{Conn, Error, Tx};
use shared::ids::CustomerId;
use shared::time::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

const COLUMNS: &str = "customer, provider_ref, method, brand, last4, exp_year, exp_month, told_expiry";

/// A customer as the card provider knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payer {
    /// Who.
    pub customer: CustomerId,
    /// The provider's reference.
    pub reference: String,
    /// The card that is charged.
    pub card: Option<Card>,
    /// Its customer knows that it expires.
    pub is_told: bool,
}

fn read(row: &AnyRow) -> Result<Payer, Error> {
    let text = |column: &str| row.try_get::<Option<String>, _>(column);
    let number = |column: &str| row.try_get::<Option<i64>, _>(column);
    let parts = (text("method")?, text("brand")?, text("last4")?, number("exp_year")?, number("exp_month")?);
    let card = match parts {
        (Some(method), Some(brand), Some(last4), Some(year), Some(month)) => {
            let bad = |_| Error::Bug(format!("a card expires in {month}/{year}"));
            let (exp_year, exp_month) = (u16::try_from(year).map_err(bad)?, u8::try_from(month).map_err(bad)?);
            Some(Card { method, brand, last4, exp_year, exp_month })
        }
        (_, _, _, _, _) => None,
    };
    let told = text("told_expiry")?;
    let is_told = card.as_ref().is_some_and(|card| told.as_deref() == Some(card.method.as_str()));
    Ok(Payer { customer: parsed(row, "customer")?, reference: row.try_get("provider_ref")?, card, is_told })
}

/// How the provider knows a customer.
pub async fn payer(conn: &mut Conn, customer: CustomerId) -> Result<Option<Payer>, Error> {
    let sql = format!("select {COLUMNS} from payer where customer = $1");
    let row = sqlx::query(AssertSqlSafe(sql)).bind(customer.to_string()).fetch_optional(conn.sql()).await?;
    row.as_ref().map(read).transpose()
}

/// The same, held until the commit.
pub async fn lock_payer(tx: &mut Tx, customer: CustomerId) -> Result<Option<Payer>, Error> {
    let sql = format!("select {COLUMNS} from payer where customer = $1{}", tx.for_update());
    let row = sqlx::query(AssertSqlSafe(sql)).bind(customer.to_string()).fetch_optional(tx.sql()).await?;
    row.as_ref().map(read).transpose()
}

/// Keeps the provider's reference; the first one counts.
pub async fn put_payer(tx: &mut Tx, customer: CustomerId, reference: &str, now: Timestamp) -> Result<(), Error> {
    let sql = "insert into payer (customer, provider_ref, created_at) values ($1, $2, $3)
        on conflict (customer) do nothing";
    let query = sqlx::query(sql).bind(customer.to_string()).bind(reference.to_string());
    query.bind(now.as_millis()).execute(tx.sql()).await?;
    Ok(())
}

/// Keeps the card that is charged from now on. Says whether it is another one.
pub async fn put_card(tx: &mut Tx, customer: CustomerId, card: &Card, now: Timestamp) -> Result<bool, Error> {
    let sql = "update payer set method = $2, brand = $3, last4 = $4, exp_year = $5, exp_month = $6, card_at = $7
        where customer = $1 and (method is null or method <> $2)";
    let put = sqlx::query(sql)
        .bind(customer.to_string())
        .bind(card.method.clone())
        .bind(card.brand.clone())
        .bind(card.last4.clone())
        .bind(i64::from(card.exp_year))
        .bind(i64::from(card.exp_month))
        .bind(now.as_millis())
        .execute(tx.sql())
        .await?;
    Ok(put.rows_affected() == 1)
}

/// Whether anything of a customer's money is under way: while the provider may be asked about it, they are known there.
pub async fn is_under_way(conn: &mut Conn, customer: CustomerId) -> Result<bool, Error> {
    let sql = "select case when exists (
              select 1 from charge c where c.customer = $1 and (c.state in ('scheduled', 'open')
                or (c.state <> 'paid' and exists (select 1 from payment_attempt a where a.charge = c.id
                  and a.state in ('begun', 'unknown', 'needs_action', 'processing')))
                or exists (select 1 from refund f where f.charge = c.id and f.state = 'asked')))
          or exists (select 1 from checkout o where o.customer = $1 and o.state in ('asked', 'open'))
          then 1 else 0 end as n";
    let row = sqlx::query(sql).bind(customer.to_string()).fetch_one(conn.sql()).await?;
    Ok(row.try_get::<i64, _>("n")? == 1)
}

/// Customers whose plan renews and whose card expires with this month or before, and who do not know it yet.
pub async fn expiring(conn: &mut Conn, year: i64, month: i64, limit: i64) -> Result<Vec<CustomerId>, Error> {
    let sql = "select p.customer from payer p where p.method is not null and p.exp_year * 12 + p.exp_month <= $1
          and (p.told_expiry is null or p.told_expiry <> p.method)
          and exists (select 1 from renewal r where r.customer = p.customer and r.state = 'on')
        order by p.customer limit $2";
    let rows = sqlx::query(sql).bind(year * 12 + month).bind(limit).fetch_all(conn.sql()).await?;
    rows.iter().map(|row| parsed(row, "customer")).collect()
}

/// Notes that a customer knows that the card expires.
pub async fn told_expiry(tx: &mut Tx, customer: CustomerId, method: &str) -> Result<(), Error> {
    let sql = "update payer set told_expiry = $2 where customer = $1";
    sqlx::query(sql).bind(customer.to_string()).bind(method.to_string()).execute(tx.sql()).await?;
    Ok(())
}
