//! `measure simulate dispatch` and `measure simulate sync`: as many simulated days, or runs of the phones' protocol, as one
//! likes. Each one with a fault is a line of its own with its seed;
//! the last line adds everything up. The work is the harness's, which a test uses too.

use super::intake::EngineWord;
use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use std::io;
use std::sync::Mutex;
use tests::money_model;
use tests::simulation::{Report, run_many};
use tests::sync_model;
use tokio::time::Instant;

/// So many failing seeds are made short.
const SHRUNK_MAX: usize = 5;

/// Two hundred days, as the test runs them.
#[derive(Args)]
pub(crate) struct Options {
    /// What to simulate.
    #[arg(value_enum)]
    what: Which,
    /// How many days; of `billing`, how many times three years.
    #[arg(long, default_value_t = 200)]
    seeds: u64,
    /// Customers of `billing`.
    #[arg(long, default_value_t = 10_000)]
    customers: usize,
    /// The first one's seed.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Days at once.
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// On which engine.
    #[arg(long, value_enum, default_value_t = EngineWord::Sqlite)]
    engine: EngineWord,
}

#[derive(Clone, Copy, ValueEnum)]
enum Which {
    /// Customers, experts, admins and people of ours around matching, offers and visits.
    Dispatch,
    /// Three years of plans with declines, lost answers, deaths between a charge and its record, and jumps of the clock.
    Billing,
    /// Phones that go offline, are killed, restored and revoked, against the server's real protocol.
    Sync,
}

impl Which {
    fn word(self) -> &'static str {
        match self {
            Self::Dispatch => "simulate dispatch",
            Self::Billing => "simulate billing",
            Self::Sync => "simulate sync",
        }
    }
}

pub(crate) fn measure(options: &Options, say: impl Fn(&Value) -> io::Result<()> + Sync) -> io::Result<()> {
    match options.what {
        Which::Dispatch => dispatch(options, say),
        Which::Billing => billing(options, say),
        Which::Sync => sync(options, say),
    }
}

/// Each seed is a line.
fn billing(options: &Options, say: impl Fn(&Value) -> io::Result<()> + Sync) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let mut n_faulty = 0;
    for seed in options.from..options.from + options.seeds {
        let began = Instant::now();
        let report = runtime.block_on(money_model::run(options.engine.engine(), seed, options.customers));
        say(&json!({
            "what": options.what.word(),
            "engine": options.engine.word(),
            "seed": seed,
            "customers": options.customers,
            "entitlements": report.n_entitlements,
            "paid": report.n_paid,
            "named": report.n_named,
            "declined": report.n_declined,
            "broken_requests": report.n_faults,
            "jumps": report.n_jumps,
            "faults": report.faults,
            "seconds": began.elapsed().as_secs(),
        }))?;
        n_faulty += usize::from(!report.faults.is_empty());
    }
    if n_faulty > 0 { Err(io::Error::other(format!("{n_faulty} runs have faults"))) } else { Ok(()) }
}

/// A seed that fails is a line with the shortest script that still fails.
fn sync(options: &Options, say: impl Fn(&Value) -> io::Result<()> + Sync) -> io::Result<()> {
    let began = Instant::now();
    let sum = Mutex::new((sync_model::Report::default(), Vec::new()));
    sync_model::run_many(
        options.engine.engine(),
        options.from..options.from + options.seeds,
        options.threads,
        |report| {
            let mut sum = sum.lock().expect("no run panicked");
            sum.0.add(&report);
            if !report.faults.is_empty() {
                sum.1.push(report.seed);
            }
        },
    );
    let seconds = began.elapsed().as_secs_f64();
    let (sum, faulty) = sum.into_inner().expect("no run panicked");
    for seed in faulty.iter().take(SHRUNK_MAX) {
        if let Some((script, faults)) = sync_model::shrink(options.engine.engine(), *seed) {
            say(&json!({ "seed": seed, "faults": faults, "script": format!("{script:?}") }))?;
        }
    }
    say(&json!({
        "what": options.what.word(),
        "from": options.from,
        "seeds": options.seeds,
        "seeds_with_faults": faulty.len(),
        "faulty": faulty,
        "made": sum.n_made,
        "requests": sum.n_requests,
        "kills": sum.n_kills,
        "set_back": sum.n_set_back,
        "registrations": sum.n_registrations,
        "resets": sum.n_resets,
        "photos": sum.n_photos,
        "fetched": sum.n_fetched,
        "engine": options.engine.word(),
        "seconds": seconds.round(),
    }))
}

fn dispatch(options: &Options, say: impl Fn(&Value) -> io::Result<()> + Sync) -> io::Result<()> {
    let began = Instant::now();
    let sum = Mutex::new((Report::default(), 0_u64, Ok(())));
    run_many(options.engine.engine(), options.from..options.from + options.seeds, options.threads, |report| {
        let mut sum = sum.lock().expect("no run panicked");
        sum.0.n_tickets += report.n_tickets;
        sum.0.n_lines += report.n_lines;
        sum.0.n_offers += report.n_offers;
        sum.0.n_overridden += report.n_overridden;
        sum.0.n_accepted += report.n_accepted;
        sum.0.n_notices += report.n_notices;
        sum.0.n_steps += report.n_steps;
        if !report.faults.is_empty() {
            sum.1 += 1;
            let told = say(&json!({ "seed": report.seed, "faults": report.faults }));
            if told.is_err() {
                sum.2 = told;
            }
        }
    });
    let (sum, n_faulty, told) = sum.into_inner().expect("no run panicked");
    told?;
    say(&json!({
        "what": options.what.word(),
        "engine": options.engine.word(),
        "from": options.from,
        "seeds": options.seeds,
        "seeds_with_faults": n_faulty,
        "tickets": sum.n_tickets,
        "events": sum.n_lines,
        "offers": sum.n_offers,
        "overridden": sum.n_overridden,
        "accepted": sum.n_accepted,
        "notices": sum.n_notices,
        "steps": sum.n_steps,
        "seconds": began.elapsed().as_secs(),
    }))
}
