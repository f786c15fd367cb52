//! Name, ways to reach somebody, language, helper and password.

use super::super::api::keep;
use super::{customer, frame};
use crate::accounts::change;
use crate::accounts::password::Password;
use crate::customers::helper::TypedHelper;
use crate::customers::profile::{HelperChange, TypedProfile};
use crate::customers::{Customer, NotifyBy};
use crate::http::caller::{Caller, RequireCustomer};
use crate::http::client::ClientAddress;
use crate::http::{Answer, Refused, Site};
use crate::web::{self, Choice, Form, Frame};
use askama::Template;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{Router, get};
use shared::problem::ProblemCode;
use shared::texts::Language;

/// Zones that most of our customers live in; their own is always there too.
const ZONES: [&str; 9] = [
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Phoenix",
    "America/Los_Angeles",
    "America/Anchorage",
    "Pacific/Honolulu",
    "America/Puerto_Rico",
    "UTC",
];

pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/account/profile", get(profile).post(save_profile))
        .route("/account/helper", get(helper).post(save_helper))
        .route("/account/password", get(password).post(save_password))
}

/// How somebody hears from us, in words.
pub(super) fn hears_by(by: NotifyBy) -> &'static str {
    match by {
        NotifyBy::Sms => "by SMS",
        NotifyBy::Email => "by e-mail",
        NotifyBy::Call => "by a call",
    }
}

/// The language in which we write to this locale, by its own name.
pub(super) fn language(locale: &str) -> String {
    Language::of_locale(locale).name().to_owned()
}

#[derive(Template)]
#[template(path = "me/profile.html")]
struct ProfilePage {
    frame: Frame,
    form: Form,
    notify: Vec<Choice>,
    languages: Vec<Choice>,
    zones: Vec<Choice>,
    waits: Option<String>,
}

fn profile_page(site: &Site, caller: &Caller, is: &Customer, form: Form) -> Answer<Response> {
    let by = |by: NotifyBy, label: &str| Choice::new(by.word(), label);
    let notify = vec![
        by(NotifyBy::Sms, "By SMS"),
        by(NotifyBy::Email, "By e-mail"),
        by(NotifyBy::Call, "By a call").hinted("Somebody rings you with each piece of news."),
    ];
    let languages = Language::ALL.iter().map(|one| Choice::new(one.code(), one.name())).collect();
    let mut names: Vec<&str> = ZONES.to_vec();
    if !names.contains(&is.zone.name()) {
        names.insert(0, is.zone.name());
    }
    let zones = names.into_iter().map(|name| Choice::new(name, name.replace('_', " "))).collect();
    let waits = is.email_wanted.as_ref().map(ToString::to_string);
    let page = ProfilePage { frame: frame(site, caller), form, notify, languages, zones, waits };
    shown(&page.form.clone(), &page)
}

/// The page; one with errors says so to programs too.
fn shown(form: &Form, page: &impl Template) -> Answer<Response> {
    let status = if form.has_errors() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok((status, web::page(page)?).into_response())
}

async fn profile(State(site): State<Site>, RequireCustomer(id): RequireCustomer, caller: Caller) -> Answer<Response> {
    let is = customer(&site, id).await?;
    let email = is.email_wanted.as_ref().or(is.email.as_ref()).map(ToString::to_string).unwrap_or_default();
    let form = Form::new()
        .with("name", is.name.as_str())
        .with("email", email)
        .with("phone", crate::phone::show(&is.phone))
        .with("notify_by", is.notify_by.word())
        .with("locale", Language::of_locale(&is.locale).code())
        .with("time_zone", is.zone.name());
    profile_page(&site, &caller, &is, form)
}

