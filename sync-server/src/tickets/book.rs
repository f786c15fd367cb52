//! Some tickets, locked, changed in memory, and written at once. The one way to change a ticket.

use super::Ticket;
use super::promise::{self, Change};
use super::store::{self, NewReport, OfferRow};
use crate::db::planted::planted;
use crate::db::{Error, Tx};
use crate::events::{self, Line};
use crate::feed::{Entity, Kind, Op, Stream};
use crate::plans::Entitlement;
use crate::{customers, workforce};
use shared::blob::Sha;
use shared::event::{Actor, Event, Fact};
use shared::ids::{ExpertId, NoteId, OfferId, PhotoId, SkillId, TicketId};
use shared::offer::{DeclineReason, OfferState};
use shared::place::Place;
use shared::skills::{Level, Skills};
use shared::text::{Description, NoteText, ShortLine, Slug};
use shared::ticket::{CannotFix, Corrected, Move, Refusal, ReleaseReason, State, Timing, Window};
use shared::time::Timestamp;
use std::collections::BTreeMap;

/// A note to add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewNote {
    /// Made once by its author.
    pub id: NoteId,
    /// On which ticket.
    pub ticket: TicketId,
    /// Who wrote it.
    pub author: Actor,
    /// Their name, as it was then.
    pub author_name: String,
    /// What it says.
    pub text: NoteText,
    /// By an expert who no longer had the ticket.
    pub late: bool,
    /// When the server got it.
    pub at: Timestamp,
}

/// A photo to add. Its bytes are taken by `blobs`, before or after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPhoto {
    /// Made once by its author.
    pub id: PhotoId,
    /// On which ticket.
    pub ticket: TicketId,
    /// The hash of the bytes that its author sends.
    pub sha: Sha,
    /// Who took it.
    pub author: Actor,
    /// Their name, as it was then.
    pub author_name: String,
    /// What it shows.
    pub caption: Option<ShortLine>,
    /// Where it was taken, if its author says so on purpose.
    pub place: Option<Place>,
    /// By an expert who no longer had the ticket.
    pub late: bool,
    /// When the server heard of it.
    pub at: Timestamp,
}

/// What happened to an offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum OfferChange {
    /// It was made.
    Made(OfferRow),
    /// The open offer of this ticket ended.
    Ended(TicketId, OfferState),
    /// A late yes: the last lapsed offer of this expert counts as accepted after all.
    AcceptedLate(TicketId, ExpertId, Timestamp),
    /// One of us took the ticket from this expert, who had accepted it, to send somebody else.
    Replaced(TicketId, ExpertId),
    /// It was on the expert's screen.
    Seen(OfferId, Timestamp),
}

/// Locked tickets and what is changing about them.
pub struct Book {
    entries: BTreeMap<TicketId, Entry>,
    timing: Timing,
}

struct Entry {
    ticket: Ticket,
    stream_before: Option<ExpertId>,
    lines: Vec<Line>,
    offers: Vec<OfferChange>,
    notes: Vec<NewNote>,
    photos: Vec<NewPhoto>,
    reports: Vec<NewReport>,
    promise: Option<Change>,
    changed: bool,
}

impl Book {
    /// Locks these tickets, in the order of their ids. Those that do not exist are simply not in the book.
    pub async fn open(tx: &mut Tx, tickets: &[TicketId], timing: Timing) -> Result<Self, Error> {
        let tickets = store::lock(tx, tickets).await?;
        let entry = |ticket: Ticket| {
            let stream_before = ticket.stream_of;
            let (lines, offers, notes, photos) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
            let (reports, promise, changed) = (Vec::new(), None, false);
            (ticket.id, Entry { ticket, stream_before, lines, offers, notes, photos, reports, promise, changed })
        };
        Ok(Self { entries: tickets.into_iter().map(entry).collect(), timing })
    }

    /// A ticket as it is by now.
    pub fn ticket(&self, id: TicketId) -> Option<&Ticket> {
        self.entries.get(&id).map(|entry| &entry.ticket)
    }

    /// Every ticket in the book, as it is by now.
    pub fn tickets(&self) -> impl Iterator<Item = &Ticket> {
        self.entries.values().map(|entry| &entry.ticket)
    }

