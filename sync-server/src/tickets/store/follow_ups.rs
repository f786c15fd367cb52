//! Which ticket follows which.

use super::super::{Product, Ticket, was_visited};
use super::read::{self, COLUMNS};
use super::write;
use crate::db::{Conn, Error, Tx};
use shared::ids::TicketId;
use shared::time::Timestamp;
use sqlx::AssertSqlSafe;

/// Visits at one site that are looked through for the same product.
const FINISHED_MAX: i64 = 200;

/// The last visit to this product since then, if nothing follows it yet.
pub async fn earlier(conn: &mut Conn, product: &Product, since: Timestamp) -> Result<Option<Ticket>, Error> {
    let sql = format!(
        "select {COLUMNS} from ticket where site = $1 and state = 'completed' and ended_at >= $2
         order by ended_at desc, id desc limit $3"
    );
    let query = sqlx::query(AssertSqlSafe(sql)).bind(product.site().to_string()).bind(since.as_millis());
    for row in query.bind(FINISHED_MAX).fetch_all(conn.sql()).await? {
        let ticket = read::ticket(&row)?;
        if was_visited(&ticket) && Product::of(&ticket) == *product {
            return Ok(if follow_up_of(conn, ticket.id).await?.is_none() { Some(ticket) } else { None });
        }
    }
    Ok(None)
}

/// The ticket that follows this one.
pub async fn follow_up_of(conn: &mut Conn, ticket: TicketId) -> Result<Option<Ticket>, Error> {
    let sql = format!("select {COLUMNS} from ticket where follows = $1");
    let row = sqlx::query(AssertSqlSafe(sql)).bind(ticket.to_string()).fetch_optional(conn.sql()).await?;
    row.as_ref().map(read::ticket).transpose()
}

/// Whether nothing follows this ticket yet. It is held until the commit, so that of two reports one follows it.
pub async fn may_follow(tx: &mut Tx, ticket: TicketId) -> Result<bool, Error> {
    let held = write::lock(tx, &[ticket]).await?;
    Ok(!held.is_empty() && follow_up_of(tx, ticket).await?.is_none())
}
