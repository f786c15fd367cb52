//! The demo's month before today: tickets with their offers, decisions, visits and surveys, and one in each state now.
//!
//! Told in memory, written in chunks by the moves that every ticket takes, so the ledger balances and each page reads
//! what it always reads. What these moves would cause (messages, surveys, matching) has been: it is not enqueued, except
//! that waiting tickets are matched. A start that was interrupted goes on where it stopped: the instant is kept.

mod ground;
mod staged;
mod tell;

use super::articles;
use crate::customers::import::ImportedCustomer;
use crate::db::{Error, Lane, Tx, meta};
use crate::http::Site;
use crate::jobs::{self, Kind, NewJob};
use crate::knowledge::store as knowledge;
use crate::plans::Plan;
use crate::tickets::{self, Book};
use crate::workforce::import::Catalogue;
use crate::{dispatch, matching, survey};
use ground::Ground;
use shared::ids::TicketId;
use shared::ticket::{Move, State, Timing};
use shared::time::Timestamp;
use std::sync::Arc;
use tell::{Story, Teller};

/// Notes how many stories are written, and for which instant: `count at`.
const DONE: &str = "demo_past";
/// Stories in one write: it must stay short.
const WRITE_MAX: usize = 10;
/// Deadlines of one ticket that passed before now.
const DEADLINES_MAX: usize = 200;

/// What the world was made of.
pub(super) struct Made<'a> {
    pub(super) catalogue: &'a Catalogue,
    pub(super) plans: &'a [Plan],
    pub(super) customers: &'a [ImportedCustomer],
}

/// Makes so many days before today, where they are not there yet.
pub(super) async fn make(site: &Site, seed: u64, days: u32, made: &Made<'_>) -> Result<(), Error> {
    if days == 0 {
        return Ok(());
    }
    let noted = site.db.read(async |conn| meta::get(conn, DONE).await).await?;
    let noted = noted.as_deref().and_then(|noted| noted.split_once(' '));
    let (done, now) = match noted.and_then(|(done, at)| Some((done.parse().ok()?, at.parse().ok()?))) {
        Some((done, at)) => (done, Timestamp::from_millis(at)),
        None => (0_usize, site.now()),
    };
    if done == usize::MAX {
        return Ok(());
    }
    let candidates = site.db.read(async |conn| dispatch::candidates(conn, None).await).await?;
    let files = (made.catalogue, made.plans, made.customers);
    let ground = Ground::new(seed, files, candidates, (&site.config, site.links.clone()));
    let mut teller = Teller::new(&ground, seed, now);
    let mut stories = teller.month(days);
    stories.extend(teller.staged());
    let stories: Arc<Vec<Story>> = Arc::new(stories);
    let timing = ground.bounds.timing.clone();
    let mut from = done;
    while from < stories.len() {
        let until = (from + WRITE_MAX).min(stories.len());
        // After the last one nothing is left to do, at any later start.
        let count = if until == stories.len() { usize::MAX } else { until };
        let (stories, timing) = (Arc::clone(&stories), timing.clone());
        site.db
            .write(Lane::Bulk, async move |tx: &mut Tx| {
                write(tx, &stories[from..until], &timing, now).await?;
                meta::set(tx, DONE, &format!("{count} {}", now.as_millis())).await
            })
            .await?;
        from = until;
    }
    Ok(())
}

/// What time alone did to it since.
fn catch_up(book: &mut Book, id: TicketId, now: Timestamp) {
    for _ in 0..DEADLINES_MAX {
        let Some(deadline) = book.ticket(id).and_then(|ticket| ticket.life.deadline_at).filter(|at| *at <= now) else {
            return;
        };
        if book.overdue(id, deadline).is_err() {
            return;
        }
    }
}

async fn write(tx: &mut Tx, stories: &[Story], timing: &Timing, now: Timestamp) -> Result<(), Error> {
    let begun: Vec<_> =
        stories.iter().map(|story| tickets::begin(story.filing.clone(), story.filed_at, timing)).collect();
    let ids: Vec<TicketId> = begun.iter().map(|(ticket, _)| ticket.id).collect();
    let there = tickets::store::insert(tx, &begun).await?;
    if there.len() != ids.len() {
        return Err(Error::Bug("the demo's past has two tickets of one number".into()));
    }
    let mut book = Book::open(tx, &ids, timing.clone()).await?;
    for story in stories {
        let id = story.filing.id;
        for (at, actor, to_do) in &story.moves {
            if let Err(refusal) = book.make(id, to_do.clone(), *actor, *at) {
                return Err(Error::Bug(format!("the demo's past: {to_do:?} of {id} is refused: {refusal}")));
            }
        }
        catch_up(&mut book, id, now);
    }
    let waiting = |ticket: &&tickets::Ticket| ticket.life.state == State::Waiting && ticket.life.is_matchable();
    let waiting: Vec<NewJob> = book
        .tickets()
        .filter(waiting)
        .map(|ticket| NewJob::new(Kind::MatchTicket, ticket.id, ticket.changed_at))
        .collect();
    book.save(tx).await?;
    for story in stories {
        matching::store::insert(tx, &story.decisions).await?;
        surveyed(tx, story).await?;
        tried(tx, story).await?;
    }
    jobs::forget(tx, &ids).await?;
    jobs::enqueue(tx, &waiting).await
}

async fn surveyed(tx: &mut Tx, story: &Story) -> Result<(), Error> {
    let Some(asked) = &story.survey else { return Ok(()) };
    let Some(ticket) = tickets::store::get(tx, story.filing.id).await? else { return Ok(()) };
    let begun = survey::store::begin(tx, &ticket, asked.is_reachable, asked.at).await?;
    if let (Some(id), Some((at, answer))) = (begun, &asked.answer) {
        survey::store::answer(tx, id, answer, *at).await?;
    }
    Ok(())
}

/// An article that fits was tried.
async fn tried(tx: &mut Tx, story: &Story) -> Result<(), Error> {
    let Some((pick, fixed)) = story.tried else { return Ok(()) };
    let (category, symptom) = (&story.filing.category, story.filing.symptom.as_ref());
    let Some(article) = articles::about(category, symptom, pick) else { return Ok(()) };
    let end = story.moves.iter().rev().find(|(_, _, to_do)| matches!(to_do, Move::Complete { .. }));
    let Some((at, by, _)) = end else { return Ok(()) };
    knowledge::note_vote(tx, article, story.filing.id, *by, fixed, *at).await.map(drop)
}

#[cfg(test)]
mod tests;
