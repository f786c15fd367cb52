//! The documents: what the server sent (`base`), and what the expert sees (`view`). A view is always the shared fold
//! of its base and the journal, rewritten by [`refresh`] in the transaction that changes either.

use super::planted::{Probe, planted};
use super::{Error, journal, meta};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::Value;
use shared::document::{ExpertDoc, TicketDoc};
use shared::fold::{TicketView, fold, fold_expert};
use shared::ids::TicketId;
use shared::sync::{Digest, Patch};
use shared::ticket::{Act, Phase};
use shared::time::Timestamp;
use std::collections::BTreeSet;

pub(super) const TICKET: &str = "ticket";
const EXPERT: &str = "expert";

/// A ticket that went away while own work on it was unsent or its answer unread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archived {
    /// As it was last seen, own work included; none if this release cannot read it.
    pub doc: Option<TicketDoc>,
    /// Which.
    pub id: String,
    /// Why it went, if the server said so: `reassigned`, `archived` …
    pub why: Option<String>,
    /// Who had it when it went, by name.
    pub holder: Option<String>,
    /// When, by the server's clock.
    pub at: Timestamp,
    /// A restored server did not send it any more. The office hears of it, and if that server knows it, it says so.
    pub orphan: bool,
    /// How much of the work on it is still unsent.
    pub n_unsent: u32,
    /// How many of his notes and photos were kept on it although it was no longer his.
    pub n_kept: u32,
}

fn generation(conn: &Connection) -> Result<i64, Error> {
    Ok(meta::get(conn, meta::GEN)?.unwrap_or(0))
}

/// Begins a new generation: every row that is there now counts as not seen in it.
pub(super) fn begin_generation(conn: &Connection) -> Result<(), Error> {
    meta::put(conn, meta::GEN, &(generation(conn)? + 1))
}

/// What the documents of one page have in common, read once for all of them.
pub(super) struct Page<'a> {
    epoch: &'a str,
    generation: i64,
    /// Whether a ticket that comes may be one that went away.
    has_archive: bool,
}

impl<'a> Page<'a> {
    pub(super) fn begin(conn: &Connection, epoch: &'a str) -> Result<Self, Error> {
        let sql = "select exists (select 1 from ticket_archive) as has";
        let has_archive = conn.prepare_cached(sql)?.query_row([], |row| row.get("has"))?;
        Ok(Self { epoch, generation: generation(conn)?, has_archive })
    }

    /// Stores the server's version of a document.
    pub(super) fn put(&self, conn: &Connection, patch: &Patch, ver: i64, doc: &Value) -> Result<(), Error> {
        let (id, text, epoch, generation) = (&patch.id, doc.to_string(), self.epoch, self.generation);
        if patch.kind == TICKET {
            let sql = "insert into ticket_base (id, ver, epoch, gen, doc) values (?1, ?2, ?3, ?4, ?5)
                on conflict (id) do update set ver = excluded.ver, epoch = excluded.epoch, gen = excluded.gen, doc = excluded.doc";
            conn.prepare_cached(sql)?.execute(params![id, ver, epoch, generation, text])?;
            if self.has_archive {
                conn.prepare_cached("delete from ticket_archive where id = ?1")?.execute([id])?;
            }
        } else {
            let sql = "insert into other_base (kind, id, ver, epoch, gen, doc) values (?1, ?2, ?3, ?4, ?5, ?6)
                on conflict (kind, id) do update set ver = excluded.ver, epoch = excluded.epoch, gen = excluded.gen, doc = excluded.doc";
            conn.prepare_cached(sql)?.execute(params![patch.kind, id, ver, epoch, generation, text])?;
        }
        Ok(())
    }

    /// Takes a document away.
    pub(super) fn delete(
        &mut self,
        conn: &Connection,
        gone: &Gone<'_>,
        at: Timestamp,
        probe: &Probe,
    ) -> Result<(), Error> {
        self.has_archive = true;
        delete(conn, gone, at, probe)
    }
}

