//! Reporting a problem, guided: what kind of product (or one that was reported before), what is wrong, then what may
//! help at once, and only then the report. Each step is an address of its own, so the back button works and nothing is
//! kept between them.
//!
//! Where there is danger, nobody is told to try anything: the advice comes first and the report is urgent. What was typed
//! stays on the page whatever goes wrong, under the same key, so that sending it again cannot make two tickets.

use super::super::{Filed, Filer, Refusal, Typed, TypedProduct, file, read, times};
use super::times::Day;
use super::words::now_in_words;
use super::{choose, customer, frame, pictures, refuse_fields};
use crate::banners::pages::above;
use crate::customers::{self, Site as Place};
use crate::db::Error;
use crate::http::caller::Caller;
use crate::http::idempotency::{IdempotencyKey, body_hash};
use crate::http::{Answer, Query, Refused, Site};
use crate::knowledge::{Article, Asked as Search, Audience, api::find};
use crate::tickets::{Ticket, store};
use crate::web::cut::weight;
use crate::web::form::{Choice, Form, PICTURES_BYTES_MAX};
use crate::web::frame::Frame;
use crate::web::most::Most;
use crate::web::page;
use crate::workforce::{Category, Symptom};
use crate::{plans, workforce};
use askama::Template;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{Router, get};
use serde::Deserialize;
use shared::ids::CustomerId;
use shared::problem::{Problem, ProblemCode};
use shared::time::Zone;

/// Products of earlier tickets that are offered again.
const PRODUCTS_MAX: i64 = 6;
/// Articles that are shown before sending: who wants more finds the help pages.
const FIXES_MAX: usize = 3;
/// What they weigh, what the open tickets about the same weigh, and addresses without an expert near that are named.
const FIXES_BYTES_MAX: usize = 16_000;
const SAME_BYTES_MAX: usize = 6_000;
const FAR_MAX: usize = 5;
/// Open tickets that are compared with what is reported.
const OPEN_MAX: i64 = 50;
/// The symptom of who is not sure.
const NOT_SURE: &str = "none";

pub(super) fn routes() -> Router<Site> {
    Router::new().route("/tickets/new", get(step).post(send).layer(DefaultBodyLimit::max(PICTURES_BYTES_MAX)))
}

/// How far somebody is, as the address says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    category: String,
    make: String,
    model: String,
    symptom: String,
    /// The form of the second step was sent.
    step: String,
}

async fn step(State(site): State<Site>, caller: Caller, Query(asked): Query<Asked>) -> Answer<Response> {
    let who = customer(&caller)?;
    let categories = site.db.read(async |conn| workforce::store::categories(conn).await).await?;
    let Some(category) = categories.iter().find(|one| one.slug.as_str() == asked.category).cloned() else {
        return Ok(kinds(&site, &caller, who, categories).await?.into_response());
    };
    let symptom = category.symptoms.iter().find(|one| one.slug.as_str() == asked.symptom).cloned();
    let form = Form::new().with("make", asked.make.trim()).with("model", asked.model.trim());
    if symptom.is_none() && asked.symptom != NOT_SURE {
        let frame = above(&site, frame(&site, "/tickets/new", Some(&caller)), who).await?;
        return what_is_wrong(frame, category, form, !asked.step.is_empty());
    }
    let key = site.new_id::<shared::ids::of::Ticket>().to_string();
    let form = form.with("key", key).with("symptom", symptom.as_ref().map_or("", |one| one.slug.as_str()));
    Ok(report_page(&site, &caller, who, form, category).await?.into_response())
}

// ── what kind of product ──

/// A product that was reported before.
struct Known {
    label: String,
    to: String,
}

#[derive(Template)]
#[template(path = "intake/category.html")]
struct CategoryPage {
    frame: Frame,
    categories: Vec<Category>,
    known: Vec<Known>,
    covered: bool,
}

async fn kinds(site: &Site, caller: &Caller, who: CustomerId, categories: Vec<Category>) -> Answer<Html<String>> {
    let now = site.now();
    let read = site.db.read(async move |conn| {
        let plans = plans::store::entitlements_of(conn, who).await?;
        Ok::<_, Error>((plans, store::products_of(conn, who, PRODUCTS_MAX).await?))
    });
    let (plans, products) = read.await?;
    let covered = plans.iter().any(|plan| plan.from_at <= now && now < plan.until_at);
    let known = products.into_iter().filter_map(|product| {
        let category = categories.iter().find(|one| one.slug == product.category)?;
        let name: Vec<String> =
            [&product.make, &product.model].into_iter().flatten().map(ToString::to_string).collect();
        let label = format!("{} ({})", name.join(" "), category.label);
        let pairs = [("category", product.category.to_string())].into_iter().chain(
            [("make", product.make), ("model", product.model)]
                .into_iter()
                .filter_map(|(field, text)| text.map(|text| (field, text.to_string()))),
        );
        let query: Vec<String> = pairs.map(|(field, text)| format!("{field}={}", crate::web::encoded(&text))).collect();
        Some(Known { label, to: format!("/tickets/new?{}", query.join("&")) })
    });
    let known = known.collect();
    let frame = above(site, frame(site, "/tickets/new", Some(caller)), who).await?;
    page(&CategoryPage { frame, categories, known, covered })
}

