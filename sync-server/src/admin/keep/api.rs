//! What admins look into, as JSON: notices, dead jobs, customers with import and export.

use super::bring::{Subject, bring};
use crate::audit;
use crate::customers::{Customer, Site as Place, api::document, import, store as customers};
use crate::db::{Error, Lane, Tx};
use crate::http::caller::RequireAdmin;
use crate::http::{Answer, Json, Refused, Site};
use crate::jobs;
use crate::notify::{self, NoticeState, plan::Channel};
use crate::sheet::Lines;
use crate::workforce::api::import::{How, csv_file, read_csv, said};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::ids::{CustomerId, JobId, NoticeId};
use shared::problem::{Problem, ProblemCode};

/// Rows on a page where no number is said, and at most.
const PAGE: i64 = 50;
const PAGE_MAX: i64 = 200;
/// Customers of one exported file, and of one read for it.
const EXPORT_MAX: usize = 50_000;
const EXPORT_READ: i64 = 500;

/// The routes.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/api/v1/admin/notices", get(notices))
        .route("/api/v1/admin/jobs", get(dead_jobs))
        .route("/api/v1/admin/jobs/{id}/retry", post(retry))
        .route("/api/v1/admin/customers", get(list_customers))
        .route("/api/v1/admin/import/customers", post(import_customers))
        .route("/api/v1/admin/export/customers", get(export_customers))
}

fn unknown(field: &str, words: &str) -> Refused {
    Problem::field(field, "unknown", format!("Choose one of: {words}.")).into()
}

/// What is asked of notices; empty is everything.
pub(super) fn notice_filter(state: &str, channel: &str, to: &str) -> Answer<notify::store::Filter> {
    let words = || NoticeState::ALL.map(NoticeState::word).join(", ");
    let state = match state {
        "" => None,
        word => Some(NoticeState::from_word(word).ok_or_else(|| unknown("state", &words()))?),
    };
    let channel = match channel {
        "" => None,
        word => Some(Channel::from_word(word).ok_or_else(|| unknown("channel", "push, sms, email, call"))?),
    };
    let to = Some(to.trim().to_owned()).filter(|to| !to.is_empty());
    // A number is kept in one form, however it is asked for.
    let to = to.map(|to| crate::phone::read(&to, crate::postal::HOME_COUNTRY).map_or(to, |phone| phone.to_string()));
    Ok(notify::store::Filter { state, channel, to })
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct WantedNotices {
    state: String,
    channel: String,
    to: String,
    before: Option<NoticeId>,
    limit: Option<i64>,
}

/// The rows of a page and the cursor of the next one.
fn paged<T, Id>(mut found: Vec<T>, limit: i64, id: impl Fn(&T) -> Id) -> (Vec<T>, Option<Id>) {
    let shown = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = found.len() > shown;
    found.truncate(shown);
    let next = found.last().filter(|_| more).map(id);
    (found, next)
}

async fn notices(
    State(site): State<Site>,
    _: RequireAdmin,
    Query(wanted): Query<WantedNotices>,
) -> Answer<Json<Value>> {
    let filter = notice_filter(&wanted.state, &wanted.channel, &wanted.to)?;
    let limit = wanted.limit.unwrap_or(PAGE).clamp(1, PAGE_MAX);
    let read = site.db.read(async move |conn| notify::store::list(conn, &filter, wanted.before, limit + 1).await);
    let (items, next) = paged(read.await?, limit, |notice| notice.id);
    Ok(Json(json!({ "items": items, "next": next })))
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct WantedJobs {
    state: Option<String>,
    before: Option<JobId>,
    limit: Option<i64>,
}

async fn dead_jobs(State(site): State<Site>, _: RequireAdmin, Query(wanted): Query<WantedJobs>) -> Answer<Json<Value>> {
    if wanted.state.as_deref().is_some_and(|state| state != "dead") {
        return Err(unknown("state", "dead"));
    }
    let limit = wanted.limit.unwrap_or(PAGE).clamp(1, PAGE_MAX);
    let read = site.db.read(async move |conn| jobs::dead_before(conn, wanted.before, limit + 1).await);
    let (found, next) = paged(read.await?, limit, |job| job.id);
    let shown = |job: &jobs::DeadJob| {
        json!({
            "id": job.id, "kind": job.kind, "subject": job.subject, "attempts": job.n_attempts, "why": job.why,
            "dead_at": job.dead_at,
        })
    };
    Ok(Json(json!({ "items": found.iter().map(shown).collect::<Vec<_>>(), "next": next })))
}

/// Brings a dead job back; it may run twice, which every job can.
pub(super) async fn retry(
    State(site): State<Site>,
    RequireAdmin(admin): RequireAdmin,
    Path(id): Path<JobId>,
) -> Answer<StatusCode> {
    let now = site.now();
    let back = async move |tx: &mut Tx| {
        let Some(job) = jobs::dead_job(tx, id).await? else { return Ok(false) };
        let is_back = jobs::retry_dead(tx, id).await?;
        let before = json!({ "kind": job.kind, "subject": job.subject, "why": job.why });
        audit::record(tx, admin.actor(), "job.retry", &format!("job:{id}"), Some(before), None, now).await?;
        Ok::<_, Error>(is_back)
    };
    let is_back = site.db.write(Lane::Desk, back).await?;
    if is_back { Ok(StatusCode::NO_CONTENT) } else { Err(Refused::new(ProblemCode::NotFound)) }
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct WantedCustomers {
    after: Option<CustomerId>,
    limit: Option<i64>,
}

async fn list_customers(
    State(site): State<Site>,
    _: RequireAdmin,
    Query(wanted): Query<WantedCustomers>,
) -> Answer<Json<Value>> {
    let limit = wanted.limit.unwrap_or(PAGE).clamp(1, PAGE_MAX);
    let read = site.db.read(async move |conn| customers::list(conn, wanted.after, limit + 1).await);
    let (found, next) = paged(read.await?, limit, |customer: &Customer| customer.id);
    Ok(Json(json!({ "items": found.iter().map(document).collect::<Vec<_>>(), "next": next })))
}

async fn import_customers(
    State(site): State<Site>,
    RequireAdmin(admin): RequireAdmin,
    Query(how): Query<How>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer<Response> {
    read_csv(&headers)?;
    let lines = if how.good_only { Lines::Good } else { Lines::All };
    let brought = bring(&site, admin.actor(), Subject::Customers, &body, lines, how.preview).await?;
    Ok(said(&brought, how.preview))
}

/// All customers with their addresses, one line for each address, in the form that the import reads.
async fn export_customers(State(site): State<Site>, _: RequireAdmin) -> Answer<Response> {
    let mut rows: Vec<(Customer, Option<Place>)> = Vec::new();
    let mut after = None;
    loop {
        let read = site.db.read(async move |conn| {
            let found = customers::list(conn, after, EXPORT_READ).await?;
            let mut rows = Vec::with_capacity(found.len());
            for customer in found {
                let place = customers::main_site(conn, customer.id).await?;
                rows.push((customer, place));
            }
            Ok::<_, Error>(rows)
        });
        let read = read.await?;
        let Some((last, _)) = read.last() else { break };
        after = Some(last.id);
        rows.extend(read);
        if rows.len() >= EXPORT_MAX {
            break;
        }
    }
    let text =
        import::write(rows.iter().map(|(customer, place)| (customer, place.as_ref()))).map_err(Refused::internal)?;
    Ok(csv_file("customers.csv", text))
}
