//! What changed for a phone since its cursor, one page on one snapshot.

use super::{docs, kb};
use crate::customers::{self, Site};
use crate::db::planted::planted;
use crate::db::{Conn, Error, meta};
use crate::feed::{self, Change as Row, Entity, Kind, Op, Stream};
use crate::knowledge;
use crate::matching;
use crate::tickets::jobs::ARCHIVE_DAYS;
use crate::tickets::{Ticket, store};
use crate::workforce;
use shared::document::{ExpertDoc, TicketDoc};
use shared::ids::{ExpertId, SiteId, TicketId};
use shared::sync::{Change, Cursor, Digest, PAGE_BYTES_MAX, Patch, StreamName};
use shared::ticket::State;
use shared::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Feed rows that are read, and whose documents are built, at once: what does not fit a page is read again for the next.
const CHUNK: i64 = 200;
/// How often that is done for one page.
const CHUNKS_MAX: usize = 10;
/// Notes of one chunk's tickets.
const NOTES_MAX: i64 = 5_000;
/// Photos of one chunk's tickets.
const PHOTOS_MAX: i64 = 2_000;
/// Tickets of one expert that a digest counts.
const DIGEST_MAX: i64 = 100_000;

/// What a phone asks for.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) cursors: BTreeMap<StreamName, String>,
    pub(super) limit_bytes: Option<u64>,
    pub(super) asks_digest: bool,
    /// Tickets that the phone lost sight of when this history began.
    pub(super) orphans: Vec<TicketId>,
}

/// A page of patches.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) epoch: String,
    pub(super) reset: Vec<StreamName>,
    pub(super) patch: Vec<Patch>,
    pub(super) cursors: BTreeMap<StreamName, String>,
    pub(super) more: bool,
    pub(super) digest: Option<BTreeMap<StreamName, Digest>>,
    /// What the request's cursor proved to be on the phone's disk.
    pub(super) acknowledged: Option<(Stream, i64)>,
}

/// The next page of an expert's own stream.
pub(super) async fn page(
    conn: &mut Conn,
    expert: ExpertId,
    Asked { cursors, limit_bytes, asks_digest, orphans }: &Asked,
    now: Timestamp,
) -> Result<Page, Error> {
    let epoch = meta::epoch(conn).await?;
    let stream = Stream::of_expert(expert);
    let position = feed::position(conn, &stream).await?;
    let sent = cursors.get(&StreamName::U).and_then(|text| Cursor::decode(text));
    let any_epoch = planted!(conn, NoEpoch);
    let no_boot_head = planted!(conn, NoBootHead);
    let known = sent.filter(|cursor| {
        let safe = if no_boot_head { cursor.seq } else { cursor.safe() };
        (any_epoch || (cursor.epoch == epoch && cursor.seq <= position.seq)) && safe >= position.horizon
    });
    let resets = known.is_none() && cursors.contains_key(&StreamName::U);
    let begins = known.is_none();
    let acknowledged = known.as_ref().filter(|cursor| cursor.boot_head.is_none()).map(|at| (stream.clone(), at.seq));
    let after = known.as_ref().map_or(0, |cursor| cursor.seq);
    let boot_head = if begins { Some(position.seq) } else { known.and_then(|cursor| cursor.boot_head) };
    let limit = limit_bytes.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(PAGE_BYTES_MAX).min(PAGE_BYTES_MAX);
    let Filled { mut patch, seq, size, more } = patches(conn, expert, &stream, after, limit, now).await?;
    patch.extend(found_again(conn, expert, orphans, now).await?);
    let more = more && !planted!(conn, NoMore);
    // At the end the phone stands where the stream does, not at its last row: a forgotten tombstone may have been after it.
    let seq = if more { seq } else { position.seq.max(seq) };
    // The first full pass is over once it has come to where the stream stood when it began.
    let boot_head = boot_head.filter(|_| more);
    let tells_digest = !more && (begins || *asks_digest || cursors_boot(cursors));
    let digest = if tells_digest { Some(digest(conn, expert).await?) } else { None };
    let cursor = Cursor { v: 1, epoch: epoch.clone(), seq, boot_head };
    let mut page = Page {
        epoch,
        reset: if resets { vec![StreamName::U] } else { Vec::new() },
        patch,
        cursors: [(StreamName::U, cursor.encode())].into(),
        more,
        digest: digest.map(|digest| [(StreamName::U, digest)].into()),
        acknowledged,
    };
    // His own tickets come first: knowledge waits until they are all there.
    if let Some(sent) = cursors.get(&StreamName::Kb).filter(|_| !page.more) {
        kb::add(conn, &mut page, sent, limit.saturating_sub(size)).await?;
    }
    Ok(page)
}

/// Whether the phone is in its first full pass.
fn cursors_boot(cursors: &BTreeMap<StreamName, String>) -> bool {
    let cursor = cursors.get(&StreamName::U).and_then(|text| Cursor::decode(text));
    cursor.is_some_and(|cursor| cursor.boot_head.is_some())
}

