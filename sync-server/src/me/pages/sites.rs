//! The addresses of a customer: adding one, correcting one, taking one out of use. A corrected address is judged again
//! for the tickets that are open there, as from everywhere else.

use super::frame;
use crate::customers::register::{TypedAddress, TypedSite};
use crate::customers::{self, Site as Place, store};
use crate::http::caller::{Caller, RequireCustomer};
use crate::http::{Answer, Refused, Site};
use crate::intake::api::sites::{put_site, take_out};
use crate::web::{self, Form, Frame};
use crate::workforce;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{Router, get, post};
use shared::event::Actor;
use shared::ids::{CustomerId, SiteId};
use shared::problem::ProblemCode;

pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/account/sites/new", get(new).post(add))
        .route("/account/sites/{id}", get(show).post(save))
        .route("/account/sites/{id}/retire", post(retire))
}

#[derive(Template)]
#[template(path = "me/site.html")]
struct SitePage {
    frame: Frame,
    form: Form,
    /// Where it is sent to; of a new one, where it is made.
    base: String,
    is_new: bool,
    can_retire: bool,
    /// Nobody of ours works there at present.
    is_far: bool,
}

fn site_page(site: &Site, caller: &Caller, form: Form, of: Option<SiteId>, more: (bool, bool)) -> Answer<Response> {
    let status = if form.has_errors() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let base = of.map_or_else(|| "/account/sites/new".to_owned(), |id| format!("/account/sites/{id}"));
    let (can_retire, is_far) = more;
    let frame = frame(site, caller).with_postal_data();
    let page = web::page(&SitePage { frame, form, base, is_new: of.is_none(), can_retire, is_far })?;
    Ok((status, page).into_response())
}

async fn new(State(site): State<Site>, _: RequireCustomer, caller: Caller) -> Answer<Response> {
    site_page(&site, &caller, Form::new(), None, (false, false))
}

fn typed(form: &Form) -> TypedSite {
    let text = |name: &str| form.value(name).to_owned();
    TypedSite {
        address: TypedAddress {
            line1: text("line1"),
            line2: text("line2"),
            city: text("city"),
            postal_code: text("postal_code"),
            country: String::new(),
        },
        contact_name: text("contact_name"),
        contact_phone: text("contact_phone"),
        access_note: text("access_note"),
    }
}

/// Puts what is wrong beside the fields, which are flat on the page.
fn refuse(mut form: Form, problem: &shared::problem::Problem) -> Form {
    let mut problem = problem.clone();
    for error in &mut problem.errors {
        error.field = error.field.trim_start_matches("address.").into();
    }
    form.refuse(&problem);
    form
}

async fn add(
    State(site): State<Site>,
    RequireCustomer(id): RequireCustomer,
    caller: Caller,
    form: Form,
) -> Answer<Response> {
    match customers::api::add(site.clone(), id, typed(&form), Actor::Customer(id)).await {
        Ok(_) => Ok(Redirect::to("/account?done=address").into_response()),
        Err(Refused(problem)) if problem.code == ProblemCode::InvalidFields => {
            site_page(&site, &caller, refuse(form, &problem), None, (false, false))
        }
        Err(other) => Err(other),
    }
}

/// A site of this customer that is in use, whether it is the only one, and whether nobody of ours works there.
async fn theirs(site: &Site, customer: CustomerId, id: SiteId) -> Answer<(Place, (bool, bool))> {
    let found = site.db.read(async move |conn| {
        let sites = store::sites_of(conn, customer).await?;
        let n_sites = sites.len();
        let Some(place) = sites.into_iter().find(|place| place.id == id) else { return Ok(None) };
        let areas = workforce::store::areas_at(conn, &place.country, &place.postal_code, place.at()).await?;
        Ok::<_, crate::db::Error>(Some((place, (n_sites > 1, areas.is_empty()))))
    });
    found.await?.ok_or_else(|| Refused::new(ProblemCode::NotFound))
}

/// The form as it is before anything is typed.
fn filled(place: &Place) -> Form {
    Form::new()
        .with("line1", place.line1.as_str())
        .with("line2", place.line2.as_ref().map(ToString::to_string).unwrap_or_default())
        .with("city", place.city.as_str())
        .with("postal_code", place.postal_code.as_str())
        .with("contact_name", place.contact_name.as_str())
        .with("contact_phone", crate::phone::show(&place.contact_phone))
        .with("access_note", place.access_note.as_ref().map(ToString::to_string).unwrap_or_default())
}

async fn show(
    State(site): State<Site>,
    RequireCustomer(customer): RequireCustomer,
    caller: Caller,
    Path(id): Path<SiteId>,
) -> Answer<Response> {
    let (place, more) = theirs(&site, customer, id).await?;
    site_page(&site, &caller, filled(&place), Some(id), more)
}

async fn save(
    State(site): State<Site>,
    RequireCustomer(customer): RequireCustomer,
    caller: Caller,
    Path(id): Path<SiteId>,
    form: Form,
) -> Answer<Response> {
    let (_, more) = theirs(&site, customer, id).await?;
    match put_site(site.clone(), customer, id, typed(&form), Actor::Customer(customer)).await {
        Ok(_) => Ok(Redirect::to("/account?done=address").into_response()),
        Err(Refused(problem)) if problem.code == ProblemCode::InvalidFields => {
            site_page(&site, &caller, refuse(form, &problem), Some(id), more)
        }
        Err(other) => Err(other),
    }
}

async fn retire(
    State(site): State<Site>,
    RequireCustomer(customer): RequireCustomer,
    caller: Caller,
    Path(id): Path<SiteId>,
) -> Answer<Response> {
    match take_out(site.clone(), customer, id, Actor::Customer(customer)).await {
        Ok(_) => Ok(Redirect::to("/account?done=retired").into_response()),
        Err(Refused(problem)) if problem.code == ProblemCode::NotFound => {
            let every = site.db.read(async move |conn| store::every_site_of(conn, customer).await).await?;
            // A second click; or an address of somebody else.
            if every.iter().any(|own| own.id == id) {
                Ok(Redirect::to("/account").into_response())
            } else {
                Err(Refused(problem))
            }
        }
        Err(Refused(problem)) if problem.code == ProblemCode::Conflict => {
            let (place, more) = theirs(&site, customer, id).await?;
            site_page(&site, &caller, refuse(filled(&place), &problem), Some(id), more)
        }
        Err(other) => Err(other),
    }
}
