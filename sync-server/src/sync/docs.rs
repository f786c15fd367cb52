//! A ticket as its holder's phone keeps it: everything that is needed in a cellar, and nothing of other customers. Pure.

use crate::customers::Site;
use crate::matching::candidate::Origin;
use crate::matching::decide::Outcome;
use crate::matching::store::Choice;
use crate::tickets::Ticket;
use crate::tickets::store::{NoteRow, PhotoRow};
use shared::document::{ContactDoc, EarlierDoc, EndDoc, NoteDoc, OfferDoc, PhotoDoc, ProductDoc, SiteDoc, TicketDoc};
use shared::ids::ExpertId;
use shared::ticket::{HumanReason, Phase, State};

/// The document; none if the ticket is in no phase that a phone shows.
pub(super) fn ticket(
    ticket: &Ticket,
    site: &Site,
    notes: &[NoteRow],
    photos: &[PhotoRow],
    choice: Option<&Choice>,
    earlier: Option<&Ticket>,
    expert: ExpertId,
) -> Option<TicketDoc> {
    let phase: Phase = ticket.life.state.phase()?;
    let offer = match &ticket.life.state {
        State::Offered { offer, expires_at, .. } => Some(OfferDoc { id: *offer, expires_at: *expires_at }),
        State::Waiting
        | State::Accepted { .. }
        | State::EnRoute { .. }
        | State::OnSite { .. }
        | State::OnHold { .. }
        | State::Completed { .. }
        | State::Cancelled { .. } => None,
    };
    let own = notes.iter().filter(|note| note.ticket == ticket.id);
    let note = |note: &NoteRow| NoteDoc {
        id: note.id,
        author: note.author_name.clone(),
        at: note.at,
        text: note.text.clone(),
    };
    let photo = |photo: &PhotoRow| PhotoDoc {
        id: photo.id,
        sha: photo.sha,
        author: photo.author_name.clone(),
        at: photo.at,
        caption: photo.caption.clone(),
        here: photo.here,
    };
    let own_photos = photos.iter().filter(|photo| photo.ticket == ticket.id);
    let why_you = choice.and_then(|choice| why(choice, expert));
    Some(TicketDoc {
        id: ticket.id,
        number: ticket.number,
        ver: ticket.ver,
        phase,
        offer,
        visit: ticket.life.state.visit(),
        title: ticket.title.to_string(),
        description: ticket.description.to_string(),
        product: ProductDoc {
            category: ticket.category_label.clone(),
            symptom: ticket.symptom_label.clone(),
            make: ticket.make.as_ref().map(ToString::to_string),
            model: ticket.model.as_ref().map(ToString::to_string),
            category_slug: Some(ticket.category.clone()),
            symptom_slug: ticket.symptom.clone(),
        },
        urgent: ticket.urgent,
        site: SiteDoc {
            address: site.address_lines(),
            zone: site.zone.clone(),
            place: Some(site.pin.unwrap_or(site.place)),
            pinned: site.pin.is_some(),
            access_note: ticket.access_note.as_ref().or(site.access_note.as_ref()).map(ToString::to_string),
            corrected: ticket.corrected_ver.is_some(),
        },
        contact: ContactDoc { name: site.contact_name.to_string(), phone: Some(site.contact_phone.to_string()) },
        why_you,
        notes: own.map(note).collect(),
        photos: own_photos.map(photo).collect(),
        end: end(ticket),
        earlier: earlier.and_then(|earlier| {
            let by_you = earlier.last_expert == Some(expert);
            Some(EarlierDoc { number: earlier.number, end: end(earlier)?, by_you })
        }),
        solved: Vec::new(),
        stopped: ticket.life.needs_human.as_ref().is_some_and(|flag| flag.reason == HumanReason::DoneByOther),
    })
}

fn end(ticket: &Ticket) -> Option<EndDoc> {
    match &ticket.life.state {
        State::Completed { at, outcome, .. } => {
            let summary = ticket.summary.as_ref().map(ToString::to_string);
            Some(EndDoc { at: *at, outcome: Some(*outcome), summary })
        }
        State::Cancelled { at, .. } => Some(EndDoc { at: *at, outcome: None, summary: None }),
        State::Waiting
        | State::Offered { .. }
        | State::Accepted { .. }
        | State::EnRoute { .. }
        | State::OnSite { .. }
        | State::OnHold { .. } => None,
    }
}

/// Why this expert, in a sentence.
fn why(choice: &Choice, expert: ExpertId) -> Option<String> {
    let winner = choice.winner.filter(|winner| winner.expert == expert)?;
    let minutes = (winner.fit.travel_tenths + 9) / 10;
    let from = match winner.fit.origin {
        Origin::Phone { .. } => "from where you are",
        Origin::Arrival { .. } => "from your last visit",
        Origin::Home => "from your home base",
        Origin::Visit { .. } => "from your visit before",
    };
    if choice.outcome == Outcome::ByPerson {
        return Some(format!("One of us chose you for it. You are {minutes} min away {from}."));
    }
    let n_others = choice.n_considered.saturating_sub(1);
    Some(format!(
        "You have every skill it needs and are {minutes} min away {from}. Of {n_others} others nobody was a better choice."
    ))
}
