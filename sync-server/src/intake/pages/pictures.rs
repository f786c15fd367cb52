//! Photos on a customer's pages: chosen with the report or added later, and shown small with the ticket. By the private
//! link only what the customer sent is shown, and nothing can be added.

use super::super::photos::{PHOTOS_MAX, add};
use super::{Way, frame, ticket_page_with};
use crate::db::Error;
use crate::http::caller::Caller;
use crate::http::{Answer, Refused, Site};
use crate::intake::api::visible;
use crate::tickets::store;
use crate::web::form::{Form, PICTURES_BYTES_MAX};
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{Router, post};
use bytes::Bytes;
use shared::event::Actor;
use shared::ids::TicketId;
use shared::problem::{Problem, ProblemCode};
use shared::text::ShortLine;

/// The name of the field, for the report and for the ticket's page.
pub(super) const FIELD: &str = "photo";

pub(super) fn routes() -> Router<Site> {
    Router::new().route("/tickets/{id}/photo", post(send).layer(DefaultBodyLimit::max(PICTURES_BYTES_MAX)))
}

/// A photo as the page shows it.
pub(super) struct Picture {
    pub(super) whole: String,
    pub(super) small: String,
    /// What it shows, for who cannot see it.
    pub(super) alt: String,
    /// It is still on its way from an expert's phone.
    pub(super) here: bool,
}

/// The photos that somebody who came this way may see.
pub(super) async fn shown(site: &Site, ticket: TicketId, way: &Way) -> Result<Vec<Picture>, Error> {
    let base = match way {
        Way::Own { .. } => String::new(),
        Way::Token(token) => format!("/track/{token}"),
    };
    let rows = site.db.read(async move |conn| store::photos(conn, &[ticket], PHOTOS_MAX).await).await?;
    let may = |author: Actor| match (way, author) {
        (Way::Own { .. }, _) | (Way::Token(_), Actor::Customer(_)) => true,
        (Way::Token(_), Actor::Agent(_) | Actor::Admin(_) | Actor::Expert(_) | Actor::Server) => false,
    };
    let pictures = rows.into_iter().filter(|row| may(row.author)).map(|row| Picture {
        whole: format!("{base}/photos/{}", row.id),
        small: format!("{base}/photos/{}/small", row.id),
        alt: row.caption.unwrap_or_else(|| format!("Photo from {}", row.author_name)),
        here: row.here,
    });
    Ok(pictures.collect())
}

/// Adds what was chosen with a report that is in. What could not be used is said on the ticket's page; the report stands.
pub(super) async fn of_report(site: &Site, actor: Actor, ticket: TicketId, form: &Form) -> &'static str {
    let chosen: Vec<Bytes> = form.pictures(FIELD).collect();
    if chosen.is_empty() {
        return "";
    }
    match add(site, actor, ticket, chosen, None).await {
        Ok(_) => "",
        Err(_) => "&photo=no",
    }
}

async fn send(State(site): State<Site>, caller: Caller, Path(id): Path<TicketId>, mut form: Form) -> Answer<Response> {
    let ticket = visible(&site, &caller, id).await?;
    let chosen: Vec<Bytes> = form.pictures(FIELD).collect();
    let caption: Option<ShortLine> = form.read_optional("caption");
    if chosen.is_empty() {
        form.wrong(FIELD, "please choose a photo first");
    }
    if !form.has_errors() {
        match add(&site, caller.actor(), id, chosen, caption).await {
            Ok(_) => return Ok(Redirect::to(&format!("/tickets/{id}#photos")).into_response()),
            Err(Refused(problem)) if is_about_the_picture(&problem) => {
                form.wrong(FIELD, problem.detail.as_deref().unwrap_or_else(|| problem.code.title()));
            }
            Err(other) => return Err(other),
        }
    }
    let way = Way::Own { filed: false };
    let again = ticket_page_with(&site, frame(&site, "/tickets", Some(&caller)), ticket, way, form).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, again).into_response())
}

/// Another picture may do; everything else is not mended by choosing one.
fn is_about_the_picture(problem: &Problem) -> bool {
    matches!(problem.code, ProblemCode::UnsupportedMediaType | ProblemCode::TooLarge | ProblemCode::Conflict)
}
