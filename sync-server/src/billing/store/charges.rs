//! The table `charge`.

use super::{money, word};
use crate::billing::charge::{Charge, ChargeState, Failure};
use crate::billing::period::Period;
use crate::db::columns::{instant, number, parsed};
use crate::db::{Conn, Error, Tx};
use shared::ids::{ChargeId, CustomerId, EntitlementId};
use shared::time::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

const COLUMNS: &str = "id, customer, entitlement, plan, period, from_at, until_at, price_minor, currency, state, due_at, \
    first_at, next_at, gives_up_at, failure, intent, card, told_days, ended_at, created_at";

fn read(row: &AnyRow) -> Result<Charge, Error> {
    let told_days: Option<i64> = row.try_get("told_days")?;
    Ok(Charge {
        id: parsed(row, "id")?,
        customer: parsed(row, "customer")?,
        entitlement: parsed(row, "entitlement")?,
        plan: parsed(row, "plan")?,
        period: number(row, "period")?,
        from_at: instant(row, "from_at")?,
        until_at: instant(row, "until_at")?,
        price: money(row, "price_minor")?,
        state: state(row)?,
        due_at: instant(row, "due_at")?,
        intent: row.try_get("intent")?,
        card: row.try_get("card")?,
        told_days: told_days.and_then(|days| u32::try_from(days).ok()),
        created_at: instant(row, "created_at")?,
    })
}

fn state(row: &AnyRow) -> Result<ChargeState, Error> {
    let failure = || word(row, "failure", Failure::from_word);
    let at = || instant(row, "ended_at");
    let state: String = row.try_get("state")?;
    Ok(match state.as_str() {
        "scheduled" => ChargeState::Scheduled,
        "open" => ChargeState::Open {
            first_at: instant(row, "first_at")?,
            next_at: instant(row, "next_at")?,
            gives_up_at: instant(row, "gives_up_at")?,
            failure: failure()?,
        },
        "paid" => ChargeState::Paid { at: at()? },
        "given_up" => ChargeState::GivenUp { at: at()?, failure: failure()? },
        "missed" => ChargeState::Missed { at: at()? },
        "cancelled" => ChargeState::Cancelled { at: at()? },
        _ => return Err(Error::Bug(format!("charge.state is {state:?}"))),
    })
}

/// The columns of a state: first, next, end of the grace, failure, end.
type StateColumns = (Option<i64>, Option<i64>, Option<i64>, Option<String>, Option<i64>);

fn columns(state: ChargeState) -> StateColumns {
    let at = |at: Timestamp| Some(at.as_millis());
    match state {
        ChargeState::Scheduled => (None, None, None, None, None),
        ChargeState::Open { first_at, next_at, gives_up_at, failure } => {
            (at(first_at), at(next_at), at(gives_up_at), Some(failure.word().to_owned()), None)
        }
        ChargeState::Paid { at: ended } | ChargeState::Missed { at: ended } | ChargeState::Cancelled { at: ended } => {
            (None, None, None, None, at(ended))
        }
        ChargeState::GivenUp { at: ended, failure } => (None, None, None, Some(failure.word().to_owned()), at(ended)),
    }
}

/// A new charge. False: its period has one.
pub async fn begin_charge(tx: &mut Tx, charge: &Charge) -> Result<bool, Error> {
    let sql = "insert into charge (id, customer, entitlement, plan, period, from_at, until_at, price_minor, currency,
          state, due_at, first_at, next_at, gives_up_at, failure, intent, card, told_days, ended_at, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
        on conflict (entitlement, period) do nothing";
    let (first_at, next_at, gives_up_at, failure, ended_at) = columns(charge.state);
    let begun = sqlx::query(sql)
        .bind(charge.id.to_string())
        .bind(charge.customer.to_string())
        .bind(charge.entitlement.to_string())
        .bind(charge.plan.to_string())
        .bind(i64::from(charge.period))
        .bind(charge.from_at.as_millis())
        .bind(charge.until_at.as_millis())
        .bind(charge.price.minor_units)
        .bind(charge.price.currency.code().to_string())
        .bind(charge.state.word().to_string())
        .bind(charge.due_at.as_millis())
        .bind(first_at)
        .bind(next_at)
        .bind(gives_up_at)
        .bind(failure)
        .bind(charge.intent.clone())
        .bind(charge.card.clone())
        .bind(charge.told_days.map(i64::from))
        .bind(ended_at)
        .bind(charge.created_at.as_millis())
        .execute(tx.sql())
        .await?;
    Ok(begun.rows_affected() == 1)
}

