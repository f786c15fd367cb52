//! What an expert wants, done: by his phone, or by a person of ours on his word. Both take the same way, so that it does
//! not matter who told the server; what is only the phone's (numbers, answers, repeats) is in `push`.
//!
//! What a person recorded for him and his phone reports later is joined: nothing happens twice, his notes are kept, and
//! the history shows both times.

use super::fold::{self, Parts, Scene, Step, Verdict};
use super::join::{self, Known};
use super::wrote;
use crate::db::{Error, Tx};
use crate::dispatch::{Bounds, catch_up, late_visit};
use crate::jobs::{Kind, NewJob};
use crate::tickets::{Book, Ticket, store as tickets};
use crate::workforce::{self, Absence, Expert};
use crate::{audit, customers, events, jobs};
use shared::event::{Actor, Fact};
use shared::ids::{AbsenceId, ExpertId, MutationId, NoteId, PhotoId, SkillId, TicketId};
use shared::intent::Intent;
use shared::place::Place;
use shared::sync::MutationResult;
use shared::text::Slug;
use shared::ticket::{Act, Move, State, WithdrawReason};
use shared::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Tickets one expert holds at most for these decisions.
const HELD_MAX: i64 = 500;
/// A pin may be so far from the middle of its postal code: the largest codes are deserts.
const PIN_KM_MAX: f64 = 100.0;
/// Longest illness that a phone reports; the office keeps longer absences.
const SICK_DAYS_MAX: i64 = 31;
/// Absences that are looked at.
const ABSENCES_MAX: i64 = 200;
/// Why he is away, as the office reads it.
const SICK: &str = "Ill, he reports";
/// Lines of a history in which a person's record is looked for.
const LINES_MAX: i64 = 200;

/// Whose hand it is.
#[derive(Clone, Debug)]
pub(super) struct Acting {
    /// The expert himself, or a person of ours on his word.
    pub(super) actor: Actor,
    /// The name under what is written.
    pub(super) name: String,
    /// By the business clock.
    pub(super) now: Timestamp,
}

/// Where intents are folded: the open book, the expert, and what was looked up.
pub(super) struct Hand<'a> {
    pub(super) book: Book,
    bounds: &'a Bounds,
    acting: &'a Acting,
    expert: Expert,
    known_notes: BTreeSet<NoteId>,
    known_photos: BTreeSet<PhotoId>,
    /// The skills that are named as missing.
    skills: BTreeMap<Slug, SkillId>,
    /// Tickets that the expert held when the push began, offers too.
    held: Vec<TicketId>,
    /// Delays that were joined here, and are in no history yet.
    joined: BTreeSet<(TicketId, Timestamp)>,
}

impl<'a> Hand<'a> {
    /// Opens the book for these intents, under the lock of the expert's day.
    pub(super) async fn open(
        tx: &mut Tx,
        bounds: &'a Bounds,
        acting: &'a Acting,
        expert: Expert,
        intents: &[&Parts],
    ) -> Result<Self, Error> {
        let parts = || intents.iter().copied();
        // An office's change that its job has not carried through yet holds for a yes all the same.
        if says_yes(tx, expert.id, intents).await? {
            catch_up(tx, expert.id, &bounds.timing, acting.now).await?;
        }
        let mut ids: Vec<TicketId> = parts().filter_map(|parts| parts.ticket).collect();
        let mut held = Vec::new();
        if parts().any(|parts| matches!(parts.intent, Intent::DutySet { on: false })) {
            let all = tickets::held_by(tx, &[expert.id], HELD_MAX).await?;
            held = all.iter().map(|ticket| ticket.id).collect();
            ids.extend(&held);
        }
        // Whoever else goes to the same site must hear where it is.
        let pinned = |parts: &Parts| parts.ticket.filter(|_| matches!(parts.intent, Intent::SitePin(_)));
        let pinned: Vec<TicketId> = parts().filter_map(pinned).collect();
        if !pinned.is_empty() {
            ids.extend(tickets::held_at_sites_of(tx, &pinned, HELD_MAX).await?);
        }
        let notes: Vec<NoteId> = parts().filter_map(|parts| note_of(&parts.intent)).collect();
        let known_notes = tickets::known_notes(tx, &notes).await?;
        let photo = |parts: &Parts| {
            if let Intent::PhotoAdd { photo, .. } = parts.intent { Some(photo) } else { None }
        };
        let photos: Vec<PhotoId> = parts().filter_map(photo).collect();
        let known_photos = tickets::known_photos(tx, &photos).await?;
        let named: Vec<Slug> = parts().filter_map(|parts| fold::lacked(&parts.intent)).flatten().cloned().collect();
        let skills =
            if named.is_empty() { BTreeMap::new() } else { workforce::store::skills_by_slug(tx, &named).await? };
        let book = Book::open(tx, &ids, bounds.timing.clone()).await?;
        let joined = BTreeSet::new();
        Ok(Self { book, bounds, acting, expert, known_notes, known_photos, skills, held, joined })
    }

