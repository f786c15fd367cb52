//! The tables `refund`, `dispute` and `provider_event`.

use crate::billing::refund::{Refund, RefundState};
use crate::billing::stripe::event::DisputeTold;
use crate::db::columns::{instant, instant_opt, parsed};
use crate::db::{Conn, Error, Tx};
use serde::Serialize;
use shared::event::Actor;
use shared::ids::{ChargeId, RefundId};
use shared::money::{Currency, Money};
use shared::time::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

const COLUMNS: &str =
    "f.id, f.charge, f.amount_minor, c.currency, f.reason, f.state, f.why, f.asked_at, f.begun_at, f.ended_at";
/// Refunds or disputes of one charge.
const OF_CHARGE_MAX: i64 = 100;

fn read(row: &AnyRow) -> Result<Refund, Error> {
    let state: String = row.try_get("state")?;
    let at = || instant(row, "ended_at");
    let state = match state.as_str() {
        "asked" => RefundState::Asked,
        "done" => RefundState::Done { at: at()? },
        "failed" => {
            RefundState::Failed { at: at()?, why: row.try_get::<Option<String>, _>("why")?.unwrap_or_default() }
        }
        _ => return Err(Error::Bug(format!("refund.state is {state:?}"))),
    };
    Ok(Refund {
        id: parsed(row, "id")?,
        charge: parsed(row, "charge")?,
        amount: super::money(row, "amount_minor")?,
        reason: parsed(row, "reason")?,
        state,
        asked_at: instant(row, "asked_at")?,
        begun_at: instant_opt(row, "begun_at")?,
    })
}

/// A new refund, on its way.
pub async fn begin_refund(tx: &mut Tx, refund: &Refund, actor: Actor) -> Result<(), Error> {
    let sql = "insert into refund (id, charge, amount_minor, reason, actor, state, asked_at)
        values ($1, $2, $3, $4, $5, 'asked', $6)";
    let actor = serde_json::to_string(&actor).map_err(|error| Error::Bug(format!("who refunds: {error}")))?;
    let query = sqlx::query(sql).bind(refund.id.to_string()).bind(refund.charge.to_string());
    let query = query.bind(refund.amount.minor_units).bind(refund.reason.to_string()).bind(actor);
    query.bind(refund.asked_at.as_millis()).execute(tx.sql()).await?;
    Ok(())
}

/// Notes the first request for a refund; gives back when that was, by the real clock.
pub async fn touch_refund(tx: &mut Tx, id: RefundId) -> Result<Timestamp, Error> {
    let now = tx.real_now();
    let sql = "update refund set begun_at = coalesce(begun_at, $2) where id = $1 returning begun_at";
    let row = sqlx::query(sql).bind(id.to_string()).bind(now.as_millis()).fetch_optional(tx.sql()).await?;
    row.map_or(Ok(now), |row| instant(&row, "begun_at"))
}

/// Writes how a refund ended. Says whether that is news; one that was done may still fail at the bank.
pub async fn end_refund(tx: &mut Tx, refund: &Refund, reference: Option<&str>) -> Result<bool, Error> {
    let (at, why) = match &refund.state {
        RefundState::Asked => return Ok(false),
        RefundState::Done { at } => (*at, None),
        RefundState::Failed { at, why } => (*at, Some(why.clone())),
    };
    let sql = "update refund set state = $2, why = $3, provider_ref = coalesce($4, provider_ref), ended_at = $5
        where id = $1 and state <> $2";
    let query = sqlx::query(sql).bind(refund.id.to_string()).bind(refund.state.word().to_string()).bind(why);
    let ended = query.bind(reference.map(str::to_owned)).bind(at.as_millis()).execute(tx.sql()).await?;
    Ok(ended.rows_affected() == 1)
}

/// A refund.
pub async fn refund(conn: &mut Conn, id: RefundId) -> Result<Option<Refund>, Error> {
    let sql = format!("select {COLUMNS} from refund f join charge c on c.id = f.charge where f.id = $1");
    let row = sqlx::query(AssertSqlSafe(sql)).bind(id.to_string()).fetch_optional(conn.sql()).await?;
    row.as_ref().map(read).transpose()
}

/// Refunds of a charge, in order.
pub async fn refunds(conn: &mut Conn, charge: ChargeId) -> Result<Vec<Refund>, Error> {
    let sql = format!(
        "select {COLUMNS} from refund f join charge c on c.id = f.charge where f.charge = $1 order by f.id limit $2"
    );
    let query = sqlx::query(AssertSqlSafe(sql)).bind(charge.to_string()).bind(OF_CHARGE_MAX);
    query.fetch_all(conn.sql()).await?.iter().map(read).collect()
}