/// As many patches as fit a page, the number of the last row in it, and how many bytes they are.
struct Filled {
    patch: Vec<Patch>,
    seq: i64,
    size: usize,
    /// There are rows behind it.
    more: bool,
}

/// Patches for the rows after this one until the page is full. At least one row goes.
async fn patches(
    conn: &mut Conn,
    expert: ExpertId,
    stream: &Stream,
    after: i64,
    limit: usize,
    now: Timestamp,
) -> Result<Filled, Error> {
    let mut filled = Filled { patch: Vec::new(), seq: after, size: 0, more: true };
    for _ in 0..CHUNKS_MAX {
        let rows = feed::page(conn, stream, filled.seq, CHUNK).await?;
        if rows.is_empty() {
            filled.more = false;
            break;
        }
        let mut bodies = Bodies::read(conn, expert, &rows, now).await?;
        for row in &rows {
            let patch = bodies.patch(row, expert);
            let bytes = patch.as_ref().map_or(0, |patch| serde_json::to_vec(patch).map_or(0, |bytes| bytes.len() + 1));
            if filled.size + bytes > limit && filled.seq > after {
                return Ok(filled);
            }
            filled.size += bytes;
            filled.patch.extend(patch);
            filled.seq = row.seq;
        }
        if i64::try_from(rows.len()).is_ok_and(|n| n < CHUNK) {
            filled.more = false;
            break;
        }
    }
    Ok(filled)
}

/// What became of tickets that the phone takes for unknown here: those that are, but not with this expert. Told again until
/// the phone no longer asks. Who has one now hears only who was asked about it: anybody could name any ticket.
async fn found_again(
    conn: &mut Conn,
    expert: ExpertId,
    orphans: &[TicketId],
    now: Timestamp,
) -> Result<Vec<Patch>, Error> {
    if orphans.is_empty() || planted!(conn, OrphansUnanswered) {
        return Ok(Vec::new());
    }
    let row = |id: &TicketId| {
        let entity = Entity::new(Kind::Ticket, id);
        Row { seq: 0, entity, op: Op::Del, since_seq: 0 }
    };
    let rows: Vec<Row> = orphans.iter().map(row).collect();
    let mut bodies = Bodies::read(conn, expert, &rows, now).await?;
    let elsewhere = |row: &&Row| {
        let ticket = bodies.tickets.get(&row.entity.id);
        ticket.is_some_and(|ticket| ticket.stream_of != Some(expert))
    };
    let rows: Vec<&Row> = rows.iter().filter(elsewhere).collect();
    let was_his = store::asked_about(conn, expert, orphans).await?;
    let mut patches: Vec<Patch> = rows.into_iter().filter_map(|row| bodies.patch(row, expert)).collect();
    for patch in &mut patches {
        if let Change::Del { to, .. } = &mut patch.change
            && !patch.id.parse().is_ok_and(|id: TicketId| was_his.contains(&id))
        {
            *to = None;
        }
    }
    Ok(patches)
}

/// The documents of some feed rows.
struct Bodies {
    tickets: BTreeMap<String, Ticket>,
    /// What the experts are called who have tickets that this one has no longer.
    names: BTreeMap<ExpertId, String>,
    docs: BTreeMap<String, serde_json::Value>,
    me: Option<ExpertDoc>,
    now: Timestamp,
}

impl Bodies {
    async fn read(conn: &mut Conn, expert: ExpertId, rows: &[Row], now: Timestamp) -> Result<Self, Error> {
        let of = |kind: Kind| rows.iter().filter(move |row| row.entity.kind == kind);
        let ids: Vec<TicketId> = of(Kind::Ticket).filter_map(|row| row.entity.id.parse().ok()).collect();
        let tickets = store::many(conn, &ids).await?;
        let held: Vec<&Ticket> = tickets.iter().filter(|ticket| ticket.stream_of == Some(expert)).collect();
        let held_ids: Vec<TicketId> = held.iter().map(|ticket| ticket.id).collect();
        let notes = store::notes(conn, &held_ids, NOTES_MAX).await?;
        let photos = store::photos(conn, &held_ids, PHOTOS_MAX).await?;
        // A statement for all of a kind, not one for each ticket: a first sync brings ten thousand.
        let all_sites: BTreeSet<SiteId> = held.iter().map(|ticket| ticket.site).collect();
        let all_sites: Vec<SiteId> = all_sites.into_iter().collect();
        let sites = customers::store::sites(conn, &all_sites).await?;
        let sites: BTreeMap<SiteId, Site> = sites.into_iter().map(|site| (site.id, site)).collect();
        let followed: Vec<TicketId> = held.iter().filter_map(|ticket| ticket.follows).collect();
        let earlier = store::many(conn, &followed).await?;
        // Who is done with it needs to know no more why it was his, and how others did it.
        let open: Vec<&Ticket> = held.iter().filter(|ticket| !ticket.life.state.is_ended()).copied().collect();
        let open_ids: Vec<TicketId> = open.iter().map(|ticket| ticket.id).collect();
        let choices = matching::store::latest_of(conn, &open_ids).await?;
        let mut solved = knowledge::store::solved_before(conn, &open).await?;
        let mut docs = BTreeMap::new();
        for ticket in held {
            let Some(site) = sites.get(&ticket.site) else { continue };
            let earlier = ticket.follows.and_then(|id| earlier.iter().find(|one| one.id == id));
            let solved = solved.remove(&ticket.id).unwrap_or_default();
            if let Some(doc) = docs::ticket(ticket, site, &notes, &photos, choices.get(&ticket.id), earlier, expert) {
                let doc = TicketDoc { solved, ..doc };
                let doc = serde_json::to_value(doc).map_err(|error| Error::Bug(format!("a document: {error}")))?;
                docs.insert(ticket.id.to_string(), doc);
            }
        }
        let me =
            if of(Kind::Expert).next().is_some() { workforce::store::docs(conn, &[expert]).await?.pop() } else { None };
        let others: BTreeSet<ExpertId> =
            tickets.iter().filter_map(|ticket| ticket.life.state.holder()).filter(|holder| *holder != expert).collect();
        let others: Vec<ExpertId> = others.into_iter().collect();
        let others = workforce::store::experts_by_ids(conn, &others).await?;
        let names = others.into_iter().map(|expert| (expert.id, expert.name.to_string())).collect();
        let tickets = tickets.into_iter().map(|ticket| (ticket.id.to_string(), ticket)).collect();
        Ok(Self { tickets, names, docs, me, now })
    }