    /// Makes what an intent wants, and says what became of it.
    pub(super) async fn apply(&mut self, tx: &mut Tx, parts: &Parts, made_at: Timestamp) -> Result<Verdict, Error> {
        if let Some(verdict) = self.join(tx, parts, made_at).await? {
            return Ok(verdict);
        }
        let verdict = match self.fold(parts, false) {
            Step::Done(verdict) => verdict,
            Step::Duty(on) => self.set_duty(tx, on).await?,
            Step::Sick(until) => self.report_sick(tx, parts.mid, until).await?,
            Step::Pin(ticket, place) => self.pin(tx, ticket, place).await?,
            Step::Draft(article, text, ticket) => wrote::draft(tx, self.acting, article, &text, ticket).await?,
            Step::Helped(article, ticket, fixed) => {
                let Some(ticket) = self.book.ticket(ticket) else { return Ok(Verdict::rejected("it names no ticket")) };
                wrote::helped(tx, self.acting, article, ticket, fixed).await?
            }
            Step::AskLate => {
                self.grant_late(tx, parts).await?;
                match self.fold(parts, true) {
                    // A late yes that was granted is no double of itself.
                    Step::Done(Verdict { result: MutationResult::Noop, ticket, ver, late })
                        if parts.intent.act() == Some(Act::Accept) =>
                    {
                        Verdict { result: MutationResult::Applied, ticket, ver, late }
                    }
                    Step::Done(verdict) => verdict,
                    Step::AskLate
                    | Step::Duty(_)
                    | Step::Sick(_)
                    | Step::Pin(..)
                    | Step::Draft(..)
                    | Step::Helped(..) => {
                        return Err(Error::Bug("a late yes was asked for twice".into()));
                    }
                }
            }
        };
        let arrived = matches!(parts.intent.act(), Some(Act::Arrive | Act::Complete));
        if arrived && verdict.result == MutationResult::Applied {
            self.note_arrival(tx, parts).await?;
        }
        Ok(verdict)
    }

    /// Joins what his phone reports with what a person had recorded for him; none where nobody had.
    async fn join(&mut self, tx: &mut Tx, parts: &Parts, made_at: Timestamp) -> Result<Option<Verdict>, Error> {
        let (Some(id), Actor::Expert(expert)) = (parts.ticket, self.acting.actor) else { return Ok(None) };
        if let Intent::TicketLate { minutes } = &parts.intent {
            return self.join_delay(tx, (id, expert), minutes.get(), made_at).await;
        }
        let Some(act) = parts.intent.act() else { return Ok(None) };
        let Some(ticket) = self.book.ticket(id).filter(|ticket| join::is_past(ticket, expert, act)) else {
            return Ok(None);
        };
        let summary = ticket.summary.clone();
        let lines = newest_lines(tx, ticket).await?;
        let intent = parts.intent.kind();
        match join::known(&lines, expert, act, intent) {
            Known::No => return Ok(None),
            Known::Joined => {}
            Known::Recorded { at } => {
                let intent = intent.to_owned();
                let fact = Fact::Confirmed { expert, intent, recorded_at: at, phone_at: made_at };
                self.book.record(id, fact, self.acting.actor, self.acting.now);
            }
        }
        let (book, mut scene) = self.scene();
        match &parts.intent {
            // What he wrote himself is kept beside what he said.
            Intent::TicketComplete { summary: own, .. } if summary.as_ref() != Some(own) => {
                fold::write_down(book, &mut scene, id, parts.mid, own.as_str());
            }
            other => fold::details(book, &mut scene, id, parts.mid, other),
        }
        let ver = self.book.ticket(id).map(|ticket| ticket.ver);
        Ok(Some(Verdict { result: MutationResult::Noop, ticket: Some(id), ver, late: false }))
    }

    /// The same for a delay that he had rung about as well: it does not count twice.
    async fn join_delay(
        &mut self,
        tx: &mut Tx,
        (id, expert): (TicketId, ExpertId),
        minutes: u32,
        made_at: Timestamp,
    ) -> Result<Option<Verdict>, Error> {
        let his = self.book.ticket(id).filter(|ticket| ticket.life.state.holder() == Some(expert));
        let Some(ticket) = his else { return Ok(None) };
        let lines = newest_lines(tx, ticket).await?;
        let is_free = |at: &Timestamp| !self.joined.contains(&(id, *at));
        let recorded_at = join::known_delays(&lines, expert, minutes, made_at).find(is_free);
        let Some(recorded_at) = recorded_at else { return Ok(None) };
        self.joined.insert((id, recorded_at));
        let fact = Fact::Confirmed { expert, intent: "ticket.late".to_owned(), recorded_at, phone_at: made_at };
        self.book.record(id, fact, self.acting.actor, self.acting.now);
        let ver = self.book.ticket(id).map(|ticket| ticket.ver);
        Ok(Some(Verdict { result: MutationResult::Noop, ticket: Some(id), ver, late: false }))
    }