async fn save_profile(
    State(site): State<Site>,
    RequireCustomer(id): RequireCustomer,
    caller: Caller,
    mut form: Form,
) -> Answer<Response> {
    let text = |name: &str| Some(form.value(name).to_owned());
    let is = customer(&site, id).await?;
    // A finer locale than the page offers, like en-GB, is kept while its language stays.
    let locale = text("locale").filter(|tag| tag != Language::of_locale(&is.locale).code());
    let typed = TypedProfile {
        name: text("name"),
        email: text("email"),
        phone: text("phone"),
        notify_by: text("notify_by"),
        locale,
        time_zone: text("time_zone"),
        helper: HelperChange::Stays,
    };
    match keep(&site, &caller, id, typed).await {
        Ok(()) => Ok(Redirect::to("/account?done=saved").into_response()),
        Err(Refused(problem)) if problem.code == ProblemCode::InvalidFields => {
            form.refuse(&problem);
            profile_page(&site, &caller, &is, form)
        }
        Err(other) => Err(other),
    }
}

#[derive(Template)]
#[template(path = "me/helper.html")]
struct HelperPage {
    frame: Frame,
    form: Form,
    is_somebody: bool,
}

async fn helper(State(site): State<Site>, RequireCustomer(id): RequireCustomer, caller: Caller) -> Answer<Response> {
    let is = customer(&site, id).await?;
    let mut form = Form::new();
    if let Some(helper) = &is.helper {
        form = form
            .with("helper.name", helper.name.as_str())
            .with("helper.phone", helper.phone.as_ref().map(crate::phone::show).unwrap_or_default())
            .with("helper.email", helper.email.as_ref().map(ToString::to_string).unwrap_or_default());
    }
    shown(&form.clone(), &HelperPage { frame: frame(&site, &caller), form, is_somebody: is.helper.is_some() })
}

async fn save_helper(
    State(site): State<Site>,
    RequireCustomer(id): RequireCustomer,
    caller: Caller,
    mut form: Form,
) -> Answer<Response> {
    let text = |name: &str| form.value(name).to_owned();
    let typed = match form.filled("nobody") {
        Some(_) => HelperChange::Nobody,
        None => HelperChange::Somebody(TypedHelper {
            name: text("helper.name"),
            phone: text("helper.phone"),
            email: text("helper.email"),
        }),
    };
    match keep(&site, &caller, id, TypedProfile { helper: typed, ..TypedProfile::default() }).await {
        Ok(()) => Ok(Redirect::to("/account?done=saved").into_response()),
        Err(Refused(problem)) if problem.code == ProblemCode::InvalidFields => {
            form.refuse(&problem);
            let is_somebody = customer(&site, id).await?.helper.is_some();
            shown(&form.clone(), &HelperPage { frame: frame(&site, &caller), form, is_somebody })
        }
        Err(other) => Err(other),
    }
}

#[derive(Template)]
#[template(path = "me/password.html")]
struct PasswordPage {
    frame: Frame,
    form: Form,
    has_password: bool,
}

async fn password_page(site: &Site, caller: &Caller, form: Form) -> Answer<Response> {
    let login = caller.login;
    let found = site.db.read(async move |conn| crate::accounts::store::login(conn, login).await).await?;
    let has_password = found.is_some_and(|login| login.password.is_some());
    shown(&form.clone(), &PasswordPage { frame: frame(site, caller), form, has_password })
}

async fn password(State(site): State<Site>, _: RequireCustomer, caller: Caller) -> Answer<Response> {
    password_page(&site, &caller, Form::new()).await
}

async fn save_password(
    State(site): State<Site>,
    _: RequireCustomer,
    caller: Caller,
    Extension(ClientAddress(address)): Extension<ClientAddress>,
    mut form: Form,
) -> Answer<Response> {
    if let Some(new) = form.read::<Password>("new_password") {
        match change::by_old(&site, &caller, form.value("current_password"), &new, address).await {
            Ok(()) => return Ok(Redirect::to("/account?done=password").into_response()),
            Err(Refused(problem)) if matches!(problem.code, ProblemCode::InvalidFields | ProblemCode::RateLimited) => {
                form.refuse(&problem);
            }
            Err(other) => return Err(other),
        }
    }
    password_page(&site, &caller, form).await
}
