//! What is sent again is one ticket, at the size of a test: 200 keys, five connections each.

use sync_server::db::Engine;
use tests::repeats::{Plan, run};

#[tokio::test]
async fn a_key_is_one_ticket_though_it_comes_five_times_at_once_and_after_a_kill() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let report = run(Plan { engine, n_keys: 200, n_callers: 8 }).await;
        assert!(report.held() && report.n_keys == 200 && report.n_left == 50, "{engine:?}: {report:?}");
    }
}