/// Writes what can change of a charge. The caller holds its row.
pub async fn put_charge(tx: &mut Tx, charge: &Charge) -> Result<(), Error> {
    let sql = "update charge set state = $2, first_at = $3, next_at = $4, gives_up_at = $5, failure = $6, intent = $7,
          card = $8, told_days = $9, ended_at = $10 where id = $1";
    let (first_at, next_at, gives_up_at, failure, ended_at) = columns(charge.state);
    sqlx::query(sql)
        .bind(charge.id.to_string())
        .bind(charge.state.word().to_string())
        .bind(first_at)
        .bind(next_at)
        .bind(gives_up_at)
        .bind(failure)
        .bind(charge.intent.clone())
        .bind(charge.card.clone())
        .bind(charge.told_days.map(i64::from))
        .bind(ended_at)
        .execute(tx.sql())
        .await?;
    Ok(())
}

/// A charge, held until the commit.
pub async fn lock_charge(tx: &mut Tx, id: ChargeId) -> Result<Option<Charge>, Error> {
    let sql = format!("select {COLUMNS} from charge where id = $1{}", tx.for_update());
    let row = sqlx::query(AssertSqlSafe(sql)).bind(id.to_string()).fetch_optional(tx.sql()).await?;
    row.as_ref().map(read).transpose()
}

/// A charge.
pub async fn charge(conn: &mut Conn, id: ChargeId) -> Result<Option<Charge>, Error> {
    let sql = format!("select {COLUMNS} from charge where id = $1");
    let row = sqlx::query(AssertSqlSafe(sql)).bind(id.to_string()).fetch_optional(conn.sql()).await?;
    row.as_ref().map(read).transpose()
}

/// The charge that a payment at the provider is for.
pub async fn of_intent(conn: &mut Conn, intent: &str) -> Result<Option<Charge>, Error> {
    let sql = format!("select {COLUMNS} from charge where intent = $1 limit 1");
    let row = sqlx::query(AssertSqlSafe(sql)).bind(intent.to_string()).fetch_optional(conn.sql()).await?;
    row.as_ref().map(read).transpose()
}

/// A customer's charges, the latest period first.
pub async fn of_customer(conn: &mut Conn, customer: CustomerId, limit: i64) -> Result<Vec<Charge>, Error> {
    let sql = format!("select {COLUMNS} from charge where customer = $1 order by due_at desc, id desc limit $2");
    let query = sqlx::query(AssertSqlSafe(sql)).bind(customer.to_string()).bind(limit);
    query.fetch_all(conn.sql()).await?.iter().map(read).collect()
}

/// The charge of an entitlement that is not ended, if there is one: the next period's.
pub async fn open_of_entitlement(conn: &mut Conn, id: EntitlementId) -> Result<Option<Charge>, Error> {
    let sql = format!(
        "select {COLUMNS} from charge where entitlement = $1 and state in ('scheduled', 'open')
         order by period limit 1"
    );
    let row = sqlx::query(AssertSqlSafe(sql)).bind(id.to_string()).fetch_optional(conn.sql()).await?;
    row.as_ref().map(read).transpose()
}

/// The charge of one period.
pub async fn of_period(conn: &mut Conn, id: EntitlementId, period: u32) -> Result<Option<Charge>, Error> {
    let sql = format!("select {COLUMNS} from charge where entitlement = $1 and period = $2");
    let query = sqlx::query(AssertSqlSafe(sql)).bind(id.to_string()).bind(i64::from(period));
    query.fetch_optional(conn.sql()).await?.as_ref().map(read).transpose()
}

