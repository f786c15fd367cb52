//! Three years of plans, with everything that goes wrong with money. `measure simulate billing` runs as many as one likes.

use sync_server::db::Engine;
use tests::money_model::run;

#[tokio::test]
async fn in_three_years_no_period_is_paid_twice_and_none_is_forgotten() {
    let report = run(Engine::Sqlite, 1, 370).await;
    assert!(report.faults.is_empty(), "{:#?}", report.faults);
    // It was really tried.
    let few = report.n_entitlements < 300 || report.n_paid < 500 || report.n_faults < 50 || report.n_declined < 20;
    assert!(!few && report.n_jumps > 3 && report.n_named > 10, "{report:?}");
}

#[tokio::test]
async fn years_on_postgresql_are_no_different() {
    let report = run(Engine::Postgres, 2, 10).await;
    assert!(report.faults.is_empty() && report.n_paid > 10, "{report:#?}");
}
