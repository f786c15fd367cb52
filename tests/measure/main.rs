//! What the product can do, in numbers: `cargo run --release -p tests --bin measure -- WHAT [options]` prints one JSON
//! object a line. Each WHAT is a file; it starts what it needs on free ports and leaves nothing behind.

// Optimised, a model of nested futures is deeper than the compiler goes by itself.
#![recursion_limit = "256"]

mod app;
mod crash;
mod devices;
mod intake;
mod matching;
mod notices;
mod quality;
mod repeats;
mod rows;
mod search;
mod simulate;
mod spike;
mod sync;

use clap::{Parser, Subcommand};
use std::io::Write;
use std::process::ExitCode;

/// Measures the product; one JSON object a line.
#[derive(Parser)]
#[command(name = "measure")]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// The assignment solver, on the reference instances or on one of your own.
    Match(matching::Options),
    /// Tickets a second over HTTP.
    Intake(intake::Options),
    /// Tickets filed while the server is killed again and again: none may be lost or doubled.
    Crash(crash::Options),
    /// Keys that come five times at once, after a hang-up and after a kill: each must be one ticket.
    Repeats(repeats::Options),
    /// Days of a small business on the server's real code, judged by an independent checker.
    Simulate(simulate::Options),
    /// One phone's first sync, later ones, and a long outbox.
    Sync(sync::Options),
    /// Phones that only listen for hints.
    Devices(devices::Options),
    /// Searches among many articles.
    Search(search::Options),
    /// Messages through a provider at its worst while workers are killed: none may be missing or sent twice.
    Notices(notices::Options),
    /// The expert's app in its window: start, taps, searches, memory. Needs the app built beside this program.
    App(app::Options),
    /// Only commits rows: for the test that cuts the power.
    #[command(hide = true)]
    Rows(rows::Options),
    /// Far more tickets than the server was set to take, then as many as it takes.
    Spike(spike::Options),
}

fn main() -> ExitCode {
    let what = Arguments::parse().what;
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error),
    };
    let measured = match what {
        What::Match(options) => matching::measure(&options, say),
        What::Intake(options) => runtime.block_on(intake::measure(&options, say)),
        What::Crash(options) => runtime.block_on(crash::measure(&options, say)),
        What::Repeats(options) => runtime.block_on(repeats::measure(&options, say)),
        What::Simulate(options) => simulate::measure(&options, say),
        What::Search(options) => runtime.block_on(search::measure(&options, say)),
        What::Sync(options) => runtime.block_on(sync::measure(&options, say)),
        What::Devices(options) => runtime.block_on(devices::measure(&options, say)),
        What::Notices(options) => runtime.block_on(notices::measure(&options, say)),
        What::App(options) => runtime.block_on(app::measure(&options, say)),
        What::Rows(options) => runtime.block_on(rows::write(&options)),
        What::Spike(options) => runtime.block_on(spike::measure(&options, say)),
    };
    match measured {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

/// Whoever reads us has gone, or the machine is full: there is nobody left to tell but stderr.
fn failed(error: &std::io::Error) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "measure: {error}");
    ExitCode::FAILURE
}

/// Prints one result.
fn say(result: &serde_json::Value) -> std::io::Result<()> {
    writeln!(std::io::stdout(), "{result}")
}
