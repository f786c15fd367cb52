//! Plans and entitlements as JSON. What is sold is public; who keeps it and who grants it is an admin.

use super::store;
use super::{Entitlement, NewEntitlement, Plan};
use crate::audit;
use crate::customers::store as customers;
use crate::db::{Error, Lane, Tx};
use crate::http::caller::{RequireAdmin, RequireCustomer};
use crate::http::paging::{self, Page, Paging};
use crate::http::undone::{Undone, refuse_stale};
use crate::http::{Answer, Json, Query, Refused, Site};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{Router, get};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::ids::{CustomerId, EntitlementId, PlanId};
use shared::money::Money;
use shared::problem::{Problem, ProblemCode};
use shared::text::{Name, Reason, Slug};
use shared::time::Timestamp;

/// The routes.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/api/v1/plans", get(sold))
        .route("/api/v1/me/entitlements", get(own))
        .route("/api/v1/admin/plans", get(list).post(create))
        .route("/api/v1/admin/plans/{id}", get(read).put(replace))
        .route("/api/v1/admin/customers/{id}/entitlements", get(of_customer).post(grant))
        .route("/api/v1/admin/customers/{id}/entitlements/{entitlement}/cancel", axum::routing::post(cancel))
}

fn shown(value: &impl Serialize) -> Result<Value, Error> {
    serde_json::to_value(value).map_err(|error| Error::Bug(format!("a line of the audit: {error}")))
}

async fn sold(State(site): State<Site>, Query(asked): Query<Paging>) -> Answer<impl IntoResponse> {
    let mut all = site.db.read(async |conn| store::plans(conn).await).await?;
    all.retain(|plan| plan.active);
    paging::cut(all, &asked, |plan| plan.id)?.answer()
}

async fn list(State(site): State<Site>, _: RequireAdmin, Query(asked): Query<Paging>) -> Answer<impl IntoResponse> {
    let all = site.db.read(async |conn| store::plans(conn).await).await?;
    paging::cut(all, &asked, |plan| plan.id)?.answer()
}

async fn read(State(site): State<Site>, _: RequireAdmin, Path(id): Path<PlanId>) -> Answer<Json<Plan>> {
    let found = site.db.read(async move |conn| store::plan(conn, id).await).await?;
    found.map(Json).ok_or_else(|| Refused::new(ProblemCode::NotFound))
}

/// What a plan says.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlanBody {
    /// Only when it is made.
    #[serde(default)]
    slug: Option<Slug>,
    name: Name,
    price: Money,
    period_months: u32,
    /// None means all.
    #[serde(default)]
    categories: Vec<Slug>,
    sites: u32,
    promise_hours: u32,
    #[serde(default)]
    waiting_days: u32,
    #[serde(default = "yes")]
    active: bool,
    /// The version that was seen.
    #[serde(default)]
    ver: Option<i64>,
}

fn yes() -> bool {
    true
}

impl PlanBody {
    fn plan(self, id: PlanId, slug: Slug, ver: i64) -> Result<Plan, Problem> {
        let mut faults = crate::faults::Faults::default();
        let ranges = [
            ("period_months", self.period_months, 1..=60),
            ("sites", self.sites, 1..=1_000),
            ("promise_hours", self.promise_hours, 1..=720),
            ("waiting_days", self.waiting_days, 0..=365),
        ];
        for (field, number, range) in ranges {
            if !range.contains(&number) {
                faults.add(field, "range", format!("write {} to {}", range.start(), range.end()));
            }
        }
        if self.price.minor_units < 0 {
            faults.add("price.minor_units", "range", "a price is not below nought");
        }
        if !faults.is_empty() {
            return Err(Problem::fields(faults.into_errors()));
        }
        let Self { name, price, period_months, categories, sites, promise_hours, waiting_days, active, .. } = self;
        Ok(Plan { id, slug, name, price, period_months, categories, sites, promise_hours, waiting_days, active, ver })
    }
}

pub(crate) async fn create(
    State(site): State<Site>,
    RequireAdmin(admin): RequireAdmin,
    Json(body): Json<PlanBody>,
) -> Answer<impl IntoResponse> {
    let slug = body.slug.clone();
    let slug = slug.ok_or_else(|| Problem::field("slug", "required", "Give the plan a word, like home_plus."))?;
    let plan = body.plan(site.new_id(), slug, 1)?;
    let (kept, now) = (plan.clone(), site.now());
    let created = async move |tx: &mut Tx| {
        if !store::create_plan(tx, &kept).await? {
            let message = "This word is taken. Choose another one, or change the plan that has it.";
            let problem = Problem::new(ProblemCode::Conflict).and_field("slug", "taken", message);
            return Err(Undone::from(problem));
        }
        let subject = format!("plan:{}", kept.id);
        audit::record(tx, admin.actor(), "plan.create", &subject, None, Some(shown(&kept)?), now).await?;
        Ok::<_, Undone>(())
    };
    site.db.write(Lane::Desk, created).await?;
    Ok((StatusCode::CREATED, Json(plan)))
}

