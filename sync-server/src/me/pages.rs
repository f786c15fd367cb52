//! The pages on which customers keep their data: one overview, and one page for each thing that can be changed. All of
//! them work without scripts; a second click changes nothing.

mod profile;
mod sites;

use super::api::{ask_again, confirmed, file};
use super::leave;
use crate::customers::confirm::{self, Confirmed, Stands};
use crate::customers::{Customer, Site as Place, store};
use crate::db::Lane;
use crate::db::{Error, Tx};
use crate::http::caller::{Caller, MaybeCaller, RequireCustomer};
use crate::http::{Answer, Query, Refused, Site};
use crate::tickets::Ticket;
use crate::web::cut::{Cut, cut, weight};
use crate::web::{self, Form, Frame};
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{Router, get, post};
use serde::Deserialize;
use shared::ids::CustomerId;
use shared::problem::ProblemCode;
use shared::texts::Language;

/// The routes.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/account", get(overview))
        .route("/account/confirm", post(send_again))
        .route("/account/data", get(data))
        .route("/account/export.json", get(export))
        .route("/account/leave", post(begin_leave))
        .route("/account/stay", post(stay))
        .route("/confirm/{token}", get(ask).post(say))
        .merge(profile::routes())
        .merge(sites::routes())
}

fn frame(site: &Site, caller: &Caller) -> Frame {
    Frame::of(site, Some(caller), "/account")
}

async fn customer(site: &Site, id: CustomerId) -> Answer<Customer> {
    let found = site.db.read(async move |conn| store::customer(conn, id).await).await?;
    found.ok_or_else(|| Refused::new(ProblemCode::NotFound))
}

/// What the addresses on one page weigh.
const SITES_BYTES_MAX: usize = 40_000;

/// What was just done, said once at the top of a page; and which page of the addresses.
#[derive(Deserialize)]
struct Just {
    #[serde(default)]
    done: String,
    /// What is no number is the first page.
    #[serde(default)]
    page: String,
}

impl Just {
    /// Only sentences of ours are shown, whatever the address says.
    fn words(&self) -> Option<&'static str> {
        Some(match self.done.as_str() {
            "saved" => "Saved.",
            "address" => "The address is saved. Open tickets there are planned anew where that is needed.",
            "retired" => "The address is out of use.",
            "password" => "Your password is changed. You were signed out everywhere else.",
            "sent" => "The link is on its way. Look into the folder for unwanted mail too.",
            "stay" => "Your account stays. We are glad.",
            _ => return None,
        })
    }
}

#[derive(Template)]
#[template(path = "me/account.html")]
struct AccountPage {
    frame: Frame,
    just: Option<&'static str>,
    is: Customer,
    phone: String,
    hears_by: &'static str,
    language: String,
    sites: Cut<Place>,
    leaving: Option<String>,
}

async fn overview(
    State(site): State<Site>,
    RequireCustomer(id): RequireCustomer,
    caller: Caller,
    Query(just): Query<Just>,
) -> Answer<Html<String>> {
    let found = site.db.read(async move |conn| {
        let is = store::customer(conn, id).await?;
        Ok::<_, Error>(is.zip(Some(store::sites_of(conn, id).await?)))
    });
    let (is, sites) = found.await?.ok_or_else(|| Refused::new(ProblemCode::NotFound))?;
    // The street stands there twice.
    let heavy = |place: &Place| weight(place.line1.as_str()) + weight(&place.address_lines().join(", "));
    web::page(&AccountPage {
        frame: frame(&site, &caller),
        just: just.words(),
        phone: crate::phone::show(&is.phone),
        hears_by: profile::hears_by(is.notify_by),
        language: profile::language(&is.locale),
        leaving: leaving(&is),
        sites: cut(sites, just.page.parse().unwrap_or(1), SITES_BYTES_MAX, heavy),
        is,
    })
}

fn leaving(is: &Customer) -> Option<String> {
    is.leaving_at.map(|at| Language::of_locale(&is.locale).catalogue().when(&is.zone, at))
}

