//! What is done when there is no time for the optimum: the dearest ticket first, each takes the cheapest expert who is
//! still free. It takes only arcs that are there, so it keeps every hard rule; it may leave somebody unserved whom the
//! optimum serves.

use super::Problem;

impl Problem {
    /// The expert of each ticket, or nobody. Of equal prices and costs the first goes first.
    pub fn greedy(&self) -> Vec<Option<usize>> {
        let mut given = vec![None; self.n_tickets()];
        let mut n_held = vec![0_usize; self.n_experts()];
        let mut order: Vec<usize> = (0..self.n_tickets()).collect();
        order.sort_by_key(|&ticket| std::cmp::Reverse(self.unassigned[ticket]));
        for ticket in order {
            let has_room = |expert: usize| n_held[expert] < self.capacity[expert] as usize;
            let open = self.arcs(ticket).filter(|&(expert, _)| has_room(expert));
            let priced = open.map(|(expert, cost)| (cost + self.steps[n_held[expert]], expert));
            let Some((cost, expert)) = priced.min() else { continue };
            if cost < self.unassigned[ticket] {
                n_held[expert] += 1;
                given[ticket] = Some(expert);
            }
        }
        given
    }
}
