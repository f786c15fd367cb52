//! What no phone has received: read from tickets, feeds and what devices acknowledged. Writes nothing.

use crate::db::{Conn, Error};
use shared::ids::{ExpertId, TicketId};
use shared::time::Timestamp;
use sqlx::Row;

/// Visits that an expert said yes to, or that were booked for him, in which nothing happened after `before`, and that
/// no live device of his has on its disk: none of them acknowledged his stream up to where the ticket came into it.
/// Those that a person is asked about already are left out.
pub(super) async fn unheard(
    conn: &mut Conn,
    before: Timestamp,
    limit: i64,
) -> Result<Vec<(TicketId, ExpertId)>, Error> {
    let sql = "select t.id, t.holder from ticket t
        join feed f on f.stream = 'u:' || t.holder and f.kind = 'ticket' and f.id = t.id and f.op = 'put'
        where t.state = 'accepted' and t.needs_human is null and t.changed_at <= $1
          and f.since_seq > coalesce((select max(a.seq) from device d
            join device_ack a on a.device = d.id and a.inc = d.newest_inc and a.stream = f.stream
            where d.expert = t.holder and d.revoked = 0), 0)
        order by t.changed_at, t.id limit $2";
    read(&sqlx::query(sql).bind(before.as_millis()).bind(limit).fetch_all(conn.sql()).await?)
}

/// Open offers made before `before` to experts who want an SMS only then, that no live device of theirs has on its disk.
pub(super) async fn unheard_offers(
    conn: &mut Conn,
    before: Timestamp,
    limit: i64,
) -> Result<Vec<(TicketId, ExpertId)>, Error> {
    let sql = "select t.id, t.holder from offer o
        join ticket t on t.id = o.ticket and t.state = 'offered' and t.holder = o.expert
        join expert e on e.id = o.expert and e.sms = 'if_unheard'
        join feed f on f.stream = 'u:' || t.holder and f.kind = 'ticket' and f.id = t.id and f.op = 'put'
        where o.state = 'open' and o.made_at <= $1
          and f.since_seq > coalesce((select max(a.seq) from device d
            join device_ack a on a.device = d.id and a.inc = d.newest_inc and a.stream = f.stream
            where d.expert = t.holder and d.revoked = 0), 0)
        order by o.made_at, t.id limit $2";
    read(&sqlx::query(sql).bind(before.as_millis()).bind(limit).fetch_all(conn.sql()).await?)
}

/// Whether a live device of a ticket's holder has it on its disk as it came to him; none if nobody holds it.
pub(super) async fn has_it(conn: &mut Conn, ticket: TicketId) -> Result<Option<bool>, Error> {
    let sql = "select case when f.since_seq <= coalesce((select max(a.seq) from device d
            join device_ack a on a.device = d.id and a.inc = d.newest_inc and a.stream = f.stream
            where d.expert = t.holder and d.revoked = 0), 0) then 1 else 0 end as has_it
        from ticket t join feed f on f.stream = 'u:' || t.holder and f.kind = 'ticket' and f.id = t.id and f.op = 'put'
        where t.id = $1 and t.holder is not null";
    let row = sqlx::query(sql).bind(ticket.to_string()).fetch_optional(conn.sql()).await?;
    row.map(|row| crate::db::columns::flag(&row, "has_it")).transpose()
}

fn read(rows: &[sqlx::any::AnyRow]) -> Result<Vec<(TicketId, ExpertId)>, Error> {
    let id = |row: &sqlx::any::AnyRow, name: &str| row.try_get::<String, _>(name);
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let parsed = id(row, "id")?.parse().ok().zip(id(row, "holder")?.parse().ok());
        found.push(parsed.ok_or_else(|| Error::Bug("ticket.id or ticket.holder is no id".into()))?);
    }
    Ok(found)
}
