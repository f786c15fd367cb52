//! The tables `notice` and `delivery`.

use super::notice::{Ended, NewNotice, Notice, NoticeState};
use super::plan::{Audience, Channel, Past, rank};
use crate::db::{Conn, Error, Tx, values};
use crate::jobs::{self, Kind, NewJob};
use shared::ids::{DeliveryId, NoticeId, TicketId};
use shared::text::Phone;
use shared::texts::Language;
use shared::time::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};
use std::collections::BTreeMap;

pub mod lately;
pub mod no_sms;
pub mod people;

pub use super::sandbox::{Captured, captured};

/// Rows in one statement.
const ROWS_MAX: usize = 100;
const COLUMNS: &str = "id, matter, audience, person, ticket, channel, to_address, language, subject, body, link, state, why, \
    instead, created_at, due_at, ended_at";

/// Keeps notices with the jobs that send them, in the caller's transaction. One that was told already is left as it is.
/// A newer call about a visit overtakes an older one that nobody made. Gives back the ids of those that are new.
pub async fn tell(tx: &mut Tx, notices: &[NewNotice], now: Timestamp) -> Result<Vec<NoticeId>, Error> {
    let told = insert(tx, notices, now).await?;
    let mut jobs = Vec::new();
    for (id, notice) in &told {
        let rank = rank(&notice.matter);
        jobs.extend(sender(notice.way.0).map(|kind| NewJob::new(kind, id, notice.due_at).ranked(rank)));
        if let (Channel::Call, Some(ticket)) = (notice.way.0, notice.ticket) {
            overtake_calls(tx, *id, ticket, &notice.to.person, now).await?;
        }
    }
    jobs::enqueue(tx, &jobs).await?;
    Ok(told.into_iter().map(|(id, _)| id).collect())
}

async fn insert<'a>(
    tx: &mut Tx,
    notices: &'a [NewNotice],
    now: Timestamp,
) -> Result<Vec<(NoticeId, &'a NewNotice)>, Error> {
    // A statement may not meet a key twice, and transactions meet keys in one order.
    let by_key: BTreeMap<String, &NewNotice> = notices.iter().map(|notice| (notice.dedupe_key(), notice)).collect();
    let rows: Vec<(NoticeId, String, &NewNotice)> =
        by_key.into_iter().map(|(key, notice)| (tx.new_id(), key, notice)).collect();
    let mut told = Vec::new();
    for rows in rows.chunks(ROWS_MAX) {
        let sql = format!(
            "insert into notice (id, dedupe_key, kind, matter, audience, person, ticket, channel, to_address, language,
               subject, body, link, state, created_at, due_at) values {}
             on conflict (dedupe_key) do nothing returning id",
            values(rows.len(), 16)
        );
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for (id, key, notice) in rows {
            let matter =
                serde_json::to_string(&notice.matter).map_err(|error| Error::Bug(format!("a matter: {error}")))?;
            query = query.bind(id.to_string()).bind(key.clone()).bind(notice.matter.word().to_string()).bind(matter);
            query = query.bind(notice.to.audience.word().to_string()).bind(notice.to.person.clone());
            query = query.bind(notice.ticket.map(|id| id.to_string())).bind(notice.way.0.word().to_string());
            query = query.bind(notice.way.1.clone()).bind(notice.to.language.code().to_string());
            query = query.bind(notice.words.subject.clone()).bind(notice.words.body.clone());
            query = query.bind(notice.words.link.clone()).bind(NoticeState::Queued.word().to_string());
            query = query.bind(now.as_millis()).bind(notice.due_at.as_millis());
        }
        for row in query.fetch_all(tx.sql()).await? {
            told.push(parsed::<NoticeId>(&row, "id")?);
        }
    }
    Ok(rows.into_iter().filter(|(id, _, _)| told.contains(id)).map(|(id, _, notice)| (id, notice)).collect())
}