/// A document that goes away.
pub(super) struct Gone<'a> {
    pub(super) kind: &'a str,
    pub(super) id: &'a str,
    pub(super) why: Option<&'a str>,
    /// Who has it now.
    pub(super) holder: Option<&'a str>,
    /// A restored server does not know it.
    pub(super) orphan: bool,
}

/// Takes a document away. A ticket with open own work is archived first: it may not vanish without a word (C5). The
/// journal is not touched.
pub(super) fn delete(conn: &Connection, gone: &Gone<'_>, at: Timestamp, probe: &Probe) -> Result<(), Error> {
    let Gone { kind, id, why, holder, orphan } = *gone;
    if kind != TICKET {
        conn.prepare_cached("delete from other_base where kind = ?1 and id = ?2")?.execute([kind, id])?;
        return Ok(());
    }
    if !orphan {
        find_again(conn, gone)?;
    }
    if planted!(probe, DelTakesOutbox) {
        conn.execute("delete from journal where ticket = ?1 and code is null", [id])?;
        journal::renumber(conn)?;
    }
    if (orphan || journal::is_open(conn, id)?) && !planted!(probe, NoArchive) {
        let sql = "insert into ticket_archive (id, why, doc, at, orphan, holder)
            select b.id, ?2, coalesce(v.doc, b.doc), ?3, ?4, ?5 from ticket_base b left join ticket_view v on v.id = b.id
            where b.id = ?1
            on conflict (id) do update set why = excluded.why, doc = excluded.doc, at = excluded.at,
              orphan = excluded.orphan, holder = excluded.holder";
        conn.prepare_cached(sql)?.execute(params![id, why, at.as_millis(), orphan, holder])?;
    }
    conn.prepare_cached("delete from ticket_base where id = ?1")?.execute([id])?;
    Ok(())
}

/// What a new history seemed not to know is there after all, and somebody else's. Without own work it is no news.
fn find_again(conn: &Connection, gone: &Gone<'_>) -> Result<(), Error> {
    let open = journal::is_open(conn, gone.id)?;
    let sql = "update ticket_archive set orphan = 0, why = ?2, holder = ?3 where id = ?1 and orphan = 1";
    let found = conn.prepare_cached(sql)?.execute(params![gone.id, gone.why, gone.holder])?;
    if found > 0 && !open {
        conn.prepare_cached("delete from ticket_archive where id = ?1")?.execute([gone.id])?;
    }
    Ok(())
}

/// The expert may have none of it any more. The journal stays.
pub(super) fn drop_all(conn: &Connection) -> Result<(), Error> {
    Ok(conn.execute_batch(
        "delete from ticket_base; delete from other_base; delete from ticket_view; delete from ticket_archive;",
    )?)
}

/// What a full pass did not see.
pub(super) struct Unseen {
    pub(super) kind: String,
    pub(super) id: String,
    /// In which history it was last seen.
    pub(super) epoch: String,
}

/// Every row that the present generation did not see, and how many rows there are in all.
pub(super) fn unseen(conn: &Connection) -> Result<(Vec<Unseen>, usize), Error> {
    let sql = "select 'ticket' as kind, id, epoch from ticket_base where gen < ?1
        union all select kind, id, epoch from other_base where gen < ?1";
    let mut query = conn.prepare_cached(sql)?;
    let rows = query.query_map([generation(conn)?], |row| {
        Ok(Unseen { kind: row.get("kind")?, id: row.get("id")?, epoch: row.get("epoch")? })
    })?;
    let unseen = rows.collect::<Result<_, _>>()?;
    let sql = "select (select count(*) from ticket_base) + (select count(*) from other_base) as n";
    let n_all: i64 = conn.prepare_cached(sql)?.query_row([], |row| row.get("n"))?;
    Ok((unseen, usize::try_from(n_all).unwrap_or(0)))
}

