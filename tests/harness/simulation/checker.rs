//! The independent checker. Its rules are those of the business in the business's words; it follows every ticket by its
//! history alone, judges by what is true of the people, and compares with what the tables say.
//!
//! What it finds it says in a sentence with the instant, and goes on: the first fault of a run is the one to read.

use super::following::{At, Followed, Visit};
use super::promises::Told;
use super::reading::{LineRow, Reading, TicketRow};
use super::truth::{CustomerTruth, ExpertTruth, Trouble, way_ms};
use shared::ids::SkillId;
use shared::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// How long an urgent ticket may wait without a person, day or night; the sweep that asks one comes every other second.
const URGENT_MS: i64 = 10 * 60_000 + 30_000;

/// Travel is rounded here and there.
const ROUNDING_MS: i64 = 90_000;

/// What people the checker judges by.
pub(super) struct People<'a> {
    pub(super) experts: &'a [ExpertTruth],
    pub(super) customers: &'a [CustomerTruth],
    pub(super) troubles: &'a [Trouble],
    /// By ticket, where an agent corrected it.
    pub(super) needs: &'a BTreeMap<String, (SkillId, i64)>,
    /// Offers against a rule, for which somebody of ours gave a reason.
    pub(super) overridden: &'a BTreeSet<String>,
}

impl People<'_> {
    pub(super) fn expert(&self, id: &str) -> Option<&ExpertTruth> {
        self.experts.iter().find(|expert| expert.id.to_string() == id)
    }

    /// The skill and the level that a ticket needs.
    fn need(&self, id: &str, ticket: &Followed) -> Option<(SkillId, i64)> {
        let usual = || self.troubles.iter().find(|trouble| trouble.category == ticket.category);
        self.needs.get(id).copied().or_else(|| usual().map(|trouble| (trouble.skill, trouble.level)))
    }

    /// Whether somebody of ours sent its expert against a rule, and said why.
    fn is_overridden(&self, ticket: &Followed) -> bool {
        self.overridden.contains(&ticket.offer)
    }

    pub(super) fn customer(&self, id: &str) -> Option<&CustomerTruth> {
        self.customers.iter().find(|customer| customer.id.to_string() == id)
    }
}

/// Everything it remembers.
#[derive(Default)]
pub(super) struct Checker {
    pub(super) tickets: BTreeMap<String, Followed>,
    /// Tickets that were acknowledged, by id.
    pub(super) filed: BTreeSet<String>,
    pub(super) faults: Vec<String>,
    pub(super) n_lines: usize,
    pub(super) n_offers: usize,
    pub(super) n_accepted: usize,
    pub(super) n_notices: usize,
    told: Told,
}

/// What the simulation learns from a look.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Experts whose phones have something new.
    pub(super) concerned: BTreeSet<String>,
    /// The next deadline of an open ticket that is not a person's.
    pub(super) next_deadline_at: Option<i64>,
    /// A ticket waits for an expert.
    pub(super) somebody_waits: bool,
    /// Tickets that are open and no person's.
    pub(super) n_unasked: usize,
    pub(super) next_due_at: Option<i64>,
}

impl Checker {
    /// Takes in what happened at `now` and judges it. Everything due has been done.
    pub(super) fn look(&mut self, reading: &Reading, people: &People<'_>, now: Timestamp) -> Seen {
        let mut seen = Seen { next_due_at: reading.next_due_at, ..Seen::default() };
        for row in &reading.tickets {
            self.tickets.entry(row.id.clone()).or_insert_with(|| Followed::new(row));
        }
        for ticket in self.tickets.values_mut() {
            ticket.was.clone_from(&ticket.at);
            ticket.later_due.clear();
        }
        for line in &reading.lines {
            self.n_lines += 1;
            self.take(line, people, now, &mut seen);
        }
        for line in &reading.lines {
            self.meets_another(line, people, now);
        }
        self.n_notices += reading.notices.iter().filter(|row| row.created_at == now.as_millis()).count();
        let told = self.told.look(reading, &self.tickets, people, now);
        for fault in told {
            self.fault(now, fault);
        }
        for row in &reading.tickets {
            self.row(row, now, &mut seen);
            let has_plan = people.customer(&row.customer).is_some_and(|customer| customer.covered);
            if has_plan && row.needs_human.as_deref() == Some("no_plan") {
                self.fault(now, format!("ticket {} waits for a plan that its customer has", row.id));
            }
        }
        let there: BTreeSet<&String> = reading.tickets.iter().map(|row| &row.id).collect();
        let gone: Vec<String> = self.filed.iter().filter(|id| !there.contains(id)).cloned().collect();
        for id in gone {
            self.fault(now, format!("the filed ticket {id} is gone"));
        }
        if reading.n_dead_jobs > 0 {
            self.fault(now, format!("{} jobs are dead", reading.n_dead_jobs));
        }
        self.days(people, now);
        seen
    }

    pub(super) fn fault(&mut self, now: Timestamp, what: impl std::fmt::Display) {
        self.faults.push(format!("{now} {what}"));
    }