    /// How long things may take.
    pub fn timing(&self) -> &Timing {
        &self.timing
    }

    /// Makes a move. A ticket that is not in the book refuses everything.
    pub fn make(&mut self, id: TicketId, to_do: Move, actor: Actor, now: Timestamp) -> Result<(), Refusal> {
        let entry = self.entries.get_mut(&id).ok_or(Refusal::Illegal)?;
        let done = entry.ticket.life.clone().make(to_do, now, &self.timing)?;
        entry.take(done, actor, now);
        Ok(())
    }

    /// The customer chose when somebody may come. What is so already is refused as done before.
    pub fn reschedule(
        &mut self,
        id: TicketId,
        windows: Vec<Window>,
        actor: Actor,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let ticket = self.ticket(id).ok_or(Refusal::Illegal)?;
        let is_held = matches!(ticket.life.state, State::OnHold { .. });
        if ticket.windows == windows && !is_held && !ticket.life.state.is_ended() {
            return Err(Refusal::Already);
        }
        self.make(id, Move::Reschedule { windows }, actor, now)
    }

    /// What a correction changes of the ticket itself; the move says that it was corrected.
    pub fn mend(&mut self, id: TicketId, access: Option<&Description>, skills: Option<&Skills>, work: Option<u32>) {
        let Some(entry) = self.entries.get_mut(&id) else { return };
        let ticket = &mut entry.ticket;
        ticket.access_note = access.cloned().or_else(|| ticket.access_note.take());
        ticket.skills = skills.unwrap_or(&ticket.skills).clone();
        ticket.work_minutes = work.unwrap_or(ticket.work_minutes);
    }

    /// This version was on the holder's screen: a correction in it need not be marked any more.
    pub fn saw(&mut self, id: TicketId, ver: i64) {
        let Some(entry) = self.entries.get_mut(&id) else { return };
        if entry.ticket.corrected_ver.is_some_and(|corrected| corrected <= ver) {
            entry.ticket.corrected_ver = None;
            entry.ticket.ver += 1;
            entry.changed = true;
        }
    }

    /// Answers a deadline that has passed.
    pub fn overdue(&mut self, id: TicketId, now: Timestamp) -> Result<(), Refusal> {
        let entry = self.entries.get_mut(&id).ok_or(Refusal::Illegal)?;
        let done = entry.ticket.life.clone().overdue(now, &self.timing)?;
        entry.take(done, Actor::Server, now);
        Ok(())
    }

    /// A plan covers the ticket now, and what it promises begins.
    pub fn cover(&mut self, id: TicketId, plan: &Entitlement, actor: Actor, now: Timestamp) -> Result<(), Refusal> {
        self.make(id, Move::PlanFound, actor, now)?;
        let entry = self.entries.get_mut(&id).ok_or(Refusal::Illegal)?;
        entry.ticket.entitlement = Some(plan.id);
        entry.promise = Some(Change::Begins { at: now, hours: plan.promise_hours });
        Ok(())
    }

    /// Adds a fact that moves nothing: work that came too late.
    pub fn record(&mut self, id: TicketId, fact: Fact, actor: Actor, now: Timestamp) {
        if let Some(entry) = self.entries.get_mut(&id) {
            entry.add_lines([fact.into()], actor, now);
            entry.changed = true;
        }
    }

    /// Adds a note. The caller knows that there is none with this id.
    pub fn note(&mut self, note: NewNote) {
        if let Some(entry) = self.entries.get_mut(&note.ticket) {
            entry.add_lines([Fact::NoteAdded { note: note.id, late: note.late }.into()], note.author, note.at);
            entry.notes.push(note);
            entry.changed = true;
        }
    }

    /// Adds a photo. The caller knows that there is none with this id.
    pub fn photo(&mut self, photo: NewPhoto) {
        if let Some(entry) = self.entries.get_mut(&photo.ticket) {
            entry.add_lines([Fact::PhotoAdded { photo: photo.id, late: photo.late }.into()], photo.author, photo.at);
            entry.photos.push(photo);
            entry.changed = true;
        }
    }