/// Of everything in the base, as the server counts its stream.
pub(super) fn digest(conn: &Connection) -> Result<Digest, Error> {
    let sql = "select 'ticket' as kind, id, ver from ticket_base union all select kind, id, ver from other_base";
    let mut query = conn.prepare_cached(sql)?;
    let rows = query.query_map([], |row| Ok((row.get("kind")?, row.get("id")?, row.get("ver")?)))?;
    let rows: Vec<(String, String, i64)> = rows.collect::<Result<_, _>>()?;
    Ok(Digest::of(rows.iter().map(|(kind, id, ver)| (kind.as_str(), id.as_str(), *ver))))
}

/// Computes the views of these tickets anew.
pub(super) fn refresh(conn: &Connection, ids: &BTreeSet<String>, probe: &Probe) -> Result<(), Error> {
    if ids.is_empty() {
        return Ok(());
    }
    let author = expert(conn)?.map(|expert| expert.name).unwrap_or_default();
    let own = Own { author, has_work: !journal::is_empty(conn)?, probe };
    ids.iter().try_for_each(|id| refresh_one(conn, id, &own))
}

/// What is laid over a base: the same for all tickets of one refresh.
struct Own<'a> {
    author: String,
    /// A new phone fetches thousands of tickets and has nothing to lay over any of them.
    has_work: bool,
    probe: &'a Probe,
}

fn refresh_one(conn: &Connection, id: &str, own: &Own<'_>) -> Result<(), Error> {
    let Some(view) = folded(conn, id, own)? else {
        conn.prepare_cached("delete from ticket_view where id = ?1")?.execute([id])?;
        return Ok(());
    };
    let doc = serde_json::to_string(&view.doc).expect("documents have only text keys");
    let due = view.doc.visit.map(|visit| visit.start_at.as_millis());
    let sql =
        "insert into ticket_view (id, doc, status, due, pending, doing, given_back) values (?1, ?2, ?3, ?4, ?5, ?6, ?7)
        on conflict (id) do update set doc = excluded.doc, status = excluded.status, due = excluded.due,
        pending = excluded.pending, doing = excluded.doing, given_back = excluded.given_back";
    conn.prepare_cached(sql)?.execute(params![
        id,
        doc,
        phase_word(view.doc.phase),
        due,
        view.n_unsent,
        view.doing.map(act_word),
        view.given_back
    ])?;
    Ok(())
}

/// The fold itself; nothing if there is no base, or none that this release can read.
fn folded(conn: &Connection, id: &str, own: &Own<'_>) -> Result<Option<TicketView>, Error> {
    let Own { author, has_work, probe } = own;
    let sql = "select ver, epoch, doc from ticket_base where id = ?1";
    let base = conn.prepare_cached(sql)?.query_row([id], triple).optional()?;
    let Some((ver, mut epoch, doc)) = base else { return Ok(None) };
    if planted!(probe, OverlayIgnoresEpoch) {
        epoch = meta::get(conn, meta::EPOCH)?.unwrap_or_default();
    }
    match serde_json::from_str::<TicketDoc>(&doc) {
        Ok(base) => {
            let mut overlay = if *has_work { journal::overlay(conn, Some(id), ver, &epoch)? } else { Vec::new() };
            overlay.retain(|laid| !laid.acked || !planted!(probe, OverlayEndsAtAck));
            Ok(Some(fold(&base, author, &overlay)))
        }
        Err(error) => {
            tracing::error!(id, %error, "a ticket cannot be read by this release");
            Ok(None)
        }
    }
}

fn triple(row: &Row<'_>) -> rusqlite::Result<(i64, String, String)> {
    Ok((row.get("ver")?, row.get("epoch")?, row.get("doc")?))
}

const VIEW: &str = "select doc, pending, doing, given_back from ticket_view";

fn view(row: &Row<'_>) -> rusqlite::Result<Option<TicketView>> {
    let (doc, doing): (String, Option<String>) = (row.get("doc")?, row.get("doing")?);
    let Ok(doc) = serde_json::from_str(&doc) else { return Ok(None) };
    let doing = doing.and_then(|word| ACTS.into_iter().find(|act| act_word(*act) == word));
    Ok(Some(TicketView { doc, n_unsent: row.get("pending")?, doing, given_back: row.get("given_back")? }))
}

