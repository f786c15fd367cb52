//! A ticket's history, append-only, and what each line of it causes: both in the caller's transaction.

use crate::db::{Conn, Error, Tx, values};
use crate::{jobs, reactions};
use shared::event::{Actor, Event};
use shared::ids::{EventId, TicketId};
use shared::time::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

mod forgotten;

/// An event with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Of which ticket.
    pub ticket: TicketId,
    /// Its number in the ticket's history, from 1 without gaps.
    pub seq: i64,
    /// When, by the business clock.
    pub at: Timestamp,
    /// Who did it.
    pub actor: Actor,
    /// What.
    pub event: Event,
}

/// Rows in one statement.
const ROWS_MAX: usize = 300;

/// Writes lines of histories and enqueues what they cause. The caller holds the tickets' rows, so numbers do not
/// collide.
pub async fn record(tx: &mut Tx, lines: &[Line]) -> Result<(), Error> {
    for rows in lines.chunks(ROWS_MAX) {
        let sql = format!(
            "insert into event (id, ticket, seq, kind, body, actor, at, recorded_at) values {}",
            values(rows.len(), 8)
        );
        let recorded_at = tx.real_now().as_millis();
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for line in rows {
            let id: EventId = tx.new_id();
            query = query.bind(id.to_string()).bind(line.ticket.to_string()).bind(line.seq);
            query = query.bind(line.event.fact.word().to_string()).bind(json(&line.event)?);
            query = query.bind(json(&line.actor)?).bind(line.at.as_millis()).bind(recorded_at);
        }
        query.execute(tx.sql()).await?;
    }
    let caused: Vec<_> =
        lines.iter().flat_map(|line| reactions::jobs(line.ticket, line.seq, &line.event, line.at)).collect();
    jobs::enqueue(tx, &caused).await
}

/// The history of a ticket after line `after`, oldest first.
pub async fn history(conn: &mut Conn, ticket: TicketId, after: i64, limit: i64) -> Result<Vec<Line>, Error> {
    let sql = "select seq, body, actor, at from event where ticket = $1 and seq > $2 order by seq limit $3";
    let query = sqlx::query(sql).bind(ticket.to_string()).bind(after).bind(limit);
    query.fetch_all(conn.sql()).await?.iter().map(|row| read(ticket, row)).collect()
}

/// What became of visits in a time, both instants included: who said yes or no and arrived, and what makes a promise void;
/// by ticket, in order; with `only` the lines of one kind.
pub async fn of_visits(
    conn: &mut Conn,
    only: Option<&str>,
    from: Timestamp,
    until: Timestamp,
    limit: i64,
) -> Result<Vec<Line>, Error> {
    let sql = "select ticket, seq, body, actor, at from event
        where kind in
            ('accepted', 'declined', 'arrived', 'released', 'moved', 'late', 'rescheduled', 'held', 'cannot_fix')
            and ($1 = '' or kind = $1) and at >= $2 and at <= $3 order by ticket, seq limit $4";
    let only = only.unwrap_or_default().to_string();
    let query = sqlx::query(sql).bind(only).bind(from.as_millis()).bind(until.as_millis()).bind(limit);
    let line = |row: &AnyRow| {
        let ticket: String = row.try_get("ticket")?;
        let ticket = ticket.parse().map_err(|error| Error::Bug(format!("event.ticket: {error}")))?;
        read(ticket, row)
    };
    query.fetch_all(conn.sql()).await?.iter().map(line).collect()
}

/// One line of a ticket's history.
pub async fn line(conn: &mut Conn, ticket: TicketId, seq: i64) -> Result<Option<Line>, Error> {
    let sql = "select seq, body, actor, at from event where ticket = $1 and seq = $2";
    let row = sqlx::query(sql).bind(ticket.to_string()).bind(seq).fetch_optional(conn.sql()).await?;
    row.as_ref().map(|row| read(ticket, row)).transpose()
}

/// Takes people's words and exact places out of a history; what happened, and when, stays.
pub async fn forget(
    tx: &mut Tx,
    ticket: TicketId,
    scrub: &(dyn Fn(&str) -> String + Send + Sync),
) -> Result<(), Error> {
    for mut line in history(tx, ticket, 0, i64::MAX).await? {
        if !forgotten::take_out(&mut line.event.fact, scrub) {
            continue;
        }
        let sql = "update event set body = $3 where ticket = $1 and seq = $2";
        let query = sqlx::query(sql).bind(ticket.to_string()).bind(line.seq).bind(json(&line.event)?);
        query.execute(tx.sql()).await?;
    }
    Ok(())
}

fn json(value: &impl serde::Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| Error::Bug(format!("an event cannot be written: {error}")))
}

fn read(ticket: TicketId, row: &AnyRow) -> Result<Line, Error> {
    let (seq, body, actor): (i64, String, String) = (row.try_get("seq")?, row.try_get("body")?, row.try_get("actor")?);
    let unreadable = |error| Error::Bug(format!("event {seq} of ticket {ticket} cannot be read: {error}"));
    Ok(Line {
        ticket,
        seq,
        at: Timestamp::from_millis(row.try_get("at")?),
        actor: serde_json::from_str(&actor).map_err(unreadable)?,
        event: serde_json::from_str(&body).map_err(unreadable)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Lane;
    use crate::db::testing::{START_MS, both_engines};
    use shared::chance::Seeded;
    use shared::event::Fact;
    use shared::ids::Id;

    #[tokio::test]
    async fn a_history_is_read_back_in_order_with_the_work_it_caused() {
        both_engines(async |db| {
            let at = Timestamp::from_millis(START_MS);
            let ticket = Id::new(at, &Seeded::new(1));
            let line = move |seq, fact: Fact| Line { ticket, seq, at, actor: Actor::Server, event: fact.into() };
            let lines = vec![line(1, Fact::Received { covered: false }), line(2, Fact::PlanFound)];
            let written = lines.clone();
            db.write(Lane::Work, async move |tx| record(tx, &written).await).await.unwrap();
            let seen = db.read(async move |conn| history(conn, ticket, 0, 10).await).await.unwrap();
            assert_eq!(seen, lines);
            let second = db.read(async move |conn| super::line(conn, ticket, 2).await).await.unwrap();
            assert_eq!(second.as_ref(), lines.get(1));
            let jobs = db.read(async |conn| crate::jobs::backlog(conn).await).await.unwrap();
            assert_eq!(jobs.iter().map(|job| job.kind.as_str()).collect::<Vec<_>>(), ["match_ticket"]);
        })
        .await;
    }
}
