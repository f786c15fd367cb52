//! `measure crash`: the first promise under kills, at the size one likes. The work is the harness's, which a test uses too.

use clap::Args;
use serde_json::{Value, json};
use tests::crash::{Plan, run};
use tokio::time::Instant;

use super::intake::EngineWord;

/// A hundred kills and a thousand acknowledgements between two of them.
#[derive(Args)]
pub(crate) struct Options {
    /// Kills.
    #[arg(long, default_value_t = 100)]
    kills: usize,
    /// Acknowledged tickets between two kills, on average.
    #[arg(long, default_value_t = 1_000)]
    acks: usize,
    /// Customers who file at once.
    #[arg(long, default_value_t = 16)]
    conns: usize,
    /// Where the numbers start.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// On which engine.
    #[arg(long, value_enum, default_value_t = EngineWord::Sqlite)]
    engine: EngineWord,
}

pub(crate) async fn measure(options: &Options, say: impl Fn(&Value) -> std::io::Result<()>) -> std::io::Result<()> {
    let began = Instant::now();
    let report = run(Plan {
        engine: options.engine.engine(),
        n_kills: options.kills,
        acks_between: options.acks,
        n_callers: options.conns,
        seed: options.seed,
    })
    .await;
    say(&json!({
        "what": "crash",
        "engine": options.engine.word(),
        "seed": options.seed,
        "kills": report.n_kills,
        "acknowledged": report.acknowledged,
        "repeated": report.repeated,
        "lost": report.lost,
        "doubled": report.doubled,
        "incomplete": report.incomplete,
        "changed": report.changed,
        "held": report.held(),
        "seconds": began.elapsed().as_secs(),
    }))
}