    /// An expert says that the ticket needs these skills: they are added to its need, and the row of the needs table that
    /// it came from is listed for review, also when he names none. `visited`: he was there, or on the way.
    pub fn lacks(
        &mut self,
        id: TicketId,
        expert: ExpertId,
        skills: &BTreeMap<Slug, SkillId>,
        visited: bool,
        now: Timestamp,
    ) {
        let Some(entry) = self.entries.get_mut(&id) else { return };
        let new = |skill: &SkillId, ticket: &Ticket| !ticket.skills.0.contains_key(skill);
        let added: Vec<Slug> =
            skills.iter().filter(|(_, skill)| new(skill, &entry.ticket)).map(|(slug, _)| slug.clone()).collect();
        let Skills(needed) = &mut entry.ticket.skills;
        needed.extend(added.iter().filter_map(|slug| Some((*skills.get(slug)?, Level::LEARNED))));
        let named = skills.keys().cloned().collect();
        entry.reports.push(NewReport { ticket: id, expert, skills: named, visited, at: now });
        if !added.is_empty() {
            entry.add_lines([Fact::NeedCorrected { skills: added }.into()], Actor::Expert(expert), now);
            entry.changed = true;
        }
    }

    /// What the ticket needs was corrected, with these words added to it.
    pub fn correct(
        &mut self,
        id: TicketId,
        skills: Skills,
        work_minutes: u32,
        added: Vec<Slug>,
        actor: Actor,
        now: Timestamp,
    ) {
        let Some(entry) = self.entries.get_mut(&id) else { return };
        entry.ticket.skills = skills;
        entry.ticket.work_minutes = work_minutes;
        entry.ticket.ver += 1;
        entry.add_lines([Fact::NeedCorrected { skills: added }.into()], actor, now);
        entry.changed = true;
    }

    /// Writes a ticket again although nothing happened to it, so that its columns are those of its life.
    pub(super) fn rewrite(&mut self, id: TicketId) {
        if let Some(entry) = self.entries.get_mut(&id) {
            entry.changed = true;
        }
    }

    /// What the ticket's document shows beside the ticket itself has changed: phones that have it read it anew.
    pub fn refresh(&mut self, id: TicketId) {
        if let Some(entry) = self.entries.get_mut(&id) {
            entry.ticket.ver += 1;
            entry.changed = true;
        }
    }

    /// It ended long ago: it leaves the stream of whoever had it, and is found online only.
    pub(super) fn archive(&mut self, id: TicketId) {
        if let Some(entry) = self.entries.get_mut(&id).filter(|entry| entry.ticket.life.state.is_ended()) {
            entry.ticket.stream_of = None;
            entry.changed = true;
        }
    }

    /// The open offer was on the expert's screen. Nobody else need know, so the ticket's version stays.
    pub fn seen(&mut self, id: TicketId, offer: OfferId, now: Timestamp) {
        if let Some(entry) = self.entries.get_mut(&id) {
            entry.offers.push(OfferChange::Seen(offer, now));
        }
    }

    /// Writes everything that changed.
    pub async fn save(self, tx: &mut Tx) -> Result<(), Error> {
        let mut entries: Vec<Entry> = self.entries.into_values().collect();
        let reports: Vec<(Ticket, NewReport)> = entries
            .iter_mut()
            .flat_map(|entry| {
                std::mem::take(&mut entry.reports).into_iter().map(|report| (entry.ticket.clone(), report))
            })
            .collect();
        let offers: Vec<OfferChange> = entries.iter_mut().flat_map(|entry| std::mem::take(&mut entry.offers)).collect();
        entries.retain(|entry| entry.changed);
        for Entry { ticket, promise, .. } in &mut entries {
            promise::keep(tx, ticket, promise.take(), &self.timing).await?;
        }
        for entry in &entries {
            entry.touch(tx);
        }
        let tickets: Vec<&Ticket> = entries.iter().map(|entry| &entry.ticket).collect();
        store::update(tx, &tickets).await?;
        store::change_offers(tx, &offers).await?;
        let notes: Vec<&NewNote> = entries.iter().flat_map(|entry| &entry.notes).collect();
        store::add_notes(tx, &notes).await?;
        let photos: Vec<&NewPhoto> = entries.iter().flat_map(|entry| &entry.photos).collect();
        store::add_photos(tx, &photos).await?;
        store::report(tx, &reports).await?;
        for entry in &entries {
            entry.note_arrival(tx).await?;
        }
        let lines: Vec<Line> = entries.into_iter().flat_map(|entry| entry.lines).collect();
        events::record(tx, &lines).await
    }
}

