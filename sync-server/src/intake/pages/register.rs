//! Registering. Whether somebody of ours works near the address is said before the account is made, so that nobody pays
//! for a plan that helps nobody there.

use super::{frame, refuse_fields};
use crate::customers::register::{self, By, read_address};
use crate::customers::signup;
use crate::faults::Faults;
use crate::http::caller::MaybeCaller;
use crate::http::{Answer, Refused, Site};
use crate::web::form::{Choice, Form};
use crate::web::frame::Frame;
use crate::web::{page, sign_in_address};
use crate::workforce;
use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{Router, get};
use shared::problem::ProblemCode;
use shared::texts::Language;

pub(super) fn routes() -> Router<Site> {
    Router::new().route("/register", get(register_form).post(register_send))
}

#[derive(Template)]
#[template(path = "intake/register.html")]
struct RegisterPage {
    frame: Frame,
    form: Form,
    notify: Vec<Choice>,
    languages: Vec<Choice>,
    /// Nobody of ours works there at present; sent again, it is registered all the same.
    is_far: bool,
}

fn register_page(site: &Site, form: Form, is_far: bool) -> Answer<Html<String>> {
    let notify = vec![
        Choice::new("sms", "By SMS"),
        Choice::new("email", "By e-mail"),
        Choice::new("call", "By a call").hinted("Somebody rings you with each piece of news."),
    ];
    let languages = Language::ALL.iter().map(|one| Choice::new(one.code(), one.name())).collect();
    let frame = frame(site, "/register", None).with_postal_data();
    page(&RegisterPage { frame, form, notify, languages, is_far })
}

async fn register_form(
    State(site): State<Site>,
    MaybeCaller(caller): MaybeCaller,
    headers: HeaderMap,
) -> Answer<Response> {
    if caller.is_some() {
        return Ok(Redirect::to("/tickets").into_response());
    }
    let wished = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let language = Language::of_browser(wished).code();
    Ok(register_page(&site, Form::new().with("notify_by", "sms").with("locale", language), false)?.into_response())
}

fn typed_registration(form: &Form) -> register::Typed {
    let text = |name: &str| form.value(name).to_owned();
    register::Typed {
        name: text("name"),
        email: text("email"),
        phone: text("phone"),
        notify_by: text("notify_by"),
        locale: text("locale"),
        address: register::TypedAddress {
            line1: text("line1"),
            line2: text("line2"),
            city: text("city"),
            postal_code: text("postal_code"),
            country: String::new(),
        },
        access_note: text("access_note"),
        password: text("password"),
        ..register::Typed::default()
    }
}

async fn register_send(State(site): State<Site>, mut form: Form) -> Answer<Response> {
    let typed = typed_registration(&form);
    // Asked once: the same postal code sent again is meant.
    let meant = form.value("far").to_owned();
    if let Some(address) = read_address(&mut Faults::default(), "", &typed.address)
        && meant != address.postal_code
    {
        let postal_code = address.postal_code.clone();
        let areas = site.db.read(async move |conn| {
            workforce::store::areas_at(conn, &address.country, &address.postal_code, address.place).await
        });
        if areas.await?.is_empty() {
            let form = form.with("far", postal_code);
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, register_page(&site, form, true)?).into_response());
        }
    }
    match signup::register(&site, &typed, By::Themselves, None).await {
        Ok(_) => Ok(Redirect::to(&sign_in_address("/tickets/new")).into_response()),
        Err(Refused(problem)) if problem.code == ProblemCode::InvalidFields => {
            refuse_fields(&mut form, &problem, "address.");
            Ok((StatusCode::UNPROCESSABLE_ENTITY, register_page(&site, form, false)?).into_response())
        }
        Err(other) => Err(other),
    }
}
