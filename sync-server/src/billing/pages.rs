//! A customer's pages about plans and money: what is sold, what they have, what it cost. Paying itself is done on the card
//! provider's page.

mod admin;
mod words;

use self::words::{Line, Mine, charge_line, mine};
use super::api::whole;
use super::buy::{self, Paying};
use super::outside::{Outside, off_by_settings};
use super::{ChargeState, RenewalState, step, store};
use crate::accounts::Person;
use crate::db::{Error, Lane, Tx};
use crate::http::caller::{MaybeCaller, RequireCustomer};
use crate::http::undone::Undone;
use crate::http::{Answer, Query, Refused, Site};
use crate::jobs::{self, Kind, NewJob};
use crate::plans::{self, Plan};
use crate::web::cut::{Cut, cut, weight};
use crate::web::form::Form;
use crate::web::frame::{Frame, Viewer};
use crate::web::{self, page};
use crate::{customers, workforce};
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use shared::event::Actor;
use shared::ids::{ChargeId, CheckoutId, CustomerId, EntitlementId};
use shared::problem::{Problem, ProblemCode};
use shared::text::Slug;
use shared::texts::Language;
use shared::time::Zone;

/// Charges in the history.
const CHARGES_MAX: i64 = 60;
/// What the plans on one page weigh.
const PLANS_BYTES_MAX: usize = 48_000;

/// The routes.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/plans", get(list))
        .route("/plans/{slug}", get(offer).post(purchase))
        .route("/plan", get(own))
        .route("/plan/done/{checkout}", get(done))
        .route("/plan/card", post(another_card))
        .route("/plan/{id}/end", post(end))
        .route("/plan/{id}/keep", post(keep))
        .route("/plan/charges/{id}", get(receipt))
        .route("/plan/charges/{id}/pay", post(pay))
        .route("/plan/charges/{id}/back", get(back))
        .merge(admin::routes())
}

fn customer_frame(site: &Site, here: &str) -> Frame {
    let is_demo = site.config.mode == crate::config::Mode::Demo;
    Frame::private(here).seen_by(Viewer::Customer).in_demo(is_demo)
}

/// A plan on sale, in words.
struct OnSale {
    plan: Plan,
    price: String,
    period: String,
    covers: String,
    sites: String,
    /// Nothing where it covers at once.
    waits: Option<String>,
    has_it: bool,
}

async fn on_sale(site: &Site, customer: Option<CustomerId>) -> Result<Vec<OnSale>, Error> {
    let read = site.db.read(async move |conn| {
        let plans = plans::store::plans(conn).await?;
        let categories = workforce::store::categories(conn).await?;
        let has = match customer {
            Some(customer) => store::renewals_of(conn, customer).await?,
            None => Vec::new(),
        };
        Ok::<_, Error>((plans, categories, has))
    });
    let (plans, categories, has) = read.await?;
    let label = |slug: &Slug| {
        let known = categories.iter().find(|category| category.slug == *slug);
        known.map_or_else(|| slug.to_string(), |category| category.label.to_string())
    };
    let sold = plans.into_iter().filter(|plan| plan.active && plan.price.minor_units > 0);
    let mut sold: Vec<OnSale> = sold
        .map(|plan| OnSale {
            price: plan.price.to_string(),
            period: words::period(plan.period_months),
            covers: if plan.categories.is_empty() {
                "All products that we repair".to_owned()
            } else {
                plan.categories.iter().map(label).collect::<Vec<_>>().join(", ")
            },
            sites: words::sites(plan.sites),
            waits: (plan.waiting_days > 0).then(|| words::days(plan.waiting_days)),
            has_it: has.iter().any(|one| one.plan == plan.id && one.state != RenewalState::Over),
            plan,
        })
        .collect();
    sold.sort_by_key(|one| (one.plan.price.minor_units, one.plan.slug.clone()));
    Ok(sold)
}

#[derive(Template)]
#[template(path = "billing/plans.html")]
struct PlansPage {
    frame: Frame,
    plans: Cut<OnSale>,
    /// Somebody comes back from the card provider without having paid.
    left: bool,
}

#[derive(Default, Deserialize)]
struct Left {
    #[serde(default)]
    left: String,
    /// What is no number is the first page.
    #[serde(default)]
    page: String,
}

