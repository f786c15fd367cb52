//! The second promise under kills: what an expert was told is done survives whatever happens to his phone, the server and
//! the line between them.

use super::ran;
use sync_server::db::Engine;
use sync_server::db::testing::{Fresh, frozen_clock};
use tests::phones::{Plan, run};

#[tokio::test]
async fn what_a_phone_called_done_survives_kills_of_phones_and_server_and_a_torn_line() {
    for (engine, n_phones, n_faults) in [(Engine::Sqlite, 2, 30), (Engine::Postgres, 3, 20)] {
        let report = run(Plan { engine, n_phones, n_faults, seed: 1 }).await;
        assert!(report.held(), "{engine:?}: {report:?}");
        let tried = [report.n_phone_kills, report.n_server_kills, report.n_cuts, report.n_failed, report.n_photos];
        assert!(tried.iter().all(|n| *n > 0) && report.n_done > 50 && report.n_synced > 20, "{engine:?}: {report:?}");
    }
}

#[tokio::test]
async fn an_operator_begins_a_new_history_after_a_replica_was_promoted() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let fresh = Fresh::new(engine).await;
        let epoch = async || {
            let db = fresh.open(frozen_clock()).await;
            let epoch = db.read(async |conn| sync_server::db::meta::epoch(conn).await).await.expect("it has one");
            db.close().await;
            epoch
        };
        let before = epoch().await;
        let done = ran(&["new-history"], &[("SYSOPS_DATABASE_URL", fresh.url.as_str())]);
        assert!(done.success && done.stdout.contains("new history"), "{engine:?}: {}{}", done.stdout, done.stderr);
        assert_ne!(epoch().await, before, "{engine:?}");
        fresh.remove().await;
    }
}
