//! Hysteresis: which open offers a round takes back. Pure.
//!
//! Every few seconds all is decided anew, and for most of a minute gained nobody should hear "it is yours" and then "it is
//! not". So an offer that its expert has not seen is taken back only where he is needed for a ticket that waits, and
//! both tickets together get better by more than the weight `keep_offer`. The ticket that he loses has somebody else at
//! once, unless it makes way for an urgent one. What he has seen, and what a person offered, stays with him.

use super::decide::{Batch, Decision, Judged, Outcome, Settled, decide_unless};
use super::need::{Need, Priority};
use shared::ids::{ExpertId, TicketId};
use std::collections::BTreeSet;

/// Of the tickets offered and not seen, those whose offer is taken back, with its expert. `round` is the waiting tickets
/// and everybody with what he holds; `offered` says who has been asked.
pub fn taken_back(round: &Batch, offered: &[Need], stop: &impl Fn() -> bool) -> Vec<(TicketId, ExpertId)> {
    if round.needs.is_empty() || offered.is_empty() {
        return Vec::new();
    }
    let before = decide_unless(round, stop);
    let after = decide_unless(&freed(round, offered), stop);
    // Without the time for the optimum nothing is known to be better.
    if before.iter().chain(&after).any(|decision| decision.settled == Settled::Greedy) {
        return Vec::new();
    }
    let of = |decisions: &[Decision], ticket| decisions.iter().position(|one| one.ticket == ticket);
    let back = offered.iter().filter_map(|need| {
        let expert = need.offered_to?;
        let loses = &after[of(&after, need.ticket)?];
        let gains = after.iter().find(|one| wins(one, expert) && of(&before, one.ticket).is_some())?;
        let without = &before[of(&before, gains.ticket)?];
        let urgent = |ticket| round.needs.iter().any(|need| need.ticket == ticket && need.priority == Priority::Urgent);
        let makes_way = urgent(gains.ticket) && need.priority != Priority::Urgent;
        is_better(loses, gains, without, expert, makes_way).then_some((need.ticket, expert))
    });
    back.collect()
}

/// The round with the offers open to choice again: their tickets wait with the others, and nobody holds them.
fn freed(round: &Batch, offered: &[Need]) -> Batch {
    let open: BTreeSet<TicketId> = offered.iter().map(|need| need.ticket).collect();
    let mut free = round.clone();
    free.needs.extend(offered.iter().cloned());
    for candidate in &mut free.candidates {
        candidate.visits.retain(|visit| !open.contains(&visit.ticket));
    }
    free
}

fn wins(decision: &Decision, expert: ExpertId) -> bool {
    decision.winner.is_some_and(|winner| winner.expert == expert)
}

/// Whether both tickets together cost less when the expert goes to the one that gains him, `without` which it would have
/// been decided otherwise. That he keeps what he was asked is a term of its cost already.
fn is_better(loses: &Decision, gains: &Decision, without: &Decision, expert: ExpertId, makes_way: bool) -> bool {
    // Tickets of one site stay as they were offered, and who waits for others of this round has a turn in the next.
    let alone = [loses, gains, without].iter().all(|decision| decision.together.is_empty());
    if !alone || without.outcome == Outcome::AllElsewhere {
        return false;
    }
    match (total(loses, expert), loses.winner) {
        (Some(kept), Some(_)) => price(gains) + price(loses) < price(without) + kept,
        // Nobody else is there for it now: it waits behind the urgent one.
        (Some(_), None) => makes_way && price(gains) + loses.weights.keep_offer < price(without),
        (None, _) => false,
    }
}

/// What a decision costs as it came out.
fn price(decision: &Decision) -> i64 {
    let won = decision.winner.and_then(|winner| total(decision, winner.expert));
    won.unwrap_or(decision.unassigned_price)
}

/// What this expert costs the ticket, if he can come.
fn total(decision: &Decision, expert: ExpertId) -> Option<i64> {
    decision.considered.iter().find(|one| one.expert == expert).and_then(|one| match one.judged {
        Judged::Ranked { total, .. } => Some(total),
        Judged::Excluded { .. } => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::candidate::{Candidate, Step, Visit};
    use crate::matching::samples::{ROUTER, TV, batch, candidate, id, minutes_north, need, skills, today, visit};

    const ANA: u64 = 1;
    const BEN: u64 = 2;

    /// Ana, who alone knows routers, was offered television 12 and has not seen it; Ben is so many minutes away.
    fn round(router: Need, ben: Option<i64>) -> (Batch, Vec<Need>) {
        let asked = Visit { step: Step::NotLeft { travel_minutes: 12 }, ..visit(12, today(9, 12), today(10, 12)) };
        let ana = Candidate { skills: skills(&[(TV, 1), (ROUTER, 1)]), visits: vec![asked], ..candidate(ANA) };
        let ben = ben.map(|minutes| Candidate { home: minutes_north(minutes), ..candidate(BEN) });
        let waiting = Need { skills: skills(&[(ROUTER, 1)]), ..router };
        let offered = Need { offered_to: Some(id(ANA)), ..need(12) };
        (batch(vec![waiting], [ana].into_iter().chain(ben).collect()), vec![offered])
    }

    fn back((round, offered): &(Batch, Vec<Need>)) -> Vec<(TicketId, ExpertId)> {
        taken_back(round, offered, &|| false)
    }

    #[test]
    fn an_unseen_offer_is_taken_back_only_where_both_tickets_gain_more_than_the_bound() {
        assert_eq!(back(&round(need(11), Some(30))), [], "somebody else is too far for the hour that is won");
        let near = round(need(11), Some(5));
        assert_eq!(back(&near), [(id(12), id(ANA))]);
        let mut firm = near;
        firm.0.weights.keep_offer = 200;
        assert_eq!(back(&firm), [], "the bound is an admin's");
        let late = Need { due_at: today(9, 30), ..need(11) };
        assert_eq!(back(&round(late, Some(30))), [(id(12), id(ANA))], "it would come too late");
    }

    #[test]
    fn without_anybody_else_an_offer_makes_way_for_an_urgent_ticket_alone() {
        assert_eq!(back(&round(Need { due_at: today(9, 30), ..need(11) }, None)), []);
        let urgent = Need { priority: Priority::Urgent, due_at: today(9, 30), ..need(11) };
        assert_eq!(back(&round(urgent.clone(), None)), [(id(12), id(ANA))]);
        let mut both = round(urgent, None);
        both.1[0].priority = Priority::Urgent;
        assert_eq!(back(&both), [], "of two urgent ones the first stays");
    }

    #[test]
    fn without_the_time_for_the_optimum_every_offer_stays() {
        let (round, offered) = round(need(11), Some(5));
        assert_eq!(taken_back(&round, &offered, &|| true), []);
    }
}
