//! Rounds of matching: at once when something happened, and every half minute in case nothing did: a shift begins, a
//! visit ends, an expert comes back, without an event of any ticket.

use super::facts::Bounds;
use super::{away, behind, recheck, round, unheard};
use crate::jobs::{Context, Job, Kind, Outcome, Registry};
use crate::notify::outside::Pages;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::Mutex;

/// How often waiting tickets are looked at without an event.
const LOOK_EVERY: Duration = Duration::from_secs(15);

/// One round at a time in this process. Whoever asked before a round began is served by it: a hundred tickets at once
/// are one round, not a hundred.
#[derive(Debug, Default)]
struct Turns {
    turn: Mutex<()>,
    n_begun: AtomicU64,
}

/// Who runs rounds.
pub fn register(registry: Registry, bounds: &Bounds, pages: &Pages) -> Registry {
    let turns = Arc::new(Turns::default());
    let handler = |bounds: Bounds| {
        let turns = turns.clone();
        move |_: Job, context: Context| {
            let (turns, bounds) = (turns.clone(), bounds.clone());
            async move { run(&context, &turns, &bounds).await }
        }
    };
    let asked = handler(bounds.clone());
    let swept = handler(bounds.clone());
    let (timing, rules) = (bounds.timing.clone(), bounds.timing.clone());
    let looks = (bounds.clone(), pages.clone());
    let unheard = move |_: Job, context: Context| {
        let (bounds, pages) = looks.clone();
        async move { unheard::look(&context.db, &pages, &bounds.timing, &bounds.settings).await.map(|_| ()).into() }
    };
    let behind = bounds.timing.clone();
    let over_estimate = move |_: Job, context: Context| {
        let timing = behind.clone();
        async move { behind::look(&context.db, &timing).await.map(|_| ()).into() }
    };
    let late = bounds.clone();
    let move_later_visits = move |job: Job, context: Context| {
        let bounds = late.clone();
        async move { behind::move_later_visits(job, &context.db, &bounds).await }
    };
    let registry = registry.sweep("unheard", LOOK_EVERY, unheard).sweep("over_estimate", LOOK_EVERY, over_estimate);
    let registry = registry.on(Kind::ExpertLate, move_later_visits);
    let registry = registry.on(Kind::RuleChanged, move |job: Job, context: Context| {
        let timing = rules.clone();
        async move { recheck::recheck(job, &context.db, &timing).await }
    });
    registry.on(Kind::MatchTicket, asked).sweep("matching", LOOK_EVERY, swept).on(
        Kind::ExpertAway,
        move |job: Job, context: Context| {
            let timing = timing.clone();
            async move { away::release(job, &context.db, &timing).await }
        },
    )
}

async fn run(context: &Context, turns: &Turns, bounds: &Bounds) -> Outcome {
    let n_before = turns.n_begun.load(Ordering::SeqCst);
    let _turn = turns.turn.lock().await;
    if turns.n_begun.load(Ordering::SeqCst) > n_before {
        return Outcome::Done;
    }
    turns.n_begun.fetch_add(1, Ordering::SeqCst);
    match round::run(&context.db, bounds).await {
        Ok(_) => Outcome::Done,
        Err(error) => Outcome::retry(error),
    }
}
