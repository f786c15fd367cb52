//! The pictures themselves, for pages to show.

use crate::accounts::Person;
use crate::blobs::{self, Size};
use crate::http::caller::Caller;
use crate::http::{Answer, Refused, Site, file};
use crate::intake::api::of_token;
use crate::tickets::store::{self, PhotoRow};
use axum::Router;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use shared::event::Actor;
use shared::ids::PhotoId;
use shared::problem::ProblemCode;

/// The routes.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/photos/{id}", get(whole))
        .route("/photos/{id}/small", get(small))
        .route("/track/{token}/photos/{id}", get(whole_by_link))
        .route("/track/{token}/photos/{id}/small", get(small_by_link))
}

async fn whole(
    State(site): State<Site>,
    caller: Caller,
    Path(id): Path<PhotoId>,
    asked: HeaderMap,
) -> Answer<Response> {
    let photo = of_caller(&site, &caller, id).await?;
    shown(&site, &photo, Size::Whole, &asked).await
}

async fn small(
    State(site): State<Site>,
    caller: Caller,
    Path(id): Path<PhotoId>,
    asked: HeaderMap,
) -> Answer<Response> {
    let photo = of_caller(&site, &caller, id).await?;
    shown(&site, &photo, Size::Small, &asked).await
}

async fn whole_by_link(
    State(site): State<Site>,
    Path((token, id)): Path<(String, PhotoId)>,
    asked: HeaderMap,
) -> Answer<Response> {
    shown(&site, &of_link(&site, &token, id).await?, Size::Whole, &asked).await
}

async fn small_by_link(
    State(site): State<Site>,
    Path((token, id)): Path<(String, PhotoId)>,
    asked: HeaderMap,
) -> Answer<Response> {
    shown(&site, &of_link(&site, &token, id).await?, Size::Small, &asked).await
}

/// The photo, if the caller may see its ticket. Other people's photos are not there at all.
async fn of_caller(site: &Site, caller: &Caller, id: PhotoId) -> Answer<PhotoRow> {
    let person = caller.person;
    let found = site.db.read(async move |conn| {
        let Some(photo) = store::photo(conn, id).await? else { return Ok(None) };
        let Some(ticket) = store::get(conn, photo.ticket).await? else { return Ok(None) };
        let may = match person {
            Person::Customer(customer) => ticket.customer == customer,
            Person::Expert(expert) => ticket.stream_of == Some(expert) || photo.author == Actor::Expert(expert),
            Person::Agent(_) | Person::Admin(_) => true,
        };
        Ok::<_, crate::db::Error>(Some(photo).filter(|_| may))
    });
    found.await?.ok_or_else(|| Refused::new(ProblemCode::NotFound))
}

/// The photo, if the link leads to its ticket and its customer sent it.
async fn of_link(site: &Site, token: &str, id: PhotoId) -> Answer<PhotoRow> {
    let ticket = of_token(site, token).await?;
    let photo = site.db.read(async move |conn| store::photo(conn, id).await).await?;
    let photo = photo.filter(|photo| photo.ticket == ticket.id && photo.author == Actor::Customer(ticket.customer));
    photo.ok_or_else(|| Refused::new(ProblemCode::NotFound))
}

async fn shown(site: &Site, photo: &PhotoRow, size: Size, asked: &HeaderMap) -> Answer<Response> {
    let sha = photo.sha;
    let kept = site.db.read(async move |conn| blobs::store::kept(conn, sha).await).await?;
    let not_yet = || Refused::with(ProblemCode::NotFound, "This photo is still on its way. Please look again later.");
    let kept = kept.ok_or_else(not_yet)?;
    file::picture(&site.blobs, &kept, size, asked).await
}
