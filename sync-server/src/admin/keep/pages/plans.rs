//! Plans: what is sold. Who bought one keeps what it said then.

use super::{Came, back, frame, paged, wrong};
use crate::admin::keep::{body, came, number, seen, words};
use crate::http::caller::RequireAdmin;
use crate::http::{Answer, Query, Refused, Site};
use crate::plans::{Plan, api as calls, store};
use crate::web::form::{Choice, Form};
use crate::web::page;
use crate::web::records::{Cell, Input, Kind, Part, Record, Records, To};
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{Html, Response};
use axum::routing::get;
use serde_json::{Value, json};
use shared::ids::PlanId;
use shared::problem::ProblemCode;

pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/admin/plans", get(list).post(create))
        .route("/admin/plans/new", get(new))
        .route("/admin/plans/{id}", get(show).post(replace))
}

/// A price in whole units with two places, as people write it.
fn price(plan: &Plan) -> String {
    format!("{}.{:02}", plan.price.minor_units / 100, plan.price.minor_units % 100)
}

async fn list(State(site): State<Site>, _: RequireAdmin, Query(done): Query<Came>) -> Answer<Html<String>> {
    let plans = site.db.read(async |conn| store::plans(conn).await).await?;
    let row = |plan: &Plan| {
        vec![
            Cell::link(plan.name.as_str(), format!("/admin/plans/{}", plan.id)),
            Cell::number(&plan.slug),
            Cell::number(format!("{} {}", price(plan), plan.price.currency.code())),
            Cell::text(format!("{} months", plan.period_months)),
            Cell::text(format!("within {} h", plan.promise_hours)),
            if plan.active {
                Cell::state("on sale", "state good")
            } else {
                Cell::state("no longer sold", "state over")
            },
        ]
    };
    let (rows, next) = paged(plans.iter().map(row).collect(), &done, "/admin/plans");
    page(&Records {
        frame: frame(&site),
        title: "Plans".into(),
        lead: "What a customer bought keeps what the plan said then.".into(),
        said: done.said(),
        filters: Vec::new(),
        form: Form::new(),
        actions: vec![To::new("/admin/plans/new", "New plan")],
        columns: vec!["Name", "Word", "Price", "Period", "Somebody comes", "State"],
        rows,
        empty: "Nothing is sold yet.",
        next,
    })
}

fn inputs() -> Vec<Input> {
    vec![
        Input::line("name", "Name"),
        Input::line("price", "Price of a period").hint("Like 119.00"),
        Input::new(
            "currency",
            "Currency",
            Kind::Select(vec![Choice::new("USD", "US dollars"), Choice::new("EUR", "Euros")]),
        ),
        Input::new("period_months", "Months of a period", Kind::Line("number")).must().hint("1 to 60"),
        Input::new("sites", "Addresses that it covers", Kind::Line("number")).must(),
        Input::new("promise_hours", "Hours within which somebody comes", Kind::Line("number")).must(),
        Input::new("waiting_days", "Days before it covers anything", Kind::Line("number")),
        Input::new("categories", "Categories", Kind::Line("text")).hint("Their words, like: tv; phone. Empty is all."),
        Input::new("active", "On sale", Kind::Tick),
    ]
}

/// Minor units of a typed price; what is no price is sent as it is, so that the call refuses it.
fn minor_units(text: &str) -> Value {
    let text = text.trim().replace(',', ".");
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let read = (is_digits(whole) && is_digits(part) && part.len() <= 2 && !whole.is_empty() && whole.len() <= 9)
        .then(|| Some(whole.parse::<i64>().ok()? * 100 + format!("{part:0<2}").parse::<i64>().ok()?))
        .flatten();
    read.map_or_else(|| Value::String(text.clone()), Value::from)
}

fn document(form: &Form) -> Value {
    json!({
        "name": form.value("name"),
        "price": { "minor_units": minor_units(form.value("price")), "currency": form.value("currency") },
        "period_months": number(form, "period_months"),
        "categories": words(form.value("categories")),
        "sites": number(form, "sites"),
        "promise_hours": number(form, "promise_hours"),
        "waiting_days": if form.filled("waiting_days").is_some() { number(form, "waiting_days") } else { json!(0) },
        "active": form.filled("active").is_some(),
    })
}

