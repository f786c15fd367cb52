//! The solver against published optima, against an independent one, and against its own proof.

use super::*;
use crate::matching::reference::Instance;
use pathfinding::kuhn_munkres::kuhn_munkres_min;
use pathfinding::matrix::Matrix;
use proptest::prelude::*;

/// Checks a solution by itself: it is allowed, its cost is what it says, and its prices prove that none is cheaper.
fn prove(problem: &Problem, solution: &Solution) {
    let mut n_held = vec![0_usize; problem.n_experts()];
    let mut paid = 0;
    for (ticket, &expert) in solution.expert.iter().enumerate() {
        let at_prices = problem.arcs(ticket).map(|(expert, cost)| cost + solution.price[expert]);
        let least = at_prices.chain([problem.unassigned_price(ticket)]).min().unwrap();
        let (here, cost) = match expert {
            None => (problem.unassigned_price(ticket), problem.unassigned_price(ticket)),
            Some(expert) => {
                n_held[expert] += 1;
                let arcs = problem.arcs(ticket).filter(|&(to, _)| to == expert);
                let cost = arcs.map(|(_, cost)| cost).min().expect("only arcs are taken");
                (cost + solution.price[expert], cost)
            }
        };
        assert_eq!(here, least, "ticket {ticket} would rather be elsewhere");
        paid += cost;
    }
    for (expert, &n) in n_held.iter().enumerate() {
        assert!(n <= problem.capacity[expert] as usize);
        paid += problem.steps[..n].iter().sum::<i64>();
        let price = solution.price[expert];
        assert!(n == 0 || price >= problem.steps[n - 1], "expert {expert} gives up a place");
        assert!(n == problem.capacity[expert] as usize || price <= problem.steps[n], "expert {expert} has room");
    }
    assert_eq!(paid, solution.cost);
}

fn holds(n_tickets: usize, n_experts: usize, seed: u64, arcs: (usize, i64), one: (i64, usize), three: (i64, usize)) {
    let instance = Instance { n_tickets, n_experts, seed, capacity: 1 };
    let problem = instance.problem();
    assert_eq!((problem.n_arcs(), problem.arc_cost_sum()), arcs);
    let solution = problem.solve();
    assert_eq!((solution.cost, solution.n_unassigned()), one);
    prove(&problem, &solution);
    let problem = Instance { capacity: 3, ..instance }.problem();
    let solution = problem.solve();
    assert_eq!((solution.cost, solution.n_unassigned()), three);
    prove(&problem, &solution);
}

#[test]
fn the_square_instance_has_its_published_optimum() {
    holds(1_000, 1_000, 1, (31_662, 52_648_312), (201_385_962, 201), (325_790, 0));
}

#[test]
fn the_wide_instance_has_its_published_optimum() {
    holds(200, 10_000, 2, (64_397, 107_785_489), (15_966, 0), (15_737, 0));
}

#[test]
fn the_rush_instance_has_its_published_optimum() {
    holds(2_000, 500, 3, (32_964, 52_848_831), (1_596_148_699, 1_596), (788_518_482, 788));
}

#[test]
fn nothing_to_do_is_solved() {
    let empty = Problem::one_each(0).solve();
    assert_eq!((empty.cost, empty.expert.len()), (0, 0));
    let mut alone = Problem::one_each(2);
    alone.add_ticket(7, []);
    assert_eq!((alone.solve().cost, alone.solve().expert), (7, vec![None]));
    let mut closed = Problem::with_capacities(vec![0, 0], vec![]);
    closed.add_ticket(7, [(0, 1), (1, 1)]);
    assert_eq!(closed.solve().cost, 7);
}

#[test]
fn costs_past_the_bound_are_held_at_it() {
    let mut problem = Problem::one_each(1);
    problem.add_ticket(i64::MAX, [(0, i64::MAX - 1), (5, 1)]);
    problem.add_ticket(i64::MAX, [(0, i64::MIN)]);
    assert_eq!(problem.n_arcs(), 2);
    let solution = problem.solve();
    assert_eq!((solution.cost, &solution.expert), (0, &vec![None, Some(0)]));
    prove(&problem, &solution);
}

/// Tickets as (price of unassigned, cost to each expert if there is an arc); places of each expert; steps.
type Small = (Vec<(i64, Vec<Option<i64>>)>, Vec<u32>, Vec<i64>);

