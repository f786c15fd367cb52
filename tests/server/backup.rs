//! A backup as an operator makes one: while the server runs, into one file, and from there into either engine.

use sync_server::db::Engine;
use sync_server::db::testing::Fresh;
use tests::server::Server;

use super::{SECRET, ran, sign_in};

#[tokio::test]
async fn a_backup_of_a_running_demo_opens_as_a_server_on_either_engine() {
    let demo = Server::demo(&[]).await;
    let admin = demo.sign_in("admin");
    let data = demo.data().display().to_string();
    let folder = tempfile::tempdir().expect("the temporary folder can be written");
    let file = folder.path().join("monday.backup").display().to_string();

    let made = ran(&["backup", "--data", &data, &file], &[]);
    assert!(made.success, "{}", made.stderr);
    let again = ran(&["backup", "--data", &data, &file], &[]);
    assert!(!again.success && again.stderr.contains("replaces none"), "{}", again.stderr);
    let over = ran(&["restore", "--data", &data, &file], &[]);
    assert!(!over.success && over.stderr.contains("not empty"), "{}", over.stderr);

    for engine in [Engine::Sqlite, Engine::Postgres] {
        let target = Fresh::empty(engine).await;
        let restored = ran(&["restore", &file], &[("SYSOPS_DATABASE_URL", target.url.as_str())]);
        assert!(restored.success, "{engine:?}: {}", restored.stderr);
        let server = Server::serve(&target.url, &[SECRET]).await;
        let who = sign_in(&server, &admin.login, &admin.password).await;
        assert_eq!(who["role"], "admin", "{engine:?}: {who}");
        server.assert_balanced();
        drop(server);
        target.remove().await;
    }
}
