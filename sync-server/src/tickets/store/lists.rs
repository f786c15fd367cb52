//! Reading tickets: one, many, and the lists that matching, the desk, the customer and `check` ask for.

use super::super::Ticket;
use super::read::{self, COLUMNS, instant, json, parsed};
use super::write::binds;
use crate::db::{Conn, Error};
use shared::event::Actor;
use shared::ids::{CustomerId, ExpertId, NoteId, SiteId, TicketId};
use shared::number::TicketNumber;
use shared::text::{ShortLine, Slug};
use shared::time::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

/// One ticket.
pub async fn get(conn: &mut Conn, id: TicketId) -> Result<Option<Ticket>, Error> {
    Ok(many(conn, &[id]).await?.pop())
}

/// These tickets, in the order of their ids; those that do not exist are left out.
pub async fn many(conn: &mut Conn, ids: &[TicketId]) -> Result<Vec<Ticket>, Error> {
    let mut found = Vec::with_capacity(ids.len());
    for ids in ids.chunks(500) {
        let sql = format!("select {COLUMNS} from ticket where id in ({}) order by id", binds(ids.len()));
        let query = ids.iter().fold(sqlx::query(AssertSqlSafe(sql)), |query, id| query.bind(id.to_string()));
        for row in query.fetch_all(conn.sql()).await? {
            found.push(read::ticket(&row)?);
        }
    }
    Ok(found)
}

/// The ticket with this number.
pub async fn by_number(conn: &mut Conn, number: TicketNumber) -> Result<Option<Ticket>, Error> {
    let sql = format!("select {COLUMNS} from ticket where number = $1");
    let row = sqlx::query(AssertSqlSafe(sql)).bind(number.compact()).fetch_optional(conn.sql()).await?;
    row.as_ref().map(read::ticket).transpose()
}

/// A customer's tickets, the newest first; `before` is the last one of the page before.
pub async fn of_customer(
    conn: &mut Conn,
    customer: CustomerId,
    before: Option<TicketId>,
    limit: i64,
) -> Result<Vec<Ticket>, Error> {
    // Ids of tickets sort as they were filed.
    let sql =
        format!("select {COLUMNS} from ticket where customer = $1 and ($2 = '' or id < $2) order by id desc limit $3");
    let query = sqlx::query(AssertSqlSafe(sql)).bind(customer.to_string());
    let query = query.bind(before.map(|id| id.to_string()).unwrap_or_default()).bind(limit);
    query.fetch_all(conn.sql()).await?.iter().map(read::ticket).collect()
}

/// A product that a customer reported something about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportedProduct {
    /// Its kind.
    pub category: Slug,
    /// Its maker.
    pub make: Option<ShortLine>,
    /// Its model.
    pub model: Option<ShortLine>,
}

/// The products that a customer named before, the one that was named last first.
pub async fn products_of(conn: &mut Conn, customer: CustomerId, limit: i64) -> Result<Vec<ReportedProduct>, Error> {
    let sql = "select category, make, model from ticket
        where customer = $1 and (make is not null or model is not null)
        group by category, make, model order by max(filed_at) desc, category, make, model limit $2";
    let read = |row: &AnyRow| {
        Ok(ReportedProduct {
            category: read::parsed(row, "category")?,
            make: read::parsed_option(row, "make")?,
            model: read::parsed_option(row, "model")?,
        })
    };
    let query = sqlx::query(sql).bind(customer.to_string()).bind(limit);
    query.fetch_all(conn.sql()).await?.iter().map(read).collect()
}

/// Open tickets of a site, the newest first.
pub async fn of_site_open(conn: &mut Conn, site: SiteId, limit: i64) -> Result<Vec<Ticket>, Error> {
    let sql = format!(
        "select {COLUMNS} from ticket where site = $1 and deadline_at is not null order by filed_at desc limit $2"
    );
    let query = sqlx::query(AssertSqlSafe(sql)).bind(site.to_string()).bind(limit);
    query.fetch_all(conn.sql()).await?.iter().map(read::ticket).collect()
}