    /// The patch of a row. Access is looked at again: a document that the expert may no longer have becomes a `del`.
    fn patch(&mut self, row: &Row, expert: ExpertId) -> Option<Patch> {
        let Entity { kind, id } = &row.entity;
        let put = |ver, doc| Change::Put { ver, doc };
        let change = match (kind, row.op) {
            (Kind::Ticket, Op::Put) => match (self.tickets.get(id), self.docs.remove(id)) {
                (Some(ticket), Some(doc)) => put(ticket.ver, doc),
                (ticket, _) => ticket.map_or(Change::GONE, |ticket| self.gone(ticket, expert)),
            },
            (Kind::Ticket, Op::Del) => self.tickets.get(id).map_or(Change::GONE, |ticket| self.gone(ticket, expert)),
            (Kind::Expert, Op::Put) => match self.me.as_ref().filter(|me| me.id.to_string() == *id) {
                Some(me) => put(me.ver, serde_json::to_value(me).unwrap_or_default()),
                None => Change::GONE,
            },
            (Kind::Expert | Kind::Draft | Kind::Article | Kind::Skill | Kind::Symptom | Kind::Synonyms, Op::Del) => {
                Change::GONE
            }
            // Knowledge has a stream of its own.
            (Kind::Draft | Kind::Article | Kind::Skill | Kind::Symptom | Kind::Synonyms, Op::Put) => return None,
        };
        Some(Patch { s: StreamName::U, kind: kind.word().to_owned(), id: id.clone(), change })
    }

    /// That a ticket is no longer on this phone, why, and who has it.
    fn gone(&self, ticket: &Ticket, expert: ExpertId) -> Change {
        let holder = ticket.life.state.holder().filter(|holder| *holder != expert);
        let to = holder.and_then(|holder| self.names.get(&holder).cloned());
        Change::Del { why: Some(why_gone(ticket, expert, self.now).to_owned()), to }
    }
}

/// Why a ticket is no longer on this phone.
fn why_gone(ticket: &Ticket, expert: ExpertId, now: Timestamp) -> &'static str {
    if ticket.ended_at.is_some_and(|at| at <= now.plus_minutes(-ARCHIVE_DAYS * 24 * 60)) {
        return "archived";
    }
    match &ticket.life.state {
        State::Cancelled { .. } => "cancelled",
        State::Completed { .. } => "completed",
        State::OnHold { .. } => "on_hold",
        State::Offered { expert: other, .. }
        | State::Accepted { expert: other, .. }
        | State::EnRoute { expert: other, .. }
        | State::OnSite { expert: other, .. }
            if *other != expert =>
        {
            "reassigned"
        }
        State::Waiting
        | State::Offered { .. }
        | State::Accepted { .. }
        | State::EnRoute { .. }
        | State::OnSite { .. } => "taken_back",
    }
}

/// Count and hash of everything in the stream.
async fn digest(conn: &mut Conn, expert: ExpertId) -> Result<Digest, Error> {
    let tickets = store::versions_in_stream(conn, expert, DIGEST_MAX).await?;
    let me = workforce::store::docs(conn, &[expert]).await?;
    let stream = Stream::of_expert(expert);
    let in_stream = feed::holds(conn, &stream, &Entity::new(Kind::Expert, expert)).await?;
    let mut all: BTreeSet<(&str, String, i64)> =
        tickets.into_iter().map(|(id, ver)| ("ticket", id.to_string(), ver)).collect();
    all.extend(me.into_iter().filter(|_| in_stream).map(|me| ("expert", me.id.to_string(), me.ver)));
    Ok(Digest::of(all.iter().map(|(kind, id, ver)| (*kind, id.as_str(), *ver))))
}