    /// Keeps an intent as evidence.
    pub(super) fn evidence(&mut self, parts: &Parts) -> Verdict {
        let (book, scene) = self.scene();
        fold::evidence(book, &scene, parts)
    }

    pub(super) fn fold(&mut self, parts: &Parts, late_asked: bool) -> Step {
        let (book, mut scene) = self.scene();
        fold::fold(book, &mut scene, parts, late_asked)
    }

    fn scene(&mut self) -> (&mut Book, Scene<'_>) {
        let scene = Scene {
            expert: self.expert.id,
            actor: self.acting.actor,
            name: &self.acting.name,
            now: self.acting.now,
            known_notes: &mut self.known_notes,
            known_photos: &mut self.known_photos,
            skills: &self.skills,
        };
        (&mut self.book, scene)
    }

    /// Grants a late yes if nobody has the ticket and every rule still holds.
    async fn grant_late(&mut self, tx: &mut Tx, parts: &Parts) -> Result<(), Error> {
        let Some(id) = parts.ticket else { return Ok(()) };
        let (expert, now) = (self.expert.id, self.acting.now);
        let actor = self.acting.actor;
        if let Some(State::Offered { offer, .. }) = self.book.ticket(id).map(|ticket| ticket.life.state.clone()) {
            // His own, run out, and the sweep has not come by yet.
            let _ = self.book.make(id, Move::Lapse { offer }, Actor::Server, now);
        }
        let Some(ticket) = self.book.ticket(id).cloned() else { return Ok(()) };
        if ticket.life.state != State::Waiting {
            return Ok(());
        }
        let held = self.held_now(tx).await?;
        if let Some(visit) = late_visit(tx, expert, &ticket, &held, self.bounds, now).await? {
            let _ = self.book.make(id, Move::Accept { expert, late: Some(visit) }, actor, now);
        }
        Ok(())
    }

    /// What the expert holds, this push included.
    async fn held_now(&self, tx: &mut Tx) -> Result<Vec<Ticket>, Error> {
        let stored = tickets::held_by(tx, &[self.expert.id], HELD_MAX).await?;
        let mut held: BTreeMap<TicketId, Ticket> = stored.into_iter().map(|ticket| (ticket.id, ticket)).collect();
        for ticket in self.book.tickets() {
            held.insert(ticket.id, ticket.clone());
        }
        held.retain(|_, ticket| ticket.life.state.holder() == Some(self.expert.id));
        Ok(held.into_values().collect())
    }

    /// On or off duty. Going off, open offers move at once; coming on, waiting tickets are looked at again.
    async fn set_duty(&mut self, tx: &mut Tx, on: bool) -> Result<Verdict, Error> {
        let (expert, now) = (self.expert.id, self.acting.now);
        let changed = workforce::store::set_duty(tx, expert, on, now).await?;
        if changed && on {
            jobs::enqueue(tx, &[NewJob::new(Kind::MatchTicket, expert, now)]).await?;
        }
        if changed && !on {
            for id in self.held.clone() {
                let offered = self.book.ticket(id).is_some_and(
                    |ticket| matches!(&ticket.life.state, State::Offered { expert: holder, .. } if *holder == expert),
                );
                if offered {
                    let withdraw = Move::Withdraw { why: WithdrawReason::OffDuty };
                    let _ = self.book.make(id, withdraw, self.acting.actor, now);
                }
            }
        }
        let result = if changed { MutationResult::Applied } else { MutationResult::Noop };
        Ok(Verdict { result, ticket: None, ver: None, late: false })
    }

    /// Ill from now on. The absence has the mutation's own id, so a repeat adds no second one; what he has promised for
    /// that time goes back by a job, as after any absence.
    async fn report_sick(&self, tx: &mut Tx, mid: MutationId, until: Timestamp) -> Result<Verdict, Error> {
        let (expert, now) = (self.expert.id, self.acting.now);
        if until > now.plus_minutes(SICK_DAYS_MAX * 1_440) {
            return Ok(Verdict::rejected(format!("an illness is reported for {SICK_DAYS_MAX} days at most")));
        }
        let known = workforce::store::absences(tx, expert, now, ABSENCES_MAX).await?;
        let is_known = known.iter().any(|absence| absence.from <= now && until <= absence.until);
        let is_new = now < until && !is_known;
        if is_new {
            let absence = Absence { id: AbsenceId::from_uuid(mid.uuid()), from: now, until, reason: SICK.parse().ok() };
            workforce::store::add_absence(tx, expert, &absence, now).await?;
            let after = serde_json::to_value(&absence).map_err(|error| Error::Bug(format!("an absence: {error}")))?;
            let actor = self.acting.actor;
            audit::record(tx, actor, "expert.absence", &format!("expert:{expert}"), None, Some(after), now).await?;
        }
        let result = if is_new { MutationResult::Applied } else { MutationResult::Noop };
        Ok(Verdict { result, ticket: None, ver: None, late: false })
    }

