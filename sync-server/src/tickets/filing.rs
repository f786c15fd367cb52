//! A ticket at its beginning: from what was filed to the first life and the first lines of its history. Pure.

use super::{Earlier, Ticket};
use crate::events::Line;
use shared::event::{Actor, Event, Fact};
use shared::ids::{CustomerId, EntitlementId, SiteId, TicketId};
use shared::number::TicketNumber;
use shared::skills::Skills;
use shared::text::{Description, ShortLine, Slug, Title};
use shared::ticket::{HumanReason, Life, Move, Timing, Window};
use shared::time::Timestamp;

/// What is filed, with everything that was looked up for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filing {
    /// Its id, made by the caller.
    pub id: TicketId,
    /// Its number, from the caller's key.
    pub number: TicketNumber,
    /// Who files it.
    pub by: Actor,
    /// Who asks.
    pub customer: CustomerId,
    /// Where.
    pub site: SiteId,
    /// The plan that covers it; without one the ticket waits for it.
    pub entitlement: Option<EntitlementId>,
    /// Without one: from when on a plan that is paid already covers it.
    pub covered_from: Option<Timestamp>,
    /// What kind of product.
    pub category: Slug,
    /// What is wrong with it, from the list.
    pub symptom: Option<Slug>,
    /// The category in words.
    pub category_label: String,
    /// The symptom in words.
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
    /// Smoke, a shock, a burning smell: a person is told at once.
    pub danger: bool,
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
    /// The ticket that was to end this trouble.
    pub follows: Option<Earlier>,
}

/// The ticket as it begins, with its first lines.
pub fn begin(filing: Filing, now: Timestamp, timing: &Timing) -> (Ticket, Vec<Line>) {
    let covered = filing.entitlement.is_some();
    let without = || Life::received_without_plan(filing.covered_from, now, timing);
    let mut life = if covered { Life::received(now, timing) } else { without() };
    let mut events: Vec<Event> = vec![Fact::Received { covered }.into()];
    if filing.danger {
        // Without a plan the flag is taken by that question; danger is told all the same.
        match life.clone().make(Move::AskHuman { reason: HumanReason::Danger }, now, timing) {
            Ok(done) => {
                life = done.life;
                events.extend(done.events);
            }
            Err(_) => events.push(Fact::NeedsHuman { reason: HumanReason::Danger }.into()),
        }
    }
    let lines = events.into_iter().zip(1..).map(|(event, seq)| {
        let actor = if seq == 1 { filing.by } else { Actor::Server };
        Line { ticket: filing.id, seq, at: now, actor, event }
    });
    let lines: Vec<Line> = lines.collect();
    let ticket = Ticket {
        id: filing.id,
        number: filing.number,
        ver: 1,
        customer: filing.customer,
        site: filing.site,
        entitlement: filing.entitlement,
        category: filing.category,
        symptom: filing.symptom,
        category_label: filing.category_label,
        symptom_label: filing.symptom_label,
        make: filing.make,
        model: filing.model,
        title: filing.title,
        description: filing.description,
        access_note: filing.access_note,
        urgent: filing.urgent || filing.danger,
        skills: filing.skills,
        work_minutes: filing.work_minutes,
        language: filing.language,
        due_at: filing.due_at,
        windows: filing.windows,
        held_at: None,
        filed_at: now,
        filed_by: filing.by,
        life,
        corrected_ver: None,
        stream_of: None,
        // Matching prefers him, and a decline takes him off.
        last_expert: filing.follows.and_then(|earlier| earlier.expert),
        summary: None,
        ended_at: None,
        n_events: i64::try_from(lines.len()).expect("a ticket begins with a line or two"),
        changed_at: now,
        follows: filing.follows.map(|earlier| earlier.ticket),
    };
    (ticket, lines)
}

#[cfg(test)]
mod tests {
    use super::super::samples::filing;
    use super::*;

    #[test]
    fn a_ticket_without_a_plan_waits_for_one_and_danger_is_told_all_the_same() {
        let timing = Timing::default();
        let mut uncovered = filing(1);
        uncovered.entitlement = None;
        uncovered.danger = true;
        let (ticket, lines) = begin(uncovered, Timestamp::EPOCH, &timing);
        assert_eq!(ticket.life.needs_human.as_ref().map(|flag| flag.reason), Some(HumanReason::NoPlan));
        assert!(!ticket.life.is_matchable() && ticket.urgent);
        let facts: Vec<_> = lines.iter().map(|line| line.event.fact.word()).collect();
        assert_eq!(facts, ["received", "needs_human"]);
        assert_eq!(lines[1].event.fact, Fact::NeedsHuman { reason: HumanReason::Danger });
    }

    #[test]
    fn a_covered_ticket_is_the_matchers_with_a_deadline() {
        let timing = Timing::default();
        let (ticket, lines) = begin(filing(1), Timestamp::EPOCH, &timing);
        assert!(ticket.life.is_matchable());
        assert_eq!(ticket.life.deadline_at, Some(Timestamp::EPOCH.plus_minutes(timing.waiting_minutes)));
        assert_eq!(lines.len(), 1);
    }
}
