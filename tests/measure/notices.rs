//! `measure notices`: messages through a provider at its worst while workers are killed, at the size one likes. The work is
//! the harness's, which a test uses too.

use clap::Args;
use serde_json::{Value, json};
use tests::notices::{Plan, run};
use tokio::time::Instant;

use super::intake::EngineWord;

/// Ten thousand messages and two hundred kills.
#[derive(Args)]
pub(crate) struct Options {
    /// Messages.
    #[arg(long, default_value_t = 10_000)]
    notices: usize,
    /// Kills.
    #[arg(long, default_value_t = 200)]
    kills: usize,
    /// Workers on one database; SQLite has one.
    #[arg(long, default_value_t = 1)]
    workers: usize,
    /// On which engine.
    #[arg(long, value_enum, default_value_t = EngineWord::Sqlite)]
    engine: EngineWord,
}

pub(crate) async fn measure(options: &Options, say: impl Fn(&Value) -> std::io::Result<()>) -> std::io::Result<()> {
    let began = Instant::now();
    let plan = Plan {
        engine: options.engine.engine(),
        n_notices: options.notices,
        n_kills: options.kills,
        n_workers: options.workers,
    };
    let report = run(plan).await;
    say(&json!({
        "what": "notices",
        "engine": options.engine.word(),
        "notices": plan.n_notices,
        "kills": plan.n_kills,
        "workers": plan.n_workers,
        "taken": report.taken,
        "missing": report.missing,
        "doubled": report.doubled,
        "unsettled": report.unsettled,
        "looked_up": report.looked_up,
        "held": report.held(),
        "seconds": began.elapsed().as_secs(),
    }))
}
