//! `measure spike`: twenty times as much as the server was set to take, then as much as it takes. Load and server share the
//! machine's cores.

use std::num::NonZeroU32;
use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};
use tests::spike::{Answered, Asked, Plan, run};

use super::intake::EngineWord;

/// Half a minute at twenty times 150 a second.
#[derive(Args)]
pub(crate) struct Options {
    /// Tickets a second that the server is set to take.
    #[arg(long, default_value = "150")]
    limit: NonZeroU32,
    /// How many times as many are asked for.
    #[arg(long, default_value_t = 20)]
    times: u32,
    /// How long, in seconds; then five with what the server takes.
    #[arg(long, default_value_t = 30)]
    seconds: u32,
    /// Connections at once.
    #[arg(long, default_value_t = 256)]
    conns: usize,
    /// The spike is one customer's; the others ask for a third of the limit together.
    #[arg(long)]
    loud: bool,
    /// On which engine.
    #[arg(long, value_enum, default_value_t = EngineWord::Sqlite)]
    engine: EngineWord,
}

/// How long it goes on after the spike.
const AFTER: Duration = Duration::from_secs(5);
/// A customer notices nothing of what is answered within this time.
const NORMAL: Duration = Duration::from_millis(300);

pub(crate) async fn measure(options: &Options, say: impl Fn(&Value) -> std::io::Result<()>) -> std::io::Result<()> {
    let spike = Duration::from_secs(options.seconds.into());
    let report = run(Plan {
        engine: options.engine.engine(),
        limit: options.limit,
        times: options.times,
        spike,
        after: AFTER,
        n_conns: options.conns,
        loud: options.loud,
    })
    .await;
    let accepted = |one: &&Asked| matches!(one.answer, Answered::Accepted(_));
    let refused = |one: &&Asked| one.answer == Answered::Refused;
    let in_spike = || report.asked.iter().filter(|one| one.due < spike);
    let goodput = share(in_spike().filter(accepted).count(), (options.limit.get() * options.seconds) as usize);
    let others = || report.asked.iter().filter(|one| !one.loud && one.due < spike);
    let not_normal = report.asked.iter().filter(|one| one.due >= spike && !(accepted(one) && one.took < NORMAL));
    let normal_after = not_normal.map(|one| one.due.saturating_sub(spike)).max();
    say(&json!({
        "what": "spike",
        "engine": options.engine.word(),
        "limit": options.limit,
        "times": options.times,
        "seconds": options.seconds,
        "conns": options.conns,
        "asked_per_second": in_spike().count() as u64 / u64::from(options.seconds.max(1)),
        "accepted": in_spike().filter(accepted).count(),
        "goodput": goodput,
        "accepted_p99_ms": p99(in_spike().filter(accepted)),
        "refused": in_spike().filter(refused).count(),
        "refused_p99_ms": p99(in_spike().filter(refused)),
        "refused_without_retry_after": report.count(|answer| *answer == Answered::RefusedForGood),
        "failed": report.count(|answer| matches!(answer, Answered::Failed(_))),
        "lost": report.lost,
        "doubled": report.doubled,
        "memory_growth_mib": report.growth_mib(),
        "normal_after_ms": normal_after.map_or(0, |last| last.as_millis()),
        "others_served": options.loud.then(|| share(others().filter(accepted).count(), others().count())),
    }))
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn share(some: usize, all: usize) -> f64 {
    (some as f64 / all.max(1) as f64 * 10_000.0).round() / 10_000.0
}

/// In milliseconds.
fn p99<'a>(asked: impl Iterator<Item = &'a Asked>) -> f64 {
    let mut took: Vec<Duration> = asked.map(|one| one.took).collect();
    took.sort_unstable();
    let last = took.len().saturating_sub(1);
    let at = (took.len() * 99 / 100).min(last);
    took.get(at).map_or(0.0, |took| (took.as_secs_f64() * 100_000.0).round() / 100.0)
}
