//! The tables `mutation`, `dead_letter` and `rescue`: everything that phones sent, with what became of it.

use crate::db::{Conn, Error, Tx, values};
use shared::ids::{CustomerId, DeviceId, ExpertId, Id, TicketId, of};
use shared::sync::{Ack, Mutation, MutationResult, Unused};
use shared::time::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};
use std::collections::BTreeMap;

/// Rows in one statement.
const ROWS_MAX: usize = 200;
/// What is kept of a mutation's name that is no id.
const KEY_CHARS_MAX: usize = 100;

/// The text under which a mutation is kept: its mid, cut and cleaned, because what is no id may be anything.
pub(super) fn key(mid: &str) -> String {
    mid.chars().filter(|c| !c.is_control()).take(KEY_CHARS_MAX).collect()
}

/// The key of an expert's mutation. What is no id could be somebody else's too, and may not stand in his way.
pub(super) fn key_of(expert: ExpertId, mid: &str) -> String {
    if mid.parse::<Id<of::Mutation>>().is_ok() { mid.to_owned() } else { format!("{expert}:{}", key(mid)) }
}

/// What became of a mutation, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) result: MutationResult,
    pub(super) ticket: Option<TicketId>,
    pub(super) ver: Option<i64>,
    pub(super) late: bool,
}

impl Answer {
    /// As the phone is told.
    pub(super) fn ack(&self, n: i64, mid: String, dup: bool) -> Ack {
        let Self { result, ticket, ver, late } = self.clone();
        Ack { n, mid, result, dup, ticket, ver, late }
    }
}

/// A mutation with its answer.
#[derive(Clone, Debug)]
pub(super) struct MutationRow {
    pub(super) key: String,
    pub(super) mutation: Mutation,
    pub(super) answer: Answer,
}

/// The kept answers to this expert's mutations.
pub(super) async fn answers(
    conn: &mut Conn,
    expert: ExpertId,
    keys: &[String],
) -> Result<BTreeMap<String, Answer>, Error> {
    let mut found = BTreeMap::new();
    for keys in keys.chunks(ROWS_MAX) {
        let binds: Vec<String> = (2..keys.len() + 2).map(|at| format!("${at}")).collect();
        let sql = format!(
            "select mid, code, reason, ticket, ver, late from mutation where expert = $1 and mid in ({})",
            binds.join(", ")
        );
        let query = sqlx::query(AssertSqlSafe(sql)).bind(expert.to_string());
        let query = keys.iter().fold(query, |query, key| query.bind(key.clone()));
        for row in query.fetch_all(conn.sql()).await? {
            found.insert(row.try_get("mid")?, answer(&row)?);
        }
    }
    Ok(found)
}

fn answer(row: &AnyRow) -> Result<Answer, Error> {
    let (code, reason): (String, Option<String>) = (row.try_get("code")?, row.try_get("reason")?);
    let result = match code.as_str() {
        "applied" => MutationResult::Applied,
        "noop" => MutationResult::Noop,
        "recorded" => MutationResult::Recorded(unused(reason.as_deref())?),
        "rejected" => MutationResult::Rejected(reason.unwrap_or_default()),
        other => return Err(Error::Bug(format!("a mutation has an answer {other:?}"))),
    };
    let ticket: Option<String> = row.try_get("ticket")?;
    Ok(Answer {
        result,
        ticket: ticket.and_then(|id| id.parse().ok()),
        ver: row.try_get("ver")?,
        late: row.try_get::<i64, _>("late")? != 0,
    })
}

fn unused(word: Option<&str>) -> Result<Unused, Error> {
    const ALL: [Unused; 6] = [
        Unused::Reassigned,
        Unused::Lapsed,
        Unused::Cancelled,
        Unused::UnknownTicket,
        Unused::IllegalTransition,
        Unused::Rule,
    ];
    let found = ALL.into_iter().find(|reason| Some(reason.word()) == word);
    found.ok_or_else(|| Error::Bug(format!("a mutation was recorded for {word:?}")))
}

fn words(result: &MutationResult) -> (&'static str, Option<String>) {
    match result {
        MutationResult::Applied => ("applied", None),
        MutationResult::Noop => ("noop", None),
        MutationResult::Recorded(why) => ("recorded", Some(why.word().to_owned())),
        MutationResult::Rejected(why) => ("rejected", Some(why.chars().filter(|c| *c != '\0').collect())),
    }
}