impl Entry {
    fn take(&mut self, done: shared::ticket::Done, actor: Actor, now: Timestamp) {
        let before = std::mem::replace(&mut self.ticket.life, done.life);
        if let Some(change) = promise::change(&mut self.ticket, &before.state, now) {
            self.promise = Some(change);
        }
        self.ticket.stream_of = stream_of(&before.state, &self.ticket.life.state, self.ticket.stream_of);
        for event in &done.events {
            self.learn(&event.fact, now);
        }
        if self.ticket.life.state.is_ended() {
            self.ticket.ended_at = Some(now);
        }
        self.ticket.ver += 1;
        let holder = self.ticket.life.state.holder();
        if holder.is_none() || holder != before.state.holder() {
            self.ticket.corrected_ver = None;
        }
        let is_moved =
            |event: &Event| matches!(&event.fact, Fact::Corrected { what, .. } if what.contains(&Corrected::Address));
        if holder.is_some() && done.events.iter().any(is_moved) {
            self.ticket.corrected_ver = Some(self.ticket.ver);
        }
        self.changed = true;
        self.add_lines(done.events, actor, now);
    }

    /// What a fact means for the ticket's columns and its offers.
    fn learn(&mut self, fact: &Fact, now: Timestamp) {
        let id = self.ticket.id;
        match fact {
            Fact::Offered { offer, expert, expires_at, decision, .. } => {
                let row = OfferRow {
                    id: *offer,
                    ticket: id,
                    expert: *expert,
                    decision: *decision,
                    made_at: now,
                    state: OfferState::Open { expires_at: *expires_at },
                };
                self.offers.push(OfferChange::Made(row));
            }
            Fact::Accepted { late: false, .. } => self.end_offer(OfferState::Accepted { at: now }),
            Fact::Accepted { late: true, expert, .. } => {
                self.offers.push(OfferChange::AcceptedLate(id, *expert, now));
            }
            Fact::Declined { reason, expert, .. } => {
                self.end_offer(OfferState::Declined { at: now, reason: *reason });
                self.ticket.last_expert = self.ticket.last_expert.filter(|last| last != expert);
            }
            Fact::Released { expert, why: ReleaseReason::Staff } => {
                self.offers.push(OfferChange::Replaced(id, *expert));
                self.ticket.last_expert = self.ticket.last_expert.filter(|last| last != expert);
            }
            Fact::Lapsed { .. } => self.end_offer(OfferState::Lapsed { at: now }),
            Fact::Withdrawn { .. } | Fact::Cancelled { .. } | Fact::SolvedWithoutVisit { .. } => {
                self.end_offer(OfferState::Withdrawn { at: now });
            }
            // His offer counts as declined from then on: he is never asked again.
            Fact::CannotFix { expert, why: CannotFix::Skill } => {
                self.end_offer(OfferState::Declined { at: now, reason: DeclineReason::Skill });
                self.ticket.last_expert = self.ticket.last_expert.filter(|last| last != expert);
            }
            Fact::CannotFix {
                expert,
                why: CannotFix::Part | CannotFix::NoAccess | CannotFix::WrongAddress | CannotFix::Unsafe,
            }
            | Fact::Arrived { expert }
            | Fact::Held { expert: Some(expert), .. }
            // The customer did not send him away: he is asked first for the other time.
            | Fact::Released { expert, why: ReleaseReason::Customer } => self.ticket.last_expert = Some(*expert),
            Fact::Rescheduled { windows } => self.ticket.windows.clone_from(windows),
            Fact::Completed { expert, summary, .. } => {
                self.ticket.last_expert = Some(*expert);
                self.ticket.summary = Some(summary.clone());
            }
            Fact::Received { .. }
            | Fact::PlanFound
            | Fact::WaitsForShift { .. }
            | Fact::Released {
                why: ReleaseReason::Absent | ReleaseReason::DoneByOther | ReleaseReason::Changed | ReleaseReason::Corrected,
                ..
            }
            | Fact::Corrected { .. }
            | Fact::Reminded { .. }
            | Fact::Departed { .. }
            | Fact::Late { .. }
            | Fact::Moved { .. }
            | Fact::Held { expert: None, .. }
            | Fact::NeedCorrected { .. }
            | Fact::Resumed
            | Fact::NeedsHuman { .. }
            | Fact::Settled { .. }
            | Fact::Escalated { .. }
            | Fact::SitePinned { .. }
            | Fact::NoteAdded { .. }
            | Fact::PhotoAdded { .. }
            | Fact::Confirmed { .. }
            | Fact::WorkRecorded { .. } => {}
        }
    }

