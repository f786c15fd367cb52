//! `/api/v1/blob/{sha256}`: `HEAD` says how far an upload is, `PATCH` goes on at an offset, `PUT` sends a small file whole,
//! `GET` gives the picture, whole or by ranges (`?size=small` for lists).

use super::{arrived, is_missed, may_see};
use crate::blobs::{self, Kept, NotTaken, Refused as Unsent, Size};
use crate::http::caller::{RequireExpert, RequireRescuer};
use crate::http::{Answer, Query, Refused, Site, file};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;
use shared::blob::{PART_BYTES_MAX, Sha};
use shared::problem::ProblemCode;

const OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const LENGTH: HeaderName = HeaderName::from_static("upload-length");
const COMPLETE: HeaderName = HeaderName::from_static("upload-complete");

/// The routes.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/api/v1/blob/{sha}", get(show).head(progress).put(send_whole).patch(send_part))
        .layer(DefaultBodyLimit::max(PART_BYTES_MAX))
}

fn name(text: &str) -> Answer<Sha> {
    text.parse().map_err(|why: shared::blob::NotASha| Refused::with(ProblemCode::Malformed, format!("Here, {why}.")))
}

/// Whose upload it is. Who was switched off sends only what his handed-in work misses.
async fn sender(site: &Site, caller: &RequireRescuer, sha: Sha) -> Answer<String> {
    if caller.revoked && !is_missed(&site.db, caller.expert, sha).await? {
        return Err(Refused::new(ProblemCode::DeviceRevoked));
    }
    Ok(caller.expert.to_string())
}

async fn progress(State(site): State<Site>, caller: RequireRescuer, Path(sha): Path<String>) -> Answer<Response> {
    let sha = name(&sha)?;
    let who = sender(&site, &caller, sha).await?;
    Ok(match blobs::progress(&site.db, sha, &who).await? {
        Ok(kept) => {
            arrived(&site.db, &site.config.timing, sha).await?;
            whole(StatusCode::OK, &kept)
        }
        Err(part) => {
            let headers =
                [(OFFSET, part.map_or(0, |part| part.n_received)), (LENGTH, part.map_or(0, |part| part.n_bytes))];
            (StatusCode::OK, headers.map(|(name, number)| (name, number.to_string())), no_store()).into_response()
        }
    })
}

async fn send_whole(
    State(site): State<Site>,
    caller: RequireRescuer,
    Path(sha): Path<String>,
    bytes: Bytes,
) -> Answer<Response> {
    let length = bytes.len() as u64;
    send(&site, &caller, name(&sha)?, 0, length, bytes).await
}

async fn send_part(
    State(site): State<Site>,
    caller: RequireRescuer,
    Path(sha): Path<String>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Answer<Response> {
    let number = |name: &HeaderName| {
        let text = headers.get(name).and_then(|value| value.to_str().ok());
        let missing = || Refused::with(ProblemCode::Malformed, format!("Say {name} as a number of bytes."));
        text.and_then(|text| text.parse::<u64>().ok()).ok_or_else(missing)
    };
    send(&site, &caller, name(&sha)?, number(&OFFSET)?, number(&LENGTH)?, bytes).await
}

async fn send(site: &Site, caller: &RequireRescuer, sha: Sha, at: u64, length: u64, bytes: Bytes) -> Answer<Response> {
    let who = sender(site, caller, sha).await?;
    match blobs::part(&site.blobs, &site.db, (sha, &who), at, length, bytes).await {
        Ok(Ok(kept)) => {
            arrived(&site.db, &site.config.timing, sha).await?;
            Ok(whole(StatusCode::CREATED, &kept))
        }
        Ok(Err(at)) => Ok((StatusCode::NO_CONTENT, [(OFFSET, at.to_string())]).into_response()),
        Err(Unsent::Offset { at }) => {
            let refused = Refused::with(ProblemCode::OffsetMismatch, format!("The upload goes on at byte {at}."));
            let mut response = refused.into_response();
            response.headers_mut().insert(OFFSET, HeaderValue::from(at));
            Ok(response)
        }
        Err(why) => Err(unsent(why)),
    }
}

fn unsent(why: Unsent) -> Refused {
    let said = why.to_string();
    match why {
        Unsent::Offset { .. } => Refused::new(ProblemCode::OffsetMismatch),
        Unsent::Checksum => Refused::new(ProblemCode::ChecksumMismatch),
        Unsent::Shape => Refused::with(ProblemCode::TooLarge, said),
        Unsent::TooMany => Refused::with(ProblemCode::RateLimited, said),
        Unsent::NotTaken(NotTaken::Picture(_)) => Refused::with(ProblemCode::UnsupportedMediaType, said),
        Unsent::NotTaken(NotTaken::TooLarge) => Refused::with(ProblemCode::TooLarge, said),
        Unsent::NotTaken(NotTaken::Busy) => Refused::with(ProblemCode::Busy, said),
        Unsent::NotTaken(NotTaken::Unkept(why)) => {
            tracing::error!(%why, "a phone's picture could not be kept");
            Refused::with(ProblemCode::Unavailable, said)
        }
        Unsent::NotTaken(NotTaken::Database(error)) => error.into(),
    }
}

fn no_store() -> [(HeaderName, &'static str); 1] {
    [(header::CACHE_CONTROL, "no-store")]
}

/// Everything is here.
fn whole(status: StatusCode, kept: &Kept) -> Response {
    let n_bytes = kept.n_bytes.to_string();
    let headers = [(OFFSET, n_bytes.clone()), (LENGTH, n_bytes), (COMPLETE, "?1".to_owned())];
    (status, headers, no_store()).into_response()
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    size: Option<WantedSize>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum WantedSize {
    Small,
}

async fn show(
    State(site): State<Site>,
    caller: RequireExpert,
    Path(sha): Path<String>,
    Query(wanted): Query<Wanted>,
    asked: HeaderMap,
) -> Answer<Response> {
    let sha = name(&sha)?;
    if !may_see(&site.db, caller.expert, sha).await? {
        return Err(Refused::new(ProblemCode::NotFound));
    }
    let kept = site.db.read(async move |conn| blobs::store::kept(conn, sha).await).await?;
    let kept = kept.ok_or_else(|| Refused::with(ProblemCode::NotFound, "This photo is still on its way."))?;
    let size = wanted.size.map_or(Size::Whole, |WantedSize::Small| Size::Small);
    file::picture(&site.blobs, &kept, size, &asked).await
}
