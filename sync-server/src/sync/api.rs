//! The phone's calls: `POST /sync`, `GET /hints`, `POST /rescue`; and the desk's for an expert who only rang.

use super::kb::{self, Snapshots};
use super::word::{self, Heard, NotDone, Said};
use super::{Refused as SyncRefused, bounds, exchange};
use crate::db::Wake;
use crate::feed::Stream as Feed;
use crate::http::caller::{RequireDesk, RequireExpert, RequireRescuer};
use crate::http::{Answer, Json, Refused, Site};
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Extension, Path, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Router, http::StatusCode};
use futures_util::Stream;
use serde::Deserialize;
use serde_json::{Value, json};
use shared::ids::{ExpertId, MutationId, TicketId};
use shared::intent::{Intent, VERSION};
use shared::problem::{Problem, ProblemCode};
use shared::sync::{PUSH_BYTES_MAX, SyncReply, SyncRequest, Unused};
use std::convert::Infallible;

/// An outbox may be larger than any request.
const RESCUE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// The routes.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/api/v1/sync", post(sync).layer(DefaultBodyLimit::max(PUSH_BYTES_MAX)))
        .route("/api/v1/hints", get(hints))
        .route("/api/v1/experts/{id}/acts", post(act))
        .route("/api/v1/kb/main/snapshot", get(snapshot))
        .layer(Extension(Snapshots::default()))
        .route("/api/v1/rescue", post(rescue).layer(DefaultBodyLimit::max(RESCUE_BYTES_MAX)))
}

async fn sync(
    State(site): State<Site>,
    caller: RequireRescuer,
    Json(request): Json<SyncRequest>,
) -> Answer<Json<SyncReply>> {
    if caller.revoked {
        let epoch = site.db.read(async |conn| crate::db::meta::epoch(conn).await).await?;
        return Ok(Json(super::switched_off(&site.db, epoch, &request)));
    }
    if caller.device != Some(request.device) {
        return Err(Refused::with(
            ProblemCode::Forbidden,
            "This token is not of this device: register the device first.",
        ));
    }
    let reply = exchange(&site.db, &bounds(&site.config), caller.expert, request).await.map_err(refused)?;
    Ok(Json(reply))
}

/// The knowledge base as one file, to begin with. A phone that lost the rest of it asks for the rest.
async fn snapshot(
    State(site): State<Site>,
    _: RequireExpert,
    Extension(snapshots): Extension<Snapshots>,
    headers: HeaderMap,
) -> Answer<Response> {
    let snapshot = snapshots.get(&site.db).await?;
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let etag = HeaderValue::from_str(&snapshot.etag).map_err(|_| Refused::new(ProblemCode::Internal))?;
    let common = [
        (header::ETAG, etag),
        (header::ACCEPT_RANGES, HeaderValue::from_static("bytes")),
        (header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache")),
        (header::CONTENT_TYPE, HeaderValue::from_static("application/zstd")),
        // It is packed already.
        (header::CONTENT_ENCODING, HeaderValue::from_static("identity")),
    ];
    if text(header::IF_NONE_MATCH) == snapshot.etag {
        return Ok((StatusCode::NOT_MODIFIED, common).into_response());
    }
    let whole = snapshot.bytes.len();
    // A part of another snapshot would not fit to what the phone has.
    let only_of = text(header::IF_RANGE);
    let is_same = only_of.is_empty() || only_of == snapshot.etag;
    let asked = if is_same { kb::range(text(header::RANGE), whole) } else { kb::Asked::Whole };
    match asked {
        kb::Asked::Whole => Ok((common, snapshot.bytes.clone()).into_response()),
        kb::Asked::Nowhere => {
            let of = [(header::CONTENT_RANGE, format!("bytes */{whole}"))];
            Ok((StatusCode::RANGE_NOT_SATISFIABLE, common, of).into_response())
        }
        kb::Asked::Part(from, until) => {
            let of = [(header::CONTENT_RANGE, format!("bytes {from}-{}/{whole}", until - 1))];
            Ok((StatusCode::PARTIAL_CONTENT, common, of, snapshot.bytes[from..until].to_vec()).into_response())
        }
    }
}

/// What an expert said on the phone, as his app would write it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Act {
    /// Like `ticket.arrive`.
    kind: String,
    #[serde(default)]
    ticket: Option<TicketId>,
    #[serde(default)]
    args: Option<Value>,
    /// Made once by the caller; a repeat with it is the same act.
    #[serde(default)]
    mid: Option<MutationId>,
}

