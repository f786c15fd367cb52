//! What experts said a ticket needed beside its need: one row for a ticket and an expert, read together by the row of the
//! needs table that the tickets came from, until an admin has looked.

use super::super::Ticket;
use super::read::{instant, json, parsed};
use crate::db::{Conn, Error, Tx};
use serde::Serialize;
use shared::ids::{ExpertId, TicketId};
use shared::text::Slug;
use shared::time::Timestamp;
use sqlx::Row;
use std::collections::{BTreeMap, BTreeSet};

/// Reports that one look reads; older ones come when these are reviewed.
const REPORTS_MAX: i64 = 1_000;

/// An expert could not do a ticket for want of a skill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewReport {
    /// Of which ticket.
    pub ticket: TicketId,
    /// Who says so.
    pub expert: ExpertId,
    /// What it would need, as he names it; he may not know.
    pub skills: BTreeSet<Slug>,
    /// He was there or on the way: a wrong visit. Else it was avoided.
    pub visited: bool,
    /// When.
    pub at: Timestamp,
}

/// A row of the needs table that experts disagree with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Review {
    /// Of which category.
    pub category: Slug,
    /// Of which symptom; none is the category's default.
    pub symptom: Option<Slug>,
    /// Tickets declined before anybody drove.
    pub n_avoided: u32,
    /// Visits of somebody who could not do it.
    pub n_wrong_visits: u32,
    /// What was missing, and how often it was named.
    pub skills: BTreeMap<Slug, u32>,
    /// Since when.
    pub first_at: Timestamp,
    /// The newest report.
    pub last_at: Timestamp,
    /// The tickets, the newest first.
    pub tickets: Vec<TicketId>,
}

/// Writes reports; the first of an expert about a ticket counts.
pub(in super::super) async fn report(tx: &mut Tx, reports: &[(Ticket, NewReport)]) -> Result<(), Error> {
    for (ticket, report) in reports {
        let sql = "insert into need_report (ticket, expert, category, symptom, skills, visited, at)
            values ($1, $2, $3, $4, $5, $6, $7) on conflict (ticket, expert) do nothing";
        let skills = serde_json::to_string(&report.skills).map_err(|error| Error::Bug(format!("skills: {error}")))?;
        let symptom = ticket.symptom.as_ref().map(ToString::to_string).unwrap_or_default();
        let query = sqlx::query(sql).bind(report.ticket.to_string()).bind(report.expert.to_string());
        let query = query.bind(ticket.category.to_string()).bind(symptom).bind(skills);
        query.bind(i64::from(report.visited)).bind(report.at.as_millis()).execute(tx.sql()).await?;
    }
    Ok(())
}

/// What waits for review, the row with the most wrong visits first.
pub async fn open_reviews(conn: &mut Conn) -> Result<Vec<Review>, Error> {
    let sql = "select ticket, category, symptom, skills, visited, at from need_report
        where reviewed_at is null order by at desc, ticket limit $1";
    let rows = sqlx::query(sql).bind(REPORTS_MAX).fetch_all(conn.sql()).await?;
    let mut reviews: BTreeMap<(String, String), Review> = BTreeMap::new();
    for row in &rows {
        let (category, symptom): (String, String) = (row.try_get("category")?, row.try_get("symptom")?);
        let at = instant(row, "at")?;
        let new = Review {
            category: parsed(row, "category")?,
            symptom: if symptom.is_empty() { None } else { Some(parsed(row, "symptom")?) },
            n_avoided: 0,
            n_wrong_visits: 0,
            skills: BTreeMap::new(),
            first_at: at,
            last_at: at,
            tickets: Vec::new(),
        };
        let review = reviews.entry((category, symptom)).or_insert(new);
        let visited = row.try_get::<i64, _>("visited")? != 0;
        let n = if visited { &mut review.n_wrong_visits } else { &mut review.n_avoided };
        *n += 1;
        for skill in json::<BTreeSet<Slug>>(row, "skills")? {
            *review.skills.entry(skill).or_default() += 1;
        }
        review.first_at = review.first_at.min(at);
        let ticket: TicketId = parsed(row, "ticket")?;
        if review.tickets.last() != Some(&ticket) {
            review.tickets.push(ticket);
        }
    }
    let mut reviews: Vec<Review> = reviews.into_values().collect();
    reviews.sort_by_key(|review| std::cmp::Reverse((review.n_wrong_visits, review.n_avoided)));
    Ok(reviews)
}

/// An admin has looked at a row, with everything reported until `seen_at`. Gives back how many reports that were.
pub async fn reviewed(
    tx: &mut Tx,
    category: &Slug,
    symptom: Option<&Slug>,
    seen_at: Timestamp,
    now: Timestamp,
) -> Result<u64, Error> {
    let sql = "update need_report set reviewed_at = $4
        where category = $1 and symptom = $2 and at <= $3 and reviewed_at is null";
    let symptom = symptom.map(ToString::to_string).unwrap_or_default();
    let query = sqlx::query(sql).bind(category.to_string()).bind(symptom).bind(seen_at.as_millis());
    Ok(query.bind(now.as_millis()).execute(tx.sql()).await?.rows_affected())
}
