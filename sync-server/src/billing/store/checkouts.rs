//! The table `checkout`.

use super::{currency, word};
use crate::db::columns::{instant, parsed, parsed_opt};
use crate::db::{Conn, Error, Tx};
use shared::ids::{CheckoutId, CustomerId, EntitlementId, PlanId};
use shared::money::Money;
use shared::time::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

const COLUMNS: &str =
    "id, customer, purpose, plan, entitlement, price_minor, currency, state, session, url, created_at, expires_at";

/// Where a visit to the provider's page is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckoutState {
    /// The page is asked for.
    Asked,
    /// The page is open.
    Open,
    /// It did what it was for.
    Done,
    /// It was left: nothing follows.
    Left,
}

impl CheckoutState {
    /// The word in the table.
    pub fn word(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Open => "open",
            Self::Done => "done",
            Self::Left => "left",
        }
    }

    /// What a word means.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Asked, Self::Open, Self::Done, Self::Left].into_iter().find(|state| state.word() == word)
    }
}

/// A visit to the provider's page. `buys` says what was agreed; nothing where only a card is left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkout {
    /// Which.
    pub id: CheckoutId,
    /// Whose.
    pub customer: CustomerId,
    /// The plan, the entitlement that it will be, and its price.
    pub buys: Option<(PlanId, EntitlementId, Money)>,
    /// Where it is.
    pub state: CheckoutState,
    /// The provider's reference.
    pub session: Option<String>,
    /// The page's address.
    pub url: Option<String>,
    /// When it began, by the real clock.
    pub created_at: Timestamp,
    /// When the page closes, by the real clock.
    pub expires_at: Timestamp,
}

fn read(row: &AnyRow) -> Result<Checkout, Error> {
    let price: Option<i64> = row.try_get("price_minor")?;
    let code: Option<String> = row.try_get("currency")?;
    let buys = match (parsed_opt(row, "plan")?, parsed_opt(row, "entitlement")?, price, code) {
        (Some(plan), Some(entitlement), Some(minor_units), Some(code)) => {
            Some((plan, entitlement, Money { minor_units, currency: currency(&code)? }))
        }
        (_, _, _, _) => None,
    };
    Ok(Checkout {
        id: parsed(row, "id")?,
        customer: parsed(row, "customer")?,
        buys,
        state: word(row, "state", CheckoutState::from_word)?,
        session: row.try_get("session")?,
        url: row.try_get("url")?,
        created_at: instant(row, "created_at")?,
        expires_at: instant(row, "expires_at")?,
    })
}

/// Begins a visit.
pub async fn begin(tx: &mut Tx, checkout: &Checkout) -> Result<(), Error> {
    let sql =
        "insert into checkout (id, customer, purpose, plan, entitlement, price_minor, currency, state, created_at,
          expires_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let (plan, entitlement, price) = match &checkout.buys {
        Some((plan, entitlement, price)) => (Some(plan.to_string()), Some(entitlement.to_string()), Some(*price)),
        None => (None, None, None),
    };
    sqlx::query(sql)
        .bind(checkout.id.to_string())
        .bind(checkout.customer.to_string())
        .bind(if checkout.buys.is_some() { "buy".to_string() } else { "card".to_string() })
        .bind(plan)
        .bind(entitlement)
        .bind(price.map(|price| price.minor_units))
        .bind(price.map(|price| price.currency.code().to_string()))
        .bind(checkout.state.word().to_string())
        .bind(checkout.created_at.as_millis())
        .bind(checkout.expires_at.as_millis())
        .execute(tx.sql())
        .await?;
    Ok(())
}

/// The page is open.
pub async fn entered(tx: &mut Tx, id: CheckoutId, session: &str, url: &str) -> Result<(), Error> {
    let sql = "update checkout set state = 'open', session = $2, url = $3 where id = $1 and state = 'asked'";
    let query = sqlx::query(sql).bind(id.to_string()).bind(session.to_string()).bind(url.to_string());
    query.execute(tx.sql()).await?;
    Ok(())
}

/// Ends a visit. Says whether it was open.
pub async fn end(tx: &mut Tx, id: CheckoutId, state: CheckoutState) -> Result<bool, Error> {
    let at = tx.real_now().as_millis();
    // A page that was paid counts even where we had given it up.
    let sql = "update checkout set state = $2, ended_at = $3
        where id = $1 and state <> 'done' and (state <> 'left' or $2 = 'done')";
    let query = sqlx::query(sql).bind(id.to_string()).bind(state.word().to_string()).bind(at);
    Ok(query.execute(tx.sql()).await?.rows_affected() == 1)
}

/// A visit.
pub async fn checkout(conn: &mut Conn, id: CheckoutId) -> Result<Option<Checkout>, Error> {
    let sql = format!("select {COLUMNS} from checkout where id = $1");
    let row = sqlx::query(AssertSqlSafe(sql)).bind(id.to_string()).fetch_optional(conn.sql()).await?;
    row.as_ref().map(read).transpose()
}

/// A visit, held until the commit.
pub async fn lock(tx: &mut Tx, id: CheckoutId) -> Result<Option<Checkout>, Error> {
    let sql = format!("select {COLUMNS} from checkout where id = $1{}", tx.for_update());
    let row = sqlx::query(AssertSqlSafe(sql)).bind(id.to_string()).fetch_optional(tx.sql()).await?;
    row.as_ref().map(read).transpose()
}

/// The visit of a customer for the same purpose whose page is open still at `at`.
pub async fn open_for(
    conn: &mut Conn,
    customer: CustomerId,
    plan: Option<PlanId>,
    at: Timestamp,
) -> Result<Option<Checkout>, Error> {
    let sql = format!(
        "select {COLUMNS} from checkout where customer = $1 and coalesce(plan, '') = $2
           and state in ('asked', 'open') and expires_at > $3 order by created_at desc, id desc limit 1"
    );
    let plan = plan.map(|plan| plan.to_string()).unwrap_or_default();
    let query = sqlx::query(AssertSqlSafe(sql)).bind(customer.to_string()).bind(plan).bind(at.as_millis());
    query.fetch_optional(conn.sql()).await?.as_ref().map(read).transpose()
}

/// Visits whose page is closed by now and whose end we do not know, the oldest first.
pub async fn overdue_checkouts(conn: &mut Conn, real_now: Timestamp, limit: i64) -> Result<Vec<CheckoutId>, Error> {
    let sql = "select id from checkout where state in ('asked', 'open') and expires_at <= $1
        order by expires_at, id limit $2";
    let rows = sqlx::query(sql).bind(real_now.as_millis()).bind(limit).fetch_all(conn.sql()).await?;
    rows.iter().map(|row| parsed(row, "id")).collect()
}
