//! What reports of money add up: what was paid and given back in a time, and how the renewals did that fell due in it.

use super::{money, word};
use crate::billing::charge::Failure;
use crate::db::columns::{flag, instant, instant_opt, parsed};
use crate::db::{Conn, Error};
use shared::ids::PlanId;
use shared::money::Money;
use shared::time::Timestamp;
use sqlx::Row as _;
use sqlx::any::AnyRow;

/// A renewal is not paid in time after so many minutes: a provider that is down for an afternoon is no failure of a card.
const LATE_MINUTES: i64 = 24 * 60;

/// Money that came, or that was given back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// When, by the business clock.
    pub at: Timestamp,
    /// How much.
    pub amount: Money,
    /// For which plan.
    pub plan: PlanId,
    /// For a period after the first one.
    pub is_renewal: bool,
}

/// How the renewal ended, as far as it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RenewedEnd {
    /// The money came.
    Paid,
    /// It is tried again.
    Open,
    /// It was not paid within the grace.
    GivenUp,
    /// Its period was over before it was ever asked for.
    Missed,
}

impl RenewedEnd {
    fn from_word(word: &str) -> Option<Self> {
        match word {
            "paid" => Some(Self::Paid),
            "open" => Some(Self::Open),
            "given_up" => Some(Self::GivenUp),
            "missed" => Some(Self::Missed),
            _ => None,
        }
    }
}

/// A renewal that fell due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renewed {
    /// When it did.
    pub due_at: Timestamp,
    /// What became of it.
    pub end: RenewedEnd,
    /// How long after that the money came.
    pub late_minutes: i64,
    /// Why a card was declined for it first, or why it was given up.
    pub failure: Option<Failure>,
}

impl Renewed {
    /// Whether it was not simply paid when it fell due.
    pub fn has_failed(&self) -> bool {
        self.failure.is_some() || self.end != RenewedEnd::Paid || self.late_minutes >= LATE_MINUTES
    }
}

fn moved(row: &AnyRow) -> Result<Moved, Error> {
    Ok(Moved {
        at: instant(row, "ended_at")?,
        amount: money(row, "amount_minor")?,
        plan: parsed(row, "plan")?,
        is_renewal: flag(row, "is_renewal")?,
    })
}

/// What was paid from one instant to another, the first first.
pub async fn paid(conn: &mut Conn, from: Timestamp, until: Timestamp, limit: i64) -> Result<Vec<Moved>, Error> {
    let sql = "select ended_at, price_minor as amount_minor, currency, plan,
          case when period > 0 then 1 else 0 end as is_renewal
        from charge where state = 'paid' and ended_at >= $1 and ended_at < $2 order by ended_at, id limit $3";
    let query = sqlx::query(sql).bind(from.as_millis()).bind(until.as_millis()).bind(limit);
    query.fetch_all(conn.sql()).await?.iter().map(moved).collect()
}

/// What was given back from one instant to another, the first first.
pub async fn given_back(conn: &mut Conn, from: Timestamp, until: Timestamp, limit: i64) -> Result<Vec<Moved>, Error> {
    let sql = "select f.ended_at, f.amount_minor, c.currency, c.plan,
          case when c.period > 0 then 1 else 0 end as is_renewal
        from refund f join charge c on c.id = f.charge
        where f.state = 'done' and f.ended_at >= $1 and f.ended_at < $2 order by f.ended_at, f.id limit $3";
    let query = sqlx::query(sql).bind(from.as_millis()).bind(until.as_millis()).bind(limit);
    query.fetch_all(conn.sql()).await?.iter().map(moved).collect()
}

fn read_renewed(row: &AnyRow) -> Result<Renewed, Error> {
    let due_at = instant(row, "due_at")?;
    let ended_at = instant_opt(row, "ended_at")?;
    let now: Option<String> = row.try_get("failure")?;
    let code: Option<String> = row.try_get("code")?;
    let declined = flag(row, "is_declined")?.then(|| Failure::of_code(code.as_deref().unwrap_or_default()));
    Ok(Renewed {
        due_at,
        end: word(row, "state", RenewedEnd::from_word)?,
        late_minutes: ended_at.map_or(0, |at| at.minutes_since(due_at)),
        failure: declined.or(now.as_deref().and_then(Failure::from_word)),
    })
}

/// Renewals that fell due from one instant to another, the first first. What was called off is none.
pub async fn renewed(conn: &mut Conn, from: Timestamp, until: Timestamp, limit: i64) -> Result<Vec<Renewed>, Error> {
    let sql = "select c.due_at, c.state, c.failure, c.ended_at,
          (select a.code from payment_attempt a where a.charge = c.id and a.state = 'declined' order by a.n limit 1)
            as code,
          case when exists (select 1 from payment_attempt a where a.charge = c.id and a.state = 'declined')
            then 1 else 0 end as is_declined
        from charge c where c.period > 0 and c.due_at >= $1 and c.due_at < $2
          and c.state in ('paid', 'open', 'given_up', 'missed') order by c.due_at, c.id limit $3";
    let query = sqlx::query(sql).bind(from.as_millis()).bind(until.as_millis()).bind(limit);
    query.fetch_all(conn.sql()).await?.iter().map(read_renewed).collect()
}