/// Charges whose next step is due, the longest due first.
pub async fn overdue(conn: &mut Conn, now: Timestamp, limit: i64) -> Result<Vec<ChargeId>, Error> {
    let sql = "select id from charge where (state = 'scheduled' and due_at <= $1)
          or (state = 'open' and (next_at <= $1 or gives_up_at <= $1)) order by due_at, id limit $2";
    let rows = sqlx::query(sql).bind(now.as_millis()).bind(limit).fetch_all(conn.sql()).await?;
    rows.iter().map(|row| parsed(row, "id")).collect()
}

/// Scheduled charges that begin before `before` and were last told earlier than so many days ahead.
pub async fn scheduled_to_tell(
    conn: &mut Conn,
    now: Timestamp,
    before: Timestamp,
    days: u32,
    limit: i64,
) -> Result<Vec<ChargeId>, Error> {
    let sql = "select id from charge where state = 'scheduled' and due_at > $1 and due_at <= $2
          and (told_days is null or told_days > $3) order by due_at, id limit $4";
    let query = sqlx::query(sql).bind(now.as_millis()).bind(before.as_millis()).bind(i64::from(days)).bind(limit);
    query.fetch_all(conn.sql()).await?.iter().map(|row| parsed(row, "id")).collect()
}

/// A customer has a new card, or asks for it: what is open is tried now. Gives back which.
pub async fn hurry(tx: &mut Tx, customer: CustomerId, now: Timestamp) -> Result<Vec<ChargeId>, Error> {
    let sql = "update charge set next_at = $2 where customer = $1 and state = 'open' and next_at > $2 returning id";
    let rows = sqlx::query(sql).bind(customer.to_string()).bind(now.as_millis()).fetch_all(tx.sql()).await?;
    rows.iter().map(|row| parsed(row, "id")).collect()
}

/// Which charges are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// In this state, as a table says it.
    pub state: Option<&'static str>,
    /// Of this customer.
    pub customer: Option<CustomerId>,
    /// Asked back by the customer's bank.
    pub disputed: bool,
    /// After this one, which was the last of the page before.
    pub before: Option<ChargeId>,
}

/// Charges, the latest first.
pub async fn list(conn: &mut Conn, filter: Filter, limit: i64) -> Result<Vec<Charge>, Error> {
    let sql = format!(
        "select {COLUMNS} from charge where ($1 = '' or state = $1) and ($2 = '' or customer = $2)
           and ($3 = 0 or id in (select d.charge from dispute d)) and ($4 = '' or id < $4)
         order by id desc limit $5"
    );
    let text = |id: Option<String>| id.unwrap_or_default();
    let query = sqlx::query(AssertSqlSafe(sql)).bind(filter.state.unwrap_or_default().to_string());
    let query = query.bind(text(filter.customer.map(|id| id.to_string()))).bind(i64::from(filter.disputed));
    let query = query.bind(text(filter.before.map(|id| id.to_string()))).bind(limit);
    query.fetch_all(conn.sql()).await?.iter().map(read).collect()
}

/// The last charges, the latest first.
pub async fn latest(conn: &mut Conn, limit: i64) -> Result<Vec<Charge>, Error> {
    list(conn, Filter::default(), limit).await
}

impl Charge {
    /// The charge of a period, not yet due.
    pub(in crate::billing) fn scheduled(
        id: ChargeId,
        renewal: &crate::billing::Renewal,
        period: Period,
        price: shared::money::Money,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            customer: renewal.customer,
            entitlement: renewal.entitlement,
            plan: renewal.plan,
            period: period.n,
            from_at: period.from_at,
            until_at: period.until_at,
            price,
            state: ChargeState::Scheduled,
            due_at: period.from_at,
            intent: None,
            card: None,
            told_days: None,
            created_at: now,
        }
    }
}
