//! `measure match`: how long the exact solver takes on instances that anybody can make from a seed. Making the instance
//! is left out of the time.

use clap::Args;
use serde_json::{Value, json};
use std::io;
use sync_server::matching::reference::Instance;
use tokio::time::Instant;

/// Without a size: every published instance, one ticket each and up to three.
#[derive(Args)]
pub(crate) struct Options {
    /// How many tickets.
    #[arg(long, requires = "experts")]
    tickets: Option<usize>,
    /// How many experts.
    #[arg(long, requires = "tickets")]
    experts: Option<usize>,
    /// Where the instance's numbers start.
    #[arg(long, default_value_t = 1, requires = "tickets")]
    seed: u64,
    /// How many tickets an expert may take, at a flat price.
    #[arg(long, default_value_t = 1, requires = "tickets", value_parser = clap::value_parser!(u32).range(1..=1_000))]
    capacity: u32,
    /// How often each is solved; the median counts.
    #[arg(long, default_value_t = 21, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    repeat: u32,
}

/// (tickets, experts, seed) of the published instances.
const PUBLISHED: [(usize, usize, u64); 3] = [(1_000, 1_000, 1), (200, 10_000, 2), (2_000, 500, 3)];

pub(crate) fn measure(options: &Options, say: impl Fn(&Value) -> io::Result<()>) -> io::Result<()> {
    for instance in instances(options) {
        say(&solve(instance, options.repeat))?;
    }
    Ok(())
}

fn instances(options: &Options) -> Vec<Instance> {
    let Options { seed, capacity, .. } = *options;
    if let (Some(n_tickets), Some(n_experts)) = (options.tickets, options.experts) {
        return vec![Instance { n_tickets, n_experts, seed, capacity }];
    }
    let both = |(n_tickets, n_experts, seed)| [1, 3].map(|capacity| Instance { n_tickets, n_experts, seed, capacity });
    PUBLISHED.into_iter().flat_map(both).collect()
}

fn solve(instance: Instance, repeat: u32) -> Value {
    let problem = instance.problem();
    let mut solution = problem.solve();
    let mut times = Vec::new();
    for _ in 0..repeat {
        let began = Instant::now();
        solution = std::hint::black_box(problem.solve());
        times.push(began.elapsed());
    }
    times.sort_unstable();
    let ms = |at: usize| times[at].as_secs_f64() * 1_000.0;
    json!({
        "what": "match",
        "tickets": instance.n_tickets,
        "experts": instance.n_experts,
        "seed": instance.seed,
        "capacity": instance.capacity,
        "arcs": problem.n_arcs(),
        "arc_cost_sum": problem.arc_cost_sum(),
        "cost": solution.cost,
        "unassigned": solution.n_unassigned(),
        "solve_ms": ms(times.len() / 2),
        "solve_ms_best": ms(0),
    })
}
