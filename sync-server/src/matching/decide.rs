//! One round of matching: every open ticket against every expert, the best assignment of all together, and for each
//! ticket a decision that says who won, what every other expert's verdict was, and what it cost.
//!
//! A decision holds facts and numbers, ids but no names. Each replays by itself: the first in its list who did not go
//! to another ticket wins ([`replay`]). All decisions of one round rebuild its problem and replay it ([`replay_round`]).

use super::candidate::{Availability, Candidate};
use super::judge::{Rule, Verdict, judge_with};
use super::need::Need;
use super::rank::{Terms, rank};
use super::settings::{Settings, Weights};
use super::slot::Fit;
use super::solve::Problem;
use super::together;
use serde::{Deserialize, Serialize};
use shared::ids::{BatchId, ExpertId, TicketId};
use shared::ticket::First;
use shared::time::{Timestamp, Zone};
use std::collections::{BTreeMap, BTreeSet};

/// What goes into a round. Tickets and experts are taken in the order of their ids, whatever their order here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// Which round.
    pub id: BatchId,
    /// When.
    pub made_at: Timestamp,
    /// Bounds of the hard rules.
    pub settings: Settings,
    /// What is preferred.
    pub weights: Weights,
    /// The open tickets.
    pub needs: Vec<Need>,
    /// The experts.
    pub candidates: Vec<Candidate>,
}

/// What was decided about one ticket, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// In which round.
    pub batch: BatchId,
    /// About which ticket.
    pub ticket: TicketId,
    /// When.
    pub made_at: Timestamp,
    /// The site's zone.
    pub zone: Zone,
    /// The weights it was made by.
    pub weights: Weights,
    /// What leaving the ticket, and those together with it, unassigned would have cost.
    pub unassigned_price: i64,
    /// Who is to be asked, and how the visit would go.
    pub winner: Option<Winner>,
    /// Why it came out so.
    pub outcome: Outcome,
    /// How its round was settled.
    #[serde(default)]
    pub settled: Settled,
    /// Tickets of one site that go to one expert in one way, this one among them, by id; none where it goes alone.
    #[serde(default)]
    pub together: Vec<TicketId>,
    /// Every expert looked at: those who fit first, cheapest first.
    pub considered: Vec<Considered>,
}

/// Who is to be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Winner {
    /// Who.
    pub expert: ExpertId,
    /// How the visit would go.
    pub fit: Fit,
}

/// One expert in one decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Considered {
    /// Who.
    pub expert: ExpertId,
    /// The zone their shifts are in.
    pub zone: Zone,
    /// What came of it.
    pub judged: Judged,
}

/// What came of looking at one expert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Judged {
    /// Every hard rule holds.
    Ranked {
        /// The visit at its earliest.
        fit: Fit,
        /// The parts of the cost.
        terms: Terms,
        /// What the other tickets together with this one cost with this expert.
        #[serde(default)]
        with_others: i64,
        /// The sum of all.
        total: i64,
        /// The other ticket of this round that got this expert.
        given_to: Option<TicketId>,
    },
    /// At least one hard rule is broken.
    Excluded {
        /// All that are.
        broken: Vec<Rule>,
    },
}

/// Why a decision came out as it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "why")]
pub enum Outcome {
    /// The cheapest for this ticket won.
    Cheapest,
    /// The cheapest for this ticket went to another one, because all tickets together cost less so.
    CheapestElsewhere {
        /// The cheapest.
        expert: ExpertId,
        /// Where they went.
        ticket: TicketId,
        /// What this ticket pays more for its winner.
        extra: i64,
    },
    /// No expert keeps every hard rule.
    NobodyFits,
    /// Everybody who fits went to another ticket of this round.
    AllElsewhere,
    /// Somebody fits and is free, but leaving the ticket unassigned costs less. The default weights never do this.
    NotWorthIt,
    /// One of us chose. Every expert is judged and ranked beside that choice; the rules against it are among them.
    ByPerson,
}

/// How a round was settled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Settled {
    /// All tickets together cost the least that they can.
    #[default]
    Optimum,
    /// The time for that ran out: each ticket in turn took its cheapest expert who was still free.
    Greedy,
}

/// Decides a round. One decision for each need, in the order of the tickets' ids.
pub fn decide(batch: &Batch) -> Vec<Decision> {
    decide_unless(batch, &|| false)
}

