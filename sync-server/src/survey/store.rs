//! The table `survey`.

use super::results::Counted;
use super::{Answer, Survey, SurveyState};
use crate::db::{Conn, Error, Tx};
use crate::tickets::Ticket;
use shared::ids::{CustomerId, SurveyId, TicketId};
use shared::time::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

const COLUMNS: &str =
    "id, ticket, customer, expert, state, created_at, answered_at, mended_at, working, rating, comment";

/// Begins the survey of a completed ticket; `invited` if there is a way to ask. None: it was begun already.
pub async fn begin(tx: &mut Tx, ticket: &Ticket, invited: bool, now: Timestamp) -> Result<Option<SurveyId>, Error> {
    let id: SurveyId = tx.new_id();
    let state = if invited { SurveyState::Invited } else { SurveyState::NotReachable };
    let sql = "insert into survey (id, ticket, customer, expert, state, created_at, invited_at)
        values ($1, $2, $3, $4, $5, $6, $7) on conflict (ticket) do nothing";
    let query = sqlx::query(sql).bind(id.to_string()).bind(ticket.id.to_string()).bind(ticket.customer.to_string());
    let query = query.bind(ticket.last_expert.map(|id| id.to_string())).bind(state.word().to_string());
    let query = query.bind(now.as_millis()).bind(invited.then(|| now.as_millis()));
    let begun = query.execute(tx.sql()).await?.rows_affected() == 1;
    Ok(begun.then_some(id))
}

/// A survey.
pub async fn get(conn: &mut Conn, id: SurveyId) -> Result<Option<Survey>, Error> {
    let sql = format!("select {COLUMNS} from survey where id = $1");
    let row = sqlx::query(AssertSqlSafe(sql)).bind(id.to_string()).fetch_optional(conn.sql()).await?;
    row.as_ref().map(read).transpose()
}

/// When surveys were answered in a time, both instants included, and whether it works.
pub async fn answers(
    conn: &mut Conn,
    from: Timestamp,
    until: Timestamp,
    limit: i64,
) -> Result<Vec<(Timestamp, bool)>, Error> {
    let sql = "select answered_at, working from survey
        where answered_at >= $1 and answered_at <= $2 and working is not null order by answered_at limit $3";
    let query = sqlx::query(sql).bind(from.as_millis()).bind(until.as_millis()).bind(limit);
    let read = |row: &AnyRow| {
        Ok((Timestamp::from_millis(row.try_get("answered_at")?), row.try_get::<i64, _>("working")? != 0))
    };
    query.fetch_all(conn.sql()).await?.iter().map(read).collect()
}

/// The survey about a ticket.
pub async fn of_ticket(conn: &mut Conn, ticket: TicketId) -> Result<Option<Survey>, Error> {
    let sql = format!("select {COLUMNS} from survey where ticket = $1");
    let row = sqlx::query(AssertSqlSafe(sql)).bind(ticket.to_string()).fetch_optional(conn.sql()).await?;
    row.as_ref().map(read).transpose()
}

/// A survey, held until the commit.
pub async fn lock(tx: &mut Tx, id: SurveyId) -> Result<Option<Survey>, Error> {
    let sql = format!("select {COLUMNS} from survey where id = $1{}", tx.for_update());
    let row = sqlx::query(AssertSqlSafe(sql)).bind(id.to_string()).fetch_optional(tx.sql()).await?;
    row.as_ref().map(read).transpose()
}

/// Notes the only reminder. Gives back whether it is still to be sent: nobody answered, and none was sent.
pub async fn remind(tx: &mut Tx, id: SurveyId, now: Timestamp) -> Result<bool, Error> {
    let sql = "update survey set reminder_at = $2 where id = $1 and state = 'invited' and reminder_at is null";
    let reminded = sqlx::query(sql).bind(id.to_string()).bind(now.as_millis()).execute(tx.sql()).await?;
    Ok(reminded.rows_affected() == 1)
}

/// Writes an answer. The caller holds the row and knows that there is none.
pub async fn answer(tx: &mut Tx, id: SurveyId, answer: &Answer, now: Timestamp) -> Result<(), Error> {
    let sql = "update survey set state = 'answered', answered_at = $2, working = $3, rating = $4, comment = $5
        where id = $1";
    let query = sqlx::query(sql).bind(id.to_string()).bind(now.as_millis()).bind(i64::from(answer.working));
    let query = query.bind(answer.rating.map(i64::from)).bind(answer.comment.as_ref().map(ToString::to_string));
    query.execute(tx.sql()).await?;
    Ok(())
}

