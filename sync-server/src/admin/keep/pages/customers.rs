//! Customers for admins: the list, and what they bought or were granted. A caller's page of the desk shows the rest.

use super::{Came, back, frame, local, wrong};
use crate::admin::keep::{api as customer_calls, body, came};
use crate::customers::{Customer, store};
use crate::db::Error;
use crate::http::caller::RequireAdmin;
use crate::http::{Answer, Query, Refused, Site};
use crate::plans::{self, Entitlement, Plan, api as calls};
use crate::web::form::{Choice, Form};
use crate::web::page;
use crate::web::records::{Block, Cell, Input, Kind, Part, Record, Records, To, address};
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{Html, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::json;
use shared::ids::{CustomerId, EntitlementId};
use shared::problem::ProblemCode;

pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/admin/customers", get(list))
        .route("/admin/customers/{id}", get(show))
        .route("/admin/customers/{id}/grant", post(grant))
        .route("/admin/customers/{id}/cancel/{entitlement}", post(cancel))
        .route("/admin/customers/{id}/switch", post(switch))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    q: String,
    after: Option<CustomerId>,
}

async fn list(State(site): State<Site>, _: RequireAdmin, Query(wanted): Query<Wanted>) -> Answer<Html<String>> {
    let (q, after) = (wanted.q.clone(), wanted.after);
    let read = site.db.read(async move |conn| {
        if q.trim().is_empty() {
            store::list(conn, after, super::PAGE + 1).await
        } else {
            store::search(conn, &q, super::PAGE).await
        }
    });
    let mut found: Vec<Customer> = read.await?;
    let shown = usize::try_from(super::PAGE).unwrap_or(usize::MAX);
    let more = found.len() > shown;
    found.truncate(shown);
    let next = found.last().filter(|_| more).map(|one| one.id.to_string());
    let row = |one: &Customer| {
        vec![
            Cell::link(one.name.as_str(), format!("/admin/customers/{}", one.id)),
            Cell::text(crate::phone::show(&one.phone)),
            Cell::text(one.email.as_ref().map_or("", |email| email.as_str())),
            Cell::text(one.notify_by.word()),
            Cell::active(one.active),
        ]
    };
    page(&Records {
        frame: frame(&site),
        title: "Customers".into(),
        lead: String::new(),
        said: String::new(),
        filters: vec![Input::new("q", "Name, phone or e-mail", Kind::Line("search"))],
        form: Form::new().with("q", &*wanted.q),
        actions: vec![
            To::new("/desk/callers/new", "New customer"),
            To::new("/admin/import/customers", "Import a file"),
            To::new("/api/v1/admin/export/customers", "Save as a file"),
            To::new("/admin/import/sites", "Import addresses"),
            To::new("/api/v1/admin/export/sites", "Save addresses as a file"),
        ],
        columns: vec!["Name", "Phone", "E-mail", "Hears by", "State"],
        rows: found.iter().map(row).collect(),
        empty: "No customer is like this.",
        next: next.map(|id| address("/admin/customers", &[("after", &id)])),
    })
}

struct Whole {
    customer: Customer,
    bought: Vec<Entitlement>,
    plans: Vec<Plan>,
}

async fn whole(site: &Site, id: CustomerId) -> Answer<Whole> {
    let read = site.db.read(async move |conn| {
        let Some(customer) = store::customer(conn, id).await? else { return Ok(None) };
        let bought = plans::store::entitlements_of(conn, id).await?;
        Ok::<_, Error>(Some(Whole { customer, bought, plans: plans::store::plans(conn).await? }))
    });
    read.await?.ok_or_else(|| Refused::new(ProblemCode::NotFound))
}

/// Plans that were bought, on the page of a customer, the one that ends last first; the document has them all.
const BOUGHT_SHOWN: usize = 50;

