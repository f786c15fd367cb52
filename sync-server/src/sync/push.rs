//! Taking in what a phone did. One transaction for the whole request; if that fails by a fault of ours, one for each
//! mutation in order, so that a single bad one cannot wedge an outbox: it becomes a dead letter.

use super::fold::{self, Parts, Read, Scene, Step, Verdict};
use super::store::{self, MutationRow};
use super::{Refused, store::Answer};
use crate::accounts::devices::{self, DeviceRow};
use crate::db::{Database, Error, Lane, Tx};
use crate::dispatch::{Bounds, late_visit};
use crate::jobs::{Kind, NewJob};
use crate::tickets::{Book, Ticket, store as tickets};
use crate::workforce::{self, Absence, Expert};
use crate::{audit, customers, jobs};
use shared::event::Fact;
use shared::ids::{AbsenceId, DeviceId, ExpertId, MutationId, NoteId, SkillId, TicketId};
use shared::intent::Intent;
use shared::place::Place;
use shared::sync::{Ack, Location, MutationResult, Stop, SyncRequest};
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

/// What became of a push.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Pushed {
    pub(super) next_n: i64,
    pub(super) acks: Vec<Ack>,
    pub(super) stop: Option<Stop>,
}

/// How a transaction ended that wrote nothing wrong.
enum Took {
    Done(Pushed),
    Denied(Refused),
}

/// Which phone, and when.
#[derive(Clone, Debug)]
struct Who {
    expert: ExpertId,
    device: DeviceId,
    inc: i64,
    now: Timestamp,
    real_now: Timestamp,
}

/// Takes the mutations and the location of a request.
pub(super) async fn push(
    db: &Database,
    bounds: &Bounds,
    expert: ExpertId,
    request: &SyncRequest,
) -> Result<Pushed, Refused> {
    let (device, inc) = (request.device, request.inc);
    let row = db.read(async move |conn| devices::get(conn, device, inc).await).await?;
    let row = allowed(row, expert)?;
    let nothing = Pushed { next_n: row.last_n + 1, ..Pushed::default() };
    if request.mutations.is_empty() && request.location.is_none() {
        return Ok(nothing);
    }
    let clock = db.clock();
    let who = Who { expert, device, inc, now: clock.business_now(), real_now: clock.real_now() };
    let read: Vec<Read> = request.mutations.iter().cloned().map(fold::read).collect();
    match attempt(db, bounds, &who, &read, request.location).await {
        Ok(Took::Done(pushed)) => Ok(pushed),
        Ok(Took::Denied(why)) => Err(why),
        Err(error) => match stop(&error) {
            Some(stop) => Ok(Pushed { stop: Some(stop), ..nothing }),
            None => one_by_one(db, bounds, &who, &read, nothing, &error).await,
        },
    }
}

/// Errors that pass by themselves: the phone sends the same again.
fn stop(error: &Error) -> Option<Stop> {
    match error {
        Error::Busy => Some(Stop::Busy),
        Error::Again(_) => Some(Stop::Again),
        Error::Unavailable(_) | Error::Lost => Some(Stop::Unavailable),
        Error::TooSlow | Error::Panicked(_) | Error::Taken(_) | Error::StaleLease | Error::Bug(_) => None,
    }
}

fn allowed(row: Option<DeviceRow>, expert: ExpertId) -> Result<DeviceRow, Refused> {
    match row {
        None => Err(Refused::UnknownDevice),
        Some(row) if row.expert != expert => Err(Refused::UnknownDevice),
        Some(row) if row.revoked => Err(Refused::Revoked),
        Some(row) if row.inc != row.newest_inc => Err(Refused::Forked),
        Some(row) => Ok(row),
    }
}

async fn attempt(
    db: &Database,
    bounds: &Bounds,
    who: &Who,
    read: &[Read],
    location: Option<Location>,
) -> Result<Took, Error> {
    let (bounds, who, read) = (bounds.clone(), who.clone(), read.to_vec());
    db.write(Lane::Sync, async move |tx| take(tx, &bounds, &who, &read, location).await).await
}