/// Keeps a notice that its caller sends at once, with the beginning of its only attempt. None: it was told already.
pub async fn tell_unsent(tx: &mut Tx, notice: &NewNotice, now: Timestamp) -> Result<Option<NoticeId>, Error> {
    let told = insert(tx, std::slice::from_ref(notice), now).await?.pop().map(|(id, _)| id);
    if let Some(id) = told {
        begin_attempt(tx, id, 1).await?;
    }
    Ok(told)
}

/// The kind of job that sends on a channel. A call is made by a person.
fn sender(channel: Channel) -> Option<Kind> {
    match channel {
        Channel::Push => Some(Kind::SendPush),
        Channel::Sms => Some(Kind::SendSms),
        Channel::Email => Some(Kind::SendMail),
        Channel::Call => None,
    }
}

async fn overtake_calls(
    tx: &mut Tx,
    newer: NoticeId,
    ticket: TicketId,
    person: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "update notice set state = 'dropped', why = $1, ended_at = $2
        where ticket = $3 and person = $4 and id <> $5 and channel = 'call' and state = 'queued'
          and kind in ('accepted', 'departed', 'looking_again')";
    let query = sqlx::query(sql).bind(Past::Overtaken.words().to_string()).bind(now.as_millis());
    query.bind(ticket.to_string()).bind(person.to_string()).bind(newer.to_string()).execute(tx.sql()).await?;
    Ok(())
}

/// One notice, held until the commit.
pub async fn lock(tx: &mut Tx, id: NoticeId) -> Result<Option<Notice>, Error> {
    let sql = format!("select {COLUMNS} from notice where id = $1{}", tx.for_update());
    let row = sqlx::query(AssertSqlSafe(sql)).bind(id.to_string()).fetch_optional(tx.sql()).await?;
    row.as_ref().map(read).transpose()
}

/// One notice.
pub async fn get(conn: &mut Conn, id: NoticeId) -> Result<Option<Notice>, Error> {
    let sql = format!("select {COLUMNS} from notice where id = $1");
    let row = sqlx::query(AssertSqlSafe(sql)).bind(id.to_string()).fetch_optional(conn.sql()).await?;
    row.as_ref().map(read).transpose()
}

/// Everything that was told about a ticket, in the order in which it was told.
pub async fn of_ticket(conn: &mut Conn, ticket: TicketId, limit: i64) -> Result<Vec<Notice>, Error> {
    let sql = format!("select {COLUMNS} from notice where ticket = $1 order by id limit $2");
    let query = sqlx::query(AssertSqlSafe(sql)).bind(ticket.to_string()).bind(limit);
    query.fetch_all(conn.sql()).await?.iter().map(read).collect()
}

/// What somebody was told last, the newest first.
pub async fn of_person(conn: &mut Conn, person: &str, limit: i64) -> Result<Vec<Notice>, Error> {
    let sql = format!("select {COLUMNS} from notice where person = $1 order by id desc limit $2");
    let query = sqlx::query(AssertSqlSafe(sql)).bind(person.to_string()).bind(limit);
    query.fetch_all(conn.sql()).await?.iter().map(read).collect()
}

/// A call that nobody took is made again later; `why` says what happened. Gives back whether it was still to be made.
pub async fn call_again(tx: &mut Tx, id: NoticeId, due_at: Timestamp, why: &str) -> Result<bool, Error> {
    let sql = "update notice set due_at = $2, why = $3 where id = $1 and state = 'queued' and channel = 'call'";
    let query = sqlx::query(sql).bind(id.to_string()).bind(due_at.as_millis()).bind(why.to_string());
    Ok(query.execute(tx.sql()).await?.rows_affected() == 1)
}

/// Which notices are wanted; what is none holds for all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// In this state.
    pub state: Option<NoticeState>,
    /// On this channel.
    pub channel: Option<Channel>,
    /// To this address.
    pub to: Option<String>,
}

