//! A ticket for a caller, on one page: one line says what is broken and how, everything else may stay empty.

use super::super::trouble::{self, Meant, Trouble};
use super::super::{Glance, glance, products};
use crate::admin::pages::frame;
use crate::customers::Site as Place;
use crate::http::caller::RequireDesk;
use crate::http::idempotency::{IdempotencyKey, body_hash};
use crate::http::{Answer, Refused, Site};
use crate::intake::{self, Filed, Filer, Typed, TypedProduct, danger, times};
use crate::tickets::Ticket;
use crate::web::cut::weight;
use crate::web::form::{Choice, Form};
use crate::web::frame::Frame;
use crate::web::page;
use crate::workforce;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use shared::ids::{CustomerId, TicketId};
use shared::problem::{Problem, ProblemCode};
use shared::time::Zone;

/// What the list of troubles weighs. A line that is not offered can be typed all the same.
const TROUBLES_BYTES_MAX: usize = 20_000;
/// How the name of a box for a part of a day begins.
const BOX: &str = "window.";

/// An open ticket about the same.
struct Same {
    id: TicketId,
    number: String,
    title: String,
}

#[derive(Template)]
#[template(path = "desk/file.html")]
struct FilePage {
    frame: Frame,
    form: Form,
    id: CustomerId,
    name: String,
    phone: String,
    troubles: Vec<Trouble>,
    several: Vec<Choice>,
    makes: Vec<String>,
    models: Vec<String>,
    sites: Vec<Choice>,
    days: Vec<times::Day>,
    same: Option<Same>,
    watch: String,
    draft: String,
    staff: String,
}

/// The troubles that the page offers while somebody types, as many as it holds.
fn offered(troubles: Vec<Trouble>) -> Vec<Trouble> {
    let mut filled = 0;
    let fits = |one: &Trouble| {
        filled += weight(&one.label) + 32;
        filled <= TROUBLES_BYTES_MAX
    };
    troubles.into_iter().take_while(fits).collect()
}

struct Known {
    seen: Glance,
    troubles: Vec<Trouble>,
}

async fn known(site: &Site, id: CustomerId) -> Answer<Known> {
    let read = site.db.read(async move |conn| {
        let Some(seen) = glance(conn, id).await? else { return Ok(None) };
        let categories = workforce::store::categories(conn).await?;
        Ok::<_, crate::db::Error>(Some(Known { seen, troubles: trouble::troubles(&categories) }))
    });
    read.await?.ok_or_else(|| Refused::new(ProblemCode::NotFound))
}

fn file_page(
    site: &Site,
    staff: &RequireDesk,
    known: Known,
    form: Form,
    several: &[Trouble],
    same: Option<Same>,
) -> Answer<Html<String>> {
    let Known { seen, troubles } = known;
    let theirs: Vec<&Ticket> = seen.open.iter().chain(&seen.past).collect();
    let (makes, models) = products(&theirs);
    let zone = seen.sites.first().map_or_else(Zone::utc, |place| place.zone.clone());
    let horizon = i64::from(site.config.matching.horizon_minutes);
    let days = times::days(&zone, site.now(), horizon, |name, _| !form.value(&format!("{BOX}{name}")).is_empty());
    let address = |place: &Place| Choice::new(place.id.to_string(), place.address_lines().join(", "));
    page(&FilePage {
        frame: frame(site, "/desk", &staff.0),
        id: seen.customer.id,
        name: seen.customer.name.to_string(),
        phone: seen.customer.phone.to_string(),
        several: several.iter().map(|one| Choice::new(one.label.clone(), one.label.clone())).collect(),
        sites: if seen.sites.len() > 1 { seen.sites.iter().map(address).collect() } else { Vec::new() },
        watch: danger::words_to_watch(),
        draft: format!("ticket-{}", seen.customer.id),
        staff: staff.staff().to_string(),
        makes,
        models,
        days,
        troubles: offered(troubles),
        form,
        same,
    })
}

pub(super) async fn form(
    State(site): State<Site>,
    staff: RequireDesk,
    Path(id): Path<CustomerId>,
) -> Answer<Html<String>> {
    let known = known(&site, id).await?;
    let key = site.new_id::<shared::ids::of::Ticket>().to_string();
    let first = known.seen.sites.first().map(|place| place.id.to_string()).unwrap_or_default();
    file_page(&site, &staff, known, Form::new().with("key", key).with("site", first), &[], None)
}

fn typed(form: &Form, customer: CustomerId, trouble: &Trouble) -> Typed {
    let text = |name: &str| form.value(name).to_owned();
    let title = match form.filled("title") {
        Some(title) => title.to_owned(),
        None => trouble.label.clone(),
    };
    Typed {
        customer: Some(customer),
        category: trouble.category.to_string(),
        product: TypedProduct { make: text("make"), model: text("model") },
        title,
        description: text("description"),
        site: form.value("site").parse().ok(),
        access_note: text("access_note"),
        symptom: trouble.symptom.as_ref().map(ToString::to_string).unwrap_or_default(),
        priority: if form.filled("urgent").is_some() { "urgent".to_owned() } else { String::new() },
        windows: times::ticked(form.ticked(BOX)),
    }
}

