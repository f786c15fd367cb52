//! Tickets: what was filed, the one way to change it, its history, and the proof that none is lost.
//!
//! Every change goes through a [`Book`]: it locks the rows, makes moves of `shared::ticket` in memory, and writes
//! rows, offers, notes, history, the jobs that follow and the phones' feeds at once. Nothing else writes a ticket. This
//! folder knows no expert's day and chooses nobody: that is matching and dispatch.

pub mod api;
mod book;
pub mod check;
mod filing;
mod follow_up;
pub mod jobs;
mod promise;
pub mod store;

pub use book::{Book, NewNote, NewPhoto};
pub use filing::{Filing, begin};
pub use follow_up::{Earlier, FOLLOW_UP_DAYS, Product, filing as follow_up_filing, was_visited};
pub use promise::{Promise, due_at};

use shared::event::Actor;
use shared::ids::{CustomerId, EntitlementId, ExpertId, SiteId, TicketId};
use shared::number::TicketNumber;
use shared::skills::Skills;
use shared::text::{Description, ShortLine, Slug, Summary, Title};
use shared::ticket::{HumanReason, Life, Move, Refusal, Timing, Window};
use shared::time::Timestamp;

/// A ticket, whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// Which.
    pub id: TicketId,
    /// What people call it.
    pub number: TicketNumber,
    /// Grows with each change.
    pub ver: i64,
    /// Who asks.
    pub customer: CustomerId,
    /// Where.
    pub site: SiteId,
    /// The plan that covers it.
    pub entitlement: Option<EntitlementId>,
    /// What kind of product.
    pub category: Slug,
    /// What is wrong with it, from the list.
    pub symptom: Option<Slug>,
    /// The category in words, as it was then.
    pub category_label: String,
    /// The symptom in words, as it was then.
    pub symptom_label: Option<String>,
    /// The maker.
    pub make: Option<ShortLine>,
    /// The model.
    pub model: Option<ShortLine>,
    /// What is wrong, in one line.
    pub title: Title,
    /// What is wrong, at length.
    pub description: Description,
    /// How to get in.
    pub access_note: Option<Description>,
    /// Ahead of all others.
    pub urgent: bool,
    /// What an expert must know.
    pub skills: Skills,
    /// How long the work takes.
    pub work_minutes: u32,
    /// The customer's language, like `en`.
    pub language: String,
    /// By when the plan promises somebody.
    pub due_at: Timestamp,
    /// When the customer lets somebody in; none means at any time.
    pub windows: Vec<Window>,
    /// Since when it is on hold; the promise stands still.
    pub held_at: Option<Timestamp>,
    /// When it was filed.
    pub filed_at: Timestamp,
    /// By whom.
    pub filed_by: Actor,
    /// Where it is.
    pub life: Life,
    /// The version in which its address was corrected, until whoever holds it has seen that.
    pub corrected_ver: Option<i64>,
    /// The expert in whose stream it is.
    pub stream_of: Option<ExpertId>,
    /// Who was there last.
    pub last_expert: Option<ExpertId>,
    /// What was done, once it is completed.
    pub summary: Option<Summary>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Lines of its history.
    pub n_events: i64,
    /// When something last happened.
    pub changed_at: Timestamp,
    /// The ticket that was to end this trouble; this one is its follow-up.
    pub follows: Option<TicketId>,
}

impl Ticket {
    /// Whether it waits until a plan is bought.
    pub fn waits_for_plan(&self) -> bool {
        self.life.needs_human.as_ref().is_some_and(|flag| flag.reason == HumanReason::NoPlan)
    }
}

/// Makes one move of one ticket in the caller's transaction. None if there is no such ticket.
pub async fn act(
    tx: &mut crate::db::Tx,
    ticket: TicketId,
    to_do: Move,
    actor: Actor,
    now: Timestamp,
    timing: &Timing,
) -> Result<Option<Result<Ticket, Refusal>>, crate::db::Error> {
    let mut book = Book::open(tx, &[ticket], timing.clone()).await?;
    if book.ticket(ticket).is_none() {
        return Ok(None);
    }
    if let Err(refusal) = book.make(ticket, to_do, actor, now) {
        return Ok(Some(Err(refusal)));
    }
    let after = book.ticket(ticket).cloned();
    book.save(tx).await?;
    Ok(after.map(Ok))
}

#[cfg(test)]
pub(crate) mod samples;
