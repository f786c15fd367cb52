//! The pages on which an expert lands whose phone has no app yet, or did not know that the link is the app's; and the two
//! documents for the phones' systems. They say nothing of a ticket: anybody may type a number.

use super::{SCHEME, asset_links, site_association};
use crate::config::{Mode, Packages};
use crate::http::{Answer, Site};
use crate::web::{self, Frame};
use askama::Template;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::IntoResponse;
use axum::routing::{Router, get};
use serde_json::Value;
use shared::number::TicketNumber;
use shared::problem::{Problem, ProblemCode};

/// The routes.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/app", get(app))
        .route("/app/ticket/{number}", get(ticket))
        .route("/.well-known/assetlinks.json", get(android))
        .route("/.well-known/apple-app-site-association", get(apple))
}

#[derive(Template)]
#[template(path = "expert_app/app.html")]
struct AppPage {
    frame: Frame,
    packages: Packages,
    server: String,
    /// The ticket that the link was about.
    number: Option<TicketNumber>,
    /// Opens it in the app.
    link: String,
}

fn page(site: &Site, number: Option<TicketNumber>) -> AppPage {
    let frame = Frame::private("/app").in_demo(site.config.mode == Mode::Demo);
    let link = number.map(|number| format!("{SCHEME}{number}")).unwrap_or_default();
    let server = site.config.public_url.clone();
    AppPage { frame, packages: site.config.packages.clone(), server, number, link }
}

async fn app(State(site): State<Site>) -> Answer<impl IntoResponse> {
    web::page(&page(&site, None))
}

async fn ticket(State(site): State<Site>, Path(number): Path<String>) -> Answer<impl IntoResponse> {
    let number = number.parse().map_err(|_| {
        Problem::with(
            ProblemCode::NotFound,
            "This is no ticket's number: two letters or digits may have changed places.",
        )
    })?;
    web::page(&page(&site, Some(number)))
}

async fn android(State(site): State<Site>) -> Answer<Json<Value>> {
    document(asset_links(&site.config.packages), "SYSOPS_APP_ANDROID_CERTIFICATES")
}

async fn apple(State(site): State<Site>) -> Answer<Json<Value>> {
    document(site_association(&site.config.packages), "SYSOPS_APP_APPLE_TEAM")
}

fn document(document: Option<Value>, setting: &str) -> Answer<Json<Value>> {
    let missing =
        || Problem::with(ProblemCode::NotFound, format!("The app's package is not known here: set {setting}."));
    Ok(Json(document.ok_or_else(missing)?))
}