/// An open ticket of the same kind at the same address, unless the agent knows of it.
fn same(known: &Known, form: &Form, trouble: &Trouble) -> Option<Same> {
    if form.filled("anyway").is_some() {
        return None;
    }
    let first = known.seen.sites.first().map(|place| place.id);
    let at = form.value("site").parse().ok().or(first);
    let found = known.seen.open.iter().find(|ticket| Some(ticket.site) == at && ticket.category == trouble.category)?;
    Some(Same { id: found.id, number: found.number.to_string(), title: found.title.to_string() })
}

pub(super) async fn send(
    State(site): State<Site>,
    staff: RequireDesk,
    Path(id): Path<CustomerId>,
    mut form: Form,
) -> Answer<Response> {
    let known = known(&site, id).await?;
    let said = form.filled("trouble_of").or(form.filled("trouble")).unwrap_or_default().to_owned();
    let (mut several, mut twin) = (Vec::new(), None);
    match trouble::read(&said, &known.troubles) {
        Meant::One(trouble) => {
            form = form.with("trouble", trouble.label.clone());
            let typed = typed(&form, id, &trouble);
            match filed(&site, &staff, id, &known, &form, &trouble, &typed).await? {
                Ok(ticket) => return Ok(Redirect::to(&format!("/desk/tickets/{ticket}?filed")).into_response()),
                Err(Stopped::Same(same)) => twin = Some(same),
                Err(Stopped::Wrong(problem)) => form.refuse(&flat(problem)),
            }
        }
        Meant::Several(lines) => {
            form.wrong("trouble", "this can mean several things: choose one below, or type more of it");
            several = lines;
        }
        Meant::Nothing if said.is_empty() => {
            form.wrong("trouble", "please say what is broken, like: television no picture");
        }
        Meant::Nothing => form.wrong("trouble", "nothing in the list fits: try the kind of product alone"),
    }
    let page = file_page(&site, &staff, known, form, &several, twin)?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

enum Stopped {
    /// There is one already.
    Same(Same),
    /// What was typed cannot be taken.
    Wrong(Problem),
}

async fn filed(
    site: &Site,
    staff: &RequireDesk,
    customer: CustomerId,
    known: &Known,
    form: &Form,
    trouble: &Trouble,
    typed: &Typed,
) -> Answer<Result<TicketId, Stopped>> {
    let Some(key) = IdempotencyKey::parse(form.value("key")) else {
        let detail = "The form did not arrive whole. Please open it again.";
        return Ok(Err(Stopped::Wrong(Problem::with(ProblemCode::Malformed, detail))));
    };
    let wanted = match intake::read(typed, true) {
        Ok(wanted) => wanted,
        Err(faults) => return Ok(Err(Stopped::Wrong(Problem::fields(faults)))),
    };
    let hash = body_hash(&serde_json::to_vec(typed).map_err(Refused::internal)?);
    let filer = Filer { actor: staff.0.actor(), scope: staff.0.scope(), is_staff: true };
    // A second click must find the ticket that the first one made, not be told that there is one.
    let is_repeat = was_sent(site, &filer.scope, &key).await?;
    if !is_repeat && let Some(same) = same(known, form, trouble) {
        return Ok(Err(Stopped::Same(same)));
    }
    match intake::file(site, &filer, customer, &key, hash, wanted).await {
        Ok(Filed::Answer(_, ticket)) => Ok(Ok(ticket)),
        Ok(Filed::Mismatch) => Ok(Err(Stopped::Wrong(Problem::with(
            ProblemCode::IdempotencyMismatch,
            "This form was sent before, with other words. Look at the caller's open tickets first.",
        )))),
        Err(intake::Refusal::Problem(problem)) => Ok(Err(Stopped::Wrong(problem))),
        Err(other) => Err(other.into()),
    }
}

async fn was_sent(site: &Site, scope: &str, key: &IdempotencyKey) -> Answer<bool> {
    let (scope, key) = (scope.to_owned(), key.clone());
    Ok(site.db.read(async move |conn| crate::http::store::is_claimed(conn, &scope, &key).await).await?)
}

/// The faults with the names that the page's fields have.
fn flat(mut problem: Problem) -> Problem {
    for error in &mut problem.errors {
        error.field = match error.field.as_str() {
            "category" | "symptom" => "trouble".to_owned(),
            field if field.starts_with("windows") => "windows".to_owned(),
            field => field.trim_start_matches("product.").to_owned(),
        };
    }
    problem
}