    /// One line of a history.
    fn take(&mut self, line: &LineRow, people: &People<'_>, now: Timestamp, seen: &mut Seen) {
        let Some(ticket) = self.tickets.get(&line.ticket) else {
            return self.fault(now, format!("an event of a ticket {} that is not there", line.ticket));
        };
        let before = ticket.at.clone();
        seen.concerned.extend(before.holder().cloned());
        let mut faults = Vec::new();
        let due = ticket.n_lines + 1;
        if line.seq != due {
            faults.push(format!("goes on with line {} where {due} was due", line.seq));
        }
        match line.kind.as_str() {
            "offered" => {
                self.n_offers += 1;
                if !people.overridden.contains(line.facts["offer"].as_str().unwrap_or_default()) {
                    faults.extend(self.judge(line, people, now, false));
                }
            }
            "accepted" => {
                self.n_accepted += 1;
                let expert = line.facts["expert"].as_str().unwrap_or_default();
                if line.facts["late"] == true {
                    faults.extend(self.judge(line, people, now, true));
                    if !ticket.lapsed_with.contains(expert) {
                        faults.push("was accepted late by an expert whose offer had not lapsed".into());
                    }
                } else {
                    let asked = matches!(&before, At::Offered { expert: asked, expires_at, .. }
                        if asked == expert && now.as_millis() < *expires_at);
                    if !asked {
                        faults.push(format!("was accepted by an expert who had no open offer: {before:?}"));
                    }
                }
            }
            // Only the expert, the customer or a person takes a visit away that has begun.
            "lapsed" if before.is_started() => faults.push("lapsed while the expert was on it".into()),
            _ => {}
        }
        for fault in faults {
            self.fault(now, format!("ticket {} {fault}", line.ticket));
        }
        let Some(ticket) = self.tickets.get_mut(&line.ticket) else { return };
        if let Err(fault) = ticket.take(line, now) {
            self.faults.push(format!("{now} ticket {} {fault}", line.ticket));
        }
        seen.concerned.extend(ticket.at.holder().cloned());
    }

    /// Every hard rule for the expert of an offer or of a late yes.
    fn judge(&self, line: &LineRow, people: &People<'_>, now: Timestamp, late: bool) -> Vec<String> {
        let Some(ticket) = self.tickets.get(&line.ticket) else { return Vec::new() };
        let who = line.facts["expert"].as_str().unwrap_or_default();
        let (Some(expert), Some(customer)) = (people.expert(who), people.customer(&ticket.customer)) else {
            return vec![format!("went to {who}, who is not known")];
        };
        let Some(visit) = Visit::read(&line.facts["visit"]) else { return vec!["promises no visit".into()] };
        let need = people.need(&line.ticket, ticket);
        let verb = if late { "was granted late to" } else { "was offered to" };
        let mut broken: Vec<String> = Vec::new();
        let mut rule = |holds: bool, what: &str| {
            if !holds {
                broken.push(format!("{verb} {}, who {what}", expert.name));
            }
        };
        rule(expert.active, "is deactivated");
        rule(expert.on_duty || (late && expert.was_on_duty), "is off duty");
        rule(need.is_some_and(|(skill, level)| expert.can(skill, level)), "lacks a skill");
        rule(expert.areas.contains(&customer.area), "serves another area");
        rule(expert.works_at(now), "is not in a shift: nothing may ring");
        rule(!expert.is_away(now, now.plus_millis(1)), "is away now");
        rule(!ticket.declined_by.contains(who), "declined it before");
        rule(!ticket.replaced.contains(who), "was to be replaced");
        rule(!customer.blocked.contains(&expert.id), "must not visit this customer");
        rule(ticket.covered, "would come without a plan that covers it");
        let (leave, end) = (visit.leave_ms(), visit.end_ms());
        let at = Timestamp::from_millis;
        rule(ticket.lets_in(visit.start_ms), "would come when the customer lets nobody in");
        rule(leave >= now.as_millis() - ROUNDING_MS, "should have left already");
        let mut minute = leave.max(now.as_millis());
        let mut works = true;
        while minute < end {
            works &= expert.works_at(at(minute));
            minute += 60_000;
        }
        rule(works, "does not work during the visit");
        rule(!expert.is_away(at(leave.max(now.as_millis())), at(end)), "is away during the visit");
        broken
    }

    /// Whether a new visit meets another of the same expert. Asked when everything of the instant is known: one ticket
    /// may be taken from him in the same instant in which he is asked about the next.
    fn meets_another(&mut self, line: &LineRow, people: &People<'_>, now: Timestamp) {
        let is_new = line.kind == "offered" || (line.kind == "accepted" && line.facts["late"] == true);
        let Some(ticket) = self.tickets.get(&line.ticket).filter(|_| is_new) else { return };
        let Some((who, visit)) = ticket.at.planned().filter(|_| !people.is_overridden(ticket)) else { return };
        let mut met = Vec::new();
        for (other_id, other) in self.tickets.iter().filter(|(id, _)| **id != line.ticket) {
            let Some((holder, taken)) = other.at.taken(now.as_millis()) else { continue };
            // Who has arrived elsewhere since has left there, whatever he forgot to tap.
            let has_left = self.tickets.values().any(|later| later.at.supersedes(&other.at));
            if holder == who && !has_left && overlap(visit, ticket, taken, other, people) {
                met.push(format!(
                    "ticket {} went to {who}, who has the visit of {other_id} then: {visit:?} beside {taken:?}",
                    line.ticket
                ));
            }
        }
        for fault in met {
            self.fault(now, fault);
        }
    }

