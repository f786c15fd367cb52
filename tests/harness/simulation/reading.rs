//! Reads the tables as they are, by SQL of the simulation's own: what the checker sees did not pass through the code that it
//! judges.

use serde_json::Value;
use shared::ids::{SurveyId, TicketId};
use shared::time::Timestamp;
use sqlx::Row;
use sync_server::db::{Conn, Database, Error};

/// Everything that one look needs.
#[derive(Debug, Default)]
pub(super) struct Reading {
    pub(super) tickets: Vec<TicketRow>,
    /// What happened at this instant, each ticket's lines in order.
    pub(super) lines: Vec<LineRow>,
    /// Notices made or ended at this instant.
    pub(super) notices: Vec<NoticeRow>,
    pub(super) n_dead_jobs: i64,
    /// When the next job is due.
    pub(super) next_due_at: Option<i64>,
}

#[derive(Debug)]
pub(super) struct TicketRow {
    pub(super) id: String,
    pub(super) customer: String,
    pub(super) category: String,
    pub(super) urgent: bool,
    pub(super) state: String,
    pub(super) holder: Option<String>,
    pub(super) stream_of: Option<String>,
    pub(super) deadline_at: Option<i64>,
    pub(super) needs_human: Option<String>,
    pub(super) n_events: i64,
}

#[derive(Debug)]
pub(super) struct LineRow {
    pub(super) ticket: String,
    pub(super) seq: i64,
    pub(super) kind: String,
    pub(super) facts: Value,
    pub(super) skipped: bool,
}

#[derive(Debug)]
pub(super) struct NoticeRow {
    pub(super) ticket: String,
    pub(super) kind: String,
    pub(super) person: String,
    pub(super) audience: String,
    pub(super) channel: String,
    pub(super) matter: Value,
    pub(super) state: String,
    pub(super) created_at: i64,
    pub(super) ended_at: Option<i64>,
}

pub(super) async fn read(db: &Database, now: Timestamp) -> Reading {
    db.read(async move |conn| all(conn, now.as_millis()).await).await.expect("the database can be read")
}

async fn all(conn: &mut Conn, now: i64) -> Result<Reading, Error> {
    let mut reading = Reading::default();
    let sql = "select id, customer, category, urgent, state, holder, stream_of, deadline_at, needs_human, n_events
        from ticket order by id";
    for row in sqlx::query(sql).fetch_all(conn.sql()).await? {
        reading.tickets.push(TicketRow {
            id: row.try_get("id")?,
            customer: row.try_get("customer")?,
            category: row.try_get("category")?,
            urgent: row.try_get::<i64, _>("urgent")? != 0,
            state: row.try_get("state")?,
            holder: row.try_get("holder")?,
            stream_of: row.try_get("stream_of")?,
            deadline_at: row.try_get("deadline_at")?,
            needs_human: row.try_get("needs_human")?,
            n_events: row.try_get("n_events")?,
        });
    }
    let sql = "select ticket, seq, kind, body from event where at = $1 order by ticket, seq";
    for row in sqlx::query(sql).bind(now).fetch_all(conn.sql()).await? {
        let body: Value = serde_json::from_str(&row.try_get::<String, _>("body")?).unwrap_or_default();
        reading.lines.push(LineRow {
            ticket: row.try_get("ticket")?,
            seq: row.try_get("seq")?,
            kind: row.try_get("kind")?,
            skipped: body["skipped"] == true,
            facts: body["facts"].clone(),
        });
    }
    let sql = "select ticket, kind, person, audience, channel, matter, state, created_at, ended_at from notice
        where (created_at = $1 or ended_at = $1) and ticket is not null order by id";
    for row in sqlx::query(sql).bind(now).fetch_all(conn.sql()).await? {
        reading.notices.push(NoticeRow {
            ticket: row.try_get("ticket")?,
            kind: row.try_get("kind")?,
            person: row.try_get("person")?,
            audience: row.try_get("audience")?,
            channel: row.try_get("channel")?,
            matter: serde_json::from_str(&row.try_get::<String, _>("matter")?).unwrap_or_default(),
            state: row.try_get("state")?,
            created_at: row.try_get("created_at")?,
            ended_at: row.try_get("ended_at")?,
        });
    }
    let sql = "select cast(coalesce(sum(case when state = 'dead' then 1 else 0 end), 0) as bigint) as dead,
        cast(min(case when state = 'ready' and due_at > $1 then due_at end) as bigint) as due from job";
    let row = sqlx::query(sql).bind(now).fetch_one(conn.sql()).await?;
    reading.n_dead_jobs = row.try_get("dead")?;
    reading.next_due_at = row.try_get("due")?;
    Ok(reading)
}

/// Notices that should have left by now and have not, or never will. Calls wait for a person.
pub(super) async fn stuck_notices(db: &Database, now: Timestamp) -> Vec<String> {
    let now = now.as_millis();
    let read = async move |conn: &mut Conn| {
        let sql = "select kind, channel, state, coalesce(why, '') as why from notice
            where state = 'failed' or (state = 'queued' and channel <> 'call' and due_at <= $1) order by id limit 20";
        let mut stuck = Vec::new();
        for row in sqlx::query(sql).bind(now).fetch_all(conn.sql()).await? {
            let text = |column: &str| row.try_get::<String, _>(column);
            stuck.push(format!("{} by {}: {} {}", text("kind")?, text("channel")?, text("state")?, text("why")?));
        }
        Ok::<_, Error>(stuck)
    };
    db.read(read).await.expect("the database can be read")
}

/// The survey of a ticket, if there is one.
pub(super) async fn survey_of(db: &Database, ticket: TicketId) -> Option<SurveyId> {
    let read = async move |conn: &mut Conn| {
        let sql = "select id from survey where ticket = $1";
        let row = sqlx::query(sql).bind(ticket.to_string()).fetch_optional(conn.sql()).await?;
        Ok::<_, Error>(row.map(|row| row.try_get::<String, _>("id")).transpose()?)
    };
    let id = db.read(read).await.expect("the database can be read");
    id.map(|id| id.parse().expect("ids are kept as they are"))
}