/// The same, unless `stop` says that the time for the optimum is over: then greedily, and each decision says so. Every
/// expert is judged in either case.
pub fn decide_unless(batch: &Batch, stop: &impl Fn() -> bool) -> Vec<Decision> {
    let mut needs: Vec<&Need> = batch.needs.iter().collect();
    needs.sort_by_key(|need| need.ticket);
    let mut candidates: Vec<(&Candidate, Availability)> = batch
        .candidates
        .iter()
        .map(|candidate| (candidate, Availability::of(candidate, batch.made_at, &batch.settings)))
        .collect();
    candidates.sort_by_key(|(candidate, _)| candidate.expert);
    let mut decisions: Vec<Decision> = needs.iter().map(|need| consider(batch, need, &candidates)).collect();
    together::join(batch, &needs, &candidates, &mut decisions);
    let exact = assign(&decisions, stop);
    settle(&mut decisions, exact);
    decisions
}

/// The winner that a stored decision leads to, worked out again from its terms: the cheapest of those who fit and did
/// not go to another ticket, of equals the first by id, unless waiting costs no more.
///
/// A person's choice is the person's: it leads to itself, and [`best_by_terms`] says whom the server would have asked.
pub fn replay(decision: &Decision) -> Option<ExpertId> {
    match decision.outcome {
        Outcome::ByPerson => decision.winner.map(|winner| winner.expert),
        Outcome::Cheapest
        | Outcome::CheapestElsewhere { .. }
        | Outcome::NobodyFits
        | Outcome::AllElsewhere
        | Outcome::NotWorthIt => best_by_terms(decision),
    }
}

/// Whom the terms of a decision speak for, whatever came of it.
pub fn best_by_terms(decision: &Decision) -> Option<ExpertId> {
    let free = decision.considered.iter().filter_map(|considered| match &considered.judged {
        Judged::Ranked { terms, with_others, given_to: None, .. } => {
            Some((terms.total() + with_others, considered.expert))
        }
        Judged::Ranked { .. } | Judged::Excluded { .. } => None,
    });
    free.min().filter(|(total, _)| *total < decision.unassigned_price).map(|(_, expert)| expert)
}

/// The winners that all the stored decisions of one round lead to, who went where included.
pub fn replay_round(decisions: &[Decision]) -> BTreeMap<TicketId, Option<ExpertId>> {
    let mut again = decisions.to_vec();
    again.sort_by_key(|decision| decision.ticket);
    for considered in again.iter_mut().flat_map(|decision| &mut decision.considered) {
        if let Judged::Ranked { terms, with_others, total, given_to, .. } = &mut considered.judged {
            *total = terms.total() + *with_others;
            *given_to = None;
        }
    }
    // All decisions of a round were settled in one way.
    let is_greedy = again.iter().any(|decision| decision.settled == Settled::Greedy);
    let exact = assign(&again, &|| is_greedy);
    settle(&mut again, exact);
    again.iter().map(|decision| (decision.ticket, decision.winner.map(|winner| winner.expert))).collect()
}

/// After so long it is news again that a round was settled greedily.
const GREEDY_IS_NEWS_AFTER_MINUTES: i64 = 10;

impl Decision {
    /// The same with a person's choice in place of the server's.
    #[must_use]
    pub fn chosen_by_person(self, chosen: Winner) -> Self {
        Self { winner: Some(chosen), outcome: Outcome::ByPerson, ..self }
    }

    /// Whether this says nothing that an earlier one about the same ticket did not: same winner, same outcome, and
    /// against everybody the same rules. Rounds come every few seconds; only news is worth storing. That the time did not
    /// do is news again after a while: somebody should see that it lasts.
    pub fn repeats(&self, earlier: &Self) -> bool {
        let stands = |decision: &Self| {
            let each = decision.considered.iter().map(|considered| match &considered.judged {
                Judged::Ranked { given_to, .. } => (considered.expert, *given_to, Vec::new()),
                Judged::Excluded { broken } => {
                    (considered.expert, None, broken.iter().map(std::mem::discriminant).collect::<Vec<_>>())
                }
            });
            each.map(|(expert, given_to, rules)| (expert, (given_to, rules))).collect::<BTreeMap<_, _>>()
        };
        let gist = |decision: &Self| (decision.ticket, decision.winner.map(|winner| winner.expert));
        gist(self) == gist(earlier)
            && std::mem::discriminant(&self.outcome) == std::mem::discriminant(&earlier.outcome)
            && self.weights == earlier.weights
            && self.settled == earlier.settled
            && self.together == earlier.together
            && !(self.settled == Settled::Greedy
                && self.made_at.minutes_since(earlier.made_at) >= GREEDY_IS_NEWS_AFTER_MINUTES)
            && stands(self) == stands(earlier)
    }
}