fn small() -> impl Strategy<Value = Small> {
    (1..6_usize, 1..4_usize).prop_flat_map(|(n_experts, n_steps)| {
        // Few different costs, so that ties are common; some negative.
        let arc = prop::option::weighted(0.6, -3..9_i64);
        let ticket = (0..25_i64, prop::collection::vec(arc, n_experts));
        let capacity = prop::collection::vec(0..=u32::try_from(n_steps).unwrap(), n_experts);
        let steps = prop::collection::vec(0..6_i64, n_steps).prop_map(|mut steps| {
            steps.sort_unstable();
            steps
        });
        (prop::collection::vec(ticket, 0..9), capacity, steps)
    })
}

fn problem_of((tickets, capacity, steps): &Small) -> Problem {
    let mut problem = Problem::with_capacities(capacity.clone(), steps.clone());
    for (unassigned, costs) in tickets {
        let arcs = costs.iter().enumerate().filter_map(|(expert, cost)| cost.map(|cost| (expert, cost)));
        problem.add_ticket(*unassigned, arcs);
    }
    problem
}

/// The optimum by an independent dense solver: one column for each place, and one for each ticket's staying unassigned.
fn oracle((tickets, capacity, steps): &Small) -> i64 {
    const NEVER: i64 = 1_000_000;
    if tickets.is_empty() {
        return 0;
    }
    let places: Vec<(usize, i64)> = capacity
        .iter()
        .enumerate()
        .flat_map(|(expert, &n)| steps[..n as usize].iter().map(move |&step| (expert, step)))
        .collect();
    let rows = tickets.iter().enumerate().map(|(row, (unassigned, costs))| {
        let seated = places.iter().map(|&(expert, step)| costs[expert].map_or(NEVER, |cost| cost + step));
        let aside = (0..tickets.len()).map(|other| if other == row { *unassigned } else { NEVER });
        seated.chain(aside).collect::<Vec<_>>()
    });
    kuhn_munkres_min(&Matrix::from_rows(rows).unwrap()).0
}

proptest! {
    #[test]
    fn small_problems_have_the_cost_an_independent_solver_finds(small in small()) {
        let problem = problem_of(&small);
        let solution = problem.solve();
        prop_assert_eq!(solution.cost, oracle(&small));
        prove(&problem, &solution);
    }

    #[test]
    fn the_searches_alone_find_the_same_cost(small in small()) {
        // Without the opening auction every ticket goes through a shortest path.
        let problem = problem_of(&small);
        let mut search = Search::new(&problem);
        for ticket in 0..index(problem.n_tickets()) {
            search.settle(ticket);
        }
        let solution = search.finish();
        prop_assert_eq!(solution.cost, problem.solve().cost);
        prove(&problem, &solution);
    }

    #[test]
    fn larger_problems_prove_themselves(seed in any::<u64>(), size in (1..120_usize, 1..80_usize), capacity in 1..4_u32) {
        let problem = Instance { n_tickets: size.0, n_experts: size.1, seed, capacity }.problem();
        prove(&problem, &problem.solve());
    }
}

/// What a choice costs, after checking that it is allowed.
fn allowed(problem: &Problem, chosen: &[Option<usize>]) -> i64 {
    let mut n_held = vec![0_usize; problem.n_experts()];
    let mut paid = 0;
    for (ticket, &expert) in chosen.iter().enumerate() {
        let Some(expert) = expert else {
            paid += problem.unassigned_price(ticket);
            continue;
        };
        let arcs = problem.arcs(ticket).filter(|&(to, _)| to == expert);
        paid += arcs.map(|(_, cost)| cost).min().expect("only arcs are taken") + problem.steps[n_held[expert]];
        n_held[expert] += 1;
    }
    assert!(n_held.iter().zip(&problem.capacity).all(|(&n, &capacity)| n <= capacity as usize));
    paid
}

#[test]
fn the_greedy_choice_is_allowed_and_near_the_optimum_on_the_published_instances() {
    for (n_tickets, n_experts, seed) in [(1_000, 1_000, 1), (200, 10_000, 2), (2_000, 500, 3)] {
        for capacity in [1, 3] {
            let problem = Instance { n_tickets, n_experts, seed, capacity }.problem();
            let paid = allowed(&problem, &problem.greedy());
            let least = problem.solve().cost;
            assert!(least <= paid && paid < least + least / 10 + 5_000_000, "{paid} for {least}");
        }
    }
}

#[test]
fn whoever_says_stop_gets_no_optimum() {
    let problem = Instance { n_tickets: 1_000, n_experts: 100, seed: 1, capacity: 1 }.problem();
    assert_eq!(problem.solve_unless(&|| true), None);
    let asked = std::cell::Cell::new(0);
    let after = |n: u32| {
        asked.set(0);
        problem.solve_unless(&|| asked.replace(asked.get() + 1) >= n)
    };
    assert_eq!(after(1), None, "also when it has begun");
    assert_eq!(after(u32::MAX), Some(problem.solve()));
}