    /// The site is where the expert stands. Far from its postal code he, or his phone, is mistaken.
    async fn pin(&mut self, tx: &mut Tx, id: TicketId, pin: Place) -> Result<Verdict, Error> {
        let (expert, now) = (self.expert.id, self.acting.now);
        let Some(ticket) = self.book.ticket(id).cloned() else { return Ok(Verdict::rejected("it names no ticket")) };
        let Some(site) = customers::store::site(tx, ticket.site).await? else {
            return Ok(Verdict::rejected("the ticket has no site"));
        };
        let km = site.place.km_to(pin);
        if km > PIN_KM_MAX {
            let code = &site.postal_code;
            return Ok(Verdict::rejected(format!(
                "the pin is {km:.0} km from postal code {code}: correct the address"
            )));
        }
        let was = site.pin.unwrap_or(site.place);
        let is_new = site.pin != Some(pin);
        if is_new {
            customers::store::set_pin(tx, site.id, pin).await?;
            if matches!(ticket.life.state, State::OnSite { .. }) {
                workforce::store::set_arrival(tx, expert, pin, now).await?;
            }
            let fact = Fact::SitePinned { expert, pin, was };
            self.book.record(id, fact, self.acting.actor, now);
            let others = self.book.tickets().filter(|other| other.site == site.id && other.id != id);
            let others: Vec<TicketId> = others.map(|other| other.id).collect();
            for other in others {
                self.book.refresh(other);
            }
        }
        let ver = self.book.ticket(id).map(|ticket| ticket.ver);
        let result = if is_new { MutationResult::Applied } else { MutationResult::Noop };
        Ok(Verdict { result, ticket: Some(id), ver, late: false })
    }

    /// From here on the expert is where the site is.
    async fn note_arrival(&self, tx: &mut Tx, parts: &Parts) -> Result<(), Error> {
        let Some(ticket) = parts.ticket.and_then(|id| self.book.ticket(id)) else { return Ok(()) };
        if let Some(site) = customers::store::site(tx, ticket.site).await? {
            let place = site.pin.unwrap_or(site.place);
            workforce::store::set_arrival(tx, self.expert.id, place, self.acting.now).await?;
        }
        Ok(())
    }
}

fn note_of(intent: &Intent) -> Option<NoteId> {
    match intent {
        Intent::NoteAdd { note, .. } => Some(*note),
        Intent::OfferAccept {}
        | Intent::OfferSeen { .. }
        | Intent::OfferDecline { .. }
        | Intent::TicketSeen { .. }
        | Intent::TicketDepart {}
        | Intent::TicketArrive {}
        | Intent::TicketLate { .. }
        | Intent::TicketComplete { .. }
        | Intent::TicketCannotFix { .. }
        | Intent::PhotoAdd { .. }
        | Intent::SitePin(_)
        | Intent::DutySet { .. }
        | Intent::ExpertSick { .. }
        | Intent::ArticleDraft { .. }
        | Intent::ArticleHelped { .. } => None,
    }
}

/// Whether one of these says yes to an offer: in words, or by setting out for what is only offered. What he has found or
/// done there already is a fact, and no question of rules.
async fn says_yes(tx: &mut Tx, expert: ExpertId, intents: &[&Parts]) -> Result<bool, Error> {
    if intents.iter().any(|parts| parts.intent.act() == Some(Act::Accept)) {
        return Ok(true);
    }
    let departs = intents.iter().filter(|parts| parts.intent.act() == Some(Act::Depart));
    let departs: Vec<TicketId> = departs.filter_map(|parts| parts.ticket).collect();
    if departs.is_empty() {
        return Ok(false);
    }
    let held = tickets::held_by(tx, &[expert], HELD_MAX).await?;
    let is_offered = |ticket: &Ticket| matches!(ticket.life.state, State::Offered { .. });
    Ok(held.iter().any(|ticket| departs.contains(&ticket.id) && is_offered(ticket)))
}

/// The newest lines of a ticket's history.
async fn newest_lines(tx: &mut Tx, ticket: &Ticket) -> Result<Vec<events::Line>, Error> {
    events::history(tx, ticket.id, (ticket.n_events - LINES_MAX).max(0), LINES_MAX).await
}
