//! What phones handed in and the server could not use: dead letters, outboxes of phones that were switched off, tickets
//! that a restored server does not know. Nothing of it is thrown away; the desk has a page of it.
//!
//! An outbox that can be read is filed by a sweep: notes and photos go on their tickets, everything else is recorded as
//! evidence and moves nothing, because nobody knows what happened since. A repeat, or the phone's own push later, finds
//! each mutation known by its id.

pub mod api;
#[cfg(test)]
mod api_tests;
pub mod pages;
mod store;

pub use store::{Item, What, handle, listed};

use super::fold::{self, Parts, Verdict};
use super::hand::{Acting, Hand};
use super::store::{Answer, MutationRow, answers, insert, key_of};
use crate::db::{Database, Error, Lane, Tx};
use crate::dispatch::Bounds;
use crate::workforce;
use serde::Deserialize;
use shared::event::Actor;
use shared::ids::{DeviceId, ExpertId, TicketId};
use shared::sync::{Mutation, MutationResult, Unused};
use shared::time::Timestamp;
use std::collections::BTreeSet;
use store::Rescue;

/// Outboxes filed in one sweep.
const RESCUES_MAX: usize = 50;
/// Mutations of one outbox that are filed; a phone hands in at most two hundred at a time.
const MUTATIONS_MAX: usize = 2_000;
/// Orphans that one request may name.
const ORPHANS_MAX: usize = 200;

/// An outbox as our app hands it in.
#[derive(Deserialize)]
struct Outbox {
    #[serde(default)]
    device: Option<DeviceId>,
    #[serde(default)]
    inc: i64,
    mutations: Vec<Mutation>,
}

/// The tickets among what a phone names, each once.
pub(super) fn named(ids: &[String]) -> Vec<TicketId> {
    let tickets: BTreeSet<TicketId> = ids.iter().take(ORPHANS_MAX).filter_map(|id| id.parse().ok()).collect();
    tickets.into_iter().collect()
}

/// Keeps that a phone has tickets which this server does not know. What was said before costs no write.
pub(super) async fn note_orphans(
    db: &Database,
    expert: ExpertId,
    device: DeviceId,
    ids: &[String],
) -> Result<(), Error> {
    let tickets = named(ids);
    if tickets.is_empty() {
        return Ok(());
    }
    let asked = tickets.clone();
    let new = db.read(async move |conn| store::new_orphans(conn, expert, &asked).await).await?;
    if new.is_empty() {
        return Ok(());
    }
    tracing::error!(%expert, tickets = ?new, "a phone has tickets that this server does not know");
    db.write(Lane::Sync, async move |tx| store::add_orphans(tx, expert, device, &new).await).await
}

/// Files outboxes that were handed in.
pub async fn file_rescues(db: &Database, bounds: &Bounds) -> Result<(), Error> {
    for _ in 0..RESCUES_MAX {
        let next = db.read(async |conn| store::unfiled(conn).await).await?;
        let Some(rescue) = next else { return Ok(()) };
        let (bounds, id, now) = (bounds.clone(), rescue.id.clone(), db.clock().business_now());
        let filed = db.write(Lane::Work, async move |tx| file(tx, &bounds, &rescue, now).await).await;
        match filed {
            Ok(()) => {}
            Err(error @ (Error::Busy | Error::Again(_) | Error::Unavailable(_) | Error::Lost)) => return Err(error),
            Err(error) => {
                // It may not stand in the way of the next one; a person sees it whole.
                tracing::error!(rescue = %id, %error, "an outbox could not be filed and waits for a person");
                db.write(Lane::Work, async move |tx| store::filed(tx, &id, "It could not be filed.").await).await?;
            }
        }
    }
    Ok(())
}

async fn file(tx: &mut Tx, bounds: &Bounds, rescue: &Rescue, now: Timestamp) -> Result<(), Error> {
    let Ok(outbox) = serde_json::from_str::<Outbox>(&rescue.body) else {
        return store::filed(tx, &rescue.id, "It is no outbox of our app; please read it.").await;
    };
    if outbox.mutations.len() > MUTATIONS_MAX {
        return store::filed(tx, &rescue.id, "It holds more than can be filed; please read it.").await;
    }
    let Some(expert) = workforce::lock(tx, rescue.expert).await? else {
        return store::filed(tx, &rescue.id, "Its expert is not known any more; please read it.").await;
    };
    let read: Vec<fold::Read> = outbox.mutations.into_iter().map(fold::read).collect();
    let keys: Vec<String> = read.iter().map(|one| key_of(expert.id, &one.mutation.mid)).collect();
    let mut known: BTreeSet<String> = answers(tx, expert.id, &keys).await?.into_keys().collect();
    let (name, real_now) = (expert.name.to_string(), tx.real_now());
    let (acting, who) = (Acting { actor: Actor::Expert(expert.id), name, now }, expert.id);
    let usable: Vec<&Parts> = read.iter().filter_map(|one| one.parts.as_ref().ok()).collect();
    let mut hand = Hand::open(tx, bounds, &acting, expert, &usable).await?;
    let (mut rows, mut n_kept, mut n_evidence, mut n_unreadable) = (Vec::new(), 0, 0, 0);
    for one in read {
        let key = key_of(who, &one.mutation.mid);
        if !known.insert(key.clone()) {
            continue;
        }
        let verdict = match &one.parts {
            Ok(parts) => hand.keep(parts),
            Err(why) => Verdict::rejected(why.clone()),
        };
        match &verdict.result {
            MutationResult::Applied | MutationResult::Noop => n_kept += 1,
            MutationResult::Recorded(_) => n_evidence += 1,
            MutationResult::Rejected(_) => n_unreadable += 1,
        }
        let Verdict { result, ticket, ver, late } = verdict;
        rows.push(MutationRow { key, mutation: one.mutation, answer: Answer { result, ticket, ver, late } });
    }
    hand.book.save(tx).await?;
    let device = outbox.device.or(rescue.device).unwrap_or_else(|| DeviceId::from_uuid(uuid::Uuid::nil()));
    insert(tx, who, device, outbox.inc, &rows, real_now).await?;
    let said = format!(
        "Notes and photos laid on their tickets: {n_kept}. Reports kept as evidence: {n_evidence}. Unreadable: {n_unreadable}."
    );
    store::filed(tx, &rescue.id, &said).await
}

impl Hand<'_> {
    /// What a phone wanted that may not act any more: notes and photos stay where they belong, the rest is evidence.
    fn keep(&mut self, parts: &Parts) -> Verdict {
        use shared::intent::Intent;
        match &parts.intent {
            Intent::NoteAdd { .. } | Intent::PhotoAdd { .. } => match self.fold(parts, true) {
                fold::Step::Done(verdict) => verdict,
                fold::Step::AskLate
                | fold::Step::Duty(_)
                | fold::Step::Sick(_)
                | fold::Step::Pin(..)
                | fold::Step::Draft(..)
                | fold::Step::Helped(..) => Verdict::rejected("it is no note"),
            },
            Intent::DutySet { .. } | Intent::ExpertSick { .. } => Verdict::recorded(Unused::Rule),
            Intent::OfferAccept {}
            | Intent::OfferSeen { .. }
            | Intent::OfferDecline { .. }
            | Intent::TicketSeen { .. }
            | Intent::TicketDepart {}
            | Intent::TicketArrive {}
            | Intent::TicketComplete { .. }
            | Intent::TicketLate { .. }
            | Intent::TicketCannotFix { .. }
            | Intent::SitePin(_)
            | Intent::ArticleDraft { .. }
            | Intent::ArticleHelped { .. } => self.evidence(parts),
        }
    }
}