/// Waiting tickets that the matcher may look for: the urgent first, then follow-ups, then the oldest.
pub async fn matchable(conn: &mut Conn, limit: i64) -> Result<Vec<Ticket>, Error> {
    let tickets = waiting(conn, limit).await?;
    Ok(tickets.into_iter().filter(|ticket| ticket.life.is_matchable()).collect())
}

/// Tickets that nobody has been asked about yet: the urgent first, then follow-ups, then the oldest.
pub async fn waiting(conn: &mut Conn, limit: i64) -> Result<Vec<Ticket>, Error> {
    let sql = format!(
        "select {COLUMNS} from ticket where state = 'waiting'
         order by urgent desc, case when follows is null then 1 else 0 end, filed_at, id limit $1"
    );
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(limit).fetch_all(conn.sql()).await?;
    rows.iter().map(read::ticket).collect()
}

/// Tickets with an open offer that a round made and that nobody has seen yet.
pub async fn offered_unseen(conn: &mut Conn, limit: i64) -> Result<Vec<Ticket>, Error> {
    let sql = format!(
        "select {COLUMNS} from ticket where state = 'offered' and exists (
           select 1 from offer where offer.ticket = ticket.id and offer.state = 'open'
           and offer.decision is not null and offer.seen_at is null)
         order by filed_at, id limit $1"
    );
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(limit).fetch_all(conn.sql()).await?;
    rows.iter().map(read::ticket).collect()
}

/// What these experts hold: open offers, accepted visits, visits under way. All experts' if none is named.
pub async fn held_by(conn: &mut Conn, experts: &[ExpertId], limit: i64) -> Result<Vec<Ticket>, Error> {
    let sql = if experts.is_empty() {
        format!("select {COLUMNS} from ticket where holder is not null order by id limit $1")
    } else {
        format!(
            "select {COLUMNS} from ticket where holder in ({}) order by id limit ${}",
            binds(experts.len()),
            experts.len() + 1
        )
    };
    let query = experts.iter().fold(sqlx::query(AssertSqlSafe(sql)), |query, id| query.bind(id.to_string()));
    query.bind(limit).fetch_all(conn.sql()).await?.iter().map(read::ticket).collect()
}

/// Tickets that experts hold at the sites of these tickets, these included where they are held.
pub async fn held_at_sites_of(conn: &mut Conn, tickets: &[TicketId], limit: i64) -> Result<Vec<TicketId>, Error> {
    if tickets.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "select id from ticket where holder is not null and site in (select t.site from ticket t where t.id in ({}))
         order by id limit ${}",
        binds(tickets.len()),
        tickets.len() + 1
    );
    let query = tickets.iter().fold(sqlx::query(AssertSqlSafe(sql)), |query, id| query.bind(id.to_string()));
    query.bind(limit).fetch_all(conn.sql()).await?.iter().map(|row| parsed(row, "id")).collect()
}

/// Open tickets of a category that nobody has set out for, with their symptoms, in the order of their ids, from after
/// `after` on.
pub async fn open_of_category(
    conn: &mut Conn,
    category: &Slug,
    after: Option<TicketId>,
    limit: i64,
) -> Result<Vec<(TicketId, Option<Slug>)>, Error> {
    let sql = "select id, symptom from ticket where state in ('waiting', 'offered', 'accepted', 'on_hold')
        and category = $1 and id > $2 order by id limit $3";
    let query = sqlx::query(sql).bind(category.to_string());
    let query = query.bind(after.map(|id| id.to_string()).unwrap_or_default()).bind(limit);
    let rows = query.fetch_all(conn.sql()).await?;
    rows.iter().map(|row| Ok((parsed(row, "id")?, read::parsed_option(row, "symptom")?))).collect()
}

