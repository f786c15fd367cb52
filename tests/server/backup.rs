//! A backup as an operator makes one: while the server runs, into one file, and from there into either engine.

use reqwest::StatusCode;
use serde_json::Value;
use std::process::Command;
use sync_server::blobs::samples::plain_jpeg;
use sync_server::db::Engine;
use sync_server::db::testing::Fresh;
use tests::filing;
use tests::http::client;
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

/// Photos are not in the backup: the folder is copied after it, so that it has at least what the backup speaks of.
#[tokio::test]
async fn a_backup_and_then_a_copy_of_the_folder_bring_the_photos_back_on_either_engine() {
    let demo = Server::demo(&[]).await;
    let mia = demo.sign_in("customer");
    let token = filing::token(demo.url(), &mia.login, &mia.password).await;
    let post = |path: &str| client().post(format!("{}/api/v1/{path}", demo.url())).bearer_auth(&token);
    let ticket = post("tickets").header("idempotency-key", "k-photos").header("content-type", "application/json");
    let ticket = ticket.body(filing::body("k-photos")).send().await.expect("the server answers");
    let ticket: Value = ticket.json().await.expect("the answer is a document");
    let ticket = ticket["id"].as_str().unwrap_or_else(|| panic!("no ticket: {ticket}")).to_owned();
    let form = [
        b"--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.jpg\"\r\ncontent-type: image/jpeg\r\n\r\n",
        plain_jpeg(40, 30).as_slice(),
        b"\r\n--b--\r\n",
    ]
    .concat();
    let sent = post(&format!("tickets/{ticket}/files")).header("content-type", "multipart/form-data; boundary=b");
    let sent = sent.body(form).send().await.expect("the server answers");
    assert_eq!(sent.status(), StatusCode::CREATED, "{}", sent.text().await.unwrap_or_default());

    let folder = tempfile::tempdir().expect("the temporary folder can be written");
    let file = folder.path().join("monday.backup").display().to_string();
    let made = ran(&["backup", "--data", &demo.data().display().to_string(), &file], &[]);
    assert!(made.success, "{}", made.stderr);
    let files = folder.path().join("files");
    let copied = Command::new("cp").arg("-r").arg(demo.data().join("files")).arg(&files).status();
    assert!(copied.expect("cp runs").success());
    drop(demo);

    for engine in [Engine::Sqlite, Engine::Postgres] {
        let target = Fresh::empty(engine).await;
        let restored = ran(&["restore", &file], &[("SYSOPS_DATABASE_URL", target.url.as_str())]);
        assert!(restored.success, "{engine:?}: {}", restored.stderr);
        let files_url = format!("file://{}", files.display());
        let server = Server::serve(&target.url, &[SECRET, ("SYSOPS_FILES_URL", &files_url)]).await;
        let token = filing::token(server.url(), &mia.login, &mia.password).await;
        let get = |path: String| client().get(format!("{}{path}", server.url())).bearer_auth(&token).send();
        let listed: Value = get(format!("/api/v1/tickets/{ticket}/files")).await.unwrap().json().await.unwrap();
        assert_eq!(listed["files"][0]["here"], true, "{engine:?}: {listed}");
        let id = listed["files"][0]["id"].as_str().expect("a photo has an id");
        let photo = get(format!("/photos/{id}")).await.unwrap();
        assert_eq!(photo.headers()["content-type"], "image/jpeg", "{engine:?}");
        assert!(photo.bytes().await.unwrap().starts_with(&[0xff, 0xd8, 0xff]), "{engine:?}");
        drop(server);
        target.remove().await;
    }
}
