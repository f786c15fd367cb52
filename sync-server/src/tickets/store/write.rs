//! Inserting, locking and updating tickets, many at once.

use super::super::{NewNote, Ticket};
use super::read;
use crate::db::{Conn, Error, Tx, values};
use crate::events::{self, Line};
use shared::ids::{NoteId, TicketId};
use shared::time::Timestamp;
use sqlx::{AssertSqlSafe, Row};
use std::collections::BTreeSet;

/// Rows in one statement; a ticket has 35 columns.
const ROWS_MAX: usize = 200;

fn json(value: &impl serde::Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| Error::Bug(format!("a ticket cannot be written: {error}")))
}

/// `$1, $2, $3`.
pub(super) fn binds(n: usize) -> String {
    (1..=n).map(|at| format!("${at}")).collect::<Vec<_>>().join(", ")
}

/// Writes new tickets with their first lines and the jobs that follow. Gives back those that were written; one whose
/// number another ticket has is left out, and its caller tries the next number.
pub async fn insert(tx: &mut Tx, tickets: &[(Ticket, Vec<Line>)]) -> Result<BTreeSet<TicketId>, Error> {
    let mut written = BTreeSet::new();
    for rows in tickets.chunks(ROWS_MAX) {
        let sql = format!(
            "insert into ticket (id, number, ver, customer, site, entitlement, category, symptom, category_label,
               symptom_label, make, model, title, description, access_note, urgent, skills, work_minutes, language,
               due_at, filed_at, filed_by, life, state, holder, stream_of, deadline_at, needs_human, last_expert,
               summary, ended_at, n_events, changed_at, windows, follows)
             values {} on conflict (number) do nothing returning id",
            values(rows.len(), 35)
        );
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for (ticket, _) in rows {
            query = query.bind(ticket.id.to_string()).bind(ticket.number.compact()).bind(ticket.ver);
            query = query.bind(ticket.customer.to_string()).bind(ticket.site.to_string());
            query = query.bind(ticket.entitlement.map(|id| id.to_string())).bind(ticket.category.to_string());
            query = query.bind(ticket.symptom.as_ref().map(ToString::to_string)).bind(ticket.category_label.clone());
            query = query.bind(ticket.symptom_label.clone()).bind(ticket.make.as_ref().map(ToString::to_string));
            query = query.bind(ticket.model.as_ref().map(ToString::to_string)).bind(ticket.title.to_string());
            query = query.bind(ticket.description.to_string());
            query = query.bind(ticket.access_note.as_ref().map(ToString::to_string)).bind(i64::from(ticket.urgent));
            query = query.bind(json(&ticket.skills)?).bind(i64::from(ticket.work_minutes));
            query = query.bind(ticket.language.clone()).bind(ticket.due_at.as_millis());
            query = query.bind(ticket.filed_at.as_millis()).bind(json(&ticket.filed_by)?).bind(json(&ticket.life)?);
            query = query.bind(ticket.life.state.word().to_string());
            query = query.bind(ticket.life.state.holder().map(|id| id.to_string()));
            query = query.bind(ticket.stream_of.map(|id| id.to_string()));
            query = query.bind(ticket.life.deadline_at.map(Timestamp::as_millis));
            query = query.bind(ticket.life.needs_human.as_ref().map(|flag| flag.reason.word().to_string()));
            query = query.bind(ticket.last_expert.map(|id| id.to_string()));
            query = query.bind(ticket.summary.as_ref().map(ToString::to_string));
            query = query.bind(ticket.ended_at.map(Timestamp::as_millis)).bind(ticket.n_events);
            query = query.bind(ticket.changed_at.as_millis()).bind(json(&ticket.windows)?);
            query = query.bind(ticket.follows.map(|id| id.to_string()));
        }
        for row in query.fetch_all(tx.sql()).await? {
            written.insert(read::parsed(&row, "id")?);
        }
    }
    let fresh = tickets.iter().filter(|(ticket, _)| written.contains(&ticket.id));
    let lines: Vec<Line> = fresh.flat_map(|(_, lines)| lines.clone()).collect();
    events::record(tx, &lines).await?;
    Ok(written)
}

