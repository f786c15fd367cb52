//! The table `override_offer`: every offer that a person made against a rule or a caution, for the report.

use super::Against;
use crate::db::columns::{instant, json, parsed};
use crate::db::{Conn, Error, Tx};
use shared::ids::{CustomerId, ExpertId, OfferId, StaffId, TicketId};
use shared::text::Reason;
use shared::time::Timestamp;
use sqlx::any::AnyRow;

/// An override as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// Which offer.
    pub offer: OfferId,
    /// Of which ticket.
    pub ticket: TicketId,
    /// To whom.
    pub expert: ExpertId,
    /// Who wanted it.
    pub staff: StaffId,
    /// When.
    pub made_at: Timestamp,
    /// Why.
    pub reason: Reason,
    /// What stood against it.
    pub against: Against,
}

/// Keeps one.
pub(super) async fn insert(tx: &mut Tx, made: &Override) -> Result<(), Error> {
    let body = serde_json::to_string(&made.against).map_err(|why| Error::Bug(format!("an override: {why}")))?;
    let sql = "insert into override_offer (offer, ticket, expert, staff, made_at, reason, body)
        values ($1, $2, $3, $4, $5, $6, $7)";
    let query = sqlx::query(sql).bind(made.offer.to_string()).bind(made.ticket.to_string());
    let query = query.bind(made.expert.to_string()).bind(made.staff.to_string()).bind(made.made_at.as_millis());
    query.bind(made.reason.to_string()).bind(body).execute(tx.sql()).await?;
    Ok(())
}

/// The overrides of one ticket or of all, the last first; `before` is the last one of the page before.
pub async fn list(
    conn: &mut Conn,
    ticket: Option<TicketId>,
    before: Option<OfferId>,
    limit: i64,
) -> Result<Vec<Override>, Error> {
    // Ids of offers sort as they were made.
    let sql = "select offer, ticket, expert, staff, made_at, reason, body from override_offer
        where ($1 = '' or ticket = $1) and ($2 = '' or offer < $2) order by offer desc limit $3";
    let query = sqlx::query(sql).bind(ticket.map(|id| id.to_string()).unwrap_or_default());
    let query = query.bind(before.map(|id| id.to_string()).unwrap_or_default()).bind(limit);
    query.fetch_all(conn.sql()).await?.iter().map(read).collect()
}

fn read(row: &AnyRow) -> Result<Override, Error> {
    Ok(Override {
        offer: parsed(row, "offer")?,
        ticket: parsed(row, "ticket")?,
        expert: parsed(row, "expert")?,
        staff: parsed(row, "staff")?,
        made_at: instant(row, "made_at")?,
        reason: parsed(row, "reason")?,
        against: json(row, "body")?,
    })
}

/// Deletes the reasons of offers by hand about a customer's tickets: people write names there.
pub async fn forget(tx: &mut Tx, customer: CustomerId) -> Result<(), Error> {
    let sql = "update override_offer set reason = '(deleted)'
        where ticket in (select t.id from ticket t where t.customer = $1)";
    sqlx::query(sql).bind(customer.to_string()).execute(tx.sql()).await?;
    Ok(())
}
