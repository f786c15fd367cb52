//! Fixed means fixed: a trouble that comes back is a follow-up of the ticket that was to end it. Pure.
//!
//! A follow-up goes ahead of others, is offered to the expert who was there first, and brings what was done with it. At
//! most one ticket follows another: what comes back once more follows the follow-up.

use super::{Filing, Ticket};
use shared::event::Actor;
use shared::ids::{CustomerId, ExpertId, SiteId, TicketId};
use shared::number::TicketNumber;
use shared::text::{Description, ShortLine, Slug, fold_key};
use shared::ticket::State;
use shared::time::Timestamp;

/// For so long after a visit the next report about the same product follows it.
pub const FOLLOW_UP_DAYS: i64 = 30;

/// What a follow-up takes from the ticket that it follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Earlier {
    /// Which.
    pub ticket: TicketId,
    /// Who was there.
    pub expert: Option<ExpertId>,
}

impl Earlier {
    /// Of this ticket.
    pub fn of(ticket: &Ticket) -> Self {
        Self { ticket: ticket.id, expert: ticket.last_expert }
    }
}

/// One product of a customer, as two reports about it are recognised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    customer: CustomerId,
    site: SiteId,
    category: Slug,
    make: String,
    model: String,
}

impl Product {
    /// As it is named in a report; capitals, accents and spaces do not tell products apart.
    pub fn new(
        customer: CustomerId,
        site: SiteId,
        category: &Slug,
        make: Option<&ShortLine>,
        model: Option<&ShortLine>,
    ) -> Self {
        let key = |line: Option<&ShortLine>| line.map(|line| fold_key(line.as_str())).unwrap_or_default();
        Self { customer, site, category: category.clone(), make: key(make), model: key(model) }
    }

    /// That of a ticket.
    pub fn of(ticket: &Ticket) -> Self {
        Self::new(ticket.customer, ticket.site, &ticket.category, ticket.make.as_ref(), ticket.model.as_ref())
    }

    /// Where it stands.
    pub fn site(&self) -> SiteId {
        self.site
    }

    /// Since when a visit counts for a report that comes now.
    pub fn visited_since(now: Timestamp) -> Timestamp {
        now.plus_minutes(-FOLLOW_UP_DAYS * 24 * 60)
    }
}

/// Whether an expert ended this ticket: only a visit can be followed up.
pub fn was_visited(ticket: &Ticket) -> bool {
    match &ticket.life.state {
        State::Completed { expert, .. } => expert.is_some(),
        State::Waiting
        | State::Offered { .. }
        | State::Accepted { .. }
        | State::EnRoute { .. }
        | State::OnSite { .. }
        | State::OnHold { .. }
        | State::Cancelled { .. } => false,
    }
}

/// The follow-up that a "no, it is not working" opens: the same product, plan and promise, with what the customer wrote
/// before the first report.
pub fn filing(earlier: &Ticket, id: TicketId, number: TicketNumber, said: Option<&str>, now: Timestamp) -> Filing {
    let promise_minutes = earlier.due_at.minutes_since(earlier.filed_at);
    Filing {
        id,
        number,
        by: Actor::Customer(earlier.customer),
        customer: earlier.customer,
        site: earlier.site,
        entitlement: earlier.entitlement,
        covered_from: None,
        category: earlier.category.clone(),
        symptom: earlier.symptom.clone(),
        category_label: earlier.category_label.clone(),
        symptom_label: earlier.symptom_label.clone(),
        make: earlier.make.clone(),
        model: earlier.model.clone(),
        title: earlier.title.clone(),
        description: description(said, &earlier.description),
        access_note: earlier.access_note.clone(),
        urgent: earlier.urgent,
        danger: false,
        skills: earlier.skills.clone(),
        work_minutes: earlier.work_minutes,
        language: earlier.language.clone(),
        due_at: now.plus_minutes(promise_minutes),
        // What they had chosen is past: as soon as possible.
        windows: Vec::new(),
        follows: Some(Earlier::of(earlier)),
    }
}

fn description(said: Option<&str>, first: &Description) -> Description {
    let Some(said) = said else { return first.clone() };
    // What they write now comes first and whole; of the first report as much as fits.
    let both: String = format!("{said}\n\n{first}").chars().take(Description::MAX).collect();
    both.parse().unwrap_or_else(|_| first.clone())
}

#[cfg(test)]
mod tests {
    use super::super::begin;
    use super::super::samples::{filing as report, id};
    use super::*;
    use shared::ticket::Timing;

    fn ticket(number: u64) -> Ticket {
        begin(report(number), Timestamp::EPOCH, &Timing::default()).0
    }

    #[test]
    fn a_product_is_known_again_by_customer_site_category_make_and_model() {
        let first = ticket(1);
        let mut again = ticket(2);
        again.make = Some("łumen ".parse().unwrap());
        assert_eq!(Product::of(&first), Product::of(&again), "capitals do not matter");
        let mut others: Vec<Ticket> = (3..8).map(ticket).collect();
        others[0].customer = id(701);
        others[1].site = id(801);
        others[2].category = "phone".parse().unwrap();
        others[3].make = None;
        others[4].model = Some("Z-9000".parse().unwrap());
        for other in others {
            assert_ne!(Product::of(&first), Product::of(&other));
        }
    }

    #[test]
    fn a_follow_up_keeps_plan_promise_and_need_and_puts_the_new_words_first() {
        let mut first = ticket(1);
        first.last_expert = Some(id(11));
        let now = Timestamp::EPOCH.plus_minutes(3 * 1_440);
        let opened = filing(&first, id(2), first.number, Some("Still dark."), now);
        assert_eq!(opened.follows, Some(Earlier { ticket: first.id, expert: Some(id(11)) }));
        assert_eq!(opened.entitlement, first.entitlement);
        assert_eq!(opened.due_at.minutes_since(now), first.due_at.minutes_since(first.filed_at));
        assert_eq!(opened.description.as_str(), "Still dark.\n\nSound is there.\nNo picture — at all.");
        let long = "x".repeat(2_000);
        first.description = "y".repeat(4_000).parse().unwrap();
        let opened = filing(&first, id(2), first.number, Some(&long), now);
        assert_eq!(opened.description.as_str().chars().count(), 4_000);
        assert!(opened.description.as_str().starts_with(&long));
    }
}
