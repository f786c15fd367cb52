//! What admins do with articles: list, write, review, retire; and what they keep for the search.

use super::super::change::{self, By};
use super::super::life::{ArticleState, Deed};
use super::super::store::{self, NewArticle};
use super::super::{Audience, ReviewNote, Text};
use super::by;
use crate::db::{Lane, Tx};
use crate::http::caller::RequireAdmin;
use crate::http::paging::{self, Paging};
use crate::http::undone::Undone;
use crate::http::{Answer, Json, Query, Refused, Site};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{Router, get, post};
use serde::Deserialize;
use serde_json::json;
use shared::ids::ArticleId;
use shared::problem::ProblemCode;

/// Searches that found nothing and are looked through: those that were asked most.
const MISSES_MAX: i64 = 2_000;

pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/api/v1/admin/articles", get(list).post(create))
        .route("/api/v1/admin/articles/misses", get(misses).delete(forget))
        .route("/api/v1/admin/articles/synonyms", get(synonyms).put(put_synonyms))
        .route("/api/v1/admin/articles/{id}", get(read).put(replace))
        .route("/api/v1/admin/articles/{id}/versions", get(versions))
        .route("/api/v1/admin/articles/{id}/{deed}", post(act))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    #[serde(default)]
    state: Option<ArticleState>,
    #[serde(default)]
    cursor: Option<ArticleId>,
    #[serde(default)]
    limit: Option<i64>,
}

async fn list(State(site): State<Site>, _: RequireAdmin, Query(wanted): Query<Wanted>) -> Answer<impl IntoResponse> {
    let limit = paging::limit(wanted.limit);
    let found = site.db.read(async move |conn| store::list(conn, wanted.state, wanted.cursor, limit + 1).await);
    paging::page(found.await?, limit, |article| article.id).answer()
}

#[derive(Clone, Deserialize)]
struct CreateBody {
    #[serde(default)]
    id: Option<ArticleId>,
    text: Text,
}

async fn create(
    State(site): State<Site>,
    RequireAdmin(admin): RequireAdmin,
    Json(body): Json<CreateBody>,
) -> Answer<impl IntoResponse> {
    let (id, now) = (body.id.unwrap_or_else(|| site.new_id()), site.now());
    let created = site.db.write(Lane::Desk, async move |tx: &mut Tx| {
        let By { actor, name } = by(tx, &admin).await?;
        let new = NewArticle { id, text: body.text.clone(), author: actor, author_name: name, ticket: None };
        change::begin(tx, &new, now).await
    });
    Ok((StatusCode::CREATED, Json(created.await?)))
}

async fn read(State(site): State<Site>, _: RequireAdmin, Path(id): Path<ArticleId>) -> Answer<impl IntoResponse> {
    let found = site.db.read(async move |conn| store::article(conn, id, Audience::Ours).await).await?;
    found.map(Json).ok_or_else(|| Refused::new(ProblemCode::NotFound))
}

/// A new version, on top of the one that was seen.
#[derive(Clone, Deserialize)]
struct ReplaceBody {
    #[serde(default)]
    ver: Option<i64>,
    text: Text,
}

async fn replace(
    State(site): State<Site>,
    RequireAdmin(admin): RequireAdmin,
    Path(id): Path<ArticleId>,
    Json(body): Json<ReplaceBody>,
) -> Answer<impl IntoResponse> {
    let now = site.now();
    let edited = site.db.write(Lane::Desk, async move |tx: &mut Tx| {
        let by = by(tx, &admin).await?;
        change::edit(tx, id, &body.text, body.ver, &by, now).await
    });
    Ok(Json(edited.await?))
}

async fn versions(
    State(site): State<Site>,
    _: RequireAdmin,
    Path(id): Path<ArticleId>,
    Query(asked): Query<Paging>,
) -> Answer<impl IntoResponse> {
    let all = site.db.read(async move |conn| store::versions(conn, id).await).await?;
    if all.is_empty() {
        return Err(Refused::new(ProblemCode::NotFound));
    }
    paging::cut(all, &asked, |version| version.ver)?.answer()
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ActBody {
    /// The version that was reviewed.
    #[serde(default)]
    ver: Option<i64>,
    #[serde(default)]
    note: Option<ReviewNote>,
}

async fn act(
    State(site): State<Site>,
    RequireAdmin(admin): RequireAdmin,
    Path((id, deed)): Path<(ArticleId, String)>,
    Json(body): Json<ActBody>,
) -> Answer<impl IntoResponse> {
    let deed = Deed::from_word(&deed).ok_or_else(|| Refused::new(ProblemCode::NotFound))?;
    let now = site.now();
    let acted = site.db.write(Lane::Desk, async move |tx: &mut Tx| {
        let by = by(tx, &admin).await?;
        change::act(tx, id, deed, body.ver, body.note.as_ref(), &by, now).await
    });
    Ok(Json(acted.await?))
}

async fn misses(State(site): State<Site>, _: RequireAdmin, Query(asked): Query<Paging>) -> Answer<impl IntoResponse> {
    let all = site.db.read(async |conn| store::misses(conn, MISSES_MAX).await).await?;
    paging::cut(all, &asked, |miss| miss.words.clone())?.answer()
}

#[derive(Deserialize)]
struct Forgotten {
    words: String,
}

async fn forget(
    State(site): State<Site>,
    RequireAdmin(admin): RequireAdmin,
    Query(Forgotten { words }): Query<Forgotten>,
) -> Answer<StatusCode> {
    let now = site.now();
    let actor = admin.actor();
    let gone = site.db.write(Lane::Desk, async move |tx: &mut Tx| change::forget_miss(tx, &words, actor, now).await);
    gone.await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn synonyms(State(site): State<Site>, _: RequireAdmin) -> Answer<impl IntoResponse> {
    let (ver, body) = site.db.read(async |conn| store::synonyms(conn).await).await?;
    Ok(Json(json!({ "ver": ver, "body": body })))
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct SynonymsBody {
    /// The version that was seen; 0 is "none yet".
    ver: i64,
    body: String,
}

async fn put_synonyms(
    State(site): State<Site>,
    RequireAdmin(admin): RequireAdmin,
    Json(body): Json<SynonymsBody>,
) -> Answer<impl IntoResponse> {
    let (now, actor) = (site.now(), admin.actor());
    let put = site.db.write(Lane::Desk, async move |tx: &mut Tx| {
        let ver = change::keep_synonyms(tx, body.ver, &body.body, actor, now).await?;
        Ok::<_, Undone>(json!({ "ver": ver, "body": body.body }))
    });
    Ok(Json(put.await?))
}