/// The newest notices that the filter lets through; `before` is the last one of the page before.
pub async fn list(
    conn: &mut Conn,
    filter: &Filter,
    before: Option<NoticeId>,
    limit: i64,
) -> Result<Vec<Notice>, Error> {
    let sql = format!(
        "select {COLUMNS} from notice where ($1 = '' or state = $1) and ($2 = '' or channel = $2)
           and ($3 = '' or to_address = $3) and ($4 = '' or id < $4) order by id desc limit $5"
    );
    let query = sqlx::query(AssertSqlSafe(sql)).bind(filter.state.map_or("", NoticeState::word).to_string());
    let query = query.bind(filter.channel.map_or("", Channel::word).to_string());
    let query = query.bind(filter.to.clone().unwrap_or_default());
    let query = query.bind(before.map(|id| id.to_string()).unwrap_or_default()).bind(limit);
    query.fetch_all(conn.sql()).await?.iter().map(read).collect()
}

/// Notices that failed for good and that nothing else says, the newest first; `before` is the last one of the page before.
pub async fn failed(conn: &mut Conn, before: Option<NoticeId>, limit: i64) -> Result<Vec<Notice>, Error> {
    let sql = format!(
        "select {COLUMNS} from notice where state = 'failed' and instead is null and ($1 = '' or id < $1)
         order by id desc limit $2"
    );
    let before = before.map(|id| id.to_string()).unwrap_or_default();
    let query = sqlx::query(AssertSqlSafe(sql)).bind(before).bind(limit);
    query.fetch_all(conn.sql()).await?.iter().map(read).collect()
}

/// What a person of ours should ring about now, the longest due first. Whoever rings looks with [`super::still_to_say`]
/// first.
pub async fn calls(conn: &mut Conn, now: Timestamp, limit: i64) -> Result<Vec<Notice>, Error> {
    let sql = format!(
        "select {COLUMNS} from notice where channel = 'call' and state = 'queued' and due_at <= $1
         order by due_at, id limit $2"
    );
    let query = sqlx::query(AssertSqlSafe(sql)).bind(now.as_millis()).bind(limit);
    query.fetch_all(conn.sql()).await?.iter().map(read).collect()
}

/// What reached a customer by no way we have, and what an expert must know and did not get, the oldest first. Whoever rings
/// looks with [`super::still_to_say`] first. Who cannot be asked how it was is not rung for that.
pub async fn undelivered(conn: &mut Conn, limit: i64) -> Result<Vec<Notice>, Error> {
    let sql = format!(
        "select {COLUMNS} from notice where state = 'failed' and instead is null and (
             (audience = 'customer' and kind not in ('survey', 'survey_again', 'sign_in_code'))
             or (audience = 'expert' and channel = 'sms' and kind in ('lost', 'stopped', 'go_on', 'unheard')
               and not exists (select 1 from notice push where push.ticket = notice.ticket and push.kind = notice.kind
                 and push.person = notice.person and push.channel = 'push' and push.matter = notice.matter
                 and push.state in ('sent', 'delivered'))))
         order by id limit $1"
    );
    let query = sqlx::query(AssertSqlSafe(sql)).bind(limit);
    query.fetch_all(conn.sql()).await?.iter().map(read).collect()
}

/// The ticket that was last offered to a number by SMS since then, and to whom.
pub async fn last_offer_by_sms(
    conn: &mut Conn,
    phone: &Phone,
    since: Timestamp,
) -> Result<Option<(TicketId, String)>, Error> {
    let sql = "select ticket, person from notice where kind = 'offer' and channel = 'sms' and to_address = $1
        and created_at >= $2 and ticket is not null and state in ('sent', 'delivered') order by id desc limit 1";
    let row = sqlx::query(sql).bind(phone.to_string()).bind(since.as_millis()).fetch_optional(conn.sql()).await?;
    row.map(|row| Ok((parsed::<TicketId>(&row, "ticket")?, row.try_get("person")?))).transpose()
}

