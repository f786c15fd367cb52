//! A forgotten password: a code goes out, and with it a new password is set. Works for everybody who signs in here, and
//! tells nobody who that is.

use super::frame;
use crate::accounts::change;
use crate::accounts::codes::Wish;
use crate::accounts::password::Password;
use crate::accounts::sign_in;
use crate::http::client::ClientAddress;
use crate::http::{Answer, Refused, Site};
use crate::web::{self, Form, Frame};
use askama::Template;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{Router, get, post};
use shared::problem::{Problem, ProblemCode};

pub(super) fn routes() -> Router<Site> {
    Router::new().route("/password", get(show).post(set)).route("/password/code", post(send_code))
}

/// Where somebody is on the way to a new password.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Who,
    Code,
    Done,
}

#[derive(Template)]
#[template(path = "accounts/reset.html")]
struct ResetPage {
    frame: Frame,
    form: Form,
    step: Step,
}

fn reset_page(site: &Site, form: Form, step: Step) -> Answer<Html<String>> {
    web::page(&ResetPage { frame: frame(site, "/sign-in"), form, step })
}

async fn show(State(site): State<Site>) -> Answer<Html<String>> {
    reset_page(&site, Form::new(), Step::Who)
}

async fn send_code(
    State(site): State<Site>,
    Extension(ClientAddress(address)): Extension<ClientAddress>,
    form: Form,
) -> Answer<Response> {
    if form.filled("login").is_none() {
        let problem = Problem::field("login", "required", "Please type your e-mail address or phone number.");
        return refused(&site, form, Step::Who, &problem);
    }
    match sign_in::ask_code(&site, form.value("login"), Wish::Reset, address).await {
        Ok(()) => Ok(reset_page(&site, form, Step::Code)?.into_response()),
        Err(Refused(problem)) => refused(&site, form, Step::Who, &problem),
    }
}

async fn set(
    State(site): State<Site>,
    Extension(ClientAddress(address)): Extension<ClientAddress>,
    mut form: Form,
) -> Answer<Response> {
    let new = form.read::<Password>("password");
    if form.filled("code").is_none() {
        form.wrong("code", "please type the code that we sent");
    }
    let Some(new) = new.filter(|_| !form.has_errors()) else {
        let page = reset_page(&site, form, Step::Code)?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    };
    match change::by_code(&site, form.value("login"), form.value("code"), &new, address).await {
        Ok(()) => Ok(reset_page(&site, Form::new(), Step::Done)?.into_response()),
        Err(Refused(problem)) => refused(&site, form, Step::Code, &problem),
    }
}

/// The form again, with what is wrong. What is our fault leaves as a page of its own.
fn refused(site: &Site, mut form: Form, step: Step, problem: &Problem) -> Answer<Response> {
    if problem.code == ProblemCode::SignInFailed {
        form.wrong("code", "this code does not open: it may be mistyped, used, or older than ten minutes");
    } else if matches!(problem.code, ProblemCode::InvalidFields | ProblemCode::RateLimited) {
        form.refuse(problem);
    } else {
        return Err(problem.clone().into());
    }
    let status = StatusCode::from_u16(problem.code.status()).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
    Ok((status, reset_page(site, form, step)?).into_response())
}