/// One transaction for each mutation. One that still fails is kept as a dead letter.
async fn one_by_one(
    db: &Database,
    bounds: &Bounds,
    who: &Who,
    read: &[Read],
    mut pushed: Pushed,
    first: &Error,
) -> Result<Pushed, Refused> {
    tracing::error!(device = %who.device, error = %first, "a push failed as a whole and is taken one by one");
    for one in read {
        let took = match attempt(db, bounds, who, std::slice::from_ref(one), None).await {
            Err(error) if stop(&error).is_none() => {
                tracing::error!(mid = %one.mutation.mid, %error, "a mutation failed and is kept as a dead letter");
                let bad = Read { parts: Err("internal: it is kept, and we were told".to_owned()), ..one.clone() };
                attempt(db, bounds, who, &[bad], None).await
            }
            other => other,
        };
        match took {
            Ok(Took::Done(done)) => {
                pushed.next_n = done.next_n;
                pushed.acks.extend(done.acks);
                if done.stop.is_some() {
                    pushed.stop = done.stop;
                    break;
                }
            }
            Ok(Took::Denied(why)) => return Err(why),
            Err(error) => {
                pushed.stop = Some(stop(&error).unwrap_or(Stop::Unavailable));
                break;
            }
        }
    }
    Ok(pushed)
}

/// The whole push under its locks: device, expert, tickets by id.
async fn take(
    tx: &mut Tx,
    bounds: &Bounds,
    who: &Who,
    read: &[Read],
    location: Option<Location>,
) -> Result<Took, Error> {
    let device = match allowed(devices::lock(tx, who.device, who.inc).await?, who.expert) {
        Ok(device) => device,
        Err(why) => return Ok(Took::Denied(why)),
    };
    let Some(expert) = workforce::lock(tx, who.expert).await? else {
        return Ok(Took::Denied(Refused::UnknownDevice));
    };
    if let Some(location) = location.filter(|_| expert.on_duty) {
        // A phone whose clock is ahead would never be overtaken by a later report.
        let location = Location { at: location.at.min(who.now), ..location };
        workforce::store::set_position(tx, expert.id, &location).await?;
    }
    let mids: Vec<String> = read.iter().map(|one| store::key(&one.mutation.mid)).collect();
    let mut known = store::answers(tx, who.expert, &mids).await?;
    let mut pushed = Pushed { next_n: device.last_n + 1, ..Pushed::default() };
    let mut desk = Desk::open(tx, bounds, who, expert, read).await?;
    let mut rows = Vec::new();
    for one in read {
        let key = store::key(&one.mutation.mid);
        let n = one.mutation.n;
        if n > pushed.next_n {
            pushed.stop = Some(Stop::Gap);
            break;
        }
        if let Some(answer) = known.get(&key) {
            pushed.acks.push(answer.ack(n, one.mutation.mid.clone(), true));
        } else if n < pushed.next_n {
            // A number that was used for something else: two installations act as one device.
            return Ok(Took::Denied(Refused::Forked));
        } else {
            let verdict = match &one.parts {
                Ok(parts) => desk.apply(tx, parts).await?,
                Err(why) => Verdict::rejected(why.clone()),
            };
            let answer =
                Answer { result: verdict.result, ticket: verdict.ticket, ver: verdict.ver, late: verdict.late };
            pushed.acks.push(answer.ack(n, one.mutation.mid.clone(), false));
            rows.push(MutationRow { key: key.clone(), mutation: one.mutation.clone(), answer: answer.clone() });
            known.insert(key, answer);
        }
        pushed.next_n = pushed.next_n.max(n + 1);
    }
    desk.book.save(tx).await?;
    store::insert(tx, who.expert, who.device, who.inc, &rows, who.real_now).await?;
    if pushed.next_n > device.last_n + 1 {
        devices::note_sync(tx, who.device, who.inc, pushed.next_n - 1, who.real_now).await?;
    }
    Ok(Took::Done(pushed))
}

/// Where intents are folded: the open book, the expert, and what was looked up.
struct Desk<'a> {
    book: Book,
    bounds: &'a Bounds,
    who: &'a Who,
    expert: Expert,
    known_notes: BTreeSet<NoteId>,
    /// The skills that are named as missing.
    skills: BTreeMap<Slug, SkillId>,
    /// Tickets that the expert held when the push began, offers too.
    held: Vec<TicketId>,
}