async fn send_again(State(site): State<Site>, RequireCustomer(id): RequireCustomer) -> Answer<Redirect> {
    match ask_again(&site, id).await {
        Ok(()) => Ok(Redirect::to("/account?done=sent")),
        Err(Refused(problem)) if problem.code == ProblemCode::AlreadySettled => Ok(Redirect::to("/account")),
        Err(other) => Err(other),
    }
}

#[derive(Template)]
#[template(path = "me/data.html")]
struct DataPage {
    frame: Frame,
    form: Form,
    grace_days: i64,
    leaving: Option<String>,
    open: Vec<Ticket>,
}

async fn data_page(site: &Site, caller: &Caller, id: CustomerId, form: Form) -> Answer<Response> {
    let is = customer(site, id).await?;
    let open = site.db.read(async move |conn| leave::waits_for(conn, id).await).await?;
    let status = if form.has_errors() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let (frame, leaving) = (frame(site, caller), leaving(&is));
    let page = web::page(&DataPage { frame, form, grace_days: leave::GRACE_DAYS, leaving, open })?;
    Ok((status, page).into_response())
}

async fn data(State(site): State<Site>, RequireCustomer(id): RequireCustomer, caller: Caller) -> Answer<Response> {
    data_page(&site, &caller, id, Form::new()).await
}

async fn export(State(site): State<Site>, RequireCustomer(id): RequireCustomer) -> Answer<Response> {
    file(&site, id).await
}

async fn begin_leave(
    State(site): State<Site>,
    RequireCustomer(id): RequireCustomer,
    caller: Caller,
    mut form: Form,
) -> Answer<Response> {
    if form.value("sure") != "yes" {
        form.wrong("sure", "please tick that you are sure");
        return data_page(&site, &caller, id, form).await;
    }
    let now = site.now();
    site.db.write(Lane::Desk, async move |tx: &mut Tx| leave::begin(tx, id, now).await).await?;
    Ok(Redirect::to("/account/data").into_response())
}

async fn stay(State(site): State<Site>, RequireCustomer(id): RequireCustomer) -> Answer<Redirect> {
    let now = site.now();
    site.db.write(Lane::Desk, async move |tx: &mut Tx| leave::stay(tx, id, now).await).await?;
    Ok(Redirect::to("/account?done=stay"))
}

#[derive(Template)]
#[template(path = "me/confirm.html")]
struct ConfirmPage {
    frame: Frame,
    token: String,
    email: String,
    stands: Standing,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    Asks,
    Done,
    Taken,
    Over,
}

fn confirm_page(
    site: &Site,
    caller: Option<&Caller>,
    token: String,
    email: String,
    stands: Standing,
) -> Answer<Response> {
    let status = match stands {
        Standing::Asks | Standing::Done => StatusCode::OK,
        Standing::Taken => StatusCode::CONFLICT,
        Standing::Over => StatusCode::GONE,
    };
    let frame = Frame::of(site, caller, "/confirm");
    Ok((status, web::page(&ConfirmPage { frame, token, email, stands })?).into_response())
}

/// Shows what the link is about; whoever only opens it confirms nothing.
async fn ask(
    State(site): State<Site>,
    MaybeCaller(caller): MaybeCaller,
    Path(token): Path<String>,
) -> Answer<Response> {
    let (links, wanted, now) = (site.links.clone(), token.clone(), site.real_now());
    let stands = site.db.read(async move |conn| confirm::look(conn, &links, &wanted, now).await).await?;
    let (email, stands) = match stands {
        Stands::Waits(email) => (email.to_string(), Standing::Asks),
        Stands::Done(email) => (email.to_string(), Standing::Done),
        Stands::Over => (String::new(), Standing::Over),
    };
    confirm_page(&site, caller.as_ref(), token, email, stands)
}

async fn say(
    State(site): State<Site>,
    MaybeCaller(caller): MaybeCaller,
    Path(token): Path<String>,
) -> Answer<Response> {
    let (email, stands) = match confirmed(&site, token.clone()).await? {
        Confirmed::Yes(email) => (email.to_string(), Standing::Done),
        Confirmed::Taken => (String::new(), Standing::Taken),
        Confirmed::Over => (String::new(), Standing::Over),
    };
    confirm_page(&site, caller.as_ref(), token, email, stands)
}