pub(crate) async fn replace(
    State(site): State<Site>,
    RequireAdmin(admin): RequireAdmin,
    Path(id): Path<PlanId>,
    Json(body): Json<PlanBody>,
) -> Answer<impl IntoResponse> {
    let now = site.now();
    let edited = async move |tx: &mut Tx| {
        let before = store::plan(tx, id).await?.ok_or_else(|| Undone::from(ProblemCode::NotFound))?;
        refuse_stale(body.ver, before.ver)?;
        if body.slug.as_ref().is_some_and(|slug| *slug != before.slug) {
            let message = "A plan's word never changes; make another plan.";
            return Err(Problem::field("slug", "fixed", message).into());
        }
        let mut plan = body.clone().plan(id, before.slug.clone(), before.ver)?;
        if !store::put_plan(tx, &plan).await? {
            return Err(ProblemCode::Stale.into());
        }
        plan.ver += 1;
        let (old, new) = (Some(shown(&before)?), Some(shown(&plan)?));
        audit::record(tx, admin.actor(), "plan.replace", &format!("plan:{id}"), old, new, now).await?;
        Ok::<_, Undone>(plan)
    };
    Ok(Json(site.db.write(Lane::Desk, edited).await?))
}

async fn entitlements(site: &Site, customer: CustomerId, asked: &Paging) -> Answer<Json<Page<Entitlement>>> {
    let all = site.db.read(async move |conn| store::entitlements_of(conn, customer).await).await?;
    paging::cut(all, asked, |entitlement| entitlement.id)?.answer()
}

async fn own(
    State(site): State<Site>,
    RequireCustomer(id): RequireCustomer,
    Query(asked): Query<Paging>,
) -> Answer<impl IntoResponse> {
    entitlements(&site, id, &asked).await
}

async fn of_customer(
    State(site): State<Site>,
    _: RequireAdmin,
    Path(id): Path<CustomerId>,
    Query(asked): Query<Paging>,
) -> Answer<impl IntoResponse> {
    entitlements(&site, id, &asked).await
}

/// A grant. Somebody may ask why for years, so the reason must be there.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GrantBody {
    plan: Slug,
    #[serde(default)]
    from: Option<Timestamp>,
    #[serde(default)]
    until: Option<Timestamp>,
    reason: Reason,
}

pub(crate) async fn grant(
    State(site): State<Site>,
    RequireAdmin(admin): RequireAdmin,
    Path(customer): Path<CustomerId>,
    Json(body): Json<GrantBody>,
) -> Answer<impl IntoResponse> {
    let (id, now): (EntitlementId, _) = (site.new_id(), site.now());
    let granted = async move |tx: &mut Tx| {
        let owner = customers::lock(tx, customer).await?.ok_or_else(|| Undone::from(ProblemCode::NotFound))?;
        let plan = store::plan_by_slug(tx, &body.plan).await?.filter(|plan| plan.active);
        let plan = plan.ok_or_else(|| {
            Undone::from(Problem::field("plan", "unknown", format!("There is no plan {} on sale.", body.plan)))
        })?;
        let from_at = body.from.unwrap_or(now);
        let until_at = body.until.unwrap_or_else(|| owner.zone.months_later(from_at, plan.period_months));
        if until_at <= from_at {
            return Err(Problem::field("until", "order", "It ends after it begins.").into());
        }
        let reason = Some(body.reason.clone());
        let new = NewEntitlement { id, customer, plan: plan.id, from_at, until_at, reason, grace_until_at: None };
        let granted = store::grant(tx, new, now).await?.ok_or_else(|| Undone::from(ProblemCode::NotFound))?;
        let subject = format!("customer:{customer}");
        audit::record(tx, admin.actor(), "entitlement.grant", &subject, None, Some(shown(&granted)?), now).await?;
        Ok::<Entitlement, Undone>(granted)
    };
    Ok((StatusCode::CREATED, Json(site.db.write(Lane::Desk, granted).await?)))
}

pub(crate) async fn cancel(
    State(site): State<Site>,
    RequireAdmin(admin): RequireAdmin,
    Path((customer, id)): Path<(CustomerId, EntitlementId)>,
) -> Answer<impl IntoResponse> {
    let now = site.now();
    let cancelled = async move |tx: &mut Tx| {
        let before = store::entitlement(tx, id).await?.filter(|before| before.customer == customer);
        let before = before.ok_or_else(|| Undone::from(ProblemCode::NotFound))?;
        if !store::cancel(tx, id).await? {
            let detail = "This entitlement has ended already.";
            return Err(Problem::with(ProblemCode::AlreadySettled, detail).into());
        }
        let after = store::entitlement(tx, id).await?;
        let (old, new) = (Some(shown(&before)?), after.as_ref().map(shown).transpose()?);
        audit::record(tx, admin.actor(), "entitlement.cancel", &format!("customer:{customer}"), old, new, now).await?;
        Ok::<_, Undone>(after)
    };
    let after = site.db.write(Lane::Desk, cancelled).await?;
    after.map(Json).ok_or_else(|| Refused::new(ProblemCode::NotFound))
}

#[cfg(test)]
mod tests;
