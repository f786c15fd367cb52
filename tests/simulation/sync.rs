//! The offline promise under faults drawn from seeds, and the proof that the model would see it broken.
//! `measure simulate sync` runs as many seeds as one likes.

use std::sync::Mutex;
use sync_server::db::Engine;
use tests::sync_model::{BUGS, Planted, Report, found, run_many, shrink};

const SEEDS: u64 = 1_000;
/// There each kill and copy takes a fraction of a second.
const SEEDS_ON_POSTGRES: u64 = 20;

/// Plays these seeds, shows the first that fails as short as it can be made, and gives what all of them did.
fn clean(engine: Engine, seeds: std::ops::Range<u64>) -> Report {
    let n_threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let seen = Mutex::new((Vec::new(), Report::default()));
    run_many(engine, seeds.clone(), n_threads, |report| {
        let mut seen = seen.lock().expect("no other run panicked");
        seen.1.add(&report);
        if !report.faults.is_empty() {
            seen.0.push(report.seed);
        }
    });
    let (mut faulty, sum) = seen.into_inner().expect("no run panicked");
    faulty.sort_unstable();
    if let Some(seed) = faulty.first() {
        let (script, faults) = shrink(engine, *seed).expect("a seed that failed fails again");
        panic!("{} of {seeds:?} fail: {faulty:?}\nseed {seed}:\n{faults:#?}\n{script:#?}", faulty.len());
    }
    sum
}

#[test]
fn nothing_that_an_expert_did_is_lost_doubled_or_anothers_whatever_happens() {
    let sum = clean(Engine::Sqlite, 0..SEEDS);
    // It was really tried.
    assert!(sum.n_made > 1_000 && sum.n_kills > 200 && sum.n_set_back > 50 && sum.n_resets > 50, "{sum:?}");
    assert!(sum.n_photos > 100 && sum.n_fetched > 300, "{sum:?}");
}

#[test]
fn nor_is_it_on_postgresql() {
    let sum = clean(Engine::Postgres, 0..SEEDS_ON_POSTGRES);
    assert!(sum.n_made > 20 && sum.n_kills > 5, "{sum:?}");
}

#[tokio::test]
async fn the_model_finds_every_planted_bug_and_nothing_without_it() {
    let mut wrong = Vec::new();
    for tale in BUGS {
        let (bug, words, _) = tale;
        let said = found(tale, bug).await;
        if !said.iter().any(|fault| fault.contains(words)) {
            wrong.push(format!("{bug:?} was not found: {said:?}"));
        }
        let said = found(tale, Planted::Nothing).await;
        if !said.is_empty() {
            wrong.push(format!("without {bug:?}: {said:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
