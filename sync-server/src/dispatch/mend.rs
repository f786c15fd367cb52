//! A ticket that is corrected after it was filed: its address, whom to ring, how to get in, what it needs.
//!
//! The one judge looks again at everybody who holds a ticket there. A promised visit that still fits keeps its expert and
//! its hour and gets the new way; what no longer fits goes back to matching, and its customer is told once. A correction
//! undoes what it breaks and nothing else: a rule that was broken before it, by somebody's word, stays so. Whoever is on
//! the way or there stays; he sees it on his phone.

use super::facts::{self, Bounds};
use super::round::plan;
use crate::audit;
use crate::customers::{self, Address, NewSite, Site};
use crate::db::{Collision, Error, Tx};
use crate::matching::judge::{Verdict, judge_kept, meets};
use crate::matching::need::Need;
use crate::tickets::{Book, Ticket, store};
use crate::workforce;
use serde_json::{Value, json};
use shared::event::Actor;
use shared::ids::{ExpertId, SiteId, TicketId};
use shared::skills::Skills;
use shared::text::{Description, Name, Phone};
use shared::ticket::{Corrected, Move, Refusal, ReleaseReason, State, VisitPlan, WithdrawReason};
use shared::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Open tickets of one site that are looked at.
const TICKETS_MAX: i64 = 200;

/// What is corrected; what is none stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Correction {
    /// Where it is.
    pub address: Option<Address>,
    /// Whom the expert rings.
    pub contact_name: Option<Name>,
    /// Their phone.
    pub contact_phone: Option<Phone>,
    /// How to get in, for this ticket.
    pub access_note: Option<Description>,
    /// What an expert must know.
    pub skills: Option<Skills>,
    /// How long the work takes, in minutes.
    pub work_minutes: Option<u32>,
}

/// Corrects a ticket in the caller's transaction, and every other open ticket of its site as far as it concerns them. None
/// if there is no such ticket; refused as done before if nothing is other than it was.
pub async fn correct(
    tx: &mut Tx,
    id: TicketId,
    correction: &Correction,
    actor: Actor,
    bounds: &Bounds,
    now: Timestamp,
) -> Result<Option<Result<Ticket, Refusal>>, Error> {
    let Some(ticket) = store::get(tx, id).await? else { return Ok(None) };
    let Some(site) = customers::store::site(tx, ticket.site).await? else { return Ok(None) };
    let of_site = of_site(&site, correction);
    let mut ids = BTreeSet::from([id]);
    if !of_site.is_empty() {
        ids.extend(store::of_site_open(tx, site.id, TICKETS_MAX).await?.into_iter().map(|other| other.id));
    }
    let ids: Vec<TicketId> = ids.into_iter().collect();
    let mut book = open_with_days(tx, &ids, bounds).await?;
    let Some(ticket) = book.ticket(id).cloned() else { return Ok(None) };
    let of_ticket = of_ticket(&ticket, correction);
    if of_site.is_empty() && of_ticket.is_empty() {
        return Ok(Some(Err(Refusal::Already)));
    }
    if ticket.life.state.is_ended() || matches!(ticket.life.state, State::OnSite { .. }) {
        return Ok(Some(Err(Refusal::Illegal)));
    }
    let change = Change { of_site, of_ticket, ticket: Some(id), actor, now };
    let mended = async |tx: &mut Tx| {
        if change.of_site.is_empty() {
            return Ok(());
        }
        mend_site(tx, &site, &of_new_site(&site, correction), actor, now).await
    };
    let before = judged(tx, &book, bounds, now).await?;
    mended(tx).await?;
    book.mend(id, correction.access_note.as_ref(), correction.skills.as_ref(), correction.work_minutes);
    let after = judged(tx, &book, bounds, now).await?;
    if let Err(refusal) = change.make(&mut book, &before, &after) {
        return Ok(Some(Err(refusal)));
    }
    let mended = book.ticket(id).cloned();
    book.save(tx).await?;
    if let Some(is) = mended.as_ref().filter(|_| !change.of_ticket.is_empty()) {
        // The history says that it was corrected; how it was stands here, under the customer with whom it is forgotten.
        let subject = format!("customer:{}", is.customer);
        let (was, is) = (own_line(&ticket), own_line(is));
        audit::record(tx, actor, "ticket.correct", &subject, Some(was), Some(is), now).await?;
    }
    Ok(mended.map(Ok))
}

