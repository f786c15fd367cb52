//! `POST /api/v1/tickets/{id}/files` (multipart: `file` up to six times, `caption`) and the list of a ticket's photos.

use super::super::api::visible;
use super::{PHOTOS_MAX, add};
use crate::http::caller::Caller;
use crate::http::{Answer, Json, Refused, Site};
use crate::tickets::store;
use crate::web::form::{Form, PICTURES_BYTES_MAX};
use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use bytes::Bytes;
use serde_json::{Value, json};
use shared::ids::TicketId;
use shared::problem::{Problem, ProblemCode};
use shared::text::ShortLine;

/// The routes.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/api/v1/tickets/{id}/files", get(list).post(send).layer(DefaultBodyLimit::max(PICTURES_BYTES_MAX)))
}

async fn list(State(site): State<Site>, caller: Caller, Path(id): Path<TicketId>) -> Answer<Json<Value>> {
    visible(&site, &caller, id).await?;
    let photos = site.db.read(async move |conn| store::photos(conn, &[id], PHOTOS_MAX).await).await?;
    let shown = photos.iter().map(|photo| {
        json!({
            "id": photo.id,
            "author": photo.author_name,
            "caption": photo.caption,
            "at": photo.at,
            "late": photo.late,
            "here": photo.here,
            "place": photo.place,
            "url": site.address(&format!("/photos/{}", photo.id)),
            "small_url": site.address(&format!("/photos/{}/small", photo.id)),
        })
    });
    Ok(Json(json!({ "files": shown.collect::<Vec<_>>() })))
}

async fn send(
    State(site): State<Site>,
    caller: Caller,
    Path(id): Path<TicketId>,
    form: Result<Form, Refused>,
) -> Answer<(StatusCode, Json<Value>)> {
    // Who may not see the ticket hears that, whatever is sent.
    visible(&site, &caller, id).await?;
    let mut form = form?;
    let pictures: Vec<Bytes> = form.pictures("file").collect();
    if pictures.is_empty() {
        return Err(Problem::field("file", "required", "Send at least one picture in the field `file`.").into());
    }
    let caption: Option<ShortLine> = form.read_optional("caption");
    if form.has_errors() {
        return Err(Refused(Problem { errors: form.errors().to_vec(), ..Problem::new(ProblemCode::InvalidFields) }));
    }
    let ids = add(&site, caller.actor(), id, pictures, caption).await?;
    Ok((StatusCode::CREATED, Json(json!({ "ids": ids }))))
}
