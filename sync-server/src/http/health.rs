//! What monitors and balancers ask: `/healthz` (the process lives), `/readyz` (it can do its work now), `/metrics`.
//!
//! None of them says anything about people or tickets. Metrics are for this machine and for admins: queue lengths tell a
//! stranger when we are weak.

use super::caller::RequireAdmin;
use super::client::ClientAddress;
use super::json::Json;
use super::refused::{Answer, Refused};
use super::site::Site;
use crate::db::{Error, Migrated};
use crate::jobs;
use axum::extract::{Extension, State};
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::{Router, get};
use serde_json::json;
use shared::problem::ProblemCode;
use std::fmt::Write as _;
use std::time::Duration;

/// A balancer takes a server out that has not answered by then.
const READY_WITHIN: Duration = Duration::from_secs(2);

/// The routes.
pub fn routes() -> Router<Site> {
    Router::new().route("/healthz", get(healthz)).route("/readyz", get(readyz)).route("/metrics", get(metrics))
}

async fn healthz() -> &'static str {
    "ok"
}

async fn readyz(State(site): State<Site>) -> Answer<impl IntoResponse> {
    let migrated = tokio::time::timeout(READY_WITHIN, site.db.is_migrated()).await.unwrap_or(Err(Error::TooSlow));
    match migrated {
        Ok(Migrated::Yes) => Ok(Json(json!({ "ready": true }))),
        Ok(Migrated::Behind(_)) => {
            Err(Refused::with(ProblemCode::Unavailable, "The database is older than this program: run migrate."))
        }
        Ok(Migrated::Ahead) => Err(Refused::with(ProblemCode::Unavailable, "The database is newer than this program.")),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            Err(Refused::with(ProblemCode::Unavailable, "The database does not answer."))
        }
    }
}

async fn metrics(
    State(site): State<Site>,
    address: Option<Extension<ClientAddress>>,
    admin: Result<RequireAdmin, Refused>,
) -> Answer<impl IntoResponse> {
    let local = address.is_some_and(|Extension(ClientAddress(address))| address.is_loopback());
    if !local {
        admin?;
    }
    let backlog = site.db.read(jobs::backlog).await?;
    let stats = site.db.stats();
    let mut text = String::new();
    let mut counter = |name: &str, help: &str, value: u64| {
        let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} counter\n{name} {value}\n");
    };
    counter("sysops_db_commits_total", "Commits of the writer.", stats.commits());
    counter("sysops_db_writes_total", "Closures committed.", stats.writes());
    counter("sysops_db_reruns_total", "Closures run again after a collision.", stats.reruns());
    text.push_str("# HELP sysops_jobs Jobs in the table.\n# TYPE sysops_jobs gauge\n");
    for row in &backlog {
        let _ = writeln!(text, "sysops_jobs{{kind=\"{}\",state=\"{}\"}} {}", row.kind, row.state, row.n_jobs);
    }
    text.push_str("# HELP sysops_jobs_first_due_seconds Age of the oldest due job.\n");
    text.push_str("# TYPE sysops_jobs_first_due_seconds gauge\n");
    let now = site.now();
    for row in backlog.iter().filter(|row| row.state != "dead") {
        let seconds = now.millis_since(row.first_due_at).max(0) / 1_000;
        let labels = format!("kind=\"{}\",state=\"{}\"", row.kind, row.state);
        let _ = writeln!(text, "sysops_jobs_first_due_seconds{{{labels}}} {seconds}");
    }
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text))
}