/// Every ticket the expert holds, the next visit first.
pub(super) fn tickets(conn: &Connection) -> Result<Vec<TicketView>, Error> {
    let sql = format!("{VIEW} order by due is null, due, id");
    let mut query = conn.prepare_cached(&sql)?;
    let rows = query.query_map([], view)?;
    Ok(rows.filter_map(Result::transpose).collect::<Result<_, _>>()?)
}

pub(super) fn ticket(conn: &Connection, id: TicketId) -> Result<Option<TicketView>, Error> {
    let sql = format!("{VIEW} where id = ?1");
    Ok(conn.prepare_cached(&sql)?.query_row([id.to_string()], view).optional()?.flatten())
}

pub(super) fn archive(conn: &Connection) -> Result<Vec<Archived>, Error> {
    const SHOWN_MAX: i64 = 200;
    let sql = "select a.id, a.why, a.doc, a.at, a.orphan, a.holder,
        (select count(*) from journal j where j.ticket = a.id and j.code is null) as n_unsent,
        (select count(*) from journal j where j.ticket = a.id and j.late = 1) as n_kept
        from ticket_archive a order by a.at desc, a.id limit ?1";
    let mut query = conn.prepare_cached(sql)?;
    let rows = query.query_map([SHOWN_MAX], |row| {
        let doc: String = row.get("doc")?;
        Ok(Archived {
            doc: serde_json::from_str(&doc).ok(),
            id: row.get("id")?,
            why: row.get("why")?,
            holder: row.get("holder")?,
            at: Timestamp::from_millis(row.get("at")?),
            orphan: row.get("orphan")?,
            n_unsent: row.get("n_unsent")?,
            n_kept: row.get("n_kept")?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Tickets that a restored server no longer knew, as the next request reports them.
pub(super) fn orphans(conn: &Connection) -> Result<Vec<String>, Error> {
    const SENT_MAX: i64 = 200;
    let mut query = conn.prepare_cached("select id from ticket_archive where orphan = 1 order by id limit ?1")?;
    let rows = query.query_map([SENT_MAX], |row| row.get("id"))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The expert himself, with what he did since.
pub(super) fn expert(conn: &Connection) -> Result<Option<ExpertDoc>, Error> {
    let sql = "select ver, epoch, doc from other_base where kind = ?1 limit 1";
    let base = conn.prepare_cached(sql)?.query_row([EXPERT], triple).optional()?;
    let Some((ver, epoch, doc)) = base else { return Ok(None) };
    let Ok(base) = serde_json::from_str::<ExpertDoc>(&doc) else { return Ok(None) };
    Ok(Some(fold_expert(&base, &journal::overlay(conn, None, ver, &epoch)?)))
}

/// Tickets that the server sent in a shape this release cannot read.
pub(super) fn n_unreadable(conn: &Connection) -> Result<u32, Error> {
    let sql =
        "select count(*) as n from ticket_base b where not exists (select 1 from ticket_view v where v.id = b.id)";
    Ok(conn.prepare_cached(sql)?.query_row([], |row| row.get("n"))?)
}

const ACTS: [Act; 6] = [Act::Accept, Act::Decline, Act::Depart, Act::Arrive, Act::Complete, Act::CannotFix];

fn act_word(act: Act) -> &'static str {
    match act {
        Act::Accept => "accept",
        Act::Decline => "decline",
        Act::Depart => "depart",
        Act::Arrive => "arrive",
        Act::Complete => "complete",
        Act::CannotFix => "cannot_fix",
    }
}

fn phase_word(phase: Phase) -> &'static str {
    match phase {
        Phase::Offered => "offered",
        Phase::Accepted => "accepted",
        Phase::EnRoute => "en_route",
        Phase::OnSite => "on_site",
        Phase::Completed => "completed",
        Phase::Cancelled => "cancelled",
    }
}