fn customer_page(site: &Site, whole: &Whole, form: Form, said: String) -> Record {
    let Whole { customer, bought, plans } = whole;
    let name = |one: &Entitlement| {
        plans.iter().find(|plan| plan.id == one.plan).map_or_else(|| "a plan".to_owned(), |plan| plan.name.to_string())
    };
    let on_sale = plans.iter().filter(|plan| plan.active);
    let choices = on_sale.map(|plan| Choice::new(plan.slug.as_str(), plan.name.as_str())).collect();
    let path = format!("/admin/customers/{}", customer.id);
    let mut parts = vec![
        Part::new(
            "Grant a plan",
            format!("{path}/grant"),
            "Grant it",
            vec![
                Input::new("plan", "Plan", Kind::Select(choices)),
                Input::line("reason", "Why").hint("Somebody may ask for years."),
            ],
        )
        .lead("It begins now, for one period. What waits for a plan starts by itself."),
    ];
    parts.extend(bought.iter().filter(|one| matches!(one.state.word(), "active" | "grace")).map(|one| {
        Part::button(format!("{path}/cancel/{}", one.id), "End it now", "bad").lead(format!(
            "{}, until {}",
            name(one),
            local(&customer.zone, one.until_at)
        ))
    }));
    if customer.forgotten_at.is_none() {
        let (button, class, lead) = if customer.active {
            ("Switch off", "bad", "Can then neither sign in nor report a problem. Open tickets go on.")
        } else {
            ("Switch on", "", "Switched off: can neither sign in nor report a problem.")
        };
        let to = if customer.active { "" } else { "1" };
        parts.push(Part::button(format!("{path}/switch"), button, class).lead(lead).with("active", to));
    }
    let row = |one: &Entitlement| {
        vec![
            Cell::text(name(one)),
            Cell::text(one.state.word()),
            Cell::text(customer.zone.show(one.from_at, "%Y-%m-%d")),
            Cell::text(customer.zone.show(one.until_at, "%Y-%m-%d")),
            Cell::text(one.reason.as_ref().map_or("", |reason| reason.as_str())),
        ]
    };
    Record {
        frame: frame(site),
        title: customer.name.to_string(),
        back: To::new("/admin/customers", "Customers"),
        said,
        facts: vec![
            ("Phone", crate::phone::show(&customer.phone)),
            ("E-mail", customer.email.as_ref().map_or_else(|| "none".to_owned(), ToString::to_string)),
            ("Zone", customer.zone.name().to_owned()),
        ],
        links: vec![
            To::new(format!("/desk/callers/{}", customer.id), "At a glance"),
            To::new(format!("/admin/charges?customer={}", customer.id), "Payments"),
            To::new(format!("/admin/audit?subject=customer:{}", customer.id), "What was changed"),
        ],
        parts,
        blocks: vec![Block {
            heading: "Plans",
            columns: vec!["Plan", "State", "From", "Until", "Granted because"],
            rows: bought.iter().take(BOUGHT_SHOWN).map(row).collect(),
            empty: "None was ever bought or granted.",
        }],
        form,
    }
}

async fn show(
    State(site): State<Site>,
    _: RequireAdmin,
    Path(id): Path<CustomerId>,
    Query(done): Query<Came>,
) -> Answer<Html<String>> {
    page(&customer_page(&site, &whole(&site, id).await?, Form::new(), done.said()))
}

async fn grant(
    State(site): State<Site>,
    admin: RequireAdmin,
    Path(id): Path<CustomerId>,
    mut form: Form,
) -> Answer<Response> {
    let document = json!({ "plan": form.value("plan"), "reason": form.value("reason") });
    let granted = match body(&document) {
        Ok(body) => calls::grant(State(site.clone()), admin, Path(id), body).await.map(drop),
        Err(refused) => Err(refused),
    };
    match came(granted, &mut form)? {
        Some(()) => Ok(back(&format!("/admin/customers/{id}"), "made")),
        None => wrong(&customer_page(&site, &whole(&site, id).await?, form, String::new())),
    }
}

async fn switch(
    State(site): State<Site>,
    admin: RequireAdmin,
    Path(id): Path<CustomerId>,
    mut form: Form,
) -> Answer<Response> {
    let switched = if form.value("active").is_empty() {
        customer_calls::deactivate(State(site.clone()), admin, Path(id)).await
    } else {
        customer_calls::activate(State(site.clone()), admin, Path(id)).await
    };
    match came(switched, &mut form)? {
        Some(_) => Ok(back(&format!("/admin/customers/{id}"), "saved")),
        None => wrong(&customer_page(&site, &whole(&site, id).await?, form, String::new())),
    }
}

async fn cancel(
    State(site): State<Site>,
    admin: RequireAdmin,
    Path((id, entitlement)): Path<(CustomerId, EntitlementId)>,
    mut form: Form,
) -> Answer<Response> {
    let ended = calls::cancel(State(site.clone()), admin, Path((id, entitlement))).await.map(drop);
    match came(ended, &mut form)? {
        Some(()) => Ok(back(&format!("/admin/customers/{id}"), "saved")),
        None => wrong(&customer_page(&site, &whole(&site, id).await?, form, String::new())),
    }
}
