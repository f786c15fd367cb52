//! `measure repeats`: keys that come again and again, at the size one likes. The work is the harness's, which a test uses
//! too.

use clap::Args;
use serde_json::{Value, json};
use tests::repeats::{AT_ONCE, Plan, run};
use tokio::time::Instant;

use super::intake::EngineWord;

/// Two thousand keys.
#[derive(Args)]
pub(crate) struct Options {
    /// Keys, each of them one ticket.
    #[arg(long, default_value_t = 2_000)]
    keys: usize,
    /// Keys that are sent at once.
    #[arg(long, default_value_t = 8)]
    callers: usize,
    /// On which engine.
    #[arg(long, value_enum, default_value_t = EngineWord::Sqlite)]
    engine: EngineWord,
}

pub(crate) async fn measure(options: &Options, say: impl Fn(&Value) -> std::io::Result<()>) -> std::io::Result<()> {
    let began = Instant::now();
    let plan = Plan { engine: options.engine.engine(), n_keys: options.keys, n_callers: options.callers };
    let report = run(plan).await;
    say(&json!({
        "what": "repeats",
        "engine": options.engine.word(),
        "keys": report.n_keys,
        "at_once": AT_ONCE,
        "requests": report.n_requests,
        "left": report.n_left,
        "differed": report.differed,
        "changed": report.changed,
        "mistaken": report.mistaken,
        "tickets": report.n_tickets,
        "incomplete": report.incomplete,
        "lost": report.lost,
        "held": report.held(),
        "seconds": began.elapsed().as_secs(),
    }))
}
