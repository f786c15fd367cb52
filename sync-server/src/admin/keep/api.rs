//! What admins look into, as JSON: notices, dead jobs, customers with import and export.

use super::bring::{Subject, bring};
use crate::accounts::{Person, store as accounts};
use crate::audit;
use crate::customers::{Customer, Site as Place, api::document, import, import_sites, store as customers};
use crate::db::{Error, Lane, Tx};
use crate::http::caller::RequireAdmin;
use crate::http::paging;
use crate::http::undone::Undone;
use crate::http::{Answer, Query, Refused, Site};
use crate::jobs;
use crate::notify::{self, NoticeState, plan::Channel};
use crate::plans;
use crate::workforce::api::import::{How, csv_file, read_csv, said};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::json;
use shared::ids::{CustomerId, JobId, NoticeId};
use shared::problem::{Problem, ProblemCode};

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
        .route("/api/v1/admin/import/sites", post(bring_sites_in))
        .route("/api/v1/admin/export/sites", get(export_sites))
        .route("/api/v1/admin/customers/{id}/activate", post(activate))
        .route("/api/v1/admin/customers/{id}/deactivate", post(deactivate))
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
    cursor: Option<NoticeId>,
    limit: Option<i64>,
}

async fn notices(
    State(site): State<Site>,
    _: RequireAdmin,
    Query(wanted): Query<WantedNotices>,
) -> Answer<impl IntoResponse> {
    let filter = notice_filter(&wanted.state, &wanted.channel, &wanted.to)?;
    let limit = paging::limit(wanted.limit);
    let read = site.db.read(async move |conn| notify::store::list(conn, &filter, wanted.cursor, limit + 1).await);
    paging::page(read.await?, limit, |notice| notice.id).answer()
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct WantedJobs {
    state: Option<String>,
    cursor: Option<JobId>,
    limit: Option<i64>,
}

async fn dead_jobs(
    State(site): State<Site>,
    _: RequireAdmin,
    Query(wanted): Query<WantedJobs>,
) -> Answer<impl IntoResponse> {
    if wanted.state.as_deref().is_some_and(|state| state != "dead") {
        return Err(unknown("state", "dead"));
    }
    let limit = paging::limit(wanted.limit);
    let read = site.db.read(async move |conn| jobs::dead_before(conn, wanted.cursor, limit + 1).await);
    let shown = |job: jobs::DeadJob| {
        json!({
            "id": job.id, "kind": job.kind, "subject": job.subject, "attempts": job.n_attempts, "why": job.why,
            "dead_at": job.dead_at,
        })
    };
    paging::page(read.await?, limit, |job| job.id).map(shown).answer()
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
    cursor: Option<CustomerId>,
    limit: Option<i64>,
}

async fn list_customers(
    State(site): State<Site>,
    _: RequireAdmin,
    Query(wanted): Query<WantedCustomers>,
) -> Answer<impl IntoResponse> {
    let limit = paging::limit(wanted.limit);
    let read = site.db.read(async move |conn| customers::list(conn, wanted.cursor, limit + 1).await);
    paging::page(read.await?, limit, |customer: &Customer| customer.id).map(|customer| document(&customer)).answer()
}

async fn import_customers(
    State(site): State<Site>,
    RequireAdmin(admin): RequireAdmin,
    Query(how): Query<How>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer<Response> {
    read_csv(&headers)?;
    let brought = bring(&site, admin.actor(), Subject::Customers, &body, how.lines(), &how.purpose()).await?;
    Ok(said(&brought, how.preview))
}

async fn bring_sites_in(
    State(site): State<Site>,
    RequireAdmin(admin): RequireAdmin,
    Query(how): Query<How>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer<Response> {
    read_csv(&headers)?;
    let brought = bring(&site, admin.actor(), Subject::Sites, &body, how.lines(), &how.purpose()).await?;
    Ok(said(&brought, how.preview))
}

/// Every address in use, in the form that the import reads.
async fn export_sites(State(site): State<Site>, _: RequireAdmin) -> Answer<Response> {
    let mut rows: Vec<(Customer, Place)> = Vec::new();
    let mut after = None;
    while rows.len() < EXPORT_MAX {
        let read = site.db.read(async move |conn| {
            let found = customers::list(conn, after, EXPORT_READ).await?;
            let mut rows = Vec::new();
            for customer in &found {
                for place in customers::sites_of(conn, customer.id).await? {
                    rows.push((customer.clone(), place));
                }
            }
            Ok::<_, Error>((found.last().map(|last| last.id), rows))
        });
        let (last, read) = read.await?;
        rows.extend(read);
        if last.is_none() {
            break;
        }
        after = last;
    }
    let text =
        import_sites::write(rows.iter().map(|(customer, place)| (customer, place))).map_err(Refused::internal)?;
    Ok(csv_file("sites.csv", text))
}

/// Lets a customer sign in and file again.
pub(super) async fn activate(site: State<Site>, admin: RequireAdmin, id: Path<CustomerId>) -> Answer<StatusCode> {
    switch(site, admin, id, true).await
}

/// Keeps a customer from signing in and filing. Open tickets go on; a plan that is still charged must end first.
pub(super) async fn deactivate(site: State<Site>, admin: RequireAdmin, id: Path<CustomerId>) -> Answer<StatusCode> {
    switch(site, admin, id, false).await
}

async fn switch(
    State(site): State<Site>,
    RequireAdmin(admin): RequireAdmin,
    Path(id): Path<CustomerId>,
    active: bool,
) -> Answer<StatusCode> {
    let (now, real_now) = (site.now(), site.real_now());
    let switched = async move |tx: &mut Tx| {
        let known = customers::lock(tx, id).await?.filter(|known| known.forgotten_at.is_none());
        let known = known.ok_or_else(|| Undone::from(ProblemCode::NotFound))?;
        let bought = plans::store::entitlements_of(tx, id).await?;
        if !active && bought.iter().any(|one| one.renews && matches!(one.state.word(), "active" | "grace")) {
            let detail = "A plan of this customer goes on and will be charged. End the plan first.";
            return Err(Problem::with(ProblemCode::Conflict, detail).into());
        }
        if customers::set_active(tx, id, active).await? {
            accounts::set_active(tx, Person::Customer(id), active, real_now).await?;
            let (old, new) = (json!({ "active": known.active }), json!({ "active": active }));
            audit::record(tx, admin.actor(), "customer.active", &format!("customer:{id}"), Some(old), Some(new), now)
                .await?;
        }
        Ok::<_, Undone>(())
    };
    site.db.write(Lane::Desk, switched).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// All customers with their first address, in the form that the import reads.
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
