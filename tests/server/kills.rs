//! The first promise at the size of a test: twenty kills an engine. `measure crash` is the same with a hundred.

use sync_server::db::Engine;
use tests::crash::{Plan, run};

#[tokio::test]
async fn an_acknowledged_ticket_survives_every_kill_and_is_there_once() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let report = run(Plan { engine, n_kills: 20, acks_between: 40, n_callers: 8, seed: 1 }).await;
        assert!(report.held() && report.acknowledged >= 800, "{engine:?}: {report:?}");
    }
}