impl OnSale {
    /// What it weighs on the page, about.
    fn bytes(&self) -> usize {
        2 * weight(self.plan.name.as_str()) + weight(&self.covers) + 600
    }
}

async fn list(
    State(site): State<Site>,
    MaybeCaller(caller): MaybeCaller,
    Query(left): Query<Left>,
) -> Answer<Html<String>> {
    let customer = caller.as_ref().and_then(|caller| match caller.person {
        Person::Customer(id) => Some(id),
        Person::Expert(_) | Person::Agent(_) | Person::Admin(_) => None,
    });
    let plans = on_sale(&site, customer).await?;
    let plans = cut(plans, left.page.parse().unwrap_or(1), PLANS_BYTES_MAX, OnSale::bytes);
    page(&PlansPage { frame: Frame::of(&site, caller.as_ref(), "/plans"), plans, left: !left.left.is_empty() })
}

#[derive(Template)]
#[template(path = "billing/offer.html")]
struct OfferPage {
    frame: Frame,
    form: Form,
    one: OnSale,
    /// A customer may buy; others are led to sign in or register.
    can_buy: bool,
    sign_in: String,
    off: bool,
    is_demo: bool,
}

async fn offer_page(
    site: &Site,
    caller: Option<&crate::http::caller::Caller>,
    slug: &Slug,
    form: Form,
) -> Answer<Response> {
    let customer = caller.and_then(|caller| match caller.person {
        Person::Customer(id) => Some(id),
        Person::Expert(_) | Person::Agent(_) | Person::Admin(_) => None,
    });
    let found = on_sale(site, customer).await?.into_iter().find(|one| one.plan.slug == *slug);
    let one = found.ok_or_else(|| {
        Refused::with(ProblemCode::NotFound, "This plan is not on sale. Please look at the plans that are.")
    })?;
    let status = if form.has_errors() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let path = format!("/plans/{slug}");
    let shown = OfferPage {
        frame: Frame::of(site, caller, "/plans"),
        form,
        can_buy: customer.is_some(),
        sign_in: web::sign_in_address(&path),
        off: off_by_settings(&site.config).is_some(),
        is_demo: site.config.mode == crate::config::Mode::Demo,
        one,
    };
    Ok((status, page(&shown)?).into_response())
}

async fn offer(State(site): State<Site>, MaybeCaller(caller): MaybeCaller, Path(slug): Path<Slug>) -> Answer<Response> {
    offer_page(&site, caller.as_ref(), &slug, Form::new()).await
}

async fn purchase(
    State(site): State<Site>,
    caller: crate::http::caller::Caller,
    RequireCustomer(customer): RequireCustomer,
    Path(slug): Path<Slug>,
) -> Answer<Response> {
    match buy::purchase(&site.db, &Outside::new(&site), customer, &slug).await {
        Ok((_, url)) => Ok(Redirect::to(&url).into_response()),
        Err(Undone::Refused(problem)) => {
            let mut form = Form::new();
            form.wrong("", problem.detail.unwrap_or_else(|| problem.code.title().to_owned()));
            offer_page(&site, Some(&caller), &slug, form).await
        }
        Err(Undone::Database(error)) => Err(error.into()),
    }
}

#[derive(Template)]
#[template(path = "billing/plan.html")]
struct PlanPage {
    frame: Frame,
    form: Form,
    news: Option<String>,
    plans: Vec<Mine>,
    charges: Vec<Line>,
    card: Option<String>,
    card_note: Option<String>,
    has_renewal: bool,
}

