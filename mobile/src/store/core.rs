//! One expert's database and everything that can be done with it, without threads: [`Store`](super::Store) runs it on
//! a thread of its own, a simulation drives it step by step.

use super::apply::{self, Taken};
use super::documents::{self, Archived};
use super::kb::{Asked, Found, Kb, KbStatus};
use super::open::{self, Salvage};
use super::planted::{Probe, planted};
use super::secrets::Secrets;
use super::status::{self, ServerClock, Status, Trouble};
use super::{Error, drafts, journal, meta, take_back};
use crate::sync::step::{self, Sent, Standing};
use rusqlite::{Connection, Transaction, TransactionBehavior};
use shared::chance::Chance;
use shared::document::ExpertDoc;
use shared::fold::TicketView;
use shared::ids::{ArticleId, DeviceId, ExpertId, MutationId, TicketId};
use shared::intent::Intent;
use shared::sync::{Have, Location, MadeAt, Mutation, Patch, SyncFailure, SyncReply, SyncRequest};
use shared::time::Timestamp;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One expert's database on this phone.
pub struct Core {
    pub(super) conn: Connection,
    /// Where its files lie.
    pub(super) folder: PathBuf,
    expert: ExpertId,
    secrets: Arc<dyn Secrets>,
    /// The one request whose reply is awaited. In memory alone: after a restart no reply is awaited.
    sent: Option<Sent>,
    pub(super) changes: Changes,
    pub(super) probe: Probe,
    pub(super) kb: Kb,
}

/// What happened since somebody looked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Changes {
    /// Something that a screen shows.
    pub(super) seen: bool,
    /// There is something new to send.
    pub(super) to_send: bool,
}

/// What to do next to sync.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "there is one at a time, and it is moved once")]
pub enum Next {
    /// Send this; [`Core::apply`] or [`Core::failed`] takes what comes of it.
    Send(SyncRequest),
    /// Register this device anew first, and give the answer to [`Core::adopt`].
    Register(DeviceId),
}

/// What became of a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Applied {
    /// It was not for the awaited request, or the phone has moved on since: nothing was changed.
    Stale,
    /// It was stored.
    Taken(Taken),
}

impl Core {
    /// Opens (or makes) the database in this expert's folder. A damaged one is put aside and replaced.
    pub fn open(
        folder: &Path,
        expert: ExpertId,
        secrets: Arc<dyn Secrets>,
        now: Timestamp,
    ) -> Result<(Self, Option<Salvage>), Error> {
        let (conn, salvage) = open::open(folder, now)?;
        let changes = Changes::default();
        let kb = Kb::open(folder)?;
        let folder = folder.to_owned();
        let mut core = Self { conn, folder, expert, secrets, sent: None, changes, probe: Probe::default(), kb };
        core.meet_secret()?;
        take_back::let_go(&core.conn)?;
        if salvage.is_some() {
            core.adopt_photos()?;
        }
        if let Err(error) = core.tidy_photos() {
            tracing::warn!(%error, "old photos could not be tidied away");
        }
        Ok((core, salvage))
    }

    /// The database and the secret outside it must name the same incarnation. If they do not, one of them was restored
    /// from a copy (or lost): the numbers may be in use elsewhere, so a new incarnation is needed before anything goes
    /// out.
    fn meet_secret(&mut self) -> Result<(), Error> {
        let Some(secret) = self.secrets.load(self.expert)? else { return Ok(()) };
        self.write(|tx, _| {
            let known = (meta::get::<DeviceId>(tx, meta::DEVICE)?, meta::get::<i64>(tx, meta::INC)?);
            if known == (Some(secret.device), Some(secret.inc)) {
                return Ok(());
            }
            meta::put(tx, meta::DEVICE, &secret.device)?;
            meta::put(tx, meta::INC, &secret.inc)?;
            meta::put(tx, meta::UNREGISTERED, &true)
        })
    }