fn record(site: &Site, title: &str, part: Part, links: Vec<To>, form: Form) -> Record {
    Record {
        frame: frame(site),
        title: title.into(),
        back: To::new("/admin/plans", "Plans"),
        said: String::new(),
        facts: Vec::new(),
        links,
        parts: vec![part],
        blocks: Vec::new(),
        form,
    }
}

fn new_page(site: &Site, form: Form) -> Record {
    let slug = Input::line("slug", "Word").hint("Small letters, digits and _, like home_plus. It never changes.");
    let part = Part::new("", "/admin/plans", "Add the plan", std::iter::once(slug).chain(inputs()).collect());
    record(site, "New plan", part, Vec::new(), form)
}

async fn new(State(site): State<Site>, _: RequireAdmin) -> Answer<Html<String>> {
    let form = Form::new().with("period_months", "12").with("sites", "1").with("promise_hours", "48");
    page(&new_page(&site, form.with("waiting_days", "0").with("currency", "USD").with("active", "1")))
}

async fn create(State(site): State<Site>, admin: RequireAdmin, mut form: Form) -> Answer<Response> {
    let mut document = document(&form);
    document["slug"] = json!(form.value("slug").trim());
    let made = match body(&document) {
        Ok(body) => calls::create(State(site.clone()), admin, body).await.map(drop),
        Err(refused) => Err(refused),
    };
    match came(made, &mut form)? {
        Some(()) => Ok(back("/admin/plans", "made")),
        None => wrong(&new_page(&site, form)),
    }
}

fn plan_page(site: &Site, plan: &Plan, form: Form) -> Record {
    let part = Part::new("", format!("/admin/plans/{}", plan.id), "Save", inputs()).with("ver", plan.ver);
    let links = vec![To::new(format!("/admin/audit?subject=plan:{}", plan.id), "What was changed")];
    record(site, plan.name.as_str(), part, links, form)
}

async fn read(site: &Site, id: PlanId) -> Answer<Plan> {
    let found = site.db.read(async move |conn| store::plan(conn, id).await).await?;
    found.ok_or_else(|| Refused::new(ProblemCode::NotFound))
}

async fn show(State(site): State<Site>, _: RequireAdmin, Path(id): Path<PlanId>) -> Answer<Html<String>> {
    let plan = read(&site, id).await?;
    let categories: Vec<&str> = plan.categories.iter().map(shared::text::Slug::as_str).collect();
    let form = Form::new()
        .with("name", plan.name.as_str())
        .with("price", price(&plan))
        .with("currency", plan.price.currency.code())
        .with("period_months", plan.period_months.to_string())
        .with("sites", plan.sites.to_string())
        .with("promise_hours", plan.promise_hours.to_string())
        .with("waiting_days", plan.waiting_days.to_string())
        .with("categories", categories.join("; "))
        .with("active", if plan.active { "1" } else { "" });
    page(&plan_page(&site, &plan, form))
}

async fn replace(
    State(site): State<Site>,
    admin: RequireAdmin,
    Path(id): Path<PlanId>,
    mut form: Form,
) -> Answer<Response> {
    let mut document = document(&form);
    document["ver"] = json!(seen(&form));
    let saved = match body(&document) {
        Ok(body) => calls::replace(State(site.clone()), admin, Path(id), body).await.map(drop),
        Err(refused) => Err(refused),
    };
    match came(saved, &mut form)? {
        Some(()) => Ok(back("/admin/plans", "saved")),
        None => wrong(&plan_page(&site, &read(&site, id).await?, form)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_read_as_people_write_it() {
        for (typed, expected) in [("119", json!(11_900)), ("119.5", json!(11_950)), (" 0,99 ", json!(99))] {
            assert_eq!(minor_units(typed), expected, "{typed}");
        }
        for wrong in ["", "-1", "1.234", "a", "1e3"] {
            assert!(minor_units(wrong).is_string(), "{wrong}");
        }
    }
}
