//! The work of the solver: the opening auction, then one shortest path for each ticket left over.
//!
//! Held true throughout (complementary slackness): a ticket sits where `cost + price` is least for it; an expert's
//! price is at most the step of their next free place, and at least the step of their last taken one.

use super::heap::Heap;
use super::{NONE, Problem, Solution};

/// Bids after which it is asked whether to stop.
const STEPS_BETWEEN_STOPS: usize = 256;

pub(super) struct Search<'a> {
    problem: &'a Problem,
    price: Vec<i64>,
    /// Tickets each expert has now, as places `expert * n_places ..` of `holds`.
    n_held: Vec<u32>,
    holds: Vec<u32>,
    n_places: usize,
    /// The arc each ticket takes now.
    chosen: Vec<u32>,
    // One search. Experts not reached are infinitely far; those reached are listed, to be set back.
    distance: Vec<i64>,
    reached: Vec<u32>,
    /// The arc by which an expert was reached, and the ticket it belongs to.
    via: Vec<u32>,
    from: Vec<u32>,
    heap: Heap,
    /// Experts reached at the distance being worked on: they need no heap.
    level: Vec<u32>,
    scanned: Vec<u32>,
}

/// Where the shortest path found so far ends.
#[derive(Clone, Copy)]
enum End {
    Nowhere,
    /// This ticket becomes unassigned.
    GivenUp(u32),
    /// This expert has a free place.
    Free(u32),
}

struct Best {
    distance: i64,
    end: End,
}

impl<'a> Search<'a> {
    pub(super) fn new(problem: &'a Problem) -> Self {
        let n_experts = problem.n_experts();
        let n_places = problem.steps.len();
        Self {
            problem,
            price: vec![problem.steps.first().copied().unwrap_or(0); n_experts],
            n_held: vec![0; n_experts],
            holds: vec![NONE; n_experts * n_places],
            n_places,
            chosen: vec![NONE; problem.n_tickets()],
            distance: vec![i64::MAX; n_experts],
            reached: Vec::new(),
            via: vec![NONE; n_experts],
            from: vec![NONE; n_experts],
            heap: Heap::default(),
            level: Vec::new(),
            scanned: Vec::new(),
        }
    }

    /// Each waiting ticket, the last first, takes its cheapest expert and raises their price to where its second choice is as good; whoever
    /// had the expert bids again. Returns the tickets that found only ties, or for whom the bids ran out; nothing once
    /// `stop` says so.
    pub(super) fn bid(
        &mut self,
        mut waiting: Vec<u32>,
        n_bids_max: usize,
        stop: &impl Fn() -> bool,
    ) -> Option<Vec<u32>> {
        let mut open = Vec::new();
        let mut n_bids_left = n_bids_max;
        let mut n_steps = 0_usize;
        while let Some(ticket) = waiting.pop() {
            n_steps += 1;
            if n_steps.is_multiple_of(STEPS_BETWEEN_STOPS) && stop() {
                return None;
            }
            let (arc, lead) = self.cheapest(ticket);
            if arc == NONE {
                continue; // nobody is worth it, and prices only rise
            }
            let expert = self.problem.to[arc as usize] as usize;
            let capacity = self.problem.capacity[expert];
            if self.has_room_at_price(expert) {
                self.holds[expert * self.n_places + self.n_held[expert] as usize] = ticket;
                self.n_held[expert] += 1;
            } else if capacity == 1 && lead > 0 && n_bids_left > 0 {
                n_bids_left -= 1;
                let before = std::mem::replace(&mut self.holds[expert * self.n_places], ticket);
                self.chosen[before as usize] = NONE;
                waiting.push(before);
            } else {
                open.push(ticket);
                continue;
            }
            self.chosen[ticket as usize] = arc;
            if capacity == 1 {
                // With one place nobody else's choice hangs on this price.
                self.price[expert] += lead;
            }
        }
        Some(open)
    }

    /// The cheapest arc at present prices (none: staying unassigned), and by how much it leads the next choice.
    fn cheapest(&self, ticket: u32) -> (u32, i64) {
        let mut best = self.problem.unassigned[ticket as usize];
        let mut second = i64::MAX;
        let mut choice = NONE;
        let range = self.problem.arc_range(ticket as usize);
        let arcs = self.problem.to[range.clone()].iter().zip(&self.problem.cost[range.clone()]);
        for (arc, (&to, &cost)) in (self.problem.first[ticket as usize]..).zip(arcs) {
            let value = cost + self.price[to as usize];
            if value < best {
                second = best;
                best = value;
                choice = arc;
            } else if value < second {
                second = value;
            }
        }
        (choice, second.saturating_sub(best))
    }

    fn has_room_at_price(&self, expert: usize) -> bool {
        let n_held = self.n_held[expert];
        n_held < self.problem.capacity[expert] && self.price[expert] == self.problem.steps[n_held as usize]
    }