    pub(super) fn write<T>(
        &mut self,
        change: impl FnOnce(&Transaction<'_>, &Probe) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let tx = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = change(&tx, &self.probe)?;
        tx.commit()?;
        Ok(done)
    }

    /// Whose it is.
    pub fn expert_id(&self) -> ExpertId {
        self.expert
    }

    // ── what is known ──

    /// Up to where the knowledge base is here; none until a snapshot has come in.
    pub fn kb_cursor(&self) -> Result<Option<String>, Error> {
        self.kb.cursor()
    }

    /// How much of it is here.
    pub fn kb_status(&self) -> Result<KbStatus, Error> {
        self.kb.status()
    }

    /// Takes what a reply brings of it, apart from the expert's own work: a cache that fails may not stop that.
    pub fn kb_take(&mut self, reply: &SyncReply) -> Result<(), Error> {
        if planted!(self.probe, KbCursorFirst) {
            self.kb.keep_cursor(reply)?;
        }
        self.probe.step()?;
        self.changes.seen |= self.kb.take(reply)?;
        Ok(())
    }

    /// Begins to read a snapshot in.
    pub fn kb_begin(&mut self) -> Result<(), Error> {
        self.kb.begin()
    }

    /// Reads some of its lines in.
    pub fn kb_read_in(&mut self, patches: &[Patch]) -> Result<(), Error> {
        self.kb.read_in(patches)
    }

    /// Puts it in the place of what was there.
    pub fn kb_finish(&mut self, cursor: &str) -> Result<(), Error> {
        self.kb.finish(cursor)?;
        self.changes.seen = true;
        Ok(())
    }

    /// Articles for these words, the best first.
    pub fn kb_search(&self, asked: &Asked) -> Result<Vec<Found>, Error> {
        self.kb.search(asked)
    }

    /// An article.
    pub fn kb_article(&self, id: ArticleId) -> Result<Option<Found>, Error> {
        self.kb.article(id)
    }

    // ── what the expert does ──

    /// Writes down what the expert did. On the disk and in the view when this returns. `draft` is the text being typed
    /// that thereby has gone out.
    pub fn tap(
        &mut self,
        intent: &Intent,
        ticket: Option<TicketId>,
        draft: Option<&str>,
        at: &MadeAt,
        chance: &dyn Chance,
    ) -> Result<MutationId, Error> {
        self.in_room_made(|core| core.tap_and(intent, ticket, draft, at, chance, |_| Ok(())))
    }

    /// The same with more that belongs to it, in the same transaction.
    pub(super) fn tap_and(
        &mut self,
        intent: &Intent,
        ticket: Option<TicketId>,
        draft: Option<&str>,
        at: &MadeAt,
        chance: &dyn Chance,
        more: impl FnOnce(&Transaction<'_>) -> Result<(), Error>,
    ) -> Result<MutationId, Error> {
        if intent.needs_ticket() && ticket.is_none() {
            return Err(Error::NoTicket);
        }
        let mid = self.write(|tx, probe| {
            probe.step()?;
            if planted!(probe, NumbersFromJournal) {
                let last: i64 = tx.query_row("select coalesce(max(n), 0) from journal", [], |row| row.get(0))?;
                meta::put(tx, meta::LAST_N, &last)?;
            }
            let mid = journal::add(tx, intent, ticket, at, chance)?;
            take_back::tapped(tx, intent, ticket, mid)?;
            more(tx)?;
            probe.step()?;
            let touched: BTreeSet<String> = ticket.iter().map(ToString::to_string).collect();
            documents::refresh(tx, &touched, probe)?;
            if let Some(key) = draft {
                drafts::remove(tx, key)?;
            }
            probe.step()?;
            Ok(mid)
        })?;
        self.changes = Changes { seen: true, to_send: true };
        Ok(mid)
    }

    /// Notes that a ticket, in the version it has now, and its offer were on the screen. Said once each.
    pub fn saw(&mut self, ticket: TicketId, at: &MadeAt, chance: &dyn Chance) -> Result<(), Error> {
        let Some(view) = self.ticket(ticket)? else { return Ok(()) };
        let offer = view.doc.offer.map(|offer| Intent::OfferSeen { offer: offer.id });
        let ticket_seen = Intent::TicketSeen { ver: view.doc.ver };
        for intent in offer.into_iter().chain([ticket_seen]) {
            if !journal::said(&self.conn, &intent, ticket)? {
                self.tap(&intent, Some(ticket), None, at, chance)?;
            }
        }
        Ok(())
    }

    /// An answer in [`Status::attention`] was read.
    pub fn mark_seen(&mut self, mid: MutationId) -> Result<(), Error> {
        journal::mark_seen(&self.conn, mid)?;
        self.changes.seen = true;
        Ok(())
    }

    /// Saves text being typed; an empty one is forgotten.
    pub fn save_draft(&mut self, key: &str, text: &str, now: Timestamp) -> Result<(), Error> {
        drafts::save(&self.conn, key, text, now)
    }

    /// Text that was being typed.
    pub fn draft(&self, key: &str) -> Result<Option<String>, Error> {
        drafts::load(&self.conn, key)
    }

    // ── what screens read ──

    /// Every ticket the expert holds, the next visit first; ended ones too, while the server keeps them in his stream.
    pub fn tickets(&self) -> Result<Vec<TicketView>, Error> {
        documents::tickets(&self.conn)
    }

    /// One of them.
    pub fn ticket(&self, id: TicketId) -> Result<Option<TicketView>, Error> {
        documents::ticket(&self.conn, id)
    }

    /// Tickets that went away while own work on them was unsent or its answer unread, newest first.
    pub fn archive(&self) -> Result<Vec<Archived>, Error> {
        documents::archive(&self.conn)
    }

    /// The expert himself; nothing before the first sync.
    pub fn expert(&self) -> Result<Option<ExpertDoc>, Error> {
        documents::expert(&self.conn)
    }

    /// The state of sync.
    pub fn status(&self) -> Result<Status, Error> {
        status::status(&self.conn)
    }

    /// The server's business clock as it was heard last.
    pub fn server_clock(&self) -> Result<Option<ServerClock>, Error> {
        meta::get(&self.conn, meta::SERVER_CLOCK)
    }

    /// All text being typed, by key.
    pub fn drafts(&self) -> Result<std::collections::BTreeMap<String, String>, Error> {
        drafts::all(&self.conn)
    }

    // ── what the syncer does ──

    /// Whether anything waits to go out.
    pub fn has_unsent(&self) -> Result<bool, Error> {
        journal::has_unsent(&self.conn)
    }

    /// What to send now. The reply to an earlier request will not be taken any more.
    pub fn next(&mut self, n_max: usize, location: Option<Location>, chance: &dyn Chance) -> Result<Next, Error> {
        let tx = self.conn.transaction()?;
        let standing = standing(&tx)?;
        if meta::get(&tx, meta::UNREGISTERED)?.unwrap_or(false) {
            self.sent = None;
            return Ok(Next::Register(standing.device));
        }
        let mutations = take_back::may_go(&tx, step::batch(journal::unsent(&tx)?, n_max))?;
        let (journal_max, orphans) = (journal::last_n(&tx)?, documents::orphans(&tx)?);
        let have = Have { journal_max, orphans, asks_digest: status::asks_digest(&tx)? };
        tx.commit()?;
        let req = format!("{:016x}", chance.next_u64());
        let first_n = mutations.first().map(|mutation| mutation.n);
        self.sent = Some(Sent { req: req.clone(), standing: standing.clone(), first_n });
        Ok(Next::Send(step::request(&standing, req, have, mutations, location)))
    }

    /// Stores a reply, in one transaction. Only the reply to the last request counts, and only if no other process of
    /// this app stored one in between.
    pub fn apply(&mut self, reply: &SyncReply, at: &MadeAt) -> Result<Applied, Error> {
        let stale_ok = planted!(self.probe, StaleReplies);
        let Some(sent) = self.sent.clone().filter(|sent| sent.req == reply.req || stale_ok) else {
            return Ok(Applied::Stale);
        };
        let applied = self.write(|tx, probe| {
            if standing(tx)? != sent.standing && !stale_ok {
                return Ok(Applied::Stale);
            }
            let plan = step::meaning(&sent, reply);
            apply::carry_out(tx, &plan, reply, at, probe).map(Applied::Taken)
        })?;
        self.sent = None;
        self.changes.seen = true;
        Ok(applied)
    }

    /// Notes that a request gave no reply. A fork asks for a new incarnation; the rest is for the status line.
    pub fn failed(&mut self, req: &str, failure: &SyncFailure) -> Result<(), Error> {
        if self.sent.as_ref().is_none_or(|sent| sent.req != req) {
            return Ok(());
        }
        self.sent = None;
        let trouble = Trouble::of(failure);
        if *failure == SyncFailure::Forked {
            meta::put(&self.conn, meta::UNREGISTERED, &true)?;
        }
        self.trouble(trouble)
    }

    /// Sets what the status line says is wrong.
    pub fn trouble(&mut self, trouble: Option<Trouble>) -> Result<(), Error> {
        if meta::get::<Trouble>(&self.conn, meta::PROBLEM)? != trouble {
            meta::set(&self.conn, meta::PROBLEM, trouble.as_ref())?;
            self.changes.seen = true;
        }
        Ok(())
    }

    /// Takes the incarnation that the server gave: unsent work is numbered anew from 1, with the same ids (C8).
    pub fn adopt(&mut self, device: DeviceId, inc: i64) -> Result<(), Error> {
        self.sent = None;
        self.write(|tx, probe| {
            meta::put(tx, meta::DEVICE, &device)?;
            meta::put(tx, meta::INC, &inc)?;
            meta::delete(tx, meta::UNREGISTERED)?;
            if meta::text(tx, meta::RESCUED)?.is_some() {
                // It counted by the old numbers.
                meta::put(tx, meta::RESCUED, &0)?;
            }
            if !planted!(probe, NoRenumber) {
                journal::renumber(tx)?;
            }
            probe.step()
        })?;
        // Second, so that a kill in between only costs one more incarnation.
        if let Some(secret) = self.secrets.load(self.expert)? {
            self.secrets.save(self.expert, &super::Secret { device, inc, ..secret })?;
        }
        self.changes.to_send = true;
        Ok(())
    }

    /// Under which device and incarnation it speaks.
    pub fn identity(&self) -> Result<Option<(DeviceId, i64)>, Error> {
        let device = meta::get(&self.conn, meta::DEVICE)?;
        Ok(device.zip(Some(meta::get(&self.conn, meta::INC)?.unwrap_or(0))))
    }

    /// Keeps a token that the server gave in place of the old one.
    pub fn renew_token(&mut self, token: String) -> Result<(), Error> {
        if let Some(secret) = self.secrets.load(self.expert)? {
            self.secrets.save(self.expert, &super::Secret { token, ..secret })?;
        }
        Ok(())
    }

    /// Takes or renews the right to sync, of which there is one on the phone (C10). The holder is a random word of each
    /// process; a right that was not renewed for `for_ms` is free.
    pub fn lease(&mut self, holder: &str, for_ms: i64, now: Timestamp) -> Result<bool, Error> {
        self.write(|tx, _| {
            let held: Option<(String, Timestamp)> = meta::get(tx, meta::LEASE)?;
            // A lease from further ahead than any lease lasts is from before the wall clock was set back.
            let free = held.is_none_or(|(by, until)| by == holder || until <= now || until > now.plus_millis(for_ms));
            if free {
                meta::put(tx, meta::LEASE, &(holder, now.plus_millis(for_ms)))?;
            }
            Ok(free)
        })
    }

    /// Gives the right to sync back.
    pub fn release(&mut self, holder: &str) -> Result<(), Error> {
        let held: Option<(String, Timestamp)> = meta::get(&self.conn, meta::LEASE)?;
        if held.is_some_and(|(by, _)| by == holder) {
            meta::delete(&self.conn, meta::LEASE)?;
        }
        Ok(())
    }

    /// Unsent work that `rescue` should take: what is newer than what it took before. At most one request's worth.
    pub fn to_rescue(&self) -> Result<Vec<Mutation>, Error> {
        let upto = meta::get::<i64>(&self.conn, meta::RESCUED)?.unwrap_or(0);
        take_back::told(&self.conn)?;
        Ok(step::batch(journal::unsent_after(&self.conn, upto)?, usize::MAX))
    }

    /// `rescue` took everything up to this number. It stays in the journal: should the account come back, it is sent
    /// as usual, and the server knows the ids.
    pub fn rescued(&mut self, upto: i64) -> Result<(), Error> {
        meta::put(&self.conn, meta::RESCUED, &upto)
    }
}

fn standing(conn: &Connection) -> Result<Standing, Error> {
    let device = meta::get(conn, meta::DEVICE)?.ok_or_else(|| Error::Bug("nobody signed in here".into()))?;
    Ok(Standing {
        device,
        inc: meta::get(conn, meta::INC)?.unwrap_or(0),
        epoch: meta::get(conn, meta::EPOCH)?,
        cursor: meta::get(conn, meta::CURSOR)?,
        sweep: meta::get(conn, meta::SWEEP)?,
    })
}

#[cfg(any(test, feature = "planted"))]
impl Core {
    /// Takes a rule out.
    pub fn plant(&mut self, bug: super::Planted) {
        self.probe.planted = bug;
        if bug == super::Planted::NoWaitForDisk {
            self.conn.pragma_update(None, "synchronous", "normal").expect("the database takes a setting");
        }
    }

    /// Lets the next transaction die at its so many-th step, as a kill would.
    pub fn dies_in(&self, steps: u32) {
        self.probe.dies_in.set(Some(steps));
    }

    /// Every article that is here.
    pub fn kb_articles(&self) -> Result<Vec<Found>, Error> {
        self.kb.all()
    }

    /// The tickets whose documents are here, readable or not.
    pub fn base_tickets(&self) -> Result<Vec<String>, Error> {
        let mut query = self.conn.prepare("select id from ticket_base order by id")?;
        let rows = query.query_map([], |row| row.get("id"))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Count and hash of what is here.
    pub fn digest(&self) -> Result<shared::sync::Digest, Error> {
        documents::digest(&self.conn)
    }

    /// Every intent in the journal, in the order in which they were made, with the word of its answer.
    pub fn journal(&self) -> Result<Vec<(String, Option<String>)>, Error> {
        let mut query = self.conn.prepare("select mid, code from journal order by local")?;
        let rows = query.query_map([], |row| Ok((row.get("mid")?, row.get("code")?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

#[cfg(test)]
impl Core {
    /// For looking at what no screen shows.
    pub(crate) fn conn(&self) -> &Connection {
        &self.conn
    }
}