/// The versions of everything in an expert's stream.
pub async fn versions_in_stream(conn: &mut Conn, expert: ExpertId, limit: i64) -> Result<Vec<(TicketId, i64)>, Error> {
    let sql = "select id, ver from ticket where stream_of = $1 order by id limit $2";
    let rows = sqlx::query(sql).bind(expert.to_string()).bind(limit).fetch_all(conn.sql()).await?;
    rows.iter().map(|row| Ok((parsed(row, "id")?, row.try_get("ver")?))).collect()
}

/// Tickets whose deadline has passed, the longest first.
pub async fn overdue(conn: &mut Conn, now: Timestamp, limit: i64) -> Result<Vec<TicketId>, Error> {
    let sql = "select id from ticket where deadline_at <= $1 order by deadline_at, id limit $2";
    let query = sqlx::query(sql).bind(now.as_millis()).bind(limit);
    query.fetch_all(conn.sql()).await?.iter().map(|row| parsed(row, "id")).collect()
}

/// Tickets whose expert is there.
pub async fn on_site(conn: &mut Conn, limit: i64) -> Result<Vec<Ticket>, Error> {
    let sql = format!("select {COLUMNS} from ticket where state = 'on_site' order by deadline_at, id limit $1");
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(limit).fetch_all(conn.sql()).await?;
    rows.iter().map(read::ticket).collect()
}

/// A customer's tickets that wait for a plan.
pub async fn waiting_for_plan(conn: &mut Conn, customer: CustomerId, limit: i64) -> Result<Vec<Ticket>, Error> {
    let sql = format!(
        "select {COLUMNS} from ticket where customer = $1 and needs_human = 'no_plan' order by filed_at, id limit $2"
    );
    let query = sqlx::query(AssertSqlSafe(sql)).bind(customer.to_string()).bind(limit);
    query.fetch_all(conn.sql()).await?.iter().map(read::ticket).collect()
}

/// Tickets that need a person, the urgent first.
pub async fn inbox(conn: &mut Conn, limit: i64) -> Result<Vec<Ticket>, Error> {
    let sql = format!(
        "select {COLUMNS} from ticket where needs_human is not null order by urgent desc, deadline_at, id limit $1"
    );
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(limit).fetch_all(conn.sql()).await?;
    rows.iter().map(read::ticket).collect()
}

/// How many tickets are in each state, by its word.
pub async fn by_state(conn: &mut Conn) -> Result<Vec<(String, i64)>, Error> {
    let sql = "select state, count(*) as n from ticket group by state order by state";
    let rows = sqlx::query(sql).fetch_all(conn.sql()).await?;
    rows.iter().map(|row| Ok((row.try_get("state")?, row.try_get("n")?))).collect()
}

/// All tickets, or those in a state, by id; `after` is the last one of the page before.
pub async fn after(
    conn: &mut Conn,
    state: Option<&str>,
    after: Option<TicketId>,
    limit: i64,
) -> Result<Vec<Ticket>, Error> {
    let sql = format!(
        "select {COLUMNS} from ticket where ($1 = '' or state = $1) and ($2 = '' or id < $2)
         order by id desc limit $3"
    );
    let query = sqlx::query(AssertSqlSafe(sql)).bind(state.unwrap_or_default().to_string());
    let query = query.bind(after.map(|id| id.to_string()).unwrap_or_default()).bind(limit);
    query.fetch_all(conn.sql()).await?.iter().map(read::ticket).collect()
}

/// Open tickets that break the ledger as the columns have it: no deadline, or an end with one.
pub async fn unsound(conn: &mut Conn, limit: i64) -> Result<Vec<TicketId>, Error> {
    let sql = "select id from ticket
        where (deadline_at is null and state not in ('completed', 'cancelled'))
           or (deadline_at is not null and state in ('completed', 'cancelled'))
        order by id limit $1";
    let rows = sqlx::query(sql).bind(limit).fetch_all(conn.sql()).await?;
    rows.iter().map(|row| parsed(row, "id")).collect()
}

