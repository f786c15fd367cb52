//! Carries a reply out, in one transaction: answers, documents, views, cursor. Whatever dies in between leaves the
//! phone as it was before the reply, and the same page comes again.

use super::planted::{Probe, planted};
use super::status::ServerClock;
use super::{Error, documents, journal, meta, photos};
use crate::sync::step::{Plan, Sweep, is_mass_delete};
use rusqlite::Connection;
use shared::sync::{Change, MadeAt, Pull, StreamName, SyncReply};
use std::collections::BTreeSet;

/// What a taken reply leaves to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// How many intents were answered.
    pub n_answered: usize,
    /// Ask again at once: there are more pages, or the journal goes out again.
    pub more: bool,
    /// The stream was taken away: what is unsent goes to `rescue`.
    pub switched_off: bool,
    /// What is here was not what the server's digest says: everything is fetched once more.
    pub disagrees: bool,
}

pub(super) fn carry_out(
    conn: &Connection,
    plan: &Plan,
    reply: &SyncReply,
    at: &MadeAt,
    probe: &Probe,
) -> Result<Taken, Error> {
    let mut touched: BTreeSet<String> = BTreeSet::new();
    let mut taken = Taken { more: reply.more, switched_off: plan.drop, ..Taken::default() };
    if plan.reoffer && !planted!(probe, NoReoffer) {
        touched.extend(journal::reoffer(conn)?);
        journal::renumber(conn)?;
        meta::put(conn, meta::UNREGISTERED, &true)?;
        taken.more = true;
    } else {
        for ack in &reply.acks {
            probe.step()?;
            if let Some(ticket) = journal::answer(conn, ack, &reply.epoch, reply.server_time)? {
                taken.n_answered += 1;
                touched.extend(ticket);
            }
        }
    }
    if plan.drop {
        if !planted!(probe, NoDrop) {
            documents::drop_all(conn)?;
        }
        meta::delete(conn, meta::CURSOR)?;
        meta::delete(conn, meta::SWEEP)?;
        if meta::text(conn, meta::RESCUED)?.is_none() {
            meta::put(conn, meta::RESCUED, &0)?;
        }
        touched.clear();
    } else if let Some(cursor) = &plan.cursor {
        take_page(conn, plan, reply, cursor, &mut touched, &mut taken, probe)?;
        meta::delete(conn, meta::RESCUED)?;
    }
    probe.step()?;
    documents::refresh(conn, &touched, probe)?;
    note(conn, reply, at)?;
    journal::prune(conn, reply.server_time)?;
    photos::missed(conn, &reply.missing_blobs)?;
    photos::prune(conn, reply.server_time)?;
    probe.step()?;
    Ok(taken)
}

fn take_page(
    conn: &Connection,
    plan: &Plan,
    reply: &SyncReply,
    cursor: &str,
    touched: &mut BTreeSet<String>,
    taken: &mut Taken,
    probe: &Probe,
) -> Result<(), Error> {
    if plan.begins_pass {
        documents::begin_generation(conn)?;
    }
    let mut page = documents::Page::begin(conn, &reply.epoch)?;
    for patch in reply.patch.iter().filter(|patch| patch.s == StreamName::U) {
        probe.step()?;
        if patch.kind == documents::TICKET {
            touched.insert(patch.id.clone());
        }
        match &patch.change {
            Change::Put { ver, doc } => page.put(conn, patch, *ver, doc)?,
            Change::Del { why, to } => {
                let (why, holder) = (why.as_deref(), to.as_deref());
                let gone = documents::Gone { kind: &patch.kind, id: &patch.id, why, holder, orphan: false };
                page.delete(conn, &gone, reply.server_time, probe)?;
            }
        }
    }
    let mut next = Some(cursor);
    let mut pass = plan.pass;
    if let Some(sweep) = pass.filter(|_| plan.last_page) {
        pass = end_pass(conn, sweep, reply, touched, probe)?;
        if pass.is_some() {
            // Look again from the start before anything is taken away.
            next = None;
        }
    }
    if plan.last_page && pass.is_none() {
        meta::put(conn, meta::BOOTED, &true)?;
        match compared(conn, reply)? {
            Compared::Agrees => {}
            Compared::Differs => taken.disagrees = true,
            Compared::LooksAgain => (taken.disagrees, next) = (true, None),
        }
    }
    taken.more |= next.is_none();
    meta::set(conn, meta::CURSOR, next.as_ref())?;
    meta::set(conn, meta::SWEEP, pass.as_ref())
}

/// Takes away what a full pass did not see. Gives a second pass to begin if that would be nearly everything (C6).
fn end_pass(
    conn: &Connection,
    sweep: Sweep,
    reply: &SyncReply,
    touched: &mut BTreeSet<String>,
    probe: &Probe,
) -> Result<Option<Sweep>, Error> {
    let (unseen, n_all) = documents::unseen(conn)?;
    if planted!(probe, NoSweep) {
        return Ok(None);
    }
    if is_mass_delete(unseen.len(), n_all) && !sweep.confirming && !planted!(probe, NoSweepGuard) {
        tracing::warn!(n_gone = unseen.len(), n_all, "the server left nearly everything out; looking again");
        return Ok(Some(Sweep { confirming: true }));
    }
    for row in unseen {
        // The last history knew it and this one does not: the office must hear of it.
        let orphan = row.epoch != reply.epoch;
        let gone = documents::Gone { kind: &row.kind, id: &row.id, why: None, holder: None, orphan };
        documents::delete(conn, &gone, reply.server_time, probe)?;
        touched.insert(row.id);
    }
    Ok(None)
}

/// How the base and a digest compare.
enum Compared {
    /// They say the same, or there was no digest.
    Agrees,
    /// They do not, and everything is fetched once more.
    LooksAgain,
    /// They do not even so: a bug to be seen in the log, not a reason to fetch for ever.
    Differs,
}

/// Whether the base is what the server's digest says, if there is one.
fn compared(conn: &Connection, reply: &SyncReply) -> Result<Compared, Error> {
    let theirs = reply.digest.as_ref().and_then(|all| all.get(&StreamName::U));
    let Some(theirs) = theirs else { return Ok(Compared::Agrees) };
    let ours = documents::digest(conn)?;
    meta::put(conn, meta::DIGEST_AT, &reply.server_time)?;
    if ours == *theirs {
        meta::delete(conn, meta::DIGEST_RETRIED)?;
        return Ok(Compared::Agrees);
    }
    let retried = meta::get(conn, meta::DIGEST_RETRIED)?.unwrap_or(false);
    tracing::error!(?ours, ?theirs, retried, "the phone's tickets are not those of the server");
    meta::put(conn, meta::DIGEST_RETRIED, &true)?;
    Ok(if retried { Compared::Differs } else { Compared::LooksAgain })
}

fn note(conn: &Connection, reply: &SyncReply, at: &MadeAt) -> Result<(), Error> {
    meta::put(conn, meta::EPOCH, &reply.epoch)?;
    meta::put(conn, meta::LAST_SYNC, &at.wall)?;
    meta::put(conn, meta::SERVER_CLOCK, &ServerClock { server_time: reply.server_time, heard: at.clone() })?;
    meta::set(conn, meta::UPGRADE, Some(&true).filter(|_| reply.pull == Pull::Upgrade))?;
    meta::delete(conn, meta::PROBLEM)
}