/// A person took care of a notice that had failed, or rang about one that was queued. Gives back whether it was open.
pub async fn end_by_person(
    tx: &mut Tx,
    id: NoticeId,
    state: NoticeState,
    why: &str,
    now: Timestamp,
) -> Result<bool, Error> {
    let sql = "update notice set state = $2, why = $3, ended_at = $4
        where id = $1 and (state = 'failed' or (state = 'queued' and channel = 'call'))";
    let query = sqlx::query(sql).bind(id.to_string()).bind(state.word().to_string());
    let ended = query.bind(why.to_string()).bind(now.as_millis()).execute(tx.sql()).await?;
    Ok(ended.rows_affected() == 1)
}

/// Ends a queued notice. Gives back whether it was queued.
pub async fn end(
    tx: &mut Tx,
    id: NoticeId,
    state: NoticeState,
    why: Option<&str>,
    now: Timestamp,
) -> Result<bool, Error> {
    let sql = "update notice set state = $2, why = $3, ended_at = $4 where id = $1 and state = 'queued'";
    let query = sqlx::query(sql).bind(id.to_string()).bind(state.word().to_string());
    let ended = query.bind(why.map(str::to_owned)).bind(now.as_millis()).execute(tx.sql()).await?;
    Ok(ended.rows_affected() == 1)
}

/// A notice leaves later than it was to.
pub(super) async fn postpone(tx: &mut Tx, id: NoticeId, due_at: Timestamp) -> Result<(), Error> {
    let sql = "update notice set due_at = $2 where id = $1 and state = 'queued'";
    sqlx::query(sql).bind(id.to_string()).bind(due_at.as_millis()).execute(tx.sql()).await?;
    Ok(())
}

/// Whether a notice says what another could not.
pub(super) async fn is_instead(conn: &mut Conn, id: NoticeId) -> Result<bool, Error> {
    let row = sqlx::query("select 1 as n from notice where instead = $1 limit 1").bind(id.to_string());
    Ok(row.fetch_optional(conn.sql()).await?.is_some())
}

/// Moves a notice on by what its provider told later, wherever it was.
pub(super) async fn move_on(
    tx: &mut Tx,
    id: NoticeId,
    state: NoticeState,
    why: Option<&str>,
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "update notice set state = $2, why = $3, ended_at = $4 where id = $1";
    let query = sqlx::query(sql).bind(id.to_string()).bind(state.word().to_string());
    query.bind(why.map(str::to_owned)).bind(now.as_millis()).execute(tx.sql()).await?;
    Ok(())
}

/// Notes which notice says the same by another way.
pub(super) async fn set_instead(tx: &mut Tx, id: NoticeId, instead: NoticeId) -> Result<(), Error> {
    let sql = "update notice set instead = $2 where id = $1";
    sqlx::query(sql).bind(id.to_string()).bind(instead.to_string()).execute(tx.sql()).await?;
    Ok(())
}

/// Drops what is still queued of a kind about a ticket: it has been answered.
pub async fn drop_queued(
    tx: &mut Tx,
    ticket: TicketId,
    kinds: &[&str],
    why: &str,
    now: Timestamp,
) -> Result<(), Error> {
    for kind in kinds {
        let sql = "update notice set state = 'dropped', why = $1, ended_at = $2
            where ticket = $3 and kind = $4 and state = 'queued'";
        let query = sqlx::query(sql).bind(why.to_string()).bind(now.as_millis());
        query.bind(ticket.to_string()).bind((*kind).to_string()).execute(tx.sql()).await?;
    }
    Ok(())
}

/// The last attempt at a notice: its number and how it ended.
pub async fn last_attempt(conn: &mut Conn, notice: NoticeId) -> Result<Option<(i64, Ended)>, Error> {
    let sql = "select n, outcome from delivery where notice = $1 order by n desc limit 1";
    let row = sqlx::query(sql).bind(notice.to_string()).fetch_optional(conn.sql()).await?;
    let read = |row: AnyRow| -> Result<(i64, Ended), Error> {
        let word: String = row.try_get("outcome")?;
        let ended = Ended::from_word(&word).ok_or_else(|| Error::Bug(format!("delivery.outcome is {word:?}")))?;
        Ok((row.try_get("n")?, ended))
    };
    row.map(read).transpose()
}