async fn act(
    State(site): State<Site>,
    caller: RequireDesk,
    Path(expert): Path<ExpertId>,
    Json(act): Json<Act>,
) -> Answer<Json<Value>> {
    let intent = Intent::parse(&act.kind, VERSION, &act.args.unwrap_or_else(|| json!({})))
        .map_err(|why| Problem::field("kind", "unreadable", format!("This is no act of an expert: {why}.")))?;
    let (staff, actor) = (caller.staff(), caller.0.actor());
    let said = Said {
        mid: act.mid.unwrap_or_else(|| site.new_id()),
        expert,
        ticket: act.ticket,
        intent,
        staff: Some(staff),
        actor,
    };
    let heard = word::record(&site.db, &bounds(&site.config), said).await.map_err(not_done)?;
    Ok(Json(match heard {
        Heard::Done { ver } => json!({ "code": "applied", "ver": ver }),
        Heard::Already => json!({ "code": "noop" }),
    }))
}

fn not_done(why: NotDone) -> Refused {
    let said = why.to_string();
    match why {
        NotDone::Database(error) => error.into(),
        NotDone::NoExpert | NotDone::Unusable(Unused::UnknownTicket) => Refused::with(ProblemCode::NotFound, said),
        NotDone::NoTicket => Problem::field("ticket", "missing", said).into(),
        NotDone::OnlyHisPhone => Problem::field("kind", "forbidden", said).into(),
        NotDone::Unusable(_) => Refused::with(ProblemCode::Conflict, said),
        NotDone::Rejected(_) => Problem::field("args", "unusable", said).into(),
    }
}

fn refused(why: SyncRefused) -> Refused {
    match why {
        SyncRefused::UnknownDevice => Refused::with(ProblemCode::Unauthenticated, "Sign in on this phone again."),
        SyncRefused::Revoked => Refused::new(ProblemCode::DeviceRevoked),
        SyncRefused::Forked => Refused::new(ProblemCode::DeviceForked),
        SyncRefused::TooMany => Refused::new(ProblemCode::TooLarge),
        SyncRefused::Database(error) => error.into(),
    }
}

/// Says when the expert's stream has something new. Carries no data, and may be lost: phones also ask by themselves.
async fn hints(State(site): State<Site>, caller: RequireExpert) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let own = Feed::of_expert(caller.expert);
    let listener = site.db.listen();
    let stop = site.stop.clone();
    let hint = || Event::default().data(json!({ "dirty": ["u"] }).to_string());
    let stream = futures_util::stream::unfold((listener, stop), move |(mut listener, stop)| {
        let own = own.clone();
        async move {
            loop {
                let wake = tokio::select! {
                    wake = listener.next() => wake?,
                    () = stop.cancelled() => return None,
                };
                match wake {
                    Wake::Dirty(stream) if stream == own => break,
                    Wake::Everything | Wake::Clock => break,
                    Wake::Dirty(_) | Wake::Jobs | Wake::SignIns => {}
                }
            }
            Some((Ok(hint()), (listener, stop)))
        }
    });
    Sse::new(stream).keep_alive(KeepAlive::default())
}

/// Keeps an outbox that cannot be processed, as it came. The only call that a revoked device may still make.
async fn rescue(State(site): State<Site>, caller: RequireRescuer, body: Bytes) -> Answer<(StatusCode, Json<Value>)> {
    if body.is_empty() {
        return Err(Refused::with(ProblemCode::Malformed, "There is nothing in the body to keep."));
    }
    let text = String::from_utf8_lossy(&body).into_owned();
    let id = super::rescue(&site.db, caller.expert, caller.device, text).await?;
    Ok((StatusCode::CREATED, Json(json!({ "id": id }))))
}