/// Replaces a site in the caller's transaction, and judges every open ticket there again. Refused as done before if
/// nothing is other than it was; none if there is no such site.
pub async fn replace_site(
    tx: &mut Tx,
    id: SiteId,
    new: &NewSite,
    actor: Actor,
    bounds: &Bounds,
    now: Timestamp,
) -> Result<Option<Result<(), Refusal>>, Error> {
    let Some(site) = customers::store::site(tx, id).await? else { return Ok(None) };
    let correction = Correction {
        address: Some(new.address.clone()),
        contact_name: Some(new.contact_name.clone()),
        contact_phone: Some(new.contact_phone.clone()),
        ..Correction::default()
    };
    let mut of_site = of_site(&site, &correction);
    if new.access_note != site.access_note {
        of_site.push(Corrected::Access);
    }
    if of_site.is_empty() {
        return Ok(Some(Err(Refusal::Already)));
    }
    let open = store::of_site_open(tx, id, TICKETS_MAX).await?;
    let ids: Vec<TicketId> = open.iter().map(|ticket| ticket.id).collect();
    let mut book = open_with_days(tx, &ids, bounds).await?;
    let before = judged(tx, &book, bounds, now).await?;
    mend_site(tx, &site, new, actor, now).await?;
    let after = judged(tx, &book, bounds, now).await?;
    let change = Change { of_site, of_ticket: Vec::new(), ticket: None, actor, now };
    let made = change.make(&mut book, &before, &after);
    book.save(tx).await?;
    Ok(Some(made))
}

/// Locks the days of whoever holds these tickets, then the tickets: the order of all locks. A ticket that goes to
/// somebody else in between is somebody's whose day is not locked, and would be judged by it: then all begins anew.
async fn open_with_days(tx: &mut Tx, ids: &[TicketId], bounds: &Bounds) -> Result<Book, Error> {
    let holders = store::many(tx, ids).await?;
    let holders: BTreeSet<ExpertId> = holders.iter().filter_map(|ticket| ticket.life.state.holder()).collect();
    for expert in &holders {
        workforce::lock(tx, *expert).await?;
    }
    let book = Book::open(tx, ids, bounds.timing.clone()).await?;
    let is_locked = |ticket: &Ticket| ticket.life.state.holder().is_none_or(|holder| holders.contains(&holder));
    if book.tickets().all(is_locked) { Ok(book) } else { Err(Error::Again(Collision)) }
}

/// What is corrected, by whom and when.
struct Change {
    of_site: Vec<Corrected>,
    /// Of the one ticket that was meant.
    of_ticket: Vec<Corrected>,
    ticket: Option<TicketId>,
    actor: Actor,
    now: Timestamp,
}

impl Change {
    /// Notes it in each open ticket, and gives back what no longer fits.
    fn make(&self, book: &mut Book, before: &Judged, after: &Judged) -> Result<(), Refusal> {
        let open = book.tickets().filter(|ticket| !ticket.life.state.is_ended());
        let open: Vec<Ticket> = open.cloned().collect();
        for ticket in open {
            let is_meant = self.ticket == Some(ticket.id);
            let own = if is_meant { self.of_ticket.as_slice() } else { &[] };
            let what: Vec<Corrected> = self.of_site.iter().chain(own).copied().collect();
            let (visit, goes) = kept(&ticket, before.get(&ticket.id), after.get(&ticket.id));
            let noted = book.make(ticket.id, Move::Correct { what, visit }, self.actor, self.now);
            if is_meant {
                noted?;
            }
            if let Some(goes) = goes {
                // Legal from the two states that have a visit to keep.
                let _ = book.make(ticket.id, goes, Actor::Server, self.now);
            }
        }
        Ok(())
    }
}

/// The site as a correction leaves it.
fn of_new_site(site: &Site, correction: &Correction) -> NewSite {
    let was = Address {
        line1: site.line1.clone(),
        line2: site.line2.clone(),
        city: site.city.clone(),
        postal_code: site.postal_code.clone(),
        country: site.country.clone(),
        place: site.place,
        zone: site.zone.clone(),
    };
    NewSite {
        address: correction.address.clone().unwrap_or(was),
        contact_name: correction.contact_name.clone().unwrap_or_else(|| site.contact_name.clone()),
        contact_phone: correction.contact_phone.clone().unwrap_or_else(|| site.contact_phone.clone()),
        access_note: site.access_note.clone(),
    }
}

/// What of the site is other than it was.
fn of_site(site: &Site, correction: &Correction) -> Vec<Corrected> {
    let moved = correction.address.as_ref().is_some_and(|new| !is_at(site, new));
    let name = correction.contact_name.as_ref().is_some_and(|name| *name != site.contact_name);
    let phone = correction.contact_phone.as_ref().is_some_and(|phone| *phone != site.contact_phone);
    let mut what = Vec::new();
    if moved {
        what.push(Corrected::Address);
    }
    if name || phone {
        what.push(Corrected::Contact);
    }
    what
}