/// What a customer answered, the newest first.
pub async fn of_customer(conn: &mut Conn, customer: CustomerId, limit: i64) -> Result<Vec<Survey>, Error> {
    let sql = format!("select {COLUMNS} from survey where customer = $1 order by id desc limit $2");
    let query = sqlx::query(AssertSqlSafe(sql)).bind(customer.to_string()).bind(limit);
    query.fetch_all(conn.sql()).await?.iter().map(read).collect()
}

/// Deletes what a customer wrote; the marks stay with the expert.
pub async fn forget(tx: &mut Tx, customer: CustomerId) -> Result<(), Error> {
    let sql = "update survey set comment = null where customer = $1";
    sqlx::query(sql).bind(customer.to_string()).execute(tx.sql()).await?;
    Ok(())
}

/// Puts another answer in place of one that was given; when it was given first stays.
pub(super) async fn mend(tx: &mut Tx, id: SurveyId, answer: &Answer, now: Timestamp) -> Result<(), Error> {
    let sql = "update survey set mended_at = $2, working = $3, rating = $4, comment = $5 where id = $1";
    let query = sqlx::query(sql).bind(id.to_string()).bind(now.as_millis()).bind(i64::from(answer.working));
    let query = query.bind(answer.rating.map(i64::from)).bind(answer.comment.as_ref().map(ToString::to_string));
    query.execute(tx.sql()).await?;
    Ok(())
}

/// What is counted of a survey: what it says, and about whom and what.
pub async fn counted(conn: &mut Conn, since: Timestamp, limit: i64) -> Result<Vec<Counted>, Error> {
    let sql = "select s.state, s.working, s.rating, e.name as expert, t.category_label, t.make, t.skills
        from survey s join ticket t on t.id = s.ticket left join expert e on e.id = s.expert
        where s.created_at >= $1 order by s.created_at desc, s.id desc limit $2";
    let read = |row: &AnyRow| {
        let state: String = row.try_get("state")?;
        let skills: String = row.try_get("skills")?;
        Ok(Counted {
            state: SurveyState::from_word(&state).ok_or_else(|| Error::Bug(format!("survey.state is {state:?}")))?,
            working: row.try_get::<Option<i64>, _>("working")?.map(|working| working != 0),
            rating: row.try_get::<Option<i64>, _>("rating")?.and_then(|rating| u8::try_from(rating).ok()),
            expert: row.try_get("expert")?,
            category: row.try_get("category_label")?,
            make: row.try_get("make")?,
            skills: serde_json::from_str(&skills).map_err(|why| Error::Bug(format!("ticket.skills: {why}")))?,
        })
    };
    let query = sqlx::query(sql).bind(since.as_millis()).bind(limit);
    query.fetch_all(conn.sql()).await?.iter().map(read).collect()
}

/// Surveys, the newest first; `before` is the last one of the page before.
pub async fn list(conn: &mut Conn, before: Option<SurveyId>, limit: i64) -> Result<Vec<Survey>, Error> {
    let sql = format!("select {COLUMNS} from survey where ($1 = '' or id < $1) order by id desc limit $2");
    let before = before.map(|id| id.to_string()).unwrap_or_default();
    let query = sqlx::query(AssertSqlSafe(sql)).bind(before).bind(limit);
    query.fetch_all(conn.sql()).await?.iter().map(read).collect()
}

fn parsed<T: std::str::FromStr>(column: &str, text: &str) -> Result<T, Error>
where
    T::Err: std::fmt::Display,
{
    text.parse().map_err(|error| Error::Bug(format!("survey.{column} cannot be read: {error}")))
}

fn read(row: &AnyRow) -> Result<Survey, Error> {
    let text = |column: &str| row.try_get::<String, _>(column);
    let option = |column: &str| row.try_get::<Option<String>, _>(column);
    let number = |column: &str| row.try_get::<Option<i64>, _>(column);
    let state = text("state")?;
    Ok(Survey {
        id: parsed("id", &text("id")?)?,
        ticket: parsed("ticket", &text("ticket")?)?,
        customer: parsed("customer", &text("customer")?)?,
        expert: option("expert")?.map(|id| parsed("expert", &id)).transpose()?,
        state: SurveyState::from_word(&state).ok_or_else(|| Error::Bug(format!("survey.state is {state:?}")))?,
        created_at: Timestamp::from_millis(row.try_get("created_at")?),
        answered_at: number("answered_at")?.map(Timestamp::from_millis),
        mended_at: number("mended_at")?.map(Timestamp::from_millis),
        working: number("working")?.map(|working| working != 0),
        rating: number("rating")?.and_then(|rating| u8::try_from(rating).ok()),
        comment: option("comment")?.map(|comment| parsed("comment", &comment)).transpose()?,
    })
}
