//! The business simulated: days drawn from seeds on the server's real code, judged by an independent checker, and the proof
//! that the checker sees what it should. `measure simulate dispatch` runs as many seeds as one likes; a
//! debug build takes three to four seconds of a core for each, so the first hundred are run here.

mod billing;
mod sync;

use std::sync::Mutex;
use sync_server::db::Engine;
use tests::simulation::{Planted, Report, run_many, scripts};

/// Days that every run of the tests plays.
const SEEDS: u64 = 100;

/// Runs these seeds and gives back the reports with a fault, and what all of them did together.
fn runs(engine: Engine, seeds: std::ops::Range<u64>) -> (Vec<Report>, Report) {
    let n_threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let seen = Mutex::new((Vec::new(), Report::default()));
    run_many(engine, seeds, n_threads, |report| {
        let mut seen = seen.lock().expect("no other run panicked");
        let sum = &mut seen.1;
        sum.n_tickets += report.n_tickets;
        sum.n_offers += report.n_offers;
        sum.n_overridden += report.n_overridden;
        sum.n_accepted += report.n_accepted;
        sum.n_notices += report.n_notices;
        sum.n_steps += report.n_steps;
        if !report.faults.is_empty() {
            seen.0.push(report);
        }
    });
    seen.into_inner().expect("no run panicked")
}

fn clean(engine: Engine, seeds: std::ops::Range<u64>) -> Report {
    let (mut faulty, sum) = runs(engine, seeds);
    faulty.sort_by_key(|report| report.seed);
    let first: Vec<String> = faulty
        .iter()
        .take(5)
        .map(|report| format!("seed {}:\n  {}", report.seed, report.faults.join("\n  ")))
        .collect();
    assert!(faulty.is_empty(), "{} of the runs have faults on {engine:?}\n{}", faulty.len(), first.join("\n"));
    sum
}

#[test]
fn on_any_day_no_ticket_is_lost_late_doubled_or_against_a_rule() {
    let sum = clean(Engine::Sqlite, 0..SEEDS);
    // People really did something.
    assert!(sum.n_tickets > 500 && sum.n_offers > 850 && sum.n_accepted > 300, "{sum:?}");
    assert!(sum.n_overridden > 20, "{sum:?}");
}

#[test]
fn days_on_postgresql_are_no_different() {
    clean(Engine::Postgres, 0..2);
}

#[tokio::test]
async fn the_checker_finds_every_planted_bug_and_nothing_else() {
    for (bug, words) in Planted::BUGS {
        let found = scripts::tell(bug, bug).await;
        assert!(found.iter().any(|fault| fault.contains(words)), "{bug:?} was not found: {found:#?}");
    }
    for bug in [
        Planted::AbsenceChangesNothing,
        Planted::AdminsNotTold,
        Planted::NoSurvey,
        Planted::WaysTakeNoTime,
        Planted::PlanStartsNothing,
    ] {
        assert_eq!(scripts::tell(bug, Planted::Nothing).await, [""; 0], "{bug:?} without the bug");
    }
}
