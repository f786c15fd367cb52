//! A caller whom nobody knows yet: name, address and phone are enough. Who is known by that phone is shown first, so that
//! nobody is registered twice; a second click finds the first registration.

use super::super::FOUND_MAX;
use crate::admin::pages::frame;
use crate::customers::register::{Typed, TypedAddress};
use crate::customers::{signup, store};
use crate::http::caller::RequireDesk;
use crate::http::idempotency::IdempotencyKey;
use crate::http::{Answer, Query, Refused, Site};
use crate::phone;
use crate::postal::HOME_COUNTRY;
use crate::web::form::{Choice, Form};
use crate::web::frame::Frame;
use crate::web::page;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;
use shared::ids::CustomerId;
use shared::problem::{Problem, ProblemCode};
use shared::text::Phone;

struct Known {
    id: CustomerId,
    name: String,
}

#[derive(Template)]
#[template(path = "desk/new.html")]
struct NewPage {
    frame: Frame,
    form: Form,
    notify: Vec<Choice>,
    known: Vec<Known>,
    staff: String,
}

fn new_page(site: &Site, caller: &RequireDesk, form: Form, known: Vec<Known>) -> Answer<Html<String>> {
    let notify = vec![
        Choice::new("sms", "By SMS").hinted("Only to a mobile phone."),
        Choice::new("call", "By a call").hinted("Somebody of ours rings with each piece of news."),
        Choice::new("email", "By e-mail"),
    ];
    let frame = frame(site, "/desk", &caller.0).with_postal_data();
    page(&NewPage { frame, form, notify, known, staff: caller.staff().to_string() })
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Said {
    said: String,
}

/// The form, with what was typed into the box already in its place.
pub(super) async fn form(
    State(site): State<Site>,
    caller: RequireDesk,
    Query(Said { said }): Query<Said>,
) -> Answer<Html<String>> {
    let said = said.trim();
    let field = if phone::read(said, HOME_COUNTRY).is_ok() || phone::beginning(said, HOME_COUNTRY).is_some() {
        "phone"
    } else if said.contains('@') {
        "email"
    } else {
        "name"
    };
    let key = site.new_id::<shared::ids::of::Customer>().to_string();
    new_page(&site, &caller, Form::new().with("key", key).with("notify_by", "sms").with(field, said), Vec::new())
}

fn typed(form: &Form) -> Typed {
    let text = |name: &str| form.value(name).to_owned();
    Typed {
        name: text("name"),
        email: text("email"),
        phone: text("phone"),
        notify_by: text("notify_by"),
        address: TypedAddress {
            line1: text("line1"),
            line2: text("line2"),
            city: text("city"),
            postal_code: text("postal_code"),
            country: String::new(),
        },
        access_note: text("access_note"),
        ..Typed::default()
    }
}

/// Who is known by this phone already.
async fn known_by(site: &Site, phone: Phone) -> Answer<Vec<Known>> {
    let found = site.db.read(async move |conn| store::search(conn, phone.as_str(), FOUND_MAX).await).await?;
    Ok(found.into_iter().map(|one| Known { id: one.id, name: one.name.to_string() }).collect())
}

/// Registers the caller.
pub(super) async fn send(State(site): State<Site>, caller: RequireDesk, mut form: Form) -> Answer<Response> {
    let Some(key) = IdempotencyKey::parse(form.value("key")) else {
        return Err(
            Problem::with(ProblemCode::Malformed, "The form did not arrive whole. Please open it again.").into()
        );
    };
    let mut known = Vec::new();
    if form.filled("anyway").is_none()
        && let Ok(phone) = phone::read(form.value("phone"), HOME_COUNTRY)
    {
        known = known_by(&site, phone).await?;
    }
    if known.is_empty() {
        let scope = caller.0.scope();
        match signup::register_caller(&site, &typed(&form), caller.0.actor(), scope, key).await {
            Ok(registered) => {
                let id = registered.customer;
                let to = if form.value("then") == "ticket" {
                    format!("/desk/callers/{id}/ticket")
                } else {
                    format!("/desk/callers/{id}?new")
                };
                return Ok(Redirect::to(&to).into_response());
            }
            Err(Refused(mut problem)) if problem.code == ProblemCode::InvalidFields => {
                for error in &mut problem.errors {
                    error.field = error.field.trim_start_matches("address.").into();
                }
                form.refuse(&problem);
            }
            Err(other) => return Err(other),
        }
    }
    Ok((StatusCode::UNPROCESSABLE_ENTITY, new_page(&site, &caller, form, known)?).into_response())
}
