//! A spike at the size of a test: what was acknowledged is there, whoever is refused hears when to come back, the server
//! does not grow. Nothing here depends on how fast the machine is; `measure spike` prints the times.

use std::num::NonZeroU32;
use std::time::Duration;

use sync_server::db::Engine;
use tests::spike::{Answered, Plan, run};

/// A server that keeps what it refuses would grow by far more.
const GROWTH_MIB_MAX: u64 = 64;

fn plan(engine: Engine, loud: bool) -> Plan {
    Plan {
        engine,
        limit: NonZeroU32::new(50).expect("it is not 0"),
        times: 20,
        spike: Duration::from_secs(4),
        after: Duration::from_secs(1),
        n_conns: 128,
        loud,
    }
}

#[tokio::test]
async fn a_spike_costs_no_acknowledged_ticket_and_everybody_refused_hears_when_to_come_back() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let report = run(plan(engine, false)).await;
        let accepted = report.count(|answer| matches!(answer, Answered::Accepted(_)));
        let refused = report.count(|answer| *answer == Answered::Refused);
        let rest: Vec<_> = report
            .asked
            .iter()
            .map(|one| &one.answer)
            .filter(|answer| !matches!(answer, Answered::Accepted(_) | Answered::Refused))
            .collect();
        assert!(rest.is_empty(), "{engine:?}: {rest:?}");
        assert_eq!((report.lost, report.doubled), (0, 0), "{engine:?}");
        // A second's worth at once, then the rate, for as long as it took.
        let seconds = report.asked.iter().map(|one| one.due + one.took).max().unwrap_or_default().as_secs() + 2;
        assert!(accepted <= 50 * usize::try_from(seconds).unwrap(), "{engine:?}: {accepted} in {seconds} s");
        assert!(accepted >= 50 && refused >= 50, "{engine:?}: {accepted} accepted, {refused} refused");
        assert!(report.growth_mib() < GROWTH_MIB_MAX, "{engine:?}: grew by {} MiB", report.growth_mib());
    }
}

#[tokio::test]
async fn a_loud_customer_is_refused_and_the_others_are_served() {
    let report = run(plan(Engine::Sqlite, true)).await;
    let others = || report.asked.iter().filter(|one| !one.loud && one.due < Duration::from_secs(4));
    let refused: Vec<_> = others().filter(|one| !matches!(one.answer, Answered::Accepted(_))).collect();
    assert!(others().count() > 50 && refused.is_empty(), "{} of {}: {refused:?}", refused.len(), others().count());
    let loud = |one: &&tests::spike::Asked| one.loud && one.answer == Answered::Refused;
    assert!(report.asked.iter().filter(loud).count() > 100);
    assert_eq!((report.lost, report.doubled), (0, 0));
}