    /// Where somebody arrived is where he is, until his phone knows better.
    async fn note_arrival(&self, tx: &mut Tx) -> Result<(), Error> {
        let arrived = self.lines.iter().rev().find_map(|line| {
            if let Fact::Arrived { expert } = &line.event.fact { Some((*expert, line.at)) } else { None }
        });
        let Some((expert, at)) = arrived else { return Ok(()) };
        let Some(site) = customers::store::site(tx, self.ticket.site).await? else { return Ok(()) };
        workforce::store::set_arrival(tx, expert, site.at(), at).await
    }

    /// After acceptance there is no open offer any more: then this changes nothing.
    fn end_offer(&mut self, state: OfferState) {
        self.offers.push(OfferChange::Ended(self.ticket.id, state));
    }

    fn add_lines(&mut self, events: impl IntoIterator<Item = Event>, actor: Actor, now: Timestamp) {
        for event in events {
            self.ticket.n_events += 1;
            let (ticket, seq) = (self.ticket.id, self.ticket.n_events);
            self.lines.push(Line { ticket, seq, at: now, actor, event });
        }
        self.ticket.changed_at = self.ticket.changed_at.max(now);
        let beside = |fact: &Fact| {
            matches!(
                fact,
                Fact::SitePinned { .. } | Fact::NoteAdded { .. } | Fact::PhotoAdded { .. } | Fact::WorkRecorded { .. }
            )
        };
        if self.lines.iter().any(|line| beside(&line.event.fact)) {
            self.ticket.ver += 1;
        }
    }

    fn touch(&self, tx: &mut Tx) {
        let entity = || Entity::new(Kind::Ticket, self.ticket.id);
        let now_in = self.ticket.stream_of;
        if let Some(expert) = self.stream_before.filter(|expert| Some(*expert) != now_in && !planted!(tx, NoDel)) {
            tx.touch(Stream::of_expert(expert), entity(), Op::Del);
        }
        if let Some(expert) = now_in {
            tx.touch(Stream::of_expert(expert), entity(), Op::Put);
        }
    }
}

/// In whose stream a ticket is: its holder's; after its end that of the expert who had said yes, so that the phone
/// shows how it ended and nobody drives there.
fn stream_of(before: &State, after: &State, was_in: Option<ExpertId>) -> Option<ExpertId> {
    if !after.is_ended() {
        return after.holder();
    }
    // Who is named as the one who did it, has it to show, whoever had it last.
    if let State::Completed { expert: Some(by), .. } = after
        && !before.is_ended()
    {
        return Some(*by);
    }
    match before {
        State::Accepted { .. } | State::EnRoute { .. } | State::OnSite { .. } => before.holder(),
        // Forward over several states at once: the one who completed it.
        State::Offered { expert, .. } => match after {
            State::Completed { expert: Some(by), .. } if by == expert => Some(*expert),
            State::Waiting
            | State::Offered { .. }
            | State::Accepted { .. }
            | State::EnRoute { .. }
            | State::OnSite { .. }
            | State::OnHold { .. }
            | State::Completed { .. }
            | State::Cancelled { .. } => None,
        },
        State::Waiting | State::OnHold { .. } => None,
        State::Completed { .. } | State::Cancelled { .. } => was_in,
    }
}