async fn plan_page(site: &Site, customer: CustomerId, form: Form, news: Option<String>) -> Answer<Response> {
    let now = site.now();
    let read = site.db.read(async move |conn| {
        let person = customers::store::customer(conn, customer).await?;
        let entitlements = plans::store::entitlements_of(conn, customer).await?;
        let renewals = store::renewals_of(conn, customer).await?;
        let charges = store::of_customer(conn, customer, CHARGES_MAX).await?;
        let payer = store::payer(conn, customer).await?;
        let plans = plans::store::plans(conn).await?;
        let mut open = Vec::new();
        for charge in charges.iter().filter(|charge| matches!(charge.state, ChargeState::Open { .. })) {
            open.push((charge.id, store::last_attempt(conn, charge.id).await?));
        }
        Ok::<_, Error>((person, entitlements, renewals, charges, payer, plans, open))
    });
    let (person, entitlements, renewals, charges, payer, plans, open) = read.await?;
    let zone = person.map_or_else(Zone::utc, |person| person.zone);
    let day = |at| Language::English.catalogue().date(&zone, at);
    let shown = mine(&entitlements, &renewals, &charges, &plans, &open, now, &day);
    let card = payer.and_then(|payer| payer.card);
    let next = renewals.iter().filter(|one| one.state == RenewalState::On).map(|one| one.until_at).min();
    let card_note =
        card.as_ref().zip(next).filter(|(card, next)| card.has_expired_by(*next, &zone)).map(|(card, next)| {
            format!("It expires in {}, before the payment on {}. Please leave another card.", card.expiry(), day(next))
        });
    let status = if form.has_errors() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let history = charges.iter().filter(|charge| !matches!(charge.state, ChargeState::Scheduled));
    let shown = PlanPage {
        frame: customer_frame(site, "/plan"),
        form,
        news,
        has_renewal: renewals.iter().any(|one| one.state != RenewalState::Over),
        plans: shown,
        charges: history.map(|charge| charge_line(charge, &plans, &day)).collect(),
        card: card.map(|card| format!("{}, expires {}", card.name(), card.expiry())),
        card_note,
    };
    Ok((status, page(&shown)?).into_response())
}

#[derive(Default, Deserialize)]
struct News {
    #[serde(default)]
    news: String,
}

async fn own(
    State(site): State<Site>,
    RequireCustomer(customer): RequireCustomer,
    Query(news): Query<News>,
) -> Answer<Response> {
    plan_page(&site, customer, Form::new(), words::news(&news.news).map(str::to_owned)).await
}

/// A refusal is shown on the plan's page, beside what can be done about it.
async fn or_page(site: &Site, customer: CustomerId, ended: Result<(), Undone>, news: &str) -> Answer<Response> {
    match ended {
        Ok(()) => Ok(Redirect::to(&format!("/plan?news={news}")).into_response()),
        Err(Undone::Refused(problem)) if problem.code == ProblemCode::NotFound => Err(problem.into()),
        Err(Undone::Refused(problem)) => {
            let mut form = Form::new();
            form.wrong("", problem.detail.unwrap_or_else(|| problem.code.title().to_owned()));
            plan_page(site, customer, form, None).await
        }
        Err(Undone::Database(error)) => Err(error.into()),
    }
}

async fn end(
    State(site): State<Site>,
    RequireCustomer(customer): RequireCustomer,
    Path(id): Path<EntitlementId>,
) -> Answer<Response> {
    let (by, now) = (Actor::Customer(customer), site.now());
    let ended = site.db.write(Lane::Intake, async move |tx: &mut Tx| buy::end(tx, customer, id, by, now).await);
    or_page(&site, customer, ended.await.map(|_| ()), "ended").await
}

async fn keep(
    State(site): State<Site>,
    RequireCustomer(customer): RequireCustomer,
    Path(id): Path<EntitlementId>,
) -> Answer<Response> {
    let (means, by, now) = (Outside::new(&site).means, Actor::Customer(customer), site.now());
    let kept = site.db.write(Lane::Intake, async move |tx: &mut Tx| buy::keep(tx, &means, customer, id, by, now).await);
    or_page(&site, customer, kept.await.map(|_| ()), "kept").await
}

async fn another_card(State(site): State<Site>, RequireCustomer(customer): RequireCustomer) -> Answer<Response> {
    match buy::another_card(&site.db, &Outside::new(&site), customer).await {
        Ok((_, url)) => Ok(Redirect::to(&url).into_response()),
        Err(undone) => or_page(&site, customer, Err(undone), "").await,
    }
}

