//! Who must not visit whom, and on which days nobody works by himself. A new limit undoes what was promised against it,
//! as any change of an expert does.

use super::{BINDS_MAX, binds};
use crate::db::columns::{instant, parsed};
use crate::db::{Conn, Error, Tx};
use crate::jobs::{self, NewJob};
use crate::workforce::{Before, Block, Holiday};
use shared::ids::{AbsenceId, AreaId, CustomerId, ExpertId};
use shared::place::Place;
use shared::text::Reason;
use shared::time::{Date, Timestamp};
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};
use std::collections::{BTreeMap, BTreeSet};

/// Experts blocked for one customer.
const BLOCKS_MAX: i64 = 200;
/// Holidays that a business keeps; of more, the last count.
const HOLIDAYS_MAX: i64 = 5_000;
/// Experts whom one holiday concerns.
const EXPERTS_MAX: i64 = 5_000;

/// From now on this expert must not visit this customer; what he has promised there goes back.
pub async fn block(
    tx: &mut Tx,
    customer: CustomerId,
    expert: ExpertId,
    reason: &Reason,
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "insert into expert_block (expert, customer, reason, made_at) values ($1, $2, $3, $4)
        on conflict (customer, expert) do update set reason = excluded.reason";
    let query = sqlx::query(sql).bind(expert.to_string()).bind(customer.to_string()).bind(reason.to_string());
    query.bind(now.as_millis()).execute(tx.sql()).await?;
    look_again(tx, &[expert], &Before { customer: Some(customer), ..Before::default() }, now).await
}

/// Takes a block back. Says whether there was one.
pub async fn unblock(tx: &mut Tx, customer: CustomerId, expert: ExpertId) -> Result<bool, Error> {
    let sql = "delete from expert_block where customer = $1 and expert = $2";
    let gone = sqlx::query(sql).bind(customer.to_string()).bind(expert.to_string()).execute(tx.sql()).await?;
    Ok(gone.rows_affected() == 1)
}

/// Takes all blocks of a customer back: who left is visited by nobody.
pub async fn forget(tx: &mut Tx, customer: CustomerId) -> Result<(), Error> {
    sqlx::query("delete from expert_block where customer = $1").bind(customer.to_string()).execute(tx.sql()).await?;
    Ok(())
}

/// Who must not visit a customer, the newest first.
pub async fn blocks(conn: &mut Conn, customer: CustomerId) -> Result<Vec<Block>, Error> {
    let sql = "select expert, reason, made_at from expert_block where customer = $1
        order by made_at desc, expert limit $2";
    let rows = sqlx::query(sql).bind(customer.to_string()).bind(BLOCKS_MAX).fetch_all(conn.sql()).await?;
    let read = |row: &AnyRow| {
        Ok(Block { expert: parsed(row, "expert")?, reason: parsed(row, "reason")?, made_at: instant(row, "made_at")? })
    };
    rows.iter().map(read).collect()
}

/// Who must not visit these customers.
pub async fn blocked(
    conn: &mut Conn,
    customers: &BTreeSet<CustomerId>,
) -> Result<BTreeMap<CustomerId, BTreeSet<ExpertId>>, Error> {
    let mut found: BTreeMap<CustomerId, BTreeSet<ExpertId>> = BTreeMap::new();
    let customers: Vec<&CustomerId> = customers.iter().collect();
    for customers in customers.chunks(BINDS_MAX) {
        let sql =
            format!("select customer, expert from expert_block where customer in ({})", binds(1, customers.len()));
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for customer in customers {
            query = query.bind(customer.to_string());
        }
        for row in query.fetch_all(conn.sql()).await? {
            found.entry(parsed(&row, "customer")?).or_default().insert(parsed(&row, "expert")?);
        }
    }
    Ok(found)
}

