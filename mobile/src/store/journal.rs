//! The journal: everything the expert did, in order. A row without a code is unsent; one with a code is final, and is
//! kept for [`KEEP_DAYS`] so that a server that lost commits can be offered it again. Nothing here ever deletes an
//! unsent row, but for a slip that the expert takes back before anybody heard of it (`take_back`).

use super::{Error, meta};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::chance::Chance;
use shared::fold::Overlay;
use shared::ids::{MutationId, TicketId};
use shared::intent::{Intent, VERSION};
use shared::sync::{Ack, MadeAt, Mutation, MutationResult, PUSH_MUTATIONS_MAX, Unused};
use shared::time::Timestamp;

/// Answered rows are kept so long, by the server's clock.
pub const KEEP_DAYS: i64 = 30;
const DAY_MS: i64 = 86_400_000;

/// What only the sender reads.
#[derive(Serialize, Deserialize)]
struct Body {
    t: MadeAt,
    args: Value,
}

/// Adds an intent under the next number.
pub(super) fn add(
    conn: &Connection,
    intent: &Intent,
    ticket: Option<TicketId>,
    t: &MadeAt,
    chance: &dyn Chance,
) -> Result<MutationId, Error> {
    let mid = MutationId::new(t.wall, chance);
    let n = last_n(conn)? + 1;
    let body = serde_json::to_string(&Body { t: t.clone(), args: intent.args() }).expect("intents have only text keys");
    let sql = "insert into journal (mid, n, v, kind, ticket, body, created) values (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    conn.prepare_cached(sql)?.execute(params![
        mid.to_string(),
        n,
        VERSION,
        intent.kind(),
        ticket.map(|ticket| ticket.to_string()),
        body,
        t.wall.as_millis()
    ])?;
    meta::put(conn, meta::LAST_N, &n)?;
    Ok(mid)
}

/// The last number given in this incarnation.
pub(super) fn last_n(conn: &Connection) -> Result<i64, Error> {
    Ok(meta::get(conn, meta::LAST_N)?.unwrap_or(0))
}

/// The oldest unsent intents as they go over the wire: the same bytes at each try.
pub(super) fn unsent(conn: &Connection) -> Result<Vec<Mutation>, Error> {
    unsent_after(conn, 0)
}