impl<'a> Desk<'a> {
    async fn open(tx: &mut Tx, bounds: &'a Bounds, who: &'a Who, expert: Expert, read: &[Read]) -> Result<Self, Error> {
        let parts = || read.iter().filter_map(|one| one.parts.as_ref().ok());
        let mut ids: Vec<TicketId> = parts().filter_map(|parts| parts.ticket).collect();
        let mut held = Vec::new();
        if parts().any(|parts| matches!(parts.intent, Intent::DutySet { on: false })) {
            let all = tickets::held_by(tx, &[who.expert], HELD_MAX).await?;
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
        let named: Vec<Slug> = parts().filter_map(|parts| fold::lacked(&parts.intent)).flatten().cloned().collect();
        let skills =
            if named.is_empty() { BTreeMap::new() } else { workforce::store::skills_by_slug(tx, &named).await? };
        let book = Book::open(tx, &ids, bounds.timing.clone()).await?;
        Ok(Self { book, bounds, who, expert, known_notes, skills, held })
    }

    async fn apply(&mut self, tx: &mut Tx, parts: &Parts) -> Result<Verdict, Error> {
        let verdict = match self.fold(parts, false) {
            Step::Done(verdict) => verdict,
            Step::Duty(on) => self.set_duty(tx, on).await?,
            Step::Sick(until) => self.report_sick(tx, parts.mid, until).await?,
            Step::Pin(ticket, place) => self.pin(tx, ticket, place).await?,
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
                    Step::AskLate | Step::Duty(_) | Step::Sick(_) | Step::Pin(..) => {
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

    fn fold(&mut self, parts: &Parts, late_asked: bool) -> Step {
        let mut scene = Scene {
            expert: self.who.expert,
            name: self.expert.name.as_str(),
            now: self.who.now,
            known_notes: &mut self.known_notes,
            skills: &self.skills,
        };
        fold::fold(&mut self.book, &mut scene, parts, late_asked)
    }

    /// Grants a late yes if nobody has the ticket and every rule still holds.
    async fn grant_late(&mut self, tx: &mut Tx, parts: &Parts) -> Result<(), Error> {
        let Some(id) = parts.ticket else { return Ok(()) };
        let (expert, now) = (self.who.expert, self.who.now);
        let actor = shared::event::Actor::Expert(expert);
        if let Some(State::Offered { offer, .. }) = self.book.ticket(id).map(|ticket| ticket.life.state.clone()) {
            // His own, run out, and the sweep has not come by yet.
            let _ = self.book.make(id, Move::Lapse { offer }, shared::event::Actor::Server, now);
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
        let stored = tickets::held_by(tx, &[self.who.expert], HELD_MAX).await?;
        let mut held: BTreeMap<TicketId, Ticket> = stored.into_iter().map(|ticket| (ticket.id, ticket)).collect();
        for ticket in self.book.tickets() {
            held.insert(ticket.id, ticket.clone());
        }
        held.retain(|_, ticket| ticket.life.state.holder() == Some(self.who.expert));
        Ok(held.into_values().collect())
    }

    /// On or off duty. Going off, open offers move at once; coming on, waiting tickets are looked at again.
    async fn set_duty(&mut self, tx: &mut Tx, on: bool) -> Result<Verdict, Error> {
        let (expert, now) = (self.who.expert, self.who.now);
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
                    let _ = self.book.make(id, withdraw, shared::event::Actor::Expert(expert), now);
                }
            }
        }
        let result = if changed { MutationResult::Applied } else { MutationResult::Noop };
        Ok(Verdict { result, ticket: None, ver: None, late: false })
    }

    /// Ill from now on. The absence has the mutation's own id, so a repeat adds no second one; what he has promised for
    /// that time goes back by a job, as after any absence.
    async fn report_sick(&self, tx: &mut Tx, mid: MutationId, until: Timestamp) -> Result<Verdict, Error> {
        let (expert, now) = (self.who.expert, self.who.now);
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
            let actor = shared::event::Actor::Expert(expert);
            audit::record(tx, actor, "expert.absence", &format!("expert:{expert}"), None, Some(after), now).await?;
        }
        let result = if is_new { MutationResult::Applied } else { MutationResult::Noop };
        Ok(Verdict { result, ticket: None, ver: None, late: false })
    }

    /// The site is where the expert stands. Far from its postal code he, or his phone, is mistaken.
    async fn pin(&mut self, tx: &mut Tx, id: TicketId, pin: Place) -> Result<Verdict, Error> {
        let (expert, now) = (self.who.expert, self.who.now);
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
            self.book.record(id, fact, shared::event::Actor::Expert(expert), now);
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
            workforce::store::set_arrival(tx, self.who.expert, place, self.who.now).await?;
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
        | Intent::TicketComplete { .. }
        | Intent::TicketLate { .. }
        | Intent::TicketCannotFix { .. }
        | Intent::SitePin(_)
        | Intent::DutySet { .. }
        | Intent::ExpertSick { .. } => None,
    }
}