/// What of the ticket itself is other than it was.
fn of_ticket(ticket: &Ticket, correction: &Correction) -> Vec<Corrected> {
    let access = correction.access_note.is_some() && correction.access_note != ticket.access_note;
    let skills = correction.skills.as_ref().is_some_and(|skills| *skills != ticket.skills);
    let work = correction.work_minutes.is_some_and(|minutes| minutes != ticket.work_minutes);
    let mut what = Vec::new();
    if access {
        what.push(Corrected::Access);
    }
    if skills || work {
        what.push(Corrected::Need);
    }
    what
}

fn is_at(site: &Site, address: &Address) -> bool {
    site.line1 == address.line1
        && site.line2 == address.line2
        && site.city == address.city
        && site.postal_code == address.postal_code
        && site.country == address.country
}

async fn mend_site(tx: &mut Tx, site: &Site, new: &NewSite, actor: Actor, now: Timestamp) -> Result<(), Error> {
    customers::store::mend_site(tx, site.id, new, !is_at(site, &new.address)).await?;
    let after = customers::store::site(tx, site.id).await?;
    let (was, is) = (line(site), after.as_ref().map(line));
    audit::record(tx, actor, "site.correct", &format!("customer:{}", site.customer), Some(was), is, now).await
}

fn line(site: &Site) -> Value {
    let address = site.address_lines();
    json!({ "site": site.id, "address": address, "contact": site.contact_name, "phone": site.contact_phone })
}

/// What a correction may change of a ticket itself.
fn own_line(ticket: &Ticket) -> Value {
    let (access, skills) = (&ticket.access_note, &ticket.skills);
    json!({ "ticket": ticket.id, "access_note": access, "skills": skills, "work_minutes": ticket.work_minutes })
}

/// What the rules say of each visit, by its ticket.
type Judged = BTreeMap<TicketId, Kept>;

/// What the rules say of one visit.
struct Kept {
    verdict: Verdict,
    need: Need,
    /// The other visits of its expert that it meets by the hours that were told. A verdict does not say: of a visit for which
    /// he has not left in time it only says that the hour cannot be kept, whatever else stands against it.
    meets: BTreeSet<TicketId>,
}

/// What the rules say of each visit that is offered or promised, at the hour that was told.
async fn judged(tx: &mut Tx, book: &Book, bounds: &Bounds, now: Timestamp) -> Result<Judged, Error> {
    let tickets: Vec<Ticket> = book.tickets().cloned().collect();
    let mut judged = BTreeMap::new();
    for need in facts::needs(tx, &tickets).await? {
        let state = tickets.iter().find(|ticket| ticket.id == need.ticket).map(|ticket| &ticket.life.state);
        let Some(State::Offered { expert, visit, .. } | State::Accepted { expert, visit, .. }) = state else {
            continue;
        };
        let held = facts::held(tx, *expert).await?;
        let Some(candidate) = facts::candidate_with(tx, *expert, &held, need.ticket).await? else { continue };
        let verdict = judge_kept(&need, &candidate, visit.start_at, now, &bounds.settings);
        let meets = meets(&need, &candidate, visit.start_at, &bounds.settings);
        judged.insert(need.ticket, Kept { verdict, need, meets });
    }
    Ok(judged)
}

/// The visit with its new way and work if it can be kept, and how it goes back if it cannot.
fn kept(ticket: &Ticket, before: Option<&Kept>, after: Option<&Kept>) -> (Option<VisitPlan>, Option<Move>) {
    let (Some(visit), Some(Kept { verdict, need, meets })) = (ticket.life.state.visit(), after) else {
        return (None, None);
    };
    let was_broken =
        |rule| matches!(before, Some(Kept { verdict: Verdict::Excluded { broken }, .. }) if broken.contains(rule));
    let was_met = before.is_some_and(|before| meets.is_subset(&before.meets));
    match verdict {
        Verdict::Fits(fit) => (Some(plan(fit, need.work_minutes)), None),
        Verdict::Excluded { broken } if was_met && broken.iter().all(was_broken) => {
            (Some(VisitPlan { work_minutes: need.work_minutes, ..visit }), None)
        }
        Verdict::Excluded { .. } if matches!(ticket.life.state, State::Offered { .. }) => {
            (None, Some(Move::Withdraw { why: WithdrawReason::Corrected }))
        }
        Verdict::Excluded { .. } => (None, Some(Move::Release { why: ReleaseReason::Corrected })),
    }
}

#[cfg(test)]
mod tests;