/// The same behind this number.
pub(super) fn unsent_after(conn: &Connection, n: i64) -> Result<Vec<Mutation>, Error> {
    let sql = "select n, mid, v, kind, ticket, body from journal where code is null and n > ?2 order by n limit ?1";
    let mut query = conn.prepare_cached(sql)?;
    let limit = i64::try_from(PUSH_MUTATIONS_MAX).expect("a small number");
    let rows = query.query_map([limit, n], mutation)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn mutation(row: &Row<'_>) -> rusqlite::Result<Mutation> {
    let body: String = row.get("body")?;
    // A body that cannot be read any more is sent as it lies there: the server keeps it as a dead letter, and the rest
    // of the outbox is not stuck behind it.
    let lost = MadeAt { wall: Timestamp::EPOCH, mono_ms: 0, boot: String::new() };
    let Body { t, args } = serde_json::from_str(&body)
        .unwrap_or_else(|_| Body { t: lost, args: serde_json::json!({ "unreadable": body }) });
    Ok(Mutation {
        n: row.get("n")?,
        mid: row.get("mid")?,
        v: row.get("v")?,
        kind: row.get("kind")?,
        ticket: row.get("ticket")?,
        t,
        args,
    })
}

/// Writes down an answer. Gives the ticket it was about, or nothing if it was answered before.
#[expect(clippy::option_option, reason = "an intent that was answered may be about no ticket")]
pub(super) fn answer(
    conn: &Connection,
    ack: &Ack,
    epoch: &str,
    server_time: Timestamp,
) -> Result<Option<Option<String>>, Error> {
    let (code, reason) = match &ack.result {
        MutationResult::Applied => ("applied", None),
        MutationResult::Noop => ("noop", None),
        MutationResult::Recorded(why) => ("recorded", Some(why.word().to_owned())),
        MutationResult::Rejected(why) => ("rejected", Some(why.clone())),
    };
    let sql = "update journal set code = ?2, reason = ?3, ver = ?4, epoch = ?5, done_at = ?6, late = ?7
        where mid = ?1 and code is null returning ticket";
    let mut update = conn.prepare_cached(sql)?;
    let bound = params![ack.mid, code, reason, ack.ver, epoch, server_time.as_millis(), ack.late];
    Ok(update.query_row(bound, |row| row.get("ticket")).optional()?)
}

/// Makes every kept row unsent again: the server lost some of what it had answered (C7). Gives the tickets concerned.
pub(super) fn reoffer(conn: &Connection) -> Result<Vec<String>, Error> {
    conn.execute(
        "update journal set code = null, reason = null, ver = null, epoch = null, done_at = null, late = 0",
        [],
    )?;
    let mut query = conn.prepare_cached("select distinct ticket from journal where ticket is not null")?;
    let rows = query.query_map([], |row| row.get("ticket"))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Numbers the unsent rows anew, from 1, in the order in which they were made. Ids never change.
pub(super) fn renumber(conn: &Connection) -> Result<(), Error> {
    conn.execute("update journal set n = null", [])?;
    let n = conn.execute(
        "update journal set n = (select count(*) from journal earlier where earlier.code is null and earlier.local <= journal.local)
         where code is null",
        [],
    )?;
    meta::put(conn, meta::LAST_N, &n)
}

/// The expert's own work that the base of a ticket (none: of himself) does not hold yet: unsent, or applied in a
/// version that has not come in. Versions of two histories of the server cannot be compared.
pub(super) fn overlay(conn: &Connection, ticket: Option<&str>, ver: i64, epoch: &str) -> Result<Vec<Overlay>, Error> {
    let sql = "select mid, v, kind, body, code is not null as acked from journal
        where ticket is ?1
          and (code is null or (code in ('applied', 'noop') and ver is not null and (ver > ?2 or epoch <> ?3)))
        order by local";
    let mut query = conn.prepare_cached(sql)?;
    let mut rows = query.query(params![ticket, ver, epoch])?;
    let mut overlay = Vec::new();
    while let Some(row) = rows.next()? {
        let (mid, kind, body): (String, String, String) = (row.get("mid")?, row.get("kind")?, row.get("body")?);
        let Ok(body) = serde_json::from_str::<Body>(&body) else { continue };
        // What this release cannot read it cannot show; it is sent all the same.
        let Ok(intent) = Intent::parse(&kind, row.get("v")?, &body.args) else { continue };
        let Ok(mid) = mid.parse() else { continue };
        overlay.push(Overlay { mid, intent, made_at: body.t.wall, acked: row.get("acked")? });
    }
    Ok(overlay)
}

/// Whether own work on this ticket is unsent, or its answer is news that nobody read yet: it changed nothing, or it was
/// kept although the ticket was no longer his.
pub(super) fn is_open(conn: &Connection, ticket: &str) -> Result<bool, Error> {
    let sql = "select exists (select 1 from journal where ticket = ?1
        and (code is null or ((code in ('recorded', 'rejected') or late = 1) and seen = 0))) as open";
    Ok(conn.prepare_cached(sql)?.query_row([ticket], |row| row.get("open"))?)
}

/// Whether the same was already said about this ticket.
pub(super) fn said(conn: &Connection, intent: &Intent, ticket: TicketId) -> Result<bool, Error> {
    let sql = "select body from journal where ticket = ?1 and kind = ?2";
    let mut query = conn.prepare_cached(sql)?;
    let mut rows = query.query(params![ticket.to_string(), intent.kind()])?;
    let args = intent.args();
    while let Some(row) = rows.next()? {
        let body: String = row.get("body")?;
        if serde_json::from_str::<Body>(&body).is_ok_and(|body| body.args == args) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// How much work is unsent, of one ticket or of all. Receipts ("it was on the screen") are no work.
pub(super) fn n_unsent(conn: &Connection, ticket: Option<&str>) -> Result<u32, Error> {
    let sql = "select count(*) as n from journal
        where code is null and (?1 is null or ticket = ?1) and kind not in ('offer.seen', 'ticket.seen')";
    Ok(conn.prepare_cached(sql)?.query_row([ticket], |row| row.get("n"))?)
}

/// Whether this expert never did anything here.
pub(super) fn is_empty(conn: &Connection) -> Result<bool, Error> {
    let sql = "select not exists (select 1 from journal) as is_empty";
    Ok(conn.prepare_cached(sql)?.query_row([], |row| row.get("is_empty"))?)
}

/// Whether anything waits to go out, receipts included.
pub(super) fn has_unsent(conn: &Connection) -> Result<bool, Error> {
    let sql = "select exists (select 1 from journal where code is null) as has";
    Ok(conn.prepare_cached(sql)?.query_row([], |row| row.get("has"))?)
}

/// When the oldest unsent intent was made, by the phone's clock.
pub(super) fn unsent_since(conn: &Connection) -> Result<Option<Timestamp>, Error> {
    let sql = "select created from journal where code is null order by local limit 1";
    let millis = conn.prepare_cached(sql)?.query_row([], |row| row.get("created")).optional()?;
    Ok(millis.map(Timestamp::from_millis))
}

/// Deletes answered rows that are older than [`KEEP_DAYS`] and need nobody's eyes.
pub(super) fn prune(conn: &Connection, server_time: Timestamp) -> Result<(), Error> {
    let before = server_time.plus_millis(-KEEP_DAYS * DAY_MS).as_millis();
    let sql =
        "delete from journal where done_at < ?1 and code is not null and (seen = 1 or code in ('applied', 'noop'))";
    conn.prepare_cached(sql)?.execute([before])?;
    // Never while work on it is unsent: it would be out of sight.
    let sql = "delete from ticket_archive where at < ?1
        and not exists (select 1 from journal j where j.ticket = ticket_archive.id and j.code is null)";
    conn.prepare_cached(sql)?.execute([before])?;
    Ok(())
}

/// An answer that the expert should read: his report changed nothing, or could not be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attention {
    /// Which of his intents; [`mark_seen`](super::Store::mark_seen) takes it.
    pub mid: MutationId,
    /// About which ticket.
    pub ticket: Option<TicketId>,
    /// What he wanted; none if this release cannot read it any more. Tapped again, it becomes a new intent.
    pub intent: Option<Intent>,
    /// When, by the phone's clock.
    pub made_at: Timestamp,
    /// What became of it: recorded or rejected.
    pub result: MutationResult,
}

/// Answers that nobody has read, oldest first.
pub(super) fn attention(conn: &Connection) -> Result<Vec<Attention>, Error> {
    const SHOWN_MAX: i64 = 100;
    let sql = "select mid, ticket, v, kind, body, created, code, reason from journal
        where code in ('recorded', 'rejected') and seen = 0 order by local limit ?1";
    let mut query = conn.prepare_cached(sql)?;
    let mut rows = query.query([SHOWN_MAX])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let (mid, ticket): (String, Option<String>) = (row.get("mid")?, row.get("ticket")?);
        let (kind, body): (String, String) = (row.get("kind")?, row.get("body")?);
        let (code, reason): (String, Option<String>) = (row.get("code")?, row.get("reason")?);
        let Ok(mid) = mid.parse() else { continue };
        let version = row.get("v")?;
        let intent = serde_json::from_str::<Body>(&body).ok();
        let intent = intent.and_then(|body| Intent::parse(&kind, version, &body.args).ok());
        found.push(Attention {
            mid,
            ticket: ticket.and_then(|ticket| ticket.parse().ok()),
            intent,
            made_at: Timestamp::from_millis(row.get("created")?),
            result: bad_news(&code, reason),
        });
    }
    Ok(found)
}

fn bad_news(code: &str, reason: Option<String>) -> MutationResult {
    let reason = reason.unwrap_or_default();
    let why = serde_json::from_value::<Unused>(Value::String(reason.clone()));
    match (code, why) {
        ("recorded", Ok(why)) => MutationResult::Recorded(why),
        _ => MutationResult::Rejected(reason),
    }
}

pub(super) fn mark_seen(conn: &Connection, mid: MutationId) -> Result<(), Error> {
    conn.prepare_cached("update journal set seen = 1 where mid = ?1")?.execute([mid.to_string()])?;
    Ok(())
}
