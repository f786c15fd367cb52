//! The server as an operator meets it: what it refuses to start with, that it comes back after a kill, that it ends when
//! it is told to.

mod backup;
mod contract;
mod kills;
mod knowledge;
mod lists;
mod phones;
mod power;
mod repeats;
mod spike;

use std::process::Command;

use reqwest::StatusCode;
use serde_json::{Value, json};
use sync_server::db::Engine;
use sync_server::db::testing::Fresh;
use tests::http::client;
use tests::process::{Output, Process, run};
use tests::server::Server;
use tests::wait::SOON;

const SECRET: (&str, &str) = ("SYSOPS_SECRET", "Zm9yIHRlc3RzIG9ubHksIGxvbmcgZW5vdWdoIQ");

/// Runs a command of the server with these settings and no others.
fn command(args: &[&str], env: &[(&str, &str)]) -> Command {
    let mut command = Command::new(tests::program("sync-server"));
    command.args(args);
    // SYSOPS_TEST_… stays: by it tests/run finds what a killed test left behind.
    let ours = |name: &str| name.starts_with("SYSOPS_") && !name.starts_with("SYSOPS_TEST");
    for (name, _) in std::env::vars_os().filter(|(name, _)| ours(&name.to_string_lossy())) {
        command.env_remove(name);
    }
    // Nothing of a test lies beside its sources.
    command.env("SYSOPS_DATA_DIR", std::env::temp_dir().join("sysops-test-data"));
    command.envs(env.iter().copied());
    command
}

fn ran(args: &[&str], env: &[(&str, &str)]) -> Output {
    run(command(args, env))
}

async fn status(url: &str) -> StatusCode {
    client().get(url).send().await.expect("the server answers").status()
}

async fn sign_in(server: &Server, login: &str, password: &str) -> Value {
    let body = json!({ "login": login, "password": password });
    let answer = client().post(format!("{}/api/v1/sign-in", server.url())).json(&body).send().await;
    answer.expect("the server answers").json().await.expect("the answer is a document")
}

#[tokio::test]
async fn a_killed_server_comes_back_and_knows_who_is_signed_in() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let fresh = Fresh::new(engine).await;
        let database = ("SYSOPS_DATABASE_URL", fresh.url.as_str());
        let added = ran(&["staff", "add", "--email", "ada@example.com", "--role", "admin"], &[database]);
        assert!(added.success, "{}", added.stderr);
        let [role, login, password] = added.stdout.split_whitespace().collect::<Vec<_>>()[..] else {
            panic!("not `role login password`: {}", added.stdout)
        };
        assert_eq!(role, "admin");
        let again = ran(&["staff", "add", "--email", "ADA@example.com", "--role", "agent"], &[database]);
        assert!(!again.success && again.stderr.contains("e-mail"), "{}", again.stderr);

        let mut server = Server::serve(&fresh.url, &[SECRET]).await;
        assert_eq!(status(&format!("{}/readyz", server.url())).await, StatusCode::OK);
        assert_eq!(status(&format!("{}/api/v1/me", server.url())).await, StatusCode::UNAUTHORIZED);
        let signed_in = sign_in(&server, login, password).await;
        let token = signed_in["token"].as_str().unwrap_or_else(|| panic!("no token: {signed_in}")).to_owned();

        server.kill_9();
        server.up_again().await;
        assert_eq!(status(&format!("{}/readyz", server.url())).await, StatusCode::OK);
        let me = client().get(format!("{}/api/v1/me", server.url())).bearer_auth(&token).send().await;
        let me: Value = me.expect("it answers").json().await.expect("a document");
        assert_eq!(me["email"], "ada@example.com", "on {engine:?}: {me}");
        server.assert_balanced();
        drop(server);
        fresh.remove().await;
    }
}

#[tokio::test]
async fn it_ends_in_good_order_when_told_to() {
    let fresh = Fresh::new(Engine::Sqlite).await;
    let mut server = Server::serve(&fresh.url, &[SECRET]).await;
    server.process().signal("TERM");
    assert_eq!(server.process().end(SOON).await.code(), Some(0));
    let mut worker = Process::start(command(&["worker"], &[SECRET, ("SYSOPS_DATABASE_URL", &fresh.url)]));
    worker.line("ready", SOON, |line| (line == "ready").then_some(())).await;
    worker.signal("INT");
    assert_eq!(worker.end(SOON).await.code(), Some(0));
}

#[tokio::test]
async fn unsafe_settings_are_refused_with_what_to_do() {
    let folder = tempfile::tempdir().expect("the temporary folder can be written");
    let url = format!("sqlite:{}", folder.path().join("new.db").display());
    let (database, loopback) = (("SYSOPS_DATABASE_URL", url.as_str()), ("SYSOPS_BIND", "127.0.0.1:0"));
    for (env, word) in [
        (vec![database, loopback], "SYSOPS_SECRET is missing"),
        (vec![database, loopback, ("SYSOPS_SECRET", "short")], "openssl rand"),
        (vec![SECRET, loopback], "SYSOPS_DATABASE_URL is missing"),
        (vec![database, SECRET, loopback, ("SYSOPS_PUBLIC_URL", "http://help.example.com")], "https"),
        (vec![database, SECRET, ("SYSOPS_BIND", "0.0.0.0:0")], "SYSOPS_PUBLIC_URL"),
        (vec![database, SECRET, loopback, ("SYSOPS_SETTINGS", "/nowhere/at/all")], "cannot be read"),
        (vec![("SYSOPS_DATABASE_URL", "mysql://x"), SECRET, loopback], "sqlite: or postgres:"),
        (vec![database, SECRET, loopback], "sync-server migrate"),
    ] {
        let output = ran(&["serve"], &env);
        assert!(!output.success && output.stderr.contains(word), "{env:?}: {}{}", output.stdout, output.stderr);
        assert!(!output.stderr.contains(SECRET.1), "no secret is shown: {}", output.stderr);
    }
    let helped = ran(&["serve", "--help"], &[SECRET]);
    assert!(helped.success && helped.stdout.contains("SYSOPS_TWILIO_FROM"), "{}", helped.stdout);
    assert!(!helped.stdout.contains(SECRET.1), "help shows no secret");
}

#[tokio::test]
async fn a_demo_begins_with_a_month_behind_it_whose_ledger_balances() {
    let server = Server::demo(&["--past", "30", "--seed", "3"]).await;
    server.assert_balanced();
    let said = server.check().stdout;
    let receipts = said.lines().find_map(|line| line.trim().strip_prefix("receipts"));
    let receipts: u32 = receipts.and_then(|n| n.trim_matches([':', '=', ' ']).parse().ok()).unwrap_or(0);
    assert!(receipts > 150, "{said}");
}

#[tokio::test]
async fn a_demo_says_who_can_sign_in_and_keeps_its_people() {
    let mut server = Server::demo(&[]).await;
    for role in ["admin", "agent"] {
        let person = server.sign_in(role);
        assert_eq!(sign_in(&server, &person.login, &person.password).await["role"], role);
    }
    let before = server.sign_in("admin");
    server.kill_9();
    server.up_again().await;
    assert_eq!(server.sign_in("admin"), before);
    assert_eq!(sign_in(&server, &before.login, &before.password).await["role"], "admin");
}