// ── what is wrong ──

#[derive(Template)]
#[template(path = "intake/symptom.html")]
struct SymptomPage {
    frame: Frame,
    form: Form,
    category: Category,
    symptoms: Vec<Choice>,
}

fn what_is_wrong(frame: Frame, category: Category, form: Form, was_sent: bool) -> Answer<Response> {
    let choice = |symptom: &Symptom| {
        let choice = Choice::new(symptom.slug.as_str(), symptom.label.as_str());
        let advice = "Do not touch it. Switch the power off if you can do so safely, and leave the room.";
        if symptom.danger { choice.hinted(advice) } else { choice }
    };
    let mut symptoms: Vec<Choice> = category.symptoms.iter().map(choice).collect();
    symptoms.push(Choice::new(NOT_SURE, "Something else, or not sure"));
    let mut form = form;
    if was_sent {
        form.wrong("symptom", "please choose what fits best, or that you are not sure");
    }
    let status = if was_sent { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let shown = page(&SymptomPage { frame, form, category, symptoms })?;
    Ok((status, shown).into_response())
}

// ── the report ──

/// A ticket that is open about the same kind of product.
struct Same {
    ticket: Ticket,
    state: String,
    place: String,
}

#[derive(Template)]
#[template(path = "intake/report.html")]
struct ReportPage {
    frame: Frame,
    form: Form,
    category: Category,
    symptom: Option<Symptom>,
    product: String,
    back: String,
    fixes: Vec<Article>,
    same: Vec<Same>,
    sites: Vec<Choice>,
    /// The addresses near which nobody of ours works at present.
    far: Vec<String>,
    days: Vec<Day>,
}

/// What the report's page says beside the form, from one snapshot.
struct Beside {
    sites: Vec<Place>,
    far: Vec<String>,
    open: Vec<Ticket>,
}

async fn beside(site: &Site, who: CustomerId, category: &Category) -> Result<Beside, Error> {
    let slug = category.slug.clone();
    let read = site.db.read(async move |conn| {
        let sites = customers::store::sites_of(conn, who).await?;
        let (mut far, mut coverage) = (Vec::new(), workforce::store::Coverage::default());
        for place in &sites {
            if coverage.of(conn, &place.country, &place.postal_code, place.at()).await?.is_empty() {
                far.push(place.address_lines().join(", "));
            }
        }
        let mut open = store::of_customer(conn, who, None, OPEN_MAX).await?;
        open.retain(|ticket| ticket.category == slug && !ticket.life.state.is_ended());
        Ok::<_, Error>(Beside { sites, far, open })
    });
    read.await
}

async fn report_page(
    site: &Site,
    caller: &Caller,
    who: CustomerId,
    form: Form,
    category: Category,
) -> Answer<Html<String>> {
    let symptom = category.symptoms.iter().find(|one| one.slug.as_str() == form.value("symptom")).cloned();
    let Beside { sites, far, open } = beside(site, who, &category).await?;
    let product = [form.value("make"), form.value("model")].join(" ").trim().to_owned();
    let is_dangerous = symptom.as_ref().is_some_and(|one| one.danger);
    let fixes = if is_dangerous { Vec::new() } else { fixes(site, &category, symptom.as_ref(), &product).await? };
    let zone = sites.first().map_or_else(Zone::utc, |site| site.zone.clone());
    let horizon = i64::from(site.config.matching.horizon_minutes);
    let is_ticked = |name: &str| !form.value(&format!("{}{name}", choose::BOX)).is_empty();
    let days = times::days(&zone, site.now(), horizon, |name, _| is_ticked(name));
    let line = |id| sites.iter().find(|place: &&Place| place.id == id).map(|place| place.line1.to_string());
    let same = open.into_iter().map(|ticket| {
        let (state, _) = now_in_words(&ticket, "", None, &|_| String::new());
        Same { place: line(ticket.site).unwrap_or_default(), state, ticket }
    });
    let same: Vec<Same> = same.collect();
    let same = Most::that_fit(same.into_iter(), SAME_BYTES_MAX, |one| weight(one.ticket.title.as_str())).rows;
    let far = far.into_iter().take(FAR_MAX).collect();
    let choice = |place: &Place| Choice::new(place.id.to_string(), place.address_lines().join(", "));
    let choices = if sites.len() > 1 { sites.iter().map(choice).collect() } else { Vec::new() };
    let query = |field: &str| format!("&{field}={}", crate::web::encoded(form.value(field)));
    let back = format!("/tickets/new?category={}{}{}", category.slug, query("make"), query("model"));
    let frame = above(site, frame(site, "/tickets/new", Some(caller)), who).await?;
    page(&ReportPage { frame, form, category, symptom, product, back, fixes, same, sites: choices, far, days })
}

/// What was reviewed for customers and may help with this.
async fn fixes(
    site: &Site,
    category: &Category,
    symptom: Option<&Symptom>,
    product: &str,
) -> Result<Vec<Article>, Error> {
    let Some(symptom) = symptom else { return Ok(Vec::new()) };
    let text = format!("{} {product}", symptom.label);
    let asked = Search { text, category: Some(category.slug.clone()), symptom: Some(symptom.slug.clone()) };
    let hits = find(&site.db, Audience::Customers, asked).await?;
    let fixes: Vec<Article> = hits.into_iter().take(FIXES_MAX).map(|hit| hit.article).collect();
    let heavy = |one: &Article| weight(one.text.problem.as_str()) + weight(one.text.steps.as_str());
    Ok(Most::that_fit(fixes.into_iter(), FIXES_BYTES_MAX, heavy).rows)
}

fn typed(form: &Form) -> Typed {
    let text = |name: &str| form.value(name).to_owned();
    Typed {
        customer: None,
        category: text("category"),
        product: TypedProduct { make: text("make"), model: text("model") },
        title: text("title"),
        description: text("description"),
        site: form.value("site").parse().ok(),
        access_note: text("access_note"),
        symptom: text("symptom"),
        priority: String::new(),
        windows: times::ticked(form.ticked(choose::BOX)),
    }
}

async fn send(State(site): State<Site>, caller: Caller, form: Form) -> Answer<Response> {
    let who = customer(&caller)?;
    let typed = typed(&form);
    let hash = body_hash(&serde_json::to_vec(&typed).map_err(Refused::internal)?);
    let problem = match (read(&typed, false), IdempotencyKey::parse(form.value("key"))) {
        (Ok(wanted), Some(key)) => {
            let filer = Filer { actor: caller.actor(), scope: caller.scope(), is_staff: false };
            match file(&site, &filer, who, &key, hash, wanted).await {
                Ok(Filed::Answer(_, ticket)) => {
                    let photo = pictures::of_report(&site, caller.actor(), ticket, &form).await;
                    return Ok(Redirect::to(&format!("/tickets/{ticket}?filed{photo}")).into_response());
                }
                Ok(Filed::Mismatch) => Problem::with(
                    ProblemCode::IdempotencyMismatch,
                    "This report was sent before, with other words. Look at your tickets; send it again only if it is another problem.",
                ),
                Err(Refusal::Problem(problem)) => problem,
                Err(other) => {
                    let Refused(problem) = Refused::from(other);
                    if problem.code != ProblemCode::Busy {
                        return Err(problem.into());
                    }
                    problem
                }
            }
        }
        (Ok(_), None) => Problem::with(ProblemCode::Malformed, "Please send the form once more."),
        (Err(faults), _) => Problem::fields(faults),
    };
    again(&site, &caller, who, form, &problem).await
}

/// The page again with what was typed.
async fn again(site: &Site, caller: &Caller, who: CustomerId, mut form: Form, problem: &Problem) -> Answer<Response> {
    let is_busy = problem.code == ProblemCode::Busy;
    if !is_busy {
        // Another key: what is sent next is another report. What did not come in at all keeps its own.
        form = form.with("key", site.new_id::<shared::ids::of::Ticket>().to_string());
    }
    refuse_fields(&mut form, problem, "product.");
    if form.pictures(pictures::FIELD).next().is_some() {
        form.wrong(pictures::FIELD, "please choose your photos once more: a browser does not keep them");
    }
    let categories = site.db.read(async |conn| workforce::store::categories(conn).await).await?;
    let Some(category) = categories.into_iter().find(|one| one.slug.as_str() == form.value("category")) else {
        return Ok(Redirect::to("/tickets/new").into_response());
    };
    let shown = report_page(site, caller, who, form, category).await?;
    let status = if is_busy { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::UNPROCESSABLE_ENTITY };
    let mut response = (status, shown).into_response();
    if let Some(seconds) = problem.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    Ok(response)
}