    /// What the row of a ticket must say.
    fn row(&mut self, row: &TicketRow, now: Timestamp, seen: &mut Seen) {
        let mut faults: Vec<String> = Vec::new();
        let Some(ticket) = self.tickets.get(&row.id) else { return };
        if (ticket.at.word(), ticket.at.holder()) != (row.state.as_str(), row.holder.as_ref()) {
            let history = (ticket.at.word(), ticket.at.holder());
            faults.push(format!("is {:?} but its history says {history:?}", (&row.state, &row.holder)));
        }
        if ticket.n_lines != row.n_events {
            faults.push(format!("counts {} lines and has {}", row.n_events, ticket.n_lines));
        }
        let is_open = !ticket.at.is_ended();
        match row.deadline_at {
            None if is_open => faults.push("is unowned: it is open and has no deadline".into()),
            Some(_) if !is_open => faults.push("has ended and has a deadline".into()),
            Some(at) if at <= now.as_millis() => {
                faults.push(format!("is silent past its deadline {}", Timestamp::from_millis(at)));
            }
            Some(_) | None => {}
        }
        let waits_on = ticket.at == At::Waiting && row.needs_human.is_none();
        if row.urgent && waits_on && now.as_millis() > ticket.waits_since + URGENT_MS {
            faults.push("is urgent, waits for more than ten minutes, and no person is asked".into());
        }
        if is_open && row.needs_human.is_none() {
            seen.n_unasked += 1;
            seen.next_deadline_at = [seen.next_deadline_at, row.deadline_at].into_iter().flatten().min();
        }
        let held_back = ["no_plan", "offers_exhausted", "cannot_fix", "hold_ended", "done_by_other"];
        let is_held_back = row.needs_human.as_ref().is_some_and(|why| held_back.contains(&why.as_str()));
        seen.somebody_waits |= ticket.at == At::Waiting && !is_held_back;
        for fault in faults {
            self.fault(now, format!("ticket {} {fault}", row.id));
        }
    }

    /// Nobody is booked twice, and nobody keeps a visit for which he is away or that he will not make.
    fn days(&mut self, people: &People<'_>, now: Timestamp) {
        let mut faults = Vec::new();
        let planned: Vec<_> = self.tickets.iter().filter_map(|(id, one)| Some((id, one, one.at.planned()?))).collect();
        for (at, (id, ticket, (holder, visit))) in planned.iter().enumerate() {
            if let Some(expert) = people.expert(holder) {
                let instant = Timestamp::from_millis;
                if !expert.active {
                    faults.push(format!("ticket {id} is still with {}, who is deactivated", expert.name));
                }
                // Whoever sent him all the same gave a reason; what changes afterwards is not held against it.
                if people.is_overridden(ticket) {
                    continue;
                }
                if let Some(customer) = people.customer(&ticket.customer) {
                    if !expert.areas.contains(&customer.area) {
                        faults.push(format!("ticket {id} is still with {}, who no longer serves there", expert.name));
                    }
                    if customer.blocked.contains(&expert.id) {
                        faults.push(format!("ticket {id} is still with {}, who must not come again", expert.name));
                    }
                }
                let need = people.need(id, ticket);
                if need.is_some_and(|(skill, level)| !expert.can(skill, level)) {
                    faults.push(format!("ticket {id} is still with {}, who lacks the skill by now", expert.name));
                }
                if !ticket.bent && !expert.works_at(instant(visit.start_ms)) {
                    faults.push(format!("ticket {id} is still with {}, who does not work then", expert.name));
                }
                if !ticket.bent && expert.is_away(instant(visit.leave_ms()), instant(visit.end_ms())) {
                    faults.push(format!("ticket {id} is still with {}, who is away then", expert.name));
                }
            }
            for (other_id, other, (other_holder, other_visit)) in &planned[at + 1..] {
                let bent = [ticket, other].iter().any(|one| one.bent || people.is_overridden(one));
                if holder == other_holder && !bent && overlap(*visit, ticket, *other_visit, other, people) {
                    faults.push(format!("{holder} is booked twice: {id} {visit:?} and {other_id} {other_visit:?}"));
                }
            }
        }
        for fault in faults {
            self.fault(now, fault);
        }
    }
}

/// Whether one expert cannot do both, the way between them included.
fn overlap(one: Visit, at: &Followed, other: Visit, other_at: &Followed, people: &People<'_>) -> bool {
    let (Some(here), Some(there)) = (people.customer(&at.customer), people.customer(&other_at.customer)) else {
        return true;
    };
    let way = way_ms(here.place, there.place) - ROUNDING_MS;
    let first_then = one.end_ms() + way <= other.start_ms;
    let second_then = other.end_ms() + way <= one.start_ms;
    !(first_then || second_then)
}
