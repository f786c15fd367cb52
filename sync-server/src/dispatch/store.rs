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
    let rows = sqlx::query(sql).bind(before.as_millis()).bind(limit).fetch_all(conn.sql()).await?;
    let id = |row: &sqlx::any::AnyRow, name: &str| row.try_get::<String, _>(name);
    let mut found = Vec::with_capacity(rows.len());
    for row in &rows {
        let parsed = id(row, "id")?.parse().ok().zip(id(row, "holder")?.parse().ok());
        found.push(parsed.ok_or_else(|| Error::Bug("ticket.id or ticket.holder is no id".into()))?);
    }
    Ok(found)
}