/// Writes that an attempt begins.
pub async fn begin_attempt(tx: &mut Tx, notice: NoticeId, n: i64) -> Result<(), Error> {
    let (id, at): (DeliveryId, _) = (tx.new_id(), tx.real_now());
    let sql = "insert into delivery (id, notice, n, at, outcome) values ($1, $2, $3, $4, 'attempted')";
    let query = sqlx::query(sql).bind(id.to_string()).bind(notice.to_string()).bind(n);
    query.bind(at.as_millis()).execute(tx.sql()).await?;
    Ok(())
}

/// Writes what the provider told later about an attempt that it had taken.
pub(super) async fn refuse_attempt(tx: &mut Tx, notice: NoticeId, reference: &str, why: &str) -> Result<(), Error> {
    let sql = "update delivery set outcome = 'failed', error = $3 where notice = $1 and provider_ref = $2";
    let query = sqlx::query(sql).bind(notice.to_string()).bind(reference.to_string());
    query.bind(why.to_string()).execute(tx.sql()).await?;
    Ok(())
}

/// Writes how an attempt ended: the provider's reference, or what it said. What a receipt wrote before stays.
pub async fn end_attempt(
    tx: &mut Tx,
    notice: NoticeId,
    n: i64,
    ended: Ended,
    said: Result<&str, &str>,
) -> Result<(), Error> {
    let at = tx.real_now();
    let sql = "update delivery set outcome = $3, provider_ref = $4, error = $5, ended_at = $6
        where notice = $1 and n = $2 and outcome in ('attempted', 'unknown')";
    let query = sqlx::query(sql).bind(notice.to_string()).bind(n).bind(ended.word().to_string());
    let query = query.bind(said.ok().map(str::to_owned)).bind(said.err().map(str::to_owned));
    query.bind(at.as_millis()).execute(tx.sql()).await?;
    Ok(())
}

fn parsed<T: std::str::FromStr>(row: &AnyRow, column: &str) -> Result<T, Error>
where
    T::Err: std::fmt::Display,
{
    let text: String = row.try_get(column)?;
    text.parse().map_err(|error| Error::Bug(format!("notice.{column} cannot be read: {error}")))
}

fn word<T>(row: &AnyRow, column: &str, read: impl Fn(&str) -> Option<T>) -> Result<T, Error> {
    let text: String = row.try_get(column)?;
    read(&text).ok_or_else(|| Error::Bug(format!("notice.{column} is {text:?}")))
}

fn read(row: &AnyRow) -> Result<Notice, Error> {
    let ticket: Option<String> = row.try_get("ticket")?;
    let ticket = ticket.map(|id| id.parse().map_err(|error| Error::Bug(format!("notice.ticket: {error}"))));
    let instead: Option<String> = row.try_get("instead")?;
    let instead = instead.map(|id| id.parse().map_err(|error| Error::Bug(format!("notice.instead: {error}"))));
    let matter: String = row.try_get("matter")?;
    let ended_at: Option<i64> = row.try_get("ended_at")?;
    Ok(Notice {
        id: parsed(row, "id")?,
        matter: serde_json::from_str(&matter).map_err(|error| Error::Bug(format!("notice.matter: {error}")))?,
        audience: word(row, "audience", Audience::from_word)?,
        person: row.try_get("person")?,
        ticket: ticket.transpose()?,
        channel: word(row, "channel", Channel::from_word)?,
        to_address: row.try_get("to_address")?,
        language: Language::of_locale(&row.try_get::<String, _>("language")?),
        subject: row.try_get("subject")?,
        body: row.try_get("body")?,
        link: row.try_get("link")?,
        state: word(row, "state", NoticeState::from_word)?,
        why: row.try_get("why")?,
        instead: instead.transpose()?,
        created_at: Timestamp::from_millis(row.try_get("created_at")?),
        due_at: Timestamp::from_millis(row.try_get("due_at")?),
        ended_at: ended_at.map(Timestamp::from_millis),
    })
}
