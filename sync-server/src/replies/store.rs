//! The table `sms_reply`.

use crate::db::{Conn, Error, Tx};
use shared::ids::TicketId;
use shared::text::Phone;
use shared::time::Timestamp;
use sqlx::Row;

/// What a message led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Became {
    /// No more SMS to this number.
    Stopped,
    /// SMS again.
    Started,
    /// An offer was accepted.
    Accepted,
    /// An offer was declined.
    Declined,
    /// An answer that changed nothing: too late, or to nothing.
    Nothing,
    /// We asked back which.
    AskedBack,
    /// A note on a ticket.
    Noted,
    /// A person reads it.
    ForAPerson,
    /// More than anybody reads from one number in a day.
    TooMany,
}

impl Became {
    /// The word in the table.
    pub fn word(self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::Started => "started",
            Self::Accepted => "accepted",
            Self::Declined => "declined",
            Self::Nothing => "nothing",
            Self::AskedBack => "asked_back",
            Self::Noted => "noted",
            Self::ForAPerson => "for_a_person",
            Self::TooMany => "too_many",
        }
    }
}

/// What we said to a message that we had already; empty where we said nothing.
pub(super) async fn answer_to(conn: &mut Conn, sid: &str) -> Result<Option<String>, Error> {
    let row = sqlx::query("select answer from sms_reply where sid = $1").bind(sid.to_string());
    Ok(row.fetch_optional(conn.sql()).await?.map(|row| row.try_get("answer")).transpose()?)
}

/// How many messages came from a number since then, and how many of them we answered.
pub(super) async fn lately(conn: &mut Conn, phone: &Phone, since: Timestamp) -> Result<(i64, i64), Error> {
    let sql = "select cast(count(*) as bigint) as n, cast(coalesce(sum(case when answer <> '' then 1 else 0 end), 0) as bigint)
        as answered from sms_reply where phone = $1 and at >= $2";
    let query = sqlx::query(sql).bind(phone.to_string()).bind(since.as_millis());
    let row = query.fetch_one(conn.sql()).await?;
    Ok((row.try_get("n")?, row.try_get("answered")?))
}

/// Keeps a message as it came. False: it is there already, from this call or another of the provider's.
pub(super) async fn keep(tx: &mut Tx, sid: &str, phone: &Phone, body: &str, at: Timestamp) -> Result<bool, Error> {
    let sql =
        "insert into sms_reply (sid, phone, body, became, ticket, answer, at) values ($1, $2, $3, $4, null, '', $5)
        on conflict (sid) do nothing";
    let query = sqlx::query(sql).bind(sid.to_string()).bind(phone.to_string()).bind(body.to_string());
    let query = query.bind(Became::Nothing.word().to_string()).bind(at.as_millis());
    Ok(query.execute(tx.sql()).await?.rows_affected() == 1)
}

/// Writes what a message led to, and what we said.
pub(super) async fn settle(
    tx: &mut Tx,
    sid: &str,
    became: Became,
    ticket: Option<TicketId>,
    answer: &str,
) -> Result<(), Error> {
    let sql = "update sms_reply set became = $2, ticket = $3, answer = $4 where sid = $1";
    let query = sqlx::query(sql).bind(sid.to_string()).bind(became.word().to_string());
    query.bind(ticket.map(|id| id.to_string())).bind(answer.to_string()).execute(tx.sql()).await?;
    Ok(())
}

/// Forgets what came from a number.
pub async fn forget(tx: &mut Tx, phone: &Phone) -> Result<(), Error> {
    sqlx::query("delete from sms_reply where phone = $1").bind(phone.to_string()).execute(tx.sql()).await?;
    Ok(())
}