/// Somebody comes back from the provider's page. What became of it is asked there: the telling may still be on its way.
async fn done(
    State(site): State<Site>,
    RequireCustomer(customer): RequireCustomer,
    Path(id): Path<CheckoutId>,
) -> Answer<Response> {
    let known = site.db.read(async move |conn| store::checkout(conn, id).await).await?;
    let known = known.filter(|known| known.customer == customer).ok_or_else(|| Refused::new(ProblemCode::NotFound))?;
    let outside = Outside::new(&site);
    let looked = match outside.gateway() {
        Ok(gateway) => buy::look(&site.db, gateway, &outside.means, id).await?.ok().flatten(),
        Err(_) => None,
    };
    let news = match looked.map(|looked| looked.state) {
        Some(store::CheckoutState::Done) if known.buys.is_some() => "bought",
        Some(store::CheckoutState::Done) => "card",
        Some(store::CheckoutState::Left) => "left",
        Some(store::CheckoutState::Asked | store::CheckoutState::Open) | None => "waiting",
    };
    Ok(Redirect::to(&format!("/plan?news={news}")).into_response())
}

async fn pay(
    State(site): State<Site>,
    RequireCustomer(customer): RequireCustomer,
    Path(id): Path<ChargeId>,
) -> Answer<Response> {
    match buy::pay(&site.db, &Outside::new(&site), customer, id).await {
        Ok(Paying::Confirm(url)) => Ok(Redirect::to(&url).into_response()),
        Ok(Paying::Paid) => or_page(&site, customer, Ok(()), "paid").await,
        Ok(Paying::UnderWay) => or_page(&site, customer, Ok(()), "waiting").await,
        Ok(Paying::Failed(failure)) => {
            let mut form = Form::new();
            form.wrong("", format!("{} You can try again, or use another card.", failure.words()));
            plan_page(&site, customer, form, None).await
        }
        Err(undone) => or_page(&site, customer, Err(undone), "").await,
    }
}

/// Somebody comes back from their bank.
async fn back(
    State(site): State<Site>,
    RequireCustomer(customer): RequireCustomer,
    Path(id): Path<ChargeId>,
) -> Answer<Response> {
    let known = site.db.read(async move |conn| store::charge(conn, id).await).await?;
    known.filter(|known| known.customer == customer).ok_or_else(|| Refused::new(ProblemCode::NotFound))?;
    let outside = Outside::new(&site);
    if let Ok(gateway) = outside.gateway()
        && let Ok(looked) = step::look(&site.db, gateway, id).await?
    {
        step::decide_in(&site.db, &outside.means, id, looked).await?;
    }
    // Whatever is left to do about it is the job's.
    let now = site.now();
    site.db.write(Lane::Intake, async move |tx| jobs::enqueue(tx, &[NewJob::new(Kind::Charge, id, now)]).await).await?;
    let after = site.db.read(async move |conn| store::charge(conn, id).await).await?;
    let is_paid = after.is_some_and(|charge| matches!(charge.state, ChargeState::Paid { .. }));
    or_page(&site, customer, Ok(()), if is_paid { "paid" } else { "waiting" }).await
}

#[derive(Template)]
#[template(path = "billing/receipt.html")]
struct ReceiptPage {
    frame: Frame,
    line: Line,
    is_paid: bool,
    name: String,
    refunds: Vec<(String, String)>,
}

async fn receipt(
    State(site): State<Site>,
    RequireCustomer(customer): RequireCustomer,
    Path(id): Path<ChargeId>,
) -> Answer<Html<String>> {
    let found = whole(&site, id).await?.filter(|found| found.charge.customer == customer);
    let found = found.ok_or_else(|| Refused::from(Problem::new(ProblemCode::NotFound)))?;
    let read = site.db.read(async move |conn| {
        Ok::<_, Error>((customers::store::customer(conn, customer).await?, plans::store::plans(conn).await?))
    });
    let (person, plans) = read.await?;
    let person = person.ok_or_else(|| Refused::new(ProblemCode::NotFound))?;
    let day = |at| Language::English.catalogue().date(&person.zone, at);
    let given = found.refunds.iter().filter(|refund| refund.state.counts());
    page(&ReceiptPage {
        frame: customer_frame(&site, "/plan"),
        is_paid: matches!(found.charge.state, ChargeState::Paid { .. }),
        name: person.name.to_string(),
        refunds: given.map(|refund| (day(refund.asked_at), refund.amount.to_string())).collect(),
        line: charge_line(&found.charge, &plans, &day),
    })
}

#[cfg(test)]
mod tests;
