//! The reference instances of the matching problem, made from a seed. Tests hold the solver to their published optima
//! and `measure match` times it on them, so both read them from here. Nothing in the product does.
//!
//! The cost model is the reference's own (flat earth, load and lateness only), kept apart from `rank.rs` so that a
//! change of the product's weights never moves the yardstick.

use super::solve::Problem;
use shared::chance::{Chance, Seeded};

/// What leaving a ticket unassigned costs in every reference instance.
const UNASSIGNED: i64 = 1_000_000;
const KM_PER_DEGREE: f64 = 111.32;
const KM_PER_HOUR: f64 = 40.0;

/// Which instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instance {
    /// How many tickets.
    pub n_tickets: usize,
    /// How many experts.
    pub n_experts: usize,
    /// Where the numbers start.
    pub seed: u64,
    /// How many tickets an expert may take, at a flat price.
    pub capacity: u32,
}

struct Expert {
    lat: f64,
    lon: f64,
    skills: u64,
    radius_km: f64,
    load: f64,
    available: bool,
}

impl Instance {
    /// Makes the instance; the same input gives the same arcs in the same order everywhere.
    pub fn problem(self) -> Problem {
        let source = Seeded::new(self.seed);
        let experts: Vec<Expert> = (0..self.n_experts).map(|_| expert(&source)).collect();
        let steps = vec![0; self.capacity as usize];
        let mut problem = Problem::with_capacities(vec![self.capacity; self.n_experts], steps);
        let cos = 41_f64.to_radians().cos();
        for _ in 0..self.n_tickets {
            let (lat, lon) = place(&source);
            let need = 1 << source.below(12);
            let due = small(source.below(480));
            let arcs = experts.iter().enumerate().filter_map(|(number, expert)| {
                if !expert.available || expert.skills & need == 0 {
                    return None;
                }
                let north = (expert.lat - lat) * KM_PER_DEGREE;
                let east = (expert.lon - lon) * KM_PER_DEGREE * cos;
                let km = (north * north + east * east).sqrt();
                if km > expert.radius_km {
                    return None;
                }
                let travel = km / KM_PER_HOUR * 60.0;
                let late = (travel + 60.0 * expert.load - due).max(0.0);
                Some((number, round_half_even(10.0 * travel + 20.0 * late + 150.0 * expert.load)))
            });
            problem.add_ticket(UNASSIGNED, arcs);
        }
        problem
    }
}

fn expert(source: &Seeded) -> Expert {
    let (lat, lon) = place(source);
    let skills = (0..3).fold(0, |skills, _| skills | 1 << source.below(12));
    let radius_km = 20.0 + 60.0 * unit(source);
    let load = small(source.below(5));
    let available = source.below(100) < 80;
    Expert { lat, lon, skills, radius_km, load, available }
}

fn place(source: &Seeded) -> (f64, f64) {
    let lat = 40.0 + 2.0 * unit(source);
    let lon = -75.0 + 2.0 * unit(source);
    (lat, lon)
}

/// A number in `0.0..1.0` with 53 bits.
#[expect(clippy::cast_precision_loss, reason = "53 bits are exact in a double")]
fn unit(source: &Seeded) -> f64 {
    (source.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
}

#[expect(clippy::cast_precision_loss, reason = "below 480, exact in a double")]
fn small(number: u64) -> f64 {
    number as f64
}

#[expect(clippy::cast_possible_truncation, reason = "costs stay far below 2^53")]
fn round_half_even(cost: f64) -> i64 {
    cost.round_ties_even() as i64
}