/// Keeps a holiday; visits that were promised in weekly shifts of that day go back.
pub async fn put_holiday(tx: &mut Tx, holiday: &Holiday, now: Timestamp) -> Result<(), Error> {
    let sql = "insert into holiday (on_date, country, area, name) values ($1, $2, $3, $4)
        on conflict (on_date, country, area) do update set name = excluded.name";
    sqlx::query(sql)
        .bind(holiday.on.to_string())
        .bind(holiday.country.clone())
        .bind(area_text(holiday.area))
        .bind(holiday.name.to_string())
        .execute(tx.sql())
        .await?;
    let sql = "select id from expert where active = 1 and home_country = $1
        and ($2 = '' or id in (select expert from expert_area where area = $2)) order by id limit $3";
    let query = sqlx::query(sql).bind(holiday.country.clone()).bind(area_text(holiday.area)).bind(EXPERTS_MAX);
    let rows = query.fetch_all(tx.sql()).await?;
    let experts = rows.iter().map(|row| parsed(row, "id")).collect::<Result<Vec<ExpertId>, _>>()?;
    look_again(tx, &experts, &Before { holiday: Some(holiday.on), ..Before::default() }, now).await
}

/// Takes a holiday back. Says whether there was one.
pub async fn remove_holiday(tx: &mut Tx, on: Date, country: &str, area: Option<AreaId>) -> Result<bool, Error> {
    let sql = "delete from holiday where on_date = $1 and country = $2 and area = $3";
    let query = sqlx::query(sql).bind(on.to_string()).bind(country.to_string()).bind(area_text(area));
    Ok(query.execute(tx.sql()).await?.rows_affected() == 1)
}

/// All holidays, the last first.
pub async fn holidays(conn: &mut Conn) -> Result<Vec<Holiday>, Error> {
    let sql = "select on_date, country, area, name from holiday order by on_date desc, country, area limit $1";
    let read = |row: &AnyRow| {
        let area = row.try_get::<String, _>("area")?;
        let area = if area.is_empty() { None } else { Some(parsed(row, "area")?) };
        Ok(Holiday { on: parsed(row, "on_date")?, country: row.try_get("country")?, area, name: parsed(row, "name")? })
    };
    sqlx::query(sql).bind(HOLIDAYS_MAX).fetch_all(conn.sql()).await?.iter().map(read).collect()
}

/// Days on which the business does not serve a site: its country's, and those of the areas that cover it.
pub async fn closed_at(
    conn: &mut Conn,
    country: &str,
    postal_code: &str,
    place: Place,
) -> Result<BTreeSet<Date>, Error> {
    let sql = "select on_date, area from holiday where country = $1 order by on_date desc limit $2";
    let query = sqlx::query(sql).bind(country.to_string()).bind(HOLIDAYS_MAX);
    let rows = query.fetch_all(conn.sql()).await?;
    let mut closed = BTreeSet::new();
    let mut of_areas: Vec<(Date, AreaId)> = Vec::new();
    for row in &rows {
        let area: String = row.try_get("area")?;
        if area.is_empty() {
            closed.insert(parsed(row, "on_date")?);
        } else {
            of_areas.push((parsed(row, "on_date")?, parsed(row, "area")?));
        }
    }
    if !of_areas.is_empty() {
        let here = super::areas_at(conn, country, postal_code, place).await?;
        closed.extend(of_areas.into_iter().filter(|(_, area)| here.contains(area)).map(|(on, _)| on));
    }
    Ok(closed)
}

fn area_text(area: Option<AreaId>) -> String {
    area.map(|area| area.to_string()).unwrap_or_default()
}

async fn look_again(tx: &mut Tx, experts: &[ExpertId], before: &Before, now: Timestamp) -> Result<(), Error> {
    let change: AbsenceId = tx.new_id();
    let job = |expert: &ExpertId| NewJob::new(jobs::Kind::ExpertAway, expert, now).keyed(change).with_body(before);
    jobs::enqueue(tx, &experts.iter().map(job).collect::<Vec<_>>()).await
}