/// Locks tickets in the order of their ids and reads them.
pub(in super::super) async fn lock(tx: &mut Tx, tickets: &[TicketId]) -> Result<Vec<Ticket>, Error> {
    let ids: BTreeSet<TicketId> = tickets.iter().copied().collect();
    let ids: Vec<TicketId> = ids.into_iter().collect();
    let mut locked = Vec::with_capacity(ids.len());
    for ids in ids.chunks(ROWS_MAX) {
        let sql = format!(
            "select {} from ticket where id in ({}) order by id{}",
            read::COLUMNS,
            binds(ids.len()),
            tx.for_update()
        );
        let query = ids.iter().fold(sqlx::query(AssertSqlSafe(sql)), |query, id| query.bind(id.to_string()));
        for row in query.fetch_all(tx.sql()).await? {
            locked.push(read::ticket(&row)?);
        }
    }
    Ok(locked)
}

/// Writes what can change of tickets that are locked.
pub(in super::super) async fn update(tx: &mut Tx, tickets: &[&Ticket]) -> Result<(), Error> {
    for rows in tickets.chunks(ROWS_MAX) {
        // Both engines call the columns of a list of values column1, column2 …
        let sql = format!(
            "update ticket set ver = v.column2, entitlement = v.column3, life = v.column4, state = v.column5,
               holder = v.column6, stream_of = v.column7, deadline_at = v.column8, needs_human = v.column9,
               last_expert = v.column10, summary = v.column11, ended_at = v.column12, n_events = v.column13,
               changed_at = v.column14, skills = v.column15, windows = v.column16,
               work_minutes = v.column17, access_note = v.column18, corrected_ver = v.column19,
               due_at = v.column20, held_at = v.column21
             from (values {}) as v where ticket.id = v.column1",
            values(rows.len(), 21)
        );
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for ticket in rows {
            query = query.bind(ticket.id.to_string()).bind(ticket.ver);
            query = query.bind(ticket.entitlement.map(|id| id.to_string())).bind(json(&ticket.life)?);
            query = query.bind(ticket.life.state.word().to_string());
            query = query.bind(ticket.life.state.holder().map(|id| id.to_string()));
            query = query.bind(ticket.stream_of.map(|id| id.to_string()));
            query = query.bind(ticket.life.deadline_at.map(Timestamp::as_millis));
            query = query.bind(ticket.life.needs_human.as_ref().map(|flag| flag.reason.word().to_string()));
            query = query.bind(ticket.last_expert.map(|id| id.to_string()));
            query = query.bind(ticket.summary.as_ref().map(ToString::to_string));
            query = query.bind(ticket.ended_at.map(Timestamp::as_millis)).bind(ticket.n_events);
            query = query.bind(ticket.changed_at.as_millis()).bind(json(&ticket.skills)?);
            query = query.bind(json(&ticket.windows)?).bind(i64::from(ticket.work_minutes));
            query = query.bind(ticket.access_note.as_ref().map(ToString::to_string)).bind(ticket.corrected_ver);
            query = query.bind(ticket.due_at.as_millis()).bind(ticket.held_at.map(Timestamp::as_millis));
        }
        query.execute(tx.sql()).await?;
    }
    Ok(())
}

/// Adds notes; one that is there already stays as it is.
pub(in super::super) async fn add_notes(tx: &mut Tx, notes: &[&NewNote]) -> Result<(), Error> {
    for rows in notes.chunks(ROWS_MAX) {
        let sql = format!(
            "insert into note (id, ticket, author, author_name, body, late, at) values {} on conflict (id) do nothing",
            values(rows.len(), 7)
        );
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for note in rows {
            query = query.bind(note.id.to_string()).bind(note.ticket.to_string()).bind(json(&note.author)?);
            query = query.bind(note.author_name.clone()).bind(note.text.to_string()).bind(i64::from(note.late));
            query = query.bind(note.at.as_millis());
        }
        query.execute(tx.sql()).await?;
    }
    Ok(())
}

/// Which of these notes are there.
pub async fn known_notes(conn: &mut Conn, notes: &[NoteId]) -> Result<BTreeSet<NoteId>, Error> {
    let mut known = BTreeSet::new();
    for ids in notes.chunks(ROWS_MAX) {
        let sql = format!("select id from note where id in ({})", binds(ids.len()));
        let query = ids.iter().fold(sqlx::query(AssertSqlSafe(sql)), |query, id| query.bind(id.to_string()));
        for row in query.fetch_all(conn.sql()).await? {
            let id: String = row.try_get("id")?;
            known.extend(id.parse::<NoteId>().ok());
        }
    }
    Ok(known)
}
