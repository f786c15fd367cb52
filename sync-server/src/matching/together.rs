//! Open tickets of one site go to one expert in one way, where somebody can do them: one after the other, without a way
//! between them. Whom one of them excludes is excluded for all, and the others' costs count for each, so every decision
//! alone still replays to its winner.
//!
//! A ticket joins others only while at least one expert remains who could do all of them; else it stays by itself.
//! Nothing here chooses.

use super::candidate::{Availability, Candidate, Origin, Step, Visit};
use super::decide::{Batch, Decision, Judged};
use super::judge::{Rule, Verdict, judge_with};
use super::need::Need;
use super::rank::{Terms, rank};
use super::slot::Fit;
use shared::ids::{ExpertId, SiteId, TicketId};
use std::collections::BTreeMap;

/// Tickets of one site in one way.
const TOGETHER_MAX: usize = 5;

/// One expert's way through the tickets of a block, in their order.
type Way = Vec<(Fit, Terms)>;

/// Joins tickets of one site. Needs, candidates and decisions are each in the order of their ids; the decisions are of
/// each need alone.
pub(super) fn join(
    batch: &Batch,
    needs: &[&Need],
    candidates: &[(&Candidate, Availability)],
    decisions: &mut [Decision],
) {
    let mut of_site: BTreeMap<SiteId, Vec<usize>> = BTreeMap::new();
    for (at, need) in needs.iter().enumerate() {
        if let Some(site) = need.site {
            of_site.entry(site).or_default().push(at);
        }
    }
    for members in of_site.into_values().filter(|members| members.len() > 1) {
        let mut blocks: Vec<(Vec<usize>, BTreeMap<ExpertId, Way>)> = Vec::new();
        for at in members {
            let wider = blocks.iter().enumerate().find_map(|(number, (block, _))| {
                let wider: Vec<usize> = block.iter().copied().chain([at]).collect();
                let ways = (wider.len() <= TOGETHER_MAX).then(|| ways(batch, needs, &wider, candidates, decisions))?;
                (!ways.is_empty()).then_some((number, (wider, ways)))
            });
            match wider {
                Some((number, block)) => blocks[number] = block,
                None => blocks.push((vec![at], BTreeMap::new())),
            }
        }
        for (block, ways) in blocks.into_iter().filter(|(block, _)| block.len() > 1) {
            write(&block, &ways, decisions);
        }
    }
}

/// Everybody who can do all of them one after the other, and how.
fn ways(
    batch: &Batch,
    needs: &[&Need],
    block: &[usize],
    candidates: &[(&Candidate, Availability)],
    decisions: &[Decision],
) -> BTreeMap<ExpertId, Way> {
    let fits_alone = |number: usize, at: usize| {
        decisions[at].considered.get(number).is_some_and(|one| matches!(one.judged, Judged::Ranked { .. }))
    };
    let able = candidates.iter().enumerate().filter(|(number, _)| block.iter().all(|at| fits_alone(*number, *at)));
    able.filter_map(|(_, (candidate, availability))| {
        let block: Vec<&Need> = block.iter().map(|at| needs[*at]).collect();
        Some((candidate.expert, way(batch, &block, candidate, availability)?))
    })
    .collect()
}

fn way(batch: &Batch, block: &[&Need], candidate: &Candidate, availability: &Availability) -> Option<Way> {
    let (mut candidate, mut availability) = (candidate.clone(), availability.clone());
    let (mut way, mut before): (Way, Option<TicketId>) = (Vec::with_capacity(block.len()), None);
    for need in block {
        let Verdict::Fits(fit) = judge_with(need, &candidate, &availability, batch.made_at, &batch.settings) else {
            return None;
        };
        // Somewhere else in the day would be a second way to the same door.
        if before.is_some_and(|ticket| fit.origin != Origin::Visit { ticket }) {
            return None;
        }
        way.push((fit, rank(need, &candidate, &fit, batch.made_at, &batch.weights)));
        let travel_minutes = u32::try_from((fit.travel_tenths + 9) / 10).unwrap_or(u32::MAX);
        let visit = Visit {
            ticket: need.ticket,
            place: need.place,
            start_at: fit.start_at,
            end_at: fit.end_at,
            step: Step::NotLeft { travel_minutes },
        };
        candidate.visits.push(visit);
        availability.visits.push(visit);
        availability.visits.sort_unstable_by_key(|visit| (visit.start_at, visit.ticket));
        before = Some(need.ticket);
    }
    Some(way)
}

/// Writes what came of it into the decisions of a block.
fn write(block: &[usize], ways: &BTreeMap<ExpertId, Way>, decisions: &mut [Decision]) {
    let together: Vec<TicketId> = block.iter().map(|at| decisions[*at].ticket).collect();
    let price = block.iter().map(|at| decisions[*at].unassigned_price).sum();
    for (place, at) in block.iter().enumerate() {
        let decision = &mut decisions[*at];
        let with = || together.iter().copied().filter(|ticket| *ticket != decision.ticket).collect::<Vec<_>>();
        for considered in &mut decision.considered {
            if matches!(considered.judged, Judged::Excluded { .. }) {
                continue;
            }
            considered.judged = match ways.get(&considered.expert) {
                Some(way) => {
                    let total = way.iter().map(|(_, terms)| terms.total()).sum();
                    let (fit, terms) = way[place];
                    Judged::Ranked { fit, terms, with_others: total - terms.total(), total, given_to: None }
                }
                None => Judged::Excluded { broken: vec![Rule::NotTogether { with: with() }] },
            };
        }
        decision.unassigned_price = price;
        decision.together.clone_from(&together);
    }
}