/// Tickets that ended before then and are still in somebody's stream.
pub(in super::super) async fn to_archive(
    conn: &mut Conn,
    before: Timestamp,
    limit: i64,
) -> Result<Vec<TicketId>, Error> {
    let sql = "select id from ticket where stream_of is not null and ended_at < $1 order by ended_at, id limit $2";
    let rows = sqlx::query(sql).bind(before.as_millis()).bind(limit).fetch_all(conn.sql()).await?;
    rows.iter().map(|row| parsed(row, "id")).collect()
}

/// A note as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteRow {
    /// Which.
    pub id: NoteId,
    /// On which ticket.
    pub ticket: TicketId,
    /// Who wrote it.
    pub author: Actor,
    /// Their name, as it was then.
    pub author_name: String,
    /// What it says.
    pub text: String,
    /// By an expert who no longer had the ticket.
    pub late: bool,
    /// When the server got it.
    pub at: Timestamp,
}

/// The notes of these tickets, oldest first.
pub async fn notes(conn: &mut Conn, tickets: &[TicketId], limit: i64) -> Result<Vec<NoteRow>, Error> {
    if tickets.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "select id, ticket, author, author_name, body, late, at from note where ticket in ({})
         order by at, id limit ${}",
        binds(tickets.len()),
        tickets.len() + 1
    );
    let query = tickets.iter().fold(sqlx::query(AssertSqlSafe(sql)), |query, id| query.bind(id.to_string()));
    let read = |row: &AnyRow| {
        Ok(NoteRow {
            id: parsed(row, "id")?,
            ticket: parsed(row, "ticket")?,
            author: json(row, "author")?,
            author_name: row.try_get("author_name")?,
            text: row.try_get("body")?,
            late: row.try_get::<i64, _>("late")? != 0,
            at: instant(row, "at")?,
        })
    };
    query.bind(limit).fetch_all(conn.sql()).await?.iter().map(read).collect()
}

/// How many tickets there are, by what the ledger adds up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Histories that begin with a receipt.
    pub receipts: i64,
    /// Neither completed nor cancelled.
    pub open: i64,
    /// Completed.
    pub completed: i64,
    /// Cancelled.
    pub cancelled: i64,
    /// Open without a deadline, or ended with one.
    pub unowned: i64,
    /// Past their deadline by more than the sweep needs.
    pub overdue: i64,
}

/// Counts everything. `late` is the instant before which a deadline should have been answered.
pub async fn counts(conn: &mut Conn, late: Timestamp) -> Result<Counts, Error> {
    let sql = "select
        cast(coalesce(sum(case when state not in ('completed', 'cancelled') then 1 else 0 end), 0) as bigint) as open,
        cast(coalesce(sum(case when state = 'completed' then 1 else 0 end), 0) as bigint) as completed,
        cast(coalesce(sum(case when state = 'cancelled' then 1 else 0 end), 0) as bigint) as cancelled,
        cast(coalesce(sum(case when (deadline_at is null) <> (state in ('completed', 'cancelled')) then 1 else 0 end),
          0) as bigint) as unowned,
        cast(coalesce(sum(case when deadline_at < $1 then 1 else 0 end), 0) as bigint) as overdue
        from ticket";
    let row = sqlx::query(sql).bind(late.as_millis()).fetch_one(conn.sql()).await?;
    let receipts = "select cast(count(*) as bigint) as n from event where seq = 1 and kind = 'received'";
    let n = sqlx::query(receipts).fetch_one(conn.sql()).await?;
    Ok(Counts {
        receipts: n.try_get("n")?,
        open: row.try_get("open")?,
        completed: row.try_get("completed")?,
        cancelled: row.try_get("cancelled")?,
        unowned: row.try_get("unowned")?,
        overdue: row.try_get("overdue")?,
    })
}
