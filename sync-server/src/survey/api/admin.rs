//! What customers answered, for admins: the surveys one by one, and counted.

use super::super::results::{Results, csv, results};
use super::super::store;
use crate::db::Error;
use crate::http::caller::RequireAdmin;
use crate::http::paging;
use crate::http::{Answer, Json, Query, Site};
use crate::workforce;
use crate::workforce::api::import::csv_file;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;
use shared::ids::SurveyId;

/// Surveys on one page.
pub(in super::super) const PAGE_MAX: i64 = 50;
/// Surveys that are counted: the last ones.
const COUNTED_MAX: i64 = 50_000;
/// The days that are counted where none are said, and at most.
pub(in super::super) const DAYS: i64 = 90;
const DAYS_MAX: i64 = 3_650;

pub(super) fn routes() -> Router<Site> {
    Router::new().route("/api/v1/admin/surveys", get(list)).route("/api/v1/admin/surveys/results", get(counted))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Listing {
    #[serde(default)]
    cursor: Option<SurveyId>,
    #[serde(default)]
    limit: Option<i64>,
}

async fn list(State(site): State<Site>, _: RequireAdmin, Query(wanted): Query<Listing>) -> Answer<impl IntoResponse> {
    let (limit, before) = (paging::limit(wanted.limit), wanted.cursor);
    let found = site.db.read(async move |conn| store::list(conn, before, limit + 1).await).await?;
    paging::page(found, limit, |survey| survey.id).answer()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Days {
    #[serde(default)]
    days: Option<i64>,
    /// `json` or `csv`.
    #[serde(default)]
    format: Option<Format>,
}

/// What the results are answered as.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Format {
    Json,
    Csv,
}

async fn counted(State(site): State<Site>, _: RequireAdmin, Query(wanted): Query<Days>) -> Answer<Response> {
    let results = count(&site, wanted.days.unwrap_or(DAYS)).await?;
    Ok(match wanted.format {
        Some(Format::Csv) => csv_file("surveys.csv", csv(&results).into_bytes()),
        Some(Format::Json) | None => Json(results).into_response(),
    })
}

/// The results of so many days until now.
pub(in super::super) async fn count(site: &Site, days: i64) -> Result<Results, Error> {
    let since = site.now().plus_minutes(-days.clamp(1, DAYS_MAX) * 24 * 60);
    let read = site.db.read(async move |conn| {
        let rows = store::counted(conn, since, COUNTED_MAX).await?;
        Ok::<_, Error>((rows, workforce::store::skills(conn).await?))
    });
    let (rows, skills) = read.await?;
    let names = skills.into_iter().map(|skill| (skill.id, skill.name.to_string())).collect();
    Ok(results(&rows, &names))
}
