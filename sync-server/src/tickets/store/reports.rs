//! What reports add up: visits that ended in a time, and which of them were to the wrong ticket.

use super::read::{self, parsed};
use super::write::binds;
use crate::db::{Conn, Error};
use shared::event::{Event, Fact};
use shared::ids::{ExpertId, TicketId};
use shared::skills::Skills;
use shared::text::Slug;
use shared::ticket::{CannotFix, Outcome, State};
use shared::time::Timestamp;
use sqlx::{AssertSqlSafe, Row};
use std::collections::BTreeMap;

/// A trouble that an expert ended. A follow-up is no trouble of its own: it counts with the ticket that it follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// Which ticket.
    pub ticket: TicketId,
    /// Whose visit was the first that could have ended it.
    pub first_expert: ExpertId,
    /// The category in words.
    pub category: String,
    /// The maker.
    pub make: Option<String>,
    /// The model.
    pub model: Option<String>,
    /// What it needed.
    pub skills: Skills,
    /// How it ended.
    pub outcome: Outcome,
    /// That visit did not end it.
    pub took_more_visits: bool,
    /// A follow-up was opened.
    pub came_back: bool,
}

/// Troubles that experts ended in that time, both instants included, the last first, at most `limit`.
pub async fn finished(conn: &mut Conn, from: Timestamp, until: Timestamp, limit: i64) -> Result<Vec<Finished>, Error> {
    let sql = "select t.id, t.category_label, t.make, t.model, t.skills, t.life,
          case when exists (select 1 from ticket f where f.follows = t.id) then 1 else 0 end as came_back
        from ticket t
        where t.state = 'completed' and t.ended_at >= $1 and t.ended_at <= $2 and t.follows is null
        order by t.ended_at desc, t.id desc limit $3";
    let query = sqlx::query(sql).bind(from.as_millis()).bind(until.as_millis()).bind(limit);
    let mut found = Vec::new();
    for row in query.fetch_all(conn.sql()).await? {
        let life: shared::ticket::Life = read::json(&row, "life")?;
        // Solved without a visit: nobody was there to fix it.
        let State::Completed { expert: Some(expert), outcome, .. } = life.state else { continue };
        found.push(Finished {
            ticket: parsed(&row, "id")?,
            first_expert: expert,
            category: row.try_get("category_label")?,
            make: row.try_get("make")?,
            model: row.try_get("model")?,
            skills: read::json(&row, "skills")?,
            outcome,
            took_more_visits: false,
            came_back: row.try_get::<i64, _>("came_back")? != 0,
        });
    }
    let tickets: Vec<TicketId> = found.iter().map(|one| one.ticket).collect();
    let unfinished = unfinished(conn, &tickets).await?;
    for one in &mut found {
        if let Some(first) = unfinished.get(&one.ticket) {
            (one.first_expert, one.took_more_visits) = (*first, true);
        }
    }
    Ok(found)
}

/// Who first came to these tickets and could not end them. A closed door or a wrong address is no visit to the product.
async fn unfinished(conn: &mut Conn, tickets: &[TicketId]) -> Result<BTreeMap<TicketId, ExpertId>, Error> {
    let mut found = BTreeMap::new();
    for ids in tickets.chunks(500) {
        let sql = format!(
            "select ticket, body from event where kind = 'cannot_fix' and ticket in ({}) order by ticket, seq",
            binds(ids.len())
        );
        let query = ids.iter().fold(sqlx::query(AssertSqlSafe(sql)), |query, id| query.bind(id.to_string()));
        for row in query.fetch_all(conn.sql()).await? {
            let event: Event = read::json(&row, "body")?;
            if let Fact::CannotFix { expert, why: CannotFix::Skill | CannotFix::Part | CannotFix::Unsafe } = event.fact
            {
                found.entry(parsed(&row, "ticket")?).or_insert(expert);
            }
        }
    }
    Ok(found)
}

/// A row of the needs table, with what came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NeedCounts {
    /// Visits that ended a ticket of this row.
    pub n_completed: i64,
    /// Visits of somebody who lacked a skill.
    pub n_wrong_visits: i64,
    /// Declined for want of a skill before anybody drove.
    pub n_avoided: i64,
    /// Of both, those that nobody has looked at.
    pub n_open: i64,
}

/// What came of each row of the needs table in that time, by category and symptom; no symptom is the category's default.
pub async fn need_counts(
    conn: &mut Conn,
    from: Timestamp,
    until: Timestamp,
) -> Result<BTreeMap<(Slug, Option<Slug>), NeedCounts>, Error> {
    let mut counts: BTreeMap<(Slug, Option<Slug>), NeedCounts> = BTreeMap::new();
    let sql = "select category, coalesce(symptom, '') as symptom, cast(count(*) as bigint) as n from ticket
        where state = 'completed' and ended_at >= $1 and ended_at <= $2 and last_expert is not null
        group by category, coalesce(symptom, '')";
    let query = sqlx::query(sql).bind(from.as_millis()).bind(until.as_millis());
    for row in query.fetch_all(conn.sql()).await? {
        counts.entry(key(&row)?).or_default().n_completed = row.try_get("n")?;
    }
    let sql =
        "select category, symptom, cast(sum(visited) as bigint) as wrong, cast(sum(1 - visited) as bigint) as avoided,
          cast(sum(case when reviewed_at is null then 1 else 0 end) as bigint) as open
        from need_report where at >= $1 and at <= $2 group by category, symptom";
    let query = sqlx::query(sql).bind(from.as_millis()).bind(until.as_millis());
    for row in query.fetch_all(conn.sql()).await? {
        let count = counts.entry(key(&row)?).or_default();
        count.n_wrong_visits = row.try_get("wrong")?;
        count.n_avoided = row.try_get("avoided")?;
        count.n_open = row.try_get("open")?;
    }
    Ok(counts)
}

fn key(row: &sqlx::any::AnyRow) -> Result<(Slug, Option<Slug>), Error> {
    let symptom: String = row.try_get("symptom")?;
    Ok((parsed(row, "category")?, if symptom.is_empty() { None } else { Some(parsed(row, "symptom")?) }))
}
