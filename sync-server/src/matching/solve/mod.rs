//! Exact sparse assignment: which ticket goes to which expert so that the sum of all costs is least.
//!
//! A min-cost flow solved by successive shortest paths. It starts as Jonker and Volgenant do, with an auction without
//! a minimum raise (`bid`), which settles most tickets; each ticket left over gets one shortest path over reduced
//! costs (`search.rs`). Prices of experts only rise, so a ticket that was given up stays given up, which keeps the
//! searches of a rush short. Experts may take several tickets at rising prices.
//!
//! It refuses to approximate: the answer is the optimum, and the prices it returns prove it (see `tests.rs`). Whoever
//! has no time for it asks for another thing by another name (`greedy.rs`). Equal
//! optima are told apart by the order of tickets and arcs alone, so the same input gives the same answer.
//!
//! It cannot fail. Costs beyond [`COST_MAX`] are held at it, so that no sum leaves 64 bits.

mod greedy;
mod heap;
mod search;
#[cfg(test)]
mod tests;

use search::Search;

/// The largest cost of one arc or of leaving a ticket unassigned, either sign. In tenths of a minute that is two
/// hundred thousand years; a path over a hundred thousand of them still fits 64 bits.
pub const COST_MAX: i64 = 1_000_000_000_000;

/// No arc, or no ticket. The counts are bounded by it.
const NONE: u32 = u32::MAX;

/// Bids in the opening auction for each ticket. Past this a fight over few experts is cheaper settled by a search.
const BIDS_PER_TICKET: usize = 8;

/// Bids tried for a ticket left over before it gets a search.
const BIDS_BEFORE_SEARCH: usize = 256;

/// Tickets, experts and the arcs between them. Both are counted from 0 in the order they were added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Ticket `t` owns the arcs `first[t]..first[t + 1]`.
    first: Vec<u32>,
    /// The expert at the end of each arc.
    to: Vec<u32>,
    cost: Vec<i64>,
    unassigned: Vec<i64>,
    /// How many tickets each expert may take.
    capacity: Vec<u32>,
    /// What an expert's first, second, … ticket costs on top; never falling.
    steps: Vec<i64>,
}

impl Problem {
    /// Experts who take one ticket each.
    pub fn one_each(n_experts: usize) -> Self {
        Self::with_capacities(vec![1; n_experts], vec![0])
    }

    /// Experts who take several. `steps` is what the first, second, … ticket of one expert costs on top. A step below
    /// the one before it is held at it: falling prices would not be a flow. Capacities are held at the number of steps.
    pub fn with_capacities(mut capacity: Vec<u32>, mut steps: Vec<i64>) -> Self {
        let mut floor = -COST_MAX;
        for step in &mut steps {
            floor = (*step).clamp(floor, COST_MAX);
            *step = floor;
        }
        let most = u32::try_from(steps.len()).unwrap_or(u32::MAX);
        for slots in &mut capacity {
            *slots = (*slots).min(most);
        }
        Self { first: vec![0], to: Vec::new(), cost: Vec::new(), unassigned: Vec::new(), capacity, steps }
    }

    /// Adds a ticket: the price of leaving it unassigned, and its arcs as (expert, cost). Arcs to experts who take
    /// nothing, or are not known, are left out.
    pub fn add_ticket(&mut self, unassigned: i64, arcs: impl IntoIterator<Item = (usize, i64)>) {
        for (expert, cost) in arcs {
            if self.capacity.get(expert).is_some_and(|&places| places > 0) {
                self.to.push(index(expert));
                self.cost.push(cost.clamp(-COST_MAX, COST_MAX));
            }
        }
        self.first.push(index(self.to.len()));
        self.unassigned.push(unassigned.clamp(-COST_MAX, COST_MAX));
    }

    /// How many tickets.
    pub fn n_tickets(&self) -> usize {
        self.unassigned.len()
    }

    /// How many experts.
    pub fn n_experts(&self) -> usize {
        self.capacity.len()
    }

    /// How many arcs between tickets and experts.
    pub fn n_arcs(&self) -> usize {
        self.to.len()
    }

    /// The sum of the costs of all arcs.
    pub fn arc_cost_sum(&self) -> i64 {
        self.cost.iter().sum()
    }

    /// What leaving this ticket unassigned costs.
    pub fn unassigned_price(&self, ticket: usize) -> i64 {
        self.unassigned[ticket]
    }

    /// The arcs of a ticket as (expert, cost), in the order they were added.
    pub fn arcs(&self, ticket: usize) -> impl Iterator<Item = (usize, i64)> + '_ {
        self.arc_range(ticket).map(|arc| (self.to[arc] as usize, self.cost[arc]))
    }

    fn arc_range(&self, ticket: usize) -> std::ops::Range<usize> {
        self.first[ticket] as usize..self.first[ticket + 1] as usize
    }

    /// The optimum.
    pub fn solve(&self) -> Solution {
        self.solve_unless(&|| false).expect("nobody stops it")
    }

    /// The optimum, or nothing once `stop` says so. It is asked at the start and every few hundred steps.
    pub fn solve_unless(&self, stop: &impl Fn() -> bool) -> Option<Solution> {
        if stop() {
            return None;
        }
        let mut search = Search::new(self);
        let all = (0..index(self.n_tickets())).rev().collect();
        for ticket in search.bid(all, BIDS_PER_TICKET * self.n_tickets(), stop)? {
            // Each search lifts the prices around it, after which a few bids often do what a search would.
            for left in search.bid(vec![ticket], BIDS_BEFORE_SEARCH, stop)? {
                if stop() {
                    return None;
                }
                search.settle(left);
            }
        }
        Some(search.finish())
    }
}

/// Counts are bounded by memory long before they reach 2^32; a problem that large is a programming error.
fn index(count: usize) -> u32 {
    u32::try_from(count).expect("fewer than 2^32 tickets, experts and arcs")
}

/// An optimal choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Solution {
    /// The expert of each ticket, or nobody.
    pub expert: Vec<Option<usize>>,
    /// The sum of arc costs, steps and prices of unassigned tickets.
    pub cost: i64,
    /// What one more place with each expert would be worth: 0 above their next step where nobody waits for them.
    /// Each ticket's choice is its cheapest at these prices, which is why no other choice is better in sum.
    pub price: Vec<i64>,
}

impl Solution {
    /// How many tickets got nobody.
    pub fn n_unassigned(&self) -> usize {
        self.expert.iter().filter(|expert| expert.is_none()).count()
    }
}
