//! The reports as JSON. Shares are in thousandths; `days` says how far a report looks back.

use super::figures::{self, Figure};
use super::{Step, Window, first_visit, revenue, wrong_expert};
use crate::http::caller::RequireAdmin;
use crate::http::{Answer, Json, Query, Refused, Site};
use crate::workforce::api::import::csv_file;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;
use serde_json::{Value, json};
use shared::problem::ProblemCode;

/// The routes.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/api/v1/admin/reports/first-visit-fix", get(first_visit_fix))
        .route("/api/v1/admin/reports/{name}", get(figure))
        .route("/api/v1/admin/reports/wrong-expert", get(wrong))
        .route("/api/v1/admin/reports/revenue", get(money))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// 1 to 366; 30 where none are named.
    #[serde(default)]
    days: Option<i64>,
    /// `json` or `csv`.
    #[serde(default)]
    format: Option<Format>,
}

/// What a report is answered as.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Format {
    Json,
    Csv,
}

/// The report as it was asked for.
fn answer(wanted: &Wanted, name: &str, csv: impl FnOnce() -> String, json: impl FnOnce() -> Value) -> Response {
    match wanted.format {
        Some(Format::Csv) => csv_file(&format!("{name}.csv"), csv().into_bytes()),
        Some(Format::Json) | None => Json(json()).into_response(),
    }
}

/// A figure by days.
async fn figure(
    State(site): State<Site>,
    _: RequireAdmin,
    Path(name): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Answer<Response> {
    let figure = Figure::from_word(&name).ok_or_else(|| Refused::new(ProblemCode::NotFound))?;
    let window = Window::last(wanted.days, site.now());
    let report = site.db.read(async move |conn| figures::read(conn, figure, window, Step::Day).await).await?;
    let json = || json!({ "from": window.from, "until": window.until, "report": report });
    Ok(answer(&wanted, &name, || figures::csv(figure, &report), json))
}

async fn first_visit_fix(State(site): State<Site>, _: RequireAdmin, Query(wanted): Query<Wanted>) -> Answer<Response> {
    let window = Window::last(wanted.days, site.now());
    let report = site.db.read(async move |conn| first_visit::read(conn, window).await).await?;
    let json = || json!({ "from": window.from, "until": window.until, "report": report });
    Ok(answer(&wanted, "first-visit-fix", || first_visit::csv(&report), json))
}

async fn wrong(State(site): State<Site>, _: RequireAdmin, Query(wanted): Query<Wanted>) -> Answer<Response> {
    let window = Window::last(wanted.days, site.now());
    let items = site.db.read(async move |conn| wrong_expert::read(conn, window).await).await?;
    let json = || json!({ "from": window.from, "until": window.until, "items": items });
    Ok(answer(&wanted, "wrong-expert", || wrong_expert::csv(&items), json))
}

async fn money(State(site): State<Site>, _: RequireAdmin, Query(wanted): Query<Wanted>) -> Answer<Response> {
    let window = Window::last(wanted.days, site.now());
    let report = site.db.read(async move |conn| revenue::read(conn, window, Step::Day).await).await?;
    let json = || json!({ "from": window.from, "until": window.until, "report": report });
    Ok(answer(&wanted, "revenue", || revenue::csv(&report), json))
}