/// Keeps mutations with their answers; rejected ones whole, as dead letters, too.
pub(super) async fn insert(
    tx: &mut Tx,
    expert: ExpertId,
    device: DeviceId,
    inc: i64,
    rows: &[MutationRow],
    real_now: Timestamp,
) -> Result<(), Error> {
    for rows in rows.chunks(ROWS_MAX) {
        let sql = format!(
            "insert into mutation (mid, expert, device, inc, n, kind, v, ticket, body, made_at, received_at, code,
               reason, ver, late) values {}",
            values(rows.len(), 15)
        );
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for MutationRow { key, mutation, answer } in rows {
            let (code, reason) = words(&answer.result);
            query = query.bind(key.clone()).bind(expert.to_string()).bind(device.to_string()).bind(inc);
            query = query.bind(mutation.n).bind(self::key(&mutation.kind)).bind(i64::from(mutation.v));
            query = query.bind(answer.ticket.map(|id| id.to_string())).bind(json(&mutation.args)?);
            query = query.bind(mutation.t.wall.as_millis()).bind(real_now.as_millis());
            query = query.bind(code.to_string()).bind(reason).bind(answer.ver).bind(i64::from(answer.late));
        }
        query.execute(tx.sql()).await?;
    }
    for MutationRow { key, mutation, answer } in rows {
        let MutationResult::Rejected(why) = &answer.result else { continue };
        let id: Id<of::Mutation> = tx.new_id();
        let sql = "insert into dead_letter (id, expert, device, inc, n, mid, body, why, received_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        let query = sqlx::query(sql).bind(id.to_string()).bind(expert.to_string()).bind(device.to_string()).bind(inc);
        let query = query.bind(mutation.n).bind(key.clone()).bind(json(mutation)?);
        query.bind(self::key(why)).bind(real_now.as_millis()).execute(tx.sql()).await?;
    }
    Ok(())
}

fn json(value: &impl serde::Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| Error::Bug(format!("a mutation cannot be written: {error}")))
}

/// Keeps an outbox as it came. Gives back the id to quote.
pub(super) async fn keep_rescue(
    tx: &mut Tx,
    expert: ExpertId,
    device: Option<DeviceId>,
    body: &str,
    real_now: Timestamp,
) -> Result<String, Error> {
    let id: Id<of::Mutation> = tx.new_id();
    let sql = "insert into rescue (id, expert, device, body, received_at) values ($1, $2, $3, $4, $5)";
    let query = sqlx::query(sql).bind(id.to_string()).bind(expert.to_string());
    let query = query.bind(device.map(|id| id.to_string())).bind(body.replace('\0', "\u{fffd}"));
    query.bind(real_now.as_millis()).execute(tx.sql()).await?;
    Ok(id.to_string())
}

/// A mutation that could not be used.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct DeadLetter {
    /// Its id here.
    pub id: String,
    /// Who sent it.
    pub expert: String,
    /// The mutation, as it came.
    pub body: String,
    /// Why it could not be used.
    pub why: String,
    /// When it came, by the real clock.
    pub received_at: Timestamp,
}

/// Dead letters, the newest first.
pub async fn dead_letters(conn: &mut Conn, limit: i64) -> Result<Vec<DeadLetter>, Error> {
    let sql = "select id, expert, body, why, received_at from dead_letter order by received_at desc, id limit $1";
    let read = |row: &AnyRow| {
        Ok(DeadLetter {
            id: row.try_get("id")?,
            expert: row.try_get("expert")?,
            body: row.try_get("body")?,
            why: row.try_get("why")?,
            received_at: Timestamp::from_millis(row.try_get("received_at")?),
        })
    };
    sqlx::query(sql).bind(limit).fetch_all(conn.sql()).await?.iter().map(read).collect()
}

/// Forgets mutations that came before `before`, at most `limit` of them.
pub(super) async fn trim(tx: &mut Tx, before: Timestamp, limit: i64) -> Result<u64, Error> {
    let sql = "delete from mutation where mid in
        (select mid from mutation where received_at < $1 order by received_at limit $2)";
    let gone = sqlx::query(sql).bind(before.as_millis()).bind(limit).execute(tx.sql()).await?;
    Ok(gone.rows_affected())
}

/// Takes a customer's words out of what phones sent about their tickets: of what was used, and of what could not be.
pub async fn forget(tx: &mut Tx, customer: CustomerId, tickets: &[TicketId]) -> Result<(), Error> {
    let sql = "update mutation set body = '{}' where ticket in (select t.id from ticket t where t.customer = $1)";
    sqlx::query(sql).bind(customer.to_string()).execute(tx.sql()).await?;
    for ticket in tickets {
        for sql in [
            "update dead_letter set body = '{\"forgotten\":true}' where body like '%' || $1 || '%'",
            "update rescue set body = '{\"forgotten\":true}' where body like '%' || $1 || '%'",
        ] {
            sqlx::query(sql).bind(ticket.to_string()).execute(tx.sql()).await?;
        }
    }
    Ok(())
}