    /// Finds the cheapest chain of moves that settles this ticket, and makes them.
    pub(super) fn settle(&mut self, ticket: u32) {
        for &expert in &self.reached {
            self.distance[expert as usize] = i64::MAX;
        }
        self.reached.clear();
        self.heap.clear();
        self.level.clear();
        self.scanned.clear();
        let mut best = Best { distance: i64::MAX, end: End::Nowhere };
        let mut at = i64::MIN;
        self.reach(ticket, 0, at, &mut best);
        while let Some(expert) = self.next_expert(&mut at, best.distance) {
            self.scanned.push(expert);
            let expert = expert as usize;
            for place in 0..self.n_held[expert] as usize {
                let holder = self.holds[expert * self.n_places + place];
                let held = self.problem.cost[self.chosen[holder as usize] as usize] + self.price[expert];
                self.reach(holder, at - held, at, &mut best);
            }
        }
        for &expert in &self.scanned {
            let expert = expert as usize;
            self.price[expert] += best.distance - self.distance[expert];
        }
        self.move_along(ticket, best.end);
    }

    /// The next expert in order of distance, or none once the best end is nearer.
    fn next_expert(&mut self, at: &mut i64, bound: i64) -> Option<u32> {
        if bound <= *at {
            return None;
        }
        if let Some(expert) = self.level.pop() {
            return Some(expert);
        }
        while let Some((distance, expert)) = self.heap.pop() {
            if distance >= bound {
                return None;
            }
            if distance == self.distance[expert as usize] {
                *at = distance;
                return Some(expert);
            }
        }
        None
    }

    /// Relaxes the arcs of a ticket whose place (or the search's start) lies `base` before the reduced costs.
    fn reach(&mut self, ticket: u32, base: i64, at: i64, best: &mut Best) {
        let problem = self.problem;
        let given_up = base + problem.unassigned[ticket as usize];
        if given_up < best.distance {
            *best = Best { distance: given_up, end: End::GivenUp(ticket) };
        }
        let range = problem.arc_range(ticket as usize);
        let arcs = problem.to[range.clone()].iter().zip(&problem.cost[range.clone()]);
        for (arc, (&to, &cost)) in (problem.first[ticket as usize]..).zip(arcs) {
            let expert = to as usize;
            let distance = base + cost + self.price[expert];
            // One comparison, not two: this line is where the time goes.
            if distance >= best.distance.min(self.distance[expert]) {
                continue;
            }
            if self.distance[expert] == i64::MAX {
                self.reached.push(to);
            }
            self.distance[expert] = distance;
            self.via[expert] = arc;
            self.from[expert] = ticket;
            let n_held = self.n_held[expert];
            if n_held < problem.capacity[expert] {
                let free = distance + problem.steps[n_held as usize] - self.price[expert];
                if free < best.distance {
                    *best = Best { distance: free, end: End::Free(to) };
                }
            }
            if n_held == 0 || distance >= best.distance {
                continue; // nothing beyond, or nothing nearer beyond
            }
            if distance == at {
                self.level.push(to);
            } else {
                self.heap.push(distance, to);
            }
        }
    }

    fn move_along(&mut self, start: u32, end: End) {
        // `expert` has a free place in `holds` at `place`; whoever reached them moves in, and frees their own.
        let (mut expert, mut place) = match end {
            End::Nowhere => return,
            End::GivenUp(ticket) if ticket == start => return,
            End::GivenUp(ticket) => {
                let left = self.place_of(ticket);
                self.chosen[ticket as usize] = NONE;
                left
            }
            End::Free(expert) => {
                let expert = expert as usize;
                self.n_held[expert] += 1;
                (expert, expert * self.n_places + self.n_held[expert] as usize - 1)
            }
        };
        loop {
            let ticket = self.from[expert];
            let arc = self.via[expert];
            let left = if ticket == start { None } else { Some(self.place_of(ticket)) };
            self.holds[place] = ticket;
            self.chosen[ticket as usize] = arc;
            match left {
                None => return,
                Some(next) => (expert, place) = next,
            }
        }
    }

    fn place_of(&self, ticket: u32) -> (usize, usize) {
        let expert = self.problem.to[self.chosen[ticket as usize] as usize] as usize;
        let first = expert * self.n_places;
        let held = &self.holds[first..first + self.n_held[expert] as usize];
        let place = held.iter().position(|&holder| holder == ticket).expect("a chosen expert holds the ticket");
        (expert, first + place)
    }

    pub(super) fn finish(self) -> Solution {
        let problem = self.problem;
        let mut cost = 0;
        let mut expert = Vec::with_capacity(problem.n_tickets());
        for (ticket, &arc) in self.chosen.iter().enumerate() {
            if arc == NONE {
                cost += problem.unassigned[ticket];
                expert.push(None);
            } else {
                cost += problem.cost[arc as usize];
                expert.push(Some(problem.to[arc as usize] as usize));
            }
        }
        for &n_held in &self.n_held {
            cost += problem.steps[..n_held as usize].iter().sum::<i64>();
        }
        Solution { expert, cost, price: self.price }
    }
}
