//! What is left of tickets whose customer left: numbers, states, products and times, so that the ledger and the reports
//! stay whole; no words of the customer's, and no names in those of others.

use super::super::Ticket;
use super::read;
use crate::db::{Error, Tx};
use crate::events;
use crate::feed::{Entity, Kind, Op, Stream};
use shared::event::Actor;
use shared::text::Summary;
use sqlx::Row;

/// What stands in place of a customer's words.
const DELETED: &str = "(deleted)";

/// Takes a customer out of a ticket that has ended. `scrub` takes names and addresses out of what experts and staff wrote.
/// The phone that still shows the ticket gets it anew.
pub async fn forget(tx: &mut Tx, ticket: &Ticket, scrub: &(dyn Fn(&str) -> String + Send + Sync)) -> Result<(), Error> {
    let summary = ticket.summary.as_ref().map(|summary| scrub(summary.as_str()));
    let sql = "update ticket set title = $2, description = $2, access_note = null, summary = $3, windows = '[]',
          ver = ver + 1 where id = $1";
    sqlx::query(sql)
        .bind(ticket.id.to_string())
        .bind(DELETED.to_string())
        .bind(summary.filter(|summary| summary.parse::<Summary>().is_ok()))
        .execute(tx.sql())
        .await?;
    let sql = "select id, author, body from note where ticket = $1 order by id";
    for row in sqlx::query(sql).bind(ticket.id.to_string()).fetch_all(tx.sql()).await? {
        let (id, body): (String, String) = (row.try_get("id")?, row.try_get("body")?);
        let by_customer = match read::json::<Actor>(&row, "author")? {
            Actor::Customer(_) => true,
            Actor::Agent(_) | Actor::Admin(_) | Actor::Expert(_) | Actor::Server => false,
        };
        let sql =
            "update note set body = $2, author_name = case when $3 = 1 then 'Deleted customer' else author_name end
            where id = $1";
        let words = if by_customer { DELETED.to_owned() } else { scrub(&body) };
        let query = sqlx::query(sql).bind(id).bind(words).bind(i64::from(by_customer));
        query.execute(tx.sql()).await?;
    }
    events::forget(tx, ticket.id, scrub).await?;
    if let Some(expert) = ticket.stream_of {
        tx.touch(Stream::of_expert(expert), Entity::new(Kind::Ticket, ticket.id), Op::Put);
    }
    Ok(())
}