/// Refunds on their way, the oldest first.
pub async fn open_refunds(conn: &mut Conn, limit: i64) -> Result<Vec<RefundId>, Error> {
    let sql = "select id from refund where state = 'asked' order by id limit $1";
    let rows = sqlx::query(sql).bind(limit).fetch_all(conn.sql()).await?;
    rows.iter().map(|row| parsed(row, "id")).collect()
}

/// A dispute as it was last told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Dispute {
    /// The provider's reference.
    pub reference: String,
    /// Of which charge.
    pub charge: ChargeId,
    /// How much is asked back.
    pub amount: Money,
    /// The bank's reason, in the provider's word.
    pub reason: String,
    /// Where it is, in the provider's word.
    pub state: String,
    /// Until when it can be answered, at the provider.
    pub answer_by: Option<Timestamp>,
}

impl Dispute {
    /// Whether the bank has decided.
    pub fn is_over(&self) -> bool {
        matches!(self.state.as_str(), "won" | "lost" | "warning_closed" | "prevented")
    }
}

/// Takes what the provider tells about a dispute, unless it told something newer before. Says whether it is a new one.
pub async fn take_dispute(tx: &mut Tx, charge: ChargeId, told: &DisputeTold, at: Timestamp) -> Result<bool, Error> {
    let clean = |text: &str| text.chars().filter(|char| !char.is_control()).take(100).collect::<String>();
    let now = tx.real_now().as_millis();
    let sql = "insert into dispute (provider_ref, charge, amount_minor, reason, state, answer_by, told_at, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (provider_ref) do nothing";
    let query = sqlx::query(sql).bind(clean(&told.reference)).bind(charge.to_string()).bind(told.amount_minor);
    let query = query.bind(clean(&told.reason)).bind(clean(&told.state));
    let query = query.bind(told.answer_by.map(Timestamp::as_millis)).bind(at.as_millis()).bind(now);
    if query.execute(tx.sql()).await?.rows_affected() == 1 {
        return Ok(true);
    }
    let sql = "update dispute set amount_minor = $2, reason = $3, state = $4, answer_by = $5, told_at = $6
        where provider_ref = $1 and told_at <= $6 and state not in ('won', 'lost')";
    let query = sqlx::query(sql).bind(clean(&told.reference)).bind(told.amount_minor).bind(clean(&told.reason));
    let query = query.bind(clean(&told.state)).bind(told.answer_by.map(Timestamp::as_millis)).bind(at.as_millis());
    query.execute(tx.sql()).await?;
    Ok(false)
}

/// Disputes of a charge.
pub async fn disputes(conn: &mut Conn, charge: ChargeId, currency: Currency) -> Result<Vec<Dispute>, Error> {
    let sql = "select provider_ref, charge, amount_minor, reason, state, answer_by from dispute where charge = $1
        order by created_at, provider_ref limit $2";
    let rows = sqlx::query(sql).bind(charge.to_string()).bind(OF_CHARGE_MAX).fetch_all(conn.sql()).await?;
    let read = |row: &AnyRow| {
        Ok(Dispute {
            reference: row.try_get("provider_ref")?,
            charge: parsed(row, "charge")?,
            amount: Money { minor_units: row.try_get("amount_minor")?, currency },
            reason: row.try_get("reason")?,
            state: row.try_get("state")?,
            answer_by: instant_opt(row, "answer_by")?,
        })
    };
    rows.iter().map(read).collect()
}

/// Notes a telling of the provider. False: it was taken before.
pub async fn take_event(tx: &mut Tx, id: &str, kind: &str) -> Result<bool, Error> {
    let at = tx.real_now().as_millis();
    let sql = "insert into provider_event (id, kind, at) values ($1, $2, $3) on conflict (id) do nothing";
    let query = sqlx::query(sql).bind(id.to_string()).bind(kind.to_string()).bind(at);
    Ok(query.execute(tx.sql()).await?.rows_affected() == 1)
}

/// Forgets tellings that were taken before; the provider does not repeat them any more.
pub async fn forget_events(tx: &mut Tx, before: Timestamp, limit: i64) -> Result<(), Error> {
    let sql = "delete from provider_event where id in (select p.id from provider_event p where p.at < $1 limit $2)";
    sqlx::query(sql).bind(before.as_millis()).bind(limit).execute(tx.sql()).await?;
    Ok(())
}
