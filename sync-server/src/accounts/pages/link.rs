//! Where the link of a mail leads: one button that signs in, or one field for a new password. Opening the page uses
//! nothing up. A link that is used, too old or unknown gets one calm page that says what to do.

use super::{frame, welcome};
use crate::accounts::codes::{Linked, Wish};
use crate::accounts::link;
use crate::accounts::password::Password;
use crate::accounts::sign_in::SignedIn;
use crate::http::caller::session_cookie;
use crate::http::client::ClientAddress;
use crate::http::{Answer, Refused, Site};
use crate::web::{self, Form, Frame, Viewer};
use askama::Template;
use axum::extract::{Extension, Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{Router, get};
use shared::problem::Problem;

pub(super) fn routes() -> Router<Site> {
    Router::new().route("/sign-in/link/{token}", get(show).post(open))
}

/// What the page shows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The button that signs in.
    Enter,
    /// The field for a new password.
    Choose,
    /// The password is set.
    Set,
    /// The link opens nothing.
    Over,
}

#[derive(Template)]
#[template(path = "accounts/link.html")]
struct LinkPage {
    frame: Frame,
    form: Form,
    token: String,
    name: String,
    stage: Stage,
}

/// The page of a link, as it stands.
fn page(site: &Site, form: Form, token: String, linked: Option<&Linked>, status: StatusCode) -> Answer<Response> {
    let (name, stage, status) = match linked {
        Some(linked) => {
            let stage = match linked.wish {
                Wish::SignIn => Stage::Enter,
                Wish::Reset => Stage::Choose,
            };
            (linked.name.to_string(), stage, status)
        }
        None => (String::new(), Stage::Over, StatusCode::GONE),
    };
    let frame = frame(site, "/sign-in");
    Ok((status, web::page(&LinkPage { frame, form, token, name, stage })?).into_response())
}

/// Shows what the link is for; whoever only opens it is let in nowhere.
async fn show(State(site): State<Site>, Path(token): Path<String>) -> Answer<Response> {
    let linked = link::look(&site, &token).await?;
    page(&site, Form::new(), token, linked.as_ref(), StatusCode::OK)
}

async fn open(
    State(site): State<Site>,
    Extension(ClientAddress(address)): Extension<ClientAddress>,
    Path(token): Path<String>,
    mut form: Form,
) -> Answer<Response> {
    let counted = link::count(&site, &token, address);
    let Some(linked) = link::look(&site, &token).await? else {
        counted?;
        return page(&site, form, token, None, StatusCode::GONE);
    };
    if let Err(Refused(problem)) = counted {
        return too_many(&site, form, token, &linked, &problem);
    }
    let opened = match linked.wish {
        Wish::SignIn => link::enter(&site, &token).await?,
        Wish::Reset => {
            // What cannot be a password does not cost the link.
            let Some(new) = form.read::<Password>("password") else {
                return page(&site, form, token, Some(&linked), StatusCode::UNPROCESSABLE_ENTITY);
            };
            link::reset(&site, &token, &new).await?
        }
    };
    match (opened, linked.wish) {
        (Some(signed_in), Wish::SignIn) => Ok(welcome(&site, &signed_in, "")),
        (Some(signed_in), Wish::Reset) => set(&site, &signed_in),
        // Somebody was faster with the same link.
        (None, Wish::SignIn | Wish::Reset) => page(&site, form, token, None, StatusCode::GONE),
    }
}

/// The password is set, and whoever set it is signed in.
fn set(site: &Site, signed_in: &SignedIn) -> Answer<Response> {
    let frame = frame(site, "/sign-in").seen_by(Viewer::Customer);
    let (form, name) = (Form::new(), signed_in.name.to_string());
    let page = web::page(&LinkPage { frame, form, token: String::new(), name, stage: Stage::Set })?;
    let cookie = session_cookie(site, signed_in.token.expose(), signed_in.minutes);
    Ok(([(header::SET_COOKIE, cookie)], page).into_response())
}

/// The page again, with the wait.
fn too_many(site: &Site, mut form: Form, token: String, linked: &Linked, problem: &Problem) -> Answer<Response> {
    form.refuse(problem);
    let mut response = page(site, form, token, Some(linked), StatusCode::TOO_MANY_REQUESTS)?;
    if let Some(seconds) = problem.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    Ok(response)
}