/// A decision without its winner: every candidate judged and ranked.
fn consider(batch: &Batch, need: &Need, candidates: &[(&Candidate, Availability)]) -> Decision {
    let now = batch.made_at;
    let considered = candidates.iter().map(|(candidate, availability)| {
        let judged = match judge_with(need, candidate, availability, now, &batch.settings) {
            Verdict::Excluded { broken } => Judged::Excluded { broken },
            Verdict::Fits(fit) => {
                let terms = rank(need, candidate, &fit, now, &batch.weights);
                Judged::Ranked { fit, terms, with_others: 0, total: terms.total(), given_to: None }
            }
        };
        Considered { expert: candidate.expert, zone: candidate.zone.clone(), judged }
    });
    let mut considered: Vec<Considered> = considered.collect();
    if let Some(first) = need.first.filter(|first| now < first.until) {
        ask_first(&mut considered, first);
    }
    Decision {
        batch: batch.id,
        ticket: need.ticket,
        made_at: now,
        zone: need.zone.clone(),
        weights: batch.weights,
        unassigned_price: batch.weights.unassigned_price(need.priority, now.minutes_since(need.filed_at)),
        winner: None,
        outcome: Outcome::NobodyFits,
        settled: Settled::Optimum,
        together: Vec::new(),
        considered,
    }
}

/// Leaves a ticket that was on hold to the expert who knows it, where he can come in time: now, or once he works again.
fn ask_first(considered: &mut [Considered], first: First) {
    let his = considered.iter().find(|one| one.expert == first.expert).map(|one| &one.judged);
    let comes = match his {
        Some(Judged::Ranked { fit, .. }) => fit.start_at <= first.until,
        Some(Judged::Excluded { broken }) => comes_by_waiting(broken, first.until),
        None => false,
    };
    if !comes {
        return;
    }
    let rule = Rule::AskedFirst { expert: first.expert, until: first.until };
    for other in considered.iter_mut().filter(|one| one.expert != first.expert) {
        match &mut other.judged {
            Judged::Ranked { .. } => other.judged = Judged::Excluded { broken: vec![rule.clone()] },
            Judged::Excluded { broken } => broken.push(rule.clone()),
        }
    }
}

/// Whether nothing but the hour stands against him, and that ends in time. He is off duty when he does not work.
fn comes_by_waiting(broken: &[Rule], until: Timestamp) -> bool {
    let off_work = broken.iter().any(|rule| matches!(rule, Rule::OutsideShift { .. }));
    broken.iter().all(|rule| match rule {
        Rule::OutsideShift { next_at: Some(at) } => *at <= until,
        Rule::Absent { until: back_at } => *back_at <= until,
        Rule::OffDuty => off_work,
        Rule::OutsideShift { next_at: None }
        | Rule::Deactivated
        | Rule::NoPlan
        | Rule::LacksSkills { .. }
        | Rule::OutsideArea
        | Rule::Declined
        | Rule::Replaced
        | Rule::Blocked
        | Rule::ShiftTooShort { .. }
        | Rule::NotWhenCustomerCan
        | Rule::AwayThen
        | Rule::NotTogether { .. }
        | Rule::AskedFirst { .. }
        | Rule::Booked { .. } => false,
    })
}

/// Writes winners, outcomes and who went elsewhere into the decisions of a round.
fn settle(decisions: &mut [Decision], (given, settled): (Vec<Option<ExpertId>>, Settled)) {
    let ticket_of: BTreeMap<ExpertId, TicketId> = decisions
        .iter()
        .zip(&given)
        .filter_map(|(decision, expert)| expert.map(|expert| (expert, decision.ticket)))
        .collect();
    for (decision, expert) in decisions.iter_mut().zip(given) {
        for considered in &mut decision.considered {
            if let Judged::Ranked { given_to, .. } = &mut considered.judged {
                let elsewhere = |ticket: &TicketId| *ticket != decision.ticket && !decision.together.contains(ticket);
                *given_to = ticket_of.get(&considered.expert).copied().filter(elsewhere);
            }
        }
        decision.considered.sort_by_key(|considered| match &considered.judged {
            Judged::Ranked { total, .. } => (0, *total, considered.expert),
            Judged::Excluded { .. } => (1, 0, considered.expert),
        });
        (decision.winner, decision.outcome) = outcome(&decision.considered, expert);
        decision.settled = settled;
    }
}

