//! What the expert sees: the server's document with his own unconfirmed work laid over it. The phone's screen is this
//! fold and nothing else, so it is true at once, offline, and after every restart. Where a tap leads is asked of the
//! same [`route`] that the server asks.

use crate::document::{AwayDoc, EndDoc, ExpertDoc, NoteDoc, PhotoDoc, TicketDoc};
use crate::ids::MutationId;
use crate::intent::Intent;
use crate::ticket::{Act, Phase, Route, route};
use crate::time::Timestamp;

/// An own intent that the base does not hold yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overlay {
    /// Which.
    pub mid: MutationId,
    /// What.
    pub intent: Intent,
    /// When it was made, by the phone's clock.
    pub made_at: Timestamp,
    /// The server has it; only its new document is still on the way.
    pub acked: bool,
}

/// A ticket as the expert sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketView {
    /// The document with his work in it.
    pub doc: TicketDoc,
    /// How many of his intents the server does not have yet.
    pub n_unsent: u32,
    /// The newest tap that the server has not answered.
    pub doing: Option<Act>,
    /// He gave it back: it stays in sight, greyed, until the server takes it.
    pub given_back: bool,
}

/// Lays the expert's unconfirmed work, in the order in which it was made, over the server's document.
pub fn fold(base: &TicketDoc, author: &str, overlay: &[Overlay]) -> TicketView {
    let mut view = TicketView { doc: base.clone(), n_unsent: 0, doing: None, given_back: false };
    for own in overlay {
        if !own.acked && !own.intent.is_receipt() {
            view.n_unsent += 1;
        }
        lay(&mut view, author, own);
    }
    view
}

fn lay(view: &mut TicketView, author: &str, own: &Overlay) {
    if let Intent::NoteAdd { note, text } = &own.intent {
        if view.doc.notes.iter().all(|known| known.id != *note) {
            let text = text.to_string();
            view.doc.notes.push(NoteDoc { id: *note, author: author.to_owned(), at: own.made_at, text });
        }
        return;
    }
    if let Intent::PhotoAdd { photo, sha, caption, .. } = &own.intent {
        if view.doc.photos.iter().all(|known| known.id != *photo) {
            let (author, caption) = (author.to_owned(), caption.as_ref().map(ToString::to_string));
            view.doc.photos.push(PhotoDoc { id: *photo, sha: *sha, author, at: own.made_at, caption, here: false });
        }
        return;
    }
    if let Intent::TicketLate { minutes } = &own.intent {
        if let Some(visit) = &mut view.doc.visit {
            match view.doc.phase {
                Phase::Accepted => visit.start_at = visit.start_at.plus_minutes(i64::from(minutes.get())),
                Phase::EnRoute => {
                    visit.start_at = visit.start_at.plus_minutes(i64::from(minutes.get()));
                    visit.travel_minutes = visit.travel_minutes.saturating_add(minutes.get());
                }
                Phase::OnSite => visit.work_minutes = visit.work_minutes.saturating_add(minutes.get()),
                Phase::Offered | Phase::Completed | Phase::Cancelled => {}
            }
        }
        return;
    }
    if let Intent::SitePin(place) = own.intent {
        if view.can_pin() {
            (view.doc.site.place, view.doc.site.pinned) = (Some(place), true);
        }
        return;
    }
    let Some(act) = own.intent.act() else { return };
    match route(view.doc.phase, act) {
        Route::Forward(way) => {
            view.doc.phase = *way.last().expect("a way has a goal");
            view.doc.offer = None;
            if let Intent::TicketComplete { outcome, summary } = &own.intent {
                let (outcome, summary) = (Some(*outcome), Some(summary.to_string()));
                view.doc.end = Some(EndDoc { at: own.made_at, outcome, summary });
            }
        }
        Route::Back => view.given_back = true,
        Route::Already | Route::Illegal => return,
    }
    if !own.acked {
        view.doing = Some(act);
    }
}

impl TicketView {
    /// Whether he can say where the site is: he is there, or was until he finished.
    pub fn can_pin(&self) -> bool {
        !self.given_back && matches!(self.doc.phase, Phase::OnSite | Phase::Completed)
    }

    /// The taps that make sense now, the most likely one first. Empty once given back or ended.
    pub fn next_acts(&self) -> &'static [Act] {
        if self.given_back {
            return &[];
        }
        match self.doc.phase {
            Phase::Offered => &[Act::Accept, Act::Decline],
            Phase::Accepted => &[Act::Depart, Act::Arrive, Act::Decline],
            Phase::EnRoute => &[Act::Arrive, Act::CannotFix, Act::Decline],
            Phase::OnSite => &[Act::Complete, Act::CannotFix],
            Phase::Completed | Phase::Cancelled => &[],
        }
    }
}

/// The expert himself with his unconfirmed duty and illness.
pub fn fold_expert(base: &ExpertDoc, overlay: &[Overlay]) -> ExpertDoc {
    let mut doc = base.clone();
    for own in overlay {
        if let Intent::DutySet { on } = own.intent {
            doc.on_duty = on;
        }
        if let Intent::ExpertSick { until } = own.intent
            && own.made_at < until
        {
            doc.away.insert(0, AwayDoc { from: own.made_at, until });
        }
    }
    doc
}