/// The optimum of the round. Tickets that go in one way are one: the first stands for all. Experts are numbered, and each ticket's arcs listed, in the order of the experts' ids,
/// so that equal optima are told apart the same way when a round is replayed. Of equally cheap experts whom nobody
/// needs, a ticket gets the first, so that each decision can be read by itself.
fn assign(decisions: &[Decision], stop: &impl Fn() -> bool) -> (Vec<Option<ExpertId>>, Settled) {
    let ranked = |decision: &Decision| {
        let arcs = decision.considered.iter().filter_map(|considered| match considered.judged {
            Judged::Ranked { total, .. } => Some((considered.expert, total)),
            Judged::Excluded { .. } => None,
        });
        arcs.collect::<BTreeMap<_, _>>()
    };
    let stands_for = firsts(decisions);
    let heads: Vec<usize> =
        stands_for.iter().enumerate().filter(|(at, first)| at == *first).map(|(at, _)| at).collect();
    let arcs: Vec<BTreeMap<ExpertId, i64>> = heads.iter().map(|head| ranked(&decisions[*head])).collect();
    let mut numbers: BTreeMap<ExpertId, usize> = arcs.iter().flatten().map(|(expert, _)| (*expert, 0)).collect();
    for (number, place) in numbers.values_mut().enumerate() {
        *place = number;
    }
    let mut problem = Problem::one_each(numbers.len());
    for (head, arcs) in heads.iter().zip(&arcs) {
        problem
            .add_ticket(decisions[*head].unassigned_price, arcs.iter().map(|(expert, cost)| (numbers[expert], *cost)));
    }
    let experts: Vec<ExpertId> = numbers.into_keys().collect();
    let (numbered, settled) = match problem.solve_unless(stop) {
        Some(solution) => (solution.expert, Settled::Optimum),
        None => (problem.greedy(), Settled::Greedy),
    };
    let given = numbered.into_iter().map(|number| number.map(|number| experts[number]));
    let mut given: Vec<Option<ExpertId>> = given.collect();
    let mut busy: BTreeSet<ExpertId> = given.iter().flatten().copied().collect();
    // Each change takes a smaller id, so this ends.
    let mut changed = true;
    while changed {
        changed = false;
        for ((head, arcs), given) in heads.iter().zip(&arcs).zip(&mut given) {
            let decision = &decisions[*head];
            let Some(now) = *given else { continue };
            let total = arcs[&now];
            let free = |(expert, cost): &(&ExpertId, &i64)| **cost == total && !busy.contains(expert);
            let earlier = arcs.range(..now).find(free).map(|(expert, _)| *expert);
            let next = if total < decision.unassigned_price { earlier.or(*given) } else { None };
            if next != *given {
                busy.remove(&now);
                busy.extend(next);
                *given = next;
                changed = true;
            }
        }
    }
    let of_head: BTreeMap<usize, Option<ExpertId>> = heads.into_iter().zip(given).collect();
    (stands_for.iter().map(|first| of_head[first]).collect(), settled)
}

/// For each decision the first of those that go in one way with it: itself where it goes alone.
fn firsts(decisions: &[Decision]) -> Vec<usize> {
    let mut first: BTreeMap<&[TicketId], usize> = BTreeMap::new();
    let each = decisions.iter().enumerate().map(|(at, decision)| match decision.together.as_slice() {
        [] => at,
        together => *first.entry(together).or_insert(at),
    });
    each.collect()
}

fn outcome(considered: &[Considered], given: Option<ExpertId>) -> (Option<Winner>, Outcome) {
    let ranked = |considered: &Considered| match considered.judged {
        Judged::Ranked { fit, total, given_to, .. } => Some((considered.expert, fit, total, given_to)),
        Judged::Excluded { .. } => None,
    };
    let Some((cheapest, _, least, elsewhere)) = considered.iter().find_map(ranked) else {
        return (None, Outcome::NobodyFits);
    };
    let won = considered.iter().filter_map(ranked).find(|(expert, ..)| Some(*expert) == given);
    let Some((expert, fit, total, _)) = won else {
        let all_elsewhere = considered.iter().filter_map(ranked).all(|(_, _, _, given_to)| given_to.is_some());
        return (None, if all_elsewhere { Outcome::AllElsewhere } else { Outcome::NotWorthIt });
    };
    let outcome = match elsewhere {
        Some(ticket) => Outcome::CheapestElsewhere { expert: cheapest, ticket, extra: total - least },
        None => Outcome::Cheapest,
    };
    (Some(Winner { expert, fit }), outcome)
}

#[cfg(test)]
mod tests;
